"""Attempts by the file itself: check cells deleted, copied, edited, moved; forged metadata; bombs of JSON."""

from __future__ import annotations

import json
from typing import Any

from tests.graders.attacks.attack import WRONG, Attack, edited

__all__ = ["ATTACKS"]

Content = dict[str, Any]


def _at(content: Content, name: str) -> dict[str, Any]:
    """The cell with the id ``name``."""
    found: dict[str, Any] = next(cell for cell in content["cells"] if cell["id"] == name)
    return found


def _mark(content: Content, name: str = "double-check") -> dict[str, Any]:
    mark: dict[str, Any] = _at(content, name)["metadata"]["nbgrader"]
    return mark


def _delete(content: Content) -> None:
    content["cells"] = [cell for cell in content["cells"] if cell["id"] != "double-check"]


def _copies(content: Content) -> None:
    content["cells"] += [{**_at(content, "mean-check"), "id": f"copy-{i}"} for i in range(9)]


def _edit(content: Content) -> None:
    _at(content, "double-check")["source"] = "2.0"


def _reorder(content: Content) -> None:
    content["cells"].reverse()


def _points(content: Content) -> None:
    for name in ("double", "mean", "shift"):
        _mark(content, f"{name}-check")["points"] = 100
        _mark(content, f"{name}-solution").update(grade=True, points=100)


def _swap(content: Content) -> None:
    _mark(content, "double-check")["grade_id"], _mark(content, "mean-check")["grade_id"] = "mean-check", "double-check"
    _at(content, "double-check")["id"], _at(content, "mean-check")["id"] = "mean-check", "double-check"


def _rename(content: Content) -> None:
    _mark(content)["grade_id"] = _mark(content, "mean-solution")["grade_id"]


def _ungraded(content: Content) -> None:
    _mark(content).update(grade=False, locked=False, solution=True)


def _prose(content: Content) -> None:
    _at(content, "double-check")["cell_type"] = "markdown"


def _skipped(content: Content) -> None:
    for cell in content["cells"]:
        if cell["id"] == "double-check":
            cell["metadata"]["tags"] = ["skip-execution", "raises-exception", "nbval-skip", "remove-cell"]


def _two_solutions(content: Content) -> None:
    content["cells"].append({**_at(content, "double-solution"), "id": "again", "source": WRONG})


def _kernel(content: Content) -> None:
    content["metadata"]["kernelspec"] = {"name": "../../evil", "display_name": "bash", "language": "bash"}
    content["metadata"]["language_info"] = {"name": "bash", "codemirror_mode": [[[]]]}


def _forged_verdict(content: Content) -> None:
    content["metadata"]["dcai"] = {"language": "en", "verdict": "0" * 64, "points": 6, "sandbox": "none"}
    content["metadata"]["nbgrader"] = {"score": 6, "points": 6}


def _escapes(content: Content) -> None:
    content["nbformat"] = "\x1b[2J\x1b]0;[/x]"
    content["cells"].append({"cell_type": "markdown", "source": "\x1b[2J\x9b2J[bold]", "metadata": {"nbgrader": {"grade_id": "\x1b[2J"}}})


def _types(content: Content) -> None:
    wrong: list[Any] = [None, 7, [], {}, {"cell_type": 7}, {"cell_type": "code"}, {"cell_type": "code", "source": {"a": 1}, "metadata": []}]
    content["cells"] += [*wrong, {"cell_type": "code", "source": "\ud800 = 1", "id": ["x"], "metadata": {"nbgrader": [1]}}]
    content["metadata"] = [content["metadata"]]


def _many_cells(content: Content) -> None:
    content["cells"] += [{"cell_type": "code", "source": "1", "metadata": {}, "outputs": []}] * 100_000


NESTED = edited(lambda content: content["cells"][0]["metadata"].update(deep="HERE"))


def _nested() -> bytes:
    return NESTED().replace(b'"HERE"', b"[" * 5_000_000 + b"]" * 5_000_000)


def _flat() -> bytes:
    return NESTED().replace(b'"HERE"', b"[" + b"{}," * 10_000_000 + b"0]")


def _digits() -> bytes:
    return NESTED().replace(b'"HERE"', b"9" * 20_000_000)


ATTACKS = [
    Attack("check cell deleted", "Deletes the check of its wrong solution.", file=edited(_delete)),
    Attack("check cell copied", "Copies a check that it passes nine times.", file=edited(_copies)),
    Attack("check cell edited", "Replaces the check by 2.0.", file=edited(_edit)),
    Attack("cells reversed", "Turns the order of all cells round.", file=edited(_reorder)),
    Attack("points raised", "Gives itself 100 points a check and a solution.", file=edited(_points)),
    Attack("names swapped", "Swaps the names of a check that it fails and one that it passes.", file=edited(_swap)),
    Attack("name taken", "Gives a check the name of another cell.", file=edited(_rename)),
    Attack("check marked as solution", "Marks the check as a solution that is not graded.", file=edited(_ungraded)),
    Attack("check as prose", "Turns the check into Markdown, which runs nothing.", file=edited(_prose)),
    Attack("skip-execution", "Tags the check so that nbclient leaves it out.", file=edited(_skipped)),
    Attack("two solutions", "Hands in a right and, after all checks, a wrong solution.",
           file=edited(_two_solutions, double="def double(x):\n    return 2 * x")),
    Attack("kernel of its own", "Names another kernel.", file=edited(_kernel)),
    Attack("verdict in the metadata", "Writes verdict, score and key into the metadata.", file=edited(_forged_verdict)),
    Attack("terminal escapes", "Escapes and markup in what the grader prints about the file.", file=edited(_escapes)),
    Attack("wrong types", "Cells, ids, sources and metadata of every wrong type, lone surrogates.", file=edited(_types)),
    Attack("100,000 cells", "Appends 100,000 cells.", file=edited(_many_cells)),
    Attack("nested JSON", "Ten megabytes of brackets, each in the other.", honest=0.0, file=_nested),
    Attack("swelling JSON", "Thirty megabytes that become a gigabyte when read.", honest=0.0, file=_flat),
    Attack("endless number", "A number of twenty million digits.", honest=0.0, file=_digits),
    Attack("not UTF-8", "A notebook in UTF-16.", honest=0.0, file=lambda: json.dumps({"cells": []}).encode("utf-16")),
]
