"""Settle what all images are drawn from, the part, its fluctuation, the camera, the seed; draw_set.py draws them."""

from soart import job
from soart.storage import files


def main(drawing: dict, path: str) -> None:
    """Write what all sets share as JSON: to force this job draws every set anew."""
    files.write_json(path, drawing)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(given.drawing, snakemake.output[0])
