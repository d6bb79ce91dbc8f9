"""What each operation of a case file computes from its inputs and parameters.

An operation with gradients is a `Graph`: leaves, a function from them to outputs, and the number
whose gradient is wanted. The others are plain functions to outputs.
"""
from dataclasses import dataclass
from typing import Callable

import numpy as np
import torch
import torch.nn.functional as F

from . import formula, lattice, measures, optimizers, resize, segmentation, upsampling
from .layers import Window, dynamic_filter, packernel2d, pacconv2d, pacpool2d
from .meanfield import mean_field, pooling_filter


def tensor(array):
    """An array in double precision."""
    return torch.from_numpy(np.asarray(array, dtype=np.float64))


@dataclass
class Graph:
    """Leaves by name, outputs as a function of them, and the scalar that is differentiated."""
    leaves: dict
    outputs: Callable
    scalar: Callable


def against_upstream(case, leaves, outputs):
    """A graph whose scalar is the sum of output times upstream gradient."""
    def scalar(values):
        return (values["output"] * tensor(case.upstream["output"])).sum()
    return Graph(leaves, outputs, scalar)


def leaves_of(case):
    """Every input and parameter that a gradient is expected for."""
    arrays = case.inputs | case.params
    return {name: tensor(array) for name, array in arrays.items() if name != "mask"}


def pac_layer(case):
    """pacconv2d, pacconv_transpose2d and pacpool2d."""
    c = case.config
    window = Window(c["kernel_size"], c["stride"], c["padding"], c["output_padding"], c["dilation"],
                    transposed=case.operation == "pacconv_transpose2d")
    mask = tensor(case.inputs["mask"]) if "mask" in case.inputs else None
    constants = {}
    if c["kernel_type"].endswith("_fixed"):
        _, alpha, power = c["kernel_type"].split("_")[:3]
        constants = {"inv_alpha": tensor([float(alpha)]), "inv_lambda": tensor([float(power)])}

    def outputs(leaves):
        p = constants | leaves
        kernel, out_mask = packernel2d(
            p["guide"], window, mask, c["kernel_type"], c["smooth_kernel_type"],
            p.get("smooth_kernel"), p.get("inv_alpha"), p.get("inv_lambda"), c["channel_wise"],
            c["normalize_kernel"])
        values = {"kernel": kernel}
        if out_mask is not None:
            values["output_mask"] = out_mask.double()
        if case.operation == "pacpool2d":
            return values | {"output": pacpool2d(p["input"], kernel, window)}
        return values | {"output": pacconv2d(
            p["input"], kernel, p["weight"], p.get("bias"), window, c.get("groups", 1),
            c["shared_filters"])}

    return against_upstream(case, leaves_of(case), outputs)


def predicted_filters(case):
    """dynamic_filter."""
    c = case.config

    def outputs(leaves):
        return {"output": dynamic_filter(
            leaves["input"], leaves["filters"], c["kernel_size"], c["dilation"], c["upsample"],
            c["normalize"])}

    return against_upstream(case, leaves_of(case), outputs)


def crf_terms(case, leaves, prefix):
    """The pairwise terms of a step; what is no parameter is a constant."""
    terms = []
    for i, kind in enumerate(case.config["pairwise_kernels"]):
        sign = -1 if kind["compat_type"] == "potts" else 1
        constant = pooling_filter(kind["kernel_size"])[None, None]
        weight = tensor(sign * kind["pairwise_weight"])
        terms.append(dict(
            kind, weight=leaves.get(f"{prefix}messengers.{i}.weight", constant),
            compat=leaves.get(f"{prefix}compat.{i}.weight"),
            pairwise_weight=leaves.get(f"{prefix}pairwise_weights.{i}", weight)))
    return terms


def permutohedral_conv(case):
    """A filter on the lattice."""
    c = case.config

    def outputs(leaves):
        return {"output": lattice.permutohedral_conv(
            leaves["input"], leaves["features"], leaves["weight"], leaves.get("bias"),
            c["neighborhood"], c["groups"], c["normalization"], leaves.get("output_features"))}

    return against_upstream(case, leaves_of(case), outputs)


def lattice_terms(case, leaves, prefix):
    """The pairwise terms of a step of a BCL-CRF; what is no parameter is a constant."""
    terms = []
    for i, kind in enumerate(case.config["pairwise_kernels"]):
        sign = -1 if kind["compat_type"] == "potts" else 1
        features = {"YXRGB": 5, "YX": 2}[kind["features"]]
        constant = lattice.gaussian(features, kind["neighborhood"])[None, None]
        weight = tensor(sign * kind["pairwise_weight"])
        terms.append(dict(
            kind, weight=leaves.get(f"{prefix}messengers.{i}.weight", constant),
            compat=leaves.get(f"{prefix}compat.{i}.weight"),
            pairwise_weight=leaves.get(f"{prefix}pairwise_weights.{i}", weight)))
    return terms


