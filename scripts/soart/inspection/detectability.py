"""Detectability: at each place the smallest change that colour words see as an alarm, from the model alone.

T = S^2 places. A change of `a` gray levels at some places moves every colour there towards the middle of its range:
bright ones darker, dark ones brighter. It moves the words that see it in a straight line, s = m + a u. Every energy is
therefore a parabola in a: at the judges of place k, for the word at k + v,

    E_kv(a) = ((c + a u)' P_k (c + a u)) / d + mu_k^2,    c = m_{k+v} - m_k,

with mu_k^2 for what good parts differ there anyway. z_k, the score and the threshold follow as in `distances`.
"""

from collections.abc import Callable

import cv2
import numpy as np

from soart.inspection import heatmaps
from soart.inspection.distances import Judges, Settings
from soart.inspection.scales import top_mean
from soart.inspection.words import neighbours, patterns
from soart.photos import region as regions

MIDDLE = 127.5  # gray levels
LARGEST = 127.0  # gray levels: the largest change that every place has room for
STEPS = 10  # halvings of the range: to 127 / 2^10 = 0.12 levels, within which the score is taken as a straight line
CHUNK = 256  # places computed at once: a matter of memory alone
SIDE, MARGIN, SCALE_WIDTH, TITLE_HEIGHT = 360, 16, 116, 30  # pixels of the picture
NAMES = (("upper left", "upper middle", "upper right"), ("left", "centre", "right"))
NAMES += (("lower left", "lower middle", "lower right"),)


def directions(reference: np.ndarray) -> np.ndarray:
    """Return where a change moves each colour: +1 where the mean good picture, (S, S, 3), is dark, else -1."""
    return np.where(reference < MIDDLE, np.float32(1), np.float32(-1))


def smallest_changes(
    judges: Judges,
    settings: Settings,
    held_out: np.ndarray,
    level: float | None,
    reach: int,
    inside: np.ndarray | None = None,
) -> np.ndarray:
    """The smallest change, in gray levels, that reaches the alarm: (S, S) float64.

    The change is of one place (`reach` 0) or of the 3x3 places around it (`reach` 1). `level` is the score to reach,
    None where no alarm is possible. NaN where no change up to `LARGEST` does, a blind place, and everywhere without a
    level. At that size about half of such changes in good parts are found, because these differ by themselves; at twice
    that size nearly all. The other places are those of a usual good part: the mean of their largest z is the median
    held-out score. `inside`, (S, S) bool: which places count, all by default. The others have the mean good words, and
    NaN here.
    """
    inside = np.ones(settings.size**2, bool) if inside is None else inside.ravel()
    if level is None:
        return np.full((settings.size, settings.size), np.nan)
    usual = float(np.median(held_out))
    found, counted = np.full(settings.size**2, np.nan), np.flatnonzero(inside)
    for start in range(0, len(counted), CHUNK):
        places = counted[start : start + CHUNK]
        score = _score(judges, settings, places, reach, usual, inside)
        low, high = np.zeros(len(places)), np.full(len(places), LARGEST)
        for _ in range(STEPS):
            middle = (low + high) / 2
            reached = score(middle) >= level
            low, high = np.where(reached, low, middle), np.where(reached, middle, high)
        below, above = score(low), score(high)
        share = np.clip((level - below) / np.maximum(above - below, 1e-12), 0, 1)
        found[places] = np.where(score(np.full(len(places), LARGEST)) >= level, low + share * (high - low), np.nan)
    return found.reshape(settings.size, settings.size)


