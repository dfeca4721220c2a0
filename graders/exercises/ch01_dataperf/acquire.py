"""Test-set acquisition: buy, under a budget, the test items that find a model's errors."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from datacentric_helpers.compare import dataperf, unordered
from graders.exercise import Case, Exercise
from graders.exercises.ch01_dataperf.rounds import REFUSED, Benchmark, Later, form

Array = np.ndarray[Any, Any]

FITS = "what fits the budget exactly is bought"


def reference(probs: Array, prices: Array, budget: float) -> list[int]:
    """Rows in the order of the model's doubt for each unit of money; each is bought that still fits. In fractions, row by row.

    Raises ValueError for lengths that differ, rows of ``probs`` that do not sum to 1, a price that is not above 0, a negative budget.
    """
    if len(probs) != len(prices) or budget < 0:
        raise ValueError("one price per row, and a budget from 0")
    if min(prices) <= 0 or not np.allclose(probs.sum(axis=1), 1, rtol=0, atol=1e-6):
        raise ValueError("prices lie above 0, rows of probabilities sum to 1")
    worth = [(1 - max(row)) / price for row, price in zip(probs.tolist(), prices.tolist())]
    bought, left = [], Fraction(str(budget))
    for row in sorted(range(len(worth)), key=lambda row: (-worth[row], row)):
        price = Fraction(str(prices[row]))
        if price <= left:
            bought.append(row)
            left -= price
    return bought


def in_order(order: Array, prices: Array, budget: float) -> list[int]:
    """The rows of ``order`` that still fit, one after the other."""
    bought, left = [], budget
    for row in order:
        if prices[row] <= left:
            bought.append(int(row))
            left -= prices[row]
    return bought


def at_random(probs: Array, prices: Array, budget: float, rng: np.random.Generator) -> list[int]:
    """Any rows, as long as the money lasts."""
    return in_order(rng.permutation(len(prices)), prices, budget)


def obvious(probs: Array, prices: Array, budget: float) -> list[int]:
    """The rows of which the model is least sure, whatever they cost."""
    return in_order(np.argsort(probs.max(axis=1), kind="stable"), prices, budget)


BENCHMARK = Benchmark("acquisition", interval=0.05, random=at_random, heuristic=obvious, reference=reference)


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """No money, a row that costs all of it, rows that are too dear; new rounds; what must be refused."""
    probs, prices = rng.dirichlet(np.ones(3), size=8), rng.integers(1, 9, size=8).astype(float)
    yield form("acquisition", probs, prices, 0.0)
    yield form("acquisition", probs, prices, float(prices.sum()) / 3)
    yield form("acquisition", probs, prices, 0.5)
    yield Case(FITS, (probs[:1], prices[:1], float(prices[0])), expected=[0], compare=unordered())
    yield Case(FITS, (probs, prices, float(prices.sum())), expected=list(range(8)), compare=unordered())
    yield Case(FITS, (probs[:2], np.array([9.0, 2.0]), 2.0), expected=[1], compare=unordered())
    yield Case(FITS, (PROBS[[0, 2, 3]], np.array([3.0, 1.0, 2.0]), 2.0), expected=[2], compare=unordered())
    yield from BENCHMARK.hidden(rng)
    yield Case(REFUSED, (probs, prices[:-1], 5.0), raises="ValueError")
    yield Case(REFUSED, (probs[:-1], prices, 5.0), raises="ValueError")
    yield Case(REFUSED, (probs, prices, -1.0), raises="ValueError")
    yield Case(REFUSED, (probs, np.where(np.arange(8) == 3, 0.0, prices), 5.0), raises="ValueError")
    yield Case(REFUSED, (probs * np.where(np.arange(8) == 2, 1.01, 1)[:, None], prices, 5.0), raises="ValueError")
    yield Case(REFUSED, (np.where(np.arange(8)[:, None] == 2, np.nan, probs), prices, 5.0), raises="ValueError")


PROBS = np.array([[0.5, 0.5], [0.6, 0.4], [0.9, 0.1], [0.7, 0.3]])


def public() -> Iterator[Case]:
    """A small call, three times six rounds, prices that are none."""
    yield form("acquisition", PROBS, np.array([8.0, 2.0, 1.0, 3.0]), 5.0)
    yield Case(FITS, (PROBS[:1], np.array([4.0]), 4.0), expected=[0], compare=unordered())
    yield Case(FITS, (PROBS[[0, 2]], np.array([3.0, 1.0]), 1.0), expected=[1], compare=unordered())
    yield from BENCHMARK.public({"random": 1, "heuristic": 7, "reference": 13})
    yield Case(REFUSED, (PROBS, np.array([8.0, 2.0, 0.0, 3.0]), 5.0), raises="ValueError")


exercise = Exercise(
    id="acquire",
    title="DataPerf 2: buy a test set that finds the errors",
    points=5,
    minutes=15,
    hints=(
        "The model's largest probability says how sure it is; 1 minus that is a guess at the chance that it is wrong.",
        "An item at price 10 must be ten times as promising as one at price 1. Sort by what you expect for each unit of money.",
        "Go down that order and buy whatever the money left still pays for; do not stop at the first item that is too dear.",
    ),
    compare=dataperf("form"),
    reference=reference,
    public=Later(public),
    hidden=hidden,
)


@exercise.right
def by_margin(probs, prices, budget):
    if len(probs) != len(prices) or budget < 0 or not (np.asarray(prices) > 0).all():
        raise ValueError("prices or budget do not fit")
    if not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("rows of probabilities sum to one")
    ranked = np.sort(probs, axis=1)
    doubt = 1 - (ranked[:, -1] - ranked[:, -2])
    bought, spent = [], 0.0
    for row in np.argsort(-doubt / prices, kind="stable"):
        if round(spent + prices[row], 6) <= round(budget, 6):
            bought.append(row)
            spent += prices[row]
    return np.array(bought, dtype=int)


@exercise.right
def with_a_warning(probs, prices, budget):
    import warnings

    if len(probs) != len(prices) or budget < 0 or any(p <= 0 for p in prices) or any(not abs(sum(r) - 1) < 1e-6 for r in probs):
        raise ValueError("prices, probabilities or budget do not fit")
    if budget < min(prices):
        warnings.warn("nothing is that cheap")
    queue = sorted(range(len(prices)), key=lambda i: prices[i] / (1 - max(probs[i]) + 1e-12))
    bought = []
    for i in queue:
        if sum(prices[j] for j in bought) + prices[i] <= budget + 1e-9:
            bought.append(i)
    return bought


@exercise.wrong(
    "You buy what the model doubts most, whatever it costs: a few dear items eat the budget. Divide the doubt by the price.",
    share=4 / 6,
)
def price_forgotten(probs, prices, budget):
    if len(probs) != len(prices) or budget < 0 or (prices <= 0).any() or not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("input does not fit")
    bought, left = [], budget
    for row in np.argsort(probs.max(axis=1), kind="stable"):
        if prices[row] <= left:
            bought.append(row)
            left -= prices[row]
    return bought


@exercise.wrong(
    "You buy the items of which the model is surest: many right answers, hardly an error. The doubt is 1 minus the largest "
    "probability; sort by it downwards.",
    share=2 / 6,
)
def surest_first(probs, prices, budget):
    if len(probs) != len(prices) or budget < 0 or (prices <= 0).any() or not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("input does not fit")
    bought, left = [], budget
    for row in np.argsort((1 - probs.max(axis=1)), kind="stable"):
        if prices[row] <= left:
            bought.append(row)
            left -= prices[row]
    return bought


@exercise.wrong(
    "You stop at the first item that the money left does not pay for. Cheaper ones further down would still fit: go on to the end.",
    share=5 / 6,
)
def stops_at_the_first_that_is_too_dear(probs, prices, budget):
    if len(probs) != len(prices) or budget < 0 or (prices <= 0).any() or not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("input does not fit")
    bought, left = [], budget
    for row in np.argsort(-(1 - probs.max(axis=1)) / prices, kind="stable"):
        if prices[row] > left:
            break
        bought.append(row)
        left -= prices[row]
    return bought


@exercise.wrong(
    "You spend more than there is: the purchase that crosses the budget is still in your list. Check the price before you buy.",
    share=0,
)
def one_too_many(probs, prices, budget):
    if len(probs) != len(prices) or budget < 0 or (prices <= 0).any() or not np.allclose(probs.sum(axis=1), 1, atol=1e-6):
        raise ValueError("input does not fit")
    bought, spent = [], 0
    for row in np.argsort(-(1 - probs.max(axis=1)) / prices, kind="stable"):
        if spent < budget:
            bought.append(row)
        spent += prices[row]
    return bought
