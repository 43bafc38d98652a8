"""Words, sensitivity and warps, by hand and against slow loops."""

import cv2
import numpy as np
import pytest

import samples
from soart.inspection import words
from soart.photos import brightness, matrices


def test_mosaic_is_the_mean_of_areas_in_rgb():
    picture = np.zeros((4, 4, 3), np.uint8)
    picture[:2, :2] = [[[0, 10, 20], [4, 10, 20]], [[8, 10, 20], [12, 10, 20]]]  # BGR
    assert matrices.mosaic(picture, 2)[0, 0].tolist() == [20, 10, 6]
    assert matrices.mosaic(picture, 2)[1, 1].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("size", "places", "smooth"),
    [((504, 504), 63, 0), ((640, 480), 40, 0), ((90, 70), 63, 0), ((500, 500), 63, 9), ((501, 333), 63, 9)],
)
def test_mosaic_is_the_mean_of_areas_of_any_size(size, places, smooth, rng):
    """To the rounding where places have whole pairs of pixels; else what lies on an edge is shared by pairs."""
    picture = rng.integers(0, 256, (*size, 3), np.uint8)
    if smooth:
        picture = cv2.GaussianBlur(picture, None, smooth)
    direct = cv2.resize(picture.astype(np.float64), (places, places), interpolation=cv2.INTER_AREA)[..., ::-1]
    assert np.abs(matrices.mosaic(picture, places) - direct).max() < 1.6


def test_words_are_patterns_of_neighbourhoods_with_the_edge_repeated():
    values = np.random.default_rng(0).standard_normal((5, 5, 3)).astype(np.float32)
    found = words.words(values, 2)
    for row in range(5):
        for column in range(5):
            around = [
                values[min(max(row + down, 0), 4), min(max(column + right, 0), 4)]
                for down in (-1, 0, 1)
                for right in (-1, 0, 1)
            ]
            expected = matrix(2) @ np.concatenate(around)
            assert np.allclose(found[row, column], expected, atol=1e-5)


def matrix(degree):
    """The patterns as one matrix, (d, 27), over neighbours row by row, each R, G, B."""
    return np.kron([np.outer(down, across).ravel() for down, across in words.patterns(degree)], np.eye(3))


@pytest.mark.parametrize(("degree", "length"), [(0, 3), (1, 9), (2, 18), (3, 24), (4, 27)])
def test_patterns_are_orthonormal(degree, length):
    found = matrix(degree)
    assert found.shape == (length, 27)
    assert np.allclose(found @ found.T, np.eye(length), atol=1e-6)


def test_patterns_by_hand():
    plane = np.repeat(np.arange(3.0)[:, None] * 10 + np.arange(3.0), 3).ravel()  # 10 down, 1 across, R = G = B
    word = (matrix(2) @ plane).reshape(6, 3)
    assert np.allclose(word[:, 0], word[:, 1], atol=1e-4)
    # Mean 11 times 9 / 3; slope across 1 (2 x 3 / (sqrt 3 sqrt 2)), down 10; no curvature, no twist.
    assert np.allclose(word[:, 0], [33, np.sqrt(6), 10 * np.sqrt(6), 0, 0, 0], atol=1e-4)


def test_neighbours_are_the_places_around_with_the_edge_repeated():
    assert words.neighbours(3, 1)[4].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert words.neighbours(3, 1)[0].tolist() == [0, 0, 1, 0, 0, 1, 3, 3, 4]
    assert words.neighbours(3, 0)[:, 0].tolist() == list(range(9))


def test_sensitivity_is_the_median_ratio_by_hand():
    reference = np.full((2, 1, 3), 100.0)
    mosaic = np.array([[[50, 60, 70]], [[200, 90, 110]]], np.uint8)
    assert brightness.sensitivity(mosaic, reference, 8, 1) == pytest.approx(0.8)  # the middle of 0.7 and 0.9
    assert brightness.sensitivity(mosaic, reference, 8, 2) == pytest.approx(0.6)  # first row alone: 0.5, 0.6, 0.7
    assert brightness.sensitivity(mosaic, reference * 0, 8, 2) == pytest.approx(7.5)  # 60 / 8 levels


