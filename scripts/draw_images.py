"""Settle what all images are drawn from, the part, its fluctuation, the camera, the seed; draw_set.py draws them."""

import json

from soart import job
from soart.storage import files


def main(drawing: dict, path: str) -> None:
    """Write what all sets share as JSON: to force this job draws every set anew."""
    with files.whole(path) as temporary:
        temporary.write_text(json.dumps(drawing, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if "snakemake" in globals():
    with job.reporting(snakemake) as given:
        main(given.drawing, snakemake.output[0])
