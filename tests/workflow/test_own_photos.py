"""The workflow on a user's photos, from folders to verdicts: sharded, with bad ones, with later ones."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml
from PIL import Image

import samples
from conftest import ROOT, shared
from soart import scene, streams
from soart.inspection.verdict import Verdict

PROGRAM = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile"), "--cores", "2"]
PROGRAM += ["--workflow-profile", str(ROOT / "profiles/default")]
SETTINGS = ["photos=photos", "shard_size=6", "mosaic_size=20", "matrix_size=10"]


def photo(path: Path, seed: int, error: bool = False) -> None:
    """A gray part with a disc that moves a little, on a table with noise; the error is a dark spot."""
    rng = np.random.default_rng(seed)
    picture = np.full((80, 100, 3), 120.0)
    centre = (50 + int(rng.integers(-2, 3)), 40 + int(rng.integers(-2, 3)))
    cv2.circle(picture, centre, 25, (40, 90, 210), -1)
    if error:
        cv2.circle(picture, (centre[0] + 8, centre[1]), 5, (10, 10, 10), -1)
    picture += rng.normal(0, 3, picture.shape)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, np.clip(picture, 0, 255).astype(np.uint8))[1].tobytes())


def collection(root: Path) -> Path:
    """Twelve good photos and eight to inspect, two of them with the error."""
    for number in range(12):
        photo(root / "photos" / "good" / f"{number}.png", number)
    for number in range(8):
        photo(root / "photos" / "inspect" / f"{number}.png", 100 + number, error=number > 5)
    return root


def run(
    folder: Path,
    *settings: str,
    target: str = "all",
    code: int = 0,
    common: list[str] = SETTINGS,
    dry: bool = False,
    options: Sequence[str] = (),
) -> str:
    """Run the workflow with these photos, or plan it only; what it says."""
    options = [*(["--dry-run"] if dry else []), *options, "--config", *common, *settings]
    done = subprocess.run([*PROGRAM, target, "--directory", str(folder), *options], capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def jobs(said: str) -> set[str]:
    """The jobs that a dry run would do."""
    table = said.partition("Job stats:")[2].partition("\ntotal")[0]
    return {line.split()[0] for line in table.splitlines()[3:] if line.split()} - {"all"}


def ran(folder: Path, since: float) -> set[str]:
    """The jobs that wrote their log after a time, as rule/shard."""
    logs = folder / "results" / "logs"
    return {str(path.relative_to(logs).with_suffix("")) for path in logs.rglob("*.log") if path.stat().st_mtime > since}


def verdicts(folder: Path) -> dict[str, str]:
    table = pq.read_table(folder / "results" / "inspection" / "verdicts.parquet")
    return dict(zip(table["image"].to_pylist(), table["verdict"].to_pylist(), strict=True))


def values(folder: Path) -> dict[str, object]:
    """Every table of a run."""
    found = {}
    for path in sorted((folder / "results").rglob("*.parquet")):
        table = pq.read_table(path)
        columns = [name for name in table.column_names if name != "path"]
        found[str(path.relative_to(folder))] = table.select(columns).to_pydict()
    return found


def inspections(folder: Path) -> set[str]:
    """The jobs that inspect a shard."""
    tables = (folder / "results/inspection/sets").rglob("*.parquet")
    return {f"inspect_images/{path.relative_to(folder / 'results/inspection/sets').with_suffix('')}" for path in tables}


def only_one_shard_runs(folder: Path) -> None:
    """Run again after a change among the inspected photos: their shard's jobs, and those that gather."""
    start = time.time()
    run(folder)
    again = {job for job in ran(folder, start) if not job.startswith(("gather", "score", "write"))}
    [shard] = {job.partition("/")[2] for job in again if job.startswith("read_photos")}
    assert shard.startswith("inspect/")
    per_shard = {f"{rule}/{shard}" for rule in ("read_photos", "measure_metrics", "inspect_images", "draw_heatmaps")}
    assert again == per_shard | {"check_photos/findings", "accept_photos/accepted"}


