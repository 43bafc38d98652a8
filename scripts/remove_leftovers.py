"""Remove the results of another configuration: of a kind that was renamed, of images that are no longer asked for."""

from soart import job
from soart.plan import records
from soart.storage import verification


def main(manifest: str, results: list[str], shared: bool) -> None:
    """Remove what is neither in the manifest nor among `results`, and print it.

    `shared`: a parent workflow has files in `results/`, too; then what has no record of this workflow stays.
    """
    removed = verification.remove_leftovers(manifest, results, records.made_here if shared else None)
    said = f"Removed {len(removed)} file(s) of results of another configuration."
    print("\n".join([said, *removed]))
    job.log.info("%s", said)  # the last lines of the run are taken from there


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(given.manifest, given.results, given.shared)
