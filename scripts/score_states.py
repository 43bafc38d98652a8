"""Align each measured image's state with the learned ones: scores, weights, context vectors."""

import numpy as np

from soart import job, streams
from soart.attention import panels, separation, states
from soart.storage import tables
from soart.storage.schemas import SCHEMAS


def score_states(metrics: list[str], panel: dict, errors: list[str], seed: int, output) -> None:
    """Write scores, weights and context vectors for each channel, the long table and the separation of a panel."""
    table = panels.in_order(tables.read_several(metrics))
    name, align = states.alignment(panel, seed)
    long, separated = [], []
    for number, channel in enumerate(panel["channels"]):
        measured, learned = (
            panels.members(table, panel["standard"], channel, panel["groups"][role])
            for role in ("measured", "annotations")
        )
        try:
            steps = states.align_states(measured, learned, align)
        except ValueError as error:
            raise ValueError(f"panel {panel['name']}, channel {channel}: {error}") from error
        labels = {"image": measured.images, "set": measured.sets}
        tables.write_wide(output.scores[number], labels, learned.images, steps.scores)
        tables.write_wide(output.weights[number], labels, learned.images, steps.weights)
        context = np.column_stack([steps.context, steps.distance])
        tables.write_wide(output.context[number], labels, [*states.STATE_NAMES, "distance"], context)
        here = {"panel": panel["name"], "channel": channel}
        long.append(here | {"alignment": name} | states.state_columns(measured, learned, steps))
        rng = streams.generator(seed, f"separation {panel['name']} {channel}", 0)
        rules = {"distance of state and context": steps.distance[:, None]}
        found = separation.separation(rules, measured.sets, "normal", errors, rng)
        in_sample = not set(learned.sets).isdisjoint(errors)
        separated.append(here | {"word": "state"} | found | {"errors_among_judges": in_sample})
    tables.write_parquet(output.long, tables.stacked(long), SCHEMAS["states"])
    tables.write_parquet(output.separation, tables.stacked(separated), SCHEMAS["separation"])


if "snakemake" in globals():
    with job.reporting(snakemake):
        params = snakemake.params
        score_states(snakemake.input, params.panel, params.errors, params.seed, snakemake.output)
