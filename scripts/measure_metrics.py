"""Measure the SOART metrics of one set's images against each standard that is asked for."""

import numpy as np

from soart import job
from soart.attention import metrics
from soart.storage import tables
from soart.storage.schemas import CHANNELS, SCHEMAS


def images_and_matrices(path: str) -> tuple[np.ndarray, np.ndarray]:
    """Names (n,) and matrices (n, 4, S, S) of a table of matrices."""
    table = tables.read(path, ["image", "values"])
    size = round(table["values"].shape[1] ** 0.5)
    return table["image"][:: len(CHANNELS)], table["values"].reshape(-1, len(CHANNELS), size, size)


def standard_matrix(standard: str, paths: list[str]) -> np.ndarray:
    """The (4, S, S) matrix of a standard: the mean of all in `paths`, or the image of that name, or the only one."""
    total, count = 0, 0
    for path in paths:
        names, values = images_and_matrices(path)
        if standard in names:
            return values[names.tolist().index(standard)]
        total, count = total + values.sum(axis=0, dtype=np.int64), count + len(values)
    return total / count


def measure_metrics(matrices: str, image_set: str, standards: dict[str, list[str]], table: str) -> None:
    """Write a long table: standard, image, channel, quadrant; `standards` maps a standard to the matrices it is of."""
    names, values = images_and_matrices(matrices)
    measured = [metrics.measure(standard_matrix(*each), values, names.tolist()) for each in standards.items()]
    channels, quadrants = metrics.METRIC_CHANNELS, metrics.QUADRANTS
    labels = np.meshgrid(list(standards), names.astype(str), channels, quadrants, indexing="ij")
    standard, image, channel, quadrant = (label.ravel() for label in labels)
    columns = {"image": image, "set": [image_set] * image.size, "standard": standard}
    columns |= {"channel": channel, "quadrant": quadrant}
    columns |= {name: np.ravel([getattr(each, name) for each in measured]) for name in metrics.Metrics._fields}
    tables.write_parquet(table, columns, SCHEMAS["metrics"])


if "snakemake" in globals():
    with job.reporting(snakemake):
        measure_metrics(
            matrices=snakemake.input.matrices,
            image_set=snakemake.params.image_set,
            standards=snakemake.params.standards,
            table=snakemake.output[0],
        )
