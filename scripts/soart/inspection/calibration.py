"""Calibration: how often chance alone gives a good image so high a score, and what follows.

n good images. The held-out scores g are those of the good images while they were left out of learning. A few of them
may be `odd`: of another product, upside down, defective. They do not count in the exponential tail, or one of them
could switch the alarm off. Several that are alike hide each other; they are of another kind (`kinds.find_kinds`), and
where most are of one kind, all others are set apart: g are then the scores of those of the largest kind.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from soart.inspection.verdict import FLAGGED, GOOD, IMPOSSIBLE, Odd, mixture_words

TAILS = "exponential", "conformal"
LEAST_FITTED = 9  # good images below which no tail is fitted: false alarms were far from nominal
ODD_CHANCE = 0.2  # chance of so high a highest score among regular images, below which an image is odd
SURE_CHANCE = 0.001  # below which it is odd beyond doubt
MOST_RATE = 0.5  # false-alarm rate that can be asked for: beyond it more good parts would be flagged than pass
LEAST_HIGH = 5  # scores that tell what high ones are like, at least
LIFTING = 3  # good images that may lift a threshold together, at most: more are no exception


class Alarm(NamedTuple):
    """Alarm: an image is flagged where its p-value <= rate."""

    rate: float = 0.05  # asked false-alarm rate, share of good images that may be flagged
    tail: str = "exponential"  # how the p-value is found: one of TAILS


class PValues(NamedTuple):
    """P-values: how often a good image scores at least as high: by a fitted tail (None without it), and by rank."""

    exponential: float | None
    conformal: float


def upper_fifth(scores: np.ndarray, least: int = 1) -> tuple[int, float, float]:
    """Return the high scores of good images: k = ceil(n / 5), u the (k + 1)-th largest, and the mean excess.

    The mean excess is that of the k larger ones over u, at least 1e-9; `scores` (n,), n >= 2. k is `least` at least,
    where there are so many.

    >>> upper_fifth(np.arange(1.0, 11.0))  # of ten scores the two highest, 9 and 10, beyond 8
    (2, 8.0, 1.5)
    """
    count = min(max(-(-len(scores) // 5), least), len(scores) - 1)
    largest = np.sort(scores)[::-1][: count + 1].astype(np.float64)
    return count, float(largest[-1]), max(float((largest[:-1] - largest[-1]).mean()), 1e-9)


def find_odd(scores: np.ndarray, chance: float = ODD_CHANCE, foreign: np.ndarray | None = None) -> np.ndarray:
    """Return which of n good images are odd beside the others, by their held-out scores: (n,) bool.

    High scores of good images fall off about exponentially. Of m images take the k = max(5, ceil(m / 4)) highest, their
    excesses over the next, and s = median excess / ln 2, known from k numbers: one excess goes beyond x with chance
    (1 + x / (k s))^-k, the largest of k with at most k times that. Where this is below `chance` for the highest
    score, the image is odd. The test is repeated with the others, until half of all are odd: then none is to be
    trusted. Of five images or fewer none can be odd. The `foreign` ones, (n,) bool, are odd beforehand, and not among
    the others.

    >>> find_odd(np.array([3.0, 3.1, 3.3, 3.6, 4.0, 4.5, 5.0, 41.0, 5.5, 6.0])).nonzero()[0].tolist()
    [7]
    """
    if foreign is not None:
        found = foreign.copy()
        found[~foreign] = find_odd(scores[~foreign], chance)
        return found
    order = np.argsort(-scores, kind="stable")
    ranked, count = scores[order], 0
    while 2 * count < len(scores):
        regular = ranked[count:]
        highest = max(LEAST_HIGH, -(-len(regular) // 4))
        if highest >= len(regular):
            break
        excesses = regular[:highest] - regular[highest]
        median = (excesses[(highest - 1) // 2] + excesses[highest // 2]) / 2  # they fall
        scale = max(float(median) / math.log(2), 1e-9)
        if highest * (1 + excesses[0] / (highest * scale)) ** -highest >= chance:
            break
        count += 1
    found = np.zeros(len(scores), bool)
    found[order[:count]] = True
    return found


def unlike(kinds: np.ndarray) -> np.ndarray:
    """Return which of n good images are of another kind than most, (n,) bool: none where no kind has more than half.

    `kinds`, (n,) int, as `kinds.find_kinds`: 0 is the largest.

    >>> unlike(np.array([0, 0, 1])).tolist(), unlike(np.array([0, 1])).tolist()
    ([False, False, True], [False, False])
    """
    return (kinds > 0) & (2 * np.count_nonzero(kinds == 0) > len(kinds))


def set_apart(kinds: np.ndarray) -> np.ndarray:
    """Return which of n good images do not count beside the others, (n,) bool: those `unlike` most, or none of them.

    None where fewer than `LEAST_FITTED` others would stay, too few for an alarm.

    >>> set_apart(np.array([0] * 9 + [1] * 2)).sum(), set_apart(np.array([0] * 8 + [1] * 2)).sum()
    (np.int64(2), np.int64(0))
    """
    return unlike(kinds) & (np.count_nonzero(kinds == 0) >= LEAST_FITTED)


def mixture(names: Sequence[str], kinds: np.ndarray) -> str:
    """Return that no kind of n good images has more than half, with one image's name of each; else nothing.

    >>> mixture("abcd", np.array([0, 1, 0, 1])).partition(";")[0]
    'the good photos are of 2 kinds, none of which has more than half: 2 like a, 2 like b'
    """
    sizes = np.bincount(kinds)
    if 2 * sizes[0] > len(kinds):
        return ""
    names = known_names(names, len(kinds))
    return mixture_words(sizes.tolist(), [names[kinds.tolist().index(kind)] for kind in range(len(sizes))])


def mixed(names: Sequence[str], kinds: np.ndarray) -> dict[str, str]:
    """Return of the images of a `mixture` that are not of its first kind of which they are, by name; else nothing.

    >>> mixed("abcd", np.array([0, 1, 0, 1]))["d"]
    'is of kind 2 of 2 kinds of good photos: 2 of them are like b, 2 like a'
    """
    if not mixture(names, kinds):
        return {}
    names, numbers, sizes = known_names(names, len(kinds)), kinds.tolist(), np.bincount(kinds).tolist()
    firsts = [names[numbers.index(kind)] for kind in range(len(sizes))]

    def said(kind: int) -> str:
        others = f"{sizes[kind]} of them are like {firsts[kind]}, {sizes[0]} like {firsts[0]}"
        return f"is of kind {kind + 1} of {len(sizes)} kinds of good photos: {others}"

    return {name: said(kind) for name, kind in zip(names, numbers, strict=True) if kind}


def known_names(names: Sequence[str], count: int) -> Sequence[str]:
    """Return the names of so many good images, which may be unknown (empty).

    >>> known_names((), 2)
    ['good photo 1', 'good photo 2']
    """
    return names or [f"good photo {number + 1}" for number in range(count)]


def odd_ones(scores: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Return which of n good images are to be looked at, (n,) bool: those `unlike` most, and the odd of the others.

    >>> scores = np.array([3.0, 3.1, 3.3, 3.6, 4.0, 4.5, 5.0, 41.0, 5.5, 6.0, 90.0, 91.0])
    >>> odd_ones(scores, np.array([0] * 10 + [1] * 2)).nonzero()[0].tolist()
    [7, 10, 11]
    """
    return unlike(kinds) | find_odd(scores, foreign=set_apart(kinds))


