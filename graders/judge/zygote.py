"""Inside the sandbox: the warm process. It has imported what kernels need, and forks itself for each of them.

    zygote ──fork──► monitor ──fork──► first process ──fork──► kernel: ipykernel, the learner's code
    in the outer     in a user, mount,  process 1 of the
    sandbox          pid, ipc, net,     new namespaces,
                     uts namespace      reaps and waits

The zygote starts no thread (forking would lose it), holds no secret and never runs a learner's code. One request is one connection:
JSON in, and for as long as it stays open, the kernel lives; hanging up ends the kernel and everything that it started. What
goes back: ``started`` (with the first process's credentials), ``failed: why``, ``ended: exit status``. What may come: ``interrupt``.

Usage: ``python zygote.py '{"listen": descriptor, "modules": [...], "sandboxed": true}'``. Without a sandbox the kernel runs in
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
import struct
import sys
import tempfile
import traceback
from contextlib import suppress
from typing import Any, NoReturn

import confine  # type: ignore[import-not-found]  # it lies beside this file, in the sandbox as well

__all__ = ["main"]

NAMESPACES = {"user": 0x10000000, "mount": 0x20000, "pid": 0x20000000, "ipc": 0x08000000, "uts": 0x04000000, "net": 0x40000000}
READ_ONLY, NO_SUID, NO_DEV, NO_EXEC, REMOUNT, BIND, RECURSIVE, SLAVE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 19
SETID = 1 << 6 | 1 << 7  # the capabilities to change user and group
PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4
KERNEL = (
    "IPython", "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "ipykernel.iostream", "ipykernel.displayhook",
    "ipykernel.subshell_manager", "IPython.core.completerlib", "IPython.core.magics", "zmq.eventloop.zmqstream", "zmq.asyncio",
    "tornado.platform.asyncio", "jedi", "comm", "debugpy", "matplotlib_inline.config", "psutil", "sqlite3", "asyncio",
)
KERNELS, OWN, HOME = "/run/kernels", "/run/kernel", "/home/learner"  # as sandbox.py makes them


def main(settings: str) -> None:
    """Import, then serve requests until killed."""
    wanted = json.loads(settings)
    del sys.path[0]  # this file's folder is no place for a learner's imports
    if wanted["sandboxed"] and os.getuid() == 0:
        _bare_proc()
    for name in (*KERNEL, *wanted["modules"]):
        _warm(name)
    tasks = len(os.listdir("/proc/self/task"))
    if tasks != 1:
        sys.exit(f"{tasks} threads run after the imports, one was due: forking would lose the others")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.collect()
    gc.freeze()  # the collector would touch, and so copy, every page that kernels share
    listener, owner = socket.socket(fileno=wanted["listen"]), os.getppid()
    while True:
        if not select.select([listener], [], [], 1.0)[0]:
            if os.getppid() != owner:
                sys.exit("the owner ended")
            continue
        connection, _address = listener.accept()
        request = connection.recv(65536)
        if request and os.fork() == 0:
            listener.close()
            _monitor(connection, json.loads(request), wanted["sandboxed"])
        connection.close()


def _bare_proc() -> None:
    """As root, bwrap covers parts of /proc, and Linux then lets nobody below mount one of their own: so one that is whole."""
    _do_mount("proc", "/proc", NO_SUID | NO_DEV | NO_EXEC, "proc")
    kept = struct.pack("IIIIII", SETID, SETID, 0, 0, 0, 0)
    confine.call(confine.LIBC.capset(struct.pack("Ii", 0x20080522, 0), kept), "capset")


def _warm(name: str) -> None:
    """Import "module", or the module of "module:name", and "module.name" where that is what is meant."""
    module, _colon, attribute = name.partition(":")
    try:
        if not hasattr(importlib.import_module(module), attribute or "__name__"):
            importlib.import_module(f"{module}.{attribute}")
    except Exception as error:  # a kernel that needs it will meet the same error, and say so to its learner
        print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)


def _monitor(connection: socket.socket, request: dict[str, Any], sandboxed: bool) -> NoReturn:
    """Stand between the judge and one kernel, outside its namespaces."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        if sandboxed:
            _unshare(request["uid"])
        _die_with_parent()
        first = os.fork()
        if first == 0:
            _first(connection, request, sandboxed)
        status = _watch(connection, first)
        connection.send(b"ended: %d" % status)
    except OSError as error:
        with suppress(OSError):  # the judge may have hung up: then there is nobody to tell
            connection.send(f"failed: {error}".encode())
    os._exit(status & 0xFF)


