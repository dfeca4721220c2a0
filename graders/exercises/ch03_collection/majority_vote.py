"""Majority vote over a crowd's answers: ties, repeated answers, skipped and open items."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

Answer = tuple[str, str, str | None]

PLURALITY, TIES, TWICE = "the most frequent label wins", "a tie decides nothing", "one worker has one vote per item"
SKIPPED, OPEN = "a skipped answer is no vote", "an item with too few votes stays open"
REFUSED = "unusable input is refused"


def reference(answers: Sequence[Answer], min_votes: int) -> dict[str, str | None]:
    """The label of each item by plurality, None where it is tied or has fewer than ``min_votes`` votes; by pandas.

    ``answers`` are (item, worker, label), label None = skipped; a worker's last answer to an item counts.
    Raises ValueError for ``min_votes`` below 1 and for a label that is neither a string nor None.
    """
    if min_votes < 1:
        raise ValueError("at least one vote is due")
    if any(not isinstance(label, str | None) for _, _, label in answers):
        raise ValueError("a label is a string, or None where it was skipped")
    table = pd.DataFrame(answers, columns=["item", "worker", "label"], dtype=object)
    last = table.drop_duplicates(["item", "worker"], keep="last")
    decided = {}
    for item, group in last.groupby("item"):
        votes = group["label"].dropna()
        winners = votes.mode()
        decided[str(item)] = str(winners[0]) if len(winners) == 1 and len(votes) >= min_votes else None
    return decided


def poll(rng: np.random.Generator, item: str, labels: Sequence[str | None]) -> list[Answer]:
    """One answer per label to ``item``, each by a worker of its own, in random order."""
    order = rng.permutation(len(labels))
    return [(item, f"w{i}", labels[i]) for i in order]


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Nothing, one answer, polls with a winner, ties, repeated answers, skips, too few votes, then what must be refused."""
    a, b, c, d = rng.permutation(["ant", "bee", "cat", "dog"]).tolist()
    yield Case(PLURALITY, ([], 1))
    yield Case(PLURALITY, ([("p", "Ann", a)], 1))
    yield Case(PLURALITY, ([*poll(rng, "p", [a] * 3 + [b] * 2 + [c, d]), *poll(rng, "q", [b, b, c])], 2))
    for n in (2, 4):
        answers = [*poll(rng, "p", [a] * (n + 1) + [b] * n), *poll(rng, "q", [c] * n + [d] * (n - 1)), *poll(rng, "r", [b])]
        yield Case(PLURALITY, ([answers[i] for i in rng.permutation(len(answers))], 1))
    yield Case(TIES, (poll(rng, "p", [a, b]), 1))
    yield Case(TIES, ([*poll(rng, "p", [a, a, b, b, c]), *poll(rng, "q", [d, c, a]), *poll(rng, "r", [d, d, c])], 3))
    yield Case(TWICE, ([("p", "Ann", a), ("p", "Ann", a), ("p", "Bo", b), ("p", "Cho", b), ("p", "Ann", a)], 1))
    yield Case(TWICE, ([("p", "Ann", a), ("p", "Bo", b), ("q", "Bo", a), ("p", "Cho", b), ("p", "Bo", a)], 1))
    yield Case(TWICE, ([("p", "Ann", a), ("q", "Bo", b), ("p", "Ann", b)], 1))
    yield Case(SKIPPED, (poll(rng, "p", [None, None, a]), 1))
    yield Case(SKIPPED, ([*poll(rng, "p", [a, None, a]), *poll(rng, "q", [None, None, None, None])], 3))
    yield Case(OPEN, ([*poll(rng, "p", [a, a, a]), *poll(rng, "q", [b, b]), *poll(rng, "r", [b])], 3))
    yield Case(OPEN, ([*poll(rng, "p", [a] * 4 + [b]), *poll(rng, "q", [c] * 4)], 5))
    yield Case(REFUSED, ([("p", "Ann", a)], -1), raises="ValueError")
    yield Case(REFUSED, ([("p", "Ann", a), ("p", "Bo", float("nan"))], 1), raises="ValueError")
    yield Case(REFUSED, ([("p", "Ann", 7), ("p", "Bo", a)], 1), raises="ValueError")


