"""Draw the part as it is meant to be: the standard image."""

from soart import job, scene
from soart.storage import pictures


def main(part: dict, jpeg_quality: int, path: str) -> None:
    """Write the part of a scene without fluctuation."""
    pictures.write_jpeg(path, scene.draw_standard(part), jpeg_quality)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(given.part, given.jpeg_quality, snakemake.output[0])
