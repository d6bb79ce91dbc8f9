"""Joint upsampling: docs/mathematics.md#joint-upsampling.

A network is a function of its parameters by name; the names are those of the published checkpoints.
Targets of several channels go through a network one at a time, each with the same guide.
"""
import re
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from . import multiscale
from .layers import Window, dynamic_filter, packernel2d, pacconv2d
from .meanfield import position_features


def bilinear(x, factor):
    """Bilinear interpolation at half-pixel centers."""
    if factor == 1:
        return x
    return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


def one_by_one(x):
    """Every channel as an image of its own: (N, C, H, W) -> (N C, 1, H, W)."""
    return x.reshape(-1, 1, *x.shape[2:])


def for_each_channel(guide, channels):
    """The guide once for every channel of its image, in the order of `one_by_one`."""
    return guide if channels == 1 else guide.repeat_interleave(channels, 0)


# PacJointUpsample


@dataclass(frozen=True)
class Layout:
    """The channels of PacJointUpsample's layers, and the sizes of its filters."""
    target: tuple
    guide: tuple  # without the last layer, which has guide_channels for every doubling
    final: tuple  # the doublings, then the convolutions but the last, which has one channel
    guide_channels: int = 16
    filter_size: int = 5
    upsampling_size: int = 5


LITE = {
    4: Layout((12, 16, 22), (12, 22), (12, 16, 22), 12),
    8: Layout((12, 16, 16), (12, 16), (12, 16, 16, 20), 12),
    16: Layout((8, 16, 16), (8, 16), (8, 16, 16, 16, 16), 10),
}


def layout(model, factor):
    """The layout that a name such as PacJointUpsample_t2x8_k4 says (docs/models.md)."""
    if model == "PacJointUpsampleLite":
        return LITE[factor]
    options = {"t": "3x32", "g": "3x32", "f": "2x32", "k": "16", "s": "5", "u": "5"}
    options |= {word[0]: word[1:] for word in model.split("_")[1:]}

    def branch(letter, additional):
        uniform = re.fullmatch(r"(\d+)x(\d+)", options[letter])
        if uniform:
            layers, filters = map(int, uniform.groups())
            return (filters,) * (layers + additional)
        return tuple(map(int, options[letter].split("-")))

    doublings = factor.bit_length() - 1
    return Layout(branch("t", 0), branch("g", -1), branch("f", doublings - 1),
                  int(options["k"]), int(options["s"]), int(options["u"]))


def convolution_shapes(prefix, channels, size):
    """The shapes of a chain of convolutions `prefix1`, `prefix2`, …"""
    shapes = {}
    for number, (inputs, outputs) in enumerate(zip(channels, channels[1:]), 1):
        shapes[f"{prefix}{number}.weight"] = (outputs, inputs, size, size)
        shapes[f"{prefix}{number}.bias"] = (outputs,)
    return shapes


def pac_joint_upsample_shapes(model, factor):
    """The shape of every parameter of PacJointUpsample."""
    a, doublings = layout(model, factor), factor.bit_length() - 1
    shapes = convolution_shapes("branch_t.conv", (1, *a.target), a.filter_size)
    guide = (3, *a.guide, a.guide_channels * doublings)
    shapes |= convolution_shapes("branch_g.conv", guide, a.filter_size)
    channels = (a.target[-1], *a.final)
    for n in range(doublings):
        size = (channels[n], channels[n + 1], a.upsampling_size, a.upsampling_size)
        shapes[f"up_convts.{n}.weight"], shapes[f"up_convts.{n}.bias"] = size, size[1:2]
    final = (*channels[doublings:], 1)
    return shapes | convolution_shapes("branch_f.conv", final, a.filter_size)


