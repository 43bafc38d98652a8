"""The house: which room may import which, and what planning must not load."""

import ast
import importlib
import re
import subprocess
import sys

import pytest

from soart.plan.fingerprint import local_files

LEAVES = {"names", "streams", "statistics", "resolution", "job", "method"}
MAY = {name: set() for name in LEAVES} | {"scene": {"streams"}, "plan": {"names", "resolution"}, "storage": LEAVES}
MAY["photos"] = MAY["attention"] = LEAVES | {"storage"}
MAY["inspection"] = MAY["photos"] | {"photos"}
MAY["evaluation"] = MAY["inspection"] | {"inspection"}
MAY["report"] = MAY["evaluation"] | {"evaluation", "attention"}


def imported(path) -> set[str]:
    """The rooms of the package that a file names in its imports."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [f"{getattr(node, 'module', None) or ''}.{alias.name}".strip(".") for node in nodes for alias in node.names]
    return {name.split(".")[1] for name in names if name.startswith("soart.")}


@pytest.mark.parametrize("room", sorted(MAY))
def test_no_room_imports_a_later_one(room, root):
    package = root / "scripts" / "soart"
    for path in [*package.glob(f"{room}/**/*.py"), *package.glob(f"{room}.py")]:
        assert imported(path) - {room} <= MAY[room], path


def test_every_module_is_in_a_room(root):
    assert {path.stem for path in (root / "scripts" / "soart").iterdir() if path.name[0] != "_"} == set(MAY)


def test_nobody_imports_a_script(root):
    scripts = {path.stem for path in (root / "scripts").glob("*.py")}
    for path in [
        path for folder in ("scripts", "tests", "benchmarks", "docs") for path in root.glob(f"{folder}/**/*.py")
    ]:
        nodes = list(ast.walk(ast.parse(path.read_text())))
        names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        assert not (names | {node.module for node in nodes if isinstance(node, ast.ImportFrom)}) & scripts, path


def test_a_script_is_short_and_has_one_function_main(root):
    """A script reads, calls one function and writes; anything more belongs into a room, where it is tested."""
    for path in set((root / "scripts").glob("*.py")) - {root / "scripts" / "inspect_part.py"}:
        tree = ast.parse(path.read_text())
        functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        assert functions == ["main"], path
        assert len([line for line in path.read_text().splitlines() if line]) <= 30, path


RULE = re.compile(r"^( *)rule\b.*:\n(?:(?:\1 +.*)?\n)*", re.MULTILINE)  # to the last line that is further in


def test_a_rule_is_short(root):
    """A rule has at most 20 lines, and what they share 120: both are read as a whole."""
    for path in [root / "Snakefile", *root.glob("rules/*.smk")]:
        text = path.read_text(encoding="utf-8")
        found = list(RULE.finditer(text))
        assert len(found) == len(re.findall(r"^ *rule\b.*:$", text, re.MULTILINE))
        for each in found:
            assert len(each[0].rstrip().splitlines()) <= 20, each[0]
    assert len((root / "rules/common.smk").read_text(encoding="utf-8").splitlines()) <= 120


@pytest.mark.parametrize(
    ("modules", "heavy"),
    [
        ("soart/plan/*.py", "numpy cv2 pandas pyarrow"),
        ("soart/inspection/verdict.py", "numpy cv2 pandas pyarrow"),
        ("gather_verdicts.py", "cv2"),
        ("measure_metrics.py", "cv2 pandas"),  # an import of pandas costs more than the job
        ("inspect_images.py", "pandas"),
        ("read_*.py", "pandas"),
        ("soart/inspection/line.py", "pandas pyarrow scipy sklearn matplotlib"),
    ],
)
def test_what_stays_light(modules, heavy, root):
    scripts = root / "scripts"
    names = [".".join(path.relative_to(scripts).with_suffix("").parts) for path in scripts.glob(modules)]
    code = f"import {', '.join(names)}, sys; print(*set('{heavy}'.split()) & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], cwd=scripts, capture_output=True, text=True, check=True)
    assert said.stdout == "\n"


def test_score_panel_does_not_depend_on_how_photos_are_found(root):
    reached = {path.relative_to(root / "scripts").as_posix() for path in local_files(root / "scripts/score_panel.py")}
    assert "soart/attention/panels.py" in reached
    assert not [path for path in reached if path.startswith(("soart/plan", "soart/attention/states"))]


@pytest.mark.parametrize(
    "call", ["pa.array([1])", "pa.array(['a'], pa.string())", "pa.nulls(1, pa.int64()).to_numpy(False)"]
)
def test_arrow_still_imports_pandas(call):
    """Once this fails, plain calls can take the place of the buffers in storage/columns.py."""
    code = f"import sys, pyarrow as pa; {call}; print('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "True\n"


def absent(path) -> set[str]:
    """The names that a file takes from modules of the package and that these do not have."""
    tree, modules = ast.parse(path.read_text(encoding="utf-8")), {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "soart":
            for alias in node.names:
                try:
                    modules[alias.asname or alias.name] = importlib.import_module(f"{node.module}.{alias.name}")
                except ModuleNotFoundError:
                    modules[alias.asname or alias.name] = getattr(importlib.import_module(node.module), alias.name)
    taken = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name))
    names = ((node.value.id, node.attr) for node in taken if node.value.id in modules)
    return {f"{module}.{name}" for module, name in names if not hasattr(modules[module], name)}


def test_programs_that_no_test_runs_take_what_is_there(root):
    """A benchmark takes minutes: that a function has moved would be found by whoever needs the number."""
    programs = [*root.glob("benchmarks/**/*.py"), *root.glob("docs/*.py"), *root.glob("scripts/*.py")]
    assert len(programs) > 40
    assert {str(path): missing for path in programs if (missing := absent(path))} == {}
