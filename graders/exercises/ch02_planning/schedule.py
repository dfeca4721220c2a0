"""How long a plan takes: labels due, people, a ramp-up, weekends and holidays, and the date on which the last label is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

PLAIN, RAMP = "labels due by labels a day, a begun day counts", "ramp-up slows the first working days, whole labels only"
WEEKEND, HOLIDAY = "nobody works at the weekend", "nor on a holiday, which counts once"
REFUSED = "a plan that never ends is refused"


def reference(
    n_items: int, redundancy: int, annotators: int, per_hour: int, hours: int, ramp_up: Sequence[int], start: str, holidays: Sequence[str]
) -> dict[str, Any]:
    """Label by label through the working days; the calendar is NumPy's."""
    if min(n_items, redundancy, per_hour, hours) < 1 or annotators < redundancy:
        raise ValueError("this plan never ends")
    made, days = 0, 0
    while made < n_items * redundancy:
        pace = ramp_up[days] if days < len(ramp_up) else 100
        for _person in range(annotators):
            made += per_hour * hours * pace // 100
        days += 1
    first = np.busday_offset(start, 0, roll="forward", holidays=list(holidays))
    return {"days": days, "end": str(np.busday_offset(first, days - 1, holidays=list(holidays)))}


SOLAR = ["2026-02-16", "2026-02-17", "2026-02-18"]  # Lunar New Year 2026
AUTUMN = ["2026-09-24", "2026-09-25", "2026-09-26", "2026-10-03", "2026-10-05", "2026-10-09"]  # Chuseok and its neighbours; two Saturdays


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """One working day, exact and begun days, then ramps, weekends and holidays, then random plans."""
    yield Case(PLAIN, (1, 1, 1, 1, 1, [], "2026-03-03", []))
    yield Case(PLAIN, (160, 1, 2, 10, 8, [], "2026-03-03", []))
    yield Case(PLAIN, (161, 1, 2, 10, 8, [], "2026-03-03", []))
    yield Case(PLAIN, (201, 1, 1, 20, 10, [], "2026-03-03", []))
    yield Case(PLAIN, (160, 2, 2, 10, 8, [], "2026-03-03", []))
    yield Case(PLAIN, (100, 3, 3, 10, 4, [], "2026-03-02", []))
    yield Case(PLAIN, (100, 2, 5, 5, 8, [], "2026-02-23", []))
    yield Case(RAMP, (160, 1, 2, 10, 8, [50], "2026-03-03", []))
    yield Case(RAMP, (240, 1, 2, 10, 8, [50, 100, 0], "2026-03-03", []))
    yield Case(RAMP, (241, 1, 2, 10, 8, [50, 100, 0], "2026-03-02", []))
    yield Case(RAMP, (7, 1, 2, 1, 5, [30, 30], "2026-03-02", []))
    yield Case(RAMP, (29, 1, 1, 29, 1, [100], "2026-03-02", []))
    yield Case(RAMP, (40, 1, 1, 1, 20, [29, 57], "2026-03-02", []))
    yield Case(WEEKEND, (80, 1, 1, 10, 8, [], "2026-03-07", []))
    yield Case(WEEKEND, (80, 1, 1, 10, 8, [], "2026-03-08", []))
    yield Case(WEEKEND, (160, 1, 1, 10, 8, [], "2026-03-06", []))
    yield Case(WEEKEND, (2048, 1, 1, 10, 8, [20, 40, 60, 80], "2026-03-05", []))
    yield Case(HOLIDAY, (80, 1, 1, 10, 8, [], "2026-02-16", SOLAR))
    yield Case(HOLIDAY, (200, 1, 1, 10, 8, [50, 50], "2026-02-13", SOLAR))
    yield Case(HOLIDAY, (2400, 1, 2, 10, 8, [50], "2026-09-18", AUTUMN))
    yield Case(HOLIDAY, (800, 1, 1, 10, 8, [], "2026-09-21", [*AUTUMN, *AUTUMN]))
    yield Case(HOLIDAY, (800, 1, 1, 10, 8, [], "2026-12-28", ["2027-01-01", "2026-12-25"]))
    for _ in range(3):
        team = int(rng.integers(3, 9))
        plan = (int(rng.integers(3000, 9000)), int(rng.integers(2, 4)), team, int(rng.integers(20, 50)), int(rng.integers(5, 9)))
        ramp = sorted(int(x) for x in rng.integers(15, 95, 4))
        yield Case(PLAIN, (int(rng.integers(2, 5)) * 100, 3, 4, 20, 8, [], "2026-11-02", []))
        yield Case(RAMP, (int(rng.integers(30, 60)), 2, 2, 3, 7, ramp[:3], "2026-11-02", []))
        yield Case(WEEKEND, (*plan, ramp, f"2026-06-{int(rng.integers(10, 28))}", []))
        yield Case(HOLIDAY, (*plan, ramp, f"2026-09-{int(rng.integers(10, 24))}", AUTUMN))
    for place in (0, 1, 2, 3, 4):
        numbers = [100, 1, 1, 10, 8]
        numbers[place] = 0
        yield Case(REFUSED, (*numbers, [], "2026-03-03", []), raises="ValueError")
    yield Case(REFUSED, (100, 4, 3, 10, 8, [], "2026-03-03", []), raises="ValueError")


