"""Resaving: what opening a photo and saving it anew as a JPEG does to it, so that an inspection can bear it.

A JPEG rounds the mean of every 8 x 8 pixels, and of 16 x 16 in its colours: flat colours lie a little aside in each
quality, always the same way. So a copy is made of the photo a little darker or lighter, in each colour by itself, which
is taken off again: over several photos the rounding goes every way. Half of the copies lie aside of the grid, or what
was rounded once would be rounded no more.
"""

from typing import NamedTuple

import cv2
import numpy as np

from soart import streams

OFFSET = 6  # gray levels by which copies are darker or lighter at most: several steps of the rounding
GRID = 16  # pixels a side of the grid in which colours are rounded
CHROMA = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420  # half of the pixels each way, as most programs and cameras save
REACH = GRID + 2  # pixels as far as which what is saved changes what lies beside, with the steps between two colours
VERSIONS = 3  # of a photo: `versions`


class Resaving(NamedTuple):
    """Resaving: how copies of photos are saved anew."""

    quality: int  # of the JPEG
    seed: int


def versions(own: np.ndarray, copy: np.ndarray) -> list[np.ndarray]:
    """Return what a photo may look like, of uint8 each: as it is, as its copy that was saved anew, and the mirror.

    From the mirror saving took away what it added to the copy: for photos of which more is kept.
    """
    return [own, copy, np.clip(2 * own.astype(np.int16) - copy, 0, 255).astype(np.uint8)]


def copy_of(content: bytes, pixels: np.ndarray, way: Resaving, gray: bool = False) -> np.ndarray:
    """Return the `copy` of a photo, its random numbers from the seed and from the bytes of its file."""
    return copy(pixels, way.quality, streams.generator_of_content(way.seed, "resaving", content), gray)


def copy(pixels: np.ndarray, quality: int, rng: "np.random.Generator", gray: bool = False) -> np.ndarray:
    """Return a photo, (height, width, 3) uint8 BGR, as it is after it was saved as a JPEG of a quality.

    What saving does to it, a little darker or lighter, is added to it. `gray`: its colours are equal, and stay so.
    """
    offset = np.resize(rng.integers(-OFFSET, OFFSET + 1, 1 if gray else 3), 3)
    down, across = 2 * rng.integers(0, GRID // 2, 2) + 1 if rng.integers(2) else (0, 0)
    lighter = cv2.add(pixels, tuple(map(float, (*offset, 0))))
    framed = cv2.copyMakeBorder(lighter, int(down), 0, int(across), 0, cv2.BORDER_REPLICATE)
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, CHROMA]
    saved = cv2.imdecode(cv2.imencode(".jpg", framed, options)[1], cv2.IMREAD_COLOR)[down:, across:]
    return cv2.add(cv2.subtract(saved, lighter, dtype=cv2.CV_16S), pixels, dtype=cv2.CV_8U)
