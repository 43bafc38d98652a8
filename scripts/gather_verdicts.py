"""Gather the verdicts of all sets in one table, as Parquet and as CSV; odd and left out photos say why."""

from soart import job
from soart.inspection import gathering
from soart.storage import frames
from soart.storage.schemas import SCHEMAS


def main(verdicts: list[str], checked: list[str], model: str, parquet: str, csv: str) -> None:
    """Write one table of verdicts; `checked` is the table of the input check, one or none."""
    findings = frames.read(*checked) if checked else None
    table = gathering.gather_verdicts(map(frames.read, verdicts), findings, gathering.odd_photos(model))
    frames.write(table, SCHEMAS["verdicts"], parquet, csv)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        read, made = snakemake.input, snakemake.output
        main(given.tables, read.checked[:1], read.model, made.parquet, made.csv)
