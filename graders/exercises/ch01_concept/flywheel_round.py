"""One turn of the data flywheel: what users send becomes labels, labels become a better model, a better model brings users."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score

from datacentric_helpers import annotators, datasets
from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

State = dict[str, Any]

LOGS, UNCERTAIN = "only what users have sent can be labelled", "the model's most uncertain items are labelled first"
BUDGET, QUALITY = "the budget pays for every single vote", "a majority decides, and a tie is thrown away"
GROWS, USERS = "new labels join the old ones, and the model is trained anew", "right answers bring users, wrong ones drive them away"
REFUSED = "impossible input is refused"


def reference(state: State, stream: State, test: State, budget: int, growth: float) -> State:
    """The state after one turn, item by item in plain Python; the two models are ``LogisticRegression(max_iter=500)``.

    ``state``: X (n, d), y (n,), users, next. ``stream``: X (m, d), votes (m, r). ``test``: X, y. Raises ValueError for a negative
    budget, a growth outside 0..1, fewer than one user, or a ``next`` outside 0..m.
    """
    m, r = stream["votes"].shape
    if budget < 0 or not 0 <= growth <= 1 or state["users"] < 1 or state["next"] not in range(m + 1):
        raise ValueError("budget, growth, users or next is impossible")
    logged = [row for row in range(m) if state["next"] <= row < state["next"] + state["users"]]
    old = LogisticRegression(max_iter=500).fit(state["X"], state["y"])
    doubts = [(max(old.predict_proba(stream["X"][[row]])[0]), row) for row in logged]
    X, y = state["X"].tolist(), state["y"].tolist()
    for _, row in sorted(doubts)[: budget // r]:
        votes = stream["votes"][row].tolist()
        winners = [label for label in set(votes) if votes.count(label) == max(map(votes.count, votes))]
        if len(winners) == 1:
            X.append(stream["X"][row].tolist())
            y.append(winners[0])
    new = LogisticRegression(max_iter=500).fit(X, y)
    accuracy = float(accuracy_score(test["y"], new.predict(test["X"])))
    users = max(1, round(state["users"] * (1 + growth * (2 * accuracy - 1))))
    return {"X": np.array(X), "y": np.array(y), "users": users, "next": state["next"] + len(logged), "accuracy": accuracy}


def world(rng: np.random.Generator, right: float = 1.0, voters: int = 1, start: int = 20) -> tuple[State, State, State]:
    """A product that recognises handwritten 3, 5, 8 and 9: ``start`` labelled digits, 90 in the stream, 97 for the test, 90 users."""
    data = datasets.digits()
    rows = rng.permutation(np.flatnonzero(np.isin(data.y, [3, 5, 8, 9])))
    labels = np.array([0, 0, 0, 0, 0, 1, 0, 0, 2, 3])[data.y]
    first, stream, test = rows[:start], rows[start : start + 90], rows[start + 90 : start + 187]
    # means of 2 x 2 pixels, 0 to 1: on numbers of this size the solver ends at the same place on every machine (within 1e-11), and
    # what depends on it, the order of doubt and the guesses on the test, does not change
    pixels = data.images.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)).reshape(-1, 16) / 16
    people = {f"annotator {i}": annotators.confusion(4, right) for i in range(voters)}
    votes = annotators.rate(labels[stream], people, int(rng.integers(1000))).to_numpy().astype(int)
    state = {"X": pixels[first], "y": labels[first], "users": 90, "next": 0}
    return state, {"X": pixels[stream], "votes": votes}, {"X": pixels[test], "y": labels[test]}


def turn(rng: np.random.Generator, budget: int, growth: float = 0.3, **options: Any) -> tuple[State, State, State, int, float]:
    """The arguments of one turn in a ``world`` with ``options``, in which everything is logged."""
    return *world(rng, **options), budget, growth


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Nobody's vote, the stream's end, split votes, other growths, then what must be refused; each case has one difficulty."""
    state, stream, test = world(rng)
    for begin, users in ((15, 25), (70, 30), (0, 10)):
        yield Case(LOGS, ({**state, "users": users, "next": begin}, stream, test, 90, 0.3))
    yield Case(LOGS, ({**state, "next": 90}, stream, test, 30, 0.3))
    for budget in (15, 25):
        yield Case(UNCERTAIN, turn(rng, budget))
    yield Case(BUDGET, turn(rng, 0))
    yield Case(BUDGET, turn(rng, 2, voters=3))
    yield Case(BUDGET, turn(rng, 73, voters=3))
    yield Case(BUDGET, turn(rng, 1000, voters=2))
    for voters, right in ((2, 0.7), (4, 0.6), (3, 0.4)):
        yield Case(QUALITY, turn(rng, 40 * voters, voters=voters, right=right))
    yield Case(QUALITY, (state, {**stream, "votes": np.tile([0, 1], (90, 1))}, test, 40, 0.2))
    yield Case(GROWS, turn(rng, 90))
    yield Case(GROWS, turn(rng, 70, start=12))
    for users, growth in ((90, 1.0), (100, 0.0), (301, 0.45)):
        yield Case(USERS, ({**state, "users": users}, stream, test, 0, growth))
    unlike = {**test, "y": (test["y"] + 1) % 4}
    yield Case(USERS, ({**state, "users": 95}, stream, unlike, 0, 1.0))
    yield Case(USERS, ({**state, "users": 1}, stream, unlike, 0, 1.0))
    yield Case(REFUSED, (state, stream, test, -1, 0.5), raises="ValueError")
    for growth in (-0.1, 1.1, float("nan")):
        yield Case(REFUSED, (state, stream, test, 9, growth), raises="ValueError")
    yield Case(REFUSED, ({**state, "users": 0}, stream, test, 9, 0.5), raises="ValueError")
    for begin in (-1, 91):
        yield Case(REFUSED, ({**state, "next": begin}, stream, test, 9, 0.5), raises="ValueError")


