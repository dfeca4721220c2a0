import csv

import pandas as pd
import pytest

from graders import lms
from tests.graders.small_cohort import SQUARED, add_gradebook, gradebook, graded, read, verdict
from tests.graders.tiny_course import ASSIGNMENT

FORMULAS = ['=HYPERLINK("x")', "+1", "-2+3", "@SUM(A1)", "\t=1", " =1", "＝1", "\r=1"]


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    folder = tmp_path_factory.mktemp("book")
    gradebook(
        folder,
        {"id": "minji", "first_name": "민지", "last_name": "김", "email": "minji@b.example", "lms_user_id": "0123",
         "points": 2, "by_hand": 0.5, "penalty": 0.25},
        {"id": "-2+3", "first_name": "Ann", "last_name": '=cmd|"x"', "lms_user_id": "sis-7", "points": 1},
        {"id": "absent", "email": "absent@b.example"},
    )
    return folder / "gradebook.db"


@pytest.fixture
def cohort(course, book):
    """Two who handed in, one who did not; one with a formula for a name."""
    add_gradebook(course, book)
    graded(course, "minji", verdict((0.5, 1, 1), language="ko"))
    graded(course, "-2+3", verdict())
    return read(course)


def canvas(cohort, folder):
    return pd.read_csv(lms.write_csv(lms.canvas(cohort), folder / "canvas.csv"), dtype=str, keep_default_na=False)


def moodle(cohort, folder):
    return pd.read_csv(lms.write_csv(lms.moodle(cohort), folder / "moodle.csv"), dtype=str, keep_default_na=False)


def test_canvas_gets_its_columns_and_the_row_of_points(cohort, tmp_path):
    table = canvas(cohort, tmp_path)
    assert list(table) == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", ASSIGNMENT]
    assert table.iloc[0].tolist() == ["Points Possible", "", "", "", "", "7"]


def test_canvas_gets_the_final_grade_of_who_handed_in(cohort, tmp_path):
    table = canvas(cohort, tmp_path).iloc[1:].set_index("SIS Login ID")
    assert table[ASSIGNMENT].to_dict() == {"minji": "2.25", "'-2+3": "1"}
    assert table.loc["minji", ["Student", "ID", "SIS User ID"]].tolist() == ["김, 민지", "0123", ""]
    assert table.loc["'-2+3", ["ID", "SIS User ID"]].tolist() == ["", "sis-7"], "Canvas takes only numbers for its own ID"


def test_moodle_gets_grade_and_feedback_by_email(cohort, tmp_path):
    table = moodle(cohort, tmp_path).set_index("Email address")
    assert table.loc["minji@b.example", [ASSIGNMENT, "ID number", "Username"]].tolist() == ["2.25", "0123", "minji"]
    said = table.loc["minji@b.example", f"{ASSIGNMENT} (Feedback)"]
    assert "Double: 1/2. " + SQUARED in said
    assert "Mean: 2/2." in said


def test_feedback_is_in_the_learners_language(cohort):
    from datacentric_helpers.i18n import gettext

    cohort.titles["double"] = "Cohen's kappa, plain and weighted"
    said = lms.feedback(cohort)
    assert gettext(cohort.titles["double"], "ko") in said["minji"]
    assert cohort.titles["double"] in said["-2+3"]


@pytest.mark.parametrize("make", [lms.canvas, lms.moodle])
def test_files_are_what_excel_and_both_platforms_take(cohort, tmp_path, make):
    raw = lms.write_csv(make(cohort), tmp_path / "x.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(raw.decode("utf-8-sig").splitlines(), strict=True))
    assert len({len(row) for row in rows}) == 1
    assert raw.count(b"\r\n") == len(rows) == raw.count(b"\n")


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(text, tmp_path):
    path = lms.write_csv(pd.DataFrame({text: [text], "score": [-1.5]}), tmp_path / "x.csv")
    header, row = csv.reader(path.read_text(encoding="utf-8-sig").splitlines())
    assert header[0].startswith("'")
    assert row[0].startswith("'")
    assert row[1] == "-1.5", "a number is a number"


def test_escapes_line_ends_and_direction_marks_do_not_reach_the_file(tmp_path):
    path = lms.write_csv(pd.DataFrame({"name": ["a\x1b[2J\nb\u202ec"]}), tmp_path / "x.csv")
    assert path.read_text(encoding="utf-8-sig").splitlines() == ["name", "a [2J b c"]


def test_the_instructor_hears_of_what_the_platform_may_not_find(cohort):
    assert [notice.partition(":")[0] for notice in lms.gaps(cohort)] == [
        "still to be graded by hand, the grade may change", "written differently, since a spreadsheet would run it as a formula"]
    cohort.roster["lms_user_id"] = ""
    assert any("neither e-mail" in notice and "-2+3" in notice for notice in lms.gaps(cohort))


def test_without_submissions_in_the_gradebook_the_files_are_empty_and_that_is_said(course, tmp_path):
    graded(course, "ann", verdict())
    found = read(course)
    assert len(canvas(found, tmp_path)) == 1
    assert len(moodle(found, tmp_path)) == 0
    assert "no submission" in lms.gaps(found)[0]
