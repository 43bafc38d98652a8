"""The calibration card: which false-alarm rates n good images allow, what these are worth, and p-values in words."""

import math
from collections.abc import Sequence

import numpy as np

from soart import statistics
from soart.inspection import calibration
from soart.inspection.calibration import TAILS, Alarm, threshold
from soart.inspection.verdict import INDICATIVE, Odd, apart_words, capitalized, repeats_words

RATES = 0.2, 0.1, 0.05, 0.02, 0.01, 0.001  # of the calibration card, beside the one that is asked for


def card_rows(scores: np.ndarray, rates: Sequence[float] = RATES) -> list[dict]:
    """The calibration card: a row for each tail and false-alarm rate, with what it is worth in words.

    Keys: images, tail, rate, threshold (None where impossible), worth.

    >>> row = card_rows(np.arange(1.0, 21.0), rates=[0.1])[1]
    >>> row["tail"], row["rate"], row["threshold"]
    ('conformal', 0.1, 19.0)
    """
    alarms = [Alarm(rate, tail) for tail in TAILS for rate in rates]
    return [
        {
            "images": len(scores),
            "tail": alarm.tail,
            "rate": alarm.rate,
            "threshold": threshold(alarm, scores),
            "worth": reliability_note(alarm, scores),
        }
        for alarm in alarms
    ]


def card_columns(
    scores: np.ndarray, rate: float, odd: Sequence[Odd] = (), repeats: int = 0, foreign: int = 0, mixture: str = ""
) -> dict[str, list]:
    """The columns of the card's table; beside those of `RATES` it has rows for the rate that is asked for.

    The `odd` good images are named where a tail is fitted. Each row says how many `repeats` and how many `foreign` ones
    did not count, and what the `mixture` is where good images are of several kinds.

    >>> card_columns(np.arange(1.0, 21.0), 0.1)["tail"].count("conformal") == len(RATES)
    True
    """
    rows = card_rows(scores, sorted({*RATES, rate}, reverse=True))
    named = "".join(f" {each}; look at it." for each in odd)
    for row in rows:
        row["worth"] = with_others(row["worth"], repeats, foreign, mixture)
        row["worth"] += named if row["tail"] == "exponential" else ""
    return {name: [row[name] for row in rows] for name in rows[0]}


def reliability_note(alarm: Alarm, scores: np.ndarray) -> str:
    """Return what an alarm is worth that was learned from good images with such held-out scores, (n,): in words.

    Beside the rate stands what the held-out scores can say of it: how many lie beyond, with the exact 95 % interval.

    >>> reliability_note(Alarm(0.01, "conformal"), np.arange(20.0))
    'No alarm possible: 20 good images, at least 99 are needed.'
    """
    images, share = len(scores), f"{100 * alarm.rate:g} % of good parts"
    if not calibration.alarm_possible(alarm, scores):
        if images >= calibration.least_images(alarm):
            count = calibration.find_odd(scores).sum()
            return f"No alarm possible: {count} of {images} good images are odd, so none of them is to be trusted."
        return f"No alarm possible: {images} good images, at least {calibration.least_images(alarm)} are needed."
    count = int((scores > threshold(alarm, scores)).sum())
    _, low, high = statistics.rate(count, images)
    interval = f"95 % interval {100 * low:.1f} to {100 * high:.1f} %"
    shown = f"{count} of {images} held-out scores lie beyond ({interval})"
    out = images - len(calibration.tail_scores(scores)) if alarm.tail == "exponential" else 0
    if out:
        shown += f"; {out} {'is' if out == 1 else 'are'} odd and did not count"
    if alarm.tail == "conformal":
        return f"Guaranteed: in the long run at most {share} are flagged, if they are like the learned ones; {shown}."
    if images < INDICATIVE:
        return f"Indicative: about {share} are flagged; below {INDICATIVE} good images it may be double; {shown}."
    if alarm.rate < 1 / (images + 1):
        return f"Extrapolated: a fitted tail says {share}; no {images} images can show so rare an event; {shown}."
    return f"Estimated: about {share} are flagged; {shown}."


def with_others(worth: str, repeats: int, foreign: int = 0, mixture: str = "") -> str:
    """Return what an alarm is worth, and of which good photos it is not; or that they are a `mixture`.

    >>> with_others("No alarm possible: 3 good images, at least 9 are needed.", 12)
    'No alarm possible: 3 good images, at least 9 are needed; 12 more good photos repeat others and tell nothing new.'
    """
    said = [repeats_words(repeats)] * (repeats > 0) + [apart_words(foreign)] * (foreign > 0)
    worth = "; ".join([worth.removesuffix("."), *said]) + "."
    return f"{worth} {capitalized(mixture)}." if mixture else worth


def p_value_words(p_value: float, score: float, scores: np.ndarray) -> str:
    """A score's p-value as the n held-out scores, (n,), can know it: two digits, at least their rank limit.

    At the limit, only of a score beyond all of them: that it is less than so much.

    >>> good = np.arange(50.0)
    >>> p_value_words(0.1484, 40.0, good), p_value_words(4e-10, 49.5, good), p_value_words(4e-10, 49.0, good)
    ('0.15', '< 0.02', '0.02')
    """
    limit = calibration.rank_limit(len(scores))
    if p_value > limit * (1 + 1e-9) or score <= scores.max():
        return f"{max(p_value, limit):.2g}"
    digits = 1 - math.floor(math.log10(limit))
    return f"< {(math.floor(limit * 10**digits + 1e-9) + 1) / 10**digits:g}"


def extremity(score: float, scores: np.ndarray) -> str:
    """In brackets, that a score is beyond all held-out ones, (n,), where it is; else nothing.

    >>> extremity(5.0, np.array([1.0, 4.0])), extremity(3.0, np.array([1.0, 4.0]))
    (' (more extreme than all 2 good images)', '')
    """
    return f" (more extreme than all {len(scores)} good images)" if score > scores.max() else ""
