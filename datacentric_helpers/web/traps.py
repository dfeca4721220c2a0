"""Traps for crawlers: a calendar without end, a maze, session ids in addresses, copies and near copies of pictures."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from urllib.parse import urlsplit

from datacentric_helpers.web import pages
from datacentric_helpers.web.content import OPEN, add_picture, front
from datacentric_helpers.web.model import Picture, Reply, Request, Resource, World, missing

__all__ = ["traps"]

Links = list[tuple[str, str]]
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")


def month(request: Request) -> Reply:
    """A month of the calendar, with links to the months beside it. Every month since the year 1 has a page."""
    try:
        year, number = int(request.query.get("year", "2026")), int(request.query.get("month", "1"))
    except ValueError:
        return missing()
    if not (1 <= number <= 12 and 1 <= year <= 9999):
        return missing()
    hrefs = []
    for step, text in ((-1, "Previous month"), (1, "Next month")):
        at = year * 12 + number - 1 + step
        hrefs.append((f"/calendar?year={at // 12}&month={at % 12 + 1}", text))
    return Reply(pages.document(f"{MONTHS[number - 1]} {year}", "<p>No events.</p>" + pages.links(hrefs)).encode())


def traps(world: World, host: str, mirror: str) -> Links:
    """The traps on ``host``, with copies of its pictures on ``mirror``. Links for the front page."""
    licences = [world.rng.choice(OPEN) for _ in range(8)]
    shop = [add_picture(world, host, "items", {"link": licence}, licence, media="media", linked=False, slug=f"item-{n:04x}")
            for n, licence in zip(world.rng.sample(range(16**4), 8), licences, strict=True)]
    numbers = count(1)
    for picture, licence in zip(shop, licences, strict=True):
        world.serve(picture.page, _session_page(world, picture, licence, numbers))
        world.listed.setdefault(host, []).append(picture.page)
    world.serve(f"http://{host}/items/", _session_list(world, shop, numbers))
    world.serve(f"http://{host}/calendar", month)
    _maze(world, host)
    copies = [_copy(world, mirror, p) for p in shop[:4]] + [_near_copy(world, mirror, p) for p in shop[4:]]
    front(world, mirror, "Mirror", [(pages.local(p.page), p.title) for p in copies])
    return [("/items/", "Catalogue"), ("/calendar", "Calendar"), ("/maze/", "Maze")]


def _session(world: World, number: int) -> str:
    return f"{(world.seed * 7919 + number * 104729) % 16**8:08x}"


def _session_list(world: World, shop: list[Picture], numbers: count[int]) -> Resource:
    """The catalogue: whoever asks gets links with a session id that nobody had before."""

    def answer(_request: Request) -> Reply:
        sid = _session(world, next(numbers))
        return Reply(pages.document("Catalogue", pages.links((f"{pages.local(p.page)}?sid={sid}", p.title) for p in shop)).encode())

    return answer


def _session_page(world: World, picture: Picture, licence: str, numbers: count[int]) -> Resource:
    """A page of the catalogue; it names its canonical address, and links to the catalogue with a new session id."""
    text = pages.picture_page(picture, "en", {"link": licence}, canonical=True, text='<a href="/items/?sid=SESSION">Catalogue</a>')

    def answer(_request: Request) -> Reply:
        return Reply(text.replace("SESSION", _session(world, next(numbers))).encode())

    return answer


def _maze(world: World, host: str) -> None:
    """Rooms within rooms: a relative link that is always one folder deeper."""
    room = Reply(pages.document("A room", '<p>A corridor leads on.</p><a href="deeper/">Deeper</a>').encode())
    for depth in range(60):  # deeper than any crawl should go; then it ends
        world.serve(f"http://{host}/maze/" + "deeper/" * depth, room)


def _copied(world: World, mirror: str, picture: Picture, **changes: object) -> Picture:
    """``picture`` under another address, on a page of its own that states the same licence."""
    name = urlsplit(picture.url).path.rpartition("/")[2].replace("item", "copy")
    copy = replace(picture, url=f"http://{mirror}/files/{name}", page=f"http://{mirror}/works/{name}.html", **changes)  # type: ignore[arg-type]
    world.show(copy)
    world.page(copy.page, pages.picture_page(copy, "en", {"link": copy.licence}))
    return copy


def _copy(world: World, mirror: str, picture: Picture) -> Picture:
    return _copied(world, mirror, picture, duplicate_of=picture.url)


def _near_copy(world: World, mirror: str, picture: Picture) -> Picture:
    """The same crop in another size and quality: other bytes, the same picture."""
    recipe = replace(picture.recipe, width=max(120, picture.recipe.width * 3 // 4), quality=60)
    return _copied(world, mirror, picture, recipe=recipe, near_duplicate_of=picture.url)
