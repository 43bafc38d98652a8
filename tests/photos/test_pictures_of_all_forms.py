# ruff: noqa: E501 (the tables of forms have a line each)
"""Every form of a picture's file: read as it was drawn, or refused with one sentence that names the file and the cause.

The files are made here, from known pixels: by Pillow, by OpenCV where it alone writes 16 bits, and TIFFs and PNGs byte
by byte. So what is read is compared with what was drawn; where a format loses something, with what Pillow shows.
"""

import io
import re
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from soart.photos import decoding as photos

HEIGHT, WIDTH = 48, 64
COLOUR = np.kron(np.random.default_rng(1).integers(0, 256, (12, 16, 3), np.uint8), np.ones((4, 4, 1), np.uint8))
GRAY = COLOUR[..., 1]
DEEP = (COLOUR.astype(np.uint16) * 257) ^ np.uint16(0x2A)  # values of 16 bits whose lower byte says something
TURNED = {1: lambda a: a, 3: lambda a: a[::-1, ::-1], 6: lambda a: np.rot90(a, -1), 8: lambda a: np.rot90(a)}
TURNED |= {2: lambda a: a[:, ::-1], 4: lambda a: a[::-1], 5: lambda a: a.swapaxes(0, 1)}
TURNED |= {7: lambda a: a.swapaxes(0, 1)[::-1, ::-1]}


# --- the files -------------------------------------------------------------------------------------------------------


def by_pillow(form: str, pixels: np.ndarray | Image.Image = COLOUR, **options) -> bytes:
    picture = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    content = io.BytesIO()
    picture.save(content, form, **options)
    return content.getvalue()


def of_two(form: str, first: np.ndarray = COLOUR, second: np.ndarray = COLOUR // 2) -> bytes:
    return by_pillow(form, first, save_all=True, append_images=[Image.fromarray(second)])


def turned_by(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(values: np.ndarray, colours: int, bits: int, *others: bytes) -> bytes:
    """A PNG byte by byte; `colours` is its colour type, `others` are further chunks before the pixels."""
    rows = values.astype(f">u{bits // 8}").reshape(len(values), -1)
    pixels = b"".join(b"\0" + row.tobytes() for row in rows)
    head = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], bits, colours, 0, 0, 0)
    body = chunk(b"IHDR", head) + b"".join(others) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def tiff(values: np.ndarray, planar: bool = False, order: str = "<", **tags: int) -> bytes:
    """An uncompressed TIFF of one strip (a strip a plane where it is planar), byte by byte; `tags` as T<number>."""
    height, width, *bands = values.shape
    count, bits = (bands or [1])[0], values.dtype.itemsize * 8
    planes = np.moveaxis(values, -1, 0) if planar else values[None]
    strips = [plane.astype(values.dtype.newbyteorder(order)).tobytes() for plane in planes]
    entries = {256: [width], 257: [height], 258: [bits] * count, 259: [1], 262: [2 if count == 3 else 1]}
    entries |= {277: [count], 278: [height], 284: [2 if planar else 1], 339: [1] * count}
    entries |= {int(name[1:]): [value] for name, value in tags.items()}
    entries |= {273: [0] * len(strips), 279: [len(strip) for strip in strips]}
    start = 8 + 2 + 12 * len(entries) + 4
    after = {key: start + sum(4 * len(entries[other]) for other in sorted(entries) if other < key) for key in entries}
    pixels = start + sum(4 * len(each) for each in entries.values())
    entries[273] = [pixels + sum(map(len, strips[:number])) for number in range(len(strips))]
    table, long = struct.pack(f"{order}H", len(entries)), b""
    for key, each in sorted(entries.items()):
        packed = struct.pack(f"{order}{len(each)}I", *each)
        long += packed
        table += struct.pack(f"{order}HHI", key, 4, len(each))
        table += packed if len(each) == 1 else struct.pack(f"{order}I", after[key])
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(f"{order}I", 8) + table + bytes(4) + long + b"".join(strips)


def by_opencv(suffix: str, pixels: np.ndarray, *options: int) -> bytes:
    return cv2.imencode(suffix, pixels[..., ::-1] if pixels.ndim == 3 else pixels, options)[1].tobytes()


