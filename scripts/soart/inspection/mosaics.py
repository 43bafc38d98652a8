"""The mosaics of a whole run, read when they are asked for."""

from collections.abc import Sequence

import numpy as np

from soart.storage import tables


class Mosaics(Sequence):
    """The mosaics of several tables as one sequence of (S, S, 3) uint8; one table is in memory at a time.

    `order` says which row of the tables, taken one below the other, comes first, second, ...
    """

    def __init__(self, paths: list[str], size: int, order: Sequence[int] | None = None) -> None:
        self.paths, self.shape, self.order = paths, (size, size, 3), order
        self.ends = np.cumsum([tables.count_rows(path) for path in paths])
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
            self.open, self.rows = table, tables.read(self.paths[table], ["mosaic"])["mosaic"]
        return self.rows[index - self.ends[table] + len(self.rows)].reshape(self.shape)