def branch(p, name, x):
    """A chain of convolutions that keep the size, ReLU between them but not after the last."""
    layers = sum(key.startswith(name + ".") and key.endswith(".weight") for key in p)
    for n in range(1, layers + 1):
        weight = p[f"{name}.conv{n}.weight"]
        x = F.conv2d(x, weight, p[f"{name}.conv{n}.bias"], padding=weight.shape[-1] // 2)
        x = x if n == layers else F.relu(x)
    return x


def guided_doublings(factor, p, low, guide, double):
    """The branches around doublings, each guided by its share of what is made of the guide."""
    doublings, maps = factor.bit_length() - 1, low.shape[1]
    x = branch(p, "branch_t", one_by_one(low))
    for n, share in enumerate(branch(p, "branch_g", guide).chunk(doublings, 1)):
        share = bilinear(share, 2.0 ** (n + 1) / factor)
        x = F.relu(double(n, x, for_each_channel(share, maps)))
    x = branch(p, "branch_f", x)
    return x.reshape(-1, maps, *x.shape[2:])


def pac_joint_upsample(model, factor, p, low, guide):
    """PacJointUpsample and PacJointUpsampleLite (Su et al. 2019, section 4.1)."""
    size = layout(model, factor).upsampling_size
    window = Window(size, 2, size // 2, 1, transposed=True)

    def double(n, x, share):
        kernel, _ = packernel2d(share, window)
        return pacconv2d(x, kernel, p[f"up_convts.{n}.weight"], p[f"up_convts.{n}.bias"], window)

    return guided_doublings(factor, p, low, guide, double)


# Kernel prediction

# The width of the guide branch that brings the parameters nearest to PacJointUpsample's.
PREDICTION_WIDTHS = {2: 37, 4: 41, 8: 43, 16: 45}


def kernel_prediction_shapes(_, factor):
    """The shape of every parameter of KernelPredictionUpsample."""
    doublings = factor.bit_length() - 1
    shapes = convolution_shapes("branch_t.conv", (1, 32, 32, 32), 5)
    guide = (3, 32, PREDICTION_WIDTHS[factor], 9 * doublings)
    shapes |= convolution_shapes("branch_g.conv", guide, 5)
    for n in range(doublings):
        shapes[f"up_convs.{n}.weight"], shapes[f"up_convs.{n}.bias"] = (32, 32, 5, 5), (32,)
    return shapes | convolution_shapes("branch_f.conv", (32, 32, 1), 5)


def kernel_prediction_upsample(_, factor, p, low, guide):
    """KernelPredictionUpsample: PacJointUpsample with predicted filters; ours."""
    def double(n, x, share):
        x = F.conv2d(x, p[f"up_convs.{n}.weight"], p[f"up_convs.{n}.bias"], padding=2)
        return dynamic_filter(x, share, 3, upsample=2, normalize="softmax")

    return guided_doublings(factor, p, low, guide, double)


# Deep joint image filtering

DJIF_CHANNELS = {"DJIF": ((96, 48, 1), (64, 32, 1)), "DJIFWide": ((256, 128, 1), (256, 128, 1))}
DJIF_SIZES = (9, 1, 5)


def djif_shapes(model, _):
    """The shape of every parameter of DJIF; its layers are numbered 0, 2, 4."""
    branches, joint = DJIF_CHANNELS[model]
    chains = {"branch_t": (1, *branches), "branch_g": (3, *branches), "branch_joint": (2, *joint)}
    shapes = {}
    for name, channels in chains.items():
        for n, size in enumerate(DJIF_SIZES):
            shapes[f"{name}.{2 * n}.weight"] = (channels[n + 1], channels[n], size, size)
            shapes[f"{name}.{2 * n}.bias"] = (channels[n + 1],)
    return shapes


def djif(_, factor, p, low, guide):
    """DJIF and DJIFWide (Li et al. 2016), with the published paddings of 2 in the branches."""
    def chain(name, x, padding):
        for n, pad in enumerate(padding):
            x = F.conv2d(x, p[f"{name}.{2 * n}.weight"], p[f"{name}.{2 * n}.bias"], padding=pad)
            x = F.relu(x) if n < 2 else x
        return x

    maps = low.shape[1]
    target = chain("branch_t", bilinear(one_by_one(low), factor), (2, 2, 2))
    guide = for_each_channel(chain("branch_g", guide, (2, 2, 2)), maps)
    x = chain("branch_joint", torch.cat([target, guide], 1), (4, 0, 2))
    return x.reshape(-1, maps, *x.shape[2:])


def djfr_shapes(_, factor):
    """DJFR has the parameters of DJIF."""
    return djif_shapes("DJIF", factor)


def djfr(_, factor, p, low, guide):
    """DJFR (Li et al. 2018): DJIF's network beside bilinear interpolation."""
    return bilinear(low, factor) + djif("DJIF", factor, p, low, guide)


# Without parameters


def joint_bilateral(model, factor, _, low, guide):
    """JBU_{k}_{color}_{space} (Kopf et al. 2007): a normalized transposed convolution of ones."""
    size, color, space = model.split("_")[1:]
    size, color, space = int(size), float(color), float(space)
    (n, _, h, w), maps = guide.shape, low.shape[1]
    positions = position_features(h, w, dtype=guide.dtype).expand(n, -1, -1, -1)
    features = for_each_channel(torch.cat([guide * color, positions * space], 1), maps)
    padding = 1 + (size - factor - 1) // 2
    window = Window(size, factor, padding, (size - factor) % 2, transposed=True)
    kernel, _ = packernel2d(features, window, normalize=True)
    ones = torch.ones(1, 1, size, size, dtype=low.dtype)
    x = pacconv2d(one_by_one(low), kernel, ones, None, window)
    return x.reshape(-1, maps, *x.shape[2:])


def window_means(x, radius):
    """Means over windows of 2 radius + 1 rows and columns, clipped at the border."""
    size = 2 * radius + 1
    return F.avg_pool2d(x, size, 1, radius, count_include_pad=False)


def guided_filter(model, factor, _, low, guide):
    """GuidedFilter_{radius}_{epsilon} (He et al. 2010) of the bilinearly enlarged map.

    In every window the map is fitted by a'I + b to the guide's colors I; a pixel takes the mean of
    the fits of the windows that it lies in.
    """
    radius, epsilon = int(model.split("_")[1]), float(model.split("_")[2])
    maps = bilinear(low, factor)
    mu, mean = window_means(guide, radius), window_means(maps, radius)
    colors = guide.shape[1]
    squares = (guide.unsqueeze(1) * guide.unsqueeze(2)).flatten(1, 2)
    covariance = window_means(squares, radius).unflatten(1, (colors, colors))
    covariance = covariance - mu.unsqueeze(1) * mu.unsqueeze(2)
    # Matrices last: (N, H, W, 3, 3).
    regular = covariance.permute(0, 3, 4, 1, 2) + epsilon * torch.eye(colors, dtype=guide.dtype)
    products = (maps.unsqueeze(2) * guide.unsqueeze(1)).flatten(1, 2)
    cross = window_means(products, radius).unflatten(1, (-1, colors))
    cross = cross - mean.unsqueeze(2) * mu.unsqueeze(1)
    a = torch.linalg.solve(regular, cross.permute(0, 3, 4, 2, 1))  # (N, H, W, 3, C)
    a = a.permute(0, 4, 3, 1, 2)
    b = mean - (a * mu.unsqueeze(1)).sum(2)
    slopes = window_means(a.flatten(1, 2), radius).unflatten(1, (-1, colors))
    return (slopes * guide.unsqueeze(1)).sum(2) + window_means(b, radius)


def interpolated(_, factor, __, low, ___):
    """The model Bilinear."""
    return bilinear(low, factor)


def network(model):
    """What gives the parameters' shapes of (model, factor), and what runs the model."""
    if model == "Bilinear":
        return (lambda *_: {}), interpolated
    if model.startswith("JBU_"):
        return (lambda *_: {}), joint_bilateral
    if model.startswith("GuidedFilter_"):
        return (lambda *_: {}), guided_filter
    if model in DJIF_CHANNELS:
        return djif_shapes, djif
    if model == "KernelPredictionUpsample":
        return kernel_prediction_shapes, kernel_prediction_upsample
    if model == "DJFR":
        return djfr_shapes, djfr
    if model == "DMSG":
        return multiscale.dmsg_shapes, multiscale.dmsg
    return pac_joint_upsample_shapes, pac_joint_upsample
