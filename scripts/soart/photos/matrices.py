"""Pictures as small matrices: the seed's nearest-neighbour mosaic, in gray and in colour.

Source: the seed's second program (see README, "Source").
"""

from pathlib import Path

import cv2
import numpy as np

from soart.photos import decoding as photos
from soart.photos import jpeg

DECODINGS = {
    "full": 1,
    "half": 2,
    "quarter": 4,
    "eighth": 8,
}  # pixels of a JPEG that are decoded as one, a side
_FLAGS = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


def matrix(picture: np.ndarray, size: int) -> np.ndarray:
    """One picture as four matrices: (4, size, size) uint8, gray, R, G, B.

    `picture` is (height, width, 3) uint8, BGR. Each matrix element is the pixel that `INTER_NEAREST` takes,
    never a mean; gray is OpenCV's 0.299 R + 0.587 G + 0.114 B of the mosaic.
    """
    mosaic = cv2.resize(picture, (size, size), interpolation=cv2.INTER_NEAREST)
    gray = cv2.cvtColor(mosaic, cv2.COLOR_BGR2GRAY)
    return np.stack([gray, mosaic[..., 2], mosaic[..., 1], mosaic[..., 0]])


def photo_mosaic(content: bytes, path: str | Path, size: int, decoding: str) -> tuple[np.ndarray, tuple[int, int]]:
    """The colour mosaic of a photo from the bytes of its file, and the whole picture's (width, height).

    A JPEG is decoded as coarsely as `decoding` says, one of `DECODINGS`: much faster, and an area mean by
    itself. Any other file is decoded in full, because OpenCV would thin it out, and its edge is repeated to
    what the JPEG would have `covered`, so that both give the same mosaic. Raises `ValueError` as
    `photos.decoded`.
    """
    factor = DECODINGS[decoding]
    header = jpeg.header(content)
    picture = photos.decoded(content, path, _FLAGS[factor if header else 1])
    if not header:
        return picture_mosaic(picture, size, decoding), picture.shape[1::-1]
    height, width = picture.shape[:2]
    if factor > 1:
        turned = (header.width > header.height) != (width > height) and width != height  # by the camera's mark
        width, height = (header.height, header.width) if turned else (header.width, header.height)
    return mosaic(picture, size), (width, height)


def picture_mosaic(picture: np.ndarray, size: int, decoding: str) -> np.ndarray:
    """The colour mosaic of a picture decoded in full, as `photo_mosaic` has it of the picture's JPEG."""
    height, width = picture.shape[:2]
    wide, high = covered((width, height), decoding)
    if (wide, high) != (width, height):
        picture = cv2.copyMakeBorder(picture, 0, high - height, 0, wide - width, cv2.BORDER_REPLICATE)
    return mosaic(picture, size)


def covered(picture: tuple[int, int], decoding: str) -> tuple[int, int]:
    """The (width, height) in pixels that a mosaic covers: the picture, filled up to whole decoded blocks."""
    factor = DECODINGS[decoding]
    return tuple(-(-side // factor) * factor for side in picture)


def filled_up(masks: np.ndarray, decoding: str) -> np.ndarray:
    """Masks of pictures, (n, height, width) bool, filled up with False to what their mosaics have `covered`."""
    height, width = masks.shape[1:]
    wide, high = covered((width, height), decoding)
    return np.pad(masks, ((0, 0), (0, high - height), (0, wide - width)))


def mosaic(picture: np.ndarray, size: int) -> np.ndarray:
    """One picture as a colour mosaic: (size, size, 3) uint8, RGB.

    `picture` is (height, width, 3) uint8, BGR, decoded as `DECODINGS` says; each value is the mean of its
    area (`INTER_AREA`).
    """
    return cv2.cvtColor(cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
