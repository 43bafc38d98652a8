"""Attention over the good photos' words, in two readings: what a photo's network words are like beside theirs.

n good photos, g x g places each, T = g^2, D numbers a word. At each place up to J judges are kept: the good words that
lie farthest from each other. The unit of length is what good words differ by at one place, in every direction alike
(`whitening`). A new word is read twice. By the nearest judge: it is compared with all judges at the places around its
own, and the nearest decides: attention with all its weight on one judge. By all judges of its own place together:
linear attention, a Mahalanobis distance with the place's own spread. The first reading says how far the word is from
every good one. The second says whether good photos ever differ in that direction at this place. Where good photos are
like each other's mirrored or turned copies, these are judges, too.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from soart.inspection import calibration
from soart.inspection.learning import by_content
from soart.inspection.scales import top_mean
from soart.inspection.words import neighbours
from soart.method import numbers

DEFAULTS = numbers("nearest")


class Settings(NamedTuple):
    """Every free number of the readings."""

    window: int = DEFAULTS["window"]  # places by which the nearest judge may lie aside, either way
    judges: int = DEFAULTS["judges"]  # J, kept at each place at most
    ridge: float = DEFAULTS["ridge"]  # share of the mean variance that is added to every variance, before whitening
    common: float = DEFAULTS["common"]  # share of the common spread in a place's own
    linear: float = DEFAULTS["linear"]  # share of the linear reading in a distance; the rest is the nearest judge's
    prior: float = DEFAULTS["prior"]  # mean and variance of all places count as so many times the place's own
    top: int = DEFAULTS["top"]  # places whose mean is the score
    folds: int = DEFAULTS["folds"]  # held-out folds, but
    single_folds: int = DEFAULTS["single_folds"]  # up to so many photos each is held out by itself
    sharpness: float = DEFAULTS["sharpness"]  # b of the weights that `judges_at` tells
    whole: float = DEFAULTS["whole"]  # share of the photo as a whole in a score, times n / (n + unsure)
    faint: float = DEFAULTS["faint"]  # share of a map's usual deviation that is added before its logarithm is taken
    unsure: float = DEFAULTS["unsure"]  # good photos of which half is believed
    reserve: float = DEFAULTS["reserve"]  # mean excesses by which words of colour start lower, at most
    blunt: float = DEFAULTS["blunt"]  # gray levels that must double colours' usual score for all of it: `of_juries`
    symmetry: float = DEFAULTS["symmetry"]  # factor by which copies may be farther: `alike`


class PlaceJudges(NamedTuple):
    """The judges at every place, places row by row; arrays only."""

    whitening: np.ndarray  # (D, D) float32: W; words W differ by 1 in every direction from their place's mean
    judges: np.ndarray  # (T, J, D) float32, whitened, each a number that float16 can hold
    photos: np.ndarray  # (T, J) int32: the good photo that each judge is from
    centre: np.ndarray  # (T, D) float32: c, mean of a place's judges
    agreement: np.ndarray  # (T, J, J) float32: M of `linear_distances`


class LearnedJudges(NamedTuple):
    """LearnedJudges: what was learned from n good photos; arrays only. The first five are those of `PlaceJudges`."""

    whitening: np.ndarray
    judges: np.ndarray
    photos: np.ndarray
    centre: np.ndarray
    agreement: np.ndarray
    expected: np.ndarray  # (2, T) float32: mu_t of both readings, what a held-out good photo's distance is on average
    deviation: np.ndarray  # (2, T) float32: sd_t, how much it varies
    held_out: np.ndarray  # (n,) float64: the score of each good photo while it was held out

    @property
    def jury(self) -> PlaceJudges:
        """The judges alone."""
        return PlaceJudges(*self[: len(PlaceJudges._fields)])


def learn(
    words: Sequence[np.ndarray],
    settings: Settings,
    hidden: np.ndarray | None = None,
    copies: Sequence[Sequence[np.ndarray]] = (),
    versions: Sequence[Sequence[np.ndarray]] = (),
    foreign: np.ndarray | None = None,
) -> LearnedJudges:
    """Learn from the words of n >= 3 good photos, n of (g, g, D) float32; an array on disk does, too.

    `copies` are the words of the same photos mirrored or turned, n each in the same order: they are learned from as
    photos are, and held out with theirs. `versions` are words of the same photos as they may come, too, n each: held
    out, a photo is read in each; mu and sd are of all, its score is the highest.
    `hidden`, (n, T) bool, says which places of each photo do not count: it does not show them, or nobody asks for them.
    What is learned does not depend on the photos' order: sums, folds and judges follow the words' content. Everything
    is learned inside each fold anew. Odd ones (`calibration.find_odd`), the `foreign`, (n,) bool, among them, are
    judges, but do not count in what distances good photos have. Raises `ValueError` for fewer photos, or photos without
    a difference.
    """
    if len(words) < 3:
        raise ValueError(f"expected at least 3 good photos to learn from, got {len(words)}")
    order = by_content(words)
    every = [each for photos in (words, *copies) for each in photos]  # row k n + i is copy k of photo i

    def rows(photos: np.ndarray) -> np.ndarray:
        return np.concatenate([first + photos for first in range(0, len(every), len(words))])

    def jury_of(photos: np.ndarray, sums: Moments) -> PlaceJudges:
        jury = appoint(every, rows(photos), sums, settings)
        return jury._replace(photos=jury.photos % len(words))

    total = moments(every, rows(order))
    if not total.covariance().any():
        raise ValueError("the good photos are all the same; expected photos that differ as good parts do")
    roots = np.empty((len(order), 1 + len(versions), 2, total.words.shape[0]), np.float32)
    for fold in folds(order, len(every), settings):
        jury = jury_of(order[~np.isin(order, fold)], total.minus(moments(every, rows(fold))))
        for photo in fold:
            roots[photo] = [readings(each[photo], jury, settings) for each in (words, *versions)]
    if hidden is not None:
        roots = np.where(hidden[:, None, None], np.float32(np.nan), roots)
    foreign = np.zeros(len(order), bool) if foreign is None else foreign
    odd = calibration.find_odd(held_out_scores(roots, foreign, settings), foreign=foreign)
    return LearnedJudges(
        *jury_of(order, total),
        *place_scale(roots[order][~odd[order]], settings.prior),
        held_out_scores(roots, odd, settings),
    )


def folds(order: np.ndarray, words: int, settings: Settings) -> list[np.ndarray]:
    """Return the parts of n photos, (n,) indexes in order, that are held out in turn; n, where `words` are few."""
    count = len(order) if words <= settings.single_folds else min(len(order), settings.folds)
    return [order[first::count] for first in range(count)]


def distances(
    words: np.ndarray, learned: LearnedJudges, settings: Settings, hidden: np.ndarray | None = None
) -> np.ndarray:
    """z of every place: (g, g, D) -> (g, g) float32, in standard deviations of held-out good photos there.

    Places that are `hidden`, (T,) bool, have z = 0: as good photos on average.
    """
    z = _together(readings(words, learned.jury, settings), learned.expected, learned.deviation, settings)
    return (z if hidden is None else np.where(hidden, np.float32(0), z)).reshape(words.shape[:2])


def score(distances: np.ndarray, settings: Settings, hidden: np.ndarray | None = None) -> float:
    """The mean of the `top` largest z, but for `hidden` places, (T,) bool."""
    return float(top_mean(distances.ravel(), settings.top, hidden))


def judges_at(
    words: np.ndarray, learned: LearnedJudges, settings: Settings, place: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the good photos that judge a place, and their weights: (m,) indexes and weights, largest first.

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

    A number that never differs, sd = 0, counts nothing; where none does, nothing counts.
    """
    deviation = np.sqrt(np.diag(covariance))
    if not deviation.any():
        return np.zeros(covariance.shape, np.float32)
    inverse = np.divide(1, deviation, out=np.zeros_like(deviation), where=deviation > 0)
    values, vectors = np.linalg.eigh(covariance * inverse[:, None] * inverse)
    values = np.maximum(values, 0)
    return (inverse[:, None] * vectors / np.sqrt(values + ridge * values.mean())).astype(np.float32)


