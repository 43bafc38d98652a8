"""Bad input at every door: one sentence that says what was expected, what was got, and where."""

import io
import json
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from conftest import ROOT
from soart.inspection import models
from soart.photos import decoding as photos
from soart.plan import yaml_files
from soart.storage import manifest, reference, tables

PICTURE = Image.fromarray(np.random.default_rng(1).integers(0, 256, (40, 60, 3), np.uint8))
SHOWN = {"image": ["a"], "values": pa.array([[1, 2, 3, 4]], pa.list_(pa.uint8(), 4))}


def encoded(picture: Image.Image = PICTURE, kind: str = "JPEG", **options) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing: a decompression bomb."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def parquet(columns: dict) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


def npz(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def archive(**texts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        for name, text in texts.items():
            zipped.writestr(name, text)
    return file.getvalue()


JPEG, PNG = encoded(), encoded(kind="PNG")
DEEP = Image.fromarray(np.arange(6, dtype=np.uint16).reshape(2, 3))
OTHER_KIND = r"expected a picture \(JPEG, PNG, BMP, TIFF or WebP\), got {}; save it as one of these"
DAMAGED = "expected a whole {}, got one that is cut off, damaged or of a rare kind; copy it again or save it as PNG"
BROKEN = r"expected a whole picture, got one that is cut off or damaged \(.+\); copy it again"
SIGNED = "expected values from 0 on, got a TIFF of signed or floating values; save it with 8 or 16 bits"
OTHER_MODE = "expected an RGB or gray picture of 8 or 16 bits, got mode {}; save it as RGB"
FOLDER = None  # instead of a file's content

# door -> case -> (the file's content, what is said of it after its path, as a regular expression)
PHOTOS = {
    "empty": (b"", "expected a picture, got an empty file; copy it again"),
    "folder": (FOLDER, "expected a picture, got a folder"),
    "half a JPEG": (JPEG[: len(JPEG) // 2], "expected a whole JPEG, got one that is cut off; copy it again"),
    "JPEG without its last byte": (JPEG[:-1], "expected a whole JPEG, got one that is cut off; copy it again"),
    "JPEG's first bytes": (JPEG[:4], DAMAGED.format("JPEG")),
    "half a PNG": (PNG[: len(PNG) // 2], BROKEN),
    "text": (b"no picture", OTHER_KIND.format("another file")),
    "HTML": (b"<html>not found</html>", OTHER_KIND.format("text such as a web page")),
    "PDF": (b"%PDF-1.7 ...", OTHER_KIND.format("a PDF")),
    "zeros": (bytes(1000), OTHER_KIND.format("zeros: a copy that was never finished")),
    "JPEG without a picture": (
        b"\xff\xd8\xff\xd9",
        DAMAGED.format("JPEG"),
    ),
    "PNG with damaged pixels": (PNG[:60] + bytes(40) + PNG[100:], BROKEN),
    "bomb": (
        png_header(30_000, 30_000),
        r"expected at most 89,478,485 pixels, got more \(.*900000000 pixels.*\); make it smaller",
    ),
    "small bomb": (png_header(9_500, 9_500), r"expected at most 89,478,485 pixels, got more \(.*\); make it smaller"),
    "transparent": (
        encoded(Image.new("RGBA", (40, 60)), "PNG"),
        "expected an opaque picture, got RGBA with transparent places; save it without",
    ),
    "gray and transparent": (
        encoded(Image.new("LA", (40, 60)), "PNG"),
        "expected an opaque picture, got LA with transparent places; save it without",
    ),
    "transparent colour": (
        encoded(Image.new("RGB", (40, 60)), "PNG", transparency=(0, 0, 0)),
        "expected an opaque picture, got RGB with transparent places; save it without",
    ),
    "32 bits": (encoded(DEEP.convert("I"), "TIFF"), SIGNED),
    "floating point": (encoded(DEEP.convert("F"), "TIFF"), SIGNED),
    "CMYK": (encoded(PICTURE.convert("CMYK")), OTHER_MODE.format("CMYK")),
    "Lab": (encoded(PICTURE.convert("LAB"), "TIFF"), OTHER_MODE.format("LAB")),
}
PARQUETS = {
    "empty": (b"", r"expected a Parquet table, got a file that is none \(.*\); delete the file and run .* again"),
    "folder": (FOLDER, "expected a Parquet table, got a folder"),
    "text": (b"image,values\n", r"expected a Parquet table, got a file that is none \(.*\); delete .*"),
    "cut off": (parquet(SHOWN)[:-20], r"expected a Parquet table, got a file that is none \(.*\); delete .*"),
    "damaged": (b"PAR1" + bytes(200) + b"PAR1", r"expected a Parquet table, got a file that is none \(.*\); delete .*"),
    "no such column": (
        parquet({"image": ["a"]}),
        r"expected the column\(s\) values, got image; delete the file and run the workflow again",
    ),
    "no columns": (parquet({}), r"expected the column\(s\) image, values, got ; delete .*"),
    "number for text": (parquet({**SHOWN, "image": [1]}), "column image holds int64, expected string; delete .*"),
    "gap": (
        parquet({**SHOWN, "image": pa.array([None], pa.string())}),
        r"column image has 1 gap\(s\), expected none; delete .*",
    ),
}
SHEETS = {
    "empty": (b"", "expected a CSV table, got an empty file"),
    "folder": (FOLDER, "expected a CSV table, got a folder"),
    "short row": (b"1,2,3\n4,5\n", "expected 3 cells in line 2, got 2"),
    "long row": (b"1,2\n3,4\n5,6,7\n", "expected 2 cells in line 3, got 3"),
    "no text": (b"a,b\n\xff\xfe,1\n", r"expected a CSV table, got a file that is none \(.*\)"),
    "open quote": (b'a,b\n"1,2\n', r"expected a CSV table, got a file that is none \(.*\)"),
    "column twice": (b"a,a\n1,2\n", r"expected different column names, got \['a', 'a'\]"),
}
MANIFESTS = {
    "folder": (FOLDER, "expected a manifest, .*, got a folder"),
    "cut off": (b'{"config": {', r"expected a manifest, .*, got a file that is none or is damaged \(.*\)"),
    "other JSON": (b"[1]", r"expected a manifest, .*, got a file that is none or is damaged \(.*\)"),
    "key missing": (b'{"config": {}}', r"expected a manifest, .*, got a file that is none or is damaged \('results'\)"),
}
YAMLS = {
    "open bracket": (b"a: [1, 2", "expected YAML, got something else: while parsing a flow sequence .*"),
    "tab": (b"a:\n\t- 1", "expected YAML, got something else: .*"),
    "Python object": (b"a: !!python/object/apply:os.getcwd []", "expected YAML, got something else: .*"),
    "Latin-1": ("größe: 1".encode("latin-1"), "expected YAML, got something else: .*"),
}
ARRAYS = {
    "text": (b"no arrays", r"expected arrays, got a file that is none or is damaged \(.*\)"),
    "cut off": (npz(a=np.arange(99))[:-30], r"expected arrays, got a file that is none or is damaged \(.*\)"),
    "pickle": (
        npz(a=np.array([{}], dtype=object)),
        r"expected arrays, got a file that is none or is damaged \(.*allow_pickle.*\)",
    ),
    "no array in it": (archive(**{"a.npy": b"text"}), r"expected arrays, got a file that is none or is damaged \(.*\)"),
}
MODELS = {
    "folder": (FOLDER, "there is no such model; .*"),
    "text": (
        b"no model",
        r"expected a model, got a file that cannot be read \(it is no whole archive of arrays\); learn the model again",
    ),
    "cut off": (npz(about=np.arange(99))[:-30], r"expected a model, got a file that cannot be read \(.*\); .*"),
    "other arrays": (
        npz(a=np.arange(3)),
        r"expected a model, got a file that cannot be read \(.*\); learn the model again",
    ),
    "pickle": (npz(about=np.array([{}], object)), r"expected a model, got a file that cannot be read \(.*\); .*"),
    "other version": (npz(about=np.array(json.dumps({"version": 0}))), "the model is of version 0, this program .*"),
}
DOORS: dict[str, tuple[Callable, str, dict]] = {
    "photo": (photos.read, "photo.jpg", PHOTOS),
    "Parquet": (lambda path: tables.read(path, ["image", "values"]), "table.parquet", PARQUETS),
    "CSV": (lambda path: dict(tables.each_csv_column(path)), "table.csv", SHEETS),
    "manifest": (manifest.read, "manifest.json", MANIFESTS),
    "YAML": (yaml_files.read_yaml, "scene.yaml", YAMLS),
    "arrays": (manifest.values, "arrays.npz", ARRAYS),
    "model": (models.load, "model.npz", MODELS),
}
CASES = [pytest.param(door, case, id=f"{door}: {case}") for door, (_, _, cases) in DOORS.items() for case in cases]


def test_there_are_enough_cases():
    assert len(CASES) >= 40


@pytest.mark.filterwarnings("error::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(("door", "case"), CASES)
def test_bad_input_is_one_sentence(door, case, tmp_path):
    read, name, cases = DOORS[door]
    content, sentence = cases[case]
    path = tmp_path / name
    if content is FOLDER:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises((ValueError, OSError)) as caught:
        read(path)
    said = str(caught.value)
    assert said.startswith(f"{path}: "), said
    assert re.fullmatch(sentence, said.removeprefix(f"{path}: ")), said


@pytest.mark.parametrize("door", DOORS)
def test_a_missing_file_is_one_sentence(door, tmp_path):
    read, name, _ = DOORS[door]
    with pytest.raises((ValueError, OSError)) as caught:
        read(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)


GOOD = {
    "JPEG": JPEG,
    "progressive JPEG": encoded(progressive=True),
    "gray JPEG": encoded(PICTURE.convert("L")),
    "PNG called .jpg": PNG,
    "PNG with a palette": encoded(PICTURE.convert("P"), "PNG"),
    "BMP": encoded(kind="BMP"),
    "TIFF": encoded(kind="TIFF"),
    "WebP": encoded(kind="WEBP"),
    "bytes after the end": JPEG + bytes(500),
    "opaque alpha": encoded(PICTURE.convert("RGBA"), "PNG"),
    "16 bits": encoded(Image.fromarray(np.full((40, 60), 10000, np.uint16)), "PNG"),
}


@pytest.mark.parametrize("case", GOOD)
def test_other_forms_of_a_picture_are_read(case, tmp_path):
    (tmp_path / "photo.jpg").write_bytes(GOOD[case])
    picture = photos.read(tmp_path / "photo.jpg")
    assert (picture.shape, picture.dtype) == ((40, 60, 3), np.uint8)


@pytest.mark.parametrize(
    "name", ["a b.png", "it's.png", 'a"b.png', "写真.png", "{set}.png", "100%.png", "a\nb.png", "*.png"]
)
def test_odd_file_names_are_read_and_named(name, tmp_path):
    path = tmp_path / name
    path.write_bytes(PNG)
    assert (photos.read(path)[..., ::-1] == np.asarray(PICTURE)).all()
    assert manifest.values(path)["RGB"].shape == (40, 60, 3)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="got an empty file") as caught:
        photos.read(path)
    assert str(path) in str(caught.value)


def test_a_bomb_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(photos.cv2, "imdecode", lambda *_: pytest.fail("decoded"))
    with pytest.raises(ValueError, match="expected at most"):
        photos.decode(png_header(30_000, 30_000), "bomb.png")


def test_pictures_of_a_set_have_one_size():
    photos.check_alike(["a.jpg", "b.jpg"], [(4, 3), (4, 3)])
    photos.check_alike([], [])
    with pytest.raises(ValueError, match=r"^b\.jpg: expected 4x3 pixels as in a\.jpg, got 3x4; the pictures of a set"):
        photos.check_alike(["a.jpg", "b.jpg"], [(4, 3), (3, 4)])


def test_reference_numbers_that_are_cut_off_are_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("sheet.csv").write_text("a\n1.5\n2.5\n")
    published, kept = reference.publish({"config": {}, "results": manifest.result_entries({"sheet.csv": "rule"})})
    Path("sheet.csv").write_text("a\n1.5\n2.6\n")
    with pytest.raises(ValueError, match="the published numbers are not those of the published manifest"):
        reference.compare_results(published["results"], kept[:-1])


# --- and at the exit: a disk that takes only a part -------------------------------------------------------------------

WRITERS = {
    "JPEG": "pictures.write_jpeg(path, noise, 95)",
    "mask": "pictures.write_mask(path, noise[..., 0] > 99)",
    "PNG": "pictures.write(path, Image.fromarray(noise), 'PNG')",
    "Parquet": "tables.write_parquet(path, {'x': noise.ravel() / 7}, {'x': NUMBER})",
    "CSV": "frames.write({'x': noise.ravel() / 7}, {'x': NUMBER}, csv=path)",
    "matrix": "tables.write_matrix(path, noise[..., 0])",
    "manifest": "manifest.write(path, {'x': noise.tolist()})",
    "heat map": "heatmaps.write_heatmap(path, noise)",
}
LIMITED = """
import resource, sys
import numpy as np
from PIL import Image
from soart.inspection import heatmaps
from soart.storage import frames, manifest, pictures, tables
from soart.storage.schemas import NUMBER
path, limit = sys.argv[1], int(sys.argv[2])
noise = np.random.default_rng(1).integers(0, 256, (200, 200, 3), np.uint8)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    {call}
except OSError as error:
    print(f"{{error.strerror}}: {{error.filename}}")
"""


@pytest.mark.parametrize("kind", WRITERS)
def test_a_file_that_does_not_fit_is_told_and_not_left_cut_off(kind, tmp_path):
    """Files may have 4,100 bytes: also a writer that fills its last block by a part must notice."""
    path = tmp_path / "file.jpg"
    command = [sys.executable, "-c", LIMITED.format(call=WRITERS[kind]), str(path), "4100"]
    done = subprocess.run(command, cwd=ROOT / "scripts", capture_output=True, text=True, check=True)
    assert re.search(rf"File too large: {re.escape(str(path))}$", done.stdout.strip()), done.stdout
    assert list(tmp_path.iterdir()) == []
