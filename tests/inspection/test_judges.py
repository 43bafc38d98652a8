"""Sums over the good images against explicit neighbourhoods and refits."""

import numpy as np
import pytest

import samples
from soart.inspection import judges, learning, words


@pytest.fixture(scope="module")
def good():
    mosaics = samples.mosaics("learn", 7)
    return learning.level_good(mosaics, samples.SMALL, [str(index) for index in range(7)])


def explicit(good, place):
    """C_t and its parts at one place from lists of words, as the definition says."""
    sentences = np.stack([words.words(good.values(image), 2).reshape(225, -1) for image in range(7)])
    sentences = sentences.astype(np.float64)
    own = sentences[:, place]
    nearby = sentences[:, words.neighbours(15, 1)[place]].reshape(-1, 18)
    covariances = [
        np.cov(np.stack([words.words(warp, 2).reshape(225, -1)[place] for warp in good.warps(image)]).T)
        for image in range(7)
    ]
    own_part, nearby_part = np.cov(own.T, bias=True), np.cov(nearby.T, bias=True)
    return (
        own.mean(axis=0),
        nearby.mean(axis=0),
        0.5 * own_part + 0.5 * nearby_part,
        np.mean(covariances, axis=0),
    )


@pytest.mark.parametrize("place", [0, 7, 112, 224])
def test_spread_by_sums_equals_explicit_words(good, place):
    spread = judges.spread(good.sums(np.arange(7)), 0.5, 18 / 7)
    mean, nearby_mean, scatter, swerve = explicit(good, place)
    assert np.allclose(spread.mean.reshape(-1, 18)[place], mean)
    assert np.allclose(spread.nearby_mean.reshape(-1, 18)[place], nearby_mean)
    assert np.allclose(spread.covariance.reshape(-1, 18, 18)[place], scatter + 18 / 7 * swerve, atol=0.01)


def test_what_saving_adds_is_a_part_of_the_spread(good, rng):
    copies = np.clip(good.mosaics + rng.integers(-3, 4, good.mosaics.shape), 0, 255).astype(np.uint8)
    anew = good._replace(resaved=copies)
    plain, found = (judges.spread(each.sums(np.arange(7)), 0.5, 18 / 7) for each in (good, anew))
    added = np.stack(
        [words.words(anew.copy(image), 2) - words.words(good.values(image), 2) for image in range(7)]
    ).astype(np.float64)
    expected = np.einsum("nyxi,nyxj->yxij", added, added) / 7
    assert np.allclose(found.covariance - plain.covariance, expected, rtol=1e-4, atol=1e-3)
    assert found.scale == plain.scale
    folded = anew.sums(np.arange(7)).minus(anew.sums(np.array([1, 5])))
    assert np.allclose(folded.resaved, anew.sums(np.array([0, 2, 3, 4, 6])).resaved, atol=1e-6)


def test_scale_is_the_mean_variance_without_the_warps(good):
    spread = judges.spread(good.sums(np.arange(7)), 0.5, 18 / 7)
    traces = [np.trace(explicit(good, place)[2]) for place in range(225)]
    assert spread.scale == pytest.approx(np.mean(traces) / 18)


def test_a_fold_held_out_by_subtraction_equals_a_refit(good):
    total, fold = good.sums(np.arange(7)), good.sums(np.array([1, 5]))
    kept = judges.spread(total.minus(fold), 0.5, 18 / 7)
    refit = judges.spread(good.sums(np.array([0, 2, 3, 4, 6])), 0.5, 18 / 7)
    assert np.allclose(kept.mean, refit.mean, atol=1e-9)
    assert np.allclose(kept.covariance, refit.covariance, atol=1e-6)
    assert kept.scale == pytest.approx(refit.scale)


def test_one_more_image_is_an_addition(good):
    sums = good.sums(np.arange(6)).plus(good.sums(np.array([6])))
    assert sums.images == 7
    assert np.allclose(sums.products, good.sums(np.arange(7)).products)


def test_box_of_a_field_by_hand():
    field = np.arange(9.0).reshape(3, 3)
    assert judges.nearby(field)[1, 1] == pytest.approx(4)
    assert judges.nearby(field)[0, 0] == pytest.approx((0 + 0 + 1 + 0 + 0 + 1 + 3 + 3 + 4) / 9)


def test_precision_is_a_symmetric_inverse(good):
    spread = judges.spread(good.sums(np.arange(7)), 0.5, 18 / 7)
    precision = judges.precision(spread, 0.5)
    assert np.array_equal(precision, precision.swapaxes(-1, -2))
    product = precision[3, 4] @ (spread.covariance[3, 4] + 0.5 * np.eye(18))
    assert np.allclose(product, np.eye(18), atol=1e-6)
