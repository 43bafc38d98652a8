"""Draw where one set's images differ from good ones: a heat map over each picture, in one colour scale."""

from soart import heatmaps, job, models, photos, tables
from soart.verdicts import Verdict


def draw_heatmaps(images: list[str], verdict_table: str, distance_table: str, model_file: str, maps: list[str]) -> None:
    """Draw the heat map of each image, in the order of the tables."""
    model = models.load(model_file)
    fields = tables.read(verdict_table, list(Verdict._fields))
    distances = tables.read(distance_table, ["distances"])["distances"]
    shape = (model.settings.size, model.settings.size)
    for index, (image, path) in enumerate(zip(images, maps, strict=True)):
        verdict = Verdict(**{name: column[index] for name, column in fields.items()})
        shown = heatmaps.drawn(photos.read(image), distances[index].reshape(shape), verdict, model, model.alarm)
        heatmaps.write(path, shown)


if "snakemake" in globals():
    with job.reporting(snakemake):
        given = snakemake.input
        draw_heatmaps(given.images, given.verdicts, given.distances, given.model, snakemake.output)
