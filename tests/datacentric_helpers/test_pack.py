"""The hand-in: nothing is lost, nothing is overwritten, and nbgrader takes it as it is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from datacentric_helpers import pack as packing
from datacentric_helpers.pack import ANSWER_STUBS, CODE_STUB, pack, remarks

CONFIG = Path(__file__).resolve().parents[2] / "labs" / "nbgrader_config.py"


def solution(cell: Any, name: str) -> Any:
    """``cell`` as a cell that the learner writes."""
    cell.metadata["nbgrader"] = {"solution": True, "grade": False, "locked": False, "task": False, "schema_version": 3, "grade_id": name}
    return cell


def notebook(code: str = "def kappa(a, b):\n    return 1", text: str = "My answer.") -> str:
    """A learner's notebook with one exercise and one written answer."""
    cells = [solution(new_code_cell(code, id="kappa"), "kappa-solution"), solution(new_markdown_cell(text, id="why"), "why")]
    return str(nbformat.writes(new_notebook(cells=[new_markdown_cell(f"`{CODE_STUB}`", id="intro"), *cells])))


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """A workbook with the assignment ``ch05_cleansing``."""
    lab = tmp_path / "workbook" / "labs" / "ch05_cleansing"
    lab.mkdir(parents=True)
    (lab / "ch05_cleansing.ipynb").write_text(notebook(), encoding="utf-8")
    (tmp_path / "workbook" / "workbook.json").write_text("{}")
    return tmp_path / "workbook"


def lab(workbook: Path) -> Path:
    """The learner's notebook."""
    return workbook / "labs" / "ch05_cleansing" / "ch05_cleansing.ipynb"


