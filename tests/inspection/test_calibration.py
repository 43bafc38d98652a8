"""p-values, thresholds and verdicts, by hand."""

import math

import numpy as np
import pytest

from soart.inspection import calibration, calibration_card
from soart.inspection.calibration import Alarm, PValues
from soart.inspection.verdict import Odd

TEN = np.arange(1.0, 11.0)


def test_p_values_by_hand():
    assert calibration.p_values(8.0, TEN).conformal == pytest.approx(4 / 11)  # 8, 9, 10 and itself
    assert calibration.p_values(11.0, TEN).conformal == pytest.approx(1 / 11)


def test_exponential_tail_by_hand():
    # Of ten scores the upper fifth is 9 and 10; they exceed the next, 8, by 1.5 on average.
    assert calibration.upper_fifth(TEN) == (2, 8.0, 1.5)
    assert calibration.p_values(11.0, TEN).exponential == pytest.approx(3 / 11 * (1 + 3 / 3) ** -2)
    assert calibration.p_values(8.0, TEN).exponential == pytest.approx(4 / 11)  # by rank: 8, 9, 10 and itself
    assert calibration.p_values(0.0, TEN).exponential == 1
    limit = calibration.threshold(Alarm(), TEN)
    assert limit == pytest.approx(8 + 3 * (math.sqrt(3 / 11 / 0.05) - 1))
    assert calibration.threshold(Alarm(0.4), TEN) == 7.0  # the fourth largest: 4 of 11 is the highest rank below 0.4


def test_upper_fifth_of_few_and_of_equal_scores():
    assert calibration.upper_fifth(np.array([3.0, 5.0])) == (1, 3.0, 2.0)
    assert calibration.upper_fifth(np.full(6, 2.0)) == (2, 2.0, 1e-9)


def test_upper_fifth_of_at_least_so_many():
    """Of 1 .. 10 the five above 5 exceed it by 3 on average; of two scores there is one, whatever is asked for."""
    assert calibration.upper_fifth(TEN, least=5) == (5, 5.0, 3.0)
    assert calibration.upper_fifth(np.array([3.0, 5.0]), least=5) == (1, 3.0, 2.0)
    assert calibration.upper_fifth(np.arange(50.0), least=5) == calibration.upper_fifth(np.arange(50.0))


def test_p_values_fall_as_the_score_rises():
    scores = np.random.default_rng(0).gumbel(5, 2, 23)
    found = [calibration.p_values(score, scores) for score in np.linspace(0, 30, 400)]
    for name in calibration.TAILS:
        assert (np.diff([getattr(p, name) for p in found]) <= 0).all()


@pytest.mark.parametrize(("images", "above"), [(9, 0.01), (50, 0.012)])
def test_exponential_alarm_of_exponential_scores_is_near_its_rate(images, above):
    """With the right tail the rate would be 0.05 exactly, if no image were taken for odd; few images cannot say."""
    rng = np.random.default_rng(images)
    rates = []
    for _ in range(1000):
        limit = calibration.threshold(Alarm(), rng.exponential(size=images))
        rates.append(math.exp(-limit))
    assert 0.047 < np.mean(rates) < 0.05 + above


def test_odd_by_hand():
    scores = np.arange(1.0, 10)  # the five highest exceed the next, 4, by 1 to 5; s = 3 / ln 2 = 4.33
    assert not calibration.find_odd(scores).any()  # 5 (1 + 5 / (5 * 4.33))^-5 = 1.8
    limit = 4 + 5 * 3 / math.log(2) * ((5 / calibration.ODD_CHANCE) ** (1 / 5) - 1)  # 23.6
    assert not calibration.find_odd(np.append(scores[:8], limit - 0.01)).any()
    assert calibration.find_odd(np.append(scores[:8], limit + 0.01)).nonzero()[0].tolist() == [8]
    assert not calibration.find_odd(np.array([1.0, 1, 1, 1, 900])).any()  # too few to know


def test_several_odd_images_are_found_one_after_the_other():
    scores = np.array([1.0, 900, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 40, 2, 2, 3])
    assert calibration.find_odd(scores).nonzero()[0].tolist() == [1, 13]
    assert np.array_equal(calibration.find_odd(scores[::-1]), calibration.find_odd(scores)[::-1])
    assert np.array_equal(calibration.find_odd(7 * scores - 3), calibration.find_odd(scores))
    assert not calibration.find_odd(np.full(12, 3.0)).any()


