"""Tables of many numbers a row, and those between two jobs, as arrays: Parquet in full precision, without pandas.

A table is a dict of equally long columns. Writing checks it against its schema: a missing or additional column, a
wrong type, a NaN, or a gap where none is allowed is a `ValueError` and leaves no file behind. A gap is None: a null in
Parquet. Tables for people: frames.py.
"""

import csv
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from soart.storage import files
from soart.storage.columns import ARROW_TYPES, arrow_type, table_of, to_arrow, to_numpy, type_cells
from soart.storage.schemas import CHANNELS, SCHEMAS, TEXT, Schema

GROUP = 64  # rows of many numbers that are in memory at once
BLOCK = 10_000  # rows that are text at once; few enough for little memory


def row_dicts(columns: dict[str, np.ndarray]) -> list[dict]:
    """Return the rows of a table, a dict each; gaps are None among objects, NaN among numbers."""
    values = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in values]


def write_parquet(path: str | Path, columns: dict, schema: Schema) -> None:
    """Write a table as Parquet, checked against its schema."""
    table = table_of(columns, schema, path)
    with files.replacing(path) as temporary, pq.ParquetWriter(temporary, table.schema) as writer:
        writer.write_table(table)


def write_joined(path: str | Path, parts: Iterable[dict], schema: Schema) -> None:
    """Write tables as Parquet, one below the other and each checked against the schema; one is in memory at a time."""
    checked = (table_of(part, schema, path) for part in parts)
    with files.replacing(path) as temporary:
        first = next(checked)
        with pq.ParquetWriter(temporary, first.schema) as writer:
            for part in chain([first], checked):
                writer.write_table(part)


def write_matrix(path: str | Path, matrix: np.ndarray) -> None:
    """Write one matrix in the seed's form: integers, comma, no header."""
    with files.replacing(path) as temporary:
        np.savetxt(temporary, matrix, fmt="%d", delimiter=",")


def read(path: str | Path, columns: list[str] | None = None) -> dict[str, np.ndarray]:
    """Read a Parquet table; a column of fixed lists or fixed bytes becomes a (rows, length) array.

    Raises `ValueError` naming the file where it is not Parquet or is damaged, lacks one of `columns`, or has a column
    with gaps or of another type than `SCHEMAS` gives to its name; `OSError` where there is none.
    """
    return dict(each_column([path], columns))


