"""Exact-match agreement of two annotators who marked spans of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from sklearn.metrics import precision_recall_fscore_support

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

Span = tuple[int, int, str]

SHARES, LABEL, BOUNDS = "precision, recall and F1 of exact matches", "the label counts too", "an overlap is not a match"
NOTHING, REFUSED = "nothing marked, or nothing in common", "broken spans are refused"

# "Kim Minji of Seoul National University": the family name alone, and the city inside the university's name.
REFERENCE = [(0, 9, "PER"), (13, 38, "ORG"), (13, 18, "LOC")]
LABELS = ["PER", "ORG", "LOC", "DATE"]


def reference(a: Sequence[Span], b: Sequence[Span]) -> dict[str, float]:
    """Precision, recall and F1 (each 0 to 1, higher is better) of ``b`` against ``a``, by scikit-learn.

    Every span that anyone marked is one item, and each annotator says "marked" or "not marked" for it. Raises ValueError for
    a span that does not end after its start, and for a span that one annotator marked twice.
    """
    for spans in (a, b):
        if len(set(spans)) != len(spans) or any(not start < end for start, end, _label in spans):
            raise ValueError("a span must end after its start and be marked once")
    if not a and not b:
        return {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    marked = sorted({*a, *b})
    precision, recall, f1, _support = precision_recall_fscore_support(
        [span in a for span in marked], [span in b for span in marked], average="binary", zero_division=0.0
    )
    return {"precision": float(precision), "recall": float(recall), "f1": float(f1)}


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Edge cases first, then a random reference and an annotator who moves, renames, drops and adds spans."""
    yield Case(SHARES, ([(0, 1, "PER")], [(0, 1, "PER")]))
    yield Case(LABEL, ([(0, 4, "PER"), (0, 4, "ORG")], [(0, 4, "ORG"), (0, 4, "LOC"), (5, 9, "PER")]))
    yield Case(BOUNDS, ([(2, 8, "PER"), (10, 14, "ORG")], [(3, 8, "PER"), (2, 9, "PER"), (10, 14, "ORG")]))
    for n_spans in (4, 12):
        starts = np.cumsum(rng.integers(5, 15, n_spans))
        a = [(int(s), int(s + rng.integers(1, 5)), str(rng.choice(LABELS))) for s in starts]
        yield Case(SHARES, (a, [*a[: n_spans // 2], (0, 3, "PER"), (3, 4, "ORG"), (1, 4, "LOC")]))
        yield Case(LABEL, (a, [(s, e, "MISC" if i % 2 else label) for i, (s, e, label) in enumerate(a)]))
        yield Case(BOUNDS, (a, [(s, e + int(i % 3 == 0), label) for i, (s, e, label) in enumerate(a)]))
    yield Case(NOTHING, ([], [(0, 4, "PER"), (5, 7, "LOC")]))
    yield Case(NOTHING, ([(0, 4, "PER")], [(4, 8, "PER"), (9, 11, "LOC")]))
    yield Case(REFUSED, ([(0, 4, "PER"), (7, 5, "LOC")], []), raises="ValueError")
    yield Case(REFUSED, ([], [(3, 3, "PER")]), raises="ValueError")
    yield Case(REFUSED, ([(0, 4, "PER")], [(0, 4, "PER"), (5, 9, "ORG"), (0, 4, "PER")]), raises="ValueError")


exercise = Exercise(
    id="span_agreement",
    title="Span agreement",
    points=3,
    minutes=8,
    hints=(
        "A tuple `(start, end, label)` can be an element of a set, so a set operation finds the spans that both marked.",
        "Precision divides the matches by the number of spans in `b`, recall by the number in `a`.",
        "Decide what happens with empty lists before you divide: both empty is full agreement, one empty is none.",
    ),
    compare=close(),  # quotients of whole numbers: any two right ways differ by rounding only
    reference=reference,
    public=(
        Case(SHARES, (REFERENCE, [(0, 9, "PER"), (13, 38, "ORG")])),
        Case(SHARES, (REFERENCE, [*REFERENCE, (10, 12, "MISC")])),
        Case(LABEL, (REFERENCE, [(0, 9, "PER"), (13, 38, "MISC")])),
        Case(BOUNDS, (REFERENCE, [(0, 3, "PER"), (13, 38, "ORG")])),
        Case(NOTHING, ([], [])),
        Case(NOTHING, ([(0, 9, "PER")], [])),
        Case(REFUSED, ([(0, 9, "PER")], [(9, 0, "PER")]), raises="ValueError"),
        Case(REFUSED, ([(0, 9, "PER"), (0, 9, "PER")], [(0, 9, "PER")]), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_a_counter(a, b):
    for spans in (a, b):
        if any(count > 1 for count in Counter(spans).values()) or any(start >= end for start, end, _ in spans):
            raise ValueError("broken span")
    matches = sum((Counter(a) & Counter(b)).values())
    if len(a) + len(b) == 0:
        return dict.fromkeys(["precision", "recall", "f1"], 1.0)
    return {
        "precision": matches / len(b) if b else 0.0,
        "recall": matches / len(a) if a else 0.0,
        "f1": 2 * matches / (len(a) + len(b)),
    }


@exercise.right
def with_a_loop_that_warns(a, b):
    import warnings

    seen = {"a": [], "b": []}
    for name, spans in (("a", a), ("b", b)):
        for start, end, label in spans:
            if end - start < 1 or (start, end, label) in seen[name]:
                raise ValueError(f"broken span in {name}: {(start, end, label)}")
            seen[name].append((start, end, label))
    if not a and not b:
        return {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    if not a or not b:
        warnings.warn("one annotator marked nothing", stacklevel=2)
        return {"precision": 0.0, "recall": 0.0, "f1": 0.0}
    matches = sum(1 for span in b if span in seen["a"])
    precision, recall = matches / len(b), matches / len(a)
    f1 = 2 / (1 / precision + 1 / recall) if matches else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}


@exercise.wrong(
    "Precision and recall have changed places. `a` is the reference: recall asks how much of `a` was found, "
    "precision how much of `b` is right.",
    share=2 / 5,
)
def precision_and_recall_swapped(a, b):
    for spans in (a, b):
        if len(set(spans)) != len(spans) or any(start >= end for start, end, _ in spans):
            raise ValueError("broken span")
    if not a and not b:
        return {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    matches = len(set(a) & set(b))
    return {
        "precision": matches / len(a) if a else 0.0,
        "recall": matches / len(b) if b else 0.0,
        "f1": 2 * matches / (len(a) + len(b)),
    }


@exercise.wrong(
    "You compared the offsets and left the label out. Two annotators who mark the same words as ORG and as LOC disagree "
    "about exactly what the data are for.",
    share=4 / 5,
)
def label_ignored(a, b):
    for spans in (a, b):
        if len(set(spans)) != len(spans) or any(start >= end for start, end, _ in spans):
            raise ValueError("broken span")
    if not a and not b:
        return {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    precise = sum(any(x[:2] == y[:2] for x in a) for y in b)
    found = sum(any(x[:2] == y[:2] for y in b) for x in a)
    precision, recall = (precise / len(b) if b else 0.0), (found / len(a) if a else 0.0)
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}


@exercise.wrong(
    "You let an overlap count as a match. Partial credit is a measure of its own; exact matching asks for the same start "
    "and the same end.",
    share=4 / 5,
)
def overlap_is_a_match(a, b):
    for spans in (a, b):
        if len(set(spans)) != len(spans) or any(start >= end for start, end, _ in spans):
            raise ValueError("broken span")
    if not a and not b:
        return {"precision": 1.0, "recall": 1.0, "f1": 1.0}

    def touches(x, y):
        return x[0] < y[1] and y[0] < x[1] and x[2] == y[2]

    precise = sum(any(touches(x, y) for x in a) for y in b)
    found = sum(any(touches(x, y) for y in b) for x in a)
    precision, recall = (precise / len(b) if b else 0.0), (found / len(a) if a else 0.0)
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}


@exercise.wrong(
    "Your F1 is the plain mean of precision and recall. F1 is their harmonic mean, which stays near the smaller of the two.",
    share=2 / 5,
)
def arithmetic_mean(a, b):
    for spans in (a, b):
        if len(set(spans)) != len(spans) or any(start >= end for start, end, _ in spans):
            raise ValueError("broken span")
    if not a and not b:
        return {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    matches = len(set(a) & set(b))
    precision, recall = (matches / len(b) if b else 0.0), (matches / len(a) if a else 0.0)
    return {"precision": precision, "recall": recall, "f1": (precision + recall) / 2}


@exercise.wrong(
    "Two empty lists get 0 from you. Where neither annotator found anything to mark, they agree: the scores are 1.0.",
    share=4 / 5,
)
def both_empty_is_zero(a, b):
    for spans in (a, b):
        if len(set(spans)) != len(spans) or any(start >= end for start, end, _ in spans):
            raise ValueError("broken span")
    matches = len(set(a) & set(b))
    precision, recall = (matches / len(b) if b else 0.0), (matches / len(a) if a else 0.0)
    f1 = 2 * precision * recall / (precision + recall) if matches else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}


@exercise.wrong(
    "You divide by zero where a list is empty or no span matches. Many sentences of a real corpus hold no entity at all, so say "
    "first what those cases mean.",
    share=4 / 5,
)
def division_by_zero(a, b):
    for spans in (a, b):
        if len(set(spans)) != len(spans) or any(start >= end for start, end, _ in spans):
            raise ValueError("broken span")
    matches = len(set(a) & set(b))
    precision, recall = matches / len(b), matches / len(a)
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / (precision + recall)}


@exercise.wrong(
    "Broken spans go through unseen. A span whose end is not after its start, or that stands twice in one list, is an error in "
    "the file: raise ValueError before you count.",
    share=4 / 5,
)
def spans_not_checked(a, b):
    if not a and not b:
        return {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    matches = len(set(a) & set(b))
    precision, recall = (matches / len(b) if b else 0.0), (matches / len(a) if a else 0.0)
    f1 = 2 * precision * recall / (precision + recall) if matches else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}


@exercise.wrong(
    "Putting the spans into a set hides a span that one annotator marked twice. Compare the sizes of list and set, and "
    "raise ValueError where they differ.",
    share=4 / 5,
)
def duplicates_merged(a, b):
    if any(start >= end for start, end, _ in [*a, *b]):
        raise ValueError("broken span")
    a, b = set(a), set(b)
    if not a and not b:
        return {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    matches = len(a & b)
    precision, recall = (matches / len(b) if b else 0.0), (matches / len(a) if a else 0.0)
    f1 = 2 * precision * recall / (precision + recall) if matches else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}
