"""Measure registration: what moved parts cost the inspection, unregistered and registered in the ways that were tried.

    python benchmarks/registration/measure.py [--seeds 0 1] [--settings j10 listed photo]
    python benchmarks/registration/measure.py --beside FOLDER...    things on the table beside parts, alone

For each setting and seed one part after another is drawn twice from the same random numbers: as it is, and moved by up
to 10 % of the width each way and turned by up to 10 degrees. Writes auroc.csv (a row a setting, seed and way),
quality.csv (what registration's default limits were chosen by), anywhere.csv (parts in any turn and scale) and
costs.csv beside this file. With --beside it writes beside.csv: how far sheets and strips that are painted into good
photos of a FOLDER, laid out as MVTec AD's, move where `registration: auto` finds the part.
"""

import argparse
import io
import sys
import time
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import yaml
from PIL import Image

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
from soart import (  # noqa: E402
    scene,
    statistics,
    streams,
)
from soart.inspection import image_model  # noqa: E402
from soart.inspection.calibration import FLAGGED, Alarm  # noqa: E402
from soart.inspection.distances import Settings  # noqa: E402
from soart.inspection.image_model import ImageModel  # noqa: E402
from soart.inspection.verdict import Verdict  # noqa: E402
from soart.photos import anchors, geometry, matrices, reading, registration  # noqa: E402
from soart.photos import decoding as photos  # noqa: E402
from soart.photos.geometry import Placement  # noqa: E402
from soart.storage import frames  # noqa: E402
from soart.storage.schemas import NUMBER, TEXT, optional  # noqa: E402

FLUCTUATIONS = {
    "listed": (scene.Fluctuation(10, "listed"), 0.0, 0.0),
    "j10": (scene.Fluctuation(10, "all"), 0.0, 0.0),
    "j20": (scene.Fluctuation(20, "all"), 0.0, 0.0),
    "photo": (scene.Fluctuation(10, "all"), 0.15, 10.0),  # with gain and noise
}
SHIFT, TURN = 0.1, 10.0
PART = yaml.safe_load((ROOT / "config" / "scene.yaml").read_text())
CHANGES = {each["name"]: each["changes"] for each in yaml.safe_load((HERE.parent / "kinds.yaml").read_text())["errors"]}
COUNTS = {"learn": 50, "normal": 60} | dict.fromkeys(CHANGES, 40)
SIZE = tuple(PART["canvas"])
STANDARD = np.ascontiguousarray(scene.draw_standard(PART)[..., ::-1])
PROBES = np.array([(x, y) for x in (50, 450) for y in (50, 450)], float)  # where errors of a placement are looked at
SETTINGS = Settings()
STEPS = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 50, 1e-4)  # of ECC


class Part(NamedTuple):
    """One photographed part, and how it truly lies."""

    jpeg: bytes
    placement: Placement


def part(setting: str, seed: int, name: str, index: int, moved: bool) -> Part:
    """Draw one part of a set."""
    fluctuation, gain, noise = FLUCTUATIONS[setting]
    camera = scene.Camera(gain, noise, SHIFT * moved, TURN * moved)
    rng = streams.generator(seed, f"{setting}/{name}", index)
    picture, _ = scene.draw_sample(PART, CHANGES.get(name, []), fluctuation, camera, rng)
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "JPEG", quality=95)
    numbers = streams.generator(seed, f"{setting}/{name}", index).spawn(1)[0].uniform(-1, 1, 3) * moved
    x, y, turn = numbers * (SHIFT * SIZE[0], SHIFT * SIZE[0], TURN)
    return Part(content.getvalue(), Placement(x, y, turn))


# --- ways that were tried: OpenCV's matrix from the anchor's pixels to the picture's ------------------------------


def ours(picture: np.ndarray, anchor: registration.Anchor) -> np.ndarray:
    return geometry.motion_matrix(registration.find_part(picture, anchor), SIZE)


