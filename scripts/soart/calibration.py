"""How sure: what distances good images have, how often chance alone gives so high a score, and what follows.

n good images, T places. The held-out scores g are those of the good images while they were left out of
learning.
"""

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

GOOD, FLAGGED, IMPOSSIBLE, NOT_COMPARED = "good", "flagged", "no_alarm_possible", "not_compared"
TAILS = "gumbel", "conformal"
RATES = 0.2, 0.1, 0.05, 0.02, 0.01, 0.001  # of the calibration card, beside the one that is asked for
LEAST_GUMBEL = 9  # good images below which a Gumbel tail is not fitted: its false alarms were far from nominal
SURE_GUMBEL = 25  # good images from which its false alarms were close to nominal; between the two: indicative


class Alarm(NamedTuple):
    """When an image is flagged: p-value <= rate."""

    rate: float = 0.05  # asked false-alarm rate, share of good images that may be flagged
    tail: str = "gumbel"  # how the p-value is found: "gumbel" or "conformal"


class PValues(NamedTuple):
    """How often a good image scores at least as high: by a fitted tail (None without one), and by rank."""

    gumbel: float | None
    conformal: float


def places(roots: Collection[np.ndarray], prior: float) -> tuple[np.ndarray, np.ndarray]:
    """mu_t and sd_t of sqrt(E) over good images, each drawn towards what all places have: two (T,) float32.

    mu_t = (n mean_t + prior mean) / (n + prior), sd_t^2 = (n var_t + prior V) / (n + prior), V the variance
    over all images and places. `roots` are n of (T,): sqrt(E) of each good image, from the fold that held it out.
    """
    return _drawn(len(roots), *_sums(roots), prior)


def held_out(roots: Collection[np.ndarray], prior: float, top: int) -> np.ndarray:
    """The score of each good image as if it were new: (n,) float64.

    Its own sqrt(E) is taken out of the sums that give mu and sd (n - 1 images): left in, it would hide
    itself.
    """
    sums, squares = _sums(roots)
    scores = np.empty(len(roots))
    for image, root in enumerate(each.astype(np.float64) for each in roots):
        expected, deviation = _drawn(len(roots) - 1, sums - root, squares - root**2, prior)
        scores[image] = np.partition((root - expected) / deviation, -top)[-top:].mean()
    return scores


def _sums(roots: Collection[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    sums, squares = 0.0, 0.0
    for root in (each.astype(np.float64) for each in roots):
        sums, squares = sums + root, squares + root**2
    return sums, squares


def _drawn(count: int, sums: np.ndarray, squares: np.ndarray, prior: float) -> tuple[np.ndarray, np.ndarray]:
    mean, pooled = sums / count, sums.mean() / count
    variance = np.maximum(squares / count - mean**2, 0)
    overall = squares.mean() / count - pooled**2
    expected = (count * mean + prior * pooled) / (count + prior)
    deviation = np.sqrt((count * variance + prior * overall) / (count + prior))
    return expected.astype(np.float32), deviation.astype(np.float32)


def gumbel(scores: np.ndarray) -> tuple[float, float]:
    """Location a and scale b of a Gumbel tail, by moments: b = sd sqrt(6) / pi, a = mean - 0.5772 b."""
    scale = max(float(np.std(scores)), 1e-9) * math.sqrt(6) / math.pi
    return float(np.mean(scores)) - float(np.euler_gamma) * scale, scale


def p_values(score: float, scores: np.ndarray) -> PValues:
    """The p-values of a score beside the held-out scores g, (n,).

    Gumbel: 1 - exp(-exp(-(score - a) / b)), for n >= 9. Conformal: (1 + number of g >= score) / (n + 1); the
    chance that a good image gets p <= rate is at most the rate, whatever the scores' distribution, but p
    comes in steps.
    """
    conformal = (1 + int((scores >= score).sum())) / (len(scores) + 1)
    if len(scores) < LEAST_GUMBEL:
        return PValues(None, conformal)
    location, scale = gumbel(scores)
    # expm1 keeps the digits of small p-values; the bound keeps exp from overflowing far below the location.
    return PValues(-math.expm1(-math.exp(min(-(score - location) / scale, 700))), conformal)


def possible(alarm: Alarm, images: int) -> bool:
    """Whether n good images allow this alarm: conformal needs rate >= 1 / (n + 1), Gumbel n >= 9."""
    if alarm.tail == "gumbel":
        return images >= LEAST_GUMBEL
    return alarm.rate * (images + 1) >= 1 - 1e-9


def threshold(alarm: Alarm, scores: np.ndarray) -> float | None:
    """The score from which on an image is flagged (conformal: above which); None where no alarm is possible.

    Gumbel: a - b ln(-ln(1 - rate)). Conformal: the (k + 1)-th largest g, k = floor(rate (n + 1)) - 1.
    """
    if not possible(alarm, len(scores)):
        return None
    if alarm.tail == "gumbel":
        location, scale = gumbel(scores)
        return location - scale * math.log(-math.log1p(-alarm.rate))
    larger = math.floor(alarm.rate * (len(scores) + 1) + 1e-9) - 1
    return float(np.sort(scores)[::-1][min(larger, len(scores) - 1)])


def verdict(p: PValues, alarm: Alarm, images: int) -> str:
    """`flagged` where the chosen p-value <= rate, `no_alarm_possible` where n is too few, else `good`."""
    if not possible(alarm, images):
        return IMPOSSIBLE
    return FLAGGED if chosen(p, alarm) <= alarm.rate + 1e-12 else GOOD


def chosen(p: PValues, alarm: Alarm) -> float | None:
    """The p-value that decides."""
    return p.gumbel if alarm.tail == "gumbel" else p.conformal


def check(alarm: Alarm) -> None:
    """Raises `ValueError` for a tail that does not exist or a rate that is no rate."""
    if alarm.tail not in TAILS:
        raise ValueError(f"the alarm's tail is '{alarm.tail}'; expected one of {', '.join(TAILS)}")
    if not 0 < alarm.rate < 1:
        raise ValueError(f"the false-alarm rate is {alarm.rate}; expected a share between 0 and 1, such as 0.05")


def card(scores: np.ndarray, rates: Sequence[float] = RATES) -> list[dict]:
    """The calibration card: a row for each tail and false-alarm rate, with what it is worth in words.

    Keys: images, tail, rate, threshold (None where impossible), worth.
    """
    alarms = [Alarm(rate, tail) for tail in TAILS for rate in rates]
    return [
        {
            "images": len(scores),
            "tail": alarm.tail,
            "rate": alarm.rate,
            "threshold": threshold(alarm, scores),
            "worth": worth(alarm, len(scores)),
        }
        for alarm in alarms
    ]


def worth(alarm: Alarm, images: int) -> str:
    """What an alarm learned from so many good images is worth: one sentence."""
    share = f"{100 * alarm.rate:g} % of good parts"
    if not possible(alarm, images):
        least = LEAST_GUMBEL if alarm.tail == "gumbel" else math.ceil(1 / alarm.rate - 1e-9) - 1
        return f"No alarm possible: {images} good images, at least {least} are needed."
    if alarm.tail == "conformal":
        return f"Guaranteed: in the long run at most {share} are flagged, if they are like the learned ones."
    if images < SURE_GUMBEL:
        return f"Indicative: about {share} are flagged; below {SURE_GUMBEL} good images it may be double."
    if alarm.rate < 1 / (images + 1):
        return f"Extrapolated: a fitted tail says {share}; no {images} good images can show so rare an event."
    return f"Estimated: about {share} are flagged, by a tail fitted to {images} held-out scores."
