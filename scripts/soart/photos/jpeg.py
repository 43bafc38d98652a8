"""What a JPEG's header says, read without decoding. Source: ITU-T T.81, annexes B and K."""

from functools import cache
from typing import NamedTuple

# Table K.1, for luminance, in rows; libjpeg scales it by the quality.
LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
SUBSAMPLINGS = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (1, 2): "4:4:0", (4, 1): "4:1:1"}
START_OF_SCAN, QUANTISATION = 0xDA, 0xDB
FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # those three are tables


class Header(NamedTuple):
    """A JPEG's frame, and how strongly it was compressed."""

    width: int  # pixels, as stored: a camera's mark may turn the picture
    height: int
    bits: int  # a value
    components: int  # 1: gray, 3: colour
    subsampling: str  # of chroma: 4:4:4 for none, 4:2:0 for half of the pixels both ways; "gray" without chroma
    quality: int | None  # 1 to 100, as libjpeg counts; None where the luminance quantisation table is missing


def header(content: bytes) -> Header | None:
    """The header of a JPEG's bytes; None for other content, and for a JPEG that ends before its frame does."""
    if not content.startswith(b"\xff\xd8"):
        return None
    place, frame, tables = 2, b"", {}
    while place + 4 <= len(content) and content[place] == 0xFF and content[place + 1] != START_OF_SCAN:
        marker = content[place + 1]
        if marker == 0xFF:  # a fill byte
            place += 1
            continue
        end = place + 2 + int.from_bytes(content[place + 2 : place + 4], "big")
        segment = content[place + 4 : end]
        if marker == QUANTISATION:
            tables |= _sums(segment)
        if marker in FRAMES:
            frame = segment
        place = end
    if len(frame) < 9 or len(frame) < 6 + 3 * frame[5]:
        return None
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    total = tables.get(frame[8])
    return Header(width, height, frame[0], frame[5], _subsampling(frame), None if total is None else _quality(total))


def _sums(segment: bytes) -> dict[int, int]:
    """The sum of each quantisation table in a segment, by the table's number; one that is cut is left out."""
    found = {}
    while segment:
        wide, number = segment[0] >> 4, segment[0] & 15
        values, segment = segment[1 : 65 + 64 * bool(wide)], segment[65 + 64 * bool(wide) :]
        if len(values) == 64 * (1 + bool(wide)):
            found[number] = 256 * sum(values[::2]) + sum(values[1::2]) if wide else sum(values)
    return found


def _subsampling(frame: bytes) -> str:
    """Of chroma, by how many luminance samples stand beside one of the first chroma component, across and down."""
    if frame[5] < 2:
        return "gray"
    (across, down), (other_across, other_down) = (divmod(frame[at], 16) for at in (7, 10))
    ratio = across / max(other_across, 1), down / max(other_down, 1)
    return SUBSAMPLINGS.get(ratio, f"{ratio[0]:g}x{ratio[1]:g}")


def _quality(total: int) -> int:
    """The quality q at which libjpeg's luminance table has the nearest sum: exact for a JPEG of libjpeg.

    It is floor((s v + 50) / 100), from 1 to 255, of the standard's values v, with s = 200 - 2 q, below q = 50
    s = floor(5000 / q). A table of other make has a quality, too, but none that its maker would say.
    """
    sums = _sums_by_quality()
    return min(sums, key=lambda quality: abs(sums[quality] - total))


@cache
def _sums_by_quality() -> dict[int, int]:
    scales = {quality: 5000 // quality if quality < 50 else 200 - 2 * quality for quality in range(1, 101)}
    values = [value for row in LUMINANCE for value in row]
    return {
        quality: sum(min(max((scale * value + 50) // 100, 1), 255) for value in values)
        for quality, scale in scales.items()
    }
