import numpy as np
import pandas as pd
import pytest
from scipy.stats import pointbiserialr

from graders import item_statistics
from tests.graders.small_cohort import SQUARED, five_learners, graded, read, verdict


@pytest.fixture
def five(course):
    return five_learners(course)


def test_difficulty_and_discrimination_agree_with_numpy(five):
    table = item_statistics.item_table(read(five)).set_index("exercise")
    double, mean, shift = np.array([1, 0.5, 0.5, 0, 1]), np.array([1, 1, 0.5, 0, 1]), np.array([1, 0, 0, 0, 0])
    assert table["mean_share"].to_dict() == pytest.approx({"double": 0.6, "mean": 0.7, "shift": 0.2})
    assert table["full_marks"].to_dict() == pytest.approx({"double": 0.4, "mean": 0.6, "shift": 0.2})
    assert table.loc["double", "discrimination"] == pytest.approx(np.corrcoef(double, mean + shift)[0, 1])


def test_discrimination_is_the_point_biserial_correlation_of_an_item_that_is_all_or_nothing():
    rng = np.random.default_rng(0)
    items = pd.DataFrame(rng.integers(0, 2, (40, 4)), columns=list("abcd"))
    due = pointbiserialr(items["a"], items[["b", "c", "d"]].sum(axis=1)).statistic
    assert item_statistics.rest_correlation(items)["a"] == pytest.approx(due)


def test_where_all_have_the_same_score_there_is_no_discrimination(course):
    for name in ("ann", "bob", "cem"):
        graded(course, name, verdict())
    found = item_statistics.item_table(read(course))
    assert found["discrimination"].isna().all()
    assert np.isnan(item_statistics.summary(read(course))["alpha"])


def test_cronbachs_alpha_agrees_with_its_other_form():
    rng = np.random.default_rng(0)
    items = pd.DataFrame(rng.normal(size=(50, 1)) + rng.normal(size=(50, 6)))
    covariance = items.cov().to_numpy()
    k, mean_variance = 6, np.trace(covariance) / 6
    mean_covariance = (covariance.sum() - np.trace(covariance)) / 30
    assert item_statistics.cronbach_alpha(items) == pytest.approx(k * mean_covariance / (mean_variance + (k - 1) * mean_covariance))


def test_who_wrote_nothing_is_counted_but_not_in_the_statistics(five):
    graded(five, "zoe", verdict((0, 0, 0)), b"")
    total = item_statistics.summary(read(five))
    assert (total["handed_in"], total["blank"], total["n"], total["mean"]) == (6, 1, 5, 3.0)


def test_known_mistakes_come_with_who_made_them(five):
    found = item_statistics.mistakes(read(five)).to_dict("records")
    assert found == [{"exercise": "double", "mistake": SQUARED, "learners": 2, "who": ["bob", "cem"]}]


def test_failure_rates_are_those_of_the_properties(five):
    rates = item_statistics.property_table(read(five)).set_index("property")["failed"].to_dict()
    assert rates == pytest.approx(
        {"works for zero": 0.2, "doubles": 0.6, "mean of numbers": 0.2, "empty lists are refused": 0.4, "shifts arrays": 0.8})


def test_a_check_that_was_not_reached_says_nothing_about_properties(course):
    graded(course, "ann", verdict((0, 0, 0), incident="not run"))
    assert item_statistics.property_table(read(course)).empty