def test_an_odd_image_does_not_count_in_the_tail():
    scores = np.append(np.random.default_rng(3).exponential(size=30), 794.0)
    assert calibration.threshold(Alarm(), scores) == calibration.threshold(Alarm(), scores[:30])
    assert calibration.p_values(5.0, scores).exponential == calibration.p_values(5.0, scores[:30]).exponential
    assert calibration.p_values(5.0, scores).conformal == 2 / 32  # by rank all count: that is its promise
    assert calibration_card.reliability_note(Alarm(), scores).endswith("; 1 is odd and did not count.")


def test_at_most_a_tenth_is_taken_out_of_the_tail_and_nine_stay():
    few = np.array([1.0, 2, 1, 2, 1, 2, 1, 2, 3, 900])
    assert calibration.tail_scores(few).tolist() == sorted(few)[:9]
    assert calibration.tail_scores(few[1:]).tolist() == sorted(few[1:])
    many = np.concatenate([np.arange(20.0), 1e3 ** np.arange(2, 6)])
    assert calibration.find_odd(many).sum() == 4
    assert calibration.tail_scores(many).tolist() == sorted(many)[:22]


def test_thresholds_without_the_highest_that_count():
    """Of 1 .. 10 and 900, which is odd, 10, 9, 8 are the highest; without 10 the tail is 8 and 9 beyond 7, k = 2.

    Without 9, too, nine are left, of which none is taken out: 900 counts. Without 8, too, there is no alarm.
    """
    scores = np.append(TEN, 900.0)
    assert calibration.highest_counted(Alarm(), scores) == [9, 8, 7]
    assert calibration.highest_counted(Alarm(0.1, "conformal"), scores) == [10, 9, 8]  # by rank all count
    assert calibration.highest_counted(Alarm(), np.array([1.0, 3.0])) == [1, 0]
    assert calibration.thresholds_without(Alarm(), scores) == [
        pytest.approx(7 + 3 * (math.sqrt(3 / 10 / 0.05) - 1)),
        pytest.approx(7 + 894 * (math.sqrt(3 / 10 / 0.05) - 1)),
        None,
    ]


def test_odd_images_are_named_on_the_card():
    scores = np.append(np.arange(30.0), 794)
    card = calibration_card.card_columns(
        scores, 0.05, [Odd("good/wrong", 794.0, 15.0), Odd("good/b", 80.0, 15.0, False)]
    )
    named = (
        "; 1 is odd and did not count. good/wrong is odd: held out it scores 794, the median 15; look at it."
        " good/b is odd: held out it scores 80, the median 15; it was not learned from; look at it."
    )
    for tail, worth in zip(card["tail"], card["worth"], strict=True):
        assert worth.endswith(named) == (tail == "exponential")


def test_images_of_another_kind_are_odd_beforehand_and_not_among_the_others():
    """Half of them are: by their scores alone, none of 22 is odd, or all that are higher."""
    scores = np.append(np.arange(11.0), 3.0)
    foreign = np.zeros(24, bool)
    foreign[12:] = True
    found = calibration.find_odd(np.concatenate([scores, 1000 + scores]), foreign=foreign)
    assert found.tolist() == foreign.tolist()
    scores[5] = 90.0
    found = calibration.find_odd(np.concatenate([scores, 1000 + scores]), foreign=foreign)
    assert found.nonzero()[0].tolist() == [5, *range(12, 24)]


@pytest.mark.parametrize(
    ("sizes", "named", "apart"),
    [
        ([25], 0, 0),
        ([21, 4], 4, 4),
        ([13, 6, 4, 1], 11, 11),
        ([9, 8], 8, 8),
        ([8, 2], 2, 0),  # of eight others no tail is fitted
        ([12, 12], 0, 0),
        ([12, 4, 4, 4], 0, 0),
        ([10, 5, 4, 1], 0, 0),
        ([2, 2], 0, 0),
    ],
)
def test_those_unlike_most_are_named_and_set_apart_where_enough_stay(sizes, named, apart):
    kinds = np.repeat(np.arange(len(sizes)), sizes)
    assert calibration.unlike(kinds).tolist() == (kinds > 0).tolist() if named else not calibration.unlike(kinds).any()
    assert calibration.set_apart(kinds).sum() == apart
    scores = np.linspace(3, 4, len(kinds))
    assert calibration.odd_ones(scores, kinds).sum() == len(calibration.named_odd((), scores, kinds=kinds)) == named
    assert bool(calibration.mixture((), kinds)) == (2 * sizes[0] <= len(kinds))


