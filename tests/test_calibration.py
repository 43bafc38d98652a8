"""p-values, thresholds and verdicts, by hand."""

import math

import numpy as np
import pytest

from soart import calibration
from soart.calibration import Alarm, PValues

TEN = np.arange(1.0, 11.0)


def test_gumbel_by_hand():
    location, scale = calibration.gumbel(TEN)
    deviation = math.sqrt(8.25)  # mean of squares 38.5 less 5.5 squared
    assert scale == pytest.approx(deviation * math.sqrt(6) / math.pi)
    assert location == pytest.approx(5.5 - 0.5772156649 * scale)


def test_p_values_by_hand():
    location, scale = calibration.gumbel(TEN)
    p = calibration.p_values(location, TEN)
    assert p.gumbel == pytest.approx(1 - math.exp(-1))
    assert calibration.p_values(location + 20 * scale, TEN).gumbel == pytest.approx(math.exp(-20), rel=1e-6)
    assert calibration.p_values(-1e9, TEN).gumbel == 1
    assert calibration.p_values(8.0, TEN).conformal == pytest.approx(4 / 11)  # 8, 9, 10 and itself
    assert calibration.p_values(11.0, TEN).conformal == pytest.approx(1 / 11)


def test_few_good_images_have_no_gumbel_tail():
    assert calibration.p_values(3.0, TEN[:8]).gumbel is None
    assert calibration.p_values(3.0, TEN[:9]).gumbel is not None


@pytest.mark.parametrize("tail", calibration.TAILS)
@pytest.mark.parametrize("rate", [0.05, 0.1, 0.2, 0.5, 0.9])
def test_threshold_and_p_value_agree(tail, rate):
    scores = np.random.default_rng(0).gumbel(5, 2, 39)
    alarm = Alarm(rate, tail)
    limit = calibration.threshold(alarm, scores)
    above, below = (calibration.p_values(limit + step, scores) for step in (1e-6, -1e-6))
    assert calibration.verdict(above, alarm, 39) == "flagged"
    assert calibration.verdict(below, alarm, 39) == "good"


def test_which_rates_are_possible():
    assert calibration.possible(Alarm(0.05, "conformal"), 19)
    assert not calibration.possible(Alarm(0.05, "conformal"), 18)
    assert calibration.possible(Alarm(0.001, "gumbel"), 9)
    assert not calibration.possible(Alarm(0.5, "gumbel"), 8)
    assert calibration.threshold(Alarm(0.05, "conformal"), TEN) is None
    assert calibration.verdict(PValues(None, 0.2), Alarm(), 4) == "no_alarm_possible"


def test_conformal_alarm_keeps_its_promise():
    rng = np.random.default_rng(0)
    flagged = [
        calibration.p_values(rng.standard_normal(), rng.standard_normal(19)).conformal <= 0.05 + 1e-12
        for _ in range(4000)
    ]
    assert np.mean(flagged) == pytest.approx(0.05, abs=0.012)


def test_gumbel_alarm_of_gumbel_scores_is_near_its_rate():
    rng = np.random.default_rng(0)
    flagged = [calibration.p_values(rng.gumbel(), rng.gumbel(size=50)).gumbel <= 0.05 for _ in range(4000)]
    assert np.mean(flagged) == pytest.approx(0.055, abs=0.015)


def test_equal_scores_do_not_divide_by_zero():
    assert calibration.p_values(3.0, np.full(12, 3.0)).gumbel > 0.05
    assert calibration.p_values(4.0, np.full(12, 3.0)).gumbel == 0


def test_places_by_hand():
    roots = np.array([[1, 5], [3, 5]], np.float32)
    expected, deviation = calibration.places(roots, 2.0)
    # Place 0: mean 2, variance 1; place 1: 5 and 0; all: mean 3.5, variance (1 + 25 + 9 + 25) / 4 - 12.25.
    assert expected.tolist() == pytest.approx([(2 * 2 + 2 * 3.5) / 4, (2 * 5 + 2 * 3.5) / 4])
    assert deviation.tolist() == pytest.approx([math.sqrt((2 * 1 + 2 * 2.75) / 4), math.sqrt(2 * 2.75 / 4)])


def test_held_out_takes_the_image_itself_out():
    roots = np.random.default_rng(0).uniform(1, 2, (6, 30)).astype(np.float32)
    scores = calibration.held_out(roots, 10.0, 5)
    for image in range(6):
        expected, deviation = calibration.places(np.delete(roots, image, axis=0), 10.0)
        assert scores[image] == pytest.approx(np.sort((roots[image] - expected) / deviation)[-5:].mean(), rel=1e-5)


def test_card_says_what_is_possible():
    card = {(row["tail"], row["rate"]): row for row in calibration.card(np.arange(50.0), (0.05, 0.01))}
    assert card["gumbel", 0.05]["worth"].startswith("Estimated: about 5 % of good parts")
    assert card["gumbel", 0.01]["worth"].startswith("Extrapolated")
    assert card["conformal", 0.05]["worth"].startswith("Guaranteed: in the long run at most 5 % of good parts")
    assert card["conformal", 0.01]["threshold"] is None
    assert card["conformal", 0.01]["worth"] == "No alarm possible: 50 good images, at least 99 are needed."
    assert calibration.worth(Alarm(), 4) == "No alarm possible: 4 good images, at least 9 are needed."
    assert calibration.worth(Alarm(), 15).startswith("Indicative")


@pytest.mark.parametrize(
    ("alarm", "sentence"),
    [
        (Alarm(0.05, "gumble"), "tail is 'gumble'; expected one of gumbel, conformal"),
        (Alarm(5.0), "rate is 5.0; expected a share between 0 and 1"),
        (Alarm(0.0), "rate is 0.0; expected a share between 0 and 1"),
        (Alarm(float("nan")), "rate is nan; expected a share between 0 and 1"),
    ],
)
def test_senseless_alarms_are_refused(alarm, sentence):
    with pytest.raises(ValueError, match=sentence):
        calibration.check(alarm)
