"""From verdicts into nbgrader: its own autograde, with two parts replaced.

- ``AssemblingExporter`` reads a submission through ``submissions.assemble``, so that a broken file is no crash, and what is
  autograded is always the instructor's frame with the learner's solutions. The submitted file itself is never touched.
- ``RecordVerdict`` stands in the place of ``nbgrader.preprocessors.Execute``: it looks the verdict up (or judges, where there
  is none yet: stock ``nbgrader autograde``, formgrader's button) and writes the judge's report and points into the check cells.

From there on everything is nbgrader's: gradebook, late penalties, formgrader, feedback, export.
"""

from __future__ import annotations

import html
import json
import logging
import os
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import bleach  # type: ignore[import-untyped]
import nbformat
from bs4 import BeautifulSoup
from nbconvert.exporters import NotebookExporter
from nbconvert.filters import strip_files_prefix
from nbconvert.filters.markdown_mistune import markdown2html_mistune
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader import api
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import FileNameCollectorPlugin
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_locked, is_solution
from sqlalchemy import create_engine
from traitlets import Bool, Dict, Unicode
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from datacentric_helpers.i18n import gettext as _
from graders.job import LOADER, Job, load_source
from graders.judge import Limits, Verdict
from graders.store import VerdictStore, secret_of
from graders.submissions import read_submission

__all__ = [
    "AUTOGRADE_PREPROCESSORS", "AssemblingExporter", "PackCollector", "RecordVerdict", "Recorder", "course_directory", "harmless",
    "write_outputs",
]

AUTOGRADE_PREPROCESSORS = [
    "graders.record.RecordVerdict",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
]
MARKUP = re.compile(r"<\s*[a-zA-Z/!?]")
TAGS = {"br", "del", "details", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "p", "pre", "span", "sub", "summary", "sup"} | {
    "table", "tbody", "td", "th", "thead", "tr"
}
ATTRIBUTES = {"a": ["href", "title"], "img": ["alt", "height", "src", "width"], "td": ["colspan", "rowspan"], "th": ["colspan", "rowspan"]}
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")
SCHEMES = ("http:", "https:", "mailto:")
STAMP = re.compile(r"(\d{4}-\d\d-\d\d)-(\d\d)-(\d\d)-(\d\d)")


class AssemblingExporter(NotebookExporter):
    """Reads what was handed in, whatever it is, as the notebook to grade; reads an autograded notebook as it is."""

    def from_filename(self, filename: str, resources: Any = None, **kwargs: Any) -> Any:
        """Convert ``filename``, put into the instructor's frame where it is a submission."""
        converter: Any = self.parent
        if not converter._sanitizing:
            return super().from_filename(filename, resources=resources, **kwargs)
        names = resources["nbgrader"]
        job = getattr(converter, "job", None) or _job(
            converter.coursedir, names["assignment"], names["student"], Path(filename), Limits(), False, LOADER
        )
        convert: Any = self.from_notebook_node
        return convert(job.assembled().nb, resources=resources, **kwargs)


class RecordVerdict(NbGraderPreprocessor):  # type: ignore[misc]
    """Writes the judge's outputs into the cells. Fails closed: a check cell without a judgement gets an error, so no points."""

    loader = Unicode(LOADER, help="dotted name of the function that gives an assignment's exercises").tag(config=True)
    limits = Dict(help="fields of graders.judge.Limits that differ from the default").tag(config=True)
    no_sandbox = Bool(False, help="run learners' code unprotected; stated in every report").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Find or make the verdict of this submission, and write it into ``nb``."""
        names, coursedir = resources["nbgrader"], self.parent.parent.coursedir
        folder = coursedir.format_path(coursedir.submitted_directory, names["student"], names["assignment"])
        submitted = Path(folder) / f"{names['notebook']}.ipynb"
        job = getattr(self.parent.parent, "job", None) or _job(
            coursedir, names["assignment"], names["student"], submitted, Limits(**self.limits), self.no_sandbox, self.loader
        )
        _drop_links(submitted.parent, Path(coursedir.format_path(coursedir.autograded_directory, names["student"], names["assignment"])))
        store = VerdictStore(Path(coursedir.root))
        verdict = store.load(job.assignment, job.key)
        if verdict is None:
            verdict = job.judge()
            store.save(job.assignment, job.key, verdict)
        write_outputs(nb, verdict)
        nb.metadata["dcai"] = {"language": verdict.language, "verdict": job.key}
        return nb, resources


class PackCollector(FileNameCollectorPlugin):  # type: ignore[misc]
    """Reads the archive names of ``dcai pack``; nbgrader's own date parser takes 2026-03-02-18-00-00 for something else."""

    def collect(self, submitted_file: str) -> dict[str, str] | None:
        """Student, notebook and time of a file from its path."""
        found: dict[str, str] | None = super().collect(submitted_file)
        if found and found.get("timestamp"):
            found["timestamp"] = STAMP.sub(r"\1 \2:\3:\4 UTC", found["timestamp"])
        return found


