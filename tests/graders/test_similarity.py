import io
import re
import tokenize

import numpy as np
import pytest

from graders import similarity
from graders.demo import typed
from graders.similarity import Frame, Pair
from tests.graders.course import EXERCISES, notebook, solution

ASSIGNMENT = "ch05_cleansing"
MINE = [e for a, e in EXERCISES if a == ASSIGNMENT]
BARE = Frame(frozenset(), frozenset())


@pytest.fixture(scope="module")
def frame():
    return similarity.frame_of(notebook(ASSIGNMENT))


def answers(number):
    """A whole submission: the zoo's right answer ``number`` to each exercise."""
    return {e.id: typed([a for a in e.zoo if a.kind == "right"][number], e) for e in MINE}


def disguised(code):
    """The same work with other names, other texts, comments, other layout, and the cells in another order."""
    return {f"own-{i}": _disguised(source) for i, source in enumerate(reversed(code.values()))}


def _disguised(source):
    found = tokenize.generate_tokens(io.StringIO(source).readline)
    names = {t.string for t in found if t.type == tokenize.NAME} - similarity.KEPT - {"np", "pd", "math", "Counter", "defaultdict", "re"}
    kept = set(re.findall(r"\.(\w+)", source)) | set(re.findall(r"import (\w+)", source))
    for number, name in enumerate(sorted(names - kept)):
        source = re.sub(rf"(?<![\w.]){name}\b", f"v{number}", source)
    return "# my own work\n" + source.replace("\n", "\n\n")


def alike(frame, *codes):
    return similarity.near_identical({f"learner-{i}": similarity.fingerprints(code, frame) for i, code in enumerate(codes)})


def test_renamed_and_reordered_work_is_found(frame):
    pairs = alike(frame, answers(0), disguised(answers(0)), answers(1))
    assert [(p.a, p.b) for p in pairs] == [("learner-0", "learner-1")]
    assert pairs[0].similarity > 0.9


def test_functions_in_another_order_within_one_cell_are_found(frame):
    parts = list(answers(0).values())
    pairs = alike(frame, {"a": "\n".join(parts)}, {"a": "\n".join(parts[::-1])})
    assert pairs[0].similarity > 0.9


def test_independent_right_answers_are_not_taken_for_copies(frame):
    solutions = {e.id: solution(ASSIGNMENT, e.id) for e in MINE}
    assert alike(frame, answers(0), answers(1), solutions) == []


@pytest.mark.parametrize("exercise", MINE, ids=lambda e: e.id)
def test_independent_right_answers_to_a_single_exercise_are_not_taken_for_copies(frame, exercise, monkeypatch):
    monkeypatch.setattr(similarity, "LEAST", 1)
    right = [{"a": typed(a, exercise)} for a in exercise.zoo if a.kind == "right"]
    assert alike(frame, *right) == []


def test_work_that_is_three_quarters_copied_is_found_and_stays_below_one(frame):
    mixed = {**answers(1), **dict(list(answers(0).items())[: len(MINE) * 3 // 4])}
    pair = alike(frame, answers(0), mixed)[0]
    assert similarity.THRESHOLD <= pair.similarity < 0.95


def test_what_was_handed_out_is_nobodys_own(frame):
    programs = [c.source for c in notebook(ASSIGNMENT).cells if c.cell_type == "code"]
    assert not any(similarity.tokens(similarity.SOLUTION.sub("raise NotImplementedError", source), frame) for source in programs)


def test_passages_that_many_share_do_not_count():
    rng = np.random.default_rng(0)
    common = np.arange(100, dtype=np.uint64)
    found = {str(i): np.union1d(common, rng.integers(1000, 2**60, 60).astype(np.uint64)) for i in range(20)}
    assert similarity.near_identical(found) == []


def test_a_solution_passed_on_to_half_of_the_cohort_stays_visible():
    rng = np.random.default_rng(0)
    different = [np.unique(rng.integers(0, 2**60, 100).astype(np.uint64)) for _ in range(11)]
    found = {f"own-{i}": different[i] for i in range(10)} | {f"same-{i}": different[10] for i in range(10)}
    assert similarity.families(similarity.near_identical(found)) == [[f"same-{i}" for i in range(10)]]


def test_short_work_is_not_compared(frame):
    code = {"double": "def double(x):\n    return 2 * x"}
    assert alike(frame, code, code) == []


def test_comments_layout_names_and_texts_do_not_matter():
    a = similarity.tokens("def f(a):\n    '''Text.'''\n    return a + 'one'  # note", BARE)
    b = similarity.tokens("def g( value ) :\n\n        return value + \"two\"", BARE)
    assert [t.symbol for t in a] == [t.symbol for t in b]


def test_what_is_called_does_matter():
    assert [t.symbol for t in similarity.tokens("np.sum(v)", Frame(frozenset(), frozenset({"np"})))] == ["np", ".", "sum", "(", "x", ")"]


@pytest.mark.parametrize("source", [
    "def f(:\n  '''never closed", "%timeit f(x)\n!ls", "  if x:\n y", "\x00\ufeff€ 한글", "if x:\n\tpass\n        y = (", "",
])
def test_code_that_is_no_python_is_compared_all_the_same(source):
    found = similarity.tokens(source, BARE)
    assert all(source[t.start : t.end].strip() for t in found)
    assert bool(found) == bool(source)


def test_common_parts_are_marked_and_no_character_is_lost(frame):
    a, b = answers(0), disguised(answers(0))
    pieces = similarity.marked(a, b, frame)
    assert {cell: "".join(text for text, _ in found) for cell, found in pieces.items()} == a
    marked = sum(len(text) for found in pieces.values() for text, mark in found if mark)
    assert marked > 0.8 * sum(map(len, a.values()))


def test_nothing_is_marked_between_strangers():
    pieces = similarity.marked({"a": "total = 0\nfor v in values:\n    total += v"}, {"a": "print([1, 2, 3])"}, BARE)
    assert not any(mark for _text, mark in pieces["a"])


def test_many_submissions_are_compared_block_by_block_as_at_once(monkeypatch):
    rng = np.random.default_rng(1)
    found = {str(i): np.unique(rng.integers(0, 400, 60).astype(np.uint64)) for i in range(40)}
    monkeypatch.setattr(similarity, "MANY", 1.0)
    at_once = similarity.near_identical(found, 0.2)
    monkeypatch.setattr(similarity, "BLOCK", 7)
    assert similarity.near_identical(found, 0.2) == at_once != []


def test_similarity_is_the_share_of_the_smaller_set():
    values = np.arange(200, dtype=np.uint64)
    assert similarity.near_identical({"a": values[:50], "b": values[10:150]}) == [Pair("a", "b", 0.8, 40)]
