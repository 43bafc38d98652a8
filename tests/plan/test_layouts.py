"""Folders, sheets and names as users have them: each file is used right, refused with a sentence, or counted."""

# ruff: noqa: E501 (a row is a layout and what becomes of it)

import os
import re
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import ROOT
from soart import names
from soart.plan import collection, layout, shards
from soart.plan.photo import BAD, GOOD, INSPECT, kind_problem, plain_name

ANY = settings(deadline=None, max_examples=200, derandomize=True, suppress_health_check=list(HealthCheck))
TRIED = Counter()  # how the files of the generated folders and sheets ended


def lay(root: Path, paths: list[str]) -> Path:
    """Make small files of these names below a folder; a name that ends with a slash is a folder."""
    for path in paths:
        if path.endswith("/"):
            (root / path).mkdir(parents=True, exist_ok=True)
        else:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(os.fsencode(path))
    return root


@pytest.mark.parametrize("begin", "=+-@\t\r")
def test_what_a_spreadsheet_takes_for_a_formula_is_no_kind_and_no_path(begin):
    assert kind_problem(f"{begin}1").endswith("which a spreadsheet takes for a formula; rename it")
    assert names.unformulated(f"{begin}1") == f"./{begin}1"
    assert names.unformulated(f"1{begin}") == f"1{begin}"


def sets(found: collection.Collection) -> dict[str, list[str]]:
    """The paths by set, with their masks, where nothing is wrong."""
    assert found.problems == []
    return {
        name: [f"{each.path} {each.mask}".strip() for each in photos] for name, photos in found.sets.items() if photos
    }


# --- layouts of public data sets and of users ------------------------------------------------------------------------

