"""``dcai`` for learners: open the workbook, see progress, pack a hand-in, look at the course's own web, find out what is missing."""

from __future__ import annotations

import json
import os
import sys
import time
import webbrowser
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from datacentric_helpers.i18n import gettext as _
from datacentric_helpers.workbook import MARKER

__all__ = ["app", "fail", "main"]

app = typer.Typer(
    name="dcai", no_args_is_help=True, add_completion=False, rich_markup_mode="rich",
    help=_("The data-centric AI workbook."), pretty_exceptions_enable=False,
)
console = Console()
errors = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help=_("print JSON for programs"))]


def fail(message: object, code: int = 1) -> typer.Exit:
    """Print ``message`` as an error; ``raise fail(...)`` ends the command with exit status ``code``."""
    errors.print(f"dcai: {message}", style="red", markup=False, highlight=False)
    return typer.Exit(code)


def find_workbook() -> Path:
    """The workbook to open: the working folder, or the edition in DCAI_LANG that the course's build made."""
    from datacentric_helpers.i18n import language

    for folder in (Path.cwd(), Path.cwd() / "build" / "workbook" / language()):
        if (folder / MARKER).is_file():
            return folder.resolve()
    message = _("there is no workbook here. In the course's repository run `dcai build` first; elsewhere go to the folder of {marker}")
    raise fail(message.format(marker=MARKER), 2)


@app.command(epilog="dcai lab --port 8890 --no-browser")
def lab(
    port: Annotated[int, typer.Option(help=_("first port to try"))] = 8888,
    browser: Annotated[bool, typer.Option(help=_("open the browser"))] = True,
) -> None:
    """Open the workbook in JupyterLab, on this computer only."""
    from datacentric_helpers import lab as server

    try:
        server.serve(find_workbook(), port, browser)
    except (OSError, ValueError) as error:
        raise fail(error) from error


@app.command(epilog="dcai progress ch05_cleansing")
def progress(assignment: str) -> None:
    """Show how far you are with the exercises of ASSIGNMENT."""
    from datacentric_helpers.progress import show_progress

    try:
        typer.echo(repr(show_progress(assignment)))
    except ValueError as error:
        raise fail(error, 2) from error


@app.command(epilog="dcai pack ch05_cleansing --student kim_minji")
def pack(
    assignment: str,
    student: Annotated[str, typer.Option(help=_("your student id, as the instructor knows it"))],
    out: Annotated[Path | None, typer.Option(help=_("folder for the zip"))] = None,
) -> None:
    """Make the zip file that you hand in for ASSIGNMENT."""
    from datacentric_helpers.pack import pack as make
    from datacentric_helpers.pack import remarks

    try:
        path = make(assignment, student, out=out)
        notes = remarks(assignment)
    except (OSError, ValueError) as error:
        raise fail(error, 2) from error
    for note in notes:
        console.print("! " + note, style="yellow", markup=False, highlight=False, soft_wrap=True)
    console.print(_("Hand in this file: {path}").format(path=path), markup=False, highlight=False, soft_wrap=True)


board = typer.Typer(invoke_without_command=True)
app.add_typer(board, name="leaderboard", epilog="dcai leaderboard --task selection")


@board.callback()
def leaderboard(
    context: typer.Context,
    task: Annotated[str, typer.Option(help=_("only this task of the DataPerf track"))] = "",
) -> None:
    """Show your attempts at the DataPerf tasks beside random choice, the obvious heuristic and the reference."""
    if context.invoked_subcommand is not None:
        return
    from datacentric_helpers.dataperf import TASKS
    from datacentric_helpers.leaderboard import leaderboard as show

    try:
        boards = [repr(show(name)) for name in ([task] if task else TASKS)]
    except (OSError, ValueError) as error:
        raise fail(error, 2) from error
    typer.echo("\n\n".join(boards))


@app.command(epilog="dcai web gallery --seed 3")
def web(
    site: Annotated[str, typer.Argument(help=_("which site: full, gallery, licences, robots, faults or traps"))] = "full",
    seed: Annotated[int, typer.Option(help=_("the seed that the site is drawn from"))] = 0,
    port: Annotated[int, typer.Option(help=_("port on 127.0.0.1; 0 takes a free one"))] = 0,
    browser: Annotated[bool, typer.Option(help=_("open the browser"))] = True,
) -> None:
    """Serve the course's own small web on this computer, to look at; each request is shown. Ctrl+C ends it."""
    from datacentric_helpers.web import serve

    try:
        opened = serve(site, seed=seed, port=port)
    except (OSError, ValueError) as error:
        raise fail(error, 2) from error
    with opened:
        console.print(_("{address} (Ctrl+C ends it)").format(address=opened.browser_address), markup=False, highlight=False, soft_wrap=True)
        if browser:
            webbrowser.open(opened.browser_address)
        _follow(opened.log)


def _follow(log: list[dict[str, Any]]) -> None:
    """Print the entries of ``log`` as they come, until Ctrl+C."""
    shown = 0
    try:
        while True:
            for entry in log[shown:]:
                shown += 1
                line = f"{entry['at']:9.2f} s  {entry['status']}  {entry['method']} http://{entry['host']}{entry['path']}"
                console.print(line, markup=False, highlight=False, soft_wrap=True)
            time.sleep(0.2)
    except KeyboardInterrupt:
        return


@app.command(epilog="dcai doctor --json")
def doctor(as_json: Json = False) -> None:
    """Check Python, packages, fonts, sandbox, GPU and disk, and say how to get what is missing."""
    from datacentric_helpers.doctor import examine

    findings = examine()
    if as_json:
        typer.echo(json.dumps([vars(f) for f in findings], ensure_ascii=False, indent=1))
    else:
        table = Table(box=None, pad_edge=False)
        for column in ("", _("what"), _("found"), _("how to get it")):
            table.add_column(column, overflow="fold")
        marks = {"ok": "[green]✓[/]", "missing": "[red]✗[/]", "optional": "[yellow]–[/]"}
        for f in findings:
            table.add_row(marks[f.state], f.name, f.detail, f.remedy)
        console.print(table)
    if any(f.state == "missing" for f in findings):
        raise typer.Exit(1)


def main() -> None:
    """Entry point of the command ``dcai``."""
    # nbgrader runs `alembic` by name: it must be found though the environment is not activated
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    app()
