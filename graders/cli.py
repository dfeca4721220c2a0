"""``dcai`` for instructors: the learner's commands, and build, grade, demo, normalize, translate beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from datacentric_helpers.cli import Json, app, console, fail, main
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
    jobs: Annotated[int, typer.Option(min=1, help=_("submissions judged at the same time"))] = 2,
    no_sandbox: Annotated[bool, typer.Option("--no-sandbox", help=_("run learners' code unprotected (stated in every report)"))] = False,
    as_json: Json = False,
) -> None:
    """Judge the submissions of ASSIGNMENT in the sandbox and record the scores in nbgrader's gradebook."""
    from graders.grade import GradeError, grade_assignment

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=as_json) as bar:
        task = bar.add_task(assignment, total=None)

        def tell(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        try:
            results = grade_assignment(assignment, course=course, students=student, jobs=jobs, no_sandbox=no_sandbox, progress=tell)
        except (GradeError, OSError, KeyError) as error:
            raise fail(error.args[0] if isinstance(error, KeyError) else error, 2) from error
    if as_json:
        typer.echo(json.dumps([r.as_dict() for r in results], ensure_ascii=False, indent=1))
        return
    table = Table(box=None, pad_edge=False)
    for name in (_("learner"), _("score"), _("of"), _("seconds"), _("remarks")):
        table.add_column(name, overflow="fold")
    for r in results:
        table.add_row(r.student, f"{r.score:g}", f"{r.max_score:g}", f"{r.seconds:.1f}", "; ".join(r.problems))
    console.print(table)
    console.print(_("Recorded in {path}. Feedback: `cd {course} && nbgrader generate_feedback {assignment}`").format(
        path=course / "gradebook.db", course=course, assignment=assignment), markup=False, highlight=False, soft_wrap=True)


@app.command(epilog="dcai demo --out build/demo")
def demo(
    out: Annotated[Path, typer.Option(help=_("a folder for the demo course; made anew"))] = Path("build/demo"),
    learners: Annotated[int, typer.Option(min=4, help=_("size of the cohort"))] = 24,
    jobs: Annotated[int, typer.Option(min=1)] = 2,
) -> None:
    """Make a cohort of synthetic learners, judge it, record it, write feedback, and compare with what was due."""
    from graders.demo import run

    outcome = run(out, learners, jobs, console)
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


if __name__ == "__main__":
    main()
