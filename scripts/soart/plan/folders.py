"""Photos in folders, sorted into sets by what the folders are called. No numpy here: this is imported at each start.

    ROOT/good, ROOT/inspect, ROOT/ng                      folders of this program's own
    ROOT/train/good, ROOT/test/<kind>, ROOT/ground_truth  MVTec AD, BTAD, and what is laid out as they are
    ROOT/Data/Images/{Normal,Anomaly}, ROOT/Data/Masks    VisA, with its split beside it

`photo.GOOD`, `INSPECT` and `BAD` say which names mean what. Every entry below the root is used, refused with a
sentence, or in `passed_over`; a photo in a folder that is read is never passed over.
"""

import csv
import os
from collections.abc import Iterable
from typing import NamedTuple

from soart import names
from soart.names import LEARN, NORMAL, UNKNOWN
from soart.plan.photo import (
    BAD,
    GOOD,
    INSPECT,
    Photo,
    Sorted,
    below,
    kind_problem,
    listing,
    no_photos,
    plain_name,
    set_of,
)

TEST = ("test", "test_public")  # the latter in MVTec AD 2
MASKS = "ground_truth"
VISA_IMAGES, VISA_MASKS, VISA_SPLIT = "Data/Images", "Data/Masks", os.path.join("split_csv", "1cls.csv")
LOOKED_INTO = 100  # folders that may be meant instead


def sort_folder(root: str) -> Sorted:
    """Sort the photos below a folder into sets by its subfolders' names."""
    top = _entries(root, "")
    good, train, test = (_named(top.folders, known) for known in (GOOD, ("train",), TEST))
    own = good and _named(top.folders, (*INSPECT, *BAD))
    if own and train and test and _entries(root, train[0]).folders:
        return no_photos(
            f"photos: found both {good[0]}/ and {train[0]}/ beside {test[0]}/ in '{root}'; which is to be read? "
            "Name a folder that has one of them"
        )
    if own or not (train or _is_visa(root)):
        return _of_own_folders(root, top)
    return _of_train_and_test(root, top) if train else _of_visa(root, top)


# --- the three forms -------------------------------------------------------------------------------------------------


def _of_own_folders(root: str, top: "_Entries") -> Sorted:
    good, inspect, bad = (_named(top.folders, known) for known in (GOOD, INSPECT, BAD))
    problems = [
        f"photos: expected the folder '{wanted}' in '{root}'{_found_instead(root, top)}"
        for wanted, there in (("good", good), ("inspect", inspect or bad))
        if not there
    ]
    problems += [*_one_of(root, "", good), *_one_of(root, "", inspect), *top.problems]
    if problems:
        return no_photos(*problems)
    chosen = {good[0]: LEARN} | dict.fromkeys(inspect, UNKNOWN) | {folder: folder for folder in bad}
    return _sorted(root, chosen, {}, [*top.files, *(f"{each}/" for each in top.folders if each not in chosen)])


def _of_train_and_test(root: str, top: "_Entries") -> Sorted:
    train, test = _named(top.folders, ("train",)), _named(top.folders, TEST)
    if not test:
        there = listing(f"{each}/" for each in top.folders)
        return no_photos(f"photos: expected the folder 'test' beside '{train[0]}' in '{root}', found {there}")
    learned, tested = _entries(root, train[0]), _entries(root, test[0])
    good = _named(learned.folders, GOOD)
    masks = [*_named(top.folders, (MASKS,)), *(f"{test[0]}/{each}" for each in _named(tested.folders, (MASKS,)))]
    kinds = [each for each in tested.folders if f"{test[0]}/{each}" not in masks]
    problems = [*top.problems, *learned.problems, *tested.problems]
    for known in (train, test, masks):
        problems += _one_of(root, "", known)
    problems += [*_one_of(root, train[0], good), *_one_of(root, test[0], _named(kinds, GOOD))]
    problems += [f"photos: {text}" for text in map(kind_problem, kinds) if text]
    if not good:
        there = listing(f"{each}/" for each in learned.folders) if learned.folders else "no folder"
        alias = listing(GOOD[1:3], "or")
        problems.append(f"photos: expected the folder 'good' (or {alias}) in '{root}/{train[0]}', found {there}")
    if not kinds:
        problems.append(
            f"photos: expected folders in '{root}/{test[0]}' (good, and one for each kind of error), found none"
        )
    for path in (*learned.files, *tested.files):
        if names.ending(path) in names.PHOTO_ENDINGS:
            folder = f"{train[0]}/good" if path in learned.files else f"{test[0]}/good, or {test[0]}/<kind of error>"
            problems.append(f"photos: '{path}' lies in no folder of its kind; put it into {folder}")
    if problems:
        return no_photos(*problems)
    chosen = {f"{train[0]}/{good[0]}": LEARN} | {f"{test[0]}/{kind}": set_of(kind) for kind in kinds}
    others = [*top.files, *learned.files, *tested.files]
    others += [f"{each}/" for each in top.folders if each not in (train[0], test[0], *masks)]
    others += [f"{train[0]}/{each}/" for each in learned.folders if each not in good]
    return _sorted(root, chosen, {masks[0]: test[0]} if masks else {}, others)


