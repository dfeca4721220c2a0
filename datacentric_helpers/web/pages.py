"""HTML of the embedded web: documents, figures with their captions, lists of links, sitemaps, feeds."""

from __future__ import annotations

import html
from collections.abc import Iterable
from urllib.parse import urlsplit

from datacentric_helpers.web import licences
from datacentric_helpers.web.model import Picture, address
from datacentric_helpers.web.pictures import PHOTOGRAPHS

__all__ = ["about", "document", "feed", "figure", "links", "local", "picture_page", "sitemap"]

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:0 auto;padding:1rem;color:#1f2933}"
    "header{border-bottom:3px solid #0072b2;margin-bottom:1rem}footer{border-top:1px solid #9aa5b1;margin-top:2rem;font-size:.85em}"
    "figure{margin:1rem 0}img{max-width:100%;height:auto}figcaption{font-size:.9em;color:#52606d}"
)
TABLE = "<style>table{font-size:.9em}th,td{text-align:left;vertical-align:top;padding:.2rem .6rem .2rem 0}</style>"
WORDS = {
    "en": {"by": "photograph by", "about": "About this web", "home": "Front page"},
    "ko": {"by": "사진:", "about": "이 웹에 대하여", "home": "첫 화면"},
}


def local(url: str) -> str:
    """``url`` as a link on a page of the same host: the path, with the query."""
    parts = urlsplit(address(url))
    return parts.path + (f"?{parts.query}" if parts.query else "")


def document(title: str, main: str, *, lang: str = "en", head: str = "", footer: str = "", charset: str = "utf-8") -> str:
    """A whole page. ``head`` and ``footer`` are HTML; ``charset`` "" leaves the declaration out."""
    declared = f'<meta charset="{charset}">' if charset else ""
    words = WORDS[lang]
    return (
        f'<!doctype html>\n<html lang="{lang}"><head>{declared}<title>{html.escape(title)}</title>\n'
        f"<style>{STYLE}</style>\n{head}</head>\n<body><header><p><a href=\"/\">{words['home']}</a></p>"
        f"<h1>{html.escape(title)}</h1></header>\n<main>\n{main}\n</main>\n"
        f'<footer>{f"<p>{footer}</p>" if footer else ""}<p><a href="/about">{words["about"]}</a></p></footer></body></html>\n'
    )


def links(pairs: Iterable[tuple[str, str]]) -> str:
    """A list of links: pairs of an address (as it shall stand in ``href``) and a text."""
    items = "\n".join(f'<li><a href="{html.escape(href)}">{html.escape(text)}</a></li>' for href, text in pairs)
    return f"<ul>\n{items}\n</ul>"


def figure(picture: Picture, lang: str, statement: str = "", author_url: str = "") -> str:
    """The picture with its caption: title, author, and what ``statement`` (HTML) says of the licence."""
    width, height = picture.size
    author = html.escape(picture.author)
    author = f'<a rel="author" href="{author_url}">{author}</a>' if author_url else f'<span class="author">{author}</span>'
    source = local(picture.url) if urlsplit(picture.url).netloc == urlsplit(picture.page).netloc else address(picture.url)
    return (
        f'<figure>\n<img src="{html.escape(source)}" alt="{html.escape(picture.title)}" width="{width}" height="{height}">\n'
        f"<figcaption><cite>{html.escape(picture.title)}</cite>, {WORDS[lang]['by']} {author}. {statement}</figcaption>\n</figure>"
    )


def picture_page(
    picture: Picture, lang: str, stated: dict[str, str], *, variant: int = 0, author_url: str = "", text: str = "",
    charset: str = "utf-8", canonical: bool = False,
) -> str:
    """The page of one picture. ``stated``: form of statement → licence, each of which the page makes (``licences.FORMS``)."""
    head = [f'<link rel="canonical" href="{address(picture.page)}">'] if canonical else []
    caption, footer = [], ""
    for form, licence in stated.items():
        if form == "link":
            caption.append(licences.rel_link(licence, lang, variant))
        elif form == "caption":
            caption.append(licences.caption_words(licence, picture.author, lang, variant))
        elif form == "head":
            head.append(f'<link rel="license" href="{licences.DEEDS[licence]}">')
        elif form == "jsonld":
            head.append(licences.json_ld(address(picture.url), address(picture.page), licence, picture.author))
        elif form == "footer":
            footer = licences.footer_sentence(licence, lang)
    main = figure(picture, lang, " ".join(caption), author_url)
    if "rdfa" in stated:
        main = (
            f'<div xmlns:cc="http://creativecommons.org/ns#" xmlns:dct="http://purl.org/dc/terms/" '
            f'about="{address(picture.url)}">\n{main}\n'
            f'<p><span property="dct:title">{html.escape(picture.title)}</span>, '
            f'<span property="cc:attributionName">{html.escape(picture.author)}</span>: '
            f'{licences.rel_link(stated["rdfa"], lang, variant)}</p>\n</div>'
        )
    prose = f"\n<p>{text}</p>" if text else ""
    return document(picture.title, main + prose, lang=lang, head="\n".join(head), footer=footer, charset=charset)


def sitemap(urls: Iterable[str]) -> bytes:
    """A sitemap (https://www.sitemaps.org/protocol.html) of ``urls``."""
    items = "".join(f"<url><loc>{html.escape(address(url))}</loc></url>\n" for url in urls)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{items}</urlset>\n'.encode()


def feed(title: str, home: str, pairs: Iterable[tuple[str, str]]) -> bytes:
    """An RSS 2.0 feed (https://www.rssboard.org/rss-specification) of address and title."""
    items = "".join(
        f"<item><title>{html.escape(text)}</title><link>{html.escape(address(url))}</link>"
        f"<guid>{html.escape(address(url))}</guid></item>\n" for url, text in pairs
    )
    top = f"<title>{html.escape(title)}</title><link>{home}</link><description>{html.escape(title)}</description>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel>{top}\n{items}</channel></rss>\n'.encode()


def about() -> str:
    """What this web is, and the photographs' real licences."""
    rows = "".join(
        f"<tr><td>{html.escape(p.title)} · {html.escape(p.korean)}</td><td>{html.escape(p.credit)}</td>"
        f"<td>{html.escape(p.licence)}</td></tr>\n" for p in PHOTOGRAPHS
    )
    main = (
        "<p>This web is a model: it runs on this computer only, its pages are drawn from a seed, and its people do not exist. "
        "What its pages say about licences is part of the fiction, so that a crawler has something to decide.</p>\n"
        '<p lang="ko">이 웹은 수업용 모형입니다. 이 컴퓨터에서만 돌아가고, 페이지는 시드에서 만들어지며, '
        "등장하는 사람은 모두 가상의 인물입니다. 페이지에 적힌 라이선스도 그 이야기의 일부입니다.</p>\n"
        "<p>The photographs are real: they come with scikit-image and scikit-learn, and are cropped, resized and encoded anew here. "
        "Their real terms, as those packages state them:</p>\n"
        '<p lang="ko">사진은 실제 사진입니다. scikit-image와 scikit-learn에 들어 있는 것을 자르고 줄이고 다시 인코딩했습니다. '
        "실제 이용 조건은 다음과 같습니다.</p>\n"
        f"<table><tr><th>photograph</th><th>by, from</th><th>real terms</th></tr>\n{rows}</table>\n"
        "<p>The README of scikit-learn names danielbuechele for both of its photographs; the link that it gives for the flower leads to "
        "vultilion. Terms of both: https://creativecommons.org/licenses/by/2.0/</p>"
    )
    return document("About this web", main, head=TABLE)
