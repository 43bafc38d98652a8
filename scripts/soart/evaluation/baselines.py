"""Classical detectors to stand beside the inspection: the same good images, the same tests.

Each is `function(good, tests, seed) -> scores`: good images (n, ...), test images (m, ...), scores (m,)
float64, a larger one less like the good images. `COLOUR` takes area-mean mosaics, (n, size, size, 3);
`GRAY` takes the seed's nearest-neighbour gray matrices, (n, size, size). Only the isolation forest uses the
seed.
"""

from collections.abc import Callable

import numpy as np
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors
from sklearn.svm import OneClassSVM

Baseline = Callable[[np.ndarray, np.ndarray, int], np.ndarray]
SOFTENING = 3.0  # levels added to a place's standard deviation, so that a constant place cannot divide by zero
STRONGEST = 5  # places whose mean is an image's score
BLOCK = 256  # test images that are float64 at once: a matter of memory alone


def place_z(good: np.ndarray, tests: np.ndarray, seed: int = 0) -> np.ndarray:
    """Each place by itself: z = (s - mean) / (sd + 3), z^2 averaged over channels, mean of the 5 largest."""
    good, tests = _checked(good, tests)
    mean, deviation = good.mean(axis=0), good.std(axis=0) + SOFTENING

    def score(block: np.ndarray) -> np.ndarray:
        squares = ((block - mean) / deviation) ** 2
        places = squares.reshape(*squares.shape[:3], -1).mean(axis=-1).reshape(len(block), -1)
        return np.sort(places, axis=1)[:, -STRONGEST:].mean(axis=1)

    return _blockwise(score, tests)


def pca(good: np.ndarray, tests: np.ndarray, seed: int = 0) -> np.ndarray:
    """Distance to the reconstruction from the components that hold 95 % of the good images' variance."""
    good, tests = _vectors(good, tests)
    model = PCA(n_components=0.95, svd_solver="full").fit(good)
    return _blockwise(
        lambda block: np.linalg.norm(block - model.inverse_transform(model.transform(block)), axis=1), tests
    )


def nearest_neighbour(good: np.ndarray, tests: np.ndarray, seed: int = 0) -> np.ndarray:
    """Euclidean distance to the nearest good image."""
    good, tests = _vectors(good, tests)
    model = NearestNeighbors(n_neighbors=1).fit(good)
    return _blockwise(lambda block: model.kneighbors(block)[0][:, 0], tests)


def isolation_forest(good: np.ndarray, tests: np.ndarray, seed: int = 0) -> np.ndarray:
    """Liu, Ting, Zhou (2008): how few random cuts isolate the image; 100 trees."""
    good, tests = _vectors(good, tests)
    return -_blockwise(IsolationForest(n_estimators=100, random_state=seed).fit(good).score_samples, tests)


def one_class_svm(good: np.ndarray, tests: np.ndarray, seed: int = 0) -> np.ndarray:
    """Schölkopf et al. (2001): support by the good images, negative; rbf, nu 0.05, gamma 1/(d variance)."""
    good, tests = _vectors(good, tests)
    return -_blockwise(OneClassSVM(nu=0.05, kernel="rbf", gamma="scale").fit(good).score_samples, tests)


def local_outlier_factor(good: np.ndarray, tests: np.ndarray, seed: int = 0) -> np.ndarray:
    """Breunig et al. (2000): the neighbours' density over its own; 10 neighbours (or n - 1)."""
    good, tests = _vectors(good, tests)
    model = LocalOutlierFactor(n_neighbors=min(10, len(good) - 1), novelty=True)
    return -_blockwise(model.fit(good).score_samples, tests)


def rt_correlation(good: np.ndarray, tests: np.ndarray, seed: int = 0) -> np.ndarray:
    """Taguchi's RT method: Mahalanobis distance of (Y1, Y2), inverse correlation matrix of the good.

    With the mean good vector x, a measured vector y, both of length m, and L = x.y:

        Y1 = L / x.x,   Y2 = sqrt((y.y - L^2 / x.x) / (m - 1)),   score = sqrt(z' R^-1 z / 2)

    where z is (Y1, Y2) standardised by the good images and R their correlation matrix.
    Raises `ValueError` where R has no inverse.
    """
    good, tests = _vectors(good, tests)
    unit, measured = _sensitivity_and_residual(good.mean(axis=0), good, tests)
    mean, deviation = unit.mean(axis=0), unit.std(axis=0)
    flat = (deviation <= 1e-9 * np.abs(unit).max(axis=0)).any()
    if flat or np.linalg.det(correlation := np.corrcoef(unit, rowvar=False)) < 1e-9:
        raise ValueError(
            "the RT method needs at least 3 good images that differ in sensitivity and in residual; "
            f"with these {len(good)} the correlation matrix has no inverse"
        )
    z = (measured - mean) / deviation
    return np.sqrt(np.einsum("ni,ij,nj->n", z, np.linalg.inv(correlation), z) / 2)


