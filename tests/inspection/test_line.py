"""Photos found, awaited and judged; the table's lines."""

import contextlib
import hashlib
import io
import json
import os
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

import samples
from soart.inspection import arrivals, image_model, line, models
from soart.inspection.calibration import Alarm
from soart.inspection.pair_model import PairModel
from soart.inspection.pairs import Settings
from soart.inspection.verdict import Verdict
from soart.photos import decoding, matrices, reading, registration
from soart.photos.encodings import LearnedEncodings


@pytest.fixture(scope="module")
def model():
    return image_model.learn(samples.mosaics("learn", 20), (500, 500), samples.SMALL, Alarm())


def inspected(path, model, heatmaps=None, form=None):
    [(same, verdict, _)] = line.inspect_photos([path], model, heatmaps, {}, form=form)
    assert same == path
    return verdict


def test_files_as_named_and_folders_sorted_without_what_is_no_photo(tmp_path):
    others = ("notes.txt", ".a.17.part.jpg", "@eaDir/a.png/THUMB.jpg", "#recycle/a.png", ".trash/a.png", "Thumbs.db")
    for name in ("b.JPG", "a.png", "#1.png", "deep/c.jpeg", *others):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(b"x")
    found = list(arrivals.named_photos([tmp_path / "z.txt", tmp_path / "in"]))
    assert [str(path.relative_to(tmp_path)) for path in found] == [
        "z.txt",
        "in/#1.png",
        "in/a.png",
        "in/b.JPG",
        "in/deep/c.jpeg",
    ]


def test_a_photo_arrives_when_its_size_has_rested_and_again_when_rewritten(tmp_path, monkeypatch):
    log = []
    monkeypatch.setattr(arrivals, "REST", 2)
    monkeypatch.setattr(arrivals, "notices", lambda folder: iter(lambda: {"something"}, None))
    monkeypatch.setattr(time, "monotonic", lambda: len(log))
    (tmp_path / "deep").mkdir()

    def step(_seconds):
        log.append(None)
        now = len(log)
        if now <= 3:
            (tmp_path / "a.jpg").write_bytes(b"x" * now)  # still growing at looks 1, 2, 3
        if now == 10:
            (tmp_path / "a.jpg").write_bytes(b"another")
        if now == 11:
            (tmp_path / "deep" / "b.jpg").write_bytes(b"y")
        if now == 20:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", step)
    came = []
    with contextlib.suppress(KeyboardInterrupt):
        came.extend((path.name, len(log)) for group in arrivals.watch_photos(tmp_path) for path in group)
    assert len(log) == 20
    assert came == [("a.jpg", 5), ("a.jpg", 12), ("b.jpg", 13)]