def cross_correlation(picture: np.ndarray, anchor: registration.Anchor) -> np.ndarray:
    """The first step alone."""
    return geometry.motion_matrix(registration._coarsely(small(picture, registration.COARSE), anchor)[0], SIZE)


def small(picture: np.ndarray, side: int) -> np.ndarray:
    """A blurred copy of so many pixels: float32."""
    copy = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32)
    return cv2.GaussianBlur(copy, (registration.BLUR, registration.BLUR), 0)


def gray(picture: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)


def ecc(motion: int, colour: bool, side: int = registration.FINE):
    """ECC from the cross-correlation's result."""

    def way(picture: np.ndarray, anchor: registration.Anchor) -> np.ndarray:
        scale = side / SIZE[0]
        half = np.array([0.5, 0.5])
        before = cross_correlation(picture, anchor)
        start = before.copy()
        start[:, 2] = (before[:, 2] + half - before[:, :2] @ half) * scale - half + before[:, :2] @ half
        copies = [small(each if colour else gray(each), side) for each in (STANDARD, picture)]
        try:
            _, found = cv2.findTransformECC(*copies, start.astype(np.float32), motion, STEPS, None, 1)
        except cv2.error:
            return before
        found = found.astype(np.float64)
        found[:, 2] = (found[:, 2] + half - found[:, :2] @ half) / scale - half + found[:, :2] @ half
        return found

    return way


def phase_correlation(picture: np.ndarray, anchor: registration.Anchor) -> np.ndarray:
    """OpenCV's phase correlation with the standard turned in steps of 2 degrees, gray, at 128 pixels."""
    side, best = 128, (-1.0, None)
    measured, copy = small(picture, side).mean(axis=2), small(STANDARD, side)
    window = cv2.createHanningWindow((side, side), cv2.CV_32F)
    for turn in np.arange(-16.0, 17.0, 2.0):
        turned = geometry.values_as_taken(copy - registration._median(copy), Placement(turn=turn)).mean(axis=2)
        (x, y), response = cv2.phaseCorrelate(turned, measured - np.median(measured), window)
        if response > best[0]:
            best = response, Placement(x * SIZE[0] / side, y * SIZE[0] / side, turn)
    return geometry.motion_matrix(best[1], SIZE)


def features(detector, norm: int):
    """Features on gray copies of 250 pixels, matched both ways; a rigid motion by RANSAC."""

    def way(picture: np.ndarray, anchor: registration.Anchor) -> np.ndarray:
        copies = [cv2.resize(gray(each), (250, 250), interpolation=cv2.INTER_AREA) for each in (STANDARD, picture)]
        (mine, words), (theirs, others) = (detector.detectAndCompute(copy, None) for copy in copies)
        if words is None or others is None:
            return np.eye(2, 3)
        pairs = cv2.BFMatcher(norm, crossCheck=True).match(words, others)
        start = np.float32([mine[pair.queryIdx].pt for pair in pairs])
        end = np.float32([theirs[pair.trainIdx].pt for pair in pairs])
        found = cv2.estimateAffinePartial2D(start, end, ransacReprojThreshold=4)[0] if len(pairs) > 3 else None
        if found is None:
            return np.eye(2, 3)
        found[:, :2] /= np.hypot(*found[:, 0])
        found[:, 2] = found[:, 2] * 2 + 0.5 - found[:, :2] @ (0.5, 0.5)
        return found

    return way


TRIED = {
    "rigid": ours,
    "translation": ours,
    "cross-correlation alone": cross_correlation,
    "ECC of gray": ecc(cv2.MOTION_EUCLIDEAN, False),
    "ECC of colours": ecc(cv2.MOTION_EUCLIDEAN, True),
    "ECC at 250 pixels": ecc(cv2.MOTION_EUCLIDEAN, True, 250),
    "affine ECC": ecc(cv2.MOTION_AFFINE, True),
    "phase correlation": phase_correlation,
    "SIFT": features(cv2.SIFT_create(800), cv2.NORM_L2),
    "ORB": features(cv2.ORB_create(1000), cv2.NORM_HAMMING),
}


