"""List the photos that cannot be used, and those that look odd: a row for each."""

from soart import job
from soart.photos import intake
from soart.storage import tables
from soart.storage.schemas import SCHEMAS

if "snakemake" in globals():
    with job.reporting(snakemake):
        findings = intake.check(tables.read_several(snakemake.input))
        job.log.info("%d finding(s)", len(findings["image"]))
        tables.write_parquet(snakemake.output.parquet, findings, SCHEMAS["check"])
        tables.write_csv(snakemake.output.csv, findings, SCHEMAS["check"])
