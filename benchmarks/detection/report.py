"""The benchmark's tables and its README, from the rows of all draws; no number is written by hand."""

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
SETTINGS = ("j3", "j10", "j20", "photo")
KEYS = ["detector", "good", "setting", "kind"]
SEEDS = {"choose": "seeds 0-4, on which the design was chosen", "confirm_again": "seeds 200-204, looked at once"}
EARLIER = "confirm"  # seeds 100-104: the confirmation of the design before
TAIL, EARLIER_TAIL = "exponential", "gumbel"  # the alarm of each design
LOCATED = ("errorA", "errorB", "darker", "hole20", "hole12")

TEXT = """# Detection: the inspection beside classical detectors

Made by `python benchmarks/detection/measure.py choose` and `... confirm_again`; every number comes from its tables.

**Protocol.** Parts as in config/scene.yaml, but *every* coordinate of every shape moves by itself, by up to 3, 10 or
20 pixels (j3, j10, j20); photo: 10 pixels, one gain a picture uniform in 1 +- 0.15, normal noise of 10 levels a
value, then the JPEG (quality 95). Learned from 50 good images; tested on 60 normals and 60 images of each of six
error kinds (benchmarks/kinds.yaml). A number is the mean over five seeds, each with its own images; ranges are the
lowest and the highest seed. AUROC: see scripts/soart/evaluation/rates.py. Detection and false alarms are at an asked
false-alarm rate of 0.05; each detector's alarm is the exponential tail of the scores of held-out good
images (docs/inspection.md).

{groups}
## What limits it

At j20 every edge wanders by itself, by two and a half places either way. Half of what the ranking loses there is due
to a few good parts that show what none of the learned ones did, and a hole of 12 pixels is one and a half places wide.
With nine or four good images the spread comes mostly from warps and neighbours; whatever made it wider was better at
j20 and worse at photo. The exponential tail keeps its rate where excesses are exponential; the folds that calibrate it
know fewer images than the final model, so false alarms lie below what is asked, in some settings below 0.03.

{earlier}
## What was tried

{tried}
"""

GROUP = """## {title}

Mean AUROC over the six kinds, and at j20 the share of errors detected and of normals falsely flagged:

{detectors}

The inspection by error kind: AUROC (lowest to highest seed); detected; of the flagged, strongest place in the true
mask grown by one place; pixel AUROC; per-region overlap.

{kinds}

Fewer good images, mean AUROC over the kinds (below nine there is no alarm):

{counts}

False alarms at an asked rate of 0.05: {draws} draws of a setting, each learned from 50 good images and tested on 60
normals; mean with its standard error, and the standard deviation between draws.

{alarms}

Goals:

{goals}
"""

HISTORY = """## The design before, on seeds 100-104, looked at once

It had the tolerant reading alone, `prior: 10` and a Gumbel alarm. What came after it was chosen on seeds 0-4 again,
without another look at these. Mean AUROC over the kinds by the number of good images, false alarms, goals:

{counts}

{alarms}

{goals}
"""

LEGEND = """{designs} designs were measured on seeds 0-4 while choosing: first with a quick batch form of the
mathematics and other draws of the same settings, then ("heat map: ...") with the program's own sums, warps and
pictures. tried.csv has all {rows} results (a gap is a setting that was not worth measuring; sweeps of warps of the
batch form with 4 good images: seeds 0-2). A *reading* is the mean of the largest distances of one kind: *tolerant*
lets a word move by one place, *strict* does not, *coarse 12* reads a mosaic of 12 places a side. Several readings
are each brought to their own Gumbel scale and the largest decides; "larger at each place" takes the larger distance
of each place before the mean, brought to one scale by mean and deviation of the good images' scores, or such that
their upper fifths are alike. *sd floor*: a place's deviation is at least 0.71 of the largest within two places.
*prior*: images that the pooled moments count as, 10 where nothing is said. Unless "all places" or "heat map" is
said, every second place is read, as on a chessboard. Detected and false alarms: by a Gumbel alarm. Notable, good or
not:

{notable}

Alarms, mean false-alarm rate at an asked rate of 0.05 over 50 draws a setting (seeds 0-49; all {alarms} pairs
of design and rule are in tried_alarms.csv):

{rules}"""


