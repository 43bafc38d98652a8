"""Smallest visible changes: against a hand-worked model, and against changes painted into good parts."""

import numpy as np
import pytest

import samples
from soart.inspection import calibration, changes, learning
from soart.inspection import distances as inspection
from soart.inspection.calibration import Alarm
from soart.inspection.distances import Judges, Settings

ALARM = Alarm(0.1, "conformal")
HELD_OUT = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 20.0])  # the alarm's threshold is 20, a usual score 1
LEVEL = calibration.threshold(ALARM, HELD_OUT)
PLAIN = Settings(size=7, degree=4, shift=0, top=1)  # words of 27 numbers: all that nine pixels of three colours show


def plain_judges(brightness: float = 0.0, precision: float = 1.0) -> Judges:
    """A part of one brightness everywhere, at which every pixel may differ by 1 / sqrt(precision)."""
    reference = np.full((7, 7, 3), brightness, np.float32)
    scale = np.stack([np.zeros(49), np.full(49, np.inf)]).astype(np.float32)  # the strict reading has no say
    identity = np.tile(np.eye(27, dtype=np.float32) * precision, (49, 1, 1))
    return Judges(reference, np.zeros((49, 27), np.float32), identity, 1.0, scale, np.ones((2, 49), np.float32))


def test_smallest_changes_by_hand():
    """The basis is orthonormal: E = changed pixels x 3 colours x a^2 / 27, at best 9 pixels of a word; z = sqrt(E)."""
    patch = changes.smallest_changes(plain_judges(), PLAIN, HELD_OUT, LEVEL, 1)
    assert patch[3, 3] == pytest.approx(20, abs=1e-4)
    place = changes.smallest_changes(plain_judges(), PLAIN, HELD_OUT, LEVEL, 0)
    assert place[3, 3] == pytest.approx(20 * 3, abs=1e-4)
    assert place[0, 0] == pytest.approx(20 * 3 / 2, abs=1e-4)  # beyond the corner it is repeated: four pixels


def test_the_direction_of_a_change_does_not_matter_where_nothing_lies_beside():
    dark, bright = (changes.smallest_changes(plain_judges(level), PLAIN, HELD_OUT, LEVEL, 1) for level in (0, 255))
    assert np.array_equal(dark, bright)


def test_the_score_counts_the_usual_part_elsewhere():
    """With top = 5 the word of all nine changed pixels and its four neighbours of six, or four usual places of 1."""
    settings = PLAIN._replace(top=5)
    found = changes.smallest_changes(plain_judges(precision=100.0), settings, HELD_OUT, LEVEL, 1)
    assert found[3, 3] == pytest.approx(5 * 20 / (10 * (1 + 4 * np.sqrt(6 / 9))), abs=1e-4)


def test_a_last_digit_moves_no_change_by_a_step():
    """Between processors sums differ by some 1e-7 of their size: the search must not make more of that."""
    found = [
        changes.smallest_changes(plain_judges(precision=precision), PLAIN, HELD_OUT, 127 / 8 * scale, 1)[3, 3]
        for precision, scale in ((1.0, 1 - 1e-7), (1.0, 1.0), (1.0, 1 + 1e-7))  # 127 / 8 is an end of a half
    ]
    assert np.ptp(found) < 1e-5


def test_blind_places_and_impossible_alarms():
    blind = changes.smallest_changes(plain_judges(precision=1e-6), PLAIN, HELD_OUT, LEVEL, 1)
    assert np.isnan(blind).all()
    assert changes.median(blind) == np.inf
    assert np.isnan(changes.smallest_changes(plain_judges(), PLAIN, HELD_OUT[:4], None, 1)).all()


def test_places_outside_of_the_region_have_no_row_and_see_nothing():
    """Words within the region still see all that lies around them."""
    inside = np.ones((7, 7), bool)
    inside[:, :4] = False
    patch = changes.smallest_changes(plain_judges(), PLAIN, HELD_OUT, LEVEL, 1, inside)
    assert np.isnan(patch[:, :4]).all()
    assert patch[3, 5] == pytest.approx(20, abs=1e-4)
    whole = changes.smallest_changes(plain_judges(), PLAIN, HELD_OUT, LEVEL, 1)
    assert np.array_equal(changes.smallest_changes(plain_judges(), PLAIN, HELD_OUT, LEVEL, 1, whole > 0), whole)
    alone = np.zeros((7, 7), bool)
    alone[3, 3] = True
    assert changes.smallest_changes(plain_judges(), PLAIN, HELD_OUT, LEVEL, 1, alone)[3, 3] == pytest.approx(
        20, abs=1e-4
    )


