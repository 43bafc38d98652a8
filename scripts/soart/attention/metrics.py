"""SOART metrics: a matrix against a standard vector, by the Taguchi RT method.

Source: the seed's series (README, "Source"). Seven binary 5x5 kernels are laid over the cells of a quadrant: their sums
are its vector. A line through the origin then compares the measured vector with the standard vector.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from soart.storage.schemas import CHANNELS

CELL = 5  # a cell is 5x5 matrix elements, the size of a kernel
QUADRANTS = ("X0", "X1", "X2", "X3")  # up left, up right, down left, down right
METRIC_CHANNELS = (*CHANNELS, "RGB")  # RGB: the three colours of each cell in one vector
METRICS = ("Y1", "Y2", "Y3")
E = 0.0001  # the method's guard against a division by zero

_KERNELS = """
    bend1 bend2 bend3 bend4 line1 line2 datum
    11111 00001 10000 11111 00001 10000 00100
    00001 00001 10000 10000 00010 01000 00100
    00001 00001 10000 10000 00100 00100 11111
    00001 00001 10000 10000 01000 00010 00100
    00001 11111 11111 10000 10000 00001 00100
"""
KERNEL_NAMES, *_ROWS = [line.split() for line in _KERNELS.strip().splitlines()]
KERNELS = np.array([[[int(bit) for bit in row] for row in kernel] for kernel in zip(*_ROWS, strict=True)])


class Metrics(NamedTuple):
    """Metrics of a comparison: (n, channels, 4) each; the last axis is the quadrants.

    beta: slope ("sensitivity"), dimensionless. eta: mean absolute residual, gray levels; here a distance, not the
    classical signal-to-noise ratio in decibels. gamma2: mean squared residual, gray levels squared; at least eta^2.
    Y1 = ln beta, Y2 = ln(eta + 1) >= 0, Y3 = 0.5 ln(gamma2 + 1) - Y2.
    """

    beta: np.ndarray
    eta: np.ndarray
    gamma2: np.ndarray
    Y1: np.ndarray
    Y2: np.ndarray
    Y3: np.ndarray


def features(matrices: np.ndarray) -> np.ndarray:
    """The seven kernel sums of every cell: (..., S, S) -> (..., 4, m), m = 7 (S/10)^2.

    The matrix is cut into cells of 5x5; each is multiplied elementwise with each kernel and summed. A quadrant's
    vector is its cells in row-major order, seven numbers each. Raises `ValueError` where S is no multiple of 10: the
    cells then do not divide into four quadrants.

    >>> features(np.ones((10, 10)))[0].tolist()  # the ones of each kernel
    [9.0, 9.0, 9.0, 9.0, 5.0, 5.0, 9.0]
    """
    *front, height, width = matrices.shape
    if height != width or height % (2 * CELL):
        raise ValueError(f"expected square matrices of a size that is a multiple of 10, got {height}x{width}")
    half = height // CELL // 2
    cells = matrices.reshape(-1, 2, half, CELL, 2, half, CELL).astype(float)
    sums = np.einsum("nabcdef,kcf->nadbek", cells, KERNELS)
    return sums.reshape(*front, 4, half * half * len(KERNELS))


def vectors(matrices: np.ndarray) -> np.ndarray:
    """Feature vectors of all metric channels: (n, 4, S, S), in the order of `CHANNELS` -> list of (n, 4, m).

    Gray, R, G and B have m = 7 (S/10)^2 numbers; the last, RGB, has 3 m: for each cell R, then G, then B.

    >>> [found.shape for found in vectors(np.ones((2, 4, 30, 30)))]
    [(2, 4, 63), (2, 4, 63), (2, 4, 63), (2, 4, 63), (2, 4, 189)]
    """
    single = features(matrices)  # (n, channel, quadrant, m)
    n, _, quadrants, m = single.shape
    colours = single[:, 1:].reshape(n, 3, quadrants, m // 7, 7)
    joint = colours.transpose(0, 2, 3, 1, 4).reshape(n, quadrants, 3 * m)
    return [*single.transpose(1, 0, 2, 3), joint]


def compare(standard: np.ndarray, measured: np.ndarray) -> Metrics:
    """Compare measured vectors y with a standard vector x; both end in the vector's length m.

        beta = (x.y + e)/(x.x + e),  eta = sum |y - beta x|/m,  gamma2 = sum (y - beta x)^2/m,  e = 0.0001

    y = c x gives beta = c (to e), eta = gamma2 = Y2 = Y3 = 0. Where beta <= 0 there is no logarithm: Y1 is NaN, which
    `measure` turns into an error. Sums run along the vector, so a result does not depend on the other images.

    >>> found = compare(np.array([1.0, 1.0]), np.array([3.0, 1.0]))
    >>> beta, eta, gamma2 = (round(float(value), 3) for value in found[:3])
    >>> beta, eta, gamma2
    (2.0, 1.0, 1.0)
    """
    x, y = standard.astype(float), measured.astype(float)
    beta = ((x * y).sum(-1) + E) / ((x * x).sum(-1) + E)
    residual = y - beta[..., None] * x
    eta = np.abs(residual).mean(-1)
    gamma2 = np.square(residual).mean(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        y1 = np.where(beta > 0, np.log(beta), np.nan)
    y2 = np.log1p(eta)
    return Metrics(beta, eta, gamma2, y1, y2, 0.5 * np.log1p(gamma2) - y2)


def measure(standard: np.ndarray, measured: np.ndarray, images: list[str]) -> Metrics:
    """Metrics of n images in all five channels: fields of shape (n, 5, 4).

    `standard`: (4, S, S), the matrix of one image or the mean of a set. `measured`: (n, 4, S, S). `images`: the names
    for messages. Raises `ValueError` naming image, channel and quadrant where beta <= 0.

    >>> standard = np.full((4, 10, 10), 100.0)
    >>> found = measure(standard, np.stack([standard, 2 * standard]), ["same", "twice as bright"])
    >>> found.beta.shape, found.Y1[:, 0, 0].round(3).tolist(), found.Y2[1].max().round(3).item()
    ((2, 5, 4), [0.0, 0.693], 0.0)
    """
    pairs = zip(vectors(standard[None]), vectors(measured), strict=True)
    by_channel = [compare(x[0], y) for x, y in pairs]
    result = Metrics(*(np.stack(field, axis=1) for field in zip(*by_channel, strict=True)))
    bad = np.argwhere(~np.isfinite(result.Y1))
    if len(bad):
        image, channel, quadrant = bad[0]
        raise ValueError(
            f"image {images[image]}, channel {METRIC_CHANNELS[channel]}, quadrant {QUADRANTS[quadrant]}: expected a "
            f"slope beta > 0 for Y1 = ln beta, got {result.beta[tuple(bad[0])]:g}; a picture's "
            "values are 0 to 255: the table of matrices is damaged, delete it and run the workflow again"
        )
    return result


def standard_matrix(standard: str, parts: Iterable[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Return the (4, S, S) matrix of a standard: the image's of that name, or the mean of all where there is none.

    `parts` are names (n,) and matrices (n, 4, S, S), one table's after the other.

    >>> parts = [(np.array(["a", "b"]), np.stack([np.zeros((4, 10, 10), int), np.full((4, 10, 10), 6)]))]
    >>> float(standard_matrix("b", parts).mean()), float(standard_matrix("mean", parts).mean())
    (6.0, 3.0)
    """
    total, count = 0, 0
    for names, values in parts:
        if standard in names:
            return values[names.tolist().index(standard)]
        total, count = total + values.sum(axis=0, dtype=np.int64), count + len(values)
    return total / count


def long_columns(measured: dict[str, Metrics], images: np.ndarray, image_set: str) -> dict[str, np.ndarray]:
    """Return metrics by standard as a long table: a row for each standard, image, channel and quadrant."""
    labels = np.meshgrid(list(measured), images.astype(str), METRIC_CHANNELS, QUADRANTS, indexing="ij")
    standard, image, channel, quadrant = (label.ravel() for label in labels)
    columns = {"image": image, "set": np.full(image.size, image_set), "standard": standard}
    columns |= {"channel": channel, "quadrant": quadrant}
    return columns | {name: np.ravel([getattr(each, name) for each in measured.values()]) for name in Metrics._fields}
