"""Tables as the workflow makes them, of any size and with the names of any user, for tests of the report."""

import numpy as np

from soart.inspection import calibration_card
from soart.report import pictures as report_pictures
from soart.report.results import Origin, Results, Run, Shown, Sight, Subject
from soart.report.sheets import Panel
from soart.report.verdicts import BOX, ROW_COLUMNS, Truth
from soart.report.why import Why

HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>{{ 7 * 7 }}'
JAPANESE = "不良品_きず"
GOOD_SCORES = np.random.default_rng(1).gumbel(3, 1, 50)


def verdicts(counts: dict[str, int], seed: int = 0, names: str = "image_{set}_{i}") -> dict[str, np.ndarray]:
    """A table of verdicts, so many images a set; sets other than `normal` score higher, so that most are flagged."""
    rng = np.random.default_rng(seed)
    columns = {name: [] for name in ("image", "set", "score", "p_value", "verdict", "x", "y", *BOX)}
    for name, count in counts.items():
        for number in range(count):
            score = float(rng.gumbel(3, 1) + (0 if name == "normal" else rng.uniform(0, 20)))
            p = float(-np.expm1(-np.exp(-(score - 3))))
            x, y = rng.uniform(10, 490, 2).tolist()
            row = (
                names.replace("{set}", name).replace("{i}", str(number)),
                name,
                score,
                p,
                "flagged" if p <= 0.05 else "good",
                x,
                y,
            )
            box = (int(x) - 8, int(y) - 8, int(x) + 8, int(y) + 8)
            for column, value in zip(columns.values(), (*row, *box), strict=True):
                column.append(value)
    total = len(columns["image"])
    columns |= {"distance": [score * 1.2 for score in columns["score"]], "driver": ["shape"] * total}
    columns["warning"] = [""] * total
    return {name: np.array(columns[name]) for name in (*ROW_COLUMNS, *BOX)}


def card(images: int = 50) -> dict[str, np.ndarray]:
    """A calibration card as its CSV is read: NaN where an alarm is impossible."""
    rows = calibration_card.card_rows(GOOD_SCORES[:images], (0.1, 0.05))
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    columns["threshold"] = [np.nan if value is None else value for value in columns["threshold"]]
    return {name: np.array(column) for name, column in columns.items()}


def evaluation(kinds: list[str]) -> dict[str, np.ndarray]:
    """Two detectors by error kind."""
    rows = [(detector, kind) for detector in ("inspection", "pca") for kind in [*kinds, "all"]]
    detector, kind = np.array(rows).T
    numbers = {"auroc": 0.9, "auroc_low": 0.8, "auroc_high": 0.95, "detection": 0.7, "false_alarm_rate": 0.1}
    numbers |= {"located": 0.75, "located_low": 0.5, "located_high": 0.9}
    return {"detector": detector, "kind": kind} | {name: np.full(len(rows), each) for name, each in numbers.items()}


def metrics(sets: list[str], images: int = 5) -> dict[str, np.ndarray]:
    """Metrics of some images of each set, two channels."""
    rows = [
        (name, channel, quadrant)
        for name in sets
        for _ in range(images)
        for channel in ("gray", "R")
        for quadrant in ("X0", "X1", "X2", "X3")
    ]
    names, channel, quadrant = np.array(rows).T
    rng = np.random.default_rng(2)
    y1, y2 = rng.normal(0, 0.1, len(rows)), rng.uniform(0, 4, len(rows))
    return {"set": names, "channel": channel, "quadrant": quadrant, "Y1": y1, "Y2": y2}


def sheet_panel(images: list[str], sets: list[str], judges: list[str]) -> Panel:
    """A panel of one sheet: raw value 10 i + j of image i and judge j, weights even."""
    raw = 10.0 * np.arange(len(images))[:, None] + np.arange(len(judges))
    deviation = (raw - raw.mean(axis=0)) / max(10 * (len(images) - 1), 1)
    long = {
        "channel": np.full(raw.size, "gray"),
        "word": np.full(raw.size, "Y1"),
        "image": np.repeat(images, len(judges)),
        "judge": np.tile(judges, len(images)),
        "raw": raw.ravel(),
        "deviation": deviation.ravel(),
    }
    weights = {"image": np.array(images), "set": np.array(sets)}
    weights |= {name: np.full(len(images), 1 / len(images)) for name in images}
    signs = {"channel": ["gray"], "word": ["Y1"], "judges": ["learn"], "images": [sets[0]]}
    signs |= {"positive": [3], "negative": [2], "zero": [1]}
    signs = {name: np.array(column) for name, column in signs.items()}
    return Panel(long, {("gray", "Y1"): weights}, signs, dict(zip(images, sets, strict=True)))


