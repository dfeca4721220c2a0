"""A built workbook, a running JupyterLab on it, and headless Chromium."""

import json
import os
import random
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from datacentric_helpers import lab
from tests.graders.course import ROOT

SHOTS = ROOT / "build" / "screenshots"
TOKEN = "test-token"


@pytest.fixture(scope="session")
def workbooks(tmp_path_factory):
    """The learner's workbook, built into a folder of the tests' own: {"en": folder, "ko": folder}."""
    from graders.workbook.build import build

    out = tmp_path_factory.mktemp("built")
    build(out)
    return {language: out / "workbook" / language for language in ("en", "ko")}


@contextmanager
def served(folder: Path, home: Path, course: bool = False):
    """JupyterLab on ``folder`` with a home of its own; yields its address."""
    port = lab.free_port(random.randrange(20_000, 60_000))  # other tests start servers at the same moment
    line = [*lab.command(folder, port, browser=False), "--LabApp.expose_app_in_browser=True"]
    env = {**os.environ, "HOME": str(home), "JUPYTER_TOKEN": TOKEN, "PYTHONPATH": str(ROOT if course else folder),
           "JUPYTER_PREFER_ENV_PATH": "1", "OMP_NUM_THREADS": "1"}
    home.mkdir(exist_ok=True)
    log = (home / "server.log").open("w")
    server = subprocess.Popen(line, cwd=folder, env=env, stdout=log, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{address}/api?token={TOKEN}", server, home / "server.log")
        yield address
    finally:
        server.terminate()
        server.wait(20)
        log.close()


def wait_for(address: str, server: subprocess.Popen, log: Path, seconds: float = 60) -> None:
    """Return as soon as ``address`` answers; fail with the server's log where it does not."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"JupyterLab did not answer at {address}:\n{log.read_text()[-2000:]}")


class Lab:
    """One page of JupyterLab, driven as a learner would: mouse and keyboard; the app object only finds cells and waits."""

    def __init__(self, page, address: str) -> None:
        self.page, self.address = page, address

    def open(self, path: str) -> None:
        """Open a notebook and wait until its kernel is idle."""
        self.page.goto(f"{self.address}/lab/tree/{path}?token={TOKEN}")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=120_000)
        self.page.wait_for_function(
            "() => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'", timeout=120_000)

    def show(self, cell: str):
        """Scroll to the cell with the id ``cell``, make it the active one, and return its element."""
        self.page.evaluate(
            """async id => { const nb = window.jupyterapp.shell.currentWidget.content;
                 const i = nb.widgets.findIndex(w => w.model.id === id);
                 if (i < 0) throw new Error('no cell ' + id);
                 nb.activeCellIndex = i; nb.deselectAll(); await nb.scrollToItem(i, 'center'); }""", cell)
        element = self.page.locator(".jp-Notebook .jp-Cell.jp-mod-active")
        element.wait_for()
        return element

    def write(self, cell: str, source: str) -> None:
        """Replace a cell's source by typing, and run it."""
        element = self.show(cell)
        element.locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.insert_text(source)
        self.page.keyboard.press("Control+Enter")
        self.settle()

    def run(self, cell: str):
        """Run one cell and return its element."""
        self.show(cell).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        self.settle()
        return self.show(cell)

    def run_all(self) -> None:
        """Run the whole notebook."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
        self.settle(180_000)

    def settle(self, timeout: int = 60_000) -> None:
        """Wait until no cell is running or waiting."""
        self.page.wait_for_timeout(300)
        self.page.wait_for_function(
            """() => { const w = window.jupyterapp.shell.currentWidget;
                 return w.sessionContext.session.kernel.status === 'idle'
                   && w.content.widgets.every(c => c.model.type !== 'code' || c.model.executionState !== 'running') }""", timeout=timeout)

    def drag(self, handle, pixels: int) -> None:
        """Take a slider's ``handle`` with the mouse, pull it ``pixels`` to the right, and wait for what follows."""
        handle.scroll_into_view_if_needed()
        box = handle.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + pixels, y, steps=8)
        self.page.mouse.up()
        self.settle()

    def sources(self) -> dict[str, str]:
        """Cell id → source, as the browser has it."""
        return json.loads(self.page.evaluate(
            "() => JSON.stringify(Object.fromEntries(window.jupyterapp.shell.currentWidget.content.widgets.map("
            "w => [w.model.id, w.model.sharedModel.getSource()])))"))

    def picture(self, name: str) -> None:
        """Keep a screenshot under build/screenshots."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png")


@contextmanager
def opened(browser, folder: Path, home: Path, course: bool = False):
    """A Lab on ``folder``."""
    with served(folder, home, course) as address:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        try:
            yield Lab(page, address)
        finally:
            page.close()


