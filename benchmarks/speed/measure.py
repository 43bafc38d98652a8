"""Time of an inspection beside OpenCV reading the same file, on one thread.

    python benchmarks/speed/measure.py

Draws good parts (jitter 20 of all coordinates, the hardest setting) into a temporary folder, learns from 50
of them, then times in interleaved rounds, so that a busy moment of the machine falls on all alike. One round
is the mean over 20 photos; the table has the median of 20 rounds.
"""

import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")  # before numpy is imported

import argparse
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import yaml

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from soart import scene, streams  # noqa: E402
from soart.inspection import arrivals, image_model, learning, models  # noqa: E402
from soart.inspection import distances as inspection  # noqa: E402
from soart.inspection.calibration import Alarm  # noqa: E402
from soart.inspection.distances import Settings  # noqa: E402
from soart.inspection.image_model import ImageModel  # noqa: E402
from soart.photos import decoding as photos  # noqa: E402
from soart.photos import matrices  # noqa: E402
from soart.storage import pictures  # noqa: E402

VARIANTS = {
    "default": Settings(),
    "S = 50": Settings(size=50),
    "S = 30": Settings(size=30),
}


def drawn(folder: Path, name: str, count: int) -> list[Path]:
    """Good parts as JPEG files."""
    part = yaml.safe_load((ROOT / "config" / "scene.yaml").read_text(encoding="utf-8"))
    paths = [folder / f"{name}_{index}.jpg" for index in range(count)]
    for index, path in enumerate(paths):
        picture, _ = scene.draw_sample(
            part, [], scene.Fluctuation(20, "all"), scene.Camera(), streams.generator(0, name, index)
        )
        pictures.write_jpeg(path, picture, 95)
    return paths


def mosaic(path: Path, settings: Settings) -> np.ndarray:
    """The mosaic of one file, as the program for the line makes it."""
    photo = photos.decode_reduced(path.read_bytes(), path, photos.least_side(settings.size))
    return matrices.mosaic(photo.pixels, settings.size)


def each_of(action: Callable[[Path], object]) -> Callable[[list[Path]], None]:
    """The action on one file after the other."""

    def on_all(paths: list[Path]) -> None:
        for path in paths:
            action(path)

    return on_all


def seconds(
    action: Callable[[list[Path]], object], paths: list[Path], clock: Callable[[], float] = time.thread_time
) -> float:
    """Mean time of an action a file; by default of this thread's processor, whatever else the machine does."""
    start = clock()
    action(paths)
    return (clock() - start) / len(paths)


def rows(good: list[Path], tests: list[Path], rounds: int) -> tuple[dict[str, list[float]], dict[str, ImageModel]]:
    """The time of every action in every round, and the models."""
    actions, learned = {"cv2.imread": each_of(lambda path: cv2.imread(str(path)))}, {}
    for name, settings in VARIANTS.items():
        mosaics = np.stack([mosaic(path, settings) for path in good])
        model = learned[name] = image_model.learn(mosaics, (500, 500), settings, Alarm())

        def score(path: Path, model: ImageModel = model) -> float:
            return inspection.inspect(
                mosaic(path, model.colour.settings), model.colour.judges, model.colour.settings
            ).score

        actions[f"score: {name}"] = each_of(score)
    model, shown = learned["default"], mosaic(tests[0], Settings())

    def scores(paths: list[Path]) -> None:
        for start in range(0, len(paths), arrivals.TOGETHER):
            group = [mosaic(path, model.colour.settings) for path in paths[start : start + arrivals.TOGETHER]]
            spoken = [inspection.sentence(each, model.colour.judges, model.colour.settings) for each in group]
            inspection.inspect_all(spoken, model.colour.judges, model.colour.settings)

    actions[f"score: default, {arrivals.TOGETHER} photos together"] = scores
    actions["whole verdict: default"] = each_of(lambda path: model.judge_mosaics([mosaic(path, Settings())]))
    least = photos.least_side(Settings().size)
    actions["decoding alone, checked"] = each_of(lambda path: photos.decode_reduced(path.read_bytes(), path, least))
    actions["decoding and mosaic alone: default"] = each_of(lambda path: mosaic(path, Settings()))
    actions["full heat map of a mosaic: default"] = each_of(
        lambda _: inspection.heat_map(shown, model.colour.judges, Settings())
    )
    times = {name: [] for name in actions}
    for _ in range(rounds):
        for name, action in actions.items():
            times[name].append(seconds(action, tests))
    return times, learned


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        good, tests = drawn(folder, "learn", 50), drawn(folder, "test", 32)
        times, learned = rows(good, tests, options.rounds)
        medians = {name: float(np.median(each)) * 1000 for name, each in times.items()}
        print(f"{platform.processor() or platform.machine()}, numpy {np.__version__}, OpenCV {cv2.__version__}\n")
        print("| from a 500 x 500 JPEG | ms | beside cv2.imread |\n|---|---|---|")
        for name, median in medians.items():
            print(f"| {name} | {median:.2f} | {median / medians['cv2.imread']:.2f} |")
        print("\n| | |\n|---|---|")
        mosaics = np.stack([mosaic(path, Settings()) for path in good])
        fits = [seconds(lambda _: learning.fit(mosaics, Settings()), good[:1]) for _ in range(5)]
        print(f"| learning from 50 mosaics, median of 5 | {np.median(fits):.2f} s |")
        models.save(folder / "model.npz", learned["default"])
        print(f"| model file | {(folder / 'model.npz').stat().st_size / 1e6:.1f} MB |")
        command = [
            sys.executable,
            str(ROOT / "scripts" / "inspect_part.py"),
            "--model",
            str(folder / "model.npz"),
        ]
        wall, processor = [], []
        for _ in range(5):
            start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([*command, str(tests[0])], stdout=subprocess.DEVNULL)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            wall.append(time.perf_counter() - start)
            processor.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        print(f"| program for the line, from start to end with one photo, median of 5 | {np.median(wall):.2f} s |")
        print(f"| the same, processor time | {np.median(processor):.2f} s |")
        print(f"| load of the machine's {os.cpu_count()} processors meanwhile | {os.getloadavg()[0]:.1f} |")


if __name__ == "__main__":
    main()
