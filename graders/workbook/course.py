"""Where the parts of the course are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from datacentric_helpers.i18n import gettext as _
from graders.workbook.files import sha256, tree

__all__ = ["LEARNER", "Course"]

LEARNER = Path(__file__).parent / "learner"
ROOT_FILES = ("LICENSE", "environment.yml", "requirements.lock")


@dataclass(frozen=True)
class Course:
    """The course's repository; default: the one that this package is part of."""

    root: Path = field(default=Path(__file__).resolve().parents[2])

    @property
    def chapters(self) -> Path:
        """Theory notebooks."""
        return self.root / "chapters"

    @property
    def source(self) -> Path:
        """The assignments' instructor versions."""
        return self.root / "labs" / "source"

    @property
    def helpers(self) -> Path:
        """The package that ships to learners."""
        return self.root / "datacentric_helpers"

    @property
    def assignments(self) -> list[str]:
        """Names of the assignments that have a notebook."""
        return sorted(path.parent.name for path in self.source.glob("*/*.ipynb") if path.stem == path.parent.name)

    @property
    def exercises(self) -> list[str]:
        """Names of the assignments that have exercises."""
        return sorted(path.parent.name for path in (self.root / "graders" / "exercises").glob("*/__init__.py"))

    def root_files(self) -> list[Path]:
        """Files at the top that every workbook carries. Raises FileNotFoundError for one that is missing."""
        paths = [self.root / name for name in ROOT_FILES]
        for path in paths:
            if not path.is_file():
                raise FileNotFoundError(_("{path} is missing; every workbook carries it").format(path=path))
        return paths

    def inputs(self) -> Iterator[Path]:
        """Every file that the workbook is made from; public cases excepted, which are made on the way."""
        cases = self.helpers / "cases"
        for folder in (self.chapters, self.source, self.helpers, self.root / "graders", self.root / "data", LEARNER):
            if folder.is_dir():
                yield from (path for path in tree(folder) if cases not in path.parents)
        yield from (p for p in (self.root / "labs" / "nbgrader_config.py", *self.root_files()) if p.is_file())

    def state(self) -> str:
        """A hash of all inputs: the same workbook comes of the same state."""
        lines = [f"{os.path.relpath(path, self.root)} {sha256(path.read_bytes())}" for path in self.inputs()]
        return sha256("\n".join(lines).encode())[:16]
