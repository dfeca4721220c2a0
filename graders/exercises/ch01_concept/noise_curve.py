"""Accuracy of the fixed model against the share of wrong training labels: mean and interval over seeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from scipy import stats
from statsmodels.stats.weightstats import DescrStatsW

from datacentric_helpers.annotators import plant_errors
from datacentric_helpers.compare import close, within
from datacentric_helpers.fixed_model import accuracy_after_repair, fixed_classifier
from graders.exercise import Case, Exercise

Array = np.ndarray[Any, Any]

MEANS = "the mean accuracy on the clean test labels, for each rate"
INTERVALS = "the 95 % t interval over the seeds"
SINGLE = "without noise every seed gives the same, and the interval has no width"
REFUSED = "an interval of one seed, or of one seed twice, is refused"


def reference(X: Array, y: Array, X_test: Array, y_test: Array, rates: Sequence[float], seeds: Sequence[int]) -> Array:
    """statsmodels' t interval of the scores, (n_rates, 3): mean, low, high. Raises ValueError for fewer than two different seeds."""
    if len(seeds) < 2 or len(set(seeds)) < len(seeds):
        raise ValueError("two or more different seeds are due")
    data = {"X": X, "true": y, "X_test": X_test, "y_test": y_test}
    rows = []
    for rate in rates:
        given = [plant_errors(y, rate, seed)[0] for seed in seeds]
        scores = [accuracy_after_repair({**data, "given": labels}, [], device="cpu") for labels in given]
        rows.append([sum(scores) / len(scores), *DescrStatsW(scores).tconfint_mean(alpha=0.05)])
    return np.array(rows)


def clouds(rng: np.random.Generator, sizes: Sequence[int], stretch: Sequence[float]) -> tuple[Array, Array]:
    """Overlapping clouds in the plane, in random order: ``X`` (n, 2) and ``y`` (n,), ``sizes[i]`` items of class i."""
    y = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    centres = 2.2 * np.array([[0, 0], [1, 0.2], [0.3, 1], [1.2, 1.2]])
    return ((centres[y] + rng.normal(size=(len(y), 2))) * stretch).round(2), y


