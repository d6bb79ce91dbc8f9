"""Segmentation: the published networks whole, and CRFs on a narrow one."""
from ..casefile import Case
from ..formula import Drawn

MODELS = [
    ("fcn8s", (13, 18)),
    ("fcn8s_crfi2p4d521", (12, 16)),
    ("fcn8saltpad", (18, 24)),
    ("fcn8spac", (18, 24)),
    ("fcn8snarrow", (33, 40)),
    ("fcn8snarrow_crf", (20, 36)),
    ("fcn8snarrow_crfi5p4d5641p4d5161", (14, 40)),
    ("fcn8snarrow_crfi3lp4d5321", (14, 40)),
    ("fcn8snarrow_crfi2p0ds544p2d322", (21, 24)),
    ("fcn8snarrow_crfi2p0d321p2ds321", (14, 20)),
    ("fcn8snarrow_convcrf", (17, 23)),
]


def make(seed):
    return drawn(MODELS, seed)


def drawn(models, seed):
    """The cases of a list of models with the sizes of their images."""
    for model, (height, width) in models:
        name = f"{model}_{height}x{width}"
        image = Drawn(seed, name).spread(100, "image", 1, 3, height, width)
        rule = dict(kind="splitmix64", seed=seed, crf="initial values without perturbation")
        config = dict(model=model, parameters=rule)
        yield Case(name, "segmentation", config, {"image": image})
