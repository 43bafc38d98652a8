"""Registration: where a part lies in its picture, and the picture with the part where the anchor has it.

The anchor is a picture of the part in the wanted place. First comes the cross-correlation of colours (less their
median) with the anchor turned in steps, on a small copy; then the enhanced correlation coefficient (ECC) on one twice
as large. Chosen by measurement among phase correlation, features and others: benchmarks/registration. Source of ECC:
Evangelidis and Psarakis, "Parametric image alignment using enhanced correlation coefficient maximization", 2008.
"""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from soart.photos import brightness, geometry
from soart.photos import decoding as photos
from soart.photos.geometry import Placement

METHODS = {"translation": cv2.MOTION_TRANSLATION, "rigid": cv2.MOTION_EUCLIDEAN}
COARSE, FINE = 64, 128  # pixels, longer side of the small copies
TURNS = np.arange(-16.0, 17.0, 2.0)  # where ECC starts from; it finds what is a step or two beyond
STEPS = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 50, 1e-4)  # of ECC, at most; gain at which it ends
BLUR = 5  # pixels of the small copies


class Unregistered(ValueError):
    """A picture that does not show the anchor's part, or too little of it."""


class Limits(NamedTuple):
    """When a picture is registered; the defaults were measured on drawn parts."""

    quality: float = 0.75  # at least; defective parts, too: 0.79 or more; turned by 90 degrees: up to 0.72; others: 0.3
    unseen: float = 0.3  # at most; moved by 10 % each way and turned by 10 degrees: up to 0.19; by 40 %: 0.39

    def let_pass(self, placement: Placement) -> bool:
        """Whether a picture that lies so is registered."""
        return placement.quality >= self.quality and placement.unseen <= self.unseen


MEASURED = Limits()


class Anchor(NamedTuple):
    """The picture on which others are registered, and what is worked out from it once."""

    picture: np.ndarray  # (height, width, 3) uint8, BGR
    method: str  # of `METHODS`
    turned: np.ndarray  # spectra of the coarse copy turned by each angle, conjugate
    turns: np.ndarray  # those angles
    coarse: np.ndarray  # small copies: float32, BGR
    fine: np.ndarray
    limits: Limits


def read_anchor(path: str, method: str, limits: dict) -> Anchor | None:
    """The anchor in a picture's file, `limits` as the configuration has them; None without a path."""
    return anchor(photos.read(path), method, path, Limits(**limits)) if path else None


def anchor(picture: np.ndarray, method: str, path: str, limits: Limits = MEASURED) -> Anchor:
    """What `registered` needs of the anchor, (height, width, 3) uint8 BGR; `ValueError` where it is of one colour."""
    coarse, fine = small(picture, COARSE), small(picture, FINE)
    centred = coarse - _median(coarse)
    if not centred.any():
        raise ValueError(f"{path}: expected a picture of a part to register others on, got one colour everywhere")
    turns = TURNS if method == "rigid" else np.zeros(1)
    copies = np.stack([geometry.as_taken(centred, Placement(turn=turn)) for turn in turns])
    copies /= np.sqrt(np.square(copies).sum(axis=(1, 2, 3), keepdims=True))
    return Anchor(picture, method, np.conj(_spectrum(copies)), turns, coarse, fine, limits)


def registered(picture: np.ndarray, anchor: Anchor, path: str) -> tuple[np.ndarray, Placement]:
    """The picture, (height, width, 3) uint8 BGR of the anchor's size, with its part where the anchor's is; how it lay.

    What the picture does not show is taken from the anchor, as bright as the picture is beside it. Raises
    `Unregistered` where the picture does not fit the anchor, or shows too little of it.
    """
    placement, limits = found(picture, anchor), anchor.limits
    if placement.quality < limits.quality:
        raise Unregistered(
            f"{path}: not registered: expected a correlation with the standard of at least {limits.quality} "
            f"(registration_limits: quality), got {placement.quality:.2f}; photograph the same part, the same side up "
            "and not turned by much"
        )
    if placement.unseen > limits.unseen:
        raise Unregistered(
            f"{path}: not registered: expected at most {100 * limits.unseen:.0f} % of the part's picture to be out of "
            f"view (registration_limits: unseen), got {100 * placement.unseen:.0f} %; the part lies "
            f"({round(placement.x)}, {round(placement.y)}) pixels and {round(placement.turn)} degrees from the "
            "standard's place: move it there"
        )
    filling = cv2.convertScaleAbs(anchor.picture, alpha=_gain(picture, placement, anchor))
    return geometry.warped(picture, placement, filling), placement


def found(picture: np.ndarray, anchor: Anchor) -> Placement:
    """Where the anchor's part lies in a picture of the anchor's size, with the quality of the best fit."""
    start = _coarsely(small(picture, COARSE), anchor)
    factor = np.array(picture.shape[1::-1]) / anchor.fine.shape[1::-1]
    x, y, turn = _finely(small(picture, FINE), start, anchor)
    placement = Placement(float(x * factor[0]), float(y * factor[1]), float(turn))
    quality, unseen = _fit(small(picture, COARSE), placement, anchor)
    return placement._replace(quality=quality, unseen=unseen)


