"""The workflow as a user runs it: one real run, and what further runs do with its results."""

import codecs
import json
import re
import shutil
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
import yaml
from PIL import Image

import reference
import running
from conftest import ROOT, call, copy_repository
from soart.plan import graph
from soart.plan.layout import Layout

PANELS = {  # panel: (channels, words, measured images, value judges)
    "anomaly_mean": (["gray"], ["Y1", "Y2", "Y3"], 9, 9),
    "anomaly_minmax": (["gray"], ["Y1", "Y2", "Y3"], 30, 10),
    "discriminant_a": (["gray"], ["Y1", "Y2", "Y3"], 30, 9),
    "discriminant_b": (["gray"], ["Y1", "Y2", "Y3"], 30, 9),
    "standard_errorA": (["gray"], ["Y1", "Y2"], 30, 10),
    "standard_normal": (["gray", "R", "G", "B"], ["Y1", "Y2"], 30, 10),
}
IN_SAMPLE = {"discriminant_a", "discriminant_b", "standard_errorA", "standard_normal"}
STEMS = [
    "image_standard",
    *(f"learn/image_base_fluctuate_{i}" for i in range(50)),
    *(f"normal/image_normal_{i}" for i in range(10)),
    *(f"error/image_error{kind}_{i}" for kind in "AB" for i in range(10)),
]


def planned(output: str) -> dict[str, int]:
    """The jobs that a dry run or a run announces, and how many of each."""
    table = running.log(output).partition("Job stats:")[2].partition("\ntotal")[0]
    return {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)}


def rule_kinds(jobs: dict[str, int]) -> dict[str, int]:
    """Jobs by the name of their script: `draw_set_learn` counts as `draw_set`."""
    scripts = sorted((path.stem for path in (ROOT / "scripts").glob("*.py")), key=len, reverse=True)
    kinds: dict[str, int] = {}
    for name, count in jobs.items():
        kind = next((script for script in scripts if name.startswith(script)), name)
        kinds[kind] = kinds.get(kind, 0) + count
    return kinds


@pytest.fixture(scope="session")
def metrics(results) -> pd.DataFrame:
    return pd.read_parquet(results / "metrics" / "metrics.parquet")


# --- the main run ----------------------------------------------------------------------------------------------------


JOBS = {
    "draw_standard": 1,
    "draw_images": 1,
    "draw_set": 4,
    "read_images": 1,
    "read_set": 5,
    "measure_metrics": 5,
    "gather_metrics": 1,
    "score_panel": 6,
    "score_states": 1,
    "gather_separation": 1,
    "learn_model": 1,
    "inspect_images": 4,
    "gather_verdicts": 1,
    "draw_heatmaps": 4,
    "evaluate_detectors": 1,
    "write_manifest": 1,
    "write_report": 1,
    "all": 1,
}


def test_run_says_its_progress_and_where_to_look(run):
    folder, output = run
    assert "40 of 40 steps (100%) done" in running.log(output)
    assert rule_kinds(planned(output)) == JOBS
    stages = [line.partition(":")[0] for line in output.splitlines() if re.search(r"^\w+: \d+ of \d+, \d+ s$", line)]
    assert sorted(stages) == sorted({*stages})  # one line a stage
    last = output.splitlines()[-1]
    assert last.startswith("30 inspected: 20 flagged, 10 good, 0 not compared; ")
    assert last.endswith(f"; report: {folder}/results/report.html")
    assert len(output) < 4000
    assert "Traceback" not in output


def sets_of(stem: str) -> str:
    """The set that an image belongs to, by its name."""
    return re.search(r"standard|normal|error[AB]", Path(stem).name)[0]


def test_every_promised_file_is_there_and_no_other(results):
    expected = {
        "summary.json",
        "images/drawing.json",
        "matrices/reading.json",
        "inspection/detectability.parquet",
        "inspection/detectability.png",
    }
    expected |= {f"images/{stem}.jpg" for stem in STEMS} | {f"matrices/csv/{stem}.csv" for stem in STEMS}
    expected |= {f"images/mask/{Path(stem).name}.png" for stem in STEMS if stem.startswith("error/")}
    sets = ("standard", "learn", "normal", "errorA", "errorB")
    expected |= {f"{folder}/{name}.parquet" for name in sets for folder in ("matrices", "metrics/sets")}
    expected |= {"metrics/metrics.csv", "metrics/metrics.parquet", "attention/separation.csv", "overview.png"}
    for panel, (channels, words, _, _) in PANELS.items():
        sheets = [f"{channel}_{word}" for channel in channels for word in words]
        expected |= {
            f"attention/{panel}/{sheet}_{kind}.csv" for sheet in sheets for kind in ("raw", "deviation", "weights")
        }
        expected |= {f"attention/{panel}/{aid}.csv" for aid in ("signs", "extremes")}
    kinds = ("scores", "weights", "context")
    expected |= {f"attention/bahdanau/{channel}_{kind}.csv" for channel in ("gray", "R", "G", "B") for kind in kinds}
    for panel in (*PANELS, "bahdanau"):
        expected |= {f"attention/{panel}.parquet", f"attention/{panel}/separation.parquet"}
    expected |= {f"matrices/mosaics/{name}.parquet" for name in sets}
    tested = [name for name in sets if name != "learn"]
    expected |= {f"inspection/{folder}/{name}.parquet" for name in tested for folder in ("sets", "distances")}
    expected |= {f"inspection/heatmaps/{sets_of(stem)}/{Path(stem).name}.png" for stem in STEMS if "learn" not in stem}
    expected |= {f"inspection/{name}.{kind}" for name in ("verdicts", "evaluation") for kind in ("csv", "parquet")}
    expected |= {"inspection/model.npz", "inspection/calibration.csv", "manifest.json", "report.html"}
    found = {path.relative_to(results).as_posix() for path in results.rglob("*") if path.is_file()}
    found = {name for name in found if Path(name).name != ".snakemake_timestamp"}  # in each folder that is a result
    assert {name for name in found if not name.startswith("logs/") and name != "README.md"} == expected


