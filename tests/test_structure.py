"""The rules that hold the tree together: who may import what, taught or shipped, what the repository may contain."""

import ast
import importlib
import json
import re
import subprocess
import sys
import time

import nbformat
import pytest

from tests.graders.course import ASSIGNMENTS, EXERCISES, ROOT

HELPERS = sorted((ROOT / "datacentric_helpers").rglob("*.py"))
NOTEBOOKS = sorted([*(ROOT / "chapters").rglob("*.ipynb"), *(ROOT / "labs" / "source").rglob("*.ipynb")])
NOTEBOOKS = [p for p in NOTEBOOKS if ".ipynb_checkpoints" not in p.parts]
HEAVY = {"torch", "torchvision", "diffusers", "transformers", "spacy", "pandas", "sklearn", "matplotlib", "ipywidgets"}


def imported(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def code(path):
    return "\n".join(c.source for c in nbformat.read(path, 4).cells if c.cell_type == "code")


def tracked():
    listed = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [p for name in listed.stdout.splitlines() if (p := ROOT / name).is_file()]


@pytest.mark.parametrize("path", HELPERS, ids=lambda p: p.name)
def test_helpers_never_import_graders_or_tests(path):
    assert not {"graders", "tests"} & set(imported(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.name)
def test_notebooks_import_helpers_and_public_libraries_only(path):
    assert not {"graders", "tests"} & set(imported(code(path)))


def test_what_is_taught_is_not_shipped():
    taught = {exercise.id for _, exercise in EXERCISES}
    for path in HELPERS:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        shipped = {n.name.lstrip("_") for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
        assert not taught & shipped, f"{path.name} ships what an exercise asks for"


def test_what_is_taught_does_not_stand_in_a_chapter():
    taught = {exercise.id for _, exercise in EXERCISES}
    for path in (ROOT / "chapters").rglob("*.ipynb"):
        for node in ast.walk(ast.parse(code(path))):
            if isinstance(node, ast.FunctionDef) and node.name in taught:
                assert "NotImplementedError" in ast.unparse(node), f"{path.name} solves {node.name}"


def test_importing_the_helpers_is_quick_and_loads_nothing_heavy():
    script = "import sys, datacentric_helpers; print(' '.join(sys.modules))"
    start = time.perf_counter()
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not HEAVY & set(loaded)
    assert time.perf_counter() - start < 30  # a hang, not a slow machine


@pytest.mark.parametrize("name", [
    "i18n", "workbook", "wire", "compare", "outcome", "checking", "progress", "cards", "datasets", "annotators", "plotting",
    "fixed_model", "lab", "doctor", "pack", "dashboard", "judge_client",
    "crawl_rubric", "request_rubric", "file_metadata", "pii_records", "storage", "flywheel",
    "language_model", "tokenization", "planning_dashboard", "leaderboard", "dataperf",
])
def test_what_a_module_says_it_exports_is_there(name):
    module = importlib.import_module(f"datacentric_helpers.{name}")
    assert module.__all__ == sorted(module.__all__, key=lambda n: (not n.isupper(), n.lower())) or set(module.__all__)
    assert all(hasattr(module, exported) for exported in module.__all__)


def test_every_notebook_cell_is_named_readably_and_once():
    for path in NOTEBOOKS:
        ids = [cell["id"] for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
        assert len(set(ids)) == len(ids), path.name
        assert all(re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", i) and not re.fullmatch(r"[0-9a-f]{8}", i) for i in ids), path.name


def test_every_exercise_has_its_cells_points_and_place_in_the_notebook():
    for assignment in ASSIGNMENTS:
        notebook = nbformat.read(ROOT / "labs" / "source" / assignment / f"{assignment}.ipynb", 4)
        points = {c.id: c.metadata.nbgrader.points for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade")}
        order = [c.id for c in notebook.cells if c.id.endswith("-check")]
        mine = [e for a, e in EXERCISES if a == assignment]
        assert order == [e.id.replace("_", "-") + "-check" for e in mine]
        due = {e.id.replace("_", "-") + "-check": e.points for e in mine}
        assert {name: points[name] for name in due} == due


def test_chapter_notebooks_hold_more_prose_than_code_and_short_cells():
    for path in (ROOT / "chapters").rglob("*.ipynb"):
        cells = nbformat.read(path, 4).cells
        programs = [c.source.count("\n") + 1 for c in cells if c.cell_type == "code"]
        assert len(programs) <= len(cells) - len(programs), path.name
        assert max(programs) <= 25, path.name


def test_no_stored_picture_is_large():
    for path in (ROOT / "chapters").rglob("*.ipynb"):
        for cell in nbformat.read(path, 4).cells:
            for output in cell.get("outputs", []):
                assert len(output.get("data", {}).get("image/png", "")) * 3 / 4 < 61_440, f"{path.name}: {cell.id}"


def test_nothing_in_the_repository_names_a_host_or_a_machine():
    forbidden = re.compile(r"--(?:extra-)?index-url|https?://\S+\.whl|(?<![\w.$])/(?:root/|home/(?!learner))\w")
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if path.name != "test_structure.py":
            assert not forbidden.search(text), f"{path.relative_to(ROOT)}: {forbidden.search(text)}"


def test_the_lock_pins_every_package_with_hashes():
    lock = (ROOT / "requirements.lock").read_text()
    entries = re.findall(r"^[A-Za-z0-9][^\n]*\n(?:    [^\n]*\n)*", lock, re.MULTILINE)
    assert len(entries) > 100
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)
    assert "://" not in lock
