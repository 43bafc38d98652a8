"""One photo, read once: everything that later stages need of it, and what the input check looks at."""

from typing import NamedTuple

import cv2
import numpy as np

from soart.photos import decoding as photos
from soart.photos import encodings, geometry, jpeg, matrices, registration

ASPECT = 0.02  # share by which a photo's aspect may differ from the expected one


class Reader(NamedTuple):
    """How images are read."""

    matrix_size: int
    mosaic_size: int
    decoding: str  # of `matrices.DECODINGS`
    picture: tuple[int, int] | None = None  # (width, height) that photos are brought to; None: as they are
    small: bool = True  # whether the classical detectors will look at the images
    anchor: registration.Anchor | None = None  # what images are registered on; None: they are taken as they are


class Reading(NamedTuple):
    """What one image gives."""

    matrix: np.ndarray  # (4, size, size) uint8: gray, R, G, B
    small_mosaic: np.ndarray | None  # (size, size, 3) uint8 RGB; None where it is not asked for
    mosaic: np.ndarray  # (S, S, 3) uint8 RGB
    picture: tuple[int, int]  # (width, height), as all are brought to
    original: tuple[int, int]  # (width, height) of the file
    brightness: float  # mean of the mosaic, levels
    sharpness: float  # mean square of the step from one pixel to the next, levels squared
    saved: encodings.Encoding
    placement: geometry.Placement | None = None  # how the part lay, where it was registered


def read(content: bytes, path: str, reader: Reader) -> Reading:
    """Read an image from the bytes of its file; raises `ValueError` as `photos.decoded`, and for another aspect.

    A photo of the expected aspect (to 2 %) but of another size is brought to the expected one. With an anchor it is
    then registered: raises `registration.Unregistered` as that does. A picture is decoded once; only a JPEG whose
    mosaic is to be decoded coarsely, once more for that.
    """
    picture = photos.decoded(content, path)
    original = picture.shape[1::-1]
    wanted, placement = reader.picture or original, None
    if original != wanted:
        picture = resized(picture, wanted, path)
    sharp = sharpness(picture)
    if reader.anchor:
        picture, placement = registration.registered(picture, reader.anchor, path)
    as_it_is = original == wanted and not reader.anchor
    if as_it_is and reader.decoding != "full" and jpeg.header(content):
        # decoded a second time, coarsely, as the line alone does: only so have both the same bits
        mosaic, _ = matrices.photo_mosaic(content, path, reader.mosaic_size, reader.decoding)
    else:
        mosaic = matrices.picture_mosaic(picture, reader.mosaic_size, reader.decoding)
    small = matrices.mosaic(picture, reader.matrix_size) if reader.small else None
    return Reading(
        matrices.matrix(picture, reader.matrix_size),
        small,
        mosaic,
        wanted,
        original,
        float(mosaic.mean()),
        sharp,
        encodings.encoding(content),
        placement,
    )


def resized(picture: np.ndarray, wanted: tuple[int, int], path: str) -> np.ndarray:
    """The picture with `wanted` (width, height), by area means; raises `ValueError` for another aspect."""
    height, width = picture.shape[:2]
    if abs(width / height * wanted[1] / wanted[0] - 1) > ASPECT:
        raise ValueError(
            f"{path}: expected the aspect of {wanted[0]} x {wanted[1]} pixels (to {100 * ASPECT:.0f} %), "
            f"got {width} x {height}; photograph alike"
        )
    shrinks = width * height > wanted[0] * wanted[1]
    return cv2.resize(picture, wanted, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def sharpness(picture: np.ndarray) -> float:
    """Mean square of the difference of neighbours along every fourth row of the green values, levels squared."""
    rows = picture[::4, :, 1].astype(np.int16)
    return float(np.square(np.diff(rows, axis=1), dtype=np.int32).mean())


def check_beside(content: bytes, path: str, wanted: tuple[int, int], what: str) -> None:
    """Raises `ValueError` where a photo's mask or template (`what`) cannot be read or is not of its (width, height)."""
    height, width = photos.decoded(content, path).shape[:2]
    if (width, height) != wanted:
        raise ValueError(
            f"{path}: expected a {what} of its photo's {wanted[0]} x {wanted[1]} pixels, got {width} x {height}"
        )