def test_every_job_has_a_log(results):
    logs = sorted((results / "logs").rglob("*.log"))
    assert len(logs) == 39
    assert all(" done in " in path.read_text() for path in logs)
    others = [path.name for path in (results / "logs").rglob("*") if path.is_file() and path.suffix != ".log"]
    assert others == ["command.txt"]


def test_all_81_matrices_are_the_seeds(results):
    tables = {
        name: pd.read_parquet(results / "matrices" / f"{name}.parquet")
        for name in ("standard", "learn", "normal", "errorA", "errorB")
    }
    values = pd.concat(tables.values()).set_index(["image", "channel"])["values"]
    assert len(STEMS) == 81
    assert len(values) == 4 * 81
    for stem in STEMS:
        image = results / "images" / f"{stem}.jpg"
        gray, colour = reference.gray_mosaic(image), reference.colour_mosaic(image)
        assert (np.loadtxt(results / "matrices" / "csv" / f"{stem}.csv", delimiter=",") == gray).all()
        for channel, expected in zip(("gray", "B", "G", "R"), (gray, *colour.transpose(2, 0, 1)), strict=True):
            assert (values[image.stem, channel] == expected.ravel()).all()


def test_images_are_the_seeds_and_each_is_different(results, tmp_path):
    reference.draw_standard(tmp_path / "seed.jpg")
    assert (tmp_path / "seed.jpg").read_bytes() == (results / "images" / "image_standard.jpg").read_bytes()
    assert len({(results / "images" / f"{stem}.jpg").read_bytes() for stem in STEMS}) == 81


def test_masks_are_where_the_errors_are(results):
    for stem in STEMS[61:]:
        mask = np.asarray(Image.open(results / "images" / "mask" / f"{Path(stem).name}.png"))
        assert set(np.unique(mask)) == {0, 255}
        rows, columns = np.nonzero(mask)
        near = (
            (rows.max() < 200 and columns.max() < 200)
            if "errorA" in stem
            else (rows.min() > 300 and columns.min() > 300)
        )
        assert near, stem


def test_metrics_table(metrics, results):
    assert len(metrics) == 81 * 2 * 5 * 4  # images, standards, channels, quadrants
    assert not metrics.isna().any().any()
    assert sorted(metrics["standard"].unique()) == ["base", "image_errorA_0"]
    assert not metrics.duplicated(["image", "standard", "channel", "quadrant"]).any()
    order = metrics["image"].drop_duplicates().tolist()
    assert order == [Path(stem).name for stem in STEMS]
    csv = pd.read_csv(results / "metrics" / "metrics.csv")
    pd.testing.assert_frame_equal(csv, metrics, check_dtype=False, check_exact=True)
    assert (metrics["gamma2"] >= metrics["eta"] ** 2 * (1 - 1e-12)).all()
    itself = metrics[(metrics["image"] == "image_standard") & (metrics["standard"] == "base")]
    assert (itself["beta"] == 1).all()
    assert not itself[["eta", "gamma2", "Y1", "Y2", "Y3"]].any().any()


@pytest.mark.parametrize("stem", [STEMS[0], STEMS[8], STEMS[55], STEMS[61], STEMS[80]])
def test_metrics_from_the_csv_matrices_by_loops(stem, metrics, results, data):
    kernels = np.loadtxt(data / "kernels.csv", delimiter=",", skiprows=1, usecols=range(1, 6)).reshape(7, 5, 5)
    matrices = {
        name: np.loadtxt(results / "matrices" / "csv" / f"{name}.csv", delimiter=",").tolist()
        for name in (stem, "image_standard", "error/image_errorA_0")
    }
    rows = metrics[(metrics["image"] == Path(stem).name) & (metrics["channel"] == "gray")]
    rows = rows.set_index(["standard", "quadrant"])
    for standard, name in (("base", "image_standard"), ("image_errorA_0", "error/image_errorA_0")):
        for quadrant in range(4):
            x, y = (reference.quadrant_vector(matrices[each], kernels, quadrant) for each in (name, stem))
            for metric, value in reference.soart(x, y).items():
                assert rows.loc[(standard, f"X{quadrant}"), metric] == pytest.approx(value, rel=1e-9, abs=1e-10)


