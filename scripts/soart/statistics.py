"""Ranks, the area under the ROC curve, and exact intervals: each once.

scipy and scikit-learn are imported where they are used, because they take up to a second to load.
"""

from statistics import NormalDist

import numpy as np

LEVEL = 0.95  # of every interval


def midranks(scores: np.ndarray) -> np.ndarray:
    """Ranks from 1 down each column, ties sharing their mean: (n, k) -> (n, k). (scipy.stats takes 1 s to import.)"""
    return np.column_stack([_midranks(column) for column in scores.T])


def _midranks(values: np.ndarray) -> np.ndarray:
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[which]


def auroc(ranks: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Area under the ROC curve by Mann and Whitney: (n, k) ranks and (..., n) labels (True: error) -> (..., k).

    The share of (error, good) pairs in which the error has the higher score, ties counting half.
    """
    positive = labels.sum(-1)[..., None]
    negative = labels.shape[-1] - positive
    return (labels.astype(float) @ ranks - positive * (positive + 1) / 2) / (positive * negative)


def auroc_with_interval(normal: np.ndarray, errors: np.ndarray) -> tuple[float, float, float]:
    """Area under the ROC curve, P(error > normal) + P(equal) / 2, with the ends of its 95 % interval.

    The interval is method 5 of Newcombe (Statistics in Medicine 25, 2006, 559-573): all A with |A' - A| <=
    1.96 sqrt(V(A)), where A' is the measured area and, for m errors, n normals and N = (m + n) / 2 - 1,

        V(A) = A (1 - A) (1 + N ((1 - A) / (2 - A) + A / (1 + A))) / (m n).

    The variance belongs to the assumed area, not to the measured one, as in Wilson's interval of a rate. It does not
    shrink to a point at A' = 1; Hanley and McNeil's, DeLong's and a bootstrap's do.
    """
    normal, errors = finite("normal", normal), finite("error", errors)
    labels = np.repeat([False, True], [len(normal), len(errors)])
    area = float(auroc(midranks(np.concatenate([normal, errors])[:, None]), labels)[0])
    counts = len(normal), len(errors)
    return area, _lower_end(area, *counts), 1 - _lower_end(1 - area, *counts)


def _lower_end(area: float, n: int, m: int) -> float:
    """The smallest A of the interval; V is the same for A and 1 - A, so this gives the upper end, too."""
    from scipy.optimize import brentq

    if not area:
        return 0.0
    z, extra = NormalDist().inv_cdf((1 + LEVEL) / 2), (m + n) / 2 - 1

    def beyond(a: float) -> float:
        variance = a * (1 - a) * (1 + extra * ((1 - a) / (2 - a) + a / (1 + a))) / (m * n)
        return area - a - z * np.sqrt(variance)

    return float(brentq(beyond, 0, min(area, 1 - 1e-12), xtol=1e-12))


def average_precision(normal: np.ndarray, errors: np.ndarray) -> float:
    """Area under the precision-recall curve (AUPR) of the errors, as average precision.

    The sum of (R_k - R_(k-1)) P_k over falling thresholds: recall R, precision P. 1 is perfect; chance gives the share
    of errors among all images.
    """
    from sklearn.metrics import average_precision_score

    normal, errors = finite("normal", normal), finite("error", errors)
    labels = np.repeat([0, 1], [len(normal), len(errors)])
    return float(average_precision_score(labels, np.concatenate([normal, errors])))


def f1(normal: np.ndarray, errors: np.ndarray) -> float:
    """F1 = 2 TP / (2 TP + FP + FN) of flags, bool, of at least one error image: harmonic mean of precision and recall.

    >>> f1(np.array([True, False]), np.array([True, True, False]))  # TP 2, FP 1, FN 1
    0.6666666666666666
    """
    hits = int(errors.sum())
    return 2 * hits / (hits + int(normal.sum()) + len(errors))


def rate(count: int, total: int) -> tuple[float, float, float]:
    """A share and the ends of its exact 95 % interval (Clopper and Pearson, Biometrika 26, 1934).

    The ends are quantiles of Beta(k, n - k + 1) and Beta(k + 1, n - k) for k of n.
    """
    from scipy.special import betaincinv  # scipy.stats has it by name, but takes a second to load

    if total < 1:
        raise ValueError("a rate needs at least one image, got none")
    tail = (1 - LEVEL) / 2
    low = betaincinv(count, total - count + 1, tail) if count else 0.0
    high = betaincinv(count + 1, total - count, 1 - tail) if count < total else 1.0
    return float(count / total), float(low), float(high)


def finite(name: str, values: np.ndarray) -> np.ndarray:
    """The values as float64; raises `ValueError` where there are none, or where one is NaN or infinite."""
    values = np.asarray(values, dtype=np.float64)
    if values.size == 0:
        raise ValueError(f"a ranking needs {name} values, got none")
    if not np.isfinite(values).all():
        raise ValueError(f"a ranking needs finite {name} values, got NaN or infinity")
    return values
