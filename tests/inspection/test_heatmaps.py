"""Heat maps: one scale for all, darker for more, readable."""

import cv2
import numpy as np
import pytest
from PIL import Image

import samples
from soart.inspection import distances as inspection
from soart.inspection import heatmaps, image_model
from soart.inspection.calibration import Alarm
from soart.inspection.verdict import Verdict
from soart.photos import geometry


@pytest.fixture(scope="module")
def model():
    return image_model.learn(samples.mosaics("learn", 12), (500, 500), samples.SMALL, Alarm())


def test_scale_is_logarithmic_between_its_ends():
    shares = heatmaps.shade(np.array([-5.0, 0.0, 3.0, 30.0, 300.0, 1e6]))
    assert shares.tolist() == pytest.approx([0, 0, 0, 0.5, 1, 1])


@pytest.mark.parametrize("gray", [0.0, 128.0, 255.0])
def test_more_distance_is_always_darker_in_gray_print(gray):
    shares = np.linspace(0, 1, 200)[None]
    colours = heatmaps.blend(np.full(shares.shape, gray), shares)
    printed = colours @ [0.299, 0.587, 0.114]
    assert (np.diff(printed[0]) < 2).all()  # rounding may lift it by less than 2 of 255 levels
    assert printed[0, 0] - printed[0, -1] > 100


def test_drawn_heat_map_marks_the_error(model):
    content = samples.jpeg("test", 0, "errorA")
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    mosaic = samples.mosaics("test", 1, kind="errorA")[0]
    verdict = samples.judged(mosaic, model).verdict
    distances = inspection.heat_map(mosaic, model.colour.judges, model.colour.settings)
    sheet = heatmaps.draw_heatmap(picture, distances, verdict, model)
    assert sheet.shape == (500 + heatmaps.CAPTION_HEIGHT, 500 + heatmaps.SCALE_WIDTH, 3)
    row, column = int(verdict.y), int(verdict.x)
    assert sheet[row, column].mean() < sheet[450, 20].mean() - 30
    assert (sheet[verdict.box_y0, verdict.box_x0] == (0, 90, 255)).all()


def test_small_pictures_are_enlarged(model):
    picture = np.zeros((60, 90, 3), np.uint8)
    sheet = heatmaps.draw_heatmap(picture, np.zeros((15, 15)), Verdict(), model._replace(picture=(90, 60)))
    assert sheet.shape == (480 + heatmaps.CAPTION_HEIGHT, 720 + heatmaps.SCALE_WIDTH, 3)


@pytest.mark.parametrize(
    ("shape", "times"),
    [
        ((480, 500), 1),
        ((479, 500), 2),
        ((60, 90), 8),
        ((20, 3000), 10),  # 24 times would fill the sheet, and be 72,000 wide
        ((3000, 20), 10),
        ((20, 32_000), 1),
        ((10, 40_000), 0.8),
    ],
)
def test_a_picture_fills_the_sheet_but_no_side_is_beyond_what_can_be_turned(shape, times):
    assert heatmaps.magnification(shape) == times


