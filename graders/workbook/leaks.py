"""Does a built workbook give anything away? Search it for solutions, references, rubrics, hidden cases and ``graders``."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import nbformat

from datacentric_helpers import wire
from datacentric_helpers.i18n import gettext as _
from graders.workbook.course import Course
from graders.workbook.notebooks import is_solution, read_notebook

__all__ = ["leaks"]

MARKS = ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN TESTS", "END HIDDEN TESTS", "BEGIN MARK SCHEME", "END MARK SCHEME")
KINDS = "(?:SOLUTION|HIDDEN TESTS|MARK SCHEME)"
REGION = re.compile(rf"BEGIN {KINDS}[^\n]*\n((?:(?!END {KINDS})[^\n]*\n)*?)[^\n]*END {KINDS}")
IMPORT = re.compile(r"(?:^|[;:(])[ \t]*(?:from|import)[ \t]+graders\b|(?:import_module|__import__)\([ \t]*[\"']graders\b", re.M)
NEVER = ("graders", "submitted", "autograded", "verdicts", "source", "nbgrader_config.py", "gradebook.db")
MIN_SECRET = 30  # characters, spaces not counted: less is in every notebook


def leaks(folder: Path, course: Course | None = None) -> list[str]:
    """What the files under ``folder`` give away that only instructors may see; each with its file. Empty: nothing.

    Raises FileNotFoundError where there is no workbook to search.
    """
    if not folder.is_dir():
        raise FileNotFoundError(_("there is no workbook at {folder}; run: dcai build").format(folder=folder))
    secrets = dict(_secrets(course or Course()))
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder)
        if set(name.parts) & set(NEVER) or name.name.endswith(".ko.md"):
            found.append(_("{path}: such a file never ships").format(path=name))
        if path.suffix == ".msgpack":
            found += [f"{name}: {problem}" for problem in _hidden_cases(path)]
        else:
            found += [f"{name}: {problem}" for problem in _in_text(path, secrets)]
    return found


def _in_text(path: Path, secrets: dict[str, str]) -> Iterator[str]:
    text = _text(path)
    for mark in MARKS:
        if mark in text:
            yield _("contains {mark!r}").format(mark=mark)
    if IMPORT.search(text):
        yield _("imports graders")
    squeezed = _squeeze(text)
    for secret, origin in secrets.items():
        if secret in squeezed:
            yield _("gives away {origin}").format(origin=origin)


def _text(path: Path) -> str:
    """Everything readable in the file: a notebook's sources, outputs and metadata, any other file as text."""
    if path.suffix == ".ipynb":
        return "\n".join(_strings(read_notebook(path)))
    return path.read_bytes().decode("utf-8", "replace")


def _strings(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            if not str(key).startswith("image/"):
                yield from _strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from _strings(value)


def _squeeze(text: str) -> str:
    """``text`` without comments and spaces, so that indentation and line breaks hide nothing."""
    return re.sub(r"\s+", "", re.sub(r"(?m)(?:^|\s)#\s.*$", "", text))


def _secrets(course: Course) -> Iterator[tuple[str, str]]:
    """What must not be found, squeezed, and where it comes from."""
    for assignment in course.assignments:
        path = course.source / assignment / f"{assignment}.ipynb"
        for cell in read_notebook(path).cells:
            origin = _("the instructor's text of cell {cell} in {path}").format(cell=cell.get("id"), path=path.name)
            yield from ((_squeeze(part), origin) for part in _cell_secrets(cell) if len(_squeeze(part)) >= MIN_SECRET)
    for path in sorted((course.root / "graders" / "exercises").glob("*/*.py")):
        for name, body in _functions(path):
            yield _squeeze(body), _("{function} of graders/exercises/{path}").format(
                function=name, path=path.relative_to(path.parents[1]).as_posix())


def _cell_secrets(cell: nbformat.NotebookNode) -> list[str]:
    """Solution, hidden-test and mark-scheme regions; the whole of an answer without regions, a paragraph at a time."""
    regions = REGION.findall(cell.source)
    if regions or not is_solution(cell):
        return [textwrap.dedent(region) for region in regions]
    return re.split(r"\n\s*\n", cell.source) if cell.cell_type == "markdown" else [cell.source]


def _functions(path: Path) -> Iterator[tuple[str, str]]:
    """Name and body, as written, of the references and right answers in the file: of two statements or more."""
    source = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef):
            continue
        right = any(isinstance(d, ast.Attribute) and d.attr == "right" for d in node.decorator_list)
        body = [s for s in node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
        if (right or node.name == "reference") and (len(body) > 1 or (body and body[0].lineno != body[0].end_lineno)):
            lines = source.splitlines()[body[0].lineno - 1 : body[-1].end_lineno]
            yield node.name, textwrap.dedent("\n".join(lines))


def _hidden_cases(path: Path) -> Iterator[str]:
    try:
        content = wire.decode(path.read_bytes())
        cases = [case for exercise in content.values() for case in exercise["cases"]]
        hidden = sum(1 for case in cases if case["hidden"] is not False)
    except (wire.WireError, KeyError, TypeError, AttributeError) as error:
        yield _("cannot be read as cases: {error}").format(error=error)
        return
    if hidden:
        yield _("holds {n} hidden cases").format(n=hidden)
