"""Gather the verdicts of all sets in one table, as Parquet and as CSV; photos that were left out say why."""

from soart import job
from soart.inspection import gathering
from soart.storage import frames
from soart.storage.schemas import SCHEMAS


def main(verdicts: list[str], checked: list[str], parquet: str, csv: str) -> None:
    """Write one table of verdicts; `checked` is the table of the input check, one or none."""
    findings = frames.read(*checked) if checked else None
    table = gathering.gather_verdicts(map(frames.read, verdicts), findings)
    frames.write(table, SCHEMAS["verdicts"], parquet, csv)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(given.tables, snakemake.input.checked[:1], snakemake.output.parquet, snakemake.output.csv)
