"""How far a stranger's data set can be trusted: a rubric applied to its card."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

Card = dict[str, Any]

LICENCE = "an open licence is worth more than any licence, and any more than none"
SOURCE = "a source that can be cited is worth more than a name"
MAINTENANCE = "the last day of a period still belongs to it"
DOCUMENTATION = "only the rubric's sections count, each once"
SIZE = "a stated size counts in full only when counting confirms it"
SCORE = "the score weights the points and lies between 0 and 1"
VERDICT = "what is required cannot be made up for"
REFUSED = "a rubric or date that makes no sense is refused"


def licence_points(card: Mapping[str, Any], rubric: Mapping[str, Any]) -> int:
    """2: open; 1: stated, but not open; 0: none."""
    stated = card.get("licence")
    return 2 if stated in rubric["open"] else 1 if stated else 0


def maintenance_points(card: Mapping[str, Any], rubric: Mapping[str, Any], today: str) -> int:
    """2: updated within ``fresh`` days; 1: within ``old`` days; 0: before that, or never said. Raises ValueError for a date to come."""
    if not card.get("updated"):
        return 0
    now, then = date.fromisoformat(today), date.fromisoformat(card["updated"])
    if then > now:
        raise ValueError(f"{then} lies after {now}")
    return 2 if then + timedelta(rubric["fresh"]) >= now else 1 if then + timedelta(rubric["old"]) >= now else 0


def documentation_points(card: Mapping[str, Any], rubric: Mapping[str, Any]) -> int:
    """2: all the rubric's sections; 1: at least half of them; 0: fewer."""
    there = [section for section in rubric["sections"] if section in (card.get("sections") or [])]
    return 2 if len(there) == len(rubric["sections"]) else 1 if 2 * len(there) >= len(rubric["sections"]) else 0


def size_points(card: Mapping[str, Any]) -> int:
    """2: as many items as stated; 1: stated, not counted; 0: not stated, or another number."""
    stated, counted = card.get("stated"), card.get("counted")
    return 0 if stated is None else 1 if counted is None else 2 if stated == counted else 0


def reference(card: Card, rubric: Mapping[str, Any], today: str) -> dict[str, Any]:
    """Points of each criterion (0, 1, 2), their weighted share of the maximum (0 to 1), and "reject", "ask" or "use".

    Raises ValueError for weights that are not those of the five criteria, that are negative, or all 0; and for an update to come.
    """
    points = {
        "licence": licence_points(card, rubric),
        "source": [bool(card.get("source")), bool(card.get("doi"))].count(True),
        "maintenance": maintenance_points(card, rubric, today),
        "documentation": documentation_points(card, rubric),
        "size": size_points(card),
    }
    weights = rubric["weights"]
    if sorted(weights) != sorted(points) or min(weights.values()) < 0 or sum(weights.values()) == 0:
        raise ValueError("the rubric needs a weight for each of the five criteria, none negative, not all 0")
    score = sum(weights[name] * points[name] for name in points) / (2 * sum(weights.values()))
    if 0 in [points[name] for name in rubric["required"]]:
        return {"points": points, "score": score, "verdict": "reject"}
    return {"points": points, "score": score, "verdict": "use" if score >= rubric["bar"] else "ask"}


SECTIONS = ["motivation", "composition", "collection", "preprocessing", "uses", "distribution", "maintenance"]
RUBRIC: dict[str, Any] = {
    "weights": {"licence": 2, "source": 2, "maintenance": 1, "documentation": 2, "size": 1},
    "open": ["CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0"],
    "fresh": 365,
    "old": 1095,
    "sections": SECTIONS,
    "required": ["licence", "source"],
    "bar": 0.75,
}
TODAY = "2024-06-30"


def rubric(**changes: Any) -> dict[str, Any]:
    """The course's rubric, but for ``changes``."""
    return {**RUBRIC, **changes}


def described(**changes: Any) -> Card:
    """A card with full marks, but for ``changes``."""
    return {
        "licence": "CC-BY-4.0", "source": "a university", "doi": "10.5281/zenodo.1", "updated": "2024-01-15",
        "sections": list(SECTIONS), "stated": 344, "counted": 344, **changes,
    }