@pytest.mark.slow
def test_folders_then_one_replaced_then_one_more(tmp_path):
    work = collection(tmp_path / "work")
    before = {path: path.stat() for path in (work / "photos").rglob("*.png")}
    run(work)
    assert {path: path.stat().st_mtime_ns for path in before} == {path: s.st_mtime_ns for path, s in before.items()}
    found = verdicts(work)
    assert found == {
        f"inspect/{number}": "flagged" if number > 5 else found[f"inspect/{number}"] for number in range(8)
    }
    assert sum(verdict == "good" for verdict in found.values()) >= 5
    assert len(list((work / "results/inspection/heatmaps").rglob("*.png"))) == 8
    assert len(list((work / "results/matrices/csv").rglob("*.csv"))) == 20
    assert "Nothing to be done" in run(work)
    picture = next((work / "results/inspection/heatmaps").rglob("*.png"))
    shown = picture.read_bytes()
    cv2.imwrite(str(picture), 255 - cv2.imread(str(picture)))
    said = run(work, target="verify", code=1)
    picture = picture.relative_to(work)
    assert f"{picture} holds other values than at the end of the last full run (made by draw_heatmaps)" in said
    assert f"rm -rf {picture.parent} && snakemake" in said
    picture = work / picture
    picture.write_bytes(shown)
    good = work / "photos/good/2.png"
    content, stat = good.read_bytes(), good.stat()
    good.write_bytes(content[:2000] + bytes([content[2000] ^ 1]) + content[2001:])
    os.utime(good, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # as a disk that forgets a bit
    assert "Nothing to be done" in run(work)
    said = run(work, target="verify", code=1)
    assert "photos/good/2.png holds other bytes than when it was read (a photo)" in said
    good.write_bytes(content)
    os.utime(good, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert "results are as the last full run left them" in run(work, target="verify")

    photo(work / "photos/inspect/3.png", 103, error=True)
    os.utime(work / "photos/inspect/3.png", ns=(10**9, 10**9))  # an older time is seen, too
    only_one_shard_runs(work)
    assert verdicts(work)["inspect/3"] == "flagged"

    photo(work / "photos/inspect/new.png", 66)
    only_one_shard_runs(work)
    assert len(verdicts(work)) == 9

    photo(work / "photos/good/new.png", 55)
    start = time.time()
    run(work)
    again = ran(work, start)
    # Of so few good photos each has a say in how all are registered, so all are read again.
    shards = len(list((work / "results/photos/shards").rglob("*.parquet")))
    assert sum(job.startswith("read_photos") for job in again) == shards
    assert {"choose_anchor/anchor", "learn_model/model", *inspections(work)} <= again
    again = tmp_path / "again"
    shutil.copytree(work / "photos", again / "photos")
    run(again)
    assert values(work) == values(again)

    planned = jobs(run(again, "photo_files=flagged", dry=True))
    assert "inspect_images" in planned
    assert "measure_metrics" not in planned
    assert "learn_model" not in planned

    os.utime(again / "photos/inspect/1.png")  # read anew; a setting that is changed at the same time is seen, too
    start = time.time()
    run(again, "photo_files=flagged", "false_alarm_rate=0.2")
    assert {"learn_model/model", "accept_photos/accepted", *inspections(again)} <= ran(again, start)
    flagged = {name for name, verdict in verdicts(again).items() if verdict == "flagged"}
    for files in (
        (again / "results/inspection/heatmaps").rglob("*.png"),
        (again / "results/matrices/csv/inspect").rglob("*.csv"),
    ):
        assert {f"inspect/{path.stem}" for path in files} == flagged
    for path in (again / "results/matrices/csv/inspect").rglob("*.csv"):
        assert path.read_bytes() == next((work / "results/matrices/csv/inspect").rglob(path.name)).read_bytes()


def named_in_the_input_check(folder: Path) -> None:
    """The odd good photos are rows of the final table alone, with both numbers, each once beside what reading told."""
    check, findings = (
        pq.read_table(folder / f"results/photos/{name}.parquet").to_pylist() for name in ("check", "findings")
    )
    odd = json.loads((folder / "results/summary.json").read_text())["odd"]
    rows = [row for row in check if row not in findings]
    assert len(rows) == len(odd) == len(check) - len(findings)
    for row, (path, score, median, *_) in zip(rows, odd, strict=True):
        assert (row["set"], row["severity"]) == ("learn", "warning")
        assert row["path"].endswith(path)
        assert f"{row['image']} is odd: held out it scores {score:.3g}, the median {median:.3g}" in row["problem"]
    csv = (folder / "results/photos/check.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(csv) == 1 + len(check)


def test_bad_photos_are_all_listed_then_left_out(tmp_path):
    work = collection(tmp_path)
    photos = work / "photos"
    (photos / "good" / "cut.png").write_bytes((photos / "good" / "1.png").read_bytes()[:-300])
    (photos / "inspect" / "text.jpg").write_text("no picture")
    cv2.imwrite(str(photos / "inspect" / "odd.png"), np.full((50, 100, 3), 90, np.uint8))
    shutil.copy(photos / "good" / "2.png", photos / "inspect" / "same.png")
    photo(photos / "inspect" / "other.jpg", 104)  # can be used
    photo(photos / "good" / "spot.png", 77, error=True)  # so can a good photo that is odd
    said = run(work, "panels=[]", code=1)
    assert "4 photo(s) cannot be used; mend or remove them, or set on_bad_image: skip" in said
    for sentence in (
        "photos/good/cut.png: expected a whole picture, got one that is cut off or damaged",
        "photos/inspect/text.jpg: expected a picture (JPEG, PNG, BMP, TIFF or WebP), got another file",
        "photos/inspect/odd.png: expected the aspect of 100 x 80 pixels (to 2 %), got 100 x 50",
        "photos/inspect/same.png: the same picture as photos/good/2.png, which is learned from",
    ):
        assert sentence in said
    assert "Traceback" not in said
    assert not (work / "results/inspection/verdicts.parquet").exists()  # none before all photos are accepted
    assert "(the table: results/photos/findings.csv)" in said
    assert len((work / "results/photos/findings.csv").read_text().splitlines()) >= 5
    assert not (work / "results/photos/check.csv").exists()  # it is made after learning
    (photos / "inspect" / "away.png").symlink_to(tmp_path / "nowhere.png")  # these four end a run before it begins
    (photos / "inspect" / "folder").symlink_to(photos / "good")
    photo(photos / "inspect" / "7.bmp", 105)
    shutil.copy(photos / "good" / "2.png", photos / "inspect" / "esc\x1b.png")
    assert "have one name" not in run(work, "panels=[]", code=1)  # the others are named before
    run(work, "panels=[]", "on_bad_image=skip")
    found = verdicts(work)
    assert found.pop("good/spot") == "odd"
    named_in_the_input_check(work)
    bad = [name for name in found if found[name] == "not_compared"]
    assert sorted(bad) == sorted(
        f"inspect/{name}" for name in ("text", "odd", "same", "away.png", "folder", "7.png", r"esc\x1b.png")
    )
    assert found["inspect/7"] in ("good", "flagged")  # 7.bmp, the first of that name
    assert len(found) == 16
    check = (work / "results/photos/check.csv").read_text()
    for sentence in (
        "is a link to outside 'photos'; put the photo itself there",
        "is a link to a folder; put the folder itself there",
        "'inspect/7.bmp' and 'inspect/7.png' have one name; rename one of them",
        "the name 'inspect/esc\\x1b.png' holds a control character; rename it",
    ):
        assert sentence in check
    table = pq.read_table(work / "results/inspection/verdicts.parquet").to_pylist()
    warnings = {row["image"]: row["warning"] for row in table if row["verdict"] != "not_compared"}
    sentence = "saved as JPEG 4:2:0 of quality 95, the good photos as PNG: saving alone can make a good"
    assert {image for image, warning in warnings.items() if sentence in warning} == {"inspect/other"}
    assert f'inspect/other.jpg,warning,"{sentence}' in check
    assert check.count("good/spot is odd: held out it scores ") == 1
    assert set((work / "results/photos/findings.csv").read_text().splitlines()) <= set(check.splitlines())

    for name in ("away.png", "folder", "7.bmp", "esc\x1b.png"):
        (photos / "inspect" / name).unlink()
    (photos / "inspect" / "late.png").write_text("no picture")
    said = run(work, "panels=[]", code=1)
    assert "(the table: results/photos/findings.csv; check.csv beside it is of an earlier run)" in said
    assert "inspect/late.png" in (work / "results/photos/findings.csv").read_text()
    assert (work / "results/photos/check.csv").read_text() == check  # of the run that made the verdicts beside it


ODD = ["part{1}", "{{x}}", "{lot}/a", "写" * 80, "'\" $HOME *", "=1", "-", "100%"]


@pytest.mark.slow
def test_odd_names_run_from_folders_to_verdicts_and_reach_the_report(tmp_path):
    """Braces are no wildcards, long names leave room for temporary ones, and the line says the same."""
    root = tmp_path / "work '100%'"
    for number in range(12):
        photo(root / "{lot}/good" / f"{number}.png", number)
    for number, name in enumerate(ODD):
        photo(root / "{lot}/inspect" / f"{name}.png", 100 + number)
    (root / "{lot}/inspect/readme.txt").touch()
    settings = ["photos=./{lot}", "panels=[]", "shard_size=100"]
    said = run(root, *settings)
    assert "12 good photos to learn from, 8 to inspect, 1 file passed over (1 .txt)\n" in said
    assert set(verdicts(root)) == {f"inspect/{name}" for name in ODD}
    for folder, ending in (("inspection/heatmaps/inspect", "png"), ("matrices/csv/inspect", "csv")):
        made = list((root / "results" / folder).rglob(f"*.{ending}"))
        assert len(made) == len(ODD)
    assert "results are as the last full run left them" in run(root, *settings, target="verify")
    assert "Nothing to be done" in run(root, *settings)


def test_a_working_directory_with_braces_is_refused(tmp_path):
    """Snakemake takes {} in the path of its locks for a wildcard."""
    said = run(collection(tmp_path / "{lot}"), code=1)
    assert f"Snakemake cannot run from a folder with {{ or }} in its name, got {tmp_path}/{{lot}}; rename it" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("name", "shown"),
    [("\udc95\udc94\udc95i", "\\x95\\x94\\x95i"), ("3\n0.01 good", "3\\n0.01 good"), ("\x1b[2Ja", "\\x1b[2Ja")],
)
def test_a_name_that_no_table_can_hold_is_one_sentence_and_makes_nothing(name, shown, tmp_path):
    work = collection(tmp_path)
    photo(work / "photos/inspect" / f"{name}.png", 1)
    said = run(work, code=1)
    assert f"photos: the name 'inspect/{shown}.png' " in said
    assert "Traceback" not in said
    assert not (work / "results").exists()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (["photos=2024"], "config: photos: expected text, got 2024 ("),
        (["photos="], "config: photos: expected text, got nothing ("),
        (["photos=~/nowhere"], f"photos: expected a folder or a sheet, found nothing at '{Path.home()}/nowhere'"),
        (["photos=nowhere"], "photos: expected a folder or a sheet, found nothing at 'nowhere'"),
        (["photo_standard=good/x.png"], "photo_standard: expected mean or a photo's path below 'photos'"),
        (["on_bad_image=go"], "config: on_bad_image: expected stop or skip, got 'go'"),
        (["shard_size=0"], "config: shard_size: expected at least 1, got 0"),
    ],
)
def test_a_wrong_setting_is_one_sentence_and_makes_nothing(settings, sentence, tmp_path):
    work = collection(tmp_path)
    said = run(work, *settings, code=1)
    assert sentence in said
    assert "Traceback" not in said
    assert not (work / "results").exists()


