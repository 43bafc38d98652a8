"""Separation of errors from good images by the panels, over many seeds: the historical baseline.

    python benchmarks/attention/measure.py [--seeds 20]   (from the repository, inside its environment; about 10 min)

Runs the workflow's own target `attention` for every seed, for the default scene and for `fluctuate: all`, in a
temporary folder, and writes separation.csv (mean and range over the seeds of every row of the workflow's
separation.csv), saturation.csv (how large the largest weight of a row is) and README.md beside itself.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SCENES = {"default": [], "fluctuate all": ["fluctuate=all"]}
KEYS = ["scene", "panel", "channel", "word", "error_kind", "judge_rule", "errors_among_judges"]

TEXT = """# The panels as detectors, over {seeds} seeds

Made by `python benchmarks/attention/measure.py`; every number is from runs of the workflow. AUROC is sign-free (at
least 0.5), of 10 good against 10 images of one error kind (3 against 3 in `anomaly_mean`); "chance" is the mean of the
same for permuted labels: about 0.6 with so few images, and more for the best of several judges. Each cell is the mean
over the seeds, for the word with the highest mean, and the range over the seeds. All rows: separation.csv. In-sample
panels have error images among their judges.

**Mean over the judges** (distance of state and context for `bahdanau`).

{tables}

**The best judge.** Picking the best of a sheet's judges afterwards flatters; its chance level says by how much.

{best}

**Saturation.** Whole images are the words, and the softmax saturates: the largest weight of a row, mean over images and
seeds, with its range over the sheets. Equal weights would be 0.03 with 30 images, 0.11 with the 9 of `anomaly_mean`,
0.02 with the 50 annotations of `bahdanau`.

{saturation}
"""


def run(seed: int, overrides: list[str], folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Run the attention stage for one seed; its separation table, and the mean largest weight of each sheet."""
    command = [str(Path(sys.executable).parent / "snakemake"), "attention", "--cores", "2", "--quiet", "all"]
    command += ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    command += ["--config", f"seed={seed}", *overrides]
    subprocess.run(command, cwd=ROOT, check=True)
    results = folder / "results/attention"
    weights = [
        {"panel": path.parent.name, "sheet": path.stem, "largest_weight": _rows(path).max(axis=1).mean()}
        for path in sorted(results.glob("*/*_weights.csv"))
    ]
    return pd.read_csv(results / "separation.csv"), pd.DataFrame(weights)


def _rows(path: Path) -> pd.DataFrame:
    return pd.read_csv(path).select_dtypes("number")


def markdown(table: pd.DataFrame) -> str:
    """A table as Markdown."""
    rows = [table.columns, ["---"] * len(table.columns), *table.itertuples(index=False)]
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows)


def summary(separation: pd.DataFrame, rules: list[str]) -> str:
    """For each scene and panel: the word with the best mean AUROC, by error kind."""
    chosen = separation[separation["judge_rule"].isin(rules) & (separation["error_kind"] != "all")]
    best = chosen.loc[chosen.groupby(["scene", "panel", "channel", "error_kind"])["mean"].idxmax()].copy()
    best["auroc"] = [f"{m:.2f} ({lo:.2f} to {hi:.2f})" for m, lo, hi in best[["mean", "min", "max"]].to_numpy()]
    best["chance"] = best["chance"].map("{:.2f}".format)
    best["in-sample"] = best["errors_among_judges"].map({True: "yes", False: "no"})
    parts = []
    for scene, rows in best.groupby("scene"):
        index, values = ["panel", "channel", "in-sample"], ["auroc", "word", "chance"]
        wide = rows.pivot(index=index, columns="error_kind", values=values)
        table = wide.index.to_frame(index=False)
        for kind in rows["error_kind"].unique():
            table[f"{kind}: AUROC"] = wide["auroc", kind].to_numpy()
            table[f"{kind}: word, chance"] = (wide["word", kind] + ", " + wide["chance", kind]).to_numpy()
        parts.append(f"Scene: {scene}.\n\n{markdown(table)}")
    return "\n\n".join(parts)


def main() -> None:
    """Run all seeds and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    seeds = range(1, parser.parse_args().seeds + 1)
    separations, saturations = [], []
    for scene, overrides in SCENES.items():
        for seed in seeds:
            with tempfile.TemporaryDirectory() as folder:
                separation, weights = run(seed, overrides, Path(folder))
            separations.append(separation.assign(scene=scene, seed=seed))
            saturations.append(weights.assign(scene=scene, seed=seed))
            print(f"{scene}, seed {seed}: done", flush=True)
    grouped = pd.concat(separations).groupby(KEYS, sort=False)
    separation = grouped["auroc"].agg(["mean", "min", "max"]).reset_index()
    separation["chance"] = grouped["auroc_permuted_mean"].mean().to_numpy()
    separation.round(4).to_csv(HERE / "separation.csv", index=False)
    sheets = pd.concat(saturations).groupby(["scene", "panel", "sheet"], sort=False)["largest_weight"]
    saturation = sheets.agg(["mean", "min", "max"]).reset_index().round(4)
    saturation.to_csv(HERE / "saturation.csv", index=False)
    panels = saturation.groupby(["scene", "panel"], sort=False)["mean"].agg(["mean", "min", "max"]).round(2)

    text = TEXT.format(
        seeds=len(seeds),
        tables=summary(separation, ["mean over judges", "distance of state and context"]),
        best=summary(separation, ["best judge"]),
        saturation=markdown(panels.reset_index()),
    )
    (HERE / "README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