def without(*fields: str) -> Card:
    """The same with ``fields`` taken out."""
    return {key: value for key, value in described().items() if key not in fields}


def found_card(rng: np.random.Generator) -> Card:
    """A card as they are found: some entries empty or missing."""
    card = described(
        licence=[None, "", "CC0-1.0", "for research only", "CC-BY-NC-4.0"][rng.integers(5)],
        source=[None, "somebody", "a laboratory"][rng.integers(3)],
        doi=["", "10.24432/C50P49"][rng.integers(2)],
        updated=(date(2024, 6, 30) - timedelta(int(rng.integers(1, 2000)))).isoformat(),
        sections=rng.permutation(SECTIONS)[: rng.integers(8)].tolist(),
        stated=[None, 100][rng.integers(2)],
        counted=[None, 100, 99][rng.integers(3)],
    )
    return {key: value for key, value in card.items() if rng.random() < 0.8}


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """An empty card, one criterion at a time with its limits, cards as they are found, then what must be refused."""
    yield Case(LICENCE, (without("licence"), RUBRIC, TODAY))
    yield Case(LICENCE, (described(licence=None), RUBRIC, TODAY))
    yield Case(LICENCE, (described(licence="CC-BY-SA-4.0"), RUBRIC, TODAY))
    yield Case(LICENCE, (described(licence=["cc-by-4.0", "CC-BY", "free for research"][rng.integers(3)]), RUBRIC, TODAY))
    yield Case(SOURCE, (without("doi"), RUBRIC, TODAY))
    yield Case(SOURCE, (described(source=""), RUBRIC, TODAY))
    yield Case(SOURCE, (without("source", "doi"), RUBRIC, TODAY))
    for age in (0, 364, 365, 366, 1094, 1095, 1096, int(rng.integers(366, 1095))):
        yield Case(MAINTENANCE, (described(updated=(date(2024, 6, 30) - timedelta(age)).isoformat()), RUBRIC, TODAY))
    yield Case(MAINTENANCE, (without("updated"), RUBRIC, TODAY))
    yield Case(MAINTENANCE, (described(updated="2024-06-23"), rubric(fresh=7, old=30), TODAY))
    yield Case(DOCUMENTATION, (described(sections=SECTIONS[:3]), RUBRIC, TODAY))
    yield Case(DOCUMENTATION, (described(sections=rng.permutation(SECTIONS)[:4].tolist()), RUBRIC, TODAY))
    yield Case(DOCUMENTATION, (described(sections=["uses"] * 7), RUBRIC, TODAY))
    yield Case(DOCUMENTATION, (described(sections=["thanks", "logo", "team", "press", "uses"]), RUBRIC, TODAY))
    yield Case(DOCUMENTATION, (described(sections=["a", "b"]), rubric(sections=["a", "b", "c", "d"]), TODAY))
    yield Case(DOCUMENTATION, (described(sections=[*SECTIONS, "thanks"]), RUBRIC, TODAY))
    yield Case(DOCUMENTATION, (without("sections"), RUBRIC, TODAY))
    yield Case(SIZE, (without("stated"), RUBRIC, TODAY))
    yield Case(SIZE, (without("counted"), RUBRIC, TODAY))
    yield Case(SIZE, (without("counted", "stated"), RUBRIC, TODAY))
    yield Case(SIZE, (described(counted=int(rng.choice([0, 343, 345, 1000]))), RUBRIC, TODAY))
    plain = described(licence="for research only", updated="2023-01-01")
    for weights in ([1, 1, 1, 1, 1], [5, 0, 0, 0, 1], [0, 0, 3, 0, 0], rng.integers(1, 9, 5).tolist()):
        yield Case(SCORE, (plain, rubric(weights=dict(zip(RUBRIC["weights"], weights)), bar=0), TODAY))
    for _ in range(20):
        yield Case(VERDICT, (found_card(rng), RUBRIC, TODAY))
    yield Case(VERDICT, ({}, RUBRIC, TODAY))
    yield Case(VERDICT, (described(licence=""), rubric(required=["size", "licence"]), TODAY))
    yield Case(VERDICT, (described(licence="", source="", doi=""), rubric(required=[], bar=0.5), TODAY))
    yield Case(VERDICT, (described(licence="x", doi=""), rubric(bar=0.75), TODAY))
    yield Case(VERDICT, (described(licence="x", doi=""), rubric(bar=0.76), TODAY))
    yield Case(REFUSED, (described(), rubric(weights={"licence": 1, "source": 1}), TODAY), raises="ValueError")
    yield Case(REFUSED, (described(), rubric(weights={**RUBRIC["weights"], "fame": 1}), TODAY), raises="ValueError")
    yield Case(REFUSED, (described(), rubric(weights={**RUBRIC["weights"], "size": -1}), TODAY), raises="ValueError")
    yield Case(REFUSED, (described(), rubric(weights=dict.fromkeys(RUBRIC["weights"], 0)), TODAY), raises="ValueError")
    yield Case(REFUSED, (described(updated="2024-07-01"), RUBRIC, TODAY), raises="ValueError")


