"""What a web is made of: pictures, replies, and the world that a seed builds from them.

A world knows the truth about each of its pictures because it made them. It never reads a page, a licence or a robots.txt.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from datacentric_helpers.web.pictures import TYPES, Recipe, encode, size_of

__all__ = ["AGENT", "HTML", "Picture", "Reply", "Request", "Resource", "World"]

AGENT = "dcai-crawler/1.0"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """What a resource sees of a request; ``query`` holds each parameter's last value, ``now`` is in seconds."""

    host: str
    path: str
    query: dict[str, str]
    agent: str
    now: float


@dataclass(frozen=True)
class Reply:
    """What the server sends. With ``chunks``, pairs of a wait in seconds and a piece of the body that follows it."""

    body: bytes = b""
    type: str = HTML
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    chunks: Callable[[], Iterator[tuple[float, bytes]]] | None = None


Resource = Callable[[Request], Reply]


@dataclass(frozen=True)
class Picture:
    """A picture of the web, and the truth about it.

    ``stated`` says where its licence stands, ``claimed`` what the first of these statements says, ``licence`` what may be relied
    on: "" where nothing is stated, or where statements differ.
    """

    url: str
    page: str
    title: str
    author: str
    licence: str
    recipe: Recipe
    tags: tuple[str, ...] = ()
    stated: tuple[str, ...] = ()
    claimed: str = ""
    robots: bool = True
    duplicate_of: str = ""
    near_duplicate_of: str = ""
    thumbnail_of: str = ""
    fault: str = ""

    @property
    def data(self) -> bytes:
        """The file."""
        return encode(self.recipe)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return size_of(self.recipe)

    @property
    def sha256(self) -> str:
        """SHA-256 of the file, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()

    def truth(self) -> dict[str, Any]:
        """The truth as plain data; addresses as they are sent (percent-encoded)."""
        return {
            "url": address(self.url), "page": address(self.page), "licence": self.licence, "author": self.author, "title": self.title,
            "sha256": self.sha256, "robots": self.robots, "stated": list(self.stated), "claimed": self.claimed,
            "duplicate_of": address(self.duplicate_of), "near_duplicate_of": address(self.near_duplicate_of),
            "thumbnail_of": address(self.thumbnail_of), "fault": self.fault,
        }


class World:
    """A web while it is built, and what it answers when it is served.

    ``resources`` maps host + path (decoded, with query where the query matters) to what answers there.
    """

    def __init__(self, name: str, seed: int) -> None:
        self.name, self.seed = name, seed
        self.rng = random.Random(f"{name}:{seed}")
        self.resources: dict[str, Resource] = {}
        self.pictures: list[Picture] = []
        self.listed: dict[str, list[str]] = {}
        self.robots: dict[str, str] = {}
        self.delays: dict[str, float] = {}  # seconds: the Crawl-delay that a host asks the course's crawler for
        self.entries: list[tuple[str, str]] = []  # address and title of the hosts' front pages
        self.home = ""

    @property
    def hosts(self) -> list[str]:
        """The hosts that have a page or a picture."""
        return sorted({at.partition("/")[0] for at in self.resources})

    def serve(self, url: str, resource: Resource | Reply) -> None:
        """Let ``resource`` answer at ``url``; every address answers once."""
        at = key(url)
        if at in self.resources:
            raise ValueError(f"two resources for {url}")
        self.resources[at] = resource if callable(resource) else lambda _request: resource

    def page(self, url: str, text: str, *, charset: str = "utf-8", listed: bool = True, **reply: Any) -> None:
        """Serve the HTML ``text`` at ``url``; ``listed`` pages stand in the host's sitemap."""
        body = text.encode(charset, "xmlcharrefreplace")
        self.serve(url, Reply(body, **{"type": f"text/html; charset={charset}", **reply}))
        if listed:
            self.listed.setdefault(urlsplit(url).netloc, []).append(url)

    def show(self, picture: Picture, resource: Resource | Reply | None = None) -> Picture:
        """Add ``picture`` and serve its file (or let ``resource`` answer for it)."""
        kind = TYPES[picture.recipe.format]
        self.serve(picture.url, resource or (lambda _request: Reply(picture.data, kind)))
        self.pictures.append(picture)
        return picture

    def answer(self, request: Request, query: str) -> Reply:
        """The reply to ``request``, whose query string is ``query``; 404 where nothing is."""
        path = request.host + unquote(request.path)
        found = self.resources.get(f"{path}?{unquote(query)}") if query else None
        found = found or self.resources.get(path)
        return found(request) if found else missing()


def key(url: str) -> str:
    """How ``url`` is looked up: host and path, decoded."""
    parts = urlsplit(url)
    return parts.netloc + unquote(parts.path) + (f"?{unquote(parts.query)}" if parts.query else "")


def address(url: str) -> str:
    """``url`` as it is sent: percent-encoded where it holds other characters than ASCII."""
    return quote(url, safe=":/?&=%#+,;@!$'()*~")


def missing(status: int = 404) -> Reply:
    """A page that says that there is nothing (404), or nothing any more (410)."""
    text = {404: "Not found", 410: "Gone for good"}[status]
    page = f'<!doctype html><title>{status}</title><body style="font-family:sans-serif;margin:2rem"><h1>{text}</h1>'
    return Reply(page.encode(), HTML, status)