def test_sensitivity_is_the_weighted_median_ratio_by_hand():
    reference = np.array([[[100, 100, 100]], [[20, 20, 200]]], float)
    mosaic = np.array([[[50, 60, 70]], [[40, 18, 220]]], np.uint8)
    # ratios 0.5, 0.6, 0.7, 0.9, 1.1, 2 with the weights 100, 100, 100, 20, 200, 20: half of 540 is reached at 0.7
    assert brightness.sensitivity(mosaic, reference, 8, 1, True) == pytest.approx(0.7)
    assert brightness.sensitivity(mosaic, reference, 8, 2, True) == pytest.approx(0.6)  # first row alone: 0.5, 0.6, 0.7
    assert brightness.sensitivity(mosaic, reference * 0, 8, 2, True) == pytest.approx(7.5)  # 60 / 8 levels


def test_sensitivity_is_the_slope_of_least_absolute_deviations(rng):
    reference = rng.uniform(8, 255, (9, 9, 3))
    mosaic = np.clip(reference * 0.8 + rng.normal(scale=9, size=reference.shape), 0, 255).astype(np.uint8)
    found = brightness.sensitivity(mosaic, reference, 8, 1, True)
    total = [np.abs(mosaic - slope * reference).sum() for slope in (found, *(mosaic / reference).ravel())]
    assert total[0] == pytest.approx(min(total))


def test_a_level_more_in_a_dark_background_is_no_brightness():
    """Three quarters of the picture are a background of 13 levels, which an encoder has made 14: 7.7 %."""
    reference = np.full((8, 8, 3), 13.0)
    reference[:4, :4] = 250
    mosaic = np.where(reference == 13, 14, 250).astype(np.uint8)
    assert brightness.sensitivity(mosaic, reference, 8, 1, True) == 1


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("thinning", [1, 2])
def test_hidden_places_have_no_say_in_brightness(rng, weighted, thinning):
    reference = rng.uniform(8, 255, (8, 8, 3))
    mosaic = np.clip(reference * rng.uniform(0.5, 1.5, reference.shape), 0, 255).astype(np.uint8)
    shown = np.zeros((8, 8), bool)
    shown[2:6, 1:7] = True
    rest = (8, thinning, weighted, ~shown.ravel())
    found = brightness.sensitivity(mosaic, reference, *rest)
    thinned = shown & (np.arange(8) % thinning == 0) & (np.arange(8)[:, None] % thinning == 0)
    alone = mosaic[thinned][None], reference[thinned][None]
    assert found == brightness.sensitivity(*alone, 8, 1, weighted)
    painted = np.where(shown[..., None], mosaic, 255 - mosaic)
    assert found == brightness.sensitivity(painted, reference, *rest)
    everything, odd = np.ones(64, bool), np.ones((8, 8), bool)
    assert brightness.sensitivity(mosaic, reference, 8, thinning, weighted, everything) == brightness.sensitivity(
        mosaic, reference, 8, thinning, weighted
    )
    odd[3, 3] = False  # in no row and column of the thinned ones
    assert brightness.sensitivity(mosaic, reference, 8, thinning, weighted, odd.ravel()) == brightness.sensitivity(
        mosaic[3:4, 3:4], reference[3:4, 3:4], 8, 1, weighted
    )


def test_a_dimmed_picture_has_the_same_words():
    mosaic = samples.mosaics("words", 1)[0] // 2 * 2
    reference = mosaic.astype(float)
    half = mosaic // 2
    level = brightness.sensitivity(half, reference, 8, 1)
    assert level == pytest.approx(0.5)
    assert np.allclose(brightness.level_brightness(half, level), brightness.level_brightness(mosaic, 1.0), atol=1e-3)


def test_warps_move_places_smoothly_by_the_asked_deviation():
    ramp = np.arange(60, dtype=np.float32)
    values = np.stack([np.tile(ramp, (60, 1)), np.tile(ramp[:, None], (1, 60)), np.zeros((60, 60), np.float32)], -1)
    moved = words.warps(values, 200, 0.02, 0.1, np.random.default_rng(0)) - values
    inner = moved[:, 15:45, 15:45]
    assert np.std(inner[..., :2]) == pytest.approx(0.02 * 60, rel=0.1)
    assert np.abs(np.mean(inner[..., :2])) < 0.1
    assert not moved[..., 2].any()
    along = np.corrcoef(moved[:, 30, 30, 0], moved[:, 30, 36, 0])[0, 1]
    assert along == pytest.approx(np.exp(-0.25), abs=0.1)  # a distance of one length: exp(-1/4)


def test_warps_come_from_the_generator_alone():
    values = samples.mosaics("words", 1)[0].astype(np.float32)
    one, two = (words.warps(values, 3, 0.02, 0.1, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(one, two)
