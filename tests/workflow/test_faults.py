"""Faults, really done: killed runs, two at once, a full disk, results that cannot be written, bad files."""

import os
import pty
import random
import re
import resource
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from PIL import Image

import running
from conftest import ROOT, shared
from soart.storage import files

pytestmark = pytest.mark.slow
MOMENTS = random.Random(5).sample(range(5, 95), 10)  # when a run is killed: after so many percent of its jobs
CAN_MOUNT = subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], check=False).returncode == 0
LEARN, NORMAL = "results/images/learn/image_base_fluctuate_0.jpg", "results/images/normal/image_normal_0.jpg"


def documented(fault: str) -> list[list[str]]:
    """The Snakemake commands, one after another, that docs/reliability.md gives against a fault."""
    text = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
    [row] = [line for line in text.splitlines() if line.startswith(f"| {fault} |")]
    [command] = re.findall(r"`(snakemake [^`]*)`", row.split("|")[-2])
    return [each.split()[1:] for each in command.replace("--cores 4", "--cores 2").split(" && ")]


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory) -> Path:
    """A tiny repository, fully run without any disturbance."""
    return shared(
        tmp_path_factory, "faults", lambda folder: running.run(running.tiny(folder, errors=0, panels=("bahdanau",)))
    )


@pytest.fixture
def finished(undisturbed, tmp_path) -> Path:
    """A clone of it."""
    return running.clone(undisturbed, tmp_path / "finished")


@pytest.fixture
def fresh(undisturbed, tmp_path) -> Path:
    """A clone of it in which nothing has run."""
    return emptied(running.clone(undisturbed, tmp_path / "fresh"))


def emptied(folder: Path) -> Path:
    for name in ("results", ".snakemake"):
        shutil.rmtree(folder / name, ignore_errors=True)
    return folder


def undated(path: Path) -> bytes:
    """The bytes of a result; of the manifest without its run's date."""
    return re.sub(rb'"date": "[^"]*"', b"", path.read_bytes()) if path.name == "manifest.json" else path.read_bytes()


def assert_nothing_half_written(folder: Path, undisturbed: Path) -> None:
    """Every result that is there under its own name has the bytes that it has after an undisturbed run."""
    for path in (folder / "results").rglob("*"):
        inner = path.relative_to(folder)
        if path.is_file() and inner.parts[1] != "logs" and ".part." not in path.name and path.suffix != ".html":
            assert undated(path) == undated(undisturbed / inner), inner


def assert_sound(folder: Path, undisturbed: Path) -> None:
    assert running.values(folder) == running.values(undisturbed)
    assert files.leftovers(folder / "results") == []
    assert "results are as the last full run left them" in running.run(folder, "--cores", "1", "verify")
    assert running.planned(running.run(folder, "--cores", "2", "--dry-run")) == set()


def stopped(folder: Path, percent: int, how: signal.Signals, group: bool = True) -> tuple[int, str]:
    """Start a run and send it a signal after so many percent of its jobs; its exit code and what it said."""
    process, said, total = running.start(folder), "", 100
    for line in process.stdout:
        said += line
        if found := re.search(r"^(\d+) jobs$", line):
            total = int(found[1])
        if sum(map(int, re.findall(r"^\w+: (\d+) of \1, ", said, re.MULTILINE))) * 100 >= percent * total:
            break
    time.sleep(random.Random(percent).uniform(0, 0.4))  # within a job, not only between two
    (os.killpg if group else os.kill)(process.pid, how)
    said += process.communicate(timeout=120)[0]
    return process.returncode, said


def test_kill_9_at_ten_random_moments(fresh, undisturbed):
    """The whole process group killed at ten moments; each time the documented command ends as if undisturbed."""
    killed = 0
    for percent in MOMENTS:
        code, _ = stopped(emptied(fresh), percent, signal.SIGKILL)
        killed += code == -signal.SIGKILL
        assert_nothing_half_written(fresh, undisturbed)
        for command in documented("`kill -9`"):
            running.run(fresh, *command)
        assert running.values(fresh) == running.values(undisturbed)
    assert killed == len(MOMENTS)
    assert_sound(fresh, undisturbed)


