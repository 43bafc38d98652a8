"""Encodings of photos, and when they are worth a warning."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

import samples
from soart.photos import decoding, encodings, jpeg
from soart.photos.encodings import Encoding, LearnedEncodings
from soart.storage.schemas import ENCODING

PICTURE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (31, 47, 3), dtype=np.uint8))


def saved(form: str, picture: Image.Image = PICTURE, **options) -> bytes:
    return samples.encoded(picture, form, **options)


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", 2 + len(body)) + body


def with_tables(content: bytes, *tables: bytes) -> bytes:
    """A JPEG with these segments of quantisation tables in place of its own."""
    while (start := content.find(b"\xff\xdb")) >= 0:
        content = content[:start] + content[start + 2 + int.from_bytes(content[start + 2 : start + 4], "big") :]
    return content[:2] + b"".join(segment(0xDB, each) for each in tables) + content[2:]


def table(quality: int, number: int = 0) -> bytes:
    """The body of libjpeg's luminance table of this quality."""
    content = saved("JPEG", quality=quality)
    start = content.index(b"\xff\xdb")
    return bytes([number]) + content[start + 5 : start + 69]


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("quality", range(1, 101))
def test_quality_is_what_libjpeg_was_asked_for(quality):
    assert jpeg.quality(opened(saved("JPEG", quality=quality))) == quality


@pytest.mark.parametrize(("asked", "expected"), [(0, "4:4:4"), (1, "4:2:2"), (2, "4:2:0")])
def test_chroma_subsampling(asked, expected):
    assert jpeg.subsampling(opened(saved("JPEG", subsampling=asked))) == expected


@pytest.mark.parametrize(
    ("factors", "expected"),
    [((0x22, 0x22), "4:4:4"), ((0x41, 0x11), "4:1:1"), ((0x12, 0x11), "4:4:0"), ((0x11, 0x00), "4:4:4")],
)
def test_chroma_subsampling_is_told_from_luminance_and_chroma(factors, expected):
    content = bytearray(saved("JPEG"))
    frame = content.index(b"\xff\xc0")
    content[frame + 11], content[frame + 14] = factors
    assert jpeg.subsampling(opened(bytes(content))) == expected


def test_quality_is_that_of_the_luminance_table():
    content, wide = saved("JPEG"), bytes([0x10]) + b"".join(bytes([0, value]) for value in table(60)[1:])
    for tables, expected in (
        ([table(20, 1), table(80)], 80),  # chroma first
        ([table(20, 1) + table(80)], 80),  # both in one segment
        ([wide], 60),  # two bytes a value
        ([table(20), table(80)], 80),  # defined again
        ([table(80, 1)], None),  # for chroma alone
        ([], None),
    ):
        assert jpeg.quality(opened(with_tables(content, *tables))) == expected


def test_fill_bytes_and_a_thumbnail_change_nothing():
    content = saved("JPEG", quality=90)
    thumbnail = segment(0xE1, b"Exif\0\0" + saved("JPEG", PICTURE.resize((8, 8)), quality=30))
    other = content[:2] + thumbnail + b"\xff\xff" + content[2:]
    assert encodings.encoding(opened(other)) == encodings.encoding(opened(content)) == ("JPEG 4:2:0", 90, False)
    assert jpeg.structure_fault(other) == ""


@pytest.mark.parametrize(
    ("form", "options", "expected"),
    [
        ("PNG", {}, ("PNG", None)),
        ("BMP", {}, ("BMP", None)),
        ("TIFF", {}, ("TIFF", None)),
        ("TIFF", {"compression": "jpeg"}, ("TIFF of JPEG", None)),
        ("WEBP", {}, ("WEBP", None)),
        ("JPEG", {}, ("JPEG 4:2:0", 75)),
        ("JPEG", {"progressive": True}, ("JPEG 4:2:0", 75)),
    ],
)
def test_encoding_is_told_from_the_content(form, options, expected):
    assert encodings.encoding(opened(saved(form, **options)))[:2] == expected


