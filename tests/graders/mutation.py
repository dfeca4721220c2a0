"""Mutants of a function's source: every way to change one operator, constant, condition or statement of it."""

from __future__ import annotations

import ast
import copy
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from datacentric_helpers import wire
from datacentric_helpers.compare import compare
from datacentric_helpers.outcome import run_case

COMPARE = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}
ARITHMETIC = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.MatMult: ast.Mult,
}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "argmin": "argmax", "argmax": "argmin", "mean": "sum"}
REMOVABLE = (ast.Assign, ast.AugAssign, ast.Raise, ast.If, ast.For, ast.Continue, ast.Break)


class TookTooLong(BaseException):
    """A mutant loops for ever; not an Exception, so that no case swallows it."""


def variants(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that ``node`` may be changed into."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARE:
        yield ast.Compare(node.left, [COMPARE[type(node.ops[0])](), *node.ops[1:]], node.comparators)
    elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        yield ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        for i in range(len(node.values)):
            rest = node.values[:i] + node.values[i + 1:]
            yield ast.BoolOp(node.op, rest) if len(rest) > 1 else rest[0]
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub, ast.Invert)):
        yield node.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, (bool, int, float)):
        yield ast.Constant(not node.value if isinstance(node.value, bool) else node.value + 1)
    elif isinstance(node, ast.Name) and node.id in NAMES:
        yield ast.Name(NAMES[node.id], node.ctx)
    elif isinstance(node, ast.Attribute) and node.attr in NAMES:
        yield ast.Attribute(node.value, NAMES[node.attr], node.ctx)
    elif isinstance(node, REMOVABLE):
        yield ast.Pass()


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """(what was changed, the mutant's source) for every single change of ``source``; equal changes are numbered."""
    tree = ast.parse(source)
    seen: Counter[str] = Counter()
    places = [n for n in ast.walk(tree) if not isinstance(n, ast.Module)]
    annotated = [n for n in places if isinstance(n, (ast.arg, ast.AnnAssign)) and n.annotation]
    annotations = {id(inner) for n in annotated for inner in ast.walk(n.annotation)}
    annotations |= {id(i) for n in places if isinstance(n, ast.FunctionDef) and n.returns for i in ast.walk(n.returns)}
    lines = {id(inner): _line(statement) for statement in places if isinstance(statement, ast.stmt) for inner in ast.walk(statement)}
    for number, node in enumerate(places):
        if id(node) in annotations:
            continue
        for variant in variants(node):
            what = f"{_line(node)}  →  {_line(variant)}"
            if isinstance(node, (ast.Constant, ast.Name, ast.Attribute)):
                what += f"  in  {lines[id(node)]}"
            seen[what] += 1
            mutated = copy.deepcopy(tree)
            target = [n for n in ast.walk(mutated) if not isinstance(n, ast.Module)][number]
            changed = ast.fix_missing_locations(_Replace(target, copy.deepcopy(variant)).visit(mutated))
            yield what + (f"  (#{seen[what]})" if seen[what] > 1 else ""), ast.unparse(changed)


def _line(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split("\n")[0].split())


class _Replace(ast.NodeTransformer):
    def __init__(self, target: ast.AST, variant: ast.AST) -> None:
        self.target, self.variant = target, variant

    def visit(self, node: ast.AST) -> Any:
        return self.variant if node is self.target else self.generic_visit(node)


@contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Raise TookTooLong after ``seconds`` of this process's CPU time."""

    def stop(*_args: object) -> None:
        raise TookTooLong

    old = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, old)


def define(source: str, name: str, namespace: dict[str, Any]) -> Any:
    """The function ``name`` that ``source`` defines."""
    scope = dict(namespace)
    exec(compile(source, "<mutant>", "exec"), scope)
    return scope[name]


def survives(function: Any, exercise: dict[str, Any], seconds: float = 3.0) -> bool:
    """True where ``function`` passes every case of ``exercise``: the grader cannot tell it from a right answer."""
    try:
        with cpu_limit(seconds):
            return all(_passes(function, exercise, case) for case in exercise["cases"])
    except TookTooLong:
        return False


def _passes(function: Any, exercise: dict[str, Any], case: dict[str, Any]) -> bool:
    outcome = run_case(function, wire.decode(wire.encode(case["args"])), case.get("service"))
    if case["raises"]:
        return case["raises"] in outcome.get("raised", ())
    spec = case.get("compare") or exercise["compare"]
    return "value" in outcome and compare(spec, case["expected"], outcome["value"]) is None