def test_score_sheets_have_labels_and_no_gaps(results):
    for panel, (channels, words, images, judges) in PANELS.items():
        long = pd.read_parquet(results / "attention" / f"{panel}.parquet")
        assert len(long) == len(channels) * len(words) * images * judges
        empty = ["alignment", "score", "weight"]  # the columns of panels of states
        assert long[empty].isna().all().all()
        assert not long.drop(columns=empty).isna().any().any()
        assert (long["panel"] == panel).all()
        for channel in channels:
            for word in words:
                sheets = {
                    kind: pd.read_csv(results / "attention" / panel / f"{channel}_{word}_{kind}.csv", index_col=[0, 1])
                    for kind in ("raw", "deviation", "weights")
                }
                assert sheets["raw"].shape == sheets["deviation"].shape == (images, judges)
                assert sheets["weights"].shape == (images, images)
                assert all(sheet.index.names == ["image", "set"] for sheet in sheets.values())
                assert list(sheets["weights"].columns) == [image for image, _ in sheets["raw"].index]
                assert np.abs(sheets["weights"].sum(axis=1) - 1).max() < 1e-12
                part = long[(long["channel"] == channel) & (long["word"] == word)]
                for kind in ("raw", "deviation"):
                    assert (part[kind].to_numpy() == sheets[kind].to_numpy().ravel()).all()
                    assert part["judge"].tolist() == list(sheets[kind].columns) * images
                per_third = images // 3
                assert [name for _, name in sheets["raw"].index] == [
                    name for name in ("normal", "errorA", "errorB") for _ in range(per_third)
                ]
                first = [image for image, _ in sheets["raw"].index][:per_third]
                assert first == [f"image_normal_{i}" for i in range(per_third)]  # 2 before 10


def table_of(metrics, images, metric, channel="gray", standard="base") -> list[list[float]]:
    rows = metrics[(metrics["standard"] == standard) & (metrics["channel"] == channel)]
    wide = rows.pivot(index="image", columns="quadrant", values=metric)
    return wide.loc[images, ["X0", "X1", "X2", "X3"]].to_numpy().tolist()


@pytest.mark.parametrize("word", ["Y1", "Y2", "Y3"])
def test_a_panel_from_the_metrics_by_loops(word, metrics, results):
    learn = [f"image_base_fluctuate_{i}" for i in range(10)]
    measured = [f"image_{name}_{i}" for name in ("normal", "errorA", "errorB") for i in range(10)]

    def scaled(values, judges, factor, floor) -> list[list[float]]:
        low, high = np.min(judges), np.max(judges)
        return reference.stretched(values, low, high, factor, floor, True)

    judges = {metric: table_of(metrics, learn, metric) for metric in ("Y1", "Y2", "Y3")}
    W = {metric: np.transpose(scaled(values, values, 2, 0.5)).tolist() for metric, values in judges.items()}
    words = scaled(table_of(metrics, measured, word), judges[word], 1, 0.3)
    weights, raw = reference.self_attention(words, W["Y3"], W["Y1"], W["Y2"])
    found = {
        kind: pd.read_csv(results / "attention" / "anomaly_minmax" / f"gray_{word}_{kind}.csv", index_col=[0, 1])
        for kind in ("raw", "weights")
    }
    assert list(found["raw"].columns) == learn
    assert np.allclose(found["raw"], raw, rtol=1e-9)
    assert np.allclose(found["weights"], weights, rtol=1e-7, atol=1e-12)


def test_signs_and_extremes_agree_with_the_deviations(results):
    for panel, (_, _, images, judges) in PANELS.items():
        folder = results / "attention" / panel
        signs, extremes = pd.read_csv(folder / "signs.csv"), pd.read_csv(folder / "extremes.csv")
        long = pd.read_parquet(results / "attention" / f"{panel}.parquet")
        by_sheet = signs.groupby(["channel", "word"])[["positive", "negative", "zero"]].sum()
        assert (by_sheet.sum(axis=1) == images * judges).all()
        assert by_sheet["positive"].sum() == (long["deviation"] > 0).sum()
        best = long.groupby(["channel", "word", "image"])["deviation"]
        extremes = extremes.set_index(["channel", "word", "image"])
        pd.testing.assert_series_equal(best.max().sort_index(), extremes["largest"].sort_index(), check_names=False)
        pd.testing.assert_series_equal(best.min().sort_index(), extremes["smallest"].sort_index(), check_names=False)


def test_bahdanau_by_loops(metrics, results):
    learn = [f"image_base_fluctuate_{i}" for i in range(50)]
    measured = [f"image_{name}_{i}" for name in ("normal", "errorA", "errorB") for i in range(10)]
    folder = results / "attention" / "bahdanau"
    for channel in ("gray", "R", "G", "B"):
        s, h = (
            np.hstack([table_of(metrics, images, metric, channel) for metric in ("Y1", "Y2", "Y3")])
            for images in (measured, learn)
        )
        s, h = (s - h.mean(axis=0)) / h.std(axis=0), (h - h.mean(axis=0)) / h.std(axis=0)
        found = {
            kind: pd.read_csv(folder / f"{channel}_{kind}.csv", index_col=[0, 1])
            for kind in ("scores", "weights", "context")
        }
        scores = reference.scores("scaled_dot", s.tolist(), h.tolist())
        weights = [reference.softmax(row) for row in scores]
        context = np.array(reference.product(weights, h.tolist()))
        assert [image for image, _ in found["scores"].index] == measured
        assert list(found["weights"].columns) == learn
        assert np.allclose(found["scores"], scores, rtol=1e-8, atol=1e-8)
        assert np.allclose(found["weights"], weights, rtol=1e-6, atol=1e-12)
        assert np.allclose(found["context"].iloc[:, :12], context, rtol=1e-6, atol=1e-8)
        assert np.allclose(found["context"]["distance"], np.sqrt(((s - context) ** 2).sum(axis=1)), rtol=1e-6)
    long = pd.read_parquet(results / "attention" / "bahdanau.parquet")
    assert len(long) == 4 * 30 * 50
    assert set(long["alignment"]) == {"scaled_dot"}


