"""The assignments that speed is measured on, once for this judge and once for stock nbgrader, with the same work in both.

``bench``: 19 submissions, 5 solution cells, 8 check cells, NumPy, pandas, scikit-learn and PyTorch, about 0.2 s of work each.
``heavy``: 8 submissions, about 5 s of work each, most of it in the notebooks' own cells. ``DCAI_BENCH_LEARNERS`` makes the cohorts smaller.

Every check has 3 public and 2 hidden cases. In our edition the hidden ones are drawn for each learner and live outside the notebook;
in stock's, ``assert`` statements compare with values of the same size from a file beside the notebook, the hidden ones in a hidden test.
"""

from __future__ import annotations

import inspect
import json
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import psutil
import torch
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

__all__ = [
    "COHORT", "HEAVY_COHORT", "LOADER", "ROOT", "Measured", "cases", "code_cells", "load", "make_heavy_course", "make_our_course",
    "make_stock_course", "measured", "solutions", "stock_tests", "table",
]

ROOT = Path(__file__).resolve().parents[2]
LOADER = "tests.benchmarks.bench_course.load"
COHORT = [f"learner{number:02}" for number in range(int(os.environ.get("DCAI_BENCH_LEARNERS", "19")))]
HEAVY_COHORT = COHORT[:8]
IMPORTS = """import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict"""


def standardize(X):
    """Columns with mean 0 and standard deviation 1."""
    X = np.asarray(X)
    return (X - X.mean(axis=0)) / X.std(axis=0)


def cosine(X):
    """Cosine similarity of all pairs of rows."""
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    return unit @ unit.T


def summarise(table):
    """Mean value by group."""
    means = pd.DataFrame(table).groupby("group")["value"].mean()
    return {str(group): float(mean) for group, mean in means.items()}


def majority(table):
    """The commonest label of each item, the first in the alphabet where there are several."""
    counts = pd.DataFrame(table).groupby(["item", "label"]).size().reset_index(name="n")
    best = counts.sort_values(["item", "n", "label"], ascending=[True, False, True]).drop_duplicates("item")
    return dict(zip(best["item"].tolist(), best["label"].tolist(), strict=True))


def fit_predict(X, y, new):
    """Probability of class 1 for new rows."""
    return LogisticRegression().fit(X, y).predict_proba(new)[:, 1]


def out_of_sample(X, y):
    """Probability of class 1 for every row, by a model that has not seen it."""
    return cross_val_predict(LogisticRegression(), X, y, cv=20, method="predict_proba")[:, 1]


def loss(logits, labels):
    """Mean cross-entropy."""
    return float(torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(labels)))


def train(X, y):
    """Weights of a linear model after 160 steps."""
    model = torch.nn.Linear(X.shape[1], 1, bias=False, dtype=torch.float64)
    torch.nn.init.zeros_(model.weight)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _step in range(160):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(model(torch.tensor(X))[:, 0], torch.tensor(y)).backward()
        optimizer.step()
    return model.weight.detach().numpy()[0]


CELLS = [[standardize, cosine], [summarise, majority], [fit_predict], [out_of_sample], [loss, train]]
FUNCTIONS: list[Callable[..., Any]] = [function for cell in CELLS for function in cell]
MISTAKES = {"standardize": "You divided by the variance.", "summarise": "You added up.", "loss": "You did not average."}


def variance(X):
    """A known mistake of ``standardize``."""
    return (X - X.mean(axis=0)) / X.var(axis=0)


def sums(table):
    """A known mistake of ``summarise``."""
    return {str(group): float(total) for group, total in pd.DataFrame(table).groupby("group")["value"].sum().items()}


def summed(logits, labels):
    """A known mistake of ``loss``."""
    return float(torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(labels), reduction="sum"))


WRONG = {"standardize": variance, "summarise": sums, "loss": summed}


def draw(name: str, rng: np.random.Generator) -> tuple[Any, ...]:
    """Arguments for one case of the exercise ``name``."""
    X = rng.normal(size=(150, 8))
    y = (X[:, 0] + rng.normal(size=150) > 0).astype(int)
    rows = 600
    group = [f"g{number}" for number in rng.integers(0, 12, rows)]
    votes = {"item": rng.integers(0, 60, rows).tolist(), "label": [str(label) for label in rng.choice(list("abc"), rows)]}
    return {
        "standardize": lambda: (X,), "cosine": lambda: (X[:60],),
        "summarise": lambda: ({"group": group, "value": rng.random(rows).tolist()},), "majority": lambda: (votes,),
        "fit_predict": lambda: (X[:100], y[:100], X[100:]), "out_of_sample": lambda: (X, y),
        "loss": lambda: (rng.normal(size=(150, 4)), rng.integers(0, 4, 150)), "train": lambda: (X, X @ rng.normal(size=8)),
    }[name]()


def cases(name: str, seed: int, count: int) -> list[Case]:
    """``count`` cases of one exercise."""
    rng = np.random.default_rng([seed, *name.encode()])
    return [Case(f"property {number % 3 + 1}", draw(name, rng)) for number in range(count)]


