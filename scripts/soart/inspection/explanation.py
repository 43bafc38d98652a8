"""Attention spelled out: every judge's weight at one place. Slow; for tests, and for those who ask why."""

from typing import NamedTuple

import numpy as np

from soart.inspection import distances as inspection
from soart.inspection.distances import Judges, Settings
from soart.inspection.learning import levelled_good
from soart.inspection.words import REACH, neighbours, words


class Attention(NamedTuple):
    """Attention of one measured word over all the judges of a place (float64).

    The weights of all three groups together sum to 1; single ones may be negative. An image's own word is
    also the middle one of its neighbourhood; its weight as a judge is the sum of both.
    """

    own: np.ndarray  # (n, d) the good images' words at the place
    own_weights: np.ndarray  # (n,)
    nearby: np.ndarray  # (n, K, d) their words in its neighbourhood
    nearby_weights: np.ndarray  # (n, K)
    warps: np.ndarray  # (n, k, d) the words of their warps at the place
    warp_weights: np.ndarray  # (n, k)

    @property
    def context(self) -> np.ndarray:
        """The context vector, (d,): the sum of weights x judges; what they expect of the word."""
        return (
            self.own_weights @ self.own
            + np.einsum("nk,nki->i", self.nearby_weights, self.nearby)
            + np.einsum("nk,nki->i", self.warp_weights, self.warps)
        )


def attention(mosaic: np.ndarray, place: int, good: np.ndarray, judges: Judges, settings: Settings) -> Attention:
    """Linear attention of the word at `place` of one image over the judges, the good images.

    With q = P_t (s - m_t), n images, K neighbours, k warps an image: own 1/n + (1 - kappa)/n (h - m_t)'q;
    nearby kappa/(n K) (h - M_t)'q; warp of image i: c / (n^2 (k - 1)) (h - mean of i's warps)'q. `mosaic` is
    (S, S, 3) uint8, `good` (n, S, S, 3) uint8, all that were learned from. Words are levelled (see
    words.levelled), unshifted.
    """
    images = levelled_good(good, settings, [f"good image {image}" for image in range(len(good))])
    count, size = len(good), settings.size

    def spoken(values: np.ndarray) -> np.ndarray:
        return words(values, settings.degree).reshape(size**2, -1).astype(np.float64)

    sentences = np.stack([spoken(images.values(image)) for image in range(count)])
    warps = np.array([[spoken(warp)[place] for warp in images.warps(image)] for image in range(count)])
    own = sentences[:, place]
    nearby = sentences[:, neighbours(size, REACH)[place]]
    mean, nearby_mean = own.mean(axis=0), nearby.mean(axis=(0, 1))
    word = inspection.sentence(mosaic, judges, settings)[0][place]
    query = judges.precision[place].astype(np.float64) @ (word - mean)
    warp_weight = settings.warp_weight / (count**2 * (warps.shape[1] - 1))
    return Attention(
        own,
        1 / count + (1 - settings.kappa) / count * ((own - mean) @ query),
        nearby,
        settings.kappa / nearby[..., 0].size * ((nearby - nearby_mean) @ query),
        warps,
        warp_weight * ((warps - warps.mean(axis=1, keepdims=True)) @ query),
    )
