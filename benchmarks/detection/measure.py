"""Detection of bad drawn parts by the inspection, beside classical detectors.

    python benchmarks/detection/measure.py choose          seeds 0-4: what settings were chosen on; about 15 minutes
    python benchmarks/detection/measure.py confirm_again   seeds 200-204: for the final design, once

Writes detection_<group>.csv, false_alarms_<group>.csv and README.md beside itself. The tables of the group `confirm`
(seeds 100-104) are those of an earlier design and stay as they are: whoever has seen them cannot confirm by them.
Pictures and the result of each
draw are kept in a cache outside the repository (SOART_BENCHMARK_CACHE, else the temporary folder); a draw is done
again when the code that it depends on has changed.
"""

import argparse
import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")  # before numpy is imported

import hashlib
import sys
from collections.abc import Callable

import numpy as np
import pandas as pd
import pictures  # puts scripts/ on the path, too

import report
from soart.evaluation import baselines, comparison
from soart.evaluation import rates as evaluation
from soart.inspection import calibration, learning
from soart.inspection import distances as inspection
from soart.inspection.calibration import Alarm
from soart.inspection.distances import Settings
from soart.plan import fingerprint
from soart.storage import files

GROUPS = {"choose": 0, "confirm_again": 200}  # first seed
SEEDS, CALIBRATION_SEEDS = 5, 50
GOOD_COUNTS = (50, 25, 15, 9, 4)
ALARM = Alarm()
SIZE = 30  # of the mosaics that the classical detectors see


def ours(setting: str, seed: int, count: int, settings: Settings) -> list[dict]:
    """Rows of the evaluation of the inspection, learned from the first `count` good images."""

    def seen(name: str) -> np.ndarray:
        return pictures.mosaics(setting, seed, name, settings.size)

    learned = learning.fit(seen("learn")[:count], settings)
    found = {}
    for name in ("normal", *pictures.KINDS):
        pointed = None
        if count == pictures.COUNTS["learn"]:
            heat = (inspection.heat_map(each, learned.judges, settings) for each in seen(name))
            masks = pictures.draw(setting, seed, name)[1]
            true = [None] * len(masks) if name == "normal" else masks
            pointed = evaluation.pointed(zip(heat, true, strict=True), masks.shape[:0:-1])
        found[name] = evaluation.DetectorScores(*verdicts(seen(name), learned, settings, ALARM), pointed)
    return rows("inspection", found)


def verdicts(
    mosaics: np.ndarray, learned: learning.Learned, settings: Settings, alarm: Alarm
) -> tuple[np.ndarray, np.ndarray | None]:
    """Scores and alarms of a set's mosaics; None where too few good images allow no alarm."""
    scores = np.array([inspection.inspect(each, learned.judges, settings).score for each in mosaics])
    if not calibration.alarm_possible(alarm, learned.held_out):
        return scores, None
    said = [
        calibration.verdict(calibration.p_values(score, learned.held_out), alarm, len(learned.held_out))
        for score in scores.tolist()
    ]
    return scores, np.array(said) == calibration.FLAGGED


def rows(detector: str, found: dict[str, evaluation.DetectorScores]) -> list[dict]:
    """One row of the evaluation for each error kind."""
    tables = [evaluation.evaluation_table(detector, found["normal"], {kind: found[kind]}) for kind in pictures.KINDS]
    return [row for table in tables for row in table]


def classical(setting: str, seed: int) -> list[dict]:
    """Rows of the evaluation of every classical detector, learned from all good images."""
    colour = {name: pictures.mosaics(setting, seed, name, SIZE) for name in pictures.COUNTS}
    gray = {name: pictures.gray(setting, seed, name, SIZE) for name in pictures.COUNTS}
    detectors = [(name, detector, colour) for name, detector in baselines.COLOUR.items()]
    detectors += [(name, detector, gray) for name, detector in baselines.GRAY.items()]
    result = []
    for name, detector, images in detectors:
        result += rows(name, comparison.judge_by_baseline(detector, images, seed, ALARM))
    return result


def false_alarms(setting: str, seed: int, settings: Settings) -> list[dict]:
    """The share of normals that is flagged, by each kind of tail, at the asked rate."""

    def seen(name: str) -> np.ndarray:
        return pictures.mosaics(setting, seed, name, settings.size)

    learned = learning.fit(seen("learn"), settings)
    return [
        {"tail": tail, "rate": verdicts(seen("normal"), learned, settings, Alarm(ALARM.rate, tail))[1].mean()}
        for tail in calibration.TAILS
    ]


def kept(label: str, code: str, work: Callable[[], list[dict]]) -> pd.DataFrame:
    """The table of one draw, from the cache where the same code has made it before."""
    path = pictures.CACHE / "results" / f"{label}_{code[:16]}.csv"
    if not path.exists():
        with files.replacing(path) as temporary:
            pd.DataFrame(work()).to_csv(temporary, index=False)
    return pd.read_csv(path)


def measure(group: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All rows of the evaluation, one a draw, detector and kind; and all false-alarm rates."""
    first, settings = GROUPS[group], Settings()
    scripts = pictures.HERE.parents[1] / "scripts"
    code = "".join(fingerprint.fingerprint(scripts / name) for name in ("learn_model.py", "evaluate_detectors.py"))
    code = hashlib.sha256(f"{code} {settings} {ALARM}".encode()).hexdigest()
    evaluated, alarms = [], []
    for setting in pictures.SETTINGS:
        for seed in range(first, first + SEEDS):
            for count in GOOD_COUNTS:
                table = kept(
                    f"ours_{setting}_{seed}_{count}", code, lambda s=setting, d=seed, c=count: ours(s, d, c, settings)
                )
                evaluated.append(table.assign(setting=setting, seed=seed, good=count))
            table = kept(f"classical_{setting}_{seed}", code, lambda s=setting, d=seed: classical(s, d))
            evaluated.append(table.assign(setting=setting, seed=seed, good=pictures.COUNTS["learn"]))
            print(f"{setting} seed {seed}", file=sys.stderr)
        for seed in range(first, first + CALIBRATION_SEEDS):
            table = kept(f"false_alarms_{setting}_{seed}", code, lambda s=setting, d=seed: false_alarms(s, d, settings))
            alarms.append(table.assign(setting=setting, seed=seed))
    return pd.concat(evaluated, ignore_index=True), pd.concat(alarms, ignore_index=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("group", choices=GROUPS)
    group = parser.parse_args().group
    report.write(group, *measure(group))
