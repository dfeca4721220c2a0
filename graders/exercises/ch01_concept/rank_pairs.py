"""Pairs ranked by the cosine similarity of their embeddings, and the best of them kept."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from sklearn.metrics.pairwise import cosine_similarity

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

RANK, TIES = "pairs are ranked by cosine similarity, best first", "equal pairs keep the order of the data"
ZERO, SHARE = "a zero vector has similarity 0", "a share of the pairs is kept"
THRESHOLD, SHAPES = "pairs at or above the threshold are kept", "matrices that do not match, or are not finite, are refused"
OPTIONS = "a share outside 0 to 1, or both options, are refused"

LEFT = np.array([[1.0, 0.0], [3.0, 4.0], [0.0, 2.0], [-1.0, 0.0], [5.0, 1.0]])
RIGHT = np.array([[2.0, 0.0], [4.0, 3.0], [1.0, 0.0], [1.0, 0.0], [9.0, 9.0]])
EQUAL = (
    np.array([[1.0, 1.0], [1.0, 0.0], [2.0, 2.0], [0.3, 0.0], [1.0, 0.0], [-1.0, 0.0]]),
    np.array([[1.0, 0.0], [1.0, 0.0], [7.0, 0.0], [5.0, 0.0], [0.0, 3.0], [1.0, 0.0]]),
)


def reference(left: Any, right: Any, share: float | None = None, threshold: float | None = None) -> list[int]:
    """scikit-learn's cosines of everything with everything, of which the diagonal is needed; then a sort by (-similarity, number).

    ``left``, ``right`` (n, d). Raises ValueError as the statement says.
    """
    if left.shape != right.shape or left.ndim != 2:
        raise ValueError(f"two tables of one shape are due, got {left.shape} and {right.shape}")
    if share is not None and threshold is not None:
        raise ValueError("give a share or a threshold, not both")
    if share is not None and not 0 <= share <= 1:
        raise ValueError(f"share must lie between 0 and 1, got {share}")
    if len(left) == 0:
        return []
    cosines = cosine_similarity(left, right)  # a ValueError for NaN and infinity
    keyed = sorted((-round(float(cosines[i, i]), 9), i) for i in range(len(left)))
    if threshold is not None:
        keyed = [(key, i) for key, i in keyed if -key >= threshold]
    if share is not None:
        keyed = keyed[: (Fraction(share) * len(left) + Fraction(1, 10**9)).__floor__()]
    return [i for _, i in keyed]


def _near(rng: np.random.Generator, n: int, d: int) -> tuple[Any, Any]:
    """Vectors of very different lengths, and others near some of them."""
    left = rng.normal(size=(n, d)) * rng.uniform(0.2, 5, (n, 1))
    right = (left + rng.normal(size=(n, d)) * rng.uniform(0.1, 6, (n, 1))) * rng.uniform(0.2, 5, (n, 1))
    return left, right


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Edge cases first, then random pairs."""
    yield Case(RANK, (np.zeros((0, 3)), np.zeros((0, 3))))
    yield Case(RANK, _near(rng, 1, 3))
    for n, d in ((9, 2), (30, 5), (40, 8)):
        yield Case(RANK, _near(rng, n, d))
    left, right = _near(rng, 6, 3)
    yield Case(TIES, (np.array([[1.0, 2e-5], [1.0, 0.0]]), np.array([[1.0, 0.0], [1.0, 0.0]])))
    yield Case(TIES, (np.concatenate([left, 3 * left, left]), np.concatenate([right, right, 0.1 * right])))
    left, right = _near(rng, 12, 3)
    left[[2, 7]], right[[4, 7]] = 0.0, 0.0
    left[5], left[9] = -right[5], -2 * right[9]
    yield Case(ZERO, (left, right))
    yield Case(ZERO, (left, right, None, -0.1))
    for n, share in ((10, 0.25), (7, 0.5), (12, 0.99), (5, 1.0), (5, 0.0), (100, 0.29), (30, 0.1), (11, 0.3), (3, 0.333)):
        yield Case(SHARE, (*_near(rng, n, 4), share))
    left, right = _near(rng, 20, 3)
    left[[3, 8]], right[[3, 8]] = [[3.0, 4.0, 0.0]], [[4.0, 3.0, 0.0]]
    for threshold in (0.96, 0.3, -0.2, -1.0, 1.5):
        yield Case(THRESHOLD, (left, right, None, threshold))
    yield Case(SHAPES, (np.ones((3, 2)), np.ones((3, 1))), raises="ValueError")
    yield Case(SHAPES, (np.ones((1, 2)), np.ones((3, 2))), raises="ValueError")
    yield Case(SHAPES, (np.array([[np.inf, 1.0], [1.0, 1.0]]), np.ones((2, 2))), raises="ValueError")
    yield Case(SHAPES, (np.ones((2, 2)), np.array([[1.0, 1.0], [np.nan, 1.0]])), raises="ValueError")
    yield Case(SHAPES, (np.ones(3), np.ones(3)), raises="ValueError")
    yield Case(OPTIONS, (LEFT, RIGHT, 1.01), raises="ValueError")
    yield Case(OPTIONS, (LEFT, RIGHT, 0.0, 0.0), raises="ValueError")


