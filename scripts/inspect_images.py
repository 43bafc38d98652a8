"""Inspect one set's images: a verdict each, and the distance of every place."""

import numpy as np

from soart import inspection, job, models, tables, verdicts


def inspect_images(mosaics: str, model_file: str, verdict_table: str, distance_table: str) -> None:
    """Judge each mosaic of a table; what cannot be compared has no distances: zeros."""
    model = models.load(model_file)
    table = tables.read(mosaics, ["image", "set", "width", "height", "mosaic"])
    size = model.settings.size
    pictures = zip(table["width"].tolist(), table["height"].tolist(), strict=True)
    found, distances = [], np.zeros((len(table["image"]), size, size), np.float32)
    for index, (name, picture) in enumerate(zip(table["image"], pictures, strict=True)):
        verdicts.check_size(name, picture, model.picture)
        mosaic = table["mosaic"][index].reshape(size, size, 3)
        found.append(verdicts.judged(mosaic, model, model.alarm))
        if found[-1].score is not None:
            distances[index] = inspection.heat_map(mosaic, model.judges, model.settings)
    labels = {name: table[name] for name in ("image", "set")}
    fields = {name: [getattr(each, name) for each in found] for name in verdicts.Verdict._fields}
    tables.write_parquet(verdict_table, labels | fields, tables.SCHEMAS["verdicts"])
    flat = {"distances": distances.reshape(len(distances), -1)}
    tables.write_parquet(distance_table, labels | flat, tables.distances_schema(size))


if "snakemake" in globals():
    with job.reporting(snakemake):
        given, made = snakemake.input, snakemake.output
        inspect_images(given.mosaics, given.model, made.verdicts, made.distances)
