"""Distances of good images, by two readings: by hand, and by leaving images out for real."""

import math

import numpy as np
import pytest

from soart.inspection import calibration, scales
from soart.inspection.distances import Settings

SETTINGS = Settings(size=6, top=3, prior=2.0, strict_from=6, strict_floor=0, strict_reach=0)


def test_versions_of_an_image_count_together_and_its_highest_score_is_its_score(rng):
    roots = rng.gamma(4, 0.25, (12, 2, 36)).astype(np.float32)
    alone, scores = scales.fit_scale(roots, SETTINGS)
    thrice, same = scales.fit_scale(np.stack([roots] * 3, axis=1), SETTINGS)
    assert np.allclose(thrice.expected, alone.expected)
    assert np.allclose(thrice.deviation, alone.deviation)
    assert np.allclose(same, scores, rtol=1e-5)
    worse = np.stack([roots, roots + 1], axis=1)
    scale, higher = scales.fit_scale(worse, SETTINGS)
    assert np.allclose(scale.expected[0], alone.expected[0] + 0.5, atol=1e-5)
    assert (higher > scores).sum() < 12  # sd has grown, too
    assert higher.min() > 0


def fitted_places(roots: np.ndarray, settings: Settings, counts: np.ndarray | None = None) -> scales.Scale:
    wide, counts = roots.astype(float), len(roots) if counts is None else counts
    return scales.place_moments(counts, wide.sum(axis=0), (wide**2).sum(axis=0), settings)


@pytest.fixture
def roots():
    return np.random.default_rng(0).uniform(1, 2, (8, 2, 36)).astype(np.float32)


def test_places_by_hand():
    settings = SETTINGS._replace(size=1)
    scale = fitted_places(np.array([[[1], [5]], [[3], [5]]], np.float32), settings)
    # One place: the pooled moments are its own. Tolerant: mean 2, variance 1; strict: 5 and 0.
    assert scale.expected.ravel().tolist() == [2, 5]
    assert scale.deviation.ravel().tolist() == [1, 0]


def test_places_are_drawn_towards_all_places_of_their_reading():
    tolerant, strict = np.full((2, 36), 5.0), np.full((2, 36), 7.0)
    tolerant[:, 0] = 1, 3
    scale = fitted_places(np.stack([tolerant, strict], axis=1).astype(np.float32), SETTINGS)
    mean, square = (2 + 35 * 5) / 36, (5 + 35 * 25) / 36
    assert scale.expected[:, 0].tolist() == pytest.approx([(2 * 2 + 2 * mean) / 4, 7])
    assert scale.deviation[0, :2].tolist() == pytest.approx(
        [math.sqrt((2 * 1 + 2 * (square - mean**2)) / 4), math.sqrt(2 * (square - mean**2) / 4)]
    )
    assert not scale.deviation[1].any()


def test_places_that_never_count_do_not_draw_the_others(roots):
    without = roots.copy()
    without[:, :, 9:] = 0
    scale = fitted_places(without, SETTINGS, np.where(np.arange(36) < 9, len(roots), 0))
    alone = fitted_places(roots[:, :, :9], SETTINGS._replace(size=3))
    for mine, other in zip(scale, alone, strict=True):
        assert mine[:, :9] == pytest.approx(other, rel=1e-6)
    # calm places that count, such as a flat background, do draw the others
    assert not np.allclose(fitted_places(without, SETTINGS).deviation[:, :9], alone.deviation)


def test_what_few_images_show_has_the_mean_and_variance_of_these():
    """A usual root there is usual, and a defect as far as elsewhere, whatever share of the images shows the place."""
    rng = np.random.default_rng(4)
    roots = rng.gamma(16, 1 / 16, (20, 2, 36)).astype(np.float32)
    hidden = np.zeros((20, 36), bool)
    hidden[1:, 0] = hidden[4:, 1] = hidden[10:, 2] = True
    scale, _ = scales.fit_scale(roots, SETTINGS._replace(size=6, top=5), hidden)
    usual, defect = ((np.full((2, 36), root) - scale.expected)[0] / scale.deviation[0] for root in (1.0, 3.0))
    assert np.abs(usual).max() < 1
    assert (defect[:3] > 0.7 * np.median(defect)).all()