def test_separation_table(results):
    table = pd.read_csv(results / "attention" / "separation.csv")
    sheets = sum(len(channels) * len(words) for channels, words, _, _ in PANELS.values())
    assert len(table) == sheets * 3 * 3 + 4 * 3  # kinds and "all", judge rules; bahdanau has one rule
    assert not table.isna().any().any()
    assert table["auroc"].between(0.5, 1).all()
    assert table["auroc_permuted_mean"].between(0.5, 0.9).all()
    assert (table["auroc_permuted_95"] > table["auroc_permuted_mean"]).all()
    assert set(table["direction"]) == {"errors higher", "errors lower"}
    assert set(table[table["errors_among_judges"]]["panel"]) == IN_SAMPLE
    assert set(table["error_kind"]) == {"errorA", "errorB", "all"}
    assert table["panel"].drop_duplicates().tolist() == [*PANELS, "bahdanau"]
    # one number counted by hand, pair by pair
    deviation = pd.read_csv(results / "attention" / "anomaly_minmax" / "gray_Y2_deviation.csv", index_col=[0, 1])
    mean = deviation.mean(axis=1)
    two = mean[[name in ("normal", "errorB") for _, name in mean.index]]
    area = reference.auroc(two.tolist(), [name == "errorB" for _, name in two.index])
    row = table.set_index(["panel", "channel", "word", "error_kind", "judge_rule"])
    row = row.loc[("anomaly_minmax", "gray", "Y2", "errorB", "mean over judges")]
    assert row["auroc"] == pytest.approx(max(area, 1 - area), abs=1e-9)
    assert (row["good_images"], row["error_images"]) == (10, 10)


def test_overview_is_a_picture(results):
    with Image.open(results / "overview.png") as picture:
        assert picture.format == "PNG"
        assert min(picture.size) > 500


# --- what further runs do --------------------------------------------------------------------------------------------


def test_a_second_run_has_nothing_to_do(finished):
    done = call("snakemake --cores 4", finished)
    assert done.returncode == 0
    nothing, result = done.stdout.split("\n\nThe result of the run of ")
    assert nothing.endswith("Nothing to be done (all requested files are present and up to date).")
    assert result.splitlines()[1].startswith("30 inspected: 20 flagged, 10 good, 0 not compared; ")
    assert not planned(done.stdout)


def test_summary_lists_all_81_images_with_their_rules(finished):
    done = call("snakemake --summary 2>/dev/null", finished)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    rules = {row[0]: row[2] for row in rows if row[0].endswith(".jpg")}
    assert set(rules) == {f"results/images/{stem}.jpg" for stem in STEMS}
    for name, rule in rules.items():
        kind = "standard" if "standard" in name else re.search(r"(fluctuate|normal|errorA|errorB)_\d+", name)[1]
        expected = {"standard": "draw_standard", "fluctuate": "draw_set_learn"}
        assert rule == expected.get(kind, f"draw_set_{kind}")
    assert {row[5] for row in rows[1:]} == {"no update"}


def test_another_seed_redraws_all_but_the_standard(finished):
    done = call("snakemake --cores 4 --dry-run --config seed=2", finished)
    jobs = planned(done.stdout)
    assert "draw_standard" not in jobs
    assert "read_set_standard" not in jobs
    expected = JOBS | {"read_set": 4}
    del expected["read_images"]
    del expected["draw_standard"]  # but its metrics: one of the standards, image_errorA_0, is another image
    assert rule_kinds(jobs) == expected


# The lines of the README, and how many jobs each runs (the last one is the empty target).
FORCING = {
    "images": ("snakemake --cores 4 -R draw_standard draw_images", ("draw_standard", "draw_images"), 39),
    "matrices": ("snakemake --cores 4 -R read_images", ("read_images",), 34),
    "metrics": ("snakemake --cores 4 -R measure_metrics", ("measure_metrics",), 17),
    "attention": ("snakemake --cores 4 -R score_panel score_states", ("score_panel", "score_states"), 11),
    "inspection": ("snakemake --cores 4 -R learn_model", ("learn_model",), 14),
}


@pytest.mark.parametrize("stage", FORCING)
def test_the_line_that_forces_a_stage_runs_its_jobs_and_what_follows(stage, finished):
    line, own, total = FORCING[stage]
    done = call(f"{line} --dry-run", finished)
    jobs = planned(done.stdout)
    forced = re.search(r"forced:\n +(.*)", done.stdout)[1].split(", ")
    assert set(forced) == set(own)
    assert sum(jobs.values()) == total


