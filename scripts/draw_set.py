"""Draw the images of one set, and for an error set the masks of what the error changes."""

from soart import job, scene
from soart.storage import files, pictures


def main(drawing: dict, image_set: str, changes: list[dict], images: list[str], masks: list[str]) -> None:
    """Write the images of a set and, for an error, their masks; `drawing` is what all sets share."""
    fluctuation = scene.Fluctuation(drawing["fluctuation"], drawing["fluctuate"])
    camera = scene.Camera(*(drawing[f"camera_{name}"] for name in ("gain", "noise", "shift", "turn")))
    rest = fluctuation, camera, drawing["seed"], image_set, len(images)
    for index, (picture, mask) in enumerate(scene.draw_set(drawing["part"], changes, *rest)):
        pictures.write_jpeg(images[index], picture, drawing["jpeg_quality"])
        if masks:
            pictures.write_mask(masks[index], mask)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        drawing = files.read_json(snakemake.input[0], "how images are drawn")
        main(drawing, given.image_set, given.changes, snakemake.output.images, snakemake.output.masks)
