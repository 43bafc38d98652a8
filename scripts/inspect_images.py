"""Inspect one shard's images: a verdict each, and the distance of every place."""

import numpy as np

from soart import calibration, inspection, job, models, tables, verdicts


def inspect_images(mosaics: str, model_file: str, mapped: str, verdict_table: str, distance_table: str) -> None:
    """Judge each mosaic of a table; `mapped`: distances of all images, or of the flagged ones only.

    What cannot be compared has no distances: zeros.
    """
    model = models.load(model_file)
    table = tables.read(mosaics, ["image", "set", "width", "height", "mosaic"])
    size = model.settings.size
    pictures = zip(table["width"].tolist(), table["height"].tolist(), strict=True)
    found, rows, distances = [], [], []
    for index, (name, picture) in enumerate(zip(table["image"], pictures, strict=True)):
        verdicts.check_size(name, picture, model.picture)
        mosaic = table["mosaic"][index].reshape(size, size, 3)
        verdict = verdicts.judged(mosaic, model, model.alarm)
        found.append(verdict)
        if mapped == "all" or verdict.verdict == calibration.FLAGGED:
            rows.append(index)
            compared = verdict.score is not None
            distances.append(
                inspection.heat_map(mosaic, model.judges, model.settings) if compared else np.zeros((size, size))
            )
    labels = {name: table[name] for name in ("image", "set")}
    fields = {name: [getattr(each, name) for each in found] for name in verdicts.Verdict._fields}
    tables.write_parquet(verdict_table, labels | fields, tables.SCHEMAS["verdicts"])
    flat = {"distances": np.reshape(np.array(distances, np.float32), (len(rows), size * size))}
    labels = {name: column[rows] for name, column in labels.items()}
    tables.write_parquet(distance_table, labels | flat, tables.distances_schema(size))


if "snakemake" in globals():
    with job.reporting(snakemake):
        given, made = snakemake.input, snakemake.output
        inspect_images(given.mosaics, given.model, snakemake.params.mapped, made.verdicts, made.distances)
