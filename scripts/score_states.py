"""Align each measured image's state with the learned ones: scores, weights, context vectors."""

import numpy as np

from soart import job
from soart.attention import panels, states
from soart.storage import tables
from soart.storage.schemas import SCHEMAS


def main(metrics: list[str], panel: dict, errors: list[str], seed: int, folder: str, long: str) -> None:
    """Write scores, weights and context vectors for each channel, the long table and the separation of a panel."""
    name, (model, align) = panel["name"], states.alignment(panel, seed)
    aligned = states.align_panel(panels.in_order(tables.read_several(metrics)), panel, align)
    for channel, measured, annotations, steps in aligned:
        labels = {"image": measured.images, "set": measured.sets}
        tables.write_wide(states.sheet_path(folder, channel, "scores"), labels, annotations.images, steps.scores)
        tables.write_wide(states.sheet_path(folder, channel, "weights"), labels, annotations.images, steps.weights)
        context = np.column_stack([steps.context, steps.distance])
        tables.write_wide(
            states.sheet_path(folder, channel, "context"), labels, [*states.STATE_NAMES, "distance"], context
        )
    tables.write_parquet(long, states.long_columns(name, model, aligned), SCHEMAS["states"])
    separated = states.state_separation(name, aligned, errors, seed)
    tables.write_parquet(f"{folder}/separation.parquet", separated, SCHEMAS["separation"])


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(snakemake.input, given.panel, given.errors, given.seed, snakemake.output.folder, snakemake.output.long)