def test_a_photo_replaced_by_one_of_its_size_and_time_is_inspected_again(tmp_path, monkeypatch):
    """As `cp -p` does: neither size nor time of writing tells, the time of the last change does."""
    monkeypatch.setattr(arrivals, "REST", 0.0)
    (tmp_path / "a.jpg").write_bytes(b"one")
    os.utime(tmp_path / "a.jpg", (0, 1_700_000_000))
    watched = arrivals.watch_photos(tmp_path)
    assert next(watched) == [tmp_path / "a.jpg"]
    looks = []

    def replace(_seconds):
        looks.append(None)
        if len(looks) == 3:
            before = (tmp_path / "a.jpg").stat()
            (tmp_path / "a.jpg").write_bytes(b"two")
            os.utime(tmp_path / "a.jpg", (0, 1_700_000_000))
            after = (tmp_path / "a.jpg").stat()
            assert (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
        assert len(looks) < 10

    monkeypatch.setattr(arrivals, "notices", lambda folder: iter(lambda: {"something"}, None))
    monkeypatch.setattr(time, "sleep", replace)
    assert next(watched) == [tmp_path / "a.jpg"]
    assert len(looks) == 3


def test_photos_that_lay_there_before_are_not_waited_for(tmp_path, monkeypatch):
    """The first line on a backlog comes without a pause: as soon as the processor has done its work."""
    for name in ("a.jpg", "b.jpg", "arriving.jpg"):
        (tmp_path / name).write_bytes(b"x")
    for name in ("a.jpg", "b.jpg"):
        os.utime(tmp_path / name, (0, time.time() - 61))
    monkeypatch.setattr(time, "sleep", lambda _seconds: pytest.fail("waited"))
    watched = arrivals.groups([], tmp_path)
    assert [next(watched), next(watched)] == [[tmp_path / "a.jpg"], [tmp_path / "b.jpg"]]
    monkeypatch.undo()
    assert next(watched) == [tmp_path / "arriving.jpg"]


TRIED = Counter()  # how the files of generated watched folders ended
ENDINGS = (".jpg", ".PNG", ".jpeg", ".JPG", ".txt", ".jpg.part", "")
PLACES = ("", "", "lot 1/", "lot 1/{写真}/", "@eaDir/", ".hidden/")


@pytest.mark.xdist_group("watched folders")  # their ends are counted together
@pytest.mark.parametrize("seed", range(20))
def test_every_file_of_a_watched_folder_is_used_refused_or_passed_over(tmp_path, model, monkeypatch, seed):
    """Files come, grow and go at any look; of each its last content counts once, hidden ones and others never."""
    rng, clock, looks = np.random.default_rng(seed), [0.0], [0]
    contents = {"good": samples.jpeg("test", 0), "cut": samples.jpeg("test", 0)[:3000], "empty": b""}
    files = {f"{rng.choice(PLACES)}{number}{rng.choice(ENDINGS)}": rng.choice(list(contents)) for number in range(12)}
    grows, leaves = (set(rng.choice(list(files), 4, replace=False)) for _ in range(2))
    grows, comes = grows - leaves, {name: int(rng.integers(1, 5)) for name in files}

    def pass_by(seconds):
        clock[0] += seconds
        looks[0] += 1
        for name, kind in files.items():
            age, path = looks[0] - comes[name], tmp_path / name
            if age == 0 or (age == 1 and name in grows):  # half of it first
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(contents[kind][: None if age or name not in grows else len(contents[kind]) // 2])
            elif age == 1 and name in leaves:
                path.unlink()
        if looks[0] > 40:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", pass_by)
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(arrivals, "notices", lambda folder: iter(lambda: pass_by(1) or {"news"}, None))
    told, words = Counter(), {}
    with contextlib.suppress(KeyboardInterrupt):
        for path in (path for group in arrivals.watch_photos(tmp_path) for path in group):
            verdict, name = inspected(path, model), str(path.relative_to(tmp_path))
            told[name] += 1
            words[name] = verdict.verdict, verdict.warning.startswith("expected a ")
    for name, kind in files.items():
        photo = not name.startswith(("@", ".")) and name.lower().endswith((".jpg", ".jpeg", ".png"))
        assert told[name] == (photo and name not in leaves), name
        if told[name]:
            assert words[name] == (("good", False) if kind == "good" else ("not_compared", True)), name
        TRIED["passed over" if not photo else "gone" if name in leaves else str(kind)] += 1


@pytest.mark.xdist_group("watched folders")
def test_what_watched_folders_tried():
    if TRIED:
        print(dict(TRIED))
        assert min(TRIED[end] for end in ("good", "cut", "empty", "passed over", "gone")) > 10


@pytest.mark.parametrize("told", [True, False])
def test_a_quiet_folder_is_looked_at_when_the_system_tells_or_after_long(tmp_path, monkeypatch, told):
    """A look takes 0.02 s of the processor here: without news the next one may come after 4 s."""
    clock, looks = [0.0], []
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "process_time", lambda: 0.02 * len(looks))

    def pass_by(seconds):
        clock[0] += seconds

    def notices(_folder):
        while clock[0] < 100:
            pass_by(1.0)
            yield {"news"} if told else set()
        raise KeyboardInterrupt

    def listed(_folder):
        looks.append(clock[0])
        return iter([])

    monkeypatch.setattr(time, "sleep", pass_by)
    monkeypatch.setattr(arrivals, "notices", notices)
    monkeypatch.setattr(arrivals, "photos_below", listed)
    with pytest.raises(KeyboardInterrupt):
        next(arrivals.watch_photos(tmp_path))
    steps = np.diff(looks)
    assert steps == pytest.approx(np.full(len(steps), arrivals.PAUSE + (1 if told else 4)))


def test_notices_without_the_package_come_after_each_pause(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    assert list(islice(arrivals.notices(tmp_path), 3)) == [set()] * 3
    assert slept == [arrivals.PAUSE] * 3


def test_a_watched_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(ValueError, match="expected a folder to watch"):
        next(arrivals.watch_photos(tmp_path / "nothing"))


def test_verdict_equals_the_workflow_path_bit_for_bit(tmp_path, model):
    content = samples.jpeg("test", 0)
    (tmp_path / "a.jpg").write_bytes(content)
    mosaic = reading.read(content, "a.jpg", reading.Reader(30, 15)).mosaic
    assert inspected(tmp_path / "a.jpg", model) == samples.judged(mosaic, model).verdict


def test_a_photo_saved_otherwise_than_the_good_ones_has_a_warning(tmp_path, model):
    (tmp_path / "a.jpg").write_bytes(samples.jpeg("test", 0))
    Image.open(tmp_path / "a.jpg").save(tmp_path / "a.png")
    knowing = model._replace(saved=LearnedEncodings(("JPEG 4:2:0",), 95, 95))
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
    assert name not in verdict.warning  # it stands beside it
    assert verdict.score is None
    assert not (tmp_path / "heat").exists()


@pytest.mark.parametrize("anchored", [False, True])
def test_a_photo_of_another_size_is_brought_to_the_models_as_in_the_workflow(tmp_path, model, anchored):
    if anchored:
        standard = cv2.imdecode(np.frombuffer(samples.jpeg("learn", 0), np.uint8), cv2.IMREAD_COLOR)
        model = model._replace(anchor=registration.make_anchor(standard, "rigid", "standard"))
    whole = Image.open(io.BytesIO(samples.jpeg("test", 0)))
    for size in ((500, 500), (250, 250), (1000, 995)):
        whole.resize(size).save(tmp_path / "a.png")
        content = (tmp_path / "a.png").read_bytes()
        read = reading.read(content, "a.png", reading.Reader(30, 15, "alike", model.picture, False, model.anchor))
        expected = samples.judged(read.mosaic, model, read.placement).verdict
        assert inspected(tmp_path / "a.png", model, tmp_path / "heat") == expected
    whole.resize((500, 480)).save(tmp_path / "b.png")
    refused = inspected(tmp_path / "b.png", model)
    assert refused.verdict == "not_compared"
    assert "expected the aspect of 500 x 500 pixels (to 2 %), got 500 x 480; photograph alike" in refused.warning
    bent = model._replace(fit="resize")
    if not anchored:
        assert inspected(tmp_path / "b.png", bent).score is not None


def test_a_folder_in_place_of_a_photo_is_not_compared(tmp_path, model):
    assert "expected a picture, got a folder" in inspected(tmp_path, model).warning


def test_heat_maps_of_photos_of_one_name_do_not_overwrite_each_other():
    taken = {}
    photos = [Path("a/x.jpg"), Path("b/x.jpg"), Path("a/x.png"), Path("a/x.jpg")]
    names = [line.heatmap_path(Path("h"), photo, taken).name for photo in photos]
    assert names == ["x.png", "x-2.png", "x-3.png", "x.png"]


def test_values_of_heat_maps_are_written_over_nothing_that_the_program_did_not_write(tmp_path, model):
    (tmp_path / "x.jpg").write_bytes(samples.jpeg("test", 0, "errorA"))
    (tmp_path / "x.npy").write_bytes(b"a user's own")
    for folder in ("first", "second"):  # each time as a program of its own
        assert inspected(tmp_path / "x.jpg", model, tmp_path, "npy").warning == "", folder
        assert sorted(path.name for path in tmp_path.iterdir()) == ["x-2.npy", "x-2.png", "x.jpg", "x.npy"]
    assert (tmp_path / "x.npy").read_bytes() == b"a user's own"
    inspected(tmp_path / "x.jpg", model, tmp_path)  # x.png is free, and its values would not be this program's
    assert inspected(tmp_path / "x.jpg", model, tmp_path, "npy").warning == ""
    assert (tmp_path / "x.npy").read_bytes() == b"a user's own"
    values = np.load(tmp_path / "x-2.npy")
    assert (values.shape, values.dtype) == ((500, 500), np.float32)


def test_heat_maps_are_written_over_nothing_that_the_program_did_not_write(tmp_path, model):
    for name in ("x.jpg", "other/x.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(samples.jpeg("test", 0))
    Image.open(tmp_path / "x.jpg").save(tmp_path / "x.png")  # a photo where the heat map would go
    (tmp_path / "x-2.png").symlink_to(tmp_path / "nowhere")
    (tmp_path / "x-3.png").mkdir()
    before = (tmp_path / "x.png").read_bytes()
    for photo in ("x.png", "x.jpg", "other/x.jpg"):  # each time as a program of its own
        assert inspected(tmp_path / photo, model, tmp_path).warning == ""
    assert (tmp_path / "x.png").read_bytes() == before
    assert (tmp_path / "x-2.png").is_symlink()
    assert not (tmp_path / "nowhere").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "other",
        "x-2.png",
        "x-3.png",
        "x-4.png",
        "x.jpg",
        "x.png",
    ]
    with Image.open(tmp_path / "x-4.png") as heatmap:  # its own heat map is written anew
        heatmap.load()
        assert heatmap.text == {"Software": "soart-attention inspect_part"}


def test_heat_maps_among_the_photos_are_refused(tmp_path):
    (tmp_path / "photos/deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "photos")
    for folder in ("photos", "photos/deep", "photos/new", "link"):
        with pytest.raises(ValueError, match=r"--heatmaps: expected a folder outside of '.*photos', where photos are"):
            line.check_heatmaps(tmp_path / folder, [tmp_path / "photos/a.jpg", tmp_path / "photos"])
    line.check_heatmaps(tmp_path, [tmp_path / "photos"])
    line.check_heatmaps(tmp_path / "photos", [tmp_path / "photos/a.jpg"])
    line.check_heatmaps(None, [tmp_path])


def test_a_heat_map_that_cannot_be_written_costs_no_verdict(tmp_path, model):
    (tmp_path / "a.jpg").write_bytes(samples.jpeg("test", 0))
    (tmp_path / "file").touch()
    [(_, verdict, heat_map)] = line.inspect_photos([tmp_path / "a.jpg"], model, tmp_path / "file/heat", {})
    assert heat_map is None
    assert verdict.verdict == "good"
    assert verdict.warning.startswith("no heat map: ")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("a.jpg: gone"), "no heat map: a.jpg: gone"),
        (cv2.error("too large"), "no heat map: a fault of this program (error: too large); please report it with what"),
    ],
)
@pytest.mark.parametrize("part", ["draw_heatmap", "pixel_values"])
def test_a_heat_map_that_cannot_be_drawn_costs_no_verdict(part, error, said, tmp_path, model, monkeypatch):
    (tmp_path / "a.jpg").write_bytes(samples.jpeg("test", 0))

    def fail(*_):
        raise error

    [(_, plain, _)] = line.inspect_photos([tmp_path / "a.jpg"], model, None, {})
    monkeypatch.setattr(line.heatmaps, part, fail)
    [(_, verdict, heat_map)] = line.inspect_photos([tmp_path / "a.jpg"], model, tmp_path / "heat", {}, form="npy")
    assert heat_map is None
    assert verdict.warning.startswith(said)
    assert verdict._replace(warning="") == plain


def test_table_and_json(tmp_path, model):
    values = 12.3456789, 0.001234567, 0.02, "flagged", 10.5, 20.5, 8, 16, 24, 32, 15.5, "shape", 1.01
    verdict = Verdict(*values, warning="dim")
    limits = {"threshold": 9.5, "largest_good_score": 8.25}
    row, header = line.row(line.Inspected(Path("a.jpg"), verdict), limits), line.header()
    assert row.endswith("a.jpg  (dim)")
    assert row.split()[:6] == ["flagged", "0.001235", "12.35", "9.5", "8.25", "15.5"]
    assert header.split()[:6] == ["verdict", "p_value", "score", "threshold", "largest_good", "distance"]
    assert header.index("photo") == row.index("a.jpg")
    empty = line.row(line.Inspected(Path("b.jpg"), Verdict(warning="no picture")), limits)
    assert empty.split()[:6] == ["not_compared", "-", "-", "-", "-", "-"]
    models.save(tmp_path / "model.npz", model)
    os.utime(tmp_path / "model.npz", (0, 1_700_000_000))
    origin = line.describe_origin(tmp_path / "model.npz", model.with_alarm(Alarm(0.1, "conformal")))
    record = json.loads(
        line.record(line.Inspected(Path("b.jpg"), verdict), origin, datetime(2023, 11, 3, 9, 30, tzinfo=UTC))
    )
    assert record["photo"] == "b.jpg"
    assert record["score"] == 12.3456789
    assert record["time"] == "2023-11-03T09:30:00.000+00:00"
    assert record["model"] == {
        "sha256": hashlib.sha256((tmp_path / "model.npz").read_bytes()).hexdigest(),
        "learned": "2023-11-14T22:13:20+00:00",
        "images": 20,
    }
    # by rank: of 20 held-out scores floor(0.1 x 21) - 1 = 1 may be larger
    assert record["threshold"] == sorted(model.held_out)[-2]
    assert record["largest_good_score"] == model.held_out.max()
    assert (record["alarm"], record["rate"], record["version"]) == ("conformal", 0.1, line.VERSION)
    empty = json.loads(line.record(line.Inspected(Path("b.jpg"), Verdict()), origin, datetime.now(UTC)))
    assert (empty["score"], empty["heat_map"]) == (None, None)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"a\n            good      0.9  b.jpg", "a\\n            good      0.9  b.jpg"),
        (b"\x1b[31mred\x07.jpg", "\\x1b[31mred\\x07.jpg"),
        ("不良".encode("cp932") + b".jpg", "\\x95s\\x97\\xc7.jpg"),
        ("部品\u3000良 ü.jpg".encode(), "部品\u3000良 ü.jpg"),
        ("gpj.\u202eexe.jpg".encode(), "gpj.\\u202eexe.jpg"),
    ],
)
def test_names_are_one_line_and_steer_no_terminal(name, shown):
    path = Path(os.fsdecode(name))
    row = line.row(line.Inspected(path, Verdict(warning=f"{path}: no picture")), {})
    assert row.endswith(f"  {shown}  ({shown}: no picture)")
    assert len(row.splitlines()) == 1
    assert json.loads(line.record(line.Inspected(path, Verdict()), {}, datetime.now(UTC)))["photo"] == str(path)


