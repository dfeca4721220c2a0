import ast
import io
import re

import pytest
from babel.messages.pofile import read_po

from datacentric_helpers import i18n
from tests.graders.course import EXERCISES, IDS, ROOT

PO = sorted((ROOT / "datacentric_helpers" / "locale" / "ko" / "LC_MESSAGES").glob("*.po"))


def korean():
    return {m.id: m for path in PO for m in read_po(io.BytesIO(path.read_bytes()), locale="ko") if m.id}


def frame_texts():
    """The texts that the packages' modules give to gettext."""
    from datacentric_helpers.plotting import PRODUCTS, STAGES

    found = {*STAGES, *PRODUCTS}
    for folder in ("datacentric_helpers", "graders"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_" and node.args
                if called and isinstance(node.args[0], ast.Constant):
                    found.add(node.args[0].value)
    return found


def test_every_message_of_the_frame_is_translated():
    missing = sorted(frame_texts() - korean().keys())
    assert not missing, f"no Korean for: {missing}"


@pytest.mark.parametrize(("assignment", "exercise"), EXERCISES, ids=IDS)
def test_every_text_of_an_exercise_is_translated(assignment, exercise):
    known = korean()
    missing = [text for text in exercise.messages if text not in known or not known[text].string]
    assert not missing, f"no Korean for: {missing}"


def test_no_translation_is_left_over_untranslated_or_fuzzy():
    used = frame_texts() | {text for _, e in EXERCISES for text in e.messages}
    assert not [m.id for m in korean().values() if m.id not in used]
    assert not [m.id for m in korean().values() if not m.string or m.fuzzy]


def test_translations_keep_the_fields_and_the_code_of_the_original():
    for message in korean().values():
        for pattern in (r"\{[^}]*\}", r"`[^`]+`"):
            assert sorted(re.findall(pattern, message.id)) == sorted(re.findall(pattern, message.string)), message.id


def test_the_language_comes_from_the_workbook_and_can_be_overruled(workbook_folder, monkeypatch):
    assert i18n.language() == "ko"
    monkeypatch.setenv("DCAI_LANG", "en")
    assert i18n.language() == "en"
    i18n.set_language("ko")
    assert i18n.language() == "ko"


def test_a_language_that_the_course_does_not_have_is_refused():
    with pytest.raises(ValueError, match="fr"):
        i18n.set_language("fr")


def test_a_text_without_translation_stays_as_it_is():
    assert i18n.gettext("no such message", "ko") == "no such message"
