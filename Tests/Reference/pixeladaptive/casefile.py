"""Case files: docs/case-format.md."""
import json
from dataclasses import dataclass, field

import h5py
import numpy as np


@dataclass
class Case:
    """Inputs of an operation, and what must come out: NumPy's arrays by name."""
    name: str
    operation: str
    config: dict
    inputs: dict = field(default_factory=dict)
    params: dict = field(default_factory=dict)
    upstream: dict = field(default_factory=dict)
    expected: dict = field(default_factory=dict)
    rtol: float = 1e-4


PARTS = ("inputs", "params", "upstream", "expected")


def write(path, cases):
    """Writes a case file; equal cases make equal bytes."""
    # The format of HDF5 1.10, whose groups and chunks need less space than the data of small cases.
    with h5py.File(path, "w", libver=("v110", "v110")) as file:
        file.attrs["format"], file.attrs["version"] = "pac-cases", 1
        for case in cases:
            group = file.create_group(case.name)
            group.attrs["op"] = case.operation
            group.attrs["config"] = json.dumps(case.config)
            group.attrs["rtol"] = case.rtol
            for part in PARTS:
                for name, array in getattr(case, part).items():
                    write_array(group, f"{part}/{name}", np.asarray(array))


def write_array(group, path, array):
    """Stores arrays in single precision, which the tolerances allow; integers and scalars as is."""
    if array.ndim == 0:
        group.create_dataset(path, data=array, track_times=False)
        return
    if array.dtype == np.float64:
        array = array.astype(np.float32)
    group.create_dataset(path, data=array, chunks=array.shape, compression="gzip",
                         compression_opts=9, shuffle=True, track_times=False)


def read(path):
    """Every case of a file, in the order of their names."""
    with h5py.File(path) as file:
        if file.attrs.get("format") != "pac-cases":
            raise ValueError(f"{path}: attribute 'format' is not 'pac-cases'")
        for name, group in file.items():
            parts = {part: arrays(group.get(part)) for part in PARTS}
            yield Case(name, group.attrs["op"], json.loads(group.attrs["config"]),
                       rtol=float(group.attrs["rtol"]), **parts)


def arrays(group):
    """Every array below a group, by its path."""
    found = {}

    def visit(path, item):
        if isinstance(item, h5py.Dataset):
            found[path] = item[()]
    if group is not None:
        group.visititems(visit)
    return found


def deviation(ours, expected):
    """max |ours - expected| / max(max |expected|, 0.1), as `pac verify` measures it."""
    ours, expected = np.asarray(ours, np.float64), np.asarray(expected, np.float64)
    if ours.size != expected.size or not np.isfinite(ours).all():
        return float("inf")
    largest = max(np.abs(expected).max(initial=0), 0.1)
    return float(np.abs(ours.reshape(-1) - expected.reshape(-1)).max(initial=0) / largest)
