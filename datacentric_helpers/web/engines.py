"""The query interfaces on ``api.test``, with the paths, parameters and field names of the real services.

    Openverse API v1      /v1/images/ and /v1/images/ID/     https://api.openverse.org/v1/ (and WordPress/openverse on GitHub, api/api)
    Wikimedia Commons     /w/api.php                         https://www.mediawiki.org/wiki/API:Search and API:Imageinfo,
                                                             https://commons.wikimedia.org/wiki/Commons:Machine-readable_data
    Bing's image page     /images/search                     no documentation: the filter as Bing's own menu "License" writes it
    Google's image page   /search                            no documentation: the filter as Google's own menu "Usage Rights" writes it

Code written for a service runs against this host when only the address in front of the path differs. The two interfaces give what
their index knows of a picture; the two result pages believe the first statement that a picture's page makes, contradicted or not.
"""

from __future__ import annotations

import html
import json
import uuid
from collections.abc import Sequence
from math import ceil
from typing import Any
from urllib.parse import urlencode, urlsplit

from datacentric_helpers.web import pages
from datacentric_helpers.web.licences import DEEDS, NAMES, SHORT
from datacentric_helpers.web.model import Picture, Reply, Request, World, address
from datacentric_helpers.web.pictures import TYPES as MEDIA

__all__ = ["HOST", "add_engines"]

HOST = "api.test"
ROBOTS = f"""\
# Google's robots.txt closes /search to crawlers; this one closes both result pages. The interfaces under /v1/ and /w/ are open.
User-agent: *
Disallow: /search
Disallow: /images/search

Sitemap: http://{HOST}/sitemap.xml
"""
CODES = {
    "CC0-1.0": "cc0", "CC-BY-4.0": "by", "CC-BY-SA-4.0": "by-sa", "CC-BY-NC-4.0": "by-nc", "CC-BY-ND-4.0": "by-nd",
    "CC-BY-NC-SA-4.0": "by-nc-sa", "CC-BY-NC-ND-4.0": "by-nc-nd", "PDM-1.0": "pdm",
}
# the groups that Openverse's parameter license_type names
TYPES = {
    "all": set(CODES.values()), "all-cc": set(CODES.values()) - {"pdm"}, "commercial": {"cc0", "pdm", "by", "by-sa", "by-nd"},
    "modification": {"cc0", "pdm", "by", "by-sa", "by-nc", "by-nc-sa"},
}
# the levels of Bing's filter: L1 is the public domain, the others are the six licences
LEVELS = {
    "CC0-1.0": "L1", "PDM-1.0": "L1", "CC-BY-4.0": "L2", "CC-BY-SA-4.0": "L3", "CC-BY-ND-4.0": "L4", "CC-BY-NC-4.0": "L5",
    "CC-BY-NC-SA-4.0": "L6", "CC-BY-NC-ND-4.0": "L7",
}
# Commons' keyword haslicense: (what the licence filter of its own search page writes, phabricator.wikimedia.org/T257938)
HASLICENSE = {
    "attribution": {"CC-BY-4.0"}, "attribution-same-license": {"CC-BY-SA-4.0"}, "unrestricted": {"CC0-1.0", "PDM-1.0"}, "other": set(),
}
FREE = {"CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0", "PDM-1.0"}  # what Commons takes at all
PAGE_SIZE, DEPTH = 20, 20  # Openverse, without an account: results a page, pages
GRID = "<style>.results{display:flex;flex-wrap:wrap;gap:.75rem;list-style:none;padding:0}.results img{display:block}</style>"
INDEXED = "2026-01-05T09:00:00Z"


def add_engines(world: World) -> None:
    """Serve the interfaces for the pictures of ``world`` that robots may fetch."""
    index = [p for p in world.pictures if p.robots and not p.thumbnail_of]
    licensed = [p for p in index if p.licence in CODES]
    world.serve(f"http://{HOST}/v1/images/", lambda request: openverse(licensed, request))
    world.serve(f"http://{HOST}/v1/images", with_slash)
    for picture in licensed:
        _serve_one(world, picture, licensed)
    commons_index = [p for p in licensed if p.licence in FREE]
    world.serve(f"http://{HOST}/w/api.php", lambda request: commons(commons_index, request))
    world.serve(f"http://{HOST}/images/search", lambda request: bing(index, request))
    world.serve(f"http://{HOST}/search", lambda request: google(index, request))
    world.robots[HOST] = ROBOTS
    text = "<p>Interfaces to ask for pictures, with the parameters and the fields of the real services.</p>\n" + pages.links([
        ("/v1/images/?q=cat&license_type=commercial", "Openverse: /v1/images/"),
        ("/w/api.php?action=query&generator=search&gsrsearch=cat&gsrnamespace=6&prop=imageinfo&iiprop=url|extmetadata&format=json",
         "Wikimedia Commons: /w/api.php"),
        ("/images/search?q=cat&qft=+filterui:license-L2_L3", "Bing: /images/search"),
        ("/search?q=cat&tbm=isch&tbs=il:cl", "Google: /search"),
    ])
    world.page(f"http://{HOST}/", pages.document("Interfaces", text))


