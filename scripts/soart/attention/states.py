"""States: the twelve numbers of each measured image, aligned with those of the learned ones (Bahdanau)."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from soart import streams
from soart.attention import attention
from soart.attention.metrics import METRICS, QUADRANTS
from soart.attention.panels import Members, constant_columns, members
from soart.attention.separation import separation

STATE_NAMES = [f"{metric}_{quadrant}" for metric in METRICS for quadrant in QUADRANTS]


def table_path(folder: str, channel: str, kind: str) -> str:
    """Return where a table of states lies in its panel's folder; `kind`: scores, weights or context.

    >>> table_path("results/attention/bahdanau", "R", "weights")
    'results/attention/bahdanau/R_weights.csv'
    """
    return f"{folder}/{channel}_{kind}.csv"


def alignment_model(panel: dict, seed: int) -> tuple[str, object]:
    """The panel's alignment model as a function of (states, annotations), and what to call it in a table.

    >>> name, align = alignment_model({"alignment": "gaussian", "temperature": 2.0}, seed=1)
    >>> name, align(np.array([[0.0]]), np.array([[2.0]])).item()
    ('gaussian, T = 2', -1.0)
    """
    match panel["alignment"]:
        case "gaussian":
            return f"gaussian, T = {panel['temperature']:g}", lambda s, h: attention.gaussian(
                s, h, panel["temperature"]
            )
        case "additive":
            size = len(STATE_NAMES)
            rng = streams.generator(seed, "additive", 0)
            W_s, W_h = rng.standard_normal((2, panel["hidden"], size)) / np.sqrt(size)
            v = rng.standard_normal(panel["hidden"]) / np.sqrt(panel["hidden"])
            name = f"additive, random matrices of seed {seed}"
            return name, lambda s, h: attention.additive(s, h, W_s, W_h, v)
        case name:
            return name, getattr(attention, name)


def image_states(group: Members) -> np.ndarray:
    """An image as one state: Y1, Y2, Y3 of its four quadrants, (n, 12), in the order of `STATE_NAMES`.

    >>> one = Members(["a"], ["learn"], {metric: np.array([[1.0, 2.0, 3.0, 4.0]]) for metric in METRICS})
    >>> image_states(one).shape
    (1, 12)
    """
    return np.concatenate([group.metrics[metric] for metric in METRICS], axis=1)


class Steps(NamedTuple):
    """Bahdanau's three steps: scores and weights (n, k), context (n, 12), distance |state - context| (n,)."""

    scores: np.ndarray
    weights: np.ndarray
    context: np.ndarray
    distance: np.ndarray


def align_states(measured: Members, annotations: Members, align) -> Steps:
    """Align each measured image's state with the annotations', all standardised by the annotations.

    z = (state - mean)/sd, mean and sd of each of the 12 numbers over the annotations; `align(z, z_h)` gives the scores.
    Raises `ValueError` where a number is the same in all annotations.

    >>> rows = np.array([[0.0, 0.0, 0.0, 0.0], [2.0, 2.0, 2.0, 2.0]])
    >>> two = Members(["a", "b"], ["learn", "learn"], dict.fromkeys(METRICS, rows))
    >>> steps = align_states(two, two, attention.dot)  # standardised: twelve -1 and twelve 1
    >>> steps.scores.tolist(), steps.distance.round(6).tolist()
    ([[12.0, -12.0], [-12.0, 12.0]], [0.0, 0.0])
    """
    learned = image_states(annotations)
    mean, sd, constant = learned.mean(axis=0), learned.std(axis=0), constant_columns(learned)
    if constant.any():
        first = int(constant.argmax())
        raise ValueError(
            f"{STATE_NAMES[first]} is {mean[first]:.6g} in all annotations: it cannot be standardised; choose others"
        )
    state, learned = (image_states(measured) - mean) / sd, (learned - mean) / sd
    scores = align(state, learned)
    weights, context = attention.context_vectors(scores, learned)
    return Steps(scores, weights, context, np.sqrt(np.square(state - context).sum(axis=1)))


def state_columns(measured: Members, annotations: Members, steps: Steps) -> pd.DataFrame:
    """Return the alignment as a long table: one row for each image and annotation (judge), image by image."""
    return pd.DataFrame(
        {
            "image": np.repeat(measured.images, len(annotations.images)),
            "judge": annotations.images * len(measured.images),
            "score": steps.scores.ravel(),
            "weight": steps.weights.ravel(),
        }
    )


class Aligned(NamedTuple):
    """The states of one channel's measured images, aligned with the annotations'."""

    channel: str
    measured: Members
    annotations: Members
    steps: Steps


def align_panel(table: pd.DataFrame, panel: dict, align: Callable) -> list[Aligned]:
    """Return the alignment in each channel of a panel; raises `ValueError` naming the channel."""
    found = []
    for channel in panel["channels"]:
        measured, annotations = (
            members(table, panel["standard"], channel, panel["groups"][role]) for role in ("measured", "annotations")
        )
        try:
            found.append(Aligned(channel, measured, annotations, align_states(measured, annotations, align)))
        except ValueError as error:
            raise ValueError(f"panel {panel['name']}, channel {channel}: {error}") from error
    return found


def alignment_table(panel: str, model: str, aligned: list[Aligned]) -> pd.DataFrame:
    """Return the alignments of all channels as one long table; `model` is what the alignment model is called."""
    parts = [state_columns(*each).assign(panel=panel, alignment=model, channel=channel) for channel, *each in aligned]
    return pd.concat(parts, ignore_index=True).assign(word="state", q_judge="", k_judge="", raw=None, deviation=None)


def state_separation(panel: str, aligned: list[Aligned], errors: list[str], seed: int) -> pd.DataFrame:
    """Return how well the distance of state and context tells errors from good images, channel by channel."""
    parts = []
    for channel, measured, annotations, steps in aligned:
        rng = streams.generator(seed, f"separation {panel} {channel}", 0)
        rules = {"distance of state and context": steps.distance[:, None]}
        found = separation(rules, measured.sets, "normal", errors, rng)
        among = not set(annotations.sets).isdisjoint(errors)
        parts.append(found.assign(panel=panel, channel=channel, word="state", errors_among_judges=among))
    return pd.concat(parts, ignore_index=True)
