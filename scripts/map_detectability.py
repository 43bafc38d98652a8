"""Map what the inspection can see: at each place the smallest change that would reach the alarm."""

from soart import job
from soart.inspection import detectability, heatmaps, models
from soart.storage import tables
from soart.storage.schemas import SCHEMAS


def main(model: str, parquet: str, picture: str) -> None:
    """Write the map of a model as a table and as a picture."""
    learned = models.load(model)
    jury = learned.colour
    place, patch = (
        detectability.smallest_changes(jury.judges, jury.settings, jury.held_out, learned.level(jury), reach)
        for reach in (0, 1)
    )
    tables.write_parquet(parquet, detectability.table(place, patch, learned.picture), SCHEMAS["detectability"])
    maps = {"a change of one place": place, "a change of 3x3 places": patch}
    heatmaps.write(picture, detectability.drawn(maps, jury.judges, learned.picture))


if "snakemake" in globals():
    with job.reporting(snakemake):
        main(snakemake.input.model, snakemake.output.parquet, snakemake.output.picture)
