"""How sure: what distances good images have, and how often chance alone gives a score as high.

n good images, T places. `roots` is (n, T): sqrt(E) of each good image at each place, from the fold that held it out.
"""

import math

import numpy as np


def places(roots: np.ndarray, prior: float) -> tuple[np.ndarray, np.ndarray]:
    """mu_t and sd_t of sqrt(E) over good images, each drawn towards what all places have: two (T,) float32.

    mu_t = (n mean_t + prior mean) / (n + prior), sd_t^2 = (n var_t + prior V) / (n + prior), V the variance over
    all images and places.
    """
    sums, squares = _sums(roots)
    return _settled(len(roots), sums, squares, prior)


def held_out(roots: np.ndarray, prior: float, top: int) -> np.ndarray:
    """The score of each good image as if it were new: (n,) float64.

    Its own sqrt(E) is taken out of the sums that give mu and sd (n - 1 images).
    """
    sums, squares = _sums(roots)
    scores = np.empty(len(roots))
    for image, root in enumerate(roots.astype(np.float64)):
        expected, deviation = _settled(len(roots) - 1, sums - root, squares - root**2, prior)
        z = (root - expected) / deviation
        scores[image] = np.partition(z, -top)[-top:].mean()
    return scores


def _sums(roots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return roots.sum(axis=0, dtype=np.float64), np.einsum("nt,nt->t", roots, roots, dtype=np.float64)


def _settled(count, sums, squares, prior):
    mean, pooled = sums / count, sums.mean() / count
    variance = squares / count - mean**2
    overall = squares.mean() / count - pooled**2
    expected = (count * mean + prior * pooled) / (count + prior)
    deviation = np.sqrt((count * variance + prior * overall) / (count + prior))
    return expected.astype(np.float32), deviation.astype(np.float32)


def gumbel(scores: np.ndarray) -> tuple[float, float]:
    """Location a and scale b of the Gumbel tail, by moments: b = sd sqrt(6) / pi, a = mean - 0.5772 b."""
    b = float(np.std(scores, ddof=1)) * math.sqrt(6) / math.pi
    return float(np.mean(scores)) - np.euler_gamma * b, b
