"""Attention over the nearest judges: beside slow loops, by hand, and by leaving photos out for real."""

import numpy as np
import pytest

from soart.inspection import nearest
from soart.inspection.nearest import Settings

SETTINGS = Settings(window=1, judges=4, top=3)


@pytest.fixture(scope="module")
def words():
    """Seven photos of 5 x 5 places, six numbers a word, which depend on each other and differ in size."""
    rng = np.random.default_rng(0)
    mixed = rng.normal(size=(7, 5, 5, 6)) @ rng.normal(size=(6, 6)) * np.array([1, 2, 5, 10, 20, 50])
    return (mixed + rng.normal(size=(5, 5, 6)) * 30).astype(np.float32)


@pytest.fixture(scope="module")
def learned(words):
    return nearest.learn(words, SETTINGS)


def slow_roots(spoken: np.ndarray, whitening: np.ndarray, judges: np.ndarray, window: int) -> np.ndarray:
    side = len(spoken)
    result = np.full((side, side), np.inf)
    for row, column in np.ndindex(side, side):
        for y in range(max(row - window, 0), min(row + window + 1, side)):
            for x in range(max(column - window, 0), min(column + window + 1, side)):
                for judge in judges[y * side + x].astype(float):
                    offset = spoken[row, column].astype(float) @ whitening - judge
                    result[row, column] = min(result[row, column], offset @ offset / len(offset))
    return np.sqrt(result).ravel()


@pytest.mark.parametrize("window", [0, 1, 2])
def test_nearest_is_the_least_over_all_judges_around(words, learned, window):
    spoken = words[0] + np.float32(3)
    found = nearest.nearest(spoken, learned.whitening, learned.judges, window)
    assert found == pytest.approx(slow_roots(spoken, learned.whitening, learned.judges, window), rel=1e-4)


def test_a_learned_photo_has_no_distance_from_its_own_judges(words):
    every = nearest.learn(words, SETTINGS._replace(judges=7))
    assert nearest.nearest(words[2], every.whitening, every.judges, 1).max() < 0.01


def test_a_part_one_place_aside_fits_as_well(words):
    every = nearest.learn(words, SETTINGS._replace(judges=7))
    found = nearest.nearest(np.roll(words[2], 1, axis=1), every.whitening, every.judges, 1).reshape(5, 5)
    assert found[:, 1:].max() < 0.01 < found[:, 0].min()


def test_whitened_words_differ_alike_in_every_direction(words):
    covariance = nearest.moments(words, np.arange(7)).covariance()
    residuals = (words - words.mean(axis=0)).reshape(-1, 6)
    assert covariance == pytest.approx(residuals.T @ residuals / len(residuals), rel=1e-4)
    whitening = nearest.whiten(covariance, 0)
    assert whitening.T @ covariance @ whitening == pytest.approx(np.eye(6), abs=1e-4)


def test_the_ridge_keeps_what_hardly_differs_small():
    whitening = nearest.whiten(np.diag([4.0, 0.0, 9.0]), 0.5)  # of the correlations the mean eigenvalue is 2/3
    assert sorted(np.linalg.norm(whitening, axis=1)) == pytest.approx(
        [0, 1 / 3 / np.sqrt(4 / 3), 1 / 2 / np.sqrt(4 / 3)]
    )


def test_k_centre_by_hand():
    line = np.array([[[0.0], [1.0], [5.0], [5.2], [9.0]]], np.float32)  # mean 4.04
    assert nearest.k_centre(line, 4).tolist() == [[2, 0, 4, 1]]  # farthest: 5 away, then 4, then 1
    assert nearest.k_centre(np.zeros((1, 3, 1), np.float32), 3).tolist() == [[0, 1, 2]]  # equals: none twice


def test_judges_are_the_good_words_of_the_photos_named(words, learned):
    for place, judge in np.ndindex(25, 4):
        photo = learned.photos[place, judge]
        assert learned.judges[place, judge] == pytest.approx(
            words[photo].reshape(25, 6)[place] @ learned.whitening, abs=1e-4
        )
    assert all(len(set(row)) == 4 for row in learned.photos.tolist())


