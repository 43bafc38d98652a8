"""Inspection beside the line: photos in, one verdict a photo out."""

import json
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from soart.inspection import heatmaps, pair_verdicts, verdicts
from soart.inspection.calibration import Alarm
from soart.inspection.models import Model, PairModel
from soart.inspection.verdict import FLAGGED, GOOD, Verdict
from soart.photos import decoding as photos
from soart.photos import geometry, matrices, reading

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"}
REST = 0.5  # seconds for which a file's size must not have changed
TOGETHER = 16  # photos inspected at once, where they need not be waited for
PAUSE = 0.1  # seconds between two looks into a watched folder
COLUMNS = ("verdict", "p_value", "score", "distance", "x", "y", "driver", "sensitivity")


def groups(paths: list[Path], watched: Path | None = None) -> Iterator[list[Path]]:
    """Photos to be inspected together: those that `paths` name, then those that arrive in `watched`, for ever."""
    photos = found(paths)
    while group := list(islice(photos, TOGETHER)):
        yield group
    if watched:
        yield from arriving(watched)


def found(paths: list[Path]) -> Iterator[Path]:
    """The photos that files and folders name: a file as it is, a folder's by name, its subfolders' too."""
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*") if is_photo(each))
        else:
            yield path


def is_photo(path: Path) -> bool:
    """Whether a file looks like a photo by its name; hidden files, which writers use meanwhile, do not."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()


def arriving(folder: Path) -> Iterator[list[Path]]:
    """The photos in a folder as they come, for ever: each when its size has rested, and when rewritten."""
    seen, done = {}, {}
    while True:
        now = time.monotonic()
        if not folder.is_dir():
            raise ValueError(f"{folder}: expected a folder to watch; it is not there, or no longer")
        states = {path: _state(path) for path in sorted(folder.iterdir()) if is_photo(path)}
        seen = {
            path: seen[path] if path in seen and seen[path][0] == state else (state, now)
            for path, state in states.items()
        }
        rested = {path: state for path, (state, since) in seen.items() if state and now - since >= REST}
        if ready := [path for path, state in rested.items() if done.get(path) != state]:
            yield ready
        done = {path: rested.get(path, done.get(path)) for path in states}
        time.sleep(PAUSE)


def _state(path: Path) -> tuple[int, int] | None:
    try:
        about = path.stat()
    except FileNotFoundError:  # taken away since the folder was listed
        return None
    return about.st_size, about.st_mtime_ns


def inspected(
    group: list[Path], model: Model, alarm: Alarm, heatmap_folder: Path | None, taken: dict[Path, Path]
) -> Iterator[tuple[Path, Verdict]]:
    """Photos and their verdicts, in order; their heat maps too, where a folder for them is given.

    Photos are inspected together, which is faster and changes no number. One that cannot be read or compared
    is `not_compared`, with the reason as its warning. `taken` remembers whose the names of heat maps are.
    """
    read = [_read(path, model) for path in group]
    seen = [photo for photo, _ in read if photo]
    mosaics = [matrices.mosaic(photo.pixels, model.settings.size) for photo in seen]
    placements = [photo.placement for photo in seen if photo.placement]
    judged = zip(mosaics, verdicts.judged_all(mosaics, model, alarm, placements), strict=True)
    for path, (photo, refused) in zip(group, read, strict=True):
        if refused:
            yield path, refused
            continue
        mosaic, verdict = next(judged)
        verdict = verdicts.warned(verdict, photo.saved, model)
        if heatmap_folder and verdict.score is not None:
            picture = reading.in_full(str(path), model.picture, model.settings.fit)
            distances = verdicts.heat_map(mosaic, model, photo.placement)
            placement = photo.placement or geometry.HERE
            sheet = heatmaps.drawn(picture, distances, verdict, model, alarm, placement=placement)
            heatmaps.write(heatmap_path(heatmap_folder, path, taken), sheet)
        yield path, verdict


def compared(
    group: list[Path], templates: Path, model: PairModel, alarm: Alarm, heatmap_folder: Path | None, taken: dict
) -> Iterator[tuple[Path, Verdict]]:
    """`inspected` for photos that have templates: one for all of them, or in a folder, named as they are."""
    for path in group:
        try:
            photo, template = pair_verdicts.read(path, template_of(path, templates), model.picture, model.settings.fit)
        except (ValueError, OSError) as error:
            yield path, Verdict(warning=str(error))
            continue
        found = pair_verdicts.judged(photo, template, model, alarm)
        if heatmap_folder:
            boxes = [box[:4] for box in found.boxes]
            sheet = heatmaps.drawn(photo, found.distances, found.verdict, model, alarm, boxes)
            heatmaps.write(heatmap_path(heatmap_folder, path, taken), sheet)
        yield path, found.verdict


def template_of(photo: Path, templates: Path) -> Path:
    """A photo's template: the file itself, or the one in a folder that has the photo's name, whatever its ending.

    Raises `ValueError` where there is none, or more than one.
    """
    if not templates.is_dir():
        return templates
    found = sorted(path for path in templates.iterdir() if path.stem == photo.stem and is_photo(path))
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise ValueError(f"{photo}: expected its template '{photo.stem}.*' in '{templates}', got {names}")
    return found[0]


def check_templates(model: Model | PairModel, templates: Path | None) -> None:
    """Raises `ValueError` where the model needs templates and there are none, or the other way round."""
    if isinstance(model, PairModel) and templates is None:
        raise ValueError("the model compares each photo with its template; name it: --template FILE or FOLDER")
    if templates is not None and not isinstance(model, PairModel):
        raise ValueError("--template: the model compares photos with the good ones, not with templates; leave it out")
    if templates is not None and not templates.exists():
        raise ValueError(f"--template: expected a photo or a folder of photos, found nothing at '{templates}'")


def _read(path: Path, model: Model) -> tuple[reading.Brought | None, Verdict | None]:
    """A photo as the model's good photos were seen, or why it has none."""
    least = photos.least_side(model.settings.size)
    try:
        content = photos.content(path)
        return reading.brought(content, str(path), model.picture, least, model.settings.fit, model.anchor), None
    except (ValueError, OSError) as error:
        return None, Verdict(warning=str(error))


