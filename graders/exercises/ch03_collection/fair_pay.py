"""Pay per hour from observed times, and the price per task at which enough workers reach the minimum wage."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

Times = dict[str, list[float]]

HOURLY, BREAKS = "pay per hour of one worker", "one long break changes nothing"
CROWD, BELOW = "every worker counts once, however many tasks", "exactly the minimum is not below it"
PRICE, REFUSED = "the smallest price at which enough workers reach the minimum", "unusable input is refused"


def reference(seconds: Mapping[str, Sequence[float]], price: float, minimum: float, share: float) -> dict[str, Any]:
    """``hourly`` pay per worker, the ``typical`` worker's, who is ``below`` the minimum, and the ``fair_price``; by pandas.

    ``seconds``: per worker the time of each task; ``price`` per task and ``minimum`` per hour in one currency. Raises ValueError for no
    workers, a worker without times, times, price or minimum that are not positive and finite, a share outside (0, 1].
    """
    numbers = [price, minimum, *(t for times in seconds.values() for t in times)]
    if not seconds or not all(len(times) for times in seconds.values()):
        raise ValueError("at least one worker, and a time of each, are due")
    if not all(math.isfinite(x) and x > 0 for x in numbers) or not 0 < share <= 1:
        raise ValueError("times, price and minimum are positive numbers, the share lies in (0, 1]")
    typical = pd.Series({worker: float(np.median(times)) for worker, times in seconds.items()})
    hourly = price / typical * 3600
    enough = np.quantile(typical, share, method="inverted_cdf")  # the smallest time that this share of the workers need at most
    return {
        "hourly": hourly.to_dict(),
        "typical": float(hourly.median()),
        "below": sorted(str(worker) for worker in hourly.index[hourly < minimum]),
        "fair_price": float(minimum * enough / 3600),
    }


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """One worker, breaks, unequal amounts of work, the exact minimum, crowds for the price, then what must be refused."""
    pace = int(rng.integers(20, 60))
    yield Case(HOURLY, ({"Ann": [pace]}, 50, 9000.0, 1.0))
    yield Case(HOURLY, ({"Ann": [pace, pace, pace]}, 0.25, 12.5, 0.5))
    yield Case(BREAKS, ({"Bo": [pace, pace + 2, pace + 1, 5400, pace - 1]}, 80, 10000, 0.9))
    yield Case(BREAKS, ({"Bo": [pace, pace + 4, 2700, pace - 2]}, 60, 10000, 1.0))
    yield Case(BREAKS, ({"Bo": [1, pace, pace + 5]}, 60, 10000, 1.0))
    slow = [pace * 3, pace * 4]
    yield Case(CROWD, ({"Ann": [pace] * 9, "Bo": [slow[0]], "Cho": [slow[1]]}, 100, 10000, 1.0))
    yield Case(CROWD, ({"Ann": [pace] * 7, "Bo": [slow[0]] * 2, "Cho": [slow[1]], "Dan": [pace * 2] * 3}, 100, 10000, 1.0))
    yield Case(BELOW, ({"Ann": [7200.0], "Bo": [4500.0], "Cho": [10800.0]}, 18000, 9000, 1.0))
    yield Case(BELOW, ({"Zed": [9000.0], "Bo": [8100.0], "Ann": [9900.0]}, 18000, 9000.0, 1.0))
    times = {f"w{i}": [float(t)] for i, t in enumerate(rng.permutation(np.arange(1, 12) * 10 + pace))}
    for share in (0.3, 0.6, 0.8, 0.95):
        yield Case(PRICE, (times, 90, 10000, share))
    yield Case(PRICE, ({"Ann": [pace], "Bo": [pace * 2.0], "Cho": [pace * 3]}, 90, 10000, 0.05))
    yield Case(REFUSED, ({"Ann": [30.0, -5.0]}, 50, 10000, 0.9), raises="ValueError")
    yield Case(REFUSED, ({"Ann": [30.0, math.inf]}, 50, 10000, 0.9), raises="ValueError")
    yield Case(REFUSED, ({"Ann": [30.0], "Bo": []}, 50, 10000, 0.9), raises="ValueError")
    yield Case(REFUSED, ({"Ann": [30.0]}, 50, 10000, 1.25), raises="ValueError")
    yield Case(REFUSED, ({"Ann": [30.0]}, 0, 10000, 0.9), raises="ValueError")
    yield Case(REFUSED, ({"Ann": [30.0]}, 50, 10000, 0.0), raises="ValueError")


exercise = Exercise(
    id="fair_pay",
    title="Fair pay from observed times",
    points=4,
    minutes=12,
    hints=(
        "First one number per worker: `np.median` of that worker's times. Everything else is built on these numbers, not on single tasks.",
        "An hour has 3600 seconds: at t seconds per task a worker finishes 3600 / t tasks in it.",
        "Sort the workers' median times. `math.ceil(share * n)` of the n workers must reach the minimum, and the slowest of them sets the price: "
        "minimum · t / 3600.",
    ),
    compare=close(),  # quotients and products of a few numbers: right answers differ by rounding only
    reference=reference,
    public=(
        Case(HOURLY, ({"Ann": [30.0]}, 50, 10320, 1.0)),
        Case(HOURLY, ({"Ann": [36, 36, 36]}, 0.2, 7.25, 0.5)),
        Case(BREAKS, ({"Bo": [30.0, 32.0, 31.0, 3600.0, 29.0]}, 80, 10320, 0.9)),
        Case(BREAKS, ({"Bo": [30.0, 1800.0, 34.0, 28.0]}, 80, 10320, 0.9)),
        Case(CROWD, ({"Ann": [20.0] * 8, "Bo": [60.0], "Cho": [90.0, 90.0]}, 100, 10320, 1.0)),
        Case(CROWD, ({"Ann": [20.0] * 3, "Bo": [60.0]}, 100, 10320, 1.0)),
        Case(BELOW, ({"Cho": [7200.0], "Ann": [3600.0], "Bo": [1800.0]}, 7200, 7200, 1.0)),
        Case(PRICE, ({"Ann": [20.0], "Bo": [30.0], "Cho": [40.0], "Dan": [50.0], "Eun": [90.0]}, 60, 10320, 0.7)),
        Case(PRICE, ({"Ann": [20.0], "Bo": [90.0], "Cho": [40.0]}, 60, 10320, 0.5)),
        Case(REFUSED, ({}, 50, 10320, 0.9), raises="ValueError"),
        Case(REFUSED, ({"Ann": []}, 50, 10320, 0.9), raises="ValueError"),
        Case(REFUSED, ({"Ann": [30.0, 0.0]}, 50, 10320, 0.9), raises="ValueError"),
        Case(REFUSED, ({"Ann": [30.0, math.nan]}, 50, 10320, 0.9), raises="ValueError"),
        Case(REFUSED, ({"Ann": [30.0]}, 50, 0, 0.9), raises="ValueError"),
        Case(REFUSED, ({"Ann": [30.0]}, 50, 10320, 90), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_plain_lists(seconds, price, minimum, share):
    if not seconds or any(len(times) == 0 for times in seconds.values()) or not 0 < share <= 1:
        raise ValueError("workers with times, and a share in (0, 1], are due")
    for number in [price, minimum, *(t for times in seconds.values() for t in times)]:
        if not 0 < number < math.inf:
            raise ValueError(f"{number} is no positive number")
    middle = {}
    for worker, times in seconds.items():
        ordered, n = sorted(times), len(times)
        middle[worker] = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    hourly = {worker: 3600 * price / t for worker, t in middle.items()}
    rates = sorted(hourly.values())
    need = sorted(middle.values())[math.ceil(share * len(middle) - 1e-9) - 1]
    return {
        "hourly": hourly,
        "typical": (rates[(len(rates) - 1) // 2] + rates[len(rates) // 2]) / 2,
        "below": sorted(w for w in hourly if hourly[w] < minimum),
        "fair_price": minimum * need / 3600,
    }


@exercise.right
def by_trying_prices(seconds, price, minimum, share):
    numbers = np.array([price, minimum, *(t for times in seconds.values() for t in times)], dtype=float)
    if not seconds or not all(map(len, seconds.values())) or not np.isfinite(numbers).all() or (numbers <= 0).any():
        raise ValueError("positive times of at least one worker, price and minimum are due")
    if share <= 0 or share > 1:
        raise ValueError("the share lies in (0, 1]")
    medians = {worker: np.median(times) for worker, times in seconds.items()}
    hourly = {worker: price * (3600 / t) for worker, t in medians.items()}
    fair = min(m * minimum / 3600 for m in medians.values() if sum(t <= m for t in medians.values()) >= share * len(medians) - 1e-9)
    below = [worker for worker in sorted(medians) if hourly[worker] < minimum]
    return {"hourly": hourly, "typical": np.median(list(hourly.values())), "below": below, "fair_price": fair}


@exercise.right
def with_a_warning(seconds, price, minimum, share):
    import warnings

    if not seconds or not 0 < share <= 1 or not (0 < price < math.inf and 0 < minimum < math.inf):
        raise ValueError("unusable input")
    arrays = {worker: np.asarray(times, dtype=float) for worker, times in seconds.items()}
    if any(len(t) == 0 or not ((t > 0) & np.isfinite(t)).all() for t in arrays.values()):
        raise ValueError("every worker needs positive times")
    if min(map(len, arrays.values())) < 3:
        warnings.warn("fewer than three times of somebody", stacklevel=2)
    workers = np.array(list(arrays))
    medians = np.array([np.median(t) for t in arrays.values()])
    hourly = 3600 * price / medians
    position = int(np.ceil(np.round(share * len(medians), 9))) - 1
    return {
        "hourly": dict(zip(workers.tolist(), hourly, strict=True)),
        "typical": np.median(hourly),
        "below": np.sort(workers[hourly < minimum]).tolist(),
        "fair_price": minimum / 3600 * np.sort(medians)[position],
    }


@exercise.wrong(
    "You average the times. Bo's one hour for lunch then makes every task of Bo's look many times as long, and the price follows. The median "
    "asks how long a usual task takes.",
    share=5 / 6,
)
def mean_of_times(seconds, price, minimum, share):
    numbers = [price, minimum, *(t for times in seconds.values() for t in times)]
    if not seconds or not all(map(len, seconds.values())) or not all(0 < x < math.inf for x in numbers) or not 0 < share <= 1:
        raise ValueError("unusable input")
    typical = {worker: float(np.mean(times)) for worker, times in seconds.items()}
    hourly = {worker: 3600 * price / t for worker, t in typical.items()}
    need = sorted(typical.values())[math.ceil(share * len(typical)) - 1]
    below = sorted(w for w in hourly if hourly[w] < minimum)
    return {"hourly": hourly, "typical": float(np.median(list(hourly.values()))), "below": below, "fair_price": minimum * need / 3600}


@exercise.wrong(
    "Your typical pay is the median over all tasks. The fastest people do most of the tasks, so they speak for everybody, and the slow ones "
    "disappear. One number per worker first, then the median of those.",
    share=5 / 6,
)
def all_tasks_pooled(seconds, price, minimum, share):
    numbers = [price, minimum, *(t for times in seconds.values() for t in times)]
    if not seconds or not all(map(len, seconds.values())) or not all(0 < x < math.inf for x in numbers) or not 0 < share <= 1:
        raise ValueError("unusable input")
    typical = {worker: float(np.median(times)) for worker, times in seconds.items()}
    hourly = {worker: 3600 * price / t for worker, t in typical.items()}
    need = sorted(typical.values())[math.ceil(share * len(typical)) - 1]
    below = sorted(w for w in hourly if hourly[w] < minimum)
    pooled = 3600 * price / float(np.median([t for times in seconds.values() for t in times]))
    return {"hourly": hourly, "typical": pooled, "below": below, "fair_price": minimum * need / 3600}


@exercise.wrong(
    "Your typical pay is the average over the workers. A few very fast ones lift it above what most people earn. The median is what the worker in "
    "the middle takes home.",
    share=3 / 6,
)
def mean_over_workers(seconds, price, minimum, share):
    numbers = [price, minimum, *(t for times in seconds.values() for t in times)]
    if not seconds or not all(map(len, seconds.values())) or not all(0 < x < math.inf for x in numbers) or not 0 < share <= 1:
        raise ValueError("unusable input")
    typical = {worker: float(np.median(times)) for worker, times in seconds.items()}
    hourly = {worker: 3600 * price / t for worker, t in typical.items()}
    need = sorted(typical.values())[math.ceil(share * len(typical)) - 1]
    below = sorted(w for w in hourly if hourly[w] < minimum)
    return {"hourly": hourly, "typical": float(np.mean(list(hourly.values()))), "below": below, "fair_price": minimum * need / 3600}


@exercise.wrong(
    "You count a worker who earns exactly the minimum as below it. The minimum is met when it is reached: compare with `<`.",
    share=5 / 6,
)
def minimum_not_enough(seconds, price, minimum, share):
    numbers = [price, minimum, *(t for times in seconds.values() for t in times)]
    if not seconds or not all(map(len, seconds.values())) or not all(0 < x < math.inf for x in numbers) or not 0 < share <= 1:
        raise ValueError("unusable input")
    typical = {worker: float(np.median(times)) for worker, times in seconds.items()}
    hourly = {worker: 3600 * price / t for worker, t in typical.items()}
    need = sorted(typical.values())[math.ceil(share * len(typical)) - 1]
    below = sorted(w for w in hourly if hourly[w] <= minimum)
    return {"hourly": hourly, "typical": float(np.median(list(hourly.values()))), "below": below, "fair_price": minimum * need / 3600}


@exercise.wrong(
    "Your price pays the minimum to the worker in the middle, whatever `share` is: half of the crowd then earns less. Take the time that a "
    "`share` of the workers need at most.",
    share=3 / 6,
)
def price_for_the_middle(seconds, price, minimum, share):
    numbers = [price, minimum, *(t for times in seconds.values() for t in times)]
    if not seconds or not all(map(len, seconds.values())) or not all(0 < x < math.inf for x in numbers) or not 0 < share <= 1:
        raise ValueError("unusable input")
    typical = {worker: float(np.median(times)) for worker, times in seconds.items()}
    hourly = {worker: 3600 * price / t for worker, t in typical.items()}
    below = sorted(w for w in hourly if hourly[w] < minimum)
    need = float(np.median(list(typical.values())))
    return {"hourly": hourly, "typical": float(np.median(list(hourly.values()))), "below": below, "fair_price": minimum * need / 3600}


@exercise.wrong(
    "`np.quantile` draws a line between two workers and sets the price there. Of four workers three quarters are three whole people; a price "
    "between the second and the third leaves one of them short. Count people: round `share * n` up.",
    share=5 / 6,
)
def between_two_workers(seconds, price, minimum, share):
    numbers = [price, minimum, *(t for times in seconds.values() for t in times)]
    if not seconds or not all(map(len, seconds.values())) or not all(0 < x < math.inf for x in numbers) or not 0 < share <= 1:
        raise ValueError("unusable input")
    typical = {worker: float(np.median(times)) for worker, times in seconds.items()}
    hourly = {worker: 3600 * price / t for worker, t in typical.items()}
    below = sorted(w for w in hourly if hourly[w] < minimum)
    need = float(np.quantile(list(typical.values()), share))
    return {"hourly": hourly, "typical": float(np.median(list(hourly.values()))), "below": below, "fair_price": minimum * need / 3600}


@exercise.wrong(
    "Your pay per hour is sixty times too small: that is the pay per minute. The times are in seconds, and an hour has 3600 of them.",
    share=0,
)
def per_minute(seconds, price, minimum, share):
    numbers = [price, minimum, *(t for times in seconds.values() for t in times)]
    if not seconds or not all(map(len, seconds.values())) or not all(0 < x < math.inf for x in numbers) or not 0 < share <= 1:
        raise ValueError("unusable input")
    typical = {worker: float(np.median(times)) for worker, times in seconds.items()}
    hourly = {worker: 60 * price / t for worker, t in typical.items()}
    need = sorted(typical.values())[math.ceil(share * len(typical)) - 1]
    below = sorted(w for w in hourly if hourly[w] < minimum)
    return {"hourly": hourly, "typical": float(np.median(list(hourly.values()))), "below": below, "fair_price": minimum * need / 60}


@exercise.wrong(
    "The numbers are right, but unusable input passes: a time of 0 (a broken clock) gives an infinite wage, a share of 90 instead of 0.9 asks for "
    "ninety crowds. Raise a ValueError first.",
    share=5 / 6,
)
def nothing_checked(seconds, price, minimum, share):
    typical = {worker: float(np.median(times)) for worker, times in seconds.items()}
    hourly = {worker: 3600 * price / np.float64(t) for worker, t in typical.items()}
    ordered = sorted(typical.values())
    need = ordered[min(math.ceil(share * len(ordered)), len(ordered)) - 1]
    below = sorted(w for w in hourly if hourly[w] < minimum)
    return {"hourly": hourly, "typical": float(np.median(list(hourly.values()))), "below": below, "fair_price": minimum * need / 3600}