def appoint(words: Sequence[np.ndarray], photos: np.ndarray, total: Moments, settings: Settings) -> PlaceJudges:
    """Return the judges among some photos, of which `total` are the sums; J = min(n, most)."""
    whitening, side = whiten(total.covariance(), settings.ridge), words[photos[0]].shape[0]
    count = min(len(photos), settings.judges)
    judges = np.empty((side, side, count, whitening.shape[1]), np.float32)
    chosen = np.empty((side, side, count), np.int32)
    for row in range(side):  # row by row: memory grows with n, but not with n T
        good = np.stack([words[photo][row] for photo in photos], axis=1) @ whitening
        picked = k_centre(good, count)
        judges[row], chosen[row] = np.take_along_axis(good, picked[..., None], axis=1), photos[picked]
    judges = judges.reshape(side**2, count, -1).astype(np.float16).astype(np.float32)
    return assembled(whitening, judges, chosen.reshape(side**2, count), settings.common)


def assembled(whitening: np.ndarray, judges: np.ndarray, photos: np.ndarray, common: float) -> PlaceJudges:
    """Return judges, (T, J, D), and what follows from them.

    M = (Y Y' + common J / (1 - common) I)^-1, Y the judges' offsets from their mean.
    """
    places, count, _ = judges.shape
    centre, agreement = judges.mean(axis=1), np.empty((places, count, count), np.float32)
    ridge = common * count / (1 - common) * np.eye(count)
    for place in range(places):  # one by one: float64 of all would be most of the memory of the program on the line
        offsets = (judges[place] - centre[place]).astype(np.float64)
        agreement[place] = np.linalg.inv(offsets @ offsets.T + ridge)
    return PlaceJudges(whitening, judges, photos, centre, agreement)


