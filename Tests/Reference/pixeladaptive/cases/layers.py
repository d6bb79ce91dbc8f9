"""PAC layers: every kernel, smoothing, normalization and mask, over windows of all kinds."""
from ..casefile import Case
from ..formula import Drawn
from ..windows import pair

CONV, TRANSPOSE, POOL = "pacconv2d", "pacconv_transpose2d", "pacpool2d"
LEARNED, ASYMMETRIC = "inv_0.2_0.2", "inv_0.5_1.5_asym"
FIXED, ASYMMETRIC_FIXED = "inv_0.2_0.2_fixed", "inv_0.1_0.3_asym_fixed"


def layer(operation, size, k=3, s=1, p=0, o=0, d=1, kernel="gaussian", smooth="none", norm=False,
          mask=False, shared=False, channel_wise=False, bias=True, v=3, f=3, out=2, batch=1, g=1):
    """One case. `size`: rows and columns of the input; k, s, p, o, d: kernel size, stride, padding,
    output padding, dilation; v, f, out: channels of input, guide and output; g: groups."""
    k, s, p, o, d = map(pair, (k, s, p, o, d))
    return dict(locals())


LAYERS = [
    # The plain Gaussian kernel has loops of its own: around their widths of 8 and 16 lanes.
    layer(CONV, (6, 7), k=1, v=2, out=3),
    layer(CONV, (7, 8), p=1, v=1, f=1, out=1),
    layer(CONV, (9, 15), p=1, v=16, f=3, out=4, batch=2),
    layer(CONV, (8, 16), p=1, v=5, f=6, out=17),
    layer(CONV, (6, 17), p=1, v=19, out=1),
    layer(CONV, (9, 11), k=5, p=2, v=3, f=16, out=16),
    layer(CONV, (10, 12), k=5, p=(4, 2), d=2, v=2, out=4, bias=False, batch=2),
    layer(CONV, (12, 13), k=(7, 5), p=(3, 1), v=3, out=2),
    layer(CONV, (12, 14), k=(1, 3), s=(1, 2), p=(0, 1), v=2, out=2),
    layer(CONV, (11, 13), s=2, p=1, v=5, out=4),
    layer(CONV, (13, 12), k=5, s=(4, 1), p=2, d=(2, 1), v=3, out=2, bias=False),
    layer(CONV, (12, 12), k=5, s=3, p=3, d=3, v=2, out=3),
    layer(TRANSPOSE, (5, 6), p=1, v=3, out=4),
    layer(TRANSPOSE, (5, 6), k=5, s=2, p=2, o=1, v=16, f=16, out=16),
    layer(TRANSPOSE, (5, 9), k=5, s=2, p=2, o=1, v=17, f=2, out=4, batch=2),
    layer(TRANSPOSE, (4, 5), k=(5, 3), s=(2, 3), p=(2, 0), o=(1, 2), v=2, out=3, bias=False),
    layer(TRANSPOSE, (4, 4), s=4, p=1, o=3, v=3, f=1, out=1),
    layer(TRANSPOSE, (5, 5), k=5, s=1, p=3, o=1, d=2, v=2, out=2),
    layer(TRANSPOSE, (4, 5), k=7, s=3, p=2, d=1, v=2, out=2),
    # Other kernel functions, smoothing, normalization, masks.
    layer(CONV, (9, 10), k=5, p=2, kernel=LEARNED, smooth="full_5", mask=True, f=6, batch=2),
    layer(CONV, (9, 10), p=(1, 2), d=2, kernel=LEARNED, norm=True, v=5),
    layer(CONV, (10, 9), k=5, s=2, p=1, kernel=LEARNED, smooth="average_3", mask=True, bias=False),
    layer(CONV, (9, 9), p=1, kernel=FIXED, smooth="average_5", v=2, f=2, out=4),
    layer(CONV, (11, 12), k=(3, 5), s=3, p=(1, 4), d=2, kernel=FIXED, norm=True),
    layer(CONV, (10, 11), k=(7, 5), p=2, kernel=ASYMMETRIC, norm=True, f=1),
    layer(CONV, (9, 11), k=5, p=2, kernel=ASYMMETRIC, shared=True, v=4, f=2),
    layer(CONV, (9, 10), s=(1, 3), p=1, kernel=ASYMMETRIC, smooth="full_3", norm=True, mask=True),
    layer(CONV, (9, 9), k=5, s=2, p=(1, 2), kernel=ASYMMETRIC_FIXED, batch=2),
    layer(CONV, (9, 9), s=2, p=(0, 1), smooth="average_5", mask=True, v=19, out=4),
    layer(CONV, (10, 12), k=5, p=1, smooth="full_3", norm=True, shared=True, mask=True, f=6),
    layer(CONV, (11, 9), k=5, p=(2, 4), d=2, smooth="gaussian", norm=True, v=5, f=1),
    layer(CONV, (9, 13), p=1, mask=True, v=3, f=1, out=2),
    layer(CONV, (9, 8), p=3, d=3, kernel=FIXED, norm=True, shared=True, f=1, batch=2),
    layer(CONV, (9, 8), k=5, p=2, shared=True, v=5),
    layer(TRANSPOSE, (5, 6), k=5, s=2, p=2, o=1, kernel=LEARNED, norm=True),
    layer(TRANSPOSE, (5, 6), k=5, s=2, p=1, kernel=LEARNED, mask=True, smooth="average_3"),
    layer(TRANSPOSE, (4, 5), s=3, p=1, o=2, kernel=ASYMMETRIC_FIXED, smooth="full_3"),
    layer(TRANSPOSE, (6, 7), k=5, kernel=ASYMMETRIC, smooth="full_5", norm=True, f=2),
    layer(TRANSPOSE, (5, 4), k=5, s=2, p=2, o=1, norm=True, shared=True, v=1, out=1, bias=False),
    layer(TRANSPOSE, (5, 6), k=(5, 3), s=2, p=(2, 1), o=1, smooth="gaussian", shared=True, v=4),
    layer(TRANSPOSE, (5, 6), s=2, p=1, mask=True, norm=True, batch=2),
    layer(TRANSPOSE, (6, 6), k=5, p=4, o=1, d=2, kernel=FIXED, smooth="average_5", mask=True),
    layer(POOL, (9, 11), s=2, p=1, v=5),
    layer(POOL, (9, 10), k=5, s=3, p=2, norm=True, v=3, batch=2),
    layer(POOL, (10, 9), k=(5, 3), p=(4, 1), d=(2, 1), mask=True, f=1),
    layer(POOL, (9, 9), s=2, p=1, kernel=LEARNED, channel_wise=True, smooth="gaussian", norm=True),
    layer(POOL, (9, 9), s=2, p=1, kernel=ASYMMETRIC, channel_wise=True, smooth="full_3", v=4),
    layer(POOL, (8, 9), p=1, kernel=ASYMMETRIC_FIXED, channel_wise=True, mask=True, norm=True),
    layer(POOL, (9, 8), k=5, s=2, p=1, kernel=FIXED, smooth="average_3", mask=True),
    layer(POOL, (8, 8), p=1, channel_wise=True, v=2),
]