def read_matrices(path: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the names, (n,) text, and the matrices, (n, 4, S, S) uint8, of a table of matrices, in its order."""
    table = read(path, ["image", "values"])
    size = round(table["values"].shape[1] ** 0.5)
    return table["image"][:: len(CHANNELS)], table["values"].reshape(-1, len(CHANNELS), size, size)


def read_first(path: str | Path, columns: list[str], count: int) -> dict[str, np.ndarray]:
    """The first rows of a Parquet table as `read` has them, or fewer; the others are not looked at."""
    table = arrow_table(path, columns, count)
    return {name: to_numpy(table[name]) for name in columns}


def batches(path: str | Path, column: str, count: int = GROUP) -> Iterator[np.ndarray]:
    """Yield a column of a Parquet table as `read` has it, `count` rows at a time; raises as `read`."""
    read_first(path, [column], 1)
    with pq.ParquetFile(path, pre_buffer=False) as file:  # else the whole column is read ahead
        for batch in file.iter_batches(count, columns=[column]):
            yield to_numpy(pa.chunked_array([batch.column(0)]))


def chosen_rows(path: str | Path, column: str, chosen: Iterable[int]) -> Iterator[tuple[int, np.ndarray]]:
    """Yield some rows of a column of lists or bytes with their numbers, in the table's order; few are in memory."""
    wanted = sorted(set(chosen))
    for group, values in enumerate(batches(path, column)) if wanted else ():
        first = group * GROUP
        for row in wanted[bisect_left(wanted, first) : bisect_left(wanted, first + GROUP)]:
            yield row, values[row - first].copy()  # no view, which would keep the whole group


def each_column(paths: list[str | Path], columns: list[str] | None = None) -> Iterator[tuple[str, np.ndarray]]:
    """The columns of `read_several` with their names, one after the other: only one is in memory as an array."""
    table = pa.concat_tables([arrow_table(path, columns) for path in paths])
    for name in table.column_names:
        yield name, to_numpy(table[name])


def arrow_table(path: str | Path, columns: list[str] | None, rows: int | None = None) -> pa.Table:
    """Read a Parquet table, or its first rows, as Arrow keeps it, in the least memory; raises as `read`."""
    again = "delete the file and run the workflow again"
    path = files.existing(path, "a Parquet table")
    try:
        file = pq.ParquetFile(path)  # pq.read_table would import pandas: 0.2 s
        there = file.schema_arrow.names
        table = file.read(columns) if rows is None else _first(file, columns, rows)
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{path}: expected a Parquet table, got a file that is none ({reason}); {again}") from error
    if missing := sorted(set(columns or ()) - set(there)):
        raise ValueError(f"{path}: expected the column(s) {', '.join(missing)}, got {', '.join(there)}; {again}")
    if problem := next(filter(None, map(_problem, table.column_names, table.columns)), None):
        raise ValueError(f"{path}: {problem}; {again}")
    return table.select(columns or there)


def _first(file: pq.ParquetFile, columns: list[str], rows: int) -> pa.Table:
    there = file.schema_arrow
    schema = pa.schema([there.field(name) for name in columns if name in there.names])
    return pa.Table.from_batches(islice(file.iter_batches(rows, columns=schema.names), 1), schema)


def _problem(name: str, column: pa.ChunkedArray) -> str | None:
    """Return what is wrong with a column that has a name of `SCHEMAS`: its type, or gaps where none are allowed."""
    kinds = [schema[name] for schema in SCHEMAS.values() if name in schema]
    if kinds and column.type not in map(arrow_type, kinds):
        return f"column {name} holds {column.type}, expected {arrow_type(kinds[0])}"
    if column.null_count and kinds and not any(kind.gaps for kind in kinds):
        return f"column {name} has {column.null_count} gap(s), expected none"
    return None


def each_csv_column(path: str | Path) -> Iterator[tuple[str, np.ndarray]]:
    """The columns of a CSV with their names, one after the other: only one is in memory as an array.

    A column is whole numbers, numbers or text, whichever fits first. A first line of numbers alone is a matrix's: its
    columns are named "0", "1", ... Raises `ValueError` naming the file where there is none, where it is empty or no
    text, or where its rows have different lengths.
    """
    try:
        with files.existing(path, "a CSV table").open(encoding="utf-8-sig", newline="") as file:
            names, *blocks = _csv_blocks(path, csv.reader(file, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: expected a CSV table, got a file that is none ({error})") from None
    if len(set(names)) != len(names):
        raise ValueError(f"{path}: expected different column names, got {names}")
    for number, name in enumerate(names):
        yield name, type_cells(to_numpy(pa.chunked_array([block[number] for block in blocks], ARROW_TYPES["text"])))


def _csv_blocks(path: str | Path, rows: Iterator[list[str]]) -> Iterator[list]:
    """A CSV's column names, then blocks of its rows, the columns of a block as Arrow has text."""
    if (names := next(rows, None)) is None:
        raise ValueError(f"{path}: expected a CSV table, got an empty file")
    first = [] if type_cells(names).dtype.kind == "U" else [names]
    yield [str(number) for number in range(len(names))] if first else names
    lines = enumerate(chain(first, rows), 2 - len(first))
    while block := list(islice(lines, BLOCK)):
        for number, row in block:
            if len(row) != len(names):
                raise ValueError(f"{path}: expected {len(names)} cells in line {number}, got {len(row)}")
        yield [to_arrow(np.array(column), TEXT) for column in zip(*(row for _, row in block), strict=True)]


def read_several(paths: list[str], columns: list[str] | None = None) -> dict[str, np.ndarray]:
    """Read Parquet tables of the same columns, one below the other, in the order of `paths`."""
    return dict(each_column(paths, columns))
