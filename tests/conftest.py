"""Fixtures that several folders of tests share."""

import json
import os
import shutil
import sys
from pathlib import Path

import matplotlib as mpl
import pytest

from datacentric_helpers import i18n, progress

mpl.use("Agg")
os.environ.setdefault("OMP_NUM_THREADS", "1")  # notebooks' kernels share the cores with the other workers
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # nbgrader runs `alembic` by name


CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)


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


@pytest.fixture(scope="module")
def browser():
    """Headless Chromium from the system. While it is open, its event loop counts as running: other modules would miss asyncio.run."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine; `dcai doctor` says how to get it")
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield chromium
        chromium.close()
