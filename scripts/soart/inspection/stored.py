"""A model's file: arrays and a few values beside them, by name; each is checked when it is taken out. No pickle."""

import json
import math
import zipfile
from pathlib import Path
from typing import NamedTuple, get_args, get_origin, get_type_hints

import numpy as np

from soart.storage import files

VERSION = 10  # of the file's form; raise it whenever a model of before would be read wrongly
AGAIN = "learn the model again"
JSON_TYPES = {int: (int,), float: (int, float), str: (str,)}  # that JSON may give for a field of a type


class Stored(NamedTuple):
    """The content of a model's file, or of a part of it."""

    path: str
    about: dict  # values, as JSON has them
    arrays: dict[str, np.ndarray]

    def array(self, name: str, kind: type, *shape: int | None, finite: bool = True) -> np.ndarray:
        """Return an array of this kind of numbers and shape, None for any length >= 1; raises `ValueError` for others.

        Numbers that are none (NaN, infinity) are others, too, but where `finite` is False.
        """
        found = self.arrays.get(name)
        if found is None or found.dtype != kind or not _fits(found.shape, shape):
            got = "none" if found is None else f"{found.dtype}, {_sides(found.shape)}"
            raise self.error(f"{name} as {np.dtype(kind)}, {_sides(shape)}", got)
        if finite and found.dtype.kind == "f" and not np.isfinite(found).all():
            raise self.error(f"{name} in numbers", f"{np.count_nonzero(~np.isfinite(found))} that are none")
        return found

    def positive(self, name: str, kind: type, *shape: int | None) -> np.ndarray:
        """Return an array of positive numbers, as `array`."""
        found = self.array(name, kind, *shape)
        if not (found > 0).all():
            raise self.error(f"{name} above 0", found.min())
        return found

    def names(self, name: str, count: int) -> tuple[str, ...]:
        """Return so many names; raises `ValueError` for others."""
        found = self.about.get(name)
        if not isinstance(found, list) or len(found) != count or not all(isinstance(each, str) for each in found):
            raise self.error(f"{name} as {count} names", found)
        return tuple(found)

    def value(self, name: str, kind: type, least: float = -math.inf, most: float = math.inf):
        """Return a value of this type (a number, text, or a tuple of these), numbers from `least` to `most`.

        Raises `ValueError` for another.
        """
        return self._checked(name, self.about.get(name), kind, (least, most))

    def record(self, name: str, kind: type, limits: dict[str, tuple[float, float]] | None = None):
        """Return a named tuple of such values, with `limits` of some fields; raises `ValueError` for another."""
        values, hints = self.about.get(name), get_type_hints(kind)
        if not isinstance(values, dict) or sorted(values) != sorted(hints):
            raise self.error(f"{name} with {', '.join(hints)}", values)
        ends = {field: (limits or {}).get(field, (-math.inf, math.inf)) for field in hints}
        return kind(
            **{field: self._checked(f"{name}: {field}", values[field], hints[field], ends[field]) for field in hints}
        )

    def part(self, name: str) -> "Stored":
        """Return what was stored under a name, as `nest` made it."""
        prefix = f"{name}/"
        arrays = {key.removeprefix(prefix): array for key, array in self.arrays.items() if key.startswith(prefix)}
        if not isinstance(self.about.get(name), dict):
            raise self.error(name, self.about.get(name))
        return Stored(self.path, self.about[name], arrays)

    def error(self, expected: str, got: object) -> ValueError:
        """Return the error that says what of the model is wrong."""
        text = str(got)
        return ValueError(f"{self.path}: expected a model that holds {expected}, got {text[:200]}; {AGAIN}")

    def _checked(self, name: str, value: object, kind: type, ends: tuple[float, float]):
        if get_origin(kind) is tuple:
            each, *rest = get_args(kind)
            count = None if rest == [...] else len(get_args(kind))
            if not isinstance(value, list) or not value or count not in (None, len(value)):
                raise self.error(f"{name} as a list", value)
            return tuple(self._checked(name, one, each, ends) for one in value)
        if type(value) not in JSON_TYPES[kind]:
            raise self.error(f"{name} as {'text' if kind is str else 'a number'}", value)
        if kind is not str and not (math.isfinite(value) and ends[0] <= value <= ends[1]):
            raise self.error(f"{name} from {ends[0]:g} to {ends[1]:g}", value)
        return kind(value)


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    if len(shape) != len(wanted):
        return False
    return all(have == want or (want is None and have >= 1) for have, want in zip(shape, wanted, strict=True))


def _sides(shape: tuple[int | None, ...]) -> str:
    return " x ".join("n" if side is None else str(side) for side in shape) or "one number"


def nest(name: str, about: dict, arrays: dict[str, np.ndarray]) -> tuple[dict, dict[str, np.ndarray]]:
    """Return values and arrays as a part of a larger file."""
    return {name: about}, {f"{name}/{key}": array for key, array in arrays.items()}


def write(path: str | Path, about: dict, arrays: dict[str, np.ndarray]) -> None:
    """Write values and arrays as `.npz`."""
    with files.replacing(path) as temporary:
        np.savez(temporary, about=np.array(json.dumps({"version": VERSION} | about)), **arrays)


def read(path: str | Path) -> Stored:
    """Read a file of `write`; raises `ValueError` where it is none, was cut off or is of another version."""
    if not Path(path).is_file():
        raise ValueError(f"{path}: there is no such model; make it first (it is results/inspection/model.npz)")
    try:
        if not zipfile.is_zipfile(path):  # numpy would advise to load it unsafely
            raise ValueError("it is no whole archive of arrays")
        with np.load(path, allow_pickle=False) as file:
            about, arrays = json.loads(str(file["about"])), {name: file[name] for name in file.files if name != "about"}
        if not isinstance(about, dict):
            raise ValueError("its values have no names")
    except Exception as error:  # whatever a foreign file makes numpy raise
        raise ValueError(f"{path}: expected a model, got a file that cannot be read ({error}); {AGAIN}") from None
    if about.get("version") != VERSION:
        raise ValueError(
            f"{path}: the model is of version {about.get('version')}, this program reads version {VERSION}; {AGAIN}"
        )
    return Stored(str(path), about, arrays)
