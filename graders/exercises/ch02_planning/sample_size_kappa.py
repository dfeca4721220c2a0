"""How many items two annotators must both label so that kappa is known to within a given width."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import NormalDist

import numpy as np

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

BALANCED, RARE = "equally frequent classes", "rare classes need more items"
SURE, PERFECT = "the confidence decides how many", "chance alone, and agreement near 1"
REFUSED = "a question without an answer is refused"


def expected_table(kappa: float, shares: Sequence[float]) -> list[list[float]]:
    """What the two are expected to say, as shares of the items: of chance pairs 1 - kappa, and kappa more on the diagonal."""
    return [[(1 - kappa) * a * b + (kappa * a if i == j else 0) for j, b in enumerate(shares)] for i, a in enumerate(shares)]


def reference(kappa: float, shares: Sequence[float], width: float, confidence: float = 0.95) -> int:
    """Read both agreements off the expected table, then try n = 1, 2, 3, … until the interval is narrow enough."""
    if len(shares) < 2 or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9 or not 0 <= kappa < 1 or width <= 0 or not 0 < confidence < 1:
        raise ValueError("no such interval")
    table = np.array(expected_table(kappa, shares))
    observed, chance = float(np.trace(table)), float(table.sum(axis=0) @ table.sum(axis=1))
    z = NormalDist().inv_cdf(1 - (1 - confidence) / 2)
    n = 1
    while 2 * z * (observed * (1 - observed) / n) ** 0.5 / (1 - chance) > width:
        n += 1
    return n


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Two and many equal classes, one rare class, chance alone, then random shares."""
    yield Case(BALANCED, (0.5, [0.5, 0.5], 0.3))
    yield Case(BALANCED, (0.7, [0.1] * 10, 0.1))
    yield Case(BALANCED, (0.6, [1 / 3] * 3, 0.2))
    yield Case(BALANCED, (0.6, [0.25] * 4, 3.0))
    yield Case(RARE, (0.7, [0.98, 0.02], 0.2))
    yield Case(RARE, (0.7, [0.02, 0.98], 0.2))
    yield Case(RARE, (0.5, [0.8, 0.1, 0.1], 0.2))
    yield Case(RARE, (0.5, [0.1, 0.8, 0.1], 0.2))
    yield Case(SURE, (0.7, [0.4, 0.6], 0.2, 0.99))
    yield Case(SURE, (0.7, [0.4, 0.6], 0.2, 0.5))
    yield Case(PERFECT, (0.0, [0.5, 0.5], 0.2))
    yield Case(PERFECT, (0.0, [0.9, 0.1], 0.2))
    yield Case(PERFECT, (0.99, [0.5, 0.5], 0.05))
    yield Case(PERFECT, (0.99, [0.9, 0.1], 0.05))
    for _ in range(6):
        kappa, width = round(float(rng.uniform(0.4, 0.9)), 2), round(float(rng.uniform(0.1, 0.3)), 3)
        cuts = rng.permutation([1, 2, 4, 8, int(rng.integers(1, 20))])
        shares = (cuts / cuts.sum()).tolist()
        yield Case(RARE, (kappa, shares, width))
        yield Case(SURE, (kappa, shares, width, float(rng.choice([0.8, 0.9, 0.99]))))
        yield Case(BALANCED, (kappa, [0.2] * 5, width))
    for bad in (
        (0.6, [1.0], 0.1), (0.6, [], 0.1), (0.6, [1.0, 0.0], 0.1), (0.6, [1.2, -0.2], 0.1), (0.6, [0.5, 0.6], 0.1), (0.6, [0.5, 0.4], 0.1), (1.0, [0.5, 0.5], 0.1),
        (-0.1, [0.5, 0.5], 0.1), (0.6, [0.5, 0.5], 0.0), (0.6, [0.5, 0.5], -0.2), (0.6, [0.5, 0.5], 0.1, 1.0), (0.6, [0.5, 0.5], 0.1, 0.0),
    ):
        yield Case(REFUSED, bad, raises="ValueError")


