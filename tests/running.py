"""Snakemake itself, run in small copies of the repository; used by the slow tests."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import yaml

from conftest import copy_repository

SNAKEMAKE = str(Path(sys.executable).parent / "snakemake")
SETTINGS = {"learn_images": 4, "normal_images": 2, "error_images": 2, "matrix_size": 10, "mosaic_size": 12}
PANELS = ("anomaly_minmax", "bahdanau")  # a panel of score sheets and one of states
DUMP = """
import json
include: "Snakefile"
def described(each):
    given = {key: repr(value) for key, value in each.params.items()}
    files = {"input": list(map(str, each.input)), "output": list(map(str, each.output))}
    return {"script": each.script, "params": given, **files}
with open("rules.json", "w") as file:
    json.dump({each.name: described(each) for each in workflow.rules}, file)
"""


def tiny(folder: Path, errors: int = 1, panels: tuple[str, ...] = PANELS) -> Path:
    """A copy of the repository whose default configuration takes seconds: few images, error kinds and panels."""
    copy_repository(folder)
    edit_yaml(folder / "config/config.yaml", lambda config: make_tiny(config, panels))
    edit_yaml(folder / "config/scene.yaml", lambda scene: scene.update(errors=scene["errors"][:errors]))
    return folder


def make_tiny(config: dict, panels: tuple[str, ...]) -> None:
    config |= SETTINGS
    config["panels"] = [panel for panel in config["panels"] if panel["name"] in panels]
    for panel in config["panels"]:
        for group in groups(panel):
            group["first"] = group["first"] if group["first"] == "all" else 2


def groups(panel: dict) -> list[dict]:
    """Every {set, first} in a panel's entry."""
    lists = [panel["measured"], panel.get("annotations", [])]
    lists += [panel[role]["judges"] for role in ("query", "key", "value") if role in panel]
    return [group for each in lists for group in each]


def edit_yaml(path: Path, edit) -> None:
    """Let `edit` change the data of a YAML file."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    edit(data)
    path.write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True), encoding="utf-8")


def clone(folder: Path, to: Path) -> Path:
    """A copy of a repository with all it has made, times of modification included."""
    shutil.copytree(folder, to, symlinks=True)
    return to


def environment(**changes: str) -> dict[str, str]:
    """The environment of a run: no cache of byte code, which an edit within one second could outlive."""
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **changes}


def start(folder: Path, *arguments: str, env: dict | None = None) -> subprocess.Popen:
    """Start Snakemake in a folder, in a process group of its own."""
    command = [SNAKEMAKE, *(arguments or ("--cores", "2"))]
    return subprocess.Popen(
        command,
        cwd=folder,
        env=env or environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def run(folder: Path, *arguments: str, env: dict | None = None, fails: bool = False) -> str:
    """Run Snakemake in a folder and return what it says; whether its exit code is 0 must be as expected."""
    process = start(folder, *arguments, env=env)
    said, _ = process.communicate(timeout=600)
    assert (process.returncode != 0) == fails, said
    return said


def finished(said: str) -> set[str]:
    """The rules whose jobs a run finished, target rules among them."""
    return set(re.findall(r"Finished jobid: \d+ \(Rule: (\w+)\)", said))


def planned(said: str) -> set[str]:
    """The rules whose jobs a dry run announces, target rules among them."""
    table = said.partition("Job stats:")[2].partition("\ntotal")[0]
    return set(re.findall(r"^(\w+) +\d+$", table, re.MULTILINE))


def rules(folder: Path) -> dict[str, dict]:
    """Every rule with its script, input, output and parameters, by name."""
    (folder / "Dump.smk").write_text(DUMP)
    run(folder, "-s", "Dump.smk", "--list")
    return json.loads((folder / "rules.json").read_text())


def run_with_graph(folder: Path, *arguments: str, env: dict | None = None) -> tuple[str, dict[str, dict]]:
    """Run, and return what it says, and every rule with its script, input, output and parameters."""
    (folder / "Dump.smk").write_text(DUMP)
    said = run(folder, "-s", "Dump.smk", "--cores", "2", *arguments, "all", env=env)
    return said, json.loads((folder / "rules.json").read_text())


def downstream(graph: dict[str, dict], first: set[str]) -> set[str]:
    """The rules `first` and every rule that reads what one of them makes, directly or not."""
    return _closure(graph, first, "output", "input")


def upstream(graph: dict[str, dict], target: str) -> set[str]:
    """The rules with a script that a target needs, directly or not."""
    return {name for name in _closure(graph, {target}, "input", "output") if graph[name]["script"]}


def _closure(graph: dict[str, dict], first: set[str], own: str, other: str) -> set[str]:
    reached, waiting = set(), set(first)
    while waiting:
        reached |= waiting
        files = {path for name in waiting for path in graph[name][own]}
        waiting = {name for name, rule in graph.items() if files & set(rule[other])} - reached
    return reached


def values(folder: Path) -> dict[str, str]:
    """The value hash of every result, as the run's manifest has it."""
    entries = json.loads((folder / "results/manifest.json").read_text())["results"]
    return {path: entry["values"] for path, entry in entries.items()}


def wait_for(happened, seconds: float = 60) -> None:
    """Wait until `happened()`; fail after so many seconds."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
