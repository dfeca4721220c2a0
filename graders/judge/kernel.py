"""One kernel, seen from the trusted side: start it, run cells with limits, watch its memory, end it.

nbclient speaks the protocol; this module bounds what comes through it. What a kernel sends is kept only as text, errors and
PNG pictures, and only so much of it. HTML, JavaScript and widgets are dropped.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import zmq
import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output

from datacentric_helpers.judge_client import VARIABLE
from graders.judge.limits import MB, Limits

__all__ = ["Kernel", "clean"]

LAST_WORDS_SECONDS = 1.0
TICK_SECONDS, TICKS_PER_PEAK = 0.25, 8
SLACK = 1.25  # one process that meets its own limit gets a MemoryError and may go on; the watchdog is for the rest
MAX_MESSAGE = 64 * MB
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]")  # escape stays: it starts the colours of tracebacks
OUTPUTS = ("stream", "execute_result", "display_data", "error")


class Kernel:
    """A fresh kernel, forked from the warm process at ``warm`` or, without one, started cold.

    ``reason`` is "" while it runs, afterwards which limit or event ended it: a key of ``report.incident``.
    """

    def __init__(self, nb: NotebookNode, limits: Limits, sandboxed: bool, warm: Path | None = None) -> None:
        self.limits, self.sandboxed, self.reason, self.why = limits, sandboxed, "", ""
        self.folder = Path() if sandboxed else Path(tempfile.mkdtemp(prefix="dcai-"))
        self.deadline = time.monotonic() + limits.notebook_seconds
        self.peak_bytes = 0
        self.manager = _manager(limits, sandboxed, warm)
        self.client = Cells(nb, km=self.manager, startup_timeout=limits.start_seconds, allow_errors=True, record_timing=False)
        self.client.bound(limits)
        self._watch: asyncio.Task[None] | None = None

    @property
    def judge_socket(self) -> Path:
        """Where the judge listens."""
        return self.folder / "judge" / "socket"

    async def start(self) -> None:
        """Start the kernel and wait until it answers; afterwards ``reason`` says whether it does."""
        extra: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}  # never the grader's own terminal
        if not self.sandboxed:
            self.judge_socket.parent.mkdir()
            self.manager.ip, self.manager.connection_file = str(self.folder / "kernel"), str(self.folder / "connection.json")
            extra |= {"env": {**os.environ, VARIABLE: str(self.judge_socket)}, "cwd": str(self.folder)}
        try:
            await self.manager.start_kernel(**extra)
            if self.sandboxed:
                self.folder = self.manager.provisioner.folder  # type: ignore[union-attr]
            await self.client.async_start_new_kernel_client()
        except (RuntimeError, OSError, TimeoutError) as error:
            self.reason, self.why = "start", str(error)
            return
        self.deadline = time.monotonic() + self.limits.notebook_seconds
        self._watch = asyncio.create_task(self._watchdog())

    async def run(self, cell: NotebookNode, index: int) -> str:
        """Run one cell. Returns "" or the limit that stopped it; ``reason`` is set where the kernel did not survive."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            await self.kill("notebook")
            return self.reason
        running = asyncio.ensure_future(self.client.async_execute_cell(cell, index))
        flooded = asyncio.ensure_future(self.client.flooded.wait())
        done, _rest = await asyncio.wait(
            {running, flooded}, timeout=min(left, self.limits.cell_seconds), return_when=asyncio.FIRST_COMPLETED
        )
        flooded.cancel()
        if running in done:
            return await self._finished(running)
        stopped = "output" if flooded in done else "cell" if left > self.limits.cell_seconds else "notebook"
        return await self._interrupt(running, stopped)

    async def _finished(self, running: asyncio.Future[Any]) -> str:
        try:
            await running
        except DeadKernelError:
            await self.kill(self.reason or "died")
        except Exception:  # whatever a hostile kernel made nbclient raise: the kernel is not trusted to go on
            await self.kill(self.reason or "protocol")
        return self.reason or ("output" if self.client.flooded.is_set() else "")

    async def _interrupt(self, running: asyncio.Future[Any], stopped: str) -> str:
        """Ask the kernel to stop the cell; where it does not answer in time, end it."""
        if stopped == "output":  # a cell that sent one huge message has ended; interrupted between two cells, a kernel may die
            await asyncio.wait({running}, timeout=LAST_WORDS_SECONDS)
        with suppress(RuntimeError):  # raised where the kernel ended by itself meanwhile
            if not running.done():
                await self.manager.interrupt_kernel()
        done, _rest = await asyncio.wait({running}, timeout=self.limits.grace_seconds)
        if running in done and stopped != "notebook":
            died = await self._finished(running)
            return stopped if died in ("", "output") else died
        running.cancel()
        await self.kill(self.reason or stopped)
        return self.reason

    async def kill(self, reason: str) -> None:
        """End the kernel and everything that it started."""
        self.reason = self.reason or reason
        with suppress(RuntimeError):  # "No kernel is running!"
            await self.manager.shutdown_kernel(now=True)

    async def close(self) -> None:
        """End the kernel, free its sockets and remove its folder."""
        if self._watch is not None:
            self._watch.cancel()
            pids = _family(self.manager.provisioner.pid)  # type: ignore[union-attr]
            self.peak_bytes = max(self.peak_bytes, sum(_proportional(pid) for pid in pids))
        await self.kill("closed")
        if self.client.kc is not None:
            self.client.kc.stop_channels()
        if not self.sandboxed:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.manager.context.destroy(linger=0)

    async def _watchdog(self) -> None:
        """Every quarter of a second: memory of all processes, and what lies in the socket folder."""
        most, tick = SLACK * self.limits.memory_mb * MB, 0
        while not self.reason:
            pids = _family(self.manager.provisioner.pid)  # type: ignore[union-attr]
            # how much is really theirs takes milliseconds to find out; what it is at most does not
            if tick % TICKS_PER_PEAK == 0 or sum(_resident(pid) for pid in pids) > most:
                self.peak_bytes = max(self.peak_bytes, used := sum(_proportional(pid) for pid in pids))
                if used > most:
                    await self.kill("memory")
            if len(pids) > self.limits.processes:
                await self.kill("processes")
            elif self.sandboxed and _misused(self.folder / "ipc"):
                await self.kill("folder")
            tick += 1
            await asyncio.sleep(TICK_SECONDS)


