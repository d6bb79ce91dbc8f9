#!/usr/bin/env python3
"""Writes Samples/h5py.h5, which HDF5InteroperabilityTests reads: make_hdf5_file.py [FILE]

Attributes and datasets of the types that h5py writes and that this project's own files do not have.
"""
import pathlib
import sys

import h5py
import numpy as np

default = pathlib.Path(__file__).resolve().parent / "Samples/h5py.h5"
with h5py.File(sys.argv[1] if len(sys.argv) > 1 else default, "w") as file:
    file.attrs["variable"] = "größer"
    file.attrs["fixed"] = np.bytes_("fixed")
    file.attrs["empty"] = ""
    file.attrs["float64"] = np.float64(0.1)
    file.attrs["int64"] = np.int64(-3)
    file.attrs["uint8"] = np.uint8(200)
    file.attrs["list"] = [1, 2]
    datasets = {
        "fixed": np.array([b"ab", b"abcd"]),
        "variable": np.array(["a", "größer"], dtype=h5py.string_dtype()),
        "scalar": 2.5,
        "big": np.array([1.5, -2], dtype=">f4"),
        "half": np.array([0.5, 2], dtype="f2"),
        "bool": np.array([True, False]),
    }
    for name, value in datasets.items():
        file.create_dataset(name, data=value, track_times=False)
