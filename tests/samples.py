"""Pictures of the drawn part for tests: small, few, and the same every time."""

import io
from functools import cache
from pathlib import Path

import numpy as np
import yaml
from PIL import Image

from soart import scene, streams
from soart.inspection.distances import Settings
from soart.photos import decoding, matrices

ROOT = Path(__file__).parents[1]
SMALL = Settings(size=15, total_warps=6, folds=4)
KINDS = {"good": [], "errorA": [{"leave_out": {"one_of": ["plus_top_left"]}}]}


@cache
def jpeg(name: str, index: int, kind: str = "good", pixels: int = 10, gain: float = 0.0) -> bytes:
    """One photographed part as the bytes of a JPEG of quality 95."""
    part = yaml.safe_load((ROOT / "config" / "scene.yaml").read_text(encoding="utf-8"))
    picture, _ = scene.sample(
        part,
        KINDS[kind],
        scene.Fluctuation(pixels, "all"),
        scene.Camera(gain),
        streams.generator(3, name, index),
    )
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "JPEG", quality=95)
    return content.getvalue()


@cache
def mosaics(name: str, count: int, settings: Settings = SMALL, kind: str = "good", gain: float = 0.0) -> np.ndarray:
    """Mosaics of `count` parts: (count, S, S, 3) uint8."""
    return np.stack(
        [
            matrices.mosaic(decoding.decoded(jpeg(name, index, kind, gain=gain), name), settings.size)
            for index in range(count)
        ]
    )
