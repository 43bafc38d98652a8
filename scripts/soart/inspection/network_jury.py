"""The good photos as judges by words of a network: of each place, and of the photo as a whole; and its form as a file.

The score of the places, the mean of the largest distances, and the distance of the whole are together the score:
(1 - s) places + s whole, the whole in the unit of the places (`scale_beside`), s = `whole` n / (n + `unsure`). Where
the photo differs is told by the places alone. What a registered photo does not show is filled from the standard: as a
whole it is read with that, since its mean would be of something else without.
"""

import tempfile
from collections.abc import Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import numpy as np

from soart.inspection import calibration, kinds, nearest, places, whole
from soart.inspection.jury import OUT_OF_VIEW, Found, Seen
from soart.inspection.learning import by_content
from soart.inspection.nearest import LearnedJudges, Settings
from soart.inspection.network import WHOLE, Network, Use
from soart.inspection.score_scale import scale_beside, surety
from soart.inspection.stored import Stored, nest
from soart.inspection.trunks import TAPPED
from soart.inspection.whole import LearnedWhole
from soart.photos.resaving import VERSIONS, versions

LIMITS = {
    "window": (0, 10),
    "judges": (1, 1000),
    "common": (1e-6, 0.999),
    "linear": (0, 1),
    "whole": (0, 1),
    "faint": (1e-6, 10),
    "unsure": (0, 1000),
    "reserve": (0, 100),
    "blunt": (0.1, 1000),
    "prior": (0, 1000),
    "top": (1, 1000),
    "sharpness": (0, 1000),
    "symmetry": (0, 1000),
}
KINDS = dict(zip(TAPPED[:3], ("its finest details", "its edges and corners", "its larger forms"), strict=True))
WAYS = 8  # in which a square can lie
PROBED = 10  # photos that tell symmetries, and whether saving anew is borne, at most
MOST_WORDS = 400  # photos and copies to learn from; of more the judges would be too extreme: benchmarks/photos
USE_LIMITS = {"side": (16, 4096), "places": (1, 512)}


