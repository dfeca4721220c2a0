"""A cohort: verdicts kept, runs continued, gradebook and feedback written by nbgrader, from the judge's points."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook

from graders import grade, pool, record
from graders.grade import GradeError, Result, grade_assignment
from graders.journal import Journal
from graders.judge import CheckResult, JudgeError, Verdict
from graders.store import VerdictStore, secret_of, seed
from tests.graders.tiny_course import ASSIGNMENT, LIMITS, LOADER, hand_in, job, make_course, raw, submission

ROOT = Path(__file__).resolve().parents[2]
SQUARES = "def double(x):\n    return x * x"
COHORT = {
    "ann": submission(),
    "bob": submission("ko", double=SQUARES),
    "cat": b"not a notebook",
    "dan": submission(mean="def mean(v):\n    return 0"),
}
COHORT["dan"]["cells"].append({"cell_type": "markdown", "source": "mine <script>alert(7)</script>", "metadata": {}})  # type: ignore[index]
DUE = {"ann": 6.0, "bob": 5.0, "cat": 0.0, "dan": 4.0}


class Inline(Executor):
    """Runs each job at once, in this process."""

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The result, already there."""
        future: Future[Any] = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def run(course: Path, executor: Executor | None = None, **settings: Any) -> dict[str, Result]:
    found = grade_assignment(ASSIGNMENT, course, executor=executor, limits=LIMITS, loader=LOADER, **settings)
    return {result.student: result for result in found}


def scores(course: Path) -> dict[str, float]:
    with record._quiet(), Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        return {s.student.id: s.auto_score if hasattr(s, "auto_score") else s.score for s in gradebook.assignment_submissions(ASSIGNMENT)}


def nbgrader(course: Path, *commands: str) -> None:
    """Stock nbgrader's commands, one after the other in a process of its own, as run inside the course folder."""
    program = (
        "import sys\nfrom nbgrader.apps.nbgraderapp import NbGraderApp\nfor words in sys.argv[1:]:\n"
        "    NbGraderApp.launch_instance(argv=words.split())\n    NbGraderApp.clear_instance()\n"
    )
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    python_path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", program, *commands], cwd=course, capture_output=True, text=True, timeout=300, check=False,
        env={**os.environ, "PATH": path, "PYTHONPATH": python_path, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Result], list[tuple[int, int]]]:
    """A cohort of four, graded by two processes with the course's real configuration file."""
    from graders.judge import available

    if not available()[0]:
        pytest.skip(available()[1])
    course = make_course(tmp_path_factory.mktemp("cohort") / "labs")
    shutil.copy(ROOT / "labs" / "nbgrader_config.py", course)
    for student, content in COHORT.items():
        hand_in(course, student, content)
    (course / "submitted" / "ann" / ASSIGNMENT / "timestamp.txt").write_text("2026-03-02 18:00:00 UTC", encoding="utf-8")
    progress: list[tuple[int, int]] = []
    return course, run(course, progress=lambda done, total: progress.append((done, total))), progress


def test_every_learner_gets_what_is_due(graded: Any) -> None:
    _course, results, progress = graded
    assert {name: r.score for name, r in results.items()} == DUE
    assert all(r.recorded and not r.reused and r.sandbox == "bubblewrap" for r in results.values())
    assert [step for step in dict.fromkeys(progress) if step[0]] == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_the_broken_one_is_named(graded: Any) -> None:
    assert "not JSON" in graded[1]["cat"].problems[0]


def test_the_gradebook_holds_the_verdicts_points(graded: Any) -> None:
    assert scores(graded[0]) == DUE


def test_time_stamps_reach_the_gradebook(graded: Any) -> None:
    with record._quiet(), Gradebook(f"sqlite:///{graded[0] / 'gradebook.db'}") as gradebook:
        assert str(gradebook.find_submission(ASSIGNMENT, "ann").timestamp) == "2026-03-02 18:00:00"


def test_the_submitted_files_are_untouched(graded: Any) -> None:
    for student, content in COHORT.items():
        path = graded[0] / "submitted" / student / ASSIGNMENT / "tiny.ipynb"
        assert path.read_bytes() == (content if isinstance(content, bytes) else raw(content))


def test_no_solution_of_the_instructors_is_in_any_autograded_notebook(graded: Any) -> None:
    written = list((graded[0] / "autograded").rglob("*.ipynb"))
    assert len(written) == 4
    assert not any("SECRETSOLUTION" in path.read_text(encoding="utf-8") for path in written)


def test_grading_again_is_free(graded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record.Autograde, "start", lambda converter: pytest.fail("recorded again"))
    again = run(graded[0])
    assert {name: r.score for name, r in again.items()} == DUE
    assert all(r.reused for r in again.values())


