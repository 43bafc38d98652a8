"""Networks as ONNX: the few bytes of that form that a plain convolutional network needs, written by hand.

The form is a protocol buffer: fields, each with its number and either a whole number or some bytes with their length.
Field numbers are those of onnx.proto (https://github.com/onnx/onnx, version 8 of the form, operators of version 13).
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

FORM, OPERATORS = 8, 13
FLOAT, INTEGER, INTEGERS = 1, 2, 7  # of onnx.proto: kinds of attributes; FLOAT is the type of an array's numbers, too


def varint(number: int) -> bytes:
    """Return a whole number >= 0 in groups of seven bits, the least first."""
    groups = bytearray()
    while number > 127:
        groups.append(number & 127 | 128)
        number >>= 7
    return bytes([*groups, number])


def integer(field: int, number: int) -> bytes:
    """Return a field that is a whole number."""
    return varint(field << 3) + varint(number)


def content(field: int, value: bytes | str) -> bytes:
    """Return a field that is text, bytes, or fields in turn."""
    value = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(value)) + value


def array(name: str, values: np.ndarray) -> bytes:
    """Return an array of the graph, as float32."""
    shape = b"".join(integer(1, side) for side in values.shape)
    return content(5, shape + integer(2, FLOAT) + content(8, name) + content(9, values.astype("<f4").tobytes()))


def node(operator: str, inputs: Sequence[str], output: str, **attributes: int | Sequence[int]) -> bytes:
    """Return a node of the graph: an operator, the names of what it takes and of what it gives."""
    parts = [content(1, name) for name in inputs] + [content(2, output), content(3, output), content(4, operator)]
    for name, value in attributes.items():
        if isinstance(value, int):
            body = integer(3, value) + integer(20, INTEGER)
        else:
            body = b"".join(integer(8, each) for each in value) + integer(20, INTEGERS)
        parts.append(content(5, content(1, name) + body))
    return content(1, b"".join(parts))


def model(parts: Iterable[bytes], given: tuple[str, Sequence[int]], made: Sequence[tuple[str, Sequence[int]]]) -> bytes:
    """Return a whole file from a graph's arrays and nodes, in order, its input and its outputs: (name, shape)."""
    graph = b"".join(parts) + content(2, "graph") + _value(11, *given) + b"".join(_value(12, *each) for each in made)
    return integer(1, FORM) + content(8, content(1, "") + integer(2, OPERATORS)) + content(7, graph)


def _value(field: int, name: str, shape: Sequence[int]) -> bytes:
    sides = content(2, b"".join(content(1, integer(1, side)) for side in shape))
    return content(field, content(1, name) + content(2, content(1, integer(1, FLOAT) + sides)))


def damaged_arrays(file: bytes) -> list[str]:
    """Return the names of a file's float32 arrays with values that are no numbers, which OpenCV takes for large ones.

    Raises `ValueError` where the file is no protocol buffer.
    """
    graphs = [value for field, value in _fields(file) if field == 7]
    arrays = [dict(_fields(value)) for graph in graphs for field, value in _fields(graph) if field == 5]
    return [
        each.get(8, b"").decode(errors="replace")
        for each in arrays
        if each.get(2) == FLOAT and not np.isfinite(np.frombuffer(_numbers(each), "<f4")).all()
    ]


def _numbers(tensor: dict[int, int | bytes]) -> bytes:
    numbers = tensor.get(9, tensor.get(4, b""))  # as bytes, or as packed numbers
    return numbers if isinstance(numbers, bytes) else b""


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the fields of a message, in order: number, and whole number or bytes."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        if key & 7 == 0:
            value, at = _varint(message, at)
        else:
            length, at = {1: (8, at), 5: (4, at)}.get(key & 7) or _varint(message, at)
            value, at = message[at : at + length], at + length
        if at > len(message) or key & 7 not in (0, 1, 2, 5):
            raise ValueError("it ends too early")
        yield key >> 3, value


def _varint(message: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while at < len(message) and shift < 64:
        number |= (message[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if message[at - 1] < 128:
            return number, at
    raise ValueError("it ends too early")
