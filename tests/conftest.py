"""Fixtures of several test modules: the repository's files, its default configuration, copies of it to run in."""

import copy
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))  # adapters are imported as modules, too
# In the background of a shell script SIGINT is ignored, by all that is started there, too: Ctrl-C could not be tried.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """For pytest-xdist's loadgroup: the fast tests of a module share a worker, a slow one goes where there is room."""
    for item in items:
        if not item.get_closest_marker("slow") and not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of stored figures."""
    return ROOT / "tests" / "data"


@pytest.fixture(scope="session")
def _texts() -> dict[str, str]:
    names = ("method.yaml", "config.yaml", "scene.yaml", "config.schema.yaml", "scene.schema.yaml")
    return {name: (ROOT / "config" / name).read_text(encoding="utf-8") for name in names}


@pytest.fixture
def config(_texts) -> dict:
    """The default configuration, to change at will."""
    return yaml.safe_load(_texts["config.yaml"]) | yaml.safe_load(_texts["method.yaml"])


@pytest.fixture
def part(_texts) -> dict:
    """The default scene, to change at will."""
    return yaml.safe_load(_texts["scene.yaml"])


@pytest.fixture(scope="session")
def schemas(_texts) -> dict[str, dict]:
    """The schemas of configuration and scene."""
    return {name: yaml.safe_load(_texts[f"{name}.schema.yaml"]) for name in ("config", "scene")}


@pytest.fixture
def rng() -> np.random.Generator:
    """Random numbers, the same in each test."""
    return np.random.default_rng(20231103)


def copy_repository(folder: Path) -> Path:
    """Copy the repository's files, committed or not, into a new folder."""
    listed = subprocess.run(
        ["git", "ls-files", "-zco", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def call(line: str, folder: Path) -> subprocess.CompletedProcess:
    """Run a line of bash in a folder, the environment's programs first; its two streams together in `stdout`."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )


@pytest.fixture(scope="session")
def fresh(tmp_path_factory) -> Path:
    """A copy of the repository in which nothing has run."""
    return copy_repository(tmp_path_factory.mktemp("fresh"))


def shared(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that `make` fills, once for all workers of pytest-xdist. Nobody may change it: copy it."""
    base = factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    made = base / f"{name}.made"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            make(base / name)
            made.touch()
    return base / name


@pytest.fixture(scope="session")
def run(tmp_path_factory) -> tuple[Path, str]:
    """A copy of the repository after the main run, and what that run said. Nothing may run in it: see `finished`."""

    def make(folder: Path) -> None:
        done = call("snakemake --cores 2", copy_repository(folder / "soart-attention"))
        assert done.returncode == 0, done.stdout
        (folder / "said").write_text(done.stdout)

    folder = shared(tmp_path_factory, "main_run", make)
    return folder / "soart-attention", (folder / "said").read_text()


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory) -> Path:
    """A tiny repository, fully run (see `running.tiny`). Nothing may run in it: `running.clone` it."""
    import running

    return shared(tmp_path_factory, "tiny_run", lambda folder: running.run(running.tiny(folder)))


@pytest.fixture
def finished(run, tmp_path) -> Path:
    """A copy of the finished folder, to change."""
    return Path(shutil.copytree(run[0], tmp_path / "copy"))


@pytest.fixture(scope="session")
def results(run) -> Path:
    return run[0] / "results"


def small_scene() -> dict:
    """A black canvas of 40x30 with two white 10x10 squares, the right one partly under a gray bar."""
    white, gray = [200, 200, 200], [90, 90, 90]
    return copy.deepcopy(
        {
            "canvas": [40, 30],
            "background": [0, 0, 0],
            "shapes": [
                {"name": "left", "fill": white, "parts": [{"kind": "rectangle", "box": [5, 10, 14, 19]}]},
                {"name": "right", "fill": white, "parts": [{"kind": "rectangle", "box": [22, 10, 31, 19]}]},
                {"name": "bar", "fill": gray, "parts": [{"kind": "rectangle", "box": [22, 15, 31, 25]}]},
            ],
        }
    )