TARGETS = {
    "images": 7,
    "matrices": 13,
    "metrics": 19,
    "attention": 25,
}  # no panel needs the metrics of the standard, nor those of all in one table


@pytest.mark.parametrize(
    ("options", "ran", "left"),
    [
        ("-R measure_metrics", {"measure_metrics": 5}, {"draw_set_learn", "learn_model"}),
        ("-R draw_images", {"draw_set_learn": 1, "inspect_images": 4}, {"draw_standard", "read_images"}),
        ("-R read_images", {"read_set_standard": 1, "read_set_errorB": 1, "measure_metrics": 5}, {"draw_set_learn"}),
        ("-F --until inspect_images", {"inspect_images": 4, "learn_model": 1}, {"gather_verdicts", "score_panel"}),
        ("-F --omit-from inspect_images", {"learn_model": 1, "score_panel": 6}, {"inspect_images", "gather_verdicts"}),
    ],
)
def test_a_rule_is_named_to_force_it_or_to_stop_at_it(options, ran, left, finished):
    done = call(f"snakemake --cores 4 --dry-run {options}", finished)
    assert done.returncode == 0, done.stdout
    jobs = planned(done.stdout)
    assert ran.items() <= jobs.items()
    assert not left & set(jobs)


def test_resources_of_a_rule_can_be_set(finished):
    line = "snakemake --cores 4 --dry-run --quiet host -R inspect_images --set-resources inspect_images:mem_mb=1234"
    done = call(line, finished)
    assert done.stdout.count("mem_mb=1234") == 4


def test_the_reports_graph_is_snakemakes(finished):
    """`graph.reads`, by scripts, is what `snakemake --rulegraph` draws of the default run, indirect ways aside."""
    layout = Layout(*(yaml.safe_load((ROOT / f"config/{name}.yaml").read_text()) for name in ("config", "scene")))
    reads = graph.reads(layout)
    dot = call("snakemake --rulegraph 2>/dev/null", finished).stdout
    names = dict(re.findall(r'(\d+)\[label = "(\w+)"', dot))
    scripts = sorted((path.stem for path in (ROOT / "scripts").glob("*.py")), key=len, reverse=True)
    kind = {number: next((each for each in scripts if name.startswith(each)), name) for number, name in names.items()}
    drawn = {(kind[a], kind[b]) for a, b in re.findall(r"(\d+) -> (\d+)", dot) if kind[b] != "all"}
    written = {(each, name) for name, made in reads.items() for each in made}

    def behind(edges: set, name: str) -> set[str]:
        direct = {a for a, b in edges if b == name}
        return direct.union(*(behind(edges, each) for each in direct))

    assert reads.keys() == set(kind.values()) - {"all"}
    assert {name: behind(written, name) for name in reads} == {name: behind(drawn, name) for name in reads}


@pytest.mark.parametrize(
    "target", ["matrices", "attention", *(pytest.param(name, marks=pytest.mark.slow) for name in ("images", "metrics"))]
)
def test_a_named_target_brings_its_stage_up_to_date(target, fresh):
    done = call(f"snakemake --cores 4 --dry-run {target}", fresh)
    jobs = planned(done.stdout)
    assert sum(jobs.values()) == TARGETS[target]
    assert jobs[target] == 1
    assert not (fresh / "results" / target).exists()


# --- the user's own --------------------------------------------------------------------------------------------------

MINE = {
    "scene": "mine/scene.yaml",
    "panels": [
        {
            "name": "mine",
            "channels": ["RGB"],
            "standard": "image_errorA_0",
            "measured": [{"set": "normal", "first": 5}, {"set": "errorC", "first": 4}],
            "query": {"metric": "Y2", "judges": [{"set": "learn", "first": 6}]},
            "key": {"metric": "Y3", "judges": [{"set": "learn", "first": 6}]},
            "value": {"metric": "Y1", "judges": [{"set": "errorC", "first": 2}]},
            "scaling": "minmax2b",
            "words": ["Y3"],
        },
        *(
            {
                "name": f"by_{alignment}",
                "channels": ["gray"],
                "standard": "base",
                "measured": [{"set": "normal", "first": "all"}, {"set": "errors", "first": 5}],
                "annotations": [{"set": "learn", "first": "all"}],
                "alignment": alignment,
                "temperature": 3.5,
                "hidden": 4,
            }
            for alignment in ("dot", "scaled_dot", "additive", "gaussian")
        ),
    ],
}
SCRATCH = {
    "part": {"kind": "line", "box": [-9, -9, 9, 9], "width": 4},
    "fill": [0, 0, 0],
    "one_of": [[175, 250], [325, 250], [250, 80]],
    "wobble": 6,
}


