"""One Unicode form, no invisible characters, single spaces; a text that is mostly special characters is dropped."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import numpy as np
import regex  # type: ignore[import-untyped]

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

FORM = "the result is in Unicode's NFC, and cleaning it again changes nothing"
INVISIBLE = "control, format and private characters go, the two joiners stay"
SPACES = "every run of white space becomes one space, none at the ends"
HALF = "a text with more than half special characters is dropped"
SCRIPTS = "letters, marks and digits of every script are not special"


def reference(text: str) -> str | None:
    """The cleaned text, or None, by the character classes of the ``regex`` library."""
    text = regex.sub(r"[\s\x1c-\x1f]+", " ", text)
    text = regex.sub(r"[\p{Cc}\p{Cf}\p{Co}--[\u200c\u200d]]", "", text, flags=regex.V1)
    text = unicodedata.normalize("NFC", regex.sub(" +", " ", text).strip(" "))
    visible = regex.sub(r"\s", "", text)
    if not visible or 2 * len(regex.findall(r"[^\p{L}\p{M}\p{N}]", visible)) > len(visible):
        return None
    return text


PIECES = ("데이터", "cleaning", "मानक हिन्दी", "ภาษาไทยที่นี่", "3.14", "ok!", "日本語", "naïve", "۱۲۳", "Ångström", "👍🏽", "한글")
GAPS = (" ", "  ", "\t", "\r\n", "\u00a0", "\u3000", "\n\n ", "\x0b")
INVISIBLES = ("\u200b", "\ufeff", "\u00ad", "\x00", "\x07", "\x1b", "\u202e", "\ue000", "\x7f", "\u2060")


def some(rng: np.random.Generator) -> list[str]:
    """A few words in NFC, letters in the majority."""
    return ["원천데이터", *(PIECES[i] for i in rng.integers(len(PIECES), size=rng.integers(2, 7)))]


def sprinkled(rng: np.random.Generator, text: str) -> str:
    """``text`` with one to four invisible characters somewhere in it."""
    for _ in range(rng.integers(1, 5)):
        place = int(rng.integers(len(text) + 1))
        text = text[:place] + INVISIBLES[rng.integers(len(INVISIBLES))] + text[place:]
    return text


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Nothing, a single character, exactly half, then every class of characters and random texts."""
    yield Case(HALF, ("",))
    yield Case(HALF, (" \n\u200b ",))
    yield Case(HALF, ("?",))
    yield Case(HALF, ("가!",))
    yield Case(HALF, ("가 ! !",))
    yield Case(HALF, ("\u200b\u200b\u200b ab \u200b",))
    yield Case(HALF, ("$ 1 + 2 = 3 %",))
    yield Case(HALF, ("a b c # # # #",))
    yield Case(FORM, (unicodedata.normalize("NFD", "수집 café Ǻ"),))
    yield Case(FORM, ("e\u200b\u0301t\u200be\u0301",))
    yield Case(FORM, ("\u1112\u200b\u1161\u200b\u11ab글",))
    yield Case(FORM, ("20 m² № ﬁ Ⅳ ｱ",))
    yield Case(INVISIBLE, ("\ufeffa\x00b\x08c\x1bd\x7fe\x85f\u00adg\u200eh\ue000i\U000f0000j",))
    yield Case(INVISIBLE, ("می\u200cخواهم क्\u200dष",))
    yield Case(INVISIBLE, ("pass\u202edrow\u202c",))
    yield Case(SPACES, ("\ta\x0bb\x0cc\x1cd\u2028e\u3000f \u200b g\r\n",))
    yield Case(SPACES, ("\u200b a\u200b b\x00 ",))
    yield Case(SCRIPTS, ("हिन्दी में लिखना",))
    yield Case(SCRIPTS, ("ที่นี่มีน้ำ",))
    yield Case(SCRIPTS, ("٣٤٥ ½ ²",))
    yield Case(SCRIPTS, ("수집 데이터",))
    for _ in range(4):
        yield Case(FORM, (unicodedata.normalize("NFD", " ".join(some(rng))),))
        yield Case(INVISIBLE, (sprinkled(rng, " ".join(some(rng))),))
        yield Case(SPACES, (GAPS[rng.integers(len(GAPS))].join(["", *some(rng)]),))
        n = int(rng.integers(4, 30))
        odd = "".join("★♥#@"[i] for i in rng.integers(4, size=n))
        yield Case(HALF, ("글a1"[rng.integers(3)] * n + odd,))
        yield Case(HALF, (" ".join(odd) + "글a1"[rng.integers(3)] * (n - 1),))


