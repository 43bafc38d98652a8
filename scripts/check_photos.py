"""List the photos that cannot be used, and those that look odd: a row for each."""

from soart import job
from soart.photos import intake
from soart.storage import tables
from soart.storage.schemas import SCHEMAS


def main(photos: list[str], parquet: str, csv: str) -> None:
    """Write the findings on the photos in some tables of photos."""
    findings = intake.check(tables.read_several(photos))
    job.log.info("%d finding(s)", len(findings["image"]))
    tables.write_parquet(parquet, findings, SCHEMAS["check"])
    tables.write_csv(csv, findings, SCHEMAS["check"])


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(given.tables, snakemake.output.parquet, snakemake.output.csv)
