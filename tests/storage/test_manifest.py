"""Manifest and reference: hashes of values, what is changed, and how far numbers are from the published ones."""

import hashlib
import json
import os
import subprocess
from pathlib import Path

import cv2
import jsonschema
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from conftest import ROOT
from soart.storage import files, frames, manifest, reference, tables
from soart.storage.schemas import INTEGER, NUMBER, optional
from soart.storage.verification import photo_changes

NUMBERS = np.array([1.5, 0.1, 1e-300])
HEAT = np.array([[0.1, 2.5], [300.25, 1e-30]], np.float32)


@pytest.fixture
def results(tmp_path, monkeypatch):
    """A folder with one result of each kind."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.arange(300, dtype=np.uint8).reshape(10, 10, 3)).save("photo.png")
    tables.write_matrix("matrix.csv", np.arange(6).reshape(2, 3))
    frames.write_wide("sheet.csv", {"image": ["a", "b", "c"]}, ["j"], NUMBERS[:, None])
    pq.write_table(pa.table({"image": ["a", "b", "c"], "j": NUMBERS}), "long.parquet")
    np.savez("model.npz", weights=NUMBERS.astype(np.float32), names=np.array(["a"]))
    np.save("heat.npy", HEAT)
    cv2.imwrite("heat.tiff", HEAT)
    names = ("photo.png", "matrix.csv", "sheet.csv", "long.parquet", "model.npz", "heat.npy", "heat.tiff")
    return dict.fromkeys(names, "some_rule")


def test_columns_one_after_the_other_have_the_hash_of_all_at_once(results):
    for path in results:
        assert manifest.value_digest(manifest.each_column(path)) == manifest.value_digest(manifest.values(path))


def test_values_by_kind(results):
    assert manifest.values("photo.png")["RGB"].shape == (10, 10, 3)
    matrix = manifest.values("matrix.csv")
    assert {name: column.tolist() for name, column in matrix.items()} == {"0": [0, 3], "1": [1, 4], "2": [2, 5]}
    assert manifest.values("model.npz")["names"].tolist() == ["a"]
    assert (manifest.values("heat.npy")["values"] == HEAT).all()
    assert (manifest.values("heat.tiff")["F"] == HEAT).all()
    sheet, long = manifest.values("sheet.csv"), manifest.values("long.parquet")
    assert sheet["j"].tolist() == long["j"].tolist() == NUMBERS.tolist()
    assert manifest.value_digest(sheet) == manifest.value_digest(long)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_gaps_are_told_apart_from_zeros(suffix, tmp_path):
    schema = {"x": optional(NUMBER), "box_x0": optional(INTEGER)}
    write = {
        ".csv": lambda path, *rest: frames.write(*rest, csv=path),
        ".parquet": tables.write_parquet,
    }[suffix]
    write(tmp_path / f"gaps{suffix}", {"x": [None, 0.5, 0.0], "box_x0": [3, None, 0]}, schema)
    found = {name: column.tolist() for name, column in manifest.values(tmp_path / f"gaps{suffix}").items()}
    gaps = {"x is missing": [True, False, False], "box_x0 is missing": [False, True, False]}
    assert found == {"x": [0.0, 0.5, 0.0], "box_x0": [3, 0, 0]} | gaps


def test_other_bytes_of_the_same_values_have_the_same_hash(results):
    before = manifest.result_entries(results)
    picture = Image.open("photo.png")
    picture.load()
    picture.save("photo.png", compress_level=0)
    pq.write_table(pq.read_table("long.parquet"), "long.parquet", compression="none")
    with open("sheet.csv", encoding="utf-8-sig") as file:
        text = file.read()
    with open("sheet.csv", "w", encoding="utf-8-sig", newline="\r\n") as file:
        file.write(text.replace("1.5", "1.50"))
    np.savez_compressed("model.npz", **np.load("model.npz"))
    assert manifest.result_entries(results) == before
    assert manifest.changes(before) == {}


COLUMNS = {"a": np.array([1.0, 2.0]), "b": np.array(["x", "y"])}


@pytest.mark.parametrize(
    "other",
    [
        {"a": np.array([1.0, np.nextafter(2.0, 3)]), "b": COLUMNS["b"]},
        {"a": np.array([1, 2]), "b": COLUMNS["b"]},
        {"a": COLUMNS["a"].astype(np.float32), "b": COLUMNS["b"]},
        {"a": COLUMNS["a"], "b": np.array(["x", "z"])},
        {"a": COLUMNS["a"], "c": COLUMNS["b"]},
        {"b": COLUMNS["b"], "a": COLUMNS["a"]},
        {"a": COLUMNS["a"].reshape(2, 1), "b": COLUMNS["b"]},
        {"a": COLUMNS["a"]},
    ],
)
def test_digest_tells_apart(other):
    assert manifest.value_digest(other) != manifest.value_digest(COLUMNS)


def test_digest_does_not_depend_on_how_memory_is_laid_out():
    grid = np.arange(6.0).reshape(2, 3)
    layouts = [grid, np.asfortranarray(grid), grid.astype(">f8"), np.concatenate([grid, grid])[:2]]
    assert len({manifest.value_digest({"a": each}) for each in layouts}) == 1
    wide = np.array(["x", "y"], "U50")
    assert manifest.value_digest({"b": wide}) == manifest.value_digest({"b": COLUMNS["b"]})


def test_changes_names_what_is_missing_unreadable_or_other(results):
    recorded = manifest.result_entries(results)
    os.remove("matrix.csv")
    with open("long.parquet", "wb") as file:
        file.write(b"PAR1 cut off")
    frames.write_wide("sheet.csv", {"image": ["a", "b", "c"]}, ["j"], NUMBERS[::-1, None])
    os.remove("model.npz")
    os.mkdir("model.npz")
    with open("heat.npy", "wb") as file:
        file.write(b"cut off")
    cv2.imwrite("heat.tiff", np.nextafter(HEAT, np.float32(0)))
    found = manifest.changes(recorded)
    assert found["matrix.csv"] == "is missing"
    assert found["sheet.csv"] == "holds other values than at the end of the last full run"
    assert found["long.parquet"].startswith("cannot be read: expected a Parquet table, got a file that is none")
    assert found["model.npz"] == "cannot be read: expected arrays, got a folder"
    assert found["heat.npy"].startswith("cannot be read: expected an array, got a file that is none or is damaged")
    assert found["heat.tiff"] == "holds other values than at the end of the last full run"
    assert "photo.png" not in found


def test_a_folder_has_the_values_of_its_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("maps/a.csv", "maps/deep/b.csv"):
        tables.write_matrix(name, np.arange(6).reshape(2, 3))
    (tmp_path / "maps/.snakemake_timestamp").touch()
    recorded = manifest.result_entries({"maps": "some_rule"})
    (tmp_path / "maps/.snakemake_timestamp").write_text("later")
    assert manifest.changes(recorded) == {}
    other = {"maps": "holds other values than at the end of the last full run"}
    (tmp_path / "maps/deep/b.csv").rename("maps/deep/c.csv")
    assert manifest.changes(recorded) == other | {"maps/deep/b.csv": "is missing"}
    (tmp_path / "maps/deep/c.csv").rename("maps/deep/b.csv")
    assert manifest.changes(recorded) == {}
    tables.write_matrix("maps/a.csv", np.arange(1, 7).reshape(2, 3))
    assert manifest.changes(recorded) == {"maps/a.csv": other["maps"]}
    (tmp_path / "maps/a.csv").write_bytes(b"")
    assert manifest.changes(recorded)["maps/a.csv"].startswith("cannot be read: expected a CSV table")


def test_photos_that_are_not_as_they_were_read(tmp_path):
    paths = [tmp_path / name for name in ("0.jpg", "1.jpg", "2.jpg", "mask.png", "template.jpg")]
    for path in paths:
        path.write_bytes(path.name.encode())
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    *names, mask, template = map(str, paths)
    columns = {"path": names, "sha256": hashes[:3]}
    columns |= {"mask": ["", mask, ""], "mask_sha256": ["", hashes[3], ""]}
    columns |= {"template": [template, template, ""], "template_sha256": [hashes[4], hashes[4], ""]}
    pq.write_table(pa.table(columns), tmp_path / "shard.parquet")
    assert photo_changes([tmp_path / "shard.parquet"]) == {}
    paths[0].write_bytes(b"1.jpg")
    paths[1].unlink()
    assert photo_changes([tmp_path / "shard.parquet"]) == {
        names[0]: "holds other bytes than when it was read (a photo)",
        names[1]: "is missing (a photo)",
    }
    paths[3].unlink()
    paths[4].write_bytes(b"Template.jpg")
    found = photo_changes([tmp_path / "shard.parquet"])
    assert found[mask] == "is missing (a mask)"
    assert found[template] == "holds other bytes than when it was read (a template)"


def test_repair_quotes_paths():
    command, _, note = manifest.repair(["a b.csv", "c'd.csv"]).partition(" # ")
    assert command == """rm -rf 'a b.csv' 'c'"'"'d.csv' && snakemake --cores 4"""
    assert note == "and that run's --directory, --configfile and --config"
    command, *_ = manifest.repair(["a/b/c.png", "a/b/d.png", "e.csv"], ["a/b", "a/b/c.png", "e.csv"]).partition(" && ")
    assert command == "rm -rf a/b e.csv"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"results": {}}', "\xff"])
def test_a_damaged_manifest_is_told(content, tmp_path):
    (tmp_path / "manifest.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(ValueError, match=r"manifest\.json: expected a manifest, which every full run writes"):
        manifest.read(tmp_path / "manifest.json")


def test_a_missing_manifest_is_told(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"expected a manifest, .*\(snakemake --cores 4\), got no file"):
        manifest.read(tmp_path / "manifest.json")


def test_leftovers_of_killed_writers_are_found(tmp_path):
    (tmp_path / "a").mkdir()
    ours = ["a/.0123456789abcdef.123.part.jpg", ".fedcba9876543210.9.part.csv"]
    for name in (*ours, "a/photo.jpg", "a/b.part.jpg", "a/.film.1.part.zip", ".film.part"):
        (tmp_path / name).touch()
    found = [path.relative_to(tmp_path).as_posix() for path in files.leftovers(tmp_path)]
    assert sorted(found) == sorted(ours)


# --- reference -------------------------------------------------------------------------------------------------------


def published(results) -> tuple[dict, np.ndarray]:
    return reference.publish({"config": {}, "results": manifest.result_entries(results)})


def test_the_same_results_are_equal(results):
    entries, kept = published(results)
    assert kept.dtype == np.float32
    assert json.dumps(entries)
    found = reference.compare_results(entries["results"], kept)
    assert found == reference.Comparison(len(results), 0, [], None)
    assert str(found) == "7 results equal the published ones exactly, 0 within tolerance, 0 not at all"


@pytest.mark.parametrize(("factor", "near"), [(1 + 1e-9, True), (1 + 5e-7, True), (1 + 5e-6, False), (2, False)])
def test_numbers_are_compared_within_the_tolerance(results, factor, near):
    entries, kept = published(results)
    frames.write_wide("sheet.csv", {"image": ["a", "b", "c"]}, ["j"], NUMBERS[:, None] * factor)
    found = reference.compare_results(entries["results"], kept)
    assert (found.equal, found.near, len(found.problems)) == (len(results) - 1, int(near), int(not near))
    assert found.largest.share == pytest.approx(factor - 1, abs=1e-7)
    assert found.largest.where == "sheet.csv, column j,"
    if not near:
        assert "sheet.csv, column j, deviates by" in found.problems[0]


def test_a_number_that_is_none_is_not_within_the_tolerance(results):
    entries, kept = published(results)
    np.savez("model.npz", weights=np.full(3, np.nan, np.float32), names=np.array(["a"]))
    assert (
        "model.npz, column weights, deviates by nan" in reference.compare_results(entries["results"], kept).problems[0]
    )


@pytest.mark.parametrize("path", ["photo.png", "matrix.csv", "sheet.csv"])
def test_pixels_whole_numbers_and_text_must_be_equal(results, path):
    entries, kept = published(results)
    if path == "photo.png":
        Image.new("RGB", (10, 10)).save(path)
    elif path == "matrix.csv":
        tables.write_matrix(path, np.arange(1, 7).reshape(2, 3))
    else:
        frames.write_wide(path, {"image": ["a", "b", "d"]}, ["j"], NUMBERS[:, None])
    [problem] = reference.compare_results(entries["results"], kept).problems
    assert problem == f"{path} differs in what must be equal: pixels, names, whole numbers or text"


def test_a_missing_result_is_a_problem_and_the_others_are_still_compared(results):
    entries, kept = published(results)
    os.remove("long.parquet")
    found = reference.compare_results(entries["results"], kept)
    assert (found.equal, found.problems) == (len(results) - 1, ["long.parquet: expected a Parquet table, got no file"])


def test_long_columns_are_published_thinned():
    columns = {"x": np.arange(10 * reference.KEPT, dtype=float), "y": np.arange(3.0)}
    found = reference.tolerant_numbers("results/metrics/metrics.csv", columns)
    assert found["x"].tolist() == list(range(0, 10 * reference.KEPT, 10))
    assert found["y"].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("path", "kind", "expected"),
    [
        ("results/metrics/metrics.csv", np.float64, 1e-6),
        ("results/metrics/metrics.csv", np.int64, 0),
        ("results/images/image_standard.jpg", np.uint8, 0),
        ("results/matrices/learn.parquet", np.uint8, 0),
        ("results/overview.png", np.uint8, 0),
        ("results/inspection/verdicts.csv", np.float64, 1e-3),
        ("results/inspection/model.npz", np.float32, 1e-3),
        ("results/inspection/heatmaps/normal/image_normal_0.png", np.uint8, 0.02),
    ],
)
def test_tolerances(path, kind, expected):
    assert reference.tolerance(path, np.zeros(1, kind)) == expected


def drawn_heat_map(column: int, edge: int = 0) -> np.ndarray:
    """A picture as a heat map is: smooth shades of gray, a dark spot somewhere, a line in its scale."""
    y, x = np.mgrid[:300, :400]
    picture = 170 + 20 * np.sin(x / 40) * np.cos(y / 30) - 150 * np.exp(-((x - column) ** 2 + (y - 150) ** 2) / 800)
    picture[100 + edge : 102 + edge, 360:] = 0
    return np.repeat(picture.astype(np.uint8)[..., None], 3, axis=2)


@pytest.mark.parametrize(
    ("picture", "agrees"),
    [
        (drawn_heat_map(100), True),
        (drawn_heat_map(100, edge=1), True),  # a line one pixel lower: 0.07 % of the values
        (drawn_heat_map(100) + np.uint8(3), True),  # 0.016 of the largest value, everywhere
        (drawn_heat_map(100) + np.uint8(6), False),  # 0.03 of it
        (drawn_heat_map(130), False),  # the spot is elsewhere
        (np.flip(drawn_heat_map(100), axis=1), False),
    ],
)
def test_a_heat_map_agrees_but_for_a_line_that_moved_by_a_pixel(picture, agrees, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = "results/inspection/heatmaps/a.png"
    Path(path).parent.mkdir(parents=True)
    Image.fromarray(drawn_heat_map(100)).save(path)
    entries, kept = published({path: "draw_heatmaps"})
    Image.fromarray(picture).save(path)
    assert (reference.compare_results(entries["results"], kept).problems == []) == agrees


def test_a_share_of_a_heat_maps_values_may_be_anywhere_and_not_one_more(tmp_path, monkeypatch):
    """Whatever the picture and however wrong its stray values are: 1 % of them passes, one more does not."""
    monkeypatch.chdir(tmp_path)
    path = "results/inspection/heatmaps/a.png"
    Path(path).parent.mkdir(parents=True)
    rng = np.random.default_rng(5)
    for _ in range(30):
        height, width = rng.integers(3, 18, 2)  # all of its values are published
        picture = rng.integers(100, 256, (height, width, 3), np.uint8)
        Image.fromarray(picture).save(path)
        entries, kept = published({path: "draw_heatmaps"})
        allowed = int(0.01 * picture.size)
        for stray in (allowed, allowed + 1):
            wrong = picture.copy()
            wrong.ravel()[rng.choice(picture.size, stray, replace=False)] -= 90
            Image.fromarray(wrong).save(path)
            found = reference.compare_results(entries["results"], kept)
            assert (not found.problems) == (stray == allowed)


def test_runs_of_other_configurations_are_not_comparable():
    here = {"config": {"seed": 2, "panels": []}, "scene": {"canvas": [1]}}
    there = {"config": {"seed": 1, "panels": []}, "scene": {"canvas": [1], "errors": []}}
    assert reference.configuration_differences(there, there) == []
    assert reference.configuration_differences(here, there) == [
        "config: 'seed' is not as in the published run",
        "scene: 'errors' is not as in the published run",
    ]


def test_origins_say_what_else_differs():
    machine = {"python": "3.11.7", "jpeg_library": "libjpeg-turbo 3.2.0"}
    there = {"sources": {"a.py": "1", "b.py": "2"}, "packages": {"numpy": "2.4"}, "machine": machine}
    here = {**there, "sources": {"a.py": "1", "b.py": "3"}, "machine": {**machine, "jpeg_library": "jpeg 9"}}
    assert reference.origins(there, there) == []
    assert reference.origins(here, there) == [
        "the code or the packages of b.py changed since",
        "jpeg_library: here jpeg 9, there libjpeg-turbo 3.2.0",
        "another JPEG library can give other bytes and pixels, and so other results in all stages",
    ]


def test_the_published_manifest_is_of_the_schema_and_another_is_not():
    schema = json.loads((ROOT / "config/manifest.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    published = manifest.read(ROOT / "config/reference/manifest.json")
    assert list(validator.iter_errors(published)) == []
    path = next(iter(published["results"]))
    for wrong in (
        {name: value for name, value in published.items() if name != "machine"},
        published | {"more": 1},
        published | {"results": {path: {"rule": "x"}}},
        published | {"results": {"elsewhere.csv": published["results"][path]}},
    ):
        assert list(validator.iter_errors(wrong))


def test_the_reference_is_of_the_default_configuration(config, part):
    """After a change of the default configuration or scene: make reference."""
    published = manifest.read(ROOT / "config/reference/manifest.json")
    assert reference.configuration_differences({"config": config, "scene": part}, published) == []
    with np.load(ROOT / "config/reference/numbers.npz", allow_pickle=False) as kept:
        assert len(kept["numbers"]) == sum(entry["numbers"] for entry in published["results"].values())


def test_the_commit_of_a_workflow_and_whether_it_was_changed(tmp_path):
    assert manifest.commit(tmp_path).startswith("unknown: no git")

    def git(*words: str) -> str:
        named = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        command = ["git", *named, "-C", str(tmp_path), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "--quiet")
    (tmp_path / "Snakefile").write_text("")
    git("add", "Snakefile")
    git("commit", "--quiet", "-m", "a")
    head = git("rev-parse", "HEAD")
    assert manifest.commit(tmp_path) == head
    (tmp_path / "Snakefile").write_text("rule a:")
    assert manifest.commit(tmp_path) == f"{head}, with changes since"
    (tmp_path / "inside").mkdir()
    assert manifest.commit(tmp_path / "inside") == "unknown: no git repository of its own"
