"""Results of another configuration: named, and removed only where neither configuration nor manifest knows them."""

import os
from pathlib import Path

import pytest

from soart.storage import manifest, verification


@pytest.fixture
def made(tmp_path, monkeypatch) -> Path:
    """A run of two tables and a folder of heat maps, and what an earlier one left."""
    monkeypatch.chdir(tmp_path)
    for name in ("metrics/metrics.csv", "metrics/sets/learn.csv", "inspection/heatmaps/a/1.csv", "images/image_11.csv"):
        Path("results", name).parent.mkdir(parents=True, exist_ok=True)
        Path("results", name).write_text("x\n1\n")
    for name in ("metrics/sets/old.csv", "inspection/heatmaps/b/deep/1.csv", "matrices/csv/error/old.csv"):
        Path("results", name).parent.mkdir(parents=True, exist_ok=True)
        Path("results", name).write_text("x\n1\n")
    for name in ("inspection/heatmaps/a", "inspection/heatmaps/b/deep"):  # folders that jobs made
        Path("results", name, ".snakemake_timestamp").touch()
    for name in ("metrics/note.txt", "metrics/.hidden.csv", "mine.csv", "examples/1.csv", "logs/a.csv"):
        Path("results", name).parent.mkdir(parents=True, exist_ok=True)
        Path("results", name).write_text("x\n1\n")
    recorded = dict.fromkeys(
        ["results/metrics/metrics.csv", "results/metrics/sets/learn.csv", "results/inspection/heatmaps/a"], "rule"
    )
    manifest.write("results/manifest.json", {"config": {}, "results": manifest.result_entries(recorded)})
    return tmp_path


NOW = ["results/images/image_11.csv", "results/metrics/metrics.csv"]
OLD = [
    "results/matrices/csv/error/old.csv",
    "results/metrics/sets/old.csv",
    "results/inspection/heatmaps/b/deep/1.csv",
]


def test_what_neither_the_manifest_nor_the_configuration_knows_is_named(made):
    said = verification.verify("results/manifest.json", NOW)
    assert said == (
        "All 4 results are as the last full run left them.\n3 file(s) of results belong to another configuration "
        f"({', '.join(OLD)}). To remove them: snakemake --cores 1 remove_leftovers # with this run's --directory, "
        "--configfile and --config"
    )


def test_they_alone_are_removed_and_folders_that_are_empty_then(made):
    before = {path for path in Path("results").rglob("*") if path.is_file()}
    assert verification.remove_leftovers("results/manifest.json", NOW) == OLD
    stamp = Path("results/inspection/heatmaps/b/deep/.snakemake_timestamp")
    assert {path for path in Path("results").rglob("*") if path.is_file()} == before - {*map(Path, OLD), stamp}
    assert not Path("results/inspection/heatmaps/b").exists()
    assert list(Path("results/matrices").iterdir()) == []
    assert verification.remove_leftovers("results/manifest.json", NOW) == []
    assert verification.verify("results/manifest.json", NOW).endswith("as the last full run left them.")


def test_without_a_manifest_nothing_is_removed(made):
    Path("results/manifest.json").unlink()
    with pytest.raises(FileNotFoundError, match="expected a manifest"):
        verification.remove_leftovers("results/manifest.json", NOW)
    assert all(Path(path).exists() for path in OLD)


def test_what_others_leave_in_a_folder_of_results_is_not_read(made):
    before = manifest.value_hash("results/inspection/heatmaps/a")
    for name in ("Thumbs.db", ".DS_Store", "notes.txt", "._1.csv"):
        Path("results/inspection/heatmaps/a", name).write_text("no table: \0")
    assert manifest.value_hash("results/inspection/heatmaps/a") == before


@pytest.mark.parametrize(
    ("config", "age", "said"),
    [
        ({"seed": 2, "fit": "alike", "new": 1}, 10, "of other settings than the last full run (new, seed)"),
        ({"seed": 1, "fit": "alike"}, 10, "of a part or other settings"),
        ({"seed": 2, "fit": "alike"}, -10, None),  # older than the manifest: no later run made them
    ],
)
def test_of_many_changed_results_a_sentence_says_why_and_twenty_are_named(tmp_path, monkeypatch, config, age, said):
    monkeypatch.chdir(tmp_path)
    names = [f"results/metrics/sets/{number:02}.csv" for number in range(35)]
    Path("results/metrics/sets").mkdir(parents=True)
    for name in names:
        Path(name).write_text("x\n1\n")
    recorded = manifest.result_entries(dict.fromkeys(names, "measure_metrics"))
    manifest.write("results/manifest.json", {"config": {"seed": 1, "fit": "alike"}, "results": recorded})
    for name in names:
        Path(name).write_text("x\n2\n")
        os.utime(name, (time := Path("results/manifest.json").stat().st_mtime + age, time))
    with pytest.raises(ValueError, match=r"^35 of 35 results are not as") as error:
        verification.verify("results/manifest.json", names, config)
    lines = str(error.value).splitlines()
    assert sum(line.endswith("(made by measure_metrics)") for line in lines) == 20
    assert "  and 15 more" in lines
    assert ("If a later run made them anew" in lines[1]) == (said is not None)
    assert said is None or (said in lines[1] and "snakemake --cores 4" in lines[1])
    assert "rm -rf results/metrics && " in lines[-1]
    assert len(str(error.value)) < 3000
