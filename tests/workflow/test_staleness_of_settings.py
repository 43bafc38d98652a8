"""Reach of a setting: every key set to every other's value, every two swapped, lists in another order; no job runs.

The workflow's files are read anew for each, as Snakemake reads them at its start, and all that a job depends on is
compared: what it is given, its inputs and its outputs. What must change is said by the tables below.
"""

import contextlib
import copy
import io
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest
import snakemake.api
import snakemake.common.configfile
import snakemake.workflow
import yaml
from snakemake.settings.types import ConfigSettings, OutputSettings, Quietness, ResourceSettings

import running
from conftest import ROOT
from soart.plan import fingerprint, graph, yaml_files
from soart.plan.yaml_files import Validator
from test_own_pairs import collection, sheet, write_sheet

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("staleness_of_settings")]
SHOW_ALL = {"write_manifest", "write_report"}  # they hold the whole configuration

# keys, of a map all below it -> the rules whose jobs use them, of those that there are
USERS = {
    "seed": "draw_images score_panel score_states read_photos learn_model evaluate_detectors",
    "learn_images": "draw_set read_set",
    "normal_images": "draw_set read_set draw_heatmaps",
    "error_images": "draw_set read_set draw_heatmaps evaluate_detectors",
    "fluctuation fluctuate camera_gain camera_noise camera_shift camera_turn": "draw_images",
    "jpeg_quality": "draw_images draw_standard",
    "on_bad_image": "accept_photos",
    "matrix_size": "read_images read_photos",
    "fit": "read_images read_photos check_photos choose_anchor learn_model calibrate_pairs",
    "mosaic_size": "read_images read_photos check_photos choose_anchor learn_model calibrate_pairs",
    "registration_limits": "choose_anchor",
    "on_odd region inspection": "learn_model",
    "false_alarm_rate alarm": "learn_model calibrate_pairs",
    "heatmap_values": "draw_heatmaps",
    "fail_on": "judge_outcome",
    "nearest": "learn_model",
    "resaving": "read_photos learn_model",
    "pair": "calibrate_pairs",
    "photo_standard network network_use": "",
}
UNUSED = {  # what a kind of data does not use, although it has the rule
    "drawn": "nearest resaving",  # no words of a network, no photos that are saved anew, nothing registered
    "photos": "learn_images normal_images error_images",
    "pairs": "learn_images normal_images error_images resaving",
}
# rules that do not use a key of some data: pairs are not saved anew, and their places are pixels
NOT_USED = {("pairs", "seed"): "read_photos", ("pairs", "mosaic_size"): "check_photos"}
# what another value of some keys means besides, by the kind of data
CHOICES = {
    ("drawn", "words", "network"): "read_images read_set learn_model inspect_images",
    ("drawn", "words", "colour"): "",
    ("drawn", "photo_files", "flagged"): "",
    ("drawn", "registration", "none"): "",
    ("drawn", "registration", "rigid"): "read_images read_set learn_model",
    ("photos", "words", "network"): "check_photos learn_model",
    ("photos", "words", "colour"): "read_photos check_photos choose_anchor learn_model inspect_images",
    ("photos", "photo_files", "flagged"): "read_photos draw_heatmaps",
    ("photos", "registration", "none"): "read_photos choose_anchor learn_model",
    ("photos", "registration", "rigid"): "choose_anchor",
    ("pairs", "words", "network"): "",
    ("pairs", "photo_files", "flagged"): "read_photos draw_heatmaps",
    ("pairs", "registration", "none"): "",
}
KINDS = ("drawn", "photos", "pairs")
STEMS = sorted((path.stem for path in ROOT.glob("scripts/*.py")), key=len, reverse=True)


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """Return what the workflow's files define for a configuration: `found`, every job, among it; None if refused.

    The workflow's files are parsed once, which changes nothing: only what they are run with does.
    """
    folder, parse = tmp_path_factory.mktemp("settings"), snakemake.workflow.parse
    load, codes = cache(snakemake.common.configfile._load_configfile), {}
    read_yaml = yaml_files.read_yaml
    read = cache(lambda path, _content: read_yaml(path))
    (folder / "Dump.smk").write_text(running.DUMP.replace('"Snakefile"', repr(str(ROOT / "Snakefile"))))

    def parse_once(path, *arguments, **named):
        key = path.get_path_or_uri(secret_free=True)
        if key not in codes:
            code, count = parse(path, *arguments, **named)
            codes[key] = compile(code, key, "exec"), count
        return codes[key]

    def names_of(config: dict) -> dict | None:
        settings = {"resource_settings": ResourceSettings(cores=1), "workdir": folder}
        settings |= {"config_settings": ConfigSettings(config=config), "snakefile": folder / "Dump.smk"}
        quiet = OutputSettings(quiet={Quietness.ALL})
        with (
            contextlib.suppress(SystemExit),
            contextlib.redirect_stderr(io.StringIO()),
            snakemake.api.SnakemakeApi(quiet) as api,
        ):
            return api.workflow(**settings)._workflow.globals
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snakemake.workflow, "parse", parse_once)
        patch.setattr(snakemake.workflow, "compile", lambda code, *_: code, raising=False)
        patch.setattr(snakemake.common.configfile, "_load_configfile", lambda path, *_: copy.deepcopy(load(path)))
        patch.setattr(fingerprint, "fingerprint", cache(fingerprint.fingerprint))  # no code changes here
        patch.setattr(yaml_files, "read_yaml", lambda path: copy.deepcopy(read(path, Path(path).read_bytes())))
        yield names_of


