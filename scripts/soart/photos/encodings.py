"""Encodings: how photos were saved. Compression is no defect, but can look like one beside photos saved otherwise.

A JPEG's values are quantised, the more coarsely the lower its quality; what that changes can be more than good parts
differ from one to the next (benchmarks/encodings).
"""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from PIL import Image

from soart.photos import jpeg

LOSSLESS = ("BMP", "PNG", "TIFF")  # of the same pixels these give the same mosaic


class Encoding(NamedTuple):
    """Encoding: how one photo was saved; the fields are the columns `schemas.ENCODING`."""

    saved_as: str  # a format as Pillow names it; of a JPEG with its chroma subsampling
    jpeg_quality: int | None  # as `jpeg.quality` tells it
    gray: bool = False  # whether its colours are equal everywhere, whatever the format


class LearnedEncodings(NamedTuple):
    """LearnedEncodings: in which formats the good photos were saved, their JPEG qualities within these ends."""

    saved_as: tuple[str, ...] = ()  # sorted
    lowest: int | None = None
    highest: int | None = None
    gray: bool | None = None  # all of them, or none of them; None: some, or it is not known


def encoding(picture: Image.Image) -> Encoding:
    """Return how a picture was saved, as Pillow opened it."""
    if picture.format in ("JPEG", "MPO"):
        return Encoding(f"JPEG {jpeg.subsampling(picture)}", jpeg.quality(picture))
    compressed = picture.format == "TIFF" and "jpeg" in str(picture.info.get("compression"))
    return Encoding(f"{picture.format} of JPEG" if compressed else str(picture.format), None)


def of_table(table: dict[str, np.ndarray]) -> list[Encoding]:
    """Return how each image of a table was saved."""
    return [Encoding(*row) for row in zip(*(table[name].tolist() for name in Encoding._fields), strict=True)]


def learn(found: Iterable[Encoding]) -> LearnedEncodings:
    """Return how some good photos were saved."""
    kinds = set(found)
    qualities = [each.jpeg_quality for each in kinds if each.jpeg_quality is not None]
    grays = {each.gray for each in kinds}
    names = tuple(sorted({each.saved_as for each in kinds}))
    gray = grays.pop() if len(grays) == 1 else None
    return LearnedEncodings(names, min(qualities, default=None), max(qualities, default=None), gray)


def most_common(found: Iterable[Encoding]) -> LearnedEncodings:
    """The format of most good photos, of whatever quality, and whether most are gray."""
    counts = [Counter(each) for each in zip(*((each.saved_as, each.gray) for each in found), strict=True)]
    (name, gray) = (count.most_common(1)[0][0] for count in counts) if counts else (None, None)
    return LearnedEncodings((name,) if name else (), gray=gray)


def warning(found: Encoding, good: LearnedEncodings) -> str:
    """A sentence where a photo was saved otherwise than the good ones; empty where not, or where nothing is known."""
    if good.gray is not None and bool(found.gray) != good.gray:
        mine, theirs = ("gray", "in colour") if found.gray else ("in colour", "gray")
        return (
            f"the photo is {mine}, the good photos are {theirs}: its colours, and its brightness beside theirs, say "
            "nothing of the part; take all photos alike"
        )
    lossless = found.saved_as in LOSSLESS and not set(LOSSLESS).isdisjoint(good.saved_as)
    alike = found.saved_as in good.saved_as or lossless
    known = found.jpeg_quality is not None and good.lowest is not None
    if not good.saved_as or (alike and not (known and not good.lowest <= found.jpeg_quality <= good.highest)):
        return ""
    usually = " or ".join(good.saved_as) + _quality(good.lowest, good.highest)
    return (
        f"saved as {found.saved_as}{_quality(found.jpeg_quality, found.jpeg_quality)}, the good photos as {usually}: "
        "saving alone can make a good part look defective; save all photos in one format and quality"
    )


def _quality(lowest: int | None, highest: int | None) -> str:
    if lowest is None:
        return ""
    return f" of quality {lowest}" + (f" to {highest}" if highest != lowest else "")
