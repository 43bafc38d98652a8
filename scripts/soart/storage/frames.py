"""Tables for people, as pandas: checked against their schema, written as CSV and as Parquet, and read again.

A missing or additional column, a wrong type, a NaN, or a gap where none is allowed is a `ValueError` and leaves no file
behind. A gap is None, in a DataFrame also NaN: an empty cell in CSV, a null in Parquet. Tables of many numbers a row,
and those between two jobs, are arrays: tables.py, which loads no pandas.
"""

import csv as text_csv
import warnings
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from soart.names import FORMULA, unformulated
from soart.storage import files, tables
from soart.storage.columns import arrow_schema, arrow_type
from soart.storage.schemas import NUMBER, TEXT, Column, Schema

FITTING = {  # what pandas calls the values of each kind
    "text": {"string"},
    "integer": {"integer"},
    "number": {"floating", "integer", "mixed-integer-float"},
    "truth": {"boolean"},
}
DTYPES = {"text": "str", "integer": "int64", "number": "float64", "truth": "bool"}


def frame(columns: dict | pd.DataFrame, schema: Schema, path: str | Path) -> pd.DataFrame:
    """Return columns as a DataFrame of the schema's types; `ValueError` names the file and what does not fit."""
    if list(columns) != list(schema):
        raise ValueError(f"{path}: expected the columns {list(schema)}, got {list(columns)}")
    lengths = {name: len(columns[name]) for name in schema}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"{path}: expected columns of one length, got {lengths}")
    return pd.DataFrame({name: _typed(columns[name], name, column, path) for name, column in schema.items()})


def _typed(values: object, name: str, column: Column, path: str | Path) -> np.ndarray | pd.Series:
    if column.kind == "number" and getattr(values, "dtype", None) == np.float64:
        numbers = np.asarray(values)
        if np.isfinite(numbers).all():
            return numbers  # what most are
    cells = pd.Series(values, dtype=object).reset_index(drop=True)
    missing, problem = cells.isna(), ""
    gaps = missing if isinstance(values, pd.Series) else cells.map(lambda cell: cell is None).astype(bool)
    there = cells[~missing]
    kind = pd.api.types.infer_dtype(there, skipna=False)
    if (wrong := missing & ~gaps if column.gaps else missing).any():
        problem = f"{wrong.sum()} value(s) are missing or not finite"
    elif kind not in FITTING[column.kind] | {"empty"}:
        problem = f"expected {column.kind}, got {kind}"
    elif column.kind == "number" and not (finite := np.isfinite(there.to_numpy(float))).all():
        problem = f"{(~finite).sum()} value(s) are missing or not finite"
    if problem:
        raise ValueError(f"{path}: column {name} does not fit its type {arrow_type(column)}: {problem}")
    return cells.astype("Int64" if column.gaps and column.kind == "integer" else DTYPES[column.kind])


def write(
    parts: dict | pd.DataFrame | Iterable[dict | pd.DataFrame],
    schema: Schema,
    parquet: str | Path | None = None,
    csv: str | Path | None = None,
) -> None:
    """Write a table as Parquet, CSV or both; or several tables, one below the other, with one in memory at a time.

    CSV is UTF-8 and begins with a byte-order mark, by which a spreadsheet tells it. Numbers have all their digits. A
    text that begins as a formula does has `./` in front there.
    """
    where, arrow = parquet or csv, arrow_schema(schema)
    parts = [parts] if isinstance(parts, dict | pd.DataFrame) else parts
    with ExitStack() as stack:
        writer = parquet and stack.enter_context(pq.ParquetWriter(stack.enter_context(files.replacing(parquet)), arrow))
        file = csv and stack.enter_context(
            stack.enter_context(files.replacing(csv)).open("w", encoding="utf-8-sig", newline="")
        )
        if file:
            pd.DataFrame(columns=[unformulated(name) for name in schema]).to_csv(file, index=False, lineterminator="\n")
        for part in parts:
            checked = frame(part, schema, where)
            if writer:
                writer.write_table(pa.Table.from_pandas(checked, schema=arrow, preserve_index=False))
            if file:
                _without_formulas(checked, schema).to_csv(file, index=False, header=False, lineterminator="\n")


