"""Photos of every kind: read as they look, brought to one size, or refused with a sentence."""

import hashlib
import io
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import samples
from soart import names
from soart.photos import decoding as photos
from soart.photos import matrices, reading, shard


@pytest.fixture
def picture() -> np.ndarray:
    """(40, 60, 3) RGB: four flat quarters, so that a lossy format keeps them nearly."""
    quarters = np.array([[[250, 20, 30], [40, 200, 60]], [[70, 80, 220], [128, 128, 128]]], np.uint8)
    return np.kron(quarters, np.ones((20, 30, 1), np.uint8))


def stored(picture: np.ndarray, kind: str, **options) -> bytes:
    """The picture as a file's bytes, by Pillow."""
    return samples.encoded(Image.fromarray(picture), kind, **options)


def deep(picture: np.ndarray, suffix: str) -> bytes:
    """The picture as a file's bytes, by OpenCV, which writes 16 bits."""
    return cv2.imencode(suffix, picture)[1].tobytes()


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP", "JPEG"])
@pytest.mark.parametrize("colour", [True, False])
def test_every_format_in_colour_and_gray(kind, colour, picture):
    shown = picture if colour else np.repeat(picture[..., :1], 3, axis=2)
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100, "subsampling": 0}}.get(kind, {})
    read = photos.decode(stored(picture if colour else picture[..., 0], kind, **options), "photo")
    assert read.dtype == np.uint8
    assert np.abs(read[..., ::-1].astype(int) - shown).max() <= (4 if kind == "JPEG" else 0)


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("colour", [True, False])
def test_16_bits_become_8_by_257(suffix, colour, picture):
    values = picture if colour else picture[..., 0]
    wide = values.astype(np.uint16) * 257 + 100
    read = photos.decode(deep(wide, suffix), "photo")
    assert (read == (values if colour else np.repeat(values[..., None], 3, axis=2))).all()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_opaque_alpha_is_dropped_and_another_refused(kind, picture):
    alpha = np.full((40, 60, 1), 255, np.uint8)
    options = {"lossless": True} if kind == "WEBP" else {}
    read = photos.decode(stored(np.concatenate([picture, alpha], axis=2), kind, **options), "photo")
    assert (read[..., ::-1] == picture).all()
    alpha[7, 9] = 254
    if kind == "WEBP":
        alpha[7, 9] = 0
    content = stored(np.concatenate([picture, alpha], axis=2), kind, **options)
    with pytest.raises(ValueError, match="photo: expected an opaque picture, got RGBA with transparent places"):
        photos.decode(content, "photo")


def test_palette_with_and_without_transparency(picture):
    content, clear = io.BytesIO(), io.BytesIO()
    flat = Image.fromarray(picture).quantize(4)
    flat.save(content, "PNG")
    assert (photos.decode(content.getvalue(), "photo")[..., ::-1] == np.asarray(flat.convert("RGB"))).all()
    flat.save(clear, "PNG", transparency=0)
    with pytest.raises(ValueError, match="expected an opaque picture, got P with transparent places"):
        photos.decode(clear.getvalue(), "photo")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_as_the_camera_noted(kind, orientation, picture):
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100, "subsampling": 0}}.get(kind, {})
    content = stored(picture, kind, exif=exif, **options)
    turned = {1: picture, 2: picture[:, ::-1], 3: picture[::-1, ::-1], 4: picture[::-1]}
    turned |= {5: picture.transpose(1, 0, 2), 6: np.rot90(picture, -1), 8: np.rot90(picture)}
    turned[7] = turned[5][::-1, ::-1]
    read = photos.decode(content, "photo")[..., ::-1].astype(int)
    assert read.shape == turned[orientation].shape
    assert np.abs(read - turned[orientation]).max() <= 4


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "WEBP", "JPEG"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_cut_off_files_are_refused(kind, share, rng):
    content = stored(rng.integers(0, 256, (60, 50, 3), dtype=np.uint8), kind)
    with pytest.raises(ValueError, match=r"^photo: expected a"):
        photos.decode(content[: int(len(content) * share)], "photo")


def test_colours_of_print_are_refused(picture):
    content = io.BytesIO()
    Image.fromarray(picture).convert("CMYK").save(content, "JPEG")
    with pytest.raises(ValueError, match="expected an RGB or gray picture of 8 or 16 bits, got mode CMYK"):
        photos.decode(content.getvalue(), "photo")


READER = reading.Reader(10, 12, picture=(60, 40))


@pytest.mark.parametrize("size", [(120, 80), (30, 20), (61, 40)])
def test_one_aspect_is_brought_to_the_expected_size(size, picture):
    content = io.BytesIO()
    Image.fromarray(picture).resize(size, Image.Resampling.NEAREST).save(content, "PNG")
    read = reading.read(content.getvalue(), "photo", READER)
    same = reading.read(stored(picture, "PNG"), "photo", READER)
    assert (read.picture, read.size) == ((60, 40), size)
    away = np.abs(read.mosaic.astype(int) - same.mosaic)
    assert np.median(away) <= 1
    assert (np.abs(read.matrix.astype(int) - same.matrix) <= 3).mean() > 0.8