class Cells(NotebookClient):
    """nbclient, with outputs cleaned and bounded, and nothing that answers a kernel's widgets."""

    def bound(self, limits: Limits) -> None:
        """Set the limits of output."""
        self.flooded = asyncio.Event()
        self.left_cell = self.cell_bytes = limits.output_kb << 10
        self.left_notebook = limits.notebook_output_kb << 10

    async def async_execute_cell(self, cell: NotebookNode, cell_index: int, *args: Any, **kwargs: Any) -> NotebookNode:
        """Run ``cell`` with a fresh allowance of output."""
        self.flooded.clear()
        self.left_cell = self.cell_bytes
        return await super().async_execute_cell(cell, cell_index, *args, **kwargs)

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        """Keep one output, or end the cell. Replaces nbclient's, which trusts what comes."""
        kind, content = msg["msg_type"], msg["content"]
        if kind == "status" and content.get("execution_state") == "idle":
            raise CellExecutionComplete
        if kind not in OUTPUTS or not isinstance(content, dict):
            return None
        if self.flooded.is_set():
            return None
        output, size = clean(kind, content)
        if size > min(self.left_cell, self.left_notebook):
            self.flooded.set()
            return None
        self.left_cell, self.left_notebook = self.left_cell - size, self.left_notebook - size
        if output is not None:
            cell.outputs.append(output)
        return output


