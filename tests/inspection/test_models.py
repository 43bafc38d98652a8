"""The model file: the same model comes back, and a bad file is refused with a sentence."""

import json

import numpy as np
import pytest

import samples
from soart.inspection import image_model, models, stored
from soart.inspection.calibration import Alarm
from soart.inspection.pair_model import PairModel
from soart.inspection.pairs import Settings as PairSettings
from soart.inspection.verdict import Odd
from soart.photos.encodings import LearnedEncodings


@pytest.fixture(scope="module")
def model():
    learned = image_model.learn(samples.mosaics("learn", 10), (500, 500), samples.SMALL, Alarm(0.1, "conformal"))
    return learned._replace(saved=LearnedEncodings(("JPEG 4:2:0", "PNG"), 95, 95))


@pytest.fixture
def file(model, tmp_path):
    models.save(tmp_path / "model.npz", model)
    return tmp_path / "model.npz"


def test_round_trip_is_exact(model, file):
    back = models.load(file)
    assert back[:3] == model[:3]
    for one, two in zip(model.colour.judges, back.colour.judges, strict=True):
        assert np.array_equal(one, two)
        assert np.asarray(one).dtype == np.asarray(two).dtype
    assert np.array_equal(back.held_out, model.held_out)
    assert np.array_equal(back.colour.sensitivities, model.colour.sensitivities)
    assert back.saved == model.saved


@pytest.mark.parametrize("gray", [True, False, None])
def test_whether_the_good_photos_are_gray_comes_back(gray, model, tmp_path):
    """Else nobody beside the line would say that a photo is gray among colour ones."""
    models.save(tmp_path / "model.npz", model._replace(saved=LearnedEncodings(("PNG",), gray=gray)))
    assert models.load(tmp_path / "model.npz").saved == (("PNG",), None, None, gray)


def test_same_model_same_bytes(model, file, tmp_path):
    models.save(tmp_path / "again.npz", models.load(file))
    assert file.read_bytes() == (tmp_path / "again.npz").read_bytes()


def rewritten(file, **about):
    with np.load(file) as arrays:
        content = dict(arrays)
    content["about"] = np.array(json.dumps(json.loads(str(content["about"])) | about))
    np.savez(file, **content)


def test_another_version_is_refused(file):
    own, other = stored.VERSION, stored.VERSION + 1
    rewritten(file, version=other)
    expected = rf"model\.npz: the model is of version {other}, this program reads version {own}; learn"
    with pytest.raises(ValueError, match=expected):
        models.load(file)


@pytest.mark.parametrize("share", [0, 0.3, 0.99])
def test_a_model_that_was_cut_off_is_refused(file, share):
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ValueError, match=r"model\.npz: expected a model, got a file that cannot be read"):
        models.load(file)


