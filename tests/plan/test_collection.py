"""A user's photos: found in three forms, sorted into sets, cut into shards; each mistake has its sentence."""

import os
from pathlib import Path

import pytest
from PIL import Image

from soart.plan import collection, shards


def lay(root: Path, *paths: str) -> Path:
    """Make empty files of these names below a folder; a name that ends with a slash is a folder."""
    for path in paths:
        if path.endswith("/"):
            (root / path).mkdir(parents=True, exist_ok=True)
        elif not (root / path).exists():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).touch()
    return root


def sheet(root: Path, *lines: str, header: str = "path\tset\tkind\tmask\ttemplate") -> Path:
    """Write a sheet beside its photos."""
    (root / "photos.tsv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return root / "photos.tsv"


def found(source: Path) -> dict[str, list[str]]:
    """The paths by set, where nothing is wrong."""
    result = collection.find_photos(str(source))
    assert result.problems == []
    return {name: [photo.path for photo in photos] for name, photos in result.sets.items()}


def problem(source: Path) -> str:
    """The only problem's sentence, without the place where the test keeps its files."""
    [sentence] = collection.find_photos(str(source)).problems
    return sentence.replace(str(source.parent if source.suffix else source), "ROOT")


# --- forms -----------------------------------------------------------------------------------------------------------


def test_two_folders_with_all_sorts_of_names(tmp_path):
    lay(tmp_path, "good/b 10.JPG", "good/b 2.jpeg", "good/deep/er/傷.PNG", "good/.hidden.jpg", "good/notes.txt")
    lay(tmp_path, "inspect/{x}.tif", "inspect/a.b.WebP")
    result = collection.find_photos(str(tmp_path))
    assert found(tmp_path) == {
        "learn": ["good/b 2.jpeg", "good/b 10.JPG", "good/deep/er/傷.PNG"],
        "inspect": ["inspect/a.b.WebP", "inspect/{x}.tif"],
    }
    assert [photo.name for photo in result.sets["inspect"]] == ["inspect/a.b", "inspect/{x}"]
    assert result.passed_over == ["good/.hidden.jpg", "good/notes.txt"]
    assert result.folders == {"learn": "good/", "inspect": "inspect/"}


def test_mvtec_layout(tmp_path):
    lay(tmp_path, "train/good/000.png", "train/good/001.png", "test/good/000.png", "test/crack/000.png")
    lay(tmp_path, "test/poke/000.png", "ground_truth/crack/000_mask.png")
    assert found(tmp_path) == {
        "learn": ["train/good/000.png", "train/good/001.png"],
        "normal": ["test/good/000.png"],
        "crack": ["test/crack/000.png"],
        "poke": ["test/poke/000.png"],
    }
    sets = collection.find_photos(str(tmp_path)).sets
    assert (sets["crack"][0].mask, sets["poke"][0].mask) == ("ground_truth/crack/000_mask.png", "")


def test_mvtec_layout_without_normal_photos_or_masks(tmp_path):
    lay(tmp_path, "train/good/0.png", "train/good/1.png", "test/crack/0.png")
    assert list(found(tmp_path)) == ["learn", "crack"]


def test_sheet(tmp_path):
    lay(tmp_path, "a/1.jpg", "a/2.jpg", "b/1.jpg", "b/2.jpg", "b/3 傷.jpg", "m/2.png", "t/2.png")
    lines = [
        "a/1.jpg\tgood\t\t\t",
        "a/2.jpg\tgood\tgood",
        "b/1.jpg\tinspect\tgood",
        "./b/2.jpg\tinspect\tcrack\tm/2.png\tt/2.png",
    ]
    source = sheet(tmp_path, *lines, "b/3 傷.jpg\tinspect")
    assert found(source) == {
        "learn": ["a/1.jpg", "a/2.jpg"],
        "normal": ["b/1.jpg"],
        "crack": ["b/2.jpg"],
        "inspect": ["b/3 傷.jpg"],
    }
    assert collection.find_photos(str(source)).sets["crack"] == [collection.Photo("b/2.jpg", "m/2.png", "t/2.png")]


def test_sheet_of_two_columns_with_the_mark_of_spreadsheets(tmp_path):
    lay(tmp_path, "1.jpg", "2.jpg", "3.jpg")
    source = sheet(tmp_path, "1.jpg\tgood", "2.jpg\tgood", "3.jpg\tinspect", header="\ufeffpath\tset")
    assert found(source) == {"learn": ["1.jpg", "2.jpg"], "inspect": ["3.jpg"]}


def test_link_inside_the_root_is_taken(tmp_path):
    lay(tmp_path, "good/1.jpg", "good/2.jpg", "store/3.jpg", "inspect/")
    (tmp_path / "inspect" / "3.jpg").symlink_to(tmp_path / "store" / "3.jpg")
    assert found(tmp_path)["inspect"] == ["inspect/3.jpg"]


# --- one mistake, one sentence ---------------------------------------------------------------------------------------

GOOD = ("good/1.jpg", "good/2.jpg", "inspect/3.jpg")
ENDINGS = ".bmp, .jfif, .jpe, .jpeg, .jpg, .png, .tif, .tiff, .webp"


@pytest.mark.parametrize(
    ("paths", "sentence"),
    [
        (["inspect/3.jpg"], "photos: expected the folder 'good' in 'ROOT', found the folders inspect"),
        (["good/1.jpg", "good/2.jpg"], "photos: expected the folder 'inspect' in 'ROOT', found the folders good"),
        (["good/", "inspect/3.jpg"], f"photos: expected photos ({ENDINGS}) in 'ROOT/good', found none"),
        (["good/1.txt", "inspect/3.jpg"], f"photos: expected photos ({ENDINGS}) in 'ROOT/good', found none"),
        (["good/1.jpg", "good/2.jpg", "inspect/"],
         f"photos: expected photos ({ENDINGS}) in 'ROOT/inspect', found none"),
        (["good/1.jpg", "inspect/3.jpg"],
         "photos: expected at least 2 good photos to learn from, found 1 ('good/1.jpg')"),
        ([*GOOD, "good/1.png"], "photos: 'good/1.jpg' and 'good/1.png' have one name; rename one of them"),
        (["train/good/1.png", "train/good/2.png"],
         "photos: expected the folder 'test' beside 'train' in 'ROOT', found train/"),
        (["train/good/1.png", "train/good/2.png", "test/"],
         "photos: expected folders in 'ROOT/test' (good, and one for each kind of error), found none"),
        (["train/good/1.png", "train/good/2.png", "test/crack/1.png", "ground_truth/crack/2_mask.png"],
         "photos: the mask 'ground_truth/crack/2_mask.png' has no photo 'test/crack/2.*'; name it as its photo, with "
         "or without _mask, or remove it"),
        (["train/good/1.png", "train/good/2.png", "test/errors/1.png"],
         "photos: a kind of error cannot be named 'errors', which means something else; rename it"),
        (["train/good/1.png", "train/good/2.png", "test/a{b}/1.png"],
         "photos: a kind of error cannot be named 'a{b}', which cannot be part of a file's name everywhere; rename it"),
    ],
)  # fmt: skip
def test_wrong_folders(paths, sentence, tmp_path):
    assert (
        problem(lay(tmp_path, *paths)).replace("'good/1.png' and 'good/1.jpg'", "'good/1.jpg' and 'good/1.png'")
        == sentence
    )


def test_names_leave_room_for_the_endings_of_results(tmp_path):
    """File systems take 255 bytes: 251 and .jpg, whose results end in .png and .csv, but 250 and .tiff."""
    fits, long = f"inspect/{'a' * 250}.jpg", f"inspect/{'傷' * 83}bb.png"  # 83 x 3 + 2 bytes
    root = str(lay(tmp_path, *GOOD, fits, long))
    for values in ("none", "npy"):
        assert collection.find_photos(root, values=values).problems == []
    [said] = collection.find_photos(root, values="tiff").problems
    assert said == (
        f"photos: '{long}': expected a name of at most 250 bytes before its ending, for results have it, too "
        "(heatmap_values: tiff), got 251; rename it"
    )
    skipped = collection.find_photos(root, skip=True, values="tiff")
    assert skipped.problems == []
    assert [photo.path for photo in skipped.sets["inspect"] if photo.problem] == [long]


def test_empty_folder_and_nothing(tmp_path):
    assert collection.find_photos(str(tmp_path)).problems == [
        f"photos: expected the folder '{name}' in '{tmp_path}', found no folder" for name in ("good", "inspect")
    ]
    sentence = "photos: expected a folder or a sheet, found nothing at"
    seen = "seen from the working directory or from the Snakefile's folder"
    assert collection.find_photos("nowhere").problems == [f"{sentence} 'nowhere', {seen}"]
    assert collection.find_photos("/nowhere").problems == [f"{sentence} '/nowhere'"]
    [said] = collection.find_photos("s3://bucket/photos").problems
    assert "got the address 's3://bucket/photos'; mount the bucket, or copy the photos" in said


def test_links_that_lead_out_or_in_circles(tmp_path):
    root = lay(tmp_path / "root", *GOOD)
    lay(tmp_path, "outside/4.jpg")
    (root / "inspect" / "4.jpg").symlink_to(tmp_path / "outside" / "4.jpg")
    assert problem(root) == "photos: 'inspect/4.jpg' is a link to outside 'ROOT'; put the photo itself there"
    (root / "inspect" / "4.jpg").unlink()
    (root / "inspect" / "round").symlink_to(root / "inspect")
    assert problem(root) == "photos: 'inspect/round' is a link to a folder; put the folder itself there"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("3.jpg\tbad", "expected good or inspect in the column set, got 'bad'"),
        ("3.jpg", "expected good or inspect in the column set, got ''"),
        ("\tinspect", "expected a path, got none"),
        ("3.jpg\tgood\tcrack", "a photo to learn from must be good, got the kind 'crack'; its set is inspect"),
        ("4.jpg\tinspect", "there is no file '4.jpg' in 'ROOT'"),
        ("3.jpg\tinspect\tcrack\tm.png", "there is no file 'm.png' in 'ROOT'"),
        ("3.jpg\tinspect\tcrack\t\tt.png", "there is no file 't.png' in 'ROOT'"),
        ("../x.jpg\tinspect", "'../x.jpg' is outside 'ROOT'; photos must be in the sheet's folder or below it"),
        ("out.jpg\tinspect", "'out.jpg' is outside 'ROOT'; photos must be in the sheet's folder or below it"),
        ("/etc/x.jpg\tinspect", "'/etc/x.jpg' is outside 'ROOT'; photos must be in the sheet's folder or below it"),
        ("a.txt\tinspect", f"'a.txt' is no photo by its ending; expected one of {ENDINGS}"),
    ],
)  # fmt: skip
def test_wrong_line_of_a_sheet(line, sentence, tmp_path):
    root = lay(tmp_path / "root", "1.jpg", "2.jpg", "3.jpg", "a.txt")
    lay(tmp_path, "x.jpg")
    (root / "out.jpg").symlink_to(tmp_path / "x.jpg")
    source = sheet(root, "1.jpg\tgood", "2.jpg\tgood", line)
    assert problem(source) == f"ROOT/photos.tsv, line 4: {sentence}"


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("path\tkind", "expected the column 'set', got path, kind"),
        (
            "path\tset\tmasks",
            "'masks' is no column here; columns are path, set, kind, mask, template; did you mean 'mask'?",
        ),
        (
            "path,set",
            "expected a line of column names (path, set, kind, mask, template) first, with tabs between them, got "
            "'path,set'; save it as tab-separated text",
        ),
        ("path\tset\tPath", "the column 'path' is there twice; keep one of them"),
    ],
)
def test_wrong_columns_of_a_sheet(header, sentence, tmp_path):
    lay(tmp_path, "1.jpg")
    problems = collection.find_photos(str(sheet(tmp_path, "1.jpg\tgood", header=header))).problems
    assert problems == [f"{tmp_path}/photos.tsv: {sentence}"]


