"""Why an image is flagged, as pictures: what is there, what was expected, and the good images that weigh most."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from soart.inspection import distances as inspection
from soart.inspection import explanation, pairs
from soart.inspection import places as grid
from soart.inspection.explanation import Reason
from soart.inspection.image_model import ImageModel
from soart.inspection.mosaics import Mosaics, Shown
from soart.inspection.pair_model import PairModel
from soart.photos import geometry
from soart.photos import region as regions
from soart.photos.geometry import Placement
from soart.report import pictures as report_pictures
from soart.storage import tables
from soart.storage.schemas import PLACEMENT

Key = tuple[str, str]  # an image by its set and its name
MOST = 200  # flagged images that are explained
REACH = 4  # places that a crop reaches to each side
HEIGHT, WIDEST, GAP = 96, 144, 6  # pixels of a crop, and between two
MOST_JUDGES = 5  # that are shown
MOST_BYTES = 5_000  # of one strip of crops


class Why(NamedTuple):
    """Why one image is flagged, for the page."""

    words: str  # the difference at the strongest place
    crops: str  # `data:` address of pictures side by side: the strongest place measured, and what was expected there
    labels: list[str]  # of each
    judges: Sequence[tuple[str, float]] = ()  # the good images that weigh most, with their weights
    judge_crops: str = ""  # `data:` address: this image and those judges, as the program sees them
    even: float = 0.0  # what each would weigh if all were alike


class GoodImages(NamedTuple):
    """The good images that were learned from."""

    names: list[str]
    mosaics: Sequence[np.ndarray]  # n of (S, S, 3) uint8
    placements: list[Placement]  # of each, where they were registered


def good_images(mosaic_tables: list[str], names: Sequence[str], size: int, registered: bool) -> GoodImages:
    """Read the mosaics of the good images of these names, one when it is asked for."""
    table = tables.read_several(mosaic_tables, ["image", *(PLACEMENT if registered else ())])
    row_of = {name: row for row, name in enumerate(table["image"].tolist())}
    rows, placements = np.array([row_of[name] for name in names]), geometry.of_table(table)
    return GoodImages(list(names), Mosaics(mosaic_tables, size, rows), [placements[row] for row in rows if placements])


def rows_of(wanted: set[Key], paths: list[str], column: str) -> Iterator[tuple[Key, np.ndarray]]:
    """Yield a column's rows of some images, one after the other: all may be too many."""
    for path in paths:
        labels = tables.read(path, ["set", "image"])
        keys = list(zip(*map(np.ndarray.tolist, labels.values()), strict=True))
        chosen = [row for row, key in enumerate(keys) if key in wanted]
        for row, values in tables.chosen_rows(path, column, chosen):
            yield keys[row], values


def pictures_of(wanted: set[Key], paths: list[str], column: str, size: int) -> Iterator[tuple[Key, np.ndarray]]:
    """Yield a column of pictures, (size, size, 3), of some images, one after the other."""
    return ((key, values.reshape(size, size, 3)) for key, values in rows_of(wanted, paths, column))


def by_colour(
    keys: list[Key],
    places: list[int],
    placements: list[Placement],
    mosaics: dict[Key, np.ndarray],
    good: GoodImages,
    model: ImageModel,
) -> list[Reason]:
    """Return why the words of colour at a place of some images are far from the good images'."""
    if not keys:
        return []
    jury = model.colour

    def sentence(key: Key, placement: Placement) -> np.ndarray:
        hidden, mosaic = model.hidden(placement, jury.size), regions.shown(mosaics[key], model.region, jury.size)
        return inspection.sentence(mosaic, jury.judges, jury.settings, hidden)[0]

    sentences, learned = map(sentence, keys, placements), Shown(good.mosaics, model.region, jury.size)
    return explanation.reasons(sentences, places, learned, jury.sensitivities, jury.judges, jury.settings)


