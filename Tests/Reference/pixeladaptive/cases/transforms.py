"""Low-resolution targets in every mode, and the confusion matrix."""
from ..casefile import Case
from ..formula import Drawn

LOW_RESOLUTIONS = [
    ("center", 4, 1, (48, 64)),
    ("center", 4, 1, (45, 61)),  # no multiples of the factor: resized first
    ("last", 8, 1, (48, 64)),
    ("nearest", 8, 1, (48, 64)),
    ("nearest", 4, 1, (42, 30)),
    ("bilinear", 4, 2, (32, 44)),
    ("bilinear", 8, 2, (43, 70)),
    ("bilinear", 16, 2, (45, 64)),  # smoothed over more than the image: mirrored more than once
    ("bicubic", 4, 1, (30, 41)),
    ("bicubic", 16, 1, (48, 64)),
    ("bilinear", 2, 1, (14, 15)),
]


def make(seed):
    for mode, factor, channels, (height, width) in LOW_RESOLUTIONS:
        name = f"lowres_{mode}_{factor}_{height}x{width}"
        # A walk along the rows: smooth there, rough along the columns.
        steps = Drawn(seed, name).spread(0.5, "target", channels, height, width)
        config = dict(factor=factor, mode=mode)
        yield Case(name, "lowres", config, {"target": 3 + steps.cumsum(2, dtype="float32")})
    draw = Drawn(seed, "confusion")
    # Of 21 classes the truth has 19 and the prediction 20.
    inputs = {"prediction": draw.integers(20, "prediction", 2, 30, 40).astype("uint8"),
              "target": draw.integers(19, "target", 2, 30, 40).astype("uint8")}
    inputs["target"][:, :4] = 255
    yield Case("confusion", "segmentation_measures", dict(classes=21, ignore=255), inputs)
