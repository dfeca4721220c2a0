"""Comparators: is what came what was due? Each returns None (yes) or a short reason that a learner can act on.

A comparator is named by a small dict, its *spec*, so that it can be shipped beside the cases:

==============  =====================================================================================
``exact()``     equal values and structure; list, tuple and array of the same content count as equal
``close()``     the same, floats within ``rtol``/``atol``; NaN equals NaN
``unordered()`` equal as collections, in whatever order
``ordering()``  expected is ``{"keys": [...]}``: got must be item numbers, sorted by key downwards; ties in any order
``within()``    expected is ``{"low": x, "high": y}``: got must lie between them, element by element
``request()``   address and parameters equal, in whatever order they are written (``request_rubric``)
``crawl_rule()``expected is the truth about a site: what a crawler returned and asked for keeps one rule (``crawl_rubric``)
``spans()``     expected and got are spans (start, end, kind): for each kind, precision and recall must reach what is named
``fixed_model()`` got are row numbers to relabel: the fixed model, retrained, must reach the reference's accuracy less ``margin``
``dataperf()``  got are answers to rounds of a benchmark: well-formed, and, at the other levels, better than what is expected
==============  =====================================================================================
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from datacentric_helpers.i18n import gettext as _

__all__ = ["close", "compare", "crawl_rule", "dataperf", "exact", "fixed_model", "ordering", "request", "spans", "unordered", "within"]

Spec = dict[str, Any]


def exact() -> Spec:
    """Equal values and structure."""
    return {"kind": "exact"}


def close(rtol: float = 1e-6, atol: float = 1e-9) -> Spec:
    """Equal structure, floats equal within ``atol + rtol * |expected|``."""
    return {"kind": "close", "rtol": rtol, "atol": atol}


def unordered() -> Spec:
    """Equal as collections: each item as often, in whatever order."""
    return {"kind": "unordered"}


def ordering(length: int | None = None) -> Spec:
    """Item numbers sorted by the expected keys, highest first; ``length``: how many are due (default: all)."""
    return {"kind": "ordering", "length": length}


def within() -> Spec:
    """Every element between the expected low and high."""
    return {"kind": "within"}


def spans(precision: float = 1.0, recall: float = 1.0) -> Spec:
    """Exact spans of every kind, at least this share of those that came (precision) and of those that were due (recall)."""
    return {"kind": "spans", "precision": precision, "recall": recall}


def fixed_model(margin: float = 0.0) -> Spec:
    """Row numbers whose labels get repaired; a fixed model retrained on the result must be as good as the reference's, less ``margin``."""
    return {"kind": "fixed_model", "margin": margin}


def request() -> Spec:
    """A request, as a dict with url and params or as an address: the same address and parameters, in any order."""
    return {"kind": "request"}


def crawl_rule(rule: str) -> Spec:
    """Records and requests of a crawler, judged by one rule of ``datacentric_helpers.crawl_rubric``."""
    return {"kind": "crawl", "rule": rule}


def dataperf(level: str) -> Spec:
    """Answers to a task of ``datacentric_helpers.dataperf``: of the right "form", better than "random" or the "heuristic", or as good as
    the "reference", by or within the interval that comes with what is expected."""
    return {"kind": "dataperf", "level": level}


def compare(spec: Spec, expected: Any, got: Any) -> str | None:
    """None where ``got`` answers ``expected`` under the comparator ``spec``, otherwise the reason why not.

    >>> compare(close(), [0.5, 1.0], np.array([0.5, 1.0 + 1e-12]))
    >>> compare(exact(), 3, 4)
    'the value differs'
    """
    kind = spec["kind"]
    if kind in ("exact", "close"):
        return _same(expected, got, spec.get("rtol", 0.0), spec.get("atol", 0.0), "")
    judges = {
        "unordered": _unordered, "ordering": _ordering, "within": _within, "spans": _spans, "fixed_model": _fixed_model,
        "request": _request, "crawl": _crawl_rule, "dataperf": _dataperf,
    }
    return judges[kind](spec, expected, got)


