"""Kinds of good photos: hand-made words whose groups are known."""

import numpy as np
import pytest

from soart.inspection import kinds

SIDE, LENGTH = 8, 6


def photos(rng: np.random.Generator, sizes: list[int], apart: float = 2.0) -> np.ndarray:
    """Words of photos of so many kinds: each kind has a look of its own, and each photo differs from it by chance."""
    looks = apart * rng.normal(size=(len(sizes), SIDE, SIDE, LENGTH))
    found = [look + rng.normal(size=(size, SIDE, SIDE, LENGTH)) for look, size in zip(looks, sizes, strict=True)]
    return np.concatenate(found).astype(np.float32)


@pytest.mark.parametrize(
    "sizes", [[21, 4], [42, 8], [23, 2], [12, 12], [12, 4, 4, 4], [15, 5, 3, 2], [2, 2], [8, 7, 6, 5, 4, 3, 3, 2]]
)
def test_photos_of_several_kinds_are_told_by_size(sizes, rng):
    words, expected = photos(rng, sizes), np.repeat(np.arange(len(sizes)), sizes)
    found = kinds.find_kinds(words)
    assert found.dtype == np.int32
    assert np.bincount(found).tolist() == sizes
    pairs = set(zip(expected.tolist(), found.tolist(), strict=True))
    assert len(pairs) == len(sizes)  # as they were made, up to the numbers of equal sizes
    assert all(sizes[one] == sizes[other] for one, other in pairs)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 10, 30, 100])
def test_photos_of_one_kind_are_all_of_the_first(count):
    for seed in range(20):
        assert not kinds.find_kinds(photos(np.random.default_rng(seed), [count])).any()
    assert not kinds.find_kinds(np.ones((count, SIDE, SIDE, LENGTH), np.float32)).any()


def test_odd_photos_that_are_each_alone_are_no_kind(rng):
    words = photos(rng, [20, 1, 1, 1], apart=5.0)
    assert not kinds.find_kinds(words).any()
    two_alike = np.concatenate([words, words[-1:] + 0.1])
    assert sorted(kinds.find_kinds(two_alike).tolist()) == [0] * 20 + [1, 1, 2, 3]
    assert kinds.find_kinds(two_alike)[-2:].tolist() == [1, 1]


@pytest.mark.parametrize("sizes", [[9, 4, 2], [6, 6], [4, 4, 4], [20]])
def test_another_order_of_photos_changes_no_photo_s_kind(sizes, rng):
    words = photos(rng, sizes)
    found = kinds.find_kinds(words)
    for _ in range(5):
        order = rng.permutation(len(words))
        assert kinds.find_kinds(words[order]).tolist() == found[order].tolist()


def test_beyond_those_looked_at_a_photo_is_of_the_kind_of_the_nearest(rng, monkeypatch):
    words, sizes = photos(rng, [40, 13, 7]), [40, 13, 7]
    monkeypatch.setattr(kinds, "LOOKED", 25)
    assert kinds.find_kinds(words).tolist() == np.repeat([0, 1, 2], sizes).tolist()
    order = rng.permutation(60)
    assert kinds.find_kinds(words[order]).tolist() == np.repeat([0, 1, 2], sizes)[order].tolist()


def test_of_more_than_five_hundred_photos_each_has_its_kind(rng):
    words = photos(rng, [520, 60])
    assert kinds.find_kinds(words).tolist() == [0] * 520 + [1] * 60


def test_what_counts_in_no_photo_tells_no_kind(rng):
    words, never = photos(rng, [20]), np.zeros((SIDE, SIDE), bool)
    never[:, :3] = True
    words[12:, :, :3] += 100.0
    assert kinds.find_kinds(words).tolist() == [0] * 12 + [1] * 8
    assert not kinds.find_kinds(words, never.ravel()).any()
    words[15:] += 3.0
    assert kinds.find_kinds(words, never.ravel()).tolist() == [0] * 15 + [1] * 5


def test_a_number_has_no_more_say_for_being_large_or_none_for_never_differing(rng):
    words = photos(rng, [9, 4])
    scaled = words * np.array([1e-3, 1, 1, 1e3, 1, 1e5], np.float32)
    assert kinds.find_kinds(scaled).tolist() == [0] * 9 + [1] * 4
    flat = np.concatenate([words, np.full((13, SIDE, SIDE, 1), 1 / 3, np.float32)], axis=3)
    assert kinds.find_kinds(flat).tolist() == [0] * 9 + [1] * 4


@pytest.mark.parametrize("side", [5, 7, 8, 10, 14, 28])
def test_cells_are_means_of_the_places_that_lie_in_them(side, rng):
    """As of a picture in which each place is as many pixels as there are cells: whole pixels lie in each cell."""
    words, count = rng.normal(size=(side, side)), min(side, 7)
    fine = np.kron(words, np.ones((count, count)))
    expected = fine.reshape(count, side, count, side).mean(axis=(1, 3))
    assert kinds.cell_weights(side) @ words.ravel() == pytest.approx(expected.ravel(), rel=1e-4, abs=1e-5)


def test_cells_are_means_of_the_places_that_count():
    """14 x 14 places, 2 x 2 in a cell: of the first cell one counts, of the second none."""
    never = np.zeros((14, 14), bool)
    never[:2, :4] = True
    never[1, 1] = False
    weights = kinds.cell_weights(14, never.ravel())
    assert weights.shape == (48, 196)
    assert np.flatnonzero(weights[0]).tolist() == [15]
    assert np.flatnonzero(weights[1]).tolist() == [4, 5, 18, 19]
    assert weights.sum(axis=1) == pytest.approx(np.ones(48))
    assert np.array_equal(kinds.cell_weights(14, np.ones(196, bool)), kinds.cell_weights(14))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0, 1, 10, 11, 12], [1, 1, 0, 0, 0]),
        ([0, 0, 0, 5, 5], [0, 0, 0, 1, 1]),
        ([0, 7, 8, 16], [0, 0, 0, 0]),  # of two groups or three all but one are of a single photo
        ([0, 1, 9], [0, 0, 0]),  # likewise
        ([3, 3, 3, 3], [0, 0, 0, 0]),
    ],
)
def test_kinds_by_hand(values, expected):
    """Photos of one place and one number."""
    assert kinds.find_kinds(np.array(values, np.float32).reshape(-1, 1, 1, 1)).tolist() == expected


@pytest.mark.parametrize(("limit", "told"), [(0.745, True), (0.747, False)])
def test_groups_are_kinds_from_a_mean_silhouette_on(limit, told, monkeypatch):
    """0, 1 and 4, 5: at 0 and 5 it is 1 - 1 / 4.5, at 1 and 4 1 - 1 / 3.5; the mean is 0.746."""
    monkeypatch.setattr(kinds, "CLEAR", limit)
    found = kinds.find_kinds(np.array([0, 1, 4, 5], np.float32).reshape(-1, 1, 1, 1))
    assert found.any() == told
