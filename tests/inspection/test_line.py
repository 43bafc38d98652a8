"""Photos found, awaited and judged; the table's lines."""

import contextlib
import io
import json
import time
from pathlib import Path

import pytest
from PIL import Image

import samples
from soart.inspection import line, models, verdicts
from soart.inspection.calibration import Alarm
from soart.inspection.pairs import Settings
from soart.inspection.verdict import Verdict
from soart.photos import reading
from soart.photos.encodings import Learned


@pytest.fixture(scope="module")
def model():
    return models.learn(samples.mosaics("learn", 20), (500, 500), samples.SMALL, Alarm())


def inspected(path, model, heatmaps=None):
    [(same, verdict)] = line.inspected([path], model, Alarm(), heatmaps, {})
    assert same == path
    return verdict


def test_files_as_named_and_folders_sorted_without_what_is_no_photo(tmp_path):
    for name in ("b.JPG", "a.png", "deep/c.jpeg", "notes.txt", ".a.17.part.jpg"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(b"x")
    found = list(line.found([tmp_path / "z.txt", tmp_path / "in"]))
    assert [str(path.relative_to(tmp_path)) for path in found] == [
        "z.txt",
        "in/a.png",
        "in/b.JPG",
        "in/deep/c.jpeg",
    ]


def test_a_photo_arrives_when_its_size_has_rested_and_again_when_rewritten(tmp_path, monkeypatch):
    clock, log = iter(range(1000)), []
    monkeypatch.setattr(line, "REST", 2)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))

    def step(_seconds):
        log.append(None)
        now = len(log)
        if now <= 3:
            (tmp_path / "a.jpg").write_bytes(b"x" * now)  # still growing at looks 1, 2, 3
        if now == 10:
            (tmp_path / "a.jpg").write_bytes(b"another")
        if now == 11:
            (tmp_path / "b.jpg").write_bytes(b"y")
        if now == 20:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", step)
    arrivals = []
    with contextlib.suppress(KeyboardInterrupt):
        arrivals.extend((path.name, len(log)) for group in line.arriving(tmp_path) for path in group)
    assert len(log) == 20
    assert arrivals == [("a.jpg", 5), ("a.jpg", 12), ("b.jpg", 13)]


def test_a_watched_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(ValueError, match="expected a folder to watch"):
        next(line.arriving(tmp_path / "nothing"))


def test_verdict_equals_the_workflow_path_bit_for_bit(tmp_path, model):
    content = samples.jpeg("test", 0)
    (tmp_path / "a.jpg").write_bytes(content)
    mosaic = reading.read(content, "a.jpg", reading.Reader(30, 15)).mosaic
    assert inspected(tmp_path / "a.jpg", model) == verdicts.judged(mosaic, model, Alarm())


def test_a_photo_saved_otherwise_than_the_good_ones_has_a_warning(tmp_path, model):
    (tmp_path / "a.jpg").write_bytes(samples.jpeg("test", 0))
    Image.open(tmp_path / "a.jpg").save(tmp_path / "a.png")
    knowing = model._replace(saved=Learned(("JPEG 4:2:0",), 95, 95))
    assert inspected(tmp_path / "a.jpg", knowing).warning == ""
    other = inspected(tmp_path / "a.png", knowing)
    assert other.warning.startswith("saved as PNG, the good photos as JPEG 4:2:0 of quality 95: ")
    assert inspected(tmp_path / "a.png", model) == other._replace(warning="")  # a model that does not know


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("text.jpg", b"no picture at all", "expected a picture (JPEG, PNG, BMP, TIFF or WebP), got another file"),
        ("empty.jpg", b"", "expected a picture, got an empty file"),
        ("half.jpg", samples.jpeg("test", 0)[:20000], "expected a whole JPEG, got one that is cut off"),
        ("missing.jpg", None, "expected a picture, got no file"),
    ],
)
def test_what_is_no_photo_is_not_compared(tmp_path, model, name, content, sentence):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    verdict = inspected(tmp_path / name, model, tmp_path / "heat")
    assert verdict.verdict == "not_compared"
    assert sentence in verdict.warning
    assert name in verdict.warning
    assert verdict.score is None
    assert not (tmp_path / "heat").exists()


def test_a_photo_of_another_size_is_brought_to_the_models_and_of_another_aspect_not_compared(tmp_path, model):
    Image.open(io.BytesIO(samples.jpeg("test", 0))).resize((700, 700)).save(tmp_path / "a.png")
    same = inspected(tmp_path / "a.png", model)
    assert same.score is not None
    assert 0 <= same.x <= 500
    refused = inspected(tmp_path / "a.png", model._replace(picture=(640, 480)))
    assert refused.verdict == "not_compared"
    assert "expected the aspect of 640 x 480 pixels (to 2 %), got 700 x 700; photograph alike" in refused.warning
    bent = model._replace(settings=model.settings._replace(fit="resize"), picture=(640, 480))
    assert inspected(tmp_path / "a.png", bent).score is not None


def test_a_folder_in_place_of_a_photo_is_not_compared(tmp_path, model):
    assert "expected a picture, got a folder" in inspected(tmp_path, model).warning


