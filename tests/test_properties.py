"""Properties of any input: whatever is wrong is said in sentences, scenes are drawn the same, tables come back."""

import copy

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from soart import names, scene, streams
from soart.plan import configuration, yaml_files
from soart.storage import frames, manifest, tables
from soart.storage.schemas import INTEGER, NUMBER, TEXT, optional

RELAXED = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
YAML = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


def places(data, way=()):
    """Every place in nested maps and lists."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, inner in items:
        yield (*way, key)
        yield from places(inner, (*way, key))


def put(data, way: tuple, value):
    data = copy.deepcopy(data)
    target = data
    for key in way[:-1]:
        target = target[key]
    target[way[-1]] = value
    return data


# --- sentences -------------------------------------------------------------------------------------------------------

NUMBERS = st.floats(-1e6, 1e6)


@RELAXED
@given(value=NUMBERS, limit=NUMBERS, digits=st.integers(1, 6), near=st.floats(-1e-3, 1e-3))
def test_what_falls_short_of_a_limit_reads_so(value, limit, digits, near):
    """Beside a limit in full, and beside one that is rounded away from it in turn."""
    for each in (value, limit * (1 + near)):
        assume(each != limit)
        told, other = (float(names.beyond(*pair, digits)) for pair in ((each, limit), (limit, each)))
        assert told <= each < limit <= other if each < limit else told >= each > limit >= other
        assert abs(told - each) <= 10 ** (1 - digits) * abs(each) * (1 + 1e-9)  # by less than the last digit


# --- schema ----------------------------------------------------------------------------------------------------------


@RELAXED
@given(anything=YAML)
def test_any_yaml_is_judged_in_sentences(anything, config, part, schemas):
    """No configuration and no scene, however odd, is a fault of the checks."""
    for data, name in ((anything, "config"), (anything, "scene")):
        found = yaml_files.schema_problems(data, schemas[name], "here")
        assert found
        assert all(sentence.startswith("here: ") and "\n" not in sentence for sentence in found)
    assert configuration.problems(config, anything, schemas, "scene.yaml")


@RELAXED
@given(choice=st.data())
def test_one_wrong_value_is_named_by_its_place(choice, config, part, schemas):
    """Anything anywhere in a good configuration or scene: it is still good, or a sentence says where it is not."""
    for name, good in (("config", config), ("scene", part)):
        way = choice.draw(st.sampled_from(sorted(places(good), key=str)))
        bad = put(good, way, choice.draw(YAML))
        given_config, given_part = (bad, part) if name == "config" else (config, bad)
        found = configuration.problems(given_config, given_part, schemas, "scene.yaml")
        assert all(isinstance(sentence, str) and sentence for sentence in found)
        in_schema = yaml_files.schema_problems(bad, schemas[name], name)
        assert all(str(way[0]) in sentence for sentence in in_schema)


@RELAXED
@given(choice=st.data(), key=st.text(st.characters(codec="utf-8", exclude_characters="'"), min_size=1, max_size=12))
def test_an_unknown_key_is_named(choice, key, config, schemas):
    maps = [way for way in places(config) if isinstance(_at(config, way), dict)]
    way = choice.draw(st.sampled_from([(), *maps]))
    assume(key not in _at(config, way))
    bad = copy.deepcopy(config)
    _at(bad, way)[key] = 1
    sentences = yaml_files.schema_problems(bad, schemas["config"], "config")
    assert any(f"{key!r} is no key here" in each for each in sentences)


def _at(data, way: tuple):
    for key in way:
        data = data[key]
    return data


# --- scene -----------------------------------------------------------------------------------------------------------


@RELAXED
@given(
    seed=st.integers(0, 2**32),
    pixels=st.integers(0, 20),
    coordinates=st.sampled_from(["listed", "all"]),
    changes=st.sampled_from(
        [
            [],
            [{"leave_out": {"one_of": ["plus_top_left", "square"]}}],
            [{"move": {"one_of": ["cross"], "pixels": 15, "beyond_fluctuation": True, "sides": ["left", "up"]}}],
            [{"recolour": {"one_of": ["square"], "factor": 0.5}}],
        ]
    ),
)
def test_samples(seed, pixels, coordinates, changes, part):
    """One random stream draws one picture; a good one has no mask; an error changes the pixels of its mask only."""
    fluctuation, camera = scene.Fluctuation(pixels, coordinates), scene.Camera()
    picture, mask = scene.draw_sample(part, changes, fluctuation, camera, streams.generator(seed, "set", 0))
    again, _ = scene.draw_sample(part, changes, fluctuation, camera, streams.generator(seed, "set", 0))
    good, no_mask = scene.draw_sample(part, [], fluctuation, camera, streams.generator(seed, "set", 0))
    assert (picture.shape, picture.dtype, mask.shape) == ((500, 500, 3), np.uint8, (500, 500))
    assert (picture == again).all()
    assert not no_mask.any()
    assert ((picture != good).any(axis=2) == mask).all()
    assert mask.any() == bool(changes)


@RELAXED
@given(seed=st.integers(0, 2**32), pixels=st.integers(0, 20))
def test_fluctuations_stay_within_their_limit(seed, pixels, part):
    moved = scene.fluctuate(part["shapes"], scene.Fluctuation(pixels), np.random.default_rng(seed))
    for before, after in zip(part["shapes"], moved, strict=True):
        for old, new in zip(before["parts"], after["parts"], strict=True):
            shifts = dict(zip(scene.COORDINATES, np.subtract(new["box"], old["box"]).tolist(), strict=True))
            assert all(abs(shift) <= pixels for shift in shifts.values())
            assert all(name in old.get("fluctuates", ()) for name, shift in shifts.items() if shift)


@RELAXED
@given(seeds=st.lists(st.integers(0, 2**63), min_size=2, max_size=2, unique=True), index=st.integers(0, 10**6))
def test_random_streams_differ(seeds, index):
    draws = {
        tuple(streams.generator(seed, name, number).integers(0, 2**62, 4))
        for seed in seeds
        for name in ("learn", "normal")
        for number in (index, index + 1)
    }
    assert len(draws) == 8


# --- tables and their hashes -----------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12)  # csv before 3.13 quotes no \r
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@RELAXED
@given(
    rows=st.lists(st.tuples(TEXTS, NUMBERS, st.integers(-(2**62), 2**62), st.none() | NUMBERS), min_size=1, max_size=8)
)
def test_a_table_has_the_same_values_in_both_forms(rows, tmp_path):
    """Parquet and CSV give back the values that were written, and their hashes tell."""
    text, number, whole, gaps = map(list, zip(*rows, strict=True))
    columns = {"image": [f"n{each}" for each in text], "beta": number, "images": whole, "x": gaps}
    schema = {"image": TEXT, "beta": NUMBER, "images": INTEGER}
    schema["x"] = optional(NUMBER)
    tables.write_parquet(tmp_path / "table.parquet", columns, schema)
    frames.write(columns, schema, csv=tmp_path / "table.csv")
    for name in ("table.parquet", "table.csv"):
        found = manifest.values(tmp_path / name)
        assert found["image"].tolist() == columns["image"]
        assert found["beta"].astype(float).tolist() == number
        assert found["images"].tolist() == whole
        assert np.array(found["x"], float).tolist() == [each or 0.0 for each in gaps]


@RELAXED
@given(
    column=arrays.arrays(st.sampled_from([np.int64, np.float64, np.uint8]), st.integers(1, 20)),
    place=st.data(),
)
def test_any_changed_value_changes_the_hash(column, place):
    index = place.draw(st.integers(0, len(column) - 1))
    changed = column.copy()
    changed[index] = 7 if changed[index] != 7 else 8
    assert manifest.value_digest({"a": changed}) != manifest.value_digest({"a": column})
    assert manifest.value_digest({"a": column.copy()}) == manifest.value_digest({"a": column})


@RELAXED
@given(content=st.binary(max_size=200))
@pytest.mark.parametrize("door", ["table.parquet", "table.csv", "arrays.npz", "photo.png"])
def test_no_bytes_are_a_fault_of_a_door(door, content, tmp_path):
    """Whatever a file holds, it is read or refused with a sentence that names it."""
    path = tmp_path / door
    path.write_bytes(content)
    said = None
    try:
        manifest.values(path)
    except (ValueError, OSError) as error:
        said = str(error)
    assert said is None or said.startswith(f"{path}: ")
