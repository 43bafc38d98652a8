"""The verdicts on a shard's images, from its tables of mosaics and of pictures for a network."""

from collections.abc import Iterator, Sequence

import numpy as np

from soart import resolution
from soart.inspection.detector import Judged
from soart.inspection.image_model import ImageModel
from soart.inspection.jury import Seen
from soart.inspection.verdict import FLAGGED, Verdict
from soart.names import CROP
from soart.photos import encodings, geometry
from soart.storage import tables
from soart.storage.schemas import ENCODING, PLACEMENT

TOGETHER = 16  # images inspected together: a matter of speed and memory alone


def judge_images(
    mosaics: str, pictures: str, model: ImageModel, mapped: str, photos: Sequence[str]
) -> tuple[dict, list[Verdict], dict]:
    """Return the columns image and set, the verdict of each row, and the columns of the table of distances.

    `mosaics` and `pictures` are the tables' files; a model without words of a network needs no pictures. `photos` are
    the tables that know the sizes of their files; of drawn images there is none. `mapped`: distances of `all` images,
    or of the `flagged` ones only. What cannot be compared has no distances: zeros.
    """
    placed = list(PLACEMENT) if model.anchor else []
    table = tables.read(mosaics, ["image", "set", "width", "height", *ENCODING, *placed])
    for name, *picture in zip(*(table[each].tolist() for each in ("image", "width", "height")), strict=True):
        check_size(name, tuple(picture), model.picture)
    verdicts, rows, distances = [], [], []
    for row, judged in enumerate(_judged(mosaics, pictures, table, model, originals_of(photos, model))):
        verdicts.append(judged.verdict)
        if mapped == "all" or judged.verdict.verdict == FLAGGED:
            rows.append(row)
            compared = judged.verdict.score is not None
            distances.append(judged.heat_map() if compared else np.zeros((model.size, model.size), np.float32))
    labels = {name: table[name] for name in ("image", "set")}
    chosen = {name: table[name][rows] for name in (*labels, *placed)}
    flat = np.reshape(distances, (len(rows), model.size**2)).astype(np.float32)
    heat = {name: chosen[name] for name in labels} | {"distances": flat} | {name: chosen[name] for name in placed}
    return labels, verdicts, heat


def originals_of(photos: Sequence[str], model: ImageModel) -> dict[str, tuple[int, int]]:
    """Return by name how many pixels of photos' files, (width, height), are compared, from tables of photos."""
    if not photos:
        return {}
    names, *sides = (column.tolist() for column in tables.read_several(photos, ["image", "width", "height"]).values())
    sizes = zip(names, zip(*sides, strict=True), strict=True)
    return {name: resolution.compared(size, model.picture, model.fit == CROP) for name, size in sizes}


def _judged(
    mosaics: str, pictures: str, table: dict[str, np.ndarray], model: ImageModel, known: dict[str, tuple[int, int]]
) -> Iterator[Judged]:
    originals = [known.get(name) for name in table["image"].tolist()]
    saved, placements = encodings.of_table(table), geometry.of_table(table) or [None] * len(table["image"])
    colours = tables.batches(mosaics, "mosaic", TOGETHER) if model.colour else None
    small = tables.batches(pictures, "picture", TOGETHER) if model.network else None
    for start in range(0, len(placements), TOGETHER):
        group = range(start, min(start + TOGETHER, len(placements)))
        mosaic = next(colours).reshape(-1, model.size, model.size, 3) if colours else [None] * len(group)
        side = model.network.side if small else 0
        picture = next(small).reshape(-1, side, side, 3) if small else [None] * len(group)
        yield from model.judge(
            [
                Seen(saved[row], placements[row], mosaic[row - start], picture[row - start], originals[row])
                for row in group
            ]
        )


def check_size(name: str, picture: tuple[int, int], expected: tuple[int, int]) -> None:
    """Raises `ValueError` where an image's picture, (width, height), is not of the model's size."""
    if picture != expected:
        got, wanted = (f"{width} x {height} pixels" for width, height in (picture, expected))
        raise ValueError(f"{name}: expected {wanted}, as the model was made for, got {got}; photograph alike")
