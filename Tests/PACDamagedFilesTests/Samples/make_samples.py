"""Writes the small files in this folder with Pillow and SciPy: python3 make_samples.py FOLDER."""
import sys

import numpy as np
import scipy.io
from PIL import Image

folder = sys.argv[1]
pixels = [((7 * x + 3 * y) % 256, (x * y) % 256, (5 * y - x) % 256) for y in range(13) for x in range(17)]
image = Image.new('RGB', (17, 13))
image.putdata(pixels)
image.save(f'{folder}/baseline.jpg', quality=60)
image.save(f'{folder}/progressive.jpg', quality=60, progressive=True)
image.convert('L').save(f'{folder}/grey.jpg', quality=60)
image.quantize(16).save(f'{folder}/palette.png', bits=4)
labels = {'GTcls': {'Boundaries': np.zeros((2, 1)), 'Segmentation': np.arange(117, dtype=np.uint8).reshape(9, 13) % 21}}
for name, compressed in (('gtcls', False), ('gtcls_compressed', True)):
    scipy.io.savemat(f'{folder}/{name}.mat', labels, do_compression=compressed)
