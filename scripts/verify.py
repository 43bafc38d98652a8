"""Say which results are not as the last full run left them, which rule made them, and how to repair them."""

from soart import job, manifest


def verify(path: str) -> str:
    """One sentence if all is well; otherwise `ValueError` with a line for each result that is not."""
    recorded = manifest.read(path)["results"]
    changed = manifest.changes(recorded)
    if changed:
        lines = [f"{name} {what} (made by {recorded[name]['rule']})" for name, what in changed.items()]
        raise ValueError(
            f"{len(changed)} of {len(recorded)} results are not as the last full run left them:\n  "
            + "\n  ".join(lines)
            + f"\nTo repair: {manifest.repair(changed)}\n"
        )
    return f"All {len(recorded)} results are as the last full run left them."


if "snakemake" in globals():
    with job.reporting(snakemake):
        print(verify(snakemake.params.manifest))
