"""Draw the first image of each set above its matrices in gray and in colour: the picture at the front door."""

from soart import job
from soart.report import overview
from soart.storage import pictures


def main(names: list[str], images: list[str], matrices: list[str], path: str) -> None:
    """Write the overview of some sets; their first images and tables of matrices stand in the order of `names`."""
    pictures.write(path, overview.overview(names, images, matrices), "PNG")


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(given.names, snakemake.input.images, snakemake.input.matrices, snakemake.output[0])