def part(path: Path, index: int, kind: str = "good", moved: float = 1.0, mask: Path | None = None) -> None:
    """A drawn part, 200 pixels wide, moved by up to a tenth of the width and turned by up to ten degrees."""
    drawn = yaml.safe_load((ROOT / "config/scene.yaml").read_text())
    fluctuation, camera = scene.Fluctuation(10), scene.Camera(0, 2.0, 0.1 * moved, 10 * moved)
    rng = streams.generator(4, path.parent.name, index)
    picture, error = scene.draw_sample(drawn, samples.KINDS[kind], fluctuation, camera, rng)
    for file, values in [(path, picture)] + ([(mask, 255 * error.astype(np.uint8))] if mask else []):
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(values).resize((200, 200), Image.Resampling.BOX).save(file)


@pytest.mark.slow
def test_photos_are_registered_or_flagged(tmp_path):
    """Moved parts: good is good, errors are found in place, another part is flagged, the line says the same."""
    inspect = tmp_path / "photos/inspect"
    for number in range(16):
        part(tmp_path / f"photos/good/{number}.png", number)
    for number in range(6):
        part(inspect / f"{number}.png", number, "errorA" if number > 3 else "good")
    with Image.open(inspect / "0.png") as picture:
        picture.transpose(Image.Transpose.ROTATE_90).save(inspect / "turned.png")
    Image.linear_gradient("L").resize((200, 200)).convert("RGB").save(inspect / "gradient.png")
    Image.new("RGB", (200, 200), (40, 50, 60)).save(inspect / "blank.png")
    run(tmp_path, "registration=rigid", "mosaic_size=30", "shard_size=100", "alarm=conformal", "false_alarm_rate=0.1")
    table = pq.read_table(tmp_path / "results/inspection/verdicts.parquet").to_pylist()
    found = {row["image"].removeprefix("inspect/"): row for row in table}
    assert [found[str(number)]["verdict"] for number in (4, 5)] == ["flagged"] * 2
    assert [found[str(number)]["verdict"] for number in range(4)].count("good") >= 3
    assert found["turned"]["verdict"] == found["0"]["verdict"] == "good"
    for name in ("gradient", "blank"):
        assert (found[name]["verdict"], found[name]["score"]) == ("flagged", None)
        assert found[name]["warning"].startswith(
            "not registered: expected a correlation with the standard of at least 0.75 (registration_limits: quality), "
        )
    check = (tmp_path / "results/photos/check.csv").read_text()
    assert check.count(",left out,") == 2
    photos_read = pq.read_table(tmp_path / "results/photos/shards/inspect.parquet").to_pylist()
    for row in photos_read:
        unregistered = row["image"].endswith(("gradient", "blank"))
        assert (row["quality"] is None) == (row["shift_x"] is None) == row["unregistered"] == unregistered
    assert max(abs(row["shift_x"] or 0) for row in photos_read) > 5  # pixels, of 200
    assert (tmp_path / "results/photos/anchor.png").is_file()
    line = [sys.executable, str(ROOT / "scripts/inspect_part.py"), "--model", "results/inspection/model.npz"]
    said = subprocess.run([*line, "--format", "jsonl", "photos/inspect"], cwd=tmp_path, capture_output=True, text=True)
    assert said.returncode == 1, said.stderr
    for verdict in map(json.loads, said.stdout.splitlines()):
        row = found[Path(verdict["photo"]).stem]
        assert {key: row[key] for key in Verdict._fields} == {key: verdict[key] for key in Verdict._fields}


