"""The workflow on photos that each have a template: verdicts, boxes, the line, staleness, what is refused."""

import csv
import json
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from conftest import ROOT
from soart.inspection.verdict import Verdict
from test_own_photos import PROGRAM, jobs, named_in_the_input_check, ran
from test_own_photos import run as run_photos

SETTINGS = ["photos=photos.tsv", "detector=pair", "matrix_size=10", "mosaic_size=20", "shard_size=8", "panels=[]"]


def layout(seed: int) -> list[int]:
    """Where a board's spot is, from the left and the top, and its bars, from the left."""
    return np.random.default_rng(seed).integers(30, 60, 5).tolist()


def board(path: Path, seed: int, aside: int, spot: bool = False, size: tuple[int, int] = (96, 80)) -> None:
    """Four bright bars, where the seed puts them, on a table with noise; the error is a dark spot."""
    place, *bars = layout(seed)
    picture = np.full((size[1], size[0], 3), 90.0)
    for left in bars:
        picture[20 + aside : 60 + aside, left : left + 6] = (60, 150, 210)
    if spot:
        picture[place : place + 7, place : place + 7] = 20
    noise = np.random.default_rng([seed, len(path.parent.name)])  # fresh in each folder
    picture += noise.normal(0, 4, picture.shape)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, np.clip(picture, 0, 255).astype(np.uint8))[1].tobytes())


def collection(root: Path, good: int = 14) -> Path:
    """Good pairs, four more to test with, and three with a spot; a sheet."""
    rows = []
    for number in range(good + 7):
        name = f"{number}.png"
        kind = "" if number < good else "good" if number < good + 4 else "spot"
        board(root / "boards" / name, number, 0, spot=kind == "spot")
        board(root / "templates" / name, number, number % 5 - 2)
        rows.append([f"boards/{name}", "good" if number < good else "inspect", kind, f"templates/{name}"])
    write_sheet(root, rows)
    return root


def write_sheet(root: Path, rows: list[list[str]]) -> None:
    with (root / "photos.tsv").open("w", encoding="utf-8") as file:
        csv.writer(file, delimiter="\t", lineterminator="\n").writerows([["path", "set", "kind", "template"], *rows])


def sheet(root: Path) -> list[list[str]]:
    return [line.split("\t") for line in (root / "photos.tsv").read_text().splitlines()[1:]]


run = partial(run_photos, common=SETTINGS)


def verdicts(folder: Path) -> dict[str, dict]:
    rows = pq.read_table(folder / "results/inspection/verdicts.parquet").to_pylist()
    return {row["image"]: row for row in rows}