exercise = Exercise(
    id="clean_text",
    title="Cleaning a text",
    points=4,
    minutes=15,
    hints=(
        '`unicodedata.category(c)` gives two letters for each character: `"Lo"` is a letter, `"Mn"` a mark, `"Nd"` a digit, `"Cf"` an invisible format character.',
        "White space first: `str.split()` without arguments knows every kind of it. A line break is also a control character, and would glue two words together.",
        "Look at the text again after something was removed: letters that were apart now stand side by side, and spaces too.",
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(FORM, (unicodedata.normalize("NFD", "한국어 café"),)),
        Case(FORM, ("cafe\u200b\u0301 20 m²",)),
        Case(INVISIBLE, ("\ufeffda\u00adta\x00 base\u200b",)),
        Case(INVISIBLE, ("가족 사진 \U0001f468\u200d\U0001f469\u200d\U0001f467",)),
        Case(SPACES, (" first line\r\nsecond\tline\u00a0 \u200b end ",)),
        Case(HALF, ("★★★ 특가 ★★★",)),
        Case(HALF, ("★★ 특가",)),
        Case(HALF, ("#  #  a",)),
        Case(SCRIPTS, ("हिन्दी की किताबें",)),
        Case(SCRIPTS, ("원천데이터를 정제합니다",)),
    ),
    hidden=hidden,
)


@exercise.right
def with_categories(text):
    text = " ".join(text.split())
    kept = [c for c in text if c in "\u200c\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Co")]
    text = unicodedata.normalize("NFC", " ".join("".join(kept).split()))
    visible = [c for c in text if not c.isspace()]
    special = [c for c in visible if unicodedata.category(c)[0] not in "LMN"]
    if len(visible) == 0 or len(special) / len(visible) > 0.5:
        return None
    return text


@exercise.right
def with_a_loop(text):
    out = ""
    for c in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(c)
        if c.isspace():
            c = " "
        elif kind in {"Cc", "Cf", "Co"} and c not in {"\u200c", "\u200d"}:
            continue
        if c == " " and (out == "" or out.endswith(" ")):
            continue
        out += c
    out = unicodedata.normalize("NFC", out.rstrip())
    balance = 0
    for c in out:
        if c != " ":
            balance += -1 if unicodedata.category(c)[0] in ("L", "M", "N") else 1
    return out if out and balance <= 0 else None


@exercise.right
def with_a_warning(text):
    import warnings

    text = re.sub(r"\s+", " ", text)
    bad = [c for c in set(text) if unicodedata.category(c) in ("Cc", "Cf", "Co") and ord(c) not in (0x200C, 0x200D)]
    if bad:
        warnings.warn(f"{len(bad)} kinds of invisible characters removed")
    text = text.translate({ord(c): None for c in bad})
    text = unicodedata.normalize("NFC", re.sub(" +", " ", text).strip())
    visible = text.replace(" ", "")
    wordlike = sum(unicodedata.category(c).startswith(("L", "M", "N")) for c in visible)
    return text if visible and wordlike >= len(visible) - wordlike else None


@exercise.wrong(
    "You count as special whatever is not a Latin letter or a digit of ASCII. That rule throws away whole languages: every Korean, Hindi or Greek sentence "
    "is 100 % special to it. Ask Unicode instead: categories that begin with L, M or N.",
    share=0,
)
def only_ascii_counts(text):
    text = " ".join(text.split())
    kept = [c for c in text if c in "\u200c\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Co")]
    text = unicodedata.normalize("NFC", " ".join("".join(kept).split()))
    visible = text.replace(" ", "")
    special = re.sub("[A-Za-z0-9]", "", visible)
    return text if visible and 2 * len(special) <= len(visible) else None


@exercise.wrong(
    "`isalnum` is False for combining marks, which Hindi, Thai and many other scripts write their vowels with: such texts seem to be full of special characters. A "
    "mark (category M) belongs to its letter.",
    share=4 / 5,
)
def marks_are_special(text):
    text = " ".join(text.split())
    kept = [c for c in text if c in "\u200c\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Co")]
    text = unicodedata.normalize("NFC", " ".join("".join(kept).split()))
    visible = text.replace(" ", "")
    special = [c for c in visible if not c.isalnum()]
    return text if visible and 2 * len(special) <= len(visible) else None


