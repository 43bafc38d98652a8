"""Configurations of any form, through Snakemake itself: all that is wrong at once, nothing around it, no traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT

pytestmark = pytest.mark.slow
BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
PHOTOS = "(a folder or a sheet of your own photos in place of the drawn data; none: the drawn data)"
NOTHING = "photos: expected a folder or a sheet, found nothing at"
# a file of the configuration -> what of the configuration or the photos is said, a line each
FILES = {
    "seed: a\nlearn_images: -1\nphtos: x": [
        "config: 'phtos' is no key here; did you mean 'photos'?",
        "config: learn_images: expected at least 2, got -1",
        "config: seed: expected a whole number, got 'a'",
    ],
    "photos: [a]": [f"config: photos: expected text, got ['a'] {PHOTOS}"],
    "photos: 2024-05-01": [
        f"config: photos: expected text, got 2024-05-01 {PHOTOS}; a path of that name is written ./2024-05-01"
    ],
    'photos: ""': [f"config: photos: expected some text, got an empty one {PHOTOS}"],
    'photos: "\\e[2J\\n0.9 good"': [
        f"{NOTHING} '\\x1b[2J\\n0.9 good', seen from the working directory or from the Snakefile's folder"
    ],
    'photos: "a\\0b"': [f"{NOTHING} 'a\\x00b', seen from the working directory or from the Snakefile's folder"],
    "panels: [1, null]": [
        "config: panels[0]: expected a map of keys, got 1",
        "config: panels[1]: expected a map of keys, got nothing",
    ],
    "seed: .nan": ["config: seed: expected a whole number, got nan"],
    "1: 2": ["config: '1' is no key here"],
    "seed: 1\nseed: 2": ["FOLDER/odd.yaml: the key 'seed' is given in lines 1 and 2; keep one of them"],
    BOMB: [
        f"{where}: expected at most 1,000,000 values, got more, by aliases (*name) of aliases; write them out"
        for where in ("FOLDER/odd.yaml", "config")
    ],
}


UNREAD = {  # content of a configuration file: what Snakemake says, last of all
    b"": "top level",
    b"- a": "top level",
    b"5": "top level",
    b"a: [1": "not valid JSON or YAML",
    b"a: \xff": "UnicodeDecodeError",
    None: "FileNotFoundError",
}


@pytest.mark.parametrize("content", UNREAD)
def test_what_snakemake_cannot_read_has_its_own_words(content, tmp_path):
    """If one of these ever reaches the workflow, docs/reliability.md is to say so."""
    if content is not None:
        (tmp_path / "odd.yaml").write_bytes(content)
    command = [str(Path(sys.executable).parent / "snakemake"), "-s", str(ROOT / "Snakefile"), "--dry-run"]
    done = subprocess.run([*command, "--configfile", "odd.yaml"], cwd=tmp_path, capture_output=True, text=True)
    said, expected = f"{done.stdout}\n{done.stderr}", UNREAD[content]
    assert done.returncode == 1
    assert expected in said
    assert ("Traceback" in said) == expected.endswith("Error")
    assert "The configuration cannot run" not in said


@pytest.mark.parametrize("text", FILES)
def test_all_that_is_wrong_is_said_at_once_and_nothing_around_it(text, tmp_path):
    (tmp_path / "odd.yaml").write_text(text)
    command = [str(Path(sys.executable).parent / "snakemake"), "-s", str(ROOT / "Snakefile"), "--dry-run"]
    done = subprocess.run([*command, "--configfile", "odd.yaml"], cwd=tmp_path, capture_output=True, text=True)
    said = (done.stdout + done.stderr).replace(str(tmp_path), "FOLDER").splitlines()
    kept = [line for line in said if not line.startswith(("Config file ", "Using workflow"))]
    assert done.returncode == 1
    assert kept[0] in ("The configuration cannot run:", "The photos cannot be used:")
    assert kept[1:] == [f"  {line}" for line in FILES[text]]
    assert not (tmp_path / "results").exists()
