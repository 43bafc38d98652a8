"""Names that several rooms share, and the order of names. No numpy here: this is imported at each start."""

import re

KINDS = (".jpg", ".png", ".parquet", ".csv", ".npz")  # endings of results; what else is a result is a folder of them
STANDARD, LEARN, NORMAL, UNKNOWN = "standard", "learn", "normal", "inspect"  # sets: compared with; learned from; known
# to be good; not known
COLUMNS = ("path", "set", "kind", "mask", "template")  # of a sheet of photos
DIGITS = re.compile(r"(\d+)")


def natural(name: str) -> list:
    """Return a key for sorting by which photo 2 comes before photo 10."""
    pieces = DIGITS.split(name)
    return [(int(piece), piece) if piece.isdecimal() else (piece,) for piece in pieces]
