"""Prints OptimizerValues.swift: ten steps of torch.optim on a small problem, in double precision.

Run: python3 make_optimizer_values.py > OptimizerValues.swift   (needs torch; made with seed 20)

The gradient at step k of parameters p is a_k * p + b_k with drawn a_k, b_k, so that it depends on the parameters
and an error in one step shows in the next. Drawn numbers are rounded to float32 first.
"""
import torch

STEPS, COUNT = 10, 5
torch.manual_seed(20)


def draw(*shape):
    return torch.randn(*shape, dtype=torch.float32).double()


start, slopes, offsets = draw(COUNT), draw(STEPS, COUNT), draw(STEPS, COUNT)


def run(make, milestones=(4, 7)):
    p = start.clone().requires_grad_()
    optimizer = make([p])
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, list(milestones), 0.1)
    values, rates = [], []
    for k in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        p.grad = slopes[k] * p.detach() + offsets[k]
        optimizer.step()
        schedule.step()
        values.append(p.detach().clone())
    return torch.stack(values), rates


cases = {
    "adam": lambda p: torch.optim.Adam(p, lr=0.05),
    "adam decay": lambda p: torch.optim.Adam(p, lr=0.05, weight_decay=0.1),
    "adam betas": lambda p: torch.optim.Adam(p, lr=0.02, betas=(0.5, 0.9), eps=1e-3, weight_decay=0.01),
    "sgd": lambda p: torch.optim.SGD(p, lr=0.05),
    "sgd momentum": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
    "sgd momentum decay": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.5, weight_decay=0.1),
    "sgd decay": lambda p: torch.optim.SGD(p, lr=0.05, weight_decay=0.1),
}


def literal(rows):
    lines = ["      [" + ", ".join(f"{float(x):.9g}" for x in row) + "]," for row in rows]
    return "[\n" + "\n".join(lines) + "\n    ]"


print("// Made by make_optimizer_values.py; do not edit.")
print("// swift-format-ignore-file")
print()
print("/// Ten optimizer steps as PyTorch takes them: the parameters after each.")
print("enum OptimizerValues {")
print(f"  static let start: [Float] = [{', '.join(f'{float(x):.9g}' for x in start)}]")
print(f"  static let slopes: [[Float]] = {literal(slopes)}")
print(f"  static let offsets: [[Float]] = {literal(offsets)}")
print("  static let parameters: [String: [[Float]]] = [")
for name, make in cases.items():
    print(f'    "{name}": {literal(run(make)[0])},')
print("  ]")
print("  static let rates: [Double] = [" + ", ".join(repr(r) for r in run(cases["adam"])[1]) + "]")
print("}")