exercise = Exercise(
    id="trust_score",
    title="A rubric for other people's data",
    points=4,
    minutes=15,
    hints=(
        "`card.get(\"licence\")` is None where the card has no such entry; most cards in the world are incomplete.",
        "`(date.fromisoformat(today) - date.fromisoformat(card[\"updated\"])).days` is the age; compare it with `<=`.",
        "Count the rubric's sections that the card has, not the card's. Decide the verdict last, and look at the required criteria first.",
    ),
    compare=close(),  # one division; 1e-6 lets any way of averaging pass
    reference=reference,
    public=(
        Case(LICENCE, (described(licence="for research only"), RUBRIC, TODAY)),
        Case(SOURCE, (described(doi=None), RUBRIC, TODAY)),
        Case(MAINTENANCE, (described(updated="2023-07-01"), RUBRIC, TODAY)),
        Case(MAINTENANCE, (described(updated="2021-06-29"), RUBRIC, TODAY)),
        Case(DOCUMENTATION, (described(sections=["uses", "uses", "composition", "thanks"]), RUBRIC, TODAY)),
        Case(SIZE, (described(counted=340), RUBRIC, TODAY)),
        Case(SCORE, (described(counted=None), rubric(weights=dict.fromkeys(RUBRIC["weights"], 3)), TODAY)),
        Case(VERDICT, (described(licence=""), RUBRIC, TODAY)),
        Case(REFUSED, (described(updated="2024-12-24"), RUBRIC, TODAY), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def step_by_step(card, rubric, today):
    weights = rubric["weights"]
    if set(weights) != {"licence", "source", "maintenance", "documentation", "size"}:
        raise ValueError("five criteria are due")
    if any(w < 0 for w in weights.values()) or not any(weights.values()):
        raise ValueError("weights must not be negative, nor all 0")
    points = dict.fromkeys(weights, 0)
    if card.get("licence"):
        points["licence"] = 1 + (card["licence"] in rubric["open"])
    points["source"] = bool(card.get("source")) + bool(card.get("doi"))
    if card.get("updated"):
        age = (date.fromisoformat(today) - date.fromisoformat(card["updated"])).days
        if age < 0:
            raise ValueError("this update lies in the future")
        points["maintenance"] = (age <= rubric["fresh"]) + (age <= rubric["old"])
    share = len(set(card.get("sections") or []) & set(rubric["sections"])) / len(set(rubric["sections"]))
    points["documentation"] = (share >= 0.5) + (share == 1)
    if card.get("stated") is not None:
        points["size"] = 1 if card.get("counted") is None else 2 * (card["stated"] == card["counted"])
    score = sum(weights[name] * points[name] for name in weights) / (2 * sum(weights.values()))
    verdict = "use" if score >= rubric["bar"] else "ask"
    if not all(points[name] for name in rubric["required"]):
        verdict = "reject"
    return {"points": {name: int(p) for name, p in points.items()}, "score": score, "verdict": verdict}


@exercise.right
def with_pandas_and_a_warning(card, rubric, today):
    import warnings

    names = ["licence", "source", "maintenance", "documentation", "size"]
    weights = pd.Series(rubric["weights"], dtype=float)
    if sorted(weights.index) != sorted(names) or (weights < 0).any() or weights.sum() == 0:
        raise ValueError("the weights do not fit")
    entry = pd.Series(card, dtype=object).reindex(["licence", "source", "doi", "updated", "sections", "stated", "counted"])
    given = entry.map(lambda v: not (v is None or v != v or v == ""))
    if not given.all():
        warnings.warn("the card has gaps")
    age = pd.Timestamp(today) - pd.Timestamp(entry["updated"]) if given["updated"] else pd.Timedelta(10**5, "D")
    if age < pd.Timedelta(0):
        raise ValueError("updated after today")
    there = pd.Series(rubric["sections"]).isin(entry["sections"] if given["sections"] else []).mean()
    size = 0
    if given["stated"]:
        size = {True: 2, False: 0}[entry["stated"] == entry["counted"]] if given["counted"] else 1
    points = pd.Series({
        "licence": int(given["licence"]) + int(given["licence"] and entry["licence"] in rubric["open"]),
        "source": int(given["source"]) + int(given["doi"]),
        "maintenance": sum(age <= pd.Timedelta(rubric[limit], "D") for limit in ("fresh", "old")),
        "documentation": int(there >= 0.5) + int(there == 1),
        "size": size,
    })
    score = np.average(points[names], weights=weights[names]) / 2
    verdict = "reject" if (points[rubric["required"]] == 0).any() else "use" if score >= rubric["bar"] else "ask"
    return {"points": points, "score": score, "verdict": verdict}


@exercise.wrong(
    "Any text in `licence` gets full points from you. \"Free for research\" or a licence with NC or ND is a permission, but not an open one: "
    "look it up in the rubric's list.",
    share=5 / 8,
)
def any_licence_is_open(card, rubric, today):
    weights = rubric["weights"]
    if set(weights) != {"licence", "source", "maintenance", "documentation", "size"}:
        raise ValueError("five criteria are due")
    if any(w < 0 for w in weights.values()) or not any(weights.values()):
        raise ValueError("weights must not be negative, nor all 0")
    points = dict.fromkeys(weights, 0)
    points["licence"] = 2 if card.get("licence") else 0
    points["source"] = bool(card.get("source")) + bool(card.get("doi"))
    if card.get("updated"):
        age = (date.fromisoformat(today) - date.fromisoformat(card["updated"])).days
        if age < 0:
            raise ValueError("this update lies in the future")
        points["maintenance"] = (age <= rubric["fresh"]) + (age <= rubric["old"])
    share = len(set(card.get("sections") or []) & set(rubric["sections"])) / len(set(rubric["sections"]))
    points["documentation"] = (share >= 0.5) + (share == 1)
    if card.get("stated") is not None:
        points["size"] = 1 if card.get("counted") is None else 2 * (card["stated"] == card["counted"])
    score = sum(weights[name] * points[name] for name in weights) / (2 * sum(weights.values()))
    verdict = "use" if score >= rubric["bar"] else "ask"
    if not all(points[name] for name in rubric["required"]):
        verdict = "reject"
    return {"points": {name: int(p) for name, p in points.items()}, "score": score, "verdict": verdict}


@exercise.wrong(
    "Your function stops with a KeyError where the card lacks an entry. The incomplete card is the usual one, and the one for which the rubric was "
    "made: what is not stated earns 0 points.",
    share=2 / 8,
)
def complete_cards_only(card, rubric, today):
    weights = rubric["weights"]
    if set(weights) != {"licence", "source", "maintenance", "documentation", "size"}:
        raise ValueError("five criteria are due")
    if any(w < 0 for w in weights.values()) or not any(weights.values()):
        raise ValueError("weights must not be negative, nor all 0")
    age = (date.fromisoformat(today) - date.fromisoformat(card["updated"])).days
    if age < 0:
        raise ValueError("this update lies in the future")
    share = len(set(card["sections"]) & set(rubric["sections"])) / len(set(rubric["sections"]))
    counted = card["counted"]
    points = {
        "licence": int(bool(card["licence"])) + (card["licence"] in rubric["open"]),
        "source": bool(card["source"]) + bool(card["doi"]),
        "maintenance": (age <= rubric["fresh"]) + (age <= rubric["old"]),
        "documentation": (share >= 0.5) + (share == 1),
        "size": 0 if card["stated"] is None else 1 if counted is None else 2 * (card["stated"] == counted),
    }
    score = sum(weights[name] * points[name] for name in weights) / (2 * sum(weights.values()))
    verdict = "use" if score >= rubric["bar"] else "ask"
    if not all(points[name] for name in rubric["required"]):
        verdict = "reject"
    return {"points": {name: int(p) for name, p in points.items()}, "score": score, "verdict": verdict}


@exercise.wrong(
    "The last day of `fresh` and of `old` is outside your period. \"Within 365 days\" includes the 365th: `<=`. The same care decides whether "
    "exactly the bar is enough.",
    share=5 / 8,
)
def limits_are_outside(card, rubric, today):
    weights = rubric["weights"]
    if set(weights) != {"licence", "source", "maintenance", "documentation", "size"}:
        raise ValueError("five criteria are due")
    if any(w < 0 for w in weights.values()) or not any(weights.values()):
        raise ValueError("weights must not be negative, nor all 0")
    points = dict.fromkeys(weights, 0)
    if card.get("licence"):
        points["licence"] = 1 + (card["licence"] in rubric["open"])
    points["source"] = bool(card.get("source")) + bool(card.get("doi"))
    if card.get("updated"):
        age = (date.fromisoformat(today) - date.fromisoformat(card["updated"])).days
        if age < 0:
            raise ValueError("this update lies in the future")
        points["maintenance"] = (age < rubric["fresh"]) + (age < rubric["old"])
    share = len(set(card.get("sections") or []) & set(rubric["sections"])) / len(set(rubric["sections"]))
    points["documentation"] = (share >= 0.5) + (share == 1)
    if card.get("stated") is not None:
        points["size"] = 1 if card.get("counted") is None else 2 * (card["stated"] == card["counted"])
    score = sum(weights[name] * points[name] for name in weights) / (2 * sum(weights.values()))
    verdict = "use" if score > rubric["bar"] else "ask"
    if not all(points[name] for name in rubric["required"]):
        verdict = "reject"
    return {"points": {name: int(p) for name, p in points.items()}, "score": score, "verdict": verdict}


@exercise.wrong(
    "Good documentation makes up for a missing licence in your verdict. A sum lets every weakness be bought off; what is *required* is a gate: "
    "0 points there mean \"reject\", whatever the score.",
    share=5 / 8,
)
def no_gate(card, rubric, today):
    weights = rubric["weights"]
    if set(weights) != {"licence", "source", "maintenance", "documentation", "size"}:
        raise ValueError("five criteria are due")
    if any(w < 0 for w in weights.values()) or not any(weights.values()):
        raise ValueError("weights must not be negative, nor all 0")
    points = dict.fromkeys(weights, 0)
    if card.get("licence"):
        points["licence"] = 1 + (card["licence"] in rubric["open"])
    points["source"] = bool(card.get("source")) + bool(card.get("doi"))
    if card.get("updated"):
        age = (date.fromisoformat(today) - date.fromisoformat(card["updated"])).days
        if age < 0:
            raise ValueError("this update lies in the future")
        points["maintenance"] = (age <= rubric["fresh"]) + (age <= rubric["old"])
    share = len(set(card.get("sections") or []) & set(rubric["sections"])) / len(set(rubric["sections"]))
    points["documentation"] = (share >= 0.5) + (share == 1)
    if card.get("stated") is not None:
        points["size"] = 1 if card.get("counted") is None else 2 * (card["stated"] == card["counted"])
    score = sum(weights[name] * points[name] for name in weights) / (2 * sum(weights.values()))
    verdict = "use" if score >= rubric["bar"] else "ask" if score >= rubric["bar"] / 2 else "reject"
    return {"points": {name: int(p) for name, p in points.items()}, "score": score, "verdict": verdict}


@exercise.wrong(
    "You believe the stated size without the count, or in spite of it. A number in a card is a claim: full points only where counting gives "
    "the same, none where it gives another.",
    share=5 / 8,
)
def stated_is_believed(card, rubric, today):
    weights = rubric["weights"]
    if set(weights) != {"licence", "source", "maintenance", "documentation", "size"}:
        raise ValueError("five criteria are due")
    if any(w < 0 for w in weights.values()) or not any(weights.values()):
        raise ValueError("weights must not be negative, nor all 0")
    points = dict.fromkeys(weights, 0)
    if card.get("licence"):
        points["licence"] = 1 + (card["licence"] in rubric["open"])
    points["source"] = bool(card.get("source")) + bool(card.get("doi"))
    if card.get("updated"):
        age = (date.fromisoformat(today) - date.fromisoformat(card["updated"])).days
        if age < 0:
            raise ValueError("this update lies in the future")
        points["maintenance"] = (age <= rubric["fresh"]) + (age <= rubric["old"])
    share = len(set(card.get("sections") or []) & set(rubric["sections"])) / len(set(rubric["sections"]))
    points["documentation"] = (share >= 0.5) + (share == 1)
    points["size"] = 2 if card.get("stated") is not None else 0
    score = sum(weights[name] * points[name] for name in weights) / (2 * sum(weights.values()))
    verdict = "use" if score >= rubric["bar"] else "ask"
    if not all(points[name] for name in rubric["required"]):
        verdict = "reject"
    return {"points": {name: int(p) for name, p in points.items()}, "score": score, "verdict": verdict}


@exercise.wrong(
    "You count the card's sections instead of the rubric's. Four headings of thanks and logos then pass for documentation, and one heading "
    "written seven times for all seven.",
    share=7 / 8,
)
def counts_headings(card, rubric, today):
    weights = rubric["weights"]
    if set(weights) != {"licence", "source", "maintenance", "documentation", "size"}:
        raise ValueError("five criteria are due")
    if any(w < 0 for w in weights.values()) or not any(weights.values()):
        raise ValueError("weights must not be negative, nor all 0")
    points = dict.fromkeys(weights, 0)
    if card.get("licence"):
        points["licence"] = 1 + (card["licence"] in rubric["open"])
    points["source"] = bool(card.get("source")) + bool(card.get("doi"))
    if card.get("updated"):
        age = (date.fromisoformat(today) - date.fromisoformat(card["updated"])).days
        if age < 0:
            raise ValueError("this update lies in the future")
        points["maintenance"] = (age <= rubric["fresh"]) + (age <= rubric["old"])
    share = len(card.get("sections") or []) / len(rubric["sections"])
    points["documentation"] = (share >= 0.5) + (share >= 1)
    if card.get("stated") is not None:
        points["size"] = 1 if card.get("counted") is None else 2 * (card["stated"] == card["counted"])
    score = sum(weights[name] * points[name] for name in weights) / (2 * sum(weights.values()))
    verdict = "use" if score >= rubric["bar"] else "ask"
    if not all(points[name] for name in rubric["required"]):
        verdict = "reject"
    return {"points": {name: int(p) for name, p in points.items()}, "score": score, "verdict": verdict}


@exercise.wrong(
    "Your score is the mean of the five criteria; the weights do nothing. The weights are the opinion that the rubric makes public: multiply each "
    "criterion's points by its own, and divide by twice their sum.",
    share=0,
)
def plain_mean(card, rubric, today):
    weights = rubric["weights"]
    if set(weights) != {"licence", "source", "maintenance", "documentation", "size"}:
        raise ValueError("five criteria are due")
    if any(w < 0 for w in weights.values()) or not any(weights.values()):
        raise ValueError("weights must not be negative, nor all 0")
    points = dict.fromkeys(weights, 0)
    if card.get("licence"):
        points["licence"] = 1 + (card["licence"] in rubric["open"])
    points["source"] = bool(card.get("source")) + bool(card.get("doi"))
    if card.get("updated"):
        age = (date.fromisoformat(today) - date.fromisoformat(card["updated"])).days
        if age < 0:
            raise ValueError("this update lies in the future")
        points["maintenance"] = (age <= rubric["fresh"]) + (age <= rubric["old"])
    share = len(set(card.get("sections") or []) & set(rubric["sections"])) / len(set(rubric["sections"]))
    points["documentation"] = (share >= 0.5) + (share == 1)
    if card.get("stated") is not None:
        points["size"] = 1 if card.get("counted") is None else 2 * (card["stated"] == card["counted"])
    score = sum(points.values()) / 10
    verdict = "use" if score >= rubric["bar"] else "ask"
    if not all(points[name] for name in rubric["required"]):
        verdict = "reject"
    return {"points": {name: int(p) for name, p in points.items()}, "score": score, "verdict": verdict}
