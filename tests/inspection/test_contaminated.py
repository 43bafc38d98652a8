"""One good photo that is none, among good ones: it is named, and the defects are found all the same."""

import numpy as np
import pytest

import samples
from soart.inspection import image_model
from soart.inspection.calibration import Alarm

GOOD = 25


def upside_down(good: np.ndarray) -> np.ndarray:
    return good[::-1, ::-1]


def another_product(good: np.ndarray) -> np.ndarray:
    return np.rot90(255 - good).copy()


def noise(good: np.ndarray) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, good.shape, np.uint8)


def defective(good: np.ndarray) -> np.ndarray:
    return samples.mosaics("odd", 1, kind="errorA")[0]


@pytest.mark.slow
@pytest.mark.parametrize("change", [upside_down, another_product, noise, defective])
def test_one_odd_good_photo_is_named_and_does_not_switch_the_alarm_off(change):
    good = samples.mosaics("learn", GOOD)
    good[7] = change(good[7])
    names = [f"good/{number}" for number in range(GOOD)]
    model = image_model.learn(good, (500, 500), samples.SMALL, Alarm(), names, good=tuple(names))
    assert model.odd[0].image == "good/7"
    found = model.judge_mosaics(samples.mosaics("test", 8, kind="errorA"))
    assert [each.verdict.verdict for each in found] == ["flagged"] * 8
    usual = [each.verdict.verdict for each in model.judge_mosaics(samples.mosaics("test", 10))]
    assert usual.count("flagged") <= 2