LEARNED = {  # registered as ever, learned in other ways
    "rigid, tolerant reading alone": {"settings": SETTINGS._replace(strict_from=10**6)},
    "rigid, held out as if all were seen": {"hidden": False},
}


# --- what they are worth ---------------------------------------------------------------------------------------------


class Read(NamedTuple):
    """One registered photo."""

    mosaic: np.ndarray
    placement: Placement
    pixels: float  # root mean square distance of the probes from where they truly are
    degrees: float
    seconds: float


def read(each: Part, way, anchor: registration.Anchor) -> Read:
    """Register one part, however badly."""
    picture = photos.decode(each.jpeg, "part")
    start = time.process_time()
    matrix = way(picture, anchor)
    turn = np.rad2deg(np.arctan2(matrix[1, 0] - matrix[0, 1], matrix[0, 0] + matrix[1, 1]))
    middle = np.array(SIZE) / 2
    move = matrix[:, :2] @ (middle - 0.5) + matrix[:, 2] + 0.5 - middle
    placement = Placement(*map(float, (*move, turn)))
    copies = registration.small_copies(picture)
    placement = registration._judged(placement, copies, anchor)
    gain = registration._gain(copies[registration.MIDDLE], placement, anchor) if placement.unseen < 1 else 1
    filling = cv2.convertScaleAbs(STANDARD, alpha=gain)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    shown = cv2.warpAffine(picture, matrix, SIZE, dst=filling, flags=flags, borderMode=cv2.BORDER_TRANSPARENT)
    seconds = time.process_time() - start
    found = (PROBES - 0.5) @ matrix[:, :2].T + matrix[:, 2] + 0.5
    away = found - geometry.points_as_taken(PROBES, each.placement, SIZE)
    mosaic = matrices.mosaic(shown, SETTINGS.size)
    error = float(np.sqrt((away**2).sum(axis=1).mean()))
    return Read(mosaic, placement, error, abs(turn - each.placement.turn), seconds)


def registered(seen: list[Read]) -> list[Read]:
    """Those that the limits let pass."""
    return [each for each in seen if registration.MEASURED.let_pass(each.placement)]


def row(parts: dict[str, list[Part]], way, method: str, settings: Settings = SETTINGS, hidden: bool = True) -> dict:
    """Learn, inspect and compare; without a way the pictures are taken as they are.

    `hidden`: whether held-out good parts are inspected without the places that they do not show.
    """
    if way is None:
        found = {name: [_as_it_is(each) for each in some] for name, some in parts.items()}
    else:
        anchor = registration.make_anchor(STANDARD, method, "standard")
        found = {name: [read(each, way, anchor) for each in some] for name, some in parts.items()}
    kept = {name: some if way is None else registered(some) for name, some in found.items()}
    everything = [each for some in found.values() for each in some]
    result = {"refused": len(everything) - sum(map(len, kept.values()))}
    placements = [each.placement for each in kept["learn"]] if way is not None and hidden else []
    learned = image_model.learn([each.mosaic for each in kept["learn"]], SIZE, settings, Alarm(), placements=placements)
    judged = {name: inspected(some, learned, way is not None) for name, some in kept.items() if name != "learn"}
    scores = {name: np.array([each.score for each in some]) for name, some in judged.items()}
    for kind in CHANGES:
        result[kind] = statistics.auroc_with_interval(scores["normal"], scores[kind])[0] if len(scores[kind]) else 0.5
    result["mean"] = float(np.mean([result[kind] for kind in CHANGES]))
    flagged = [each.verdict == FLAGGED for each in judged["normal"]]
    result["false_alarms"] = float(np.mean(flagged))
    if way is not None:
        result["pixels"], result["pixels_95"] = np.quantile([each.pixels for each in everything], (0.5, 0.95)).tolist()
        result["degrees"] = float(np.median([each.degrees for each in everything]))
        result["milliseconds"] = 1000 * float(np.median([each.seconds for each in everything]))
    return result


