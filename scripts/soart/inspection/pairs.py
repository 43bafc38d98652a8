"""Pair mode: attention of each patch of a photo over the patches of its own template.

Values are 0..1 at half resolution, h x w places. S is the photo, T its template, T_v the template moved by v, one
of the n = (2 reach + 1)^2 shifts within `reach` places either way:

    D_v = mean over a patch and the colours of (S - T_v)^2      how ill the template fits there if moved by v
    a_v = softmax over v of -D_v / (2 tau^2)                    weights, at each place; they sum to 1
    c   = sum_v a_v T_v                                         context: what the template can show of the photo
    heat = mean over 3x3 places and the colours of (S - c)^2    what it cannot,
           / (1 + E / edges)                                    beside what edges leave anyway

First the template is moved as a whole by so many pixels as the photo lies aside. A place is two pixels, and half a
place would be left along each edge. What is still left there grows with the edges' energy E, the mean over the same
3x3 places and the colours of |grad T|^2. Divided by it, a board with many tracks has no more heat than one with few.
A picture goes on beyond its edge as it ends there.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import cv2
import numpy as np

from soart.method import numbers
from soart.names import ALIKE

DEFAULTS = numbers("pair")
HALF = 2  # pixels of the picture that are one place, a side
SMOOTH = 3  # places a side over which the heat is averaged


class Settings(NamedTuple):
    """Every free number of the comparison."""

    size: int = 63  # places a side of the heat map that is kept for later stages
    fit: str = ALIKE  # how a photo of another aspect is brought to the expected one: names.FITS
    reach: int = DEFAULTS["reach"]  # places by which the template may lie aside, either way
    patch: int = DEFAULTS["patch"]  # places a side of what is compared, odd
    edges: float = DEFAULTS["edges"]  # energy of the template's edges, (0..1 a place)^2, at which heat counts half
    tau: float = DEFAULTS["tau"]  # root mean square difference, 0..1, at which a shift's weight has fallen to exp(-1/2)
    top: int = DEFAULTS["top"]  # places whose mean heat is the score
    share: float = DEFAULTS["share"]  # of the largest heat as far as patches reach, that a place of a box has at least


class Compared(NamedTuple):
    """A photo beside its template."""

    heat: np.ndarray  # (h, w) float32, 0..1: mean squared difference from the context
    excess: np.ndarray  # (h, w) float32, -1..1: how much brighter the photo is than the context


class Calibration(NamedTuple):
    """Calibration: what good pairs show."""

    mean: float  # of the heat, over all places of all good pairs
    deviation: float  # its standard deviation
    held_out: np.ndarray  # (n,) float64: their scores, in deviations above the mean


def planes(picture: np.ndarray) -> np.ndarray:
    """A picture at half resolution, colour by colour: (height, width, 3) uint8 -> (3, h, w) float32, 0..1.

    Area means; h and w are half of height and width, rounded up.
    """
    height, width = (-(-side // HALF) for side in picture.shape[:2])
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small.transpose(2, 0, 1), np.float32) * np.float32(1 / 255)


def shifts(reach: int) -> Iterator[tuple[int, int]]:
    """All shifts (rows, columns) in order, counted from -reach as 0."""
    return ((down, across) for down in range(2 * reach + 1) for across in range(2 * reach + 1))


def alignment_scores(photo: np.ndarray, template: np.ndarray, settings: Settings) -> np.ndarray:
    """The scores of all shifts, (n, h, w) float32: -D_v / (2 tau^2), plus a number that is the same for all v.

    Both pictures are (colours, h, w). Of D_v = mean S^2 + mean T_v^2 - 2 mean S T_v the first term does not depend on
    v, and the second is the same picture for all v, moved: one box filter a shift is left.
    """
    colours, height, width = photo.shape
    edge, patch = settings.patch // 2, (settings.patch, settings.patch)
    scale = np.float32(1 / (2 * settings.tau**2 * colours))
    own, other = extend_edges(photo, edge) * (2 * scale), extend_edges(template, edge + settings.reach)
    inner = np.s_[edge:-edge, edge:-edge] if edge else np.s_[:, :]
    squares = cv2.boxFilter((other * other).sum(axis=0) * scale, -1, patch)[inner]
    scores = np.empty(((2 * settings.reach + 1) ** 2, height, width), np.float32)
    products, means = np.empty_like(own[0]), np.empty_like(own[0])
    for score, (down, across) in zip(scores, shifts(settings.reach), strict=True):
        moved = other[:, down : down + own.shape[1], across : across + own.shape[2]]
        np.multiply(own[0], moved[0], out=products)
        for colour in range(1, colours):
            cv2.accumulateProduct(own[colour], moved[colour], products)
        cv2.boxFilter(products, -1, patch, dst=means)
        np.subtract(means[inner], squares[down : down + height, across : across + width], out=score)
    return scores


def extend_edges(picture: np.ndarray, edge: int) -> np.ndarray:
    """A picture, (colours, h, w), with its edge repeated so many places to each side."""
    return np.pad(picture, ((0, 0), (edge, edge), (edge, edge)), mode="edge")


def weights(scores: np.ndarray) -> np.ndarray:
    """The softmax over the shifts, in place: (n, h, w) float32, at each place of sum 1."""
    scores -= scores.max(axis=0)
    for score in scores:
        cv2.exp(score, dst=score)
    scores *= 1 / scores.sum(axis=0)
    return scores


def context_vectors(weights: np.ndarray, template: np.ndarray, reach: int) -> np.ndarray:
    """c = sum_v a_v T_v: (colours, h, w) float32."""
    height, width = template.shape[1:]
    other, result = extend_edges(template, reach), np.zeros_like(template)
    for weight, (down, across) in zip(weights, shifts(reach), strict=True):
        for source, target in zip(other, result, strict=True):
            cv2.accumulateProduct(weight, source[down : down + height, across : across + width], target)
    return result


def compare(photo: np.ndarray, template: np.ndarray, settings: Settings) -> Compared:
    """The heat of a pair of pictures, (height, width, 3) uint8 of one size; raises `ValueError` for two sizes."""
    if photo.shape != template.shape:
        sizes = (f"{shape[1]} x {shape[0]}" for shape in (template.shape, photo.shape))
        raise ValueError(
            "expected a photo and a template of one size, got a template of {} and a photo of {}".format(*sizes)
        )
    own, other = planes(photo), planes(shift_picture(template, *offset(photo, template, settings.reach)))
    difference = unexplained(own, other, settings)
    return Compared(_heat(difference, other, settings), difference.mean(axis=0))


def unexplained(own: np.ndarray, other: np.ndarray, settings: Settings) -> np.ndarray:
    """S - c, what the context cannot show: (colours, h, w) float32, from the `planes` of both pictures."""
    return own - context_vectors(weights(alignment_scores(own, other, settings)), other, settings.reach)


def _heat(difference: np.ndarray, other: np.ndarray, settings: Settings) -> np.ndarray:
    heat = cv2.blur(np.square(difference).mean(axis=0), (SMOOTH, SMOOTH), borderType=cv2.BORDER_REPLICATE)
    return heat / (1 + edge_energy(other) / np.float32(settings.edges))


def unexplained_in(
    photo: np.ndarray, template: np.ndarray, area: tuple[int, int, int, int], settings: Settings
) -> np.ndarray:
    """Return what the context cannot show at an area's hottest place and the eight around it: (colours, 9), -1..1.

    `area` is (x0, y0, x1, y1) in pixels of the pictures, (height, width, 3) uint8, the template as moved by `offset`.
    No more is looked at than the heat there depends on.
    """
    sight = HALF * (settings.patch // 2 + settings.reach + SMOOTH)
    x0, y0 = (max(0, start - sight) // HALF * HALF for start in area[:2])
    near = np.s_[y0 : area[3] + sight, x0 : area[2] + sight]
    own, other = planes(photo[near]), planes(template[near])
    difference = unexplained(own, other, settings)
    left, top = (area[0] - x0) // HALF, (area[1] - y0) // HALF
    columns, rows = (max(1, -(-(end - start) // HALF)) for start, end in ((area[0], area[2]), (area[1], area[3])))
    inner = _heat(difference, other, settings)[top : top + rows, left : left + columns]
    row, column = np.unravel_index(inner.argmax(), inner.shape)
    return extend_edges(difference, 1)[:, top + row : top + row + 3, left + column : left + column + 3].reshape(-1, 9)


def offset(photo: np.ndarray, template: np.ndarray, reach: int) -> tuple[int, int]:
    """Return by how many pixels (across, down) a photo lies aside as a whole; both are (height, width, 3) uint8.

    Of all shifts within `reach` places the one with the least absolute difference at half resolution, then of the nine
    pixels around it. Absolute, not squared: or a dark error would decide. (0, 0) where pictures are hardly larger.
    """
    most = reach * HALF
    if min(photo.shape[:2]) <= 4 * (most + 1):
        return 0, 0
    full = [cv2.cvtColor(each, cv2.COLOR_BGR2GRAY) for each in (photo, template)]
    size = tuple(-(-side // HALF) for side in reversed(photo.shape[:2]))
    half = [cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in full]
    steps = range(-reach, reach + 1)
    across, down = least_difference(*half, [(x, y) for x in steps for y in steps])
    near = [(HALF * across + x, HALF * down + y) for x in (-1, 0, 1) for y in (-1, 0, 1)]
    return least_difference(*full, [move for move in near if max(map(abs, move)) <= most])


def least_difference(own: np.ndarray, other: np.ndarray, moves: list[tuple[int, int]]) -> tuple[int, int]:
    """Return the move (across, down) after which another gray picture, (h, w) uint8, differs least, beside its edge."""
    edge, (height, width) = max(abs(step) for move in moves for step in move), own.shape
    inner = own[edge : height - edge, edge : width - edge]

    def difference(move: tuple[int, int]) -> float:
        x, y = edge - move[0], edge - move[1]
        return cv2.norm(inner, other[y : y + inner.shape[0], x : x + inner.shape[1]], cv2.NORM_L1)

    return min(moves, key=difference)


def shift_picture(picture: np.ndarray, across: int, down: int) -> np.ndarray:
    """A picture moved to the right and down by whole pixels."""
    if not (across or down):
        return picture
    motion, size = np.float32([[1, 0, across], [0, 1, down]]), picture.shape[1::-1]
    return cv2.warpAffine(picture, motion, size, flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)


def edge_energy(template: np.ndarray) -> np.ndarray:
    """E, the mean over 3x3 places and the colours of |grad T|^2 by central differences: (colours, h, w) -> (h, w)."""
    wide = extend_edges(template, 1)
    across, down = wide[:, 1:-1, 2:] - wide[:, 1:-1, :-2], wide[:, 2:, 1:-1] - wide[:, :-2, 1:-1]
    energy = (np.square(across, out=across) + np.square(down, out=down)).mean(axis=0) / 4
    return cv2.blur(energy, (SMOOTH, SMOOTH), borderType=cv2.BORDER_REPLICATE)


def score(heat: np.ndarray, top: int) -> float:
    """The mean of the `top` largest values of a heat map; they lie in the `top` rows of the largest maxima."""
    rows = heat[np.argsort(heat.max(axis=1))[-top:]].ravel()
    top = min(top, rows.size)
    return float(np.sort(rows)[-top:].mean(dtype=np.float64))


def summarize_good(heats: Iterable[np.ndarray], top: int) -> Calibration:
    """Return what the heat maps of n >= 2 good pairs show; they are taken one after the other.

    Only the mean and deviation of the heat are learned from good pairs. They are its unit, and no p-value depends on
    them: each pair's score is therefore that of a pair that was not seen.
    Raises `ValueError` for fewer than two pairs, or for templates that are the photos themselves.
    """
    scores, places, total, squares = [], 0, 0.0, 0.0
    for heat in heats:
        exact = heat.astype(np.float64)
        places, total, squares = places + exact.size, total + exact.sum(), squares + np.square(exact).sum()
        scores.append(score(heat, top))
    if len(scores) < 2:
        raise ValueError(f"expected at least 2 good photos with their templates, got {len(scores)}")
    mean = total / places
    deviation = float(np.sqrt(max(squares / places - mean**2, 0)))
    if deviation < 1e-9:
        raise ValueError(
            "the good photos are their own templates; expected templates that were photographed by themselves"
        )
    return Calibration(float(mean), deviation, (np.array(scores) - mean) / deviation)


def by_place(heat: np.ndarray, picture: tuple[int, int], size: int) -> np.ndarray:
    """The largest heat in each place of a coarser map: (h, w) -> (size, size) float32.

    `picture` is its (width, height) in pixels. No heat is lost: what lies across an edge of places counts in both.
    """
    for axis, side in enumerate(reversed(picture)):
        count = heat.shape[axis]
        edges = np.arange(size + 1) * side / size / HALF
        first = np.minimum(np.floor(edges[:-1]), count - 1).astype(int)
        last = np.clip(np.ceil(edges[1:]), first + 1, count).astype(int)
        ends = np.stack([first, last], axis=1).ravel()  # of every other stretch, which are those wanted
        longer = np.concatenate([heat, heat.take([-1], axis=axis)], axis=axis)  # so that the last end is within
        heat = np.maximum.reduceat(longer, ends, axis=axis).take(np.arange(0, 2 * size, 2), axis=axis)
    return heat


def regions(
    heat: np.ndarray, level: float, picture: tuple[int, int], settings: Settings
) -> list[tuple[tuple[int, int, int, int], float]]:
    """Return a box for each region of heat, and its largest heat; the hottest first.

    A region is connected places (8 neighbours). Each reaches `level`, and `share` of the largest heat as far around as
    patches reach, because an error misleads the weights of all patches that hold it. The region's score, the mean of
    its `top` largest values, must reach `level`, too; the hottest region is there in any case. Boxes are (x0, y0, x1,
    y1) in pixels of the picture, (width, height).
    """
    reach = np.ones((settings.patch + SMOOTH - 1,) * 2, np.uint8)
    warm = (heat >= level) & (heat >= settings.share * cv2.dilate(heat, reach))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(warm.astype(np.uint8), connectivity=8)
    found = []
    for label, (left, top, columns, rows, _) in enumerate(stats.tolist()[1:count], 1):
        box = np.s_[top : top + rows, left : left + columns]
        values = np.sort(heat[box][labels[box] == label])[-settings.top :]
        reached = values.sum(dtype=np.float64) >= level * settings.top
        found.append((pixels(left, top, columns, rows, picture), float(values[-1]), reached))
    found.sort(key=lambda region: -region[1])
    return [(box, peak) for place, (box, peak, reached) in enumerate(found) if reached or place == 0]


def pixels(left: int, top: int, columns: int, rows: int, picture: tuple[int, int]) -> tuple[int, int, int, int]:
    """The box of some places in pixels of the picture, (width, height)."""
    right, bottom = ((start + length) * HALF for start, length in ((left, columns), (top, rows)))
    return left * HALF, top * HALF, min(right, picture[0]), min(bottom, picture[1])
