"""The learner's workbook: complete, without secrets, and never laid over what a learner wrote."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
import time
import types
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from datacentric_helpers import wire
from datacentric_helpers.compare import close
from datacentric_helpers.pack import ANSWER_STUBS, CODE_STUB
from graders.cases import all_cases
from graders.exercise import Case, Exercise
from graders.workbook import build as builder
from graders.workbook.build import build
from graders.workbook.course import Course
from graders.workbook.lay import lay
from graders.workbook.leaks import leaks
from graders.workbook.marker import intact, write_marker
from graders.workbook.notebooks import read_notebook
from graders.workbook.release import release_labs
from graders.workbook.translate import beside, english_hash

SOLUTION = """def double(x):
    ### BEGIN SOLUTION
    twice = x + x  # why
    return twice if twice == 2 * x else None
    ### END SOLUTION"""
RUBRIC = "RUBRIC: full points for an answer that names the two annotators' bias."
BODY = "    total = sum(x for _repeat in range(2))\n    return total if total else 0 * x\n"
REFERENCE = f'"""Double."""\n\n\ndef reference(x):\n    """Why."""\n{BODY}'
EXERCISE = Exercise(
    id="double", title="Double", points=2, minutes=1, hints=("Multiply.",), compare=close(), reference=lambda x: 2 * x,
    public=(Case("doubles", (21,)),), hidden=lambda rng: [Case("doubles", (777,))],
)


def mark(name: str, **more: Any) -> dict[str, Any]:
    """nbgrader metadata of a solution cell, or as told."""
    return {"nbgrader": {"grade": False, "solution": True, "locked": False, "task": False, "schema_version": 3, "grade_id": name, **more}}


def lab() -> Any:
    """The instructor's version of the assignment ``tiny``."""
    check = mark("double-check", grade=True, solution=False, locked=True, points=2)
    return new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}, cells=[
        new_markdown_cell("# Doubling", id="intro"),
        new_code_cell(SOLUTION, id="double-solution", metadata=mark("double-solution")),
        new_code_cell('check("double", double)', id="double-check", metadata=check),
        new_markdown_cell(RUBRIC, id="why", metadata=mark("why", grade=True, points=1)),
    ])


