#!/usr/bin/env python3
"""Makes the case files anew: make_cases.py [--out FOLDER] [--seed N] [--only NAME …]

Writes Cases/*.h5 beside this script, or into FOLDER. With the versions of requirements.txt and the
seed of the committed files, 7, the files are the committed ones bit for bit; other versions or
processors may round the last bit of an expected number otherwise, so that check_cases.py, which
allows for it, still agrees.
"""
import argparse
import pathlib

import torch

from pixeladaptive import casefile, cases, operations
from pixeladaptive.cases.models import WHOLE
from pixeladaptive.formula import Drawn


def completed(case, seed):
    """The case with its upstream gradient and everything that is expected."""
    if case.operation in operations.GRAPHS and case.operation != "joint_upsample":
        shape = operations.output_shape(case)
        case.upstream["output"] = Drawn(seed, case.name).spread(2, "upstream", *shape)
    values = operations.compute(case)
    whole_network = case.operation == "joint_upsample"
    for name, value in values.items():
        kind, _, of = name.partition("/")
        if kind == "gradnorm" and not whole_network:
            continue
        if kind == "grad" and whole_network and value.size > WHOLE:
            continue
        case.expected[name] = value
    return case


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = pathlib.Path(__file__).resolve().parent / "Cases"
    parser.add_argument("--out", type=pathlib.Path, default=default)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", nargs="+", choices=cases.FILES, default=list(cases.FILES))
    options = parser.parse_args()
    # One thread: the order of sums, and so the last bit, does not depend on the machine's cores.
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    print(f"seed {options.seed}")
    for name in options.only:
        path = options.out / f"{name}.h5"
        made = [completed(case, options.seed) for case in cases.FILES[name](options.seed)]
        casefile.write(path, made)
        print(f"{path}: {len(made)} cases, {path.stat().st_size} bytes", flush=True)


if __name__ == "__main__":
    main()