@pytest.fixture(scope="module")
def jobs_of(planned):
    """Return what jobs a configuration has, by name: what each is given, its inputs and outputs; None if refused."""

    def jobs(config: dict) -> dict[str, tuple] | None:
        names = planned(config)
        wanted = names and running.upstream(names["found"], "all")
        return names and {
            name: (each["params"].get("given"), frozenset(each["input"]), frozenset(each["output"]))
            for name, each in names["found"].items()
            if name in wanted
        }

    return jobs


@pytest.fixture(scope="module")
def configs(tmp_path_factory) -> dict[str, dict]:
    """A small configuration for each kind of data, complete."""
    texts = [(ROOT / f"config/{name}.yaml").read_text(encoding="utf-8") for name in ("config", "method")]
    config = yaml.safe_load(texts[0]) | yaml.safe_load(texts[1])
    running.make_tiny(config, running.PANELS)
    photos = {"photos": str(collection(tmp_path_factory.mktemp("photos"), good=4) / "photos.tsv"), "panels": []}
    return {"drawn": config, "photos": config | photos, "pairs": config | photos | {"detector": "pair"}}


@pytest.fixture(scope="module")
def schema() -> dict:
    return yaml.safe_load((ROOT / "config/config.schema.yaml").read_text(encoding="utf-8"))


def stem(name: str) -> str:
    """The script of a job."""
    return next(each for each in STEMS if name == each or name.startswith(f"{each}_"))


def leaves(config: dict, way: tuple[str, ...] = ()) -> dict[tuple[str, ...], object]:
    """Every key with its value but the panels and what chooses the data; ("inspection", "top") is one below a map."""
    found = {}
    for key, value in config.items():
        if isinstance(value, dict):
            found |= leaves(value, (*way, key))
        elif key not in ("panels", "photos", "detector", "scene", "shard_size"):
            found[*way, key] = value
    return found


def put(config: dict, *changes: tuple[tuple[str, ...], object]) -> dict:
    """A copy with other values."""
    config = copy.deepcopy(config)
    for (*way, last), value in changes:
        place = config
        for key in way:
            place = place[key]
        place[last] = value
    return config


def checker(schema: dict, way: tuple[str, ...]) -> Validator:
    part = schema
    for key in way:
        part = part["properties"][key]
    return Validator(schema).evolve(schema=part)


