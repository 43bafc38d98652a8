"""A collection of photos that a user has: found in folders or named by a sheet, and checked as a whole.

Photos stay where they are; only their paths, sizes and times are looked at here. No numpy: imported at each start.
"""

import os
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from soart import names
from soart.names import LEARN, NORMAL, UNKNOWN, natural, printable, unformulated
from soart.plan import folders, sheets
from soart.plan.photo import Photo, no_photos, plain_name
from soart.plan.yaml_files import did_you_mean

LISTED = 20  # sentences of one kind, at most
MADE = (".csv", ".png")  # endings of the files that are named by a photo
LONGEST_NAME = 255  # bytes that file systems take
CAMERAS = (".heic", ".heif", ".avif", ".jp2", ".gif", ".dng", ".raw", ".cr2", ".cr3", ".nef", ".arw")  # not read here


class Collection(NamedTuple):
    """Photos by set, in natural order; the other fields as `photo.Sorted` has them."""

    root: str
    folders: dict[str, str]
    sets: dict[str, list[Photo]]
    passed_over: list[str]
    problems: list[str]


def find_photos(source: str, skip: bool = False, values: str = "none") -> Collection:
    """Find the photos of a folder or a sheet; all that is wrong with them as problems, a sentence each.

    `values`: the form in which heat maps' values are written (`heatmap_values`), beside the other results of a photo.
    With `skip` what is wrong with one photo alone stops nothing: the photo has its problem and a name of its own.
    """
    source = unformulated(source)
    root, result = source, no_photos()
    if os.path.isdir(source):
        result = folders.sort_folder(source)
    elif os.path.isfile(source):
        root, result = os.path.dirname(source) or ".", sheets.sort_sheet(source)
    elif "://" in source:
        problem = f"photos: expected a folder or a sheet on a disk that every job reads, got the address '{source}'"
        result = no_photos(f"{problem}; mount the bucket, or copy the photos")
    else:
        seen = "" if os.path.isabs(source) else ", seen from the working directory or from the Snakefile's folder"
        result = no_photos(f"photos: expected a folder or a sheet, found nothing at '{source}'{seen}")
    sets = {name: sorted(photos, key=lambda photo: natural(photo.name)) for name, photos in result.sets.items()}
    problems, refused = result.problems, list(result.refused)
    if skip:
        alone = {photo.problem for _, photo in refused}
        problems = [text for text in problems if text not in alone]
    if not problems and names.UNPRINTABLE.search(source):
        problems = [_unprintable(source)]
    if not problems:
        named = _with_problems([*_name_problems(sets), *_long_names(sets, values)])
        sets = _without(sets, named) if skip else sets
        alike = _with_problems(_same_names(sets))
        sets = _without(sets, alike) if skip else sets
        if skip:
            refused, problems = [*refused, *named, *alike], list(_set_problems(sets))
        else:
            texts = [[photo.problem for _, photo in each] for each in (named, alike)]
            problems = [*texts[0], *_set_problems(sets), *texts[1]]
    whole = dict.fromkeys([name for name, _ in refused], "") | result.folders
    sets = _with_refused(sets, refused) if skip and not problems else sets
    return Collection(
        root, whole if skip else result.folders, sets, result.passed_over, limit(map(printable, problems))
    )


def limit(problems: Iterable[str]) -> list[str]:
    """Return the first sentences, and how many more there are."""
    problems = list(problems)
    rest = len(problems) - LISTED
    return problems if rest <= 0 else [*problems[:LISTED], f"and {rest} more"]


