"""The same item, labelled twice, differently: errors that need no model to be found."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

CONFLICT = "the same text with different labels forms a group"
AGREEING = "copies that agree are no conflict"
SPELLING = "case, white space and Unicode form make no difference"
NO_MORE = "nothing more is merged"
REFUSED = "lists of different lengths are refused"


def reference(items: Sequence[str], labels: Sequence[str]) -> list[list[int]]:
    """Every item compared with every other one: groups of row numbers."""
    if len(items) != len(labels):
        raise ValueError("one label per item")
    texts = [" ".join(unicodedata.normalize("NFC", item).casefold().split()) for item in items]
    groups = []
    for first, text in enumerate(texts):
        if text in texts[:first]:
            continue
        same = [i for i, other in enumerate(texts) if other == text]
        if any(labels[i] != labels[first] for i in same):
            groups.append(same)
    return groups


WORDS = ("한글 데이터", "Straße 12", "CAFÉ au lait", "10 m² room", "good film", "good-film", "notable", "no table", "Ⅳ", "IV")


def respelled(rng: np.random.Generator, text: str) -> str:
    """``text`` in another case, with other white space or in Unicode's decomposed form."""
    text = (text, text.upper(), text.title(), text.casefold())[rng.integers(4)]
    text = text.replace(" ", (" ", "  ", "\t", " \n", "\u00a0", "\u3000")[rng.integers(6)])
    text = (text, f" {text}", f"{text}\n")[rng.integers(3)]
    return unicodedata.normalize(("NFC", "NFD")[rng.integers(2)], text)


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """No items, one item, copies far apart, groups that interleave, then random spellings."""
    yield Case(AGREEING, ([], []))
    yield Case(AGREEING, (["a"], ["x"]))
    yield Case(CONFLICT, (["b", "a", "c", "a", "b", "b"], ["x", "y", "x", "x", "x", "y"]))
    yield Case(CONFLICT, (["b", "a", "a", "b", "c", "c"], ["x", "y", "z", "y", "x", "x"]))
    yield Case(CONFLICT, (["a", "a"], ["x", "X"]))
    yield Case(AGREEING, (["a", "b", "a", "b", "c"], ["x", "y", "x", "x", "x"]))
    yield Case(SPELLING, (["", "\n ", "Maße", "MASSE", "가"], ["x", "y", "x", "z", "x"]))
    for n_items in (15, 40):
        items = [respelled(rng, WORDS[i]) for i in [*rng.integers(4, size=n_items), 4, 4]]
        yield Case(SPELLING, (items, [*rng.choice(["x", "y"], n_items).tolist(), "x", "x"]))
    yield Case(NO_MORE, ([WORDS[i] for i in rng.permutation(10)] * 2, ["x"] * 10 + ["x"] * 9 + ["y"]))
    yield Case(NO_MORE, (["10 m²", "10 m2", "ab", "a b"], ["x", "y", "x", "y"]))
    yield Case(REFUSED, (["a", "a", "a"], ["x", "y"]), raises="ValueError")
    yield Case(REFUSED, (["a", "a"], ["x", "y", "y"]), raises="ValueError")


