"""The manifests of a pipeline: what went in, what came out, and why every lost record was lost."""

from __future__ import annotations

import copy
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

Stage = dict[str, Any]

COUNTS = "records in, kept, lost and out are counted"
MANY = "splitting and merging records leaves the accounts balanced"
WHY = "losses are counted by reason"
SUM = "equal content has an equal checksum, however it is arranged"
CHAIN = "every input carries the checksum of the product that it names"
VANISHED = "a record that vanishes without a word: the error names the stage"
TWICE = "a record kept and lost at once, or two records of one name: the error names the stage"
NOWHERE = "a record or a product from nowhere: the error names the stage"


def reference(stages: list[Stage]) -> Any:
    """The list of manifests, or ``{"refused": [stage]}`` for the first stage whose accounts do not balance."""
    products: dict[str, list[dict[str, Any]]] = {}
    found = []
    for stage in stages:
        before = [r["id"] for name in stage["inputs"] for r in products.get(name, [])]
        after = [r["id"] for r in stage["records"]]
        used = [parent for r in stage["records"] for parent in r["parents"]]
        trouble = [name for name in stage["inputs"] if name not in products]
        trouble += [i for i in after if after.count(i) > 1]
        trouble += [i for i in before if (i in used) == (i in stage["lost"])]
        if stage["inputs"]:
            trouble += [i for i in used if i not in before]
            trouble += [r["id"] for r in stage["records"] if r["parents"] == []]
        trouble += [i for i, reason in stage["lost"].items() if i not in before or reason.strip() == ""]
        if trouble:
            return {"refused": [stage["stage"]]}
        products[stage["output"]] = stage["records"]
        found.append({
            "stage": stage["stage"],
            "inputs": {name: written_sum(products[name]) for name in stage["inputs"]},
            "output": stage["output"],
            "checksum": written_sum(stage["records"]),
            "n_in": len(before),
            "n_kept": len([i for i in before if i in used]),
            "n_lost": len([i for i in before if i in stage["lost"]]),
            "n_out": len(after),
            "why": {reason: list(stage["lost"].values()).count(reason) for reason in stage["lost"].values()},
            "parents": {r["id"]: r["parents"] for r in stage["records"]},
            "lost": stage["lost"],
        })
    return found


def written_sum(records: list[dict[str, Any]]) -> str:
    """SHA-256 of the records, sorted by id, as one JSON text with sorted keys, in UTF-8; the list is put together by hand."""
    texts = {r["id"]: json.dumps(r, sort_keys=True, ensure_ascii=False) for r in records}
    return hashlib.sha256(("[" + ", ".join(texts[i] for i in sorted(texts)) + "]").encode()).hexdigest()


def stage(name: str, inputs: list[str], output: str, records: list[dict[str, Any]], lost: dict[str, str] | None = None) -> Stage:
    """A stage's description as the exercise writes it."""
    return {"stage": name, "inputs": inputs, "output": output, "records": records, "lost": lost or {}}


def record(name: str, parents: list[str], **fields: Any) -> dict[str, Any]:
    """One record, its keys in alphabetical order."""
    return dict(sorted({"id": name, "parents": parents, **fields}.items()))


# three birds, one of them never measured; every stage keeps the names, one record in for one out
RAW = [record(f"P{n}", [f"notes.csv:{n + 1}"], mass=mass) for n, mass in ((1, 3750), (2, None), (3, 3250))]
SOURCE = [record("P1", ["P1"], mass=3750), record("P3", ["P3"], mass=3250)]
SHORT = [stage("collection", [], "raw", RAW), stage("preprocessing", ["raw"], "source", SOURCE, {"P2": "not measured"})]

# two ratings each, then one label each, for which the labels and the source are read
RATINGS = [record(f"P{n}/{who}", [f"P{n}"], label=label) for n, who, label in (
    (1, "Joon", "Adelie"), (1, "Mina", "Adelie"), (3, "Joon", "Adelie"), (3, "Mina", "Gentoo"))]
CLEAN = [record("P1", ["P1", "P1/Mina", "P1/Joon"], label="Adelie", mass=3750)]
DISPUTED = dict.fromkeys(("P3", "P3/Mina", "P3/Joon"), "annotators disagree")
LONG = [
    *SHORT,
    stage("labeling", ["source"], "ratings", RATINGS),
    stage("cleansing", ["source", "ratings"], "clean", CLEAN, DISPUTED),
]


