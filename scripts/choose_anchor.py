"""Choose the picture on which all others are registered: the standard, or the good photo that others fit best."""

import cv2

from soart import files, job, photos, reading, registration


def choose_anchor(paths: list[str], size: tuple[int, int], method: str, path: str) -> None:
    """Write the best anchor of some photos as PNG, brought to (width, height).

    Photos that cannot be read are passed over: the input check lists what is wrong with them, and with all others.
    """
    readable, problems = [], []
    for each in paths:
        try:
            readable.append((each, reading.resized(photos.read(each), size, each)))
        except (ValueError, OSError) as error:
            problems.append(str(error))
            job.log.warning("%s", error)
    if not readable:
        raise ValueError("none of the photos to register others on can be read:\n  " + "\n  ".join(problems))
    chosen, picture = readable[registration.best_anchor([each for _, each in readable], method)]
    job.log.info("all pictures are registered on %s", chosen)
    with files.whole(path) as temporary:
        temporary.write_bytes(cv2.imencode(".png", picture)[1].tobytes())


if "snakemake" in globals():
    with job.reporting(snakemake):
        params = snakemake.params
        choose_anchor(params.photos, tuple(params.picture), params.registration, snakemake.output[0])
