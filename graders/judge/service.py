"""What a case may find running beside it: a small web of its own (``datacentric_helpers.web``), for the time of that case.

The server runs here, outside the sandbox; inside there is only its socket, beside the judge's. What was asked of it is therefore
known here, whatever the learner's code says.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

__all__ = ["NAME", "serving"]

NAME = "web"  # of the socket; datacentric_helpers.web looks for it under this name


@asynccontextmanager
async def serving(folder: Path, service: dict[str, Any] | None) -> AsyncIterator[list[dict[str, Any]] | None]:
    """Serve the site that ``service`` (``{"site": name, "seed": n}``) names, in ``folder``; yields its log of requests.

    Without a service: None, and nothing runs.
    """
    if service is None:
        yield None
        return
    from tornado.netutil import bind_unix_socket

    from datacentric_helpers.web.server import Site, http_server

    site, path = Site(service["site"], service["seed"]), folder / NAME
    server = http_server(site)
    server.add_socket(bind_unix_socket(str(path), mode=0o666))
    try:
        yield site.log
    finally:
        server.stop()
        path.unlink(missing_ok=True)
        await server.close_all_connections()
