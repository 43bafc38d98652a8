"""A jury: the good photos as judges, by words of one kind. What juries of every kind have in common."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from soart.photos.encodings import Encoding
from soart.photos.geometry import Placement

OUT_OF_VIEW = "nothing that counts is in view; let the photo show the region of interest"


class Seen(NamedTuple):
    """Seen: what juries look at of one photo."""

    saved: Encoding
    placement: Placement | None  # how the part lay, where it was registered
    mosaic: np.ndarray | None = None  # (S, S, 3) uint8 RGB, for words of colour
    small: np.ndarray | None = None  # (side, side, 3) uint8 BGR, for words of a network
    original: tuple[int, int] | None = None  # (width, height) in pixels of its file that are compared, where known


class Found(NamedTuple):
    """Found: what one jury finds of one photo; places are counted row by row."""

    score: float  # mean of the largest distances, in part the whole's; in standard deviations of good photos
    place: int  # the strongest
    distance: float  # there
    kind: Callable[[], str]  # the kind of difference that drives it
    above: Callable[[float], np.ndarray]  # (size, size) bool: which places reach a distance
    heat_map: Callable[[], np.ndarray]  # (size, size) float32: the distance of every place
    sensitivity: float | None = None  # brightness beside the good photos', where the jury tells
    warning: str = ""


class Jury(Protocol):
    """A jury, `colour_jury` or `network_jury`: what it learned from n good photos, and how it finds differences."""

    name: str
    size: int  # places a side
    held_out: np.ndarray  # (n,) float64: the score of each good photo while it was not learned from

    def find(self, photos: Sequence[Seen], hidden: Sequence[np.ndarray | None]) -> list[Found | str]:
        """Return what is found of each photo, or why it cannot be compared; `hidden`, (T,) bool: not to count."""
