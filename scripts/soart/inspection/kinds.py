"""Kinds of good photos: groups of photos that are like each other and unlike the rest, by a network's words of places.

Good photos that are wrong alike hide each other where one is held out: its fellows are among the judges, and its score
is a usual one. But together they lie apart from the rest. n photos, g x g places each, D numbers a word.
"""

from collections.abc import Sequence

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
    photos are as far from each other as these numbers are (Euclid). They are grouped by average linkage, into two to
    `MOST` groups. Of the groupings in which at least two groups have two photos or more the one with the largest mean
    silhouette (Rousseeuw 1987) is taken, if that is `CLEAR`: a single odd photo is for `calibration.find_odd`. Neither
    the photos' order nor their names matter.
    """
    side = len(words[0])
    weights = cell_weights(side, never)
    cells = np.array([weights @ each.reshape(side**2, -1) for each in words])
    order = by_content(cells)
    looked, others = order[:LOOKED], order[LOOKED:]
    mean, deviation = cells[looked].mean(axis=(0, 1), dtype=float), cells[looked].std(axis=(0, 1), dtype=float)
    unit = np.divide(1, deviation, out=np.zeros_like(deviation), where=deviation > SAME * np.abs(mean))
    points = (cells[looked] * unit).reshape(len(looked), -1)
    groups = _clearest(points)
    found = np.empty(len(cells), int)
    found[looked] = groups
    for photo in others:
        found[photo] = groups[np.linalg.norm(points - (cells[photo] * unit).ravel(), axis=1).argmin()]
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


def _clearest(points: np.ndarray) -> np.ndarray:
    """The grouping of points, (n, L), with the largest mean silhouette, (n,) int; all 0 where that is not `CLEAR`."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import pdist, squareform
    from sklearn.metrics import silhouette_score

    best, clearest = np.zeros(len(points), int), CLEAR
    if len(points) < 4:  # two of two
        return best
    apart = pdist(points)
    tree, far = linkage(apart, "average"), squareform(apart)
    for count in range(min(MOST, len(points) - 2), 1, -1):
        groups = fcluster(tree, count, "maxclust")
        sizes = np.sort(np.bincount(groups))
        if sizes[-2] > 1 and (clear := silhouette_score(far, groups, metric="precomputed")) >= clearest:
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
