"""Two readings of a picture, and what distances good images have by each: at every place, and as scores.

The tolerant reading lets each judge take its best-matching word nearby, the strict one does not. The strict one sees
small errors that the other takes for movement, but needs more good images to know how good parts differ. n good
images, T places; a first axis of 2 is tolerant, strict.
"""

from collections.abc import Collection, Iterator
from typing import NamedTuple

import cv2
import numpy as np

from soart.inspection import calibration
from soart.inspection.distances import Settings


class Scale(NamedTuple):
    """Scale: what sqrt(E) of good images is at every place, by both readings: (2, T) float32 each."""

    expected: np.ndarray  # mu_t
    deviation: np.ndarray  # sd_t

    def distances(self, roots: np.ndarray) -> np.ndarray:
        """z_t = (sqrt(E_t) - mu_t) / sd_t by both readings: (2, T) float32, as the roots."""
        return (roots - self.expected) / self.deviation


def fit_scale(
    roots: Collection[np.ndarray],
    settings: Settings,
    hidden: np.ndarray | None = None,
    foreign: np.ndarray | None = None,
) -> tuple[Scale, np.ndarray]:
    """The scale of both readings, and the score of each good image as if it were new, (n,) float64.

    `roots` are n of (2, T), or of (v, 2, T) where each is seen in v versions: sqrt(E) of each good image, from the fold
    that held it out. mu and sd are those of all versions, the score is the highest. For an image's score its own
    sqrt(E) is taken out of the sums that give mu and sd (n - 1 images): left in, it would hide itself. The larger
    reading counts, so the strict one is brought to the scale of the tolerant one (see `align_readings`). With fewer
    than `strict_from` good images the strict one has no say: its mu is infinite. Images that are odd by the tolerant
    reading (`calibration.find_odd`), or `foreign`, (n,) bool, do not count in mu and sd: one of them would make every
    place seem to vary.
    `hidden`, (n, T) bool: places of each image that do not count: in its score, in mu, in sd.
    """
    foreign = np.zeros(len(roots), bool) if foreign is None else foreign
    odd = calibration.find_odd(_scores(roots, foreign, settings, hidden)[:, 0], foreign=foreign)
    scores, whole = _scores(roots, odd, settings, hidden), place_moments(*_sums(roots, odd, hidden), settings)
    if len(roots) < settings.strict_from:
        return align_readings(whole, 1.0, -np.inf), scores[:, 0]
    (_, start, excess), (_, strict_start, strict_excess) = map(calibration.upper_fifth, scores[~odd].T)
    factor = excess / strict_excess
    offset = start - factor * strict_start
    held_out = np.empty(len(roots))
    for image, (root, scale, apart) in enumerate(_left_out(roots, odd, settings, hidden)):
        z = align_readings(scale, factor, offset).distances(root).max(axis=-2)
        held_out[image] = top_mean(z, settings.top, apart).max()
    return align_readings(whole, factor, offset), held_out


def place_moments(counts: int | np.ndarray, sums: np.ndarray, squares: np.ndarray, settings: Settings) -> Scale:
    """mu_t and sd_t from the sums of sqrt(E) and of E over good images, (2, T) float64 each.

    `counts`, n_t: in how many images a place counts, one number or (T,); what is out of view or of the region of
    interest does not. Each is drawn towards what all places have: mu_t = (n_t mean_t + prior mean) / (n_t + prior),
    sd_t^2 = (n_t var_t + prior V) / (n_t + prior), V the variance over all images and places. By the strict reading
    sd_t is at least `strict_floor` of the largest within `strict_reach` places: where edges move, one place may have
    been spared.
    """
    prior, seen, every = settings.prior, np.maximum(counts, 1), max(float(np.mean(counts)), 1e-9)
    mean, pooled = sums / seen, sums.mean(axis=1, keepdims=True) / every
    variance = np.maximum(squares / seen - mean**2, 0)
    overall = squares.mean(axis=1, keepdims=True) / every - pooled**2
    expected = (counts * mean + prior * pooled) / (counts + prior)
    deviation = np.sqrt((counts * variance + prior * overall) / (counts + prior)).astype(np.float32)
    around = np.ones((2 * settings.strict_reach + 1,) * 2, np.uint8)
    largest = cv2.dilate(deviation[1].reshape(settings.size, settings.size), around).ravel()
    deviation[1] = np.maximum(deviation[1], settings.strict_floor * largest)
    return Scale(expected.astype(np.float32), deviation)


def align_readings(scale: Scale, factor: float, offset: float) -> Scale:
    """The scale by which the strict distances z become factor z + offset.

    `fit_scale` chooses both: by either reading the upper fifth of the good images' scores then starts at the same
    distance and exceeds it by the same mean.
    """
    expected, deviation = (each.copy() for each in scale)
    deviation[1] /= factor
    expected[1] -= deviation[1] * offset
    return Scale(expected, deviation)


def top_mean(distances: np.ndarray, top: int, hidden: np.ndarray | None = None) -> np.ndarray:
    """The mean of the `top` largest along the last axis (float64); of all where they are fewer, 0 where there is none.

    `hidden`, (T,) bool: places that do not count.
    """
    distances = distances if hidden is None else distances[..., ~hidden]
    top = min(top, distances.shape[-1])
    if not top:
        return np.zeros(distances.shape[:-1])
    return np.partition(distances, -top, axis=-1)[..., -top:].mean(axis=-1, dtype=np.float64)


def _scores(
    roots: Collection[np.ndarray], odd: np.ndarray, settings: Settings, hidden: np.ndarray | None
) -> np.ndarray:
    """The score of each image by either reading, left out of mu and sd, as the odd ones are: (n, 2)."""
    left_out = _left_out(roots, odd, settings, hidden)
    scores = [top_mean(scale.distances(root), settings.top, apart) for root, scale, apart in left_out]
    return np.stack([each.reshape(-1, 2).max(axis=0) for each in scores])


def _left_out(
    roots: Collection[np.ndarray], odd: np.ndarray, settings: Settings, hidden: np.ndarray | None
) -> Iterator[tuple[np.ndarray, Scale, np.ndarray | None]]:
    """Each image's sqrt(E), the scale of those that are not odd, without itself, and what of it does not count."""
    counts, sums, squares = _sums(roots, odd, hidden)
    for out, root, apart in zip(odd, roots, [None] * len(roots) if hidden is None else hidden, strict=True):
        own, square = (0.0, 0.0) if out else _moments(root, apart)
        shown = (not out) if apart is None else (not out) & ~apart
        yield root, place_moments(counts - shown, sums - own, squares - square, settings), apart


def _moments(root: np.ndarray, apart: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """The mean of sqrt(E) and of E over an image's versions, (2, T) float64 each; 0 where a place does not count."""
    versions = root.reshape(-1, *root.shape[-2:]).astype(np.float64)
    versions = versions if apart is None else np.where(apart, 0.0, versions)
    return versions.mean(axis=0), (versions**2).mean(axis=0)


def _sums(
    roots: Collection[np.ndarray], odd: np.ndarray, hidden: np.ndarray | None
) -> tuple[int | np.ndarray, np.ndarray, np.ndarray]:
    """Return in how many images that are not odd each place counts, and the sums of their sqrt(E) and E."""
    sums, squares, each = 0.0, 0.0, [None] * len(roots) if hidden is None else hidden
    for mean, square in (_moments(root, apart) for out, root, apart in zip(odd, roots, each, strict=True) if not out):
        sums, squares = sums + mean, squares + square
    counts = len(odd) - int(odd.sum())
    return counts if hidden is None else counts - hidden[~odd].sum(axis=0), sums, squares
