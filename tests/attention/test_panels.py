"""Panels: scalings, score sheets and reading aids, hand-worked and against loops; the printed deviation table."""

import copy

import numpy as np
import pandas as pd
import pytest

import reference
from soart.attention import attention, panels, states
from soart.attention.panels import Members

SETS = {"learn": 5, "normal": 4, "errorA": 3, "errorB": 3}


def metrics_table(rng, standards=("base",), channels=("gray", "R")) -> pd.DataFrame:
    """A long metrics table of random numbers: standard by standard within a set, as the workflow's."""
    rows = [
        (f"{name}_{i}", name, standard, channel, quadrant)
        for name, count in SETS.items()
        for standard in standards
        for i in range(count)
        for channel in channels
        for quadrant in ("X0", "X1", "X2", "X3")
    ]
    labels = dict(
        zip(("image", "set", "standard", "channel", "quadrant"), map(np.array, zip(*rows, strict=True)), strict=True)
    )
    return pd.DataFrame(labels | {metric: rng.normal(size=len(rows)) for metric in ("Y1", "Y2", "Y3")})


@pytest.fixture
def table(rng):
    return metrics_table(rng, ("base", "normal_0"))


@pytest.fixture
def panel() -> dict:
    good, bad = {"set": "learn", "first": 4}, {"set": "errorA", "first": 2}
    return {
        "name": "trial",
        "channels": ["gray", "R"],
        "standard": "base",
        "query": {"metric": "Y3"},
        "key": {"metric": "Y1"},
        "value": {"metric": "Y2"},
        "groups": {
            "measured": [{"set": "normal", "first": "all"}, {"set": "errorA", "first": 2}],
            "query": [good],
            "key": [good],
            "value": [good, bad],
        },
        "scaling": "minmax2",
        "words": ["Y1", "Y3"],
    }


def values_of(table, images, metric, standard="base", channel="gray") -> list[list[float]]:
    """A metric of images, four numbers each, found row by row."""
    return [
        [
            table[metric][row]
            for row in range(len(table["image"]))
            if (table["image"][row], table["standard"][row], table["channel"][row]) == (image, standard, channel)
        ]
        for image in images
    ]


# --- members ---------------------------------------------------------------------------------------------------------


def test_members_are_the_first_images_of_each_group_in_order(table):
    groups = [{"set": "errorA", "first": 2}, {"set": "learn", "first": "all"}, {"set": "normal", "first": 1}]
    found = panels.members(table, "normal_0", "R", groups)
    assert found.images == ["errorA_0", "errorA_1", *(f"learn_{i}" for i in range(5)), "normal_0"]
    assert found.sets == ["errorA"] * 2 + ["learn"] * 5 + ["normal"]
    for metric in ("Y1", "Y2", "Y3"):
        assert found.metrics[metric].tolist() == values_of(table, found.images, metric, "normal_0", "R")


# --- scalings --------------------------------------------------------------------------------------------------------

JUDGES = np.array([[0.0, 1.0, 2.0, 4.0], [0.8, 3.0, 0.9, 1.2]])  # lo 0, hi 4, mean 12.9 / 8
WORDS = np.array([[0.0, 1.2, 2.0, 6.0], [-2.0, 0.4, 0.6, 4.0]])  # mean 12.2 / 8


@pytest.mark.parametrize(
    ("scaling", "judges", "words"),
    [
        (
            "mean",
            [[0, 8 / 12.9, 16 / 12.9, 32 / 12.9], [6.4 / 12.9, 24 / 12.9, 7.2 / 12.9, 9.6 / 12.9]],
            [[0, 9.6 / 12.2, 16 / 12.2, 48 / 12.2], [-16 / 12.2, 3.2 / 12.2, 4.8 / 12.2, 32 / 12.2]],
        ),
        ("minmax2", [[0, 0.25, 1, 4], [0, 2.25, 0, 0.36]], [[0, 0.09, 0.25, 2.25], [0, 0, 0, 1]]),
        ("minmax2b", [[0, 0.25, 1, 4], [0, 2.25, 0, 0.36]], [[0, 0.6, 1, 3], [0, 0, 0.3, 2]]),
        (
            "minmax15",
            [[0, 0.140625, 0.5625, 2.25], [0.09, 1.265625, 0.11390625, 0.2025]],
            [[0, 0.6, 1, 3], [0, 0, 0.3, 2]],
        ),
    ],
)
def test_scalings_worked_by_hand(scaling, judges, words):
    assert np.allclose(panels.scale_judges(scaling, JUDGES, "Y1"), judges, rtol=1e-14)
    assert np.allclose(panels.scale_words(scaling, WORDS, JUDGES, "Y1"), words, rtol=1e-14)


