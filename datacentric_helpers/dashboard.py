"""A dashboard of annotators × items × classes: who agrees with whom, on which classes, and over which items they part.

The numbers come from pure functions of a rating table (n_items × annotators, class numbers, NaN = not rated); the drawing turns
them into HTML; ``annotator_dashboard`` puts the controls around it. Nothing here needs the true labels.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets
import numpy as np
import numpy.typing as npt
import pandas as pd

from datacentric_helpers.i18n import gettext as _

__all__ = ["annotator_dashboard", "class_disagreement", "co_occurrence", "item_disagreement", "pairwise_kappa"]

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

PAGE = 8  # items on one page: two rows of four
BLUE, ORANGE = (0, 114, 178), (213, 94, 0)
THUMBNAIL = 48  # pixels
MUTED = "color:var(--jp-ui-font-color2,#52606D)"


def _codes(ratings: pd.DataFrame, n_classes: int | None = None) -> Codes:
    """The table as whole numbers (n_items, n_annotators), -1 = not rated. Raises ValueError for anything else."""
    if not isinstance(ratings, pd.DataFrame):
        raise ValueError(f"ratings must be a DataFrame of items × annotators, got {type(ratings).__name__}")
    if ratings.shape[0] < 1 or ratings.shape[1] < 2 or not ratings.columns.is_unique:
        raise ValueError(f"ratings must have at least 1 item and 2 annotators of different names, got shape {ratings.shape}")
    try:
        values = ratings.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        raise ValueError("ratings must hold class numbers (0, 1, …) or NaN where not rated, got text") from None
    seen = values[~np.isnan(values)]
    top = np.inf if n_classes is None else n_classes - 1
    wrong = seen[~np.isfinite(seen) | (seen != np.floor(seen)) | (seen < 0) | (seen > top)]
    if wrong.size:
        limit = "" if n_classes is None else f" up to {n_classes - 1}"
        raise ValueError(f"ratings must hold class numbers from 0{limit} or NaN where not rated, got {wrong[0]:g}")
    return np.where(np.isnan(values), -1, values).astype(np.int64)


def _column(ratings: pd.DataFrame, annotator: str | None) -> int | None:
    if annotator is None:
        return None
    if annotator not in ratings.columns:
        raise ValueError(f"annotator must be one of {', '.join(map(str, ratings.columns))}, got {annotator!r}")
    return list(ratings.columns).index(annotator)


def pairwise_kappa(ratings: pd.DataFrame) -> pd.DataFrame:
    """Cohen's kappa (Cohen 1960) of every two annotators over the items both rated: annotators × annotators, 1 is best.

    NaN on the diagonal, and where a pair shares no item or both gave one and the same label throughout (0/0).

    >>> pairwise_kappa(pd.DataFrame({"Ann": [0, 0, 1, 1], "Bo": [0, 0, 1, 0]})).loc["Ann", "Bo"].item()
    0.5
    """
    from sklearn.metrics import cohen_kappa_score

    codes = _codes(ratings)
    kappa = pd.DataFrame(np.nan, index=ratings.columns, columns=ratings.columns)
    for i in range(codes.shape[1]):
        for j in range(i):
            a, b = codes[(codes[:, i] >= 0) & (codes[:, j] >= 0)][:, [i, j]].T
            if len(np.union1d(a, b)) > 1:
                kappa.iloc[i, j] = kappa.iloc[j, i] = float(cohen_kappa_score(a, b))
    return kappa


def item_disagreement(ratings: pd.DataFrame, annotator: str | None = None) -> pd.Series[float]:
    """For each item, the share of pairs of ratings that differ (0 to 1, higher is more disputed); NaN with fewer than two.

    With ``annotator``: only the pairs with this annotator's rating count.

    >>> item_disagreement(pd.DataFrame({"Ann": [1, 1], "Bo": [1, 0], "Cy": [1, 0]})).round(2).tolist()
    [0.0, 0.67]
    """
    codes, column = _codes(ratings), _column(ratings, annotator)
    both = (codes[:, :, None] >= 0) & (codes[:, None, :] >= 0)  # (n_items, n_annotators, n_annotators)
    both &= ~np.eye(codes.shape[1], dtype=bool)
    differ = both & (codes[:, :, None] != codes[:, None, :])
    if column is not None:
        both, differ = both[:, column], differ[:, column]
    axes = tuple(range(1, both.ndim))
    pairs, parted = both.sum(axis=axes), differ.sum(axis=axes)
    shares = np.divide(parted, pairs, out=np.full(len(codes), np.nan), where=pairs > 0)
    return pd.Series(shares, index=ratings.index, name="disagreement")


def co_occurrence(ratings: pd.DataFrame, n_classes: int, annotator: str | None = None) -> Floats:
    """How often one rating of an item was class ``row`` and another annotator's was class ``column``: (n_classes, n_classes).

    With ``annotator``: rows are this annotator's labels, columns what the others said of the same items.

    >>> co_occurrence(pd.DataFrame({"Ann": [1, 1], "Bo": [1, 0]}), 2, annotator="Ann").tolist()
    [[0.0, 0.0], [1.0, 1.0]]
    """
    codes, column = _codes(ratings, n_classes), _column(ratings, annotator)
    votes = (codes[:, :, None] == np.arange(n_classes)).astype(float)  # (n_items, n_annotators, n_classes)
    total = votes.sum(axis=1)
    own = votes if column is None else votes[:, [column]]
    together: Floats = np.einsum("iak,iac->kc", own, total[:, None, :] - own)
    return together


def class_disagreement(ratings: pd.DataFrame, n_classes: int, annotator: str | None = None) -> Floats:
    """For each class (n_classes,): where a rating says this class, the share of the others' ratings that do not; NaN if never.

    This is one less the specific agreement of the class (Fleiss, Levin & Paik 2003, chapter 18). With ``annotator``: only where
    this annotator says the class.

    >>> class_disagreement(pd.DataFrame({"Ann": [0, 1, 1], "Bo": [0, 1, 0]}), 2).round(2).tolist()
    [0.33, 0.33]
    """
    table = co_occurrence(ratings, n_classes, annotator)
    pairs = table.sum(axis=1)
    shares: Floats = np.divide(pairs - np.diag(table), pairs, out=np.full(n_classes, np.nan), where=pairs > 0)
    return shares


# -- validated input --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Data:
    ratings: pd.DataFrame
    codes: Codes  # (n_items, n_annotators), -1 = not rated
    labels: tuple[str, ...]
    images: Floats | None
    true: Codes | None


def _checked(ratings: pd.DataFrame, labels: Sequence[str], images: Any, true: Any) -> _Data:
    if isinstance(labels, str) or len(labels) < 2 or not all(isinstance(x, str) for x in labels):
        raise ValueError(f"labels must be the names of at least 2 classes, in the order of their numbers, got {labels!r}")
    if len(set(labels)) != len(labels):
        raise ValueError(f"labels must differ from each other, got {list(labels)!r}")
    codes = _codes(ratings, len(labels))
    n_items = len(codes)
    if images is not None:
        images = np.asarray(images, float)
        if images.ndim != 3 or len(images) != n_items or not np.isfinite(images).all():
            raise ValueError(f"images must be finite numbers of shape ({n_items}, height, width), got shape {images.shape}")
    if true is not None:
        true = np.asarray(true)
        if true.shape != (n_items,) or true.dtype.kind not in "iu" or true.min() < 0 or true.max() >= len(labels):
            raise ValueError(f"true must be {n_items} class numbers from 0 to {len(labels) - 1}, got shape {true.shape}")
        true = true.astype(np.int64)
    named = ratings.set_axis([str(name) for name in ratings.columns], axis=1)
    if not named.columns.is_unique:
        raise ValueError(f"ratings must have annotators of different names, got {list(named.columns)}")
    return _Data(named, codes, tuple(labels), images, true)


# -- drawing: numbers in, HTML out --------------------------------------------------------------------------------------------


def _tint(share: float, color: tuple[int, int, int] = BLUE) -> str:
    """Background between white (0) and ``color`` (1), with a text colour that can be read on it."""
    share = min(max(share, 0.0), 1.0)
    mixed = ",".join(str(round(255 + (c - 255) * share)) for c in color)
    return f"background:rgb({mixed});color:{'#fff' if share > 0.75 else '#102A43'}"


def _heat_map(data: _Data, kappa: pd.DataFrame, chosen: str | None) -> str:
    names = list(kappa.columns)
    cell = "padding:3px 6px;text-align:center;min-width:34px;border:1px solid var(--jp-layout-color1,#fff)"
    extra = [_("mean")] + ([_("right")] if data.true is not None else [])
    head = "".join(f'<th scope="col" style="{cell}">{html.escape(x)}</th>' for x in names + extra)
    rows = []
    for number, name in enumerate(names):
        values = kappa.iloc[number].to_numpy(float)
        shown = "".join(f'<td style="{cell};{_tint(v * abs(v)) if v == v else MUTED}">{_number(v)}</td>' for v in values)
        mean = float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")
        shown += f'<td style="{cell};font-weight:600">{_number(mean)}</td>'
        if data.true is not None:
            seen = data.codes[:, number] >= 0
            right = float((data.codes[seen, number] == data.true[seen]).mean()) if seen.any() else float("nan")
            shown += f'<td style="{cell}">{_number(right)}</td>'
        mark = "outline:2px solid rgb(213,94,0);outline-offset:-1px" if name == chosen else ""
        rows.append(f'<tr style="{mark}"><th scope="row" style="{cell};text-align:right">{html.escape(name)}</th>{shown}</tr>')
    return f'<table style="border-collapse:collapse;font-size:12px;margin:0"><tr><th></th>{head}</tr>{"".join(rows)}</table>'


def _number(value: float) -> str:
    return "–" if value != value else f"{value:.2f}"


def _bars(data: _Data, shares: Floats, table: Floats, chosen: int | None) -> str:
    """One bar per class; at its right, the class that the others most often say instead."""
    rows = []
    for k, name in enumerate(data.labels):
        others = np.where(np.arange(len(data.labels)) == k, -1, table[k])
        rival = data.labels[int(others.argmax())] if others.max() > 0 else ""
        share = 0.0 if shares[k] != shares[k] else float(shares[k])
        weight = "font-weight:700" if k == chosen else ""
        rows.append(
            f'<tr style="{weight}"><th scope="row" style="text-align:right;padding:1px 6px">{html.escape(name)}</th>'
            f'<td style="width:170px;padding:2px 0"><div style="height:13px;width:{100 * share:.0f}%;min-width:1px;'
            f'background:rgb{ORANGE if k == chosen else BLUE}"></div></td>'
            f'<td style="padding:1px 6px;text-align:right">{_number(float(shares[k]))}</td>'
            f'<td style="padding:1px 4px;text-align:left;{MUTED}">{"→ " + html.escape(rival) if rival else ""}</td></tr>'
        )
    return f'<table style="border-collapse:collapse;font-size:12px;margin:0">{"".join(rows)}</table>'


def _thumbnail(image: Floats, darkest: float) -> str:
    """The image as a PNG inside the page, dark on white; ``darkest`` is the value drawn black."""
    from PIL import Image

    pixels = 255 - np.clip(255 * image / darkest, 0, 255).astype(np.uint8) if darkest > 0 else np.full(image.shape, 255, np.uint8)
    file = io.BytesIO()
    times = max(1, round(THUMBNAIL / max(image.shape)))  # enlarged here: a page may blur what it enlarges itself
    Image.fromarray(pixels.repeat(times, axis=0).repeat(times, axis=1)).save(file, "PNG", optimize=True)
    source = base64.b64encode(file.getvalue()).decode()
    return f'<img alt="" height="{THUMBNAIL}" style="margin:0" src="data:image/png;base64,{source}">'


def _short(names: Sequence[str]) -> list[str]:
    """The names cut to the fewest letters, three at least, that still tell them apart."""
    length = 3
    while len({name[:length] for name in names}) < len(names):
        length += 1
    return [name[:length] for name in names]


def _card(data: _Data, row: int, share: float, chosen: str | None) -> str:
    """One item: picture, what each annotator said, and how much they part; rare votes are tinted."""
    codes = data.codes[row]
    said = codes[codes >= 0]
    votes = []
    for name, short, code in zip(data.ratings.columns, _short(list(data.ratings.columns)), codes, strict=True):
        if code >= 0:
            rare = 1 - float((said == code).mean())
            bold = "font-weight:700;outline:1px solid rgb(213,94,0)" if name == chosen else ""
            style = f"display:inline-block;padding:0 4px;margin:1px;border-radius:3px;{_tint(0.75 * rare, ORANGE)};{bold}"
            text = f"{html.escape(short)} {html.escape(data.labels[code])}"
            votes.append(f'<span title="{html.escape(name)}" style="{style}">{text}</span>')
    picture = _thumbnail(data.images[row], float(data.images.max())) if data.images is not None else ""
    truth = f" · {_('true')} {html.escape(data.labels[data.true[row]])}" if data.true is not None else ""
    return (
        '<div style="width:170px;padding:6px;box-sizing:border-box;font-size:11px;'
        'border:1px solid rgba(128,128,128,0.35);border-radius:6px">'
        f'<div style="display:flex;gap:6px">{picture}<div><b>{_("item")} {html.escape(str(data.ratings.index[row]))}</b>'
        f'<div style="{MUTED}">{_("differ")} {share:.2f}{truth}</div></div></div>'
        f'<div style="margin-top:3px;line-height:1.6">{"".join(votes)}</div></div>'
    )


def _disputed(data: _Data, chosen: str | None, focus: int | None) -> tuple[list[int], pd.Series[float]]:
    """Item rows on which ratings differ, most disputed first; only those that someone (or the chosen one) put in ``focus``."""
    shares = item_disagreement(data.ratings, chosen)
    parted = shares.to_numpy() > 0
    if focus is not None:
        said = data.codes if chosen is None else data.codes[:, [list(data.ratings.columns).index(chosen)]]
        parted = parted & (said == focus).any(axis=1)
    rows = np.flatnonzero(parted)
    return [int(r) for r in rows[np.argsort(-shares.to_numpy()[rows], kind="stable")]], shares


def _panels(data: _Data, chosen: str | None, focus: int | None) -> str:
    """The heat map of annotators and the bars of classes, side by side."""
    ratings, n_classes = data.ratings, len(data.labels)
    left = _("Cohen's kappa of each pair")
    if focus is not None:
        ratings = (ratings == focus).astype(float).where(ratings.notna())
        left = _("Cohen's kappa, class {name} against the rest").format(name=data.labels[focus])
    right = _("How often the others disagree, by class")
    if chosen is not None:
        right = _("Where {name} says it, others disagree").format(name=chosen)
    shares = class_disagreement(data.ratings, n_classes, chosen)
    bars = _bars(data, shares, co_occurrence(data.ratings, n_classes, chosen), focus)
    blocks = "".join(
        f'<div><div style="font-weight:600;margin-bottom:4px">{html.escape(title)}</div>{body}</div>'
        for title, body in ((left, _heat_map(data, pairwise_kappa(ratings), chosen)), (right, bars))
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:28px;line-height:1.35;color:var(--jp-ui-font-color1,#102A43)">{blocks}</div>'


def _cards(data: _Data, chosen: str | None, rows: Sequence[int], shares: pd.Series[float]) -> str:
    if not rows:
        return f'<p style="{MUTED}">{_("No item here on which the ratings differ.")}</p>'
    cards = "".join(_card(data, row, float(shares.iloc[row]), chosen) for row in rows)
    return f'<div style="display:flex;flex-wrap:wrap;gap:6px;line-height:1.35;color:var(--jp-ui-font-color1,#102A43)">{cards}</div>'


# -- the widget ---------------------------------------------------------------------------------------------------------------


ALL = object()  # a menu's value for "no choice": ipywidgets shows an empty menu where the value is None


class _Dashboard(widgets.VBox):  # type: ignore[misc]  # ipywidgets carries no types
    """Controls, panels and item cards. Where no kernel is alive, its first view is shown as a still picture."""

    def __init__(self, data: _Data) -> None:
        self.data, self.page = data, 0
        names = [(_("all annotators"), ALL), *((name, name) for name in data.ratings.columns)]
        classes = [(_("all classes"), ALL), *((name, k) for k, name in enumerate(data.labels))]
        size = widgets.Layout(width="230px")
        self.annotator = widgets.Dropdown(options=names, description=_("Annotator"), layout=size)
        self.focus = widgets.Dropdown(options=classes, description=_("Class"), layout=size)
        self.back = widgets.Button(description=_("Previous"), icon="chevron-left", layout=widgets.Layout(width="100px"))
        self.forth = widgets.Button(description=_("Next"), icon="chevron-right", layout=widgets.Layout(width="100px"))
        self.place, self.panels, self.cards = widgets.HTML(), widgets.HTML(), widgets.HTML()
        for control in (self.annotator, self.focus):
            control.observe(self._choose, names="value")
        self.back.on_click(lambda _button: self._turn(-1))
        self.forth.on_click(lambda _button: self._turn(1))
        controls, pages = widgets.HBox([self.annotator, self.focus]), widgets.HBox([self.back, self.forth, self.place])
        super().__init__([controls, self.panels, pages, self.cards], layout=widgets.Layout(max_width="900px"))
        self._choose()

    def _choose(self, change: Any = None) -> None:
        self.page = 0
        self.chosen, focus = (None if menu.value is ALL else menu.value for menu in (self.annotator, self.focus))
        self.rows, self.shares = _disputed(self.data, self.chosen, focus)
        self.panels.value = _panels(self.data, self.chosen, focus)
        self._turn(0)

    def _turn(self, step: int) -> None:
        self.page += step
        first = self.page * PAGE
        shown = self.rows[first : first + PAGE]
        self.back.disabled, self.forth.disabled = first == 0, first + PAGE >= len(self.rows)
        text = _("Most disputed items: {first} to {last} of {total}")
        self.place.value = text.format(first=min(first + 1, len(self.rows)), last=first + len(shown), total=len(self.rows))
        self.cards.value = _cards(self.data, self.chosen, shown, self.shares)

    def still(self) -> str:
        """What is shown now, as plain HTML without controls."""
        return f'<div style="max-width:900px">{self.panels.value}<p>{self.place.value}</p>{self.cards.value}</div>'

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = dict(super()._repr_mimebundle_(**kwargs))
        return {**bundle, "text/plain": _("annotator dashboard"), "text/html": self.still()}


def annotator_dashboard(ratings: pd.DataFrame, labels: Sequence[str], images: Any = None, true: Any = None) -> widgets.VBox:
    """A widget that shows who agrees with whom, which classes are disputed, and the most disputed items with every rating.

    ``ratings`` (n_items × annotators) holds class numbers, NaN where not rated; ``labels`` the classes' names in the order of
    their numbers; ``images`` (n_items, height, width), if any, become thumbnails; ``true`` (n_items,), if known, adds the
    annotators' shares of right answers. Choosing a class turns kappa into "this class against the rest"; choosing an annotator
    sorts the items by how many of the others part with this one.

    Raises ValueError, naming the argument, for input of another kind.
    """
    return _Dashboard(_checked(ratings, labels, images, true))
