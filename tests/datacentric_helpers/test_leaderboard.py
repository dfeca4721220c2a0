"""The board keeps every attempt, in one piece, and loses nothing over a line that is broken."""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from datacentric_helpers import dataperf
from datacentric_helpers import leaderboard as board
from datacentric_helpers.dataperf import play

ROW = {"task": "selection", "score": 0.5, "low": 0.4, "high": 0.6, "rounds": 2, "when": "2026-01-01T00:00:00.000+00:00", "note": "a note",
       "name": ""}


@pytest.fixture
def public_rounds(monkeypatch):
    """Two public rounds of selection, without a build; in English."""
    monkeypatch.setenv("DCAI_LANG", "en")
    expected = {"seeds": [1, 2], "scores": {"random": [0.4, 0.5], "heuristic": [0.5, 0.6], "reference": [0.7, 0.8]}}
    monkeypatch.setattr(board, "_public", lambda task: [expected])
    monkeypatch.setattr(board, "_session", [])


def first_rows(X, y, budget):
    return np.arange(budget)


def test_an_attempt_leaves_a_row_and_the_board_survives_a_restart(workbook_folder, public_rounds):
    shown = board.attempt("selection", first_rows, note="the first rows")
    rows, problems = board.read(workbook_folder / ".dcai" / "leaderboard.jsonl")
    assert problems == []
    assert [row["note"] for row in rows] == ["the first rows"]
    mean, low, high = board.interval([board.score("selection", play("selection", s), np.arange(40)) for s in (1, 2)])
    assert (rows[0]["score"], rows[0]["low"], rows[0]["high"]) == pytest.approx((mean, low, high), abs=1e-5)
    assert repr(board.leaderboard("selection")) == repr(shown)


def test_the_board_has_the_yardsticks_between_the_attempts(workbook_folder, public_rounds):
    for value in (0.6, 0.9):
        board.append(workbook_folder / ".dcai" / "leaderboard.jsonl", {**ROW, "score": value})
    assert [row["score"] for row in board.leaderboard("selection").rows] == pytest.approx([0.9, 0.75, 0.6, 0.55, 0.45])


def test_where_lower_is_better_the_lowest_comes_first():
    rows = [{**ROW, "task": "debugging", "score": s} for s in (0.5, 0.3, 0.4)]
    assert [row["score"] for row in board.best_first("debugging", rows)] == [0.3, 0.4, 0.5]


@pytest.mark.parametrize("broken", [b"{", b"[]", b"null", b"\xff\xfe", b'{"task": "selection"}', json.dumps({**ROW, "task": "no"}).encode(),
                                    json.dumps({**ROW, "score": float("nan")}).encode(), b"[" * 5000])
def test_a_broken_line_is_named_and_skipped_and_stays_where_it_is(tmp_path, broken):
    path = tmp_path / "leaderboard.jsonl"
    board.append(path, ROW)
    path.write_bytes(path.read_bytes() + broken + b"\n")
    board.append(path, {**ROW, "note": "after"})
    rows, problems = board.read(path)
    assert [row["note"] for row in rows] == ["a note", "after"]
    assert len(problems) == 1
    assert "line 2" in problems[0]
    assert broken in path.read_bytes()


def test_half_a_line_that_a_crash_left_does_not_take_the_next_one_with_it(tmp_path):
    path = tmp_path / "leaderboard.jsonl"
    board.append(path, ROW)
    path.write_bytes(path.read_bytes() + b'{"task": "sele')
    board.append(path, {**ROW, "note": "after"})
    assert [row["note"] for row in board.read(path)[0]] == ["a note", "after"]


def test_attempts_at_the_same_time_all_stay(tmp_path):
    path = tmp_path / "leaderboard.jsonl"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: board.append(path, {**ROW, "note": str(n)}), range(100)))
    rows, problems = board.read(path)
    assert problems == []
    assert sorted(int(row["note"]) for row in rows) == list(range(100))


def test_a_row_that_could_not_be_read_again_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="score"):
        board.append(tmp_path / "leaderboard.jsonl", {**ROW, "score": float("inf")})
    assert not (tmp_path / "leaderboard.jsonl").exists()


def test_what_is_no_answer_or_not_written_leaves_no_row(workbook_folder, public_rounds):
    def blank(X, y, budget):
        raise NotImplementedError

    assert "Not written yet" in repr(board.attempt("selection", blank))
    with pytest.raises(ValueError, match="40 rows were due"):
        board.attempt("selection", lambda X, y, budget: [0])
    assert not (workbook_folder / ".dcai" / "leaderboard.jsonl").exists()


def test_a_disk_that_cannot_be_written_costs_the_row_not_the_attempt(workbook_folder, public_rounds):
    (workbook_folder / ".dcai").write_text("in the way")
    assert "could not be stored" in repr(board.attempt("selection", first_rows))


def test_nothing_is_stored_while_a_grader_runs_the_notebook(workbook_folder, public_rounds, monkeypatch):
    monkeypatch.setenv("DCAI_JUDGE", "socket")
    assert board.attempt("selection", first_rows) is None
    assert board.leaderboard("selection") is None
    assert not (workbook_folder / ".dcai" / "leaderboard.jsonl").exists()


def test_the_table_shows_text_as_text_and_a_mark_for_each_interval(workbook_folder, public_rounds):
    board.append(workbook_folder / ".dcai" / "leaderboard.jsonl", {**ROW, "note": "<script>alert(1)</script>"})
    page = board.leaderboard("selection")._repr_html_()
    assert "<script>" not in page
    assert page.count("<circle") == 4


def test_an_unknown_task_is_named_with_those_that_exist():
    with pytest.raises(ValueError, match="valuation"):
        board.leaderboard("value")


def test_without_a_workbook_the_board_lasts_as_long_as_the_program(public_rounds, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    board.attempt("selection", first_rows, note="kept")
    assert "kept" in repr(board.leaderboard("selection"))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("module", [board, dataperf])
def test_what_the_modules_say_they_export_is_there(module):
    assert all(hasattr(module, name) for name in module.__all__)
