"""Manifest: what a run made, as hashes of values: pixels of pictures, typed columns of tables, arrays of a model.

Values, not bytes: Parquet and PNG hold the versions of their writers, JPEG the tables of its encoder. A manifest is
`{"config", "scene", "sources", "packages", "machine", "run", "results": {path: {"rule", "values"}}}`; a path is
from the folder in which `results/` is.
"""

import hashlib
import json
import os
import platform
import shlex
import subprocess
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import numpy as np

from soart.names import RESULT_ENDINGS, passed_over
from soart.storage import files

WORKFLOW = Path(__file__).resolve().parents[3]  # the folder of the Snakefile


def values(path: str | Path) -> dict[str, np.ndarray]:
    """The values in a result, by column: of a picture `{mode: pixels}`, of a table its columns, of a model its arrays.

    A column with gaps becomes two, the second saying where they are. Raises `ValueError` or `OSError` naming the file
    where it is not what its suffix says.
    """
    return dict(each_column(path))


def each_column(path: str | Path) -> Iterator[tuple[str, np.ndarray]]:
    """The columns of `values` with their names, one after the other, because all of a long table may be too many."""
    match Path(path).suffix:
        case ".jpg" | ".png" | ".tiff":
            yield from _pixels(path).items()
        case ".parquet" | ".csv" as suffix:
            from soart.storage import tables

            columns = tables.each_column([path]) if suffix == ".parquet" else tables.each_csv_column(path)
            for named in columns:
                yield from _filled(*named)
        case ".npz":
            yield from _arrays(path).items()
        case ".npy":
            yield "values", _array(path)
        case suffix:
            raise ValueError(f"{path}: expected a .jpg, .png, .tiff, .parquet, .csv, .npz or .npy, got '{suffix}'")


def _pixels(path: str | Path) -> dict[str, np.ndarray]:
    from PIL import Image

    with _reading(path, "a picture"), Image.open(path) as picture:
        return {picture.mode: np.asarray(picture)}


def _arrays(path: str | Path) -> dict[str, np.ndarray]:
    with _reading(path, "arrays"), np.load(path, allow_pickle=False) as opened:
        arrays = dict(opened)
        if others := [name for name, found in arrays.items() if not isinstance(found, np.ndarray)]:
            raise ValueError(f"{others} are none")
    return arrays


def _array(path: str | Path) -> np.ndarray:
    with _reading(path, "an array"):
        return np.lib.format.open_memmap(path, mode="r")


@contextmanager
def _reading(path: str | Path, expected: str) -> Iterator[None]:
    path = files.existing(path, expected)
    try:
        yield
    except (ValueError, OSError, SyntaxError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: expected {expected}, got a file that is none or is damaged ({error})") from None


def _filled(name: str, column: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield a column with zeros for gaps, and a second one that says where gaps are; without gaps the column alone."""
    from soart.storage.columns import type_cells

    if column.dtype.kind not in "OU":
        yield name, column
        return
    cells = np.array(["" if value is None else str(value) for value in column.tolist()], str)
    gaps = cells == ""
    numbers = type_cells(np.where(gaps, "0", cells))
    if not gaps.any() or numbers.dtype.kind == "U":
        yield name, cells
        return
    yield name, numbers
    yield f"{name} is missing", gaps


def value_digest(columns: dict[str, np.ndarray] | Iterable[tuple[str, np.ndarray]]) -> str:
    """SHA-256 over each column's name, type, shape and values; text as UTF-8, numbers with the lowest byte first.

    The columns come by name, or one after the other as pairs of name and column.
    """
    found = hashlib.sha256()
    for name, column in columns.items() if isinstance(columns, dict) else columns:
        text = column.dtype.kind == "U"
        found.update(json.dumps([name, "text" if text else column.dtype.str.lstrip("<>|="), column.shape]).encode())
        if text:
            found.update(json.dumps(column.tolist()).encode())
        else:
            found.update(np.ascontiguousarray(column, column.dtype.newbyteorder("<")))
    return found.hexdigest()


def value_hash(path: str | Path) -> str:
    """Return the hash of the values in a result; of a folder, of the names of the results in it."""
    if Path(path).suffix in RESULT_ENDINGS or not Path(path).is_dir():
        return value_digest(each_column(path))
    names = [os.path.relpath(each, path) for each in _inside(path)]
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()


def _inside(folder: str | Path) -> list[str]:
    """The results below a folder, hidden files aside, by their paths as the folder's is given."""
    found = (each for each in Path(folder).rglob("*") if each.suffix in RESULT_ENDINGS and each.is_file())
    return sorted(each.as_posix() for each in found if not passed_over(each.name))


def machine() -> dict[str, str]:
    """Return what a result can depend on beyond code, configuration and packages."""
    from PIL import features

    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}, {' '.join(platform.libc_ver())}",
        "processor": ", ".join(np.show_config("dicts").get("SIMD Extensions", {}).get("found", [])),
        "jpeg_library": f"libjpeg-turbo {features.version('libjpeg_turbo')}",
    }


