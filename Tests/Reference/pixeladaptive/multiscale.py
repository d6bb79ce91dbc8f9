"""DMSG, multi-scale guidance (Hui, Loy, Tang, ECCV 2016): docs/mathematics.md#joint-upsampling.

Sizes along an axis of h low-resolution pixels at factor f: the intensity branch has f h - 1, then
(f / 2) h - 1 and so on down to 2 h - 1, and the depth branch comes back up through the same.
"""
import torch
import torch.nn.functional as F

CHANNELS = 32


def doublings(factor):
    return factor.bit_length() - 1


def dmsg_shapes(_, factor):
    """The shape of every parameter; slopes are those of the PReLUs."""
    shapes, m = {}, doublings(factor)

    def layer(name, *shape, outputs, activation=True):
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = shape, (outputs,)
        if activation:
            shapes[f"{name}.slope"] = (outputs,)

    def convolution(name, inputs, outputs, size=5, activation=True):
        layer(name, outputs, inputs, size, size, outputs=outputs, activation=activation)

    convolution("conv1_y", 1, 49, 7)
    convolution("conv2_y", 49, CHANNELS)
    for i in range(3, m + 2):
        convolution(f"conv{i}_y", CHANNELS, CHANNELS)
    convolution("conv1_d", 1, 2 * CHANNELS)
    for j in range(2, m + 2):
        inputs = 2 * CHANNELS if j == 2 else CHANNELS
        layer(f"deconv{j}_d", inputs, CHANNELS, 5, 5, outputs=CHANNELS)
        convolution(f"conv{j}a_d", 2 * CHANNELS, CHANNELS)
        convolution(f"conv{j}b_d", CHANNELS, CHANNELS)
    convolution(f"conv{m + 1}c_d", CHANNELS, CHANNELS)
    convolution(f"conv{m + 2}_d", CHANNELS, 1, activation=False)
    return shapes


def local_mean(x):
    """Over 3x3 pixels, the outermost ones repeated beyond the border."""
    padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
    rows, columns = x.shape[-2:]
    return sum(padded[..., i:i + rows, j:j + columns] for i in range(3) for j in range(3)) / 9


def unit_range(x):
    """Each image to [0, 1] by its own extremes; an image of equal values to 0."""
    flat = x.flatten(1)
    low, high = (e[:, None, None, None] for e in (flat.min(1).values, flat.max(1).values))
    return (x - low) / torch.where(high > low, high - low, torch.ones_like(high))


def keys(distance):
    """Keys' interpolation kernel (1981) with a = -1/2."""
    d = distance.abs()
    near = 1.5 * d ** 3 - 2.5 * d ** 2 + 1
    far = -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2
    return torch.where(d <= 1, near, far) * (d < 2)


def bicubic_weights(pixels, factor):
    """[pixels factor, pixels]; beyond the border the image is mirrored at its edge."""
    centers = (torch.arange(pixels * factor, dtype=torch.float64) + 0.5) / factor - 0.5
    weights = torch.zeros(pixels * factor, pixels, dtype=torch.float64)
    for position in range(-2, pixels + 2):
        place = position % (2 * pixels)
        weights[:, min(place, 2 * pixels - 1 - place)] += keys(centers - position)
    return weights


def bicubic(x, factor):
    rows, columns = (bicubic_weights(n, factor).to(x.dtype) for n in x.shape[-2:])
    return rows @ x @ columns.T


def dmsg(_, factor, p, low, guide):
    """DMSG; a map of several channels goes through it one channel at a time."""
    m, maps = doublings(factor), low.shape[1]

    def activated(name, x):
        slope = p.get(f"{name}.slope")
        return x if slope is None else F.prelu(x, slope)

    def convolved(name, x):
        weight = p[f"{name}.weight"]
        x = F.conv2d(x, weight, p[f"{name}.bias"], padding=weight.shape[-1] // 2)
        return activated(name, x)

    def doubled(name, x, padding):
        weight, bias = p[f"{name}.weight"], p[f"{name}.bias"]
        return activated(name, F.conv_transpose2d(x, weight, bias, stride=2, padding=padding))

    red, green, blue = guide.split(1, 1)
    luma = unit_range(0.299 * red + 0.587 * green + 0.114 * blue)
    y = unit_range(luma - local_mean(luma))[..., :-1, :-1]
    scales = [convolved("conv2_y", convolved("conv1_y", y))]
    for i in range(3, m + 2):
        scales.append(F.max_pool2d(convolved(f"conv{i}_y", scales[-1]), 3, 2))

    single = low.reshape(-1, 1, *low.shape[2:])
    smooth = local_mean(single)
    x = convolved("conv1_d", single - smooth)
    for j, features in enumerate(reversed(scales), 2):
        x = doubled(f"deconv{j}_d", x, 2 if j == 2 else 1)
        x = torch.cat([features.repeat_interleave(maps, 0), x], 1)
        x = convolved(f"conv{j}b_d", convolved(f"conv{j}a_d", x))
    x = convolved(f"conv{m + 2}_d", convolved(f"conv{m + 1}c_d", x))
    x = bicubic(smooth, factor) + F.pad(x, (0, 1, 0, 1), mode="replicate")
    return x.reshape(-1, maps, *x.shape[2:])
