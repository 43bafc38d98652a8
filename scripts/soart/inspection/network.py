"""Words of a picture by a small network that was trained on everyday photos; it runs in OpenCV.

Each output of the network is a stack of maps. At each of `places` x `places` places their 3 x 3 means are a word: D
numbers, of a fixed share of the maps of each output. A place of the grid is a square of the picture. The picture as a
whole has a word, too: the mean and the deviation of every map.
"""

import math
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from soart.inspection import onnx, trunks, weights
from soart.photos import matrices
from soart.storage import files

SHARE = 24, 40, 16, 0  # maps of each output that words take: measured for lite0, which has 24, 40, 112, 192
WHOLE = "whole"  # what drives a score more than any output does at a place
LARGEST = 1e15  # of a map's numbers: their squares must stay numbers; OpenCV gives 3e38 for an overflow
SEED = 0  # of the choice of these maps


class Use(NamedTuple):
    """Use: how a network is used."""

    outputs: tuple[str, ...]  # names
    maps: tuple[int, ...]  # taken of each output for the words of places; all where it has no more
    side: int  # pixels of the picture that it takes, a side
    places: int  # words of a picture, a side
    mean: tuple[float, float, float] = (127.0, 127.0, 127.0)  # red, green, blue: levels that are taken off
    deviation: tuple[float, float, float] = (128.0, 128.0, 128.0)  # levels by which they are then divided


