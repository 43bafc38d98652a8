"""Only places that count: the strongest place, what is above an alarm and the score lie within region and view."""

import cv2
import numpy as np
import pytest

import samples
from soart.inspection import colour_jury, image_model, nearest, network_jury, places, scales
from soart.inspection.calibration import Alarm
from soart.inspection.distances import Settings
from soart.inspection.jury import Seen
from soart.inspection.mosaics import Shown, within
from soart.photos import matrices, resaving
from soart.photos import region as regions
from soart.photos.encodings import Encoding
from soart.photos.geometry import HERE, Placement
from soart.report import why

PICTURE, SIZES = (500, 500), {"network": 8, "colour": 15}
UNKNOWN = Encoding("", None)


GOOD = {"network": samples.pictures("learn", 12), "colour": samples.mosaics("learn", 12)}


def learned(region: np.ndarray, good: dict[str, list[np.ndarray]] = GOOD) -> image_model.ImageModel:
    """Both juries of 12 good parts within a region."""
    apart = {name: image_model.hidden_places(None, PICTURE, size, region) for name, size in SIZES.items()}
    network, names = samples.network_jury(12).network, [f"{row}" for row in range(12)]
    hidden = np.tile(apart["network"], (12, 1))
    juries = [
        network_jury.learn(Shown(good["network"], region, 8), names, network, nearest.Settings(), hidden),
        colour_jury.learn(Shown(good["colour"], region, 15), samples.SMALL, hidden=lambda _: apart["colour"]),
    ]
    return image_model.of_juries(juries, PICTURE, Alarm(), samples.SMALL.size, region)


def usual(kind: str, count: int) -> list[Seen]:
    """Photos, and the mean good one: below what good photos have nearly everywhere."""
    of_kind = samples.mosaics("test", count, kind=kind), samples.pictures("test", count, kind)
    mean = (np.rint(good("learn", 12).mean(axis=0)).astype(np.uint8) for good in (samples.mosaics, samples.pictures))
    return [Seen(UNKNOWN, None, *pair) for pair in [*zip(*of_kind, strict=True), tuple(mean)]]


def test_nothing_that_is_told_lies_where_no_place_counts():
    """Of generated regions and placements, some leave few places; of some, all that counts is below 0."""
    rng, photos, tried = np.random.default_rng(0), usual("errorA", 3), []
    for _ in range(12):
        (x, y), (wide, high) = rng.choice([0, 150, 330], 2), rng.integers(70, 170, 2)
        model = learned(regions.of_box((x, y, x + wide, y + high), PICTURE))
        moved = Placement(*rng.uniform(-150, 150, 2), rng.uniform(-20, 20), rng.uniform(0.9, 1.1))
        for jury, placement in ((jury, placement) for jury in model.juries for placement in (None, moved)):
            hidden = model.hidden(placement, jury.size)
            within = [model.within(photo) for photo in photos]
            for photo, found in zip(within, jury.find(within, [hidden] * 4), strict=True):
                if isinstance(found, str):
                    assert hidden.all()
                    continue
                heat = found.heat_map().ravel()
                counted = np.sort(heat[~hidden])[::-1]
                assert not hidden[found.place]
                assert found.distance == heat[found.place] == counted[0]
                assert not found.above(-1e9).ravel()[hidden].any()
                assert found.above(counted[0]).ravel()[found.place]
                score = counted[: jury.settings.top].mean(dtype=float)
                if jury.name == "network":
                    far = jury.distance(jury.network.read(photo.small, jury.hidden)[1])
                    score = (1 - jury.share) * score + jury.share * far
                assert found.score == pytest.approx(score, rel=1e-5)
                tried.append((jury.name, len(counted), counted[0]))
    assert len(tried) > 100
    for name in SIZES:
        assert min(strongest for jury, _, strongest in tried if jury == name) < 0
    assert min(count for name, count, _ in tried if name == "colour") < samples.SMALL.top


