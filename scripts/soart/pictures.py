"""Pictures into files: whole or not at all. How they are read: photos.py, apart so that only readers need OpenCV."""

from pathlib import Path

import numpy as np
from PIL import Image

from soart import files


def write_jpeg(path: str | Path, picture: np.ndarray, quality: int) -> None:
    """Write an RGB picture, (height, width, 3) uint8, as the seed does: Pillow's JPEG of that quality."""
    with files.whole(path) as temporary:
        Image.fromarray(picture).save(temporary, quality=quality)


def write_mask(path: str | Path, mask: np.ndarray) -> None:
    """Write a (height, width) bool mask as a PNG of 0 and 255."""
    with files.whole(path) as temporary:
        Image.fromarray(mask.astype(np.uint8) * 255).save(temporary)
