"""Peers that a user would pick: small PaDiM and PatchCore, on the network's words that the inspection reads.

Each is `function(good, tests, seed) -> scores` as those of `soart.evaluation.baselines`: words of n good photos,
(n, g, g, D), and of m others; scores (m,). The image's score is the largest of its places, as in both papers; the maps
are not enlarged or smoothed before, and PatchCore's coreset is taken from at most 40,000 words.
"""

import numpy as np

RIDGE = 0.01  # PaDiM's share of the identity, here of the words' mean variance
CANDIDATES, KEPT, SHARE = 40_000, 784, 0.1  # PatchCore: words that the coreset is taken from, and its size
NEIGHBOURS = 9  # PatchCore: judges around the nearest one that its weight is found from


def padim(good: np.ndarray, tests: np.ndarray, seed: int = 0) -> np.ndarray:
    """Defard et al. (2021): at each place the Mahalanobis distance by the mean and covariance of that place alone."""
    good, tests = (words.reshape(len(words), -1, words.shape[-1]).astype(np.float64) for words in (good, tests))
    ridge = RIDGE * good.var(axis=0).mean() * np.eye(good.shape[2])
    scores = np.zeros(len(tests))
    for place in range(good.shape[1]):
        offsets = good[:, place] - good[:, place].mean(axis=0)
        precision = np.linalg.inv(offsets.T @ offsets / (len(good) - 1) + ridge)
        far = tests[:, place] - good[:, place].mean(axis=0)
        scores = np.maximum(scores, np.sqrt(np.einsum("nd,nd->n", far @ precision, far)))
    return scores


def patchcore(good: np.ndarray, tests: np.ndarray, seed: int = 0) -> np.ndarray:
    """Roth et al. (2022): the largest distance to a coreset of all places' words, weighted by its neighbourhood."""
    words = np.ascontiguousarray(good, np.float32).reshape(-1, good.shape[-1])
    order = np.random.default_rng(seed).permutation(len(words))[:CANDIDATES]
    judges = coreset(words[order], min(KEPT, int(SHARE * len(words))))
    between = squares(judges, judges)
    scores = np.empty(len(tests))
    for photo, seen in enumerate(tests):
        spoken = np.ascontiguousarray(seen, np.float32).reshape(-1, seen.shape[-1])
        energies = squares(spoken, judges)
        place = int(energies.min(axis=1).argmax())
        nearest = int(energies[place].argmin())
        around = np.argsort(between[nearest])[:NEIGHBOURS]  # the nearest judge among them
        far = np.sqrt(energies[place, around].astype(np.float64))
        own = np.sqrt(float(energies[place, nearest]))
        scores[photo] = (1 - 1 / np.exp(far - own).sum()) * own
    return scores


def coreset(words: np.ndarray, count: int) -> np.ndarray:
    """Greedy k-centre, (count, D) of (m, D): each time the word farthest from those that are kept, after the first."""
    lengths, far, kept = np.square(words).sum(axis=1), np.full(len(words), np.inf, np.float32), [0]
    while len(kept) < count:
        last = kept[-1]
        far = np.minimum(far, lengths + lengths[last] - 2 * (words @ words[last]))
        kept.append(int(far.argmax()))
    return words[kept]


def squares(words: np.ndarray, judges: np.ndarray) -> np.ndarray:
    """|w - j|^2 of every word and judge, (m, k)."""
    lengths = np.square(words).sum(axis=1)[:, None] + np.square(judges).sum(axis=1)
    return np.maximum(lengths - 2 * words @ judges.T, 0)


PEERS = {"padim": padim, "patchcore": patchcore}
