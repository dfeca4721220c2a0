"""A plan, played through: redundancy, price, speed and audit on sliders; cost, working days and certainty redrawn.

Nothing here computes a plan's price or date in closed form. Each plan is carried out many times by simulated people: they make
a random number of labels a day, start slowly, stay away now and then, err more on hard items; a second look is bought where
their labels differ; an audit then draws finished items. What the sliders show is how these projects ended.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets
import numpy as np
import numpy.typing as npt

from datacentric_helpers.i18n import gettext as _
from datacentric_helpers.i18n import language

__all__ = ["Outcome", "planning_dashboard", "play_through"]

Floats = npt.NDArray[np.float64]

RUNS = 200
LONGEST = 2000  # working days: eight years; a plan that takes longer is stopped and said to
BLUE, ORANGE = "#0072B2", "#D55E00"


@dataclass(frozen=True)
class Outcome:
    """How the simulated projects ended, one entry per project: arrays of shape (runs,)."""

    days: Floats  # working days until the last label
    cost: Floats  # paid for labels and second looks
    right: Floats  # share of the items whose final label is right
    audited: Floats  # the same share, as an audit of some items estimates it
    disputed: Floats  # share of the items whose labels differ


def _whole(name: str, value: int, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
    return int(value)


def _days(labels: int, annotators: int, per_day: Floats, ramp: int, presence: float, rng: np.random.Generator) -> Floats:
    """Day after day: who is there makes about ``per_day`` labels (runs,), fewer on the first ``ramp`` days of the project."""
    runs, day = len(per_day), 0
    made = np.zeros(runs)
    days = np.zeros(runs)
    while (days == 0).any() and day < LONGEST:
        speed = per_day * min(1.0, (day + 1) / (ramp + 1))
        present = rng.binomial(annotators, presence, runs)
        made += rng.poisson(speed * present)
        day += 1
        days[(days == 0) & (made >= labels)] = day
    if (days == 0).any():
        raise ValueError(f"throughput and annotators must be enough to end within {LONGEST} working days")
    return days


def play_through(
    n_items: int = 1000, redundancy: int = 3, unit_price: int = 100, throughput: int = 40, audit: int = 200, annotators: int = 5,
    hours: int = 6, accuracy: float = 0.85, review_price: int = 500, ramp: int = 4, presence: float = 0.93, spread: float = 0.1,
    runs: int = RUNS, seed: int = 0,
) -> Outcome:
    """Carry the same plan out ``runs`` times. ``throughput`` is labels per person and hour at full speed, ``ramp`` the slow first days.

    How hard an item is varies (a Beta distribution around ``accuracy``). All who err on an item give the same wrong label, so an error
    that all of them make passes unseen. Where labels differ, a reviewer is paid ``review_price`` and errs on one such item in ten. A
    project is faster or slower than planned by a log-normal factor of ``spread``. Money is in won.

    >>> plan = play_through(n_items=100, redundancy=2, runs=5)
    >>> plan.days.shape, bool((plan.cost >= 100 * 2 * 100).all())
    ((5,), True)
    """
    n_items, redundancy = _whole("n_items", n_items, 1), _whole("redundancy", redundancy, 1)
    unit_price, review_price = _whole("unit_price", unit_price, 0), _whole("review_price", review_price, 0)
    throughput, hours, audit = _whole("throughput", throughput, 1), _whole("hours", hours, 1), _whole("audit", audit, 1)
    annotators, ramp, runs = _whole("annotators", annotators, 1), _whole("ramp", ramp, 0), _whole("runs", runs, 1)
    if redundancy > annotators:
        raise ValueError(f"redundancy must be at most the number of annotators, {annotators}; got {redundancy}")
    if not 0.5 <= accuracy < 1 or not 0 < presence <= 1 or not 0 <= spread <= 1:
        raise ValueError(f"accuracy must lie in [0.5, 1), presence in (0, 1], spread in [0, 1], got {accuracy!r}, {presence!r}, {spread!r}")
    rng = np.random.default_rng(seed)
    ease = rng.beta(8 * accuracy, 8 * (1 - accuracy), (runs, n_items))
    right_labels = rng.binomial(redundancy, ease)
    disputed = (right_labels > 0) & (right_labels < redundancy)
    right = np.where(disputed, rng.random((runs, n_items)) < 0.9, right_labels == redundancy)
    per_day = throughput * hours * rng.lognormal(0, spread, runs)
    days = _days(n_items * redundancy, annotators, per_day, ramp, presence, rng)
    ledger = np.full(runs, 0.0)
    for _round in range(redundancy):
        ledger += n_items * unit_price
    ledger += disputed.sum(axis=1) * review_price
    looked_at = min(audit, n_items)
    audited = right[:, :looked_at].mean(axis=1)  # items are exchangeable: the first ones are a random sample
    return Outcome(days, ledger, right.mean(axis=1), audited, disputed.mean(axis=1))


def _range(values: Floats) -> tuple[float, float, float]:
    low, middle, high = np.quantile(values, [0.025, 0.5, 0.975])
    return float(low), float(middle), float(high)


def _bars(values: Floats, low: float, high: float, unit: str) -> str:
    """A histogram as SVG from ``low`` to ``high``: one bar per bin, the middle 95 % under a line."""
    width, height, bins = 240, 86, 40
    counts, _edges = np.histogram(values, bins=bins, range=(low, high))
    top = max(int(counts.max()), 1)
    bars = "".join(
        f'<rect x="{width * i / bins:.1f}" y="{height - 16 - tall:.1f}" width="{width / bins - 0.5:.1f}" '
        f'height="{tall:.1f}" fill="{BLUE}"/>'
        for i, tall in enumerate(56 * counts / top) if tall
    )
    first, _middle, last = _range(values)
    x1, x2 = (width * min(max((v - low) / (high - low), 0), 1) for v in (first, last))
    axis = (
        f'<line x1="{x1:.1f}" x2="{max(x2, x1 + 1):.1f}" y1="{height - 13}" y2="{height - 13}" stroke="{ORANGE}" stroke-width="3"/>'
        f'<text x="0" y="{height - 1}" font-size="10" fill="currentColor">{low:,.0f}</text>'
        f'<text x="{width}" y="{height - 1}" font-size="10" text-anchor="end" fill="currentColor">{high:,.0f} {html.escape(unit)}</text>'
    )
    return f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">{bars}{axis}</svg>'


def _panel(title: str, value: str, note: str, picture: str) -> str:
    return (
        '<div style="width:250px"><div style="font-weight:600">' + html.escape(title) + "</div>"
        f'<div style="font-size:22px;line-height:1.3">{html.escape(value)}</div>'
        f'<div style="font-size:12px;color:var(--jp-ui-font-color2,#52606D)">{html.escape(note)}</div>{picture}</div>'
    )


def _panels(plan: Outcome, cost_axis: float, days_axis: float) -> str:
    """Cost, days and quality of the simulated projects side by side, on axes that stay where they are while the sliders move."""
    unit, step = ("만", 10_000) if language() == "ko" else ("", 1)  # Koreans count money in ten thousands
    least, bill, most = (f"{round(won, -4) / step:,.0f}{unit}" for won in _range(plan.cost))
    cost = _panel(
        _("Cost"), _("{value} won").format(value=bill), _("95 % of the projects: {low} to {high}").format(low=least, high=most),
        _bars(plan.cost / step, 0, cost_axis / step, unit),
    )
    first, middle, last = _range(plan.days)
    days = _panel(
        _("Working days"), f"{middle:,.0f}", _("95 % of the projects: {low} to {high}").format(low=f"{first:,.0f}", high=f"{last:,.0f}"),
        _bars(plan.days, 0, days_axis, ""),
    )
    first, _middle, last = _range(100 * plan.audited)
    quality = _panel(
        _("Right labels, as the audit says"), _("{width} points wide").format(width=f"{last - first:.1f}"),
        _("{low} % to {high} %; in truth {truth} %").format(low=f"{first:.1f}", high=f"{last:.1f}", truth=f"{100 * plan.right.mean():.1f}"),
        _bars(100 * plan.audited, 50, 100, "%"),
    )
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:16px;line-height:1.4;color:var(--jp-ui-font-color1,#102A43)">'
        f"{cost}{days}{quality}</div>"
    )


class _Planner(widgets.VBox):  # type: ignore[misc]  # ipywidgets carries no types
    """Four sliders and three panels. Where no kernel is alive, the first view is shown as a still picture."""

    def __init__(self, fixed: dict[str, Any]) -> None:
        self.fixed = fixed
        layout, style = widgets.Layout(width="420px"), {"description_width": "170px"}

        def slider(value: int, least: int, most: int, step: int, text: str) -> widgets.IntSlider:
            return widgets.IntSlider(
                value=value, min=least, max=most, step=step, description=text, continuous_update=False, layout=layout, style=style
            )

        people = fixed["annotators"]
        self.redundancy = slider(min(3, people), 1, people, 1, _("labels per item"))
        self.unit_price = slider(100, 20, 300, 10, _("won per label"))
        self.throughput = slider(40, 10, 120, 5, _("labels per person-hour"))
        most = min(1000, fixed["n_items"])
        self.audit = slider(min(200, most), min(20, most), most, 20, _("items audited"))
        self.sliders = [self.redundancy, self.unit_price, self.throughput, self.audit]
        slow = self._played(redundancy=people, throughput=20)
        self.days_axis = float(np.ceil(slow.days.max() / 10) * 10)
        self.cost_axis = float(np.ceil((people * 300 + fixed.get("review_price", 500)) * fixed["n_items"] / 1e5) * 1e5)
        self.panels = widgets.HTML()
        for control in self.sliders:
            control.observe(self._redraw, names="value")
        super().__init__([*self.sliders, self.panels], layout=widgets.Layout(max_width="900px"))
        self._redraw()

    def _played(self, **changes: int) -> Outcome:
        chosen = {name: getattr(self, name).value for name in ("redundancy", "unit_price", "throughput", "audit")}
        return play_through(**{**self.fixed, **chosen, **changes})

    def _redraw(self, change: Any = None) -> None:
        self.outcome = self._played()
        self.panels.value = _panels(self.outcome, self.cost_axis, self.days_axis)

    def still(self) -> str:
        """What is shown now, as plain HTML without controls."""
        chosen = " · ".join(f"{html.escape(s.description)}: {s.value}" for s in self.sliders)
        return f'<div style="max-width:900px"><p>{chosen}</p>{self.panels.value}</div>'

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = dict(super()._repr_mimebundle_(**kwargs))
        return {**bundle, "text/plain": _("planning dashboard"), "text/html": self.still()}


def planning_dashboard(n_items: int = 5000, annotators: int = 5, accuracy: float = 0.85, seed: int = 0) -> widgets.VBox:
    """A widget that plays a labeling plan through 200 times and shows how cost, working days and the audit's certainty come out.

    Sliders: labels per item (up to ``annotators``), won per label, labels per person and hour, items audited. ``accuracy`` is the mean
    share of right labels of one annotator. Raises ValueError, naming the argument, for a plan that cannot be played.
    """
    fixed: dict[str, Any] = {"n_items": n_items, "annotators": annotators, "accuracy": accuracy, "seed": seed}
    play_through(**{**fixed, "redundancy": 1, "runs": 1})  # refuse a bad plan before anything is drawn
    return _Planner(fixed)
