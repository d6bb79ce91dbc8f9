"""Filters on the permutohedral lattice, and CRFs of them."""
import numpy as np
import torch

from .. import lattice
from ..casefile import Case
from ..formula import Drawn


def conv(d, s=1, inputs=2, outputs=3, groups=1, norm="symmetric", bias=True, size=(5, 6), other=None,
         batch=1, spread=1.5):
    """One convolution; `other` is the size of the output's map if it has features of its own."""
    return dict(locals())


CONVOLUTIONS = {
    "d1": conv(1, inputs=1, outputs=2, norm="none"),
    "d2": conv(2, batch=2, spread=2.5),
    "d2_n3_groups": conv(2, s=3, inputs=6, outputs=4, groups=2, norm="after", bias=False),
    "d2_by_channel": conv(2, s=2, inputs=9, outputs=9, groups=9, norm="symmetric"),
    "d2_other_map": conv(2, s=2, other=(4, 7), bias=False),
    "d3_other_map_after": conv(3, other=(6, 4), norm="after", groups=2, inputs=4, outputs=2),
    "d5": conv(5, size=(4, 5), bias=False),
    "d5_17_channels": conv(5, inputs=17, outputs=18, size=(4, 4), norm="none", spread=0.8),
    "d7_other_map": conv(7, inputs=2, outputs=1, size=(3, 4), other=(3, 3), norm="none", spread=0.8),
}


def term(features, compat, s=1, learned=True, weight=1.0):
    """A pairwise term."""
    return dict(features=features, neighborhood=s, compat_type=compat, learned=learned,
                pairwise_weight=weight)


def crf(*terms, steps=2, loose=False, classes=3, final="log_Q", fixed=False, size=(6, 7)):
    """One CRF."""
    return dict(locals())


CRFS = {
    "default": crf(term("YXRGB", "4d"), term("YX", "2d", learned=False), loose=True),
    "potts_constant": crf(term("YXRGB", "potts", learned=False), term("YX", "potts", s=2, weight=0.6),
                          steps=3, final="softmax"),
    "2d_fixed": crf(term("YXRGB", "2d", weight=0.7), term("YX", "4d"), classes=2, fixed=True,
                    final="log_softmax"),
}


def clear_of_walls(draw, size, name, *shape):
    """Features none of which is close to a wall between simplices, where single precision might find the other one."""
    for attempt in range(100):
        drawn = draw.between(0, size, f"{name}/{attempt}", *shape)
        if attempt == 0:
            features = drawn
        rows = torch.from_numpy(features).double().flatten(2).transpose(1, 2).reshape(-1, shape[1])
        near = lattice.simplices(lattice.embedded(rows))[1].amin(1).numpy() < 2e-3
        if not near.any():
            return features
        near = near.reshape(shape[0], 1, *shape[2:])
        features = np.where(near, drawn, features)
    raise ValueError(f"{draw.case}: no features clear of walls")


def convolution(label, c, seed):
    name = f"permutohedral_conv_{label}"
    draw = Drawn(seed, name)
    taps = len(lattice.offsets(c["d"], c["s"]))
    inputs = {
        "input": draw.spread(1, "input", c["batch"], c["inputs"], *c["size"]),
        "features": clear_of_walls(draw, c["spread"], "features", c["batch"], c["d"], *c["size"]),
    }
    if c["other"]:
        inputs["output_features"] = clear_of_walls(
            draw, c["spread"], "output_features", c["batch"], c["d"], *c["other"])
    params = {"weight": draw.spread(
        0.5, "weight", c["outputs"], c["inputs"] // c["groups"], taps)}
    if c["bias"]:
        params["bias"] = draw.spread(0.5, "bias", c["outputs"])
    config = dict(neighborhood=c["s"], groups=c["groups"], normalization=c["norm"])
    return Case(name, "permutohedral_conv", config, inputs, params)


def step_parameters(c, draw, prefix):
    """The parameters of a step, or of all of them."""
    params, classes = {}, c["classes"]
    if not c["fixed"]:
        params[f"{prefix}unary_weight"] = draw.between(0.7, 1.1, f"{prefix}unary_weight")
    for i, t in enumerate(c["terms"]):
        kind = t["compat_type"]
        weight, compat = f"{prefix}messengers.{i}.weight", f"{prefix}compat.{i}.weight"
        scale = f"{prefix}pairwise_weights.{i}"
        if t["learned"]:
            taps = len(lattice.offsets(5 if t["features"] == "YXRGB" else 2, t["neighborhood"]))
            channels = (classes, classes) if kind == "4d" else (1, 1)
            params[weight] = draw.spread(0.5, weight, *channels, taps)
        if kind == "2d":
            params[compat] = draw.spread(0.7, compat, classes, classes, 1, 1)
        if not c["fixed"]:
            sign = -1 if kind == "potts" else 1
            params[scale] = sign * draw.between(0.6, 1.2, scale)
    return params


def random_field(label, c, seed):
    name = f"bclcrf_{label}"
    draw = Drawn(seed, name)
    inputs = {"unary": draw.spread(2, "unary", 1, c["classes"], *c["size"])}
    for i, t in enumerate(c["terms"]):
        d = 5 if t["features"] == "YXRGB" else 2
        inputs[f"feature_{i}"] = clear_of_walls(draw, 1.5, f"feature_{i}", 1, d, *c["size"])
    prefixes = [f"steps.{step}." for step in range(c["steps"])] if c["loose"] else [""]
    params = {}
    for prefix in prefixes:
        params |= step_parameters(c, draw, prefix)
    config = dict(
        loose=c["loose"], num_steps=c["steps"], channels=c["classes"], final_output=c["final"],
        fixed_weighting=c["fixed"], unary_weight=0.9, pairwise_kernels=list(c["terms"]))
    return Case(name, "bclcrf", config, inputs, params)


def make(seed):
    for label, c in CONVOLUTIONS.items():
        yield convolution(label, c, seed)
    for label, c in CRFS.items():
        yield random_field(label, c, seed)
