"""Fail where the configuration asks for it (`fail_on`), so that the run ends with exit code 1; all results are kept."""

from pathlib import Path

from soart import job
from soart.report import summary


def main(outcome: str, fail_on: str, passed: str) -> None:
    """Write that the outcome passes; raises `ValueError` where it does not."""
    summary.raise_failure(summary.read(outcome), fail_on)
    Path(passed).write_text(f"fail_on: {fail_on}: nothing found\n", encoding="utf-8")


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(snakemake.input.summary, given.fail_on, snakemake.output[0])
