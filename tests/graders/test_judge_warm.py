"""Kernels forked from a warm process: as isolated as cold ones, quicker, and replaced by cold ones where forking fails."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from jupyter_client.provisioning import KernelProvisionerFactory
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from graders.job import modules_of
from graders.judge import confine, sandbox, supervise, warm
from graders.judge.kernel import Kernel
from graders.judge.warm import Forked, WarmProcess
from tests.graders.kills import offspring_found
from tests.graders.tiny_course import LIMITS, points, source, submission

pytestmark = pytest.mark.usefixtures("sandbox")
MODULES = ("numpy", "datacentric_helpers:check", "datacentric_helpers.judge_client")


@pytest.fixture(scope="module")
def process() -> Iterator[WarmProcess]:
    with WarmProcess(MODULES) as made:
        yield made


def printed(address: Path | None, *cells: str) -> list[str]:
    """What the cells print in one kernel."""
    nb = new_notebook(cells=[new_code_cell(text) for text in cells])

    async def run() -> list[str]:
        kernel = Kernel(nb, LIMITS, True, address)
        await kernel.start()
        assert not kernel.reason, kernel.why
        try:
            for index, cell in enumerate(nb.cells):
                assert await kernel.run(cell, index) == ""
        finally:
            await kernel.close()
        return ["".join(o.get("text", o.get("evalue", "")) for o in cell.outputs) for cell in nb.cells]

    return asyncio.run(run())


def test_the_notebook_says_what_to_import() -> None:
    nb = new_notebook(cells=[
        new_code_cell("%matplotlib inline\nimport broken"), new_code_cell("import a.b as c\nfrom d import e\nfrom . import f"),
        new_code_cell("import torch\nstep = torch.optim.SGD"),
    ])
    assert set(modules_of(nbformat.writes(nb).encode())) >= {"a.b", "d:e", "torch", "torch._dynamo", "datacentric_helpers.judge_client"}
    assert "broken" not in modules_of(nbformat.writes(nb).encode())
    assert "numpy" in modules_of(nbformat.writes(source()).encode())


def test_warm_and_cold_kernels_give_the_same_verdict(process: WarmProcess, tmp_path: Path) -> None:
    work = submission("ko", double="def double(x):\n    return x * x", mean="raise ValueError('no')")
    warm_one, cold = (judge_warm(tmp_path, work, address) for address in (process.folder, None))
    assert (warm_one.kernel, cold.kernel) == ("warm", "cold")
    assert [replace(check, seconds=0) for check in warm_one.checks] == [replace(check, seconds=0) for check in cold.checks]


def judge_warm(folder: Path, work: dict[str, Any], address: Path | None) -> Any:
    from tests.graders.tiny_course import job

    return job(folder, work).judge(warm=address)


def test_what_was_imported_is_there_and_nothing_else_is_shared(process: WarmProcess) -> None:
    leave = "import builtins, numpy, sys\nbuiltins.mark = numpy.mark = 1\nopen('/tmp/mark', 'w')\nprint('numpy' in sys.modules)"
    look = "import builtins, numpy, os\nprint(hasattr(builtins, 'mark'), hasattr(numpy, 'mark'), os.path.exists('/tmp/mark'))"
    assert printed(process.folder, leave) == ["True\n"]
    assert printed(process.folder, look) == ["False False False\n"]


def test_two_kernels_draw_different_random_numbers(process: WarmProcess) -> None:
    draw = "import random, numpy\nprint(random.random(), numpy.random.random())"
    first, second = printed(process.folder, draw)[0].split(), printed(process.folder, draw)[0].split()
    assert not set(first) & set(second)


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("import os\nprint(sorted(p for p in os.listdir('/proc') if p.isdigit()))", "['1', '2']"),
        ("import os\nprint([os.listdir(f) for f in ('/run/kernels', '/opt/course/datacentric_helpers/cases')])", "[[], []]"),
        (f"import os\nprint(set(os.listdir('/tmp')) - {{path.split('/')[2] for path in {sandbox.kept()}}})", "set()"),
        ("print(open('/proc/1/comm').read())\nopen('/proc/1/environ').read()", "sleep\n\n[Errno 13]"),
        ("import os\nfds = [os.path.realpath(f'/proc/self/fd/{n}') for n in range(60)]\n"
         "print({f for f in fds if '/proc/' not in f} - {'/dev/null', '/dev/urandom'})", "set()"),
        ("import os\nprint(os.environ.get('SECRET'), os.environ['HOME'], os.getcwd())", "None /home/learner /home/learner"),
        ("import socket\nsocket.create_connection(('127.0.0.1', 80), 1)", "unreachable"),
        ("keys = ('CapPrm', 'CapEff', 'NoNewPrivs', 'Seccomp:')\nprint([l for l in open('/proc/self/status') if l.startswith(keys)])",
         "['CapPrm:\\t0000000000000000\\n', 'CapEff:\\t0000000000000000\\n', 'NoNewPrivs:\\t1\\n', 'Seccomp:\\t2\\n']"),
        ("import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nprint(libc.unshare(0x10000000), ctypes.get_errno())", "-1 1"),
        ("import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nprint(libc.ptrace(0, 0, 0, 0), ctypes.get_errno())", "-1 1"),
        ("import socket\nsocket.socket(40, socket.SOCK_STREAM)", "not supported"),
        ("import os\nopen('/dev/shm/x', 'w')\nfor n in range(30000):\n    open(f'/tmp/{n}', 'w')", "No space left"),
    ],
    ids=[
        "processes", "files", "tmp", "process 1", "descriptors", "environment", "network", "privileges", "namespaces", "ptrace", "vsock",
        "inodes",
    ],
)
def test_the_walls_of_a_forked_kernel(code: str, shown: str, process: WarmProcess) -> None:
    assert shown in printed(process.folder, code)[0]


@pytest.mark.skipif(os.getuid() == 0, reason="for graders that are not root; root's way is what all other tests take")
def test_a_grader_that_is_not_root_forks_in_a_user_namespace(process: WarmProcess) -> None:
    user, status = printed(process.folder, "import os\nprint(os.getuid())", "print(open('/proc/self/status').read())")
    assert user == "65534\n"
    assert "CapEff:\t0000000000000000" in status


def test_a_kernel_ends_with_all_that_it_started(process: WarmProcess) -> None:
    marker = f"marker-{os.getpid()}"
    twice = "import os\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
    daemon = f"{twice}        os.execv('/bin/sleep', ['{marker}', '300'])\n    os._exit(0)"
    printed(process.folder, daemon)
    assert not [p for p in psutil.process_iter(["cmdline"]) if marker in (p.info["cmdline"] or [])]


def test_hanging_up_ends_the_kernel(process: WarmProcess) -> None:
    folder = process.folder / "k" / "direct"
    for name in ("ipc", "judge"):
        (folder / name).mkdir(parents=True)
    (folder / "ipc" / "c.json").write_text("{}")
    wanted = warm.request(folder, f"{sandbox.OWN}/ipc/c.json", sandbox.unprivileged_uid(), LIMITS)
    forked = Forked(process.folder, wanted, 30)
    before = psutil.Process(forked.pid).parent().children()
    forked.kill()
    assert forked.wait(10) != 0
    _gone, alive = psutil.wait_procs(before, timeout=10)
    assert not [p for p in alive if p.pid == forked.pid or p.name() == "sleep"]


def test_a_judge_that_is_killed_takes_its_kernels_along(process: WarmProcess, tmp_path: Path) -> None:
    """The connection is all that keeps a kernel alive, so it does not matter how the judge ends."""
    program = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom graders.judge import Limits, sandbox\nfrom graders.judge.warm import *\n"
        "folder = Path(sys.argv[1], 'k', 'killed')\n[(folder / name).mkdir(parents=True) for name in ('ipc', 'judge')]\n"
        "forked = Forked(Path(sys.argv[1]), request(folder, '/none', sandbox.unprivileged_uid(), Limits()), 30)\n"
        "print(forked.pid, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    ran = subprocess.run([sys.executable, "-c", program, str(process.folder)], capture_output=True, text=True, timeout=60, check=False)
    kernel = int(ran.stdout)
    deadline = time.monotonic() + 10
    while psutil.pid_exists(kernel) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not psutil.pid_exists(kernel)


def test_where_forking_fails_a_cold_kernel_is_started_and_the_verdict_says_so(tmp_path: Path) -> None:
    verdict = judge_warm(tmp_path, submission(), tmp_path / "nothing")
    assert points(verdict) == {"double": 2, "mean": 2, "shift": 2}
    assert verdict.kernel.startswith("cold: ")
    assert "No such file" in verdict.kernel


def test_a_module_that_cannot_be_imported_is_named_and_stops_nothing() -> None:
    with WarmProcess(["datacentric_helpers.no_such_module"]) as made:
        assert printed(made.folder, "print(1)") == ["1\n"]
        assert "datacentric_helpers.no_such_module: ModuleNotFoundError" in made.log


def test_the_shared_process_is_started_anew_where_it_ended_or_the_packages_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        first = warm.shared(())
        assert warm.shared(()) == first
        monkeypatch.setattr(warm, "_packages", lambda: (1,))
        second = warm.shared(())
        assert second not in (None, first)
        assert first is not None
        assert not first.exists()
        assert warm._own is not None
        supervisor = warm._own[1].process
        while supervisor.poll() is None:  # it may be just starting
            for below in psutil.Process(supervisor.pid).children():
                below.kill()
            time.sleep(0.01)
        assert warm.shared(()) not in (None, second)
    finally:
        warm.close_shared()


def test_whenever_the_owner_ends_nothing_of_the_sandbox_stays() -> None:
    sleeper = sandbox.command(["/usr/bin/sleep", "600"], LIMITS, None, None)
    with offspring_found():
        before = set(psutil.Process().children(recursive=True))
        for milliseconds in (*range(0, 60, 2), 300):
            reading, writing = os.pipe()
            supervisor = subprocess.Popen(supervise.line(reading, sleeper), pass_fds=[reading], stderr=subprocess.DEVNULL)
            os.close(reading)
            time.sleep(milliseconds / 1000)
            os.close(writing)
            assert supervisor.wait(10) == 1
            assert set(psutil.Process().children(recursive=True)) == before, milliseconds


def test_a_supervised_command_ends_with_its_own_status_and_takes_along_what_it_started() -> None:
    reading, writing = os.pipe()
    with offspring_found():
        before = set(psutil.Process().children(recursive=True))
        line = supervise.line(reading, ["/bin/sh", "-c", "setsid sleep 600 & exit 7"])
        assert subprocess.run(line, pass_fds=[reading], check=False).returncode == 7
        assert set(psutil.Process().children(recursive=True)) == before
    os.close(reading)
    os.close(writing)


def test_folders_of_owners_that_were_killed_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm.tempfile, "tempdir", str(tmp_path))
    left = tmp_path / "dcai-left"
    left.mkdir()
    (left / "held").touch()
    folder, held = warm._held_folder()
    other, also_held = warm._held_folder()
    with held, also_held:
        assert set(tmp_path.iterdir()) == {folder, other}


@pytest.mark.parametrize("machine", list(confine.MACHINES))
def test_the_filter_refuses_what_it_names_and_lets_the_rest_pass(machine: str) -> None:
    """The filter's program, interpreted here as the kernel would."""
    for name, number in confine.refused_calls(machine).items():
        assert _answer(machine, number) == 0x00050001, name
    _code, open_socket, clone, clone3, prctl = confine.MACHINES[machine]
    assert _answer(machine, clone3) == 0x00050026
    assert _answer(machine, clone, 0x10000000) == 0x00050001
    assert _answer(machine, clone, 0x003D0F00) == _answer(machine, 0) == _answer(machine, open_socket, 1) == 0x7FFF0000
    assert _answer(machine, open_socket, 40) == _answer(machine, open_socket, 17) == 0x00050061
    assert (_answer(machine, prctl, 36), _answer(machine, prctl, 1)) == (0x00050001, 0x7FFF0000)
    assert _answer("x86_64" if machine == "aarch64" else "aarch64", 0, program=confine.seccomp_filter(machine)) == 0x80000000


