"""Inspection: attention that says good or bad, how sure, and where; learned from good images alone.

One image is a sentence, each place of its mosaic a word, the good images the judges. Linear attention over
the judges is, place by place, a local Mahalanobis-Taguchi distance: docs/inspection.md. T = S^2 places, d
numbers a word (18 by default), n good images.
"""

import math
from typing import NamedTuple

import numpy as np

from soart.inspection.words import neighbours, words
from soart.method import numbers
from soart.photos.brightness import level_brightness, sensitivity

DEFAULTS = numbers("inspection")
CANDIDATES = 192  # places looked at first; a matter of speed alone
MARGIN = 1e-2  # standard deviations by which rounding could lower a bound, with room to spare


class Settings(NamedTuple):
    """Every free number of the inspection."""

    size: int = 63  # S, places along each side of the mosaic
    degree: int = DEFAULTS["degree"]  # of the patterns that a word measures: words.patterns
    kappa: float = DEFAULTS["kappa"]  # share of the neighbourhood's words in the spread
    ridge: float = DEFAULTS["ridge"]  # lambda: share of the mean variance g that is added to every variance
    warp_weight: float = DEFAULTS["warp_weight"]  # c: warps enter the spread c / n times
    least_warps: int = DEFAULTS["least_warps"]  # of each good image
    total_warps: int = DEFAULTS["total_warps"]  # of all good images together, at least
    warp_displacement: float = DEFAULTS["warp_displacement"]  # standard deviation, as a share of the width
    warp_length: float = DEFAULTS["warp_length"]  # Gaussian correlation length, as a share of the width
    seed: int = 0  # of the warps
    shift: int = DEFAULTS["shift"]  # places by which a word may be displaced, either way
    top: int = DEFAULTS["top"]  # places whose mean is the score
    folds: int = DEFAULTS["folds"]  # held-out folds
    prior: float = DEFAULTS["prior"]  # images that the pooled mean and variance count as, at each place
    strict_from: int = DEFAULTS["strict_from"]  # good images from which on the strict reading has a say
    strict_floor: float = DEFAULTS["strict_floor"]  # its deviation is at least this share of the largest nearby
    strict_reach: int = DEFAULTS["strict_reach"]  # places: how near
    floor: float = DEFAULTS["floor"]  # levels: the least reference brightness that sensitivity divides by
    thinning: int = DEFAULTS["thinning"]  # sensitivity looks at every such row and column
    weighted: int = 0  # 1: sensitivity is a weighted median, where copies that were saved anew are learned

    @property
    def brightness(self) -> tuple[float, int, bool]:
        """Floor, thinning and whether it is weighted: the way to tell sensitivity."""
        return self.floor, self.thinning, bool(self.weighted)


class Judges(NamedTuple):
    """Judges: what inspection needs to know of the good images."""

    reference: np.ndarray  # (S, S, 3) float32, levels: the mean good mosaic
    mean: np.ndarray  # (T, d) float32: m_t
    precision: np.ndarray  # (T, d, d) float32: P_t, symmetric
    ridge: float  # lambda g, levels^2
    expected: np.ndarray  # (2, T) float32: mu_t of both readings, what sqrt(E) of held-out good images is on average
    deviation: np.ndarray  # (2, T) float32: sd_t, how much it varies; see scales.py


class Findings(NamedTuple):
    """One inspected image."""

    score: float  # mean of the largest z
    places: np.ndarray  # (top,) of the largest z, the largest first: row * S + column
    distances: np.ndarray  # (top,) float32: those z, in standard deviations above what good images have there
    sensitivity: float
    sentence: np.ndarray  # (T, d) float32: the image's words
    bounds: np.ndarray  # (T,) float32: no place's z is larger, but for rounding (`MARGIN`); -inf without a word


def sentence(
    mosaic: np.ndarray, judges: Judges, settings: Settings, unseen: np.ndarray | None = None
) -> tuple[np.ndarray, float]:
    """The words of an image at the brightness of the good ones, (T, d) float32, and its sensitivity.

    `mosaic` is (S, S, 3) uint8. A place that is `unseen`, (T,) bool, has no word but NaN, and no say in brightness. It
    raises no alarm, and no other place takes its word. Raises `ValueError` for a picture without light.
    """
    level = sensitivity(mosaic, judges.reference, *settings.brightness, unseen)
    if not level > 0:
        raise ValueError("the picture is black where good ones are not; check light and camera")
    spoken = words(level_brightness(mosaic, level), settings.degree).reshape(len(judges.mean), -1)
    if unseen is not None:
        spoken[unseen] = np.nan
    return spoken, level