class NetworkJury:
    """Network jury: what words of a network told of n good photos, and the network itself."""

    name = "network"

    def __init__(
        self,
        network: Network,
        settings: Settings,
        learned: LearnedJudges,
        learned_whole: LearnedWhole,
        hidden: np.ndarray,
        photos: Sequence[str],
        of_kinds: np.ndarray,
    ) -> None:
        self.network, self.settings, self.learned, self.learned_whole = network, settings, learned, learned_whole
        self.hidden = hidden  # (places^2,) bool: what no good photo shows or nobody asks for: the whole is read without
        self.photos = tuple(photos)  # names of the good ones
        self.kinds = of_kinds  # (n,) int32: `kinds.find_kinds`
        self.foreign = calibration.set_apart(of_kinds)  # (n,) bool: good photos that do not count beside the others
        self.share = settings.whole * surety(len(self.photos), settings.unsure)  # s, of the photo as a whole
        self.scale = scale_beside(learned_whole.held_out[~self.foreign], learned.held_out[~self.foreign])

    @property
    def size(self) -> int:
        """Places a side."""
        return self.network.use.places

    @property
    def side(self) -> int:
        """Pixels of the picture that the network takes, a side."""
        return self.network.use.side

    @property
    def held_out(self) -> np.ndarray:
        """(n,) float64: the score of each good photo while it was held out."""
        return self._together(
            self.learned.held_out, self.scale.factor * self.learned_whole.held_out + self.scale.offset
        )

    def _together(self, near: np.ndarray, far: np.ndarray) -> np.ndarray:
        return (1 - self.share) * near + self.share * far

    def find(self, photos: Sequence[Seen], hidden: Sequence[np.ndarray | None]) -> list[Found | str]:
        """Return what is found of each photo, or why it cannot be compared."""
        return [
            OUT_OF_VIEW if apart is not None and apart.all() else self._found(photo.small, apart)
            for photo, apart in zip(photos, hidden, strict=True)
        ]

    def _found(self, picture: np.ndarray, hidden: np.ndarray | None) -> Found:
        words, word = self.network.read(picture, self.hidden)
        distances = nearest.distances(words, self.learned, self.settings, hidden)
        score, far = nearest.score(distances, self.settings, hidden), self.distance(word)
        counted = places.counted(distances, hidden)
        place = int(counted.argmax())
        return Found(
            self._together(score, far),
            place,
            float(distances.ravel()[place]),
            lambda: WHOLE if far > score else self.kind(words, place),
            partial(np.greater_equal, counted),
            lambda: distances,
        )

    def distance(self, word: np.ndarray) -> float:
        """Return how far a picture as a whole, (L,), is from the good photos, in the unit of the places' scores."""
        return self.scale.factor * whole.distance(word, self.learned_whole, self.settings) + self.scale.offset

    def kind(self, words: np.ndarray, place: int) -> str:
        """Return what drives the distance at a place: the network's output that most of it comes from.

        e = |v|^2 = o' W v, v = W' o the whitened offset o of the word from its nearest judge: a sum over the numbers of
        the word, and so over the outputs.
        """
        offset, whitened = self._offset(words, place)
        shares = np.split(offset * (self.learned.whitening @ whitened), np.cumsum(self.network.share)[:-1])
        return self.network.use.outputs[int(np.argmax([share.sum() for share in shares]))]

    def _offset(self, words: np.ndarray, place: int) -> tuple[np.ndarray, np.ndarray]:
        around = np.unique(nearest.neighbours(self.size, self.settings.window)[place])
        judges = self.learned.judges[around].reshape(-1, words.shape[2])
        offsets = words.reshape(-1, words.shape[2])[place] @ self.learned.whitening - judges
        whitened = offsets[np.square(offsets).sum(axis=1).argmin()].astype(np.float64)
        return np.linalg.lstsq(self.learned.whitening.T.astype(np.float64), whitened)[0], whitened

    def reason(self, picture: np.ndarray, place: int, hidden: np.ndarray | None) -> str:
        """Return in words why a picture, (side, side, 3) uint8 BGR, is far from what good photos have, at its place."""
        words, word = self.network.read(picture, self.hidden)
        kind, count = self.kind(words, place), len(self.photos)
        seen = f"most of all in {KINDS[kind]}" if kind in KINDS else f"most of all at the network's output {kind}"
        distances = nearest.distances(words, self.learned, self.settings, hidden)
        score = nearest.score(distances, self.settings, hidden)
        if self.distance(word) > score:
            return f"as a whole unlike {count} good ones, more than at its strangest places; here {seen}"
        return f"a look that none of {count} good ones has there or beside, {seen}"

    def judges_at(self, picture: np.ndarray, place: int) -> list[tuple[str, float]]:
        """Return the good photos that are the judges of a place, and how much each weighs, the largest first."""
        photos, weights = nearest.judges_at(self.network.words(picture), self.learned, self.settings, place)
        return [(self.photos[photo], float(weight)) for photo, weight in zip(photos, weights, strict=True)]


class Probed(NamedTuple):
    """Probed: the good photos that tell what all are like."""

    photos: np.ndarray  # (m,) indexes, m <= `PROBED`, by content
    counts: np.ndarray  # (places^2,) bool: which places count in any of them


def probe(pictures: Sequence[np.ndarray], network: Network, hidden: np.ndarray | None = None) -> Probed:
    """Return which of n good photos are probed, n of (side, side, 3) uint8 BGR: each is read for it."""
    photos = by_content(pictures)[:PROBED]
    counts = np.ones(network.use.places**2, bool) if hidden is None else ~hidden[photos].all(axis=0)
    return Probed(photos, counts)


