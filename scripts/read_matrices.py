"""Read the images of one set once: gray matrices as CSV, gray, R, G and B as a table, colour mosaics as another."""

import numpy as np

from soart import job, matrices, photos, tables


def read_matrices(
    images: list[str], names: list[str], image_set: str, size: int, mosaic: tuple[int, str], output
) -> None:
    """Write each image's matrices, `size` elements a side, and its mosaics; `mosaic` is the size and the decoding."""
    values, mosaics, small, pictures = [], [], [], []
    for path in images:
        content = photos.content(path)
        picture = photos.decoded(content, path)
        values.append(matrices.matrix(picture, size))
        small.append(matrices.mosaic(picture, size))
        colours, shape = matrices.photo_mosaic(content, path, *mosaic)
        mosaics.append(colours)
        pictures.append(shape)
    photos.check_alike(images, pictures)
    for path, (gray, *_) in zip(output.csv, values, strict=True):
        tables.write_matrix(path, gray)
    channels, labels = tables.CHANNELS, {"image": np.array(names), "set": [image_set] * len(names)}
    long = {name: np.repeat(column, len(channels)) for name, column in labels.items()}
    columns = long | {"channel": list(channels) * len(names), "values": np.reshape(values, (-1, size * size))}
    tables.write_parquet(output.table, columns, tables.matrices_schema(size))
    width, height = np.transpose(pictures)
    flat = {"mosaic": np.reshape(mosaics, (len(names), -1)), "small_mosaic": np.reshape(small, (len(names), -1))}
    schema = tables.mosaics_schema(mosaic[0], size)
    tables.write_parquet(output.mosaics, labels | {"width": width, "height": height} | flat, schema)


if "snakemake" in globals():
    with job.reporting(snakemake):
        params = snakemake.params
        read_matrices(
            images=snakemake.input,
            names=params.names,
            image_set=params.image_set,
            size=params.matrix_size,
            mosaic=(params.mosaic_size, params.decoding),
            output=snakemake.output,
        )