def test_a_killed_run_says_that_it_left_a_lock(fresh):
    stopped(fresh, 20, signal.SIGKILL)
    said = running.run(fresh, fails=True)
    assert "Directory cannot be locked" in said
    assert "--unlock" in said


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(how, fresh, undisturbed):
    """Ctrl-C, or a polite end by a job scheduler: the next run goes on from there."""
    code, said = stopped(fresh, 30, how, group=how == signal.SIGINT)
    assert code != 0, said
    assert_nothing_half_written(fresh, undisturbed)
    for command in documented("Ctrl-C, `SIGTERM`, a closed terminal"):
        running.run(fresh, *command)
    assert_sound(fresh, undisturbed)


def test_the_terminal_is_closed(fresh, undisturbed):
    """SIGHUP to the whole group, as when a window is closed: no lock, and the same command goes on."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(fresh)
        os.execve(running.SNAKEMAKE, [running.SNAKEMAKE, "--cores", "2"], running.environment())
    while not list((fresh / "results").glob("logs/*/*.log")):
        os.read(terminal, 4096)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 1
    assert not list(fresh.glob(".snakemake/locks/*"))
    assert_nothing_half_written(fresh, undisturbed)
    for command in documented("Ctrl-C, `SIGTERM`, a closed terminal"):
        running.run(fresh, *command)
    assert_sound(fresh, undisturbed)


def test_the_clock_was_set_back(finished):
    """Results of the future: the run says so and how to go on, and the documented command does."""
    for path in (finished / "results").rglob("*.*"):
        os.utime(path, (time.time() + 3600, time.time() + 3600))
    said = running.run(finished, "--cores", "2", "--config", "seed=2", fails=True)
    assert "result(s) are of the future" in said
    [command] = re.findall(r"find results .* \+", said)
    subprocess.run(command, shell=True, cwd=finished, check=True)
    running.run(finished, "--cores", "2", "--config", "seed=2")


def test_two_runs_at_once(fresh, undisturbed):
    """One works, the other says so, nothing is damaged."""
    first = running.start(fresh)
    running.wait_for(lambda: list(fresh.glob(".snakemake/locks/*")))
    said = running.run(fresh, fails=True)
    assert "Directory cannot be locked" in said
    assert "Finished jobid" not in said
    first.communicate(timeout=300)
    assert first.returncode == 0
    assert_sound(fresh, undisturbed)


# --- disks -----------------------------------------------------------------------------------------------------------


def in_namespace(folder: Path, commands: str) -> str:
    """Run a script where mounts are seen by nobody else and end with it; `$RUN` is a run of the workflow."""
    run = f"{running.SNAKEMAKE} --cores 2"
    line = ["unshare", "-rm", "bash", "-c", commands]
    environment = running.environment(RUN=run)
    done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False)
    return done.stdout + done.stderr


def full_disk(folder: Path) -> str:
    """A run whose results are on a disk of 150 KB, then copied out; and one more when the disk has grown."""
    return in_namespace(
        folder,
        "mkdir -p results && mount -t tmpfs -o size=150k tmpfs results && $RUN; echo ended with $?;"
        "cp -a results ../seen; mount -o remount,size=100m results && $RUN && cp -a results ../grown",
    )


def large_files_forbidden(folder: Path) -> str:
    """Where nothing can be mounted: a run that may write no file of more than 20 KB, then one that may."""
    process = subprocess.run(
        [running.SNAKEMAKE, "--cores", "2"],
        cwd=folder,
        env=running.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY)),
        check=False,
    )
    shutil.copytree(folder / "results", folder.parent / "seen")
    running.run(folder)
    shutil.copytree(folder / "results", folder.parent / "grown")
    return process.stdout + f"ended with {process.returncode}"


@pytest.mark.parametrize("limited", [large_files_forbidden, *([full_disk] if CAN_MOUNT else [])])
def test_full_disk(limited, fresh, undisturbed):
    """One sentence, no half-written file; and when there is room again, a further run ends as if undisturbed."""
    said = limited(fresh)
    assert "ended with 1" in said
    what = {full_disk: "No space left on device", large_files_forbidden: "File too large"}[limited]
    assert re.search(rf"Error in \w+: .*{what}.*\(details: results/logs/", said), said
    assert "Traceback" not in said, said
    for name in ("seen", "grown"):
        shutil.rmtree(fresh / "results", ignore_errors=True)
        shutil.copytree(fresh.parent / name, fresh / "results")
        assert_nothing_half_written(fresh, undisturbed)
    assert running.values(fresh) == running.values(undisturbed)
    assert files.leftovers(fresh / "results") == []


def test_a_file_where_the_results_should_be(fresh):
    (fresh / "results").write_text("I am no folder")
    said = running.run(fresh, fails=True)
    assert re.search(r"(NotADirectoryError|FileExistsError|Not a directory|File exists).*results", said), said
    assert (fresh / "results").read_text() == "I am no folder"


@pytest.mark.parametrize("mounted", [True] if CAN_MOUNT else [])
def test_results_that_cannot_be_written(mounted, finished):
    """A read-only file system (root, as in a container, may write everywhere else): said, and nothing is changed."""
    running.edit_yaml(finished / "config/config.yaml", lambda config: config.update(seed=2))
    said = in_namespace(finished, "mount --bind results results && mount -o remount,ro,bind results && $RUN")
    assert re.search("Write-protected output files|Read-only file system", said), said
    assert "Traceback" not in said
    assert "results are as the last full run left them" in running.run(finished, "--cores", "1", "verify")


# --- files -----------------------------------------------------------------------------------------------------------


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def without_column(path: Path) -> None:
    pq.write_table(pq.read_table(path).drop_columns("values"), path)


# the result, what happens to it, the rule that reads it, what it says
BAD_FILES = {
    "half a JPEG": (
        NORMAL,
        cut,
        "read_set",
        "expected a whole JPEG, got one that is cut off; copy it again",
    ),
    "empty": (
        NORMAL,
        lambda path: path.write_bytes(b""),
        "read_set",
        "expected a picture, got an empty file",
    ),
    "another size": (
        NORMAL.replace("_0", "_1"),
        lambda path: Image.new("RGB", (300, 200)).save(path),
        "read_set",
        "expected 500x500 pixels as in results/images/normal/image_normal_0.jpg, got 300x200; the pictures of a set",
    ),
    "transparent": (
        NORMAL,
        lambda path: Image.new("RGBA", (500, 500)).save(path, "PNG"),
        "read_set",
        "expected an opaque picture, got RGBA with transparent places; save it without",
    ),
    "text": (
        LEARN,
        lambda path: path.write_text("x"),
        "read_set",
        "expected a picture (JPEG, PNG, BMP, TIFF or WebP), got another file",
    ),
    "no such column": (
        "results/matrices/normal.parquet",
        without_column,
        "measure_metrics",
        "expected the column(s) values, got image, set, channel; delete the file and run the workflow again",
    ),
    "cut table": (
        "results/matrices/standard.parquet",
        cut,
        "measure_metrics",
        "expected a Parquet table, got a file that is none",
    ),
    "cut model": (
        "results/inspection/model.npz",
        cut,
        "inspect_images",
        "expected a model, got a file that cannot be read",
    ),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_file_through_snakemake(case, finished):
    """One sentence from the rule that reads it, no traceback; the rule's results are not there, rather than half."""
    path, spoil, rule, sentence = BAD_FILES[case]
    spoil(finished / path)
    said = running.run(finished, fails=True)
    assert re.search(rf"Error in {rule}\w*: {re.escape(path)}: {re.escape(sentence)}", said), said
    assert "Traceback" not in said
    assert files.leftovers(finished / "results") == []
    (finished / path).unlink()


