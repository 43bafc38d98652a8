"""Attention against worked examples, PyTorch's stored numbers and slow loops."""

import json

import numpy as np
import pytest

import reference
from soart.attention import attention


@pytest.fixture(scope="module")
def demonstrations(data):
    return json.loads((data / "attention_demo.json").read_text())


def additive_matrices(rng, hidden=4, d=3) -> dict[str, np.ndarray]:
    W_s, W_h = rng.normal(size=(2, hidden, d))
    return {"W_s": W_s, "W_h": W_h, "v": rng.normal(size=hidden)}


def arguments_of(model, rng) -> dict:
    return {"additive": additive_matrices(rng), "gaussian": {"temperature": 0.7}}.get(model, {})


MODELS = ("dot", "scaled_dot", "additive", "gaussian")


# --- worked examples -------------------------------------------------------------------------------------------------


def test_textbook_demonstration(demonstrations):
    demo = {name: np.array(values) for name, values in demonstrations["row_softmax"].items() if name != "source"}
    weights, attended = attention.self_attention(demo["words"], demo["W_Q"], demo["W_K"], demo["W_V"])
    assert np.abs(attended - demo["attention"]).max() < 1e-8
    assert weights.shape == (4, 4)


def test_series_demonstration(demonstrations):
    demo = {name: np.array(values) for name, values in demonstrations["series_demo"].items() if name != "source"}
    for letter in "QKV":
        assert (demo["words"] @ demo[f"W_{letter}"] == demo[letter]).all()
    assert (attention.dot(demo["Q"], demo["K"]) == demo["scores"]).all()
    # our weights for the same scores: the textbook's softmax of each row, scaled by sqrt(3)
    weights, attended = attention.self_attention(demo["words"], demo["W_Q"], demo["W_K"], demo["W_V"])
    expected = [reference.softmax([score / 3**0.5 for score in row]) for row in demo["scores"].tolist()]
    assert np.allclose(weights, expected, rtol=1e-14)
    assert np.allclose(attended, np.array(expected) @ demo["V"], rtol=1e-14)


def test_hand_worked_scores():
    state, annotations = np.array([[1.0, 2.0]]), np.array([[3.0, 4.0], [1.0, 2.0]])
    assert attention.dot(state, annotations).tolist() == [[11.0, 5.0]]
    assert np.allclose(attention.scaled_dot(state, annotations), [[11 / 2**0.5, 5 / 2**0.5]])
    assert attention.gaussian(state, annotations, 2.0).tolist() == [[-2.0, 0.0]]
    one = np.eye(2)
    v = np.array([1.0, 10.0])
    assert np.allclose(
        attention.additive(state, annotations, one, one, v),
        [[np.tanh(4) + 10 * np.tanh(6), np.tanh(2) + 10 * np.tanh(4)]],
    )


def test_hand_worked_weights_and_context():
    weights, context = attention.context_vectors(np.log([[1.0, 3.0]]), np.array([[0.0, 4.0], [8.0, 0.0]]))
    assert np.allclose(weights, [[0.25, 0.75]])
    assert np.allclose(context, [[6.0, 1.0]])


# --- independent implementations -------------------------------------------------------------------------------------


def test_pytorchs_scaled_dot_product_attention(data):
    cases = json.loads((data / "torch_attention.json").read_text())["cases"]
    assert [case["scale"] for case in cases] == [None, None, 1.0, 200.0]
    for case in cases:
        query, key, value = (np.array(case[name]) for name in ("query", "key", "value"))
        scores = (
            attention.scaled_dot(query, key) if case["scale"] is None else attention.dot(query, key) * case["scale"]
        )
        _, context = attention.context_vectors(scores, value)
        assert context.shape == np.shape(case["output"])
        assert np.abs(context - case["output"]).max() < 1e-12


@pytest.mark.parametrize("model", MODELS)
def test_alignment_models_against_slow_loops(model, rng):
    queries, keys = rng.normal(size=(5, 3)), rng.normal(size=(7, 3))
    arguments = arguments_of(model, rng)
    found = getattr(attention, model)(queries, keys, **arguments)
    assert found.shape == (5, 7)
    assert np.allclose(found, reference.scores(model, queries, keys, **arguments), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("model", MODELS)
def test_alignment_models_are_batched(model, rng):
    queries, keys = rng.normal(size=(2, 4, 5, 3)), rng.normal(size=(2, 4, 7, 3))
    arguments = arguments_of(model, rng)
    function = getattr(attention, model)
    found = function(queries, keys, **arguments)
    assert found.shape == (2, 4, 5, 7)
    for i in range(2):
        for j in range(4):
            assert np.allclose(found[i, j], function(queries[i, j], keys[i, j], **arguments), rtol=1e-12, atol=1e-14)


def test_self_attention_against_slow_loops(rng):
    words, W_Q, W_K, W_V = (rng.normal(size=size) for size in ((6, 4), (4, 3), (4, 3), (4, 5)))
    weights, attended = attention.self_attention(words, W_Q, W_K, W_V)
    slow_weights, slow_attended = reference.self_attention(words.tolist(), W_Q.tolist(), W_K.tolist(), W_V.tolist())
    assert np.allclose(weights, slow_weights, rtol=1e-12)
    assert np.allclose(attended, slow_attended, rtol=1e-12)


# --- softmax ---------------------------------------------------------------------------------------------------------


def test_weights_sum_to_1_and_do_not_change_with_a_shift(rng):
    scores = rng.normal(size=(3, 20, 30)) * 10
    weights = attention.softmax(scores)
    assert np.abs(weights.sum(axis=-1) - 1).max() < 1e-14
    assert (weights > 0).all()
    assert np.allclose(weights, attention.softmax(scores + 1000), rtol=1e-9)
    assert np.allclose(weights[0, 0], reference.softmax(scores[0, 0].tolist()), rtol=1e-13)


@pytest.mark.parametrize("size", [1e3, 1e5, 1e300])
def test_huge_scores_are_safe(size):
    with np.errstate(all="raise", under="ignore"):
        weights = attention.softmax(np.array([[size, 0.0, -size], [-size, -size, -size], [size, size, 0.0]]))
    assert np.allclose(weights, [[1, 0, 0], [1 / 3, 1 / 3, 1 / 3], [0.5, 0.5, 0]])


def test_gaussian_far_away_still_gives_weights():
    far = attention.gaussian(np.array([[1e8]]), np.array([[0.0], [1.0]]), 0.01)
    assert np.allclose(attention.softmax(far), [[0, 1]])


def test_gaussian_is_largest_where_state_and_annotation_agree(rng):
    states = rng.normal(size=(4, 12))
    scores = attention.gaussian(states, states, 3.0)
    assert (scores <= 0).all()
    assert (np.diag(scores) == 0).all()
