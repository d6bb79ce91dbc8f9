#!/usr/bin/env python3
"""Checks the reference's gradients by central differences: check_gradients.py FILE.h5 …

For every case with gradients and every input or parameter x, with a drawn direction d, compares the
derivative along d that autograd gives, <gradient, d>, with (s(x + h d) - s(x - h d)) / 2h, s being
the number that is differentiated. They agree within 1e-6 of the larger of both and of |s|; ReLUs
that switch within h cost the most of it. Exit status 1 if a case does not agree.
"""
import sys

import torch

from pixeladaptive import casefile, formula, operations

STEP = 1e-8
LIMIT = 1e-6


def worst_leaf(case, graph):
    """(deviation, name) of the leaf whose derivative agrees least."""
    leaves = {name: leaf.requires_grad_() for name, leaf in graph.leaves.items()}
    start = graph.scalar(graph.outputs(leaves))
    gradients = torch.autograd.grad(start, list(leaves.values()), allow_unused=True)

    def at(name, direction, distance):
        with torch.no_grad():
            moved = leaves | {name: leaves[name] + distance * direction}
            return float(graph.scalar(graph.outputs(moved)))

    worst = 0.0, ""
    for (name, leaf), gradient in zip(leaves.items(), gradients):
        direction = formula.uniform(1, f"{case.name}/{name}", leaf.numel()).reshape(leaf.shape)
        direction = torch.as_tensor(direction)
        ours = 0.0 if gradient is None else float((gradient * direction).sum())
        difference = (at(name, direction, STEP) - at(name, direction, -STEP)) / (2 * STEP)
        scale = max(abs(ours), abs(difference), abs(float(start.detach())), 1e-3)
        worst = max(worst, (abs(ours - difference) / scale, name))
    return worst


def main(paths):
    failed = passed = 0
    torch.set_num_threads(1)
    for path in paths:
        for case in casefile.read(path):
            if case.operation not in operations.GRAPHS:
                continue
            graph = operations.GRAPHS[case.operation](case)
            if not graph.leaves:
                continue
            error, name = worst_leaf(case, graph)
            agrees = error <= LIMIT
            print(f"{'ok  ' if agrees else 'FAIL'} {case.name}: {name} {error:.1e}", flush=True)
            passed, failed = passed + agrees, failed + (not agrees)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
