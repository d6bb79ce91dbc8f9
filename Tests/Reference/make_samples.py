#!/usr/bin/env python3
"""Writes the sample files of the tests: make_samples.py [--out FOLDER] [--seed N]

Made-up scenes in the layouts that `pac prepare` reads, in Samples beside this script:

    disparity/{rgb,depth}/scene_NN_{color,depth}.png   8-bit color and grey, every size another
    metres/NNNN.{jpg,npy}                              depth in metres, column-major
    millimetres/{rgb,sync_depth}_NNNNN.{jpg,png}       16-bit depth in mm, 0 where not measured
    sintel/training/{clean,final,flow}/SCENE/          optical flow in MPI-Sintel's layout
    voc/VOCdevkit/VOC2012/                             class labels in Pascal VOC's layout
    bilinear.csv                                       errors of bilinear upsampling

and prints the sums that Tests/PACDataTests/PrepareSamplesTests.swift compares with. Needs Pillow.
The .png, .npy and .flo files are the same whatever the version of Pillow; .jpg files may not be.
"""
import argparse
import pathlib

import numpy as np
from PIL import Image

from pixeladaptive.resize import bilinear_error
from pixeladaptive.scenes import Scene


def voc_palette():
    """Pascal VOC's colors: every three bits of a class make a high bit of red, green and blue."""
    palette = np.zeros((256, 3), np.uint8)
    for label in range(256):
        for bit in range(8):
            for channel in range(3):
                palette[label, channel] |= ((label >> (3 * bit + channel)) & 1) << (7 - bit)
    return palette


