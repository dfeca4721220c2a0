"""How many items to label so that a share is known to within a given width."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import NormalDist

import numpy as np

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

WORST, KNOWN = "half and half where no share is expected", "an expected share needs fewer items"
SURE, FINITE = "the confidence decides how many", "a small population needs fewer, never more than it has"
REFUSED = "a question without an answer is refused"


def width_of(n: int, p: float, population: int | None, z: float) -> float:
    """Full width of the normal interval of a share ``p`` from ``n`` items, drawn without replacement from ``population``."""
    variance = p * (1 - p) / n
    if population is not None and population > 1:
        variance *= (population - n) / (population - 1)
    width: float = 2 * z * variance**0.5
    return width


def reference(width: float, p: float | None = None, population: int | None = None, confidence: float = 0.95) -> int:
    """Try n = 1, 2, 3, … until the interval is narrow enough."""
    share = 0.5 if p is None else p
    if not 0 < width < 1 or not 0 < share < 1 or not 0 < confidence < 1 or (population is not None and population < 1):
        raise ValueError("no such interval")
    z = NormalDist().inv_cdf(1 - (1 - confidence) / 2)
    n = 1
    while width_of(n, share, population, z) > width and n != population:
        n += 1
    return n


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Wide and narrow intervals, rare and common shares, whole populations, then random questions."""
    yield Case(WORST, (0.9,))
    yield Case(WORST, (0.999,))
    yield Case(WORST, (0.06,))
    yield Case(WORST, (0.1, None, None, 0.95))
    yield Case(KNOWN, (0.02, 0.05))
    yield Case(KNOWN, (0.02, 0.95))
    yield Case(KNOWN, (0.5, 0.004))
    yield Case(KNOWN, (0.06, 0.5))
    yield Case(SURE, (0.06, None, None, 0.5))
    yield Case(SURE, (0.06, None, None, 0.999))
    yield Case(SURE, (0.1, 0.2, None, 0.8))
    yield Case(FINITE, (0.1, None, 1))
    yield Case(FINITE, (0.1, None, 2))
    yield Case(FINITE, (0.01, None, 500))
    yield Case(FINITE, (0.06, 0.1, 5000))
    yield Case(FINITE, (0.2, 0.3, 10**9))
    for _ in range(8):
        width, p, confidence = round(float(rng.uniform(0.03, 0.2)), 3), round(float(rng.uniform(0.05, 0.95)), 2), float(rng.choice([0.9, 0.95, 0.99]))
        yield Case(KNOWN, (width, p))
        yield Case(SURE, (width, p, None, confidence))
        yield Case(FINITE, (width, p, int(rng.integers(50, 3000)), confidence))
    for bad in ((0.0,), (-0.1,), (1.0,), (0.1, 0.0), (0.1, 1.0), (0.1, -0.2), (0.1, 0.5, 0), (0.1, 0.5, None, 0.0), (0.1, 0.5, None, 1.0), (0.1, 0.5, None, 95)):
        yield Case(REFUSED, bad, raises="ValueError")


