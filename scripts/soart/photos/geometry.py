"""Geometry: where a part lies in its picture, and what follows for points, places, values and masks.

A registered picture has the part where the anchor has it. Lengths are pixels, from the picture's left and upper edge
(so that the first pixel's middle is at 0.5); angles are degrees, clockwise.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

TOLD_UNSEEN = 0.02  # share from which it is worth a warning


class Placement(NamedTuple):
    """Placement of a part in its picture: the anchor's, turned and scaled about the picture's middle, then moved."""

    x: float = 0.0  # pixels to the right
    y: float = 0.0  # pixels down
    turn: float = 0.0  # degrees, clockwise
    scale: float = 1.0  # times as large as the anchor's
    quality: float = 1.0  # correlation of colours with the anchor where both are seen, at most 1
    unseen: float = 0.0  # share of the anchor's part that is outside of the picture


HERE = Placement()  # of a picture that is taken as it is


def of_table(table: dict[str, np.ndarray], rows: Sequence[int] | np.ndarray | slice = slice(None)) -> list[Placement]:
    """The placements of (some of) a table's rows, from its column `placement`; none where it has no such column."""
    return [Placement(*row) for row in table["placement"][rows].tolist()] if "placement" in table else []


def unseen_warning(placement: Placement) -> str:
    """A sentence where a part is not wholly in view; else empty."""
    if placement.unseen < TOLD_UNSEEN:
        return ""
    return (
        f"{100 * placement.unseen:.0f} % of the part is out of view and was not inspected; let the photo show all of it"
    )


def points_as_taken(points: np.ndarray, placement: Placement, picture: tuple[int, int]) -> np.ndarray:
    """Points (n, 2) of the registered picture, (width, height), as points of the picture as taken."""
    turned, moved = _motion(placement, picture)
    return points @ turned.T + moved


def unseen_places(placement: Placement, picture: tuple[int, int], size: int) -> np.ndarray:
    """The places of a mosaic of `size` a side that the picture, (width, height), does not show whole: (size^2,) bool.

    The places beside these see them, too. Leaving those out as well was tried: parts that lie wrong are found less
    often, with as many false alarms.
    """
    edges = np.arange(size + 1)[:, None] / size * picture
    corners = np.stack(np.meshgrid(edges[:, 0], edges[:, 1]), axis=-1)
    there = points_as_taken(corners.reshape(-1, 2), placement, picture)
    seen = ((there >= 0) & (there <= picture)).all(axis=1).reshape(size + 1, size + 1)
    return ~(seen[:-1, :-1] & seen[:-1, 1:] & seen[1:, :-1] & seen[1:, 1:]).ravel()


def values_as_taken(values: np.ndarray, placement: Placement, scale: float = 1.0) -> np.ndarray:
    """Values of the registered picture's pixels, (height, width, ...), where the picture as taken has them; else 0.

    `scale`: by how much the values are larger than the picture that `placement` is of.
    """
    if placement[:4] == HERE[:4]:
        return values
    size = values.shape[1::-1]
    return cv2.warpAffine(
        values, motion_matrix(scale_placement(placement, scale, scale), size), size, flags=cv2.INTER_LINEAR
    )


def register_mask(mask: np.ndarray, placement: Placement) -> np.ndarray:
    """A picture's mask, (height, width) bool, where the registered picture has it; False out of view."""
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(
        mask.astype(np.uint8), motion_matrix(placement, mask.shape[::-1]), mask.shape[::-1], flags=flags
    )
    return moved > 0


def warp(values: np.ndarray, placement: Placement, filling: np.ndarray | None = None) -> np.ndarray:
    """A picture brought to where the anchor has its part; out of view it is `filling`, else the picture's edge."""
    size = values.shape[1::-1]
    border = cv2.BORDER_REPLICATE if filling is None else cv2.BORDER_TRANSPARENT
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(values, motion_matrix(placement, size), size, dst=filling, flags=flags, borderMode=border)


def motion_matrix(placement: Placement, size: tuple[int, int]) -> np.ndarray:
    """The motion as OpenCV has it, (2, 3): its points count from the middle of the first pixel."""
    # Number by number, which is faster than by arrays: registration tries 70 motions a photo.
    angle, right, down = math.radians(placement.turn), (size[0] - 1) / 2, (size[1] - 1) / 2
    cosine, sine = placement.scale * math.cos(angle), placement.scale * math.sin(angle)
    x, y = right + placement.x - cosine * right + sine * down, down + placement.y - sine * right - cosine * down
    return np.array([[cosine, -sine, x], [sine, cosine, y]])


def scale_placement(placement: Placement, across: float, down: float) -> Placement:
    """The placement in a picture that is so many times as wide and as high."""
    return placement._replace(x=placement.x * across, y=placement.y * down)


def _motion(placement: Placement, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """(2, 2) and (2,): a point p of the anchor's lies at matrix p + vector in the picture, of (width, height)."""
    angle, middle = np.deg2rad(placement.turn), np.array(size) / 2
    turned = placement.scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return turned, middle + placement[:2] - turned @ middle