def harmless(markdown: str) -> str:
    """``markdown`` without scripts and the like: formgrader and feedback pages show it in the instructor's browser.

    What would still run something when rendered (a link to ``javascript:``, a formula's ``\\href``), or cannot be rendered at all (a
    picture whose attachment is missing), is shown as it was written.

    >>> harmless("a < b, <b>bold</b> <script>alert(1)</script>")
    'a &lt; b, <b>bold</b> &lt;script&gt;alert(1)&lt;/script&gt;'
    >>> harmless("[x](javascript:alert(1))")
    '<pre>[x](javascript:alert(1))</pre>'
    """
    cleaned = markdown
    if MARKUP.search(markdown):
        cleaned = str(bleach.clean(markdown, tags=set(bleach.sanitizer.ALLOWED_TAGS) | TAGS, attributes=ATTRIBUTES))
    return cleaned if _renders_harmlessly(cleaned) else f"<pre>{html.escape(markdown)}</pre>"


def _renders_harmlessly(markdown: str) -> bool:
    if "\\href" in markdown:  # MathJax makes a link of it, to wherever
        return False
    try:
        page = BeautifulSoup(strip_files_prefix(markdown2html_mistune(markdown)), "html.parser")
    except Exception:  # nbconvert raises many kinds for what it cannot render, and would stop the page
        return False
    return all(_is_harmless(name, value) for tag in page(True) for name, value in tag.attrs.items())


def _is_harmless(name: str, value: object) -> bool:
    scheme = SCHEME.match("".join(c for c in str(value).lower() if c > " "))
    return not name.lower().startswith("on") and (name not in ("href", "src", "action", "srcdoc") or scheme is None or scheme[0] in SCHEMES)


def write_outputs(nb: NotebookNode, verdict: Verdict) -> None:
    """Put the verdict into the cells: reports and points under checks, the cleaned outputs under the others."""
    checks = {check.grade_id: check for check in verdict.checks}
    for cell in nb.cells:
        if cell.cell_type != "code":
            cell.source = harmless(cell.source)
            continue
        check = checks.get(cell.metadata.get("nbgrader", {}).get("grade_id"))
        cell.execution_count = None
        if is_grade(cell) and not is_solution(cell):
            if check is None:
                cell.outputs = [new_output("error", ename="NotJudged", evalue="this cell has no judgement", traceback=[])]
                continue
            warning = [_("NOT IN A SANDBOX: this notebook was run unprotected.") + "\n"] if verdict.sandbox == "none" else []
            points = {"text/plain": repr(float(check.points))}
            cell.outputs = [
                new_output("stream", name="stdout", text="".join([*warning, check.report])),
                new_output("execute_result", data=points, execution_count=None),
            ]
        else:
            cell.outputs = [nbformat.from_dict(output) for output in verdict.outputs.get(cell.id, [])]


def course_directory(
    course: Path, assignment: str, student: str = "*", loader: str = LOADER, limits: Limits | None = None, no_sandbox: bool = False
) -> CourseDirectory:
    """nbgrader's course directory with the course's own configuration, where it has one, and the judge in its place."""
    _tools_on_path()
    config = Config()
    if (course / "nbgrader_config.py").is_file():
        config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    config.merge(Config({
        "CourseDirectory": {"root": str(course.resolve()), "assignment_id": assignment, "student_id": student},
        "Autograde": {
            "sanitize_preprocessors": [], "autograde_preprocessors": AUTOGRADE_PREPROCESSORS,
            "exporter_class": "graders.record.AssemblingExporter",
        },
        "RecordVerdict": {"loader": loader, "limits": asdict(limits or Limits()), "no_sandbox": no_sandbox},
    }))
    return CourseDirectory(config=config)


class Recorder:
    """nbgrader's gradebook and autograde, opened once for a run: ``with Recorder(...) as recorder: recorder.record(...)``.

    Raises what nbgrader raises where it refuses the assignment.
    """

    def __init__(
        self, course: Path, assignment: str, nb: NotebookNode, loader: str = LOADER, limits: Limits | None = None, no_sandbox: bool = False
    ) -> None:
        self.assignment = assignment
        self._engines = ExitStack()
        self._engines.enter_context(_engines_kept())
        try:
            self.coursedir = course_directory(course, assignment, "*", loader, limits, no_sandbox)
            _prepare(self.coursedir, nb)
            self.converter = Autograde(coursedir=self.coursedir, config=self.coursedir.config)
            self.converter.force = True
        except BaseException:
            self._engines.close()
            raise

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_error: object) -> None:
        self._engines.close()

    def record(self, student: str, key: str, verdict: Verdict | None, known: bool = False, job: Job | None = None) -> None:
        """Write the verdict with ``key`` into gradebook and autograded notebook; without one, a score of 0.

        ``known``: it may stand there already. Raises what nbgrader and its database raise.
        """
        self.coursedir.student_id = student
        self.converter.job = job  # what was judged: the file may be another by now
        if verdict is None:
            _record_missing(self.coursedir, student)
        elif not (known and _is_recorded(self.coursedir, student, key, verdict)):
            with _quiet(self.converter):
                self.converter.start()


