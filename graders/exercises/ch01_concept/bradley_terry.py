"""Weights from pairwise preferences: the model behind every ranking of answers by human choices."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.linear_model import LogisticRegression

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

Pairs = list[tuple[int, int]]

TWO, OPPONENTS = "two items: each one's share of the wins", "beating a strong opponent counts for more"
UNEVEN = "pairs may be compared unequally often"
APART, ENDLESS = "parts that never meet are refused", "whoever only wins or only loses is refused"
IMPOSSIBLE = "impossible pairs are refused"


def reference(pairs: Pairs, n_items: int) -> list[float]:
    """Maximum-likelihood weights (Bradley & Terry 1952), summing to 1, as an unpenalised logistic regression on ±1 columns.

    log p_w - log p_l is the linear predictor of "w beats l". Item 0's log weight is fixed at 0: only ratios matter. Raises
    ValueError where no finite weights exist: "beats" must lead from every item to every other (Ford 1957).
    """
    winners, losers = [w for w, _ in pairs], [loser for _, loser in pairs]
    if any(w == loser for w, loser in pairs):
        raise ValueError("two different items are compared in every pair")
    # a number that is no item's is refused by coo_array, and fewer than two items, which have no pairs, by LogisticRegression
    beats = coo_array((np.ones(len(pairs)), (winners, losers)), shape=(n_items, n_items))
    if connected_components(beats, connection="strong")[0] > 1:
        raise ValueError("the comparisons do not tie all items together")
    design = np.zeros((len(pairs), n_items))
    design[range(len(pairs)), winners] = 1
    design[range(len(pairs)), losers] = -1
    both = np.vstack([design, -design])[:, 1:]  # each pair from both sides, so that there are two classes
    outcome = [1] * len(pairs) + [0] * len(pairs)
    model = LogisticRegression(penalty=None, fit_intercept=False, tol=1e-10, max_iter=10_000).fit(both, outcome)
    weights = np.exp([0, *model.coef_[0]])
    return list(weights / math.fsum(weights))


def games(rng: np.random.Generator, n_items: int, n_pairs: int) -> Pairs:
    """``n_pairs`` comparisons between items of random strength, after a round in which each item beats the next one."""
    strength = rng.dirichlet(np.full(n_items, 2.0))
    pairs = [(i, (i + 1) % n_items) for i in range(n_items)]
    for _ in range(n_pairs):
        a, b = rng.choice(n_items, size=2, replace=False).tolist()
        pairs.append((a, b) if rng.random() < strength[a] / (strength[a] + strength[b]) else (b, a))
    return pairs


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Two items, rings, random strengths, unequal numbers of games, then what has no answer."""
    yield Case(TWO, ([(0, 1), (1, 0)], 2))
    wins, losses = rng.integers(2, 9, size=2).tolist()
    yield Case(TWO, ([(0, 1)] * wins + [(1, 0)] * losses, 2))
    yield Case(OPPONENTS, ([(0, 1), (1, 2), (2, 0)], 3))
    for n_items in (3, 4, 6):
        yield Case(OPPONENTS, (games(rng, n_items, 10 * n_items), n_items))
    busy = games(rng, 4, 20) + [(0, 1)] * int(rng.integers(10, 20)) + [(1, 0)] * int(rng.integers(3, 9))
    yield Case(UNEVEN, (busy, 4))
    yield Case(UNEVEN, ([*games(rng, 5, 25), *[(3, 4)] * 8, *[(4, 3)] * 4], 5))
    yield Case(APART, ([(0, 1), (1, 0), (2, 3), (3, 2)], 4), raises="ValueError")
    yield Case(APART, ([*games(rng, 3, 9)], 4), raises="ValueError")
    yield Case(APART, ([], 2), raises="ValueError")
    yield Case(ENDLESS, ([(0, 1), (0, 1)], 2), raises="ValueError")
    yield Case(ENDLESS, ([*games(rng, 3, 9), (3, 0), (3, 1)], 4), raises="ValueError")
    yield Case(ENDLESS, ([*games(rng, 3, 9), (0, 3), (2, 3)], 4), raises="ValueError")
    ahead = [(0, 1), (1, 0), (2, 3), (3, 2), (0, 2), (1, 3)]  # the first two together only win against the last two
    yield Case(ENDLESS, (ahead, 4), raises="ValueError")
    yield Case(ENDLESS, ([*[(i, i + 1) for i in range(8)], (7, 0)], 9), raises="ValueError")
    fine = games(rng, 3, 9)
    for pair in ((1, 1), (0, 3), (3, 0), (-1, 2), (2, -1)):
        yield Case(IMPOSSIBLE, ([*fine, pair], 3), raises="ValueError")
    yield Case(IMPOSSIBLE, ([], 0), raises="ValueError")
    yield Case(IMPOSSIBLE, ([], 1), raises="ValueError")