@pytest.mark.slow
@pytest.mark.parametrize("form", ["box", "mask"])
def test_only_the_region_of_interest_counts(form, tmp_path):
    """Spots on the part are flagged, spots on the table beside it are not; the line says the same."""
    folder = collection(tmp_path)
    for number in range(6):
        path = folder / f"photos/inspect/beside{number}.png"
        photo(path, 200 + number)
        picture = cv2.imread(str(path))
        cv2.circle(picture, (92, 8 + 12 * number), 5, (10, 10, 10), -1)
        cv2.imwrite(str(path), picture)
    region = "20,10,80,70"
    if form == "mask":
        mask = np.zeros((80, 100), np.uint8)
        mask[10:70, 20:80] = 255
        cv2.imwrite(str(folder / "part.png"), mask)
        region = "part.png"
    settings = ["words=colour", "registration=none", "panels=[]", "shard_size=100"]
    run(folder, *settings, f"region={region}")
    found = pq.read_table(folder / "results/inspection/verdicts.parquet").to_pylist()
    found = {row["image"].removeprefix("inspect/"): row for row in found}
    flagged = {name for name, row in found.items() if row["verdict"] == "flagged"}
    assert {"6", "7"} <= flagged
    assert not any(name.startswith("beside") for name in flagged)
    for row in found.values():
        assert 20 <= row["x"] < 80
        assert 10 <= row["y"] <= 70
    seen = pq.read_table(folder / "results/inspection/detectability.parquet").to_pydict()
    assert len(seen["row"]) == 12 * 16  # of 20 x 20; half of the first row and of the last lies in the region
    assert (min(seen["x"]), max(seen["x"]), min(seen["y"]), max(seen["y"])) == (22.5, 77.5, 10.0, 70.0)
    assert "48 % of the places count" in (folder / "results/report.html").read_text()
    line = [sys.executable, str(ROOT / "scripts/inspect_part.py"), "--model", "results/inspection/model.npz"]
    said = subprocess.run([*line, "--format", "jsonl", "photos/inspect"], cwd=folder, capture_output=True, text=True)
    told = {Path(each["photo"]).stem: each for each in map(json.loads, said.stdout.splitlines())}
    assert told.keys() == found.keys()
    for name, row in found.items():
        assert {key: row[key] for key in Verdict._fields} == {key: told[name][key] for key in Verdict._fields}

    run(folder, *settings, "region=none", target="results/inspection/verdicts.parquet")
    assert all(verdict == "flagged" for name, verdict in verdicts(folder).items() if "beside" in name)


