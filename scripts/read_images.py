"""Read one set's drawn images once: gray matrices as CSV, gray, R, G and B as a table, colour mosaics as another."""

from soart import job
from soart.photos import decoding, reading, registration, shard
from soart.storage import tables
from soart.storage.schemas import matrices_schema, mosaics_schema, pictures_schema


def main(images: list[str], names: list[str], image_set: str, reader: reading.Reader, made) -> None:
    """Read all images of a set; the first that cannot be read ends the job. `made.csv`: a file for each image."""
    found, columns = shard.read_all(images, [], [], reader)
    if problem := next(filter(None, columns["problem"]), None):
        raise ValueError(problem)
    decoding.check_alike(images, [each.picture for each in found])
    for path, each in zip(made.csv, found, strict=True):
        tables.write_matrix(path, each.matrix[0])
    labels, size = shard.labels_of(found, names, image_set), reader.matrix_size
    tables.write_parquet(made.table, shard.matrix_columns(found, labels, size), matrices_schema(size))
    schema = mosaics_schema(reader.mosaic_size, size, bool(reader.anchor))
    tables.write_parquet(made.mosaics, shard.mosaic_columns(found, labels, reader), schema)
    if reader.side:
        tables.write_joined(made.pictures, shard.picture_columns(found, labels, reader), pictures_schema(reader.side))


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        least = decoding.least_side(given.mosaic_size, given.side, whole=True)
        method = given.registration, given.registration_limits, least
        anchor = registration.read_anchor(snakemake.input.anchor, *method)
        reader = reading.Reader(given.matrix_size, given.mosaic_size, given.fit, None, True, anchor, given.side, True)
        main(snakemake.input.images, given.names, given.image_set, reader, snakemake.output)