def of_16(values: np.ndarray) -> np.ndarray:
    """Bring 16 bits to 8 in another way than the product does."""
    return np.floor(values.astype(np.float64) * 255 / 65535 + 0.5).astype(np.uint8)


def with_alpha(pixels: np.ndarray, alpha: int) -> np.ndarray:
    pixels = pixels if pixels.ndim == 3 else pixels[..., None]
    return np.concatenate([pixels, np.full((*pixels.shape[:2], 1), alpha, pixels.dtype)], axis=2)


LARGEST = np.iinfo(np.uint16).max
PALETTE = Image.fromarray(COLOUR).quantize(64)
ONE_BIT = Image.fromarray(GRAY > 99)

# name -> (content, the pixels that were drawn)
LOSSLESS: dict[str, tuple[bytes, np.ndarray]] = {
    "PNG": (by_pillow("PNG"), COLOUR),
    "PNG, gray": (by_pillow("PNG", GRAY), GRAY),
    "PNG, palette": (by_pillow("PNG", PALETTE), np.asarray(PALETTE.convert("RGB"))),
    "PNG, 4 bits of gray": (by_pillow("PNG", Image.fromarray(GRAY // 16 * 17).quantize(16)), GRAY // 16 * 17),
    "PNG, one bit": (by_pillow("PNG", ONE_BIT), np.asarray(ONE_BIT) * np.uint8(255)),
    "PNG, opaque alpha": (by_pillow("PNG", with_alpha(COLOUR, 255)), COLOUR),
    "PNG, gray with opaque alpha": (by_pillow("PNG", with_alpha(GRAY, 255)), GRAY),
    "PNG, colour named transparent that it has not": (by_pillow("PNG", COLOUR // 2, transparency=(1, 255, 3)), COLOUR // 2),
    "PNG, 2 kB behind its end": (by_pillow("PNG") + bytes(2048), COLOUR),
    "PNG, gamma": (png(COLOUR, 2, 8, chunk(b"gAMA", struct.pack(">I", 100000))), COLOUR),
    "PNG, long text behind its pixels": (by_pillow("PNG")[:-12] + chunk(b"tEXt", b"a\0" + b"b" * 3000) + by_pillow("PNG")[-12:], COLOUR),
    "PNG, 16 bits": (png(DEEP, 2, 16), of_16(DEEP)),
    "PNG, 16 bits of gray": (png(DEEP[..., 0], 0, 16), of_16(DEEP[..., 0])),
    "PNG, 16 bits with opaque alpha": (png(with_alpha(DEEP, LARGEST), 6, 16), of_16(DEEP)),
    "PNG, 16 bits of gray with opaque alpha": (png(with_alpha(DEEP[..., 0], LARGEST), 4, 16), of_16(DEEP[..., 0])),
    "BMP": (by_pillow("BMP"), COLOUR),
    "BMP, gray": (by_pillow("BMP", GRAY), GRAY),
    "BMP, one bit": (by_pillow("BMP", ONE_BIT), np.asarray(ONE_BIT) * np.uint8(255)),
    "TIFF": (tiff(COLOUR), COLOUR),
    "TIFF, Motorola's order": (tiff(COLOUR, order=">"), COLOUR),
    "TIFF, planes": (tiff(COLOUR, planar=True), COLOUR),
    "TIFF, gray": (tiff(GRAY), GRAY),
    "TIFF, gray, 0 is white": (tiff(255 - GRAY, T262=0), GRAY),
    "TIFF, palette": (by_pillow("TIFF", PALETTE), np.asarray(PALETTE.convert("RGB"))),
    "TIFF, one bit": (by_pillow("TIFF", ONE_BIT), np.asarray(ONE_BIT) * np.uint8(255)),
    "TIFF, fax": (by_pillow("TIFF", ONE_BIT, compression="group4"), np.asarray(ONE_BIT) * np.uint8(255)),
    **{f"TIFF, {way}": (by_pillow("TIFF", compression=way), COLOUR) for way in ("tiff_lzw", "tiff_adobe_deflate", "lzma", "zstd", "packbits")},
    "TIFF, 64 bit offsets": (by_pillow("TIFF", big_tiff=True), COLOUR),
    "TIFF, 16 bits": (tiff(DEEP), of_16(DEEP)),
    "TIFF, 16 bits, LZW": (by_opencv(".tiff", DEEP, cv2.IMWRITE_TIFF_COMPRESSION, 5), of_16(DEEP)),
    "TIFF, 16 bits of gray": (tiff(DEEP[..., 0]), of_16(DEEP[..., 0])),
    "TIFF, 16 bits of gray, Motorola's order": (tiff(DEEP[..., 0], order=">"), of_16(DEEP[..., 0])),
    "WebP": (by_pillow("WEBP", lossless=True), COLOUR),
    "WebP, opaque alpha": (by_pillow("WEBP", with_alpha(COLOUR, 255), lossless=True), COLOUR),
    **{f"{form}, turned {mark}": (by_pillow(form, exif=turned_by(mark), **({"lossless": True} if form == "WEBP" else {})), turn(COLOUR)) for form in ("PNG", "TIFF", "WEBP") for mark, turn in TURNED.items()},
    **{f"TIFF, 16 bits, turned {mark}": (tiff(DEEP, T274=mark), turn(of_16(DEEP))) for mark, turn in TURNED.items()},
    **{f"TIFF, 16 bits of gray, turned {mark}": (tiff(DEEP[..., 0], T274=mark), turn(of_16(DEEP[..., 0]))) for mark, turn in TURNED.items()},
}  # fmt: skip
JPEG, SMALL = by_pillow("JPEG", quality=90), by_pillow("JPEG", Image.fromarray(COLOUR).resize((16, 12)))
EXIF = b"\xff\xe1" + struct.pack(">H", 2 + 6 + len(SMALL)) + b"Exif\0\0" + SMALL
LOSSY: dict[str, bytes] = {
    "JPEG": JPEG,
    "JPEG, gray": by_pillow("JPEG", GRAY),
    "JPEG, progressive": by_pillow("JPEG", progressive=True),
    "JPEG, restarts": by_opencv(".jpg", COLOUR, cv2.IMWRITE_JPEG_RST_INTERVAL, 2),
    "JPEG, RGB inside": by_pillow("JPEG", keep_rgb=True),
    **{f"JPEG, subsampling {way}": by_pillow("JPEG", subsampling=way) for way in range(3)},
    **{f"JPEG, turned {mark}": by_pillow("JPEG", exif=turned_by(mark)) for mark in TURNED},
    **{f"JPEG, gray, turned {mark}": by_pillow("JPEG", GRAY, exif=turned_by(mark)) for mark in TURNED},
    "JPEG, 900 bytes behind its end": JPEG + b"\x5a" * 900,
    "JPEG, 5 kB behind its end": JPEG + b"\x5a" * 5000,
    "JPEG, a film behind its end": JPEG + b"\0\0\0\x18ftypmp42" + b"\xff\xd8" * 3000,
    "JPEG, a thumbnail in it": JPEG[:2] + EXIF + JPEG[2:],
    "JPEG, two pictures": of_two("MPO"),
    "JPEG, the second picture of two cut off": of_two("MPO")[:-200],
    "TIFF of JPEG": by_pillow("TIFF", compression="jpeg"),
    "WebP, lossy": by_pillow("WEBP"),
}
KIND = r"a picture \(JPEG, PNG, BMP, TIFF or WebP\), got {}; save it as one of these"
DAMAGED = r"a whole picture, got one that is cut off or damaged \(.+\); copy it again"
CLEAR = "an opaque picture, got {} with transparent places; save it without"
MODE = "an RGB or gray picture of 8 or 16 bits, got mode {}; save it as RGB"
SIGNED = "values from 0 on, got a TIFF of signed or floating values; save it with 8 or 16 bits"
CUT = "a whole JPEG, got one that is cut off; copy it again"
MANY = "one picture, got a {} of 2; save the one that is meant by itself"
REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "a picture, got an empty file; copy it again"),
    "JPEG of print": (by_pillow("JPEG", Image.fromarray(COLOUR).convert("CMYK")), MODE.format("CMYK")),
    "JPEG cut off behind its thumbnail": ((JPEG[:2] + EXIF + JPEG[2:])[: len(EXIF) + 700], CUT),
    "JPEG without its end": (JPEG[:-2], CUT),
    "JPEG with a marker in its pixels": (JPEG[:1500] + b"\xff\xc3" + JPEG[1502:], CUT.replace("cut off", "damaged")),
    "PNG, animated": (of_two("PNG"), MANY.format("PNG")),
    "WebP, animated": (of_two("WEBP"), MANY.format("WEBP")),
    "TIFF of two pages": (of_two("TIFF"), MANY.format("TIFF")),
    "TIFF, thumbnail first": (of_two("TIFF", COLOUR[::8, ::8].copy(), COLOUR), MANY.format("TIFF")),
    "TIFF of 16 bits in planes": (tiff(DEEP, planar=True), "colours side by side, got a TIFF of 16 bits in planes; save it interleaved, or with 8 bits"),
    "TIFF of 16 bits, 0 is white": (tiff(DEEP[..., 0], T262=0), "black as 0, got a TIFF of 16 bits whose 0 is white; save it the other way round"),
    "TIFF, signed 8 bits": (tiff(GRAY, T339=2), SIGNED),
    "TIFF, signed 16 bits": (tiff(DEEP[..., 0], T339=2), SIGNED),
    "TIFF, floating": (by_pillow("TIFF", Image.fromarray(GRAY.astype(np.float32))), SIGNED),
    "TIFF, 32 bits": (tiff(DEEP[..., 0].astype(np.uint32)), MODE.format("I")),
    "TIFF, half floating": (tiff(DEEP[..., 0], T339=3), r"a whole TIFF, got one that is cut off, damaged or of a rare kind; copy it again or save it as PNG"),
    "PNG, transparent": (by_pillow("PNG", with_alpha(COLOUR, 254)), CLEAR.format("RGBA")),
    "PNG, 16 bits, transparent": (png(with_alpha(DEEP, 0x1234), 6, 16), CLEAR.format("RGBA")),
    "PNG, 16 bits of gray, one transparent": (png(DEEP[..., 0], 0, 16, chunk(b"tRNS", struct.pack(">H", DEEP[0, 0, 0]))), CLEAR.format("gray")),
    "PNG, palette, one transparent": (by_pillow("PNG", PALETTE, transparency=0), CLEAR.format("P")),
    "WebP, transparent": (by_pillow("WEBP", with_alpha(COLOUR, 0), lossless=True, exact=True), CLEAR.format("RGBA")),
    "GIF": (by_pillow("GIF", GRAY), KIND.format("a GIF")),
    "icon": (by_pillow("ICO"), KIND.format("an icon")),
    "JPEG 2000": (by_pillow("JPEG2000"), KIND.format("a JPEG 2000")),
    "JPEG 2000, bare": (by_pillow("JPEG2000", no_jp2=True), KIND.format("a JPEG 2000")),
    "AVIF": (by_pillow("AVIF"), KIND.format("an AVIF")),
    "HEIC": (b"\0\0\0\x24ftypheic\0\0\0\0mif1heic" + bytes(99), KIND.format("a HEIC")),
    "film": (b"\0\0\0\x20ftypisom\0\0\0\0" + bytes(99), KIND.format(r"a film \(isom\)")),
    "Photoshop": (b"8BPS\0\x01" + bytes(99), KIND.format("a Photoshop document")),
    "DICOM": (bytes(128) + b"DICM" + bytes(99), KIND.format("a DICOM file")),
    "Radiance": (b"#?RADIANCE\n" + bytes(99), KIND.format("a Radiance HDR")),
    "OpenEXR": (b"\x76\x2f\x31\x01" + bytes(99), KIND.format("an OpenEXR")),
    "web page": (b"<!DOCTYPE html><title>404</title>", KIND.format("text such as a web page")),
    "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", KIND.format("text such as a web page")),
    "pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", KIND.format(r"a pointer of Git LFS, not the photo itself \(git lfs pull\)")),
    "zeros": (bytes(5000), KIND.format("zeros: a copy that was never finished")),
    "text": (b"no picture", KIND.format("another file")),
    "PNG with a changed pixel": (by_pillow("PNG")[:60] + b"\x55" + by_pillow("PNG")[61:], DAMAGED),
}  # fmt: skip


# --- what is read ----------------------------------------------------------------------------------------------------


def shown(content: bytes) -> np.ndarray:
    """Return a file's picture as Pillow shows it, RGB; of 16 bits the upper 8."""
    picture = Image.open(io.BytesIO(content))
    picture.load()
    values = np.asarray(ImageOps.exif_transpose(picture))
    if values.dtype.itemsize == 2:
        return np.repeat((values >> 8).astype(np.uint8)[..., None], 3, axis=2)
    return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))


