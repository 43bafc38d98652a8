"""Inspection against its definition: attention over explicit judges, the full heat map, held-out scores."""

import os
import subprocess
import sys

import numpy as np
import pytest

import samples
from soart.inspection import distances as inspection
from soart.inspection import explanation, learning, scales, words
from soart.photos import brightness

SETTINGS = samples.SMALL
BOTH = SETTINGS._replace(size=31, strict_from=8)  # two readings of a finer mosaic


@pytest.fixture(scope="module")
def learned():
    return learning.fit(samples.mosaics("learn", 12), SETTINGS)


@pytest.fixture(scope="module")
def measured():
    return samples.mosaics("test", 4, kind="errorA")


@pytest.mark.parametrize("place", [0, 44, 111, 222])
def test_weights_sum_to_one_and_give_the_context(learned, measured, place):
    judges = learned.judges
    attention = explanation.attention(measured[0], place, samples.mosaics("learn", 12), judges, SETTINGS)
    weights = (attention.own_weights, attention.nearby_weights, attention.warp_weights)
    assert sum(part.sum() for part in weights) == pytest.approx(1, abs=1e-9)
    word = inspection.sentence(measured[0], judges, SETTINGS)[0][place].astype(float)
    query = judges.precision[place].astype(float) @ (word - judges.mean[place])
    spread = np.linalg.inv(judges.precision[place].astype(float)) - judges.ridge * np.eye(18)
    size = np.abs(word - judges.mean[place]).max() + 1
    assert np.allclose(attention.context, judges.mean[place] + spread @ query, atol=1e-3 * size)
    assert np.allclose(word - attention.context, judges.ridge * query, atol=1e-3 * size)


def test_energy_is_what_unequal_weights_and_the_residual_cost(learned, measured):
    """d E = sum over judges of (weight - equal share)^2 / coefficient + |s - context|^2 / (lambda g)."""
    judges, place = learned.judges, 111
    seen = explanation.attention(measured[0], place, samples.mosaics("learn", 12), judges, SETTINGS)
    spoken, _ = inspection.sentence(measured[0], judges, SETTINGS)
    swerve = SETTINGS.warp_weight / (12**2 * (seen.warps.shape[1] - 1))
    unequal = ((seen.own_weights - 1 / 12) ** 2).sum() * 12 / 0.5
    unequal += (seen.nearby_weights**2).sum() * 12 * 9 / 0.5 + (seen.warp_weights**2).sum() / swerve
    residual = ((spoken[place] - seen.context) ** 2).sum() / judges.ridge
    energy = inspection.alignments(spoken, judges, 0, np.array([place]))[1].item()
    assert unequal + residual == pytest.approx(18 * energy, rel=2e-3)
    assert unequal > 0


def test_a_word_that_is_the_mean_gets_equal_weights(learned, measured):
    good = samples.mosaics("learn", 12)
    judges = learned.judges._replace(precision=np.zeros_like(learned.judges.precision))
    attention = explanation.attention(measured[0], 30, good, judges, SETTINGS)
    assert np.allclose(attention.own_weights, 1 / 12)
    assert not attention.nearby_weights.any()


def test_energy_is_the_least_mahalanobis_distance_over_shifts(learned, measured):
    judges = learned.judges
    values = brightness.level_brightness(measured[0], 1.0)
    energies = inspection.alignments(words.words(values, 2).reshape(225, -1), judges, 1)[1].min(axis=1)
    for place in (0, 14, 100, 224):
        row, column = divmod(place, 15)
        distances = []
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                at = min(max(row + down, 0), 14), min(max(column + right, 0), 14)
                offset = words.words(values, 2)[at].astype(float) - judges.mean[place]
                distances.append(offset @ judges.precision[place].astype(float) @ offset / 18)
        assert energies[place] == pytest.approx(min(distances), rel=1e-3)


@pytest.mark.parametrize("settings", [BOTH, BOTH._replace(strict_from=9)], ids=["two readings", "tolerant"])
def test_lazy_score_equals_the_full_heat_map_bit_for_bit(settings):
    judges = learning.fit(samples.mosaics("learn", 8, settings), settings).judges
    for kind in ("good", "errorA"):
        for mosaic in samples.mosaics("test", 4, settings, kind):
            found = inspection.inspect(mosaic, judges, settings)
            heat = inspection.heat_map(mosaic, judges, settings).ravel()
            largest = np.sort(heat)[::-1][:5]
            assert np.array_equal(found.distances, largest)
            assert np.array_equal(heat[found.places], largest)
            assert found.score == largest.astype(float).mean()


