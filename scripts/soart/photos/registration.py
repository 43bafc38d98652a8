"""Registration: where a part lies in its picture, and the picture with the part where the anchor has it.

The anchor is a picture of the part in the wanted place. A part is looked for by correlation of colours with the anchor
in every turn and size. Least squares start from the best few of these, on the same small copy and on a larger one; then
from the best of them, on a third. All of it counts by the anchor's own contrast: a sheet of paper beside a part says
nothing of where the part is. Chosen by measurement among phase correlation, features and others:
benchmarks/registration. Source of the least squares: Baker and Matthews, "Lucas-Kanade 20 years on: a unifying
framework", 2004 (inverse compositional: all that is of the anchor is worked out once).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from soart.method import numbers
from soart.names import beyond
from soart.photos import brightness, geometry
from soart.photos.geometry import Placement

DEFAULTS = numbers("registration_limits")
TURNS = np.arange(-170.0, 181.0, 10.0)  # degrees in which a part is looked for; least squares find what is between
SCALES = np.array([0.8, 0.88, 0.95, 1.0, 1.06, 1.15, 1.25])  # likewise, times the anchor's size


class Method(NamedTuple):
    """Method: what may differ between a picture and the anchor, beside a shift."""

    turns: np.ndarray
    scales: np.ndarray
    motions: int  # so many count, of: right, down, turn, size


METHODS = {
    "translation": Method(np.zeros(1), np.ones(1), 2),
    "rigid": Method(TURNS, np.ones(1), 3),
    "similarity": Method(TURNS, SCALES, 4),
}
NONE, AUTO = "none", "auto"  # pictures are taken as they are; try what helps
COARSE, MIDDLE, FINE = 32, 64, 128  # pixels, longer side of the small copies
STARTS = 4  # turns and sizes from which least squares start
STEPS = {COARSE: 10, MIDDLE: 10, FINE: 20}  # of least squares, at most
LAST_STEP = 0.02  # pixels of a small copy, near its edge: a step so short is the last one
BLUR = 5  # pixels of the small copies
RIM = np.ones((5, 5), np.uint8)  # pixels of the middle copy, in which contrast is nearby
FAINT = 0.1  # of the largest contrast, in levels, from which on a pixel counts: a table's grain has less
LEAST_ENERGY = 0.01  # share of the largest variance of a picture's colours around a place, by which it is divided
LEAST_GAIN = 0.05  # contrast of a picture beside the anchor's from which a motion is believed
FLOOR = 8.0  # gray levels; least brightness that another is divided by


class Unregistered(ValueError):
    """A picture that does not show the anchor's part, or too little of it."""


class Limits(NamedTuple):
    """Limits: when a picture is registered."""

    quality: float = DEFAULTS["quality"]  # at least: benchmarks/registration
    unseen: float = DEFAULTS["unseen"]  # at most

    def let_pass(self, placement: Placement) -> bool:
        """Return whether a picture that lies so is registered."""
        return placement.quality >= self.quality and placement.unseen <= self.unseen


MEASURED = Limits()


class Anchor(NamedTuple):
    """The picture on which others are registered, and what is worked out from it once."""

    picture: np.ndarray  # (height, width, 3) uint8, BGR
    method: str  # of `METHODS`
    looked: tuple[Placement, ...]  # the turns and sizes in which it is looked for, in pixels of the coarse copy
    spectra: np.ndarray  # (3, looked, ...) complex64: of the coarse copy's colours in each of them, conjugate
    rooms: np.ndarray  # (scales, ...) complex64: of what counts around its middle, in each size, conjugate
    copies: dict[int, np.ndarray]  # small copies by their longer side: float32, BGR
    solvers: dict[int, np.ndarray]  # `_solver` of each of them
    middles: np.ndarray  # (n, 2): the middles of the middle copy's pixels, in pixels of the picture
    contrast: np.ndarray  # (height, width) of the middle copy: squared difference from the median colour; sum 1
    weights: np.ndarray  # likewise: how much each pixel counts
    limits: Limits


