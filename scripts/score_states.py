"""Align each measured image's state with the learned ones: scores, weights, context vectors."""

import numpy as np

from soart import job
from soart.attention import panels, states
from soart.storage import frames
from soart.storage.schemas import SCHEMAS


def main(metrics: list[str], panel: dict, errors: list[str], seed: int, folder: str, long: str) -> None:
    """Write scores, weights and context vectors for each channel, the long table and the separation of a panel."""
    name, (model, align) = panel["name"], states.alignment_model(panel, seed)
    aligned = states.align_panel(panels.sort_images(frames.read_several(metrics)), panel, align)
    for channel, measured, annotations, steps in aligned:
        context, names = np.column_stack([steps.context, steps.distance]), annotations.images
        sheets = {"scores": (names, steps.scores), "weights": (names, steps.weights)}
        for kind, sheet in (sheets | {"context": ([*states.STATE_NAMES, "distance"], context)}).items():
            labels = {"image": measured.images, "set": measured.sets}
            frames.write_wide(states.table_path(folder, channel, kind), labels, *sheet)
    table, separated = (
        states.alignment_table(name, model, aligned),
        states.state_separation(name, aligned, errors, seed),
    )
    for kind, found, path in (("attention", table, long), ("separation", separated, f"{folder}/separation.parquet")):
        frames.write(found[list(SCHEMAS[kind])], SCHEMAS[kind], parquet=path)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(snakemake.input, given.panel, given.errors, given.seed, snakemake.output.folder, snakemake.output.long)
