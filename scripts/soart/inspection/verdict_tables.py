"""Verdicts as tables: a row an image."""

from collections.abc import Sequence

import numpy as np

from soart.inspection import calibration
from soart.inspection.calibration import Alarm
from soart.inspection.verdict import Verdict
from soart.storage.schemas import SCHEMAS


def verdict_columns(
    verdicts: Sequence[Verdict], threshold: float | None = None, largest_good_score: float | None = None
) -> dict[str, np.ndarray]:
    """Return the fields of some verdicts as columns, and beside each score what it is judged by."""
    limits = {"threshold": threshold, "largest_good_score": largest_good_score}
    found = {name: [getattr(each, name) for each in verdicts] for name in Verdict._fields}
    found |= {name: [limit if each.score is not None else None for each in verdicts] for name, limit in limits.items()}
    return {name: np.array(found[name]) for name in SCHEMAS["verdicts"] if name in found}


def judged_columns(verdicts: Sequence[Verdict], alarm: Alarm, held_out: np.ndarray) -> dict[str, np.ndarray]:
    """Return some verdicts of a model with this alarm and these held-out scores, (n,), as columns."""
    return verdict_columns(verdicts, calibration.threshold(alarm, held_out), float(held_out.max()))
