"""Gather the metrics of all sets in one table, as Parquet and as CSV."""

from soart import job
from soart.storage import frames
from soart.storage.schemas import SCHEMAS


def main(metrics: list[str], parquet: str, csv: str) -> None:
    """Write the tables `metrics` as one; one of them is in memory at a time."""
    frames.write(map(frames.read, metrics), SCHEMAS["metrics"], parquet, csv)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(given.tables, snakemake.output.parquet, snakemake.output.csv)