# Groups, up to one for each channel.
GROUPED = [
    layer(CONV, (9, 17), p=1, v=6, out=4, g=2, batch=2),
    layer(CONV, (8, 16), k=5, p=2, v=5, out=5, g=5),
    layer(CONV, (10, 11), s=(2, 1), p=(1, 2), d=(1, 2), v=4, out=8, g=4, bias=False),
    layer(CONV, (6, 7), p=1, v=4, out=18, g=2),
    layer(CONV, (9, 10), p=1, kernel=ASYMMETRIC, smooth="full_3", norm=True, mask=True, v=6, out=3,
          g=3),
    layer(TRANSPOSE, (5, 9), k=5, s=2, p=2, o=1, v=6, out=9, g=3),
    layer(TRANSPOSE, (5, 6), k=5, s=2, p=2, o=1, v=4, out=4, g=4, f=2, batch=2),
    layer(TRANSPOSE, (4, 5), s=(2, 3), p=1, o=(0, 2), kernel=LEARNED, mask=True, v=4, out=2, g=2),
]


def name(number, c):
    """A name that says what is special about a case."""
    words = [c["kernel"]] + [c["smooth"]] * (c["smooth"] != "none")
    options = {"normalized": "norm", "mask": "mask", "shared": "shared",
               "channelwise": "channel_wise"}
    words += [word for word, option in options.items() if c[option]]
    words += [f"groups{c['g']}"] * (c["g"] > 1)
    return f"{c['operation']}_{number:02d}_{'_'.join(words)}"