def test_heat_maps_of_photos_of_one_name_do_not_overwrite_each_other():
    taken = {}
    photos = [Path("a/x.jpg"), Path("b/x.jpg"), Path("a/x.png"), Path("a/x.jpg")]
    names = [line.heatmap_path(Path("h"), photo, taken).name for photo in photos]
    assert names == ["x.png", "x-2.png", "x-3.png", "x.png"]


def test_table_and_json():
    verdict = Verdict(12.3456789, 0.001234567, 0.02, "flagged", 10.5, 20.5, 8, 16, 24, 32, 15.5, "shape", 1.01, "dim")
    row, header = line.row(Path("a.jpg"), verdict), line.header()
    assert row.endswith("a.jpg  (dim)")
    assert row.split()[:4] == ["flagged", "0.001235", "12.35", "15.5"]
    assert header.index("photo") == row.index("a.jpg")
    empty = line.row(Path("b.jpg"), Verdict(warning="no picture"))
    assert empty.split()[:3] == ["not_compared", "-", "-"]
    record = json.loads(line.record(Path("b.jpg"), verdict))
    assert record["photo"] == "b.jpg"
    assert record["score"] == 12.3456789
    assert json.loads(line.record(Path("b.jpg"), Verdict()))["score"] is None


def test_exit_codes():
    codes = [line.exit_code(Verdict(verdict=each)) for each in ("good", "flagged", "not_compared", "no_alarm_possible")]
    assert codes == [0, 1, 2, 2]


def test_numbers_of_a_photo_do_not_depend_on_its_neighbours(tmp_path, model):
    for index in range(4):
        (tmp_path / f"{index}.jpg").write_bytes(samples.jpeg("test", index))
    (tmp_path / "1b.jpg").write_bytes(b"no photo")
    [group] = line.groups([tmp_path])
    together = dict(line.inspected(group, model, Alarm(), None, {}))
    assert [path.stem for path in together] == ["0", "1", "1b", "2", "3"]
    for path, verdict in together.items():
        assert verdict == inspected(path, model)
    assert len({verdict.score for verdict in together.values()}) == 5


def test_photos_come_in_groups(monkeypatch):
    monkeypatch.setattr(line, "TOGETHER", 2)
    monkeypatch.setattr(line, "arriving", lambda folder: iter([[folder / "x.jpg"]]))
    names = [Path(name) for name in "abcde"]
    assert list(line.groups(names)) == [names[:2], names[2:4], names[4:]]
    assert list(line.groups(names[:1], Path("w"))) == [names[:1], [Path("w/x.jpg")]]


# --- templates -------------------------------------------------------------------------------------------------------


def test_a_photos_template_is_the_file_or_the_folders_of_that_name(tmp_path):
    for name in ("a.jpg", "a.txt", "b.png", "b.JPG"):
        (tmp_path / name).write_bytes(b"x")
    assert line.template_of(Path("in/a.png"), tmp_path / "b.png") == tmp_path / "b.png"
    assert line.template_of(Path("in/a.png"), tmp_path) == tmp_path / "a.jpg"
    for photo, got in (("b", "b.JPG, b.png"), ("c", "none")):
        with pytest.raises(ValueError, match=f"expected its template '{photo}\\.\\*' in '.*', got {got}"):
            line.template_of(Path(f"in/{photo}.png"), tmp_path)


def test_templates_are_for_models_of_pairs_alone(model, tmp_path):
    pair_model = models.PairModel((8, 8), Settings(), Alarm(), 0.0, 1.0, model.held_out)
    line.check_templates(model, None)
    line.check_templates(pair_model, tmp_path)
    for each, templates, sentence in (
        (pair_model, None, "compares each photo with its template; name it: --template FILE or FOLDER"),
        (model, tmp_path, "compares photos with the good ones, not with templates; leave it out"),
        (pair_model, tmp_path / "no", "expected a photo or a folder of photos, found nothing at"),
    ):
        with pytest.raises(ValueError, match=sentence):
            line.check_templates(each, templates)


def test_a_pair_that_cannot_be_compared_is_not_compared(model, tmp_path):
    pair_model = models.PairModel((500, 500), Settings(), Alarm(), 0.0, 1.0, model.held_out)
    (tmp_path / "a.jpg").write_bytes(samples.jpeg("test", 0))
    (tmp_path / "half.jpg").write_bytes(samples.jpeg("test", 0)[:20000])
    for photo, template, of, sentence in (
        ("a.jpg", "half.jpg", pair_model, "half.jpg: expected a whole JPEG, got one that is cut off"),
        ("no.jpg", "a.jpg", pair_model, "no.jpg: expected a picture, got no file"),
        ("a.jpg", "a.jpg", pair_model._replace(picture=(640, 480)), "expected the aspect of 640 x 480 pixels (to 2 %)"),
    ):
        rest = (of, Alarm(), tmp_path / "heat", {})
        [(_, verdict)] = line.compared([tmp_path / photo], tmp_path / template, *rest)
        assert verdict.verdict == "not_compared"
        assert sentence in verdict.warning
    assert not (tmp_path / "heat").exists()
