"""200 kills at random moments, on SQLite and, where ``DCAI_POSTGRES_URL`` names a server, on PostgreSQL; run by `make bench`.

The URL is one of SQLAlchemy with the right to make databases, for instance postgresql://postgres@localhost:5432/postgres. Each
chain of kills gets a database of its own there. ``DCAI_BENCH_KILLS`` changes the number, ``DCAI_BENCH_SEED`` the seed.
"""

from __future__ import annotations

import os
import random
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.bench_course import table
from tests.graders.kills import KINDS, Loop, make_cohort, offspring_found, undisturbed

KILLS = int(os.environ.get("DCAI_BENCH_KILLS", "200"))
SEED = int(os.environ.get("DCAI_BENCH_SEED", random.randrange(1 << 32)))
POSTGRES = os.environ.get("DCAI_POSTGRES_URL", "")


def report(name: str, loop: Loop, started: float) -> None:
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(loop.done.items()))
    table(name, [
        "| gradebook | kills | of them | chains, each compared | kernels killed and judged again | seconds | seed |",
        "|---|---|---|---|---|---|---|",
        f"| {name.removeprefix('kills-')} | {loop.done.total()} | {kinds} | {loop.chains} | {loop.judged_again} "
        f"| {time.monotonic() - started:.0f} | {loop.seed} |",
        "", "After every chain all scores, by learner and cell, in the gradebook and in the autograded notebooks equal those of an "
        "undisturbed run, and no process is left.",
    ])


def test_sqlite_gradebook_after_kills(tmp_path: Path) -> None:
    started, template = time.monotonic(), make_cohort(tmp_path / "template")
    calm = shutil.copytree(template, tmp_path / "calm")
    print(f"seed {SEED}")
    with offspring_found():
        due, seconds = undisturbed(calm)
        loop = Loop(lambda: shutil.copytree(template, tmp_path / "labs"), due, seconds, KILLS, SEED)
        loop.run()
    report("kills-sqlite", loop, started)
    assert loop.done.total() == KILLS


def statement(text: str, *values: Any) -> None:
    """Run one statement on the server."""
    import psycopg

    with closing(psycopg.connect(POSTGRES.replace("+psycopg", ""))) as connection:
        connection.autocommit = True
        connection.cursor().execute(text, values)


@contextmanager
def databases() -> Iterator[list[str]]:
    """Names of databases that are dropped at the end."""
    made: list[str] = []
    try:
        yield made
    finally:
        for name in made:
            statement(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.mark.skipif(not POSTGRES, reason="DCAI_POSTGRES_URL names no server")
def test_postgresql_gradebook_after_kills(tmp_path: Path) -> None:
    """Here ``database`` kills are there, too: the server ends all connections of the course."""
    started = time.monotonic()
    print(f"seed {SEED}")
    with databases() as made, offspring_found():

        def fresh() -> Path:
            made.append(f"dcai_kills_{uuid.uuid4().hex[:12]}")
            statement(f'CREATE DATABASE "{made[-1]}"')
            folder = tmp_path / made[-1]
            return make_cohort(folder, db_url=f"{POSTGRES.rsplit('/', 1)[0]}/{made[-1]}")

        def end_connections(course: Path) -> None:
            statement("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", course.name)

        due, seconds = undisturbed(fresh())
        loop = Loop(fresh, due, seconds, KILLS, SEED, kinds=(*KINDS, "database"), kill_database=end_connections)
        loop.run()
    report("kills-postgresql", loop, started)
    assert loop.done.total() == KILLS
