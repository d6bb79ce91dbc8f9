"""PacCRF and PacCRFLoose: every compatibility, blur and final output."""
from ..casefile import Case
from ..formula import Drawn


def term(compat, k=3, dilation=1, blur=1, spatial=True, weight=1.0):
    """A pairwise term."""
    return dict(kernel_size=k, dilation=dilation, blur=blur, compat_type=compat,
                spatial_filter=spatial, pairwise_weight=weight)


def crf(*terms, steps=2, loose=False, classes=4, final="log_Q", fixed=False, size=(11, 13),
        batch=1):
    """One case."""
    return dict(locals())


CRFS = {
    "4d": crf(term("4d")),
    "4d_dilated": crf(term("4d", k=5, dilation=2), final="softmax", size=(12, 14)),
    "4d_blurred": crf(term("4d", blur=2, weight=0.7), steps=3, size=(12, 14)),
    "4d_two_terms": crf(term("4d"), term("4d", k=5, dilation=4), batch=2),
    "4d_21_classes": crf(term("4d"), classes=21, size=(11, 12)),
    "4d_loose": crf(term("4d"), steps=3, loose=True, final="log_softmax"),
    "2d": crf(term("2d", k=5), final="log_softmax"),
    "2d_constant_filter": crf(term("2d", k=5, spatial=False), batch=2),
    "2d_blurred": crf(term("2d", blur=4, spatial=False), steps=5, size=(14, 19)),
    "2d_loose": crf(term("2d", dilation=2), loose=True),
    "potts": crf(term("potts", k=5), steps=5),
    "potts_constant_filter": crf(term("potts", spatial=False, weight=0.7), batch=2),
    "potts_fixed": crf(term("potts", spatial=False), fixed=True, final="softmax"),
    "potts_loose": crf(term("potts", k=5, spatial=False), term("potts"), steps=3, loose=True),
    "na": crf(term("na", k=5), final="softmax", classes=3),
    "na_blurred": crf(term("na", dilation=2, blur=2), term("2d"), size=(13, 11)),
    "two_classes_fixed": crf(term("4d", weight=0.7), term("potts", blur=2), classes=2, fixed=True),
    "one_step": crf(term("4d", k=5), term("2d", dilation=4), steps=1, loose=True, fixed=True),
}


def step_parameters(c, draw, prefix):
    """The parameters of a step, or of all of them."""
    params, classes = {}, c["classes"]
    if not c["fixed"]:
        params[f"{prefix}unary_weight"] = draw.between(0.7, 1.1, f"{prefix}unary_weight")
    for i, t in enumerate(c["terms"]):
        kind, k = t["compat_type"], t["kernel_size"]
        weight, compat = f"{prefix}messengers.{i}.weight", f"{prefix}compat.{i}.weight"
        if kind in ("4d", "na"):
            params[weight] = draw.spread(0.2, weight, classes, classes, k, k)
        elif t["spatial_filter"]:
            params[weight] = draw.spread(0.5, weight, 1, 1, k, k)
        if kind == "2d":
            params[compat] = draw.spread(0.7, compat, classes, classes, 1, 1)
        if kind == "potts" and not t["spatial_filter"] and not c["fixed"]:
            name = f"{prefix}pairwise_weights.{i}"
            params[name] = draw.between(-1.2, -0.6, name)
    return params


def make(seed):
    for label, c in CRFS.items():
        name = f"paccrf_{label}"
        draw = Drawn(seed, name)
        shape = (c["batch"], c["classes"], *c["size"])
        inputs = {"unary": draw.spread(2, "unary", *shape)}
        for i in range(len(c["terms"])):
            inputs[f"feature_{i}"] = draw.between(0, 2.5, f"feature_{i}", c["batch"], 3, *c["size"])
        prefixes = [f"steps.{step}." for step in range(c["steps"])] if c["loose"] else [""]
        params = {}
        for prefix in prefixes:
            params |= step_parameters(c, draw, prefix)
        config = dict(
            loose=c["loose"], num_steps=c["steps"], channels=c["classes"], final_output=c["final"],
            fixed_weighting=c["fixed"], unary_weight=0.9, pairwise_kernels=list(c["terms"]))
        yield Case(name, "paccrf", config, inputs, params)
