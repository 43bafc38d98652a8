"""Say which results are not as the last full run left them, which rule made them, and how to repair them.

And which photos, masks and templates are not those that were read: a change that leaves size and time as they were is
seen nowhere else.
"""

from soart import job
from soart.storage import verification


def main(manifest: str, results: list[str]) -> None:
    """Print one sentence if all is well; otherwise raise `ValueError` with a line for each result that is not.

    `results`: what the present configuration makes.
    """
    print(verification.verify(manifest, results))


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(given.manifest, given.results)
