"""Uncertainty by random folds and warps: the same drawn photos, learned with ten seeds of the inspection.

    python benchmarks/detection/uncertainty.py

Prints a table: by how much (standard deviation over the seeds, share of the mean) the threshold and the scores move.
"""

import argparse
import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")  # before numpy is imported

import numpy as np
import pictures  # puts scripts/ on the path, too

from soart.inspection import calibration, learning
from soart.inspection import distances as inspection
from soart.inspection.distances import Settings

SEEDS, TESTED, KIND = 10, 20, "errorA"


def spread(values: np.ndarray) -> np.ndarray:
    """Standard deviation over the seeds as a share of the mean: (seeds, ...) -> (...)."""
    return values.std(axis=0, ddof=1) / values.mean(axis=0)


def moved(setting: str) -> tuple[float, np.ndarray, np.ndarray]:
    """The spread of the threshold, of the scores of normals, and of the scores of errors."""
    seen = {name: pictures.mosaics(setting, 0, name, 63) for name in ("learn", "normal", KIND)}
    thresholds, normals, errors = [], [], []
    for seed in range(SEEDS):
        settings = Settings(seed=seed)
        learned = learning.fit(seen["learn"], settings)
        thresholds.append(calibration.threshold(calibration.Alarm(), learned.held_out))
        for scores, name in ((normals, "normal"), (errors, KIND)):
            found = [inspection.inspect(each, learned.judges, settings).score for each in seen[name][:TESTED]]
            scores.append(found)
    return float(spread(np.array(thresholds))), spread(np.array(normals)), spread(np.array(errors))


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    print("| setting | threshold | a normal's score, median (most) | an error's score, median (most) |")
    print("| --- | --- | --- | --- |")
    for setting in pictures.SETTINGS:
        threshold, *groups = moved(setting)
        cells = [f"{100 * np.median(group):.0f} % ({100 * group.max():.0f} %)" for group in groups]
        print(f"| {setting} | {100 * threshold:.0f} % |", " | ".join(cells), "|")
