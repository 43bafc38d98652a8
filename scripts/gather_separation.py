"""Gather how well each panel tells errors from good images, panel by panel, in one table."""

from soart import job
from soart.storage import tables
from soart.storage.schemas import SCHEMAS

if "snakemake" in globals():
    with job.reporting(snakemake):
        schema = SCHEMAS["separation"]
        table = tables.read_several(snakemake.input) if snakemake.input else dict.fromkeys(schema, ())  # no panels
        tables.write_csv(snakemake.output[0], table, schema)