def clean(kind: str, content: dict[str, Any]) -> tuple[NotebookNode | None, int]:
    """One output as harmless text and pictures, and its size in bytes; None where nothing is left of it."""
    if kind == "stream":
        text, name = _text(content.get("text")), "stderr" if content.get("name") == "stderr" else "stdout"
        return new_output("stream", name=name, text=text), len(text)
    if kind == "error":
        lines = content.get("traceback")
        shown = [_text(line) for line in lines[:200]] if isinstance(lines, list) else []
        name, value = _text(content.get("ename"))[:200], _text(content.get("evalue"))[:2000]
        return new_output("error", ename=name, evalue=value, traceback=shown), sum(map(len, shown)) + len(value)
    data = content.get("data")
    kept = {k: v for k, v in data.items() if k in ("text/plain", "image/png")} if isinstance(data, dict) else {}
    if "text/plain" in kept:
        kept["text/plain"] = _text(kept["text/plain"])
    if "image/png" in kept and not _is_png(kept["image/png"]):
        del kept["image/png"]
    size = sum(len(v) for v in kept.values())
    return (new_output("display_data", data=kept), size) if kept else (None, 0)


def _text(value: Any) -> str:
    return CONTROL.sub("", value) if isinstance(value, str) else ""


def _is_png(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return base64.b64decode(value.replace("\n", ""), validate=True).startswith(b"\x89PNG\r\n\x1a\n")
    except (binascii.Error, ValueError):
        return False


class _OneSpec(KernelSpecManager):
    """Always this Python's kernel, whatever a notebook or the machine names; ``chosen`` names the provisioner."""

    def __init__(self, chosen: dict[str, Any]) -> None:
        super().__init__()
        self.chosen = chosen

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The one spec there is."""
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--HistoryManager.hist_file=:memory:"],
            display_name="learner", language="python", metadata=self.chosen,
        )


class _Client(AsyncKernelClient):
    """Ready as soon as the kernel has answered on both channels; jupyter_client's own then waits until nothing came for 0.2 s."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait for the kernel. Raises RuntimeError where it dies or does not answer within ``timeout`` seconds."""
        deadline = time.monotonic() + (timeout or 60)
        self.kernel_info()
        while time.monotonic() < deadline:
            with suppress(queue.Empty):
                reply = await self.get_shell_msg(timeout=0.5)
                if reply["msg_type"] == "kernel_info_reply":
                    await self.get_iopub_msg(timeout=0.2)
                    return
            if not await self.is_alive():
                raise RuntimeError("the kernel died before it answered")
            self.kernel_info()
        raise RuntimeError(f"the kernel did not answer within {timeout} seconds")


def _manager(limits: Limits, sandboxed: bool, warm: Path | None) -> AsyncKernelManager:
    own = {"limits": asdict(limits), "warm": str(warm or "")}
    name, config = ("dcai-sandbox", own) if sandboxed else ("local-provisioner", {})
    specs = _OneSpec({"kernel_provisioner": {"provisioner_name": name, "config": config}})
    context = zmq.asyncio.Context()
    context.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE)
    context.setsockopt(zmq.RECONNECT_IVL, 5)  # milliseconds: the kernel makes its sockets a moment after the first try
    context.setsockopt(zmq.RCVHWM, 16)  # what the judge does not read soon waits in the sandbox, not here
    return AsyncKernelManager(
        kernel_name="python3", kernel_spec_manager=specs, context=context, transport="ipc", client_factory=_Client
    )


def _family(pid: int) -> list[int]:
    """``pid`` and the processes below it."""
    try:
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    except psutil.NoSuchProcess:
        return []


def _resident(pid: int) -> int:
    """Bytes in memory, with all that is shared with others."""
    with suppress(psutil.Error):
        return int(psutil.Process(pid).memory_info().rss)
    return 0


def _proportional(pid: int) -> int:
    """Bytes in memory, shared pages counted in shares where the system tells."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
            found = re.search(r"^Pss:\s+(\d+) kB", file.read(), re.MULTILINE)
        return int(found[1]) << 10 if found else 0
    except OSError:  # gone meanwhile, or a system without it
        return _resident(pid)


def _misused(folder: Path) -> bool:
    """True where the kernel keeps more in its socket folder than its sockets and the connection files."""
    with suppress(FileNotFoundError):
        with os.scandir(folder) as entries:
            found = list(entries)
        files = [e for e in found if e.is_file(follow_symlinks=False)]
        return len(found) > 12 or len(files) > 2 or any(e.stat(follow_symlinks=False).st_size > 65536 for e in files)
    return False
