"""The data specification: one page that contradicts itself nowhere, or says where it does, all at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

QUIET, COUNTS = "a specification without a contradiction passes", "quota and classes fit each other and the quantity"
SUPPLY, SPLIT = "the sources give enough, after the loss", "the split adds up, and each part holds every class"
EFFORT, RIGHTS = "an agreement target needs a second label", "licence and privacy fit the use"
ALL, REFUSED = "every contradiction is named, in the order of the table", "validate says every reason at once"


def broken_rules(spec: Mapping[str, Any]) -> list[str]:
    """The rules of the table that ``spec`` breaks, in the table's order: each rule is one question to be answered by yes or no."""
    classes, quota, split = spec["classes"], spec["quota"], spec["split"]
    supply = sum(source["items"] for source in spec["sources"])
    thin = [n for n in quota.values() for percent in split.values() if n * percent < 100]
    restricted = [source for source in spec["sources"] if "NC" in source["licence"].split("-")]
    broken = {
        "classes": len(classes) < 2 or sorted(classes) != sorted(set(classes)),
        "quota": set(quota) != set(classes) or sum(quota.values()) != spec["quantity"],
        "supply": supply * (100 - spec["loss"]) < spec["quantity"] * 100,
        "split": sum(split.values()) != 100 or thin != [],
        "agreement": spec["agreement"] is not None and spec["redundancy"] < 2,
        "licence": spec["use"] == "commercial" and restricted != [],
        "privacy": spec["personal_data"] and spec["deidentification"] in (None, ""),
    }
    return [rule for rule, yes in broken.items() if yes]


def reference(fields: Mapping[str, Any], ask: str) -> Any:
    """What the driver in the notebook gives for a right class."""
    rules = broken_rules(fields)
    if ask == "problems":
        return [(rule, True) for rule in rules]
    return len(rules) if rules else "accepted"


RECEIPTS: dict[str, Any] = {
    "purpose": "find the total on photographed receipts", "classes": ["cafe", "grocery", "pharmacy"], "quantity": 1000,
    "quota": {"cafe": 400, "grocery": 400, "pharmacy": 200},
    "sources": [{"name": "volunteers", "items": 700, "licence": "consent"}, {"name": "open", "items": 600, "licence": "CC-BY-4.0"}],
    "loss": 10, "split": {"train": 80, "valid": 10, "test": 10}, "redundancy": 2, "agreement": 0.8, "use": "commercial",
    "personal_data": True, "deidentification": "phone and card numbers are blacked out",
}


def changed(**changes: Any) -> dict[str, Any]:
    """The receipts' specification with other entries."""
    return {**RECEIPTS, **changes}