def test_a_fault_of_ours_costs_the_photo_that_shows_it(tmp_path, model, monkeypatch):
    for index in range(3):
        (tmp_path / f"{index}.jpg").write_bytes(samples.jpeg("test", index))
    real = reading.bring_to_size

    def faulty(content, *rest):
        if content == samples.jpeg("test", 1):
            raise KeyError("x")
        return real(content, *rest)

    monkeypatch.setattr(reading, "bring_to_size", faulty)
    group = list(arrivals.photos_below(tmp_path))
    found = [verdict for _, verdict, _ in line.inspect_photos(group, model, None, {})]
    assert [verdict.verdict for verdict in found][::2] == ["good", "good"]
    assert line.exit_code(found[1]) == 2
    assert "a fault of this program (KeyError: 'x'); please report it" in found[1].warning


def test_exit_codes():
    codes = [line.exit_code(Verdict(verdict=each)) for each in ("good", "flagged", "not_compared", "no_alarm_possible")]
    assert codes == [0, 1, 2, 2]


def test_numbers_of_a_photo_do_not_depend_on_its_neighbours(tmp_path, model):
    for index in range(4):
        (tmp_path / f"{index}.jpg").write_bytes(samples.jpeg("test", index))
    (tmp_path / "1b.jpg").write_bytes(b"no photo")
    group = list(arrivals.photos_below(tmp_path))
    together = {photo: verdict for photo, verdict, _ in line.inspect_photos(group, model, None, {})}
    assert [path.stem for path in together] == ["0", "1", "1b", "2", "3"]
    for path, verdict in together.items():
        assert verdict == inspected(path, model)
    assert len({verdict.score for verdict in together.values()}) == 5


