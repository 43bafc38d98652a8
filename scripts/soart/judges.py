"""The good images as judges: what each place of a good image looks like, and how it may differ.

T = S^2 places, d = 27 numbers a word, K = 9 places of a neighbourhood, n good images. All sums are over images, in
float64, in a fixed order: a fold is held out by subtraction, and a new good image is an addition.
"""

from typing import NamedTuple

import numpy as np

from soart.words import LENGTH, REACH, SIDE, edged, words

BLOCK = 64  # images multiplied at once; fixed, so that sums do not depend on memory or on shards


class Sums(NamedTuple):
    """Sums over images, at each place of an S x S mosaic."""

    images: int
    words: np.ndarray  # (S, S, 27) of the own words
    products: np.ndarray  # (S, S, 27, 27) of own word x own word
    warps: np.ndarray  # (S, S, 27, 27) of the covariances of each image's warps

    def plus(self, other: "Sums") -> "Sums":
        """The sums of both groups of images."""
        return Sums(*(mine + yours for mine, yours in zip(self, other, strict=True)))

    def minus(self, other: "Sums") -> "Sums":
        """The sums without the images of `other`, which must be among them."""
        return Sums(*(mine - yours for mine, yours in zip(self, other, strict=True)))


def sums(values: np.ndarray, warped: np.ndarray) -> Sums:
    """Sums of some images: `values` (b, S, S, 3), their warps (b, k, S, S, 3), k >= 2."""
    own = words(values.astype(np.float64))
    swerves = warped.astype(np.float64) - warped.mean(axis=1, keepdims=True, dtype=np.float64)
    count = warped.shape[1]
    swerves = words(swerves.reshape(-1, *warped.shape[2:]))
    return Sums(len(values), own.sum(axis=0), products(own), products(swerves) / (count - 1))


def products(vectors: np.ndarray) -> np.ndarray:
    """Sum over images of vector x vector at each place: (b, S, S, 27) -> (S, S, 27, 27)."""
    stacked = np.ascontiguousarray(vectors.transpose(1, 2, 0, 3))
    return stacked.swapaxes(-1, -2) @ stacked


class Spread(NamedTuple):
    """Where the judges' words lie at each place, and how they scatter."""

    mean: np.ndarray  # (S, S, 27) m_t, mean of the own words
    neighbour_mean: np.ndarray  # (S, S, 27) M_t, mean of the neighbourhood's words
    covariance: np.ndarray  # (S, S, 27, 27) C_t
    scale: float  # g, the mean variance of a number of a word


def spread(total: Sums, kappa: float, warp_weight: float) -> Spread:
    """C_t = (1 - kappa) O_t + kappa N_t + warp_weight W_t, from the sums over n images.

    O_t is the covariance of the n own words about their mean m_t, N_t of the n K words of the neighbourhood about
    *their* mean M_t (both divide by the count), W_t the mean over images of the covariance of its warps;
    g = mean over places of trace((1 - kappa) O_t + kappa N_t) / d.
    """
    mean = total.words / total.images
    nearby_mean = nearby(mean)
    own = total.products / total.images
    covariance = nearby(own)
    covariance -= _outer(nearby_mean)
    covariance *= kappa
    own -= _outer(mean)
    own *= 1 - kappa
    covariance += own
    scale = np.einsum("yxii->", covariance) / (mean.size)
    covariance += total.warps * (warp_weight / total.images)
    return Spread(mean, nearby_mean, covariance, float(scale))


def _outer(vectors: np.ndarray) -> np.ndarray:
    return vectors[..., :, None] * vectors[..., None, :]


def nearby(field: np.ndarray) -> np.ndarray:
    """The mean over the K = 9 places of each neighbourhood: (S, S, ...) -> the same shape; the edge is repeated."""
    size = len(field)
    rows = np.clip(np.arange(size)[:, None] + np.arange(-REACH, REACH + 1), 0, size - 1)
    result = np.empty_like(field)
    for row, around in enumerate(rows):  # row by row: three rows of products fit the processor's cache
        band = field[around[0]] + field[around[1]] + field[around[2]]
        for column, beside in enumerate(rows):
            result[row, column] = band[beside[0]] + band[beside[1]] + band[beside[2]]
    return result / SIDE**2


def precision(spread: Spread, ridge: float) -> np.ndarray:
    """P_t = (C_t + ridge g I)^-1: (S, S, 27, 27) float64."""
    return np.linalg.inv(spread.covariance + ridge * spread.scale * np.eye(LENGTH))
