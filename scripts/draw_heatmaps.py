"""Draw where one shard's images differ from good ones: a heat map over each picture, in one colour scale.

Of very many photos only the flagged ones have files of their own: then their gray matrices are written as CSV, too.
"""

from pathlib import Path

import numpy as np

from soart import job
from soart.inspection import heatmaps, models
from soart.inspection.verdict import FLAGGED, Verdict
from soart.photos import decoding as photos
from soart.photos import geometry, reading
from soart.storage import tables
from soart.storage.schemas import BOX, PLACEMENT


def boxes_by_image(paths: list[str]) -> dict[str, list[tuple]]:
    """Every box of each image, from the tables of boxes."""
    found = {}
    for path in paths:
        columns = tables.read(path)
        corners = zip(*(columns[name].tolist() for name in BOX), strict=True)
        for name, box in zip(columns["image"].tolist(), corners, strict=True):
            found.setdefault(name, []).append(box)
    return found


def draw_heatmaps(
    images: dict[str, str],
    verdict_table: str,
    distance_table: str,
    boxes: dict[str, list[tuple]],
    model_file: str,
    maps: dict,
) -> None:
    """Draw the heat map of each image in `maps` that has distances; `images` and `maps` are paths by image."""
    model = models.load(model_file)
    verdicts = tables.read(verdict_table, ["image", *Verdict._fields])
    rows = {name: row for row, name in enumerate(verdicts.pop("image").tolist())}
    table = tables.read(distance_table, ["image", "distances", *(PLACEMENT if model.anchor else ())])
    placements = geometry.of_table(table) or [geometry.HERE] * len(table["image"])
    shape = (model.settings.size, model.settings.size)
    for name, distances, placement in zip(table["image"].tolist(), table["distances"], placements, strict=True):
        if name not in maps:
            continue
        verdict = Verdict(**{field: column[rows[name]] for field, column in verdicts.items()})
        picture = reading.resized(photos.read(images[name]), model.picture, images[name])
        heat, found = distances.reshape(shape), boxes.get(name, ())
        shown = heatmaps.drawn(picture, heat, verdict, model, model.alarm, found, placement)
        heatmaps.write(maps[name], shown)


def write_matrices(matrix_table: str, csv: dict[str, str]) -> None:
    """Write the gray matrix of each image in `csv`, which are paths by image."""
    table = tables.read(matrix_table, ["image", "channel", "values"])
    size = round(table["values"].shape[1] ** 0.5)
    for row in np.flatnonzero(table["channel"] == "gray"):
        if path := csv.get(str(table["image"][row])):
            tables.write_matrix(path, table["values"][row].reshape(size, size))


def flagged(verdict_table: str) -> list[str]:
    """The names of the flagged images."""
    table = tables.read(verdict_table, ["image", "verdict"])
    return table["image"][table["verdict"] == FLAGGED].tolist()


def beside(folder: str, names: list[str], prefix: str, suffix: str) -> dict[str, str]:
    """A file for each photo in a folder, by the photo's name; `prefix` is what the names begin with."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    return {name: f"{folder}/{name.removeprefix(prefix)}{suffix}" for name in names}


if "snakemake" in globals():
    with job.reporting(snakemake):
        given, made, params = snakemake.input, snakemake.output, snakemake.params
        if given.photos:
            read = tables.read(given.photos, ["image", "path"])
            images = dict(zip(read["image"].tolist(), read["path"].tolist(), strict=True))
            shown = list(images) if params.shown == "all" else flagged(given.verdicts)
            maps = beside(made.maps, shown, params.folder, ".png")
        else:
            images, maps = (dict(zip(params.names, paths, strict=True)) for paths in (given.images, made.maps))
        draw_heatmaps(images, given.verdicts, given.distances, boxes_by_image(given.boxes), given.model, maps)
        if made.get("csv"):
            write_matrices(given.matrices, beside(made.csv, shown, params.folder, ".csv"))
