"""Oracles of the tests: the seed's two programs in a straight line, and slow loops for the mathematics.

Nothing here uses the package. The drawing and the mosaic do what the seed's post shows, in our own words; the loops
write each formula out number by number.
"""

import math

import cv2
import numpy as np
from PIL import Image, ImageDraw

# --- the seed's programs ---------------------------------------------------------------------------------------------

BLACK = (0, 0, 0)
RED, ORANGE, LIGHT_BLUE, DARK_BLUE = (255, 10, 50), (255, 50, 10), (10, 130, 250), (40, 80, 250)
GREEN, VIOLET, PURPLE = (50, 250, 10), (50, 10, 250), (200, 55, 200)


def draw_standard(path) -> None:
    """The seed's base image, as a JPEG of quality 95."""
    image = Image.new("RGB", (500, 500), (13, 77, 13))
    pen = ImageDraw.Draw(image)
    pen.ellipse((40, 40, 160, 160), fill=RED, outline=BLACK)
    pen.ellipse((340, 40, 460, 160), fill=ORANGE, outline=BLACK)
    pen.ellipse((40, 340, 160, 460), fill=RED, outline=BLACK)
    pen.ellipse((340, 340, 460, 460), fill=ORANGE, outline=BLACK)
    pen.line((50, 100, 150, 100), fill=LIGHT_BLUE, width=30)
    pen.line((100, 50, 100, 150), fill=LIGHT_BLUE, width=30)
    pen.line((350, 400, 450, 400), fill=DARK_BLUE, width=30)
    pen.line((400, 350, 400, 450), fill=DARK_BLUE, width=30)
    pen.rectangle((150, 150, 350, 350), fill=GREEN, outline=BLACK)
    pen.line((200, 200, 300, 300), fill=VIOLET, width=60)
    pen.line((300, 200, 200, 300), fill=VIOLET, width=60)
    pen.chord((30, 200, 130, 300), start=30, end=270, fill=PURPLE, outline=BLACK)
    pen.chord((370, 200, 470, 300), start=120, end=360, fill=PURPLE, outline=BLACK)
    pen.chord((200, 30, 300, 130), start=30, end=270, fill=PURPLE, outline=BLACK)
    pen.chord((200, 370, 300, 470), start=120, end=360, fill=PURPLE, outline=BLACK)
    image.save(path, quality=95)


def colour_mosaic(path) -> np.ndarray:
    """The seed's mosaic before the gray step: (30, 30, 3) uint8, BGR."""
    return cv2.resize(cv2.imread(str(path)), None, fx=0.06, fy=0.06, interpolation=cv2.INTER_NEAREST)


def gray_mosaic(path) -> np.ndarray:
    """The seed's matrix of an image file: (30, 30) uint8."""
    return cv2.cvtColor(colour_mosaic(path), cv2.COLOR_BGR2GRAY)


# --- metrics ---------------------------------------------------------------------------------------------------------


def quadrant_vector(matrix, kernels, quadrant: int) -> list[float]:
    """Seven kernel sums of each of a quadrant's 5x5 cells, cell by cell in row-major order."""
    cells = len(matrix) // 10  # a side of a quadrant
    top, left = (quadrant // 2) * cells, (quadrant % 2) * cells
    return [
        sum(int(matrix[row * 5 + i][column * 5 + j]) * int(kernel[i][j]) for i in range(5) for j in range(5))
        for row in range(top, top + cells)
        for column in range(left, left + cells)
        for kernel in kernels
    ]


def rgb_vector(red, green, blue, kernels, quadrant: int) -> list[float]:
    """For each cell seven numbers of R, then of G, then of B."""
    vectors = [quadrant_vector(channel, kernels, quadrant) for channel in (red, green, blue)]
    return [number for cell in range(0, len(vectors[0]), 7) for vector in vectors for number in vector[cell : cell + 7]]


def soart(x, y) -> dict[str, float]:
    """beta, eta, gamma2, Y1, Y2, Y3 of a measured vector y against a standard vector x."""
    e = 0.0001
    beta = (sum(a * b for a, b in zip(x, y, strict=True)) + e) / (sum(a * a for a in x) + e)
    eta = sum(abs(b - beta * a) for a, b in zip(x, y, strict=True)) / len(x)
    gamma2 = sum((b - beta * a) ** 2 for a, b in zip(x, y, strict=True)) / len(x)
    y2 = math.log(eta + 1)
    return {
        "beta": beta,
        "eta": eta,
        "gamma2": gamma2,
        "Y1": math.log(beta),
        "Y2": y2,
        "Y3": 0.5 * math.log(gamma2 + 1) - y2,
    }


# --- attention -------------------------------------------------------------------------------------------------------


def scores(model: str, queries, keys, **arguments) -> list[list[float]]:
    """Alignment scores of each query with each key, by loops; `arguments` as the package's models take them."""
    return [[_score(model, q, k, **arguments) for k in keys] for q in queries]


def _score(model, q, k, W_s=None, W_h=None, v=None, temperature=None) -> float:
    product = sum(a * b for a, b in zip(q, k, strict=True))
    if model == "dot":
        return product
    if model == "scaled_dot":
        return product / math.sqrt(len(q))
    if model == "gaussian":
        return -sum((a - b) ** 2 for a, b in zip(q, k, strict=True)) / (2 * temperature)
    total = 0.0
    for row_s, row_h, each in zip(W_s, W_h, v, strict=True):
        inner = sum(w * a for w, a in zip(row_s, q, strict=True)) + sum(w * a for w, a in zip(row_h, k, strict=True))
        total += each * math.tanh(inner)
    return total


def softmax(row) -> list[float]:
    """exp(e_i) / sum exp(e), after subtracting the largest."""
    powers = [math.exp(score - max(row)) for score in row]
    return [power / sum(powers) for power in powers]


def product(a, b) -> list[list[float]]:
    """Matrix product by loops."""
    return [[sum(a[i][k] * b[k][j] for k in range(len(b))) for j in range(len(b[0]))] for i in range(len(a))]


def self_attention(words, W_Q, W_K, W_V) -> tuple[list, list]:
    """Weights and attention of the series' form, by loops."""
    queries, keys, values = product(words, W_Q), product(words, W_K), product(words, W_V)
    weights = [softmax(row) for row in scores("scaled_dot", queries, keys)]
    return weights, product(weights, values)


def stretched(values, low, high, factor, floor, square) -> list[list[float]]:
    """The minmax scalings of a table, number by number."""
    table = []
    for row in values:
        new = [factor * (value - low) / (high - low) for value in row]
        table.append([0.0 if value < floor else value**2 if square else value for value in new])
    return table


# --- separation ------------------------------------------------------------------------------------------------------


def auroc(scores, labels) -> float:
    """Share of (error, good) pairs in which the error scores higher, ties counting half."""
    pairs = [
        (e, g)
        for e, bad in zip(scores, labels, strict=True)
        if bad
        for g, b in zip(scores, labels, strict=True)
        if not b
    ]
    return sum(1.0 if e > g else 0.5 if e == g else 0.0 for e, g in pairs) / len(pairs)
