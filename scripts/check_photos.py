"""List the photos that cannot be used, and those that look odd: a row for each."""

from soart import job
from soart.photos import intake
from soart.resolution import Places
from soart.storage import frames, tables
from soart.storage.schemas import SCHEMAS


def main(photos: list[str], places: Places, parquet: str, csv: str) -> None:
    """Write the findings on the photos in some tables of photos, which are compared by so many places."""
    findings = intake.findings_table(tables.read_several(photos), places)
    job.log.info("%d finding(s)", len(findings["image"]))
    frames.write(findings, SCHEMAS["check"], parquet, csv)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(given.tables, Places(*given.places), snakemake.output.parquet, snakemake.output.csv)
