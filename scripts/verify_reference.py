"""Say whether this run reproduced the published one, and how far its numbers are from it."""

from soart import job
from soart.storage import reference


def main(manifest: str, published: str, numbers: str) -> None:
    """Print what was compared, if all of it agrees; otherwise raise `ValueError` with a line for each result."""
    said = reference.verify_reference(manifest, published, numbers)
    print(said)
    job.log.info("%s", said)  # the last lines of the run are taken from there


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(given.manifest, *given.published)
