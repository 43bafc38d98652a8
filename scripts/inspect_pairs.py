"""Compare one shard's photos with their templates: a verdict each, boxes, and the distance of every place."""

import numpy as np

from soart import job
from soart.inspection import models, pair_verdicts
from soart.inspection.verdict import FLAGGED, Verdict
from soart.storage import tables
from soart.storage.schemas import BOX, SCHEMAS, distances_schema


def inspect_pairs(mosaic_table: str, paths: dict[str, tuple[str, str]], model_file: str, mapped: str, output) -> None:
    """Judge each photo that could be read; `paths` are photo and template by the image's name.

    `mapped`: distances of all images, or of the flagged ones only.
    """
    model = models.load(model_file)
    labels = tables.read(mosaic_table, ["image", "set"])
    found, boxes, distances = [], [], {}  # boxes with the row of their photo, distances by it
    for row, name in enumerate(labels["image"].tolist()):
        photo, template = pair_verdicts.read(*paths[name], model.picture)
        verdict, heat, places = pair_verdicts.judged(photo, template, model, model.alarm)
        found.append(verdict)
        boxes += [(row, *box) for box in places]
        if mapped == "all" or verdict.verdict == FLAGGED:
            distances[row] = heat.ravel()

    def labels_of(rows: list[int]) -> dict[str, np.ndarray]:
        return {name: column[rows] for name, column in labels.items()}

    fields = {name: [getattr(each, name) for each in found] for name in Verdict._fields}
    tables.write_parquet(output.verdicts, labels | fields, SCHEMAS["verdicts"])
    corners = {name: [box[at] for box in boxes] for at, name in enumerate((*BOX, "distance"), start=1)}
    tables.write_parquet(output.boxes, labels_of([box[0] for box in boxes]) | corners, SCHEMAS["boxes"])
    size = model.settings.size
    flat = {"distances": np.reshape(list(distances.values()), (len(distances), size**2)).astype(np.float32)}
    tables.write_parquet(output.distances, labels_of(list(distances)) | flat, distances_schema(size))


if "snakemake" in globals():
    with job.reporting(snakemake):
        given, params = snakemake.input, snakemake.params
        job.log.info("%d photo(s) and templates as of %s", len(params.names), params.state)
        pictures = zip(params.photos, params.templates, strict=True)
        paths = dict(zip(params.names, pictures, strict=True))
        inspect_pairs(given.mosaics, paths, given.model, params.mapped, snakemake.output)
