"""Attention over the nearest judges: beside slow loops, by hand, and by leaving photos out for real."""

import numpy as np
import pytest

from soart.inspection import calibration, nearest
from soart.inspection.nearest import Settings

SETTINGS = Settings(window=1, judges=4, top=3, prior=1.0)


@pytest.fixture(scope="module")
def words():
    """Seven photos of 5 x 5 places, six numbers a word, which depend on each other and differ in size."""
    rng = np.random.default_rng(0)
    mixed = rng.normal(size=(7, 5, 5, 6)) @ rng.normal(size=(6, 6)) * np.array([1, 2, 5, 10, 20, 50])
    return (mixed + rng.normal(size=(5, 5, 6)) * 30).astype(np.float32)


@pytest.fixture(scope="module")
def learned(words):
    return nearest.learn(words, SETTINGS)


def roots_of(words: np.ndarray, learned: nearest.LearnedJudges, settings: Settings = SETTINGS) -> np.ndarray:
    return nearest.readings(words, learned.jury, settings)


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
    found, _ = roots_of(spoken, learned, SETTINGS._replace(window=window))
    assert found == pytest.approx(slow_roots(spoken, learned.whitening, learned.judges, window), rel=1e-4)


def test_a_learned_photo_is_near_its_own_judges(words):
    every = nearest.learn(words, SETTINGS._replace(judges=7))
    assert roots_of(words[2], every)[0].max() < 0.01


def test_a_part_one_place_aside_fits_as_well(words):
    every = nearest.learn(words, SETTINGS._replace(judges=7))
    found = roots_of(np.roll(words[2], 1, axis=1), every)[0].reshape(5, 5)
    assert found[:, 1:].max() < 0.01 < found[:, 0].min()


def test_linear_attention_is_a_mahalanobis_distance(words, learned):
    """With C = 0.9 x covariance of the place's judges + 0.1 x identity; the weights M Y o imitate the offset o."""
    spoken = (words[0] + np.float32(3)).reshape(25, 6) @ learned.whitening
    _, found = roots_of(words[0] + np.float32(3), learned)
    for place in range(25):
        judges = learned.judges[place].astype(float)
        spread = 0.9 * np.cov(judges.T, bias=True) + 0.1 * np.eye(6)
        offset = spoken[place] - judges.mean(axis=0)
        assert found[place] ** 2 == pytest.approx(offset @ np.linalg.solve(spread, offset) / 6, rel=1e-3)
        sides = judges - judges.mean(axis=0)
        weights = learned.agreement[place] @ (sides @ offset)
        ridge = 0.1 * 4 / 0.9
        assert weights == pytest.approx(np.linalg.solve(sides @ sides.T + ridge * np.eye(4), sides @ offset), rel=1e-3)


def test_a_distance_is_the_share_of_both_readings(words, learned):
    odd = words[3] + np.float32(5)
    near, spread = ((roots_of(odd, learned) - learned.expected) / learned.deviation).reshape(2, 5, 5)
    assert nearest.distances(odd, learned, SETTINGS) == pytest.approx(0.7 * near + 0.3 * spread, rel=1e-4)
    alone = nearest.distances(odd, learned, SETTINGS._replace(linear=0.0))
    assert alone == pytest.approx(near, rel=1e-4)


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
    assert not nearest.whiten(np.zeros((3, 3)), 0.5).any()  # and no warning of a division


def test_k_centre_by_hand():
    line = np.array([[[0.0], [1.0], [5.0], [5.2], [9.0]]], np.float32)  # mean 4.04
    assert nearest.k_centre(line, 4).tolist() == [[2, 0, 4, 1]]  # farthest: 5 away, then 4, then 1
    assert nearest.k_centre(np.zeros((1, 3, 1), np.float32), 3).tolist() == [[0, 1, 2]]  # equals: none twice


def test_judges_are_the_good_words_of_the_photos_named(words, learned):
    for place, judge in np.ndindex(25, 4):
        photo = learned.photos[place, judge]
        assert learned.judges[place, judge] == pytest.approx(
            words[photo].reshape(25, 6)[place] @ learned.whitening, rel=1e-3, abs=1e-4
        )
    assert all(len(set(row)) == 4 for row in learned.photos.tolist())


