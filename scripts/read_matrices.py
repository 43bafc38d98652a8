"""Read the images of one set as matrices: a gray CSV an image, one Parquet table with gray, R, G and B."""

import numpy as np
from soart import job, matrices, photos, tables


def read_matrices(images: list[str], names: list[str], image_set: str, size: int, csv: list[str], table: str) -> None:
    """Decode each picture once and write its matrices."""
    read = np.stack([matrices.matrix(picture, size) for picture in photos.read_alike(images)])
    for path, (gray, *_) in zip(csv, read, strict=True):
        tables.write_matrix(path, gray)
    columns = {
        "image": np.repeat(names, len(tables.CHANNELS)),
        "set": [image_set] * (len(names) * len(tables.CHANNELS)),
        "channel": list(tables.CHANNELS) * len(names),
        "values": read.reshape(-1, size * size),
    }
    tables.write_parquet(table, columns, tables.matrices_schema(size))


if "snakemake" in globals():
    with job.reporting(snakemake):
        read_matrices(
            images=snakemake.input,
            names=snakemake.params.names,
            image_set=snakemake.params.image_set,
            size=snakemake.params.matrix_size,
            csv=snakemake.output.csv,
            table=snakemake.output.table,
        )
