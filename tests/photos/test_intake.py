"""The input check: what cannot be used, what looks odd, and when a run must stop."""

import numpy as np
import pytest

from soart import names
from soart.photos import intake
from soart.resolution import Places


def photos(*rows: tuple) -> dict[str, np.ndarray]:
    """A table of photos from (set, content, brightness, sharpness, problem, and whether it is unregistered).

    A photo whose content ends in .png is one, the others are JPEGs of quality 95; with ~ in it, of quality 80.
    """
    names = [f"{row[0]}/{number}" for number, row in enumerate(rows)]
    columns = {"image": names, "path": [f"{name}.png" for name in names], "set": [row[0] for row in rows]}
    columns |= {name: [row[at] for row in rows] for at, name in ((1, "sha256"), (2, "brightness"), (3, "sharpness"))}
    columns |= {"problem": [row[4] for row in rows], "unregistered": [len(row) > 5 for row in rows]}
    lossless = [row[1].endswith(".png") for row in rows]
    columns |= {"saved_as": ["PNG" if each else "JPEG 4:2:0" for each in lossless]}
    qualities = [None if each else 80 if "~" in row[1] else 95 for each, row in zip(lossless, rows, strict=True)]
    columns |= {"jpeg_quality": qualities, "gray": ["gray" in row[1] for row in rows]}
    columns |= {"mask_warning": ["the mask has no pixel" if "empty" in row[1] else "" for row in rows]}
    columns |= {"width": [500] * len(rows), "height": [400] * len(rows)}
    return {name: np.array(column) for name, column in columns.items()}


