"""The notebook of docs/ runs, from its first cell to its last."""

import json
import shutil

import numpy as np
import pytest

from conftest import ROOT
from soart.inspection import models

CELLS = json.loads((ROOT / "docs/notebook.ipynb").read_text(encoding="utf-8"))["cells"]


@pytest.mark.slow
def test_every_cell_runs_and_what_it_shows_is_true(results, tmp_path, monkeypatch):
    shutil.copytree(results / "images", tmp_path / "results/images")
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "__main__"}
    for number, cell in enumerate(CELLS):
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"cell {number}", "exec"), names)
    errors = np.array(["error" in path.stem for path in names["tested"]])
    assert names["found"].Y1.shape == (len(errors), 5, 4)
    assert names["weights"].sum(axis=1) == pytest.approx(1)
    assert names["distance"][errors].min() > names["distance"][~errors].max()
    flagged = np.array([each.verdict.verdict == "flagged" for each in names["judged"]])
    assert flagged[errors].all()
    assert flagged[~errors].mean() <= 0.2
    assert errors[names["worst"]]
    assert models.load("model.npz").held_out.tolist() == names["model"].held_out.tolist()


def test_the_notebook_has_no_outputs_that_could_be_old():
    assert all(cell.get("outputs", []) == [] for cell in CELLS)
