"""Draw where one shard's images differ from good ones: a heat map over each picture, in one colour scale.

On request the values of each, too. Of very many photos only the flagged ones have files of their own: then their gray
matrices are written as CSV, too.
"""

from soart import job
from soart.inspection import heatmap_shard, heatmaps, models
from soart.storage import files, tables


def main(images: dict[str, str], read, maps: dict[str, str], csv: dict[str, str], form: str) -> None:
    """Draw the heat map of each of `images`; `images`, `maps` and `csv` are paths by name, `read` are the tables.

    `form`: of their values, which are written beside them: npy, tiff, or none.
    """
    model, boxes = models.load(read.model), heatmap_shard.boxes_by_image(read.get("boxes") or [])
    for name, picture, values in heatmap_shard.draw_shard(images, *read.inspected, boxes, model, form != "none"):
        heatmaps.write_heatmap(maps[name], picture)
        if form != "none":
            heatmaps.write_values(f"{maps[name].removesuffix('.png')}.{form}", values)
    for name, matrix in zip(*tables.read_matrices(read.photos[1]), strict=True) if csv else ():
        if name in csv:
            tables.write_matrix(csv[name], matrix[0])


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        read, made, csv = snakemake.input, snakemake.output, {}
        if read.get("photos"):
            images = heatmap_shard.photos(read.photos[0], read.inspected[0], given.shown)
            maps = files.beside(made.maps, list(images), given.folder, ".png")
            csv = files.beside(made.csv, list(images), given.folder, ".csv") if made.csv else {}
        else:
            images, maps = (dict(zip(given.names, paths, strict=False)) for paths in (read.images, made.maps))
        main(images, read, maps, csv, given.heatmap_values)