def features_size(c):
    """Rows and columns of the guide: the output's for a transposed layer."""
    if c["operation"] != TRANSPOSE:
        return c["size"]
    options = zip(c["size"], c["k"], c["s"], c["p"], c["o"], c["d"])
    return tuple((n - 1) * s - 2 * p + d * (k - 1) + 1 + o for n, k, s, p, o, d in options)


def parameters(c, draw):
    """Weight, bias and what else the kernel function learns."""
    params, (kh, kw) = {}, c["k"]
    if c["operation"] != POOL:
        outputs = c["v"] if c["shared"] else c["out"]
        shape = (outputs, c["v"] // c["g"])
        if c["operation"] == TRANSPOSE:
            shape = (c["v"], outputs // c["g"])
        shape = (1, 1) if c["shared"] else shape
        params["weight"] = draw.spread(0.5, "weight", *shape, kh, kw)
        if c["bias"]:
            params["bias"] = draw.spread(1, "bias", outputs)
    if c["kernel"].startswith("inv_") and not c["kernel"].endswith("_fixed"):
        count = c["v"] if c["channel_wise"] else 1
        alpha, power = map(float, c["kernel"].split("_")[1:3])
        # Not where they start, so that a constant in their place would be noticed.
        params["inv_alpha"] = draw.between(alpha, 1.5 * alpha, "inv_alpha", count)
        params["inv_lambda"] = draw.between(power, 1.5 * power, "inv_lambda", count)
    if c["smooth"].startswith("full_"):
        n = int(c["smooth"].removeprefix("full_"))
        params["smooth_kernel"] = draw.between(0, 2 / n / n, "smooth_kernel", 1, 1, n, n)
    return params


def make(seed):
    return drawn(LAYERS, seed)


def make_groups(seed):
    return drawn(GROUPED, seed)


def drawn(layers, seed):
    """The cases of a list."""
    for number, c in enumerate(layers):
        case_name = name(number, c)
        draw = Drawn(seed, case_name)
        guide_channels = c["v"] if c["channel_wise"] else c["f"]
        inputs = {
            "input": draw.spread(2, "input", c["batch"], c["v"], *c["size"]),
            "guide": draw.spread(1, "guide", c["batch"], guide_channels, *features_size(c)),
        }
        if c["mask"]:
            mask = draw.between(0, 1, "mask", c["batch"], 1, *c["size"]) > 0.4
            inputs["mask"] = mask.astype("float32")
            # A corner without valid pixels, larger than some windows.
            inputs["mask"][0, 0, :4, :4] = 0
        config = dict(
            kernel_size=c["k"], stride=c["s"], padding=c["p"], output_padding=c["o"],
            dilation=c["d"], kernel_type=c["kernel"], smooth_kernel_type=c["smooth"],
            normalize_kernel=c["norm"], channel_wise=c["channel_wise"], shared_filters=c["shared"])
        if c["g"] > 1:
            config["groups"] = c["g"]
        yield Case(case_name, c["operation"], config, inputs, parameters(c, draw))
