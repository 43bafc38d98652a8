"""Staleness contract that holds without upkeep: each rule's parameters say all that its script uses."""

import ast
import json
import os
import re
import subprocess
import sys
from functools import cache
from modulefinder import ModuleFinder
from pathlib import Path

import pytest
import yaml

import running
import test_staleness as staleness
from conftest import ROOT
from soart.plan import fingerprint
from soart.plan.graph import SETTLED

SCRIPTS = ROOT / "scripts"
DATA = {"page": "templates"}  # modules that read files beside them, and the parameter that says what these hold
ASIDE = {"manifest", "method"}  # modules that read beside them what no result rests on: the commit, which is only said;
# the library's own numbers, which no job uses
STATES = {"templates", "state"}  # parameters that only stand for the content of files: templates, photos
WHOLE_CONFIGURATION = {"write_manifest", "write_report", "verify"}  # rules that record, show or compare all of it


@pytest.fixture(scope="session")
def graph(tmp_path_factory) -> dict[str, dict]:
    """Every job that the rules can have."""
    return running.rules(running.tiny(tmp_path_factory.mktemp("contract") / "tiny"))


@pytest.fixture(scope="session")
def rules(graph) -> dict[str, dict]:
    """The jobs that have a script."""
    return {
        name: each | {"given": json.loads(each["params"]["given"])} for name, each in graph.items() if each["script"]
    }


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(script: Path, folder: Path) -> tuple[set[Path], set[str]]:
    """The local files and the third-party packages that a script imports, as the standard library's finder sees it."""
    finder = ModuleFinder([str(folder)])
    finder.run_script(str(script))
    files = {Path(module.__file__) for module in finder.modules.values() if module.__file__}
    others = {name.partition(".")[0] for name in finder.badmodules} - {"soart"}
    return files, others - set(sys.stdlib_module_names)