def state_panel(images: list[str], sets: list[str], annotations: list[str]) -> Panel:
    """A panel of states, one channel: each image is aligned with the first annotation alone."""
    weights = np.zeros((len(images), len(annotations)))
    weights[:, 0] = 1
    long = {
        "channel": np.full(weights.size, "gray"),
        "alignment": np.full(weights.size, "scaled_dot"),
        "image": np.repeat(images, len(annotations)),
        "judge": np.tile(annotations, len(images)),
        "weight": weights.ravel(),
    }
    context = {"image": np.array(images), "set": np.array(sets), "Y1_X0": np.ones(len(images))}
    return Panel(long, {("gray",): context | {"distance": np.arange(1.0, len(images) + 1)}})


def separation(panels: dict[str, str], kinds: list[str]) -> dict[str, np.ndarray]:
    """One row a panel (its word is given) and error kind: the first kind beyond chance, others not."""
    rows = [(panel, "gray", word, kind) for panel, word in panels.items() for kind in [*kinds, "all"]]
    panel, channel, word, kind = np.array(rows).T
    auroc = np.where(kind == [*kinds, ""][0], 0.9, 0.6)
    table = {"panel": panel, "channel": channel, "word": word, "error_kind": kind}
    table |= {"judge_rule": np.full(len(rows), "mean over judges"), "auroc": auroc}
    table |= {"direction": np.full(len(rows), "errors higher"), "auroc_permuted_95": np.full(len(rows), 0.75)}
    return table | {"errors_among_judges": np.full(len(rows), False)}


def results(counts: dict[str, int] | None = None, names: str = "image_{set}_{i}", panel: str = "first") -> Results:
    """All that the report shows, for sets with so many images; the set `normal` is good, all others are error kinds."""
    counts = counts or {"normal": 10, "errorA": 6}
    kinds = [name for name in counts if name != "normal"]
    table = verdicts(counts, names=names)
    images, sets = table["image"][:6].tolist(), table["set"][:6].tolist()
    gray = report_pictures.exact_address(np.zeros((30, 30), np.uint8))
    config = {"seed": 1, "false_alarm_rate": 0.05, "alarm": "exponential", "note": names}
    config |= {"photos": "", "registration": "none"}
    return Results(
        verdicts=table,
        card=card(),
        held_out=GOOD_SCORES,
        evaluation=evaluation(kinds),
        metrics=metrics(["learn", *counts]),
        separation=separation({panel: "Y1", f"{panel} states": "state"}, kinds),
        panels={
            panel: sheet_panel(images, sets, ["judge 0", "judge 1"]),
            f"{panel} states": state_panel(images, sets, ["learned 0", "learned 1"]),
        },
        examples=[Shown("learn", "image_0", gray, gray, gray)],
        truth=Truth(["normal"], kinds),
        origin=Origin(config, {"draw.py": "0" * 64}, {"numpy": "2"}, {"draw": [], "read": ["draw"]}, {}),
        links={"verdicts": "inspection/verdicts.csv", "card": "inspection/calibration card.csv"},
        subject=Subject(names, False, "2026-01-02 03:04"),
        run=Run("0" * 40, "1" * 64, "cd '/data/my parts' && snakemake --cores 4"),
        sight=Sight(float("inf"), 26.3, 0.52, 0.01, [("upper left", 0.4)], gray),
    )


def noisy_pictures(rows: list[dict]) -> list[tuple[str, Why]]:
    """As much as pictures can take: noise that needs nearly all of a picture's share, for every row, and reasons."""
    rng = np.random.default_rng(3)
    noise = rng.normal(128, 1, (240, 488, 3))
    address = max(
        (report_pictures.address(np.clip(128 + sd * (noise - 128), 0, 255).astype(np.uint8)) for sd in range(1, 60, 6)),
        key=len,
    )
    crops = report_pictures.address(rng.integers(0, 256, (96, 300, 3), np.uint8), 5_000)
    why = Why(
        "darker by 41 gray levels than any of 50 good ones",
        crops,
        ["measured", "mean good image", HOSTILE],
        [(HOSTILE, 0.08), ("b", 0.05)],
        crops,
        0.02,
    )
    return [(address, why) for _ in rows]


def no_pictures(rows: list[dict]) -> list[tuple[None, None]]:
    """No picture can be had."""
    return [(None, None) for _ in rows]
