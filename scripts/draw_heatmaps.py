"""Draw where one shard's images differ from good ones: a heat map over each picture, in one colour scale.

Of very many photos only the flagged ones have files of their own: then their gray matrices are written as CSV, too.
"""

from soart import job
from soart.inspection import heatmap_shard, heatmaps, models
from soart.storage import files, tables


def main(images: dict[str, str], given, maps: dict[str, str], csv: dict[str, str]) -> None:
    """Draw the heat map of each of `images`; `images`, `maps` and `csv` are paths by name, `given` are the tables."""
    model, boxes = models.load(given.model), heatmap_shard.boxes_by_image(given.boxes)
    for name, picture in heatmap_shard.drawn_shard(images, given.verdicts, given.distances, boxes, model):
        heatmaps.write(maps[name], picture)
    for name, matrix in zip(*tables.read_matrices(given.matrices), strict=True) if csv else ():
        if name in csv:
            tables.write_matrix(csv[name], matrix[0])


if "snakemake" in globals():
    with job.reporting(snakemake):
        given, made, params = snakemake.input, snakemake.output, snakemake.params
        if given.photos:
            read = tables.read(given.photos, ["image", "path"])
            images = dict(zip(read["image"].tolist(), read["path"].tolist(), strict=True))
            if params.shown != "all":
                images = {name: images[name] for name in heatmap_shard.flagged(given.verdicts)}
            maps = files.beside(made.maps, list(images), params.folder, ".png")
        else:
            images, maps = (dict(zip(params.names, paths, strict=True)) for paths in (given.images, made.maps))
        csv = made.get("csv")
        main(images, given, maps, files.beside(csv, list(images), params.folder, ".csv") if csv else {})
