"""Agreement of two annotators who drew bounding boxes: one-to-one matching by IoU."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

Boxes = npt.NDArray[np.float64]

IOU, PAIRING = "IoU of one pair", "each box is paired once, and the IoUs add up to the most"
THRESHOLD, NOTHING, REFUSED = "pairs under the threshold do not count", "nothing drawn", "broken boxes are refused"

NONE = np.zeros((0, 4))
ONE = np.array([[0.0, 0, 10, 10]])


def reference(a: Boxes, b: Boxes, threshold: float) -> dict[str, float]:
    """Matched pairs, their mean IoU (NaN for none) and F1 (0 to 1, higher is better) by trying every one-to-one pairing.

    ``a`` (n, 4) and ``b`` (m, 4) hold boxes as x1, y1, x2, y2. Raises ValueError for other shapes, for boxes without
    an area, for NaN, and for a threshold that is not above 0 and at most 1.
    """
    for boxes in (a, b):
        if boxes.ndim != 2 or boxes.shape[1] != 4:
            raise ValueError("boxes must be of shape (n, 4)")
        if any(not (x1 < x2 and y1 < y2) for x1, y1, x2, y2 in boxes.tolist()):
            raise ValueError("a box needs x1 < x2 and y1 < y2")
    if not 0 < threshold <= 1:
        raise ValueError("threshold must be above 0 and at most 1")
    kept = _best([[_iou(p, q) for q in b.tolist()] for p in a.tolist()], threshold, frozenset())
    n_boxes = len(a) + len(b)
    return {
        "matched": len(kept),
        "mean_iou": math.fsum(kept) / len(kept) if kept else math.nan,
        "f1": 2 * len(kept) / n_boxes if n_boxes else 1.0,
    }


def _iou(p: Sequence[float], q: Sequence[float]) -> float:
    """Area of the intersection over area of the union (Jaccard 1912) of two boxes x1, y1, x2, y2."""
    width, height = min(p[2], q[2]) - max(p[0], q[0]), min(p[3], q[3]) - max(p[1], q[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = (p[2] - p[0]) * (p[3] - p[1]) + (q[2] - q[0]) * (q[3] - q[1])
    return width * height / (areas - width * height)


def _best(ious: list[list[float]], threshold: float, used: frozenset[int]) -> list[float]:
    """The IoUs of the pairing with the largest total: the first row stays alone, or takes any free column, then the rest."""
    if not ious:
        return []
    options = [_best(ious[1:], threshold, used)]
    for column, iou in enumerate(ious[0]):
        if iou >= threshold and column not in used:
            options.append([iou, *_best(ious[1:], threshold, used | {column})])
    return max(options, key=math.fsum)


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Edge cases first, then random scenes: true boxes close to each other, drawn by two unsteady hands."""
    yield Case(IOU, (ONE, np.array([[2.0, 3, 7, 9]]), 0.2))
    yield Case(IOU, (np.array([[1.0, 2, 5, 4]]), np.array([[2.0, 1, 4, 6]]), 0.1))
    yield Case(IOU, (ONE / 10, ONE / 10 + 3, 0.1))
    for dx, dy in ((12, 13), (-12, 15), (12, -14), (-13, -15), (0, 11), (10, 0)):
        yield Case(IOU, (ONE, ONE + [dx, dy, dx, dy], 0.1))
    yield Case(PAIRING, (_row(5, 0), _row(3, 9), 0.4))
    yield Case(PAIRING, (_row(3, 0), _row(1, 7), 0.4))
    yield Case(PAIRING, (_row(1, -1, 50), _row(0), 0.5))
    yield Case(THRESHOLD, (_row(2, -4, 40), _row(0, 6, 41), 0.5))
    yield Case(THRESHOLD, (np.array([[0.0, 0, 4, 4]]), np.array([[0.0, 0, 4, 3]]), 0.75))
    yield Case(THRESHOLD, (np.array([[0.0, 0, 4, 4]]), np.array([[0.0, 0, 4, 3]]), 0.76))
    yield Case(THRESHOLD, (ONE, ONE, 1))
    for n_boxes in (2, 4, 5):
        corner = rng.uniform(0, 14, (n_boxes, 2))
        true = np.hstack([corner, corner + rng.uniform(9, 16, (n_boxes, 2))])
        a, b = (np.round(true + rng.normal(0, 1.2, true.shape), 2) for _ in range(2))
        yield Case(PAIRING, (a, b[rng.permutation(n_boxes)][1:], 0.15))
    yield Case(NOTHING, (NONE, NONE, 1.0))
    yield Case(NOTHING, (NONE, _row(0, 20), 0.5))
    for broken in ([[3.0, 0, 3, 5]], [[0.0, 5, 3, 5]], [[4.0, 0, 3, 5]], [[0.0, 6, 3, 5]], [[0.0, 0, math.nan, 5]], [[0.0, math.nan, 5, 5]]):
        yield Case(REFUSED, (np.array(broken), ONE, 0.5), raises="ValueError")
        yield Case(REFUSED, (ONE, np.array(broken), 0.5), raises="ValueError")
    yield Case(REFUSED, (np.zeros((0, 3)), ONE, 0.5), raises="ValueError")
    yield Case(REFUSED, (ONE, np.array([0.0, 0, 1, 1]), 0.5), raises="ValueError")
    for threshold in (1.01, -0.5, math.nan):
        yield Case(REFUSED, (ONE, ONE, threshold), raises="ValueError")


