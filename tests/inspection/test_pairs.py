"""Pair mode: attention of a photo's patches over its template's, against hand-worked numbers and a slow loop."""

import copy
import math

import cv2
import numpy as np
import pytest
import yaml

from conftest import ROOT
from soart import scene, streams
from soart.inspection import models, pair_model, pairs
from soart.inspection.calibration import Alarm
from soart.inspection.pairs import Settings

SMALL = Settings(size=10, reach=2, patch=3, edges=1e9, tau=0.1)  # edges that change no heat


@pytest.fixture
def picture(rng):
    """A picture of blocks, (40, 48, 3) uint8, so that every patch has something to hold on to."""
    return rng.integers(0, 256, (10, 12, 3)).astype(np.uint8).repeat(4, axis=0).repeat(4, axis=1)


def slow(photo, template, settings):
    """Weights (n, h, w) and context (3, h, w) of two (3, h, w) pictures, straight from the formulas, in loops."""
    _, height, width = photo.shape
    half, reach = settings.patch // 2, settings.reach

    def at(picture, row, column):
        return picture[:, min(max(row, 0), height - 1), min(max(column, 0), width - 1)].astype(np.float64)

    moves = [(down, across) for down in range(-reach, reach + 1) for across in range(-reach, reach + 1)]
    weights, context = np.zeros((len(moves), height, width)), np.zeros(photo.shape)
    for row in range(height):
        for column in range(width):
            patch = [(row + i, column + j) for i in range(-half, half + 1) for j in range(-half, half + 1)]
            costs = [
                np.mean([(at(photo, y, x) - at(template, y + down, x + across)) ** 2 for y, x in patch])
                for down, across in moves
            ]
            raw = [math.exp(-(cost - min(costs)) / (2 * settings.tau**2)) for cost in costs]
            weights[:, row, column] = np.array(raw) / sum(raw)
            for weight, (down, across) in zip(weights[:, row, column], moves, strict=True):
                context[:, row, column] += weight * at(template, row + down, column + across)
    return weights, context


def test_a_hand_worked_pair():
    """One row of one colour, patch 1, reach 1: shifts along the row count three times, once for each repeated row."""
    photo, template = np.array([[[0.5, 0.5]]], np.float32), np.array([[[0.5, 0.7]]], np.float32)
    settings = Settings(reach=1, patch=1, tau=0.1)
    weights = pairs.weights(pairs.alignment_scores(photo, template, settings))
    near, far = 1.0, math.exp(-(0.2**2) / (2 * 0.1**2))  # exp(-2)
    # at the first place the template shows 0.5 (edge), 0.5, 0.7 for shifts -1, 0, 1; at the second 0.5, 0.7, 0.7
    for place, shares in enumerate(([near, near, far], [near, far, far])):
        expected = np.tile(np.array(shares) / (3 * sum(shares)), 3)
        assert weights[:, 0, place] == pytest.approx(expected, abs=1e-6)
    context = pairs.context_vectors(weights, template, 1)
    assert context[0, 0] == pytest.approx(
        [(0.5 * 2 + 0.7 * far) / (2 + far), (0.5 + 0.7 * 2 * far) / (1 + 2 * far)], abs=1e-6
    )


@pytest.mark.parametrize(("patch", "reach"), [(3, 2), (1, 1), (5, 0)])
def test_weights_and_context_equal_a_slow_loop(rng, patch, reach):
    photo, template = (rng.random((3, 9, 11)).astype(np.float32) for _ in range(2))
    settings = SMALL._replace(patch=patch, reach=reach)
    weights = pairs.weights(pairs.alignment_scores(photo, template, settings))
    expected, context = slow(photo, template, settings)
    assert np.abs(weights - expected).max() < 1e-5
    assert np.abs(pairs.context_vectors(weights, template, reach) - context).max() < 1e-5


def test_weights_sum_to_one_however_ill_the_template_fits():
    settings = Settings(reach=1, patch=3, tau=1e-3)
    dark, light = np.zeros((3, 6, 6), np.float32), np.ones((3, 6, 6), np.float32)
    weights = pairs.weights(pairs.alignment_scores(dark, light, settings))
    assert np.abs(weights.sum(axis=0) - 1).max() < 1e-6
    assert np.isfinite(weights).all()


