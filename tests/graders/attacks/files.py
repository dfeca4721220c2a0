"""Attempts by what lies in the submitted folder: links, pipes, modules to be imported, stamps, copies of others' files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.graders.attacks.attack import WRONG, Attack

__all__ = ["ATTACKS"]

WRONG_CODE = {"double": WRONG}
EVIL = "import os, pathlib\npathlib.Path(os.environ['HOME'], 'dcai-evil').write_text('imported')\nraise SystemExit\n"
MODULES = ("json", "numpy", "alembic", "sqlite3", "nbformat", "bleach", "sitecustomize", "nbgrader_config", "conftest", "graders")


def _instead(make: Callable[[Path], object]) -> Callable[[Path], None]:
    """The notebook is replaced by what ``make(path)`` makes."""

    def place(folder: Path) -> None:
        path = folder / "tiny.ipynb"
        path.unlink()
        make(path)

    return place


def _source(folder: Path) -> Path:
    """The instructor's notebook, from a submitted folder."""
    return folder.parents[2] / "source" / "tiny" / "tiny.ipynb"


def _linked_folder(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.symlink_to("../ann/tiny")


def _linked_learner(folder: Path) -> None:
    shutil.rmtree(folder.parent)
    folder.parent.symlink_to("ann")


def _links_beside(folder: Path) -> None:
    for name, target in {"book.csv": "gradebook.db", "key.txt": "gradebook.db.secret", "answers.txt": "source/tiny/tiny.ipynb"}.items():
        (folder / name).symlink_to(Path("../../..") / target)
    (folder / "all").symlink_to("../../..")


def _modules(folder: Path) -> None:
    for name in MODULES:
        (folder / f"{name}.py").write_text(EVIL, encoding="utf-8")


def _stamp_pipe(folder: Path) -> None:
    os.mkfifo(folder / "timestamp.txt")


ATTACKS = [
    Attack("link to the reference", "The notebook is a symbolic link to the instructor's.", honest=0.0,
           place=_instead(lambda path: path.symlink_to("../../../source/tiny/tiny.ipynb"))),
    Attack("hard link to the reference", "The notebook is a hard link to the instructor's.", honest=0.0,
           place=_instead(lambda path: os.link(_source(path.parent), path))),
    Attack("link to another's work", "The notebook is a symbolic link to another learner's.", honest=0.0,
           place=_instead(lambda path: path.symlink_to("../../ann/tiny/tiny.ipynb"))),
    Attack("link to another's folder", "The submitted folder is a link to another learner's.", honest=0.0, place=_linked_folder),
    Attack("link to another learner", "The learner's folder is a link to another learner.", honest=0.0, place=_linked_learner),
    Attack("pipe", "The notebook is a pipe that nobody writes to.", honest=0.0, place=_instead(os.mkfifo)),
    Attack("folder as notebook", "The notebook is a folder.", honest=0.0, place=_instead(lambda path: path.mkdir())),
    Attack("huge file", "The notebook takes 40 GB (and no place on disk).", honest=0.0,
           place=_instead(lambda path: (path.touch(), os.truncate(path, 40 << 30)))),
    Attack("links beside the notebook", "Links to gradebook, secret and reference, to be copied into what is given back.", WRONG_CODE,
           place=_links_beside),
    Attack("modules beside the notebook", "Python modules and a configuration that the grader could import.", WRONG_CODE, place=_modules),
    Attack("loop of links", "A link to its own folder.", WRONG_CODE, place=lambda folder: (folder / "loop").symlink_to(".")),
    Attack("malformed time stamp", "A time stamp that is none.", WRONG_CODE,
           place=lambda folder: (folder / "timestamp.txt").write_text("\x1b[2J yesterday\0", encoding="utf-8") and None),
    Attack("time stamp that is a pipe", "A time stamp that keeps who reads it waiting.", WRONG_CODE, place=_stamp_pipe),
    Attack("escapes in file names", "File names with terminal escapes and markup instead of a notebook.", honest=0.0, place=_instead(
        lambda path: [(path.parent / name).touch() for name in ("\x1b[2J\x1b]0;pwned\x07.ipynb", "[bold][red].ipynb", "[link=file:x]y")])),
    Attack("name that is no text", "A file name that is not UTF-8 instead of a notebook.", honest=0.0, place=_instead(
        lambda path: Path(os.fsdecode(os.fsencode(path.parent) + b"/\xff\xfe.ipynb")).touch())),
    Attack("escapes in the learner's name", "A learner's name with terminal escapes.", WRONG_CODE, student="eve\x1b]0;pwned\x07\x9b2J"),
    Attack("markup in the learner's name", "A learner's name that is HTML.", WRONG_CODE, student="<img src=x onerror=window.pwned=1>"),
]
