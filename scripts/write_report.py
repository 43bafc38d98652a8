"""Write the report: one page that needs no other file and no internet, from the tables and some pictures.

Of drawn sets an overview, too: the picture at the front door.
"""

from functools import partial
from pathlib import Path
from types import SimpleNamespace

from soart import job
from soart.inspection import models
from soart.report import evidence, inputs, overview, page, summary
from soart.storage import files, pictures


def main(given, about: dict, made) -> None:
    """Write the page, and its summary: `given` are files by name, `about` what is known beyond them."""
    model, path = models.load(given.model), Path(made.page)
    results = inputs.page_inputs(given, about, model, path.parent)
    text = page.page(results, partial(evidence.pictures, given=given, about=about, model=model))
    files.write(path, text)
    summary.write(made.summary, page.summarize(results))
    if made.overview:
        pictures.write(made.overview, overview.overview(about["overview"]), "PNG")


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(SimpleNamespace(**given.tables), vars(given), snakemake.output)
