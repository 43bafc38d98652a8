"""The staleness contract: an edit, and the exact set of rules that must run because of it.

The tables name the rules that use what is edited (`*` stands for any letters); those that read their results must run
too, and no others. The graph comes from the rules' inputs and outputs, who imports whom from the standard library's
ModuleFinder: neither from the fingerprints that are tested here. Every edit is planned or run; of those that the same
rules follow one runs, so that the jobs are known to be those of the plan.
"""

import fnmatch
import os
import shutil
from collections.abc import Sequence
from functools import cache
from modulefinder import ModuleFinder
from pathlib import Path

import pytest
import yaml

import running
from conftest import ROOT
from soart.plan import records

pytestmark = pytest.mark.slow
SCRIPTS = ROOT / "scripts"
PACKAGE = SCRIPTS / "soart"
MODULES = sorted(path.relative_to(PACKAGE).with_suffix("").as_posix() for path in PACKAGE.rglob("*.py"))
SETTLED = {  # after these, one of each class at least, a further run is seen to have nothing to do
    "attention/attention",
    "attention/metrics",
    "panels.0.name",
    "panels.1.alignment",
    "learn_images",
    "jpeg_quality",
    "errors.0.changes",
    "results/matrices/errorA.parquet",
    "results/images/mask/image_errorA_0.png",
    f"results/attention/{running.PANELS[0]}.parquet",
    "pyarrow",
}
BY_SET = ("draw_set", "read_set", "measure_metrics", "inspect_images", "draw_heatmaps")
ASIDE = [
    "inspect_part",
    "verify",
    "verify_reference",
    "write_reference",
    "arrange_examples",
    "remove_leftovers",
]  # no part of a full run
ASIDE += ["read_photos", "choose_anchor", "average_matrices"]  # of photos
ASIDE += ["check_photos", "accept_photos", "gather_findings"]
ASIDE += ["draw_boards", "calibrate_pairs", "inspect_pairs", "gather_boxes"]  # of pairs
DRAWN = ("draw_standard", "draw_images")
SHEET, STATES = running.PANELS


@cache
def reached(script: str) -> frozenset[str]:
    """The modules of soart that a script imports, directly or not."""
    finder = ModuleFinder([str(SCRIPTS)])
    finder.run_script(str(SCRIPTS / script))
    files = [Path(module.__file__) for module in finder.modules.values() if module.__file__]
    return frozenset(
        path.relative_to(PACKAGE).with_suffix("").as_posix() for path in files if path.is_relative_to(PACKAGE)
    )


def users(module: str) -> list[str]:
    """The rules of a full run, as patterns, whose script imports a module; manifest and report show fingerprints."""
    scripts = [path for path in SCRIPTS.glob("*.py") if path.stem not in ASIDE and module in reached(path.name)]
    return [f"{path.stem}*" for path in scripts] + ["write_manifest", "write_report"] * bool(scripts)


@pytest.fixture
def baseline(tiny_run) -> Path:
    """A tiny repository, fully run."""
    return tiny_run


@pytest.fixture
def workflow(baseline, tmp_path) -> Path:
    """A clone of the tiny repository, to edit."""
    return running.clone(baseline, tmp_path / "edited")


def expect(
    folder: Path, *direct: str, settled: bool = False, env: dict | None = None, graph_of=running.run_with_graph
) -> None:
    """Run the workflow, and compare the jobs that it did with the rules that match `direct` and all downstream of them.

    With `settled` a further run must have nothing to do. With `graph_of=running.plan_with_graph` it is planned alone.
    """
    ran, graph = graph_of(folder, env=env)
    possible = running.upstream(graph, "all")
    first = {name for name in possible for pattern in direct if fnmatch.fnmatch(name, pattern)}
    assert bool(first) == bool(direct)
    assert ran == running.downstream(graph, first) & possible
    if settled:
        assert "Nothing to be done" in running.run(folder, env=env)


# --- code ------------------------------------------------------------------------------------------------------------


