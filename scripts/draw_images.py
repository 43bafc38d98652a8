"""Draw the images of one set, and for an error set the masks of what the error changes."""

from soart import job, scene, streams
from soart.storage import pictures


def main(
    images: list[str],
    masks: list[str],
    seed: int,
    image_set: str,
    part: dict,
    changes: list[dict],
    fluctuation: scene.Fluctuation,
    camera: scene.Camera,
    jpeg_quality: int,
) -> None:
    """Draw image i of the set from the random stream (seed, set, i); `masks` is empty for good images."""
    for index, path in enumerate(images):
        rng = streams.generator(seed, image_set, index)
        picture, mask = scene.sample(part, changes, fluctuation, camera, rng)
        pictures.write_jpeg(path, picture, jpeg_quality)
        if masks:
            pictures.write_mask(masks[index], mask)


if "snakemake" in globals():
    with job.reporting(snakemake):
        params = snakemake.params
        main(
            images=snakemake.output.images,
            masks=snakemake.output.get("masks", []),
            seed=params.seed,
            image_set=params.image_set,
            part=params.scene,
            changes=params.changes,
            fluctuation=scene.Fluctuation(params.fluctuation, params.fluctuate),
            camera=scene.Camera(params.camera_gain, params.camera_noise, params.camera_shift, params.camera_turn),
            jpeg_quality=params.jpeg_quality,
        )