def with_slash(request: Request) -> Reply:
    """The address that ends in a slash, with the same query: the real service sends there, too."""
    return Reply(status=301, headers={"Location": f"/v1/images/?{urlencode(request.query)}"})


def _serve_one(world: World, picture: Picture, index: Sequence[Picture]) -> None:
    """What Openverse has on one picture: its entry, a thumbnail, and ten pictures of the same subject."""
    detail = f"http://{HOST}/v1/images/{_identifier(picture)}/"
    world.serve(detail, lambda request: _json(_image(picture, [])))
    world.serve(detail + "thumb/", lambda request: Reply(picture.data, MEDIA[picture.recipe.format]))

    def related(_request: Request) -> Reply:
        near = [p for p in index if p.tags == picture.tags and p is not picture][:10]
        return _json({
            "result_count": len(near), "page_count": 1, "page_size": 10, "page": 1, "results": [_image(p, []) for p in near],
        })

    world.serve(detail + "related/", related)


def _json(content: Any, status: int = 200) -> Reply:
    return Reply(json.dumps(content, ensure_ascii=False).encode(), "application/json; charset=utf-8", status)


def _found(index: Sequence[Picture], words: str) -> list[Picture]:
    """The pictures whose title, author or tags hold every word."""
    wanted = words.lower().split()
    return [p for p in index if all(any(w in text for text in (p.title.lower(), p.author.lower(), *p.tags)) for w in wanted)]


def _whole(text: str, default: int) -> int | None:
    """``text`` as a whole number, ``default`` where it is empty, None where it is no number."""
    if not text:
        return default
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _identifier(picture: Picture) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, picture.url))


# Openverse


def openverse(index: Sequence[Picture], request: Request) -> Reply:
    """``GET /v1/images/``: q, license, license_type, creator, extension, page, page_size."""
    ask = request.query
    chosen, wrong = set(CODES.values()), {}
    for code in filter(None, ask.get("license", "").lower().split(",")):
        if code not in TYPES["all"]:
            wrong["license"] = [f"License '{code}' does not exist."]
    for kind in filter(None, ask.get("license_type", "").lower().split(",")):
        if kind not in TYPES:
            wrong["license_type"] = [f"License type '{kind}' does not exist."]
        chosen &= TYPES.get(kind, set())
    for old, new in {"li": "license", "lt": "license_type", "pagesize": "page_size", "provider": "source"}.items():
        if old in ask:
            wrong[old] = [f"Parameter '{old}' is deprecated in this release of the API. Use '{new}' instead."]
    page, size = _whole(ask.get("page", ""), 1), _whole(ask.get("page_size", ""), PAGE_SIZE)
    for name, value in (("page", page), ("page_size", size)):
        if value is None:
            wrong[name] = ["A valid integer is required."]
        elif value < 1:
            wrong[name] = ["Ensure this value is greater than or equal to 1."]
    if page is not None and page > DEPTH:
        wrong["page"] = [f"Ensure this value is less than or equal to {DEPTH}."]
    if wrong or page is None or size is None:
        return _json({"detail": wrong}, 400)
    if size > PAGE_SIZE:  # an anonymous client may not
        return _json({"detail": f"Ensure this value is less than or equal to {PAGE_SIZE}."}, 401)
    if ask.get("license"):
        chosen &= set(ask["license"].lower().split(","))
    by = ask.get("creator", "").lower()
    found = [p for p in _found(index, ask.get("q", "")) if CODES[p.licence] in chosen and by in p.author.lower()]
    if ask.get("extension"):
        found = [p for p in found if p.recipe.format in ask["extension"].lower().split(",")]
    matched = ["title"] if ask.get("q") else []
    return _json({
        "result_count": len(found), "page_count": min(ceil(len(found) / size), DEPTH), "page_size": size, "page": page,
        "results": [_image(p, matched) for p in found[(page - 1) * size:page * size]],
    })


