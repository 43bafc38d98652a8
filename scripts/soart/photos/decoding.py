"""Pictures from files: each decoded once, as it is meant to look, or refused with a sentence.

A JPEG is decoded by OpenCV, as the seed did; every other file by Pillow, which says so where a file is damaged. Both
were compared with what a file's maker drew, form by form: tests/test_pictures_of_all_forms.py.
"""

import io
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from soart.photos import encodings, jpeg
from soart.photos.encodings import Encoding
from soart.storage import files

FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP")  # as Pillow names them
MODES = ("RGB", "L", "P", "1", "I;16", "I;16L", "I;16B", "RGBA", "LA", "PA", "RGBX")
DEPTH = 257  # 16 bits / 8 bits: 65535 = 255 x 257
LEAST_BITS = 12  # values that need no more, as of many cameras, would become 17 levels: a file of 16 bits is refused
BITS, WHITE_IS_ZERO, PLANES, SAMPLES = 258, (262, 0), (284, 2), 339  # tags of a TIFF, and their values that are refused
PLACE = 3  # pixels a side that each place of a mosaic keeps, at least, where a picture is reduced
REDUCED = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
TURNED = {  # by the camera's mark (EXIF)
    2: lambda picture: picture[:, ::-1],
    3: lambda picture: picture[::-1, ::-1],
    4: lambda picture: picture[::-1],
    5: lambda picture: picture.swapaxes(0, 1),
    6: lambda picture: np.rot90(picture, -1),
    7: lambda picture: picture.swapaxes(0, 1)[::-1, ::-1],
    8: lambda picture: np.rot90(picture),
}
# how files begin that are sent as photos and are none of `FORMATS`
OTHERS = {
    b"GIF8": "a GIF",
    b"8BPS": "a Photoshop document",
    b"\0\0\1\0": "an icon",
    b"\0\0\0\x0cjP": "a JPEG 2000",
    b"\xff\x4f\xff\x51": "a JPEG 2000",
    b"#?RADIANCE": "a Radiance HDR",
    b"\x76\x2f\x31\x01": "an OpenEXR",
    b"%PDF": "a PDF",
    b"PK": "a ZIP archive",
    b"version https://git-lfs": "a pointer of Git LFS, not the photo itself (git lfs pull)",
    b"<": "text such as a web page",
    b"\0\0\0\0\0\0\0\0": "zeros: a copy that was never finished",
}
SIGNATURES = {b"\xff\xd8": "JPEG", b"\x89PNG": "PNG", b"BM": "BMP", b"II": "TIFF", b"MM": "TIFF", b"RIFF": "WEBP"}


class Decoded(NamedTuple):
    """A picture and what its file says of it."""

    pixels: np.ndarray  # (height, width, 3) uint8, BGR as OpenCV has it; reduced where that was asked for
    size: tuple[int, int]  # (width, height) of the whole picture
    saved: Encoding
    largest: int | None  # value as stored, where the file has 16 bits a value


class _Unfit(Exception):
    """Unfit: what is wrong with a file: the sentence without the file's name."""


def read(path: str | Path) -> np.ndarray:
    """Read a picture in full: (height, width, 3) uint8, BGR; raises as `read_bytes` and `decode_reduced`."""
    return decode_reduced(read_bytes(path), path).pixels


def read_bytes(path: str | Path) -> bytes:
    """The bytes of a picture's file; raises an `OSError` that says why there are none."""
    try:
        return files.existing(path, "a picture").read_bytes()
    except OSError as error:
        if not error.strerror:  # a sentence already
            raise
        raise type(error)(f"{path}: expected a picture, got a file that cannot be read ({error.strerror})") from None


def decode(content: bytes, path: str | Path) -> np.ndarray:
    """The pixels of a picture in full, from the bytes of the file `path`; raises `ValueError` as `decode_reduced`."""
    return decode_reduced(content, path).pixels


