"""Draw circuit boards as a user's photos: each with its template, the errors with masks, beside a sheet."""

from soart import job, scene, streams
from soart.names import LEARN, NORMAL
from soart.plan import examples
from soart.storage import files, pictures


def main(part: dict, counts: dict[str, int], seed: int, fluctuation, camera, quality: int, folder: str) -> None:
    """Draw board i of a set from the random stream (seed, set, i); `counts` are of learn, normal and each error."""
    kinds = {LEARN: [], NORMAL: []} | {error["name"]: error["changes"] for error in part["errors"]}
    names = [(name, index) for name in kinds for index in range(counts.get(name, counts["error"]))]
    rows = []
    for name, index in names:
        rng = streams.generator(seed, name, index)
        photo, mask, template = scene.draw_sample_with_template(part, kinds[name], fluctuation, camera, rng)
        paths = [f"photos/{name}_{index}.jpg", f"masks/{name}_{index}.png", f"templates/{name}_{index}.jpg"]
        paths[1] = paths[1] if kinds[name] else ""
        pictures.write_jpeg(f"{folder}/{paths[0]}", photo, quality)
        pictures.write_jpeg(f"{folder}/{paths[2]}", template, quality)
        if kinds[name]:
            pictures.write_mask(f"{folder}/{paths[1]}", mask)
        rows.append(examples.sheet_row(name, *paths))
    files.write_sheet(f"{folder}/photos.tsv", rows)


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        fluctuation, camera = scene.Fluctuation(given.fluctuation), scene.Camera(noise=given.camera_noise)
        main(given.scene, given.counts, given.seed, fluctuation, camera, given.jpeg_quality, snakemake.output[0])
