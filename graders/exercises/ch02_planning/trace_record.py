"""Lineage: from a released record back to its raw sources, and for a lost one the stage and the reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import networkx as nx  # type: ignore[import-untyped]
import numpy as np

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

Manifest = dict[str, Any]

BACK = "a released record leads back to its raw source"
PARENTS = "all parents are followed, and every ancestor stands once"
SAME = "a name that stays the same through the stages is followed all the same"
TWINS = "one name in two products means two records"
LOST = "a lost record is told with its stage and reason"
UNKNOWN = "a record that nobody made or lost is refused"
BROKEN = "a gap in the chain is refused"


def reference(manifests: list[Manifest], record: str) -> dict[str, Any]:
    """All ancestors of (product, record) in the graph of all manifests, by networkx; then they are sorted into stages.

    A node is (product, record); a raw source is (None, source). Raises ValueError for a record that is neither released nor lost,
    and where a parent stands in none of the inputs.
    """
    graph = nx.DiGraph()
    for manifest in manifests:
        for child, parents in manifest["parents"].items():
            graph.add_node((manifest["output"], child))
            for parent in parents:
                places = [name for name in manifest["inputs"] if (name, parent) in graph]
                if not manifest["inputs"]:
                    places = [None]
                graph.add_edge(((places or ["nowhere"])[0], parent), (manifest["output"], child))
    released = record in manifests[-1]["parents"]
    thieves = [m for m in manifests if record in m["lost"]]
    if released:
        start, stage, reason = (manifests[-1]["output"], record), manifests[-1]["stage"], None
    elif thieves:
        stage, reason = thieves[0]["stage"], thieves[0]["lost"][record]
        start = next((name, record) for name in [*thieves[0]["inputs"], "nowhere"] if (name, record) in graph or name == "nowhere")
    else:
        raise ValueError(f"no stage made or lost {record!r}")
    family = nx.ancestors(graph, start) | {start} if start in graph else {start}
    if "nowhere" in {product for product, _ in family}:
        raise ValueError(f"a parent of {record!r} stands in none of the inputs")
    steps = [[m["stage"], sorted(i for product, i in family if product == m["output"])] for m in manifests[::-1]]
    return {
        "status": "released" if released else "lost",
        "stage": stage,
        "reason": reason,
        "steps": [step for step in steps if step[1]],
        "sources": sorted(i for product, i in family if product is None),
    }


def manifest(stage: str, inputs: list[str], output: str, parents: dict[str, list[str]], lost: dict[str, str] | None = None) -> Manifest:
    """A manifest with the fields that tracing needs."""
    return {"stage": stage, "inputs": inputs, "output": output, "parents": parents, "lost": lost or {}}


# names change at every stage: R raw, S source, L labeled, D released
CHANGING = [
    manifest("collection", [], "raw", {"R1": ["notes.csv:2"], "R2": ["notes.csv:3"], "R3": ["notes.csv:4"]}),
    manifest("preprocessing", ["raw"], "source", {"S1": ["R1"], "S3": ["R3"]}, {"R2": "not measured"}),
    manifest("labeling", ["source"], "labeled", {"L1": ["S1"], "L3": ["S3"]}),
    manifest("release", ["labeled"], "data set", {"D1": ["L1"]}, {"L3": "no consent"}),
]
# names stay; three ratings become one label, for which the bird's own record is read as well
STAYING = [
    manifest("collection", [], "raw", {f"P{n}": [f"notes.csv:{n + 1}"] for n in (1, 2, 3)}),
    manifest("preprocessing", ["raw"], "source", {"P1": ["P1"], "P3": ["P3"]}, {"P2": "not measured"}),
    manifest("labeling", ["source"], "ratings", {f"P{n}/{who}": [f"P{n}"] for n in (1, 3) for who in ("Mina", "Joon", "Sora")}),
    manifest(
        "cleansing", ["source", "ratings"], "clean", {"P1": ["P1", "P1/Mina", "P1/Sora"]},
        {"P1/Joon": "one second per bird", **{i: "annotators disagree" for i in ("P3", "P3/Mina", "P3/Joon", "P3/Sora")}}),
    manifest("release", ["clean"], "data set", {"P1": ["P1"]}),
]
# pages of two notebooks are joined, and both joined records stand behind the released one
JOINED = [
    manifest("field work", [], "field", {"A": ["field.csv:2"], "B": ["field.csv:3"]}),
    manifest("laboratory", [], "lab", {"a": ["lab.csv:9"], "b": ["lab.csv:8"]}),
    manifest("joining", ["field", "lab"], "source", {"Aa": ["a", "A"], "Bb": ["B", "b"], "Ab": ["A", "b"]}),
    manifest("release", ["source"], "data set", {"nest": ["Bb", "Aa", "Ab"]}),
]
# the lab counts from 1 as the field team does: "1" in the one is not "1" in the other
NUMBERED = [
    manifest("field work", [], "field", {"1": ["field.csv:2"], "2": ["field.csv:3"]}),
    manifest("laboratory", [], "lab", {"1": ["lab.csv:7"], "2": ["lab.csv:4"]}),
    manifest("measuring", ["lab"], "isotopes", {"i1": ["2"], "i2": ["1"]}),
    manifest("joining", ["field", "isotopes"], "source", {"1": ["1", "i1"], "2": ["2", "i2"]}),
    manifest("release", ["source"], "data set", {"1": ["2"]}, {"1": "no consent"}),
]


def drawn(rng: np.random.Generator, n_items: int, stay: bool) -> list[Manifest]:
    """A pipeline of six stages over ``n_items``; names stay or change; records are lost, split and merged."""
    made, out = {f"0-{n}" if not stay else f"P{n}": [f"page {n // 4}, line {n % 4}"] for n in range(n_items)}, []
    out.append(manifest("collection", [], "product 0", made))
    for number, name in enumerate(("preprocessing", "labeling", "cleansing", "split", "release"), start=1):
        before = list(made)
        lost = {i: f"reason {number}" for i in before if rng.random() < 0.15} if len(before) > 3 else {}
        kept = [i for i in before if i not in lost] or before
        lost = {i: why for i, why in lost.items() if i not in kept}
        if stay:
            made = {i: [i] for i in kept}
        else:
            made = {f"{number}-{n}": sorted({i, *rng.choice(kept, 2).tolist()}) for n, i in enumerate(kept)}
        out.append(manifest(name, [f"product {number - 1}"], f"product {number}", made, lost))
    return out


def asked(rng: np.random.Generator, manifests: list[Manifest]) -> tuple[str, list[str]]:
    """A released record, and one lost record of each stage that has lost one."""
    return str(rng.choice(list(manifests[-1]["parents"]))), [str(rng.choice(list(m["lost"]))) for m in manifests if m["lost"]]


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """One stage alone, random pipelines of both kinds, twins, losses at the start and at the end, then what must be refused."""
    yield Case(BACK, ([manifest("collection", [], "raw", {"R1": ["notes.csv:2"]})], "R1"))
    yield Case(BACK, (CHANGING[:2], "S3"))
    summed = [{**m, "inputs": dict.fromkeys(m["inputs"], "0f3a")} for m in CHANGING]  # as pipeline_manifest writes them
    yield Case(BACK, (summed, "D1"))
    yield Case(LOST, (summed, "R2"))
    yield Case(PARENTS, ([manifest("collection", [], "raw", {"R1": ["page 2", "page 1"]})], "R1"))
    yield Case(PARENTS, (JOINED, "nest"))
    yield Case(PARENTS, (JOINED[:3], "Ab"))
    yield Case(TWINS, (NUMBERED, "1"))
    yield Case(TWINS, (NUMBERED[:4], "2"))
    yield Case(SAME, (STAYING, "P1"))
    for n_items in (5, 14):
        changing, staying = drawn(rng, n_items, stay=False), drawn(rng, n_items + 12, stay=True)
        released, lost = asked(rng, changing)
        yield Case(PARENTS, (changing, released))
        for name in lost:
            yield Case(LOST, (changing, name))
        released, lost = asked(rng, staying)
        yield Case(SAME, (staying, released))
        for name in lost:
            yield Case(LOST, (staying, name))
    yield Case(LOST, (STAYING, "P3"))
    yield Case(LOST, (STAYING, "P1/Joon"))
    yield Case(LOST, (CHANGING, "R2"))
    yield Case(LOST, ([CHANGING[0], manifest("preprocessing", ["raw"], "source", {}, {"R1": "", "R2": "wet", "R3": "wet"})], "R1"))
    yield Case(UNKNOWN, (CHANGING, "R1"), raises="ValueError")  # it lives on under another name: nobody released or lost "R1"
    yield Case(UNKNOWN, (STAYING, "P4"), raises="ValueError")
    yield Case(UNKNOWN, (STAYING, "notes.csv:2"), raises="ValueError")
    yield Case(BROKEN, ([STAYING[0], *STAYING[2:]], "P1"), raises="ValueError")
    yield Case(BROKEN, ([*STAYING[:2], manifest("labeling", ["raw"], "ratings", {"x": ["P9"]})], "x"), raises="ValueError")
    # P2 was made, but not in the product that the release read
    yield Case(BROKEN, ([*STAYING[:2], manifest("release", ["source"], "data set", {"d": ["P2"]})], "d"), raises="ValueError")
    yield Case(BROKEN, ([CHANGING[0], manifest("preprocessing", ["raw"], "source", {}, {"R7": "wet"})], "R7"), raises="ValueError")


exercise = Exercise(
    id="trace_record",
    title="The lineage of a record",
    points=5,
    minutes=20,
    hints=(
        "Keep a dict `wanted`: product → set of records still to explain. It starts with one record, in the last product or, for a lost one, in the input that holds it.",
        "Go through the manifests backwards. What is wanted from a manifest's output is one step; each of its parents becomes wanted in the input that holds it, or, where there are "
        "no inputs, is a source.",
        "Two small dicts help: `made = {m[\"output\"]: m[\"parents\"] for m in manifests}` tells which input holds a parent; sets keep every ancestor once, `sorted` puts them in order.",
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(BACK, (CHANGING, "D1")),
        Case(PARENTS, (JOINED[:3], "Bb")),
        Case(PARENTS, (JOINED, "nest")),
        Case(SAME, (STAYING, "P1")),
        Case(TWINS, (NUMBERED[:4], "1")),
        Case(LOST, (CHANGING, "L3")),
        Case(LOST, (STAYING, "P2")),
        Case(UNKNOWN, (CHANGING, "D7"), raises="ValueError"),
        Case(BROKEN, ([CHANGING[0], *CHANGING[2:]], "D1"), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def backwards(manifests, record):
    made = {m["output"]: m["parents"] for m in manifests}
    last = manifests[-1]
    if record in last["parents"]:
        status, stage, reason, inputs = "released", last["stage"], None, [last["output"]]
    else:
        where = [m for m in manifests if record in m["lost"]]
        if not where:
            raise ValueError(f"nobody knows {record}")
        status, stage, reason, inputs = "lost", where[0]["stage"], where[0]["lost"][record], where[0]["inputs"]
    wanted, sources, steps = {}, set(), []

    def ask_for(name, products):
        holder = next((p for p in products if name in made.get(p, {})), None)
        if holder is None:
            raise ValueError(f"{name} stands in none of {products}")
        wanted.setdefault(holder, set()).add(name)

    ask_for(record, inputs)
    for m in reversed(manifests):
        family = wanted.get(m["output"], set())
        for name in family:
            for parent in m["parents"][name]:
                if m["inputs"]:
                    ask_for(parent, m["inputs"])
                else:
                    sources.add(parent)
        if family:
            steps.append([m["stage"], sorted(family)])
    return {"status": status, "stage": stage, "reason": reason, "steps": steps, "sources": sorted(sources)}


@exercise.right
def by_recursion(manifests, record):
    by_output = {m["output"]: m for m in manifests}

    def climb(name, products):
        for product in products:
            if product in by_output and name in by_output[product]["parents"]:
                m = by_output[product]
                found = {(product, name)}
                for parent in m["parents"][name]:
                    found |= climb(parent, m["inputs"]) if m["inputs"] else {(None, parent)}
                return found
        raise ValueError(f"{name!r} was not found in {products}")

    result = {"status": "released", "stage": manifests[-1]["stage"], "reason": None}
    start = [manifests[-1]["output"]]
    if record not in manifests[-1]["parents"]:
        for m in manifests:
            if record in m["lost"]:
                result, start = {"status": "lost", "stage": m["stage"], "reason": m["lost"][record]}, m["inputs"]
    family = climb(record, start)
    steps = [[m["stage"], sorted(name for product, name in family if product == m["output"])] for m in manifests]
    return {**result, "steps": [s for s in reversed(steps) if s[1]], "sources": sorted(n for p, n in family if p is None)}


@exercise.right
def with_a_warning(manifests, record):
    import warnings

    made = {m["output"]: m for m in manifests}
    result = {"status": "released", "stage": manifests[-1]["stage"], "reason": None}
    queue = [(record, [manifests[-1]["output"]])]
    if record not in manifests[-1]["parents"]:
        lost = [m for m in manifests if record in m["lost"]]
        if not lost:
            raise ValueError("no such record")
        result = {"status": "lost", "stage": lost[0]["stage"], "reason": lost[0]["lost"][record]}
        queue = [(record, lost[0]["inputs"])]
        if not result["reason"]:
            warnings.warn("lost without a reason", stacklevel=2)
    family, sources = {}, set()
    while queue:
        name, products = queue.pop()
        product = [p for p in products if p in made and name in made[p]["parents"]]
        if not product:
            raise ValueError("the chain is broken")
        m = made[product[0]]
        family.setdefault(m["stage"], set()).add(name)
        if m["inputs"]:
            queue += [(parent, m["inputs"]) for parent in m["parents"][name]]
        else:
            sources |= set(m["parents"][name])
    steps = [[m["stage"], sorted(family[m["stage"]])] for m in manifests[::-1] if m["stage"] in family]
    return {**result, "steps": steps, "sources": sorted(sources)}


@exercise.wrong(
    "Your trace follows the first parent only. A record that was joined or voted has several, and the error that you are looking for "
    "may sit in any of them: follow all.",
    share=3 / 7,
)
def first_parent_only(manifests, record):
    made = {m["output"]: m for m in manifests}
    result, start = {"status": "released", "stage": manifests[-1]["stage"], "reason": None}, [manifests[-1]["output"]]
    if record not in manifests[-1]["parents"]:
        lost = [m for m in manifests if record in m["lost"]]
        if not lost:
            raise ValueError("no such record")
        result, start = {"status": "lost", "stage": lost[0]["stage"], "reason": lost[0]["lost"][record]}, lost[0]["inputs"]
    wanted, sources, steps = {(record, tuple(start))}, set(), []
    family = {}
    while wanted:
        name, products = wanted.pop()
        holders = [p for p in products if p in made and name in made[p]["parents"]]
        if not holders:
            raise ValueError("the chain is broken")
        m = made[holders[0]]
        family.setdefault(m["stage"], set()).add(name)
        for parent in m["parents"][name][:1]:
            if m["inputs"]:
                wanted.add((parent, tuple(m["inputs"])))
            else:
                sources.add(parent)
    steps = [[m["stage"], sorted(family[m["stage"]])] for m in manifests[::-1] if m["stage"] in family]
    return {**result, "steps": steps, "sources": sorted(sources)}


@exercise.wrong(
    "Your steps run from collection to release. A trace goes the other way: begin where the record is, and end at its sources.",
    share=0,
)
def from_the_start(manifests, record):
    made = {m["output"]: m for m in manifests}
    result, start = {"status": "released", "stage": manifests[-1]["stage"], "reason": None}, [manifests[-1]["output"]]
    if record not in manifests[-1]["parents"]:
        lost = [m for m in manifests if record in m["lost"]]
        if not lost:
            raise ValueError("no such record")
        result, start = {"status": "lost", "stage": lost[0]["stage"], "reason": lost[0]["lost"][record]}, lost[0]["inputs"]
    wanted, sources, steps = {(record, tuple(start))}, set(), []
    family = {}
    while wanted:
        name, products = wanted.pop()
        holders = [p for p in products if p in made and name in made[p]["parents"]]
        if not holders:
            raise ValueError("the chain is broken")
        m = made[holders[0]]
        family.setdefault(m["stage"], set()).add(name)
        for parent in m["parents"][name]:
            if m["inputs"]:
                wanted.add((parent, tuple(m["inputs"])))
            else:
                sources.add(parent)
    steps = [[m["stage"], sorted(family[m["stage"]])] for m in manifests if m["stage"] in family]
    return {**result, "steps": steps, "sources": sorted(sources)}


@exercise.wrong(
    "Your code refuses records that are not in the release. Those are the ones people ask about: look into each stage's `lost`, and "
    "tell the stage, the reason and the way up to there.",
    share=6 / 7,
)
def lost_is_unknown(manifests, record):
    made = {m["output"]: m for m in manifests}
    result, start = {"status": "released", "stage": manifests[-1]["stage"], "reason": None}, [manifests[-1]["output"]]
    if record not in manifests[-1]["parents"]:
        raise ValueError("not in the release")
    wanted, sources, steps = {(record, tuple(start))}, set(), []
    family = {}
    while wanted:
        name, products = wanted.pop()
        holders = [p for p in products if p in made and name in made[p]["parents"]]
        if not holders:
            raise ValueError("the chain is broken")
        m = made[holders[0]]
        family.setdefault(m["stage"], set()).add(name)
        for parent in m["parents"][name]:
            if m["inputs"]:
                wanted.add((parent, tuple(m["inputs"])))
            else:
                sources.add(parent)
    steps = [[m["stage"], sorted(family[m["stage"]])] for m in manifests[::-1] if m["stage"] in family]
    return {**result, "steps": steps, "sources": sorted(sources)}


@exercise.wrong(
    "Where a parent stands in none of the inputs, your trace ends without a word and looks complete. A lineage with a hole is none: "
    "raise a ValueError.",
    share=6 / 7,
)
def gaps_are_skipped(manifests, record):
    made = {m["output"]: m for m in manifests}
    result, start = {"status": "released", "stage": manifests[-1]["stage"], "reason": None}, [manifests[-1]["output"]]
    if record not in manifests[-1]["parents"]:
        lost = [m for m in manifests if record in m["lost"]]
        if not lost:
            raise ValueError("no such record")
        result, start = {"status": "lost", "stage": lost[0]["stage"], "reason": lost[0]["lost"][record]}, lost[0]["inputs"]
    wanted, sources, steps = {(record, tuple(start))}, set(), []
    family = {}
    while wanted:
        name, products = wanted.pop()
        holders = [p for p in products if p in made and name in made[p]["parents"]]
        if not holders:
            continue
        m = made[holders[0]]
        family.setdefault(m["stage"], set()).add(name)
        for parent in m["parents"][name]:
            if m["inputs"]:
                wanted.add((parent, tuple(m["inputs"])))
            else:
                sources.add(parent)
    steps = [[m["stage"], sorted(family[m["stage"]])] for m in manifests[::-1] if m["stage"] in family]
    return {**result, "steps": steps, "sources": sorted(sources)}


@exercise.wrong(
    "Your code puts the parents of all stages into one dict. A record that keeps its name then is its own parent, and the stages between vanish: a record is a name *in a product*, "
    "so take one manifest at a time.",
    share=3 / 7,
)
def one_dict_for_all(manifests, record):
    parents, stage_of, outside = {}, {}, set()
    for m in manifests:
        parents.update(m["parents"])
        stage_of.update(dict.fromkeys(m["parents"], m["stage"]))
        outside |= set() if m["inputs"] else {p for ps in m["parents"].values() for p in ps}
    result = {"status": "released", "stage": manifests[-1]["stage"], "reason": None}
    if record not in manifests[-1]["parents"]:
        lost = [m for m in manifests if record in m["lost"]]
        if not lost:
            raise ValueError("no such record")
        result = {"status": "lost", "stage": lost[0]["stage"], "reason": lost[0]["lost"][record]}
    family, queue = set(), [record]
    while queue:
        name = queue.pop()
        if name not in family:
            family.add(name)
            queue += parents.get(name, [])
    if not family <= set(stage_of) | outside:
        raise ValueError("the chain is broken")
    steps = [[m["stage"], sorted(n for n in family if stage_of.get(n) == m["stage"])] for m in manifests[::-1]]
    return {**result, "steps": [s for s in steps if s[1]], "sources": sorted(family & outside)}


@exercise.wrong(
    "An ancestor that is reached by two ways stands twice in your trace. Then one page of the notebook looks like two witnesses: collect the records of a stage in a set.",
    share=4 / 7,
)
def ancestors_repeated(manifests, record):
    made = {m["output"]: m for m in manifests}
    result, start = {"status": "released", "stage": manifests[-1]["stage"], "reason": None}, [manifests[-1]["output"]]
    if record not in manifests[-1]["parents"]:
        lost = [m for m in manifests if record in m["lost"]]
        if not lost:
            raise ValueError("no such record")
        result, start = {"status": "lost", "stage": lost[0]["stage"], "reason": lost[0]["lost"][record]}, lost[0]["inputs"]
    queue, family, sources = [(record, start)], {}, []
    while queue:
        name, products = queue.pop()
        holders = [p for p in products if p in made and name in made[p]["parents"]]
        if not holders:
            raise ValueError("the chain is broken")
        m = made[holders[0]]
        family.setdefault(m["stage"], []).append(name)
        for parent in m["parents"][name]:
            if m["inputs"]:
                queue.append((parent, m["inputs"]))
            else:
                sources.append(parent)
    steps = [[m["stage"], sorted(family[m["stage"]])] for m in manifests[::-1] if m["stage"] in family]
    return {**result, "steps": steps, "sources": sorted(sources)}


@exercise.wrong(
    "Your code looks a parent up in whatever product happens to hold that name. The lab's \"1\" is not the field team's \"1\": look only into the products that the stage names as "
    "its inputs.",
    share=5 / 7,
)
def any_product_will_do(manifests, record):
    result, place = {"status": "released", "stage": manifests[-1]["stage"], "reason": None}, len(manifests) - 1
    if record not in manifests[-1]["parents"]:
        lost = [k for k, m in enumerate(manifests) if record in m["lost"]]
        if not lost:
            raise ValueError("no such record")
        m = manifests[lost[0]]
        result, place = {"status": "lost", "stage": m["stage"], "reason": m["lost"][record]}, lost[0] - 1
    queue, family, sources = [(record, place)], {}, set()
    while queue:
        name, place = queue.pop()
        holders = [k for k in range(place, -1, -1) if name in manifests[k]["parents"]]
        if not holders:
            raise ValueError("the chain is broken")
        m = manifests[holders[0]]
        family.setdefault(m["stage"], set()).add(name)
        if m["inputs"]:
            queue += [(parent, holders[0] - 1) for parent in m["parents"][name]]
        else:
            sources |= set(m["parents"][name])
    steps = [[m["stage"], sorted(family[m["stage"]])] for m in manifests[::-1] if m["stage"] in family]
    return {**result, "steps": steps, "sources": sorted(sources)}
