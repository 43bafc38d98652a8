"""Gather how well each panel tells errors from good images, panel by panel, in one table."""

from soart import job
from soart.storage import frames
from soart.storage.schemas import SCHEMAS


def main(separations: list[str], csv: str) -> None:
    """Write the tables `separations` as one; without panels there are none."""
    frames.write(map(frames.read, separations), SCHEMAS["separation"], csv=csv)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(given.tables, snakemake.output[0])
