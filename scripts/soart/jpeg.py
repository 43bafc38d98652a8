"""What a JPEG's header says, read without decoding."""

from typing import NamedTuple

STANDARD_SUM = 3688  # of the brightness table that the JPEG standard prints (ITU-T T.81, table K.1), quality 50
SAMPLINGS = {0x11: "4:4:4", 0x21: "4:2:2", 0x22: "4:2:0", 0x12: "4:4:0", 0x41: "4:1:1"}


class Header(NamedTuple):
    """A JPEG's frame, and how strongly it was compressed."""

    width: int  # pixels, as stored: a camera's mark may turn the picture
    height: int
    bits: int  # a value
    colours: int
    sampling: str  # of colour: 4:4:4 in full, 4:2:0 halved both ways; "gray" without any
    quality: int | None  # 1 to 100, as libjpeg counts; None where no table came before the pixels


def header(content: bytes) -> Header | None:
    """The header of a JPEG's bytes; None for other content, and for a JPEG that ends before its frame.

    Quality q is told from the sum of the brightness table, which libjpeg scales by s = 200 - 2 q percent, below q = 50
    by s = 5000 / q, from the standard's; tables of other make give a number, too, but none that their maker would say.
    """
    if not content.startswith(b"\xff\xd8"):
        return None
    place, frame, quality = 2, None, None
    while place + 10 <= len(content) and content[place] == 0xFF:
        marker = content[place + 1]
        if marker == 0xDA:  # the pixels begin
            break
        if marker == 0xDB and quality is None:
            quality = _quality(content[place + 4 : place + 133])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # a frame; those three are tables
            frame = content[place : place + 13]
        place += 1 if marker == 0xFF else 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    if frame is None:
        return None
    height, width = (int.from_bytes(frame[at : at + 2], "big") for at in (5, 7))
    sampling = "gray" if frame[9] == 1 else SAMPLINGS.get(frame[11], f"sampling {frame[11]:#x}")
    return Header(width, height, frame[4], frame[9], sampling, quality)


def _quality(segment: bytes) -> int | None:
    """The quality of the first table in a segment: its kind, then 64 values of one byte, or of two."""
    wide = segment[0] >> 4
    values = segment[1 : 1 + 64 * (1 + wide)]
    if len(values) < 64 * (1 + wide):
        return None
    total = sum(values[wide::2]) + 256 * sum(values[::2]) if wide else sum(values)
    scale = 100 * total / STANDARD_SUM
    return max(1, round(100 - scale / 2 if scale <= 100 else 5000 / scale))
