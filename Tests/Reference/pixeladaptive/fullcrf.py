"""The fully-connected CRF (Krähenbühl, Koltun 2011) with Gaussians of the permutohedral lattice.

Adams, Baek, Davis 2010. Features of d dimensions are laid onto the plane of d + 1 coordinates whose
sum is 0. The lattice's points are its integer points with coordinates that agree modulo d + 1;
every feature has a share in the d + 1 corners of the simplex that it lies in.
"""
import re

import numpy as np
import torch
import torch.nn.functional as F

from .meanfield import position_features, yxrgb_features

DEFAULTS = {"steps": 5, "appearance": (10, 80, 13), "smoothness": (3, 3)}


def embedded(features):
    """Features (d, pixels) on the plane, (pixels, d + 1); axis i becomes (1, …, 1, -(i + 1), 0, …)."""
    d = features.shape[0]
    place = np.zeros((features.shape[1], d + 1))
    for i, values in enumerate(features):
        values = values * (d + 1) * np.sqrt(2 / 3) / np.sqrt((i + 1) * (i + 2))
        place[:, :i + 1] += values[:, None]
        place[:, i + 1] -= (i + 1) * values
    return place


def corners(y):
    """The simplex of one place: its corners as tuples, and the shares in them."""
    size = len(y)
    origin = np.rint(y / size).astype(int)

    def descending(differences):
        order = np.empty(size, int)
        order[np.argsort(-differences, kind="stable")] = np.arange(size)
        return order

    order = descending(y - origin * size)
    surplus = origin.sum()
    # Multiples of d + 1 next to y need not sum to 0; those move on that lost most by rounding.
    if surplus > 0:
        moved = order >= size - surplus
    else:
        moved = order < -surplus
    origin[moved] -= np.sign(surplus)
    order = (order + surplus) % size
    origin *= size
    t = np.empty(size)
    t[order] = y - origin
    shares = [1 - (t[0] - t[-1]) / size]
    shares += [(t[size - 1 - k] - t[size - k]) / size for k in range(1, size)]
    points = [tuple(origin + k - size * (order > size - 1 - k)) for k in range(size)]
    return points, shares


class Lattice:
    """The filter v' = D^(-1/2) K D^(-1/2) v with K_ij about exp(-|f_i - f_j|^2 / 2), D = K 1."""

    def __init__(self, features):
        d = features.shape[0]
        simplices = [corners(y) for y in embedded(features)]
        numbers = {}
        for points, _ in simplices:
            for point in points:
                numbers.setdefault(point, len(numbers))
        self.slicing = np.zeros((len(simplices), len(numbers)))
        for pixel, (points, shares) in enumerate(simplices):
            for point, share in zip(points, shares):
                self.slicing[pixel, numbers[point]] += share
        # Blur by 1/4, 1/2, 1/4 along every direction; a point that no pixel knows counts as 0.
        self.blur = np.eye(len(numbers))
        for direction in range(d + 1):
            step = np.ones(d + 1, int)
            step[direction] -= d + 1
            factor = 0.5 * np.eye(len(numbers))
            for point, number in numbers.items():
                for neighbor in (np.array(point) + step, np.array(point) - step):
                    other = numbers.get(tuple(neighbor))
                    if other is not None:
                        factor[number, other] = 0.25
            self.blur = factor @ self.blur
        # The Gaussian of variance 1 is (2 pi)^(-d/2) at its center.
        self.scale = np.sqrt(d + 1) * (4 * np.pi / 3) ** (d / 2)
        self.root = 1.0
        self.root = 1 / np.sqrt(self(np.ones((1, len(simplices))))[0])

    def __call__(self, v):
        """v: (channels, pixels)."""
        x = (v * self.root) @ self.slicing * self.scale
        return x @ self.blur.T @ self.slicing.T * self.root


def settings(name):
    """Steps and terms that a name such as fullcrfi3a4-20-13s2-1.5 says."""
    found, number = dict(DEFAULTS), r"(\d+(?:\.\d+)?)"
    parts = re.fullmatch(
        rf"fullcrf(?:i(\d+))?(?:a{number}-{number}-{number})?(?:s{number}-{number})?", name)
    steps, *numbers = parts.groups()
    if steps:
        found["steps"] = int(steps)
    if numbers[0]:
        found["appearance"] = tuple(map(float, numbers[:3]))
    if numbers[3]:
        found["smoothness"] = tuple(map(float, numbers[3:]))
    return found


def fully_connected(name, unary, image):
    """log Q after the steps of a name; every term attracts equal labels."""
    found, (n, classes, h, w) = settings(name), unary.shape
    weight, yx, rgb = found["appearance"]
    appearance = yxrgb_features(image, yx, rgb)
    smoothness = position_features(h, w, found["smoothness"][1], image.dtype).expand(n, -1, -1, -1)
    result = []
    for i in range(n):
        terms = [(weight, Lattice(appearance[i].flatten(1).numpy())),
                 (found["smoothness"][0], Lattice(smoothness[i].flatten(1).numpy()))]
        log_q = own = unary[i].flatten(1)
        for _ in range(found["steps"]):
            q = F.softmax(log_q, 0).numpy()
            log_q = own + sum(w * torch.from_numpy(lattice(q)) for w, lattice in terms)
        result.append(log_q.reshape(classes, h, w))
    return torch.stack(result)
