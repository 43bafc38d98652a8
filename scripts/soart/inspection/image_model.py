"""The model that compares photos with the good ones, by the words of one jury or of two.

Two juries, colour and network, have distances in units of their own. The colours' are brought to the network's, so that
of either jury the upper fifth of n good photos' scores (five at least) exceeds its start by the same mean, and starts
r such means lower for colour: score' = factor score + offset. So good photos reach a high score by colour exp(-r) times
as often as by the network. How much colours tell is known from what they see: r = `reserve` min(1, s a / `blunt`)^2,
for the change of a gray levels that doubles their usual score (`changes.doubling_change`), and s = n / (n + `unsure`):
n photos tell a part's colours so unsurely that a is larger by about 1 / s. The larger score counts, and good photos
have held-out scores of that kind, too: one alarm, of the rate that is asked for.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np

from soart import resolution
from soart.inspection import calibration, changes, colour_jury, network_jury, places
from soart.inspection.calibration import Alarm
from soart.inspection.colour_jury import ColourJury
from soart.inspection.detector import Judged
from soart.inspection.jury import Found, Jury, Seen
from soart.inspection.network_jury import NetworkJury
from soart.inspection.score_scale import ScoreScale, scale_beside, surety
from soart.inspection.verdict import FLAGGED, Odd, Verdict, join_warnings
from soart.names import ALIKE
from soart.photos import decoding, encodings, geometry, matrices, reading, registration
from soart.photos import region as regions
from soart.photos.geometry import Placement
from soart.storage.schemas import BOX

JURIES = {"network": network_jury, "colour": colour_jury}  # the order: the first there is gives the unit


class ImageModel(NamedTuple):
    """Juries of good photos, and how sure they are together."""

    picture: tuple[int, int]  # (width, height) that photos are brought to, in pixels
    alarm: Alarm
    size: int  # S, places of the heat map a side, and of the mosaic of colours
    juries: tuple[Jury, ...]  # in the order of `JURIES`
    scales: tuple[ScoreScale, ...]  # of each
    held_out: np.ndarray  # (n,) float64: scores of the good photos, each while it was held out
    fit: str = ALIKE  # how photos of another aspect are brought to the picture
    anchor: registration.Anchor | None = None  # what photos are registered on; None: they are taken as they are
    saved: encodings.LearnedEncodings = (
        encodings.LearnedEncodings()
    )  # how the good photos were saved, where that is known
    region: np.ndarray | None = None  # of interest, (height, width) bool: photos.region; None: everywhere
    good: tuple[str, ...] = ()  # names of the good photos, where they are known
    left_out: tuple[Odd, ...] = ()  # odd good photos that were not learned from: those not registered first
    in_full: bool = False  # whether photos are decoded in full, as the drawn images are that it learned from
    repeats: int = 0  # good photos that show what another one shows, and were not learned from once more

    beside_template = False

    @property
    def colour(self) -> ColourJury | None:
        """The jury by words of colour, if there is one."""
        return self.jury("colour")

    @property
    def network(self) -> NetworkJury | None:
        """The jury by words of a network, if there is one."""
        return self.jury("network")

    def jury(self, name: str) -> Jury | None:
        """Return the jury of that name, if there is one."""
        return next((jury for jury in self.juries if jury.name == name), None)

    @property
    def places(self) -> resolution.Places:
        """By how many words a photo is compared, a side."""
        return resolution.Places(*(jury.size if jury else 0 for jury in (self.colour, self.network)))

    @property
    def kinds(self) -> np.ndarray:
        """The kind of each good photo, (n,) int32, 0 the largest, as the network's words tell; without them all 0."""
        return self.network.kinds if self.network else np.zeros(len(self.held_out), np.int32)

    @property
    def foreign(self) -> np.ndarray:
        """Which good photos are of another kind and do not count in the alarm: (n,) bool."""
        return calibration.set_apart(self.kinds)

    @property
    def calibrating(self) -> np.ndarray:
        """The held-out scores that the alarm is of, (m,): without those of `foreign` photos."""
        return self.held_out[~self.foreign]

    @property
    def odd(self) -> tuple[Odd, ...]:
        """The good photos that are unlike the others, those left out first, then the oddest."""
        return self.left_out + calibration.named_odd(self.good, self.held_out, kinds=self.kinds)

    @property
    def mixture(self) -> str:
        """That no kind of good photos has more than half of them, where that is so; else nothing."""
        return calibration.mixture(self.good, self.kinds)

    def with_alarm(self, alarm: Alarm) -> Self:
        """Return the model with another alarm; raises `ValueError` as `calibration.check_alarm`."""
        calibration.check_alarm(alarm)
        return self._replace(alarm=alarm)

    @property
    def least(self) -> int:
        """Pixels that the shorter side of a photo keeps where it is decoded."""
        return decoding.least_side(self.size, self.network.side if self.network else 0, self.in_full)

    def level(self, jury: Jury) -> float | None:
        """Return the score of a jury, in its own unit, from which on a photo is flagged; None without an alarm."""
        level, scale = calibration.threshold(self.alarm, self.calibrating), self.scales[self.juries.index(jury)]
        return None if level is None else (level - scale.offset) / scale.factor

    def look(self, photo: Path, template: None = None) -> Seen:
        """Return what juries look at of a photo's file; raises `ValueError` or `OSError` where there is nothing."""
        content, least = decoding.read_bytes(photo), self.least
        found = reading.bring_to_size(content, str(photo), self.picture, least, self.fit, self.anchor)
        return Seen(
            found.saved,
            found.placement,
            matrices.mosaic(found.pixels, self.size) if self.colour else None,
            matrices.shrink(found.pixels, self.network.side) if self.network else None,
            found.original,
        )

    def judge(self, looked: Sequence[Seen]) -> list[Judged]:
        """Judge what was looked at, in order; together, which is faster and changes no bit."""
        looked = [self.within(photo) for photo in looked]
        hidden = [[self.hidden(photo.placement, jury.size) for photo in looked] for jury in self.juries]
        found = [jury.find(looked, aside) for jury, aside in zip(self.juries, hidden, strict=True)]
        return [self._judged(*each) for each in zip(looked, zip(*found, strict=True), strict=True)]

    def judge_mosaics(self, mosaics: Sequence[np.ndarray], placements: Sequence[Placement] = ()) -> list[Judged]:
        """Judge mosaics alone, (S, S, 3) uint8 RGB each, by words of colour; how their photos were saved is unknown."""
        unknown, placed = encodings.Encoding("", None), placements or [None] * len(mosaics)
        return self.judge([Seen(unknown, *each) for each in zip(placed, mosaics, strict=True)])

    def within(self, photo: Seen) -> Seen:
        """Return what juries see of a photo: outside of the region it goes on as inside, see `region.shown`."""
        mosaic, small = photo.mosaic, photo.small
        return photo._replace(
            mosaic=None if mosaic is None else regions.shown(mosaic, self.region, self.size),
            small=None if small is None else regions.shown(small, self.region, self.network.size),
        )

    def hidden(self, placement: Placement | None, size: int) -> np.ndarray | None:
        """Return which of size x size places do not count, (size^2,) bool; None where all do: see `hidden_places`."""
        return hidden_places(placement, self.picture, size, self.region)

    def _judged(self, photo: Seen, found: Sequence[Found | str]) -> Judged:
        if refused := next((each for each in found if isinstance(each, str)), None):
            verdict = Verdict(warning=refused)
        else:
            verdict = self._verdict(found)
        if photo.placement:
            verdict = verdict_as_taken(verdict, photo.placement, self.picture)
        few = resolution.warning(photo.original, self.places) if photo.original else ""
        warning = join_warnings(verdict.warning, encodings.warning(photo.saved, self.saved), few)
        heat_map, placement = partial(self._heat_map, found), photo.placement or geometry.HERE
        return Judged(verdict._replace(warning=warning), heat_map, placement=placement)

    def _verdict(self, found: Sequence[Found]) -> Verdict:
        scores = [scale.factor * each.score + scale.offset for each, scale in zip(found, self.scales, strict=True)]
        first = int(np.argmax(scores))
        jury, scale, each, score = self.juries[first], self.scales[first], found[first], scores[first]
        good = self.calibrating
        p = calibration.p_values(score, good)
        verdict, above = calibration.verdict(p, self.alarm, len(good)), np.zeros((jury.size,) * 2, bool)
        if verdict == FLAGGED:
            above = each.above(self.level(jury))
        x, y = places.centre(each.place, jury.size, self.picture)
        corners = dict(zip(BOX, places.box(each.place, above, self.picture), strict=True))
        kind = each.kind() if len(found) == 1 else f"{jury.name}: {each.kind()}"
        return Verdict(
            score=score,
            p_value=calibration.claimed(p, self.alarm, len(good)),
            conformal_p_value=p.conformal,
            verdict=verdict,
            x=x,
            y=y,
            **corners,
            distance=scale.factor * each.distance + scale.offset,
            driver=kind,
            sensitivity=next((one.sensitivity for one in found if one.sensitivity is not None), None),
            warning=join_warnings(*(one.warning for one in found)),
            **self._alone(found),
        )

    def _alone(self, found: Sequence[Found]) -> dict[str, float | None]:
        """The score of each jury in its own unit, and its p-value among the good photos' by this jury alone."""
        values = {}
        for jury, each in zip(self.juries, found, strict=True):
            good = jury.held_out[~self.foreign]
            p = calibration.p_values(each.score, good)
            p_value = calibration.claimed(p, self.alarm, len(good))
            values |= {f"{jury.name}_score": each.score, f"{jury.name}_p_value": p_value}
        return values

    def _heat_map(self, found: Sequence[Found]) -> np.ndarray:
        """The larger distance at each place, (S, S) float32, in the model's unit."""
        maps = [
            np.float32(scale.factor) * places.resampled(each.heat_map(), self.size) + np.float32(scale.offset)
            for each, scale in zip(found, self.scales, strict=True)
        ]
        return np.maximum.reduce(maps)