exercise = Exercise(
    id="rank_pairs",
    title="Ranking pairs by similarity",
    points=4,
    minutes=15,
    hints=(
        "Only matching rows meet: the n numbers `(left * right).sum(axis=1)`, divided by the product of the two lengths.",
        "Where a length is 0, divide by 1 instead: the dot product is 0 already. Then round to nine decimals.",
        "`np.argsort(-similarity, kind=\"stable\")` puts the best first and leaves equal pairs in their order.",
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(RANK, (LEFT, RIGHT)),
        Case(RANK, (np.array([[10.0, 10.0], [0.1, 0.0], [1.0, 0.0]]), np.array([[10.0, -5.0], [0.1, 0.0], [3.0, 1.0]]))),
        Case(TIES, EQUAL),
        Case(TIES, (np.ones((3, 2)), np.array([[1.0, -1.0], [1.0, 1.00004], [1.0, 1.0]]))),
        Case(ZERO, (np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 0.0]]), np.array([[1.0, 0.0], [-1.0, 0.1], [1.0, 1.0]]))),
        Case(SHARE, (LEFT, RIGHT, 0.5)),
        Case(SHARE, (np.tile(LEFT, (2, 1)), np.tile(RIGHT, (2, 1)), 0.3)),
        Case(SHARE, (np.tile(LEFT, (10, 1)), np.tile(RIGHT, (10, 1)), 0.58)),
        Case(THRESHOLD, (LEFT, RIGHT, None, 0.96)),
        Case(THRESHOLD, (LEFT, RIGHT, None, -0.5)),
        Case(SHAPES, (LEFT, RIGHT[:4]), raises="ValueError"),
        Case(SHAPES, (np.array([[np.nan, 1.0]]), np.array([[1.0, 1.0]])), raises="ValueError"),
        Case(OPTIONS, (LEFT, RIGHT, 0.5, 0.9), raises="ValueError"),
        Case(OPTIONS, (LEFT, RIGHT, -0.1), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_unit_vectors(left, right, share=None, threshold=None):
    if left.ndim != 2 or left.shape != right.shape or not (np.isfinite(left).all() and np.isfinite(right).all()):
        raise ValueError("two finite tables of one shape are due")
    if (share is not None and threshold is not None) or (share is not None and not 0 <= share <= 1):
        raise ValueError("one option, and a share from 0 to 1")
    units = []
    for table in (left, right):
        length = np.sqrt((table**2).sum(axis=1, keepdims=True))
        units.append(np.divide(table, length, out=np.zeros_like(table), where=length > 0))
    similarity = np.einsum("ij,ij->i", *units).round(9)
    ranked = np.lexsort((np.arange(len(left)), -similarity))
    if threshold is not None:
        ranked = [i for i in ranked if similarity[i] >= threshold]
    if share is not None:
        ranked = [i for rank, i in enumerate(ranked, start=1) if rank <= share * len(left) + 1e-9]
    return ranked


@exercise.right
def with_a_loop_that_warns(left, right, share=None, threshold=None):
    import warnings

    if left.shape != right.shape or left.ndim != 2 or not all(map(math.isfinite, [*left.ravel(), *right.ravel()])):
        raise ValueError("two finite tables of one shape are due")
    if share is not None and (threshold is not None or share < 0 or share > 1):
        raise ValueError("one option, and a share from 0 to 1")
    similarities = []
    for a, b in zip(left.tolist(), right.tolist()):
        product = math.hypot(*a) * math.hypot(*b)
        if product == 0:
            warnings.warn("a zero vector", stacklevel=2)
        similarities.append(round(sum(x * y for x, y in zip(a, b)) / product, 9) if product else 0.0)
    numbers = sorted(range(len(left)), key=lambda i: similarities[i], reverse=True)
    if threshold is not None:
        numbers = [i for i in numbers if similarities[i] >= threshold]
    return numbers if share is None else numbers[: int(share * len(left) + 1e-9)]


@exercise.wrong(
    "You rank by the dot product. It grows with the vectors' lengths, so long captions win whatever they say: divide by both lengths.",
    share=0,
)
def dot_product(left, right, share=None, threshold=None):
    if left.ndim != 2 or left.shape != right.shape or not (np.isfinite(left).all() and np.isfinite(right).all()):
        raise ValueError("two finite tables of one shape are due")
    if (share is not None and threshold is not None) or (share is not None and not 0 <= share <= 1):
        raise ValueError("one option, and a share from 0 to 1")
    similarity = (left * right).sum(axis=1).round(9)
    order = np.argsort(-similarity, kind="stable")
    if threshold is not None:
        order = order[similarity[order] >= threshold]
    return (order if share is None else order[: math.floor(share * len(left) + 1e-9)]).tolist()


@exercise.wrong(
    "You rank by Euclidean distance. Two vectors of one direction and different lengths lie far apart and still mean the same; the "
    "cosine looks at the direction only.",
    share=0,
)
def distance(left, right, share=None, threshold=None):
    if left.ndim != 2 or left.shape != right.shape or not (np.isfinite(left).all() and np.isfinite(right).all()):
        raise ValueError("two finite tables of one shape are due")
    if (share is not None and threshold is not None) or (share is not None and not 0 <= share <= 1):
        raise ValueError("one option, and a share from 0 to 1")
    similarity = -np.linalg.norm(left - right, axis=1).round(9)
    order = np.argsort(-similarity, kind="stable")
    if threshold is not None:
        order = order[similarity[order] >= threshold]
    return (order if share is None else order[: math.floor(share * len(left) + 1e-9)]).tolist()


@exercise.wrong(
    "Each left vector is scored by its *best* partner anywhere on the right. A pair is row i with row i: a caption that fits another "
    "picture does not make this pair good.",
    share=0,
)
def best_partner_anywhere(left, right, share=None, threshold=None):
    if left.ndim != 2 or left.shape != right.shape or not (np.isfinite(left).all() and np.isfinite(right).all()):
        raise ValueError("two finite tables of one shape are due")
    if (share is not None and threshold is not None) or (share is not None and not 0 <= share <= 1):
        raise ValueError("one option, and a share from 0 to 1")
    lengths = np.outer(np.linalg.norm(left, axis=1), np.linalg.norm(right, axis=1))
    cosines = (left @ right.T) / np.where(lengths > 0, lengths, 1)
    similarity = cosines.max(axis=1).round(9) if len(left) else np.zeros(0)
    order = np.argsort(-similarity, kind="stable")
    if threshold is not None:
        order = order[similarity[order] >= threshold]
    return (order if share is None else order[: math.floor(share * len(left) + 1e-9)]).tolist()


@exercise.wrong(
    "The worst pair comes first. `argsort` sorts upwards: sort by the negative similarity.",
    share=0,
)
def worst_first(left, right, share=None, threshold=None):
    if left.ndim != 2 or left.shape != right.shape or not (np.isfinite(left).all() and np.isfinite(right).all()):
        raise ValueError("two finite tables of one shape are due")
    if (share is not None and threshold is not None) or (share is not None and not 0 <= share <= 1):
        raise ValueError("one option, and a share from 0 to 1")
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    similarity = ((left * right).sum(axis=1) / np.where(lengths > 0, lengths, 1)).round(9)
    order = np.argsort(similarity, kind="stable")
    if threshold is not None:
        order = order[similarity[order] >= threshold]
    return (order if share is None else order[: math.floor(share * len(left) + 1e-9)]).tolist()


@exercise.wrong(
    "Equal pairs come in reverse order. `argsort(...)[::-1]` turns ties around as well, and an unstable sort may shuffle them: "
    "use `np.argsort(-similarity, kind=\"stable\")`, so that a re-run keeps the same rows.",
    share=3 / 7,
)
def ties_turned_around(left, right, share=None, threshold=None):
    if left.ndim != 2 or left.shape != right.shape or not (np.isfinite(left).all() and np.isfinite(right).all()):
        raise ValueError("two finite tables of one shape are due")
    if (share is not None and threshold is not None) or (share is not None and not 0 <= share <= 1):
        raise ValueError("one option, and a share from 0 to 1")
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    similarity = ((left * right).sum(axis=1) / np.where(lengths > 0, lengths, 1)).round(9)
    order = np.argsort(similarity, kind="stable")[::-1]
    if threshold is not None:
        order = order[similarity[order] >= threshold]
    return (order if share is None else order[: math.floor(share * len(left) + 1e-9)]).tolist()


@exercise.wrong(
    "You did not round. Two pairs that are equal on paper then differ in the sixteenth digit, and their order, and what is kept, depends "
    "on the machine: round to nine decimals before you sort.",
    share=6 / 7,
)
def not_rounded(left, right, share=None, threshold=None):
    if left.ndim != 2 or left.shape != right.shape or not (np.isfinite(left).all() and np.isfinite(right).all()):
        raise ValueError("two finite tables of one shape are due")
    if (share is not None and threshold is not None) or (share is not None and not 0 <= share <= 1):
        raise ValueError("one option, and a share from 0 to 1")
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    similarity = (left * right).sum(axis=1) / np.where(lengths > 0, lengths, 1)
    order = np.argsort(-similarity.round(12), kind="stable")
    if threshold is not None:
        order = order[similarity[order] >= threshold - 1e-12]
    return (order if share is None else order[: math.floor(share * len(left) + 1e-9)]).tolist()


@exercise.wrong(
    "A vector of zeros gives 0/0, NaN, and NaN has no place in an order: NumPy puts it last, behind pairs that contradict each other, and "
    "no threshold ever keeps it. Nothing is known of such a pair; give it 0.",
    share=6 / 7,
)
def zero_vectors_are_nan(left, right, share=None, threshold=None):
    if left.ndim != 2 or left.shape != right.shape or not (np.isfinite(left).all() and np.isfinite(right).all()):
        raise ValueError("two finite tables of one shape are due")
    if (share is not None and threshold is not None) or (share is not None and not 0 <= share <= 1):
        raise ValueError("one option, and a share from 0 to 1")
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    with np.errstate(invalid="ignore"):
        similarity = ((left * right).sum(axis=1) / lengths).round(9)
    order = np.argsort(-similarity, kind="stable")
    if threshold is not None:
        order = order[similarity[order] >= threshold]
    return (order if share is None else order[: math.floor(share * len(left) + 1e-9)]).tolist()


@exercise.wrong(
    "Opposite directions count as alike: you took the absolute cosine, or its square. A similarity of −1 is the worst pair, not the best.",
    share=0,
)
def absolute_cosine(left, right, share=None, threshold=None):
    if left.ndim != 2 or left.shape != right.shape or not (np.isfinite(left).all() and np.isfinite(right).all()):
        raise ValueError("two finite tables of one shape are due")
    if (share is not None and threshold is not None) or (share is not None and not 0 <= share <= 1):
        raise ValueError("one option, and a share from 0 to 1")
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    similarity = np.abs((left * right).sum(axis=1) / np.where(lengths > 0, lengths, 1)).round(9)
    order = np.argsort(-similarity, kind="stable")
    if threshold is not None:
        order = order[similarity[order] >= threshold]
    return (order if share is None else order[: math.floor(share * len(left) + 1e-9)]).tolist()


@exercise.wrong(
    "A pair exactly at the threshold is dropped. The rule says *at or above*: `>=`.",
    share=6 / 7,
)
def strictly_above(left, right, share=None, threshold=None):
    if left.ndim != 2 or left.shape != right.shape or not (np.isfinite(left).all() and np.isfinite(right).all()):
        raise ValueError("two finite tables of one shape are due")
    if (share is not None and threshold is not None) or (share is not None and not 0 <= share <= 1):
        raise ValueError("one option, and a share from 0 to 1")
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    similarity = ((left * right).sum(axis=1) / np.where(lengths > 0, lengths, 1)).round(9)
    order = np.argsort(-similarity, kind="stable")
    if threshold is not None:
        order = order[similarity[order] > threshold]
    return (order if share is None else order[: math.floor(share * len(left) + 1e-9)]).tolist()


@exercise.wrong(
    "Your number of kept pairs is rounded up. A budget is a limit: half of five pairs are two, `math.floor`.",
    share=6 / 7,
)
def rounded_up(left, right, share=None, threshold=None):
    if left.ndim != 2 or left.shape != right.shape or not (np.isfinite(left).all() and np.isfinite(right).all()):
        raise ValueError("two finite tables of one shape are due")
    if (share is not None and threshold is not None) or (share is not None and not 0 <= share <= 1):
        raise ValueError("one option, and a share from 0 to 1")
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    similarity = ((left * right).sum(axis=1) / np.where(lengths > 0, lengths, 1)).round(9)
    order = np.argsort(-similarity, kind="stable")
    if threshold is not None:
        order = order[similarity[order] >= threshold]
    return (order if share is None else order[: math.ceil(share * len(left) - 1e-9)]).tolist()


@exercise.wrong(
    "`int(share * n)` loses a pair to rounding: 0.58 · 50 is 28.999999999999996 in floating point. Add a small tolerance before you cut, "
    "as the statement does.",
    share=6 / 7,
)
def truncated(left, right, share=None, threshold=None):
    if left.ndim != 2 or left.shape != right.shape or not (np.isfinite(left).all() and np.isfinite(right).all()):
        raise ValueError("two finite tables of one shape are due")
    if (share is not None and threshold is not None) or (share is not None and not 0 <= share <= 1):
        raise ValueError("one option, and a share from 0 to 1")
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    similarity = ((left * right).sum(axis=1) / np.where(lengths > 0, lengths, 1)).round(9)
    order = np.argsort(-similarity, kind="stable")
    if threshold is not None:
        order = order[similarity[order] >= threshold]
    return (order if share is None else order[: int(share * len(left))]).tolist()


@exercise.wrong(
    "NumPy stretches a table of one row or column over the other without a word, and a NaN travels through the sums. Compare the shapes "
    "and look for non-finite numbers first; raise a ValueError.",
    share=6 / 7,
)
def shapes_not_compared(left, right, share=None, threshold=None):
    if (share is not None and threshold is not None) or (share is not None and not 0 <= share <= 1):
        raise ValueError("one option, and a share from 0 to 1")
    lengths = np.linalg.norm(left, axis=-1) * np.linalg.norm(right, axis=-1)
    with np.errstate(invalid="ignore"):
        similarity = np.atleast_1d(((left * right).sum(axis=-1) / np.where(lengths > 0, lengths, 1)).round(9))
    order = np.argsort(-similarity, kind="stable")
    if threshold is not None:
        order = order[similarity[order] >= threshold]
    return (order if share is None else order[: math.floor(share * len(left) + 1e-9)]).tolist()


@exercise.wrong(
    "A share of 1.01, or a share and a threshold at once, goes through, and the reader of your log believes something else was kept. "
    "Raise a ValueError.",
    share=6 / 7,
)
def options_not_checked(left, right, share=None, threshold=None):
    if left.ndim != 2 or left.shape != right.shape or not (np.isfinite(left).all() and np.isfinite(right).all()):
        raise ValueError("two finite tables of one shape are due")
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    similarity = ((left * right).sum(axis=1) / np.where(lengths > 0, lengths, 1)).round(9)
    order = np.argsort(-similarity, kind="stable")
    if threshold is not None:
        order = order[similarity[order] >= threshold]
    return (order if share is None else order[: math.floor(share * len(left) + 1e-9)]).tolist()