def write(group: str, evaluated: pd.DataFrame, alarms: pd.DataFrame) -> None:
    """Write the two tables of a group, then the README."""
    summarised(evaluated).to_csv(HERE / f"detection_{group}.csv", index=False, float_format="%.6g")
    by_draw = alarms.groupby(["setting", "tail"], sort=False)["rate"].agg(["mean", "std", "count", "min", "max"])
    by_draw.reset_index().to_csv(HERE / f"false_alarms_{group}.csv", index=False, float_format="%.6g")
    describe()


def describe() -> None:
    """Write the README from the tables of all groups that are there."""
    done = [name for name in SEEDS if (HERE / f"detection_{name}.csv").exists()]
    text = TEXT.format(
        groups="\n".join(map(section, done)), earlier=earlier(), tried=tried(pd.read_csv(HERE / "tried.csv", dtype=str))
    )
    (HERE / "README.md").write_text(text, encoding="utf-8")


def summarised(evaluated: pd.DataFrame) -> pd.DataFrame:
    """One row a detector, number of good images, setting and kind: means over the seeds."""
    rows = evaluated.copy()
    rows["flagged"] = rows["detection"] * rows["images"]
    rows["found"] = rows["located"] * rows["flagged"]
    groups = rows.groupby(KEYS, sort=False)
    table = groups.agg(
        seeds=("seed", "nunique"),
        auroc=("auroc", "mean"),
        auroc_lowest=("auroc", "min"),
        auroc_highest=("auroc", "max"),
        detection=("detection", "mean"),
        false_alarm_rate=("false_alarm_rate", "mean"),
        flagged=("flagged", "sum"),
        found=("found", lambda values: values.sum(min_count=1)),
        pixel_auroc=("pixel_auroc", "mean"),
        aupro=("aupro", "mean"),
    ).reset_index()
    table["located"] = table["found"] / table["flagged"].replace(0, np.nan)
    return table.drop(columns="found")


def section(group: str) -> str:
    table = pd.read_csv(HERE / f"detection_{group}.csv")
    alarms = pd.read_csv(HERE / f"false_alarms_{group}.csv")
    most = table["good"].max()
    inspection = table[(table["detector"] == "inspection") & (table["good"] == most)]
    return GROUP.format(
        title=SEEDS[group][0].upper() + SEEDS[group][1:],
        detectors=markdown(detectors(table[table["good"] == most])),
        kinds=markdown(kinds(inspection)),
        counts=markdown(by_setting(table[table["detector"] == "inspection"], "good")),
        draws=int(alarms["count"].max()),
        alarms=markdown(alarm_table(alarms)),
        goals=markdown(goals(table, alarms, TAIL)),
    )


def earlier() -> str:
    table = pd.read_csv(HERE / f"detection_{EARLIER}.csv")
    alarms = pd.read_csv(HERE / f"false_alarms_{EARLIER}.csv")
    return HISTORY.format(
        counts=markdown(by_setting(table[table["detector"] == "inspection"], "good")),
        alarms=markdown(alarm_table(alarms)),
        goals=markdown(goals(table, alarms, EARLIER_TAIL)),
    )


def by_setting(table: pd.DataFrame, key: str) -> pd.DataFrame:
    """Mean AUROC over the kinds, a column a setting and one for all of them."""
    wide = table.groupby([key, "setting"], sort=False)["auroc"].mean().unstack()[list(SETTINGS)]
    wide.insert(0, "all", wide.mean(axis=1))
    return wide.map("{:.4f}".format).reset_index()


def detectors(table: pd.DataFrame) -> pd.DataFrame:
    hard = table[table["setting"] == "j20"].groupby("detector", sort=False)
    rates = hard[["detection", "false_alarm_rate"]].mean().map("{:.3f}".format)
    rates.columns = ["detected, j20", "false alarms, j20"]
    return by_setting(table, "detector").join(rates, on="detector")


