"""Pictures as sentences: every place of a colour mosaic is a word, its 3x3 neighbourhood in levels of brightness.

T = size^2 places, d = 27 numbers a word (9 neighbours x R, G, B). A place outside the mosaic repeats the edge.
"""

import cv2
import numpy as np

REACH = 1  # a word reaches one place to each side
SIDE = 2 * REACH + 1
LENGTH = 3 * SIDE**2


def reference_of(mosaics: np.ndarray) -> np.ndarray:
    """The mean good mosaic: (n, S, S, 3) uint8 -> (S, S, 3) float64. Sums of integers: no order of addition matters."""
    return mosaics.sum(axis=0, dtype=np.int64) / len(mosaics)


def sensitivity(mosaic: np.ndarray, reference: np.ndarray, floor: float, thinning: int) -> float:
    """How bright an image is, beside the good ones: the median of measured / max(reference, floor).

    `mosaic` and `reference` are (S, S, 3); every `thinning`-th row and column counts; `floor` is in levels, and keeps
    near-black places from dividing by nearly nothing. A median, so that a defect does not move it.
    """
    measured = mosaic[::thinning, ::thinning].ravel()
    expected = np.maximum(reference[::thinning, ::thinning].ravel(), floor)
    ratios = measured / expected
    middle = ratios.size // 2
    if ratios.size % 2:
        return float(np.partition(ratios, middle)[middle])
    ratios.partition((middle - 1, middle))
    return float((ratios[middle - 1] + ratios[middle]) / 2)


def levelled(mosaic: np.ndarray, sensitivity: float, centre: np.ndarray) -> np.ndarray:
    """The mosaic divided by its sensitivity, minus the overall mean colour `centre` (3,): (S, S, 3) float32.

    Taking the mean away costs nothing and keeps the digits of float32 for what differs.
    """
    return (mosaic * np.float32(1 / sensitivity) - centre.astype(np.float32)).astype(np.float32)


def words(values: np.ndarray) -> np.ndarray:
    """The word of every place: (..., S, S, 3) -> (..., S, S, 27), neighbours row by row, each R, G, B."""
    size = values.shape[-2]
    padded = edged(values, REACH)
    parts = [padded[..., y : y + size, x : x + size, :] for y in range(SIDE) for x in range(SIDE)]
    return np.concatenate(parts, axis=-1)


def edged(field: np.ndarray, reach: int) -> np.ndarray:
    """A field over places, (..., S, S, m), with its edge repeated `reach` times: (..., S + 2 reach, S + 2 reach, m)."""
    around = [(0, 0)] * (field.ndim - 3) + [(reach, reach), (reach, reach), (0, 0)]
    return np.pad(field, around, mode="edge")


def warps(
    values: np.ndarray, count: int, displacement: float, length: float, rng: np.random.Generator
) -> np.ndarray:
    """Smooth warps of one image: (S, S, 3) float32 -> (count, S, S, 3) float32.

    Each warp moves the places by a random field of two components, of standard deviation `displacement` and
    Gaussian correlation length `length` (the smoothing kernel's standard deviation), both as shares of the width.
    """
    size = len(values)
    noise = rng.standard_normal((count, 2, size, size), dtype=np.float32)
    steps = np.arange(size)
    smooth = np.exp(-0.5 * ((steps[:, None] - steps) / (length * size)) ** 2)
    smooth /= np.sqrt((smooth**2).sum(axis=1, keepdims=True))  # deviation 1 everywhere, at the edge too
    fields = displacement * size * (smooth @ noise @ smooth.T)
    columns = (steps + fields[:, 0]).astype(np.float32)
    rows = (steps[:, None] + fields[:, 1]).astype(np.float32)
    return np.stack(
        [
            cv2.remap(values, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            for column, row in zip(columns, rows, strict=True)
        ]
    )
