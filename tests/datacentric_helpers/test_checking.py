import json
import subprocess
import sys

import pytest

from datacentric_helpers import check, checking, progress, show_progress
from datacentric_helpers.checking import report


def right(a, b):
    if len(a) != len(b) or not a or None in a or None in b:
        raise ValueError("the annotators must label the same items")
    return sum(x == y for x, y in zip(a, b, strict=True)) / len(a)


def blank(a, b):
    raise NotImplementedError


def spoils_its_arguments(a, b):
    value = right(a, b)
    a.clear()
    return value


def test_check_shows_text_in_a_terminal(capsys):
    check("percent_agreement", lambda a, b: 0)
    out = capsys.readouterr().out
    assert "✗" in out
    assert "expected" in out
    assert "hint" in out


def test_a_right_answer_passes():
    assert report("percent_agreement", right).passed


def test_an_unknown_exercise_is_an_error_that_lists_those_there_are():
    with pytest.raises(ValueError, match="percent_agreement"):
        check("percent_agrement", right)


def test_a_function_that_spoils_its_arguments_spoils_nothing_else():
    assert report("percent_agreement", spoils_its_arguments).passed
    assert report("percent_agreement", right).passed


def test_check_never_imports_graders():
    code = "import sys; from datacentric_helpers import check; check('percent_agreement', len); sys.exit('graders' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_progress_is_kept_in_the_workbook_and_survives_a_restart(workbook_folder, capsys):
    check("percent_agreement", right)
    stored = json.loads((workbook_folder / ".dcai" / "progress.json").read_text())
    assert stored["percent_agreement"]["passed"] is True
    check("percent_agreement", lambda a, b: 0)
    assert progress.load()[0]["percent_agreement"] == {"assignment": "ch05_cleansing", "best": 1.0, "tries": 2, "passed": True}


def test_a_blank_answer_is_no_try(workbook_folder, capsys):
    check("percent_agreement", blank)
    assert progress.load()[0] == {}


@pytest.mark.parametrize("damage", ["", "{", "[1, 2]", '{"percent_agreement": 3}', "\x00\x01"])
def test_a_damaged_progress_file_is_set_aside_and_a_new_one_begun(workbook_folder, capsys, damage):
    folder = workbook_folder / ".dcai"
    folder.mkdir()
    (folder / "progress.json").write_text(damage)
    check("percent_agreement", right)
    assert [p.read_text() for p in folder.glob("progress.damaged-*.json")] == [damage]
    assert progress.load()[0]["percent_agreement"]["passed"]
    assert "progress.damaged" in capsys.readouterr().out


def test_progress_that_cannot_be_stored_costs_a_note_not_the_check(workbook_folder, capsys):
    (workbook_folder / ".dcai").write_text("a file where the folder should be")
    check("percent_agreement", right)
    assert "percent_agreement" in capsys.readouterr().out


def test_the_progress_table_counts_what_passed(workbook_folder):
    from datacentric_helpers import i18n

    i18n.set_language("en")
    report_ = report("percent_agreement", right)
    progress.record("ch05_cleansing", report_)
    table = show_progress("ch05_cleansing")
    assert f"1 of {len(checking.exercises('ch05_cleansing'))}" in repr(table)
    assert "● passed" in table._repr_html_()


def test_a_judged_notebook_shows_no_progress(monkeypatch):
    monkeypatch.setenv("DCAI_JUDGE", "/nowhere")
    assert show_progress("ch05_cleansing") is None


def test_the_progress_of_an_unknown_assignment_is_an_error():
    with pytest.raises(ValueError, match="ch99"):
        show_progress("ch99")