def _image(picture: Picture, matched: list[str]) -> dict[str, Any]:
    """A picture as Openverse's ``Image``."""
    code, version = CODES[picture.licence], "1.0" if picture.licence in ("CC0-1.0", "PDM-1.0") else "4.0"
    here, (width, height) = f"http://{HOST}/v1/images/{_identifier(picture)}/", picture.size
    host = urlsplit(picture.page).netloc
    provider = host.partition(".")[0]
    status = "is marked with" if code in ("cc0", "pdm") else "is licensed under"
    return {
        "id": _identifier(picture), "title": picture.title, "indexed_on": INDEXED, "foreign_landing_url": address(picture.page),
        "url": address(picture.url), "creator": picture.author, "creator_url": f"http://{host}/",
        "license": code, "license_version": version, "license_url": DEEDS[picture.licence], "provider": provider, "source": provider,
        "category": "photograph", "filesize": len(picture.data), "filetype": picture.recipe.format,
        "tags": [{"name": tag, "accuracy": None, "unstable__provider": provider} for tag in picture.tags],
        "attribution": f'"{picture.title}" by {picture.author} {status} {SHORT[picture.licence]}. '
                       f"To view a copy of this license, visit {DEEDS[picture.licence]}.",
        "fields_matched": matched, "mature": False, "height": height, "width": width, "thumbnail": here + "thumb/", "detail_url": here,
        "related_url": here + "related/", "unstable__sensitivity": [],
    }


# Wikimedia Commons


def commons(index: Sequence[Picture], request: Request) -> Reply:
    """``GET /w/api.php?action=query``: generator=search (gsrsearch, gsrnamespace, gsrlimit, gsroffset) with prop=imageinfo."""
    ask = request.query
    wrong = _commons_errors(ask)
    if wrong:
        return _commons_reply({"error": wrong, "servedby": HOST}, ask)
    limit, offset = min(_whole(ask.get("gsrlimit", ""), 10) or 10, 500), _whole(ask.get("gsroffset", ""), 0) or 0
    spaces = ask.get("gsrnamespace", "0").split("|")
    found = _commons_found(index, ask["gsrsearch"]) if "6" in spaces or "*" in spaces else []  # files are namespace 6
    second = ask.get("formatversion") == "2"
    answer: dict[str, Any] = {"batchcomplete": True if second else ""}
    if len(found) > offset + limit:
        answer["continue"] = {"gsroffset": offset + limit, "continue": "gsroffset||"}
    shown = [_file(p, index.index(p), number, ask, second) for number, p in enumerate(found[offset:offset + limit], offset + 1)]
    if shown:
        answer["query"] = {"pages": shown if second else {str(f["pageid"]): f for f in shown}}
    return _commons_reply(answer, ask)


def _commons_errors(ask: dict[str, str]) -> dict[str, str]:
    """MediaWiki's error for what this interface cannot do, or nothing."""
    if ask.get("action") != "query":
        return {"code": "badvalue", "info": f'Unrecognized value for parameter "action": {ask.get("action", "")}.'}
    if ask.get("generator") != "search":
        return {"code": "badvalue", "info": f'Unrecognized value for parameter "generator": {ask.get("generator", "")}.'}
    if not ask.get("gsrsearch"):
        return {"code": "missingparam", "info": 'The "gsrsearch" parameter must be set.'}
    return {}


def _commons_reply(answer: dict[str, Any], ask: dict[str, str]) -> Reply:
    if ask.get("format") == "json":
        reply = _json(answer)
        return Reply(reply.body, reply.type, headers={"MediaWiki-API-Error": answer["error"]["code"]} if "error" in answer else {})
    text = html.escape(json.dumps(answer, ensure_ascii=False, indent=4))  # without format=json the real one answers with a web page, too
    return Reply(pages.document("MediaWiki API result", f"<pre>{text}</pre>").encode())


def _commons_found(index: Sequence[Picture], search: str) -> list[Picture]:
    """The search with its keyword ``haslicense:``; ``filetype:bitmap`` is what all of them are."""
    words, kept = [], list(index)
    for word in search.split():
        if word.startswith("haslicense:"):
            wanted: set[str] = set().union(*(HASLICENSE.get(k, set()) for k in word.removeprefix("haslicense:").split("|")))
            kept = [p for p in kept if p.licence in wanted]
        elif not word.startswith("filetype:"):
            words.append(word.strip('"'))
    return _found(kept, " ".join(words))


def _file(picture: Picture, place: int, number: int, ask: dict[str, str], second: bool) -> dict[str, Any]:
    """A file's entry, with the parts of its ``imageinfo`` that iiprop names."""
    name = f"{picture.title} {place}.{picture.recipe.format}"
    entry: dict[str, Any] = {"pageid": 100_000 + place, "ns": 6, "title": f"File:{name}", "index": number}
    if "imageinfo" not in ask.get("prop", "").split("|"):
        return entry
    props, (width, height) = ask.get("iiprop", "timestamp|user").split("|"), picture.size
    info: dict[str, Any] = {}
    if "timestamp" in props:
        info["timestamp"] = INDEXED
    if "user" in props:
        info["user"] = picture.author
    if "size" in props or "dimensions" in props:
        info |= {"size": len(picture.data), "width": width, "height": height}
    if "url" in props:
        info |= {"url": address(picture.url), "descriptionurl": address(picture.page),
                 "descriptionshorturl": f"http://{HOST}/w/index.php?curid={100_000 + place}"}
    if "mime" in props:
        info["mime"] = "image/png" if picture.recipe.format == "png" else "image/jpeg"
    if "extmetadata" in props:
        info["extmetadata"] = _extmetadata(picture)
    return {**entry, "imagerepository": "local", "imageinfo": [info]}


