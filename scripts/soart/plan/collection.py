"""A collection of photos that a user has: found in folders or named by a sheet, sorted into sets.

Photos stay where they are; only their paths, sizes and times are looked at here. Three forms:

    ROOT/good, ROOT/inspect                              two folders
    ROOT/train/good, ROOT/test/<kind>, ROOT/ground_truth  the layout of the MVTec AD data set
    SHEET.tsv                                            path, set (good or inspect), kind, mask, template

No numpy here: this is imported at each start.
"""

import csv
import io
import os
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from soart.names import COLUMNS, LEARN, NORMAL, UNKNOWN, natural
from soart.plan.image_sets import RESERVED_SETS
from soart.plan.yaml_files import nearest

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"}
REQUIRED = COLUMNS[:2]
LISTED = 20  # photos without template that are named, at most
NOT_IN_A_NAME = re.compile(r'[{}/\\:*?"<>|\x00-\x1f]')  # a kind names folders and rules


class Photo(NamedTuple):
    """One photo; paths are below the collection's root, with forward slashes."""

    path: str
    mask: str = ""  # of the defect's pixels; "" where there is none
    template: str = ""  # of this very part; "" where there is none

    @property
    def name(self) -> str:
        """What tables call it: its path without the ending."""
        return self.path.rpartition(".")[0]


class Collection(NamedTuple):
    """Photos by set, in natural order; `ignored` are other files, `problems` are sentences."""

    root: str
    folders: dict[str, str]  # below the root, with a slash, of each set: left out where a result is named by its photo
    sets: dict[str, list[Photo]]
    ignored: list[str]
    problems: list[str]


def found(source: str) -> Collection:
    """The photos of a folder or a sheet; all that is wrong with them as problems, a sentence each."""
    if os.path.isfile(source):
        collection = _of_sheet(source)
    elif os.path.isdir(source):
        mvtec = os.path.isdir(os.path.join(source, "train"))
        collection = _of_mvtec(source) if mvtec else _of_two_folders(source)
    else:
        seen = "" if os.path.isabs(source) else ", seen from the working directory or from the Snakefile's folder"
        return _nothing(source, [f"photos: expected a folder or a sheet, found nothing at '{source}'{seen}"])
    sets = {name: sorted(photos, key=lambda photo: natural(photo.name)) for name, photos in collection.sets.items()}
    collection = collection._replace(sets=sets)
    return collection._replace(problems=[*collection.problems, *_set_problems(collection)])


def _nothing(root: str, problems: list[str]) -> Collection:
    return Collection(root, {}, {}, [], problems)


# --- the three forms -------------------------------------------------------------------------------------------------


def _of_two_folders(root: str) -> Collection:
    problems = [
        f"photos: expected the folder '{name}' in '{root}'{_beside(root)}"
        for name in ("good", "inspect")
        if not os.path.isdir(os.path.join(root, name))
    ]
    if problems:
        return _nothing(root, problems)
    good, inspect = _listed(root, "good"), _listed(root, "inspect")
    sets = {LEARN: [Photo(path) for path in good.photos], UNKNOWN: [Photo(path) for path in inspect.photos]}
    return Collection(
        root,
        {LEARN: "good/", UNKNOWN: "inspect/"},
        sets,
        good.others + inspect.others,
        good.problems + inspect.problems,
    )


def _of_mvtec(root: str) -> Collection:
    kinds = _folders(root, "test")
    folders = {"train/good": LEARN} | {f"test/{kind}": NORMAL if kind == "good" else kind for kind in kinds}
    listings = {folder: _listed(root, folder) for folder in folders}
    problems = [text for listing in listings.values() for text in listing.problems]
    if not kinds:
        problems.append(f"photos: expected folders in '{root}/test' (good, and one for each kind of error), found none")
    masks, sets = {}, {}
    for kind in _folders(root, "ground_truth"):
        for path in _listed(root, f"ground_truth/{kind}").photos:
            stem = os.path.splitext(path)[0].removeprefix("ground_truth/").removesuffix("_mask")
            masks[f"test/{stem}"] = path
    for folder, listing in listings.items():
        sets[folders[folder]] = [Photo(path, masks.pop(os.path.splitext(path)[0], "")) for path in listing.photos]
    problems += [f"photos: the mask '{mask}' has no photo '{name}.*'; remove it" for name, mask in masks.items()]
    others = [path for listing in listings.values() for path in listing.others]
    order = dict.fromkeys((LEARN, NORMAL)) | sets
    prefixes = {name: f"{folder}/" for folder, name in folders.items()}
    return Collection(root, prefixes, {name: order[name] for name in order if name in sets}, others, problems)


