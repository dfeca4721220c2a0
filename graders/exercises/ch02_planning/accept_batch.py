"""Acceptance of a delivery by sampling: accept, reject or inspect more, from exact bounds of the error share."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

ACCEPT = "accepts where even the upper bound keeps the limit"
REJECT = "rejects where even the lower bound breaks the limit"
MORE = "asks for more where the limit lies between the bounds"
EDGE = "no error, or nothing but errors, still leaves a doubt"
FULL = "a batch inspected in full leaves no doubt"
REFUSED = "impossible numbers are refused"


def reference(n_batch: int, n_inspected: int, n_errors: int, limit: float, confidence: float = 0.95) -> dict[str, Any]:
    """The one-sided Clopper-Pearson bounds by statsmodels, whose two-sided interval leaves the same doubt on each side."""
    if not 0 <= n_errors <= n_inspected <= n_batch or n_inspected < 1:
        raise ValueError(f"errors, inspected, batch must rise from 0, with something inspected: {n_errors}, {n_inspected}, {n_batch}")
    if not 0 < limit < 1 or not 0.5 < confidence < 1:
        raise ValueError(f"limit must lie in (0, 1) and confidence in (0.5, 1): {limit}, {confidence}")
    low, high = proportion_confint(n_errors, n_inspected, alpha=2 * (1 - confidence), method="beta")
    if n_inspected == n_batch:
        low = high = n_errors / n_batch
    decision = {(True, False): "accept", (False, True): "reject", (False, False): "inspect more"}[high <= limit, low > limit]
    return {"decision": decision, "low": float(low), "high": float(high)}


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Edge cases, both sides of the decision at the rule of three, random batches, then what must be refused."""
    yield Case(EDGE, (1000, 1, 0, 0.1))
    yield Case(EDGE, (1000, 1, 1, 0.1))
    yield Case(EDGE, (1000, 58, 0, 0.05))
    yield Case(EDGE, (1000, 59, 0, 0.05))
    yield Case(EDGE, (500, 40, 40, 0.99, 0.9))
    yield Case(ACCEPT, (344, 181, 4, 0.05))
    yield Case(ACCEPT, (10_000, 1200, 30, 0.04, 0.99))
    yield Case(REJECT, (344, 60, 9, 0.05))
    yield Case(REJECT, (10_000, 900, 80, 0.05, 0.975))
    yield Case(MORE, (344, 100, 2, 0.05))
    yield Case(MORE, (344, 100, 8, 0.05))
    yield Case(MORE, (1000, 180, 4, 0.05))
    yield Case(FULL, (40, 40, 2, 0.05))  # exactly at the limit: kept
    yield Case(FULL, (40, 40, 3, 0.05))
    yield Case(FULL, (30, 30, 0, 0.01))
    yield Case(FULL, (1, 1, 1, 0.5))
    for _ in range(3):
        n = int(rng.integers(150, 400))
        level = float(rng.choice([0.9, 0.95, 0.975]))
        yield Case(ACCEPT, (5000, n, int(rng.integers(1, 4)), 0.1, level))
        yield Case(REJECT, (5000, n, int(0.2 * n), 0.1, level))
        yield Case(MORE, (5000, n, int(0.1 * n), 0.1, level))
    for numbers in ((100, 0, 0), (100, 20, 21), (100, 20, -1), (100, 101, 3), (0, 0, 0)):
        yield Case(REFUSED, (*numbers, 0.05), raises="ValueError")
    for limit, confidence in ((0.0, 0.95), (1.0, 0.95), (5, 0.95), (math.nan, 0.95), (0.05, 0.5), (0.05, 1.0), (0.05, 95), (0.05, math.nan)):
        yield Case(REFUSED, (100, 20, 1, limit, confidence), raises="ValueError")