def test_the_larger_of_two_readings_counts():
    judges = learning.fit(samples.mosaics("learn", 8, BOTH), BOTH).judges
    spoken, _ = inspection.sentence(samples.mosaics("test", 1, BOTH, "errorA")[0], judges, BOTH)
    tolerant, strict = inspection.roots(spoken, judges, 1)
    assert np.array_equal(strict, np.sqrt(inspection.alignments(spoken, judges, 1)[1][:, 4]))
    # float32 with a condition of 1/ridge = 1000: 1000 x 6e-8 x a few; how much of it is seen depends on the processor
    assert strict == pytest.approx(np.sqrt(inspection.alignments(spoken, judges, 0)[1][:, 0]), rel=1e-3)
    assert (tolerant <= strict).all()
    one, two = (
        (root - mu) / sd for root, mu, sd in zip((tolerant, strict), judges.expected, judges.deviation, strict=True)
    )
    assert (one > two).any()
    assert (one < two).any()
    assert np.array_equal(inspection.distances(spoken, judges, 1), np.maximum(one, two))


def test_few_good_images_are_read_tolerantly_alone(learned, measured):
    spoken, _ = inspection.sentence(measured[0], learned.judges, SETTINGS)
    tolerant, strict = inspection.readings(spoken, learned.judges, 1)
    assert np.isneginf(strict).all()
    assert np.array_equal(inspection.distances(spoken, learned.judges, 1), tolerant)


def test_distances_of_some_places_equal_those_of_all(learned, measured):
    judges = learned.judges
    spoken, _ = inspection.sentence(measured[1], judges, SETTINGS)
    everywhere = inspection.distances(spoken, judges, 1)
    for places in ([7], [3, 1, 200], list(range(0, 225, 2))):
        some = inspection.distances(spoken, judges, 1, np.array(places))
        assert np.array_equal(some, everywhere[places])


@pytest.mark.parametrize("settings", [BOTH, BOTH._replace(strict_from=9)], ids=["two readings", "tolerant"])
def test_company_changes_no_bit(settings):
    judges = learning.fit(samples.mosaics("learn", 8, settings), settings).judges
    mosaics = [*samples.mosaics("test", 4, settings), *samples.mosaics("test", 3, settings, "errorA")]
    together = inspection.inspect_all(
        [inspection.sentence(each, judges, settings) for each in mosaics], judges, settings
    )
    for mosaic, found in zip(mosaics, together, strict=True):
        alone = inspection.inspect(mosaic, judges, settings)
        assert alone.score == found.score
        assert np.array_equal(alone.places, found.places)
        assert np.array_equal(alone.distances, found.distances)


def test_mosaics_of_fewer_places_than_candidates_are_scored():
    settings = SETTINGS._replace(size=6)
    judges = learning.fit(samples.mosaics("learn", 5, settings), settings).judges
    mosaic = samples.mosaics("test", 1, settings)[0]
    heat = inspection.heat_map(mosaic, judges, settings)
    assert inspection.inspect(mosaic, judges, settings).score == pytest.approx(np.sort(heat.ravel())[-5:].mean())


def test_held_out_scores_equal_a_refit_without_the_fold(learned):
    mosaics = samples.mosaics("learn", 12)
    good = learning.level_good(mosaics, SETTINGS, [str(index) for index in range(12)])
    order = learning.by_content(mosaics)
    roots = np.empty((12, 2, 225), np.float32)
    for fold in range(4):
        judges = good.settled(good.sums(np.setdiff1d(order, order[fold::4])))
        for image in order[fold::4]:
            roots[image] = inspection.roots(inspection.sentence(mosaics[image], judges, SETTINGS)[0], judges, 1)
    scale, held_out = scales.fit_scale(roots, SETTINGS)
    assert learned.held_out == pytest.approx(held_out, rel=1e-3)
    assert learned.judges.deviation == pytest.approx(scale.deviation, rel=1e-3)


