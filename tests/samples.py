"""Pictures of the drawn part for tests: small, few, and the same every time."""

import io
from functools import cache
from pathlib import Path

import numpy as np
import yaml
from PIL import Image

from soart import scene, streams
from soart.inspection import nearest, onnx
from soart.inspection import network_jury as network_juries
from soart.inspection.detector import Judged
from soart.inspection.distances import Settings
from soart.inspection.image_model import ImageModel
from soart.inspection.network import Network, Use
from soart.inspection.network_jury import NetworkJury
from soart.photos import decoding, matrices
from soart.photos.geometry import Placement
from soart.storage import tables
from soart.storage.schemas import SCHEMAS

ROOT = Path(__file__).parents[1]
SMALL = Settings(size=15, total_warps=6, folds=4)
KINDS = {"good": [], "errorA": [{"leave_out": {"one_of": ["plus_top_left"]}}]}


def encoded(picture: Image.Image, kind: str = "PNG", **options) -> bytes:
    """A picture as the bytes of its file, by Pillow."""
    content = io.BytesIO()
    picture.save(content, kind, **options)
    return content.getvalue()


@cache
def jpeg(name: str, index: int, kind: str = "good", pixels: int = 10, gain: float = 0.0) -> bytes:
    """One photographed part as the bytes of a JPEG of quality 95."""
    part = yaml.safe_load((ROOT / "config" / "scene.yaml").read_text(encoding="utf-8"))
    picture, _ = scene.draw_sample(
        part,
        KINDS[kind],
        scene.Fluctuation(pixels, "all"),
        scene.Camera(gain),
        streams.generator(3, name, index),
    )
    return encoded(Image.fromarray(picture), "JPEG", quality=95)


@cache
def mosaics(name: str, count: int, settings: Settings = SMALL, kind: str = "good", gain: float = 0.0) -> np.ndarray:
    """Mosaics of `count` parts: (count, S, S, 3) uint8."""
    return np.stack(
        [
            matrices.mosaic(decoding.decode(jpeg(name, index, kind, gain=gain), name), settings.size)
            for index in range(count)
        ]
    )


def judged(mosaic: np.ndarray, model: ImageModel, placement: Placement | None = None) -> Judged:
    """Judge one mosaic by a model of colours; nothing is known of how its picture was saved."""
    return model.judge_mosaics([mosaic], [placement] if placement else [])[0]


def own_graph(side=16, damage=1.0, channels=(2, 3)):
    """A backbone of a user's: maps of strides 1 and 2, each a sum over colours of one pixel; and something flat."""
    kernels = [np.ones((channels[0], 3, 1, 1)) * damage, np.ones((channels[1], channels[0], 1, 1))]
    parts = [onnx.array(f"kernels{at}", each) for at, each in enumerate(kernels)]
    plain = {"kernel_shape": [1, 1], "pads": [0, 0, 0, 0], "group": 1}
    parts.append(onnx.node("Conv", ["x", "kernels0"], "first", strides=[1, 1], **plain))
    parts.append(onnx.node("Conv", ["first", "kernels1"], "second", strides=[2, 2], **plain))
    parts.append(onnx.node("Flatten", ["second"], "flat", axis=1))
    made = [("first", (1, channels[0], side, side)), ("second", (1, channels[1], side // 2, side // 2))]
    return onnx.model(parts, ("x", (1, 3, side, side)), [*made, ("flat", (1, channels[1] * side**2 // 4))])


USE = Use(("first", "second"), (2, 2), side=16, places=8, mean=(1.0, 2.0, 3.0), deviation=(2.0, 2.0, 4.0))


@cache
def pictures(name: str, count: int, kind: str = "good") -> np.ndarray:
    """`count` parts as the small network sees them: (count, 16, 16, 3) uint8 BGR."""
    found = (decoding.decode(jpeg(name, index, kind), name) for index in range(count))
    return np.stack([matrices.shrink(each, USE.side) for each in found])


@cache
def network_jury(count: int) -> NetworkJury:
    """A jury of `count` good parts by words of a small network, that sees colours alone."""
    network, names = Network(own_graph(), USE, "small.onnx"), [f"good {index}" for index in range(count)]
    return network_juries.learn(pictures("learn", count), names, network, nearest.Settings())


def photo_table(path, image_set: str, names: list[str], unregistered: tuple[str, ...] = ()) -> str:
    """A table of photos, of which only labels, paths and whether they were registered matter."""
    filled = {"text": "", "integer": 0, "number": 0.0, "truth": False}
    columns = {
        name: [None if column.gaps else filled[column.kind]] * len(names) for name, column in SCHEMAS["photos"].items()
    }  # gaps where they are allowed
    columns |= {"image": names, "set": [image_set] * len(names), "path": [f"photos/{name}.jpg" for name in names]}
    columns["unregistered"] = [name in unregistered for name in names]
    tables.write_parquet(path, columns, SCHEMAS["photos"])
    return str(path)
