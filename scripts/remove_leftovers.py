"""Remove the results of another configuration: of a kind that was renamed, of images that are no longer asked for."""

from soart import job
from soart.storage import verification


def main(manifest: str, results: list[str]) -> None:
    """Remove what is neither in the manifest nor among `results`, and print it."""
    removed = verification.remove_leftovers(manifest, results)
    print("\n".join([f"Removed {len(removed)} file(s) of results of another configuration.", *removed]))


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(given.manifest, given.results)
