"""Pictures in and out of files: read once, whole, or refused with a sentence."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from soart import files


def read(path: str | Path, decoding: int = cv2.IMREAD_COLOR) -> np.ndarray:
    """Read a picture: (height, width, 3) uint8, BGR as OpenCV has it; `decoding` is OpenCV's flag.

    Raises `ValueError` where the file is empty, is a JPEG that was cut off (OpenCV would fill the rest with gray and
    say nothing: a whole one ends with FFD9), or is no picture.
    """
    return decoded(Path(path).read_bytes(), path, decoding)


def decoded(content: bytes, path: str | Path, decoding: int = cv2.IMREAD_COLOR) -> np.ndarray:
    """The picture in `content`, the bytes of the file `path`; as `read`."""
    if not content:
        raise ValueError(f"{path}: expected a picture, got an empty file; copy it again")
    if content.startswith(b"\xff\xd8") and b"\xff\xd9" not in content[-1024:]:
        raise ValueError(f"{path}: expected a whole JPEG, got one that is cut off; copy it again")
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), decoding)
    if picture is None:
        raise ValueError(f"{path}: expected a picture, got a file that OpenCV cannot decode")
    return picture


def jpeg_size(content: bytes) -> tuple[int, int] | None:
    """(width, height) as a JPEG's frame header has it, without decoding; None for other content."""
    if not content.startswith(b"\xff\xd8"):
        return None
    place = 2
    while place + 9 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # a frame; those three are tables
            height, width = (int.from_bytes(content[place + at : place + at + 2], "big") for at in (5, 7))
            return width, height
        place += 1 if marker == 0xFF else 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    return None


def write_jpeg(path: str | Path, picture: np.ndarray, quality: int) -> None:
    """Write an RGB picture, (height, width, 3) uint8, as the seed does: Pillow's JPEG of that quality."""
    with files.whole(path) as temporary:
        Image.fromarray(picture).save(temporary, quality=quality)


def write_mask(path: str | Path, mask: np.ndarray) -> None:
    """Write a (height, width) bool mask as a PNG of 0 and 255."""
    with files.whole(path) as temporary:
        Image.fromarray(mask.astype(np.uint8) * 255).save(temporary)