def load(assignment: str) -> dict[str, Exercise]:
    """The loader that the judge is given. ``heavy`` checks two of the eight functions."""
    functions = [standardize, train] if assignment == "heavy" else FUNCTIONS
    return {function.__name__: _exercise(function) for function in functions}


def _exercise(function: Callable[..., Any]) -> Exercise:
    name = function.__name__

    def hidden(rng: np.random.Generator) -> Iterator[Case]:
        yield from cases(name, int(rng.integers(1 << 32)), 2)

    made = Exercise(name, name, 2, 1, ("Look at the lecture.",), close(), function, tuple(cases(name, 0, 3)), hidden)
    if name in MISTAKES:
        made.wrong(MISTAKES[name], share=0.0)(WRONG[name])
    return made


def solutions(student: str) -> dict[str, str]:
    """The source of every function as ``student`` wrote it: every third has one of them wrong."""
    number, names = COHORT.index(student), list(WRONG)
    wrong = names[number // 3 % len(names)] if number % 3 == 2 else ""
    return {f.__name__: _source(WRONG[wrong], wrong) if f.__name__ == wrong else _source(f, f.__name__) for f in FUNCTIONS}


def _source(function: Callable[..., Any], name: str) -> str:
    return inspect.getsource(function).replace(f"def {function.__name__}(", f"def {name}(", 1).rstrip()


def _mark(grade_id: str, points: int = 0) -> dict[str, Any]:
    graded = points > 0
    mark = {"grade_id": grade_id, "grade": graded, "locked": graded, "solution": not graded, "schema_version": 3, "task": False}
    return {"nbgrader": {**mark, **({"points": points} if graded else {})}}


def notebook(check: Callable[[str], str], imports: str, texts: dict[str, str], markers: bool) -> NotebookNode:
    """The assignment; ``check(name)`` is the source of a check cell, ``texts`` what stands in the solution cells."""
    cells = [new_markdown_cell("# Benchmark", id="intro"), new_code_cell(f"{IMPORTS}\n{imports}", id="imports")]
    for number, functions in enumerate(CELLS):
        source = "\n\n\n".join(texts[f.__name__] for f in functions)
        source = f"### BEGIN SOLUTION\n{source}\n### END SOLUTION" if markers else source
        cells.append(new_code_cell(source, id=f"solution-{number}", metadata=_mark(f"solution-{number}")))
        cells += [new_code_cell(check(f.__name__), id=f"{f.__name__}-check", metadata=_mark(f"{f.__name__}-check", 2)) for f in functions]
    return _with_kernel(cells)


def _with_kernel(cells: list[NotebookNode]) -> NotebookNode:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def our_check(name: str) -> str:
    """A check cell of this course."""
    return f'check("{name}", {name})'


def stock_tests(name: str, hidden: bool = True) -> str:
    """An autograder-test cell of stock nbgrader: the same number of comparisons with values of the same size."""
    lines = [f'tests = CASES["{name}"]', *(f"same({name}(*tests[{n}][0]), tests[{n}][1])" for n in range(3))]
    if hidden:
        lines += ["### BEGIN HIDDEN TESTS", *(f"same({name}(*tests[{n}][0]), tests[{n}][1])" for n in (3, 4)), "### END HIDDEN TESTS"]
    return "\n".join(lines)


STOCK_IMPORTS = '''import pickle

with open("cases.pkl", "rb") as file:
    CASES = pickle.load(file)


def same(got, due):
    if isinstance(due, dict):
        assert set(got) == set(due)
        got, due = [got[key] for key in due], list(due.values())
    if isinstance(due, list) and isinstance(due[0], str):
        assert got == due
    else:
        np.testing.assert_allclose(got, due, rtol=1e-6, atol=1e-9)'''


def make_our_course(folder: Path, students: list[str] = COHORT) -> Path:
    """A course directory with the assignment ``bench`` in our edition and its submissions."""
    imports = "from datacentric_helpers import check"
    return _course(folder, "bench", students, lambda texts, markers: notebook(our_check, imports, texts, markers))


def make_stock_course(folder: Path, students: list[str] = COHORT) -> Path:
    """The same for stock nbgrader, with ``cases.pkl`` beside the notebook and no configuration but nbgrader's own."""
    _course(folder, "bench", students, lambda texts, markers: notebook(lambda n: stock_tests(n, markers), STOCK_IMPORTS, texts, markers))
    values = {f.__name__: [(case.args, f(*case.args)) for case in cases(f.__name__, 0, 5)] for f in FUNCTIONS}
    for path in [folder / "source" / "bench", *(folder / "submitted" / s / "bench" for s in students)]:
        (path / "cases.pkl").write_bytes(pickle.dumps(values))
    (folder / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")
    return folder


HEAVY_WORK = [
    "rng = np.random.default_rng(0)\nX = rng.normal(size=(4000, 60))\nfor _turn in range(240):\n    np.linalg.svd(X, full_matrices=False)",
    "y = (X[:, 0] + rng.normal(size=4000) > 0).astype(int)\nRandomForestClassifier(260, random_state=0).fit(X[:2000, :20], y[:2000])",
    "probabilities = cross_val_predict(RandomForestClassifier(100, random_state=0), X[:1500, :20], y[:1500], cv=4, method='predict_proba')",
]


def make_heavy_course(folder: Path, students: list[str] = HEAVY_COHORT) -> Path:
    """A course directory with the assignment ``heavy``: three cells of NumPy and scikit-learn work, two cheap checks."""

    def made(texts: dict[str, str], markers: bool) -> NotebookNode:
        imports = f"{IMPORTS}\nfrom sklearn.ensemble import RandomForestClassifier\nfrom datacentric_helpers import check"
        cells = [new_code_cell(imports, id="imports")]
        for n, source in enumerate([*HEAVY_WORK, texts["standardize"], texts["train"]]):
            source = f"### BEGIN SOLUTION\n{source}\n### END SOLUTION" if markers else source
            cells.append(new_code_cell(source, id=f"work-{n}", metadata=_mark(f"work-{n}")))
        cells += [new_code_cell(our_check(n), id=f"{n}-check", metadata=_mark(f"{n}-check", 2)) for n in ("standardize", "train")]
        return _with_kernel(cells)

    return _course(folder, "heavy", students, made)


def _course(folder: Path, name: str, students: list[str], made: Callable[[dict[str, str], bool], NotebookNode]) -> Path:
    right = {f.__name__: _source(f, f.__name__) for f in FUNCTIONS}
    files = {folder / "source" / name / f"{name}.ipynb": made(right, True)}
    files |= {folder / "submitted" / s / name / f"{name}.ipynb": made(solutions(s), False) for s in students}
    for path, nb in files.items():
        path.parent.mkdir(parents=True)
        nbformat.write(nb, path)
    return folder


def code_cells(path: Path) -> list[str]:
    """The code of a submission without its check cells."""
    cells = nbformat.read(path, as_version=4).cells
    return [c.source for c in cells if c.cell_type == "code" and not c.metadata.get("nbgrader", {}).get("grade")]


@dataclass(frozen=True)
class Measured:
    """Wall seconds of a command, and processor seconds of it and of all processes that it started."""

    wall: float
    cpu: float


def measured(line: list[Any], folder: Path = ROOT, environment: dict[str, str] | None = None, log: Path | None = None) -> Measured:
    """Run ``line`` in ``folder`` and measure it. Raises RuntimeError with its last words where it fails."""
    log = log or ROOT / "build" / "bench" / "last.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    from tests.graders.kills import offspring_found  # not at the top: the grader imports this module

    mine = {child.pid for child in psutil.Process().children()}
    with log.open("w", encoding="utf-8") as file, offspring_found():
        process = subprocess.Popen([*map(str, line)], cwd=folder, env=environment, stdout=file, stderr=file, stdin=subprocess.DEVNULL)
        _pid, status, used = os.wait4(process.pid, 0)
        wall, orphans = time.perf_counter() - started, orphans_cpu(mine)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{line[:4]} ended with {process.returncode}: {log.read_text(encoding='utf-8')[-3000:]}")
    return Measured(wall, used.ru_utime + used.ru_stime + orphans)


def orphans_cpu(mine: set[int]) -> float:
    """Processor seconds of processes whose parent ended before them; waits up to 10 seconds for their own end."""
    total, end = 0.0, time.monotonic() + 10
    while (left := {child.pid for child in psutil.Process().children()} - mine) and time.monotonic() < end:
        for pid in left:
            ended, _status, used = os.wait4(pid, os.WNOHANG)
            total += used.ru_utime + used.ru_stime if ended else 0.0
        time.sleep(0.01)
    return total


def table(name: str, lines: list[str]) -> None:
    """Print a markdown table and keep it in ``build/bench``."""
    text = "\n".join(lines)
    path = ROOT / "build" / "bench" / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")
    print(f"\n\n{text}\n")


def bare(course: Path, name: str) -> dict[str, float]:
    """Seconds that each submission's own code takes in this process, everything imported: its cells, then 5 cases a function."""
    warm = {f.__name__: [(case.args, f(*case.args)) for case in cases(f.__name__, 0, 5)] for f in FUNCTIONS}
    checked = load(name)
    seconds = {}
    for path in sorted(course.glob(f"submitted/*/{name}/{name}.ipynb")):
        sources, space = code_cells(path), dict[str, Any]()
        started = time.perf_counter()
        for source in sources:
            exec(source, space)  # trusted here: this module wrote it
        for function in checked:
            for args, _due in warm[function]:
                space[function](*args)
        seconds[path.parent.parent.name] = time.perf_counter() - started
    return seconds


if __name__ == "__main__":  # python -m tests.benchmarks.bench_course COURSE ASSIGNMENT
    print(json.dumps(bare(Path(sys.argv[1]), sys.argv[2])))