def named_odd(
    names: Sequence[str], scores: np.ndarray, kept: bool = True, kinds: np.ndarray | None = None
) -> tuple[Odd, ...]:
    """Return the `odd_ones` of n good images with their names, the oddest first; `names` may be unknown (empty).

    The median is that of the images that are not `set_apart`.

    >>> [str(each) for each in named_odd("abcdefghij", np.array([3.0, 3.1, 3.3, 3.6, 4.0, 4.5, 5.0, 41.0, 5.5, 6.0]))]
    ['h is odd: held out it scores 41, the median 4.25']
    """
    names = known_names(names, len(scores))
    kinds = np.zeros(len(scores), int) if kinds is None else kinds
    other, sizes, median = unlike(kinds), np.bincount(kinds), float(np.median(scores[~set_apart(kinds)]))
    fellows = [int(sizes[kind]) - 1 if out else None for kind, out in zip(kinds, other, strict=True)]
    rows = sorted(np.flatnonzero(odd_ones(scores, kinds)).tolist(), key=lambda row: -scores[row])
    return tuple(Odd(names[row], float(scores[row]), median, kept, fellows[row]) for row in rows)


def p_values(score: float, scores: np.ndarray) -> PValues:
    """Return the p-values of a score beside the held-out scores g, (n,); a fitted one where a tail is worth anything.

    Conformal: (1 + number of g >= score) / (n + 1); the chance that a good image gets p <= rate is at most the
    rate, whatever the scores' distribution, but p comes in steps. Exponential: the same among the m that are not `odd`
    up to u, the (k + 1)-th largest, k = ceil(m / 5), so that the fifth above it says how fast high scores become rare:
    beyond u (k + 1) / (m + 1) (1 + (score - u) / (k mean excess))^-k, what a new excess does where excesses are
    exponential and their mean is known from k of them alone.

    >>> scores = np.arange(1.0, 11.0)
    >>> found = p_values(11.0, scores)  # beyond 8: (2 + 1) / (10 + 1) (1 + 3 / (2 x 1.5))^-2
    >>> round(found.exponential, 4), round(found.conformal, 4)
    (0.0682, 0.0909)
    """
    conformal, tail = _by_rank(score, scores), _tail(scores)
    if tail is None:
        return PValues(None, conformal)
    regular, count, start, excess = tail
    beyond = max(score - start, 0) / (count * excess)
    rare = (count + 1) / (len(regular) + 1) * (1 + beyond) ** -count
    return PValues(rare if beyond else _by_rank(score, regular), conformal)