def _as_it_is(each: Part) -> Read:
    mosaic = matrices.mosaic(photos.decode(each.jpeg, "part"), SETTINGS.size)
    return Read(mosaic, Placement(), 0.0, 0.0, 0.0)


def inspected(some: list[Read], learned: ImageModel, placed: bool) -> list[Verdict]:
    placements = [each.placement for each in some] if placed else []
    judged = learned.judge_mosaics([each.mosaic for each in some], placements) if some else []
    return [each.verdict for each in judged]


# --- the limits ------------------------------------------------------------------------------------------------------


def foreign(seed: int) -> dict[str, list[np.ndarray]]:
    """Pictures that must not be registered (or, turned upside down, cannot be told from parts with errors)."""
    rng = np.random.default_rng(seed)
    background = tuple(PART["background"][::-1])
    parts = [
        photos.decode(part(setting, seed, "normal", index, False).jpeg, "part")
        for setting in ("listed", "j10", "j20")
        for index in range(20)
    ]
    discs = []
    for _ in range(30):
        picture = np.full_like(STANDARD, background)
        for _ in range(12):
            colour = tuple(map(int, rng.integers(0, 255, 3)))
            cv2.circle(picture, tuple(map(int, rng.integers(60, 440, 2))), int(rng.integers(20, 80)), colour, -1)
        discs.append(picture)
    washer = yaml.safe_load((ROOT / "config" / "examples" / "washer_scene.yaml").read_text())
    aside = np.float32([[1, 0, 0.4 * SIZE[0]], [0, 1, 0]])
    return {
        "turned by 90 degrees": [np.ascontiguousarray(np.rot90(each)) for each in parts],
        "turned by 180 degrees": [np.ascontiguousarray(np.rot90(each, 2)) for each in parts],
        "mirrored": [np.ascontiguousarray(each[:, ::-1]) for each in parts],
        "moved by 40 %": [cv2.warpAffine(each, aside, SIZE, borderValue=background) for each in parts],
        "blank": [np.full_like(STANDARD, rng.integers(0, 255, 3)) for _ in range(20)],
        "noise": [np.clip(rng.normal(100, 10, STANDARD.shape), 0, 255).astype(np.uint8) for _ in range(20)],
        "another part": [cv2.resize(np.ascontiguousarray(scene.draw_standard(washer)[..., ::-1]), SIZE)],
        "other discs": discs,
    }


def qualities(seed: int = 200) -> list[dict]:
    """Quality and unseen share of drawn parts, moved and turned, and of pictures that do not show the part."""
    anchor, groups = registration.make_anchor(STANDARD, "rigid", "standard"), {}
    for setting in FLUCTUATIONS:
        for name in ("normal", *CHANGES):
            some = [photos.decode(part(setting, seed, name, index, True).jpeg, "part") for index in range(20)]
            groups.setdefault(f"{setting}, {'good' if name == 'normal' else 'with errors'}", []).extend(some)
    rows = []
    for name, some in (groups | foreign(seed)).items():
        found = [registration.find_part(each, anchor) for each in some]
        quality, unseen = (np.array([getattr(each, field) for each in found]) for field in ("quality", "unseen"))
        passed = [registration.MEASURED.let_pass(each) for each in found]
        rows.append(
            {"pictures": name, "count": len(some), "registered": sum(passed)}
            | {"quality_least": quality.min(), "quality_median": np.median(quality), "quality_most": quality.max()}
            | {"unseen_least": unseen.min(), "unseen_most": unseen.max()}
        )
    return rows


# --- any turn, any scale, any size -----------------------------------------------------------------------------------


