"""Write the report: one page that needs no other file and no network, from the tables and some pictures."""

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from soart import files, job, matrices, photos, reading, report, report_pictures, report_sheets, tables

EXAMPLES = {"learn": 3}  # images shown of a set; of any other set one
METRICS = ["set", "standard", "channel", "quadrant", "Y1", "Y2"]


def examples(matrix_tables: list[str], path_of: Callable[[str, str], str]) -> list[report.Shown]:
    """The first images of each set with their matrices; the mean of good photos is no photo, and is left out."""
    found = []
    for path in matrix_tables:
        table = tables.read(path, ["image", "set", "values"])
        channels, name = len(tables.CHANNELS), str(table["set"][0])
        for first in range(0, min(EXAMPLES.get(name, 1) * channels, len(table["image"])), channels):
            image = str(table["image"][first])
            if not Path(path_of(name, image)).is_file():
                continue
            picture = report_pictures.small(photos.read(path_of(name, image)))
            gray, colour = report_pictures.matrices(table["values"][first : first + channels])
            found.append(report.Shown(name, image, report_pictures.address(picture), gray, colour))
    return found


def distances_of(rows: list[dict], distance_tables: list[str]) -> dict[tuple[str, str], np.ndarray]:
    """The heat maps (S, S) of some rows' images, one table after the other, because all may be too many."""
    wanted, found = {(row["set"], row["image"]) for row in rows}, {}
    for path in distance_tables:
        labels = tables.read(path, ["set", "image"])
        places = {key: place for place, key in enumerate(zip(*map(np.ndarray.tolist, labels.values()), strict=True))}
        if chosen := wanted & places.keys():
            values = tables.read(path, ["distances"])["distances"]
            size = round(values.shape[1] ** 0.5)
            found |= {key: values[places[key]].reshape(size, size) for key in chosen}
    return found


def pictures(rows: list[dict], distance_tables: list[str], path_of: Callable, params) -> list[str | None]:
    """Each row's photo beside its heat map, as `data:` addresses; None where there is no heat map, or no photo."""
    heats, found = distances_of(rows, distance_tables), []
    for row in rows:
        path = path_of(row["set"], row["image"])
        if (row["set"], row["image"]) not in heats:  # of very many photos only the flagged ones have one
            found.append(None)
            continue
        if not Path(path).is_file():
            job.log.warning("%s: there is no such picture; the report goes without it", path)
            found.append(None)
            continue
        picture = photos.read(path)
        if params.picture:
            picture = reading.resized(picture, params.picture, path)
        covered = matrices.covered(picture.shape[1::-1], params.config["decoding"])
        mask = None
        if row["image"] in params.masks:
            mask = cv2.imread(params.masks[row["image"]], cv2.IMREAD_GRAYSCALE)
            mask = cv2.resize(mask, picture.shape[1::-1], interpolation=cv2.INTER_NEAREST) > 0
        heat = report_pictures.heat(picture, heats[row["set"], row["image"]], covered, row["box"], mask)
        found.append(report_pictures.address(report_pictures.pair(report_pictures.small(picture), heat)))
    return found


def where(params, photo_tables: list[str]) -> Callable[[str, str], str]:
    """What tells where the picture of a (set, image) is: below results/images, or where the photo is."""
    if not photo_tables:
        return lambda image_set, image: f"{params.folders[image_set]}{image}.jpg"
    table = tables.read_several(photo_tables, ["set", "image", "path"])
    names = zip(table["set"].tolist(), table["image"].tolist(), strict=True)
    paths = dict(zip(names, table["path"].tolist(), strict=True))
    return lambda image_set, image: paths.get((image_set, image), "")


def metrics(paths: list[str]) -> dict[str, np.ndarray]:
    """The metrics of all sets against the first standard, the standard image."""
    table = tables.read_several(paths, METRICS)
    first = table["standard"] == table["standard"][0]
    return {name: column[first] for name, column in table.items()}


def panels(given) -> dict[str, report_sheets.Panel]:
    """Each panel's tables; the wide ones come in the order of their channels and words."""
    found, weights, contexts = {}, iter(given.weights), iter(given.contexts)
    for path, signs, extremes in zip(given.sheets, given.signs, given.extremes, strict=True):
        long, extreme = tables.read(path), tables.read_csv(extremes)
        wide = {key: tables.read_csv(next(weights)) for key in report_sheets.keys(long, ("channel", "word"))}
        sets = dict(zip(extreme["image"].tolist(), extreme["set"].tolist(), strict=True))
        found[str(long["panel"][0])] = report_sheets.Panel(long, wide, tables.read_csv(signs), sets)
    for path in given.states:
        long = tables.read(path)
        wide = {key: tables.read_csv(next(contexts)) for key in report_sheets.keys(long, ("channel",))}
        found[str(long["panel"][0])] = report_sheets.Panel(long, wide)
    return found


def links(params, given, folder: Path) -> dict[str, str]:
    """The tables behind each part, as seen from the report's folder."""
    paths = {what: path for what, path in params.links.items() if path}
    paths |= {"card": given.card, "separation": given.separation, "matrices": Path(given.matrices[0]).parent}
    for path in (*given.sheets, *given.states):
        paths[f"panel {Path(path).stem}"] = Path(path).with_suffix("")
    paths["logs"] = folder / "logs"
    return {what: os.path.relpath(path, folder) for what, path in paths.items()}


if "snakemake" in globals():
    with job.reporting(snakemake):
        given, params, path = snakemake.input, snakemake.params, snakemake.output[0]
        path_of = where(params, given.photos)
        results = report.Results(
            verdicts=tables.read(given.verdicts),
            card=tables.read_csv(given.card),
            evaluation=tables.read(given.evaluation[0]) if given.evaluation else None,
            metrics=metrics(given.metrics),
            separation=tables.read_csv(given.separation),
            panels=panels(given),
            examples=examples(given.matrices, path_of),
            truth=report.Truth(params.good, params.errors),
            origin=report.Origin(params.config, params.sources, params.packages, params.needs, params.benchmarks),
            links=links(params, given, Path(path).parent),
        )
        page = report.page(results, lambda rows: pictures(rows, given.distances, path_of, params))
        with files.whole(path) as temporary:
            temporary.write_text(page, encoding="utf-8")
