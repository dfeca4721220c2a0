"""How much of each language a model is trained on: sampling by the size to a power, and how often each text is then repeated."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
from scipy.special import softmax

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

POWER, NATURAL = "shares go with size to the power alpha", "alpha 1 keeps the proportions"
EQUAL, REFUSED = "alpha 0 makes all languages equal", "unusable sizes, alpha or total are refused"
NOTHING, TOTAL = "a language without data gets nothing", "epochs follow from the total that is drawn"

CRAWL = {"en": 900.0, "ko": 90.0, "sw": 10.0}


def reference(sizes: Mapping[str, float], alpha: float, total: float) -> dict[str, dict[str, float]]:
    """The same by a softmax of alpha times the logarithm of the sizes (SciPy); languages without data are left out of it.

    Raises ValueError for sizes that are negative, not finite or all zero, alpha outside 0 to 1, a total that is not positive and finite.
    """
    if not all(math.isfinite(size) and size >= 0 for size in sizes.values()) or not any(sizes.values()):
        raise ValueError("sizes must be finite, none negative, and one of them above 0")
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha must lie between 0 and 1, got {alpha}")
    if not 0 < total < math.inf:
        raise ValueError(f"total must be above 0, got {total}")
    present = [name for name, size in sizes.items() if size]
    shares = dict.fromkeys(sizes, 0.0)
    shares.update(zip(present, softmax([alpha * math.log(sizes[name]) for name in present]).tolist(), strict=True))
    epochs = {name: total * shares[name] / sizes[name] if name in present else 0.0 for name in sizes}
    return {name: {"share": shares[name], "epochs": epochs[name]} for name in sizes}


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Edge cases first, then random crawls whose sizes lie orders of magnitude apart."""
    yield Case(NOTHING, ({"en": 5.0, "ko": 0.0, "ja": 0.0}, 0.0, 5.0))
    yield Case(NOTHING, ({"en": 0.0, "ko": 8.0, "sw": 2.0}, 0.5, 10.0))
    yield Case(TOTAL, ({"ko": 7.0}, 0.3, 21.0))
    for n_languages, alpha in ((3, 0.3), (5, 0.7), (8, 0.05)):
        sizes = {f"l{i}": float(size) for i, size in enumerate(10 ** rng.uniform(0, 5, n_languages))}
        yield Case(POWER, (sizes, alpha, sum(sizes.values())))
    sizes = {f"l{i}": float(size) for i, size in enumerate(10 ** rng.uniform(-2, 3, 4))}
    yield Case(EQUAL, (sizes, 0.0, sum(sizes.values())))
    yield Case(NATURAL, (sizes, 1.0, sum(sizes.values())))
    for total in (0.25, float(rng.uniform(10, 1000))):
        yield Case(TOTAL, (sizes, 0.3, total))
    yield Case(REFUSED, ({"en": 1.0, "ko": math.nan}, 0.3, 1.0), raises="ValueError")
    yield Case(REFUSED, ({"en": math.inf}, 0.3, 1.0), raises="ValueError")
    yield Case(REFUSED, ({}, 0.3, 1.0), raises="ValueError")
    yield Case(REFUSED, (CRAWL, -0.1, 1.0), raises="ValueError")
    yield Case(REFUSED, (CRAWL, 0.3, -1.0), raises="ValueError")
    yield Case(REFUSED, (CRAWL, 0.3, math.inf), raises="ValueError")


