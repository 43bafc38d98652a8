"""Detection of bad parts on real photos by the inspection, beside classical detectors.

    python benchmarks/photos/measure.py FOLDER...            learned from all good photos of each folder
    python benchmarks/photos/measure.py --draws 5 FOLDER...  from draws of 10, 30 and 50 of them, too

As the shipped settings are: registered where that helps, inside the region that registered photos share, with copies
that were saved anew. Beside it stand PaDiM and PatchCore on the same words, and the classical detectors of the
evaluation. A FOLDER is laid out as MVTec AD's: train/good, test/good, test/<kind>. Prints two tables and writes them
as photos.csv and draws.csv into --into, this folder by default. No photo is copied.
"""

import argparse
import os
import subprocess

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")  # before numpy is imported

import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
SCRIPTS = HERE.parents[1] / "scripts"
sys.path.insert(0, str(SCRIPTS))

import cv2  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import yaml  # noqa: E402
from peers import PEERS  # noqa: E402

from soart import statistics  # noqa: E402
from soart.evaluation import baselines  # noqa: E402
from soart.inspection import calibration, colour_jury, image_model, models, nearest, network, network_jury  # noqa: E402
from soart.inspection.calibration import Alarm  # noqa: E402
from soart.inspection.distances import Settings  # noqa: E402
from soart.inspection.image_model import ImageModel  # noqa: E402
from soart.inspection.jury import Seen  # noqa: E402
from soart.inspection.mosaics import within  # noqa: E402
from soart.names import FITS, LEARN, NORMAL  # noqa: E402
from soart.photos import anchors, decoding, geometry, reading, region, registration  # noqa: E402
from soart.photos.resaving import Resaving  # noqa: E402
from soart.plan import collection  # noqa: E402

ALARM, SEED = Alarm(), 1
SIZE = 30  # of the mosaics that the classical detectors see
COUNTS = 10, 30, 50  # good photos of a draw
METHOD = yaml.safe_load((HERE.parents[1] / "config/method.yaml").read_text(encoding="utf-8"))
RESAVING = Resaving(METHOD["resaving"], SEED)  # of good photos
TIMED = 40  # photos that the program beside the line is timed with


PROGRAM = """
import re, sys, time, cv2
from soart.inspection.command import main
cv2.setNumThreads(1)
main()
print(time.process_time(), *re.findall(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read()), file=sys.stderr)
"""


class Photos(NamedTuple):
    """The photos of some sets, each read once."""

    picture: tuple[int, int]
    seen: list[Seen]  # as the juries see them
    small: np.ndarray  # (n, 30, 30, 3), as the classical detectors do
    gray: np.ndarray  # (n, 30, 30)
    resaved: list[reading.Looked] | None  # copies that were saved anew, where there are any


