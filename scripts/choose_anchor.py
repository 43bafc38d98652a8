"""Choose how photos are registered, if that helps, and on which: the standard, or the one that others fit best."""

import cv2

from soart import job
from soart.photos import anchors, decoding, registration
from soart.storage import files


def main(photos: list[str], standard: str | None, about: tuple, made) -> None:
    """Write the best anchor of some photos as PNG, and the choice; `about`: see `anchors.choose_anchor`."""
    chosen, picture, choice = anchors.choose_anchor(photos, standard, *about)
    job.log.info("%s; on %s", choice.sentence(), chosen)
    files.write(made.picture, cv2.imencode(".png", picture)[1].tobytes())
    anchors.write_choice(made.choice, choice)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        limits = registration.Limits(**given.registration_limits)
        least, size = decoding.least_side(given.mosaic_size, given.side), tuple(given.picture)
        main(given.photos, given.standard, (size, given.fit, least, given.registration, limits), snakemake.output)