class Network:
    """A network that is ready to run."""

    def __init__(self, graph: bytes, use: Use, name: str) -> None:
        """Raises `ValueError` where OpenCV cannot run the ONNX file `graph` as `use` says; `name` is for the error."""
        self.graph, self.use, self.name = graph, use, name
        if len(use.maps) != len(use.outputs):
            count = len(use.outputs)
            raise ValueError(f"{name}: expected how many maps to take of each of {count} outputs, got {use.maps}")
        if not any(use.maps):
            raise ValueError(f"{name}: expected maps for words of places, of one output at least, got {use.maps}")
        if WHOLE in use.outputs:
            raise ValueError(f"{name}: '{WHOLE}' is what the photo as a whole is called; give that output another name")
        try:
            damaged = onnx.damaged_arrays(graph)
            self._net = cv2.dnn.readNetFromONNX(np.frombuffer(graph, np.uint8))
        except (cv2.error, ValueError, TypeError) as error:
            raise ValueError(f"{name}: expected a network as ONNX; OpenCV cannot read it ({_reason(error)})") from None
        if damaged:
            raise ValueError(f"{name}: expected weights that are numbers; '{damaged[0]}' has others, export it again")
        self._made = self._net.getUnconnectedOutLayersNames()
        if missing := [output for output in use.outputs if output not in self._made]:
            raise ValueError(
                f"{name}: expected a network with the outputs {', '.join(use.outputs)}; "
                f"it has no {', '.join(missing)} but {', '.join(self._made)}"
            )
        gray = np.full((use.side, use.side, 3), 128, np.uint8)
        shapes = [maps.shape for maps in self._maps(gray)]
        for output, shape in zip(use.outputs, shapes, strict=True):
            if len(shape) != 4 or shape[0] != 1 or shape[2] != shape[3]:
                raise ValueError(f"{name}: expected maps, 1 x channels x n x n, of the output {output}, got {shape}")
        rng = np.random.default_rng(SEED)
        counts = zip(shapes, use.maps, strict=True)
        self._chosen = [np.sort(rng.permutation(shape[1])[:count]) for shape, count in counts]
        self._means = [means(shape[-1], use.places) for shape in shapes]
        self.whole_length = 2 * sum(shape[1] for shape in shapes)  # L, numbers of the word of a whole picture
        self.words(gray)

    @property
    def share(self) -> list[int]:
        """Return how many maps of each output are taken."""
        return [len(chosen) for chosen in self._chosen]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(places, places, D), of a picture's words."""
        return self.use.places, self.use.places, sum(self.share)

    def words(self, picture: np.ndarray) -> np.ndarray:
        """Return the words of a picture, (height, width, 3) uint8 BGR: (places, places, D) float32."""
        return self._words_of(self._maps(picture))

    def read(self, picture: np.ndarray, hidden: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the words of a picture, as `words`, and its word as a whole, (L,) float32.

        The word as a whole is the mean of every map of every output, then the deviation of each, over what is not
        `hidden`, (places^2,) bool.
        """
        maps = self._maps(picture)
        whole = np.concatenate([mean_and_deviation(each[0], hidden) for each in maps], axis=1).ravel()
        return self._words_of(maps), whole

    def _words_of(self, maps: list[np.ndarray]) -> np.ndarray:
        found = zip(maps, self._chosen, self._means, strict=True)
        words = np.concatenate([rows @ each[0, chosen] @ rows.T for each, chosen, rows in found])
        return np.ascontiguousarray(words.transpose(1, 2, 0))

    def _maps(self, picture: np.ndarray) -> list[np.ndarray]:
        picture = matrices.shrink(picture, self.use.side)
        planes = picture[..., ::-1].transpose(2, 0, 1).astype(np.float32)
        mean, deviation = (np.array(each, np.float32)[:, None, None] for each in (self.use.mean, self.use.deviation))
        self._net.setInput(((planes - mean) / deviation)[None])
        try:
            found = dict(zip(self._made, self._net.forward(self._made), strict=True))
        except cv2.error as error:
            taken = f"a picture of {self.use.side} x {self.use.side} pixels"
            raise ValueError(f"{self.name}: it cannot take {taken} ({_reason(error)})") from None
        maps = [found[output] for output in self.use.outputs]
        if not all(np.abs(each).max() < LARGEST for each in maps):  # nor NaN
            raise ValueError(f"{self.name}: the network gives values that are no numbers of use; export it again")
        return maps


def pretrained(name: str) -> Network:
    """Return a network of `trunks.TRUNKS` with its package's weights; raises `ValueError` as `weights.read_package`."""
    trunk = trunks.TRUNKS[name]
    graph = trunks.graph(weights.read_package(trunk.package), trunk)
    return Network(graph, Use(trunks.TAPPED, SHARE, trunk.side, trunk.places), name)


def read(path: str | Path, use: Use) -> Network:
    """Return the network of an ONNX file; raises `ValueError` as `Network`, `OSError` where there is no file."""
    return Network(files.existing(path, "a network as ONNX").read_bytes(), use, str(path))


def means(count: int, places: int) -> np.ndarray:
    """Return the weights, (places, count) float32, by which `count` values in a row become `places` values.

    The mean of three neighbours, zeros beyond the ends; of these, to fewer places the mean of those that a place
    touches, to more places the line between the centres.
    """
    index = np.arange(count)
    three = (abs(index[:, None] - index) <= 1) / 3
    if places > count:
        at = np.maximum((np.arange(places) + 0.5) * count / places - 0.5, 0)[:, None]
        before = np.minimum(at.astype(int), count - 1)
        after = np.minimum(before + 1, count - 1)
        share = (index == before) * (1 - (at - before)) + (index == after) * (at - before)
    else:
        edges = np.arange(places + 1)[:, None] * count
        first, last = edges[:-1] // places, -(-edges[1:] // places)
        share = ((index >= first) & (index < last)) / (last - first)
    return (share @ three).astype(np.float32)


def mean_and_deviation(maps: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """Return the mean and the deviation of each of C maps, (C, n, n) -> (2, C) float32, over what is not `hidden`.

    `hidden`, (g^2,) bool, is of a grid over the same picture. An element of a map counts by the share of it that is
    not hidden; all count alike where everything is.
    """
    values = maps.reshape(len(maps), -1)
    if hidden.all() or not hidden.any():
        return np.stack([values.mean(axis=1), values.std(axis=1)])
    side = math.isqrt(hidden.size)
    shown = (~hidden).reshape(side, side).astype(np.float32)
    shares = cv2.resize(shown, maps.shape[:0:-1], interpolation=cv2.INTER_AREA).ravel()
    shares /= shares.sum()
    mean = values @ shares
    return np.stack([mean, np.sqrt(np.square(values - mean[:, None]) @ shares)])


def _reason(error: Exception) -> str:
    return " ".join(str(getattr(error, "err", "") or error).split())