@pytest.mark.parametrize("size", [(60, 39), (62, 40), (40, 60)])
def test_another_aspect_is_refused_or_brought_to_the_expected_one(size, picture):
    content = io.BytesIO()
    Image.fromarray(picture).resize(size).save(content, "PNG")
    with pytest.raises(reading.OtherAspect) as caught:
        reading.read(content.getvalue(), "photo", READER)
    assert str(caught.value) == (
        f"photo: expected the aspect of 60 x 40 pixels (to 2 %), got {size[0]} x {size[1]}; "
        "photograph alike, or set fit: resize (textures) or crop"
    )
    for fit in (names.RESIZE, names.CROP):
        assert reading.read(content.getvalue(), "photo", READER._replace(fit=fit)).picture == (60, 40)


def test_resize_shows_all_of_a_photo_and_crop_its_middle_as_it_is():
    wide = np.zeros((40, 120, 3), np.uint8)
    wide[:, 30:90] = np.arange(60, dtype=np.uint8)[:, None] * 4
    content = stored(wide, "PNG")
    pixels = {fit: reading.bring_to_size(content, "photo", (60, 40), 40, fit).pixels for fit in names.FITS[1:]}
    assert (pixels[names.CROP] == wide[:, 30:90]).all()
    assert not pixels[names.RESIZE][:, :15].any()
    assert (pixels[names.RESIZE][:, 15:45, 0] == wide[0, 30:90:2, 0] + 2).all()  # means of two columns
    seen = {fit: reading.bring_to_size(content, "photo", (30, 80), 40, fit).original for fit in names.FITS[1:]}
    assert seen == {names.RESIZE: (30, 40), names.CROP: (15, 40)}  # pixels of the file, not of what it grows to
    tall = reading.bring_to_size(stored(wide.transpose(1, 0, 2), "PNG"), "photo", (40, 60), 40, names.CROP).pixels
    assert (tall == wide.transpose(1, 0, 2)[30:90]).all()


# --- how finely a picture is decoded ----------------------------------------------------------------------------------