def source(items: int, licence: str = "CC0-1.0") -> dict[str, Any]:
    """One source."""
    return {"name": "archive", "items": items, "licence": licence}


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Edge cases by rule, each breaking that rule alone; then several at once, at random."""
    fine = [
        changed(), changed(loss=0, sources=[source(1000)]), changed(agreement=None, redundancy=1), changed(redundancy=5, quota={"pharmacy": 200, "grocery": 400, "cafe": 400}),
        changed(personal_data=False, deidentification=None), changed(personal_data=False, deidentification=""), changed(use="research", sources=[source(2000, "CC-BY-NC-SA-4.0")]),
        changed(classes=["a", "b"], quota={"a": 990, "b": 10}), changed(split={"train": 1, "test": 99}),
    ]
    yield from (Case(QUIET, (spec, "problems")) for spec in fine)
    counts: list[dict[str, Any]] = [
        {"quota": {"cafe": 400, "grocery": 400, "pharmacy": 199}}, {"quota": {"cafe": 400, "grocery": 400, "pharmacy": 201}},
        {"quota": {"cafe": 600, "grocery": 400}}, {"quota": {"cafe": 400, "grocery": 300, "pharmacy": 200, "bakery": 100}},
        {"quota": {"Cafe": 400, "grocery": 400, "pharmacy": 200}}, {"quota": {}}, {"classes": ["cafe", "grocery", "pharmacy", "cafe"]},
        {"classes": ["cafe"], "quota": {"cafe": 1000}}, {"classes": ["cafe", "cafe"], "quota": {"cafe": 1000}}, {"classes": [], "quota": {}},
    ]
    yield from (Case(COUNTS, (changed(**change), "problems")) for change in counts)
    short = [([source(1111)], 10), ([source(1112)], 10), ([source(500), source(499)], 0), ([], 0), ([source(1999)], 50), ([source(5000)], 100)]
    yield from (Case(SUPPLY, (changed(sources=sources, loss=loss), "problems")) for sources, loss in short)
    two = {"classes": ["a", "b"], "quota": {"a": 981, "b": 19}}
    splits: list[dict[str, Any]] = [
        {"split": {"train": 80, "valid": 10, "test": 9}}, {"split": {"train": 80, "valid": 10, "test": 11}}, {"split": {"train": 100, "test": 0}}, {"split": {}},
        {**two, "split": {"train": 95, "test": 5}}, {**two, "split": {"train": 94, "test": 6}}, {"split": {"train": 80, "valid": 15, "test": 10}},
        {**two, "split": {"test": 5, "train": 95}},
    ]
    yield from (Case(SPLIT, (changed(**change), "problems")) for change in splits)
    efforts: list[dict[str, Any]] = [{"redundancy": 1}, {"redundancy": 1, "agreement": 0.0}, {"redundancy": 2, "agreement": 0.9}, {"redundancy": 1, "agreement": None}]
    yield from (Case(EFFORT, (changed(**change), "problems")) for change in efforts)
    rights: list[dict[str, Any]] = [
        {"sources": [source(1000), source(1000, "CC-BY-NC-ND-4.0")]}, {"sources": [source(2000, "NCSA")]}, {"sources": [source(2000, "CC-BY-ND-4.0")]},
        {"sources": [source(2000, "CC-BY-NC-4.0")], "use": "research"}, {"deidentification": ""}, {"deidentification": None},
        {"personal_data": False, "deidentification": None, "sources": [source(3000, "CC-BY-NC-4.0")]},
    ]
    yield from (Case(RIGHTS, (changed(**change), "problems")) for change in rights)
    faults: list[dict[str, Any]] = [
        {"quantity": 990}, {"loss": 80}, {"split": {"train": 90, "test": 5}}, {"redundancy": 1}, {"sources": [source(1150, "CC-BY-NC-4.0")]},
        {"deidentification": None}, {"classes": ["cafe", "grocery", "pharmacy", "bank", "bank"]},
    ]
    several: list[dict[str, Any]] = [changed(**{name: value for fault in faults for name, value in fault.items()})]
    several += [changed(**{**faults[i], **faults[(i + 2) % 6], **faults[(i + 3) % 6]}) for i in range(6)]
    times = int(rng.integers(2, 50))
    many = {"quantity": 1000 * times, "quota": {name: n * times for name, n in RECEIPTS["quota"].items()}}
    several.append(changed(**many, redundancy=1, sources=[source(1000 * times, "CC-BY-NC-4.0")]))
    for spec in several:
        yield Case(ALL, (spec, "problems"))
        yield Case(REFUSED, (spec, "validate"))
    yield Case(REFUSED, (changed(), "validate"))
    yield Case(REFUSED, (changed(redundancy=1), "validate"))


exercise = Exercise(
    id="data_specification",
    title="A data specification that checks itself",
    points=5,
    minutes=15,
    hints=(
        "Give `problems` one `if` per row of the table, each followed by an `append`, and a single `return` at the end. An `elif` or an early `return` "
        "would hide the second contradiction behind the first.",
        "Keep to whole numbers: \"less than one item in a hundred\" is `n * percent < 100`, and the sources suffice if "
        "`supply * (100 - loss) >= 100 * quantity`.",
        "A licence's parts stand between hyphens: `licence.split(\"-\")`. The `NC` of `NCSA` is not a part.",
        "`validate` asks `problems()` and puts all reasons into one message: `\"\\n\".join(...)`.",
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(QUIET, (changed(), "problems")),
        Case(QUIET, (changed(agreement=None, redundancy=1), "problems")),
        Case(COUNTS, (changed(quota={"cafe": 400, "grocery": 400, "pharmacy": 150}), "problems")),
        Case(COUNTS, (changed(quota={"cafe": 400, "grocery": 400, "chemist": 200}), "problems")),
        Case(COUNTS, (changed(classes=["cafe", "grocery", "pharmacy", "cafe"]), "problems")),
        Case(SUPPLY, (changed(loss=30), "problems")),
        Case(SPLIT, (changed(split={"train": 80, "test": 10}), "problems")),
        Case(SPLIT, (changed(quota={"cafe": 500, "grocery": 496, "pharmacy": 4}), "problems")),
        Case(EFFORT, (changed(redundancy=1), "problems")),
        Case(RIGHTS, (changed(sources=[source(1200, "CC-BY-NC-4.0")]), "problems")),
        Case(RIGHTS, (changed(sources=[source(1200, "NCSA")]), "problems")),
        Case(RIGHTS, (changed(deidentification=None), "problems")),
        Case(ALL, (changed(redundancy=1, loss=30, deidentification=None), "problems")),
        Case(REFUSED, (changed(redundancy=1, loss=30, deidentification=None), "validate")),
        Case(REFUSED, (changed(), "validate")),
    ),
    hidden=hidden,
)


@exercise.right
def compact(fields, ask):
    class DataSpecification:
        def __init__(self, **fields):
            self.fields = fields

        def problems(self):
            f, found = self.fields, []
            n, quota, supply = f["quantity"], f["quota"], sum(s["items"] for s in f["sources"])
            if len(f["classes"]) < 2 or len(set(f["classes"])) < len(f["classes"]):
                found.append(("classes", f"classes must be two or more, each once: {f['classes']}"))
            if set(quota) != set(f["classes"]) or sum(quota.values()) != n:
                found.append(("quota", f"quota {quota} does not fit the classes or the quantity {n}"))
            if supply * (100 - f["loss"]) < 100 * n:
                found.append(("supply", f"sources give {supply}, less {f['loss']} %: too few for the quantity {n}"))
            if sum(f["split"].values()) != 100 or any(q * p < 100 for q in quota.values() for p in f["split"].values()):
                found.append(("split", f"split {f['split']} must add up to 100, with an item of each class in each part"))
            if f["agreement"] is not None and f["redundancy"] < 2:
                found.append(("agreement", f"agreement {f['agreement']} cannot be measured with redundancy {f['redundancy']}"))
            if f["use"] == "commercial" and any("NC" in s["licence"].split("-") for s in f["sources"]):
                found.append(("licence", "sources that forbid it stand against the use commercial"))
            if f["personal_data"] and not f["deidentification"]:
                found.append(("privacy", "personal_data without deidentification"))
            return found

        def validate(self):
            found = self.problems()
            if found:
                raise ValueError("; ".join(reason for _, reason in found))

    spec = DataSpecification(**fields)
    if ask == "problems":
        named = {"supply": ("sources", "quantity"), "agreement": ("agreement", "redundancy"), "licence": ("sources", "use"),
                 "privacy": ("personal_data", "deidentification")}
        return [(rule, all(name in reason for name in named.get(rule, (rule,)))) for rule, reason in spec.problems()]
    try:
        spec.validate()
    except ValueError as error:
        return sum(reason in str(error) for _rule, reason in spec.problems())
    return "accepted"


@exercise.right
def with_a_table_of_checks(fields, ask):
    def twice(f):
        return len(f["classes"]) != len(set(f["classes"])) or len(f["classes"]) <= 1

    def miscounted(f):
        return sorted(f["quota"]) != sorted(set(f["classes"])) or f["quantity"] - sum(f["quota"].values()) != 0

    def short(f):
        usable = sum(s["items"] for s in f["sources"]) * (100 - f["loss"])
        return usable < f["quantity"] * 100

    def thin(f):
        parts, sizes = f["split"].values(), f["quota"].values()
        return sum(parts) != 100 or bool(sizes) and min(parts) * min(sizes) < 100

    checks = {
        "classes": (twice, "classes must be different"),
        "quota": (miscounted, "quota must name each class once and add up to the quantity"),
        "supply": (short, "the sources do not reach the quantity"),
        "split": (thin, "split must leave each class an item in every part"),
        "agreement": (lambda f: f["agreement"] is not None and f["redundancy"] == 1, "agreement needs redundancy 2"),
        "licence": (lambda f: f["use"] == "commercial" and any("-NC-" in s["licence"] for s in f["sources"]), "use forbidden by sources"),
        "privacy": (lambda f: f["personal_data"] and not f["deidentification"], "personal_data without deidentification"),
    }

    class DataSpecification:
        def __init__(self, **fields):
            self.found = [(rule, text) for rule, (check, text) in checks.items() if check(fields)]

        def problems(self):
            return self.found

        def validate(self):
            if self.found:
                raise ValueError("\n".join(text for _, text in self.found))

    spec = DataSpecification(**fields)
    if ask == "problems":
        named = {"supply": ("sources", "quantity"), "agreement": ("agreement", "redundancy"), "licence": ("sources", "use"),
                 "privacy": ("personal_data", "deidentification")}
        return [(rule, all(name in reason for name in named.get(rule, (rule,)))) for rule, reason in spec.problems()]
    try:
        spec.validate()
    except ValueError as error:
        return sum(reason in str(error) for _rule, reason in spec.problems())
    return "accepted"


@exercise.right
def with_a_warning(fields, ask):
    import warnings

    class DataSpecification:
        def __init__(self, **fields):
            self.fields = fields

        def problems(self):
            f, found = self.fields, []
            n, quota, supply = f["quantity"], f["quota"], sum(s["items"] for s in f["sources"])
            if len(f["classes"]) < 2 or len(set(f["classes"])) < len(f["classes"]):
                found.append(("classes", f"classes must be two or more, each once: {f['classes']}"))
            if set(quota) != set(f["classes"]) or sum(quota.values()) != n:
                found.append(("quota", f"quota {quota} does not fit the classes or the quantity {n}"))
            if supply * (100 - f["loss"]) < 100 * n:
                found.append(("supply", f"sources give {supply}, less {f['loss']} %: too few for the quantity {n}"))
            if sum(f["split"].values()) != 100 or any(q * p < 100 for q in quota.values() for p in f["split"].values()):
                found.append(("split", f"split {f['split']} must add up to 100, with an item of each class in each part"))
            if f["agreement"] is not None and f["redundancy"] < 2:
                found.append(("agreement", f"agreement {f['agreement']} cannot be measured with redundancy {f['redundancy']}"))
            if f["use"] == "commercial" and any("NC" in s["licence"].split("-") for s in f["sources"]):
                found.append(("licence", "sources that forbid it stand against the use commercial"))
            if f["personal_data"] and not f["deidentification"]:
                found.append(("privacy", "personal_data without deidentification"))
            if found:
                warnings.warn(f"{len(found)} contradictions", stacklevel=2)
            return found

        def validate(self):
            found = self.problems()
            if found:
                raise ValueError("; ".join(reason for _, reason in found))

    spec = DataSpecification(**fields)
    if ask == "problems":
        named = {"supply": ("sources", "quantity"), "agreement": ("agreement", "redundancy"), "licence": ("sources", "use"),
                 "privacy": ("personal_data", "deidentification")}
        return [(rule, all(name in reason for name in named.get(rule, (rule,)))) for rule, reason in spec.problems()]
    try:
        spec.validate()
    except ValueError as error:
        return sum(reason in str(error) for _rule, reason in spec.problems())
    return "accepted"


@exercise.wrong(
    "Only the first contradiction is named. Whoever repairs it hands the plan in again and is sent back for the next one, "
    "seven times if need be. Collect all of them, then answer once.",
    share=5 / 8,
)
def stops_at_the_first(fields, ask):
    class DataSpecification:
        def __init__(self, **fields):
            self.fields = fields

        def problems(self):
            f, found = self.fields, []
            n, quota, supply = f["quantity"], f["quota"], sum(s["items"] for s in f["sources"])
            if len(f["classes"]) < 2 or len(set(f["classes"])) < len(f["classes"]):
                found.append(("classes", f"classes must be two or more, each once: {f['classes']}"))
            if set(quota) != set(f["classes"]) or sum(quota.values()) != n:
                found.append(("quota", f"quota {quota} does not fit the classes or the quantity {n}"))
            if supply * (100 - f["loss"]) < 100 * n:
                found.append(("supply", f"sources give {supply}, less {f['loss']} %: too few for the quantity {n}"))
            if sum(f["split"].values()) != 100 or any(q * p < 100 for q in quota.values() for p in f["split"].values()):
                found.append(("split", f"split {f['split']} must add up to 100, with an item of each class in each part"))
            if f["agreement"] is not None and f["redundancy"] < 2:
                found.append(("agreement", f"agreement {f['agreement']} cannot be measured with redundancy {f['redundancy']}"))
            if f["use"] == "commercial" and any("NC" in s["licence"].split("-") for s in f["sources"]):
                found.append(("licence", "sources that forbid it stand against the use commercial"))
            if f["personal_data"] and not f["deidentification"]:
                found.append(("privacy", "personal_data without deidentification"))
            return found[:1]

        def validate(self):
            found = self.problems()
            if found:
                raise ValueError("; ".join(reason for _, reason in found))

    spec = DataSpecification(**fields)
    if ask == "problems":
        named = {"supply": ("sources", "quantity"), "agreement": ("agreement", "redundancy"), "licence": ("sources", "use"),
                 "privacy": ("personal_data", "deidentification")}
        return [(rule, all(name in reason for name in named.get(rule, (rule,)))) for rule, reason in spec.problems()]
    try:
        spec.validate()
    except ValueError as error:
        return sum(reason in str(error) for _rule, reason in spec.problems())
    return "accepted"


@exercise.wrong(
    "Your `problems` are right, but `validate` reports only the first of them. The person who reads the error needs the "
    "whole list: put every reason into the one message.",
    share=7 / 8,
)
def validate_says_one_reason(fields, ask):
    class DataSpecification:
        def __init__(self, **fields):
            self.fields = fields

        def problems(self):
            f, found = self.fields, []
            n, quota, supply = f["quantity"], f["quota"], sum(s["items"] for s in f["sources"])
            if len(f["classes"]) < 2 or len(set(f["classes"])) < len(f["classes"]):
                found.append(("classes", f"classes must be two or more, each once: {f['classes']}"))
            if set(quota) != set(f["classes"]) or sum(quota.values()) != n:
                found.append(("quota", f"quota {quota} does not fit the classes or the quantity {n}"))
            if supply * (100 - f["loss"]) < 100 * n:
                found.append(("supply", f"sources give {supply}, less {f['loss']} %: too few for the quantity {n}"))
            if sum(f["split"].values()) != 100 or any(q * p < 100 for q in quota.values() for p in f["split"].values()):
                found.append(("split", f"split {f['split']} must add up to 100, with an item of each class in each part"))
            if f["agreement"] is not None and f["redundancy"] < 2:
                found.append(("agreement", f"agreement {f['agreement']} cannot be measured with redundancy {f['redundancy']}"))
            if f["use"] == "commercial" and any("NC" in s["licence"].split("-") for s in f["sources"]):
                found.append(("licence", "sources that forbid it stand against the use commercial"))
            if f["personal_data"] and not f["deidentification"]:
                found.append(("privacy", "personal_data without deidentification"))
            return found

        def validate(self):
            found = self.problems()
            if found:
                raise ValueError(found[0][1])

    spec = DataSpecification(**fields)
    if ask == "problems":
        named = {"supply": ("sources", "quantity"), "agreement": ("agreement", "redundancy"), "licence": ("sources", "use"),
                 "privacy": ("personal_data", "deidentification")}
        return [(rule, all(name in reason for name in named.get(rule, (rule,)))) for rule, reason in spec.problems()]
    try:
        spec.validate()
    except ValueError as error:
        return sum(reason in str(error) for _rule, reason in spec.problems())
    return "accepted"


@exercise.wrong(
    "`validate` lets a contradictory specification pass. A check that only returns its findings is a check that somebody "
    "forgets to read: raise ValueError.",
    share=7 / 8,
)
def validate_never_raises(fields, ask):
    class DataSpecification:
        def __init__(self, **fields):
            self.fields = fields

        def problems(self):
            f, found = self.fields, []
            n, quota, supply = f["quantity"], f["quota"], sum(s["items"] for s in f["sources"])
            if len(f["classes"]) < 2 or len(set(f["classes"])) < len(f["classes"]):
                found.append(("classes", f"classes must be two or more, each once: {f['classes']}"))
            if set(quota) != set(f["classes"]) or sum(quota.values()) != n:
                found.append(("quota", f"quota {quota} does not fit the classes or the quantity {n}"))
            if supply * (100 - f["loss"]) < 100 * n:
                found.append(("supply", f"sources give {supply}, less {f['loss']} %: too few for the quantity {n}"))
            if sum(f["split"].values()) != 100 or any(q * p < 100 for q in quota.values() for p in f["split"].values()):
                found.append(("split", f"split {f['split']} must add up to 100, with an item of each class in each part"))
            if f["agreement"] is not None and f["redundancy"] < 2:
                found.append(("agreement", f"agreement {f['agreement']} cannot be measured with redundancy {f['redundancy']}"))
            if f["use"] == "commercial" and any("NC" in s["licence"].split("-") for s in f["sources"]):
                found.append(("licence", "sources that forbid it stand against the use commercial"))
            if f["personal_data"] and not f["deidentification"]:
                found.append(("privacy", "personal_data without deidentification"))
            return found

        def validate(self):
            found = self.problems()
            if not found:
                raise ValueError("; ".join(reason for _, reason in found))

    spec = DataSpecification(**fields)
    if ask == "problems":
        named = {"supply": ("sources", "quantity"), "agreement": ("agreement", "redundancy"), "licence": ("sources", "use"),
                 "privacy": ("personal_data", "deidentification")}
        return [(rule, all(name in reason for name in named.get(rule, (rule,)))) for rule, reason in spec.problems()]
    try:
        spec.validate()
    except ValueError as error:
        return sum(reason in str(error) for _rule, reason in spec.problems())
    return "accepted"


@exercise.wrong(
    "The loss is forgotten: 1,300 collected items with 30 % lost on the way are 910 delivered ones. Count what is left "
    "after cleansing.",
    share=5 / 8,
)
def loss_forgotten(fields, ask):
    class DataSpecification:
        def __init__(self, **fields):
            self.fields = fields

        def problems(self):
            f, found = self.fields, []
            n, quota, supply = f["quantity"], f["quota"], sum(s["items"] for s in f["sources"])
            if len(f["classes"]) < 2 or len(set(f["classes"])) < len(f["classes"]):
                found.append(("classes", f"classes must be two or more, each once: {f['classes']}"))
            if set(quota) != set(f["classes"]) or sum(quota.values()) != n:
                found.append(("quota", f"quota {quota} does not fit the classes or the quantity {n}"))
            if supply < n:
                found.append(("supply", f"sources give {supply}, less {f['loss']} %: too few for the quantity {n}"))
            if sum(f["split"].values()) != 100 or any(q * p < 100 for q in quota.values() for p in f["split"].values()):
                found.append(("split", f"split {f['split']} must add up to 100, with an item of each class in each part"))
            if f["agreement"] is not None and f["redundancy"] < 2:
                found.append(("agreement", f"agreement {f['agreement']} cannot be measured with redundancy {f['redundancy']}"))
            if f["use"] == "commercial" and any("NC" in s["licence"].split("-") for s in f["sources"]):
                found.append(("licence", "sources that forbid it stand against the use commercial"))
            if f["personal_data"] and not f["deidentification"]:
                found.append(("privacy", "personal_data without deidentification"))
            return found

        def validate(self):
            found = self.problems()
            if found:
                raise ValueError("; ".join(reason for _, reason in found))

    spec = DataSpecification(**fields)
    if ask == "problems":
        named = {"supply": ("sources", "quantity"), "agreement": ("agreement", "redundancy"), "licence": ("sources", "use"),
                 "privacy": ("personal_data", "deidentification")}
        return [(rule, all(name in reason for name in named.get(rule, (rule,)))) for rule, reason in spec.problems()]
    try:
        spec.validate()
    except ValueError as error:
        return sum(reason in str(error) for _rule, reason in spec.problems())
    return "accepted"


@exercise.wrong(
    "You looked for the letters NC anywhere in the licence, and refused `NCSA`, which allows commercial use. Identifiers "
    "have parts: split at the hyphens and compare whole parts.",
    share=7 / 8,
)
def letters_instead_of_parts(fields, ask):
    class DataSpecification:
        def __init__(self, **fields):
            self.fields = fields

        def problems(self):
            f, found = self.fields, []
            n, quota, supply = f["quantity"], f["quota"], sum(s["items"] for s in f["sources"])
            if len(f["classes"]) < 2 or len(set(f["classes"])) < len(f["classes"]):
                found.append(("classes", f"classes must be two or more, each once: {f['classes']}"))
            if set(quota) != set(f["classes"]) or sum(quota.values()) != n:
                found.append(("quota", f"quota {quota} does not fit the classes or the quantity {n}"))
            if supply * (100 - f["loss"]) < 100 * n:
                found.append(("supply", f"sources give {supply}, less {f['loss']} %: too few for the quantity {n}"))
            if sum(f["split"].values()) != 100 or any(q * p < 100 for q in quota.values() for p in f["split"].values()):
                found.append(("split", f"split {f['split']} must add up to 100, with an item of each class in each part"))
            if f["agreement"] is not None and f["redundancy"] < 2:
                found.append(("agreement", f"agreement {f['agreement']} cannot be measured with redundancy {f['redundancy']}"))
            if f["use"] == "commercial" and any("NC" in s["licence"] for s in f["sources"]):
                found.append(("licence", "sources that forbid it stand against the use commercial"))
            if f["personal_data"] and not f["deidentification"]:
                found.append(("privacy", "personal_data without deidentification"))
            return found

        def validate(self):
            found = self.problems()
            if found:
                raise ValueError("; ".join(reason for _, reason in found))

    spec = DataSpecification(**fields)
    if ask == "problems":
        named = {"supply": ("sources", "quantity"), "agreement": ("agreement", "redundancy"), "licence": ("sources", "use"),
                 "privacy": ("personal_data", "deidentification")}
        return [(rule, all(name in reason for name in named.get(rule, (rule,)))) for rule, reason in spec.problems()]
    try:
        spec.validate()
    except ValueError as error:
        return sum(reason in str(error) for _rule, reason in spec.problems())
    return "accepted"


@exercise.wrong(
    "Your quota adds up, but you did not compare its names with the classes: a quota for `chemist` buys nothing for the "
    "class `pharmacy`. Check names and sum.",
    share=7 / 8,
)
def names_not_compared(fields, ask):
    class DataSpecification:
        def __init__(self, **fields):
            self.fields = fields

        def problems(self):
            f, found = self.fields, []
            n, quota, supply = f["quantity"], f["quota"], sum(s["items"] for s in f["sources"])
            if len(f["classes"]) < 2 or len(set(f["classes"])) < len(f["classes"]):
                found.append(("classes", f"classes must be two or more, each once: {f['classes']}"))
            if sum(quota.values()) != n:
                found.append(("quota", f"quota {quota} does not fit the classes or the quantity {n}"))
            if supply * (100 - f["loss"]) < 100 * n:
                found.append(("supply", f"sources give {supply}, less {f['loss']} %: too few for the quantity {n}"))
            if sum(f["split"].values()) != 100 or any(q * p < 100 for q in quota.values() for p in f["split"].values()):
                found.append(("split", f"split {f['split']} must add up to 100, with an item of each class in each part"))
            if f["agreement"] is not None and f["redundancy"] < 2:
                found.append(("agreement", f"agreement {f['agreement']} cannot be measured with redundancy {f['redundancy']}"))
            if f["use"] == "commercial" and any("NC" in s["licence"].split("-") for s in f["sources"]):
                found.append(("licence", "sources that forbid it stand against the use commercial"))
            if f["personal_data"] and not f["deidentification"]:
                found.append(("privacy", "personal_data without deidentification"))
            return found

        def validate(self):
            found = self.problems()
            if found:
                raise ValueError("; ".join(reason for _, reason in found))

    spec = DataSpecification(**fields)
    if ask == "problems":
        named = {"supply": ("sources", "quantity"), "agreement": ("agreement", "redundancy"), "licence": ("sources", "use"),
                 "privacy": ("personal_data", "deidentification")}
        return [(rule, all(name in reason for name in named.get(rule, (rule,)))) for rule, reason in spec.problems()]
    try:
        spec.validate()
    except ValueError as error:
        return sum(reason in str(error) for _rule, reason in spec.problems())
    return "accepted"


@exercise.wrong(
    "You check only that the split adds up to 100. With 4 pharmacies in all, a test part of 10 % holds none on average: "
    "whatever the score says, it says nothing of them. Look at the smallest class in the smallest part too.",
    share=7 / 8,
)
def empty_parts_accepted(fields, ask):
    class DataSpecification:
        def __init__(self, **fields):
            self.fields = fields

        def problems(self):
            f, found = self.fields, []
            n, quota, supply = f["quantity"], f["quota"], sum(s["items"] for s in f["sources"])
            if len(f["classes"]) < 2 or len(set(f["classes"])) < len(f["classes"]):
                found.append(("classes", f"classes must be two or more, each once: {f['classes']}"))
            if set(quota) != set(f["classes"]) or sum(quota.values()) != n:
                found.append(("quota", f"quota {quota} does not fit the classes or the quantity {n}"))
            if supply * (100 - f["loss"]) < 100 * n:
                found.append(("supply", f"sources give {supply}, less {f['loss']} %: too few for the quantity {n}"))
            if sum(f["split"].values()) != 100:
                found.append(("split", f"split {f['split']} must add up to 100, with an item of each class in each part"))
            if f["agreement"] is not None and f["redundancy"] < 2:
                found.append(("agreement", f"agreement {f['agreement']} cannot be measured with redundancy {f['redundancy']}"))
            if f["use"] == "commercial" and any("NC" in s["licence"].split("-") for s in f["sources"]):
                found.append(("licence", "sources that forbid it stand against the use commercial"))
            if f["personal_data"] and not f["deidentification"]:
                found.append(("privacy", "personal_data without deidentification"))
            return found

        def validate(self):
            found = self.problems()
            if found:
                raise ValueError("; ".join(reason for _, reason in found))

    spec = DataSpecification(**fields)
    if ask == "problems":
        named = {"supply": ("sources", "quantity"), "agreement": ("agreement", "redundancy"), "licence": ("sources", "use"),
                 "privacy": ("personal_data", "deidentification")}
        return [(rule, all(name in reason for name in named.get(rule, (rule,)))) for rule, reason in spec.problems()]
    try:
        spec.validate()
    except ValueError as error:
        return sum(reason in str(error) for _rule, reason in spec.problems())
    return "accepted"


@exercise.wrong(
    "With one label per item nobody can disagree, so an agreement target cannot be met or missed. Only a specification "
    "without a target may have a redundancy of 1.",
    share=5 / 8,
)
def one_label_is_enough(fields, ask):
    class DataSpecification:
        def __init__(self, **fields):
            self.fields = fields

        def problems(self):
            f, found = self.fields, []
            n, quota, supply = f["quantity"], f["quota"], sum(s["items"] for s in f["sources"])
            if len(f["classes"]) < 2 or len(set(f["classes"])) < len(f["classes"]):
                found.append(("classes", f"classes must be two or more, each once: {f['classes']}"))
            if set(quota) != set(f["classes"]) or sum(quota.values()) != n:
                found.append(("quota", f"quota {quota} does not fit the classes or the quantity {n}"))
            if supply * (100 - f["loss"]) < 100 * n:
                found.append(("supply", f"sources give {supply}, less {f['loss']} %: too few for the quantity {n}"))
            if sum(f["split"].values()) != 100 or any(q * p < 100 for q in quota.values() for p in f["split"].values()):
                found.append(("split", f"split {f['split']} must add up to 100, with an item of each class in each part"))
            if f["agreement"] is not None and f["redundancy"] < 1:
                found.append(("agreement", f"agreement {f['agreement']} cannot be measured with redundancy {f['redundancy']}"))
            if f["use"] == "commercial" and any("NC" in s["licence"].split("-") for s in f["sources"]):
                found.append(("licence", "sources that forbid it stand against the use commercial"))
            if f["personal_data"] and not f["deidentification"]:
                found.append(("privacy", "personal_data without deidentification"))
            return found

        def validate(self):
            found = self.problems()
            if found:
                raise ValueError("; ".join(reason for _, reason in found))

    spec = DataSpecification(**fields)
    if ask == "problems":
        named = {"supply": ("sources", "quantity"), "agreement": ("agreement", "redundancy"), "licence": ("sources", "use"),
                 "privacy": ("personal_data", "deidentification")}
        return [(rule, all(name in reason for name in named.get(rule, (rule,)))) for rule, reason in spec.problems()]
    try:
        spec.validate()
    except ValueError as error:
        return sum(reason in str(error) for _rule, reason in spec.problems())
    return "accepted"