def rt_adjugate(good: np.ndarray, tests: np.ndarray, seed: int = 0) -> np.ndarray:
    """The RT method on centred vectors, with the adjugate of the covariance instead of an inverse.

    x and y are first reduced by the mean of x over its elements; then Y1, Y2 as in `rt_correlation`, and
    score = sqrt(d' adj(V) d / 2) with d = (Y1, Y2) minus the good images' mean and V their covariance. The
    adjugate exists where V has no inverse.
    """
    good, tests = _vectors(good, tests)
    level = good.mean()
    unit, measured = _sensitivity_and_residual(good.mean(axis=0), good, tests, level)
    (a, b), (c, d) = np.cov(unit, rowvar=False, bias=True)
    adjugate = np.array([[d, -b], [-c, a]])
    off = measured - unit.mean(axis=0)
    return np.sqrt(np.maximum(np.einsum("ni,ij,nj->n", off, adjugate, off), 0) / 2)


COLOUR: dict[str, Baseline] = {
    "place_z": place_z,
    "pca": pca,
    "nearest_neighbour": nearest_neighbour,
    "isolation_forest": isolation_forest,
    "one_class_svm": one_class_svm,
    "local_outlier_factor": local_outlier_factor,
}
GRAY: dict[str, Baseline] = {"rt_correlation": rt_correlation, "rt_adjugate": rt_adjugate}


def held_out(detector: Baseline, good: np.ndarray, seed: int = 0, folds: int = 10) -> np.ndarray:
    """The score of each good image by a detector that has not seen it, (n,); image j: fold j mod `folds`."""
    fold = np.arange(len(good)) % folds
    scores = np.empty(len(good))
    for number in np.unique(fold):
        out = fold == number
        scores[out] = detector(good[~out], good[out], seed)
    return scores


def _sensitivity_and_residual(
    standard: np.ndarray, good: np.ndarray, tests: np.ndarray, level: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """(Y1, Y2) of the good and of the test vectors, (n, 2) and (m, 2), all of them less a level."""
    standard = standard - level
    power = standard @ standard
    if power <= 1e-9:
        raise ValueError("the RT method needs a standard with contrast; the mean good image is constant")

    def measures(vectors: np.ndarray) -> np.ndarray:
        vectors = vectors - level
        products = vectors @ standard
        residual = np.maximum((vectors**2).sum(axis=1) - products**2 / power, 0)
        return np.column_stack([products / power, np.sqrt(residual / (len(standard) - 1))])

    return measures(good), _blockwise(measures, tests)


def _blockwise(score: Callable[[np.ndarray], np.ndarray], tests: np.ndarray) -> np.ndarray:
    """The scores of the test images, some of them at a time."""
    return np.concatenate([score(np.float64(tests[at : at + BLOCK])) for at in range(0, max(len(tests), 1), BLOCK)])


def _vectors(good: np.ndarray, tests: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    good, tests = _checked(good, tests)
    return good.reshape(len(good), -1), tests.reshape(len(tests), -1)


def _checked(good: np.ndarray, tests: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The good images as float64 and the others, or a sentence that says why nothing can be learned from them."""
    good, tests = np.asarray(good, dtype=np.float64), np.asarray(tests)
    if len(good) < 2:
        raise ValueError(f"a detector learns from at least 2 good images, got {len(good)}")
    if good.shape[1:] != tests.shape[1:]:
        raise ValueError(f"good images of shape {good.shape[1:]} cannot judge images of shape {tests.shape[1:]}")
    if not (np.isfinite(good).all() and np.isfinite(tests).all()):
        raise ValueError("a detector needs finite values, got NaN or infinity")
    if (good == good[0]).all():
        raise ValueError(f"all {len(good)} good images are the same, so there is no spread to learn")
    return good, tests
