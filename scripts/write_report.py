"""Write the report: one page that needs no other file and no network, from the tables and some pictures."""

from functools import partial
from pathlib import Path

from soart import job
from soart.inspection import models
from soart.report import inputs as report_inputs
from soart.report import page as report
from soart.report import verdicts as report_verdicts
from soart.storage import files, tables

if "snakemake" in globals():
    with job.reporting(snakemake):
        given, params, path = snakemake.input, snakemake.params, Path(snakemake.output[0])
        sheets = report_inputs.sheet_panels(given.sheets, given.signs, given.extremes, given.weights)
        paths_of = partial(report_inputs.where, folders=params.folders, photo_tables=given.photos)
        model = models.load(given.model)
        results = report.Results(
            verdicts=tables.read(given.verdicts, [*report_verdicts.SHOWN, *report_verdicts.BOX]),
            card=tables.read_csv(given.card),
            held_out=model.held_out,
            evaluation=tables.read(given.evaluation[0]) if given.evaluation else None,
            metrics=report_inputs.metrics(given.metrics),
            separation=tables.read_csv(given.separation),
            panels=sheets | report_inputs.state_panels(given.states, given.contexts),
            examples=report_inputs.examples(given.matrices, paths_of),
            truth=report.Truth(params.good, params.errors),
            origin=report.Origin(params.config, params.sources, params.packages, params.needs, params.records),
            links=report_inputs.links(params.links, [*given.sheets, *given.states], path.parent),
            subject=report_inputs.subject(params.config, given.verdicts),
            findings=tables.count_rows(given.check[0]) if given.check else 0,
        )
        pictures = partial(
            report_inputs.pictures,
            distance_tables=given.distances,
            paths_of=paths_of,
            masks=params.masks,
            size=params.picture,
            fit=params.config["fit"],
            registered=params.config["registration"] != "none",
            model=model,
            learned=given.learned,
            mosaics=given.mosaics,
        )
        page = report.page(results, pictures)
        with files.whole(path) as temporary:
            temporary.write_text(page, encoding="utf-8")
