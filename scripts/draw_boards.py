"""Draw circuit boards as a user's photos: each with its template, the errors with masks, beside a sheet."""

import csv
from pathlib import Path

from soart import job, scene, streams
from soart.names import COLUMNS, LEARN, NORMAL
from soart.storage import files, pictures


def draw_boards(part: dict, counts: dict[str, int], seed: int, fluctuation, camera, quality: int, folder: Path) -> None:
    """Draw board i of a set from the random stream (seed, set, i); `counts` are of learn, normal and each error."""
    kinds = {LEARN: [], NORMAL: []} | {error["name"]: error["changes"] for error in part["errors"]}
    rows = []
    for name, changes in kinds.items():
        for index in range(counts.get(name, counts["error"])):
            rng = streams.generator(seed, name, index)
            photo, mask, template = scene.sample_with_template(part, changes, fluctuation, camera, rng)
            stem = f"{name}_{index}"
            paths = [f"photos/{stem}.jpg", f"masks/{stem}.png" if changes else "", f"templates/{stem}.jpg"]
            pictures.write_jpeg(folder / paths[0], photo, quality)
            pictures.write_jpeg(folder / paths[2], template, quality)
            if changes:
                pictures.write_mask(folder / paths[1], mask)
            split, kind = ("good", "") if name == LEARN else ("inspect", name if changes else "good")
            rows.append([paths[0], split, kind, *paths[1:]])
    with files.whole(folder / "photos.tsv") as temporary, temporary.open("w", encoding="utf-8") as sheet:
        csv.writer(sheet, delimiter="\t", lineterminator="\n").writerows([COLUMNS, *rows])


if "snakemake" in globals():
    with job.reporting(snakemake):
        params = snakemake.params
        draw_boards(
            part=params.scene,
            counts=params.counts,
            seed=params.seed,
            fluctuation=scene.Fluctuation(params.fluctuation),
            camera=scene.Camera(noise=params.camera_noise),
            quality=params.jpeg_quality,
            folder=Path(snakemake.output[0]),
        )
