"""Ten optimizer steps on a fixed batch, the learning rate falling twice."""
from ..casefile import Case
from ..formula import Drawn

OPTIMIZERS = {
    "Adam": dict(optimizer="Adam", lr=0.001),
    "Adam_decay": dict(optimizer="Adam", lr=0.001, weight_decay=0.01),
    "SGD": dict(optimizer="SGD", lr=0.05, momentum=0.0),
    "SGD_momentum_decay": dict(optimizer="SGD", lr=0.05, momentum=0.5, weight_decay=0.01),
}


def make(seed):
    for name, settings in OPTIMIZERS.items():
        draw = Drawn(seed, name)
        inputs = {
            "low": draw.between(0, 1, "low", 3, 1, 4, 5),
            "guide": draw.between(0, 1, "guide", 3, 3, 16, 20),
            "target": draw.between(0, 1, "target", 3, 1, 16, 20),
        }
        config = dict(model="PacJointUpsampleLite", factor=4, loss="l2", lr_steps=[4, 7], gamma=0.1,
                      parameters=dict(kind="splitmix64", seed=seed), **settings)
        yield Case(name, "trajectory", config, inputs)
