"""Outside the sandbox: run one command, and end all of it when it ends or its owner does, however that happens.

bubblewrap dies with its parent, except in its first milliseconds: its inner process may then stay for ever. So what it starts
stays below this process (a *subreaper*, prctl(2)), which ends with the last of them.

Usage: ``python supervise.py OWNER COMMAND...``, where OWNER is the reading end of a pipe whose other end only the owner holds.
The exit status is the command's, or 1 where the owner ended first.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
from contextlib import suppress

__all__ = ["line", "main"]

PR_SET_CHILD_SUBREAPER = 36


def line(owner: int, command: list[str]) -> list[str]:
    """The command that runs ``command`` supervised; ``owner`` must be handed on to it."""
    return [sys.executable, "-I", "-S", __file__, str(owner), *command]


def main(owner: int, command: list[str]) -> int:
    """Start ``command``, wait for the first of the two ends, kill what is left; the exit status."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    first = os.posix_spawnp(command[0], command, os.environ)
    ended = os.pidfd_open(first)
    ready, _none, _none = select.select([owner, ended], [], [])
    status = os.waitstatus_to_exitcode(os.waitpid(first, 0)[1]) & 0xFF if ended in ready else 1
    with suppress(ChildProcessError):
        while True:
            for pid in _children():
                os.kill(pid, signal.SIGKILL)
            os.waitpid(-1, 0)
    return status


def _children() -> list[int]:
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


if __name__ == "__main__":
    os._exit(main(int(sys.argv[1]), sys.argv[2:]))
