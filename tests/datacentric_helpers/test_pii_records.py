"""The generator of notes with personal data: every span is what its kind says, and look-alikes are nobody's."""

import re

import pytest
from ko_pii.checksum import luhn, rrn_checksum

from datacentric_helpers import pii_records
from datacentric_helpers.pii_records import FORMS, KINDS, LANGUAGES, document, records


def pieces(kind, language="ko", forms="plain"):
    return [note.text[start:end] for note in records(300, 7, language, forms=forms) for start, end, k in note.spans if k == kind]


def test_what_the_module_says_it_exports_is_there():
    assert all(hasattr(pii_records, name) for name in pii_records.__all__)


def test_the_same_seed_gives_the_same_notes_and_another_seed_others():
    assert records(20, 1) == records(20, 1)
    assert records(20, 1) != records(20, 2)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("forms", FORMS)
def test_spans_lie_in_order_inside_the_text_and_do_not_overlap(language, forms):
    for note in records(200, 3, language, forms=forms):
        ends = [place for start, end, _ in note.spans for place in (start, end)]
        assert note.spans
        assert ends == sorted(ends)
        assert ends[-1] <= len(note.text)


@pytest.mark.parametrize(("language", "foreign"), [("ko", "ssn"), ("en", "rrn")])
def test_each_language_has_all_kinds_but_the_other_ones_number(language, foreign):
    assert {kind for note in records(200, 5, language) for _, _, kind in note.spans} == set(KINDS) - {foreign}


def test_resident_numbers_of_people_born_before_october_2020_have_a_fitting_check_digit():
    numbers = [re.sub(r"\D", "", piece) for piece in pieces("rrn")]
    old = [n for n in numbers if not (n[6] in "34" and n[:6] >= "201001")]
    new = [n for n in numbers if n not in old]
    assert all(rrn_checksum.is_valid_checksum(n) for n in old)
    assert 0 < sum(rrn_checksum.is_valid_checksum(n) for n in new) < len(new)


@pytest.mark.parametrize("language", LANGUAGES)
def test_cards_pass_luhns_test_and_coupons_do_not(language):
    cards = pieces("card", language)
    coupons = re.findall(r"(?:쿠폰|Coupon) ([\d -]{16,19})(?= 만료| expired)", document(500, 9, language).text)
    assert all(luhn.is_valid(re.sub(r"\D", "", number)) for number in cards)
    assert coupons
    assert not any(luhn.is_valid(re.sub(r"\D", "", number)) for number in coupons)


def test_american_phones_and_e_mails_belong_to_nobody():
    assert all(re.search(r"555-01\d\d$", phone) for phone in pieces("phone", "en"))
    assert all(re.search(r"@(mail[.])?example[.](com|org|net|co[.]kr)$", mail) for mail in pieces("email"))


def test_wild_forms_are_written_in_more_ways():
    assert any("공" in phone for phone in pieces("phone", forms="wild"))
    assert not any("공" in phone for phone in pieces("phone"))


def test_a_document_holds_the_same_pieces_as_its_notes():
    text = document(10, 4)
    notes = records(10, 4)
    assert text.text == "".join(note.text + "\n" for note in notes)
    assert [text.text[s:e] for s, e, _ in text.spans] == [note.text[s:e] for note in notes for s, e, _ in note.spans]


@pytest.mark.parametrize("wrong", [{"language": "fr"}, {"forms": "odd"}, {"kinds": ["name"]}])
def test_an_unknown_language_form_or_kind_is_refused(wrong):
    with pytest.raises(ValueError, match="language is one of"):
        records(1, 1, **wrong)
