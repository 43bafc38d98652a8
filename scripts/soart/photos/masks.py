"""Masks of errors, which pixels of a photo are defective: read as photos are, turned as these are turned."""

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from soart.names import CROP
from soart.photos import decoding, reading
from soart.photos.encodings import LOSSLESS

HALF = 128  # levels from which a pixel of a lossy mask counts


class Mask(NamedTuple):
    """One mask, and what a person should know of it."""

    pixels: np.ndarray  # (height, width) bool
    warning: str  # a sentence, or empty


def read(path: str | Path) -> np.ndarray:
    """The defective pixels, (height, width) bool; raises as `decode_mask`, and an `OSError` where there is no file."""
    return decode_mask(decoding.read_bytes(path), path).pixels


def read_registered(path: str | Path, picture: tuple[int, int], fit: str) -> np.ndarray:
    """Read a mask and bring it to (width, height) as its photo was brought: (height, width) bool.

    Where it shrinks, a pixel that a defect touches counts: a scratch of one pixel is not lost.
    """
    pixels = read(path)
    if pixels.shape[::-1] == tuple(picture):
        return pixels
    if fit == CROP:
        pixels = reading.crop(pixels, picture[0] / picture[1])
    shrinks = pixels.size > picture[0] * picture[1]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_NEAREST
    return cv2.resize(pixels.astype(np.float32), tuple(picture), interpolation=way) > 0


def decode_mask(content: bytes, path: str | Path) -> Mask:
    """The mask in the bytes of the file `path`: every pixel that is not black.

    In a lossy format the edges of a mask ring: there a pixel counts from half brightness on. Raises `ValueError` as
    `decoding.decode_reduced`, and for 16 bits a value: the small values would be lost.
    """
    picture = decoding.decode_reduced(content, path)
    if picture.largest is not None:
        raise ValueError(f"{path}: expected a mask of 8 bits a value, got 16; save it with 8")
    lossless = picture.saved.saved_as in LOSSLESS
    pixels = np.maximum.reduce(cv2.split(picture.pixels)) >= (1 if lossless else HALF)
    if not pixels.any():
        return Mask(pixels, f"{path}: the mask has no pixel: where the inspection points to cannot be judged by it")
    if lossless:
        return Mask(pixels, "")
    return Mask(
        pixels,
        f"{path}: the mask is a {picture.saved.saved_as}, whose edges ring: its pixels of half brightness or more are "
        "taken; save masks as PNG",
    )
