"""The report's verdicts: what came of the inspection in a few numbers, a row an image, and which images to show."""

from typing import NamedTuple

from soart import calibration, evaluation
from soart.schemas import BOX

MISSED, FALSE_ALARM = "missed", "false alarm"
MOST_PICTURES = 200
MOST_FLAGGED, MOST_HIGHEST = 150, 30  # of them mistakes and flagged images, then the highest scores of the others
ALL_ROWS, WORST_ROWS = 10_000, 2_000  # up to so many images a row each, beyond that only the worst
SHOWN = ("image", "set", "score", "p_value", "verdict", "x", "y", "distance", "driver", "warning")


class Truth(NamedTuple):
    """What is known of the sets: those of good test images, and the error kinds. Of any other set nothing is known."""

    good: list[str]
    errors: list[str]


def rows(verdicts: dict, truth: Truth) -> list[dict]:
    """A dict for each image, the worst first: what could not be compared, then by score, then by name.

    Keys: `SHOWN`, box (four numbers or None), outcome (`MISSED`, `FALSE_ALARM` or ""), number (from 1).
    """
    table = zip(*(verdicts[name].tolist() for name in SHOWN + BOX), strict=True)
    found = [dict(zip(SHOWN + BOX, row, strict=True)) for row in table]
    for row in found:
        row["box"] = tuple(row.pop(name) for name in BOX)
        row["outcome"] = outcome(row["set"], row["verdict"], truth)
    found.sort(key=lambda row: (row["score"] is not None, -(row["score"] or 0), row["set"], row["image"]))
    for number, row in enumerate(found, 1):
        row["number"] = number
    return found


def outcome(image_set: str, verdict: str, truth: Truth) -> str:
    """Which of the two mistakes a verdict is, if any."""
    if image_set in truth.errors and verdict == calibration.GOOD:
        return MISSED
    return FALSE_ALARM if image_set in truth.good and verdict == calibration.FLAGGED else ""


def listed(found: list[dict]) -> list[dict]:
    """The rows that the report lists: all, or the worst of more than `ALL_ROWS`."""
    return found if len(found) <= ALL_ROWS else found[:WORST_ROWS]


def shown(found: list[dict]) -> list[dict]:
    """The rows of at most `MOST_PICTURES` images to show, the worst first.

    Mistakes, then flagged images; the highest scores of the others; the rest taken evenly from what is left.
    """
    compared = [row for row in found if row["score"] is not None]
    mistakes = [row for row in compared if row["outcome"]]
    flagged = [row for row in compared if row["verdict"] == calibration.FLAGGED and not row["outcome"]]
    others = [row for row in compared if row["verdict"] != calibration.FLAGGED and not row["outcome"]]
    picked = (mistakes + flagged)[:MOST_FLAGGED] + others[:MOST_HIGHEST]
    rest, places = others[MOST_HIGHEST:], MOST_PICTURES - len(picked)
    if len(rest) > places:
        rest = [rest[(2 * place + 1) * len(rest) // (2 * places)] for place in range(places)]
    return sorted(picked + rest, key=lambda row: row["number"])


def summary(found: list[dict], truth: Truth) -> dict:
    """Counts of verdicts, and rates with exact 95 % intervals (None where there is nothing to count in).

    Keys: images, verdicts {verdict: count}, false_alarms and missed as `rate`, kinds {error kind: missed as `rate`}.
    Only images that were compared count in rates.
    """
    verdicts = [row["verdict"] for row in found]
    return {
        "images": len(found),
        "verdicts": {verdict: verdicts.count(verdict) for verdict in dict.fromkeys(verdicts)},
        "false_alarms": rate(found, truth.good, FALSE_ALARM),
        "missed": rate(found, truth.errors, MISSED),
        "kinds": {kind: rate(found, [kind], MISSED) for kind in truth.errors},
    }


def rate(found: list[dict], sets: list[str], mistake: str) -> dict | None:
    """How often a mistake was made among the judged images of some sets: count, total, share, low, high."""
    decided = (calibration.GOOD, calibration.FLAGGED)
    outcomes = [row["outcome"] for row in found if row["set"] in sets and row["verdict"] in decided]
    if not outcomes:
        return None
    count, total = outcomes.count(mistake), len(outcomes)
    return {"count": count, "total": total} | dict(
        zip(("share", "low", "high"), evaluation.rate(count, total), strict=True)
    )


def alarm(card: dict, rate_asked: float, tail: str) -> dict:
    """The calibration card's row for the alarm that was asked for: rate, tail, threshold (or None), worth, images."""
    rows = [
        dict(zip(card, row, strict=True)) for row in zip(*(column.tolist() for column in card.values()), strict=True)
    ]
    for row in rows:
        if row["tail"] == tail and abs(row["rate"] - rate_asked) < 1e-12:
            return row | {"threshold": float(row["threshold"]) if row["threshold"] != "" else None}
    raise ValueError(f"the calibration card has no row for the alarm '{tail}' at the false-alarm rate {rate_asked}")
