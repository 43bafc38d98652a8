"""Record what the run made: a hash of the values in every result, and what they came from."""

import platform

import numpy as np
from PIL import features

from soart import job
from soart.storage import files, manifest


def machine() -> dict[str, str]:
    """What a result can depend on beyond code, configuration and packages."""
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}, {' '.join(platform.libc_ver())}",
        "processor": ", ".join(np.show_config("dicts").get("SIMD Extensions", {}).get("found", [])),
        "jpeg_library": f"libjpeg-turbo {features.version('libjpeg_turbo')}",
    }


if "snakemake" in globals():
    with job.reporting(snakemake):
        params = snakemake.params
        for leftover in files.leftovers("results"):
            leftover.unlink()
        origin = {name: params[name] for name in ("config", "scene", "sources", "packages")}
        manifest.write(
            snakemake.output[0], origin | {"machine": machine(), "results": manifest.results(params.made_by)}
        )
