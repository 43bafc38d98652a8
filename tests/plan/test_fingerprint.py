"""The fingerprint of a script: the same as long as its meaning is the same."""

import ast
import json
import os
from pathlib import Path

import pytest

from soart.plan import fingerprint as module
from soart.plan.fingerprint import fingerprint

FILES = {
    "adapter.py": (
        '"""Do it."""\nimport numpy as np\nfrom tool import compute\n\nif True:\n    print(compute.work(np.pi))\n'
    ),
    "other.py": "VALUE = 1\n",
    "tool/__init__.py": '"""The package."""\n',
    "tool/compute.py": (
        "from tool import numbers\nfrom .deep import inner\n\n\n"
        'def work(x):\n    """Work."""\n    return numbers.ONE * x + inner.TWO\n'
    ),
    "tool/numbers.py": "ONE = 1\n",
    "tool/unused.py": "NEVER = 0\n",
    "tool/deep/__init__.py": "",
    "tool/deep/inner.py": "from . import beside\nfrom ..far import THREE\n\nTWO = beside.TWO + THREE\n",
    "tool/deep/beside.py": "TWO = 2\n",
    "tool/far.py": "THREE = 3\n",
}


def forget():
    """The module remembers files for one run of the workflow; the tests change them."""
    for function in (module._reached, module._neighbours, module._parsed, module._local, module.version):
        function.cache_clear()
    module._remembered.clear()
    module._asked.clear()


@pytest.fixture(autouse=True)
def _fresh():
    forget()
    yield
    forget()


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def after(folder, name, old, new) -> bool:
    """Return whether replacing text in a file leaves the fingerprint of adapter.py as it was."""
    before = fingerprint(folder / "adapter.py")
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))
    ast.parse((folder / name).read_text())
    forget()
    return fingerprint(folder / "adapter.py") == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("adapter.py", "import numpy", "\n\n# a comment\nimport numpy"),
        ("adapter.py", '"""Do it."""', '"""Do it\n\n    in more words."""'),
        ("adapter.py", '"""Do it."""\n', ""),
        ("tool/compute.py", '"""Work."""', '"""Work harder."""'),
        ("tool/compute.py", '    """Work."""\n', ""),
        ("tool/compute.py", "numbers.ONE * x", "( numbers.ONE\n        * x )"),
        ("tool/__init__.py", "The package", "The whole package"),
        ("tool/numbers.py", "ONE = 1", "ONE = 1  # one"),
        ("tool/unused.py", "0", "1"),
        ("other.py", "1", "2"),
    ],
)
def test_comments_docstrings_layout_and_other_files_do_not_count(folder, name, old, new):
    assert after(folder, name, old, new)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("adapter.py", "np.pi", "np.e"),
        ("adapter.py", "if True", "if False"),
        ("tool/compute.py", "* x", "/ x"),
        ("tool/compute.py", "def work(x):", "def work(x, y=0):"),
        ("tool/numbers.py", "ONE = 1", "ONE = 1.0"),
        ("tool/__init__.py", '"""The package."""', '"""The package."""\nimport os'),
        ("tool/deep/__init__.py", "", "SOMETHING = 1"),
        ("tool/deep/inner.py", "+", "-"),
        ("tool/deep/beside.py", "2", "3"),
        ("tool/far.py", "3", "4"),
    ],
)
def test_a_change_of_meaning_counts_wherever_it_is_imported(folder, name, old, new):
    assert not after(folder, name, old, new)


def test_a_text_that_is_no_docstring_counts(folder):
    assert not after(folder, "tool/numbers.py", "ONE = 1\n", 'ONE = 1\nNAME = "one"\n')


def test_local_files_are_found_through_relative_and_package_imports(folder):
    found = {path.relative_to(folder).as_posix() for path in module.local_files(folder / "adapter.py")}
    assert found == set(FILES) - {"other.py", "tool/unused.py"}


def test_an_imported_file_that_moves_counts(folder):
    assert not after(folder, "adapter.py", "from tool import compute", "from tool import compute, unused")


def test_circular_imports_end(folder):
    (folder / "tool/numbers.py").write_text("from tool import compute\nONE = 1\n")
    assert len(fingerprint(folder / "adapter.py")) == 64


