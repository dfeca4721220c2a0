"""What stands around the judge in these tests: planted secrets, canaries, decoys; and what must be the same afterwards."""

from __future__ import annotations

import hashlib
import os
import re
import select
import shutil
import socket
import sysconfig
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
from bs4 import BeautifulSoup

from graders.judge import Verdict
from tests.graders.attacks.attack import NAME, Attack
from tests.graders.attacks.escaping import ABSTRACT, PORTS
from tests.graders.tiny_course import GOOD, LIMITS, hand_in, job, make_course, points, submission

__all__ = ["PLANTED", "Surroundings", "active", "evil_processes", "withstood"]

PLANTED = "SECRETSOLUTION"  # the corpus's attacks answer rightly where they find this word, and the references carry it
MISTAKES = {"AttributeError", "ImportError", "IndentationError", "ModuleNotFoundError", "NameError", "SyntaxError", "TypeError"}
FORMULA = re.compile(r"\\href\s*\{\s*javascript:", re.IGNORECASE)  # MathJax makes a link of it


class Surroundings:
    """A course, a home and a temporary folder below one short path, with secrets in them, and sockets where nobody should call."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="at-"))
        self.temporary, self.home = self.root / "t", self.root / "home"
        self.temporary.mkdir()
        self.course = make_course(self.root / "labs")
        key = self.home / ".ssh" / "id_ed25519"
        key.parent.mkdir(parents=True)
        key.write_text(PLANTED)
        hand_in(self.course, "ann", submission(double=f"# {PLANTED}\n{GOOD['double']}"))
        (self.course / "gradebook.db").write_text(PLANTED)
        decoy = self.temporary / "dcai-decoy" / "ipc"
        decoy.mkdir(parents=True)
        (decoy / "connection.json").write_text(PLANTED)
        self.decoys = [*_listening(decoy / "decoy"), *_internet()]
        self.environment = {"HOME": str(self.home), "DCAI_PLANTED": PLANTED}

    def close(self) -> None:
        """Remove everything."""
        for decoy in self.decoys:
            decoy.close()
        shutil.rmtree(self.root)

    def state(self) -> dict[str, Any]:
        """Everything that no submission may change."""
        shared = {tempfile.gettempdir(), "/tmp", "/dev/shm", "/var/tmp"}
        here = [path for folder in (self.course, self.home, self.temporary / "dcai-decoy") for path in sorted(folder.rglob("*"))]
        return {
            "files": {str(path): _digest(path) for path in here},
            "temporary": sorted(os.listdir(self.temporary)),
            "packages": [(folder, os.stat(folder).st_mtime_ns) for folder in (sysconfig.get_path("purelib"), sysconfig.get_path("stdlib"))],
            "left": sorted(str(path) for folder in shared for path in Path(folder).glob("dcai-evil*")),
            "processes": evil_processes(),
            "callers": [decoy.getsockname() for decoy in select.select(self.decoys, [], [], 0)[0]],
        }


def evil_processes(patience: float = 5.0) -> list[int]:
    """Processes that an attack started, and that are still there after ``patience`` seconds."""
    end = time.monotonic() + patience
    while (found := [p.pid for p in psutil.process_iter(["name"]) if NAME in (p.info["name"] or "")]) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def _digest(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        return oct(path.lstat().st_mode)
    with path.open("rb") as file:  # of the huge ones the beginning
        return f"{path.lstat().st_size} {hashlib.sha256(file.read(1 << 26)).hexdigest()}"


def _listening(path: Path) -> list[socket.socket]:
    """Unix sockets in a file, in the abstract namespace."""
    in_file, abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    in_file.bind(str(path))
    path.chmod(0o777)
    number = next(n for n in PORTS if _bound(abstract, f"\0{ABSTRACT}{n}"))
    assert number in PORTS
    for decoy in (in_file, abstract):
        decoy.listen()
    return [in_file, abstract]


def _internet() -> list[socket.socket]:
    """TCP and UDP on the first free port of ``PORTS``, on every interface."""
    stream, datagrams = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
    number = next(n for n in PORTS if _bound(stream, ("", n)))
    datagrams.bind(("", number))
    stream.listen()
    return [stream, datagrams]


def _bound(decoy: socket.socket, address: Any) -> bool:
    try:
        decoy.bind(address)
    except OSError:
        return False
    return True


def withstood(attack: Attack, around: Surroundings, warm: Path | None) -> Verdict:
    """Judge ``attack``, in a kernel forked from ``warm`` or a cold one, and assert what every attack must meet; returns the verdict."""
    before = around.state()
    limits = replace(LIMITS, **attack.limits)
    verdict = job(around.root, attack.submitted(), limits=limits).judge(warm=warm)
    assert "died" in verdict.incidents or verdict.kernel == ("warm" if warm else "cold")  # one that died gets a second chance, cold
    assert verdict.points == attack.honest, points(verdict)
    assert verdict.max_points == 6
    assert verdict.seconds < limits.notebook_seconds / 2, "no attack keeps the judge busy once the kernel is gone"
    errors = {output["ename"] for cell in verdict.outputs.values() for output in cell if output["output_type"] == "error"}
    assert not errors & MISTAKES, "the attack itself is broken, so it proves nothing"
    named = {*verdict.incidents, *(check.incident for check in verdict.checks)}
    assert not attack.incident or attack.incident in named, named
    after = around.state()
    assert after == before, [(key, before[key], after[key]) for key in before if before[key] != after[key]]
    return verdict


def active(page: str) -> list[str]:
    """What in the HTML ``page`` would run an attacker's script, as a parser (not a pattern) sees it."""
    soup = BeautifulSoup(page, "html.parser")
    found = [f"<script> {tag.string}" for tag in soup("script") if "pwned" in str(tag.string)]
    for tag in soup(True):
        for name, value in tag.attrs.items():
            text = "".join(str(value).split()).lower()
            if "pwned" in text and (name.startswith("on") or name == "srcdoc" or text.startswith(("javascript:", "data:", "vbscript:"))):
                found.append(f"<{tag.name} {name}={value}>")
    formulas = [text for text in soup.find_all(string=FORMULA) if text.find_parent(("pre", "code")) is None]
    return found + [f"formula {text}" for text in formulas]