@pytest.mark.slow
def test_a_network_of_ones_own_reads_the_photos_and_the_line_says_the_same(tmp_path):
    folder = collection(tmp_path)
    use = {"outputs": ["first", "second"], "maps": [2, 2], "side": 16, "places": 8, "deviation": [1, 2, 3]}
    (folder / "own.yaml").write_text(yaml.safe_dump({"network_use": use}))
    settings, own = ["words=network", "network=own.onnx", "shard_size=100"], ["--configfile", str(folder / "own.yaml")]
    assert "config: network: expected a file, found none at 'own.onnx'" in run(folder, *settings, *own, code=1)
    for content, missing in ((b"no network", ("first", "second")), (samples.own_graph()[:200], ("second",))):
        (folder / "own.onnx").write_bytes(content)
        said = run(folder, *settings, *own, code=1)
        assert all(f"in 'own.onnx', a network as ONNX; '{name}' stands nowhere in it" in said for name in missing)
        assert not (folder / "results").exists()  # no photo was read for it
    (folder / "own.onnx").write_bytes(samples.own_graph())
    run(folder, *settings, *own)
    table = pq.read_table(folder / "results/inspection/verdicts.parquet").to_pylist()
    table = [row for row in table if row["set"] == "inspect"]  # a good photo may be odd, and has a row, too
    found = {row["image"].removeprefix("inspect/"): row for row in table}
    assert len(found) == 8
    assert all(row["colour_score"] is None and row["network_score"] is not None for row in table)
    assert not (folder / "results/inspection/detectability.parquet").exists()
    line = [sys.executable, str(ROOT / "scripts/inspect_part.py"), "--model", "results/inspection/model.npz"]
    said = subprocess.run([*line, "--format", "jsonl", "photos/inspect"], cwd=folder, capture_output=True, text=True)
    for verdict in map(json.loads, said.stdout.splitlines()):
        row = found[Path(verdict["photo"]).stem]
        assert {key: row[key] for key in Verdict._fields} == {key: verdict[key] for key in Verdict._fields}
    (folder / "own.onnx").write_bytes(samples.own_graph(damage=2.0))
    assert "learn_model" in run(folder, *settings, *own, dry=True).partition("Reasons:")[2]


