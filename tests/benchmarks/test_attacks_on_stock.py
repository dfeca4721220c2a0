"""The hostile corpus against stock nbgrader, each attack in a disposable container; run by `make bench`.

Prints the table of graders/README.md.

The stock assignment asks the same as the judge's: assertions in the notebook, hidden tests in ``### BEGIN HIDDEN TESTS`` regions, the
reference in the source folder. What comes out depends on nbgrader and on chance (races), so nothing fails here but the harness itself;
the scores of the judge (the last column) are asserted in tests/graders/attacks/.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import nbformat
import pytest

from graders.grade import Result, grade_assignment
from tests.graders import tiny_course
from tests.graders.attacks import ATTACKS, Attack
from tests.graders.attacks.attack import NAME, WRONG
from tests.graders.attacks.judging import PLANTED, active
from tests.graders.course import ROOT

TOOLS = ("bwrap", "setpriv", "prlimit")
EVE = "eve"
HONEST = Attack("honest", "Is wrong and does nothing else.", {"double": WRONG})
SCRIPT = """
timeout -k 2 30 nbgrader autograde tiny --student "$1" --Execute.timeout=4 --Execute.interrupt_on_timeout=True >/tmp/log 2>&1
echo "rc $?"
sleep 1
echo "stay $(grep -l "$2" /proc/[0-9]*/comm 2>/dev/null | wc -l)"
[ "$3" = 0 ] || timeout -k 2 30 nbgrader generate_feedback tiny --student "$1" >/dev/null 2>&1
true
"""
CHECKS = {
    "double": "assert double(21) == 42\n### BEGIN HIDDEN TESTS\nassert double(1234) == 2468\nassert double(0) == 0\n### END HIDDEN TESTS",
    "mean": "np.testing.assert_allclose(mean([1.0, 2.0]), 1.5)\n### BEGIN HIDDEN TESTS\n"
    "np.testing.assert_allclose(mean([4.0, 6.0, 2.0]), 4.0)\n"
    "try:\n    mean([])\nexcept ValueError:\n    pass\nelse:\n    assert False\n### END HIDDEN TESTS",
    "shift": "np.testing.assert_allclose(shift(np.arange(3.0)), [1, 2, 3])\n### BEGIN HIDDEN TESTS\n"
    "np.testing.assert_allclose(shift(np.zeros((3, 2))), np.ones((3, 2)))\n### END HIDDEN TESTS",
}
JUDGE_CHECKS = {f'check("{name}", {name})': name for name in CHECKS}


def stock(content: dict[str, Any], sources: dict[str, str]) -> dict[str, Any]:
    """``content``, a notebook of the judge's course, with stock nbgrader's check cells."""
    for cell in content["cells"]:
        text = cell.get("source") if isinstance(cell, dict) else None
        text = "".join(text) if isinstance(text, list) else text
        if isinstance(text, str) and text in JUDGE_CHECKS:
            cell["source"] = sources[JUDGE_CHECKS[text]]
        elif isinstance(text, str):
            cell["source"] = text.replace("\nfrom datacentric_helpers import check", "") if text.startswith("import numpy") else text
    return content


def nbgrader(course: Path, *words: str) -> None:
    """Run ``nbgrader`` on a course that no attacker has touched."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *words], cwd=course, env={**os.environ, "PATH": path},
        capture_output=True, text=True, check=False, timeout=300,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stock course: an assignment, and Ann's graded submission, of which one exercise is wrong."""
    folder = tmp_path_factory.mktemp("stock") / "course"
    made = tiny_course.make_course(folder)
    path = made / "source" / "tiny" / "tiny.ipynb"
    source = stock(json.loads(path.read_text(encoding="utf-8")), CHECKS)
    path.write_text(json.dumps(source), encoding="utf-8")
    nbgrader(made, "generate_assignment", "tiny")
    handed = tiny_course.submission(double=f"# {PLANTED}\n{tiny_course.GOOD['double']}", shift="def shift(values):\n    return 0")
    tiny_course.hand_in(made, "ann", stock(handed, released(made)))
    nbgrader(made, "autograde", "tiny")
    return made


def released(course: Path) -> dict[str, str]:
    """The check cells as learners get them: without hidden tests."""
    nb = nbformat.read(course / "release" / "tiny" / "tiny.ipynb", as_version=4)
    return {name: next(cell.source for cell in nb.cells if cell.id == f"{name}-check") for name in CHECKS}


