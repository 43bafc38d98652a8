"""The only reader and writer of tables: what columns each has, Parquet in full precision, CSV for a spreadsheet.

A table is a dict of equally long columns. Writing checks it against its schema: a missing or additional column, a
wrong type, a gap or a NaN is a `ValueError` and leaves no file behind.
"""

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from soart import files

TEXT, INTEGER, NUMBER, TRUTH = pa.string(), pa.int64(), pa.float64(), pa.bool_()


def _numbers(names: str) -> dict[str, pa.DataType]:
    return dict.fromkeys(names.split(), NUMBER)


def _texts(names: str) -> dict[str, pa.DataType]:
    return dict.fromkeys(names.split(), TEXT)


SCHEMAS = {
    "metrics": _texts("image set standard channel quadrant") | _numbers("beta eta gamma2 Y1 Y2 Y3"),
    "attention": _texts("panel channel word image judge q_judge k_judge") | _numbers("raw deviation"),
    "states": _texts("panel channel alignment image annotation") | _numbers("score weight"),
    "signs": _texts("panel channel word judges images")
    | dict.fromkeys(("positive", "negative", "zero"), INTEGER),
    "extremes": _texts("panel channel word image set")
    | {"largest": NUMBER, "largest_judge": TEXT, "smallest": NUMBER, "smallest_judge": TEXT},
    "separation": _texts("panel channel word error_kind judge_rule")
    | {"good_images": INTEGER, "error_images": INTEGER}
    | {"auroc": NUMBER, "direction": TEXT, "auroc_permuted_mean": NUMBER, "auroc_permuted_95": NUMBER}
    | {"errors_among_judges": TRUTH},
}


def matrices_schema(size: int) -> dict[str, pa.DataType]:
    """Columns of a table of matrices: `values` is the matrix row by row."""
    return _texts("image set channel") | {"values": pa.list_(pa.uint8(), size * size)}


def write_parquet(path: str | Path, columns: dict, schema: dict[str, pa.DataType]) -> None:
    """Write a table as Parquet, checked against its schema."""
    with files.whole(path) as temporary:
        pq.write_table(_checked(columns, schema, path), temporary)


def write_csv(path: str | Path, columns: dict, schema: dict[str, pa.DataType]) -> None:
    """Write a table as CSV, checked against its schema; numbers with all their digits.

    UTF-8; where the table holds letters beyond ASCII, with the mark at the start by which spreadsheets tell UTF-8.
    """
    rows = zip(*_checked(columns, schema, path).to_pydict().values(), strict=True)
    ascii_only = all(
        str(text).isascii()
        for name in columns
        for text in ([name, *columns[name]] if schema[name] == TEXT else [name])
    )
    with (
        files.whole(path) as temporary,
        temporary.open("w", encoding="utf-8" if ascii_only else "utf-8-sig", newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(schema)
        writer.writerows(rows)


def write_wide(path: str | Path, labels: dict[str, list[str]], columns: list[str], values: np.ndarray) -> None:
    """Write a score sheet as CSV: text columns `labels`, then one number column for each of `columns`.

    `values` is (rows, len(columns)).
    """
    if len(set(columns)) != len(columns):
        raise ValueError(f"{path}: expected different column names, got {columns}")
    numbers = dict(zip(columns, np.asarray(values).T, strict=True))
    schema = _texts(" ".join(labels)) | dict.fromkeys(columns, NUMBER)
    write_csv(path, labels | numbers, schema)


def write_matrix(path: str | Path, matrix: np.ndarray) -> None:
    """Write one matrix in the seed's form: integers, comma, no header."""
    with files.whole(path) as temporary:
        np.savetxt(temporary, matrix, fmt="%d", delimiter=",")


def read(path: str | Path, columns: list[str] | None = None) -> dict[str, np.ndarray]:
    """Read a Parquet table; a column of fixed lists becomes a (rows, length) array.

    Raises `ValueError` naming the file where it is not Parquet or lacks one of `columns`.
    """
    try:
        table = pq.read_table(path)
    except pa.ArrowInvalid as error:
        raise ValueError(f"{path}: expected a Parquet table, got a file that is none ({error})") from error
    missing = sorted(set(columns or ()) - set(table.column_names))
    if missing:
        raise ValueError(
            f"{path}: expected the column(s) {', '.join(missing)}, got {', '.join(table.column_names)}; delete the "
            "file and run the workflow again"
        )
    return {name: _array(table[name]) for name in columns or table.column_names}


def read_several(paths: list[str], columns: list[str] | None = None) -> dict[str, np.ndarray]:
    """Read Parquet tables of the same columns, one below the other, in the order of `paths`."""
    parts = [read(path, columns) for path in paths]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def stacked(parts: list[dict]) -> dict[str, np.ndarray]:
    """Tables of the same columns, one below the other; a column that is a single value holds it in every row of its part."""
    heights = [max(np.size(column) for column in part.values() if np.ndim(column)) for part in parts]
    return {
        name: np.concatenate([np.broadcast_to(part[name], rows) for part, rows in zip(parts, heights, strict=True)])
        for name in parts[0]
    }


def _array(column: pa.ChunkedArray) -> np.ndarray:
    if pa.types.is_fixed_size_list(column.type):
        flat = column.combine_chunks().flatten().to_numpy()
        return flat.reshape(len(column), column.type.list_size)
    return column.to_numpy()


def _checked(columns: dict, schema: dict[str, pa.DataType], path: str | Path) -> pa.Table:
    if list(columns) != list(schema):
        raise ValueError(f"{path}: expected the columns {list(schema)}, got {list(columns)}")
    try:
        arrays = [_column(columns[name], kind) for name, kind in schema.items()]
        table = pa.table(arrays, names=list(schema))
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise ValueError(f"{path}: a column does not fit its type: {error}") from error
    for name, kind in schema.items():
        gaps = table[name].null_count
        if kind == NUMBER:
            gaps += int(np.count_nonzero(~np.isfinite(table[name].to_numpy())))
        if gaps:
            raise ValueError(f"{path}: column {name} has {gaps} value(s) that are missing or not finite")
    return table


def _column(values, kind: pa.DataType) -> pa.Array:
    if pa.types.is_fixed_size_list(kind):
        flat = np.ascontiguousarray(values).reshape(-1)
        return pa.FixedSizeListArray.from_arrays(pa.array(flat, kind.value_type), kind.list_size)
    return pa.array(values, kind)