exercise = Exercise(
    id="bradley_terry",
    title="Preferences into weights: Bradley-Terry",
    points=5,
    minutes=20,
    hints=(
        "Count first: a table `won[i, j]`, how often i beat j. Its row sums are $W_i$, and `won + won.T` holds the $n_{ij}$.",
        "One round of the update fits into one line: `won.sum(axis=1) / (games / (p[:, None] + p)).sum(axis=1)`. Divide by the sum, and "
        "repeat until nothing moves by more than 1e-12.",
        "Whom can each item reach along \"beats\"? Start with `reach = np.eye(n, dtype=bool) | (won > 0)`, and set `reach = reach @ reach` "
        "until nothing changes. A False that is left means: no finite answer.",
    ),
    compare=close(rtol=0, atol=1e-5),  # two algorithms, each stopped near the maximum; weights lie between 0 and 1
    reference=reference,
    public=(
        Case(TWO, ([(0, 1), (0, 1), (0, 1), (1, 0)], 2)),
        Case(OPPONENTS, ([(0, 1), (0, 1), (1, 0), (1, 2), (1, 2), (2, 1), (2, 0)], 3)),
        Case(OPPONENTS, ([(2, 0), (0, 1), (1, 2), (2, 1), (2, 0), (0, 2), (2, 1)], 3)),
        Case(UNEVEN, ([(0, 1)] * 9 + [(1, 0)] * 3 + [(1, 2), (2, 1), (2, 0)], 3)),
        Case(APART, ([(0, 1), (1, 0), (2, 3), (3, 2)], 4), raises="ValueError"),
        Case(ENDLESS, ([(0, 1), (1, 2), (0, 2), (2, 1)], 3), raises="ValueError"),
        Case(IMPOSSIBLE, ([(0, 1), (1, 0), (1, 1)], 2), raises="ValueError"),
        Case(IMPOSSIBLE, ([(0, 1), (1, 0), (-1, 0)], 2), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_newton(pairs, n_items):
    if n_items < 2:
        raise ValueError("at least two items")
    won = np.zeros((n_items, n_items))
    for winner, loser in pairs:
        if winner == loser or min(winner, loser) < 0 or max(winner, loser) >= n_items:
            raise ValueError(f"no such pair: {winner}, {loser}")
        won[winner, loser] += 1
    if (np.linalg.matrix_power(np.eye(n_items) + (won > 0), n_items) == 0).any():
        raise ValueError("the comparisons do not tie the items together")
    games = won + won.T
    strength = np.zeros(n_items)
    for _ in range(200):
        chance = 1 / (1 + np.exp(strength[None, :] - strength[:, None]))
        gradient = won.sum(axis=1) - (games * chance).sum(axis=1)
        spread = games * chance * (1 - chance)
        hessian = np.diag(spread.sum(axis=1)) - spread
        strength = strength + np.clip(np.linalg.lstsq(hessian, gradient, rcond=None)[0], -1, 1)
    return np.exp(strength) / np.exp(strength).sum()


@exercise.right
def with_a_warning(pairs, n_items):
    import warnings

    if n_items < 2 or any(w == x or not (0 <= w < n_items and 0 <= x < n_items) for w, x in pairs):
        raise ValueError("two different items of 0 to n_items - 1 in every pair")
    for links in ([(w, x) for w, x in pairs], [(x, w) for w, x in pairs]):
        found = {0}
        for _ in range(n_items):
            found |= {b for a, b in links if a in found}
        if len(found) < n_items:
            raise ValueError("item 0 cannot reach, or be reached from, every other item")
    weights = [1.0] * n_items
    for step in range(5000):
        load = [0.0] * n_items
        for w, x in pairs:
            load[w] += 1 / (weights[w] + weights[x])
            load[x] += 1 / (weights[w] + weights[x])
        new = [sum(w == i for w, x in pairs) / load[i] for i in range(n_items)]
        new = [value / sum(new) for value in new]
        if max(abs(a - b) for a, b in zip(new, weights)) < 1e-12:
            return new
        weights = new
    warnings.warn("not converged")
    return weights


@exercise.wrong(
    "You return each item's share of all wins. Somebody who was compared more often, or only with weak opponents, then comes out on "
    "top. In the Bradley-Terry model a win counts the more, the stronger the one who was beaten: $W_i$ is divided by the sum over the "
    "opponents.",
    share=4 / 6,
)
def share_of_wins(pairs, n_items):
    if n_items < 2:
        raise ValueError("at least two items")
    won = np.zeros((n_items, n_items))
    for winner, loser in pairs:
        if winner == loser or min(winner, loser) < 0 or max(winner, loser) >= n_items:
            raise ValueError("no such pair")
        won[winner, loser] += 1
    if (np.linalg.matrix_power(np.eye(n_items) + (won > 0), n_items) == 0).any():
        raise ValueError("not tied together")
    return won.sum(axis=1) / won.sum()


@exercise.wrong(
    "You return each item's win rate (wins by games), scaled to sum to 1. That is what a single step of the update gives. Two items can both "
    "win 60 % of their games, one against the best and one against the weakest: repeat until the opponents' weights have their say.",
    share=4 / 6,
)
def win_rate(pairs, n_items):
    if n_items < 2:
        raise ValueError("at least two items")
    won = np.zeros((n_items, n_items))
    for winner, loser in pairs:
        if winner == loser or min(winner, loser) < 0 or max(winner, loser) >= n_items:
            raise ValueError("no such pair")
        won[winner, loser] += 1
    if (np.linalg.matrix_power(np.eye(n_items) + (won > 0), n_items) == 0).any():
        raise ValueError("not tied together")
    rate = won.sum(axis=1) / (won + won.T).sum(axis=1)
    return rate / rate.sum()


@exercise.wrong(
    "You read each pair as (loser, winner). Then the best item gets the smallest weight. The statement puts the winner first; many "
    "preference data sets call it \"chosen\" and the other \"rejected\".",
    share=0,
)
def loser_first(pairs, n_items):
    if n_items < 2:
        raise ValueError("at least two items")
    won = np.zeros((n_items, n_items))
    for loser, winner in pairs:
        if winner == loser or min(winner, loser) < 0 or max(winner, loser) >= n_items:
            raise ValueError("no such pair")
        won[winner, loser] += 1
    if (np.linalg.matrix_power(np.eye(n_items) + (won > 0), n_items) == 0).any():
        raise ValueError("not tied together")
    weights = np.ones(n_items)
    for _ in range(500):
        weights = won.sum(axis=1) / ((won + won.T) / (weights[:, None] + weights)).sum(axis=1)
        weights = weights / weights.sum()
    return weights


@exercise.wrong(
    "The ratios are right, but the weights do not sum to 1. Only ratios are determined, so a convention has to fix the scale, and here "
    "it is the sum: divide by it at the end.",
    share=0,
)
def first_is_one(pairs, n_items):
    if n_items < 2:
        raise ValueError("at least two items")
    won = np.zeros((n_items, n_items))
    for winner, loser in pairs:
        if winner == loser or min(winner, loser) < 0 or max(winner, loser) >= n_items:
            raise ValueError("no such pair")
        won[winner, loser] += 1
    if (np.linalg.matrix_power(np.eye(n_items) + (won > 0), n_items) == 0).any():
        raise ValueError("not tied together")
    weights = np.ones(n_items)
    for _ in range(500):
        weights = won.sum(axis=1) / ((won + won.T) / (weights[:, None] + weights)).sum(axis=1)
        weights = weights / weights.sum()
    return weights / weights[0]


@exercise.wrong(
    "You return log weights (what a logistic regression calls coefficients). They may be negative; the weights $p_i$ are positive and "
    "sum to 1: take `np.exp`, then divide by the sum.",
    share=0,
)
def logarithms(pairs, n_items):
    if n_items < 2:
        raise ValueError("at least two items")
    won = np.zeros((n_items, n_items))
    for winner, loser in pairs:
        if winner == loser or min(winner, loser) < 0 or max(winner, loser) >= n_items:
            raise ValueError("no such pair")
        won[winner, loser] += 1
    if (np.linalg.matrix_power(np.eye(n_items) + (won > 0), n_items) == 0).any():
        raise ValueError("not tied together")
    weights = np.ones(n_items)
    for _ in range(500):
        weights = won.sum(axis=1) / ((won + won.T) / (weights[:, None] + weights)).sum(axis=1)
        weights = weights / weights.sum()
    return np.log(weights)


@exercise.wrong(
    "You check that all items hang together, but not in which direction. An item (or a group) that has never lost to the others has no "
    "finite weight: every larger one fits better, and your loop stops wherever its patience ends. \"Beats\" must lead from every item to "
    "every other.",
    share=5 / 6,
)
def any_direction(pairs, n_items):
    if n_items < 2:
        raise ValueError("at least two items")
    won = np.zeros((n_items, n_items))
    for winner, loser in pairs:
        if winner == loser or min(winner, loser) < 0 or max(winner, loser) >= n_items:
            raise ValueError("no such pair")
        won[winner, loser] += 1
    if (np.linalg.matrix_power(np.eye(n_items) + won + won.T, n_items) == 0).any():
        raise ValueError("not tied together")
    weights = np.ones(n_items)
    for _ in range(500):
        weights = won.sum(axis=1) / ((won + won.T) / (weights[:, None] + weights)).sum(axis=1)
        weights = weights / weights.sum()
    return weights


@exercise.wrong(
    "The weights are right where there are some, but you never ask whether there are. Two groups that never met can be scaled against "
    "each other at will, and whoever always wins has no largest weight. Check what the comparisons tie together before you compute.",
    share=4 / 6,
)
def no_question_asked(pairs, n_items):
    if n_items < 2:
        raise ValueError("at least two items")
    won = np.zeros((n_items, n_items))
    for winner, loser in pairs:
        if winner == loser or min(winner, loser) < 0 or max(winner, loser) >= n_items:
            raise ValueError("no such pair")
        won[winner, loser] += 1
    weights = np.ones(n_items)
    for _ in range(500):
        with np.errstate(all="ignore"):
            weights = won.sum(axis=1) / ((won + won.T) / (weights[:, None] + weights)).sum(axis=1)
            weights = weights / weights.sum()
    return weights


@exercise.wrong(
    "Impossible pairs pass: an item compared with itself, or the number -1, which NumPy reads as the last item, so that its wins are "
    "credited to somebody else. Check every pair, and that there are two items at least, and raise a ValueError.",
    share=5 / 6,
)
def any_pair(pairs, n_items):
    won = np.zeros((n_items, n_items))
    for winner, loser in pairs:
        won[winner, loser] += 1
    if (np.linalg.matrix_power(np.eye(n_items) + (won > 0), n_items) == 0).any():
        raise ValueError("not tied together")
    weights = np.ones(n_items)
    for _ in range(500):
        weights = won.sum(axis=1) / ((won + won.T) / (weights[:, None] + weights)).sum(axis=1)
        weights = weights / weights.sum()
    return weights