def _tail(scores: np.ndarray) -> tuple[np.ndarray, int, float, float] | None:
    """Return the scores that a tail is fitted to, and their high ones: `tail_scores`, `upper_fifth`."""
    return _tail_of(np.asarray(scores, np.float64).tobytes())


@lru_cache(maxsize=8)  # a model has a few sets of held-out scores, and many photos are judged by them
def _tail_of(scores: bytes) -> tuple[np.ndarray, int, float, float] | None:
    regular = tail_scores(np.frombuffer(scores))
    return None if regular is None else (regular, *upper_fifth(regular))


def _by_rank(score: float, scores: np.ndarray) -> float:
    return (1 + int((scores >= score).sum())) / (len(scores) + 1)


def tail_scores(scores: np.ndarray) -> np.ndarray | None:
    """Return the held-out scores that a tail is fitted to, (m,): without those of `odd` images, the highest first.

    But at most a tenth, or one, is taken out, and nine stay: from so few scores chance alone would lower the threshold.
    None where a tail would be worthless: with n < 9 images, or where half of them are odd.

    >>> tail_scores(np.arange(8.0)) is None, len(tail_scores(np.arange(10.0)))
    (True, 10)
    """
    count = int(find_odd(scores).sum())
    if len(scores) < LEAST_FITTED or 2 * count >= len(scores):
        return None
    taken = min(count, max(1, len(scores) // 10), len(scores) - LEAST_FITTED)
    return np.sort(scores)[: len(scores) - taken]


def alarm_possible(alarm: Alarm, scores: np.ndarray) -> bool:
    """Return whether n held-out scores allow this alarm: conformal needs rate >= 1 / (n + 1), else see `tail_scores`.

    >>> [alarm_possible(Alarm(0.05, "conformal"), np.arange(n)) for n in (18.0, 19.0)]
    [False, True]
    """
    if alarm.tail == "conformal":
        return alarm.rate * (len(scores) + 1) >= 1 - 1e-9
    return _tail(scores) is not None


def least_images(alarm: Alarm) -> int:
    """Return the least number of good images that allows an alarm.

    >>> least_images(Alarm(0.01, "conformal")), least_images(Alarm(0.01, "exponential"))
    (99, 9)
    """
    return math.ceil(1 / alarm.rate - 1e-9) - 1 if alarm.tail == "conformal" else LEAST_FITTED


def threshold(alarm: Alarm, scores: np.ndarray) -> float | None:
    """Return the score from which on an image is flagged (by rank: above which); None where no alarm is possible.

    Conformal: the (j + 1)-th largest g, j = floor(rate (n + 1)) - 1. Exponential: among the m that are not odd the same
    down to u, beyond it u + k mean excess (((k + 1) / (m + 1) / rate)^(1 / k) - 1).

    >>> threshold(Alarm(0.1, "conformal"), np.arange(1.0, 21.0))  # floor(0.1 x 21) - 1 = 1 may be higher
    19.0
    >>> limit = threshold(Alarm(0.05), np.arange(1.0, 11.0))
    >>> round(p_values(limit, np.arange(1.0, 11.0)).exponential, 6)
    0.05
    """
    if not alarm_possible(alarm, scores):
        return None
    ranked = scores
    if alarm.tail == "exponential":
        ranked, count, start, excess = _tail(scores)
        rarer = (count + 1) / (len(ranked) + 1) / alarm.rate
        if rarer > 1:
            return start + count * excess * (rarer ** (1 / count) - 1)
    larger = math.floor(alarm.rate * (len(ranked) + 1) + 1e-9) - 1
    return float(np.sort(ranked)[::-1][min(larger, len(ranked) - 1)])


def highest_counted(alarm: Alarm, scores: np.ndarray) -> list[int]:
    """Return the rows of the `LIFTING` highest of n held-out scores that count in the threshold, the highest first.

    Of a fitted tail they are among its `tail_scores`; by rank, or where there is no tail, all scores count.

    >>> highest_counted(Alarm(), np.array([3.0, 3.1, 3.3, 3.6, 4.0, 4.5, 5.0, 41.0, 5.5, 6.0]))  # 41 is odd
    [9, 8, 6]
    """
    fitted = tail_scores(scores) if alarm.tail == "exponential" else None
    counted = len(scores) if fitted is None else len(fitted)
    return np.argsort(scores, kind="stable")[:counted][::-1][:LIFTING].tolist()


def thresholds_without(alarm: Alarm, scores: np.ndarray) -> list[float | None]:
    """Return the thresholds of n held-out scores without the first, the first two, ... that `highest_counted` returns.

    >>> thresholds_without(Alarm(0.1, "conformal"), np.arange(1.0, 21.0))  # of 19 one may be higher, then none
    [18.0, 18.0, 17.0]
    """
    rows = highest_counted(alarm, scores)
    return [threshold(alarm, np.delete(scores, rows[: count + 1])) for count in range(len(rows))]


def verdict(p: PValues, alarm: Alarm, images: int) -> str:
    """`flagged` where the chosen p-value <= rate, `no_alarm_possible` where n good images allow none, else `good`.

    >>> verdict(PValues(0.05, 0.1), Alarm(0.05), 50), verdict(PValues(0.2, 0.1), Alarm(0.05), 50)
    ('flagged', 'good')
    >>> verdict(PValues(None, 0.1), Alarm(0.05), 5)
    'no_alarm_possible'
    """
    p_value = deciding_p_value(p, alarm)
    if p_value is None or (alarm.tail == "conformal" and alarm.rate * (images + 1) < 1 - 1e-9):
        return IMPOSSIBLE
    return FLAGGED if p_value <= alarm.rate + 1e-12 else GOOD


def deciding_p_value(p: PValues, alarm: Alarm) -> float | None:
    """Return the p-value that decides.

    >>> deciding_p_value(PValues(0.01, 0.02), Alarm(0.05, "conformal"))
    0.02
    """
    return getattr(p, alarm.tail)


def claimed(p: PValues, alarm: Alarm, images: int) -> float | None:
    """Return the p-value that n good images can vouch for: the one that decides, but at least their `rank_limit`.

    A tail's smaller value is an extrapolation: the score beside threshold and largest good score says how far beyond.

    >>> claimed(PValues(1e-9, 0.02), Alarm(), 49), claimed(PValues(0.3, 0.3), Alarm(), 49)
    (0.02, 0.3)
    """
    p_value = deciding_p_value(p, alarm)
    return None if p_value is None else max(p_value, rank_limit(images))


def check_alarm(alarm: Alarm) -> None:
    """Raises `ValueError` for a tail that does not exist or a rate that is no rate.

    >>> check_alarm(Alarm(5))
    Traceback (most recent call last):
        ...
    ValueError: the false-alarm rate is 5; expected a share above 0 and at most 0.5, such as 0.05
    """
    if alarm.tail not in TAILS:
        raise ValueError(f"the alarm's tail is '{alarm.tail}'; expected one of {', '.join(TAILS)}")
    if not 0 < alarm.rate <= MOST_RATE:
        expected = f"a share above 0 and at most {MOST_RATE}, such as 0.05"
        raise ValueError(f"the false-alarm rate is {alarm.rate}; expected {expected}")


def rank_limit(images: int) -> float:
    """1 / (n + 1): the least p-value that the ranks of n good images can give; less is a tail's extrapolation.

    >>> rank_limit(49)
    0.02
    """
    return 1 / (images + 1)