def _answer(machine: str, number: int, argument: int = 0, program: bytes = b"") -> int:
    import struct

    program = program or confine.seccomp_filter(machine)
    data = {0: number, 4: confine.MACHINES[machine][0], 16: argument}
    position = accumulator = 0
    while True:
        code, yes, no, value = struct.unpack_from("HBBI", program, 8 * position)
        position += 1
        if code == 0x06:
            return int(value)
        if code == 0x20:
            accumulator = data[value]
        else:
            met = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}[code]
            position += yes if met else no


def test_trusted_notebooks_start_from_a_warm_process_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_DEFAULT_PROVISIONER_NAME", "dcai-warm")
    monkeypatch.setenv("DCAI_WARM", "colorsys")
    KernelProvisionerFactory.clear_instance()  # it reads the variable once
    nb = new_notebook(cells=[new_code_cell("import os, sys\nprint('colorsys' in sys.modules, os.getcwd())\nx = 1"), new_code_cell("x / 0")])
    try:
        NotebookClient(nb, kernel_name="python3", allow_errors=True, resources={"metadata": {"path": str(tmp_path)}}).execute()
    finally:
        warm.close_shared()
        KernelProvisionerFactory.clear_instance()
    assert nb.cells[0].outputs[0].text == f"True {tmp_path}\n"
    assert nb.cells[1].outputs[0].ename == "ZeroDivisionError"


