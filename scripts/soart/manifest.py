"""What a run made, as hashes of values: pixels of pictures, typed columns of tables, arrays of a model.

Values, not bytes: Parquet and PNG hold the versions of their writers, JPEG the tables of its encoder. A manifest is
`{"seed", "config", ..., "results": {path: {"rule", "values"}}}`; a path is relative to where the run was.
"""

import hashlib
import json
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from soart import files

KEPT = 20_000  # numbers of a column that a reference keeps at most, evenly spaced; all, where there are fewer
TOLERANCES = {np.dtype(np.float64): 1e-6, np.dtype(np.float32): 1e-3}  # shares of a column's largest magnitude


def values(path: str | Path) -> dict[str, np.ndarray]:
    """The values in a result, by column: of a picture `{mode: pixels}`, of a table its columns, of a model its arrays.

    Raises `ValueError` naming the file where it is not what its suffix says.
    """
    match Path(path).suffix:
        case ".jpg" | ".png":
            return _pixels(path)
        case ".parquet":
            from soart import tables

            return tables.read(path)
        case ".csv":
            from soart import tables

            return tables.read_csv(path)
        case ".npz":
            return _arrays(path)
        case suffix:
            raise ValueError(f"{path}: expected a .jpg, .png, .parquet, .csv or .npz, got '{suffix}'")


def _pixels(path: str | Path) -> dict[str, np.ndarray]:
    from PIL import Image

    try:
        with Image.open(files.existing(path, "a picture")) as picture:
            return {picture.mode: np.asarray(picture)}
    except (OSError, SyntaxError) as error:
        raise ValueError(f"{path}: expected a picture, got a file that is none or is damaged ({error})") from None


def _arrays(path: str | Path) -> dict[str, np.ndarray]:
    import zipfile

    try:
        with np.load(files.existing(path, "arrays"), allow_pickle=False) as arrays:
            return dict(arrays)
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: expected arrays, got a file that is none or is damaged ({error})") from None


def digest(columns: dict[str, np.ndarray]) -> str:
    """SHA-256 over each column's name, type, shape and values; text as UTF-8, numbers with the lowest byte first."""
    found = hashlib.sha256()
    for name, column in columns.items():
        text = column.dtype.kind == "U"
        found.update(json.dumps([name, "text" if text else column.dtype.str.lstrip("<>|="), column.shape]).encode())
        if text:
            found.update(json.dumps(column.tolist()).encode())
        else:
            found.update(np.ascontiguousarray(column, column.dtype.newbyteorder("<")).tobytes())
    return found.hexdigest()


def results(made_by: dict[str, str]) -> dict[str, dict[str, str]]:
    """The entries of a manifest: each file of `made_by` (path -> rule) with the hash of its values, by path."""
    return {path: {"rule": made_by[path], "values": digest(values(path))} for path in sorted(made_by)}


def read(path: str | Path) -> dict:
    """Read a manifest; `ValueError` says how to make one where there is none or where it cannot be read."""
    try:
        found = json.loads(files.existing(path, "a manifest; a full run (snakemake --cores 4) writes it").read_text())
        return found if set(found) >= {"config", "results"} else _no_manifest(path, "other JSON")
    except (UnicodeDecodeError, json.JSONDecodeError, TypeError) as error:
        _no_manifest(path, f"a file that is none or is damaged ({error})")


def _no_manifest(path: str | Path, got: str) -> None:
    raise ValueError(f"{path}: expected a manifest, got {got}; delete it and run again: snakemake --cores 4")


# --- were the results changed since? ---------------------------------------------------------------------------------


def changes(recorded: dict[str, dict[str, str]]) -> dict[str, str]:
    """What is wrong with each result that is not as it was recorded: path -> words."""
    found = {}
    for path, entry in recorded.items():
        try:
            if not Path(path).exists():
                found[path] = "is missing"
            elif digest(values(path)) != entry["values"]:
                found[path] = "holds other values than at the end of the last full run"
        except ValueError as error:
            found[path] = f"cannot be read: {str(error).removeprefix(f'{path}: ')}"
    return found


def repair(paths: Iterable[str]) -> str:
    """The command that makes results anew."""
    return f"rm -rf {shlex.join(paths)} && snakemake --cores 4"


# --- are they those of another run? ----------------------------------------------------------------------------------


class Deviation(NamedTuple):
    """How far a column is from the reference: the largest difference, as a share of the reference's magnitude."""

    path: str
    column: str
    share: float
    tolerance: float


def exact(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What must be equal on every machine: all columns but those of floating-point numbers, of which the shape."""
    return {name: np.array(c.shape) if c.dtype.kind == "f" else c for name, c in columns.items()}


def numbers(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The floating-point columns, flat, every k-th value where there are more than `KEPT`."""
    return {
        name: column.ravel()[:: max(1, -(-column.size // KEPT))]
        for name, column in columns.items()
        if column.dtype.kind == "f"
    }


def reference(recorded: dict) -> tuple[dict, np.ndarray]:
    """A manifest with what a comparison on another machine needs, and the numbers of its results as float32.

    Each result gains `exact`, the hash of what must be equal, and `numbers`, how many of the numbers are its own.
    """
    entries, kept = {}, []
    for path, entry in recorded["results"].items():
        columns = values(path)
        own = list(numbers(columns).values())
        entries[path] = entry | {"exact": digest(exact(columns)), "numbers": sum(map(len, own))}
        kept += own
    return recorded | {"results": entries}, np.concatenate([np.empty(0), *kept]).astype(np.float32)


def differences(entries: dict[str, dict], kept: np.ndarray) -> Iterator[str | Deviation]:
    """Compare the results with a reference: a sentence where one cannot be equal, else how far each column is.

    Nothing is yielded for a result whose value hash equals the reference's.
    """
    start = 0
    for path, entry in entries.items():
        here, start = kept[start : start + entry["numbers"]], start + entry["numbers"]
        try:
            columns = values(path)
        except ValueError as error:
            yield str(error)
            continue
        if digest(columns) == entry["values"]:
            continue
        if digest(exact(columns)) != entry["exact"]:
            yield f"{path}: differs from the reference where both must be equal (pixels, names, whole numbers or text)"
            continue
        yield from _deviations(path, numbers(columns), here)


def _deviations(path: str, columns: dict[str, np.ndarray], kept: np.ndarray) -> Iterator[Deviation]:
    ends = np.cumsum([column.size for column in columns.values()])
    for (name, column), theirs in zip(columns.items(), np.split(kept, ends[:-1]), strict=True):
        if column.size:
            largest = np.abs(theirs).max() or 1.0
            share = np.abs(column - theirs).max() / largest
            yield Deviation(path, name, float(share), TOLERANCES[column.dtype])
