"""Korean beside English: whatever lags is named, and nothing that somebody wrote is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from graders.workbook.course import Course
from graders.workbook.notebooks import read_notebook
from graders.workbook.translate import Block, accept, beside, english_hash, parse, problems, sync, translated

NOTEBOOKS = sorted(p for folder in (Course().chapters, Course().source) for p in folder.rglob("*.ipynb") if "checkpoint" not in str(p))
MARK = {"grade": True, "solution": True, "points": 2, "grade_id": "why", "locked": False, "task": False, "schema_version": 3}
ANSWER = {"nbgrader": MARK}
EN = {"intro": "# Labels", "middle": "Two people label every item of it.", "end": "It ends --> here."}
KO = {"intro": "# 라벨", "middle": "두 사람이 모든 항목을\n\n각각 라벨링합니다.", "end": "여기서 끝납니다."}


def block(cell: str, en: str | None = None, text: str | None = None) -> str:
    """One block as it stands in the file."""
    return f"<!-- cell: {cell} en: {en or english_hash(EN[cell])} -->\n{text or KO[cell]}\n"


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """Three Markdown cells, code, and an answer that the learner writes; no Korean yet."""
    cells: list[Any] = [new_markdown_cell(text, id=name) for name, text in EN.items()]
    cells.insert(1, new_code_cell("1", id="code"))
    cells.append(new_markdown_cell("RUBRIC: names chance agreement", id="why", metadata=ANSWER))
    path = tmp_path / "5_1.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return path


def found(notebook: Path, *blocks: str) -> list[str]:
    """The problems with these blocks."""
    beside(notebook).write_text("\n".join(blocks), encoding="utf-8")
    return problems(notebook)


def test_a_full_translation_has_no_problems(notebook: Path) -> None:
    assert found(notebook, *(block(cell) for cell in EN)) == []


def test_blocks_are_read_with_their_blank_lines(notebook: Path) -> None:
    assert found(notebook, *(block(cell) for cell in EN)) == []
    assert {b.cell: b.text for b in parse(beside(notebook))} == KO


@pytest.mark.parametrize(("blocks", "cell", "say"), [
    ((block("intro"), block("end")), "middle", "dcai translate --sync"),
    ((block("intro"), block("middle", "0" * 12), block("end")), "middle", "--accept middle"),
    ((block("intro"), block("middle"), block("end"), "<!-- cell: gone en: 000000000000 -->\n옛 글\n"), "gone", "remove the block"),
    ((block("intro"), block("middle"), block("end"), "<!-- cell: why en: 000000000000 -->\n답\n"), "why", "remove the block"),
    ((block("intro"), block("intro"), block("middle"), block("end")), "intro", "second block"),
    ((block("intro"), block("end"), block("middle")), "end", "out of order: middle"),
    ((block("intro"), block("middle", text="<!-- translate:\nTwo\n-->"), block("end")), "middle", "not translated yet"),
    ((block("intro"), block("middle", text=" "), block("end")), "middle", "not translated yet"),
    ((block("intro"), block("middle", text=EN["middle"]), block("end")), "middle", "still English"),
], ids=["missing", "stale", "extra", "extra-answer", "double", "order", "skeleton", "empty", "english"])
def test_a_problem_is_named_with_file_cell_and_what_to_do(notebook: Path, blocks: tuple[str, ...], cell: str, say: str) -> None:
    problem, = found(notebook, *blocks)
    assert problem.startswith(f"{beside(notebook)}, cell {cell}:")
    assert say in problem


def test_one_changed_letter_makes_a_block_stale(notebook: Path) -> None:
    assert found(notebook, *(block(cell) for cell in EN)) == []
    nb = read_notebook(notebook)
    nb.cells[0].source += "!"
    nbformat.write(nb, notebook)
    assert ["cell intro:" in problem for problem in problems(notebook)] == [True]


@pytest.mark.parametrize("text", ["<!-- cell: intro -->\n글", "<!-- cell: intro en: XYZ -->\n글", "글\n\n" + block("intro")])
def test_a_header_that_cannot_be_read_is_named_with_its_line(notebook: Path, text: str) -> None:
    problem, = found(notebook, text)
    assert f"{beside(notebook)}, line 1:" in problem


def test_no_korean_file_is_a_problem(notebook: Path) -> None:
    problem, = problems(notebook)
    assert "5_1.ko.md is missing" in problem


def test_translating_is_pure_and_leaves_code_and_answers(notebook: Path) -> None:
    nb = read_notebook(notebook)
    blocks = [Block(cell, "", text) for cell, text in KO.items()] + [Block("why", "", "답"), Block("code", "", "코드")]
    korean = translated(nb, blocks)
    assert [c.source for c in korean.cells] == [KO["intro"], "1", KO["middle"], KO["end"], "RUBRIC: names chance agreement"]
    assert nb.cells[0].source == EN["intro"]


def test_a_skeleton_never_reaches_a_learner(notebook: Path) -> None:
    sync(notebook)
    assert translated(read_notebook(notebook), parse(beside(notebook))) == read_notebook(notebook)


def test_sync_adds_skeletons_in_order_and_keeps_every_text(notebook: Path) -> None:
    gone = "<!-- cell: gone en: 000000000000 -->\n옛 글\n"
    assert len(found(notebook, block("end", "0" * 12), gone)) == 4
    assert sync(notebook) == ["intro", "middle"]
    blocks = parse(beside(notebook))
    assert [b.cell for b in blocks] == ["intro", "middle", "end", "gone"]
    assert (blocks[2].text, blocks[2].en, blocks[3].text) == (KO["end"], "0" * 12, "옛 글")
    assert "Two people label" in blocks[1].text
    assert ["not translated yet" in p for p in problems(notebook)] == [True, True, False, False]


def test_sync_twice_is_sync_once_and_english_cannot_close_the_comment(notebook: Path) -> None:
    sync(notebook)
    text = beside(notebook).read_text(encoding="utf-8")
    assert sync(notebook) == []
    assert beside(notebook).read_text(encoding="utf-8") == text
    assert text.count("-->") == 2 * len(EN)
    assert "RUBRIC" not in text


def test_accepting_refreshes_only_the_named_hash(notebook: Path) -> None:
    found(notebook, block("intro", "0" * 12), block("middle", "0" * 12), block("end"))
    accept(notebook, ["intro"])
    problem, = problems(notebook)
    assert "cell middle:" in problem
    assert {b.cell: b.text for b in parse(beside(notebook))} == KO


@pytest.mark.parametrize(("cell", "say"), [("nowhere", "no Markdown cell"), ("why", "no Markdown cell"), ("middle", "no Korean text")])
def test_only_a_translated_cell_can_be_accepted(notebook: Path, cell: str, say: str) -> None:
    sync(notebook)
    with pytest.raises(ValueError, match=say):
        accept(notebook, [cell])


def test_the_course_has_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_the_courses_korean_is_complete_and_up_to_date(path: Path) -> None:
    assert problems(path) == []
