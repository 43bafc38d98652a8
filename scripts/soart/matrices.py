"""Pictures as small matrices: the seed's nearest-neighbour mosaic, in gray and in colour.

Source: the seed's second program (see README, "Source").
"""

import cv2
import numpy as np

from soart import photos

CHANNELS = ("gray", "R", "G", "B")
DECODINGS = {
    "full": cv2.IMREAD_COLOR,
    "half": cv2.IMREAD_REDUCED_COLOR_2,
    "quarter": cv2.IMREAD_REDUCED_COLOR_4,
    "eighth": cv2.IMREAD_REDUCED_COLOR_8,
}  # how finely a JPEG is decoded before the mosaic: a coarser one is faster, and is itself an area mean


def matrix(picture: np.ndarray, size: int) -> np.ndarray:
    """One picture as four matrices: (4, size, size) uint8, in the order of `CHANNELS`.

    `picture` is (height, width, 3) uint8, BGR. Each matrix element is the pixel that `INTER_NEAREST` takes,
    never a mean; gray is OpenCV's 0.299 R + 0.587 G + 0.114 B of the mosaic.
    """
    mosaic = cv2.resize(picture, (size, size), interpolation=cv2.INTER_NEAREST)
    gray = cv2.cvtColor(mosaic, cv2.COLOR_BGR2GRAY)
    return np.stack([gray, mosaic[..., 2], mosaic[..., 1], mosaic[..., 0]])


def photo_mosaic(content: bytes, path: str, size: int, decoding: str) -> tuple[np.ndarray, tuple[int, int]]:
    """The colour mosaic of a photo from the bytes of its file, and the whole picture's (width, height).

    A JPEG is decoded as coarsely as `decoding` says, one of `DECODINGS`; any other file in full, because
    OpenCV would thin it out instead of averaging. Raises `ValueError` as `photos.decoded`.
    """
    header = photos.jpeg_size(content)
    picture = photos.decoded(content, path, DECODINGS[decoding] if header else cv2.IMREAD_COLOR)
    height, width = picture.shape[:2]
    if header and decoding != "full":
        wide = (header[0] > header[1]) == (width > height)  # else the camera's orientation mark turned it
        width, height = header if wide else header[::-1]
    return mosaic(picture, size), (width, height)


def mosaic(picture: np.ndarray, size: int) -> np.ndarray:
    """One picture as a colour mosaic: (size, size, 3) uint8, RGB.

    `picture` is (height, width, 3) uint8, BGR, decoded as `DECODINGS` says; each value is the mean of its
    area (`INTER_AREA`).
    """
    return cv2.cvtColor(cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
