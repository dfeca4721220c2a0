"""How many items of each class to buy: the shares wanted, least numbers, what there is, and a budget to be spent exactly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product

import numpy as np

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

SHARES, REST = "the shares, where nothing stands against them", "largest remainders first, the earlier class in a tie"
LEAST, MOST = "a class below its minimum is raised, the others pay for it", "a class that runs out leaves its part to the others"
BOTH, REFUSED = "minimum and availability at once", "a budget that cannot be kept is refused"

Numbers = Mapping[str, int]


def exact_quota(budget: int, weights: Numbers, minimum: Numbers, available: Numbers) -> dict[str, Fraction]:
    """Try every way to say which classes are at their minimum, which have run out, and which follow their weight at one level."""
    for states in product(("least", "free", "most"), repeat=len(weights)):
        state = dict(zip(weights, states, strict=True))
        fixed = {c: Fraction(minimum[c] if s == "least" else available[c]) for c, s in state.items() if s != "free"}
        free = sum(weights[c] for c, s in state.items() if s == "free")
        rest = budget - sum(fixed.values())
        levels = [Fraction(rest, free)] if free else [v / weights[c] for c, v in fixed.items()]
        for level in levels:
            quota = {c: min(max(level * w, Fraction(minimum[c])), Fraction(available[c])) for c, w in weights.items()}
            if sum(quota.values()) == budget:
                return quota
    raise AssertionError("there is always a level")


def reference(budget: int, weights: Numbers, minimum: Numbers, available: Numbers) -> dict[str, int]:
    """The exact quota rounded down, then one item each by the size of the remainder."""
    if sum(minimum.values()) > budget or sum(available.values()) < budget or any(minimum[c] > available[c] for c in weights):
        raise ValueError("the budget cannot be kept")
    quota = exact_quota(budget, weights, minimum, available)
    whole = {c: int(q) for c, q in quota.items()}
    order = sorted(quota, key=lambda c: quota[c] - whole[c], reverse=True)
    for c in order[: budget - sum(whole.values())]:
        whole[c] += 1
    return whole


def plan(budget: int, weights: list[int], minimum: list[int] | int = 0, available: list[int] | int = 10**6) -> tuple[int, Numbers, Numbers, Numbers]:
    """Arguments of the exercise, the classes called a, b, c, …"""
    names = "abcdefgh"[: len(weights)]
    lists = ([value] * len(weights) if isinstance(value, int) else value for value in (weights, minimum, available))
    first, second, third = (dict(zip(names, numbers, strict=True)) for numbers in lists)
    return budget, first, second, third


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """One class, exact shares, ties, then raised and exhausted classes, alone, together and in turn."""
    yield Case(SHARES, plan(7, [3]))
    yield Case(SHARES, plan(0, [3, 1]))
    yield Case(SHARES, plan(1000, [9, 1], [100, 100], [900, 100]))
    yield Case(SHARES, plan(60, [1, 2, 3], 1))
    yield Case(REST, plan(1, [1, 1]))
    yield Case(REST, plan(2, [1, 1, 1]))
    yield Case(REST, plan(10, [1, 4, 1]))
    yield Case(REST, plan(100, [1, 1, 1]))
    yield Case(REST, plan(7, [10, 20, 45, 25]))
    yield Case(REST, plan(101, [334, 333, 333]))
    yield Case(LEAST, plan(100, [98, 1, 1], 10))
    yield Case(LEAST, plan(100, [90, 8, 2], [0, 0, 15]))
    yield Case(LEAST, plan(30, [5, 3, 1], [0, 0, 30]))
    yield Case(LEAST, plan(100, [60, 25, 15], [0, 24, 35]))
    yield Case(LEAST, plan(30, [7, 7, 1], 10))
    yield Case(LEAST, plan(61, [7, 7, 1], [0, 0, 10]))
    yield Case(MOST, plan(100, [1, 1, 1], 0, [10, 200, 200]))
    yield Case(MOST, plan(100, [50, 30, 20], 0, [20, 35, 200]))
    yield Case(MOST, plan(101, [5, 3, 3], 0, [20, 200, 200]))
    yield Case(MOST, plan(60, [1, 1, 4], 0, [10, 20, 30]))
    yield Case(BOTH, plan(100, [90, 5, 5], [0, 20, 0], [50, 100, 100]))
    yield Case(BOTH, plan(100, [70, 20, 10], [0, 0, 28], [60, 100, 100]))
    yield Case(BOTH, plan(100, [60, 28, 12], [0, 30, 0], [30, 100, 100]))
    yield Case(BOTH, plan(100, [40, 40, 20], [0, 0, 45], [30, 100, 100]))
    yield Case(BOTH, plan(60, [1, 2, 3], [10, 20, 30], [10, 20, 30]))
    for _ in range(12):
        weights = [int(w) for w in rng.integers(1, 60, 4)]
        yield Case(REST, plan(int(rng.integers(50, 500)), weights))
        low, high = rng.integers(0, 60, 4), rng.integers(60, 150, 4)
        budget = int(rng.integers(low.sum() + 1, high.sum()))
        yield Case(LEAST, plan(int(low.sum() + rng.integers(1, 60)), weights, low.tolist()))
        yield Case(MOST, plan(int(rng.integers(high.sum() // 2, high.sum())), weights, 0, high.tolist()))
        yield Case(BOTH, plan(budget, weights, low.tolist(), high.tolist()))
    yield Case(REFUSED, plan(29, [1, 1, 1], 10), raises="ValueError")
    yield Case(REFUSED, plan(31, [1, 1, 1], 0, 10), raises="ValueError")
    yield Case(REFUSED, plan(50, [1, 1], [11, 0], [10, 90]), raises="ValueError")


exercise = Exercise(
    id="class_quota",
    title="Class quotas under a budget",
    points=5,
    minutes=15,
    hints=(
        "Start with all classes open and give each its share of what is left to spend. If every one lies within its bounds, only the rounding remains.",
        "Otherwise add up how much the raised classes get too much and the cut ones too little. If more is added than is cut, close the raised classes at their "
        "minimum; if less, close the cut ones at what is available; if both are equal, all is settled. Then share what is left among the open ones again.",
        "Whole numbers decide ties reliably: the remainder of `left * weight` divided by the sum of the open weights, or `Fraction`, which the import cell brings.",
        "Largest remainder: `sorted(open, key=remainder, reverse=True)` keeps the earlier class first in a tie.",
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(SHARES, plan(1000, [60, 30, 10])),
        Case(REST, plan(100, [1, 1, 1])),
        Case(REST, plan(11, [6, 3, 1])),
        Case(LEAST, plan(1000, [80, 15, 5], 100)),
        Case(MOST, plan(1000, [60, 30, 10], 0, [500, 1000, 60])),
        Case(BOTH, plan(1000, [80, 15, 5], [0, 0, 100], [500, 1000, 1000])),
        Case(BOTH, plan(100, [60, 28, 12], [0, 30, 0], [30, 100, 100])),
        Case(REFUSED, plan(250, [1, 1, 1], 100), raises="ValueError"),
        Case(REFUSED, plan(1000, [1, 1, 1], 0, 300), raises="ValueError"),
        Case(REFUSED, plan(1000, [1, 1], [600, 0], [500, 900]), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def by_closing_classes(budget, weights, minimum, available):
    if any(minimum[c] > available[c] for c in weights):
        raise ValueError("a class is to have more than there is of it")
    if sum(minimum.values()) > budget or sum(available.values()) < budget:
        raise ValueError("the budget lies below the minimums or above what there is")
    quota, free, left = {}, list(weights), budget
    while free:
        total = sum(weights[c] for c in free)
        raised = [c for c in free if left * weights[c] < minimum[c] * total]
        cut = [c for c in free if left * weights[c] > available[c] * total]
        change = sum(minimum[c] * total - left * weights[c] for c in raised) - sum(left * weights[c] - available[c] * total for c in cut)
        closing = raised if change > 0 else cut if change < 0 else raised + cut
        if not closing:
            break
        for c in closing:
            quota[c] = minimum[c] if c in raised else available[c]
        free = [c for c in free if c not in closing]
        left = budget - sum(quota.values())
    for c in free:
        quota[c] = int(left * weights[c] // total)
    by_remainder = sorted(free, key=lambda c: left * weights[c] % total, reverse=True)
    for c in by_remainder[: budget - sum(quota.values())]:
        quota[c] += 1
    return {c: quota[c] for c in weights}


@exercise.right
def at_one_level_that_warns(budget, weights, minimum, available):
    import warnings

    low, high = sum(minimum[c] for c in weights), sum(available[c] for c in weights)
    if not low <= budget <= high or not all(minimum[c] <= available[c] for c in weights):
        raise ValueError(f"between {low} and {high} items can be bought, not {budget}")
    if low * 2 > budget:
        warnings.warn("most of the budget is spent on minimums", stacklevel=2)

    def at(level):
        return {c: min(max(level * weights[c], Fraction(minimum[c])), Fraction(available[c])) for c in weights}

    steps = sorted(Fraction(bound[c], weights[c]) for bound in (minimum, available) for c in weights)
    below = [step for step in steps if sum(at(step).values()) <= budget]
    level = below[-1] if below else Fraction(0)
    rising = [c for c in weights if minimum[c] <= level * weights[c] < available[c]]
    if rising:
        level += (budget - sum(at(level).values())) / sum(weights[c] for c in rising)
    exact = at(level)
    quota = {c: int(value) for c, value in exact.items()}
    for c in sorted(weights, key=lambda c: quota[c] - exact[c])[: budget - sum(quota.values())]:
        quota[c] += 1
    return quota


@exercise.wrong(
    "You round each class by itself, and the sum misses the budget: 33 + 33 + 33 of 100. Round all down, then hand out the "
    "missing items by the largest remainder.",
    share=2 / 6,
)
def rounded_one_by_one(budget, weights, minimum, available):
    if any(minimum[c] > available[c] for c in weights):
        raise ValueError("a class is to have more than there is of it")
    if sum(minimum.values()) > budget or sum(available.values()) < budget:
        raise ValueError("the budget lies below the minimums or above what there is")
    quota, free, left = {}, list(weights), budget
    while free:
        total = sum(weights[c] for c in free)
        raised = [c for c in free if left * weights[c] < minimum[c] * total]
        cut = [c for c in free if left * weights[c] > available[c] * total]
        change = sum(minimum[c] * total - left * weights[c] for c in raised) - sum(left * weights[c] - available[c] * total for c in cut)
        closing = raised if change > 0 else cut if change < 0 else raised + cut
        if not closing:
            break
        for c in closing:
            quota[c] = minimum[c] if c in raised else available[c]
        free = [c for c in free if c not in closing]
        left = budget - sum(quota.values())
    for c in free:
        quota[c] = (2 * left * weights[c] + total) // (2 * total)
    return {c: quota[c] for c in weights}


@exercise.wrong(
    "The items that rounding leaves over go to the first classes of the list. They belong to the classes with the largest "
    "remainders; only a tie is decided by the order.",
    share=2 / 6,
)
def leftovers_to_the_first(budget, weights, minimum, available):
    if any(minimum[c] > available[c] for c in weights):
        raise ValueError("a class is to have more than there is of it")
    if sum(minimum.values()) > budget or sum(available.values()) < budget:
        raise ValueError("the budget lies below the minimums or above what there is")
    quota, free, left = {}, list(weights), budget
    while free:
        total = sum(weights[c] for c in free)
        raised = [c for c in free if left * weights[c] < minimum[c] * total]
        cut = [c for c in free if left * weights[c] > available[c] * total]
        change = sum(minimum[c] * total - left * weights[c] for c in raised) - sum(left * weights[c] - available[c] * total for c in cut)
        closing = raised if change > 0 else cut if change < 0 else raised + cut
        if not closing:
            break
        for c in closing:
            quota[c] = minimum[c] if c in raised else available[c]
        free = [c for c in free if c not in closing]
        left = budget - sum(quota.values())
    for c in free:
        quota[c] = int(left * weights[c] // total)
    by_remainder = free
    for c in by_remainder[: budget - sum(quota.values())]:
        quota[c] += 1
    return {c: quota[c] for c in weights}


@exercise.wrong(
    "The items that rounding leaves over all go to the largest class. Each of the classes with the largest remainders gets "
    "one.",
    share=2 / 6,
)
def leftovers_to_the_largest(budget, weights, minimum, available):
    if any(minimum[c] > available[c] for c in weights):
        raise ValueError("a class is to have more than there is of it")
    if sum(minimum.values()) > budget or sum(available.values()) < budget:
        raise ValueError("the budget lies below the minimums or above what there is")
    quota, free, left = {}, list(weights), budget
    while free:
        total = sum(weights[c] for c in free)
        raised = [c for c in free if left * weights[c] < minimum[c] * total]
        cut = [c for c in free if left * weights[c] > available[c] * total]
        change = sum(minimum[c] * total - left * weights[c] for c in raised) - sum(left * weights[c] - available[c] * total for c in cut)
        closing = raised if change > 0 else cut if change < 0 else raised + cut
        if not closing:
            break
        for c in closing:
            quota[c] = minimum[c] if c in raised else available[c]
        free = [c for c in free if c not in closing]
        left = budget - sum(quota.values())
    for c in free:
        quota[c] = int(left * weights[c] // total)
    for c in [max(free, key=weights.get)] * (budget - sum(quota.values())):
        quota[c] += 1
    return {c: quota[c] for c in weights}


@exercise.wrong(
    "In a tie you prefer the later class. Sorting upwards and then turning the list round also turns the ties round: sort "
    "with `reverse=True`, or by the negative remainder.",
    share=2 / 6,
)
def ties_turned_round(budget, weights, minimum, available):
    if any(minimum[c] > available[c] for c in weights):
        raise ValueError("a class is to have more than there is of it")
    if sum(minimum.values()) > budget or sum(available.values()) < budget:
        raise ValueError("the budget lies below the minimums or above what there is")
    quota, free, left = {}, list(weights), budget
    while free:
        total = sum(weights[c] for c in free)
        raised = [c for c in free if left * weights[c] < minimum[c] * total]
        cut = [c for c in free if left * weights[c] > available[c] * total]
        change = sum(minimum[c] * total - left * weights[c] for c in raised) - sum(left * weights[c] - available[c] * total for c in cut)
        closing = raised if change > 0 else cut if change < 0 else raised + cut
        if not closing:
            break
        for c in closing:
            quota[c] = minimum[c] if c in raised else available[c]
        free = [c for c in free if c not in closing]
        left = budget - sum(quota.values())
    for c in free:
        quota[c] = int(left * weights[c] // total)
    by_remainder = sorted(free, key=lambda c: left * weights[c] % total)[::-1]
    for c in by_remainder[: budget - sum(quota.values())]:
        quota[c] += 1
    return {c: quota[c] for c in weights}


@exercise.wrong(
    "You give every class its minimum and share out the rest on top. A class whose share lies above its minimum anyway then "
    "gets more than its share: the minimum is a floor, not a gift.",
    share=3 / 6,
)
def minimum_as_a_gift(budget, weights, minimum, available):
    if any(minimum[c] > available[c] for c in weights):
        raise ValueError("a class is to have more than there is of it")
    if sum(minimum.values()) > budget or sum(available.values()) < budget:
        raise ValueError("the budget lies below the minimums or above what there is")
    quota, free, left = {}, list(weights), budget - sum(minimum.values())
    while free:
        total = sum(weights[c] for c in free)
        raised = []
        cut = [c for c in free if left * weights[c] > (available[c] - minimum[c]) * total]
        change = sum(minimum[c] * total - left * weights[c] for c in raised) - len(cut)
        closing = raised if change > 0 else cut if change < 0 else raised + cut
        if not closing:
            break
        for c in closing:
            quota[c] = available[c] - minimum[c]
        free = [c for c in free if c not in closing]
        left = budget - sum(minimum.values()) - sum(quota.values())
    for c in free:
        quota[c] = int(left * weights[c] // total)
    by_remainder = sorted(free, key=lambda c: left * weights[c] % total, reverse=True)
    for c in by_remainder[: budget - sum(minimum.values()) - sum(quota.values())]:
        quota[c] += 1
    return {c: quota[c] + minimum[c] for c in weights}


@exercise.wrong(
    "The minimums are ignored: a rare class gets its share, and that may be too few to measure anything. Raise it, and let "
    "the others pay in proportion.",
    share=4 / 6,
)
def minimum_ignored(budget, weights, minimum, available):
    if any(minimum[c] > available[c] for c in weights):
        raise ValueError("a class is to have more than there is of it")
    if sum(minimum.values()) > budget or sum(available.values()) < budget:
        raise ValueError("the budget lies below the minimums or above what there is")
    quota, free, left = {}, list(weights), budget
    while free:
        total = sum(weights[c] for c in free)
        raised = []
        cut = [c for c in free if left * weights[c] > available[c] * total]
        change = sum(minimum[c] * total - left * weights[c] for c in raised) - sum(left * weights[c] - available[c] * total for c in cut)
        closing = raised if change > 0 else cut if change < 0 else raised + cut
        if not closing:
            break
        for c in closing:
            quota[c] = minimum[c] if c in raised else available[c]
        free = [c for c in free if c not in closing]
        left = budget - sum(quota.values())
    for c in free:
        quota[c] = int(left * weights[c] // total)
    by_remainder = sorted(free, key=lambda c: left * weights[c] % total, reverse=True)
    for c in by_remainder[: budget - sum(quota.values())]:
        quota[c] += 1
    return {c: quota[c] for c in weights}


@exercise.wrong(
    "You plan to buy more of a class than there is. Stop at what is available, and share what is left among the other "
    "classes.",
    share=4 / 6,
)
def availability_ignored(budget, weights, minimum, available):
    if any(minimum[c] > available[c] for c in weights):
        raise ValueError("a class is to have more than there is of it")
    if sum(minimum.values()) > budget or sum(available.values()) < budget:
        raise ValueError("the budget lies below the minimums or above what there is")
    quota, free, left = {}, list(weights), budget
    while free:
        total = sum(weights[c] for c in free)
        raised = [c for c in free if left * weights[c] < minimum[c] * total]
        cut = []
        change = sum(minimum[c] * total - left * weights[c] for c in raised) - sum(left * weights[c] - available[c] * total for c in cut)
        closing = raised if change > 0 else cut if change < 0 else raised + cut
        if not closing:
            break
        for c in closing:
            quota[c] = minimum[c] if c in raised else available[c]
        free = [c for c in free if c not in closing]
        left = budget - sum(quota.values())
    for c in free:
        quota[c] = int(left * weights[c] // total)
    by_remainder = sorted(free, key=lambda c: left * weights[c] % total, reverse=True)
    for c in by_remainder[: budget - sum(quota.values())]:
        quota[c] += 1
    return {c: quota[c] for c in weights}


@exercise.wrong(
    "What the exhausted classes cannot give is lost: your quotas add up to less than the budget. Share it among the classes "
    "that still have some.",
    share=4 / 6,
)
def cut_and_not_shared(budget, weights, minimum, available):
    if any(minimum[c] > available[c] for c in weights):
        raise ValueError("a class is to have more than there is of it")
    if sum(minimum.values()) > budget or sum(available.values()) < budget:
        raise ValueError("the budget lies below the minimums or above what there is")
    quota, free, left = {}, list(weights), budget
    while free:
        total = sum(weights[c] for c in free)
        raised = [c for c in free if left * weights[c] < minimum[c] * total]
        cut = [c for c in free if left * weights[c] > available[c] * total]
        change = sum(minimum[c] * total - left * weights[c] for c in raised) - sum(left * weights[c] - available[c] * total for c in cut)
        closing = raised if change > 0 else cut if change < 0 else raised + cut
        if not closing:
            break
        if not raised and quota == {}:
            everything = left
            lost = {c: left * weights[c] // total for c in free}
            return {c: min(lost[c], available[c]) for c in weights}
        for c in closing:
            quota[c] = minimum[c] if c in raised else available[c]
        free = [c for c in free if c not in closing]
        left = budget - sum(quota.values())
    for c in free:
        quota[c] = int(left * weights[c] // total)
    by_remainder = sorted(free, key=lambda c: left * weights[c] % total, reverse=True)
    for c in by_remainder[: budget - sum(quota.values())]:
        quota[c] += 1
    return {c: quota[c] for c in weights}


@exercise.wrong(
    "Where some classes are raised and others cut in the same round, you always settle the raised ones first. What the cut "
    "ones leave over may lift a raised class above its minimum again: compare first how much is added and how much is cut.",
    share=5 / 6,
)
def raised_ones_always_first(budget, weights, minimum, available):
    if any(minimum[c] > available[c] for c in weights):
        raise ValueError("a class is to have more than there is of it")
    if sum(minimum.values()) > budget or sum(available.values()) < budget:
        raise ValueError("the budget lies below the minimums or above what there is")
    quota, free, left = {}, list(weights), budget
    while free:
        total = sum(weights[c] for c in free)
        raised = [c for c in free if left * weights[c] < minimum[c] * total]
        cut = [c for c in free if left * weights[c] > available[c] * total]
        change = sum(minimum[c] * total - left * weights[c] for c in raised) - sum(left * weights[c] - available[c] * total for c in cut)
        closing = raised or cut
        if not closing:
            break
        for c in closing:
            quota[c] = minimum[c] if c in raised else available[c]
        free = [c for c in free if c not in closing]
        left = budget - sum(quota.values())
    for c in free:
        quota[c] = int(left * weights[c] // total)
    by_remainder = sorted(free, key=lambda c: left * weights[c] % total, reverse=True)
    for c in by_remainder[: budget - sum(quota.values())]:
        quota[c] += 1
    return {c: quota[c] for c in weights}


@exercise.wrong(
    "A budget that cannot be kept gets a plan all the same. Say so with ValueError: the minimums cost more than the budget, "
    "there are too few items, or a minimum exceeds what there is.",
    share=5 / 6,
)
def nothing_refused(budget, weights, minimum, available):
    quota, free, left = {}, list(weights), budget
    while free:
        total = sum(weights[c] for c in free)
        raised = [c for c in free if left * weights[c] < minimum[c] * total]
        cut = [c for c in free if left * weights[c] > available[c] * total]
        change = sum(minimum[c] * total - left * weights[c] for c in raised) - sum(left * weights[c] - available[c] * total for c in cut)
        closing = raised if change > 0 else cut if change < 0 else raised + cut
        if not closing:
            break
        for c in closing:
            quota[c] = minimum[c] if c in raised else available[c]
        free = [c for c in free if c not in closing]
        left = budget - sum(quota.values())
    total = total if free else 1
    for c in free:
        quota[c] = int(left * weights[c] // total)
    by_remainder = sorted(free, key=lambda c: left * weights[c] % total, reverse=True)
    for c in by_remainder[: budget - sum(quota.values())]:
        quota[c] += 1
    return {c: quota[c] for c in weights}
