"""Models: what was learned, as one file that holds everything needed to inspect one more photo; no pickle."""

from pathlib import Path

from soart.inspection import calibration, image_form, pair_model, stored
from soart.inspection.detector import Detector
from soart.inspection.image_model import ImageModel
from soart.names import FITS

FORMS = {"image": image_form, "pair": pair_model}  # detectors: compares with the good photos; with a template


def save(path: str | Path, model: Detector) -> None:
    """Write the model as `.npz`."""
    detector = "image" if isinstance(model, ImageModel) else "pair"
    about, arrays = FORMS[detector].stored(model)
    stored.write(path, {"detector": detector} | about, arrays)


def load(path: str | Path) -> Detector:
    """Read a model; raises `ValueError` where the file is none, cut off, of another version, or holds nonsense."""
    file = stored.read(path)
    detector = file.value("detector", str)
    if detector not in FORMS:
        raise file.error(f"a detector, {' or '.join(FORMS)}", detector)
    model = FORMS[detector].restored(file)
    if model.fit not in FITS:
        raise file.error(f"how photos are fitted, {', '.join(FITS)}", model.fit)
    try:
        calibration.check_alarm(model.alarm)
    except ValueError as error:
        raise file.error("an alarm that makes sense", error) from None
    return model