def hand_in(course: Path, attack: Attack, sources: dict[str, str]) -> str:
    """Put the attack's submission into ``course``; returns the learner's name."""
    student = attack.student or EVE
    if attack.file:
        data = attack.file()
        with suppress(ValueError, RecursionError, KeyError, TypeError, AttributeError):  # bombs are handed in as they are
            data = json.dumps(stock(json.loads(data), sources)).encode()
    else:
        data = json.dumps(stock(tiny_course.submission(**attack.against_stock()), sources)).encode()
    path = tiny_course.hand_in(course, student, data)
    if attack.place:
        attack.place(path.parent)
    return student


def container(course: Path, home: Path, student: str, pages: bool) -> list[str]:
    """bubblewrap around stock autograde: own processes and network, a copy of the course, a home with a key, nothing else to write to.

    ``pages``: write the feedback page too.
    """
    venv, uid = Path(sys.prefix), (1 << 30) + int.from_bytes(os.urandom(3), "big")
    words = ["bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--new-session"]
    words += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--size", str(256 << 20), "--perms", "1777", "--tmpfs", "/tmp"]
    for hidden in (Path.home(), ROOT):
        words += ["--perms", "0755", "--tmpfs", str(hidden)]
    for shown in (Path(sys.base_prefix).resolve(), venv):
        above = [p for p in reversed(shown.parents) if p.is_relative_to(Path.home()) or p.is_relative_to(ROOT)]
        words += [word for p in above for word in ("--perms", "0755", "--dir", str(p))] + ["--ro-bind", str(shown), str(shown)]
    words += ["--size", str(1 << 20), "--tmpfs", "/srv", "--bind", str(course), "/srv/course"]
    words += ["--bind", str(home), "/srv/home", "--chdir", "/srv/course", "--clearenv", "--setenv", "HOME", "/srv/home", "--setenv", "PATH",
              f"{venv}/bin:/usr/bin:/bin", "--setenv", "DCAI_PLANTED", PLANTED, "--setenv", "OMP_NUM_THREADS", "1"]
    words += ["--setenv", "LANG", "C.UTF-8", "--"]
    if os.getuid() == 0:
        for folder in (course.parent, *course.parent.rglob("*")):
            os.chown(folder, uid, uid, follow_symlinks=False)
        words += ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--"]
    words += ["prlimit", "--nproc=200", f"--data={2 << 30}", f"--fsize={64 << 20}", "--core=0", "--"]
    return [*words, "bash", "-c", SCRIPT, "autograde", student, NAME, str(int(pages))]


def attacked(course: Path, attack: Attack, folder: Path) -> dict[str, Any]:
    """What stock nbgrader makes of ``attack``."""
    copy, home = folder / "course", folder / "home"
    shutil.copytree(course, copy, symlinks=True)
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "id_ed25519").write_text(PLANTED, encoding="utf-8")
    sources = released(course)
    before = sorted(str(p.relative_to(copy)) for p in copy.rglob("*"))
    student = hand_in(copy, attack, sources)
    line = container(copy, home, student, pages=attack in [*ATTACKS["files"], *ATTACKS["outputs"]])
    try:
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=120, stdin=subprocess.DEVNULL)
        lines = dict(line.split(" ", 1) for line in done.stdout.splitlines() if line.startswith(("rc ", "stay ")))
    except subprocess.TimeoutExpired:
        lines = {}
    found = {"scores": scores(copy / "gradebook.db"), "student": student, "rc": lines.get("rc", "hung"), "stay": int(lines.get("stay", 0)),
             "left": left(copy, home, student, before), "active": feedback(copy, student), "leak": leaked(copy, student)}
    print(f"{attack.name}: {in_words(attack, found)}", flush=True)
    return found


def scores(path: Path) -> dict[str, float | None]:
    """Each learner's score, None where any of the checks has none."""
    query = ("select s.student_id, g.auto_score, g.manual_score, g.extra_credit from grade g "
             "join submitted_notebook n on g.notebook_id = n.id join submitted_assignment s on n.assignment_id = s.id "
             "join base_cell b on b.id = g.cell_id where b.name != 'why'")
    try:
        with closing(sqlite3.connect(path)) as book:
            rows = book.execute(query).fetchall()
    except sqlite3.Error:  # an attack has broken it: no scores
        return {}
    found: dict[str, float | None] = {}
    for student, auto, manual, extra in rows:
        one = None if auto is None and manual is None else (auto if manual is None else manual) + (extra or 0)
        before = found.get(student, 0.0)
        found[student] = None if one is None or before is None else before + one
    return found


