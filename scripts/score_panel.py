"""Score one panel: a sheet for each channel and word, with its reading aids."""

from functools import partial

from soart import job
from soart.attention import panels, separation
from soart.storage import tables
from soart.storage.schemas import SCHEMAS


def main(metrics: list[str], panel: dict, errors: list[str], seed: int, folder: str, long: str) -> None:
    """Write a panel's sheets (raw, deviation, weights), signs, extremes, long table and separation."""
    sheets, name = panels.score_sheets(panels.in_order(tables.read_several(metrics)), panel), panel["name"]
    for sheet in sheets:
        path = partial(panels.sheet_path, folder, sheet.channel, sheet.word)
        labels = {"image": sheet.measured.images, "set": sheet.measured.sets}
        judges = sheet.judges["value"].images
        tables.write_wide(path("raw"), labels, judges, sheet.raw)
        tables.write_wide(path("deviation"), labels, judges, sheet.deviation)
        tables.write_wide(path("weights"), labels, sheet.measured.images, sheet.weights)
    tables.write_parquet(long, panels.gathered(name, sheets, panels.long_columns), SCHEMAS["attention"])
    tables.write_csv(f"{folder}/signs.csv", panels.gathered(name, sheets, panels.signs), SCHEMAS["signs"])
    tables.write_csv(f"{folder}/extremes.csv", panels.gathered(name, sheets, panels.extremes), SCHEMAS["extremes"])
    separated = partial(separation.sheet_separation, panel=name, errors=errors, seed=seed)
    tables.write_parquet(
        f"{folder}/separation.parquet", panels.gathered(name, sheets, separated), SCHEMAS["separation"]
    )


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(snakemake.input, given.panel, given.errors, given.seed, snakemake.output.folder, snakemake.output.long)
