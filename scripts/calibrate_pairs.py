"""Compare the good photos with their templates; write how sure later comparisons are, and the calibration card."""

from collections.abc import Iterator

import numpy as np

from soart import job
from soart.inspection import calibration, models, pair_verdicts, pairs
from soart.storage import tables
from soart.storage.schemas import SCHEMAS


def heats(pictures: list[tuple[str, str]], picture: tuple[int, int], settings: pairs.Settings) -> Iterator[np.ndarray]:
    """The heat map of each good pair, (photo, template), one after the other."""
    for paths in pictures:
        photo, template = pair_verdicts.read(*paths, picture)
        yield pairs.compared(photo, template, settings).heat


def calibrate_pairs(pictures: list[tuple[str, str]], picture, settings, alarm, model: str, card: str) -> None:
    """`pictures` are the photos and templates of the good pairs, in an order that does not depend on shards."""
    calibrated = models.calibrate(heats(pictures, tuple(picture), settings), tuple(picture), settings, alarm)
    models.save(model, calibrated)
    tables.write_csv(card, calibration.card_columns(calibrated.held_out, alarm.rate), SCHEMAS["calibration"])


if "snakemake" in globals():
    with job.reporting(snakemake):
        params = snakemake.params
        readable = sorted(tables.read_several(snakemake.input.mosaics, ["image"])["image"].tolist())
        paths = dict(zip(params.names, zip(params.photos, params.templates, strict=True), strict=True))
        job.log.info("%d photo(s) and templates as of %s", len(readable), params.state)
        calibrate_pairs(
            pictures=[paths[name] for name in readable],
            picture=params.picture,
            settings=pairs.Settings(params.mosaic_size, params.decoding, **params.pair),
            alarm=calibration.Alarm(params.false_alarm_rate, params.alarm),
            model=snakemake.output.model,
            card=snakemake.output.calibration,
        )
