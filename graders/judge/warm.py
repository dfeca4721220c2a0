"""Outside the sandbox: start the warm process (``zygote.py``), and have kernels forked from it.

Whoever starts it owns it: it ends with its owner. Others on the same machine use it by its folder. A kernel is a connection: it
lives until its ``Forked`` is killed, or the process that holds it ends.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO

import psutil

import datacentric_helpers
from graders.judge import sandbox, supervise
from graders.judge.limits import MB, Limits

__all__ = ["Forked", "WarmProcess", "close_shared", "request", "shared"]

log = logging.getLogger(__name__)
CREDENTIALS = struct.Struct("iII")
SINGLE_THREAD = {name: value for name, value in sandbox.environment().items() if name.endswith("_THREADS") or name.startswith("JE_")}
_one_at_a_time = threading.RLock()
_own: tuple[object, WarmProcess] | None = None


class WarmProcess:
    """A warm process that has imported ``modules``; ``with WarmProcess(...) as warm:`` ends it.

    ``folder`` is its address. ``sandboxed``: inside bubblewrap; without, for notebooks that are trusted.
    Start it in a thread that lives as long as it shall.
    """

    def __init__(self, modules: Iterable[str], sandboxed: bool = True) -> None:
        self.folder, self._held = _held_folder()
        kernels = self.folder / "k"
        kernels.mkdir(mode=0o711)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener, (self.folder / "log").open("wb") as log:
            listener.bind(str(self.folder / "socket"))
            listener.listen(256)
            owner, self._life = os.pipe()
            given = (listener.fileno(), owner)
            if sandboxed:
                command = sandbox.warm_command(*given, kernels, modules)
            else:
                settings = json.dumps({"listen": given[0], "owner": owner, "modules": list(modules), "sandboxed": False})
                command = [sys.executable, str(Path(__file__).with_name("zygote.py")), settings]
            self.process = subprocess.Popen(
                supervise.line(owner, command), pass_fds=given, env={**os.environ, **SINGLE_THREAD}, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
            )
            os.close(owner)

    def __enter__(self) -> WarmProcess:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @property
    def log(self) -> str:
        """What the warm process had to say: modules that could not be imported, why it ended."""
        return (self.folder / "log").read_text("utf-8", "replace")

    def close(self) -> None:
        """End it and all its kernels, and remove its folder."""
        os.close(self._life)
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._held.close()


def shared(modules: tuple[str, ...], sandboxed: bool = True) -> Path | None:
    """Address of this process's own warm process for ``modules``, started at the first call, and again where it ended or the
    installed packages changed since. None where none can be started: kernels then start cold.
    """
    global _own
    with _one_at_a_time:
        wanted = (modules, sandboxed, _packages())
        if _own is None or _own[0] != wanted or _own[1].process.poll() is not None:
            close_shared()
            try:
                _own = wanted, WarmProcess(modules, sandboxed)
            except OSError as error:
                log.warning("no warm process: %s", error)
                return None
        return _own[1].folder


def close_shared() -> None:
    """End what ``shared`` started."""
    global _own
    if _own is not None:
        _own[1].close()
        _own = None


atexit.register(close_shared)


def _packages() -> tuple[int, ...]:
    """Changes with what is installed, and with ``datacentric_helpers``."""
    folders = [Path(json.__file__).parents[1], Path(psutil.__file__).parents[1], Path(datacentric_helpers.__file__).parent]
    files = [*folders, *folders[-1].glob("*.py")]
    return tuple(path.stat().st_mtime_ns for path in files)


def _held_folder() -> tuple[Path, TextIO]:
    """A temporary folder and the file by which it is held; folders whose owners were killed hold nothing any more, and are removed."""
    import fcntl  # only where there are sandboxes is there this

    for file in Path(tempfile.gettempdir()).glob("dcai-*/held"):
        with suppress(OSError), file.open("r+") as left:
            fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(file.parent, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix="dcai-"))
    held = (folder / "held").open("w")
    fcntl.flock(held, fcntl.LOCK_EX)
    return folder, held


class Forked:
    """A kernel forked from the warm process at ``address``, with the part of ``subprocess.Popen`` that jupyter_client uses.

    ``pid`` is its process as seen from here; all that it starts stays below it. Raises OSError where there is no warm process,
    or it cannot fork.
    """

    stdin = stdout = stderr = None

    def __init__(self, address: Path, request: dict[str, Any], seconds: float) -> None:
        self.returncode: int | None = None
        self.connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self.connection.settimeout(seconds)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            self.connection.connect(str(address / "socket"))
            self.connection.send(json.dumps(request).encode())
            self.pid = self._started()
        except OSError:
            self.connection.close()
            raise
        self.connection.setblocking(False)

    def _started(self) -> int:
        message, extra, _flags, _address = self.connection.recvmsg(4096, socket.CMSG_SPACE(CREDENTIALS.size))
        pids = [CREDENTIALS.unpack(data)[0] for _level, kind, data in extra if kind == socket.SCM_CREDENTIALS]
        if message != b"started" or not pids:
            raise OSError(message.decode("utf-8", "replace") or "the warm process ended")
        return int(pids[0])

    def poll(self) -> int | None:
        """The exit status, None while the kernel runs."""
        while self.returncode is None:
            try:
                message = self.connection.recv(4096)
            except BlockingIOError:
                return None
            except OSError:
                message = b""
            if message.startswith(b"ended: "):
                self.returncode = int(message[7:])
            elif not message:
                self.returncode = -signal.SIGKILL  # the warm process is gone, and with it the kernel
        self.connection.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit status, when the kernel has ended. Raises subprocess.TimeoutExpired."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("kernel", timeout or 0)
            time.sleep(0.002)
        return status

    def send_signal(self, number: int) -> None:
        """Interrupt the kernel; any other signal ends it and all that it started."""
        if self.poll() is None:
            try:
                if number == signal.SIGINT:
                    self.connection.send(b"interrupt")
                else:
                    self.connection.shutdown(socket.SHUT_WR)
            except OSError:
                return  # it ended meanwhile, which the next poll will tell

    def kill(self) -> None:
        """End the kernel and all that it started."""
        self.send_signal(signal.SIGKILL)

    terminate = kill


def request(folder: Path, connection_file: str, uid: int | None, limits: Limits) -> dict[str, Any]:
    """What the warm process must know to fork a kernel in the sandbox. ``folder``: the kernel's own, under the warm process's ``k``."""
    return {
        "folder": folder.name, "uid": uid, "rlimits": sandbox.rlimits(limits),
        "folder_bytes": limits.folder_mb * MB, "folder_files": limits.folder_files,
        "kept": sandbox.kept(),
        "cwd": sandbox.HOME, "environment": None, "connection_file": connection_file,
    }
