"""Learning from a run's tables of mosaics and of pictures for a network."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from soart.inspection import calibration, colour_jury, distances, image_model, nearest, network, network_jury
from soart.inspection.calibration import Alarm
from soart.inspection.image_model import ImageModel
from soart.inspection.learning import digest
from soart.inspection.mosaics import Mosaics, within
from soart.inspection.network import Network
from soart.inspection.verdict import Odd
from soart.names import natural
from soart.photos import encodings, geometry, registration
from soart.photos import region as regions
from soart.storage import tables
from soart.storage.schemas import ENCODING, PLACEMENT

KEEP = "keep"  # `on_odd`: odd good images are learned from all the same


class Words(NamedTuple):
    """Words by which the good images are learned: of colour, of a network, or of both; None for those that are not."""

    colour: distances.Settings | None
    network: Network | None
    attention: nearest.Settings | None = None  # how words of a network are compared

    def grids(self) -> list[tuple[int, int]]:
        """Return how many places a side each kind of words has, and how many of them make a score."""
        network = [(self.network.use.places, self.attention.top)] if self.network else []
        return network + ([(self.colour.size, self.colour.top)] if self.colour else [])


class Task(NamedTuple):
    """Task: beside tables and words, what a model is learned with."""

    size: int  # S, the mosaics' side
    fit: str  # of `names.FITS`
    alarm: Alarm
    anchor: registration.Anchor | None = None  # what the images were registered on
    region: str = regions.NONE  # places that count: none (all), auto (what registered images share), a box, a mask
    on_odd: str = KEEP  # or leave_out: learned once more without the odd good images, which the model names
    in_full: bool = False  # whether images were decoded in full, as photos beside the line will be
    resaved: bool = False  # whether the tables have copies that were saved anew, too


def words_of(given: dict, size: int, seed: int) -> Words:
    """Return by which words a job learns.

    `given` has the numbers of `colour`, and of the `network` its name, how its words are compared (`nearest`) and, if
    it is the user's own, how it is used (`use`). Raises `ValueError` as `network.pretrained` and `network.read`.
    """
    colour = distances.Settings(size, seed=seed, **given["colour"]) if "colour" in given else None
    if "network" not in given:
        return Words(colour, None)
    about = given["network"]
    if "use" in about:
        use = {name: tuple(each) if isinstance(each, list) else each for name, each in about["use"].items()}
        found = network.read(about["name"], network.Use(**use))
    else:
        found = network.pretrained(about["name"])
    return Words(colour, found, nearest.Settings(**about["nearest"]))


def learn_from_tables(
    mosaics: Sequence[str], pictures: Sequence[str], words: Words, task: Task, photos: Sequence[str] = ()
) -> ImageModel:
    """Return the model of the good images in tables of mosaics and of pictures for a network, files of each.

    The model names the photos that could not be registered, as the tables of `photos` say, among the odd ones.

    Of photos each picture counts once: held out beside its own copy it would say nothing of new ones. Drawn images,
    which are decoded in full, may come out alike by chance, and all count. Raises `ValueError` as the juries' `learn`
    and as `region.given_region`, `check_places` and `check_views`, where the pictures are not all of one size,
    and where too few of the photos differ.
    """
    size, placed = task.size, list(PLACEMENT) if task.anchor else []
    table = tables.read_several(mosaics, ["image", "width", "height", *ENCODING, *placed])
    picture, names = one_size(table["width"], table["height"], mosaics[0]), table["image"].tolist()
    placements, saved = geometry.of_table(table), encodings.of_table(table)
    # in the order of names, so that another cut into shards learns the same
    ordered = np.array(sorted(range(len(names)), key=lambda row: natural(names[row])))
    if not task.in_full:
        ordered = different(ordered, names, mosaics, pictures, 3 if words.network else 2)
    repeats = len(names) - len(ordered)
    if task.region == regions.AUTO:
        unseen = [geometry.unseen_places(placements[row], picture, size) for row in ordered] if placements else []
        inside = regions.shared_region(Mosaics(mosaics, size, ordered), unseen) if placements else None
    else:
        inside = regions.given_region(task.region, picture)

    def hidden(side: int, kept: np.ndarray) -> list[np.ndarray] | None:
        if inside is None and not placements:
            return None
        lain = placements or [None] * len(names)
        return [image_model.hidden_places(lain[row], picture, side, inside) for row in kept]

    def looked_at(files: Sequence[str], column: str, side: int, size: int, kept: np.ndarray) -> tuple:
        own = Mosaics(files, side, kept, column)
        copies = Mosaics(files, side, kept, "resaved") if task.resaved else None
        return within(own, copies, inside, size, picture)

    if inside is not None:
        for side, top in words.grids():
            apart = np.array(hidden(side, ordered))
            regions.check_places(~apart.all(axis=0), top)
            check_views(apart.all(axis=1), [names[row] for row in ordered])
    unlike = unregistered(photos)

    def learn(kept: np.ndarray, odd: tuple[Odd, ...] = ()) -> ImageModel:
        good, juries, foreign = [names[row] for row in kept], [], None
        if words.network:
            side, places = words.network.use.side, words.network.use.places
            seen, copies = looked_at(pictures, "picture", side, places, kept)
            apart = hidden(places, kept)
            apart = apart and np.array(apart)
            juries.append(network_jury.learn(seen, good, words.network, words.attention, apart, copies))
            foreign = juries[0].foreign
        if words.colour:
            apart = hidden(size, kept)
            seen, copies = looked_at(mosaics, "mosaic", size, size, kept)
            juries.append(colour_jury.learn(seen, words.colour, good, apart and apart.__getitem__, copies, foreign))
        about = {"fit": task.fit, "anchor": task.anchor, "saved": encodings.learn([saved[row] for row in kept])}
        about |= {"region": inside, "good": tuple(good), "left_out": unlike + odd, "repeats": repeats}
        return image_model.of_juries(juries, picture, task.alarm, size, in_full=task.in_full, **about)

    model = learn(ordered)
    odd = calibration.odd_ones(model.held_out, model.kinds)
    if task.on_odd == KEEP or not odd.any():
        return model
    return learn(ordered[~odd], tuple(each._replace(kept=False) for each in model.odd[len(unlike) :]))


def unregistered(photos: Sequence[str]) -> tuple[Odd, ...]:
    """Return the good photos that could not be registered, in the order of names; `photos` are tables of them."""
    if not photos:
        return ()
    table = tables.read_several(photos, ["image", "unregistered"])
    return tuple(Odd(name, kept=False) for name in sorted(table["image"][table["unregistered"]].tolist(), key=natural))


def different(
    ordered: np.ndarray, names: Sequence[str], mosaics: Sequence[str], pictures: Sequence[str], least: int
) -> np.ndarray:
    """Return the rows of photos, in the order given, without those that show what another one before shows, to the bit.

    Raises `ValueError` where `least` photos or more show fewer different pictures than that, but for all the same one.
    """
    files = [*((path, "mosaic") for path in mosaics), *((path, "picture") for path in pictures)]
    digests = [digest(row) for file in files for group in tables.batches(*file) for row in group]
    first, again = {}, []
    for row in ordered.tolist():
        other = first.setdefault(b"".join(digests[row :: len(ordered)]), row)
        again += [(row, other)] if other != row else []
    kept = np.array([*first.values()])
    if 1 < len(kept) < least <= len(ordered):
        raise ValueError(
            f"expected at least {least} different good photos to learn from, got {len(ordered)} that show {len(kept)}; "
            f"{names[again[0][0]]} shows what {names[again[0][1]]} shows"
        )
    return ordered if len(kept) == 1 else kept


def check_views(blind: np.ndarray, names: Sequence[str]) -> None:
    """Raise `ValueError` where good photos of these names show no place that counts: those `blind`, (n,) bool.

    Held out they would score 0, which says nothing of what good photos are like.
    """
    if blind.any():
        raise ValueError(
            f"region: expected good photos that show some of it, got {blind.sum()} that show nothing of it, the first "
            f"{names[blind.argmax()]}; take such photos away, or make the region larger"
        )


def one_size(widths: np.ndarray, heights: np.ndarray, path: str) -> tuple[int, int]:
    """Return the (width, height) of all good images; raises `ValueError` naming the file where they differ."""
    sizes, counts = np.unique(np.stack([widths, heights], axis=1), axis=0, return_counts=True)
    if len(sizes) > 1:
        found = ", ".join(f"{count} of {w} x {h}" for (w, h), count in zip(sizes.tolist(), counts, strict=True))
        raise ValueError(f"{path}: expected good images of one size in pixels, got {found}")
    return tuple(sizes[0].tolist())
