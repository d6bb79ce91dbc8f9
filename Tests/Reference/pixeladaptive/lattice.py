"""Filters learned on the permutohedral lattice, and the CRF made of them.

docs/mathematics.md#filters-on-the-lattice.
"""
import itertools
import math

import numpy as np
import torch
import torch.nn.functional as F

from .meanfield import FINAL_OUTPUTS


def embedded(features):
    """Points (N, d + 1) on the plane of sum 0, of features (N, d)."""
    d = features.shape[1]
    axes = torch.zeros(d + 1, d, dtype=features.dtype)
    for i in range(d):
        axes[:i + 1, i], axes[i + 1, i] = 1, -(i + 1)
        axes[:, i] /= math.sqrt((i + 1) * (i + 2))
    return features @ axes.T * ((d + 1) * math.sqrt(2 / 3))


def simplices(points):
    """Corners of the simplices around points (N, d + 1), integers (N, corner, d + 1), and shares (N, corner).

    Which simplex it is has no gradient, the shares in its corners have one.
    """
    n, size = points.shape
    with torch.no_grad():
        origin = torch.round(points / size) * size
        # The nearest multiples of d + 1 lie off the plane by so many; those that lost most by
        # rounding move on by one.
        surplus = (origin.sum(1) / size).long()
        order = torch.argsort(-(points - origin), dim=1, stable=True)
        place = torch.empty_like(order).scatter_(1, order, torch.arange(size).expand(n, size))
        place = place + surplus[:, None]
        origin = origin + size * (place < 0) - size * (place >= size)
        place = place % size
        remainder = torch.arange(size)[None, :, None]
        wraps = place[:, None, :] > size - 1 - remainder
        corners = (origin[:, None, :] + remainder - size * wraps).long()
        order = torch.argsort(place, dim=1)
    t = torch.gather(points - origin, 1, order) / size
    shares = torch.cat([1 - t[:, :1] + t[:, -1:], (t[:, :-1] - t[:, 1:]).flip(1)], 1)
    return corners, shares


def steps(d, size):
    """The numbers (k_0 ... k_d) of every offset of a neighborhood, k_0 slowest."""
    return np.array([k for k in itertools.product(range(size + 1), repeat=d + 1) if min(k) == 0])


def offsets(d, size):
    """Offsets (S, d + 1): the sums of k_i ((d + 1) e_i - 1)."""
    k = steps(d, size)
    return k * (d + 1) - k.sum(1, keepdims=True)


def gaussian(d, size):
    """The product of blurs 1/2, 1, 1/2 along the d + 1 directions over its center, (S,)."""
    tap = {0: 1.0, 1: 0.5, -1: 0.5}
    values = [sum(math.prod(tap.get(int(i) - c, 0.0) for i in k) for c in range(-1, size + 2))
              for k in steps(d, size)]
    return torch.tensor(values, dtype=torch.float64) / (1 + 2.0 ** -d)


class Pixels:
    """The shares of pixels in lattice points."""

    def __init__(self, features):
        corners, self.shares = simplices(embedded(features))
        size = corners.shape[-1]
        self.keys, numbers = np.unique(corners.reshape(-1, size).numpy(), axis=0, return_inverse=True)
        self.numbers = torch.from_numpy(numbers.reshape(-1, size))

    def splat(self, v):
        """Sums of v (N, C) at each point, and a last row of zeros for points that are missing."""
        rows = torch.zeros(len(self.keys) + 1, v.shape[1], dtype=v.dtype)
        for k in range(self.shares.shape[1]):
            rows = rows.index_add(0, self.numbers[:, k], v * self.shares[:, k:k + 1])
        return rows

    def slice(self, rows):
        """What the corners of each pixel's simplex hold."""
        return (rows[self.numbers] * self.shares[:, :, None]).sum(1)


def filtered(v, source, target, weight, size):
    """S_out B_W S_in^T v: v (N, C), weight (O, C, S) to (N', O)."""
    number = {tuple(key): i for i, key in enumerate(source.keys)}
    missing = len(number)
    around = offsets(source.keys.shape[1] - 1, size)
    neighbors = [[number.get(tuple(key + o), missing) for o in around] for key in target.keys]
    blurred = torch.einsum("xsc,ocs->xo", source.splat(v)[torch.tensor(neighbors)], weight)
    return target.slice(blurred)


def permutohedral_conv(v, features, weight, bias=None, neighborhood=1, groups=1,
                       normalization="symmetric", output_features=None):
    """v (B, C, H, W), features (B, d, H, W), output features of any size, weight (O, C / groups, S)."""
    to = features if output_features is None else output_features
    outputs = [one_image(*image, weight, neighborhood, groups, normalization)
               for image in zip(rows(v), rows(features), rows(to))]
    out = torch.stack(outputs).transpose(1, 2).reshape(len(v), len(weight), *to.shape[2:])
    return out if bias is None else out + bias[:, None, None]


def rows(x):
    """(B, C, H, W) to (B, pixels, C)."""
    return x.flatten(2).transpose(1, 2)


def one_image(v, features, output_features, weight, size, groups, normalization):
    """v (N, C) to (N', O)."""
    source, target = Pixels(features), Pixels(output_features)
    g = gaussian(features.shape[1], size)[None, None]

    def sums(target, source):
        ones = torch.ones(len(source.shares), 1, dtype=v.dtype)
        return filtered(ones, source, target, g, size) + 1e-20

    after = 1
    if normalization == "after":
        after = 1 / sums(target, source)
    elif normalization == "symmetric":
        v, after = v / sums(source, source).sqrt(), 1 / sums(target, target).sqrt()
    parts = zip(v.chunk(groups, 1), weight.chunk(groups))
    return after * torch.cat([filtered(x, source, target, w, size) for x, w in parts], 1)


def message(q, features, term):
    """What a pairwise term tells every pixel about the labels of its neighbors."""
    classes, weight, full = q.shape[1], term["weight"], term["compat_type"] == "4d"
    if not full:
        weight = weight.expand(classes, 1, -1)
    x = permutohedral_conv(
        q, features, weight, None, term["neighborhood"], 1 if full else classes)
    return F.conv2d(x, term["compat"]) if term["compat_type"] == "2d" else x


def mean_field(unary, features, steps, unary_weights, final_output="log_Q"):
    """log Q after the given steps, each a list of pairwise terms.

    A term is a dictionary of neighborhood, compat_type (`4d`, `2d`, `potts`), weight ((C, C, S), or
    (1, 1, S) for all labels), compat (only `2d`) and pairwise_weight.
    """
    log_q = unary
    for terms, unary_weight in zip(steps, unary_weights):
        q = F.softmax(log_q, 1)
        log_q = unary * unary_weight
        for f, term in zip(features, terms):
            log_q = log_q - message(q, f, term) * term["pairwise_weight"]
    return FINAL_OUTPUTS[final_output](log_q)
