"""Write the report: one page that needs no other file and no network, from the tables and some pictures."""

import os
from pathlib import Path

import cv2
import numpy as np

from soart import files, job, matrices, photos, report, report_pictures, report_sheets, tables

EXAMPLES = {"learn": 3}  # images shown of a set; of any other set one
METRICS = ["set", "standard", "channel", "quadrant", "Y1", "Y2"]


def examples(matrix_tables: list[str], folders: dict[str, str]) -> list[report.Shown]:
    """The first images of each set with their matrices."""
    found = []
    for path in matrix_tables:
        table = tables.read(path, ["image", "set", "values"])
        channels, name = len(tables.CHANNELS), str(table["set"][0])
        for first in range(0, min(EXAMPLES.get(name, 1) * channels, len(table["image"])), channels):
            image = str(table["image"][first])
            picture = report_pictures.small(photos.read(f"{folders[name]}{image}.jpg"))
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


def pictures(
    rows: list[dict], distance_tables: list[str], folders: dict, masks: dict, decoding: str
) -> list[str | None]:
    """Each row's photo beside its heat map, as `data:` addresses; None, with a warning, where the photo is gone."""
    heats, found = distances_of(rows, distance_tables), []
    for row in rows:
        path = f"{folders[row['set']]}{row['image']}.jpg"
        if not Path(path).is_file():
            job.log.warning("%s: there is no such picture; the report goes without it", path)
            found.append(None)
            continue
        picture = photos.read(path)
        covered = matrices.covered(picture.shape[1::-1], decoding)
        mask = cv2.imread(masks[row["image"]], cv2.IMREAD_GRAYSCALE) > 0 if row["image"] in masks else None
        heat = report_pictures.heat(picture, heats[row["set"], row["image"]], covered, row["box"], mask)
        found.append(report_pictures.address(report_pictures.pair(report_pictures.small(picture), heat)))
    return found


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
        masks = {Path(mask).stem: mask for mask in given.masks}
        results = report.Results(
            verdicts=tables.read(given.verdicts),
            card=tables.read_csv(given.card),
            evaluation=tables.read(given.evaluation[0]) if given.evaluation else None,
            metrics=metrics(given.metrics),
            separation=tables.read_csv(given.separation),
            panels=panels(given),
            examples=examples(given.matrices, params.folders),
            truth=report.Truth(params.good, params.errors),
            origin=report.Origin(params.config, params.sources, params.packages, params.needs, params.benchmarks),
            links=links(params, given, Path(path).parent),
        )
        page = report.page(
            results, lambda rows: pictures(rows, given.distances, params.folders, masks, params.config["decoding"])
        )
        with files.whole(path) as temporary:
            temporary.write_text(page, encoding="utf-8")