def save(folder, name, array, palette=None, **options):
    """Writes an image; its folder is made."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(array)
    if palette is not None:
        image.putpalette(palette.tobytes())
    image.save(path, **options)


def describe(set_name, name, image, depth):
    """Prints what a test compares with."""
    sums = image.astype(int).sum((0, 1)).tolist()
    center = depth[depth.shape[0] // 2, depth.shape[1] // 2]
    zeros = int((depth == 0).sum())
    print(f"{set_name} {name}: {depth.shape[0]} x {depth.shape[1]}, colors {sums}, "
          f"depth {depth.sum(dtype=np.float64):.6f}, zeros {zeros}, center {center.item()!r}")


def bilinear_rows(set_name, name, target, mode, border, metric, scale=1.0):
    """Rows of bilinear.csv."""
    for factor in (4, 8, 16):
        error = bilinear_error(target, factor, mode, border)
        squares = (error ** 2).sum(0)
        value = np.sqrt(squares).mean() if metric == "epe" else np.sqrt(squares.mean())
        yield f"{set_name},{name},{factor},{mode},{border},{metric},{value * scale:.5f}"


def disparity(folder, seed):
    """Pairs of PNG files, nearer is brighter."""
    for number, (height, width) in enumerate([(74, 86), (70, 93), (77, 80)], 1):
        scene = Scene(seed, f"disparity{number}", height, width)
        grey = np.round(240 - 35 * scene.depth).clip(0, 255).astype(np.uint8)
        name = f"scene_{number:02d}"
        save(folder, f"disparity/rgb/{name}_color.png", scene.image, optimize=True)
        save(folder, f"disparity/depth/{name}_depth.png", grey, optimize=True)
        describe("disparity", name, scene.image, grey)
        depth = grey.astype(np.float64)[None]
        yield from bilinear_rows("disparity", f"{name}_depth.png", depth, "center", 6, "rmse")


def metres(folder, seed):
    """JPEG photographs with column-major arrays."""
    for number in (1000, 1001, 1002):
        scene = Scene(seed, f"metres{number}", 60, 80)
        depth = np.asfortranarray(scene.depth.astype(np.float32))
        save(folder, f"metres/{number}.jpg", scene.image, quality=95)
        np.save(folder / f"metres/{number}.npy", depth)
        decoded = np.array(Image.open(folder / f"metres/{number}.jpg"))
        describe("metres", number, decoded, depth)
        values = depth.astype(np.float64)[None]
        yield from bilinear_rows("metres", f"{number}.npy", values, "center", 6, "rmse_cm", 100)


def millimetres(folder, seed):
    """JPEG photographs with 16-bit depth that has holes."""
    for number in (0, 50, 100):
        scene = Scene(seed, f"millimetres{number}", 48, 64)
        depth = np.round(scene.depth * 1000).astype(np.uint16)
        depth[:, :number // 25 + 2] = 0
        depth[scene.labels == scene.labels.max()] = 0
        save(folder, f"millimetres/rgb_{number:05d}.jpg", scene.image, quality=90)
        save(folder, f"millimetres/sync_depth_{number:05d}.png", depth)
        decoded = np.array(Image.open(folder / f"millimetres/rgb_{number:05d}.jpg"))
        describe("millimetres", number, decoded, depth)
    return ()


def sintel(folder, seed):
    """Frames and flow; frame 41 of cave_4 is among the published test pairs."""
    for name, frame in (("alley_1", 2), ("cave_4", 41), ("market_5", 2)):
        scene = Scene(seed, name, 44, 72)
        hazy = (0.75 * scene.image.astype(float) + 50).astype(np.uint8)
        place, file = f"sintel/training/{{}}/{name}", f"frame_{frame:04d}"
        save(folder, f"{place.format('clean')}/{file}.png", scene.image, optimize=True)
        save(folder, f"{place.format('final')}/{file}.png", hazy, optimize=True)
        path = folder / place.format("flow") / f"{file}.flo"
        path.parent.mkdir(parents=True, exist_ok=True)
        height, width, _ = scene.flow.shape
        header = np.array([202021.25], "<f4").tobytes() + np.array([width, height], "<i4").tobytes()
        path.write_bytes(header + scene.flow.astype("<f4").tobytes())
        print(f"sintel {name}: largest component {np.abs(scene.flow).max().item()!r}")
        flow = scene.flow.astype(np.float64).transpose(2, 0, 1)
        yield from bilinear_rows("sintel", f"{name}/{file}.flo", flow, "bilinear", 0, "epe")


def voc(folder, seed):
    """Photographs with classes; borders of objects are not labelled, as in VOC."""
    root = "voc/VOCdevkit/VOC2012"
    sizes = {"2007_000001": (60, 90), "2007_000002": (90, 60), "2007_000003": (75, 100),
             "2008_000004": (80, 80), "2008_000005": (66, 97), "2008_000006": (100, 75)}
    for name, (height, width) in sizes.items():
        scene = Scene(seed, name, height, width, shapes=2)
        labels = scene.labels.copy()
        edge = (labels[:, 1:] != labels[:, :-1])
        labels[:, 1:][edge] = labels[:, :-1][edge] = 255
        save(folder, f"{root}/JPEGImages/{name}.jpg", scene.image, quality=90)
        save(folder, f"{root}/SegmentationClass/{name}.png", labels, voc_palette(), optimize=True)
        print(f"voc {name}: classes {np.unique(labels).tolist()}")
    names = list(sizes)
    lists = folder / root / "ImageSets/Segmentation"
    lists.mkdir(parents=True, exist_ok=True)
    for split, part in (("train", names[:4]), ("val", names[4:]), ("trainval", names)):
        (lists / f"{split}.txt").write_text("".join(f"{name}\n" for name in part))
    files = [path for path in (folder / root).rglob("*") if path.suffix in (".jpg", ".png")]
    print(f"voc: {sum(path.stat().st_size for path in files)} bytes in files")
    return ()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = pathlib.Path(__file__).resolve().parent / "Samples"
    parser.add_argument("--out", type=pathlib.Path, default=default)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    print(f"seed {options.seed}")
    rows = ["set,file,factor,lowres,border,metric,value"]
    for part in (disparity, metres, millimetres, sintel, voc):
        rows += part(options.out, options.seed)
    (options.out / "bilinear.csv").write_text("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