def test_feedback_shows_the_report_in_the_learners_language(graded: Any) -> None:
    nbgrader(graded[0], f"generate_feedback {ASSIGNMENT}")
    page = (graded[0] / "feedback" / "dan" / ASSIGNMENT / "tiny.html").read_text(encoding="utf-8")
    assert "Mean: 0 of 2 points" in page
    assert "mean of numbers" in page
    assert "mine" in page
    assert "<script>alert(7)" not in page
    korean = nbformat.read(graded[0] / "autograded" / "bob" / ASSIGNMENT / "tiny.ipynb", 4)
    assert korean.metadata["dcai"]["language"] == "ko"


def test_stock_autograde_and_export_give_the_same_scores(graded: Any, tmp_path: Path) -> None:
    """formgrader's button and ``nbgrader autograde`` judge in the sandbox too: here with nothing judged before."""
    course = make_course(tmp_path / "labs")
    settings = (ROOT / "labs" / "nbgrader_config.py").read_text(encoding="utf-8")
    (course / "nbgrader_config.py").write_text(f'{settings}\nc.RecordVerdict.loader = "{LOADER}"\n', encoding="utf-8")
    for student in ("bob", "cat"):
        hand_in(course, student, COHORT[student])
    nbgrader(course, f"generate_assignment {ASSIGNMENT}", f"autograde {ASSIGNMENT}", "export")
    assert scores(course) == {name: DUE[name] for name in ("bob", "cat")}
    assert "bob" in (course / "grades.csv").read_text(encoding="utf-8")
    released = (course / "release" / ASSIGNMENT / "tiny.ipynb").read_text(encoding="utf-8")
    assert "SECRETSOLUTION" not in released
    assert "raise NotImplementedError" in released


def test_archives_of_learners_are_collected_by_stock_zip_collect(tmp_path: Path) -> None:
    course = make_course(tmp_path / "labs")
    shutil.copy(ROOT / "labs" / "nbgrader_config.py", course)
    archives = course / "downloaded" / ASSIGNMENT / "archive"
    archives.mkdir(parents=True)
    names = {
        f"{ASSIGNMENT}__ann.lee-7__2026-03-02-18-05-09.zip": "tiny.ipynb",
        f"{ASSIGNMENT}__ann.lee-7__2026-03-01-08-00-00.zip": f"{ASSIGNMENT}/ann.lee-7/tiny.ipynb",
        f"12345_late_{ASSIGNMENT}__김민수__2026-03-02-09-00-00 (1).zip": "tiny.ipynb",
    }
    for archive, inside in names.items():
        with zipfile.ZipFile(archives / archive, "w") as file:
            file.writestr(inside, archive)
    nbgrader(course, f"zip_collect {ASSIGNMENT}")
    ann = course / "submitted" / "ann.lee-7" / ASSIGNMENT
    assert "2026-03-02" in (ann / "tiny.ipynb").read_text(encoding="utf-8"), "the latest archive counts"
    assert (ann / "timestamp.txt").read_text(encoding="utf-8").startswith("2026-03-02 18:05:09")
    assert (course / "submitted" / "김민수" / ASSIGNMENT / "tiny.ipynb").is_file()


def fake(points: float = 2.0) -> Verdict:
    """A verdict that no kernel was needed for."""
    return Verdict("en", "bubblewrap", (CheckResult("double-check", "double", 1.0, points, 2.0, "fine\n"),))


