"""Score one panel: a sheet for each channel and word, with its reading aids."""

from functools import partial

from soart import job
from soart.attention import panels, separation
from soart.storage import frames
from soart.storage.schemas import SCHEMAS


def main(metrics: list[str], panel: dict, errors: list[str], seed: int, folder: str, long: str) -> None:
    """Write a panel's sheets (raw, deviation, weights), signs, extremes, long table and separation."""
    sheets, name = panels.score_sheets(panels.in_order(frames.read_several(metrics)), panel), panel["name"]
    for sheet in sheets:
        path = partial(panels.sheet_path, folder, sheet.channel, sheet.word)
        labels = {"image": sheet.measured.images, "set": sheet.measured.sets}
        judges = sheet.judges["value"].images
        frames.write_wide(path("raw"), labels, judges, sheet.raw)
        frames.write_wide(path("deviation"), labels, judges, sheet.deviation)
        frames.write_wide(path("weights"), labels, sheet.measured.images, sheet.weights)
    separated = partial(separation.sheet_separation, panel=name, errors=errors, seed=seed)
    for table, schema, to in (
        (panels.long_table, "attention", {"parquet": long}),
        (panels.signs, "signs", {"csv": f"{folder}/signs.csv"}),
        (panels.extremes, "extremes", {"csv": f"{folder}/extremes.csv"}),
        (separated, "separation", {"parquet": f"{folder}/separation.parquet"}),
    ):
        gathered = panels.gathered(name, sheets, table)
        frames.write(gathered[list(SCHEMAS[schema])], SCHEMAS[schema], **to)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(snakemake.input, given.panel, given.errors, given.seed, snakemake.output.folder, snakemake.output.long)
