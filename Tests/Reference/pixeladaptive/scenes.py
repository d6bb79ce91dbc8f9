"""Small made-up photographs with depth, flow and classes, for the sample files of the tests."""
import numpy as np

from .formula import Drawn

CLASSES = 21


class Scene:
    """A sloping background with discs and rectangles in front of it, nearer ones later.

    image (H, W, 3) of 8 bits, depth (H, W) in metres, flow (H, W, 2) in pixels, labels (H, W): 0
    for the background, else a class of Pascal VOC.
    """

    def __init__(self, seed, name, height, width, shapes=6):
        self.draw = Drawn(seed, name)
        self.rows, self.columns = np.mgrid[:height, :width].astype(np.float64)
        self.color = np.zeros((height, width, 3))
        self.depth = np.zeros((height, width))
        self.flow = np.zeros((height, width, 2), np.float32)
        self.labels = np.zeros((height, width), np.uint8)
        self.paint("background", np.ones((height, width), bool), 6.0, 0)
        for number in range(shapes):
            inside = self.shape(number, height, width)
            label = 1 + int(self.draw.integers(CLASSES - 1, f"class{number}"))
            self.paint(str(number), inside, 5.0 - 3.5 * number / shapes, label)
        self.image = np.clip(np.round(self.color), 0, 255).astype(np.uint8)

    def paint(self, name, inside, distance, label):
        """Gives the pixels of a surface its striped color, its sloping depth, and its motion."""
        draw = self.draw
        base = draw.between(40, 215, f"{name}color", 3).astype(float)
        slope = draw.spread(0.01, f"{name}slope", 2).astype(float)
        waves = draw.spread(0.9, f"{name}stripes", 2).astype(float)
        motion = draw.spread(4, f"{name}motion", 2).astype(float)
        stripes = 25 * np.sin(waves[0] * self.rows + waves[1] * self.columns)
        tilt = slope[0] * self.rows + slope[1] * self.columns
        self.color[inside] = (base + stripes[..., None])[inside]
        self.depth[inside] = (distance + tilt)[inside]
        self.flow[inside] = (motion * (1 + 0.2 * tilt[..., None]))[inside].astype(np.float32)
        self.labels[inside] = label

    def shape(self, number, height, width):
        """The pixels of a disc or rectangle."""
        draw = self.draw
        row, column = draw.between(0, 1, f"{number}center", 2).astype(float) * (height, width)
        radius = float(draw.between(0.12, 0.3, f"{number}radius")) * min(height, width)
        down, right = np.abs(self.rows - row), np.abs(self.columns - column)
        if number % 2:
            return (down < radius) & (right < 1.5 * radius)
        return down ** 2 + right ** 2 < radius ** 2
