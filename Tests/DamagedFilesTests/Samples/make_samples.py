"""Writes the small images in this folder with Pillow: python3 make_samples.py FOLDER."""
import sys

from PIL import Image

folder = sys.argv[1]
pixels = [((7 * x + 3 * y) % 256, (x * y) % 256, (5 * y - x) % 256) for y in range(13) for x in range(17)]
image = Image.new('RGB', (17, 13))
image.putdata(pixels)
image.save(f'{folder}/baseline.jpg', quality=60)
image.save(f'{folder}/progressive.jpg', quality=60, progressive=True)
image.convert('L').save(f'{folder}/grey.jpg', quality=60)
image.quantize(16).save(f'{folder}/palette.png', bits=4)
