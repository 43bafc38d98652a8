"""Our inspection and the classical detectors on the same images: what each says of every set."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from soart import job
from soart.evaluation import baselines
from soart.evaluation import rates as evaluation
from soart.inspection import calibration
from soart.inspection.detector import Detector
from soart.inspection.verdict import FLAGGED, IMPOSSIBLE, NOT_COMPARED
from soart.names import LEARN, NORMAL
from soart.photos import geometry, intake
from soart.photos.masks import read_registered
from soart.storage import tables
from soart.storage.schemas import CHANNELS, PLACEMENT


class Images(NamedTuple):
    """One set's images as the detectors see them, those that were compared."""

    names: list[str]
    judged: evaluation.DetectorScores | None  # by the workflow's own inspection; None of learning images
    colour: np.ndarray  # (n, S, S, 3) small mosaics
    gray: np.ndarray  # (n, S, S)
    placements: list[geometry.Placement]  # how each lay, where they were registered; else empty


def images_by_set(tables_of: dict[str, list[str]], refused: set[str], registered: bool) -> dict[str, Images]:
    """Return what is known of each set's images, without those that the input check or the inspection refused.

    `tables_of` are files by what they hold: `verdicts`, and for each shard, of one set, one of `mosaics` and one of
    `matrices`. A set none of whose images is left is not there.
    """
    verdicts = tables.read_several(tables_of["verdicts"], ["set", "image", "score", "verdict"])
    sets, images, scores, words = (column.tolist() for column in verdicts.values())
    said = dict(zip(zip(sets, images, strict=True), zip(scores, words, strict=True), strict=True))
    parts = {}
    for mosaics, matrices in zip(tables_of["mosaics"], tables_of["matrices"], strict=True):
        labels = tables.read(mosaics, ["set", "image", *(PLACEMENT if registered else [])])
        keys = list(zip(labels["set"].tolist(), labels["image"].tolist(), strict=True))
        kept = np.array([key[1] not in refused and said.get(key, ("", ""))[1] != NOT_COMPARED for key in keys], bool)
        if kept.any():
            names, rows = parts.setdefault(keys[0][0], ([], []))
            names += labels["image"][kept].tolist()
            rows.append((*_pixels(mosaics, matrices, kept), geometry.of_table(labels, kept)))
    found = {}
    for name, (images, rows) in parts.items():
        own = None
        if name in sets:
            scores, words = map(np.array, zip(*(said[name, image] for image in images), strict=True))
            own = evaluation.DetectorScores(scores, None if (words == IMPOSSIBLE).any() else words == FLAGGED)
        colour, gray, placements = zip(*rows, strict=True)
        found[name] = Images(images, own, np.concatenate(colour), np.concatenate(gray), list(chain(*placements)))
    return found