@exercise.wrong(
    "A text with exactly half special characters was dropped. The rule says *more than* half: at 0.5 the text stays.",
    share=4 / 5,
)
def half_is_too_much(text):
    text = " ".join(text.split())
    kept = [c for c in text if c in "\u200c\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Co")]
    text = unicodedata.normalize("NFC", " ".join("".join(kept).split()))
    visible = text.replace(" ", "")
    special = [c for c in visible if unicodedata.category(c)[0] not in "LMN"]
    return text if 2 * len(special) < len(visible) else None


@exercise.wrong(
    "You counted the spaces too. A text that is all symbols passes if it only has enough gaps: `#  #  a` is two thirds special, however wide it is set. White space "
    "counts on neither side.",
    share=3 / 5,
)
def spaces_counted(text):
    text = " ".join(text.split())
    kept = [c for c in text if c in "\u200c\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Co")]
    text = unicodedata.normalize("NFC", " ".join("".join(kept).split()))
    special = [c for c in text if c != " " and unicodedata.category(c)[0] not in "LMN"]
    return text if text and 2 * len(special) <= len(text) else None


@exercise.wrong(
    "You normalised first and then removed characters. What stood apart now stands side by side: e, an invisible space, an accent became e + accent, two "
    "characters again. NFC has to be the last step, or cleaning twice gives something else than cleaning once.",
    share=4 / 5,
)
def normalised_too_early(text):
    text = " ".join(unicodedata.normalize("NFC", text).split())
    kept = [c for c in text if c in "\u200c\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Co")]
    text = " ".join("".join(kept).split())
    visible = text.replace(" ", "")
    special = [c for c in visible if unicodedata.category(c)[0] not in "LMN"]
    return text if visible and 2 * len(special) <= len(visible) else None


@exercise.wrong(
    "You used NFKC. It also replaces characters that only resemble each other: `20 m²` became `20 m2`, an area became a length. Raw data has to keep what it "
    "says; NFC joins different encodings of one character and stops there.",
    share=3 / 5,
)
def compatibility_form(text):
    text = " ".join(text.split())
    kept = [c for c in text if c in "\u200c\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Co")]
    text = unicodedata.normalize("NFKC", " ".join("".join(kept).split()))
    visible = text.replace(" ", "")
    special = [c for c in visible if unicodedata.category(c)[0] not in "LMN"]
    return text if visible and 2 * len(special) <= len(visible) else None


@exercise.wrong(
    "Control characters went before white space was looked at. A line break and a tab are control characters too, so two lines became one word. First turn every "
    "run of white space into a space, then remove what is left.",
    share=3 / 5,
)
def lines_glued(text):
    kept = [c for c in text if c in "\u200c\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Co")]
    text = unicodedata.normalize("NFC", " ".join("".join(kept).split()))
    visible = text.replace(" ", "")
    special = [c for c in visible if unicodedata.category(c)[0] not in "LMN"]
    return text if visible and 2 * len(special) <= len(visible) else None


@exercise.wrong(
    "You removed the joiners as well. U+200D holds the family 👨‍👩‍👧 together, U+200C keeps Persian letters apart: without them one picture becomes three people and "
    "words change their spelling. These two of the format characters carry meaning.",
    share=4 / 5,
)
def joiners_removed(text):
    text = " ".join(text.split())
    kept = [c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Co")]
    text = unicodedata.normalize("NFC", " ".join("".join(kept).split()))
    visible = text.replace(" ", "")
    special = [c for c in visible if unicodedata.category(c)[0] not in "LMN"]
    return text if visible and 2 * len(special) <= len(visible) else None


@exercise.wrong(
    "Only control characters (Cc) were removed. The zero-width space, the byte order mark and the soft hyphen are format characters (Cf): a search for `database` "
    "does not find `data\u200bbase`, and nobody sees why.",
    share=1 / 5,
)
def format_characters_stay(text):
    text = " ".join(text.split())
    kept = [c for c in text if unicodedata.category(c) != "Cc"]
    text = unicodedata.normalize("NFC", " ".join("".join(kept).split()))
    visible = text.replace(" ", "")
    special = [c for c in visible if unicodedata.category(c)[0] not in "LMN"]
    return text if visible and 2 * len(special) <= len(visible) else None
