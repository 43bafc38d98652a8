"""What a photo's template says of it: good or flagged, how sure, and where; as `verdicts` for photos without one."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from soart.inspection import calibration, pairs
from soart.inspection.calibration import Alarm
from soart.inspection.models import PairModel
from soart.inspection.verdict import FLAGGED, Verdict
from soart.photos import reading


class Box(NamedTuple):
    """Connected places above the alarm's threshold, in pixels of the picture."""

    x0: int
    y0: int
    x1: int
    y1: int
    distance: float  # of its strongest place, in standard deviations of good pairs


class Judged(NamedTuple):
    """One photo beside its template."""

    verdict: Verdict
    distances: np.ndarray  # (S, S) float32, standard deviations: the strongest place of each place of the mosaic
    boxes: list[Box]  # the strongest first; none of a photo that is not flagged


def judged(photo: np.ndarray, template: np.ndarray, model: PairModel, alarm: Alarm) -> Judged:
    """The verdict on a photo, (height, width, 3) uint8 BGR, beside its template of the same size."""
    found = pairs.compared(photo, template, model.settings)
    heat = (found.heat - np.float32(model.mean)) * np.float32(1 / model.deviation)
    score = (pairs.score(found.heat, model.settings.top) - model.mean) / model.deviation
    p = calibration.p_values(score, model.held_out)
    verdict = calibration.verdict(p, alarm, len(model.held_out))
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    boxes = _boxes(heat, model, alarm) if verdict == FLAGGED else []
    x0, y0, x1, y1 = boxes[0][:4] if boxes else pairs.pixels(int(column), int(row), 1, 1, model.picture)
    return Judged(
        Verdict(
            score=score,
            p_value=calibration.chosen(p, alarm),
            conformal_p_value=p.conformal,
            verdict=verdict,
            x=min((column + 0.5) * pairs.HALF, float(model.picture[0])),
            y=min((row + 0.5) * pairs.HALF, float(model.picture[1])),
            box_x0=x0,
            box_y0=y0,
            box_x1=x1,
            box_y1=y1,
            distance=float(heat[row, column]),
            driver="brighter" if found.excess[row, column] > 0 else "darker",
        ),
        pairs.by_place(heat, model.picture, model.settings.size),
        boxes,
    )


def _boxes(heat: np.ndarray, model: PairModel, alarm: Alarm) -> list[Box]:
    labels, boxes = pairs.regions(heat, calibration.threshold(alarm, model.held_out), model.picture)
    peaks = [float(heat[labels == number].max()) for number in range(1, len(boxes) + 1)]
    found = [Box(*box, peak) for box, peak in zip(boxes, peaks, strict=True)]
    return sorted(found, key=lambda box: -box.distance)


def read(photo: str | Path, template: str | Path, picture: tuple[int, int], fit: str) -> tuple[np.ndarray, np.ndarray]:
    """A photo and its template in full, brought to the (width, height) of all; raises `ValueError`."""
    return tuple(reading.in_full(str(path), picture, fit) for path in (photo, template))