def by_network(picture: np.ndarray, place: int, placement: Placement, good: GoodImages, model: ImageModel) -> Reason:
    """Return why the network's words at a place of a picture for it, (side, side, 3), are far from the good images'."""
    row, column = divmod(place, model.size)
    jury, rows = model.network, {name: number for number, name in enumerate(good.names)}
    picture = regions.shown(picture, model.region, jury.size)
    own = row * jury.size // model.size * jury.size + column * jury.size // model.size
    names, weights = zip(*jury.judges_at(picture, own), strict=True)
    hidden = model.hidden(placement, jury.size)
    return Reason(jury.reason(picture, own, hidden), np.array([rows[name] for name in names]), np.array(weights))


def strongest_place(heat: np.ndarray, placement: Placement, model: ImageModel) -> int:
    """Return the place of a heat map, (S, S), with the largest distance, of those that count for every jury."""
    size, hidden = model.size, np.zeros((model.size,) * 2, bool)
    for jury in model.juries:
        apart, own = model.hidden(placement, jury.size), np.arange(size) * jury.size // size
        if apart is not None:
            hidden |= apart.reshape(jury.size, jury.size)[np.ix_(own, own)]
    return int(grid.counted(heat, None if hidden.all() else hidden).argmax())


def explain(
    heats: dict[Key, tuple[np.ndarray, Placement]],
    mosaics: dict[Key, np.ndarray],
    good: GoodImages,
    model: ImageModel,
    pictures: Iterable[tuple[Key, np.ndarray]] = (),
) -> tuple[Callable[[Key, np.ndarray, Callable[[str], np.ndarray | None]], Why | None], set[str]]:
    """Find the reasons of all `mosaics` at once; return a function that shows one, and names of good photos it needs.

    The function takes the image's key, its picture (height, width, 3) BGR as taken, and a reader of good images' photos
    by name (None where one is gone). `pictures`, (side, side, 3): those of the images that the network decided on.
    """
    places = {key: strongest_place(*heats[key], model) for key in mosaics}
    keys = list(mosaics) if model.colour else []
    own = [places[key] for key in keys], [heats[key][1] for key in keys]
    found = dict(zip(keys, by_colour(keys, *own, mosaics, good, model), strict=True))
    for key, picture in pictures:
        reason = by_network(picture, places[key], heats[key][1], good, model)
        levels = f"; {found[key].words}" if key in found else ""
        found[key] = reason._replace(words=reason.words + levels)
    reasons = {key: (places[key], reason) for key, reason in found.items()}
    usual = model.colour.judges.reference if model.colour else np.mean(list(good.mosaics), axis=0)

    def why(key: Key, picture: np.ndarray, photo_of: Callable[[str], np.ndarray | None]) -> Why | None:
        if key not in reasons:
            return None
        place, reason = reasons[key]
        names = [good.names[judge] for judge in reason.judges[:MOST_JUDGES]]
        measured = photo_crop(picture, place, model, heats[key][1])
        shape = measured.shape[1::-1]
        expected = mosaic_crop(np.rint(usual).astype(np.uint8), place, shape, cv2.INTER_CUBIC)
        first, photo = int(reason.judges[0]), photo_of(names[0])
        if photo is None:
            judge = mosaic_crop(good.mosaics[first], place, shape)
        else:
            lies = good.placements[first] if good.placements else geometry.HERE
            judge = photo_crop(photo, place, model, lies)
        seen = [mosaics[key], *(good.mosaics[int(judge)] for judge in reason.judges[:MOST_JUDGES])]
        return Why(
            reason.words,
            report_pictures.address(strip([measured, expected, judge]), MOST_BYTES),
            ["measured", "mean good image", names[0]],
            list(zip(names, reason.weights[:MOST_JUDGES].tolist(), strict=True)),
            report_pictures.address(strip([mosaic_crop(each, place, shape) for each in seen]), MOST_BYTES),
            1 / len(good.names),
        )

    return why, {good.names[int(reason.judges[0])] for reason in found.values()}


