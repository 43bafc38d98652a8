"""The benchmark's pictures: drawn once, kept as JPEG bytes in a cache outside the repository.

A *draw* is one seed in one setting: 50 good images to learn from, 60 normals and 60 images of each error
kind. The setting is part of the set's name in the random stream, so the four settings of a seed are
independent.
"""

import hashlib
import io
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import PIL
import yaml
from PIL import Image

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "scripts"))
from soart import scene, streams  # noqa: E402
from soart.photos import decoding as photos  # noqa: E402
from soart.photos import matrices  # noqa: E402
from soart.storage import files  # noqa: E402

SETTINGS = {
    "j3": (scene.Fluctuation(3, "all"), scene.Camera()),
    "j10": (scene.Fluctuation(10, "all"), scene.Camera()),
    "j20": (scene.Fluctuation(20, "all"), scene.Camera()),
    "photo": (scene.Fluctuation(10, "all"), scene.Camera(gain=0.15, noise=10.0)),
}
CHANGES = {
    error["name"]: error["changes"] for error in yaml.safe_load((HERE.parent / "kinds.yaml").read_text())["errors"]
}
KINDS = tuple(CHANGES)
COUNTS = {"learn": 50} | dict.fromkeys(("normal", *KINDS), 60)
QUALITY = 95
ROOT = HERE.parents[1]


def digest(*names: str) -> str:
    """Return a digest of the files' content: the cache keeps what was made with these files and no others."""
    return hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in names)).hexdigest()[:12]


DRAWN_BY = digest("config/scene.yaml", "benchmarks/kinds.yaml", "scripts/soart/scene.py", "scripts/soart/streams.py")
READ_BY = digest("scripts/soart/photos/matrices.py", "scripts/soart/photos/decoding.py")
FOLDER = Path(os.environ.get("SOART_BENCHMARK_CACHE", Path(tempfile.gettempdir()) / "soart-detection-benchmark"))
CACHE = FOLDER / f"{DRAWN_BY}-pillow-{PIL.__version__}"


def draw(setting: str, seed: int, name: str) -> tuple[list[bytes], np.ndarray]:
    """The JPEG bytes of a set's images, and their masks, (images, height, width) bool."""
    path = CACHE / "jpeg" / f"{setting}_{seed}_{name}.npz"
    if not path.exists():
        _draw_to(path, setting, seed, name)
    with np.load(path, allow_pickle=False) as stored:
        masks = np.unpackbits(stored["masks"], axis=-1, count=int(stored["width"])).astype(bool)
        return [part.tobytes() for part in np.split(stored["jpeg"], stored["ends"][:-1])], masks


def mosaics(setting: str, seed: int, name: str, size: int) -> np.ndarray:
    """The mosaics of a set as the workflow makes them: (images, size, size, 3) uint8, RGB."""

    def mosaic(jpeg: bytes) -> np.ndarray:
        return matrices.mosaic(photos.decode(jpeg, name), size)

    return _derived(setting, seed, name, f"mosaic_{size}_{READ_BY}", mosaic)


def gray(setting: str, seed: int, name: str, size: int) -> np.ndarray:
    """The seed's gray matrices of a set: (images, size, size) uint8."""

    def matrix(jpeg: bytes) -> np.ndarray:
        return matrices.gray_and_colour_matrices(photos.decode(jpeg, name), size)[0]

    return _derived(setting, seed, name, f"gray_{size}_{READ_BY}", matrix)


def _derived(setting: str, seed: int, name: str, label: str, made) -> np.ndarray:
    path = CACHE / label / f"{setting}_{seed}_{name}.npy"
    if not path.exists():
        jpegs, _ = draw(setting, seed, name)
        with files.replacing(path) as temporary:
            np.save(temporary, np.stack([made(jpeg) for jpeg in jpegs]))
    return np.load(path, allow_pickle=False)


def _draw_to(path: Path, setting: str, seed: int, name: str) -> None:
    part = yaml.safe_load((ROOT / "config" / "scene.yaml").read_text())
    fluctuation, camera = SETTINGS[setting]
    jpegs, masks = [], []
    for index in range(COUNTS[name]):
        rng = streams.generator(seed, f"{setting}/{name}", index)
        picture, mask = scene.draw_sample(part, CHANGES.get(name, []), fluctuation, camera, rng)
        content = io.BytesIO()
        Image.fromarray(picture).save(content, "JPEG", quality=QUALITY)
        jpegs.append(np.frombuffer(content.getvalue(), np.uint8))
        masks.append(np.packbits(mask, axis=-1))
    with files.replacing(path) as temporary:
        np.savez_compressed(
            temporary,
            jpeg=np.concatenate(jpegs),
            ends=np.cumsum([len(jpeg) for jpeg in jpegs]),
            masks=np.stack(masks),
            width=mask.shape[1],
        )
