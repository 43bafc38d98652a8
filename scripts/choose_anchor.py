"""Choose the picture on which all others are registered: the standard, or the good photo that others fit best."""

import cv2

from soart import job
from soart.photos import anchors, decoding, registration
from soart.storage import files


def main(
    photos: list[str], size: tuple[int, int], fit: str, least: int, method: str, limits: registration.Limits, path: str
) -> None:
    """Write the best anchor of some photos as PNG, brought to (width, height)."""
    chosen, picture, choice = anchors.choose(photos, None, size, fit, least, method, limits)
    job.log.info("%s; on %s", choice.sentence(), chosen)
    with files.whole(path) as temporary:
        temporary.write_bytes(cv2.imencode(".png", picture)[1].tobytes())


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        limits = registration.Limits(**given.registration_limits)
        least, size = decoding.least_side(given.mosaic_size, given.side), tuple(given.picture)
        main(given.photos, size, given.fit, least, given.registration, limits, snakemake.output[0])