def left(course: Path, home: Path, student: str, before: list[str]) -> list[str]:
    """Files that the attacker made outside its own folders."""
    own = {f"{kind}/{student}" for kind in ("submitted", "autograded", "feedback")}
    new = [str(p.relative_to(course)) for p in course.rglob("*") if str(p.relative_to(course)) not in before]
    outside = [name for name in new if not any(name == o or name.startswith(f"{o}/") for o in own)]
    beside = [name for name in outside if name not in ("feedback", "gradebook.db-journal")]
    return beside + [str(p.relative_to(home)) for p in home.rglob("*evil*")]


def feedback(course: Path, student: str) -> list[str]:
    """What would run in the browser of whoever opens the feedback page."""
    path = course / "feedback" / student / "tiny" / "tiny.html"
    return active(path.read_text(encoding="utf-8")) if path.is_file() else []


def leaked(course: Path, student: str) -> bool:
    """True where the learner gets back a file with a secret in it."""
    given = [p for p in (course / "feedback" / student).rglob("*") if p.is_file() and p.suffix != ".html"]
    return any(PLANTED.encode() in p.read_bytes() for p in given)


def in_words(attack: Attack, found: dict[str, Any]) -> str:
    """One entry of the table."""
    score, ann = found["scores"].get(found["student"]), found["scores"].get("ann")
    words = ["no score" if score is None else f"**{score:g}**" if score > attack.honest else f"{score:g}"]
    words += ["hangs"] if found["rc"] in ("hung", "124", "137") else ["run fails"] if found["rc"] != "0" else []
    words += [f"Ann's score changed to {ann:g}" if ann is not None else "Ann's score lost"] if ann != 4 else []
    words += [f"{found['stay']} processes stay"] if found["stay"] else []
    words += ["files left outside"] if found["left"] else []
    words += ["script in the feedback page"] if found["active"] else []
    words += ["secrets given back"] if found["leak"] else []
    return ", ".join(words)


def judged(folder: Path) -> dict[str, Result]:
    """All attacks graded by the judge as one cohort: each attack's result by its name."""
    course = tiny_course.make_course(folder / "course")
    tiny_course.hand_in(course, "ann", tiny_course.submission())
    cohort = {attack.student or f"{theme}-{i:03}": attack for theme, group in ATTACKS.items() for i, attack in enumerate(group)}
    for student, attack in cohort.items():
        path = tiny_course.hand_in(course, student, attack.submitted())
        if attack.place:
            attack.place(path.parent)
    found = grade_assignment(tiny_course.ASSIGNMENT, course, limits=tiny_course.LIMITS, loader=tiny_course.LOADER)
    assert len(found) == len(cohort) + 1
    return {cohort[result.student].name: result for result in found if result.student != "ann"}


@pytest.fixture(scope="module")
def table(course: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Any]]]:
    """All attacks' results by name; the table is printed at the end."""
    worth = [attack for group in ATTACKS.values() for attack in group if attack.stock is not None]
    with ThreadPoolExecutor(2) as pool:
        made = {attack.name: pool.submit(attacked, course, attack, tmp_path_factory.mktemp("c")) for attack in worth}
        found = {name: future.result() for name, future in made.items()}
    assert attacked(course, HONEST, tmp_path_factory.mktemp("c"))["scores"] == {"ann": 4.0, "eve": 4.0}, "the harness broke on the way"
    ours = judged(tmp_path_factory.mktemp("judged"))
    yield found
    print(f"\n\nnbgrader {importlib.metadata.version('nbgrader')}; 6 points to be had; **bold**: more than its answers earn\n")
    print("| attack | tries | honest | stock nbgrader | judge |\n|---|---|---|---|---|")
    for attack in (attack for group in ATTACKS.values() for attack in group):
        told = in_words(attack, found[attack.name]) if attack.name in found else "–"
        score = ours[attack.name].score
        shown = f"**{score:g}**" if score > attack.honest else f"{score:g}"
        print(f"| {attack.name} | {attack.tries} | {attack.honest:g} | {told} | {shown} |")


@pytest.mark.skipif(any(shutil.which(tool) is None for tool in TOOLS), reason=f"needs {', '.join(TOOLS)}")
def test_an_honest_wrong_submission_gets_its_points_from_stock(course: Path, tmp_path: Path) -> None:
    assert attacked(course, HONEST, tmp_path / "c")["scores"] == {"ann": 4.0, "eve": 4.0}


@pytest.mark.skipif(any(shutil.which(tool) is None for tool in TOOLS), reason=f"needs {', '.join(TOOLS)}")
def test_attacks_on_stock_nbgrader(table: dict[str, dict[str, Any]]) -> None:
    assert len(table) >= 40
    known = {"AST transformer", "input transformer", "forged execute_reply", "equal to everything", "skip-execution"}
    assert all(table[name]["scores"].get(EVE) == 6 for name in known), "these are known to work: the harness must be broken"
