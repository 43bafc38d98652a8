"""The default workflow through a real Slurm of one node, and what happens when the cluster misbehaves."""

import fcntl
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import pytest

import running
from conftest import ROOT, copy_repository
from running import SNAKEMAKE, finished, tiny, values, wait_for

CLUSTER = ROOT / "tests/cluster"
PROFILE = ("--workflow-profile", "profiles/slurm", "--slurm-init-seconds-before-status-checks", "2")
LOCAL = {"draw_images", "read_images", "gather_metrics", "gather_separation", "gather_verdicts", "all"}
STARVED = "evaluate_detectors"  # is given too little memory at first
CANCELLED = "read_set_learn"

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("cluster")]


class Ended(NamedTuple):
    """End of a job as Slurm recorded it."""

    state: str
    memory: int  # MB granted


def called(*command: str) -> str:
    """Return what a command prints; it must succeed."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """The folder of a Slurm that is up; one at a time on this machine."""
    folder = tmp_path_factory.mktemp("slurm")
    with Path(tempfile.gettempdir(), "soart-attention-slurm.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with (folder / "start.log").open("w") as log:  # no pipe: the daemons would hold it open
            code = subprocess.run([CLUSTER / "start", folder], stdout=log, stderr=log, check=False).returncode
        if code:
            pytest.fail((folder / "start.log").read_text(), pytrace=False)
        yield folder
        subprocess.run([CLUSTER / "stop", folder], check=True)


def ended(slurm: Path) -> dict[str, Ended]:
    """Each finished job's end, by its number."""
    rows = re.findall(r"^JobId=(\d+) .*JobState=(\w+) .*mem=(\d+)M", (slurm / "jobs.log").read_text(), re.MULTILINE)
    return {number: Ended(state, int(memory)) for number, state, memory in rows}


def submitted(said: str) -> dict[str, list[str]]:
    """The numbers of each rule's Slurm jobs, in order."""
    numbers: dict[str, list[str]] = {}
    for number, rule in re.findall(r"submitted with SLURM jobid (\d+) \(log: .*/rule_(\w+)/", said):
        numbers.setdefault(rule, []).append(number)
    return numbers


def queue(*options: str) -> list[str]:
    """Rules of the jobs in the queue, running or not."""
    said = called("squeue", "--noheader", "--format=%k", *options)
    return [line.removeprefix("rule_") for line in said.splitlines()]


class Run:
    """Snakemake at work through Slurm in a folder, its words in a file."""

    def __init__(self, folder: Path, *arguments: str):
        self.words = folder / "said.log"
        with self.words.open("w") as log:
            command = [SNAKEMAKE, *PROFILE, *arguments]
            self.process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)

    def said(self) -> str:
        return self.words.read_text()

    def until(self, happened) -> None:
        """Wait until something happened; fail with what was said if the run ends before that."""
        while not happened():
            assert self.process.poll() is None, self.said()
            time.sleep(0.5)

    def ends(self) -> int:
        """The exit code, when there is one."""
        return self.process.wait(timeout=900)


@pytest.fixture(scope="module")
def disturbed(slurm, tmp_path_factory):
    """A run of the default workflow with a job cancelled, the node drained for a while, and one job short of memory."""
    folder = copy_repository(tmp_path_factory.mktemp("disturbed"))
    node = called("sinfo", "--noheader", "--Node", "--format=%N").strip()
    work = Run(folder, "--set-resources", f"{STARVED}:mem_mb=350*attempt")
    work.until(lambda: CANCELLED in queue("--states=RUNNING"))
    called("scancel", submitted(work.said())[CANCELLED][0])
    work.until(lambda: any(rule.startswith("measure_metrics") for rule in queue("--states=RUNNING")))
    called("scontrol", "update", f"nodename={node}", "state=drain", "reason=test")
    work.until(lambda: not queue("--states=RUNNING,COMPLETING") and queue("--states=PENDING"))
    held = called("sinfo", "--noheader", "--format=%T").strip()
    called("scontrol", "update", f"nodename={node}", "state=resume")
    code = work.ends()
    assert code == 0, work.said()
    return folder, work.said(), held


def test_values_are_those_of_a_local_run(disturbed, run):
    folder, _, _ = disturbed
    assert values(folder) == values(run[0])


def test_heavy_rules_run_as_slurm_jobs_and_small_gathers_beside_snakemake(disturbed):
    _, said, _ = disturbed
    through_slurm = set(submitted(said))
    assert finished(said) - through_slurm == LOCAL
    assert not through_slurm & LOCAL


def test_a_cancelled_job_is_submitted_again(disturbed, slurm):
    _, said, _ = disturbed
    first, *_, last = submitted(said)[CANCELLED]
    assert ended(slurm)[first].state == "CANCELLED"
    assert ended(slurm)[last].state == "COMPLETED"


def test_a_drained_node_holds_the_run_up_and_no_more(disturbed):
    _, _, held = disturbed
    assert held == "drained"


def test_a_job_killed_for_memory_comes_back_with_more(disturbed, slurm):
    _, said, _ = disturbed
    first, *_, last = submitted(said)[STARVED]
    assert ended(slurm)[first] == Ended("FAILED", 350)
    assert re.search(rf"StepId={first}\.\w+ exceeded memory limit", (slurm / "slurmd.log").read_text())
    assert ended(slurm)[last].state == "COMPLETED"
    assert ended(slurm)[last].memory >= 700


def test_what_a_job_asks_for_is_what_it_needs(disturbed, slurm):
    _, said, _ = disturbed
    states = {rule: {ended(slurm)[number].state for number in numbers} for rule, numbers in submitted(said).items()}
    failed = {rule for rule, found in states.items() if found != {"COMPLETED"}}
    assert failed == {CANCELLED, STARVED}


@pytest.fixture
def drawn(slurm, tmp_path) -> Path:
    """A tiny copy with its images made."""
    running.run(tiny(tmp_path), "--cores", "2", "images")
    return tmp_path


def test_a_job_that_fails_ends_the_run_with_its_own_error(drawn):
    image = drawn / "results/images/learn/image_base_fluctuate_1.jpg"
    image.write_bytes(image.read_bytes()[:-100])
    work = Run(drawn, "matrices")
    assert work.ends() == 1
    error = "image_base_fluctuate_1.jpg: expected a whole JPEG, got one that is cut off; copy it again"
    assert error in work.said()
    assert len(submitted(work.said())["read_set_learn"]) == 3  # retries: 2
    assert not (drawn / "results/matrices/learn.parquet").exists()


def test_an_interrupted_run_takes_its_jobs_with_it(drawn):
    work = Run(drawn, "matrices")
    work.until(lambda: queue("--states=RUNNING"))
    work.process.send_signal(signal.SIGINT)
    assert work.ends() == 1
    wait_for(lambda: not queue())
