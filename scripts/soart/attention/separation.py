"""Separation: how well a panel's scores tell error images from good ones, against what chance would give."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from soart import streams
from soart.attention.panels import Sheet
from soart.statistics import auroc, midranks

PERMUTATIONS = 1000


class Separation(NamedTuple):
    """Sign-free AUROC (at least 0.5), which side the errors are on, and the same for permuted labels."""

    auroc: float
    direction: str
    auroc_permuted_mean: float
    auroc_permuted_95: float


COLUMNS = ("error_kind", "judge_rule", "good_images", "error_images", *Separation._fields)


def separate(scores: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> Separation:
    """Return how well the best of k score columns tells labelled images from others: scores (n, k), labels (n,) bool.

    Sign-free: max(A, 1 - A). With few images noise reaches about 0.6, and the best of k noisy columns more: hence the
    mean and the 95 % point over 1,000 permutations of the labels.

    >>> rng, labels = np.random.default_rng(1), np.array([False] * 4 + [True] * 4)
    >>> found = separate(np.array([[1.0], [2.0], [3.0], [4.0], [0.1], [0.2], [0.3], [0.4]]), labels, rng)
    >>> found.auroc, found.direction, found.auroc_permuted_mean > 0.5
    (1.0, 'errors lower', True)
    """
    ranks = midranks(scores)
    higher, lower = auroc(ranks, labels), auroc(ranks, ~labels)
    permuted = rng.permuted(np.tile(labels, (PERMUTATIONS, 1)), axis=1)
    chance = np.maximum(auroc(ranks, permuted), auroc(ranks, ~permuted)).max(axis=1)
    return Separation(
        auroc=float(max(higher.max(), lower.max())),
        direction="errors higher" if higher.max() >= lower.max() else "errors lower",
        auroc_permuted_mean=float(chance.mean()),
        auroc_permuted_95=float(np.quantile(chance, 0.95)),
    )


def judge_rules(deviations: np.ndarray) -> dict[str, np.ndarray]:
    """Ways to read one score for each image off a sheet's deviations (n, k): rule name -> (n, columns).

    >>> {name: scores.tolist() for name, scores in judge_rules(np.array([[0.5, -0.5]])).items()}
    {'mean over judges': [[0.0]], 'best judge': [[0.5, -0.5]], 'mean of |deviation|': [[0.5]]}
    """
    return {
        "mean over judges": deviations.mean(axis=1, keepdims=True),
        "best judge": deviations,
        "mean of |deviation|": np.abs(deviations).mean(axis=1, keepdims=True),
    }


def separation(
    rules: dict[str, np.ndarray],
    sets: list[str],
    good_set: str,
    error_kinds: list[str],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """A row for each error kind against the good images, and for all kinds together.

    No rows without both sorts. `rules` as `judge_rules` gives them; `sets` names each row's set; images of other sets
    are left out. "all" never stands alone, because kinds can move to opposite sides.

    >>> scores, sets = np.array([[1.0], [2.0], [3.0], [9.0]]), ["normal", "normal", "errorA", "errorB"]
    >>> found = separation({"score": scores}, sets, "normal", ["errorA", "errorB"], np.random.default_rng(1))
    >>> found["error_kind"].tolist(), found["auroc"].tolist()
    (['errorA', 'errorB', 'all'], [1.0, 1.0, 1.0])
    """
    sets = np.array(sets)
    good = sets == good_set
    kinds = [kind for kind in error_kinds if kind in sets]
    comparisons = {kind: sets == kind for kind in kinds} | {"all": np.isin(sets, kinds)}
    rows = [
        (kind, rule, int(good.sum()), int(bad.sum()), *separate(scores[good | bad], bad[good | bad], rng))
        for kind, bad in (comparisons.items() if good.any() and kinds else ())
        for rule, scores in rules.items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def sheet_separation(sheet: Sheet, panel: str, errors: list[str], seed: int) -> pd.DataFrame:
    """Return the separation of a panel's sheet by each judge rule, and whether errors are among its own judges."""
    rng = streams.generator(seed, f"separation {panel} {sheet.channel} {sheet.word}", 0)
    found = separation(judge_rules(sheet.deviation), sheet.measured.sets, "normal", errors, rng)
    judges = {name for group in sheet.judges.values() for name in group.sets}
    return found.assign(errors_among_judges=not judges.isdisjoint(errors))
