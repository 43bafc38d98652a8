"""Inputs of the report: where pictures are, and the heat maps of those that it shows."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

import samples
from soart.inspection.calibration import Alarm
from soart.inspection.image_model import ImageModel
from soart.inspection.verdict import Odd
from soart.photos import registration
from soart.photos.geometry import HERE, Placement
from soart.report import evidence, pictures
from soart.report import inputs as report_inputs
from soart.storage import tables
from soart.storage.schemas import distances_schema, mosaics_schema

ROWS = [{"set": "inspect", "image": "inspect/1"}, {"set": "inspect", "image": "inspect/3"}]
WANTED = {("inspect", "inspect/1"), ("inspect", "inspect/3")}


def distance_table(path, first: int, registered: bool) -> str:
    """Two images whose heat is their number; registered ones lie as many pixels to the right."""
    numbers = [first, first + 1]
    columns = {"image": [f"inspect/{number}" for number in numbers], "set": ["inspect"] * 2}
    columns["distances"] = np.repeat(np.array(numbers, np.float32), 9).reshape(2, 9)
    if registered:
        columns["placement"] = np.array([Placement(x=number) for number in numbers])
    tables.write_parquet(path, columns, distances_schema(3, registered))
    return str(path)


def test_where_photos_are(tmp_path):
    shards = [
        samples.photo_table(tmp_path / "a", "good", ["good/1"]),
        samples.photo_table(tmp_path / "b", "inspect", ["inspect/1"]),
    ]
    assert evidence.where(WANTED, {}, shards) == {("inspect", "inspect/1"): "photos/inspect/1.jpg"}


def test_where_drawn_images_are():
    found = evidence.where({("errorA", "image_1")}, {"errorA": "results/images/error/"}, [])
    assert found == {("errorA", "image_1"): "results/images/error/image_1.jpg"}


@pytest.mark.parametrize("registered", [False, True])
def test_heat_maps_are_those_asked_for_and_keep_no_table(registered, tmp_path):
    paths = [distance_table(tmp_path / str(first), first, registered) for first in (0, 2)]
    found = evidence.distances_of(ROWS, paths, registered)
    assert set(found) == WANTED
    for (_, image), (heat, placement) in found.items():
        assert (heat == int(image[-1])).all()
        assert heat.shape == (3, 3)
        assert heat.base is None or heat.base.size == heat.size
        assert placement == (Placement(x=int(image[-1])) if registered else HERE)


def test_odd_good_images_have_their_files_name_and_come_oddest_first(tmp_path):
    held_out = np.array([3.0, 3.1, 3.3, 3.6, 4.0, 4.5, 99.0, 41.0, 5.5, 6.0])
    names = [f"good/{number}" for number in range(11)]
    photos = partial(
        evidence.where, folders={}, photo_tables=[samples.photo_table(tmp_path / "photos", "learn", names)]
    )
    model = ImageModel((500, 500), Alarm(), 31, (), (), held_out, good=tuple(names[:10]))
    found = report_inputs.named_as_files(model.odd, photos)
    assert found == (Odd("good/6.jpg", 99.0, 4.25, True), Odd("good/7.jpg", 41.0, 4.25, True))
    usual, left_out = (
        model._replace(held_out=np.arange(10.0)),
        (Odd("good/2", kept=False), Odd("good/10", 500.0, 4.0, False)),
    )
    assert report_inputs.named_as_files(usual._replace(left_out=left_out).odd, photos) == (
        Odd("good/2.jpg", None, None, False),
        Odd("good/10.jpg", 500.0, 4.0, False),
    )
    assert report_inputs.named_as_files(usual.odd, photos) == ()
    assert report_inputs.least_like(usual, photos) == tuple(
        Odd(f"good/{row}.jpg", float(row), 4.5, True) for row in (9, 8, 7)
    )
    assert report_inputs.least_like(usual._replace(good=()), photos) == ()


def test_only_flagged_photos_have_a_box(tmp_path, monkeypatch):
    pictures.cv2.imwrite(str(tmp_path / "a.png"), np.full((40, 60, 3), 200, np.uint8))
    verdicts = "flagged", "good", "no_alarm_possible"
    rows = [{"set": "s", "image": each, "verdict": each, "box": (1, 2, 30, 20)} for each in verdicts]
    monkeypatch.setattr(
        evidence, "distances_of", lambda rows, *_: {("s", row["image"]): (np.ones((4, 4)), HERE) for row in rows}
    )
    monkeypatch.setattr(evidence, "where", lambda wanted, *_: dict.fromkeys(wanted, str(tmp_path / "a.png")))
    monkeypatch.setattr(evidence, "_reasons", lambda *_: (evidence.no_reason, set()))
    given, about = SimpleNamespace(distances=[], photos=[]), {"folders": {}, "masks": {}, "picture": None}
    shown = evidence.pictures(rows, given, about | {"config": {"fit": "alike"}}, SimpleNamespace(anchor=None))
    flagged, good, impossible = (address for address, _ in shown)
    assert flagged != good
    assert good == impossible


@pytest.mark.parametrize(
    ("config", "drawn", "name"),
    [
        ({"photos": "/data/lot 7/photos", "scene": "s.yaml"}, False, "lot 7/photos"),
        ({"photos": "/photos", "scene": "s.yaml"}, False, "/photos"),
        ({"photos": "/data/lot/list.tsv", "scene": "s.yaml"}, False, "lot/list.tsv"),
        ({"photos": "none", "scene": "config/washer.yaml"}, True, "drawn parts of washer.yaml"),
    ],
)
def test_the_report_is_named_after_the_photos_or_the_scene(tmp_path, config, drawn, name):
    (tmp_path / "verdicts").write_text("")
    assert report_inputs.subject(config, str(tmp_path / "verdicts"), drawn).name == name


def test_what_counts_is_said_and_shown():
    anchor = registration.make_anchor(samples.mosaics("standard", 1)[0], "rigid", "a")
    model = SimpleNamespace(anchor=None, region=None, size=10, picture=(200, 100))
    assert report_inputs.counted_region(model, "auto", True, []) is None
    assert report_inputs.counted_region(model, "none", False, []) is None
    assert report_inputs.counted_region(model, "auto", False, []) == (
        ["Photos are taken as they are: no registration would help; results/photos/registration.json says why."],
        None,
    )
    model.anchor = anchor
    assert report_inputs.counted_region(model, "rigid", True, []) == (["Registered: rigid."], None)
    model.region = np.zeros((10, 10), bool)
    model.region[:5] = True
    found = report_inputs.counted_region(model, "auto", False, [])
    assert found.sentences[0] == "Registered: rigid; results/photos/registration.json says why."
    assert found.sentences[1].startswith("50 % of the places count")
    assert found.picture.startswith("data:image/webp")


def test_a_region_without_registration_lies_over_the_mean_good_picture(tmp_path, monkeypatch):
    """Two good mosaics of 40 and 80 red, 0 green and 200 blue; a third image was not learned from.

    The region is the upper half: below it is a quarter as bright.
    """
    values = np.zeros((3, 10, 10, 3), np.uint8)
    values[..., 0], values[..., 2] = np.array([40, 255, 80])[:, None, None], 200
    columns = {"image": ["a", "odd", "b"], "set": ["learn"] * 3}
    columns |= {"width": [200] * 3, "height": [100] * 3, "saved_as": ["PNG"] * 3, "jpeg_quality": [None] * 3}
    columns |= {"gray": [False] * 3, "mosaic": values.reshape(3, 300)}
    tables.write_parquet(tmp_path / "mosaics.parquet", columns, mosaics_schema(10, None))
    region = np.arange(10)[:, None] < np.full(10, 5)
    model = SimpleNamespace(anchor=None, region=region, size=10, picture=(200, 100), good=("a", "b"))
    monkeypatch.setattr(report_inputs.report_pictures, "address", lambda picture: picture)
    shown = report_inputs.counted_region(model, "none", False, [str(tmp_path / "mosaics.parquet")]).picture
    assert shown.shape == (120, 240, 3)
    assert (shown[:50] == (200, 0, 60)).all()
    assert (shown[70:] == (50, 0, 15)).all()


def test_what_does_not_count_is_dimmed():
    picture = np.full((40, 60, 3), 200, np.uint8)
    region = np.zeros((4, 6), bool)
    region[:, 3:] = True
    shown = pictures.dim(picture, region)
    assert (shown[:, :25] == 50).all()
    assert (shown[:, 35:] == 200).all()