def task(seed: int, n_train: int, n_classes: int, stretch: Sequence[float] = (1, 1)) -> tuple[Array, Array, Array, Array]:
    """A training and a test set from the same clouds; the test set has 60 items of each class."""
    rng = np.random.default_rng(seed)
    X, y = clouds(rng, [n_train // n_classes] * n_classes, stretch)
    X_test, y_test = clouds(rng, [60] * n_classes, stretch)
    return X, y, X_test, y_test


def ranged(name: str, data: tuple[Array, Array, Array, Array], rates: Sequence[float], seeds: Sequence[int]) -> Case:
    """A case that allows for a test item or two which another processor's last digits push over the border.

    For MEANS the interval is left open, so that a wrong interval does not cost the means as well.
    """
    due = reference(*data, rates, seeds)
    slack = np.array([0.004, 0.02, 0.02]) if name == INTERVALS else np.array([0.004, 100, 100])
    return Case(name, (*data, list(rates), list(seeds)), expected={"low": due - slack, "high": due + slack}, compare=within())


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """No noise, two seeds, high rates, rates in another order, features of very different scale, then what is refused."""
    base = int(rng.integers(1000))
    data = task(base, 30, 3)
    yield Case(SINGLE, (*data, [0.0], [base, base + 1]))
    yield Case(SINGLE, (*task(base + 1, 24, 2), [0.0, 0.0], [3, 1, 2]))
    yield ranged(INTERVALS, data, [0.3], [7, base + 8])
    yield ranged(INTERVALS, task(base + 2, 28, 4), [0.5, 0.25], [2, 9, base + 10, 4])
    yield ranged(MEANS, task(base + 3, 36, 3), [0.6, 0.1, 0.3], [base, 5, 11])
    yield ranged(MEANS, task(base + 4, 40, 2, stretch=(1, 300)), [0.2, 0.4], [1, 2, 3])
    yield Case(REFUSED, (*data, [0.1], [4]), raises="ValueError")
    yield Case(REFUSED, (*data, [0.1, 0.2], [4, 5, 4]), raises="ValueError")


exercise = Exercise(
    id="noise_curve",
    title="A noise curve with its interval",
    points=4,
    minutes=15,
    hints=(
        "Two loops: over the rates, and inside over the seeds. `noisy, _ = plant_errors(y, rate, seed)`, then a **new** `fixed_classifier()`, "
        "`fit` on the noisy labels and `score` on the test set.",
        "Keep the scores in an array (n_rates, n_seeds): then `scores.mean(axis=1)` and `scores.std(axis=1, ddof=1)` do all rates at once.",
        "`stats.t.ppf(0.975, n - 1)` is the t of the formula. `np.column_stack([mean, mean - half, mean + half])` puts the columns together.",
    ),
    compare=close(rtol=0, atol=1e-9),
    reference=reference,
    public=(
        ranged(MEANS, task(0, 30, 3), [0.0, 0.2, 0.4, 0.6], [0, 1, 2]),
        ranged(MEANS, task(5, 40, 2, stretch=(1, 300)), [0.4], [3, 4]),
        ranged(INTERVALS, task(0, 30, 3), [0.2, 0.4], [0, 1, 2]),
        ranged(INTERVALS, task(8, 24, 2), [0.4, 0.2], [5, 6, 7, 8]),
        Case(SINGLE, (*task(1, 21, 3), [0.0], [0, 1, 2])),
        Case(REFUSED, (*task(0, 12, 2), [0.2], [0]), raises="ValueError"),
        Case(REFUSED, (*task(0, 12, 2), [0.2], [0, 0]), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def rate_by_rate(X, y, X_test, y_test, rates, seeds):
    if len(set(seeds)) != len(seeds) or len(seeds) <= 1:
        raise ValueError("different seeds, two or more")
    rows = []
    for rate in rates:
        scores = []
        for seed in seeds:
            noisy, _ = plant_errors(y, rate, seed=seed)
            scores.append((fixed_classifier().fit(X, noisy).predict(X_test) == y_test).mean())
        half = stats.t.ppf(0.975, len(seeds) - 1) * np.std(scores, ddof=1) / len(seeds) ** 0.5
        rows.append((np.mean(scores), np.mean(scores) - half, np.mean(scores) + half))
    return rows


@exercise.right
def with_the_standard_error(X, y, X_test, y_test, rates, seeds):
    n = len(seeds)
    if n < 2 or n > len(set(seeds)):
        raise ValueError("different seeds, two or more")
    scores = np.zeros((n, len(rates)))
    for i, seed in enumerate(seeds):
        for j, rate in enumerate(rates):
            scores[i, j] = fixed_classifier().fit(X, plant_errors(y, rate, seed)[0]).score(X_test, y_test)
    mean, half = scores.mean(axis=0), stats.sem(scores, axis=0) * stats.t(n - 1).isf(0.025)
    return np.array([mean, mean - half, mean + half]).T


@exercise.right
def with_a_library_that_warns(X, y, X_test, y_test, rates, seeds):
    import warnings

    if len(seeds) < 2 or len(set(seeds)) < len(seeds):
        raise ValueError("different seeds, two or more")
    rows = []
    for rate in rates:
        scores = [fixed_classifier().fit(X, plant_errors(y, rate, seed)[0]).score(X_test, y_test) for seed in seeds]
        mean, spread = np.mean(scores), stats.sem(scores)
        if spread < 1e-12:
            warnings.warn(f"all seeds agree at rate {rate}")
            rows.append([mean, mean, mean])
        else:
            rows.append([mean, *stats.t.interval(0.95, len(seeds) - 1, loc=mean, scale=spread)])
    return np.array(rows)


@exercise.wrong(
    "You spoil the test labels as well. Then even a perfect model loses with every wrong label in the *ruler*, and you no longer see what "
    "the training data did. The noise goes into the training labels only.",
    share=1 / 2,
)
def noisy_ruler(X, y, X_test, y_test, rates, seeds):
    n = len(seeds)
    if n < 2 or len(set(seeds)) < n:
        raise ValueError("different seeds, two or more")
    scores = np.zeros((len(rates), n))
    for i, rate in enumerate(rates):
        for j, seed in enumerate(seeds):
            model = fixed_classifier().fit(X, plant_errors(y, rate, seed)[0])
            scores[i, j] = model.score(X_test, plant_errors(y_test, rate, seed)[0])
    mean, half = scores.mean(axis=1), stats.t.ppf(0.975, n - 1) * scores.std(axis=1, ddof=1) / np.sqrt(n)
    return np.column_stack([mean, mean - half, mean + half])


@exercise.wrong(
    "You score the model on the data that it was trained on, with their wrong labels. That says how well it repeats what it was told. Score it on "
    "`X_test`, `y_test`.",
    share=0,
)
def on_the_training_data(X, y, X_test, y_test, rates, seeds):
    n = len(seeds)
    if n < 2 or len(set(seeds)) < n:
        raise ValueError("different seeds, two or more")
    noisy = [[plant_errors(y, rate, seed)[0] for seed in seeds] for rate in rates]
    scores = np.array([[fixed_classifier().fit(X, labels).score(X, labels) for labels in row] for row in noisy])
    mean, half = scores.mean(axis=1), stats.t.ppf(0.975, n - 1) * scores.std(axis=1, ddof=1) / np.sqrt(n)
    return np.column_stack([mean, mean - half, mean + half])


@exercise.wrong(
    "The noise piles up: you spoil labels that an earlier rate has spoiled already. Start from the true `y` for every rate and every seed.",
    share=1 / 2,
)
def noise_on_noise(X, y, X_test, y_test, rates, seeds):
    n = len(seeds)
    if n < 2 or len(set(seeds)) < n:
        raise ValueError("different seeds, two or more")
    scores = np.zeros((len(rates), n))
    for i, rate in enumerate(rates):
        for j, seed in enumerate(seeds):
            y, _ = plant_errors(y, rate, seed)
            scores[i, j] = fixed_classifier().fit(X, y).score(X_test, y_test)
    mean, half = scores.mean(axis=1), stats.t.ppf(0.975, n - 1) * scores.std(axis=1, ddof=1) / np.sqrt(n)
    return np.column_stack([mean, mean - half, mean + half])


@exercise.wrong(
    "All your repetitions use the same seed, so they repeat one experiment: the interval has no width, and looks like certainty. Give each "
    "repetition its own seed.",
    share=1 / 2,
)
def one_seed_for_all(X, y, X_test, y_test, rates, seeds):
    n = len(seeds)
    if n < 2 or len(set(seeds)) < n:
        raise ValueError("different seeds, two or more")
    scores = [fixed_classifier().fit(X, plant_errors(y, rate, seeds[0])[0]).score(X_test, y_test) for rate in rates]
    return np.array([[score, score, score] for score in scores])


@exercise.wrong(
    "You changed the model. Then a difference may come from it as well as from the data, and nobody can say which. Hold the model fixed: "
    "`fixed_classifier()`, a new one for each fit.",
    share=0,
)
def another_model(X, y, X_test, y_test, rates, seeds):
    from sklearn.neighbors import KNeighborsClassifier

    n = len(seeds)
    if n < 2 or len(set(seeds)) < n:
        raise ValueError("different seeds, two or more")
    noisy = [[plant_errors(y, rate, seed)[0] for seed in seeds] for rate in rates]
    scores = np.array([[KNeighborsClassifier(1).fit(X, labels).score(X_test, y_test) for labels in row] for row in noisy])
    mean, half = scores.mean(axis=1), stats.t.ppf(0.975, n - 1) * scores.std(axis=1, ddof=1) / np.sqrt(n)
    return np.column_stack([mean, mean - half, mean + half])


@exercise.wrong(
    "This is the spread of single runs, not of their mean: the root of n is missing. The mean of many seeds is known better than one run, and the "
    "interval must say so: divide by √n.",
    share=3 / 4,
)
def no_root_of_n(X, y, X_test, y_test, rates, seeds):
    n = len(seeds)
    if n < 2 or len(set(seeds)) < n:
        raise ValueError("different seeds, two or more")
    noisy = [[plant_errors(y, rate, seed)[0] for seed in seeds] for rate in rates]
    scores = np.array([[fixed_classifier().fit(X, labels).score(X_test, y_test) for labels in row] for row in noisy])
    mean, half = scores.mean(axis=1), stats.t.ppf(0.975, n - 1) * scores.std(axis=1, ddof=1)
    return np.column_stack([mean, mean - half, mean + half])


@exercise.wrong(
    "1.96 belongs to a spread that is known. Yours is estimated from a few seeds, and may well be too small: Student's t allows for that. With three "
    "seeds it is 4.30, more than twice as wide.",
    share=3 / 4,
)
def always_1_96(X, y, X_test, y_test, rates, seeds):
    n = len(seeds)
    if n < 2 or len(set(seeds)) < n:
        raise ValueError("different seeds, two or more")
    noisy = [[plant_errors(y, rate, seed)[0] for seed in seeds] for rate in rates]
    scores = np.array([[fixed_classifier().fit(X, labels).score(X_test, y_test) for labels in row] for row in noisy])
    mean, half = scores.mean(axis=1), 1.96 * scores.std(axis=1, ddof=1) / np.sqrt(n)
    return np.column_stack([mean, mean - half, mean + half])


@exercise.wrong(
    "Your standard deviation divides by n, NumPy's default. The mean was fitted to the same few scores, so divide by n − 1: `std(ddof=1)`. With few "
    "seeds the difference is not small.",
    share=3 / 4,
)
def divided_by_n(X, y, X_test, y_test, rates, seeds):
    n = len(seeds)
    if n < 2 or len(set(seeds)) < n:
        raise ValueError("different seeds, two or more")
    noisy = [[plant_errors(y, rate, seed)[0] for seed in seeds] for rate in rates]
    scores = np.array([[fixed_classifier().fit(X, labels).score(X_test, y_test) for labels in row] for row in noisy])
    mean, half = scores.mean(axis=1), stats.t.ppf(0.975, n - 1) * scores.std(axis=1) / np.sqrt(n)
    return np.column_stack([mean, mean - half, mean + half])


@exercise.wrong(
    "The curve is right, but one seed, or the same seed twice, passes as if it had an interval. Refuse it with a ValueError: a claim from one seed is "
    "what this course never makes.",
    share=3 / 4,
)
def any_seeds_will_do(X, y, X_test, y_test, rates, seeds):
    n = len(seeds)
    noisy = [[plant_errors(y, rate, seed)[0] for seed in seeds] for rate in rates]
    scores = np.array([[fixed_classifier().fit(X, labels).score(X_test, y_test) for labels in row] for row in noisy])
    half = stats.t.ppf(0.975, n - 1) * scores.std(axis=1, ddof=1) / np.sqrt(n) if n > 1 else np.zeros(len(rates))
    mean = scores.mean(axis=1)
    return np.column_stack([mean, mean - half, mean + half])
