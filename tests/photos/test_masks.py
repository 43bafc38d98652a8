"""Masks: every form gives the pixels that were drawn, turned and sized as the photo; what is odd is said."""

import io
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from samples import encoded as stored
from soart import names
from soart.photos import masks

DRAWN = np.zeros((40, 60), bool)
DRAWN[8:20, 30:50] = True
DRAWN[31, 7] = True


def palette() -> Image.Image:
    """Two entries, of which the second is nearly black."""
    picture = Image.fromarray(DRAWN.astype(np.uint8), "P")
    picture.putpalette([0, 0, 0, 0, 0, 3] + [0] * 750)
    return picture


def exif(orientation: int) -> Image.Exif:
    found = Image.Exif()
    found[0x0112] = orientation
    return found


WHITE = Image.fromarray(DRAWN.astype(np.uint8) * 255)
FORMS = {
    "white": stored(WHITE),
    "label": stored(Image.fromarray(DRAWN.astype(np.uint8))),
    "one bit": stored(Image.fromarray(DRAWN)),
    "palette": stored(palette()),
    "colour": stored(Image.fromarray(DRAWN[..., None] * np.array([200, 0, 0], np.uint8))),
    "opaque alpha": stored(WHITE.convert("RGBA")),
    "BMP": stored(WHITE, "BMP"),
    "TIFF": stored(WHITE, "TIFF", compression="tiff_lzw"),
    "upside down, turned back by its mark": stored(WHITE.rotate(180), exif=exif(3)),
    "lying, turned back by its mark": stored(WHITE.rotate(90, expand=True), exif=exif(6)),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_mask_is_what_was_drawn(form, tmp_path):
    found = masks.decode_mask(FORMS[form], "mask")
    assert (found.pixels == DRAWN).all()
    assert found.warning == ""
    (tmp_path / "mask").write_bytes(FORMS[form])
    assert (masks.read_registered(tmp_path / "mask", (60, 40), names.ALIKE) == DRAWN).all()


def test_a_jpeg_rings_and_that_is_said():
    found = masks.decode_mask(stored(WHITE, "JPEG", quality=75), "mask.jpg")
    assert (found.pixels[4:24, 26:54] == DRAWN[4:24, 26:54]).all()
    assert found.warning == (
        "mask.jpg: the mask is a JPEG gray, whose edges ring: its pixels of half brightness or more are taken; save "
        "masks as PNG"
    )


def test_a_mask_without_a_pixel_is_said():
    found = masks.decode_mask(stored(Image.new("L", (60, 40))), "mask.png")
    assert not found.pixels.any()
    assert found.warning == "mask.png: the mask has no pixel: where the inspection points to cannot be judged by it"


def test_16_bits_and_transparency_are_refused():
    with pytest.raises(ValueError, match=r"mask\.png: expected a mask of 8 bits a value, got 16; save it with 8"):
        masks.decode_mask(stored(Image.fromarray(DRAWN.astype(np.uint16) * 65535)), "mask.png")
    clear = Image.fromarray(np.dstack([DRAWN.astype(np.uint8) * 255] * 4))
    with pytest.raises(ValueError, match=r"mask\.png: expected an opaque picture"):
        masks.decode_mask(stored(clear), "mask.png")


@pytest.mark.parametrize(
    ("fit", "size", "kept"),
    [
        (names.ALIKE, (30, 20), DRAWN.reshape(20, 2, 30, 2).any(axis=(1, 3))),  # the single pixel is not lost
        (names.ALIKE, (120, 80), np.kron(DRAWN, np.ones((2, 2), bool))),
        (names.RESIZE, (60, 20), DRAWN.reshape(20, 2, 60).any(axis=1)),
        (names.CROP, (40, 40), DRAWN[:, 10:50]),
    ],
)
def test_a_mask_is_brought_to_a_size_as_its_photo_is(fit, size, kept, tmp_path):
    (tmp_path / "mask.png").write_bytes(FORMS["label"])
    assert (masks.read_registered(tmp_path / "mask.png", size, fit) == kept).all()


TRIED = Counter()  # how damaged masks ended


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(list(FORMS)), st.integers(0, 10**6), st.binary(min_size=0, max_size=3))
def test_a_damaged_mask_is_refused_with_its_name_or_as_pillow_shows_it(form, at, bytes_there):
    """Cut off somewhere (no bytes there), or with other bytes there."""
    content = FORMS[form]
    at, found = at % len(content), None
    content = content[:at] + (bytes_there + content[at + len(bytes_there) :] if bytes_there else b"")
    try:
        found = masks.decode_mask(content, "the mask.png")
    except ValueError as error:
        TRIED["refused"] += 1
        said = str(error)
    if found is None:
        assert said.startswith("the mask.png: ")
        return
    with Image.open(io.BytesIO(content)) as picture:
        shown = np.asarray(ImageOps.exif_transpose(picture).convert("RGB")).any(axis=2)
    assert (found.pixels == shown).all()
    TRIED["used right"] += 1


def test_what_damaged_masks_tried():
    if TRIED:
        print(dict(TRIED))
        assert min(TRIED["refused"], TRIED["used right"]) > 20
