"""Brightness: how bright a picture is beside others, and the picture as bright as they are."""

from collections.abc import Sequence

import numpy as np


def reference(mosaics: Sequence[np.ndarray]) -> np.ndarray:
    """The mean good mosaic: n of (S, S, 3) uint8 -> (S, S, 3) float32, levels."""
    total = np.zeros(mosaics[0].shape, np.int64)
    for mosaic in mosaics:
        total += mosaic
    return (total / len(mosaics)).astype(np.float32)


def sensitivity(
    mosaic: np.ndarray,
    reference: np.ndarray,
    floor: float,
    thinning: int,
    weighted: bool = False,
    hidden: np.ndarray | None = None,
) -> float:
    """Return how bright an image is beside the good ones: the median of measured / max(reference, floor).

    `mosaic` and `reference` are (S, S, 3); every `thinning`-th row and column counts. `floor`, in levels,
    keeps black places from dividing by nearly nothing. A median, so that a defect does not move it. `weighted`: each
    ratio counts by what is expected there, and the median is the b that makes the sum of |measured - b expected| least.
    Where little is expected a level more is a large share: what an encoder adds to a dark background is no brightness.
    Places that are `hidden`, (S^2,) bool, out of view or of the region of interest, have no say where others have one.
    """
    measured, expected = (_compared(each, thinning, hidden) for each in (mosaic, reference))
    expected = np.maximum(expected, np.float32(floor))
    ratios = (measured / expected).ravel()
    if weighted:
        order = np.argsort(ratios, kind="stable")
        below = np.cumsum(expected.ravel()[order], dtype=np.float64)
        return float(ratios[order[np.searchsorted(below, below[-1] / 2)]])
    middle = len(ratios) // 2
    around = (middle,) if len(ratios) % 2 else (middle - 1, middle)
    ratios.partition(around)
    return sum(float(ratios[each]) for each in around) / len(around)


def _compared(values: np.ndarray, thinning: int, hidden: np.ndarray | None) -> np.ndarray:
    """Return the values, (S, S, 3), that are compared: (..., 3)."""
    if hidden is None or hidden.all():
        return values[::thinning, ::thinning]
    shown, thinned = ~hidden.reshape(values.shape[:2]), np.zeros(values.shape[:2], bool)
    thinned[::thinning, ::thinning] = shown[::thinning, ::thinning]
    return values[thinned if thinned.any() else shown]


def level_brightness(mosaic: np.ndarray, sensitivity: float) -> np.ndarray:
    """The mosaic divided by its sensitivity: (S, S, 3) float32, levels."""
    return mosaic * np.float32(1 / sensitivity)
