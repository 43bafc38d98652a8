"""Pair mode beside simpler differences on drawn boards: boxes, ranking, false alarms, time.

    python benchmarks/pairs/measure.py choose     # seeds 0-2: which tau
    python benchmarks/pairs/measure.py confirm    # seeds 100-104, looked at once
    python benchmarks/pairs/measure.py time       # a 640 x 640 pair, one thread
    python benchmarks/pairs/measure.py density    # learned on boards with a third of the tracks, seeds 0 and 1

Writes a table each beside this file; README.md says what is in them.
"""

import argparse
import csv
import io
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import yaml
from PIL import Image

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
from soart import scene, streams  # noqa: E402
from soart.inspection import calibration, image_model, pair_model, pairs  # noqa: E402
from soart.inspection.distances import Settings  # noqa: E402
from soart.photos import matrices  # noqa: E402
from soart.statistics import auroc_with_interval  # noqa: E402

BOARDS = yaml.safe_load((ROOT / "config/examples/boards.yaml").read_text(encoding="utf-8"))
PART = yaml.safe_load((ROOT / BOARDS["scene"]).read_text(encoding="utf-8"))
KINDS = {error["name"]: error["changes"] for error in PART["errors"]}
COUNTS = {"learn": BOARDS["learn_images"], "normal": 20} | dict.fromkeys(KINDS, BOARDS["error_images"])
SEEDS = {"choose": range(3), "confirm": range(100, 105)}
TAUS = {"choose": (0.07, 0.05, 0.035, 0.025), "confirm": (0.035,)}
RATE = 0.05
LEVELS = np.geomspace(0.005, 0.4, 24)  # of heat, for the best F1
IOU = 0.33  # of the strict hit
ROUNDS = 20

Heat = Callable[[np.ndarray, np.ndarray], np.ndarray]
Box = tuple[int, int, int, int]


class Pair(NamedTuple):
    photo: np.ndarray  # (height, width, 3) uint8 BGR, as read from its JPEG
    template: np.ndarray
    truth: list[Box]  # around each connected region of pixels that the error changes


def pair(seed: int, name: str, index: int, part: dict = PART) -> Pair:
    """Board i of a set, from the random stream (seed, set, i), as the rule draw_boards draws it."""
    fluctuation, camera = scene.Fluctuation(BOARDS["fluctuation"]), scene.Camera(noise=BOARDS["camera_noise"])
    rng = streams.generator(seed, name, index)
    photo, mask, template = scene.draw_sample_with_template(part, KINDS.get(name, []), fluctuation, camera, rng)
    stats = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)[2][1:].tolist()
    boxes = [(x, y, x + width, y + height) for x, y, width, height, _ in stats]
    return Pair(read(jpeg(photo)), read(jpeg(template)), boxes)


def jpeg(picture: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "JPEG", quality=95)
    return content.getvalue()


def read(content: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)


# --- detectors -------------------------------------------------------------------------------------------------------


def smoothed(difference: np.ndarray) -> np.ndarray:
    heat = np.square(difference).mean(axis=0)
    return cv2.blur(heat, (pairs.SMOOTH, pairs.SMOOTH), borderType=cv2.BORDER_REPLICATE)


def plain(photo: np.ndarray, template: np.ndarray) -> np.ndarray:
    """The squared difference as the pictures lie."""
    return smoothed(pairs.planes(photo) - pairs.planes(template))


def moved(photo: np.ndarray, template: np.ndarray) -> np.ndarray:
    """The squared difference after the one shift of the whole template that makes it least."""
    own, reach = pairs.planes(photo), pairs.Settings().reach
    other, (height, width) = pairs.extend_edges(pairs.planes(template), reach), own.shape[1:]
    shifted = (other[:, down : down + height, across : across + width] for down, across in pairs.shifts(reach))
    return smoothed(min((own - each for each in shifted), key=lambda each: float(np.square(each).sum())))


def nearest(photo: np.ndarray, template: np.ndarray) -> np.ndarray:
    """The squared difference from the template's best-matching patch at each place: attention that takes one."""
    own, other, settings = pairs.planes(photo), pairs.planes(template), pairs.Settings()
    scores = pairs.alignment_scores(own, other, settings)
    best = (np.arange(len(scores))[:, None, None] == scores.argmax(axis=0)).astype(np.float32)
    return smoothed(own - pairs.context_vectors(best, other, settings.reach))