def expect_of_class(folder: Path, name: str, direct_of: dict[str, Sequence[str]]) -> None:
    """Run where `name` is settled or the first that its rules follow, as `direct_of` has them; plan where it is not."""
    alike = [each for each in direct_of if direct_of[each] == direct_of[name]]
    runs = name in SETTLED or (not SETTLED & set(alike) and name == alike[0])
    graph_of = running.run_with_graph if runs else running.plan_with_graph
    expect(folder, *direct_of[name], settled=name in SETTLED, graph_of=graph_of)


@pytest.mark.parametrize("module", MODULES)
def test_module(module, workflow):
    """A change of meaning in a module: the rules whose script imports it, directly or through others."""
    with (workflow / f"scripts/soart/{module}.py").open("a") as file:
        file.write("\nA_CHANGE = 1\n")
    expect_of_class(workflow, module, {each: users(each) for each in MODULES})


def test_comment_docstring_and_layout(workflow):
    """A comment, another docstring and blank lines in every module: nothing."""
    for module in MODULES:
        path = workflow / f"scripts/soart/{module}.py"
        text = path.read_text()
        assert text.startswith('"""')
        path.write_text('"""Other words.' + text[3:] + "\n\n# a comment\n")
    expect(workflow)


def test_other_mathematics_reaches_the_results(baseline, workflow):
    """Another guard against division by zero: the metrics and what is made of them have other values, no image has."""
    path = workflow / "scripts/soart/attention/metrics.py"
    path.write_text(path.read_text().replace("E = 0.0001", "E = 100.0"))
    expect(workflow, "measure_metrics_*")
    before, after = running.values(baseline), running.values(workflow)
    changed = {path for path in before if before[path] != after[path]}
    assert "results/metrics/metrics.csv" in changed
    assert f"results/attention/{SHEET}.parquet" in changed
    assert not any(path.startswith(("results/images", "results/matrices")) for path in changed)


