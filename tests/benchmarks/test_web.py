"""How many pages a second the embedded web serves to a crawler in another process: `make bench`, or this file with `pytest -n 0 -s`.

The client keeps ``WORKERS`` connections alive and asks for the page of every picture of the site "full" in turn (not for the files).
``DCAI_BENCH_SECONDS``: how long it asks (default 5).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from datacentric_helpers import web
from datacentric_helpers.web.server import Site

SECONDS = float(os.environ.get("DCAI_BENCH_SECONDS", "5"))
WORKERS = 4
GOAL = 500  # pages a second
CLIENT = """
import http.client, json, sys, threading, time
port, seconds, workers, pages = json.load(sys.stdin)
end, counts = time.monotonic() + seconds, [0] * workers

def ask(worker):
    connection, at = http.client.HTTPConnection("127.0.0.1", port), worker * len(pages) // workers
    while time.monotonic() < end:
        host, path = pages[at % len(pages)]
        connection.request("GET", path, headers={"Host": host, "User-Agent": "dcai-crawler/1.0"})
        reply = connection.getresponse()
        reply.read()
        assert reply.status == 200, (host, path, reply.status)
        counts[worker], at = counts[worker] + 1, at + 1

threads = [threading.Thread(target=ask, args=(worker,)) for worker in range(workers)]
start = time.monotonic()
for thread in threads: thread.start()
for thread in threads: thread.join()
print(json.dumps([sum(counts), time.monotonic() - start]))
"""


def pages() -> list[tuple[str, str]]:
    """Host and path of the pages of the pictures on the site "full", where nothing is wrong with them."""
    world = Site("full", 0).world
    return [
        (url.split("/")[2], "/" + url.split("/", 3)[3]) for picture in world.pictures if not picture.fault and not picture.thumbnail_of
        for url in [picture.truth()["page"]]
    ]


def test_pages_a_second(monkeypatch) -> None:
    monkeypatch.setattr("datacentric_helpers.web.server.LOG_LIMIT", 10**7)
    with web.serve("full", seed=0) as site:
        asked = json.dumps([site.port, SECONDS, WORKERS, pages()])
        done = subprocess.run([sys.executable, "-c", CLIENT], input=asked, capture_output=True, text=True, check=True, timeout=SECONDS + 60)
    count, seconds = json.loads(done.stdout)
    print(f"\n{count:,} pages in {seconds:.1f} s: {count / seconds:,.0f} pages a second (goal: {GOAL})")