def kinds(table: pd.DataFrame) -> pd.DataFrame:
    def cell(row: pd.Series) -> str:
        place = f"{row.located:.2f}" if np.isfinite(row.located) else "-"
        ends = f"{row.auroc_lowest:.3f} to {row.auroc_highest:.3f}"
        return f"{row.auroc:.3f} ({ends}); {row.detection:.2f}; {place}; {row.pixel_auroc:.3f}; {row.aupro:.2f}"

    cells = table.assign(cell=[cell(row) for row in table.itertuples()])
    return (
        cells.pivot(index="kind", columns="setting", values="cell")
        .loc[pd.unique(table["kind"]), list(SETTINGS)]
        .reset_index()
    )


def alarm_table(alarms: pd.DataFrame) -> pd.DataFrame:
    error = alarms["std"] / np.sqrt(alarms["count"])
    cells = [f"{m:.3f} +- {e:.3f} (sd {s:.3f})" for m, e, s in zip(alarms["mean"], error, alarms["std"], strict=True)]
    return alarms.assign(cell=cells).pivot(index="tail", columns="setting", values="cell")[list(SETTINGS)].reset_index()


def goals(table: pd.DataFrame, alarms: pd.DataFrame, tail: str) -> pd.DataFrame:
    """Each goal with its number, and by how much it was missed."""
    ours = table[table["detector"] == "inspection"].set_index(["good", "setting", "kind"])
    most = ours.index.get_level_values("good").max()
    full, few, nine = ours.loc[most], ours.loc[4], ours.loc[9]
    placed = full[full.index.get_level_values("kind").isin(LOCATED)]
    located = (placed["located"] * placed["flagged"]).sum() / placed["flagged"].sum()
    wanted = [
        ("AUROC, all", full["auroc"].mean(), 0.994),
        ("AUROC, j20", full.loc["j20", "auroc"].mean(), 0.99),
        ("AUROC, j20, hole12", full.loc[("j20", "hole12"), "auroc"], 0.99),
        ("AUROC, j20, shift", full.loc[("j20", "shift"), "auroc"], 0.99),
        ("detection, j20", full.loc["j20", "detection"].mean(), 0.95),
        ("detection, j20, hole12", full.loc[("j20", "hole12"), "detection"], 0.95),
        ("detection, j20, shift", full.loc[("j20", "shift"), "detection"], 0.95),
        ("AUROC, j10, shift", full.loc[("j10", "shift"), "auroc"], 0.99),
        ("AUROC, 9 good images", nine["auroc"].mean(), 0.98),
        ("AUROC, 4 good images", few["auroc"].mean(), 0.96),
        ("located, of the flagged but shift", located, 0.95),
    ]
    lines = [(name, value, f">= {goal}", max(goal - value, 0)) for name, value, goal in wanted]
    rates = alarms[alarms["tail"] == tail].set_index("setting")["mean"]
    for setting in SETTINGS:
        rate = rates[setting]
        lines.append((f"false alarms, {setting}", rate, "0.03 to 0.05", max(0.03 - rate, rate - 0.05, 0)))
    return pd.DataFrame(
        [
            (name, f"{value:.4f}", goal, f"missed by {miss:.4f}" if miss else "reached")
            for name, value, goal, miss in lines
        ],
        columns=["goal", "measured", "wanted", ""],
    )


def tried(table: pd.DataFrame) -> str:
    """Count the designs that were measured while choosing, and list the notable ones."""
    notable = table[table["note"].notna()].drop(columns="note").assign(remark=table["note"].dropna()).fillna("-")
    designs = len(table.drop_duplicates(["design", "mosaic"]))
    alarms = pd.read_csv(HERE / "tried_alarms.csv")
    rules = alarms[alarms["design"].isin([alarms["design"].iloc[0], alarms["design"].iloc[-1]])]
    return LEGEND.format(
        designs=designs, rows=len(table), notable=markdown(notable), alarms=len(alarms), rules=markdown(rules)
    )


def markdown(table: pd.DataFrame) -> str:
    lines = [list(table.columns), ["---"] * len(table.columns), *table.values.tolist()]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
