"""Measure what saving photos otherwise than the good ones does: how many good parts are flagged for it alone.

    python benchmarks/encodings/measure.py              the drawn part
    python benchmarks/encodings/measure.py FOLDER...    real photos, laid out as MVTec AD's

The drawn part before a camera with noise, learned from 50 photos saved in one way, without and with copies that
were saved anew; 60 others, also good, saved in each way; by words of colour, of the network, and of both. Writes
encodings.csv beside this file: share flagged at a false-alarm rate of 5 %, and whether a warning says that they were
saved otherwise; and detection.csv: share of defects found, 30 of each kind, saved as the good ones, and the tenth
percentile of their scores beside the threshold.

Of each folder of real photos all good ones are learned as in benchmarks/photos, with copies and without; all others
inspected as they are, the good ones also saved anew; into photos.csv. No photo is kept.
"""

import argparse
import os

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")  # before numpy is imported

import io
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import yaml
from PIL import Image

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(HERE.parent / "photos")]
import measure as real  # noqa: E402

from soart import scene, streams  # noqa: E402
from soart.inspection import calibration, colour_jury, image_model, nearest, network, network_jury  # noqa: E402
from soart.inspection.distances import Settings  # noqa: E402
from soart.inspection.image_model import ImageModel  # noqa: E402
from soart.inspection.jury import Seen  # noqa: E402
from soart.names import LEARN, NORMAL, RESIZE  # noqa: E402
from soart.photos import decoding, encodings, reading, registration  # noqa: E402
from soart.storage import frames  # noqa: E402
from soart.storage.schemas import INTEGER, NUMBER, TEXT, TRUTH  # noqa: E402

PART = yaml.safe_load((ROOT / "config" / "scene.yaml").read_text(encoding="utf-8"))
KINDS = yaml.safe_load((HERE.parent / "kinds.yaml").read_text(encoding="utf-8"))["errors"]
FAINT = {"recolour": {"one_of": ["disc_top_left", "disc_top_right", "disc_bottom_left", "square"], "factor": 0.97}}
KINDS = {each["name"]: each["changes"] for each in KINDS} | {"a little darker": [FAINT]}
COUNTS = {"learn": 50, "normal": 60} | dict.fromkeys(KINDS, 30)
NOISES = (1.0, 3.0)  # standard deviation of the camera's noise, gray levels
QUALITIES = (0, real.RESAVING.quality)
LEARNED = {"JPEG 95": {"quality": 95}, "JPEG 85": {"quality": 85}, "PNG": None}
INSPECTED = {
    **{f"JPEG {quality}": {"quality": quality} for quality in (80, 85, 90, 94, 95, 100)},
    "JPEG 95, 4:4:4": {"quality": 95, "subsampling": 0},
    "PNG": None,
}
AGAIN = "JPEG 80", "JPEG 90", "JPEG 95", "PNG"  # how real photos are saved
WORDS = "both", "colour", "network"
CASE = {"noise": NUMBER, "resaving": INTEGER, "learned": TEXT}
SCHEMA = CASE | {"inspected": TEXT, "words": TEXT, "flagged": NUMBER, "warned": TRUTH}
FOUND = CASE | {"kind": TEXT, "words": TEXT, "found": NUMBER, "margin": NUMBER}
REAL = {"photos": TEXT, "resaving": INTEGER, "inspected": TEXT, "words": TEXT, "flagged": NUMBER}


def saved(picture: np.ndarray, options: dict | None) -> bytes:
    """A picture as the bytes of its file: a JPEG with these options, or a PNG."""
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "PNG" if options is None else "JPEG", **(options or {}))
    return content.getvalue()


def drawn(name: str, noise: float) -> list[np.ndarray]:
    """A set of good parts as its camera sees them."""
    fluctuation, camera = scene.Fluctuation(10), scene.Camera(0.0, noise)
    rngs = [streams.generator(0, f"encodings/{name}", index) for index in range(COUNTS[name])]
    return [scene.draw_sample(PART, KINDS.get(name, []), fluctuation, camera, rng)[0] for rng in rngs]


def read(files: list[bytes], reader: reading.Reader) -> tuple[list[Seen], list[reading.Looked | None]]:
    """Return what juries look at of each file, and of its copy, where the reader makes one."""
    found = [reading.read(each, "a photo", reader) for each in files]
    return [Seen(each.saved, None, each.mosaic, each.shrunk) for each in found], [each.resaved for each in found]


def learn(seen: list[Seen], copies: list[reading.Looked] | None, net: network.Network) -> ImageModel:
    """The model of both juries, learned from photos as the workflow does, with copies or without."""
    names, settings, pictures, mosaics = [str(each) for each in range(len(seen))], Settings(seed=real.SEED), None, None
    if copies:
        mosaics, pictures = zip(*copies, strict=True)
    by_network = network_jury.learn([each.small for each in seen], names, net, nearest.Settings(), resaved=pictures)
    by_colour = colour_jury.learn([each.mosaic for each in seen], settings, names, resaved=mosaics)
    return image_model.of_juries([by_network, by_colour], tuple(PART["canvas"]), real.ALARM, settings.size)


