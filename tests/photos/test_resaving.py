"""A copy of a photo that was saved anew: what a JPEG does to it, and nothing else."""

import cv2
import numpy as np
import pytest

from soart.photos import decoding, matrices, reading, resaving

WAY = resaving.Resaving(80, seed=1)


def saved(picture: np.ndarray, quality: int) -> bytes:
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


@pytest.fixture
def picture(rng):
    """Blocks of flat colours with a little noise, (120, 160, 3) uint8, black and white among them."""
    blocks = rng.integers(0, 256, (6, 8, 3)).repeat(20, axis=0).repeat(20, axis=1)
    blocks[:20, :40], blocks[20:40, :40] = 0, 255
    return np.clip(blocks + rng.normal(0, 1, blocks.shape), 0, 255).astype(np.uint8)


def error(picture: np.ndarray, other: np.ndarray) -> float:
    return float(np.square(picture.astype(float) - other).mean() ** 0.5)


@pytest.mark.parametrize("quality", [80, 95])
def test_a_copy_differs_as_much_as_a_photo_that_was_saved(quality, picture):
    usual = error(picture, decoding.decode(saved(picture, quality), "a.jpg"))
    copies = [error(picture, resaving.copy(picture, quality, np.random.default_rng(seed))) for seed in range(12)]
    assert 0.7 * usual < np.mean(copies) < 1.4 * usual


def test_a_photo_that_was_saved_once_still_differs_from_its_copies():
    """A rounded picture is not rounded again, unless the copy is lighter or lies aside of the grid."""
    once = decoding.decode(saved(np.full((64, 64, 3), (90, 120, 201), np.uint8), 80), "a.jpg")
    assert error(once, decoding.decode(saved(once, 80), "a.jpg")) == 0
    copies = [error(once, resaving.copy(once, 80, np.random.default_rng(seed))) for seed in range(12)]
    assert np.mean(copies) > 0.3


def test_rounding_goes_every_way():
    """A flat colour lies aside by the same in every copy of one quality; the copies' mean is the colour."""
    flat = np.full((64, 64, 3), (13, 77, 13), np.uint8)
    aside = decoding.decode(saved(flat, 80), "a.jpg").reshape(-1, 3).mean(axis=0) - (13, 77, 13)
    copies = [resaving.copy(flat, 80, np.random.default_rng(seed)).reshape(-1, 3).mean(axis=0) for seed in range(60)]
    assert np.abs(np.mean(copies, axis=0) - (13, 77, 13)).max() < 0.5
    assert (np.std(copies, axis=0) > 0.25).all()
    assert np.abs(aside).max() > 0.5


def test_black_and_white_stay_and_gray_stays_gray(rng):
    for level in (0, 255):
        flat = np.full((64, 64, 3), level, np.uint8)
        for seed in range(10):
            copy = resaving.copy(flat, 80, np.random.default_rng(seed)).astype(int)
            assert np.abs(copy - level).max() <= 4
    gray = rng.integers(0, 256, (40, 40, 1)).astype(np.uint8).repeat(3, axis=2)
    copy = resaving.copy(gray, 80, np.random.default_rng(1), gray=True)
    assert (copy == copy[..., :1]).all()


@pytest.mark.parametrize("size", [(120, 160), (960, 1280)])
def test_a_reading_has_the_copy_where_it_is_asked_for(size, picture):
    content = saved(cv2.resize(picture, size[::-1], interpolation=cv2.INTER_NEAREST), 95)
    plain = reading.read(content, "a.jpg", reading.Reader(30, 15, side=16))
    found = reading.read(content, "a.jpg", reading.Reader(30, 15, side=16, resaving=WAY))
    assert plain.resaved is None
    assert np.array_equal(found.mosaic, plain.mosaic)
    assert 0 < error(found.resaved.mosaic, found.mosaic) < 5
    assert 0 < error(found.resaved.shrunk, found.shrunk) < 5
    again = reading.read(content, "b.jpg", reading.Reader(30, 15, resaving=WAY))
    assert np.array_equal(again.resaved.mosaic, found.resaved.mosaic)
    assert again.resaved.shrunk is None  # no network will look
    full = decoding.decode(content, "a.jpg")
    copy = resaving.copy_of(content, full, WAY)
    assert error(matrices.mosaic(copy, 15), found.resaved.mosaic) < 1
    assert error(matrices.shrink(copy, 16), found.resaved.shrunk) < 1


def test_three_versions_of_a_photo_by_hand():
    own, copy = np.array([10, 250, 3], np.uint8), np.array([12, 240, 9], np.uint8)
    assert [each.tolist() for each in resaving.versions(own, copy)] == [[10, 250, 3], [12, 240, 9], [8, 255, 0]]
    assert len(resaving.versions(own, copy)) == resaving.VERSIONS


def test_a_copy_follows_the_seed_and_the_content_alone(picture):
    content = saved(picture, 95)
    copy = resaving.copy_of(content, picture, WAY)
    assert np.array_equal(copy, resaving.copy_of(content, picture, WAY))
    assert not np.array_equal(copy, resaving.copy_of(content, picture, WAY._replace(seed=2)))
    assert not np.array_equal(copy, resaving.copy_of(content + b" ", picture, WAY))
