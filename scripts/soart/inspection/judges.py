"""The good images as judges: what each place of a good image looks like, and how it may differ.

S^2 places, d numbers a word, K = 9 places of a neighbourhood, n good images. All sums are over images,
in float64, in a fixed order: a fold is held out by subtraction, and a new good image is an addition.
"""

from typing import NamedTuple

import numpy as np

from soart.inspection.words import REACH, SIDE, patterns, words

BLOCK = 64  # images multiplied at once; fixed, so that no sum depends on shards, and few enough for one thread


class Sums(NamedTuple):
    """Sums over images, at each place of an S x S mosaic."""

    images: int
    words: np.ndarray  # (S, S, d), of the own words
    products: np.ndarray  # (S, S, d, d), of own word x own word
    warps: np.ndarray  # (S, S, d, d), of the covariances of each image's warps
    resaved: np.ndarray | float = 0.0  # (S, S, d, d), of r r', r what saving an image anew adds to its own word

    def plus(self, other: "Sums") -> "Sums":
        """The sums of both groups of images."""
        return Sums(*(mine + yours for mine, yours in zip(self, other, strict=True)))

    def minus(self, other: "Sums") -> "Sums":
        """The sums without the images of `other`, which must be among them."""
        return Sums(*(mine - yours for mine, yours in zip(self, other, strict=True)))


def sums(values: np.ndarray, warped: np.ndarray, degree: int, resaved: np.ndarray | None = None) -> Sums:
    """Sums of some images: `values` (b, S, S, 3) float32, their warps (b, k, S, S, 3) float32, k >= 2.

    `resaved`, as the values: copies of the images that were saved anew.
    """
    own = _stacked(values, degree)
    swerves = (warped - warped.mean(axis=1, keepdims=True, dtype=np.float64)).reshape(-1, *values.shape[1:])
    warps = _products(_stacked(swerves, degree)) / (warped.shape[1] - 1)
    added = 0.0 if resaved is None else _products(_stacked(resaved - values, degree))
    return Sums(len(values), own.sum(axis=2), _products(own), warps, added)


def _stacked(values: np.ndarray, degree: int) -> np.ndarray:
    stacked = np.empty((*values.shape[1:3], len(values), 3 * len(patterns(degree))))
    for image, each in enumerate(values):
        stacked[:, :, image] = words(each, degree)
    return stacked


def _products(stacked: np.ndarray) -> np.ndarray:
    return stacked.swapaxes(-1, -2) @ stacked


class Spread(NamedTuple):
    """Spread: where the judges' words lie at each place, and how they scatter (float64)."""

    mean: np.ndarray  # (S, S, d), m_t: mean of the own words
    nearby_mean: np.ndarray  # (S, S, d), M_t: mean of the neighbourhood's words
    covariance: np.ndarray  # (S, S, d, d), C_t
    scale: float  # g: the mean variance of a number of a word, without the warps


def spread(total: Sums, kappa: float, warp_weight: float) -> Spread:
    """C_t = (1 - kappa) O_t + kappa N_t + warp_weight W_t + R_t, from the sums over n images.

    O_t is the covariance of the n own words about their mean m_t, N_t of the n K words of the neighbourhood about
    *their* mean M_t (both divide by the count), W_t the mean over images of the covariance of the image's warps; g =
    mean over places of trace((1 - kappa) O_t + kappa N_t) / d. R_t is the mean of r r': r is what saving an image anew
    adds to its word, where that is known. It is not about a mean, because saving in one quality goes one way.
    """
    mean = total.words / total.images
    nearby_mean = nearby(mean)
    covariance = nearby(total.products)
    covariance *= kappa / total.images
    covariance += ((1 - kappa) / total.images) * total.products
    covariance -= kappa * _outer(nearby_mean) + (1 - kappa) * _outer(mean)
    scale = float(np.einsum("yxii->", covariance)) / mean.size
    covariance += total.warps * (warp_weight / total.images)
    covariance += total.resaved / total.images
    return Spread(mean, nearby_mean, covariance, scale)


def _outer(vectors: np.ndarray) -> np.ndarray:
    return vectors[..., :, None] * vectors[..., None, :]


def nearby(field: np.ndarray) -> np.ndarray:
    """The mean over the K = 9 places of each neighbourhood, the edge repeated: (S, S, ...), as the field."""
    size = len(field)
    steps = np.clip(np.arange(size)[:, None] + np.arange(-REACH, REACH + 1), 0, size - 1)
    result = np.empty_like(field)
    for row, rows in enumerate(steps):  # row by row, so that the sums stay in the processor's cache
        band = sum(field[each] for each in rows)
        result[row] = sum(band[each] for each in steps.T)
    result /= SIDE**2
    return result


def precision(spread: Spread, ridge: float) -> np.ndarray:
    """P_t = (C_t + ridge I)^-1, exactly symmetric: (S, S, d, d) float64; `ridge` in levels^2."""
    inverse = np.linalg.inv(spread.covariance + ridge * np.eye(len(spread.mean[0, 0])))
    return (inverse + inverse.swapaxes(-1, -2)) / 2
