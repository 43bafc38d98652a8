"""Two juries in one model: what each says, and what they say together."""

import numpy as np
import pytest

import samples
from soart.inspection import calibration, changes, colour_jury, image_model, models, network_jury, places
from soart.inspection.calibration import Alarm
from soart.inspection.jury import Seen
from soart.inspection.nearest import Settings
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
    first, others = juries[0].held_out, juries[1].held_out
    high = [calibration.upper_fifth(each, 5) for each in (others, first)]
    factor = high[1][2] / high[0][2]
    change = changes.doubling_change(juries[1].judges, juries[1].settings, others)
    seen = change * len(others) / (len(others) + 10)
    assert 0 < seen < 20
    expected_scale = factor, high[1][1] - 2 * (seen / 20) ** 2 * high[1][2] - factor * high[0][1]
    scale = both.scales[1]
    assert tuple(scale) == pytest.approx(expected_scale)
    expected = np.maximum(first, scale.factor * others + scale.offset)
    assert np.array_equal(both.held_out, expected)
    assert both.level(both.juries[1]) == pytest.approx((both.level(both.juries[0]) - scale.offset) / scale.factor)


def test_colours_that_see_little_start_lower_by_the_whole_reserve(juries):
    network, colour = juries
    blunt = colour._replace(judges=colour.judges._replace(precision=colour.judges.precision * 1e-9))
    model = image_model.of_juries([network, blunt], (500, 500), Alarm(), samples.SMALL.size)
    high = [calibration.upper_fifth(each, 5) for each in (blunt.held_out, network.held_out)]
    assert model.scales[1].factor * high[0][1] + model.scales[1].offset == pytest.approx(high[1][1] - 2 * high[1][2])


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
    assert matrices.shrink(picture, 2)[..., 0].tolist() == [[30, 0], [0, 0]]
    assert matrices.shrink(picture, 4) is picture


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


class Pooling:
    """In place of a network: means of 2 x 2 pixels, of as many colours as there are; none of the picture as a whole."""

    use, shape, whole_length = samples.USE, (8, 8, 30), 2

    @classmethod
    def read(cls, picture: np.ndarray, hidden: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return cls.words(picture), np.zeros(2, np.float32)

    @staticmethod
    def words(picture: np.ndarray) -> np.ndarray:
        return picture.reshape(8, 2, 8, 2, -1).mean(axis=(1, 3)).astype(np.float32)


def symmetric(ways: tuple[int, ...], count: int = 12) -> np.ndarray:
    """Photos, in 30 colours, of one part that looks the same in these ways, each with its own noise."""
    rng = np.random.default_rng(3)
    part = rng.uniform(0, 200, (16, 16, 30))
    part = sum(network_jury.turned(part, way) for way in (0, *ways)) / (1 + len(ways))
    return part + rng.normal(scale=8, size=(count, 16, 16, 30))


def symmetries(photos: np.ndarray, settings: Settings, hidden: np.ndarray | None = None) -> list[int]:
    return network_jury.symmetries(photos, network_jury.probe(photos, Pooling(), hidden), Pooling(), settings)


@pytest.mark.parametrize("ways", [(), (1,), (2,), (1, 2, 3), (4,), (1, 2, 3, 4, 5, 6, 7)])
def test_symmetries_are_found_and_no_others(ways):
    assert symmetries(symmetric(ways), Settings(window=1)) == list(ways)
    assert symmetries(symmetric(ways), Settings(symmetry=0)) == []


def test_many_photos_need_fewer_copies(monkeypatch):
    monkeypatch.setattr(network_jury, "MOST_WORDS", 40)
    assert symmetries(symmetric((1, 2, 3)), Settings(window=1)) == [1, 2]  # 12 x 3 <= 40
    monkeypatch.setattr(network_jury, "MOST_WORDS", 23)
    assert symmetries(symmetric((1, 2, 3)), Settings(window=1)) == []


def test_what_good_photos_bear_anyway_is_not_learned_anew():
    """Copies that lie aside by less than the photos do change no bit; by four times as much, every held-out score."""
    photos = np.clip(symmetric(()), 0, 255).astype(np.uint8)
    names, settings = [f"{row}" for row in range(12)], Settings(window=1)
    probed = network_jury.probe(photos, Pooling())
    plain = network_jury.learn(photos, names, Pooling(), settings)
    for aside, borne in ((2, True), (16, False)):
        noise = np.random.default_rng(5).normal(scale=aside, size=photos.shape)
        copies = np.clip(photos + noise, 0, 255).astype(np.uint8)
        assert network_jury.bear_saving(photos, copies, probed, Pooling(), settings) == borne
        learned = network_jury.learn(photos, names, Pooling(), settings, resaved=copies)
        assert np.array_equal(learned.learned.judges, plain.learned.judges)
        assert np.array_equal(learned.learned.expected, plain.learned.expected) == borne
        found = [jury.find([Seen(Encoding("", None), None, None, copies[0])], [None])[0] for jury in (plain, learned)]
        alarms = [calibration.threshold(Alarm(), jury.held_out) for jury in (plain, learned)]
        assert found[1].score < alarms[1]
        assert (found[0].score < alarms[0]) == borne


def test_whom_to_probe_is_asked_once(monkeypatch):
    """The answer takes a look at every photo."""
    asked, by_content = [], network_jury.by_content
    monkeypatch.setattr(network_jury, "by_content", lambda pictures: asked.append(pictures) or by_content(pictures))
    photos = np.clip(symmetric((1,)), 0, 255).astype(np.uint8)
    network_jury.learn(photos, [f"{row}" for row in range(12)], Pooling(), Settings(window=1), resaved=photos.copy())
    assert len(asked) == 1


def test_a_mark_on_one_side_is_no_symmetry():
    """But where it lies outside of the region of interest."""
    photos, settings = symmetric((1,)), Settings(window=1)
    photos[:, 4:6, 2:4] += 40
    assert symmetries(photos, settings) == []
    outside = np.zeros((12, 8, 8), bool)
    outside[:, :5] = True
    assert symmetries(photos, settings, outside.reshape(12, 64)) == [1]


def test_the_ways_that_a_square_can_lie():
    """Eight, all different, as turns by numpy and mirrored; each undone by one of them."""
    square = np.arange(12).reshape(2, 2, 3)
    lain = [network_jury.turned(square, way) for way in range(8)]
    turns = [np.rot90(each, count) for each in (square, square[::-1]) for count in range(4)]
    assert sorted(each.tolist() for each in lain) == sorted(each.tolist() for each in turns)
    assert (lain[1] == square[:, ::-1]).all()
    assert (lain[2] == square[::-1]).all()
    assert (lain[4] == square.swapaxes(0, 1)).all()


def test_mirrored_copies_are_judges_of_a_symmetric_part():
    """Of four photos of a symmetric part there are eight words a place to judge by."""
    names, photos = ["a", "b", "c", "d"], symmetric((1,), 4)
    jury = network_jury.learn(photos, names, Pooling(), Settings())
    assert (np.sort(jury.learned.photos) == [0, 0, 1, 1, 2, 2, 3, 3]).all()
    assert {name for name, _ in jury.judges_at(photos[2], 20)} == set(names)
    assert jury.find([Seen(Encoding("", None), None, None, photos[2])], [None])[0].score < jury.held_out.min()
    alone = network_jury.learn(photos, names, Pooling(), Settings(symmetry=0))
    assert alone.learned.judges.shape[1] == 4