def test_encodings_of_a_table():
    columns = {"saved_as": np.array(["PNG", "JPEG 4:2:0"]), "jpeg_quality": np.array([None, 92], object)}
    columns["gray"] = np.array([True, False])
    assert encodings.of_table(columns) == [("PNG", None, True), ("JPEG 4:2:0", 92, False)]
    assert tuple(ENCODING) == Encoding._fields


def test_how_good_photos_were_saved():
    assert encodings.learn([Encoding("PNG", None)]) == (("PNG",), None, None, False)
    found = [Encoding("PNG", None), Encoding("JPEG 4:2:0", 92), Encoding("JPEG 4:2:0", 88)]
    assert encodings.learn(found) == (("JPEG 4:2:0", "PNG"), 88, 92, False)
    assert encodings.most_common(found) == (("JPEG 4:2:0",), None, None, False)
    assert encodings.learn([]) == encodings.most_common([]) == LearnedEncodings()
    some = [Encoding("PNG", None, gray) for gray in (True, True, False)]
    assert (encodings.learn(some).gray, encodings.most_common(some).gray) == (None, True)
    assert encodings.learn(some[:2]).gray is True


GOOD = "JPEG 4:2:0 of quality 88 to 92"
JPEGS, LOSSLESS = LearnedEncodings(("JPEG 4:2:0",), 88, 92), LearnedEncodings(("PNG",))


@pytest.mark.parametrize(
    ("found", "good", "said"),
    [
        (("JPEG 4:2:0", 88), JPEGS, None),
        (("JPEG 4:2:0", 90), JPEGS, None),
        (("JPEG 4:2:0", None), JPEGS, None),
        (("JPEG 4:2:0", 93), JPEGS, f"saved as JPEG 4:2:0 of quality 93, the good photos as {GOOD}"),
        (("JPEG 4:2:0", 87), JPEGS, f"saved as JPEG 4:2:0 of quality 87, the good photos as {GOOD}"),
        (("JPEG 4:4:4", 90), JPEGS, f"saved as JPEG 4:4:4 of quality 90, the good photos as {GOOD}"),
        (("PNG", None), JPEGS, f"saved as PNG, the good photos as {GOOD}"),
        (("BMP", None), LOSSLESS, None),
        (("TIFF", None), LOSSLESS, None),
        (("WEBP", None), LOSSLESS, "saved as WEBP, the good photos as PNG"),
        (("TIFF of JPEG", None), LOSSLESS, "saved as TIFF of JPEG, the good photos as PNG"),
        (("JPEG gray", 95), LOSSLESS, "saved as JPEG gray of quality 95, the good photos as PNG"),
        (("PNG", None), LearnedEncodings(), None),
    ],
)  # fmt: skip
def test_warning(found, good, said):
    rest = ": saving alone can make a good part look defective; save all photos in one format and quality"
    assert encodings.warning(Encoding(*found), good) == (said + rest if said else "")


def test_gray_among_colour_is_said_and_not_how_it_was_saved():
    gray, colour = Encoding("JPEG gray", 50, True), Encoding("JPEG 4:2:0", 50)
    rest = "its colours, and its brightness beside theirs, say nothing of the part; take all photos alike"
    good = LearnedEncodings(("PNG",), gray=False)
    assert encodings.warning(gray, good) == f"the photo is gray, the good photos are in colour: {rest}"
    assert encodings.warning(colour, good._replace(gray=True)) == (
        f"the photo is in colour, the good photos are gray: {rest}"
    )
    assert encodings.warning(gray, good._replace(gray=None)).startswith("saved as JPEG gray")


@pytest.mark.parametrize(("form", "mode", "gray"), [("JPEG", "L", True), ("PNG", "L", True), ("PNG", "RGB", False)])
def test_gray_is_told_from_the_colours_not_from_the_format(form, mode, gray):
    assert decoding.decode_reduced(saved(form, PICTURE.convert(mode)), "a").saved.gray is gray
    assert decoding.decode_reduced(saved(form, PICTURE.convert("L").convert("RGB")), "a").saved.gray is True
