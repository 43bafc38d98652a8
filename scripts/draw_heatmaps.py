"""Draw where one shard's images differ from good ones: a heat map over each picture, in one colour scale."""

from pathlib import Path

from soart import heatmaps, job, models, photos, reading, tables
from soart.verdicts import Verdict

BOX = ("box_x0", "box_y0", "box_x1", "box_y1")


def boxes_by_image(paths: list[str]) -> dict[str, list[tuple]]:
    """Every box of each image, from the tables of boxes."""
    found = {}
    for path in paths:
        columns = tables.read(path)
        corners = zip(*(columns[name].tolist() for name in BOX), strict=True)
        for name, box in zip(columns["image"].tolist(), corners, strict=True):
            found.setdefault(name, []).append(box)
    return found


def draw_heatmaps(
    images: dict[str, str],
    verdict_table: str,
    distance_table: str,
    boxes: dict[str, list[tuple]],
    model_file: str,
    maps: dict,
) -> None:
    """Draw the heat map of each image that has distances; `images` and `maps` are paths by the image's name."""
    model = models.load(model_file)
    verdicts = tables.read(verdict_table, ["image", *Verdict._fields])
    rows = {name: row for row, name in enumerate(verdicts.pop("image").tolist())}
    table = tables.read(distance_table, ["image", "distances"])
    shape = (model.settings.size, model.settings.size)
    for name, distances in zip(table["image"].tolist(), table["distances"], strict=True):
        verdict = Verdict(**{field: column[rows[name]] for field, column in verdicts.items()})
        picture = reading.resized(photos.read(images[name]), model.picture, images[name])
        shown = heatmaps.drawn(picture, distances.reshape(shape), verdict, model, model.alarm, boxes.get(name, ()))
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
            boxes=boxes_by_image(given.boxes),
            model_file=given.model,
            maps=dict(zip(names, maps, strict=True)),
        )
