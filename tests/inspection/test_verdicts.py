"""Verdicts: place, box, what drives it, and warnings, on pictures whose fault is known."""

import cv2
import numpy as np
import pytest

import samples
from soart import resolution
from soart.inspection import colour_jury, image_model, image_shard, places
from soart.inspection import distances as inspection
from soart.inspection.calibration import Alarm
from soart.inspection.jury import Seen
from soart.inspection.verdict import NOT_COMPARED, Verdict
from soart.photos.encodings import Encoding


@pytest.fixture(scope="module")
def model():
    return image_model.learn(samples.mosaics("learn", 20), (500, 500), samples.SMALL, Alarm())


def test_a_photo_of_few_pixels_is_judged_and_warned_of(model):
    """Of 15 places, a side, 30 pixels; how large a drawn image is, nobody asks."""
    mosaic = samples.mosaics("test", 1)[0]
    enough, few, drawn = (
        Seen(Encoding("", None), None, mosaic, original=size) for size in ((30, 900), (900, 29), None)
    )
    found = [each.verdict for each in model.judge([enough, few, drawn])]
    assert [each.warning for each in found] == ["", resolution.warning((900, 29), model.places), ""]
    assert model.places == (15, 0)
    assert "30 a side for 15 places" in found[1].warning
    assert found[1]._replace(warning="") == found[0] == found[2]


def test_a_missing_part_is_flagged_where_it_is_missing(model):
    for mosaic in samples.mosaics("test", 4, kind="errorA"):
        verdict = samples.judged(mosaic, model).verdict
        assert verdict.verdict == "flagged"
        assert verdict.p_value == 1 / 21  # of 20 good images: none can tell less
        assert 30 < verdict.x < 170  # the disc at top left has lost its plus
        assert 30 < verdict.y < 170
        assert verdict.box_x0 <= verdict.x <= verdict.box_x1
        assert verdict.box_y0 <= verdict.y <= verdict.box_y1
        assert verdict.distance >= verdict.score


def test_the_driver_is_read_from_the_word_that_decides(model):
    """The place itself is darker, the place beside it of another shape: what drives depends on the reading."""
    place = 112
    mean = model.colour.judges.mean
    spoken = np.full_like(mean, 1e4)
    spoken[place] = 0.5 * mean[place]  # at the place itself
    beside = mean[place].copy()
    beside[-1] += 1.0
    spoken[place + 1] = beside  # nearly what is expected: the tolerant reading takes it
    expected = model.colour.judges.expected.copy()
    assert np.isinf(expected[1]).all()
    assert model.colour.kind(spoken, place) == "shape"
    expected[1] = 0
    both = model.colour._replace(judges=model.colour.judges._replace(expected=expected))
    assert both.kind(spoken, place) == "brightness"


def test_good_parts_are_mostly_good(model):
    results = [samples.judged(mosaic, model).verdict for mosaic in samples.mosaics("test", 12)]
    assert sum(result.verdict == "flagged" for result in results) <= 2
    assert all(result.warning == "" for result in results)


@pytest.mark.parametrize("strict_from", [50, 20], ids=["tolerant", "two readings"])
def test_a_darker_patch_is_driven_by_brightness_a_swapped_one_by_shape(strict_from):
    settings = samples.SMALL._replace(strict_from=strict_from)
    model = image_model.learn(samples.mosaics("learn", 20), (500, 500), settings, Alarm())
    mosaic = samples.mosaics("test", 1)[0]
    dark, swapped = mosaic.copy(), mosaic.copy()
    dark[5:10, 5:10] = np.rint(dark[5:10, 5:10] * 0.4)
    swapped[6:9, 6:9] = swapped[6:9, 6:9, ::-1]  # blue becomes red
    assert samples.judged(dark, model).verdict.driver == "brightness"
    assert samples.judged(swapped, model).verdict.driver == "shape"


def test_place_and_box_in_pixels(model):
    mosaic = samples.mosaics("test", 1)[0]
    wide = model._replace(picture=(600, 300))
    assert places.box(16, np.zeros((15, 15), bool), wide.picture) == (40, 20, 80, 40)  # row 1, column 1 of 15
    verdict = samples.judged(mosaic, wide).verdict
    found = inspection.inspect(mosaic, model.colour.judges, model.colour.settings)
    row, column = divmod(int(found.places[0]), 15)
    assert (verdict.x, verdict.y) == ((column + 0.5) * 40, (row + 0.5) * 20)


def test_box_goes_around_what_is_connected():
    heat = np.zeros((15, 15))
    heat[2:5, 3], heat[4, 4], heat[5, 5], heat[12, 12] = 9, 9, 9, 9  # corners connect; the far one does not
    assert places.box(2 * 15 + 3, heat >= 8, (150, 150)) == (30, 20, 60, 60)
    assert places.box(12 * 15 + 12, heat >= 8, (150, 150)) == (120, 120, 130, 130)
    assert places.box(0, heat >= 8, (150, 150)) == (0, 0, 10, 10)


@pytest.mark.parametrize("level", [1.0, 3.0, 5.0])
def test_box_from_bounds_is_that_of_the_whole_heat_map(level, model):
    for mosaic in [*samples.mosaics("test", 3), *samples.mosaics("learn", 1)]:
        mosaic = mosaic.copy()
        mosaic[4:7, 3:9] //= 2
        [found] = model.colour.find([Seen(Encoding("", None), None, mosaic)], [None])
        heat = inspection.heat_map(mosaic, model.colour.judges, model.colour.settings)
        _, labels = cv2.connectedComponents((heat >= level).astype(np.uint8), connectivity=8)
        rows, columns = np.nonzero(labels == labels.flat[found.place])
        expected = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        assert heat.flat[found.place] >= level
        assert np.array_equal(found.heat_map(), heat)
        assert places.box(found.place, found.above(level), (15, 15)) == expected


def test_a_darker_picture_is_warned_of_and_a_black_one_not_compared(model):
    mosaic = samples.mosaics("test", 1)[0]
    dim = samples.judged(mosaic // 2, model).verdict
    assert dim.sensitivity == pytest.approx(0.5, abs=0.02)
    assert dim.warning.startswith("darker than the good pictures: brightness 0.5")
    bright = colour_jury.brightness_warning(1.2, np.array([0.9, 1.1]))
    assert bright == (
        "brighter than the good pictures: brightness 1.20 of theirs, which was 0.90 to 1.10; check light and camera"
    )
    black = samples.judged(mosaic * 0, model).verdict
    assert black.verdict == "not_compared"
    assert "black" in black.warning
    assert black.score is None


def test_one_colour_is_flagged(model):
    assert samples.judged(np.full((15, 15, 3), 90, np.uint8), model).verdict.verdict == "flagged"


def test_too_few_good_images_give_a_score_but_no_alarm():
    model = image_model.learn(samples.mosaics("learn", 4), (500, 500), samples.SMALL, Alarm())
    verdict = samples.judged(samples.mosaics("test", 1, kind="errorA")[0], model).verdict
    assert verdict.verdict == "no_alarm_possible"
    assert verdict.p_value is None
    assert verdict.conformal_p_value >= 1 / 5
    assert verdict.score > 0


def test_another_size_is_refused():
    with pytest.raises(
        ValueError, match=r"a\.jpg: expected 500 x 500 pixels, as the model was made for, got 640 x 480"
    ):
        image_shard.check_size("a.jpg", (640, 480), (500, 500))
    image_shard.check_size("a.jpg", (500, 500), (500, 500))


def test_every_kind_of_verdict_is_known():
    assert Verdict().verdict == NOT_COMPARED
