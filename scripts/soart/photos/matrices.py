"""Pictures as small matrices: the seed's nearest-neighbour mosaic, in gray and in colour.

Source: the seed's second program (see README, "Source").
"""

import cv2
import numpy as np


def gray_and_colour_matrices(picture: np.ndarray, size: int) -> np.ndarray:
    """One picture as four matrices: (4, size, size) uint8, gray, R, G, B.

    `picture` is (height, width, 3) uint8, BGR. Each matrix element is the pixel that `INTER_NEAREST` takes,
    never a mean; gray is OpenCV's 0.299 R + 0.587 G + 0.114 B of the mosaic.
    """
    mosaic = cv2.resize(picture, (size, size), interpolation=cv2.INTER_NEAREST)
    gray = cv2.cvtColor(mosaic, cv2.COLOR_BGR2GRAY)
    return np.stack([gray, mosaic[..., 2], mosaic[..., 1], mosaic[..., 0]])


def shrink(picture: np.ndarray, side: int) -> np.ndarray:
    """Return a picture, (height, width, 3) uint8, as a network takes it: (side, side, 3), by area means."""
    if picture.shape[:2] == (side, side):
        return picture
    return cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)


def mosaic(picture: np.ndarray, size: int) -> np.ndarray:
    """One picture as a colour mosaic: (size, size, 3) uint8, RGB; each value is the mean of its area (`INTER_AREA`).

    `picture` is (height, width, 3) uint8, BGR. While a place has four pixels or more a side, pixels are first averaged
    two by two, which is three times as fast. A pair that lies across the edge of two places is shared between them.
    """
    while min(picture.shape[:2]) >= 4 * size and not (picture.shape[0] % 2 or picture.shape[1] % 2):
        picture = cv2.resize(picture, (picture.shape[1] // 2, picture.shape[0] // 2), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
