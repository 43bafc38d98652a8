"""Align each measured image's state with the learned ones: scores, weights, context vectors."""

from functools import partial

import numpy as np

from soart import job
from soart.attention import panels, states
from soart.storage import frames
from soart.storage.schemas import SCHEMAS


def main(metrics: list[str], panel: dict, errors: list[str], seed: int, folder: str, long: str) -> None:
    """Write scores, weights and context vectors for each channel, the long table and the separation of a panel."""
    name, (model, align) = panel["name"], states.alignment(panel, seed)
    aligned = states.align_panel(panels.in_order(frames.read_several(metrics)), panel, align)
    for channel, measured, annotations, steps in aligned:
        path = partial(states.sheet_path, folder, channel)
        labels = {"image": measured.images, "set": measured.sets}
        frames.write_wide(path("scores"), labels, annotations.images, steps.scores)
        frames.write_wide(path("weights"), labels, annotations.images, steps.weights)
        context = np.column_stack([steps.context, steps.distance])
        frames.write_wide(path("context"), labels, [*states.STATE_NAMES, "distance"], context)
    table, separated = states.long_table(name, model, aligned), states.state_separation(name, aligned, errors, seed)
    frames.write(table[list(SCHEMAS["attention"])], SCHEMAS["attention"], parquet=long)
    to = f"{folder}/separation.parquet"
    frames.write(separated[list(SCHEMAS["separation"])], SCHEMAS["separation"], parquet=to)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(snakemake.input, given.panel, given.errors, given.seed, snakemake.output.folder, snakemake.output.long)