def make_anchor(picture: np.ndarray, method: str, path: str, limits: Limits = MEASURED) -> Anchor:
    """Return what `register` needs of the anchor, (height, width, 3) uint8 BGR; `ValueError` if of one colour."""
    copies = small_copies(picture)
    coarse, middle = (copies[side] - _median(copies[side]) for side in (COARSE, MIDDLE))
    contrast = np.square(middle).sum(axis=-1, dtype=np.float64)
    if contrast.max() < 1:  # a difference of one level nowhere
        raise ValueError(f"{path}: expected a picture of a part to register others on, got one colour everywhere")
    contrast /= contrast.sum()
    levels = np.sqrt(cv2.dilate(contrast, RIM))
    weights = np.maximum(levels - FAINT * levels.max(), 0)
    size, way = coarse.shape[1::-1], METHODS[method]
    point = _centre(contrast) * size / contrast.shape[::-1]
    looked = tuple(_turned_about(point, turn, scale, size) for turn in way.turns for scale in way.scales)
    seen = np.stack([geometry.values_as_taken(coarse, each) for each in looked])
    counts = np.stack([geometry.values_as_taken(_scaled(weights, coarse), each) for each in looked])
    counts /= counts.sum(axis=(1, 2), keepdims=True)
    seen -= np.einsum("nyx,nyxc->nc", counts, seen)[:, None, None]
    seen *= (counts / np.sqrt(np.einsum("nyx,nyxc->n", counts, np.square(seen)))[:, None, None])[..., None]
    spectra = np.conj(_spectrum(np.ascontiguousarray(seen.transpose(3, 0, 1, 2))))
    around = counts.reshape(len(way.turns), len(way.scales), *counts.shape[1:]).mean(axis=0)
    rooms = np.conj(_spectrum(around))
    solvers = {
        side: _solver(_inner(copy), _inner(_scaled(weights, copy)), way.motions) for side, copy in copies.items()
    }
    high, wide = contrast.shape
    middles = np.stack(np.meshgrid(np.arange(wide) + 0.5, np.arange(high) + 0.5), axis=-1).reshape(-1, 2)
    middles *= np.array(picture.shape[1::-1]) / (wide, high)
    return Anchor(picture, method, looked, spectra, rooms, copies, solvers, middles, contrast, weights, limits)


def register(picture: np.ndarray, anchor: Anchor, path: str) -> tuple[np.ndarray, Placement]:
    """The picture, (height, width, 3) uint8 BGR of the anchor's size, with its part where the anchor's is; how it lay.

    What the picture does not show is taken from the anchor, as bright as the picture is beside it. Raises
    `Unregistered` where the picture does not fit the anchor, or shows too little of it.
    """
    copies, limits = small_copies(picture), anchor.limits
    placement = locate(copies, anchor)
    if placement.quality < limits.quality:
        raise Unregistered(
            f"{path}: not registered: expected a correlation with the standard of at least {limits.quality} "
            f"(registration_limits: quality), got {beyond(placement.quality, limits.quality)}; photograph the same "
            "part, the same side up"
        )
    if placement.unseen > limits.unseen:
        high, wide = picture.shape[:2]  # the picture may be a reduced one: its pixels say nothing to a person
        across, down = round(100 * placement.x / wide), round(100 * placement.y / high)
        raise Unregistered(
            f"{path}: not registered: expected at most {100 * limits.unseen:.15g} % of the part to be out of "
            f"view (registration_limits: unseen), got {beyond(100 * placement.unseen, 100 * limits.unseen)} %; the "
            f"part lies {abs(across)} % of the width to the {'left' if across < 0 else 'right'} and {abs(down)} % of "
            f"the height {'above' if down < 0 else 'below'} the standard's place, turned by {round(placement.turn)} "
            "degrees: move it there"
        )
    filling = cv2.convertScaleAbs(anchor.picture, alpha=_gain(copies[MIDDLE], placement, anchor))
    return geometry.warp(picture, placement, filling), placement


