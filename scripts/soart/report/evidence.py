"""Evidence: each shown image beside its heat map, and why it is flagged."""

from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from soart import job
from soart.inspection.detector import Detector
from soart.inspection.verdict import FLAGGED
from soart.names import LEARN
from soart.photos import decoding as photos
from soart.photos import geometry, reading
from soart.photos import masks as true_masks
from soart.report import pictures as report_pictures
from soart.report import why as report_why
from soart.report.why import Key, Why
from soart.storage import tables
from soart.storage.schemas import PLACEMENT

COLOURS = ("colour", "brightness", "shape")  # how a verdict's driver begins where words of colour decided


def where(wanted: set[Key], folders: dict[str, str], photo_tables: list[str], column: str = "path") -> dict[Key, str]:
    """Return where the pictures of some images are: below results/images, or where photos (or their templates) are."""
    if not photo_tables:
        return {(image_set, image): f"{folders[image_set]}{image}.jpg" for image_set, image in wanted}
    found = {}
    for each in photo_tables:  # one after the other: all may be too many
        columns = tables.read(each, ["set", "image", column]).values()
        found |= {(name, image): path for name, image, path in zip(*columns, strict=True) if (name, image) in wanted}
    return found


def distances_of(rows: list[dict], distance_tables: list[str], registered: bool) -> dict[Key, tuple]:
    """The heat maps (S, S) of some rows' images, and how these lay; one table after the other: all may be too many."""
    wanted = {(row["set"], row["image"]) for row in rows}
    found, lain = {}, report_why.rows_of(wanted, distance_tables, *PLACEMENT) if registered else ()
    placements = {key: geometry.Placement(*values.tolist()) for key, values in lain}
    for key, values in report_why.rows_of(wanted, distance_tables, "distances"):
        size = round(len(values) ** 0.5)
        found[key] = values.reshape(size, size), placements.get(key, geometry.HERE)
    return found


def pictures(
    rows: list[dict], given: SimpleNamespace, about: dict, model: Detector
) -> list[tuple[str | None, Why | None]]:
    """Each row's photo beside its heat map, as a `data:` address, and why it is flagged; None for what cannot be had.

    `given`: files by name, as `rules/report.smk` has them. `about`: what is known beyond them, of which `folders` (of
    drawn sets), `masks` (files of the true errors' masks by image), `picture` and `config` count. Photos are brought to
    `picture`, (width, height), as inspection saw them, but shown as taken where they are registered.
    """
    size, fit = about["picture"], about["config"]["fit"]
    heats, found = distances_of(rows, given.distances, bool(model.anchor)), []
    why_of, judges = _reasons(rows, heats, given, fit, model)
    wanted = {(row["set"], row["image"]) for row in rows} | {(LEARN, name) for name in judges}
    paths = where(wanted, about["folders"], given.photos)

    @lru_cache(maxsize=16)
    def good_photo(name: str) -> np.ndarray | None:
        path = paths.get((LEARN, name), "")
        return reading.read_in_full(path, model.picture, fit) if Path(path).is_file() else None

    for row in rows:
        key = row["set"], row["image"]
        path, (heat, placement) = paths.get(key, ""), heats.get(key, (None, None))
        if not Path(path).is_file():
            job.log.warning("%s: there is no such picture; the report goes without it", path or row["image"])
        if heat is None or not Path(path).is_file():  # of very many photos only the flagged ones have a heat map
            found.append((None, None))
            continue
        picture, mask = reading.read_in_full(path, size, fit) if size else photos.read(path), None
        if row["image"] in about["masks"]:
            mask = true_masks.read_registered(about["masks"][row["image"]], picture.shape[1::-1], fit)
        box = row["box"] if row["verdict"] == FLAGGED else None
        shown = report_pictures.heat(picture, heat, picture.shape[1::-1], box, mask, placement)
        address = report_pictures.address(report_pictures.pair(report_pictures.small(picture), shown))
        found.append((address, why_of(key, picture, good_photo)))
    return found


def _reasons(
    rows: list[dict], heats: dict[Key, tuple], given: SimpleNamespace, fit: str, model: Detector
) -> tuple[Callable, set[str]]:
    """Return what says why an image is flagged, of the first `why.MOST`, and the good images whose photos it needs."""
    flagged = [(row["set"], row["image"]) for row in rows if row["verdict"] == FLAGGED][: report_why.MOST]
    if model.beside_template:
        return partial(why_beside_template, where({*flagged}, {}, given.photos, "template"), heats, model, fit), set()
    wanted = {key for key in flagged if key in heats}
    if not wanted:
        return no_reason, set()
    seen = dict(report_why.pictures_of(wanted, given.mosaics, "mosaic", model.size))
    drivers = {(row["set"], row["image"]): row["driver"] or COLOURS[0] for row in rows}
    by_network = {key for key in wanted if given.small and not drivers[key].startswith(COLOURS)}
    shrunk = report_why.pictures_of(by_network, given.small, "picture", model.network.side) if by_network else ()
    good = report_why.good_images(given.learned, model.good, model.size, bool(model.anchor))
    return report_why.explain(heats, seen, good, model, shrunk)


def why_beside_template(
    templates: dict[Key, str],
    heats: dict[Key, tuple],
    model: Detector,
    fit: str,
    key: Key,
    picture: np.ndarray,
    _: object,
) -> Why | None:
    """Why a photo is flagged that is compared with its template; None where that is gone."""
    if not Path(path := templates.get(key, "")).is_file():
        return None
    template = reading.read_in_full(path, model.picture, fit)
    return report_why.explain_pair(picture, template, int(heats[key][0].argmax()), model)


def no_reason(*_: object) -> None:
    """No reason is given."""
