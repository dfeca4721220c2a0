"""The client's side: a requests session for which ``http://*.test/`` is the site that is open now."""

from __future__ import annotations

import os
import socket
import weakref
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from datacentric_helpers.i18n import gettext as _
from datacentric_helpers.judge_client import VARIABLE
from datacentric_helpers.web.model import AGENT

__all__ = ["closed", "opened", "session"]


class Opened(Protocol):
    """What the client needs of a site that is open."""

    port: int


_open: list[Opened] = []


def opened(site: Opened) -> None:
    """From now on sessions go to ``site``."""
    _open.append(site)


def closed(site: Opened) -> None:
    """``site`` is served no more: connections to it are closed, sessions go to the one opened before it."""
    if site in _open:
        _open.remove(site)
    for adapter in list(_adapters):
        adapter.forget(str(site.port))


def session() -> requests.Session:
    """A requests session: ``http://*.test/`` goes to the site that is open now, everything else to the real network.

    It calls itself ``dcai-crawler/1.0``. While a submission is graded it goes to the site that the judge serves.
    """
    made = requests.Session()
    made.headers["User-Agent"] = AGENT
    made.mount("http://", _Adapter())
    made.mount("https://", _Adapter())
    return made


class _UnixConnection(urllib3.connection.HTTPConnection):
    """A connection to the socket that the judge serves."""

    path = ""

    def _new_conn(self) -> socket.socket:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.settimeout(self.timeout if isinstance(self.timeout, (int, float)) else None)
        try:
            made.connect(self.path)
        except OSError as error:
            made.close()
            raise urllib3.exceptions.NewConnectionError(self, f"{self.path}: {error}") from error
        return made


class _UnixPool(urllib3.HTTPConnectionPool):
    """Connections to the judge's socket at ``path``."""

    def __init__(self, path: str, **options: Any) -> None:
        super().__init__("localhost", **options)
        self.ConnectionCls = type("Connection", (_UnixConnection,), {"path": path})


class _Adapter(HTTPAdapter):
    """Sends requests for hosts under ``.test`` to the open site, with the Host header that names them."""

    def __init__(self) -> None:
        super().__init__()
        self._pools: dict[str, urllib3.HTTPConnectionPool] = {}
        _adapters.add(self)

    def forget(self, where: str) -> None:
        """Close the connections to ``where``."""
        pool = self._pools.pop(where, None)
        if pool is not None:
            pool.close()

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        request.headers.pop("Host", None)  # a redirect may have come from another host
        if not _ours(parts.hostname):
            return super().send(request, *args, **options)
        if parts.scheme != "http" or parts.port not in (None, 80):
            raise requests.ConnectionError(
                _("the embedded web speaks http on port 80 only; there is nothing at {url}").format(url=request.url), request=request)
        request.headers["Host"] = str(parts.hostname)
        return super().send(request, *args, **{**options, "proxies": None})

    def get_connection_with_tls_context(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> Any:
        if _ours(urlsplit(str(request.url)).hostname):
            return self._pool(request)
        return super().get_connection_with_tls_context(request, *args, **options)

    def _pool(self, request: requests.PreparedRequest) -> urllib3.HTTPConnectionPool:
        judge = os.environ.get(VARIABLE)
        socket_of_judge = Path(judge).with_name("web") if judge else None
        if socket_of_judge is not None and _open and not socket_of_judge.exists():
            socket_of_judge = None  # between the judge's cases: the site that the notebook itself has opened
        where = str(socket_of_judge or (_open[-1].port if _open else ""))
        if not where:
            raise requests.ConnectionError(
                _("no site is open, so {url} cannot be reached: work inside `with web.serve():`").format(url=request.url), request=request)
        if where not in self._pools:
            options: dict[str, Any] = {"maxsize": 10, "block": False}
            if socket_of_judge is not None:
                self._pools[where] = _UnixPool(where, **options)
            else:
                self._pools[where] = urllib3.HTTPConnectionPool("127.0.0.1", int(where), **options)
        return self._pools[where]

    def close(self) -> None:
        super().close()
        for where in list(self._pools):
            self.forget(where)


_adapters: weakref.WeakSet[_Adapter] = weakref.WeakSet()


def _ours(host: str | None) -> bool:
    return (host or "").endswith(".test")
