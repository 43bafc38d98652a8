"""Photos named by a sheet: tab-separated text with a line of column names. No numpy here: imported at each start."""

import codecs
import csv
import io
import os
from collections.abc import Iterator

from soart import names
from soart.names import LEARN, NORMAL, SHEET_COLUMNS, UNKNOWN, unformulated
from soart.plan.photo import Photo, Sorted, below, kind_problem, no_photos, plain_name, set_of
from soart.plan.yaml_files import did_you_mean, repeated_names

REQUIRED = SHEET_COLUMNS[:2]
PATHS = ("path", "mask", "template")
EXPECTED = "expected a sheet of tab-separated text in UTF-8"
HEAD = 4096  # bytes that tell text from other files


def sort_sheet(sheet: str) -> Sorted:
    """Sort the photos that a sheet names into sets; only what it names is looked at."""
    if names.ending(sheet) in names.PHOTO_ENDINGS:
        return no_photos(f"photos: expected a folder or a sheet, got the photo '{sheet}'; name its folder")
    try:
        rows = _rows(_text(sheet))
        header = _header(rows)
        lines = list(rows)
    except (OSError, ValueError) as error:
        return no_photos(f"{sheet}: {f'cannot be read: {error.strerror}' if isinstance(error, OSError) else error}")
    problems = [f"{sheet}: {text}" for text in _header_problems(header)]
    if not problems and not lines:
        wanted = f"a line of column names ({', '.join(SHEET_COLUMNS)}) and a line for each photo"
        problems = [f"{sheet}: expected {wanted}, got none"]
    if problems:
        return no_photos(*problems)
    root, sets, refused = os.path.dirname(sheet) or ".", {LEARN: [], NORMAL: []}, []
    for number, cells in lines:
        photo, name, wrong, of_files = _photo(root, header, cells)
        said = [f"{sheet}, line {number}: {text}" for text in (*wrong, *of_files)]
        problems += said
        if not said:
            sets.setdefault(name, []).append(photo)
        elif not wrong:
            refused += [(name, photo._replace(problem=text)) for text in said]
    sets = {name: photos for name, photos in sets.items() if photos}
    return Sorted(dict.fromkeys(sets, ""), sets, [], problems, refused)


# --- text and cells --------------------------------------------------------------------------------------------------


