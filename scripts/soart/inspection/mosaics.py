"""The mosaics and pictures of a whole run, read when they are asked for."""

import math
import tempfile
from collections.abc import Sequence

import numpy as np

from soart.photos import region as regions
from soart.photos import resaving
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


class InnerCopies(Sequence):
    """Copies of pictures that were saved anew: each is a `region.inner_copy` when it is asked for.

    `picture`, (width, height), are the pixels of the photos, in which copies were made.
    """

    def __init__(
        self,
        copies: Sequence[np.ndarray],
        own: Sequence[np.ndarray],
        region: np.ndarray | None,
        size: int,
        picture: tuple[int, int],
    ) -> None:
        self.copies, self.own, self.region, self.size, self.picture = copies, own, region, size, picture

    def __len__(self) -> int:
        return len(self.copies)

    def __getitem__(self, index: int) -> np.ndarray:
        copy = self.copies[index]
        reach = math.ceil(resaving.REACH * len(copy) / min(self.picture))
        return regions.inner_copy(copy, self.own[index], self.region, self.size, reach)


class Shown(Sequence):
    """Pictures of which a region counts: each is `region.shown` by `size` x `size` places when it is asked for."""

    def __init__(self, pictures: Sequence[np.ndarray], region: np.ndarray | None, size: int) -> None:
        self.pictures, self.region, self.size = pictures, region, size

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> np.ndarray:
        return regions.shown(self.pictures[index], self.region, self.size)


def within(
    own: Sequence[np.ndarray],
    copies: Sequence[np.ndarray] | None,
    region: np.ndarray | None,
    size: int,
    picture: tuple[int, int],
) -> tuple[Shown, Shown | None]:
    """Return what is learned from of good photos' pictures and of their copies that were saved anew, if there are any.

    Of both a `region` by `size` x `size` places; copies were made of photos of `picture`, (width, height).
    """
    if copies is not None:
        copies = Shown(InnerCopies(copies, own, region, size, picture), region, size)
    return Shown(own, region, size), copies
