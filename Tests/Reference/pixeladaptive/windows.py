"""The neighborhoods that convolutions look at: docs/mathematics.md#windows."""
import torch
import torch.nn.functional as F


def pair(value):
    """A number for rows and one for columns, from one for both or from two."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value, value)


def neighborhoods(x, kernel_size, stride=1, padding=0, dilation=1):
    """Every window of x, zeros beyond the border: (N, C, H, W) -> (N, C, kh, kw, H', W')."""
    (kh, kw), (sh, sw), (ph, pw), (dh, dw) = map(pair, (kernel_size, stride, padding, dilation))
    n, c, h, w = x.shape
    height = (h + 2 * ph - dh * (kh - 1) - 1) // sh + 1
    width = (w + 2 * pw - dw * (kw - 1) - 1) // sw + 1
    unfolded = F.unfold(x, (kh, kw), (dh, dw), (ph, pw), (sh, sw))
    return unfolded.view(n, c, kh, kw, height, width)


def stuffed(x, kernel_size, stride=1, padding=0, output_padding=0, dilation=1):
    """The input of a transposed convolution as one of stride 1 sees it.

    Between any two pixels there are stride - 1 zeros, and around them enough that a convolution of
    stride 1 without padding gives the transposed convolution's output size.
    """
    kernel_size, stride, padding, output_padding, dilation = map(
        pair, (kernel_size, stride, padding, output_padding, dilation))
    n, c, h, w = x.shape
    apart = x.new_zeros(n, c, (h - 1) * stride[0] + 1, (w - 1) * stride[1] + 1)
    apart[:, :, ::stride[0], ::stride[1]] = x
    top, left = ((k - 1) * d - p for k, d, p in zip(kernel_size, dilation, padding))
    return F.pad(apart, (left, left + output_padding[1], top, top + output_padding[0]))


def transposed_input_size(output_size, kernel_size, stride, padding, output_padding, dilation):
    """The input's rows and columns that a transposed convolution turns into `output_size`."""
    options = map(pair, (output_size, kernel_size, stride, padding, output_padding, dilation))
    return tuple((o - op - 1 - (k - 1) * d + 2 * p) // s + 1
                 for o, k, s, p, op, d in zip(*options))


def smoothing_window(kind, learned=None, dtype=torch.float64):
    """The window of `smooth_kernel_type`, (1, 1, n, n); None for `none`."""
    if kind == "none":
        return None
    if kind.startswith("full_"):
        return learned
    if kind == "gaussian":
        row = torch.tensor([0.25, 0.5, 0.25], dtype=dtype)
    elif kind.startswith("average_"):
        size = int(kind.removeprefix("average_"))
        row = torch.full((size,), 1 / size, dtype=dtype)
    else:
        raise ValueError(f"no smoothing '{kind}'")
    return (row[:, None] * row[None, :])[None, None]
