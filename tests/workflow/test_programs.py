"""The programs beside the workflow: benchmarks and the makers of pictures."""

import subprocess
import sys

import pytest

import running
from conftest import ROOT

PROGRAMS = [
    path.relative_to(ROOT).as_posix()
    for folder in ("benchmarks", "docs")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "__main__" in path.read_text(encoding="utf-8")
]


def test_all_are_found():
    assert len(PROGRAMS) >= 10


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS)
def test_help_starts_nothing_and_shows_how_it_is_called(program, fresh):
    before = running.times(fresh)
    command = [sys.executable, "-B", program, "--help"]
    done = subprocess.run(command, cwd=fresh, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: {program.rpartition('/')[2]} ")
    assert running.times(fresh) == before


@pytest.mark.slow
def test_pictures_are_made_into_a_new_folder(results, tmp_path):
    command = [sys.executable, str(ROOT / "docs/make_pictures.py"), str(results), str(tmp_path / "new" / "pictures")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    made = {path.name for path in (tmp_path / "new" / "pictures").iterdir()}
    assert made == {f"inspection_{name}.png" for name in ("attention", "example", "scores")}
