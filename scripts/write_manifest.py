"""Record what the run made: a hash of the values in every result, and what they came from."""

from pathlib import Path

from soart import job
from soart.storage import files, manifest


def main(origin: dict, made_by: dict[str, str], path: str) -> None:
    """Write the manifest of the results in `made_by` (path -> rule), after clearing what killed writers left."""
    for leftover in files.leftovers(Path(path).parent):
        leftover.unlink()
    here = {"machine": manifest.machine(), "run": manifest.run()}
    manifest.write(path, origin | here | {"results": manifest.result_entries(made_by, Path(path).parent.parent)})


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        origin = {name: getattr(given, name) for name in ("config", "scene", "sources", "packages")}
        main(origin, given.made_by, snakemake.output[0])
