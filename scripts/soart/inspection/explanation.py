"""Why a place is flagged: what the good images show there, who of them weighs most, and the difference in words.

n good images, P places asked about, d numbers a word, K = 9 places of a neighbourhood.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from soart.inspection import distances as inspection
from soart.inspection.distances import Judges, Settings
from soart.inspection.learning import level_good
from soart.inspection.words import REACH, neighbours, orders, patterns, words

BLOCK = 64  # good images looked at together: a matter of memory alone
COLOURS = ("red", "green", "blue")
LEVELS = 3.0  # a number of a word is so many gray levels: the root mean square over the nine pixels is a third of it
SHAPES = ("brightness", "step", "line or spot")  # by the total degree of a pattern, the last one from 2 on


class Reason(NamedTuple):
    """Why a place of one image is far from what good images have there."""

    words: str  # the difference, in words and gray levels
    judges: np.ndarray  # (n,) indexes of the good images, the largest weight first
    weights: np.ndarray  # (n,) float64; they sum to 1


def reasons(
    sentences: Iterable[np.ndarray],
    places: Sequence[int],
    good: Sequence[np.ndarray],
    levels: np.ndarray,
    judges: Judges,
    settings: Settings,
) -> list[Reason]:
    """Return the reason for each of P sentences, (T, d), at its place.

    `good` are the n mosaics that were learned from, (S, S, 3) uint8, and `levels` their sensitivities. A judge's weight
    is that of its own word, of its K neighbouring words and of its warps (which cancel). With q = P_t (s - m_t):

        1/n + (1 - kappa)/n (h_j - m_t)' q + kappa/n (mean of j's K words - M_t)' q.
    """
    places = np.asarray(places)
    offsets = np.stack(
        [
            inspection.deciding_offset(sentence, judges, settings.shift, place)
            for sentence, place in zip(sentences, places, strict=True)
        ]
    )
    queries = np.einsum("pij,pj->pi", judges.precision[places].astype(np.float64), offsets)
    around = neighbours(settings.size, REACH)
    means = judges.mean[places].astype(np.float64)
    nearby_means = judges.mean[around[places]].mean(axis=1, dtype=np.float64)
    weights, low, high = np.empty((len(good), len(places))), np.inf, -np.inf
    for start in range(0, len(good), BLOCK):
        rows = range(start, min(start + BLOCK, len(good)))
        values = np.stack([good[row] for row in rows]).reshape(len(rows), -1, 3) / levels[rows, None, None]
        own, nearby = words_at(values, places, settings)
        shares = (1 - settings.kappa) * np.einsum("npi,pi->np", own - means, queries)
        shares += settings.kappa * np.einsum("npi,pi->np", nearby - nearby_means, queries)
        weights[rows] = (1 + shares) / len(good)
        measures = in_levels(own)
        low, high = np.minimum(low, measures.min(axis=0)), np.maximum(high, measures.max(axis=0))
    measured = in_levels(means + offsets)
    found = []
    for number, own in enumerate(weights.T):
        largest = np.lexsort((np.arange(len(good)), -own))
        said = difference(measured[number], low[number], high[number], len(good), settings.degree)
        found.append(Reason(said, largest, own[largest]))
    return found


def words_at(values: np.ndarray, places: np.ndarray, settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    """Return the words at some places of levelled mosaics, and the means of the K words around: (n, P, d) each.

    `values` is (n, T, 3). A word is linear in its pixels: the mean word is the word of the mean pixels.
    """
    around = neighbours(settings.size, REACH)
    basis = np.stack([np.outer(*pair).ravel() for pair in patterns(settings.degree)]).astype(np.float64)
    own = values[:, around[places]]  # (n, P, 9, 3)
    nearby = values[:, around[around[places]]].mean(axis=2)
    return tuple((basis @ pixels).reshape(*pixels.shape[:2], -1) for pixels in (own, nearby))


def in_levels(numbers: np.ndarray) -> np.ndarray:
    """Return the numbers of words, (..., d), in gray levels: (..., p, 4), first the mean of a pattern's colours."""
    by_colour = numbers.reshape(*numbers.shape[:-1], -1, 3) / LEVELS
    return np.concatenate([by_colour.mean(axis=-1, keepdims=True), by_colour], axis=-1)


def difference(measured: np.ndarray, low: np.ndarray, high: np.ndarray, images: int, degree: int) -> str:
    """Return in words by how much a place differs from every good image, from `in_levels` (p, 4) and its range.

    Brightness, if it is at least half of a colour's excess; else the colour; a pattern, if it exceeds both by half.
    """
    excess = np.where(measured > high, measured - high, np.minimum(measured - low, 0))
    brightness, colours = excess[0, 0], excess[0, 1:]
    plain = float(np.abs(excess[0]).max())
    pattern, _ = np.unravel_index(np.abs(excess[1:]).argmax(), excess[1:].shape)
    shape = float(np.abs(excess[1 + pattern]).max())
    than = f"than any of {images} good ones"
    if max(plain, shape) < 0.5:
        return f"in no single number beyond {images} good ones, but unlike them in all numbers together"
    if shape > 1.5 * plain:
        name = SHAPES[min(sum(orders(degree)[1 + pattern]), len(SHAPES) - 1)]
        return f"a {name} there differs by {gray_levels(shape)} more {than}"
    return f"{_plain_difference(brightness, colours, 0.5)} {than}"


def _plain_difference(brightness: float, colours: np.ndarray, least: float) -> str:
    """Brightness, if it is at least `least` and half of the strongest colour's difference; else that colour."""
    strongest = int(np.abs(colours).argmax())
    if abs(brightness) >= max(least, abs(colours[strongest]) / 2):
        return f"{'brighter' if brightness > 0 else 'darker'} by {gray_levels(brightness)}"
    return f"{'more' if colours[strongest] > 0 else 'less'} {COLOURS[strongest]} by {gray_levels(colours[strongest])}"


def gray_levels(amount: float) -> str:
    """Return a difference in gray levels in words, without its sign: what is told is one level at least.

    >>> gray_levels(-41.3), gray_levels(0.5)
    ('41 gray levels', '1 gray level')
    """
    levels = max(1, round(abs(float(amount))))
    return f"{levels} gray level{'' if levels == 1 else 's'}"


def template_difference(excess: np.ndarray) -> str:
    """Return in words by how much a photo differs from its template: (3, 9), 0..1, red, green, blue at nine places.

    Brightness, if it is at least half of a colour's difference; else the colour; or that light and dark lie together.

    >>> template_difference(np.full((3, 9), -0.2))
    'darker by 51 gray levels than its template'
    """
    levels = 255 * excess.astype(np.float64)
    colours = levels.mean(axis=1)
    brightness, spread = colours.mean(), float(np.sqrt(np.square(levels).mean()))
    if spread > 1.5 * max(abs(brightness), np.abs(colours).max()):
        return f"unlike its template by {gray_levels(spread)}, brighter and darker side by side"
    return f"{_plain_difference(brightness, colours, 0)} than its template"


# --- all judges of one place, one by one: slow; for tests, and for the pictures of docs/ ---


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
    images = level_good(good, settings, [f"good image {image}" for image in range(len(good))])
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
