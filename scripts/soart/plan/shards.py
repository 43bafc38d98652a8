"""Shards: images that one job draws, reads or measures together; and what planning needs to know of photos.

No numpy here: this is imported at each start.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from soart.names import ALIKE, ASPECT, LEARN, STANDARD
from soart.plan import collection as collections
from soart.plan.collection import Collection
from soart.plan.image_sets import ImageSet
from soart.plan.photo import Photo

MEAN = "mean"
BITS = 64  # of a name's hash that shards are told apart by, at most
LOOKED_AT = 9  # good photos whose sizes decide what size is expected of all


class Shard(NamedTuple):
    """Some images of one set that one job reads: up to `shard_size` of them."""

    name: str  # of its tables: the set's, or <set>/<bits> where the set has several
    image_set: str
    images: list[str]
    files: list[str]
    masks: list[str]  # as long as `files`, "" where there is none; or empty
    templates: list[str]  # likewise
    problems: list[str]  # likewise, of photos that are not even looked at
    state: str  # changes whenever a photo's path, size or time does; "" for drawn images

    @property
    def label(self) -> str:
        """The name as a rule's name can have it."""
        return self.name.replace("/", "_")


def photo_sets(collection: Collection) -> dict[str, ImageSet]:
    """The photos as sets by name, as `image_sets.image_sets` has drawn images: standard, learn, then the others."""
    sets = {STANDARD: ImageSet(STANDARD, [STANDARD], "", [])}
    for name, photos in collection.sets.items():
        sets[name] = ImageSet(name, [photo.name for photo in photos], collection.folders[name], [])
    return sets


def shards(collection: Collection, size: int, standard: str) -> list[Shard]:
    """The sets cut into shards of at most `size` photos, by the bits of each name's hash; the standard first.

    A shard that would hold more is split in two by one bit more: one more photo changes its own shard alone.
    The standard's shard has no file where it is the `mean` of the good photos.
    """
    first = [] if standard == MEAN else [os.path.join(collection.root, standard)]
    return [
        Shard(STANDARD, STANDARD, [STANDARD], first, [], [], [], state(first)),
        *(
            _shard(collection.root, name, bits, photos)
            for name, whole in collection.sets.items()
            for bits, photos in _split([(_hash(photo.name), photo) for photo in whole], size, "")
        ),
    ]


def _split(hashed: list[tuple[int, Photo]], size: int, bits: str) -> Iterator[tuple[str, list[Photo]]]:
    if len(hashed) <= size or len(bits) == BITS:
        yield bits, [photo for _, photo in hashed]
        return
    mask = 1 << BITS - 1 - len(bits)
    sides = {"0": [each for each in hashed if not each[0] & mask], "1": [each for each in hashed if each[0] & mask]}
    for bit, side in sides.items():
        if side:
            yield from _split(side, size, bits + bit)


def _hash(name: str) -> int:
    """The first `BITS` bits of a name's hash, the first one highest."""
    return int.from_bytes(hashlib.sha256(os.fsencode(name)).digest()[: BITS // 8], "big")


def _shard(root: str, name: str, bits: str, photos: list[Photo]) -> Shard:
    def full(paths: Iterable[str]) -> list[str]:
        found = [path and os.path.join(root, path) for path in paths]
        return found if any(found) else []

    files, masks = full(photo.path for photo in photos), full(photo.mask for photo in photos)
    templates = full(photo.template for photo in photos)
    problems = [photo.problem for photo in photos] if any(photo.problem for photo in photos) else []
    label = f"{name}/{bits}" if bits else name
    names, looked_at = [photo.name for photo in photos], state([*files, *masks, *templates])
    return Shard(label, name, names, files, masks, templates, problems, looked_at)


def state(files: Iterable[str]) -> str:
    """SHA-256 over each file's path, size and time of change (nanoseconds), or why it cannot be looked at."""
    digest = hashlib.sha256()
    for path in filter(None, files):
        try:
            about = os.stat(path)
            seen = f"{about.st_size}\0{about.st_mtime_ns}"
        except OSError as error:  # gone since it was listed, or a broken link: the job that reads it says so
            seen = str(error.errno)
        digest.update(os.fsencode(f"{path}\0{seen}\n"))
    return digest.hexdigest()


def size_of(path: str) -> tuple[int, int]:
    """(width, height) of a picture as it is shown (turned as its camera noted), from its header alone."""
    from PIL import Image, UnidentifiedImageError

    orientation, sideways = 0x0112, (5, 6, 7, 8)  # the EXIF tag, and its values that swap width and height
    if not os.path.isfile(path):  # a pipe would be waited for
        raise ValueError(f"{path}: expected a picture, got no file that can be read")
    try:
        with Image.open(path) as header:
            width, height = header.size
            turned = header.format != "TIFF" and header.getexif().get(orientation, 1) in sideways  # a TIFF is already
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path}: expected a picture, got a file that is none or is damaged ({error})") from None
    return (height, width) if turned else (width, height)


def expected_size(collection: Collection, standard: str, fit: str = ALIKE) -> tuple[int, int]:
    """(width, height) that all photos are brought to: the standard's, or the commonest of the first few good photos'.

    Raises `ValueError` where none of them can be read, or where most are of other aspects and `fit` would refuse them.
    """
    if standard != MEAN:
        return size_of(os.path.join(collection.root, standard))
    sizes, problem = Counter(), None
    for photo in [photo for photo in collection.sets[LEARN] if not photo.problem][:LOOKED_AT]:
        try:
            sizes[size_of(os.path.join(collection.root, photo.path))] += 1
        except ValueError as error:
            problem = error
    if not sizes:
        raise problem
    (width, height), _ = sizes.most_common(1)[0]
    alike = sum(count for (w, h), count in sizes.items() if abs(w / h * height / width - 1) <= ASPECT)
    if fit == ALIKE and alike <= sizes.total() / 2:
        found = ", ".join(f"{w} x {h}" for w, h in sizes)
        raise ValueError(
            f"{collection.root}: expected good photos of one aspect, got {found}, ...; set fit: resize (brings each to "
            "one size, which suits textures) or fit: crop (takes the middle of each)"
        )
    return width, height


def usable(source: str, config: dict) -> tuple[Collection, tuple[int, int] | None, list[str]]:
    """Return the photos of a folder or sheet, the size that all are brought to, and all that is wrong with them."""
    skip = config["on_bad_image"] == "skip"
    found, standard = collections.find_photos(source, skip, config["heatmap_values"]), config["photo_standard"]
    problems = found.problems or collections.standard_problems(found, standard)
    if config["detector"] == "pair" and not problems:
        problems = collections.template_problems(found, skip)
        found = collections.without_templates(found) if skip else found
    elif config["words"] != "colour" and not problems and len(found.sets[LEARN]) < 3:
        problems = ["photos: expected at least 3 good photos for words of a network, found 2; or set words: colour"]
    try:
        return found, None if problems else expected_size(found, standard, config["fit"]), problems
    except ValueError as error:
        return found, None, [str(error)]
