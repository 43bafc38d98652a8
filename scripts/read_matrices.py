"""Read one shard's images once: gray matrices as CSV, gray, R, G and B as a table, colour mosaics as another.

Of photos, a third table says how each was read; one that cannot be read or registered is a row there and nowhere else.
"""

from soart import job
from soart.photos import decoding, reading, registration, shard
from soart.storage import files, tables
from soart.storage.schemas import SCHEMAS, matrices_schema, mosaics_schema


def main(images: list[str], names: list[str], image_set: str, beside: tuple[list, list], reader, csv, output) -> None:
    """Read all images of a shard; without a table of photos the first that cannot be read ends the job.

    `beside` are the masks and the templates of the images, `csv` is where the gray matrices go, by name.
    """
    found, columns = shard.read_all(images, *beside, reader)
    if output.get("photos"):
        about = {"image": names, "set": [image_set] * len(names), "path": images}
        tables.write_parquet(output.photos, about | columns, SCHEMAS["photos"])
    elif problem := next(filter(None, columns["problem"]), None):
        raise ValueError(problem)
    else:
        decoding.check_alike(images, [each.picture for each in found])
    for name, each in zip(names if csv else (), found if csv else (), strict=True):
        if each:
            tables.write_matrix(csv[name], each.matrix[0])
    labels, found = shard.labels_of(found, names, image_set), list(filter(None, found))
    size, small = reader.matrix_size, reader.matrix_size if reader.small else None
    tables.write_parquet(output.table, shard.matrix_columns(found, labels, size), matrices_schema(size))
    schema = mosaics_schema(reader.mosaic_size, small, bool(reader.anchor))
    tables.write_parquet(output.mosaics, shard.mosaic_columns(found, labels, reader), schema)


if "snakemake" in globals():
    with job.reporting(snakemake):
        given, params, made = snakemake.input, snakemake.params, snakemake.output
        job.log.info("%d photo(s) as of %s", len(params.photos), params.state or "never: the images are drawn")
        sizes, least = (params.matrix_size, params.mosaic_size), decoding.least_side(params.mosaic_size)
        anchor = registration.read_anchor(given.anchor, params.registration, params.limits, least)
        csv = made.get("csv", [])
        main(
            images=list(params.photos or given.images),
            names=params.names,
            image_set=params.image_set,
            beside=(params.masks, params.templates),
            reader=reading.Reader(*sizes, params.fit, params.picture, params.small, anchor),
            csv=files.beside(csv, params.names, params.folder, ".csv")
            if isinstance(csv, str)
            else dict(zip(params.names, csv, strict=bool(csv))),
            output=made,
        )
