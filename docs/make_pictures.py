"""Make the pictures of docs/inspection.md from the results of a run, and print the numbers that its text quotes.

snakemake --cores 4
python docs/make_pictures.py results docs
"""

import argparse
import sys
from pathlib import Path

import cv2
import matplotlib
import numpy as np

matplotlib.use("Agg")

from matplotlib import pyplot as plt

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from soart.inspection import calibration, explanation, heatmaps, models, words
from soart.inspection import distances as inspection
from soart.inspection.image_model import ImageModel
from soart.inspection.verdict import Verdict
from soart.photos import decoding as photos
from soart.storage import tables

NORMAL, ERROR = "image_normal_0", "image_errorA_0"
GOOD_COLOUR, BAD_COLOUR, LINE_COLOUR = "#3366aa", "#cc5500", "#222222"


def mosaics(results: Path, name: str, size: int) -> np.ndarray:
    """The mosaics of one set, (n, S, S, 3) uint8."""
    return tables.read(results / "matrices" / "mosaics" / f"{name}.parquet", ["mosaic"])["mosaic"].reshape(
        -1, size, size, 3
    )


def example(results: Path, model: ImageModel, folder: Path) -> Verdict:
    """A good part and one without its plus, with their heat maps."""
    sheets = []
    for image, place in ((NORMAL, "normal"), (ERROR, "error")):
        path = results / "images" / place / f"{image}.jpg"
        picture = photos.read(path)
        mosaic = mosaics(results, place if place == "normal" else "errorA", model.size)[0]
        [judged] = model.judge_mosaics([mosaic])
        verdict = judged.verdict
        sheet = heatmaps.draw_heatmap(picture, judged.heat_map(), verdict, model)
        blank = np.full((sheet.shape[0], picture.shape[1] + 16, 3), 255, np.uint8)
        blank[: picture.shape[0], : picture.shape[1]] = picture[..., ::-1]
        sheets.append(np.hstack([blank, sheet]))
    write(folder / "inspection_example.png", np.vstack(sheets))
    return verdict


def write(path: Path, picture: np.ndarray) -> None:
    """Write an RGB picture, shrunk to a page's width, as PNG."""
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (1000, round(1000 * height / width)), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(path), small[..., ::-1])


def scores(results: Path, model: ImageModel, folder: Path) -> None:
    """Held-out scores of the good images, the fitted tail, the threshold, and the scores of the tested images."""
    table = tables.read(results / "inspection" / "verdicts.parquet", ["set", "score"])
    figure, (above, below) = plt.subplots(2, 1, figsize=(8, 5), height_ratios=[3, 2], layout="constrained", sharex=True)
    edges = np.geomspace(0.8, 400, 60)
    above.hist(model.held_out, edges, color=GOOD_COLOUR, alpha=0.6, label="50 held-out good images")
    _, start, _ = calibration.upper_fifth(model.held_out)
    tail = edges[edges >= start]
    beyond = [calibration.p_values(edge, model.held_out).exponential for edge in tail]
    share = -np.diff(beyond) * len(model.held_out)
    above.plot(np.sqrt(tail[1:] * tail[:-1]), share, color=LINE_COLOUR, label="tail beyond the highest fifth")
    above.set_ylabel("images")
    limit = calibration.threshold(model.alarm, model.held_out)
    for axis in (above, below):
        axis.axvline(limit, color=BAD_COLOUR, linestyle="--")
    above.text(
        limit * 1.08,
        above.get_ylim()[1] * 0.6,
        f"threshold {limit:.1f}:\nabout 5 % of good parts\nare expected beyond",
        color=BAD_COLOUR,
    )
    above.legend(loc="upper right")
    sets = ("normal", "errorA", "errorB")
    for row, name in enumerate(sets):
        values = table["score"][np.array(table["set"]) == name]
        colour = GOOD_COLOUR if name == "normal" else BAD_COLOUR
        below.plot(
            values, np.full(len(values), row) + np.linspace(-0.2, 0.2, len(values)), "o", color=colour, markersize=5
        )
    below.set_yticks(range(len(sets)), sets)
    below.set_ylim(len(sets) - 0.5, -0.5)
    below.set_xscale("log")
    below.set_xlabel("score (standard deviations, logarithmic)")
    figure.savefig(folder / "inspection_scores.png", dpi=120)


def attention(results: Path, model: ImageModel, folder: Path) -> None:
    """Where the plus is missing: the word of a good part and of the bad one, and the weights of all judges."""
    size, settings = model.colour.settings.size, model.colour.settings
    good = mosaics(results, "learn", size)
    tested = {"good part": mosaics(results, "normal", size)[0], "plus missing": mosaics(results, "errorA", size)[0]}
    place = int(inspection.inspect(tested["plus missing"], model.colour.judges, settings).places[0])
    figure, rows = plt.subplots(2, 4, figsize=(10, 5), width_ratios=[1, 1, 1, 3], layout="constrained", sharey="col")
    for axes, (title, mosaic) in zip(rows, tested.items(), strict=True):
        seen = explanation.attention(mosaic, place, good, model.colour.judges, settings)
        spoken, _ = inspection.sentence(mosaic, model.colour.judges, settings)
        patches = {"judges' mean": model.colour.judges.mean[place], "measured": spoken[place], "context": seen.context}
        for axis, (label, word) in zip(axes, patches.items(), strict=False):
            axis.imshow(patch(word, settings.degree))
            axis.set_xticks([])
            axis.set_yticks([])
            axis.set_title(label, fontsize=11)
        axes[0].set_ylabel(title, fontsize=11)
        weights = seen.own_weights + seen.nearby_weights.sum(axis=1) + seen.warp_weights.sum(axis=1)
        axes[3].bar(range(len(weights)), weights, color=np.where(weights >= 0, GOOD_COLOUR, BAD_COLOUR))
        axes[3].axhline(1 / len(weights), color=LINE_COLOUR, linestyle="--", linewidth=1)
        energy = inspection.alignments(spoken, model.colour.judges, 0, np.array([place]))[1].item()
        print(f"{title}: weights {weights.min():.3f} to {weights.max():.3f}, sum {weights.sum():.6f}, E {energy:.2f}")
    rows[0][3].set_title("weights of the judges (dashed: all the same)", fontsize=11)
    rows[1][3].set_xlabel("judge (good image)")
    figure.savefig(folder / "inspection_attention.png", dpi=100)


def patch(word: np.ndarray, degree: int) -> np.ndarray:
    """The neighbourhood that a word describes, (3, 3, 3) uint8 RGB."""
    basis = np.kron([np.outer(*pair).ravel() for pair in words.patterns(degree)], np.eye(3))
    return np.clip(np.rint(word @ basis), 0, 255).astype(np.uint8).reshape(3, 3, 3)


def main(results: Path, folder: Path) -> None:
    """Make all pictures; print the numbers."""
    model = models.load(results / "inspection" / "model.npz")
    folder.mkdir(parents=True, exist_ok=True)
    print(example(results, model, folder))
    scores(results, model, folder)
    attention(results, model, folder)
    print("held-out scores: mean, least, largest", model.held_out.mean(), model.held_out.min(), model.held_out.max())
    print("their upper fifth: how many, where it starts, mean excess", calibration.upper_fifth(model.held_out))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, help="of a full run of the default configuration")
    parser.add_argument("folder", type=Path, help="where the pictures go; made where it is not there")
    given = parser.parse_args()
    main(given.results, given.folder)