def test_heat_is_the_mean_square_of_what_the_context_lacks(picture, rng):
    other = np.clip(picture + rng.normal(0, 20, picture.shape), 0, 255).astype(np.uint8)
    found = pairs.compare(picture, other, SMALL)
    photo = pairs.planes(picture)
    _, context = slow(photo, pairs.planes(other), SMALL)
    squares = np.pad(((photo - context) ** 2).mean(axis=0), 1, mode="edge")
    expected = np.mean([squares[i : i + 20, j : j + 24] for i in range(3) for j in range(3)], axis=0)
    assert np.abs(found.heat - expected).max() < 1e-5
    assert np.abs(found.excess - (photo - context).mean(axis=0)).max() < 1e-5


def test_half_resolution_is_area_means_and_rounds_up():
    picture = np.zeros((5, 6, 3), np.uint8)
    picture[:2, :2] = [[[10, 0, 0], [20, 0, 0]], [[30, 0, 0], [40, 0, 0]]]
    small = pairs.planes(picture)
    assert small.shape == (3, 3, 3)
    assert pairs.planes(picture[:4])[0, 0, 0] == pytest.approx(25 / 255)


def test_an_identical_pair_has_no_heat(picture):
    sharp = Settings(tau=0.005)
    assert pairs.compare(picture, picture, sharp).heat.max() < 1e-6
    flat = np.full((40, 40, 3), 90, np.uint8)
    assert pairs.compare(flat, flat, Settings()).heat.max() < 1e-12


@pytest.mark.parametrize("shift", [(2, 0), (0, -4), (6, 6), (-2, 4)])
def test_a_template_moved_within_reach_has_no_heat_and_one_beyond_it_has(rng, shift):
    """Whole places aside (2 pixels each), where the picture's edge does not come in."""
    large = rng.integers(0, 256, (30, 30, 3)).astype(np.uint8).repeat(4, axis=0).repeat(4, axis=1)
    down, across = shift
    photo, template = large[20:100, 20:100], large[20 + down : 100 + down, 20 + across : 100 + across]
    settings = Settings(tau=0.02)
    inner = np.s_[8:-8, 8:-8]
    assert pairs.compare(photo, template, settings).heat[inner].max() < 1e-4
    assert pairs.compare(photo, template, settings._replace(reach=0)).heat[inner].max() > 1e-2


def test_what_the_template_lacks_is_hot_there_alone_and_brighter(picture):
    photo = picture.copy()
    photo[16:22, 20:26] = 255 - photo[16:22, 20:26]
    found = pairs.compare(photo, picture, Settings(patch=5, tau=0.02))
    row, column = np.unravel_index(found.heat.argmax(), found.heat.shape)
    assert 8 <= row < 11
    assert 10 <= column < 13
    light = np.full((40, 40, 3), 90, np.uint8)
    spot = light.copy()
    spot[20:24, 20:24] = 200
    assert pairs.compare(spot, light, Settings()).excess[10, 10] > 0.3
    assert pairs.compare(light, spot, Settings(reach=0)).excess[10, 10] < -0.3


def test_two_sizes_are_refused(picture):
    with pytest.raises(ValueError, match="one size, got a template of 40 x 40 and a photo of 48 x 40"):
        pairs.compare(picture, picture[:, :40], SMALL)


def test_score_is_the_mean_of_the_largest():
    heat = np.array([[1, 9, 3], [8, 2, 7]], np.float32)
    assert pairs.score(heat, 3) == 8
    assert pairs.score(heat, 100) == 5


@pytest.mark.parametrize("shape", [(1, 1), (3, 40), (40, 3), (31, 33)])
@pytest.mark.parametrize("top", [1, 5, 50])
def test_score_is_that_of_all_places_sorted(shape, top, rng):
    heat = rng.gamma(1, 1, shape).astype(np.float32)
    assert pairs.score(heat, top) == pytest.approx(np.sort(heat, axis=None)[-top:].mean(dtype=float), rel=1e-12)


@pytest.mark.parametrize(("shape", "picture", "size"), [((9, 7), (14, 18), 4), ((32, 50), (104, 64), 63)])
def test_by_place_is_the_largest_of_each_place_one_by_one(shape, picture, size, rng):
    heat = rng.normal(size=shape).astype(np.float32)
    wide, high = picture
    expected = np.empty((size, size), np.float32)
    for row, column in np.ndindex(size, size):
        spans = ((row * high / size / 2, shape[0]), (column * wide / size / 2, shape[1]))
        ends = [(row + 1) * high / size / 2, (column + 1) * wide / size / 2]
        cut = [
            slice(first := min(math.floor(start), count - 1), min(max(math.ceil(end), first + 1), count))
            for (start, count), end in zip(spans, ends, strict=True)
        ]
        expected[row, column] = heat[tuple(cut)].max()
    assert (pairs.by_place(heat, picture, size) == expected).all()


