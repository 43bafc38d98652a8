"""Average the good photos' matrices, rounded to whole levels: the standard that all are measured against."""

import numpy as np

from soart import job
from soart.names import STANDARD
from soart.storage import tables
from soart.storage.schemas import CHANNELS, matrices_schema


def main(matrices: list[str], path: str) -> None:
    """Write the mean of all matrices as the table of one image named standard."""
    total, count = 0, 0
    for each in matrices:
        _, values = tables.read_matrices(each)
        total, count = total + values.sum(axis=0, dtype=np.int64), count + len(values)
    mean = np.rint(total / count).astype(np.uint8).reshape(len(CHANNELS), -1)
    labels = {name: [STANDARD] * len(CHANNELS) for name in ("image", "set")}
    columns = labels | {"channel": list(CHANNELS), "values": mean}
    tables.write_parquet(path, columns, matrices_schema(round(mean.shape[1] ** 0.5)))


if "snakemake" in globals():
    with job.reporting(snakemake):
        main(snakemake.input, snakemake.output[0])
