"""How many noisy labels a small clean set is worth: the size from which the noisy learning curve lies above it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from scipy import stats

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

FOUND = "the smallest size whose interval lies above the clean one"
STAYS = "every larger size must lie above as well"
NONE = "None where the noisy data never get there"
TOUCHING = "an interval that only touches does not lie above"
REFUSED = "unusable scores are refused"

Curve = Mapping[int, Sequence[float]]


def reference(clean: Curve, noisy: Curve, small: int) -> int | None:
    """Walk down from the largest size, as long as the interval lies above the clean set's. Student's t, ``statistics``' deviation."""
    if small not in clean or not noisy or any(len(s) < 2 or not all(map(math.isfinite, s)) for s in [*clean.values(), *noisy.values()]):
        raise ValueError("curves with two or more finite scores at each size are due, and `small` among the clean sizes")

    def end(scores: Sequence[float], sign: int) -> float:
        n = len(scores)
        return statistics.fmean(scores) + sign * float(stats.t.isf(0.025, n - 1)) * statistics.stdev(scores) / math.sqrt(n)

    found = None
    for size in sorted(noisy, reverse=True):
        if end(noisy[size], -1) <= end(clean[small], 1):
            break
        found = size
    return found


def around(mean: float, half: float, n: int = 3) -> list[float]:
    """``n`` scores whose 95 % t interval is mean ± half: one above, one below, the others in the middle."""
    return [mean, *[mean] * (n - 3), *(mean + s * half * math.sqrt(n * (n - 1) / 2) / stats.t.ppf(0.975, n - 1) for s in (1, -1))]


def rising(rng: np.random.Generator, sizes: Sequence[int], start: float, gain: float, spread: float, n: int) -> dict[int, list[float]]:
    """A learning curve: ``gain`` for each doubling of the size, and ``n`` scores that spread about it."""
    doublings = [math.log2(size / sizes[0]) for size in sizes]
    return {size: (start + gain * d + spread * rng.normal(size=n)).round(4).tolist() for size, d in zip(sizes, doublings, strict=True)}


CLEAN = {100: around(0.80, 0.02), 400: around(0.90, 0.01)}


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """One size, seeds that differ in number, sizes in disorder, all above, a lucky size, curves drawn at random, then what is refused."""
    yield Case(FOUND, ({50: around(0.5, 0.05)}, {60: around(0.7, 0.1)}, 50))
    yield Case(FOUND, (CLEAN, {3000: around(0.95, 0.02), 90: around(0.9, 0.02), 800: around(0.7, 0.02)}, 100))
    few, many = around(0.80, 0.06), around(0.80, 0.06, n=12)  # the same interval, from other numbers of seeds
    yield Case(FOUND, ({100: few}, {200: around(0.85, 0.02, 12), 400: around(0.89, 0.02, 12), 800: around(0.93, 0.02, 12)}, 100))
    yield Case(FOUND, ({100: many}, {200: around(0.85, 0.02, 4), 400: around(0.88, 0.01, 4), 800: around(0.93, 0.02, 4)}, 100))
    yield Case(STAYS, (CLEAN, {200: around(0.85, 0.01), 400: around(0.81, 0.02), 600: around(0.87, 0.02), 900: around(0.9, 0.02)}, 100))
    yield Case(STAYS, (CLEAN, {10: around(0.99, 0.001), 20: around(0.8, 0.001), 30: around(0.99, 0.001), 40: around(0.79, 0.1)}, 400))
    yield Case(NONE, (CLEAN, {100: around(0.7, 0.02), 1000: around(0.85, 0.02), 9000: around(0.93, 0.04)}, 400))
    yield Case(TOUCHING, ({100: [0.75, 0.75]}, {100: [0.5, 0.5], 200: [0.75, 0.75], 400: [0.875, 0.875]}, 100))
    sizes = [int(s) for s in rng.permutation([100, 200, 400, 800, 1600, 3200])]
    curve = rising(rng, sorted(sizes), 0.55, 0.06, 0.01, 10)
    for small, height in ((50, 0.60), (100, 0.70), (200, 0.80)):
        clean = {50: [0.1, 0.2], small: (height + 0.01 * rng.normal(size=10)).round(4).tolist(), 9999: [1.0, 0.9]}
        yield Case(FOUND, (clean, {s: curve[s] for s in sizes}, small))
    yield Case(REFUSED, (CLEAN, {200: [0.9]}, 100), raises="ValueError")
    yield Case(REFUSED, (CLEAN, {}, 100), raises="ValueError")
    yield Case(REFUSED, ({100: [0.9]}, {200: [0.9, 0.8]}, 100), raises="ValueError")
    yield Case(REFUSED, ({100: [0.9, 0.8], 400: [0.9]}, {200: [0.9, 0.8]}, 100), raises="ValueError")
    yield Case(REFUSED, (CLEAN, {200: [0.9], 400: [0.4, 0.5]}, 100), raises="ValueError")
    yield Case(REFUSED, (CLEAN, {200: [0.9, 0.95], 400: [0.95, math.nan]}, 100), raises="ValueError")
    yield Case(REFUSED, (CLEAN, {100: [0.9, 0.95]}, 150), raises="ValueError")