def test_order_changes_nothing(words, learned):
    order = np.random.default_rng(1).permutation(7)
    other = nearest.learn(words[order], SETTINGS)
    for name in ("whitening", "judges", "centre", "agreement", "expected", "deviation"):
        assert np.array_equal(getattr(other, name), getattr(learned, name))
    assert np.array_equal(other.held_out, learned.held_out[order])
    assert np.array_equal(order[other.photos], learned.photos)


def test_held_out_scores_are_those_of_a_new_photo(words, learned):
    """Each photo left out for real: distances by the others' judges, and places' scales without its own distances."""
    roots = [roots_of(words[photo], nearest.learn(np.delete(words, photo, axis=0), SETTINGS)) for photo in range(7)]
    for photo in range(7):
        expected, deviation = nearest.place_scale(np.delete(roots, photo, axis=0), 1.0)
        near, spread = (roots[photo] - expected) / deviation
        z = 0.7 * near + 0.3 * spread
        assert learned.held_out[photo] == pytest.approx(np.sort(z)[-3:].mean(), rel=1e-3)


def test_held_out_scores_are_the_highest_of_all_versions(words):
    """Each photo left out for real, in both versions, beside places' scales of both versions of the others."""
    other = words + np.random.default_rng(2).normal(scale=8, size=words.shape).astype(np.float32)
    learned, roots = nearest.learn(words, SETTINGS, versions=[other]), np.empty((7, 2, 2, 25))
    for photo in range(7):
        rest = nearest.learn(np.delete(words, photo, axis=0), SETTINGS)
        roots[photo] = [roots_of(each[photo], rest) for each in (words, other)]
    for photo in range(7):
        expected, deviation = nearest.place_scale(np.delete(roots, photo, axis=0).reshape(12, 2, 25), 1.0)
        scores = []
        for near, spread in (roots[photo] - expected) / deviation:
            scores.append(np.sort(0.7 * near + 0.3 * spread)[-3:].mean())
        assert learned.held_out[photo] == pytest.approx(max(scores), rel=1e-3)
    assert learned.expected == pytest.approx(nearest.place_scale(roots.reshape(14, 2, 25), 1.0)[0], rel=1e-3)
    assert np.array_equal(learned.judges, nearest.learn(words, SETTINGS).judges)


def test_copies_are_judges_and_are_held_out_with_their_photo(words):
    """Beside learning from the others and their copies alone, as if these were so many photos more."""
    copies = [words[:, ::-1], words[:, :, ::-1]]
    settings = SETTINGS._replace(judges=21, single_folds=21)
    learned = nearest.learn(words, settings, copies=copies)
    every = np.concatenate([words, *copies])
    for place in range(25):
        assert np.bincount(learned.photos[place]).tolist() == [3] * 7
    roots = []
    for photo in range(7):
        apart = nearest.learn(np.delete(every, [photo, photo + 7, photo + 14], axis=0), settings)
        roots.append(roots_of(words[photo], apart, settings))
    for photo in range(7):
        expected, deviation = nearest.place_scale(np.delete(roots, photo, axis=0), 1.0)
        near, spread = (roots[photo] - expected) / deviation
        assert learned.held_out[photo] == pytest.approx(np.sort(0.7 * near + 0.3 * spread)[-3:].mean(), rel=1e-3)
    order = np.random.default_rng(1).permutation(7)
    other = nearest.learn(words[order], settings, copies=[copy[order] for copy in copies])
    assert np.array_equal(other.judges, learned.judges)
    assert np.array_equal(other.held_out, learned.held_out[order])
    assert np.array_equal(order[other.photos], learned.photos)


