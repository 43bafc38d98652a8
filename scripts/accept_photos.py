"""Stop if photos cannot be used, all of them listed, unless they are to be left out."""

import numpy as np

from soart import job
from soart.photos import intake
from soart.storage import files, tables

if "snakemake" in globals():
    with job.reporting(snakemake):
        params = snakemake.params
        found = tables.read(snakemake.input[0])
        if problem := intake.verdict(found, params.photos, params.on_bad_image == "skip"):
            raise ValueError(f"{problem}\n  (the table: {snakemake.input[0].replace('.parquet', '.csv')})")
        left_out = int(np.isin(found["severity"], [intake.ERROR, intake.LEFT_OUT]).sum())
        with files.whole(snakemake.output[0]) as temporary:
            temporary.write_text(f"{left_out} of {sum(params.photos.values())} photos are left out\n")
