"""Whatever is handed in becomes the instructor's frame with the learner's solutions, or blanks, and a list of problems."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat
import pytest

from datacentric_helpers.i18n import set_language
from graders.submissions import BLANK, MAX_BYTES, Assembled, assemble, read_submission
from tests.graders.tiny_course import GOOD, raw, source, submission

CHECKS = ['check("double", double)', 'check("mean", mean)', 'check("shift", shift)']


@pytest.fixture(autouse=True)
def english() -> Any:
    """Messages are compared in English."""
    set_language("en")
    yield
    set_language(None)


def put(content: dict[str, Any] | bytes) -> Assembled:
    made = assemble(source(), content if isinstance(content, bytes) else raw(content))
    nbformat.validate(made.nb)
    text = nbformat.writes(made.nb)
    assert "SECRETSOLUTION" not in text, "the instructor's solution went in"
    assert [cell.source for cell in made.nb.cells if cell.metadata.get("nbgrader", {}).get("points") == 2] == CHECKS
    return made


def solutions(made: Assembled) -> dict[str, str]:
    return {c.id.removesuffix("-solution"): c.source for c in made.nb.cells if c.id.endswith("-solution")}


def cell(content: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(c for c in content["cells"] if c["id"] == name)
    return found


def test_a_sound_submission_goes_in_without_problems() -> None:
    made = put(submission())
    assert solutions(made) == GOOD
    assert made.problems == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"hello", "not JSON"),
        (b"", "not JSON"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"[1, 2]", "no cells"),
        (b'{"cells": 3}', "no cells"),
        (b'{"worksheets": [{"cells": []}], "nbformat": 3}', "no cells"),
        (b'{"nbformat": 4, "cells": []}', "no cell of this assignment"),
        (b"[" * 100_000, "nested too deeply"),
        (b" " * (MAX_BYTES + 1), "larger than 32 MB"),
    ],
    ids=["text", "empty", "binary", "list", "no-cells", "format-3", "nothing-in-it", "deep", "huge"],
)
def test_what_is_no_notebook_counts_as_blank_and_is_named(content: bytes, message: str) -> None:
    made = put(content)
    assert set(solutions(made).values()) == {BLANK}
    assert message in made.problems[0]


def test_a_file_cut_off_anywhere_never_raises() -> None:
    whole = raw(submission())
    for length in range(0, len(whole), 97):
        assert put(whole[:length]).problems


def test_another_assignments_notebook_is_not_run() -> None:
    other = submission()
    for entry in other["cells"]:
        entry["id"], entry["metadata"] = "other-" + entry["id"], {}
    made = put(other)
    assert "no cell of this assignment" in made.problems[0]
    assert not any("return 2 * x" in c.source for c in made.nb.cells)


def test_a_missing_solution_cell_is_blank() -> None:
    content = submission()
    content["cells"].remove(cell(content, "mean-solution"))
    made = put(content)
    assert solutions(made)["mean"] == BLANK
    assert made.problems == ("solution cell 'mean-solution' is missing: it counts as blank",)


def test_an_edited_check_cell_is_replaced_by_the_original() -> None:
    content = submission()
    cell(content, "mean-check")["source"] = "2"
    assert put(content).problems == ("cell 'mean-check' was changed: the original is used",)


def test_a_deleted_check_cell_is_put_back() -> None:
    content = submission()
    content["cells"].remove(cell(content, "mean-check"))
    assert put(content).problems == ("cell 'mean-check' was deleted: it is put back",)


def test_of_duplicated_solution_cells_the_last_counts_and_the_others_still_run() -> None:
    content = submission()
    first = {**cell(content, "mean-solution"), "source": "helper = 1", "id": "copy"}
    content["cells"].insert(2, first)
    made = put(content)
    assert solutions(made)["mean"] == GOOD["mean"]
    assert [c.source for c in made.nb.cells].count("helper = 1") == 1
    assert "is there 2 times" in made.problems[0]


def test_duplicated_check_cells_are_judged_once() -> None:
    content = submission()
    content["cells"].append({**cell(content, "mean-check"), "id": "copy"})
    assert put(content).problems == ("cell 'mean-check' is there 2 times: the last one counts",)


def test_points_cannot_be_raised() -> None:
    content = submission()
    cell(content, "mean-check")["metadata"]["nbgrader"]["points"] = 100
    check = next(c for c in put(content).nb.cells if c.id == "mean-check")
    assert check.metadata["nbgrader"]["points"] == 2


def test_a_solution_cell_turned_into_markdown_is_still_read_as_code() -> None:
    content = submission()
    entry = cell(content, "mean-solution")
    entry["cell_type"] = "markdown"
    made = put(content)
    assert next(c for c in made.nb.cells if c.id == "mean-solution").cell_type == "code"
    assert "turned into a markdown cell" in made.problems[0]


def test_cells_that_lost_their_metadata_are_recognised_by_their_id() -> None:
    content = submission()
    for entry in content["cells"]:
        entry["metadata"] = {}
    assert solutions(put(content)) == GOOD


def test_own_cells_stay_where_they_were() -> None:
    content = submission()
    place = content["cells"].index(cell(content, "mean-solution"))
    mine = {"cell_type": "code", "source": ["import ", "math"], "metadata": {"nbgrader": {"grade": True}}, "outputs": []}
    content["cells"].insert(place, mine)
    made = put(content)
    ids = [c.id for c in made.nb.cells]
    assert ids.index("own-cell-1") == ids.index("mean-solution") - 1
    own = made.nb.cells[ids.index("own-cell-1")]
    assert (own.source, own.metadata) == ("import math", {})


@pytest.mark.parametrize(
    "bad", [None, 7, "text", {"cell_type": "code"}, {"cell_type": "code", "source": [1]}, {"cell_type": "video", "source": ""}]
)
def test_cells_that_are_none_are_left_out_and_counted(bad: Any) -> None:
    content = submission()
    content["cells"].insert(1, bad)
    made = put(content)
    assert solutions(made) == GOOD
    assert made.problems == ("1 cells cannot be read and are left out",)


@pytest.mark.parametrize("metadata", [None, [], {"nbgrader": None}, {"nbgrader": {"grade_id": ["x"]}}, {"nbgrader": {"grade_id": 3}}])
def test_hostile_metadata_is_ignored(metadata: Any) -> None:
    content = submission()
    content["cells"].insert(1, {"cell_type": "markdown", "source": "mine", "metadata": metadata})
    assert put(content).problems == ()


def test_a_wrong_format_number_is_named_and_the_cells_are_used() -> None:
    made = put({**submission(), "nbformat": 5})
    assert solutions(made) == GOOD
    assert "notebook format 5" in made.problems[0]


def test_text_that_cannot_be_encoded_is_made_to_fit() -> None:
    content = submission(double="x = '\ud800'")
    assert solutions(put(content))["double"] == "x = '?'"


@pytest.mark.parametrize(
    ("metadata", "language"),
    [({"dcai": {"language": "ko"}}, "ko"), ({"dcai": {"language": "xx"}}, "en"), ({"dcai": 1}, "en"), (None, "en")],
)
def test_the_learners_language_comes_from_the_notebook(metadata: Any, language: str) -> None:
    assert put({**submission(), "metadata": metadata}).language == language


def test_links_and_pipes_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{}", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe"):
        with pytest.raises(OSError):
            read_submission(tmp_path / name)