def heatmap_path(folder: Path, photo: Path, taken: dict[Path, Path]) -> Path:
    """Where a photo's heat map goes: named as the photo; numbered where another has `taken` that name."""
    number, path = 1, folder / f"{photo.stem}.png"
    while taken.setdefault(path, photo) != photo:
        number += 1
        path = folder / f"{photo.stem}-{number}.png"
    return path


def record(path: Path, verdict: Verdict) -> str:
    """One line of JSON: the photo and every field of its verdict; what could not be found is null."""
    return json.dumps({"photo": str(path), **verdict._asdict()})


def header() -> str:
    """The table's first line."""
    return " ".join(f"{name:>{_width(name)}}" for name in COLUMNS) + "  photo"


def row(path: Path, verdict: Verdict) -> str:
    """One line of the table, under `header`; what could not be found is a dash."""
    cells = (_cell(getattr(verdict, name)) for name in COLUMNS)
    line = " ".join(f"{cell:>{_width(name)}}" for cell, name in zip(cells, COLUMNS, strict=True))
    return f"{line}  {path}" + (f"  ({verdict.warning})" if verdict.warning else "")


def _width(name: str) -> int:
    return 17 if name == "verdict" else max(len(name), 10 if name == "driver" else 8)


def _cell(value: str | float | None) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:.4g}"


def exit_code(verdict: Verdict) -> int:
    """2 where a photo got no verdict, 1 where it is flagged, 0 where it is good; the largest counts."""
    return {GOOD: 0, FLAGGED: 1}.get(verdict.verdict, 2)
