"""The flywheel and the data engine: what they compute, what their sliders do, the messages for bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from datacentric_helpers import flywheel
from datacentric_helpers.flywheel import data_engine, flywheel_simulator, run_engine, simulate

SEEDS = range(10)


def low(differences: list[float]) -> float:
    """The lower end of the 95 % interval of a mean over ten seeds (t = 2.262)."""
    return float(np.mean(differences) - 2.262 * np.std(differences, ddof=1) / np.sqrt(len(differences)))


# -- the flywheel ---------------------------------------------------------------------------------------------------------------


def test_a_turn_logs_one_request_per_user_and_buys_no_more_labels_than_the_budget() -> None:
    table = simulate(budget=40)
    assert table.loc[1:, "requests"].tolist() == table.loc[1:, "users"].tolist()
    assert table.loc[1:, "labels"].tolist() == np.minimum(table.loc[1:, "users"], 40).tolist()
    assert table["training"].tolist() == (20 + table["labels"].cumsum()).tolist()


def test_users_follow_the_accuracy_of_the_turn_before() -> None:
    table = simulate(growth=0.5)
    due = (table["users"] * (1 + 0.5 * (table["accuracy"] - 0.6) / 0.4)).round().shift(1)
    assert table.loc[1:, "users"].tolist() == due.iloc[1:].tolist()


def test_right_labels_are_all_right_and_wrong_ones_all_wrong() -> None:
    assert simulate(quality=1.0)["wrong"].sum() == 0
    worst = simulate(quality=0.0)
    assert worst["wrong"].tolist() == worst["labels"].tolist()


def test_without_labels_the_model_stays_what_it_was() -> None:
    assert simulate(budget=0)["accuracy"].nunique() == 1


def test_better_labels_end_in_a_better_model_over_ten_seeds() -> None:
    ends = [[simulate(quality=q, seed=s)["accuracy"].iloc[-1] for q in (1.0, 0.5)] for s in SEEDS]
    assert low([good - bad for good, bad in ends]) > 0.05


def test_the_same_seed_gives_the_same_turns() -> None:
    pd.testing.assert_frame_equal(simulate(seed=3), simulate(seed=3))


@pytest.mark.parametrize(("name", "value"), [
    ("quality", 1.1), ("quality", float("nan")), ("growth", -0.1), ("budget", -1), ("budget", 2.5), ("turns", -1),
])
def test_what_cannot_be_simulated_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"^{name} must"):
        simulate(**{name: value})  # type: ignore[arg-type]


# -- the data engine --------------------------------------------------------------------------------------------------------------


def test_the_fault_turns_the_pictures_of_one_slice_and_no_other() -> None:
    from datacentric_helpers import datasets

    X, y, origin = flywheel._world(0)
    rows = np.random.default_rng(0).permutation(len(y))
    faulty = (origin["device"] == "tablet") & (origin["held"] == "sideways")
    images = datasets.digits().images[rows]
    np.testing.assert_array_equal(X[~faulty], datasets.digits().X[rows][~faulty])
    np.testing.assert_array_equal(X[faulty].reshape(-1, 8, 8), np.rot90(images[faulty], axes=(1, 2)))


def test_labels_from_the_slice_lower_its_error_more_than_random_ones_over_ten_seeds() -> None:
    ends = [run_engine(seed=s).iloc[-1] for s in SEEDS]
    assert low([end["random"] - end["mined"] for end in ends]) > 0.1


def test_the_crude_trigger_names_the_faulty_slice_in_the_first_turn() -> None:
    assert [run_engine(turns=1, seed=s)["slice"].iloc[1] for s in SEEDS] == ["tablet · sideways"] * len(SEEDS)


def test_a_trigger_of_ones_own_gets_the_log_and_the_smallest_size() -> None:
    seen = []

    def mine(log: pd.DataFrame, min_size: int) -> dict[str, dict[str, str]]:
        seen.append((sorted(log.columns), len(log), min_size))
        return {"slice": {"held": "upright"}}

    assert run_engine(turns=2, trigger=mine)["slice"].tolist() == ["", "upright", "upright"]
    assert seen == [(["device", "held", "label", "prediction"], 200, flywheel.MIN_SIZE)] * 2


def test_a_trigger_that_stays_silent_buys_labels_at_random() -> None:
    assert run_engine(turns=1, trigger=lambda log, size: None)["slice"].tolist() == ["", ""]


@pytest.mark.parametrize("answer", ["tablet", {"device": "tablet"}, {"slice": {"weather": "fog"}}])
def test_a_trigger_that_names_no_slice_is_refused(answer: object) -> None:
    with pytest.raises(ValueError, match="trigger must return None or"):
        run_engine(turns=1, trigger=lambda log, size: answer)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(("name", "value"), [("labels", -1), ("labels", 201), ("turns", 6), ("turns", 1.5)])
def test_an_engine_that_cannot_run_is_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"^{name} must"):
        run_engine(**{name: value})  # type: ignore[arg-type]


def test_the_crude_trigger_needs_errors_and_a_group_of_the_smallest_size() -> None:
    log = pd.DataFrame({"device": ["a", "a", "b"], "label": [1, 1, 1], "prediction": [1, 0, 0]})
    assert flywheel._most_errors(log, 1) == {"slice": {"device": "a"}}
    assert flywheel._most_errors(log, 3) is None
    assert flywheel._most_errors(log.assign(prediction=1), 1) is None


# -- the widgets --------------------------------------------------------------------------------------------------------------------


def test_a_slider_of_the_flywheel_changes_the_table_and_keeps_the_setting_before_in_grey() -> None:
    wheel = flywheel_simulator()
    first = wheel.view.value
    assert flywheel.GREY not in first.split("<svg")[0]
    wheel.quality.value = 0.5
    assert wheel.view.value != first
    assert "before" in wheel.view.value
    assert f">{simulate(0.5)['wrong'].iloc[-1]}<" in wheel.view.value


def test_a_slider_of_the_engine_changes_its_curves() -> None:
    engine = data_engine()
    first = engine.view.value
    engine.labels.value = 0
    assert engine.view.value != first


def test_the_engine_takes_a_trigger() -> None:
    assert "upright" in data_engine(lambda log, size: {"slice": {"held": "upright"}}).view.value


@pytest.mark.parametrize("widget", [flywheel_simulator, data_engine])
def test_where_no_kernel_lives_the_first_view_is_shown(widget: object) -> None:
    bundle = widget()._repr_mimebundle_()  # type: ignore[operator]
    assert "<svg" in bundle["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_labels_at_the_lines_ends_keep_clear_of_each_other() -> None:
    chart = flywheel._chart("title", [("a", "red", [1.0, 0.5]), ("b", "blue", [1.0, 0.5])], 1.0)
    ends = [float(part.split('y="')[1].split('"')[0]) for part in chart.split("<text") if 'font-weight="600"' in part]
    assert abs(ends[0] - ends[1]) >= 14


def test_names_are_shown_as_text_never_as_markup() -> None:
    assert "<b>" not in flywheel._table([("<b>x", ["<b>y"])])
