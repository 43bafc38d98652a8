"""Attention over the nearest judges: what a photo's network words are like beside those of the good photos.

n good photos, g x g places each, T = g^2, D numbers a word. At each place up to J judges are kept, the good words that
lie farthest from each other. A new word is compared with all judges at the places around its own, and the nearest one
decides: attention with all its weight on one judge. Lengths are in units of what good words differ by at one place,
in every direction alike (`whitening`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from soart.inspection.learning import by_content
from soart.inspection.scales import highest
from soart.inspection.words import neighbours


class Settings(NamedTuple):
    """Every free number of this reading."""

    window: int = 2  # places by which a judge may lie aside, either way
    judges: int = 30  # J, kept at each place at most
    ridge: float = 0.1  # share of the mean variance that is added to every variance, before whitening
    top: int = 5  # places whose mean is the score
    folds: int = 10  # held-out folds, but
    single_folds: int = 40  # up to so many photos each is held out by itself
    sharpness: float = 4.0  # b of the weights that `judges_at` tells


class Learned(NamedTuple):
    """What was learned from n good photos; arrays only."""

    whitening: np.ndarray  # (D, D) float32: W; words W differ by 1 in every direction from their place's mean
    judges: np.ndarray  # (T, J, D) float32, whitened; places row by row
    photos: np.ndarray  # (T, J) int32: the good photo that each judge is from
    expected: np.ndarray  # (T,) float32: mu_t, what a held-out good photo's distance is there on average
    deviation: np.ndarray  # (T,) float32: sd_t, how much it varies
    held_out: np.ndarray  # (n,) float64: the score of each good photo while it was held out


def learn(words: Sequence[np.ndarray], settings: Settings, hidden: np.ndarray | None = None) -> Learned:
    """Learn from the words of n >= 3 good photos, n of (g, g, D) float32; an array on disk does, too.

    `hidden`, (n, T) bool, says which places of each photo do not count: it does not show them, or nobody asks for them.
    What is learned does not depend on the photos' order: sums, folds and judges follow the words' content. Everything
    is learned inside each fold anew. Raises `ValueError` for fewer photos, or photos without a difference.
    """
    if len(words) < 3:
        raise ValueError(f"expected at least 3 good photos to learn from, got {len(words)}")
    order = by_content(words)
    total = moments(words, order)
    if not total.covariance().any():
        raise ValueError("the good photos are all the same; expected photos that differ as good parts do")
    count = len(order) if len(order) <= settings.single_folds else settings.folds
    roots = np.empty((len(order), total.words.shape[0]), np.float32)
    for fold in (order[first::count] for first in range(count)):
        kept = order[~np.isin(order, fold)]
        whitening = whiten(total.minus(moments(words, fold)).covariance(), settings.ridge)
        judges, _ = choose_judges(words, kept, whitening, settings.judges)
        for photo in fold:
            roots[photo] = nearest(words[photo], whitening, judges, settings.window)
    if hidden is not None:
        roots[hidden] = np.nan
    expected, deviation = place_scale(roots[order])
    whitening = whiten(total.covariance(), settings.ridge)
    judges, photos = choose_judges(words, order, whitening, settings.judges)
    return Learned(whitening, judges, photos, expected, deviation, held_out_scores(roots, settings.top))


def distances(words: np.ndarray, learned: Learned, settings: Settings, hidden: np.ndarray | None = None) -> np.ndarray:
    """z of every place: (g, g, D) -> (g, g) float32, in standard deviations of held-out good photos there.

    Places that are `hidden`, (T,) bool, have z = 0: as good photos on average.
    """
    roots = nearest(words, learned.whitening, learned.judges, settings.window)
    z = (roots - learned.expected) / learned.deviation
    return (z if hidden is None else np.where(hidden, np.float32(0), z)).reshape(words.shape[:2])


def score(distances: np.ndarray, settings: Settings) -> float:
    """The mean of the `top` largest z."""
    return float(highest(distances.ravel(), settings.top))


def judges_at(words: np.ndarray, learned: Learned, settings: Settings, place: int) -> tuple[np.ndarray, np.ndarray]:
    """Which good photos are the judges of a place, and how much each weighs: (m,) indexes and weights, largest first.

    e = |W (s - h)|^2 / D of every judge h around the place; weights = softmax(-sharpness e), those of one photo added.
    They sum to 1. `place` counts row by row.
    """
    side = words.shape[0]
    around = np.unique(neighbours(side, settings.window)[place])
    offsets = words.reshape(-1, words.shape[2])[place] @ learned.whitening - learned.judges[around]
    energies = np.square(offsets, dtype=np.float64).mean(axis=2)
    weights = np.exp(-settings.sharpness * (energies - energies.min()))
    photos, which = np.unique(learned.photos[around], return_inverse=True)
    shares = np.bincount(which.ravel(), weights.ravel()) / weights.sum()
    largest = np.lexsort((photos, -shares))
    return photos[largest], shares[largest]


# --- the parts of it -------------------------------------------------------------------------------------------------


class Moments(NamedTuple):
    """Sums over photos, float64."""

    photos: int
    words: np.ndarray  # (T, D)
    products: np.ndarray  # (D, D), over all places: word x word

    def minus(self, other: "Moments") -> "Moments":
        """The sums without the photos of `other`, which must be among them."""
        return Moments(*(mine - yours for mine, yours in zip(self, other, strict=True)))

    def covariance(self) -> np.ndarray:
        """(D, D): how words scatter about their place's mean, over all places; divides by the count."""
        between = self.words.T @ self.words / self.photos
        covariance = (self.products - between) / (self.photos * len(self.words))
        # What rounding leaves where nothing differs is nothing.
        small = np.abs(covariance) <= 1e-12 * np.diag(self.products).max() / (self.photos * len(self.words))
        return np.where(small, 0, covariance)


