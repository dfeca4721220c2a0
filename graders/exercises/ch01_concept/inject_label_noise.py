"""Label noise by a transition matrix: exact numbers for each class, drawn from a seed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from datacentric_helpers.compare import exact, unordered
from graders.exercise import Case, Exercise

Array = np.ndarray[Any, Any]

COUNTS = "each class sends exactly its share to each label"
LEFT_OVER = "items that are left over go to the largest remainders"
ROW = "a label that was just given is not changed again"
DRAWN = "the seed draws which items change, as stated"
REFUSED = "impossible input is refused"


def reference(labels: Array, transition: Array, seed: int) -> Array:
    """Hare's largest-remainder method in fractions for the numbers, then the draw of the statement, item by item: (n,) int."""
    k = len(transition)
    shares = [[Fraction(str(float(share))) for share in row] for row in transition if len(row) == k]
    if len(shares) != k or any(share < 0 for row in shares for share in row) or not all(math.isclose(sum(row), 1) for row in shares):
        raise ValueError("transition must be square, without negative shares, and its rows must sum to 1")
    if not set(labels.tolist()) <= set(range(k)):
        raise ValueError("labels must be class numbers of the matrix")
    rng = np.random.default_rng(seed)
    noisy = labels.astype(int)
    for c in range(k):
        members = np.flatnonzero(labels == c)
        wanted = [len(members) * share for share in shares[c]]
        given = [int(w) for w in wanted]
        for label in sorted(range(k), key=lambda j: (given[j] - wanted[j], j))[: len(members) - sum(given)]:
            given[label] += 1
        queue = rng.permutation(members).tolist()
        for label in range(k):
            for _ in range(given[label]):
                noisy[queue.pop(0)] = label
    return np.asarray(noisy)


def symmetric(k: int, rate: float) -> Array:
    """Every wrong class equally likely."""
    matrix = np.full((k, k), rate / (k - 1))
    np.fill_diagonal(matrix, 1 - rate)
    return matrix


def circle(k: int, rate: float) -> Array:
    """Each class is mistaken for the next one."""
    return (1 - rate) * np.eye(k) + rate * np.roll(np.eye(k), 1, axis=1)


# class 0 goes to labels 2 and 3 only, class 1 to 4 and 5 only: the counts of the labels tell every cell of the matrix
APART = np.array(
    [[0, 0, 0.75, 0.25, 0, 0], [0, 0, 0, 0, 0.5, 0.5], [0, 0, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 1, 0], [0, 0, 0, 0, 0, 1]]
)
SWAP = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
ORDERED = np.array([[0.0, 0.5, 0.25, 0.25], [0.5, 0.0, 0.25, 0.25], [0.25, 0.25, 0.0, 0.5], [0.25, 0.25, 0.5, 0.0]])


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """No items, one class, unused classes, every kind of remainder, then whole data sets and what must be refused."""
    seed = int(rng.integers(1000))
    yield Case(COUNTS, (np.array([0, 0, 1, 1] * 4), APART, seed), compare=unordered())
    yield Case(COUNTS, (np.zeros(100, dtype=int), symmetric(6, 0.4), seed), compare=unordered())
    yield Case(LEFT_OVER, (np.full(100, 2), np.array([[1, 0, 0], [0, 1, 0], [0.29, 0.57, 0.14]]), seed), compare=unordered())
    yield Case(LEFT_OVER, (np.full(9, 1), symmetric(4, 0.4), seed), compare=unordered())
    yield Case(LEFT_OVER, (np.zeros(1, dtype=int), np.array([[0.4, 0.6], [0.0, 1.0]]), seed), compare=unordered())
    yield Case(LEFT_OVER, (np.zeros(7, dtype=int), np.array([[0.55, 0.2, 0.25], [0, 1, 0], [0, 0, 1]]), seed), compare=unordered())
    yield Case(ROW, (rng.integers(0, 3, 20), SWAP[[2, 0, 1]], seed))
    yield Case(ROW, (np.array([], dtype=int), SWAP, seed))
    yield Case(ROW, (np.array([0, 0, 0, 0]), np.eye(1), seed))
    yield Case(DRAWN, (np.repeat([2, 0], [8, 12]), circle(3, 0.5), seed))
    yield Case(DRAWN, (rng.integers(0, 5, 60), symmetric(5, 0.25), seed))
    yield Case(DRAWN, (rng.integers(0, 4, 40), ORDERED, seed + 1))
    yield Case(REFUSED, (np.array([0, 1, 2]), circle(2, 0.5), seed), raises="ValueError")
    yield Case(REFUSED, (np.array([0, -1]), circle(2, 0.5), seed), raises="ValueError")
    yield Case(REFUSED, (np.array([0, 1]), np.array([[0.5, 0.5]]), seed), raises="ValueError")
    yield Case(REFUSED, (np.array([0, 1]), np.array([[0.5, 0.25, 0.25], [0, 1, 0]]), seed), raises="ValueError")
    yield Case(REFUSED, (np.array([0, 1]), np.array([[1.5, -0.5], [0, 1]]), seed), raises="ValueError")
    yield Case(REFUSED, (np.array([1, 1]), np.array([[1.5, -0.5], [0, 1]]), seed), raises="ValueError")
    yield Case(REFUSED, (np.array([], dtype=int), np.ones((3, 1)), seed), raises="ValueError")
    yield Case(REFUSED, (np.array([0, 1]), np.array([[0.5, 0.5], [0.5, np.nan]]), seed), raises="ValueError")
    yield Case(REFUSED, (np.array([0, 1]), np.array([[0.5, 0.5], [0.5, 0.51]]), seed), raises="ValueError")