def findings_of(table: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return intake.findings_table(table, Places(63, 28), (500, 400))


GRAY = "its colours, and its brightness beside theirs, say nothing of the part; take all photos alike"
FINE = [("learn", "a", 100.0, 50.0, ""), ("learn", "b", 90.0, 55.0, ""), ("inspect", "c", 110.0, 45.0, "")]


USUAL = "JPEG 4:2:0"
ALIKE = "saving alone can make a good part look defective; save all photos in one format and quality"


def found(*rows) -> list[tuple]:
    table = findings_of(photos(*FINE, *rows))
    return list(zip(*(table[name].tolist() for name in ("image", "severity", "problem")), strict=True))


def test_nothing_is_wrong():
    assert found() == []
    assert intake.required_action(findings_of(photos(*FINE)), {"learn": 2, "inspect": 1}, False) == ""


@pytest.mark.parametrize(
    ("row", "severity", "problem"),
    [
        (("inspect", "d", 0.0, 0.0, "inspect/3.png: cut off"), "error", "inspect/3.png: cut off"),
        (("inspect", "b", 100.0, 50.0, ""), "error",
         "the same picture as learn/1.png, which is learned from: it would flatter the result; remove one"),
        (("crack", "a", 100.0, 50.0, ""), "error",
         "the same picture as learn/0.png, which is learned from: it would flatter the result; remove one"),
        (("learn", "a", 100.0, 50.0, ""), "warning", "the same picture as learn/0.png"),
        (("inspect", "c", 100.0, 50.0, ""), "warning", "the same picture as inspect/2.png"),
        (("inspect", "d", 40.0, 50.0, ""), "warning", "much darker than the rest: brightness 40, usual is 95"),
        (("learn", "d", 95.0, 10.0, ""), "warning", "much more blurred than the rest: sharpness 10, usual is 47.5"),
        (("inspect", "d.png", 95.0, 50.0, ""), "warning",
         f"saved as PNG, the good photos as {USUAL} of quality 95: {ALIKE}"),
        (("crack", "d~", 95.0, 50.0, ""), "warning",
         f"saved as {USUAL} of quality 80, the good photos as {USUAL} of quality 95: {ALIKE}"),
        (("learn", "d.png", 95.0, 50.0, ""), "warning", f"saved as PNG, the good photos as {USUAL}: {ALIKE}"),
        (("crack", "gray", 95.0, 50.0, ""), "warning", f"the photo is gray, the good photos are in colour: {GRAY}"),
        (("learn", "gray", 95.0, 50.0, ""), "warning", f"the photo is gray, the good photos are in colour: {GRAY}"),
        (("crack", "empty", 95.0, 50.0, ""), "warning", "the mask has no pixel"),
    ],
)  # fmt: skip
def test_findings(row, severity, problem):
    assert found(row) == [(f"{row[0]}/3", severity, problem)]


def test_what_the_good_photos_are_saved_as_is_the_measure_of_the_others():
    several = [("learn", "d~", 100.0, 50.0, ""), ("learn", "e.png", 95.0, 50.0, "")]
    stray = ("learn/4", "warning", f"saved as PNG, the good photos as {USUAL}: {ALIKE}")
    assert found(*several, ("inspect", "f~", 95.0, 50.0, ""), ("inspect", "g.png", 95.0, 50.0, "")) == [stray]
    unreadable = [("learn", "", 0.0, 0.0, "learn/0.png: cut off")]
    assert "saved as" not in str(findings_of(photos(*unreadable, ("inspect", "d.png", 95.0, 50.0, "")))["problem"])


def test_the_standard_may_be_one_of_the_good():
    assert found(("standard", "a", 100.0, 50.0, "")) == []


def test_errors_come_first_and_all_are_listed_at_once():
    table = findings_of(
        photos(
            *FINE, ("learn", "a", 9.0, 50.0, ""), ("inspect", "x", 0.0, 0.0, "bad x"), ("inspect", "b", 99.0, 50.0, "")
        )
    )
    assert table["severity"].tolist() == ["error", "error", "warning", "warning"]
    sentence = intake.required_action(table, {"learn": 3, "inspect": 3}, False)
    assert sentence.splitlines()[0] == "2 photo(s) cannot be used; mend or remove them, or set on_bad_image: skip"
    assert len(sentence.splitlines()) == 3
    assert "inspect/4.png: bad x" in sentence
    assert intake.required_action(table, {"learn": 3, "inspect": 3}, True) == ""


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (("learn", "x", 0.0, 0.0, "bad"), "expected at least 2 good photos to learn from, 1 can be used"),
        (("inspect", "x", 0.0, 0.0, "bad"), "expected photos to inspect, none of them can be used"),
        (("standard", "x", 0.0, 0.0, "bad"), "the standard cannot be used; choose another photo_standard"),
    ],
)  # fmt: skip
def test_skipping_must_leave_enough(row, sentence):
    table = findings_of(photos(*FINE, row))
    assert intake.required_action(table, {"learn": 2, "inspect": 1}, True).splitlines()[0] == sentence


def unregistered(name: str) -> tuple:
    return (name, "d", 0.0, 0.0, f"{name}/3.png: not registered: ...", True)


def test_an_inspected_photo_that_is_not_registered_is_left_out_and_stops_nothing():
    assert found(unregistered("inspect")) == [("inspect/3", "left out", "inspect/3.png: not registered: ...")]
    table = findings_of(photos(*FINE, unregistered("inspect")))
    for skip in (False, True):
        assert intake.required_action(table, {"learn": 2, "inspect": 2}, skip) == ""
        assert intake.required_action(table, {"learn": 2, "inspect": 1}, skip).splitlines() == [
            "expected photos to inspect, none of them can be used",
            "  inspect/3.png: not registered: ...",
        ]


def test_a_good_photo_that_is_not_registered_is_odd_and_stops_nothing():
    table = findings_of(photos(*FINE, unregistered("learn")))
    assert table["severity"].tolist() == ["left out"]
    assert table["problem"][0] == "learn/3.png: an odd good photo, which is not learned from: not registered: ..."
    for skip in (False, True):
        assert intake.required_action(table, {"learn": 3, "inspect": 1}, skip) == ""


