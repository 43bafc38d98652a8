"""Verdicts as tables: a row an image."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from soart.inspection import calibration
from soart.inspection.calibration import Alarm
from soart.inspection.verdict import FLAGGED, NOT_COMPARED, Verdict
from soart.names import LEARN, STANDARD
from soart.photos import intake
from soart.storage.schemas import SCHEMAS


def columns(
    verdicts: Sequence[Verdict], threshold: float | None = None, largest_good_score: float | None = None
) -> dict[str, np.ndarray]:
    """Return the fields of some verdicts as columns, and beside each score what it is judged by."""
    limits = {"threshold": threshold, "largest_good_score": largest_good_score}
    found = {name: [getattr(each, name) for each in verdicts] for name in Verdict._fields}
    found |= {name: [limit if each.score is not None else None for each in verdicts] for name, limit in limits.items()}
    return {name: np.array(found[name]) for name in SCHEMAS["verdicts"] if name in found}


def judged_columns(verdicts: Sequence[Verdict], alarm: Alarm, held_out: np.ndarray) -> dict[str, np.ndarray]:
    """Return some verdicts of a model with this alarm and these held-out scores, (n,), as columns."""
    return columns(verdicts, calibration.threshold(alarm, held_out), float(held_out.max()))


def gathered(parts: Iterable[pd.DataFrame], findings: pd.DataFrame | None) -> Iterator[pd.DataFrame]:
    """Yield the verdicts, a table after the other, and one for each photo that has none, with the reason.

    A photo that the input check refused is `not_compared`; one that was left out because its part was not found,
    or fits badly, is flagged for that.
    """
    if findings is None:
        yield from parts
        return
    left_out = findings["severity"].isin([intake.ERROR, intake.LEFT_OUT])
    refused = findings[left_out & ~findings["set"].isin([LEARN, STANDARD])]
    out = refused.drop_duplicates("image")  # one row an image, whatever is wrong with it
    for table in parts:
        yield table[~table["image"].isin(out["image"])]
    verdicts = out["severity"].map({intake.LEFT_OUT: FLAGGED, intake.ERROR: NOT_COMPARED})
    rows = [Verdict(verdict=each, warning=problem) for each, problem in zip(verdicts, out["problem"], strict=True)]
    yield pd.DataFrame({"image": out["image"].tolist(), "set": out["set"].tolist()} | columns(rows))