def _of_visa(root: str, top: "_Entries") -> Sorted:
    """VisA as it is downloaded: which normal photos are learned from says `split_csv/1cls.csv` beside the folder."""
    kinds = _entries(root, VISA_IMAGES)
    good = _named(kinds.folders, GOOD)
    problems = [f"photos: {text}" for text in map(kind_problem, kinds.folders) if text]
    if len(good) != 1 or problems:
        expected = f"photos: expected the folder 'Normal' in '{root}/{VISA_IMAGES}', found {len(good)} of that meaning"
        return no_photos(*problems, *([expected] if len(good) != 1 else []))
    chosen = {f"{VISA_IMAGES}/{kind}": LEARN if kind in good else kind for kind in kinds.folders}
    data = _entries(root, "Data")
    others = [*top.files, *data.files, *kinds.files, *(f"{each}/" for each in top.folders if each != "Data")]
    others += [f"Data/{each}/" for each in data.folders if f"Data/{each}" not in (VISA_IMAGES, VISA_MASKS)]
    found = _sorted(root, chosen, {VISA_MASKS: VISA_IMAGES} if "Masks" in data.folders else {}, others)
    beside, name = os.path.split(os.path.realpath(root))
    tested = _visa_tested(os.path.join(beside, VISA_SPLIT), name)
    learn = [photo for photo in found.sets[LEARN] if photo.path not in tested]
    normal = [photo for photo in found.sets[LEARN] if photo.path in tested]
    if not normal:
        return found
    folder = found.folders[LEARN]
    kinds_of_error = {name: photos for name, photos in found.sets.items() if name != LEARN}
    return found._replace(
        sets={LEARN: learn, NORMAL: normal} | kinds_of_error, folders={LEARN: folder, NORMAL: folder} | found.folders
    )


def _is_visa(root: str) -> bool:
    return os.path.isdir(os.path.join(root, VISA_IMAGES))


def _visa_tested(split: str, name: str) -> set[str]:
    """The photos of one object, below its folder, that VisA's own split tests with; none where there is no split."""
    if not os.path.isfile(split):
        return set()
    with open(split, encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file) if len(row) >= 4]
    return {row[3].removeprefix(f"{name}/") for row in rows if row[0] == name and row[1] == "test"}


# --- what they share -------------------------------------------------------------------------------------------------


def _sorted(root: str, chosen: dict[str, str], masks: dict[str, str], others: list[str]) -> Sorted:
    """Sort the photos of `chosen` (folder -> set); `masks` says which folder of masks belongs to which of photos."""
    folders, sets, problems, of_masks, refused = {}, {}, [], {}, []
    others = list(others)
    for folder, name in chosen.items():
        depth = _entries(root, folder).folders
        has_depth = "rgb" in depth and ("xyz" in depth or "gt" in depth)  # MVTec 3D-AD
        inside = f"{folder}/rgb" if has_depth else folder
        if has_depth:
            others += [f"{folder}/{each}/" for each in depth if each not in ("rgb", "gt")]
            others += [f"{folder}/gt/"] if "gt" in depth and name in (LEARN, NORMAL) else []
            of_masks |= {f"{folder}/gt": inside} if "gt" in depth and name not in (LEARN, NORMAL) else {}
        listed = _listed(root, inside)
        folders[name] = f"{inside}/"
        sets[name] = [Photo(path) for path in listed.photos]
        others += listed.others
        problems += listed.problems or _if_empty(root, inside, listed)
        refused += [(name, photo) for photo in listed.refused]
    for top, below_ in masks.items():
        entries = _entries(root, top)
        problems += entries.problems
        good = _named(entries.folders, GOOD)
        others += [*entries.files, *(f"{top}/{each}/" for each in good)]
        of_masks |= {f"{top}/{each}": f"{below_}/{each}" for each in entries.folders if each not in good}
    problems += _with_masks(root, sets, of_masks, others)
    order = dict.fromkeys((LEARN, NORMAL)) | sets
    return Sorted(folders, {name: order[name] for name in order if name in sets}, others, problems, refused)


