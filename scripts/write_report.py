"""Write the report: one page that needs no other file and no network, from the tables and some pictures."""

from functools import partial
from pathlib import Path
from types import SimpleNamespace

from soart import job
from soart.inspection import models
from soart.report import inputs, page, summary
from soart.storage import files


def main(given, about: dict, path: Path, outcome: str) -> None:
    """Write the page, and its summary: `given` are files by name, `about` what is known beyond them."""
    model = models.load(given.model)
    pictures = partial(
        inputs.pictures,
        distance_tables=given.distances,
        paths_of=partial(inputs.where, folders=about["folders"], photo_tables=given.photos),
        masks=about["masks"],
        size=about["picture"],
        fit=about["config"]["fit"],
        registered=bool(model.anchor),
        model=model,
        learned=given.learned,
        mosaics=given.mosaics,
        small=given.small,
        templates_of=partial(inputs.where, folders={}, photo_tables=given.photos, column="template"),
    )
    results = inputs.results(given, about, model, path.parent)
    text = page.page(results, pictures)
    with files.whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    summary.write(outcome, page.summarize(results))


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(SimpleNamespace(**given.tables), vars(given), Path(snakemake.output.page), snakemake.output.summary)