exercise = Exercise(
    id="inject_label_noise",
    title="Label noise by a transition matrix",
    points=4,
    minutes=15,
    hints=(
        "Go class by class and read the *true* labels each time: `members = np.flatnonzero(labels == c)`. Write into a copy.",
        "The numbers: `wanted = len(members) * transition[c]`, rounded down; then one more for the labels with the largest remainders until "
        "all members are placed. `np.argsort(-(wanted - counts), kind=\"stable\")` lists them, ties by label.",
        "`noisy[rng.permutation(members)] = np.repeat(np.arange(k), counts)` writes a whole class at once.",
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(COUNTS, (np.array([0, 1] * 4), APART, 0), compare=unordered()),
        Case(COUNTS, (np.zeros(20, dtype=int), circle(3, 0.3), 1), compare=unordered()),
        Case(LEFT_OVER, (np.zeros(5, dtype=int), symmetric(3, 0.5), 0), compare=unordered()),
        Case(LEFT_OVER, (np.ones(2, dtype=int), np.array([[1, 0, 0], [0.25, 0.5, 0.25], [0, 0, 1]]), 0), compare=unordered()),
        Case(ROW, (np.array([0, 1, 2, 2, 1, 0, 0]), SWAP, 0)),
        Case(DRAWN, (np.array([1, 0] * 6), np.array([[0.5, 0.5], [0.0, 1.0]]), 3)),
        Case(DRAWN, (np.array([2, 1, 0] * 4), symmetric(3, 0.5), 0)),
        Case(REFUSED, (np.array([0, 3]), SWAP, 0), raises="ValueError"),
        Case(REFUSED, (np.array([0, 1]), np.array([[5, 5], [5, 5]]), 0), raises="ValueError"),
        Case(REFUSED, (np.array([0, 1]), np.array([[0.5, 0.5]] * 3), 0), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def class_by_class(labels, transition, seed):
    k = len(transition)
    if transition.shape != (k, k) or not (transition >= 0).all() or not np.allclose(transition.sum(axis=1), 1, atol=1e-9):
        raise ValueError("no transition matrix")
    if not np.isin(labels, np.arange(k)).all():
        raise ValueError("a label that the matrix does not know")
    rng = np.random.default_rng(seed)
    noisy = np.empty(len(labels), dtype=int)
    for c in range(k):
        members = rng.permutation(np.flatnonzero(labels == c))
        wanted = (len(members) * transition[c]).round(9)
        counts = np.floor(wanted).astype(int)
        rest = len(members) - counts.sum()
        counts[np.argsort(counts - wanted, kind="stable")[:rest]] += 1
        ends = counts.cumsum()
        for label in range(k):
            noisy[members[ends[label] - counts[label] : ends[label]]] = label
    return noisy


@exercise.right
def with_lists(labels, transition, seed):
    matrix, given = np.array(transition, dtype=float).tolist(), np.array(labels).tolist()
    k = len(matrix)
    if any(len(row) != k or not all(share >= 0 for share in row) or abs(sum(row) - 1) > 1e-8 for row in matrix):
        raise ValueError("no transition matrix")
    if any(label not in range(k) for label in given):
        raise ValueError("a label that the matrix does not know")
    rng, result = np.random.default_rng(seed), list(given)
    for c, row in enumerate(matrix):
        members = [i for i, label in enumerate(given) if label == c]
        wanted = [round(len(members) * share, 9) for share in row]
        counts = {label: int(w) for label, w in enumerate(wanted)}
        while sum(counts.values()) < len(members):
            counts[max(range(k), key=lambda j: (wanted[j] - counts[j], -j))] += 1
        new = [label for label in range(k) for _ in range(counts[label])]
        for place, label in zip(rng.permutation(len(members)), new):
            result[members[place]] = label
    return result


@exercise.right
def with_a_warning(labels, transition, seed):
    import warnings

    warnings.warn("the labels are about to be spoiled")
    k = len(transition)
    if transition.ndim != 2 or transition.shape[1] != k or np.isnan(transition).any() or transition.min() < 0:
        raise ValueError("no transition matrix")
    if np.abs(transition.sum(axis=1) - 1).max() > 1e-8 or (len(labels) and not 0 <= labels.min() <= labels.max() < k):
        raise ValueError("rows or labels do not fit")
    rng, noisy = np.random.default_rng(seed), labels.copy()
    for c in range(k):
        members = np.flatnonzero(labels == c)
        wanted = np.round(len(members) * transition[c], 9)
        counts = wanted.astype(int)
        order = sorted(range(k), key=lambda j: counts[j] - wanted[j])
        for label in order[: len(members) - counts.sum()]:
            counts[label] += 1
        noisy[rng.permutation(members)] = np.repeat(np.arange(k), counts)
    return noisy


@exercise.wrong(
    "Each item throws a die of its own, so a rate of 30 % comes out as 27 % today and 34 % tomorrow. In a small class that is "
    "noise in the noise. Compute how many items each label must get, then draw *which* ones.",
    share=2 / 5,
)
def one_die_per_item(labels, transition, seed):
    k = len(transition)
    if transition.shape != (k, k) or not (transition >= 0).all() or not np.allclose(transition.sum(axis=1), 1, atol=1e-9):
        raise ValueError("no transition matrix")
    if not np.isin(labels, np.arange(k)).all():
        raise ValueError("a label that the matrix does not know")
    rng = np.random.default_rng(seed)
    return [int(rng.choice(k, p=transition[label] / transition[label].sum())) for label in labels]


@exercise.wrong(
    "You look for the members of a class in the labels that you are just changing. Items that became class 1 a moment ago are changed again with "
    "class 1. Ask the true labels who belongs to a class, and write into a copy.",
    share=2 / 5,
)
def changed_twice(labels, transition, seed):
    k = len(transition)
    if transition.shape != (k, k) or not (transition >= 0).all() or not np.allclose(transition.sum(axis=1), 1, atol=1e-9):
        raise ValueError("no transition matrix")
    if not np.isin(labels, np.arange(k)).all():
        raise ValueError("a label that the matrix does not know")
    rng, noisy = np.random.default_rng(seed), labels.copy()
    for c in range(k):
        members = np.flatnonzero(noisy == c)
        wanted = len(members) * transition[c]
        counts = np.floor(wanted).astype(int)
        counts[np.argsort(counts - wanted, kind="stable")[: len(members) - counts.sum()]] += 1
        noisy[rng.permutation(members)] = np.repeat(np.arange(k), counts)
    return noisy


@exercise.wrong(
    "You read the matrix by columns. Row i tells what becomes of the items whose true class is i: `transition[i, j]` is the share of class i "
    "that gets label j.",
    share=0,
)
def read_by_columns(labels, transition, seed):
    k = len(transition)
    if transition.shape != (k, k) or not (transition >= 0).all() or not np.allclose(transition.sum(axis=1), 1, atol=1e-9):
        raise ValueError("no transition matrix")
    if not np.isin(labels, np.arange(k)).all():
        raise ValueError("a label that the matrix does not know")
    rng, noisy = np.random.default_rng(seed), labels.copy()
    for c in range(k):
        members = np.flatnonzero(labels == c)
        column = transition[:, c] / max(transition[:, c].sum(), 1e-9)
        wanted = len(members) * column
        counts = np.floor(wanted).astype(int)
        rest = len(members) - counts.sum()
        counts[0] += rest
        noisy[rng.permutation(members)] = np.repeat(np.arange(k), counts)
    return noisy


@exercise.wrong(
    "The numbers are right, but it is always the first items of a class that change. Data often lie in an order (by writer, by day), "
    "and then the noise hits one writer only. Put the class's items into a random order first: `rng.permutation(members)`.",
    share=4 / 5,
)
def the_first_ones(labels, transition, seed):
    k = len(transition)
    if transition.shape != (k, k) or not (transition >= 0).all() or not np.allclose(transition.sum(axis=1), 1, atol=1e-9):
        raise ValueError("no transition matrix")
    if not np.isin(labels, np.arange(k)).all():
        raise ValueError("a label that the matrix does not know")
    noisy = labels.copy()
    for c in range(k):
        members = np.flatnonzero(labels == c)
        wanted = len(members) * transition[c]
        counts = np.floor(wanted).astype(int)
        counts[np.argsort(counts - wanted, kind="stable")[: len(members) - counts.sum()]] += 1
        noisy[members] = np.repeat(np.arange(k), counts)
    return noisy


@exercise.wrong(
    "Your draw does not depend on `seed`. Ten \"seeds\" then repeat one experiment ten times, and the interval over them means nothing. "
    "`rng = np.random.default_rng(seed)`, once, at the top.",
    share=4 / 5,
)
def seed_ignored(labels, transition, seed):
    k = len(transition)
    if transition.shape != (k, k) or not (transition >= 0).all() or not np.allclose(transition.sum(axis=1), 1, atol=1e-9):
        raise ValueError("no transition matrix")
    if not np.isin(labels, np.arange(k)).all():
        raise ValueError("a label that the matrix does not know")
    rng, noisy = np.random.default_rng(12345), labels.copy()
    for c in range(k):
        members = np.flatnonzero(labels == c)
        wanted = len(members) * transition[c]
        counts = np.floor(wanted).astype(int)
        counts[np.argsort(counts - wanted, kind="stable")[: len(members) - counts.sum()]] += 1
        noisy[rng.permutation(members)] = np.repeat(np.arange(k), counts)
    return noisy


@exercise.wrong(
    "You start the generator anew for every class. Classes of equal size are then permuted in exactly the same way: their noise is "
    "not independent. Make one generator before the loop, and let it run on.",
    share=4 / 5,
)
def seeded_anew_for_each_class(labels, transition, seed):
    k = len(transition)
    if transition.shape != (k, k) or not (transition >= 0).all() or not np.allclose(transition.sum(axis=1), 1, atol=1e-9):
        raise ValueError("no transition matrix")
    if not np.isin(labels, np.arange(k)).all():
        raise ValueError("a label that the matrix does not know")
    noisy = labels.copy()
    for c in range(k):
        rng = np.random.default_rng(seed)
        members = np.flatnonzero(labels == c)
        wanted = len(members) * transition[c]
        counts = np.floor(wanted).astype(int)
        counts[np.argsort(counts - wanted, kind="stable")[: len(members) - counts.sum()]] += 1
        noisy[rng.permutation(members)] = np.repeat(np.arange(k), counts)
    return noisy


@exercise.wrong(
    "You round every number down and let what is left over keep its class. So less noise goes in than was ordered, and in a small class none at all. "
    "The places left over belong to the labels with the largest remainders.",
    share=3 / 5,
)
def left_over_stay(labels, transition, seed):
    k = len(transition)
    if transition.shape != (k, k) or not (transition >= 0).all() or not np.allclose(transition.sum(axis=1), 1, atol=1e-9):
        raise ValueError("no transition matrix")
    if not np.isin(labels, np.arange(k)).all():
        raise ValueError("a label that the matrix does not know")
    rng, noisy = np.random.default_rng(seed), labels.copy()
    for c in range(k):
        members = np.flatnonzero(labels == c)
        counts = np.floor(len(members) * transition[c]).astype(int)
        counts[c] += len(members) - counts.sum()
        noisy[rng.permutation(members)] = np.repeat(np.arange(k), counts)
    return noisy


@exercise.wrong(
    "The noise is right, but impossible input passes. NumPy takes a label of -1 for the last row of the matrix, and a row that does not sum to 1 "
    "loses or invents items. Check the matrix and the labels first, and raise a ValueError.",
    share=4 / 5,
)
def nothing_checked(labels, transition, seed):
    k = len(transition)
    rng, noisy = np.random.default_rng(seed), labels.copy()
    for c in range(k):
        members = np.flatnonzero(labels == c)
        wanted = np.nan_to_num(len(members) * transition[c])
        counts = np.maximum(np.floor(wanted).astype(int), 0)
        counts[np.argsort(counts - wanted, kind="stable")[: max(len(members) - counts.sum(), 0)]] += 1
        new = np.resize(np.repeat(np.arange(len(counts)), counts), len(members))
        noisy[rng.permutation(members)] = new
    return noisy