def find_part(picture: np.ndarray, anchor: Anchor) -> Placement:
    """Return where the anchor's part lies in a picture of the anchor's size, with the quality of the best fit."""
    return locate(small_copies(picture), anchor)


def best_anchor(anchors: Sequence[Anchor]) -> int:
    """Return which of some anchors the others' pictures fit best, and lie most fully in view of: the first of equals.

    That is the largest sum over the others of quality x (1 - unseen); one that is not registered counts nothing.
    """
    sums = np.zeros(len(anchors))
    for number, one in enumerate(anchors):
        placements = [locate(other.copies, one) for other in anchors if other is not one]
        sums[number] = sum(_merit(each) for each in placements if one.limits.let_pass(each))
    return int(sums.round(6).argmax())  # finer is chance: copies have float32


def small_copies(picture: np.ndarray) -> dict[int, np.ndarray]:
    """Blurred copies of a picture by their longer side in pixels: float32, BGR."""
    height, width = picture.shape[:2]
    copies, source = {}, picture
    for side in (FINE, MIDDLE, COARSE):
        scale = side / max(width, height)
        size = (max(round(width * scale), 8), max(round(height * scale), 8))
        source = cv2.resize(source, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        copies[side] = cv2.GaussianBlur(source, (BLUR, BLUR), 0)
    return copies


def warp_copy(copy: np.ndarray, placement: Placement, anchor: Anchor) -> tuple[np.ndarray, np.ndarray]:
    """A picture's copy with the part where the anchor's copy has it, and which pixels it shows whole, bool."""
    own, whole = _resized(placement, anchor.picture, copy), np.full(copy.shape[:2], 255, np.uint8)
    return geometry.warp(copy, own), geometry.warp(whole, own, np.zeros_like(whole)) == 255


# --- the parts of it -------------------------------------------------------------------------------------------------


def locate(copies: dict[int, np.ndarray], anchor: Anchor) -> Placement:
    """`find_part` by the small copies of a picture."""
    starts = _coarsely(copies[COARSE], anchor)
    for side in (COARSE, MIDDLE):
        starts = [_finely(copies, side, each, anchor) for each in starts]
    best = max((_judged(each, copies, anchor) for each in starts), key=_merit)
    return _judged(_finely(copies, FINE, best, anchor), copies, anchor)


def _merit(placement: Placement) -> float:
    return placement.quality * (1 - placement.unseen)


def _coarsely(copy: np.ndarray, anchor: Anchor) -> list[Placement]:
    """The turns, sizes and shifts at which the anchor's coarse copy agrees best with a picture's, the best first.

    sum w a p / sqrt(sum v p^2 - (sum v p)^2): a are the anchor's colours less their mean, sum w a^2 = 1, p the
    picture's; w the anchor's weights, sum w = 1, v their mean over all turns. Of neighbouring turns and sizes only the
    best one is among them. Lengths are pixels of the anchor's picture.
    """
    offsets, way = copy - _median(copy), METHODS[anchor.method]
    spectrum = _spectrum(offsets.transpose(2, 0, 1))
    products = sum(mine * theirs for mine, theirs in zip(spectrum, anchor.spectra, strict=True))
    agreement = np.fft.irfft2(products, _room(copy.shape[:2]))
    moments = np.stack([*spectrum, _spectrum(np.square(offsets).sum(axis=-1))])
    *means, squares = np.fft.irfft2(moments[:, None] * anchor.rooms, _room(copy.shape[:2]))
    energy = squares - sum(np.square(each) for each in means)
    sides = agreement.shape[1:]
    agreement = agreement.reshape(len(way.turns), len(way.scales), *sides)
    agreement *= 1 / np.sqrt(np.maximum(energy, LEAST_ENERGY * (energy.max() or 1.0)))
    flat = agreement.reshape(len(anchor.looked), -1)
    best = flat.max(axis=1).reshape(len(way.turns), len(way.scales))
    starts = []
    while len(starts) < STARTS and np.isfinite(best.max()):
        turn, scale = np.unravel_index(best.argmax(), best.shape)
        number = turn * len(way.scales) + scale
        shift = np.unravel_index(flat[number].argmax(), sides)
        y, x = (int(at) - side * int(at > side // 2) for at, side in zip(shift, sides, strict=True))
        start = anchor.looked[number]
        starts.append(_resized(start._replace(x=start.x + x, y=start.y + y), copy, anchor.picture))
        beside = [(turn + step) % len(way.turns) for step in (-1, 0, 1)]
        best[beside, max(scale - 1, 0) : scale + 2] = -np.inf
    return starts


def _finely(copies: dict[int, np.ndarray], side: int, start: Placement, anchor: Anchor) -> Placement:
    """The placement by least squares on copies of `side`, from a start near it; the start where nothing is in common.

    Where the part should be, the picture shows gain x the anchor moved a little, plus a level a colour. The placement
    is moved back by that, until it stays. What the picture does not show is filled by the step before.
    """
    mine, theirs = (_inner(each[side]) for each in (copies, anchor.copies))
    found = _resized(start, anchor.picture, anchor.copies[side])
    contrast, filling = cv2.subtract(theirs, cv2.mean(theirs)), theirs.copy()
    for _ in range(STEPS[side]):
        seen = geometry.warp(mine, found, filling)
        gain, *moves = (anchor.solvers[side] @ seen.ravel()).tolist()
        if gain < LEAST_GAIN:
            return start
        x, y, turn, size = (each / gain for each in (*moves, 0.0, 0.0)[:4])
        step = abs(x) + abs(y) + side / 2 * (abs(turn) + abs(size))
        if step > side:
            return start
        found = _moved_back(found, x, y, turn, size)
        if step < LAST_STEP:
            break
        filling = cv2.add(gain * contrast, cv2.mean(seen))
    return _resized(found, anchor.copies[side], anchor.picture)


def _inner(copy: np.ndarray) -> np.ndarray:
    """A copy without its outermost pixels, which are partly what the blur took for what is beyond the edge."""
    return copy[1:-1, 1:-1]


def _scaled(weights: np.ndarray, copy: np.ndarray) -> np.ndarray:
    """Weights of the middle copy's pixels as those of another copy's: (height, width) float32."""
    return cv2.resize(weights, copy.shape[1::-1], interpolation=cv2.INTER_AREA).astype(np.float32)


def _solver(copy: np.ndarray, weights: np.ndarray, motions: int) -> np.ndarray:
    """Return the matrix, (1 + motions, values) float32, that tells gain and gain x motions of a copy's values.

    Least squares on the anchor's copy and on how it changes as it is moved right, down, turned (radians) and enlarged
    (logarithm) about its middle; each less its mean in a colour; all by `weights`, (height, width). What the anchor
    does not tell has 0.
    """
    height, width = copy.shape[:2]
    x, y = np.arange(width) + 0.5 - width / 2, np.arange(height)[:, None] + 0.5 - height / 2
    down, right = np.gradient(copy.astype(np.float64), axis=(0, 1))
    x, y = x[:, None], y[..., None]
    columns = np.stack([copy, right, down, x * down - y * right, x * right + y * down][: 1 + motions])
    columns -= (weights[..., None] * columns).sum(axis=(1, 2), keepdims=True) / weights.sum()
    weighted = (weights[..., None] * columns).reshape(len(columns), -1)
    columns = columns.reshape(len(columns), -1)
    return (np.linalg.pinv(columns @ weighted.T, 1e-6, hermitian=True) @ weighted).astype(np.float32)


def _moved_back(placement: Placement, x: float, y: float, turn: float, size: float) -> Placement:
    """The placement of a part that seems moved, turned (radians) and enlarged (logarithm) where it is."""
    turned, scale = math.remainder(placement.turn - math.degrees(turn), 360), placement.scale * math.exp(-size)
    cosine, sine = scale * math.cos(math.radians(turned)), scale * math.sin(math.radians(turned))
    return Placement(placement.x - cosine * x + sine * y, placement.y - sine * x - cosine * y, turned, scale)


def _judged(placement: Placement, copies: dict[int, np.ndarray], anchor: Anchor) -> Placement:
    """The placement with its quality and what is unseen.

    Correlation of colours, each less its mean, over what both show, weighted by the anchor's contrast in levels, the
    largest nearby, as far as it is not faint: what lies beside the part says nothing of it, but its rim belongs to it,
    without which a part of one colour would show nothing. Unseen is the share of the contrast that the picture does not
    show.
    """
    there = _seen(placement, anchor)
    weights = np.where(there, anchor.weights, 0)[..., None]
    if not weights.any():
        return placement._replace(quality=0.0, unseen=1.0)
    moved = geometry.warp(copies[MIDDLE], _resized(placement, anchor.picture, copies[MIDDLE]))
    mine, theirs = (_offsets(values, weights) for values in (moved, anchor.copies[MIDDLE]))
    size = np.sqrt(np.vdot(weights * mine, mine) * np.vdot(weights * theirs, theirs))
    quality = float(np.vdot(weights * mine, theirs) / size) if size > 0 else 0.0
    return placement._replace(quality=quality, unseen=float(anchor.contrast[~there].sum()))


def _seen(placement: Placement, anchor: Anchor) -> np.ndarray:
    """Return which pixels of the anchor's middle copy the picture shows: (height, width) bool."""
    width, height = anchor.picture.shape[1::-1]
    x, y = geometry.points_as_taken(anchor.middles, placement, (width, height)).T
    return ((x >= 0) & (x <= width) & (y >= 0) & (y <= height)).reshape(anchor.contrast.shape)


def _gain(copy: np.ndarray, placement: Placement, anchor: Anchor) -> float:
    """Return how bright the picture is beside the anchor: the median ratio of their values where both are seen."""
    there = _seen(placement, anchor)
    measured = geometry.warp(copy, _resized(placement, anchor.picture, copy))[there]
    return brightness.sensitivity(measured, anchor.copies[MIDDLE][there], FLOOR, 1)


def _resized(placement: Placement, source: np.ndarray, target: np.ndarray) -> Placement:
    """A placement in pixels of one picture, in those of another size's."""
    (height, width), (high, wide) = target.shape[:2], source.shape[:2]
    return geometry.scale_placement(placement, width / wide, height / high)


def _turned_about(point: np.ndarray, turn: float, scale: float, size: tuple[int, int]) -> Placement:
    """The placement of a part turned and scaled about a point (x, y), from the left and upper edge."""
    start = Placement(turn=float(turn), scale=float(scale))
    x, y = point - geometry.points_as_taken(point[None], start, size)[0]
    return start._replace(x=float(x), y=float(y))


def _centre(contrast: np.ndarray) -> np.ndarray:
    """The middle (x, y) of a part by its contrast, pixels from the left and upper edge."""
    return np.array([sums @ (np.arange(len(sums)) + 0.5) for sums in (contrast.sum(axis=0), contrast.sum(axis=1))])


def _offsets(copy: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """A copy's colours less their weighted mean: float64."""
    return copy - (weights * copy).sum(axis=(0, 1)) / weights.sum()


def _median(copy: np.ndarray) -> np.ndarray:
    return np.median(copy.reshape(-1, 3), axis=0).astype(np.float32)


def _room(size: tuple[int, ...]) -> tuple[int, ...]:
    """Height and width with room around a copy for a shift by half of the side."""
    return tuple(side + side // 2 for side in size)


def _spectrum(planes: np.ndarray) -> np.ndarray:
    """Spectra of planes, (..., height, width), with `_room` around them."""
    return np.fft.rfft2(planes, _room(planes.shape[-2:]))
