"""Separation: AUROC against scikit-learn and pair counting, permutations, judge rules."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score

import reference
from soart import statistics
from soart.attention import separation


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=40))
def test_midranks_share_ties(values):
    column = np.array(values, float)[:, None]
    assert statistics.midranks(column)[:, 0].tolist() == rankdata(values).tolist()


@settings(deadline=None)  # the first call loads a package
@given(st.lists(st.tuples(st.integers(-4, 4), st.booleans()), min_size=2, max_size=40))
def test_auroc_is_scikit_learns_with_ties(pairs):
    scores, labels = np.array([score for score, _ in pairs], float), np.array([label for _, label in pairs])
    if labels.all() or not labels.any():
        return
    found = statistics.auroc(statistics.midranks(scores[:, None]), labels)[0]
    assert found == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    assert found == pytest.approx(reference.auroc(scores.tolist(), labels.tolist()), abs=1e-12)


def test_auroc_of_many_columns_and_labellings_at_once(rng):
    scores, labels = rng.integers(0, 9, (20, 3)).astype(float), rng.permuted(np.tile(np.arange(20) < 8, (5, 1)), axis=1)
    found = statistics.auroc(statistics.midranks(scores), labels)
    assert found.shape == (5, 3)
    assert np.allclose(found, [[roc_auc_score(each, column) for column in scores.T] for each in labels])


def test_perfect_separation_and_its_direction(rng):
    labels = np.arange(30) >= 10
    up = separation.separate(labels[:, None] + rng.random((30, 1)) / 2, labels, rng)
    assert (up.auroc, up.direction) == (1.0, "errors higher")
    down = separation.separate(~labels[:, None] + rng.random((30, 1)) / 2, labels, rng)
    assert (down.auroc, down.direction) == (1.0, "errors lower")
    assert up.auroc_permuted_95 < 0.8


def test_constant_scores_are_at_chance(rng):
    found = separation.separate(np.zeros((20, 2)), np.arange(20) < 10, rng)
    assert found == (0.5, "errors higher", 0.5, 0.5)


def test_permuted_labels_of_few_images_reach_about_0_6(rng):
    labels = np.arange(20) < 10
    found = [separation.separate(rng.normal(size=(20, 1)), labels, rng) for _ in range(30)]
    # |A - 0.5| of 10 against 10: A is about normal, sd sqrt(21/1200) = 0.132; mean 0.106, 95 % point 0.259
    assert np.mean([each.auroc_permuted_mean for each in found]) == pytest.approx(0.606, abs=0.005)
    assert np.mean([each.auroc_permuted_95 for each in found]) == pytest.approx(0.755, abs=0.01)
    assert np.mean([each.auroc for each in found]) == pytest.approx(0.606, abs=0.05)
    assert all(each.auroc >= 0.5 for each in found)


def test_the_best_of_many_columns_is_compared_with_the_best_of_many_permuted(rng):
    labels = np.arange(20) < 10
    one, many = (separation.separate(rng.normal(size=(20, k)), labels, rng) for k in (1, 50))
    assert many.auroc_permuted_mean > one.auroc_permuted_mean + 0.1
    assert many.auroc < 1
    exceeding = [
        found.auroc > found.auroc_permuted_95
        for found in (separation.separate(rng.normal(size=(20, 20)), labels, rng) for _ in range(100))
    ]
    assert sum(exceeding) <= 14  # 5 of 100 expected


def test_best_column_gives_auroc_and_direction(rng):
    labels = np.arange(12) >= 6
    scores = np.column_stack([rng.normal(size=12), -labels.astype(float), rng.normal(size=12)])
    assert separation.separate(scores, labels, rng)[:2] == (1.0, "errors lower")


def test_permutations_are_the_same_from_the_same_generator():
    scores, labels = np.random.default_rng(1).normal(size=(20, 3)), np.arange(20) < 10
    one, two = (separation.separate(scores, labels, np.random.default_rng(7)) for _ in range(2))
    assert one == two


def test_judge_rules_by_hand():
    rules = separation.judge_rules(np.array([[0.5, -0.1], [-0.25, 0.75]]))
    assert list(rules) == ["mean over judges", "best judge", "mean of |deviation|"]
    assert np.allclose(rules["mean over judges"], [[0.2], [0.25]])
    assert np.allclose(rules["best judge"], [[0.5, -0.1], [-0.25, 0.75]])
    assert np.allclose(rules["mean of |deviation|"], [[0.3], [0.5]])


def test_a_row_for_each_kind_and_rule_and_all_kinds_together(rng):
    sets = ["normal"] * 4 + ["errorA"] * 3 + ["learn"] * 2 + ["errorB"] * 2
    scores = np.array([0, 1, 2, 3, 10, 11, 12, 99, -99, -5, -6], float)[:, None]
    found = separation.separation({"one": scores, "two": -scores}, sets, "normal", ["errorA", "errorB", "errorC"], rng)
    assert tuple(found.columns) == separation.COLUMNS
    assert found["error_kind"].tolist() == ["errorA", "errorA", "errorB", "errorB", "all", "all"]
    assert found["judge_rule"].tolist() == ["one", "two"] * 3
    assert found["good_images"].tolist() == [4] * 6  # learn takes no part
    assert found["error_images"].tolist() == [3, 3, 2, 2, 5, 5]
    # kinds on opposite sides: each by itself is perfect, all together 12 of 20 pairs
    assert found["auroc"].tolist() == pytest.approx([1, 1, 1, 1, 0.6, 0.6])
    assert found["direction"].tolist() == [
        f"errors {side}" for side in ("higher", "lower", "lower", "higher", "higher", "lower")
    ]


@pytest.mark.parametrize("sets", [["normal"] * 3, ["errorA"] * 3, ["learn"] * 3])
def test_no_rows_without_both_sorts(sets, rng):
    found = separation.separation({"one": np.zeros((3, 1))}, sets, "normal", ["errorA"], rng)
    assert found.to_dict("list") == {name: [] for name in separation.COLUMNS}