def test_sheet_without_a_line_without_good_twice_and_no_text(tmp_path):
    lay(tmp_path, "1.jpg", "2.jpg", "3.jpg")
    assert "a line for each photo, got none" in problem(sheet(tmp_path))
    assert problem(sheet(tmp_path, "1.jpg\tinspect")) == "photos: expected good photos to learn from, found none"
    assert problem(sheet(tmp_path, "1.jpg\tgood", "2.jpg\tgood")) == "photos: expected photos to inspect, found none"
    lines = ["1.jpg\tgood", "2.jpg\tgood", "3.jpg\tinspect", "./3.jpg\tinspect"]
    assert problem(sheet(tmp_path, *lines)) == "photos: '3.jpg' is listed twice; remove one line"
    (tmp_path / "photos.tsv").write_bytes(b"path\tset\n\xff.jpg\tgood\n")
    assert "expected a sheet of tab-separated text in UTF-8, got" in problem(tmp_path / "photos.tsv")


def test_standard(tmp_path):
    result = collection.find_photos(str(lay(tmp_path, *GOOD)))
    assert collection.standard_problems(result, "mean") == []
    assert collection.standard_problems(result, "good/1.jpg") == []
    [sentence] = collection.standard_problems(result, "good/11.jpg")
    assert sentence == (
        f"photo_standard: expected mean or a photo's path below '{tmp_path}': there is no file 'good/11.jpg' in "
        f"'{tmp_path}'; did you mean 'good/1.jpg'?"
    )


