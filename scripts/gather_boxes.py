"""Gather the boxes of all flagged photos in one table, as Parquet and as CSV."""

from soart import job
from soart.storage import tables
from soart.storage.schemas import SCHEMAS

if "snakemake" in globals():
    with job.reporting(snakemake):
        table = tables.read_several(snakemake.input)
        tables.write_parquet(snakemake.output.parquet, table, SCHEMAS["boxes"])
        tables.write_csv(snakemake.output.csv, table, SCHEMAS["boxes"])
