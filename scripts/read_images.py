"""Settle how all drawn images are read: sizes of mosaics and pictures, fit, registration; read_set.py reads them."""

from soart import job
from soart.storage import files


def main(reading: dict, path: str) -> None:
    """Write what all sets share as JSON: to force this job reads every set anew."""
    files.write_json(path, reading)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(given.reading, snakemake.output[0])
