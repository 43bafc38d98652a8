"""Rows: an array that is on disk, for more numbers than memory should hold."""

import math
import tempfile
from collections.abc import Iterator

import numpy as np


class Rows:
    """A (count, *shape) float32 array in a temporary file, a row at a time: memory does not grow with `count`."""

    def __init__(self, count: int, *shape: int) -> None:
        self.count, self.shape, self.size = count, shape, 4 * math.prod(shape)

    def __enter__(self) -> "Rows":
        self.file = tempfile.TemporaryFile()
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def __len__(self) -> int:
        return self.count

    def __contains__(self, row: object) -> bool:
        return any(np.array_equal(row, each) for each in self)

    def __setitem__(self, index: int, row: np.ndarray) -> None:
        self.file.seek(self.size * int(index))
        self.file.write(row.astype(np.float32).tobytes())

    def __iter__(self) -> Iterator[np.ndarray]:
        self.file.seek(0)
        for _ in range(self.count):
            yield np.frombuffer(self.file.read(self.size), np.float32).reshape(self.shape)
