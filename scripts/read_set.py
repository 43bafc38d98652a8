"""Read one set's drawn images once: gray matrices as CSV, gray, R, G and B as a table, colour mosaics as another."""

from types import SimpleNamespace

from soart import job
from soart.photos import anchors, decoding, reading, shard
from soart.storage import files, tables


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
        settled, *read = snakemake.input
        how, count = SimpleNamespace(**files.read_json(settled, "how images are read")), len(given.names)
        least = decoding.least_side(how.mosaic_size, how.side, in_full=True)
        anchor = anchors.read_anchor(read[count:], *how.registration, least)
        reader = reading.Reader(how.matrix_size, how.mosaic_size, how.fit, None, True, anchor, how.side, True)
        main(read[:count], given.names, given.image_set, reader, snakemake.output)
