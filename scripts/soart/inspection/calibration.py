"""How sure: how often chance alone gives a good image so high a score, and what follows.

n good images. The held-out scores g are those of the good images while they were left out of learning.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from soart import statistics
from soart.inspection.verdict import FLAGGED, GOOD, IMPOSSIBLE

TAILS = "exponential", "gumbel", "conformal"
RATES = 0.2, 0.1, 0.05, 0.02, 0.01, 0.001  # of the calibration card, beside the one that is asked for
LEAST_FITTED = 9  # good images below which no tail is fitted: false alarms were far from nominal
SURE_FITTED = 25  # good images from which they were close to nominal; between the two: indicative


class Alarm(NamedTuple):
    """When an image is flagged: p-value <= rate."""

    rate: float = 0.05  # asked false-alarm rate, share of good images that may be flagged
    tail: str = "exponential"  # how the p-value is found: one of TAILS


class PValues(NamedTuple):
    """How often a good image scores at least as high: by fitted tails (None without them), and by rank."""

    exponential: float | None
    gumbel: float | None
    conformal: float


def upper_fifth(scores: np.ndarray) -> tuple[int, float, float]:
    """What the high scores of good images are like: k = ceil(n / 5), u the (k + 1)-th largest, and the mean excess.

    The mean excess is that of the k larger ones over u, at least 1e-9; `scores` (n,), n >= 2.
    """
    count = -(-len(scores) // 5)
    largest = np.sort(scores)[::-1][: count + 1].astype(np.float64)
    return count, float(largest[-1]), max(float((largest[:-1] - largest[-1]).mean()), 1e-9)


def gumbel(scores: np.ndarray) -> tuple[float, float]:
    """Location a and scale b of a Gumbel tail, by moments: b = sd sqrt(6) / pi, a = mean - 0.5772 b."""
    scores = np.sort(scores)  # so that no order of the images changes a bit
    scale = max(float(np.std(scores)), 1e-9) * math.sqrt(6) / math.pi
    return float(np.mean(scores)) - float(np.euler_gamma) * scale, scale


def p_values(score: float, scores: np.ndarray) -> PValues:
    """The p-values of a score beside the held-out scores g, (n,); fitted ones for n >= 9.

    Conformal: (1 + number of g >= score) / (n + 1); the chance that a good image gets p <= rate is at most the
    rate, whatever the scores' distribution, but p comes in steps. Exponential: the same up to u, the (k + 1)-th
    largest g, k = ceil(n / 5), so that the fifth above it says how fast high scores become rare: beyond u
    (k + 1) / (n + 1) (1 + (score - u) / (k mean excess))^-k, what a new excess does where excesses are exponential
    and their mean is known from k of them alone. Gumbel: 1 - exp(-exp(-(score - a) / b)).
    """
    conformal = (1 + int((scores >= score).sum())) / (len(scores) + 1)
    if len(scores) < LEAST_FITTED:
        return PValues(None, None, conformal)
    count, start, excess = upper_fifth(scores)
    beyond = max(score - start, 0) / (count * excess)
    exponential = (count + 1) / (len(scores) + 1) * (1 + beyond) ** -count if beyond else conformal
    location, scale = gumbel(scores)
    # expm1 keeps the digits of small p-values; the bound keeps exp from overflowing far below the location.
    return PValues(exponential, -math.expm1(-math.exp(min(-(score - location) / scale, 700))), conformal)


def possible(alarm: Alarm, images: int) -> bool:
    """Whether n good images allow this alarm: conformal needs rate >= 1 / (n + 1), a fitted tail n >= 9."""
    if alarm.tail == "conformal":
        return alarm.rate * (images + 1) >= 1 - 1e-9
    return images >= LEAST_FITTED


def least_images(alarm: Alarm) -> int:
    """Return the least number of good images that allows an alarm."""
    return math.ceil(1 / alarm.rate - 1e-9) - 1 if alarm.tail == "conformal" else LEAST_FITTED


def threshold(alarm: Alarm, scores: np.ndarray) -> float | None:
    """The score from which on an image is flagged (by rank: above which); None where no alarm is possible.

    Conformal: the (j + 1)-th largest g, j = floor(rate (n + 1)) - 1. Exponential: the same down to u, beyond it
    u + k mean excess (((k + 1) / (n + 1) / rate)^(1 / k) - 1). Gumbel: a - b ln(-ln(1 - rate)).
    """
    if not possible(alarm, len(scores)):
        return None
    if alarm.tail == "gumbel":
        location, scale = gumbel(scores)
        return location - scale * math.log(-math.log1p(-alarm.rate))
    if alarm.tail == "exponential":
        count, start, excess = upper_fifth(scores)
        rarer = (count + 1) / (len(scores) + 1) / alarm.rate
        if rarer > 1:
            return start + count * excess * (rarer ** (1 / count) - 1)
    larger = math.floor(alarm.rate * (len(scores) + 1) + 1e-9) - 1
    return float(np.sort(scores)[::-1][min(larger, len(scores) - 1)])


def verdict(p: PValues, alarm: Alarm, images: int) -> str:
    """`flagged` where the chosen p-value <= rate, `no_alarm_possible` where n is too few, else `good`."""
    if not possible(alarm, images):
        return IMPOSSIBLE
    return FLAGGED if chosen(p, alarm) <= alarm.rate + 1e-12 else GOOD


def chosen(p: PValues, alarm: Alarm) -> float | None:
    """The p-value that decides."""
    return getattr(p, alarm.tail)


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
            "worth": worth(alarm, scores),
        }
        for alarm in alarms
    ]


def card_columns(scores: np.ndarray, rate: float) -> dict[str, list]:
    """The columns of the card's table; beside those of `RATES` it has rows for the rate that is asked for."""
    rows = card(scores, sorted({*RATES, rate}, reverse=True))
    return {name: [row[name] for row in rows] for name in rows[0]}


