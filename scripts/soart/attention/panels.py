"""Panels: score sheets of measured images (contestants) by learned members (judges).

Source: the seed's series (README, "Source"). A panel's words are an (n, 4) table: one metric of n measured images, a
number a quadrant. Its weight matrices are scaled tables of the judges' metrics, transposed.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from soart.attention import attention
from soart.attention.metrics import METRICS
from soart.names import natural

CONSTANT = 1e-9  # a column is constant where its range is below this share of its largest magnitude


class Members(NamedTuple):
    """Images with their metrics under one standard in one channel: `metrics[m]` is (n, 4), a number a quadrant."""

    images: list[str]
    sets: list[str]
    metrics: dict[str, np.ndarray]


class Stretch(NamedTuple):
    """v' = factor (v - lo)/(hi - lo), then 0 where v' < floor, else v' (squared where `square`)."""

    factor: float
    floor: float
    square: bool


# name -> (of the judges, of the words); None: divide by the table's mean
SCALINGS = {
    "mean": (None, None),
    "minmax2": (Stretch(2, 0.5, True), Stretch(1, 0.3, True)),
    "minmax2b": (Stretch(2, 0.5, True), Stretch(2, 0.3, False)),
    "minmax15": (Stretch(1.5, 0.3, True), Stretch(2, 0.3, False)),
}


class Sheet(NamedTuple):
    """One score sheet with its labels: `raw` and `deviation` are (n, judges), `weights` is (n, n).

    Column j is value judge j; where there are fewer query and key judges, the columns beyond them have none.
    """

    channel: str
    word: str
    measured: Members
    judges: dict[str, Members]  # query, key, value
    weights: np.ndarray
    raw: np.ndarray
    deviation: np.ndarray


def sheet_path(folder: str, channel: str, word: str, kind: str) -> str:
    """Return where a score sheet lies in its panel's folder; `kind`: raw, deviation or weights.

    >>> sheet_path("results/attention/bahdanau", "gray", "Y1", "raw")
    'results/attention/bahdanau/gray_Y1_raw.csv'
    """
    return f"{folder}/{channel}_{word}_{kind}.csv"


def sort_images(table: pd.DataFrame) -> pd.DataFrame:
    """A metrics table with its images in natural order, whatever their shards; an image's rows stay as they are.

    >>> sort_images(pd.DataFrame({"image": ["a10", "a2"], "Y1": [1.0, 2.0]}))["Y1"].tolist()
    [2.0, 1.0]
    """
    names = sorted(table["image"].unique(), key=natural)
    place = dict(zip(names, range(len(names)), strict=True))
    return table.sort_values("image", key=lambda images: images.map(place), kind="stable", ignore_index=True)


def members(table: pd.DataFrame, standard: str, channel: str, groups: list[dict]) -> Members:
    """The first images of each group's set, from a long metrics table (images in order, quadrants X0..X3).

    A group is `{set: name, first: count}`, or `{set: name, first: "all"}`.

    >>> labels = {"image": "a", "set": "learn", "standard": "base", "channel": "gray"}
    >>> table = pd.DataFrame(labels | {metric: np.arange(4.0) for metric in METRICS})
    >>> members(table, "base", "gray", [{"set": "learn", "first": "all"}]).metrics["Y1"]
    array([[0., 1., 2., 3.]])
    """
    here = table[(table["standard"] == standard) & (table["channel"] == channel)]
    picked = [_first(here[here["set"] == group["set"]], group["first"]) for group in groups]
    rows = pd.concat(picked, ignore_index=True)  # four rows an image
    return Members(
        images=rows["image"].iloc[::4].tolist(),
        sets=rows["set"].iloc[::4].tolist(),
        metrics={metric: rows[metric].to_numpy().reshape(-1, 4) for metric in METRICS},
    )


def _first(rows: pd.DataFrame, first: int | str) -> pd.DataFrame:
    return rows if first == "all" else rows.iloc[: 4 * first]


