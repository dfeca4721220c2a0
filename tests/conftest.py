"""Fixtures that several folders of tests share."""

import json
import os
import sys
from pathlib import Path

import matplotlib as mpl
import pytest

from datacentric_helpers import i18n, progress

mpl.use("Agg")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # notebooks' kernels share the cores with the other workers
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # nbgrader runs `alembic` by name


@pytest.fixture(autouse=True)
def plain_surroundings(monkeypatch):
    """Every test starts in English, outside a judge, with nothing done yet."""
    for name in ("DCAI_LANG", "DCAI_JUDGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(progress, "_session", {})
    i18n.set_language(None)
    yield
    i18n.set_language(None)


@pytest.fixture
def workbook_folder(tmp_path, monkeypatch):
    """An empty Korean workbook, with the working folder deep inside it."""
    (tmp_path / "workbook.json").write_text(json.dumps({"language": "ko", "version": "test", "files": {}}))
    inside = tmp_path / "chapters" / "05_cleansing"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    return tmp_path
