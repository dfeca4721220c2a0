"""Run one case and say what came of it; judge many outcomes and say what they mean.

The same two steps serve the learner's ``check`` and the grader. The first, ``run_case``, needs only a function and its
inputs: it is all that happens inside the grader's sandbox. The second, ``assess``, needs what was due: it runs in the
learner's own notebook for public cases, and outside the sandbox for all of them.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from datacentric_helpers import wire
from datacentric_helpers.compare import Spec, compare
from datacentric_helpers.i18n import gettext as _

__all__ = ["Failure", "Property", "Report", "assess", "run_case", "with_log"]

Outcome = dict[str, Any]


@dataclass(frozen=True)
class Failure:
    """One case that failed: how the function was called, what was due, what came, and the reason."""

    call: str
    expected: str
    got: str
    reason: str
    size: int = 0


@dataclass(frozen=True)
class Property:
    """One property that cases test, and the cases that failed it, smallest input first."""

    name: str
    passed: bool
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True)
class Report:
    """What a check found: ``share`` of the points earned (0 to 1), the properties, and advice on a known mistake."""

    exercise: str
    title: str
    share: float
    properties: tuple[Property, ...]
    advice: str = ""
    written: bool = True
    hints: tuple[str, ...] = field(default=(), repr=False)

    @property
    def passed(self) -> bool:
        """True where every property holds."""
        return all(p.passed for p in self.properties)


def run_case(function: Any, args: Sequence[Any], service: dict[str, Any] | None = None) -> Outcome:
    """What ``function(*args)`` gives: ``{"value": ...}``, or ``{"raised": [class names], "message", "line", "blank"}``.

    ``service``, as ``{"site": name, "seed": n}``: what ``datacentric_helpers.web`` serves meanwhile; see ``with_log``.
    """
    if service is not None:
        from datacentric_helpers import web

        with web.serve(service["site"], seed=service["seed"]) as site:
            outcome = run_case(function, args)
        return with_log(outcome, list(site.log))
    if not callable(function):
        return {"raised": ["TypeError"], "message": f"a function was due, a {type(function).__name__} came", "line": ""}
    try:
        value = wire.decode(wire.encode(_called(function, args)))  # what a grader in another process would get
    except Exception as error:
        return _raised(error)
    return {"value": value}


def _called(function: Any, args: Sequence[Any]) -> Any:
    """What ``function`` gives; a list of what it gives in each round, where ``args`` are rounds of a benchmark."""
    if len(args) == 1 and isinstance(args[0], dict):
        from datacentric_helpers.dataperf import called

        if (rounds := called(args)) is not None:
            return [function(*one) for one in rounds]
    return function(*args)


def with_log(outcome: Outcome, log: list[dict[str, Any]] | None) -> Outcome:
    """``outcome`` with the requests that a web has seen meanwhile: its value becomes ``{"returned": value, "log": [...]}``."""
    if log is None or "value" not in outcome:
        return outcome
    return {"value": {"returned": outcome["value"], "log": list(log)}}


def _raised(error: Exception) -> Outcome:
    frames = traceback.extract_tb(error.__traceback__)[1:]
    own = [f for f in frames if "site-packages" not in f.filename and "datacentric_helpers" not in f.filename]
    names = [c.__name__ for c in type(error).__mro__ if issubclass(c, Exception)]
    return {
        "raised": names,
        "message": str(error)[:500],
        "line": (own[-1].line or "")[:200] if own else "",
        "blank": isinstance(error, NotImplementedError),
    }


def assess(exercise: dict[str, Any], outcomes: Sequence[Outcome], show_expected: bool = True) -> Report:
    """Judge ``outcomes``, one per case of ``exercise`` (the dict that ``graders.cases.pack`` makes).

    A property holds if all its cases do; properties weigh the same. Properties that only ask for an error count only
    where some other property holds: a function that always raises has earned nothing. With ``show_expected`` off,
    failures of hidden cases carry neither what was due nor the inputs.
    """
    cases = exercise["cases"]
    reasons = [_reason(c.get("compare", exercise["compare"]), c, outcome) for c, outcome in zip(cases, outcomes, strict=True)]
    names = list(dict.fromkeys(case["property"] for case in cases))
    kept = {n: all(r is None for c, r in zip(cases, reasons, strict=True) if c["property"] == n) for n in names}
    only_errors = {n: all(c.get("raises") for c in cases if c["property"] == n) for n in names}
    if not any(kept[n] for n in names if not only_errors[n]):
        kept = dict.fromkeys(names, False)
    properties = tuple(
        Property(n, kept[n], _failures(exercise, n, outcomes, reasons, show_expected)) for n in names
    )
    blank = all(outcome.get("blank") for outcome in outcomes)
    return Report(
        exercise=exercise["id"],
        title=exercise["title"],
        share=sum(kept.values()) / len(names),
        properties=properties,
        advice="" if blank else _advice(exercise, outcomes, reasons),
        written=not blank,
        hints=tuple(exercise["hints"]),
    )


def _reason(spec: Spec, case: dict[str, Any], outcome: Outcome) -> str | None:
    """None where the case passed."""
    due = case.get("raises")
    if due:
        if due in outcome.get("raised", ()):
            return None
        if "raised" not in outcome:
            return _("{due} was due, but nothing was raised").format(due=due)
        return _("{due} was due, {came} came").format(due=due, came=outcome["raised"][0])
    if "value" in outcome:
        return compare(spec, case["expected"], outcome["value"])
    line = _(" in the line `{line}`").format(line=outcome["line"]) if outcome.get("line") else ""
    return f"{outcome['raised'][0]}: {outcome['message']}{line}"


def _failures(
    exercise: dict[str, Any], name: str, outcomes: Sequence[Outcome], reasons: Sequence[str | None], show_expected: bool
) -> tuple[Failure, ...]:
    found = []
    for case, outcome, reason in zip(exercise["cases"], outcomes, reasons, strict=True):
        if case["property"] != name or reason is None:
            continue
        if case.get("hidden") and not show_expected:
            found.append(Failure("", "", "", _("a case that is not shown fails")))
            continue
        found.append(Failure(*_shown(exercise, case, outcome), reason, len(wire.encode(case["args"]))))
    return tuple(sorted(found, key=lambda f: (not f.call, f.size)))


def _shown(exercise: dict[str, Any], case: dict[str, Any], outcome: Outcome) -> tuple[str, str, str]:
    """The call of a case that failed, what was due and what came, as a learner would like to read them; "" for what says nothing."""
    call = f"{exercise['id']}({', '.join(show(a, 160) for a in case['args'])})"
    due = case["raises"] if case.get("raises") else show(case["expected"])
    came = show(outcome["value"]) if "value" in outcome else outcome["raised"][0]
    kind = case.get("compare", exercise["compare"])["kind"]
    if kind == "crawl":  # what is due is a rule, and what came is long
        return call, _(case["property"]), _("{n} requests").format(n=len(outcome["value"]["log"])) if "value" in outcome else came
    if kind == "dataperf" and not case.get("raises"):  # what is due is a score, and the reason names both
        rounds = case["expected"].get("seeds")
        if rounds is None:
            return call, "", came
        call = f"{exercise['id']}(*play({case['expected']['task']!r}, seed).args) for seed in {', '.join(map(str, rounds))}"
        return call, "", "" if "value" in outcome else came
    return call, due, came


def _advice(exercise: dict[str, Any], outcomes: Sequence[Outcome], reasons: Sequence[str | None]) -> str:
    """The message of the known mistake that gives the same answers, right and wrong, as the learner's function.

    Where none does, the function may hold more than one mistake: then the message of the one that explains most of the failed
    cases, at least half, and contradicts none. Cases in which an error is due are left aside there.
    """
    values = [i for i, case in enumerate(exercise["cases"]) if not case.get("raises")]
    failed = {i for i, reason in enumerate(reasons) if reason is not None}
    explained: list[tuple[int, str]] = []
    for number, message in enumerate(exercise["mistakes"] if failed else ()):
        made = [case["mistakes"][number] for case in exercise["cases"]]
        wrong = {i for i, answer in enumerate(made) if answer is not None}
        alike = {i for i in wrong & failed if _alike(exercise["compare"], exercise["cases"][i], made[i], outcomes[i])}
        if alike == wrong == failed:
            return str(message)
        if wrong.intersection(values) <= alike:
            explained.append((len(alike.intersection(values)), str(message)))
    most, message = max(explained, key=lambda pair: pair[0], default=(0, ""))
    return message if most and 2 * most >= len(failed.intersection(values)) else ""


def _alike(spec: Spec, case: dict[str, Any], mistake: Outcome, outcome: Outcome) -> bool:
    spec = case.get("compare", spec)
    if spec["kind"] == "crawl":  # no two crawls are alike in every request; what counts is which rules they break
        return bool(mistake.get("raised", [""])[0] == outcome.get("raised", [""])[0])
    if "raised" in mistake or "raised" in outcome:
        return bool(mistake.get("raised", [None])[0] == outcome.get("raised", [0])[0])
    values = {"kind": "close", "rtol": 1e-6, "atol": 1e-9} if spec["kind"] != "exact" else spec
    if spec["kind"] == "within" and not case.get("raises"):
        # chance plays a part in both: they may lie as far apart as two right answers may
        widths = np.subtract(case["expected"]["high"], case["expected"]["low"])
        values = {"kind": "close", "rtol": 0.0, "atol": float(np.max(widths))}
    return compare(values, mistake["value"], outcome["value"]) is None


def show(value: Any, limit: int = 240) -> str:
    """``value`` on at most a few lines, as a learner would like to read it."""
    if isinstance(value, float):
        text = f"{value:.6g}"
    elif isinstance(value, np.ndarray):
        text = np.array2string(value, precision=4, threshold=30, edgeitems=3, separator=", ")
    elif hasattr(value, "to_string"):
        text = "\n" + str(value.to_string(max_rows=8))
    else:
        text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."
