"""``dcai`` for instructors: the learner's commands, and build, grade, report, demo, normalize, translate beside them."""

from __future__ import annotations

import atexit
import json
import os
import sys
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from datacentric_helpers import cli as learners
from datacentric_helpers.cli import Json, app, console, fail
from datacentric_helpers.i18n import LANGUAGES, language
from datacentric_helpers.i18n import gettext as _

__all__ = ["app", "main"]

Course = Annotated[Path, typer.Option(help=_("the nbgrader course directory"))]


@app.command(epilog="dcai build --out build")
def build(out: Annotated[Path, typer.Option(help=_("where to build"))] = Path("build")) -> None:
    """Build the learners' workbook, in English and Korean, and a zip of each."""
    from graders.workbook.build import build as make

    try:
        result = make(out)
    except (OSError, ValueError) as error:
        raise fail(error) from error
    for notice in result.notices:
        console.print("! " + notice, style="yellow", markup=False, highlight=False, soft_wrap=True)
    for path in result.zips:
        console.print(f"✓ {path}", markup=False, highlight=False, soft_wrap=True)


@app.command(epilog="dcai grade ch05_cleansing --jobs 2")
def grade(
    assignment: str,
    course: Course = Path("labs"),
    student: Annotated[list[str] | None, typer.Option(help=_("only this learner; may be given several times"))] = None,
    jobs: Annotated[int, typer.Option(min=1, help=_("submissions judged at the same time on this machine"))] = (os.cpu_count() or 1) + 1,
    scheduler: Annotated[str, typer.Option(metavar="ADDRESS", help=_("judge on the Dask cluster at ADDRESS (tcp://… or tls://…)"))] = "",
    resume: Annotated[bool, typer.Option("--resume", help=_("leave out whose score an earlier run has recorded, changed or not"))] = False,
    only_failed: Annotated[bool, typer.Option("--only-failed", help=_("only whom the last run could not judge or record"))] = False,
    since: Annotated[datetime | None, typer.Option(help=_("only what was handed in at this time or later (local time)"))] = None,
    no_sandbox: Annotated[bool, typer.Option("--no-sandbox", help=_("run learners' code unprotected (stated in every report)"))] = False,
    as_json: Json = False,
) -> None:
    """Judge the submissions of ASSIGNMENT in the sandbox and record the scores in nbgrader's gradebook."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy is there: the processes share the cores
    from graders.grade import GradeError, grade_assignment
    from graders.judge import JudgeError

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with ExitStack() as stack:
        # refreshed by hand: a thread for it would keep the pool from forking its workers
        bar = stack.enter_context(Progress(*columns, console=console, transient=True, auto_refresh=False, disable=as_json))
        task, started = bar.add_task(assignment, total=None, rate=""), time.monotonic()

        def tell(done: int, total: int) -> None:
            rate = _("{n:.0f} a minute").format(n=60 * done / (time.monotonic() - started)) if done else ""
            bar.update(task, completed=done, total=total, rate=rate)
            bar.refresh()

        try:
            executor = stack.enter_context(_cluster(scheduler, assignment, no_sandbox)) if scheduler else None
            results = grade_assignment(
                assignment, course=course, students=student, jobs=jobs, no_sandbox=no_sandbox, progress=tell, executor=executor,
                resume=resume, only_failed=only_failed, since=since and since.astimezone(),
            )
        except (GradeError, JudgeError, OSError, KeyError) as error:
            raise fail(error.args[0] if isinstance(error, KeyError) else error, 2) from error
    if as_json:
        typer.echo(json.dumps([r.as_dict() for r in results], indent=1))  # in ASCII: a file name need not be text
        return
    table = Table(box=None, pad_edge=False)
    for name in (_("learner"), _("score"), _("of"), _("seconds"), _("remarks")):
        table.add_column(name, overflow="fold")
    for r in results:
        row = (r.student, f"{r.score:g}", f"{r.max_score:g}", f"{r.seconds:.1f}", "; ".join(r.problems))
        table.add_row(*(escape(plain(text)) for text in row))
    console.print(table)
    cold = [r.kernel for r in results if r.kernel.startswith("cold: ")]
    if cold:
        console.print(_("{n} submissions ran in kernels that were started cold, which takes longer: {why}").format(
            n=len(cold), why=plain(cold[0].removeprefix("cold: "))), markup=False, highlight=False, soft_wrap=True)
    console.print(_("Recorded in {path}. Feedback: `cd {course} && nbgrader generate_feedback {assignment}`").format(
        path=course / "gradebook.db", course=course, assignment=assignment), markup=False, highlight=False, soft_wrap=True)


def _cluster(address: str, assignment: str, no_sandbox: bool) -> Any:
    from graders.cluster import ClusterExecutor

    def tell(message: str) -> None:
        console.print("! " + plain(message), style="yellow", markup=False, highlight=False, soft_wrap=True)

    return ClusterExecutor(address, assignment, no_sandbox=no_sandbox, tell=tell)


def plain(text: str) -> str:
    """``text`` without control characters: what learners and their files are called may hold a terminal's commands."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


