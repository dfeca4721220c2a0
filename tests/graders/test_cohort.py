import json
import warnings

import numpy as np
import pytest

from datacentric_helpers.i18n import set_language
from graders.cohort import ReportError, read_cohort, read_journal, roster
from tests.graders import tiny_course
from tests.graders.small_cohort import SQUARED, add_gradebook, five_learners, gradebook, graded, read, verdict
from tests.graders.tiny_course import ASSIGNMENT


@pytest.fixture
def five(course):
    return five_learners(course)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A gradebook: ann with points by hand and late, bob waiting to be graded by hand, cem without a submission."""
    folder = tmp_path_factory.mktemp("book")
    gradebook(
        folder,
        {"id": "ann", "first_name": "Ann", "last_name": "Müller", "email": "a@b.example", "points": 2, "by_hand": 1, "penalty": 0.5},
        {"id": "bob", "points": 1, "penalty": 4}, {"id": "cem", "first_name": "Cem"},
    )
    return folder / "gradebook.db"


def journal(course):
    return course / "verdicts" / ASSIGNMENT / "journal.jsonl"


def test_the_last_line_of_a_learner_counts(course):
    graded(course, "ann", None)
    graded(course, "ann", verdict((1, 0, 0)))
    assert read(course).learners["score"].tolist() == [2]


@pytest.mark.parametrize("cut", [1, 20, 150])
def test_a_line_that_a_crash_cut_off_is_survived_and_counted(five, cut):
    last = journal(five).read_bytes().splitlines()[-1]
    with journal(five).open("ab") as file:
        file.write(last[:cut])
    lines, unread = read_journal(journal(five))
    assert (len(lines), unread) == (5, 1)


def test_what_was_written_behind_a_line_that_was_cut_off_is_found(five):
    rows = journal(five).read_bytes().splitlines()
    journal(five).write_bytes(b"\n".join(rows[:-1]) + b"\n" + rows[0][:60] + rows[-1] + b"\n")
    assert set(read_journal(journal(five))[0]) == {"ann", "bob", "cem", "dea", "eva"}


def test_a_character_that_was_cut_in_two_is_survived(five):
    with journal(five).open("ab") as file:
        file.write('{"student": "한'.encode()[:-1])
    assert read_journal(journal(five))[1] == 1


def test_a_name_that_is_no_text_is_survived(five):
    with journal(five).open("a") as file:
        file.write('{"student": "\\udcff", "key": "", "problems": ["\\ud800"]}\n')
    assert read(five).problems.values.tolist()[0] == ["?", "?"]


def test_without_a_journal_the_message_says_what_to_do(course):
    with pytest.raises(ReportError, match="dcai grade"):
        read(course)


def test_a_journal_without_a_result_is_refused(course):
    journal(course).parent.mkdir(parents=True)
    journal(course).write_text("[1, 2]\nnull\n")
    with pytest.raises(ReportError, match="no result"):
        read(course)


def test_an_unknown_assignment_is_refused(five):
    (five / "verdicts" / "other").mkdir()
    (five / "verdicts" / "other" / "journal.jsonl").write_text(journal(five).read_text())
    with pytest.raises(ReportError, match="other"):
        read_cohort("other", five)


def test_a_learner_without_a_verdict_is_there_with_the_reason(course):
    graded(course, "ann", verdict())
    graded(course, "bob", None, problems=["tiny.ipynb is missing; the folder holds: hw.txt"])
    found = read(course)
    assert found.learners.set_index("student")["judged"].to_dict() == {"ann": True, "bob": False}
    assert found.problems.values.tolist() == [["bob", "tiny.ipynb is missing; the folder holds: hw.txt"]]


def test_a_verdict_that_was_changed_does_not_count(five):
    path = next((five / "verdicts" / ASSIGNMENT).glob("*.json"))
    content = json.loads(path.read_text())
    content["verdict"]["seconds"] = 77
    path.write_text(json.dumps(content))
    found = read(five)
    assert found.learners["judged"].sum() == 4
    assert "run `dcai grade` again" in " ".join(found.problems["problem"])


def test_problems_with_a_file_are_said_in_the_language_of_the_report(course):
    graded(course, "ann", verdict(), b"{")
    set_language("ko")
    assert "JSON" in read(course).problems["problem"][0]
    assert "파일" in read(course).problems["problem"][0]


def test_a_result_that_the_gradebook_does_not_hold_is_named(course):
    graded(course, "ann", verdict(), recorded=False)
    assert "the gradebook does not hold this result" in read(course).problems["problem"][0]


def test_a_run_without_a_sandbox_is_named(course):
    graded(course, "ann", verdict(sandbox="none"))
    assert read(course).problems["problem"].tolist() == ["run without a sandbox"]


def test_who_wrote_no_code_is_blank_even_with_comments(course):
    blank = tiny_course.submission(**dict.fromkeys(tiny_course.GOOD, "# to do\nraise NotImplementedError"))
    graded(course, "ann", verdict((0, 0, 0)), blank)
    graded(course, "bob", verdict((0, 0, 0)))
    assert read(course).learners.set_index("student")["written"].to_dict() == {"ann": False, "bob": True}


def test_names_and_final_grades_come_from_the_gradebook(five, book):
    add_gradebook(five, book)
    ann, bob, cem, *_ = read(five).learners.to_dict("records")
    assert (ann["name"], ann["final"], ann["penalty"], ann["needs_manual"]) == ("Ann Müller", 2.5, 0.5, False)
    assert (bob["name"], bob["final"], bob["needs_manual"]) == ("", 0.0, True), "a late penalty never makes less than nothing"
    assert np.isnan(cem["final"])


def test_the_final_grade_is_what_nbgrader_exports(course, book):
    from nbgrader.api import Gradebook

    add_gradebook(course, book)
    url = f"sqlite:///{course / 'gradebook.db'}"
    ours = roster(url, ASSIGNMENT).set_index("student")
    with warnings.catch_warnings(), Gradebook(url) as nbgraders:
        warnings.simplefilter("ignore")
        for name in ("ann", "bob"):
            theirs = nbgraders.find_submission(ASSIGNMENT, name)
            assert ours.loc[name, "final"] == max(0.0, theirs.score - theirs.late_submission_penalty)
        assert (ours["points"] == nbgraders.find_assignment(ASSIGNMENT).max_score).all()


def test_an_assignment_that_the_gradebook_does_not_know_has_no_grades(course, book):
    add_gradebook(course, book)
    found = roster(f"sqlite:///{course / 'gradebook.db'}", "other")
    assert found["submitted"].tolist() == [False] * 3


def test_reading_makes_no_gradebook_and_changes_nothing(five):
    before = {p: p.read_bytes() for p in five.rglob("*") if p.is_file()}
    read(five)
    assert {p: p.read_bytes() for p in five.rglob("*") if p.is_file()} == before


def test_a_real_verdict_of_the_judge_can_be_reported(sandbox, course, tmp_path):
    result = tiny_course.judge(tmp_path, tiny_course.submission(double="def double(x):\n    return x * x"))
    graded(course, "ann", result, tiny_course.submission(double="def double(x):\n    return x * x"))
    assert read(course).checks["mistake"].tolist() == [SQUARED, "", ""]