def changed(before: dict, after: dict) -> set[str]:
    """The scripts of the jobs that are not as they were."""
    return {stem(name) for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def users(kind: str, jobs: dict, *ways: tuple[str, ...]) -> set[str]:
    """The scripts that must run anew, by the table, of those that there are jobs of."""
    found, there = set(SHOW_ALL), set(map(stem, jobs))
    for key, *_ in ways:
        [rules] = [rules for keys, rules in USERS.items() if key in keys.split()]
        found |= set() if key in UNUSED[kind].split() else set(rules.split()) & there
        found -= set(NOT_USED.get((kind, key), "").split())
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_each_key_set_to_the_value_of_every_other(kind, configs, jobs_of, schema):
    config, tried = configs[kind], 0
    keys, before = leaves(config), jobs_of(config)
    for way in keys.keys() - {(choice,) for _, choice, _ in CHOICES}:
        allowed = checker(schema, way)
        values = {repr(value): value for value in [*keys.values(), *allowed.schema.get("enum", ())]}
        values = [value for value in values.values() if value != keys[way] and allowed.is_valid(value)]
        for value in values:
            after = jobs_of(put(config, (way, value)))
            if after is not None:  # refused by a check beyond the schema
                assert changed(before, after) == users(kind, before | after, way), f"{way}: {value}"
                tried += 1
    assert tried > 500


@pytest.mark.parametrize("kind", KINDS)
def test_every_two_keys_swapped(kind, configs, jobs_of, schema):
    config, tried = configs[kind], 0
    keys, before = leaves(config), jobs_of(config)
    checkers = {way: checker(schema, way) for way in keys}
    for one, two in combinations(keys, 2):
        if keys[one] != keys[two] and checkers[one].is_valid(keys[two]) and checkers[two].is_valid(keys[one]):
            after = jobs_of(put(config, (one, keys[two]), (two, keys[one])))
            if after is not None:
                assert changed(before, after) == users(kind, before | after, one, two), f"{one} and {two}"
                tried += 1
    assert tried > 200


@pytest.mark.parametrize(("kind", "key", "value"), CHOICES)
def test_choices(kind, key, value, configs, jobs_of):
    config = put(configs[kind], (("photo_files",), "all"), (("words",), "colour" if kind == "drawn" else "both"))
    expected = set(CHOICES[kind, key, value].split()) | (SHOW_ALL if config[key] != value else set())
    assert changed(jobs_of(config), jobs_of(put(config, ((key,), value)))) == expected


@pytest.mark.parametrize("limit", ["quality", "unseen"])
def test_limits_of_registration_where_drawn_parts_are_registered(limit, configs, jobs_of):
    config = configs["drawn"] | {"registration": "rigid"}
    after = jobs_of(put(config, (("registration_limits", limit), 0.6)))
    assert changed(jobs_of(config), after) == {"read_images", "learn_model"} | SHOW_ALL


@pytest.mark.parametrize(
    ("where", "direct"),
    [
        (lambda config: config["panels"], "gather_separation"),
        (lambda config: config["panels"][0]["words"], "score_panel"),
        (lambda config: config["panels"][0]["measured"], "score_panel"),
        (lambda config: config["panels"][0]["key"]["judges"], "score_panel"),
        (lambda config: config["panels"][1]["channels"], "score_states"),
        (lambda config: config["panels"][1]["measured"], "score_states"),
    ],
)
def test_lists_in_another_order(where, direct, configs, jobs_of):
    config = copy.deepcopy(configs["drawn"])
    for role in ("query", "key", "value"):
        config["panels"][0][role]["judges"] = [{"set": "learn", "first": 2}, {"set": "normal", "first": 2}]
    other = copy.deepcopy(config)
    where(other).reverse()
    assert other != config
    assert changed(jobs_of(config), jobs_of(other)) == {direct} | SHOW_ALL


def test_errors_and_shapes_in_another_order(configs, jobs_of, tmp_path):
    scene, found = yaml.safe_load((ROOT / "config/scene.yaml").read_text(encoding="utf-8")), {}
    path = tmp_path / "scene.yaml"
    for order in ("", "errors", "shapes"):
        if order:
            scene[order].reverse()
        path.write_text(yaml.safe_dump(scene))
        found[order] = jobs_of(configs["drawn"] | {"scene": str(path)})
        if order:
            scene[order].reverse()
    assert changed(found[""], found["shapes"]) == {"draw_standard", "draw_images"} | SHOW_ALL
    named = {"evaluate_detectors", "score_panel", "score_states"}
    tables = {"gather_metrics", "gather_verdicts"}
    assert changed(found[""], found["errors"]) == named | tables | SHOW_ALL


@pytest.mark.parametrize("kind", KINDS[1:])
def test_kinds_of_a_sheet_in_another_order(kind, configs, jobs_of, tmp_path):
    """The tables in which kinds stand one below the other are written anew; no photo is read or inspected again."""
    rows, found = sheet(collection(tmp_path, good=4)), []
    rows[-1][2] = "stain"  # the others of its kind are spots
    for order in (rows, [rows[-1], *rows[:-1]]):
        write_sheet(tmp_path, order)
        found.append(jobs_of(configs[kind] | {"photos": str(tmp_path / "photos.tsv")}))
    tables = {"check_photos", "gather_metrics", "gather_verdicts", "evaluate_detectors", "write_report"}
    assert changed(*found) == tables | ({"gather_boxes"} if kind == "pairs" else set())


@pytest.mark.parametrize("kind", KINDS)
def test_equal_values_written_otherwise(kind, configs, jobs_of, schema):
    config = configs[kind]
    numbers = {
        way: float(value) if isinstance(value, int) else int(value)
        for way, value in leaves(config).items()
        if isinstance(value, int | float) and value == int(value) and checker(schema, way).is_valid(float(value))
    }
    numbers = {way: value for way, value in numbers.items() if checker(schema, way).is_valid(value)}
    assert len(numbers) > 5

    def turned(value):
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in reversed(value)}
        return list(map(turned, value)) if isinstance(value, list) else value

    assert jobs_of(turned(put(config, *numbers.items()))) == jobs_of(config)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("standard", ["mean", "boards/0.png"])