def scale_judges(scaling: str, values: np.ndarray, metric: str) -> np.ndarray:
    """A judges' table (k, 4), scaled by itself over all judges and quadrants.

    >>> scale_judges("minmax2", np.array([[0.0, 1.0, 2.0, 4.0]]), "Y1")  # 2 (v - lo) / (hi - lo), 0 below 0.5, squared
    array([[0.  , 0.25, 1.  , 4.  ]])
    """
    return _scale(SCALINGS[scaling][0], values, values, metric, "judges")


def scale_words(scaling: str, values: np.ndarray, judges: np.ndarray, metric: str) -> np.ndarray:
    """The words (n, 4): divided by their own mean, or stretched by the minimum and maximum of the V judges' table.

    >>> judges = np.array([[0.0, 1.0, 2.0, 4.0]])
    >>> scale_words("minmax2", np.array([[0.0, 1.0, 2.0, 4.0]]), judges, "Y1")  # the same, not doubled, 0 below 0.3
    array([[0.  , 0.  , 0.25, 1.  ]])
    """
    return _scale(SCALINGS[scaling][1], values, judges, metric, "words")


def _scale(stretch: Stretch | None, values: np.ndarray, judges: np.ndarray, metric: str, whose: str) -> np.ndarray:
    if stretch is None:
        mean = values.mean()
        if abs(mean) < 1e-6:
            raise ValueError(
                f"{metric} of the {whose} has the mean {mean:.3g}: it cannot be scaled by its mean; choose a minmax "
                "scaling or another metric"
            )
        return values / mean
    low, high = judges.min(), judges.max()
    if low == high:
        raise ValueError(
            f"{metric} is {low:.6g} in every quadrant of all judges: it has no range to scale the {whose} by; choose "
            "other judges or another metric"
        )
    stretched = stretch.factor * (values - low) / (high - low)
    return np.where(stretched < stretch.floor, 0.0, stretched**2 if stretch.square else stretched)


def score_sheets(table: dict[str, np.ndarray], panel: dict) -> list[Sheet]:
    """All sheets of a panel, one for each channel and word; `table` is a long metrics table.

    Raises `ValueError` naming panel, channel and word where a metric cannot be scaled.
    """
    sheets = []
    for channel in panel["channels"]:
        judges = {role: members(table, panel["standard"], channel, each) for role, each in panel["groups"].items()}
        measured = judges.pop("measured")
        sheets += [_sheet(panel, channel, word, measured, judges) for word in panel["words"]]
    return sheets


def _sheet(panel: dict, channel: str, word: str, measured: Members, judges: dict[str, Members]) -> Sheet:
    metrics = {role: panel[role]["metric"] for role in judges}
    try:
        weights, raw = score_words(measured, judges, metrics, panel["scaling"], word)
    except ValueError as error:
        raise ValueError(f"panel {panel['name']}, channel {channel}, word {word}: {error}") from error
    return Sheet(channel, word, measured, judges, weights, raw, deviation(raw))


def score_words(
    measured: Members, judges: dict[str, Members], metrics: dict[str, str], scaling: str, word: str
) -> tuple[np.ndarray, np.ndarray]:
    """Weights (n, n) and raw attention (n, judges) of one word metric.

    words W (n, 4); W_Q, W_K (4, k) and W_V (4, p) are the transposed scaled tables of the judges' `metrics`;
    weights = softmax over each row of Q K^T / sqrt(k), raw = weights V. Raises `ValueError` where a metric cannot be
    scaled.

    >>> one = Members(["a"], ["learn"], {metric: np.array([[1.0, 1.0, 1.0, 3.0]]) for metric in METRICS})
    >>> metrics = {"query": "Y3", "key": "Y1", "value": "Y2"}
    >>> score_words(one, dict.fromkeys(metrics, one), metrics, "mean", "Y1")  # words and judges: 2/3, 2/3, 2/3, 2
    (array([[1.]]), array([[5.33333333]]))
    """
    W = {role: scale_judges(scaling, judges[role].metrics[metric], metric).T for role, metric in metrics.items()}
    words = scale_words(scaling, measured.metrics[word], judges["value"].metrics[word], word)
    return attention.self_attention(words, W["query"], W["key"], W["value"])


