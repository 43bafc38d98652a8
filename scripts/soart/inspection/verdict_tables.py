"""Verdicts as tables: a row an image."""

from collections.abc import Iterator, Sequence

import numpy as np

from soart.inspection.verdict import FLAGGED, NOT_COMPARED, Verdict
from soart.names import LEARN, STANDARD
from soart.photos import intake
from soart.storage import tables


def columns(verdicts: Sequence[Verdict]) -> dict[str, np.ndarray]:
    """Return the fields of some verdicts as columns."""
    return {name: np.array([getattr(each, name) for each in verdicts]) for name in Verdict._fields}


def gathered(paths: list[str], findings: dict[str, np.ndarray] | None) -> Iterator[dict[str, np.ndarray]]:
    """Yield the verdicts, a table after the other, and one for each photo that has none, with the reason.

    A photo that the input check refused is `not_compared`; one that was left out because its part was not found,
    or fits badly, is flagged for that.
    """
    if findings is None:
        yield from map(tables.read, paths)
        return
    out = np.isin(findings["severity"], [intake.ERROR, intake.LEFT_OUT])
    refused = out & ~np.isin(findings["set"], [LEARN, STANDARD])
    _, first = np.unique(findings["image"][refused], return_index=True)
    refused = np.flatnonzero(refused)[np.sort(first)]  # one row an image, whatever is wrong with it
    for table in map(tables.read, paths):
        kept = ~np.isin(table["image"], findings["image"][refused])
        yield {name: column[kept] for name, column in table.items()}
    severities, problems = (findings[name][refused].tolist() for name in ("severity", "problem"))
    verdicts = [FLAGGED if severity == intake.LEFT_OUT else NOT_COMPARED for severity in severities]
    rows = [Verdict(verdict=each, warning=problem) for each, problem in zip(verdicts, problems, strict=True)]
    yield {name: findings[name][refused] for name in ("image", "set")} | columns(rows)
