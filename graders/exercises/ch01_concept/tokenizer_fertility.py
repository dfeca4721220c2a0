"""How many tokens a tokenizer spends per word, per character and per byte."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Hashable, Iterator, Sequence
from fractions import Fraction

import numpy as np

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

PER_WORD, PER_CHARACTER = "tokens per word, over all texts together", "tokens per character, white space not counted"
PER_BYTE, COMPOSED = "tokens per byte of UTF-8", "Hangul counts in composed form (NFC)"
WORDLESS, NOTHING = "texts without a word are left out, tokens and all", "without any word, every number is NaN"
LENGTHS = "texts and token lists that do not match are refused"

ENGLISH = ("Label the data.", ["Label", " the", " data", "."])
KOREAN = ("데이터를 라벨링해요.", ["데이터", "를", "라벨링", "하", "어요", "."])
MIXED = ("AI 모델을 fine-tuning 했다", ["AI", " 모", "델", "을", " fine", "-", "tun", "ing", " 했", "다"])
VOCABULARY = (*"data model label the of clean training token café".split(), "데이터", "모델을", "라벨", "학습시킨", "토큰이", "가이드라인은")


def reference(texts: Sequence[str], tokens: Sequence[Sequence[Hashable]]) -> dict[str, float]:
    """Totals by exact counting, then exact quotients (``Fraction``).

    ``texts`` (n,) and ``tokens`` (n lists). Raises ValueError where their lengths differ.
    """
    if len(texts) != len(tokens):
        raise ValueError(f"one list of tokens per text is due: {len(texts)} texts, {len(tokens)} lists")
    spent = words = characters = size = 0
    for text, pieces in zip(texts, tokens, strict=True):
        found = re.findall(r"\S+", unicodedata.normalize("NFC", text))
        if not found:
            continue
        spent += len(pieces)
        words += len(found)
        for word in found:
            for character in word:
                characters += 1
                size += len(character.encode("utf-8"))
    counts = {"per_word": words, "per_character": characters, "per_byte": size}
    return {name: float(Fraction(spent, count)) if words else math.nan for name, count in counts.items()}


def _corpus(rng: np.random.Generator, n_texts: int, n_words: int, width: int) -> tuple[list[str], list[list[str]]]:
    """Random texts of 1 to ``n_words`` words, cut every ``width`` characters."""
    texts = [" ".join(rng.choice(VOCABULARY, int(rng.integers(1, n_words + 1))).tolist()) for _ in range(n_texts)]
    return texts, [[text[i:i + width] for i in range(0, len(text), width)] for text in texts]


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Edge cases first, then random texts in two languages."""
    yield Case(NOTHING, (["  "], [[1]]))
    yield Case(PER_WORD, (["a"], [[]]))
    yield Case(WORDLESS, (["", "two words", " \t\n"], [["<s>"], ["<s>", "two", " words"], ["<s>", " ", "\n"]]))
    yield Case(WORDLESS, (["one", "\u3000"], [[7, 8], [7, 9, 9]]))
    yield Case(COMPOSED, ([unicodedata.normalize("NFD", KOREAN[0]), "cafe\u0301"], [KOREAN[1], ["ca", "fe\u0301"]]))
    yield Case(PER_WORD, (["one  two\nthree ", "four"], [[1, 2, 3, 4], [5]]))
    yield Case(LENGTHS, (["one", "two"], [[1]]), raises="ValueError")
    yield Case(LENGTHS, ([], [[1]]), raises="ValueError")
    for name, n_texts, width in ((PER_WORD, 3, 2), (PER_CHARACTER, 4, 3), (PER_BYTE, 5, 2), (PER_BYTE, 12, 4)):
        texts, tokens = _corpus(rng, n_texts, 6, width)
        yield Case(name, (["tiny", *texts], [["t", "i", "n", "y"], *tokens]))
    texts, tokens = _corpus(rng, 3, 5, 2)
    yield Case(COMPOSED, ([unicodedata.normalize("NFD", text) for text in [*texts, "토큰이"]], [*tokens, ["토큰", "이"]]))