exercise = Exercise(
    id="majority_vote",
    title="Majority vote",
    points=3,
    minutes=10,
    hints=(
        "First settle what each worker said last: a dict with the key `(item, worker)` keeps only the last value that you put in.",
        "Then count labels per item, for example with `defaultdict(Counter)`, and leave None out of the counting, not the item out of "
        "the result.",
        "Collect all labels that reach the largest count. Only if there is exactly one, and the counts add up to `min_votes`, the item "
        "is decided.",
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(PLURALITY, ([("p", "Ann", "cat"), ("p", "Bo", "dog"), ("p", "Cho", "cat"), ("q", "Ann", "dog")], 1)),
        Case(PLURALITY, ([("p", "Ann", "cat"), ("p", "Bo", "dog"), ("p", "Cho", "cat"), ("p", "Dan", "fox"), ("p", "Eun", "bee")], 1)),
        Case(TIES, ([("p", "Ann", "dog"), ("p", "Bo", "cat")], 1)),
        Case(TWICE, ([("p", "Ann", "cat"), ("p", "Bo", "dog"), ("p", "Ann", "cat"), ("p", "Cho", "dog")], 1)),
        Case(TWICE, ([("p", "Ann", "cat"), ("p", "Ann", "dog")], 1)),
        Case(SKIPPED, ([("p", "Ann", None), ("p", "Bo", "cat"), ("p", "Cho", None)], 1)),
        Case(SKIPPED, ([("p", "Ann", "cat"), ("q", "Ann", None)], 1)),
        Case(OPEN, ([("p", "Ann", "cat"), ("p", "Bo", "cat"), ("q", "Ann", "dog")], 2)),
        Case(REFUSED, ([("p", "Ann", "cat")], 0), raises="ValueError"),
        Case(REFUSED, ([("p", "Ann", "cat"), ("p", "Bo", 3)], 1), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_counters(answers, min_votes):
    if min_votes < 1 or not all(label is None or isinstance(label, str) for _, _, label in answers):
        raise ValueError("labels are strings or None, and at least one vote is due")
    last = {(item, worker): label for item, worker, label in answers}
    votes = {item: Counter() for item, _ in last}
    for (item, _), label in last.items():
        if label is not None:
            votes[item][label] += 1
    decided = {}
    for item, counts in votes.items():
        top = counts.most_common(2)
        tied = len(top) == 2 and top[0][1] == top[1][1]
        decided[item] = top[0][0] if top and not tied and sum(counts.values()) >= min_votes else None
    return decided


@exercise.right
def with_sorted_lists(answers, min_votes):
    if min_votes < 1:
        raise ValueError("min_votes must be at least 1")
    ballots = defaultdict(dict)
    for item, worker, label in answers:
        if not (label is None or type(label) is str):
            raise ValueError(f"{label!r} is no label")
        ballots[item][worker] = label
    decided = {}
    for item, ballot in ballots.items():
        votes = [label for label in ballot.values() if label is not None]
        ranked = sorted(set(votes), key=votes.count, reverse=True)
        clear = len(ranked) == 1 or (len(ranked) > 1 and votes.count(ranked[0]) > votes.count(ranked[1]))
        decided[item] = ranked[0] if clear and len(votes) >= min_votes else None
    return decided


@exercise.right
def with_a_warning(answers, min_votes):
    import warnings

    if min_votes < 1 or any(not (label is None or isinstance(label, str)) for _, _, label in answers):
        raise ValueError("unusable answers")
    last = {}
    for item, worker, label in answers:
        if (item, worker) in last:
            warnings.warn(f"{worker} answered {item} again", stacklevel=2)
        last[item, worker] = label
    decided = {}
    for item in {item for item, _ in last}:
        votes = [label for (i, _), label in last.items() if i == item and label is not None]
        labels, counts = np.unique(np.array(votes, dtype=str), return_counts=True)
        winners = labels[counts == counts.max(initial=0)].tolist()
        decided[item] = winners[0] if len(winners) == 1 and len(votes) >= min_votes else None
    return decided


@exercise.wrong(
    "At a tie you take the label that came in first: `most_common` and `max` both do. Who happened to answer fastest then decides. The "
    "answers say \"we do not know yet\": return None, and ask one more worker.",
    share=5 / 6,
)
def first_of_a_tie(answers, min_votes):
    if min_votes < 1 or not all(label is None or isinstance(label, str) for _, _, label in answers):
        raise ValueError("unusable answers")
    last = {(item, worker): label for item, worker, label in answers}
    votes = {item: Counter() for item, _ in last}
    for (item, _), label in last.items():
        if label is not None:
            votes[item][label] += 1
    return {item: max(c, key=c.get) if c and c.total() >= min_votes else None for item, c in votes.items()}


@exercise.wrong(
    "At a tie you take the first label of the alphabet (pandas' `mode()[0]` does). Over thousands of items that makes \"ant\" grow at the "
    "expense of \"dog\": a bias with a direction. Return None.",
    share=5 / 6,
)
def alphabet_breaks_ties(answers, min_votes):
    if min_votes < 1 or not all(label is None or isinstance(label, str) for _, _, label in answers):
        raise ValueError("unusable answers")
    last = {(item, worker): label for item, worker, label in answers}
    votes = {item: Counter() for item, _ in last}
    for (item, _), label in last.items():
        if label is not None:
            votes[item][label] += 1
    return {item: min(c, key=lambda x: (-c[x], x)) if c and c.total() >= min_votes else None for item, c in votes.items()}


@exercise.wrong(
    "You ask for more than half of the votes. With more than two labels the winner may have fewer: of cat, cat, dog, fox, bee the cat leads. "
    "Compare with the second label, not with one half.",
    share=5 / 6,
)
def absolute_majority(answers, min_votes):
    if min_votes < 1 or not all(label is None or isinstance(label, str) for _, _, label in answers):
        raise ValueError("unusable answers")
    last = {(item, worker): label for item, worker, label in answers}
    votes = {item: Counter() for item, _ in last}
    for (item, _), label in last.items():
        if label is not None:
            votes[item][label] += 1
    decided = {}
    for item, c in votes.items():
        top = c.most_common(1)
        decided[item] = top[0][0] if top and 2 * top[0][1] > c.total() >= min_votes else None
    return decided


@exercise.wrong(
    "A worker who answers the same item three times has three votes in your count. Whoever clicks again, or runs a script, then outvotes the "
    "others. Keep one answer per worker and item.",
    share=5 / 6,
)
def repeated_votes_count(answers, min_votes):
    if min_votes < 1 or not all(label is None or isinstance(label, str) for _, _, label in answers):
        raise ValueError("unusable answers")
    votes = {item: Counter() for item, _, _ in answers}
    for item, _, label in answers:
        if label is not None:
            votes[item][label] += 1
    decided = {}
    for item, c in votes.items():
        best = [x for x in c if c[x] == max(c.values())]
        decided[item] = best[0] if len(best) == 1 and c.total() >= min_votes else None
    return decided


@exercise.wrong(
    "You keep a worker's first answer to an item. People go back and correct themselves: the last answer is the one they stand by.",
    share=5 / 6,
)
def first_answer_kept(answers, min_votes):
    if min_votes < 1 or not all(label is None or isinstance(label, str) for _, _, label in answers):
        raise ValueError("unusable answers")
    first = {}
    for item, worker, label in answers:
        first.setdefault((item, worker), label)
    votes = {item: Counter() for item, _ in first}
    for (item, _), label in first.items():
        if label is not None:
            votes[item][label] += 1
    decided = {}
    for item, c in votes.items():
        best = [x for x in c if c[x] == max(c.values())]
        decided[item] = best[0] if len(best) == 1 and c.total() >= min_votes else None
    return decided


@exercise.wrong(
    "You count None as if \"skipped\" were a label. Two people who could not see the picture then outvote the one who could. Leave skips out, "
    "also when you compare with `min_votes`.",
    share=5 / 6,
)
def skips_are_votes(answers, min_votes):
    if min_votes < 1 or not all(label is None or isinstance(label, str) for _, _, label in answers):
        raise ValueError("unusable answers")
    last = {(item, worker): label for item, worker, label in answers}
    votes = defaultdict(Counter)
    for (item, _), label in last.items():
        votes[item][label] += 1
    decided = {}
    for item, c in votes.items():
        best = [x for x in c if c[x] == max(c.values())]
        decided[item] = best[0] if len(best) == 1 and c.total() >= min_votes else None
    return decided


@exercise.wrong(
    "An item that everybody skipped is missing from your result. It is the item that most needs attention (broken picture? unclear "
    "question?): list it, with None.",
    share=5 / 6,
)
def skipped_items_vanish(answers, min_votes):
    if min_votes < 1 or not all(label is None or isinstance(label, str) for _, _, label in answers):
        raise ValueError("unusable answers")
    last = {(item, worker): label for item, worker, label in answers}
    votes = defaultdict(Counter)
    for (item, _), label in last.items():
        if label is not None:
            votes[item][label] += 1
    decided = {}
    for item, c in votes.items():
        best = [x for x in c if c[x] == max(c.values())]
        decided[item] = best[0] if len(best) == 1 and c.total() >= min_votes else None
    return decided


@exercise.wrong(
    "You never look at `min_votes`. One answer alone is always unanimous; it says what one person clicked, not what the crowd thinks. "
    "Leave items with fewer votes open (None).",
    share=4 / 6,
)
def min_votes_ignored(answers, min_votes):
    if min_votes < 1 or not all(label is None or isinstance(label, str) for _, _, label in answers):
        raise ValueError("unusable answers")
    last = {(item, worker): label for item, worker, label in answers}
    votes = {item: Counter() for item, _ in last}
    for (item, _), label in last.items():
        if label is not None:
            votes[item][label] += 1
    decided = {}
    for item, c in votes.items():
        best = [x for x in c if c[x] == max(c.values())]
        decided[item] = best[0] if len(best) == 1 else None
    return decided


@exercise.wrong(
    "The votes are right, but unusable input passes: a label that is a number or NaN (pandas' missing value), or `min_votes` below 1. "
    "Raise a ValueError before you count.",
    share=5 / 6,
)
def nothing_checked(answers, min_votes):
    last = {(item, worker): label for item, worker, label in answers}
    votes = {item: Counter() for item, _ in last}
    for (item, _), label in last.items():
        if label is not None:
            votes[item][label] += 1
    decided = {}
    for item, c in votes.items():
        best = [x for x in c if c[x] == max(c.values())]
        decided[item] = best[0] if len(best) == 1 and c.total() >= min_votes else None
    return decided
