"""The mosaics of a whole run, read when they are asked for."""

import tempfile
from collections.abc import Sequence

import numpy as np

from soart.inspection import models
from soart.inspection.calibration import Alarm
from soart.inspection.distances import Settings
from soart.photos import encodings, geometry, registration
from soart.storage import tables
from soart.storage.schemas import ENCODING, PLACEMENT


class Mosaics(Sequence):
    """The mosaics of several tables as one sequence of (S, S, 3) uint8, in a temporary file of 3 S^2 bytes each.

    Each table is read once; in whatever order mosaics are asked for, memory holds one.
    """

    def __init__(self, paths: list[str], size: int) -> None:
        self.shape, self.bytes = (size, size, 3), 3 * size**2
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 (it is open, and on the disk, as long as the sequence is)
        for path in paths:
            self.file.write(np.ascontiguousarray(tables.read(path, ["mosaic"])["mosaic"]))
        self.count = self.file.tell() // self.bytes

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> np.ndarray:
        if not 0 <= index < len(self):
            raise IndexError(index)
        self.file.seek(self.bytes * int(index))
        return np.frombuffer(self.file.read(self.bytes), np.uint8).reshape(self.shape)


def learn_from_tables(
    paths: list[str], settings: Settings, alarm: Alarm, anchor: registration.Anchor | None
) -> models.Model:
    """Return the model of the good images in some tables of mosaics; `anchor`: what they were registered on.

    Raises `ValueError` as `models.learn`, and where the pictures are not all of one size.
    """
    placed = list(PLACEMENT) if anchor else []
    table = tables.read_several(paths, ["image", "width", "height", *ENCODING, *placed])
    picture = one_size(table["width"], table["height"], paths[0])
    good, placements = Mosaics(paths, settings.size), geometry.of_table(table)
    learned = models.learn(good, picture, settings, alarm, table["image"].tolist(), placements)
    return learned._replace(anchor=anchor, saved=encodings.learned(encodings.of_table(table)))


def one_size(widths: np.ndarray, heights: np.ndarray, path: str) -> tuple[int, int]:
    """Return the (width, height) of all good images; raises `ValueError` naming the file where they differ."""
    sizes, counts = np.unique(np.stack([widths, heights], axis=1), axis=0, return_counts=True)
    if len(sizes) > 1:
        found = ", ".join(f"{count} of {w} x {h}" for (w, h), count in zip(sizes.tolist(), counts, strict=True))
        raise ValueError(f"{path}: expected good images of one size in pixels, got {found}")
    return tuple(sizes[0].tolist())
