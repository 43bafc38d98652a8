"""Tables of all photos: the verdicts with a row for each that has none, and all that is wrong or odd with them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from soart.inspection import calibration, stored
from soart.inspection.verdict import FLAGGED, NOT_COMPARED, ODD, Odd, Verdict
from soart.inspection.verdict_tables import verdict_columns
from soart.names import LEARN, STANDARD
from soart.photos import intake


def gather_verdicts(
    parts: Iterable[pd.DataFrame], findings: pd.DataFrame | None, odd: Iterable[Odd] = ()
) -> Iterator[pd.DataFrame]:
    """Yield the verdicts, a table after the other, then a row for each photo that has none, with the reason.

    A photo that the input check refused is `not_compared`; one that was left out because its part was not found, or
    fits badly, is flagged for that. A good photo of that kind is `odd`, and so are those that the model names.
    """
    if findings is None:
        yield from parts
        yield from _odd_rows(odd)
        return
    unlike = findings["severity"] == intake.LEFT_OUT
    refused = (findings["severity"] == intake.ERROR) & (findings["set"] != LEARN)
    chosen = findings[(refused | unlike) & (findings["set"] != STANDARD)]
    out = chosen.drop_duplicates(["image", "set"])  # one row an image, whatever is wrong with it
    for table in parts:
        yield table[~table["image"].isin(out["image"])]
    verdicts = (
        out["severity"].map({intake.LEFT_OUT: FLAGGED, intake.ERROR: NOT_COMPARED}).where(out["set"] != LEARN, ODD)
    )
    problems = [said.removeprefix(f"{path}: ") for said, path in zip(out["problem"], out["path"], strict=True)]
    rows = [Verdict(verdict=each, warning=said) for each, said in zip(verdicts, problems, strict=True)]
    yield pd.DataFrame({"image": out["image"].tolist(), "set": out["set"].tolist()} | verdict_columns(rows))
    yield from _odd_rows(odd)


def _problem(odd: Odd) -> str:
    return f"{odd}; look at it"


def _odd_rows(odd: Iterable[Odd]) -> Iterator[pd.DataFrame]:
    for each in odd:
        row = Verdict(score=each.score, verdict=ODD, warning=_problem(each))
        yield pd.DataFrame({"image": [each.image], "set": [LEARN]} | verdict_columns([row]))


def gather_findings(
    findings: pd.DataFrame, odd: Sequence[Odd], mixed: Mapping[str, str], paths: dict[str, str]
) -> pd.DataFrame:
    """Return the input check's table with a warning for each good photo that learning found odd, or of another kind.

    They stand before the other warnings, those left out first, then the oddest, then those that are `mixed` with the
    first kind. `findings` are what reading told, where a good photo that could not be registered is `left out`:
    `odd_photos` does not name it again. `paths`: files of the good photos by name.
    """
    problems = [(each.image, _problem(each)) for each in odd] + [
        (name, f"{name} {said}") for name, said in mixed.items()
    ]
    rows = {"image": [name for name, _ in problems], "set": LEARN, "path": [paths[name] for name, _ in problems]}
    rows |= {"severity": intake.WARNING, "problem": [said for _, said in problems]}
    warned = findings["severity"] == intake.WARNING
    return pd.concat([findings[~warned], pd.DataFrame(rows), findings[warned]])


def odd_photos(model: str) -> tuple[Odd, ...]:
    """Return the good photos that learning found odd, as a model's file names them, those left out first.

    Those that the model names because they could not be registered are not among them: reading told that, and what was
    measured. Judges are not made of the file: that would need OpenCV.
    """
    file = stored.read(model)
    left_out = file.about.get("left_out")  # None in a model of pairs
    found = calibration.named_odd(
        file.about["good"], file.array("held_out", np.float64, None), left_out is not None, _kinds(file)
    )
    out = (Odd(image, *numbers[:2], False, *numbers[2:]) for image, numbers in (left_out or {}).items())
    return (*(odd for odd in out if odd.score is not None), *found)


def mixed_photos(model: str) -> dict[str, str]:
    """Return of good photos that are a mixture of kinds of which they are, by name, as `calibration.mixed`."""
    file = stored.read(model)
    kinds = _kinds(file)
    return {} if kinds is None else calibration.mixed(file.about["good"], kinds)


def _kinds(file: stored.Stored) -> np.ndarray | None:
    """The kind of each good photo, (n,) int32; None where no network told."""
    return file.part("network").array("kinds", np.int32, None) if "network" in file.about else None
