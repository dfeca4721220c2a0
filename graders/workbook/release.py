"""What a learner gets, as one folder a language: chapters, labs without solutions, helpers, data, and how to start.

nbgrader itself makes the labs' release version, in a scratch copy of the course, so that no gradebook is touched.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import warnings
from pathlib import Path

import nbformat

from datacentric_helpers.i18n import gettext as _
from datacentric_helpers.pack import ANSWER_STUBS, CODE_STUB
from graders.workbook.course import LEARNER, Course
from graders.workbook.files import tree
from graders.workbook.marker import write_marker
from graders.workbook.normalize import normalize_notebook
from graders.workbook.notebooks import dumps, is_solution, read_notebook
from graders.workbook.translate import beside, parse, problems, translated

__all__ = ["release_labs", "write_edition"]


def write_edition(course: Course, language: str, labs: Path, cases: Path, out: Path) -> list[str]:
    """Write the edition in ``language`` into the empty folder ``out``; ``labs`` has the released labs, ``cases`` the public cases.

    Returns what a maintainer should know: texts that are not, or no longer, translated (English stands in for them).
    """
    notices = []
    for path in tree(course.chapters):
        if not path.name.endswith(".ko.md"):
            notices += _write(path, path, out / "chapters" / path.relative_to(course.chapters), language)
    for path in tree(labs) if labs.is_dir() else ():
        notices += _write(path, course.source / path.relative_to(labs), out / "labs" / path.relative_to(labs), language)
    for folder in (course.helpers, course.root / "data"):
        for path in tree(folder) if folder.is_dir() else ():
            if course.helpers / "cases" not in path.parents:
                _copy(path, out / path.relative_to(course.root))
    for path in tree(cases):
        _copy(path, out / "datacentric_helpers" / "cases" / path.name)
    for path in course.root_files():
        _copy(path, out / path.name)
    for name in ("Makefile", "pyproject.toml"):
        _copy(LEARNER / name, out / name)
    _copy(LEARNER / ("README.ko.md" if language == "ko" else "README.md"), out / "README.md")
    write_marker(out, language)
    return notices


def release_labs(course: Course, out: Path) -> None:
    """Write each assignment's release version into ``out``, by nbgrader's own converter.

    Raises ValueError, with what nbgrader said, for an assignment that it refuses.
    """
    with tempfile.TemporaryDirectory(prefix="dcai-release-") as name:
        scratch = Path(name).resolve()
        for assignment in course.assignments:
            shutil.copytree(course.source / assignment, scratch / "source" / assignment,
                            ignore=shutil.ignore_patterns("*.ko.md", ".ipynb_checkpoints", "__pycache__", "*.pyc", "*.tmp"))
            _generate(course, scratch, assignment)
        if course.assignments:
            shutil.copytree(scratch / "release", out, dirs_exist_ok=True)


def _generate(course: Course, scratch: Path, assignment: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbgrader's own use of deprecated interfaces
        from nbgrader.converters import GenerateAssignment
        from nbgrader.converters.base import NbGraderException
        from nbgrader.coursedir import CourseDirectory

        config = _config(course, scratch)
        said = _Said()
        converter = GenerateAssignment(coursedir=CourseDirectory(config=config, assignment_id=assignment), config=config)
        converter.log = logging.Logger("dcai.release")
        converter.log.addHandler(said)
        try:
            converter.start()
        except (NbGraderException, SystemExit) as error:
            reason = said.first or str(error)
            raise ValueError(_("nbgrader cannot make the release version of {assignment}: {reason}").format(
                assignment=course.source / assignment, reason=reason)) from error


class _Said(logging.Handler):
    """Keeps nbgrader's first complaint: it logs the reason and raises without it."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.first = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.first = self.first or record.getMessage().strip()


def _config(course: Course, scratch: Path) -> object:
    """The course's own nbgrader settings, but in ``scratch`` and without a gradebook."""
    from traitlets.config import Config
    from traitlets.config.loader import PyFileConfigLoader

    config, path = Config(), course.root / "labs" / "nbgrader_config.py"
    if path.is_file():
        config.merge(PyFileConfigLoader(path.name, path=str(path.parent)).load_config())
    config.ClearSolutions.code_stub = {"python": CODE_STUB}
    config.ClearSolutions.text_stub = ANSWER_STUBS["en"]
    config.CourseDirectory.update({
        "root": str(scratch), "source_directory": "source", "release_directory": "release",
        "directory_structure": str(Path("{nbgrader_step}", "{student_id}", "{assignment_id}")),
    })
    config.SaveCells.enabled = False
    config.GenerateAssignment.no_database = True
    return config


def _write(path: Path, source: Path, target: Path, language: str) -> list[str]:
    """Write one file of a chapter or lab; a notebook in the edition's language. ``source`` has the Korean beside it."""
    if path.suffix != ".ipynb":
        _copy(path, target)
        return []
    nb, notices = normalize_notebook(read_notebook(path)), []
    if language == "ko":
        notices = problems(source)
        if beside(source).is_file():
            nb = translated(nb, parse(beside(source)))
    for cell in nb.cells:
        if cell.cell_type == "markdown" and is_solution(cell):
            cell.source = cell.source.replace(ANSWER_STUBS["en"], ANSWER_STUBS[language])
        _sign(cell)
    nb.metadata["dcai"] = {**nb.metadata.get("dcai", {}), "language": language}
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(dumps(nb), encoding="utf-8")
    return notices


def _sign(cell: nbformat.NotebookNode) -> None:
    """nbgrader's checksum says what the learner was given: sign the edition's text, not the English one."""
    if "checksum" in cell.metadata.get("nbgrader", {}):
        from nbgrader.utils import compute_checksum

        cell.metadata.nbgrader["checksum"] = compute_checksum(cell)


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target)