def alike(words: np.ndarray, copy: np.ndarray, settings: Settings, counts: np.ndarray) -> bool:
    """Return whether m >= 3 photos are like each other's copies as they are like each other, (m, g, g, D) each.

    Each photo is read by the nearest of the others, and by the nearest of the others' copies. The means of both
    distances over the photos are compared at each place: nowhere may the copies' be more than `symmetry` times as
    large. So a small mark on one side tells, too. `counts`, (T,) bool: at which places.
    """
    whitening = whiten(moments(words, np.arange(len(words))).covariance(), settings.ridge)
    spoken, turned = (each.reshape(len(words), -1, words.shape[3]) @ whitening for each in (words, copy))

    def distance(judges: np.ndarray) -> np.ndarray:
        others = [np.delete(judges, photo, axis=0).swapaxes(0, 1) for photo in range(len(judges))]
        return np.mean([nearest_distances(*each, settings.window) for each in zip(spoken, others, strict=True)], axis=0)

    return bool((distance(turned) <= settings.symmetry * distance(spoken))[counts].all())


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


def readings(words: np.ndarray, jury: PlaceJudges, settings: Settings) -> np.ndarray:
    """sqrt(E_t) by the nearest judge and by all of them: (g, g, D) -> (2, T) float32."""
    spoken = words.reshape(-1, words.shape[2]) @ jury.whitening
    return np.stack(
        [nearest_distances(spoken, jury.judges, settings.window), linear_distances(spoken, jury, settings.common)]
    )


def nearest_distances(spoken: np.ndarray, judges: np.ndarray, window: int) -> np.ndarray:
    """sqrt(E_t), E_t = min of |s_t - h|^2 / D over the judges h within `window` places of t: (T,) float32.

    `spoken` are the whitened words, (T, D).
    """
    side = math.isqrt(len(spoken))
    around = neighbours(side, window)  # of judges' place u the words that they may be compared with
    halved = spoken * np.float32(-2)
    energies = np.empty(around.shape, np.float32)
    products = np.empty((judges.shape[1], side, around.shape[1]), np.float32)  # judge by judge: the minimum is faster
    for row in range(0, len(spoken), side):  # row by row, so that products stay in the processor's cache
        here = slice(row, row + side)
        np.matmul(judges[here], halved.take(around[here], axis=0).swapaxes(1, 2), out=products.swapaxes(0, 1))
        products += np.einsum("tjd,tjd->jt", judges[here], judges[here])[..., None]
        products.min(axis=0, out=energies[here])
    least = np.full(len(spoken), np.inf, np.float32)
    np.minimum.at(least, around.ravel(), energies.ravel())  # flat: with two axes it takes ten times as long
    return np.sqrt(np.maximum(least + np.square(spoken).sum(axis=1), 0) / spoken.shape[1])


