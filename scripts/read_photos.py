"""Read one shard's photos once: gray matrices as CSV, gray, R, G and B as a table, colour mosaics as another.

A third table says how each was read; one that cannot be read or registered is a row there and nowhere else.
"""

from soart import job
from soart.photos import anchors, decoding, reading, shard
from soart.photos.resaving import Resaving
from soart.storage import files, tables
from soart.storage.schemas import SCHEMAS


def main(given, reader: reading.Reader, csv: dict[str, str], made) -> None:
    """Read all photos of a shard, which `given` names, with masks and templates; `csv`: where gray matrices go."""
    found, columns = shard.read_all(given.photos, given.masks, given.templates, reader, given.problems)
    about = {"image": given.names, "set": [given.image_set] * len(found), "path": given.photos}
    tables.write_parquet(made.photos, about | columns, SCHEMAS["photos"])
    for name, each in zip(given.names, found, strict=True) if csv else ():
        if each:
            tables.write_matrix(csv[name], each.matrix[0])
    shard.write_tables(made.matrices, made.pictures, found, given.names, given.image_set, reader)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        made, sizes = snakemake.output, (given.matrix_size, given.mosaic_size)
        job.log.info("%d photo(s) as of %s", len(given.photos), given.state)
        method = *given.registration, decoding.least_side(given.mosaic_size, given.side)
        anchor = anchors.read_anchor(snakemake.input, *method)
        about = given.fit, given.picture, given.small, anchor, given.side
        reader = reading.Reader(*sizes, *about, resaving=Resaving(*given.resaving) if given.resaving else None)
        main(given, reader, files.beside(made.csv, given.names, given.folder, ".csv") if made.csv else {}, made)