def hidden_places(
    placement: Placement | None, picture: tuple[int, int], size: int, region: np.ndarray | None
) -> np.ndarray | None:
    """Return which of size x size places do not count, (size^2,) bool; None where all do.

    Those that a registered photo, (width, height), does not show, and those outside of the region of interest.
    """
    unseen = None if placement is None else geometry.unseen_places(placement, picture, size)
    if region is None:
        return unseen
    outside = ~regions.region_places(region, size).ravel()
    return outside if unseen is None else unseen | outside


def of_juries(
    juries: Sequence[Jury],
    picture: tuple[int, int],
    alarm: Alarm,
    size: int,
    region: np.ndarray | None = None,
    **rest: object,
) -> ImageModel:
    """Return the model of juries that learned from the same good photos in the same order; `rest`: its other fields.

    Raises `ValueError` as `calibration.check_alarm`.
    """
    calibration.check_alarm(alarm)
    juries = tuple(sorted(juries, key=lambda jury: list(JURIES).index(jury.name)))
    scales = [ScoreScale()]
    if len(juries) > 1:
        network, colour = juries
        by_network, by_colour = (jury.held_out[~network.foreign] for jury in juries)
        scales.append(scale_beside(by_colour, by_network, _reserve(network, colour, by_colour, region)))
    scores = [scale.factor * jury.held_out + scale.offset for jury, scale in zip(juries, scales, strict=True)]
    return ImageModel(picture, alarm, size, juries, tuple(scales), np.maximum.reduce(scores), region=region, **rest)