def test_an_error_and_panels_of_ones_own_flow_through_to_the_last_table(finished, part):
    (finished / "mine").mkdir()
    part["errors"].append({"name": "errorC", "changes": [{"add": SCRATCH}]})
    (finished / "mine" / "scene.yaml").write_text(yaml.safe_dump(part, sort_keys=False))
    # image_errorA_0 stands behind base, as in the default configuration: the other sets' metrics stay
    (finished / "mine.yaml").write_text(yaml.safe_dump(MINE | {"panels": [*MINE["panels"][1:], MINE["panels"][0]]}))
    done = call("snakemake --cores 2 --configfile mine.yaml", finished)
    assert done.returncode == 0, done.stdout
    jobs = planned(done.stdout)
    drawn = {name for name in jobs if name.startswith(("draw_s", "draw_images", "read_"))}
    assert drawn == {"draw_set_errorC", "read_set_errorC"}
    assert jobs["measure_metrics"] == 1

    attention = finished / "results" / "attention"
    for i in range(10):
        mask = np.asarray(Image.open(finished / "results" / "images" / "mask" / f"image_errorC_{i}.png"))
        assert 30 < np.count_nonzero(mask) < 200  # a line of about 26 by 4 pixels
    assert len(pd.read_csv(finished / "results" / "metrics" / "metrics.csv")) == 91 * 2 * 5 * 4
    table = pd.read_csv(attention / "separation.csv").set_index(["panel", "error_kind"])
    assert len(table) == 3 * 2 + 4 * 4
    assert set(table.loc["mine"].index) == {"errorC", "all"}
    assert table.loc["mine"]["errors_among_judges"].all()
    for alignment in ("dot", "scaled_dot", "additive", "gaussian"):
        assert list(table.loc[f"by_{alignment}"].index) == ["errorA", "errorB", "errorC", "all"]
        assert not table.loc[f"by_{alignment}"]["errors_among_judges"].any()
        weights = pd.read_csv(attention / f"by_{alignment}" / "gray_weights.csv", index_col=[0, 1])
        assert weights.shape == (25, 50)
        assert np.abs(weights.sum(axis=1) - 1).max() < 1e-12
    marks = {
        name: set(pd.read_parquet(attention / f"by_{name}.parquet")["alignment"])
        for name in ("dot", "additive", "gaussian")
    }
    assert marks == {
        "dot": {"dot"},
        "additive": {"additive, random matrices of seed 1"},
        "gaussian": {"gaussian, T = 3.5"},
    }
    mine = pd.read_csv(attention / "mine" / "RGB_Y3_raw.csv")
    assert list(mine.columns) == ["image", "set", "image_errorC_0", "image_errorC_1"]
    assert mine["image"].tolist() == [
        *(f"image_normal_{i}" for i in range(5)),
        *(f"image_errorC_{i}" for i in range(4)),
    ]
    long = pd.read_parquet(attention / "mine.parquet")
    assert long["q_judge"].tolist()[:2] == ["image_base_fluctuate_0", "image_base_fluctuate_1"]


def test_a_panel_that_the_data_make_impossible_stops_alone(finished):
    flat = {"metric": "Y2", "judges": [{"set": "errorA", "first": 1}]}  # an image against itself: Y2 is 0
    good = MINE["panels"][0] | {"measured": [{"set": "normal", "first": 4}], "value": MINE["panels"][0]["query"]}
    base = good | {"name": "first", "standard": "base"}
    panels = [base, good | {"name": "flat", "query": flat, "key": flat, "value": flat, "channels": ["B"]}, good]
    (finished / "mine.yaml").write_text(yaml.safe_dump({"panels": panels}))
    done = call("snakemake --cores 1 --keep-going attention --configfile mine.yaml", finished)
    assert done.returncode != 0
    sentence = (
        "Error in score_panel: panel flat, channel B, word Y3: Y2 is 0 in every quadrant of all judges: it has "
        "no range to scale the judges by; choose other judges or another metric "
        "(details: results/logs/score_panel/flat.log)"
    )
    assert sentence in done.stdout
    assert "Traceback" not in done.stdout
    log = (finished / "results" / "logs" / "score_panel" / "flat.log").read_text()
    assert "panel flat, channel B, word Y3" in log
    assert "Traceback" in log
    attention = finished / "results" / "attention"
    assert (attention / "first.parquet").exists()
    assert (attention / "mine.parquet").exists()
    assert not (attention / "flat.parquet").exists()
    assert not list((attention / "flat").glob("*"))


# --- mistakes --------------------------------------------------------------------------------------------------------

MISTAKES = {
    "top-level keys": (
        "--config sed=2 matrix_size=35 error_images=-1 camera_gain=much",
        [
            "config: 'sed' is no key here; did you mean 'seed'?",
            "config: matrix_size: expected a multiple of 10, got 35",
            "config: error_images: expected at least 1, got -1",
            "config: camera_gain: expected a number, got 'much'",
        ],
    ),
    "too few images": (
        "--config learn_images=9",
        ["config: panel 'anomaly_minmax', query: expected at least 10 images in the set 'learn', got 9"],
    ),
    "no scene": (
        "--config scene=nowhere.yaml sed=1",
        [
            "config: 'sed' is no key here; did you mean 'seed'?",
            "config: scene: the file 'nowhere.yaml' cannot be read: it is neither in the working directory nor in ",
        ],
    ),
    "fluctuation": (
        "--config fluctuation=40 fluctuate=all",
        ["shape 'disc_top_right', part 0: x1 = 460 with a fluctuation of 40 px", "shape 'chord_left', part 0: x0 = 30"][
            1:
        ],
    ),
}