def changed(stages: list[Stage], place: int, **fields: Any) -> tuple[list[Stage]]:
    """The arguments of a case: a copy of ``stages`` with some fields of one stage changed."""
    pipeline = copy.deepcopy(stages)
    pipeline[place].update(fields)
    return (pipeline,)


def drawn(rng: np.random.Generator, n_items: int, n_raters: int) -> list[Stage]:
    """A pipeline of ``n_items`` birds in five stages with random losses; in every product the records are sorted by name."""
    names = [f"P{n:03}" for n in range(n_items)]
    raw = [record(i, [f"notes_{n % 3}.csv:{n // 3 + 2}"], mass=int(rng.integers(2700, 6300))) for n, i in enumerate(names)]
    fates = rng.choice(["", "", "", "not measured", "out of range", "duplicate"], n_items).tolist()
    kept = [i for i, fate in zip(names, fates) if not fate] or names[:1]
    lost = {i: fate for i, fate in zip(names, fates) if i not in kept}
    source = [record(i, [i], mass=next(r["mass"] for r in raw if r["id"] == i)) for i in kept]
    ratings = [record(f"{i}/{k}", [i], label=str(rng.choice(["Adelie", "Gentoo"]))) for i in kept for k in range(n_raters)]
    fine = [i for i in kept if rng.random() < 0.7] or kept[:1]
    clean = [record(i, [i, *(f"{i}/{k}" for k in range(n_raters))], label="Adelie") for i in fine]
    gone = {i: "annotators disagree" for i in kept if i not in fine} | {
        f"{i}/{k}": "bird left out" for i in kept if i not in fine for k in range(n_raters)}
    return [
        stage("collection", [], "raw", raw),
        stage("preprocessing", ["raw"], "source", source, lost),
        stage("labeling", ["source"], "ratings", ratings),
        stage("cleansing", ["source", "ratings"], "clean", clean, gone),
        stage("release", ["clean"], "data set", [record(r["id"], [r["id"]], label="Adelie") for r in clean]),
    ]


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Empty pipelines and stages, random pipelines, rearranged and Korean records, then accounts that do not balance."""
    yield Case(COUNTS, ([],))
    yield Case(COUNTS, ([stage("collection", [], "raw", [])],))
    yield Case(COUNTS, ([stage("collection", [], "raw", [record("P1", []), record("P2", ["notes.csv:2"])])],))  # made here: no source outside
    yield Case(COUNTS, ([SHORT[0], stage("preprocessing", ["raw"], "source", [], dict.fromkeys(("P1", "P2", "P3"), "no consent"))],))
    yield Case(COUNTS, (drawn(rng, 12, 1)[:2],))
    for n_items, n_raters in ((6, 2), (20, 3)):
        yield Case(MANY, (drawn(rng, n_items, n_raters),))
    merged = [record("nest 1", ["P1", "P3"])]
    yield Case(MANY, ([*SHORT, stage("cleansing", ["source"], "nests", merged)],))
    yield Case(WHY, changed(SHORT, 1, records=SOURCE[:1], lost={"P3": "out of range", "P2": "not measured"}))
    yield Case(WHY, (drawn(rng, 40, 1)[:2],))
    first = drawn(rng, 9, 1)[0]
    turned = [dict(reversed(r.items())) for r in reversed(first["records"])]
    yield Case(SUM, ([first, stage("second delivery", [], "raw 2", turned)],))
    korean = [record("펭귄 2", ["기록.csv:3"], 비고="둥지 없음"), record("펭귄 1", ["기록.csv:2"], 비고="é")]
    yield Case(SUM, ([stage("수집", [], "원시데이터", korean)],))
    field = stage("field work", [], "field", SOURCE)
    lab = stage("laboratory", [], "lab", [record("L1", ["lab.csv:2"], delta=8.9), record("L3", ["lab.csv:3"], delta=-25.5)])
    joined = [record("P1", ["P1", "L1"], delta=8.9), record("P3", ["L3", "P3"], delta=-25.5)]
    yield Case(CHAIN, ([field, lab, stage("joining", ["lab", "field"], "source", joined)],))
    yield Case(CHAIN, ([field, lab, stage("joining", ["field"], "source", SOURCE[:1], {"P3": "no lab result"})],))
    yield Case(VANISHED, changed(LONG, 3, lost={k: v for k, v in DISPUTED.items() if k != "P3/Joon"}))
    yield Case(VANISHED, changed(LONG, 2, records=RATINGS[:2]))
    yield Case(VANISHED, changed(SHORT, 1, lost={"P2": "  "}))
    doubled = [record("P1a", ["P1"]), record("P1b", ["P1"]), record("P3", ["P3"])]  # the numbers add up, the records do not
    yield Case(VANISHED, changed(SHORT, 1, records=doubled, lost={}))
    yield Case(TWICE, changed(LONG, 3, lost=DISPUTED | {"P1/Mina": "slow"}))
    yield Case(TWICE, changed(LONG, 2, records=[*RATINGS, RATINGS[0]]))
    yield Case(TWICE, changed(SHORT, 0, records=[*RAW, RAW[2]]))
    yield Case(NOWHERE, changed(LONG, 2, records=[*RATINGS, record("P9/Mina", ["P9"])]))
    yield Case(NOWHERE, changed(LONG, 2, records=[*RATINGS, record("made up", [])]))
    yield Case(NOWHERE, changed(LONG, 1, lost={"P2": "not measured", "P7": "not measured"}))
    yield Case(NOWHERE, changed(LONG, 3, lost=DISPUTED | {"P2": "not measured"}))  # lost before: not in these inputs
    yield Case(NOWHERE, changed(SHORT, 0, lost={"P0": "notebook wet"}))
    yield Case(NOWHERE, changed(LONG, 1, inputs=["raw", "weather"]))
    yield Case(NOWHERE, changed(LONG, 1, inputs=["ratings"], records=[], lost={}))  # made only later
    yield Case(NOWHERE, ([SHORT[0], stage("labeling", ["source"], "ratings", []), SHORT[1]],))
    both = changed(LONG, 2, records=RATINGS[:3])[0]
    both[3]["lost"] = {}
    yield Case(VANISHED, (both,))  # two stages are wrong: the first one is named


exercise = Exercise(
    id="pipeline_manifest",
    title="Manifests that add up",
    points=6,
    minutes=20,
    hints=(
        "Keep a dict `made`: product → its records. `before` is then the set of the ids in all products that a stage names as inputs; `used` the set of all parents in its records.",
        "The accounts balance if `used | lost == before` and `used & lost == set()`, with `lost = set(stage[\"lost\"])`. In a stage without inputs, parents are sources outside: leave them out.",
        "Checksum: `json.dumps(sorted(records, key=lambda r: r[\"id\"]), sort_keys=True, ensure_ascii=False)`, then `.encode()`, then `hashlib.sha256(...).hexdigest()`.",
        "Put the stage's name into every message: `raise ValueError(f\"{stage['stage']}: ...\")`. Name no other stage.",
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(COUNTS, (SHORT,)),
        Case(MANY, (LONG,)),
        Case(WHY, changed(SHORT, 1, records=[], lost={"P1": "no consent", "P2": "not measured", "P3": "no consent"})),
        Case(SUM, ([stage("collection", [], "raw", [RAW[0], RAW[1]]), stage("second delivery", [], "raw 2", [RAW[1], RAW[0]])],)),
        Case(SUM, ([stage("collection", [], "raw", [record("P1", ["notes.csv:2"], note="둥지 없음")])],)),
        Case(CHAIN, ([
            stage("field work", [], "field", SOURCE[:1]), stage("laboratory", [], "lab", [record("L1", ["lab.csv:2"], delta=8.9)]),
            stage("joining", ["field"], "source", SOURCE[:1]),
        ],)),
        Case(VANISHED, changed(SHORT, 1, lost={})),
        Case(VANISHED, changed(SHORT, 1, records=[record("P1", ["P1"]), record("P1 again", ["P1"])], lost={"P2": "not measured"})),
        Case(TWICE, changed(SHORT, 1, lost={"P2": "not measured", "P3": "not measured"})),
        Case(TWICE, changed(SHORT, 1, records=[*SOURCE, SOURCE[0]])),
        Case(NOWHERE, changed(SHORT, 1, records=[*SOURCE, record("P4", ["P4"])])),
        Case(NOWHERE, changed(SHORT, 1, inputs=["raw", "weather"])),
    ),
    hidden=hidden,
)


@exercise.right
def with_sets(stages):
    def checksum(records):
        ordered = sorted(records, key=lambda r: r["id"])
        return hashlib.sha256(json.dumps(ordered, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    made, sums, result = {}, {}, []
    for stage in stages:
        if any(name not in made for name in stage["inputs"]):
            return {"refused": [stage["stage"]]}
        before = set().union(*(made[name] for name in stage["inputs"]))
        ids = [r["id"] for r in stage["records"]]
        lost = set(stage["lost"])
        used = {p for r in stage["records"] for p in r["parents"]} if stage["inputs"] else set()
        from_nowhere = stage["inputs"] and not all(r["parents"] for r in stage["records"])
        if len(ids) > len(set(ids)) or used & lost or used | lost != before or from_nowhere or not all(w.strip() for w in stage["lost"].values()):
            return {"refused": [stage["stage"]]}
        made[stage["output"]], sums[stage["output"]] = set(ids), checksum(stage["records"])
        result.append({
            "stage": stage["stage"], "inputs": {name: sums[name] for name in stage["inputs"]}, "output": stage["output"],
            "checksum": sums[stage["output"]], "n_in": len(before), "n_kept": len(used), "n_lost": len(lost), "n_out": len(ids),
            "why": dict(Counter(stage["lost"].values())), "parents": {r["id"]: r["parents"] for r in stage["records"]}, "lost": stage["lost"]})
    return result


@exercise.right
def record_by_record(stages):
    products, checksums, result = {}, {}, []
    for stage in stages:
        fate = {}  # id → how often it was used, or why it was lost
        for name in stage["inputs"]:
            for r in products.get(name, [{"id": None}]):
                fate[r["id"]] = 0
        if None in fate:
            return {"refused": [stage["stage"]]}
        parents = {}
        for r in stage["records"]:
            if r["id"] in parents or (stage["inputs"] and not r["parents"]):
                return {"refused": [stage["stage"]]}
            parents[r["id"]] = r["parents"]
            for p in r["parents"] if stage["inputs"] else []:
                if p not in fate:
                    return {"refused": [stage["stage"]]}
                fate[p] += 1
        why = {}
        for i, reason in stage["lost"].items():
            if fate.get(i) != 0 or not reason.strip():
                return {"refused": [stage["stage"]]}
            fate[i] = reason
            why[reason] = why.get(reason, 0) + 1
        if 0 in fate.values():
            return {"refused": [stage["stage"]]}
        products[stage["output"]] = stage["records"]
        text = json.dumps(sorted(stage["records"], key=lambda r: r["id"]), sort_keys=True, ensure_ascii=False)
        checksums[stage["output"]] = hashlib.sha256(text.encode("utf-8")).hexdigest()
        n_lost = sum(isinstance(f, str) for f in fate.values())
        result.append({
            "stage": stage["stage"], "inputs": {n: checksums[n] for n in stage["inputs"]}, "output": stage["output"],
            "checksum": checksums[stage["output"]], "n_in": len(fate), "n_kept": len(fate) - n_lost, "n_lost": n_lost,
            "n_out": len(parents), "why": why, "parents": parents, "lost": stage["lost"]})
    return result


@exercise.right
def with_a_warning(stages):
    import warnings

    made, sums, result = {}, {}, []
    for stage in stages:
        ids, inputs, lost = [r["id"] for r in stage["records"]], stage["inputs"], stage["lost"]
        used = {p for r in stage["records"] for p in r["parents"]} if inputs else set()
        if not set(inputs) <= set(made) or len(set(ids)) < len(ids) or not all(map(str.strip, lost.values())):
            return {"refused": [stage["stage"]]}
        before = {i for name in inputs for i in made[name]}
        if sorted([*used, *lost]) != sorted(before) or (inputs and [] in [r["parents"] for r in stage["records"]]):
            return {"refused": [stage["stage"]]}
        if len(lost) > len(before) / 2:
            warnings.warn(f"{stage['stage']} loses more than half", stacklevel=2)
        text = json.dumps(sorted(stage["records"], key=lambda r: r["id"]), sort_keys=True, ensure_ascii=False)
        made[stage["output"]], sums[stage["output"]] = ids, hashlib.sha256(text.encode()).hexdigest()
        result.append({
            "stage": stage["stage"], "inputs": {n: sums[n] for n in inputs}, "output": stage["output"], "checksum": sums[stage["output"]],
            "n_in": len(before), "n_kept": len(used), "n_lost": len(lost), "n_out": len(ids), "why": Counter(lost.values()),
            "parents": {r["id"]: r["parents"] for r in stage["records"]}, "lost": lost})
    return result


@exercise.wrong(
    "Your code compares numbers only: in = out + lost. Three ratings of one bird then look like two records too many, and a bird that "
    "vanished is made up for by another that stands there twice. Balance the records themselves, not their numbers.",
    share=3 / 8,
)
def adds_up_numbers(stages):
    made, sums, result = {}, {}, []
    for stage in stages:
        ids, inputs, lost = [r["id"] for r in stage["records"]], stage["inputs"], stage["lost"]
        used = {p for r in stage["records"] for p in r["parents"]} if inputs else set()
        if not set(inputs) <= set(made) or len(set(ids)) < len(ids) or not all(map(str.strip, lost.values())):
            return {"refused": [stage["stage"]]}
        before = {i for name in inputs for i in made[name]}
        if len(before) != len(ids) + len(lost) and inputs:
            return {"refused": [stage["stage"]]}
        text = json.dumps(sorted(stage["records"], key=lambda r: r["id"]), sort_keys=True, ensure_ascii=False)
        made[stage["output"]], sums[stage["output"]] = ids, hashlib.sha256(text.encode()).hexdigest()
        result.append({
            "stage": stage["stage"], "inputs": {n: sums[n] for n in inputs}, "output": stage["output"], "checksum": sums[stage["output"]],
            "n_in": len(before), "n_kept": len(used), "n_lost": len(lost), "n_out": len(ids), "why": dict(Counter(lost.values())),
            "parents": {r["id"]: r["parents"] for r in stage["records"]}, "lost": lost})
    return result


@exercise.wrong(
    "Your checksum changes when the same records come in another order, or with their keys in another order. Then nobody can tell a "
    "rearranged file from a changed one. Sort the records by id and let `json.dumps` sort the keys.",
    share=7 / 8,
)
def order_counts(stages):
    made, sums, result = {}, {}, []
    for stage in stages:
        ids, inputs, lost = [r["id"] for r in stage["records"]], stage["inputs"], stage["lost"]
        used = {p for r in stage["records"] for p in r["parents"]} if inputs else set()
        if not set(inputs) <= set(made) or len(set(ids)) < len(ids) or not all(map(str.strip, lost.values())):
            return {"refused": [stage["stage"]]}
        before = {i for name in inputs for i in made[name]}
        if sorted([*used, *lost]) != sorted(before) or (inputs and [] in [r["parents"] for r in stage["records"]]):
            return {"refused": [stage["stage"]]}
        text = json.dumps(stage["records"], ensure_ascii=False)
        made[stage["output"]], sums[stage["output"]] = ids, hashlib.sha256(text.encode()).hexdigest()
        result.append({
            "stage": stage["stage"], "inputs": {n: sums[n] for n in inputs}, "output": stage["output"], "checksum": sums[stage["output"]],
            "n_in": len(before), "n_kept": len(used), "n_lost": len(lost), "n_out": len(ids), "why": dict(Counter(lost.values())),
            "parents": {r["id"]: r["parents"] for r in stage["records"]}, "lost": lost})
    return result


@exercise.wrong(
    "Your checksum agrees for plain English and differs for Korean text: `json.dumps` writes other letters as \\u escapes unless told "
    "`ensure_ascii=False`. A checksum is only worth something if everybody writes the same bytes.",
    share=7 / 8,
)
def escaped_text(stages):
    made, sums, result = {}, {}, []
    for stage in stages:
        ids, inputs, lost = [r["id"] for r in stage["records"]], stage["inputs"], stage["lost"]
        used = {p for r in stage["records"] for p in r["parents"]} if inputs else set()
        if not set(inputs) <= set(made) or len(set(ids)) < len(ids) or not all(map(str.strip, lost.values())):
            return {"refused": [stage["stage"]]}
        before = {i for name in inputs for i in made[name]}
        if sorted([*used, *lost]) != sorted(before) or (inputs and [] in [r["parents"] for r in stage["records"]]):
            return {"refused": [stage["stage"]]}
        text = json.dumps(sorted(stage["records"], key=lambda r: r["id"]), sort_keys=True)
        made[stage["output"]], sums[stage["output"]] = ids, hashlib.sha256(text.encode()).hexdigest()
        result.append({
            "stage": stage["stage"], "inputs": {n: sums[n] for n in inputs}, "output": stage["output"], "checksum": sums[stage["output"]],
            "n_in": len(before), "n_kept": len(used), "n_lost": len(lost), "n_out": len(ids), "why": dict(Counter(lost.values())),
            "parents": {r["id"]: r["parents"] for r in stage["records"]}, "lost": lost})
    return result


@exercise.wrong(
    "You gave every input the checksum of the product made last. Stages need not stand in one line: look each input up by its name.",
    share=6 / 8,
)
def last_product_is_the_input(stages):
    made, sums, result = {}, {}, []
    for stage in stages:
        ids, inputs, lost = [r["id"] for r in stage["records"]], stage["inputs"], stage["lost"]
        used = {p for r in stage["records"] for p in r["parents"]} if inputs else set()
        if not set(inputs) <= set(made) or len(set(ids)) < len(ids) or not all(map(str.strip, lost.values())):
            return {"refused": [stage["stage"]]}
        before = {i for name in inputs for i in made[name]}
        if sorted([*used, *lost]) != sorted(before) or (inputs and [] in [r["parents"] for r in stage["records"]]):
            return {"refused": [stage["stage"]]}
        text = json.dumps(sorted(stage["records"], key=lambda r: r["id"]), sort_keys=True, ensure_ascii=False)
        made[stage["output"]], sums[stage["output"]] = ids, hashlib.sha256(text.encode()).hexdigest()
        result.append({
            "stage": stage["stage"], "inputs": {n: sums[stages[len(result) - 1]["output"]] for n in inputs}, "output": stage["output"], "checksum": sums[stage["output"]],
            "n_in": len(before), "n_kept": len(used), "n_lost": len(lost), "n_out": len(ids), "why": dict(Counter(lost.values())),
            "parents": {r["id"]: r["parents"] for r in stage["records"]}, "lost": lost})
    return result


@exercise.wrong(
    "`n_kept` counts records of the *input* that live on, not records that come out. Where one bird becomes three ratings, or three "
    "ratings become one label, the two differ: count each parent once.",
    share=6 / 8,
)
def kept_is_what_comes_out(stages):
    made, sums, result = {}, {}, []
    for stage in stages:
        ids, inputs, lost = [r["id"] for r in stage["records"]], stage["inputs"], stage["lost"]
        used = {p for r in stage["records"] for p in r["parents"]} if inputs else set()
        if not set(inputs) <= set(made) or len(set(ids)) < len(ids) or not all(map(str.strip, lost.values())):
            return {"refused": [stage["stage"]]}
        before = {i for name in inputs for i in made[name]}
        if sorted([*used, *lost]) != sorted(before) or (inputs and [] in [r["parents"] for r in stage["records"]]):
            return {"refused": [stage["stage"]]}
        text = json.dumps(sorted(stage["records"], key=lambda r: r["id"]), sort_keys=True, ensure_ascii=False)
        made[stage["output"]], sums[stage["output"]] = ids, hashlib.sha256(text.encode()).hexdigest()
        result.append({
            "stage": stage["stage"], "inputs": {n: sums[n] for n in inputs}, "output": stage["output"], "checksum": sums[stage["output"]],
            "n_in": len(before), "n_kept": len(ids) if inputs else 0, "n_lost": len(lost), "n_out": len(ids), "why": dict(Counter(lost.values())),
            "parents": {r["id"]: r["parents"] for r in stage["records"]}, "lost": lost})
    return result


@exercise.wrong(
    "`why` says 1 for every reason. Two birds without consent are two losses: count how many records share a reason, with a "
    "`Counter`.",
    share=5 / 8,
)
def reasons_not_counted(stages):
    made, sums, result = {}, {}, []
    for stage in stages:
        ids, inputs, lost = [r["id"] for r in stage["records"]], stage["inputs"], stage["lost"]
        used = {p for r in stage["records"] for p in r["parents"]} if inputs else set()
        if not set(inputs) <= set(made) or len(set(ids)) < len(ids) or not all(map(str.strip, lost.values())):
            return {"refused": [stage["stage"]]}
        before = {i for name in inputs for i in made[name]}
        if sorted([*used, *lost]) != sorted(before) or (inputs and [] in [r["parents"] for r in stage["records"]]):
            return {"refused": [stage["stage"]]}
        text = json.dumps(sorted(stage["records"], key=lambda r: r["id"]), sort_keys=True, ensure_ascii=False)
        made[stage["output"]], sums[stage["output"]] = ids, hashlib.sha256(text.encode()).hexdigest()
        result.append({
            "stage": stage["stage"], "inputs": {n: sums[n] for n in inputs}, "output": stage["output"], "checksum": sums[stage["output"]],
            "n_in": len(before), "n_kept": len(used), "n_lost": len(lost), "n_out": len(ids), "why": dict.fromkeys(lost.values(), 1),
            "parents": {r["id"]: r["parents"] for r in stage["records"]}, "lost": lost})
    return result


@exercise.wrong(
    "Your error does not name the stage. In a pipeline of six stages and many thousand records, \"counts do not match\" sends somebody "
    "searching for a day: put the stage's name into the message.",
    share=5 / 8,
)
def nobody_named(stages):
    made, sums, result = {}, {}, []
    for stage in stages:
        ids, inputs, lost = [r["id"] for r in stage["records"]], stage["inputs"], stage["lost"]
        used = {p for r in stage["records"] for p in r["parents"]} if inputs else set()
        if not set(inputs) <= set(made) or len(set(ids)) < len(ids) or not all(map(str.strip, lost.values())):
            return {"refused": []}
        before = {i for name in inputs for i in made[name]}
        if sorted([*used, *lost]) != sorted(before) or (inputs and [] in [r["parents"] for r in stage["records"]]):
            return {"refused": []}
        text = json.dumps(sorted(stage["records"], key=lambda r: r["id"]), sort_keys=True, ensure_ascii=False)
        made[stage["output"]], sums[stage["output"]] = ids, hashlib.sha256(text.encode()).hexdigest()
        result.append({
            "stage": stage["stage"], "inputs": {n: sums[n] for n in inputs}, "output": stage["output"], "checksum": sums[stage["output"]],
            "n_in": len(before), "n_kept": len(used), "n_lost": len(lost), "n_out": len(ids), "why": dict(Counter(lost.values())),
            "parents": {r["id"]: r["parents"] for r in stage["records"]}, "lost": lost})
    return result


@exercise.wrong(
    "Your error names stages that are in order as well. Stop at the first stage whose accounts do not balance and name that one only.",
    share=5 / 8,
)
def everybody_named(stages):
    made, sums, result = {}, {}, []
    for stage in stages:
        ids, inputs, lost = [r["id"] for r in stage["records"]], stage["inputs"], stage["lost"]
        used = {p for r in stage["records"] for p in r["parents"]} if inputs else set()
        if not set(inputs) <= set(made) or len(set(ids)) < len(ids) or not all(map(str.strip, lost.values())):
            return {"refused": [s["stage"] for s in stages]}
        before = {i for name in inputs for i in made[name]}
        if sorted([*used, *lost]) != sorted(before) or (inputs and [] in [r["parents"] for r in stage["records"]]):
            return {"refused": [s["stage"] for s in stages]}
        text = json.dumps(sorted(stage["records"], key=lambda r: r["id"]), sort_keys=True, ensure_ascii=False)
        made[stage["output"]], sums[stage["output"]] = ids, hashlib.sha256(text.encode()).hexdigest()
        result.append({
            "stage": stage["stage"], "inputs": {n: sums[n] for n in inputs}, "output": stage["output"], "checksum": sums[stage["output"]],
            "n_in": len(before), "n_kept": len(used), "n_lost": len(lost), "n_out": len(ids), "why": dict(Counter(lost.values())),
            "parents": {r["id"]: r["parents"] for r in stage["records"]}, "lost": lost})
    return result


@exercise.wrong(
    "Your code checks the records that are mentioned, and never asks for those that nobody mentions. A row that a merge or `dropna` "
    "swallowed is in no list: start from the input's ids and ask of each what became of it.",
    share=7 / 8,
)
def losses_believed(stages):
    made, sums, result = {}, {}, []
    for stage in stages:
        ids, inputs, lost = [r["id"] for r in stage["records"]], stage["inputs"], stage["lost"]
        used = {p for r in stage["records"] for p in r["parents"]} if inputs else set()
        if not set(inputs) <= set(made) or len(set(ids)) < len(ids) or not all(map(str.strip, lost.values())):
            return {"refused": [stage["stage"]]}
        before = {i for name in inputs for i in made[name]}
        if not used | set(lost) <= before or (inputs and [] in [r["parents"] for r in stage["records"]]) or used & set(lost):
            return {"refused": [stage["stage"]]}
        text = json.dumps(sorted(stage["records"], key=lambda r: r["id"]), sort_keys=True, ensure_ascii=False)
        made[stage["output"]], sums[stage["output"]] = ids, hashlib.sha256(text.encode()).hexdigest()
        result.append({
            "stage": stage["stage"], "inputs": {n: sums[n] for n in inputs}, "output": stage["output"], "checksum": sums[stage["output"]],
            "n_in": len(before), "n_kept": len(used), "n_lost": len(lost), "n_out": len(ids), "why": dict(Counter(lost.values())),
            "parents": {r["id"]: r["parents"] for r in stage["records"]}, "lost": lost})
    return result


@exercise.wrong(
    "A record that is both used and reported as lost passes your check, because a union counts it once. One of the two reports is "
    "wrong: `used & lost` must be empty.",
    share=7 / 8,
)
def kept_and_lost(stages):
    made, sums, result = {}, {}, []
    for stage in stages:
        ids, inputs, lost = [r["id"] for r in stage["records"]], stage["inputs"], stage["lost"]
        used = {p for r in stage["records"] for p in r["parents"]} if inputs else set()
        if not set(inputs) <= set(made) or len(set(ids)) < len(ids) or not all(map(str.strip, lost.values())):
            return {"refused": [stage["stage"]]}
        before = {i for name in inputs for i in made[name]}
        if used | set(lost) != before or (inputs and [] in [r["parents"] for r in stage["records"]]):
            return {"refused": [stage["stage"]]}
        text = json.dumps(sorted(stage["records"], key=lambda r: r["id"]), sort_keys=True, ensure_ascii=False)
        made[stage["output"]], sums[stage["output"]] = ids, hashlib.sha256(text.encode()).hexdigest()
        result.append({
            "stage": stage["stage"], "inputs": {n: sums[n] for n in inputs}, "output": stage["output"], "checksum": sums[stage["output"]],
            "n_in": len(before), "n_kept": len(used), "n_lost": len(lost), "n_out": len(ids), "why": dict(Counter(lost.values())),
            "parents": {r["id"]: r["parents"] for r in stage["records"]}, "lost": lost})
    return result


@exercise.wrong(
    "The manifests are right as long as the stages are. Accounts that do not balance pass without a word, and a manifest that cannot fail proves nothing: compare the input's "
    "ids with those used and lost before you write a line.",
    share=5 / 8,
)
def nothing_checked(stages):
    made, sums, result = {}, {}, []
    for stage in stages:
        text = json.dumps(sorted(stage["records"], key=lambda r: r["id"]), sort_keys=True, ensure_ascii=False)
        made[stage["output"]], sums[stage["output"]] = stage["records"], hashlib.sha256(text.encode()).hexdigest()
        before = {r["id"] for name in stage["inputs"] for r in made.get(name, [])}
        used = {p for r in stage["records"] for p in r["parents"]} if stage["inputs"] else set()
        result.append({
            "stage": stage["stage"], "inputs": {n: sums.get(n, "") for n in stage["inputs"]}, "output": stage["output"],
            "checksum": sums[stage["output"]], "n_in": len(before), "n_kept": len(used), "n_lost": len(stage["lost"]),
            "n_out": len(stage["records"]), "why": dict(Counter(stage["lost"].values())),
            "parents": {r["id"]: r["parents"] for r in stage["records"]}, "lost": stage["lost"]})
    return result