def test_order_changes_nothing(words, learned):
    order = np.random.default_rng(1).permutation(7)
    other = nearest.learn(words[order], SETTINGS)
    for name in ("whitening", "judges", "expected", "deviation"):
        assert np.array_equal(getattr(other, name), getattr(learned, name))
    assert np.array_equal(other.held_out, learned.held_out[order])
    assert np.array_equal(order[other.photos], learned.photos)


def test_held_out_scores_are_those_of_a_new_photo(words, learned):
    """Each photo left out for real: distances by the others' judges, and places' scales without its own distances."""
    roots = []
    for photo in range(7):
        others = nearest.learn(np.delete(words, photo, axis=0), SETTINGS)
        roots.append(nearest.nearest(words[photo], others.whitening, others.judges, 1))
    for photo in range(7):
        expected, deviation = nearest.place_scale(np.delete(roots, photo, axis=0))
        z = (roots[photo] - expected) / deviation
        assert learned.held_out[photo] == pytest.approx(np.sort(z)[-3:].mean(), rel=1e-3)


def test_place_scale_by_hand():
    expected, deviation = nearest.place_scale(np.array([[1, 5], [3, 5]], np.float32))  # means 2, 5; of all 3.5
    assert expected.tolist() == [2.75, 4.25]
    assert deviation == pytest.approx(np.sqrt([(1 + 2.75) / 2, 2.75 / 2]))  # all: 1, 3, 5, 5 have variance 2.75


def test_score_and_distances(words, learned):
    odd = words[3].copy()
    odd[2, 4] += 500
    z = nearest.distances(odd, learned, SETTINGS)
    assert np.unravel_index(z.argmax(), z.shape) == (2, 4)
    assert nearest.score(z, SETTINGS) == pytest.approx(np.sort(z.ravel())[-3:].mean())


def test_what_does_not_count_changes_no_score(words):
    """Of photo 3 two places do not count: whatever it shows there, its scores and the others' are the same."""
    hidden = np.zeros((7, 25), bool)
    hidden[3, [4, 14]] = hidden[:, 0] = True
    expected, deviation = nearest.place_scale(np.array([[1, 5], [3, np.nan]], np.float32))
    assert expected.tolist() == [2.5, 4]  # means 2, 5; of all three 3
    assert deviation == pytest.approx(np.sqrt([(1 + 8 / 3) / 2, (8 / 3) / 2]))
    learned = nearest.learn(words, SETTINGS, hidden)
    odd = words[3].copy()
    odd[0, 4] += 500
    z = nearest.distances(odd, learned, SETTINGS, hidden[3])
    assert not z.ravel()[hidden[3]].any()
    assert nearest.score(z, SETTINGS) == pytest.approx(
        nearest.score(nearest.distances(words[3], learned, SETTINGS, hidden[3]), SETTINGS)
    )
    assert nearest.distances(odd, learned, SETTINGS)[0, 4] > 10
    assert np.isfinite(learned.held_out).all()
    never = nearest.learn(words, SETTINGS, np.ones((7, 25), bool) & (np.arange(25) > 5))
    assert np.isfinite(never.expected).all()
    assert np.isfinite(never.held_out).all()


def test_the_weights_of_judges_name_the_photo_that_is_nearest(words):
    every = nearest.learn(words, SETTINGS._replace(judges=7))
    photos, weights = nearest.judges_at(words[4], every, SETTINGS, 12)
    assert photos[0] == 4
    assert weights.sum() == pytest.approx(1)
    assert (np.diff(weights) <= 0).all()
    assert sorted(photos.tolist()) == list(range(7))


def test_too_few_or_equal_photos_are_refused(words):
    with pytest.raises(ValueError, match="at least 3 good photos to learn from, got 2"):
        nearest.learn(words[:2], SETTINGS)
    with pytest.raises(ValueError, match="good photos are all the same"):
        nearest.learn(np.repeat(words[:1], 5, axis=0), SETTINGS)