def test_photos_come_in_groups(monkeypatch):
    monkeypatch.setattr(arrivals, "TOGETHER", 2)
    five = [Path(name) for name in "abcde"]
    monkeypatch.setattr(arrivals, "watch_photos", lambda folder: iter([five[:1], five]))
    assert list(arrivals.groups(five)) == [five[:1], five[1:3], five[3:]]  # the first does not wait for others
    assert list(arrivals.groups(five[:1], Path("w"))) == [five[:1], five[:1], five[:1], five[1:3], five[3:]]


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
    of_pairs = PairModel((8, 8), Settings(), Alarm(), 0.0, 1.0, model.held_out)
    line.check_templates(model, None)
    line.check_templates(of_pairs, tmp_path)
    for each, templates, sentence in (
        (of_pairs, None, "compares each photo with its template; name it: --template FILE or FOLDER"),
        (model, tmp_path, "compares photos with the good ones, not with templates; leave it out"),
        (of_pairs, tmp_path / "no", "expected a photo or a folder of photos, found nothing at"),
    ):
        with pytest.raises(ValueError, match=sentence):
            line.check_templates(each, templates)


def test_a_pair_that_cannot_be_compared_is_not_compared(model, tmp_path):
    of_pairs = PairModel((500, 500), Settings(), Alarm(), 0.0, 1.0, model.held_out)
    (tmp_path / "a.jpg").write_bytes(samples.jpeg("test", 0))
    (tmp_path / "half.jpg").write_bytes(samples.jpeg("test", 0)[:20000])
    for photo, template, of, sentence in (
        ("a.jpg", "half.jpg", of_pairs, "half.jpg: expected a whole JPEG, got one that is cut off"),
        ("no.jpg", "a.jpg", of_pairs, "expected a picture, got no file"),
        ("a.jpg", "a.jpg", of_pairs._replace(picture=(640, 480)), "expected the aspect of 640 x 480 pixels (to 2 %)"),
    ):
        [(_, verdict, _)] = line.inspect_photos([tmp_path / photo], of, tmp_path / "heat", {}, tmp_path / template)
        assert verdict.verdict == "not_compared"
        assert sentence in verdict.warning
    assert not (tmp_path / "heat").exists()


@pytest.mark.parametrize("in_full", [True, False])
def test_the_line_decodes_a_photo_as_the_workflow_did(in_full, model, tmp_path):
    path, model = tmp_path / "a.jpg", model._replace(in_full=in_full)
    path.write_bytes(samples.jpeg("test", 0))
    reader = reading.Reader(10, model.size, picture=model.picture, in_full=in_full)
    read = reading.read(path.read_bytes(), str(path), reader)
    assert np.array_equal(model.look(path).mosaic, read.mosaic)
    pixels = decoding.read(path)
    assert np.array_equal(read.mosaic, matrices.mosaic(pixels, model.size)) == in_full
