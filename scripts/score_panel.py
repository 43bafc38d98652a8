"""Score one panel: a sheet for each channel and word, with its reading aids."""

from functools import partial

from soart import job
from soart.attention import panels, separation
from soart.storage import frames
from soart.storage.schemas import SCHEMAS


def main(metrics: list[str], panel: dict, errors: list[str], seed: int, folder: str, long: str) -> None:
    """Write a panel's sheets (raw, deviation, weights), signs, extremes, long table and separation."""
    sheets, name = panels.score_sheets(panels.sort_images(frames.read_several(metrics)), panel), panel["name"]
    for sheet in sheets:
        images, judges = sheet.measured.images, sheet.judges["value"].images
        for kind, columns in (("raw", judges), ("deviation", judges), ("weights", images)):
            path = panels.sheet_path(folder, sheet.channel, sheet.word, kind)
            frames.write_wide(path, {"image": images, "set": sheet.measured.sets}, columns, getattr(sheet, kind))

    def write(kind: str, table, **to: str) -> None:
        frames.write(panels.gather_sheets(name, sheets, table)[list(SCHEMAS[kind])], SCHEMAS[kind], **to)

    write("attention", panels.sheet_table, parquet=long)
    write("signs", panels.signs, csv=f"{folder}/signs.csv")
    write("extremes", panels.extremes, csv=f"{folder}/extremes.csv")
    separated = partial(separation.sheet_separation, panel=name, errors=errors, seed=seed)
    write("separation", separated, parquet=f"{folder}/separation.parquet")


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(snakemake.input, given.panel, given.errors, given.seed, snakemake.output.folder, snakemake.output.long)
