"""Pictures into files: whole or not at all. Reading: photos/decoding.py, apart, as it needs OpenCV."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from soart.storage import files


def write_jpeg(path: str | Path, picture: np.ndarray, quality: int) -> None:
    """Write an RGB picture, (height, width, 3) uint8, as the seed does: Pillow's JPEG of that quality."""
    write(path, Image.fromarray(picture), "JPEG", quality=quality)


def write_mask(path: str | Path, mask: np.ndarray) -> None:
    """Write a (height, width) bool mask as a PNG of 0 and 255."""
    write(path, Image.fromarray(mask.astype(np.uint8) * 255), "PNG")


def write(path: str | Path, picture: Image.Image, kind: str, **options) -> None:
    """Write a picture in one of Pillow's formats, encoded in memory first.

    Pillow does not notice when a disk that is nearly full takes only a part of what it writes to a file.
    """
    content = io.BytesIO()
    picture.save(content, kind, **options)
    files.write(path, content.getvalue())