def summary(collection: Collection) -> list[str]:
    """Say what each folder became and what was passed over: a sentence or two for the start of a run."""
    sets, others = collection.sets, sorted(set(collection.passed_over), key=natural)
    count = sum(len(photos) for name, photos in sets.items() if name != LEARN)
    kinds = ", ".join(_kind(collection, name) for name in sets if name != LEARN)
    parts = [f"{len(sets[LEARN])} good photos to learn from{_folder(collection, LEARN, 'good')}"]
    parts.append(f"{count} to inspect" + (f" (kinds: {kinds})" if sets.keys() - {LEARN, UNKNOWN} else ""))
    hidden = {path for path in others if names.passed_over(os.path.basename(path.rstrip("/")))}
    unread = [path for path in others if path.endswith("/") and path not in hidden]
    files = Counter(_ending(path) for path in others if not path.endswith("/") and path not in hidden)
    if files:
        ends = ", ".join(f"{files[end]} {end}" for end in sorted(files, key=lambda end: (-files[end], end)))
        parts.append(f"{_counted(files.total(), 'file')} passed over ({ends})")
    if unread:
        more = ", ..." if len(unread) > LISTED else ""
        parts.append(f"{_counted(len(unread), 'folder')} passed over ({', '.join(unread[:LISTED])}{more})")
    if hidden:
        parts.append(f"{len(hidden)} hidden")
    said = [", ".join(parts)]
    if cameras := [end for end in CAMERAS if end in files]:
        said.append(
            f"Photos that end in {', '.join(cameras)} cannot be read here: save them as JPEG or PNG to use them"
        )
    return [printable(text) for text in said]


def _ending(path: str) -> str:
    found = names.ending(path)
    return f"'{found}'" if " " in found else found or "without ending"


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _kind(collection: Collection, name: str) -> str:
    label = {NORMAL: "good", UNKNOWN: "not known"}.get(name, name)
    folder = _folder(collection, name, label) if name == NORMAL else ""
    return f"{label} {len(collection.sets[name])}{folder}"


def _folder(collection: Collection, name: str, label: str) -> str:
    """The folder of a set, where its name is not what it is called here."""
    folder = collection.folders[name]
    return f" ({folder})" if folder and not folder.endswith(f"{label}/") else ""


# --- checks of the whole ---------------------------------------------------------------------------------------------


Wrong = Iterable[tuple[str, Photo, str]]  # a photo, its set, and what is wrong with it


def _unprintable(path: str) -> str:
    if any("\ud800" <= letter <= "\udfff" for letter in path):
        why = "is not written in UTF-8, but as an older system did (Shift-JIS?); rename it, as convmv does"
    else:
        why = "holds a control character; rename it"
    return f"photos: the name '{path}' {why}"


def _name_problems(sets: dict[str, list[Photo]]) -> Wrong:
    """Names that no table can hold, or that would be two lines in one."""
    for name, photo in _each(sets):
        for path in filter(names.UNPRINTABLE.search, (photo.path, photo.mask, photo.template)):
            yield name, photo, _unprintable(path)


def _long_names(sets: dict[str, list[Photo]], values: str) -> Wrong:
    """Names that leave no room for the longest ending of a result."""
    most = LONGEST_NAME - max(map(len, (*MADE, f".{values}" if values in names.HEAT_VALUES else "")))
    for name, photo in _each(sets):
        length = len(os.fsencode(os.path.basename(photo.name)))
        if length > most and not names.UNPRINTABLE.search(photo.path):
            text = f"expected a name of at most {most} bytes before its ending, for results have it, too"
            yield name, photo, f"photos: '{photo.path}': {text} (heatmap_values: {values}), got {length}; rename it"


def _same_names(sets: dict[str, list[Photo]]) -> Wrong:
    """Photos with the name, or with results of the name, of another one before."""
    taken, inside = {}, {}
    for name, photo in _each(sets):
        other = taken.setdefault(unicodedata.normalize("NFC", photo.name), photo)
        if other is not photo and other.path == photo.path:
            yield name, photo, f"photos: '{photo.path}' is listed twice; remove one line"
        elif other is not photo:
            yield name, photo, f"photos: '{other.path}' and '{photo.path}' have one name; rename one of them"
        folder = os.path.dirname(photo.path)
        while folder.endswith(MADE) or "/" in folder:
            inside |= {folder: (name, photo)} if folder.endswith(MADE) else {}
            folder = os.path.dirname(folder)
    for folder, (name, photo) in inside.items():
        if other := taken.get(unicodedata.normalize("NFC", folder.rpartition(".")[0])):
            text = f"photos: a result of '{other.path}' would be named as the folder of '{photo.path}'; rename one"
            yield name, photo, text


