"""Score one panel: a sheet for each channel and word, with its reading aids."""

from soart import job, streams
from soart.attention import panels, separation
from soart.storage import tables
from soart.storage.schemas import SCHEMAS


def score_panel(metrics: list[str], panel: dict, errors: list[str], seed: int, output) -> None:
    """Write a panel's sheets (raw, deviation, weights), signs, extremes, long table and separation."""
    sheets = panels.score_sheets(panels.in_order(tables.read_several(metrics)), panel)
    for number, sheet in enumerate(sheets):
        labels = {"image": sheet.measured.images, "set": sheet.measured.sets}
        judges = sheet.judges["value"].images
        tables.write_wide(output.raw[number], labels, judges, sheet.raw)
        tables.write_wide(output.deviation[number], labels, judges, sheet.deviation)
        tables.write_wide(output.weights[number], labels, sheet.measured.images, sheet.weights)

    def gathered(columns_of) -> dict:
        return tables.stacked(
            [{"panel": panel["name"], "channel": s.channel, "word": s.word} | columns_of(s) for s in sheets]
        )

    def separated(sheet: panels.Sheet) -> dict:
        rules = separation.judge_rules(sheet.deviation)
        rng = streams.generator(seed, f"separation {panel['name']} {sheet.channel} {sheet.word}", 0)
        found = separation.separation(rules, sheet.measured.sets, "normal", errors, rng)
        judges = {name for group in sheet.judges.values() for name in group.sets}
        return found | {"errors_among_judges": not judges.isdisjoint(errors)}

    tables.write_parquet(output.long, gathered(panels.long_columns), SCHEMAS["attention"])
    tables.write_csv(output.signs, gathered(panels.signs), SCHEMAS["signs"])
    tables.write_csv(output.extremes, gathered(panels.extremes), SCHEMAS["extremes"])
    tables.write_parquet(output.separation, gathered(separated), SCHEMAS["separation"])


if "snakemake" in globals():
    with job.reporting(snakemake):
        params = snakemake.params
        score_panel(snakemake.input, params.panel, params.errors, params.seed, snakemake.output)