def test_every_scaling_is_worked_above():
    assert set(panels.SCALINGS) == {"mean", "minmax2", "minmax2b", "minmax15"}


@pytest.mark.parametrize("scaling", ["minmax2", "minmax2b", "minmax15"])
def test_no_range_is_an_error(scaling):
    flat = np.full((3, 4), 0.25)
    with pytest.raises(ValueError, match=r"Y2 is 0\.25 in every quadrant of all judges: it has no range"):
        panels.scale_judges(scaling, flat, "Y2")
    with pytest.raises(ValueError, match=r"no range to scale the words by; choose other judges or another metric"):
        panels.scale_words(scaling, WORDS, flat, "Y2")


@pytest.mark.parametrize("values", [np.zeros((2, 4)), np.array([[1.0, -1.0, 2e-6, -1e-6]])])
def test_a_mean_near_0_is_an_error(values):
    with pytest.raises(ValueError, match=r"Y1 of the judges has the mean .*: it cannot be scaled by its mean"):
        panels.scale_judges("mean", values, "Y1")
    with pytest.raises(ValueError, match="Y1 of the words has the mean"):
        panels.scale_words("mean", values, JUDGES, "Y1")


# --- score sheets ----------------------------------------------------------------------------------------------------

FORMS = {"minmax2": ((2, 0.5, True), (1, 0.3, True)), "minmax2b": ((2, 0.5, True), (2, 0.3, False))}
FORMS["minmax15"] = ((1.5, 0.3, True), (2, 0.3, False))


def scaled_by_loops(scaling, values, judges, whose) -> list[list[float]]:
    if scaling == "mean":
        mean = sum(sum(row) for row in values) / (4 * len(values))
        return [[value / mean for value in row] for row in values]
    low, high = min(min(row) for row in judges), max(max(row) for row in judges)
    return reference.stretched(values, low, high, *FORMS[scaling][whose])


@pytest.mark.parametrize("scaling", ["mean", "minmax2", "minmax2b", "minmax15"])
def test_score_sheets_against_loops(scaling, table, panel):
    panel["scaling"] = scaling
    sheets = panels.score_sheets(table, panel)
    assert [(sheet.channel, sheet.word) for sheet in sheets] == [
        ("gray", "Y1"),
        ("gray", "Y3"),
        ("R", "Y1"),
        ("R", "Y3"),
    ]
    learn, measured = [f"learn_{i}" for i in range(4)], [*(f"normal_{i}" for i in range(4)), "errorA_0", "errorA_1"]
    judges = [*learn, "errorA_0", "errorA_1"]
    for sheet in sheets:
        assert (sheet.measured.images, sheet.judges["value"].images) == (measured, judges)
        tables = {
            role: values_of(table, images, metric, channel=sheet.channel)
            for role, images, metric in (("Q", learn, "Y3"), ("K", learn, "Y1"), ("V", judges, "Y2"))
        }
        W = {
            role: np.transpose(scaled_by_loops(scaling, values, values, 0)).tolist() for role, values in tables.items()
        }
        words = scaled_by_loops(
            scaling,
            values_of(table, measured, sheet.word, channel=sheet.channel),
            values_of(table, judges, sheet.word, channel=sheet.channel),
            1,
        )
        weights, raw = reference.self_attention(words, W["Q"], W["K"], W["V"])
        assert np.allclose(sheet.weights, weights, rtol=1e-9, atol=1e-300)
        assert np.allclose(sheet.raw, raw, rtol=1e-9)
        assert np.abs(sheet.weights.sum(axis=1) - 1).max() < 1e-14
        assert (sheet.deviation == panels.deviation(sheet.raw)).all()