@pytest.mark.parametrize("form", LOSSLESS)
def test_what_loses_nothing_is_read_as_it_was_drawn(form):
    content, drawn = LOSSLESS[form]
    drawn = drawn if drawn.ndim == 3 else np.repeat(drawn[..., None], 3, axis=2)
    found = photos.decode_reduced(content, "photo")
    assert np.array_equal(found.pixels[..., ::-1], drawn)
    assert found.size == drawn.shape[1::-1]
    assert (found.largest is not None) == ("16 bits" in form)


@pytest.mark.parametrize("form", LOSSY)
def test_what_loses_something_is_read_as_pillow_shows_it(form):
    found = photos.decode_reduced(LOSSY[form], "photo")
    assert np.array_equal(found.pixels[..., ::-1], shown(LOSSY[form]))


@pytest.mark.parametrize("form", REFUSED)
def test_what_is_not_read_is_refused_with_the_true_cause(form):
    content, sentence = REFUSED[form]
    with pytest.raises(ValueError, match=SENTENCE) as caught:
        photos.decode_reduced(content, "photo")
    assert re.fullmatch(sentence, str(caught.value).removeprefix("photo: expected ")), caught.value


def test_the_largest_value_of_16_bits_is_told_and_12_of_them_are_refused():
    assert photos.decode_reduced(png(DEEP >> 1, 2, 16), "photo").largest == int(DEEP.max() >> 1)
    for bits, levels in ((12, 17), (10, 5), (9, 3), (8, 2), (0, 1)):  # 0 is one of them
        for content in (png(DEEP >> 16 - bits, 2, 16), tiff(DEEP[..., 0] >> 16 - bits)):
            with pytest.raises(ValueError, match=SENTENCE) as caught:
                photos.decode_reduced(content, "photo")
            assert "photo: expected values up to 65535 in a file of 16 bits, got at most " in str(caught.value)
            assert f"({max(bits, 1)} bits), of which 8 bits would keep {levels} level(s); mul" in str(caught.value)


