"""Results whose record is lost, and results of the future."""

import json
import os
from pathlib import Path

import pytest

from soart.plan import given as givens
from soart.plan import records


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.csv", "b.csv", "c.csv", "d.csv"):
        (tmp_path / name).write_text("x")
    for name, folder, text in (
        ("a.csv", records.RECORDS, "{}"),
        ("b.csv", records.RECORDS, ""),
        ("d.csv", records.UNFINISHED, ""),
    ):
        path = tmp_path / records.record_path(name, folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return ["a.csv", "b.csv", "c.csv", "d.csv", "not_there.csv"]


def test_no_record_and_an_empty_one_are_lost(results):
    assert records.lost(results) == ["b.csv", "c.csv"]


def test_the_sentence_names_them_and_the_way_out():
    said = records.problem([f"results/{number}.csv" for number in range(7)])
    assert said.startswith("7 result(s) have no record in .snakemake of how they were made")
    assert "results/4.csv\n  ... and 2 more\n" in said
    assert "results/5.csv" not in said
    assert "rm -r results" in said


def test_a_long_name_is_cut_into_folders():
    first, *others = records.record_path("x" * 400, "top").split("/")[1:]
    assert first.startswith("@")
    assert len(first) == 255
    assert len(others) == 2
    assert not others[-1].startswith("@")


@pytest.fixture
def made(tmp_path, monkeypatch) -> Path:
    """Three results of which two have their records: a table and a folder; a third that nobody knows of."""
    monkeypatch.chdir(tmp_path)
    for path in ("results/a.csv", "results/b.csv", "results/maps/.snakemake_timestamp", "results/maps/1.png"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text("x")
    for path in ("results/a.csv", "results/maps"):
        record = Path(records.record_path(path, records.RECORDS))
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text("{}")
    return tmp_path


ALL = ["results/a.csv", "results/b.csv", "results/maps", "results/gone.csv"]


def test_a_folder_that_only_holds_the_shards_of_before_is_no_result(made):
    """heatmaps/crack/01 of two shards, where heatmaps/crack is one now."""
    Path("results/crack/01").mkdir(parents=True)
    Path("results/crack/01/.snakemake_timestamp").touch()
    assert records.lost(["results/crack"]) == []


def test_results_of_the_future_are_named_with_a_command(made):
    now = os.path.getmtime("results/a.csv")
    assert records.of_the_future(ALL, now) == []
    assert records.of_the_future(ALL, now - records.AHEAD + 30) == []
    [said] = records.of_the_future(ALL, now - 3600)
    assert said.startswith("3 result(s) are of the future, as results/a.csv: the clock was set back")
    assert "find results -newermt now -exec touch -d now {} +" in said


def test_what_a_job_of_ours_made_is_told_by_its_record(made):
    """Its own, or that of the folder that it is in; none of a parent workflow's, nor a damaged one."""
    texts = {
        "results/a.csv": json.dumps({"params": [repr(givens.canonical({"alarm": 1, "code": "a" * 64}))]}),
        "results/maps": json.dumps({"params": [repr(givens.canonical({"code": "b" * 64}))]}),
        "results/b.csv": json.dumps({"params": [repr(givens.canonical({"code": "theirs"}))]}),
        "results/c.csv": "{",
    }
    for path, text in texts.items():
        Path(records.record_path(path, records.RECORDS)).write_text(text)
    names = ("a.csv", "b.csv", "c.csv", "d.csv", "maps/1.png", "maps/deep/1.png")
    assert [name for name in names if records.made_here(f"results/{name}")] == [
        "a.csv",
        "maps/1.png",
        "maps/deep/1.png",
    ]


@pytest.mark.parametrize("photos", ["none", "photos", '写真/a "b', None])
def test_a_run_that_draws_in_place_of_photos_says_so(photos, tmp_path):
    path = tmp_path / "manifest.json"
    if photos is not None:
        given = {"panels": [{"photos": "x"}] * 50, "photos": photos, "region": "auto"}
        path.write_text(json.dumps({"config": given, "results": {}}, indent=1, ensure_ascii=False), encoding="utf-8")
    told = records.in_place_of_photos(str(path), drawn=True)
    assert records.in_place_of_photos(str(path), drawn=False) == []
    assert len(told) == (photos not in ("none", None))
    assert all(json.dumps(photos, ensure_ascii=False) in each for each in told)