def test_package_versions_enter(folder, monkeypatch):
    assert module.packages(folder / "adapter.py") == {"numpy"}
    before = fingerprint(folder / "adapter.py")
    forget()
    monkeypatch.setattr(module.metadata, "version", lambda name: f"{name} 99")
    assert fingerprint(folder / "adapter.py") != before


def test_third_party_packages_and_their_distributions(folder):
    (folder / "other.py").write_text(
        "import cv2, os.path\nfrom PIL import Image\nimport yaml\nimport tool.numbers\nimport adapter\n"
    )
    assert module.packages(folder / "other.py") == {"cv2", "PIL", "yaml", "numpy"}
    for package in ("cv2", "PIL", "yaml", "numpy", "sklearn"):
        assert module.version(package)


def test_every_adapter_of_the_workflow_has_its_own_fingerprint(root):
    adapters = sorted((root / "scripts").glob("*.py"))
    assert len(adapters) >= 9
    assert len({fingerprint(path) for path in adapters}) == len(adapters)
    reached = {path.name for path in module.local_files(root / "scripts" / "score_panel.py")}
    assert {
        "score_panel.py",
        "panels.py",
        "attention.py",
        "metrics.py",
        "tables.py",
        "files.py",
        "streams.py",
    } <= reached


def test_a_byte_order_mark_in_a_module_means_nothing_and_in_a_script_is_refused(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    before = fingerprint(tmp_path / "adapter.py")
    for name in ("tool/compute.py", "adapter.py"):
        forget()
        (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + (tmp_path / name).read_bytes())
        if name == "tool/compute.py":
            assert fingerprint(tmp_path / "adapter.py") == before
    with pytest.raises(ValueError, match=r"adapter\.py: expected UTF-8 without a byte-order mark"):
        fingerprint(tmp_path / "adapter.py")


def parsed_files(folder, monkeypatch) -> list[str]:
    """The files that are parsed for the fingerprint of adapter.py in a process that begins and ends."""
    forget()
    parsed, parse = [], ast.parse
    monkeypatch.setattr(ast, "parse", lambda content, filename: parsed.append(filename) or parse(content, filename))
    monkeypatch.setattr(module.atexit, "register", lambda *_: None)
    module.remember(folder / "kept.json")
    fingerprint(folder / "adapter.py")
    module._keep(folder / "kept.json")
    monkeypatch.undo()
    return sorted(str(Path(path).relative_to(folder)) for path in parsed)


def test_what_is_known_of_a_file_is_remembered_by_its_content(folder, monkeypatch):
    """Content alone: a file of the same size and time is parsed anew, and one more process parses nothing."""
    path = folder / "tool/far.py"
    assert len(parsed_files(folder, monkeypatch)) == 8
    assert parsed_files(folder, monkeypatch) == []
    before, times = fingerprint(folder / "adapter.py"), path.stat()
    path.write_text("THREE = 4\n")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert parsed_files(folder, monkeypatch) == ["tool/far.py"]
    remembered = fingerprint(folder / "adapter.py")
    forget()
    assert before != remembered == fingerprint(folder / "adapter.py")


def test_what_is_remembered_is_of_this_code_alone(folder, monkeypatch):
    parsed_files(folder, monkeypatch)
    monkeypatch.setattr(module, "_own", lambda: "another meaning")
    forget()
    module._remembered.update(json.loads((folder / "kept.json").read_text()))
    fingerprint(folder / "adapter.py")
    assert module._asked.keys().isdisjoint(module._remembered)


@pytest.mark.parametrize("damage", ["", "{", "[1]", "3", '{"a": 1}'])
def test_damage_to_what_is_remembered_does_no_harm(folder, damage, monkeypatch):
    before = fingerprint(folder / "adapter.py")
    (folder / "kept.json").write_text(damage)
    assert len(parsed_files(folder, monkeypatch)) == 8
    assert fingerprint(folder / "adapter.py") == before
    assert parsed_files(folder, monkeypatch) == []


def test_a_folder_that_cannot_be_written_to_is_gone_without(folder, monkeypatch):
    monkeypatch.setattr(module, "_asked", {"a": ("b", [])})
    module._keep(folder / "none" / "kept.json")
    assert not (folder / "none").exists()