def test_alike_by_hand():
    """Two places, one number, no window: at the first place photos lie 1, 2 and 1 from the nearest other."""
    words = np.array([[0, 0], [1, 0], [3, 1]], np.float32).reshape(3, 1, 2, 1)
    words = np.concatenate([words, words], axis=1)  # 2 x 2 places, the second row as the first
    settings = SETTINGS._replace(window=0, symmetry=1.5)
    everywhere = np.ones(4, bool)
    assert nearest.alike(words, words, settings, everywhere)
    copy = words.copy()
    copy[:, :, 0] += 4  # the nearest others lie 5, 3, 1 off: 9 where photos have 1 + 1 + 2 = 4
    assert not nearest.alike(words, copy, settings, everywhere)
    assert not nearest.alike(words, copy, settings._replace(symmetry=2.2), everywhere)
    assert nearest.alike(words, copy, settings._replace(symmetry=2.3), everywhere)  # 9 / 4 = 2.25
    assert nearest.alike(words, copy, settings, np.array([False, True, False, True]))


def test_an_odd_photo_is_a_judge_but_does_not_count_in_the_scale(words):
    rng = np.random.default_rng(5)
    many = (words[rng.integers(0, 7, 14)] + rng.normal(size=(14, 5, 5, 6)) * 3).astype(np.float32)
    many[9] = 300 * rng.normal(size=(5, 5, 6))
    learned = nearest.learn(many, SETTINGS._replace(judges=14))
    assert calibration.find_odd(learned.held_out).nonzero()[0].tolist() == [9]
    assert (learned.photos == 9).any(axis=1).all()
    roots = []
    for photo in range(14):
        roots.append(roots_of(many[photo], nearest.learn(np.delete(many, photo, axis=0), SETTINGS._replace(judges=14))))
    expected, deviation = nearest.place_scale(np.delete(roots, 9, axis=0), 1.0)
    assert learned.expected == pytest.approx(expected, rel=1e-3)
    assert learned.deviation == pytest.approx(deviation, rel=1e-2)


def test_photos_of_another_kind_are_judges_but_do_not_count_in_the_scale(words):
    """They hide each other: none is odd by its score; the scale is of the 14 others, and so are these' scores."""
    rng = np.random.default_rng(5)
    look = (words[rng.integers(0, 7, 18)] + rng.normal(size=(18, 5, 5, 6)) * 3).astype(np.float32)
    look[:4] = 60 * rng.normal(size=(5, 5, 6)) + rng.normal(size=(4, 5, 5, 6)) * 3
    foreign, settings = np.arange(18) < 4, SETTINGS._replace(judges=18)
    plain, learned = (nearest.learn(look, settings, foreign=each) for each in (None, foreign))
    assert not calibration.find_odd(plain.held_out)[:4].any()
    assert np.array_equal(learned.photos, plain.photos)  # judges all the same
    roots = [roots_of(look[photo], nearest.learn(np.delete(look, photo, axis=0), settings)) for photo in range(18)]
    expected, deviation = nearest.place_scale(np.array(roots)[4:], 1.0)
    assert learned.expected == pytest.approx(expected, rel=1e-3)
    assert learned.deviation == pytest.approx(deviation, rel=1e-2)
    scores = nearest.held_out_scores(np.array(roots), foreign, settings)
    assert learned.held_out == pytest.approx(scores, rel=1e-2)
    order = rng.permutation(18)
    again = nearest.learn(look[order], settings, foreign=foreign[order])
    assert np.array_equal(again.held_out, learned.held_out[order])


def test_place_scale_by_hand():
    roots = np.array([[[1, 5], [0, 0]], [[3, 5], [0, 4]]], np.float32)  # means 2, 5 of all 3.5; and 0, 2 of all 1
    expected, deviation = nearest.place_scale(roots, 1.0)
    assert expected.tolist() == [[2.75, 4.25], [0.5, 1.5]]
    assert deviation[0] == pytest.approx(np.sqrt([(1 + 2.75) / 2, 2.75 / 2]))  # all: 1, 3, 5, 5 have variance 2.75
    assert deviation[1] == pytest.approx(np.sqrt([3 / 2, (4 + 3) / 2]))
    more, _ = nearest.place_scale(roots, 3.0)
    assert more[0].tolist() == [3.125, 3.875]


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
    expected, deviation = nearest.place_scale(np.array([[[1, 5]], [[3, np.nan]]], np.float32), 1.0)
    assert expected.tolist() == [[2.5, 4]]  # means 2, 5; of all three 3
    assert deviation[0] == pytest.approx(np.sqrt([(1 + 8 / 3) / 2, (8 / 3) / 2]))
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
