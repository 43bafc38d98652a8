"""What inspection says of one picture: good or flagged, how sure, where, and what drives it."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from soart.inspection import calibration
from soart.inspection import distances as inspection
from soart.inspection.calibration import Alarm
from soart.inspection.distances import Findings
from soart.inspection.models import Model
from soart.inspection.verdict import FLAGGED, Verdict
from soart.photos import encodings, geometry
from soart.photos.encodings import Encoding
from soart.photos.geometry import Placement

SENSITIVITY_MARGIN = 0.05  # beyond the good images' range, before brightness is worth a warning


def judged(mosaic: np.ndarray, model: Model, alarm: Alarm) -> Verdict:
    """The verdict on one picture's mosaic, (S, S, 3) uint8; without light: not compared, and why."""
    return judged_all([mosaic], model, alarm)[0]


def judged_all(
    mosaics: Sequence[np.ndarray], model: Model, alarm: Alarm, placements: Sequence[Placement] = ()
) -> list[Verdict]:
    """`judged` for several mosaics at once: the same verdicts, sooner.

    `placements` say how the part lay in each picture, where they were registered: then places are those of the pictures
    as taken, and what these do not show raises no alarm.
    """
    spoken, dark = {}, {}
    for index, mosaic in enumerate(mosaics):
        try:
            hidden = unseen(model, placements[index]) if placements else None
            spoken[index] = inspection.sentence(mosaic, model.judges, model.settings, hidden)
        except ValueError as error:
            dark[index] = Verdict(warning=str(error))
    found = inspection.inspect_all(list(spoken.values()), model.judges, model.settings) if spoken else []
    lit = {index: _verdict(each, model, alarm) for index, each in zip(spoken, found, strict=True)}
    verdicts = [(lit | dark)[index] for index in range(len(mosaics))]
    if not placements:
        return verdicts
    return [as_taken(*each, model.picture) for each in zip(verdicts, placements, strict=True)]


def heat_map(mosaic: np.ndarray, model: Model, placement: Placement | None = None) -> np.ndarray:
    """The distance of every place, (S, S) float32, as `judged_all` has it; of a registered picture with how it lay."""
    hidden = None if placement is None else unseen(model, placement)
    return inspection.heat_map(mosaic, model.judges, model.settings, hidden)


def unseen(model: Model, placement: Placement) -> np.ndarray:
    """Which places of a registered picture's mosaic it does not show: (T,) bool."""
    return geometry.unseen_places(placement, model.picture, model.settings.size)


def _verdict(found: Findings, model: Model, alarm: Alarm) -> Verdict:
    p = calibration.p_values(found.score, model.held_out)
    verdict = calibration.verdict(p, alarm, len(model.held_out))
    size, place = model.settings.size, int(found.places[0])
    width, height = model.picture
    level = calibration.threshold(alarm, model.held_out) if verdict == FLAGGED else None
    return Verdict(
        found.score,
        calibration.chosen(p, alarm),
        p.conformal,
        verdict,
        (place % size + 0.5) * width / size,
        (place // size + 0.5) * height / size,
        *box(found, model, place, level),
        float(found.distances[0]),
        driver(found.sentence, place, model),
        found.sensitivity,
        brightness_warning(found.sensitivity, model.sensitivities),
    )


def box(found: Findings, model: Model, place: int, level: float | None) -> tuple[int, int, int, int]:
    """(x0, y0, x1, y1) in pixels around the places connected with `place` (8 neighbours) that reach `level`.

    Without a level, or where `place` itself is below it: around the place alone.
    """
    size, above = model.settings.size, np.zeros(model.settings.size**2, bool)
    row, column = divmod(place, size)
    left, top, right, bottom = column, row, column + 1, row + 1
    if level is not None:
        places = np.flatnonzero(found.bounds >= level - inspection.MARGIN)  # no other reaches it
        above[places] = inspection.distances(found.sentence, model.judges, model.settings.shift, places) >= level
        if above[place]:
            grid = above.reshape(size, size).astype(np.uint8)
            _, labels, stats, _ = cv2.connectedComponentsWithStats(grid, connectivity=8)
            left, top, columns, rows = (int(value) for value in stats[labels[row, column], :4])
            right, bottom = left + columns, top + rows
    width, height = model.picture
    return left * width // size, top * height // size, -(-right * width // size), -(-bottom * height // size)


def driver(sentence: np.ndarray, place: int, model: Model) -> str:
    """What drives the distance at a place: `brightness` or `shape`.

    With b = s.m / m.m, the slope of the measured word s on the mean good word m through the origin, (b - 1) m
    is what a mere change of brightness explains of s - m: brightness, if that is more than half of |s - m|^2;
    s as the reading that decides takes it.
    """
    judges = model.judges
    offset = inspection.deciding_offset(sentence, judges, model.settings.shift, place)
    mean = judges.mean[place].astype(np.float64)
    explained = (offset @ mean) ** 2 / (mean @ mean)  # |(b - 1) m|^2
    return "brightness" if explained > 0.5 * (offset @ offset) else "shape"


def brightness_warning(sensitivity: float, good: np.ndarray) -> str:
    """A sentence where a picture is darker or brighter than good ones: words are divided by that."""
    low, high = good.min() - SENSITIVITY_MARGIN, good.max() + SENSITIVITY_MARGIN
    if low <= sensitivity <= high:
        return ""
    how = "darker" if sensitivity < low else "brighter"
    return (
        f"{how} than the good pictures: brightness {sensitivity:.2f} of theirs, "
        f"which was {good.min():.2f} to {good.max():.2f}; check light and camera"
    )


def warned(verdict: Verdict, saved: Encoding, model: Model) -> Verdict:
    """The verdict with one more warning, where the picture was saved otherwise than the good ones."""
    return verdict._replace(warning=_together(verdict.warning, encodings.warning(saved, model.saved)))


def _together(*warnings: str) -> str:
    return "; ".join(filter(None, warnings))


def as_taken(verdict: Verdict, placement: Placement, picture: tuple[int, int]) -> Verdict:
    """The verdict on a registered picture, (width, height), with place and box where the picture as taken has them.

    The box is the one around the corners of the turned one; a warning says how much of the part is out of view.
    """
    warning = _together(verdict.warning, geometry.warning(placement))
    if verdict.score is None:
        return verdict._replace(warning=warning)
    x0, y0, x1, y1 = verdict.box_x0, verdict.box_y0, verdict.box_x1, verdict.box_y1
    points = np.array([(verdict.x, verdict.y), (x0, y0), (x1, y0), (x0, y1), (x1, y1)])
    points = np.clip(geometry.points_as_taken(points, placement, picture), 0, picture)
    (x, y), corners = points[0].tolist(), points[1:]
    x0, y0 = np.floor(corners.min(axis=0)).astype(int).tolist()
    x1, y1 = np.ceil(corners.max(axis=0)).astype(int).tolist()
    return verdict._replace(x=x, y=y, box_x0=x0, box_y0=y0, box_x1=x1, box_y1=y1, warning=warning)


def check_size(path: str | Path, picture: tuple[int, int], expected: tuple[int, int]) -> None:
    """Raises `ValueError` where a picture, (width, height), is not of the model's size."""
    if picture != expected:
        got, wanted = (f"{width} x {height} pixels" for width, height in (picture, expected))
        raise ValueError(f"{path}: expected {wanted}, as the model was made for, got {got}; photograph alike")
