"""Compare one shard's photos with their templates: a verdict each, boxes, and the distance of every place."""

from soart import job
from soart.inspection import models, pair_shard, verdict_tables
from soart.storage import tables
from soart.storage.schemas import SCHEMAS, distances_schema


def main(mosaics: str, paths: dict[str, tuple[str, str]], model: str, mapped: str, output) -> None:
    """Judge each photo that could be read; `paths` are photo and template by the image's name."""
    learned, labels = models.load(model), tables.read(mosaics, ["image", "set"])
    found, boxes, distances = pair_shard.judge_pairs(labels, paths, learned, mapped)
    columns = labels | verdict_tables.judged_columns(found, learned.alarm, learned.held_out)
    tables.write_parquet(output.verdicts, columns, SCHEMAS["verdicts"])
    tables.write_parquet(output.boxes, boxes, SCHEMAS["boxes"])
    tables.write_parquet(output.distances, distances, distances_schema(learned.size))


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        job.log.info("%d photo(s) and templates as of %s", len(given.names), given.state)
        paths = dict(zip(given.names, zip(given.photos, given.templates, strict=True), strict=True))
        main(snakemake.input.mosaics, paths, snakemake.input.model, given.mapped, snakemake.output)