def deviation(raw: np.ndarray) -> np.ndarray:
    """Each column minus its mean, divided by its range: rows (images) can then be told apart; (n, k) -> (n, k).

    Range of a column: 1. A constant column (range below 1e-9 of its largest magnitude, as saturated ones are) is 0.

    >>> deviation(np.array([[1.0, 7.0], [2.0, 7.0], [3.0, 7.0]]))
    array([[-0.5,  0. ],
           [ 0. ,  0. ],
           [ 0.5,  0. ]])
    """
    extent, constant = np.ptp(raw, axis=0), constant_columns(raw)
    return np.where(constant, 0.0, (raw - raw.mean(axis=0)) / np.where(constant, 1.0, extent))


def constant_columns(values: np.ndarray) -> np.ndarray:
    """Return whether each column has no range worth the name, (n, k) -> (k,) bool; exact equality fails by rounding.

    >>> constant_columns(np.array([[1.0, 0.3], [2.0, 0.1 + 0.2]]))
    array([False,  True])
    """
    return np.ptp(values, axis=0) <= CONSTANT * np.abs(values).max(axis=0)


def sheet_table(sheet: Sheet) -> pd.DataFrame:
    """A sheet as a long table: one row for each image and judge, image by image."""
    judges, images = len(sheet.judges["value"].images), sheet.measured.images
    names = {role: (group.images + [""] * judges)[:judges] for role, group in sheet.judges.items()}
    columns = {"image": np.repeat(images, judges), "judge": names["value"] * len(images)}
    columns |= {"q_judge": names["query"] * len(images), "k_judge": names["key"] * len(images)}
    columns |= {"raw": sheet.raw.ravel(), "deviation": sheet.deviation.ravel()}
    return pd.DataFrame(columns).assign(alignment=None, score=None, weight=None)  # which states have


def signs(sheet: Sheet) -> pd.DataFrame:
    """Return how many deviations are positive, negative and zero, by judge group and image group."""
    rows = []
    judge_sets, image_sets = np.array(sheet.judges["value"].sets), np.array(sheet.measured.sets)
    for judges in dict.fromkeys(judge_sets.tolist()):
        for images in dict.fromkeys(image_sets.tolist()):
            sign = np.sign(sheet.deviation[np.ix_(image_sets == images, judge_sets == judges)])
            rows.append((judges, images, *(int((sign == value).sum()) for value in (1, -1, 0))))
    return pd.DataFrame(rows, columns=["judges", "images", "positive", "negative", "zero"])


def extremes(sheet: Sheet) -> pd.DataFrame:
    """Each image's largest and smallest deviation, and which judge gave it (the first, where several did)."""
    judges = np.array(sheet.judges["value"].images)
    return pd.DataFrame(
        {
            "image": sheet.measured.images,
            "set": sheet.measured.sets,
            "largest": sheet.deviation.max(axis=1),
            "largest_judge": judges[sheet.deviation.argmax(axis=1)],
            "smallest": sheet.deviation.min(axis=1),
            "smallest_judge": judges[sheet.deviation.argmin(axis=1)],
        }
    )


def gather_sheets(panel: str, sheets: list[Sheet], table_of: Callable[[Sheet], pd.DataFrame]) -> pd.DataFrame:
    """Return the tables of a panel's sheets as one, with the columns panel, channel and word."""
    parts = [table_of(sheet).assign(panel=panel, channel=sheet.channel, word=sheet.word) for sheet in sheets]
    return pd.concat(parts, ignore_index=True)
