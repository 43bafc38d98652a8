"""One photo, read once: everything that later stages need of it, and what the input check looks at."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import cv2
import numpy as np

from soart import resolution
from soart.names import ALIKE, ASPECT, CROP
from soart.photos import decoding as photos
from soart.photos import encodings, geometry, matrices, registration
from soart.photos.resaving import Resaving, copy_of


class Reader(NamedTuple):
    """Reader: how images are read."""

    matrix_size: int
    mosaic_size: int
    fit: str = ALIKE  # of `names.FITS`
    picture: tuple[int, int] | None = None  # (width, height) that photos are brought to; None: as they are
    small: bool = True  # whether the classical detectors will look at the images
    anchor: registration.Anchor | None = None  # what images are registered on; None: they are taken as they are
    side: int = 0  # pixels, a side, of the pictures that a network will look at; 0: none will
    in_full: bool = False  # whether images are decoded in full, however large: drawn ones are
    resaving: Resaving | None = None  # how a copy of each is saved, and read, too; None: none is

    @property
    def least(self) -> int:
        """Pixels that the shorter side of a photo keeps where it is decoded."""
        return photos.least_side(self.mosaic_size, self.side, self.in_full)


class Looked(NamedTuple):
    """Looked: what the inspection looks at of a copy of a photo."""

    mosaic: np.ndarray  # (S, S, 3) uint8 RGB
    shrunk: np.ndarray | None  # (side, side, 3) uint8 BGR, as a network takes it; None where it is not asked for


class Reading(NamedTuple):
    """Reading: what one image gives."""

    matrix: np.ndarray  # (4, size, size) uint8: gray, R, G, B
    small_mosaic: np.ndarray | None  # (size, size, 3) uint8 RGB; None where it is not asked for
    mosaic: np.ndarray  # (S, S, 3) uint8 RGB
    picture: tuple[int, int]  # (width, height), as all are brought to
    size: tuple[int, int]  # (width, height) of the file
    brightness: float  # mean of the mosaic, levels
    sharpness: float  # mean square of the step from one pixel to the next, levels squared
    saved: encodings.Encoding
    placement: geometry.Placement | None = None  # how the part lay, where it was registered
    shrunk: np.ndarray | None = None  # (side, side, 3) uint8 BGR, as a network takes it; None where it is not asked for
    resaved: Looked | None = None  # a copy that was saved anew; None where none is asked for


class Brought(NamedTuple):
    """A photo as inspection looks at it: decoded once, of the expected aspect, registered where that is asked for."""

    pixels: np.ndarray  # (height, width, 3) uint8 BGR: the picture, or reduced by `decoding.reduction`
    picture: tuple[int, int]  # (width, height) that it was brought to; places and boxes count its pixels
    size: tuple[int, int]  # (width, height) of the file
    original: tuple[int, int]  # (width, height) in pixels of the file that are compared: `resolution.compared`
    sharpness: Callable[[], float]  # before it was registered; told when it is asked for
    saved: encodings.Encoding
    placement: geometry.Placement | None


def read(content: bytes, path: str, reader: Reader) -> Reading:
    """Read an image from the bytes of its file; raises `ValueError` as `bring_to_size`."""
    photo = bring_to_size(content, path, reader.picture, reader.least, reader.fit, reader.anchor)
    looked = look(photo.pixels, reader)
    return Reading(
        matrices.gray_and_colour_matrices(photo.pixels, reader.matrix_size),
        matrices.mosaic(photo.pixels, reader.matrix_size) if reader.small else None,
        looked.mosaic,
        photo.picture,
        photo.size,
        float(looked.mosaic.mean()),
        photo.sharpness(),
        photo.saved,
        photo.placement,
        looked.shrunk,
        _resaved(content, path, reader, looked) if reader.resaving else None,
    )


def look(pixels: np.ndarray, reader: Reader) -> Looked:
    """Return what the inspection looks at of a photo's pixels, (height, width, 3) uint8 BGR."""
    shrunk = matrices.shrink(pixels, reader.side) if reader.side else None
    return Looked(matrices.mosaic(pixels, reader.mosaic_size), shrunk)


def _resaved(content: bytes, path: str, reader: Reader, own: Looked) -> Looked:
    """Return what is looked at of a copy saved anew, or of the photo, its `own`, where that cannot be registered."""
    about = reader.picture, reader.least, reader.fit, reader.anchor, reader.resaving
    try:
        return look(bring_to_size(content, path, *about).pixels, reader)
    except registration.Unregistered:
        return own