def best_anchor(anchors: Sequence[Anchor]) -> int:
    """Which of some anchors the others' pictures fit best, and lie most fully in view of: the first of equals.

    The largest sum over the others of quality x (1 - unseen), of which one that is not registered counts nothing.
    """
    sums = np.zeros(len(anchors))
    for number, one in enumerate(anchors):
        placements = [found(other.picture, one) for other in anchors if other is not one]
        sums[number] = sum(each.quality * (1 - each.unseen) for each in placements if one.limits.let_pass(each))
    return int(sums.argmax())


# --- the parts of it -------------------------------------------------------------------------------------------------


def small(picture: np.ndarray, side: int) -> np.ndarray:
    """A blurred copy whose longer side has so many pixels: float32, BGR."""
    height, width = picture.shape[:2]
    scale = side / max(width, height)
    size = (max(round(width * scale), 8), max(round(height * scale), 8))
    copy = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return cv2.GaussianBlur(copy, (BLUR, BLUR), 0)


def _coarsely(copy: np.ndarray, anchor: Anchor) -> Placement:
    """The turn, and the shift in whole pixels, at which the anchor's coarse copy agrees best with a picture's."""
    agreement = np.fft.irfft2((_spectrum(copy - _median(copy)) * anchor.turned).sum(axis=-1), axes=(1, 2))
    turn, *shift = np.unravel_index(agreement.argmax(), agreement.shape)
    sides = agreement.shape[1:]
    y, x = (int(at) - side * (at > side // 2) for at, side in zip(shift, sides, strict=True))
    return Placement(x, y, float(anchor.turns[turn]))


def _finely(copy: np.ndarray, start: Placement, anchor: Anchor) -> tuple[float, float, float]:
    """Shift and turn by ECC on the fine copies, from the coarse result; that result where ECC does not converge."""
    size = copy.shape[1::-1]
    factors = np.array(size) / anchor.coarse.shape[1::-1]
    start = geometry.scaled(start, *factors)
    before = geometry.matrix(start, size).astype(np.float32)
    try:
        _, matrix = cv2.findTransformECC(anchor.fine, copy, before, METHODS[anchor.method], STEPS, None, 1)
    except cv2.error:  # nothing in common
        return start[:3]
    middle = np.array(size) / 2
    x, y = matrix[:, :2] @ (middle - 0.5) + matrix[:, 2] + 0.5 - middle
    return x, y, np.rad2deg(np.arctan2(matrix[1, 0], matrix[0, 0]))


def _fit(copy: np.ndarray, placement: Placement, anchor: Anchor) -> tuple[float, float]:
    """Correlation of colours, each less its mean, over what both show; and the share that the picture does not show."""
    there = _seen(placement, anchor)
    if not there.any():
        return 0.0, 1.0
    factors = np.array(copy.shape[1::-1]) / anchor.picture.shape[1::-1]
    moved = geometry.warped(copy, geometry.scaled(placement, *factors))
    mine, theirs = (values[there].astype(np.float64) for values in (moved, anchor.coarse))
    mine, theirs = mine - mine.mean(axis=0), theirs - theirs.mean(axis=0)
    size = np.sqrt((mine**2).sum() * (theirs**2).sum())
    return float((mine * theirs).sum() / size) if size > 0 else 0.0, float(1 - there.mean())


def _seen(placement: Placement, anchor: Anchor) -> np.ndarray:
    """Which pixels of the anchor's coarse copy the picture shows: (height, width) bool."""
    high, wide = anchor.coarse.shape[:2]
    size = np.array(anchor.picture.shape[1::-1])
    middles = np.stack(np.meshgrid(np.arange(wide) + 0.5, np.arange(high) + 0.5), axis=-1) * (size / (wide, high))
    there = geometry.points_as_taken(middles.reshape(-1, 2), placement, tuple(size))
    return ((there >= 0) & (there <= size)).all(axis=1).reshape(high, wide)


def _gain(picture: np.ndarray, placement: Placement, anchor: Anchor) -> float:
    """How bright the picture is beside the anchor: the median ratio of their values where both are seen."""
    copy, there = small(picture, COARSE), _seen(placement, anchor)
    factors = np.array(copy.shape[1::-1]) / picture.shape[1::-1]
    measured = geometry.warped(copy, geometry.scaled(placement, *factors))[there]
    return brightness.sensitivity(measured, anchor.coarse[there], brightness.FLOOR, 1)


def _median(copy: np.ndarray) -> np.ndarray:
    return np.median(copy.reshape(-1, 3), axis=0)


def _spectrum(copies: np.ndarray) -> np.ndarray:
    """Spectra of copies, (..., height, width, 3), with room around them for a shift by half of the side."""
    sides = tuple(side + side // 2 for side in copies.shape[-3:-1])
    return np.fft.rfft2(copies, sides, axes=(-3, -2))
