"""The form in which a model of juries is stored: its values, and its arrays."""

import cv2
import numpy as np

from soart.inspection.calibration import Alarm
from soart.inspection.image_model import JURIES, ImageModel
from soart.inspection.score_scale import ScoreScale
from soart.inspection.stored import Stored, nest
from soart.inspection.verdict import Odd
from soart.photos import encodings, registration


def stored(model: ImageModel) -> tuple[dict, dict[str, np.ndarray]]:
    """Return the values and arrays of a model."""
    about = {"picture": model.picture, "size": model.size, "fit": model.fit, "alarm": model.alarm._asdict()}
    about |= {"juries": [jury.name for jury in model.juries], "saved": model.saved._asdict()}
    about["in_full"] = int(model.in_full)
    arrays = {"held_out": model.held_out, "scales": np.array(model.scales, np.float64)}
    for jury in model.juries:
        part = nest(jury.name, *JURIES[jury.name].stored(jury))
        about, arrays = about | part[0], arrays | part[1]
    if model.anchor:
        about |= {"registration": model.anchor.method, "registration_limits": model.anchor.limits._asdict()}
        arrays["anchor"] = cv2.imencode(".png", model.anchor.picture)[1]
    if model.region is not None:
        arrays["region"] = model.region
    about |= {"good": model.good, "left_out": {odd.image: odd.numbers for odd in model.left_out}}
    about |= {"repeats": model.repeats} if model.repeats else {}
    return about, arrays


def restored(file: Stored) -> ImageModel:
    """Return the model of `stored`; raises `ValueError` where something is missing or of another form."""
    names = file.value("juries", tuple[str, ...])
    if unknown := set(names) - set(JURIES):
        raise file.error(f"juries among {', '.join(JURIES)}", ", ".join(sorted(unknown)))
    juries = tuple(JURIES[name].restored(file.part(name)) for name in names)
    held_out = file.array("held_out", np.float64, None)
    for jury in juries:
        if len(jury.held_out) != len(held_out):
            raise file.error(f"{len(held_out)} good photos for every jury", f"{len(jury.held_out)} for {jury.name}")
    scales = file.array("scales", np.float64, len(names), 2)
    if not (scales[:, 0] > 0).all():
        raise file.error("scales with factors above 0", scales[:, 0].min())
    together = [factor * jury.held_out + offset for (factor, offset), jury in zip(scales, juries, strict=True)]
    if not np.allclose(held_out, np.max(together, axis=0)):
        raise file.error("scores of good photos that are the largest of its juries'", held_out)
    return ImageModel(
        file.value("picture", tuple[int, int], 1, 1e5),
        file.record("alarm", Alarm),
        file.value("size", int, 1, 1000),
        juries,
        tuple(ScoreScale(*scale) for scale in scales.tolist()),
        held_out,
        file.value("fit", str),
        _anchor(file) if "anchor" in file.arrays else None,
        _saved(file),
        file.array("region", np.bool_, None, None) if "region" in file.arrays else None,
        file.names("good", 0 if file.about.get("good") == [] else len(held_out)),
        _left_out(file.part("left_out")),
        bool(file.value("in_full", int, 0, 1)),
        file.value("repeats", int, 1, 1e9) if "repeats" in file.about else 0,
    )


def _left_out(part: Stored) -> tuple[Odd, ...]:
    """A photo that could not be registered has no scores, one of the same kind as most no fellows."""
    out = []
    for name, found in part.about.items():
        numbers = found if found == [None, None] else part.value(name, tuple[float, ...])
        if len(numbers) not in (2, 3) or min(numbers[2:], default=0) < 0:
            raise part.error(f"{name} with a score, the median and how many are like it", found)
        out.append(Odd(name, *numbers[:2], False, *map(int, numbers[2:])))
    return tuple(out)


def _anchor(file: Stored) -> registration.Anchor:
    content = cv2.imdecode(file.array("anchor", np.uint8, None), cv2.IMREAD_COLOR)
    method = file.value("registration", str)
    if content is None or method not in registration.METHODS:
        raise file.error("a picture on which photos are registered, and how", method)
    limits = file.record("registration_limits", registration.Limits)
    return registration.make_anchor(content, method, file.path, limits)


def _saved(file: Stored) -> encodings.LearnedEncodings:
    saved = file.part("saved")
    if sorted(saved.about) != sorted(encodings.LearnedEncodings._fields):
        raise file.error(f"saved with {', '.join(encodings.LearnedEncodings._fields)}", saved.about)
    formats = saved.value("saved_as", tuple[str, ...]) if saved.about["saved_as"] != [] else ()
    ends = [None if saved.about[end] is None else saved.value(end, int) for end in ("lowest", "highest")]
    if saved.about["gray"] not in (None, True, False):
        raise file.error("saved: gray as true, false or null", saved.about["gray"])
    return encodings.LearnedEncodings(formats, *ends, saved.about["gray"])