def anywhere(seed: int = 300, count: int = 60) -> list[dict]:
    """Where parts in any turn, and 0.8 to 1.25 times as large, are found: errors in pixels of 500 at the probes."""
    rows = []
    for setting in ("listed", "j10", "photo"):
        for method in ("rigid", "similarity"):
            anchor, rng, errors, passed = (
                registration.make_anchor(STANDARD, method, "standard"),
                np.random.default_rng(seed),
                [],
                0,
            )
            for index in range(count):
                picture = photos.decode(part(setting, seed, "normal", index, False).jpeg, "part")
                at_rest = registration.find_part(
                    picture, anchor
                )  # where shapes wander, a part's own place is uncertain
                scale = rng.uniform(0.8, 1.25) if method == "similarity" else 1.0
                truth = Placement(*rng.uniform(-40, 40, 2), rng.uniform(-180, 180), scale)
                motion, background = geometry.motion_matrix(truth, SIZE), tuple(PART["background"][::-1])
                found = registration.find_part(cv2.warpAffine(picture, motion, SIZE, borderValue=background), anchor)
                wanted = geometry.points_as_taken(geometry.points_as_taken(PROBES, at_rest, SIZE), truth, SIZE)
                away = geometry.points_as_taken(PROBES, found, SIZE) - wanted
                errors.append(float(np.sqrt((away**2).sum(axis=1).mean())))
                passed += registration.MEASURED.let_pass(found)
            median, most = np.quantile(errors, (0.5, 0.95)).tolist()
            rows.append({"parts": setting, "method": method, "count": count, "registered": passed})
            rows[-1] |= {"pixels": median, "pixels_95": most, "pixels_largest": max(errors)}
    return rows


THINGS = {  # what lies beside a part, as shares of the picture: x0, y0, x1, y1; and its colour
    "red strip left": ((0, 0, 0.1, 1), (30, 30, 220)),
    "red strip right": ((0.9, 0, 1, 1), (30, 30, 220)),
    "white strip above": ((0, 0, 1, 0.1), (255, 255, 255)),
    "wider white strip above": ((0, 0, 1, 0.18), (255, 255, 255)),
    "white strip below": ((0, 0.83, 1, 1), (255, 255, 255)),
    "white strip left": ((0, 0, 0.14, 1), (255, 255, 255)),
    "white strip close to the part": ((0, 0, 1, 0.24), (255, 255, 255)),
    "black strip below": ((0, 0.86, 1, 1), (0, 0, 0)),
    "white sheet in a corner": ((0, 0.75, 0.33, 1), (240, 240, 240)),
    "red sheet in a corner": ((0.75, 0, 1, 0.25), (20, 60, 250)),
}


def beside(folder: Path, count: int = 30) -> list[dict]:
    """How things beside the part in good photos, train/good and test/good of a folder, move where it is found."""
    paths = [str(each) for name in ("train", "test") for each in sorted((folder / name / "good").iterdir())[:count]]
    least = photos.least_side(63, 224)
    about = reading.bring_to_size(photos.read_bytes(paths[0]), paths[0], None, least).picture, "resize", least
    name, _, choice = anchors.choose_anchor(paths[:count], None, *about, registration.AUTO, registration.MEASURED)
    if choice.method == registration.NONE:
        raise SystemExit(f"{folder}: {choice.sentence()}")
    shown = [reading.bring_to_size(photos.read_bytes(each), each, about[0], least, "resize").pixels for each in paths]
    anchor = registration.make_anchor(shown[paths.index(name)], choice.method, name, choice.limits)
    alone, rows = [registration.find_part(each, anchor) for each in shown], []
    (high, wide), corners = anchor.picture.shape[:2], [(0.2, 0.2), (0.8, 0.2), (0.2, 0.8), (0.8, 0.8)]
    probes = np.array(corners) * (wide, high)
    for name, ((x0, y0, x1, y1), colour) in THINGS.items():
        moves, passed = [], []
        for each, known in zip(shown, alone, strict=True):
            picture = each.copy()
            picture[round(y0 * high) : round(y1 * high), round(x0 * wide) : round(x1 * wide)] = colour
            found = registration.find_part(picture, anchor)
            points = [geometry.points_as_taken(probes, one, (wide, high)) for one in (known, found)]
            moves.append(float(np.linalg.norm(points[1] - points[0], axis=1).max()))
            passed.append(anchor.limits.let_pass(found))
        rows.append({"set": folder.name, "thing": name, "count": len(shown), "registered": sum(passed)})
        rows[-1] |= {"astray": sum(each > wide / 50 for each in moves), "pixels": np.median(moves), "most": max(moves)}
    return rows


