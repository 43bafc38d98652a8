"""Lay out drawn images as a user's photos: two folders, the layout of MVTec AD, and a sheet."""

from pathlib import Path

from soart import job
from soart.plan import examples
from soart.storage import files


def main(images: dict[str, list[str]], masks: dict[str, list[str]], folder: str) -> None:
    """Copy the images and masks of each set into `folder`, and write the sheet."""
    copies, rows = examples.arrange(images, masks)
    for target, source in copies.items():
        files.copy_file(source, f"{folder}/{target}")
    files.write_sheet(f"{folder}/sheet/photos.tsv", rows)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(dict(given.images), given.masks, str(Path(snakemake.output[0]).parent))