def decode_reduced(content: bytes, path: str | Path, least: int | None = None) -> Decoded:
    """Decode a picture from the bytes of the file `path`, reduced as `reduction` says where `least` is given.

    What a file holds is told by its content, never by its name: a PNG called .jpg is read as the PNG that it is.
    An opaque alpha channel is dropped. A picture is turned as its camera noted (EXIF). Values of 16 bits are divided by
    257.
    Raises `ValueError` where the file is empty, cut off, damaged, none of `FORMATS`, several pictures, larger than
    Pillow's `MAX_IMAGE_PIXELS` (89 million; told from its header, before it is decoded), transparent anywhere, or
    neither RGB nor gray of 8 or 16 bits; and where 16 bits hold values of 12 or fewer, which would become 17 levels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow's, about what does not matter here
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _opened(content, least)
    except _Unfit as problem:
        raise ValueError(f"{path}: expected {problem}") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        limit = f"{Image.MAX_IMAGE_PIXELS:,}"
        raise ValueError(f"{path}: expected at most {limit} pixels, got more ({error}); make it smaller") from None
    except UnidentifiedImageError:
        raise ValueError(f"{path}: expected {_unknown(content)}") from None
    except MemoryError:
        raise
    except Exception as error:  # Pillow raises nearly everything where a file is damaged
        raise ValueError(
            f"{path}: expected a whole picture, got one that is cut off or damaged ({error}); copy it again"
        ) from None


def reduction(size: tuple[int, int], least: int) -> int:
    """Return by how much a (width, height) picture is reduced, a side: the largest of 1, 2, 4, 8 that leaves `least`.

    There is no option. A small picture is never reduced: several pixels see each place of a mosaic, and a network has
    as many as it looks at.
    """
    return max(factor for factor in REDUCED if factor == 1 or -(-min(size) // factor) >= least)


def least_side(mosaic_size: int, network_side: int = 0, in_full: bool = False) -> int:
    """Pixels that the shorter side of a reduced picture keeps: `PLACE` a place, and as many as a network looks at.

    `in_full`: all of them, as of drawn images, whose matrices are the seed's to the bit.
    """
    return sys.maxsize if in_full else max(PLACE * mosaic_size, network_side)


def _opened(content: bytes, least: int | None) -> Decoded:
    if not content:
        raise _Unfit("a picture, got an empty file; copy it again")
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        deep = _is_deep(picture, content)
        if picture.mode not in MODES:
            raise _Unfit(f"an RGB or gray picture of 8 or 16 bits, got mode {picture.mode}; save it as RGB")
        saved = encodings.encoding(picture)
        if picture.format in ("JPEG", "MPO"):  # an MPO is a JPEG with other pictures behind it
            if fault := jpeg.structure_fault(content):
                raise _Unfit(f"a whole JPEG, got one that is {fault}; copy it again")
            turn = picture.getexif().get(ExifTags.Base.Orientation, 1)
            factor = reduction(picture.size, least) if least else 1
            pixels = cv2.imdecode(np.frombuffer(content, np.uint8), REDUCED[factor] | cv2.IMREAD_IGNORE_ORIENTATION)
            if pixels is None:
                raise _Unfit("a whole JPEG, got one that is damaged; copy it again")
            size, largest = picture.size, None
        else:
            if getattr(picture, "n_frames", 1) > 1:
                what = f"a {picture.format} of {picture.n_frames}"
                raise _Unfit(f"one picture, got {what}; save the one that is meant by itself")
            pixels, largest = _by_pillow(picture, content, deep)
            turn = picture.getexif().get(ExifTags.Base.Orientation, 1)  # of a TIFF, Pillow has turned it by now
            size = pixels.shape[1::-1]
            if least:
                pixels = reduced(pixels, reduction(size, least))
    if turn in TURNED:
        pixels = np.ascontiguousarray(TURNED[turn](pixels))
        size = size[::-1] if turn >= 5 else size
    blue, green, red = pixels[::16, ::16].reshape(-1, 3).T
    gray = np.array_equal(blue, green) and np.array_equal(green, red)
    return Decoded(pixels, tuple(size), saved._replace(gray=gray), largest)


def _by_pillow(picture: Image.Image, content: bytes, deep: bool) -> tuple[np.ndarray, int | None]:
    """The pixels, (height, width, 3) uint8 BGR, and the largest value of 16 bits.

    As stored; those of a TIFF as Pillow turns them.
    """
    picture.load()
    if picture.mode.startswith("I;16"):
        values = np.asarray(picture).astype(np.uint16)
        if picture.info.get("transparency") in values:
            raise _Unfit("an opaque picture, got gray with transparent places; save it without")
        return _of_16_bits(values[..., None].repeat(3, axis=2))
    if picture.has_transparency_data and picture.convert("RGBA").getchannel("A").getextrema()[0] < 255:
        raise _Unfit(f"an opaque picture, got {picture.mode} with transparent places; save it without")
    pixels = cv2.cvtColor(np.asarray(picture.convert("RGB")), cv2.COLOR_RGB2BGR)
    if not deep:
        return pixels, None
    as_stored = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH | cv2.IMREAD_IGNORE_ORIENTATION
    values = cv2.imdecode(np.frombuffer(content, np.uint8), as_stored)
    if values is None or not np.array_equal(values >> 8, pixels):  # Pillow gives the upper 8 bits alone
        raise _Unfit("8 bits a value, got 16 that two readers do not agree on; save it anew")
    return _of_16_bits(values)


def _is_deep(picture: Image.Image, content: bytes) -> bool:
    """Return whether a file has 16 bits a value; refuses what TIFF allows beyond that and readers get wrong."""
    if picture.format == "PNG":
        return content[24] == 16
    if picture.format != "TIFF":
        return False
    tags = picture.tag_v2
    deep = max(np.atleast_1d(tags.get(BITS, 1))) > 8
    if set(np.atleast_1d(tags.get(SAMPLES, 1))) != {1}:
        raise _Unfit("values from 0 on, got a TIFF of signed or floating values; save it with 8 or 16 bits")
    if deep and tags.get(PLANES[0]) == PLANES[1] and len(picture.getbands()) > 1:
        raise _Unfit("colours side by side, got a TIFF of 16 bits in planes; save it interleaved, or with 8 bits")
    if deep and tags.get(WHITE_IS_ZERO[0]) == WHITE_IS_ZERO[1]:
        raise _Unfit("black as 0, got a TIFF of 16 bits whose 0 is white; save it the other way round")
    return deep


def _of_16_bits(values: np.ndarray) -> tuple[np.ndarray, int]:
    largest = int(values.max())
    bits, levels = max(largest.bit_length(), 1), (largest + DEPTH // 2) // DEPTH + 1
    if bits <= LEAST_BITS:
        raise _Unfit(
            f"values up to {(1 << 16) - 1} in a file of 16 bits, got at most {largest} ({bits} bits), of which 8 "
            f"bits would keep {levels} level(s); multiply all photos by one number, or save them with 8 bits"
        )
    return ((values.astype(np.uint32) + DEPTH // 2) // DEPTH).astype(np.uint8), largest


def reduced(pixels: np.ndarray, factor: int) -> np.ndarray:
    """The means of blocks of factor x factor pixels, as a reduced JPEG has them; the last ones repeat the edge."""
    if factor == 1:
        return pixels
    height, width = (-(-side // factor) for side in pixels.shape[:2])
    down, right = height * factor - pixels.shape[0], width * factor - pixels.shape[1]
    if down or right:
        pixels = cv2.copyMakeBorder(pixels, 0, down, 0, right, cv2.BORDER_REPLICATE)
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)


def _unknown(content: bytes) -> str:
    for start, kind in SIGNATURES.items():
        if content.startswith(start):
            return (
                f"a whole {kind}, got one that is cut off, damaged or of a rare kind; copy it again or save it as PNG"
            )
    if content[4:8] == b"ftyp":
        brand = content[8:12].decode("latin-1").strip()
        kind = {"avif": "an AVIF", "heic": "a HEIC", "heix": "a HEIC", "mif1": "a HEIF"}.get(brand, f"a film ({brand})")
    elif content[128:132] == b"DICM":
        kind = "a DICOM file"
    else:
        kind = next((kind for start, kind in OTHERS.items() if content.startswith(start)), "another file")
    return f"a picture (JPEG, PNG, BMP, TIFF or WebP), got {kind}; save it as one of these"


def check_alike(paths: Sequence[str | Path], sizes: Sequence[tuple[int, int]]) -> None:
    """Raise a `ValueError` where a picture's (width, height) is not that of the first one of its set."""
    for path, size in zip(paths, sizes, strict=True):
        if tuple(size) != tuple(sizes[0]):
            raise ValueError(
                f"{path}: expected {sizes[0][0]}x{sizes[0][1]} pixels as in {paths[0]}, got {size[0]}x{size[1]}; the "
                "pictures of a set must have one size"
            )
