"""Good photos of several kinds: who is named, and what the alarm finds among photos of the first.

    python benchmarks/photos/mixed.py FOLDER:COUNT FOLDER:COUNT...  good photos of some folders, taken as they lie
    python benchmarks/photos/mixed.py --kinds FOLDER:COUNT...       the same, but only who is named for its kind
    python benchmarks/photos/mixed.py FOLDER...                     draws of one folder's: are they told to be several?

The alarm is tried on the test photos of the first folder, with the other folders' good photos and without them. Prints
Markdown tables; nothing is written. FOLDERs are as of measure.py.
"""

import argparse

import measure  # first: it limits the threads before numpy is imported

# isort: split
import cv2
import numpy as np
import pandas as pd

from soart.inspection import calibration, kinds, network
from soart.inspection.mosaics import Shown
from soart.names import LEARN
from soart.photos import registration
from soart.photos.region import region_places

FIT = "resize"
COUNTS = 10, 15, 30, 50, 200


def mixed(given: list[tuple[str, int]], draws: int, words: network.Network) -> pd.DataFrame:
    """Return the means over draws of so many good photos of each folder: a row for the first alone, one for all."""
    paths, reader = measure.opened(given[0][0], words.use.side, FIT, registration.NONE)
    others = [measure.opened(folder, words.use.side, FIT, registration.NONE)[0][LEARN] for folder, _ in given[1:]]
    every, counts = [paths.pop(LEARN), *others], [count for _, count in given]
    rng = np.random.default_rng([measure.SEED, *counts])
    chosen = [
        [rng.permutation(len(each))[:count] for _ in range(draws)] for each, count in zip(every, counts, strict=True)
    ]
    first = measure.read(every[0][:1], reader)
    reader, rows = reader._replace(picture=first.picture), []
    tests = {name: measure.read(each, reader) for name, each in paths.items()}
    for draw in range(draws):
        drawn = [each[photo] for each, rows_of in zip(every, chosen, strict=True) for photo in rows_of[draw]]
        good = measure.read(drawn, reader._replace(resaving=measure.RESAVING))
        for learned in (counts[0], sum(counts)):
            model = measure.learned(good, np.arange(learned), words, None)
            model = model._replace(good=tuple(map(str, range(learned))))
            named = np.array([int(odd.image) for odd in model.odd], int)
            row = {"learned": learned, "of the first named": (named < counts[0]).sum()}
            row |= {"others named": (named >= counts[0]).sum(), "told a mixture": bool(model.mixture)}
            found = measure.rows_of(model, tests)[0]
            rows.append(row | {name: found[name] for name in ("auroc", "false_alarms", "detection")})
    return pd.DataFrame(rows).groupby("learned", sort=False).mean().reset_index()


def told(given: list[tuple[str, int]], draws: int, words: network.Network) -> pd.DataFrame:
    """Return in how many draws of so many good photos of each folder those of the first, or all others, are named."""
    spoken, picture = [], None
    for folder, _ in given:
        paths, reader = measure.opened(folder, words.use.side, FIT, registration.NONE)
        good = measure.read(paths[LEARN], reader._replace(picture=picture))
        spoken.append(np.stack([words.words(each.small) for each in good.seen]))
        picture = good.picture
    rng, first, found = np.random.default_rng(measure.SEED), given[0][1], []
    for _ in range(draws):
        drawn = [each[rng.permutation(len(each))[:count]] for each, (_, count) in zip(spoken, given, strict=True)]
        of_kinds = kinds.find_kinds(np.concatenate(drawn))
        named = calibration.unlike(of_kinds)
        found.append([named[:first].any(), named[first:].all(), bool(calibration.mixture((), of_kinds))])
    columns = ["of the first some named", "others all named", "told a mixture"]
    return pd.DataFrame([[draws, *np.sum(found, axis=0)]], columns=["draws", *columns])


def clean(folder: str, draws: int, words: network.Network) -> pd.DataFrame:
    """Return in how many draws of one folder's good photos, read as a run does, several kinds are found."""
    paths, reader = measure.opened(folder, words.use.side, FIT, registration.AUTO)
    good = measure.read(paths[LEARN], reader)
    inside = measure.region_of(good, np.arange(len(good.seen)))
    never = None if inside is None else ~region_places(inside, words.use.places).ravel()
    shown = Shown([each.small for each in good.seen], inside, words.use.places)
    spoken = np.stack([words.words(picture) for picture in shown])
    rng, rows = np.random.default_rng(measure.SEED), []
    for count in [each for each in COUNTS if each <= len(spoken)]:
        drawn = [rng.permutation(len(spoken))[:count] for _ in range(draws if count < len(spoken) else 1)]
        several = sum(bool(kinds.find_kinds(spoken[photos], never).any()) for photos in drawn)
        rows.append({"set": folder, "learned": count, "draws": len(drawn), "several kinds": several})
    return pd.DataFrame(rows)


def main() -> None:
    """Measure what the command line says."""
    about, details = __doc__.split("\n", 1)
    parser = argparse.ArgumentParser(
        description=about, epilog=details, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", metavar="FOLDER[:COUNT]", nargs="+", help="photos laid out as MVTec AD's")
    parser.add_argument("--kinds", action="store_true", help="only who is named for its kind; quick")
    parser.add_argument("--draws", type=int, default=3, help="draws of photos (default: 3)")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    words = network.pretrained("lite0")
    given = [folder.rpartition(":") for folder in options.folders]
    if all(folder for folder, _, _ in given):
        asked, words = [(folder, int(count)) for folder, _, count in given], measure.Remembering(words)
        tables = [(told if options.kinds else mixed)(asked, options.draws, words)]
    else:
        tables = [clean(folder, options.draws, words) for folder in options.folders]
    for table in tables:
        print(table.round(3).to_markdown(index=False), flush=True)


if __name__ == "__main__":
    main()
