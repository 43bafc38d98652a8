"""No input can run code, lead outside its folder or fill the memory: what the code may not use, what it refuses."""

import ast
import copy
from pathlib import Path

import pytest
import yaml

from conftest import ROOT
from soart import scene
from soart.plan import configuration, yaml_files

SOURCES = sorted((ROOT / "scripts").rglob("*.py"))
RULES = sorted([ROOT / "Snakefile", *(ROOT / "rules").glob("*.smk")])
UNSAFE_MODULES = {
    "pickle",
    "shelve",
    "marshal",
    "dill",
    "cloudpickle",
    "joblib",
    "subprocess",
    "ctypes",
    "importlib.util",
}
NETWORK_MODULES = {"socket", "ssl", "http", "urllib.request", "requests", "ftplib", "smtplib", "asyncio", "webbrowser"}
UNSAFE_CALLS = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "os.startfile"}
UNSAFE_CALLS |= {"yaml.load", "yaml.full_load", "yaml.unsafe_load", "yaml.Loader", "yaml.UnsafeLoader", "np.fromregex"}
OUTSIDE = ["..", "../other", "a/b", "/etc", "a\\b", "a b", "a.b", "", "{x}", "ä", "1a", "$HOME", "a;b", "~"]


def nodes(path: Path, *kinds):
    return [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, kinds)]


def imported(path: Path) -> set[str]:
    names = {alias.name for node in nodes(path, ast.Import) for alias in node.names}
    for node in nodes(path, ast.ImportFrom):
        names |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_code_from_data_and_no_network(path):
    roots = {".".join(name.split(".")[:depth]) for name in imported(path) for depth in (1, 2)}
    # a reader that knows four names (test_weights.py); git, asked by two fixed commands for the workflow's commit
    restricted = {"weights.py": {"pickle"}, "manifest.py": {"subprocess"}}.get(path.name, set())
    assert not roots & (UNSAFE_MODULES | NETWORK_MODULES) - restricted
    assert not {ast.unparse(node.func) for node in nodes(path, ast.Call)} & UNSAFE_CALLS
    assert not [node for node in nodes(path, ast.keyword) if node.arg == "shell"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_arrays_are_loaded_without_pickle_and_pages_escape(path):
    for call in nodes(path, ast.Call):
        keywords = {each.arg: ast.unparse(each.value) for each in call.keywords}
        name = ast.unparse(call.func)
        if name in ("np.load", "numpy.load"):
            assert keywords.get("allow_pickle") == "False", f"{path}: line {call.lineno}"
        if name.endswith("Environment"):
            assert keywords.get("autoescape") == "True", f"{path}: line {call.lineno}"


def test_markup_that_is_not_escaped_is_the_programs_own():
    """`Markup(...)` and the filter `safe` switch escaping off: never on a value that comes from a table or a config."""
    for path in (ROOT / "scripts/soart/report/templates").iterdir():
        text = path.read_text(encoding="utf-8")
        assert "autoescape false" not in text
        assert "|safe" not in text.replace(" ", "")


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_rules_run_no_shell(path):
    assert "shell:" not in path.read_text(encoding="utf-8")
    assert "shell(" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_name_leads_outside_its_folder(name, config, part, schemas):
    """Names of panels, errors and shapes become parts of paths: letters, digits and _ only."""
    for place in ("panel", "error", "shape"):
        new_config, new_part = copy.deepcopy(config), copy.deepcopy(part)
        lists = {"panel": new_config["panels"], "error": new_part["errors"], "shape": new_part["shapes"]}
        lists[place][0]["name"] = name
        found = configuration.problems(new_config, new_part, schemas, "scene.yaml")
        assert any("expected letters, digits and _ with a letter first" in problem for problem in found), place


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_reference_to_an_image_or_set_leads_outside(name, config, part, schemas):
    for key, value in (("standard", name), ("standard", f"mean:{name}"), ("measured", [{"set": name, "first": 1}])):
        config["panels"] = [config["panels"][0] | {key: value}]
        found = configuration.problems(config, part, schemas, "scene.yaml")
        assert [problem for problem in found if "is neither base" in problem or "is no set" in problem]


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system [ls]", "!!python/name:os.system", "!!python/module:os"]
)
def test_yaml_makes_no_objects(tag, tmp_path):
    (tmp_path / "scene.yaml").write_text(f"canvas: !!python/{tag}\n")
    with pytest.raises(ValueError, match=r"scene\.yaml: expected YAML, got something else: could not determine"):
        yaml_files.read_yaml(tmp_path / "scene.yaml")


@pytest.mark.parametrize(
    ("place", "value", "sentence"),
    [
        ("canvas", [100_000, 500], "canvas[0]: expected at most 4000, got 100000"),
        ("canvas", [500, 0], "canvas[1]: expected at least 50, got 0"),
    ],
)
def test_a_canvas_that_would_fill_the_memory_is_refused(place, value, sentence, config, part, schemas):
    part[place] = value
    assert f"scene.yaml: {sentence}" in configuration.problems(config, part, schemas, "scene.yaml")


def test_the_scene_needs_no_code(part):
    """A scene is data: a kind of shape that the program does not know is refused, not looked up."""
    with pytest.raises(ValueError, match="a part is of kind '__import__'"):
        scene.draw_part(
            [50, 50], [0, 0, 0], [{"fill": [0, 0, 0], "parts": [{"kind": "__import__", "box": [0, 0, 9, 9]}]}]
        )
    assert yaml.safe_dump(part)
