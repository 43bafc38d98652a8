"""The report's score sheets: panels as heat tables, their signs, how saturated they are, what they can tell."""

from typing import NamedTuple

import numpy as np

from soart.storage import tables

LEVELS = 4  # shades of a heat table on either side of the middle
MOST_ROWS, MOST_COLUMNS = 60, 60  # of a heat table; beyond that the first ones
LABELS = ("image", "set")  # the text columns of a wide table


class Panel(NamedTuple):
    """A panel's tables: `long` and reading aids as `tables` has them, the wide ones by (channel, word) or channel."""

    long: dict
    wide: dict[tuple, dict]  # weights of a sheet panel, context of a state panel
    signs: dict | None = None
    sets: dict[str, str] | None = None  # measured image: its set


def keys(long: dict, columns: tuple[str, ...]) -> list[tuple]:
    """The different combinations of some columns, in the order of the table."""
    return list(dict.fromkeys(zip(*(long[name].tolist() for name in columns), strict=True)))


def number_columns(wide: dict) -> np.ndarray:
    """The number columns of a wide table, (rows, columns)."""
    return np.column_stack([column for name, column in wide.items() if name not in LABELS])


def pivot(long: dict, chosen: np.ndarray, value: str) -> tuple[list[str], list[str], np.ndarray]:
    """Part of a long table as a sheet: images, judges, values (images, judges); rows stand image by image."""
    images = list(dict.fromkeys(long["image"][chosen].tolist()))
    values = long[value][chosen].reshape(len(images), -1)
    return images, long["judge"][chosen][: values.shape[1]].tolist(), values


def heat_table(images: list[str], sets: dict[str, str], judges: list[str], values: np.ndarray, signed: bool) -> dict:
    """A sheet for the page: judges, rows of (image, set, cells); a cell is (value, level).

    Levels run from -`LEVELS` to `LEVELS` around 0 where `signed`, else from 0 to `LEVELS` over the sheet's range.
    """
    low, high = (-np.abs(values).max(), np.abs(values).max()) if signed else (values.min(), values.max())
    share = (values - low) / (high - low if high > low else 1)
    if signed:
        share = np.sign(values) * np.ceil(LEVELS * np.abs(2 * share - 1) - 1e-9) / LEVELS  # no sign without its colour
    levels = np.rint(share * LEVELS).astype(int)
    shown = values[:MOST_ROWS, :MOST_COLUMNS].tolist(), levels[:MOST_ROWS, :MOST_COLUMNS].tolist()
    rows = [
        (image, sets[image], list(zip(*cells, strict=True)))
        for image, *cells in zip(images[:MOST_ROWS], *shown, strict=True)
    ]
    return {"judges": judges[:MOST_COLUMNS], "rows": rows, "images": len(images), "all_judges": len(judges)}


def saturation(weights: np.ndarray, raw: np.ndarray) -> dict:
    """Return how much a sheet's softmax leaves to tell images apart.

    largest, most: median and maximum over rows of a row's largest weight (1/n would be even, 1 is saturated), n the
    number of words; spread: median over columns of the raw attention's (or the distance's) range as a share of its mean
    magnitude.
    """
    largest = weights.max(axis=1)
    magnitude = np.abs(raw).mean(axis=0)
    spread = np.ptp(raw, axis=0) / np.where(magnitude > 0, magnitude, 1)
    return {
        "words": weights.shape[1],
        "largest": float(np.median(largest)),
        "most": float(largest.max()),
        "spread": float(np.median(spread)),
    }


def separation_rows(table: dict, panel: str, channel: str, word: str) -> dict:
    """Return what a sheet can tell: its rows of the separation table, and which are beyond chance's 95 % point.

    A row with errors among its judges is in-sample: it has seen the answer, and beyond chance means nothing there.
    Keys: separation, overall (the row of the first judge rule for each error kind), in_sample.
    """
    fits = (table["panel"] == panel) & (table["channel"] == channel) & (table["word"] == word)
    found = tables.row_dicts({name: column[fits] for name, column in table.items()})
    for row in found:
        row["in_sample"] = str(row["errors_among_judges"]) == "True"
        row["beyond_chance"] = not row["in_sample"] and row["auroc"] > row["auroc_permuted_95"]
    overall = {}
    for row in found:
        overall.setdefault(row["error_kind"], row)
    return {
        "separation": found,
        "overall": overall,
        "in_sample": any(row["in_sample"] for row in found),
    }


def ticks(sheets: list[dict]) -> dict[str, float]:
    """Return how many cells of all sheets are beyond chance's 95 % point, and how many chance alone would give.

    Keys: cells (without in-sample ones), beyond, by_chance (a twentieth of the cells).
    """
    cells = [cell for sheet in sheets for cell in sheet["overall"].values() if not cell["in_sample"]]
    beyond = sum(cell["beyond_chance"] for cell in cells)
    return {"cells": len(cells), "beyond": beyond, "by_chance": 0.05 * len(cells)}


def sheet_tables(name: str, panel: Panel, separation: dict) -> list[dict]:
    """A panel's sheets by channel and word: raw, deviation, signs, saturation, separation."""
    found = []
    for channel, word in keys(panel.long, ("channel", "word")):
        chosen = (panel.long["channel"] == channel) & (panel.long["word"] == word)
        images, judges, raw = pivot(panel.long, chosen, "raw")
        deviation = pivot(panel.long, chosen, "deviation")[2]
        signs = tables.row_dicts(panel.signs)
        found.append(
            {
                "channel": channel,
                "word": word,
                "raw": heat_table(images, panel.sets, judges, raw, signed=False),
                "deviation": heat_table(images, panel.sets, judges, deviation, signed=True),
                "signs": [row for row in signs if (row["channel"], row["word"]) == (channel, word)],
                "saturation": saturation(number_columns(panel.wide[channel, word]), raw),
            }
            | separation_rows(separation, name, channel, word)
        )
    return found


def state_tables(name: str, panel: Panel, separation: dict) -> list[dict]:
    """A state panel's tables by channel: weights of the annotations, distance of state and context."""
    found = []
    for (channel,) in keys(panel.long, ("channel",)):
        images, annotations, weights = pivot(panel.long, panel.long["channel"] == channel, "weight")
        context = panel.wide[channel,]
        sets = dict(zip(context["image"].tolist(), context["set"].tolist(), strict=True))
        distances = dict(zip(context["image"].tolist(), context["distance"].tolist(), strict=True))
        found.append(
            {
                "channel": channel,
                "word": "state",
                "alignment": str(panel.long["alignment"][0]),
                "weights": heat_table(images, sets, annotations, weights, signed=False),
                "distances": [(image, sets[image], distances[image]) for image in images[:MOST_ROWS]],
                "saturation": saturation(weights, context["distance"][:, None]),
            }
            | separation_rows(separation, name, channel, "state")
        )
    return found