def moments(words: Sequence[np.ndarray], photos: np.ndarray) -> Moments:
    """The sums over some photos, one after the other."""
    total, products = 0.0, 0.0
    for photo in photos:
        own = np.asarray(words[photo], np.float64).reshape(-1, words[photo].shape[-1])
        total, products = total + own, products + own.T @ own
    return Moments(len(photos), total, products)


def whiten(covariance: np.ndarray, ridge: float) -> np.ndarray:
    """W = diag(1/sd) U (w + ridge mean(w))^(-1/2), (D, D) float32: U, w eigenvectors and -values of the correlations.

    A number that never differs, sd = 0, counts nothing.
    """
    deviation = np.sqrt(np.diag(covariance))
    inverse = np.divide(1, deviation, out=np.zeros_like(deviation), where=deviation > 0)
    values, vectors = np.linalg.eigh(covariance * inverse[:, None] * inverse)
    values = np.maximum(values, 0)
    return (inverse[:, None] * vectors / np.sqrt(values + ridge * values.mean())).astype(np.float32)


def choose_judges(
    words: Sequence[np.ndarray], photos: np.ndarray, whitening: np.ndarray, most: int
) -> tuple[np.ndarray, np.ndarray]:
    """At each place the good words that lie farthest from each other: (T, J, D) float32, and their photos (T, J).

    J = min(n, most). The most central first, then always the one whose nearest judge is farthest (greedy k-centre).
    """
    side, count = words[photos[0]].shape[0], min(len(photos), most)
    judges = np.empty((side, side, count, whitening.shape[1]), np.float32)
    chosen = np.empty((side, side, count), np.int32)
    for row in range(side):  # row by row: memory grows with n, but not with n T
        good = np.stack([words[photo][row] for photo in photos], axis=1) @ whitening
        picked = k_centre(good, count)
        judges[row], chosen[row] = np.take_along_axis(good, picked[..., None], axis=1), photos[picked]
    return judges.reshape(side**2, count, -1), chosen.reshape(side**2, count)


def k_centre(points: np.ndarray, count: int) -> np.ndarray:
    """Greedy k-centre, for m sets at once: (m, n, D) -> (m, count) indexes, the most central point first."""
    squares = np.square(points).sum(axis=2)
    rows = np.arange(len(points))
    picked = np.square(points - points.mean(axis=1, keepdims=True)).sum(axis=2).argmin(axis=1)[:, None]
    far = np.full(squares.shape, np.inf, np.float32)
    while picked.shape[1] < count:
        last = picked[:, -1]
        products = (points @ points[rows, last][..., None])[..., 0]
        far = np.minimum(far, squares + squares[rows, last][:, None] - 2 * products)
        far[rows, last] = -np.inf  # none twice, even among equals
        picked = np.concatenate([picked, far.argmax(axis=1)[:, None]], axis=1)
    return picked


def nearest(words: np.ndarray, whitening: np.ndarray, judges: np.ndarray, window: int) -> np.ndarray:
    """sqrt(E_t), E_t = min of |W (s_t - h)|^2 / D over the judges h within `window` places of t: (T,) float32."""
    side, _, length = words.shape
    spoken = words.reshape(-1, length) @ whitening
    around = neighbours(side, window)  # of judges' place u the words that they may be compared with
    energies = np.square(judges).sum(axis=2)[:, None] - 2 * (spoken[around] @ judges.swapaxes(1, 2))
    least = np.full(len(spoken), np.inf, np.float32)
    np.minimum.at(least, around, energies.min(axis=2))
    return np.sqrt(np.maximum(least + np.square(spoken).sum(axis=1), 0) / length)


def place_scale(roots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """mu_t and sd_t of held-out distances, (n, T) -> (T,) float32 each: halfway between the place and all places.

    mu_t = (mean_t + mean) / 2, sd_t^2 = (var_t + V) / 2; mean and V over all photos and places. What does not count is
    NaN; a place that never counts has mean and V.
    """
    return _scale(*_sums(roots).sum(axis=1))


def held_out_scores(roots: np.ndarray, top: int) -> np.ndarray:
    """The score of each of n good photos as if it were new: its own distances do not count in mu and sd. (n,)."""
    sums = _sums(roots)
    total, scores = sums.sum(axis=1), np.empty(len(roots))
    for photo, root in enumerate(roots):
        expected, deviation = _scale(*(total - sums[:, photo]))
        scores[photo] = highest(np.nan_to_num((root - expected) / deviation), top)
    return scores


def _sums(roots: np.ndarray) -> np.ndarray:
    """(3, n, T) float64: whether a place counts, its distance, and the square of it."""
    counts = ~np.isnan(roots)
    wide = np.where(counts, roots, 0).astype(np.float64)
    return np.stack([counts, wide, np.square(wide)])


def _scale(counts: np.ndarray, sums: np.ndarray, squares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    overall = sums.sum() / counts.sum()
    pooled = max(squares.sum() / counts.sum() - overall**2, 0)
    seen, least = counts > 0, np.maximum(counts, 1)
    mean = np.where(seen, sums / least, overall)
    variance = np.where(seen, np.maximum(squares / least - mean**2, 0), pooled)
    return ((mean + overall) / 2).astype(np.float32), np.sqrt((variance + pooled) / 2).astype(np.float32)
