"""Why an image is flagged, as pictures: the right places, the right good images, at little cost."""

import base64
import time

import cv2
import numpy as np
import pytest

import samples
from soart.inspection import explanation, image_model, pair_model, pairs
from soart.inspection.calibration import Alarm
from soart.inspection.jury import Seen
from soart.photos.encodings import Encoding
from soart.photos.geometry import HERE, Placement
from soart.report import why as report_why
from soart.report.why import GoodImages

NAMES = [f"good {number}" for number in range(12)]


@pytest.fixture(scope="module")
def model():
    return image_model.learn(samples.mosaics("learn", 12), (500, 500), samples.SMALL, Alarm())


def decoded(content: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)


def picture_of(address: str) -> np.ndarray:
    return decoded(base64.b64decode(address.partition(",")[2]))


def test_reasons_as_pictures_at_little_cost(model):
    bad = samples.mosaics("test", 4, kind="errorA")
    mosaics = {("errorA", str(number)): mosaic for number, mosaic in enumerate(bad)}
    heats = {key: (samples.judged(mosaic, model).heat_map(), HERE) for key, mosaic in mosaics.items()}
    asked = []

    def photo_of(name: str) -> np.ndarray | None:
        asked.append(name)
        return decoded(samples.jpeg("learn", NAMES.index(name))) if name != "good 0" else None

    before = time.process_time()
    why_of, judges = report_why.explain(heats, mosaics, GoodImages(NAMES, samples.mosaics("learn", 12), []), model)
    found = [
        why_of(("errorA", str(number)), decoded(samples.jpeg("test", number, "errorA")), photo_of)
        for number in range(4)
    ]
    assert time.process_time() - before < 4 * 0.1  # CPU seconds a flagged part
    assert {*asked} == judges <= {*NAMES}
    for why in found:
        assert why.words.endswith("good ones")
        names, weights = zip(*why.judges, strict=True)
        assert len({*names}) == report_why.MOST_JUDGES
        assert sorted(weights, reverse=True) == list(weights)
        assert weights[0] > why.even == 1 / 12
        assert picture_of(why.crops).shape == (96, 3 * 96 + 2 * 6, 3)
        assert picture_of(why.judge_crops).shape == (96, 6 * 96 + 5 * 6, 3)
    assert why_of(("normal", "0"), np.zeros((500, 500, 3), np.uint8), photo_of) is None


def test_a_crop_shows_its_place_also_of_a_part_that_lies_elsewhere(model):
    """Place (7, 4) of 15 covers 500 / 15 = 33.3 pixels a side; the nine places around it make 96 pixels."""
    picture = np.zeros((500, 500, 3), np.uint8)
    picture[234:266, 134:166] = 200
    moved = np.roll(picture, (30, 50), axis=(0, 1))
    mosaic = np.zeros((15, 15, 3), np.uint8)
    mosaic[7, 4] = 200
    crops = [
        report_why.photo_crop(picture, 7 * 15 + 4, model, HERE),
        report_why.photo_crop(moved, 7 * 15 + 4, model, Placement(x=50, y=30)),
        report_why.mosaic_crop(mosaic, 7 * 15 + 4, (96, 96)),
    ]
    for crop in crops:
        inside = crop[45:51, 45:51]
        assert (inside > 190).all()
        assert crop[48, 36:38].max() < 10
    assert np.abs(crops[0].astype(int) - crops[1]).max() <= 2


@pytest.mark.parametrize(
    ("place", "expected"), [(0, (0, 0)), (224, (6, 6)), (7 * 15 + 4, (3, 0)), (7 * 15 + 9, (3, 5))]
)
def test_a_crop_stays_within_the_picture(place, expected):
    assert report_why.window(place, 15) == (*expected, 9)


def test_a_part_smaller_than_a_crop_is_shown_whole():
    assert report_why.window(5, 4) == (0, 0, 4)
    assert report_why.mosaic_crop(np.full((4, 4, 3), 9, np.uint8), 5, (40, 30)).shape == (30, 40, 3)


