"""The sites by name. A small one shows one kind of difficulty; "full" has all of them on hosts of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle
from typing import Any

from datacentric_helpers.i18n import gettext as _
from datacentric_helpers.web import pages
from datacentric_helpers.web.content import OPEN, add_picture, finish, front, person
from datacentric_helpers.web.faults import faults
from datacentric_helpers.web.model import Picture, Reply, World, address
from datacentric_helpers.web.traps import traps

__all__ = ["SITES", "build"]

Links = list[tuple[str, str]]


def gallery(world: World, host: str, n: int, per_page: int = 8, thumbs: bool = False) -> Links:
    """Pictures with a plain ``rel="license"`` link each, pages of their links, and a page for each author. Links for the front page."""
    licences, shown = cycle(world.rng.sample(OPEN, len(OPEN))), []
    for number in range(n):
        author = person(world, world.rng.choice(("en", "ko")))
        licence = next(licences)
        shown.append(add_picture(
            world, host, "photos", {"link": licence}, licence, author=author, media="media", format="png" if number % 9 == 4 else "jpg",
            render={"variant": number, "author_url": local_author(host, author)},
        ))
    _authors(world, host, shown)
    chunks = [shown[start:start + per_page] for start in range(0, n, per_page)]
    for number, chunk in enumerate(chunks, 1):
        _gallery_page(world, host, number, len(chunks), chunk, thumbs)
    return [("/gallery", "Gallery")]


def local_author(host: str, author: str) -> str:
    """The address of the author's page, as a link."""
    return pages.local(f"http://{host}/authors/{author.replace(' ', '-')}")


def _authors(world: World, host: str, shown: list[Picture]) -> None:
    for author in sorted({p.author for p in shown}):
        listed = [(pages.local(p.page), p.title) for p in shown if p.author == author]
        world.page(f"http://{host}/authors/{author.replace(' ', '-')}", pages.document(author, pages.links(listed)))


def _gallery_page(world: World, host: str, number: int, last: int, chunk: list[Picture], thumbs: bool) -> None:
    """Page ``number`` of the gallery. Its links are written in the different ways that mean the same address."""
    ways: list[Callable[[Picture], str]] = [
        lambda p: pages.local(p.page), lambda p: pages.local(p.page).lstrip("/"), lambda p: address(p.page),
        lambda p: pages.local(p.page) + "#photo", lambda p: "./" + pages.local(p.page).lstrip("/"),
        lambda p: "//" + p.page.partition("//")[2],
    ]
    url = f"http://{host}/gallery"
    main = pages.links([(ways[i % len(ways)](p), p.title) for i, p in enumerate(chunk)])
    if thumbs:
        main += "\n" + "\n".join(_thumbnail(world, host, number, p) for p in chunk)
    steps = [(number - 1, "prev", "Previous page"), (number + 1, "next", "Next page")]
    turn = [f'<a rel="{rel}" href="/gallery?page={k}">{text}</a>' for k, rel, text in steps if 1 <= k <= last]
    html = pages.document(f"Gallery, page {number} of {last}", main + f"\n<nav>{' '.join(turn)}</nav>")
    world.page(f"{url}?page={number}", html)
    if number == 1:
        world.page(url, html, listed=False)


def _thumbnail(world: World, host: str, number: int, picture: Picture) -> str:
    """A small copy of ``picture`` for the gallery: nothing is stated beside it."""
    name = picture.url.rpartition("/")[2]
    thumb = world.show(replace(
        picture, url=f"http://{host}/thumbs/{name}", page=f"http://{host}/gallery?page={number}", licence="", stated=(), claimed="",
        recipe=replace(picture.recipe, width=96, format=name.rpartition(".")[2]), thumbnail_of=picture.url,
    ))
    return f'<a href="{pages.local(picture.page)}"><img class="thumb" src="{pages.local(thumb.url)}" alt="{thumb.title}"></a>'