def _without_formulas(checked: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    texts = [name for name, column in schema.items() if column.kind == "text"]
    return checked.assign(**{name: checked[name].map(unformulated, na_action="ignore") for name in texts})


def write_wide(path: str | Path, labels: dict[str, list[str]], columns: list[str], values: np.ndarray) -> None:
    """Write a score sheet as CSV: text columns `labels`, then one number column for each of `columns`.

    `values` is (rows, len(columns)).
    """
    names = [*labels, *columns]
    if len(set(names)) != len(names):
        raise ValueError(f"{path}: expected different column names, got {names}")
    values = np.asarray(values, np.float64)
    if values.shape != (expected := (len(next(iter(labels.values()))), len(columns))):
        raise ValueError(f"{path}: expected {expected[0]} rows of {expected[1]} numbers, got {values.shape}")
    if not (finite := np.isfinite(values)).all():
        raise ValueError(f"{path}: {(~finite).sum()} value(s) are missing or not finite")
    named = frame(labels, dict.fromkeys(labels, TEXT), path)
    sheet = pd.concat([named.map(unformulated), pd.DataFrame(values, columns=columns)], axis=1)
    with files.replacing(path) as temporary:
        sheet.rename(columns=unformulated).to_csv(temporary, index=False, lineterminator="\n", encoding="utf-8-sig")


def wide_schema(labels: Iterable[str], columns: Iterable[str]) -> Schema:
    """Return the schema of a score sheet."""
    return dict.fromkeys(labels, TEXT) | dict.fromkeys(columns, NUMBER)


def read(path: str | Path, columns: list[str] | None = None) -> pd.DataFrame:
    """Read a Parquet table, or some of its columns; raises as `tables.read`."""
    return tables.arrow_table(path, columns).to_pandas(integer_object_nulls=True)


def read_several(paths: Iterable[str | Path], columns: list[str] | None = None) -> pd.DataFrame:
    """Read Parquet tables of the same columns, one below the other, in the order of `paths`."""
    return pd.concat([read(path, columns) for path in paths], ignore_index=True)


def read_csv(path: str | Path, schema: Schema) -> pd.DataFrame:
    """Read a CSV table that `write` wrote; names such as NA, null and nan are text as any other.

    Raises `ValueError` naming the file where it is none, or not of this schema.
    """
    found = _cells(path, schema)
    texts = [name for name, column in schema.items() if column.kind == "text"]
    found = found.assign(**{name: found[name].map(_as_it_was, na_action="ignore") for name in texts})
    return frame(found, schema, path)


def read_wide(path: str | Path, labels: int = 2) -> pd.DataFrame:
    """Read a score sheet that `write_wide` wrote: its first columns are text, the others numbers."""
    with files.existing(path, "a CSV table").open(encoding="utf-8-sig", newline="") as file:
        names = list(map(_as_it_was, next(text_csv.reader(file), [])))
    return read_csv(path, wide_schema(names[:labels], names[labels:]))


def _cells(path: str | Path, schema: Schema) -> pd.DataFrame:
    gaps = {name: [""] for name, column in schema.items() if column.gaps or column.kind == "number"}
    types = {name: "Int64" if column.kind == "integer" else DTYPES[column.kind] for name, column in schema.items()}
    try:
        opened = files.existing(path, "a CSV table").open(encoding="utf-8-sig", newline="")
        with opened as file, warnings.catch_warnings():
            header = list(map(_as_it_was, next(text_csv.reader(file), [])))
            if header != list(schema):
                raise ValueError(f"expected the columns {list(schema)}, got {header}")
            warnings.simplefilter("error", pd.errors.ParserWarning)  # a cell too many would be dropped
            return pd.read_csv(
                file,
                header=None,
                names=header,
                index_col=False,
                dtype=types,
                keep_default_na=False,
                na_values=gaps,
                float_precision="round_trip",
            )
    except pd.errors.EmptyDataError:  # the names alone
        return pd.DataFrame(columns=list(schema))
    except (
        ValueError,
        pd.errors.ParserError,
        pd.errors.ParserWarning,
    ) as error:  # text that is none is a ValueError, too
        raise ValueError(f"{path}: expected a CSV table, got a file that is none ({error})") from None


def _as_it_was(cell: str) -> str:
    return cell[2:] if cell.startswith("./") and cell[2:].startswith(FORMULA) else cell


def to_columns(found: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the columns of a DataFrame as arrays; gaps are None among objects, NaN among numbers."""
    return {name: found[name].to_numpy() for name in found}
