"""Good photos that are none, one or several alike: they are named, and the defects are found all the same."""

import subprocess
import sys

import numpy as np
import pytest

import samples
from soart.inspection import calibration, colour_jury, gathering, image_model, line, models, nearest, network_jury
from soart.inspection.calibration import Alarm
from soart.inspection.image_model import ImageModel
from soart.inspection.jury import Seen
from soart.inspection.score_scale import scale_beside
from soart.photos.encodings import Encoding

GOOD = 25


def upside_down(good: np.ndarray) -> np.ndarray:
    return good[::-1, ::-1]


def another_product(good: np.ndarray) -> np.ndarray:
    return np.rot90(255 - good).copy()


def noise(good: np.ndarray) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, good.shape, np.uint8)


def defective(good: np.ndarray) -> np.ndarray:
    return samples.mosaics("odd", 1, kind="errorA")[0]


@pytest.mark.slow
@pytest.mark.parametrize("change", [upside_down, another_product, noise, defective])
def test_one_odd_good_photo_is_named_and_does_not_switch_the_alarm_off(change):
    good = samples.mosaics("learn", GOOD).copy()
    good[7] = change(good[7])
    names = [f"good/{number}" for number in range(GOOD)]
    model = image_model.learn(good, (500, 500), samples.SMALL, Alarm(), names, good=tuple(names))
    assert model.odd[0].image == "good/7"
    found = model.judge_mosaics(samples.mosaics("test", 8, kind="errorA"))
    assert [each.verdict.verdict for each in found] == ["flagged"] * 8
    usual = [each.verdict.verdict for each in model.judge_mosaics(samples.mosaics("test", 10))]
    assert usual.count("flagged") <= 2


def model_of(own: int, others: int, seed: int | None = None) -> ImageModel:
    """By words of both kinds, from so many good parts and, good/<own> and on, others; in order, or shuffled."""
    mosaics, pictures = samples.mosaics("learn", own + others).copy(), samples.pictures("learn", own + others).copy()
    for photo in range(own, own + others):
        mosaics[photo], pictures[photo] = another_product(mosaics[photo]), another_product(pictures[photo])
    order = np.arange(own + others) if seed is None else np.random.default_rng(seed).permutation(own + others)
    names = tuple(f"good/{photo}" for photo in order)
    network = samples.network_jury(3).network
    by_network = network_jury.learn(pictures[order], names, network, nearest.Settings())
    by_colour = colour_jury.learn(mosaics[order], samples.SMALL, names, foreign=by_network.foreign)
    return image_model.of_juries([by_network, by_colour], (500, 500), Alarm(), samples.SMALL.size, good=names)


@pytest.fixture(scope="module")
def mixed() -> ImageModel:
    return model_of(21, 4)


def verdicts(model: ImageModel, kind: str, count: int) -> list[str]:
    each = zip(samples.mosaics("test", count, kind=kind), samples.pictures("test", count, kind), strict=True)
    return [found.verdict.verdict for found in model.judge([Seen(Encoding("", None), None, *pair) for pair in each])]


def test_four_of_another_product_are_named_and_do_not_count_in_the_alarm(mixed):
    named = [odd for odd in mixed.odd if odd.fellows is not None]
    assert sorted(odd.image for odd in named) == ["good/21", "good/22", "good/23", "good/24"]
    assert {odd.fellows for odd in named} == {3}
    assert mixed.mixture == ""
    assert np.array_equal(mixed.calibrating, mixed.held_out[:21])
    network, colour = mixed.juries
    assert network.scale == scale_beside(network.learned_whole.held_out[:21], network.learned.held_out[:21])
    plain = image_model.of_juries([network, colour], (500, 500), Alarm(), samples.SMALL.size)
    by_all = scale_beside(colour.held_out, network.held_out)
    assert plain.scales[1].factor == scale_beside(colour.held_out[:21], network.held_out[:21]).factor != by_all.factor
    assert (network.learned.photos >= 21).any()  # they are judges all the same
    assert mixed.level(network) == calibration.threshold(Alarm(), mixed.held_out[:21])
    photo = Seen(Encoding("", None), None, samples.mosaics("test", 1)[0] // 4, samples.pictures("test", 1)[0] // 4)
    verdict = mixed.judge([photo])[0].verdict
    assert verdict.p_value == verdict.network_p_value == verdict.colour_p_value == 1 / 22


def test_beside_four_of_another_product_defects_are_found(mixed):
    assert verdicts(mixed, "errorA", 8) == ["flagged"] * 8
    assert verdicts(mixed, "good", 10).count("flagged") <= 2


def test_another_order_of_mixed_photos_changes_no_score(mixed):
    other = model_of(21, 4, seed=1)
    assert dict(zip(other.good, other.held_out, strict=True)) == dict(zip(mixed.good, mixed.held_out, strict=True))
    assert other.odd == mixed.odd


@pytest.mark.parametrize(
    ("own", "others", "sizes"), [(21, 4, [21, 4]), (12, 12, [12, 12]), (25, 0, [25]), (8, 2, [8, 2])]
)
def test_what_is_told_of_kinds_comes_back_from_the_file(own, others, sizes, tmp_path):
    """With two halves nobody is set apart, nor where fewer than nine others would stay."""
    model = model_of(own, others)
    models.save(tmp_path / "model.npz", model)
    loaded = models.load(tmp_path / "model.npz")
    assert np.bincount(loaded.kinds).tolist() == sizes
    assert gathering.odd_photos(str(tmp_path / "model.npz")) == loaded.odd == model.odd
    assert sum(odd.fellows is not None for odd in loaded.odd) == (others if own > others else 0)
    assert len(loaded.calibrating) == line.describe_origin(tmp_path / "model.npz", loaded)["model"]["images"]
    assert len(loaded.calibrating) == (21 if own == 21 else own + others)
    said = "the good photos are of 2 kinds, none of which has more than half: 12 like good/0, 12 like good/12; an alarm"
    assert loaded.mixture.startswith(said) if own == others else loaded.mixture == ""


@pytest.mark.parametrize(("own", "others"), [(21, 4), (12, 12)])
def test_the_line_says_first_what_the_good_photos_are(own, others, tmp_path):
    models.save(tmp_path / "model.npz", model_of(own, others))
    (tmp_path / "part.jpg").write_bytes(samples.jpeg("test", 0))
    program = [sys.executable, str(samples.ROOT / "scripts/inspect_part.py"), "--model", "model.npz", "part.jpg"]
    said = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True).stderr.splitlines()
    if own == others:
        assert said[0].startswith(
            "The good photos are of 2 kinds, none of which has more than half: 12 like good/0, 12"
        )
    else:
        sentence = "good/2{} looks unlike most good photos, like 3 others of them: held out it scores "
        for number in range(1, 5):
            [found] = [each for each in said if each.startswith(sentence.format(number))]
            assert found.endswith("; look at it")
