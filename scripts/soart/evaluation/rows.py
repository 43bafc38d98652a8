"""Rows: how good a detector is: ranking, rates at its alarm, and where it points, each with its uncertainty.

Scores are larger for worse images. Masks are the true pixels of an error, (images, height, width) bool;
heat maps are (images, size, size), and each pixel of the picture has the heat of the place it lies in.
scikit-learn and scipy are imported where they are used, because they take a second to load.
"""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import numpy as np

from soart import statistics

REGION_FALSE_ALARMS = 0.3  # the per-region overlap is averaged up to this share of false pixels


class Judged(NamedTuple):
    """Judged: what one detector said of one set's images; a detector that does not point has no heat."""

    scores: np.ndarray  # (images,)
    alarms: np.ndarray | None  # (images,) bool; None where too few good images allow no alarm
    heat: np.ndarray | None = None  # (images, size, size)


def table(detector: str, normal: Judged, kinds: dict[str, Judged], masks: dict[str, np.ndarray]) -> list[dict]:
    """One row for each error kind, and one, `all`, for them together. A value that cannot be had is None."""
    sets = dict(kinds)
    if len(kinds) > 1:
        sets["all"] = _together(list(kinds.values()))
        if all(kind in masks for kind in kinds):
            masks = {**masks, "all": np.concatenate([masks[kind] for kind in kinds])}
    return [
        {"detector": detector, "kind": kind, **_row(normal, judged, masks.get(kind))} for kind, judged in sets.items()
    ]


def _row(normal: Judged, errors: Judged, masks: np.ndarray | None) -> dict:
    row = {"images": len(errors.scores), "normals": len(normal.scores)}
    row |= _spread("auroc", statistics.auroc_with_interval(normal.scores, errors.scores))
    row["aupr"] = statistics.average_precision(normal.scores, errors.scores)
    row |= _spread("detection", _share(errors.alarms))
    row |= _spread("false_alarm_rate", _share(normal.alarms))
    alarms = normal.alarms is not None and errors.alarms is not None
    row["f1"] = statistics.f1(normal.alarms, errors.alarms) if alarms else None
    where = masks is not None and errors.heat is not None
    marked = masks.any(axis=(1, 2)) if where else np.zeros(0, bool)  # a mask without a pixel says nothing of where
    flagged = errors.alarms & marked if where and errors.alarms is not None else np.zeros(0, bool)
    found = hits(errors.heat[flagged], masks[flagged]) if flagged.any() else flagged[:0]
    row |= _spread("located", _share(found))
    maps = where and normal.heat is not None and marked.any()
    heat = np.concatenate([normal.heat, errors.heat[marked]]) if maps else None
    truth = np.concatenate([np.zeros((len(normal.heat), *masks.shape[1:]), bool), masks[marked]]) if maps else None
    row["pixel_auroc"] = pixel_auroc(heat, truth) if maps else None
    row["aupro"] = aupro(heat, truth) if maps else None
    return row


def _share(flags: np.ndarray | None) -> tuple:
    """The rate of flags that are up, with its interval; gaps where there are none."""
    return (None, None, None) if flags is None or not len(flags) else statistics.rate(flags.sum(), len(flags))


def _spread(name: str, triple: tuple) -> dict:
    return dict(zip((name, f"{name}_low", f"{name}_high"), triple, strict=True))


def _together(parts: list[Judged]) -> Judged:
    heat, alarms = [part.heat for part in parts], [part.alarms for part in parts]
    return Judged(
        np.concatenate([part.scores for part in parts]),
        None if any(each is None for each in alarms) else np.concatenate(alarms),
        None if any(each is None for each in heat) else np.concatenate(heat),
    )


