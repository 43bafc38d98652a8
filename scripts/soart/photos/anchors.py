"""The photo that others are registered on, chosen among several."""

import numpy as np

from soart import job
from soart.photos import decoding as photos
from soart.photos import reading, registration


def best_photo(
    paths: list[str], size: tuple[int, int], fit: str, least: int, method: str, limits: registration.Limits
) -> tuple[str, np.ndarray]:
    """Return which photo the others are best registered on, and its picture, brought in full to (width, height) `size`.

    Photos that cannot be read, or are of one colour, are passed over: the input check lists what is wrong with photos.
    Raises `ValueError` where none is left.
    """
    usable, problems = {}, []
    for each in paths:
        try:
            photo = reading.brought(photos.content(each), each, size, least, fit)
            usable[each] = registration.anchor(photo.pixels, method, each, limits)
        except (ValueError, OSError) as error:
            problems.append(str(error))
            job.log.warning("%s", error)
    if not usable:
        raise ValueError("none of the photos to register others on can be used:\n  " + "\n  ".join(problems))
    chosen = list(usable)[registration.best_anchor(list(usable.values()))]
    return chosen, reading.in_full(chosen, size, fit)
