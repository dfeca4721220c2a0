import numpy as np
import pytest

from datacentric_helpers import annotators


def test_an_annotators_accuracy_is_the_one_asked_for():
    true = np.repeat(np.arange(4), 5000)
    given = annotators.rate(true, {"a": annotators.confusion(4, 0.8)}, seed=1)["a"]
    assert abs((given == true).mean() - 0.8) < 0.01


def test_swaps_move_mass_to_one_wrong_class():
    matrix = annotators.confusion(10, 0.9, {(4, 9): 0.4})
    assert matrix[4, 9] == pytest.approx(0.4 + 0.1 / 9)
    assert matrix.sum(axis=1) == pytest.approx(1)


def test_coverage_leaves_the_rest_unrated():
    ratings = annotators.rate(np.zeros(4000, int), {"a": np.eye(2)}, seed=0, coverage=0.3)
    assert abs(ratings["a"].notna().mean() - 0.3) < 0.03


def test_the_same_seed_gives_the_same_ratings():
    matrix = {"a": annotators.confusion(3, 0.5)}
    assert annotators.rate([0, 1, 2] * 9, matrix, seed=4).equals(annotators.rate([0, 1, 2] * 9, matrix, seed=4))


def test_planted_errors_are_exactly_as_many_as_asked_for():
    noisy, mask = annotators.plant_errors(np.repeat([0, 1, 2], 100), 0.2, seed=0)
    assert mask.sum() == 60
    assert (noisy != np.repeat([0, 1, 2], 100)).sum() == 60


def test_class_dependent_errors_stay_in_their_pairs():
    true = np.repeat([0, 1, 2], 100)
    noisy, mask = annotators.plant_errors(true, 0.2, seed=0, pairs={(0, 1): 1.0, (1, 2): 1.0})
    assert mask.sum() == 60
    assert set(zip(true[mask].tolist(), noisy[mask].tolist(), strict=True)) == {(0, 1), (1, 2)}


@pytest.mark.parametrize("call", [
    lambda: annotators.confusion(1, 0.5), lambda: annotators.confusion(3, 1.5), lambda: annotators.confusion(2, 0.5, {(0, 1): 0.6}),
    lambda: annotators.rate([0.5], {"a": np.eye(2)}, 0), lambda: annotators.rate([2], {"a": np.eye(2)}, 0),
    lambda: annotators.rate([0], {"a": np.ones((2, 2))}, 0), lambda: annotators.rate([0], {"a": np.eye(2)}, 0, coverage=2),
    lambda: annotators.plant_errors([0, 1], -0.1, 0), lambda: annotators.plant_errors([0, 1], 1.0, 0, pairs={(0, 1): 1.0}),
])
def test_bad_arguments_are_named(call):
    with pytest.raises(ValueError, match=r"n_classes|accuracy|swaps|labels|confusions|coverage|rate|pairs"):
        call()