def content(path: Path) -> dict[str, bytes]:
    """What is in the zip."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_zip_has_the_notebook_and_says_whose_it_is_and_when(workbook: Path) -> None:
    path = pack("ch05_cleansing", "kim_minji", workbook)
    assert path.parent == workbook
    assert re.fullmatch(r"ch05_cleansing__kim_minji__\d{4}(-\d\d){5}\.zip", path.name)
    assert content(path) == {"ch05_cleansing.ipynb": lab(workbook).read_bytes()}


def test_the_time_in_the_name_is_utc(workbook: Path) -> None:
    stamp = pack("ch05_cleansing", "kim", workbook).stem.rsplit("__", 1)[1]
    said = datetime.strptime(stamp, "%Y-%m-%d-%H-%M-%S").replace(tzinfo=UTC)
    assert abs((datetime.now(UTC) - said).total_seconds()) < 30


def test_packing_twice_makes_two_zips(workbook: Path, tmp_path: Path) -> None:
    paths = [pack("ch05_cleansing", "kim", workbook, tmp_path / "new" / "out") for _repeat in range(3)]
    assert sorted((tmp_path / "new" / "out").iterdir()) == paths
    assert len(set(paths)) == 3


def test_inside_a_workbook_no_folder_is_needed(workbook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(lab(workbook).parent)
    assert pack("ch05_cleansing", "kim").parent == workbook


def test_outside_a_workbook_it_says_where_to_go(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"workbook\.json"):
        pack("ch05_cleansing", "kim", tmp_path)


@pytest.mark.parametrize("name", ["ch06_finishing", "", "../labs/ch05_cleansing", "*"])
def test_an_unknown_assignment_is_refused_and_the_known_are_listed(workbook: Path, name: str) -> None:
    with pytest.raises(ValueError, match="there are: ch05_cleansing"):
        pack(name, "kim", workbook)


@pytest.mark.parametrize("student", ["", " ", "a b", "a/b", "..", "../x", "a__b", "_a", "a_", "김민지", "a\n", "a" * 65, "-a", "a:b"])
def test_a_student_id_that_is_no_file_name_everywhere_is_refused(workbook: Path, student: str) -> None:
    with pytest.raises(ValueError, match="a student id has"):
        pack("ch05_cleansing", student, workbook)
    assert not list(workbook.glob("*.zip"))


@pytest.mark.parametrize("student", ["kim", "20261234", "kim_minji", "a.b-c_d", "K"])
def test_usual_student_ids_are_taken(workbook: Path, student: str) -> None:
    assert f"__{student}__" in pack("ch05_cleansing", student, workbook).name


def test_a_finished_notebook_needs_no_remark(workbook: Path) -> None:
    assert remarks("ch05_cleansing", workbook) == []


@pytest.mark.parametrize("stub", ANSWER_STUBS.values())
def test_blank_exercises_are_named(workbook: Path, stub: str) -> None:
    lab(workbook).write_text(notebook(f"def kappa(a, b):\n    {CODE_STUB}", stub), encoding="utf-8")
    remark, = remarks("ch05_cleansing", workbook)
    assert remark == "still blank: kappa, why"


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"cells": 3}', '{"cells": [3]}', "\udcff"])
def test_a_damaged_notebook_is_packed_all_the_same(workbook: Path, broken: str) -> None:
    lab(workbook).write_bytes(broken.encode("utf-8", "surrogateescape"))
    assert "damaged" in remarks("ch05_cleansing", workbook)[0]
    assert content(pack("ch05_cleansing", "kim", workbook)) == {"ch05_cleansing.ipynb": lab(workbook).read_bytes()}


def test_a_newer_version_beside_is_mentioned(workbook: Path) -> None:
    shutil.copyfile(lab(workbook), lab(workbook).with_name("ch05_cleansing.new.ipynb"))
    remark, = remarks("ch05_cleansing", workbook)
    assert "ch05_cleansing.new.ipynb" in remark


def test_a_write_that_fails_leaves_no_half_zip(workbook: Path) -> None:
    with pytest.raises(TypeError):
        packing._write_new(workbook / "x.zip", "not bytes")  # type: ignore[arg-type]
    assert not (workbook / "x.zip").exists()


def test_a_zip_that_exists_is_never_written_over(workbook: Path) -> None:
    (workbook / "x.zip").write_bytes(b"first")
    with pytest.raises(FileExistsError):
        packing._write_new(workbook / "x.zip", b"second")
    assert (workbook / "x.zip").read_bytes() == b"first"


def test_nbgrader_collects_what_was_packed(workbook: Path, tmp_path: Path) -> None:
    """Stock ``nbgrader zip_collect``, with the course's own settings; of two hand-ins the later counts."""
    course = tmp_path / "labs"
    for folder in ("release/ch05_cleansing", "downloaded/ch05_cleansing/archive"):
        (course / folder).mkdir(parents=True)
    shutil.copyfile(CONFIG, course / "nbgrader_config.py")
    shutil.copyfile(lab(workbook), course / "release/ch05_cleansing/ch05_cleansing.ipynb")
    pack("ch05_cleansing", "kim_minji", workbook, course / "downloaded/ch05_cleansing/archive")
    lab(workbook).write_text(notebook(text="My second answer."), encoding="utf-8")
    pack("ch05_cleansing", "kim_minji", workbook, course / "downloaded/ch05_cleansing/archive")
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "zip_collect", "ch05_cleansing", "--strict"],
        cwd=course, capture_output=True, text=True, timeout=120, env={**os.environ, "HOME": str(tmp_path), "PYTHONWARNINGS": "default"},
    )
    assert done.returncode == 0, done.stderr
    collected = sorted(p.relative_to(course).as_posix() for p in (course / "submitted").rglob("*.ipynb"))
    assert collected == ["submitted/kim_minji/ch05_cleansing/ch05_cleansing.ipynb"]
    assert (course / collected[0]).read_bytes() == lab(workbook).read_bytes()
    assert (course / "submitted/kim_minji/ch05_cleansing/timestamp.txt").read_text().startswith(f"{datetime.now(UTC):%Y}")
