"""Dawid & Skene's EM: item classes and workers' confusion matrices, estimated together."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from datacentric_helpers import annotators, datasets
from datacentric_helpers.compare import close, within
from graders.exercise import Case, Exercise

START, STEP = "before the first round: shares of votes", "one round: estimate the workers, then the items"
ROUNDS, GAPS = "several rounds", "items that a worker did not see say nothing about the worker"
MANY, PEER = "hundreds of workers do not end in 0/0", "labels and probabilities agree with crowd-kit's"
REFUSED = "unusable input is refused"

ROUNDS_OF_PEER = 40
Table = npt.NDArray[np.int64]


def reference(answers: npt.ArrayLike, n_classes: int, n_iter: int, smoothing: float) -> npt.NDArray[np.float64]:
    """P(class | answers) of every item, (n_items, n_classes), after ``n_iter`` rounds of EM (Dawid & Skene 1979); in plain loops.

    ``answers`` (n_items, n_workers): class numbers from 0, -1 = not answered. Raises ValueError for another shape or number, an
    item without an answer, ``n_iter`` below 0, ``smoothing`` not above 0.
    """
    table = np.asarray(answers)
    if table.ndim != 2 or not set(table.ravel().tolist()) <= set(range(-1, n_classes)):
        raise ValueError("a table of class numbers, -1 where there is no answer, is due")
    if any(max(row) < 0 for row in table.tolist()) or n_iter < 0 or not smoothing > 0:
        raise ValueError("an answer to every item, whole rounds and a smoothing above 0 are due")
    rows, classes = table.tolist(), range(n_classes)
    p = [[row.count(c) / sum(x >= 0 for x in row) for c in classes] for row in rows]
    for _ in range(n_iter):
        prior = [sum(item[t] for item in p) + smoothing for t in classes]
        chance = []
        for column in table.T.tolist():
            counts = [[smoothing] * n_classes for _ in classes]  # [true][given]
            for item, given in zip(p, column, strict=True):
                for t in classes if given >= 0 else ():
                    counts[t][given] += item[t]
            chance.append([[x / sum(line) for x in line] for line in counts])
        p = []
        for row in rows:
            seen = [(matrix, given) for matrix, given in zip(chance, row, strict=True) if given >= 0]
            logs = [math.log(prior[t]) + math.fsum(math.log(m[t][given]) for m, given in seen) for t in classes]
            weights = [math.exp(x - max(logs)) for x in logs]
            p.append([w / sum(weights) for w in weights])
    return np.array(p)


def crowd(seed: int, n_items: int, accuracies: list[float], n_classes: int = 2, coverage: float = 1.0) -> Table:
    """Answers of simulated workers to balanced items; every item has one answer at least."""
    true = np.arange(n_items) % n_classes
    matrices = {f"w{i}": annotators.confusion(n_classes, a) for i, a in enumerate(accuracies)}
    ratings = annotators.rate(true, matrices, seed=seed, coverage=coverage)
    empty = ratings.isna().all(axis=1)
    ratings.loc[empty, "w0"] = true[empty]
    return np.asarray(ratings.fillna(-1), dtype=np.int64)


def patients() -> Table:
    """Dawid & Skene's own data: 45 patients, seven ratings, classes 0 to 3."""
    return np.asarray(datasets.anaesthetists(), dtype=np.int64) - 1


def peer(answers: Table, n_classes: int) -> Case:
    """A case against crowd-kit: each probability within 0.01 of its, and more than one half for the label that it chooses.

    Crowd-kit does not smooth; with a millionth of an answer in each cell the two agree to far more than two decimals.
    """
    from crowdkit.aggregation import DawidSkene

    long = pd.DataFrame(answers).rename_axis("task").reset_index().melt("task", var_name="worker", value_name="label")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it calls what pandas has deprecated
        model = DawidSkene(n_iter=ROUNDS_OF_PEER, tol=-1).fit(long[long["label"] >= 0])  # tol=-1: all rounds, as in the exercise
    p = model.probas_.sort_index()[list(range(n_classes))].to_numpy()  # type: ignore[union-attr]
    chosen = p == p.max(axis=1, keepdims=True)
    bounds = {"low": np.where(chosen, np.maximum(p - 0.01, 0.5), p - 0.01), "high": np.where(chosen, p + 0.01, np.minimum(p + 0.01, 0.5))}
    return Case(PEER, (answers, n_classes, ROUNDS_OF_PEER, 1e-6), expected=bounds, compare=within())


