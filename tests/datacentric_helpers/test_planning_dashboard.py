"""The simulated projects against what must hold of any plan; the controls; the messages for bad input."""

from __future__ import annotations

import numpy as np
import pytest

from datacentric_helpers import planning_dashboard as module
from datacentric_helpers.planning_dashboard import planning_dashboard, play_through


def test_the_same_seed_plays_the_same_projects() -> None:
    first, again = play_through(n_items=50, seed=3), play_through(n_items=50, seed=3)
    np.testing.assert_array_equal(first.days, again.days)
    np.testing.assert_array_equal(first.cost, again.cost)


def test_the_bill_holds_every_label_and_every_second_look() -> None:
    plan = play_through(n_items=200, redundancy=3, unit_price=70, review_price=400, runs=30)
    np.testing.assert_allclose(plan.cost, 200 * 3 * 70 + np.round(plan.disputed * 200) * 400)


def test_one_label_is_never_disputed_and_as_good_as_the_annotators() -> None:
    plan = play_through(n_items=2000, redundancy=1, accuracy=0.8)
    assert (plan.disputed == 0).all()
    assert plan.right.mean() == pytest.approx(0.8, abs=0.005)


def test_more_labels_cost_more_take_longer_and_are_better() -> None:
    one, three = play_through(n_items=5000, redundancy=1), play_through(n_items=5000, redundancy=3)
    assert three.cost.min() > one.cost.max()
    assert np.median(three.days) > 2 * np.median(one.days)
    assert three.right.mean() > one.right.mean()


def test_nobody_away_no_ramp_and_many_labels_give_the_days_of_the_mean() -> None:
    steady = {"ramp": 0, "presence": 1.0, "spread": 0, "runs": 50}
    plan = play_through(n_items=10_000, redundancy=1, throughput=50, annotators=4, hours=5, **steady)
    assert np.median(plan.days) == pytest.approx(10_000 / (50 * 4 * 5), abs=1)


def test_the_ramp_makes_the_end_later() -> None:
    assert np.median(play_through(ramp=10).days) > np.median(play_through(ramp=0).days)


def test_an_audit_of_everything_says_the_truth_and_a_small_one_is_wider() -> None:
    whole, small = play_through(n_items=400, audit=400), play_through(n_items=400, audit=40)
    np.testing.assert_array_equal(whole.audited, whole.right)
    assert small.audited.std() > 2 * whole.audited.std()


@pytest.mark.parametrize(("arguments", "named"), [
    ({"n_items": 0}, "n_items"), ({"redundancy": 6}, "redundancy"), ({"redundancy": 1.5}, "redundancy"), ({"unit_price": -1}, "unit_price"),
    ({"throughput": 0}, "throughput"), ({"accuracy": 0.4}, "accuracy"), ({"presence": 0}, "presence"), ({"spread": -0.1}, "spread"),
    ({"audit": True}, "audit"),
    ({"n_items": 100_000, "throughput": 1, "hours": 1, "annotators": 1, "redundancy": 1, "runs": 1}, "throughput"),
])
def test_a_plan_that_cannot_be_played_is_refused_by_name(arguments: dict[str, float], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        play_through(**arguments)


def test_a_slider_redraws_what_it_changes() -> None:
    widget = planning_dashboard(n_items=2000)
    cost, days, before = np.median(widget.outcome.cost), np.median(widget.outcome.days), widget.panels.value
    widget.unit_price.value = 200
    assert np.median(widget.outcome.cost) > cost
    assert np.median(widget.outcome.days) == days
    widget.throughput.value = 80
    assert np.median(widget.outcome.days) < days
    assert widget.panels.value != before


def test_more_audited_items_narrow_the_interval() -> None:
    widget = planning_dashboard(n_items=1000)
    widget.audit.value = 40
    wide = np.ptp(widget.outcome.audited)
    widget.audit.value = 800
    assert np.ptp(widget.outcome.audited) < wide / 2


def test_without_a_kernel_a_still_picture_is_stored() -> None:
    bundle = planning_dashboard(n_items=100)._repr_mimebundle_()
    assert "<svg" in bundle["text/html"]
    assert "labels per item: 3" in bundle["text/html"]


def test_fewer_people_than_three_can_plan_too() -> None:
    assert planning_dashboard(n_items=10, annotators=2).redundancy.max == 2


def test_what_the_module_exports_is_there() -> None:
    assert all(hasattr(module, name) for name in module.__all__)
