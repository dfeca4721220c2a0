import dataclasses
import warnings

import krippendorff
import numpy as np
import pytest
from statsmodels.stats.inter_rater import fleiss_kappa

from datacentric_helpers import datasets


@pytest.mark.parametrize("name", datasets.names())
def test_every_data_set_loads_as_its_card_says(name):
    assert getattr(datasets, name)() is not None
    card = datasets.card(name)
    assert all(getattr(card, field.name) for field in dataclasses.fields(card))
    assert card.licence in card._repr_html_() or "&" in card.licence


def test_fleiss_1971_gives_the_printed_kappa():
    assert round(fleiss_kappa(datasets.fleiss_diagnoses().to_numpy()), 3) == 0.430


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)])
def test_krippendorffs_table_gives_the_printed_alphas(level, alpha):
    table = datasets.krippendorff_table().to_numpy()
    assert round(krippendorff.alpha(reliability_data=table, level_of_measurement=level), 3) == alpha


def test_a_changed_data_set_is_refused(monkeypatch):
    changed = dataclasses.replace(datasets.card("digits"), sha256="0" * 64)
    monkeypatch.setattr(datasets, "card", lambda name: changed)
    with pytest.raises(datasets.DataChangedError, match="digits"):
        datasets.digits()


def test_an_unknown_card_lists_those_there_are():
    with pytest.raises(ValueError, match="penguins_raw"):
        datasets.card("pinguins")


def test_the_raw_penguins_are_as_dirty_as_published():
    frame = datasets.penguins_raw()
    assert (frame.shape, int(frame.isna().sum().sum())) == ((344, 17), 336)


def test_images_and_rows_are_the_same_pixels():
    sample = datasets.mnist_sample()
    np.testing.assert_array_equal(sample.images.reshape(5000, 784), sample.X)


def test_the_air_of_mauna_loa_has_as_many_values_as_its_publisher_counts():
    series = datasets.mauna_loa_co2()
    assert (len(series), int(series.notna().sum())) == (2284, 2225)


def test_the_anaesthetists_give_the_class_shares_and_the_error_rates_printed_in_1979():
    """Dawid & Skene (1979): shares of the four classes, and observer 1's estimated error rates, to two decimals."""
    from crowdkit.aggregation import DawidSkene

    long = datasets.anaesthetists().rename_axis("task").reset_index().melt("task", var_name="worker", value_name="label")
    long["worker"] = long["worker"].str[0]  # A1, A2, A3 are the first observer's three answers
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # crowd-kit calls what pandas has deprecated
        model = DawidSkene(n_iter=100, tol=1e-8).fit(long)
    assert model.priors_.sort_index().round(2).tolist() == [0.40, 0.42, 0.11, 0.07]
    rates = model.errors_.loc["A"].T.sort_index().sort_index(axis=1).round(2)  # row = true class
    assert rates.to_numpy().tolist() == [[0.89, 0.11, 0, 0], [0.07, 0.88, 0.05, 0], [0, 0.34, 0.66, 0], [0, 0, 0.56, 0.44]]


def test_paragraphs_of_a_package_are_distinct_and_short():
    paragraphs = datasets.docstrings()
    assert len(set(paragraphs)) == len(paragraphs) == 11_836
    assert all(40 <= len(paragraph) <= 400 for paragraph in paragraphs)


def test_a_package_that_is_not_installed_is_named():
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        datasets.package_paragraphs("no_such_package")


def test_the_stored_searches_reach_full_size_within_a_minute():
    times = datasets.near_duplicate_times().query("method == 'the exercise'")
    assert times.groupby("what")["n"].max().to_dict() == {"images": 20_000, "texts": 100_000}
    assert times["seconds"].max() < 60
