"""The DataPerf track: the three yardsticks lie apart by more than chance, and the sealed test rows stay with the judge."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from datacentric_helpers.dataperf import LOWER_IS_BETTER, TASKS, play
from datacentric_helpers.leaderboard import append, interval
from graders import leaderboards
from graders.cases import all_cases, load_exercises
from graders.exercises.ch01_dataperf import acquire, data_values, debug_labels, find_slices, select_coreset, training_set
from graders.judge import Limits
from graders.judge.session import judge_notebook
from graders.store import secret_of

MODULES = (training_set, acquire, select_coreset, debug_labels, find_slices, data_values)
WHEN = "2026-01-01T00:00:00.000+00:00"
ROW = {"task": "selection", "score": 0.5, "low": 0.4, "high": 0.6, "rounds": 2, "when": WHEN, "note": "", "name": ""}


@pytest.mark.parametrize("module", MODULES, ids=TASKS)
def test_random_choice_heuristic_and_reference_lie_apart_by_more_than_their_intervals(module):
    """24 rounds of the table in the notebook: no two of the 95 % intervals touch, and the table says what comes out."""
    found = {level: interval([module.BENCHMARK.reached(level, seed) for seed in range(1000, 1024)])
             for level in ("random", "heuristic", "reference")}
    sign = -1 if module.BENCHMARK.task in LOWER_IS_BETTER else 1
    for (_m, *worse), (_n, *better) in combinations(found.values(), 2):
        assert max(sign * end for end in worse) < min(sign * end for end in better)
    root = Path(__file__).resolve().parents[2]
    cells = nbformat.read(root / "labs/source/ch01_dataperf/ch01_dataperf.ipynb", 4).cells
    table = next(cell.source for cell in cells if cell.id == "yardsticks")
    row = next(line for line in table.splitlines() if line.startswith(f"| {NAMES[module.BENCHMARK.task]}"))
    told = [float(cell.split("[")[0]) for cell in row.split("|")[2:5]]
    assert told == pytest.approx([mean for mean, *_ in found.values()], abs=0.02)


NAMES = {"creation": "creation", "acquisition": "test set", "selection": "selection", "debugging": "debugging", "slicing": "slicing",
         "valuation": "valuation"}


def test_the_reference_gives_what_trying_all_coalitions_gives_and_the_values_add_up_to_the_score():
    rng = np.random.default_rng(0)
    for n, m, k in ((6, 3, 2), (5, 4, 5), (4, 2, 7)):
        args = data_values.tiny(rng, n, m, k)
        values = data_values.by_enumeration(*args)
        assert data_values.reference(*args) == pytest.approx(values, abs=1e-12)
        X, y, X_val, y_val, _k = args
        near = np.argsort(((X_val[:, None] - X[None]) ** 2).sum(axis=2), axis=1)[:, :k]
        assert values.sum() == pytest.approx(np.mean((y[near] == y_val[:, None]).sum(axis=1) / k))


def test_the_judges_vectorised_values_are_the_references():
    one = play("valuation", 4)
    X, y, _X_val, _y_val, k = one.args
    assert data_values.target(one) == pytest.approx(data_values.reference(X, y, one.sealed["X_test"], one.sealed["y_test"], k), abs=1e-12)


@pytest.mark.parametrize("exercise", load_exercises("ch01_dataperf").values(), ids=TASKS)
def test_what_is_sent_holds_neither_seeds_nor_test_rows(exercise):
    hidden = [case for case in all_cases(exercise, 7)["cases"] if case["hidden"] and isinstance(case["expected"], dict)]
    rounds = [case for case in hidden if "seeds" in case["expected"]]
    assert len(rounds) == 3
    for case in rounds:
        assert set(case["args"][0]) == {"rounds"}
        for seed, args in zip(case["expected"]["seeds"], case["args"][0]["rounds"], strict=True):
            assert not any(isinstance(arg, int) and arg == seed for arg in args)
            for sealed in (value for name, value in play(case["expected"]["task"], seed).sealed.items() if name not in ("X", "y")):
                assert not any(np.array_equal(sealed, arg) for arg in args)
                rows = sealed if np.ndim(sealed) == 2 else np.empty((0, args[0].shape[1]))
                assert not (rows[:, None] == args[0][None]).all(axis=2).any()


SPY = """
import numpy as np
calls, seen, found = 0, [], {}

