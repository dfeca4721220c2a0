"""What an attack is, and the pieces of code that many of them start from."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.graders.tiny_course import raw, submission

__all__ = ["MARK", "NAME", "SEARCH", "SOCKET", "WRONG", "Attack", "edited", "marked"]

NAME = f"evil{os.getpid()}"  # by which the attackers' processes are found, those of this test process only
MARK = f"import ctypes\nctypes.CDLL(None).prctl(15, b'{NAME}', 0, 0, 0)\n"  # inherited by whatever the kernel starts; no error if refused
WRONG = "def double(x):\n    return -1\n"

# the start of those that search: a secret that is found is worth the answer
SEARCH = WRONG + """
import contextlib, glob, os, re
NEEDLE = re.compile(rb'SECRE[T]SOLUTION')
def use(data):
    if NEEDLE.search(data):
        globals()['double'] = lambda x: 2 * x
def look(path):
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(handle, 'rb') as file:
            use(file.read(1 << 20))
"""

# the start of those that speak to the judge themselves: ``connected()`` gives the socket, only while double's check runs
SOCKET = WRONG + """
import os, socket, struct, msgpack
from datacentric_helpers import check as honest
from datacentric_helpers.judge_client import frame, _receive
def talk(judge):
    pass
def check(name, function):
    if name != 'double':
        return honest(name, function)
    with socket.socket(socket.AF_UNIX) as judge:
        judge.connect(os.environ['DCAI_JUDGE'])
        talk(judge)
"""


@dataclass(frozen=True)
class Attack:
    """One submission. ``code``: solutions by exercise, the others are right; ``file``: gives the submitted bytes instead.

    ``place(folder)`` puts more into the submitted folder, or changes what is there. ``honest``: the score that is due.
    ``incident``: what must be named, among the verdict's incidents or those of its checks. ``limits``: fields that differ from the
    tiny course's. ``stock``: the code against stock nbgrader, where it must differ; None where the idea makes no sense there.
    ``student``: the name of the submitted folder, where that is the attack.
    """

    name: str
    tries: str
    code: dict[str, str] = field(default_factory=dict)
    honest: float = 4.0
    incident: str = ""
    limits: dict[str, int] = field(default_factory=dict)
    file: Callable[[], bytes] | None = None
    place: Callable[[Path], None] | None = None
    stock: dict[str, str] | None = field(default_factory=dict)
    student: str = ""

    def submitted(self) -> bytes:
        """The bytes of the submitted notebook."""
        return self.file() if self.file else raw(submission(**marked(self.code)))

    def against_stock(self) -> dict[str, str]:
        """The solutions to hand in to stock nbgrader."""
        return marked(self.stock or self.code)


def marked(code: dict[str, str]) -> dict[str, str]:
    """``code`` with the mark by which its processes can be found, before each solution."""
    return {name: MARK + text for name, text in code.items()}


def edited(change: Callable[[dict[str, Any]], object], **code: str) -> Callable[[], bytes]:
    """A submitted file: the honest notebook with a wrong ``double`` (or with ``code``), changed by ``change``."""

    def make() -> bytes:
        content = submission(**(code or {"double": WRONG}))
        change(content)
        return json.dumps(content).encode()

    return make
