"""Adapting kernels and the layers made of them: docs/mathematics.md#pac-layers.

v is what is filtered, (N, C, H, W); f are the features that adapt the filter, (N, G, H, W), of a
transposed layer at the output's resolution; K is the adapting kernel, (N, 1 or G, kh, kw, H', W').
"""
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from .windows import neighborhoods, pair, smoothing_window, stuffed, transposed_input_size


@dataclass(frozen=True)
class Window:
    """Where a layer looks, with PyTorch's arguments; each an integer or a pair."""
    kernel_size: object = 3
    stride: object = 1
    padding: object = 0
    output_padding: object = 0
    dilation: object = 1
    transposed: bool = False

    def of_input(self, x):
        """The window of every output pixel over the filtered input."""
        if not self.transposed:
            return neighborhoods(x, self.kernel_size, self.stride, self.padding, self.dilation)
        x = stuffed(x, self.kernel_size, self.stride, self.padding, self.output_padding,
                    self.dilation)
        return neighborhoods(x, self.kernel_size, 1, 0, self.dilation)

    def over_features(self):
        """(stride, padding) of the windows over the features."""
        if not self.transposed:
            return pair(self.stride), pair(self.padding)
        sizes = zip(pair(self.kernel_size), pair(self.dilation))
        return (1, 1), tuple((k - 1) * d // 2 for k, d in sizes)

    def input_size(self, features_size):
        """The filtered input's rows and columns."""
        if not self.transposed:
            return features_size
        return transposed_input_size(features_size, self.kernel_size, self.stride, self.padding,
                                     self.output_padding, self.dilation)


def kernel_values(d, kind, channel_wise=False, alpha=None, power=None):
    """K of differences d = f_j - c_i, (N, G, kh, kw, H', W'), without mask and normalization."""
    if "_asym" in kind:
        d = F.relu(d)
    squares = d * d
    if not channel_wise:
        squares = squares.sum(1, keepdim=True)
    if kind == "gaussian":
        return torch.exp(-0.5 * squares)
    if kind.startswith("inv_"):
        alpha, power = (x.view(1, -1, 1, 1, 1, 1) for x in (alpha, power))
        return alpha + torch.pow(squares + 1e-4, 0.5 * power)
    raise ValueError(f"no kernel '{kind}'")


def centers(f, window, smoothing):
    """c_i: the feature in the middle of each window, or the features smoothed there."""
    size, dilation = pair(window.kernel_size), pair(window.dilation)
    stride, padding = window.over_features()
    taps = neighborhoods(f, size, stride, padding, dilation)
    if smoothing is None:
        row, column = size[0] // 2, size[1] // 2
        return taps[:, :, row:row + 1, column:column + 1]
    n, g, h, w = f.shape
    # Padding with which the smoothing window has the same centers; where it is negative, f is cut.
    around = [p - (d * (k - 1) - (m - 1)) // 2
              for p, d, k, m in zip(padding, dilation, size, smoothing.shape[2:])]
    top, left = (max(0, -a) for a in around)
    inner = f[:, :, top:h - top, left:w - left]
    inner = inner.reshape(n * g, 1, h - 2 * top, w - 2 * left)
    smoothed = F.conv2d(inner, smoothing, stride=stride, padding=[max(0, a) for a in around])
    return smoothed.view(n, g, 1, 1, *taps.shape[-2:])


def packernel2d(f, window, mask=None, kind="gaussian", smoothing="none", smooth_kernel=None,
                inv_alpha=None, inv_lambda=None, channel_wise=False, normalize=False):
    """K, and with a mask which windows have a valid pixel, (N, 1, 1, 1, H', W')."""
    size, dilation = window.kernel_size, window.dilation
    taps = neighborhoods(f, size, *window.over_features(), dilation)
    d = taps - centers(f, window, smoothing_window(smoothing, smooth_kernel, f.dtype))
    kernel = kernel_values(d, kind, channel_wise, inv_alpha, inv_lambda)
    if mask is None and not normalize:
        return kernel, None

    # 1 at every tap that meets a pixel, rather than padding or a zero between pixels.
    pixels = window.of_input(f.new_ones(1, 1, *window.input_size(f.shape[-2:])))
    valid = pixels if mask is None else window.of_input(mask.to(f.dtype))
    kernel = kernel * valid
    if normalize:
        divisor = kernel.sum((2, 3), keepdim=True)
    else:
        # A window without any pixel counts as empty.
        divisor = valid.sum((2, 3), keepdim=True) / pixels.sum((2, 3), keepdim=True).clamp(min=1)
    kernel = kernel / (divisor + (divisor == 0).to(f.dtype))  # 0/0 is 0
    return kernel, None if mask is None else valid.sum((2, 3), keepdim=True) > 0


def pacconv2d(v, kernel, weight, bias=None, window=Window(), groups=1, shared_filters=False):
    """v'_i = sum_j K_ij W[p_i - p_j] v_j + b; with groups, over the input channels of one's own.

    `weight` is (C', C/g, kh, kw), of a transposed window (C, C'/g, kh, kw), shared (1, 1, kh, kw).
    """
    x = window.of_input(v) * kernel
    if shared_filters:
        out = torch.einsum("ncijhw,ij->nchw", x, weight[0, 0])
    else:
        # Channels by group: axis g, then those within it. Other groups' channels never meet.
        x = x.unflatten(1, (groups, -1))
        filters = weight.unflatten(0, (groups, -1))
        axes = "gcoij" if window.transposed else "gocij"
        out = torch.einsum(f"ngcijhw,{axes}->ngohw", x, filters).flatten(1, 2)
    return out if bias is None else out + bias.view(1, -1, 1, 1)


def pacpool2d(v, kernel, window):
    """v'_i = sum_j K_ij v_j, channel by channel."""
    return (window.of_input(v) * kernel).sum((2, 3))


def dynamic_filter(v, filters, kernel_size, dilation=1, upsample=1, normalize="none"):
    """v'_i = sum over taps t of W_i[t] v[floor(i / upsample) + dilation (t - center)].

    `filters` is (N, F kh kw, upsample H, upsample W), F being 1 or C; the softmax is over the taps
    that meet a pixel of v, the others weigh 0.
    """
    size, dilation = pair(kernel_size), pair(dilation)
    padding = tuple(d * (k - 1) // 2 for k, d in zip(size, dilation))

    def windows(x):
        cells = neighborhoods(x, size, 1, padding, dilation)
        return cells.repeat_interleave(upsample, -2).repeat_interleave(upsample, -1)

    weights = filters.view(filters.shape[0], -1, *size, *filters.shape[2:])
    if normalize == "softmax":
        missing = windows(torch.ones_like(v[:, :1])) == 0
        weights = weights.masked_fill(missing, float("-inf")).flatten(2, 3).softmax(2)
        weights = weights.view(filters.shape[0], -1, *size, *filters.shape[2:])
    elif normalize != "none":
        raise ValueError(f"no normalization '{normalize}'")
    return (windows(v) * weights).sum((2, 3))