def bar(path: Path, seed: int) -> None:
    """Another product, on a light table: a dark upright bar that moves a little."""
    rng = np.random.default_rng(seed)
    picture, left = np.full((80, 100, 3), 210.0), 30 + int(rng.integers(-2, 3))
    picture[10:70, left : left + 30] = (90, 40, 20)
    picture += rng.normal(0, 3, picture.shape)
    path.write_bytes(cv2.imencode(path.suffix, np.clip(picture, 0, 255).astype(np.uint8))[1].tobytes())


@pytest.mark.slow
def test_good_photos_of_another_product_are_named_everywhere(tmp_path):
    """Four of 16 are named one by one; of 24 half and half it is said that they are a mixture."""
    folder = collection(tmp_path)
    use = {"outputs": ["first", "second"], "maps": [2, 2], "side": 16, "places": 8, "deviation": [1, 2, 3]}
    (folder / "own.yaml").write_text(yaml.safe_dump({"network_use": use}))
    (folder / "own.onnx").write_bytes(samples.own_graph())
    settings = ["words=both", "network=own.onnx", "shard_size=100", "panels=[]", "registration=none"]
    own, results = ["--configfile", str(folder / "own.yaml")], folder / "results"
    for number in range(4):
        bar(folder / f"photos/good/x{number}.png", number)
    said = run(folder, *settings, *own)
    named = {f"good/x{number}" for number in range(4)}
    summary = json.loads((results / "summary.json").read_text())
    assert {image.removesuffix(".png") for image, *_, fellows in summary["odd"] if fellows == 3} == named
    assert (summary["good_images"], summary["foreign"], summary["mixture"]) == (12, 4, "")
    assert re.search(r"; \d odd good photos \(good/.*\): look at them; report: ", said)
    card = csv_rows(results / "inspection/calibration.csv")
    assert all("; 4 more good photos look unlike most and did not count" in row["worth"] for row in card)
    assert {row["images"] for row in card} == {"12"}
    for table in ("photos/check.csv", "inspection/verdicts.csv"):
        rows = {row["image"]: row for row in csv_rows(results / table) if "unlike most" in str(row)}
        assert set(rows) == named
        for name, row in rows.items():
            sentence = f"{name} looks unlike most good photos, like 3 others of them: held out it scores "
            assert row.get("problem", row.get("warning")).startswith(sentence)
    html = (results / "report.html").read_text()
    assert html.count("looks unlike most good photos, like 3 others of them: score") == 4
    assert "learned from 16 good ones" in html
    flagged = [name for name, verdict in verdicts(folder).items() if verdict == "flagged"]
    assert {"inspect/6", "inspect/7"} <= set(flagged)

    for number in range(4, 12):
        bar(folder / f"photos/good/x{number}.png", number)
    said = run(folder, *settings, "fail_on=odd", *own, code=1)
    sentence = "he good photos are of 2 kinds, none of which has more than half: 12 like good/0, 12 like good/x0; an "
    assert f"\nT{sentence}" in said
    assert f"fail_on: odd: t{sentence}" in said or f"; t{sentence}" in said
    assert f"<strong>T{sentence}" in (results / "report.html").read_text()
    assert all(f". T{sentence}" in row["worth"] for row in csv_rows(results / "inspection/calibration.csv"))
    assert json.loads((results / "summary.json").read_text())["good_images"] == 24
    told = {
        row["image"]: row["problem"] for row in csv_rows(results / "photos/check.csv") if "of kind" in row["problem"]
    }
    assert set(told) == {f"good/x{number}" for number in range(12)}
    about = "is of kind 2 of 2 kinds of good photos: 12 of them are like good/x0, 12 like good/0"
    assert told["good/x7"] == f"good/x7 {about}"


