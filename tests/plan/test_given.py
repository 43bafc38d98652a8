"""Parameters of a job as one text: equal for equal values, another one for any others."""

import json
import math

import pytest
from hypothesis import given as generated
from hypothesis import strategies as st

from soart.plan.given import canonical

NUMBERS = st.one_of(st.integers(-(10**6), 10**6), st.floats(-1e6, 1e6, allow_nan=False))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=3), inner, max_size=4)),
    max_leaves=12,
)
NAMED = st.dictionaries(st.text(min_size=1, max_size=3), VALUES, min_size=2, max_size=5)


def test_the_text_by_hand():
    values = {"b": 5.0, "a": [0.5, -0.0, True], "c": {"z": None, "y": "é"}}
    assert canonical(values) == '{"a":[0.5,0,true],"b":5,"c":{"y":"\\u00e9","z":null}}'


@generated(NAMED)
def test_values_come_back(values):
    assert json.loads(canonical(values)) == values


@generated(NAMED)
def test_order_of_keys_and_form_of_numbers_do_not_matter(values):
    def other(value):
        if isinstance(value, dict):
            return {key: other(value[key]) for key in reversed(list(value))}
        if isinstance(value, list):
            return list(map(other, value))
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value

    assert canonical(other(values)) == canonical(values)


@generated(NAMED)
def test_each_value_set_to_every_other_and_swaps_of_every_two_are_seen(values):
    text = canonical(values)
    for name in values:
        for other in values:
            trades = values | {name: values[other], other: values[name]}
            takes = values | {name: values[other]}
            same = canonical({"x": values[name]}) == canonical({"x": values[other]})
            assert (canonical(takes) == text) == same
            assert (canonical(trades) == text) == same


@generated(st.lists(NUMBERS, min_size=2, max_size=5, unique=True))
def test_a_list_in_another_order_is_seen(values):
    assert canonical({"x": values}) != canonical({"x": values[::-1]})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_is_refused(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"x": [value]})


def test_a_key_that_is_no_text_is_refused():
    with pytest.raises(TypeError, match="expected text as keys, got 5"):
        canonical({"x": {5: 1}})