ARTICLE = {
    "en": 'Next week: what <a href="https://creativecommons.org/licenses/by-nc/4.0/">CC BY-NC 4.0</a> means, with examples.',
    "ko": '다음 주에는 <a href="https://creativecommons.org/licenses/by-nc/4.0/">CC BY-NC 4.0</a>이 무슨 뜻인지 예를 들어 살펴봅니다.',
}


def licence_forms(world: World, host: str, n: int, lang: str = "en") -> Links:
    """Pictures whose licence is stated in every way, by two that agree, by two that contradict each other, and not at all."""
    made: list[Picture] = []
    kinds: Iterator[str] = cycle((
        "link", "head", "rdfa", "jsonld", "xmp", "iptc", "caption", "footer", "reserved", "agree", "caption/footer", "link/xmp",
        "jsonld/link", "none", "mention", "reserved footer",
    ))
    for number in range(n):
        stated, licence = _statements(world, kind := next(kinds))
        text = ARTICLE[lang] if kind == "mention" else ""  # prose about a licence is no statement
        made.append(add_picture(
            world, host, "works", stated, licence, lang=lang, author=person(world, lang), media="files",
            render={"variant": number + world.seed % 6, "text": text},
        ))
    return [(pages.local(p.page), p.title) for p in made]


def _statements(world: World, kind: str) -> tuple[dict[str, str], str]:
    """What a page states (form → licence), and the licence that follows from it."""
    first, second = world.rng.sample(OPEN, 2)
    if "/" in kind:
        one, other = kind.split("/")
        return {one: first, other: "ARR" if other == "footer" and world.rng.random() < 0.5 else second}, ""
    if kind == "reserved":
        return {"caption": "ARR"}, "ARR"
    if kind == "reserved footer":
        return {"footer": "ARR"}, "ARR"
    if kind == "agree":
        return {"link": first, "jsonld": first, "xmp": first}, first
    if kind == "mention":
        return {"link": first}, first
    return ({}, "") if kind == "none" else ({kind: first}, first)


FOLDERS = ("private", "intern", "backstage", "vault", "studio", "annex", "depot", "wing", "cabinet", "stock")
ROBOTS_MAIN = """\
# What crawlers may ask {host} for
User-agent: *
Disallow: /{closed}/
Allow: /{closed}/open/
Disallow: /*/{raw}/
Disallow: /{scans}/*.png$
Disallow: /{draft}
Disallow: /*?view=
Disallow: /{tie}/
Allow: /{tie}/

User-agent: other-bot
Disallow: /

Sitemap: http://{host}/sitemap.xml
"""
ROBOTS_OWN = (
    "User-Agent: *\r\nDisallow: /\r\n\r\nuser-agent: DCAI-Crawler   # the course's own\r\nDisallow: /{drafts}/\r\n"
    "Crawl-delay: {delay}\r\n\r\nUser-agent: dcai-crawler\r\nDisallow: /{members}/\r\n"
)
ROBOTS_CLOSED = "User-agent: *\nDisallow:\n\nUser-agent: dcai-crawler\nDisallow: /\n"
ROBOTS_MOVED = "# 규칙\nUser-agent: *\nDisallow: /비공개/\n"


def robots(world: World, hosts: tuple[str, str, str, str, str, str], each: int = 2) -> Links:
    """Six hosts with rules of their own. Which areas may be entered is said here, beside the rules, and never worked out from them."""
    main, own, closed, none, broken, moved = hosts
    links = _robots_main(world, main, each)
    _robots_own(world, own, each)
    world.robots[closed] = ROBOTS_CLOSED
    front(world, closed, "News", _area(world, closed, "stories", each + 1, False))
    world.serve(f"http://{none}/robots.txt", Reply(b"not found", "text/plain", 404))
    front(world, none, "Attic", _area(world, none, "items", each + 1))
    world.robots[broken] = "User-agent: *\nDisallow: /\n"  # what a server error comes to (RFC 9309, 2.3.1.4)
    world.serve(f"http://{broken}/robots.txt", Reply(b"try again later", "text/plain", 503))
    front(world, broken, "Copies", _area(world, broken, "copies", each, False))
    world.robots[moved] = ROBOTS_MOVED
    world.serve(f"http://{moved}/robots.txt", Reply(status=301, headers={"Location": "/rules/robots.txt"}))
    world.serve(f"http://{moved}/rules/robots.txt", Reply(ROBOTS_MOVED.encode("utf-8-sig"), "text/plain; charset=utf-8"))
    korean = _area(world, moved, "소장품", each, lang="ko") + _area(world, moved, "비공개", each, False, lang="ko")
    front(world, moved, "박물관", korean, lang="ko")
    return links


