"""What the labels of a plan cost: labeling, review, training and overhead."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

LABELS, REVIEW = "every item is paid for as often as it is labeled", "the reviewed share of the items, a begun item counts"
TRAINING, OVERHEAD = "every annotator is paid for the training", "overhead on all the rest, total over everything"
REFUSED = "an impossible plan is refused"


def reference(
    n_items: int, redundancy: int, unit_price: float, review_percent: int, review_price: float, annotators: int, training_hours: float,
    hourly_wage: float, overhead_percent: int,
) -> dict[str, float]:
    """Item by item and person by person, as the invoice would list it."""
    if n_items < 1 or not 1 <= redundancy <= annotators or not 0 <= review_percent <= 100:
        raise ValueError("such a plan cannot be carried out")
    if min(unit_price, review_price, training_hours, hourly_wage, overhead_percent) < 0:
        raise ValueError("prices, hours and overhead must not be negative")
    labeling = sum(unit_price for _item in range(n_items) for _label in range(redundancy))
    review = sum(review_price for item in range(n_items) if 100 * item < n_items * review_percent)
    training = sum(training_hours * hourly_wage for _person in range(annotators))
    direct = labeling + review + training
    overhead = direct * overhead_percent / 100
    return {"labeling": labeling, "review": review, "training": training, "overhead": overhead, "total": direct + overhead}


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Nothing but labels, then one kind of cost after the other, then random plans."""
    yield Case(LABELS, (1, 1, 50, 0, 0, 1, 0, 0, 0))
    yield Case(LABELS, (301, 3, 70.5, 0, 400, 7, 0, 11000, 0))
    yield Case(LABELS, (40, 4, 0, 0, 400, 4, 0, 0, 0))
    yield Case(REVIEW, (1, 1, 0, 1, 400, 1, 0, 0, 0))
    yield Case(REVIEW, (300, 2, 0, 10, 400, 2, 0, 0, 0))
    yield Case(REVIEW, (301, 2, 0, 10, 400, 2, 0, 0, 0))
    yield Case(REVIEW, (70, 2, 0, 100, 350, 2, 0, 0, 0))
    yield Case(TRAINING, (1, 1, 0, 0, 0, 9, 2.5, 11000, 0))
    yield Case(TRAINING, (20, 2, 0, 0, 0, 3, 1, 12000, 0))
    for _ in range(4):
        people = int(rng.integers(3, 30))
        labels = (int(rng.integers(200, 3000)), int(rng.integers(2, 4)), int(rng.integers(30, 300)))
        yield Case(OVERHEAD, (*labels, int(rng.integers(3, 40)), int(rng.integers(100, 900)), people, int(rng.integers(2, 9)), 12000, int(rng.integers(5, 30))))
    yield Case(REFUSED, (0, 1, 50, 0, 0, 1, 0, 0, 0), raises="ValueError")
    yield Case(REFUSED, (10, 0, 50, 0, 0, 1, 0, 0, 0), raises="ValueError")
    yield Case(REFUSED, (10, 1, 50, 101, 0, 1, 0, 0, 0), raises="ValueError")
    yield Case(REFUSED, (10, 1, 50, -1, 0, 1, 0, 0, 0), raises="ValueError")
    yield Case(REFUSED, (10, 3, 50, 0, 0, 2, 0, 0, 0), raises="ValueError")
    for place in (2, 4, 6, 7, 8):
        plan = [10, 1, 50, 10, 100, 2, 4, 11000, 10]
        plan[place] = -1
        yield Case(REFUSED, tuple(plan), raises="ValueError")
    yield Case(REFUSED, (10, 0, 50, 10, 100, 0, 4, 11000, 10), raises="ValueError")