def _with_masks(root: str, sets: dict[str, list[Photo]], of_masks: dict[str, str], others: list[str]) -> list[str]:
    """Give photos their masks (folder of masks -> folder of photos), in place; what is wrong with masks."""
    masks, problems, several = {}, [], []
    stems = {photo.name for photos in sets.values() for photo in photos}
    for folder, photos in of_masks.items():
        listed = _listed(root, folder)
        others += listed.others
        problems += listed.problems
        for path in sorted(listed.photos):
            stem = f"{photos}/{path.rpartition('.')[0].removeprefix(f'{folder}/')}"
            owner = stem.removesuffix("_mask") if stem not in stems else stem
            if owner not in stems and owner.rpartition("/")[0] in stems:  # MVTec LOCO: a folder of masks a photo
                owner = owner.rpartition("/")[0]
            if owner not in stems:
                problems.append(
                    f"photos: the mask '{path}' has no photo '{owner}.*'; name it as its photo, with or without _mask, "
                    "or remove it"
                )
            elif owner in masks:
                several.append(owner)
            masks.setdefault(owner, path)
    if several:
        first = several[0]
        problems.append(
            f"photos: {len(set(several))} photo(s) have several masks, as '{first}.*' has '{masks[first]}' and others; "
            "expected one picture a photo: join them, or take the masks away (nothing is then said of places)"
        )
    for name, photos in sets.items():
        sets[name] = [photo._replace(mask=masks.get(photo.name, "")) for photo in photos]
    return problems


class _Entries(NamedTuple):
    """Entries: what lies directly in a folder: folders by name; files, and what is hidden, as paths below the root."""

    folders: list[str]
    files: list[str]
    problems: list[str]


def _entries(root: str, folder: str) -> _Entries:
    entries, problems = _scanned(root, folder)
    found = _Entries([], [], problems)
    for entry in entries:
        path = f"{folder}/{entry.name}" if folder else entry.name
        if names.passed_over(entry.name) or not entry.is_dir():
            found.files.append(f"{path}/" if entry.is_dir() else path)
        else:
            found.folders.append(entry.name)
    return found


class _Listing(NamedTuple):
    photos: list[str]
    others: list[str]
    problems: list[str]
    refused: list[Photo]  # that are among the problems

    def refuse(self, path: str, problem: str) -> None:
        self.problems.append(problem)
        self.refused.append(Photo(path, problem=problem))


def _listed(root: str, folder: str) -> _Listing:
    """The photos below a folder, those of its subfolders too; what is passed over, and links that lead away."""
    found, waiting = _Listing([], [], [], []), [folder]
    while waiting:
        here = waiting.pop()
        entries, problems = _scanned(root, here)
        found.problems.extend(problems)
        for entry in entries:
            path = f"{here}/{entry.name}"
            if names.passed_over(entry.name):
                found.others.append(f"{path}/" if entry.is_dir() else path)
            elif entry.is_symlink() and not below(entry.path, root):
                found.refuse(path, f"photos: '{path}' is a link to outside '{root}'; put the photo itself there")
            elif entry.is_symlink() and entry.is_dir():
                found.refuse(path, f"photos: '{path}' is a link to a folder; put the folder itself there")
            elif entry.is_dir():
                waiting.append(path)
            else:
                (found.photos if names.ending(entry.name) in names.PHOTO_ENDINGS else found.others).append(path)
    return found


def _scanned(root: str, folder: str) -> tuple[list[os.DirEntry], list[str]]:
    """The entries of a folder by name; or why it cannot be read."""
    try:
        return sorted(os.scandir(os.path.join(root, folder)), key=lambda entry: entry.name), []
    except OSError as error:
        return [], [f"photos: the folder '{folder or root}' cannot be read: {error.strerror}"]


def _named(folders: Iterable[str], known: Iterable[str]) -> list[str]:
    """The folders that have one of the names, in any case."""
    return [each for each in folders if plain_name(each) in known]


def _one_of(root: str, folder: str, alike: list[str]) -> list[str]:
    if len(alike) < 2:
        return []
    where = f"{root}/{folder}" if folder else root
    return [f"photos: in '{where}' the folders {listing(alike)} mean the same; put their photos into one of them"]


def _if_empty(root: str, folder: str, listed: _Listing) -> list[str]:
    expected = f"photos: expected photos ({', '.join(names.PHOTO_ENDINGS)}) in '{root}/{folder}', found none"
    return [] if listed.photos else [expected]


def _found_instead(root: str, top: _Entries) -> str:
    """Return what is in a folder instead of what was expected, and which of its folders would do."""
    there = f"the folders {', '.join(top.folders)}" if top.folders else "no folder"
    photos = sum(names.ending(path) in names.PHOTO_ENDINGS for path in top.files)
    loose = f" and {photos} photo(s) in none" if photos else ""
    inner = (each for each in top.folders[:LOOKED_INTO] if _would_do(os.path.join(root, each)))
    hint = next((f"; did you mean '{os.path.join(root, each)}'?" for each in inner), "")
    return f", found {there}{loose}{hint}"


def _would_do(root: str) -> bool:
    folders = _entries(root, "").folders
    own = _named(folders, GOOD) and _named(folders, (*INSPECT, *BAD))
    return bool(own or (_named(folders, ("train",)) and _named(folders, TEST)) or _is_visa(root))
