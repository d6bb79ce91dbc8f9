"""Semantic segmentation: docs/mathematics.md#semantic-segmentation.

Dropout is left out: what these functions compute is inference.
"""
import re

import torch
import torch.nn.functional as F

from .fullcrf import fully_connected
from .layers import Window, packernel2d, pacconv2d
from .meanfield import initial_term, mean_field, position_features, yxrgb_features

CLASSES = 21
CONVOLUTIONS = (2, 2, 3, 3, 3)
VGG16 = ((64, 128, 256, 512, 512), 4096)
NARROW = ((8, 16, 32, 64, 64), 128)


def fcn_shapes(backbone, classes=CLASSES):
    """The shape of every parameter of an FCN-8s, by its published name."""
    blocks, hidden = NARROW if backbone == "fcn8snarrow" else VGG16
    convolutions, channels = {}, 3
    for block, (width, count) in enumerate(zip(blocks, CONVOLUTIONS), 1):
        for layer in range(1, count + 1):
            convolutions[f"conv{block}_{layer}"] = (width, channels, 3, 3)
            channels = width
    convolutions |= {
        "fc6": (hidden, channels, 7, 7),
        "fc7": (hidden, hidden, 1, 1),
        "score_fr": (classes, hidden, 1, 1),
        "score_pool3": (classes, blocks[2], 1, 1),
        "score_pool4": (classes, blocks[3], 1, 1),
    }
    shapes = {}
    for name, shape in convolutions.items():
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = shape, shape[:1]
    for name, size in (("upscore2", 4), ("upscore8", 16), ("upscore_pool4", 4)):
        shapes[f"{name}.weight"] = (classes, classes, size, size)
    return shapes


def fcn8s(backbone, p, image):
    """Scores of the classes at every pixel.

    `fcn8s` pads the first convolution by 100 and crops; the others pad every layer so that sizes
    fit, and take images of any size: zeros below and to the right up to a multiple of 32, scores
    cropped.
    """
    if backbone == "fcn8s":
        return fcn_scores(backbone, p, image)
    height, width = image.shape[2:]
    padded = F.pad(image, (0, -width % 32, 0, -height % 32))
    return fcn_scores(backbone, p, padded)[:, :, :height, :width]


def convolution(p, name, x, padding=0):
    """A convolution with a bias."""
    return F.conv2d(x, p[f"{name}.weight"], p[f"{name}.bias"], padding=padding)


def pooled_features(backbone, p, x):
    """The outputs of the five poolings of VGG-16."""
    pools, guide = [], None
    for block, count in enumerate(CONVOLUTIONS, 1):
        for layer in range(1, count + 1):
            name = f"conv{block}_{layer}"
            if backbone == "fcn8spac" and layer == 3:
                x = pac_layer(p, name, x, guide, 0.5 ** (block - 2))
            else:
                first = backbone == "fcn8s" and name == "conv1_1"
                x = convolution(p, name, x, 100 if first else 1)
            x = F.relu(x)
        guide = x if block == 2 else guide
        x = F.max_pool2d(x, 2, 2, ceil_mode=True)
        pools.append(x)
    return pools


def pac_layer(p, name, x, guide, scale):
    """PacFCN's layers: guided by conv2_2's output, resized, times 1e-4."""
    guide = F.interpolate(guide, scale_factor=scale, mode="bilinear", align_corners=False)
    window = Window(3, padding=1)
    kernel, _ = packernel2d(guide * 1e-4, window)
    return pacconv2d(x, kernel, p[f"{name}.weight"], p[f"{name}.bias"], window)


def fcn_scores(backbone, p, image):
    """Scores of an image whose size suits the backbone."""
    classic = backbone == "fcn8s"
    _, _, pool3, pool4, pool5 = pooled_features(backbone, p, image)
    x = F.relu(convolution(p, "fc6", pool5, 0 if classic else 3))
    x = convolution(p, "score_fr", F.relu(convolution(p, "fc7", x)))

    def joined(x, name, pool, offset):
        scores = convolution(p, name, pool)
        offset = offset if classic else 0
        height, width = x.shape[2:]
        return x + scores[:, :, offset:offset + height, offset:offset + width]

    def doubled(x, name):
        return F.conv_transpose2d(x, p[f"{name}.weight"], stride=2, padding=0 if classic else 1)

    x = joined(doubled(x, "upscore2"), "score_pool4", pool4, 5)
    x = joined(doubled(x, "upscore_pool4"), "score_pool3", pool3, 9)
    if backbone == "fcn8spac":
        return F.interpolate(x, scale_factor=8, mode="bilinear", align_corners=False)
    x = F.conv_transpose2d(x, p["upscore8.weight"], stride=8, padding=0 if classic else 4)
    offset, (height, width) = 31 if classic else 0, image.shape[2:]
    return x[:, :, offset:offset + height, offset:offset + width]


def crf_plan(name):
    """(steps, pairwise terms) of the part of a name behind the backbone: crfi5p4d5641p4d5161.

    Whether steps are loose does not matter here: with initial values all of them are alike.
    """
    parts = re.fullmatch(r"crf(?:i(\d+)l?)?((?:p.*)?)", name)
    terms = re.findall(r"p(4d|2d|0d|na)(s?)(\d)(\d+)(\d)(?=p|$)", parts[2] or "p4d5161")
    return int(parts[1] or 5), [
        dict(compat_type="potts" if kind == "0d" else kind, spatial_filter=spatial == "s",
             kernel_size=int(size), dilation=int(dilation), blur=int(blur))
        for kind, spatial, size, dilation, blur in terms
    ]


def refined(name, unary, image):
    """The scores after the CRF of a model's name, with unperturbed initial values."""
    if name.startswith("fullcrf"):
        return fully_connected(name, unary, image)
    if name == "convcrf":
        steps, unary_weight = 5, 0.8
        term = dict(compat_type="2d", spatial_filter=False, kernel_size=11, dilation=1, blur=4)
        terms = [dict(term, pairwise_weight=weight) for weight in (2.0, 0.6)]
        yx = position_features(*image.shape[2:], scale=3, dtype=image.dtype)
        features = [yxrgb_features(image, 80, 13), yx.expand(image.shape[0], -1, -1, -1)]
    else:
        (steps, terms), unary_weight = crf_plan(name), 1.0
        features = [image / 30] * len(terms)
    terms = [initial_term(term, unary.shape[1]) for term in terms]
    return mean_field(unary, features, [terms] * steps, [unary_weight] * steps)
