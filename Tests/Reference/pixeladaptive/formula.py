"""Numbers by formula, the same in any language: docs/case-format.md#parameters-by-formula."""
import math

import numpy as np
import torch

BLOCK = 1 << 20


def fnv1a64(text):
    """The 64-bit FNV-1a hash of a text's UTF-8 bytes."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def splitmix64(z):
    """What splitmix64 makes of its state."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def uniform(seed, name, count):
    """`count` numbers in [-1, 1).

    Number i, from 0, is made of the top 24 bits of splitmix64's output for the state
    (seed XOR fnv1a64(name)) + (i + 1) * 0x9e3779b97f4a7c15.
    """
    start, values = np.uint64(seed ^ fnv1a64(name)), np.empty(count)
    # In blocks: the largest tensor has 10^8 elements.
    for first in range(0, count, BLOCK):
        numbers = np.arange(first, min(first + BLOCK, count), dtype=np.uint64) + np.uint64(1)
        with np.errstate(over="ignore"):
            z = splitmix64(start + numbers * np.uint64(0x9E3779B97F4A7C15))
        values[first:first + BLOCK] = (z >> np.uint64(40)) / float(1 << 23) - 1.0
    return values


def parameters(shapes, seed, dtype=torch.float64):
    """Parameters by name: four axes times sqrt(3 / fan-in), others times 0.05, as float32."""
    values = {}
    for name, shape in shapes.items():
        count = math.prod(shape)
        gain = math.sqrt(3 * shape[0] / count) if len(shape) == 4 else 0.05
        numbers = uniform(seed, name, count)
        numbers *= gain
        values[name] = torch.from_numpy(np.float32(numbers).reshape(shape)).to(dtype)
    return values


class Drawn:
    """Inputs of a case: uniform numbers of eight bits, which compress well and are exact floats."""

    def __init__(self, seed, case):
        self.seed, self.case = seed, case

    def between(self, low, high, name, *shape):
        """Numbers in [low, high) in 256 steps."""
        u = uniform(self.seed, f"{self.case}/{name}", math.prod(shape))
        steps = np.floor((u + 1) * 128)
        return (low + (high - low) / 256 * steps).astype(np.float32).reshape(shape)

    def spread(self, size, name, *shape):
        """Numbers in [-size, size) in 256 steps."""
        return self.between(-size, size, name, *shape)

    def integers(self, count, name, *shape):
        """Integers in 0 ..< count."""
        u = uniform(self.seed, f"{self.case}/{name}", math.prod(shape))
        return np.floor((u + 1) / 2 * count).astype(np.int64).reshape(shape)
