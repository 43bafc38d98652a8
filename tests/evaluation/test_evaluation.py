"""Evaluation against hand-worked numbers, slow oracles and the edge cases of a ranking."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.ndimage import label

from soart import statistics
from soart.evaluation import comparison
from soart.evaluation import rates as evaluation
from soart.evaluation.rates import DetectorScores
from soart.inspection.calibration import Alarm
from soart.photos import intake
from soart.storage import tables
from soart.storage.schemas import SCHEMAS, distances_schema

Z = 1.959963984540054


def test_auroc_counts_pairs_and_halves_ties():
    area, low, high = statistics.auroc_with_interval([1, 2, 3], [2, 4])
    assert area == pytest.approx((1 + 0.5 + 0 + 3) / 6)  # 2 against 1, 2, 3; 4 against all three
    assert 0 < low < area < high < 1


def test_auroc_is_one_for_separation_and_its_interval_is_not_a_point():
    area, low, high = statistics.auroc_with_interval([0], [1])
    assert (area, high) == (1, 1)
    assert low == pytest.approx(1 / (1 + Z**2))  # (1 - A)^2 = Z^2 A (1 - A) for one image against one
    area, low, high = statistics.auroc_with_interval(np.arange(60), np.arange(60) + 100)
    assert (area, high) == (1, 1)
    assert 0.9 < low < 0.97


def test_auroc_of_separated_scores_with_ties_is_exactly_one():
    rng = np.random.default_rng(20)
    good, bad = rng.integers(0, 30, 10), rng.integers(30, 60, 10)
    area, low, high = statistics.auroc_with_interval(good, bad)
    assert (area, high) == (1, 1)
    assert low == statistics.auroc_with_interval(range(10), range(10, 20))[1]


def test_auroc_of_reversed_scores_mirrors_the_interval():
    rng = np.random.default_rng(1)
    good, bad = rng.normal(size=20), rng.normal(1, 1, size=30)
    area, low, high = statistics.auroc_with_interval(good, bad)
    assert statistics.auroc_with_interval(-good, -bad) == pytest.approx((1 - area, 1 - high, 1 - low))
    assert statistics.auroc_with_interval(good + 100, bad)[:2] == (0, 0)


def test_auroc_of_equal_scores_is_a_half():
    area, low, high = statistics.auroc_with_interval(np.zeros(10), np.zeros(7))
    assert area == 0.5
    assert low == pytest.approx(1 - high)


def test_auroc_interval_ends_where_the_difference_is_1_96_standard_errors():
    good, bad = np.arange(40), np.arange(25) + 15.5
    area, *ends = statistics.auroc_with_interval(good, bad)
    for end in ends:
        extra = (40 + 25) / 2 - 1
        spread = end * (1 - end) * (1 + extra * ((1 - end) / (2 - end) + end / (1 + end))) / (40 * 25)
        assert abs(area - end) == pytest.approx(Z * np.sqrt(spread), rel=1e-6)


def test_auroc_interval_covers_the_truth_in_about_95_of_100_cases():
    rng = np.random.default_rng(3)
    true = 0.9213503964748574  # two unit normals, means 2 apart: Phi(2 / sqrt 2)
    ends = [statistics.auroc_with_interval(rng.normal(size=30), rng.normal(2, 1, size=30))[1:] for _ in range(400)]
    covered = np.mean([low <= true <= high for low, high in ends])
    assert 0.92 <= covered <= 0.99


@pytest.mark.parametrize(
    ("values", "message"),
    [([], "needs error values, got none"), ([1, np.nan], "finite error values, got NaN or infinity")],
)
def test_auroc_refuses_what_cannot_be_ranked(values, message):
    with pytest.raises(ValueError, match=message):
        statistics.auroc_with_interval([1, 2], values)


def test_average_precision_by_hand():
    # falling thresholds: 4 (error), 3 (good), 2 (both): recall 1/2, 1/2, 1; precision 1, 1/2, 2/4
    assert statistics.average_precision([3, 2], [4, 2]) == pytest.approx(0.5 * 1 + 0 * 0.5 + 0.5 * 0.5)
    assert statistics.average_precision([1, 2], [3, 4]) == 1
    assert statistics.average_precision(np.zeros(30), np.zeros(10)) == pytest.approx(0.25)  # the share of errors
    with pytest.raises(ValueError, match="finite error values, got NaN"):
        statistics.average_precision([1], [np.nan])


@given(st.lists(st.integers(0, 6), min_size=1, max_size=12), st.lists(st.integers(0, 6), min_size=1, max_size=12))
def test_average_precision_equals_a_slow_count(good, bad):
    area, before = 0.0, 0.0
    for threshold in sorted({*good, *bad}, reverse=True):
        true, false = (sum(score >= threshold for score in scores) for scores in (bad, good))
        area += (true / len(bad) - before) * true / (true + false)
        before = true / len(bad)
    assert statistics.average_precision(good, bad) == pytest.approx(area)


@given(st.lists(st.booleans(), min_size=1, max_size=12), st.lists(st.booleans(), min_size=1, max_size=12))
def test_f1_is_the_harmonic_mean_of_precision_and_recall(good, bad):
    found = statistics.f1(np.array(good), np.array(bad))
    true, false = sum(bad), sum(good)
    if not true:
        assert found == 0
        return
    precision, recall = true / (true + false), true / len(bad)
    assert found == pytest.approx(2 * precision * recall / (precision + recall))


def test_rate_has_clopper_and_pearsons_ends():
    assert statistics.rate(0, 60) == pytest.approx((0, 0, 1 - 0.025 ** (1 / 60)))
    assert statistics.rate(60, 60) == pytest.approx((1, 0.025 ** (1 / 60), 1))
    assert statistics.rate(5, 10) == pytest.approx((0.5, 0.187086, 0.812914), abs=1e-6)  # published tables
    assert statistics.rate(1, 1) == pytest.approx((1, 0.025, 1))


def test_rate_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one image, got none"):
        statistics.rate(0, 0)


def test_a_hit_is_a_centre_within_one_place_of_the_mask():
    heat = np.zeros((5, 5))
    heat[2, 1] = 1  # in a 50 x 50 picture: the place's centre is x = 15, y = 25
    for column, expected in [(4, False), (5, True), (24, True), (25, False)]:  # pixel centres 4.5 .. 25.5
        mask = np.zeros((50, 50), bool)
        mask[25, column] = True
        assert evaluation.hit(heat, mask) == expected, column


def test_the_strongest_place_is_one_that_counts():
    heat = np.zeros((5, 5))
    heat[2, 1], heat[0, 4] = 1, 2
    mask = np.zeros((50, 50), bool)
    mask[25, 15] = True
    hidden = np.zeros(25, bool)
    assert not evaluation.hit(heat, mask, hidden)
    hidden[4] = True  # row 0, column 4
    assert evaluation.hit(heat, mask, hidden)
    assert evaluation.hit(heat - 9, mask, hidden)
    assert not evaluation.hit(heat, mask | True, hidden | True)


def test_no_mask_no_hit():
    assert not evaluation.hit(np.ones((4, 4)), np.zeros((8, 8), bool))


def curve(heat, masks):
    """The curve of maps, those without a true pixel as good ones."""
    images = [(each, mask if mask.any() else None) for each, mask in zip(heat, masks, strict=True)]
    return evaluation.pointed(images, masks.shape[:0:-1]).curve


def upsampled(heat, edge):
    places = ((np.arange(edge) + 0.5) * heat.shape[1] / edge).astype(int)
    return heat[:, places][:, :, places]


@pytest.fixture
def example():
    """Three maps of 6 x 6 with ties over pictures of 20 x 20 (3 1/3 pixels a place), two with masks."""
    rng = np.random.default_rng(5)
    masks = np.zeros((3, 20, 20), bool)
    masks[0, 2:9, 3:8] = masks[0, 15:17, 15:19] = masks[1, 12, 12] = True
    heat = rng.integers(0, 6, size=(3, 6, 6)).astype(float)
    heat[0, 1, 1] += 3
    return heat, masks


def test_pixel_auroc_is_the_auroc_of_all_pixels(example):
    heat, masks = example
    pixels = upsampled(heat, 20)
    assert evaluation.pixel_auroc(curve(heat, masks)) == pytest.approx(
        statistics.auroc_with_interval(pixels[~masks], pixels[masks])[0]
    )


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=2, max_size=20))
def test_steps_of_heat_rise_with_it_and_keep_what_differs_by_a_thousandth(values):
    values = np.array(values, np.float32)
    steps = evaluation._steps(values)
    assert ((steps >= 0) & (steps < evaluation.STEPS)).all()
    for one, step in zip(values, steps, strict=True):
        assert (step <= steps[values >= one]).all()
        clearly = values > one + np.abs(one) * 2e-3 + 1e-30
        assert (step < steps[clearly]).all()


def test_images_together_are_counted_as_image_by_image(example):
    heat, masks = np.concatenate([example[0]] * 30), np.concatenate([example[1]] * 30)  # more than one group
    for number in (evaluation.pixel_auroc, evaluation.aupro):
        assert number(curve(heat, masks)) == pytest.approx(number(curve(*example)))
    parts = [
        evaluation.pointed(zip(each, mask, strict=True), (20, 20))
        for each, mask in ((heat[:50], masks[:50]), (heat[50:], masks[50:]))
    ]
    whole, joined = evaluation.pointed(zip(heat, masks, strict=True), (20, 20)), evaluation.joined(parts)
    assert (whole.marked == joined.marked).all()
    assert (whole.hits == joined.hits).all()
    assert np.allclose(whole.curve.pixels, joined.curve.pixels)
    assert (whole.curve.steps == joined.curve.steps).all()


def slow_aupro(heat, masks):
    pixels = upsampled(heat, masks.shape[1])
    false, overlap = [0.0], [0.0]
    for threshold in np.unique(pixels)[::-1]:
        hot = pixels >= threshold
        shares = []
        for one_hot, mask in zip(hot, masks, strict=True):
            regions, count = label(mask, structure=np.ones((3, 3)))
            shares += [one_hot[regions == number].mean() for number in range(1, count + 1)]
        false.append(hot[~masks].mean())
        overlap.append(np.mean(shares))
    fine = np.linspace(0, 0.3, 300_001)
    return np.interp(fine, false, overlap).mean()


def test_aupro_equals_a_slow_count(example):
    assert evaluation.aupro(curve(*example)) == pytest.approx(slow_aupro(*example), abs=1e-4)


def test_aupro_of_hand_worked_maps():
    masks = np.zeros((1, 10, 10), bool)
    masks[0, :, 0] = True  # one region of 10 pixels, 90 pixels outside
    perfect = masks.astype(float)
    assert evaluation.aupro(curve(perfect, masks)) == pytest.approx(1)
    assert evaluation.pixel_auroc(curve(perfect, masks)) == 1
    assert evaluation.aupro(curve(-perfect, masks)) == 0
    constant = np.zeros((1, 10, 10))  # one threshold: the diagonal, so half of 0.3
    assert evaluation.aupro(curve(constant, masks)) == pytest.approx(0.15)
    assert evaluation.pixel_auroc(curve(constant, masks)) == 0.5
    half = np.zeros((1, 10, 10))
    half[0, :5, 0] = 2  # half the region first, then 27 of 90 outside, which is 0.3, then the rest
    half[0, :3, 1:] = 1
    assert evaluation.aupro(curve(half, masks)) == pytest.approx(0.5)


def test_small_regions_count_as_much_as_large_ones():
    masks = np.zeros((1, 10, 10), bool)
    masks[0, :6, :6] = masks[0, 9, 9] = True
    heat = np.zeros((1, 10, 10))
    heat[0, :6, :6] = 1  # 36 of 37 pixels, but one of two regions; then 1 over the rest
    false = 0.3 / 2
    assert evaluation.aupro(curve(heat, masks)) == pytest.approx(0.5 + 0.5 * false)


def test_maps_without_any_true_pixel_are_refused():
    with pytest.raises(ValueError, match="pixels inside and outside the masks"):
        evaluation.pixel_auroc(curve(np.ones((1, 2, 2)), np.zeros((1, 4, 4), bool)))


def judged(scores, alarms, heat=None, masks=None):
    pointed = None
    if heat is not None:
        picture = (8, 8) if masks is None else masks.shape[:0:-1]
        pointed = evaluation.pointed(zip(heat, [None] * len(heat) if masks is None else masks, strict=True), picture)
    return DetectorScores(np.array(scores, float), np.array(alarms, bool), pointed)


def test_the_table_has_a_row_a_kind_and_one_for_all():
    heat = np.zeros((2, 4, 4))
    heat[:, 1, 1] = 1
    masks = np.zeros((2, 8, 8), bool)
    masks[0, 2:4, 2:4] = masks[1, 7, 7] = True
    normal = judged([0, 1, 2, 3], [False, False, False, True], np.zeros((4, 4, 4)))
    kinds = {"a": judged([4, 5], [True, True], heat, masks), "b": judged([1.5, 9], [False, True], heat, masks)}
    rows = evaluation.evaluation_table("ours", normal, kinds)
    assert [row["kind"] for row in rows] == ["a", "b", "all"]
    a, b, both = rows
    assert (a["auroc"], b["auroc"], both["auroc"]) == (1, 0.75, 0.875)
    assert (a["detection"], b["detection"], both["detection"]) == (1, 0.5, 0.75)
    assert {row["false_alarm_rate"] for row in rows} == {0.25}
    assert (a["f1"], b["f1"], both["f1"]) == pytest.approx((4 / 5, 2 / 4, 6 / 8))  # 2 TP / (TP + FP + errors)
    assert (a["aupr"], b["aupr"]) == pytest.approx((1, 0.5 * 1 + 0.5 * 2 / 4))  # b: 1.5 after two
    assert (a["located"], b["located"], both["located"]) == (0.5, 0, 1 / 3)  # b's flagged image is its second
    assert both["images"], both["normals"] == (4, 4)
    assert all(0 < row["pixel_auroc"] <= 1 and 0 < row["aupro"] <= 1 for row in rows)


def test_a_mask_without_a_pixel_says_nothing_of_where():
    heat = np.zeros((2, 4, 4))
    heat[:, 1, 1] = 1
    masks = np.zeros((2, 8, 8), bool)
    masks[0, 2:4, 2:4] = True
    normal = judged([0, 1], [False, False], np.zeros((2, 4, 4)))
    [row] = evaluation.evaluation_table("ours", normal, {"a": judged([4, 5], [True, True], heat, masks)})
    [marked] = evaluation.evaluation_table("ours", normal, {"a": judged([4], [True], heat[:1], masks[:1])})
    assert (row["located"], row["detection"], row["images"]) == (1, 1, 2)
    assert [row[name] for name in ("pixel_auroc", "aupro")] == [marked[name] for name in ("pixel_auroc", "aupro")]
    [none] = evaluation.evaluation_table("ours", normal, {"a": judged([4, 5], [True, True], heat, masks & False)})
    assert none["located"] is none["located_low"] is none["pixel_auroc"] is none["aupro"] is None


def test_kinds_without_masks_leave_where_to_those_with_masks():
    heat = np.zeros((2, 4, 4))
    heat[:, 1, 1] = 1
    masks = np.zeros((2, 8, 8), bool)
    masks[0, 2:4, 2:4] = masks[1, 7, 7] = True
    normal = judged([0, 1], [False, False], np.zeros((2, 4, 4)))
    kinds = {"a": judged([4, 5], [True, True]), "b": judged([4, 5], [True, True], heat, masks)}
    a, b, both = evaluation.evaluation_table("ours", normal, kinds)
    where = ("located", "pixel_auroc", "aupro")
    assert [a[name] for name in where] == [None] * 3
    assert [both[name] for name in where] == [b[name] for name in where]
    assert (b["located"], both["images"]) == (0.5, 4)


def test_a_photo_without_a_mask_leaves_where_to_the_others(tmp_path):
    heat = np.zeros((2, 16), np.float32)
    heat[:, 5], heat[:, 15] = 1, 0.5
    columns = {"image": ["masked", "unmasked"], "set": ["a", "a"], "distances": heat}
    tables.write_parquet(tmp_path / "a.parquet", columns, distances_schema(4, False))
    mask = np.zeros((8, 8), np.uint8)
    mask[2:4, 2:4] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    images = comparison.Images(columns["image"], judged([4, 5], [True, True]), np.zeros(0), np.zeros(0), [])
    model = SimpleNamespace(picture=(8, 8), fit="alike", hidden=lambda placement, size: None)
    files = {"masked": str(tmp_path / "mask.png")}
    found = comparison.with_places(images, "a", [str(tmp_path / "a.parquet")], files, model).judged.pointed
    assert (found.marked.tolist(), found.hits.tolist()) == ([True, False], [True, False])
    assert comparison.with_places(images, "a", [str(tmp_path / "a.parquet")], {}, model).judged.pointed is None
    model.hidden = lambda placement, size: np.arange(size**2) == 5
    found = comparison.with_places(images, "a", [str(tmp_path / "a.parquet")], files, model).judged.pointed
    assert not found.hits.any()


def test_what_cannot_be_had_is_none():
    normal = judged([0, 1], [False, False])
    [row] = evaluation.evaluation_table("blind", normal, {"a": judged([2], [True])})
    assert row["auroc"] == 1
    assert [row[name] for name in ("located", "located_low", "pixel_auroc", "aupro")] == [None] * 4
    maps = np.ones((1, 2, 2))
    quiet = judged([2], [False], maps, np.eye(8, dtype=bool)[None])
    [row] = evaluation.evaluation_table("quiet", judged([0], [False], maps), {"a": quiet})
    assert row["located"] is None
    assert row["pixel_auroc"] == 0.5
    empty = judged([2], [False], maps, np.zeros((1, 8, 8), bool))
    [row] = evaluation.evaluation_table("empty", judged([0], [False], maps), {"a": empty})
    assert row["aupro"] is None


def test_without_an_alarm_rates_are_gaps_but_ranking_is_there():
    [row] = evaluation.evaluation_table(
        "x", evaluation.DetectorScores(np.arange(4.0), None), {"a": evaluation.DetectorScores(np.arange(4.0) + 9, None)}
    )
    assert row["auroc"] == 1
    assert row["detection"] is row["false_alarm_rate"] is row["located"] is None


@pytest.mark.parametrize("sets", [("learn", "errorA"), ("learn", "normal"), ("learn",)])
def test_without_good_or_defective_images_nothing_is_evaluated(sets, caplog):
    given = dict.fromkeys(sets, comparison.Images([], None, np.zeros(0), np.zeros(0), []))
    assert comparison.evaluation_rows(given, {}, None, 0) == []
    assert "no good test image or no error is left" in caplog.text


def test_misfits_are_found_errors_and_flagged_good_ones():
    """Of six errors two were flagged without a score, of four good ones one: hand-worked."""
    good = DetectorScores(np.array([1.0, 2.0, 3.0]), np.array([False, False, True]), misfits=1)
    bad = DetectorScores(np.array([2.5, 4.0, 5.0, 0.0]), np.array([False, True, True, False]), misfits=2)
    [row] = evaluation.evaluation_table("inspection", good, {"errorA": bad})
    assert (row["images"], row["normals"], row["located"]) == (6, 4, None)
    assert row["detection"] == pytest.approx(4 / 6)
    assert row["false_alarm_rate"] == pytest.approx(2 / 4)
    assert row["auroc"] == pytest.approx((2 + 3 + 3 + 0 + 2 * 3.5) / 24)  # a misfit is level with a misfit
    assert row["f1"] == pytest.approx(2 * 4 / (2 * 4 + 2 + 2))
    both = evaluation.evaluation_table("inspection", good, {"a": bad, "b": bad})[-1]
    assert (both["kind"], both["images"], both["detection"]) == ("all", 12, pytest.approx(4 / 6))
    unknown = bad._replace(alarms=None)
    assert evaluation.evaluation_table("inspection", good, {"errorA": unknown})[0]["detection"] is None


def test_misfits_are_counted_by_set_from_the_input_check(tmp_path):
    columns = {"image": ["a", "a", "b", "c", "d"], "set": ["errorA", "errorA", "errorA", "normal", "normal"]}
    severities = [intake.LEFT_OUT, intake.LEFT_OUT, intake.LEFT_OUT, intake.LEFT_OUT, intake.ERROR]
    columns |= {"path": ["x"] * 5, "severity": severities, "problem": ["x"] * 5}
    tables.write_parquet(tmp_path / "check.parquet", columns, SCHEMAS["check"])
    assert comparison.misfits_by_set([tmp_path / "check.parquet"]) == {"errorA": 2, "normal": 1}
    assert comparison.misfits_by_set([]) == {}


def test_a_classical_detector_learns_once_for_each_fold_and_once_for_all_tested_sets():
    learned = []

    def detector(good: np.ndarray, tests: np.ndarray, seed: int) -> np.ndarray:
        learned.append(len(good))
        return tests.astype(float)

    images = {"learn": np.arange(20), "normal": np.array([3]), "a": np.array([40, 5]), "b": np.array([6, 70, 7])}
    found = comparison.judge_by_baseline(detector, images, 0, Alarm())
    assert learned == [18] * 10 + [20]
    said = {name: (each.scores.tolist(), each.alarms.tolist()) for name, each in found.items()}
    assert said == {
        "normal": ([3], [False]),
        "a": ([40, 5], [True, False]),
        "b": ([6, 70, 7], [False, True, False]),
    }
