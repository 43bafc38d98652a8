"""The verdicts on a shard's images, from its table of mosaics."""

from itertools import chain

import numpy as np

from soart.inspection import verdicts
from soart.inspection.models import Model
from soart.inspection.verdict import FLAGGED, Verdict
from soart.photos import encodings, geometry
from soart.storage.schemas import PLACEMENT

GROUP = 16  # images inspected together: a matter of speed alone


def judged_images(table: dict[str, np.ndarray], model: Model, mapped: str) -> tuple[list[Verdict], dict]:
    """Return the verdict of each row of a table of mosaics, and the columns of the table of distances.

    `mapped`: distances of `all` images, or of the `flagged` ones only. What cannot be compared has no distances: zeros.
    """
    size = model.settings.size
    for name, *picture in zip(*(table[each].tolist() for each in ("image", "width", "height")), strict=True):
        verdicts.check_size(name, tuple(picture), model.picture)
    mosaics, placements = table["mosaic"].reshape(-1, size, size, 3), geometry.of_table(table)
    groups = [slice(start, start + GROUP) for start in range(0, len(mosaics), GROUP)]
    judged = chain.from_iterable(
        verdicts.judged_all(mosaics[each], model, model.alarm, placements[each]) for each in groups
    )
    found = [verdicts.warned(*each, model) for each in zip(judged, encodings.of_table(table), strict=True)]
    rows = [row for row, each in enumerate(found) if mapped == "all" or each.verdict == FLAGGED]
    distances = np.zeros((len(rows), size, size), np.float32)
    for number, row in enumerate(rows):
        if found[row].score is not None:
            distances[number] = verdicts.heat_map(mosaics[row], model, placements[row] if placements else None)
    labels, placed = (
        {name: table[name][rows] for name in names if name in table} for names in (("image", "set"), PLACEMENT)
    )
    return found, labels | {"distances": distances.reshape(len(rows), size**2)} | placed