@contextmanager
def instant(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Judging takes no kernel; yields the names of those judged."""
    judged: list[str] = []
    monkeypatch.setattr(pool, "judge_here", lambda work: (judged.append(work.student), fake())[1])
    without_records(monkeypatch)
    yield judged


def without_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """No sandbox is looked for, no gradebook written."""

    class Nowhere:
        def record(self, *result: Any) -> None:
            """Written nowhere."""

    monkeypatch.setattr(grade, "available", lambda: (True, ""))
    monkeypatch.setattr(grade, "_recorder", lambda run: nullcontext(Nowhere()))


def test_an_interrupted_run_goes_on_where_it_stopped(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abcdefghijkl":
        hand_in(course, name, submission())

    def press_ctrl_c(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with instant(monkeypatch) as judged:
        with pytest.raises(KeyboardInterrupt):
            run(course, Inline(), progress=press_ctrl_c)
        kept = len(list((course / "verdicts" / ASSIGNMENT).glob("*.json")))
        assert kept == len(judged) >= 3, "all that was judged is kept"
        judged.clear()
        results = run(course, Inline())
    assert (len(results), len(judged)) == (12, 12 - kept)


def test_resume_takes_what_is_recorded_as_done_and_only_failed_takes_the_rest(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "ab":
        hand_in(course, name, submission())
    with instant(monkeypatch) as judged:
        run(course, Inline(), students=["a"])
        hand_in(course, "a", submission(double=SQUARES))
        assert run(course, Inline(), resume=True).keys() == {"a", "b"}
        assert judged == ["a", "b"]
        monkeypatch.setattr(pool, "judge_here", fails)
        assert "run again" in run(course, Inline())["a"].problems[0]
    with instant(monkeypatch) as judged:
        assert run(course, Inline(), only_failed=True).keys() == {"a"}
        assert run(course, Inline(), only_failed=True) == {}


def fails(work: Any) -> Verdict:
    raise JudgeError("no kernel came up")


@pytest.mark.parametrize("cut", ["update_or_create_grade_cell", "update_or_create_solution_cell", "update_or_create_source_cell"])
def test_an_assignment_that_nbgrader_knows_in_part_is_completed(cut: str, course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """nbgrader commits the cells one by one: killed between them, it would refuse every submission from then on."""
    hand_in(course, "ann", submission())
    monkeypatch.setattr(grade, "available", lambda: (True, ""))
    monkeypatch.setattr(pool, "judge_here", lambda work: fake())
    real, made = getattr(Gradebook, cut), []

    def interrupted(*words: Any, **named: Any) -> Any:
        made.append(real(*words, **named) if not made else 1 / 0)
        return made[-1]

    with monkeypatch.context() as broken:
        broken.setattr(Gradebook, cut, interrupted)
        with pytest.raises(GradeError):
            run(course, Inline())
    assert len(made) == 1
    assert run(course, Inline())["ann"].recorded


def test_since_takes_what_was_handed_in_later(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, stamp in {"early": "2026-03-01 10:00:00 UTC", "late": "2026-03-02 10:00:00 UTC"}.items():
        hand_in(course, name, submission()).with_name("timestamp.txt").write_text(stamp, encoding="utf-8")
    os.utime(hand_in(course, "old", submission()), (0, 0))
    with instant(monkeypatch):
        assert run(course, Inline(), since=datetime(2026, 3, 2, tzinfo=UTC)).keys() == {"late"}


def test_a_journal_that_was_cut_off_goes_on_in_a_new_line(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_in(course, "ann", submission())
    with instant(monkeypatch):
        run(course, Inline())
        path = course / "verdicts" / ASSIGNMENT / "journal.jsonl"
        path.write_text(path.read_text(encoding="utf-8")[:40], encoding="utf-8")
        run(course, Inline())
    assert Journal(course, ASSIGNMENT).last["ann"].recorded


@pytest.mark.parametrize(
    "spoil",
    [lambda text: text.replace('"points": 2.0', '"points": 2.5'), lambda text: text[: len(text) // 2], lambda text: "[]"],
    ids=["edited", "cut off", "emptied"],
)
def test_a_spoiled_verdict_file_is_set_aside_and_judged_again(spoil: Any, course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_in(course, "ann", submission())
    with instant(monkeypatch) as judged:
        run(course, Inline())
        (path,) = (course / "verdicts" / ASSIGNMENT).glob("*.json")
        path.write_text(spoil(path.read_text(encoding="utf-8")), encoding="utf-8")
        results = run(course, Inline())
    assert judged == ["ann", "ann"]
    assert results["ann"].score == 2
    assert len(list(path.parent.glob("*.spoiled"))) == 1


def test_a_changed_submission_course_limit_or_protection_is_judged_anew(tmp_path: Path) -> None:
    first = job(tmp_path, submission()).key
    assert first == job(tmp_path, submission()).key
    others = [
        job(tmp_path, submission("ko")), job(tmp_path, submission(), "bob"), job(tmp_path, submission(), no_sandbox=True),
        job(tmp_path, submission(), limits=replace(LIMITS, cell_seconds=5)), job(tmp_path, submission(), secret=b"other" * 7),
    ]
    keys = {first, *(other.key for other in others)}
    source = tmp_path / "tiny.ipynb"
    source.write_text(source.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert len(keys | {job(tmp_path, submission()).key}) == 7


def test_a_second_run_on_the_same_course_is_refused(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_in(course, "ann", submission())
    with instant(monkeypatch), grade._alone(course), pytest.raises(GradeError, match=f"process {os.getpid()}"):
        run(course, Inline())


def test_a_submission_that_kills_its_judge_does_not_stop_the_others(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pool breaks with it; those under way are judged again one at a time, the rest by new workers, and only the culprit is not."""
    for name in ("ann", "bad", *"cdefghij"):
        hand_in(course, name, submission())
    without_records(monkeypatch)
    monkeypatch.setattr(pool, "judge_here", lethal)
    results = run(course, jobs=2)
    assert "run again" in results.pop("bad").problems[0]
    assert {result.score for result in results.values()} == {2}


def lethal(work: Any) -> Verdict:
    """The worker dies of one submission."""
    if work.student == "bad":
        os.kill(os.getpid(), signal.SIGKILL)
    return fake()


def test_unprotected_runs_must_be_asked_for(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_in(course, "ann", submission())
    monkeypatch.setattr(grade, "available", lambda: (False, "there is none"))
    with pytest.raises(GradeError, match=r"there is none.*--no-sandbox"):
        run(course)


@pytest.mark.parametrize(
    ("assignment", "students", "jobs", "message"),
    [
        ("nope", None, 1, "must stand there"), (ASSIGNMENT, ["zoe"], 1, "zoe"),
        (ASSIGNMENT, None, 1, "no submissions"), (ASSIGNMENT, None, 0, "at least 1"),
    ],
)
def test_what_cannot_be_graded_is_said_before_anything_runs(assignment: str, students: Any, jobs: int, message: str, course: Path) -> None:
    with pytest.raises(GradeError, match=message):
        grade_assignment(assignment, course, students, jobs, no_sandbox=True, limits=LIMITS, loader=LOADER)


def one_check(grade_id: str) -> nbformat.NotebookNode:
    """A notebook with one graded cell."""
    mark = {"nbgrader": {"grade": True, "grade_id": grade_id, "points": 2}}
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", metadata=mark)])


def test_unprotected_runs_say_so_in_report_and_result() -> None:
    nb = one_check("double-check")
    record.write_outputs(nb, replace(fake(), sandbox="none"))
    assert "NOT IN A SANDBOX" in nb.cells[0].outputs[0].text


def test_a_check_cell_without_a_judgement_earns_nothing() -> None:
    from nbgrader.utils import determine_grade

    nb = one_check("unknown")
    record.write_outputs(nb, fake())
    assert determine_grade(nb.cells[0]) == (0, 2.0)


def test_the_courses_secret_is_made_once_and_private(tmp_path: Path) -> None:
    secret = secret_of(tmp_path)
    assert secret == secret_of(tmp_path)
    assert (tmp_path / "gradebook.db.secret").stat().st_mode & 0o777 == 0o600
    assert seed(secret, "a", "bc") != seed(secret, "ab", "c")


def test_a_verdict_comes_back_as_it_was_stored(tmp_path: Path) -> None:
    store = VerdictStore(tmp_path)
    verdict = replace(fake(), outputs={"x": [{"output_type": "stream", "name": "stdout", "text": "한글 \ud800"}]}, problems=("p",))
    path = store.save("tiny", "k", replace(verdict, outputs={}))
    assert store.load("tiny", "k") == replace(verdict, outputs={})
    assert json.loads(path.read_text(encoding="utf-8"))["verdict"]["problems"] == ["p"]
    assert store.load("tiny", "other") is None


def test_a_full_disk_leaves_no_half_written_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = VerdictStore(tmp_path)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.save("tiny", "k", fake())
    assert list((tmp_path / "verdicts" / "tiny").iterdir()) == []


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A temporary folder whose path leaves room for the names of sockets."""
    with tempfile.TemporaryDirectory(prefix="t-") as folder:
        yield Path(folder)


@pytest.mark.usefixtures("sandbox")
def test_ctrl_c_ends_the_kernels_and_keeps_what_is_judged(course: Path, tmp_path: Path, short_folder: Path) -> None:
    """A real interrupt to a real run: one submission is judged, the other loops; nothing is left running."""
    hand_in(course, "ann", submission())
    hand_in(course, "bob", submission(double="while True:\n    pass"))
    program = tmp_path / "run.py"
    program.write_text(
        "import _thread\nimport signal\nfrom pathlib import Path\n"
        "from graders.grade import grade_assignment\nfrom graders.judge import Limits\n"
        "def main():\n    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it\n"
        "    grade_assignment('tiny', Path('labs'), limits=Limits(cell_seconds=50), loader='tests.graders.tiny_course.load',\n"
        "                     progress=lambda done, total: done and _thread.interrupt_main())\n"
        "if __name__ == '__main__':\n    main()\n",
        encoding="utf-8",
    )
    temporary = short_folder
    done = subprocess.run(
        [sys.executable, str(program)], cwd=tmp_path, capture_output=True, text=True, timeout=45, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)},
    )
    assert "KeyboardInterrupt" in done.stderr
    assert len(list((course / "verdicts" / ASSIGNMENT).glob("*.json"))) == 1
    assert list(temporary.glob("dcai-*")) == [], "a kernel's folder is left"
