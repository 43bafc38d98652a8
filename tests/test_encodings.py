"""How photos were saved, and when that is worth a warning."""

import io
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from soart import encodings, jpeg
from soart.encodings import Encoding, Usual

PICTURE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (31, 47, 3), dtype=np.uint8))


def saved(form: str, picture: Image.Image = PICTURE, **options) -> bytes:
    content = io.BytesIO()
    picture.save(content, form, **options)
    return content.getvalue()


def test_a_jpeg_s_header():
    assert jpeg.header(saved("JPEG", quality=90)) == (47, 31, 8, 3, "4:2:0", 90)
    assert jpeg.header(saved("JPEG", PICTURE.convert("L"), quality=90)) == (47, 31, 8, 1, "gray", 90)
    assert jpeg.header(saved("JPEG", quality=90, progressive=True)) == (47, 31, 8, 3, "4:2:0", 90)


@pytest.mark.parametrize("quality", [*range(20, 100, 5), 92, 93, 97, 99])
def test_quality_is_what_was_asked_of_libjpeg(quality):
    assert jpeg.header(saved("JPEG", quality=quality)).quality == pytest.approx(quality, abs=1)


def test_another_quality_gives_another_number():
    found = [jpeg.header(saved("JPEG", quality=quality)).quality for quality in range(20, 96)]
    assert all(before < after for before, after in pairwise(found))


@pytest.mark.parametrize(("asked", "expected"), [(0, "4:4:4"), (1, "4:2:2"), (2, "4:2:0")])
def test_sampling_of_colour(asked, expected):
    assert jpeg.header(saved("JPEG", subsampling=asked)).sampling == expected


def test_tables_of_two_bytes_a_value():
    content = saved("JPEG", quality=75)
    start = content.index(b"\xff\xdb")
    length = int.from_bytes(content[start + 2 : start + 4], "big")
    table = content[start + 5 : start + 69]
    wide = bytes([0x10]) + b"".join(bytes([0, value]) for value in table)
    segment = b"\xff\xdb" + (2 + len(wide)).to_bytes(2, "big") + wide
    assert jpeg.header(content[:start] + segment + content[start + 2 + length :]).quality == 75


def test_of_other_content_and_of_a_cut_header_there_is_none():
    assert jpeg.header(b"no jpeg") is None
    assert jpeg.header(saved("PNG")) is None
    assert jpeg.header(saved("JPEG")[:30]) is None


@pytest.mark.parametrize(
    ("form", "expected"),
    [("PNG", ("PNG", None)), ("BMP", ("BMP", None)), ("TIFF", ("TIFF", None)), ("WEBP", ("WEBP", None)),
     ("JPEG", ("JPEG 4:2:0", 75))],
)  # fmt: skip
def test_encoding_is_told_from_the_content(form, expected):
    assert encodings.encoding(saved(form)) == expected


def test_what_is_usual():
    assert encodings.usual([Encoding("PNG", None)]) == (("PNG",), None, None)
    found = [Encoding("PNG", None), Encoding("JPEG 4:2:0", 92), Encoding("JPEG 4:2:0", 88)]
    assert encodings.usual(found) == (("JPEG 4:2:0", "PNG"), 88, 92)
    assert encodings.usual([]) == Usual()


GOOD = "JPEG 4:2:0 of quality 88 to 92"
JPEGS, LOSSLESS = Usual(("JPEG 4:2:0",), 88, 92), Usual(("PNG",))


@pytest.mark.parametrize(
    ("found", "good", "said"),
    [
        (("JPEG 4:2:0", 88), JPEGS, None),
        (("JPEG 4:2:0", 90), JPEGS, None),
        (("JPEG 4:2:0", 93), JPEGS, f"saved as JPEG 4:2:0 of quality 93, the good photos as {GOOD}"),
        (("JPEG 4:4:4", 90), JPEGS, f"saved as JPEG 4:4:4 of quality 90, the good photos as {GOOD}"),
        (("PNG", None), JPEGS, f"saved as PNG, the good photos as {GOOD}"),
        (("BMP", None), LOSSLESS, None),
        (("WEBP", None), LOSSLESS, "saved as WEBP, the good photos as PNG"),
        (("JPEG gray", 95), LOSSLESS, "saved as JPEG gray of quality 95, the good photos as PNG"),
        (("PNG", None), Usual(), None),
    ],
)  # fmt: skip
def test_warning(found, good, said):
    rest = ": what saving changes can look like a defect; save alike"
    assert encodings.warning(Encoding(*found), good) == (said + rest if said else "")
