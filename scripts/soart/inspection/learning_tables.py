"""Learning from a run's tables of mosaics and of pictures for a network."""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from soart.inspection import colour_jury, distances, image_model, nearest, network_jury
from soart.inspection.calibration import Alarm
from soart.inspection.image_model import ImageModel
from soart.inspection.mosaics import Mosaics
from soart.inspection.network import Network
from soart.photos import encodings, geometry, registration
from soart.storage import tables
from soart.storage.schemas import ENCODING, PLACEMENT

GROUP = 16  # pictures read together: a matter of memory alone


class Words(NamedTuple):
    """By which words the good images are learned: of colour, of a network, or of both; None for those that are not."""

    colour: distances.Settings | None
    network: Network | None
    attention: nearest.Settings = nearest.Settings()


def learn_from_tables(
    mosaics: Sequence[str],
    pictures: Sequence[str],
    words: Words,
    size: int,
    fit: str,
    alarm: Alarm,
    anchor: registration.Anchor | None,
) -> ImageModel:
    """Return the model of the good images in tables of mosaics and of pictures for a network, files of each.

    `size` is the mosaics' side, `anchor` what the images were registered on. Raises `ValueError` as the juries'
    `learn`, and where the pictures are not all of one size.
    """
    placed = list(PLACEMENT) if anchor else []
    table = tables.read_several(mosaics, ["image", "width", "height", *ENCODING, *placed])
    picture, names = one_size(table["width"], table["height"], mosaics[0]), table["image"].tolist()
    placements, juries = geometry.of_table(table), []

    def hidden(side: int) -> list[np.ndarray]:
        return [geometry.unseen_places(each, picture, side) for each in placements]

    if words.network:
        side, places = words.network.use.side, words.network.use.places
        rows = chain.from_iterable(tables.rows(path, "picture", GROUP) for path in pictures)
        seen = (row.reshape(side, side, 3) for row in rows)
        apart = np.array(hidden(places)) if placements else None
        juries.append(network_jury.learn(seen, names, words.network, words.attention, apart))
    if words.colour:
        apart = hidden(size) if placements else None
        good = Mosaics(mosaics, size)
        juries.append(colour_jury.learn(good, words.colour, names, apart and apart.__getitem__))
    saved = encodings.learned(encodings.of_table(table))
    return image_model.of_juries(juries, picture, alarm, size, fit=fit, anchor=anchor, saved=saved)


def one_size(widths: np.ndarray, heights: np.ndarray, path: str) -> tuple[int, int]:
    """Return the (width, height) of all good images; raises `ValueError` naming the file where they differ."""
    sizes, counts = np.unique(np.stack([widths, heights], axis=1), axis=0, return_counts=True)
    if len(sizes) > 1:
        found = ", ".join(f"{count} of {w} x {h}" for (w, h), count in zip(sizes.tolist(), counts, strict=True))
        raise ValueError(f"{path}: expected good images of one size in pixels, got {found}")
    return tuple(sizes[0].tolist())
