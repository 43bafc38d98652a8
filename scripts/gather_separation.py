"""Gather how well each panel tells errors from good images, panel by panel, in one table."""

from soart import job, tables

if "snakemake" in globals():
    with job.reporting(snakemake):
        table = tables.read_several(snakemake.input)
        tables.write_csv(snakemake.output[0], table, tables.SCHEMAS["separation"])
