"""The only reader and writer of tables: what columns each has, Parquet in full precision, CSV for a spreadsheet.

A table is a dict of equally long columns. Writing checks it against its schema: a missing or additional column, a
wrong type, a NaN, or a gap where none is allowed is a `ValueError` and leaves no file behind. A gap is None: an empty
cell in CSV, a null in Parquet.
"""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from soart import files

CHANNELS = ("gray", "R", "G", "B")  # of every table of matrices, in this order
BOX = ("box_x0", "box_y0", "box_x1", "box_y1")  # columns of a place that was found
TEXT, INTEGER, NUMBER, TRUTH = pa.string(), pa.int64(), pa.float64(), pa.bool_()

BLOCK = 10_000  # rows that are text at once; few enough for little memory


class Optional(NamedTuple):
    """A column's type where a value may be missing."""

    kind: pa.DataType


def _numbers(names: str) -> dict[str, pa.DataType]:
    return dict.fromkeys(names.split(), NUMBER)


def _texts(names: str) -> dict[str, pa.DataType]:
    return dict.fromkeys(names.split(), TEXT)


SCHEMAS = {
    "metrics": _texts("image set standard channel quadrant") | _numbers("beta eta gamma2 Y1 Y2 Y3"),
    "attention": _texts("panel channel word image judge q_judge k_judge") | _numbers("raw deviation"),
    "states": _texts("panel channel alignment image annotation") | _numbers("score weight"),
    "signs": _texts("panel channel word judges images") | dict.fromkeys(("positive", "negative", "zero"), INTEGER),
    "extremes": _texts("panel channel word image set")
    | {"largest": NUMBER, "largest_judge": TEXT, "smallest": NUMBER, "smallest_judge": TEXT},
    "verdicts": _texts("image set")
    | {"score": Optional(NUMBER), "p_value": Optional(NUMBER), "conformal_p_value": Optional(NUMBER)}
    | {"verdict": TEXT, "x": Optional(NUMBER), "y": Optional(NUMBER)}
    | dict.fromkeys(BOX, Optional(INTEGER))
    | {"distance": Optional(NUMBER), "driver": Optional(TEXT), "sensitivity": Optional(NUMBER), "warning": TEXT},
    "boxes": _texts("image set") | dict.fromkeys(BOX, INTEGER) | {"distance": NUMBER},
    "photos": _texts("image set path")
    | {"bytes": INTEGER, "sha256": TEXT, "width": INTEGER, "height": INTEGER}
    | _texts("mask mask_sha256 template template_sha256")  # empty where a photo has none
    | {"brightness": NUMBER, "sharpness": NUMBER}
    | dict.fromkeys(("shift_x", "shift_y", "turn", "quality", "unseen"), Optional(NUMBER))
    | {"unregistered": TRUTH, "problem": TEXT},
    "check": _texts("image set path severity problem"),
    "calibration": {"images": INTEGER, "tail": TEXT, "rate": NUMBER, "threshold": Optional(NUMBER), "worth": TEXT},
    "evaluation": _texts("detector kind")
    | {"images": INTEGER, "normals": INTEGER}
    | dict.fromkeys(
        [
            f"{name}{end}"
            for name in ("auroc", "detection", "false_alarm_rate", "located")
            for end in ("", "_low", "_high")
        ],
        Optional(NUMBER),
    )
    | {"pixel_auroc": Optional(NUMBER), "region_overlap": Optional(NUMBER)},
    "separation": _texts("panel channel word error_kind judge_rule")
    | {"good_images": INTEGER, "error_images": INTEGER}
    | {"auroc": NUMBER, "direction": TEXT, "auroc_permuted_mean": NUMBER, "auroc_permuted_95": NUMBER}
    | {"errors_among_judges": TRUTH},
}


PLACEMENT = {"placement": pa.list_(NUMBER, 5)}  # where images are registered: x, y, turn, quality, unseen


