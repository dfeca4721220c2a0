"""Judge one notebook: run its cells in a kernel, ask the judge's questions at the check cells, then compare.

Three steps, in this order and never mixed: ``plan`` (trusted: which cells are checks, their cases), ``_run`` (the only
step that meets the learner's code; it collects outcomes), ``_assess`` (trusted again; the kernel is gone).
"""

from __future__ import annotations

import ast
import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from datacentric_helpers.compare import compare
from datacentric_helpers.i18n import set_language
from datacentric_helpers.outcome import assess
from graders.cases import all_cases, with_mistakes
from graders.exercise import Exercise
from graders.judge import report, sandbox
from graders.judge.kernel import Kernel
from graders.judge.limits import Limits
from graders.judge.oracle import Oracle
from graders.judge.verdict import CheckResult, Verdict

__all__ = ["JudgeError", "NoSandboxError", "check_id", "checked_exercises", "judge_notebook", "speaking"]

LANGUAGE = threading.Lock()


class NoSandboxError(RuntimeError):
    """Learners' code cannot be isolated on this machine; the message says why and what to do."""


class JudgeError(RuntimeError):
    """The judge, not the learner, is why there is no verdict: no kernel came up, or grading was interrupted. Run again."""


@dataclass
class Check:
    """One check cell: what is asked, what came back. ``incident``: what stopped it; "not run" where it was never reached."""

    cell_id: str
    grade_id: str
    max_points: float
    seed: int
    asked: Exercise
    exercise: dict[str, Any]
    outcomes: list[dict[str, Any] | None]
    reason: str = "silent"
    incident: str = "not run"
    note: str = ""
    seconds: float = 0.0


@dataclass
class Ran:
    """What a run left: outputs by cell id, limits hit in order, memory, and how the kernel was started."""

    outputs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    incidents: list[str] = field(default_factory=list)
    peak_bytes: int = 0
    kernel: str = "cold"


Checks = dict[str, Check]


def judge_notebook(
    nb: NotebookNode,
    exercises: Mapping[str, Exercise],
    seed_of: Callable[[str], int],
    limits: Limits | None = None,
    *,
    language: str = "en",
    problems: tuple[str, ...] = (),
    no_sandbox: bool = False,
    cancelled: Callable[[], bool] = lambda: False,
    warm: Path | None = None,
) -> Verdict:
    """Judge ``nb`` (as ``submissions.assemble`` made it) and return the verdict, texts in ``language``.

    ``seed_of(exercise_id)`` seeds the hidden cases. ``warm``: folder of a warm process to fork the kernel from; where that fails, a
    cold one is started, and ``Verdict.kernel`` says why. Raises NoSandboxError where there is none and ``no_sandbox`` was not asked for,
    ValueError where the instructor's notebook is at fault (a check cell that names no exercise).
    """
    limits = limits or Limits()
    usable, why = (True, "") if no_sandbox else sandbox.available()
    if not usable:
        raise NoSandboxError(why)
    started = time.perf_counter()
    for from_warm in (None if no_sandbox else warm, None):
        checks, ran = _in_thread(nb, lambda: plan(nb, exercises, seed_of), limits, not no_sandbox, from_warm, cancelled)
        if "died" not in ran.incidents:
            break  # a kernel that met no limit and died all the same may have been killed by somebody else: it gets a second chance
    if failed := {"start", "cancelled"} & set(ran.incidents):
        raise JudgeError(report.incident(failed.pop(), asdict(limits)))
    with speaking(language):
        results = tuple(_assess(check, ran, limits) for check in checks.values())
    return Verdict(
        language=language, sandbox="none" if no_sandbox else "bubblewrap", checks=results, outputs=ran.outputs, problems=problems,
        incidents=tuple(dict.fromkeys(ran.incidents)), seconds=round(time.perf_counter() - started, 2),
        peak_mb=round(ran.peak_bytes / 2**20, 1), kernel=ran.kernel,
    )


