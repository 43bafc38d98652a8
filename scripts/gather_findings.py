"""Gather all that is wrong or odd with photos: what reading told, and the good ones that learning found odd."""

from soart import job
from soart.inspection import gathering
from soart.storage import frames, tables
from soart.storage.schemas import SCHEMAS


def main(findings: str, photos: list[str], model: str, parquet: str, csv: str) -> None:
    """Write the table of the input check; `photos` are the tables of the good ones, which know their files."""
    good, odd = tables.read_several(photos, ["image", "path"]), gathering.odd_photos(model)
    paths = dict(zip(good["image"].tolist(), good["path"].tolist(), strict=True))
    table = gathering.gather_findings(frames.read(findings), odd, gathering.mixed_photos(model), paths)
    job.log.info("%d finding(s), %d of them good photos that learning found odd", len(table), len(odd))
    frames.write(table, SCHEMAS["check"], parquet, csv)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        read, made = snakemake.input, snakemake.output
        main(read.findings, read.photos, read.model, made.parquet, made.csv)
