"""Results whose record is lost."""

import pytest

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
        path = tmp_path / records.place(name, folder)
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
    first, *others = records.place("x" * 400, "top").split("/")[1:]
    assert first.startswith("@")
    assert len(first) == 255
    assert len(others) == 2
    assert not others[-1].startswith("@")
