"""Measure words of colour, of a network and of both on drawn parts: `words: both` beside the default of drawn data.

    python benchmarks/detection/words.py

The settings j10, photo and j20 of this benchmark, the first 20 normals and the first 20 images of each error kind.
Prints a table and writes words.csv beside itself; pictures are kept as in measure.py.
"""

import argparse
import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")  # before numpy is imported

import cv2
import numpy as np
import pandas as pd
import pictures  # puts scripts/ on the path, too

from soart import statistics
from soart.inspection import calibration, colour_jury, image_model, nearest, network, network_jury
from soart.inspection.calibration import Alarm
from soart.inspection.distances import Settings
from soart.inspection.image_model import ImageModel
from soart.inspection.jury import Seen
from soart.photos import matrices
from soart.photos.encodings import Encoding

DRAWN, SEEDS, COUNTS = ("j10", "photo", "j20"), range(4), (50, 25, 9, 4)
TESTED = 20  # images of a set
FIELDS = {"both": "score", "colour": "colour_score", "network": "network_score"}


def seen(setting: str, seed: int, name: str, count: int, side: int) -> list[Seen]:
    """Return the first images of a set as the juries look at them."""
    jpegs, mosaics = pictures.draw(setting, seed, name)[0], pictures.mosaics(setting, seed, name, Settings().size)
    decoded = (cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) for jpeg in jpegs[:count])
    return [
        Seen(Encoding("", None), None, mosaic, matrices.shrink(each, side))
        for mosaic, each in zip(mosaics, decoded, strict=False)
    ]


def learned(good: list[Seen], words: network.Network) -> ImageModel:
    """Return the model of both juries, learned from good images."""
    names = [str(number) for number in range(len(good))]
    by_network = network_jury.learn([each.small for each in good], names, words, nearest.Settings())
    by_colour = colour_jury.learn([each.mosaic for each in good], Settings(), names)
    return image_model.of_juries([by_network, by_colour], (500, 500), Alarm(), Settings().size)


def rows(setting: str, seed: int, words: network.Network) -> list[dict]:
    """Return AUROC of each kind, and what is flagged at the asked rate, by each jury and by both."""
    good = seen(setting, seed, "learn", max(COUNTS), words.use.side)
    tests = {name: seen(setting, seed, name, TESTED, words.use.side) for name in ("normal", *pictures.KINDS)}
    found = []
    for count in COUNTS:
        model = learned(good[:count], words)
        said = {name: [each.verdict for each in model.judge(images)] for name, images in tests.items()}
        held_out = {"both": model.held_out} | {jury.name: jury.held_out for jury in model.juries}
        for detector, field in FIELDS.items():
            scores = {name: np.array([getattr(each, field) for each in each_said]) for name, each_said in said.items()}
            level = calibration.threshold(Alarm(), held_out[detector])
            about = {"setting": setting, "seed": seed, "good": count, "detector": detector}
            flagged = {name: None if level is None else float((each >= level).mean()) for name, each in scores.items()}
            for kind in pictures.KINDS:
                auroc = statistics.auroc_with_interval(scores["normal"], scores[kind])[0]
                rates = {"detection": flagged[kind], "false_alarms": flagged["normal"]}
                found.append(about | {"kind": kind, "auroc": auroc} | rates)
    return found


def main() -> None:
    """Measure every setting and seed."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    cv2.setNumThreads(1)
    words = network.pretrained("lite0")
    table = pd.DataFrame([row for setting in DRAWN for seed in SEEDS for row in rows(setting, seed, words)])
    table.to_csv(pictures.HERE / "words.csv", index=False, float_format="%.4f")
    measured = ["auroc", "detection", "false_alarms"]
    print(table.groupby(["good", "detector"], sort=False)[measured].mean().round(4).to_markdown())
    hard = table[(table["setting"] == "j20") & table["kind"].isin(["shift", "hole12"])]
    print(hard.groupby(["good", "detector"], sort=False)[measured].mean().round(4).to_markdown())


if __name__ == "__main__":
    main()