def explain_pair(picture: np.ndarray, template: np.ndarray, place: int, model: PairModel) -> Why:
    """Return why a photo differs from its template at a place: (height, width, 3) BGR each, of the model's size.

    The pictures are the place measured, in the template, and their difference, half gray where there is none.
    """
    wide, high = (side / model.size for side in model.picture)
    row, column = divmod(place, model.size)
    area = int(column * wide), int(row * high), math.ceil((column + 1) * wide), math.ceil((row + 1) * high)
    template = pairs.shift_picture(template, *pairs.offset(picture, template, model.settings.reach))
    words = explanation.template_difference(pairs.unexplained_in(picture, template, area, model.settings)[::-1])
    crops = [photo_crop(each, place, model, geometry.HERE) for each in (picture, template)]
    difference = (crops[0].astype(int) - crops[1]) // 2 + 128
    crops.append(draw_frame(difference.astype(np.uint8), place, model.size))
    return Why(words, report_pictures.address(strip(crops), MOST_BYTES), ["measured", "its template", "difference"])


def window(place: int, size: int) -> tuple[int, int, int]:
    """The first row and column of the crop around a place, within the S x S places, and how many it has a side."""
    side = min(2 * REACH + 1, size)
    row, column = (int(np.clip(each - REACH, 0, size - side)) for each in divmod(place, size))
    return row, column, side


def mosaic_crop(mosaic: np.ndarray, place: int, shape: tuple[int, int], how: int = cv2.INTER_NEAREST) -> np.ndarray:
    """The places around a place as a BGR picture of `shape` (width, height), its 3x3 places framed."""
    size = len(mosaic)
    row, column, side = window(place, size)
    cut = np.ascontiguousarray(mosaic[row : row + side, column : column + side, ::-1])
    return draw_frame(cv2.resize(cut, shape, interpolation=how), place, size)


def photo_crop(picture: np.ndarray, place: int, model: ImageModel | PairModel, placement: Placement) -> np.ndarray:
    """The same of a picture as taken, at its own resolution, turned to where the good ones lie: (height, width, 3)."""
    size = model.size
    row, column, side = window(place, size)
    wide, high = (each / size for each in model.picture)
    corners = np.array([(column, row), (column + side, row), (column, row + side)], float) * (wide, high)
    corners = geometry.points_as_taken(corners, placement, model.picture).astype(np.float32)
    width, height = min(WIDEST, round(HEIGHT * wide / high)), HEIGHT
    ends = np.array([(0, 0), (width, 0), (0, height)], np.float32)
    scale = side * high / height  # pixels of the picture that are one of the crop
    if scale > 1:  # else fine patterns would flicker
        picture = cv2.blur(picture, (round(scale), round(scale)))
    cut = cv2.warpAffine(
        picture, cv2.getAffineTransform(corners - 0.5, ends - 0.5), (width, height), borderMode=cv2.BORDER_REPLICATE
    )
    return draw_frame(cut, place, size)


def draw_frame(crop: np.ndarray, place: int, size: int) -> np.ndarray:
    """The crop with a thin frame around the 3x3 places in question, white and black."""
    row, column, side = window(place, size)
    height, width = (length / side for length in crop.shape[:2])
    y, x = divmod(place, size)
    corners = ((x - 1 - column) * width, (y - 1 - row) * height), ((x + 2 - column) * width, (y + 2 - row) * height)
    (x0, y0), (x1, y1) = (tuple(map(round, each)) for each in corners)
    for grow, colour in ((2, (255, 255, 255)), (1, (0, 0, 0))):
        cv2.rectangle(crop, (x0 - grow, y0 - grow), (x1 + grow - 1, y1 + grow - 1), colour, 1)
    return crop


def strip(crops: list[np.ndarray]) -> np.ndarray:
    """Crops of one size side by side, with white gaps."""
    gap = np.full((len(crops[0]), GAP, 3), 255, np.uint8)
    return np.hstack([each for crop in crops for each in (gap, crop)][1:])