def learn(
    pictures: Sequence[np.ndarray],
    names: Sequence[str],
    network: Network,
    settings: Settings,
    hidden: np.ndarray | None = None,
    resaved: Sequence[np.ndarray] | None = None,
) -> NetworkJury:
    """Learn from n good photos, n of (side, side, 3) uint8 BGR; `names` tell them later.

    `resaved`, as the pictures: copies that were saved anew (`photos.resaving`). Where good ones' places `bear_saving`,
    these learn nothing from copies, and the photo as a whole from `PROBED` of them, see `whole.learn`. Elsewhere each
    photo, held out, is inspected in three versions, `resaving.versions`, and its score is the highest. Photos of
    another kind than most are judges, but do not count in what distances good ones have (`calibration.set_apart`). The
    words wait in a temporary file. Raises `ValueError` as `nearest.learn`.
    """
    probed = probe(pictures, network, hidden)
    ways = symmetries(pictures, probed, network, settings)
    borne = resaved is None or bear_saving(pictures, resaved, probed, network, settings)
    count, photos = 1 if borne else VERSIONS, len(names)
    wholes = np.empty((count, photos, network.whole_length), np.float32)
    never = np.zeros(network.use.places**2, bool) if hidden is None else hidden.all(axis=0)
    with _words_on_disk((count + len(ways), photos), network) as words:
        for photo, picture in enumerate(pictures):
            for row, version in enumerate([picture] if borne else versions(picture, resaved[photo])):
                words[row, photo], wholes[row, photo] = network.read(version, never)
            for row, way in zip(words[count:], ways, strict=True):
                row[photo] = network.words(turned(picture, way))
        of_kinds = kinds.find_kinds(words[0], never)
        foreign = calibration.set_apart(of_kinds)
        learned = nearest.learn(words[0], settings, hidden, words[count:], words[1:count], foreign)
    told = probed.photos if resaved is not None and borne else ()
    copies = {photo: network.read(resaved[photo], never)[1] for photo in told}
    learned_whole = whole.learn(wholes[0], settings, wholes[1:], copies, foreign)
    return NetworkJury(network, settings, learned, learned_whole, never, names, of_kinds)


def bear_saving(
    pictures: Sequence[np.ndarray],
    resaved: Sequence[np.ndarray],
    probed: Probed,
    network: Network,
    settings: Settings,
) -> bool:
    """Return whether n good photos' places are like each other's copies', saved anew, as the `probed` tell.

    As like as `symmetry` asks of mirrored copies, or its default, where these are not wanted.
    """
    if len(pictures) < 3:
        return True
    settings = settings._replace(symmetry=settings.symmetry or nearest.DEFAULTS["symmetry"])
    words = (np.stack([network.words(each[photo]) for photo in probed.photos]) for each in (pictures, resaved))
    return nearest.alike(*words, settings, probed.counts)


def symmetries(pictures: Sequence[np.ndarray], probed: Probed, network: Network, settings: Settings) -> list[int]:
    """Return by which of `turned`'s ways n good photos are like each other, as the `probed` tell.

    But no more than there are `MOST_WORDS` for; the first.
    """
    most = MOST_WORDS // len(pictures) - 1
    if len(pictures) < 3 or most < 1 or not settings.symmetry:
        return []

    def words(way: int) -> np.ndarray:
        return np.stack([network.words(turned(pictures[photo], way)) for photo in probed.photos])

    plain = words(0)
    return [way for way in range(1, WAYS) if nearest.alike(plain, words(way), settings, probed.counts)][:most]


def turned(picture: np.ndarray, way: int) -> np.ndarray:
    """Return a picture as it is (0) or in one of the seven other ways that a square can lie: (side, side, 3).

    The bits of `way`: 4 rows and columns change places, 2 upside down, 1 left is right; in this order.
    """
    found = picture.swapaxes(0, 1) if way & 4 else picture
    return np.ascontiguousarray(found[:: -1 if way & 2 else 1, :: -1 if way & 1 else 1])