exercise = Exercise(
    id="accept_batch",
    title="Acceptance by sampling",
    points=4,
    minutes=15,
    hints=(
        "`stats.beta.ppf(confidence, n_errors + 1, n_inspected - n_errors)` is the upper bound; the lower one takes 1 - confidence.",
        "The formulas have no value for 0 errors (lower bound) and for nothing but errors (upper bound): there the bounds are 0 and 1.",
        "Bounds first, decision last: `high <= limit`, then `low > limit`, otherwise inspect more. A batch inspected in full has one share, no bounds.",
    ),
    compare=close(),  # quantiles of the beta distribution, whose implementations agree to about ten places
    reference=reference,
    public=(
        Case(ACCEPT, (1000, 200, 4, 0.05)),
        Case(REJECT, (1000, 50, 8, 0.05)),
        Case(MORE, (1000, 50, 1, 0.05)),
        Case(EDGE, (1000, 20, 0, 0.05)),
        Case(EDGE, (1000, 5, 5, 0.05)),
        Case(FULL, (20, 20, 1, 0.05)),
        Case(REFUSED, (100, 20, 21, 0.05), raises="ValueError"),
        Case(REFUSED, (100, 0, 0, 0.05), raises="ValueError"),
        Case(REFUSED, (100, 20, 1, 5), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_beta_quantiles(n_batch, n_inspected, n_errors, limit, confidence=0.95):
    if n_inspected <= 0 or n_errors < 0 or n_errors > n_inspected or n_inspected > n_batch:
        raise ValueError("these counts cannot be")
    if not (0 < limit < 1 and 0.5 < confidence < 1):
        raise ValueError("limit and confidence are shares")
    if n_inspected == n_batch:
        low = high = n_errors / n_inspected
    else:
        low = stats.beta.ppf(1 - confidence, n_errors, n_inspected - n_errors + 1) if n_errors > 0 else 0
        high = stats.beta.ppf(confidence, n_errors + 1, n_inspected - n_errors) if n_errors < n_inspected else 1
    decision = "accept" if high <= limit else "reject" if low > limit else "inspect more"
    return {"decision": decision, "low": low, "high": high}


@exercise.right
def by_trying_shares(n_batch, n_inspected, n_errors, limit, confidence=0.95):
    if not 0 < n_inspected <= n_batch or not 0 <= n_errors <= n_inspected or not 0 < limit < 1 or not 0.5 < confidence < 1:
        raise ValueError("these numbers cannot be")

    def where(falls_below, k):  # P(at most k errors) falls as the share p rises
        a, b = 0.0, 1.0
        for _step in range(60):
            middle = (a + b) / 2
            a, b = (middle, b) if stats.binom.cdf(k, n_inspected, middle) > falls_below else (a, middle)
        return b

    low = where(confidence, n_errors - 1) if n_errors else 0.0
    high = where(1 - confidence, n_errors) if n_errors < n_inspected else 1.0
    if n_inspected == n_batch:
        low = high = n_errors / n_batch
    return {"decision": "accept" if high <= limit else "inspect more" if low <= limit else "reject", "low": low, "high": high}


@exercise.right
def with_a_warning(n_batch, n_inspected, n_errors, limit, confidence=0.95):
    import warnings

    if not 0 < n_inspected <= n_batch or not 0 <= n_errors <= n_inspected or not 0 < limit < 1 or not 0.5 < confidence < 1:
        raise ValueError("these numbers cannot be")
    if n_inspected < 30:
        warnings.warn("a small sample can hardly accept anything", stacklevel=2)
    exact = stats.binomtest(n_errors, n_inspected).proportion_ci(2 * confidence - 1)
    low, high = (exact.low, exact.high) if n_inspected < n_batch else (n_errors / n_batch, n_errors / n_batch)
    return {"decision": "accept" if high <= limit else "reject" if low > limit else "inspect more", "low": low, "high": high}


@exercise.wrong(
    "Your code decides by the share of errors in the sample alone. One error in 20 is 5 %, but a batch with 15 % errors gives such a sample, or a better one, once in six times. "
    "What decides is how far the batch's share may lie from the sample's: the two bounds.",
    share=2 / 6,
)
def share_of_the_sample(n_batch, n_inspected, n_errors, limit, confidence=0.95):
    if not 0 < n_inspected <= n_batch or not 0 <= n_errors <= n_inspected or not 0 < limit < 1 or not 0.5 < confidence < 1:
        raise ValueError("these numbers cannot be")
    share = n_errors / n_inspected
    return {"decision": "accept" if share <= limit else "reject", "low": share, "high": share}


@exercise.wrong(
    "That is the normal (Wald) interval. With 0 errors its width is 0, so it accepts any batch after a single good item. Error shares are small by nature: use the exact "
    "bounds of Clopper and Pearson.",
    share=2 / 6,
)
def normal_interval(n_batch, n_inspected, n_errors, limit, confidence=0.95):
    if not 0 < n_inspected <= n_batch or not 0 <= n_errors <= n_inspected or not 0 < limit < 1 or not 0.5 < confidence < 1:
        raise ValueError("these numbers cannot be")
    share = n_errors / n_inspected
    half = stats.norm.ppf(confidence) * (share * (1 - share) / n_inspected) ** 0.5 if n_inspected < n_batch else 0
    low, high = max(0, share - half), min(1, share + half)
    return {"decision": "accept" if high <= limit else "reject" if low > limit else "inspect more", "low": low, "high": high}


@exercise.wrong(
    "Those are Wilson's bounds: a good choice, but not the one agreed here. Who delivers and who inspects must compute the same numbers, so a plan names its interval: "
    "Clopper-Pearson.",
    share=2 / 6,
)
def wilson_interval(n_batch, n_inspected, n_errors, limit, confidence=0.95):
    if not 0 < n_inspected <= n_batch or not 0 <= n_errors <= n_inspected or not 0 < limit < 1 or not 0.5 < confidence < 1:
        raise ValueError("these numbers cannot be")
    found = stats.binomtest(n_errors, n_inspected).proportion_ci(2 * confidence - 1, method="wilson")
    low, high = (found.low, found.high) if n_inspected < n_batch else (n_errors / n_batch, n_errors / n_batch)
    return {"decision": "accept" if high <= limit else "reject" if low > limit else "inspect more", "low": low, "high": high}


@exercise.wrong(
    "You took the two-sided interval, which leaves half of 1 - confidence on each side. Here each bound carries the whole of it, because each decision looks at one bound only.",
    share=2 / 6,
)
def two_sided(n_batch, n_inspected, n_errors, limit, confidence=0.95):
    if not 0 < n_inspected <= n_batch or not 0 <= n_errors <= n_inspected or not 0 < limit < 1 or not 0.5 < confidence < 1:
        raise ValueError("these numbers cannot be")
    exact = stats.binomtest(n_errors, n_inspected).proportion_ci(confidence)
    low, high = (exact.low, exact.high) if n_inspected < n_batch else (n_errors / n_batch, n_errors / n_batch)
    return {"decision": "accept" if high <= limit else "reject" if low > limit else "inspect more", "low": low, "high": high}


@exercise.wrong(
    "Your code accepts as soon as the limit is possible, that is, where the lower bound keeps it. \"It might be good enough\" is no acceptance: even the upper bound must keep "
    "the limit.",
    share=4 / 6,
)
def accepts_what_is_possible(n_batch, n_inspected, n_errors, limit, confidence=0.95):
    if not 0 < n_inspected <= n_batch or not 0 <= n_errors <= n_inspected or not 0 < limit < 1 or not 0.5 < confidence < 1:
        raise ValueError("these numbers cannot be")
    exact = stats.binomtest(n_errors, n_inspected).proportion_ci(2 * confidence - 1)
    low, high = (exact.low, exact.high) if n_inspected < n_batch else (n_errors / n_batch, n_errors / n_batch)
    return {"decision": "accept" if low <= limit else "reject", "low": low, "high": high}


@exercise.wrong(
    "For 0 errors, or for nothing but errors, your bounds are NaN: the formula has no value there, and every comparison with NaN is false. The lower bound is then 0, the upper one 1.",
    share=5 / 6,
)
def nan_at_the_ends(n_batch, n_inspected, n_errors, limit, confidence=0.95):
    if not 0 < n_inspected <= n_batch or not 0 <= n_errors <= n_inspected or not 0 < limit < 1 or not 0.5 < confidence < 1:
        raise ValueError("these numbers cannot be")
    low = stats.beta.ppf(1 - confidence, n_errors, n_inspected - n_errors + 1)
    high = stats.beta.ppf(confidence, n_errors + 1, n_inspected - n_errors)
    if n_inspected == n_batch:
        low = high = n_errors / n_batch
    return {"decision": "accept" if high <= limit else "reject" if low > limit else "inspect more", "low": low, "high": high}


@exercise.wrong(
    "Every item of the batch was inspected, and your code still asks for more. Then nothing is unknown: both bounds are the share itself, and the answer is accept or reject.",
    share=5 / 6,
)
def never_sure(n_batch, n_inspected, n_errors, limit, confidence=0.95):
    if not 0 < n_inspected <= n_batch or not 0 <= n_errors <= n_inspected or not 0 < limit < 1 or not 0.5 < confidence < 1:
        raise ValueError("these numbers cannot be")
    exact = stats.binomtest(n_errors, n_inspected).proportion_ci(2 * confidence - 1)
    low, high = exact.low, exact.high
    return {"decision": "accept" if high <= limit else "reject" if low > limit else "inspect more", "low": low, "high": high}


@exercise.wrong(
    "The decisions are right, but impossible numbers pass: 21 errors in 20 items, or a limit of 5 where 5 % was meant, which accepts every batch there is. Look at the "
    "numbers before you compute.",
    share=5 / 6,
)
def nothing_checked(n_batch, n_inspected, n_errors, limit, confidence=0.95):
    if n_inspected == n_batch:
        low = high = n_errors / max(n_batch, 1)
    else:
        low = stats.beta.ppf(1 - confidence, n_errors, n_inspected - n_errors + 1) if n_errors > 0 else 0.0
        high = stats.beta.ppf(confidence, n_errors + 1, n_inspected - n_errors) if n_errors < n_inspected else 1.0
    return {"decision": "accept" if high <= limit else "reject" if low > limit else "inspect more", "low": float(low), "high": float(high)}
