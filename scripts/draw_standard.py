"""Draw the part as it is meant to be: the standard image."""

from soart import job, scene
from soart.storage import pictures

if "snakemake" in globals():
    with job.reporting(snakemake):
        params = snakemake.params
        pictures.write_jpeg(snakemake.output[0], scene.standard(params.scene), params.jpeg_quality)