def _robots_main(world: World, host: str, each: int) -> Links:
    """Allow within Disallow, wildcards, the end of an address, the query, prefixes, and a rule that ties with its opposite."""
    closed, raw, scans, draft, tie, album = world.rng.sample(FOLDERS, 6)
    world.robots[host] = ROBOTS_MAIN.format(host=host, closed=closed, raw=raw, scans=scans, draft=draft, tie=tie)
    shown = _area(world, host, "photos", each + 2)
    world.page(f"http://{host}/photos/", pages.document("All photographs", pages.links(shown)))
    links = shown + _area(world, host, closed, each, False) + _area(world, host, f"{closed}/open", each)
    links += _area(world, host, f"{album}/{raw}", each, False) + _area(world, host, tie, each)
    links += _area(world, host, f"{draft}s", 1, False) + _area(world, host, f"{draft}-notes", 1, False)
    links += _area(world, host, scans, each, False, format="png")
    return [*links, ("/photos/", "All photographs"), ("/photos/?view=list", "As a list"), ("/photos/?view=large", "Large")]


def _robots_own(world: World, host: str, each: int) -> None:
    """A group of the crawler's own in two parts, among one that shuts everybody else out, with a delay."""
    drafts, members = world.rng.sample(FOLDERS, 2)
    world.delays[host] = delay = world.rng.choice((0.2, 0.25, 0.3))
    world.robots[host] = ROBOTS_OWN.format(drafts=drafts, members=members, delay=delay)
    links = _area(world, host, "posts", each + 1) + _area(world, host, drafts, each, False) + _area(world, host, members, 1, False)
    front(world, host, "A diary", links)


def _area(world: World, host: str, folder: str, n: int, allowed: bool = True, **more: Any) -> Links:
    """``n`` pictures in ``folder``; where it is not ``allowed``, neither is to be fetched, or (scans) the file is not."""
    made = []
    for _number in range(n):
        licence = world.rng.choice(OPEN)
        made.append(add_picture(world, host, folder, {"link": licence}, licence, robots=allowed, listed=allowed, **more))
    return [(pages.local(p.page), p.title) for p in made]


def blog(world: World, host: str, n: int) -> None:
    """A Korean blog in EUC-KR, with a feed. Its licence stands in every page's footer, or in the caption."""
    made = []
    for number in range(n):
        form, licence = ("footer", "caption", "link")[number % 3], world.rng.choice((*OPEN, "ARR"))
        form = "caption" if licence == "ARR" else form
        made.append(add_picture(
            world, host, f"글/{2026 - number // 12}", {form: licence}, licence, lang="ko", media="사진",
            slug=f"{number:03d}-{world.rng.randrange(16**4):04x}", page={"charset": "euc-kr"},
            render={"charset": "euc-kr", "text": "오늘 찍은 사진을 올립니다. 즐겁게 보셨다면 댓글을 남겨 주세요."},
        ))
    pairs = [(p.page, p.title) for p in made]
    world.serve(f"http://{host}/feed.xml", Reply(pages.feed("사진 일기", f"http://{host}/", pairs), "application/rss+xml; charset=utf-8"))
    front(world, host, "사진 일기", [*((pages.local(u), t) for u, t in pairs), ("/feed.xml", "RSS")], lang="ko", charset="euc-kr")


