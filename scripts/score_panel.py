"""Score one panel: a sheet for each channel and word, with its reading aids."""

from functools import partial

from soart import job
from soart.attention import panels, separation
from soart.storage import tables
from soart.storage.schemas import SCHEMAS


def main(metrics: list[str], panel: dict, errors: list[str], seed: int, output) -> None:
    """Write a panel's sheets (raw, deviation, weights), signs, extremes, long table and separation."""
    sheets, name = panels.score_sheets(panels.in_order(tables.read_several(metrics)), panel), panel["name"]
    for number, sheet in enumerate(sheets):
        labels = {"image": sheet.measured.images, "set": sheet.measured.sets}
        judges = sheet.judges["value"].images
        tables.write_wide(output.raw[number], labels, judges, sheet.raw)
        tables.write_wide(output.deviation[number], labels, judges, sheet.deviation)
        tables.write_wide(output.weights[number], labels, sheet.measured.images, sheet.weights)
    tables.write_parquet(output.long, panels.gathered(name, sheets, panels.long_columns), SCHEMAS["attention"])
    tables.write_csv(output.signs, panels.gathered(name, sheets, panels.signs), SCHEMAS["signs"])
    tables.write_csv(output.extremes, panels.gathered(name, sheets, panels.extremes), SCHEMAS["extremes"])
    separated = partial(separation.sheet_separation, panel=name, errors=errors, seed=seed)
    tables.write_parquet(output.separation, panels.gathered(name, sheets, separated), SCHEMAS["separation"])


if "snakemake" in globals():
    with job.reporting(snakemake):
        params = snakemake.params
        main(snakemake.input, params.panel, params.errors, params.seed, snakemake.output)
