"""The photo as a whole: its distance against the slow form, what it does not depend on, and its say in a score."""

import numpy as np
import pytest

import samples
from soart.inspection import network_jury, whole
from soart.inspection.jury import Seen
from soart.inspection.learning import by_content
from soart.inspection.nearest import Settings
from soart.inspection.score_scale import scale_beside
from soart.photos.encodings import Encoding

SETTINGS = Settings(ridge=0.2, single_folds=12, folds=3, faint=0.1)
SHOWN = np.zeros(64, bool)


def made_words(count=9, maps=4, seed=0):
    """Means and deviations of maps; the deviations above 0."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(3, 2, (count, maps)), rng.uniform(0.5, 2, (count, maps))], axis=1).astype("f4")


def slow_distance(word, words, ridge, pairs=()):
    """z'(R + ridge I)^-1 z / L by the inverse of a matrix; R with the mean product of differences of `pairs`."""
    half = words.shape[1] // 2
    usual = words[:, half:].astype(float).mean(axis=0)

    def spoken(given):
        return np.concatenate([given[..., :half], np.log(given[..., half:] / usual + SETTINGS.faint)], axis=-1)

    all_spoken = spoken(words.astype(float))
    z = (spoken(word.astype(float)) - all_spoken.mean(axis=0)) / all_spoken.std(axis=0)
    correlations = np.corrcoef(all_spoken.T)
    for photo, copy in pairs:
        added = (spoken(copy.astype(float)) - spoken(photo.astype(float))) / all_spoken.std(axis=0)
        correlations += np.outer(added, added) / len(pairs)
    return np.sqrt(z @ np.linalg.inv(correlations + ridge * np.eye(len(z))) @ z / len(z))


@pytest.mark.parametrize("count", [3, 9, 40])  # fewer photos than numbers, and more
def test_distance_is_the_one_by_the_good_photos_correlations(count):
    words, new = made_words(count), made_words(5, seed=1)
    learned = whole.learn(words, SETTINGS)
    assert learned.directions.shape == (8, min(count, 8))
    for word in new:
        assert whole.distance(word, learned, SETTINGS) == pytest.approx(slow_distance(word, words, 0.2), rel=1e-4)


@pytest.mark.parametrize(("count", "folds"), [(9, 9), (14, 3)])
def test_good_photos_are_held_out(count, folds):
    """Each is measured by the others, or, of more than `single_folds`, by those outside of its fold."""
    words = made_words(count)
    held_out, order = whole.learn(words, SETTINGS).held_out, by_content(words)
    for first in range(folds):
        fold = order[first::folds]
        others = np.delete(words, fold, axis=0)
        for photo in fold:
            assert held_out[photo] == pytest.approx(slow_distance(words[photo], others, 0.2), rel=1e-4)


def test_held_out_the_farthest_version_counts():
    words, other = made_words(), made_words(seed=4)
    learned, plain = whole.learn(words, SETTINGS, other[None]), whole.learn(words, SETTINGS)
    for photo in range(9):
        others = np.delete(words, photo, axis=0)
        expected = max(slow_distance(each[photo], others, 0.2) for each in (words, other))
        assert learned.held_out[photo] == pytest.approx(expected, rel=1e-4)
    assert all(np.array_equal(one, two) for one, two in zip(learned[:-1], plain[:-1], strict=True))


def test_what_saving_adds_is_no_defect_where_it_adds_more_than_good_photos_differ_by():
    words, new = made_words(20), made_words(5, seed=1)
    copies = {photo: words[photo] + np.array([9, 9, 0, 0, 0, 0, 0, 0], "f4") for photo in (2, 3, 11)}
    learned = whole.learn(words, SETTINGS, copies=copies)
    pairs = [(words[photo], copy) for photo, copy in copies.items()]
    for word in new:
        assert whole.distance(word, learned, SETTINGS) == pytest.approx(
            slow_distance(word, words, 0.2, pairs), rel=1e-4
        )
    order = by_content(words)
    for fold in (order[first::3] for first in range(3)):
        others = [pair for photo, pair in zip(copies, pairs, strict=True) if photo not in fold]
        for photo in fold:
            expected = slow_distance(words[photo], np.delete(words, fold, axis=0), 0.2, others)
            assert learned.held_out[photo] == pytest.approx(expected, rel=1e-4)
    plain = whole.learn(words, SETTINGS)
    for word in new:
        saved = word + np.array([9, 9, 0, 0, 0, 0, 0, 0], "f4")
        far, before = (whole.distance(saved, each, SETTINGS) / each.held_out.mean() for each in (learned, plain))
        assert far < 0.7 * before


def test_copies_that_are_as_near_as_the_photos_change_no_bit():
    words = made_words(20)
    plain = whole.learn(words, SETTINGS)
    for factor in (1.0, 1.01):
        learned = whole.learn(words, SETTINGS, copies={photo: words[photo] * factor for photo in range(10)})
        assert all(np.array_equal(one, two) for one, two in zip(learned, plain, strict=True))