def test_a_folder_where_a_picture_should_be(finished):
    (finished / NORMAL).unlink()
    (finished / NORMAL).mkdir()
    said = running.run(finished, fails=True)
    assert NORMAL in said
    assert "Traceback" not in said


def test_odd_names(finished, tmp_path):
    """Folder and scene with blanks, quotes, letters of another language, HTML and wildcards in their names."""
    scene = "<img src=x onerror=alert(1)> {set} 'a' \"b\" 部品 100%.yaml"
    odd = finished.rename(tmp_path / "写真 'a' \"b\" $HOME 100%")
    (odd / "config/scene.yaml").rename(odd / scene)
    running.edit_yaml(odd / "config/config.yaml", lambda config: config.update(scene=scene))
    assert running.run_with_graph(odd)[0] == {"write_manifest", "write_report"}
    page = (odd / "results/report.html").read_text(encoding="utf-8")
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    (odd / NORMAL).unlink()
    assert "draw_set_normal" in running.run_with_graph(odd)[0]


def test_a_folder_with_wildcards_in_its_name(finished, tmp_path):
    """Snakemake takes {} in the path of a script for a variable."""
    said = running.run(finished.rename(tmp_path / "{set}"), fails=True)
    assert "Snakemake cannot run from a folder with { or } in its name, got" in said
    assert "rename it" in said
    assert "Traceback" not in said