def _text(sheet: str) -> str:
    """The text of a sheet in UTF-8, or in UTF-16 with its mark, as spreadsheets save "Unicode text"."""
    with open(sheet, "rb") as file:
        head = file.read(HEAD)
        wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        if b"\0" in head and not wide:
            raise ValueError(f"{EXPECTED}, got a file that is no text; save it again as text (UTF-8)")
        content = head + file.read()
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        how = "save it as UTF-8, or from Excel as Unicode text"
        raise ValueError(f"{EXPECTED}, got other bytes in line {line}; {how}") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ValueError(f"{EXPECTED}, got a NUL byte in line {line}; remove it")
    return text


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, with the number of the line that each begins in."""
    reader, begins = csv.reader(io.StringIO(text, newline=None), delimiter="\t", strict=True), 1
    mark = "a cell that begins with a quotation mark must end with one in its line, and have those within doubled"
    try:
        for row in reader:
            if reader.line_num > begins:
                raise ValueError(f"line {begins}: {mark}")
            if any(cell.strip() for cell in row):
                yield begins, [cell.strip() for cell in row]
            begins = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"line {begins}: {mark} ({error})") from None


def _header(rows: Iterator[tuple[int, list[str]]]) -> list[str]:
    _, cells = next(rows, (1, []))
    while cells and not cells[-1]:
        cells.pop()
    return [cell.casefold() for cell in cells]


def _header_problems(header: list[str]) -> Iterator[str]:
    expected = f"a line of column names ({', '.join(SHEET_COLUMNS)}) first, with tabs between them"
    if not header:
        yield f"expected {expected}, and a line for each photo, got none"
    elif not set(header) & set(SHEET_COLUMNS):
        commas = "; save it as tab-separated text" if "," in header[0] or ";" in header[0] else ""
        yield f"expected {expected}, got '{'    '.join(header)}'{commas}"
    else:
        for name in REQUIRED:
            if name not in header:
                yield f"expected the column '{name}', got {', '.join(header)}"
        for name in header:
            if name not in SHEET_COLUMNS:
                close = did_you_mean(name, SHEET_COLUMNS)
                yield f"'{name}' is no column here; columns are {', '.join(SHEET_COLUMNS)}{close}"
        for name in repeated_names(header):
            if name in SHEET_COLUMNS:
                yield f"the column '{name}' is there twice; keep one of them"


# --- photos ----------------------------------------------------------------------------------------------------------


def _photo(root: str, header: list[str], row: list[str]) -> tuple[Photo, str, list[str], list[str]]:
    """The photo of a row, its set, what is wrong with the row, and with the files that it names."""
    cells = dict.fromkeys(SHEET_COLUMNS, "") | dict(zip(header, row, strict=False))
    paths = {name: _below_root(root, cells[name]) for name in PATHS}
    learned = plain_name(cells["set"]) == "good"
    name = LEARN if learned else set_of(cells["kind"])
    wrong = list(_row_problems(cells, paths, learned))
    if extra := [cell for cell in row[len(header) :] if cell]:
        wrong.append(f"expected at most {len(header)} cells, got one more ('{extra[0]}'); remove it or name its column")
    of_files = [text for path in filter(None, paths.values()) for text in file_problems(root, path)]
    if paths["mask"] and paths["mask"] == paths["path"]:
        of_files.append(f"'{paths['path']}' is its own mask; name a picture of the error's pixels")
    return Photo(**paths), name, wrong, of_files


def _row_problems(cells: dict[str, str], paths: dict[str, str], learned: bool) -> Iterator[str]:
    kind = set_of(cells["kind"])
    if plain_name(cells["set"]) not in ("good", "inspect"):
        yield f"expected good or inspect in the column set, got '{cells['set']}'"
    elif learned and kind not in (NORMAL, UNKNOWN):
        yield f"a photo to learn from must be good, got the kind '{cells['kind']}'; its set is inspect"
    elif problem := kind_problem(cells["kind"]) if cells["kind"] else "":
        yield f"{problem}, or leave the kind empty where it is not known"
    elif paths["mask"] and (learned or kind in (NORMAL, UNKNOWN)):
        got = "a good one" if learned or kind == NORMAL else "one of no kind"
        yield f"a mask is of a photo with an error, got {got}; say its kind, or leave the mask empty"
    if not paths["path"]:
        yield "expected a path, got none"


def _below_root(root: str, path: str) -> str:
    """A path as tables have it: from the root, with forward slashes; one written with `\\` is understood."""
    if not path:
        return ""
    if "\\" in path and not os.path.lexists(os.path.join(root, path)):
        path = path.replace("\\", "/")
    folder, name = os.path.split(path)
    if os.path.isabs(path) and below(folder, root):
        path = os.path.join(os.path.relpath(os.path.realpath(folder), os.path.realpath(root)), name)
    return unformulated(os.path.normpath(path).replace(os.sep, "/"))


def file_problems(root: str, path: str) -> Iterator[str]:
    """Say what is wrong with the path of a photo below a root: it leads out, is not there, hidden or no photo."""
    full = os.path.join(root, path)
    if names.UNPRINTABLE.search(path):
        yield f"'{path}' holds a control character, or is not written in UTF-8; rename the file"
    elif not below(full, root):
        yield f"'{path}' is outside '{root}'; photos must be in the sheet's folder or below it"
    elif not os.path.isfile(full):
        yield f"there is no file '{path}' in '{root}'"
    elif names.passed_over(os.path.basename(path)):
        yield f"'{path}' is hidden, and such files are never looked at; rename it"
    elif names.ending(path) not in names.PHOTO_ENDINGS:
        yield f"'{path}' is no photo by its ending; expected one of {', '.join(names.PHOTO_ENDINGS)}"
