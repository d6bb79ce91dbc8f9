"""Filters without parameters that networks are compared with."""
from . import models, segmentation

GUIDED = [("GuidedFilter_2_0.001", (2, 4)), ("GuidedFilter_9_0.01", (4,))]
# The smoothness term compares positions alone, some of which lie on walls between simplices.
FULLY_CONNECTED = [
    ("fcn8snarrow_fullcrfi2a4-20-60s2-1.5", (13, 17)),
    ("fcn8snarrow_fullcrf", (12, 15)),
]


def make(seed):
    yield from models.drawn(GUIDED, seed)
    yield from segmentation.drawn(FULLY_CONNECTED, seed)