def mosaics_schema(size: int, small: int | None, registered: bool = False) -> dict[str, pa.DataType]:
    """Columns of a table of colour mosaics: the picture's size in pixels, mosaics row by row, a place as R, G, B.

    The second mosaic, of `small` places a side, is for the classical detectors; None where there is none. A mosaic is
    bytes, not a list of numbers, which Parquet writes and reads ten times slower and in ten times the memory.
    """
    counts = {"mosaic": 3 * size * size} | ({"small_mosaic": 3 * small * small} if small else {})
    mosaics = {name: pa.binary(count) for name, count in counts.items()}
    return _texts("image set") | {"width": INTEGER, "height": INTEGER} | mosaics | (PLACEMENT if registered else {})


def distances_schema(size: int, registered: bool = False) -> dict[str, pa.DataType]:
    """Columns of a table of heat maps: the distance of each place in standard deviations, row by row."""
    distances = {"distances": pa.list_(pa.float32(), size * size)}
    return _texts("image set") | distances | (PLACEMENT if registered else {})


def matrices_schema(size: int) -> dict[str, pa.DataType]:
    """Columns of a table of matrices: `values` is the matrix row by row."""
    return _texts("image set channel") | {"values": pa.list_(pa.uint8(), size * size)}


def write_parquet(path: str | Path, columns: dict, schema: dict[str, pa.DataType]) -> None:
    """Write a table as Parquet, checked against its schema."""
    write_joined(path, [columns], schema)


def write_joined(path: str | Path, parts: Iterable[dict], schema: dict[str, pa.DataType]) -> None:
    """Write tables as Parquet, one below the other and each checked against the schema; one is in memory at a time."""
    checked = (_checked(part, schema, path) for part in parts)
    with files.whole(path) as temporary:
        first = next(checked)
        with pq.ParquetWriter(temporary, first.schema) as writer:
            for part in chain([first], checked):
                writer.write_table(part)


def write_csv(path: str | Path, columns: dict, schema: dict[str, pa.DataType]) -> None:
    """Write a table as CSV, checked against its schema; numbers with all their digits.

    UTF-8; where the table holds letters beyond ASCII, with the mark at the start by which spreadsheets tell UTF-8.
    """
    _write_rows(path, list(schema), _checked(columns, schema, path).to_batches(BLOCK))


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
    schema = _texts(" ".join(labels)) | dict.fromkeys(columns, NUMBER)
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


def read_first(path: str | Path, columns: list[str], count: int) -> dict[str, np.ndarray]:
    """The first rows of a Parquet table as `read` has them, or fewer; the others are not looked at."""
    table = _arrow(path, columns, count)
    return {name: _array(table[name]) for name in columns}


def each_column(paths: list[str | Path], columns: list[str] | None = None) -> Iterator[tuple[str, np.ndarray]]:
    """The columns of `read_several` with their names, one after the other: only one is in memory as an array."""
    table = pa.concat_tables([_arrow(path, columns) for path in paths])
    for name in table.column_names:
        yield name, _array(table[name])


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
        yield name, typed(_array(pa.chunked_array([block[number] for block in blocks], TEXT)))


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
        yield [_column(np.array(column), TEXT) for column in zip(*(row for _, row in block), strict=True)]


def typed(cells: Sequence[str]) -> np.ndarray:
    """Cells as whole numbers, numbers or text, whichever fits first."""
    for kind in (np.int64, np.float64):
        try:
            return np.array(cells).astype(kind)
        except ValueError:
            continue
    return np.array(cells)


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


def _array(column: pa.ChunkedArray) -> np.ndarray:
    """A column as numpy; not by `to_numpy`, which imports pandas and takes longer than most jobs."""
    array = column.combine_chunks()
    if pa.types.is_fixed_size_list(array.type):
        return np.from_dlpack(array.flatten()).reshape(len(array), array.type.list_size)
    if pa.types.is_fixed_size_binary(array.type):
        width = array.type.byte_width
        return np.frombuffer(array.buffers()[1], np.uint8, len(array) * width, array.offset * width).reshape(-1, width)
    if array.null_count:
        return np.array(array.to_pylist(), dtype=object)
    if pa.types.is_string(array.type) or pa.types.is_boolean(array.type):
        return np.array(array.to_pylist(), dtype=str if pa.types.is_string(array.type) else bool)
    return np.from_dlpack(array)


