"""Gather the boxes of all flagged photos in one table, as Parquet and as CSV."""

from soart import job
from soart.storage import frames
from soart.storage.schemas import SCHEMAS


def main(boxes: list[str], parquet: str, csv: str) -> None:
    """Write the tables `boxes` as one."""
    frames.write(map(frames.read, boxes), SCHEMAS["boxes"], parquet, csv)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(given.tables, snakemake.output.parquet, snakemake.output.csv)