@app.command(epilog="dcai report ch05_cleansing --canvas build/canvas.csv")
def report(
    assignment: str,
    course: Course = Path("labs"),
    out: Annotated[Path | None, typer.Option(help=_("a folder for the report; default: build/reports/ASSIGNMENT"))] = None,
    form: Annotated[str, typer.Option("--format", help=_("html, csv, json or all"))] = "all",
    canvas: Annotated[Path | None, typer.Option(help=_("write the final grades to this file, for import into Canvas"))] = None,
    moodle: Annotated[Path | None, typer.Option(help=_("write the final grades to this file, for import into Moodle"))] = None,
    lang: Annotated[str | None, typer.Option("--language", help=_("language of the report, en or ko; default: yours"))] = None,
) -> None:
    """Write the instructor's report on ASSIGNMENT: scores, checks, mistakes, time, incidents, similar submissions; export grades."""
    from graders import lms
    from graders.cohort import ReportError, read_cohort
    from graders.judge.session import speaking
    from graders.report_page import FORMATS, write_report

    if form not in (*FORMATS, "all") or lang not in (None, *LANGUAGES):
        message = _("--format must be one of {formats}, --language one of {languages}")
        raise fail(message.format(formats=", ".join([*FORMATS, "all"]), languages=", ".join(LANGUAGES)), 2)
    try:
        with speaking(lang or language()), console.status(_("Reading verdicts and submissions ...")):
            cohort = read_cohort(assignment, course)
            written = write_report(cohort, out or Path("build/reports") / assignment, FORMATS if form == "all" else [form])
        written += [lms.write_csv(make(cohort), path) for path, make in ((canvas, lms.canvas), (moodle, lms.moodle)) if path]
    except (ReportError, OSError) as error:
        raise fail(error, 2) from error
    for notice in lms.gaps(cohort) if canvas or moodle else ():
        console.print("! " + notice, style="yellow", markup=False, highlight=False, soft_wrap=True)
    for path in written:
        console.print(f"✓ {path}", markup=False, highlight=False, soft_wrap=True)


@learners.board.command("merge", epilog="dcai leaderboard merge collected/*/.dcai/leaderboard.jsonl --pseudonyms")
def merge(
    files: Annotated[list[Path] | None, typer.Argument(help=_("learners' leaderboard.jsonl files; none: the judge's verdicts"))] = None,
    course: Course = Path("labs"),
    pseudonyms: Annotated[bool, typer.Option("--pseudonyms", help=_("replace names by pseudonyms"))] = False,
    out: Annotated[Path | None, typer.Option(help=_("write the board to this file: JSON lines from files, CSV from verdicts"))] = None,
) -> None:
    """Make one leaderboard of a cohort: from the files that learners hand over, or from what `dcai grade` found."""
    from graders import leaderboards
    from graders.cohort import ReportError
    from graders.store import secret_of

    try:
        if not files:
            table = leaderboards.judged(course, pseudonyms=pseudonyms)
            if out:
                table.to_csv(out, index_label="learner")
            typer.echo(table.round(3).to_string())
            return
        if out and out.resolve() in {path.resolve() for path in files}:
            raise ValueError(_("{out} is one of the files to merge and would be lost: name another for --out").format(out=out))
        rows, problems = leaderboards.merged(files, secret_of(course) if pseudonyms else None)
        if out:
            leaderboards.write(out, rows)
    except (OSError, ValueError, ReportError) as error:
        raise fail(error, 2) from error
    for row in rows:
        numbers = f"{row['score']:.3f}  [{row['low']:.3f}, {row['high']:.3f}]"
        typer.echo(f"{row['task']:<12} {numbers}  {plain(row['name'])}  {plain(row['note'])}")
    for problem in problems:
        console.print("! " + plain(problem), style="yellow", markup=False, highlight=False, soft_wrap=True)