# Two careful workers, one careless, and five who always give the same answer: most items are outvoted.
SPAM = np.column_stack([crowd(4, 60, [0.95, 0.9, 0.7]), np.tile([0, 0, 0, 1, 1], (60, 1))])
SMALL = np.array([[0, 0, 1], [1, 1, 1], [0, 0, 0], [1, 0, 1]])


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """One item, one worker, then crowds of every kind, whole and with gaps, then what must be refused."""
    seed = int(rng.integers(1000))
    yield Case(START, (np.array([[2, 2, 0, -1]]), 3, 0, 0.5))
    yield Case(START, (crowd(seed, 9, [0.8] * 4, 3, coverage=0.6), 3, 0, 0.1))
    yield Case(STEP, (np.array([[0], [1], [1]]), 2, 1, 0.5))
    yield Case(STEP, (crowd(seed, 12, [0.9, 0.7, 0.6], 3), 3, 1, 0.2))
    yield Case(ROUNDS, (crowd(seed, 30, [0.85, 0.7, 0.65, 0.3]), 2, 2, 0.1))
    yield Case(ROUNDS, (crowd(seed + 1, 24, [0.8, 0.65, 0.6, 0.6], 3), 3, 5, 1.0))
    yield Case(GAPS, (crowd(seed, 24, [0.85, 0.7, 0.65, 0.6], 2, coverage=0.6), 2, 3, 0.1))
    yield Case(GAPS, (crowd(seed + 1, 18, [0.8, 0.7, 0.7, 0.5, 0.6], 3, coverage=0.5), 3, 2, 0.5))
    yield Case(MANY, (crowd(seed, 5, [0.3] * 800, 5), 5, 1, 0.5))
    yield Case(MANY, (crowd(seed, 4, [0.9] * 900, 2), 2, 1, 0.5))
    yield peer(np.column_stack([crowd(10, 60, [0.95, 0.9, 0.9, 0.2], 3), np.tile([2, 2, 1], (60, 1))]), 3)
    yield Case(REFUSED, (np.array([[0, 1], [-1, -1]]), 2, 3, 0.1), raises="ValueError")
    yield Case(REFUSED, (np.array([[0, 1], [-2, 1]]), 2, 3, 0.1), raises="ValueError")
    yield Case(REFUSED, (np.array([0, 1, 1]), 2, 3, 0.1), raises="ValueError")
    yield Case(REFUSED, (SMALL, 2, 3, -0.1), raises="ValueError")