def _row(*x1: float) -> Boxes:
    """10 × 10 boxes on one line, starting at ``x1``: two of them that are d apart have IoU (10 - d) / (10 + d)."""
    return np.array([[x, 0.0, x + 10, 10.0] for x in x1])


exercise = Exercise(
    id="box_agreement",
    title="Box agreement",
    points=4,
    minutes=15,
    hints=(
        "Intersection: the larger of the left edges to the smaller of the right edges, the same from top to bottom; "
        "a negative width or height means no overlap.",
        "Make the n × m table of IoUs first, and put 0 where it is under the threshold: such a pair is worth nothing to the pairing.",
        "`scipy.optimize.linear_sum_assignment(table, maximize=True)` finds the pairing; it also returns pairs worth 0, "
        "which you drop.",
    ),
    compare=close(),  # a few sums and quotients: right answers differ by rounding only
    reference=reference,
    public=(
        Case(IOU, (ONE, np.array([[5.0, 5, 15, 15]]), 0.1)),
        Case(IOU, (ONE, np.array([[20.0, 20, 30, 30]]), 0.1)),
        Case(PAIRING, (_row(0, 5), _row(3, 9), 0.4)),
        Case(PAIRING, (_row(0), _row(1, -1), 0.5)),
        Case(THRESHOLD, (np.array([[0.0, 0, 2, 2]]), np.array([[0.0, 0, 2, 1]]), 0.5)),
        Case(THRESHOLD, (_row(-4, 2), _row(0, 6), 0.5)),
        Case(NOTHING, (NONE, NONE, 0.5)),
        Case(NOTHING, (ONE, NONE, 0.5)),
        Case(REFUSED, (ONE, np.array([[5.0, 5, 5, 9]]), 0.5), raises="ValueError"),
        Case(REFUSED, (ONE, np.zeros((2, 5)), 0.5), raises="ValueError"),
        Case(REFUSED, (ONE, ONE, 0), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_linear_programming(a, b, threshold):
    from scipy.optimize import linprog

    if any(np.ndim(x) != 2 or np.shape(x)[1] != 4 or not (x[:, 2:] > x[:, :2]).all() for x in (a, b)) or not 0 < threshold <= 1:
        raise ValueError("broken boxes or threshold")
    pairs, ious = [], []
    for i, p in enumerate(a):
        for j, q in enumerate(b):
            both = np.prod(np.clip(np.minimum(p[2:], q[2:]) - np.maximum(p[:2], q[:2]), 0, None))
            iou = both / (np.prod(p[2:] - p[:2]) + np.prod(q[2:] - q[:2]) - both)
            if iou >= threshold:
                pairs.append((i, len(a) + j))
                ious.append(iou)
    found = []
    if pairs:
        once = np.array([[box in pair for pair in pairs] for box in range(len(a) + len(b))], dtype=float)
        chosen = linprog(-np.array(ious), A_ub=once, b_ub=np.ones(len(once)), bounds=(0, 1)).x
        found = [iou for iou, x in zip(ious, chosen) if x > 0.5]
    mean = sum(found) / len(found) if found else math.nan
    return {"matched": len(found), "mean_iou": mean, "f1": 2 * len(found) / (len(a) + len(b)) if len(a) + len(b) else 1.0}


@exercise.right
def with_an_empty_mean_that_warns(a, b, threshold):
    import warnings

    from scipy.optimize import linear_sum_assignment

    a, b = np.asarray(a, float), np.asarray(b, float)
    for x in (a, b):
        if x.shape != (len(x), 4) or not np.all((x[:, 0] < x[:, 2]) & (x[:, 1] < x[:, 3])):
            raise ValueError("broken boxes")
    if not (threshold > 0 and threshold <= 1):
        raise ValueError("broken threshold")
    if len(a) + len(b) == 0:
        warnings.warn("no boxes at all", stacklevel=2)
        return {"matched": 0, "mean_iou": math.nan, "f1": 1.0}
    width = np.minimum(a[:, None, 2], b[None, :, 2]) - np.maximum(a[:, None, 0], b[None, :, 0])
    height = np.minimum(a[:, None, 3], b[None, :, 3]) - np.maximum(a[:, None, 1], b[None, :, 1])
    both = width.clip(0) * height.clip(0)
    area_a, area_b = ((x[:, 2] - x[:, 0]) * (x[:, 3] - x[:, 1]) for x in (a, b))
    iou = both / (area_a[:, None] + area_b[None, :] - both)
    cost = np.where(iou >= threshold, -iou, 0.0)
    rows, columns = linear_sum_assignment(cost)
    found = [iou[i, j] for i, j in zip(rows, columns) if cost[i, j] < 0]
    return {"matched": len(found), "mean_iou": float(np.mean(found)), "f1": len(found) / ((len(a) + len(b)) / 2)}


@exercise.wrong(
    "You pair greedily, the largest IoU first. One good pair can take the only partner of another box: "
    "look for the pairing whose IoUs add up to the most.",
    share=4 / 5,
)
def greedy_largest_first(a, b, threshold):
    if any(np.ndim(x) != 2 or np.shape(x)[1] != 4 or not (x[:, 2:] > x[:, :2]).all() for x in (a, b)) or not 0 < threshold <= 1:
        raise ValueError("broken boxes or threshold")
    side = np.clip(np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2]), 0, None)
    both = side.prod(2)
    iou = both / ((a[:, 2:] - a[:, :2]).prod(1)[:, None] + (b[:, 2:] - b[:, :2]).prod(1)[None, :] - both)
    found = []
    while iou.size and iou.max() >= threshold:
        i, j = np.unravel_index(iou.argmax(), iou.shape)
        found.append(float(iou[i, j]))
        iou[i, :] = iou[:, j] = 0
    mean = sum(found) / len(found) if found else math.nan
    return {"matched": len(found), "mean_iou": mean, "f1": 2 * len(found) / (len(a) + len(b)) if len(a) + len(b) else 1.0}


@exercise.wrong(
    "You go through the boxes of `a` and give each the best box that is left. The result then depends on the order in which the "
    "boxes were drawn: look for the pairing whose IoUs add up to the most.",
    share=4 / 5,
)
def greedy_in_order(a, b, threshold):
    if any(np.ndim(x) != 2 or np.shape(x)[1] != 4 or not (x[:, 2:] > x[:, :2]).all() for x in (a, b)) or not 0 < threshold <= 1:
        raise ValueError("broken boxes or threshold")
    side = np.clip(np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2]), 0, None)
    both = side.prod(2)
    iou = both / ((a[:, 2:] - a[:, :2]).prod(1)[:, None] + (b[:, 2:] - b[:, :2]).prod(1)[None, :] - both)
    found = []
    for i in range(len(a)):
        if len(b) and iou[i].max() >= threshold:
            found.append(float(iou[i].max()))
            iou[:, iou[i].argmax()] = 0
    mean = sum(found) / len(found) if found else math.nan
    return {"matched": len(found), "mean_iou": mean, "f1": 2 * len(found) / (len(a) + len(b)) if len(a) + len(b) else 1.0}


