"""The server: a site's world behind tornado, with a log, in a thread of its own while ``serve`` is open."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import tornado.httpserver
import tornado.iostream
import tornado.web

from datacentric_helpers.i18n import gettext as _
from datacentric_helpers.web import client
from datacentric_helpers.web.model import Reply, Request
from datacentric_helpers.web.sites import build

__all__ = ["CONNECTIONS", "LOG_LIMIT", "OpenSite", "Site", "http_server", "serve", "truth"]

LOG_LIMIT = 20_000  # requests: then the server answers 503, so that nothing can push earlier requests out of the log
TEXT_LIMIT = 500  # characters of a path, a host's or an agent's name that the log keeps
CONNECTIONS = 256  # at a time; whoever opens another finds it closed
BODY_LIMIT = 65_536  # bytes of a request's body
ADDRESS = re.compile(rb"(https?:)?//([a-z0-9-]+)\.test\b(?!\.)")
TEXT = ("text/html", "text/xml", "application/xml", "application/rss+xml", "application/json", "text/plain")


class Site:
    """A named site drawn from ``seed``: its application, its log, and the truth about its pictures."""

    def __init__(self, name: str = "full", seed: int = 0) -> None:
        self.name, self.seed = name, seed
        self.world = build(name, seed)
        self.log: list[dict[str, Any]] = []
        self.started = time.monotonic()

    @property
    def home(self) -> str:
        """Where a crawl starts."""
        return self.world.home

    @property
    def robots(self) -> dict[str, str]:
        """The rules that hold on each host, as the text of a robots.txt; also where a host serves none, or only an error."""
        return dict(self.world.robots)

    @property
    def delays(self) -> dict[str, float]:
        """The seconds between two requests that a host's robots.txt asks the course's crawler for, where it asks."""
        return dict(self.world.delays)

    def truth(self) -> list[dict[str, Any]]:
        """The truth about every picture (see ``datacentric_helpers.web.truth``)."""
        return [picture.truth() for picture in self.world.pictures]

    def application(self) -> tornado.web.Application:
        """A new application that answers for this site and writes to its log."""
        return tornado.web.Application([(r".*", _Handler, {"site": self})], log_function=lambda handler: None)

    def enter(self, host: str, method: str, path: str, agent: str) -> dict[str, Any] | None:
        """A new entry of the log, or None where it is full."""
        if len(self.log) >= LOG_LIMIT:
            return None
        entry = {
            "at": time.monotonic() - self.started, "host": host[:TEXT_LIMIT], "method": method[:TEXT_LIMIT],
            "path": path[:TEXT_LIMIT], "status": 0, "agent": agent[:TEXT_LIMIT],
        }
        self.log.append(entry)
        return entry


class _Handler(tornado.web.RequestHandler):
    """Answers every request from the site's world."""

    def initialize(self, site: Site) -> None:
        self.site = site

    async def get(self) -> None:
        request = self.request
        host, suffix = _names(request.host)
        agent = request.headers.get("User-Agent", "")
        entry = self.site.enter(host, str(request.method), str(request.uri), agent)
        if entry is None:
            self.set_status(503)
            self.finish("the log is full")
            return
        query = {name: values[-1].decode("utf-8", "replace") for name, values in request.query_arguments.items()}
        if host.endswith(".test"):
            reply = self.site.world.answer(Request(host, request.path, query, agent, entry["at"]), request.query)
        else:  # a browser that came by number
            name = self.site.home.replace(".test/", f".localhost:{request.host.rpartition(':')[2]}/")
            reply = Reply(status=302, headers={"Location": name})
        entry["status"] = reply.status
        await self.send(reply, suffix)

    head = get

    async def send(self, reply: Reply, suffix: bytes) -> None:
        self.set_status(reply.status)
        self.set_header("Content-Type", reply.type)
        self.set_header("Server", "dcai-web")
        for name, value in reply.headers.items():
            self.set_header(name, _for(value.encode(), suffix).decode() if name == "Location" else value)
        if reply.chunks is None:
            self.finish(_for(reply.body, suffix) if reply.type.startswith(TEXT) else reply.body)
            return
        self._auto_finish = False  # a body that is cut off has no end to send
        try:
            for wait, piece in reply.chunks() if self.request.method != "HEAD" else ():
                await asyncio.sleep(wait)
                self.write(piece)
                await self.flush()
            self.finish()
        except (tornado.iostream.StreamClosedError, asyncio.CancelledError):
            return  # whoever asked has left, or the site closes

    def compute_etag(self) -> None:
        return None

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """A plain answer; also for methods that the web does not know, which are logged as well."""
        host = _names(self.request.host)[0]
        entry = self.site.enter(host, str(self.request.method), str(self.request.uri), self.request.headers.get("User-Agent", ""))
        if entry is not None:
            entry["status"] = status_code
        self.set_header("Content-Type", "text/plain")
        self.finish(f"{status_code}\n")