def beside_thresholds(model: ImageModel, photos: list[Seen]) -> dict[str, np.ndarray]:
    """The score of each photo, by both juries and by each alone, divided by the one from which on it is flagged."""
    verdicts, found = [each.verdict for each in model.judge(photos)], {}
    for words, held_out in (("both", model.held_out), *((jury.name, jury.held_out) for jury in model.juries)):
        scores = [getattr(each, "score" if words == "both" else f"{words}_score") for each in verdicts]
        found[words] = np.array(scores) / calibration.threshold(model.alarm, held_out)
    return {words: found[words] for words in WORDS}


def flagged(beside: np.ndarray) -> float:
    return round(float((beside >= 1).mean()), 4)


def rows(noise: float) -> tuple[list[tuple], list[tuple]]:
    """A row for each way to save what is learned from and what is inspected; and for each kind of defect."""
    sets, net = {name: drawn(name, noise) for name in COUNTS}, real.Remembering(network.pretrained("lite0"))
    reader = reading.Reader(real.SIZE, Settings().size, RESIZE, tuple(PART["canvas"]), False, side=net.use.side)
    ways = {name: [saved(each, options) for each in sets["normal"]] for name, options in INSPECTED.items()}
    shown, flags, found = {name: read(files, reader)[0] for name, files in ways.items()}, [], []
    for learned, options in LEARNED.items():
        files = {name: [saved(each, options) for each in sets[name]] for name in ("learn", *KINDS)}
        seen, copies = read(files["learn"], reader._replace(resaving=real.RESAVING))
        defects = {kind: read(files[kind], reader)[0] for kind in KINDS}
        good = encodings.learn(each.saved for each in seen)
        for quality in QUALITIES:
            model, case = learn(seen, copies if quality else None, net), (noise, quality, learned)
            for inspected, photos in shown.items():
                warned = bool(encodings.warning(photos[0].saved, good))
                for words, beside in beside_thresholds(model, photos).items():
                    flags.append((*case, inspected, words, flagged(beside), warned))
                    print(*flags[-1], flush=True)
            for kind, photos in defects.items():
                for words, beside in beside_thresholds(model, photos).items():
                    found.append((*case, kind, words, flagged(beside), round(float(np.quantile(beside, 0.1)), 2)))
                    print(*found[-1], flush=True)
    return flags, found


def real_rows(folder: Path) -> list[tuple]:
    """Rows of one folder: what is flagged of each way to save good photos, and of bad ones."""
    net = real.Remembering(network.pretrained("lite0"))
    paths, reader = real.opened(str(folder), net.use.side, RESIZE, registration.AUTO)
    good = real.read(paths.pop(LEARN), reader._replace(resaving=real.RESAVING))
    reader, found = reader._replace(picture=good.picture), []
    shown = {"as they are": real.read(paths[NORMAL], reader).seen}
    for way in AGAIN:
        with tempfile.TemporaryDirectory() as room:
            shown[way] = real.read([again(path, Path(room), way) for path in paths[NORMAL]], reader).seen
    bad = [path for name, photos in paths.items() if name != NORMAL for path in photos]
    shown["defects"] = real.read(bad, reader).seen
    everything = np.arange(len(good.seen))
    inside = real.region_of(good, everything)
    for quality in QUALITIES:
        model = real.learned(good if quality else good._replace(resaved=None), everything, net, inside)
        for name, photos in shown.items():
            for words, beside in beside_thresholds(model, photos).items():
                found.append((folder.name, quality, name, words, flagged(beside)))
                print(*found[-1], flush=True)
    return found


def again(path: str, folder: Path, way: str) -> str:
    """Save a photo once more in one of the ways of `INSPECTED`, into a folder; return where."""
    pixels = np.ascontiguousarray(decoding.decode(decoding.read_bytes(path), path)[..., ::-1])
    file = folder / f"{len(list(folder.iterdir()))}"
    file.write_bytes(saved(pixels, INSPECTED[way]))
    return str(file)


def write(name: str, schema: dict, table: list[tuple]) -> None:
    columns = dict(zip(schema, map(list, zip(*table, strict=True)), strict=True))
    frames.write(columns, schema, csv=HERE / f"{name}.csv")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    cv2.setNumThreads(1)
    if folders := parser.parse_args().folders:
        write("photos", REAL, [row for folder in folders for row in real_rows(folder)])
    else:
        tables = zip(*(rows(noise) for noise in NOISES), strict=True)
        for name, schema, parts in zip(("encodings", "detection"), (SCHEMA, FOUND), tables, strict=True):
            write(name, schema, [row for part in parts for row in part])