@exercise.wrong(
    "Every box of `b` takes its best box of `a`, even one that is taken already. Two boxes drawn around one object are "
    "one match and one box too many.",
    share=4 / 5,
)
def best_partner_for_each(a, b, threshold):
    if any(np.ndim(x) != 2 or np.shape(x)[1] != 4 or not (x[:, 2:] > x[:, :2]).all() for x in (a, b)) or not 0 < threshold <= 1:
        raise ValueError("broken boxes or threshold")
    side = np.clip(np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2]), 0, None)
    both = side.prod(2)
    iou = both / ((a[:, 2:] - a[:, :2]).prod(1)[:, None] + (b[:, 2:] - b[:, :2]).prod(1)[None, :] - both)
    found = [float(iou[:, j].max()) for j in range(len(b)) if len(a) and iou[:, j].max() >= threshold]
    mean = sum(found) / len(found) if found else math.nan
    return {"matched": len(found), "mean_iou": mean, "f1": 2 * len(found) / (len(a) + len(b)) if len(a) + len(b) else 1.0}


@exercise.wrong(
    "You look for the best pairing first and apply the threshold afterwards. Two weak pairs can then push out a good one "
    "and be dropped themselves: set what is under the threshold to 0 before you pair.",
    share=4 / 5,
)
def threshold_after_pairing(a, b, threshold):
    from scipy.optimize import linear_sum_assignment

    if any(np.ndim(x) != 2 or np.shape(x)[1] != 4 or not (x[:, 2:] > x[:, :2]).all() for x in (a, b)) or not 0 < threshold <= 1:
        raise ValueError("broken boxes or threshold")
    side = np.clip(np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2]), 0, None)
    both = side.prod(2)
    iou = both / ((a[:, 2:] - a[:, :2]).prod(1)[:, None] + (b[:, 2:] - b[:, :2]).prod(1)[None, :] - both)
    found = [float(x) for x in iou[linear_sum_assignment(iou, maximize=True)] if x >= threshold]
    mean = sum(found) / len(found) if found else math.nan
    return {"matched": len(found), "mean_iou": mean, "f1": 2 * len(found) / (len(a) + len(b)) if len(a) + len(b) else 1.0}


