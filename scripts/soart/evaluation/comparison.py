"""Our inspection and the classical detectors on the same images: what each says of every set."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from soart import job
from soart.evaluation import baselines
from soart.evaluation import rows as evaluation
from soart.inspection import calibration
from soart.inspection.detector import Detector
from soart.inspection.verdict import FLAGGED, IMPOSSIBLE, NOT_COMPARED
from soart.names import LEARN, NORMAL
from soart.photos import geometry, intake
from soart.photos.masks import brought
from soart.storage import tables
from soart.storage.schemas import CHANNELS, PLACEMENT


class Images(NamedTuple):
    """One set's images as the detectors see them, those that were compared."""

    names: list[str]
    judged: evaluation.Judged | None  # by the workflow's own inspection; None of learning images
    colour: np.ndarray  # (n, S, S, 3) small mosaics
    gray: np.ndarray  # (n, S, S)
    placements: list[geometry.Placement]  # how each lay, where they were registered; else empty


def by_set(paths: list[str], columns: list[str]) -> dict[str, dict[str, np.ndarray]]:
    """The rows of several tables by their set."""
    table = tables.read_several(paths, ["set", *columns])
    names = dict.fromkeys(table["set"].tolist())
    return {name: {column: table[column][table["set"] == name] for column in columns} for name in names}


def images_by_set(
    verdict_tables: list[str],
    distance_tables: list[str],
    mosaic_tables: list[str],
    matrix_tables: list[str],
    refused: set[str],
    registered: bool,
) -> dict[str, Images]:
    """Return what is known of each set's images, without those that the input check or the inspection refused.

    The tables are files, of all sets or of some shards each.
    """
    placed = list(PLACEMENT) if registered else []
    judged = by_set(verdict_tables, ["image", "score", "verdict"])
    maps = by_set(distance_tables, ["distances"])
    values = by_set(matrix_tables, ["values"])
    found = {}
    for name, mosaic in by_set(mosaic_tables, ["image", "small_mosaic", *placed]).items():
        names = mosaic["image"].tolist()
        kept = np.array([image not in refused for image in names])
        own = None
        if name in judged:
            kept &= judged[name]["verdict"] != NOT_COMPARED
            heat = maps[name]["distances"][kept]
            size = round(heat.shape[1] ** 0.5)
            said = judged[name]["verdict"][kept]
            alarms = None if (said == IMPOSSIBLE).any() else said == FLAGGED
            own = evaluation.Judged(judged[name]["score"][kept], alarms, heat.reshape(-1, size, size))
        gray = values[name]["values"][:: len(CHANNELS)][kept]
        size = round(gray.shape[1] ** 0.5)
        colour = mosaic["small_mosaic"][kept].reshape(-1, size, size, 3)
        kept_names = [image for image, keep in zip(names, kept, strict=True) if keep]
        placements = geometry.of_table(mosaic, kept)
        found[name] = Images(kept_names, own, colour, gray.reshape(-1, size, size), placements)
    return found


def true_masks(images: Images, files: dict[str, str], picture: tuple[int, int], fit: str) -> np.ndarray | None:
    """The images' masks, (n, height, width) bool, of the pictures' size and registered; None unless each has one."""
    if not all(image in files for image in images.names):
        return None
    found = [brought(files[image], picture, fit) for image in images.names]
    return np.stack(list(map(geometry.mask_registered, found, images.placements)) if images.placements else found)


def judge(
    detector: baselines.Detector, images: dict[str, np.ndarray], seed: int, alarm: calibration.Alarm
) -> dict[str, evaluation.Judged]:
    """Return what a classical detector says of each set, its alarm calibrated on held-out good images as ours is."""
    good = images[LEARN]
    held_out = baselines.held_out(detector, good, seed)
    found = {}
    for name, tests in images.items():
        scores = detector(good, tests, seed)
        p_values = [calibration.p_values(score, held_out) for score in scores.tolist()]
        flagged = np.array([calibration.verdict(p, alarm, len(good)) == FLAGGED for p in p_values])
        possible = calibration.possible(alarm, held_out)
        found[name] = evaluation.Judged(scores, flagged if possible else None)
    return found


def evaluation_rows(images: dict[str, Images], masks: dict[str, np.ndarray], alarm, seed: int) -> list[dict]:
    """Rows of the evaluation: our inspection first, then each classical detector, by error kind.

    None where all good test images or all errors were left out.
    """
    kinds = [name for name in images if name not in (LEARN, NORMAL)]
    if NORMAL not in images or not kinds:
        job.log.warning("no detector is evaluated: no good test image or no error is left that could be compared")
        return []
    colour, gray = ({name: getattr(each, field) for name, each in images.items()} for field in ("colour", "gray"))
    detectors = [(name, detector, colour) for name, detector in baselines.COLOUR.items()]
    detectors += [(name, detector, gray) for name, detector in baselines.GRAY.items()]

    def rows(name: str, found: dict[str, evaluation.Judged]) -> list[dict]:
        return evaluation.table(name, found[NORMAL], {kind: found[kind] for kind in kinds}, masks)

    result = rows("inspection", {name: each.judged for name, each in images.items()})
    for name, detector, pictures in detectors:
        try:
            result += rows(name, judge(detector, pictures, seed, alarm))
        except ValueError as error:
            job.log.warning("%s is left out: %s", name, error)
    return result


def refused_images(checked: Sequence[str]) -> set[str]:
    """Return the names of the images that the input check's table, one or none, says cannot be used."""
    if not checked:
        return set()
    table = tables.read(*checked, ["image", "severity"])
    return set(table["image"][table["severity"] == intake.ERROR].tolist())


def masks_by_set(images: dict[str, Images], files: dict[str, str], model: Detector) -> dict[str, np.ndarray]:
    """Return the true masks of each set whose images all have one."""
    found = {name: true_masks(each, files, model.picture, model.fit) for name, each in images.items() if name != LEARN}
    return {name: mask for name, mask in found.items() if mask is not None}