def test_what_doubles_a_usual_score_by_hand():
    """A usual score is 1: twice that needs a change of 2 levels, as in `test_smallest_changes_by_hand`."""
    assert changes.doubling_change(plain_judges(), PLAIN, HELD_OUT) == pytest.approx(2, abs=1e-4)
    assert changes.doubling_change(plain_judges(), PLAIN, 3 * HELD_OUT) == pytest.approx(6, abs=1e-3)
    assert changes.doubling_change(plain_judges(precision=0.25), PLAIN, HELD_OUT) == pytest.approx(4, abs=1e-3)
    assert changes.doubling_change(plain_judges(precision=1e-6), PLAIN, HELD_OUT) == np.inf
    odd = np.append(HELD_OUT[:-1], 1e6)  # an odd photo has no say
    assert changes.doubling_change(plain_judges(), PLAIN, odd) == pytest.approx(2, abs=1e-4)


def test_what_is_usual_is_asked_of_places_that_count():
    """Of 7 x 7 places those of rows and columns 1 and 4 are asked, or all that count where none of these does."""
    judges = plain_judges()
    judges.precision[(np.arange(49) % 7) < 4] *= 1e-8  # the left is blind
    assert changes.doubling_change(judges, PLAIN, HELD_OUT) == np.inf
    right = np.zeros((7, 7), bool)
    right[:, 3:] = True
    assert changes.doubling_change(judges, PLAIN, HELD_OUT, right) == pytest.approx(2, abs=1e-3)
    corner = np.zeros((7, 7), bool)
    corner[5:, 5:] = True
    assert np.isfinite(changes.doubling_change(judges, PLAIN, HELD_OUT, corner))


def test_a_usual_score_that_tells_nothing_says_that_colours_see_nothing():
    """Of a region of fewer places than make a score, and of scores at or below 0, twice a usual one is no more."""
    one = np.zeros((7, 7), bool)
    one[3, 3] = True
    assert np.isfinite(changes.doubling_change(plain_judges(), PLAIN, HELD_OUT, one))
    assert changes.doubling_change(plain_judges(), PLAIN._replace(top=2), HELD_OUT, one) == np.inf
    for usual in (0.0, -1.0):
        assert changes.doubling_change(plain_judges(), PLAIN, np.full(9, usual)) == np.inf


def test_no_word_is_taken_from_out_of_the_region():
    inside = np.zeros((7, 7), bool)
    inside[3, 3] = True
    found = [
        changes.smallest_changes(plain_judges(), PLAIN._replace(shift=shift), HELD_OUT, LEVEL, 1, inside)[3, 3]
        for shift in (0, 1)
    ]
    assert np.isfinite(found[0])
    assert found[0] == pytest.approx(found[1])


def painted(mosaic: np.ndarray, judges: Judges, place: int, reach: int, levels: float) -> np.ndarray:
    """A mosaic with a change at a place, as a camera of endless precision would have it."""
    row, column = divmod(place, len(mosaic))
    around = np.s_[max(row - reach, 0) : row + reach + 1, max(column - reach, 0) : column + reach + 1]
    changed = mosaic.astype(np.float64)
    changed[around] += levels * changes.directions(judges.reference)[around]
    return np.clip(changed, 0, 255)


@pytest.mark.parametrize("reach", [0, 1])
@pytest.mark.parametrize("strict_from", [20, 99], ids=["two readings", "one reading"])
def test_half_of_painted_changes_are_found_at_that_size_hardly_any_at_half_nearly_all_at_twice(reach, strict_from):
    settings = samples.SMALL._replace(size=31, strict_from=strict_from, total_warps=60)
    learned = learning.fit(samples.mosaics("learn", 25, settings), settings)
    alarm = Alarm()
    levels = changes.smallest_changes(
        learned.judges, settings, learned.held_out, calibration.threshold(alarm, learned.held_out), reach
    ).ravel()
    threshold = calibration.threshold(alarm, learned.held_out)
    good = samples.mosaics("test", 20, settings)
    places = np.random.default_rng(1).choice(np.flatnonzero(levels < 60), 200)
    found = {}
    for times in (0.5, 1.0, 2.0):
        scores = [
            inspection.inspect(
                painted(good[number % 20], learned.judges, place, reach, times * levels[place]),
                learned.judges,
                settings,
            ).score
            for number, place in enumerate(places.tolist())
        ]
        found[times] = np.mean(np.array(scores) >= threshold)
    assert found[0.5] < 0.15
    assert 0.3 < found[1.0] < 0.8
    assert found[2.0] > 0.95
