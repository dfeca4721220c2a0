"""Two machines to play with: the data flywheel, and the data engine that looks for what the model gets wrong.

Both train the course's fixed model on real handwritten digits at every turn; nothing on the screen is invented. The numbers come
from the pure functions ``simulate`` and ``run_engine``; the widgets put controls and a drawing around them.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as widgets
import numpy as np
import numpy.typing as npt
import pandas as pd

from datacentric_helpers import datasets
from datacentric_helpers.fixed_model import fixed_classifier
from datacentric_helpers.i18n import gettext as _

__all__ = ["data_engine", "flywheel_simulator", "run_engine", "simulate"]

Trigger = Callable[[pd.DataFrame, int], "Mapping[str, Any] | None"]

FIRST, TEST = 20, 597  # digits labelled before the first turn; digits kept for the test
PATIENCE = 0.6  # share of right answers below which users leave
USERS = 60  # at the start
FAULT = {"device": "tablet", "held": "sideways"}
MIN_SIZE = 15  # the smallest slice that the engine's trigger may name
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#829AB1"
SMALL = 'font-size="11" fill="currentColor"'


# -- the flywheel ---------------------------------------------------------------------------------------------------------------


def simulate(quality: float = 0.95, budget: int = 40, growth: float = 0.5, turns: int = 8, seed: int = 0) -> pd.DataFrame:
    """``turns`` turns of a flywheel, one row each: users, requests logged, labels bought, wrong labels, training items, accuracy.

    Every user sends one digit a turn. ``budget`` of them, drawn at random, are labelled, each once, rightly with probability
    ``quality``. The fixed model is trained on all labels so far; ``accuracy`` (0 to 1) is measured on 597 other digits. At 60 %
    right the number of users stands still; at 100 % it grows by ``growth``, at 20 % it shrinks by as much. Row 0 is the start: 20
    digits with right labels. Raises ValueError, naming the argument, for anything out of range.
    """
    _between("quality", quality, 0, 1)
    _between("growth", growth, 0, 5)
    for name, value in (("budget", budget), ("turns", turns)):
        if not isinstance(value, (int, np.integer)) or value < 0:
            raise ValueError(f"{name} must be a whole number from 0, got {value!r}")
    data, rng = datasets.digits(), np.random.default_rng(seed)
    rows = rng.permutation(len(data.y))
    test, pool = rows[:TEST], rows[TEST:]
    X, y = data.X[pool[:FIRST]], data.y[pool[:FIRST]]
    pool = pool[FIRST:]
    users, requests, bought, wrong = USERS, 0, 0, 0
    history = []
    for turn in range(turns + 1):
        if turn:
            logged = rng.choice(pool, size=users)  # people write the same digit again and again
            chosen = logged[:budget]
            labels = _one_label_each(data.y[chosen], quality, rng)
            X, y = np.vstack([X, data.X[chosen]]), np.append(y, labels)
            requests, bought, wrong = users, len(chosen), int((labels != data.y[chosen]).sum())
        accuracy = float(fixed_classifier().fit(X, y).score(data.X[test], data.y[test]))
        history.append((users, requests, bought, wrong, len(y), accuracy))
        users = max(1, round(users * (1 + growth * (accuracy - PATIENCE) / (1 - PATIENCE))))
    columns = ["users", "requests", "labels", "wrong", "training", "accuracy"]
    return pd.DataFrame(history, columns=columns, index=pd.RangeIndex(turns + 1, name="turn"))


def _one_label_each(true: npt.NDArray[np.int64], quality: float, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Labels of one annotator: right with probability ``quality``, otherwise any of the nine other digits."""
    other = (true + rng.integers(1, 10, size=len(true))) % 10
    labels: npt.NDArray[np.int64] = np.where(rng.random(len(true)) < quality, true, other)
    return labels


def _between(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} must lie between {low} and {high}, got {value}")


# -- the data engine ------------------------------------------------------------------------------------------------------------


def _most_errors(log: pd.DataFrame, min_size: int) -> Mapping[str, Any] | None:
    """A crude trigger: of the groups in which *all* attributes agree, the one with most errors; it asks for no proof."""
    attributes = [name for name in log.columns if name not in ("label", "prediction")]
    errors = (log["label"] != log["prediction"]).groupby([log[name] for name in attributes]).agg(["sum", "size"])
    errors = errors[errors["size"] >= min_size]
    if errors.empty or not errors["sum"].max():
        return None
    most: Any = errors["sum"].idxmax()
    return {"slice": dict(zip(attributes, most, strict=True))}