@pytest.mark.parametrize(("unlike", "learned"), [(3, 5), (2, 4)])
def test_half_of_the_good_photos_that_do_not_fit_stop_the_run(unlike, learned):
    table = findings_of(photos(*FINE, *[unregistered("learn")] * unlike, *[unregistered("inspect")] * 2))
    said = intake.required_action(table, {"learn": learned, "inspect": 3}, True).splitlines()
    assert said[0] == (
        f"{unlike} of {learned} good photos do not fit the one that all are registered on; learn parts of several "
        "kinds each by itself, else choose another photo_standard, lower registration_limits or set registration: auto "
        "or none"
    )
    assert len(said) == 1 + unlike  # the inspected ones are no reason to stop
    assert intake.required_action(table, {"learn": 2 * unlike + 1, "inspect": 3}, True) == ""  # less than half


def test_a_good_photos_mask_without_a_pixel_is_right():
    assert found(("normal", "empty", 95.0, 50.0, "")) == []


def test_photos_that_could_not_be_read_are_no_duplicates():
    gone = [("inspect", "", 0.0, 0.0, f"inspect/{number}.png: expected a picture, got no file") for number in (3, 4)]
    assert [problem for _, _, problem in found(*gone)] == [row[4] for row in gone]


def test_of_many_problems_with_one_advice_the_first_are_listed():
    rows = [("inspect", f"{n}x", 0.0, 0.0, f"inspect/{n + 3}.png: expected A; set fit: resize") for n in range(40)]
    rows.append(("inspect", "last", 0.0, 0.0, "inspect/43.png: expected a whole JPEG; copy it again"))
    said = intake.required_action(findings_of(photos(*FINE, *rows)), {"learn": 2, "inspect": 42}, False).splitlines()
    assert said[0] == "41 photo(s) cannot be used; mend or remove them, or set on_bad_image: skip"
    assert said[1:6] == [f"  inspect/{n + 3}.png: expected A; set fit: resize" for n in range(5)]
    assert said[6:] == [
        "  and 35 more to do this with: set fit: resize",
        "  inspect/43.png: expected a whole JPEG; copy it again",
    ]


def test_each_photo_with_fewer_than_two_pixels_a_place_is_warned_of():
    """The good, the inspected and the standard; of one that could not be read the size is not known."""
    table = photos(*FINE, ("standard", "d", 95.0, 50.0, ""), ("inspect", "x", 0.0, 0.0, "bad x"))
    table |= {"width": np.array([126, 125, 4000, 40, 0]), "height": np.array([126, 900, 90, 30, 0])}
    said = {}
    for places in (Places(63, 28), Places(0, 15), Places()):
        rows = intake.findings_table(table, places, (4000, 3000))
        chosen = rows["severity"] == "warning"
        said[places] = dict(zip(rows["image"][chosen].tolist(), rows["problem"][chosen].tolist(), strict=True))
    assert said[Places(63, 28)].keys() == {"learn/1", "inspect/2", "standard/3"}
    assert said[Places(63, 28)]["inspect/2"] == (
        "4000 x 90 pixels are compared, too few to see small defects: 2 a place are needed, 126 a side for 63 places "
        "of the mosaic; take closer photos, the standard too, or set mosaic_size to 45 or less"
    )
    assert said[Places(0, 15)] == said[Places()] == {}  # 30 pixels are two for each of 15; templates have no places


@pytest.mark.parametrize(
    ("picture", "fit", "expected"),
    [
        ((130, 125), names.ALIKE, ["126 x 125", "126 x 125", "130 x 90"]),  # no more than the standard has
        ((4000, 1000), names.ALIKE, ["4000 x 90"]),
        ((4000, 1000), names.CROP, ["126 x 32", "126 x 32", "360 x 90"]),  # a quarter as high as wide
    ],
)
def test_the_pixels_that_are_compared_are_counted(picture, fit, expected):
    table = photos(*FINE) | {"width": np.array([126, 126, 4000]), "height": np.array([126, 900, 90])}
    rows = intake.findings_table(table, Places(63, 28), picture, fit)["problem"]
    assert [each.partition(" pixels")[0] for each in rows if "are compared" in each] == expected