@pytest.mark.parametrize(
    "case", [case if case == "top-level keys" else pytest.param(case, marks=pytest.mark.slow) for case in MISTAKES]
)
def test_a_mistake_is_told_before_anything_runs(case, fresh):
    options, sentences = MISTAKES[case]
    done = call(f"snakemake --cores 2 {options}", fresh)
    assert done.returncode != 0
    assert "The configuration cannot run:" in done.stdout
    for sentence in sentences:
        assert sentence in done.stdout
    assert "Traceback" not in done.stdout
    assert not [path for path in (fresh / "results").rglob("*") if path.name != "README.md"]


def test_a_key_given_twice_is_told_of_every_configuration_file(fresh, tmp_path):
    (tmp_path / "mine.yaml").write_text("seed: 3\nlearn_images: 20\nseed: 4\n")
    done = call(f"snakemake --dry-run --configfile {tmp_path}/mine.yaml", fresh)
    assert done.returncode != 0
    assert f"{tmp_path}/mine.yaml: the key 'seed' is given in lines 1 and 3; keep one of them" in done.stdout
    assert "Traceback" not in done.stdout


# --- elsewhere, tools ------------------------------------------------------------------------------------------------


def test_another_working_directory(fresh, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    line = f"snakemake --cores 2 -s {fresh}/Snakefile --directory elsewhere results/matrices/csv/image_standard.csv"
    done = call(line, tmp_path)
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "elsewhere" / "results" / "matrices" / "csv" / "image_standard.csv").is_file()
    assert f"Done. Look at results/ in {tmp_path}/elsewhere" in done.stdout  # the last tables are not made
    assert not (fresh / "results" / "matrices").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["elsewhere"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("snakemake --lint", "Congratulations, your workflow is in a good condition!"),
        ("snakefmt --check Snakefile rules", "would be left unchanged"),
        ("ruff check .", "All checks passed!"),
        ("ruff format --check .", "files already formatted"),
    ],
)
def test_tools_are_silent(line, said, fresh):
    done = call(line, fresh)
    assert done.returncode == 0, done.stdout
    assert said in done.stdout
    assert "would reformat" not in done.stdout


def test_conda_environment_is_made_of_the_pins(fresh, tmp_path):
    copy = shutil.copytree(fresh, tmp_path / "copy")
    before = (copy / "config" / "environment.yaml").read_text()
    (copy / "config" / "environment.yaml").unlink()
    assert call("python requirements/write_environment.py", copy).returncode == 0
    assert (copy / "config" / "environment.yaml").read_text() == before, "run `make lock`"
    pins = yaml.safe_load(before)["dependencies"][-1]["pip"]
    assert any(pin.startswith("opencv-python-headless==") for pin in pins)
    assert len(pins) > 40


# --- slow ------------------------------------------------------------------------------------------------------------


def contents(folder: Path) -> dict[str, bytes]:
    """Every result but the logs; the report without the dates and run times that it marks, the manifest without its."""
    files = [path for path in (folder / "results").rglob("*") if path.is_file()]
    named = {path.relative_to(folder / "results").as_posix(): path.read_bytes() for path in files}
    run_times = rb"<(dd|p|pre|span|table) data-run-time>.*?</\1>"
    named["report.html"], found = re.subn(run_times, b"", named["report.html"], flags=re.DOTALL)
    assert found
    manifest = json.loads(named["manifest.json"])
    assert set(manifest["run"]) == {"date", "commit"}
    named["manifest.json"] = json.dumps(manifest | {"run": {}}).encode()
    return {name: content for name, content in named.items() if not name.startswith("logs/")}


@pytest.mark.slow
def test_one_core_gives_the_same_bytes(run, tmp_path):
    other = copy_repository(tmp_path / "other")
    assert call("snakemake --cores 1", other).returncode == 0
    one, two = contents(run[0]), contents(other)
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []


@pytest.mark.slow
def test_another_seed_changes_what_it_should(run, finished):
    assert call("snakemake --cores 2 --config seed=2", finished).returncode == 0
    one, two = contents(run[0]), contents(finished)
    assert one.keys() == two.keys()
    same = {name for name in one if one[name] == two[name]}
    assert {name for name in same if name.endswith(".jpg")} == {"images/image_standard.jpg"}
    assert {name for name in same if name.startswith("matrices/")} == {
        "matrices/csv/image_standard.csv",
        "matrices/reading.json",
        "matrices/standard.parquet",
        "matrices/mosaics/standard.parquet",
    }
    # error A's mask is that of one tilting arm: 21 tilts, so that some of ten are the same by chance
    assert len([name for name in same if "/mask/" in name]) <= 5
    assert not [name for name in same if name.startswith("metrics/m")]
    back = call("snakemake --cores 2", finished)
    assert back.returncode == 0
    assert contents(finished) == one


@pytest.mark.slow
def test_a_comment_reruns_nothing_and_a_formula_what_depends_on_it(finished):
    module = finished / "scripts" / "soart" / "attention" / "panels.py"
    text = module.read_text()
    module.write_text(text.replace('"""Panels: ', '"""All panels: ') + "\n# a comment\n")
    assert "Nothing to be done" in call("snakemake --cores 4 --dry-run", finished).stdout
    assert "CONSTANT = 1e-9" in text
    module.write_text(text.replace("CONSTANT = 1e-9", "CONSTANT = 1e-8"))
    jobs = planned(call("snakemake --cores 4 --dry-run", finished).stdout)
    last = {"gather_separation": 1, "write_report": 1, "write_manifest": 1, "all": 1}
    assert rule_kinds(jobs) == {"score_panel": 6, "score_states": 1} | last


