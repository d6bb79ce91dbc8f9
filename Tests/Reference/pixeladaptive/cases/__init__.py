"""The repository's own cases, listed by hand, so that what is covered can be read.

`make(seed)` of each module yields cases without expected values; the seed draws the numbers.
"""
from . import (crf, filters, kernel_prediction, lattice, layers, models, residual, segmentation,
               trajectories, transforms)

FILES = {
    "layers": layers.make,
    "groups": layers.make_groups,
    "crf": crf.make,
    "lattice": lattice.make,
    "models": models.make,
    "kernel_prediction": kernel_prediction.make,
    "residual": residual.make,
    "filters": filters.make,
    "segmentation": segmentation.make,
    "transforms": transforms.make,
    "trajectories": trajectories.make,
}
