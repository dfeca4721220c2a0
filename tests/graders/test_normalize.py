"""Every notebook has one stored form, and getting there twice changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from graders.workbook.course import Course
from graders.workbook.normalize import id_problem, normalize_file, normalize_notebook, problems
from graders.workbook.notebooks import dumps, read_notebook

WIDGET = "application/vnd.jupyter.widget-view+json"
NOTEBOOKS = sorted(p for folder in (Course().chapters, Course().source) for p in folder.rglob("*.ipynb") if "checkpoint" not in str(p))


def ran(source: str, *outputs: Any, count: int = 7, **more: Any) -> Any:
    """A code cell that was run."""
    return new_code_cell(source, id=more.pop("id", "a-cell"), outputs=list(outputs), execution_count=count, **more)


def normal(*cells: Any, **more: Any) -> Any:
    """The normalised notebook of ``cells``."""
    return normalize_notebook(new_notebook(cells=list(cells)), **more)


def text_of(value: str) -> str:
    """What is stored of a printed ``value``."""
    outputs = normal(ran("x", new_output("stream", name="stdout", text=value))).cells[0].outputs
    return str(outputs[0].text)


@pytest.mark.parametrize("cell_id", ["3f2a91bc", "0c5a9f53-7a54-4d0e-9d4b-2a1f3c4d5e6f", "Intro", "a b", "", "-x", "12", "é", "a" * 65])
def test_random_and_unreadable_ids_are_refused(cell_id: str) -> None:
    assert id_problem(cell_id)


@pytest.mark.parametrize("cell_id", ["intro", "cohen-kappa-check", "unit-5-1", "facade", "defaced", "cohen_kappa", "2nd-try"])
def test_readable_ids_are_accepted(cell_id: str) -> None:
    assert id_problem(cell_id) is None


def test_a_random_id_becomes_the_cells_own_words() -> None:
    nb = normal(
        new_markdown_cell("## Cohen's κ by hand\n\nText", id="3f2a91bc"),
        new_code_cell("# why\ndef mean_of(a):\n    return 1", id="00000001"),
        new_markdown_cell("한국어", id="00000002"),
        new_markdown_cell("한국어", id="00000003"),
    )
    assert [c.id for c in nb.cells] == ["cohens-by-hand", "mean-of", "markdown-cell", "markdown-cell-2"]


def test_a_double_id_stays_with_its_first_cell() -> None:
    nb = new_notebook(cells=[new_markdown_cell(text, id=name) for text, name in (("# A", "intro"), ("# Intro", "x"), ("# B", "intro-2"))])
    nb.cells[1]["id"] = "intro"
    assert [c.id for c in normalize_notebook(nb).cells] == ["intro", "intro-3", "intro-2"]


def test_counts_run_from_one_and_cells_that_never_ran_have_none() -> None:
    shown = new_output("execute_result", {"text/plain": "1"}, execution_count=9)
    nb = normal(ran("1", shown), new_code_cell("2", id="b"), ran("3", id="c"))
    assert [c.execution_count for c in nb.cells] == [1, None, 2]
    assert nb.cells[0].outputs[0].execution_count == 1


@pytest.mark.parametrize(("came", "stored"), [
    ("<object at 0x7f3a2b>", "<object at 0x0>"),
    ("/tmp/ipykernel_123/456.py:3: UserWarning", "<cell>:3: UserWarning"),
    (r"C:\Temp\ipykernel_12\4.py:3", "<cell>:3"),
    ("  0%| | 0/9\r100%|█| 9/9 [00:01<00:00, 4.51it/s]\n", "100%|█| 9/9\n"),
    ("nothing volatile: 0x7f and [1:2]\n", "nothing volatile: 0x7f and [1:2]\n"),
])
def test_what_changes_from_run_to_run_is_not_stored(came: str, stored: str) -> None:
    assert text_of(came) == stored


def test_streams_in_pieces_are_stored_as_one() -> None:
    pieces = [new_output("stream", name="stdout", text=text) for text in ("a", "b\n")]
    assert [o.text for o in normal(ran("x", *pieces)).cells[0].outputs] == ["ab\n"]


def test_a_widget_leaves_its_text_but_no_model_number() -> None:
    shown = new_output("display_data", {WIDGET: {"model_id": "ab12"}, "text/plain": "IntSlider()"})
    only_widget = new_output("display_data", {WIDGET: {"model_id": "ab12"}})
    nb = normal(ran("x", shown, only_widget))
    assert [o.data for o in nb.cells[0].outputs] == [{"text/plain": "IntSlider()"}]


def test_volatile_metadata_go_and_meant_metadata_stay() -> None:
    mark = {"grade": False, "solution": True, "locked": False, "task": False, "schema_version": 3, "grade_id": "a-solution"}
    volatile = {"execution": {"iopub.execute_input": "2026"}, "collapsed": True, "scrolled": True, "jp-x": 1, "tags": []}
    nb = new_notebook(cells=[ran("x", metadata={**volatile, "nbgrader": mark, "jupyter": {"source_hidden": True, "x": 1}})])
    nb.metadata.update({"widgets": {"state": {}}, "dcai": {"language": "en"}, "kernelspec": {"name": "mine"}})
    result = normalize_notebook(nb)
    assert result.cells[0].metadata == {"nbgrader": mark, "jupyter": {"source_hidden": True}}
    assert set(result.metadata) == {"dcai", "kernelspec", "language_info"}
    assert result.metadata.kernelspec.name == "python3"


def test_an_assignment_keeps_no_outputs() -> None:
    cell = ran("x", new_output("stream", name="stdout", text="1"), metadata={"nbgrader": {"grade_id": "x"}})
    assert (normal(cell).cells[0].outputs, normal(cell).cells[0].execution_count) == ([], None)
    assert normal(cell, keep_outputs=True).cells[0].outputs


def test_normalising_leaves_its_argument_alone_and_twice_is_once() -> None:
    nb = new_notebook(cells=[ran("x", new_output("stream", name="stdout", text="a\r\nb at 0x1\n"), id="3f2a91bc")])
    before = dumps(nb)
    once = normalize_notebook(nb)
    assert dumps(nb) == before != dumps(once)
    assert dumps(normalize_notebook(once)) == dumps(once)


def test_the_file_is_stored_readably_and_only_checked_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text(nbformat.writes(new_notebook(cells=[new_markdown_cell("한국어", id="intro")])), encoding="utf-8")
    before = path.read_bytes()
    assert normalize_file(path, check=True)
    assert path.read_bytes() == before
    assert normalize_file(path)
    assert not normalize_file(path)
    assert "한국어" in path.read_text(encoding="utf-8")
    assert path.read_text(encoding="utf-8").endswith("}\n")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"nbformat": 3}', '{"nbformat": 4, "cells": 3}', '{"nbformat": 4, "cells": [3]}'])
def test_a_file_that_is_no_notebook_is_named_and_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "broken.ipynb"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"broken\.ipynb is not a notebook"):
        normalize_file(path)
    assert path.read_text() == content


def test_what_cannot_be_mended_is_named(tmp_path: Path) -> None:
    png = new_output("display_data", {"image/png": "A" * 90_000})
    error = new_output("error", ename="KeyError", evalue="x", traceback=[])
    cells = [new_code_cell("1", id="never-ran"), ran("x", png, id="big"), ran("y", error, id="fails")]
    cells.append(new_markdown_cell("a", id="3f2a91bc"))
    path = tmp_path / "a.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    found = "\n".join(problems(path))
    assert "never-ran: it was never run" in found
    assert "big: its picture has 67500 bytes" in found
    assert "fails: it ends in KeyError" in found
    assert "'3f2a91bc' is a random id" in found


def test_the_course_has_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_the_courses_notebooks_are_in_their_stored_form(path: Path) -> None:
    assert problems(path) == []
    assert not normalize_file(path, check=True), f"run: dcai normalize {path}"
    assert len({c.id for c in read_notebook(path).cells}) == len(read_notebook(path).cells)
