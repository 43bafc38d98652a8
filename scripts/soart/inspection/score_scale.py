"""The scores of one reading of the good photos in the unit of another's."""

from typing import NamedTuple

import numpy as np

from soart.inspection import calibration


class ScoreScale(NamedTuple):
    """ScoreScale: how scores and distances become those of another unit: factor x + offset."""

    factor: float = 1.0
    offset: float = 0.0


def surety(photos: int, unsure: float) -> float:
    """Return how much of what n good photos tell is believed, 0 to 1: n / (n + `unsure`).

    >>> surety(10, 10.0)
    0.5
    """
    return photos / (photos + unsure)


def scale_beside(scores: np.ndarray, others: np.ndarray, reserve: float = 0.0) -> ScoreScale:
    """Return the scale of scores of n good photos, (n,), beside other scores of the same.

    Their upper fifth, or as many as tell anything (`calibration.LEAST_HIGH`), then has the mean excess of the others',
    and starts `reserve` mean excesses lower. Photos that are odd beyond doubt by either do not count: by one of them,
    which one reading sees as a hundred times as far as the others, that reading would be muted for all new photos.
    """
    odd = calibration.find_odd(scores, calibration.SURE_CHANCE) | calibration.find_odd(others, calibration.SURE_CHANCE)
    if 2 * odd.sum() < len(odd):
        scores, others = scores[~odd], others[~odd]
    high = [calibration.upper_fifth(each, calibration.LEAST_HIGH) for each in (scores, others)]
    (_, start, excess), (_, wanted, wanted_excess) = high
    factor = wanted_excess / excess
    return ScoreScale(factor, wanted - reserve * wanted_excess - factor * start)