def _pixels(mosaics: str, matrices: str, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The small mosaics of a shard's images that are `kept`, and their gray matrices."""

    def rows(path: str, column: str, every: int) -> np.ndarray:
        groups = enumerate(tables.batches(path, column, tables.GROUP * every))
        return np.concatenate([group[::every][kept[tables.GROUP * at :][: tables.GROUP]] for at, group in groups])

    gray, colour = rows(matrices, "values", len(CHANNELS)), rows(mosaics, "small_mosaic", 1)
    size = round(gray.shape[1] ** 0.5)
    return colour.reshape(-1, size, size, 3), gray.reshape(-1, size, size)


def with_places(images: Images, name: str, tables_of: list[str], files: dict[str, str], model: Detector) -> Images:
    """The images of the set `name` with what the inspection pointed to, where any has a true mask; `files` by image.

    Of good images, which have none, all pixels are good. `tables_of` are files of distances.
    """
    if name == LEARN or not (name == NORMAL or any(image in files for image in images.names)):
        return images
    lain = dict(zip(images.names, images.placements or [None] * len(images.names), strict=True))

    def heats(path: str, labels: list[str]) -> Iterator[tuple[np.ndarray | None, ...]]:
        rows = (row for group in tables.batches(path, "distances") for row in group)
        for image, row in zip(labels, rows, strict=True):
            if image in lain:
                size, mask = round(len(row) ** 0.5), None
                if name != NORMAL:
                    mask = _mask(files.get(image), lain[image], model)
                yield row.reshape(size, size), mask, model.hidden(lain[image], size)

    parts, order = [], []
    for path in tables_of:
        labels = tables.read(path, ["set", "image"])
        if name in labels["set"][:1]:
            inside = labels["image"].tolist()
            parts.append(evaluation.pointed(heats(path, inside), model.picture))
            order += [image for image in inside if image in lain]
    pointed, row_of = evaluation.joined(parts), {image: row for row, image in enumerate(order)}
    rows = [row_of[image] for image in images.names]
    pointed = pointed._replace(marked=pointed.marked[rows], hits=pointed.hits[rows])
    return images._replace(judged=images.judged._replace(pointed=pointed))


def _mask(path: str | None, placement: geometry.Placement | None, model: Detector) -> np.ndarray:
    """A true mask, (height, width) bool, of the pictures' size and registered as its image was; empty without one."""
    if path is None:
        return np.zeros(model.picture[::-1], bool)
    mask = read_registered(path, model.picture, model.fit)
    return geometry.register_mask(mask, placement) if placement else mask


def judge_by_baseline(
    detector: baselines.Baseline, images: dict[str, np.ndarray], seed: int, alarm: calibration.Alarm
) -> dict[str, evaluation.DetectorScores]:
    """Return what a classical detector says of each set but the learned one, its alarm calibrated as ours is.

    It learns once for all of them.
    """
    tested = {name: each for name, each in images.items() if name != LEARN}
    ends = np.cumsum([len(each) for each in tested.values()])[:-1]
    good = images[LEARN]
    held_out = baselines.held_out(detector, good, seed)
    possible = calibration.alarm_possible(alarm, held_out)
    found, scored = {}, np.split(detector(good, np.concatenate([*tested.values()]), seed), ends)
    for name, scores in zip(tested, scored, strict=True):
        p_values = [calibration.p_values(score, held_out) for score in scores.tolist()]
        flagged = np.array([calibration.verdict(p, alarm, len(good)) == FLAGGED for p in p_values])
        found[name] = evaluation.DetectorScores(scores, flagged if possible else None)
    return found


def evaluation_rows(
    images: dict[str, Images], misfits: dict[str, int], alarm: calibration.Alarm, seed: int
) -> list[dict]:
    """Rows of the evaluation: our inspection first, then each classical detector, by error kind.

    `misfits`: how many images of a set were flagged because their part was not found or fits badly: by our inspection,
    errors as good ones. The classical detectors do not see them.
    None where all good test images or all errors were left out.
    """
    kinds = [name for name in images if name not in (LEARN, NORMAL)]
    if NORMAL not in images or not kinds:
        job.log.warning("no detector is evaluated: no good test image or no error is left that could be compared")
        return []
    colour, gray = ({name: getattr(each, field) for name, each in images.items()} for field in ("colour", "gray"))
    detectors = [(name, detector, colour) for name, detector in baselines.COLOUR.items()]
    detectors += [(name, detector, gray) for name, detector in baselines.GRAY.items()]

    def rows(name: str, found: dict[str, evaluation.DetectorScores]) -> list[dict]:
        return evaluation.evaluation_table(name, found[NORMAL], {kind: found[kind] for kind in kinds})

    ours = {name: each.judged and each.judged._replace(misfits=misfits.get(name, 0)) for name, each in images.items()}
    result = rows("inspection", ours)
    for name, detector, pictures in detectors:
        try:
            result += rows(name, judge_by_baseline(detector, pictures, seed, alarm))
        except ValueError as error:
            job.log.warning("%s is left out: %s", name, error)
    return result


def refused_images(checked: Sequence[str]) -> set[str]:
    """Return the names of the images that the input check's table, one or none, says cannot be used."""
    if not checked:
        return set()
    table = tables.read(*checked, ["image", "severity"])
    return set(table["image"][table["severity"] == intake.ERROR].tolist())


def misfits_by_set(checked: Sequence[str]) -> dict[str, int]:
    """Return how many images of each set the input check's table, one or none, says were left out as misfits."""
    if not checked:
        return {}
    table = tables.read(*checked, ["image", "set", "severity"])
    rows = np.flatnonzero(table["severity"] == intake.LEFT_OUT)
    return Counter({table["image"][row]: str(table["set"][row]) for row in rows}.values())