class Remembering:
    """A network that runs once for each picture."""

    def __init__(self, inner: network.Network) -> None:
        self.inner, self.known = inner, {}

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def read(self, picture: np.ndarray, hidden: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the words of a picture, and of the picture as a whole."""
        key = picture.tobytes(), hidden.tobytes()
        if key not in self.known:
            self.known[key] = self.inner.read(picture, hidden)
        return self.known[key]

    def words(self, picture: np.ndarray) -> np.ndarray:
        """Return the words of a picture."""
        return self.read(picture, np.zeros(self.use.places**2, bool))[0]


def read(paths: list[str], reader: reading.Reader) -> Photos:
    """Return photos as the workflow reads them; raises `ValueError` as `reading.read`.

    One that does not fit the anchor is taken as it is.
    """
    found = []
    for path in paths:
        content = decoding.read_bytes(path)
        try:
            found.append(reading.read(content, path, reader))
        except registration.Unregistered:
            found.append(reading.read(content, path, reader._replace(anchor=None)))
        reader = reader._replace(picture=reader.picture or found[0].picture)
    seen = [Seen(each.saved, each.placement, each.mosaic, each.shrunk) for each in found]
    return Photos(
        reader.picture,
        seen,
        np.stack([each.small_mosaic for each in found]),
        np.stack([each.matrix[0] for each in found]),
        [each.resaved for each in found] if reader.resaving else None,
    )


def region_of(good: Photos, chosen: np.ndarray) -> np.ndarray | None:
    """Return what the `chosen` good photos share, (S, S) bool; None where it is everything, or none is registered."""
    seen = [good.seen[index] for index in chosen]
    if all(each.placement is None for each in seen):
        return None
    placed = [each.placement or geometry.HERE for each in seen]
    unseen = [geometry.unseen_places(each, good.picture, Settings().size) for each in placed]
    return region.shared_region([each.mosaic for each in seen], unseen)


def learned(good: Photos, chosen: np.ndarray, words: network.Network, inside: np.ndarray | None) -> ImageModel:
    """Return the model of both juries, learned from the `chosen` good photos; only the region `inside` counts."""
    seen = [good.seen[index] for index in chosen]
    names, size = [str(index) for index in chosen], Settings().size

    def hidden(side: int) -> np.ndarray | None:
        unseen = [image_model.hidden_places(each.placement, good.picture, side, inside) for each in seen]
        shown = np.zeros(side**2, bool)
        return np.array([shown if each is None else each for each in unseen])

    places, settings = words.use.places, Settings(seed=SEED)
    apart, pictures, mosaics = (hidden(places), hidden(size)), None, None
    if good.resaved:
        mosaics, pictures = zip(*(good.resaved[index] for index in chosen), strict=True)
    shown, copies = within([each.small for each in seen], pictures, inside, places, good.picture)
    by_network = network_jury.learn(shown, names, words, nearest.Settings(), apart[0], copies)
    shown, copies = within([each.mosaic for each in seen], mosaics, inside, size, good.picture)
    by_colour = colour_jury.learn(shown, settings, names, apart[1].__getitem__, copies, by_network.foreign)
    return image_model.of_juries([by_network, by_colour], good.picture, ALARM, size, region=inside)


def rows_of(model: ImageModel, tests: dict[str, Photos]) -> list[dict]:
    """Return a row for both juries together, and one for each alone."""
    verdicts = {name: [each.verdict for each in model.judge(photos.seen)] for name, photos in tests.items()}
    found = []
    for name, held_out in [("both", model.held_out)] + [(jury.name, jury.held_out) for jury in model.juries]:
        field = "" if name == "both" else f"{name}_"
        scores, flags, level = {}, {}, calibration.threshold(ALARM, held_out[~model.foreign])
        for kind, said in verdicts.items():
            scores[kind] = np.array([getattr(each, f"{field}score") for each in said])
            flags[kind] = None if level is None else scores[kind] >= level
        odd = int(calibration.odd_ones(held_out, model.kinds).sum())
        found.append({"detector": name} | row(scores, flags) | {"odd": odd})
    return found


def classical(good: Photos, tests: dict[str, Photos]) -> list[dict]:
    """Return a row for each classical detector, with its alarm as ours is made: from held-out scores."""
    found = []
    for form, detectors in (("small", baselines.COLOUR), ("gray", baselines.GRAY)):
        learn = getattr(good, form)
        for name, detector in detectors.items():
            scores = {kind: detector(learn, getattr(each, form), SEED) for kind, each in tests.items()}
            level = calibration.threshold(ALARM, baselines.held_out(detector, learn, SEED))
            flags = {kind: None if level is None else each >= level for kind, each in scores.items()}
            found.append({"detector": name} | row(scores, flags))
    return found


def peers(
    good: Photos,
    chosen: np.ndarray,
    tests: dict[str, Photos],
    words: network.Network,
    inside: np.ndarray | None,
    alarm: bool,
) -> list[dict]:
    """Return a row for PaDiM and for PatchCore; outside of the region `inside` nothing counts for them either.

    They see the pictures that ours sees, and all words there are 0. With an `alarm` as ours is made, from held-out
    scores of five folds; else without one, which is six times as fast.
    """

    def said(seen: list[Seen]) -> np.ndarray:
        spoken = np.stack([words.words(region.shown(each.small, inside, words.use.places)) for each in seen])
        if inside is not None:
            spoken[:, ~region.region_places(inside, words.use.places)] = 0
        return spoken

    learn, found = said([good.seen[index] for index in chosen]), []
    spoken = {kind: said(each.seen) for kind, each in tests.items()}
    for name, detector in PEERS.items():
        every = np.split(
            detector(learn, np.concatenate(list(spoken.values())), SEED),
            np.cumsum([len(each) for each in spoken.values()])[:-1],
        )
        scores = dict(zip(spoken, every, strict=True))
        level = calibration.threshold(ALARM, baselines.held_out(detector, learn, SEED, folds=5)) if alarm else None
        flags = {kind: None if level is None else each >= level for kind, each in scores.items()}
        found.append({"detector": name} | row(scores, flags))
    return found


def row(scores: dict[str, np.ndarray], flags: dict[str, np.ndarray | None]) -> dict:
    """Return AUROC, the rates at the alarm, and what is found where 5 % of good test photos are flagged."""
    bad = [kind for kind in scores if kind != NORMAL]
    errors = np.concatenate([scores[kind] for kind in bad])
    auroc, low, high = statistics.auroc_with_interval(scores[NORMAL], errors)
    possible = flags[NORMAL] is not None
    return {
        "auroc": auroc,
        "auroc_low": low,
        "auroc_high": high,
        "false_alarms": float(flags[NORMAL].mean()) if possible else None,
        "detection": float(np.concatenate([flags[kind] for kind in bad]).mean()) if possible else None,
        "detection_at_true_rate": float((errors > np.quantile(scores[NORMAL], 1 - ALARM.rate)).mean()),
    }


def cost(model: ImageModel, paths: list[str], folder: Path) -> dict[str, float]:
    """Return CPU milliseconds a photo and peak memory, MB, of the program beside the line, on one core."""
    models.save(folder / "model.npz", model)

    def run(photos: list[str]) -> list[float]:
        options = [sys.executable, "-c", PROGRAM, "--model", str(folder / "model.npz"), *photos]
        said = subprocess.run(options, env=os.environ | {"PYTHONPATH": str(SCRIPTS)}, capture_output=True, text=True)
        return list(map(float, said.stderr.split()[-2:]))

    few, many = paths[:2], (paths * TIMED)[:TIMED]
    (start, _), (whole, memory) = run(few), run(many)
    return {"ms": 1000 * (whole - start) / (len(many) - len(few)), "memory": memory / 1024}


def opened(root: str, side: int, fit: str, method: str) -> tuple[dict[str, list[str]], reading.Reader]:
    """Return the paths of a folder's photos by set, and how a run reads them for a network of that `side`."""
    found = collection.find_photos(root)
    if found.problems or NORMAL not in found.sets:
        raise SystemExit("\n".join(found.problems) or f"{root}: expected test/good beside the kinds of errors")
    paths = {name: [os.path.join(found.root, each.path) for each in photos] for name, photos in found.sets.items()}
    reader = reading.Reader(SIZE, Settings().size, fit, side=side)
    if method != registration.NONE:
        first = reading.read(decoding.read_bytes(paths[LEARN][0]), paths[LEARN][0], reader)
        about = first.picture, fit, reader.least, method, registration.MEASURED
        name, _, choice = anchors.choose_anchor(paths[LEARN], None, *about)
        print(f"{root}: {choice.sentence()}", flush=True)
        if choice.method != registration.NONE:
            reduced = reading.bring_to_size(decoding.read_bytes(name), name, first.picture, reader.least, fit)
            anchor = registration.make_anchor(reduced.pixels, choice.method, name, choice.limits)
            reader = reader._replace(picture=first.picture, anchor=anchor)
    return paths, reader


def measured(root: str, draws: int, words: network.Network, fit: str, method: str) -> tuple[list[dict], list[dict]]:
    """Return the rows of one folder: learned from all good photos, and from draws of some."""
    paths, reader = opened(root, words.use.side, fit, method)
    good = read(paths.pop(LEARN), reader._replace(resaving=RESAVING))
    tests = {name: read(each, reader._replace(picture=good.picture)) for name, each in paths.items()}
    words = Remembering(words)
    about = {"set": Path(root).name, "good": len(tests[NORMAL].seen)}
    about["bad"] = sum(len(each.seen) for name, each in tests.items() if name != NORMAL)
    everything = np.arange(len(good.seen))
    inside = region_of(good, everything)
    model, whole = learned(good, everything, words, inside), []
    with tempfile.TemporaryDirectory() as folder:
        timed = [path for each in paths.values() for path in each[:20]]
        for each in rows_of(model, tests):
            juries = model.juries if each["detector"] == "both" else [model.jury(each["detector"])]
            rest = {"fit": fit, "anchor": reader.anchor, "region": inside}
            alone = image_model.of_juries(juries, model.picture, ALARM, model.size, **rest)
            whole.append(about | {"learned": len(everything)} | each | cost(alone, timed, Path(folder)))
    others = peers(good, everything, tests, words, inside, True) + classical(good, tests)
    whole += [about | {"learned": len(everything)} | each for each in others]
    drawn = []
    for count in [each for each in COUNTS if each < len(everything)] if draws else []:
        for draw in range(draws):
            chosen = np.random.default_rng([SEED, count, draw]).permutation(everything)[:count]
            inside = region_of(good, chosen)
            rows = rows_of(learned(good, chosen, words, inside), tests)
            rows += peers(good, chosen, tests, words, inside, False)
            drawn += [about | {"learned": count, "draw": draw} | each for each in rows]
    return whole, drawn


def table(rows: list[dict], names: list[str]) -> str:
    """Return rows as a Markdown table; of draws their mean, and from two on the standard deviation."""
    frame = pd.DataFrame(rows)
    if "draw" in frame:
        grouped = frame.groupby(["set", "learned", "detector"], sort=False)[names]
        mean, deviation = grouped.mean(), grouped.std()
        text = mean.map("{:.3f}".format) + deviation.map(lambda each: "" if np.isnan(each) else f" ± {each:.3f}")
        return text.reset_index().to_markdown(index=False, disable_numparse=True)  # 0.750 stays
    return frame[["set", "learned", "good", "bad", "detector", *names]].round(3).to_markdown(index=False)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    about, details = __doc__.split("\n", 1)
    parser = argparse.ArgumentParser(
        description=about, epilog=details, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", metavar="FOLDER", nargs="+", help="photos laid out as MVTec AD's")
    parser.add_argument("--draws", type=int, default=0, help="draws of 10, 30 and 50 good photos each (default: none)")
    parser.add_argument("--network", choices=["lite0", "lite2"], default="lite0", help="whose words (default: lite0)")
    parser.add_argument("--fit", choices=FITS, default="resize", help="photos of another aspect (resize)")
    ways = [registration.AUTO, registration.NONE, *registration.METHODS]
    parser.add_argument("--registration", choices=ways, default=registration.AUTO, help="of photos (auto)")
    parser.add_argument("--into", type=Path, default=HERE, help="folder for photos.csv and draws.csv")
    return parser.parse_args()


def main() -> None:
    """Measure every folder."""
    options = arguments()
    cv2.setNumThreads(1)
    words, whole, drawn = network.pretrained(options.network), [], []
    for root in options.folders:
        rows, some = measured(root, options.draws, words, options.fit, options.registration)
        whole, drawn = whole + rows, drawn + some
        print(table(rows, ["auroc", "false_alarms", "detection", "detection_at_true_rate", "odd", "ms", "memory"]))
        pd.DataFrame(whole).to_csv(options.into / "photos.csv", index=False, float_format="%.4f")
        if drawn:
            print(table(some, ["auroc", "false_alarms", "detection", "detection_at_true_rate"]), flush=True)
            pd.DataFrame(drawn).to_csv(options.into / "draws.csv", index=False, float_format="%.4f")


if __name__ == "__main__":
    main()
