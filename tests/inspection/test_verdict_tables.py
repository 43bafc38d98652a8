"""Verdicts as tables: what each score is judged by, and rows for photos that have no verdict."""

import numpy as np
import pandas as pd
import pytest

import samples
from soart.inspection import calibration, gathering, image_model, models, verdict_tables
from soart.inspection.calibration import Alarm
from soart.inspection.pair_model import PairModel
from soart.inspection.pairs import Settings
from soart.inspection.verdict import FLAGGED, NOT_COMPARED, ODD, Odd, Verdict
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
        ("h", "learn", "left out", "p/h.png: an odd good photo"),
    ]
    findings = pd.DataFrame(rows, columns=["image", "set", "severity", "problem"])
    findings["path"] = "p/" + findings["image"] + ".png"
    found = pd.concat(
        [frames.frame(part, SCHEMAS["verdicts"], "v") for part in gathering.gather_verdicts(parts, findings)]
    )
    assert found["image"].tolist() == ["a", "c", "b", "d", "h"]
    assert found["verdict"].tolist() == ["good", "good", NOT_COMPARED, FLAGGED, ODD]
    assert found["warning"].tolist() == ["", "", "cut off", "not found", "an odd good photo"]
    assert found["threshold"].isna().tolist() == [False, True, True, True, True]
    assert [len(part) for part in gathering.gather_verdicts(parts, None)] == [2, 1]


def test_odd_good_photos_are_warnings_behind_what_is_worse():
    found = [("b", "inspect", "error", "cut off"), ("c", "learn", "left out", "an odd good photo")]
    found += [("a", "learn", "warning", "dark"), ("d", "inspect", "warning", "blurred")]
    findings = pd.DataFrame(found, columns=["image", "set", "severity", "problem"])
    findings.insert(2, "path", "p/" + findings["image"] + ".png")
    odd = Odd("e", 26.34, 4.14, False), Odd("a", 9.0, 4.14)
    mixed = {"f": "is of kind 2 of 2 kinds"}
    table = gathering.gather_findings(findings, odd, mixed, {"a": "p/a.png", "e": "p/e.jpg", "f": "p/f.png"})
    named = frames.frame(table, SCHEMAS["check"], "c").values.tolist()
    assert named == [
        ["b", "inspect", "p/b.png", "error", "cut off"],
        ["c", "learn", "p/c.png", "left out", "an odd good photo"],
        ["e", "learn", "p/e.jpg", "warning",
         "e is odd: held out it scores 26.3, the median 4.14; it was not learned from; look at it"],
        ["a", "learn", "p/a.png", "warning", "a is odd: held out it scores 9, the median 4.14; look at it"],
        ["f", "learn", "p/f.png", "warning", "f is of kind 2 of 2 kinds"],
        ["a", "learn", "p/a.png", "warning", "dark"],
        ["d", "inspect", "p/d.png", "warning", "blurred"],
    ]  # fmt: skip
    for named, rows in (((), findings), (odd, findings[:0])):
        table = frames.frame(gathering.gather_findings(rows, named, {}, {"a": "", "e": ""}), SCHEMAS["check"], "c")
        assert len(table) == len(named) + len(rows)


@pytest.mark.parametrize(
    "left_out",
    [(), (Odd("good/9", 50.0, 4.0, False),), (Odd("good/8", kept=False), Odd("good/9", 50.0, 4.0, False))],
)
def test_odd_good_photos_are_rows_as_the_model_names_them(left_out, tmp_path):
    learned = image_model.learn(samples.mosaics("learn", 10), (500, 500), samples.SMALL, Alarm())
    held_out = np.array([3.0, 3.1, 3.3, 3.6, 4.0, 4.5, 5.0, 41.0, 5.5, 6.0])
    names = tuple(f"good/{number}" for number in range(10))
    of_images = learned._replace(held_out=held_out, good=names, left_out=left_out)
    of_pairs = PairModel((60, 40), Settings(8, "alike"), Alarm(), 0.1, 0.01, held_out, names)
    for model in (of_images, of_pairs):
        models.save(tmp_path / "model.npz", model)
        odd = gathering.odd_photos(str(tmp_path / "model.npz"))
        assert odd == tuple(each for each in model.odd if each.score is not None) != ()
        *_, last = gathering.gather_verdicts([table(["a"], VERDICTS[:1])], None, odd)
        row = frames.frame(last, SCHEMAS["verdicts"], "v").to_dict("records")[0]
        assert {name: row[name] for name in ("image", "set", "verdict", "score")} == {
            "image": "good/7",
            "set": "learn",
            "verdict": ODD,
            "score": 41.0,
        }
        assert row["warning"].startswith("good/7 is odd: held out it scores 41, the median 4.25")
        assert np.isnan(row["p_value"])