def _watch(connection: socket.socket, first: int) -> int:
    """Wait for the kernel's end; pass interrupts on; end it where the judge hangs up. Returns the exit status."""
    handle, poller, gone = os.pidfd_open(first), select.poll(), False
    poller.register(handle, select.POLLIN)
    poller.register(connection, select.POLLIN)
    while True:
        ready = [descriptor for descriptor, _event in poller.poll()]
        if handle in ready:
            _pid, status = os.waitpid(first, 0)
            return os.waitstatus_to_exitcode(status)
        message = b"" if gone else connection.recv(64)
        if message == b"interrupt":
            os.kill(first, signal.SIGUSR1)
        elif not message:
            gone = True
            poller.unregister(connection)
            os.kill(first, signal.SIGKILL)


def _unshare(uid: int | None) -> None:
    """Namespaces of the kernel's own; where the grader is root, a user of its own first."""
    if uid is not None:
        confine.become(uid)
        confine.LIBC.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)  # or the maps below could not be written
    user, group = os.getuid(), os.getgid()
    confine.call(confine.LIBC.unshare(sum(NAMESPACES.values())), "unshare")
    for name, line in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        _write(f"/proc/self/{name}", line)


def _first(connection: socket.socket, request: dict[str, Any], sandboxed: bool) -> NoReturn:
    """Process 1 of the namespaces: make the files, start the kernel, reap, wait for its end."""
    try:
        _die_with_parent()
        if sandboxed:
            _mount(request)
        connection.send(b"started")
        kernel = os.fork()
        if kernel == 0:
            _kernel(request, sandboxed)
    except OSError as error:
        connection.send(f"failed: {error}".encode())
        os._exit(99)
    confine.LIBC.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)  # no business of the learner's code, which runs under the same user
    signal.signal(signal.SIGUSR1, lambda _number, _frame: os.kill(kernel, signal.SIGINT))
    os.closerange(3, 1 << 16)
    while True:
        ended, status = os.wait()
        if ended == kernel:
            os._exit(max(0, os.waitstatus_to_exitcode(status)) or (1 if status else 0))


def _mount(request: dict[str, Any]) -> None:
    """This kernel's sockets, nobody else's; folders of its own; the processes of its own namespace."""
    outside = os.path.join(KERNELS, request["folder"])
    _do_mount(None, "/", RECURSIVE | SLAVE)
    _do_mount(f"{outside}/ipc", f"{OWN}/ipc", BIND)
    _do_mount(f"{outside}/judge", f"{OWN}/judge", BIND)
    _do_mount(None, f"{OWN}/judge", BIND | REMOUNT | READ_ONLY | NO_SUID | NO_DEV)
    _do_mount("tmpfs", KERNELS, READ_ONLY | NO_SUID | NO_DEV, "tmpfs", "size=4k")
    for folder in (HOME, "/tmp", "/dev/shm"):
        options = f"size={request['folder_bytes']},nr_inodes={request['folder_files']},mode=1777"
        _do_mount("tmpfs", folder, NO_SUID | NO_DEV, "tmpfs", options)
    _do_mount("proc", "/proc", NO_SUID | NO_DEV | NO_EXEC, "proc")
    _write("/proc/sys/user/max_user_namespaces", "0")


def _kernel(request: dict[str, Any], sandboxed: bool) -> NoReturn:
    """Become the kernel."""
    status = 1
    try:
        _die_with_parent()
        if sandboxed:
            confine.confine(request["rlimits"])
        _settle(request)
        from ipykernel.kernelapp import IPKernelApp

        IPKernelApp.launch_instance(argv=["-f", request["connection_file"], "--HistoryManager.hist_file=:memory:"])
        status = 0
    except SystemExit as left:
        status = left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    os._exit(status & 0xFF)


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


def _die_with_parent() -> None:
    confine.LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _do_mount(source: str | None, target: str, flags: int, kind: str | None = None, options: str | None = None) -> None:
    words = [None if text is None else os.fsencode(text) for text in (source, target, kind, options)]
    confine.call(confine.LIBC.mount(*words[:3], ctypes.c_ulong(flags), words[3]), f"mount {target}")


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


if __name__ == "__main__":
    main(sys.argv[1])
