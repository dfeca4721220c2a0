"""Faults on purpose: redirects and loops, pages that are gone, servers that are busy or ill, bodies without end, wrong labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Any

from datacentric_helpers.web import pages
from datacentric_helpers.web.content import OPEN, add_picture, front
from datacentric_helpers.web.model import HTML, Picture, Reply, Request, Resource, World, address, missing

__all__ = ["faults"]

Links = list[tuple[str, str]]
WAIT = 1.0  # seconds: what Retry-After asks for


def redirect(to: str, status: int = 302) -> Reply:
    return Reply(status=status, headers={"Location": to})


def busy(then: Resource, status: int) -> Resource:
    """``status`` with Retry-After until that time has passed since the first request, then ``then``."""
    first: dict[str, float] = {}

    def answer(request: Request) -> Reply:
        if request.now - first.setdefault("asked", request.now) < WAIT:
            return Reply(b"slow down", "text/plain", status, {"Retry-After": f"{WAIT:.0f}"})
        return then(request)

    return answer


def flaky(then: Resource, failures: int = 1) -> Resource:
    """500 for the first ``failures`` requests, then ``then``."""
    left = [failures]

    def answer(request: Request) -> Reply:
        if left[0]:
            left[0] -= 1
            return Reply(b"internal server error", "text/plain", 500)
        return then(request)

    return answer


def slowly(body: bytes, pieces: int = 10, wait: float = 0.05) -> Reply:
    """``body`` in ``pieces``, with a wait before each."""
    step = -(-len(body) // pieces)
    return Reply(chunks=lambda: ((wait, body[at:at + step]) for at in range(0, len(body), step)))


def endless(start: bytes, piece: bytes, wait: float, kind: str) -> Reply:
    """A body that never ends: ``start``, then ``piece`` again and again."""

    def chunks() -> Iterator[tuple[float, bytes]]:
        yield 0.0, start
        yield from repeat((wait, piece))

    return Reply(type=kind, chunks=chunks)


def growing(request: Request) -> Reply:
    """A redirect to an address that was never asked for before."""
    n = request.query.get("n", "1")
    return redirect(f"/loop/grow?n={int(n) + 1 if n.isdigit() and len(n) < 9 else 1}")


def faults(world: World, host: str, other: str) -> Links:
    """Pages with faults on ``host``; some lead to ``other``. Links for the front page."""
    return _redirects(world, host, other) + _errors(world, host) + _bodies(world, host) + _labels(world, host)


def _picture(world: World, host: str, fault: str = "", **more: Any) -> Picture:
    licence = world.rng.choice(OPEN)
    return add_picture(world, host, "photos", {"link": licence}, licence, media="media", fault=fault, **more)


def _wrapped(world: World, url: str, wrap: Callable[[Resource], Resource]) -> str:
    """Put ``wrap`` around what answers at ``url``; the address as a link."""
    at = url.removeprefix("http://")
    world.resources[at] = wrap(world.resources[at])
    return pages.local(url)


def _redirects(world: World, host: str, other: str) -> Links:
    plain, moved, chained, away = (_picture(world, h, f) for h, f in ((host, ""), (host, "moved"), (host, "chain"), (other, "moved")))
    front(world, other, "Elsewhere", [], text="Nothing is linked from here.")
    hops = [f"/hop/{n}" for n in range(1, 5)]
    for hop, to in zip(hops, [*hops[1:], pages.local(chained.page)], strict=True):
        world.serve(f"http://{host}{hop}", redirect(to, 307))
    steps: dict[str, Resource | Reply] = {
        "/old/one": redirect(pages.local(moved.page), 301), "/go/elsewhere": redirect(address(away.page), 308),
        "/loop/a": redirect("/loop/b"), "/loop/b": redirect("/loop/a"), "/loop/self": redirect("/loop/self", 301), "/loop/grow": growing,
    }
    for path, reply in steps.items():
        world.serve(f"http://{host}{path}", reply)
    names = ("/old/one", "/hop/1", "/go/elsewhere", "/loop/a", "/loop/self", "/loop/grow")
    return [(pages.local(plain.page), plain.title), *((path, f"See {path.strip('/').replace('/', ' ')}") for path in names)]


def _errors(world: World, host: str) -> Links:
    world.serve(f"http://{host}/gone", missing(410))
    late, ill, tired = (_picture(world, host, fault) for fault in ("429", "500", "503"))
    hrefs = [
        _wrapped(world, late.page, lambda then: busy(then, 429)), _wrapped(world, ill.page, flaky),
        _wrapped(world, tired.page, lambda then: busy(then, 503)),
    ]
    lost = Picture(f"http://{host}/media/lost.jpg", f"http://{host}/lost", "Lost picture", "Ada Marsh", "", late.recipe)
    world.page(lost.page, pages.picture_page(lost, "en", {"link": "CC-BY-4.0"}))  # its file is not there
    file = _picture(world, host, "500")
    _wrapped(world, file.url, flaky)
    named = [(href, f"Page {number}") for number, href in enumerate([*hrefs, pages.local(file.page)], 1)]
    return [*named, ("/lost", "Lost picture"), ("/nowhere", "Nowhere"), ("/gone", "Gone")]


def _bodies(world: World, host: str) -> Links:
    slow = _picture(world, host, "slow")
    _wrapped(world, slow.page, lambda then: lambda request: slowly(then(request).body))
    start = b"<!doctype html><title>Log</title><h1>Log</h1>\n"
    world.serve(f"http://{host}/endless/log", endless(start, b"<p>another line of the log</p>\n" * 500, 0.01, HTML))
    world.serve(f"http://{host}/endless/drip", endless(start, b".", 0.2, HTML))
    world.serve(f"http://{host}/media/endless.jpg", endless(slow.data[:2000], b"\x00" * 16384, 0.01, "image/jpeg"))
    huge = Picture(f"http://{host}/media/endless.jpg", f"http://{host}/huge", "Huge picture", "Ben Okoro", "", slow.recipe)
    world.page(huge.page, pages.picture_page(huge, "en", {"link": "CC-BY-4.0"}))
    return [(pages.local(slow.page), slow.title), ("/endless/log", "Log"), ("/endless/drip", "Patience"), ("/huge", "Huge picture")]


def _labels(world: World, host: str) -> Links:
    """Wrong types and charsets: a picture called a web page, a web page called a picture, EUC-KR with and without a word about it."""
    typed = _picture(world, host, "type")
    _wrapped(world, typed.url, lambda then: lambda request: Reply(then(request).body, HTML))
    fake = Picture(f"http://{host}/media/fake.jpg", f"http://{host}/fake", "No picture", "Clara Lindqvist", "", typed.recipe)
    world.page(fake.page, pages.picture_page(fake, "en", {"link": "CC-BY-4.0"}))
    world.serve(fake.url, Reply(b"<!doctype html><title>Sorry</title><p>This picture is not here.</p>", "image/jpeg"))
    world.serve(f"http://{host}/report.pdf", Reply(b"%PDF-1.4\n%no more than a header\n", "application/pdf"))
    korean = [
        _picture(world, host, "charset", lang="ko", page={"charset": "euc-kr", **kind}, render={"charset": "euc-kr"})
        for kind in ({}, {"type": HTML}, {"type": "text/html"})
    ]
    shown = [(pages.local(p.page), p.title) for p in (typed, *korean)]
    return [*shown, ("/fake", "No picture"), ("/report.pdf", "Report")]
