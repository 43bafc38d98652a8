"""Results whose record is lost: Snakemake keeps beside the results how it made each, and believes what has no record.

No numpy here: this is imported at each start.
"""

import os
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from functools import cache
from pathlib import PurePath

RECORDS, UNFINISHED = ".snakemake/metadata", ".snakemake/incomplete"
STAMP = ".snakemake_timestamp"  # in each folder that a job made as a whole
AHEAD = 60  # seconds that clocks may differ by
TOUCH = "find %s -newermt now -exec touch -d now {} +"
FINGERPRINTED = re.compile(
    r'\\"code\\":\\"[0-9a-f]{64}\\"'
)  # what a job of ours is given holds its script's fingerprint
PHOTOS_LINE = re.compile(r'^  "photos": (".*"),?$', re.MULTILINE)  # in a manifest, which begins with the configuration
BEGINNING = 100_000  # letters of a manifest that hold the configuration
LONGEST = 254  # letters of a part of a record's path, as Snakemake 9 cuts them on all usual file systems


def lost(results: Iterable[str]) -> list[str]:
    """Return the results that are there without a record of how they were made: none, or an empty one.

    What a job was cut off in has none, either, but a mark that it is unfinished: Snakemake makes it anew.
    """
    return [path for path in results if _made(path) and not _recorded(path) and not _unfinished(path)]


def any_there() -> bool:
    """Return whether the working directory has a record of any result."""
    return os.path.isdir(RECORDS) and bool(os.listdir(RECORDS))


def made_here(path: str) -> bool:
    """Return whether a rule of this workflow made a file, or a folder that it is in, as its record tells."""
    return any(_ours(record_path(str(each), RECORDS)) for each in (PurePath(path), *PurePath(path).parents))


def problem(paths: list[str]) -> str:
    """Return what to say of results without a record, and the way out."""
    some = "\n  ".join(paths[:5] + [f"... and {len(paths) - 5} more"] * (len(paths) > 5))
    return (
        f"{len(paths)} result(s) have no record in .snakemake of how they were made, so that a changed setting would "
        f"not be seen:\n  {some}\nMove them away or remove them (all at once: rm -r results), then run again: they are "
        "made anew."
    )


def of_the_future(results: Iterable[str], now: float, top: str = "results") -> list[str]:
    """Return what to say of results that are newer than now (seconds since 1970), and how to go on; else nothing.

    `top` is the folder of all results.
    Snakemake takes them for newer than what is made from them now, and ends with "older modification time".
    """
    ahead = [path for path in results if os.path.exists(path) and os.path.getmtime(path) > now + AHEAD]
    if not ahead:
        return []
    return [
        f"{len(ahead)} result(s) are of the future, as {ahead[0]}: the clock was set back, or two clocks differ. "
        f"If the run ends with 'older modification time': {TOUCH % top}, then run again"
    ]


def in_place_of_photos(manifest: str, drawn: bool) -> list[str]:
    """Return what to say where a run draws, and the last full run was of photos, as its `manifest` tells.

    `--config photos=...` holds for one run, and is soon forgotten in the next.
    """
    if not drawn or not os.path.isfile(manifest):
        return []
    with open(manifest, encoding="utf-8", errors="replace") as file:
        found = PHOTOS_LINE.search(file.read(BEGINNING))
    if not found or found[1] == '"none"':
        return []
    return [
        f"The results here are of photos, {found[1]}; no photos were given now, so parts are drawn in their place. To "
        "go on with the photos give them again, as with --config photos=..."
    ]


def record_path(path: str, folder: str) -> str:
    """Return where the record of a file lies below a folder of Snakemake's."""
    name = urlsafe_b64encode(path.encode("utf-8", "surrogateescape")).decode()
    parts = [name[start : start + LONGEST] for start in range(0, len(name), LONGEST)]
    return os.path.join(folder, *(f"@{part}" for part in parts[:-1]), parts[-1])


def _made(path: str) -> bool:
    """Return whether a result is there; a folder that only holds those of others, as of shards of before, is none."""
    return os.path.exists(os.path.join(path, STAMP) if os.path.isdir(path) else path)


def _recorded(path: str) -> bool:
    record = record_path(path, RECORDS)
    return os.path.exists(record) and os.path.getsize(record) > 0


def _unfinished(path: str) -> bool:
    return os.path.exists(record_path(path, UNFINISHED))


@cache  # a folder's is asked for by each file in it
def _ours(record: str) -> bool:
    if not os.path.isfile(record):
        return False
    with open(record, encoding="utf-8") as file:
        return bool(FINGERPRINTED.search(file.read()))