def _extmetadata(picture: Picture) -> dict[str, dict[str, str]]:
    """What CommonsMetadata reads from a file's page; the values are HTML."""
    public = picture.licence == "PDM-1.0"
    zero = picture.licence == "CC0-1.0"
    short = "Public domain" if public else "CC0" if zero else SHORT[picture.licence]
    terms = "Public domain" if public else "Creative Commons Zero, Public Domain Dedication" if zero else NAMES["en"][picture.licence]
    values = {
        "ObjectName": picture.title, "ImageDescription": html.escape(picture.title),
        "Credit": '<span class="int-own-work" lang="en">Own work</span>',
        "Artist": f'<a href="{address(picture.page)}">{html.escape(picture.author)}</a>', "LicenseShortName": short, "UsageTerms": terms,
        "AttributionRequired": "false" if public or zero else "true", "Copyrighted": "False" if public else "True", "Restrictions": "",
        "License": "pd" if public else "cc0" if zero else SHORT[picture.licence].lower().replace(" ", "-"),
    }
    if not public:
        values["LicenseUrl"] = DEEDS[picture.licence].rstrip("/")
    return {name: {"value": value, "source": "commons-desc-page"} for name, value in values.items()}


# Bing and Google: result pages, not interfaces


def bing(index: Sequence[Picture], request: Request) -> Reply:
    """``/images/search``: q, first (counted from 1), count, and the licence in qft: ``+filterui:license-L2_L3`` or ``licenseType-Any``."""
    ask, found = request.query, _found(index, request.query.get("q", ""))
    for part in ask.get("qft", "").replace("+", " ").split():
        kind = part.removeprefix("filterui:")
        if kind == "licenseType-Any":
            found = [p for p in found if p.claimed in LEVELS]
        elif kind.startswith("license-"):
            levels = kind.removeprefix("license-").split("_")
            found = [p for p in found if LEVELS.get(p.claimed) in levels]
    first, count = max(_whole(ask.get("first", ""), 1) or 1, 1), min(_whole(ask.get("count", ""), 35) or 35, 150)
    items = []
    for picture in found[first - 1:first - 1 + count]:
        said = {"murl": address(picture.url), "turl": address(picture.url), "purl": address(picture.page), "t": picture.title}
        m = html.escape(json.dumps(said, ensure_ascii=False))
        image = f'<img class="mimg" src="{address(picture.url)}" alt="{html.escape(picture.title)}" width="160">'
        items.append(f'<li><a class="iusc" m="{m}" href="{address(picture.page)}">{image}</a></li>')
    words = html.escape(ask.get("q", ""))
    return Reply(pages.document(f"{words} - Images", f'<ul class="dgControl_list results">{"".join(items)}</ul>', head=GRID).encode())


def google(index: Sequence[Picture], request: Request) -> Reply:
    """``/search?tbm=isch``: q, start, and the licence in tbs: ``il:cl`` (earlier ``sur:cl``) Creative Commons, ``il:ol`` the others."""
    ask, found = request.query, _found(index, request.query.get("q", ""))
    if ask.get("tbm") != "isch":
        return Reply(pages.document("Web results", "<p>This engine knows pictures only: tbm=isch.</p>").encode())
    for part in ask.get("tbs", "").split(","):
        if part in ("il:cl", "sur:cl"):
            found = [p for p in found if p.claimed in CODES]
        elif part in ("il:ol", "sur:ol"):
            found = [p for p in found if p.claimed == "ARR"]
    start, items = _whole(ask.get("start", ""), 0) or 0, []
    for picture in found[start:start + 20]:
        width, height = picture.size
        query = urlencode({"imgurl": address(picture.url), "imgrefurl": address(picture.page), "w": width, "h": height})
        badge = "<span>Licensable</span>" if picture.claimed in CODES else ""
        image = f'<img src="{address(picture.url)}" alt="{html.escape(picture.title)}" width="160">'
        items.append(f'<div class="isv-r"><a href="/imgres?{html.escape(query)}">{image}</a>{badge}</div>')
    shown = "\n".join(items)
    return Reply(pages.document("Images", f'<div class="results">{shown}</div>', head=GRID).encode())
