"""Say whether this run reproduced the published one, and how far its numbers are from it."""

import numpy as np

from soart import job
from soart.storage import manifest
from soart.storage import reference as comparison


def verify_reference(path: str, reference: str, numbers: str) -> str:
    """What was compared, if all of it agrees; otherwise `ValueError` with a line for each result that does not."""
    here, published = manifest.read(path), manifest.read(reference)
    if unlike := comparison.unlike(here, published):
        raise ValueError("this run is not comparable with the published one: " + "; ".join(unlike))
    with np.load(numbers, allow_pickle=False) as kept:
        found = comparison.compared(published["results"], kept["numbers"])
    if found.problems:
        raise ValueError(f"{found}\n  " + "\n  ".join([*found.problems, *comparison.origins(here, published)]))
    return str(found)


if "snakemake" in globals():
    with job.reporting(snakemake):
        params = snakemake.params
        print(verify_reference(params.manifest, params.reference, params.numbers))