exercise = Exercise(
    id="sample_size",
    title="How many items for a share?",
    points=3,
    minutes=10,
    hints=(
        "z comes from the normal distribution: `NormalDist().inv_cdf(1 - (1 - confidence) / 2)`, about 1.96 for 95 %.",
        "The equation asks for half the width, e = width / 2.",
        "Correct for the population first and round up last, once. Note that a share of 0 must not be taken for \"no share given\".",
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(WORST, (0.1,)),
        Case(WORST, (0.05,)),
        Case(KNOWN, (0.05, 0.1)),
        Case(KNOWN, (0.05, 0.9)),
        Case(SURE, (0.1, None, None, 0.99)),
        Case(SURE, (0.1, 0.3, None, 0.9)),
        Case(FINITE, (0.1, None, 1000)),
        Case(FINITE, (0.1, None, 100)),
        Case(FINITE, (0.04, 0.2, 2000, 0.9)),
        Case(REFUSED, (0.0,), raises="ValueError"),
        Case(REFUSED, (0.1, 0.0), raises="ValueError"),
        Case(REFUSED, (0.1, 0.5, 0), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_the_equation(width, p=None, population=None, confidence=0.95):
    if not 0 < width < 1 or not 0 < confidence < 1 or p is not None and not 0 < p < 1 or population is not None and population < 1:
        raise ValueError("no such interval")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    p = 0.5 if p is None else p
    n = p * (1 - p) * (z / (width / 2)) ** 2
    if population is not None:
        n = n / (1 + (n - 1) / population)
    return math.ceil(n)


@exercise.right
def with_scipy_that_warns(width, p=None, population=None, confidence=0.95):
    import warnings

    from scipy.stats import norm

    p = 0.5 if p is None else p
    if min(width, p, confidence) <= 0 or max(width, p, confidence) >= 1 or population == 0:
        raise ValueError("widths, shares and confidence lie between 0 and 1")
    if min(p, 1 - p) < 0.05:
        warnings.warn("the normal interval is poor for rare events", stacklevel=2)
    spread = p * (1 - p)
    wanted = (width / (2 * norm.isf((1 - confidence) / 2))) ** 2
    if population is None:
        return math.ceil(spread / wanted)
    return math.ceil(population * spread / ((population - 1) * wanted + spread))


@exercise.wrong(
    "You took the whole width for the margin e, and get a quarter of the items. An interval of width 0.1 reaches 0.05 to "
    "each side: e is half the width.",
    share=0,
)
def width_taken_for_the_margin(width, p=None, population=None, confidence=0.95):
    if not 0 < width < 1 or not 0 < confidence < 1 or p is not None and not 0 < p < 1 or population is not None and population < 1:
        raise ValueError("no such interval")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    p = 0.5 if p is None else p
    n = p * (1 - p) * (z / width) ** 2
    if population is not None:
        n = n / (1 + (n - 1) / population)
    return math.ceil(n)


@exercise.wrong(
    "You round down or to the nearest: the interval is then a little too wide. Only rounding up keeps the promise.",
    share=0,
)
def rounded_down(width, p=None, population=None, confidence=0.95):
    if not 0 < width < 1 or not 0 < confidence < 1 or p is not None and not 0 < p < 1 or population is not None and population < 1:
        raise ValueError("no such interval")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    p = 0.5 if p is None else p
    n = p * (1 - p) * (z / (width / 2)) ** 2
    if population is not None:
        n = n / (1 + (n - 1) / population)
    return max(int(n), 1)


@exercise.wrong(
    "Your z leaves the whole error on one side: 1.64 instead of 1.96 for 95 %. An interval errs on two sides, with half of "
    "the rest each.",
    share=0,
)
def one_sided_z(width, p=None, population=None, confidence=0.95):
    if not 0 < width < 1 or not 0 < confidence < 1 or p is not None and not 0 < p < 1 or population is not None and population < 1:
        raise ValueError("no such interval")
    z = NormalDist().inv_cdf(confidence if confidence > 0.5 else 0.5 + confidence / 1000)
    p = 0.5 if p is None else p
    n = p * (1 - p) * (z / (width / 2)) ** 2
    if population is not None:
        n = n / (1 + (n - 1) / population)
    return math.ceil(n)


@exercise.wrong(
    "You use 1.96 whatever the confidence. That is the z of 95 %; 99 % needs 2.58.",
    share=3 / 5,
)
def always_ninety_five(width, p=None, population=None, confidence=0.95):
    if not 0 < width < 1 or not 0 < confidence < 1 or p is not None and not 0 < p < 1 or population is not None and population < 1:
        raise ValueError("no such interval")
    z = NormalDist().inv_cdf(0.975)
    p = 0.5 if p is None else p
    n = p * (1 - p) * (z / (width / 2)) ** 2
    if population is not None:
        n = n / (1 + (n - 1) / population)
    return math.ceil(n)


@exercise.wrong(
    "The expected share is ignored: you always plan for half and half. That is safe, and for a share near 0.1 about three "
    "times as dear as needed.",
    share=2 / 5,
)
def always_half(width, p=None, population=None, confidence=0.95):
    if not 0 < width < 1 or not 0 < confidence < 1 or p is not None and not 0 < p < 1 or population is not None and population < 1:
        raise ValueError("no such interval")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    p = 0.5
    n = p * (1 - p) * (z / (width / 2)) ** 2
    if population is not None:
        n = n / (1 + (n - 1) / population)
    return math.ceil(n)


@exercise.wrong(
    "The size of the population makes no difference in your answer. From 100 items nobody needs 385: divide by 1 + (n - 1) "
    "/ population.",
    share=4 / 5,
)
def population_ignored(width, p=None, population=None, confidence=0.95):
    if not 0 < width < 1 or not 0 < confidence < 1 or p is not None and not 0 < p < 1 or population is not None and population < 1:
        raise ValueError("no such interval")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    p = 0.5 if p is None else p
    n = p * (1 - p) * (z / (width / 2)) ** 2
    return math.ceil(n)


@exercise.wrong(
    "You only cap the number at the population. The correction bites much earlier: each item drawn tells something about "
    "those that are left, because it is not among them.",
    share=4 / 5,
)
def capped_at_the_population(width, p=None, population=None, confidence=0.95):
    if not 0 < width < 1 or not 0 < confidence < 1 or p is not None and not 0 < p < 1 or population is not None and population < 1:
        raise ValueError("no such interval")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    p = 0.5 if p is None else p
    n = p * (1 - p) * (z / (width / 2)) ** 2
    if population is not None:
        n = min(n, population)
    return math.ceil(n)


@exercise.wrong(
    "An interval that does not exist gets a number. A width of 0 needs infinitely many items, and for a share of exactly 0 "
    "or 1 the equation says 0: refuse both, and a population without items, with ValueError.",
    share=4 / 5,
)
def nothing_refused(width, p=None, population=None, confidence=0.95):
    z = NormalDist().inv_cdf(min(max((1 + confidence) / 2, 0.51), 0.999999))
    p = p or 0.5
    n = p * (1 - p) * (z / ((width or 1) / 2)) ** 2
    if population:
        n = n / (1 + (n - 1) / population)
    return math.ceil(n)
