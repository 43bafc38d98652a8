"""Read one shard's photos once: gray matrices as CSV, gray, R, G and B as a table, colour mosaics as another.

A third table says how each was read; one that cannot be read or registered is a row there and nowhere else.
"""

from soart import job
from soart.photos import anchors, decoding, reading, shard
from soart.storage import files, tables
from soart.storage.schemas import SCHEMAS, matrices_schema, mosaics_schema, pictures_schema


def main(photos: list[str], names: list[str], image_set: str, beside: tuple[list, list], reader, csv, made) -> None:
    """Read all photos of a shard; `beside` are their masks and templates, `csv` where gray matrices go, by name."""
    found, columns = shard.read_all(photos, *beside, reader)
    about = {"image": names, "set": [image_set] * len(names), "path": photos}
    tables.write_parquet(made.photos, about | columns, SCHEMAS["photos"])
    for name, each in zip(names if csv else (), found if csv else (), strict=True):
        if each:
            tables.write_matrix(csv[name], each.matrix[0])
    labels, found = shard.labels_of(found, names, image_set), list(filter(None, found))
    size, small = reader.matrix_size, reader.matrix_size if reader.small else None
    tables.write_parquet(made.table, shard.matrix_columns(found, labels, size), matrices_schema(size))
    schema = mosaics_schema(reader.mosaic_size, small, bool(reader.anchor))
    tables.write_parquet(made.mosaics, shard.mosaic_columns(found, labels, reader), schema)
    if reader.side:
        tables.write_joined(made.pictures, shard.picture_columns(found, labels, reader), pictures_schema(reader.side))


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        made, beside = snakemake.output, (given.masks, given.templates)
        job.log.info("%d photo(s) as of %s", len(given.photos), given.state)
        found = snakemake.input.anchor, snakemake.input.choice
        anchor = anchors.read(*found, decoding.least_side(given.mosaic_size, given.side))
        sizes = given.matrix_size, given.mosaic_size
        reader = reading.Reader(*sizes, given.fit, given.picture, given.small, anchor, given.side)
        csv = files.beside(made.csv, given.names, given.folder, ".csv") if made.csv else {}
        main(given.photos, given.names, given.image_set, beside, reader, csv, made)