# --- shards ----------------------------------------------------------------------------------------------------------


def many(root: Path, count: int) -> collection.Collection:
    return collection.find_photos(str(lay(root, *GOOD[:2], *(f"inspect/{number}.jpg" for number in range(count)))))


def assigned(photos: collection.Collection, size: int) -> dict[str, str]:
    return {image: each.name for each in shards.shards(photos, size, "mean") for image in each.images}


def test_every_photo_is_in_one_shard_and_none_is_too_large(tmp_path):
    photos = many(tmp_path, 300)
    found = shards.shards(photos, 40, "mean")
    assert sorted(image for each in found for image in each.images) == sorted(
        ["standard", *(photo.name for photos in photos.sets.values() for photo in photos)]
    )
    assert max(len(each.images) for each in found) <= 40
    assert [each.name for each in found][:2] == ["standard", "learn"]
    assert all(each.name.startswith("inspect/") for each in found[2:])
    assert all(Path(file).is_file() for each in found for file in each.files)


def test_one_more_photo_changes_its_own_shard_alone(tmp_path):
    before = shards.shards(many(tmp_path, 300), 60, "mean")
    for number in range(300, 340):
        after = shards.shards(many(tmp_path, number + 1), 60, "mean")
        states = {each.name: each.state for each in after}
        kept = [each.name for each in before if states.get(each.name) == each.state]
        assert len(kept) == len(before) - 1
        before = after


