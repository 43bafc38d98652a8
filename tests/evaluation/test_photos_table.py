"""The table of the benchmark of real photos."""

import importlib.util
import sys

import pytest

from conftest import ROOT

FOLDER = ROOT / "benchmarks" / "photos"


@pytest.fixture
def table(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])
    spec = importlib.util.spec_from_file_location("photos_measure", FOLDER / "measure.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.table


def drawn(draw: int, auroc: float) -> dict:
    return {"set": "board", "learned": 10, "detector": "both", "draw": draw, "auroc": auroc}


def test_of_one_draw_there_is_no_deviation(table):
    cells = table([drawn(0, 0.75)], ["auroc"]).splitlines()[-1].split("|")[1:-1]
    assert [cell.strip() for cell in cells] == ["board", "10", "both", "0.750"]


def test_of_two_draws_mean_and_deviation_by_hand(table):
    said = table([drawn(0, 0.7), drawn(1, 0.9)], ["auroc"]).splitlines()[-1]  # (0.1^2 + 0.1^2) / (2 - 1) = 0.141^2
    assert "| 0.800 ± 0.141 |" in said
