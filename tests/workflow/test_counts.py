"""Costs of the workflow in counts: jobs, packages, decodings, bytes read, memory. No clock: it says little of a
busy machine.
"""

import json
import os
import subprocess
import sys
import tracemalloc
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest
import yaml

import samples
from conftest import ROOT
from soart import job
from soart.evaluation import comparison
from soart.inspection import image_model, line
from soart.inspection.calibration import Alarm
from soart.inspection.verdict import Verdict
from soart.inspection.verdict_tables import verdict_columns
from soart.photos import encodings, reading, shard
from soart.report import evidence
from soart.storage import tables
from soart.storage.schemas import SCHEMAS, distances_schema, matrices_schema, mosaics_schema

SCRIPTS = ROOT / "scripts"
NEEDS = yaml.safe_load((ROOT / "rules" / "needs.yaml").read_text(encoding="utf-8"))
SNAKEMAKES = 340  # MB of the two beside a job, which its needs hold, too: profiles/README.md
JOBS = {
    "draw_heatmaps": 4,
    "draw_images": 1,
    "draw_set": 4,
    "draw_standard": 1,
    "evaluate_detectors": 1,
    "gather_metrics": 1,
    "gather_separation": 1,
    "gather_verdicts": 1,
    "inspect_images": 4,
    "learn_model": 1,
    "measure_metrics": 5,
    "read_images": 1,
    "read_set": 5,
    "score_panel": 6,
    "score_states": 1,
    "write_manifest": 1,
    "write_report": 1,
}
LOADED = {  # by a script as it starts: each costs every job of it time and memory
    "accept_photos": "PIL numpy pyarrow",
    "arrange_examples": "",
    "average_matrices": "numpy pyarrow",
    "calibrate_pairs": "PIL cv2 numpy numpy.random pandas pyarrow",
    "check_photos": "PIL numpy numpy.random pandas pyarrow",
    "choose_anchor": "PIL cv2 numpy",
    "draw_boards": "PIL numpy numpy.random",
    "draw_heatmaps": "PIL cv2 numpy pyarrow",
    "draw_images": "",
    "draw_set": "PIL numpy numpy.random",
    "draw_standard": "PIL numpy numpy.random",
    "evaluate_detectors": "PIL cv2 numpy numpy.random pandas pyarrow scipy sklearn",
    "gather_boxes": "numpy numpy.random pandas pyarrow",
    "gather_findings": "PIL numpy numpy.random pandas pyarrow",
    "gather_metrics": "numpy numpy.random pandas pyarrow",
    "gather_separation": "numpy numpy.random pandas pyarrow",
    "gather_verdicts": "PIL numpy numpy.random pandas pyarrow",
    "inspect_images": "PIL cv2 numpy pyarrow",
    "inspect_pairs": "PIL cv2 numpy pyarrow",
    "inspect_part": "",
    "judge_outcome": "",
    "learn_model": "PIL cv2 numpy numpy.random pandas pyarrow",
    "measure_metrics": "numpy pyarrow",
    "read_images": "",
    "read_photos": "PIL cv2 numpy pyarrow",
    "read_set": "PIL cv2 numpy pyarrow",
    "remove_leftovers": "numpy pyarrow",
    "score_panel": "numpy numpy.random pandas pyarrow",
    "score_states": "numpy numpy.random pandas pyarrow",
    "verify": "numpy pyarrow",
    "verify_reference": "numpy",
    "write_manifest": "numpy",
    "write_reference": "numpy",
    "write_report": "PIL cv2 jinja2 matplotlib numpy numpy.random pandas pyarrow yaml",
}
WATCHED = "PIL cv2 jinja2 jsonschema matplotlib numpy numpy.random pandas pandera pyarrow scipy sklearn snakemake yaml"


# --- jobs ------------------------------------------------------------------------------------------------------------


def test_the_default_run_has_so_many_jobs_and_each_takes_no_more_than_was_measured(results):
    used = [(path.relative_to(results / "logs").parts[0], job.used(path)) for path in (results / "logs").rglob("*.log")]
    assert Counter(stage for stage, _ in used) == JOBS
    for stage, each in used:
        if stage in NEEDS:  # else it runs beside Snakemake
            assert each.memory + SNAKEMAKES <= 1.1 * NEEDS[stage]["memory"], stage


def test_a_script_imports_what_it_uses_and_nothing_else():
    assert LOADED.keys() == {path.stem for path in SCRIPTS.glob("*.py")}
    code = f"""if True:
        import importlib, json, os, sys
        for script in {[*LOADED]}:
            if not os.fork():
                importlib.import_module(script)
                print(json.dumps([script, sorted(set("{WATCHED}".split()) & sys.modules.keys())]), flush=True)
                os._exit(0)
            os.wait()
    """
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(SCRIPTS)}, capture_output=True, text=True
    )
    found = dict(map(json.loads, done.stdout.splitlines()))
    assert {script: " ".join(each) for script, each in found.items()} == LOADED, done.stderr


# --- photos ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def photos(tmp_path) -> list[Path]:
    """Five photos, each a JPEG of 500 x 500."""
    paths = [tmp_path / f"{number}.jpg" for number in range(5)]
    for number, path in enumerate(paths):
        path.write_bytes(samples.jpeg("test", number))
    return paths


@pytest.fixture
def decodings(monkeypatch) -> list[int]:
    """Return how many pixels each decoding gave, one after the other."""
    found, decode = [], cv2.imdecode

    def counted(*given):
        pixels = decode(*given)
        found.append(pixels.shape[0] * pixels.shape[1])
        return pixels

    monkeypatch.setattr(cv2, "imdecode", counted)
    return found


