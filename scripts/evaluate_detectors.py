"""Evaluate the inspection and the classical detectors on the same images: ranking, rates, and where they point."""

from typing import NamedTuple

import numpy as np
from PIL import Image

from soart import job
from soart.evaluation import baselines
from soart.evaluation import rows as evaluation
from soart.inspection import calibration, models
from soart.inspection.verdict import FLAGGED, IMPOSSIBLE, NOT_COMPARED
from soart.photos import geometry, intake, matrices
from soart.storage import tables
from soart.storage.schemas import CHANNELS, PLACEMENT, SCHEMAS

GOOD, TESTED = "learn", "normal"


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


def images_by_set(given, refused: set[str], registered: bool) -> dict[str, Images]:
    """All that is known of each set's images, without those that the input check or the inspection refused."""
    placed = list(PLACEMENT) if registered else []
    verdicts = by_set(given.verdicts, ["image", "score", "verdict"])
    distances = by_set(given.distances, ["distances"])
    mosaics = by_set(given.mosaics, ["image", "small_mosaic", *placed])
    values = by_set(given.matrices, ["values"])
    found = {}
    for name, mosaic in mosaics.items():
        names = mosaic["image"].tolist()
        kept = np.array([image not in refused for image in names])
        own = None
        if name in verdicts:
            kept &= verdicts[name]["verdict"] != NOT_COMPARED
            heat = distances[name]["distances"][kept]
            size = round(heat.shape[1] ** 0.5)
            said = verdicts[name]["verdict"][kept]
            alarms = None if (said == IMPOSSIBLE).any() else said == FLAGGED
            own = evaluation.Judged(verdicts[name]["score"][kept], alarms, heat.reshape(-1, size, size))
        gray = values[name]["values"][:: len(CHANNELS)][kept]
        size = round(gray.shape[1] ** 0.5)
        colour = mosaic["small_mosaic"][kept].reshape(-1, size, size, 3)
        kept_names = [image for image, keep in zip(names, kept, strict=True) if keep]
        placements = geometry.of_table(mosaic, kept)
        found[name] = Images(kept_names, own, colour, gray.reshape(-1, size, size), placements)
    return found


def truth(images: Images, masks: dict[str, str], picture: tuple[int, int]) -> np.ndarray | None:
    """The images' masks, (n, height, width) bool, of the pictures' size and registered; None unless each has one."""
    if not all(image in masks for image in images.names):
        return None
    opened = (Image.open(masks[image]).convert("L").resize(picture, Image.Resampling.NEAREST) for image in images.names)
    found = [np.asarray(mask) > 0 for mask in opened]
    return np.stack(list(map(geometry.mask_registered, found, images.placements)) if images.placements else found)


def judged(
    detector: baselines.Detector, images: dict[str, np.ndarray], seed: int, alarm: calibration.Alarm
) -> dict[str, evaluation.Judged]:
    """What a classical detector says of each set, its alarm calibrated on held-out good images as ours is."""
    good = images[GOOD]
    held_out = baselines.held_out(detector, good, seed)
    found = {}
    for name, tests in images.items():
        scores = detector(good, tests, seed)
        p_values = [calibration.p_values(score, held_out) for score in scores.tolist()]
        flagged = np.array([calibration.verdict(p, alarm, len(good)) == FLAGGED for p in p_values])
        possible = calibration.possible(alarm, len(good))
        found[name] = evaluation.Judged(scores, flagged if possible else None)
    return found


def evaluate_detectors(images: dict[str, Images], masks: dict[str, np.ndarray], alarm, seed: int) -> list[dict]:
    """Rows of the evaluation: our inspection first, then each classical detector, by error kind.

    None where all good test images or all errors were left out.
    """
    kinds = [name for name in images if name not in (GOOD, TESTED)]
    if TESTED not in images or not kinds:
        job.log.warning("no detector is evaluated: no good test image or no error is left that could be compared")
        return []
    colour, gray = ({name: getattr(each, field) for name, each in images.items()} for field in ("colour", "gray"))
    detectors = [(name, detector, colour) for name, detector in baselines.COLOUR.items()]
    detectors += [(name, detector, gray) for name, detector in baselines.GRAY.items()]

    def rows(name: str, found: dict[str, evaluation.Judged]) -> list[dict]:
        return evaluation.table(name, found[TESTED], {kind: found[kind] for kind in kinds}, masks)

    result = rows("inspection", {name: each.judged for name, each in images.items()})
    for name, detector, pictures in detectors:
        try:
            result += rows(name, judged(detector, pictures, seed, alarm))
        except ValueError as error:
            job.log.warning("%s is left out: %s", name, error)
    return result


if "snakemake" in globals():
    with job.reporting(snakemake):
        given, params, made = snakemake.input, snakemake.params, snakemake.output
        model, refused = models.load(given.model), set()
        if given.checked:
            checked = tables.read(given.checked, ["image", "severity"])
            refused = set(checked["image"][checked["severity"] == intake.ERROR].tolist())
        images = images_by_set(given, refused, bool(model.anchor))
        images = {name: images[name] for name in (GOOD, *params.tested) if name in images and images[name].names}
        masks = {name: truth(images[name], params.masks, model.picture) for name in images if name in params.tested}
        decoding = model.settings.decoding
        masks = {name: matrices.filled_up(mask, decoding) for name, mask in masks.items() if mask is not None}
        found = evaluate_detectors(images, masks, model.alarm, params.seed)
        columns = {name: [row[name] for row in found] for name in SCHEMAS["evaluation"]}
        tables.write_parquet(made.parquet, columns, SCHEMAS["evaluation"])
        tables.write_csv(made.csv, columns, SCHEMAS["evaluation"])
