"""The drawn part: the seed's picture, its fluctuation, its errors with their masks, the camera."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import small_scene
from reference import draw_standard
from soart import scene, streams
from soart.photos import decoding as photos
from soart.plan import scene_checks
from soart.scene import Camera, Fluctuation
from soart.storage import pictures

STILL, PLAIN = Fluctuation(0), Camera()
TEN = Fluctuation(10)


def block(top: int, bottom: int, left: int, right: int, shape=(30, 40)) -> np.ndarray:
    """A mask of `shape` that is True in the given rows and columns, ends included."""
    mask = np.zeros(shape, bool)
    mask[top : bottom + 1, left : right + 1] = True
    return mask


def sample(changes, rng, fluctuation=STILL, camera=PLAIN, part=None):
    return scene.draw_sample(part or small_scene(), changes, fluctuation, camera, rng)


# --- the base image --------------------------------------------------------------------------------------------------


def test_base_image_is_the_seeds_pixel_for_pixel(part, tmp_path):
    pictures.write_jpeg(tmp_path / "ours.jpg", scene.draw_standard(part), 95)
    draw_standard(tmp_path / "seed.jpg")
    assert (photos.read(tmp_path / "ours.jpg") == photos.read(tmp_path / "seed.jpg")).all()
    assert (tmp_path / "ours.jpg").read_bytes() == (tmp_path / "seed.jpg").read_bytes()


def test_later_shapes_cover_earlier_ones(part):
    picture = scene.draw_standard(part)
    assert picture.shape == (500, 500, 3)
    assert picture[100, 100].tolist() == [10, 130, 250]  # the plus over the disc
    assert picture[155, 155].tolist() == [50, 250, 10]  # the square over the discs' corner
    assert picture[250, 250].tolist() == [50, 10, 250]  # the cross over the square


def test_unknown_primitive_is_an_error():
    shapes = [{"name": "a", "fill": [1, 2, 3], "parts": [{"kind": "star", "box": [1, 1, 2, 2]}]}]
    with pytest.raises(ValueError, match="a part is of kind 'star'; kinds are line, chord, ellipse, rectangle"):
        scene.draw_part([50, 50], [0, 0, 0], shapes)


# --- fluctuation -----------------------------------------------------------------------------------------------------


def boxes(shapes) -> np.ndarray:
    return np.array([part["box"] for shape in shapes for part in shape["parts"]])


def test_listed_coordinates_alone_fluctuate_and_reach_both_limits(part):
    shapes = part["shapes"]
    listed = [[name in p.get("fluctuates", ()) for name in scene.COORDINATES] for s in shapes for p in s["parts"]]
    assert np.sum(listed) == 4 + 2 + 2 + 2 + 4  # discs, pluses, square, cross, chords
    moves = np.array(
        [boxes(scene.fluctuate(shapes, Fluctuation(10), np.random.default_rng(i))) for i in range(400)]
    ) - boxes(shapes)
    assert not moves[:, ~np.array(listed)].any()
    moving = moves[:, np.array(listed)]
    assert (moving.min(axis=0) == -10).all()
    assert (moving.max(axis=0) == 10).all()
    assert abs(moving.mean()) < 0.5  # 5,600 draws of standard deviation 6.06
    assert abs(np.corrcoef(moving.T) - np.eye(14)).max() < 0.25  # each by itself


def test_all_coordinates_fluctuate(part):
    moves = np.array(
        [boxes(scene.fluctuate(part["shapes"], Fluctuation(3, "all"), np.random.default_rng(i))) for i in range(200)]
    ) - boxes(part["shapes"])
    assert (moves.min(axis=0) == -3).all()
    assert (moves.max(axis=0) == 3).all()


def test_one_more_fluctuating_coordinate_leaves_the_others(part):
    before = boxes(scene.fluctuate(part["shapes"], Fluctuation(10), np.random.default_rng(5)))
    part["shapes"][2]["parts"][0]["fluctuates"].append("y0")
    after = boxes(scene.fluctuate(part["shapes"], Fluctuation(10), np.random.default_rng(5)))
    changed = np.argwhere(before != after).tolist()
    assert changed == [[2, 1]]


def test_fluctuation_keeps_the_scene_it_was_given(part):
    before = str(part)
    scene.draw_sample(part, part["errors"][0]["changes"], Fluctuation(10), Camera(), np.random.default_rng(1))
    assert str(part) == before


def small_part(kind, box, fluctuates):
    sizes = {"line": {"width": 1}, "chord": {"start": 0, "end": 90}}.get(kind, {})
    return {"kind": kind, "box": box, "fluctuates": fluctuates, **sizes}


@given(
    kind=st.sampled_from(["ellipse", "rectangle", "chord", "line"]),
    box=st.lists(st.integers(-3, 65), min_size=4, max_size=4),
    fluctuates=st.lists(st.sampled_from(scene.COORDINATES), unique=True),
    pixels=st.integers(0, 12),
    coordinates=st.sampled_from(["listed", "all"]),
    seed=st.integers(0, 2**32),
)
def test_an_accepted_fluctuation_stays_on_the_canvas_and_the_right_way_round(
    kind, box, fluctuates, pixels, coordinates, seed
):
    shapes = [{"name": "it", "fill": [1, 2, 3], "parts": [small_part(kind, box, fluctuates)]}]
    given_scene = {"canvas": [60, 50], "background": [0, 0, 0], "shapes": shapes, "errors": []}
    problems = scene_checks.scene_problems(given_scene, pixels, coordinates, "scene")
    moving = [coordinates == "all" or name in fluctuates for name in scene.COORDINATES]
    signs = np.array(np.meshgrid(*[(-1, 1)] * 4)).reshape(4, -1).T
    corners = np.array(box) + signs * pixels * np.array(moving)  # every extreme that can happen
    leaves = (corners < 0).any() or (corners > [60, 50, 60, 50]).any()
    turns = kind != "line" and (corners[:, :2] > corners[:, 2:]).any()
    assert bool(problems) == bool(leaves or turns)
    if not problems:
        x0, y0, x1, y1 = boxes(scene.fluctuate(shapes, Fluctuation(pixels, coordinates), np.random.default_rng(seed)))[
            0
        ]
        assert all(0 <= x <= 60 for x in (x0, x1))
        assert all(0 <= y <= 50 for y in (y0, y1))
        scene.draw_sample(given_scene, [], Fluctuation(pixels, coordinates), Camera(), np.random.default_rng(seed))


# --- streams ---------------------------------------------------------------------------------------------------------


def drawn_set(part, count, seed=1, image_set="learn", changes=(), fluctuation=TEN) -> list[tuple[bytes, bytes]]:
    drawn = scene.draw_set(part, list(changes), fluctuation, Camera(), seed, image_set, count)
    return [(picture.tobytes(), mask.tobytes()) for picture, mask in drawn]


def test_image_7_is_the_same_drawn_alone_with_8_or_with_12(part):
    alone, mask = scene.draw_sample(part, [], Fluctuation(10), Camera(), streams.generator(1, "learn", 7))
    eight, twelve = drawn_set(part, 8), drawn_set(part, 12)
    assert eight == twelve[:8]
    assert eight[7] == (alone.tobytes(), mask.tobytes())
    assert len({picture for picture, _ in twelve}) == 12


def test_another_seed_or_set_changes_every_image_and_mask(part):
    changes = part["errors"][0]["changes"]
    everything = Fluctuation(10, "all")  # where one arm alone tilts there are only 21 masks
    drawn = [
        drawn_set(part, 6, seed, name, changes, everything)
        for seed, name in [(1, "errorA"), (2, "errorA"), (1, "errorC")]
    ]
    assert len({content for each in drawn for pair in each for content in pair}) == 36
    one, two = (zip(*drawn_set(part, 12, seed, "errorA", changes), strict=True) for seed in (1, 2))
    pictures, masks = (list(zip(*both, strict=True)) for both in zip(one, two, strict=True))
    assert all(first != second for first, second in pictures)
    assert sum(first != second for first, second in masks) >= 9


def test_stream_depends_on_seed_name_and_index_alone():
    first = streams.generator(1, "learn", 7).random(4).tolist()
    assert streams.generator(1, "learn", 7).random(4).tolist() == first
    others = [(2, "learn", 7), (1, "normal", 7), (1, "learn", 8), (10**30, "学習", 7)]
    assert all(streams.generator(*each).random(4).tolist() != first for each in others)


# --- errors and masks ------------------------------------------------------------------------------------------------


def test_good_part_has_an_empty_mask(rng):
    picture, mask = sample([], rng)
    assert mask.shape == picture.shape[:2]
    assert mask.dtype == bool
    assert not mask.any()


def test_leave_out(rng):
    picture, mask = sample([{"leave_out": {"one_of": ["left"]}}], rng)
    assert (mask == block(10, 19, 5, 14)).all()
    assert not picture[mask].any()


def test_leave_out_shows_only_what_was_not_covered(rng):
    _, mask = sample([{"leave_out": {"one_of": ["right"]}}], rng)
    assert (mask == block(10, 14, 22, 31)).all()


def test_move(rng):
    picture, mask = sample([{"move": {"one_of": ["left"], "pixels": 3, "sides": ["right"]}}], rng)
    assert (mask == block(10, 19, 5, 7) | block(10, 19, 15, 17)).all()
    assert (picture[10:20, 8:18] == 200).all()


@pytest.mark.parametrize(
    ("side", "rows", "columns"),
    [("left", (10, 19), (3, 12)), ("right", (10, 19), (7, 16)), ("up", (8, 17), (5, 14)), ("down", (12, 21), (5, 14))],
)
def test_move_sides(side, rows, columns, rng):
    picture, _ = sample([{"move": {"one_of": ["left"], "pixels": 2, "sides": [side]}}], rng)
    there = np.argwhere(picture[:, :20, 0] == 200)
    assert there.min(axis=0).tolist() == [rows[0], columns[0]]
    assert there.max(axis=0).tolist() == [rows[1], columns[1]]


def test_move_beyond_the_fluctuation_adds_its_limit(rng):
    change = {"move": {"one_of": ["left"], "pixels": 1, "sides": ["down"], "beyond_fluctuation": True}}
    _, mask = sample([change], rng, Fluctuation(4))  # no coordinate is listed, so the good twin stands still
    assert (mask == block(10, 14, 5, 14) | block(20, 24, 5, 14)).all()


def test_a_moved_shape_may_leave_the_canvas(rng):
    picture, mask = sample([{"move": {"one_of": ["left"], "pixels": 10, "sides": ["left"]}}], rng)
    assert (mask == block(10, 19, 0, 14) & ~block(10, 19, 0, 4) | block(10, 19, 0, 4)).all()
    assert (picture[10:20, :5] == 200).all()


def test_recolour_by_factor_and_to_a_fill(rng):
    picture, mask = sample([{"recolour": {"one_of": ["left"], "factor": 0.9}}], rng)
    assert (mask == block(10, 19, 5, 14)).all()
    assert (picture[mask] == 180).all()
    picture, _ = sample([{"recolour": {"one_of": ["left"], "factor": 2}}], rng)
    assert (picture[mask] == 255).all()  # clipped
    picture, mask = sample([{"recolour": {"one_of": ["left"], "fill": [200, 7, 200]}}], rng)
    assert (mask == block(10, 19, 5, 14)).all()
    assert (picture[mask] == [200, 7, 200]).all()
    picture, _ = sample([{"recolour": {"one_of": ["left"], "fill": [0, 0, 0]}}], rng)
    assert not picture[mask].any()


def test_add_at_a_place_with_a_fill_or_the_background(rng):
    add = {"part": {"kind": "rectangle", "box": [-1, -2, 1, 2]}, "one_of": [[10, 15]], "wobble": 0}
    picture, mask = sample([{"add": {**add, "fill": [9, 8, 7]}}], rng)
    assert (mask == block(13, 17, 9, 11)).all()
    assert (picture[mask] == [9, 8, 7]).all()
    picture, mask = sample([{"add": {**add, "fill": "background"}}], rng)
    assert (mask == block(13, 17, 9, 11)).all()
    assert not picture[mask].any()
    _, mask = sample([{"add": {**add, "fill": "background", "one_of": [[18, 5]]}}], rng)
    assert not mask.any()  # background on background changes nothing


def test_added_line_keeps_its_width_and_wobbles_within_its_limits():
    add = {"part": {"kind": "line", "box": [-3, 0, 3, 0], "width": 1}, "fill": [9, 9, 9], "one_of": [[10, 5]]}
    places = set()
    for i in range(200):
        _, mask = sample([{"add": {**add, "wobble": 1}}], np.random.default_rng(i))
        rows, columns = np.nonzero(mask)
        assert (np.ptp(rows), np.ptp(columns)) == (0, 6)
        places.add((int(rows[0]), int(columns.min()) + 3))
    assert places == {(y, x) for y in (4, 5, 6) for x in (9, 10, 11)}


def test_add_along_finds_the_line_where_it_lies_in_this_image():
    part = small_scene()
    part["shapes"] = [
        {"name": "track", "fill": [200, 200, 200], "parts": [
            {"kind": "rectangle", "box": [0, 0, 1, 1]},
            {"kind": "line", "width": 4, "box": [5, 15, 35, 15], "fluctuates": ["y0", "y1"]},
        ]},
    ]  # fmt: skip
    dot = {"kind": "rectangle", "box": [0, 0, 0, 0]}
    sides, places = set(), set()
    for index in range(60):
        rng, twin = np.random.default_rng(index), np.random.default_rng(index)
        add = {"part": dot, "fill": [9, 9, 9], "along": {"one_of": ["track"], "aside": 3}, "wobble": 0}
        _, mask = scene.draw_sample(part, [{"add": add}], scene.Fluctuation(5), scene.Camera(), rng)
        [[y, x]] = np.argwhere(mask)
        x0, y0, x1, y1 = scene.fluctuate(part["shapes"], scene.Fluctuation(5), twin)[0]["parts"][1]["box"]
        off = (y - y0) * (x1 - x0) - (x - x0) * (y1 - y0)  # twice the area of the triangle with the line
        distance = off / np.hypot(x1 - x0, y1 - y0)
        assert abs(abs(distance) - 3) < 0.75
        assert 5 + 0.2 * 30 - 2 <= x <= 5 + 0.8 * 30 + 2
        sides.add(bool(distance > 0))
        places.add(int(x))
    assert sides == {True, False}
    assert len(places) > 12


def test_a_template_is_the_part_without_its_error_moved_and_with_fresh_noise():
    part, changes = small_scene(), [{"leave_out": {"one_of": ["left"]}}]
    moves = set()
    for index in range(300):
        rng, same = np.random.default_rng(index), np.random.default_rng(index)
        picture, mask, template = scene.draw_sample_with_template(
            part, changes, scene.Fluctuation(2), scene.Camera(), rng
        )
        again, mask_again = scene.draw_sample(part, changes, scene.Fluctuation(2), scene.Camera(), same)
        assert (picture == again).all()
        assert (mask == mask_again).all()
        good = picture.copy()
        good[mask] = 200
        rows, columns = np.nonzero(template[..., 0] == 200)
        expected = np.nonzero(good[..., 0] == 200)
        down, across = int(rows.min() - expected[0].min()), int(columns.min() - expected[1].min())
        moves.add((down, across))
        assert (np.roll(good, (down, across), (0, 1)) == template).all()
    assert moves == {(down, across) for down in range(-2, 3) for across in range(-2, 3)}
    noisy = scene.draw_sample_with_template(
        part, [], scene.Fluctuation(0), scene.Camera(noise=5), np.random.default_rng(1), offset=0
    )
    assert (noisy[0] != noisy[2]).mean() > 0.5


def test_changes_are_made_one_after_another(rng):
    changes = [
        {"move": {"one_of": ["left"], "pixels": 2, "sides": ["up"]}},
        {"recolour": {"one_of": ["left"], "fill": [1, 1, 1]}},
        {"leave_out": {"one_of": ["bar"]}},
    ]
    picture, mask = sample(changes, rng)
    assert (mask == block(8, 19, 5, 14) | block(15, 25, 22, 31)).all()
    assert (picture[8:18, 5:15] == 1).all()


def test_choices_come_from_the_images_own_stream():
    changes = [{"leave_out": {"one_of": ["left", "bar"]}}]
    masks = [sample(changes, streams.generator(1, "errorC", i))[1] for i in range(40)]
    left = [bool(mask[15, 10]) for mask in masks]
    assert 8 < sum(left) < 32
    assert all(bool(mask[23, 25]) != chosen for mask, chosen in zip(masks, left, strict=True))
    assert (sample(changes, streams.generator(1, "errorC", 7))[1] == masks[7]).all()


def test_errors_a_and_b_of_the_default_scene(part):
    picture, mask = scene.draw_sample(
        part, part["errors"][0]["changes"], Fluctuation(0), Camera(), np.random.default_rng(1)
    )
    base = scene.draw_standard(part)
    rows, columns = np.nonzero(mask)
    assert (base[mask] == [10, 130, 250]).all()  # error A takes the light plus away, all of it
    assert mask.sum() == (base == [10, 130, 250]).all(axis=2).sum()
    assert (picture[mask] == [255, 10, 50]).all()
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (50, 150, 50, 150)
    picture, mask = scene.draw_sample(
        part, part["errors"][1]["changes"], Fluctuation(0), Camera(), np.random.default_rng(1)
    )
    assert (picture[mask] == [13, 77, 13]).all()  # error B shows the background
    assert picture[400, 400].tolist() == [40, 80, 250]  # its plus is still there
    assert not mask[:340].any()


# --- camera ----------------------------------------------------------------------------------------------------------


def test_perfect_camera_changes_nothing(rng):
    picture = rng.integers(0, 256, (5, 6, 3), dtype=np.uint8)
    assert (scene.photograph(picture, Camera(), rng) == picture).all()


def test_gain_is_one_number_a_picture_within_its_limits():
    picture = np.full((4, 4, 3), 100, np.uint8)
    shots = np.array([scene.photograph(picture, Camera(gain=0.2), np.random.default_rng(i)) for i in range(300)])
    assert (np.ptp(shots.reshape(300, -1), axis=1) == 0).all()
    assert 80 <= shots.min() <= 82
    assert 118 <= shots.max() <= 120


def test_noise_has_its_standard_deviation_and_clips(rng):
    shot = scene.photograph(np.full((100, 100, 3), 128, np.uint8), Camera(noise=10), rng).astype(float)
    assert shot.dtype == float
    assert abs(shot.mean() - 128) < 0.3
    assert abs(shot.std() - 10) < 0.2
    bright = scene.photograph(np.full((50, 50, 3), 250, np.uint8), Camera(noise=30), rng)
    assert bright.dtype == np.uint8
    assert bright.max() == 255
    assert bright.min() > 100  # clipped, not wrapped round


def test_a_part_is_turned_clockwise_about_the_middle_and_moved_with_its_mask(part):
    """The middle of the top right disc, (400, 100), goes where hand-worked geometry has it."""
    for index in range(6):
        rng, numbers = (streams.generator(1, "moved", index) for _ in range(2))
        x, y, turn = numbers.spawn(1)[0].uniform(-1, 1, 3) * (50, 50, np.deg2rad(10))
        picture = scene.draw_standard(part)
        disc = (picture == [255, 50, 10]).all(axis=2)
        disc[200:], disc[:, :300] = False, False
        shown, mask = scene.place_part(picture, disc, part["background"], Camera(shift=0.1, turn=10), rng.spawn(1)[0])
        rows, columns = np.nonzero(mask)
        across = 250 + x + np.cos(turn) * 150 + np.sin(turn) * 150
        down = 250 + y + np.sin(turn) * 150 - np.cos(turn) * 150
        seen = (across + 60 < 500, down - 60 > 0)
        assert (columns.mean() + 0.5 == pytest.approx(across, abs=1)) or not all(seen)
        assert (rows.mean() + 0.5 == pytest.approx(down, abs=1)) or not all(seen)
        down_to, across_to = np.indices(mask.shape) + 0.5
        inner = np.hypot(across_to - across, down_to - down) < 40
        assert (np.abs(shown[inner].astype(int) - [255, 50, 10]) <= 2).all()


def test_what_comes_into_view_is_background_without_an_error(part):
    picture, everywhere = scene.draw_standard(part), np.ones((500, 500), bool)
    corner = np.full_like(picture, 200)
    for index in range(5):
        shown, mask = scene.place_part(
            corner, everywhere, part["background"], Camera(shift=0.3), streams.generator(1, "seen", index)
        )
        assert (shown[~mask] == part["background"]).all()
        assert (shown[mask] == 200).all()
        assert not mask.all()


def test_a_moved_part_is_the_same_part_and_without_moving_nothing_changes(part):
    changes = part["errors"][1]["changes"]
    shots = [
        scene.draw_sample(part, changes, Fluctuation(10), camera, streams.generator(1, "errorB", 3))
        for camera in (Camera(0.1, 2), Camera(0.1, 2, 0.0, 0.0), Camera(0.1, 2, 0.1), Camera(0.1, 2, 0.1, 0.001))
    ]
    assert (shots[0][0] == shots[1][0]).all()
    x, y, _ = streams.generator(1, "errorB", 3).spawn(1)[0].uniform(-50, 50, 3)
    whole = np.roll(shots[0][1], (round(y), round(x)), axis=(0, 1))  # the mask, moved by whole pixels
    assert (shots[2][1] != whole).mean() < 0.01
    assert (shots[2][1] != shots[3][1]).mean() < 0.01
    assert shots[2][1].sum() == pytest.approx(shots[0][1].sum(), rel=0.01)


def test_camera_changes_neither_the_part_nor_its_mask(part):
    changes = part["errors"][1]["changes"]
    plain, mask = scene.draw_sample(part, changes, Fluctuation(10), Camera(), streams.generator(1, "errorB", 3))
    shot, same = scene.draw_sample(part, changes, Fluctuation(10), Camera(0.1, 2), streams.generator(1, "errorB", 3))
    assert (mask == same).all()
    assert (plain != shot).any()
    assert np.corrcoef(plain.ravel(), shot.ravel())[0, 1] > 0.99
