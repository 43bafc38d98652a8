"""Stop if photos cannot be used, all of them listed, unless they are to be left out."""

from pathlib import Path

from soart import job
from soart.photos import intake
from soart.storage import files, tables


def main(findings: str, photos: dict[str, int], on_bad_image: str, accepted: str) -> None:
    """Write how many photos are left out; raises `ValueError` where the run cannot go on. `photos`: how many a set."""
    found = tables.read(findings)
    if problem := intake.required_action(found, photos, on_bad_image == "skip"):
        table = Path(findings).with_suffix(".csv")
        before = "; check.csv beside it is of an earlier run" if table.with_name("check.csv").exists() else ""
        raise ValueError(f"{problem}\n  (the table: {table}{before})")
    with files.replacing(accepted) as temporary:
        temporary.write_text(f"{intake.left_out(found)} of {sum(photos.values())} photos are left out\n")


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(snakemake.input[0], given.photos, given.on_bad_image, snakemake.output[0])
