"""Columns as numpy has them and as Arrow has them, and cells of text as numbers."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from soart.storage.schemas import INTEGER, NUMBER, TEXT, TRUTH, Optional


def to_numpy(column: pa.ChunkedArray) -> np.ndarray:
    """A column as numpy; not by Arrow's `to_numpy`, which imports pandas and takes longer than most jobs."""
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


def table_of(columns: dict, schema: dict[str, pa.DataType], path: str | Path) -> pa.Table:
    """A table as Arrow has it, checked against its schema; `ValueError` names the file and what does not fit."""
    if list(columns) != list(schema):
        raise ValueError(f"{path}: expected the columns {list(schema)}, got {list(columns)}")
    arrays = []
    for name, kind in schema.items():
        try:
            arrays.append(to_arrow(np.asarray(columns[name]), kind))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path}: column {name} does not fit its type {kind}: {error}") from error
    if len({len(array) for array in arrays}) > 1:
        lengths = {name: len(array) for name, array in zip(schema, arrays, strict=True)}
        raise ValueError(f"{path}: expected columns of one length, got {lengths}")
    return pa.Table.from_arrays(arrays, names=list(schema))


def to_arrow(values: np.ndarray, kind: pa.DataType) -> pa.Array:
    """A column from its buffers; not by `pa.array`, which imports pandas and takes longer than most jobs."""
    if isinstance(kind, Optional):
        return _with_gaps(values, kind.kind)
    if pa.types.is_fixed_size_list(kind):
        flat = to_arrow(values.reshape(-1), kind.value_type)
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
    column = to_arrow(np.array(filled.tolist()), kind)
    present = pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.Array.from_buffers(kind, len(missing), [present, *column.buffers()[1:]])


def typed(cells: Sequence[str]) -> np.ndarray:
    """Cells as whole numbers, numbers or text, whichever fits first."""
    for kind in (np.int64, np.float64):
        try:
            return np.array(cells).astype(kind)
        except ValueError:
            continue
    return np.array(cells)
