"""Prints ParameterGroupValues.swift: fifty steps of torch.optim with three parameter groups, in double precision.

Run: python3 make_parameter_group_values.py > ParameterGroupValues.swift   (needs torch)

The groups have 5, 7 and 4 elements. Their learning rates and weight decays are multiples of the optimizer's: 1 and 1, 2
and 0, 0.5 and 3. Element i starts at (5 i mod 16 - 7.5) / 8, and its gradient at step k is p / 2 + (7 k + 3 i mod 11 - 4)
/ 8 for the value p before the step. The rate falls to a tenth after steps 20 and 40. Printed are the values after every
tenth step.
"""
import torch

GROUPS = [(5, 1.0, 1.0), (7, 2.0, 0.0), (4, 0.5, 3.0)]
COUNT = sum(count for count, _, _ in GROUPS)
START = torch.tensor([(5 * i % 16 - 7.5) / 8 for i in range(COUNT)], dtype=torch.float64)


def run(make, rate, decay):
    parts = [part.clone().requires_grad_() for part in START.split([count for count, _, _ in GROUPS])]
    optimizer = make([
        {"params": [p], "lr": rate * rate_factor, "weight_decay": decay * decay_factor}
        for p, (_, rate_factor, decay_factor) in zip(parts, GROUPS)
    ])
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [20, 40], 0.1)
    values = []
    for k in range(50):
        first = 0
        for p in parts:
            pushes = [((7 * k + 3 * i) % 11 - 4) / 8 for i in range(first, first + len(p))]
            p.grad = p.detach() / 2 + torch.tensor(pushes, dtype=torch.float64)
            first += len(p)
        optimizer.step()
        schedule.step()
        if k % 10 == 9:
            values.append(torch.cat([p.detach() for p in parts]))
    return values


cases = {
    "adam": run(lambda groups: torch.optim.Adam(groups), 0.01, 0.02),
    "adamw": run(lambda groups: torch.optim.AdamW(groups), 0.01, 0.1),
    "sgd": run(lambda groups: torch.optim.SGD(groups), 0.05, 0.02),
    "sgd momentum": run(lambda groups: torch.optim.SGD(groups, momentum=0.9), 0.02, 0.02),
}

print("// Made by make_parameter_group_values.py; do not edit.")
print("// swift-format-ignore-file")
print()
print("/// Fifty optimizer steps with parameter groups as PyTorch takes them: the values after every tenth.")
print("enum ParameterGroupValues {")
print("  static let values: [String: [[Double]]] = [")
for name, rows in cases.items():
    print(f'    "{name}": [')
    for row in rows:
        print("      [" + ", ".join(f"{float(x):.9g}" for x in row) + "],")
    print("    ],")
print("  ]")
print("}")
