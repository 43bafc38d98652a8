"""Say which results are not as the last full run left them, which rule made them, and how to repair them.

And which photos are not those that were read: a change that leaves size and time as they were is seen nowhere else.
"""

from pathlib import Path

from soart import job, manifest, reading, tables

SHARDS = "results/photos/shards/"  # tables that say how photos were read


def photo_changes(shards: list[str]) -> dict[str, str]:
    """What is wrong with each photo that is not as it was read: path -> words."""
    found = {}
    for shard in shards:
        table = tables.read(shard, ["path", "sha256"])
        for path, read in zip(table["path"].tolist(), table["sha256"].tolist(), strict=True):
            if not Path(path).is_file():
                found[path] = "is missing"
            elif reading.content_hash(Path(path).read_bytes()) != read:
                found[path] = "holds other bytes than when it was read"
    return found


def verify(path: str) -> str:
    """One sentence if all is well; otherwise `ValueError` with a line for each result and photo that is not."""
    recorded = manifest.read(path)["results"]
    changed = manifest.changes(recorded)
    photos = photo_changes([name for name in recorded if name.startswith(SHARDS) and name not in changed])
    lines = [f"{name} {what} (made by {recorded[name]['rule']})" for name, what in changed.items()]
    if changed:
        lines.append(f"To repair: {manifest.repair(changed)}")
    lines += [f"{name} {what} (a photo)" for name, what in photos.items()]
    if photos:
        lines.append("To repair: put the photo back as it was; or touch it and run: snakemake --cores 4")
    if lines:
        count = f"{len(changed)} of {len(recorded)} results" + (f" and {len(photos)} photo(s)" if photos else "")
        raise ValueError("\n  ".join([f"{count} are not as the last full run left them:", *lines]) + "\n")
    return f"All {len(recorded)} results are as the last full run left them."


if "snakemake" in globals():
    with job.reporting(snakemake):
        print(verify(snakemake.params.manifest))