exercise = Exercise(
    id="dawid_skene",
    title="Dawid and Skene's EM",
    points=6,
    minutes=20,
    hints=(
        "`given = answers[:, :, None] == np.arange(n_classes)` is an array (items, workers, classes) of 0 and 1; an answer of −1 equals no "
        "class, so gaps vanish by themselves.",
        "Workers: `np.einsum(\"it,iwl->wtl\", p, given)` adds up, for each worker, how much of true class t was called l. Add `smoothing`, "
        "then divide each row (axis 2) by its sum.",
        "Items: add logarithms instead of multiplying, `np.log(prior) + np.einsum(\"iwl,wtl->it\", given, np.log(confusion))`; subtract each "
        "row's largest before `np.exp`, then divide by the row's sum.",
    ),
    compare=close(rtol=1e-6, atol=1e-7),  # logs or scaled products: they differ by rounding only
    reference=reference,
    public=(
        Case(START, (np.array([[0, 0, 1], [1, -1, -1]]), 2, 0, 0.1)),
        Case(STEP, (SMALL, 2, 1, 0.5)),
        Case(STEP, (patients()[:12], 4, 1, 0.1)),
        Case(ROUNDS, (SMALL, 2, 3, 0.5)),
        Case(ROUNDS, (crowd(5, 30, [0.9, 0.7, 0.6, 0.2]), 2, 4, 0.1)),
        Case(GAPS, (np.array([[0, 0, -1, 1], [1, 1, 1, -1], [0, -1, 0, 0], [-1, 0, 1, 0]]), 2, 2, 0.5)),
        Case(MANY, (crowd(2, 4, [0.35] * 800, 5), 5, 1, 0.5)),
        peer(patients(), 4),
        peer(SPAM, 2),
        Case(REFUSED, (np.array([[0, 2], [1, 1]]), 2, 3, 0.1), raises="ValueError"),
        Case(REFUSED, (np.array([[-1, -1], [1, 1]]), 2, 3, 0.1), raises="ValueError"),
        Case(REFUSED, (SMALL, 2, 3, 0.0), raises="ValueError"),
        Case(REFUSED, (SMALL, 2, 3, math.nan), raises="ValueError"),
        Case(REFUSED, (SMALL, 2, -1, 0.1), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_loops_over_workers(answers, n_classes, n_iter, smoothing):
    answers = np.array(answers)
    if answers.ndim != 2 or answers.min() < -1 or answers.max() >= n_classes or (answers.max(axis=1) < 0).any():
        raise ValueError("a table of class numbers with an answer to every item is due")
    if n_iter < 0 or not smoothing > 0:
        raise ValueError("n_iter must be at least 0 and smoothing above 0")
    p = np.column_stack([(answers == c).sum(axis=1) for c in range(n_classes)]) / (answers >= 0).sum(axis=1)[:, None]
    for _ in range(n_iter):
        prior = (p.sum(axis=0) + smoothing) / (len(p) + n_classes * smoothing)
        logs = np.tile(np.log(prior), (len(p), 1))
        for worker in answers.T:
            saw = worker >= 0
            confusion = np.full((n_classes, n_classes), float(smoothing))
            for label in range(n_classes):
                confusion[:, label] += p[worker == label].sum(axis=0)
            confusion /= confusion.sum(axis=1)[:, None]
            logs[saw] += np.log(confusion[:, worker[saw]]).T
        p = np.exp(logs - np.logaddexp.reduce(logs, axis=1)[:, None])
    return p


@exercise.right
def with_scaled_products(answers, n_classes, n_iter, smoothing):
    table = np.asarray(answers)
    if table.ndim != 2 or ((table < -1) | (table >= n_classes)).any() or (table == -1).all(axis=1).any():
        raise ValueError("class numbers, -1 for no answer, and an answer to every item are due")
    if n_iter < 0 or smoothing <= 0 or smoothing != smoothing:
        raise ValueError("n_iter must be at least 0 and smoothing above 0")
    p = []
    for row in table.tolist():
        answered = [x for x in row if x != -1]
        p.append([answered.count(c) / len(answered) for c in range(n_classes)])
    p = np.array(p)
    for _ in range(n_iter):
        likelihood = np.tile(p.sum(axis=0) + smoothing, (len(p), 1))
        for column in table.T:
            counts = np.array([[p[column == given, t].sum() + smoothing for given in range(n_classes)] for t in range(n_classes)])
            counts /= counts.sum(axis=1, keepdims=True)
            factor = np.where(column[:, None] >= 0, counts[:, column].T, 1.0)  # (items, true class)
            likelihood = likelihood * factor
            likelihood /= likelihood.max(axis=1, keepdims=True)  # before anything underflows
        p = likelihood / likelihood.sum(axis=1, keepdims=True)
    return p


@exercise.right
def with_a_warning(answers, n_classes, n_iter, smoothing):
    import warnings

    answers = np.asarray(answers)
    if answers.ndim != 2 or not np.isin(answers, range(-1, n_classes)).all() or not (answers >= 0).any(axis=1).all():
        raise ValueError("unusable answers")
    if n_iter < 0 or not smoothing > 0:
        raise ValueError("unusable settings")
    if answers.shape[1] < 3:
        warnings.warn("fewer than three workers: their matrices cannot be told apart", stacklevel=2)
    given = (answers[:, :, None] == np.arange(n_classes)).astype(float)
    p = given.sum(axis=1)
    p /= p.sum(axis=1, keepdims=True)
    for _ in range(n_iter):
        confusion = np.tensordot(p, given, axes=(0, 0)).transpose(1, 0, 2) + smoothing  # (workers, true, given)
        confusion = confusion / confusion.sum(axis=2, keepdims=True)
        logs = np.log(p.mean(axis=0) + smoothing / len(p)) + np.tensordot(given, np.log(confusion), axes=([1, 2], [0, 2]))
        p = np.exp(logs - logs.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
    return p


@exercise.wrong(
    "You give each worker one accuracy. Real workers err in a direction (somebody never says \"toxic\"), and a spammer who always says the "
    "same is right on one class and wrong on the other. Estimate a whole matrix: one row per true class.",
    share=3 / 7,
)
def one_accuracy(answers, n_classes, n_iter, smoothing):
    answers = np.asarray(answers)
    if answers.ndim != 2 or not np.isin(answers, range(-1, n_classes)).all() or not (answers >= 0).any(axis=1).all():
        raise ValueError("unusable answers")
    if n_iter < 0 or not smoothing > 0:
        raise ValueError("unusable settings")
    given = (answers[:, :, None] == np.arange(n_classes)).astype(float)
    p = given.sum(axis=1) / given.sum(axis=(1, 2))[:, None]
    for _ in range(n_iter):
        right = np.einsum("it,iwt->w", p, given) + smoothing
        wrong = given.sum(axis=(0, 2)) - right + (n_classes - 1) * smoothing + smoothing
        accuracy = right / (right + wrong)
        eye = np.eye(n_classes)
        confusion = accuracy[:, None, None] * eye + ((1 - accuracy) / (n_classes - 1))[:, None, None] * (1 - eye)
        logs = np.log(p.sum(axis=0) + smoothing) + np.einsum("iwl,wtl->it", given, np.log(confusion))
        p = np.exp(logs - logs.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
    return p


@exercise.wrong(
    "Each column of your confusion matrices sums to 1: you estimate P(true | given). The E-step needs P(given | true): divide every row (one true "
    "class) by its sum. Otherwise the prior is counted twice.",
    share=3 / 7,
)
def columns_sum_to_one(answers, n_classes, n_iter, smoothing):
    answers = np.asarray(answers)
    if answers.ndim != 2 or not np.isin(answers, range(-1, n_classes)).all() or not (answers >= 0).any(axis=1).all():
        raise ValueError("unusable answers")
    if n_iter < 0 or not smoothing > 0:
        raise ValueError("unusable settings")
    given = (answers[:, :, None] == np.arange(n_classes)).astype(float)
    p = given.sum(axis=1) / given.sum(axis=(1, 2))[:, None]
    for _ in range(n_iter):
        confusion = np.einsum("it,iwl->wtl", p, given) + smoothing
        confusion /= confusion.sum(axis=1, keepdims=True)
        logs = np.log(p.sum(axis=0) + smoothing) + np.einsum("iwl,wtl->it", given, np.log(confusion))
        p = np.exp(logs - logs.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
    return p


@exercise.wrong(
    "Your E-step leaves out the prior, so every class counts as equally frequent. If one comment in fifty is toxic, doubtful cases are then "
    "called toxic far too often. Add the logarithm of the class's share.",
    share=3 / 7,
)
def no_prior(answers, n_classes, n_iter, smoothing):
    answers = np.asarray(answers)
    if answers.ndim != 2 or not np.isin(answers, range(-1, n_classes)).all() or not (answers >= 0).any(axis=1).all():
        raise ValueError("unusable answers")
    if n_iter < 0 or not smoothing > 0:
        raise ValueError("unusable settings")
    given = (answers[:, :, None] == np.arange(n_classes)).astype(float)
    p = given.sum(axis=1) / given.sum(axis=(1, 2))[:, None]
    for _ in range(n_iter):
        confusion = np.einsum("it,iwl->wtl", p, given) + smoothing
        confusion /= confusion.sum(axis=2, keepdims=True)
        logs = np.einsum("iwl,wtl->it", given, np.log(confusion))
        p = np.exp(logs - logs.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
    return p


@exercise.wrong(
    "You turn each item into its likeliest class before you estimate the workers. That throws away the doubt: an item of 51 % counts as much "
    "as one of 99 %. EM weighs every item with its probability.",
    share=3 / 7,
)
def hard_labels(answers, n_classes, n_iter, smoothing):
    answers = np.asarray(answers)
    if answers.ndim != 2 or not np.isin(answers, range(-1, n_classes)).all() or not (answers >= 0).any(axis=1).all():
        raise ValueError("unusable answers")
    if n_iter < 0 or not smoothing > 0:
        raise ValueError("unusable settings")
    given = (answers[:, :, None] == np.arange(n_classes)).astype(float)
    p = given.sum(axis=1) / given.sum(axis=(1, 2))[:, None]
    for _ in range(n_iter):
        hard = np.eye(n_classes)[p.argmax(axis=1)]
        confusion = np.einsum("it,iwl->wtl", hard, given) + smoothing
        confusion /= confusion.sum(axis=2, keepdims=True)
        logs = np.log(hard.sum(axis=0) + smoothing) + np.einsum("iwl,wtl->it", given, np.log(confusion))
        p = np.exp(logs - logs.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
    return p


@exercise.wrong(
    "You used −1 as an index. In NumPy `x[-1]` is the last element, so every gap became an answer for the last class, without an error. Leave "
    "gaps out of the counts and out of the sum of logarithms.",
    share=5 / 7,
)
def gaps_are_the_last_class(answers, n_classes, n_iter, smoothing):
    answers = np.asarray(answers)
    if answers.ndim != 2 or not np.isin(answers, range(-1, n_classes)).all() or not (answers >= 0).any(axis=1).all():
        raise ValueError("unusable answers")
    if n_iter < 0 or not smoothing > 0:
        raise ValueError("unusable settings")
    given = np.eye(n_classes)[answers]
    p = given.sum(axis=1) / given.sum(axis=(1, 2))[:, None]
    for _ in range(n_iter):
        confusion = np.einsum("it,iwl->wtl", p, given) + smoothing
        confusion /= confusion.sum(axis=2, keepdims=True)
        logs = np.log(p.sum(axis=0) + smoothing) + np.einsum("iwl,wtl->it", given, np.log(confusion))
        p = np.exp(logs - logs.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
    return p


@exercise.wrong(
    "You multiply the probabilities of all workers. A few hundred factors below 1 fall under the smallest number a float can hold, and 0/0 "
    "gives NaN. Add logarithms, subtract each row's largest, and only then use `np.exp`.",
    share=6 / 7,
)
def products_underflow(answers, n_classes, n_iter, smoothing):
    answers = np.asarray(answers)
    if answers.ndim != 2 or not np.isin(answers, range(-1, n_classes)).all() or not (answers >= 0).any(axis=1).all():
        raise ValueError("unusable answers")
    if n_iter < 0 or not smoothing > 0:
        raise ValueError("unusable settings")
    given = (answers[:, :, None] == np.arange(n_classes)).astype(float)
    p = given.sum(axis=1) / given.sum(axis=(1, 2))[:, None]
    for _ in range(n_iter):
        confusion = np.einsum("it,iwl->wtl", p, given) + smoothing
        confusion /= confusion.sum(axis=2, keepdims=True)
        factors = np.where(given.sum(axis=2)[:, :, None] > 0, np.einsum("iwl,wtl->iwt", given, confusion), 1.0)
        p = (p.sum(axis=0) + smoothing) * factors.prod(axis=1)
        p /= p.sum(axis=1, keepdims=True)
    return p


@exercise.wrong(
    "Your result is the vote shares, whatever the number of rounds: all workers weigh the same. Estimate the workers from the shares, the items "
    "from the workers, and repeat.",
    share=2 / 7,
)
def votes_only(answers, n_classes, n_iter, smoothing):
    answers = np.asarray(answers)
    if answers.ndim != 2 or not np.isin(answers, range(-1, n_classes)).all() or not (answers >= 0).any(axis=1).all():
        raise ValueError("unusable answers")
    if n_iter < 0 or not smoothing > 0:
        raise ValueError("unusable settings")
    given = (answers[:, :, None] == np.arange(n_classes)).astype(float)
    return given.sum(axis=1) / given.sum(axis=(1, 2))[:, None]


@exercise.wrong(
    "You run one round whatever `n_iter` is. After one round the workers have been judged by the vote that they may have spoilt. Judge them again by the "
    "better labels: that is what the rounds are for.",
    share=4 / 7,
)
def one_round(answers, n_classes, n_iter, smoothing):
    answers = np.asarray(answers)
    if answers.ndim != 2 or not np.isin(answers, range(-1, n_classes)).all() or not (answers >= 0).any(axis=1).all():
        raise ValueError("unusable answers")
    if n_iter < 0 or not smoothing > 0:
        raise ValueError("unusable settings")
    given = (answers[:, :, None] == np.arange(n_classes)).astype(float)
    p = given.sum(axis=1) / given.sum(axis=(1, 2))[:, None]
    confusion = np.einsum("it,iwl->wtl", p, given) + smoothing
    confusion /= confusion.sum(axis=2, keepdims=True)
    logs = np.log(p.sum(axis=0) + smoothing) + np.einsum("iwl,wtl->it", given, np.log(confusion))
    once = np.exp(logs - logs.max(axis=1, keepdims=True))
    return once / once.sum(axis=1, keepdims=True) if n_iter else p


@exercise.wrong(
    "The estimates are right, but unusable input passes: an item that nobody answered, a class number that does not exist, `smoothing` of 0 "
    "(then a confusion never seen counts as impossible). Raise a ValueError.",
    share=6 / 7,
)
def nothing_checked(answers, n_classes, n_iter, smoothing):
    given = (np.asarray(answers)[:, :, None] == np.arange(n_classes)).astype(float)
    p = given.sum(axis=1) / given.sum(axis=(1, 2))[:, None]
    for _ in range(n_iter):
        confusion = np.einsum("it,iwl->wtl", p, given) + smoothing
        confusion /= confusion.sum(axis=2, keepdims=True)
        logs = np.log(p.sum(axis=0) + smoothing) + np.einsum("iwl,wtl->it", given, np.log(confusion))
        p = np.exp(logs - logs.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
    return p