def _world(seed: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], pd.DataFrame]:
    """All digits with where they come from. The tablet's app forgets to turn the picture when the device is held sideways."""
    data, rng = datasets.digits(), np.random.default_rng(seed)
    rows = rng.permutation(len(data.y))
    devices, ways = rng.choice(["phone", "tablet", "scanner"], len(rows)), rng.choice(["upright", "sideways"], len(rows))
    origin = pd.DataFrame({"device": devices, "held": ways})
    turned = np.rot90(data.images[rows], axes=(1, 2)).reshape(len(rows), -1)
    return np.where(_in_slice(origin, FAULT)[:, None], turned, data.X[rows]), data.y[rows], origin


def _in_slice(table: pd.DataFrame, wanted: Mapping[str, Any]) -> npt.NDArray[np.bool_]:
    inside: npt.NDArray[np.bool_] = np.ones(len(table), dtype=bool)
    for name, value in wanted.items():
        inside &= (table[name] == value).to_numpy()
    return inside


def run_engine(labels: int = 20, turns: int = 5, seed: int = 0, trigger: Trigger | None = None) -> pd.DataFrame:
    """``turns`` turns of a data engine, and beside it the same money spent on a random sample of the stream.

    The first model has seen 200 digits, none of them from tablets held sideways, where the picture arrives on its side. In each
    turn 200 further digits are predicted and logged with ``device`` and ``held``; ``trigger(log, min_size)`` names a slice, as
    ``{"slice": {attribute: value}}``, or None; ``labels`` items of that slice are labelled (where it has fewer: all of it, and
    random others) and the fixed model is trained again. One row per turn: ``slice``; ``mined`` and ``random``, the share of errors
    on sideways tablets among 597 test digits, for the engine and for random labels; ``rest_mined`` and ``rest_random``, the same
    on all other test digits.

    Raises ValueError, naming the argument, for anything out of range or a trigger that returns something else.
    """
    if not isinstance(labels, (int, np.integer)) or not 0 <= labels <= 200:
        raise ValueError(f"labels must be a whole number from 0 to 200, got {labels!r}")
    if not isinstance(turns, (int, np.integer)) or not 0 <= turns <= 5:
        raise ValueError(f"turns must be a whole number from 0 to 5, got {turns!r}")
    X, y, origin = _world(seed)
    faulty = _in_slice(origin, FAULT)
    test, rest = np.arange(TEST), np.arange(TEST, len(y))
    start = rest[~faulty[rest]][:200]
    stream = np.setdiff1d(rest, start)
    rng = np.random.default_rng(seed)
    chosen: dict[str, npt.NDArray[np.int64]] = {"mined": start, "random": start}
    history = []
    for turn in range(turns + 1):
        logged = stream[200 * (turn - 1) : 200 * turn] if turn else stream[:0]
        named: Mapping[str, Any] | None = None
        if turn:
            model = fixed_classifier().fit(X[chosen["mined"]], y[chosen["mined"]])
            log = origin.iloc[logged].assign(label=y[logged], prediction=model.predict(X[logged])).reset_index(drop=True)
            named = _named(trigger or _most_errors, log)
            inside = _in_slice(origin.iloc[logged], named or {})
            aimed = np.append(rng.permutation(logged[inside]), rng.permutation(logged[~inside]))[:labels]
            chosen["mined"] = np.append(chosen["mined"], aimed)
            chosen["random"] = np.append(chosen["random"], rng.permutation(logged)[:labels])
        row: dict[str, Any] = {"slice": "" if not named else " · ".join(map(str, named.values()))}
        for name, rows in chosen.items():
            wrong = fixed_classifier().fit(X[rows], y[rows]).predict(X[test]) != y[test]
            row |= {name: float(wrong[faulty[test]].mean()), f"rest_{name}": float(wrong[~faulty[test]].mean())}
        history.append(row)
    return pd.DataFrame(history, index=pd.RangeIndex(turns + 1, name="turn"))


def _named(trigger: Trigger, log: pd.DataFrame) -> Mapping[str, Any] | None:
    """The slice that the trigger names, checked."""
    answer = trigger(log, MIN_SIZE)
    if answer is None:
        return None
    if not isinstance(answer, Mapping) or not isinstance(answer.get("slice"), Mapping) or set(answer["slice"]) - set(FAULT):
        raise ValueError(f'trigger must return None or {{"slice": {{"device": …, "held": …}}}}, got {answer!r}')
    return dict(answer["slice"])


