"""The program for the line as it is called: exit codes, output, errors, watching."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

import samples
from soart.inspection import models
from soart.inspection.calibration import Alarm

PROGRAM = [sys.executable, str(samples.ROOT / "scripts" / "inspect_part.py")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("line")
    models.save(folder / "model.npz", models.learn(samples.mosaics("learn", 20), (500, 500), samples.SMALL, Alarm()))
    (folder / "good").mkdir()
    (folder / "bad").mkdir()
    for index in range(2):
        (folder / "good" / f"{index}.jpg").write_bytes(samples.jpeg("test", index))
        (folder / "bad" / f"{index}.jpg").write_bytes(samples.jpeg("test", index, "errorA"))
    (folder / "broken.jpg").write_bytes(b"no photo")
    return folder


def run(folder, *options):
    return subprocess.run(
        [*PROGRAM, "--model", "model.npz", *options], cwd=folder, capture_output=True, text=True, timeout=60
    )


def test_good_parts_leave_with_0_and_a_table(folder):
    done = run(folder, "good")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split()[0] == "verdict"
    assert [(line.split()[0], line.split()[-1]) for line in lines[1:]] == [
        ("good", "good/0.jpg"),
        ("good", "good/1.jpg"),
    ]
    assert done.stderr == ""


def test_a_flagged_part_leaves_with_1_and_json_and_heat_maps(folder, tmp_path):
    done = run(folder, "good/0.jpg", "bad", "--format", "jsonl", "--heatmaps", str(tmp_path))
    assert done.returncode == 1, done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["photo"], each["verdict"]) for each in records] == [
        ("good/0.jpg", "good"),
        ("bad/0.jpg", "flagged"),
        ("bad/1.jpg", "flagged"),
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0-2.png", "0.png", "1.png"]


def test_a_broken_photo_leaves_with_2_and_the_others_are_inspected(folder):
    done = run(folder, "broken.jpg", "bad/0.jpg", "nothing.jpg")
    assert done.returncode == 2
    assert "broken.jpg: expected a picture (JPEG, PNG, BMP, TIFF or WebP), got another file" in done.stdout
    assert "nothing.jpg: expected a picture, got no file" in done.stdout
    assert "flagged" in done.stdout
    assert "Traceback" not in done.stderr


def test_another_rate_and_alarm(folder):
    done = run(folder, "good", "--alarm", "conformal", "--rate", "0.01")
    assert done.returncode == 2
    assert "No alarm possible: 20 good images, at least 99 are needed." in done.stderr
    assert done.stdout.count("no_alarm_possible") == 2


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--model", "no.npz", "good"], "Error: no.npz: there is no such model"),
        (["--model", "broken.jpg", "good"], "Error: broken.jpg: expected a model"),
        (["--rate", "5", "good"], "Error: the false-alarm rate is 5.0; expected a share between 0 and 1"),
        (["--rate", "0", "good"], "Error: the false-alarm rate is 0.0; expected a share between 0 and 1"),
        (["empty"], "Error: found no photo in empty"),
        ([], "expected photos, folders or --watch FOLDER"),
    ],
)
def test_errors_are_sentences(folder, options, sentence):
    (folder / "empty").mkdir(exist_ok=True)
    done = run(folder, *options)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_watching_inspects_what_arrives_until_interrupted(folder, tmp_path):
    command = [*PROGRAM, "--model", str(folder / "model.npz"), "--watch", str(tmp_path), "--format", "jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        (tmp_path / "late.jpg").write_bytes(samples.jpeg("test", 0, "errorA"))
        record = json.loads(program.stdout.readline())
        assert (record["photo"], record["verdict"]) == (str(tmp_path / "late.jpg"), "flagged")
        program.send_signal(signal.SIGINT)
        assert program.wait(timeout=20) == 1
        assert program.stderr.read() == ""


def test_a_reader_that_leaves_is_no_traceback(folder):
    command = " ".join([*PROGRAM, "--model", "model.npz", "good", "bad", "good", "bad"]) + " | head -n 1"
    done = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_first_verdict_comes_soon(folder):
    """Generous, for a busy machine: the promise of 0.5 s is measured in benchmarks/speed."""
    start = time.perf_counter()
    run(folder, "good/0.jpg")
    assert time.perf_counter() - start < 3


def test_numbers_do_not_depend_on_threads(folder):
    outputs = [
        subprocess.run(
            [*PROGRAM, "--model", "model.npz", "good", "bad", "--format", "jsonl"],
            cwd=folder,
            env=os.environ | {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout
        for threads in ("1", "2")
    ]
    assert outputs[0] == outputs[1]
    assert outputs[0].count("\n") == 4