def test_an_odd_photo_does_not_hide_what_saving_adds():
    """It deviates so much that saving adds less than all distances deviate; beside the others it adds more."""
    words = made_words(20)
    words[7, 3] += 1000
    copies = {photo: words[photo] + np.array([9, 9, 0, 0, 0, 0, 0, 0], "f4") for photo in (2, 3, 11)}
    plain, learned = whole.learn(words, SETTINGS), whole.learn(words, SETTINGS, copies=copies)
    assert plain.held_out.std() > 10
    assert not np.array_equal(plain.held_out, learned.held_out)


@pytest.mark.parametrize("added", [0.0, 9.0])
def test_order_changes_no_bit(added):
    words, order = made_words(), np.random.default_rng(2).permutation(9)
    copies = {photo: words[photo] + np.float32(added) for photo in (1, 4, 7)}
    learned = whole.learn(words, SETTINGS, copies=copies)
    again = whole.learn(
        words[order], SETTINGS, copies={int(np.flatnonzero(order == n)[0]): copies[n] for n in (7, 1, 4)}
    )
    assert np.array_equal(again.held_out, learned.held_out[order])
    assert all(np.array_equal(one, two) for one, two in zip(learned[:-1], again[:-1], strict=True))


def test_what_never_differs_counts_nothing():
    """A map that is the same in all good photos, or empty in them, says nothing of another photo."""
    words = made_words()
    words[:, [1, 5]] = 7, 0
    learned, far = whole.learn(words, SETTINGS), words[0].copy()
    far[[1, 5]] = 1e4, 1e4
    assert whole.distance(far, learned, SETTINGS) == whole.distance(words[0], learned, SETTINGS)
    assert (learned.usual > 0).all()


def test_twice_as_rough_is_as_far_as_half():
    """One map, whose deviation is a, 1 or 1 / a beside the usual, but for what is faint."""
    words = np.array([[0, 1], [1, 1.2], [0, 1 / 1.2], [1, 1]], "f4")
    words[:, 1] *= 50
    learned = whole.learn(words, SETTINGS)
    rough, smooth = (whole.distance(np.array([0.5, 50 * by], "f4"), learned, SETTINGS) for by in (2, 0.5))
    assert smooth == pytest.approx(rough, rel=0.1)
    assert rough > 3 * whole.distance(words[0], learned, SETTINGS)


@pytest.fixture(scope="module")
def jury():
    return samples.network_jury(12)


def found_in(jury, photo):
    return jury.find([Seen(Encoding("", None), None, None, photo)], [None])[0]


def test_the_whole_has_its_share_in_the_score(jury):
    """Three tenths of 12 / (12 + 10), in the unit of the places; the places alone say where."""
    rest = jury.learned, jury.learned_whole, jury.hidden, jury.photos, jury.kinds
    alone = network_jury.NetworkJury(jury.network, jury.settings._replace(whole=0.0), *rest)
    share, scale = 0.3 * 12 / 22, scale_beside(jury.learned_whole.held_out, jury.learned.held_out)
    assert np.array_equal(alone.held_out, jury.learned.held_out)
    assert np.allclose(
        jury.held_out,
        (1 - share) * jury.learned.held_out + share * (scale.factor * jury.learned_whole.held_out + scale.offset),
    )
    for kind in ("good", "errorA"):
        photo = samples.pictures("test", 1, kind)[0]
        both, places = found_in(jury, photo), found_in(alone, photo)
        far = (
            scale.factor * whole.distance(jury.network.read(photo, SHOWN)[1], jury.learned_whole, jury.settings)
            + scale.offset
        )
        assert both.score == pytest.approx((1 - share) * places.score + share * far)
        assert (both.place, both.distance) == (places.place, places.distance)
        assert np.array_equal(both.heat_map(), places.heat_map())


@pytest.mark.parametrize(("number", "driver"), [(0, "whole"), (1, "first")])
def test_what_drives_a_score_is_the_whole_where_that_is_farther(jury, number, driver):
    """Of two parts without a plus the first is as a whole farther than its strangest places, the second is not."""
    photo = samples.pictures("test", 2, "errorA")[number]
    found = found_in(jury, photo)
    assert found.kind() == driver
    told = jury.reason(photo, found.place, None)
    if driver == network_jury.WHOLE:
        assert told.startswith("as a whole unlike 12 good ones, more than at its strangest places; here most of all at")
    else:
        assert told.startswith("a look that none of 12 good ones has there or beside, most of all at")


def test_the_whole_is_read_over_what_good_photos_show(jury):
    """The whole leaves out places that no good photo shows or nobody asks for."""
    pictures, hidden = samples.pictures("learn", 6), np.zeros((6, 8, 8), bool)
    hidden[:, :, 4:], hidden[0, 0, 0] = True, True  # the right half of all, and a corner of one
    learned = network_jury.learn(pictures, list("abcdef"), jury.network, jury.settings, hidden.reshape(6, 64))
    assert np.array_equal(learned.hidden.reshape(8, 8), np.tile(np.arange(8) >= 4, (8, 1)))
    photo = samples.pictures("test", 1)[0].copy()
    before = learned.distance(learned.network.read(photo, learned.hidden)[1])
    photo[:, 8:] = 0
    assert learned.distance(learned.network.read(photo, learned.hidden)[1]) == before
