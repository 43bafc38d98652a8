"""Columns as numpy has them and as Arrow has them, and cells of text as numbers.

For many numbers, between jobs: without pandas, because its import takes longer than most jobs. `pa.array`, even of a
list, and Arrow's own `to_numpy` import pandas wherever it is installed. No other plain call makes a column of numpy's
numbers, so buffers are handed over, until a test says that Arrow imports pandas no more. Tables for people: frames.py.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from soart.storage.schemas import Column, Schema

ARROW_TYPES = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "truth": pa.bool_(),
    "float32": pa.float32(),
    "uint8": pa.uint8(),
}
FILLING = {"text": "", "integer": 0, "number": 0.0}  # stands in gaps, where nobody sees it


def arrow_type(column: Column) -> pa.DataType:
    """Return the type that a column has in Arrow and in Parquet."""
    if column.kind == "bytes":
        return pa.binary(column.width)
    return pa.list_(ARROW_TYPES[column.kind], column.width) if column.width else ARROW_TYPES[column.kind]


def arrow_schema(schema: Schema) -> pa.Schema:
    """Return a schema as Arrow has it; each column carries its sentence and its unit."""
    return pa.schema(
        [
            pa.field(name, arrow_type(column), metadata={"description": column.about, "unit": column.unit})
            for name, column in schema.items()
        ]
    )


def to_numpy(column: pa.ChunkedArray) -> np.ndarray:
    """Return a column as numpy; fixed lists and bytes as (rows, width), gaps as None in an array of objects."""
    array = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if pa.types.is_fixed_size_list(array.type):
        width = array.type.list_size
        inside = array.values.slice(array.offset * width, len(array) * width)  # `flatten` imports pyarrow.compute
        return np.from_dlpack(inside).reshape(-1, width)
    if pa.types.is_fixed_size_binary(array.type):
        width = array.type.byte_width
        return np.frombuffer(array.buffers()[1], np.uint8, len(array) * width, array.offset * width).reshape(-1, width)
    if array.null_count:
        return np.array(array.to_pylist(), dtype=object)
    if pa.types.is_string(array.type) or pa.types.is_boolean(array.type):
        return np.array(array.to_pylist(), dtype=str if pa.types.is_string(array.type) else bool)
    return np.from_dlpack(array)


def table_of(columns: dict, schema: Schema, path: str | Path) -> pa.Table:
    """Return a table as Arrow has it, checked against its schema; `ValueError` names the file and what does not fit."""
    if list(columns) != list(schema):
        raise ValueError(f"{path}: expected the columns {list(schema)}, got {list(columns)}")
    arrays = []
    for name, column in schema.items():
        try:
            arrays.append(to_arrow(np.asarray(columns[name]), column))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}: column {name} does not fit its type {arrow_type(column)}: {error}") from error
    if len({len(array) for array in arrays}) > 1:
        lengths = {name: len(array) for name, array in zip(schema, arrays, strict=True)}
        raise ValueError(f"{path}: expected columns of one length, got {lengths}")
    return pa.Table.from_arrays(arrays, schema=arrow_schema(schema))


def to_arrow(values: np.ndarray, column: Column) -> pa.Array:
    """Return a column's values as Arrow has them; raises `ValueError` or `TypeError` where they do not fit."""
    if column.gaps:
        missing = np.array([value is None for value in values.tolist()], bool)
        filled = values.astype(object)
        filled[missing] = FILLING[column.kind]
        whole = to_arrow(np.array(filled.tolist()), column._replace(gaps=False))
        present = pa.py_buffer(np.packbits(~missing, bitorder="little"))
        return pa.Array.from_buffers(whole.type, len(missing), [present, *whole.buffers()[1:]])
    if column.kind == "bytes":
        if (values.size and values.dtype != np.uint8) or values.shape[1:] != (column.width,):
            raise ValueError(f"expected rows of {column.width} uint8, got {values.dtype} {values.shape}")
        rows = pa.py_buffer(np.ascontiguousarray(values))
        return pa.Array.from_buffers(arrow_type(column), len(values), [None, rows])
    if column.width:
        flat = to_arrow(values.reshape(-1), column._replace(width=0))
        return pa.FixedSizeListArray.from_arrays(flat, column.width)
    if column.kind == "text":
        if values.size and values.dtype.kind != "U":
            raise ValueError(f"expected text, got {values.dtype}")
        encoded = [text.encode() for text in values.tolist()] if values.size else []
        offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
        return pa.StringArray.from_buffers(len(encoded), pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded)))
    kind = ARROW_TYPES[column.kind]
    data = values.astype(kind.to_pandas_dtype(), casting="same_kind" if values.size else "unsafe")
    if column.kind == "number" and not np.isfinite(data).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(data))} value(s) are missing or not finite")
    if column.kind == "truth":
        data = np.packbits(data, bitorder="little")
    return pa.Array.from_buffers(kind, values.size, [None, pa.py_buffer(np.ascontiguousarray(data))])


def type_cells(cells: Sequence[str]) -> np.ndarray:
    """Return cells as whole numbers, numbers or text, whichever fits first."""
    for kind in (np.int64, np.float64):
        try:
            return np.array(cells).astype(kind)
        except ValueError:
            continue
    return np.array(cells)