# -- drawing: numbers in, HTML out ------------------------------------------------------------------------------------------------


def _chart(title: str, lines: Sequence[tuple[str, str, Sequence[float]]], top: float, percent: bool = False) -> str:
    """Lines (name, colour, values by turn) as one small picture with a scale from 0 to ``top`` and the last values written out."""
    wide, high, left, below = 330, 190, 42, 24
    turns = max(len(values) for _name, _color, values in lines) - 1

    def place(turn: int, value: float) -> str:
        return f"{left + (wide - left - 58) * turn / max(turns, 1):.1f},{8 + (high - below - 8) * (1 - value / top):.1f}"

    def written(value: float) -> str:
        return f"{100 * value:.0f} %" if percent else f"{value:,.0f}"

    parts = []
    for level in (0.0, top / 2, top):
        y = place(0, level).partition(",")[2]
        parts.append(f'<line x1="{left}" x2="{wide - 58}" y1="{y}" y2="{y}" stroke="{GREY}" stroke-opacity="0.35"/>')
        parts.append(f'<text x="{left - 5}" y="{float(y) + 4}" text-anchor="end" {SMALL}>{written(level)}</text>')
    lowest = -20.0  # where the last label stands: the next one keeps clear of it
    for name, color, values in sorted(lines, key=lambda line: -line[2][-1]):
        points = [place(turn, value) for turn, value in enumerate(values)]
        parts.append(f'<polyline points="{" ".join(points)}" fill="none" stroke="{color}" stroke-width="2.5"/>')
        x, _comma, y = points[-1].partition(",")
        lowest = max(float(y) + 4, lowest + 14)
        parts.append(f'<circle cx="{x}" cy="{y}" r="3.5" fill="{color}"><title>{html.escape(name)}</title></circle>')
        style = f'font-size="12" font-weight="600" fill="{color}"'
        parts.append(f'<text x="{float(x) + 7}" y="{lowest:.1f}" {style}>{written(values[-1])}</text>')
    for turn in sorted({0, turns}):
        x = place(turn, 0).partition(",")[0]
        parts.append(f'<text x="{x}" y="{high - 6}" text-anchor="middle" {SMALL}>{turn}</text>')
    middle = (left + wide - 58) / 2
    parts.append(f'<text x="{middle}" y="{high - 6}" text-anchor="middle" {SMALL}>{_("turn")}</text>')
    key = " &nbsp; ".join(f'<span style="color:{color}">■</span> {html.escape(name)}' for name, color, _values in lines)
    return (
        f'<div><div style="font-weight:600">{html.escape(title)}</div><div style="font-size:12px">{key}</div>'
        f'<svg width="{wide}" height="{high}" role="img" aria-label="{html.escape(title)}">{"".join(parts)}</svg></div>'
    )