@pytest.mark.parametrize("index", range(6))
def test_no_place_takes_the_word_of_one_that_is_not_seen(index, learned, measured):
    """The nearest word is among those that are seen; a place that is not seen has energy 0."""
    judges, rng = learned.judges, np.random.default_rng([7, index])
    hidden = np.ones((SETTINGS.size,) * 2, bool)
    row, column, height, width = *rng.integers(0, SETTINGS.size - 1, 2), *rng.integers(1, 6, 2)
    hidden[row : row + height, column : column + width] = False
    hidden = hidden.ravel()
    spoken, _ = inspection.sentence(measured[index % len(measured)], judges, SETTINGS, hidden)
    tolerant, strict = inspection.roots(spoken, judges, 1)
    assert (tolerant[hidden] == 0).all()
    assert (strict[hidden] == 0).all()
    for place in np.flatnonzero(~hidden):
        near = [each for each in words.neighbours(SETTINGS.size, 1)[place] if not hidden[each]]
        offsets = spoken[near].astype(float) - judges.mean[place]
        energies = np.einsum("vi,ij,vj->v", offsets, judges.precision[place].astype(float), offsets) / spoken.shape[1]
        assert tolerant[place] == pytest.approx(np.sqrt(energies.min()), rel=1e-3, abs=1e-4)
    [found] = inspection.inspect_all([(spoken, 1.0)], judges, SETTINGS)
    counted = np.sort(inspection.distances(spoken, judges, 1)[~hidden])[-SETTINGS.top :]
    assert found.score == pytest.approx(float(counted.mean()), rel=1e-5)


@pytest.mark.parametrize("settings", [BOTH, BOTH._replace(strict_from=99)], ids=["two readings", "tolerant"])
def test_a_held_out_score_is_that_of_an_inspected_image_with_its_unseen_places(settings):
    size, mosaics = settings.size, samples.mosaics("learn", 12, settings).copy()
    hidden = np.zeros((12, size, size), bool)
    for image in range(12):
        hidden[image, :, : image % 4] = True
    mosaics[hidden] = 255 - mosaics[hidden]  # would be far off, if it counted
    hidden = hidden.reshape(12, -1)
    learned = learning.fit(mosaics, settings, unseen=lambda image: hidden[image])
    good = learning.level_good(
        mosaics, settings, [str(image) for image in range(12)], unseen=lambda image: hidden[image]
    )
    order, kept = learning.by_content(mosaics), {}
    for first in range(settings.folds):
        fold = order[first :: settings.folds]
        kept |= dict.fromkeys(fold.tolist(), good.settled(good.sums(np.setdiff1d(order, fold))))
    kept = [kept[image] for image in range(12)]
    spoken = [inspection.sentence(*each) for each in zip(mosaics, kept, [settings] * 12, hidden, strict=True)]
    roots = np.stack([inspection.roots(spoken[image][0], kept[image], 1) for image in range(12)]).astype(float)
    sums, squares = roots.sum(axis=0), (roots**2).sum(axis=0)
    expected, deviation = scales.place_moments(12 - hidden.sum(axis=0), sums, squares, settings)
    factor = (deviation[1] / learned.judges.deviation[1])[
        0
    ]  # how `fitted` brought the strict reading to the tolerant one
    offset = ((expected[1] - learned.judges.expected[1]) / learned.judges.deviation[1])[0]
    for image, root in enumerate(roots):
        assert (root[:, hidden[image]] == 0).all()
        scale = scales.align_readings(
            scales.place_moments(
                11 - np.delete(hidden, image, axis=0).sum(axis=0), sums - root, squares - root**2, settings
            ),
            factor,
            offset,
        )
        judges = kept[image]._replace(**scale._asdict())
        [found] = inspection.inspect_all([spoken[image]], judges, settings)
        assert learned.held_out[image] == pytest.approx(found.score, rel=1e-3)
    assert not np.allclose(learned.held_out, learning.fit(mosaics, settings).held_out, rtol=0.1)


def test_held_out_images_score_higher_than_learned_ones(learned):
    own = [inspection.inspect(each, learned.judges, SETTINGS).score for each in samples.mosaics("learn", 12)]
    assert np.mean(own) < np.mean(learned.held_out)


def test_learning_is_repeatable_and_memory_layout_does_not_matter(learned):
    again = learning.fit(np.asfortranarray(samples.mosaics("learn", 12)), SETTINGS)
    for one, two in zip(learned.judges, again.judges, strict=True):
        assert np.array_equal(one, two)
    assert np.array_equal(learned.held_out, again.held_out)