exercise = Exercise(
    id="duplicate_conflicts",
    title="Duplicates with conflicting labels",
    points=3,
    minutes=10,
    hints=(
        "First a key for each text: `unicodedata.normalize`, then `casefold`, then the white space.",
        "A `defaultdict(list)` from key to row numbers collects the copies, in the order of their first item.",
        'The set of labels of a group tells whether it agrees. `" ".join(text.split())` collapses every kind of white space.',
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(CONFLICT, (["great film", "dull", "great film", "great film"], ["pos", "neg", "neg", "pos"])),
        Case(AGREEING, (["great film", "dull", "great film", "dull"], ["pos", "neg", "pos", "pos"])),
        Case(SPELLING, (["한글 Café", "한글  CAFÉ "], ["noun", "name"])),
        Case(SPELLING, ([unicodedata.normalize("NFD", "한국어"), "Straße", "STRASSE", "한국어"], ["a", "b", "c", "d"])),
        Case(NO_MORE, (["no table", "notable", "20 m²", "20 m2"], ["neg", "pos", "area", "length"])),
        Case(REFUSED, (["great film", "great film"], ["pos"]), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_a_dictionary(items, labels):
    if len(items) != len(labels):
        raise ValueError("one label per item")
    groups = defaultdict(list)
    for i, item in enumerate(items):
        key = re.sub(r"\s+", " ", unicodedata.normalize("NFC", item).casefold()).strip()
        groups[key].append(i)
    return [rows for rows in groups.values() if len({labels[i] for i in rows}) > 1]


@exercise.right
def with_pandas(items, labels):
    if len(items) != len(labels):
        raise ValueError("one label per item")
    keys = [unicodedata.normalize("NFC", " ".join(item.casefold().split())) for item in items]
    table = pd.DataFrame({"key": keys, "label": labels, "row": range(len(keys))})
    groups = [group for _, group in table.groupby("key", sort=False) if group["label"].nunique() > 1]
    return [group["row"].tolist() for group in groups]


@exercise.right
def with_a_warning(items, labels):
    import warnings

    warnings.warn("only texts that are equal after normalisation are compared")
    if len(items) != len(labels):
        raise ValueError("one label per item")
    keys = [" ".join(unicodedata.normalize("NFC", item).casefold().split()) for item in items]
    seen, found = Counter(keys), []
    for key in seen:
        rows = [i for i, k in enumerate(keys) if k == key]
        if len(set(labels[i] for i in rows)) >= 2:
            found.append(rows)
    return found


@exercise.wrong(
    "You reported every group of copies. Copies whose labels agree are a matter for deduplication; a conflict needs at "
    "least two different labels in the group.",
    share=0,
)
def all_duplicates(items, labels):
    if len(items) != len(labels):
        raise ValueError("one label per item")
    groups = defaultdict(list)
    for i, item in enumerate(items):
        groups[" ".join(unicodedata.normalize("NFC", item).casefold().split())].append(i)
    return [rows for rows in groups.values() if len(rows) > 1]


@exercise.wrong(
    "Your groups hold one row per label. A reviewer needs every copy: three against one says something that one against one hides.",
    share=3 / 5,
)
def one_row_per_label(items, labels):
    if len(items) != len(labels):
        raise ValueError("one label per item")
    groups = defaultdict(dict)
    for i, item in enumerate(items):
        groups[" ".join(unicodedata.normalize("NFC", item).casefold().split())].setdefault(labels[i], i)
    return [list(rows.values()) for rows in groups.values() if len(rows) > 1]


@exercise.wrong(
    "You compared the texts as they stand. `Great film` and `great  film` are the same item to a reader: normalise before you compare.",
    share=4 / 5,
)
def not_normalised(items, labels):
    if len(items) != len(labels):
        raise ValueError("one label per item")
    groups = defaultdict(list)
    for i, item in enumerate(items):
        groups[item].append(i)
    return [rows for rows in groups.values() if len({labels[i] for i in rows}) > 1]


@exercise.wrong(
    "The texts were not brought to one Unicode form. A file name from a Mac may hold 한 as three letters (ㅎ, ㅏ, ㄴ), a Korean keyboard writes one "
    'syllable: they look the same and compare as different. `unicodedata.normalize("NFC", text)` joins them.',
    share=4 / 5,
)
def no_unicode_form(items, labels):
    if len(items) != len(labels):
        raise ValueError("one label per item")
    groups = defaultdict(list)
    for i, item in enumerate(items):
        groups[" ".join(item.casefold().split())].append(i)
    return [rows for rows in groups.values() if len({labels[i] for i in rows}) > 1]


@exercise.wrong(
    "You used `lower`. It changes capitals, but some letters have more than one small form: `Straße` and `STRASSE` stay apart. "
    "`casefold` is made for comparing.",
    share=4 / 5,
)
def lower_case(items, labels):
    if len(items) != len(labels):
        raise ValueError("one label per item")
    groups = defaultdict(list)
    for i, item in enumerate(items):
        groups[" ".join(unicodedata.normalize("NFC", item).lower().split())].append(i)
    return [rows for rows in groups.values() if len({labels[i] for i in rows}) > 1]


@exercise.wrong(
    "You removed the white space altogether, and `no table` became `notable`. A run of white space becomes one space; only at the ends "
    "does it go.",
    share=4 / 5,
)
def no_white_space(items, labels):
    if len(items) != len(labels):
        raise ValueError("one label per item")
    groups = defaultdict(list)
    for i, item in enumerate(items):
        groups["".join(unicodedata.normalize("NFC", item).casefold().split())].append(i)
    return [rows for rows in groups.values() if len({labels[i] for i in rows}) > 1]


@exercise.wrong(
    "You used NFKC. It also replaces characters that only resemble each other: `20 m²` became `20 m2`, an area became a length. "
    "NFC joins different encodings of one character and stops there.",
    share=4 / 5,
)
def compatibility_form(items, labels):
    if len(items) != len(labels):
        raise ValueError("one label per item")
    groups = defaultdict(list)
    for i, item in enumerate(items):
        groups[" ".join(unicodedata.normalize("NFKC", item).casefold().split())].append(i)
    return [rows for rows in groups.values() if len({labels[i] for i in rows}) > 1]


@exercise.wrong(
    "`zip` stops at the shorter list without a word, and the last items go unchecked. Compare the lengths first: lists that do not "
    "match are an error.",
    share=4 / 5,
)
def lengths_not_compared(items, labels):
    groups = defaultdict(list)
    for i, (item, _) in enumerate(zip(items, labels)):
        groups[" ".join(unicodedata.normalize("NFC", item).casefold().split())].append(i)
    return [rows for rows in groups.values() if len({labels[i] for i in rows}) > 1]
