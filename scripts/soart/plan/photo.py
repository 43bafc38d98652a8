"""One photo of a user, and what the names of folders and kinds mean. No numpy here: this is imported at each start."""

import os
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from soart.names import FORMULA, NORMAL, UNKNOWN, UNPRINTABLE
from soart.plan.image_sets import RESERVED_SETS

# What a folder or a kind may be called, in any case; each other name is a kind of error of its own.
GOOD = ("good", "ok", "normal", "良品", "正常")
INSPECT = ("inspect", "検査")
BAD = (
    "bad",
    "ng",
    "ko",
    "defect",
    "defects",
    "defective",
    "anomaly",
    "anomalies",
    "abnormal",
    "不良",
    "不良品",
    "異常",
)
TAKEN = (*RESERVED_SETS, UNKNOWN, "csv", "mosaics")  # names that sets, files or folders of results have already
NOT_IN_A_KIND = re.compile(r'[{}/\\:*?"<>|]')
LONGEST_KIND = 100  # bytes


class Photo(NamedTuple):
    """One photo; paths are below the collection's root, with forward slashes."""

    path: str
    mask: str = ""  # of the defect's pixels; "" where there is none
    template: str = ""  # of this very part; "" where there is none
    problem: str = ""  # why it is not even looked at, a sentence; "" where it is
    label: str = ""  # its name in tables where that is not its path without the ending

    @property
    def name(self) -> str:
        """Name in tables: its path without the ending."""
        return self.label or self.path.rpartition(".")[0]


class Sorted(NamedTuple):
    """Photos as folders or a sheet sort them.

    `folders`: of each set, below the root, with a slash; results leave it out of a photo's name. `passed_over`: files
    that are no photos, and folders (with a slash) that were not entered. `problems`: a sentence each. `refused`: photos
    by set that are not in `sets`, because one of these sentences is about them alone.
    """

    folders: dict[str, str]
    sets: dict[str, list[Photo]]
    passed_over: list[str]
    problems: list[str]
    refused: Sequence[tuple[str, Photo]] = ()


def no_photos(*problems: str) -> Sorted:
    """Return no photos, and why."""
    return Sorted({}, {}, [], list(problems))


def plain_name(name: str) -> str:
    """Return a name for comparison: neither case nor the way of writing accents counts."""
    return unicodedata.normalize("NFC", name).casefold()


def set_of(kind: str) -> str:
    """Return the set of an inspected photo of a kind; empty: not known."""
    return NORMAL if plain_name(kind) in GOOD else kind or UNKNOWN


def kind_problem(kind: str) -> str:
    """Return why a kind of error cannot be named so, as a sentence; empty if it can. A kind names files and rules."""
    if plain_name(kind) in GOOD:
        return ""
    if kind in TAKEN:
        why = "which means something else"
    elif kind.startswith(FORMULA):
        why = "which a spreadsheet takes for a formula"
    elif NOT_IN_A_KIND.search(kind) or UNPRINTABLE.search(kind) or kind != kind.strip(" ."):
        why = "which cannot be part of a file's name everywhere"
    elif len(os.fsencode(kind)) > LONGEST_KIND:
        why = f"which is longer than {LONGEST_KIND} bytes"
    else:
        return ""
    return f"a kind of error cannot be named '{kind}', {why}; rename it"


def below(path: str, root: str) -> bool:
    """Return whether a path lies in a folder or below it once all links are followed."""
    top = os.path.realpath(root)
    return os.path.commonpath([os.path.realpath(path), top]) == top


def listing(words: Iterable[str], last: str = "and") -> str:
    """Return words as a sentence has them: a, b and c."""
    *first, end = words
    return f"{', '.join(first)} {last} {end}" if first else end
