"""Pictures in and out of files."""

import cv2
import numpy as np
import pytest
from PIL import Image

from soart.photos import decoding as photos
from soart.storage import pictures


@pytest.fixture
def picture(rng) -> np.ndarray:
    return np.kron(rng.integers(0, 256, (6, 5, 3), dtype=np.uint8), np.ones((20, 20, 1), np.uint8))


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_read_is_opencvs_imread(picture, suffix, tmp_path):
    path = tmp_path / f"picture{suffix}"
    Image.fromarray(picture).save(path)
    assert (photos.read(path) == cv2.imread(str(path))).all()
    assert photos.read(path).shape == (120, 100, 3)


def test_gray_picture_is_read_as_three_channels(tmp_path):
    Image.new("L", (8, 9), 77).save(tmp_path / "gray.png")
    assert photos.read(tmp_path / "gray.png").tolist() == [[[77, 77, 77]] * 8] * 9


def test_jpeg_is_pillows_of_that_quality(picture, tmp_path):
    pictures.write_jpeg(tmp_path / "new" / "ours.jpg", picture, 95)
    Image.fromarray(picture).save(tmp_path / "pillow.jpg", quality=95)
    assert (tmp_path / "new" / "ours.jpg").read_bytes() == (tmp_path / "pillow.jpg").read_bytes()
    pictures.write_jpeg(tmp_path / "small.jpg", picture, 30)
    assert (tmp_path / "small.jpg").stat().st_size < (tmp_path / "pillow.jpg").stat().st_size


def test_mask_is_a_png_of_0_and_255(tmp_path):
    mask = np.array([[True, False, False], [False, True, True]])
    pictures.write_mask(tmp_path / "mask.png", mask)
    assert np.asarray(Image.open(tmp_path / "mask.png")).tolist() == [[255, 0, 0], [0, 255, 255]]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_cut_off_jpeg_is_refused(picture, share, tmp_path):
    path = tmp_path / "cut.jpg"
    pictures.write_jpeg(path, picture, 95)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(ValueError, match=r"cut\.jpg: expected a whole (JPEG|picture), got one that is cut off"):
        photos.read(path)


def test_jpeg_short_of_its_last_byte_is_refused(picture, tmp_path):
    path = tmp_path / "cut.jpg"
    pictures.write_jpeg(path, picture, 95)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match="cut off"):
        photos.read(path)


def test_jpeg_with_something_after_its_end_is_read(picture, tmp_path):
    path = tmp_path / "padded.jpg"
    pictures.write_jpeg(path, picture, 95)
    whole = photos.read(path)
    path.write_bytes(path.read_bytes() + b"\0" * 500)
    assert (photos.read(path) == whole).all()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "expected a picture, got an empty file; copy it again"),
        (
            b"PK\x03\x04 no picture",
            r"expected a picture \(JPEG, PNG, BMP, TIFF or WebP\), got a ZIP archive; save it as one",
        ),
        (
            b"\xff\xd8\xff\xd9",
            "expected a whole JPEG, got one that is cut off, damaged or of a rare kind; copy it again",
        ),
    ],
)
def test_no_picture_is_refused(content, sentence, tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=sentence) as caught:
        photos.read(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_missing_picture_says_which(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.jpg"):
        photos.read(tmp_path / "nowhere.jpg")