def bring_to_size(
    content: bytes,
    path: str,
    picture: tuple[int, int] | None,
    least: int,
    fit: str = ALIKE,
    anchor: registration.Anchor | None = None,
    resaved: Resaving | None = None,
) -> Brought:
    """Decode a photo once, reduced where it is large, and bring it to the expected `picture`, (width, height).

    The one way to a photo for the workflow and for the program beside the line, which therefore see the same bits.
    `least` is what `decoding.least_side` says. A photo of another size is resized; of another aspect (beyond 2 %) it
    is refused, resized all the same or cropped first, as `fit` says. Raises `ValueError` as `decoding.decode_reduced`,
    and for another aspect; with an anchor `registration.Unregistered` where the part is not found. With `resaved` it
    is a copy that is brought: `resaving.copy_of`.
    """
    small = reduced_size(picture, least) if picture else (0, 0)
    if anchor:
        small = anchor.picture.shape[1::-1]
    least = max(least, min(small))
    whole = photos.decode_reduced(content, path, None if resaved else least)
    if resaved:
        copy = copy_of(content, whole.pixels, resaved, whole.saved.gray)
        whole = whole._replace(pixels=photos.reduced(copy, photos.reduction(whole.size, least)))
    pixels, picture = whole.pixels, picture or whole.size
    if whole.size != picture:
        pixels = fit_to_size(pixels, small, fit, whole.size, picture, path)
    sharp, placement = partial(sharpness, pixels), None
    if anchor:
        pixels, placement = registration.register(pixels, anchor, path)
        across, down = np.array(picture) / pixels.shape[1::-1]
        placement = geometry.scale_placement(placement, float(across), float(down))
    original = resolution.compared(whole.size, picture, fit == CROP)
    return Brought(pixels, picture, whole.size, original, sharp, whole.saved, placement)


def reduced_size(picture: tuple[int, int], least: int) -> tuple[int, int]:
    """The (width, height) that a picture of the expected size is decoded to."""
    factor = photos.reduction(picture, least)
    return tuple(-(-side // factor) for side in picture)


def read_in_full(path: str, picture: tuple[int, int], fit: str) -> np.ndarray:
    """Read a photo in full and bring it to the expected (width, height), to be shown; raises `ValueError`."""
    pixels = photos.read(path)
    size = pixels.shape[1::-1]
    return pixels if size == tuple(picture) else fit_to_size(pixels, tuple(picture), fit, size, picture, path)


def fit_to_size(
    pixels: np.ndarray,
    size: tuple[int, int],
    fit: str,
    original: tuple[int, int],
    picture: tuple[int, int],
    path: str,
) -> np.ndarray:
    """Pixels of a photo brought to `size`, (width, height), by area means or, where it grows, between its pixels.

    `original` and `picture` are the sizes of the whole photo and of the expected one: they decide, and are told.
    """
    (width, height), (wide, high) = original, picture
    aspect = width / height * high / wide
    if abs(aspect - 1) > ASPECT and fit == ALIKE:
        raise OtherAspect(
            f"{path}: expected the aspect of {wide} x {high} pixels (to {100 * ASPECT:.0f} %), got {width} x {height}; "
            "photograph alike, or set fit: resize (textures) or crop"
        )
    if fit == CROP:
        pixels = crop(pixels, size[0] / size[1])
    shrinks = pixels.shape[0] * pixels.shape[1] > size[0] * size[1]
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


class OtherAspect(ValueError):
    """A photo whose aspect is not the expected one."""


def crop(pixels: np.ndarray, aspect: float) -> np.ndarray:
    """Return the middle of a picture, (height, width, ...), with this aspect, width / height, as large as it can be."""
    height, width = pixels.shape[:2]
    wide, high = resolution.cropped((width, height), aspect)
    left, top = (width - wide) // 2, (height - high) // 2
    return pixels[top : top + high, left : left + wide]


def sharpness(picture: np.ndarray) -> float:
    """Mean square of the difference of neighbours along every fourth row of the green values, levels squared."""
    rows = picture[::4, :, 1].astype(np.int16)
    return float(np.square(np.diff(rows, axis=1), dtype=np.int32).mean())


def check_beside(size: tuple[int, int], path: str, wanted: tuple[int, int], what: str) -> None:
    """Raise `ValueError` where the size of a photo's mask or template (`what`) is not that of its photo."""
    if size != wanted:
        raise ValueError(
            f"{path}: expected a {what} of its photo's {wanted[0]} x {wanted[1]} pixels, got {size[0]} x {size[1]}"
        )
