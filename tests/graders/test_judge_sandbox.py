"""What a learner's code can see and touch: looked at from inside the real sandbox."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from graders.judge import Limits, available, sandbox
from tests.graders.tiny_course import judge, submission

pytestmark = pytest.mark.usefixtures("sandbox")
ROOT = Path(__file__).resolve().parents[2]

LOOK = """
import json, os, socket
HELPERS = '/opt/course/datacentric_helpers'
def tried(action):
    try:
        return repr(action())
    except Exception as error:
        return type(error).__name__
found = []
for folder, folders, files in os.walk('/'):
    folders[:] = [f for f in folders if os.path.join(folder, f) not in ('/proc', '/usr', '/dev') and f != 'site-packages']
    found += [os.path.join(folder, f) for f in files + folders if f == 'exercises' or f.startswith('gradebook') or f.endswith('.ipynb')]
seen = {
    'paths': [p for p in PATHS if os.path.exists(p)],
    'found': found,
    'environment': sorted(os.environ),
    'processes': sorted(int(p) for p in os.listdir('/proc') if p.isdigit()),
    'uid': os.getuid(),
    'graders': tried(lambda: __import__('graders')),
    'network': tried(lambda: socket.create_connection(('192.0.2.1', 80), 1)),
    'udp': tried(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9))),
    'interfaces': [name for _, name in socket.if_nameindex()],
    'writable': [p for p in ('/', '/usr', '/etc', '/dev', '/opt/course', HELPERS, sys_prefix) if os.access(p, os.W_OK)],
    'file': tried(lambda: open('big', 'wb').write(bytes(80 << 20))),
    'disk': tried(lambda: [open(f'part{i}', 'wb').write(bytes(50 << 20)) for i in range(9)]),
    'judge': tried(lambda: open(os.path.join(os.path.dirname(os.environ['DCAI_JUDGE']), 'mine'), 'w')),
    'shm': os.statvfs('/dev/shm').f_blocks * os.statvfs('/dev/shm').f_frsize >> 20,
    'cases': os.listdir(HELPERS + '/cases') if os.path.isdir(HELPERS + '/cases') else [],
}
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a learner's cell finds."""
    folder = tmp_path_factory.mktemp("inside")
    (folder / "other.ipynb").write_text("{}", encoding="utf-8")
    ours = [ROOT / name for name in ("graders", "labs", "tests", ".git", "pyproject.toml")]
    paths = [*ours, folder, Path.home() / ".bashrc", Path("/etc/passwd"), Path("/etc/shadow")]
    code = f"PATHS = {[str(p) for p in paths]}\nsys_prefix = {sys.prefix!r}\n{LOOK}\ndef double(x):\n    return 2 * x"
    os.environ["DCAI_CANARY"] = "a secret of the grader's shell"
    verdict = judge(folder, submission(double=code), limits=Limits(cell_seconds=30))
    del os.environ["DCAI_CANARY"]
    assert verdict.points == 6, "looking around costs nothing"
    found: dict[str, Any] = json.loads(verdict.outputs["double-solution"][0]["text"])
    return found


def test_the_repository_homes_accounts_and_other_work_are_not_there(seen: dict[str, Any]) -> None:
    assert seen["paths"] == []
    assert seen["found"] == []


def test_the_graders_cannot_be_imported(seen: dict[str, Any]) -> None:
    assert seen["graders"] == "ModuleNotFoundError"


def test_expected_values_of_shipped_cases_are_covered(seen: dict[str, Any]) -> None:
    assert seen["cases"] == []


def test_there_is_no_network(seen: dict[str, Any]) -> None:
    assert seen["network"] == seen["udp"] == "OSError"
    assert seen["interfaces"] in ([], ["lo"])


def test_only_the_sandboxs_own_processes_are_seen(seen: dict[str, Any]) -> None:
    assert len(seen["processes"]) <= 3


def test_the_user_is_nobody_and_the_environment_is_the_judges(seen: dict[str, Any]) -> None:
    assert seen["uid"] not in (0, os.getuid())
    assert "DCAI_CANARY" not in seen["environment"]


def test_the_system_and_the_course_are_read_only(seen: dict[str, Any]) -> None:
    assert seen["writable"] == []


def test_disk_is_limited_by_file_and_in_all(seen: dict[str, Any]) -> None:
    assert (seen["file"], seen["disk"], seen["judge"]) == ("OSError", "OSError", "OSError")
    assert seen["shm"] <= Limits().folder_mb


def test_the_sandbox_of_an_ordinary_user_starts_too() -> None:
    """The grader as root takes another uid, anybody else a user namespace: both commands must work."""
    shown = "import os; print(os.getuid(), os.listdir('/home'))"
    tried = subprocess.run(
        sandbox.command([sys.executable, "-c", shown], Limits(), None, None), capture_output=True, text=True, timeout=60, check=False
    )
    assert tried.stdout.split()[0] == "65534", tried.stderr


def test_without_bubblewrap_the_reason_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    available.cache_clear()
    try:
        usable, why = available()
    finally:
        available.cache_clear()
    assert not usable
    assert "install bubblewrap" in why


def test_where_namespaces_are_forbidden_the_reason_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = subprocess.CompletedProcess([], 1, "", "bwrap: setting up uid map: Permission denied\n")
    monkeypatch.setattr(sandbox.subprocess, "run", lambda *args, **kwargs: refusal)
    available.cache_clear()
    try:
        usable, why = available()
    finally:
        available.cache_clear()
    assert not usable
    assert "setting up uid map" in why
    assert "AppArmor" in why


def test_this_repository_is_hidden_by_construction() -> None:
    """No bind mount of the command reaches the graders, whatever the machine looks like."""
    words = sandbox.command(["true"], Limits(), None, None)
    sources = [Path(words[i + 1]) for i, word in enumerate(words) if word in ("--ro-bind", "--bind", "--ro-bind-try")]
    reached = [p for p in sources if (ROOT / "graders" / "exercises").is_relative_to(p)]
    assert all(("--tmpfs", str(ROOT)) in pairwise(words) for _p in reached)


@cache
def _limits_names() -> list[str]:
    return list(Limits.__dataclass_fields__)


@pytest.mark.parametrize("name", _limits_names())
def test_limits_must_be_positive(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Limits(**{name: 0})
