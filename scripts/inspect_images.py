"""Inspect one shard's images: a verdict each, and the distance of every place."""

from soart import job
from soart.inspection import models, verdict_tables
from soart.inspection.image_shard import judge_images
from soart.storage import tables
from soart.storage.schemas import SCHEMAS, distances_schema


def main(read, mapped: str, verdicts: str, distances: str) -> None:
    """Judge each row of the tables; `mapped`: distances of `all` images, or of the `flagged` ones only.

    `read` are the job's inputs by name: tables of mosaics, of pictures where a network looks at them, of photos; model.
    """
    learned = models.load(read.model)
    labels, found, heat = judge_images(read.mosaics, read.get("pictures"), learned, mapped, read.photos)
    columns = labels | verdict_tables.judged_columns(found, learned.alarm, learned.calibrating)
    tables.write_parquet(verdicts, columns, SCHEMAS["verdicts"])
    tables.write_parquet(distances, heat, distances_schema(learned.size, bool(learned.anchor)))


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        made = snakemake.output
        main(snakemake.input, given.mapped, made.verdicts, made.distances)