def attention(tau: float) -> Heat:
    settings = pairs.Settings(tau=tau)
    return lambda photo, template: pairs.compare(photo, template, settings).heat


def detectors(taus: tuple[float, ...]) -> dict[str, Heat]:
    """By name; the first ones are pair mode."""
    ours = {f"pair, tau {tau:g}": attention(tau) for tau in taus}
    return ours | {"nearest patch": nearest, "whole template moved": moved, "plain difference": plain}


# --- measures --------------------------------------------------------------------------------------------------------


def overlap(one: Box, two: Box) -> float:
    """Intersection over union."""
    across, down = (min(one[i + 2], two[i + 2]) - max(one[i], two[i]) for i in (0, 1))
    shared = max(across, 0) * max(down, 0)
    return shared / (sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in (one, two)) - shared)


def hits(found: list[Box], truth: list[Box], least: float) -> int:
    """Count the boxes and regions that match one to one, the best overlap first, each above `least`."""
    ranked = sorted(((overlap(a, b), i, j) for i, a in enumerate(found) for j, b in enumerate(truth)), reverse=True)
    boxes, regions = set(), set()
    for share, box, region in ranked:
        if share > least and box not in boxes and region not in regions:
            boxes.add(box)
            regions.add(region)
    return len(boxes)


def f1(found: list[list[Box]], truths: list[list[Box]], least: float) -> float:
    matched = sum(hits(*each, least) for each in zip(found, truths, strict=True))
    total = sum(map(len, found)) + sum(map(len, truths))
    return 2 * matched / total


def boxes(heat: np.ndarray, level: float) -> list[Box]:
    picture = heat.shape[1] * pairs.HALF, heat.shape[0] * pairs.HALF
    return [box for box, _ in pairs.regions(heat, level, picture, pairs.Settings())]


def measured(heats: dict[str, list[np.ndarray]], truths: list[list[Box]]) -> dict[str, float]:
    """One detector on one seed: `heats` by set; `truths` of the errors' boards in order."""
    found = pairs.summarize_good(heats["learn"], pairs.Settings().top)
    alarm = calibration.Alarm(RATE)
    level = found.mean + found.deviation * calibration.threshold(alarm, found.held_out)
    scores = {
        name: np.array([pairs.score(each, pairs.Settings().top) for each in maps]) for name, maps in heats.items()
    }
    tested = [*heats["normal"], *(each for kind in KINDS for each in heats[kind])]
    truths = [[] for _ in heats["normal"]] + truths
    flagged = [[] if pairs.score(each, pairs.Settings().top) < level else boxes(each, level) for each in tested]
    swept = [[boxes(each, level) for each in tested] for level in LEVELS]
    result = {
        "best_f1": max(f1(each, truths, 0) for each in swept),
        "best_f1_iou": max(f1(each, truths, IOU) for each in swept),
        "alarm_f1": f1(flagged, truths, 0),
        "alarm_f1_iou": f1(flagged, truths, IOU),
        "false_alarms": float((scores["normal"] >= level).mean()),
    }
    return result | {f"auroc_{kind}": auroc_with_interval(scores["normal"], scores[kind])[0] for kind in KINDS}


def image_mode(seed: int, boards: dict[str, list[Pair]]) -> dict[str, float]:
    """The AUROC of `detector: image` on the same boards: it learns from the good ones and sees no template."""
    settings = Settings(seed=seed)
    mosaics = {
        name: np.stack([matrices.mosaic(each.photo, settings.size) for each in group]) for name, group in boards.items()
    }
    model = image_model.learn(mosaics.pop("learn"), (640, 640), settings, calibration.Alarm(RATE))
    scores = {
        name: np.array([each.verdict.score for each in model.judge_mosaics(group)]) for name, group in mosaics.items()
    }
    return {f"auroc_{kind}": auroc_with_interval(scores["normal"], scores[kind])[0] for kind in KINDS}


def rows(stage: str) -> Iterator[dict]:
    """A row for each seed and detector."""
    for seed in SEEDS[stage]:
        boards = {name: [pair(seed, name, index) for index in range(count)] for name, count in COUNTS.items()}
        truths = [each.truth for kind in KINDS for each in boards[kind]]
        for name, heat in detectors(TAUS[stage]).items():
            heats = {key: [heat(each.photo, each.template) for each in group] for key, group in boards.items()}
            yield {"seed": seed, "detector": name} | measured(heats, truths)
        if stage == "confirm":
            yield {"seed": seed, "detector": "image mode, no template"} | image_mode(seed, boards)
        print(f"seed {seed} done", flush=True)


