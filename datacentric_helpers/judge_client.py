"""The learner's side of grading: run a function on the inputs that the judge sends, and send back what came.

While a submission is graded, ``check`` is a client of a judge outside the sandbox. The environment variable ``DCAI_JUDGE``
names the judge's socket. Everything in this module runs beside untrusted code and decides nothing: the judge holds what is
due, compares, and takes no answer, or a malformed one, for a wrong one.

A frame is its length (4 bytes, big-endian) and then ``wire.encode`` of a dict:

    client  {"hello": exercise id}
    judge   {"case": number, "args": [...]}          once for each case; the numbers mean nothing
    client  {"case": the same number, "outcome": what ``outcome.run_case`` gives}
    judge   {"end": True}
"""

from __future__ import annotations

import os
import socket
import struct
from typing import Any

from datacentric_helpers import wire
from datacentric_helpers.outcome import run_case

__all__ = ["VARIABLE", "answer", "frame", "judged", "length"]

VARIABLE = "DCAI_JUDGE"
HEADER = struct.Struct(">I")


def judged() -> bool:
    """True while a submission is graded: what only a learner reads (progress, leaderboard) is not shown then."""
    return VARIABLE in os.environ


def answer(exercise_id: str, function: Any) -> None:
    """Run ``function`` on every case that the judge sends for ``exercise_id`` and send the outcomes.

    Raises RuntimeError outside grading (no ``DCAI_JUDGE``), ConnectionError where the judge hangs up.
    """
    path = os.environ.get(VARIABLE)
    if not path:
        raise RuntimeError(f"the environment variable {VARIABLE} must name the judge's socket, it is not set")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as judge:
        judge.connect(path)
        judge.sendall(frame({"hello": exercise_id}))
        while "case" in (message := _receive(judge)):
            outcome = run_case(function, message["args"])
            judge.sendall(frame({"case": message["case"], "outcome": outcome}))


def frame(message: dict[str, Any]) -> bytes:
    """``message`` as one frame. Raises wire.WireError for values that cannot be sent."""
    body = wire.encode(message)
    return HEADER.pack(len(body)) + body


def length(header: bytes) -> int:
    """The length in bytes of the body that follows ``header`` (4 bytes)."""
    return int(HEADER.unpack(header)[0])


def _receive(judge: socket.socket) -> dict[str, Any]:
    message = wire.decode(_read(judge, length(_read(judge, HEADER.size))))
    return dict(message)


def _read(judge: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = judge.recv(min(size - len(parts), 1 << 20))
        if not part:
            raise ConnectionError("the judge hung up")
        parts += part
    return bytes(parts)