@given(st.integers(1, 20_000), st.integers(1, 20_000), st.integers(10, 200), st.sampled_from([0, 224, 260, 512]))
def test_a_place_is_never_seen_by_fewer_than_three_pixels_nor_a_network_by_fewer_than_it_looks_at(
    width, height, places, network
):
    least = photos.least_side(places, network)
    factor = photos.reduction((width, height), least)
    short = -(-min(width, height) // factor)
    assert factor == 1 or short >= max(3 * places, network)
    assert factor == 8 or -(-min(width, height) // (2 * factor)) < least  # and no finer than that needs


@pytest.mark.parametrize(
    ("size", "small"),
    [((500, 500), (250, 250)), ((1000, 667), (500, 334)), ((4000, 3000), (500, 375)), ((446, 900), (446, 900))],
)
def test_sizes_of_usual_photos(size, small):
    assert reading.reduced_size(size, photos.least_side(63, 224)) == small


@pytest.mark.parametrize(
    ("kind", "orientation"), [("JPEG", 1), ("JPEG", 6), ("PNG", 1), ("PNG", 6), ("BMP", 1), ("TIFF", 1)]
)
def test_a_large_picture_is_reduced_to_means_of_its_blocks_whatever_its_format(kind, orientation, picture):
    large = np.kron(picture, np.ones((15, 15, 1), np.uint8))[:-3, :-5]  # 895 x 597
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"exif": exif} if kind != "BMP" else {}
    content = stored(large, kind, **options, **({"quality": 100, "subsampling": 0} if kind == "JPEG" else {}))
    shown = np.rot90(large, -1) if orientation == 6 else large
    found = photos.decode_reduced(content, "photo", photos.least_side(63))
    assert found.size == shown.shape[1::-1]
    assert found.pixels.shape == (*(-(-side // 2) for side in shown.shape[:2]), 3)
    means = cv2.resize(shown[:594, :594], (297, 297), interpolation=cv2.INTER_AREA)[..., ::-1]
    if orientation == 6:  # the last block of columns lies at the left
        means = cv2.resize(shown[:594, 1:595], (297, 297), interpolation=cv2.INTER_AREA)[..., ::-1]
        assert np.abs(found.pixels[:297, 1:298].astype(int) - means).max() <= 4
    else:
        assert np.abs(found.pixels[:297, :297].astype(int) - means).max() <= 4


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("wanted", [(60, 40), (30, 20), (900, 600)])
@pytest.mark.parametrize("scale", [1, 15])
def test_a_picture_is_decoded_once(kind, wanted, scale, picture, monkeypatch):
    calls = []
    decode, convert = cv2.imdecode, Image.Image.convert  # of a JPEG, and of any other file
    monkeypatch.setattr(cv2, "imdecode", lambda *given: calls.append(1) or decode(*given))
    monkeypatch.setattr(Image.Image, "convert", lambda *given: calls.append(1) or convert(*given))
    content = stored(np.kron(picture, np.ones((scale, scale, 1), np.uint8)), kind)
    reading.read(content, "photo", READER._replace(picture=wanted))
    assert len(calls) == 1


def test_drawn_images_are_decoded_in_full_and_photos_as_the_rule_says(picture):
    content = stored(np.kron(picture, np.ones((15, 15, 1), np.uint8)), "JPEG")
    reader = READER._replace(picture=None)
    photo, drawn = (reading.read(content, "image", reader._replace(in_full=each)) for each in (False, True))
    pixels = photos.decode(content, "image")
    assert (drawn.matrix == matrices.gray_and_colour_matrices(pixels, READER.matrix_size)).all()
    assert (drawn.mosaic == matrices.mosaic(pixels, READER.mosaic_size)).all()
    assert (drawn.matrix != photo.matrix).any()


def test_brightness_and_sharpness(picture):
    read = reading.read(stored(picture, "PNG"), "photo", READER)
    assert read.brightness == pytest.approx(picture.mean(), abs=0.5)
    flat = np.zeros((8, 5, 3), np.uint8)
    flat[:, 2:, 1] = 100  # one step of 100 in each row of five: four differences
    assert reading.sharpness(flat) == 100**2 / 4


@pytest.mark.parametrize("what", ["mask", "template"])
def test_mask_or_template_of_another_size_is_refused(what):
    reading.check_beside((9, 7), "beside.png", (9, 7), what)
    with pytest.raises(ValueError, match=rf"beside\.png: expected a {what} of its photo's 7 x 9 pixels, got 9 x 7"):
        reading.check_beside((9, 7), "beside.png", (7, 9), what)


def test_photo_mask_and_template_are_recorded_with_their_hashes(picture, tmp_path):
    images, masks, templates = ([str(tmp_path / f"{kind}{number}.png") for number in range(2)] for kind in "imt")
    masks[0] = ""
    for number, path in enumerate([*images, masks[1], *templates]):
        Path(path).write_bytes(stored(picture, "PNG") + bytes([number]) * 9)
    _, found = shard.read_all(images, masks, templates, READER)
    assert found["problem"] == ["", ""]
    for name, paths in (("sha256", images), ("mask_sha256", masks), ("template_sha256", templates)):
        hashes = [path and hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in paths]
        assert found[name] == hashes
    assert (found["mask"], found["template"]) == (masks, templates)
    _, found = shard.read_all(images, [], [], READER)
    assert [found[name] for name in ("mask", "mask_sha256", "template", "template_sha256")] == [["", ""]] * 4


# --- one bad photo ----------------------------------------------------------------------------------------------------


def laid_out(kind: str, path: Path, monkeypatch) -> str:
    """Put something there that is no photo which can be read; returns its path."""
    if kind == "broken link":
        path.symlink_to(path.with_name("nothing.png"))
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "too long a name":
        path = path.with_name("x" * 300 + ".png")
    elif kind == "forbidden":
        path.write_bytes(b"whatever")
        read = Path.read_bytes

        def forbid(this: Path) -> bytes:
            if this == path:
                raise PermissionError(13, "Permission denied", str(this))
            return read(this)

        monkeypatch.setattr(Path, "read_bytes", forbid)  # whoever is root may read all
    return str(path)


NO_PHOTO = {
    "vanished": "got no file",
    "broken link": "got a link to nothing",
    "pipe": "got a pipe or device",
    "folder": "got a folder",
    "too long a name": "got a file that cannot be read (File name too long)",
    "forbidden": "got a file that cannot be read (Permission denied)",
}


@pytest.mark.parametrize("of", ["photo", "mask", "template"])
@pytest.mark.parametrize("kind", NO_PHOTO)
def test_what_cannot_be_read_is_a_row_and_the_others_are_read(kind, of, picture, tmp_path, monkeypatch):
    good = tmp_path / "good.png"
    good.write_bytes(stored(picture, "PNG"))
    bad = laid_out(kind, tmp_path / "bad.png", monkeypatch)
    columns = {name: [str(good), bad if name == of else str(good), str(good)] for name in ("photo", "mask", "template")}
    found, table = shard.read_all(*columns.values(), READER)
    assert [each is not None for each in found] == [True, False, True]
    assert table["problem"] == ["", f"{bad}: expected a picture, {NO_PHOTO[kind]}", ""]
    assert table["sha256"][1] == ("" if of == "photo" else table["sha256"][0])
    if of == "photo":
        assert (table["bytes"][1], table["saved_as"][1], table["jpeg_quality"][1]) == (0, "", None)
