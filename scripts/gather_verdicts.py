"""Gather the verdicts of all sets in one table, as Parquet and as CSV; photos that were left out say why."""

from collections.abc import Iterator

import numpy as np

from soart import job
from soart.inspection.verdict import Verdict
from soart.names import LEARN, STANDARD
from soart.photos import intake
from soart.storage import tables
from soart.storage.schemas import SCHEMAS


def gathered(paths: list[str], findings: dict[str, np.ndarray] | None) -> Iterator[dict[str, np.ndarray]]:
    """The verdicts, a table after the other, and one `not_compared` for each photo that was refused or left out."""
    if findings is None:
        yield from map(tables.read, paths)
        return
    out = np.isin(findings["severity"], [intake.ERROR, intake.LEFT_OUT])
    refused = out & ~np.isin(findings["set"], [LEARN, STANDARD])
    _, first = np.unique(findings["image"][refused], return_index=True)
    refused = np.flatnonzero(refused)[np.sort(first)]  # one row an image, whatever is wrong with it
    for table in map(tables.read, paths):
        kept = ~np.isin(table["image"], findings["image"][refused])
        yield {name: column[kept] for name, column in table.items()}
    rows = [Verdict(warning=problem) for problem in findings["problem"][refused].tolist()]
    fields = {name: np.array([getattr(row, name) for row in rows]) for name in Verdict._fields}
    yield {name: findings[name][refused] for name in ("image", "set")} | fields


if "snakemake" in globals():
    with job.reporting(snakemake):
        given, made = snakemake.input, snakemake.output
        findings = tables.read(given.checked) if given.checked else None
        tables.write_joined(made.parquet, gathered(given.verdicts, findings), SCHEMAS["verdicts"])
        tables.write_csv_of(made.parquet, made.csv)