def test_a_removed_photo_changes_its_own_shard_alone(tmp_path):
    photos = many(tmp_path, 300)
    before = {each.name: each.state for each in shards.shards(photos, 60, "mean")}
    held = assigned(photos, 60)["inspect/17"]
    (tmp_path / "inspect" / "17.jpg").unlink()
    after = {each.name: each.state for each in shards.shards(collection.find_photos(str(tmp_path)), 60, "mean")}
    assert {name for name in after if before.get(name) != after[name]} == {held}


def test_state_sees_size_and_older_times(tmp_path):
    path = str(lay(tmp_path, "1.jpg") / "1.jpg")
    states = [shards.state([path])]
    os.utime(path, ns=(10**9, 10**9))
    states.append(shards.state([path]))
    Path(path).write_bytes(b"x")
    os.utime(path, ns=(10**9, 10**9))
    states.append(shards.state([path]))
    assert len(set(states)) == 3


def test_one_shard_has_the_sets_name_and_several_have_bits(tmp_path):
    photos = many(tmp_path, 3)
    assert [each.name for each in shards.shards(photos, 3, "mean")] == ["standard", "learn", "inspect"]
    names = [each.name for each in shards.shards(photos, 1, "mean") if each.image_set == "inspect"]
    assert len(names) == 3
    assert all(set(name.removeprefix("inspect/")) <= {"0", "1"} for name in names)


def test_expected_size_is_the_commonest_of_the_first(tmp_path):
    for number, size in enumerate([(9, 7), (8, 6), (8, 6)]):
        path = lay(tmp_path, f"good/{number}.png", "inspect/1.png") / f"good/{number}.png"
        Image.new("RGB", size).save(path)
    photos = collection.find_photos(str(tmp_path))
    assert shards.expected_size(photos, "mean") == (8, 6)
    assert shards.expected_size(photos, "good/0.png") == (9, 7)
    for path in (tmp_path / "good").iterdir():
        path.write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"2\.png: expected a picture, got a file that is none or is damaged"):
        shards.expected_size(photos, "mean")


def test_size_of_a_turned_photo(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    for form in ("jpg", "png", "tif", "webp"):
        Image.new("RGB", (8, 6)).save(tmp_path / f"turned.{form}", exif=exif)
        assert shards.size_of(str(tmp_path / f"turned.{form}")) == (6, 8)


def test_photos_of_many_aspects_are_one_sentence_unless_fit_says_what_to_do_with_them(tmp_path):
    for number, size in enumerate([(90, 60), (60, 60), (91, 60), (60, 90), (50, 80)]):
        path = lay(tmp_path, f"good/{number}.png", "inspect/1.png") / f"good/{number}.png"
        Image.new("RGB", size).save(path)
    photos = collection.find_photos(str(tmp_path))
    with pytest.raises(ValueError, match="expected good photos of one aspect") as caught:
        shards.expected_size(photos, "mean")
    assert str(caught.value) == (
        f"{tmp_path}: expected good photos of one aspect, got 90 x 60, 60 x 60, 91 x 60, 60 x 90, 50 x 80, ...; "
        "set fit: resize (brings each to one size, which suits textures) or fit: crop (takes the middle of each)"
    )
    for fit in ("resize", "crop"):
        assert shards.expected_size(photos, "mean", fit) == (90, 60)
    Image.new("RGB", (89, 60)).save(tmp_path / "good" / "3.png")
    assert shards.expected_size(photos, "mean") == (90, 60)  # two of five are errors of the input check