def worth(alarm: Alarm, scores: np.ndarray) -> str:
    """What an alarm is worth that was learned from good images with such held-out scores, (n,): in words.

    Beside the rate stands what the held-out scores can say of it: how many lie beyond, with the exact 95 % interval.
    """
    images, share = len(scores), f"{100 * alarm.rate:g} % of good parts"
    if not possible(alarm, images):
        return f"No alarm possible: {images} good images, at least {least_images(alarm)} are needed."
    count = int((scores > threshold(alarm, scores)).sum())
    _, low, high = statistics.rate(count, images)
    interval = f"95 % interval {100 * low:.1f} to {100 * high:.1f} %"
    shown = f"{count} of {images} held-out scores lie beyond ({interval})"
    if alarm.tail == "conformal":
        return f"Guaranteed: in the long run at most {share} are flagged, if they are like the learned ones; {shown}."
    if images < SURE_FITTED:
        return f"Indicative: about {share} are flagged; below {SURE_FITTED} good images it may be double; {shown}."
    if alarm.rate < 1 / (images + 1):
        return f"Extrapolated: a fitted tail says {share}; no {images} images can show so rare an event; {shown}."
    return f"Estimated: about {share} are flagged; {shown}."


def rank_limit(images: int) -> float:
    """1 / (n + 1): the least p-value that the ranks of n good images can give; less is a tail's extrapolation."""
    return 1 / (images + 1)


def p_value_words(p_value: float, images: int) -> str:
    """A p-value as n good images can know it, two digits: never below the rank limit, which is rounded up.

    >>> p_value_words(0.1484, 50), p_value_words(4e-10, 50), p_value_words(1 / 51, 50)
    ('0.15', '< 0.02', '0.02')
    """
    limit = rank_limit(images)
    if p_value >= limit * (1 - 1e-9):
        return f"{p_value:.2g}"
    digits = 1 - math.floor(math.log10(limit))
    return f"< {math.ceil(limit * 10**digits - 1e-9) / 10**digits:g}"


def extremity(score: float, scores: np.ndarray) -> str:
    """In brackets, that a score is beyond all held-out ones, (n,), where it is; else nothing."""
    return f" (more extreme than all {len(scores)} good images)" if score > scores.max() else ""
