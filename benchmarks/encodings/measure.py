"""Measure what saving photos otherwise than the good ones does: how many good parts are flagged for it alone.

    python benchmarks/encodings/measure.py              the drawn part
    python benchmarks/encodings/measure.py FOLDER...    real photos, laid out as MVTec AD's

The drawn part, without and with camera noise, learned from 50 photos saved in one way, with and without copies that
were saved anew; 60 others, also good, saved in each way. Writes encodings.csv beside this file: share flagged at a
false-alarm rate of 5 %, and whether a warning says that they were saved otherwise; and detection.csv: share of defects
found, 30 of each kind, saved as the good ones, and the tenth percentile of their scores beside the threshold.

Of each folder of real photos 50 good ones are learned by words of colour and of the network, 60 good and 60 defective
ones inspected as they are, the good ones also saved anew; into photos.csv. No photo is copied.
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
from soart.inspection import calibration, colour_jury, image_model, nearest, network, network_jury  # noqa: E402
from soart.inspection.calibration import FLAGGED, Alarm  # noqa: E402
from soart.inspection.distances import Settings  # noqa: E402
from soart.inspection.jury import Seen  # noqa: E402
from soart.names import RESIZE  # noqa: E402
from soart.photos import decoding, encodings, matrices, reading, resaving  # noqa: E402
from soart.storage import frames  # noqa: E402
from soart.storage.schemas import INTEGER, NUMBER, TEXT, TRUTH  # noqa: E402

PART = yaml.safe_load((ROOT / "config" / "scene.yaml").read_text(encoding="utf-8"))
KINDS = yaml.safe_load((HERE.parent / "kinds.yaml").read_text(encoding="utf-8"))["errors"]
FAINT = {"recolour": {"one_of": ["disc_top_left", "disc_top_right", "disc_bottom_left", "square"], "factor": 0.97}}
KINDS = {each["name"]: each["changes"] for each in KINDS} | {"a little darker": [FAINT]}
COUNTS = {"learn": 50, "normal": 60} | dict.fromkeys(KINDS, 30)
NOISES = (0.0, 1.0, 3.0)  # standard deviation of the camera's noise, gray levels
QUALITIES = (0, yaml.safe_load((ROOT / "config/method.yaml").read_text(encoding="utf-8"))["resaving"])
WAY = resaving.Resaving(QUALITIES[-1], seed=0)
LEARNED = {"JPEG 95": {"quality": 95}, "JPEG 85": {"quality": 85}, "PNG": None}
INSPECTED = {
    **{f"JPEG {quality}": {"quality": quality} for quality in (75, 80, 84, 85, 86, 90, 93, 94, 95, 96, 97, 100)},
    "JPEG 95, 4:4:4": {"quality": 95, "subsampling": 0},
    "PNG": None,
}
CASE = {"noise": NUMBER, "resaving": INTEGER, "learned": TEXT}
SCHEMA = CASE | {"inspected": TEXT, "flagged": NUMBER, "warned": TRUTH}
FOUND = CASE | {"kind": TEXT, "found": NUMBER, "margin": NUMBER}
REAL = {"photos": TEXT, "words": TEXT, "resaving": INTEGER, "inspected": TEXT, "flagged": NUMBER}
REAL_COUNTS = {"train/good": 50, "test/good": 60, "test/[!g]*": 60}


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


def mosaics(files: list[bytes], settings: Settings) -> list[np.ndarray]:
    return [matrices.mosaic(decoding.decode(each, "a photo"), settings.size) for each in files]


def copies(files: list[bytes], settings: Settings, quality: int) -> list[np.ndarray] | None:
    """The mosaics of copies that were saved anew; None where `quality` is 0."""
    if not quality:
        return None
    saved_anew = (resaving.copy_of(each, decoding.decode(each, "a photo"), WAY) for each in files)
    return [matrices.mosaic(each, settings.size) for each in saved_anew]


def rows(noise: float) -> tuple[list[tuple], list[tuple]]:
    """A row for each way to save what is learned from and what is inspected; and for each kind of defect."""
    sets, settings, alarm, flagged, found = {name: drawn(name, noise) for name in COUNTS}, Settings(), Alarm(), [], []
    ways = {name: [saved(each, options) for each in sets["normal"]] for name, options in INSPECTED.items()}
    seen = {name: mosaics(files, settings) for name, files in ways.items()}
    for learned, options in LEARNED.items():
        files = {name: [saved(each, options) for each in sets[name]] for name in ("learn", *KINDS)}
        good = encodings.learn(decoding.decode_reduced(each, "a photo").saved for each in files["learn"])
        shown = {name: mosaics(each, settings) for name, each in files.items()}
        for quality in QUALITIES:
            case = noise, quality, learned
            anew = copies(files["learn"], settings, quality)
            model = image_model.learn(shown["learn"], tuple(PART["canvas"]), settings, alarm, resaved=anew)
            threshold = calibration.threshold(alarm, model.held_out)
            for inspected, photos in seen.items():
                share = float(np.mean([each.verdict.verdict == FLAGGED for each in model.judge_mosaics(photos)]))
                warned = bool(encodings.warning(decoding.decode_reduced(ways[inspected][0], "a photo").saved, good))
                flagged.append((*case, inspected, share, warned))
                print(*flagged[-1], flush=True)
            for kind in KINDS:
                judged = [each.verdict for each in model.judge_mosaics(shown[kind])]
                share = float(np.mean([each.verdict == FLAGGED for each in judged]))
                lowest = float(np.quantile([each.score for each in judged], 0.1))
                found.append((*case, kind, share, round(lowest / threshold, 2)))
                print(*found[-1], flush=True)
    return flagged, found


def real(folder: Path) -> list[tuple]:
    """Rows of one folder: for each words, with and without copies, what is flagged of each way to save, and defects."""
    rng, net, settings = np.random.default_rng(0), network.pretrained("lite0"), Settings()
    paths = {name: sorted(folder.glob(f"{name}/*.*")) for name in REAL_COUNTS}
    chosen = {
        name: [found[row] for row in sorted(rng.permutation(len(found))[: REAL_COUNTS[name]])]
        for name, found in paths.items()
    }
    contents = {name: [path.read_bytes() for path in found] for name, found in chosen.items()}
    size = decoding.decode_reduced(contents["train/good"][0], folder).size
    reader = reading.Reader(30, settings.size, RESIZE, size, False, side=net.use.side, resaving=WAY)

    def seen(content: bytes) -> Seen:
        found = reading.read(content, str(folder), reader._replace(resaving=None))
        return Seen(found.saved, None, found.mosaic, found.shrunk)

    def again(content: bytes, options: dict | None) -> bytes:
        return saved(np.ascontiguousarray(decoding.decode(content, folder)[..., ::-1]), options)

    good = [reading.read(each, str(folder), reader) for each in contents["train/good"]]
    names = [path.name for path in chosen["train/good"]]
    by_network = network_jury.learn([each.shrunk for each in good], names, net, nearest.Settings())
    shown = {"as they are": [seen(each) for each in contents["test/good"]]}
    for name in ("JPEG 80", "JPEG 90", "JPEG 95", "PNG"):
        shown[name] = [seen(again(each, INSPECTED[name])) for each in contents["test/good"]]
    shown["defects"] = [seen(each) for each in contents["test/[!g]*"]]
    found = []
    for quality in QUALITIES:
        anew = [each.resaved for each in good] if quality else None
        jury = colour_jury.learn([each.mosaic for each in good], settings, names, resaved=anew)
        for words, juries in {"colour": [jury], "both": [jury, by_network]}.items():
            model = image_model.of_juries(juries, size, Alarm(), settings.size)
            for inspected, photos in shown.items():
                share = float(np.mean([each.verdict.verdict == FLAGGED for each in model.judge(photos)]))
                found.append((folder.name, words, quality, inspected, round(share, 4)))
                print(*found[-1], flush=True)
    return found


def write(name: str, schema: dict, table: list[tuple]) -> None:
    columns = dict(zip(schema, map(list, zip(*table, strict=True)), strict=True))
    frames.write(columns, schema, csv=HERE / f"{name}.csv")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    if folders := parser.parse_args().folders:
        write("photos", REAL, [row for folder in folders for row in real(folder)])
    else:
        tables = zip(*(rows(noise) for noise in NOISES), strict=True)
        for name, schema, parts in zip(("encodings", "detection"), (SCHEMA, FOUND), tables, strict=True):
            write(name, schema, [row for part in parts for row in part])