exercise = Exercise(
    id="tokenizer_fertility",
    title="Tokenizer fertility",
    points=4,
    minutes=12,
    hints=(
        "Count first, divide last: one total of tokens, one of words, one of characters, one of bytes, over all texts that have a word.",
        "`text.split()` without an argument gives the words: no empty ones, whatever the white space. In Korean they are the eojeol.",
        "`unicodedata.normalize(\"NFC\", text)` first; then `\"\".join(words)` holds the characters that count, and `.encode()` makes bytes of them.",
    ),
    compare=close(),  # quotients of whole numbers: any two right ways differ by rounding only
    reference=reference,
    public=(
        Case(PER_WORD, ([ENGLISH[0]], [ENGLISH[1]])),
        Case(PER_WORD, (["Go.", MIXED[0]], [["Go", "."], MIXED[1]])),
        Case(PER_WORD, (["two  words\nand two"], [[11, 12, 13, 14, 15]])),
        Case(PER_CHARACTER, ([KOREAN[0], ENGLISH[0]], [KOREAN[1], ENGLISH[1]])),
        Case(PER_BYTE, ([KOREAN[0], MIXED[0]], [KOREAN[1], MIXED[1]])),
        Case(COMPOSED, ([unicodedata.normalize("NFD", "라벨 데이터")], [["라벨", "데이터"]])),
        Case(WORDLESS, (["", "two words"], [["<s>"], ["<s>", "two", " words"]])),
        Case(NOTHING, ([], [])),
        Case(NOTHING, (["", " "], [[], ["<s>"]])),
        Case(LENGTHS, (["one", "two"], [["one"], ["two"], ["three"]]), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_totals(texts, tokens):
    if len(texts) != len(tokens):
        raise ValueError("one list of tokens per text")
    rows = [(unicodedata.normalize("NFC", text).split(), pieces) for text, pieces in zip(texts, tokens)]
    rows = [(words, pieces) for words, pieces in rows if words]
    n = sum(len(pieces) for _, pieces in rows)
    joined = "".join("".join(words) for words, _ in rows)
    if not rows:
        return dict.fromkeys(("per_word", "per_character", "per_byte"), math.nan)
    n_words = sum(len(words) for words, _ in rows)
    return {"per_word": n / n_words, "per_character": n / len(joined), "per_byte": n / len(joined.encode())}


@exercise.right
def with_an_array(texts, tokens):
    if len(texts) != len(tokens):
        raise ValueError("one list of tokens per text")
    rows = [(0, 0, 0, 0)]
    for text, pieces in zip(texts, tokens):
        text = unicodedata.normalize("NFC", text)
        seen = [c for c in text if not c.isspace()]
        rows.append((len(pieces) if seen else 0, len(text.split()), len(seen), sum(len(c.encode("utf-8")) for c in seen)))
    spent, *counts = np.array(rows, dtype=float).sum(axis=0)
    with np.errstate(invalid="ignore"):
        return {f"per_{unit}": np.divide(spent, n) for unit, n in zip(("word", "character", "byte"), counts)}


@exercise.right
def with_a_warning(texts, tokens):
    import warnings

    if len(texts) != len(tokens):
        raise ValueError("one list of tokens per text")
    counts = np.zeros(4)
    for text, pieces in zip(texts, tokens):
        words = [unicodedata.normalize("NFC", word) for word in text.split()]
        if words:
            counts += [len(pieces), len(words), sum(map(len, words)), sum(len(word.encode()) for word in words)]
        else:
            warnings.warn("a text without a word", stacklevel=2)
    values = counts[0] / counts[1:] if counts[1] else [math.nan] * 3
    return dict(zip(("per_word", "per_character", "per_byte"), values))


@exercise.wrong(
    "You averaged the texts' own ratios, so a text of one word weighs as much as a page. Cost and context are paid for the whole "
    "corpus: add up tokens and words over all texts, then divide once.",
    share=3 / 7,
)
def mean_of_ratios(texts, tokens):
    if len(texts) != len(tokens):
        raise ValueError("one list of tokens per text")
    rows = []
    for text, pieces in zip(texts, tokens):
        words = unicodedata.normalize("NFC", text).split()
        if words:
            joined = "".join(words)
            rows.append((len(pieces) / len(words), len(pieces) / len(joined), len(pieces) / len(joined.encode())))
    means = np.mean(rows, axis=0) if rows else [math.nan] * 3
    return dict(zip(("per_word", "per_character", "per_byte"), means))


@exercise.wrong(
    "White space is counted among your characters and bytes. English has far more of it than Korean, so the comparison would be "
    "between spacings: count the characters of the words only.",
    share=2 / 7,
)
def white_space_counts(texts, tokens):
    if len(texts) != len(tokens):
        raise ValueError("one list of tokens per text")
    n = n_words = characters = size = 0
    for text, pieces in zip(texts, tokens):
        text = unicodedata.normalize("NFC", text)
        if text.split():
            n += len(pieces)
            n_words += len(text.split())
            characters += len(text)
            size += len(text.encode())
    if not n_words:
        return dict.fromkeys(("per_word", "per_character", "per_byte"), math.nan)
    return {"per_word": n / n_words, "per_character": n / characters, "per_byte": n / size}


@exercise.wrong(
    "`split(\" \")` makes an empty word of every second space, and no cut at a line break or tab. `split()` without an argument "
    "splits at any run of white space.",
    share=6 / 7,
)
def split_at_single_spaces(texts, tokens):
    if len(texts) != len(tokens):
        raise ValueError("one list of tokens per text")
    n = n_words = 0
    joined = ""
    for text, pieces in zip(texts, tokens):
        text = unicodedata.normalize("NFC", text)
        if text.split():
            n += len(pieces)
            n_words += len(text.split(" "))
            joined += "".join(text.split())
    if not n_words:
        return dict.fromkeys(("per_word", "per_character", "per_byte"), math.nan)
    return {"per_word": n / n_words, "per_character": n / len(joined), "per_byte": n / len(joined.encode())}


@exercise.wrong(
    "Your characters are those of the text as it came. A file from a Mac may hold 라 as two code points, ㄹ and ㅏ, and looks just the "
    "same: normalise to NFC before you count.",
    share=6 / 7,
)
def not_composed(texts, tokens):
    if len(texts) != len(tokens):
        raise ValueError("one list of tokens per text")
    rows = [(text.split(), pieces) for text, pieces in zip(texts, tokens) if text.split()]
    n = sum(len(pieces) for _, pieces in rows)
    joined = "".join("".join(words) for words, _ in rows)
    if not rows:
        return dict.fromkeys(("per_word", "per_character", "per_byte"), math.nan)
    n_words = sum(len(words) for words, _ in rows)
    return {"per_word": n / n_words, "per_character": n / len(joined), "per_byte": n / len(joined.encode())}


@exercise.wrong(
    "You divided words by tokens. Fertility says how many tokens a word is torn into, so it is tokens by words, and higher is worse.",
    share=0,
)
def upside_down(texts, tokens):
    if len(texts) != len(tokens):
        raise ValueError("one list of tokens per text")
    rows = [(unicodedata.normalize("NFC", text).split(), pieces) for text, pieces in zip(texts, tokens)]
    rows = [(words, pieces) for words, pieces in rows if words]
    n = sum(len(pieces) for _, pieces in rows)
    joined = "".join("".join(words) for words, _ in rows)
    if not rows:
        return dict.fromkeys(("per_word", "per_character", "per_byte"), 0.0)
    n_words = sum(len(words) for words, _ in rows)
    return {"per_word": n_words / max(n, 1), "per_character": len(joined) / max(n, 1), "per_byte": len(joined.encode()) / max(n, 1)}


@exercise.wrong(
    "Tokens of texts without a word are in your total. Many tokenizers put a start token even before an empty text; with a thousand "
    "empty rows, the fertility would rise without a word having been torn.",
    share=6 / 7,
)
def tokens_of_empty_texts(texts, tokens):
    if len(texts) != len(tokens):
        raise ValueError("one list of tokens per text")
    n = sum(len(pieces) for pieces in tokens)
    words = [word for text in texts for word in unicodedata.normalize("NFC", text).split()]
    joined = "".join(words)
    if not words:
        return dict.fromkeys(("per_word", "per_character", "per_byte"), math.nan)
    return {"per_word": n / len(words), "per_character": n / len(joined), "per_byte": n / len(joined.encode())}


@exercise.wrong(
    "Your bytes are characters. In UTF-8 a Hangul syllable takes three bytes and an English letter one: `len(text.encode())`.",
    share=3 / 7,
)
def bytes_are_characters(texts, tokens):
    if len(texts) != len(tokens):
        raise ValueError("one list of tokens per text")
    rows = [(unicodedata.normalize("NFC", text).split(), pieces) for text, pieces in zip(texts, tokens)]
    rows = [(words, pieces) for words, pieces in rows if words]
    n = sum(len(pieces) for _, pieces in rows)
    joined = "".join("".join(words) for words, _ in rows)
    if not rows:
        return dict.fromkeys(("per_word", "per_character", "per_byte"), math.nan)
    n_words = sum(len(words) for words, _ in rows)
    return {"per_word": n / n_words, "per_character": n / len(joined), "per_byte": n / len(joined)}


@exercise.wrong(
    "Without a single word you give 0, which reads like a perfect tokenizer. Nothing was measured: give `math.nan`.",
    share=6 / 7,
)
def zero_for_nothing(texts, tokens):
    if len(texts) != len(tokens):
        raise ValueError("one list of tokens per text")
    rows = [(unicodedata.normalize("NFC", text).split(), pieces) for text, pieces in zip(texts, tokens)]
    rows = [(words, pieces) for words, pieces in rows if words]
    n = sum(len(pieces) for _, pieces in rows)
    joined = "".join("".join(words) for words, _ in rows)
    n_words = sum(len(words) for words, _ in rows)
    return {"per_word": n / max(n_words, 1), "per_character": n / max(len(joined), 1), "per_byte": n / max(len(joined.encode()), 1)}


@exercise.wrong(
    "`zip` stops at the shorter list without a word, and texts whose tokens were lost vanish from the count. Compare the lengths first, "
    "and raise a ValueError.",
    share=6 / 7,
)
def lengths_not_compared(texts, tokens):
    rows = [(unicodedata.normalize("NFC", text).split(), pieces) for text, pieces in zip(texts, tokens)]
    rows = [(words, pieces) for words, pieces in rows if words]
    n = sum(len(pieces) for _, pieces in rows)
    joined = "".join("".join(words) for words, _ in rows)
    if not rows:
        return dict.fromkeys(("per_word", "per_character", "per_byte"), math.nan)
    n_words = sum(len(words) for words, _ in rows)
    return {"per_word": n / n_words, "per_character": n / len(joined), "per_byte": n / len(joined.encode())}
