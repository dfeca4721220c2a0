import re

from datacentric_helpers import i18n
from datacentric_helpers.cards import as_html, as_text
from datacentric_helpers.checking import report


def wrong(a, b):
    return 100.0


def test_a_card_shows_properties_smallest_case_and_hints():
    page = as_html(report("percent_agreement", wrong))
    assert "dcai-failed" in page
    assert re.search(r"expected.*0\.75|expected.*1", page, re.DOTALL)
    assert page.count("dcai-hint") == len(report("percent_agreement", wrong).hints)


def test_what_a_learner_returns_cannot_become_html():
    page = as_html(report("percent_agreement", lambda a, b: "<script>alert(1)</script>"))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_korean_card_has_no_english_sentence_left():
    i18n.set_language("ko")
    text = as_text(report("percent_agreement", wrong))
    assert re.search("[가-힣]", text.splitlines()[0])
    assert "properties hold" not in text
    assert "expected" not in text


def test_a_blank_answer_gets_a_neutral_card():
    def blank(a, b):
        raise NotImplementedError

    page = as_html(report("percent_agreement", blank))
    assert "dcai-blank" in page
    assert "✗" not in page
