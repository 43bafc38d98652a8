"""Choose the picture on which all others are registered: the standard, or the good photo that others fit best."""

import cv2

from soart import job
from soart.photos import decoding as photos
from soart.photos import reading, registration
from soart.storage import files


def choose_anchor(paths: list[str], size: tuple[int, int], method: str, limits: registration.Limits, path: str) -> None:
    """Write the best anchor of some photos as PNG, brought to (width, height).

    Photos that cannot be read, or are of one colour, are passed over: the input check lists what is wrong with photos.
    """
    usable, problems = {}, []
    for each in paths:
        try:
            picture = reading.resized(photos.read(each), size, each)
            usable[each] = registration.anchor(picture, method, each, limits)
        except (ValueError, OSError) as error:
            problems.append(str(error))
            job.log.warning("%s", error)
    if not usable:
        raise ValueError("none of the photos to register others on can be used:\n  " + "\n  ".join(problems))
    chosen = list(usable)[registration.best_anchor(list(usable.values()))]
    job.log.info("all pictures are registered on %s", chosen)
    with files.whole(path) as temporary:
        temporary.write_bytes(cv2.imencode(".png", usable[chosen].picture)[1].tobytes())


if "snakemake" in globals():
    with job.reporting(snakemake):
        params = snakemake.params
        choose_anchor(
            paths=params.photos,
            size=tuple(params.picture),
            method=params.registration,
            limits=registration.Limits(**params.limits),
            path=snakemake.output[0],
        )