def _table(rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Rows of (heading, cells)."""
    style = 'style="padding:1px 8px;text-align:right;line-height:1.4"'
    lines = ""
    for head, cells in rows:
        shown = "".join(f"<td {style}>{html.escape(cell)}</td>" for cell in cells)
        lines += f'<tr><th scope="row" {style}>{html.escape(head)}</th>{shown}</tr>'
    return f'<table style="border-collapse:collapse;font-size:12px;margin:4px 0">{lines}</table>'


def _side_by_side(*blocks: str) -> str:
    return f'<div style="display:flex;flex-wrap:wrap;gap:24px;color:var(--jp-ui-font-color1,#102A43)">{"".join(blocks)}</div>'


# -- the widgets ------------------------------------------------------------------------------------------------------------------


def _slider(kind: Any, name: str, value: float, low: float, high: float, step: float, form: str) -> Any:
    return kind(value=value, min=low, max=high, step=step, description=name, readout_format=form, continuous_update=False,
                style={"description_width": "150px"}, layout=widgets.Layout(width="440px"))


class _Machine(widgets.VBox):  # type: ignore[misc]  # ipywidgets carries no types
    """Sliders and what they lead to. Where no kernel is alive, the first view is shown as a still picture."""

    def __init__(self, sliders: Sequence[Any], name: str) -> None:
        self.name, self.view = name, widgets.HTML()
        super().__init__([*sliders, self.view], layout=widgets.Layout(max_width="900px"))
        for slider in sliders:
            slider.observe(self._draw, names="value")
        self._draw()

    def _draw(self, change: Any = None) -> None:
        self.view.value = self.drawing()

    def drawing(self) -> str:
        """What the sliders lead to, as HTML."""
        raise NotImplementedError

    def still(self) -> str:
        """What is shown now, without controls."""
        return f'<div style="max-width:900px">{self.view.value}</div>'

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = dict(super()._repr_mimebundle_(**kwargs))
        return {**bundle, "text/plain": self.name, "text/html": self.still()}


class _Flywheel(_Machine):
    """The flywheel; beside the present setting the one before it, in grey."""

    def __init__(self, seed: int, turns: int) -> None:
        self.seed, self.turns = seed, turns
        self.before: pd.DataFrame | None = None
        self.quality = _slider(widgets.FloatSlider, _("label quality"), 0.95, 0.1, 1.0, 0.05, ".0%")
        self.budget = _slider(widgets.IntSlider, _("labels per turn"), 40, 0, 120, 10, "d")
        self.growth = _slider(widgets.FloatSlider, _("user growth"), 0.5, 0.0, 1.0, 0.1, ".0%")
        super().__init__([self.quality, self.budget, self.growth], _("flywheel simulator"))

    def drawing(self) -> str:
        found = simulate(self.quality.value, self.budget.value, self.growth.value, self.turns, self.seed)
        old, self.before = self.before, found
        charts = []
        for column, title, color in (("accuracy", _("right answers of the model"), BLUE), ("users", _("users"), ORANGE)):
            lines = [] if old is None else [(_("before"), GREY, old[column].tolist())]
            lines.append((_("now"), color, found[column].tolist()))
            top = 1.0 if column == "accuracy" else max(10.0, *(max(values) for _name, _color, values in lines))
            charts.append(_chart(title, lines, top, percent=column == "accuracy"))
        heads = [_("users"), _("logged"), _("labels"), _("of them wrong"), _("training set")]
        rows = [(_("turn"), [str(turn) for turn in found.index])]
        rows += [(head, [f"{value:,}" for value in found[column]]) for head, column in zip(heads, found.columns, strict=False)]
        rows.append((_("model"), [f"{100 * value:.0f} %" for value in found["accuracy"]]))
        return _side_by_side(*charts) + _table(rows)


class _Engine(_Machine):
    """The data engine against labels bought at random."""

    def __init__(self, trigger: Trigger | None, seed: int, turns: int) -> None:
        self.trigger, self.turns = trigger, turns
        self.labels = _slider(widgets.IntSlider, _("labels per turn"), 20, 0, 60, 5, "d")
        self.stream = _slider(widgets.IntSlider, _("stream number"), seed, min(seed, 0), max(seed, 9), 1, "d")
        super().__init__([self.labels, self.stream], _("data engine"))

    def drawing(self) -> str:
        found = run_engine(self.labels.value, self.turns, self.stream.value, self.trigger)
        names = ((_("labels from the slice"), ORANGE, "mined"), (_("labels at random"), GREY, "random"))
        charts = [
            _chart(title, [(name, color, found[prefix + column].tolist()) for name, color, column in names], top, percent=True)
            for title, prefix, top in ((_("errors on tablets held sideways"), "", 1.0), (_("errors on all others"), "rest_", 0.3))
        ]
        said = [(_("turn"), [str(turn) for turn in found.index]), (_("the trigger names"), [text or "–" for text in found["slice"]])]
        return _side_by_side(*charts) + _table(said)


def flywheel_simulator(seed: int = 0, turns: int = 8) -> widgets.VBox:
    """A widget: label quality, labels per turn and user growth on sliders; users, logs, labels and the model's accuracy as they follow.

    Every change runs ``simulate`` anew, with the same ``seed``, so that only the sliders make a difference; the setting before is
    drawn in grey.
    """
    return _Flywheel(seed, turns)


def data_engine(trigger: Trigger | None = None, seed: int = 0, turns: int = 5) -> widgets.VBox:
    """A widget around ``run_engine``: how fast a hidden failure goes away when labels are bought where the trigger points.

    ``trigger(log, min_size)`` may be your own; without one a crude rule counts errors.
    """
    return _Engine(trigger, seed, turns)
