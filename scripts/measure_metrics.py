"""Measure the SOART metrics of one set's images against each standard that is asked for."""

from soart import job
from soart.attention import metrics
from soart.storage import tables
from soart.storage.schemas import SCHEMAS


def main(matrices: str, image_set: str, standards: dict[str, list[str]], table: str) -> None:
    """Write a long table of metrics; `standards` maps a standard to the tables of matrices that it is taken from."""
    images, values = tables.read_matrices(matrices)
    measured = {
        name: metrics.measure(metrics.standard_matrix(name, map(tables.read_matrices, paths)), values, images.tolist())
        for name, paths in standards.items()
    }
    tables.write_parquet(table, metrics.long_columns(measured, images, image_set), SCHEMAS["metrics"])


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(snakemake.input.matrices, given.image_set, dict(given.standards), snakemake.output[0])
