"""Gather how well each panel tells errors from good images, panel by panel, in one table."""

from soart import job
from soart.storage import tables
from soart.storage.schemas import SCHEMAS


def main(separations: list[str], csv: str) -> None:
    """Write the tables `separations` as one; without panels there are none."""
    schema = SCHEMAS["separation"]
    tables.write_csv(csv, tables.read_several(separations) if separations else dict.fromkeys(schema, ()), schema)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(given.tables, snakemake.output[0])
