"""Evaluate the inspection and the classical detectors on the same images: ranking, rates, and where they point."""

import numpy as np
from PIL import Image

from soart import baselines, calibration, evaluation, job, models, tables

GOOD, TESTED = "learn", "normal"


def inspected(sets: list[str], verdict_tables: list[str], distance_tables: list[str]) -> dict[str, evaluation.Judged]:
    """What the workflow's own inspection said of each set."""
    found = {}
    for name, verdict_table, distance_table in zip(sets, verdict_tables, distance_tables, strict=True):
        verdicts = tables.read(verdict_table, ["score", "verdict"])
        distances = tables.read(distance_table, ["distances"])["distances"]
        size = round(distances.shape[1] ** 0.5)
        said = verdicts["verdict"]
        alarms = None if (said == calibration.IMPOSSIBLE).any() else said == calibration.FLAGGED
        found[name] = evaluation.Judged(verdicts["score"], alarms, distances.reshape(-1, size, size))
    return found


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
        flagged = np.array([calibration.verdict(p, alarm, len(good)) == calibration.FLAGGED for p in p_values])
        possible = calibration.possible(alarm, len(good))
        found[name] = evaluation.Judged(scores, flagged if possible else None)
    return found


def pictures(paths: dict[str, str], column: str, shape: tuple[int, ...], rows: slice) -> dict[str, np.ndarray]:
    """A column of each set's table as images."""
    return {name: tables.read(path, [column])[column][rows].reshape(-1, *shape) for name, path in paths.items()}


def evaluate_detectors(
    ours: dict[str, evaluation.Judged],
    mosaics: dict[str, str],
    matrices: dict[str, str],
    masks: dict[str, np.ndarray],
    model: models.Model,
    seed: int,
) -> list[dict]:
    """Rows of the evaluation: our inspection first, then each classical detector, by error kind."""
    size = round(tables.read(matrices[GOOD], ["values"])["values"].shape[1] ** 0.5)
    colour = pictures(mosaics, "small_mosaic", (size, size, 3), slice(None))
    gray = pictures(matrices, "values", (size, size), slice(None, None, len(tables.CHANNELS)))
    detectors = [(name, detector, colour) for name, detector in baselines.COLOUR.items()]
    detectors += [(name, detector, gray) for name, detector in baselines.GRAY.items()]

    def rows(name: str, found: dict[str, evaluation.Judged]) -> list[dict]:
        return evaluation.table(name, found[TESTED], {kind: found[kind] for kind in masks}, masks)

    result = rows("inspection", ours)
    for name, detector, images in detectors:
        try:
            result += rows(name, judged(detector, images, seed, model.alarm))
        except ValueError as error:
            job.log.warning("%s is left out: %s", name, error)
    return result


if "snakemake" in globals():
    with job.reporting(snakemake):
        given, params, made = snakemake.input, snakemake.params, snakemake.output
        truth, files = {}, iter(given.masks)
        for kind, count in params.kinds.items():
            truth[kind] = np.stack([np.asarray(Image.open(next(files))) > 0 for _ in range(count)])
        found = evaluate_detectors(
            ours=inspected(params.inspected, given.verdicts, given.distances),
            mosaics=dict(zip(params.sets, given.mosaics, strict=True)),
            matrices=dict(zip(params.sets, given.matrices, strict=True)),
            masks=truth,
            model=models.load(given.model),
            seed=params.seed,
        )
        columns = {name: [row[name] for row in found] for name in found[0]}
        tables.write_parquet(made.parquet, columns, tables.SCHEMAS["evaluation"])
        tables.write_csv(made.csv, columns, tables.SCHEMAS["evaluation"])
