"""Which results and photos are not as the last full run left them, and how to repair them."""

from functools import cache
from itertools import chain
from pathlib import Path

from soart.storage import files, manifest, tables

SHARDS = "results/photos/shards/"  # tables that say how photos were read
READ = {  # what was read of a photo: the columns of its path and of its hash
    "photo": ("path", "sha256"),
    "mask": ("mask", "mask_sha256"),
    "template": ("template", "template_sha256"),
}


def photo_changes(shards: list[str]) -> dict[str, str]:
    """Return what is wrong with each photo, mask or template that is not as it was read: path -> words."""

    @cache  # photos may share a template
    def now(path: str) -> str:
        return files.content_hash(Path(path).read_bytes()) if Path(path).is_file() else ""

    found = {}
    for shard in shards:
        table = tables.read(shard, list(chain(*READ.values())))
        for what, columns in READ.items():
            for path, before in zip(*(table[name].tolist() for name in columns), strict=True):
                if path and now(path) != before:
                    problem = "holds other bytes than when it was read" if now(path) else "is missing"
                    found[path] = f"{problem} (a {what})"
    return found


def verify(path: str) -> str:
    """One sentence if all is well; otherwise `ValueError` with a line for each result and photo that is not."""
    recorded = manifest.read(path)["results"]
    changed = manifest.changes(recorded)
    photos = photo_changes([name for name in recorded if name.startswith(SHARDS) and name not in changed])
    lines = [f"{name} {what} (made by {recorded[name]['rule']})" for name, what in changed.items()]
    if changed:
        lines.append(f"To repair: {manifest.repair(changed)}")
    lines += [f"{name} {what}" for name, what in photos.items()]
    if photos:
        lines.append("To repair: put each back as it was; or touch it and run: snakemake --cores 4")
    if lines:
        own = f" and {len(photos)} of your own files" if photos else ""
        count = f"{len(changed)} of {len(recorded)} results{own}"
        raise ValueError("\n  ".join([f"{count} are not as the last full run left them:", *lines]) + "\n")
    return f"All {len(recorded)} results are as the last full run left them."