@contextmanager
def _engines_kept() -> Iterator[None]:
    """nbgrader opens its database anew for every look at it, which costs more than the look: let it find it open.

    One engine for each address, so that connections and compiled statements are kept; a connection that the server has closed
    meanwhile is replaced.
    """
    made: dict[str, Any] = {}

    def create(url: str, **settings: Any) -> Any:
        if url not in made:
            made[url] = create_engine(url, pool_pre_ping=True, **settings)
            made[url].dispose, made[url].really_dispose = (lambda: None), made[url].dispose
        return made[url]

    before, api.create_engine = api.create_engine, create
    try:
        yield
    finally:
        api.create_engine = before
        for engine in made.values():
            engine.really_dispose()


def _prepare(coursedir: CourseDirectory, nb: NotebookNode) -> None:
    """Let nbgrader know the assignment, and its check cells as they are now. Raises RuntimeError where it refuses."""
    assignment = coursedir.assignment_id
    with _quiet(), Gradebook(coursedir.db_url, coursedir.course_id) as gradebook, suppress(MissingEntry):
        if _cells_known(gradebook.find_notebook(assignment, assignment)) == _cells_due(nb):
            return
    converter = GenerateAssignment(coursedir=coursedir, config=coursedir.config)
    converter.force = True
    with _quiet(converter):
        converter.start()


def _cells_due(nb: NotebookNode) -> tuple[dict[str, Any], ...]:
    """What nbgrader's SaveCells keeps: each kind of cell by its id. nbgrader commits them one by one, and so may have kept a part."""
    ours = {cell.metadata["nbgrader"]["grade_id"]: cell for cell in nb.cells if "nbgrader" in cell.metadata}
    graded = {name: float(cell.metadata["nbgrader"]["points"]) for name, cell in ours.items() if is_grade(cell)}
    solved = {name: True for name, cell in ours.items() if is_solution(cell)}
    locked = {name: cell.source for name, cell in ours.items() if is_locked(cell)}
    return graded, solved, locked


def _cells_known(notebook: Any) -> tuple[dict[str, Any], ...]:
    graded = {cell.name: cell.max_score for cell in notebook.grade_cells}
    solved = {cell.name: True for cell in notebook.solution_cells if cell.name in {source.name for source in notebook.source_cells}}
    return graded, solved, {cell.name: cell.source for cell in notebook.source_cells if cell.locked}


def _is_recorded(coursedir: CourseDirectory, student: str, key: str, verdict: Verdict) -> bool:
    """True where gradebook and autograded notebook already hold exactly this verdict."""
    assignment = coursedir.assignment_id
    path = Path(coursedir.format_path(coursedir.autograded_directory, student, assignment)) / f"{assignment}.ipynb"
    try:
        if json.loads(path.read_bytes())["metadata"]["dcai"]["verdict"] != key:
            return False
        with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
            grades = gradebook.find_submission_notebook(assignment, assignment, student).grades
            scores = {grade.name: grade.auto_score for grade in grades}
    except (OSError, ValueError, KeyError, TypeError, MissingEntry):
        return False
    return all(scores.get(check.grade_id) == check.points for check in verdict.checks)


def _record_missing(coursedir: CourseDirectory, student: str) -> None:
    """A row with score 0 for a learner whose folder holds no notebook of the assignment."""
    assignment = coursedir.assignment_id
    folder = coursedir.format_path(coursedir.submitted_directory, student, assignment)
    with _quiet(), Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        gradebook.update_or_create_student(student)
        stamp = coursedir.get_existing_timestamp(folder)
        gradebook.update_or_create_submission(assignment, student, **({"timestamp": stamp} if stamp else {}))
        for grade in gradebook.find_submission_notebook(assignment, assignment, student).grades:
            grade.auto_score, grade.needs_manual_grade = 0, False
        gradebook.db.commit()


def _job(coursedir: CourseDirectory, assignment: str, student: str, submitted: Path, limits: Limits, no_sandbox: bool, loader: str) -> Job:
    root = Path(coursedir.root)
    source = Path(coursedir.format_path(coursedir.source_directory, ".", assignment)) / f"{assignment}.ipynb"
    return Job(assignment, student, load_source(source), read_submission(submitted), secret_of(root), limits, no_sandbox, loader)


def _drop_links(submitted: Path, autograded: Path) -> None:
    """Take back what nbgrader has copied through links: a learner's link may lead to the gradebook's secret."""
    for path in submitted.rglob("*"):
        if path.is_symlink() or (path.is_file() and path.stat().st_nlink > 1):
            copied = autograded / path.relative_to(submitted)
            copied.unlink(missing_ok=True)


def _tools_on_path() -> None:
    """nbgrader starts ``alembic`` by name: let it be found where this Python's programs are, activated or not."""
    folder, path = str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)
    if folder not in path.split(os.pathsep):
        os.environ["PATH"] = folder + os.pathsep + path


@contextmanager
def _quiet(converter: Any = None) -> Iterator[None]:
    """nbgrader without its progress and SQLAlchemy's remarks on it; and the working folder as it was."""
    log = logging.getLogger("graders.record.nbgrader")
    log.setLevel(logging.CRITICAL)
    if converter is not None:
        converter.log = log
    before = os.getcwd()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        os.chdir(before)