# --- damaged files ---------------------------------------------------------------------------------------------------

FORMS = {name: content for name, (content, _) in LOSSLESS.items() if "turned" not in name} | LOSSY


SENTENCE = r"\Aphoto: expected [^\n]+\Z"


def seen(content: bytes) -> photos.Decoded | None:
    """Read a file; None where it is refused with one sentence."""
    try:
        return photos.decode_reduced(content, "photo")
    except ValueError as error:
        if not re.search(SENTENCE, str(error)):
            raise
        return None


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(FORMS)), st.floats(0, 0.999))
def test_a_file_cut_anywhere_is_refused_or_whole_all_the_same(form, share):
    content = FORMS[form]
    found = seen(content[: int(len(content) * share)])
    assert found is None or np.array_equal(found.pixels, photos.decode_reduced(content, "photo").pixels)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(FORMS)), st.integers(0, 1 << 20), st.binary(min_size=1, max_size=9))
def test_a_damaged_file_is_refused_or_read_as_pillow_shows_it(form, place, damage):
    content = bytearray(FORMS[form])
    place %= len(content)
    content[place : place + len(damage)] = damage
    found = seen(bytes(content))
    if found:
        away = found.pixels[..., ::-1].astype(int) - shown(bytes(content))
        assert np.abs(away).max() <= (0 if found.largest is None else 1)  # 16 bits are rounded, not cut


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"II*\0", b"MM\0*", b"RIFF"]),
)
def test_any_bytes_are_refused_with_one_sentence(content, start):
    with pytest.raises(ValueError, match=SENTENCE):
        photos.decode_reduced(start + content, "photo")
