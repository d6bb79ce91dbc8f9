"""Writes a network's weights as PyTorch writes them, in both formats, with an input and what PyTorch computes from it.

    python3 make_networks.py FOLDER MODEL FACTOR [half]

The reference, Tests/Reference, runs the network in double precision. With `half` the weights are multiples of 1/64 in
16 bits: that is how the committed files were made, for PacJointUpsampleLite and factor 4, with PyTorch 2.13.0. Files:
weights.pth (zip format), weights_stream.pth (format before 1.6), low.npy, guide.npy, output.npy.
"""
import pathlib
import sys

import numpy as np
import torch

tests = next(folder for folder in pathlib.Path(__file__).resolve().parents if folder.name == "Tests")
sys.path.insert(0, str(tests / "Reference"))
from pixeladaptive import formula, upsampling  # noqa: E402

folder, model, factor = sys.argv[1], sys.argv[2], int(sys.argv[3])
shapes, run = upsampling.network(model)
parameters = formula.parameters(shapes(model, factor), 5, torch.float32)
if 'half' in sys.argv:
    parameters = {name: (p * 64).round().div(64).half() for name, p in parameters.items()}
for name, new in (('weights', True), ('weights_stream', False)):
    torch.save(parameters, f'{folder}/{name}.pth', _use_new_zipfile_serialization=new)
torch.manual_seed(6)
low, guide = torch.rand(1, 1, 3, 4), torch.rand(1, 3, 3 * factor, 4 * factor)
double = {name: p.double() for name, p in parameters.items()}
output = run(model, factor, double, low.double(), guide.double())
for name, value in (('low', low), ('guide', guide), ('output', output)):
    np.save(f'{folder}/{name}.npy', value.float().numpy())
