"""Detectability: the smallest changes that colour words see as an alarm, as a table and as a picture: `changes`."""

import cv2
import numpy as np

from soart.inspection import heatmaps
from soart.inspection.changes import LARGEST, smallest_changes
from soart.inspection.distances import Judges
from soart.photos import region as regions

SIDE, MARGIN, SCALE_WIDTH, TITLE_HEIGHT = 360, 16, 116, 30  # pixels of the picture
WIDEST = 8_000  # pixels of a map: two and the scale are a WebP, which has 16,383 at most
NAMES = (("upper left", "upper middle", "upper right"), ("left", "centre", "right"))
NAMES += (("lower left", "lower middle", "lower right"),)


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
    jury, held_out: np.ndarray, level: float | None, picture: tuple[int, int], region: np.ndarray | None
) -> tuple[dict[str, list], np.ndarray]:
    """Return the smallest changes of one place and of 3x3 places that a jury sees, as a table and as a picture.

    `held_out` are its scores of good photos, `level` is the score to reach; of places outside of the `region` of
    interest the table has none.
    """
    inside = None if region is None else regions.region_places(region, jury.size)
    about = jury.judges, jury.settings, held_out, level
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
    width = min(max(1, round(height * picture[0] / picture[1])), WIDEST)  # longer strips are shown shorter
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
