"""Make this run the published one: its manifest, and the numbers that other machines are compared with."""

import numpy as np

from soart import job
from soart.storage import files, manifest, reference

if "snakemake" in globals():
    with job.reporting(snakemake):
        published, numbers = reference.published(manifest.read(snakemake.input[0]))
        manifest.write(snakemake.output.manifest, published)
        with files.whole(snakemake.output.numbers) as temporary:
            np.savez_compressed(temporary, numbers=numbers)
