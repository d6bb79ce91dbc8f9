"""The repository's own cases, listed by hand, so that what is covered can be read.

`make(seed)` of each module yields cases without expected values; the seed draws the numbers.
"""
from . import crf, filters, layers, models, segmentation, trajectories, transforms

FILES = {
    "layers": layers.make,
    "groups": layers.make_groups,
    "crf": crf.make,
    "models": models.make,
    "filters": filters.make,
    "segmentation": segmentation.make,
    "transforms": transforms.make,
    "trajectories": trajectories.make,
}
