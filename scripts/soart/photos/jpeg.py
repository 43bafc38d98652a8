"""Jpeg: how strongly a JPEG was compressed, and where it ends. Source: ITU-T T.81, annex B; libjpeg, `jcparam.c`."""

import io
import re
from functools import cache

from PIL import Image, JpegImagePlugin

SUBSAMPLINGS = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (1, 2): "4:4:0", (4, 1): "4:1:1"}
END, SCAN = b"\xff\xd9", b"\xff\xda"
BETWEEN_SCANS = {bytes([0xFF, code]) for code in (0xC4, 0xDA, 0xDB, 0xDC, 0xDD, 0xFE, *range(0xE0, 0xF0))}
MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # in a scan, 0 and restarts are no markers


def structure_fault(content: bytes) -> str:
    """Return what is wrong with a JPEG's structure: "cut off" where it has no end, "damaged", or nothing.

    What lies behind its end (a second picture, a video, padding) does not matter, nor does a thumbnail's end before it.
    A marker that belongs to no scan is damage, which decoders notice too late to refuse the picture.
    """
    place, scans = 2, False
    while marker := MARKER.search(content, place):
        place = marker.end()
        length = int.from_bytes(content[place : place + 2], "big")
        if marker.group() == END:
            return ""
        if scans and marker.group() not in BETWEEN_SCANS:
            return "damaged"
        if marker.group() == SCAN:
            scans = True
            if content[place + 2 : place + 3] != bytes([max(length - 6, 0) // 2 % 256]):  # as many colours as it says
                return "damaged" if content[place + 2 :] else "cut off"
        place += length
    return "cut off"


def subsampling(picture: JpegImagePlugin.JpegImageFile) -> str:
    """Subsampling of chroma: 4:4:4 for none, 4:2:0 for half of the pixels both ways, "gray" without chroma.

    Told from how many luminance samples stand beside one of the first chroma component, across and down.
    """
    if len(picture.layer) < 2:
        return "gray"
    (_, across, down, _), (_, other_across, other_down, _) = picture.layer[:2]
    ratio = across / max(other_across, 1), down / max(other_down, 1)
    return SUBSAMPLINGS.get(ratio, f"{ratio[0]:g}x{ratio[1]:g}")


def quality(picture: JpegImagePlugin.JpegImageFile) -> int | None:
    """The quality, 1 to 100, at which libjpeg's luminance table has the nearest sum: exact for a JPEG of libjpeg.

    A table of other make has a quality, too, but none that its maker would say. None where the table is missing.
    """
    table = picture.quantization.get(picture.layer[0][3])
    return _nearest_quality(sum(table)) if table else None


@cache  # of a set of photos there are few
def _nearest_quality(total: int) -> int:
    sums = _sums_by_quality()
    return min(sums, key=lambda each: abs(sums[each] - total))


@cache
def _sums_by_quality() -> dict[int, int]:
    """The sum of the luminance table that libjpeg writes at each quality."""
    sums = {}
    for each in range(1, 101):
        content = io.BytesIO()
        Image.new("L", (1, 1)).save(content, "JPEG", quality=each)
        sums[each] = sum(Image.open(content).quantization[0])
    return sums