def write(path: Path, content: Any) -> Path:
    """Write text, bytes or a notebook."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else nbformat.writes(content), encoding="utf-8")
    return path


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """A course of one chapter and one assignment, in both languages."""
    root = tmp_path / "course"
    chapter = new_notebook(cells=[new_markdown_cell("# Why", id="title"), new_code_cell("1 + 1", id="sum", execution_count=1)])
    for name, nb, cell, text in (("chapters/05/5_1", chapter, "title", "# 왜"), ("labs/source/tiny/tiny", lab(), "intro", "# 두 배")):
        path = write(root / f"{name}.ipynb", nb)
        write(beside(path), f"<!-- cell: {cell} en: {english_hash(nb.cells[0].source)} -->\n{text}\n")
    for name, text in {
        "chapters/05/picture.svg": "<svg/>", "datacentric_helpers/__init__.py": '"""Helpers."""\n', "data/small.csv": "a\n1\n",
        "datacentric_helpers/__pycache__/x.pyc": "x", "graders/exercises/tiny/__init__.py": '"""Tiny."""\n',
        "graders/exercises/tiny/double.py": REFERENCE, "LICENSE": "MIT\n", "environment.yml": "name: x\n", "requirements.lock": "numpy\n",
    }.items():
        write(root / name, text)
    module = types.ModuleType("graders.exercises.tiny")
    module.__dict__["EXERCISES"] = [EXERCISE]
    monkeypatch.setitem(sys.modules, "graders.exercises.tiny", module)
    return Course(root)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[Course, Path]:
    """A copy of the real course, and the folder where it was built, once."""
    root, here = tmp_path_factory.mktemp("real"), Course()
    parts = [here.chapters, here.source, here.helpers, here.root / "data", here.root / "graders" / "exercises"]
    for folder in parts:
        shutil.copytree(folder, root / folder.relative_to(here.root), ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    for path in [*here.root_files(), here.root / "labs" / "nbgrader_config.py"]:
        shutil.copyfile(path, root / path.relative_to(here.root))
    build(root / "build", course=Course(root))
    return Course(root), root / "build"


def names(folder: Path) -> set[str]:
    """The files under ``folder``."""
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


def test_an_edition_has_everything_and_nothing_else(course: Course, tmp_path: Path) -> None:
    folders = build(tmp_path / "out", course=course).folders
    assert names(folders["en"]) == names(folders["ko"]) == {
        "LICENSE", "Makefile", "README.md", "chapters/05/5_1.ipynb", "chapters/05/picture.svg", "data/small.csv",
        "datacentric_helpers/__init__.py", "datacentric_helpers/cases/tiny.msgpack", "environment.yml",
        "labs/tiny/tiny.ipynb", "pyproject.toml", "requirements.lock", "workbook.json",
    }


def test_the_labs_have_stubs_in_the_editions_language_and_locked_checks(course: Course, tmp_path: Path) -> None:
    folders = build(tmp_path / "out", course=course).folders
    en, ko = (read_notebook(folders[language] / "labs/tiny/tiny.ipynb") for language in ("en", "ko"))
    assert [c.source for c in en.cells] == ["# Doubling", f"def double(x):\n    {CODE_STUB}", 'check("double", double)', ANSWER_STUBS["en"]]
    assert [c.source for c in ko.cells] == ["# 두 배", en.cells[1].source, en.cells[2].source, ANSWER_STUBS["ko"]]
    assert en.cells[2].metadata["editable"] is False
    assert (en.metadata.dcai.language, ko.metadata.dcai.language) == ("en", "ko")


def test_nbgraders_checksums_fit_the_korean_cells(course: Course, tmp_path: Path) -> None:
    from nbgrader.utils import compute_checksum

    nb = read_notebook(build(tmp_path / "out", course=course).folders["ko"] / "labs/tiny/tiny.ipynb")
    signed = [c for c in nb.cells if "checksum" in c.metadata.get("nbgrader", {})]
    assert len(signed) == 3
    assert all(c.metadata.nbgrader.checksum == compute_checksum(c) for c in signed)


def test_workbook_json_says_language_version_and_files(course: Course, tmp_path: Path) -> None:
    folder = build(tmp_path / "out", course=course).folders["ko"]
    content = json.loads((folder / "workbook.json").read_text())
    assert content["language"] == "ko"
    assert len(content["version"]) == 12
    assert set(content["files"]) == names(folder) - {"workbook.json"}


def test_the_instructors_gradebook_and_sources_are_not_touched(course: Course, tmp_path: Path) -> None:
    before = names(course.root)
    build(tmp_path / "out", course=course)
    assert names(course.root) - before == {"datacentric_helpers/cases/tiny.msgpack"}


def test_zips_are_the_same_bytes_wherever_and_whenever_they_are_made(course: Course, tmp_path: Path) -> None:
    first, second = (build(tmp_path / name, course=course).zips for name in ("a", "b"))
    assert [p.name for p in first] == ["workbook-en.zip", "workbook-ko.zip"]
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
    with zipfile.ZipFile(first[0]) as archive:
        assert "workbook-en/labs/tiny/tiny.ipynb" in archive.namelist()
        assert {i.date_time[0] for i in archive.infolist()} == {1980}


def test_a_build_without_changes_is_fast_and_makes_nothing_anew(real: tuple[Course, Path]) -> None:
    course, out = real
    start = time.perf_counter()
    result = build(out, course=course)
    assert not result.rebuilt
    assert time.perf_counter() - start < 2


def test_a_changed_input_is_built(course: Course, tmp_path: Path) -> None:
    assert build(tmp_path / "out", course=course).rebuilt
    write(course.root / "data/small.csv", "a\n2\n")
    result = build(tmp_path / "out", course=course)
    assert result.rebuilt
    assert (result.folders["en"] / "data/small.csv").read_text() == "a\n2\n"
    assert len(list((tmp_path / "out/.release").iterdir())) == 1


def test_a_damaged_store_is_made_anew(course: Course, tmp_path: Path) -> None:
    build(tmp_path / "out", course=course)
    stored, = (tmp_path / "out/.release").glob("*/ko/README.md")
    stored.write_text("damaged")
    assert build(tmp_path / "out", course=course).rebuilt


def test_missing_public_cases_come_back(course: Course, tmp_path: Path) -> None:
    build(tmp_path / "out", course=course)
    path = course.helpers / "cases" / "tiny.msgpack"
    content = path.read_bytes()
    path.unlink()
    assert not build(tmp_path / "out", course=course).rebuilt
    assert path.read_bytes() == content


def test_what_is_not_translated_is_english_and_named(course: Course, tmp_path: Path) -> None:
    beside(course.chapters / "05/5_1.ipynb").unlink()
    result = build(tmp_path / "out", course=course)
    assert any("5_1.ko.md is missing" in notice for notice in result.notices)
    assert read_notebook(result.folders["ko"] / "chapters/05/5_1.ipynb").cells[0].source == "# Why"
    assert build(tmp_path / "out", course=course).notices == result.notices


def test_an_unknown_language_is_refused(course: Course, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="en, ko"):
        build(tmp_path / "out", languages=("en", "de"), course=course)


def test_a_missing_part_of_the_course_is_named(course: Course, tmp_path: Path) -> None:
    (course.root / "LICENSE").unlink()
    with pytest.raises(FileNotFoundError, match="LICENSE is missing"):
        build(tmp_path / "out", course=course)


def test_a_lab_that_nbgrader_refuses_is_named_with_its_reason(course: Course, tmp_path: Path) -> None:
    nb = lab()
    nb.cells[1].metadata.clear()
    write(course.source / "tiny/tiny.ipynb", nb)
    with pytest.raises(ValueError, match=r"(?s)source/tiny: .*solution cells"):
        build(tmp_path / "out", course=course)
    assert names(tmp_path / "out") == set()


def test_a_build_that_would_leak_writes_nothing(course: Course, tmp_path: Path) -> None:
    write(course.chapters / "05/notes.md", "### BEGIN SOLUTION")
    with pytest.raises(ValueError, match=r"chapters/05/notes\.md: contains 'BEGIN SOLUTION'"):
        build(tmp_path / "out", course=course)
    assert names(tmp_path / "out") == set()


def test_an_interrupted_build_is_simply_run_again(course: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(builder, "_zipped", interrupted)
        with pytest.raises(KeyboardInterrupt):
            build(tmp_path / "out", course=course)
    assert names(tmp_path / "out") == set()
    assert build(tmp_path / "out", course=course).rebuilt


# what a learner wrote


def notebook(*sources: str, output: str = "") -> bytes:
    """A notebook of code cells, the first with an output."""
    cells = [new_code_cell(s, id=f"cell-{n}") for n, s in enumerate(sources)]
    if output:
        cells[0].outputs, cells[0].execution_count = [nbformat.v4.new_output("stream", text=output)], 1
    return nbformat.writes(new_notebook(cells=cells)).encode()


Release = Callable[..., Path]


@pytest.fixture
def release(tmp_path: Path) -> Release:
    """Makes a release with this lab, and other files as told."""
    def make(data: bytes, **files: str) -> Path:
        folder = tmp_path / "release"
        shutil.rmtree(folder, ignore_errors=True)
        write(folder / "labs/a.ipynb", data)
        for name, text in files.items():
            write(folder / f"{name}.md", text)
        write_marker(folder, "en")
        assert intact(folder)
        return folder

    return make


@pytest.fixture
def book(tmp_path: Path, release: Release) -> Path:
    """A workbook with the first release."""
    assert lay(release(notebook("1"), README="one"), tmp_path / "book") == []
    return tmp_path / "book"


def test_an_untouched_file_is_replaced(book: Path, release: Release) -> None:
    assert lay(release(notebook("2"), README="two"), book) == []
    assert (book / "labs/a.ipynb").read_bytes() == notebook("2")
    assert names(book) == {"labs/a.ipynb", "README.md", "workbook.json"}


def test_a_notebook_that_was_only_run_is_replaced_too_but_not_without_need(book: Path, release: Release) -> None:
    write(book / "labs/a.ipynb", notebook("1", output="hers"))
    assert lay(release(notebook("1"), README="two"), book) == []
    assert (book / "labs/a.ipynb").read_bytes() == notebook("1", output="hers")
    assert lay(release(notebook("2")), book) == []
    assert (book / "labs/a.ipynb").read_bytes() == notebook("2")


def test_new_stored_outputs_reach_a_notebook_that_nobody_ran(book: Path, release: Release) -> None:
    assert lay(release(notebook("1", output="better")), book) == []
    assert (book / "labs/a.ipynb").read_bytes() == notebook("1", output="better")


def test_her_answer_stays_where_the_release_did_not_change(book: Path, release: Release) -> None:
    write(book / "labs/a.ipynb", notebook("her answer"))
    assert lay(release(notebook("1"), README="one"), book) == []
    assert names(book) == {"labs/a.ipynb", "README.md", "workbook.json"}
    assert (book / "labs/a.ipynb").read_bytes() == notebook("her answer")


def test_a_new_release_goes_beside_her_answer_once(book: Path, release: Release) -> None:
    write(book / "labs/a.ipynb", notebook("her answer"))
    notice, = lay(release(notebook("2"), README="one"), book)
    assert "a.new.ipynb" in notice
    assert (book / "labs/a.ipynb").read_bytes() == notebook("her answer")
    assert (book / "labs/a.new.ipynb").read_bytes() == notebook("2")
    assert lay(release(notebook("2"), README="one"), book) == []


def test_a_new_release_overwrites_no_earlier_one_beside_it(book: Path, release: Release) -> None:
    write(book / "labs/a.ipynb", notebook("her answer"))
    lay(release(notebook("2")), book)
    notice, = lay(release(notebook("3")), book)
    assert "a.new-2.ipynb" in notice
    assert (book / "labs/a.new.ipynb").read_bytes() == notebook("2")
    assert (book / "labs/a.new-2.ipynb").read_bytes() == notebook("3")


def test_after_an_interruption_the_copy_beside_is_not_made_twice(book: Path, release: Release) -> None:
    write(book / "labs/a.ipynb", notebook("her answer"))
    record = (book / "workbook.json").read_bytes()
    lay(release(notebook("2")), book)
    write(book / "workbook.json", record)
    assert len(lay(release(notebook("2")), book)) == 1
    assert not (book / "labs/a.new-2.ipynb").exists()


def test_her_version_of_a_text_file_stays_too(book: Path, release: Release) -> None:
    write(book / "README.md", "my notes")
    assert len(lay(release(notebook("1"), README="two"), book)) == 1
    assert ((book / "README.md").read_text(), (book / "README.new.md").read_text()) == ("my notes", "two")


def test_a_notebook_that_she_damaged_is_hers(book: Path, release: Release) -> None:
    write(book / "labs/a.ipynb", b'{"cells": [')
    assert len(lay(release(notebook("2")), book)) == 1
    assert (book / "labs/a.ipynb").read_bytes() == b'{"cells": ['


def test_her_own_files_and_progress_are_never_touched(book: Path, release: Release) -> None:
    mine = {"labs/mine.ipynb": notebook("x"), ".dcai/progress.json": b"{}", "b.md": b"mine"}
    for name, data in mine.items():
        write(book / name, data)
    notice, = lay(release(notebook("2"), b="release's"), book)
    assert "b.new.md" in notice
    assert {name: (book / name).read_bytes() for name in mine} == mine


def test_a_deleted_file_comes_back(book: Path, release: Release) -> None:
    (book / "labs/a.ipynb").unlink()
    assert lay(release(notebook("1"), README="one"), book) == []
    assert (book / "labs/a.ipynb").read_bytes() == notebook("1")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"files": 3}', '{"files": {"README.md": 3}}'])
def test_with_a_corrupted_record_every_file_that_differs_is_hers(book: Path, release: Release, content: str) -> None:
    write(book / "workbook.json", content)
    write(book / "labs/a.ipynb", notebook("her answer"))
    notices = lay(release(notebook("1"), README="two"), book)
    assert (book / "workbook.broken-1.json").read_text() == content
    assert len(notices) == 3
    assert ((book / "README.md").read_text(), (book / "README.new.md").read_text()) == ("one", "two")
    assert (book / "labs/a.ipynb").read_bytes() == notebook("her answer")


def test_without_a_record_nothing_is_overwritten(book: Path, release: Release) -> None:
    (book / "workbook.json").unlink()
    assert len(lay(release(notebook("2"), README="two"), book)) == 2
    assert (book / "labs/a.ipynb").read_bytes() == notebook("1")


def test_what_left_the_course_goes_if_unchanged_but_notebooks_stay(book: Path, release: Release, tmp_path: Path) -> None:
    outside = write(tmp_path / "outside.md", "keep")
    write(book / "mine.md", "mine")
    lay(release(notebook("1"), README="one", mine="release's", theirs="x"), book)
    marker = json.loads((book / "workbook.json").read_text())
    marker["files"]["../outside.md"] = "0" * 64
    write(book / "workbook.json", json.dumps(marker))
    folder = release(notebook("1"))
    (folder / "labs/a.ipynb").rename(folder / "labs/b.ipynb")
    write_marker(folder, "en")
    notice, = lay(folder, book)
    assert "labs/a.ipynb is no longer part" in notice
    assert names(book) == {"labs/a.ipynb", "labs/b.ipynb", "mine.md", "mine.new.md", "workbook.json"}
    assert outside.exists()


# leaks


def test_the_real_workbook_gives_nothing_away(real: tuple[Course, Path]) -> None:
    course, out = real
    assert course.assignments
    for language in ("en", "ko"):
        assert names(out / "workbook" / language) >= {f"labs/{a}/{a}.ipynb" for a in course.assignments}
        assert leaks(out / "workbook" / language, course) == []


def test_every_real_lab_has_a_stub_for_every_solution(real: tuple[Course, Path]) -> None:
    course, out = real
    for assignment in course.assignments:
        path = out / "workbook/en/labs" / assignment / f"{assignment}.ipynb"
        blank = [c for c in read_notebook(path).cells if c.metadata.get("nbgrader", {}).get("solution")]
        assert blank
        assert all((CODE_STUB if c.cell_type == "code" else ANSWER_STUBS["en"]) in c.source for c in blank)


def code(text: str) -> bytes:
    """A notebook with ``text`` in a code cell."""
    return notebook(text)


HIDDEN = wire.encode({"double": all_cases(EXERCISE, 0)})
PLANTED = {
    "solution marks": ("labs/x.ipynb", code("### BEGIN SOLUTION\n1")),
    "solution": ("chapters/x.ipynb", code("def double(y):\n  twice = x + x\n  return twice if twice == 2 * x else None")),
    "solution in an output": ("chapters/x.ipynb", notebook("1", output=SOLUTION.replace("#", ""))),
    "hidden test marks": ("labs/x.md", b"### BEGIN HIDDEN TESTS"),
    "reference": ("datacentric_helpers/x.py", f"class A:\n    def f(x):\n{textwrap.indent(BODY, '    ')}".encode()),
    "rubric": ("labs/x.md", RUBRIC.encode()),
    "import": ("datacentric_helpers/x.py", b"import os\nfrom graders.cases import ship\n"),
    "import in a function": ("labs/x.ipynb", code("def f():\n    import graders")),
    "import by name": ("datacentric_helpers/x.py", b'import_module("graders.cases")'),
    "hidden cases": ("datacentric_helpers/cases/x.msgpack", HIDDEN),
    "cases that cannot be read": ("datacentric_helpers/cases/x.msgpack", b"\xc1"),
    "gradebook": ("labs/gradebook.db", b""),
    "source folder": ("labs/source/a.txt", b""),
    "the package": ("graders/a.txt", b""),
    "Korean source": ("chapters/x.ko.md", b""),
}


@pytest.fixture
def clean(course: Course, tmp_path: Path) -> Path:
    """A built edition of the small course."""
    return build(tmp_path / "out", course=course).folders["en"]


def test_the_detector_finds_every_planted_leak_and_nothing_else(course: Course, clean: Path) -> None:
    assert leaks(clean, course) == []
    for what, (name, data) in PLANTED.items():
        path = write(clean / name, data)
        found = leaks(clean, course)
        assert found, what
        assert all(line.startswith(name) for line in found), what
        path.unlink()


def test_the_detector_refuses_to_search_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no workbook"):
        leaks(tmp_path / "nowhere")


def test_hidden_cases_differ_from_public_ones_in_the_shipped_file(clean: Path) -> None:
    shipped = wire.decode((clean / "datacentric_helpers/cases/tiny.msgpack").read_bytes())
    assert [case["args"] for case in shipped["double"]["cases"]] == [[21]]
    assert len(all_cases(EXERCISE, 0)["cases"]) == len(list(EXERCISE.hidden(np.random.default_rng(0)))) + 1


def test_the_labs_of_a_course_without_labs_are_none(tmp_path: Path) -> None:
    release_labs(Course(tmp_path), tmp_path / "labs")
    assert not (tmp_path / "labs").exists()