def hits(heat: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Return whether each image's strongest place lies in the true mask grown by one place, (images,) bool.

    The place counts by its centre; the mask grows by the size of a place to all eight sides.
    """
    (images, size, _), (height, width) = heat.shape, masks.shape[1:]
    row, column = np.unravel_index(heat.reshape(images, -1).argmax(axis=1), heat.shape[1:])
    y, x = (row + 0.5) * height / size, (column + 0.5) * width / size
    tall, wide = height / size, width / size
    # A pixel's centre is half a pixel beyond its index.
    near_y = np.abs(np.arange(height) + 0.5 - y[:, None]) <= tall
    near_x = np.abs(np.arange(width) + 0.5 - x[:, None]) <= wide
    return (masks & near_y[:, :, None] & near_x[:, None, :]).any(axis=(1, 2))


def pixel_auroc(heat: np.ndarray, masks: np.ndarray) -> float:
    """AUROC of all pixels of all images, those in a mask against the others."""
    inside = _per_place(masks, heat.shape[1])
    false, true = _roc(heat, inside, _areas(masks, heat.shape[1]) - inside)
    return float(np.trapezoid(true, false))


def aupro(heat: np.ndarray, masks: np.ndarray) -> float:
    """Area under the per-region overlap (AUPRO): averaged over false pixel rates from 0 to 0.3; 1 is perfect.

    At each threshold, the share of a region's pixels that are at least as hot, averaged over all regions of
    all masks (8-connected), so that a small error counts as much as a large one; against the share of
    pixels outside the masks that are as hot; linear between thresholds. Source: Bergmann et al., "The MVTec
    Anomaly Detection Dataset", International Journal of Computer Vision 129, 2021, section 5.
    """
    size = heat.shape[1]
    shares = _per_place((_region_shares(mask) for mask in masks), size)
    false, true = _roc(heat, shares, _areas(masks, size) - _per_place(masks, size))
    beyond = np.searchsorted(false, REGION_FALSE_ALARMS)  # the first threshold at or beyond the limit
    part = (REGION_FALSE_ALARMS - false[beyond - 1]) / (false[beyond] - false[beyond - 1])
    end = true[beyond - 1] + part * (true[beyond] - true[beyond - 1])
    area = np.trapezoid(np.append(true[:beyond], end), np.append(false[:beyond], REGION_FALSE_ALARMS))
    return float(area / REGION_FALSE_ALARMS)


def _region_shares(mask: np.ndarray) -> np.ndarray:
    """1 / (pixels of its region) for each pixel of a mask, 0 outside: (height, width)."""
    from scipy.ndimage import label

    if not mask.any():
        return mask
    regions, _ = label(mask, structure=np.ones((3, 3)))
    pixels = np.bincount(regions.ravel())
    return np.where(mask, (1 / pixels)[regions], 0)


def _per_place(images: Iterable[np.ndarray], size: int) -> np.ndarray:
    """Sums over the pixels of each place, (height, width) each -> (images, size, size)."""
    result = []
    for values in images:  # one by one, because pixels in float64 are large
        down, across = (_membership(edge, size) for edge in values.shape)
        result.append(down @ values @ across.T if values.any() else np.zeros((size, size)))
    return np.stack(result)


def _areas(masks: np.ndarray, size: int) -> np.ndarray:
    """Pixels of each place, (size, size)."""
    down, across = (_membership(edge, size).sum(axis=1) for edge in masks.shape[1:])
    return np.outer(down, across)


@cache
def _membership(edge: int, size: int) -> np.ndarray:
    """1 where a pixel (column) lies in a place (row) by its centre: (size, edge)."""
    places = ((np.arange(edge) + 0.5) * size / edge).astype(int)
    return (places == np.arange(size)[:, None]).astype(np.float64)


def _roc(heat: np.ndarray, inside: np.ndarray, outside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """False and true rates at every threshold, from (0, 0) to (1, 1); the two weigh each place's heat."""
    if not inside.any() or not outside.any():
        raise ValueError("a pixel ranking needs pixels inside and outside the masks")
    _, order = np.unique(-statistics.finite("heat", heat), return_inverse=True)
    curves = []
    for weights in (outside, inside):
        steps = np.cumsum(np.bincount(order.ravel(), weights=weights.ravel()))
        curves.append(np.append(0.0, steps / steps[-1]))
    return curves[0], curves[1]