exercise = Exercise(
    id="crossover_size",
    title="Where more noisy data win",
    points=3,
    minutes=12,
    hints=(
        "One helper first: mean and half-width of a list of scores. Each list has its own n.",
        "The bar is the *upper* end at `clean[small]`. A noisy size passes if its *lower* end is greater.",
        "Go through `sorted(noisy, reverse=True)`, from the largest size down, and stop at the first that fails: the last one that passed is the answer.",
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(FOUND, (CLEAN, {100: around(0.7, 0.02), 200: around(0.8, 0.02), 400: around(0.83, 0.02), 800: around(0.86, 0.02),
                             1600: around(0.9, 0.01)}, 100)),
        Case(FOUND, (CLEAN, {1600: around(0.95, 0.02), 800: around(0.92, 0.02), 100: around(0.7, 0.02), 3200: around(0.97, 0.01)}, 400)),
        Case(STAYS, (CLEAN, {100: around(0.7, 0.02), 200: around(0.85, 0.01), 400: around(0.82, 0.02), 800: around(0.88, 0.02)}, 100)),
        Case(NONE, (CLEAN, {400: around(0.83, 0.02), 800: around(0.87, 0.02), 1600: around(0.9, 0.02)}, 400)),
        Case(NONE, (CLEAN, {400: around(0.95, 0.01), 800: around(0.96, 0.01), 1600: around(0.9, 0.02)}, 400)),
        Case(TOUCHING, ({100: [0.5, 0.5, 0.5]}, {100: [0.25, 0.25], 200: [0.5, 0.5], 400: [0.75, 0.75]}, 100)),
        Case(REFUSED, (CLEAN, {100: [0.8, 0.9], 200: [0.9]}, 100), raises="ValueError"),
        Case(REFUSED, (CLEAN, {100: [0.8, 0.9]}, 200), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_arrays(clean, noisy, small):
    if small not in clean or not noisy:
        raise ValueError("no curve, or no such clean size")

    def interval(scores):
        scores = np.array(scores, dtype=float)
        if len(scores) < 2 or not np.isfinite(scores).all():
            raise ValueError("two or more finite scores are due")
        half = stats.t.ppf(0.975, len(scores) - 1) * scores.std(ddof=1) / np.sqrt(len(scores))
        return scores.mean() - half, scores.mean() + half

    bar = {size: interval(scores)[1] for size, scores in clean.items()}[small]
    sizes = sorted(noisy)
    above = np.array([interval(noisy[size])[0] > bar for size in sizes])
    from_here = np.logical_and.accumulate(above[::-1])[::-1]
    return sizes[int(from_here.argmax())] if from_here.any() else None


@exercise.right
def with_all(clean, noisy, small):
    for scores in [*clean.values(), *noisy.values()]:
        if len(scores) < 2 or np.isnan(scores).any():
            raise ValueError("two or more finite scores are due")
    if small not in clean or len(noisy) == 0:
        raise ValueError("no curve, or no such clean size")
    bar = np.mean(clean[small]) + stats.t.ppf(0.975, len(clean[small]) - 1) * stats.sem(clean[small])
    lows = {size: np.mean(s) - stats.t.ppf(0.975, len(s) - 1) * stats.sem(s) for size, s in noisy.items()}
    return min((size for size in lows if all(lows[other] > bar for other in lows if other >= size)), default=None)


@exercise.right
def with_a_warning(clean, noisy, small):
    import warnings

    warnings.warn("few seeds make wide intervals")
    if small not in clean or not noisy or min(len(s) for c in (clean, noisy) for s in c.values()) < 2:
        raise ValueError("no curve, no such clean size, or too few scores")
    if not all(np.isfinite(s).all() for c in (clean, noisy) for s in c.values()):
        raise ValueError("scores must be numbers")
    half = {}
    for name, curve in (("clean", clean), ("noisy", noisy)):
        for size, s in curve.items():
            half[name, size] = stats.t.ppf(0.975, len(s) - 1) * np.std(s, ddof=1) / len(s) ** 0.5
    bar = np.mean(clean[small]) + half["clean", small]
    below = [size for size in noisy if not np.mean(noisy[size]) - half["noisy", size] > bar]
    return min((size for size in noisy if size > max(below, default=-1)), default=None)


@exercise.wrong(
    "You compare the means only. Two means over a few seeds differ by luck alone; the noisy data have won when the whole interval lies above.",
    share=2 / 5,
)
def means_only(clean, noisy, small):
    scores = [*clean.values(), *noisy.values()]
    if small not in clean or not noisy or any(len(s) < 2 or not np.isfinite(s).all() for s in scores):
        raise ValueError("unusable curves")
    found = None
    for size in sorted(noisy, reverse=True):
        if np.mean(noisy[size]) <= np.mean(clean[small]):
            break
        found = size
    return found


@exercise.wrong(
    "You ask only whether the lower end of the noisy interval passes the *mean* of the clean set. The clean set's mean is uncertain too: its upper end "
    "is the bar.",
    share=4 / 5,
)
def above_the_mean(clean, noisy, small):
    scores = [*clean.values(), *noisy.values()]
    if small not in clean or not noisy or any(len(s) < 2 or not np.isfinite(s).all() for s in scores):
        raise ValueError("unusable curves")
    found = None
    for size in sorted(noisy, reverse=True):
        s = noisy[size]
        if np.mean(s) - stats.t.ppf(0.975, len(s) - 1) * stats.sem(s) <= np.mean(clean[small]):
            break
        found = size
    return found


@exercise.wrong(
    "You stop at the first size that lies above. Of many sizes one may do so by luck; if a larger one falls back, the noisy data have not "
    "overtaken. The answer is the size *from which on* every measured size lies above.",
    share=2 / 5,
)
def the_first_that_passes(clean, noisy, small):
    scores = [*clean.values(), *noisy.values()]
    if small not in clean or not noisy or any(len(s) < 2 or not np.isfinite(s).all() for s in scores):
        raise ValueError("unusable curves")
    bar = np.mean(clean[small]) + stats.t.ppf(0.975, len(clean[small]) - 1) * stats.sem(clean[small])
    for size in sorted(noisy):
        s = noisy[size]
        if np.mean(s) - stats.t.ppf(0.975, len(s) - 1) * stats.sem(s) > bar:
            return size
    return None


@exercise.wrong(
    "You walk through the sizes in the order in which they were measured. A dictionary keeps the order of entry: sort the sizes first.",
    share=4 / 5,
)
def in_order_of_entry(clean, noisy, small):
    scores = [*clean.values(), *noisy.values()]
    if small not in clean or not noisy or any(len(s) < 2 or not np.isfinite(s).all() for s in scores):
        raise ValueError("unusable curves")
    bar = np.mean(clean[small]) + stats.t.ppf(0.975, len(clean[small]) - 1) * stats.sem(clean[small])
    found = None
    for size in reversed(list(noisy)):
        s = noisy[size]
        if np.mean(s) - stats.t.ppf(0.975, len(s) - 1) * stats.sem(s) <= bar:
            break
        found = size
    return found


@exercise.wrong(
    "Where the noisy data never get there you return the largest size, as if they did. Nothing was found: return None, and let the reader "
    "decide whether to measure further.",
    share=3 / 5,
)
def the_largest_instead_of_none(clean, noisy, small):
    scores = [*clean.values(), *noisy.values()]
    if small not in clean or not noisy or any(len(s) < 2 or not np.isfinite(s).all() for s in scores):
        raise ValueError("unusable curves")
    bar = np.mean(clean[small]) + stats.t.ppf(0.975, len(clean[small]) - 1) * stats.sem(clean[small])
    found = max(noisy)
    for size in sorted(noisy, reverse=True):
        s = noisy[size]
        if np.mean(s) - stats.t.ppf(0.975, len(s) - 1) * stats.sem(s) <= bar:
            break
        found = size
    return found


@exercise.wrong(
    "Intervals that touch count as above in your answer: \"greater or equal\". Above means strictly greater; two sets with the same scores "
    "must not beat each other.",
    share=4 / 5,
)
def touching_counts(clean, noisy, small):
    scores = [*clean.values(), *noisy.values()]
    if small not in clean or not noisy or any(len(s) < 2 or not np.isfinite(s).all() for s in scores):
        raise ValueError("unusable curves")
    bar = np.mean(clean[small]) + stats.t.ppf(0.975, len(clean[small]) - 1) * stats.sem(clean[small])
    found = None
    for size in sorted(noisy, reverse=True):
        s = noisy[size]
        if np.mean(s) - stats.t.ppf(0.975, len(s) - 1) * stats.sem(s) < bar:
            break
        found = size
    return found


@exercise.wrong(
    "Your bar is the best of all clean sizes. The question is how many noisy labels replace *this* small set: take `clean[small]`.",
    share=3 / 5,
)
def the_best_clean_size(clean, noisy, small):
    scores = [*clean.values(), *noisy.values()]
    if small not in clean or not noisy or any(len(s) < 2 or not np.isfinite(s).all() for s in scores):
        raise ValueError("unusable curves")
    bar = max(np.mean(s) + stats.t.ppf(0.975, len(s) - 1) * stats.sem(s) for s in clean.values())
    found = None
    for size in sorted(noisy, reverse=True):
        s = noisy[size]
        if np.mean(s) - stats.t.ppf(0.975, len(s) - 1) * stats.sem(s) <= bar:
            break
        found = size
    return found


@exercise.wrong(
    "Your intervals are too narrow: 1.96 belongs to a spread that is known. With a handful of seeds take Student's t with n − 1 degrees of freedom, each "
    "list with its own n.",
    share=2 / 5,
)
def always_1_96(clean, noisy, small):
    scores = [*clean.values(), *noisy.values()]
    if small not in clean or not noisy or any(len(s) < 2 or not np.isfinite(s).all() for s in scores):
        raise ValueError("unusable curves")
    bar = np.mean(clean[small]) + 1.96 * stats.sem(clean[small])
    found = None
    for size in sorted(noisy, reverse=True):
        if np.mean(noisy[size]) - 1.96 * stats.sem(noisy[size]) <= bar:
            break
        found = size
    return found


@exercise.wrong(
    "The answer is right, but a single score, a NaN or an unknown size passes. Every comparison with NaN is False, so a broken run looks like a lost "
    "one. Check first, and raise a ValueError.",
    share=4 / 5,
)
def nothing_checked(clean, noisy, small):
    bar_scores = clean.get(small, [0.0, 0.0])
    bar = np.mean(bar_scores) + stats.t.ppf(0.975, max(len(bar_scores) - 1, 1)) * np.std(bar_scores) / max(len(bar_scores) - 1, 1) ** 0.5
    found = None
    for size in sorted(noisy, reverse=True):
        s = noisy[size]
        half = stats.t.ppf(0.975, len(s) - 1) * np.std(s, ddof=1) / np.sqrt(len(s)) if len(s) > 1 else 0
        if np.mean(s) - half <= bar:
            break
        found = size
    return found