def random_field(case, terms, infer):
    """A mean field: `terms` makes those of a step, `infer` is given all steps."""
    c = case.config

    def outputs(leaves):
        prefixes = [f"steps.{step}." if c["loose"] else "" for step in range(c["num_steps"])]
        steps = [terms(case, leaves, prefix) for prefix in prefixes]
        weights = [leaves.get(f"{prefix}unary_weight", c["unary_weight"]) for prefix in prefixes]
        features = [leaves[f"feature_{i}"] for i in range(len(c["pairwise_kernels"]))]
        return {"output": infer(leaves["unary"], features, steps, weights, c["final_output"])}

    return against_upstream(case, leaves_of(case), outputs)


def paccrf(case):
    """PacCRF and PacCRFLoose."""
    return random_field(case, crf_terms, mean_field)


def bclcrf(case):
    """BCL-CRF."""
    return random_field(case, lattice_terms, lattice.mean_field)


def parameters_by_formula(case, shapes):
    """Parameters that the file does not hold."""
    rule = case.config["parameters"]
    if rule["kind"] != "splitmix64":
        raise ValueError(f"no parameters '{rule['kind']}'")
    return formula.parameters(shapes, rule["seed"])


def joint_upsample(case):
    """A whole network; gradients are those of the l2 loss, of a filter without parameters none."""
    c = case.config
    shapes, run = upsampling.network(c["model"])
    low, guide, target = (tensor(case.inputs[name]) for name in ("low", "guide", "target"))
    losses = {"rmse": measures.rmse, "epe": measures.end_point_error, "l2": F.mse_loss}
    loss = losses[c["loss"]]

    def outputs(leaves):
        out = run(c["model"], c["factor"], leaves, leaves.get("low", low), guide)
        return {"output": out, "loss": loss(out, target), "loss_l2": F.mse_loss(out, target)}

    parameters = parameters_by_formula(case, shapes(c["model"], c["factor"]))
    leaves = parameters | {"low": low} if parameters else {}
    return Graph(leaves, outputs, lambda values: values["loss_l2"])


def trajectory(case):
    """The losses of a few optimizer steps on a fixed batch."""
    c = case.config
    graph = joint_upsample(case)
    parameters = {name: p.requires_grad_() for name, p in graph.leaves.items() if name != "low"}
    make = {"Adam": optimizers.Adam, "SGD": optimizers.SGD}[c["optimizer"]]
    options = {key: c[key] for key in ("momentum", "weight_decay") if key in c}
    optimizer, losses = make(len(parameters), **options), []
    for step in range(c.get("steps", 10)):
        loss = graph.outputs(parameters)["loss_l2"]
        gradients = torch.autograd.grad(loss, list(parameters.values()))
        rate = optimizers.step_decay(c["lr"], c["lr_steps"], c["gamma"], step)
        with torch.no_grad():
            optimizer.step(parameters.values(), gradients, rate)
        losses.append(loss.item())
    return {"losses": np.array(losses)}


def segmentation_network(case):
    """Scores of a backbone, and after the CRF if the name has one."""
    backbone, _, refinement = case.config["model"].partition("_")
    image = tensor(case.inputs["image"])
    with torch.no_grad():
        parameters = parameters_by_formula(case, segmentation.fcn_shapes(backbone))
        values = {"unary": segmentation.fcn8s(backbone, parameters, image)}
        if refinement:
            values["output"] = segmentation.refined(refinement, values["unary"], image)
    return values


def lowres(case):
    """A low-resolution target."""
    c = case.config
    return {"output": resize.low_resolution(case.inputs["target"], c["factor"], c["mode"])}


def segmentation_measures(case):
    """A confusion matrix and its metrics."""
    c = case.config
    truth, prediction = (case.inputs[name].astype(int) for name in ("target", "prediction"))
    counts = measures.confusion_matrix(truth, prediction, c["classes"], c["ignore"])
    return {"confusion": counts} | measures.segmentation_metrics(counts)


GRAPHS = {
    "pacconv2d": pac_layer, "pacconv_transpose2d": pac_layer, "pacpool2d": pac_layer,
    "dynamic_filter": predicted_filters, "paccrf": paccrf, "permutohedral_conv": permutohedral_conv,
    "bclcrf": bclcrf, "joint_upsample": joint_upsample,
}
FUNCTIONS = {
    "trajectory": trajectory, "segmentation": segmentation_network, "lowres": lowres,
    "segmentation_measures": segmentation_measures,
}


def output_shape(case):
    """The shape of an operation's output, which the upstream gradient has too."""
    graph = GRAPHS[case.operation](case)
    return tuple(graph.outputs(graph.leaves)["output"].shape)


def compute(case):
    """Everything that can be expected of a case, by name, in NumPy's arrays."""
    if case.operation in FUNCTIONS:
        return {name: np.asarray(value) for name, value in FUNCTIONS[case.operation](case).items()}
    graph = GRAPHS[case.operation](case)
    leaves = {name: leaf.requires_grad_() for name, leaf in graph.leaves.items()}
    outputs = graph.outputs(leaves)
    values = {name: value.detach().numpy() for name, value in outputs.items()}
    if leaves:
        gradients = torch.autograd.grad(
            graph.scalar(outputs), list(leaves.values()), allow_unused=True)
        for name, gradient in zip(leaves, gradients):
            if gradient is not None:
                values[f"grad/{name}"] = gradient.numpy()
                values[f"gradnorm/{name}"] = gradient.norm().numpy()
    return values
