"""Anchors: how photos are registered, and on which photo: chosen among several good ones."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from soart import job
from soart.photos import decoding as photos
from soart.photos import reading, registration
from soart.photos.geometry import Placement
from soart.photos.registration import AUTO, FINE, NONE, Anchor
from soart.storage import files

HELPS = 0.5  # of what photos differ by, at most so much must be left for registration to help
CANDIDATES = 9  # good photos among which the one to register others on is looked for
BETTER = 0.95  # at most so much of what a simpler method leaves must be left for a method to be chosen


class Choice(NamedTuple):
    """Choice: how photos are registered, and why."""

    method: str  # of `registration.METHODS`, or `NONE`
    limits: registration.Limits
    unlike: dict[str, float]  # share of the photos' variance that is within places: as they are, by each method tried

    def sentence(self) -> str:
        """Say what was chosen and why, for a person."""
        if not self.unlike:
            return f"registration: {self.method}, as the configuration says"
        shares = ", ".join(f"{100 * share:.0f} % {name}" for name, share in self.unlike.items())
        why = "leaves less than half of it" if self.method != NONE else "nothing leaves less than half of that"
        return f"registration: {self.method}: {why}; of the good photos' variance, this is within places: {shares}"


def choose_registration(copies: Sequence[dict[int, np.ndarray]], anchors: dict[str, Anchor]) -> Choice:
    """Return how photos are best registered, from small copies of some good ones and an anchor by each method.

    The photos are brought to the same brightness. The measure is the share of their variance that is within places: 0
    if they lie alike and show the same, 1 if no place tells anything. A method helps where its share is at most half of
    that without registration. Less than half, because registration makes any share smaller: of textures by two fifths,
    of parts that moved by two thirds and more. Of methods that differ by less than a twentieth the simplest is chosen.
    Where the chosen one's usual quality is low, so is the limit of quality: 1 - 2 (1 - median).
    """
    first = next(iter(anchors.values()))
    unlike, found = {NONE: _unlike(copies, [Placement()] * len(copies), first)}, {}
    for name, anchor in anchors.items():
        found[name] = [registration.locate(each, anchor) for each in copies]
        unlike[name] = _unlike(copies, found[name], anchor)
    helping = [name for name in anchors if unlike[name] <= HELPS * unlike[NONE]]
    method = next((name for name in helping if BETTER * unlike[name] <= min(unlike.values())), NONE)
    limits = first.limits
    if method != NONE:
        usual = float(np.median([each.quality for each in found[method]]))
        limits = limits._replace(quality=min(limits.quality, round(1 - 2 * (1 - usual), 2)))
    return Choice(method, limits, {name: round(share, 3) for name, share in unlike.items()})


def write_choice(path: str | Path, choice: Choice) -> None:
    """Write the choice as JSON."""
    content = {"method": choice.method, "limits": choice.limits._asdict(), "unlike": choice.unlike}
    files.write_json(path, content | {"why": choice.sentence()})


def read_choice(path: str | Path) -> Choice:
    """Read what `write_choice` wrote."""
    content = files.read_json(path, "how photos are registered")
    return Choice(content["method"], registration.Limits(**content["limits"]), content["unlike"])


def read_anchor(paths: Sequence[str], method: str, limits: dict, least: int) -> Anchor | None:
    """Read what pictures are registered on, reduced as all are (`decoding.least_side`); None where they are not.

    `paths`: none; or a picture, for `method` and `limits`; or the picture and a file that chooses them.
    """
    if not paths:
        return None
    picture, *choice = paths
    if choice:
        method, limits = (found := read_choice(*choice)).method, found.limits._asdict()
    if method == NONE:
        return None
    pixels = photos.decode_reduced(photos.read_bytes(picture), picture, least).pixels
    return registration.make_anchor(pixels, method, picture, registration.Limits(**limits))


def choose_anchor(
    paths: Sequence[str],
    standard: str | None,
    size: tuple[int, int],
    fit: str,
    least: int,
    method: str,
    limits: registration.Limits,
) -> tuple[str, np.ndarray, Choice]:
    """Return the photo that others are registered on, its picture in full of (width, height) `size`, and the choice.

    It is the `standard`, if there is one; else, of the first `CANDIDATES` good photos in `paths`, the one that the
    others fit best. With the method `AUTO` all of `paths` are registered on it by each method: see
    `choose_registration`. Photos that cannot be read, or are of one colour, are passed over: the input check lists what
    is wrong with photos. Raises `ValueError` where none is left.
    """
    tried = "rigid" if method == AUTO else method
    candidates, copies, problems = {}, [], []
    for each in [standard, *paths] if standard else paths:
        try:
            pixels = reading.bring_to_size(photos.read_bytes(each), each, size, least, fit).pixels
            copies.append(registration.small_copies(pixels))
            if len(candidates) < (1 if standard else CANDIDATES):
                candidates[each] = registration.make_anchor(pixels, tried, each, limits)
        except (ValueError, OSError) as error:
            problems.append(str(error))
            job.log.warning("%s", error)
    if not candidates or (standard and standard not in candidates):
        raise ValueError("none of the photos to register others on can be used:\n  " + "\n  ".join(problems))
    best = list(candidates)[registration.best_anchor(list(candidates.values()))]
    choice = Choice(method, limits, {})
    if method == AUTO:
        pixels = candidates[best].picture
        choice = choose_registration(
            copies, {way: registration.make_anchor(pixels, way, best, limits) for way in registration.METHODS}
        )
    return best, reading.read_in_full(best, size, fit), choice


def _unlike(copies: Sequence[dict[int, np.ndarray]], placements: Sequence[Placement], anchor: Anchor) -> float:
    """The share of photos' variance that is within places, of copies brought to the anchor and to one brightness.

    Only places count that half of the photos show.
    """
    counts, sums, squares = 0, 0.0, 0.0
    for each, placement in zip(copies, placements, strict=True):
        moved, there = registration.warp_copy(each[FINE].astype(np.float64), placement, anchor)
        level = moved[there].mean() if there.any() else 1.0
        values = np.where(there[..., None], moved / max(level, 1.0), 0)
        counts, sums, squares = counts + there[..., None], sums + values, squares + values**2
    usual = (counts >= len(copies) / 2)[..., 0]
    counts, sums, squares = counts[usual], sums[usual], squares[usual]
    within = (squares - sums**2 / counts).sum()
    overall = (squares.sum(axis=0) - sums.sum(axis=0) ** 2 / counts.sum()).sum()
    return float(within / overall) if overall > 0 else 1.0