def news(world: World, host: str, n: int) -> None:
    """Articles: most pictures belong to the agency, some do not."""
    made = []
    for number in range(n):
        licence = "ARR" if number % 3 else world.rng.choice(OPEN)
        form = "caption" if licence == "ARR" else ("jsonld", "caption", "link")[number // 3 % 3]
        made.append(add_picture(
            world, host, f"2026/{1 + number % 12:02d}", {form: licence}, licence, media="img",
            render={"text": "Residents had seen nothing like it, they said, and would come back tomorrow.", "variant": number},
        ))
    front(world, host, "The Daily Loopback", [(pages.local(p.page), p.title) for p in made])


def small_gallery(world: World) -> World:
    """Pagination and plain licences."""
    front(world, "photos.test", "Photographs", gallery(world, "photos.test", 24))
    return finish(world, "photos.test")


def small_licences(world: World) -> World:
    """Every way to state a licence, in English and Korean."""
    front(world, "photos.test", "Works", [*licence_forms(world, "photos.test", 16), ("/neighbours", "Neighbours")])
    front(world, "archive.test", "작품", licence_forms(world, "archive.test", 16, "ko"), lang="ko")
    return finish(world, "photos.test")


def small_robots(world: World) -> World:
    """Rules of every kind."""
    hosts = ("photos.test", "blog.test", "news.test", "archive.test", "mirror.test", "museum.test")
    front(world, "photos.test", "Photographs", [*robots(world, hosts), ("/neighbours", "Neighbours")])
    return finish(world, "photos.test")


def small_faults(world: World) -> World:
    """Faults of every kind."""
    front(world, "photos.test", "Photographs", [*faults(world, "photos.test", "archive.test"), ("/neighbours", "Neighbours")])
    return finish(world, "photos.test")


def small_traps(world: World) -> World:
    """Traps of every kind."""
    front(world, "photos.test", "Photographs", [*traps(world, "photos.test", "mirror.test"), ("/neighbours", "Neighbours")])
    return finish(world, "photos.test")


def full(world: World) -> World:
    """Every difficulty, each on hosts of its own, and a gallery to search."""
    links = gallery(world, "photos.test", 192, 16, thumbs=True)
    front(world, "archive.test", "Archive", licence_forms(world, "archive.test", 48))
    front(world, "works.test", "작품", licence_forms(world, "works.test", 32, "ko"), lang="ko")
    hosts = ("library.test", "diary.test", "agency.test", "attic.test", "broken.test", "museum.test")
    front(world, "library.test", "Library", robots(world, hosts, 4))
    front(world, "shaky.test", "Shaky", faults(world, "shaky.test", "far.test"))
    front(world, "events.test", "Events", traps(world, "events.test", "mirror.test"))
    blog(world, "blog.test", 36)
    news(world, "news.test", 36)
    world.serve("http://photos.test/search", lambda request: _search(world, request.query.get("q", "")))
    world.robots["photos.test"] = "User-agent: *\nDisallow: /search\n\nSitemap: http://photos.test/sitemap.xml\n"
    front(world, "photos.test", "Photographs", [*links, ("/search?q=cat", "Search"), ("/neighbours", "Neighbours")])
    return finish(world, "photos.test")


def _search(world: World, words: str) -> Reply:
    """The gallery's own search: pictures whose title or tags hold every word."""
    wanted = words.lower().split()
    found = [p for p in world.pictures if p.url.startswith("http://photos.test/media/") and all(
        w in p.title.lower() or w in p.tags for w in wanted)]
    form = '<form action="/search"><input name="q"><button>Search</button></form>'
    return Reply(pages.document("Search", form + pages.links((pages.local(p.page), p.title) for p in found[:50])).encode())


SITES: dict[str, Callable[[World], World]] = {
    "full": full, "gallery": small_gallery, "licences": small_licences, "robots": small_robots, "faults": small_faults,
    "traps": small_traps,
}


def build(name: str, seed: int) -> World:
    """The world called ``name``, drawn from ``seed``. Raises ValueError for a name that is not in ``SITES``."""
    if name not in SITES:
        raise ValueError(_("the site must be one of {names}, got {name}").format(names=", ".join(SITES), name=repr(name)))
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise ValueError(_("seed must be a whole number, got {seed}").format(seed=repr(seed)))
    return SITES[name](World(name, seed))