def test_words_are_scaled_by_the_value_judges_own_word_metric(table, panel):
    before = [sheet.raw for sheet in panels.score_sheets(table, panel)]
    changed = copy.deepcopy(table)
    rows = (table["image"] == "errorA_0") & (table["channel"] == "gray") & (table["standard"] == "base")
    changed.loc[rows, "Y3"] = (
        50.0  # errorA_0 is a value judge: the words Y3 get another range; no judge's Y3 matters to Q
    )
    after = [sheet.raw for sheet in panels.score_sheets(changed, panel)]
    assert [bool((a == b).all()) for a, b in zip(before, after, strict=True)] == [True, False, True, True]


def test_another_standard_takes_its_own_metrics(table, panel):
    one = panels.score_sheets(table, panel)
    two = panels.score_sheets(table, panel | {"standard": "normal_0"})
    assert all((a.raw != b.raw).any() for a, b in zip(one, two, strict=True))


def test_a_metric_without_range_names_panel_channel_and_word(table, panel):
    table.loc[table["channel"] == "R", "Y2"] = 0.5
    with pytest.raises(
        ValueError, match=r"^panel trial, channel R, word Y1: Y2 is 0\.5 in every quadrant of all judges"
    ):
        panels.score_sheets(table, panel)


# --- deviation -------------------------------------------------------------------------------------------------------


def test_printed_deviation_table(data):
    raw, printed = (np.loadtxt(data / f"attention_{name}.csv", delimiter=",") for name in ("raw", "deviation"))
    assert raw.shape == printed.shape == (9, 9)
    assert np.abs(panels.deviation(raw) - printed).max() < 5.5e-5  # printed to 4 decimals, from 5 decimals


def test_deviation_by_hand():
    assert panels.deviation(np.array([[0.0, 5.0], [1.0, 5.0], [5.0, 8.0]])) == pytest.approx(
        np.array([[-0.4, -1 / 3], [-0.2, -1 / 3], [0.6, 2 / 3]])
    )


def test_constant_columns_deviate_by_0():
    raw = np.array([[3.0, 0.0, 7e8, -2.0, 1.0], [3.0, 0.0, 7e8 + 0.5, -2.0 - 1e-10, 1.0 + 1e-8]])
    found = panels.deviation(raw)
    assert np.isfinite(found).all()
    assert found[:, :4].tolist() == [[0.0] * 4] * 2
    assert np.allclose(found[:, 4], [-0.5, 0.5])  # 1e-8 is a range


def test_deviations_of_a_column_sum_to_0_and_span_1(rng):
    found = panels.deviation(rng.normal(size=(30, 9)) * 10.0 ** np.arange(-4, 5))
    assert np.abs(found.sum(axis=0)).max() < 1e-12
    assert np.allclose(np.ptp(found, axis=0), 1)


# --- reading aids ----------------------------------------------------------------------------------------------------


@pytest.fixture
def sheet() -> panels.Sheet:
    """Three images of two sets by three value judges of two sets; two query and key judges."""
    deviation = np.array([[0.5, -0.25, 0.0], [-0.5, 0.75, 0.0], [0.25, -0.5, 0.0]])
    empty = {}
    judges = {
        "query": Members(["q0", "q1"], ["learn"] * 2, empty),
        "key": Members(["k0", "k1"], ["normal"] * 2, empty),
        "value": Members(["v0", "v1", "v2"], ["learn", "learn", "errorA"], empty),
    }
    measured = Members(["n0", "a0", "n1"], ["normal", "errorA", "normal"], empty)
    return panels.Sheet("gray", "Y1", measured, judges, np.eye(3), deviation + 1, deviation)


def test_signs_by_hand(sheet):
    assert panels.signs(sheet).to_dict("list") == {
        "judges": ["learn", "learn", "errorA", "errorA"],
        "images": ["normal", "errorA", "normal", "errorA"],
        "positive": [2, 1, 0, 0],
        "negative": [2, 1, 0, 0],
        "zero": [0, 0, 2, 1],
    }