def test_each_photo_unlike_most_has_a_sentence_of_its_own():
    """The median is of the 21 others, 14; one of these is odd by its score, and named as ever."""
    names, scores = [f"g/{number}" for number in range(26)], np.append(np.arange(3.0, 24), [9.0, 5, 30, 6, 80])
    scores[8], kinds = 700.0, np.array([0] * 21 + [1, 1, 1, 2, 3])
    assert [str(each) for each in calibration.named_odd(names, scores, kinds=kinds)] == [
        "g/8 is odd: held out it scores 700, the median 14",
        "g/25 looks unlike most good photos: held out it scores 80, the median 14",
        "g/23 looks unlike most good photos, like 2 others of them: held out it scores 30, the median 14",
        "g/21 looks unlike most good photos, like 2 others of them: held out it scores 9, the median 14",
        "g/24 looks unlike most good photos: held out it scores 6, the median 14",
        "g/22 looks unlike most good photos, like 2 others of them: held out it scores 5, the median 14",
    ]
    [last, *_] = calibration.named_odd((), scores[-5:] - 70, False, np.array([0, 0, 0, 1, 1]))
    assert str(last) == (
        "good photo 5 looks unlike most good photos, like 1 other of them: held out it scores 10, the median -61; it "
        "was not learned from"
    )


def test_where_no_kind_has_more_than_half_that_is_said_with_a_photo_of_each():
    kinds = np.array([0, 1, 0, 1, 2, 0, 2, 1, 0, 2])
    said = calibration.mixture([f"g/{number}" for number in range(10)], kinds)
    assert said == (
        "the good photos are of 3 kinds, none of which has more than half: 4 like g/0, 3 like g/1, 3 like g/4; an "
        "alarm of them all is worth little: learn each kind by itself"
    )
    assert "2 like good photo 1, 2 like good photo 2" in calibration.mixture((), np.array([0, 1, 1, 0]))
    card = calibration_card.card_columns(np.arange(10.0), 0.05, mixture=said)
    assert all(worth.endswith(f". T{said[1:]}.") for worth in card["worth"])


def test_the_card_says_how_many_of_another_kind_did_not_count():
    for count, said in ((1, "1 more good photo looks unlike most and did not count."),
                        (4, "4 more good photos look unlike most and did not count.")):  # fmt: skip
        card = calibration_card.card_columns(np.arange(21.0), 0.05, foreign=count)
        assert all(worth.endswith(f"; {said}") for worth in card["worth"])
        assert set(card["images"]) == {21}
    assert calibration_card.with_others("None.", 2, 1) == (
        "None; 2 more good photos repeat others and tell nothing new; 1 more good photo looks unlike most and did not "
        "count."
    )


def test_a_tail_is_worthless_where_half_of_the_images_are_odd():
    scores = np.concatenate([np.linspace(1, 1.2, 6), 10.0 ** np.arange(3, 9)])
    assert calibration.find_odd(scores).sum() == 6
    assert not calibration.alarm_possible(Alarm(), scores)
    assert calibration.threshold(Alarm(), scores) is None
    assert calibration.verdict(calibration.p_values(1e9, scores), Alarm(), 12) == "no_alarm_possible"
    assert calibration_card.reliability_note(Alarm(), scores) == (
        "No alarm possible: 6 of 12 good images are odd, so none of them is to be trusted."
    )
    assert calibration.alarm_possible(Alarm(0.1, "conformal"), scores)


def test_few_good_images_have_no_fitted_tail():
    assert calibration.p_values(3.0, TEN[:8]).exponential is None
    assert None not in calibration.p_values(3.0, TEN[:9])


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
    assert calibration.alarm_possible(Alarm(0.05, "conformal"), np.arange(19.0))
    assert not calibration.alarm_possible(Alarm(0.05, "conformal"), np.arange(18.0))
    assert calibration.alarm_possible(Alarm(0.001), np.arange(9.0))
    assert not calibration.alarm_possible(Alarm(0.5), np.arange(8.0))
    assert calibration.threshold(Alarm(0.05, "conformal"), TEN) is None
    assert calibration.verdict(PValues(None, 0.2), Alarm(), 4) == "no_alarm_possible"


def test_conformal_alarm_keeps_its_promise():
    rng = np.random.default_rng(0)
    flagged = [
        calibration.p_values(rng.standard_normal(), rng.standard_normal(19)).conformal <= 0.05 + 1e-12
        for _ in range(4000)
    ]
    assert np.mean(flagged) == pytest.approx(0.05, abs=0.012)


def test_equal_scores_do_not_divide_by_zero():
    assert calibration.p_values(3.0, np.full(12, 3.0)).exponential > 0.05
    assert calibration.p_values(4.0, np.full(12, 3.0)).exponential < 1e-9