def plan(nb: NotebookNode, exercises: Mapping[str, Exercise], seed_of: Callable[[str], int]) -> dict[str, Check]:
    """The check cells of ``nb`` by cell id, with their cases. Raises ValueError for a graded cell that is no check."""
    checks = {}
    for cell, name in checked_exercises(nb, exercises):
        seed, mark = seed_of(name), cell.metadata["nbgrader"]
        packed = all_cases(exercises[name], seed)
        unanswered: list[Any] = [None] * len(packed["cases"])
        checks[cell.id] = Check(cell.id, mark["grade_id"], float(mark["points"]), seed, exercises[name], packed, unanswered)
    return checks


def checked_exercises(nb: NotebookNode, exercises: Mapping[str, Exercise]) -> list[tuple[NotebookNode, str]]:
    """Each check cell of ``nb`` with the exercise that it names. Raises ValueError for a graded cell that names none."""
    found = []
    for cell in nb.cells:
        mark = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and mark.get("grade") and not mark.get("solution"):
            name = check_id(cell.source)
            if name is None or name not in exercises:
                known = ", ".join(exercises)
                raise ValueError(f"cell {mark['grade_id']!r} must call check() with the id of an exercise ({known}), got {name!r}")
            found.append((cell, name))
    return found


def check_id(source: str) -> str | None:
    """The exercise that a check cell names: the first argument of its ``check("id", ...)``; None where there is none."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "check" and node.args:
            first = node.args[0]
            return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None
    return None


def _in_thread(
    nb: NotebookNode, planned: Callable[[], Checks], limits: Limits, sandboxed: bool, warm: Path | None, cancelled: Callable[[], bool]
) -> tuple[Checks, Ran]:
    """``_run`` with an event loop of its own, whatever the caller runs in, while the caller plans; Ctrl-C here ends the kernel there."""
    interrupted, checks = threading.Event(), Future[Checks]()
    with ThreadPoolExecutor(1) as thread:
        try:
            run = _run(nb, checks, limits, sandboxed, warm, lambda: interrupted.is_set() or cancelled())
            running = thread.submit(asyncio.run, run)
            checks.set_result(planned())
            return checks.result(), running.result()
        except BaseException:
            interrupted.set()
            checks.cancel()
            raise


async def _run(
    nb: NotebookNode, planned: Future[Checks], limits: Limits, sandboxed: bool, warm: Path | None, cancelled: Callable[[], bool]
) -> Ran:
    kernel, name = await _started(nb, limits, sandboxed, warm)
    ran = Ran(kernel=name)
    stopper = asyncio.create_task(_stop_when(cancelled, kernel))
    try:
        checks = await asyncio.wrap_future(planned)
        for index, cell in enumerate(nb.cells):
            if kernel.reason:
                break
            if cell.cell_type == "code" and cell.source.strip():
                stopped = await (_check(kernel, cell, index, checks[cell.id], limits) if cell.id in checks else kernel.run(cell, index))
                ran.incidents += [key for key in (stopped, _out_of_memory(cell)) if key]
                if cell.id not in checks:
                    ran.outputs[cell.id] = [dict(output) for output in cell.outputs]
        ran.incidents += [kernel.reason] if kernel.reason else []
    finally:
        stopper.cancel()
        await kernel.close()
        ran.peak_bytes = kernel.peak_bytes
    return ran


async def _started(nb: NotebookNode, limits: Limits, sandboxed: bool, warm: Path | None) -> tuple[Kernel, str]:
    """A started kernel (its ``reason`` says where even the cold one failed) and what ``Verdict.kernel`` says of it."""
    name = "cold"
    if warm is not None:
        kernel = Kernel(nb, limits, sandboxed, warm)
        await kernel.start()
        if not kernel.reason:
            return kernel, "warm"
        await kernel.close()
        name = f"cold: {kernel.why}"
    kernel = Kernel(nb, limits, sandboxed)
    await kernel.start()
    return kernel, name


async def _check(kernel: Kernel, cell: NotebookNode, index: int, check: Check, limits: Limits) -> str:
    """Run a check cell with the judge listening. Its outputs are dropped: a function may print the inputs it was given."""
    questions, started = [case["args"] for case in check.exercise["cases"]], time.perf_counter()
    services = [case.get("service") for case in check.exercise["cases"]]
    async with Oracle(kernel.judge_socket, check.exercise["id"], questions, check.seed, limits.answer_mb, services) as oracle:
        check.incident = await kernel.run(cell, index)
    check.outcomes, check.reason, check.seconds = oracle.outcomes, oracle.reason, time.perf_counter() - started
    errors = [output for output in cell.outputs if output.output_type == "error"]
    if errors and not oracle.asked:  # nothing was asked, so the message cannot hold an input
        check.note = f"{errors[0].ename}: {errors[0].evalue}"[:300]
    return check.incident


async def _stop_when(cancelled: Callable[[], bool], kernel: Kernel) -> None:
    while not kernel.reason:
        if cancelled():
            await kernel.kill("cancelled")
        await asyncio.sleep(0.2)


def _out_of_memory(cell: NotebookNode) -> str:
    return "out of memory" if any(o.output_type == "error" and o.ename == "MemoryError" for o in cell.outputs) else ""


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Messages in ``language``; one at a time in a process, since the language is the process's."""
    with LANGUAGE:
        set_language(language)
        try:
            yield
        finally:
            set_language(None)


