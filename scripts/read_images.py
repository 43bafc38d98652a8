"""Read one set's drawn images once: gray matrices as CSV, gray, R, G and B as a table, colour mosaics as another."""

from soart import job
from soart.photos import anchors, decoding, reading, shard
from soart.storage import tables


def main(images: list[str], names: list[str], image_set: str, reader: reading.Reader, made) -> None:
    """Read all images of a set; the first that cannot be read ends the job. `made.csv`: a file for each image."""
    found, columns = shard.read_all(images, [], [], reader)
    if problem := next(filter(None, columns["problem"]), None):
        raise ValueError(problem)
    decoding.check_alike(images, [each.picture for each in found])
    for path, each in zip(made.csv, found, strict=True):
        tables.write_matrix(path, each.matrix[0])
    shard.write_tables(made.matrices, made.pictures, found, names, image_set, reader)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        count, read = len(given.names), snakemake.input
        least = decoding.least_side(given.mosaic_size, given.side, whole=True)
        anchor = anchors.read_anchor(read[count:], *given.registration, least)
        reader = reading.Reader(given.matrix_size, given.mosaic_size, given.fit, None, True, anchor, given.side, True)
        main(read[:count], given.names, given.image_set, reader, snakemake.output)