def linear_distances(spoken: np.ndarray, jury: PlaceJudges, common: float) -> np.ndarray:
    """sqrt(E_t), E_t = (|o|^2 - (Y o)' M (Y o)) / (common D), o = s_t - c: (T,) float32.

    Linear attention over the judges: weights M Y o imitate o as Y' M Y o, and what they cannot imitate is measured.
    It is o' C^-1 o / D with C = (1 - common) Y' Y / J + common I, the place's own spread.
    """
    offsets = spoken - jury.centre
    agreed = (jury.judges @ offsets[..., None])[..., 0] - np.einsum("td,td->t", jury.centre, offsets)[:, None]
    imitated = np.einsum("tj,tj->t", agreed, (jury.agreement @ agreed[..., None])[..., 0])
    rest = np.square(offsets).sum(axis=1) - imitated
    return np.sqrt(np.maximum(rest, 0) / np.float32(common * spoken.shape[1]))


def _together(roots: np.ndarray, expected: np.ndarray, deviation: np.ndarray, settings: Settings) -> np.ndarray:
    """z of both readings, (2, T) each, together: (T,) float32; what does not count, NaN, has 0."""
    near, spread = np.nan_to_num((roots - expected) / deviation)
    return (1 - settings.linear) * near + settings.linear * spread


def place_scale(roots: np.ndarray, prior: float) -> tuple[np.ndarray, np.ndarray]:
    """mu_t and sd_t of held-out distances, (n, [v,] 2, T) -> (2, T) float32 each: drawn towards what all places have.

    mu_t = (mean_t + prior mean) / (1 + prior), sd_t^2 = (var_t + prior V) / (1 + prior); mean and V over all photos,
    versions and places of a reading. What does not count is NaN; a place that never counts has mean and V.
    """
    return _scale(*_sums(roots).sum(axis=1), prior)


def held_out_scores(roots: np.ndarray, odd: np.ndarray, settings: Settings) -> np.ndarray:
    """The score of each of n good photos as if it were new: its own distances do not count in mu and sd. (n,).

    Nor do those of photos that are `odd`, (n,) bool. `roots` are (n, 2, T), or (n, v, 2, T) where each photo is read in
    v versions: its score is the highest.
    """
    sums = _sums(roots)
    total, scores = sums[:, ~odd].sum(axis=1), np.empty(len(roots))
    for photo, root in enumerate(roots):
        scale = _scale(*(total if odd[photo] else total - sums[:, photo]), settings.prior)
        versions = root.reshape(-1, *root.shape[-2:])
        hidden = np.isnan(versions[0, 0])
        scores[photo] = max(top_mean(_together(each, *scale, settings), settings.top, hidden) for each in versions)
    return scores


def _sums(roots: np.ndarray) -> np.ndarray:
    """(3, n, 2, T) float64: in how many versions a place counts, its distances, and the squares of them."""
    roots = roots.reshape(len(roots), -1, *roots.shape[-2:])
    counts = ~np.isnan(roots)
    wide = np.where(counts, roots, 0).astype(np.float64)
    return np.stack([each.sum(axis=1) for each in (counts, wide, np.square(wide))])


def _scale(counts: np.ndarray, sums: np.ndarray, squares: np.ndarray, prior: float) -> tuple[np.ndarray, np.ndarray]:
    overall = (sums.sum(axis=1) / counts.sum(axis=1))[:, None]
    pooled = np.maximum((squares.sum(axis=1) / counts.sum(axis=1))[:, None] - overall**2, 0)
    seen, least = counts > 0, np.maximum(counts, 1)
    mean = np.where(seen, sums / least, overall)
    variance = np.where(seen, np.maximum(squares / least - mean**2, 0), pooled)
    expected = (mean + prior * overall) / (1 + prior)
    deviation = np.sqrt((variance + prior * pooled) / (1 + prior))
    return expected.astype(np.float32), deviation.astype(np.float32)