def times() -> Iterator[dict]:
    """Medians of interleaved rounds, milliseconds of processor time and of wall time."""
    cv2.setNumThreads(1)
    drawn, settings = pair(0, "spur", 0), pairs.Settings()
    calibrated = pair_model.calibrate(
        [pairs.compare(*pair(0, "learn", index)[:2], settings).heat for index in range(10)],
        (640, 640),
        settings,
        calibration.Alarm(RATE),
    )
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("photo.jpg", "template.jpg")]
        for path, picture in zip(paths, drawn[:2], strict=True):
            path.write_bytes(jpeg(picture[..., ::-1]))

        def whole() -> None:
            calibrated.judge([calibrated.look(*paths)])

        steps = {
            "cv2.imread of both files": lambda: [cv2.imread(str(path)) for path in paths],
            "heat map of the pair": lambda: pairs.compare(*drawn[:2], settings),
            "from both files to the verdict": whole,
        }
        taken = {name: [] for name in steps}
        for _ in range(ROUNDS + 1):
            for name, step in steps.items():
                start = time.perf_counter(), time.process_time()
                step()
                taken[name].append((time.perf_counter() - start[0], time.process_time() - start[1]))
    for name, each in taken.items():
        wall, cpu = (statistics.median(1000 * value for value in values) for values in zip(*each[1:], strict=True))
        yield {"step": name, "wall_ms": round(wall, 2), "cpu_ms": round(cpu, 2)}


def density() -> Iterator[dict]:
    """Learn on boards with a third of the tracks and pads; inspect others, whole boards, and errors on these."""
    bare = PART | {"shapes": [shape | {"parts": shape["parts"][::3]} for shape in PART["shapes"]]}
    for name, settings in {"heat beside the template's edges": {}, "heat alone": {"edges": 1e9}}.items():
        chosen = pairs.Settings(**settings)
        for seed in (0, 1):

            def scored(part: dict, kind: str, count: int, seed: int = seed, chosen: pairs.Settings = chosen) -> list:
                drawn = (pair(seed, kind, index, part)[:2] for index in range(count))
                return [pairs.compare(*each, chosen).heat for each in drawn]

            learned = pairs.summarize_good(scored(bare, "learn", 25), chosen.top)
            level = calibration.threshold(calibration.Alarm(RATE), learned.held_out)
            groups = {"sparse": scored(bare, "normal", 20), "whole": scored(PART, "normal", 30)}
            groups["errors"] = [heat for kind in KINDS for heat in scored(PART, kind, 3)]
            scores = {
                group: (np.array([pairs.score(heat, chosen.top) for heat in heats]) - learned.mean) / learned.deviation
                for group, heats in groups.items()
            }
            row = {"detector": name, "seed": seed} | {
                f"{group}_flagged": round(float((each >= level).mean()), 4) for group, each in scores.items()
            }
            yield row | {"margin": round(float(scores["errors"].min() / scores["whole"].max()), 2)}


def summary(found: list[dict]) -> list[dict]:
    """The mean over the seeds of each detector, and the lowest and highest best F1."""
    names = dict.fromkeys(row["detector"] for row in found)
    result = []
    for name in names:
        mine = [row for row in found if row["detector"] == name]
        mean = {
            key: round(statistics.mean(row[key] for row in mine), 4)
            for key in mine[0]
            if key not in ("seed", "detector")
        }
        span = [row["best_f1"] for row in mine if "best_f1" in row]
        mean |= {"best_f1_lowest": round(min(span), 4), "best_f1_highest": round(max(span), 4)} if span else {}
        result.append({"detector": name} | mean)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=[*SEEDS, "time", "density"])
    stage = parser.parse_args().stage
    cv2.setNumThreads(1)
    alone = {"time": times, "density": density}
    found = list(alone[stage]()) if stage in alone else summary(list(rows(stage)))
    columns = list(dict.fromkeys(key for row in found for key in row))
    with (HERE / f"{stage}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)
    print((HERE / f"{stage}.csv").read_text())


if __name__ == "__main__":
    main()