def test_each_result_is_made_by_one_job(kind, standard, configs, jobs_of):
    jobs = jobs_of(configs[kind] | {"photo_standard": standard})
    made = [path for _, _, outputs in jobs.values() for path in outputs]
    assert len(set(made)) == len(made)
    read = {path for _, inputs, _ in jobs.values() for path in inputs if path.startswith("results/")}
    inside = tuple(f"{path}/" for path in made if not Path(path).suffix)
    assert [path for path in read - set(made) if not path.startswith(inside)] == []
    means = "average_matrices" in jobs
    assert means == (kind != "drawn" and standard == "mean")
    assert means + ("read_photos_standard" in jobs) + (kind == "drawn") == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "other",
    [
        {},
        {"photo_files": "flagged"},
        {"heatmap_values": "npy", "words": "network"},
        {"registration": "none", "fail_on": "odd"},
    ],
)
def test_the_layout_has_the_paths_of_the_rules(kind, other, configs, planned):
    names = planned(configs[kind] | other)
    jobs, beside = names["found"], graph.beside_results(names["LAYOUT"])
    full = running.upstream(jobs, "all")
    made = {path: stem(name) for name in full for path in jobs[name]["output"]}
    assert made.keys() >= {*beside}
    assert {path: rule for path, rule in made.items() if path not in beside} == graph.results(names["LAYOUT"])
    ran = {(stem(name), path) for name in full for path in jobs[name]["log"] if stem(name) != "judge_outcome"}
    assert ran == {(rule, path) for rule, paths in graph.logs(names["LAYOUT"]).items() for path in paths}


def test_the_default_run_has_39_jobs(jobs_of):
    assert len(jobs_of({})) == 39