def small(votes: list[list[int]], users: int, begin: int = 0, budget: int = 4, growth: float = 0.5) -> tuple[State, State, State, int, float]:
    """A world that fits on a screen: one feature, two classes, six items in the stream, three of them in doubt."""
    state = {"X": np.array([[0.0], [1.0], [9.0], [10.0]]), "y": np.array([0, 0, 1, 1]), "users": users, "next": begin}
    stream = {"X": np.array([[2.0], [4.75], [9.5], [5.5], [7.0], [3.5]]), "votes": np.array(votes)}
    return state, stream, {"X": np.array([[0.5], [2.5], [4.0], [5.75], [8.0]]), "y": np.array([0, 0, 0, 1, 1])}, budget, growth


AGREED = [[0, 0], [0, 0], [1, 1], [1, 1], [1, 1], [0, 0]]

exercise = Exercise(
    id="flywheel_round",
    title="One turn of the data flywheel",
    points=5,
    minutes=20,
    hints=(
        "Five steps, five lines or so: the logged rows are `range(next, min(next + users, m))`; train on the state; sort the logged rows by "
        "`predict_proba(...).max(axis=1)` and keep `budget // r`; vote; append and train again.",
        "Votes of one row: `np.unique(row, return_counts=True)`, or a `Counter`. There is a majority where exactly one label has the largest "
        "count; otherwise the row is skipped, and its votes are paid all the same.",
        "`np.vstack([state[\"X\"], stream[\"X\"][kept]])` appends the kept rows, most uncertain first, and works for an empty list of integers, "
        "too: `np.array([], dtype=int)`.",
    ),
    compare=close(rtol=1e-9, atol=1e-9),  # the same model on the same rows: only sums of floats may differ
    reference=reference,
    public=(
        Case(LOGS, small(AGREED, users=4, begin=1, budget=12)),
        Case(UNCERTAIN, small(AGREED, users=6)),
        Case(BUDGET, small(AGREED, users=6, budget=7)),
        Case(BUDGET, small(AGREED, users=6, budget=0)),
        Case(QUALITY, small([[0, 0], [0, 1], [1, 1], [1, 0], [1, 1], [1, 1]], users=6, budget=8)),
        Case(GROWS, turn(np.random.default_rng(3), 90)),
        Case(USERS, small(AGREED, users=20, budget=0, growth=0.25)),
        Case(REFUSED, small(AGREED, users=4, budget=-2), raises="ValueError"),
        Case(REFUSED, small(AGREED, users=4, begin=7), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_pandas(state, stream, test, budget, growth):
    m, r = stream["votes"].shape
    if budget < 0 or not 0 <= growth <= 1 or state["users"] < 1 or not 0 <= state["next"] <= m:
        raise ValueError("budget, growth, users or next is impossible")
    end = min(state["next"] + state["users"], m)
    X, y = state["X"], state["y"]
    logged = np.arange(state["next"], end)
    if len(logged):
        sure = LogisticRegression(max_iter=500).fit(X, y).predict_proba(stream["X"][logged]).max(axis=1)
        rows = pd.Series(sure, index=logged).sort_values(kind="stable").index[: budget // r]
        modes = [pd.Series(stream["votes"][row]).mode().tolist() for row in rows]
        kept = [(row, mode[0]) for row, mode in zip(rows, modes) if len(mode) == 1]
        if kept:
            X = np.concatenate([X, [stream["X"][row] for row, _ in kept]])
            y = np.concatenate([y, [label for _, label in kept]])
    accuracy = LogisticRegression(max_iter=500).fit(X, y).score(test["X"], test["y"])
    users = max(1, round(state["users"] + state["users"] * growth * (2 * accuracy - 1)))
    return {"X": X, "y": y, "users": users, "next": end, "accuracy": accuracy}


@exercise.right
def with_a_warning(state, stream, test, budget, growth):
    import warnings

    votes = stream["votes"]
    if budget < 0 or growth < 0 or not growth <= 1 or state["users"] <= 0 or state["next"] < 0 or state["next"] > len(votes):
        raise ValueError("budget, growth, users or next is impossible")
    sent = list(range(len(votes)))[state["next"] : state["next"] + state["users"]]
    if not sent:
        warnings.warn("the stream has run dry")
    model = LogisticRegression(max_iter=500).fit(state["X"], state["y"])
    sure = {row: model.predict_proba(stream["X"][row : row + 1]).max() for row in sent}
    X, y = list(state["X"]), list(state["y"])
    for row in sorted(sent, key=sure.get)[: budget // votes.shape[1]]:
        counts = np.bincount(votes[row])
        if (counts == counts.max()).sum() == 1:
            X.append(stream["X"][row])
            y.append(counts.argmax())
    right = (LogisticRegression(max_iter=500).fit(np.array(X), np.array(y)).predict(test["X"]) == test["y"]).mean()
    users = round(state["users"] * (1 + growth * right - growth * (1 - right)))
    return {"X": np.array(X), "y": np.array(y), "users": max(1, users), "next": state["next"] + len(sent), "accuracy": right}


@exercise.wrong(
    "You label items that no user has sent yet. The stream's later rows are the future: a flywheel turns on what is in the logs, "
    "from `next` to `next + users`.",
    share=6 / 7,
)
def whole_stream(state, stream, test, budget, growth):
    m, r = stream["votes"].shape
    if budget < 0 or not 0 <= growth <= 1 or state["users"] < 1 or not 0 <= state["next"] <= m:
        raise ValueError("budget, growth, users or next is impossible")
    end = min(state["next"] + state["users"], m)
    old = LogisticRegression(max_iter=500).fit(state["X"], state["y"])
    logged = range(m)
    sure = [old.predict_proba(stream["X"][[i]]).max() for i in logged]
    X, y = list(state["X"]), list(state["y"])
    for i in [row for _, row in sorted(zip(sure, logged))][: budget // r]:
        ranked = Counter(stream["votes"][i].tolist()).most_common()
        if len(ranked) == 1 or ranked[0][1] > ranked[1][1]:
            X.append(stream["X"][i])
            y.append(ranked[0][0])
    new = LogisticRegression(max_iter=500).fit(X, y)
    accuracy = (new.predict(test["X"]) == test["y"]).mean()
    users = max(1, round(state["users"] * (1 + growth * (2 * accuracy - 1))))
    return {"X": np.array(X), "y": np.array(y), "users": users, "next": end, "accuracy": accuracy}


@exercise.wrong(
    "You look at the logs from row 0 each turn. What was sent in earlier turns has had its chance; start at `next`, or the same "
    "items are paid for again and again.",
    share=6 / 7,
)
def from_the_start(state, stream, test, budget, growth):
    m, r = stream["votes"].shape
    if budget < 0 or not 0 <= growth <= 1 or state["users"] < 1 or not 0 <= state["next"] <= m:
        raise ValueError("budget, growth, users or next is impossible")
    end = min(state["next"] + state["users"], m)
    old = LogisticRegression(max_iter=500).fit(state["X"], state["y"])
    logged = range(min(state["users"], m))
    end = len(logged)
    sure = [old.predict_proba(stream["X"][[i]]).max() for i in logged]
    X, y = list(state["X"]), list(state["y"])
    for i in [row for _, row in sorted(zip(sure, logged))][: budget // r]:
        ranked = Counter(stream["votes"][i].tolist()).most_common()
        if len(ranked) == 1 or ranked[0][1] > ranked[1][1]:
            X.append(stream["X"][i])
            y.append(ranked[0][0])
    new = LogisticRegression(max_iter=500).fit(X, y)
    accuracy = (new.predict(test["X"]) == test["y"]).mean()
    users = max(1, round(state["users"] * (1 + growth * (2 * accuracy - 1))))
    return {"X": np.array(X), "y": np.array(y), "users": users, "next": end, "accuracy": accuracy}


@exercise.wrong(
    "You label the first items that came in. Most of them the model knows already; a label is worth most where the model is least "
    "sure. Sort by the largest probability, smallest first.",
    share=2 / 7,
)
def first_come(state, stream, test, budget, growth):
    m, r = stream["votes"].shape
    if budget < 0 or not 0 <= growth <= 1 or state["users"] < 1 or not 0 <= state["next"] <= m:
        raise ValueError("budget, growth, users or next is impossible")
    end = min(state["next"] + state["users"], m)
    old = LogisticRegression(max_iter=500).fit(state["X"], state["y"])
    logged = range(state["next"], end)
    sure = [old.predict_proba(stream["X"][[i]]).max() for i in logged]
    X, y = list(state["X"]), list(state["y"])
    for i in list(logged)[: budget // r]:
        ranked = Counter(stream["votes"][i].tolist()).most_common()
        if len(ranked) == 1 or ranked[0][1] > ranked[1][1]:
            X.append(stream["X"][i])
            y.append(ranked[0][0])
    new = LogisticRegression(max_iter=500).fit(X, y)
    accuracy = (new.predict(test["X"]) == test["y"]).mean()
    users = max(1, round(state["users"] * (1 + growth * (2 * accuracy - 1))))
    return {"X": np.array(X), "y": np.array(y), "users": users, "next": end, "accuracy": accuracy}


@exercise.wrong(
    "You label the items of which the model is *surest*. Their labels hardly teach it anything. Turn the order round: smallest "
    "largest probability first.",
    share=2 / 7,
)
def surest_first(state, stream, test, budget, growth):
    m, r = stream["votes"].shape
    if budget < 0 or not 0 <= growth <= 1 or state["users"] < 1 or not 0 <= state["next"] <= m:
        raise ValueError("budget, growth, users or next is impossible")
    end = min(state["next"] + state["users"], m)
    old = LogisticRegression(max_iter=500).fit(state["X"], state["y"])
    logged = range(state["next"], end)
    sure = [old.predict_proba(stream["X"][[i]]).max() for i in logged]
    X, y = list(state["X"]), list(state["y"])
    for i in [row for _, row in sorted(zip(sure, logged), reverse=True)][: budget // r]:
        ranked = Counter(stream["votes"][i].tolist()).most_common()
        if len(ranked) == 1 or ranked[0][1] > ranked[1][1]:
            X.append(stream["X"][i])
            y.append(ranked[0][0])
    new = LogisticRegression(max_iter=500).fit(X, y)
    accuracy = (new.predict(test["X"]) == test["y"]).mean()
    users = max(1, round(state["users"] * (1 + growth * (2 * accuracy - 1))))
    return {"X": np.array(X), "y": np.array(y), "users": users, "next": end, "accuracy": accuracy}


@exercise.wrong(
    "You spend the budget on items, but it pays for votes: with three annotators an item costs three. More votes per item or more "
    "items is the choice that every labeling budget has to make.",
    share=4 / 7,
)
def items_for_votes(state, stream, test, budget, growth):
    m, r = stream["votes"].shape
    if budget < 0 or not 0 <= growth <= 1 or state["users"] < 1 or not 0 <= state["next"] <= m:
        raise ValueError("budget, growth, users or next is impossible")
    end = min(state["next"] + state["users"], m)
    old = LogisticRegression(max_iter=500).fit(state["X"], state["y"])
    logged = range(state["next"], end)
    sure = [old.predict_proba(stream["X"][[i]]).max() for i in logged]
    X, y = list(state["X"]), list(state["y"])
    for i in [row for _, row in sorted(zip(sure, logged))][:budget]:
        ranked = Counter(stream["votes"][i].tolist()).most_common()
        if len(ranked) == 1 or ranked[0][1] > ranked[1][1]:
            X.append(stream["X"][i])
            y.append(ranked[0][0])
    new = LogisticRegression(max_iter=500).fit(X, y)
    accuracy = (new.predict(test["X"]) == test["y"]).mean()
    users = max(1, round(state["users"] * (1 + growth * (2 * accuracy - 1))))
    return {"X": np.array(X), "y": np.array(y), "users": users, "next": end, "accuracy": accuracy}


@exercise.wrong(
    "Where the votes are tied you take some label all the same. A coin toss is a wrong label half the time; here the item is thrown "
    "away, although its votes are paid.",
    share=6 / 7,
)
def ties_by_number(state, stream, test, budget, growth):
    m, r = stream["votes"].shape
    if budget < 0 or not 0 <= growth <= 1 or state["users"] < 1 or not 0 <= state["next"] <= m:
        raise ValueError("budget, growth, users or next is impossible")
    end = min(state["next"] + state["users"], m)
    old = LogisticRegression(max_iter=500).fit(state["X"], state["y"])
    logged = range(state["next"], end)
    sure = [old.predict_proba(stream["X"][[i]]).max() for i in logged]
    X, y = list(state["X"]), list(state["y"])
    for i in [row for _, row in sorted(zip(sure, logged))][: budget // r]:
        ranked = Counter(stream["votes"][i].tolist()).most_common()
        if ranked:
            X.append(stream["X"][i])
            y.append(ranked[0][0])
    new = LogisticRegression(max_iter=500).fit(X, y)
    accuracy = (new.predict(test["X"]) == test["y"]).mean()
    users = max(1, round(state["users"] * (1 + growth * (2 * accuracy - 1))))
    return {"X": np.array(X), "y": np.array(y), "users": users, "next": end, "accuracy": accuracy}


@exercise.wrong(
    "You append the model's own predictions instead of the annotators' majority. A model that learns from itself repeats its "
    "mistakes with growing confidence: the flywheel turns without moving.",
    share=2 / 7,
)
def own_predictions(state, stream, test, budget, growth):
    m, r = stream["votes"].shape
    if budget < 0 or not 0 <= growth <= 1 or state["users"] < 1 or not 0 <= state["next"] <= m:
        raise ValueError("budget, growth, users or next is impossible")
    end = min(state["next"] + state["users"], m)
    old = LogisticRegression(max_iter=500).fit(state["X"], state["y"])
    logged = range(state["next"], end)
    sure = [old.predict_proba(stream["X"][[i]]).max() for i in logged]
    X, y = list(state["X"]), list(state["y"])
    for i in [row for _, row in sorted(zip(sure, logged))][: budget // r]:
        ranked = Counter(stream["votes"][i].tolist()).most_common()
        if len(ranked) == 1 or ranked[0][1] > ranked[1][1]:
            X.append(stream["X"][i])
            y.append(old.predict(stream["X"][[i]])[0])
    new = LogisticRegression(max_iter=500).fit(X, y)
    accuracy = (new.predict(test["X"]) == test["y"]).mean()
    users = max(1, round(state["users"] * (1 + growth * (2 * accuracy - 1))))
    return {"X": np.array(X), "y": np.array(y), "users": users, "next": end, "accuracy": accuracy}


@exercise.wrong(
    "Your new training set holds only the new labels. What was labelled before has been paid for, too, and the model forgets it: "
    "append.",
    share=2 / 7,
)
def only_the_new(state, stream, test, budget, growth):
    m, r = stream["votes"].shape
    if budget < 0 or not 0 <= growth <= 1 or state["users"] < 1 or not 0 <= state["next"] <= m:
        raise ValueError("budget, growth, users or next is impossible")
    end = min(state["next"] + state["users"], m)
    old = LogisticRegression(max_iter=500).fit(state["X"], state["y"])
    logged = range(state["next"], end)
    sure = [old.predict_proba(stream["X"][[i]]).max() for i in logged]
    X, y = [], []
    for i in [row for _, row in sorted(zip(sure, logged))][: budget // r]:
        ranked = Counter(stream["votes"][i].tolist()).most_common()
        if len(ranked) == 1 or ranked[0][1] > ranked[1][1]:
            X.append(stream["X"][i])
            y.append(ranked[0][0])
    if len(set(y)) < 2:
        X, y = list(state["X"]), list(state["y"])
    new = LogisticRegression(max_iter=500).fit(X, y)
    accuracy = (new.predict(test["X"]) == test["y"]).mean()
    users = max(1, round(state["users"] * (1 + growth * (2 * accuracy - 1))))
    return {"X": np.array(X), "y": np.array(y), "users": users, "next": end, "accuracy": accuracy}


@exercise.wrong(
    "You measure the model from before the new labels. Then no turn of the wheel ever shows an effect. Train again first.",
    share=2 / 7,
)
def the_old_model(state, stream, test, budget, growth):
    m, r = stream["votes"].shape
    if budget < 0 or not 0 <= growth <= 1 or state["users"] < 1 or not 0 <= state["next"] <= m:
        raise ValueError("budget, growth, users or next is impossible")
    end = min(state["next"] + state["users"], m)
    old = LogisticRegression(max_iter=500).fit(state["X"], state["y"])
    logged = range(state["next"], end)
    sure = [old.predict_proba(stream["X"][[i]]).max() for i in logged]
    X, y = list(state["X"]), list(state["y"])
    for i in [row for _, row in sorted(zip(sure, logged))][: budget // r]:
        ranked = Counter(stream["votes"][i].tolist()).most_common()
        if len(ranked) == 1 or ranked[0][1] > ranked[1][1]:
            X.append(stream["X"][i])
            y.append(ranked[0][0])
    new = LogisticRegression(max_iter=500).fit(X, y)
    accuracy = (old.predict(test["X"]) == test["y"]).mean()
    users = max(1, round(state["users"] * (1 + growth * (2 * accuracy - 1))))
    return {"X": np.array(X), "y": np.array(y), "users": users, "next": end, "accuracy": accuracy}


@exercise.wrong(
    "Your users only ever become more. Wrong answers drive people away: the factor is 1 + growth · (share right − share wrong), and "
    "with accuracy a that is 1 + growth · (2a − 1).",
    share=0,
)
def nobody_leaves(state, stream, test, budget, growth):
    m, r = stream["votes"].shape
    if budget < 0 or not 0 <= growth <= 1 or state["users"] < 1 or not 0 <= state["next"] <= m:
        raise ValueError("budget, growth, users or next is impossible")
    end = min(state["next"] + state["users"], m)
    old = LogisticRegression(max_iter=500).fit(state["X"], state["y"])
    logged = range(state["next"], end)
    sure = [old.predict_proba(stream["X"][[i]]).max() for i in logged]
    X, y = list(state["X"]), list(state["y"])
    for i in [row for _, row in sorted(zip(sure, logged))][: budget // r]:
        ranked = Counter(stream["votes"][i].tolist()).most_common()
        if len(ranked) == 1 or ranked[0][1] > ranked[1][1]:
            X.append(stream["X"][i])
            y.append(ranked[0][0])
    new = LogisticRegression(max_iter=500).fit(X, y)
    accuracy = (new.predict(test["X"]) == test["y"]).mean()
    users = max(1, round(state["users"] * (1 + growth * accuracy)))
    return {"X": np.array(X), "y": np.array(y), "users": users, "next": end, "accuracy": accuracy}


@exercise.wrong(
    "The turn is right, but impossible input passes: with a negative budget `[:-3]` silently labels almost everything. Check "
    "budget, growth, users and next first, and raise a ValueError.",
    share=6 / 7,
)
def no_checks(state, stream, test, budget, growth):
    m, r = stream["votes"].shape
    end = min(state["next"] + state["users"], m)
    old = LogisticRegression(max_iter=500).fit(state["X"], state["y"])
    logged = range(state["next"], end)
    sure = [old.predict_proba(stream["X"][[i]]).max() for i in logged]
    X, y = list(state["X"]), list(state["y"])
    for i in [row for _, row in sorted(zip(sure, logged))][: budget // r]:
        ranked = Counter(stream["votes"][i].tolist()).most_common()
        if len(ranked) == 1 or ranked[0][1] > ranked[1][1]:
            X.append(stream["X"][i])
            y.append(ranked[0][0])
    new = LogisticRegression(max_iter=500).fit(X, y)
    accuracy = (new.predict(test["X"]) == test["y"]).mean()
    users = max(1, round(state["users"] * (1 + growth * (2 * accuracy - 1))))
    return {"X": np.array(X), "y": np.array(y), "users": users, "next": end, "accuracy": accuracy}
