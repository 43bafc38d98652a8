"""Measure what saving photos otherwise than the good ones does: how many good parts are flagged for it alone.

    python benchmarks/encodings/measure.py

The drawn part, without and with camera noise, learned from 50 photos saved in one way; 60 others, also good, saved in
each way. Writes encodings.csv beside this file: share flagged at a false-alarm rate of 5 %, and whether a warning says
that they were saved otherwise.
"""

import argparse
import io
import sys
from pathlib import Path

import numpy as np
import yaml
from PIL import Image

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
from soart import scene, streams  # noqa: E402
from soart.inspection import image_model  # noqa: E402
from soart.inspection.calibration import FLAGGED, Alarm  # noqa: E402
from soart.inspection.distances import Settings  # noqa: E402
from soart.photos import decoding, encodings, matrices  # noqa: E402
from soart.storage import frames  # noqa: E402
from soart.storage.schemas import NUMBER, TEXT, TRUTH  # noqa: E402

PART = yaml.safe_load((ROOT / "config" / "scene.yaml").read_text(encoding="utf-8"))
COUNTS = {"learn": 50, "normal": 60}
NOISES = (0.0, 3.0)  # standard deviation of the camera's noise, gray levels
LEARNED = {"JPEG 95": {"quality": 95}, "JPEG 85": {"quality": 85}, "PNG": None}
INSPECTED = {
    **{f"JPEG {quality}": {"quality": quality} for quality in (75, 80, 84, 85, 86, 90, 93, 94, 95, 96, 97, 100)},
    "JPEG 95, 4:4:4": {"quality": 95, "subsampling": 0},
    "PNG": None,
}
SCHEMA = {"noise": NUMBER, "learned": TEXT, "inspected": TEXT, "flagged": NUMBER, "warned": TRUTH}


def saved(picture: np.ndarray, options: dict | None) -> bytes:
    """A picture as the bytes of its file: a JPEG with these options, or a PNG."""
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "PNG" if options is None else "JPEG", **(options or {}))
    return content.getvalue()


def drawn(name: str, noise: float) -> list[np.ndarray]:
    """A set of good parts as its camera sees them."""
    fluctuation, camera = scene.Fluctuation(10), scene.Camera(0.0, noise)
    rngs = [streams.generator(0, f"encodings/{name}", index) for index in range(COUNTS[name])]
    return [scene.sample(PART, [], fluctuation, camera, rng)[0] for rng in rngs]


def mosaics(files: list[bytes], settings: Settings) -> list[np.ndarray]:
    return [matrices.mosaic(decoding.decoded(each, "a photo"), settings.size) for each in files]


def rows(noise: float) -> list[tuple]:
    """A row for each way to save what is learned from and what is inspected."""
    sets, settings, alarm, found = {name: drawn(name, noise) for name in COUNTS}, Settings(), Alarm(), []
    for learned, options in LEARNED.items():
        files = [saved(each, options) for each in sets["learn"]]
        model = image_model.learn(mosaics(files, settings), tuple(PART["canvas"]), settings, alarm)
        good = encodings.learned(decoding.opened(each, "a photo").saved for each in files)
        for inspected, others in INSPECTED.items():
            files = [saved(each, others) for each in sets["normal"]]
            judged = [each.verdict for each in model.judge_mosaics(mosaics(files, settings))]
            flagged = float(np.mean([each.verdict == FLAGGED for each in judged]))
            warned = bool(encodings.warning(decoding.opened(files[0], "a photo").saved, good))
            found.append((noise, learned, inspected, flagged, warned))
            print(*found[-1], flush=True)
    return found


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    table = [row for noise in NOISES for row in rows(noise)]
    columns = dict(zip(SCHEMA, map(list, zip(*table, strict=True)), strict=True))
    frames.write(columns, SCHEMA, csv=HERE / "encodings.csv")