@exercise.wrong("An IoU that equals the threshold counts as a match: compare with `>=`, not with `>`.", share=4 / 5)
def strictly_above(a, b, threshold):
    from scipy.optimize import linear_sum_assignment

    if any(np.ndim(x) != 2 or np.shape(x)[1] != 4 or not (x[:, 2:] > x[:, :2]).all() for x in (a, b)) or not 0 < threshold <= 1:
        raise ValueError("broken boxes or threshold")
    side = np.clip(np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2]), 0, None)
    both = side.prod(2)
    iou = both / ((a[:, 2:] - a[:, :2]).prod(1)[:, None] + (b[:, 2:] - b[:, :2]).prod(1)[None, :] - both)
    table = np.where(iou > threshold, iou, 0)
    found = [float(x) for x in table[linear_sum_assignment(table, maximize=True)] if x > 0]
    mean = sum(found) / len(found) if found else math.nan
    return {"matched": len(found), "mean_iou": mean, "f1": 2 * len(found) / (len(a) + len(b)) if len(a) + len(b) else 1.0}


@exercise.wrong(
    "You add one pixel to every width and height. That belongs to whole pixel numbers that include the last pixel; these boxes "
    "are corners, and a box from 0 to 10 is 10 wide.",
    share=2 / 5,
)
def one_pixel_added(a, b, threshold):
    from scipy.optimize import linear_sum_assignment

    if any(np.ndim(x) != 2 or np.shape(x)[1] != 4 or not (x[:, 2:] > x[:, :2]).all() for x in (a, b)) or not 0 < threshold <= 1:
        raise ValueError("broken boxes or threshold")
    side = np.clip(np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2]) + 1, 0, None)
    both = side.prod(2)
    iou = both / ((a[:, 2:] - a[:, :2] + 1).prod(1)[:, None] + (b[:, 2:] - b[:, :2] + 1).prod(1)[None, :] - both)
    table = np.where(iou >= threshold, iou, 0)
    found = [float(x) for x in table[linear_sum_assignment(table, maximize=True)] if x > 0]
    mean = sum(found) / len(found) if found else math.nan
    return {"matched": len(found), "mean_iou": mean, "f1": 2 * len(found) / (len(a) + len(b)) if len(a) + len(b) else 1.0}


