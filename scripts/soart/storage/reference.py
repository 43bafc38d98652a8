"""Is this the published run? Its manifest, with what a comparison on another machine needs.

Pixels, names, whole numbers and text must be equal. Numbers in floating point are equal on machines of one kind; on
others the last digits can differ. They are therefore compared within a tolerance, and so are heat maps, which show
them. In a heat map a last digit can move a line, a letter or the edge of a box by a pixel: it agrees where at least
99 % of its values are within the tolerance.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from soart.names import RESULT_ENDINGS
from soart.storage import manifest

KEPT = 1_000  # numbers of a column that are published, evenly spaced; all of them, where there are not more
INSPECTION = "results/inspection/"  # computed in single precision; its pictures are heat maps
# the largest deviation, as a share of the column's magnitude
DOUBLE, SINGLE, HEAT_MAP = 1e-6, 1e-3, 0.02
STRAY = 0.01  # share of a heat map's values that may be anywhere


class Deviation(NamedTuple):
    """The largest difference in a column, as a share of the largest published magnitude there; and what is allowed.

    Of a heat map without its `STRAY` largest differences.
    """

    share: float
    tolerance: float
    where: str

    def __str__(self) -> str:
        return f"{self.where} deviates by {self.share:.2g} of its magnitude (tolerance {self.tolerance:g})"


class Comparison(NamedTuple):
    """Comparison: how many results are equal and how many within tolerance; what is wrong; the largest deviation."""

    equal: int
    near: int
    problems: list[str]
    largest: Deviation | None

    def __str__(self) -> str:
        parts = [f"{self.equal} results equal the published ones exactly", f"{self.near} within tolerance"]
        parts.append(f"{len(self.problems)} not at all")
        largest = f"; the largest deviation: {self.largest}" if self.largest else ""
        return ", ".join(parts) + largest


def tolerance(path: str, column: np.ndarray) -> float:
    """Return how far a column may deviate, as a share of its magnitude; 0 where it must be equal on every machine."""
    if column.dtype.kind != "f":
        return HEAT_MAP if path.startswith(INSPECTION) and path.endswith(".png") else 0
    return SINGLE if path.startswith(INSPECTION) or column.dtype.itemsize < 8 else DOUBLE


def exact_part(path: str, columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return what must be equal on every machine: the columns without a tolerance; of the others the shape."""
    return {name: np.array(each.shape) if tolerance(path, each) else each for name, each in columns.items()}


def tolerant_numbers(path: str, columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The columns with a tolerance, flat; every k-th value where there are more than `KEPT`."""
    floating = {name: each.ravel() for name, each in columns.items() if tolerance(path, each)}
    return {name: each[:: max(1, -(-each.size // KEPT))] for name, each in floating.items()}


def publish(recorded: dict, folder: Path = Path()) -> tuple[dict, np.ndarray]:
    """A manifest of results below `folder` made fit for publishing, and their numbers, one after the other, as float32.

    Each result gains `exact`, the hash of what must be equal, and `numbers`, how many of the numbers are its own.
    """
    entries, kept = {}, [np.empty(0, np.float32)]
    for path, entry in recorded["results"].items():
        if not path.endswith(RESULT_ENDINGS):
            continue  # a folder: each result in it has an entry of its own
        columns = manifest.values(folder / path)
        own = [each.astype(np.float32) for each in tolerant_numbers(path, columns).values()]
        entries[path] = {
            **entry,
            "exact": manifest.value_digest(exact_part(path, columns)),
            "numbers": sum(map(len, own)),
        }
        kept += own
    return {**recorded, "results": entries}, np.concatenate(kept)


def compare_results(entries: dict[str, dict], kept: np.ndarray, folder: Path = Path()) -> Comparison:
    """Compare the results below `folder` with the published `entries` and their numbers, as `publish` made them."""
    if kept.shape != (expected := (sum(entry["numbers"] for entry in entries.values()),)):
        raise ValueError(
            f"the published numbers are not those of the published manifest: expected {expected}, got {kept.shape}; "
            "make both anew: make reference"
        )
    equal, near, problems, deviations, start = 0, 0, [], [], 0
    for path, entry in entries.items():
        own, start = kept[start : start + entry["numbers"]], start + entry["numbers"]
        try:
            columns = manifest.values(folder / path)
        except (ValueError, OSError) as error:
            problems.append(str(error))
            continue
        if manifest.value_digest(columns) == entry["values"]:
            equal += 1
        elif manifest.value_digest(exact_part(path, columns)) != entry["exact"]:
            problems.append(f"{path} differs in what must be equal: pixels, names, whole numbers or text")
        else:
            found = list(_deviations(path, tolerant_numbers(path, columns), own))
            beyond = [str(each) for each in found if not each.share <= each.tolerance]
            deviations += found
            problems += beyond
            near += not beyond
    return Comparison(equal, near, problems, max(deviations, default=None))


def _deviations(path: str, columns: dict[str, np.ndarray], kept: np.ndarray) -> Iterator[Deviation]:
    ends = np.cumsum([each.size for each in columns.values()])
    for (name, column), theirs in zip(columns.items(), np.split(kept, ends[:-1]), strict=True):
        if column.size:
            apart = column != theirs  # a model's infinite means are equal without a difference
            differences = np.sort(np.abs(column[apart].astype(float) - theirs[apart]))
            if column.dtype.kind != "f":
                differences = differences[: max(0, len(differences) - int(STRAY * column.size))]
            size = np.abs(theirs[np.isfinite(theirs)]).max(initial=0) or 1
            yield Deviation(
                float(differences.max(initial=0) / size), tolerance(path, column), f"{path}, column {name},"
            )


def configuration_differences(here: dict, there: dict) -> list[str]:
    """Return what makes two runs not comparable: configuration or scene, a sentence for each key that differs."""
    return [
        f"{part}: '{key}' is not as in the published run"
        for part in ("config", "scene")
        for key in sorted({*here[part], *there[part]})
        if here[part].get(key) != there[part].get(key)
    ]


def origins(here: dict, there: dict) -> list[str]:
    """Return what else differs between two runs and can be why their results do, a sentence each."""
    code = sorted(name for name in there["sources"] if here["sources"].get(name) != there["sources"][name])
    found = [f"the code or the packages of {', '.join(code)} changed since"] if code else []
    for part in ("packages", "machine"):
        found += [
            f"{name}: here {here[part].get(name)}, there {value}"
            for name, value in there[part].items()
            if here[part].get(name) != value
        ]
    if here["machine"]["jpeg_library"] != there["machine"]["jpeg_library"]:
        found.append("another JPEG library can give other bytes and pixels, and so other results in all stages")
    return found


def verify_reference(path: str, reference: str, numbers: str) -> str:
    """Return what was compared, if all of it agrees; otherwise raise `ValueError` with a line for each."""
    here, published = manifest.read(path), manifest.read(reference)
    if differing := configuration_differences(here, published):
        raise ValueError("this run is not comparable with the published one: " + "; ".join(differing))
    with np.load(numbers, allow_pickle=False) as kept:
        found = compare_results(published["results"], kept["numbers"], Path(path).parent.parent)
    if found.problems:
        raise ValueError(f"{found}\n  " + "\n  ".join([*found.problems, *origins(here, published)]))
    return str(found)
