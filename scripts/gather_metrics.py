"""Gather the metrics of all sets in one table, as Parquet and as CSV."""

from soart import job
from soart.storage import tables
from soart.storage.schemas import SCHEMAS

if "snakemake" in globals():
    with job.reporting(snakemake):
        made = snakemake.output
        tables.write_joined(made.parquet, map(tables.read, snakemake.input), SCHEMAS["metrics"])
        tables.write_csv_of(made.parquet, made.csv)