def _names(netloc: str) -> tuple[str, bytes]:
    """The host that a request is for, and what links end in where it came by another name (``photos.localhost:8000``)."""
    name, _colon, port = netloc.lower().partition(":")
    if name.endswith(".localhost"):
        return name.removesuffix("localhost") + "test", f".localhost:{port}".encode() if port else b".localhost"
    return name, b""


def _for(text: bytes, suffix: bytes) -> bytes:
    """``text`` with the addresses of the web's hosts as the browser needs them."""
    return ADDRESS.sub(lambda found: (found[1] or b"") + b"//" + found[2] + suffix, text) if suffix else text


class _Server(tornado.httpserver.HTTPServer):
    """A server that holds ``CONNECTIONS`` at most, so that no client can fill the memory of the process that serves it."""

    def handle_stream(self, stream: tornado.iostream.IOStream, address: Any) -> None:
        if len(self._connections) >= CONNECTIONS:
            stream.close()
        else:
            super().handle_stream(stream, address)


def http_server(site: Site) -> tornado.httpserver.HTTPServer:
    """A server for ``site``, to be given sockets; what a client can make it keep is bounded."""
    return _Server(site.application(), max_body_size=BODY_LIMIT)


class OpenSite:
    """A site that is being served on this computer, until ``close`` or the end of the ``with`` block."""

    def __init__(self, name: str, seed: int, port: int = 0) -> None:
        if not 0 <= port < 65_536:
            raise ValueError(_("port must be a whole number from 0 to 65535, got {port}").format(port=port))
        self.site = Site(name, seed)
        self._stop: Callable[[], None] = lambda: None
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._socket = socket.create_server(("127.0.0.1", port), backlog=128)
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run, name=f"web {name}", daemon=True)
        self._thread.start()
        self._ready.wait()
        client.opened(self)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        server = http_server(self.site)
        server.add_socket(self._socket)

        def end() -> None:
            loop.call_soon_threadsafe(stop.set)

        self._stop = end
        self._ready.set()
        await stop.wait()
        server.stop()
        await server.close_all_connections()

    @property
    def log(self) -> list[dict[str, Any]]:
        """One dict per request, in order: at (seconds since start), host, method, path, status, agent."""
        return self.site.log

    @property
    def home(self) -> str:
        """Where a crawl starts."""
        return self.site.home

    @property
    def robots(self) -> dict[str, str]:
        """The rules that hold on each host, as the text of a robots.txt."""
        return self.site.robots

    @property
    def delays(self) -> dict[str, float]:
        """The Crawl-delay in seconds that a host asks the course's crawler for, where it asks."""
        return self.site.delays

    @property
    def browser_address(self) -> str:
        """What to open in a browser on this computer."""
        return self.home.replace(".test/", f".localhost:{self.port}/")

    def truth(self) -> list[dict[str, Any]]:
        """The truth about every picture of this site."""
        return self.site.truth()

    def close(self) -> None:
        """Stop serving and wait until nothing is left of it. A second call does nothing."""
        client.closed(self)
        if self._thread.is_alive():
            self._stop()
            self._thread.join()

    def __enter__(self) -> OpenSite:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<web {self.site.name!r}, seed {self.site.seed}, {self.browser_address}>"


def serve(site: str = "full", *, seed: int = 0, port: int = 0) -> OpenSite:
    """Serve ``site`` (one of ``web.SITES``), drawn from ``seed``, on 127.0.0.1, at a free port unless ``port`` names one.

    >>> with serve("gallery", seed=1) as site:
    ...     client.session().get(site.home).status_code
    200
    """
    return OpenSite(site, seed, port)


def truth(site: str = "full", *, seed: int = 0) -> list[dict[str, Any]]:
    """The truth about every picture of ``site`` drawn from ``seed``, one dict each.

    ``url`` of the file as it is sent (percent-encoded), ``page`` that shows it, ``licence`` (an SPDX-like id, "PDM-1.0", "ARR" for
    all rights reserved, "" where nothing is stated or statements differ), ``author``, ``title``, ``sha256``, ``robots`` (page and
    file may be fetched), ``stated`` (where the licence stands), ``claimed`` (what the first statement says), ``duplicate_of``,
    ``near_duplicate_of``, ``thumbnail_of``, ``fault``.
    """
    return Site(site, seed).truth()

