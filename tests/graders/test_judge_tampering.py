"""Nothing that runs inside the sandbox raises a score: each attempt gets at most what the answers themselves earn."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datacentric_helpers import wire
from datacentric_helpers.judge_client import frame, length
from graders.judge.kernel import clean
from graders.judge.oracle import Oracle, ProtocolError, outcome_from
from tests.graders.tiny_course import judge, points, submission

WRONG = "def double(x):\n    return -1"
SOCKET = """
import os, socket
from datacentric_helpers.judge_client import frame, _receive
def check(name, function):
    with socket.socket(socket.AF_UNIX) as judge:
        judge.connect(os.environ['DCAI_JUDGE'])
        judge.sendall(frame({'hello': name}))
"""
EARLY = "        judge.sendall(b''.join(frame({'case': i, 'outcome': {'value': 42}}) for i in range(9)))"
ATTEMPTS = {
    "print a verdict": f"{WRONG}\nprint('{{\"share\": 1.0}}'); print(2.0)\n2.0",
    "show a result in the check cell": f"{WRONG}\ndef check(name, function):\n    return 2.0",
    "redefine check": f"{WRONG}\ncheck = lambda name, function: print('passed')",
    "patch the comparator": (
        f"{WRONG}\nimport datacentric_helpers.compare as c, datacentric_helpers.outcome as o\n"
        "c.compare = o.compare = o.assess = lambda *a, **k: None\nc._same = lambda *a: None"
    ),
    "an object equal to everything": (
        "class Any(int):\n    def __eq__(self, other):\n        return True\n    __hash__ = int.__hash__\n"
        "def double(x):\n    return Any(-1)"
    ),
    "answer before the question": WRONG + SOCKET + EARLY,
    "a frame of four gigabytes": f"{WRONG}\n{SOCKET}        judge.sendall(b'\\xff\\xff\\xff\\xff' + bytes(1 << 20))",
}


@pytest.mark.usefixtures("sandbox")
def test_attempts_in_the_sandbox_earn_nothing(tmp_path: Path) -> None:
    """All attempts in one notebook would spoil each other: each is a submission of its own."""
    earned = {}
    for name, code in ATTEMPTS.items():
        verdict = judge(tmp_path, submission(double=code))
        earned[name] = points(verdict)["double"]
        assert verdict.max_points == 6
    assert earned == dict.fromkeys(ATTEMPTS, 0)


@pytest.mark.usefixtures("sandbox")
def test_a_wrong_answer_with_a_patched_check_leaves_the_other_cells_alone(tmp_path: Path) -> None:
    """A learner who answers through the socket by hand, and rightly, has only answered."""
    honest = (
        "def double(x):\n    return 2 * x\n" + SOCKET + "        message = _receive(judge)\n"
        "        while 'case' in message:\n"
        "            judge.sendall(frame({'case': message['case'], 'outcome': {'value': function(*message['args'])}}))\n"
        "            message = _receive(judge)"
    )
    assert points(judge(tmp_path, submission(double=honest))) == {"double": 2, "mean": 0, "shift": 2}


@pytest.mark.usefixtures("sandbox")
def test_files_in_the_socket_folder_end_the_kernel(tmp_path: Path) -> None:
    code = (
        "import os, time\nfolder = os.path.dirname(os.environ['DCAI_JUDGE']).replace('judge', 'ipc')\n"
        "for i in range(50):\n    open(f'{folder}/{i}', 'wb').write(bytes(100))\ntime.sleep(3)"
    )
    verdict = judge(tmp_path, submission(double=code))
    assert verdict.points == 0
    assert verdict.incidents[-1] == "folder"


def exchange(talk: Callable[[socket.socket], None], path: Path, questions: int = 3) -> Oracle:
    """Let ``talk`` be the client of an oracle with ``questions`` cases."""

    async def serve() -> Oracle:
        async with Oracle(path, "double", [[i] for i in range(questions)], 7, 1) as oracle:
            client = threading.Thread(target=_client, args=(talk, path))
            client.start()
            await asyncio.to_thread(client.join)
        return oracle

    return asyncio.run(serve())


def _client(talk: Callable[[socket.socket], None], path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as judge_socket:
        judge_socket.settimeout(5)
        judge_socket.connect(str(path))
        try:
            talk(judge_socket)
        except (ConnectionError, TimeoutError, AssertionError):
            return  # the judge hung up: that is what most of these clients deserve


def receive(judge_socket: socket.socket) -> dict[str, Any]:
    header = judge_socket.recv(4, socket.MSG_WAITALL)
    assert len(header) == 4
    message: dict[str, Any] = wire.decode(judge_socket.recv(length(header), socket.MSG_WAITALL))
    return message


def hello(judge_socket: socket.socket, name: str = "double") -> dict[str, Any]:
    judge_socket.sendall(frame({"hello": name}))
    return receive(judge_socket)


def answer_all(judge_socket: socket.socket) -> None:
    message = hello(judge_socket)
    while "case" in message:
        judge_socket.sendall(frame({"case": message["case"], "outcome": {"value": message["args"][0]}}))
        message = receive(judge_socket)


def test_an_honest_client_gets_every_case_once_in_an_order_of_the_judges(tmp_path: Path) -> None:
    oracle = exchange(answer_all, tmp_path / "s", 8)
    assert oracle.reason == ""
    assert oracle.outcomes == [{"value": i} for i in range(8)]
    assert oracle.order != list(range(8))


def _first_then(second: bytes | Callable[[dict[str, Any]], bytes]) -> Callable[[socket.socket], None]:
    """A client that answers the first case well, then sends ``second``."""

    def talk(judge_socket: socket.socket) -> None:
        message = hello(judge_socket)
        judge_socket.sendall(frame({"case": message["case"], "outcome": {"value": 1}}))
        following = receive(judge_socket)
        judge_socket.sendall(second if isinstance(second, bytes) else second(following))
        receive(judge_socket)

    return talk


def _outcome(value: Any) -> Callable[[dict[str, Any]], bytes]:
    return lambda message: frame({"case": message["case"], "outcome": value})


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        (b"\xff\xff\xff\xff", "size"),
        (b"\x00\x00\x00\x05hello", "malformed"),
        (b"\x00\x00\x00\x01\x07", "malformed"),
        (b"\x00\x00", "broken off"),
        (b"", "broken off"),
        (frame({"case": 1, "outcome": {"value": 1}}), "number"),
        (frame({"case": True, "outcome": {"value": 1}}), "number"),
        (lambda m: frame({"case": float(m["case"]), "outcome": {"value": 1}}), "number"),
        (lambda m: frame({"case": m["case"], "outcome": {"value": 1}, "share": 1.0}), "malformed"),
        (_outcome(None), "malformed"),
        (_outcome({"value": 1, "passed": True}), "malformed"),
        (_outcome({"raised": "ValueError", "message": "", "line": ""}), "malformed"),
        (_outcome({"raised": [], "message": "", "line": ""}), "malformed"),
        (_outcome({"raised": [1], "message": "", "line": ""}), "malformed"),
        (_outcome({"raised": ["E"], "message": ["x"], "line": ""}), "malformed"),
        (_outcome({"value": b"x" * (1 << 20) + b"x" * 8192}), "size"),
    ],
)
def test_what_is_not_the_answer_due_ends_the_exchange_and_keeps_what_was_earned(second: Any, reason: str, tmp_path: Path) -> None:
    talk = _first_then(second)
    if second in (b"", b"\x00\x00"):
        full = talk

        def talk(judge_socket: socket.socket) -> None:
            judge_socket.settimeout(0.2)
            full(judge_socket)

    oracle = exchange(talk, tmp_path / "s")
    assert oracle.reason == reason
    assert sum(outcome is not None for outcome in oracle.outcomes) == 1


def test_a_duplicate_answer_is_taken_for_the_next_cases_and_refused(tmp_path: Path) -> None:
    def twice(judge_socket: socket.socket) -> None:
        message = hello(judge_socket)
        judge_socket.sendall(2 * frame({"case": message["case"], "outcome": {"value": 1}}))
        receive(judge_socket)

    oracle = exchange(twice, tmp_path / "s")
    assert oracle.reason == "number"
    assert sum(outcome is not None for outcome in oracle.outcomes) == 1


def test_an_answer_too_many_voids_all(tmp_path: Path) -> None:
    def one_more(judge_socket: socket.socket) -> None:
        answer_all(judge_socket)
        judge_socket.sendall(frame({"case": 0, "outcome": {"value": 1}}))
        judge_socket.recv(1)

    oracle = exchange(one_more, tmp_path / "s")
    assert oracle.reason == "extra"
    assert oracle.outcomes == [None] * 3


def test_another_exercise_is_not_served(tmp_path: Path) -> None:
    oracle = exchange(lambda s: hello(s, "mean") and None, tmp_path / "s")
    assert (oracle.reason, oracle.asked) == ("exercise", 0)


def test_nobody_connects(tmp_path: Path) -> None:
    async def serve() -> Oracle:
        async with Oracle(tmp_path / "s", "double", [[1]], 7, 1) as oracle:
            assert (tmp_path / "s").exists()
        return oracle

    oracle = asyncio.run(serve())
    assert (oracle.reason, oracle.outcomes) == ("silent", [None])
    assert not (tmp_path / "s").exists(), "the judge listens only while a check cell runs"


def test_the_second_connection_is_not_served(tmp_path: Path) -> None:
    def two(judge_socket: socket.socket) -> None:
        message = hello(judge_socket)
        with socket.socket(socket.AF_UNIX) as second, pytest.raises(OSError):
            second.connect(str(tmp_path / "s"))
        judge_socket.sendall(frame({"case": message["case"], "outcome": {"value": 0}}))
        receive(judge_socket)

    oracle = exchange(two, tmp_path / "s", 1)
    assert oracle.outcomes == [{"value": 0}]


def test_a_client_that_stays_is_late(tmp_path: Path) -> None:
    async def serve() -> Oracle:
        with socket.socket(socket.AF_UNIX) as idle:
            async with Oracle(tmp_path / "s", "double", [[1]], 7, 1) as oracle:
                await asyncio.to_thread(idle.connect, str(tmp_path / "s"))
                await asyncio.sleep(0)
                while oracle._talk is None:
                    await asyncio.sleep(0.01)
        return oracle

    assert asyncio.run(serve()).reason == "late"


def test_long_texts_of_an_outcome_are_cut() -> None:
    cut = outcome_from({"raised": ["E" * 999], "message": "m" * 9999, "line": "l" * 999, "blank": 1})
    assert (len(cut["raised"][0]), len(cut["message"]), len(cut["line"]), cut["blank"]) == (80, 500, 200, False)
    with pytest.raises(ProtocolError):
        outcome_from([1])


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        ({"data": {"text/html": "<script>alert(1)</script>", "application/javascript": "x"}}, None),
        ({"data": {"text/html": "<b>x</b>", "text/plain": "x"}}, {"text/plain": "x"}),
        ({"data": {"image/png": 'x"><script>'}}, None),
        ({"data": {"image/png": "iVBORw0KGgo="}}, {"image/png": "iVBORw0KGgo="}),
        ({"data": {"image/png": "aGVsbG8="}}, None),
        ({"data": 7}, None),
        ({}, None),
        ({"data": {"text/plain": ["x"]}}, {"text/plain": ""}),
    ],
)
def test_of_outputs_only_text_and_real_pictures_are_kept(content: dict[str, Any], kept: dict[str, str] | None) -> None:
    output, _size = clean("display_data", content)
    assert (output and dict(output["data"])) == kept
