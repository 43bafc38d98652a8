"""Say whether this run reproduced the published one, and how far its numbers are from it."""

from soart import job
from soart.storage import reference


def main(manifest: str, published: str, numbers: str) -> None:
    """Print what was compared, if all of it agrees; otherwise raise `ValueError` with a line for each result."""
    print(reference.verify(manifest, published, numbers))


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(given.manifest, *given.published)
