"""The photo as a whole beside the good ones: one word, by which all good photos are its judges together.

n good photos, L numbers a word: the mean and the deviation of each map of a network (`network.Network.read`). Of a
deviation its logarithm counts: a texture is twice as rough or half. The distance is the one of `nearest` by all judges
of a place, linear attention: a Mahalanobis distance by the good photos' own correlations.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from soart.inspection import calibration
from soart.inspection.learning import by_content
from soart.inspection.nearest import Settings, folds

NO_COPIES: Mapping[int, np.ndarray] = MappingProxyType({})
SAME = 1e-6  # share of a mean that numbers of good photos differ by through rounding alone


class LearnedWhole(NamedTuple):
    """LearnedWhole: what was learned from n good photos; arrays only. r = min(n, L) at most, or more by pairs."""

    usual: np.ndarray  # (L / 2,) float32: deviation of each map, mean over the good photos
    mean: np.ndarray  # (L,) float32, of their words
    scale: np.ndarray  # (L,) float32: 1 / (deviation over the good photos x sqrt(ridge)); 0 where they never differ
    directions: np.ndarray  # (L, r) float32: in which good photos differ, each as long as it is forgiven, 0 to 1
    held_out: np.ndarray  # (n,) float64: the distance of each good photo while it was held out


def learn(
    words: np.ndarray,
    settings: Settings,
    versions: np.ndarray | tuple = (),
    copies: Mapping[int, np.ndarray] = NO_COPIES,
    foreign: np.ndarray | None = None,
) -> LearnedWhole:
    """Learn from the words of n >= 3 good photos, (n, L) float32.

    `versions`, (v, n, L), are words of the same photos as they may come, too: held out, a photo is read in each, and
    the largest distance counts. `copies` are words, (L,), of some photos' copies that were saved anew. Where these are
    farther from the other photos than the photos are, on average by more than the distances of good photos deviate
    (odd ones aside, and the `foreign`, (n,) bool), what saving adds is a part of the spread, uncentred: at three tenths
    of a score that much would about double the false alarms. What is learned does not depend on the photos' order.
    """
    order = by_content(words)

    def held_out(known: Mapping[int, np.ndarray]) -> tuple[np.ndarray, list[float]]:
        distances, farther = np.empty(len(words)), []
        for fold in folds(order, len(order), settings):
            learned = _learned(words, order[~np.isin(order, fold)], settings, known)
            for photo in fold:
                distances[photo] = max(distance(each[photo], learned, settings) for each in (words, *versions))
                if photo in copies:
                    farther.append(distance(copies[photo], learned, settings) - distances[photo])
        return distances, farther

    known = NO_COPIES
    distances, farther = held_out(known)
    if farther and np.mean(farther) > distances[~calibration.find_odd(distances, foreign=foreign)].std():
        known = copies
        distances, _ = held_out(known)
    return _learned(words, order, settings, known)._replace(held_out=distances)


def distance(word: np.ndarray, learned: LearnedWhole, settings: Settings) -> float:
    """Return how far a word, (L,), is from those of the good photos.

    sqrt(E), E = (|y|^2 - |F'y|^2) / L = z'(R + ridge I)^-1 z / L: z the offset from the mean in standard deviations,
    R the correlations, y = z / sqrt(ridge), F the directions.
    """
    offset = (_spoken(word, learned.usual, settings.faint) - learned.mean) * learned.scale.astype(np.float64)
    forgiven = offset @ learned.directions
    return float(np.sqrt(max(offset @ offset - forgiven @ forgiven, 0) / len(offset)))


def _learned(
    words: np.ndarray, photos: np.ndarray, settings: Settings, copies: Mapping[int, np.ndarray]
) -> LearnedWhole:
    """Of R = V w V' the directions are F = V (w / (w + ridge))^(1/2), by the singular values of z / sqrt(n).

    Those of its corner R, z / sqrt(n) = Q R, are the same. With m pairs of a photo and its copy R has the mean product
    of the pairs' differences, too.
    """
    words, pairs = words[photos], [(words[photo], copies[photo]) for photo in photos if photo in copies]
    usual = words[:, words.shape[1] // 2 :].mean(axis=0, dtype=np.float64)
    usual = np.where(usual > 0, usual, 1)
    spoken = _spoken(words, usual, settings.faint)
    mean, ridge = spoken.mean(axis=0), settings.ridge
    differs = np.ptp(spoken, axis=0) > SAME * np.abs(mean)
    scale = np.divide(1, spoken.std(axis=0), out=np.zeros_like(mean), where=differs)
    rows = (spoken - mean) * (scale / np.sqrt(len(words)))
    if pairs:
        both = _spoken(np.array(pairs), usual, settings.faint)
        rows = np.concatenate([rows, (both[:, 1] - both[:, 0]) * (scale / np.sqrt(len(pairs)))])
    corner = np.linalg.qr(rows, mode="r")  # no larger than (L, L)
    _, values, vectors = np.linalg.svd(corner, full_matrices=False)
    energies = np.square(values)
    directions = vectors.T * np.sqrt(energies / (energies + ridge))
    usual, mean, scale = (each.astype(np.float32) for each in (usual, mean, scale / np.sqrt(ridge)))
    return LearnedWhole(usual, mean, scale, directions.astype(np.float32), np.empty(0))


def _spoken(words: np.ndarray, usual: np.ndarray, faint: float) -> np.ndarray:
    """Return words, (..., L), with the logarithm of each deviation, in float64."""
    means, deviations = np.split(words.astype(np.float64), 2, axis=-1)
    return np.concatenate([means, np.log(deviations / usual + faint)], axis=-1)