@contextmanager
def _words_on_disk(counts: tuple[int, ...], network: Network):
    with tempfile.TemporaryFile() as file:
        yield np.memmap(file, np.float32, "w+", shape=(*counts, *network.shape))


def stored(jury: NetworkJury) -> tuple[dict, dict[str, np.ndarray]]:
    """Return the values and arrays of a jury, its network among them."""
    network = jury.network
    about = {"name": network.name, "use": network.use._asdict(), "settings": jury.settings._asdict()}
    arrays = jury.learned._asdict() | {"graph": np.frombuffer(network.graph, np.uint8)}
    del arrays["centre"], arrays["agreement"]  # they follow from the judges
    arrays["judges"] = jury.learned.judges.astype(np.float16)  # nothing is lost: see `nearest.PlaceJudges`
    arrays |= {"hidden": jury.hidden, "kinds": jury.kinds}
    part = nest("whole", {"scale": jury.scale}, jury.learned_whole._asdict())
    return about | {"photos": jury.photos} | part[0], arrays | part[1]


def restored(part: Stored) -> NetworkJury:
    """Return the jury of `stored`; raises `ValueError` where something is missing or of another form."""
    use, name = part.record("use", Use, USE_LIMITS), part.value("name", str)
    network = Network(part.array("graph", np.uint8, None).tobytes(), use, f"{part.path}: {name}")
    network.name = name
    places, length, count = use.places**2, network.shape[2], part.array("held_out", np.float64, None).size
    judges = part.array("judges", np.float16, places, None, length).astype(np.float32)
    photos = part.array("photos", np.int32, places, judges.shape[1])
    if photos.min() < 0 or photos.max() >= count:
        raise part.error(f"photos as numbers of {count} good ones", f"{photos.min()} to {photos.max()}")
    settings = part.record("settings", Settings, LIMITS)
    learned = LearnedJudges(
        *nearest.assembled(part.array("whitening", np.float32, length, length), judges, photos, settings.common),
        part.array("expected", np.float32, 2, places),
        part.positive("deviation", np.float32, 2, places),
        part.arrays["held_out"],
    )
    hidden, photos = part.array("hidden", np.bool_, places), part.names("photos", count)
    of_whole = part.part("whole")
    jury = NetworkJury(
        network, settings, learned, _whole(of_whole, network, count), hidden, photos, _kinds(part, count)
    )
    if not np.allclose(jury.scale, of_whole.value("scale", tuple[float, float])):
        raise of_whole.error("scores of good photos, of places and as a whole, that its scale is of", jury.scale)
    return jury


def _kinds(part: Stored, count: int) -> np.ndarray:
    found = part.array("kinds", np.int32, count)
    sizes = np.bincount(np.maximum(found, 0))
    if found.min() < 0 or not sizes.all() or (np.diff(sizes) > 0).any():
        raise part.error("kinds of good photos from 0 on, the largest first", found)
    return found


def _whole(part: Stored, network: Network, count: int) -> LearnedWhole:
    length = network.whole_length
    found = LearnedWhole(
        part.positive("usual", np.float32, length // 2),
        part.array("mean", np.float32, length),
        part.array("scale", np.float32, length),
        part.array("directions", np.float32, length, None),
        part.array("held_out", np.float64, count),
    )
    if found.scale.min() < 0 or found.held_out.min() < 0:
        raise part.error("scale and held_out of the whole from 0", min(found.scale.min(), found.held_out.min()))
    products = found.directions.T @ found.directions
    lengths = np.diag(products)
    aslant = np.abs(products - np.diag(lengths)).max()
    if lengths.max() > 1.001 or aslant > 1e-3:  # else they would forgive anything
        got = f"lengths up to {lengths.max():g}, products up to {aslant:g}"
        raise part.error("directions that are square to each other and at most 1 long", got)
    return found
