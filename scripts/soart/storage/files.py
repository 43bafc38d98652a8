"""Files that are read whole or refused with a sentence, and results that appear whole or not at all."""

import csv
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from soart.names import SHEET_COLUMNS

TEMPORARY = re.compile(r"\.[0-9a-f]{16}\.\d+\.part(\.\w+)?")  # a file of `replacing` before it has its name


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` only if the block ends without an error.

    A reader never sees a half-written file under its final name, whatever stops the writer (but for a power cut, see
    docs/reliability.md). The temporary name keeps the suffix: image writers choose their format by it. It has a hash in
    place of the stem: a long stem would leave no room for more.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    hashed = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]
    temporary = path.with_name(f".{hashed}.{os.getpid()}.part{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        error.filename = error.filename or str(path)  # a full disk is told where
        raise
    finally:
        temporary.unlink(missing_ok=True)


def leftovers(folder: str | Path) -> list[Path]:
    """Temporary files of `replacing` below a folder: what a killed writer could not clear away."""
    return sorted(path for path in Path(folder).rglob(".*.part*") if TEMPORARY.fullmatch(path.name))


def existing(path: str | Path, expected: str) -> Path:
    """The path, if a file is there; else an `OSError` that says what was `expected` ("a picture")."""
    named, path = path, Path(path)
    if path.is_dir():
        raise IsADirectoryError(f"{named}: expected {expected}, got a folder")
    if not path.is_file():
        got = "a link to nothing" if path.is_symlink() else "a pipe or device" if path.exists() else "no file"
        raise FileNotFoundError(f"{named}: expected {expected}, got {got}")
    return path


def write(path: str | Path, content: bytes | str) -> None:
    """Write a file; text as UTF-8."""
    with replacing(path) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


def write_json(path: str | Path, content: dict) -> None:
    """Write content as JSON: the same bytes for the same content."""
    write(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def read_json(path: str | Path, expected: str) -> dict:
    """Read what `write_json` wrote; an `OSError` says what was `expected` where there is no file."""
    return json.loads(existing(path, expected).read_text(encoding="utf-8"))


def content_hash(content: bytes) -> str:
    """Return the SHA-256 of a file's content."""
    return hashlib.sha256(content).hexdigest()


def beside(folder: str | Path, names: list[str], prefix: str, suffix: str) -> dict[str, str]:
    """Return a path in `folder`, which is made, for each name; `prefix` is what the names begin with."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    return {name: f"{folder}/{name.removeprefix(prefix)}{suffix}" for name in names}


def copy_file(source: str | Path, target: str | Path) -> None:
    """Copy a file, making the folder of the copy."""
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def write_sheet(path: str | Path, rows: Iterable[Sequence[str]]) -> None:
    """Write a sheet of photos: tab-separated text, the column names first."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8") as sheet:
        csv.writer(sheet, delimiter="\t", lineterminator="\n").writerows([SHEET_COLUMNS, *rows])