def csv_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV table."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_labelled_photos_with_masks_are_registered_and_a_kind_may_have_none_left(tmp_path):
    photos = tmp_path / "photos"
    for number in range(18):
        part(photos / ("train/good" if number < 14 else "test/good") / f"{number}.png", number)
    for number in range(3):
        mask = photos / f"ground_truth/errorA/{number}_mask.png"
        part(photos / f"test/errorA/{number}.png", number, "errorA", mask=mask)
    for number in range(2):
        (photos / "test/another part").mkdir(exist_ok=True)
        noise = np.random.default_rng(number).integers(0, 256, (200, 200, 3), dtype=np.uint8)
        Image.fromarray(noise).save(photos / f"test/another part/{number}.png")
    settings = ["photos=photos", "photo_files=flagged", "registration=rigid", "mosaic_size=30", "matrix_size=10"]
    run(tmp_path, *settings, "alarm=conformal", "false_alarm_rate=0.1", common=[])
    found = verdicts(tmp_path)
    names = {kind: [name for name in found if name.startswith(f"test/{kind}/")] for kind in ("errorA", "another part")}
    assert [found[name] for name in names["errorA"]] == ["flagged"] * 3
    assert [found[name] for name in names["another part"]] == ["flagged"] * 2
    table = pq.read_table(tmp_path / "results/inspection/evaluation.parquet").to_pylist()
    assert {row["kind"] for row in table} == {"errorA"}
    [ours] = [row for row in table if row["detector"] == "inspection"]
    assert (ours["images"], ours["auroc"], ours["located"]) == (3, 1.0, 1.0)  # masks are moved as their photos are
    assert ours["pixel_auroc"] > 0.9
    drawn = {path.stem for path in (tmp_path / "results/inspection/heatmaps/errorA").rglob("*.png")}
    assert drawn == {"0", "1", "2"}
    page = (tmp_path / "results/report.html").read_text(encoding="utf-8")
    assert page.count("not registered: expected a correlation with the standard") == 3  # two rows, and their kind