def test_where_words_of_a_network_decided_its_judges_are_told():
    jury, mosaics = samples.network_jury(12), samples.mosaics("learn", 12)
    names = list(jury.photos)
    model = image_model.of_juries([jury], (500, 500), Alarm(), samples.SMALL.size, good=tuple(names))
    key, bad = ("errorA", "0"), samples.mosaics("test", 1, kind="errorA")[0]
    small = samples.pictures("test", 1, "errorA")[0]
    [judged] = model.judge([Seen(Encoding("", None), None, None, small)])
    heats = {key: (judged.heat_map(), HERE)}
    why_of, judges = report_why.explain(heats, {key: bad}, GoodImages(names, mosaics, []), model, [(key, small)])
    why = why_of(key, decoded(samples.jpeg("test", 0, "errorA")), lambda name: None)
    assert why.words.startswith(
        "as a whole unlike 12 good ones, more than at its strangest places; here most of all at the network's"
    )
    row, column = divmod(int(heats[key][0].argmax()), samples.SMALL.size)
    place = row * 8 // 15 * 8 + column * 8 // 15
    assert why.judges == jury.judges_at(small, place)[: report_why.MOST_JUDGES]
    assert judges == {why.judges[0][0]}
    assert sum(weight for _, weight in jury.judges_at(small, place)) == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((-60, -60, -60), "darker by 6"),  # of 60 gray levels; the context beside the spot follows a little
        ((50, 50, 50), "brighter by 5"),
        ((0, 0, 80), "more red by 8"),  # blue, green, red
        ((-70, 0, 0), "less blue by 7"),
    ],
)
def test_a_photo_beside_its_template_is_told_by_gray_levels(change, words, rng):
    template = np.full((120, 150, 3), 120, np.uint8)
    template[30:90, 40:48] = 200
    noisy = [np.clip(template + rng.normal(0, 2, template.shape), 0, 255).astype(np.uint8) for _ in range(2)]
    noisy[0][50:70, 90:110] = np.clip(noisy[0][50:70, 90:110] + np.array(change), 0, 255)
    model = pair_model.PairModel((150, 120), pairs.Settings(size=15), Alarm(), 0.0, 1.0, np.arange(20.0))
    before = time.process_time()
    why = report_why.explain_pair(*noisy, 7 * 15 + 9, model)
    assert time.process_time() - before < 0.1
    assert why.words.startswith(words)
    assert why.words.endswith("gray levels than its template")
    assert why.labels == ["measured", "its template", "difference"]
    crops = picture_of(why.crops)
    width = (crops.shape[1] - 2 * 6) // 3
    assert crops.shape[0] == 96
    middle = np.array([crops[48, start + width // 2].astype(int) for start in (0, width + 6, 2 * (width + 6))])
    assert middle[0] - middle[1] == pytest.approx(change, abs=25)  # JPEG
    assert middle[2] - 128 == pytest.approx(np.array(change) / 2, abs=15)


def test_light_and_dark_side_by_side_are_told_as_such():
    excess = np.tile([0.2, -0.2, 0.0], (3, 3))
    assert explanation.template_difference(excess).startswith(
        "unlike its template by 42 gray levels, brighter and darker"
    )


def test_what_lies_outside_of_the_region_changes_no_reason(model):
    """Neither by its words, nor by the brightness that all words are divided by."""
    region, key, place = np.zeros((15, 15), bool), ("errorA", "0"), 7 * 15 + 7
    region[3:12, 3:12] = True
    good = GoodImages([str(number) for number in range(12)], samples.mosaics("learn", 12), [])
    mosaic = samples.mosaics("test", 1, kind="errorA")[0]
    painted = np.where(region[..., None], mosaic, mosaic // 2)
    within = model._replace(region=region)
    plain, beside = (
        report_why.by_colour([key], [place], [HERE], {key: each}, good, within)[0] for each in (mosaic, painted)
    )
    assert beside.words == plain.words
    assert np.array_equal(beside.weights, plain.weights)
