"""Detector: how every kind of model is used: it looks at a photo, judges what it saw, and shows where."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, Self

import numpy as np

from soart.inspection.calibration import Alarm
from soart.inspection.verdict import Odd, Verdict
from soart.photos.geometry import HERE, Placement


class Box(NamedTuple):
    """Connected places above the alarm's threshold, in pixels of the picture."""

    x0: int
    y0: int
    x1: int
    y1: int
    distance: float  # of its strongest place, in standard deviations of good photos


class Judged(NamedTuple):
    """The verdict on one photo, and where it differs."""

    verdict: Verdict
    heat_map: Callable[[], np.ndarray]  # (S, S) float32, the distance of every place; made when it is asked for
    boxes: Sequence[Box] = ()  # the strongest first, where there may be more than the verdict's
    placement: Placement = HERE  # how the part lay, where the photo was registered: places of the heat map are not so


class Detector(Protocol):
    """A model, whatever it compares photos with: `image_model` or `pair_model`. `models.load` reads either."""

    picture: tuple[int, int]  # (width, height) that photos are brought to, in pixels
    alarm: Alarm
    held_out: np.ndarray  # (n,) float64: scores of good photos that were not learned from
    foreign: np.ndarray  # (n,) bool: good photos of another kind, which do not count in the alarm
    calibrating: np.ndarray  # (m,) float64: the scores of the others, of which the alarm is
    good: tuple[str, ...]  # names of the good photos, where they are known
    odd: tuple[Odd, ...]  # good photos that are unlike the others
    mixture: str  # that no kind of good photos has more than half of them, where that is so
    repeats: int  # good photos that show what another one shows, and were not learned from once more
    beside_template: bool  # whether each photo is compared with a template of its own

    def look(self, photo: Path, template: Path | None = None) -> object:
        """Return what is judged of a photo's file; raises `ValueError` or `OSError` where it cannot be."""

    def judge(self, looked: Sequence) -> list[Judged]:
        """Judge what was looked at, in order; a photo's verdict does not depend on its company."""

    def hidden(self, placement: Placement | None, size: int) -> np.ndarray | None:
        """Return which of size x size places of a photo do not count, (size^2,) bool; None where all do."""

    def with_alarm(self, alarm: Alarm) -> Self:
        """Return the model with another alarm; raises `ValueError` as `calibration.check_alarm`."""
