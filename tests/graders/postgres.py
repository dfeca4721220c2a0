"""A real PostgreSQL server in a temporary folder, for tests: no network, only a unix socket; gone with the test."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

__all__ = ["Server", "binaries"]

SECONDS = 60.0


def binaries() -> Path | None:
    """The folder of ``initdb`` and ``postgres``; Debian and Ubuntu keep it out of the path."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return folders[-1].parent if folders else None


class Server:
    """A server with the superuser ``grader``. Run as the system's user ``postgres`` where the tests run as root, as it refuses root."""

    def __init__(self, programs: Path) -> None:
        self.programs, self.folder = programs, Path(tempfile.mkdtemp(prefix="dcai-pg-", dir="/tmp"))  # a socket's path must be short
        self.account: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
        if self.account:
            shutil.chown(self.folder, "postgres", "postgres")
        self._run("initdb", "-D", str(self.folder / "data"), "-U", "grader", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = ["-D", str(self.folder / "data"), "-k", str(self.folder), "-c", "listen_addresses=", "-c", "fsync=off"]
        with (self.folder / "log").open("ab") as log:
            command = [str(self.programs / "postgres"), *options]
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd="/", **self.account)
        deadline = time.monotonic() + SECONDS
        while not self._answers():
            assert time.monotonic() < deadline, (self.folder / "log").read_text(encoding="utf-8", errors="replace")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it, in the middle of whatever its clients do."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(SECONDS)
            self.process = None

    def close(self) -> None:
        """End it and remove its folder."""
        self.stop()
        shutil.rmtree(self.folder)

    def connect(self, database: str = "postgres") -> Any:
        """A connection."""
        return psycopg.connect(host=str(self.folder), user="grader", dbname=database)

    def database(self, name: str) -> str:
        """Make an empty database; its address for nbgrader."""
        connection = self.connect()
        connection.autocommit = True
        connection.cursor().execute(f'CREATE DATABASE "{name}"')
        connection.close()
        return f"postgresql://grader@/{name}?host={self.folder}"

    def _answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *words: str) -> None:
        subprocess.run([str(self.programs / program), *words], check=True, capture_output=True, timeout=120, cwd="/", **self.account)
