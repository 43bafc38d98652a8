"""Draw where one shard's images differ from good ones: a heat map over each picture, in one colour scale."""

from pathlib import Path

from soart import heatmaps, job, models, photos, reading, registration, tables
from soart.verdicts import Verdict


def draw_heatmaps(images: dict[str, str], verdict_table: str, distance_table: str, model_file: str, maps: dict) -> None:
    """Draw the heat map of each image that has distances; `images` and `maps` are paths by the image's name."""
    model = models.load(model_file)
    verdicts = tables.read(verdict_table, ["image", *Verdict._fields])
    rows = {name: row for row, name in enumerate(verdicts.pop("image").tolist())}
    table = tables.read(distance_table, ["image", "distances", *(tables.PLACEMENT if model.anchor else ())])
    lain = table.get("placement", [()] * len(table["image"]))
    shape = (model.settings.size, model.settings.size)
    for name, distances, placement in zip(table["image"].tolist(), table["distances"], lain, strict=True):
        verdict = Verdict(**{field: column[rows[name]] for field, column in verdicts.items()})
        picture = reading.resized(photos.read(images[name]), model.picture, images[name])
        placement = registration.Placement(*map(float, placement))
        shown = heatmaps.drawn(picture, distances.reshape(shape), verdict, model, model.alarm, placement)
        heatmaps.write(maps[name], shown)


if "snakemake" in globals():
    with job.reporting(snakemake):
        given, made, params = snakemake.input, snakemake.output, snakemake.params
        if given.photos:
            read = tables.read(given.photos, ["image", "path"])
            names, paths = read["image"].tolist(), read["path"].tolist()
            Path(made[0]).mkdir(parents=True, exist_ok=True)
            maps = [f"{made[0]}/{name.removeprefix(params.folder)}.png" for name in names]
        else:
            names, paths, maps = params.names, given.images, made
        draw_heatmaps(
            images=dict(zip(names, paths, strict=True)),
            verdict_table=given.verdicts,
            distance_table=given.distances,
            model_file=given.model,
            maps=dict(zip(names, maps, strict=True)),
        )
