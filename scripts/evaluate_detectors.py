"""Evaluate the inspection and the classical detectors on the same images: ranking, rates, and where they point."""

from soart import job
from soart.evaluation import comparison
from soart.inspection import models
from soart.names import LEARN
from soart.storage import frames
from soart.storage.schemas import SCHEMAS


def main(read, tables_of: dict[str, list[str]], tested: list[str], masks: dict[str, str], seed: int, made) -> None:
    """Write the evaluation of the `tested` sets; `masks` are the files of true masks by image.

    `tables_of`: the tables of verdicts, distances, mosaics and matrices; `read`: the model and the input check.
    """
    model, refused = models.load(read.model), comparison.refused_images(read.checked[:1])
    found, images = comparison.images_by_set(tables_of, refused, bool(model.anchor)), {}
    for name in (LEARN, *tested):
        if name in found:
            images[name] = comparison.with_places(found[name], name, tables_of["distances"], masks, model)
    rows = comparison.evaluation_rows(images, comparison.misfits_by_set(read.checked[:1]), model.alarm, seed)
    columns = {name: [row[name] for row in rows] for name in SCHEMAS["evaluation"]}
    frames.write(columns, SCHEMAS["evaluation"], made.parquet, made.csv)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(snakemake.input, given.tables, given.tested, given.masks, given.seed, snakemake.output)