def test_calibration_is_in_deviations_of_all_places():
    heats = [np.array([[0.0, 2.0]], np.float32), np.array([[4.0, 6.0]], np.float32)]
    found = pairs.summarize_good(iter(heats), 1)
    assert (found.mean, found.deviation) == (3.0, math.sqrt(5))
    assert found.held_out == pytest.approx([-1 / math.sqrt(5), 3 / math.sqrt(5)])


@pytest.mark.parametrize(
    ("heats", "sentence"),
    [
        ([np.ones((2, 2))], "expected at least 2 good photos with their templates, got 1"),
        ([np.zeros((2, 2))] * 3, "the good photos are their own templates"),
    ],
)
def test_good_pairs_that_cannot_calibrate_are_refused(heats, sentence):
    with pytest.raises(ValueError, match=sentence):
        pairs.summarize_good(heats, 5)


def test_the_coarser_map_keeps_the_largest_heat():
    heat = np.zeros((5, 4), np.float32)  # of a picture of 8 x 10 pixels
    heat[0, 0], heat[2, 3] = 7, 5
    assert pairs.by_place(heat, (8, 10), 2).tolist() == [[7, 5], [0, 5]]  # row 2 lies in both halves
    assert pairs.by_place(heat, (16, 20), 2).tolist() == [[7, 5], [0, 0]]  # reaches beyond: the last place repeats
    finer = pairs.by_place(heat, (8, 10), 20)
    assert finer.shape == (20, 20)
    assert finer.max() == 7


def test_regions_are_boxes_in_pixels_of_the_picture_the_hottest_first():
    heat = np.zeros((6, 5), np.float32)
    heat[1, 1], heat[2, 2], heat[5, 4] = 3, 3, 4  # the corners of two places touch
    found = pairs.regions(heat, 3, (9, 11), Settings(patch=1, top=1))  # an odd picture: the last places have one pixel
    assert found == [((8, 10, 9, 11), 4), ((2, 2, 6, 6), 3)]
    assert pairs.regions(heat, 5, (9, 11), Settings()) == []


def test_places_of_a_region_reach_a_share_of_the_largest_heat_as_far_as_patches_reach():
    """The patch of 5 places and the smoothing of 3 reach 3 places; the trace of an error beyond is one by itself."""
    heat = np.zeros((1, 20), np.float32)
    heat[0, 5], heat[0, 6], heat[0, 8], heat[0, 9] = 10, 3, 2.9, 2.9  # 9 is four places from 5, three from 6
    settings = Settings(patch=5, top=1, share=0.3)
    assert pairs.regions(heat, 1, (40, 2), settings) == [((10, 0, 14, 2), 10), ((18, 0, 20, 2), pytest.approx(2.9))]
    assert pairs.regions(heat, 1, (40, 2), settings._replace(share=0)) == [
        ((10, 0, 14, 2), 10),
        ((16, 0, 20, 2), pytest.approx(2.9)),
    ]


def test_a_region_is_told_where_its_score_reaches_the_level_and_the_hottest_always():
    heat = np.zeros((1, 40), np.float32)
    heat[0, [2, 20, 21, 30]] = 9, 4, 4, 7  # of two places means of 4.5, 4 and 3.5
    settings = Settings(patch=1, top=2)
    assert [peak for _, peak in pairs.regions(heat, 3.9, (80, 2), settings)] == [9, 4]
    assert [peak for _, peak in pairs.regions(heat, 3, (80, 2), settings)] == [9, 7, 4]
    heat[0, 2] = 7.5
    assert [peak for _, peak in pairs.regions(heat, 3.9, (80, 2), settings)] == [7.5, 4]


# --- verdicts and the model ------------------------------------------------------------------------------------------


