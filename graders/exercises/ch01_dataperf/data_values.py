"""Valuation: what each training row is worth to a nearest-neighbour model, as its Data Shapley value, exactly."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import comb
from typing import Any

import numpy as np

from datacentric_helpers.compare import close
from datacentric_helpers.dataperf import Round
from graders.exercise import Case, Exercise
from graders.exercises.ch01_dataperf.rounds import REFUSED, Benchmark, Later

Array = np.ndarray[Any, Any]

EXACT, SMALL_K = "exact wherever all coalitions can be tried", "exact where k is as large as the training set, or larger"


def by_enumeration(X: Array, y: Array, X_val: Array, y_val: Array, k: int) -> Array:
    """The definition itself (Shapley 1953): every coalition of the other rows is tried, with and without the row. For few rows."""
    n, nearest_first = len(X), np.argsort(((X_val[:, None] - X[None]) ** 2).sum(axis=2), axis=1, kind="stable")

    def utility(coalition: frozenset[int]) -> float:
        hits = [sum(y[row] == label for row in [r for r in order if r in coalition][:k]) / k for order, label in zip(nearest_first, y_val)]
        return float(np.mean(hits))

    worth = {frozenset(rows): utility(frozenset(rows)) for size in range(n + 1) for rows in combinations(range(n), size)}
    values = np.zeros(n)
    for rows, value in worth.items():
        for row in set(range(n)) - rows:
            values[row] += (worth[rows | {row}] - value) / (n * comb(n - 1, len(rows)))
    return values


def reference(X: Array, y: Array, X_val: Array, y_val: Array, k: int) -> Array:
    """Exact values (Jia et al. 2019, theorem 1), the recursion written out as a sum: from each row to the farthest.

    Raises ValueError for lengths that differ, no rows, and k below 1.
    """
    if len(X) != len(y) or len(X_val) != len(y_val) or min(len(X), len(X_val), k) < 1:
        raise ValueError("one label per row, at least one row of each kind, k from 1")
    n, values = len(X), np.zeros(len(X))
    for point, label in zip(X_val, y_val):
        order = np.argsort(((X - point) ** 2).sum(axis=1), kind="stable")
        match = [float(y[row] == label) for row in order]
        for place, row in enumerate(order):
            steps = [(match[j - 1] - match[j]) * min(k, j) / j for j in range(place + 1, n)]
            values[row] += (match[-1] * min(k, n) / n + sum(steps)) / k
    return values / len(X_val)


def target(one: Round) -> list[float]:
    """What the values are compared with: the exact ones, measured on the sealed test rows."""
    X, y, _X_val, _y_val, k = one.args
    sealed = one.sealed
    order = np.argsort(((sealed["X_test"][:, None] - X[None]) ** 2).sum(axis=2), axis=1, kind="stable")
    match = (y[order] == sealed["y_test"][:, None]).astype(float)  # (tests, n), nearest first
    step = np.minimum(k, np.arange(1, len(X))) / np.arange(1, len(X)) / k
    rest = np.cumsum(((match[:, :-1] - match[:, 1:]) * step)[:, ::-1], axis=1)[:, ::-1]
    ranked = match[:, -1:] * min(k, len(X)) / len(X) / k + np.hstack([rest, np.zeros((len(match), 1))])
    values = np.zeros_like(ranked)
    np.put_along_axis(values, order, ranked, axis=1)
    return [float(v) for v in values.mean(axis=0)]


def at_random(X: Array, y: Array, X_val: Array, y_val: Array, k: int, rng: np.random.Generator) -> Array:
    """Any numbers."""
    return rng.normal(size=len(X))


def obvious(X: Array, y: Array, X_val: Array, y_val: Array, k: int) -> Array:
    """Leave one out: by how much the score falls without the row."""
    far = ((X_val[:, None] - X[None]) ** 2).sum(axis=2)
    near = np.argsort(far, axis=1, kind="stable")[:, : k + 1]
    hits = (y[near] == y_val[:, None]).astype(float)  # (validation rows, k + 1)
    values = np.zeros(len(X))
    for rows, own in zip(near, hits):
        values[rows[:k]] += (own[:k] - own[k]) / k
    return values / len(X_val)


BENCHMARK = Benchmark("valuation", interval=0.04, random=at_random, heuristic=obvious, reference=reference, target=target)


def tiny(rng: np.random.Generator, n: int, m: int, k: int) -> tuple[Any, ...]:
    """``n`` training rows and ``m`` validation rows in the plane, two classes."""
    return rng.normal(size=(n, 2)), rng.integers(2, size=n), rng.normal(size=(m, 2)), rng.integers(2, size=m), k


def exact(name: str, *args: Any) -> Case:
    """A call that is small enough for the definition."""
    return Case(name, args, expected=by_enumeration(*args), compare=close(rtol=1e-6, atol=1e-9))


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """One row, one neighbour, few rows, k as large as the set or larger; new rounds; what must be refused."""
    for n, m, k in ((5, 3, 1), (7, 4, 2), (8, 5, 3)):
        yield exact(EXACT, *tiny(rng, n, m, k))
    for n, m, k in ((1, 1, 1), (1, 2, 3), (4, 3, 4), (3, 4, 5)):
        X, _y, X_val, y_val, k = tiny(rng, n, m, k)
        yield exact(SMALL_K, X, np.zeros(n, int), X_val, np.zeros(m, int), k)
        yield exact(SMALL_K, *tiny(rng, n, m, k))
    yield from BENCHMARK.hidden(rng)
    X, y, X_val, y_val, k = tiny(rng, 6, 4, 2)
    yield Case(REFUSED, (X, y, X_val, y_val, 0), raises="ValueError")
    yield Case(REFUSED, (X, y[:-1], X_val, y_val, 2), raises="ValueError")
    yield Case(REFUSED, (X[:-1], y, X_val, y_val, 2), raises="ValueError")
    yield Case(REFUSED, (X, y, X_val, y_val[:-1], 2), raises="ValueError")
    yield Case(REFUSED, (X, y, X_val[:-1], y_val, 2), raises="ValueError")
    yield Case(REFUSED, (X[:0], y[:0], X_val, y_val, 2), raises="ValueError")
    yield Case(REFUSED, (X, y, X_val[:0], y_val[:0], 2), raises="ValueError")


LINE = np.array([[0.0], [1.0], [3.0]])


def public() -> Iterator[Case]:
    """Three rows on a line, k as large as the set, three times six rounds, a k that is none."""
    yield exact(EXACT, LINE, np.array([1, 0, 1]), np.array([[0.2]]), np.array([1]), 1)
    yield exact(SMALL_K, LINE, np.array([1, 0, 1]), np.array([[0.2], [2.9]]), np.array([1, 0]), 3)
    yield from BENCHMARK.public({"random": 1, "heuristic": 7, "reference": 13})
    yield Case(REFUSED, (LINE, np.array([1, 0, 1]), np.array([[0.2]]), np.array([1]), 0), raises="ValueError")


exercise = Exercise(
    id="data_values",
    title="DataPerf 6: value the data",
    points=6,
    minutes=25,
    hints=(
        "Take one validation row at a time, sort the training rows by distance, and begin with the farthest: it matters least.",
        "Going from the farthest to the nearest, each value is that of its successor plus a step: only the difference of the two matches counts.",
        "`np.argsort(distance, kind=\"stable\")` gives the order; write the values back with `values[order] += ...`, and divide by the number of validation rows at the end.",
    ),
    compare=close(rtol=1e-6, atol=1e-9),
    reference=reference,
    public=Later(public),
    hidden=hidden,
)


@exercise.right
def with_cumsum(X, y, X_val, y_val, k):
    if len(X) != len(y) or len(X_val) != len(y_val) or k < 1 or len(X) == 0 or len(X_val) == 0:
        raise ValueError("lengths or k do not fit")
    n = len(X)
    total = np.zeros(n)
    for i in range(len(X_val)):
        order = np.argsort(np.linalg.norm(X - X_val[i], axis=1), kind="stable")
        hit = (y[order] == y_val[i]) * 1.0
        step = -np.diff(hit) * np.minimum(k, np.arange(1, n)) / np.arange(1, n) / k
        total[order] += hit[-1] / max(n, k) + np.append(np.cumsum(step[::-1])[::-1], 0)
    return (total / len(X_val)).tolist()


@exercise.right
def with_a_warning(X, y, X_val, y_val, k):
    import warnings

    if len(X) != len(y) or len(X_val) != len(y_val) or min(k, len(X), len(X_val)) < 1:
        raise ValueError("lengths or k do not fit")
    if k >= len(X):
        warnings.warn("every row is a neighbour of every other")
    values = np.zeros((len(X_val), len(X)))
    for v, x, label in zip(values, X_val, y_val):
        ranked = sorted(range(len(X)), key=lambda i: (float(((X[i] - x) ** 2).sum()), i))
        value, after = 0.0, None
        for place in range(len(X), 0, -1):
            now = float(y[ranked[place - 1]] == label)
            value = now / max(len(X), k) if after is None else value + (now - after) * min(k, place) / place / k
            v[ranked[place - 1]] = value
            after = now
    return values.mean(axis=0)


@exercise.wrong(
    "These are leave-one-out values: by how much the score falls without the row. Two good rows side by side are then worth nothing each, "
    "for one replaces the other. Shapley's value asks in every coalition, not only in the complete one.",
    share=3 / 6,
)
def leave_one_out(X, y, X_val, y_val, k):
    if len(X) != len(y) or len(X_val) != len(y_val) or min(k, len(X), len(X_val)) < 1:
        raise ValueError("lengths or k do not fit")
    values = np.zeros(len(X))
    for x, label in zip(X_val, y_val):
        order = np.argsort(((X - x) ** 2).sum(axis=1), kind="stable")
        hit = np.append(y[order] == label, np.zeros(k + 1)).astype(float)
        near = order[:k]
        values[near] += (hit[: len(near)] - (hit[k] if k < len(X) else 0)) / k
    return values / len(X_val)


@exercise.wrong(
    "Your step from a row to the next nearer one is always divided by its place. Among the k nearest every row counts in full: the step is "
    "min(k, i) / i, not 1 / i.",
    share=2 / 6,
)
def place_only(X, y, X_val, y_val, k):
    if len(X) != len(y) or len(X_val) != len(y_val) or min(k, len(X), len(X_val)) < 1:
        raise ValueError("lengths or k do not fit")
    n, values = len(X), np.zeros(len(X))
    for x, label in zip(X_val, y_val):
        order = np.argsort(((X - x) ** 2).sum(axis=1), kind="stable")
        hit = (y[order] == label).astype(float)
        s = np.zeros(n)
        s[-1] = hit[-1] / n
        for i in range(n - 2, -1, -1):
            s[i] = s[i + 1] + (hit[i] - hit[i + 1]) / k / (i + 1)
        values[order] += s
    return values / len(X_val)


@exercise.wrong(
    "The farthest row gets 1/n also where k is larger than the training set. There every row is always among the neighbours and counts 1/k: "
    "divide by the larger of n and k.",
    share=5 / 6,
)
def large_k_forgotten(X, y, X_val, y_val, k):
    if len(X) != len(y) or len(X_val) != len(y_val) or min(k, len(X), len(X_val)) < 1:
        raise ValueError("lengths or k do not fit")
    n, values = len(X), np.zeros(len(X))
    for x, label in zip(X_val, y_val):
        order = np.argsort(((X - x) ** 2).sum(axis=1), kind="stable")
        hit = (y[order] == label).astype(float)
        s = np.zeros(n)
        s[-1] = hit[-1] / n
        for i in range(n - 2, -1, -1):
            s[i] = s[i + 1] + (hit[i] - hit[i + 1]) / k * min(k, i + 1) / (i + 1)
        values[order] += s
    return values / len(X_val)


@exercise.wrong(
    "The values are right, but in the order of the distances: `s` belongs to the sorted rows. Write it back with `values[order] += s`.",
    share=0,
)
def not_written_back(X, y, X_val, y_val, k):
    if len(X) != len(y) or len(X_val) != len(y_val) or min(k, len(X), len(X_val)) < 1:
        raise ValueError("lengths or k do not fit")
    n, values = len(X), np.zeros(len(X))
    for x, label in zip(X_val, y_val):
        order = np.argsort(((X - x) ** 2).sum(axis=1), kind="stable")
        hit = (y[order] == label).astype(float)
        s = np.zeros(n)
        s[-1] = hit[-1] / max(n, k)
        for i in range(n - 2, -1, -1):
            s[i] = s[i + 1] + (hit[i] - hit[i + 1]) / k * min(k, i + 1) / (i + 1)
        values += s
    return values / len(X_val)


@exercise.wrong(
    "The values are those of the sum, not of the mean over the validation rows: twice as many validation rows would double every value. "
    "Divide by their number.",
    share=4 / 6,
)
def not_averaged(X, y, X_val, y_val, k):
    if len(X) != len(y) or len(X_val) != len(y_val) or min(k, len(X), len(X_val)) < 1:
        raise ValueError("lengths or k do not fit")
    n, values = len(X), np.zeros(len(X))
    for x, label in zip(X_val, y_val):
        order = np.argsort(((X - x) ** 2).sum(axis=1), kind="stable")
        hit = (y[order] == label).astype(float)
        s = np.zeros(n)
        s[-1] = hit[-1] / max(n, k)
        for i in range(n - 2, -1, -1):
            s[i] = s[i + 1] + (hit[i] - hit[i + 1]) / k * min(k, i + 1) / (i + 1)
        values[order] += s
    return values
