"""Mean field with pixel-adaptive messages, PacCRF: docs/mathematics.md#mean-field."""
import torch
import torch.nn.functional as F

from .layers import Window, packernel2d, pacconv2d

FINAL_OUTPUTS = {
    "log_Q": lambda log_q: log_q,
    "softmax": lambda log_q: F.softmax(log_q, 1),
    "log_softmax": lambda log_q: F.log_softmax(log_q, 1),
}


def position_features(height, width, scale=1.0, dtype=torch.float64):
    """Row and column of every pixel divided by a scale, (2, H, W)."""
    rows, columns = torch.arange(height, dtype=dtype), torch.arange(width, dtype=dtype)
    return torch.stack(torch.meshgrid(rows, columns, indexing="ij")) / scale


def yxrgb_features(image, yx_scale, rgb_scale):
    """Positions and colors, each divided by its scale, (N, 5, H, W)."""
    n, _, h, w = image.shape
    yx = position_features(h, w, yx_scale, image.dtype).expand(n, -1, -1, -1)
    return torch.cat([yx, image / rgb_scale], 1)


def blur_padding(sizes, factor):
    """By how many pixels the first block of a blur reaches over the border."""
    return tuple(((factor - size % factor) % factor + 1) // 2 for size in sizes)


def blurred(x, factor):
    """Means over blocks of factor x factor pixels; at the border over what lies inside."""
    if factor == 1:
        return x
    padding = blur_padding(x.shape[2:], factor)
    return F.avg_pool2d(x, factor, padding=padding, count_include_pad=False)


def term_window(term):
    """The window of a pairwise term, which changes no size."""
    size, dilation = term["kernel_size"], term["dilation"]
    return Window(size, padding=size // 2 * dilation, dilation=dilation)


def edge_kernel(features, term):
    """K of a pairwise term; None where it looks at no features."""
    if term["compat_type"] == "na":
        return None
    return packernel2d(blurred(features, term["blur"]), term_window(term))[0]


def message(q, kernel, term):
    """What a pairwise term tells every pixel about the labels of its neighbors."""
    kind, blur = term["compat_type"], term["blur"]
    x = blurred(q, blur)
    window = term_window(term)
    if kind == "na":
        x = F.conv2d(x, term["weight"], padding=window.padding, dilation=window.dilation)
    else:
        x = pacconv2d(x, kernel, term["weight"], None, window, shared_filters=kind != "4d")
    if kind == "2d":
        x = F.conv2d(x, term["compat"])
    if blur == 1:
        return x
    top, left = blur_padding(q.shape[2:], blur)
    x = F.interpolate(x, scale_factor=blur, mode="bilinear", align_corners=False)
    return x[:, :, top:top + q.shape[2], left:left + q.shape[3]]


def mean_field(unary, features, steps, unary_weights, final_output="log_Q"):
    """log Q after the given steps.

    `steps` holds a list of pairwise terms for each step: the same list every time for PacCRF, lists
    of their own for PacCRFLoose. A term is a dictionary of kernel_size, dilation, blur, compat_type
    (`4d`, `2d`, `potts`, `na`), weight, compat (only `2d`) and pairwise_weight.
    """
    kernels = [edge_kernel(f, term) for f, term in zip(features, steps[0])]
    log_q = unary
    for terms, unary_weight in zip(steps, unary_weights):
        q = F.softmax(log_q, 1)
        log_q = unary * unary_weight
        for kernel, term in zip(kernels, terms):
            log_q = log_q - message(q, kernel, term) * term["pairwise_weight"]
    return FINAL_OUTPUTS[final_output](log_q)


def gaussian_filter(size, dtype=torch.float64):
    """Where a CRF's filter starts: a Gaussian, sigma = size / 4, sum size^2, then 0 at the center."""
    row = torch.exp(-0.5 * ((torch.arange(size, dtype=dtype) - size // 2) / (size / 4)) ** 2)
    filter = row[:, None] * row
    filter = filter / filter.sum() * size * size
    filter[size // 2, size // 2] = 0
    return filter


def pooling_filter(size, dtype=torch.float64):
    """The constant filter of a term without a spatial filter: ones, but 0 at the center."""
    filter = torch.ones(size, size, dtype=dtype)
    filter[size // 2, size // 2] = 0
    return filter


def initial_term(term, classes):
    """A pairwise term with the published initial values, unperturbed; `na` would draw its own."""
    size, kind = term["kernel_size"], term["compat_type"]
    different = 1 - torch.eye(classes, dtype=torch.float64)
    if kind == "4d":
        weight = different[:, :, None, None] * gaussian_filter(size)
    else:
        weight = gaussian_filter(size) if term["spatial_filter"] else pooling_filter(size)
        weight = weight[None, None]
    sign = -1.0 if kind == "potts" else 1.0
    return dict(term, weight=weight, compat=different[:, :, None, None],
                pairwise_weight=sign * term.get("pairwise_weight", 1.0))