def _reserve(network: NetworkJury, colour: ColourJury, held_out: np.ndarray, region: np.ndarray | None) -> float:
    """Return by how many mean excesses colours start lower, the more, the less they see, by their `held_out` scores."""
    inside = None if region is None else regions.region_places(region, colour.size)
    change = changes.doubling_change(colour.judges, colour.settings, held_out, inside)
    settings = network.settings
    seen = change * surety(len(held_out), settings.unsure)
    return settings.reserve * min(1.0, seen / settings.blunt) ** 2


def learn(
    mosaics: Sequence[np.ndarray],
    picture: tuple[int, int],
    settings: colour_jury.Settings,
    alarm: Alarm,
    names: Sequence[str] | None = None,
    placements: Sequence[Placement] = (),
    resaved: Sequence[np.ndarray] | None = None,
    **rest: object,
) -> ImageModel:
    """Learn by words of colour alone from n good photos: mosaics n of (S, S, 3) uint8, of pictures of (width, height).

    `names` are for the errors; `placements` say how the part lay in each photo, where they were registered; `resaved`
    are copies of the mosaics, see `learning.fit`. Raises
    `ValueError` as `learning.fit`, and for an alarm that makes no sense.
    """

    def hidden(photo: int) -> np.ndarray:
        return geometry.unseen_places(placements[photo], picture, settings.size)

    calibration.check_alarm(alarm)
    jury = colour_jury.learn(mosaics, settings, names, hidden if placements else None, resaved)
    return of_juries([jury], picture, alarm, settings.size, **rest)


def verdict_as_taken(verdict: Verdict, placement: Placement, picture: tuple[int, int]) -> Verdict:
    """The verdict on a registered photo, (width, height), with place and box where the photo as taken has them.

    The box is the one around the corners of the turned one; a warning says how much of the part is out of view.
    """
    warning = join_warnings(verdict.warning, geometry.unseen_warning(placement))
    if verdict.score is None:
        return verdict._replace(warning=warning)
    x0, y0, x1, y1 = verdict.box_x0, verdict.box_y0, verdict.box_x1, verdict.box_y1
    points = np.array([(verdict.x, verdict.y), (x0, y0), (x1, y0), (x0, y1), (x1, y1)])
    points = np.clip(geometry.points_as_taken(points, placement, picture), 0, picture)
    (x, y), corners = points[0].tolist(), points[1:]
    x0, y0 = np.floor(corners.min(axis=0)).astype(int).tolist()
    x1, y1 = np.ceil(corners.max(axis=0)).astype(int).tolist()
    return verdict._replace(x=x, y=y, box_x0=x0, box_y0=y0, box_x1=x1, box_y1=y1, warning=warning)