def test_limits_of_a_request_are_those_of_the_course() -> None:
    wanted = warm.request(Path("/a/k/name"), "c.json", 7, LIMITS)
    assert json.loads(json.dumps(wanted)) == wanted
    assert wanted["rlimits"] == sandbox.rlimits(LIMITS)
    assert wanted["folder_files"] == asdict(LIMITS)["folder_files"]


def test_a_judged_loop_is_interrupted_in_a_forked_kernel_too(process: WarmProcess, tmp_path: Path) -> None:
    verdict = judge_warm(tmp_path, submission(mean="while True:\n    pass"), process.folder)
    assert points(verdict) == {"double": 2, "mean": 0, "shift": 2}
    assert verdict.incidents == ("cell",)


def test_memory_of_everything_a_forked_kernel_starts_is_counted(process: WarmProcess, tmp_path: Path) -> None:
    """Processes that left their parents count as well: each stays below the limit of one, together they do not."""
    hoard = (
        "import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n        if os.fork() == 0:\n            os.setsid()\n"
        "            kept = bytearray(b'x') * (300 << 20)\n            time.sleep(20)\n        os._exit(0)\ntime.sleep(3)"
    )
    verdict = judge_warm(tmp_path, submission(mean=hoard), process.folder)
    assert verdict.incidents[-1] == "memory"
