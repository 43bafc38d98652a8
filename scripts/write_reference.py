"""Make this run the published one: its manifest, and the numbers that other machines are compared with."""

from pathlib import Path

import numpy as np

from soart import job
from soart.storage import files, manifest, reference


def main(recorded: str, published: str, numbers: str) -> None:
    """Write the published manifest and its numbers from the manifest that was `recorded`."""
    found, kept = reference.publish(manifest.read(recorded), Path(recorded).parent.parent)
    manifest.write(published, found)
    with files.replacing(numbers) as temporary:
        np.savez_compressed(temporary, numbers=kept)
    job.log.info("Published %d results in %s", len(found["results"]), Path(published).parent)  # the run's last line


if "snakemake" in globals():
    with job.reporting(snakemake):
        main(snakemake.input[0], snakemake.output.manifest, snakemake.output.numbers)