def beside(picture: np.ndarray, region: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """A picture with anything where none of size x size places counts."""
    counts = regions.region_places(region, size).astype(np.uint8)
    free = cv2.resize(counts, picture.shape[:2], interpolation=cv2.INTER_NEAREST) == 0
    return np.where(free[..., None], rng.integers(0, 256, picture.shape, dtype=np.uint8), picture)


def test_what_lies_outside_changes_no_bit_of_a_verdict(rng):
    """Of generated regions, by both kinds of words; nor of what is learned from good photos."""
    for _ in range(4):
        (x, y), (wide, high) = rng.choice([0, 150, 330], 2), rng.integers(90, 170, 2)
        region = regions.of_box((x, y, x + wide, y + high), PICTURE)
        others = {name: [beside(each, region, SIZES[name], rng) for each in GOOD[name]] for name in SIZES}
        models = [learned(region, each) for each in (GOOD, others)]
        assert models[0].scales == models[1].scales
        assert np.array_equal(models[0].held_out, models[1].held_out)
        for photo in usual("errorA", 3):
            mosaic = beside(photo.mosaic, region, SIZES["colour"], rng)
            small = beside(photo.small, region, SIZES["network"], rng)
            assert (mosaic != photo.mosaic).any()
            assert (small != photo.small).any()
            other = photo._replace(mosaic=mosaic, small=small)
            one, *rest = (model.judge([each])[0] for model in models for each in (photo, other))
            assert all(each.verdict == one.verdict for each in rest)
            assert all(np.array_equal(each.heat_map(), one.heat_map()) for each in rest)


@pytest.mark.parametrize("seed", range(8))
def test_what_lies_outside_is_not_carried_in_by_copies_that_are_saved_anew(seed):
    """Whatever lies there, of photos large and small, saved on the grid of a JPEG's blocks and aside of it."""
    rng = np.random.default_rng(seed)
    wide, high = (int(each) for each in rng.integers(150, 700, 2))
    box = tuple(np.round(np.array([0.2, 0.3, 0.7, 0.9]) * (wide, high, wide, high)).tolist())
    region, size, side = regions.of_box(box, (wide, high)), 14, 112
    places = regions.region_places(region, size).astype(np.uint8)
    counts = cv2.resize(places, (side, side), interpolation=cv2.INTER_NEAREST)
    photo = cv2.GaussianBlur(rng.integers(0, 256, (high, wide, 3), dtype=np.uint8), (0, 0), 2)
    cloth = rng.integers(0, 256, (-(-high // 9), -(-wide // 9), 3), dtype=np.uint8)
    cloth = cv2.resize(cloth, (wide, high), interpolation=cv2.INTER_NEAREST)
    beyond = cv2.erode(cv2.resize(1 - places, (wide, high), interpolation=cv2.INTER_NEAREST), np.ones((3, 3))) > 0
    looked, changed = [], []
    for each in (photo, np.where(beyond[..., None], cloth, photo)):
        copy = resaving.copy(each, 80, np.random.default_rng(seed))
        own, copy = (matrices.shrink(picture, side) for picture in (each, copy))
        changed.append(np.where(counts[..., None] > 0, copy, 0))
        looked.append([pictures[0] for pictures in within([own], [copy], region, size, (wide, high))])
    assert all(np.array_equal(one, other) for one, other in zip(looked[0], looked[1], strict=True))
    assert not np.array_equal(changed[0], changed[1])
    assert not np.array_equal(*looked[0])  # saving anew is seen farther inside


def test_a_verdict_lies_in_the_region_though_all_that_counts_is_as_usual():
    """The region is one ninth of the picture; the mean good part is everywhere nearer than good parts are."""
    model = learned(regions.of_box((200, 200, 300, 300), PICTURE))
    [judged] = model.judge(usual("good", 1)[1:])
    assert 190 <= judged.verdict.x <= 310
    assert 190 <= judged.verdict.y <= 310
    assert judged.verdict.network_score < 0
    row, column = divmod(why.strongest_place(judged.heat_map(), HERE, model), 15)
    assert not model.hidden(None, 15).reshape(15, 15)[row, column]
    assert not model.hidden(None, 8).reshape(8, 8)[row * 8 // 15, column * 8 // 15]


def test_a_photo_that_shows_nothing_that_counts_is_not_compared():
    model = learned(regions.of_box((0, 0, 100, 100), PICTURE))
    [judged] = model.judge([usual("good", 1)[0]._replace(placement=Placement(-150.0, -150.0))])
    assert (judged.verdict.verdict, judged.verdict.score) == ("not_compared", None)
    assert judged.verdict.warning.startswith(
        "nothing that counts is in view; let the photo show the region of interest"
    )


def test_top_mean_by_hand():
    distances, hidden = np.array([[9, 1, 2, 3], [8, -1, -2, -3.0]]), np.array([True, False, False, False])
    assert scales.top_mean(distances, 2).tolist() == [6, 3.5]
    assert scales.top_mean(distances, 2, hidden).tolist() == [2.5, -1.5]
    assert scales.top_mean(distances, 9, hidden).tolist() == [2, -2]
    assert scales.top_mean(distances, 2, np.ones(4, bool)).tolist() == [0, 0]


def test_places_that_do_not_count_are_below_all():
    values = np.array([[3, -4], [-2, -5]], np.float32)
    assert places.counted(values, None) is values
    found = places.counted(values, np.array([True, False, False, False]))
    assert found.tolist() == [[-np.inf, -4], [-2, -5]]
    assert found.dtype == np.float32


def test_good_photos_are_held_out_by_places_that_count(rng):
    """By either jury: a score is the mean of the largest of the photo's own places, by the scale of the others."""
    roots = rng.gamma(4, 0.25, (9, 2, 16)).astype(np.float32)
    hidden = rng.random((9, 16)) < 0.8
    hidden[:, 0] = False
    with_gaps = np.where(hidden[:, None], np.float32(np.nan), roots)
    settings = nearest.Settings(top=5)
    scores = nearest.held_out_scores(with_gaps, np.zeros(9, bool), settings)
    colour = Settings(size=4, top=5, strict_from=50)
    _, others = scales.fit_scale(roots, colour, hidden)
    for photo in range(9):
        rest, apart = np.arange(9) != photo, hidden[photo]
        expected, deviation = nearest.place_scale(with_gaps[rest], settings.prior)
        near, spread = (roots[photo] - expected) / deviation
        z = np.sort((0.7 * near + 0.3 * spread)[~apart])[::-1]
        assert scores[photo] == pytest.approx(z[:5].mean(), rel=1e-4)
        shown, every = (~hidden[rest]).sum(axis=0), with_gaps[rest].astype(float)
        mean = np.nansum(every, axis=0) / np.maximum(shown, 1)
        spread = np.nansum((every - mean) ** 2, axis=0) / np.maximum(shown, 1)
        usual, common = (each(every, axis=(0, 2))[:, None] for each in (np.nanmean, np.nanvar))
        expected = (shown * mean + colour.prior * usual) / (shown + colour.prior)
        deviation = np.sqrt((shown * spread + colour.prior * common) / (shown + colour.prior))
        scale = scales.Scale(expected, deviation)
        z = np.sort(scale.distances(roots[photo])[0, ~apart])[::-1]
        assert others[photo] == pytest.approx(z[:5].mean(), rel=1e-4)