exercise = Exercise(
    id="language_shares",
    title="How much of which language",
    points=3,
    minutes=10,
    hints=(
        "Weights first: size ** alpha for every language, but 0 where there is no data (0 ** 0 is 1 in Python).",
        "Then one division by the sum of the weights, so that the shares sum to 1.",
        "Epochs are tokens drawn by tokens there are: share · total / size.",
    ),
    compare=close(),  # powers and quotients of a few numbers: any two right ways differ by rounding only
    reference=reference,
    public=(
        Case(POWER, (CRAWL, 0.5, 1000.0)),
        Case(POWER, ({"en": 100.0, "ko": 1.0}, 0.3, 101.0)),
        Case(NATURAL, (CRAWL, 1.0, 1000.0)),
        Case(EQUAL, (CRAWL, 0.0, 1000.0)),
        Case(NOTHING, ({"en": 9.0, "ko": 1.0, "sw": 0.0}, 0.0, 10.0)),
        Case(TOTAL, (CRAWL, 0.5, 50.0)),
        Case(REFUSED, ({"en": 0.0, "ko": 0.0}, 0.5, 10.0), raises="ValueError"),
        Case(REFUSED, ({"en": 5.0, "ko": -1.0}, 0.5, 10.0), raises="ValueError"),
        Case(REFUSED, (CRAWL, 1.5, 10.0), raises="ValueError"),
        Case(REFUSED, (CRAWL, 0.5, 0.0), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_an_array(sizes, alpha, total):
    n = np.array(list(sizes.values()), dtype=float)
    if not (n >= 0).all() or not 0 < n.sum() < math.inf or not 0 <= alpha <= 1 or not 0 < total < math.inf:
        raise ValueError("unusable input")
    weights = np.where(n > 0, np.power(n, alpha), 0)
    shares = weights / weights.sum()
    epochs = np.divide(shares * total, n, out=np.zeros(len(n)), where=n > 0)
    return {name: {"share": s, "epochs": e} for name, s, e in zip(sizes, shares, epochs)}


@exercise.right
def with_shares_first_and_a_warning(sizes, alpha, total):
    import warnings

    if not sizes or any(not math.isfinite(n) or n < 0 for n in sizes.values()) or max(sizes.values()) == 0:
        raise ValueError("unusable sizes")
    if alpha < 0 or alpha > 1 or total <= 0 or math.isinf(total):
        raise ValueError("unusable alpha or total")
    everything = sum(sizes.values())
    natural = {name: n / everything for name, n in sizes.items()}
    norm = sum(p**alpha for p in natural.values() if p > 0)
    found = {}
    for name, p in natural.items():
        share = p**alpha / norm if p else 0.0
        epochs = share * total / sizes[name] if p else 0.0
        if epochs > 4:
            warnings.warn(f"{name} is repeated {epochs:.0f} times", stacklevel=2)
        found[name] = {"share": share, "epochs": epochs}
    return found


@exercise.wrong(
    "alpha is not used: your shares are the natural ones, size by sum. That is alpha = 1, where a language with one hundredth of the data is "
    "seen a hundredth of the time.",
    share=2 / 6,
)
def alpha_ignored(sizes, alpha, total):
    n = np.array(list(sizes.values()), dtype=float)
    if not (n >= 0).all() or not 0 < n.sum() < math.inf or not 0 <= alpha <= 1 or not 0 < total < math.inf:
        raise ValueError("unusable input")
    shares = n / n.sum()
    epochs = np.divide(shares * total, n, out=np.zeros(len(n)), where=n > 0)
    return {name: {"share": s, "epochs": e} for name, s, e in zip(sizes, shares, epochs)}


@exercise.wrong(
    "You raise to the power 1 − alpha, or swap the ends: with you, alpha = 1 makes all languages equal. Here alpha = 1 means \"as it is\", and a "
    "smaller alpha means more help for the small ones.",
    share=0,
)
def ends_swapped(sizes, alpha, total):
    n = np.array(list(sizes.values()), dtype=float)
    if not (n >= 0).all() or not 0 < n.sum() < math.inf or not 0 <= alpha <= 1 or not 0 < total < math.inf:
        raise ValueError("unusable input")
    weights = np.where(n > 0, np.power(n, 1 - alpha), 0)
    shares = weights / weights.sum()
    epochs = np.divide(shares * total, n, out=np.zeros(len(n)), where=n > 0)
    return {name: {"share": s, "epochs": e} for name, s, e in zip(sizes, shares, epochs)}


@exercise.wrong(
    "Your shares do not sum to 1: the powers were taken of the natural shares and not divided by their new sum. Half of the training data "
    "would appear from nowhere.",
    share=2 / 6,
)
def not_normalised(sizes, alpha, total):
    n = np.array(list(sizes.values()), dtype=float)
    if not (n >= 0).all() or not 0 < n.sum() < math.inf or not 0 <= alpha <= 1 or not 0 < total < math.inf:
        raise ValueError("unusable input")
    shares = np.where(n > 0, np.power(n / n.sum(), alpha), 0)
    epochs = np.divide(shares * total, n, out=np.zeros(len(n)), where=n > 0)
    return {name: {"share": s, "epochs": e} for name, s, e in zip(sizes, shares, epochs)}


@exercise.wrong(
    "A language of which you have nothing gets a share. In Python 0 ** 0 is 1, so at alpha = 0 the empty language counts like the others, and the "
    "sampler would look for text that does not exist.",
    share=5 / 6,
)
def zero_to_the_power_zero(sizes, alpha, total):
    n = np.array(list(sizes.values()), dtype=float)
    if not (n >= 0).all() or not 0 < n.sum() < math.inf or not 0 <= alpha <= 1 or not 0 < total < math.inf:
        raise ValueError("unusable input")
    weights = np.power(n, alpha)
    shares = weights / weights.sum()
    epochs = np.divide(shares * total, n, out=np.zeros(len(n)), where=n > 0)
    return {name: {"share": s, "epochs": e} for name, s, e in zip(sizes, shares, epochs)}


@exercise.wrong(
    "Your epochs are those of a total equal to all the data. How often a text is repeated depends on how much is drawn: share · `total` / size.",
    share=5 / 6,
)
def total_ignored(sizes, alpha, total):
    n = np.array(list(sizes.values()), dtype=float)
    if not (n >= 0).all() or not 0 < n.sum() < math.inf or not 0 <= alpha <= 1 or not 0 < total < math.inf:
        raise ValueError("unusable input")
    weights = np.where(n > 0, np.power(n, alpha), 0)
    shares = weights / weights.sum()
    epochs = np.divide(shares * n.sum(), n, out=np.zeros(len(n)), where=n > 0)
    return {name: {"share": s, "epochs": e} for name, s, e in zip(sizes, shares, epochs)}


@exercise.wrong(
    "Your epochs are upside down. Ten tokens drawn from five that exist means that each is seen twice: drawn by existing.",
    share=2 / 6,
)
def epochs_upside_down(sizes, alpha, total):
    n = np.array(list(sizes.values()), dtype=float)
    if not (n >= 0).all() or not 0 < n.sum() < math.inf or not 0 <= alpha <= 1 or not 0 < total < math.inf:
        raise ValueError("unusable input")
    weights = np.where(n > 0, np.power(n, alpha), 0)
    shares = weights / weights.sum()
    epochs = np.divide(n, shares * total, out=np.zeros(len(n)), where=n > 0)
    return {name: {"share": s, "epochs": e} for name, s, e in zip(sizes, shares, epochs)}


@exercise.wrong(
    "Sizes below 0, an alpha of 1.5, or a total of 0 go through, and a plan for a training run is built on them. Check the input and raise a ValueError.",
    share=5 / 6,
)
def not_checked(sizes, alpha, total):
    n = np.array(list(sizes.values()), dtype=float)
    with np.errstate(all="ignore"):
        weights = np.where(n > 0, np.power(np.abs(n), alpha), 0)
        shares = weights / weights.sum()
        epochs = np.divide(shares * total, n, out=np.zeros(len(n)), where=n > 0)
    return {name: {"share": s, "epochs": e} for name, s, e in zip(sizes, shares, epochs)}
