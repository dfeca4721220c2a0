import re

import numpy as np
import pandas as pd
import pytest

from datacentric_helpers.compare import close, compare, exact, fixed_model, ordering, spans, unordered, within


@pytest.mark.parametrize(("expected", "got"), [
    (1, 1.0), (0.1 + 0.2, 0.3), (float("nan"), np.float64("nan")), ([1, 2], (1, 2)), ([1, 2], np.array([1, 2])),
    ({"a": [0.5]}, {"a": np.array([0.5])}), (pd.Series({"a": 1}), {"a": 1}), ("x", np.str_("x")), (None, None),
    (np.zeros((2, 2)), [[0, 0], [0, 0]]), (float("inf"), float("inf")),
])
def test_close_takes_what_means_the_same(expected, got):
    assert compare(close(), expected, got) is None


@pytest.mark.parametrize(("expected", "got", "reason"), [
    (1, 2, "differs"), (1, True, "bool"), (1, "1", "a int was due, a str came"), (1.0, float("nan"), "differs"),
    (1.0, None, "NoneType"),
    ([1, 2], [1], "2 items were due, 1 came"), ([1, 2], [1, 3], r"at \[1\]"), (np.zeros((2, 2)), np.zeros(4), "shape"),
    (np.zeros(2), np.array([0, np.nan]), "1 of 2 numbers"), ({"a": 1}, {}, "missing"), ({}, {"a": 1}, "too many"),
    ({"a": {"b": 1}}, {"a": {"b": 2}}, r"\['a'\]\['b'\]"), (float("inf"), float("-inf"), "differs"),
    ([[1], [2]], np.zeros((2, 2)), "shape"),
])
def test_close_names_what_is_wrong(expected, got, reason):
    assert re.search(reason, compare(close(), expected, got))


def test_exact_does_not_forgive_rounding():
    assert compare(exact(), 0.3, 0.1 + 0.2)
    assert compare(exact(), {"a": (1, "x")}, {"a": [1, "x"]}) is None


def test_unordered_counts_items_but_not_their_order():
    assert compare(unordered(), [1, 2, 2], [2, 1, 2]) is None
    assert "missing" in compare(unordered(), [1, 2, 2], [2, 1])
    assert "too many" in compare(unordered(), [1], [1, 1])
    assert compare(unordered(), [1, 2], list(range(1_000_000))) == "2 items were due, 1000000 came"


@pytest.mark.parametrize(("got", "fails"), [
    ([2, 0, 1], False), ([2, 1, 0], False), ([0, 2, 1], True), ([2, 0], True), ([2, 0, 0], True), ([2, 0, 3], True),
    ("abc", True), ([2.0, 0, 1], True),
])
def test_ordering_lets_ties_stand_either_way(got, fails):
    assert bool(compare(ordering(), {"keys": [0.5, 0.5, 0.9]}, got)) == fails


def test_ordering_may_ask_for_the_first_few():
    assert compare(ordering(), {"keys": [1, 3, 2], "length": 2}, np.array([1, 2])) is None


def test_within_checks_each_element_and_the_shape():
    due = {"low": [0.0, 1.0], "high": [1.0, 2.0]}
    assert compare(within(), due, (0.5, 1.5)) is None
    assert "1 of 2" in compare(within(), due, (0.5, 2.5))
    assert "shape" in compare(within(), due, 0.5)
    assert compare(within(), due, (0.5, float("nan")))
    assert "numbers were due" in compare(within(), due, "ab")


def test_fixed_model_scores_the_data_not_the_model():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 2))
    true = (X[:, 0] > 0).astype(int)
    given = true.copy()
    given[:70] = 1 - given[:70]
    data = {"X": X, "given": given, "true": true, "X_test": X, "y_test": true, "budget": 50, "accuracy": 0.97}
    assert compare(fixed_model(0.02), data, list(range(50))) is None
    assert "the fixed model reaches" in compare(fixed_model(0.02), data, list(range(70, 120)))
    assert "50 items were due" in compare(fixed_model(), data, [1])


def test_spans_are_scored_per_kind_by_precision_and_recall():
    due = [(0, 2, "phone"), (3, 5, "phone"), (6, 9, "email")]
    assert compare(spans(), due, [[6, 9, "email"], (3, 5, "phone"), (0, 2, "phone")]) is None
    assert "phone: recall is 0.500" in compare(spans(), due, due[1:])
    assert "email: precision is 0.500" in compare(spans(), due, [*due, (6, 8, "email")])
    assert "phone: precision is 0.667" in compare(spans(), due, [*due, (0, 2, "phone")])
    assert compare(spans(precision=0.5), due, [*due, (6, 8, "email")]) is None
    assert "card" in compare(spans(), [], [(0, 1, "card")])
    assert "a list of spans" in compare(spans(), due, [([], 2, "phone")])


class Liar:
    """Claims to equal everything."""

    def __eq__(self, other):
        return True

    __hash__ = None


def test_an_object_that_equals_everything_is_not_the_answer():
    assert compare(close(), 1.0, Liar())
    assert compare(exact(), [1], [Liar()])
