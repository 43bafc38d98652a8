"""Gather the boxes of all flagged photos in one table, as Parquet and as CSV."""

from soart import job
from soart.storage import tables
from soart.storage.schemas import SCHEMAS


def main(boxes: list[str], parquet: str, csv: str) -> None:
    """Write the tables `boxes` as one."""
    table = tables.read_several(boxes)
    tables.write_parquet(parquet, table, SCHEMAS["boxes"])
    tables.write_csv(csv, table, SCHEMAS["boxes"])


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(given.tables, snakemake.output.parquet, snakemake.output.csv)
