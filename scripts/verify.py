"""Say which results are not as the last full run left them, which rule made them, and how to repair them.

And which photos, masks and templates are not those that were read: a change that leaves size and time as they were is
seen nowhere else.
"""

from soart import job
from soart.storage import verification


def main(manifest: str) -> None:
    """Print one sentence if all is well; otherwise raise `ValueError` with a line for each result that is not."""
    print(verification.verify(manifest))


if "snakemake" in globals():
    with job.reporting(snakemake):
        main(snakemake.params.manifest)
