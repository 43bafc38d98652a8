"""The report's verdicts: what came of the inspection in a few numbers, a row an image, and which images to show."""

import re
from collections import Counter
from typing import NamedTuple

import numpy as np

from soart import statistics
from soart.inspection import calibration
from soart.inspection.calibration import Alarm
from soart.inspection.verdict import ALSO, FLAGGED, GOOD, NOT_COMPARED
from soart.names import LEARN, STANDARD
from soart.report.summary import Odd, Rate, Summary
from soart.storage import tables
from soart.storage.schemas import BOX

NUMBER = re.compile(r"(\d+(?:\.\d+)?)")
MISSED, FALSE_ALARM = "missed", "false alarm"
MOST_PICTURES = 200
MOST_FLAGGED, MOST_HIGHEST = 150, 30  # of them mistakes and flagged images, then the highest scores of the others
ALL_ROWS, WORST_ROWS = 10_000, 2_000  # up to so many images a row each, beyond that only the worst
NOT_INSPECTED = (STANDARD, LEARN)  # sets: nobody asks whether the standard is good; of good photos the odd have a row
ROW_COLUMNS = ("image", "set", "score", "p_value", "verdict", "x", "y", "distance", "driver", "warning")


class Truth(NamedTuple):
    """Truth that is known of the sets: those of good test images, and the error kinds; of others nothing is known."""

    good: list[str]
    errors: list[str]


def rank(verdicts: dict[str, np.ndarray], truth: Truth) -> dict[str, np.ndarray]:
    """Return all n verdicts, the worst first: what could not be compared, then by score, then by name.

    Without the sets that are `NOT_INSPECTED`. Columns (n,): row (of `verdicts`), set, score (NaN where
    there is none), p_value (likewise), verdict, outcome (`MISSED`, `FALSE_ALARM` or ""), warned. Columns, because a
    dict for each of 10^5 images takes half a gigabyte.
    """
    rows = np.flatnonzero(~np.isin(verdicts["set"], NOT_INSPECTED))
    score = verdicts["score"].astype(float)  # None becomes NaN
    compared = ~np.isnan(score)
    keys = verdicts["image"], verdicts["set"], -np.where(compared, score, 0), compared
    order = rows[np.lexsort(tuple(key[rows] for key in keys))]
    found = {name: verdicts[name][order] for name in ("set", "verdict")}
    numbers = {"score": score[order], "p_value": verdicts["p_value"].astype(float)[order]}
    found |= {"outcome": outcomes(found["set"], found["verdict"], truth), "warned": verdicts["warning"][order] != ""}
    return {"row": order} | found | numbers


def outcomes(image_sets: np.ndarray, verdicts: np.ndarray, truth: Truth) -> np.ndarray:
    """Return which of the two mistakes each verdict is, if any: (n,) text."""
    missed = np.isin(image_sets, truth.errors) & (verdicts == GOOD)
    false_alarm = np.isin(image_sets, truth.good) & (verdicts == FLAGGED)
    return np.select([missed, false_alarm], [MISSED, FALSE_ALARM], "")