def dynamic_imports(path: Path) -> list[str]:
    """Imports that no reader of the code can follow, so that no fingerprint covers them."""
    calls = [ast.unparse(node.func) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    return [
        name for name in calls if re.search(r"import_module|__import__|run_path|run_module|\bexec\b|spec_from", name)
    ]


def scripts_of(rules: dict[str, dict]) -> dict[str, Path]:
    return {name: SCRIPTS / Path(rule["script"]).name for name, rule in rules.items()}


def test_each_rule_is_named_after_its_script(rules):
    for name, path in scripts_of(rules).items():
        assert re.fullmatch(rf"{path.stem}(_\w+)?", name)


def test_each_rule_has_the_fingerprint_of_its_own_script(rules):
    for name, path in scripts_of(rules).items():
        assert list(rules[name]["params"]) == ["given"], f"{name}: one param stands for all"
        assert rules[name]["given"]["code"] == fingerprint.fingerprint(path)


def test_fingerprints_cover_all_that_is_imported(rules):
    for path in set(scripts_of(rules).values()):
        files, packages = imported(path, SCRIPTS)
        assert fingerprint.local_files(path) == files
        assert fingerprint.packages(path) == packages
        assert [each for file in files for each in dynamic_imports(file)] == []


@pytest.mark.parametrize(
    "line",
    [
        "import importlib\nimportlib.import_module('hidden')",
        "__import__('hidden')",
        "import runpy\nrunpy.run_path('h.py')",
    ],
)
def test_a_hidden_import_would_be_found(line, tmp_path):
    (tmp_path / "script.py").write_text(line)
    assert dynamic_imports(tmp_path / "script.py")


def test_files_beside_a_module_are_among_the_parameters(rules):
    for name, path in scripts_of(rules).items():
        for file in fingerprint.local_files(path):
            if any(isinstance(node, ast.Name) and node.id == "__file__" for node in ast.walk(tree(file))):
                if file.stem in ASIDE:
                    continue
                assert file.stem in DATA, f"{file} reads files beside it: which parameter says what they hold?"
                assert DATA[file.stem] in rules[name]["given"]


def test_no_job_uses_the_librarys_own_numbers():
    """Settings and limits are made of what a job is given, and every anchor is told its limits."""
    for path in SCRIPTS.rglob("*.py"):
        nodes = list(ast.walk(tree(path)))
        calls = {node: ast.unparse(node.func).rpartition(".")[2] for node in nodes if isinstance(node, ast.Call)}
        made = [ast.unparse(node) for node, name in calls.items() if name in ("Settings", "Limits")]
        assert [each for each in made if "**" not in each] == ["Limits()"] * (path.stem == "registration"), path
        anchors = [node for node, name in calls.items() if name == "anchor"]
        assert all(len(node.args) == 4 for node in anchors), path
        used = [
            node for node in nodes if isinstance(node, ast.Name | ast.Attribute) and "MEASURED" in ast.unparse(node)
        ]
        assert len(used) == 2 * (path.stem == "registration"), (
            path
        )  # defined, and what an anchor is made with otherwise


def test_scripts_read_no_configuration_but_by_parameters():
    for path in SCRIPTS.glob("*.py"):
        attributes = {ast.unparse(node) for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
        assert not {"snakemake.config", "os.environ", "os.getenv"} & attributes, path
        texts = [node.value for node in ast.walk(tree(path)) if isinstance(node, ast.Constant)]
        assert not [text for text in texts if isinstance(text, str) and text.startswith("config/")], path


def test_scripts_use_all_that_they_are_given_and_nothing_else(rules):
    for name, path in scripts_of(rules).items():
        if "vars(given)" in path.read_text():
            continue
        accesses = [ast.unparse(node) for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)]
        used = {found[1] for each in accesses if (found := re.fullmatch(r"given\.(\w+)", each))}
        texts = {node.value for node in ast.walk(tree(path)) if isinstance(node, ast.Constant)}
        given = set(rules[name]["given"]) - {"code"}
        for_photos = {"folder", "shown"} if path.stem == "draw_heatmaps" else set()
        assert used - given <= for_photos, name
        assert given <= used | texts | STATES, f"{name}: redone for what it does not use"


def test_no_rule_takes_the_whole_configuration_or_depends_on_the_moment(rules):
    for name, rule in rules.items():
        assert ("config" in rule["given"]) == (name in WHOLE_CONFIGURATION)
    for path in (ROOT / "rules").glob("*.smk"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\b(time|datetime|random|uuid|getpid)\b\.", text)


def test_the_manifest_holds_every_result(graph):
    made = {path for name in running.upstream(graph, "all") for path in graph[name]["output"]}
    held = set(graph["write_manifest"]["input"])
    assert made - held == {"results/report.html", "results/summary.json", "results/manifest.json", *SETTLED}


def test_rules_that_only_look_have_no_input(rules):
    for name in ("verify", "verify_reference"):
        assert (rules[name]["input"], rules[name]["output"]) == ([], [])


def keys(schema: dict, definitions: dict) -> set[str]:
    """Every key of a map that a schema describes, without the names of maps and lists around it."""
    if "$ref" in schema:
        return keys(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    found = set(schema.get("properties", {}))
    inner = [
        *schema.get("properties", {}).values(),
        *(schema[word] for word in ("items", "then", "else") if word in schema),
    ]
    return found.union(*(keys(each, definitions) for each in inner if isinstance(each, dict)))


@pytest.mark.parametrize(("name", "table"), [("config", staleness.SETTINGS), ("scene", staleness.SCENE)])
def test_the_staleness_table_has_every_key(name, table):
    """A new key of the configuration needs a line in test_staleness.py: another value, and who uses it."""
    schema = yaml.safe_load((ROOT / f"config/{name}.schema.yaml").read_text())
    tested = {key for place in table for key in place.split(".")}
    lists = {"panels", "judges", "shapes", "parts", "errors"} | {
        "photos",
        "detector",
    }  # these two: tests/workflow/test_own_photos.py and test_own_pairs.py
    changes = {
        "leave_out",
        "move",
        "recolour",
        "add",
        "one_of",
        "pixels",
        "beyond_fluctuation",
        "sides",
        "factor",
        "part",
        "along",
        "aside",
        "wobble",
    }  # all of them are inside an error's `changes`, which is one parameter
    assert keys(schema, schema["$defs"]) - lists - changes <= tested


def test_a_group_of_tests_shares_a_worker(request):
    """Tell a group by the suffix of its tests' names; without it long fixtures are made once a worker."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        assert request.node.nodeid.endswith("@test_contract")
    else:  # without workers there are no groups: this very test once more, with one
        alone = ["--dist", "loadgroup", "--numprocesses", "1", "-q", request.node.nodeid]
        subprocess.run([sys.executable, "-m", "pytest", *alone], cwd=ROOT, check=True)