def board(rng, spot=None):
    """A photo and its template with fresh noise, two pixels aside: (120, 120, 3); `spot` is painted dark."""
    plain = np.full((140, 140, 3), 80.0)
    for start in rng.integers(24, 100, 4):
        plain[start : start + 8, 15:125] = 190
    noisy = [np.clip(plain + rng.normal(0, 4, plain.shape), 0, 255).astype(np.uint8) for _ in range(2)]
    photo, template = noisy[0][10:130, 10:130].copy(), noisy[1][12:132, 10:130].copy()
    if spot is not None:
        photo[spot[0] : spot[0] + 8, spot[1] : spot[1] + 8] = 10
    return photo, template


@pytest.fixture(scope="module")
def model():
    rng, settings = np.random.default_rng(5), Settings(size=15)
    heats = [pairs.compare(*board(rng), settings).heat for _ in range(20)]
    return pair_model.calibrate(heats, (120, 120), settings, Alarm())


def test_a_good_pair_is_good_and_a_spot_is_flagged_where_it_is(model):
    rng = np.random.default_rng(6)
    good = model.judge([board(rng)])[0]
    assert (good.verdict.verdict, good.boxes) == ("good", [])
    bad = model.judge([board(rng, (40, 60))])[0]
    verdict = bad.verdict
    assert (verdict.verdict, verdict.driver, verdict.sensitivity) == ("flagged", "darker", None)
    assert 40 <= verdict.y <= 48
    assert 60 <= verdict.x <= 68
    assert (verdict.box_x0, verdict.box_y0, verdict.box_x1, verdict.box_y1) == bad.boxes[0][:4]
    assert verdict.distance == bad.boxes[0].distance == bad.heat_map().max() >= verdict.score
    row, column = np.unravel_index(bad.heat_map().argmax(), bad.heat_map().shape)
    assert (row, column) in {(row, column) for row in (5, 6) for column in (7, 8)}