def _of_sheet(sheet: str) -> Collection:
    root = os.path.dirname(sheet) or "."
    try:
        rows = list(csv.DictReader(io.StringIO(Path(sheet).read_text(encoding="utf-8-sig")), delimiter="\t"))
        columns = list(rows[0]) if rows else []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        return _nothing(root, [f"{sheet}: expected a sheet of tab-separated text in UTF-8, got {error}"])
    problems = [
        f"{sheet}: expected the column '{name}', got {', '.join(map(str, columns))}"
        for name in REQUIRED
        if name not in columns
    ]
    problems += [
        f"{sheet}: '{name}' is no column here; columns are {', '.join(COLUMNS)}{nearest(str(name), COLUMNS)}"
        for name in columns
        if name not in COLUMNS
    ]
    if not rows:
        problems = [
            f"{sheet}: expected a line of column names ({', '.join(COLUMNS)}) and a line for each photo, got none"
        ]
    if problems:
        return _nothing(root, problems)
    sets = {LEARN: [], NORMAL: []}
    for number, row in enumerate(rows, 2):
        cells = {name: (row.get(name) or "").strip() for name in COLUMNS}
        wrong = list(_row_problems(root, cells))
        problems += [f"{sheet}, line {number}: {text}" for text in wrong]
        if not wrong:
            photo = Photo(*(_clean(cells[name]) if cells[name] else "" for name in ("path", "mask", "template")))
            sets.setdefault(_set_of(cells), []).append(photo)
    sets = {name: photos for name, photos in sets.items() if photos}
    return Collection(root, dict.fromkeys(sets, ""), sets, [], problems)


def _row_problems(root: str, cells: dict[str, str]) -> Iterator[str]:
    if cells["set"] not in ("good", "inspect"):
        yield f"expected good or inspect in the column set, got '{cells['set']}'"
    if cells["set"] == "good" and cells["kind"] not in ("", "good"):
        yield f"a photo to learn from must be good, got the kind '{cells['kind']}'; its set is inspect"
    if not cells["path"]:
        yield "expected a path, got none"
    for name in ("path", "mask", "template"):
        if cells[name]:
            yield from _file_problems(root, cells[name])


def _set_of(cells: dict[str, str]) -> str:
    if cells["set"] == "good":
        return LEARN
    return {"": UNKNOWN, "good": NORMAL}.get(cells["kind"], cells["kind"])


def _clean(path: str) -> str:
    return os.path.normpath(path).replace(os.sep, "/")


def _file_problems(root: str, path: str) -> Iterator[str]:
    full = os.path.join(root, path)
    if not _below(full, root):
        yield f"'{path}' is outside '{root}'; photos must be in the sheet's folder or below it"
    elif not os.path.isfile(full):
        yield f"there is no file '{path}' in '{root}'"
    elif os.path.splitext(path)[1].lower() not in SUFFIXES:
        yield f"'{path}' is no photo by its ending; expected one of {', '.join(sorted(SUFFIXES))}"


def _below(path: str, root: str) -> bool:
    top = os.path.realpath(root)
    return os.path.commonpath([os.path.realpath(path), top]) == top


# --- folders ---------------------------------------------------------------------------------------------------------


class _Listing(NamedTuple):
    photos: list[str]
    others: list[str]
    problems: list[str]


