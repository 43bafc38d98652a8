"""Write the report: one page that needs no other file and no network, from the tables and some pictures."""

from pathlib import Path
from types import SimpleNamespace

from soart import job
from soart.inspection import models
from soart.report import inputs, page, summary
from soart.storage import files


def main(given, about: dict, path: Path, outcome: str) -> None:
    """Write the page, and its summary: `given` are files by name, `about` what is known beyond them."""
    model = models.load(given.model)
    results = inputs.page_inputs(given, about, model, path.parent)
    text = page.page(results, inputs.pictures_of(given, about, model))
    with files.whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    summary.write(outcome, page.summarize(results))


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(SimpleNamespace(**given.tables), vars(given), Path(snakemake.output.page), snakemake.output.summary)
