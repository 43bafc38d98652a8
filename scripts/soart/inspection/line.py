"""Inspection beside the line: one verdict a photo, its heat map if wanted, and how both are told."""

import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from soart import names
from soart.inspection import calibration, heatmaps
from soart.inspection.arrivals import is_photo
from soart.inspection.detector import Detector, Judged
from soart.inspection.verdict import FLAGGED, GOOD, Verdict, join_warnings
from soart.photos import reading, registration
from soart.storage import files

VERSION = "0.1.0"  # of the package, too: pyproject.toml takes it from here
PRINTED = ("verdict", "p_value", "score", "threshold", "largest_good", "distance", "x", "y", "driver", "sensitivity")
OWN_MARK = b"Software\0soart-attention inspect_part"  # a text in each heat map, by which it is known again
HEAD = 33  # bytes of a PNG before whatever else it says: its signature and the chunk IHDR


# --- verdicts --------------------------------------------------------------------------------------------------------


class Inspected(NamedTuple):
    """Inspected: a photo, its verdict, and its heat map, where one was written."""

    photo: Path
    verdict: Verdict
    heat_map: Path | None = None


def inspect_photos(
    group: list[Path],
    model: Detector,
    heatmap_folder: Path | None,
    taken: dict[Path, Path],
    templates: Path | None = None,
    form: str | None = None,
) -> list[Inspected]:
    """Photos and their verdicts, in order; their heat maps are written, too, where a folder for them is given.

    Photos are inspected together, which is faster and changes no number. A photo that cannot be read or compared is
    `not_compared`, with the reason as its warning; so is one that shows a fault of this program. Where photos are
    registered and the part is not found, the photo is flagged for that. `taken`: the photo that each heat map's path
    belongs to. `templates`: what a model of pairs needs (`template_of`). In a `form` (npy, tiff) the values of heat
    maps are written beside them.
    """
    rest = model, heatmap_folder, taken, templates, form
    try:
        return list(_inspected(group, *rest))
    except Exception as error:  # whatever it is, it must not cost the other photos
        if len(group) > 1:
            return [each for path in group for each in inspect_photos([path], *rest)]
        return [Inspected(group[0], Verdict(warning=fault_sentence(error)))]


def fault_sentence(error: Exception) -> str:
    """A sentence for an error that this program should not make."""
    return f"a fault of this program ({type(error).__name__}: {error}); please report it with what was inspected"


def _inspected(
    group: list[Path],
    model: Detector,
    heatmap_folder: Path | None,
    taken: dict[Path, Path],
    templates: Path | None,
    form: str | None,
) -> Iterator[Inspected]:
    looked = [_look(path, model, templates) for path in group]
    judged = iter(model.judge([photo for photo, _ in looked if photo is not None]))
    for path, (_, refused) in zip(group, looked, strict=True):
        if refused:
            yield Inspected(path, refused)
            continue
        found = next(judged)
        verdict, written = found.verdict, None
        if heatmap_folder and verdict.score is not None:
            verdict, written = _with_heatmap(found, model, heatmap_folder, path, taken, form)
        yield Inspected(path, verdict, written)


def _look(path: Path, model: Detector, templates: Path | None) -> tuple[object | None, Verdict | None]:
    """Return what the model judges of a photo, or why it cannot."""
    try:
        return model.look(path, template_of(path, templates) if templates else None), None
    except registration.Unregistered as error:  # nobody knows what it shows: not to be passed
        return None, Verdict(verdict=FLAGGED, warning=str(error).removeprefix(f"{path}: "))
    except (ValueError, OSError) as error:
        return None, Verdict(warning=str(error).removeprefix(f"{path}: "))  # the photo is named beside its verdict


def template_of(photo: Path, templates: Path) -> Path:
    """A photo's template: the file itself, or the one in a folder that has the photo's name, whatever its ending.

    Raises `ValueError` where there is none, or more than one.
    """
    if not templates.is_dir():
        return templates
    found = sorted(path for path in templates.iterdir() if path.stem == photo.stem and is_photo(path.name))
    if len(found) != 1:
        got = ", ".join(path.name for path in found) or "none"
        raise ValueError(f"{photo}: expected its template '{photo.stem}.*' in '{templates}', got {got}")
    return found[0]


def check_templates(model: Detector, templates: Path | None) -> None:
    """Raises `ValueError` where the model needs templates and there are none, or the other way round."""
    if model.beside_template and templates is None:
        raise ValueError("the model compares each photo with its template; name it: --template FILE or FOLDER")
    if templates is not None and not model.beside_template:
        raise ValueError("--template: the model compares photos with the good ones, not with templates; leave it out")
    if templates is not None and not templates.exists():
        raise ValueError(f"--template: expected a photo or a folder of photos, found nothing at '{templates}'")


# --- heat maps -------------------------------------------------------------------------------------------------------


def check_heatmaps(folder: Path | None, looked_into: list[Path]) -> None:
    """Raises `ValueError` where heat maps would lie among the photos, and be taken for photos the next time."""
    for each in looked_into if folder else ():
        if each.is_dir() and folder.resolve().is_relative_to(each.resolve()):
            raise ValueError(
                f"--heatmaps: expected a folder outside of '{each}', where photos are looked for, got '{folder}'; "
                "heat maps would be taken for photos"
            )


