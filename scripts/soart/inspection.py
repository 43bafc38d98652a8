"""Inspection: attention that says good or bad, how sure, and where; learned from good images alone.

One image is a sentence, each place of its mosaic a word, the good images the judges. Linear attention over the judges
is, place by place, a local Mahalanobis-Taguchi distance: docs/inspection.md. T = S^2 places, d = 27, n good images.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from soart import calibration, judges
from soart.words import LENGTH, edged, levelled, reference_of, sensitivity, warps, words


class Settings(NamedTuple):
    """Every free number of the inspection."""

    size: int = 63  # S, places along each side of the mosaic
    decoding: str = "eighth"  # how finely a JPEG is decoded: full, half, quarter, eighth
    kappa: float = 0.5  # share of the neighbourhood's words in the spread
    ridge: float = 0.001  # lambda, of the mean variance g, added to every variance
    warp_weight: float = 18.0  # c: the warps count as c / n of the spread
    least_warps: int = 3  # warps of a good image, at least
    all_warps: int = 60  # warps of all good images together, at least
    warp_displacement: float = 0.577 * 0.024  # standard deviation, as a share of the width
    warp_length: float = 0.12  # Gaussian correlation length, as a share of the width
    seed: int = 0  # of the warps
    shift: int = 1  # places by which a word may be displaced, either way
    top: int = 5  # places whose mean is the score
    folds: int = 10  # held-out folds
    prior: float = 10.0  # images that the pooled mean and variance count as, at each place
    floor: float = 8.0  # levels; the least reference brightness that sensitivity divides by
    thinning: int = 2  # every how many rows and columns sensitivity looks

    def warps_of(self, images: int) -> int:
        """k, the warps of each of n good images."""
        return max(self.least_warps, -(-self.all_warps // images))


class Judges(NamedTuple):
    """What inspection needs to know of the good images (float32 unless said otherwise)."""

    reference: np.ndarray  # (S, S, 3) float64, levels: the mean good mosaic
    centre: np.ndarray  # (3,) float64, levels: the overall mean colour, taken from every word
    mean: np.ndarray  # (T, 27) m_t
    precision: np.ndarray  # (T, 27, 27) P_t
    ridge: float  # lambda g, levels^2
    expected: np.ndarray  # (T,) mu_t, mean of sqrt(E) over held-out good images
    deviation: np.ndarray  # (T,) sd_t


class Learned(NamedTuple):
    """The outcome of learning."""

    judges: Judges
    held_out: np.ndarray  # (n,) float64: the score of each good image when it was held out
    sensitivities: np.ndarray  # (n,) float64 of the good images


class Findings(NamedTuple):
    """One inspected image."""

    score: float  # mean of the largest z
    sensitivity: float
    place: int  # t of the largest z
    distance: float  # the largest z: standard deviations above what good images have there
    values: np.ndarray  # (S, S, 3) float32, levelled mosaic


def fit(mosaics: np.ndarray, settings: Settings) -> Learned:
    """Learn from the mosaics of good images: (n, S, S, 3) uint8, n >= 2.

    Images are taken a fold at a time, so memory grows only by the mosaics and by T numbers an image. Raises
    `ValueError` for fewer than two images, a constant image, or images that leave nothing to learn from.
    """
    _check(mosaics)
    reference = reference_of(mosaics)
    levels = np.array([sensitivity(each, reference, settings.floor, settings.thinning) for each in mosaics])
    if (levels <= 0).any():
        raise ValueError(f"good image {levels.argmin()} is black where most good images are not; leave it out")
    centre = np.mean([each.mean(axis=(0, 1)) / level for each, level in zip(mosaics, levels, strict=True)], axis=0)
    count, size = mosaics.shape[:2]
    folds = [np.arange(first, count, settings.folds) for first in range(min(settings.folds, count))]
    weight = settings.warp_weight / count

    def sums(fold: np.ndarray) -> judges.Sums:
        return _sums(mosaics, levels, centre, fold, settings)

    total = sums(folds[0])
    for fold in folds[1:]:
        total = total.plus(sums(fold))
    roots = np.empty((count, size**2), np.float32)
    for fold in folds:
        mean, precision, _ = _settled(judges.spread(total.minus(sums(fold)), settings.kappa, weight), settings)
        for image in fold:
            values = levelled(mosaics[image], levels[image], centre)
            roots[image] = np.sqrt(energies(values, mean, precision, settings.shift))
    mean, precision, ridge = _settled(judges.spread(total, settings.kappa, weight), settings)
    expected, deviation = calibration.places(roots, settings.prior)
    held_out = calibration.held_out(roots, settings.prior, settings.top)
    learned = Judges(reference, centre, mean, precision, ridge, expected, deviation)
    return Learned(learned, held_out, levels)


def _sums(mosaics, levels, centre, fold, settings) -> judges.Sums:
    total = None
    for start in range(0, len(fold), judges.BLOCK):
        block = fold[start : start + judges.BLOCK]
        values = np.stack([levelled(mosaics[image], levels[image], centre) for image in block])
        warped = np.stack([_warps(each, image, len(mosaics), settings) for image, each in zip(block, values)])
        part = judges.sums(values, warped)
        total = part if total is None else total.plus(part)
    return total


def _warps(values, image, count, settings):
    rng = np.random.default_rng([settings.seed, image])
    return warps(
        values, settings.warps_of(count), settings.warp_displacement, settings.warp_length, rng
    )


def _settled(spread: judges.Spread, settings: Settings):
    ridge = settings.ridge * spread.scale
    if not ridge > 1e-9:
        raise ValueError("the good images are all the same; expected good parts that differ as good parts do")
    precision = judges.precision(spread, settings.ridge)
    return (
        spread.mean.reshape(-1, LENGTH).astype(np.float32),
        precision.reshape(-1, LENGTH, LENGTH).astype(np.float32),
        ridge,
    )


def _check(mosaics):
    if len(mosaics) < 2:
        raise ValueError(f"expected at least 2 good images to learn from, got {len(mosaics)}")
    flat = np.ptp(mosaics.reshape(len(mosaics), -1, 3), axis=1).max(axis=1) == 0
    if flat.any():
        raise ValueError(f"good image {flat.argmax()} has one colour everywhere; expected a picture of a part")


def energies(values, mean, precision, shift, places=None):
    """E_t: the least Mahalanobis-Taguchi distance of each place over the shifts: (T,) or (len(places),) float32."""
    size = len(values)
    span = 2 * shift + 1
    around = edged(words(values), shift)
    if places is None:
        view = np.lib.stride_tricks.sliding_window_view(around, (span, span), axis=(0, 1))
        offsets = view.transpose(0, 1, 3, 4, 2) - mean.reshape(size, size, 1, 1, LENGTH)
        offsets = offsets.reshape(-1, span**2, LENGTH)
    else:
        corner = places // size * (size + 2 * shift) + places % size
        steps = (np.arange(span)[:, None] * (size + 2 * shift) + np.arange(span)).ravel()
        offsets = around.reshape(-1, LENGTH)[corner[:, None] + steps] - mean[places, None]
        precision = precision[places]
    return np.einsum("tvi,tvi->tv", offsets @ precision, offsets).min(axis=1) / LENGTH


def heat(values, judges, shift):
    return (np.sqrt(energies(values, judges.mean, judges.precision, shift)) - judges.expected) / judges.deviation


def inspect(mosaic, judges, settings):
    level = sensitivity(mosaic, judges.reference, settings.floor, settings.thinning)
    values = levelled(mosaic, level, judges.centre)
    z, places = strongest(values, judges, settings)
    return Findings(float(z.astype(float).mean()), level, int(places[0]), float(z[0]), values)


def strongest(values, judges, settings):
    offset = words(values).reshape(-1, LENGTH) - judges.mean
    bound = np.einsum("ti,ti->t", (judges.precision @ offset[:, :, None])[..., 0], offset) / LENGTH
    bound = (np.sqrt(bound) - judges.expected) / judges.deviation + 0.01
    first = np.argpartition(bound, -64)[-64:]
    def exact(places):
        return (np.sqrt(energies(values, judges.mean, judges.precision, settings.shift, places)) - judges.expected[places]) / judges.deviation[places]
    z = exact(first)
    need = bound > np.partition(z, -settings.top)[-settings.top]
    need[first] = False
    rest = np.flatnonzero(need)
    z = np.concatenate([z, exact(rest)])
    places = np.concatenate([first, rest])
    order = np.lexsort((places, -z))[:settings.top]
    return z[order], places[order]
