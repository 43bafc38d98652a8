"""The programs beside the workflow: benchmarks and the makers of pictures."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

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
    example = "inspection_example.png"  # the committed one is of this code: a heat map's last digits move few pixels
    old, new = (np.asarray(Image.open(f)) for f in (ROOT / "docs" / example, tmp_path / "new/pictures" / example))
    assert old.shape == new.shape
    assert (old != new).any(axis=2).mean() < 1e-4
