"""Rounds are what they say, answers are scored by DataPerf's definitions, and knowing the packaged digits helps nobody."""

import numpy as np
import pytest

from datacentric_helpers import dataperf
from datacentric_helpers.dataperf import TASKS, Round, called, judge, permutation_values, play, problem, score
from datacentric_helpers.leaderboard import interval
from datacentric_helpers.outcome import run_case

SMALL = np.arange(12.0).reshape(6, 2)
LABELS = np.array([0, 0, 0, 1, 1, 1])


@pytest.mark.parametrize("task", TASKS)
def test_a_round_is_the_same_each_time_and_another_for_another_seed(task):
    play.cache_clear()
    first = play(task, 3)
    play.cache_clear()
    again, other = play(task, 3), play(task, 4)
    assert all(np.array_equal(a, b) for a, b in zip(first.args, again.args, strict=True))
    assert not np.array_equal(first.args[0], other.args[0])


def test_embeddings_have_length_one_so_that_brightness_cannot_be_read_off():
    assert np.allclose(np.linalg.norm(play("creation", 0).args[0], axis=1), 1, atol=1e-5)


def test_exactly_the_stated_share_of_labels_is_wrong():
    one = play("debugging", 0)
    assert (one.args[1] != one.sealed["true"]).sum() == len(one.args[1]) // 2


def test_no_row_of_the_test_set_is_among_the_rows_that_are_handed_out():
    for task in ("creation", "selection", "debugging", "valuation"):
        one = play(task, 5)
        similar = one.sealed["X_test"] @ one.args[0].T
        assert similar.max() < 1 - 1e-6


def test_an_unknown_task_is_refused():
    with pytest.raises(ValueError, match="selection"):
        play("selecting", 0)


@pytest.mark.parametrize(("task", "args", "answer", "say"), [
    ("creation", (SMALL, LABELS, 2), [0, 1, 2], "a label for each"),
    ("creation", (SMALL, LABELS, 2), [0, 1], "row numbers was due"),
    ("creation", (SMALL, LABELS, 2), ([0, 1, 2], [0, 0, 0]), "budget is 2"),
    ("creation", (SMALL, LABELS, 2), ([], []), "budget is 2"),
    ("creation", (SMALL, LABELS, 2), ([0, 1], [0, 7]), "occur in y"),
    ("creation", (SMALL, LABELS, 2), ([0, 0], [0, 0]), "twice"),
    ("acquisition", (None, np.array([1.0, 2.0]), 2.5), [0, 1], "cost 3.00"),
    ("selection", (SMALL, LABELS, 2), [0], "2 rows were due"),
    ("selection", (SMALL, LABELS, 2), [0, 6], "between 0 and 5"),
    ("selection", (SMALL, LABELS, 2), [-1, 2], "between 0 and 5"),
    ("selection", (SMALL, LABELS, 2), [0.0, 1.0], "row numbers was due"),
    ("selection", (SMALL, LABELS, 2), [[0, 1]], "row numbers was due"),
    ("selection", (SMALL, LABELS, 2), [[0], [1, 2]], "row numbers was due"),
    ("selection", (SMALL, LABELS, 2), None, "row numbers was due"),
    ("debugging", (SMALL, LABELS), [0, 1], "every row"),
    ("slicing", (SMALL, LABELS, 1 - LABELS, 2), [[0, 1]], "2 groups"),
    ("slicing", (SMALL, LABELS, 1 - LABELS, 2), [[0], []], "empty"),
    ("slicing", (SMALL, LABELS, 1 - LABELS, 2), [[0], [0]], "two groups"),
    ("slicing", (SMALL, LABELS, LABELS, 1), [[0]], "gets right"),
    ("valuation", (SMALL, LABELS), [1.0] * 5, "one number"),
    ("valuation", (SMALL, LABELS), [float("nan")] * 6, "one number"),
    ("valuation", (SMALL, LABELS), "abcdef", "one number"),
])
def test_what_is_no_answer_is_named(task, args, answer, say):
    assert say in problem(task, args, answer)


def test_debugging_is_scored_by_the_share_until_95_percent_of_the_clean_accuracy():
    one = play("debugging", 1)
    wrong = one.args[1] != one.sealed["true"]
    assert score("debugging", one, np.argsort(~wrong, kind="stable")) < score("debugging", one, np.argsort(wrong, kind="stable"))
    already = Round("debugging", one.args, {**one.sealed, "y": one.sealed["true"]})
    assert score("debugging", already, np.arange(len(wrong))) == 0


def test_slicing_is_the_precision_of_the_first_ten_of_the_best_group():
    one = play("slicing", 1)
    _X, y, predicted, _count = one.args
    groups = [np.flatnonzero((one.sealed["slices"] == k) & (y != predicted)) for k in range(4)]
    assert score("slicing", one, groups) == 1
    assert score("slicing", one, [g[:5] for g in groups]) == 0.5


def test_acquisition_counts_the_errors_that_were_bought():
    one = play("acquisition", 1)
    cheap = np.argsort(one.args[1])[:20]
    assert score("acquisition", one, cheap) == pytest.approx(one.sealed["wrong"][cheap].sum() / one.sealed["wrong"].sum())


