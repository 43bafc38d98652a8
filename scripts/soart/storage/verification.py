"""Verification: which results and photos are not as the last full run left them, and how to repair them."""

import os
from collections.abc import Callable, Iterable
from functools import cache
from itertools import chain
from pathlib import Path

from soart.names import RESULT_ENDINGS, passed_over
from soart.storage import files, manifest, tables

FOLDERS = ("images", "matrices", "metrics", "attention", "inspection", "photos")  # of results/, named by stages
NAMED = 5  # leftovers that are named, at most
LISTED = 20  # results that are not as they were and are named, at most
STAMPS = ".snakemake_"  # how the files begin by which Snakemake knows a folder that a job made as a whole
SHARDS = "photos/shards"  # tables that say how photos were read
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


def unknown_files(known: Iterable[str], top: str | Path, ours: Callable | None) -> list[str]:
    """Return the files in the stages' folders that are none of the `known` results (files, or folders of them).

    They were made for another configuration: of a kind with another name, or of more images. What is no kind of result
    by its ending, or hidden, is not looked at. `top` is the folder of all results. `ours`: whether a file is this
    workflow's, where others, too, have files there.
    """
    known, found = set(known), []
    for folder in FOLDERS:
        for here, folders, names in os.walk(os.path.join(top, folder)):
            folders[:] = sorted(each for each in folders if os.path.join(here, each) not in known)
            paths = (os.path.join(here, name) for name in sorted(names) if not passed_over(name))
            found += [
                path
                for path in paths
                if path.endswith(RESULT_ENDINGS) and path not in known and (not ours or ours(path))
            ]
    return found


def leftovers_note(paths: list[str]) -> str:
    """Return what to say of leftovers, and how to remove them; empty where there are none."""
    if not paths:
        return ""
    named = ", ".join(paths[:NAMED]) + (", ..." if len(paths) > NAMED else "")
    return (
        f"\n{len(paths)} file(s) of results belong to another configuration ({named}). To remove them: "
        "snakemake --cores 1 remove_leftovers # with this run's --directory, --configfile and --config"
    )


def remove_leftovers(path: str, results: Iterable[str], ours: Callable | None = None) -> list[str]:
    """Remove the files that are neither in the manifest at `path` nor among `results`, and folders left empty.

    Returns their paths. Both count: a run with other settings, or a forgotten `--configfile`, loses nothing that the
    last full run left. `ours`: as for `unknown_files`.
    """
    top = Path(path).parent
    removed = unknown_files([*manifest.entries(path), *results], top, ours)
    for each in removed:
        os.remove(each)
        folder = os.path.dirname(each)
        while Path(folder).parent != top and all(name.startswith(STAMPS) for name in os.listdir(folder)):
            for stamp in os.listdir(folder):
                os.remove(os.path.join(folder, stamp))
            os.rmdir(folder)
            folder = os.path.dirname(folder)
    return removed


def made_later(path: str, changed: Iterable[str], config: dict | None) -> str:
    """Return a sentence on many `changed` results that are younger than the manifest at `path`; else nothing.

    As a later run leaves them, of other settings or of a part: what the present `config` has otherwise is named.
    """
    recorded = Path(path).stat().st_mtime
    if not all(Path(each).exists() and Path(each).stat().st_mtime > recorded for each in changed):
        return ""
    before = manifest.read(path)["config"]
    now = before if config is None else config
    others = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
    how = f"of other settings than the last full run ({', '.join(others)})" if others else "of a part or other settings"
    return (
        f"All are younger than that run. If a later run made them anew, {how}, a full run brings all up to date: "
        "snakemake --cores 4 # with the --directory, --configfile and --config that you want"
    )


def verify(path: str, results: Iterable[str] = (), config: dict | None = None, ours: Callable | None = None) -> str:
    """Return a sentence if all is well; otherwise raise `ValueError` with a line for each result and photo that is not.

    `results`: what the present configuration, `config`, makes; what is neither among them nor in the manifest is a
    leftover, if it is `ours`. Of more than `LISTED` results the first are named, and to repair them whole stages are
    removed.
    """
    recorded = manifest.entries(path)
    changed = manifest.changes(recorded)
    top = Path(path).parent
    others = unknown_files([*recorded, *results], top, ours) if results else []
    shards = [name for name in recorded if Path(name).is_relative_to(top / SHARDS)]
    photos = photo_changes([name for name in shards if name not in changed])
    lines = [f"{name} {what} (made by {recorded[name]['rule']})" for name, what in changed.items()]
    if len(changed) > LISTED:
        note = made_later(path, changed, config)
        lines = [*([note] if note else []), *lines[:LISTED], f"and {len(changed) - LISTED} more"]
        stages = dict.fromkeys((top / Path(each).relative_to(top).parts[0]).as_posix() for each in changed)
        lines.append(f"To repair{', if that does not' if note else ''}: {manifest.repair(stages)}")
    elif changed:
        lines.append(f"To repair: {manifest.repair(changed, recorded)}")
    lines += [f"{name} {what}" for name, what in photos.items()]
    if photos:
        lines.append("To repair: put each back as it was; or touch it and run: snakemake --cores 4")
    if lines:
        own = f" and {len(photos)} of your own files" if photos else ""
        count = f"{len(changed)} of {len(recorded)} results{own}"
        raise ValueError("\n  ".join([f"{count} are not as the last full run left them:", *lines]) + "\n")
    return f"All {len(recorded)} results are as the last full run left them.{leftovers_note(others)}"
