"""Installed packages: the library and the line's program with little, the workflow with more."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import running
import samples
from conftest import ROOT, copy_repository
from soart.inspection import image_model, line, models
from soart.inspection.calibration import Alarm
from soart.inspection.verdict import Verdict

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
HEAVY = {"pandas", "pyarrow", "scipy", "sklearn", "matplotlib", "snakemake", "yaml", "jinja2", "watchfiles"}
LOADED = f"print(sorted({HEAVY} & sys.modules.keys()))"


def names(requirements: str) -> set[str]:
    """The packages that a requirements file pins."""
    return set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements" / requirements).read_text(), re.MULTILINE))


def wanted(extra: str) -> set[str]:
    """The packages that an extra names, those of the extras that it names among them."""
    found = set()
    for each in PROJECT["optional-dependencies"][extra]:
        name, _, inside = re.match(r"([\w-]+)(\[([\w,]+)\])?", each).groups()
        if name == PROJECT["name"]:
            found = found.union(*map(wanted, inside.split(",")))
        else:
            found.add(name)
    return found


def test_requirements_hold_what_their_extras_name():
    base = {re.match(r"[\w-]+", each)[0] for each in PROJECT["dependencies"]}
    assert base == {"numpy", "opencv-python-headless", "pillow"}
    slurm = {name for name in names("slurm.txt") if "slurm" in name}
    assert names("run.txt") == names("slurm.txt") - slurm
    assert wanted("slurm") <= slurm
    assert names("run.txt") >= base | wanted("workflow")
    assert names("test.txt") >= names("slurm.txt") | wanted("test")


def test_the_lines_program_imports_no_more_than_it_uses():
    code = f"import sys; from soart.inspection import command, line, models; {LOADED}"
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")}, capture_output=True
    )
    assert done.stdout == b"[]\n", done.stderr


@pytest.mark.slow
def test_installed_alone_it_inspects_a_photo_runs_the_notebook_and_takes_250_megabytes(results, tmp_path):
    environment, folder = tmp_path / "environment", copy_repository(tmp_path / "copy")
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    subprocess.run([environment / "bin" / "pip", "install", "--quiet", "--no-compile", folder], check=True)
    subprocess.run([environment / "bin" / "pip", "uninstall", "--quiet", "--yes", "pip", "setuptools"], check=True)
    site = next(environment.glob("lib/python*/site-packages"))
    installed = {path.name.split("-")[0].lower() for path in site.glob("*.dist-info")}
    assert installed == {"numpy", "opencv_python_headless", "pillow", "soart_attention"}
    assert (site / "soart/report/templates/report.html").is_file()

    model = image_model.learn(samples.mosaics("learn", 20), (500, 500), samples.SMALL, Alarm())
    models.save(tmp_path / "model.npz", model)
    (tmp_path / "a.jpg").write_bytes(samples.jpeg("test", 0, "errorA"))
    command = [environment / "bin" / "inspect-part", "--model", "model.npz", "--heatmaps", "maps", "--format", "jsonl"]
    done = subprocess.run([*command, "a.jpg"], cwd=tmp_path, capture_output=True, text=True, env=without_python_path())
    assert (done.returncode, done.stderr) == (1, "")
    [(_, here, _)] = line.inspect_photos([tmp_path / "a.jpg"], model, None, {})
    record = json.loads(done.stdout)
    assert {name: record[name] for name in Verdict._fields} == here._asdict()
    assert record["version"] == line.VERSION
    assert (tmp_path / "maps" / "a.png").is_file()

    shutil.copytree(results / "images", tmp_path / "results" / "images")
    cells = json.loads((ROOT / "docs/notebook.ipynb").read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    command = [environment / "bin" / "python", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=without_python_path())
    assert (done.returncode, done.stderr) == (0, "")

    files = [path for path in environment.rglob("*") if not path.is_symlink()]
    assert sum(path.stat().st_blocks * 512 for path in files) <= 250 * 2**20  # with the byte code of what was used


def without_python_path() -> dict[str, str]:
    """The environment without this repository's modules."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def test_the_profile_says_how_the_plugin_is_had(tmp_path):
    """Where Slurm's plugin is missing: an environment in which it cannot be found."""
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as util\n"
        "real = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if 'plugin_slurm' in name else real(name, *rest)\n"
    )
    done = subprocess.run(
        [Path(sys.executable).parent / "snakemake", "--workflow-profile", ROOT / "profiles/slurm", "-n"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "profiles/slurm: Snakemake's plugin for Slurm is not installed; make slurm installs it"
    )


@pytest.mark.slow
def test_a_run_that_asks_for_apptainer_says_that_no_rule_names_a_container(tmp_path):
    folder, target = running.tiny(tmp_path), "results/images/image_standard.jpg"
    assert "--sdm apptainer changes nothing" in running.run(folder, "--cores", "1", "--sdm", "apptainer", "--", target)
    (folder / target).unlink()
    assert "apptainer" not in running.run(folder, "--cores", "1", target)