def alignments(
    sentence: np.ndarray, judges: Judges, shift: int, places: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Offsets s_{t+v} - m_t, (m, shifts, d), and energies (s_{t+v} - m_t)' P_t (s_{t+v} - m_t) / d, (m, shifts).

    `sentence` is (T, d) float32; asked are all its places or m of them. Each place is computed by itself, by
    the same operations: its bits do not depend on the other places. A place without a word, NaN, has energy 0,
    less than good ones have. Beside others it is no word to choose: energy infinite.
    """
    sources, mean, precision = neighbours(math.isqrt(len(sentence)), shift), judges.mean, judges.precision
    if places is not None:
        sources, mean, precision = sources[places], mean[places], precision[places]
    offsets = sentence.take(sources, axis=0)
    offsets -= mean[:, None]
    energies = np.einsum("tvi,tvi->tv", offsets @ precision, offsets) / offsets.shape[-1]
    silent, unshifted = np.isnan(energies), energies.shape[1] // 2
    energies[silent] = np.inf
    energies[silent[:, unshifted], unshifted] = 0
    return offsets, energies


def roots(sentence: np.ndarray, judges: Judges, shift: int, places: np.ndarray | None = None) -> np.ndarray:
    """sqrt(E_t) of all places or m of them, by two readings: (2, m) float32.

    Tolerant: E_t = min over shifts v of the energies, each judge takes its best-matching word within `shift` places,
    the least Mahalanobis-Taguchi distance. Strict: the energy of the word at the place itself.
    """
    _, energies = alignments(sentence, judges, shift, places)
    return np.sqrt(np.stack([energies.min(axis=1), energies[:, energies.shape[1] // 2]]))


def readings(sentence: np.ndarray, judges: Judges, shift: int, places: np.ndarray | None = None) -> np.ndarray:
    """Return (sqrt(E_t) - mu_t) / sd_t of all places or m of them, by the tolerant and the strict reading: (2, m)."""
    expected, deviation = judges.expected, judges.deviation
    if places is not None:
        expected, deviation = expected[:, places], deviation[:, places]
    return (roots(sentence, judges, shift, places) - expected) / deviation


def distances(sentence: np.ndarray, judges: Judges, shift: int, places: np.ndarray | None = None) -> np.ndarray:
    """Return z_t of all places or m of them, the larger of both readings: (m,) float32."""
    return readings(sentence, judges, shift, places).max(axis=0)


def deciding_offset(sentence: np.ndarray, judges: Judges, shift: int, place: int) -> np.ndarray:
    """Return s - m_t at a place, (d,) float64; s is the word of the reading with the larger z_t."""
    offsets, energies = alignments(sentence, judges, shift, np.array([place]))
    tolerant, strict = readings(sentence, judges, shift, np.array([place]))[:, 0]
    read = energies[0].argmin() if tolerant >= strict else len(energies[0]) // 2
    return offsets[0, read].astype(np.float64)


def heat_map(mosaic: np.ndarray, judges: Judges, settings: Settings) -> np.ndarray:
    """z of every place: (S, S) float32; standard deviations above what held-out good images have there."""
    spoken, _ = sentence(mosaic, judges, settings)
    return distances(spoken, judges, settings.shift).reshape(mosaic.shape[:2])


def inspect(mosaic: np.ndarray, judges: Judges, settings: Settings) -> Findings:
    """Score one image, (S, S, 3) uint8; raises `ValueError` for a picture without light."""
    return inspect_all([sentence(mosaic, judges, settings)], judges, settings)[0]


def inspect_all(spoken: list[tuple[np.ndarray, float]], judges: Judges, settings: Settings) -> list[Findings]:
    """Score images by their `sentence`s: the mean of the `top` largest z, exactly those of `heat_map`.

    Places without a word, NaN, do not count; some must have one. Where fewer than `top` have, the mean is of these.
    Several images together share the work of reading P_t for the bounds, nothing else. An image's result does not
    depend on its company, to the bit.
    """
    offsets = np.stack([said for said, _ in spoken]).swapaxes(0, 1) - judges.mean[:, None]
    energies = np.einsum("tni,tni->nt", offsets @ judges.precision, offsets) / offsets.shape[-1]
    unmoved, silent = np.sqrt(energies), np.isnan(energies)
    bounds = np.maximum(*((unmoved - mu) / sd for mu, sd in zip(judges.expected, judges.deviation, strict=True)))
    bounds[silent] = -np.inf
    return [_found(*each, judges, settings) for each in zip(spoken, bounds, strict=True)]


def _found(spoken: tuple[np.ndarray, float], bound: np.ndarray, judges: Judges, settings: Settings) -> Findings:
    """Score one image; the z of its places without a shift bound the z of both readings from above.

    The other shifts are needed only at places with a bound above the `top`-th largest exact z.
    """
    said, level = spoken
    start = _largest(bound, CANDIDATES)
    places = np.flatnonzero((bound >= start) & (bound > -np.inf))
    z = distances(said, judges, settings.shift, places)
    rest = np.flatnonzero((bound < start) & (bound > _largest(z, settings.top) - MARGIN))
    if rest.size:
        places = np.concatenate([places, rest])
        z = np.concatenate([z, distances(said, judges, settings.shift, rest)])
    best = np.lexsort((places, -z))[: settings.top]
    return Findings(float(z[best].mean(dtype=np.float64)), places[best], z[best], level, said, bound)


def _largest(values: np.ndarray, rank: int) -> float:
    """The `rank`-th largest value, or the least where there are fewer."""
    rank = min(rank, len(values))
    return np.partition(values, -rank)[-rank]