@app.command(epilog="dcai demo ch03_collection --learners 8 --out build/demo3")
def demo(
    assignment: Annotated[str, typer.Argument()] = "ch05_cleansing",
    out: Annotated[Path, typer.Option(help=_("a folder for the demo course; made anew"))] = Path("build/demo"),
    learners: Annotated[int, typer.Option(min=4, help=_("size of the cohort"))] = 24,
    jobs: Annotated[int, typer.Option(min=1)] = 2,
) -> None:
    """Make a cohort of synthetic learners, judge it, record it, write feedback, and compare with what was due."""
    from graders.demo import run

    try:
        outcome = run(out, learners, jobs, console, assignment)
    except KeyError as error:
        raise fail(error.args[0], 2) from error
    except (OSError, ValueError) as error:
        raise fail(error, 2) from error
    if outcome.differences:
        raise fail(_("{n} scores differ from what was due").format(n=len(outcome.differences)))


@app.command(epilog="dcai normalize --check chapters labs/source")
def normalize(
    paths: Annotated[list[Path] | None, typer.Argument(help=_("notebooks or folders"))] = None,
    check: Annotated[bool, typer.Option("--check", help=_("change nothing; exit 1 where something would change"))] = False,
) -> None:
    """Bring notebooks into the stored form: readable cell ids, no volatile metadata."""
    from graders.workbook.normalize import normalize_file, problems

    changed, left = [], []
    for path in notebooks(paths):
        try:
            if normalize_file(path, check=check):
                changed.append(path)
            left += problems(path)
        except ValueError as error:
            raise fail(error) from error
    for line in [*changed, *left]:
        typer.echo(line)
    if left or (check and changed):
        raise typer.Exit(1)


@app.command(epilog="dcai translate chapters/05_cleansing/5_2_iaa.ipynb --accept kappa-by-hand")
def translate(
    paths: Annotated[list[Path] | None, typer.Argument(help=_("notebooks or folders"))] = None,
    accept: Annotated[list[str] | None, typer.Option(help=_("cell whose Korean text fits the changed English"))] = None,
    sync: Annotated[bool, typer.Option("--sync", help=_("write blocks for cells that have none"))] = False,
) -> None:
    """List missing, stale and extra Korean blocks; exit 1 where there are any."""
    from graders.workbook import translate as texts

    found = []
    for path in notebooks(paths):
        try:
            if sync:
                texts.sync(path)
            if accept:
                texts.accept(path, accept)
            found += texts.problems(path)
        except ValueError as error:
            raise fail(error, 2) from error
    for problem in found:
        typer.echo(problem)
    if found:
        raise typer.Exit(1)


def notebooks(paths: list[Path] | None) -> list[Path]:
    """The notebooks under ``paths`` (default: chapters and labs/source), sorted. Ends the command for a path that is not there."""
    found: list[Path] = []
    for path in paths or [Path("chapters"), Path("labs/source")]:
        if not path.exists():
            raise fail(_("{path} does not exist").format(path=path), 2)
        found += [path] if path.is_file() else sorted(path.rglob("*.ipynb"))
    return [p for p in found if ".ipynb_checkpoints" not in p.parts]


def main() -> None:
    """Entry point of the command ``dcai``. Ends the process at once: Python would take a second to take PyTorch down."""
    try:
        learners.main()
    except SystemExit as left:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(left.code if isinstance(left.code, int) else int(left.code is not None))


if __name__ == "__main__":
    main()