def test_a_training_set_of_one_class_is_scored_and_constant_values_are_worth_nothing():
    one = play("creation", 1)
    assert score("creation", one, ([0], [2])) == pytest.approx(0.2)
    values = play("valuation", 1)
    with_target = Round("valuation", values.args, {**values.sealed, "target": list(range(len(values.args[0])))})
    assert score("valuation", with_target, np.ones(len(values.args[0]))) == 0


def test_the_levels_ask_for_more_and_say_what_was_due():
    expected = {"task": "acquisition", "seeds": [1], "random": 0.1, "heuristic": 0.3, "reference": 0.5, "margin": 0.04, "interval": 0.05}
    reached = score("acquisition", play("acquisition", 1), cheap := np.argsort(play("acquisition", 1).args[1])[:60].tolist())
    assert judge("random", {**expected, "random": reached - 0.04 - 1e-9}, [cheap]) is None
    assert "was due" in judge("random", {**expected, "random": reached - 0.03}, [cheap])
    assert judge("reference", {**expected, "reference": reached + 0.05 - 1e-9}, [cheap]) is None
    assert "was due" in judge("reference", {**expected, "reference": reached + 0.06}, [cheap])
    assert "one for each round" in judge("random", expected, cheap)


def test_a_function_is_called_once_for_each_round_and_cannot_change_the_round():
    def spoils(X, y, budget):
        X[:] = 0
        return len(X) + budget

    outcome = run_case(spoils, ({"task": "selection", "seeds": [1, 2]},))
    assert outcome == {"value": [520, 520]}
    assert play("selection", 1).args[0].any()
    assert called(({"rounds": [(1, 2)]},)) == [(1, 2)]
    assert called((3, 4)) is None
    assert called(({"a": 1},)) is None


def test_the_estimate_of_data_shapley_comes_nearer_with_the_root_of_the_permutations():
    from itertools import permutations

    rng = np.random.default_rng(0)
    X, y, X_val, y_val = rng.normal(size=(5, 2)), rng.integers(2, size=5), rng.normal(size=(4, 2)), rng.integers(2, size=4)

    def worth(rows):
        near = [sorted(rows, key=lambda r: ((X[r] - x) ** 2).sum())[:2] for x in X_val]
        return np.mean([sum(y[r] == t for r in rs) / 2 for rs, t in zip(near, y_val, strict=True)])

    exact = np.zeros(5)
    for order in permutations(range(5)):
        for place, row in enumerate(order):
            exact[row] += (worth(order[: place + 1]) - worth(order[:place])) / 120
    errors = [np.abs(permutation_values(X, y, X_val, y_val, 2, m, seed) - exact).mean() for m in (20, 320) for seed in range(5)]
    assert np.mean(errors[5:]) < np.mean(errors[:5]) / 2
    with pytest.raises(ValueError, match="at least 1"):
        permutation_values(X, y, X_val, y_val, 0, 10, 0)


def matched_by_lengths(X, images, labels):
    """The packaged image whose length has the same rank, for lack of anything else to hold on to."""
    order, mine = np.argsort(np.linalg.norm(images, axis=1)), np.argsort(np.argsort(np.linalg.norm(X, axis=1)))
    return labels[order[(mine * len(images)) // len(X)]]


def matched_by_an_encoder_of_her_own(X, images, labels):
    """The nearest packaged image behind a random network of the attacker's own."""
    own = dataperf._encoder(np.random.default_rng(99))(images.reshape(-1, 14, 14))
    return labels[(X @ own.T).argmax(axis=1)]


def matched_by_sorted_numbers(X, images, labels):
    """The nearest packaged image by the sorted numbers of an embedding, which do not depend on the network's order."""
    own = np.sort(dataperf._encoder(np.random.default_rng(99))(images.reshape(-1, 14, 14)), axis=1)
    return labels[(np.sort(X, axis=1) @ own.T).argmax(axis=1)]


@pytest.mark.parametrize("attack", [matched_by_lengths, matched_by_an_encoder_of_her_own, matched_by_sorted_numbers])
def test_matching_with_the_packaged_digits_names_the_true_digit_no_more_often_than_chance(attack):
    """The 95 % interval of the share of hits over 30 rounds holds chance, one in ten."""
    images, digits = dataperf._photographed()
    hits = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        rows = rng.permutation(len(images))[:300]
        X = dataperf._encoder(rng)(dataperf._warped(images[rows], rng))
        hits.append(np.mean(attack(X, images.reshape(len(images), -1), digits) == digits[rows]))
    _mean, low, high = interval(hits)
    assert low <= 0.1 <= high


def test_with_the_secret_network_the_same_matching_would_name_nearly_every_digit():
    images, digits = dataperf._photographed()
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(images))[:300]
    encode = dataperf._encoder(rng)
    X = encode(dataperf._warped(images[rows], rng))
    assert np.mean(digits[(X @ encode(images).T).argmax(axis=1)] == digits[rows]) > 0.9