def test_a_damaged_model_is_refused(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 255
    file.write_bytes(content)
    with pytest.raises(ValueError, match="cannot be read"):
        models.load(file)


def test_another_npz_and_a_pickle_are_refused(tmp_path):
    np.savez(tmp_path / "other.npz", a=1)
    np.savez(tmp_path / "pickle.npz", about=np.array([{}], dtype=object))
    for name in ("other.npz", "pickle.npz"):
        with pytest.raises(ValueError, match="expected a model"):
            models.load(tmp_path / name)


def test_a_missing_model_is_said(tmp_path):
    with pytest.raises(ValueError, match="there is no such model"):
        models.load(tmp_path / "nothing.npz")


def test_a_senseless_alarm_is_refused_before_learning():
    with pytest.raises(ValueError, match="rate is 2; expected"):
        image_model.learn(samples.mosaics("learn", 2), (500, 500), samples.SMALL, Alarm(2))


# --- intact files with nonsense in them ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A model of every kind, as a file: of colours, of colours and a network, of pairs."""
    folder, mosaics = tmp_path_factory.mktemp("models"), samples.mosaics("learn", 10)
    colour = image_model.learn(
        mosaics, (500, 500), samples.SMALL, Alarm(), saved=LearnedEncodings(("PNG",), None, None)
    )
    beside = image_model.of_juries([colour.colour, samples.network_jury(10)], (500, 500), Alarm(), samples.SMALL.size)
    pairs = PairModel((500, 500), PairSettings(), Alarm(), 0.1, 0.2, np.arange(10.0))
    for name, model in {"colour": colour, "both": beside, "pair": pairs}.items():
        models.save(folder / f"{name}.npz", model)
    return folder


def content_of(path) -> tuple[dict, dict]:
    with np.load(path) as file:
        arrays = dict(file)
    return json.loads(str(arrays.pop("about"))), arrays


def values_of(about: dict, *above: str):
    """Every value of a model's file, by the keys that lead to it."""
    for key, value in about.items():
        yield (*above, key)
        if isinstance(value, dict):
            yield from values_of(value, *above, key)


def with_value(about: dict, keys: tuple, value) -> dict:
    changed = json.loads(json.dumps(about))
    inner = changed
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    return changed


def refused(path, about, arrays):
    """Return None where the file of this content is refused by its name; else the model, or the other sentence."""
    np.savez(path, about=np.array(json.dumps(about)), **arrays)
    try:
        return models.load(path)
    except ValueError as error:
        return None if str(error).startswith(f"{path}: ") else str(error)


@pytest.mark.parametrize("kind", ["colour", "both", "pair"])
def test_every_array_that_is_missing_or_of_another_form_is_refused(files, tmp_path, kind):
    about, arrays = content_of(files / f"{kind}.npz")
    for name, array in arrays.items():
        others = [array.astype(np.float16 if array.dtype != np.float16 else np.int8), array[None], array[:0]]
        others += [array[:-1]] if array.shape[0] > 1 and name != "held_out" else []
        if array.dtype.kind == "f":
            others.append(array.copy())
            others[-1].flat[0] = np.nan
        for other in others:
            assert refused(tmp_path / "model.npz", about, arrays | {name: other}) is None, name
        rest = {key: each for key, each in arrays.items() if key != name}
        assert refused(tmp_path / "model.npz", about, rest) is None, name


@pytest.mark.parametrize("kind", ["colour", "both", "pair"])
@pytest.mark.parametrize("value", [None, "x", -1, 1e300, [], {}, [1, "x", None], True])
def test_every_value_is_used_or_refused(files, tmp_path, kind, value):
    """A model with another value inspects a photo, or is refused with a sentence; nothing else happens."""
    about, arrays = content_of(files / f"{kind}.npz")
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(samples.jpeg("test", 0))
    for keys in values_of(about):
        model = refused(tmp_path / "model.npz", with_value(about, keys, value), arrays)
        if model is None:
            continue
        try:
            looked = model.look(photo, photo if model.beside_template else None)
        except ValueError:  # a picture of another size
            continue
        [judged] = model.judge([looked])
        assert judged.verdict.score is not None, keys
        assert np.isfinite(judged.heat_map()).all(), keys


def test_a_value_too_many_or_too_few_is_refused(files, tmp_path):
    about, arrays = content_of(files / "both.npz")
    for keys in values_of(about):
        inner = about
        for key in keys[:-1]:
            inner = inner[key]
        fewer = {key: value for key, value in inner.items() if key != keys[-1]}
        changed = with_value(about, keys[:-1], fewer) if keys[:-1] else fewer
        assert refused(tmp_path / "model.npz", changed, arrays) is None, keys
    for keys in (("alarm",), ("colour", "settings"), ("network", "use"), ("network", "settings")):
        changed = with_value(about, (*keys, "another"), 1)
        assert refused(tmp_path / "model.npz", changed, arrays) is None, keys


def test_a_network_in_a_model_with_nan_is_refused(files, tmp_path):
    about, arrays = content_of(files / "both.npz")
    graph = samples.own_graph(damage=np.nan)
    assert refused(tmp_path / "model.npz", about, arrays | {"network/graph": np.frombuffer(graph, np.uint8)}) is None


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("network/whole/directions", 10.0),  # they would forgive any difference
        ("network/whole/scale", -1.0),
        ("network/whole/held_out", -1.0),
        ("network/whole/held_out", 2.0),
        ("network/held_out", 2.0),
        ("colour/held_out", 2.0),
        ("held_out", 0.5),
        ("network/kinds", np.array([0] * 5 + [1] * 4 + [-1])),
        ("network/kinds", np.array([0] * 4 + [1] * 6)),  # the largest is the first
        ("network/kinds", np.array([0] * 6 + [2] * 4)),
    ],
)
def test_numbers_that_do_not_fit_each_other_are_refused(files, tmp_path, name, damage):
    """Else another threshold or score would be told without a word."""
    about, arrays = content_of(files / "both.npz")
    other = damage * (arrays[name] if np.isscalar(damage) else 1)
    assert refused(tmp_path / "model.npz", about, arrays | {name: other.astype(arrays[name].dtype)}) is None


@pytest.mark.parametrize("numbers", [[5.0], [5.0, 4.0, -1], [5.0, 4.0, 3, 2], [5.0, "x"], [5.0, 4.0, None], "x", []])
def test_a_good_photo_left_out_with_other_numbers_is_refused(files, tmp_path, numbers):
    about, arrays = content_of(files / "both.npz")
    assert refused(tmp_path / "model.npz", about | {"left_out": {"a": numbers}}, arrays) is None
    for given, found in (([5, 4.0, 3], Odd("a", 5.0, 4.0, False, 3)), ([None, None], Odd("a", kept=False))):
        assert refused(tmp_path / "model.npz", about | {"left_out": {"a": given}}, arrays).left_out == (found,)
