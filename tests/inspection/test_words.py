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


@pytest.mark.parametrize("decoding", matrices.DECODINGS)
def test_every_decoding_gives_nearly_the_same_mosaic_and_the_true_size(decoding):
    content = samples.jpeg("words", 0)
    full, size = matrices.photo_mosaic(content, "a.jpg", 25, "full")
    coarse, coarse_size = matrices.photo_mosaic(content, "a.jpg", 25, decoding)
    assert size == coarse_size == (500, 500)
    difference = np.abs(full.astype(int) - coarse)
    assert difference.mean() < (5 if decoding == "eighth" else 2)  # an eighth covers 504 pixels, not 500
    assert np.median(difference) <= 1


def test_an_eighth_of_a_jpeg_is_the_mean_of_its_blocks():
    content = samples.jpeg("words", 0)
    whole = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    coarse, _ = matrices.photo_mosaic(content, "a.jpg", 63, "eighth")
    lossless, _ = matrices.photo_mosaic(cv2.imencode(".png", whole)[1].tobytes(), "a.png", 63, "eighth")
    difference = np.abs(coarse.astype(int) - lossless)
    assert difference.mean() < 1
    assert np.percentile(difference, 95) <= 5  # colour is stored at half size


def test_what_a_mosaic_covers():
    assert matrices.covered((500, 300), "eighth") == (504, 304)
    assert matrices.covered((500, 300), "quarter") == (500, 300)


def test_a_file_that_is_no_jpeg_is_decoded_in_full():
    picture = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    content = cv2.imencode(".png", picture)[1].tobytes()
    mosaic, size = matrices.photo_mosaic(content, "a.png", 5, "eighth")
    assert size == (60, 40)
    assert np.array_equal(mosaic, matrices.mosaic(np.pad(picture, [(0, 0), (0, 4), (0, 0)], "edge"), 5))


def test_size_of_a_jpeg_is_that_of_the_whole_picture():
    content = cv2.imencode(".jpg", np.zeros((31, 47, 3), np.uint8))[1].tobytes()
    assert matrices.photo_mosaic(content, "a.jpg", 3, "eighth")[1] == (47, 31)


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


def test_a_dimmed_picture_has_the_same_words():
    mosaic = samples.mosaics("words", 1)[0] // 2 * 2
    reference = mosaic.astype(float)
    half = mosaic // 2
    level = brightness.sensitivity(half, reference, 8, 1)
    assert level == pytest.approx(0.5)
    assert np.allclose(brightness.levelled(half, level), brightness.levelled(mosaic, 1.0), atol=1e-3)


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
