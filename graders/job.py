"""One submission to judge: what a verdict depends on, and how to come to it. Plain data, so it can go to another process."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cache, lru_cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

import datacentric_helpers
import graders
from graders.exercise import Exercise
from graders.judge.limits import Limits
from graders.judge.session import judge_notebook, speaking
from graders.judge.verdict import Verdict
from graders.store import fingerprint, seed
from graders.submissions import Assembled, assemble

__all__ = ["LOADER", "Job", "load_source", "modules_of", "parse_source"]

LOADER = "graders.cases.load_exercises"


@dataclass(frozen=True)
class Job:
    """``source``: the instructor's notebook, as the bytes of its file. ``submitted``: what was handed in. ``secret``: seeds the
    hidden cases. ``loader``: the function, by its dotted name, that gives an assignment's exercises."""

    assignment: str
    student: str
    source: bytes = field(repr=False)
    submitted: bytes = field(repr=False)
    secret: bytes = field(repr=False)
    limits: Limits = field(default_factory=Limits)
    no_sandbox: bool = False
    loader: str = LOADER

    @property
    def key(self) -> str:
        """A hash over everything that the verdict depends on."""
        version = assignment_version(self.source, self.assignment, self.loader)
        run = json.dumps([asdict(self.limits), self.no_sandbox])
        return fingerprint(self.submitted, version, self.student, run, fingerprint(self.secret))

    def assembled(self, language: str | None = None) -> Assembled:
        """The submission in the instructor's frame, problems in ``language`` (default: the learner's own)."""
        source = parse_source(self.source)
        learners = assemble(source, self.submitted).language
        with speaking(language or learners):
            return assemble(source, self.submitted)

    def judge(self, cancelled: Callable[[], bool] = lambda: False, warm: Path | None = None) -> Verdict:
        """Judge the submission, in a kernel forked from the warm process ``warm`` where one is given.

        Raises what ``session.judge_notebook`` raises.
        """
        made = self.assembled()
        return judge_notebook(
            made.nb, exercises_of(self.loader, self.assignment),
            lambda exercise: seed(self.secret, self.assignment, self.student, exercise), self.limits,
            language=made.language, problems=made.problems, no_sandbox=self.no_sandbox, cancelled=cancelled, warm=warm,
        )


def load_source(path: Path) -> bytes:
    """The file of the instructor's notebook. Raises FileNotFoundError with what to do where there is none."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist: the instructor's notebook of the assignment must stand there")
    return path.read_bytes()


@lru_cache(maxsize=4)
def parse_source(source: bytes) -> NotebookNode:
    """The instructor's notebook. Shared between jobs: not to be changed. Raises what nbformat raises for what is none."""
    notebook: NotebookNode = nbformat.reads(source.decode("utf-8"), as_version=4)
    return notebook


@lru_cache(maxsize=4)
def modules_of(source: bytes) -> tuple[str, ...]:
    """What the code cells of the instructor's notebook import, for the warm process: "module", or "module:name" for from-imports."""
    found = dict.fromkeys(("datacentric_helpers.checking", "datacentric_helpers.judge_client"))
    trees = [tree for cell in parse_source(source).cells if cell.cell_type == "code" and (tree := _parsed(cell.source)) is not None]
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Import):
            found |= dict.fromkeys(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= dict.fromkeys(f"{node.module}:{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute) and node.attr == "optim":
            found["torch._dynamo"] = None  # an optimizer's first step imports it, which takes longer than all the rest
    return tuple(found)


def _parsed(source: str) -> ast.Module | None:
    try:
        return ast.parse(source)
    except SyntaxError:
        return None  # magics and the like


@lru_cache(maxsize=16)
def exercises_of(loader: str, assignment: str) -> dict[str, Exercise]:
    """What ``loader`` (a dotted name) gives for ``assignment``."""
    module, _dot, name = loader.rpartition(".")
    found: dict[str, Exercise] = getattr(importlib.import_module(module), name)(assignment)
    return found


@lru_cache(maxsize=4)
def assignment_version(source: bytes, assignment: str, loader: str) -> str:
    """A hash over the instructor's notebook, the exercises' modules, and the code that judges."""
    modules = {inspect.getsourcefile(e.reference) or "" for e in exercises_of(loader, assignment).values()}
    own = Path(graders.__file__).parent
    folders = {Path(m).parent for m in modules} | {Path(datacentric_helpers.__file__).parent, own / "judge"}
    files = {path for folder in folders for path in folder.rglob("*.py")}
    files |= {own / name for name in ("cases.py", "job.py", "submissions.py")}
    return fingerprint(source, *(_content(path) for path in sorted(files)))


@cache
def _content(path: Path) -> bytes:
    """The module as it was at first sight: later edits do not change the code that this process has loaded."""
    return path.read_bytes()
