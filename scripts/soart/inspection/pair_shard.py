"""The verdicts on a shard's photos beside their templates."""

from collections.abc import Iterator

import numpy as np

from soart.inspection import pair_verdicts, pairs
from soart.inspection.models import PairModel
from soart.inspection.verdict import FLAGGED, Verdict
from soart.storage.schemas import BOX


def judged_pairs(
    labels: dict[str, np.ndarray], paths: dict[str, tuple[str, str]], model: PairModel, mapped: str
) -> tuple[list[Verdict], dict, dict]:
    """Return the verdict on each photo in `labels`, and the columns of the tables of boxes and of distances.

    `labels` are the columns image and set, `paths` photo and template by image. `mapped`: distances of `all` photos, or
    of the `flagged` ones only.
    """
    found, boxes, distances = [], [], {}  # boxes with the row of their photo, distances by it
    for row, name in enumerate(labels["image"].tolist()):
        photo, template = pair_verdicts.read(*paths[name], model.picture, model.settings.fit)
        verdict, heat, places = pair_verdicts.judged(photo, template, model, model.alarm)
        found.append(verdict)
        boxes += [(row, *box) for box in places]
        if mapped == "all" or verdict.verdict == FLAGGED:
            distances[row] = heat.ravel()

    def labels_of(rows: list[int]) -> dict[str, np.ndarray]:
        return {name: column[rows] for name, column in labels.items()}

    corners = {name: [box[at] for box in boxes] for at, name in enumerate((*BOX, "distance"), start=1)}
    flat = np.reshape(list(distances.values()), (len(distances), model.settings.size**2)).astype(np.float32)
    return found, labels_of([box[0] for box in boxes]) | corners, labels_of(list(distances)) | {"distances": flat}


def good_heats(
    paths: list[tuple[str, str]], picture: tuple[int, int], settings: pairs.Settings
) -> Iterator[np.ndarray]:
    """Yield the heat map of each good pair, (photo, template), one after the other."""
    for each in paths:
        photo, template = pair_verdicts.read(*each, picture, settings.fit)
        yield pairs.compared(photo, template, settings).heat
