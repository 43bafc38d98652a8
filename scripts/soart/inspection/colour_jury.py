"""The good photos as judges by words of colour, a local Mahalanobis-Taguchi distance; and its form as a file."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from soart.inspection import distances as inspection
from soart.inspection import learning
from soart.inspection.distances import Findings, Judges, Settings
from soart.inspection.jury import OUT_OF_VIEW, Found, Seen
from soart.inspection.stored import Stored

LIMITS = {"size": (1, 1000), "degree": (0, 4), "shift": (0, 10), "top": (1, 1000), "floor": (1e-3, 255)}
LIMITS |= {"thinning": (1, 100), "kappa": (0, 1), "ridge": (0, 1e6), "strict_floor": (0, 1), "weighted": (0, 1)}
SENSITIVITY_MARGIN = 0.05  # beyond the good photos' range, before brightness is worth a warning


class ColourJury(NamedTuple):
    """Colour jury: what words of colour told of n good photos."""

    settings: Settings
    judges: Judges
    held_out: np.ndarray  # (n,) float64: scores of the good photos, each while it was held out
    sensitivities: np.ndarray  # (n,) float64 of the good photos

    name = "colour"

    @property
    def size(self) -> int:
        """Places a side."""
        return self.settings.size

    def find(self, photos: Sequence[Seen], hidden: Sequence[np.ndarray | None]) -> list[Found | str]:
        """Return what is found of each photo, or why not; together, which is faster and changes no bit."""
        spoken, dark = {}, {}
        for index, (photo, places) in enumerate(zip(photos, hidden, strict=True)):
            if places is not None and places.all():
                dark[index] = OUT_OF_VIEW
                continue
            try:
                spoken[index] = inspection.sentence(photo.mosaic, self.judges, self.settings, places)
            except ValueError as error:
                dark[index] = str(error)
        found = inspection.inspect_all(list(spoken.values()), self.judges, self.settings) if spoken else []
        lit = {index: self._found(each) for index, each in zip(spoken, found, strict=True)}
        return [(lit | dark)[index] for index in range(len(photos))]

    def _found(self, found: Findings) -> Found:
        place = int(found.places[0])
        return Found(
            found.score,
            place,
            float(found.distances[0]),
            partial(self.kind, found.sentence, place),
            partial(self._above, found),
            partial(self._heat_map, found),
            found.sensitivity,
            brightness_warning(found.sensitivity, self.sensitivities),
        )

    def kind(self, sentence: np.ndarray, place: int) -> str:
        """Return what drives the distance at a place: `brightness` or `shape`.

        With b = s.m / m.m, the slope of the measured word s on the mean good word m through the origin, (b - 1) m
        is what a mere change of brightness explains of s - m: brightness, if that is more than half of |s - m|^2;
        s as the reading that decides takes it.
        """
        judges = self.judges
        offset = inspection.deciding_offset(sentence, judges, self.settings.shift, place)
        mean = judges.mean[place].astype(np.float64)
        explained = (offset @ mean) ** 2 / (mean @ mean)  # |(b - 1) m|^2
        return "brightness" if explained > 0.5 * (offset @ offset) else "shape"

    def _above(self, found: Findings, level: float) -> np.ndarray:
        above = np.zeros(self.size**2, bool)
        places = np.flatnonzero(found.bounds >= level - inspection.MARGIN)  # no other reaches it
        above[places] = inspection.distances(found.sentence, self.judges, self.settings.shift, places) >= level
        return above.reshape(self.size, self.size)

    def _heat_map(self, found: Findings) -> np.ndarray:
        return inspection.distances(found.sentence, self.judges, self.settings.shift).reshape(self.size, self.size)


def learn(
    mosaics: Sequence[np.ndarray],
    settings: Settings,
    names: Sequence[str] | None = None,
    hidden: Callable[[int], np.ndarray] | None = None,
    resaved: Sequence[np.ndarray] | None = None,
    foreign: np.ndarray | None = None,
) -> ColourJury:
    """Learn from n good photos' mosaics, n of (S, S, 3) uint8, and from copies of them; raises as `learning.fit`.

    `foreign`, (n,) bool: photos of another kind, which do not count in what distances good ones have.

    Where there are copies that were saved anew, brightness is told so that saving does not move it.
    """
    settings = settings._replace(weighted=int(resaved is not None))
    learned = learning.fit(mosaics, settings, names, hidden, resaved, foreign)
    return ColourJury(settings, learned.judges, learned.held_out, learned.sensitivities)


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


def stored(jury: ColourJury) -> tuple[dict, dict[str, np.ndarray]]:
    """Return the values and arrays of a jury; of the symmetric P_t only the lower triangle."""
    arrays = jury.judges._asdict()
    about = {"settings": jury.settings._asdict(), "ridge": arrays.pop("ridge")}
    arrays["precision"] = jury.judges.precision[:, *np.tril_indices(jury.judges.mean.shape[1])]
    return about, arrays | {"held_out": jury.held_out, "sensitivities": jury.sensitivities}


def restored(part: Stored) -> ColourJury:
    """Return the jury of `stored`; raises `ValueError` where something is missing or of another form."""
    settings = part.record("settings", Settings, LIMITS)
    count, places = part.array("held_out", np.float64, None).size, settings.size**2
    length = part.array("mean", np.float32, places, None).shape[1]
    rows, columns = np.tril_indices(length)
    precision = np.empty((places, length, length), np.float32)
    precision[:, rows, columns] = part.array("precision", np.float32, places, len(rows))
    precision[:, columns, rows] = precision[:, rows, columns]
    judges = Judges(
        part.array("reference", np.float32, settings.size, settings.size, 3),
        part.array("mean", np.float32, places, length),
        precision,
        part.value("ridge", float, 0),
        _expected(part, places),
        part.positive("deviation", np.float32, 2, places),
    )
    return ColourJury(settings, judges, part.arrays["held_out"], part.array("sensitivities", np.float64, count))


def _expected(part: Stored, places: int) -> np.ndarray:
    """mu of both readings; that of the strict one is infinite where it has no say: `scales.fit_scale`."""
    expected = part.array("expected", np.float32, 2, places, finite=False)
    if not np.isfinite(expected[0]).all() or not (np.isfinite(expected[1]).all() or (expected[1] == np.inf).all()):
        raise part.error("expected in numbers", "some that are none")
    return expected
