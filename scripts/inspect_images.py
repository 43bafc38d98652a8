"""Inspect one shard's images: a verdict each, and the distance of every place."""

from itertools import chain

import numpy as np

from soart import job
from soart.inspection import models, verdicts
from soart.inspection.verdict import FLAGGED, Verdict
from soart.photos import encodings, geometry
from soart.storage import tables
from soart.storage.schemas import ENCODING, PLACEMENT, SCHEMAS, distances_schema

GROUP = 16  # images inspected together: a matter of speed alone


def inspect_images(mosaic_table: str, model_file: str, mapped: str, verdict_table: str, distance_table: str) -> None:
    """Judge each mosaic of a table; `mapped`: distances of all images, or of the flagged ones only.

    What cannot be compared has no distances: zeros.
    """
    model = models.load(model_file)
    placed = list(PLACEMENT) if model.anchor else []
    table = tables.read(mosaic_table, ["image", "set", "width", "height", "mosaic", *ENCODING, *placed])
    size = model.settings.size
    for name, *picture in zip(*(table[each].tolist() for each in ("image", "width", "height")), strict=True):
        verdicts.check_size(name, tuple(picture), model.picture)
    mosaics = table["mosaic"].reshape(-1, size, size, 3)
    placements = geometry.of_table(table)
    groups = [slice(start, start + GROUP) for start in range(0, len(mosaics), GROUP)]
    judged = (verdicts.judged_all(mosaics[group], model, model.alarm, placements[group]) for group in groups)
    saved = encodings.of_table(table)
    found = [verdicts.warned(*each, model) for each in zip(chain.from_iterable(judged), saved, strict=True)]
    rows = [row for row, each in enumerate(found) if mapped == "all" or each.verdict == FLAGGED]
    distances = np.zeros((len(rows), size, size), np.float32)
    for number, row in enumerate(rows):
        if found[row].score is not None:
            distances[number] = verdicts.heat_map(mosaics[row], model, placements[row] if placements else None)
    labels = {name: table[name] for name in ("image", "set")}
    fields = {name: [getattr(each, name) for each in found] for name in Verdict._fields}
    tables.write_parquet(verdict_table, labels | fields, SCHEMAS["verdicts"])
    flat = {"distances": distances.reshape(len(rows), size * size)}
    labels = {name: column[rows] for name, column in labels.items()}
    flat |= {name: table[name][rows] for name in placed}
    tables.write_parquet(distance_table, labels | flat, distances_schema(size, bool(placed)))


if "snakemake" in globals():
    with job.reporting(snakemake):
        given, made = snakemake.input, snakemake.output
        inspect_images(given.mosaics, given.model, snakemake.params.mapped, made.verdicts, made.distances)
