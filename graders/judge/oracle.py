"""The judge's end of the socket: hand out inputs, take outcomes, trust nothing that comes.

One ``Oracle`` serves one check cell, one connection, one pass over the cases. Cases go out in an order of the judge's own,
under numbers that mean nothing and cannot be guessed, so an answer sent before its question never fits.
Whatever is not the one answer that is due ends the exchange: this case and the rest stay without an answer.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from datacentric_helpers import wire
from datacentric_helpers.judge_client import HEADER, frame, length
from datacentric_helpers.outcome import with_log
from graders.judge.limits import MB
from graders.judge.service import serving

__all__ = ["Oracle", "ProtocolError", "outcome_from"]

LINGER_SECONDS = 0.5
FRAME_OVERHEAD = 4096


class ProtocolError(Exception):
    """Something came that an honest client does not send. Its argument is a key of ``report.REASONS``."""


class Oracle:
    """Listens at ``path`` while a check cell runs: ``async with Oracle(...) as oracle: run the cell``.

    ``questions``: the arguments of each case; ``services``: what runs beside it (``service.serving``). Afterwards ``outcomes`` holds,
    in the same order, what came for each, None where nothing acceptable did, and ``reason`` says why ("" where all is well); ``asked``
    counts the cases that were sent.
    """

    def __init__(
        self, path: Path, exercise_id: str, questions: list[list[Any]], seed: int, answer_mb: int, services: list[Any] | None = None
    ) -> None:
        self.path, self.exercise_id, self.questions = path, exercise_id, questions
        self.services = services or [None] * len(questions)
        self.order = [int(i) for i in np.random.default_rng(seed).permutation(len(questions))]
        self.allowance = answer_mb * MB + FRAME_OVERHEAD
        self.outcomes: list[dict[str, Any] | None] = [None] * len(questions)
        self.reason, self.asked = "silent", 0
        self._talk: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Oracle:
        self.server = await asyncio.start_unix_server(self._connected, self.path)
        self.path.chmod(0o666)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stop_listening()
        if self._talk is not None:
            _done, late = await asyncio.wait({self._talk}, timeout=LINGER_SECONDS)
            if late:
                self._talk.cancel()
                await asyncio.wait(late)
                self.reason = "late"

    def _stop_listening(self) -> None:
        self.server.close()
        self.path.unlink(missing_ok=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve the first connection; hang up on any other."""
        if self._talk is not None:
            writer.close()
            return
        self._talk = asyncio.current_task()
        self._stop_listening()
        self.reason = "broken off"
        try:
            await self._examine(reader, writer)
            self.reason = ""
        except ProtocolError as breach:
            self.reason = str(breach)
        except (asyncio.IncompleteReadError, OSError):
            self.reason = "broken off"
        except (wire.WireError, MemoryError, RecursionError):
            self.reason = "malformed"
        finally:
            writer.close()

    async def _examine(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await self._receive(reader) != {"hello": self.exercise_id}:
            raise ProtocolError("exercise")
        for case in self.order:
            number = secrets.randbits(62)
            async with serving(self.path.parent, self.services[case]) as log:
                writer.write(frame({"case": number, "args": self.questions[case]}))
                self.asked += 1
                await writer.drain()
                self.outcomes[case] = with_log(await self._answer(reader, number), log)
        writer.write(frame({"end": True}))
        with suppress(ConnectionError):  # the client may be gone already: it has said all it had to say
            await writer.drain()
            if await asyncio.wait_for(reader.read(1), LINGER_SECONDS):
                self.outcomes = [None] * len(self.questions)
                raise ProtocolError("extra")

    async def _answer(self, reader: asyncio.StreamReader, number: int) -> dict[str, Any]:
        message = await self._receive(reader)
        if set(message) != {"case", "outcome"}:
            raise ProtocolError("malformed")
        if type(message["case"]) is not int or message["case"] != number:
            raise ProtocolError("number")
        return outcome_from(message["outcome"])

    async def _receive(self, reader: asyncio.StreamReader) -> dict[Any, Any]:
        size = length(await reader.readexactly(HEADER.size))
        self.allowance -= size
        if self.allowance < 0:
            raise ProtocolError("size")
        message = wire.decode(await reader.readexactly(size))
        if not isinstance(message, dict):
            raise ProtocolError("malformed")
        return message


def outcome_from(value: Any) -> dict[str, Any]:
    """``value`` as an outcome of ``outcome.run_case``, texts cut to size. Raises ProtocolError for anything else."""
    if not isinstance(value, dict):
        raise ProtocolError("malformed")
    if set(value) == {"value"}:
        return {"value": value["value"]}
    names = value.get("raised")
    if set(value) - {"blank"} != {"raised", "message", "line"} or not isinstance(names, list) or not 1 <= len(names) <= 20:
        raise ProtocolError("malformed")
    if not all(isinstance(text, str) for text in (*names, value["message"], value["line"])):
        raise ProtocolError("malformed")
    return {
        "raised": [name[:80] for name in names],
        "message": value["message"][:500],
        "line": value["line"][:200],
        "blank": value.get("blank") is True,
    }