def test_adapter_with_an_older_time(workflow):
    """An adapter that was edited, but has an older time of modification (a checkout, rsync -t): its rules."""
    path = workflow / "scripts/measure_metrics.py"
    before = path.stat()
    path.write_text(path.read_text() + "\nA_CHANGE = 1\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns - 10**12))
    expect(workflow, "measure_metrics_*")


# --- configuration ---------------------------------------------------------------------------------------------------

SHEET_USERS, STATES_USERS = (f"score_panel_{SHEET}",), (f"score_states_{STATES}",)

# where in the configuration -> (another value, who uses it)
SETTINGS = {
    "seed": (2, ("draw_images", "score_panel_*", "score_states_*", "learn_model", "evaluate_detectors")),
    "scene": ("config/same.yaml", ("write_manifest", "write_report")),
    "photo_standard": ("a.jpg", ("write_manifest", "write_report")),  # of the drawn data only what shows them all
    "on_bad_image": ("skip", ("write_manifest", "write_report")),
    "fail_on": ("odd", ("judge_outcome", "write_manifest", "write_report")),
    "photo_files": ("flagged", ("write_manifest", "write_report")),
    "heatmap_values": ("npy", ("draw_heatmaps_*", "write_manifest", "write_report")),
    "shard_size": (100, ("write_manifest", "write_report")),
    "learn_images": (5, ("draw_set_learn",)),
    "normal_images": (3, ("draw_set_normal",)),
    "error_images": (3, ("draw_set_error*",)),
    "fluctuation": (9, ("draw_images",)),
    "fluctuate": ("all", ("draw_images",)),
    "camera_gain": (0.1, ("draw_images",)),
    "camera_noise": (5, ("draw_images",)),
    "camera_shift": (0.05, ("draw_images",)),
    "camera_turn": (5, ("draw_images",)),
    "registration": ("translation", ("read_images", "learn_model")),
    "region": ("0,0,200,200", ("learn_model",)),
    "registration_limits.quality": (0.6, ("write_manifest", "write_report")),  # nothing is registered
    "registration_limits.unseen": (0.2, ("write_manifest", "write_report")),
    "jpeg_quality": (80, DRAWN),
    "matrix_size": (20, ("read_images",)),
    "mosaic_size": (13, ("read_images", "learn_model")),
    "fit": ("resize", ("read_images", "learn_model")),
    "false_alarm_rate": (0.1, ("learn_model",)),
    "alarm": ("conformal", ("learn_model",)),
    "inspection.degree": (1, ("learn_model",)),
    "inspection.kappa": (0.4, ("learn_model",)),
    "inspection.ridge": (0.002, ("learn_model",)),
    "inspection.warp_weight": (17.0, ("learn_model",)),
    "inspection.least_warps": (4, ("learn_model",)),
    "inspection.total_warps": (61, ("learn_model",)),
    "inspection.warp_displacement": (0.02, ("learn_model",)),
    "inspection.warp_length": (0.13, ("learn_model",)),
    "inspection.shift": (2, ("learn_model",)),
    "inspection.top": (6, ("learn_model",)),
    "inspection.folds": (4, ("learn_model",)),
    "inspection.prior": (9.0, ("learn_model",)),
    "inspection.strict_from": (11, ("learn_model",)),
    "inspection.strict_floor": (0.5, ("learn_model",)),
    "inspection.strict_reach": (1, ("learn_model",)),
    "inspection.floor": (9.0, ("learn_model",)),
    "inspection.thinning": (3, ("learn_model",)),
    "on_odd": ("leave_out", ("learn_model",)),
    "words": ("network", ("read_images", "learn_model", "inspect_images", "write_manifest", "write_report")),
    "network": ("lite2", ("write_manifest", "write_report")),  # without words of a network only what shows it
    "network_use.outputs": (["a", "b", "c"], ("write_manifest", "write_report")),
    "network_use.maps": ([1, 2, 3], ("write_manifest", "write_report")),
    "network_use.side": (256, ("write_manifest", "write_report")),
    "network_use.places": (32, ("write_manifest", "write_report")),
    "network_use.mean": ([0, 0, 0], ("write_manifest", "write_report")),
    "network_use.deviation": ([1, 1, 1], ("write_manifest", "write_report")),
    "nearest.window": (2, ("write_manifest", "write_report")),
    "nearest.judges": (9, ("write_manifest", "write_report")),
    "nearest.ridge": (0.2, ("write_manifest", "write_report")),
    "nearest.common": (0.2, ("write_manifest", "write_report")),
    "nearest.linear": (0.2, ("write_manifest", "write_report")),
    "nearest.prior": (2.0, ("write_manifest", "write_report")),
    "nearest.top": (6, ("write_manifest", "write_report")),
    "nearest.folds": (4, ("write_manifest", "write_report")),
    "nearest.single_folds": (9, ("write_manifest", "write_report")),
    "nearest.sharpness": (1.0, ("write_manifest", "write_report")),
    "nearest.whole": (0.2, ("write_manifest", "write_report")),
    "nearest.faint": (0.2, ("write_manifest", "write_report")),
    "nearest.unsure": (20.0, ("write_manifest", "write_report")),
    "nearest.reserve": (1.0, ("write_manifest", "write_report")),
    "nearest.blunt": (25.0, ("write_manifest", "write_report")),
    "nearest.symmetry": (0.0, ("write_manifest", "write_report")),
    "pair.reach": (2, ("write_manifest", "write_report")),  # of pairs alone, see tests/workflow/test_own_pairs.py
    "pair.patch": (11, ("write_manifest", "write_report")),
    "pair.edges": (0.02, ("write_manifest", "write_report")),
    "pair.tau": (0.05, ("write_manifest", "write_report")),
    "pair.top": (4, ("write_manifest", "write_report")),
    "pair.share": (0.3, ("write_manifest", "write_report")),
    "resaving": (90, ("write_manifest", "write_report")),  # of good photos alone
    "panels.0.name": ("renamed", ("score_panel_renamed",)),
    "panels.0.channels": (["gray", "R"], SHEET_USERS),
    "panels.0.standard": ("image_normal_0", (*SHEET_USERS, "measure_metrics_*")),
    "panels.0.measured.0.first": (1, SHEET_USERS),
    "panels.0.query.metric": ("Y1", SHEET_USERS),
    "panels.0.key.judges.0.set": ("normal", SHEET_USERS),
    "panels.0.value.judges.0.first": (3, SHEET_USERS),
    "panels.0.scaling": ("minmax15", SHEET_USERS),
    "panels.0.words": (["Y1"], SHEET_USERS),
    "panels.1.name": ("renamed", ("score_states_renamed",)),
    "panels.1.channels": (["R"], STATES_USERS),
    "panels.1.standard": ("mean:learn", (*STATES_USERS, "measure_metrics_*")),
    "panels.1.measured.1.first": (1, STATES_USERS),
    "panels.1.annotations.0.first": (3, STATES_USERS),
    "panels.1.alignment": ("dot", STATES_USERS),
    "panels.1.temperature": (5.0, STATES_USERS),
    "panels.1.hidden": (3, STATES_USERS),
}

# where in the scene -> (another value, who uses it)
SCENE = {
    "canvas": ([520, 500], DRAWN),
    "background": ([14, 77, 13], DRAWN),
    "shapes.0.name": ("disc", DRAWN),
    "shapes.0.fill": ([255, 10, 51], DRAWN),
    "shapes.0.outline": ([1, 0, 0], DRAWN),
    "shapes.0.parts.0.kind": ("rectangle", DRAWN),
    "shapes.0.parts.0.box": ([41, 40, 160, 160], DRAWN),
    "shapes.0.parts.0.fluctuates": (["y0"], DRAWN),
    "shapes.4.parts.0.width": (31, DRAWN),
    "shapes.8.parts.0.start": (31, DRAWN),
    "shapes.8.parts.0.end": (271, DRAWN),
    "errors.0.name": ("errorC", ("draw_set_errorC",)),
    "errors.0.changes": ([{"leave_out": {"one_of": ["square"]}}], ("draw_set_errorA",)),
}
DIRECT = {place: direct for place, (_, direct) in (SETTINGS | SCENE).items()}


def put(place: str, value):
    """An edit that puts a value at a place such as `panels.0.name`."""

    def edit(data) -> None:
        *way, last = [int(key) if key.isdigit() else key for key in place.split(".")]
        for key in way:
            data = data[key]
        assert data[last] != value
        data[last] = value

    return edit


@pytest.mark.parametrize("place", SETTINGS)
def test_setting(place, workflow):
    value, _ = SETTINGS[place]
    shutil.copy(workflow / "config/scene.yaml", workflow / "config/same.yaml")
    method = place.split(".")[0] in yaml.safe_load((workflow / "config/method.yaml").read_text())
    running.edit_yaml(workflow / f"config/{'method' if method else 'config'}.yaml", put(place, value))
    expect_of_class(workflow, place, DIRECT)


@pytest.mark.parametrize("place", SCENE)
def test_scene(place, workflow):
    value, _ = SCENE[place]
    running.edit_yaml(workflow / "config/scene.yaml", put(place, value))
    expect_of_class(workflow, place, DIRECT)


def test_one_more_error_kind(workflow):
    """One more error kind draws one set and redoes no other set's images, matrices, metrics, verdicts or heat maps."""
    changes = [{"leave_out": {"one_of": ["square"]}}]
    running.edit_yaml(
        workflow / "config/scene.yaml", lambda scene: scene["errors"].append({"name": "errorC", "changes": changes})
    )
    ran, _ = running.run_with_graph(workflow)
    by_set = {name for name in ran if name.startswith(BY_SET)}
    assert by_set == {f"{script}_errorC" for script in BY_SET}


def test_panel_added_and_removed(workflow):
    """One more panel: its own job; one less: none but those that gather."""

    def add(config: dict) -> None:
        config["panels"].append({**config["panels"][0], "name": "one_more"})

    running.edit_yaml(workflow / "config/config.yaml", add)
    expect(workflow, "score_panel_one_more")
    running.edit_yaml(workflow / "config/config.yaml", lambda config: config["panels"].pop())
    expect(workflow, "gather_separation")


def test_layout_of_the_configuration(workflow):
    """Comments and layout of config.yaml and scene.yaml: nothing."""
    for name in ("config", "scene"):
        path = workflow / f"config/{name}.yaml"
        data = yaml.safe_load(path.read_text())
        path.write_text("# a comment\n" + yaml.safe_dump(data, sort_keys=False, indent=4))
    expect(workflow)


def test_scene_with_an_older_time(workflow):
    """A scene that was edited, but has an older time of modification: seen all the same."""
    path = workflow / "config/scene.yaml"
    running.edit_yaml(path, put("background", [14, 77, 13]))
    os.utime(path, (0, 0))
    expect(workflow, *DRAWN)


def test_settings_that_trade_values(workflow, tmp_path):
    """Two cameras' settings that become equal: redrawn, and every value is that of a run from scratch."""
    camera = ("--config", "camera_noise=10", "camera_turn=10")
    fresh = running.clone(workflow, tmp_path / "fresh")
    for name in ("results", ".snakemake"):
        shutil.rmtree(fresh / name)
    running.run(workflow, "--cores", "2", *camera)
    running.run(fresh, "--cores", "2", *camera)
    assert running.values(workflow) == running.values(fresh)
    running.run(workflow, "--cores", "2", "draw_images", "--config", "camera_noise=3", "camera_shift=0.1")
    ran = running.planned(
        running.run(workflow, "--cores", "2", "-n", "--config", "camera_noise=0.1", "camera_shift=3e-1")
    )
    assert "draw_images" in ran


@pytest.mark.parametrize(
    ("file", "edit", "direct"),
    [
        ("config", lambda config: config["panels"].reverse(), ("gather_separation",)),
        ("config", lambda config: config["panels"][0]["words"].reverse(), SHEET_USERS),
        ("config", lambda config: config["panels"][1]["channels"].reverse(), STATES_USERS),
    ],
)
def test_lists_in_another_order(file, edit, direct, workflow):
    running.edit_yaml(workflow / f"config/{file}.yaml", edit)
    expect(workflow, *direct)


def test_equal_values_written_otherwise(workflow):
    """0 for 0.0, 50.0 for 50 where a number may be either, keys in another order: nothing."""

    def edit(config: dict) -> None:
        config |= {"camera_noise": 0, "camera_turn": 0, "camera_gain": 0}
        config["panels"] = [dict(reversed(panel.items())) for panel in config["panels"]]

    running.edit_yaml(workflow / "config/config.yaml", edit)
    expect(workflow)


@pytest.mark.parametrize(
    "lose", ["all", "matrices/learn.parquet", "matrices/reading.json", "images/drawing.json", "report.html"]
)
def test_lost_records(lose, workflow):
    """Without its record a result is named, with the way out, and the run ends; never silently on."""
    if lose == "all":
        shutil.rmtree(workflow / ".snakemake")
    else:
        record = workflow / records.record_path(f"results/{lose}", records.RECORDS)
        assert record.stat().st_size > 0
        record.write_text("")
    for arguments in ((), ("--config", "seed=2")):
        said = running.run(workflow, "--cores", "2", *arguments, fails=True)
        assert "have no record in .snakemake of how they were made" in said
        assert f"results/{lose}" in said or lose == "all"
        assert "Nothing to be done" not in said
    shutil.rmtree(workflow / "results")
    running.run(workflow, "--cores", "2")


def test_every_result_has_its_record_where_it_is_looked_for(baseline):
    aside = ("images/drawing.json", "matrices/reading.json", "report.html", "summary.json", "manifest.json")
    for path in [*running.values(baseline), *(f"results/{name}" for name in aside)]:
        folder = path if (baseline / records.record_path(path, records.RECORDS)).exists() else path.rpartition("/")[0]
        assert (baseline / records.record_path(folder, records.RECORDS)).stat().st_size > 0, path


# --- files -----------------------------------------------------------------------------------------------------------

DELETED = {
    "results/images/image_standard.jpg": ("draw_standard",),
    "results/images/drawing.json": (),  # what settles how others are made: these are there
    "results/matrices/reading.json": (),
    "results/images/learn/image_base_fluctuate_1.jpg": ("draw_set_learn",),
    "results/images/mask/image_errorA_0.png": ("draw_set_errorA",),
    "results/matrices/csv/normal/image_normal_0.csv": ("read_set_normal",),
    "results/matrices/errorA.parquet": ("read_set_errorA",),
    "results/metrics/sets/learn.parquet": ("measure_metrics_learn",),
    "results/metrics/metrics.csv": ("gather_metrics",),
    f"results/attention/{SHEET}": (f"score_panel_{SHEET}",),
    f"results/attention/{SHEET}.parquet": (f"score_panel_{SHEET}",),
    f"results/attention/{STATES}.parquet": (f"score_states_{STATES}",),
    "results/attention/separation.csv": ("gather_separation",),
    "results/manifest.json": ("write_manifest",),
}


@pytest.mark.parametrize("path", DELETED)
def test_deleted(path, workflow):
    """A deleted result: the rule that makes it, whether or not its readers still stand."""
    (shutil.rmtree if (workflow / path).is_dir() else os.unlink)(workflow / path)
    expect(workflow, *DELETED[path], settled=path in SETTLED)


def test_touched(workflow):
    """Results with a newer time of modification but the same content: nothing."""
    for path in (workflow / "results").rglob("*"):
        if path.is_file() and "logs" not in path.parts:
            path.touch()
    expect(workflow)


IMAGES = [f"results/images/normal/image_normal_{i}.jpg" for i in range(2)]


def replaced(workflow: Path, seconds: int) -> None:
    """Put another image in the place of one, with a time of modification so many seconds before its own."""
    before = (workflow / IMAGES[0]).stat().st_mtime
    shutil.copyfile(workflow / IMAGES[1], workflow / IMAGES[0])
    os.utime(workflow / IMAGES[0], (before - seconds, before - seconds))


def test_replaced_with_an_older_time(workflow):
    """An image replaced by another that is older (cp -p, rsync -t): Snakemake cannot see it, verify does."""
    replaced(workflow, 1)
    expect(workflow)
    assert f"{IMAGES[0]} holds other values" in running.run(workflow, "--cores", "1", "verify", fails=True)


def test_replaced_with_a_time_before_its_script(workflow):
    """An image that is older than the script that makes it: drawn anew."""
    replaced(workflow, 10**9)
    expect(workflow, "draw_set_normal")


def test_replaced_with_a_newer_time(workflow):
    """An image replaced by another: verify names it and repairs nothing; a run believes it; deleting it mends it."""
    before = running.values(workflow)
    shutil.copyfile(workflow / IMAGES[1], workflow / IMAGES[0])
    said = running.run(workflow, "--cores", "1", "verify", fails=True)
    assert running.finished(said) == set()
    assert f"{IMAGES[0]} holds other values than at the end of the last full run (made by draw_set)" in said
    assert f"To repair: rm -rf {IMAGES[0]} && snakemake --cores 4" in said
    believing = running.clone(workflow, workflow.parent / "believing")
    expect(believing, "read_set_normal")
    (workflow / IMAGES[0]).unlink()
    expect(workflow, "draw_set_normal")
    assert running.values(workflow) == before


# --- packages --------------------------------------------------------------------------------------------------------

PACKAGES = {
    "numpy": ("draw_standard", "draw_set_*"),
    "opencv-python-headless": ("read_set_*",),
    "pillow": ("draw_standard", "draw_set_*", "read_set_*", "write_report", "write_manifest"),
    "pyarrow": ("read_set_*", "measure_metrics_*", "gather_*", "score_*", "write_report", "write_manifest"),
}


@pytest.mark.parametrize("package", PACKAGES)
def test_other_version_of_a_package(package, workflow, tmp_path):
    """Another version of a package (its metadata say so): the rules whose scripts import it, directly or not."""
    about = tmp_path / "simulated" / f"{package.replace('-', '_')}-99.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 99.0\n")
    simulated = running.environment(PYTHONPATH=str(about.parent))
    expect(workflow, *PACKAGES[package], settled=package in SETTLED, env=simulated)
