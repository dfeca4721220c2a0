"""The bricks of the sites: front pages, pages of pictures, names of people, robots.txt and sitemaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from datacentric_helpers.web import pages
from datacentric_helpers.web.engines import add_engines
from datacentric_helpers.web.model import Picture, Reply, World, address
from datacentric_helpers.web.pictures import PHOTOGRAPHS, Photograph, Recipe

__all__ = ["OPEN", "add_picture", "draw", "finish", "front", "person"]

OPEN = ("CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-4.0", "CC-BY-ND-4.0", "CC-BY-NC-SA-4.0", "CC-BY-NC-ND-4.0", "PDM-1.0")
PEOPLE = {
    "en": ("Ada Marsh", "Ben Okoro", "Clara Lindqvist", "Dario Conti", "Emma O’Hara", "Farid Nasser", "Greta Holm", "Hugo Sørensen"),
    "ko": ("김하늘", "이도윤", "박서연", "최민준", "정가온", "강나래", "윤다솜", "한이든"),
}
WORDS = ("morning", "evening", "quiet", "bright", "old", "small", "distant", "wet", "golden", "plain", "sudden", "last")
KOREAN = ("아침의", "저녁의", "고요한", "환한", "오래된", "작은", "먼", "비 온 뒤의", "금빛", "수수한", "뜻밖의", "마지막")


def person(world: World, lang: str = "en") -> str:
    """The name of somebody who does not exist."""
    return world.rng.choice(PEOPLE[lang])


def draw(world: World, lang: str = "en") -> tuple[Photograph, str, str]:
    """A photograph, a title for a picture of it, and a piece of an address that no other picture has."""
    photo, number = world.rng.choice(PHOTOGRAPHS), world.rng.randrange(len(WORDS))
    title = f"{WORDS[number].capitalize()} {photo.title.lower()}" if lang == "en" else f"{KOREAN[number]} {photo.korean}"
    return photo, title, f"{photo.tags[0]}-{world.rng.randrange(16**6):06x}"


def add_picture(
    world: World, host: str, folder: str, stated: dict[str, str], licence: str, *, lang: str = "en", format: str = "jpg",
    media: str = "", author: str = "", title: str = "", slug: str = "", recipe: Recipe | None = None, listed: bool = True,
    linked: bool = True, page: dict[str, Any] | None = None, render: dict[str, Any] | None = None, resource: Any = None, **facts: Any,
) -> Picture:
    """A picture at ``http://host/folder/…`` and the page that shows it, with the licence stated as ``stated`` says.

    ``media``: folder of the file (default: the page's). ``page`` goes to ``World.page``, ``render`` to ``pages.picture_page``,
    ``resource`` answers in the file's place, ``facts`` are fields of the picture. ``linked=False`` leaves the page to the caller.
    """
    photo, drawn, unique = draw(world, lang)
    author, slug = author or person(world, lang), slug or unique
    recipe = recipe or Recipe.drawn(world.rng, photo.name, format)
    recipe = replace(recipe, xmp=stated.get("xmp", ""), iptc=stated.get("iptc", ""), author=author)
    picture = Picture(
        url=f"http://{host}/{media or folder}/{slug}.{recipe.format}", page=f"http://{host}/{folder}/{slug}.html", title=title or drawn,
        author=author, licence=licence, recipe=recipe, tags=photo.tags, stated=tuple(stated),
        claimed=next(iter(stated.values()), ""), **facts,
    )
    world.show(picture, resource)
    if linked:
        text = pages.picture_page(picture, lang, stated, **(render or {}))
        world.page(picture.page, text, listed=listed, **(page or {}))
    return picture


def front(world: World, host: str, title: str, hrefs: Sequence[tuple[str, str]], *, lang: str = "en", text: str = "", **page: Any) -> None:
    """The host's front page: ``text`` and links. It is remembered for the list of hosts."""
    url = f"http://{host}/"
    main = (f"<p>{text}</p>\n" if text else "") + pages.links(hrefs)
    world.page(url, pages.document(title, main, lang=lang, charset=page.get("charset", "utf-8")), **page)
    world.entries.append((url, title))


def finish(world: World, home: str) -> World:
    """Add the query interfaces, every host's /about, robots.txt and sitemap.xml, and a page of links from home to the other hosts."""
    add_engines(world)
    about, hosts = Reply(pages.about().encode()), world.hosts
    for host in hosts:
        world.serve(f"http://{host}/about", about)
        robots = world.robots.setdefault(host, f"User-agent: *\nDisallow:\n\nSitemap: http://{host}/sitemap.xml\n")
        if f"{host}/robots.txt" not in world.resources:
            world.serve(f"http://{host}/robots.txt", Reply(robots.encode(), "text/plain; charset=utf-8"))
        if f"{host}/sitemap.xml" not in world.resources:
            world.serve(f"http://{host}/sitemap.xml", Reply(pages.sitemap(world.listed.get(host, [])), "application/xml"))
    world.home = f"http://{home}/"
    others = [(address(url), title) for url, title in world.entries if url != world.home]
    if others:
        world.page(f"{world.home}neighbours", pages.document("Neighbours", pages.links(others)))
    return world