@pytest.mark.parametrize("shape", [(20, 3000), (3000, 20), (100, 33_000), (33_000, 100)])
@pytest.mark.parametrize("placement", [geometry.HERE, geometry.HERE._replace(x=0.5, y=0.3, turn=0.01)])
def test_strips_are_drawn_on_a_sheet_with_room_for_scale_and_caption(shape, placement, model):
    height, width = shape
    distances = np.zeros((15, 15))
    distances[7, 7] = 300.0
    about = distances, Verdict(warning="so"), model._replace(picture=(width, height)), (), placement
    sheet = heatmaps.draw_heatmap(np.zeros((*shape, 3), np.uint8), *about)
    high, wide = (max(480, round(side * heatmaps.magnification(shape))) for side in shape)
    assert sheet.shape == (high + heatmaps.CAPTION_HEIGHT, wide + heatmaps.SCALE_WIDTH, 3)
    across, down = (round(side * heatmaps.magnification(shape)) for side in (width, height))
    middle = sheet[down * 46 // 100 : down * 54 // 100 + 1, across * 46 // 100 : across * 54 // 100 + 1]
    assert middle.min(axis=(0, 1)).max() < 60  # the place that is far: black at the end of the scale
    assert sheet[: max(1, down), : across // 4].min() > 150
    assert (sheet[heatmaps.SIDE - 1, 0] == 255).all() == (down < heatmaps.SIDE)
    assert (sheet[high:, :60] < 128).any()  # the caption
    assert (sheet[:, wide:] < 128).any()  # the scale


def test_caption_says_what_the_verdict_says():
    verdict = Verdict(12.34, 0.0012, 0.02, "flagged", 10.5, 20.5, 8, 16, 24, 32, 15.56, "shape", 1.01, "")
    assert heatmaps.caption(verdict, np.arange(50.0)) == (
        "flagged, p = 0.02",  # 1/51 is the least that 50 good images can tell, and one scores 49
        "score 12.3; strongest at (10, 20), 15.6 standard deviations; shape",
    )
    unsure = verdict._replace(p_value=None, verdict="no_alarm_possible")
    assert heatmaps.caption(unsure, np.full(49, 12.0))[0] == (
        "no alarm possible, p < 0.021 (more extreme than all 49 good images)"
    )


def test_heat_map_is_written_whole(tmp_path):
    heatmaps.write_heatmap(tmp_path / "a.png", np.full((5, 6, 3), (10, 20, 30), np.uint8))
    assert cv2.imread(str(tmp_path / "a.png"))[2, 2].tolist() == [30, 20, 10]
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_values_are_the_distances_at_the_middles_of_places_and_linear_between(model):
    distances = np.arange(16.0).reshape(4, 4)
    values = heatmaps.pixel_values(distances, (120, 200), model._replace(picture=(200, 120)), geometry.HERE)
    assert (values.shape, values.dtype) == ((120, 200), np.float32)
    middles = values[0]  # beyond the middles of the first row of places, each of which is 50 wide
    assert middles[:25] == pytest.approx(0, abs=1e-5)
    assert middles[25:175] == pytest.approx((np.arange(25, 175) + 0.5 - 25) / 50, abs=1e-5)
    assert middles[175:] == pytest.approx(3, abs=1e-5)
    assert values[15:105, 0] == pytest.approx((np.arange(15, 105) + 0.5 - 15) / 30 * 4, abs=1e-4)


def test_values_lie_as_the_part_does_in_the_picture_as_taken(model):
    """A part that lies 30 pixels right of and 20 below where the standard has it; out of the standard's view: 0."""
    distances = np.full((5, 5), 2.0)
    distances[2, 2] = 50.0
    placed = geometry.HERE._replace(x=30.0, y=20.0)
    here, there = (heatmaps.pixel_values(distances, (500, 500), model, each) for each in (geometry.HERE, placed))
    assert here[250, 250] == pytest.approx(50, abs=0.5)
    assert there[20:, 30:] == pytest.approx(here[:-20, :-30], abs=1e-3)
    assert not there[:19].any()
    assert not there[:, :29].any()


@pytest.mark.parametrize("form", ["npy", "tiff"])
def test_values_are_kept_to_the_bit_and_read_by_other_programs(form, tmp_path, rng):
    values = rng.gamma(1, 100, (7, 9)).astype(np.float32)
    path = tmp_path / f"a.{form}"
    heatmaps.write_values(path, values)
    if form == "tiff":
        with Image.open(path) as picture:
            assert picture.mode == "F"
            assert (np.asarray(picture) == values).all()
        assert (cv2.imread(str(path), cv2.IMREAD_UNCHANGED) == values).all()
    else:
        assert (np.load(path) == values).all()
