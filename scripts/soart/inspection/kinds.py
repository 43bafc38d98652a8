"""Kinds of good photos: groups of photos that are like each other and unlike the rest, by a network's words of places.

Good photos that are wrong alike hide each other where one is held out: its fellows are among the judges, and its score
is a usual one. But together they lie apart from the rest. n photos, g x g places each, D numbers a word.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from soart.inspection.learning import by_content

CELLS = 7  # a side, at most, over each of which words are averaged: where a part lies a little aside means nothing
LOOKED = 500  # photos that are grouped at most, by content; each other one is of the kind of the nearest of them
MOST = 8  # kinds that are told from each other
CLEAR = 0.4  # mean silhouette from which on there are several; hardly ever reached by one kind: benchmarks/photos
SAME = 1e-6  # share of a mean that numbers differ by through rounding alone


def find_kinds(words: Sequence[np.ndarray], never: np.ndarray | None = None) -> np.ndarray:
    """Return the kind of each of n good photos, (n,) int32: 0 for the largest, 1 for the next; all 0 where one is all.

    `words` are n of (g, g, D) float32, read one by one; `never`, (g^2,) bool, are places that count in no photo. Words
    are averaged over cells, each of the D numbers is divided by its standard deviation over photos and cells, and
    photos are as far from each other as these numbers are (Euclid). Of the `groupings` in which at least two groups
    have two photos or more the one with the largest mean silhouette is taken, if that is `CLEAR`: a single odd photo is
    for `calibration.find_odd`. Neither the photos' order nor their names matter.
    """
    side = len(words[0])
    weights = cell_weights(side, never)
    cells = np.array([weights @ each.reshape(side**2, -1) for each in words])
    order = by_content(cells)
    looked, others = order[:LOOKED], order[LOOKED:]
    mean, deviation = cells[looked].mean(axis=(0, 1), dtype=float), cells[looked].std(axis=(0, 1), dtype=float)
    unit = np.divide(1, deviation, out=np.zeros_like(deviation), where=deviation > SAME * np.abs(mean))
    points = (cells[looked] * unit).reshape(len(looked), -1)
    groups = _clearest(distances_of(points, points))
    found = np.empty(len(cells), int)
    found[looked] = groups
    for photo in others:
        found[photo] = groups[distances_of((cells[photo] * unit).reshape(1, -1), points).argmin()]
    return _by_size(found, order)


def cell_weights(side: int, never: np.ndarray | None = None) -> np.ndarray:
    """Return the weights, (cells, side^2) float32, by which side x side places become means of `CELLS` x `CELLS` cells.

    Or of as many cells as places, where these are fewer. Places that `never` count, (side^2,) bool, have no say, and
    cells without others are left out; all have, where none counts.
    """
    edges, place = np.linspace(0, side, min(side, CELLS) + 1)[:, None], np.arange(side)
    shares = np.clip(np.minimum(edges[1:], place + 1) - np.maximum(edges[:-1], place), 0, None)
    weights = np.kron(shares, shares)
    if never is not None and not never.all():
        weights = weights * ~never
        weights = weights[weights.any(axis=1)]
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def groupings(distances: np.ndarray, most: int = MOST) -> Iterator[np.ndarray]:
    """Yield the groups of n photos, (n,) int, by average linkage (Sokal and Michener 1958): `most` of them, ..., 2.

    Again and again the two groups become one whose photos are nearest to each other on average; `distances` (n, n).
    """
    far, groups = distances.astype(float), np.arange(len(distances))
    sizes = np.ones(len(far))
    np.fill_diagonal(far, np.inf)
    for left in range(len(far) - 1, 1, -1):
        one, other = np.unravel_index(far.argmin(), far.shape)
        joined = (sizes[one] * far[one] + sizes[other] * far[other]) / (sizes[one] + sizes[other])
        far[one] = far[:, one] = joined
        far[other] = far[:, other] = np.inf
        sizes[one] += sizes[other]
        groups[groups == other] = one
        if left <= most:
            yield groups.copy()


def silhouettes(distances: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return how much nearer each of n photos is to its own of two groups or more than to the next: (n,), -1 to 1.

    (b - a) / max(a, b): a the mean distance to the others of its group, b the least mean distance to another group; 0
    for a photo alone (Rousseeuw 1987). `distances` (n, n), `groups` (n,).

    >>> silhouettes(abs(np.subtract.outer([0, 1, 9], [0, 1, 9])), np.array([0, 0, 1])).round(2).tolist()
    [0.89, 0.88, 0.0]
    """
    _, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    rows = np.arange(len(group))
    sums = distances @ (group[:, None] == np.arange(len(sizes)))
    within = sums[rows, group] / np.maximum(sizes[group] - 1, 1)
    between = sums / sizes
    between[rows, group] = np.inf
    nearest = between.min(axis=1)
    largest = np.maximum(within, nearest)
    known = (sizes[group] > 1) & (largest > 0)
    return np.divide(nearest - within, largest, out=np.zeros(len(group)), where=known)


def distances_of(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return how far points are from others, (n, L) and (m, L) -> (n, m): Euclid."""
    squares = [np.square(each).sum(axis=1) for each in (points, others)]
    return np.sqrt(np.maximum(np.add.outer(*squares) - 2 * points @ others.T, 0))


def _clearest(distances: np.ndarray) -> np.ndarray:
    """The grouping with the largest mean silhouette, (n,) int; all 0 where that is not `CLEAR`."""
    best, clearest = np.zeros(len(distances), int), CLEAR
    for groups in groupings(distances):
        sizes = np.sort(np.unique(groups, return_counts=True)[1])
        if sizes[-2] > 1 and (clear := silhouettes(distances, groups).mean()) >= clearest:
            best, clearest = groups, clear
    return best


def _by_size(groups: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Number groups by size, the largest first; of equal ones the one that comes first in the `order`."""
    _, first, group, sizes = np.unique(groups[order], return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(sizes), np.int32)
    rank[np.lexsort((first, -sizes))] = np.arange(len(sizes))
    found = np.empty(len(order), np.int32)
    found[order] = rank[group]
    return found