@pytest.mark.parametrize("settings", [SETTINGS, BOTH], ids=["one reading", "two readings"])
def test_learning_depends_neither_on_names_nor_on_order(settings, rng):
    mosaics, order = samples.mosaics("learn", 12, settings), rng.permutation(12)
    mosaics = np.concatenate([mosaics, mosaics[3:4]])  # one photo twice
    order = np.insert(order, 5, 12)
    one = learning.fit(mosaics, settings, [f"a{image}" for image in range(13)])
    two = learning.fit(mosaics[order], settings, [f"b{image}" for image in range(13)])
    for mine, yours in zip(one.judges, two.judges, strict=True):
        assert np.array_equal(mine, yours)
    once = np.delete(np.arange(13), [3, 12])  # of two equal ones either may come first
    again = np.array([int(np.flatnonzero(order == image)[0]) for image in once])
    assert np.array_equal(one.held_out[once], two.held_out[again])
    assert np.array_equal(np.sort(one.held_out), np.sort(two.held_out))
    assert np.array_equal(one.sensitivities, two.sensitivities[np.argsort(order)])


def test_learning_does_not_depend_on_threads():
    program = (
        "import samples; from soart.inspection import learning;"
        "learned = learning.fit(samples.mosaics('learn', 12), samples.SMALL);"
        "print(learned.held_out.tobytes().hex(), learned.judges.precision.sum(dtype=float).hex())"
    )
    folders = os.pathsep.join(str(samples.ROOT / name) for name in ("tests", "scripts"))
    outputs = [
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONPATH": folders, "OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "2")
    ]
    assert outputs[0] == outputs[1]
    assert len(outputs[0]) > 12 * 16


def test_more_images_than_a_block(monkeypatch, learned):
    monkeypatch.setattr(learning.judges, "BLOCK", 5)
    blocks = learning.fit(samples.mosaics("learn", 12), SETTINGS)
    assert np.allclose(blocks.held_out, learned.held_out, rtol=1e-3)


def test_errors_score_higher_than_good_ones(learned, measured):
    good = [inspection.inspect(each, learned.judges, SETTINGS).score for each in samples.mosaics("test", 4)]
    bad = [inspection.inspect(each, learned.judges, SETTINGS).score for each in measured]
    assert min(bad) > max(good)


def test_a_dimmer_picture_scores_the_same(learned):
    mosaic = samples.mosaics("test", 1)[0]
    dim = mosaic * 0.8  # unrounded, as no camera gives it: rounding alone would cost up to half a level
    one, two = (inspection.inspect(each, learned.judges, SETTINGS) for each in (mosaic, dim))
    assert two.sensitivity == pytest.approx(0.8 * one.sensitivity)
    assert two.score == pytest.approx(one.score, abs=0.01)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda good: good[:1], "expected at least 2 good images to learn from, got 1"),
        (lambda good: good[[0, 0, 0]], "the good images are all the same"),
        (
            lambda good: np.concatenate([good, good[:1] * 0 + 7]),
            r"b3: expected a picture .* got one colour \(7, 7, 7\)",
        ),
        (lambda good: good * 0, r"b0: expected a picture of a part, got one colour \(0, 0, 0\) everywhere"),
    ],
)
def test_bad_good_images_are_refused_with_a_sentence(change, sentence):
    mosaics = change(samples.mosaics("learn", 3))
    with pytest.raises(ValueError, match=sentence):
        learning.fit(mosaics, SETTINGS, [f"b{index}" for index in range(len(mosaics))])


def test_a_nearly_black_good_image_is_refused():
    mosaics = samples.mosaics("learn", 3).copy()
    mosaics[1] = 0
    mosaics[1, 3, 3] = 200
    with pytest.raises(ValueError, match="good image 1: the picture is black where good ones are not"):
        learning.fit(mosaics, SETTINGS)


def test_a_black_picture_is_refused(learned):
    with pytest.raises(ValueError, match="black where good ones are not; check light and camera"):
        inspection.inspect(np.zeros((15, 15, 3), np.uint8), learned.judges, SETTINGS)


def test_two_good_images_are_enough_to_learn():
    learned = learning.fit(samples.mosaics("learn", 2), SETTINGS)
    assert np.isfinite(learned.held_out).all()
    assert np.isfinite(learned.judges.deviation).all()
    assert (learned.judges.deviation > 0).all()
