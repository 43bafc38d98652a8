"""Pictures as sentences: every place of a colour mosaic is a word, what its 3x3 neighbourhood looks like.

T = S^2 places, d numbers a word. A place outside the mosaic repeats the edge.
"""

from functools import cache

import cv2
import numpy as np

REACH = 1  # a word reaches one place to each side
SIDE = 2 * REACH + 1
STEPS = np.array([[1, 1, 1], [-1, 0, 1], [1, -2, 1]])  # mean, slope and curvature of three neighbours


@cache
def patterns(degree: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """The patterns that a word measures: pairs of lines, (3,) float32, one down and one across; orthonormal.

    Products of mean, slope and curvature (degree 0, 1, 2) up to a total degree: 1 mean and slopes (with three
    colours d = 9), 2 with curvatures and twist (18), 3 (24), 4 everything that 9 neighbours can show (27).
    """
    lines = (STEPS / np.sqrt((STEPS**2).sum(axis=1, keepdims=True))).astype(np.float32)
    return [(lines[down], lines[across]) for down, across in orders(degree)]


def orders(degree: int) -> list[tuple[int, int]]:
    """The degree down and across of each of `patterns`."""
    every = [(down, total - down) for total in range(degree + 1) for down in range(SIDE)]
    return [(down, across) for down, across in every if 0 <= across < SIDE]


def words(values: np.ndarray, degree: int) -> np.ndarray:
    """The word of every place: (S, S, 3) -> (S, S, d), its neighbourhood in `patterns`, each in R, G, B."""
    pairs = patterns(degree)
    return cv2.merge(
        [cv2.sepFilter2D(values, -1, across, down, borderType=cv2.BORDER_REPLICATE) for down, across in pairs]
    )


@cache
def neighbours(size: int, reach: int) -> np.ndarray:
    """The places around each place, row by row: (T, (2 reach + 1)^2); a place outside repeats the edge."""
    steps = np.clip(np.arange(size)[:, None] + np.arange(-reach, reach + 1), 0, size - 1)
    return (steps[:, None, :, None] * size + steps[None, :, None, :]).reshape(size**2, -1)


def warps(  # the generator's type in quotes: to look it up imports numpy.random, in every job
    values: np.ndarray, count: int, displacement: float, length: float, rng: "np.random.Generator"
) -> np.ndarray:
    """Smooth warps of one image: (S, S, 3) float32 -> (count, S, S, 3) float32.

    Each warp moves the places by a random field of two components, of standard deviation `displacement` and
    Gaussian correlation length `length` (the smoothing kernel's standard deviation), both as shares of the
    width.
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
