"""Joint upsampling: every network and factor, for depth (1 channel) and flow (2)."""
from ..casefile import Case
from ..formula import Drawn

SIZES = {2: (4, 5), 4: (4, 5), 8: (3, 4), 16: (2, 3)}
MODELS = [
    ("PacJointUpsample", (2, 4, 8, 16)),
    ("PacJointUpsampleLite", (4, 8, 16)),
    ("PacJointUpsample_t2x8_g2x8_f2x8_k4_s3_u3", (2, 4)),
    ("PacJointUpsample_t4-6_g5_f6-4-3_k3", (4,)),
    ("DJIF", (4, 8, 16)),
    ("DJIFWide", (4, 8)),
    ("JBU_9_0.5_0.2", (4,)),
    ("JBU_17_0.5_0.2", (8,)),
    ("JBU_33_0.5_0.2", (16,)),
    ("Bilinear", (4, 8, 16)),
]
# Gradients of tensors up to this size are stored whole, of all others their norms.
WHOLE = 600


def make(seed):
    return drawn(MODELS, seed)


def drawn(models, seed):
    """The cases of a list of models with their factors."""
    for model, factors in models:
        for factor in factors:
            for channels, loss, batch in ((1, "rmse", 2), (2, "epe", 1)):
                name = f"{model}_x{factor}_c{channels}"
                draw = Drawn(seed, name)
                height, width = SIZES[factor]
                full = (height * factor, width * factor)
                inputs = {
                    "low": draw.between(0, 1, "low", batch, channels, height, width),
                    "guide": draw.between(0, 1, "guide", batch, 3, *full),
                    # Far from the output, so that gradients are large beside the tolerance.
                    "target": draw.spread(8, "target", batch, channels, *full),
                }
                config = dict(model=model, factor=factor, channels=channels, loss=loss,
                              parameters=dict(kind="splitmix64", seed=seed))
                yield Case(name, "joint_upsample", config, inputs)