def _checked(columns: dict, schema: dict[str, pa.DataType], path: str | Path) -> pa.Table:
    if list(columns) != list(schema):
        raise ValueError(f"{path}: expected the columns {list(schema)}, got {list(columns)}")
    arrays = []
    for name, kind in schema.items():
        try:
            arrays.append(_column(np.asarray(columns[name]), kind))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}: column {name} does not fit its type {kind}: {error}") from error
    if len({len(array) for array in arrays}) > 1:
        lengths = {name: len(array) for name, array in zip(schema, arrays, strict=True)}
        raise ValueError(f"{path}: expected columns of one length, got {lengths}")
    return pa.Table.from_arrays(arrays, names=list(schema))


def _column(values: np.ndarray, kind: pa.DataType) -> pa.Array:
    """A column from its buffers; not by `pa.array`, which imports pandas and takes longer than most jobs."""
    if isinstance(kind, Optional):
        return _with_gaps(values, kind.kind)
    if pa.types.is_fixed_size_list(kind):
        flat = _column(values.reshape(-1), kind.value_type)
        return pa.FixedSizeListArray.from_arrays(flat, kind.list_size)
    if pa.types.is_fixed_size_binary(kind):
        if (values.size and values.dtype != np.uint8) or values.shape[1:] != (kind.byte_width,):
            raise ValueError(f"expected rows of {kind.byte_width} uint8, got {values.dtype} {values.shape}")
        return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])
    if kind == TEXT:
        if values.size and values.dtype.kind != "U":
            raise ValueError(f"expected text, got {values.dtype}")
        encoded = [text.encode() for text in values.tolist()] if values.size else []
        offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
        return pa.StringArray.from_buffers(len(encoded), pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded)))
    data = values.astype(kind.to_pandas_dtype(), casting="same_kind" if values.size else "unsafe")
    if kind == NUMBER and not np.isfinite(data).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(data))} value(s) are missing or not finite")
    if kind == TRUTH:
        data = np.packbits(data, bitorder="little")
    return pa.Array.from_buffers(kind, values.size, [None, pa.py_buffer(np.ascontiguousarray(data))])


def _with_gaps(values: np.ndarray, kind: pa.DataType) -> pa.Array:
    missing = np.array([value is None for value in values.tolist()], bool)
    filled = values.astype(object)
    filled[missing] = {TEXT: "", INTEGER: 0, NUMBER: 0.0}[kind]
    column = _column(np.array(filled.tolist()), kind)
    present = pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.Array.from_buffers(kind, len(missing), [present, *column.buffers()[1:]])


class Mosaics(Sequence):
    """The mosaics of several tables as one sequence of (S, S, 3) uint8; one table is in memory at a time.

    `order` says which row of the tables, taken one below the other, comes first, second, ...
    """

    def __init__(self, paths: list[str], size: int, order: Sequence[int] | None = None) -> None:
        self.paths, self.shape, self.order = paths, (size, size, 3), order
        counts = [pq.ParquetFile(path).metadata.num_rows for path in paths]
        self.ends = np.cumsum(counts)
        self.open, self.rows = -1, None

    def __len__(self) -> int:
        return int(self.ends[-1])

    def __getitem__(self, index: int) -> np.ndarray:
        if not 0 <= index < len(self):
            raise IndexError(index)
        index = index if self.order is None else int(self.order[index])
        table = int(np.searchsorted(self.ends, index, side="right"))
        if table != self.open:
            self.rows = None  # before the next is read
            self.open, self.rows = table, read(self.paths[table], ["mosaic"])["mosaic"]
        return self.rows[index - self.ends[table] + len(self.rows)].reshape(self.shape)