exercise = Exercise(
    id="sample_size_kappa",
    title="How many items for kappa?",
    points=4,
    minutes=12,
    hints=(
        "Chance agreement comes from the shares alone: the sum of their squares.",
        "Turn kappa's definition round to get the observed agreement that belongs to it: `chance + kappa * (1 - chance)`.",
        "Solve the width for n: square it, and mind that `1 - chance` is squared too. Round up last.",
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(BALANCED, (0.7, [0.5, 0.5], 0.2)),
        Case(BALANCED, (0.7, [0.25] * 4, 0.2)),
        Case(RARE, (0.7, [0.95, 0.05], 0.2)),
        Case(RARE, (0.6, [0.7, 0.2, 0.1], 0.15)),
        Case(SURE, (0.7, [0.5, 0.5], 0.2, 0.9)),
        Case(SURE, (0.6, [0.7, 0.2, 0.1], 0.15, 0.99)),
        Case(PERFECT, (0.0, [0.6, 0.4], 0.2)),
        Case(PERFECT, (0.98, [0.6, 0.4], 0.1)),
        Case(REFUSED, (0.7, [0.5, 0.6], 0.2), raises="ValueError"),
        Case(REFUSED, (1.0, [0.5, 0.5], 0.2), raises="ValueError"),
        Case(REFUSED, (0.7, [1.0], 0.2), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_the_equation(kappa, shares, width, confidence=0.95):
    if len(shares) < 2 or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9:
        raise ValueError("two or more classes whose shares add up to 1")
    if not 0 <= kappa < 1 or width <= 0 or not 0 < confidence < 1:
        raise ValueError("no such interval")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    chance = sum(share**2 for share in shares)
    observed = chance + kappa * (1 - chance)
    return math.ceil((2 * z / width) ** 2 * observed * (1 - observed) / (1 - chance) ** 2)


@exercise.right
def with_arrays_that_warn(kappa, shares, width, confidence=0.95):
    import warnings

    import numpy as np

    shares = np.asarray(shares, dtype=float)
    if shares.size < 2 or not (shares > 0).all() or not np.isclose(shares.sum(), 1, rtol=0, atol=1e-9):
        raise ValueError("bad shares")
    if kappa < 0 or kappa >= 1 or not width > 0 or not 0 < confidence < 1:
        raise ValueError("bad question")
    if shares.min() < 0.05:
        warnings.warn("a rare class", stacklevel=2)
    room = 1 - shares @ shares
    disagreement = (1 - kappa) * room
    deviation = math.sqrt((1 - disagreement) * disagreement) / room
    half = width / 2 / NormalDist().inv_cdf(1 - (1 - confidence) / 2)
    return int(np.ceil((deviation / half) ** 2))


@exercise.wrong(
    "This is the sample size of the observed agreement, not of kappa. Dividing by the room above chance stretches every "
    "error: divide by (1 - chance) squared.",
    share=0,
)
def interval_of_the_agreement(kappa, shares, width, confidence=0.95):
    if len(shares) < 2 or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9:
        raise ValueError("two or more classes whose shares add up to 1")
    if not 0 <= kappa < 1 or width <= 0 or not 0 < confidence < 1:
        raise ValueError("no such interval")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    chance = sum(share**2 for share in shares)
    observed = chance + kappa * (1 - chance)
    return math.ceil((2 * z / width) ** 2 * observed * (1 - observed))


@exercise.wrong(
    "You divide by 1 - chance, but not squared. The standard error is divided by it once, and n goes with the square of the "
    "standard error.",
    share=0,
)
def room_not_squared(kappa, shares, width, confidence=0.95):
    if len(shares) < 2 or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9:
        raise ValueError("two or more classes whose shares add up to 1")
    if not 0 <= kappa < 1 or width <= 0 or not 0 < confidence < 1:
        raise ValueError("no such interval")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    chance = sum(share**2 for share in shares)
    observed = chance + kappa * (1 - chance)
    return math.ceil((2 * z / width) ** 2 * observed * (1 - observed) / (1 - chance))


@exercise.wrong(
    "You take kappa for the observed agreement. Kappa is what is left after chance: the observed agreement is chance + "
    "kappa × (1 - chance).",
    share=0,
)
def kappa_taken_for_agreement(kappa, shares, width, confidence=0.95):
    if len(shares) < 2 or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9:
        raise ValueError("two or more classes whose shares add up to 1")
    if not 0 <= kappa < 1 or width <= 0 or not 0 < confidence < 1:
        raise ValueError("no such interval")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    chance = sum(share**2 for share in shares)
    observed = kappa or chance
    return math.ceil((2 * z / width) ** 2 * observed * (1 - observed) / (1 - chance) ** 2)


@exercise.wrong(
    "Chance is 1 / k in your answer, as if all classes were equally frequent. With 95 % of one class two people who never "
    "look agree on 90.5 % of the items: add up the squared shares.",
    share=2 / 5,
)
def chance_of_equal_classes(kappa, shares, width, confidence=0.95):
    if len(shares) < 2 or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9:
        raise ValueError("two or more classes whose shares add up to 1")
    if not 0 <= kappa < 1 or width <= 0 or not 0 < confidence < 1:
        raise ValueError("no such interval")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    chance = 1 / len(shares)
    observed = chance + kappa * (1 - chance)
    return math.ceil((2 * z / width) ** 2 * observed * (1 - observed) / (1 - chance) ** 2)


@exercise.wrong(
    "You took the whole width for the distance to each side, and get a quarter of the items.",
    share=0,
)
def width_taken_for_the_margin(kappa, shares, width, confidence=0.95):
    if len(shares) < 2 or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9:
        raise ValueError("two or more classes whose shares add up to 1")
    if not 0 <= kappa < 1 or width <= 0 or not 0 < confidence < 1:
        raise ValueError("no such interval")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    chance = sum(share**2 for share in shares)
    observed = chance + kappa * (1 - chance)
    return math.ceil((z / width) ** 2 * observed * (1 - observed) / (1 - chance) ** 2)


@exercise.wrong(
    "You forgot to square: n grows with the square of z / width. Half the width costs four times the items.",
    share=0,
)
def not_squared(kappa, shares, width, confidence=0.95):
    if len(shares) < 2 or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9:
        raise ValueError("two or more classes whose shares add up to 1")
    if not 0 <= kappa < 1 or width <= 0 or not 0 < confidence < 1:
        raise ValueError("no such interval")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    chance = sum(share**2 for share in shares)
    observed = chance + kappa * (1 - chance)
    return math.ceil((2 * z / width) * observed * (1 - observed) / (1 - chance) ** 2)


@exercise.wrong(
    "Your z leaves the whole error on one side: 1.64 instead of 1.96 for 95 %. An interval errs on two sides, with half of "
    "the rest each.",
    share=0,
)
def one_sided_z(kappa, shares, width, confidence=0.95):
    if len(shares) < 2 or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9:
        raise ValueError("two or more classes whose shares add up to 1")
    if not 0 <= kappa < 1 or width <= 0 or not 0 < confidence < 1:
        raise ValueError("no such interval")
    z = NormalDist().inv_cdf(confidence if confidence > 0.5 else 0.5 + confidence / 1000)
    chance = sum(share**2 for share in shares)
    observed = chance + kappa * (1 - chance)
    return math.ceil((2 * z / width) ** 2 * observed * (1 - observed) / (1 - chance) ** 2)


@exercise.wrong(
    "A question without an answer gets a number. With one class everybody agrees by chance and kappa does not exist; shares "
    "that do not add up to 1 describe no data set; for a kappa of 1 the equation says 0 items. Refuse them with ValueError.",
    share=4 / 5,
)
def nothing_refused(kappa, shares, width, confidence=0.95):
    z = NormalDist().inv_cdf(min(max((1 + confidence) / 2, 0.51), 0.999999))
    chance = sum(share**2 for share in shares)
    observed = chance + kappa * (1 - chance)
    return math.ceil((2 * z / (width or 1)) ** 2 * observed * (1 - observed) / max((1 - chance) ** 2, 1e-9))
