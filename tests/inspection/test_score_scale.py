"""Scales of scores: hand-worked ones beside others."""

import numpy as np
import pytest

from soart.inspection import score_scale


def test_scores_start_and_go_on_as_others():
    """Of ten scores the five highest: of 0..9 above 4, mean excess 3; of 50 .. 230 by 20 above 130, 60."""
    scores, others = np.arange(50.0, 250, 20), np.arange(10.0)
    factor, offset = score_scale.scale_beside(scores, others)
    assert (factor, offset) == (pytest.approx(3 / 60), pytest.approx(4 - 130 * 3 / 60))
    assert np.allclose(factor * scores + offset, others)  # both are evenly spaced
    assert score_scale.scale_beside(others, others) == (1, 0)


def test_scores_that_tell_less_start_lower():
    scores, others = np.arange(50.0, 250, 20), np.arange(10.0)
    factor, offset = score_scale.scale_beside(scores, others, 2.0)
    assert (factor, offset) == (pytest.approx(3 / 60), pytest.approx(4 - 2 * 3 - 130 * 3 / 60))


@pytest.mark.parametrize("swapped", [False, True])
def test_a_photo_that_is_odd_beyond_doubt_changes_no_scale(swapped):
    """By one reading it is a hundred times as far as the others: without it these tell the scale."""
    rng = np.random.default_rng(3)
    for count in (10, 20, 50):
        pair = rng.exponential(size=(2, count)) + 3
        expected = score_scale.scale_beside(*(pair[::-1] if swapped else pair), 1.5)
        for far in (100.0, 1e4):
            with_odd = np.insert(pair, rng.integers(count), [far, 3.5], axis=1)
            found = score_scale.scale_beside(*(with_odd[::-1] if swapped else with_odd), 1.5)
            assert found == expected


def test_where_half_are_odd_all_tell_the_scale():
    scores = np.concatenate([np.linspace(3, 3.2, 8), [40, 400, 4e3, 4e4, 4e5, 4e6, 4e7, 4e8]])
    factor, _ = score_scale.scale_beside(scores, np.arange(16.0))
    assert factor < 1e-6


def test_more_photos_are_believed_more():
    assert [score_scale.surety(count, 10.0) for count in (0, 10, 30, 190)] == [0, 0.5, 0.75, 0.95]
