"""The model that compares each photo with a template of its own, and its form as a file."""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from soart.inspection import calibration, pairs
from soart.inspection.calibration import Alarm
from soart.inspection.detector import Box, Judged
from soart.inspection.stored import Stored
from soart.inspection.verdict import FLAGGED, Odd, Verdict
from soart.photos import reading

LIMITS = {"size": (1, 1000), "reach": (0, 100), "patch": (1, 999), "top": (1, 1000)}
LIMITS |= {"edges": (1e-9, 1e9), "tau": (1e-6, 100), "share": (0, 1)}


class PairModel(NamedTuple):
    """Pair model: how photos are compared with their templates, and how sure that is."""

    picture: tuple[int, int]  # (width, height) that photos and templates are brought to, in pixels
    settings: pairs.Settings
    alarm: Alarm
    mean: float  # of the heat of good pairs
    deviation: float  # its standard deviation: the unit of every score and distance
    held_out: np.ndarray  # (n,) float64: scores of the good pairs
    good: tuple[str, ...] = ()  # names of the good photos, where they are known

    anchor = None  # a photo lies as its template does
    beside_template = True
    repeats = 0  # of pairs they are not looked for
    mixture = ""  # nor are kinds

    @property
    def size(self) -> int:
        """S, places of the heat map a side."""
        return self.settings.size

    @property
    def fit(self) -> str:
        """Return how photos of another aspect are brought to the picture."""
        return self.settings.fit

    @property
    def foreign(self) -> np.ndarray:
        """Which good photos do not count in the alarm, (n,) bool: none."""
        return np.zeros(len(self.held_out), bool)

    @property
    def calibrating(self) -> np.ndarray:
        """The scores that the alarm is of, (n,): all."""
        return self.held_out

    @property
    def odd(self) -> tuple[Odd, ...]:
        """The good photos that are less like their templates than the others are, the oddest first."""
        return calibration.named_odd(self.good, self.held_out, kept=False)

    def with_alarm(self, alarm: Alarm) -> Self:
        """Return the model with another alarm; raises `ValueError` as `calibration.check_alarm`."""
        calibration.check_alarm(alarm)
        return self._replace(alarm=alarm)

    def hidden(self, placement: None, size: int) -> None:
        """Return that all places count."""

    def look(self, photo: str | Path, template: str | Path) -> tuple[np.ndarray, np.ndarray]:
        """Return a photo and its template in full, (height, width, 3) uint8 BGR each; raises `ValueError`."""
        return tuple(reading.read_in_full(str(path), self.picture, self.fit) for path in (photo, template))

    def judge(self, looked: Sequence[tuple[np.ndarray, np.ndarray]]) -> list[Judged]:
        """Judge photos beside their templates, in order."""
        return [self._judged(*each) for each in looked]

    def _judged(self, photo: np.ndarray, template: np.ndarray) -> Judged:
        found = pairs.compare(photo, template, self.settings)
        heat = (found.heat - np.float32(self.mean)) * np.float32(1 / self.deviation)
        score = (pairs.score(found.heat, self.settings.top) - self.mean) / self.deviation
        p = calibration.p_values(score, self.held_out)
        verdict = calibration.verdict(p, self.alarm, len(self.held_out))
        row, column = np.unravel_index(heat.argmax(), heat.shape)
        boxes = self._boxes(heat) if verdict == FLAGGED else []
        x0, y0, x1, y1 = boxes[0][:4] if boxes else pairs.pixels(int(column), int(row), 1, 1, self.picture)
        verdict = Verdict(
            score=score,
            p_value=calibration.claimed(p, self.alarm, len(self.held_out)),
            conformal_p_value=p.conformal,
            verdict=verdict,
            x=min((column + 0.5) * pairs.HALF, float(self.picture[0])),
            y=min((row + 0.5) * pairs.HALF, float(self.picture[1])),
            box_x0=x0,
            box_y0=y0,
            box_x1=x1,
            box_y1=y1,
            distance=float(heat[row, column]),
            driver="brighter" if found.excess[row, column] > 0 else "darker",
        )
        return Judged(verdict, partial(pairs.by_place, heat, self.picture, self.size), boxes)

    def _boxes(self, heat: np.ndarray) -> list[Box]:
        level = calibration.threshold(self.alarm, self.held_out)
        return [Box(*box, peak) for box, peak in pairs.regions(heat, level, self.picture, self.settings)]


def calibrate(
    heats: Iterable[np.ndarray],
    picture: tuple[int, int],
    settings: pairs.Settings,
    alarm: Alarm,
    names: Sequence[str] = (),
) -> PairModel:
    """Return the model from the heat maps of good pairs of these names, in their order.

    Raises `ValueError` as `pairs.summarize_good` and `check`.
    """
    calibration.check_alarm(alarm)
    return PairModel(picture, settings, alarm, *pairs.summarize_good(heats, settings.top), tuple(names))


def stored(model: PairModel) -> tuple[dict, dict[str, np.ndarray]]:
    """Return the values and arrays of a model."""
    about = {"picture": model.picture, "settings": model.settings._asdict(), "alarm": model.alarm._asdict()}
    about |= {"mean": model.mean, "deviation": model.deviation, "good": model.good}
    return about, {"held_out": model.held_out}


def restored(file: Stored) -> PairModel:
    """Return the model of `stored`; raises `ValueError` where something is missing or of another form."""
    held_out = file.array("held_out", np.float64, None)
    return PairModel(
        file.value("picture", tuple[int, int], 1, 1e5),
        file.record("settings", pairs.Settings, LIMITS),
        file.record("alarm", Alarm),
        file.value("mean", float, 0, 1),
        file.value("deviation", float, 1e-9, 1),
        held_out,
        file.names("good", 0 if file.about.get("good") == [] else len(held_out)),
    )