def run() -> dict[str, str]:
    """Return when a run was recorded, and the workflow's commit."""
    return {"date": datetime.now().astimezone().isoformat(timespec="seconds"), "commit": commit()}


def commit(folder: Path = WORKFLOW) -> str:
    """Return the commit of the git repository that a folder is, and whether files were changed since; else why not."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(folder), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != folder.resolve():
            return "unknown: no git repository of its own"
        changed = git("status", "--porcelain", "--untracked-files=no")
        return git("rev-parse", "HEAD") + (", with changes since" if changed else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown: no git, or no git repository"


def result_entries(made_by: dict[str, str], folder: str | Path = ".") -> dict[str, dict[str, str]]:
    """Return the entries of a manifest: each result of `made_by` (path -> rule) with the hash of its values.

    They are by their paths from `folder` on. A folder has an entry, which says what is in it, and each result in it has
    one of its own.
    """
    inside = {path: rule for each, rule in made_by.items() if Path(each).is_dir() for path in _inside(each)}
    found = made_by | inside
    return {os.path.relpath(path, folder): {"rule": found[path], "values": value_hash(path)} for path in sorted(found)}


def entries(path: str | Path) -> dict[str, dict[str, str]]:
    """Return the entries of the manifest at `path` by where their results are; raises `ValueError` as `read`."""
    folder = Path(path).parent.parent
    return {(folder / name).as_posix(): entry for name, entry in read(path)["results"].items()}


def write(path: str | Path, manifest: dict) -> None:
    """Write a manifest: JSON, the same bytes for the same run."""
    files.write_json(path, manifest)


def read(path: str | Path) -> dict:
    """Read a manifest; `ValueError` says how to make one where there is none or where it is damaged."""
    expected = "a manifest, which every full run writes (snakemake --cores 4)"
    try:
        manifest = files.read_json(path, expected)
        return {**manifest, "config": manifest["config"], "results": manifest["results"]}
    except (UnicodeDecodeError, json.JSONDecodeError, TypeError, KeyError) as error:
        raise ValueError(f"{path}: expected {expected}, got a file that is none or is damaged ({error})") from None


def changes(recorded: dict[str, dict[str, str]]) -> dict[str, str]:
    """Return what is wrong with each result that is not as it was recorded: path -> words."""
    found = {}
    for path, entry in recorded.items():
        try:
            if not Path(path).exists():
                found[path] = "is missing"
            elif value_hash(path) != entry["values"]:
                found[path] = "holds other values than at the end of the last full run"
        except (ValueError, OSError) as error:
            found[path] = f"cannot be read: {str(error).removeprefix(f'{path}: ')}"
    return found


def repair(paths: Iterable[str], recorded: Iterable[str] = ()) -> str:
    """Return the command that makes results anew; what it cannot know is a comment in it.

    A file in a folder that is `recorded` as one result is made anew with that folder.
    """
    recorded = set(recorded)
    whole = dict.fromkeys(
        next((folder.as_posix() for folder in Path(path).parents if folder.as_posix() in recorded), path)
        for path in paths
    )
    return f"rm -rf {shlex.join(whole)} && snakemake --cores 4 # and that run's --directory, --configfile and --config"
