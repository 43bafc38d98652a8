"""Inspect one shard's images: a verdict each, and the distance of every place."""

from soart import job
from soart.inspection import models, verdict_tables
from soart.inspection.shard import judged_images
from soart.storage import tables
from soart.storage.schemas import ENCODING, PLACEMENT, SCHEMAS, distances_schema


def main(mosaics: str, model: str, mapped: str, verdicts: str, distances: str) -> None:
    """Judge each mosaic of a table; `mapped`: distances of `all` images, or of the `flagged` ones only."""
    learned = models.load(model)
    placed = list(PLACEMENT) if learned.anchor else []
    table = tables.read(mosaics, ["image", "set", "width", "height", "mosaic", *ENCODING, *placed])
    found, heat = judged_images(table, learned, mapped)
    labels = {name: table[name] for name in ("image", "set")}
    tables.write_parquet(verdicts, labels | verdict_tables.columns(found), SCHEMAS["verdicts"])
    tables.write_parquet(distances, heat, distances_schema(learned.settings.size, bool(placed)))


if "snakemake" in globals():
    with job.reporting(snakemake):
        given, made = snakemake.input, snakemake.output
        main(given.mosaics, given.model, snakemake.params.mapped, made.verdicts, made.distances)
