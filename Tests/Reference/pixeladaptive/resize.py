"""Low-resolution targets and bilinear interpolation: docs/mathematics.md#low-resolution.

Every resize is linear and separable: a matrix for the rows, one for the columns. NumPy only.
"""
import math

import numpy as np


def mirrored(index, count):
    """`index` brought into 0 ..< count by mirroring at the centers of the outermost pixels."""
    if count == 1:
        return 0
    index = abs(index) % (2 * (count - 1))
    return min(index, 2 * (count - 1) - index)


def half_pixel(position, count, new_count):
    """Where the center of pixel `position` of the resized axis lies on the old one."""
    return (position + 0.5) * count / new_count - 0.5


def smoothing_matrix(count, new_count):
    """A Gaussian of sigma = (count / new_count - 1) / 2, cut at 4 sigma, against aliasing."""
    sigma = max(0.0, (count / new_count - 1) / 2)
    if sigma == 0:
        return np.eye(count)
    radius = int(4 * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    weights /= weights.sum()
    matrix = np.zeros((count, count))
    for row in range(count):
        for offset, weight in zip(range(-radius, radius + 1), weights):
            matrix[row, mirrored(row + offset, count)] += weight
    return matrix


def spline(order, distance):
    """The B-spline of order 0, 1 or 3 at a distance from its center."""
    d = abs(distance)
    if order == 1:
        return max(0.0, 1 - d)
    if d < 1:
        return 2 / 3 - d * d + d ** 3 / 2
    return max(0.0, 2 - d) ** 3 / 6


def spline_matrix(positions, count, order):
    """Row i: the weights of a line's spline coefficients at positions[i]."""
    matrix = np.zeros((len(positions), count))
    for row, position in enumerate(positions):
        if order == 0:
            matrix[row, mirrored(math.floor(position + 0.5), count)] = 1
            continue
        start = math.floor(position)
        for index in range(start - 1, start + 3):
            matrix[row, mirrored(index, count)] += spline(order, position - index)
    return matrix


def resize_matrix(count, new_count, order):
    """The matrix that smooths a line and samples the spline through it at half-pixel centers."""
    positions = [half_pixel(i, count, new_count) for i in range(new_count)]
    sampling = spline_matrix(positions, count, order)
    if order == 3:
        # The coefficients are those whose spline passes through the samples.
        sampling = sampling @ np.linalg.inv(spline_matrix(range(count), count, 3))
    return sampling @ smoothing_matrix(count, new_count)


def resized(image, height, width, order=1):
    """An image (C, H, W) at another size, smoothed before it is made smaller."""
    rows = resize_matrix(image.shape[1], height, order)
    columns = resize_matrix(image.shape[2], width, order)
    return rows @ image.astype(np.float64) @ columns.T


def low_resolution(target, factor, mode):
    """The low-resolution target of (C, H, W); `mode` is the key `lowres` of a configuration."""
    height, width = (math.ceil(size / factor) for size in target.shape[1:])
    if target.shape[1:] != (height * factor, width * factor):
        target = resized(target, height * factor, width * factor)
    if mode in ("center", "last"):
        offset = factor - 1 if mode == "last" else (factor - 1) // 2
        return target[:, offset::factor, offset::factor]
    return resized(target, height, width, {"nearest": 0, "bilinear": 1, "bicubic": 3}[mode])


def bilinear_matrix(count, new_count):
    """Linear interpolation at half-pixel centers, the border's value beyond the border."""
    matrix = np.zeros((new_count, count))
    for row in range(new_count):
        position = max(0.0, half_pixel(row, count, new_count))
        start = math.floor(position)
        matrix[row, min(start, count - 1)] += 1 - (position - start)
        matrix[row, min(start + 1, count - 1)] += position - start
    return matrix


def bilinear(image, height, width):
    """An image (C, H, W) interpolated as the Bilinear model and PyTorch's `interpolate` do."""
    rows = bilinear_matrix(image.shape[1], height)
    columns = bilinear_matrix(image.shape[2], width)
    return rows @ image @ columns.T


def bilinear_error(target, factor, mode, border):
    """target minus what bilinear upsampling makes of its low resolution, without the border."""
    low = low_resolution(target, factor, mode)
    output = bilinear(low, low.shape[1] * factor, low.shape[2] * factor)
    if output.shape != target.shape:
        output = bilinear(output, *target.shape[1:])
    inside = slice(border, -border or None)
    return (output - target)[:, inside, inside]
