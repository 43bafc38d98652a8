"""List the photos that cannot be used, and those that look odd: a row for each."""

from soart import job
from soart.photos import intake
from soart.resolution import Places
from soart.storage import frames, tables
from soart.storage.schemas import SCHEMAS


def main(photos: list[str], places: Places, picture: tuple[int, int], fit: str, parquet: str, csv: str) -> None:
    """Write the findings on the photos in some tables of photos: brought to a picture, compared by so many places."""
    findings = intake.findings_table(tables.read_several(photos), places, picture, fit)
    job.log.info("%d finding(s)", len(findings["image"]))
    frames.write(findings, SCHEMAS["check"], parquet, csv)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        made = snakemake.output
        main(given.tables, Places(*given.places), given.picture, given.fit, made.parquet, made.csv)
