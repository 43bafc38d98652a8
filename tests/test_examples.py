"""The examples in docstrings are right, and each function of the attention and of the calibration has one."""

import doctest
import importlib
import inspect

import pytest

from conftest import ROOT

MODULES = sorted(
    ".".join(path.relative_to(ROOT / "scripts").with_suffix("").parts)
    for path in (ROOT / "scripts" / "soart").rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)
COVERED = ["soart.inspection.calibration", *(f"soart.attention.{name}" for name in ("attention", "metrics"))]
COVERED += [f"soart.attention.{name}" for name in ("panels", "separation", "states")]
# what takes or makes whole tables of a panel: tests/attention works them out by hand
TABLES = {
    "score_sheets",
    "signs",
    "extremes",
    "gather_sheets",
    "sheet_separation",
    "align_panel",
    "alignment_table",
    "sheet_table",
    "long_columns",
}
TABLES |= {"state_columns", "state_separation"}


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_right(name):
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.parametrize("name", COVERED)
def test_each_public_function_has_an_example(name):
    module = importlib.import_module(name)
    public = {
        key: each
        for key, each in inspect.getmembers(module, inspect.isfunction)
        if each.__module__ == name and key[0] != "_" and key not in TABLES
    }
    assert public
    assert [key for key, each in public.items() if ">>> " not in (each.__doc__ or "")] == []
