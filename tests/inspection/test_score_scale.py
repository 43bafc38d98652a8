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


def test_more_photos_are_believed_more():
    assert [score_scale.surety(count, 10.0) for count in (0, 10, 30, 190)] == [0, 0.5, 0.75, 0.95]
