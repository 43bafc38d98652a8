"""What was learned, as one file that holds everything needed to inspect one more image; no pickle."""

import json
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from soart.inspection import calibration, learning, pairs
from soart.inspection.calibration import Alarm
from soart.inspection.distances import Judges, Settings
from soart.photos import encodings, geometry, registration
from soart.storage import files

IMAGE, PAIR = "image", "pair"  # detectors: compares with the good images; with a template of the very part
VERSION = 3  # of the file's form; raise it whenever a model of before would be read wrongly


class Model(NamedTuple):
    """An inspector: the good images' judges, how to use them, and how sure they are."""

    picture: tuple[int, int]  # (width, height) of every picture, in pixels
    settings: Settings
    alarm: Alarm
    judges: Judges
    held_out: np.ndarray  # (n,) float64: scores of the good images, each while it was held out
    sensitivities: np.ndarray  # (n,) float64 of the good images
    anchor: registration.Anchor | None = None  # what every picture is registered on; None: it is taken as it is
    saved: encodings.Learned = encodings.Learned()  # how the good images were saved, where that is known


class PairModel(NamedTuple):
    """A comparer of photos with their templates: how to compare, and how sure it is. Fields as `Model` has them."""

    picture: tuple[int, int]
    settings: pairs.Settings
    alarm: Alarm
    mean: float  # of the heat of good pairs
    deviation: float  # its standard deviation: the unit of every score and distance
    held_out: np.ndarray  # (n,) float64: scores of the good pairs
    anchor: None = None  # a photo lies as its template does


def calibrate(
    heats: Iterable[np.ndarray], picture: tuple[int, int], settings: pairs.Settings, alarm: Alarm
) -> PairModel:
    """The comparer from the heat maps of good pairs; raises `ValueError` as `pairs.calibrated` and `learn`."""
    calibration.check(alarm)
    found = pairs.calibrated(heats, settings.top)
    return PairModel(picture, settings, alarm, *found)


def learn(
    mosaics: Sequence[np.ndarray],
    picture: tuple[int, int],
    settings: Settings,
    alarm: Alarm,
    names: Sequence[str] | None = None,
    placements: Sequence[geometry.Placement] = (),
) -> Model:
    """Learn from n good images: mosaics n of (S, S, 3) uint8, all of pictures of (width, height) `picture`.

    `names` are for the errors; `placements` say how the part lay in each picture, where they were registered. Raises
    `ValueError` as `learning.fit`, and for an alarm that makes no sense.
    """

    def unseen(image: int) -> np.ndarray:
        return geometry.unseen_places(placements[image], picture, settings.size)

    calibration.check(alarm)
    learned = learning.fit(mosaics, settings, names, unseen if placements else None)
    return Model(picture, settings, alarm, learned.judges, learned.held_out, learned.sensitivities)


def save(path: str | Path, model: Model | PairModel) -> None:
    """Write the model as `.npz`; of the symmetric P_t only the lower triangle."""
    about = {
        "version": VERSION,
        "picture": model.picture,
        "settings": model.settings._asdict(),
        "alarm": model.alarm._asdict(),
    }
    if isinstance(model, PairModel):
        about |= {"detector": PAIR, "mean": model.mean, "deviation": model.deviation}
        arrays = {}
    else:
        arrays = model.judges._asdict()
        arrays["precision"] = model.judges.precision[:, *np.tril_indices(model.judges.mean.shape[1])]
        about |= {"detector": IMAGE, "ridge": arrays.pop("ridge")}
        about["saved"] = model.saved._asdict()
        arrays["sensitivities"] = model.sensitivities
    if model.anchor:
        about |= {"registration": model.anchor.method, "registration_limits": model.anchor.limits._asdict()}
        arrays["anchor"] = cv2.imencode(".png", model.anchor.picture)[1]
    with files.whole(path) as temporary:
        np.savez(temporary, about=np.array(json.dumps(about)), held_out=model.held_out, **arrays)


def load(path: str | Path) -> Model | PairModel:
    """Read a model; raises `ValueError` where the file is none, was cut off or is of another version."""
    if not Path(path).is_file():
        raise ValueError(f"{path}: there is no such model; make it first (it is results/inspection/model.npz)")
    try:
        if not zipfile.is_zipfile(path):  # numpy would advise to load it unsafely
            raise ValueError("it is no whole archive of arrays")
        with np.load(path, allow_pickle=False) as file:
            about, arrays = json.loads(str(file["about"])), {name: file[name] for name in file.files}
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, AttributeError, TypeError) as error:
        raise ValueError(f"{path}: expected a model, got a file that cannot be read ({error}); make it again") from None
    if about.get("version") != VERSION:
        raise ValueError(
            f"{path}: the model is of version {about.get('version')}, this program reads version {VERSION}; "
            "make the model again with this program"
        )
    picture, alarm = tuple(about["picture"]), Alarm(**about["alarm"])
    if about["detector"] == PAIR:
        settings = pairs.Settings(**about["settings"])
        return PairModel(picture, settings, alarm, about["mean"], about["deviation"], arrays["held_out"])
    judges = {name: arrays[name] for name in Judges._fields if name != "ridge"}
    packed = judges["precision"]
    places, length = judges["mean"].shape
    rows, columns = np.tril_indices(length)
    judges["precision"] = np.empty((places, length, length), np.float32)
    judges["precision"][:, rows, columns] = judges["precision"][:, columns, rows] = packed
    return Model(
        picture,
        Settings(**about["settings"]),
        alarm,
        Judges(ridge=about["ridge"], **judges),
        arrays["held_out"],
        arrays["sensitivities"],
        _anchor(arrays["anchor"], about, path) if "anchor" in arrays else None,
        _saved(**about.get("saved", {})),  # a model of before does not know
    )


def _saved(saved_as: Sequence[str] = (), **qualities: int | None) -> encodings.Learned:
    return encodings.Learned(tuple(saved_as), **qualities)


def _anchor(content: np.ndarray, about: dict, path: str | Path) -> registration.Anchor:
    limits = registration.Limits(**about.get("registration_limits", {}))  # a model of before has those measured
    return registration.anchor(cv2.imdecode(content, cv2.IMREAD_COLOR), about["registration"], str(path), limits)
