"""The photo as a whole beside the good ones: one word, by which all good photos are its judges together.

n good photos, L numbers a word: the mean and the deviation of each map of a network (`network.Network.read`). Of a
deviation its logarithm counts: a texture is twice as rough or half. The distance is the one of `nearest` by all judges
of a place, linear attention: a Mahalanobis distance by the good photos' own correlations.
"""

from typing import NamedTuple

import numpy as np

from soart.inspection.learning import by_content
from soart.inspection.nearest import Settings, folds

SAME = 1e-6  # share of a mean that numbers of good photos differ by through rounding alone


class LearnedWhole(NamedTuple):
    """LearnedWhole: what was learned from n good photos; arrays only. r = min(n, L) at most."""

    usual: np.ndarray  # (L / 2,) float32: deviation of each map, mean over the good photos
    mean: np.ndarray  # (L,) float32, of their words
    scale: np.ndarray  # (L,) float32: 1 / (deviation over the good photos x sqrt(ridge)); 0 where they never differ
    directions: np.ndarray  # (L, r) float32: in which good photos differ, each as long as it is forgiven, 0 to 1
    held_out: np.ndarray  # (n,) float64: the distance of each good photo while it was held out


def learn(words: np.ndarray, settings: Settings, versions: np.ndarray | tuple = ()) -> LearnedWhole:
    """Learn from the words of n >= 3 good photos, (n, L) float32.

    `versions`, (v, n, L), are words of the same photos as they may come, too: held out, a photo is read in each, and
    the largest distance counts. What is learned does not depend on the photos' order.
    """
    order, held_out = by_content(words), np.empty(len(words))
    for fold in folds(order, len(order), settings):
        learned = _learned(words[order[~np.isin(order, fold)]], settings)
        for photo in fold:
            held_out[photo] = max(distance(each[photo], learned, settings) for each in (words, *versions))
    return _learned(words[order], settings)._replace(held_out=held_out)


def distance(word: np.ndarray, learned: LearnedWhole, settings: Settings) -> float:
    """Return how far a word, (L,), is from those of the good photos.

    sqrt(E), E = (|y|^2 - |F'y|^2) / L = z'(R + ridge I)^-1 z / L: z the offset from the mean in standard deviations,
    R the correlations, y = z / sqrt(ridge), F the directions.
    """
    offset = (_spoken(word, learned.usual, settings.faint) - learned.mean) * learned.scale.astype(np.float64)
    forgiven = offset @ learned.directions
    return float(np.sqrt(max(offset @ offset - forgiven @ forgiven, 0) / len(offset)))


def _learned(words: np.ndarray, settings: Settings) -> LearnedWhole:
    """Of R = V w V' the directions are F = V (w / (w + ridge))^(1/2), by the singular values of z / sqrt(n).

    Those of its corner R, z / sqrt(n) = Q R, are the same.
    """
    usual = words[:, words.shape[1] // 2 :].mean(axis=0, dtype=np.float64)
    usual = np.where(usual > 0, usual, 1)
    spoken = _spoken(words, usual, settings.faint)
    mean, ridge = spoken.mean(axis=0), settings.ridge
    differs = np.ptp(spoken, axis=0) > SAME * np.abs(mean)
    scale = np.divide(1, spoken.std(axis=0), out=np.zeros_like(mean), where=differs)
    corner = np.linalg.qr((spoken - mean) * (scale / np.sqrt(len(words))), mode="r")  # no larger than (L, L)
    _, values, rows = np.linalg.svd(corner, full_matrices=False)
    energies = np.square(values)
    directions = rows.T * np.sqrt(energies / (energies + ridge))
    usual, mean, scale = (each.astype(np.float32) for each in (usual, mean, scale / np.sqrt(ridge)))
    return LearnedWhole(usual, mean, scale, directions.astype(np.float32), np.empty(0))


def _spoken(words: np.ndarray, usual: np.ndarray, faint: float) -> np.ndarray:
    """Return words, (..., L), with the logarithm of each deviation, in float64."""
    means, deviations = np.split(words.astype(np.float64), 2, axis=-1)
    return np.concatenate([means, np.log(deviations / usual + faint)], axis=-1)
