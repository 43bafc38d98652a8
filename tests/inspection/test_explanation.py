"""Why a place is flagged: weights against attention spelled out, and the difference by hand."""

import numpy as np
import pytest

import samples
from soart.inspection import distances as inspection
from soart.inspection import explanation, learning, words
from soart.inspection.explanation import difference, in_levels

SETTINGS = samples.SMALL._replace(shift=0)  # attention spelled out takes words where they are
PLACES = [0, 44, 111, 222]


@pytest.fixture(scope="module")
def learned():
    return learning.fit(samples.mosaics("learn", 12), SETTINGS)


def reasons(learned, mosaics: np.ndarray, places: list[int]) -> list[explanation.Reason]:
    """The reasons of some mosaics at a place each."""
    judges = learned.judges
    sentences = [inspection.sentence(mosaic, judges, SETTINGS)[0] for mosaic in mosaics]
    good = samples.mosaics("learn", 12)
    return explanation.reasons(sentences, places, good, learned.sensitivities, judges, SETTINGS)


def test_weights_are_those_of_attention_spelled_out(learned):
    measured = samples.mosaics("test", 4, kind="errorA")
    for mosaic, place, found in zip(measured, PLACES, reasons(learned, measured, PLACES), strict=True):
        seen = explanation.attention(mosaic, place, samples.mosaics("learn", 12), learned.judges, SETTINGS)
        weights = seen.own_weights + seen.nearby_weights.sum(axis=1) + seen.warp_weights.sum(axis=1)
        assert found.weights.sum() == pytest.approx(1, abs=1e-3)
        assert found.weights == pytest.approx(weights[found.judges], abs=1e-3)
        assert (np.diff(found.weights) <= 0).all()


def test_more_images_than_a_block_change_nothing(learned, monkeypatch):
    measured = samples.mosaics("test", 1, kind="errorA")
    before = reasons(learned, measured, [44])[0]
    monkeypatch.setattr(explanation, "BLOCK", 5)
    after = reasons(learned, measured, [44])[0]
    assert before.words == after.words
    assert before.weights == pytest.approx(after.weights, rel=1e-12)


def test_a_painted_spot_is_so_many_levels_darker_than_any_good_one(learned):
    """In the green ground, which differs little: 3x3 places 40 levels darker in each colour, or in one."""
    place, good = 15 * 1 + 1, samples.mosaics("learn", 12).astype(np.float64)
    patch = np.s_[0:3, 0:3]
    values = good / learned.sensitivities[:, None, None, None]
    usual = values.mean(axis=0)
    spread = np.ptp(values[:, 0:3, 0:3].mean(axis=(1, 2)), axis=0).max()
    for change, start in ((40.0, "brighter by "), ((0.0, 0.0, 40.0), "more blue by ")):
        mosaic = usual.copy()
        mosaic[patch] += change
        found = reasons(learned, mosaic[None], [place])[0].words
        assert found.startswith(start)
        assert found.endswith(" gray levels than any of 12 good ones")
        assert 40 - spread - 1 <= float(found.split()[-9]) <= 40, found


def test_words_at_places_are_the_words_there(learned):
    values = np.stack([each / 1.0 for each in samples.mosaics("learn", 3)])
    own, nearby = explanation.words_at(values.reshape(3, -1, 3), np.array(PLACES), SETTINGS)
    spoken = np.stack([words.words(each.astype(np.float32), 2).reshape(225, -1) for each in values])
    around = words.neighbours(15, 1)[PLACES]
    assert np.allclose(own, spoken[:, PLACES], atol=1e-2)
    assert np.allclose(nearby, spoken[:, around].mean(axis=2), atol=1e-2)


def numbers(*colours: float, step: float = 0.0, spot: float = 0.0) -> np.ndarray:
    """The measures of a word of degree 2 with so many gray levels of mean, and of one step and one curvature."""
    word = np.zeros((6, 3))
    word[0], word[1], word[3] = colours, step, spot
    return in_levels(3 * word.ravel())


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        (numbers(59, 59, 59), "darker by 41 gray levels than any of 50 good ones"),
        (numbers(120, 130, 131), "brighter by 17 gray levels than any of 50 good ones"),
        (numbers(105, 60, 105), "less green by 40 gray levels than any of 50 good ones"),
        (numbers(105, 105, 150), "more blue by 40 gray levels than any of 50 good ones"),
        (numbers(105, 105, 105, step=25), "a step there differs by 20 gray levels more than any of 50 good ones"),
        (
            numbers(105, 105, 105, spot=-30),
            "a line or spot there differs by 30 gray levels more than any of 50 good ones",
        ),
        (numbers(98.7, 98.7, 98.7), "darker by 1 gray level than any of 50 good ones"),
        (numbers(110.6, 110.6, 109.8), "more red by 1 gray level than any of 50 good ones"),
        (numbers(60, 60, 60, spot=-45), "darker by 40 gray levels than any of 50 good ones"),
        (numbers(105, 105, 105), "in no single number beyond 50 good ones, but unlike them in all numbers together"),
    ],
)
def test_the_difference_in_words(measured, said):
    low, high = numbers(100, 100, 100), numbers(110, 110, 110, step=5)
    assert difference(measured, low, high, 50, 2) == said
