"""Gather the verdicts of all sets in one table, as Parquet and as CSV; photos that were left out say why."""

import numpy as np

from soart import intake, job, tables
from soart.collection import LEARN
from soart.verdicts import Verdict


def with_left_out(table: dict[str, np.ndarray], findings: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The verdicts with one `not_compared` for each inspected photo that the input check refused or left out."""
    out = np.isin(findings["severity"], [intake.ERROR, intake.LEFT_OUT])
    refused = out & ~np.isin(findings["set"], [LEARN, intake.STANDARD])
    _, first = np.unique(findings["image"][refused], return_index=True)
    refused = np.flatnonzero(refused)[np.sort(first)]  # one row an image, whatever is wrong with it
    kept = ~np.isin(table["image"], findings["image"][refused])
    rows = [Verdict(warning=problem) for problem in findings["problem"][refused].tolist()]
    added = {name: findings[name][refused] for name in ("image", "set")}
    added |= {name: np.array([getattr(row, name) for row in rows], object) for name in Verdict._fields}
    return {name: _joined(column[kept].tolist() + added[name].tolist()) for name, column in table.items()}


def _joined(values: list) -> np.ndarray:
    return np.array(values, object if None in values else None)


if "snakemake" in globals():
    with job.reporting(snakemake):
        table = tables.read_several(snakemake.input.verdicts)
        if snakemake.input.checked:
            table = with_left_out(table, tables.read(snakemake.input.checked))
        tables.write_parquet(snakemake.output.parquet, table, tables.SCHEMAS["verdicts"])
        tables.write_csv(snakemake.output.csv, table, tables.SCHEMAS["verdicts"])