TRAIN = ["train/good/1.png", "train/good/2.png"]
LAYOUTS = {
    "MVTec AD": (
        [*TRAIN, "test/good/3.png", "test/crack/4.png", "ground_truth/crack/4_mask.png", "license.txt", "readme.txt"],
        {"learn": TRAIN, "normal": ["test/good/3.png"], "crack": ["test/crack/4.png ground_truth/crack/4_mask.png"]},
        "2 good photos to learn from, 2 to inspect (kinds: good 1, crack 1), 2 files passed over (2 .txt)",
    ),
    "BTAD": (
        ["train/ok/1.bmp", "train/ok/2.bmp", "test/ok/3.bmp", "test/ko/4.bmp", "ground_truth/ko/4.png"],
        {"learn": ["train/ok/1.bmp", "train/ok/2.bmp"], "normal": ["test/ok/3.bmp"],
         "ko": ["test/ko/4.bmp ground_truth/ko/4.png"]},
        "2 good photos to learn from (train/ok/), 2 to inspect (kinds: good 1 (test/ok/), ko 1)",
    ),
    "VisA, prepared": (
        ["train/good/1.JPG", "train/good/2.JPG", "test/good/3.JPG", "test/bad/4.JPG", "ground_truth/bad/4.png"],
        {"learn": ["train/good/1.JPG", "train/good/2.JPG"], "normal": ["test/good/3.JPG"],
         "bad": ["test/bad/4.JPG ground_truth/bad/4.png"]},
        "2 good photos to learn from, 2 to inspect (kinds: good 1, bad 1)",
    ),
    "VisA without its split": (
        ["Data/Images/Normal/1.JPG", "Data/Images/Normal/2.JPG", "Data/Images/Anomaly/1.JPG",
         "Data/Masks/Anomaly/1.png", "image_anno.csv"],
        {"learn": ["Data/Images/Normal/1.JPG", "Data/Images/Normal/2.JPG"],
         "Anomaly": ["Data/Images/Anomaly/1.JPG Data/Masks/Anomaly/1.png"]},
        "2 good photos to learn from (Data/Images/Normal/), 1 to inspect (kinds: Anomaly 1), "
        "1 file passed over (1 .csv)",
    ),
    "MVTec AD 2": (
        [*TRAIN, "validation/good/3.png", "test_public/good/4.png", "test_public/bad/5.png",
         "test_public/ground_truth/bad/5_mask.png", "test_private/6.png"],
        {"learn": TRAIN, "normal": ["test_public/good/4.png"],
         "bad": ["test_public/bad/5.png test_public/ground_truth/bad/5_mask.png"]},
        "2 good photos to learn from, 2 to inspect (kinds: good 1, bad 1), "
        "2 folders passed over (test_private/, validation/)",
    ),
    "MVTec 3D-AD": (
        ["train/good/rgb/1.png", "train/good/rgb/2.png", "train/good/xyz/1.tiff", "test/good/rgb/3.png",
         "test/good/gt/3.png", "test/cut/rgb/0.png", "test/cut/gt/0.png", "test/cut/xyz/0.tiff"],
        {"learn": ["train/good/rgb/1.png", "train/good/rgb/2.png"], "normal": ["test/good/rgb/3.png"],
         "cut": ["test/cut/rgb/0.png test/cut/gt/0.png"]},
        "2 good photos to learn from (train/good/rgb/), 2 to inspect (kinds: good 1 (test/good/rgb/), cut 1), "
        "3 folders passed over (test/cut/xyz/, test/good/gt/, train/good/xyz/)",
    ),
    "MVTec LOCO, one mask a photo": (
        [*TRAIN, "validation/good/3.png", "test/logical/0.png", "ground_truth/logical/0/000.png"],
        {"learn": TRAIN, "logical": ["test/logical/0.png ground_truth/logical/0/000.png"]},
        "2 good photos to learn from, 1 to inspect (kinds: logical 1), 1 folder passed over (validation/)",
    ),
    "capitals": (
        ["Train/Good/1.png", "Train/Good/2.png", "Test/GOOD/3.png", "Test/Crack/4.png", "Ground_Truth/Crack/4.png"],
        {"learn": ["Train/Good/1.png", "Train/Good/2.png"], "normal": ["Test/GOOD/3.png"],
         "Crack": ["Test/Crack/4.png Ground_Truth/Crack/4.png"]},
        "2 good photos to learn from (Train/Good/), 2 to inspect (kinds: good 1 (Test/GOOD/), Crack 1)",
    ),
    "kinds for training, too": (
        [*TRAIN, "train/bad/3.png", "test/crack/4.png", "ground_truth/good/3_mask.png"],
        {"learn": TRAIN, "crack": ["test/crack/4.png"]},
        "2 good photos to learn from, 1 to inspect (kinds: crack 1), "
        "2 folders passed over (ground_truth/good/, train/bad/)",
    ),
    "ok and ng": (
        ["ok/1.jpg", "ok/2.jpg", "NG/3.jpg"],
        {"learn": ["ok/1.jpg", "ok/2.jpg"], "NG": ["NG/3.jpg"]},
        "2 good photos to learn from (ok/), 1 to inspect (kinds: NG 1)",
    ),
    "in Japanese": (
        ["良品/1.jpg", "良品/2.jpg", "検査/3.jpg", "不良/4.jpg"],
        {"learn": ["良品/1.jpg", "良品/2.jpg"], "inspect": ["検査/3.jpg"], "不良": ["不良/4.jpg"]},
        "2 good photos to learn from (良品/), 2 to inspect (kinds: not known 1, 不良 1)",
    ),
    "own folders beside others": (
        ["good/1.jpg", "good/2.jpg", "inspect/3.jpg", "train/", "results/x.csv", "4.jpg", "notes"],
        {"learn": ["good/1.jpg", "good/2.jpg"], "inspect": ["inspect/3.jpg"]},
        "2 good photos to learn from, 1 to inspect, 2 files passed over (1 .jpg, 1 without ending), "
        "2 folders passed over (results/, train/)",
    ),
    "what cameras, boxes and systems leave": (
        ["good/1.jpg", "good/2.jpg", "good/@eaDir/1.jpg/SYNOPHOTO_THUMB_M.jpg", "good/._1.jpg", "good/Thumbs.db",
         "inspect/3.jpg", "inspect/4.jfif", "inspect/5.heic", "inspect/6.HEIC", "inspect/7.txt", "inspect/8.jpg~",
         "inspect/9.jpg ", "inspect/#recycle/10.jpg", "inspect/a/.trash/11.jpg"],
        {"learn": ["good/1.jpg", "good/2.jpg"], "inspect": ["inspect/3.jpg", "inspect/4.jfif"]},
        "2 good photos to learn from, 2 to inspect, 5 files passed over (2 .heic, 1 '.jpg ', 1 .jpg~, 1 .txt), "
        "5 hidden",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LAYOUTS)
def test_layout(case, tmp_path):
    paths, expected, said = LAYOUTS[case]
    found = collection.find_photos(str(lay(tmp_path, paths)))
    assert sets(found) == expected
    assert collection.summary(found)[0] == said
    assert ("JPEG" in " ".join(collection.summary(found)[1:])) == ("heic" in said)


def test_visa_as_downloaded(tmp_path):
    """The split beside the folder says which normal photos are learned from and which are tested with."""
    normal, anomaly = "candle/Data/Images/Normal", "candle/Data/Images/Anomaly"
    lay(tmp_path, [*(f"{normal}/{number:04}.JPG" for number in range(4)), f"{anomaly}/000.JPG"])
    lay(tmp_path, ["candle/Data/Masks/Anomaly/000.png", "pcb1/Data/Images/Normal/0000.JPG", "split_csv/"])
    lines = ["object,split,label,image,mask", f"candle,train,normal,{normal}/0000.JPG,"]
    lines += [f"candle,train,normal,{normal}/0002.JPG,", f"candle,test,normal,{normal}/0001.JPG,"]
    lines += [f"candle,test,normal,{normal}/0003.JPG,", "pcb1,test,normal,pcb1/Data/Images/Normal/0000.JPG,"]
    lines += [f"candle,test,anomaly,{anomaly}/000.JPG,candle/Data/Masks/Anomaly/000.png"]
    (tmp_path / "split_csv/1cls.csv").write_text("\n".join(lines) + "\n")
    found = collection.find_photos(str(tmp_path / "candle"))
    assert sets(found) == {
        "learn": ["Data/Images/Normal/0000.JPG", "Data/Images/Normal/0002.JPG"],
        "normal": ["Data/Images/Normal/0001.JPG", "Data/Images/Normal/0003.JPG"],
        "Anomaly": ["Data/Images/Anomaly/000.JPG Data/Masks/Anomaly/000.png"],
    }
    [problem, _] = collection.find_photos(str(tmp_path)).problems
    assert problem.endswith(f"found the folders candle, pcb1, split_csv; did you mean '{tmp_path}/candle'?")


OWN = ["good/1.jpg", "good/2.jpg", "inspect/3.jpg"]
REFUSED = {
    "two layouts": (
        [*OWN, *TRAIN, "test/crack/4.png"],
        "found both good/ and train/ beside test/ in 'ROOT'; which is to be read? Name a folder that has one of them",
    ),
    "two of one meaning": (
        [*TRAIN, "test/good/3.png", "test/normal/4.png", "test/crack/5.png"],
        "in 'ROOT/test' the folders good and normal mean the same; put their photos into one of them",
    ),
    "good twice": (
        [*OWN, "OK/4.jpg"],
        "in 'ROOT' the folders OK and good mean the same; put their photos into one of them",
    ),
    "a kind called learn": (
        [*TRAIN, "test/learn/3.png"],
        "a kind of error cannot be named 'learn', which means something else; rename it",
    ),
    "a kind that is a formula": (
        [*TRAIN, "test/=1+1/3.png"],
        "a kind of error cannot be named '=1+1', which a spreadsheet takes for a formula; rename it",
    ),
    "a kind of two lines": (
        [*TRAIN, "test/a\nb/3.png"],
        "a kind of error cannot be named 'a\\nb', which cannot be part of a file's name everywhere; rename it",
    ),
    "a very long kind": (
        [*TRAIN, f"test/{'傷' * 40}/3.png"],
        f"a kind of error cannot be named '{'傷' * 40}', which is longer than 100 bytes; rename it",
    ),
    "kinds that differ by case": (
        [*TRAIN, "test/Crack/3.png", "test/crack/4.png"],
        "the kinds 'Crack' and 'crack' differ only in how they are written; write them alike",
    ),
    "loose in test": (
        [*TRAIN, "test/crack/3.png", "test/7.png"],
        "'test/7.png' lies in no folder of its kind; put it into test/good, or test/<kind of error>",
    ),
    "loose in train": (
        [*TRAIN, "test/crack/3.png", "train/7.png"],
        "'train/7.png' lies in no folder of its kind; put it into train/good",
    ),
    "train without good": (
        ["train/ok_front/1.png", "test/def_front/2.png"],
        "expected the folder 'good' (or ok or normal) in 'ROOT/train', found ok_front/",
    ),
    "nothing in train": (
        ["train/", "test/crack/3.png"],
        "expected the folder 'good' (or ok or normal) in 'ROOT/train', found no folder",
    ),
    "masks of another name": (
        [*TRAIN, "test/crack/6.png", "ground_truth/crack/6_gt.png"],
        "the mask 'ground_truth/crack/6_gt.png' has no photo 'test/crack/6_gt.*'; name it as its photo, with or without "
        "_mask, or remove it",
    ),
    "several masks (LOCO)": (
        [*TRAIN, "test/logical/0.png", "ground_truth/logical/0/000.png", "ground_truth/logical/0/001.png"],
        "1 photo(s) have several masks, as 'test/logical/0.*' has 'ground_truth/logical/0/000.png' and others; expected "
        "one picture a photo: join them, or take the masks away (nothing is then said of places)",
    ),
    "a result where a folder would be": (
        [*OWN, "inspect/a.jpg", "inspect/a.csv/b.jpg"],
        "a result of 'inspect/a.jpg' would be named as the folder of 'inspect/a.csv/b.jpg'; rename one",
    ),
    "Shift-JIS": (
        [*OWN, "inspect/\udc95\udc94\udc95i.jpg"],
        "the name 'inspect/\\x95\\x94\\x95i.jpg' is not written in UTF-8, but as an older system did (Shift-JIS?); rename "
        "it, as convmv does",
    ),
    "a forged line": (
        [*OWN, "inspect/3\n0.01 good.jpg"],
        "the name 'inspect/3\\n0.01 good.jpg' holds a control character; rename it",
    ),
    "an escape": (
        [*OWN, "inspect/\x1b[2J.jpg"],
        "the name 'inspect/\\x1b[2J.jpg' holds a control character; rename it",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_layout_that_is_refused(case, tmp_path):
    paths, sentence = REFUSED[case]
    [problem] = collection.find_photos(str(lay(tmp_path, paths))).problems
    assert problem.replace(str(tmp_path), "ROOT") == f"photos: {sentence}"


def test_photos_in_no_folder_and_a_photo_instead_of_a_folder(tmp_path):
    lay(tmp_path, ["1.jpg", "2.jpg"])
    assert collection.find_photos(str(tmp_path)).problems == [
        f"photos: expected the folder '{name}' in '{tmp_path}', found no folder and 2 photo(s) in none"
        for name in ("good", "inspect")
    ]
    [problem] = collection.find_photos(str(tmp_path / "1.jpg")).problems
    assert problem == f"photos: expected a folder or a sheet, got the photo '{tmp_path}/1.jpg'; name its folder"


def test_a_folder_that_cannot_be_read(tmp_path, monkeypatch):
    """Who is root may read all: the system's answer is played."""
    lay(tmp_path, OWN)
    scandir = os.scandir

    def forbidden(path):
        if os.path.basename(path) == "inspect":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", forbidden)
    found = collection.find_photos(str(tmp_path))
    assert found.problems == ["photos: the folder 'inspect' cannot be read: Permission denied"]


@pytest.mark.parametrize("path", ["a\0.jpg", "\udc95.jpg", "/etc/passwd", "../x", "", "good", "x" * 5000])
def test_a_standard_of_any_text_is_refused_in_one_line(path, tmp_path):
    found = collection.find_photos(str(lay(tmp_path, OWN)))
    [sentence] = collection.standard_problems(found, path)
    assert names.printable(sentence) == sentence
    assert sentence.startswith(f"photo_standard: expected mean or a photo's path below '{tmp_path}': ")


def test_a_link_to_nothing_and_a_pipe_are_photos_that_their_job_cannot_read(tmp_path):
    lay(tmp_path, OWN)
    (tmp_path / "inspect/5.jpg").symlink_to(tmp_path / "inspect/gone.jpg")
    os.mkfifo(tmp_path / "inspect/6.jpg")
    os.mkfifo(tmp_path / "good/0.jpg")
    found = collection.find_photos(str(tmp_path))
    assert [photo.path for photo in found.sets["inspect"]] == [f"inspect/{number}.jpg" for number in (3, 5, 6)]
    assert len({each.state for each in shards.shards(found, 1, "mean")}) == 7
    with pytest.raises(ValueError, match=r"2\.jpg: expected a picture"):
        shards.expected_size(found, "mean")


def test_one_bad_entry_of_a_folder_is_refused_alone_where_bad_photos_are_skipped(tmp_path):
    root = lay(tmp_path / "p", ["good/1.png", "good/2.png", "inspect/a.jpg", "inspect/a.png", "inspect/b\x1b.png"])
    (root / "inspect/away.png").symlink_to("/nowhere.png")
    (root / "good/away").symlink_to(root / "inspect")
    assert len(collection.find_photos(str(root)).problems) == 2  # before names are looked at
    found = collection.find_photos(str(root), skip=True)
    assert found.problems == []
    assert sets(found) == {
        "learn": ["good/1.png", "good/2.png", "good/away"],
        "inspect": ["inspect/a.jpg", "inspect/away.png", "inspect/b\\x1b.png", "inspect/a.png"],
    }
    assert {photo.name: photo.problem for photos in found.sets.values() for photo in photos if photo.problem} == {
        "good/away": "'good/away' is a link to a folder; put the folder itself there",
        "inspect/away.png": f"'inspect/away.png' is a link to outside '{root}'; put the photo itself there",
        "inspect/b\\x1b.png": "the name 'inspect/b\\x1b.png' holds a control character; rename it",
        "inspect/a.png": "'inspect/a.jpg' and 'inspect/a.png' have one name; rename one of them",
    }


def test_a_line_of_a_sheet_is_refused_alone_only_for_its_files(tmp_path):
    root = lay(tmp_path / "p", [f"{number}.png" for number in range(4)])
    (root / "s.tsv").write_text(
        "path\tset\n0.png\tgood\n1.png\tgood\nnone.png\tgood\n2.png\tinspect\n2.png\tinspect\n3.txt\tinspect\n"
    )
    found = collection.find_photos(str(root / "s.tsv"), skip=True)
    assert found.problems == []
    refused = {photo.name: photo.problem for photos in found.sets.values() for photo in photos if photo.problem}
    assert refused == {
        "none.png": f"{root}/s.tsv, line 4: there is no file 'none.png' in '{root}'",
        "3.txt": f"{root}/s.tsv, line 7: there is no file '3.txt' in '{root}'",
        "2.png": "'2.png' is listed twice; remove one line",
    }
    (root / "s.tsv").write_text("path\tset\n0.png\tgood\n1.png\tgood\n2.png\tbad\n3.png\tinspect\n")
    [problem] = collection.find_photos(str(root / "s.tsv"), skip=True).problems
    assert problem.endswith("line 4: expected good or inspect in the column set, got 'bad'")


def test_many_sentences_are_counted(tmp_path):
    paths = [*TRAIN, "test/crack/1.png", *(f"ground_truth/crack/{number}_x.png" for number in range(30))]
    problems = collection.find_photos(str(lay(tmp_path, paths))).problems
    assert (len(problems), problems[-1]) == (21, "and 10 more")


# --- sheets ----------------------------------------------------------------------------------------------------------

HEAD = "path\tset\tkind"
LINES = ["1.jpg\tgood", "2.jpg\tgood", "3.jpg\tinspect"]
LEARNED = {"learn": ["1.jpg", "2.jpg"], "inspect": ["3.jpg"]}
READ = {
    "Excel's Unicode text": (("\ufeff" + "\r\n".join([HEAD, *LINES])).encode("utf-16-le"), LEARNED),
    "marked UTF-8 of Windows": (b"\xef\xbb\xbf" + "\r\n".join([HEAD, *LINES]).encode(), LEARNED),
    "an old Mac's": ("\r".join([HEAD, *LINES]).encode(), LEARNED),
    "empty lines and cells": ("\n".join([HEAD, "", *LINES, "\t\t", " \t"]).encode(), LEARNED),
    "another case and blanks": ("\n".join([" Path\tSET ", "1.jpg \tGood", *LINES[1:]]).encode(), LEARNED),
    "one column too many, empty": ("\n".join([HEAD + "\t", *(f"{line}\t\t\t" for line in LINES)]).encode(), LEARNED),
    "a path as Windows writes it": ("\n".join([HEAD, *LINES, "a\\4.jpg\tinspect"]).encode(),
                                    LEARNED | {"inspect": ["3.jpg", "a/4.jpg"]}),
    "kinds that mean good": ("\n".join([HEAD, *LINES[:2], "3.jpg\tinspect\tNormal", "a/4.jpg\tinspect\tOK"]).encode(),
                             {"learn": ["1.jpg", "2.jpg"], "normal": ["3.jpg", "a/4.jpg"]}),
    "a formula as a path": ("\n".join([HEAD, *LINES[:2], "=1.jpg\tinspect"]).encode(),
                            {"learn": ["1.jpg", "2.jpg"], "inspect": ["./=1.jpg"]}),
    "marks in a name": ("\n".join([HEAD, *LINES[:2], '"5"" disc.jpg"\tinspect']).encode(),
                        {"learn": ["1.jpg", "2.jpg"], "inspect": ['5" disc.jpg']}),
}  # fmt: skip
MARK = "a cell that begins with a quotation mark must end with one in its line, and have those within doubled"
UTF8 = "expected a sheet of tab-separated text in UTF-8, got"
WRONG = {
    "after an empty line": ([*LINES, "", "x.jpg\tinspect"], ", line 6: there is no file 'x.jpg' in 'ROOT'"),
    "the kind learn": (
        [*LINES, "a/4.jpg\tinspect\tlearn"],
        ", line 5: a kind of error cannot be named 'learn', which means something else; rename it, or leave the kind "
        "empty where it is not known",
    ),
    "a cell too many": (
        [*LINES, "a/4.jpg\tinspect\tcrack\tm.png"],
        ", line 5: expected at most 3 cells, got one more ('m.png'); remove it or name its column",
    ),
    "a mark that is not closed": (
        [*LINES, 'a/4.jpg\tinspect\t"crack', ""],
        f": line 5: {MARK} (unexpected end of data)",
    ),
    "a mark closed in another line": ([*LINES, 'a/4.jpg\tinspect\t"a', 'b"'], f": line 5: {MARK}"),
    "a name in marks": (['"a" 4.jpg\tinspect'], f": line 2: {MARK} ('\\t' expected after '\"')"),
    "a hidden photo": (
        [*LINES, ".5.jpg\tinspect"],
        ", line 5: '.5.jpg' is hidden, and such files are never looked at; rename it",
    ),
}


@pytest.fixture
def beside(tmp_path) -> Path:
    """A folder for a sheet, with photos."""
    return lay(tmp_path, ["1.jpg", "2.jpg", "3.jpg", "a/4.jpg", ".5.jpg", '5" disc.jpg', "=1.jpg"])


@pytest.mark.parametrize("case", READ)
def test_sheet(case, beside):
    content, expected = READ[case]
    (beside / "sheet.tsv").write_bytes(content)
    assert sets(collection.find_photos(str(beside / "sheet.tsv"))) == expected


def test_a_path_from_the_top_that_lies_below_the_sheet(beside, tmp_path):
    (beside / "sheet.tsv").write_text("\n".join([HEAD, f"{tmp_path}/1.jpg\tgood", *LINES[1:]]))
    assert sets(collection.find_photos(str(beside / "sheet.tsv"))) == LEARNED


@pytest.mark.parametrize("case", WRONG)
def test_sheet_that_is_refused(case, beside):
    lines, sentence = WRONG[case]
    (beside / "sheet.tsv").write_text("\n".join([HEAD, *lines]))
    [problem] = collection.find_photos(str(beside / "sheet.tsv")).problems
    assert problem.replace(str(beside), "ROOT") == f"ROOT/sheet.tsv{sentence}"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\0\1\2", f"{UTF8} a file that is no text; save it again as text (UTF-8)"),
        ("\n".join([HEAD, *LINES, "部品.jpg\tinspect"]).encode("cp932"),
         f"{UTF8} other bytes in line 5; save it as UTF-8, or from Excel as Unicode text"),
        (("x" * 5000 + "\n\0").encode(), f"{UTF8} a NUL byte in line 2; remove it"),
        (b"# by hand\n" + HEAD.encode(), "expected a line of column names (path, set, kind, mask, template) first, "
         "with tabs between them, got '# by hand'"),
        (b"", "expected a line of column names (path, set, kind, mask, template) first, with tabs between them, and a "
         "line for each photo, got none"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_sheet(content, sentence, tmp_path):
    (tmp_path / "sheet.tsv").write_bytes(content)
    assert collection.find_photos(str(tmp_path / "sheet.tsv")).problems == [f"{tmp_path}/sheet.tsv: {sentence}"]


MASKS = "path\tset\tkind\tmask"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("3.jpg\tinspect\tcrack\t3.jpg", "'3.jpg' is its own mask; name a picture of the error's pixels"),
        ("3.jpg\tinspect\tgood\t1.jpg",
         "a mask is of a photo with an error, got a good one; say its kind, or leave the mask empty"),
        ("3.jpg\tinspect\t\t1.jpg",
         "a mask is of a photo with an error, got one of no kind; say its kind, or leave the mask empty"),
        ("3.jpg\tgood\t\t1.jpg",
         "a mask is of a photo with an error, got a good one; say its kind, or leave the mask empty"),
    ],
)  # fmt: skip
def test_masks_of_a_sheet(line, sentence, beside):
    (beside / "sheet.tsv").write_text("\n".join([MASKS, *LINES[:2], line]))
    [problem] = collection.find_photos(str(beside / "sheet.tsv")).problems
    assert problem == f"{beside}/sheet.tsv, line 4: {sentence}"


# --- names -----------------------------------------------------------------------------------------------------------


def test_shown():
    assert names.printable("部品 {1}%\t'\"") == "部品 {1}%\\t'\""
    assert names.printable("a\nb\x1b[31m\x85\u202ec\udc95") == "a\\nb\\x1b[31m\\x85\\u202ec\\x95"


@ANY
@given(st.text() | st.text(st.sampled_from("a\n\x1b\x9b\udc95\ud800\u2028\u202e部")))
def test_a_shown_name_is_one_line_that_can_be_written(text):
    said = names.printable(text)
    assert said.encode().decode() == said
    assert len(said.splitlines()) <= 1
    assert names.printable(said) == said
    assert said == text or not (set(said) <= set(text))


@pytest.mark.parametrize("name", [".x", "@eaDir", "#Recycle", "$RECYCLE.BIN", "__MACOSX", "Thumbs.db", "..x.jpg"])
def test_passed_over(name):
    assert names.passed_over(name)
    assert not names.passed_over(f"a{name}")


# --- any folder, any sheet -------------------------------------------------------------------------------------------

FOLDERS = [
    "good",
    "Good",
    "ok",
    "inspect",
    "ng",
    "train",
    "test",
    "ground_truth",
    "crack",
    "learn",
    "errors",
    "=x",
    "rgb",
]
FOLDERS += [
    "xyz",
    "gt",
    "Data",
    "Images",
    "Normal",
    "@eaDir",
    ".git",
    "{lot}",
    "{{x}}",
    "部品",
    "a b",
    "a\nb",
    "1.csv",
    "0",
]
FILES = ["0.jpg", "1.JPG", "1.png", "2.png", "3.tif", "0_mask.png", "4.heic", "readme.txt", ".DS_Store", "Thumbs.db"]
FILES += [
    "part{1}.jpg",
    "{{x}}.png",
    "a\nb.jpg",
    "\x1b[2J.jpg",
    "\udc95\udc94.jpg",
    "=1.jpg",
    "写真.jpg",
    "x",
    "a.b.c.png",
]
FILES += ["あ" * 80 + ".jpg", " .jpg", "100%.jpg", "$HOME.jpg", "'\".jpg", "*.png"]
ROLES = [
    "good",
    "ok",
    "train/good",
    "train/ok",
    "test/good",
    "test/crack",
    "test/ko",
    "inspect",
    "ground_truth/crack",
    "ng",
]
PATHS = st.one_of(
    st.tuples(st.sampled_from(ROLES), st.sampled_from(FILES)),
    st.lists(st.sampled_from(FOLDERS), max_size=3).flatmap(
        lambda folders: st.tuples(*map(st.just, folders), st.sampled_from(FILES))
    ),
).map("/".join)


USUAL = [
    "0.jpg",
    "1.png",
    "2.png",
    "3.tif",
    "4.heic",
    "readme.txt",
    ".DS_Store",
    "Thumbs.db",
    "写真.jpg",
    "part{1}.jpg",
]
OWN_PLACES = ["", "good", "good/deep", "inspect", "inspect/{lot}", "other", "good/@eaDir", "inspect/.hidden"]
TEST_PLACES = ["", "train/good", "train/bad", "test/good", "test/crack", "test/ko", "test/crack/deep", "test/.hidden"]
TEST_PLACES += ["ground_truth/good", "other"]
LEAST = [  # what a layout needs at least, and where its files may lie
    (["good/a.jpg", "good/b.jpg", "inspect/c.jpg"], OWN_PLACES),
    (["OK/a.jpg", "OK/b.jpg", "NG/c.jpg"], ["", "OK", "NG", "NG/{{x}}", "other"]),
    (
        [
            "train/good/a.png",
            "train/good/b.png",
            "test/good/c.png",
            "test/crack/a.png",
            "ground_truth/crack/a_mask.png",
        ],
        TEST_PLACES,
    ),
    ([], ["good", "inspect", "train/good", "test/good", "test/crack"]),
]


def lying(least: list[str], places: list[str]) -> st.SearchStrategy[list[str]]:
    """Files of a layout in usual places; one in four lists has a few in any places, too."""
    usual = st.tuples(st.sampled_from(places), st.sampled_from(USUAL)).map(lambda path: "/".join(path).lstrip("/"))
    any_few = st.integers(0, 3).flatmap(lambda often: st.lists(PATHS, max_size=3 if often == 3 else 0))
    return st.tuples(st.lists(usual, max_size=12), any_few).map(lambda both: [*least, *both[0], *both[1]])


def expected_set(path: str) -> str:
    """The set that a photo's folders tell, by the rules of config/README.md, for folders and MVTec's layout."""
    first, second, *_ = [plain_name(part) for part in path.split("/")]
    if first == "train":
        return "learn"
    if first == "test":
        return "normal" if second in GOOD else path.split("/")[1]
    if first == "data":
        return "learn" if plain_name(path.split("/")[2]) in GOOD else path.split("/")[2]
    return "learn" if first in GOOD else "inspect" if first in INSPECT else path.split("/")[0]


@ANY
@given(st.sampled_from(LEAST).flatmap(lambda layout: lying(*layout)))
def test_every_file_of_any_folders_is_used_right_refused_or_counted(paths):
    kept = []
    for path in paths:  # a file cannot be a folder, too
        if not any(f"{path}/".startswith(f"{other}/") or f"{other}/".startswith(f"{path}/") for other in kept):
            kept.append(path)
    with tempfile.TemporaryDirectory() as folder:
        found = collection.find_photos(str(lay(Path(folder), kept)))
        skipping = collection.find_photos(folder, skip=True)
        assert {*skipping.problems} <= {*found.problems}
        if not skipping.problems:  # then each file is used, a row of the input check, or passed over
            checked = {photo.path: bool(photo.problem) for photos in skipping.sets.values() for photo in photos}
            assert len({photo.name for photos in skipping.sets.values() for photo in photos}) == len(checked)
            assert any(checked.values()) == bool(found.problems)
            TRIED["folders: refused alone"] += sum(checked.values())
        for sentence in found.problems:
            assert names.printable(sentence) == sentence
            assert "'" in sentence or "found none" in sentence or "more" in sentence
        if found.problems:
            TRIED["folders: refused"] += len(kept)
            return
        used = {photo.path: name for name, photos in found.sets.items() for photo in photos}
        masks = {photo.mask for photos in found.sets.values() for photo in photos if photo.mask}
        for path in kept:
            over = [each for each in found.passed_over if path == each or (each[-1] == "/" and path.startswith(each))]
            assert (path in used) + (path in masks) + bool(over) == 1, path
            TRIED["folders: passed over" if over else "folders: used right"] += 1
            if path in used:
                assert used[path] == expected_set(path)
                assert names.ending(path) in names.PHOTO_ENDINGS
                assert not any(map(names.passed_over, path.split("/")))
        said = collection.summary(found)
        assert f"{len(found.sets['learn'])} good photos" in said[0]
        assert all(names.printable(each) == each for each in said)


CELLS = st.sampled_from(
    ["", " ", "good", "Good", "inspect", "1.jpg", "./2.jpg", "a\\3.jpg", "a/3.jpg", "none.jpg", "="]
)
CELLS |= st.sampled_from(
    ["crack", "Crack", "learn", "normal", "ok", "..", "../x.jpg", "a/", "x.txt", "\0", '"', 'a"b', "{x}"]
)
CELLS |= st.text(max_size=4)
ROWS = st.lists(CELLS, max_size=6) | st.tuples(
    st.sampled_from(["1.jpg", "2.jpg", "a/3.jpg", "4.png", "=5.jpg", "写真.jpg"]),
    st.sampled_from(["good", "inspect"]),
    st.sampled_from(["", "", "good", "crack", "OK"]),
)

RIGHT = st.tuples(
    st.sampled_from(["1.jpg", "./2.jpg", "a\\3.jpg", "=5.jpg", "写真.jpg"]),
    st.sampled_from(["inspect", " Inspect"]),
    st.sampled_from(["", "good", "crack", "傷", "Normal"]),
).map(list)


@ANY
@given(
    st.lists(ROWS | RIGHT, max_size=3) | st.lists(RIGHT | st.just(["", " "]), min_size=1, max_size=4, unique_by=str),
    st.sampled_from(
        [*[["path", "set", "kind"], ["Path", "SET", "kind", "mask"]] * 4, ["path"], ["path", "set", "x"], []]
    ),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp932"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_every_line_of_any_sheet_is_used_right_or_refused(rows, header, encoding, end):
    rows = [["6.png", "good"], ["7.png", "good", "ok"], *rows]
    content = end.join("\t".join(row) for row in [header, *rows]).encode(encoding, "replace")
    with tempfile.TemporaryDirectory() as folder:
        root = lay(
            Path(folder), ["1.jpg", "2.jpg", "a/3.jpg", "4.png", "=5.jpg", "写真.jpg", "6.png", "7.png", "x.txt"]
        )
        (root / "sheet.tsv").write_bytes(content)
        found = collection.find_photos(str(root / "sheet.tsv"))
    assert all(names.printable(sentence) == sentence for sentence in found.problems)
    if found.problems:
        assert all("sheet.tsv" in each or "photos: " in each or "more" in each for each in found.problems)
        TRIED["sheets: refused"] += 1
        return
    TRIED["sheets: used right"] += 1
    given_rows = [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]
    assert sum(map(len, found.sets.values())) == len(given_rows)
    for name, photos in found.sets.items():
        assert {plain_name(row[1]) for row in given_rows if name == "learn" and plain_name(row[1]) == "good"} <= {
            "good"
        }
        for photo in photos:
            [row] = [
                row for row in given_rows if os.path.normpath(row[0].replace("\\", "/")) == os.path.normpath(photo.path)
            ]
            kind = row[2] if len(row) > 2 else ""
            expected = (
                "learn" if plain_name(row[1]) == "good" else "normal" if plain_name(kind) in GOOD else kind or "inspect"
            )
            assert name == expected


def test_what_the_properties_tried():
    """The properties above are worth something: each end was seen often. Figures in docs/reliability.md."""
    if TRIED:
        print(dict(sorted(TRIED.items())))
        assert min(TRIED[f"folders: {end}"] for end in ("used right", "refused", "passed over")) > 100
        assert min(TRIED[f"sheets: {end}"] for end in ("used right", "refused")) > 20


def test_the_names_that_are_understood_are_in_the_documents():
    told = (ROOT / "config/README.md").read_text(encoding="utf-8")
    [table] = [part for part in told.split("\n\n") if part.startswith("| a folder, or a kind")]
    table = table.replace("defect(s)", "defect, defects")
    rows = [[name.strip(" ,") for name in re.split(r"[,|]", row)] for row in table.splitlines()[2:5]]
    for known, row in zip((GOOD, INSPECT, BAD), rows, strict=True):
        assert set(known) <= set(row)


@pytest.mark.parametrize("folder", BAD)
def test_each_name_of_a_bad_folder_is_a_kind_of_its_own(folder, tmp_path):
    found = collection.find_photos(str(lay(tmp_path, ["good/1.jpg", "good/2.jpg", f"{folder}/3.jpg"])))
    assert sets(found) == {"learn": ["good/1.jpg", "good/2.jpg"], folder: [f"{folder}/3.jpg"]}


@pytest.mark.parametrize(
    ("folder", "errors", "tested"),
    [("inspect", [], []), ("bad", ["bad"], []), ("test/scratch", ["scratch"], ["scratch"])],
)
def test_bad_photos_are_known_to_be_bad_without_good_ones_to_test_with(folder, errors, tested, tmp_path):
    train = ["train/good/1.jpg", "test/good/1.jpg"] if tested else ["good/1.jpg"]
    found = collection.find_photos(str(lay(tmp_path, [*train, f"{folder}/1.jpg"])))
    asked = {"shard_size": 10, "photo_standard": "mean", "panels": []}
    planned = layout.Layout(asked, {}, found, (64, 64))
    assert (planned.errors, planned.labelled) == (errors, tested)
