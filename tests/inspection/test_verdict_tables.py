"""Verdicts as tables: what each score is judged by, and rows for photos that have no verdict."""

import numpy as np
import pandas as pd

from soart.inspection import calibration, gathering, verdict_tables
from soart.inspection.calibration import Alarm
from soart.inspection.verdict import FLAGGED, NOT_COMPARED, Verdict
from soart.storage import frames
from soart.storage.schemas import SCHEMAS

VERDICTS = [Verdict(score=2.5, p_value=0.5, conformal_p_value=0.5, verdict="good"), Verdict(warning="dark")]


def table(names: list[str], verdicts: list[Verdict], **limits) -> pd.DataFrame:
    labels = {"image": names, "set": ["normal"] * len(names)}
    return frames.frame(labels | verdict_tables.verdict_columns(verdicts, **limits), SCHEMAS["verdicts"], "v.csv")


def test_beside_each_score_stand_threshold_and_largest_good_score():
    held_out, alarm = np.arange(1.0, 21.0), Alarm(0.1, "conformal")
    found = verdict_tables.judged_columns(VERDICTS, alarm, held_out)
    assert found["threshold"].tolist() == [calibration.threshold(alarm, held_out), None]
    assert found["largest_good_score"].tolist() == [20.0, None]
    few = verdict_tables.judged_columns(VERDICTS, Alarm(0.01, "conformal"), held_out)  # needs 99 good images
    assert few["threshold"].tolist() == [None, None]
    assert few["largest_good_score"].tolist() == [20.0, None]
    assert ["image", "set", *found] == list(SCHEMAS["verdicts"])


def test_photos_without_a_verdict_are_rows_once_each():
    parts = [table(["a", "b"], VERDICTS, threshold=9.0, largest_good_score=8.0), table(["c"], VERDICTS[:1])]
    rows = [
        ("b", "normal", "error", "cut off"),
        ("b", "normal", "error", "the same picture as a"),
        ("d", "normal", "left out", "p/d.png: not found"),  # the row says already which image it is
        ("a", "normal", "warning", "dark"),
        ("g", "learn", "error", "cut off"),
    ]
    findings = pd.DataFrame(rows, columns=["image", "set", "severity", "problem"])
    findings["path"] = "p/" + findings["image"] + ".png"
    found = pd.concat(
        [frames.frame(part, SCHEMAS["verdicts"], "v") for part in gathering.gather_verdicts(parts, findings)]
    )
    assert found["image"].tolist() == ["a", "c", "b", "d"]
    assert found["verdict"].tolist() == ["good", "good", NOT_COMPARED, FLAGGED]
    assert found["warning"].tolist() == ["", "", "cut off", "not found"]
    assert found["threshold"].isna().tolist() == [False, True, True, True]
    assert [len(part) for part in gathering.gather_verdicts(parts, None)] == [2, 1]
