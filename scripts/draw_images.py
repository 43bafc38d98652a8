"""Draw the images of one set, and for an error set the masks of what the error changes."""

from soart import job, scene
from soart.storage import pictures


def main(images: list[str], masks: list[str], drawn: dict, jpeg_quality: int) -> None:
    """Write the images of a set and, for an error, their masks; `drawn` are the keywords of `scene.drawn_set`."""
    for index, (picture, mask) in enumerate(scene.drawn_set(**drawn, count=len(images))):
        pictures.write_jpeg(images[index], picture, jpeg_quality)
        if masks:
            pictures.write_mask(masks[index], mask)


if "snakemake" in globals():
    with job.reporting(snakemake):
        params, made = snakemake.params, snakemake.output
        drawn = {
            "part": params.scene,
            "changes": params.changes,
            "fluctuation": scene.Fluctuation(params.fluctuation, params.fluctuate),
            "camera": scene.Camera(params.camera_gain, params.camera_noise, params.camera_shift, params.camera_turn),
            "seed": params.seed,
            "image_set": params.image_set,
        }
        main(made.images, made.get("masks", []), drawn, params.jpeg_quality)
