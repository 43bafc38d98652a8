"""The region of interest: which places of a picture count. Outside of it nothing does.

A region is a mask, (height, width) bool of any size, that lies over the whole picture of the standard.
"""

import math
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from soart import names
from soart.photos import masks

NONE, AUTO = "none", "auto"  # everywhere; what registered good photos share
SIDE = 256  # pixels of a mask that a person gave, a side
INSIDE = 0.25  # share of a place that must lie inside for the place to count
LEAST = 0.1  # share of the picture that good photos must share: with less they lie differently, or show a texture
LEVELS = 3.0  # gray levels, squared and summed over the colours: less is no structure
SHARED = 0.25  # of the variance that each photo has alone, which a place must share to count: half, in levels
REACH = 0.035  # share of the side: how far around a place its structure is looked at
FADE = 1 / 7  # share of the side: how far what lies inside goes on outside; measured: benchmarks/photos


def region_places(region: np.ndarray, size: int) -> np.ndarray:
    """Return which of size x size places count, (size, size) bool: those of which a quarter lies in the region."""
    shares = cv2.resize(region.astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)
    return shares >= INSIDE


def check_places(counts: np.ndarray, top: int) -> None:
    """Raise `ValueError` where of all places, (T,) bool, fewer count in any good photo than make a score, `top`."""
    found, least, side = int(counts.sum()), min(top, len(counts)), math.isqrt(len(counts))
    if found < least:
        raise ValueError(
            f"region: expected to hold at least {least} of the {side} x {side} places that photos are compared by, got "
            f"{found}; make it larger, or set region: none"
        )


def given_region(text: str, picture: tuple[int, int]) -> np.ndarray | None:
    """Return the region that a person gave: none, x0,y0,x1,y1, or the path of a mask; raises as `of_box`, `of_mask`."""
    if text == NONE:
        return None
    box = names.parse_box(text)
    return of_box(box, picture) if box else of_mask(text, picture)


def of_box(box: tuple[float, float, float, float], picture: tuple[int, int]) -> np.ndarray:
    """Return the region inside of (x0, y0, x1, y1), pixels of a picture of (width, height); `ValueError` if empty."""
    x0, y0, x1, y1 = box
    across, down = ((np.arange(SIDE) + 0.5) / SIDE * side for side in picture)
    region = ((across >= x0) & (across < x1)) & ((down >= y0) & (down < y1))[:, None]
    if not region.any():
        width, height = picture
        raise ValueError(
            f"region: expected x0,y0,x1,y1 inside of the standard's {width} x {height} pixels, x0 < x1 and y0 < y1, "
            f"got {','.join(f'{side:g}' for side in box)}"
        )
    return region


def of_mask(path: str | Path, picture: tuple[int, int]) -> np.ndarray:
    """Return the region that a mask's bright pixels show; `ValueError` where it has none, or another aspect."""
    pixels = masks.read(path)
    (height, width), (wide, high) = pixels.shape, picture
    if abs(width / height * high / wide - 1) > names.ASPECT:
        raise ValueError(
            f"{path}: region: expected a mask of the standard's {wide} x {high} pixels, got {width} x {height}; draw "
            "it on the standard's picture"
        )
    region = cv2.resize(pixels.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA) >= 0.5
    if not region.any():
        raise ValueError(f"{path}: region: expected a mask with bright pixels where the part is, got a dark one")
    return region


def shared_region(mosaics: Iterable[np.ndarray], hidden: Iterable[np.ndarray] | None = None) -> np.ndarray | None:
    """Return the convex outline of what registered good photos share, (S, S) bool; None where that is everything.

    `mosaics` are n of (S, S, 3) uint8, `hidden` n of (S^2,) bool: places that a photo does not show. Around each place,
    the variance of the mean photo is structure that all share. The mean variance of the photos' differences from it is
    what each has alone: dust, a table's grain. A place is shared where the first is a quarter of the second or more.
    The outline holds these places, all that lies between them, and one place around. A table under registered parts
    shares 1 / (n - 1) by chance: with up to 5 photos hardly anything is cut off. A faint rim of a part shares more.
    Where less than a tenth of the places is shared nothing is cut off.
    """
    total, variances, brightness, count = 0.0, 0.0, 0.0, 0
    for count, mosaic in enumerate(mosaics, 1):  # noqa: B007 (the number of them, which are read one by one)
        level = max(mosaic.mean(), 1.0)
        values, brightness = mosaic / level, brightness + level
        total, variances = total + values, variances + _variance(values)
    structure = _variance(total / count)
    own = variances / count - structure
    common = (structure >= SHARED * own) & (structure * (brightness / count) ** 2 > LEVELS**2)
    if hidden is not None:
        common &= sum(~each for each in hidden).reshape(common.shape) >= count / 2
    if common.mean() < LEAST:
        return None
    points = np.argwhere(common)[:, ::-1].astype(np.int32)
    outline = cv2.fillConvexPoly(np.zeros(common.shape, np.uint8), cv2.convexHull(points), 1)
    region = cv2.dilate(outline, np.ones((3, 3), np.uint8)) > 0
    return None if region.all() else region


def shown(picture: np.ndarray, region: np.ndarray | None, size: int) -> np.ndarray:
    """Return a picture, (side, side, 3) uint8, that outside of the region, if there is one, goes on as it is inside.

    It is what an inspection by `size` x `size` places looks at: what it sees at a place depends on much that lies
    around, and of that nothing outside may count. So each place outside has the mean of the pixels inside, weighted by
    exp(-(d / (`size` `FADE`))^2 / 2), d in places, and a thousandth of all of them alike; from place to place it
    changes steadily. One colour for all would be an edge around each part.
    """
    if region is None or (places := region_places(region, size)).all():
        return picture
    inside = _pixels(places, picture)
    known = cv2.merge([cv2.copyTo(picture, inside), inside])
    known = cv2.resize(known, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32)
    near = cv2.GaussianBlur(known, (0, 0), size * FADE, borderType=cv2.BORDER_CONSTANT)
    near += known.mean(axis=(0, 1)) / 1000
    beyond = (255 * near[..., :3] / near[..., 3:]).clip(0, 255).round().astype(np.uint8)
    return cv2.copyTo(picture, inside, cv2.resize(beyond, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR))


def inner_copy(copy: np.ndarray, own: np.ndarray, region: np.ndarray | None, size: int, reach: int) -> np.ndarray:
    """Return a picture's copy that was saved anew, (side, side, 3) uint8, but near the outside the picture, `own`.

    A JPEG's blocks carry what lies outside of the region into the copy: up to `reach` pixels of it from the outermost
    of size x size places.
    """
    if region is None:
        return copy
    inside = _pixels(region_places(region, size), copy)
    far = cv2.erode(inside, np.ones((2 * reach + 1,) * 2, np.uint8))  # the picture's edge carries nothing in
    return cv2.copyTo(copy, far, own.copy())


def _pixels(places: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """255 for each pixel of a picture that lies in these places, (size, size) bool; 0 else: (side, side) uint8."""
    return cv2.resize(places.astype(np.uint8) * 255, picture.shape[1::-1], interpolation=cv2.INTER_NEAREST)


def _variance(values: np.ndarray) -> np.ndarray:
    """The variance around each place, colours added: (S, S, 3) -> (S, S)."""
    side = 2 * max(1, round(REACH * len(values))) + 1
    mean, squares = (cv2.blur(each, (side, side)) for each in (values, values**2))
    return (squares - mean**2).sum(axis=-1)
