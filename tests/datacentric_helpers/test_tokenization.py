import re

import pytest

from datacentric_helpers import datasets
from datacentric_helpers.tokenization import TOKENIZERS, pieces


@pytest.mark.parametrize("name", ["smollm2", "mistral", "tekken"])
@pytest.mark.parametrize("text", ["Label the data.", "데이터를 라벨링해요", "AI 모델 fine-tuning 100 %"])
def test_the_pieces_of_a_models_tokenizer_put_together_are_the_text(name, text):
    raw = b"".join(
        bytes.fromhex("".join(re.findall("<(..)>", p))) if re.fullmatch("(<[0-9A-F]{2}>)+", p) else p.encode() for p in pieces(name, text)
    )
    assert raw.decode().replace("▁", " ").strip() == text


def test_kiwi_cuts_the_particle_off():
    assert pieces("kiwi", "데이터를") == ["데이터", "를"]


def test_an_unknown_tokenizer_lists_those_there_are():
    with pytest.raises(ValueError, match="tekken"):
        pieces("word", "text")


def test_every_tokenizer_takes_an_empty_text():
    assert all(pieces(name, "") == [] for name in TOKENIZERS)


def test_the_courses_sentences_are_pairs_of_english_and_korean():
    frame = datasets.course_sentences()
    assert not frame.isna().any(axis=None)
    assert frame["ko"].str.contains("[가-힣]").all()
    assert not frame["en"].str.contains("[가-힣]{6}").any()
    assert frame["en"].is_unique
    assert frame["ko"].is_unique
