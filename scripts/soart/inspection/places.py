"""Places of a grid over a picture, in pixels of the picture: size x size places, counted row by row."""

import cv2
import numpy as np


def centre(place: int, size: int, picture: tuple[int, int]) -> tuple[float, float]:
    """Return the middle of a place, (x, y), of a picture of (width, height)."""
    row, column = divmod(place, size)
    return (column + 0.5) * picture[0] / size, (row + 0.5) * picture[1] / size


def counted(distances: np.ndarray, hidden: np.ndarray | None) -> np.ndarray:
    """Return distances of places with -inf where they do not count: never the strongest, nor above any level.

    `hidden`, bool, of as many places; None where all count.
    """
    return distances if hidden is None else np.where(hidden.reshape(distances.shape), np.float32(-np.inf), distances)


def box(place: int, above: np.ndarray, picture: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return (x0, y0, x1, y1) around the places connected with `place` (8 neighbours) that are `above`.

    `above` is (size, size) bool; where `place` itself is not, the box is around it alone.
    """
    size = len(above)
    row, column = divmod(place, size)
    left, top, columns, rows = column, row, 1, 1
    if above[row, column]:
        _, labels, stats, _ = cv2.connectedComponentsWithStats(above.astype(np.uint8), connectivity=8)
        left, top, columns, rows = (int(value) for value in stats[labels[row, column], :4])
    (width, height), right, bottom = picture, left + columns, top + rows
    return left * width // size, top * height // size, -(-right * width // size), -(-bottom * height // size)


def resampled(values: np.ndarray, size: int) -> np.ndarray:
    """Return values of a grid at the places of a finer one over the same picture, on the lines between middles."""
    if len(values) == size:
        return values
    return cv2.resize(values, (size, size), interpolation=cv2.INTER_LINEAR)
