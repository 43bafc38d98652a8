"""The program for the line as it is called: exit codes, output, errors, watching."""

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import samples
from soart.inspection import image_model, models
from soart.inspection.calibration import Alarm

PROGRAM = [sys.executable, str(samples.ROOT / "scripts" / "inspect_part.py")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("line")
    models.save(
        folder / "model.npz", image_model.learn(samples.mosaics("learn", 20), (500, 500), samples.SMALL, Alarm())
    )
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
    assert [each["heat_map"] for each in records] == [str(tmp_path / name) for name in ("0.png", "0-2.png", "1.png")]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0-2.png", "0.png", "1.png"]


def test_a_broken_photo_leaves_with_2_and_the_others_are_inspected(folder):
    done = run(folder, "broken.jpg", "bad/0.jpg", "nothing.jpg")
    assert done.returncode == 2
    assert "broken.jpg  (expected a picture (JPEG, PNG, BMP, TIFF or WebP), got another file" in done.stdout
    assert "nothing.jpg  (expected a picture, got no file)" in done.stdout
    assert "flagged" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_model_of_drawn_images_says_that_it_knows_no_photo_saved_anew(folder):
    models.save(folder / "drawn.npz", models.load(folder / "model.npz")._replace(in_full=True))
    done = run(folder, "--model", "drawn.npz", "good/0.jpg")
    [sentence] = done.stderr.splitlines()
    assert sentence.endswith("a photo that was opened and saved again may be flagged for that alone")


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
        (["--rate", "0.51", "good"], "Error: the false-alarm rate is 0.51; expected a share above 0 and at most 0.5"),
        (["--rate", "0", "good"], "Error: the false-alarm rate is 0.0; expected a share above 0 and at most 0.5"),
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
    assert done.stdout == ""  # the table's heading neither


def test_watching_inspects_what_arrives_until_interrupted(folder, tmp_path):
    command = [*PROGRAM, "--model", str(folder / "model.npz"), "--watch", str(tmp_path), "--format", "jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        (tmp_path / "late.jpg").write_bytes(samples.jpeg("test", 0, "errorA"))
        record = json.loads(program.stdout.readline())
        assert (record["photo"], record["verdict"]) == (str(tmp_path / "late.jpg"), "flagged")
        program.send_signal(signal.SIGINT)
        assert program.wait(timeout=20) == 1
        assert program.stderr.read() == ""


@pytest.mark.parametrize("encoding", ["utf-8:strict", "cp932:strict", "ascii:strict"])
def test_a_name_that_cannot_be_printed_costs_that_name_and_no_photo(folder, tmp_path, encoding):
    names = [b"a.jpg", "不良".encode("cp932") + b".jpg", "ü部.jpg".encode(), b"new\nline.jpg", b"z.jpg"]
    for name in names:
        shutil.copy(folder / "good/0.jpg", os.fsencode(tmp_path) + b"/" + name)
    for form in ("table", "jsonl"):
        done = subprocess.run(
            [*PROGRAM, "--model", str(folder / "model.npz"), ".", "--format", form],
            cwd=tmp_path,
            env=os.environ | {"PYTHONIOENCODING": encoding},
            capture_output=True,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, b"")
        lines = done.stdout.splitlines()[form == "table" :]
        assert [b"good" in each for each in lines] == [True] * len(names)
        if form == "jsonl":
            assert {os.fsencode(json.loads(each)["photo"]) for each in lines} == set(names)


def test_every_record_says_what_it_rests_on(folder):
    done = run(folder, "good/0.jpg", "--format", "jsonl", "--rate", "0.1")
    record = json.loads(done.stdout)
    assert record["rate"] == 0.1
    assert record["model"]["images"] == 20
    assert {"time", "threshold", "version", "alarm"} <= record.keys()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_before_the_first_photo_is_2(folder, number):
    code = (
        "import sys, os; from soart.inspection import command, models;"
        f"models.load = lambda path: os.kill(os.getpid(), {int(number)}); sys.exit(command.main())"
    )
    done = called(code, folder, "good")
    assert (done.returncode, done.stderr) == (2, "Interrupted before the first photo\n")


def test_a_fault_of_ours_is_2_and_a_sentence(folder):
    code = (
        "import sys; from soart.inspection import arrivals, command;"
        "arrivals.groups = lambda *_: 1 / 0; sys.exit(command.main())"
    )
    done = called(code, folder, "good")
    assert done.returncode == 2
    assert done.stderr == "Error: a fault of this program (ZeroDivisionError: division by zero); please report it\n"


def called(code, folder, *options):
    """Run some Python with the program's command line."""
    return subprocess.run(
        [sys.executable, "-c", code, "--model", "model.npz", *options],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(samples.ROOT / "scripts")},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("name", ["held_out", "colour/precision", "colour/reference"])
def test_a_model_with_a_value_that_is_no_number_is_2_and_a_sentence(folder, name):
    with np.load(folder / "model.npz") as file:
        arrays = dict(file)
    arrays[name] = arrays[name].copy()
    arrays[name].flat[-1] = np.nan
    np.savez(folder / "nan.npz", **arrays)
    done = run(folder, "--model", "nan.npz", "good")
    assert (done.returncode, done.stdout) == (2, "")
    [sentence] = done.stderr.splitlines()
    assert sentence.startswith("Error: nan.npz: expected a model that holds ")


def test_heat_maps_beside_the_photos_are_refused(folder):
    done = run(folder, "good", "--heatmaps", "good/heat")
    assert done.returncode == 2
    assert "Error: --heatmaps: expected a folder outside of 'good', where photos are looked for" in done.stderr
    assert sorted(path.name for path in (folder / "good").iterdir()) == ["0.jpg", "1.jpg"]


@pytest.mark.slow
def test_watching_five_thousand_photos_is_quick_small_and_then_quiet(folder, tmp_path):
    """First line, peak memory, processor time while nothing happens, and then a photo in a subfolder.

    Nothing is waited for before the first line (test_line.py), so its wall time is the processor's: other programs may
    have the processor meanwhile.
    """
    content = samples.jpeg("test", 0)
    for index in range(5000):
        (tmp_path / f"{index:04}.jpg").write_bytes(content)
        os.utime(tmp_path / f"{index:04}.jpg", (0, time.time() - 100))
    command = [*PROGRAM, "--model", str(folder / "model.npz"), "--watch", str(tmp_path), "--format", "jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        try:
            first = json.loads(program.stdout.readline())
            print("first", used(program.pid))
            assert used(program.pid) < 1  # processor seconds; 30 if all are read before
            names = [first["photo"], *(json.loads(program.stdout.readline())["photo"] for _ in range(4999))]
            assert names == sorted(map(str, tmp_path.iterdir()))
            time.sleep(3)
            before = used(program.pid)
            time.sleep(20)
            print("idle", used(program.pid) - before)
            assert used(program.pid) - before <= 0.01 * 20
            (tmp_path / "deep").mkdir()
            (tmp_path / "deep" / "late.jpg").write_bytes(content)
            assert json.loads(program.stdout.readline())["photo"] == str(tmp_path / "deep" / "late.jpg")
            print("peak", peak(program.pid))
            assert peak(program.pid) < 200e6
        finally:
            program.send_signal(signal.SIGTERM)
        assert program.wait(timeout=20) == 0
        assert program.stderr.read() == ""


def used(process):
    """Processor seconds of a running process so far."""
    fields = (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak(process):
    """The largest resident memory of a running process so far, in bytes."""
    status = (Path("/proc") / str(process) / "status").read_text()
    return 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])


def test_a_reader_that_leaves_is_no_traceback(folder):
    command = " ".join([*PROGRAM, "--model", "model.npz", "good", "bad", "good", "bad"]) + " | head -n 1"
    done = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_first_verdict_comes_soon(folder):
    """Of the processor's time, which a busy machine hardly changes; benchmarks/speed measures the rest."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run(folder, "good/0.jpg")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1.5


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
    one, two = ([json.loads(line) | {"time": ""} for line in output.splitlines()] for output in outputs)
    assert one == two
    assert len(one) == 4
