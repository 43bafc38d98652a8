"""Compare one shard's photos with their templates: a verdict each, boxes, and the distance of every place."""

import numpy as np

from soart import calibration, job, models, pair_verdicts, tables
from soart.schemas import SCHEMAS, distances_schema
from soart.verdicts import Verdict


def inspect_pairs(mosaic_table: str, paths: dict[str, tuple[str, str]], model_file: str, mapped: str, output) -> None:
    """Judge each photo that could be read; `paths` are photo and template by the image's name.

    `mapped`: distances of all images, or of the flagged ones only.
    """
    model = models.load(model_file)
    readable = tables.read(mosaic_table, ["image", "set"])
    labels, found = [], []
    shown, distances = {"image": [], "set": []}, []
    boxes = {name: [] for name in SCHEMAS["boxes"]}
    for label in zip(readable["image"].tolist(), readable["set"].tolist(), strict=True):
        photo, template = pair_verdicts.read(*paths[label[0]], model.picture)
        judged = pair_verdicts.judged(photo, template, model, model.alarm)
        labels.append(label)
        found.append(judged.verdict)
        for box in judged.boxes:
            for column, value in zip(boxes.values(), (*label, *box), strict=True):
                column.append(value)
        if mapped == "all" or judged.verdict.verdict == calibration.FLAGGED:
            distances.append(judged.distances.ravel())
            for column, value in zip(shown.values(), label, strict=True):
                column.append(value)
    fields = {name: [getattr(each, name) for each in found] for name in Verdict._fields}
    named = {name: [label[place] for label in labels] for place, name in enumerate(shown)}
    tables.write_parquet(output.verdicts, named | fields, SCHEMAS["verdicts"])
    tables.write_parquet(output.boxes, boxes, SCHEMAS["boxes"])
    flat = {"distances": np.reshape(distances, (len(distances), model.settings.size**2)).astype(np.float32)}
    tables.write_parquet(output.distances, shown | flat, distances_schema(model.settings.size))


if "snakemake" in globals():
    with job.reporting(snakemake):
        given, params = snakemake.input, snakemake.params
        job.log.info("%d photo(s) and templates as of %s", len(params.names), params.state)
        pictures = zip(params.photos, params.templates, strict=True)
        paths = dict(zip(params.names, pictures, strict=True))
        inspect_pairs(given.mosaics, paths, given.model, params.mapped, snakemake.output)
