"""Pictures from files: each read once, whole, or refused with a sentence. How they are written: pictures.py."""

import io
import warnings
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from soart.photos import jpeg
from soart.storage import files

# Pillow's names of what is taken: colour, gray (16 bits, too), a palette, black and white; with an alpha channel, too
MODES = ("RGB", "L", "P", "1", "I;16", "I;16L", "I;16B", "RGBA", "LA", "PA", "RGBX")
DEPTH = 257  # 16 bits / 8 bits: 65535 = 255 x 257
ENDS = {"JPEG": (b"\xff\xd8", b"\xff\xd9"), "PNG": (b"\x89PNG", b"IEND")}  # how a whole file begins, and ends


def read(path: str | Path, decoding: int = cv2.IMREAD_COLOR) -> np.ndarray:
    """Read a picture: (height, width, 3) uint8, BGR as OpenCV has it; `decoding` is OpenCV's flag.

    What a file holds is told by its content, never by its name: a PNG called .jpg is read as the PNG that it is.
    Raises `ValueError` where there is no file, or where it is empty, cut off (OpenCV would fill the rest of a JPEG with
    gray and say nothing), no picture, larger than Pillow's `MAX_IMAGE_PIXELS` (89 million; told from its header, before
    it is decoded), transparent anywhere, or neither RGB nor gray of 8 or 16 bits. 16 bits become 8 by 257, an opaque
    alpha channel is dropped, and a picture is turned as its camera noted (EXIF).
    """
    return decoded(content(path), path, decoding)


def content(path: str | Path) -> bytes:
    """The bytes of a picture's file; `ValueError` where there is none."""
    return files.existing(path, "a picture").read_bytes()


def decoded(content: bytes, path: str | Path, decoding: int = cv2.IMREAD_COLOR) -> np.ndarray:
    """The picture in `content`, the bytes of the file `path`; as `read`."""
    if not content:
        raise ValueError(f"{path}: expected a picture, got an empty file; copy it again")
    _check_header(content, path)
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), decoding | cv2.IMREAD_ANYDEPTH)
    if picture is None:
        raise ValueError(f"{path}: expected a picture, got a file that OpenCV cannot decode; save it anew")
    if picture.dtype == np.uint16:
        picture = ((picture.astype(np.uint32) + DEPTH // 2) // DEPTH).astype(np.uint8)
    if picture.dtype != np.uint8:
        raise ValueError(f"{path}: expected 8 or 16 bits a value, got {picture.dtype}; save it with 8")
    return picture


def _check_header(content: bytes, path: str | Path) -> None:
    for kind, (start, end) in ENDS.items():
        if content.startswith(start) and end not in content[-1024:]:
            raise ValueError(f"{path}: expected a whole {kind}, got one that is cut off; copy it again")
    header = jpeg.header(content)
    plain = header is not None and header.bits == 8 and header.components in (1, 3)
    if plain and header.width * header.height <= Image.MAX_IMAGE_PIXELS:
        return  # the usual photo needs no Pillow, which would take a sixth of the decoding's time
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as picture:
                mode, transparent = picture.mode, picture.has_transparency_data and _least_alpha(picture) < 255
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        limit = f"{Image.MAX_IMAGE_PIXELS:,}"
        raise ValueError(f"{path}: expected at most {limit} pixels, got more ({error}); make it smaller") from None
    except UnidentifiedImageError:
        raise ValueError(f"{path}: expected a picture, got a file that OpenCV cannot decode; save it anew") from None
    except (OSError, SyntaxError) as error:
        raise ValueError(f"{path}: expected a picture, got a file that OpenCV cannot decode ({error})") from None
    if transparent:
        raise ValueError(f"{path}: expected an opaque picture, got {mode} with transparent places; save it without")
    if mode not in MODES:
        raise ValueError(f"{path}: expected an RGB or gray picture of 8 or 16 bits, got mode {mode}; save it as RGB")


def _least_alpha(picture: Image.Image) -> int:
    return picture.convert("RGBA").getchannel("A").getextrema()[0]


def check_alike(paths: Sequence[str | Path], sizes: Sequence[tuple[int, int]]) -> None:
    """Raise a `ValueError` where a picture's (width, height) is not that of the first one of its set."""
    for path, size in zip(paths, sizes, strict=True):
        if tuple(size) != tuple(sizes[0]):
            raise ValueError(
                f"{path}: expected {sizes[0][0]}x{sizes[0][1]} pixels as in {paths[0]}, got {size[0]}x{size[1]}; the "
                "pictures of a set must have one size"
            )
