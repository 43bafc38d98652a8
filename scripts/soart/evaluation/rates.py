"""Rates: how good a detector is: ranking, rates at its alarm, and where it points, each with its uncertainty.

Scores are larger for worse images. A mask is the true pixels of an error, (height, width) bool. A heat map is
(size, size), and each pixel of the picture has the heat of its place. Images are looked at one after the other. Their
pixels are counted by steps of heat: a few megabytes, however many images there are.
"""

from collections.abc import Iterable
from functools import cache, reduce
from itertools import islice
from typing import NamedTuple, Self

import cv2
import numpy as np

from soart import statistics
from soart.inspection import places

REGION_FALSE_ALARMS = 0.3  # the per-region overlap is averaged up to this share of false pixels
DROPPED = 12  # of a float32's 32 bits: steps of heat are 2048 a doubling
STEPS = 1 << (32 - DROPPED)
TOGETHER = 64  # images whose heat is counted at once: a matter of speed and memory alone


class Curve(NamedTuple):
    """Curve: the pixels of some images by their heat, in rising steps of heat that have any."""

    steps: np.ndarray  # (k,) of `_steps`
    pixels: np.ndarray  # (3, k): outside of the masks, inside, and inside as shares of their regions

    def plus(self, other: Self) -> Self:
        """The pixels of both."""
        steps, places = np.unique(np.concatenate([self.steps, other.steps]), return_inverse=True)
        both = np.concatenate([self.pixels, other.pixels], axis=1)
        return Curve(steps, np.stack([np.bincount(places, each, len(steps)) for each in both]))


NOTHING = Curve(np.zeros(0, np.int64), np.zeros((3, 0)))


class Pointed(NamedTuple):
    """Pointed: how a detector's heat lies to the true masks of one set's images."""

    marked: np.ndarray  # (images,) bool: whether a mask has a pixel; without one nothing is known of where
    hits: np.ndarray  # (images,) bool: `hit`
    curve: Curve  # of the marked images; of good ones, which have no mask, of all


class DetectorScores(NamedTuple):
    """DetectorScores: what one detector said of one set's images; a detector that does not point has no places."""

    scores: np.ndarray  # (images,)
    alarms: np.ndarray | None  # (images,) bool; None where too few good images allow no alarm
    pointed: Pointed | None = None  # None, too, where none of a set's images has a mask
    misfits: int = 0  # images beside these that were flagged without a score: their part was not found, or fits badly

    def all_scores(self, beyond: float) -> np.ndarray:
        """The scores with those of the misfits, `beyond` all others."""
        return np.append(self.scores, np.full(self.misfits, beyond))

    @property
    def all_alarms(self) -> np.ndarray | None:
        """The alarms with those of the misfits: flagged."""
        return None if self.alarms is None else np.append(self.alarms, np.ones(self.misfits, bool))


def evaluation_table(detector: str, normal: DetectorScores, kinds: dict[str, DetectorScores]) -> list[dict]:
    """One row for each error kind, and one, `all`, for them together. A value that cannot be had is None."""
    sets = dict(kinds)
    if len(kinds) > 1:
        sets["all"] = _together(list(kinds.values()))
    return [{"detector": detector, "kind": kind, **_row(normal, judged)} for kind, judged in sets.items()]


def _row(normal: DetectorScores, errors: DetectorScores) -> dict:
    beyond = max(normal.scores.max(), errors.scores.max()) + 1
    good, bad = normal.all_scores(beyond), errors.all_scores(beyond)
    row = {"images": len(bad), "normals": len(good)}
    row |= _spread("auroc", statistics.auroc_with_interval(good, bad))
    row["aupr"] = statistics.average_precision(good, bad)
    row |= _spread("detection", _share(errors.all_alarms))
    row |= _spread("false_alarm_rate", _share(normal.all_alarms))
    alarms = normal.alarms is not None and errors.alarms is not None
    row["f1"] = statistics.f1(normal.all_alarms, errors.all_alarms) if alarms else None
    where = errors.pointed
    located = where.hits[errors.alarms & where.marked] if where and errors.alarms is not None else None
    row |= _spread("located", _share(located))
    maps = where and normal.pointed and where.marked.any()
    curve = normal.pointed.curve.plus(where.curve) if maps else None
    row["pixel_auroc"] = pixel_auroc(curve) if maps else None
    row["aupro"] = aupro(curve) if maps else None
    return row


def _share(flags: np.ndarray | None) -> tuple:
    """The rate of flags that are up, with its interval; gaps where there are none."""
    return (None, None, None) if flags is None or not len(flags) else statistics.rate(flags.sum(), len(flags))


def _spread(name: str, triple: tuple) -> dict:
    return dict(zip((name, f"{name}_low", f"{name}_high"), triple, strict=True))


def _together(parts: list[DetectorScores]) -> DetectorScores:
    alarms, pointed = [part.alarms for part in parts], None
    if any(part.pointed for part in parts):
        nowhere = [np.zeros(len(part.scores), bool) for part in parts]
        pointed = joined([part.pointed or Pointed(*2 * [no], NOTHING) for part, no in zip(parts, nowhere, strict=True)])
    return DetectorScores(
        np.concatenate([part.scores for part in parts]),
        None if any(each is None for each in alarms) else np.concatenate(alarms),
        pointed,
        sum(part.misfits for part in parts),
    )


def joined(parts: list[Pointed]) -> Pointed:
    """Return where a detector pointed in the images of several parts, in order."""
    marked, hits = (np.concatenate([getattr(part, name) for part in parts]) for name in ("marked", "hits"))
    return Pointed(marked, hits, reduce(Curve.plus, (part.curve for part in parts)))


