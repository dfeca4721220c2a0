"""Inside the sandbox: the warm process. It has imported what kernels need, and forks itself for each of them.

    zygote, in the outer sandbox ──fork──► kernel: ipykernel, the learner's code, in mount, process, ipc, net and uts
           └──spawn──► sleep, process 1 of the kernel's process namespace                      namespaces of its own

The zygote starts no thread (forking would lose it), holds no secret and never runs a learner's code. One request is one connection:
JSON in, and for as long as it stays open, the kernel lives; hanging up ends process 1, and with it all that runs in its namespace.
What goes back: ``started``, with the kernel's credentials, from which the judge reads its process number; ``failed: why``;
``ended: exit status``. What may come: ``interrupt``. Processes that lose their parent become the kernel's children, so that the
judge finds all of them below it.

Usage: ``python zygote.py '{"listen": descriptor, "owner": descriptor, "modules": [...], "sandboxed": true}'``. It ends when the other
end of the pipe ``owner`` is closed, as it is however the owner ends. Without a sandbox the kernel runs in
the folder and environment that the request names, as whoever started this.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import random
import select
import signal
import socket
import sys
import tempfile
import traceback
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

import confine  # type: ignore[import-not-found]  # it lies beside this file, in the sandbox as well

__all__ = ["main"]

NEW_PROCESSES, NEW_REST = 0x20000000, 0x20000 | 0x08000000 | 0x04000000 | 0x40000000  # mount, ipc, uts, net
READ_ONLY, NO_SUID, NO_DEV, NO_EXEC, REMOUNT, BIND, RECURSIVE, SLAVE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 19
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
KERNEL = (
    "IPython", "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "ipykernel.iostream", "ipykernel.displayhook",
    "ipykernel.subshell_manager", "IPython.core.completerlib", "IPython.core.magics", "zmq.eventloop.zmqstream", "zmq.asyncio",
    "tornado.platform.asyncio", "jedi", "comm", "ipykernel.debugger", "matplotlib_inline.config", "psutil", "sqlite3", "asyncio",
)
KERNELS, OWN, HOME = "/run/kernels", "/run/kernel", "/home/learner"  # as sandbox.py makes them


@dataclass
class Kernel:
    """One kernel: the judge's connection, its process (and a handle on it), process 1 of its namespace (None without a sandbox)."""

    connection: socket.socket
    pid: int
    handle: int
    first: int | None

    def end(self) -> None:
        """Kill all of it."""
        os.kill(self.pid if self.first is None else self.first, signal.SIGKILL)


def main(settings: str) -> None:
    """Import, then serve requests until killed."""
    wanted = json.loads(settings)
    del sys.path[0]  # this file's folder is no place for a learner's imports
    gc.disable()
    for name in (*KERNEL, *wanted["modules"]):
        _warm(name)
    tasks = len(os.listdir("/proc/self/task"))
    if tasks != 1:
        sys.exit(f"{tasks} threads run after the imports, one was due: forking would lose the others")
    gc.collect()
    gc.freeze()  # the collector would touch, and so copy, every page that kernels share
    _serve(socket.socket(fileno=wanted["listen"]), wanted["owner"], wanted["sandboxed"])


def _warm(name: str) -> None:
    """Import "module", or the module of "module:name", and "module.name" where that is what is meant."""
    module, _colon, attribute = name.partition(":")
    try:
        if not hasattr(importlib.import_module(module), attribute or "__name__"):
            importlib.import_module(f"{module}.{attribute}")
    except Exception as error:  # a kernel that needs it will meet the same error, and say so to its learner
        print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)


def _serve(listener: socket.socket, owner: int, sandboxed: bool) -> None:
    poller = select.poll()
    poller.register(listener, select.POLLIN)
    poller.register(owner, 0)  # hanging up is told in any case
    kernels: dict[int, Kernel] = {}
    while True:
        for ready, _event in poller.poll():
            if ready == owner:
                sys.exit("the owner ended")
            elif ready == listener.fileno():
                kernel = _forked(listener.accept()[0], sandboxed)
                for descriptor in (kernel.connection.fileno(), kernel.handle) if kernel else ():
                    poller.register(descriptor, select.POLLIN)
                    kernels[descriptor] = kernel  # type: ignore[assignment]
            elif (kernel := kernels.get(ready)) is not None and ready == kernel.handle:
                _ended(kernel)
                for descriptor in (kernel.connection.fileno(), kernel.handle):
                    with suppress(KeyError):
                        poller.unregister(descriptor)
                    kernels.pop(descriptor, None)
                os.close(kernel.handle)
                kernel.connection.close()
            elif kernel is not None and not _heard(kernel):
                poller.unregister(ready)


def _heard(kernel: Kernel) -> bool:
    """Do what the judge says; False where it hung up."""
    try:
        message = kernel.connection.recv(64)
    except OSError:
        message = b""
    if message == b"interrupt":
        os.kill(kernel.pid, signal.SIGINT)
    elif not message:
        kernel.end()
    return bool(message)


