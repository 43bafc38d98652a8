"""Good parts that were saved otherwise than the learned ones are good, once copies were learned; defects are found."""

import io

import numpy as np
import pytest
import yaml
from PIL import Image

from conftest import ROOT
from soart import scene, streams
from soart.inspection import colour_jury, image_model, nearest, network, network_jury
from soart.inspection.calibration import FLAGGED, Alarm
from soart.inspection.distances import Settings
from soart.inspection.jury import Seen
from soart.photos import decoding, matrices, reading, resaving

PART = yaml.safe_load((ROOT / "config/scene.yaml").read_text(encoding="utf-8"))
WAYS = {"JPEG 80": {"quality": 80}, "JPEG 87": {"quality": 87}, "JPEG 95": {"quality": 95}, "PNG": None}
WAYS["JPEG 95, 4:4:4"] = {"quality": 95, "subsampling": 0}
DARKER = [{"recolour": {"one_of": ["disc_top_left", "square"], "factor": 0.9}}]
SETTINGS = Settings(size=31, total_warps=20)


def drawn(name: str, count: int, options: dict | None, changes: list = ()) -> list[bytes]:
    """Parts before a camera with a noise of one level, saved in one way."""
    contents = []
    for index in range(count):
        camera = scene.Camera(0.0, 1.0)
        picture = scene.draw_sample(PART, changes, scene.Fluctuation(10), camera, streams.generator(5, name, index))[0]
        content = io.BytesIO()
        Image.fromarray(picture).save(content, "PNG" if options is None else "JPEG", **(options or {}))
        contents.append(content.getvalue())
    return contents


def mosaics(contents: list[bytes]) -> list[np.ndarray]:
    return [matrices.mosaic(decoding.decode(each, "a"), SETTINGS.size) for each in contents]


@pytest.mark.slow
@pytest.mark.parametrize("learned", ["JPEG 95", "PNG"])
def test_saving_alone_flags_no_good_part(learned):
    good = drawn("learn", 24, WAYS[learned])
    way = resaving.Resaving(80, seed=1)
    copies = [resaving.copy_of(each, decoding.decode(each, "a"), way) for each in good]
    copies = [matrices.mosaic(each, SETTINGS.size) for each in copies]
    about = mosaics(good), (500, 500), SETTINGS, Alarm()
    plain, robust = image_model.learn(*about), image_model.learn(*about, resaved=copies)

    def flagged(model, seen: list[np.ndarray]) -> float:
        return float(np.mean([each.verdict.verdict == FLAGGED for each in model.judge_mosaics(seen)]))

    shares = {name: mosaics(drawn("test", 12, options)) for name, options in WAYS.items()}
    assert max(flagged(plain, seen) for seen in shares.values()) > 0.9
    assert max(flagged(robust, seen) for seen in shares.values()) <= 0.1
    assert flagged(robust, mosaics(drawn("darker", 12, WAYS[learned], DARKER))) == 1


@pytest.mark.slow
def test_nor_does_it_by_words_of_a_network_and_of_both():
    words, way = network.pretrained("lite0"), resaving.Resaving(80, seed=1)
    reader = reading.Reader(30, SETTINGS.size, picture=(500, 500), small=False, side=words.use.side)

    def seen(name: str, count: int, way: str, changes: list = ()) -> list[Seen]:
        found = [reading.read(each, "a", reader) for each in drawn(name, count, WAYS[way], changes)]
        return [Seen(each.saved, None, each.mosaic, each.shrunk) for each in found]

    good = [reading.read(each, "a", reader._replace(resaving=way)) for each in drawn("learn", 24, WAYS["PNG"])]
    names, copies = [str(row) for row in range(24)], [each.resaved for each in good]
    by_colour = colour_jury.learn([each.mosaic for each in good], SETTINGS, resaved=[each.mosaic for each in copies])
    tested = {name: seen("test", 8, name) for name in ("JPEG 80", "JPEG 95", "PNG")}
    for anew, expected in ((None, 1.0), ([each.shrunk for each in copies], 0.0)):
        pictures = [each.shrunk for each in good]
        by_network = network_jury.learn(pictures, names, words, nearest.Settings(), resaved=anew)
        model = image_model.of_juries([by_network, by_colour], (500, 500), Alarm(), SETTINGS.size)
        share = {
            name: np.mean([each.verdict.verdict == FLAGGED for each in model.judge(found)])
            for name, found in tested.items()
        }
        assert share["PNG"] <= 0.25
        assert abs(share["JPEG 80"] - expected) <= 0.25
        assert abs(share["JPEG 95"] - expected) <= 0.25
    assert all(each.verdict.verdict == FLAGGED for each in model.judge(seen("darker", 8, "PNG", DARKER)))