def _listed(root: str, folder: str) -> _Listing:
    """The files below a folder, those of its subfolders too; hidden ones are passed over."""
    listing = _Listing([], [], [])
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        with os.scandir(os.path.join(root, here)) as entries:
            for entry in entries:
                path = f"{here}/{entry.name}"
                if entry.name.startswith("."):
                    continue
                if entry.is_symlink() and not _below(entry.path, root):
                    listing.problems.append(
                        f"photos: '{path}' is a link to outside '{root}'; put the photo itself there"
                    )
                elif entry.is_symlink() and entry.is_dir():
                    listing.problems.append(f"photos: '{path}' is a link to a folder; put the folder itself there")
                elif entry.is_dir():
                    waiting.append(path)
                elif os.path.splitext(entry.name)[1].lower() in SUFFIXES:
                    listing.photos.append(path)
                else:
                    listing.others.append(path)
    if not listing.photos and not listing.problems:
        endings = ", ".join(sorted(SUFFIXES))
        listing.problems.append(f"photos: expected photos ({endings}) in '{root}/{folder}', found none")
    return listing


def _folders(root: str, folder: str) -> list[str]:
    top = os.path.join(root, folder)
    return (
        sorted(each.name for each in os.scandir(top) if each.is_dir() and each.name[0] != ".")
        if os.path.isdir(top)
        else []
    )


def _beside(root: str) -> str:
    there = sorted(each.name for each in os.scandir(root) if each.is_dir())
    return f", found the folders {', '.join(there)}" if there else ", found no folder"


# --- checks of the whole ---------------------------------------------------------------------------------------------


def _set_problems(collection: Collection) -> Iterator[str]:
    if collection.problems:
        return
    if not collection.sets.get(LEARN):
        yield "photos: expected good photos to learn from, found none"
    elif len(collection.sets[LEARN]) < 2:
        yield f"photos: expected at least 2 good photos to learn from, found 1 ('{collection.sets[LEARN][0].path}')"
    if not any(name != LEARN and photos for name, photos in collection.sets.items()):
        yield "photos: expected photos to inspect, found none"
    for kind in collection.sets:
        if kind in (set(RESERVED_SETS) - {LEARN, NORMAL}) or NOT_IN_A_NAME.search(kind) or kind != kind.strip(" ."):
            yield f"photos: a kind of error cannot be named '{kind}', which means something else; rename it"
    taken = {}
    for photo in (photo for photos in collection.sets.values() for photo in photos):
        other = taken.setdefault(unicodedata.normalize("NFC", photo.name), photo)
        if other is not photo and other.path == photo.path:
            yield f"photos: '{photo.path}' is listed twice; remove one line"
        elif other is not photo:
            yield f"photos: '{other.path}' and '{photo.path}' have one name; rename one of them"


def template_problems(collection: Collection) -> list[str]:
    """What is wrong with the templates where each photo is compared with its own: a sentence for each photo."""
    photos = [photo for photos in collection.sets.values() for photo in photos]
    if not any(photo.template for photo in photos):
        where = f"'{collection.root}' (detector: pair)"
        return [
            f"photos: expected a sheet that names each photo's template in its column template, got none in {where}"
        ]
    problems = [
        f"photos: '{photo.path}' has no template, which detector: pair compares it with; name one in the sheet"
        for photo in photos
        if not photo.template
    ]
    problems += [
        f"photos: '{photo.path}' is its own template; name a picture of the same part without error"
        for photo in photos
        if photo.template == photo.path
    ]
    rest = len(problems) - LISTED
    return problems if rest <= 0 else [*problems[:LISTED], f"photos: and {rest} more of this kind"]


def standard_problems(collection: Collection, standard: str) -> list[str]:
    """What is wrong with a standard: `mean`, or the path of a photo below the root."""
    if standard == "mean":
        return []
    close = nearest(standard, [photo.path for photos in collection.sets.values() for photo in photos[:1000]])
    return [
        f"photo_standard: expected mean or a photo's path below '{collection.root}': {problem}{close}"
        for problem in _file_problems(collection.root, standard)
    ]
