"""Pictures as small matrices, against the seed's mosaic program."""

import numpy as np
import pytest
from PIL import Image

from reference import colour_mosaic, draw_standard, gray_mosaic
from soart.photos import decoding as photos
from soart.photos import matrices

# area: (a pixel x, y well inside it, gray level that the series prints)
FLAT_AREAS = {
    "background": (10, 10, 51),
    "background, bottom": (250, 490, 51),
    "red disc, top left": (70, 70, 88),
    "red disc, bottom left": (100, 400, 88),
    "orange disc, top right": (400, 100, 107),
    "orange disc, bottom right": (367, 434, 107),
    "light plus": (100, 100, 108),
    "dark plus": (400, 400, 87),
    "square": (170, 250, 163),
    "cross": (250, 250, 49),
    "chord, left": (55, 250, 115),
    "chord, right": (405, 230, 115),
    "chord, top": (225, 80, 115),
    "chord, bottom": (235, 400, 115),
}


@pytest.fixture(scope="module")
def standard(tmp_path_factory):
    path = tmp_path_factory.mktemp("standard") / "image_standard.jpg"
    draw_standard(path)
    return path


@pytest.mark.parametrize("area", FLAT_AREAS)
def test_flat_areas_of_the_standard_have_the_printed_gray_levels(area, standard):
    x, y, level = FLAT_AREAS[area]
    gray = matrices.gray_and_colour_matrices(photos.read(standard), 30)[0]
    assert abs(int(gray[int(y * 0.06), int(x * 0.06)]) - level) <= 1


def test_matrix_is_the_seeds_mosaic_in_gray_and_colour(standard):
    ours = matrices.gray_and_colour_matrices(photos.read(standard), 30)
    assert ours.dtype == np.uint8
    assert (ours[0] == gray_mosaic(standard)).all()
    assert (ours[[3, 2, 1]] == colour_mosaic(standard).transpose(2, 0, 1)).all()


def test_matrix_of_noise_is_the_seeds_mosaic(rng, tmp_path):
    path = tmp_path / "noise.png"
    Image.fromarray(rng.integers(0, 256, (500, 500, 3), dtype=np.uint8)).save(path)
    assert (matrices.gray_and_colour_matrices(photos.read(path), 30)[0] == gray_mosaic(path)).all()


def test_elements_are_single_pixels_and_channels_stand_in_order():
    picture = np.arange(40 * 40 * 3, dtype=np.int64).reshape(40, 40, 3).astype(np.uint8)
    gray, red, green, blue = matrices.gray_and_colour_matrices(picture, 20)
    assert (blue == picture[::2, ::2, 0]).all()
    assert (green == picture[::2, ::2, 1]).all()
    assert (red == picture[::2, ::2, 2]).all()
    weighted = 0.299 * red + 0.587 * green + 0.114 * blue
    assert np.abs(gray - weighted).max() <= 1


def test_a_picture_that_is_not_square_gives_a_square_matrix():
    assert matrices.gray_and_colour_matrices(np.zeros((60, 200, 3), np.uint8), 10).shape == (4, 10, 10)