@pytest.mark.slow
def test_without_panels_the_last_table_is_empty(finished):
    (finished / "mine.yaml").write_text("panels: []")
    done = call("snakemake --cores 2 --configfile mine.yaml", finished)
    assert done.returncode == 0, done.stdout
    table = pd.read_csv(finished / "results" / "attention" / "separation.csv")
    assert len(table) == 0
    assert list(table.columns)[:3] == ["panel", "channel", "word"]


@pytest.mark.slow
def test_parts_that_do_not_fluctuate_stop_the_panels_with_sentences(finished):
    done = call("snakemake --cores 1 --keep-going --config fluctuation=0", finished)
    assert done.returncode != 0
    told = dict(re.findall(r"Error in \w+: panel (\w+), (.*?) \(details: ", done.stdout))
    stopped = {"anomaly_mean", "anomaly_minmax", "discriminant_b", "standard_errorA", "standard_normal"}
    assert set(told) == {"bahdanau", *stopped}, done.stdout
    assert told["bahdanau"] == ("channel gray: Y1_X0 is 0 in all annotations: it cannot be standardised; choose others")
    assert "Y1 of the judges has the mean 0: it cannot be scaled by its mean" in told["anomaly_mean"]
    assert "Traceback" not in done.stdout


@pytest.mark.slow
def test_standards_of_every_sort(finished):
    learn = {"set": "learn", "first": 5}
    panel = MINE["panels"][0] | {
        "measured": [learn, {"set": "standard", "first": 1}],
        "query": {"metric": "Y2", "judges": [learn]},
        "key": {"metric": "Y1", "judges": [learn]},
        "value": {"metric": "Y2", "judges": [learn, {"set": "standard", "first": "all"}]},
    }
    standards = ("mean:errorA", "image_errorA_0", "image_errorA_1", "image_standard", "mean:standard", "base")
    panels = [panel | {"name": f"p{i}", "standard": standard} for i, standard in enumerate(standards)]
    (finished / "mine.yaml").write_text(yaml.safe_dump({"panels": panels}))
    done = call("snakemake --cores 2 --configfile mine.yaml", finished)
    assert done.returncode == 0, done.stdout
    raw = [(finished / "results" / "attention" / f"p{i}" / "RGB_Y3_raw.csv").read_text() for i in range(6)]
    assert raw[3] == raw[4] == raw[5]  # the standard image by three names
    assert len(set(raw)) == 4
    metrics = pd.read_csv(finished / "results" / "metrics" / "metrics.csv")
    assert set(metrics["standard"]) == set(standards)


@pytest.mark.slow
@pytest.mark.parametrize("kinds", ["benchmarks/kinds.yaml"])
def test_every_verb_of_the_scene_language_runs(kinds, fresh, tmp_path, part):
    copy = Path(shutil.copytree(fresh, tmp_path / "copy"))
    part["errors"] = yaml.safe_load((copy / kinds).read_text())["errors"]
    (copy / "scene.yaml").write_text(yaml.safe_dump(part, sort_keys=False))
    options = (
        "scene=scene.yaml fluctuate=all fluctuation=20 camera_gain=0.15 camera_noise=10 error_images=10 matrix_size=20"
    )
    done = call(f"snakemake --cores 2 --config {options}", copy)
    assert done.returncode == 0, done.stdout
    table = pd.read_csv(copy / "results" / "attention" / "separation.csv")
    assert set(table["error_kind"]) == {"errorA", "errorB", "shift", "darker", "hole20", "hole12", "all"}
    assert not table.isna().any().any()
    assert np.loadtxt(copy / "results/matrices/csv/error/image_hole20_9.csv", delimiter=",").shape == (20, 20)


@pytest.mark.slow
def test_the_manifest_is_of_its_schema_and_the_glob_of_panels_is_one_table(run):
    folder, _ = run
    made = json.loads((folder / "results/manifest.json").read_text(encoding="utf-8"))
    schema = json.loads((ROOT / "config/manifest.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(made, schema, jsonschema.Draft202012Validator)
    assert len(made["results"]) > 300
    panels = sorted((folder / "results/attention").glob("*.parquet"))
    schemas = [pq.read_schema(path) for path in panels]
    assert all(schema.equals(schemas[0], check_metadata=True) for schema in schemas)
    table = ds.dataset(panels).to_table().to_pandas()  # as duckdb and polars read the glob
    assert len(table) == sum(pq.ParquetFile(path).metadata.num_rows for path in panels)
    states = table["word"] == "state"
    assert table.loc[states, ["score", "weight", "alignment"]].notna().all(axis=None)
    assert table.loc[~states, ["raw", "deviation"]].notna().all(axis=None)
    assert table.loc[states, ["raw", "deviation"]].isna().all(axis=None)
    for name in ("metrics/metrics.csv", "inspection/verdicts.csv", "attention/separation.csv"):
        assert (folder / "results" / name).read_bytes().startswith(codecs.BOM_UTF8)
    matrix = next((folder / "results/matrices/csv").rglob("*.csv"))
    assert matrix.read_bytes()[:1].isdigit()