def rows(verdicts: dict[str, np.ndarray], found: dict[str, np.ndarray], ranks: np.ndarray) -> list[dict]:
    """A dict for each of some ranks, from 0.

    Keys: `ROW_COLUMNS`, box (four numbers, or four None), outcome, number (from 1).
    """
    chosen = found["row"][ranks]
    columns = {name: verdicts[name][chosen].tolist() for name in ROW_COLUMNS}
    columns["box"] = list(zip(*(verdicts[name][chosen].tolist() for name in BOX), strict=True))
    columns |= {"outcome": found["outcome"][ranks].tolist(), "number": (ranks + 1).tolist()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def listed_ranks(images: int) -> np.ndarray:
    """The ranks that the report lists: all, or the worst of more than `ALL_ROWS`."""
    return np.arange(images if images <= ALL_ROWS else WORST_ROWS)


def shown_ranks(found: dict[str, np.ndarray]) -> np.ndarray:
    """The ranks of at most `MOST_PICTURES` images to show, the worst first.

    Mistakes, then flagged images; the highest scores of the others; the rest taken evenly from what is left.
    """
    compared, mistaken = ~np.isnan(found["score"]), found["outcome"] != ""
    flagged = ~mistaken & (found["verdict"] == FLAGGED)
    mistakes, alarms, others = (
        np.flatnonzero(compared & chosen) for chosen in (mistaken, flagged, ~mistaken & ~flagged)
    )
    picked = np.concatenate([mistakes, alarms])[:MOST_FLAGGED]
    picked = np.concatenate([picked, others[:MOST_HIGHEST]])
    rest, free = others[MOST_HIGHEST:], MOST_PICTURES - len(picked)
    if len(rest) > free:
        rest = rest[(2 * np.arange(free) + 1) * len(rest) // (2 * free)]
    return np.sort(np.concatenate([picked, rest]))


def summarize(
    found: dict[str, np.ndarray], truth: Truth, asked: dict, held_out: np.ndarray, odd: tuple[Odd, ...] = (), **more
) -> Summary:
    """Count verdicts, and mistakes as rates; `asked` is the card's row of the alarm, `more` are fields of `Summary`."""
    missed = found["score"][found["outcome"] == MISSED]
    return Summary(
        counts=dict(Counter(found["verdict"].tolist())),
        good_images=len(held_out),
        needed=calibration.least_images(Alarm(asked["rate"], asked["tail"])),
        alarm={name: asked[name] for name in ("rate", "tail", "threshold")} | {"worth": first_of(asked["worth"])},
        largest_good=float(held_out.max()),
        missed=mistake_rate(found, truth.errors, MISSED),
        false_alarms=mistake_rate(found, truth.good, FALSE_ALARM),
        kinds={kind: mistake_rate(found, [kind], MISSED) for kind in truth.errors},
        largest_missed=float(missed.max()) if len(missed) else None,
        warnings=int((found["warned"] & (found["verdict"] != NOT_COMPARED)).sum()),
        odd=odd,
        **more,
    )


def warned(verdicts: dict[str, np.ndarray]) -> list[tuple[int, str]]:
    """Return the kinds of warnings of compared images, the most frequent first: how many images, and what is said.

    An image with several warnings is counted at each. Warnings that differ in numbers alone are one kind, and each
    number is said from least to most: 3 to 7 %.
    """
    inspected = ~np.isin(verdicts["set"], NOT_INSPECTED) & (verdicts["verdict"] != NOT_COMPARED)
    kinds: dict[tuple, list[list[str]]] = {}
    for texts in verdicts["warning"][inspected & (verdicts["warning"] != "")].tolist():
        for text in texts.split(ALSO):
            parts = NUMBER.split(text)  # text, number, text, ...
            kinds.setdefault(tuple(parts[::2]), []).append(parts[1::2])
    found = [(len(alike), _spanned(parts, alike)) for parts, alike in kinds.items()]
    return sorted(found, key=lambda kind: -kind[0])


def _spanned(parts: tuple[str, ...], numbers: list[list[str]]) -> str:
    """The texts with the numbers between them, each from least to most."""
    said = parts[0]
    for place, part in enumerate(parts[1:]):
        column = sorted({row[place] for row in numbers}, key=float)
        said += (column[0] if len(column) == 1 else f"{column[0]} to {column[-1]}") + part
    return said


def first_of(text: str) -> str:
    """The first of some sentences: what the card says after it of odd good images has its own place in the report."""
    return text.partition(". ")[0].removesuffix(".") + "."


def mistake_rate(found: dict[str, np.ndarray], sets: list[str], mistake: str) -> Rate | None:
    """Return how often a mistake was made among the judged images of some sets; None where there are none."""
    decided = np.isin(found["verdict"], (GOOD, FLAGGED)) & np.isin(found["set"], sets)
    if not (total := int(decided.sum())):
        return None
    count = int((found["outcome"][decided] == mistake).sum())
    return Rate(count, total, *statistics.rate(count, total))


def alarm_row(card: dict, rate_asked: float, tail: str) -> dict:
    """The calibration card's row for the alarm that was asked for: rate, tail, threshold (or None), worth, images."""
    for row in tables.row_dicts(card):
        if row["tail"] == tail and abs(row["rate"] - rate_asked) < 1e-12:
            return row | {"threshold": None if np.isnan(row["threshold"]) else row["threshold"]}
    raise ValueError(f"the calibration card has no row for the alarm '{tail}' at the false-alarm rate {rate_asked}")
