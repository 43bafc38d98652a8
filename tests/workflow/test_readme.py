"""The README shows what there is."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from conftest import ROOT, call
from test_workflow import FORCING

README = (ROOT / "README.md").read_text(encoding="utf-8")
RESULTS = (ROOT / "docs" / "workflow.md").read_text(encoding="utf-8")
MANUAL = (ROOT / "config" / "README.md").read_text(encoding="utf-8")


def blocks(text: str, language: str = "") -> list[str]:
    """The fenced blocks of a Markdown text that are of one language."""
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [body for name, body in fences if name == language]


def test_output_shown_is_real(run, finished):
    folder, output = run
    again = call("snakemake --cores 2", finished).stdout
    done, *_ = blocks(README)
    table, *_ = blocks(RESULTS)
    assert done.strip() == output.splitlines()[-1].replace(f"{folder}/", "")
    assert "Nothing to be done" in again
    assert (folder / "results/metrics/metrics.csv").read_text(encoding="utf-8-sig").startswith(table)


def test_the_example_of_the_inspection_is_a_result(run):
    text = (ROOT / "docs/inspection.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| image_")]
    table = pd.read_csv(run[0] / "results/inspection/verdicts.csv", encoding="utf-8-sig").set_index("image")
    assert len(rows) == 2
    for image, score, p_value, verdict, x, y, distance, driver in rows:
        found = table.loc[image]
        assert (float(score), float(p_value)) == pytest.approx((found["score"], found["p_value"]), rel=0.03)
        assert (int(x), int(y)) == (round(found["x"]), round(found["y"]))
        assert float(distance) == pytest.approx(found["distance"], rel=0.03)
        assert (verdict, driver) == (found["verdict"], found["driver"])


def test_picture_at_the_front_door_is_the_workflows(run):
    committed, made = (np.asarray(Image.open(f)) for f in (ROOT / "docs/overview.png", run[0] / "results/overview.png"))
    assert np.array_equal(committed, made)


def test_every_path_of_the_results_table_is_there(run):
    rows = re.findall(
        r"^\| (`[^|]*) \|", RESULTS.partition("## What appears where")[2].partition("\n## ")[0], re.MULTILINE
    )
    paths = [path for row in rows for path in re.findall(r"`([^`]+)`", row)]
    assert len(paths) > 15
    stem = None
    for path in paths:
        stem = path if not path.startswith((".", "_")) else stem
        shown = Path(stem).with_suffix(path) if path.startswith(".") else Path(stem)
        pattern = re.sub(r"<\w+>", "*", shown.as_posix())
        assert list((run[0] / "results").glob(pattern)), path


def test_rule_graph_is_the_true_one(finished):
    """The picture in the README has the rules and arrows of `snakemake --rulegraph write_report`."""
    dot = call("snakemake --rulegraph dot write_report 2>/dev/null", finished).stdout
    names = dict(re.findall(r'(\d+)\[label = "(\w+)"', dot))
    drawn = (ROOT / "docs/rulegraph.svg").read_text(encoding="utf-8")
    shown = dict(re.findall(r"<title>(\d+)</title>.*?<text[^>]*>(\w+)</text>", drawn, re.DOTALL))
    arrows = {(shown[a], shown[b]) for a, b in re.findall(r"<title>(\d+)&#45;&gt;(\d+)</title>", drawn)}
    assert len(arrows) > 20
    assert arrows == {(names[a], names[b]) for a, b in re.findall(r"(\d+) -> (\d+)", dot)}
    assert "docs/rulegraph.svg" in README
    assert float(re.search(r'<svg width="(\d+)pt"', drawn)[1]) < 1200  # fits a page


def test_the_first_page_is_short():
    assert len(README.splitlines()) <= 112


def test_forcing_lines_are_those_that_are_tested():
    lines = [line.partition("#") for block in blocks(README, "sh") for line in block.splitlines() if " -R " in line]
    assert {stage.strip(): line.strip() for line, _, stage in lines} == {
        stage: line for stage, (line, *_) in FORCING.items()
    }


@pytest.mark.parametrize("name", ["config", "scene"])
def test_every_key_is_documented(name, schemas):
    def keys(schema: dict) -> set[str]:
        found = set(schema.get("properties", {}))
        return found.union(*(keys(each) for each in nested(schema)))

    def nested(schema: dict) -> list[dict]:
        parts = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
        return [each for each in (*parts, schema.get("items")) if isinstance(each, dict)]

    missing = sorted(key for key in keys(schemas[name]) if not re.search(rf"\b{key}\b", MANUAL))
    assert not missing, f"config/README.md does not describe {', '.join(missing)}"


def test_the_manuals_error_is_a_scene_that_runs(part, schemas):
    from soart.plan import scene_checks, yaml_files

    [error] = [yaml.safe_load(block) for block in blocks(MANUAL, "yaml") if "errorC" in block]
    part["errors"] += error
    assert yaml_files.schema_problems(part, schemas["scene"], "scene") == []
    assert scene_checks.scene_problems(part, 10, "listed", "scene") == []
