"""Six small benchmarks after DataPerf (Mazumder et al. 2022, 2023): the model is fixed, what you do to the data is scored.

A *round* of a task is drawn from a seed: real handwritten digits of five classes, warped a little, passed through a frozen random
network. Whoever works on a task gets these embeddings, as in DataPerf, never images; test rows and their labels stay with whoever
scores. ``play`` draws a round, ``score`` says what an answer is worth in it, ``problem`` whether it is one at all.

============== ============================================================== ============================== ======
task           what is asked for                                              score                          better
============== ============================================================== ============================== ======
creation       rows and labels of a training set                              accuracy of the fixed model    higher
acquisition    rows to buy for a test set                                     share of the errors found      higher
selection      rows of a training set, labels as they are                     mean F1 over the classes       higher
debugging      an order in which to inspect the labels                        share inspected until 95 % of  lower
                                                                              the clean accuracy
slicing        groups of rows on which the model fails for the same reason    mean precision at 10           higher
valuation      a value for each training row                                  correlation with Data Shapley  higher
============== ============================================================== ============================== ======
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

import numpy as np

from datacentric_helpers.i18n import gettext as _

__all__ = ["LOWER_IS_BETTER", "TASKS", "Round", "called", "judge", "permutation_values", "play", "problem", "score"]

Array = np.ndarray[Any, Any]

TASKS = {
    "creation": "training_set", "acquisition": "acquire", "selection": "select_coreset", "debugging": "debug_labels",
    "slicing": "find_slices", "valuation": "data_values",
}
LOWER_IS_BETTER = frozenset({"debugging"})
CLASSES, WIDTH = 5, 64
STEP = 0.1  # debugging: the model is trained again after every tenth part of the rows
TOP = 10  # slicing: so many rows of a group are looked at
ENOUGH = 0.95  # debugging: this share of the accuracy with clean labels


@dataclass(frozen=True)
class Round:
    """One round: ``args``, what the function is called with; ``sealed``, what only the judge has."""

    task: str
    args: tuple[Any, ...]
    sealed: Mapping[str, Any] = field(repr=False)


@cache
def _photographed() -> tuple[Array, Array]:
    """The 5,000 MNIST digits at half size, (5000, 14, 14) from 0 to 1, and their labels."""
    from datacentric_helpers.datasets import mnist_sample

    digits = mnist_sample()
    return digits.images.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4)) / 255, digits.y


def _warped(images: Array, rng: np.random.Generator, turn: float = 0.0) -> Array:
    """Each image turned (``turn`` degrees, up to 5 more or less), moved by up to half a pixel, and zoomed by up to 5 %."""
    n, height, width = images.shape
    angle = np.deg2rad(turn + rng.uniform(-5, 5, n))
    zoom, (right, down) = rng.uniform(0.95, 1.05, n), rng.uniform(-0.5, 0.5, (2, n))
    y, x = np.mgrid[:height, :width] - np.array([(height - 1) / 2, (width - 1) / 2])[:, None, None]
    cos, sin = ((f(angle) / zoom)[:, None, None] for f in (np.cos, np.sin))
    column = np.clip(cos * x - sin * y + right[:, None, None] + (width - 1) / 2, -1, width) + 1
    row = np.clip(sin * x + cos * y + down[:, None, None] + (height - 1) / 2, -1, height) + 1
    framed = np.pad(images, ((0, 0), (1, 2), (1, 2)))
    i, r, c = np.arange(n)[:, None, None], row.astype(int), column.astype(int)
    fx, fy = column - c, row - r
    upper = (1 - fx) * framed[i, r, c] + fx * framed[i, r, c + 1]
    lower = (1 - fx) * framed[i, r + 1, c] + fx * framed[i, r + 1, c + 1]
    moved: Array = (1 - fy) * upper + fy * lower
    return moved


def _encoder(rng: np.random.Generator) -> Callable[[Array], Array]:
    """A frozen random ReLU network, images (n, 14, 14) → (n, 64) rows of length one: neither brightness nor pixels can be read off."""
    weights = rng.normal(size=(14 * 14, WIDTH))

    def encode(images: Array) -> Array:
        pixels = images.reshape(len(images), -1)
        hidden = np.maximum((pixels - pixels.mean(axis=1, keepdims=True)) @ weights, 0)
        return np.asarray(hidden / np.linalg.norm(hidden, axis=1, keepdims=True), np.float32)

    return encode


def _drawn(rng: np.random.Generator, *counts: Array) -> list[tuple[Array, Array]]:
    """Images and labels for each list of counts per class, all different; which digit is class 0 to 4 is drawn too."""
    images, digits = _photographed()
    kinds = rng.permutation(10)[:CLASSES]
    stock = [rng.permutation(np.flatnonzero(digits == kind)) for kind in kinds]
    parts, used = [], np.zeros(CLASSES, dtype=int)
    for count in counts:
        rows = np.concatenate([stock[c][used[c]: used[c] + n] for c, n in enumerate(count)])
        labels = np.repeat(np.arange(CLASSES), count)
        order = rng.permutation(len(rows))
        parts.append((images[rows[order]], labels[order]))
        used = used + count
    return parts


def _mislabelled(labels: Array, share: float, rng: np.random.Generator) -> Array:
    """``labels`` with exactly ``share`` of them replaced by another class."""
    given = labels.copy()
    rows = rng.permutation(len(labels))[: round(share * len(labels))]
    given[rows] = (given[rows] + rng.integers(1, CLASSES, len(rows))) % CLASSES
    return given


def _even(n: int) -> Array:
    return np.full(CLASSES, n)


def _creation(rng: np.random.Generator) -> Round:
    (pool, true), (test, y_test) = _drawn(rng, np.array([140, 110, 80, 60, 50]), _even(120))
    encode = _encoder(rng)
    X = encode(_warped(pool, rng))
    sealed = {"X": X, "X_test": encode(_warped(test, rng)), "y_test": y_test}
    return Round("creation", (X, _mislabelled(true, 0.45, rng), 150), sealed)


def _acquisition(rng: np.random.Generator) -> Round:
    (train, y), (pool, true) = _drawn(rng, _even(12), _even(100))
    encode = _encoder(rng)
    model = _fitted(encode(_warped(train, rng)), y)
    probs = model.predict_proba(encode(_warped(pool, rng)))
    prices = np.round(0.5 + 2 * np.exp(rng.normal(0, 1.2, len(pool))), 2)
    args = (probs, prices, round(0.1 * float(prices.sum()), 2))
    return Round("acquisition", args, {"wrong": model.classes_[probs.argmax(axis=1)] != true})


def _selection(rng: np.random.Generator) -> Round:
    (pool, true), (test, y_test) = _drawn(rng, np.array([260, 100, 50, 40, 30]), _even(120))
    encode = _encoder(rng)
    X, given = encode(_warped(pool, rng)), _mislabelled(true, 0.2, rng)
    sealed = {"X": X, "y": given, "X_test": encode(_warped(test, rng)), "y_test": y_test}
    return Round("selection", (X, given, 40), sealed)


def _debugging(rng: np.random.Generator) -> Round:
    (train, true), (test, y_test) = _drawn(rng, _even(60), _even(120))
    encode = _encoder(rng)
    X, given = encode(_warped(train, rng)), _mislabelled(true, 0.5, rng)
    X_test = encode(_warped(test, rng))
    clean = float(_fitted(X, true).score(X_test, y_test))
    sealed = {"X": X, "y": given, "true": true, "X_test": X_test, "y_test": y_test, "clean": clean}
    return Round("debugging", (X, given), sealed)


def _slicing(rng: np.random.Generator) -> Round:
    (train, y), (shown, y_shown) = _drawn(rng, _even(30), _even(100))
    encode = _encoder(rng)
    model = _fitted(encode(_warped(train, rng)), y)
    plain, slices = _warped(shown, rng), np.arange(len(shown)) // 50
    slices[slices > 3] = -1  # rows with nothing the matter
    changed = plain.copy()
    changed[slices == 0, 7:] = 0  # the lower half hidden
    changed[slices == 1] = _warped(shown[slices == 1], rng, turn=50)
    changed[slices == 2] += np.linspace(0, 1, 14)  # light from the right
    changed[slices == 3] = 1 - plain[slices == 3]  # black on white
    order = rng.permutation(len(shown))
    X, y_shown, slices = encode(changed)[order], y_shown[order], slices[order]
    return Round("slicing", (X, y_shown, model.predict(X), 4), {"slices": slices})


def _valuation(rng: np.random.Generator) -> Round:
    (train, true), (valid, y_valid), (test, y_test) = _drawn(rng, _even(16), _even(20), _even(120))
    encode = _encoder(rng)
    X, X_valid = encode(_warped(train, rng)), encode(_warped(valid, rng))
    given = _mislabelled(true, 0.3, rng)
    return Round("valuation", (X, given, X_valid, y_valid, 5), {"X_test": encode(_warped(test, rng)), "y_test": y_test})


DRAW = {
    "creation": _creation, "acquisition": _acquisition, "selection": _selection, "debugging": _debugging, "slicing": _slicing,
    "valuation": _valuation,
}


@lru_cache(maxsize=64)
def play(task: str, seed: int) -> Round:
    """The round of ``task`` that ``seed`` gives. Raises ValueError for a task that there is not.

    >>> play("selection", 1).args[0].shape
    (480, 64)
    """
    if task not in TASKS:
        raise ValueError(f"task must be one of {', '.join(TASKS)}, got {task!r}")
    return DRAW[task](np.random.default_rng(seed))


def called(args: Sequence[Any]) -> list[Sequence[Any]] | None:
    """The calls that ``args`` stand for, where they are rounds; None where they are a call's own arguments.

    Rounds are one dict: ``{"rounds": [arguments, ...]}``, or, where their seeds are no secret, ``{"task": name, "seeds": [...]}``.
    """
    if len(args) != 1 or not isinstance(args[0], dict):
        return None
    if set(args[0]) == {"rounds"}:
        return list(args[0]["rounds"])
    if set(args[0]) == {"task", "seeds"}:
        return [tuple(np.copy(a) if isinstance(a, np.ndarray) else a for a in play(args[0]["task"], s).args) for s in args[0]["seeds"]]
    return None


def _fitted(X: Array, y: Array) -> Any:
    from datacentric_helpers.fixed_model import fixed_classifier

    return fixed_classifier().fit(X, y)


def problem(task: str, args: Sequence[Any], answer: Any) -> str | None:
    """Why ``answer`` is no answer to ``task`` for these arguments; None where it is one."""
    return CHECKS[task](args, answer)


def score(task: str, round_: Round, answer: Any) -> float:
    """What ``answer`` is worth in ``round_``, in the unit of the table above. Raises ValueError where it is no answer."""
    reason = problem(task, round_.args, answer)
    if reason:
        raise ValueError(reason)
    return float(SCORES[task](round_.sealed, answer))


def judge(level: str, expected: Mapping[str, Any], got: Any) -> str | None:
    """None where ``got`` reaches ``level``, otherwise why not.

    ``expected`` names the ``task``. For the level "form" it holds the ``args`` of one call, and the ``groups`` in it where only one
    grouping is right; for "random", "heuristic" and "reference"
    the ``seeds`` of the rounds, their score under the name of the level, the ``margin`` by which a score must be better than random choice
    and the heuristic, and the ``interval`` within which it is as good as the reference.
    """
    task = expected["task"]
    if level == "form":
        return problem(task, expected["args"], got) or _grouped_otherwise(expected, got)
    rounds = [_sealed_with(play(task, seed), expected, number) for number, seed in enumerate(expected["seeds"])]
    if not isinstance(got, list) or len(got) != len(rounds):
        return _("{due} answers were due, one for each round").format(due=len(rounds))
    for one, answer in zip(rounds, got, strict=True):
        if reason := problem(task, one.args, answer):
            return reason
    reached = float(np.mean([score(task, one, answer) for one, answer in zip(rounds, got, strict=True)]))
    sign = -1 if task in LOWER_IS_BETTER else 1
    due = float(expected[level]) + sign * (-float(expected["interval"]) if level == "reference" else float(expected["margin"]))
    if sign * reached >= sign * due:
        return None
    text = _("mean over {n} rounds: {reached:.3f}; at most {due:.3f} was due") if sign < 0 else _(
        "mean over {n} rounds: {reached:.3f}; at least {due:.3f} was due")
    return text.format(n=len(rounds), reached=reached, due=due)


def _grouped_otherwise(expected: Mapping[str, Any], got: Any) -> str | None:
    if "groups" not in expected or {frozenset(map(int, g)) for g in got} == {frozenset(g) for g in expected["groups"]}:
        return None
    return _("rows that fail for one reason do not stand together")


def _sealed_with(one: Round, expected: Mapping[str, Any], number: int) -> Round:
    """The round with the values that only the judge can compute."""
    if "targets" not in expected:
        return one
    return Round(one.task, one.args, {**one.sealed, "target": expected["targets"][number]})


def permutation_values(X: Array, y: Array, X_val: Array, y_val: Array, k: int, permutations: int, seed: int) -> Array:
    """Monte-Carlo estimate of Data Shapley for a k-nearest-neighbour model (Ghorbani & Zou 2019), shape (n,).

    Rows join one by one, in ``permutations`` random orders; a row's value is by how much it raises the model's score on average.
    The score of a set is the mean, over the validation rows, of the right labels among its k nearest members, divided by k. The error
    of the estimate falls with the root of ``permutations``. Raises ValueError where ``k`` or ``permutations`` is below 1.
    """
    if k < 1 or permutations < 1:
        raise ValueError(f"k and permutations must be at least 1, got {k} and {permutations}")
    rng, n, m = np.random.default_rng(seed), len(X), len(X_val)
    rank = np.argsort(np.argsort(((X_val[:, None] - X[None]) ** 2).sum(axis=2), axis=1, kind="stable"), axis=1)  # (m, n), 0 is nearest
    right = y[None, :] == y_val[:, None]
    values = np.zeros(n)
    for _round in range(permutations):
        nearest = np.full((m, k), n)  # ranks of each validation row's nearest members so far
        hits, before = np.zeros((m, k)), 0.0
        for row in rng.permutation(n):
            last = nearest.argmax(axis=1)
            closer = np.flatnonzero(rank[:, row] < nearest[np.arange(m), last])
            nearest[closer, last[closer]], hits[closer, last[closer]] = rank[closer, row], right[closer, row]
            after = hits.mean()
            values[row] += after - before
            before = after
    return values / permutations


def _rows(answer: Any, n: int) -> tuple[Array, str | None]:
    """``answer`` as row numbers, each once, of ``n`` rows; or why it is none."""
    try:
        rows = np.asarray(answer)
    except ValueError:
        rows = np.zeros((0, 2))
    if rows.ndim != 1 or (len(rows) and rows.dtype.kind not in "iu"):
        return np.zeros(0, int), _("a sequence of row numbers was due")
    if len(rows) and not (rows.min() >= 0 and rows.max() < n):
        return rows, _("row numbers must lie between 0 and {last}").format(last=n - 1)
    if len(np.unique(rows)) != len(rows):
        return rows, _("a row number came twice")
    return rows.astype(int), None


def _check_creation(args: Sequence[Any], answer: Any) -> str | None:
    X, y, budget = args
    if not isinstance(answer, (list, tuple)) or len(answer) != 2:
        return _("a pair was due: row numbers, and a label for each")
    rows, reason = _rows(answer[0], len(X))
    if reason:
        return reason
    labels = np.asarray(answer[1])
    if labels.shape != rows.shape or not np.isin(labels, np.unique(y)).all():
        return _("one label was due for each row, of those that occur in y")
    if not 1 <= len(rows) <= budget:
        return _("the budget is {budget} rows, {came} came").format(budget=budget, came=len(rows))
    return None


def _check_acquisition(args: Sequence[Any], answer: Any) -> str | None:
    _probs, prices, budget = args
    rows, reason = _rows(answer, len(prices))
    if reason:
        return reason
    spent = float(np.asarray(prices)[rows].sum())
    if spent > budget + 1e-6:
        return _("the budget is {budget:.2f}, these rows cost {spent:.2f}").format(budget=budget, spent=spent)
    return None


def _check_selection(args: Sequence[Any], answer: Any) -> str | None:
    X, _y, budget = args
    rows, reason = _rows(answer, len(X))
    if reason is None and len(rows) != budget:
        return _("{due} rows were due, {came} came").format(due=budget, came=len(rows))
    return reason


def _check_debugging(args: Sequence[Any], answer: Any) -> str | None:
    rows, reason = _rows(answer, len(args[0]))
    if reason is None and len(rows) != len(args[0]):
        return _("every row was due once: {due} rows, {came} came").format(due=len(args[0]), came=len(rows))
    return reason


def _check_slicing(args: Sequence[Any], answer: Any) -> str | None:
    _X, y, predicted, count = args
    if not isinstance(answer, (list, tuple)) or len(answer) != count:
        return _("{due} groups were due").format(due=count)
    together = []
    for group in answer:
        rows, reason = _rows(group, len(y))
        if reason:
            return reason
        if not len(rows):
            return _("a group is empty")
        if (np.asarray(y)[rows] == np.asarray(predicted)[rows]).any():
            return _("a group holds a row that the model gets right")
        together += rows.tolist()
    return _("a row stands in two groups") if len(set(together)) != len(together) else None


def _check_valuation(args: Sequence[Any], answer: Any) -> str | None:
    try:
        values = np.asarray(answer, float)
    except (TypeError, ValueError):
        return _("one number was due for each training row")
    if values.shape != (len(args[0]),) or not np.isfinite(values).all():
        return _("one number was due for each training row")
    return None


CHECKS = {
    "creation": _check_creation, "acquisition": _check_acquisition, "selection": _check_selection, "debugging": _check_debugging,
    "slicing": _check_slicing, "valuation": _check_valuation,
}


def _score_creation(sealed: Mapping[str, Any], answer: Any) -> float:
    rows, labels = np.asarray(answer[0]), np.asarray(answer[1])
    if len(np.unique(labels)) < 2:
        return float((sealed["y_test"] == labels[0]).mean())  # one class: nothing to train
    return float(_fitted(sealed["X"][rows], labels).score(sealed["X_test"], sealed["y_test"]))


def _score_acquisition(sealed: Mapping[str, Any], answer: Any) -> float:
    wrong = sealed["wrong"]
    return float(wrong[np.asarray(answer, int)].sum() / wrong.sum())


def _score_selection(sealed: Mapping[str, Any], answer: Any) -> float:
    from sklearn.metrics import f1_score

    rows = np.asarray(answer)
    labels = sealed["y"][rows]
    found = _fitted(sealed["X"][rows], labels).predict(sealed["X_test"]) if len(np.unique(labels)) > 1 else np.full(
        len(sealed["y_test"]), labels[0])
    return float(f1_score(sealed["y_test"], found, labels=range(CLASSES), average="macro", zero_division=0))


def _score_debugging(sealed: Mapping[str, Any], answer: Any) -> float:
    order = np.asarray(answer)
    due = ENOUGH * sealed["clean"]
    labels = sealed["y"].copy()
    for share in np.arange(0, 1, STEP):
        inspected = order[: round(share * len(order))]
        labels[inspected] = sealed["true"][inspected]
        if _fitted(sealed["X"], labels).score(sealed["X_test"], sealed["y_test"]) >= due:
            return float(share)
    return 1.0


def _score_slicing(sealed: Mapping[str, Any], answer: Any) -> float:
    planted = sealed["slices"]
    hits = [[np.sum(planted[np.asarray(group)[:TOP]] == one) / TOP for group in answer] for one in range(planted.max() + 1)]
    return float(np.mean(np.max(hits, axis=1)))


def _score_valuation(sealed: Mapping[str, Any], answer: Any) -> float:
    values, target = np.asarray(answer, float), np.asarray(sealed["target"], float)
    if np.ptp(values) == 0:
        return 0.0  # all the same says nothing about any
    return float(np.corrcoef(values, target)[0, 1])


SCORES = {
    "creation": _score_creation, "acquisition": _score_acquisition, "selection": _score_selection, "debugging": _score_debugging,
    "slicing": _score_slicing, "valuation": _score_valuation,
}