def pointed(images: Iterable[tuple[np.ndarray | None, ...]], picture: tuple[int, int]) -> Pointed:
    """Look at images one after the other: the heat of each, (size, size), and its mask; None where all is good.

    Where some places do not count, these follow, as `hit` takes them. `picture`: their (width, height).
    """
    marked, hits, curve, images = [], [], NOTHING, iter(images)
    while group := list(islice(images, TOGETHER)):
        counted = []
        for heat, mask, *hidden in group:
            marked.append(mask is not None and bool(mask.any()))
            hits.append(marked[-1] and hit(heat, mask, *hidden))
            if mask is None or marked[-1]:
                counted.append((heat, _pixels(mask, len(heat), picture)))
        if counted:
            curve = curve.plus(_curve(*(np.stack(each) for each in zip(*counted, strict=True))))
    return Pointed(np.array(marked, bool), np.array(hits, bool), curve)


def hit(heat: np.ndarray, mask: np.ndarray, hidden: np.ndarray | None = None) -> bool:
    """Return whether an image's strongest place lies in the true mask grown by one place.

    It is never one that is `hidden`, (size^2,) bool: outside of the region of interest, or out of view. There a heat
    map has what is resampled from places beside. The place counts by its centre; the mask grows by the size of a place
    to all eight sides.
    """
    if hidden is not None and hidden.all():
        return False
    heat, near = places.counted(heat, hidden), []
    for at, size, edge in zip(np.unravel_index(heat.argmax(), heat.shape), heat.shape, mask.shape, strict=True):
        # a pixel's centre is half a pixel beyond its index
        near.append(np.flatnonzero(np.abs(np.arange(edge) + 0.5 - (at + 0.5) * edge / size) <= edge / size))
    return bool(mask[np.ix_(*near)].any())


def pixel_auroc(curve: Curve) -> float:
    """AUROC of all pixels of all images, those in a mask against the others."""
    outside, inside, _ = curve.pixels
    false, true = _roc(outside, inside)
    return float(np.trapezoid(true, false))


def aupro(curve: Curve) -> float:
    """Area under the per-region overlap (AUPRO): averaged over false pixel rates from 0 to 0.3; 1 is perfect.

    At each threshold, the share of a region's pixels that are at least as hot, averaged over all regions of all masks
    (8-connected): a small error counts as much as a large one. Against the share of pixels outside the masks that are
    as hot; linear between thresholds. Source: Bergmann et al., "The MVTec
    Anomaly Detection Dataset", International Journal of Computer Vision 129, 2021, section 5.
    """
    outside, _, shares = curve.pixels
    false, true = _roc(outside, shares)
    beyond = np.searchsorted(false, REGION_FALSE_ALARMS)  # the first threshold at or beyond the limit
    part = (REGION_FALSE_ALARMS - false[beyond - 1]) / (false[beyond] - false[beyond - 1])
    end = true[beyond - 1] + part * (true[beyond] - true[beyond - 1])
    area = np.trapezoid(np.append(true[:beyond], end), np.append(false[:beyond], REGION_FALSE_ALARMS))
    return float(area / REGION_FALSE_ALARMS)


def _pixels(mask: np.ndarray | None, size: int, picture: tuple[int, int]) -> np.ndarray:
    """Pixels of each place outside of a mask, inside, and inside as shares of their regions: (3, size, size)."""
    across, down = (_places(edge, size) for edge in picture)
    whole = np.outer(np.bincount(down, minlength=size), np.bincount(across, minlength=size)).astype(np.float64)
    if mask is None:
        return np.stack([whole, np.zeros_like(whole), np.zeros_like(whole)])
    y, x = mask.nonzero()
    regions = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[1][y, x]
    shares = (1 / np.maximum(np.bincount(regions), 1))[regions]
    place = down[y] * size + across[x]
    inside, shares = (np.bincount(place, each, size**2).reshape(size, size) for each in (np.ones(len(place)), shares))
    return np.stack([whole - inside, inside, shares])


@cache
def _places(edge: int, size: int) -> np.ndarray:
    """The place, along one side, in which each pixel lies by its centre: (edge,)."""
    return ((np.arange(edge) + 0.5) * size / edge).astype(int)


def _curve(heat: np.ndarray, pixels: np.ndarray) -> Curve:
    """The curve of images: heat (n, size, size) and `_pixels` of each (n, 3, size, size)."""
    steps = _steps(heat).ravel()
    there = np.flatnonzero(np.bincount(steps, minlength=STEPS))
    return Curve(there, np.stack([np.bincount(steps, each.ravel(), STEPS)[there] for each in pixels.swapaxes(0, 1)]))


def _steps(heat: np.ndarray) -> np.ndarray:
    """The step of each value, as a whole number that rises with it: the upper bits of a float32."""
    values = statistics.finite("heat", heat).astype(np.float32) + np.float32(0)  # no -0
    bits = values.view(np.int32).astype(np.int64)
    return np.where(bits < 0, -1 - bits, bits + (1 << 31)) >> DROPPED


def _roc(outside: np.ndarray, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """False and true rates at every step from the hottest on, from (0, 0) to (1, 1)."""
    if not inside.any() or not outside.any():
        raise ValueError("a pixel ranking needs pixels inside and outside the masks")
    sums = (np.cumsum(each[::-1]) for each in (outside, inside))
    return tuple(np.append(0.0, each / each[-1]) for each in sums)
