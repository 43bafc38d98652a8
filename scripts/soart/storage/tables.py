"""The only reader and writer of tables: Parquet in full precision, CSV for a spreadsheet.

A table is a dict of equally long columns. Writing checks it against its schema: a missing or additional column, a
wrong type, a NaN, or a gap where none is allowed is a `ValueError` and leaves no file behind. A gap is None: an empty
cell in CSV, a null in Parquet.
"""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from soart.storage import files
from soart.storage.columns import table_of, to_arrow, to_numpy, typed
from soart.storage.schemas import CHANNELS, NUMBER, SCHEMAS, TEXT, Optional

BLOCK = 10_000  # rows that are text at once; few enough for little memory


def write_parquet(path: str | Path, columns: dict, schema: dict[str, pa.DataType]) -> None:
    """Write a table as Parquet, checked against its schema."""
    write_joined(path, [columns], schema)


def write_joined(path: str | Path, parts: Iterable[dict], schema: dict[str, pa.DataType]) -> None:
    """Write tables as Parquet, one below the other and each checked against the schema; one is in memory at a time."""
    checked = (table_of(part, schema, path) for part in parts)
    with files.whole(path) as temporary:
        first = next(checked)
        with pq.ParquetWriter(temporary, first.schema) as writer:
            for part in chain([first], checked):
                writer.write_table(part)


def write_csv(path: str | Path, columns: dict, schema: dict[str, pa.DataType]) -> None:
    """Write a table as CSV, checked against its schema; numbers with all their digits.

    UTF-8; where the table holds letters beyond ASCII, with the mark at the start by which spreadsheets tell UTF-8.
    """
    _write_rows(path, list(schema), table_of(columns, schema, path).to_batches(BLOCK))


def write_csv_of(parquet: str | Path, path: str | Path) -> None:
    """Write a Parquet table that `write_parquet` or `write_joined` made as `write_csv` does, a block at a time."""
    with pq.ParquetFile(parquet) as file:
        _write_rows(path, file.schema_arrow.names, file.iter_batches(BLOCK))


def _write_rows(path: str | Path, names: list[str], batches: Iterable[pa.RecordBatch]) -> None:
    rows = chain([[names]], (zip(*batch.to_pydict().values(), strict=True) for batch in batches))
    with files.whole(path) as temporary:
        ascii_alone = True
        with temporary.open("wb") as file:
            for block in rows:
                text = io.StringIO()
                csv.writer(text, lineterminator="\n").writerows(block)
                ascii_alone &= text.getvalue().isascii()
                file.write(text.getvalue().encode())
        if not ascii_alone:
            temporary.write_bytes(codecs.BOM_UTF8 + temporary.read_bytes())


def write_wide(path: str | Path, labels: dict[str, list[str]], columns: list[str], values: np.ndarray) -> None:
    """Write a score sheet as CSV: text columns `labels`, then one number column for each of `columns`.

    `values` is (rows, len(columns)).
    """
    names = [*labels, *columns]
    if len(set(names)) != len(names):
        raise ValueError(f"{path}: expected different column names, got {names}")
    numbers = dict(zip(columns, np.asarray(values).T, strict=True))
    schema = dict.fromkeys(labels, TEXT) | dict.fromkeys(columns, NUMBER)
    write_csv(path, labels | numbers, schema)


def write_matrix(path: str | Path, matrix: np.ndarray) -> None:
    """Write one matrix in the seed's form: integers, comma, no header."""
    with files.whole(path) as temporary:
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
    table = _arrow(path, columns, count)
    return {name: to_numpy(table[name]) for name in columns}


def rows(path: str | Path, column: str, count: int) -> Iterator[np.ndarray]:
    """Yield a column of a Parquet table as `read` has it, `count` rows at a time; raises as `read`."""
    read_first(path, [column], 1)
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(count, columns=[column]):
            yield to_numpy(pa.chunked_array([batch.column(0)]))


def count_rows(path: str | Path) -> int:
    """How many rows a Parquet table has; no column is read."""
    return pq.ParquetFile(path).metadata.num_rows


def each_column(paths: list[str | Path], columns: list[str] | None = None) -> Iterator[tuple[str, np.ndarray]]:
    """The columns of `read_several` with their names, one after the other: only one is in memory as an array."""
    table = pa.concat_tables([_arrow(path, columns) for path in paths])
    for name in table.column_names:
        yield name, to_numpy(table[name])


def _arrow(path: str | Path, columns: list[str] | None, rows: int | None = None) -> pa.Table:
    """A Parquet table, or its first rows, as it is in memory at its smallest; raises as `read`."""
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
    """What is wrong with a column that has a name of `SCHEMAS`: its type, or gaps where none are allowed."""
    kinds = [schema[name] for schema in SCHEMAS.values() if name in schema]
    plain = [kind.kind if isinstance(kind, Optional) else kind for kind in kinds]
    if kinds and column.type not in plain:
        return f"column {name} holds {column.type}, expected {plain[0]}"
    if column.null_count and kinds == plain:
        return f"column {name} has {column.null_count} gap(s), expected none"
    return None


def read_csv(path: str | Path) -> dict[str, np.ndarray]:
    """Read a CSV: its first line names the columns; a column is whole numbers, numbers or text, whichever fits first.

    A first line of numbers alone is a matrix's: its columns are named "0", "1", ... Raises `ValueError` naming the file
    where there is none, where it is empty or no text, or where its rows have different lengths.
    """
    return dict(each_csv_column(path))


def each_csv_column(path: str | Path) -> Iterator[tuple[str, np.ndarray]]:
    """The columns of `read_csv` with their names, one after the other: only one is in memory as an array."""
    try:
        with files.existing(path, "a CSV table").open(encoding="utf-8-sig", newline="") as file:
            names, *blocks = _csv_blocks(path, csv.reader(file, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: expected a CSV table, got a file that is none ({error})") from None
    if len(set(names)) != len(names):
        raise ValueError(f"{path}: expected different column names, got {names}")
    for number, name in enumerate(names):
        yield name, typed(to_numpy(pa.chunked_array([block[number] for block in blocks], TEXT)))


def _csv_blocks(path: str | Path, rows: Iterator[list[str]]) -> Iterator[list]:
    """A CSV's column names, then blocks of its rows, the columns of a block as Arrow has text."""
    if (names := next(rows, None)) is None:
        raise ValueError(f"{path}: expected a CSV table, got an empty file")
    first = [] if typed(names).dtype.kind == "U" else [names]
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


def stacked(parts: list[dict]) -> dict[str, np.ndarray]:
    """Tables of the same columns, one below the other; a single value as a column stands in every row of its part."""
    heights = [max(np.size(column) for column in part.values() if np.ndim(column)) for part in parts]
    return {
        name: np.concatenate([np.broadcast_to(part[name], rows) for part, rows in zip(parts, heights, strict=True)])
        for name in parts[0]
    }