exercise = Exercise(
    id="schedule",
    title="When will the labels be done?",
    points=5,
    minutes=15,
    hints=(
        "Walk through the calendar day by day: skip Saturdays, Sundays and holidays; on every other day add what the team makes, until the labels are there.",
        "Keep two counters, the date and the number of working days: only the second one says how far the ramp-up has come.",
        "`date.fromisoformat`, `timedelta(days=1)`, `day.weekday()` (5 and 6 are the weekend) and `day.isoformat()` are all the calendar you need.",
        "One person makes `per_hour * hours * percent // 100` labels on a day of the ramp-up: whole numbers throughout.",
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(PLAIN, (300, 2, 3, 10, 8, [], "2026-03-02", [])),
        Case(PLAIN, (480, 1, 2, 10, 8, [], "2026-03-02", [])),
        Case(RAMP, (300, 1, 2, 10, 8, [25, 50, 75], "2026-03-02", [])),
        Case(RAMP, (9, 1, 1, 1, 6, [25, 30], "2026-03-02", [])),
        Case(WEEKEND, (300, 1, 1, 10, 8, [50], "2026-03-06", [])),
        Case(WEEKEND, (80, 1, 1, 10, 8, [], "2026-03-07", [])),
        Case(HOLIDAY, (1000, 3, 3, 10, 8, [25, 35, 50, 60, 75, 90], "2026-09-17", AUTUMN)),
        Case(HOLIDAY, (400, 1, 1, 10, 8, [], "2026-09-22", AUTUMN)),
        Case(HOLIDAY, (400, 1, 1, 10, 8, [50, 75], "2026-02-13", SOLAR)),
        Case(REFUSED, (300, 3, 2, 10, 8, [], "2026-03-02", []), raises="ValueError"),
        Case(REFUSED, (300, 1, 2, 0, 8, [], "2026-03-02", []), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def day_by_day(n_items, redundancy, annotators, per_hour, hours, ramp_up, start, holidays):
    if annotators < redundancy or n_items < 1 or redundancy < 1 or per_hour < 1 or hours < 1:
        raise ValueError("this plan never ends")
    left, days = n_items * redundancy, 0
    day = date.fromisoformat(start)
    while True:
        if day.weekday() < 5 and day.isoformat() not in holidays:
            percent = ramp_up[days] if days < len(ramp_up) else 100
            left -= annotators * (per_hour * hours * percent // 100)
            days += 1
            if left <= 0:
                return {"days": days, "end": day.isoformat()}
        day += timedelta(days=1)


@exercise.right
def with_pandas_that_warns(n_items, redundancy, annotators, per_hour, hours, ramp_up, start, holidays):
    import warnings

    import numpy as np
    import pandas as pd

    if n_items <= 0 or redundancy <= 0 or annotators < redundancy or per_hour * hours <= 0:
        raise ValueError("cannot be done")
    warnings.warn("holidays are those of the list, of no country", stacklevel=2)
    full, labels = annotators * per_hour * hours, n_items * redundancy
    made = np.cumsum([annotators * (per_hour * hours * percent // 100) for percent in ramp_up], dtype=int)
    if len(made) and made[-1] >= labels:
        days = int(np.argmax(made >= labels)) + 1
    else:
        rest = labels - (int(made[-1]) if len(made) else 0)
        days = len(made) + -(-rest // full)
    dates = pd.bdate_range(start, periods=days, freq="C", holidays=sorted(set(holidays)))
    return {"days": days, "end": str(dates[-1].date())}


@exercise.wrong(
    "Your plan makes one label per item. Each item is labeled `redundancy` times, so the labels due are `n_items * "
    "redundancy`.",
    share=0,
)
def redundancy_forgotten(n_items, redundancy, annotators, per_hour, hours, ramp_up, start, holidays):
    if annotators < redundancy or n_items < 1 or redundancy < 1 or per_hour < 1 or hours < 1:
        raise ValueError("this plan never ends")
    left, days = n_items, 0
    day = date.fromisoformat(start)
    while True:
        if day.weekday() < 5 and day.isoformat() not in holidays:
            percent = ramp_up[days] if days < len(ramp_up) else 100
            left -= annotators * (per_hour * hours * percent // 100)
            days += 1
            if left <= 0:
                return {"days": days, "end": day.isoformat()}
        day += timedelta(days=1)


@exercise.wrong(
    "The ramp-up is missing: new annotators do not reach full speed on the first day, and your date comes too early.",
    share=2 / 5,
)
def full_speed_from_the_first_day(n_items, redundancy, annotators, per_hour, hours, ramp_up, start, holidays):
    if annotators < redundancy or n_items < 1 or redundancy < 1 or per_hour < 1 or hours < 1:
        raise ValueError("this plan never ends")
    left, days = n_items * redundancy, 0
    day = date.fromisoformat(start)
    while True:
        if day.weekday() < 5 and day.isoformat() not in holidays:
            percent = 100
            left -= annotators * (per_hour * hours * percent // 100)
            days += 1
            if left <= 0:
                return {"days": days, "end": day.isoformat()}
        day += timedelta(days=1)


@exercise.wrong(
    "The ramp-up runs on over weekends and holidays in your plan. Practice comes from working: count working days for it, "
    "not days of the calendar.",
    share=3 / 5,
)
def practice_at_weekends(n_items, redundancy, annotators, per_hour, hours, ramp_up, start, holidays):
    if annotators < redundancy or n_items < 1 or redundancy < 1 or per_hour < 1 or hours < 1:
        raise ValueError("this plan never ends")
    left, days = n_items * redundancy, 0
    day = date.fromisoformat(start)
    since = 0
    while True:
        if day.weekday() < 5 and day.isoformat() not in holidays:
            percent = ramp_up[since] if since < len(ramp_up) else 100
            left -= annotators * (per_hour * hours * percent // 100)
            days += 1
            if left <= 0:
                return {"days": days, "end": day.isoformat()}
        day += timedelta(days=1)
        since += 1


@exercise.wrong(
    "You spread the ramp-up evenly: one average speed for all days. A short plan ends inside the ramp-up, where everybody "
    "is slower than the average of the whole.",
    share=2 / 5,
)
def one_average_speed(n_items, redundancy, annotators, per_hour, hours, ramp_up, start, holidays):
    if annotators < redundancy or n_items < 1 or redundancy < 1 or per_hour < 1 or hours < 1:
        raise ValueError("this plan never ends")
    left, days = n_items * redundancy, 0
    day = date.fromisoformat(start)
    speed = (sum(ramp_up) + 100 * 20) / (len(ramp_up) + 20) / 100
    while True:
        if day.weekday() < 5 and day.isoformat() not in holidays:
            left -= annotators * per_hour * hours * speed
            days += 1
            if left <= 0:
                return {"days": days, "end": day.isoformat()}
        day += timedelta(days=1)


@exercise.wrong(
    "Parts of labels are counted: two people with 1.5 labels each have made two labels, not three. Round down for each "
    "person before you multiply.",
    share=4 / 5,
)
def parts_of_labels(n_items, redundancy, annotators, per_hour, hours, ramp_up, start, holidays):
    if annotators < redundancy or n_items < 1 or redundancy < 1 or per_hour < 1 or hours < 1:
        raise ValueError("this plan never ends")
    left, days = n_items * redundancy, 0
    day = date.fromisoformat(start)
    while True:
        if day.weekday() < 5 and day.isoformat() not in holidays:
            percent = ramp_up[days] if days < len(ramp_up) else 100
            left -= annotators * per_hour * hours * percent / 100
            days += 1
            if left <= 0:
                return {"days": days, "end": day.isoformat()}
        day += timedelta(days=1)


@exercise.wrong(
    "Saturdays and Sundays are worked through. Skip them: `weekday()` gives 5 and 6.",
    share=3 / 5,
)
def seven_days_a_week(n_items, redundancy, annotators, per_hour, hours, ramp_up, start, holidays):
    if annotators < redundancy or n_items < 1 or redundancy < 1 or per_hour < 1 or hours < 1:
        raise ValueError("this plan never ends")
    left, days = n_items * redundancy, 0
    day = date.fromisoformat(start)
    while True:
        if day.isoformat() not in holidays:
            percent = ramp_up[days] if days < len(ramp_up) else 100
            left -= annotators * (per_hour * hours * percent // 100)
            days += 1
            if left <= 0:
                return {"days": days, "end": day.isoformat()}
        day += timedelta(days=1)


@exercise.wrong(
    "The holidays of the list are worked through. They cost a working day each, unless they fall on a weekend.",
    share=4 / 5,
)
def holidays_worked(n_items, redundancy, annotators, per_hour, hours, ramp_up, start, holidays):
    if annotators < redundancy or n_items < 1 or redundancy < 1 or per_hour < 1 or hours < 1:
        raise ValueError("this plan never ends")
    left, days = n_items * redundancy, 0
    day = date.fromisoformat(start)
    while True:
        if day.weekday() < 5:
            percent = ramp_up[days] if days < len(ramp_up) else 100
            left -= annotators * (per_hour * hours * percent // 100)
            days += 1
            if left <= 0:
                return {"days": days, "end": day.isoformat()}
        day += timedelta(days=1)


@exercise.wrong(
    "You add the number of holidays to the end date, whenever they are. A holiday on a Saturday, or outside the plan, costs "
    "nothing: skip holidays as you meet them.",
    share=4 / 5,
)
def holidays_added_at_the_end(n_items, redundancy, annotators, per_hour, hours, ramp_up, start, holidays):
    if annotators < redundancy or n_items < 1 or redundancy < 1 or per_hour < 1 or hours < 1:
        raise ValueError("this plan never ends")
    left, days = n_items * redundancy, 0
    day = date.fromisoformat(start)
    while True:
        if day.weekday() < 5:
            percent = ramp_up[days] if days < len(ramp_up) else 100
            left -= annotators * (per_hour * hours * percent // 100)
            days += 1
            if left <= 0:
                for _ in holidays:
                    day += timedelta(days=3 if day.weekday() == 4 else 1)
                return {"days": days, "end": day.isoformat()}
        day += timedelta(days=1)


@exercise.wrong(
    "Your end is the day after the last label. The first working day counts as day 1: a plan of one day ends on the day on "
    "which it starts.",
    share=0,
)
def the_day_after(n_items, redundancy, annotators, per_hour, hours, ramp_up, start, holidays):
    if annotators < redundancy or n_items < 1 or redundancy < 1 or per_hour < 1 or hours < 1:
        raise ValueError("this plan never ends")
    left, days = n_items * redundancy, 0
    day = date.fromisoformat(start)
    while True:
        if day.weekday() < 5 and day.isoformat() not in holidays:
            percent = ramp_up[days] if days < len(ramp_up) else 100
            left -= annotators * (per_hour * hours * percent // 100)
            days += 1
            if left <= 0:
                return {"days": days, "end": (day + timedelta(days=1)).isoformat()}
        day += timedelta(days=1)


@exercise.wrong(
    "A plan that can never end gets a date: nobody labels anything, or two people are to give three different labels per "
    "item. Refuse it with ValueError.",
    share=4 / 5,
)
def never_refuses(n_items, redundancy, annotators, per_hour, hours, ramp_up, start, holidays):
    annotators, per_hour, hours = max(annotators, 1), max(per_hour, 1), max(hours, 1)
    left, days = n_items * redundancy, 0
    day = date.fromisoformat(start)
    while True:
        if day.weekday() < 5 and day.isoformat() not in holidays:
            percent = ramp_up[days] if days < len(ramp_up) else 100
            left -= annotators * (per_hour * hours * percent // 100)
            days += 1
            if left <= 0:
                return {"days": days, "end": day.isoformat()}
        day += timedelta(days=1)
