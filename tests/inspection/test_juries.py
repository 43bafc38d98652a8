"""Two juries in one model: what each says, and what they say together."""

import numpy as np
import pytest

import samples
from soart.inspection import calibration, colour_jury, image_model, models, places
from soart.inspection.calibration import Alarm
from soart.inspection.jury import Seen
from soart.photos import matrices
from soart.photos.encodings import Encoding


@pytest.fixture(scope="module")
def juries():
    return [samples.network_jury(12), colour_jury.learn(samples.mosaics("learn", 12), samples.SMALL)]


@pytest.fixture(scope="module")
def both(juries):
    return image_model.of_juries(juries[::-1], (500, 500), Alarm(), samples.SMALL.size)


def seen(kind: str = "good", count: int = 5) -> list[Seen]:
    pairs = zip(samples.mosaics("test", count, kind=kind), samples.pictures("test", count, kind), strict=True)
    return [Seen(Encoding("", None), None, *each) for each in pairs]


def test_the_network_gives_the_unit_and_the_larger_score_counts(both, juries):
    assert [jury.name for jury in both.juries] == ["network", "colour"]
    assert both.scales[0] == (1, 0)
    for photo, judged in zip(seen(), both.judge(seen()), strict=True):
        alone = [jury.find([photo], [None])[0].score for jury in juries]
        scores = [alone[0], both.scales[1].factor * alone[1] + both.scales[1].offset]
        verdict = judged.verdict
        assert (verdict.network_score, verdict.colour_score) == tuple(alone)
        assert verdict.score == max(scores)
        assert verdict.driver.partition(":")[0] == ("network", "colour")[int(np.argmax(scores))]
        assert verdict.network_p_value == claimed(alone[0], juries[0].held_out)
        assert verdict.p_value == claimed(verdict.score, both.held_out)


def claimed(score: float, held_out: np.ndarray) -> float:
    return max(calibration.p_values(score, held_out).exponential, 1 / (len(held_out) + 1))


def test_good_images_are_held_out_from_both(both, juries):
    scale = both.scales[1]
    expected = np.maximum(juries[0].held_out, scale.factor * juries[1].held_out + scale.offset)
    assert np.array_equal(both.held_out, expected)
    assert both.level(both.juries[1]) == pytest.approx((both.level(both.juries[0]) - scale.offset) / scale.factor)


def test_the_heat_map_has_the_larger_distance_of_each_place(both):
    photo = seen("errorA")[0]
    [judged] = both.judge([photo])
    maps = [jury.find([photo], [None])[0].heat_map() for jury in both.juries]
    scale, size = both.scales[1], both.size
    expected = np.maximum(places.resampled(maps[0], size), scale.factor * maps[1] + scale.offset)
    assert np.allclose(judged.heat_map(), expected, rtol=1e-5, atol=1e-5)
    assert judged.heat_map().shape == (15, 15)


def test_a_missing_part_is_flagged_where_it_is_missing(both):
    for judged in both.judge(seen("errorA", 4)):
        verdict = judged.verdict
        assert verdict.verdict == "flagged"
        assert 30 < verdict.x < 170
        assert 30 < verdict.y < 170
        assert verdict.box_x0 <= verdict.x <= verdict.box_x1


def test_company_changes_no_bit(both):
    photos = [*seen(), *seen("errorA")]
    for photo, judged in zip(photos, both.judge(photos), strict=True):
        assert both.judge([photo])[0].verdict == judged.verdict


def test_a_black_photo_is_not_compared_by_either(both):
    dark = Seen(Encoding("", None), None, np.zeros((15, 15, 3), np.uint8), np.zeros((16, 16, 3), np.uint8))
    [judged] = both.judge([dark])
    assert (judged.verdict.verdict, judged.verdict.score) == ("not_compared", None)
    assert "black" in judged.verdict.warning


def test_a_file_looked_at_is_what_was_learned_from(both, tmp_path):
    (tmp_path / "a.jpg").write_bytes(samples.jpeg("test", 0))
    models.save(tmp_path / "model.npz", both)
    loaded = models.load(tmp_path / "model.npz")
    looked = loaded.look(tmp_path / "a.jpg")
    assert looked.small.shape == (16, 16, 3)
    assert looked.mosaic.shape == (15, 15, 3)
    assert loaded.judge([looked])[0].verdict == both.judge([both.look(tmp_path / "a.jpg")])[0].verdict


def test_a_picture_is_shrunk_by_area_means():
    picture = np.zeros((4, 4, 3), np.uint8)
    picture[0, 0], picture[1, 1] = 40, 80
    assert matrices.shrunk(picture, 2)[..., 0].tolist() == [[30, 0], [0, 0]]
    assert matrices.shrunk(picture, 4) is picture


def test_hidden_places_have_no_say(both):
    photo = seen("errorA")[0]
    hidden = np.zeros((8, 8), bool)
    hidden[:4, :4] = True  # where the plus is missing
    [whole], [rest] = both.network.find([photo], [None]), both.network.find([photo], [hidden.ravel()])
    assert rest.score < whole.score
    assert not hidden.ravel()[rest.place]
    assert (rest.heat_map()[hidden] == 0).all()


def test_judges_of_a_place_are_named_and_weigh_one_together(both):
    jury, photo = both.network, seen()[0]
    names, weights = zip(*jury.judges_at(photo.small, 20), strict=True)
    assert set(names) <= set(jury.photos)
    assert sum(weights) == pytest.approx(1)
    assert list(weights) == sorted(weights, reverse=True)
