"""Average the good photos' matrices, rounded to whole levels: the standard that all are measured against."""

import numpy as np

from soart import job
from soart.storage import tables
from soart.storage.schemas import CHANNELS, matrices_schema


def average_matrices(paths: list[str], path: str) -> None:
    """Write the mean of all matrices as the table of one image named standard."""
    total, count = 0, 0
    for each in paths:
        values = tables.read(each, ["values"])["values"]
        values = values.reshape(-1, len(CHANNELS), values.shape[1])
        total, count = total + values.sum(axis=0, dtype=np.int64), count + len(values)
    mean = np.rint(total / count).astype(np.uint8)
    labels = {name: ["standard"] * len(CHANNELS) for name in ("image", "set")}
    columns = labels | {"channel": list(CHANNELS), "values": mean}
    tables.write_parquet(path, columns, matrices_schema(round(mean.shape[1] ** 0.5)))


if "snakemake" in globals():
    with job.reporting(snakemake):
        average_matrices(snakemake.input.matrices, snakemake.output[0])
