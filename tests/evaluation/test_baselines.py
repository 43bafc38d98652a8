"""The baselines against hand-worked numbers, slow oracles and input from which nothing can be learned."""

import numpy as np
import pytest

from soart.evaluation import baselines

DETECTORS = baselines.COLOUR | baselines.GRAY


@pytest.fixture
def images():
    """12 good and 6 test images of 6 x 6 in three channels; the last three tests are half dark."""
    rng = np.random.default_rng(2)
    base = rng.integers(60, 200, size=(6, 6, 3))
    good, tests = (base + rng.normal(0, 3, size=(count, 6, 6, 3)) for count in (12, 6))
    tests[3:, :3] -= 50
    return good, tests


def suited(name, pictures):
    return pictures[..., 1] if name in baselines.GRAY else pictures


@pytest.mark.parametrize("name", DETECTORS)
def test_every_detector_ranks_a_gross_error_above_good_images(name, images):
    good, tests = (suited(name, pictures) for pictures in images)
    scores = DETECTORS[name](good, tests, 0)
    assert scores.shape == (6,)
    assert np.isfinite(scores).all()
    assert scores[3:].min() > scores[:3].max()
    np.testing.assert_array_equal(scores, DETECTORS[name](good, tests, 0))


@pytest.mark.parametrize("name", DETECTORS)
def test_a_score_depends_on_its_own_image_only(name, images):
    good, tests = (suited(name, pictures) for pictures in images)
    together = DETECTORS[name](good, tests, 0)
    alone = [DETECTORS[name](good, test[None], 0)[0] for test in tests]
    np.testing.assert_allclose(together, alone, rtol=1e-9)


@pytest.mark.parametrize("name", DETECTORS)
def test_nothing_to_learn_is_a_sentence(name):
    one = np.full((1, 4, 4), 7.0)
    with pytest.raises(ValueError, match="at least 2 good images, got 1"):
        DETECTORS[name](one, one, 0)
    same = np.full((5, 4, 4), 7.0)
    with pytest.raises(ValueError, match="all 5 good images are the same"):
        DETECTORS[name](same, same, 0)
    with pytest.raises(ValueError, match=r"\(4, 4\) cannot judge images of shape \(3, 3\)"):
        DETECTORS[name](np.eye(4)[None] * np.arange(2)[:, None, None], np.zeros((1, 3, 3)), 0)
    with pytest.raises(ValueError, match="finite values, got NaN"):
        DETECTORS[name](np.arange(32.0).reshape(2, 4, 4), np.full((1, 4, 4), np.nan), 0)


@pytest.mark.parametrize("name", DETECTORS)
def test_constant_images_of_different_levels_give_a_sentence_or_finite_scores(name):
    good = np.ones((4, 4, 4)) * np.array([100, 110, 120, 135])[:, None, None]
    if name in baselines.GRAY:
        with pytest.raises(ValueError, match="RT method needs"):
            DETECTORS[name](good, good[:2] - 50, 0)
    else:
        assert np.isfinite(DETECTORS[name](good, good[:2] - 50, 0)).all()


def test_place_z_by_hand():
    good = np.zeros((2, 3, 3, 1))
    good[1] = 2  # mean 1, deviation 1: a place's z is (s - 1) / (1 + 3)
    test = np.ones((1, 3, 3, 1))
    test[0, 0, :, 0] = [5, 9, 13]  # z 1, 2, 3; the other six 0
    assert baselines.place_z(good, test)[0] == pytest.approx((1 + 4 + 9 + 0 + 0) / 5)


def test_place_z_takes_the_mean_over_channels():
    good = np.zeros((2, 3, 3, 2))
    good[1] = 2
    test = np.ones((1, 3, 3, 2))
    test[..., 0] = 5  # z 1 in one of two channels, everywhere
    assert baselines.place_z(good, test)[0] == pytest.approx(0.5)


def test_pca_by_hand():
    good = np.array([[0, 0, 0], [1, 1, 0], [2, 2, 0]], float)  # one component, (1, 1, 0) / sqrt 2
    tests = np.array([[5, 5, 0], [3, 3, 4], [1, -1, 0]], float)
    assert baselines.pca(good, tests) == pytest.approx([0, 4, np.sqrt(2)], abs=1e-12)


def test_nearest_neighbour_by_hand():
    good = np.array([[0, 0], [10, 0]], float)
    assert baselines.nearest_neighbour(good, np.array([[3, 4], [9, 0]], float)) == pytest.approx([5, 1])


def slow_sensitivity_and_residual(standard, vector):
    product = sum(a * b for a, b in zip(standard, vector, strict=True))
    power = sum(a * a for a in standard)
    total = sum(b * b for b in vector)
    return product / power, ((total - product**2 / power) / (len(vector) - 1)) ** 0.5


@pytest.mark.parametrize("centred", [False, True])
def test_rt_equals_a_slow_loop(images, centred):
    good, tests = (pictures[..., 0].reshape(len(pictures), -1) for pictures in images)
    level = good.mean() if centred else 0
    standard = good.mean(axis=0) - level
    unit = np.array([slow_sensitivity_and_residual(standard, vector - level) for vector in good])
    covariance = np.cov(unit.T, bias=True)
    expected = []
    for vector in tests:
        off = np.array(slow_sensitivity_and_residual(standard, vector - level)) - unit.mean(axis=0)
        if centred:
            inverse = np.linalg.inv(covariance) * np.linalg.det(covariance)
        else:
            spread = np.diag(1 / unit.std(axis=0))
            inverse = spread @ np.linalg.inv(spread @ covariance @ spread) @ spread
        expected.append((off @ inverse @ off / 2) ** 0.5)
    detector = baselines.rt_adjugate if centred else baselines.rt_correlation
    np.testing.assert_allclose(detector(good, tests), expected, rtol=1e-6)


def test_rt_with_inverse_correlation_has_unit_mean_square_over_the_good_images(images):
    good = images[0][..., 0]
    assert np.mean(baselines.rt_correlation(good, good) ** 2) == pytest.approx(1)


def test_two_good_images_have_no_inverse_correlation_but_an_adjugate(images):
    good, tests = (pictures[..., 0] for pictures in images)
    with pytest.raises(ValueError, match=r"at least 3 good images that differ .* with these 2"):
        baselines.rt_correlation(good[:2], tests)
    assert np.isfinite(baselines.rt_adjugate(good[:2], tests)).all()


def test_held_out_scores_come_from_the_others(images):
    good, _ = images
    scores = baselines.held_out(baselines.nearest_neighbour, good, folds=4)
    for index, score in enumerate(scores):
        others = [other for other in range(12) if other % 4 != index % 4]
        assert score == pytest.approx(min(np.linalg.norm(good[index] - good[other]) for other in others))


def test_held_out_scores_of_two_images_are_refused(images):
    with pytest.raises(ValueError, match="at least 2 good images, got 1"):
        baselines.held_out(baselines.place_z, images[0][:2])