def test_card_says_what_is_possible():
    card = {(row["tail"], row["rate"]): row for row in calibration_card.card_rows(np.arange(50.0), (0.05, 0.01))}
    assert card["exponential", 0.05]["worth"] == (  # beyond 39 + 10 * 5.5 * ((11 / 51 / 0.05)^0.1 - 1) = 47.7
        "Estimated: about 5 % of good parts are flagged; "
        "2 of 50 held-out scores lie beyond (95 % interval 0.5 to 13.7 %)."
    )
    assert "; 2 of 50 held-out scores lie beyond (95 % interval 0.5 to 13.7 %)." in (
        calibration_card.reliability_note(Alarm(0.05, "exponential"), np.array([*range(48), 50.0, 60.0]))
    )
    assert card["exponential", 0.01]["worth"].startswith("Extrapolated")
    assert card["conformal", 0.05]["worth"].startswith("Guaranteed: in the long run at most 5 % of good parts")
    assert card["conformal", 0.01]["threshold"] is None
    assert card["conformal", 0.01]["worth"] == "No alarm possible: 50 good images, at least 99 are needed."
    assert (
        calibration_card.reliability_note(Alarm(), np.arange(4.0))
        == "No alarm possible: 4 good images, at least 9 are needed."
    )
    assert calibration_card.reliability_note(Alarm(), np.arange(15.0)).startswith("Indicative")


@pytest.mark.parametrize(
    ("p", "images", "words"),
    [
        (4.2e-10, 50, "< 0.02"),  # 1/51 = 0.0196
        (1 / 51, 50, "< 0.02"),
        (1 / 50, 49, "< 0.021"),  # less than what it is rounded to
        (0.0195, 50, "< 0.02"),
        (0.1484, 50, "0.15"),
        (1e-9, 30, "< 0.033"),  # 1/31 = 0.0323, rounded up
        (1e-9, 9, "< 0.11"),  # 1/10
        (1e-9, 999, "< 0.0011"),
        (1.0, 3, "1"),
    ],
)
def test_a_p_value_is_never_shown_below_the_rank_limit(p, images, words):
    good = np.linspace(1, 5, images)
    assert calibration_card.p_value_words(p, 5.1, good) == words


@pytest.mark.parametrize(("p", "score", "words"), [(1e-9, 7.78, "0.024"), (0.03, 7.78, "0.03"), (1e-9, 8.1, "< 0.025")])
def test_where_a_good_image_scores_as_high_no_p_value_is_below_a_limit(p, score, words):
    """7.78 is flagged among 40 good images, one of which scores 8.09 and is odd."""
    good = np.append(np.linspace(1, 5, 39), 8.09)
    assert calibration_card.p_value_words(p, score, good) == words
    assert ("<" in words) == bool(calibration_card.extremity(score, good))


@pytest.mark.parametrize(("tail", "rate"), [("exponential", 0.001), ("exponential", 0.05), ("conformal", 0.05)])
def test_no_smaller_p_value_is_claimed_than_so_many_images_can_tell(tail, rate):
    """The verdict follows the tail all the same: it may ask for rarer alarms than the images can show."""
    scores, alarm = np.linspace(1, 5, 50), Alarm(rate, tail)
    for score in np.linspace(0, 40, 200):
        found = calibration.p_values(score, scores)
        claimed = calibration.claimed(found, alarm, 50)
        assert claimed == max(1 / 51, calibration.deciding_p_value(found, alarm))
        assert (calibration.verdict(found, alarm, 50) == "flagged") == (
            calibration.deciding_p_value(found, alarm) <= rate
        )
    assert calibration.claimed(calibration.p_values(9.0, scores[:5]), Alarm(), 5) is None  # no tail, no p-value


def test_what_is_beyond_all_good_images_is_said_to_be():
    scores = np.arange(50.0)
    assert calibration_card.extremity(49.5, scores) == " (more extreme than all 50 good images)"
    assert calibration_card.extremity(49.0, scores) == ""


@pytest.mark.parametrize(
    ("alarm", "sentence"),
    [
        (Alarm(0.05, "gumbel"), "tail is 'gumbel'; expected one of exponential, conformal"),
        (Alarm(0.51), "rate is 0.51; expected a share above 0 and at most 0.5"),
        (Alarm(0.0), "rate is 0.0; expected a share above 0 and at most 0.5"),
        (Alarm(float("nan")), "rate is nan; expected a share above 0 and at most 0.5"),
    ],
)
def test_senseless_alarms_are_refused(alarm, sentence):
    with pytest.raises(ValueError, match=sentence):
        calibration.check_alarm(alarm)
