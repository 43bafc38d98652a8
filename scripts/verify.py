"""Say which results are not as the last full run left them, which rule made them, and how to repair them.

And which photos, masks and templates are not those that were read: a change that leaves size and time as they were is
seen nowhere else.
"""

from soart import job
from soart.plan import records
from soart.storage import verification


def main(manifest: str, results: list[str], config: dict, shared: bool) -> None:
    """Print one sentence if all is well; otherwise raise `ValueError` with a line for each result that is not.

    `results`: what the present configuration, `config`, makes. `shared`: a parent workflow has files in `results/`,
    too; what has no record of this workflow is then none of its leftovers.
    """
    said = verification.verify(manifest, results, config, records.made_here if shared else None)
    print(said)
    job.log.info("%s", said)  # the last lines of the run are taken from there


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(given.manifest, given.results, given.config, given.shared)
