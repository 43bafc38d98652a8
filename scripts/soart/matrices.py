"""Pictures as small matrices: the seed's nearest-neighbour mosaic, in gray and in colour.

Source: the seed's second program (see README, "Source").
"""

import numpy as np

CHANNELS = ("gray", "R", "G", "B")


def matrix(picture: np.ndarray, size: int) -> np.ndarray:
    """One picture as four matrices: (4, size, size) uint8, in the order of `CHANNELS`.

    `picture` is (height, width, 3) uint8, BGR. Each matrix element is the pixel that `INTER_NEAREST` takes, never a
    mean; gray is OpenCV's 0.299 R + 0.587 G + 0.114 B of the mosaic.
    """
    import cv2  # late: other stages need only the channels' names from here

    mosaic = cv2.resize(picture, (size, size), interpolation=cv2.INTER_NEAREST)
    gray = cv2.cvtColor(mosaic, cv2.COLOR_BGR2GRAY)
    return np.stack([gray, mosaic[..., 2], mosaic[..., 1], mosaic[..., 0]])
