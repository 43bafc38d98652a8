"""The model file: the same model comes back, and a bad file is refused with a sentence."""

import json

import numpy as np
import pytest

import samples
from soart.inspection import models
from soart.inspection.calibration import Alarm
from soart.photos.encodings import Learned


@pytest.fixture(scope="module")
def model():
    learned = models.learn(samples.mosaics("learn", 10), (500, 500), samples.SMALL, Alarm(0.1, "conformal"))
    return learned._replace(saved=Learned(("JPEG 4:2:0", "PNG"), 95, 95))


@pytest.fixture
def file(model, tmp_path):
    models.save(tmp_path / "model.npz", model)
    return tmp_path / "model.npz"


def test_round_trip_is_exact(model, file):
    back = models.load(file)
    assert back[:3] == model[:3]
    for one, two in zip(model.judges, back.judges, strict=True):
        assert np.array_equal(one, two)
        assert np.asarray(one).dtype == np.asarray(two).dtype
    assert np.array_equal(back.held_out, model.held_out)
    assert np.array_equal(back.sensitivities, model.sensitivities)
    assert back.saved == model.saved


def test_same_model_same_bytes(model, file, tmp_path):
    models.save(tmp_path / "again.npz", models.load(file))
    assert file.read_bytes() == (tmp_path / "again.npz").read_bytes()


def rewritten(file, **about):
    with np.load(file) as arrays:
        content = dict(arrays)
    content["about"] = np.array(json.dumps(json.loads(str(content["about"])) | about))
    np.savez(file, **content)


def test_another_version_is_refused(file):
    rewritten(file, version=7)
    with pytest.raises(ValueError, match=r"model\.npz: the model is of version 7, this program reads version 3; make"):
        models.load(file)


def test_a_model_of_before_does_not_know_how_photos_were_saved(file):
    with np.load(file) as arrays:
        content = dict(arrays)
    about = json.loads(str(content["about"]))
    del about["saved"]
    np.savez(file, **content | {"about": np.array(json.dumps(about))})
    assert models.load(file).saved == Learned()


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
        models.learn(samples.mosaics("learn", 2), (500, 500), samples.SMALL, Alarm(2))
