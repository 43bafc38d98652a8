"""How photos were saved: what saving changes is no defect, but can look like one beside photos saved otherwise.

Quality of a JPEG is how coarsely its values are rounded: flat colours move by a fraction of a level, everywhere alike,
which is more than they differ from one good part to the next.
"""

import io
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from PIL import Image

from soart import jpeg

LOSSLESS = ("BMP", "PNG", "TIFF")  # of the same pixels these give the same mosaic


class Encoding(NamedTuple):
    """How one photo was saved."""

    saved_as: str  # a format as Pillow names it; of a JPEG with its colours' sampling
    jpeg_quality: int | None  # as `jpeg.header` tells it


class Usual(NamedTuple):
    """How the good photos were saved."""

    saved_as: tuple[str, ...] = ()  # in order of letters
    lowest: int | None = None  # JPEG quality
    highest: int | None = None


def encoding(content: bytes) -> Encoding:
    """How a picture was saved, from the bytes of its file, which `photos.decoded` has accepted."""
    if header := jpeg.header(content):
        return Encoding(f"JPEG {header.sampling}", header.quality)
    with Image.open(io.BytesIO(content)) as picture:
        return Encoding(str(picture.format), None)


def each(table: dict[str, np.ndarray]) -> list[Encoding]:
    """How each image of a table was saved: its columns `schemas.ENCODING`."""
    return [Encoding(*row) for row in zip(*(table[name].tolist() for name in Encoding._fields), strict=True)]


def usual(found: Iterable[Encoding]) -> Usual:
    """What is usual among some photos."""
    kinds = set(found)
    qualities = [quality for _, quality in kinds if quality is not None]
    return Usual(tuple(sorted({name for name, _ in kinds})), min(qualities, default=None), max(qualities, default=None))


def warning(found: Encoding, good: Usual) -> str:
    """A sentence where a photo was saved otherwise than the good ones; empty where not, or where nothing is known."""
    lossless = found.saved_as in LOSSLESS and not set(LOSSLESS).isdisjoint(good.saved_as)
    alike = found.saved_as in good.saved_as or lossless
    known = found.jpeg_quality is not None and good.lowest is not None
    if not good.saved_as or (alike and not (known and not good.lowest <= found.jpeg_quality <= good.highest)):
        return ""
    usually = " or ".join(good.saved_as) + _quality(good.lowest, good.highest)
    return (
        f"saved as {found.saved_as}{_quality(found.jpeg_quality, found.jpeg_quality)}, the good photos as {usually}: "
        "what saving changes can look like a defect; save alike"
    )


def _quality(lowest: int | None, highest: int | None) -> str:
    if lowest is None:
        return ""
    return f" of quality {lowest}" + (f" to {highest}" if highest != lowest else "")
