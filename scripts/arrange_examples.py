"""Lay out drawn images as a user's photos: two folders, the layout of MVTec AD, and a sheet."""

import csv
import shutil
from pathlib import Path

from soart import job
from soart.names import COLUMNS, LEARN, NORMAL
from soart.storage import files


def copied(source: str, target: Path) -> None:
    """Copy a file, making its folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def arrange_examples(images: dict[str, list[str]], masks: dict[str, list[str]], folder: Path) -> None:
    """`images` and `masks` are the files of each set, in order."""
    rows = []
    for name, sources in images.items():
        kind = "good" if name in (LEARN, NORMAL) else name
        for number, source in enumerate(map(Path, sources)):
            split = "train" if name == LEARN else "test"
            mask = masks[name][number] if name in masks else ""
            copied(source, folder / "folders" / ("good" if name == LEARN else "inspect") / source.name)
            copied(source, folder / "mvtec" / split / kind / source.name)
            copied(source, folder / "sheet" / "photos" / source.name)
            row = [f"photos/{source.name}", "good" if name == LEARN else "inspect", kind, "", ""]
            if mask:
                copied(mask, folder / "mvtec" / "ground_truth" / kind / f"{source.stem}_mask.png")
                copied(mask, folder / "sheet" / "masks" / Path(mask).name)
                row[3] = f"masks/{Path(mask).name}"
            rows.append(row)
    with files.whole(folder / "sheet" / "photos.tsv") as temporary, temporary.open("w", encoding="utf-8") as sheet:
        csv.writer(sheet, delimiter="\t", lineterminator="\n").writerows([COLUMNS, *rows])


if "snakemake" in globals():
    with job.reporting(snakemake):
        arrange_examples(snakemake.params.images, snakemake.params.masks, Path(snakemake.output[0]))