def test_extremes_by_hand(sheet):
    assert panels.extremes(sheet).to_dict("list") == {
        "image": ["n0", "a0", "n1"],
        "set": ["normal", "errorA", "normal"],
        "largest": [0.5, 0.75, 0.25],
        "largest_judge": ["v0", "v1", "v0"],
        "smallest": [-0.25, -0.5, -0.5],
        "smallest_judge": ["v1", "v0", "v1"],
    }


def test_long_table_by_hand(sheet):
    assert panels.sheet_table(sheet).to_dict("list") == {
        "image": ["n0"] * 3 + ["a0"] * 3 + ["n1"] * 3,
        "judge": ["v0", "v1", "v2"] * 3,
        "q_judge": ["q0", "q1", ""] * 3,
        "k_judge": ["k0", "k1", ""] * 3,
        "raw": [1.5, 0.75, 1.0, 0.5, 1.75, 1.0, 1.25, 0.5, 1.0],
        "deviation": [0.5, -0.25, 0.0, -0.5, 0.75, 0.0, 0.25, -0.5, 0.0],
        "alignment": [None] * 9,
        "score": [None] * 9,
        "weight": [None] * 9,
    }


# --- states ----------------------------------------------------------------------------------------------------------


def test_a_state_is_the_images_12_numbers_in_order():
    metrics = {name: np.arange(4.0)[None] + 10 * i for i, name in enumerate(("Y1", "Y2", "Y3"))}
    assert states.image_states(Members(["a"], ["learn"], metrics)).tolist() == [
        [0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23]
    ]
    assert states.STATE_NAMES[:5] == ["Y1_X0", "Y1_X1", "Y1_X2", "Y1_X3", "Y2_X0"]


def members_of(numbers, prefix="i") -> Members:
    blocks = dict(zip(("Y1", "Y2", "Y3"), np.split(np.asarray(numbers, float), 3, axis=1), strict=True))
    return Members([f"{prefix}{i}" for i in range(len(numbers))], [prefix] * len(numbers), blocks)


def test_alignment_of_states_against_loops(rng):
    measured, learned = rng.normal(3, 2, size=(4, 12)), rng.normal(3, 2, size=(6, 12))
    steps = states.align_states(members_of(measured), members_of(learned), attention.scaled_dot)
    means = [sum(column) / 6 for column in learned.T.tolist()]
    sds = [(sum((x - m) ** 2 for x in column) / 6) ** 0.5 for column, m in zip(learned.T.tolist(), means, strict=True)]
    s, h = (
        [[(x - m) / d for x, m, d in zip(row, means, sds, strict=True)] for row in numbers.tolist()]
        for numbers in (measured, learned)
    )
    scores = reference.scores("scaled_dot", s, h)
    weights = [reference.softmax(row) for row in scores]
    context = reference.product(weights, h)
    distance = [sum((a - b) ** 2 for a, b in zip(x, y, strict=True)) ** 0.5 for x, y in zip(s, context, strict=True)]
    for found, slow in zip(steps, (scores, weights, context, distance), strict=True):
        assert np.allclose(found, slow, rtol=1e-10)
    columns = states.state_columns(members_of(measured), members_of(learned, "h"), steps)
    assert list(columns["image"][:7]) == ["i0"] * 6 + ["i1"]
    assert columns["judge"].tolist()[:7] == ["h0", "h1", "h2", "h3", "h4", "h5", "h0"]
    assert columns["score"][7] == steps.scores[1, 1]
    assert columns["weight"][23] == steps.weights[3, 5]


@pytest.mark.parametrize("value", [0.0, 0.1, 1 / 3, -1234.567])
def test_annotations_that_are_all_the_same_cannot_standardise(value, rng):
    learned = rng.normal(size=(50, 12))
    learned[:, 5] = value  # the mean of fifty times 0.1 is not quite 0.1
    with pytest.raises(ValueError, match=r"^Y2_X1 is .* in all annotations: it cannot be standardised; choose"):
        states.align_states(members_of(learned), members_of(learned), attention.scaled_dot)