exercise = Exercise(
    id="labeling_cost",
    title="What the labels cost",
    points=3,
    minutes=10,
    hints=(
        "Labels are bought by the piece: `n_items * redundancy`. Reviews are bought by the item, training by the person.",
        "Rounding up in whole numbers: `-(-n_items * review_percent // 100)` is exact, where `math.ceil` of a product of decimals may be one too many.",
        "Overhead is a percentage of labeling, review and training together. Refuse impossible plans first.",
    ),
    compare=close(rtol=1e-9, atol=1e-6),  # won: sums of exactly given prices, only the order of the sums differs
    reference=reference,
    public=(
        Case(LABELS, (1000, 3, 80, 0, 0, 5, 0, 0, 0)),
        Case(REVIEW, (1005, 2, 0, 10, 300, 4, 0, 0, 0)),
        Case(TRAINING, (1000, 2, 0, 0, 0, 12, 4, 12000, 0)),
        Case(OVERHEAD, (1000, 3, 80, 20, 300, 10, 4, 15000, 15)),
        Case(REFUSED, (1000, 4, 80, 10, 300, 3, 4, 12000, 15), raises="ValueError"),
        Case(REFUSED, (1000, 3, 80, 110, 300, 12, 4, 12000, 15), raises="ValueError"),
        Case(REFUSED, (1000, 3, -80, 10, 300, 12, 4, 12000, 15), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_whole_numbers(n_items, redundancy, unit_price, review_percent, review_price, annotators, training_hours, hourly_wage, overhead_percent):
    if n_items < 1 or not 1 <= redundancy <= annotators or not 0 <= review_percent <= 100:
        raise ValueError("items, redundancy or review share make no sense")
    if unit_price < 0 or review_price < 0 or training_hours < 0 or hourly_wage < 0 or overhead_percent < 0:
        raise ValueError("nothing may be negative")
    labeling = n_items * redundancy * unit_price
    review = -(-n_items * review_percent // 100) * review_price
    training = annotators * training_hours * hourly_wage
    overhead = (labeling + review + training) * overhead_percent / 100
    total = labeling + review + training + overhead
    return {"labeling": labeling, "review": review, "training": training, "overhead": overhead, "total": total}


@exercise.right
def with_a_series_that_warns(n_items, redundancy, unit_price, review_percent, review_price, annotators, training_hours, hourly_wage, overhead_percent):
    import warnings

    import pandas as pd

    numbers = [unit_price, review_price, training_hours, hourly_wage, overhead_percent]
    if any(number < 0 for number in numbers) or n_items <= 0 or redundancy <= 0 or redundancy > annotators or review_percent not in range(101):
        raise ValueError("impossible plan")
    if overhead_percent > 20:
        warnings.warn("a high overhead", stacklevel=2)
    whole, rest = divmod(n_items * review_percent, 100)
    cost = pd.Series({"labeling": n_items * unit_price * redundancy, "review": (whole + (rest > 0)) * review_price,
                      "training": training_hours * hourly_wage * annotators}, dtype=float)
    cost["overhead"] = cost.sum() * overhead_percent / 100
    cost["total"] = cost.sum()
    return cost


@exercise.wrong(
    "Each item is labeled `redundancy` times, and every label is paid for. Your labeling cost pays for one label per item.",
    share=3 / 5,
)
def one_label_per_item(n_items, redundancy, unit_price, review_percent, review_price, annotators, training_hours, hourly_wage, overhead_percent):
    if n_items < 1 or not 1 <= redundancy <= annotators or not 0 <= review_percent <= 100:
        raise ValueError("items, redundancy or review share make no sense")
    if unit_price < 0 or review_price < 0 or training_hours < 0 or hourly_wage < 0 or overhead_percent < 0:
        raise ValueError("nothing may be negative")
    labeling = n_items * unit_price
    review = -(-n_items * review_percent // 100) * review_price
    training = annotators * training_hours * hourly_wage
    overhead = (labeling + review + training) * overhead_percent / 100
    total = labeling + review + training + overhead
    return {"labeling": labeling, "review": review, "training": training, "overhead": overhead, "total": total}


@exercise.wrong(
    "You review labels; the plan reviews items. A reviewer looks at an item once, with all its labels side by side, so "
    "redundancy does not multiply the reviews.",
    share=3 / 5,
)
def reviews_of_labels(n_items, redundancy, unit_price, review_percent, review_price, annotators, training_hours, hourly_wage, overhead_percent):
    if n_items < 1 or not 1 <= redundancy <= annotators or not 0 <= review_percent <= 100:
        raise ValueError("items, redundancy or review share make no sense")
    if unit_price < 0 or review_price < 0 or training_hours < 0 or hourly_wage < 0 or overhead_percent < 0:
        raise ValueError("nothing may be negative")
    labeling = n_items * redundancy * unit_price
    review = -(-n_items * redundancy * review_percent // 100) * review_price
    training = annotators * training_hours * hourly_wage
    overhead = (labeling + review + training) * overhead_percent / 100
    total = labeling + review + training + overhead
    return {"labeling": labeling, "review": review, "training": training, "overhead": overhead, "total": total}


@exercise.wrong(
    "10 % of 1,005 items are 100.5: nobody reviews half an item. You round down, or pay for the half; the plan promises at "
    "least 10 %, so round up.",
    share=3 / 5,
)
def reviews_rounded_down(n_items, redundancy, unit_price, review_percent, review_price, annotators, training_hours, hourly_wage, overhead_percent):
    if n_items < 1 or not 1 <= redundancy <= annotators or not 0 <= review_percent <= 100:
        raise ValueError("items, redundancy or review share make no sense")
    if unit_price < 0 or review_price < 0 or training_hours < 0 or hourly_wage < 0 or overhead_percent < 0:
        raise ValueError("nothing may be negative")
    labeling = n_items * redundancy * unit_price
    review = n_items * review_percent // 100 * review_price
    training = annotators * training_hours * hourly_wage
    overhead = (labeling + review + training) * overhead_percent / 100
    total = labeling + review + training + overhead
    return {"labeling": labeling, "review": review, "training": training, "overhead": overhead, "total": total}


@exercise.wrong(
    "You pay for the training of one person. Everybody who labels learns the guideline first, and is paid for it.",
    share=3 / 5,
)
def one_person_trained(n_items, redundancy, unit_price, review_percent, review_price, annotators, training_hours, hourly_wage, overhead_percent):
    if n_items < 1 or not 1 <= redundancy <= annotators or not 0 <= review_percent <= 100:
        raise ValueError("items, redundancy or review share make no sense")
    if unit_price < 0 or review_price < 0 or training_hours < 0 or hourly_wage < 0 or overhead_percent < 0:
        raise ValueError("nothing may be negative")
    labeling = n_items * redundancy * unit_price
    review = -(-n_items * review_percent // 100) * review_price
    training = training_hours * hourly_wage
    overhead = (labeling + review + training) * overhead_percent / 100
    total = labeling + review + training + overhead
    return {"labeling": labeling, "review": review, "training": training, "overhead": overhead, "total": total}


@exercise.wrong(
    "Training is paid once per annotator, not once per label round: everybody learns the guideline once, however many "
    "labels an item gets.",
    share=3 / 5,
)
def training_for_each_label(n_items, redundancy, unit_price, review_percent, review_price, annotators, training_hours, hourly_wage, overhead_percent):
    if n_items < 1 or not 1 <= redundancy <= annotators or not 0 <= review_percent <= 100:
        raise ValueError("items, redundancy or review share make no sense")
    if unit_price < 0 or review_price < 0 or training_hours < 0 or hourly_wage < 0 or overhead_percent < 0:
        raise ValueError("nothing may be negative")
    labeling = n_items * redundancy * unit_price
    review = -(-n_items * review_percent // 100) * review_price
    training = annotators * redundancy * training_hours * hourly_wage
    overhead = (labeling + review + training) * overhead_percent / 100
    total = labeling + review + training + overhead
    return {"labeling": labeling, "review": review, "training": training, "overhead": overhead, "total": total}


@exercise.wrong(
    "Your overhead covers the labels alone. Somebody also organises the reviews and the training: take the percentage of "
    "all three together.",
    share=4 / 5,
)
def overhead_on_labels_only(n_items, redundancy, unit_price, review_percent, review_price, annotators, training_hours, hourly_wage, overhead_percent):
    if n_items < 1 or not 1 <= redundancy <= annotators or not 0 <= review_percent <= 100:
        raise ValueError("items, redundancy or review share make no sense")
    if unit_price < 0 or review_price < 0 or training_hours < 0 or hourly_wage < 0 or overhead_percent < 0:
        raise ValueError("nothing may be negative")
    labeling = n_items * redundancy * unit_price
    review = -(-n_items * review_percent // 100) * review_price
    training = annotators * training_hours * hourly_wage
    overhead = labeling * overhead_percent / 100
    total = labeling + review + training + overhead
    return {"labeling": labeling, "review": review, "training": training, "overhead": overhead, "total": total}


@exercise.wrong(
    "`overhead_percent` is a percentage: 15 means 15 of 100. Divide by 100.",
    share=4 / 5,
)
def percent_taken_for_a_share(n_items, redundancy, unit_price, review_percent, review_price, annotators, training_hours, hourly_wage, overhead_percent):
    if n_items < 1 or not 1 <= redundancy <= annotators or not 0 <= review_percent <= 100:
        raise ValueError("items, redundancy or review share make no sense")
    if unit_price < 0 or review_price < 0 or training_hours < 0 or hourly_wage < 0 or overhead_percent < 0:
        raise ValueError("nothing may be negative")
    labeling = n_items * redundancy * unit_price
    review = -(-n_items * review_percent // 100) * review_price
    training = annotators * training_hours * hourly_wage
    overhead = (labeling + review + training) * overhead_percent
    total = labeling + review + training + overhead
    return {"labeling": labeling, "review": review, "training": training, "overhead": overhead, "total": total}


@exercise.wrong(
    "The overhead is computed, and then missing from the total.",
    share=4 / 5,
)
def total_without_overhead(n_items, redundancy, unit_price, review_percent, review_price, annotators, training_hours, hourly_wage, overhead_percent):
    if n_items < 1 or not 1 <= redundancy <= annotators or not 0 <= review_percent <= 100:
        raise ValueError("items, redundancy or review share make no sense")
    if unit_price < 0 or review_price < 0 or training_hours < 0 or hourly_wage < 0 or overhead_percent < 0:
        raise ValueError("nothing may be negative")
    labeling = n_items * redundancy * unit_price
    review = -(-n_items * review_percent // 100) * review_price
    training = annotators * training_hours * hourly_wage
    overhead = (labeling + review + training) * overhead_percent / 100
    total = labeling + review + training
    return {"labeling": labeling, "review": review, "training": training, "overhead": overhead, "total": total}


@exercise.wrong(
    "An impossible plan gets a price: three labels per item from two people, a review of 110 %, a negative wage. Refuse it "
    "with ValueError before you compute.",
    share=4 / 5,
)
def anything_goes(n_items, redundancy, unit_price, review_percent, review_price, annotators, training_hours, hourly_wage, overhead_percent):
    labeling = n_items * redundancy * unit_price
    review = -(-n_items * review_percent // 100) * review_price
    training = annotators * training_hours * hourly_wage
    overhead = (labeling + review + training) * overhead_percent / 100
    total = labeling + review + training + overhead
    return {"labeling": labeling, "review": review, "training": training, "overhead": overhead, "total": total}