def _assess(check: Check, ran: Ran, limits: Limits) -> CheckResult:
    """Compare and report. Whatever a hostile answer makes a comparator raise costs that answer, nothing else."""
    notes = [report.incident(check.incident, asdict(limits))] if check.incident not in ("", "not run") else []
    result = {"grade_id": check.grade_id, "exercise": check.exercise["id"], "max_points": check.max_points}
    if check.incident == "not run":
        notes = [report.incident(key, asdict(limits)) for key in ran.incidents[-1:]]
        text = report.render_unjudged(check.exercise["title"], check.max_points, notes)
        return CheckResult(**result, share=0.0, points=0.0, report=text, incident="not run")
    if check.reason:
        notes.append(report.reason(check.reason))
    if check.note:
        notes.append(check.note)
    outcomes = [outcome or _unanswered(check.reason) for outcome in check.outcomes]
    try:
        found = assess(check.exercise, outcomes, show_expected=False)
    except Exception:
        outcomes = _comparable(check.exercise, outcomes)
        found = assess(check.exercise, outcomes, show_expected=False)
    if found.written and not found.passed:
        found = replace(found, advice=_advice(check, outcomes))
    points = round(found.share * check.max_points, 4)
    text = report.render(found, points, check.max_points, notes)
    return CheckResult(
        **result, share=found.share, points=points, report=text, incident=check.incident or check.reason, seconds=round(check.seconds, 3),
        properties=tuple((p.name, p.passed) for p in found.properties), mistake=found.advice,
    )


def _advice(check: Check, outcomes: list[dict[str, Any]]) -> str:
    """The message of the known mistake that explains the answers. It costs no points, so a value that cannot be compared costs it."""
    try:
        return assess(with_mistakes(check.asked, check.exercise), outcomes, show_expected=False).advice
    except Exception:
        return ""


def _comparable(exercise: dict[str, Any], outcomes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """``outcomes`` with those replaced at which the comparator itself, or showing the value, fails."""
    kept = []
    for case, outcome in zip(exercise["cases"], outcomes, strict=True):
        try:
            assess({**exercise, "cases": [case]}, [outcome], show_expected=False)
            if "value" in outcome and not case["raises"]:
                compare(case.get("compare", exercise["compare"]), case["expected"], outcome["value"])
            kept.append(outcome)
        except Exception:
            kept.append(_unanswered("incomparable"))
    return kept


def _unanswered(key: str) -> dict[str, Any]:
    """An outcome that passes no case, not even one where an error is due."""
    return {"raised": ["NoAnswer"], "message": report.reason(key or "broken off"), "line": ""}
