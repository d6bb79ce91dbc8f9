"""Writes Samples/strange: HDF5 files as strangers may send them.

    python3 Tests/Reference/make_strange_hdf5.py

Made with h5py 3.16 and HDF5 2.0. The numbers are those of `values`, which the tests compute, too.
"""

import pathlib
import zlib

import h5py
import numpy as np

FOLDER = pathlib.Path(__file__).parent / "Samples/strange"


def values(shape):
    """0, 3, 6, … modulo 251 in row-major order."""
    return (np.arange(np.prod(shape)) * 3 % 251).reshape(shape)


def create(name, libver=("earliest", "v110")):
    return h5py.File(FOLDER / name, "w", libver=libver)


def chunks():
    shape, blocks = (5, 7, 9), (2, 3, 4)
    with create("chunks.h5") as file:
        def add(name, dtype="<f4", **options):
            file.create_dataset(
                name, data=values(shape).astype(dtype), chunks=blocks, track_times=False, **options)

        add("gzip", compression="gzip")
        add("gzip_shuffle", compression="gzip", shuffle=True)
        add("gzip_shuffle_checksum", compression="gzip", shuffle=True, fletcher32=True)
        add("checksum", fletcher32=True)
        add("lzf", compression="lzf")
        add("lzf_shuffle", compression="lzf", shuffle=True)
        add("big_endian_doubles", ">f8", compression="gzip", shuffle=True)
        add("small_integers", "<i2", compression="lzf")
        add("plain")
        add("scale_offset", "<i4", scaleoffset=0)
        # Only the first chunk is written, and one is stored without its filter.
        part = file.create_dataset(
            "part", shape, "<i4", chunks=blocks, compression="gzip", fillvalue=-5, track_times=False)
        part[:2, :3, :4] = 7
        whole = np.full(blocks, 9, "<i4")
        part.id.write_direct_chunk((2, 3, 4), whole.tobytes(), filter_mask=1)
        file.create_dataset(
            "texts", data=["a", "größer", ""], chunks=(2,), compression="lzf", track_times=False)


def bomb():
    with create("bomb.h5") as file:
        data = file.create_dataset(
            "values", (1024,), "u1", chunks=(1024,), compression="gzip", track_times=False)
        data.id.write_direct_chunk((0,), zlib.compress(bytes(16 << 20), 9))


def elsewhere():
    with create("elsewhere.h5") as file:
        file.create_dataset(
            "external", (4,), "u1", external=[("/etc/passwd", 0, 4)], track_times=False)
        layout = h5py.VirtualLayout((4,), "u1")
        layout[:] = h5py.VirtualSource("other.h5", "values", (4,))
        file.create_virtual_dataset("virtual", layout)
        file["link"] = h5py.ExternalLink("other.h5", "/values")
        file["soft"] = h5py.SoftLink("/link")
    with create("other.h5") as file:
        file.create_dataset("values", data=np.array([1, 2, 3, 4], "u1"), track_times=False)


def circle():
    with create("circle.h5") as file:
        file.create_dataset("group/values", data=np.arange(3), track_times=False)
        file["group/loop"] = file["/"]


def newer():
    with create("newer.h5", libver="latest") as file:
        file.create_dataset(
            "values", data=values((4, 4)), chunks=(2, 4), compression="gzip", track_times=False)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for make in (chunks, bomb, elsewhere, circle, newer):
        make()