def costs(rounds: int = 20) -> list[dict]:
    """Processor time to decode, to register, and of a photo as it is read: one thread, medians in ms.

    The first two are of the whole picture; a photo is read reduced, for both kinds of words.
    """
    rows, least = [], photos.least_side(63, 224)
    for width, height in ((500, 500), (1000, 667), (2000, 1334)):
        picture = cv2.resize(STANDARD, (width, height), interpolation=cv2.INTER_LINEAR)
        content = cv2.imencode(".jpg", picture)[1]
        for method in registration.METHODS:
            anchor = registration.make_anchor(picture, method, "standard")
            calls = {"decode": lambda data=content: cv2.imdecode(data, cv2.IMREAD_COLOR)}
            calls["register"] = lambda shown=picture, onto=anchor: registration.register(shown, onto, "part")
            about = content.tobytes(), "part", (width, height), least
            small = registration.make_anchor(reading.bring_to_size(*about).pixels, method, "standard")
            calls["photo"] = lambda about=about, onto=small: reading.bring_to_size(*about, anchor=onto)
            rows.append({"width": width, "height": height, "method": method})
            for name, call in calls.items():
                times = []
                for _ in range(rounds):
                    start = time.process_time()
                    call()
                    times.append(time.process_time() - start)
                rows[-1][f"{name}_ms"] = 1000 * float(np.median(times))
    return rows


def write(path: Path, rows: list[dict]) -> None:
    """Write rows as CSV; a gap where a row has no such number."""
    names = list(dict.fromkeys(name for each in rows for name in each))
    text = {name for each in rows for name, value in each.items() if isinstance(value, str)}
    schema = {name: TEXT if name in text else optional(NUMBER) for name in names}
    rounded = [[round(v, 4) if isinstance(v := each.get(name), float) else v for each in rows] for name in names]
    columns = {
        name: np.array(column) if name in text else np.array(column, object)
        for name, column in zip(names, rounded, strict=True)
    }
    frames.write(columns, schema, csv=path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--settings", nargs="+", choices=FLUCTUATIONS, default=["j10", "listed", "photo"])
    parser.add_argument("--output", type=Path, default=HERE)
    parser.add_argument("--beside", type=Path, nargs="+", metavar="FOLDER")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    if options.beside:
        write(options.output / "beside.csv", [row for folder in options.beside for row in beside(folder)])
        return
    if not (options.output / "quality.csv").exists():
        write(options.output / "quality.csv", qualities())
    write(options.output / "anywhere.csv", anywhere())
    write(options.output / "costs.csv", costs())
    rows, draws = [], {}

    def add(setting: str, seed: int, moved: bool, ways: dict, **differently) -> None:
        key = (setting, seed, moved)
        if key not in draws:
            draws[key] = {
                name: [part(*key[:2], name, index, moved) for index in range(count)] for name, count in COUNTS.items()
            }
        for name, way in ways.items():
            about = {"setting": setting, "seed": seed, "parts": "moved" if moved else "unmoved", "way": name}
            method = "translation" if name == "translation" else "rigid"
            rows.append(about | row(draws[key], way, method, **differently))
            print(rows[-1], flush=True)
            write(options.output / "auroc.csv", rows)

    for seed in options.seeds:
        for setting in options.settings:
            add(setting, seed, False, {"none": None, "rigid": ours})
            add(setting, seed, True, {"none": None, "rigid": ours})
            for name, differently in LEARNED.items():
                add(setting, seed, True, {name: ours}, **differently)
        if seed == options.seeds[0]:
            add(options.settings[0], seed, True, {name: way for name, way in TRIED.items() if name != "rigid"})


if __name__ == "__main__":
    main()
