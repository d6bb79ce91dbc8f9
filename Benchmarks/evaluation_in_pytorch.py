"""Times the evaluation of whole frames in PyTorch; bench_pytorch.py of the reference times steps.

Benchmarks/against-pytorch calls it in the folder of the reference:

  python evaluation_in_pytorch.py CASE THREADS

CASE is, for example, evaluate8-480x640: PacJointUpsample x8 on one map of 480x640, without
gradients. THREADS is the number of threads, for example 1.
"""
import os
import re
import resource
import sys
import time

import torch

sys.path.insert(0, os.getcwd())
import model_oracle

case, threads = sys.argv[1], int(sys.argv[2])
factor, height, width = map(int, re.fullmatch(r"evaluate(\d+)-(\d+)x(\d+)", case).groups())
torch.set_num_threads(threads)
torch.manual_seed(0)
shapes = model_oracle.upsample_shapes("PacJointUpsample", factor)
parameters = model_oracle.splitmix_params(shapes, 1, torch.float32)
low = torch.rand(1, 1, -(-height // factor), -(-width // factor))
guide = torch.rand(1, 3, low.shape[2] * factor, low.shape[3] * factor)


def evaluate():
    with torch.no_grad():
        model_oracle.joint_upsample("PacJointUpsample", factor, parameters, low, guide)


evaluate()
times = []
for _ in range(3):
    start = time.perf_counter()
    evaluate()
    times.append(time.perf_counter() - start)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(f"{case} threads={threads} seconds={sorted(times)[1]:.3f} peak_mb={peak:.0f}")