def test_a_strict_place_is_no_surer_than_a_share_of_the_least_sure_one_nearby(roots):
    plain = fitted_places(roots, SETTINGS).deviation
    floored = fitted_places(roots, SETTINGS._replace(strict_floor=0.9, strict_reach=1)).deviation
    assert np.array_equal(floored[0], plain[0])
    grid = plain[1].reshape(6, 6)
    for row in range(6):
        for column in range(6):
            around = grid[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
            expected = max(grid[row, column], 0.9 * around.max())
            assert floored[1].reshape(6, 6)[row, column] == pytest.approx(expected, rel=1e-6)


def left_out_distances(roots: np.ndarray, image: int) -> np.ndarray:
    others = np.delete(roots, image, axis=0)
    return fitted_places(others, SETTINGS).distances(roots[image])


def test_scores_of_few_good_images_are_tolerant_and_leave_the_image_itself_out(roots):
    scale, held_out = scales.fit_scale(roots, SETTINGS._replace(strict_from=9))
    assert np.isposinf(scale.expected[1]).all()
    for image in range(8):
        score = np.sort(left_out_distances(roots, image)[0])[-3:].mean()
        assert held_out[image] == pytest.approx(score, rel=1e-5)
    assert np.isneginf(scale.distances(roots[0])[1]).all()


def test_the_strict_reading_is_brought_to_the_tolerant_one(roots):
    scale, held_out = scales.fit_scale(roots, SETTINGS)
    alone = np.stack([left_out_distances(roots, image) for image in range(8)])
    tolerant, strict = (np.sort(alone[:, reading], axis=-1)[:, -3:].mean(axis=-1) for reading in (0, 1))
    (_, start, excess), (_, strict_start, strict_excess) = map(calibration.upper_fifth, (tolerant, strict))
    alone[:, 1] = start + (alone[:, 1] - strict_start) * excess / strict_excess
    brought = np.sort(alone[:, 1], axis=-1)[:, -3:].mean(axis=-1)
    assert calibration.upper_fifth(brought) == pytest.approx(calibration.upper_fifth(tolerant), rel=1e-4)
    score = np.sort(alone.max(axis=1), axis=-1)[:, -3:].mean(axis=-1)
    assert held_out == pytest.approx(score, rel=1e-4)
    plain = fitted_places(roots, SETTINGS).distances(roots[3])
    assert scale.distances(roots[3])[0] == pytest.approx(plain[0], rel=1e-5)
    assert scale.distances(roots[3])[1] == pytest.approx(
        start + (plain[1] - strict_start) * excess / strict_excess, rel=1e-4
    )


@pytest.mark.parametrize("strict_from", [6, 99])
def test_an_odd_image_does_not_count_in_the_scale(strict_from):
    settings = SETTINGS._replace(strict_from=strict_from)
    roots = np.random.default_rng(0).uniform(1, 2, (12, 2, 36)).astype(np.float32)
    whole, held_out = scales.fit_scale(roots, settings)
    assert not calibration.find_odd(held_out).any()
    with_odd, more = scales.fit_scale(np.concatenate([roots, 40 * roots[:1]]), settings)
    assert np.array_equal(with_odd.expected, whole.expected)
    assert np.array_equal(with_odd.deviation, whole.deviation)
    assert more[:12] == pytest.approx(held_out)
    assert calibration.find_odd(more).nonzero()[0].tolist() == [12]


@pytest.mark.parametrize("strict_from", [6, 99])
def test_images_of_another_kind_do_not_count_in_the_scale(strict_from):
    settings, foreign = SETTINGS._replace(strict_from=strict_from), np.arange(16) >= 12
    roots = np.random.default_rng(0).uniform(1, 2, (16, 2, 36)).astype(np.float32)
    roots[12:, :, :18] += 0.5  # too little to be odd, and four of them
    whole, held_out = scales.fit_scale(roots[:12], settings)
    plain, _ = scales.fit_scale(roots, settings)
    assert (plain.deviation[0, :18] > whole.deviation[0, :18]).all()
    found, scores = scales.fit_scale(roots, settings, foreign=foreign)
    assert np.array_equal(found.expected, whole.expected)
    assert np.array_equal(found.deviation, whole.deviation)
    assert scores[:12] == pytest.approx(held_out)
    assert scores[12:].min() > np.median(scores[:12])