def heatmap_path(folder: Path, photo: Path, taken: dict[Path, Path], form: str | None = None) -> Path:
    """Return where a photo's heat map goes: named as the photo; numbered where another has `taken` that name.

    It is also numbered where something lies there that this program did not write, the values of heat maps in a `form`
    (npy, tiff) among them: that is never written over.
    """
    number, path = 1, folder / f"{photo.stem}.png"
    while taken.get(path, photo) != photo or (path not in taken and not is_free(path, form)):
        number += 1
        path = folder / f"{photo.stem}-{number}.png"
    taken[path] = photo
    return path


def is_free(path: Path, form: str | None) -> bool:
    """Return whether nothing is there, or a heat map that this program wrote, with any values in a `form`."""
    valued = form is not None and os.path.lexists(path.with_suffix(f".{form}"))
    if not os.path.lexists(path):
        return not valued
    mark = _mark(form if valued else None)
    try:
        with path.open("rb") as file:
            return not path.is_symlink() and path.is_file() and mark in file.read(HEAD + 8 + len(mark))
    except OSError:
        return False


def _mark(form: str | None) -> bytes:
    """Return the text in a heat map of this program's that has values in a `form` beside it."""
    return OWN_MARK + (f", values {form}".encode() if form else b"")


def _with_heatmap(
    found: Judged, model: Detector, folder: Path, photo: Path, taken: dict[Path, Path], form: str | None
) -> tuple[Verdict, Path | None]:
    """Draw and write a photo's heat map, and its values in a `form`, if any; return the verdict and where the map is.

    Where that fails, whatever it is, the verdict stays and says so.
    """
    verdict, placement = found.verdict, found.placement
    try:
        heat = found.heat_map()
        picture, boxes = reading.read_in_full(str(photo), model.picture, model.fit), [box[:4] for box in found.boxes]
        content = heatmaps.encode(heatmaps.draw_heatmap(picture, heat, verdict, model, boxes, placement))
        values = heatmaps.pixel_values(heat, picture.shape[:2], model, placement) if form else None
        path, mark = heatmap_path(folder, photo, taken, form), _mark(form)
        text = len(mark).to_bytes(4, "big") + b"tEXt" + mark + zlib.crc32(b"tEXt" + mark).to_bytes(4, "big")
        files.write(path, content[:HEAD] + text + content[HEAD:])
        if form:
            heatmaps.write_values(path.with_suffix(f".{form}"), values)
    except Exception as error:
        told = error if isinstance(error, (ValueError, OSError)) else fault_sentence(error)
        return verdict._replace(warning=join_warnings(verdict.warning, f"no heat map: {told}")), None
    return verdict, path


# --- what is printed -------------------------------------------------------------------------------------------------


def describe_origin(model_file: Path, model: Detector) -> dict:
    """Return what every verdict rests on: the model's file, the alarm, this program.

    Keys: model (sha256 of its file; learned: when it was written; images: how many good ones), alarm, rate, threshold
    (a photo is flagged from this score on; None where no alarm is possible), largest_good_score, version.
    """
    learned = datetime.fromtimestamp(model_file.stat().st_mtime, UTC).isoformat(timespec="seconds")
    return {
        "model": {
            "sha256": hashlib.sha256(model_file.read_bytes()).hexdigest(),
            "learned": learned,
            "images": len(model.calibrating),
        },
        "alarm": model.alarm.tail,
        "rate": model.alarm.rate,
        "threshold": calibration.threshold(model.alarm, model.calibrating),
        "largest_good_score": float(model.calibrating.max()),
        "version": VERSION,
    }


def record(found: Inspected, origin: dict, now: datetime) -> str:
    """One line of JSON: the time, the photo, every field of its verdict, its heat map and `origin`; null: not known."""
    paths = {"photo": str(found.photo), "heat_map": str(found.heat_map) if found.heat_map else None}
    return json.dumps({"time": now.isoformat(timespec="milliseconds"), **paths, **found.verdict._asdict(), **origin})


def header() -> str:
    """The table's first line."""
    return " ".join(f"{name:>{_width(name)}}" for name in PRINTED) + "  photo"


def row(found: Inspected, origin: dict) -> str:
    """One line of the table, under `header`; what could not be found is a dash."""
    path, verdict, _ = found
    beside = {}
    if verdict.score is not None:
        beside = {"threshold": origin["threshold"], "largest_good": origin["largest_good_score"]}
    cells = (_cell(value) for value in map((verdict._asdict() | beside).get, PRINTED))
    line = " ".join(f"{cell:>{_width(name)}}" for cell, name in zip(cells, PRINTED, strict=True))
    return names.printable(f"{line}  {path}" + (f"  ({verdict.warning})" if verdict.warning else ""))


def _width(name: str) -> int:
    return 17 if name == "verdict" else max(len(name), 16 if name == "driver" else 8)


def _cell(value: str | float | None) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:.4g}"


def exit_code(verdict: Verdict) -> int:
    """2 where a photo got no verdict, 1 where it is flagged, 0 where it is good; the largest counts."""
    return {GOOD: 0, FLAGGED: 1}.get(verdict.verdict, 2)