def _same(expected: Any, got: Any, rtol: float, atol: float, where: str) -> str | None:
    expected, got = _simple(expected), _simple(got)
    if isinstance(expected, np.ndarray) or isinstance(got, np.ndarray):
        return _same_arrays(expected, got, rtol, atol, where)
    if isinstance(expected, Mapping):
        return _same_mappings(expected, got, rtol, atol, where)
    if isinstance(expected, (set, frozenset)):
        return None if isinstance(got, (set, frozenset)) and expected == got else _differs(expected, got, where)
    if isinstance(expected, (list, tuple)):
        if not isinstance(got, (list, tuple)):
            return _differs(expected, got, where)
        if len(expected) != len(got):
            return _at(where) + _("{due} items were due, {came} came").format(due=len(expected), came=len(got))
        pairs = enumerate(zip(expected, got, strict=True))
        return next((r for i, (e, g) in pairs if (r := _same(e, g, rtol, atol, f"{where}[{i}]"))), None)
    return None if _same_scalars(expected, got, rtol, atol) else _differs(expected, got, where)


def _simple(value: Any) -> Any:
    """pandas and torch objects as arrays, dicts and lists; NumPy scalars as Python ones."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return value.item()
    torch, pandas = sys.modules.get("torch"), sys.modules.get("pandas")
    if torch is not None and isinstance(value, torch.Tensor):
        return _simple(value.detach().cpu().numpy())
    if pandas is not None:
        if isinstance(value, pandas.Series):
            return dict(zip(value.index.tolist(), value.tolist(), strict=True))
        if isinstance(value, pandas.DataFrame):
            return {str(c): _simple(value.iloc[:, i]) for i, c in enumerate(value.columns)}
        if value is pandas.NA or value is pandas.NaT:
            return None
    return value


def _same_arrays(expected: Any, got: Any, rtol: float, atol: float, where: str) -> str | None:
    if not all(isinstance(x, (np.ndarray, list, tuple)) for x in (expected, got)):
        return _differs(expected, got, where)
    try:
        e, g = np.asarray(expected), np.asarray(got)
    except ValueError:
        return _at(where) + _("rows of different lengths came")
    if e.shape != g.shape:
        return _at(where) + _("shape {due} was due, {came} came").format(due=e.shape, came=g.shape)
    if e.dtype.kind in "biufc" and g.dtype.kind in "biufc":
        same = np.isclose(g, e, rtol=rtol, atol=atol, equal_nan=True)
        return None if bool(same.all()) else _at(where) + _("{n} of {total} numbers differ").format(n=int((~same).sum()), total=e.size)
    return _same(e.tolist(), g.tolist(), rtol, atol, where)


def _same_mappings(expected: Mapping[Any, Any], got: Any, rtol: float, atol: float, where: str) -> str | None:
    if not isinstance(got, Mapping):
        return _differs(expected, got, where)
    missing, extra = [k for k in expected if k not in got], [k for k in got if k not in expected]
    if missing:
        return _at(where) + _("these keys are missing: {keys}").format(keys=_short(missing))
    if extra:
        return _at(where) + _("these keys are too many: {keys}").format(keys=_short(extra))
    return next((r for k, e in expected.items() if (r := _same(e, got[k], rtol, atol, f"{where}[{k!r}]"))), None)


def _same_scalars(expected: Any, got: Any, rtol: float, atol: float) -> bool:
    if isinstance(expected, bool) or isinstance(got, bool) or expected is None or got is None:
        return type(expected) is type(got) and bool(expected == got)
    if isinstance(expected, (int, float, complex)) and isinstance(got, (int, float, complex)):
        if expected == got or (expected != expected and got != got):
            return True
        if isinstance(expected, complex) or isinstance(got, complex) or not (math.isfinite(expected) and math.isfinite(got)):
            return False
        return abs(got - expected) <= atol + rtol * abs(expected)
    return type(expected) is type(got) and bool(expected == got)


def _items(got: Any) -> list[Any] | None:
    got = got.tolist() if isinstance(_simple(got), np.ndarray) else got
    return list(got) if isinstance(got, (list, tuple, set, frozenset)) else None


def _unordered(spec: Spec, expected: Any, got: Any) -> str | None:
    due, came = _items(expected) or [], _items(got)
    if came is None:
        return _differs(expected, got, "")
    if len(came) > 2 * len(due) + 100:  # comparing each with each would take long, and is not needed to refuse it
        return _("{due} items were due, {came} came").format(due=len(due), came=len(came))
    left = list(came)
    for item in due:
        match = next((i for i, other in enumerate(left) if _same(item, other, 1e-9, 1e-12, "") is None), None)
        if match is None:
            return _("an item is missing: {item}").format(item=_short(item))
        left.pop(match)
    return _("an item is too many: {item}").format(item=_short(left[0])) if left else None


def _row_numbers(got: Any, limit: int) -> tuple[list[int], str | None]:
    came = _items(got)
    if came is None or any(isinstance(i, bool) or not isinstance(i, (int, np.integer)) for i in came):
        return [], _("a sequence of item numbers was due, {came} came").format(came=_short(got))
    if len(set(came)) != len(came):
        return [], _("an item number came twice")
    if any(not 0 <= i < limit for i in came):
        return [], _("item numbers must lie between 0 and {last}").format(last=limit - 1)
    return [int(i) for i in came], None


def _ordering(spec: Spec, expected: Any, got: Any) -> str | None:
    keys = [float(k) for k in expected["keys"]]
    due = len(keys) if expected.get("length") is None else int(expected["length"])
    came, reason = _row_numbers(got, len(keys))
    if reason:
        return reason
    if len(came) != due:
        return _("{due} items were due, {came} came").format(due=due, came=len(came))
    best = sorted(keys, reverse=True)[:due]
    for place, item in enumerate(came):
        if not math.isclose(keys[item], best[place], rel_tol=1e-9, abs_tol=1e-12):
            return _("item {item} does not belong at place {place}").format(item=item, place=place)
    return None


def _within(spec: Spec, expected: Any, got: Any) -> str | None:
    low, high = np.asarray(expected["low"], float), np.asarray(expected["high"], float)
    try:
        value = np.asarray(_simple(got), float)
    except (TypeError, ValueError):
        return _("numbers were due, {came} came").format(came=_short(got))
    if value.shape != low.shape:
        return _("shape {due} was due, {came} came").format(due=low.shape, came=value.shape)
    inside = (value >= low) & (value <= high)
    if bool(inside.all()):
        return None
    return _("{n} of {total} numbers lie outside the expected range").format(n=int((~inside).sum()), total=value.size)


def _spans(spec: Spec, expected: Any, got: Any) -> str | None:
    due, came = [tuple(span) for span in expected], _items(got)
    if came is None or not all(_is_span(span) for span in came):
        return _("a list of spans (start, end, kind) was due, {came} came").format(came=_short(got))
    came = [tuple(span) for span in came]
    for kind in sorted({span[2] for span in [*due, *came]}):
        mine, theirs = ([span for span in side if span[2] == kind] for side in (due, came))
        found = len(set(mine) & set(theirs))
        for name, least, of in ((_("recall"), spec["recall"], len(mine)), (_("precision"), spec["precision"], len(theirs))):
            if of and found / of < float(least):
                return _("{kind}: {name} is {share:.3f}; at least {due:.3f} was due").format(
                    kind=kind, name=name, share=found / of, due=float(least))
    return None


def _is_span(item: Any) -> bool:
    if not isinstance(item, (list, tuple)) or len(item) != 3:
        return False
    return all(isinstance(place, int) for place in item[:2]) and isinstance(item[2], str)


def _fixed_model(spec: Spec, expected: Any, got: Any) -> str | None:
    """``expected``: X, given, true, X_test, y_test, budget, accuracy (the reference's)."""
    rows, reason = _row_numbers(got, len(expected["given"]))
    if reason:
        return reason
    if len(rows) != int(expected["budget"]):
        return _("{due} items were due, {came} came").format(due=int(expected["budget"]), came=len(rows))
    from datacentric_helpers.fixed_model import accuracy_after_repair

    reached, due = accuracy_after_repair(expected, rows), float(expected["accuracy"]) - float(spec["margin"])
    if reached >= due:
        return None
    return _("the fixed model reaches {reached:.3f} on your data; at least {due:.3f} was due").format(reached=reached, due=due)


def _request(spec: Spec, expected: Any, got: Any) -> str | None:
    from datacentric_helpers.request_rubric import judge_request

    return judge_request(expected, got)


def _crawl_rule(spec: Spec, expected: Any, got: Any) -> str | None:
    from datacentric_helpers.crawl_rubric import judge_crawl

    return judge_crawl(str(spec["rule"]), expected, got)


def _dataperf(spec: Spec, expected: Any, got: Any) -> str | None:
    from datacentric_helpers.dataperf import judge

    return judge(str(spec["level"]), expected, got)


def _at(where: str) -> str:
    return _("at {where}: ").format(where=where) if where else ""


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _differs(expected: Any, got: Any, where: str) -> str:
    numbers = all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in (expected, got))
    if type(expected) is not type(got) and not numbers:
        return _at(where) + _("a {due} was due, a {came} came").format(due=type(expected).__name__, came=type(got).__name__)
    return _at(where) + _("the value differs")
