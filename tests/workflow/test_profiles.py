"""Profiles, what jobs ask of a scheduler, and the container recipe: each fact where it is repeated is the same."""

import re
import shutil
import subprocess

import pytest
import yaml

from conftest import ROOT
from running import SNAKEMAKE

NEEDS = yaml.safe_load((ROOT / "rules/needs.yaml").read_text())
README = (ROOT / "profiles/README.md").read_text(encoding="utf-8")
RULES = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "rules").glob("*.smk")))


def profile(name: str) -> dict:
    return yaml.safe_load((ROOT / f"profiles/{name}/profile.yaml").read_text())


def test_slurm_profile_repeats_the_default_ones_lines_but_for_quiet():
    default, slurm = profile("default"), profile("slurm")
    read_first = default["__definitions__"]
    slurm["__definitions__"] = slurm["__definitions__"][: len(read_first)]  # then come its own
    assert {key: slurm.get(key) for key in default if key != "quiet"} == {
        key: value for key, value in default.items() if key != "quiet"
    }
    assert set(default["quiet"]) - set(slurm["quiet"]) == {"rules"}


def test_each_rule_asks_for_its_own_scripts_need():
    asked = re.findall(r'\*\*claim\("(\w+)".*?scripts/(\w+)\.py"', RULES, re.DOTALL)
    assert all(claimed == script for claimed, script in asked), "a rule takes another script's need: mend its claim()"
    rules = [rule for rule in re.split(r"\n +rule\b|\nrule\b", RULES) if "localrule: True" not in rule]
    scripts = set(re.findall(r'"\.\./scripts/(\w+)\.py"', "\n".join(rules)))
    message = "rules/needs.yaml has a line for each script that is not local, measured as profiles/README.md says"
    assert {claimed for claimed, _ in asked} == set(NEEDS) == scripts, message


def test_table_of_needs_is_that_of_the_rules():
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", README, re.MULTILINE)
    keys = ("memory", "memory_per_image", "seconds", "seconds_per_image")
    shown = {script: dict(zip(keys, map(float, values), strict=True)) for script, *values in rows}
    assert shown == {script: {key: need.get(key, 0) for key in keys} for script, need in NEEDS.items()}


def test_claim_is_need_with_headroom_scaled_with_shard_and_attempt(tmp_path):
    probe = tmp_path / "Probe.smk"
    probe.write_text(
        f'include: "{ROOT}/Snakefile"\n'
        'NEEDS["probe"] = {"memory": 400, "memory_per_image": 0.5, "seconds": 60, "seconds_per_image": 0.06}\n'
        'asked = [claim("probe", *images) for images in ((), (2000,))]\n'
        'print("asked", [[each[key]({}, attempt) for key in each] for each in asked for attempt in (1, 2)])\n'
    )
    said = subprocess.run([SNAKEMAKE, "-s", probe, "-n"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "asked [[800, 10], [1600, 20], [2800, 20], [5600, 40]]" in said.stdout, said.stderr


@pytest.mark.slow
def test_container_holds_all_that_planning_needs(tmp_path):
    recipe = (ROOT / "containers/Dockerfile").read_text()
    for source, target in re.findall(r"^COPY (\S+) /opt/(\S+)$", recipe, re.MULTILINE):
        copy = tmp_path / target
        copy = copy / source.rpartition("/")[2] if target.endswith("/") else copy
        copy.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / source).is_dir() else shutil.copy2)(ROOT / source, copy)
    snakefile = re.search(r'"--snakefile", "/opt/(\S+)"', recipe)[1]
    runs = tmp_path / "runs"
    runs.mkdir()
    command = [SNAKEMAKE, "--snakefile", tmp_path / snakefile, "-n"]
    planned = subprocess.run(command, cwd=runs, capture_output=True, text=True, check=False)
    assert planned.returncode == 0, planned.stderr
    assert re.search(r"^draw_set_learn +1$", planned.stdout, re.MULTILINE)
