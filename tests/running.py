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
import json, re
from snakemake.iocontainers import Wildcards
include: "Snakefile"
def jobs_of(each):
    names = {"shard": LAYOUT.by_name, "panel": [panel["name"] for panel in LAYOUT.panels]}
    if not each.wildcard_names:
        return [(each.name, {})]
    [wildcard] = each.wildcard_names
    pattern = each.wildcard_constraints.get(wildcard, ".*")
    fitting = [name for name in names[wildcard] if re.fullmatch(pattern, name)]
    jobs = [(f"{each.name}_{name}".replace("/", "_"), {wildcard: name}) for name in fitting]
    literal = {str(path) for other in workflow.rules if not other.wildcard_names for path in other.output}
    return [job for job in jobs if not literal & set(paths(each.output, job[1]))]  # as Snakemake prefers it
def paths(items, wildcards):
    for item in items:
        found = item(Wildcards(fromdict=wildcards)) if callable(item) else str(item)
        for path in [found] if isinstance(found, str) else found:
            for name, value in wildcards.items() if isinstance(found, str) else ():
                path = re.sub(r"\\{" + name + r"(,[^{}]*)?\\}", lambda _: value, path)
            yield path
def described(each, wildcards):
    given = {key: value(Wildcards(fromdict=wildcards)) for key, value in each.params.items()}
    files = {kind: list(paths(getattr(each, kind), wildcards)) for kind in ("input", "output", "log")}
    return {"rule": each.name, "script": each.script, "params": given, **files}

found = {name: described(each, wildcards) for each in workflow.rules for name, wildcards in jobs_of(each)}
with open("rules.json", "w") as file:
    json.dump(found, file)
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


def log(said: str) -> str:
    """All that Snakemake's own log holds of a run: the terminal has a line a stage."""
    path = re.search(r"^Complete log\(s\): (.*)$", said, re.MULTILINE)
    return Path(path[1]).read_text(encoding="utf-8") if path else said


def finished(said: str) -> set[str]:
    """The rules whose jobs a run finished, target rules among them."""
    return set(re.findall(r"Finished jobid: \d+ \(Rule: (\w+)\)", log(said)))


def planned(said: str) -> set[str]:
    """The rules whose jobs a dry run announces, target rules among them."""
    table = said.partition("Job stats:")[2].partition("\ntotal")[0]
    return set(re.findall(r"^(\w+) +\d+$", table, re.MULTILINE))


def rules(folder: Path) -> dict[str, dict]:
    """Every job that the rules can have, with its rule, script, input, output, log and parameters, by name.

    A job of a rule with a wildcard has its value behind the rule's name: measure_metrics_learn.
    """
    (folder / "Dump.smk").write_text(DUMP)
    run(folder, "-s", "Dump.smk", "--list")
    return json.loads((folder / "rules.json").read_text())


def run_with_graph(folder: Path, *arguments: str, env: dict | None = None) -> tuple[set[str], dict[str, dict]]:
    """Run, and return which jobs ran, as their logs tell, and every job as `rules` has it."""
    (folder / "Dump.smk").write_text(DUMP)
    before = _logs(folder)
    run(folder, "-s", "Dump.smk", "--cores", "2", *arguments, "all", env=env)
    graph = json.loads((folder / "rules.json").read_text())
    written = {path for path, moment in _logs(folder).items() if before.get(path) != moment}
    return {name for name, each in graph.items() if written & set(each["log"])}, graph


def plan_with_graph(folder: Path, *arguments: str, env: dict | None = None) -> tuple[set[str], dict[str, dict]]:
    """Plan, and return which jobs would run, as Snakemake announces them, and every job as `rules` has it."""
    (folder / "Dump.smk").write_text(DUMP)
    said = run(folder, "-s", "Dump.smk", "--quiet", "host", "-n", *arguments, "all", env=env)
    graph = json.loads((folder / "rules.json").read_text())
    announced = set(re.findall(r"^    log: (\S+)$", said, re.MULTILINE))
    return {name for name, each in graph.items() if announced & set(each["log"])}, graph


def _logs(folder: Path) -> dict[str, int]:
    """When each job's log was written, nanoseconds, by its path below the folder."""
    found = (folder / "results/logs").rglob("*.log")
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in found}


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


def values(folder: Path, prefix: str = "") -> dict[str, str]:
    """The value hash of every result, as the run's manifest has it; `prefix` is of a module."""
    entries = json.loads((folder / prefix / "results/manifest.json").read_text())["results"]
    return {path: entry["values"] for path, entry in entries.items()}


def wait_for(happened, seconds: float = 60) -> None:
    """Wait until `happened()`; fail after so many seconds."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def times(folder: Path) -> dict[Path, int]:
    """When each file below a folder was last written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