OPENED: list[str] | None = None  # files opened for reading, while a test counts them


def note(event: str, given: tuple) -> None:
    """Remember each file that is opened; a hook of Python's, which cannot be taken out again."""
    if OPENED is not None and event == "open" and isinstance(given[0], str | Path):
        OPENED.append(str(given[0]))


sys.addaudithook(note)


@pytest.fixture
def opened():
    """The files that are opened, in order."""
    global OPENED
    OPENED = []
    yield OPENED
    OPENED = None


@contextmanager
def bytes_read_once(photos: list[Path]):
    """The block reads the photos' bytes once, and hardly any others, as Linux counts those of a thread."""

    def count() -> int:
        return int(Path("/proc/thread-self/io").read_text(encoding="utf-8").split()[1])

    before, size = count(), sum(path.stat().st_size for path in photos)
    yield
    assert size <= count() - before < size + 1000


def test_the_workflow_opens_and_decodes_each_photo_once_reduced(photos, decodings, opened):
    reader = reading.Reader(10, 63, picture=(500, 500))
    with bytes_read_once(photos):
        found, _ = shard.read_all(list(map(str, photos)), [], [], reader)
    assert len(found) == 5
    assert [path for path in opened if path.endswith(".jpg")] == list(map(str, photos))
    assert decodings == [250 * 250] * 5


def test_the_line_opens_and_decodes_each_photo_once(photos, decodings, opened):
    model = image_model.learn(samples.mosaics("learn", 12), (500, 500), samples.SMALL, Alarm())
    decodings.clear()  # of the good ones
    with bytes_read_once(photos):
        verdicts = line.inspect_photos(photos, model, None, {})
    assert len(verdicts) == 5
    assert [path for path in opened if path.endswith(".jpg")] == list(map(str, photos))
    assert decodings == [63 * 63] * 5


# --- memory ----------------------------------------------------------------------------------------------------------


POOLS = []  # of Arrow, for ever: what was allocated by one is freed by it


def peak(action) -> float:
    """The most memory that an action takes at once, in MB: Python's and NumPy's, and Arrow's."""
    before = pa.default_memory_pool()
    POOLS.append(pool := pa.proxy_memory_pool(before))
    pa.set_memory_pool(pool)
    tracemalloc.start()
    try:
        action()
        return (tracemalloc.get_traced_memory()[1] + pool.max_memory()) / 1e6
    finally:
        tracemalloc.stop()
        pa.set_memory_pool(before)


def labelled(folder: Path, count: int) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Tables of `count` good images and as many with an error each, and the masks of these: 400 x 400 pixels."""
    folder.mkdir()
    mask = np.zeros((400, 400), np.uint8)
    mask[100:150, 100:150] = 255
    cv2.imwrite(str(folder / "mask.png"), mask)
    rng, found, masks = np.random.default_rng(1), {}, {}
    for name in ("normal", "error"):
        labels = {"image": [f"{name}_{number}" for number in range(count)], "set": [name] * count}
        four = {key: np.repeat(column, 4) for key, column in labels.items()} | {"channel": ["gray", *"RGB"] * count}
        about = {"width": [400] * count, "height": [400] * count}
        about |= dict(zip(encodings.Encoding._fields, ([each] * count for each in ("PNG", None, False)), strict=True))
        bytes_of = {"mosaic": rng.integers(0, 255, (count, 3 * 15**2)).astype(np.uint8)}
        bytes_of["small_mosaic"] = bytes_of["mosaic"][:, :300]
        heat = rng.normal(size=(count, 63**2)).astype(np.float32)
        verdicts = [Verdict(score=float(each.max()), verdict="flagged") for each in heat]
        for what, values, schema in (
            ("verdicts", verdict_columns(verdicts, 1.0, 1.0), SCHEMAS["verdicts"]),
            ("distances", {"distances": heat}, distances_schema(63)),
            ("mosaics", about | bytes_of, mosaics_schema(15, 10)),
            ("matrices", {"values": rng.integers(0, 255, (4 * count, 100)).astype(np.uint8)}, matrices_schema(10)),
        ):
            path = folder / f"{what}_{name}.parquet"
            tables.write_parquet(path, (four if what == "matrices" else labels) | values, schema)
            found.setdefault(what, []).append(str(path))
        masks |= dict.fromkeys(labels["image"], str(folder / "mask.png")) if name == "error" else {}
    return found, masks


def test_evaluating_keeps_of_a_photo_neither_its_mask_nor_its_distances(tmp_path):
    model = image_model.learn(samples.mosaics("learn", 12), (400, 400), samples.SMALL, Alarm())

    def evaluate(count: int) -> float:
        found, masks = labelled(tmp_path / str(count), count)

        def action() -> None:
            images = comparison.images_by_set(found, set(), registered=False)
            for name in ("normal", "error"):
                judged = comparison.with_places(images[name], name, found["distances"], masks, model).judged
                assert judged.pointed.marked.sum() == (count if name == "error" else 0)

        return peak(action)

    evaluate(2)  # what is loaded once
    few, many = evaluate(100), evaluate(300)
    assert many - few < 400 * 0.02  # MB: a mask has 0.16, a heat map 0.016; a photo's numbers have some KB


def test_the_report_reads_the_rows_that_it_shows_and_not_whole_tables(tmp_path):
    found, _ = labelled(tmp_path / "some", 1000)
    rows = [{"set": "error", "image": f"error_{number}"} for number in (3, 500, 999)]

    def action() -> None:
        assert len(evidence.distances_of(rows, found["distances"], registered=False)) == 3

    action()
    assert peak(action) < 1000 * 63**2 * 4 / 1e6  # MB: half of both tables as they are
