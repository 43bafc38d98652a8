"""The heat maps of a shard, from its tables of verdicts, boxes and distances."""

from collections.abc import Iterator

import numpy as np

from soart.inspection.detector import Detector
from soart.inspection.heatmaps import draw_heatmap, pixel_values
from soart.inspection.verdict import FLAGGED, Verdict
from soart.photos import geometry, reading
from soart.storage import tables
from soart.storage.schemas import BOX, PLACEMENT


def boxes_by_image(paths: list[str]) -> dict[str, list[tuple]]:
    """Return every box of each image, from the tables of boxes."""
    found = {}
    for path in paths:
        columns = tables.read(path)
        corners = zip(*(columns[name].tolist() for name in BOX), strict=True)
        for name, box in zip(columns["image"].tolist(), corners, strict=True):
            found.setdefault(name, []).append(box)
    return found


def draw_shard(
    images: dict[str, str],
    verdict_table: str,
    distance_table: str,
    boxes: dict[str, list[tuple]],
    model: Detector,
    valued: bool,
) -> Iterator[tuple[str, np.ndarray, np.ndarray | None]]:
    """Yield name, heat map and its values of each image in `images` (paths by name) that has distances.

    They are what `heatmaps.draw_heatmap` and, where they are `valued`, `heatmaps.pixel_values` return.
    """
    verdicts = tables.read(verdict_table, ["image", *Verdict._fields])
    rows = {name: row for row, name in enumerate(verdicts.pop("image").tolist())}
    table = tables.read(distance_table, ["image", "distances", *(PLACEMENT if model.anchor else ())])
    placements = geometry.of_table(table) or [geometry.HERE] * len(table["image"])
    shape = (model.size, model.size)
    for name, distances, placement in zip(table["image"].tolist(), table["distances"], placements, strict=True):
        if name not in images:
            continue
        verdict = Verdict(**{field: column[rows[name]] for field, column in verdicts.items()})
        picture = reading.read_in_full(images[name], model.picture, model.fit)
        heat, found = distances.reshape(shape), boxes.get(name, ())
        numbers = pixel_values(heat, picture.shape[:2], model, placement) if valued else None
        yield name, draw_heatmap(picture, heat, verdict, model, found, placement), numbers


def photos(photo_table: str, verdict_table: str, shown: str) -> dict[str, str]:
    """Return the paths of a shard's photos by name: of `all`, or of the `flagged` ones."""
    table = tables.read(photo_table, ["image", "path"])
    found = dict(zip(table["image"].tolist(), table["path"].tolist(), strict=True))
    if shown == "all":
        return found
    table = tables.read(verdict_table, ["image", "verdict"])
    return {name: found[name] for name in table["image"][table["verdict"] == FLAGGED].tolist()}