@exercise.wrong(
    "Two boxes that lie diagonally apart have a negative width and a negative height, and their product is positive. "
    "Set each to 0 before you multiply.",
    share=4 / 5,
)
def negative_times_negative(a, b, threshold):
    from scipy.optimize import linear_sum_assignment

    if any(np.ndim(x) != 2 or np.shape(x)[1] != 4 or not (x[:, 2:] > x[:, :2]).all() for x in (a, b)) or not 0 < threshold <= 1:
        raise ValueError("broken boxes or threshold")
    side = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    both = side.prod(2)
    iou = both / ((a[:, 2:] - a[:, :2]).prod(1)[:, None] + (b[:, 2:] - b[:, :2]).prod(1)[None, :] - both)
    table = np.where(iou >= threshold, iou, 0)
    found = [float(x) for x in table[linear_sum_assignment(table, maximize=True)] if x > 0]
    mean = sum(found) / len(found) if found else math.nan
    return {"matched": len(found), "mean_iou": mean, "f1": 2 * len(found) / (len(a) + len(b)) if len(a) + len(b) else 1.0}


@exercise.wrong(
    "You read the last two numbers as width and height. These boxes are x1, y1, x2, y2: two corners.",
    share=2 / 5,
)
def read_as_width_and_height(a, b, threshold):
    from scipy.optimize import linear_sum_assignment

    if any(np.ndim(x) != 2 or np.shape(x)[1] != 4 or not (x[:, 2:] > x[:, :2]).all() for x in (a, b)) or not 0 < threshold <= 1:
        raise ValueError("broken boxes or threshold")
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    side = np.clip(np.minimum((a[:, :2] + a[:, 2:])[:, None], (b[:, :2] + b[:, 2:])[None, :]) - low, 0, None)
    both = side.prod(2)
    iou = both / (a[:, 2:].prod(1)[:, None] + b[:, 2:].prod(1)[None, :] - both)
    table = np.where(iou >= threshold, iou, 0)
    found = [float(x) for x in table[linear_sum_assignment(table, maximize=True)] if x > 0]
    mean = sum(found) / len(found) if found else math.nan
    return {"matched": len(found), "mean_iou": mean, "f1": 2 * len(found) / (len(a) + len(b)) if len(a) + len(b) else 1.0}


@exercise.wrong(
    "Two empty pictures stop you, or get 0. Where neither annotator drew a box they agree: F1 is 1.0, and the mean of no IoU is NaN.",
    share=4 / 5,
)
def both_empty_is_zero(a, b, threshold):
    from scipy.optimize import linear_sum_assignment

    if any(np.ndim(x) != 2 or np.shape(x)[1] != 4 or not (x[:, 2:] > x[:, :2]).all() for x in (a, b)) or not 0 < threshold <= 1:
        raise ValueError("broken boxes or threshold")
    side = np.clip(np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2]), 0, None)
    both = side.prod(2)
    iou = both / ((a[:, 2:] - a[:, :2]).prod(1)[:, None] + (b[:, 2:] - b[:, :2]).prod(1)[None, :] - both)
    table = np.where(iou >= threshold, iou, 0)
    found = [float(x) for x in table[linear_sum_assignment(table, maximize=True)] if x > 0]
    mean = sum(found) / len(found) if found else math.nan
    return {"matched": len(found), "mean_iou": mean, "f1": 2 * len(found) / max(1, len(a) + len(b))}


@exercise.wrong(
    "Broken boxes go through unseen. A box whose right edge is not right of its left one has no area, and NaN spoils "
    "every sum: raise ValueError first.",
    share=4 / 5,
)
def boxes_not_checked(a, b, threshold):
    from scipy.optimize import linear_sum_assignment

    if len(a) + len(b) == 0:
        return {"matched": 0, "mean_iou": math.nan, "f1": 1.0}
    if len(a) == 0 or len(b) == 0:
        return {"matched": 0, "mean_iou": math.nan, "f1": 0.0}
    side = np.clip(np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2]), 0, None)
    both = side.prod(2)
    iou = both / ((a[:, 2:] - a[:, :2]).prod(1)[:, None] + (b[:, 2:] - b[:, :2]).prod(1)[None, :] - both)
    table = np.where(iou >= threshold, iou, 0)
    found = [float(x) for x in table[linear_sum_assignment(table, maximize=True)] if x > 0]
    mean = sum(found) / len(found) if found else math.nan
    return {"matched": len(found), "mean_iou": mean, "f1": 2 * len(found) / (len(a) + len(b))}
