"""The mosaics and pictures of a whole run, read when they are asked for."""

import tempfile
from collections.abc import Sequence

import numpy as np

from soart.photos import region as regions
from soart.storage import tables


class Mosaics(Sequence):
    """The mosaics of several tables as one sequence of (S, S, 3) uint8, in a temporary file of 3 S^2 bytes each.

    Each table is read once; in whatever order mosaics are asked for, memory holds one. `rows`: only these of them, in
    that order. `column`: what is read of the tables, pictures of a network as well as mosaics.
    """

    def __init__(self, paths: list[str], size: int, rows: np.ndarray | None = None, column: str = "mosaic") -> None:
        self.shape, self.bytes, self.rows = (size, size, 3), 3 * size**2, rows
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 (it is open, and on the disk, as long as the sequence is)
        for path in paths:
            for group in tables.batches(path, column):
                self.file.write(np.ascontiguousarray(group))
        self.count = self.file.tell() // self.bytes

    def __len__(self) -> int:
        return self.count if self.rows is None else len(self.rows)

    def __getitem__(self, index: int) -> np.ndarray:
        if not 0 <= index < len(self):
            raise IndexError(index)
        self.file.seek(self.bytes * int(index if self.rows is None else self.rows[index]))
        return np.frombuffer(self.file.read(self.bytes), np.uint8).reshape(self.shape)


class Shown(Sequence):
    """Pictures of which a region counts: each is `region.shown` by `size` x `size` places when it is asked for."""

    def __init__(self, pictures: Sequence[np.ndarray], region: np.ndarray | None, size: int) -> None:
        self.pictures, self.region, self.size = pictures, region, size

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> np.ndarray:
        return regions.shown(self.pictures[index], self.region, self.size)