def _set_problems(sets: dict[str, list[Photo]]) -> Iterator[str]:
    learned = sets.get(LEARN, [])
    if not learned:
        yield "photos: expected good photos to learn from, found none"
    elif len(learned) < 2:
        yield f"photos: expected at least 2 good photos to learn from, found 1 ('{learned[0].path}')"
    if not any(name != LEARN and photos for name, photos in sets.items()):
        yield "photos: expected photos to inspect, found none"
    alike = {}
    for kind in sets:
        other = alike.setdefault(plain_name(kind), kind)
        if other != kind:
            yield f"photos: the kinds '{other}' and '{kind}' differ only in how they are written; write them alike"


# --- photos that are not even looked at -------------------------------------------------------------------------------


def _each(sets: dict[str, list[Photo]]) -> Iterator[tuple[str, Photo]]:
    return ((name, photo) for name, photos in sets.items() for photo in photos)


def _with_problems(wrong: Wrong) -> list[tuple[str, Photo]]:
    return [(name, photo._replace(problem=text)) for name, photo, text in wrong]


def _without(sets: dict[str, list[Photo]], refused: list[tuple[str, Photo]]) -> dict[str, list[Photo]]:
    """The sets without the photos that are refused; of those listed twice the first line stays."""
    rest = [(name, photo._replace(problem="")) for name, photo in refused]
    kept = {}
    for name, photos in sets.items():
        kept[name] = []
        for photo in reversed(photos):
            if (name, photo) in rest:
                rest.remove((name, photo))
            else:
                kept[name].insert(0, photo)
    return kept


def _with_refused(sets: dict[str, list[Photo]], refused: list[tuple[str, Photo]]) -> dict[str, list[Photo]]:
    """The sets with the refused photos at their ends, each once, under names that are no other photo's."""
    taken = {photo.name for _, photo in _each(sets)}
    found, seen = {name: list(photos) for name, photos in sets.items()}, set()
    for name, photo in refused:
        if (name, photo.path, photo.problem) in seen:
            continue
        seen.add((name, photo.path, photo.problem))
        label = printable(photo.path)
        while label in taken:
            label += "'"
        taken.add(label)
        problem = printable(photo.problem.removeprefix("photos: "))
        found.setdefault(name, []).append(Photo(printable(photo.path), problem=problem, label=label))
    return found


def without_templates(collection: Collection) -> Collection:
    """Return the photos with the problem of those that cannot be compared with a template of their own."""

    def checked(photo: Photo) -> Photo:
        problem = photo.problem or printable(_template_problem(photo).removeprefix("photos: "))
        return photo._replace(problem=problem) if problem else photo

    return collection._replace(sets={name: [*map(checked, photos)] for name, photos in collection.sets.items()})


def template_problems(collection: Collection, skip: bool) -> list[str]:
    """Return what is wrong with the templates where each photo is compared with its own.

    A sentence for each photo; with `skip` for all together alone.
    """
    photos = [photo for photos in collection.sets.values() for photo in photos]
    if not any(photo.template for photo in photos):
        where = f"'{collection.root}' (detector: pair)"
        return [
            f"photos: expected a sheet that names each photo's template in its column template, got none in {where}"
        ]
    return [] if skip else limit(map(printable, filter(None, map(_template_problem, photos))))


def _template_problem(photo: Photo) -> str:
    if not photo.template:
        return f"photos: '{photo.path}' has no template, which detector: pair compares it with; name one in the sheet"
    if photo.template == photo.path:
        return f"photos: '{photo.path}' is its own template; name a picture of the same part without error"
    return ""


def standard_problems(collection: Collection, standard: str) -> list[str]:
    """Return what is wrong with a standard: `mean`, or the path of a photo below the root."""
    if standard == "mean":
        return []
    close = did_you_mean(standard, [photo.path for photos in collection.sets.values() for photo in photos[:1000]])
    return [
        printable(f"photo_standard: expected mean or a photo's path below '{collection.root}': {problem}{close}")
        for problem in sheets.file_problems(collection.root, standard)
    ]
