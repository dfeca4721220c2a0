"""Whom to ask first: a queue for relabeling from the model's suspicion and the annotators' disagreement."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.model_selection import cross_val_predict

from datacentric_helpers import annotators, datasets
from datacentric_helpers.compare import exact, fixed_model
from datacentric_helpers.fixed_model import accuracy_after_repair, fixed_classifier
from graders.exercise import Case, Exercise

Array = np.ndarray[Any, Any]

URGENCY, NO_VOTES = "both signals add up", "an item without votes has no disagreement"
TIES, LIFTS, REFUSED = "of equally urgent items the smaller number first", "lifts the fixed model", "impossible input is refused"


def reference(labels: Array, probs: Array, votes: Array, budget: int) -> list[int]:
    """The ``budget`` most urgent item numbers, item by item in plain Python; ties in the order of the items.

    ``labels`` (n,), ``probs`` and ``votes`` (n, k). Raises ValueError for shapes that do not fit, labels that are no column
    number, rows of ``probs`` that do not sum to 1 or hold NaN, and a budget outside 0..n.
    """
    n, k = probs.shape
    if labels.shape != (n,) or votes.shape != (n, k) or budget not in range(n + 1):
        raise ValueError("one label, one row of probabilities and one of votes per item; a budget from 0 to n")
    if not set(labels.tolist()) <= set(range(k)) or any(not math.isclose(math.fsum(row), 1, abs_tol=1e-6) for row in probs.tolist()):
        raise ValueError("labels are column numbers, rows of probabilities sum to one")
    queue = []
    for item, (label, row, counts) in enumerate(zip(labels.tolist(), probs.tolist(), votes.tolist())):
        disagreement = 1 - counts[label] / sum(counts) if sum(counts) else 0
        queue.append((-((1 - row[label]) + disagreement), item))
    return [item for _, item in sorted(queue)[:budget]]


def digits(seed: int) -> Case:
    """300 digits, a quarter of them mislabelled, four annotators (75 % right) who each saw 70 %: 60 may be relabelled.

    The seeds in use are ones where each signal alone leaves the fixed model at least three of 300 test images below what is due,
    so that neither rounding nor another machine decides.
    """
    data = datasets.digits()
    rows = np.random.default_rng(seed).permutation(len(data.y))[:600]
    train, test = rows[:300], rows[300:]
    true, pixels = data.y[train], data.X.astype(np.uint8)  # whole numbers, 0 to 16
    given, _ = annotators.plant_errors(true, 0.25, seed)
    people = {name: annotators.confusion(10, 0.75) for name in ("Ann", "Bo", "Cho", "Dee")}
    ratings = annotators.rate(true, people, seed, coverage=0.7).to_numpy()  # (300, 4)
    votes = (ratings[:, :, None] == np.arange(10)).sum(axis=1)  # (300, 10)
    probs = cross_val_predict(fixed_classifier(), pixels[train], given, cv=5, method="predict_proba")
    expected = {
        "X": pixels[train], "given": given, "true": true, "X_test": pixels[test], "y_test": data.y[test], "budget": 60, "accuracy": 0.0,
    }
    expected["accuracy"] = accuracy_after_repair(expected, reference(given, probs, votes, 60))
    return Case(LIFTS, (given, probs, votes, 60), expected=expected, compare=fixed_model(margin=0.01))


def mixed(rng: np.random.Generator, n_items: int, k: int, least: int) -> tuple[Array, Array, Array]:
    """Labels, probabilities of a model and votes, at least ``least`` per item, none of which knows the others."""
    probs = rng.dirichlet(np.ones(k), size=n_items)
    votes = np.array([rng.multinomial(n, np.full(k, 1 / k)) for n in rng.integers(least, 6, size=n_items)])
    return rng.integers(k, size=n_items), probs, votes


def broken(probs: Array, value: float) -> Array:
    """``probs`` with one entry replaced."""
    return np.where(np.arange(probs.size).reshape(probs.shape) == 1, value, probs)


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """One item, no budget, random items, no votes, ties, real digits, then what must be refused."""
    yield Case(URGENCY, (np.array([0]), np.array([[0.75, 0.25]]), np.array([[1, 2]]), 1))
    yield Case(URGENCY, (np.array([0, 1]), np.array([[0.75, 0.25], [0.5, 0.5]]), np.array([[1, 2], [0, 1]]), 0))
    for n_items, k in ((8, 2), (20, 3), (40, 5)):
        yield Case(URGENCY, (*mixed(rng, n_items, k, least=1), n_items // 2))
    yield Case(URGENCY, (*mixed(rng, 15, 3, least=1), 15))
    labels, probs, votes = mixed(rng, 12, 3, least=1)
    yield Case(NO_VOTES, (labels, probs, np.zeros_like(votes), 12))
    yield Case(NO_VOTES, (labels, probs, np.where(np.arange(12)[:, None] % 3 == 0, 0, votes), 12))
    yield Case(TIES, (np.zeros(6, dtype=int), np.full((6, 2), 0.5), np.ones((6, 2), dtype=int), 4))
    quarters, halves = np.array([0.25, 0.75, 0.5])[rng.integers(3, size=20)], rng.integers(1, 4, size=20)
    yield Case(
        TIES,
        (np.zeros(20, dtype=int), np.column_stack([quarters, 1 - quarters]), np.column_stack([halves, 4 - halves]), 15),
    )
    yield digits(12)
    labels, probs, votes = mixed(rng, 5, 3, least=1)
    yield Case(REFUSED, (labels[:-1], probs, votes, 2), raises="ValueError")
    yield Case(REFUSED, (labels, probs, votes[:-1], 2), raises="ValueError")
    yield Case(REFUSED, (labels, probs, votes[:, :-1], 2), raises="ValueError")
    yield Case(REFUSED, (np.array([0, 1, 2, 0, 3]), probs, votes, 2), raises="ValueError")
    yield Case(REFUSED, (np.array([0, 1, 2, 0, -1]), probs, votes, 2), raises="ValueError")
    for budget in (-1, 6):
        yield Case(REFUSED, (labels, probs, votes, budget), raises="ValueError")
    for value in (math.nan, probs[0, 1] + 0.01, probs[0, 1] - 0.01):
        yield Case(REFUSED, (labels, broken(probs, value), votes, 2), raises="ValueError")


SMALL = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])

exercise = Exercise(
    id="relabel_queue",
    title="A queue for relabeling",
    points=4,
    minutes=15,
    hints=(
        "Two numbers per item, each from 0 to 1, both about the label that was given: what the model doubts, and what the annotators doubt.",
        "`probs[np.arange(n), labels]` picks from every row the entry of its own label; the same index works for `votes`.",
        "Sort by urgency downwards: `np.argsort` sorts upwards, so negate, and ask for `kind=\"stable\"` to keep ties in the items' order.",
    ),
    compare=exact(),  # item numbers in their order
    reference=reference,
    public=(
        Case(URGENCY, (np.array([0, 0, 0, 1]), SMALL, np.array([[1, 3], [3, 1], [2, 2], [4, 0]]), 3)),
        Case(NO_VOTES, (np.array([0, 0, 0, 1]), SMALL, np.array([[3, 1], [0, 0], [2, 2], [0, 0]]), 4)),
        Case(
            TIES,
            (
                np.array([1, 0, 0, 0]),
                np.array([[0.25, 0.75], [0.25, 0.75], [0.75, 0.25], [0.5, 0.5]]),
                np.array([[1, 1], [4, 0], [1, 1], [2, 2]]),
                4,
            ),
        ),
        digits(8),
        Case(REFUSED, (np.array([0, 0, 0, 1]), SMALL, np.array([[1, 3], [3, 1], [2, 2], [4, 0]]), 5), raises="ValueError"),
        Case(REFUSED, (np.array([0, 1]), np.array([[0.9, 0.1], [2.0, 8.0]]), np.array([[1, 3], [3, 1]]), 1), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_argsort(labels, probs, votes, budget):
    n, k = probs.shape
    if labels.shape != (n,) or votes.shape != (n, k) or not 0 <= budget <= n or not np.isin(labels, np.arange(k)).all():
        raise ValueError("shapes, labels or budget do not fit")
    if not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("rows of probabilities sum to one")
    own = np.eye(k, dtype=bool)[labels]
    total = votes.sum(axis=1)
    doubt = np.where(total > 0, (votes * ~own).sum(axis=1) / np.maximum(total, 1), 0)
    return np.argsort(-(1 - probs[own] + doubt), kind="stable")[:budget]


@exercise.right
def with_a_warning(labels, probs, votes, budget):
    import warnings

    if len(labels) != len(probs) or votes.shape != probs.shape or budget < 0 or budget > len(labels):
        raise ValueError("shapes or budget do not fit")
    if any(y not in range(probs.shape[1]) for y in labels) or not all(abs(sum(p) - 1) < 1e-6 for p in probs):
        raise ValueError("labels are column numbers, rows of probabilities sum to one")
    urgency = {}
    for i, (y, p, v) in enumerate(zip(labels, probs, votes)):
        if v.sum() == 0:
            warnings.warn(f"nobody voted on item {i}")
        urgency[i] = 1 - p[y] + (1 - v[y] / v.sum() if v.sum() else 0)
    return sorted(urgency, key=lambda i: urgency[i], reverse=True)[:budget]  # sorted keeps ties in order, even reversed


@exercise.wrong(
    "Your queue follows the model's suspicion alone. Where the model makes the same mistake as the label, nobody asks "
    "again, although the annotators may have disagreed all along. Add the disagreement of the votes.",
    share=0,
)
def only_the_model(labels, probs, votes, budget):
    n, k = probs.shape
    if labels.shape != (n,) or votes.shape != (n, k) or not 0 <= budget <= n or not np.isin(labels, np.arange(k)).all():
        raise ValueError("shapes, labels or budget do not fit")
    if not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("rows of probabilities sum to one")
    own = probs[range(len(labels)), labels]
    urgency = 1 - own
    return np.argsort(-urgency, kind="stable")[:budget]


@exercise.wrong(
    "Your queue follows the annotators' disagreement alone. With three votes an item has few possible values, and the "
    "model, which saw all the other items, is not asked. Add its doubt about the given label.",
    share=0,
)
def only_the_votes(labels, probs, votes, budget):
    n, k = probs.shape
    if labels.shape != (n,) or votes.shape != (n, k) or not 0 <= budget <= n or not np.isin(labels, np.arange(k)).all():
        raise ValueError("shapes, labels or budget do not fit")
    if not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("rows of probabilities sum to one")
    total = votes.sum(axis=1)
    doubt = np.where(total > 0, 1 - votes[range(len(labels)), labels] / np.maximum(total, 1), 0)
    urgency = doubt
    return np.argsort(-urgency, kind="stable")[:budget]


@exercise.wrong(
    "The queue starts with the labels that everybody trusts: `argsort` and `sorted` go upwards. The budget is spent on "
    "items that need no second look; sort downwards.",
    share=0,
)
def least_urgent_first(labels, probs, votes, budget):
    n, k = probs.shape
    if labels.shape != (n,) or votes.shape != (n, k) or not 0 <= budget <= n or not np.isin(labels, np.arange(k)).all():
        raise ValueError("shapes, labels or budget do not fit")
    if not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("rows of probabilities sum to one")
    own = probs[range(len(labels)), labels]
    total = votes.sum(axis=1)
    doubt = np.where(total > 0, 1 - votes[range(len(labels)), labels] / np.maximum(total, 1), 0)
    urgency = 1 - own + doubt
    return np.argsort(urgency, kind="stable")[:budget]


@exercise.wrong(
    "You took the highest probability of any class. A model that is sure of *another* class than the given one then counts "
    "as no suspicion, and that is the strongest sign of a wrong label. Take the probability of the given label.",
    share=0,
)
def any_class(labels, probs, votes, budget):
    n, k = probs.shape
    if labels.shape != (n,) or votes.shape != (n, k) or not 0 <= budget <= n or not np.isin(labels, np.arange(k)).all():
        raise ValueError("shapes, labels or budget do not fit")
    if not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("rows of probabilities sum to one")
    total = votes.sum(axis=1)
    doubt = np.where(total > 0, 1 - votes[range(len(labels)), labels] / np.maximum(total, 1), 0)
    urgency = 1 - probs.max(axis=1) + doubt
    return np.argsort(-urgency, kind="stable")[:budget]


@exercise.wrong(
    "Equally urgent items come out with the larger number first: turning a sorted list round turns its ties too. Sort by "
    "the negative urgency, with a stable sort.",
    share=4 / 5,
)
def larger_number_first(labels, probs, votes, budget):
    n, k = probs.shape
    if labels.shape != (n,) or votes.shape != (n, k) or not 0 <= budget <= n or not np.isin(labels, np.arange(k)).all():
        raise ValueError("shapes, labels or budget do not fit")
    if not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("rows of probabilities sum to one")
    own = probs[range(len(labels)), labels]
    total = votes.sum(axis=1)
    doubt = np.where(total > 0, 1 - votes[range(len(labels)), labels] / np.maximum(total, 1), 0)
    urgency = 1 - own + doubt
    return np.argsort(urgency, kind="stable")[::-1][:budget]


@exercise.wrong(
    "You returned the urgencies themselves. A queue says *which* items to relabel: return the item numbers, most urgent "
    "first.",
    share=0,
)
def urgencies_returned(labels, probs, votes, budget):
    n, k = probs.shape
    if labels.shape != (n,) or votes.shape != (n, k) or not 0 <= budget <= n or not np.isin(labels, np.arange(k)).all():
        raise ValueError("shapes, labels or budget do not fit")
    if not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("rows of probabilities sum to one")
    own = probs[range(len(labels)), labels]
    total = votes.sum(axis=1)
    doubt = np.where(total > 0, 1 - votes[range(len(labels)), labels] / np.maximum(total, 1), 0)
    urgency = 1 - own + doubt
    return np.sort(urgency)[::-1][:budget].tolist()


@exercise.wrong(
    "An item that nobody voted on gives 0/0: its urgency is NaN, and a sort puts NaN anywhere. No votes means no "
    "disagreement, so only the model speaks.",
    share=4 / 5,
)
def divides_by_no_votes(labels, probs, votes, budget):
    n, k = probs.shape
    if labels.shape != (n,) or votes.shape != (n, k) or not 0 <= budget <= n or not np.isin(labels, np.arange(k)).all():
        raise ValueError("shapes, labels or budget do not fit")
    if not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("rows of probabilities sum to one")
    own = probs[range(len(labels)), labels]
    with np.errstate(invalid="ignore"):
        urgency = 1 - own + 1 - votes[range(len(labels)), labels] / votes.sum(axis=1)
    return np.argsort(-urgency, kind="stable")[:budget]


@exercise.wrong(
    "The queue is right, but impossible input passes: a budget beyond the data, a label of -1 that NumPy reads as the last "
    "class, rows that are no probabilities. Each gives a queue that looks fine. Check first, and raise a ValueError.",
    share=4 / 5,
)
def nothing_checked(labels, probs, votes, budget):
    own = probs[range(len(labels)), labels]
    total = votes.sum(axis=1)
    doubt = np.where(total > 0, 1 - votes[range(len(labels)), labels] / np.maximum(total, 1), 0)
    urgency = 1 - own + doubt
    return np.argsort(-urgency, kind="stable")[:budget]
