"""Evaluate the inspection and the classical detectors on the same images: ranking, rates, and where they point."""

from soart import job
from soart.evaluation import comparison
from soart.inspection import models
from soart.names import LEARN
from soart.storage import tables
from soart.storage.schemas import SCHEMAS


def main(given, tested: list[str], masks: dict[str, str], seed: int, parquet: str, csv: str) -> None:
    """Write the evaluation of the `tested` sets; `masks` are the files of true masks by image."""
    model, refused = models.load(given.model), comparison.refused_images(given.checked)
    files = given.verdicts, given.distances, given.mosaics, given.matrices
    images = comparison.images_by_set(*files, refused, bool(model.anchor))
    images = {name: images[name] for name in (LEARN, *tested) if name in images and images[name].names}
    true = comparison.masks_by_set(images, masks, model)
    rows = comparison.evaluation_rows(images, true, model.alarm, seed)
    columns = {name: [row[name] for row in rows] for name in SCHEMAS["evaluation"]}
    tables.write_parquet(parquet, columns, SCHEMAS["evaluation"])
    tables.write_csv(csv, columns, SCHEMAS["evaluation"])


if "snakemake" in globals():
    with job.reporting(snakemake):
        params, made = snakemake.params, snakemake.output
        main(snakemake.input, params.tested, params.masks, params.seed, made.parquet, made.csv)