def _ended(kernel: Kernel) -> None:
    """The kernel's process is gone: reap it, end what it left, and say so."""
    status = os.waitstatus_to_exitcode(os.waitpid(kernel.pid, 0)[1])
    if kernel.first is not None:
        os.kill(kernel.first, signal.SIGKILL)
        os.waitpid(kernel.first, 0)
    with suppress(OSError):  # the judge may have hung up: then there is nobody to tell
        kernel.connection.send(b"ended: %d" % status)


def _forked(connection: socket.socket, sandboxed: bool) -> Kernel | None:
    """A kernel for the request that comes over ``connection``; None where that is nothing, or forking failed."""
    raw, first = connection.recv(65536), None
    if not raw:
        return None
    try:
        if sandboxed:
            first = _first()
        pid = os.fork()
        if pid == 0:
            _kernel(connection, json.loads(raw), sandboxed)
        return Kernel(connection, pid, os.pidfd_open(pid), first)
    except OSError as error:
        if first is not None:
            os.kill(first, signal.SIGKILL)
            os.waitpid(first, 0)
        with suppress(OSError):
            connection.send(f"failed: {error}".encode())
        return None
    finally:
        if sandboxed:  # what is forked next belongs to this process's namespace again
            with open("/proc/self/ns/pid", encoding="ascii") as own:
                confine.call(confine.LIBC.setns(own.fileno(), NEW_PROCESSES), "setns")


def _first() -> int:
    """A new process namespace for what is started next, and its process 1, whose end is the end of all others in it."""
    confine.call(confine.LIBC.unshare(NEW_PROCESSES), "unshare")
    return os.posix_spawn("/usr/bin/sleep", ["sleep", "infinity"], {})


def _kernel(connection: socket.socket, request: dict[str, Any], sandboxed: bool) -> NoReturn:
    """Become the kernel."""
    status = 1
    try:
        confine.LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        confine.LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        if sandboxed:
            confine.call(confine.LIBC.unshare(NEW_REST), "unshare")
            _mount(request)
            if request["uid"] is not None:
                confine.become(request["uid"])
            confine.confine(request["rlimits"])
        connection.send(b"started")
        _settle(request)
        from ipykernel.kernelapp import IPKernelApp

        IPKernelApp.launch_instance(argv=["-f", request["connection_file"], "--HistoryManager.hist_file=:memory:"])
        status = 0
    except OSError as error:
        with suppress(OSError):  # closed by then: it is the learner's
            connection.send(f"failed: {error}".encode())
    except SystemExit as left:
        status = left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    os._exit(status & 0xFF)


def _mount(request: dict[str, Any]) -> None:
    """This kernel's sockets, nobody else's; folders of its own; the processes of its own namespace."""
    outside = os.path.join(KERNELS, request["folder"])
    _do_mount(None, "/", RECURSIVE | SLAVE)
    _do_mount(f"{outside}/ipc", f"{OWN}/ipc", BIND)
    _do_mount(f"{outside}/judge", f"{OWN}/judge", BIND)
    _do_mount(None, f"{OWN}/judge", BIND | REMOUNT | READ_ONLY | NO_SUID | NO_DEV)
    _do_mount("tmpfs", KERNELS, READ_ONLY | NO_SUID | NO_DEV, "tmpfs", "size=4k,mode=755")
    for folder in (HOME, "/tmp", "/dev/shm"):
        below = {path: os.open(path, os.O_PATH) for path in request["kept"] if path.startswith(f"{folder}/")}
        options = f"size={request['folder_bytes']},nr_inodes={request['folder_files']},mode=1777"
        _do_mount("tmpfs", folder, NO_SUID | NO_DEV, "tmpfs", options)
        for path, handle in below.items():  # Python itself may be installed there
            os.makedirs(path)
            _do_mount(f"/proc/self/fd/{handle}", path, BIND | RECURSIVE)
    _do_mount("proc", "/proc", NO_SUID | NO_DEV | NO_EXEC, "proc")


def _settle(request: dict[str, Any]) -> None:
    """Environment, folder, descriptors and random numbers as in a process that has just been started."""
    if request["environment"] is not None:
        os.environ.clear()
        os.environ.update(request["environment"])
    os.chdir(request["cwd"])
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.closerange(3, 1 << 16)
    tempfile.tempdir = None
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "torch" in sys.modules:
        sys.modules["torch"].seed()
    if sys.modules.pop("matplotlib_inline.backend_inline", None):  # to be imported anew, when there is a shell
        del sys.modules["matplotlib_inline"].backend_inline
    sys.argv = ["ipykernel_launcher"]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.enable()


def _do_mount(source: str | None, target: str, flags: int, kind: str | None = None, options: str | None = None) -> None:
    words = [None if text is None else os.fsencode(text) for text in (source, target, kind, options)]
    confine.call(confine.LIBC.mount(*words[:3], ctypes.c_ulong(flags), words[3]), f"mount {target}")


if __name__ == "__main__":
    main(sys.argv[1])
