"""Learning from good images alone: sums over the images, and held-out folds to know their scores.

n good images, T = S^2 places, d numbers a word. What is learned depends on what the images show, to the bit, and
neither on their names nor on their order: sums, folds and warps follow the images' content.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from soart.inspection import distances as inspection
from soart.inspection import judges, scales
from soart.inspection.distances import Judges, Settings
from soart.inspection.words import warps
from soart.photos.brightness import level_brightness, reference, sensitivity
from soart.photos.resaving import versions
from soart.storage.rows import Rows


class Learned(NamedTuple):
    """The outcome of learning from n good images."""

    judges: Judges
    held_out: np.ndarray  # (n,) float64: the score of each good image while it was held out
    sensitivities: np.ndarray  # (n,) float64


def fit(
    mosaics: Sequence[np.ndarray],
    settings: Settings,
    names: Sequence[str] | None = None,
    unseen: Callable[[int], np.ndarray] | None = None,
    resaved: Sequence[np.ndarray] | None = None,
    foreign: np.ndarray | None = None,
) -> Learned:
    """Learn from the mosaics of n >= 2 good images, (S, S, 3) uint8 each; `names` are for the errors.

    `unseen` says of an image which places its picture does not show, (T,) bool. Held out, it is inspected without them,
    as any other image; what the sums count there is what the place is filled with.

    `resaved`, as the mosaics: copies that were saved anew (`photos.resaving`). What saving adds to a word is a part of
    the spread. Held out, an image is inspected in three versions: itself, its copy, and its mirror. The mirror lacks
    what saving added to the copy: it stands for photos that keep more than the good ones.

    `foreign`, (n,) bool: images of another kind, which do not count in what distances good ones have.

    Fold f holds every `folds`-th image in the order of their content, from the f-th on. Images are taken in blocks, and
    2 T float32 numbers a version of an image wait in a temporary file. Memory does not grow with n where `mosaics` is a
    `mosaics.Mosaics`, which reads each when it is asked for.
    Raises `ValueError` for fewer than two images, a constant or black image, or images without a difference.
    """
    names = names or [f"good image {image}" for image in range(len(mosaics))]
    good = level_good(mosaics, settings, names, resaved, unseen)
    order = by_content(mosaics)
    folds = [np.arange(first, len(order), settings.folds) for first in range(min(settings.folds, len(order)))]
    total = good.sums(order[np.concatenate(folds)])
    hidden = np.array([unseen(image) for image in order]) if unseen else None
    with Rows(len(order), len(good.versions(0)), 2, settings.size**2) as roots:
        for fold in folds:
            kept = good.settled(total.minus(good.sums(order[fold])))
            for place, image in zip(fold, order[fold], strict=True):
                apart = None if hidden is None else hidden[place]
                spoken = (inspection.sentence(each, kept, settings, apart)[0] for each in good.versions(image))
                roots[place] = np.stack([inspection.roots(each, kept, settings.shift) for each in spoken])
        scale, scores = scales.fit_scale(roots, settings, hidden, None if foreign is None else foreign[order])
    held_out = np.empty(len(order))
    held_out[order] = scores
    return Learned(good.settled(total)._replace(**scale._asdict()), held_out, good.levels)


def digest(mosaic: np.ndarray) -> bytes:
    """SHA-256 of what a mosaic shows, (S, S, 3) uint8."""
    return hashlib.sha256(np.ascontiguousarray(mosaic)).digest()


def by_content(mosaics: Sequence[np.ndarray]) -> np.ndarray:
    """An order of images that no renaming changes: (n,) indexes, by `digest`."""
    digests = [digest(mosaic) for mosaic in mosaics]
    return np.array(sorted(range(len(digests)), key=digests.__getitem__))


class Good(NamedTuple):
    """The good images, each brought to the same brightness when it is asked for."""

    mosaics: Sequence[np.ndarray]  # n of (S, S, 3) uint8
    reference: np.ndarray  # (S, S, 3) float32: their mean
    levels: np.ndarray  # (n,) float64: their sensitivities
    settings: Settings
    resaved: Sequence[np.ndarray] | None = None  # n of (S, S, 3) uint8: copies that were saved anew
    unseen: Callable[[int], np.ndarray] | None = None  # which places an image's picture does not show, (T,) bool

    def versions(self, image: int) -> list[np.ndarray]:
        """One image, (S, S, 3) uint8; where there is a copy that was saved anew, in all `resaving.versions`."""
        own = self.mosaics[image]
        if self.resaved is None:
            return [own]
        return versions(own, self.resaved[image])

    def copy(self, image: int) -> np.ndarray:
        """One copy that was saved anew, (S, S, 3) float32, levelled as any image is."""
        copy, hidden = self.resaved[image], self.unseen(image) if self.unseen else None
        return level_brightness(copy, sensitivity(copy, self.reference, *self.settings.brightness, hidden))

    def values(self, image: int) -> np.ndarray:
        """One levelled mosaic, (S, S, 3) float32."""
        return level_brightness(self.mosaics[image], self.levels[image])

    def warps(self, image: int) -> np.ndarray:
        """Return its k = max(least_warps, ceil(total_warps / n)) warps, from (seed, content): (k, S, S, 3) float32."""
        count = max(self.settings.least_warps, -(-self.settings.total_warps // len(self.mosaics)))
        rng = np.random.default_rng([self.settings.seed, *digest(self.mosaics[image])])
        displacement, length = self.settings.warp_displacement, self.settings.warp_length
        return warps(self.values(image), count, displacement, length, rng)

    def sums(self, images: np.ndarray) -> judges.Sums:
        """The sums over some images, a block at a time."""
        total = None
        for start in range(0, len(images), judges.BLOCK):
            block = images[start : start + judges.BLOCK]
            own = np.stack([self.values(image) for image in block])
            copies = None if self.resaved is None else np.stack([self.copy(image) for image in block])
            part = judges.sums(own, np.stack([self.warps(image) for image in block]), self.settings.degree, copies)
            total = part if total is None else total.plus(part)
        return total

    def settled(self, total: judges.Sums) -> Judges:
        """The judges from their sums; what held-out images tell is still missing."""
        settings, places = self.settings, self.settings.size**2
        spread = judges.spread(total, settings.kappa, settings.warp_weight / len(self.mosaics))
        ridge = settings.ridge * spread.scale
        mean, precision = (each.astype(np.float32) for each in (spread.mean, judges.precision(spread, ridge)))
        length = mean.shape[-1]
        none, one = np.zeros((2, places), np.float32), np.ones((2, places), np.float32)
        shaped = mean.reshape(places, length), precision.reshape(places, length, length)
        return Judges(self.reference, *shaped, ridge, none, one)


def level_good(
    mosaics: Sequence[np.ndarray],
    settings: Settings,
    names: Sequence[str],
    resaved: Sequence[np.ndarray] | None = None,
    unseen: Callable[[int], np.ndarray] | None = None,
) -> Good:
    """The good images made comparable; raises `ValueError` as `fit`."""
    if len(mosaics) < 2:
        raise ValueError(f"expected at least 2 good images to learn from, got {len(mosaics)}")
    for name, mosaic in zip(names, mosaics, strict=True):
        if (mosaic == mosaic[0, 0]).all():
            colour = ", ".join(map(str, mosaic[0, 0]))
            raise ValueError(f"{name}: expected a picture of a part, got one colour ({colour}) everywhere")
    first = mosaics[0]
    if all((mosaic == first).all() for mosaic in mosaics):
        raise ValueError("the good images are all the same; expected images that differ as good parts do")
    norm = reference(mosaics)
    hidden = map(unseen, range(len(mosaics))) if unseen else [None] * len(mosaics)
    about = zip(mosaics, hidden, strict=True)
    levels = np.array([sensitivity(mosaic, norm, *settings.brightness, places) for mosaic, places in about])
    if not levels.min() > 0:
        raise ValueError(f"{names[levels.argmin()]}: the picture is black where good ones are not; leave it out")
    return Good(mosaics, norm, levels, settings, resaved, unseen)
