"""Kernel prediction: predicted filters, and the network that is made of them."""
from ..casefile import Case
from ..formula import Drawn
from ..windows import pair
from . import models

MODELS = [("KernelPredictionUpsample", (2, 4, 8))]


def filters(size, k=3, d=1, u=1, v=3, channel_wise=False, normalize="softmax", batch=1):
    """One case; k, d, u, v: kernel size, dilation, upsampling, channels."""
    return dict(size=size, k=pair(k), d=pair(d), u=u, v=v, channel_wise=channel_wise,
                normalize=normalize, batch=batch)


FILTERS = [
    filters((6, 9)),
    filters((6, 5), u=2, v=5),
    filters((3, 17), u=2, normalize="none", batch=2),
    filters((4, 6), u=3, channel_wise=True, v=2),
    filters((7, 8), k=5, d=2, normalize="none", channel_wise=True),
    filters((9, 7), k=(3, 5), d=(3, 1), batch=2),
    filters((3, 4), k=(5, 3), d=(1, 4), u=2),  # a window larger than the image
    filters((5, 19), k=7, v=6),
    filters((4, 7), k=1, normalize="none"),
    filters((1, 2), k=(1, 3), u=2, v=1),
]


def make(seed):
    for number, c in enumerate(FILTERS):
        words = ["channelwise"] * c["channel_wise"] + [c["normalize"]]
        case_name = "_".join(["dynamic_filter", f"{number:02d}", *words])
        draw, (height, width) = Drawn(seed, case_name), c["size"]
        numbers = (c["v"] if c["channel_wise"] else 1) * c["k"][0] * c["k"][1]
        inputs = {
            "input": draw.spread(2, "input", c["batch"], c["v"], height, width),
            "filters": draw.spread(
                2, "filters", c["batch"], numbers, c["u"] * height, c["u"] * width),
        }
        config = dict(kernel_size=c["k"], dilation=c["d"], upsample=c["u"],
                      channel_wise=c["channel_wise"], normalize=c["normalize"])
        yield Case(case_name, "dynamic_filter", config, inputs)
    yield from models.drawn(MODELS, seed)