@pytest.mark.slow
def test_sheet_with_templates_then_a_replaced_one_and_other_settings(tmp_path):
    work = collection(tmp_path / "work")
    run(work)
    found = verdicts(work)
    assert [found[f"boards/{number}"]["verdict"] for number in range(14, 21)] == ["good"] * 4 + ["flagged"] * 3
    boxes = pq.read_table(work / "results/inspection/boxes.parquet").to_pylist()
    assert {row["image"] for row in boxes} == {f"boards/{number}" for number in (18, 19, 20)}
    assert len(boxes) == 3
    for row in boxes:
        place = layout(int(row["image"].removeprefix("boards/")))[0]
        assert max(abs(row[f"box_{side}0"] - place) for side in "xy") <= 4
        assert max(abs(row[f"box_{side}1"] - place - 7) for side in "xy") <= 4
    evaluation = (work / "results/inspection/evaluation.csv").read_text().splitlines()[1].split(",")
    assert evaluation[:5] == ["inspection", "spot", "3", "4", "1.0"]
    assert len(list((work / "results/inspection/heatmaps").rglob("*.png"))) == 7
    assert (work / "results/report.html").exists()
    named_in_the_input_check(work)
    assert "Nothing to be done" in run(work)
    run(work, target="verify")
    template = work / "templates/18.png"
    before, stat = template.read_bytes(), template.stat()
    template.write_bytes(before[:2000] + bytes([before[2000] ^ 1]) + before[2001:])
    os.utime(template, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert "Nothing to be done" in run(work)
    said = run(work, target="verify", code=1)
    assert "templates/18.png holds other bytes than when it was read (a template)" in said
    template.write_bytes(before)
    os.utime(template, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    line_says_the_same(work, found)

    cut = tmp_path / "cut"  # another cut into shards: the same values
    shutil.copytree(work, cut, ignore=shutil.ignore_patterns("results", ".snakemake"))
    run(cut, "shard_size=3", target="results/inspection/verdicts.parquet")
    assert verdicts(cut) == found
    assert (cut / "results/inspection/model.npz").read_bytes() == (work / "results/inspection/model.npz").read_bytes()

    board(work / "templates" / "18.png", 18, 1, spot=True)  # now its template has the spot, too
    run(work)
    assert verdicts(work)["boards/18"]["verdict"] == "good"

    planned = run(work, options=("--dry-run", "--configfile", str(other_tau(work))))
    direct = {"calibrate_pairs", "inspect_pairs", "gather_boxes", "gather_verdicts", "gather_findings"}
    direct |= {"draw_heatmaps", "evaluate_detectors", "write_manifest", "write_report"}
    assert jobs(planned) == direct
    shown = {"draw_heatmaps", "write_manifest", "write_report"}
    assert jobs(run(work, "photo_files=flagged", options=("--dry-run",))) == shown
    planned = jobs(run(work, "detector=image", options=("--dry-run",)))
    assert {"read_photos", "learn_model", "inspect_images"} <= planned
    assert not any("pairs" in name or "boxes" in name for name in planned)


def other_tau(work: Path) -> Path:
    (work / "tau.yaml").write_text("pair: {tau: 0.05}\n")
    return work / "tau.yaml"


def line_says_the_same(work: Path, found: dict[str, dict]) -> None:
    """The program for the line gives the workflow's numbers to the last bit, with one template and with a folder."""
    command = [sys.executable, str(ROOT / "scripts/inspect_part.py"), "--model", "results/inspection/model.npz"]
    for photos, template in (
        (["boards/19.png"], "templates/19.png"),
        (["boards/14.png", "boards/20.png"], "templates"),
    ):
        said = subprocess.run(
            [*command, "--template", template, "--format", "jsonl", "--heatmaps", "maps", *photos],
            cwd=work,
            capture_output=True,
            text=True,
        )
        assert said.returncode == 1, said.stderr
        records = [json.loads(line) for line in said.stdout.splitlines()]
        assert [record.pop("photo") for record in records] == photos
        for photo, record in zip(photos, records, strict=True):
            row = found[photo.removesuffix(".png")]
            assert {name: record[name] for name in Verdict._fields} == {name: row[name] for name in Verdict._fields}
    assert sorted(path.name for path in (work / "maps").iterdir()) == ["14.png", "19.png", "20.png"]


def without_template(work: Path) -> None:
    rows = sheet(work)
    rows[3][3] = ""
    write_sheet(work, rows)


def own_template(work: Path) -> None:
    rows = sheet(work)
    rows[15][3] = rows[15][0]
    write_sheet(work, rows)


def missing_template(work: Path) -> None:
    (work / "templates/5.png").unlink()


def no_column(work: Path) -> None:
    write_sheet(work, [[*row[:3], ""] for row in sheet(work)])


@pytest.mark.parametrize(
    ("spoil", "settings", "sentence"),
    [
        (
            without_template,
            [],
            "photos: 'boards/3.png' has no template, which detector: pair compares it with; name one",
        ),
        (
            own_template,
            [],
            "photos: 'boards/15.png' is its own template; name a picture of the same part without error",
        ),
        (missing_template, [], "photos.tsv, line 7: there is no file 'templates/5.png' in '.'"),
        (
            no_column,
            [],
            "photos: expected a sheet that names each photo's template in its column template, got none in",
        ),
        (None, ["detector=pairs"], "config: detector: expected image or pair, got 'pairs'; did you mean 'pair'?"),
    ],
)
def test_a_wrong_sheet_is_one_sentence_and_makes_nothing(spoil, settings, sentence, tmp_path):
    work = collection(tmp_path, good=12)
    if spoil:
        spoil(work)
    said = run(work, *settings, code=1)
    assert sentence in said
    assert "Traceback" not in said
    assert not (work / "results").exists()


def test_templates_that_cannot_be_used_are_listed_by_the_input_check(tmp_path):
    work = collection(tmp_path, good=12)
    (work / "templates/3.png").write_bytes((work / "templates/3.png").read_bytes()[:-300])
    board(work / "templates/14.png", 14, 0, size=(100, 80))
    said = run(work, code=1)
    assert "2 photo(s) cannot be used" in said
    assert "templates/3.png: expected a whole picture, got one that is cut off or damaged" in said
    assert "templates/14.png: expected a template of its photo's 96 x 80 pixels, got 100 x 80" in said
    assert not (work / "results/inspection/verdicts.parquet").exists()  # none is gathered before all are accepted


@pytest.mark.slow
def test_boards(tmp_path):
    """The example of config/examples/boards.yaml: every defective board is flagged, and nearly every box is right."""
    made = subprocess.run([*PROGRAM, "--directory", str(tmp_path), "boards"], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    example = ["--configfile", str(ROOT / "config/examples/boards.yaml"), "--config", "panels=[]"]
    done = subprocess.run([*PROGRAM, "--directory", str(tmp_path), *example], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = verdicts(tmp_path)
    assert len(found) == 40
    assert all((row["verdict"] == "flagged") == (row["set"] != "normal") for row in found.values())
    boxes = pq.read_table(tmp_path / "results/inspection/boxes.parquet").to_pylist()
    right, regions = 0, 0
    for name in {row["image"] for row in boxes}:
        mask = cv2.imread(
            str(tmp_path / f"results/examples/boards/masks/{name.split('/')[1]}.png"), cv2.IMREAD_GRAYSCALE
        )
        regions += cv2.connectedComponents(mask, connectivity=8)[0] - 1
        mine = [[row[f"box_{corner}"] for corner in ("x0", "y0", "x1", "y1")] for row in boxes if row["image"] == name]
        right += sum(bool(mask[y0:y1, x0:x1].any()) for x0, y0, x1, y1 in mine)
    assert right / len(boxes) >= 0.95
    assert len(boxes) >= 0.9 * regions
    assert ran(tmp_path, 0) >= {"calibrate_pairs/model", "inspect_pairs/short", "gather_boxes/boxes"}
