"""The verdicts on a shard's photos beside their templates."""

from collections.abc import Iterator

import numpy as np

from soart.inspection import pairs
from soart.inspection.pair_model import PairModel
from soart.inspection.verdict import FLAGGED, Verdict
from soart.photos import reading
from soart.storage.schemas import BOX


def judge_pairs(
    labels: dict[str, np.ndarray], paths: dict[str, tuple[str, str]], model: PairModel, mapped: str
) -> tuple[list[Verdict], dict, dict]:
    """Return the verdict on each photo in `labels`, and the columns of the tables of boxes and of distances.

    `labels` are the columns image and set, `paths` photo and template by image. `mapped`: distances of `all` photos, or
    of the `flagged` ones only.
    """
    found, boxes, distances = [], [], {}  # boxes with the row of their photo, distances by it
    for row, name in enumerate(labels["image"].tolist()):
        [judged] = model.judge([model.look(*paths[name])])
        found.append(judged.verdict)
        boxes += [(row, *box) for box in judged.boxes]
        if mapped == "all" or judged.verdict.verdict == FLAGGED:
            distances[row] = judged.heat_map().ravel()

    def labels_of(rows: list[int]) -> dict[str, np.ndarray]:
        return {name: column[rows] for name, column in labels.items()}

    corners = {name: [box[at] for box in boxes] for at, name in enumerate((*BOX, "distance"), start=1)}
    flat = np.reshape(list(distances.values()), (len(distances), model.size**2)).astype(np.float32)
    return found, labels_of([box[0] for box in boxes]) | corners, labels_of(list(distances)) | {"distances": flat}


def good_heats(
    paths: list[tuple[str, str]], picture: tuple[int, int], settings: pairs.Settings
) -> Iterator[np.ndarray]:
    """Yield the heat map of each good pair, (photo, template), one after the other."""
    for each in paths:
        photo, template = (reading.read_in_full(path, picture, settings.fit) for path in each)
        yield pairs.compare(photo, template, settings).heat