@pytest.mark.parametrize(("spot", "area"), [((40, 60), (56, 40, 72, 48)), ((0, 112), (112, 0, 120, 8))])
def test_what_a_template_cannot_show_is_the_same_of_a_part_of_the_picture(spot, area):
    """By the difference of the whole pictures, at the hottest place of the area; one lies at the pictures' corner."""
    photo, template = board(np.random.default_rng(6), spot)
    settings = Settings(size=15)
    template = pairs.shift_picture(template, *pairs.offset(photo, template, settings.reach))
    found = pairs.unexplained_in(photo, template, area, settings)
    whole = pairs.unexplained(pairs.planes(photo), pairs.planes(template), settings)
    left, top, right, bottom = (side // 2 for side in area)
    heat = pairs.compare(photo, template, settings).heat[top:bottom, left:right]
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    around = np.pad(whole, ((0, 0), (1, 1), (1, 1)), mode="edge")[:, top + row :, left + column :][:, :3, :3]
    assert found == pytest.approx(around.reshape(3, 9), abs=1e-5)


def test_the_odd_good_pair_is_named():
    rng, settings = np.random.default_rng(5), Settings(size=15)
    heats = [pairs.compare(*board(rng, (40, 60) if number == 7 else None), settings).heat for number in range(20)]
    found = pair_model.calibrate(heats, (120, 120), settings, Alarm(), [f"good/{number}" for number in range(20)])
    [odd] = found.odd
    assert odd.image == "good/7"
    assert str(odd).endswith("; it was not learned from")
    assert odd.score == found.held_out.max() > 10 * odd.median


def test_p_values_do_not_depend_on_the_unit(model):
    photo, template = board(np.random.default_rng(7))
    other = model._replace(mean=0.0, deviation=1.0, held_out=model.mean + model.deviation * model.held_out)
    one, two = (each.judge([(photo, template)])[0].verdict for each in (model, other))
    assert one.p_value == pytest.approx(two.p_value, rel=1e-9)


def test_model_round_trip_is_exact(model, tmp_path):
    models.save(tmp_path / "model.npz", model)
    back = models.load(tmp_path / "model.npz")
    assert back._replace(held_out=None) == model._replace(held_out=None)
    assert np.array_equal(back.held_out, model.held_out)
    models.save(tmp_path / "again.npz", back)
    assert (tmp_path / "model.npz").read_bytes() == (tmp_path / "again.npz").read_bytes()


@pytest.fixture
def large(rng):
    """A picture of blocks as a lens shows them, (160, 200, 3) uint8."""
    blocks = rng.integers(0, 256, (20, 25, 3)).astype(np.uint8).repeat(8, axis=0).repeat(8, axis=1)
    return cv2.GaussianBlur(blocks, (0, 0), 1)


def test_a_template_is_moved_by_as_many_pixels_as_the_photo_lies_aside(large):
    for across, down in [(0, 0), (1, 0), (-3, 2), (4, -4)]:
        aside = pairs.shift_picture(large, across, down)
        assert np.array_equal(aside[8:-8, 8:-8], np.roll(large, (down, across), axis=(0, 1))[8:-8, 8:-8])
        assert pairs.offset(aside, large, reach=2) == (across, down)
        if max(abs(across), abs(down)) <= 2:
            assert pairs.offset(aside, large, reach=1) == (across, down)
        assert max(map(abs, pairs.offset(aside, large, reach=1))) <= 2
    tiny = large[:4, :4]
    assert pairs.offset(tiny, tiny, reach=2) == (0, 0)


def test_a_large_error_does_not_decide_how_a_photo_lies(rng):
    """Dark spots over a few bright bars: least squares would move the template by a pixel in a few of such pairs."""
    for _ in range(100):
        plain = np.full((90, 100, 3), 90.0)
        for left in rng.integers(30, 60, 4):
            plain[24:64, left : left + 6] = (60, 150, 210)
        across, down = rng.integers(-2, 3, 2)
        photo, template = plain[5:85, 5:95].copy(), plain[5 + down : 85 + down, 5 + across : 95 + across]
        place = rng.integers(25, 55)
        photo[place : place + 7, place : place + 7] = 20
        noisy = [np.clip(each + rng.normal(0, 4, each.shape), 0, 255).astype(np.uint8) for each in (photo, template)]
        assert pairs.offset(*noisy, reach=3) == (across, down)


def test_edge_energy_by_hand():
    """A step of 0.6 in one of three colours: central differences of 0.3 in the two columns beside it."""
    template = np.zeros((3, 5, 8), np.float32)
    template[1, :, 4:] = 0.6
    energy = 0.3**2 / 3
    expected = [0, 0, energy / 3, 2 * energy / 3, 2 * energy / 3, energy / 3, 0, 0]
    assert pairs.edge_energy(template) == pytest.approx(np.tile(expected, (5, 1)), abs=1e-8)


def test_heat_counts_half_where_the_edges_energy_is_that_of_the_setting(large):
    photo = large.copy()
    photo[16:24, 16:24] ^= 255
    plain = pairs.compare(photo, large, SMALL._replace(edges=1e9)).heat
    energy = pairs.edge_energy(pairs.planes(large))
    found = pairs.compare(photo, large, SMALL._replace(edges=float(energy[10, 10]))).heat
    assert found[10, 10] == pytest.approx(plain[10, 10] / 2, rel=1e-5)
    assert found == pytest.approx(plain / (1 + energy / energy[10, 10]), rel=1e-4)


@pytest.mark.slow
def test_boards_with_more_tracks_than_the_learned_ones_are_no_false_alarms():
    """Learned on boards with a third of the tracks and pads, inspected on whole ones; errors are found."""
    scene_of = yaml.safe_load((ROOT / "config/examples/boards_scene.yaml").read_text(encoding="utf-8"))
    bare = copy.deepcopy(scene_of)
    for shape in bare["shapes"]:
        shape["parts"] = shape["parts"][::3]

    def score(part: dict, name: str, index: int, changes: list = ()) -> float:
        rng = streams.generator(0, name, index)
        drawn = scene.draw_sample_with_template(part, changes, scene.Fluctuation(4), scene.Camera(noise=6.0), rng)
        photo, _, template = drawn
        heat = pairs.compare(photo[..., ::-1].copy(), template[..., ::-1].copy(), Settings()).heat
        heats.append(heat)
        return pairs.score(heat, 5)

    heats = []
    for index in range(15):
        score(bare, "learn", index)
    learned = pairs.summarize_good(list(heats), 5)
    whole = [score(scene_of, "normal", index) for index in range(15)]
    holes = [score(scene_of, "pin_hole", index, scene_of["errors"][-1]["changes"]) for index in range(5)]
    whole, holes = ((np.array(each) - learned.mean) / learned.deviation for each in (whole, holes))
    assert (whole > learned.held_out.max()).mean() <= 0.2
    assert holes.min() > 2 * max(whole.max(), learned.held_out.max())
