"""The cases of `pac bench` in PyTorch: the same work, run by the reference in Tests/Reference.

| case | work |
|---|---|
| upsample{factor} | training step of PacJointUpsample, a crop of 256x256, batch 1 |
| evaluate{factor}-{height}x{width} | PacJointUpsample on one map, without gradients |
| crf32, crf16-64 | PacCRF of 21 classes, 5 steps, on 500x500 pixels, without gradients |
| crf16-64-train | a training step of it on a crop of 449x449 |
| fcn8s | training step of FCN-8s on a crop of 449x449 |
"""
import pathlib
import re
import sys
from dataclasses import dataclass
from typing import Callable

import torch
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tests/Reference"))
from pixeladaptive import formula, meanfield, segmentation, upsampling  # noqa: E402

CLASSES = 21


@dataclass
class Workload:
    """Parameters, inputs, and a function of both that gives a loss to train, or an output."""
    parameters: dict
    inputs: list
    function: Callable
    trains: bool
    optimizer: Callable = lambda parameters: torch.optim.Adam(parameters, lr=1e-4)


def upsampling_step(factor):
    """A training step of joint upsampling."""
    shapes, run = upsampling.network("PacJointUpsample")
    parameters = formula.parameters(shapes("PacJointUpsample", factor), 1, torch.float32)
    low, guide = torch.rand(1, 1, 256 // factor, 256 // factor), torch.rand(1, 3, 256, 256)

    def loss(p, low, guide, target):
        return F.mse_loss(run("PacJointUpsample", factor, p, low, guide), target)
    return Workload(parameters, [low, guide, torch.rand(1, 1, 256, 256)], loss, trains=True)


def evaluation(factor, height, width):
    """Joint upsampling of a whole frame, its size rounded up to a multiple of the factor."""
    shapes, run = upsampling.network("PacJointUpsample")
    parameters = formula.parameters(shapes("PacJointUpsample", factor), 1, torch.float32)
    low = torch.rand(1, 1, -(-height // factor), -(-width // factor))
    guide = torch.rand(1, 3, low.shape[2] * factor, low.shape[3] * factor)

    def output(p, low, guide):
        return run("PacJointUpsample", factor, p, low, guide)
    return Workload(parameters, [low, guide], output, trains=False)


def crf(dilations, trains):
    """Mean field with a full PAC filter of 5x5 for each dilation."""
    size = 449 if trains else 500
    parameters = {f"{d}": torch.rand(CLASSES, CLASSES, 5, 5) * 0.1 for d in dilations}
    inputs = [torch.randn(1, CLASSES, size, size), torch.rand(1, 3, size, size) * 8,
              torch.randint(0, CLASSES, (1, size, size))]

    def result(p, unary, image, labels):
        terms = [dict(kernel_size=5, dilation=d, blur=1, compat_type="4d", weight=p[f"{d}"],
                      pairwise_weight=1.0) for d in dilations]
        scores = meanfield.mean_field(unary, [image] * len(terms), [terms] * 5, [1.0] * 5)
        return F.cross_entropy(scores, labels) if trains else scores
    return Workload(parameters, inputs, result, trains)


def fcn8s_step():
    """A training step of FCN-8s."""
    parameters = formula.parameters(segmentation.fcn_shapes("fcn8s"), 1, torch.float32)
    inputs = [torch.randn(1, 3, 449, 449), torch.randint(0, CLASSES, (1, 449, 449))]

    def loss(p, image, labels):
        return F.cross_entropy(segmentation.fcn8s("fcn8s", p, image), labels)
    return Workload(parameters, inputs, loss, trains=True,
                    optimizer=lambda parameters: torch.optim.SGD(parameters, lr=1e-7))


def workload(case):
    """The work of a case's name; the drawn numbers are always the same."""
    torch.manual_seed(0)
    if match := re.fullmatch(r"upsample(\d+)", case):
        return upsampling_step(int(match[1]))
    if match := re.fullmatch(r"evaluate(\d+)-(\d+)x(\d+)", case):
        return evaluation(*map(int, match.groups()))
    if match := re.fullmatch(r"crf(\d+(?:-\d+)*)(-train)?", case):
        return crf([int(d) for d in match[1].split("-")], trains=match[2] is not None)
    if case == "fcn8s":
        return fcn8s_step()
    raise SystemExit(f"no case '{case}' in PyTorch; there are upsample8, evaluate8-480x640, crf32, "
                     "crf16-64, crf16-64-train, fcn8s and the like")