@pytest.mark.slow
def test_drawn_parts_that_are_moved_are_registered_on_the_standard(tmp_path):
    settings = ["registration=rigid", "camera_shift=0.1", "camera_turn=10", "learn_images=12", "normal_images=4"]
    settings += ["error_images=3", "panels=[]", "mosaic_size=30", "matrix_size=10", "false_alarm_rate=0.1"]
    settings += ["alarm=conformal"]
    run(tmp_path, *settings, common=[])
    table = pq.read_table(tmp_path / "results/inspection/evaluation.parquet").to_pylist()
    [ours] = [row for row in table if (row["detector"], row["kind"]) == ("inspection", "all")]
    assert (ours["auroc"], ours["located"]) == (1.0, 1.0)


@pytest.mark.slow
def test_photos_of_few_pixels_are_warned_of_in_the_tables_and_on_the_line_and_once_on_the_terminal(tmp_path):
    """80 pixels are fewer than two for each of 50 places; one photo has 120, but is brought to the others' 80."""
    folder = collection(tmp_path)
    larger = cv2.imread(str(folder / "photos/inspect/0.png"))
    cv2.imwrite(str(folder / "photos/inspect/0.png"), cv2.resize(larger, (150, 120)))
    few = (
        "100 x 80 pixels are compared, too few to see small defects: 2 a place are needed, 100 a side for 50 places of "
        "the mosaic; take closer photos, the standard too, or set mosaic_size to 40 or less"
    )
    said = run(folder, "mosaic_size=50", "words=colour")
    assert said.count("pixels are compared, too few") == 1
    assert f"Photos: {few}" in said
    table = pq.read_table(folder / "results/inspection/verdicts.parquet").to_pylist()
    warned = {row["image"]: row["warning"] for row in table if row["set"] == "inspect"}
    assert {image: few in told for image, told in warned.items()} == {f"inspect/{n}": True for n in range(8)}
    check = pq.read_table(folder / "results/photos/check.parquet").to_pylist()
    named = {row["image"] for row in check if (row["severity"], row["problem"]) == ("warning", few)}
    assert named == {*(f"good/{n}" for n in range(12)), *(f"inspect/{n}" for n in range(8))}
    line = [sys.executable, str(ROOT / "scripts/inspect_part.py"), "--model", "results/inspection/model.npz"]
    told = subprocess.run([*line, "--format", "jsonl", "photos/inspect"], cwd=folder, capture_output=True, text=True)
    beside = {
        f"inspect/{Path(each['photo']).stem}": each["warning"] for each in map(json.loads, told.stdout.splitlines())
    }
    assert beside == warned
    assert "pixels are compared, too few" not in run(folder, "mosaic_size=40", "words=colour", dry=True)


SNAKEMAKE = [sys.executable, "-m", "snakemake", "-s", str(ROOT / "Snakefile"), "--cores", "2", "--directory"]


@pytest.fixture(scope="session")
def examples(tmp_path_factory) -> Path:
    """A folder in which the workflow has arranged the examples' photos."""

    def make(folder: Path) -> None:
        made = subprocess.run([*SNAKEMAKE, str(folder), "examples"], capture_output=True, text=True)
        assert made.returncode == 0, made.stderr

    return shared(tmp_path_factory, "examples", make)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["folders", "mvtec", "sheet"])
def test_examples(form, examples, tmp_path):
    main = Path(shutil.copytree(examples, tmp_path / "main"))
    example = str(ROOT / "config" / "examples" / f"{form}.yaml")
    done = subprocess.run([*SNAKEMAKE, str(main), "--configfile", example], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = verdicts(main)
    changed = jobs(run(main, "on_odd=leave_out", "--configfile", example, common=[], dry=True))
    assert {"learn_model", "gather_findings", "write_report"} <= changed
    assert not {"check_photos", "accept_photos"} & changed
    assert len(found) == 30  # no drawn image to learn from is odd
    assert all(verdict == "flagged" for image, verdict in found.items() if "error" in image)
    assert (main / "results/inspection/evaluation.csv").exists() == (form != "folders")