def look(patterns):
    hits = [0] * len(patterns)
    for line in open('/proc/self/maps'):
        place, rights = line.split()[:2]
        start, end = (int(n, 16) for n in place.split('-'))
        if not rights.startswith('rw') or end - start > 1 << 28:
            continue
        with open('/proc/self/mem', 'rb') as memory:
            try:
                memory.seek(start)
                content = memory.read(end - start)
            except (OSError, ValueError, OverflowError):
                continue
        for shift in (0, 4):
            words = np.frombuffer(content, '<u8', (len(content) - shift) // 8, shift) ^ np.uint64(MASK)
            for number, pattern in enumerate(patterns):
                hits[number] += int((words == np.uint64(pattern)).sum())
    return hits

def select_coreset(X, y, budget):
    global calls
    calls += 1
    seen.append(X)
    if len(X) == 480 and calls % 9 == 0:
        found[calls] = look(PATTERNS)
    return np.arange(budget)
"""
MASK = 0x5A5A5A5A5A5A5A5A


def masked(rows: np.ndarray) -> list[int]:
    """Two neighbouring numbers of each row, none of them 0, as one word, behind the mask: the notebook itself does not hold it."""
    pairs = np.ascontiguousarray(rows, "<f4").reshape(len(rows), -1, 2)
    chosen = pairs[np.arange(len(rows)), pairs.min(axis=2).argmax(axis=1)]
    return [int(word) ^ MASK for word in np.ascontiguousarray(chosen).view("<u8").ravel()]


@pytest.mark.usefixtures("sandbox")
def test_test_rows_are_nowhere_in_the_memory_of_the_sandbox_and_rows_that_were_sent_are():
    exercise, seed = load_exercises("ch01_dataperf")["select_coreset"], 12345
    hidden = [c for c in all_cases(exercise, seed)["cases"] if c["hidden"] and isinstance(c["expected"], dict) and "seeds" in c["expected"]]
    rounds = [play("selection", s) for case in hidden for s in case["expected"]["seeds"]]
    sealed = masked(np.vstack([one.sealed["X_test"][:2] for one in rounds]))
    sent = masked(np.vstack([one.args[0][:1] for one in rounds]))
    mark = {"grade": True, "solution": False, "locked": True, "task": False, "points": 5, "schema_version": 3, "grade_id": "check"}
    cells = [
        new_code_cell("from datacentric_helpers import check", id="imports"),
        new_code_cell(f"MASK, PATTERNS = {MASK}, {sealed + sent}\n{SPY}", id="spy"),
        new_code_cell('check("select_coreset", select_coreset)', id="check", metadata={"nbgrader": mark}),
        new_code_cell("found['end'] = look(PATTERNS)\nimport json\nprint(json.dumps(found))", id="told"),
    ]
    verdict = judge_notebook(new_notebook(cells=cells), {"select_coreset": exercise}, lambda _name: seed, Limits(notebook_seconds=300))
    told = json.loads(verdict.outputs["told"][0]["text"])
    assert len(told) > 2
    for hits in told.values():
        assert sum(hits[: len(sealed)]) == 0
    assert all(told["end"][len(sealed):]), "rows that were sent must be found, or the search is worth nothing"


def test_a_cohorts_files_make_one_board_with_the_best_attempt_of_each(tmp_path):
    for name, scores in {"ann": (0.5, 0.7), "bob": (0.6,)}.items():
        for value in scores:
            append(tmp_path / name / ".dcai" / "leaderboard.jsonl", {**ROW, "score": value, "note": f"by {name}"})
    rows, problems = leaderboards.merged(sorted(tmp_path.glob("*/.dcai/leaderboard.jsonl")))
    assert [(row["name"], row["score"]) for row in rows] == [("ann", 0.7), ("bob", 0.6)]
    assert problems == []


def test_pseudonyms_stay_the_same_and_give_nobody_away(tmp_path):
    append(tmp_path / "ann" / "leaderboard.jsonl", {**ROW, "note": "ann was here"})
    (tmp_path / "labs").mkdir()
    secret = secret_of(tmp_path / "labs")
    first, again = (leaderboards.merged([tmp_path / "ann" / "leaderboard.jsonl"], secret)[0] for _ in range(2))
    assert first == again
    assert "ann" not in str(first)


def test_a_broken_line_in_a_collected_file_is_named_with_its_owner(tmp_path):
    path = tmp_path / "ann" / "leaderboard.jsonl"
    append(path, ROW)
    path.write_bytes(path.read_bytes() + b"{\n")
    rows, problems = leaderboards.merged([path])
    assert len(rows) == 1
    assert problems[0].startswith("ann: ")
    with pytest.raises(FileNotFoundError, match="nobody"):
        leaderboards.merged([tmp_path / "nobody.jsonl"])


def test_a_board_from_verdicts_has_the_share_of_each_task(tmp_path):
    from graders.judge import Verdict
    from graders.judge.verdict import CheckResult
    from graders.store import VerdictStore

    store, lines = VerdictStore(tmp_path), []
    for student, share in (("ann", 0.4), ("bob", 1.0)):
        check = CheckResult(grade_id="c", exercise="acquire", share=share, points=5 * share, max_points=5, report="")
        store.save("ch01_dataperf", student * 3, Verdict(language="en", sandbox="bubblewrap", checks=(check,)))
        lines.append(json.dumps({"student": student, "key": student * 3}))
    (tmp_path / "verdicts" / "ch01_dataperf" / "journal.jsonl").write_text("\n".join(lines), encoding="utf-8")
    table = leaderboards.judged(tmp_path)
    assert table.index.tolist() == ["bob", "ann"]
    assert table.loc["ann", "acquisition"] == 0.4
    assert table.loc["ann", "selection"] == 0
    assert "ann" not in leaderboards.judged(tmp_path, pseudonyms=True).index


def test_the_command_merges_files_into_one_and_names_a_file_that_is_missing(tmp_path):
    from typer.testing import CliRunner

    from datacentric_helpers.leaderboard import read
    from graders.cli import app

    for name in ("ann", "bob"):
        append(tmp_path / name / "leaderboard.jsonl", {**ROW, "note": f"by {name}"})
    files = [str(tmp_path / name / "leaderboard.jsonl") for name in ("ann", "bob")]
    done = CliRunner().invoke(app, ["leaderboard", "merge", *files, "--out", str(tmp_path / "all.jsonl")])
    assert done.exit_code == 0, done.output
    assert "by bob" in done.output
    assert [row["name"] for row in read(tmp_path / "all.jsonl")[0]] == ["ann", "bob"]
    kept = Path(files[0]).read_bytes()
    refused = CliRunner().invoke(app, ["leaderboard", "merge", *files, "--out", files[0]])
    assert refused.exit_code == 2
    assert "would be lost" in refused.output
    assert Path(files[0]).read_bytes() == kept
    assert CliRunner().invoke(app, ["leaderboard", "merge", str(tmp_path / "none.jsonl")]).exit_code == 2
    assert CliRunner().invoke(app, ["leaderboard", "merge", "--course", str(tmp_path)]).exit_code == 2


def test_a_card_shows_rounds_as_a_learner_can_play_them_and_not_what_the_grader_keeps():
    from datacentric_helpers.outcome import assess, run_case

    content = all_cases(select_coreset.exercise, seed=0)
    cases = [case for case in content["cases"] if not case["hidden"]]
    outcomes = [run_case(lambda X, y, budget: list(range(budget)), case["args"]) for case in cases]
    report = assess({**content, "cases": cases}, outcomes)
    shown = [p.failures[0] for p in report.properties if p.failures and "heuristic" in p.name]
    assert [(f.expected, f.got) for f in shown] == [("", "")]
    assert shown[0].call.startswith("select_coreset(*play('selection', seed).args) for seed in ")
    assert "mean over" in shown[0].reason
