"""Evidence: each shown image beside its heat map, and why it is flagged."""

from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path

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
    rows: list[dict],
    distance_tables: list[str],
    paths_of: Callable[[set[Key]], dict[Key, str]],
    masks: dict[str, str],
    size: tuple[int, int] | None,
    fit: str,
    registered: bool,
    model: Detector | None = None,
    learned: list[str] = (),
    mosaics: list[str] = (),
    small: list[str] = (),
    templates_of: Callable[[set[Key]], dict[Key, str]] | None = None,
) -> list[tuple[str | None, Why | None]]:
    """Each row's photo beside its heat map, as a `data:` address, and why it is flagged; None for what cannot be had.

    `masks`: files of the true errors' masks by image. Photos are brought to `size`, (width, height), as inspection saw
    them, but shown as taken where they are `registered`. For the reasons of the first `why.MOST` flagged ones:
    `learned` and `mosaics` are the tables of mosaics of good and of inspected images, `small` those of pictures for a
    network, and `templates_of` returns where templates are.
    """
    heats, found = distances_of(rows, distance_tables, registered), []
    flagged = [(row["set"], row["image"]) for row in rows if row["verdict"] == FLAGGED]
    wanted = {key for key in flagged if key in heats} if learned else set()
    why_of, judges = no_reason, set()
    if model and model.beside_template:
        why_of = partial(why_beside_template, templates_of(set(flagged[: report_why.MOST])), heats, model, fit)
    elif wanted:
        wanted = {key for key in flagged[: report_why.MOST] if key in wanted}
        seen = dict(report_why.pictures_of(wanted, mosaics, "mosaic", model.size))
        drivers = {(row["set"], row["image"]): row["driver"] or COLOURS[0] for row in rows}
        by_network = {key for key in wanted if small and not drivers[key].startswith(COLOURS)}
        shrunk = report_why.pictures_of(by_network, small, "picture", model.network.side) if by_network else ()
        good = report_why.good_images(learned, model.good, model.size, registered)
        why_of, judges = report_why.explain(heats, seen, good, model, shrunk)
    paths = paths_of({(row["set"], row["image"]) for row in rows} | {(LEARN, name) for name in judges})

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
        if row["image"] in masks:
            mask = true_masks.read_registered(masks[row["image"]], picture.shape[1::-1], fit)
        box = row["box"] if row["verdict"] == FLAGGED else None
        shown = report_pictures.heat(picture, heat, picture.shape[1::-1], box, mask, placement)
        address = report_pictures.address(report_pictures.pair(report_pictures.small(picture), shown))
        found.append((address, why_of(key, picture, good_photo)))
    return found


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


def pictures_of(given, about: dict, model: Detector) -> Callable:
    """Return `pictures` of rows alone: `given` are files by name, `about` what is known beyond them."""
    return partial(
        pictures,
        distance_tables=given.distances,
        paths_of=partial(where, folders=about["folders"], photo_tables=given.photos),
        masks=about["masks"],
        size=about["picture"],
        fit=about["config"]["fit"],
        registered=bool(model.anchor),
        model=model,
        learned=given.learned,
        mosaics=given.mosaics,
        small=given.small,
        templates_of=partial(where, folders={}, photo_tables=given.photos, column="template"),
    )


def no_reason(*_: object) -> None:
    """No reason is given."""