def _score(
    judges: Judges, settings: Settings, places: np.ndarray, reach: int, usual: float, inside: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """Return the score of a good part as a function of changes, (m,), of its `places`, (m,): each by itself."""
    size = settings.size
    seen_from = neighbours(size, reach + 1)[places]  # (m, K): k whose unshifted word sees the change; others stay calm
    rows, columns = np.divmod(places[:, None], size)
    steps = np.arange(-reach - 1, reach + 2)
    within = [(side[..., None] + steps >= 0) & (side[..., None] + steps < size) for side in (rows, columns)]
    once = (within[0][:, 0, :, None] & within[1][:, 0, None, :]).reshape(len(places), -1)  # edges repeat places
    once &= inside[seen_from]
    shifted = neighbours(size, settings.shift)[seen_from]  # (m, K, V)
    moves = _moves(judges, settings, places, shifted, reach)  # (m, K, V, d)
    moves *= inside[shifted][..., None]
    offsets = judges.mean[shifted] - judges.mean[seen_from][:, :, None]
    precision, length = judges.precision[seen_from], moves.shape[-1]
    weighed = moves @ precision
    squares = np.einsum("mkvi,mkvi->mkv", weighed, moves) / length
    mixed = 2 * np.einsum("mkvi,mkvi->mkv", weighed, offsets) / length
    constant = np.einsum("mkvi,mkvi->mkv", offsets @ precision, offsets) / length
    expected, deviation = judges.expected[:, seen_from], judges.deviation[:, seen_from]
    noise = np.where(np.isfinite(expected), expected, 0) ** 2
    unshifted = shifted.shape[2] // 2
    others = np.full((len(places), settings.top), usual)

    def score(changes: np.ndarray) -> np.ndarray:
        change = changes[:, None, None]
        energies = np.maximum(squares * change**2 + mixed * change + constant, 0)
        energies = np.stack([energies.min(axis=2), energies[:, :, unshifted]])
        z = ((np.sqrt(energies + noise) - expected) / deviation).max(axis=0)
        return top_mean(np.concatenate([np.where(once, z, -np.inf), others], axis=1), settings.top)

    return score


def _moves(judges: Judges, settings: Settings, places: np.ndarray, words: np.ndarray, reach: int) -> np.ndarray:
    """u: by how much some words, (m, K, V) places, move for each gray level of a change at `places`: (..., d)."""
    size = settings.size
    basis = np.stack([np.outer(*pair).ravel() for pair in patterns(settings.degree)])  # (patterns, 9)
    pixels, colours = neighbours(size, 1), directions(judges.reference).reshape(size**2, 3)
    (rows, columns), (row, column) = (np.divmod(each, size) for each in (pixels, places[:, None, None, None]))
    near = (np.abs(rows[words] - row) <= reach) & (np.abs(columns[words] - column) <= reach)  # (m, K, V, 9)
    changed = near[..., None] * colours[pixels][words]
    return np.einsum("...xc,px->...pc", changed, basis, optimize=True).reshape(*words.shape, -1)


def change_columns(
    place: np.ndarray, patch: np.ndarray, picture: tuple[int, int], inside: np.ndarray | None = None
) -> dict[str, list]:
    """The columns of the map: row and column of each place, its middle in pixels, both changes (None: blind).

    `picture` is its (width, height) in pixels; places that are not `inside`, (S, S) bool, have no row.
    """
    size, counted = len(place), np.flatnonzero(np.ones(place.size, bool) if inside is None else inside)
    rows, columns = np.divmod(counted, size)
    x, y = (((each + 0.5) * side / size).tolist() for each, side in zip((columns, rows), picture, strict=True))
    levels = {"place_levels": place, "patch_levels": patch}
    levels = {
        name: [None if np.isnan(each) else each for each in map_.ravel()[counted].tolist()]
        for name, map_ in levels.items()
    }
    return {"row": rows.tolist(), "column": columns.tolist(), "x": x, "y": y} | levels


def map_changes(
    jury, level: float | None, picture: tuple[int, int], region: np.ndarray | None
) -> tuple[dict[str, list], np.ndarray]:
    """Return the smallest changes of one place and of 3x3 places that a jury sees, as a table and as a picture.

    `level` is the score to reach; of places outside of the `region` of interest the table has none.
    """
    inside = None if region is None else regions.region_places(region, jury.size)
    about = jury.judges, jury.settings, jury.held_out, level
    place, patch = (smallest_changes(*about, reach, inside) for reach in (0, 1))
    maps = {"a change of one place": place, "a change of 3x3 places": patch}
    return change_columns(place, patch, picture, inside), draw_maps(maps, jury.judges, picture, inside)


def as_maps(table: dict[str, np.ndarray], size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return both maps of a table, and which places it has: (size, size) float64 twice, and bool; NaN where blind."""
    places, inside = (table["row"], table["column"]), np.zeros((size, size), bool)
    inside[places] = True
    maps = np.full((2, size, size), np.nan)
    for map_, name in zip(maps, ("place_levels", "patch_levels"), strict=True):
        map_[places] = table[name].astype(float)
    return *maps, inside


def median(levels: np.ndarray) -> float:
    """The median of a map; infinite where half of the places or more are blind."""
    return float(np.median(np.where(np.isnan(levels), np.inf, levels)))


def blind_areas(levels: np.ndarray, inside: np.ndarray | None = None) -> list[tuple[str, float]]:
    """Return where the tenth of places that needs the largest changes lies: ninths of the picture, and their shares.

    The largest share first; ninths with less than a tenth of it are left out. Only places `inside`, (S, S) bool, count.
    """
    size = len(levels)
    counted = np.flatnonzero(np.ones(levels.size, bool) if inside is None else inside)
    needed = np.where(np.isnan(levels), np.inf, levels).ravel()[counted]
    worst = counted[np.argsort(-needed, kind="stable")[: max(1, len(counted) // 10)]]
    thirds = np.minimum(np.arange(size) * 3 // size, 2)
    counts = np.zeros((3, 3))
    np.add.at(counts, (thirds[worst // size], thirds[worst % size]), 1 / len(worst))
    named = [(NAMES[row][column], float(counts[row, column])) for row in range(3) for column in range(3)]
    return sorted([each for each in named if each[1] >= 0.1], key=lambda each: -each[1])


def draw_maps(
    maps: dict[str, np.ndarray], judges: Judges, picture: tuple[int, int], inside: np.ndarray | None = None
) -> np.ndarray:
    """Both maps, by title, over the mean good picture, and their scale: (height, width, 3) uint8 RGB.

    Light: a small change is seen; dark: only a large one; black: none is. What is not `inside`, (S, S) bool, is gray.
    """
    from PIL import Image, ImageDraw, ImageFont  # only here: the program for the line starts without it

    height = SIDE
    width = round(height * picture[0] / picture[1])
    gray = cv2.resize(cv2.cvtColor(judges.reference, cv2.COLOR_RGB2GRAY), (width, height))
    sheet = Image.new("RGB", (len(maps) * (width + MARGIN) + SCALE_WIDTH, height + TITLE_HEIGHT), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    for number, (title, levels) in enumerate(maps.items()):
        left, shares = number * (width + MARGIN), np.where(np.isnan(levels), 1, levels / LARGEST).astype(np.float32)
        if inside is not None:
            shares *= inside
        shares = cv2.resize(shares, (width, height), interpolation=cv2.INTER_NEAREST)
        sheet.paste(Image.fromarray(heatmaps.blend(gray, shares)), (left, TITLE_HEIGHT))
        draw.text((left, 6), title, "black", font)
    left, top, bottom = len(maps) * (width + MARGIN), TITLE_HEIGHT, TITLE_HEIGHT + height
    sheet.paste(Image.fromarray(heatmaps.colour_bar(height, 20)), (left, top))
    draw.rectangle([left, top, left + 19, bottom - 1], outline="black")
    draw.text((left, 6), "gray levels", "black", font)
    for tick, name in [(level, str(level)) for level in (0, 30, 60, 90)] + [(LARGEST, "more: blind")]:
        y = bottom - 1 - (height - 1) * tick / LARGEST
        draw.line([left + 20, y, left + 25, y], "black")
        draw.text((left + 29, min(max(y, top + 8), bottom - 8)), name, "black", ImageFont.load_default(13), anchor="lm")
    return np.asarray(sheet)
