"""Under which licence is a picture, and where is that stated? Statements about other pictures do not count; contradictions leave nothing.

The oracle walks through the page's tags with the standard library's HTMLParser and keeps a list of what is open; answers
are expected to use Beautiful Soup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import numpy as np
from bs4 import BeautifulSoup

from datacentric_helpers.compare import exact
from datacentric_helpers.web.licences import DEEDS, NAMES, SHORT
from graders.exercise import Case, Exercise
from graders.variants import variant

LINKS = "rel=license links are read, however the address is written"
OTHERS = "what is stated about another picture does not count"
MACHINE = "RDFa and JSON-LD about the picture are read"
WORDS = "words in caption and footer are read, in English and in Korean"
FILE = "what the file itself states counts"
CONFLICT = "statements that differ or cannot be read leave nothing"
NOTHING = "prose and plain links are no statement"

VOID = {"img", "link", "meta", "br", "hr", "input"}
PAGE, PICTURE = "http://photos.test/works/cat.html", "http://photos.test/files/cat.jpg"


class Walk(HTMLParser):
    """Collects statements as (place, id, picture that it is about or None for the whole page)."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.open, self.found = page, [], []  # type: ignore[var-annotated]
        self.shown: dict[int, set[str]] = {}
        self.figures = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "figure":
            self.figures += 1
        element: dict[str, Any] = {"tag": tag, **given, "figure": self.figures if tag == "figure" else self.inside("figure", "figure"), "text": ""}
        if tag == "img" and element["figure"]:
            self.shown.setdefault(element["figure"], set()).add(urljoin(self.page, given.get("src", "")))
        if "license" in given.get("rel", "").lower().split() and tag in ("a", "link"):
            subject = self.inside(None, "about")
            place = "head" if tag == "link" else "link" if subject is None else "rdfa"
            about = urljoin(self.page, subject) if subject is not None else element["figure"]
            self.found.append((place, by_address(given.get("href", "")), about if tag == "a" else None))
            element["silent"] = "yes"
        if tag not in VOID:
            self.open.append(element)

    def inside(self, tag: str | None, name: str) -> Any:
        """The attribute ``name`` of the innermost open element that has it (and is a ``tag``)."""
        return next((e[name] for e in reversed(self.open) if name in e and (tag is None or e["tag"] == tag)), None)

    def handle_data(self, data: str) -> None:
        if not any("silent" in e for e in self.open):
            for element in self.open:
                element["text"] += data

    def handle_endtag(self, tag: str) -> None:
        while self.open and any(e["tag"] == tag for e in self.open):
            element = self.open.pop()
            if element["tag"] == "figcaption":
                self.found += [("caption", name, element["figure"]) for name in by_words(element["text"])]
            if element["tag"] == "footer":
                self.found += [("footer", name, None) for name in by_words(element["text"])]
            if element["tag"] == "script" and element.get("type") == "application/ld+json":
                self.found += [("jsonld", by_address(o.get("license", "")), urljoin(self.page, o.get("contentUrl", "")))
                               for o in objects(json.loads(element["text"]))]
            if element["tag"] == tag:
                return


def objects(data: Any) -> list[dict[str, Any]]:
    """The ImageObjects with a licence in a JSON-LD block."""
    items = data if isinstance(data, list) else data.get("@graph", [data])
    return [item for item in items if item.get("@type") == "ImageObject" and "license" in item]


def by_address(url: str) -> str:
    """The licence whose deed is at ``url``; "?" for any other address."""
    words = url.split("//")[-1].replace("www.", "", 1).split("/")
    if len(words) < 4 or words[0].lower() != "creativecommons.org" or words[1] not in ("licenses", "publicdomain"):
        return "?"
    names = {"zero": "CC0", "mark": "PDM"} if words[1] == "publicdomain" else {n: f"CC-{n.upper()}" for n in "by by-sa by-nc by-nd by-nc-sa by-nc-nd".split()}
    return f"{names[words[2]]}-{words[3]}" if words[2] in names and re.fullmatch(r"\d\.\d", words[3]) else "?"


def by_words(text: str) -> list[str]:
    """The licences that ``text`` names in words."""
    text = " ".join(text.split())
    found = [name for name in DEEDS for words in (SHORT[name], NAMES["en"][name], NAMES["ko"][name]) if words in text]
    return found + ["ARR"] * ("all rights reserved" in text.lower() or "모든 권리 보유" in text)


def reference(html: str, page: str, image: str, metadata: str) -> tuple[str, list[str]]:
    """(licence, places): every statement about ``image``, and the licence that all of them name."""
    walk = Walk(page)
    walk.feed(html)
    walk.close()
    about = [(place, name) for place, name, whom in walk.found if whom is None or whom == image or image in walk.shown.get(whom, ())]
    addresses = re.findall(r"https?://creativecommons\.org/(?:licenses|publicdomain)/[a-z/.0-9-]+", metadata)
    about += [("file", name) for name in [*map(by_address, addresses), *by_words(metadata)]]
    names = {name for _, name in about}
    licence = names.pop() if len(names) == 1 else ""
    return licence.replace("?", ""), sorted({place for place, _ in about})


def figure(caption: str, src: str = "/files/cat.jpg") -> str:
    """A picture with its caption."""
    return f'<figure><img alt="" src="{src}"><figcaption>{caption}</figcaption></figure>'


def web_page(main: str, head: str = "", footer: str = "") -> str:
    """A page around ``main``."""
    return f"<!doctype html><html><head><title>Cats</title>{head}</head><body><main>{main}</main><footer>{footer}</footer></body></html>"


def link(licence: str, how: int = 0, text: str = "licence") -> str:
    """A rel=license link in one of eight spellings."""
    deed = DEEDS[licence]
    href = [
        deed, deed.replace("https", "http"), deed.rstrip("/"), deed + "deed.ko", deed + "legalcode", deed.replace("//", "//www."), deed + "deed.en#ref",
        deed + "?ref=photos",
    ][how % 8]
    rel = ["license", "nofollow license", "LICENSE"][how % 3]
    return [f'<a rel="{rel}" href="{href}">{text}</a>', f"<A HREF='{href}' REL='{rel}'>{text}</A>"][how % 2]


def graph(url: str, licence: str, shape: int = 0) -> str:
    """A JSON-LD block about the picture at ``url``: alone, in a list, or in a graph."""
    item = {"@type": "ImageObject", "contentUrl": url, "license": DEEDS[licence]}
    site = {"@type": "WebSite", "name": "Photos"}
    block = [{"@context": "https://schema.org", **item}, [site, item], {"@context": "https://schema.org", "@graph": [site, item]}][shape]
    return f'<script type="application/ld+json">{json.dumps(block)}</script>'


def about(licence: str, url: str, inner: str, how: int = 0) -> str:
    """An element that says in RDFa that the picture at ``url`` is under ``licence``."""
    return f'<div about="{url}">{inner}<p>by Kim, {link(licence, how)}</p></div>'


def xmp(licence: str) -> str:
    """The text of an XMP packet."""
    return f'<rdf:Description rdf:about="" xmlns:cc="http://creativecommons.org/ns#" xmpRights:WebStatement="{DEEDS[licence]}"><cc:license rdf:resource="{DEEDS[licence]}"/></rdf:Description>'


BLANK = figure("A cat by Kim.")
DOG = "/files/dog.jpg"


def two(rng: np.random.Generator) -> tuple[str, str]:
    """Two licences that differ."""
    first, second = rng.choice(list(DEEDS), 2, replace=False).tolist()
    return first, second


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """All licences, spellings, places, and pairs of places that agree or do not."""
    for how, name in enumerate(DEEDS):
        yield Case(LINKS, (web_page(figure(f"Cat, {link(name, how)}")), PAGE, PICTURE, ""))
        yield Case(WORDS, (web_page(figure(f"Cat. {[SHORT[name], NAMES['en'][name], NAMES['ko'][name]][how % 3]}")), PAGE, PICTURE, ""))
        yield Case(FILE, (web_page(BLANK), PAGE, PICTURE, [xmp(name), f"Kim\n© Kim. {SHORT[name]}, {DEEDS[name]}"][how % 2]))
    old = '<a rel="license" href="https://creativecommons.org/licenses/by-nc-sa/2.5/">licence</a>'
    yield Case(LINKS, (web_page(figure(old)), PAGE, PICTURE, ""))
    one, other = two(rng)
    yield Case(LINKS, (web_page(BLANK, head=f'<link rel="license" href="{DEEDS[one]}">'), PAGE, PICTURE, ""))
    yield Case(LINKS, (web_page(BLANK + f"<p>All photographs: {link(one, 3)}</p>"), PAGE, PICTURE, ""))
    for shape in range(3):
        yield Case(MACHINE, (web_page(BLANK, head=graph(PICTURE, one, shape)), PAGE, PICTURE, ""))
    yield Case(MACHINE, (web_page(about(one, "../files/cat.jpg", BLANK, 2)), PAGE, PICTURE, ""))
    yield Case(MACHINE, (web_page(about(one, PICTURE, figure("Cat", "//photos.test/files/cat.jpg"), 1)), PAGE, PICTURE, ""))
    yield Case(OTHERS, (web_page(figure(link(one)) + figure(link(other), DOG)), PAGE, "http://photos.test/files/dog.jpg", ""))
    yield Case(OTHERS, (web_page(figure(link(one), DOG) + figure(link(other), "cat.jpg")), PAGE, "http://photos.test/works/cat.jpg", ""))
    yield Case(OTHERS, (web_page(BLANK, head=graph("/files/dog.jpg", one)), PAGE, PICTURE, ""))
    yield Case(OTHERS, (web_page(about(one, DOG, figure("Dog", DOG)) + figure("A cat.")), PAGE, PICTURE, ""))
    yield Case(OTHERS, (web_page(figure(SHORT[one] + ".", DOG) + figure("A cat.")), PAGE, PICTURE, ""))
    yield Case(OTHERS, (web_page(figure(link(one))), PAGE, "http://mirror.test/files/cat.jpg", ""))
    yield Case(WORDS, (web_page(BLANK, footer=f"이 페이지의 모든 사진: {NAMES['ko'][one]}"), PAGE, PICTURE, ""))
    yield Case(WORDS, (web_page(BLANK, footer="<p>© 2026 Kim.\n All rights\n reserved.</p>"), PAGE, PICTURE, ""))
    yield Case(WORDS, (web_page(figure("© 김하늘. 모든 권리 보유.")), PAGE, PICTURE, ""))
    yield Case(FILE, (web_page(BLANK), PAGE, PICTURE, "© Kim. All rights reserved."))
    for made in (
        (web_page(figure(f"{link(one)}"), footer=f"Photographs: {SHORT[other]}"), ""),
        (web_page(figure(f"{link(one)} {SHORT[one]}"), footer="All rights reserved."), ""),
        (web_page(figure(link(one)), head=graph(PICTURE, other)), ""),
        (web_page(figure(link(one))), xmp(other)),
        (web_page(about(one, PICTURE, figure(SHORT[other]))), ""),
        (web_page(figure(link(one)), head=graph(PICTURE, one)), xmp(other)),
        (web_page(figure('<a rel="license" href="/terms">Terms of use</a>')), ""),
        (web_page(figure(f'{link(one)} <a rel="license" href="https://photos.test/licenses/by/4.0/">more</a>')), ""),
        (web_page(figure('<a rel="license" href="https://creativecommons.org/licenses/">CC</a>')), ""),
        (web_page(figure('<a rel="license" href="https://creativecommons.org/licenses/by-xx/4.0/">CC</a>')), ""),
    ):
        yield Case(CONFLICT, (made[0], PAGE, PICTURE, made[1]))
    yield Case(CONFLICT, (web_page(figure(f"{SHORT[one]}, {link(one)}"), head=graph(PICTURE, one)), PAGE, PICTURE, xmp(one)))
    yield Case(NOTHING, (web_page(BLANK + f"<p>Cats love {SHORT[one]}. {NAMES['en'][other]} is read aloud.</p>"), PAGE, PICTURE, "Canon EOS, f/2.8"))
    other_kind = graph(PICTURE, one).replace("ImageObject", "MediaObject")
    yield Case(NOTHING, (web_page(BLANK, head=other_kind), PAGE, PICTURE, ""))
    unlicensed = f'<script type="application/ld+json">{{"@type": "ImageObject", "contentUrl": "{PICTURE}"}}</script>'
    yield Case(NOTHING, (web_page(BLANK, head=unlicensed), PAGE, PICTURE, ""))
    yield Case(NOTHING, (web_page(BLANK + f'<a rel="nofollow" href="{DEEDS[one]}">on licences</a>'), PAGE, PICTURE, ""))
    yield Case(NOTHING, (web_page(f"<article>{figure('Attribution is a cat, Creative and Common.')}</article>", footer="CC BY the sea"), PAGE, PICTURE, ""))


exercise = Exercise(
    id="parse_license",
    title="Which licence, and where it says so",
    points=5,
    minutes=30,
    hints=(
        "Write two small functions first: one reads the address of a deed (a regular expression with three groups: kind, name, version), one looks "
        "for the known names in a text. Everything else decides which addresses and texts to show them.",
        "Collect pairs (place, licence) in one list. At the end: one licence in all pairs, or nothing.",
        "The picture's figure is the one whose `img` has `urljoin(page, img[\"src\"]) == image`. For a `rel=license` link ask "
        "`tag.find_parent(about=True)` first, then `tag.find_parent(\"figure\")`; with neither it speaks for the whole page.",
        "Read captions and the footer last, and take the license links out before (`decompose`), so that their text is not read twice.",
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(LINKS, (web_page(figure(f"A cat by Kim, {link('CC-BY-SA-4.0')}")), PAGE, PICTURE, "")),
        Case(LINKS, (web_page(figure(f"A cat by Kim, {link('CC0-1.0', 3)}")), PAGE, PICTURE, "")),
        Case(LINKS, (web_page(BLANK, head=f'<link rel="license" href="{DEEDS["CC-BY-4.0"]}">'), PAGE, PICTURE, "")),
        Case(OTHERS, (web_page(figure(link("CC-BY-4.0"), DOG) + figure(link("CC-BY-NC-4.0"))), PAGE, PICTURE, "")),
        Case(MACHINE, (web_page(BLANK, head=graph(PICTURE, "CC-BY-ND-4.0")), PAGE, PICTURE, "")),
        Case(MACHINE, (web_page(about("CC-BY-4.0", "/files/cat.jpg", BLANK)), PAGE, PICTURE, "")),
        Case(WORDS, (web_page(figure("A cat by Kim. CC BY-NC-SA 4.0")), PAGE, PICTURE, "")),
        Case(WORDS, (web_page(BLANK, footer=f"사진: {NAMES['ko']['CC-BY-4.0']}"), PAGE, PICTURE, "")),
        Case(WORDS, (web_page(figure("© Kim. All rights reserved.")), PAGE, PICTURE, "")),
        Case(FILE, (web_page(BLANK), PAGE, PICTURE, xmp("CC-BY-4.0"))),
        Case(CONFLICT, (web_page(figure("CC BY 4.0"), footer="All rights reserved."), PAGE, PICTURE, "")),
        Case(CONFLICT, (web_page(figure('<a rel="license" href="/terms">Terms</a>')), PAGE, PICTURE, "")),
        Case(NOTHING, (web_page(BLANK + "<p>What does CC BY 4.0 mean?</p>"), PAGE, PICTURE, "")),
    ),
    hidden=hidden,
)


@exercise.right
def careful(html, page, image, metadata):
    soup = BeautifulSoup(html, "html.parser")
    stated = []

    def address(url):
        found = re.match(r"https?://(?:www\.)?creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/(\d\.\d)", url)
        if not found:
            return "?"
        name = {"zero": "CC0", "mark": "PDM"}.get(found[2], f"CC-{found[2].upper()}") + "-" + found[3]
        return name if re.fullmatch(r"CC-BY(-NC)?(-SA|-ND)?-\d\.\d", name) or name in DEEDS else "?"

    def words(text):
        text = re.sub(r"\s+", " ", text)
        named = {name for name in DEEDS if any(w in text for w in (SHORT[name], NAMES["en"][name], NAMES["ko"][name]))}
        return named | ({"ARR"} if re.search("all rights reserved|모든 권리 보유", text, re.IGNORECASE) else set())

    def shows(figure):
        return any(urljoin(page, img.get("src", "")) == image for img in figure.find_all("img"))

    for tag in soup.find_all(["a", "link"], rel=re.compile("^license$", re.IGNORECASE)):
        subject, figure = tag.find_parent(about=True), tag.find_parent("figure")
        if tag.name == "link":
            stated.append(("head", address(tag["href"])))
        elif subject:
            if urljoin(page, subject["about"]) == image:
                stated.append(("rdfa", address(tag["href"])))
        elif figure is None or shows(figure):
            stated.append(("link", address(tag["href"])))
        tag.decompose()
    for script in soup.find_all("script", type="application/ld+json"):
        data = json.loads(script.string)
        for item in data if isinstance(data, list) else data.get("@graph", [data]):
            if item.get("@type") == "ImageObject" and "license" in item and urljoin(page, item["contentUrl"]) == image:
                stated.append(("jsonld", address(item["license"])))
    for figure in filter(shows, soup.find_all("figure")):
        stated += [("caption", name) for caption in figure.find_all("figcaption") for name in words(caption.get_text())]
    stated += [("footer", name) for footer in soup.find_all("footer") for name in words(footer.get_text())]
    stated += [("file", address(url)) for url in re.findall(r"https?://creativecommons\.org/(?:licenses|publicdomain)/[^\s\"<,]+", metadata)]
    stated += [("file", name) for name in words(metadata)]
    licences = {name for place, name in stated}
    licence = licences.pop() if len(licences) == 1 else ""
    return licence.strip("?"), sorted({place for place, name in stated})


@exercise.right
def with_selectors(html, page, image, metadata):
    kinds = {"licenses/" + "-".join(["by", *rest]): "CC-" + "-".join(["BY", *rest]).upper() for rest in ([], ["sa"], ["nc"], ["nd"], ["nc", "sa"], ["nc", "nd"])}
    kinds |= {"publicdomain/zero": "CC0", "publicdomain/mark": "PDM"}

    def read(url):
        parts = re.split(r"creativecommons\.org/", url)
        pieces = parts[-1].split("/") if len(parts) == 2 and re.fullmatch(r"https?://(www\.)?", parts[0]) else []
        kind, version = "/".join(pieces[:2]), (pieces[2:3] or [""])[0]
        return f"{kinds[kind]}-{version}" if kind in kinds and re.fullmatch(r"\d\.\d", version) else "unreadable"

    def named(text):
        text = " ".join(text.split())
        found = [code for code in SHORT if SHORT[code] in text or any(names[code] in text for names in NAMES.values())]
        return found + (["ARR"] if "모든 권리 보유" in text or "all rights reserved" in text.casefold() else [])

    soup = BeautifulSoup(html, "html.parser")
    for element in soup.select("[src], [about]"):
        for attribute in ("src", "about"):
            if element.has_attr(attribute):
                element[attribute] = urljoin(page, element[attribute])
    places = {}
    for tag in soup.select('[rel~="license" i]'):
        where = tag.find_parents(lambda parent: parent.has_attr("about"))[:1]
        if tag.name == "link":
            places.setdefault("head", []).append(read(tag["href"]))
        elif where:
            places.setdefault("rdfa" if where[0]["about"] == image else "", []).append(read(tag["href"]))
        else:
            around = tag.find_parents("figure")
            mine = not around or image in [img["src"] for img in around[0].select("img[src]")]
            places.setdefault("link" if mine else "", []).append(read(tag["href"]))
    for tag in soup.select('a[rel~="license" i]'):
        tag.extract()
    for block in soup.select('script[type="application/ld+json"]'):
        todo = [json.loads(block.get_text())]
        while todo:
            item = todo.pop()
            if isinstance(item, list):
                todo.extend(item)
            elif isinstance(item, dict):
                todo.extend(item.get("@graph", []))
                if item.get("@type") == "ImageObject" and "license" in item and urljoin(page, item.get("contentUrl", "")) == image:
                    places.setdefault("jsonld", []).append(read(item["license"]))
    for caption in soup.select("figure figcaption"):
        if image in [img["src"] for img in caption.find_parent("figure").select("img[src]")]:
            places.setdefault("caption", []).extend(named(caption.get_text()))
    for footer in soup.select("footer"):
        places.setdefault("footer", []).extend(named(footer.get_text()))
    places["file"] = named(metadata) + [read(url) for url in re.findall(r"https?://creativecommons\.org/[lp][a-z0-9./-]*", metadata)]
    places = {place: codes for place, codes in places.items() if place and codes}
    codes = {code for found in places.values() for code in found}
    agreed = len(codes) == 1 and "unreadable" not in codes
    return (codes.pop() if agreed else ""), sorted(places)


exercise.right(variant(careful, "with_a_warning", ('    licence = licences.pop()', '    import warnings\n    warnings.warn("read it yourself as well")\n    licence = licences.pop()')))

exercise.wrong(
    "You take the first statement that you find. Where the caption says CC BY and the footer reserves all rights, one of them is wrong, and you "
    "cannot know which: collect all statements, and take nothing where they differ.",
    share=6 / 7,
)(variant(careful, "first_wins", ("licences = {name for place, name in stated}", "licences = {name for place, name in stated[:1]}")))

exercise.wrong(
    "You go by majority. A licence is not a vote: two statements copied from one template outweigh nothing. If any statement differs, nothing may be taken.",
    share=6 / 7,
)(variant(careful, "by_majority", ("licences = {name for place, name in stated}", "names = [name for place, name in stated]\n    licences = {max(names, key=names.count)} if names else set()")))

exercise.wrong(
    "You read every `rel=license` link on the page, whichever picture it stands beside. With two pictures you give one the other's licence: look at the "
    "`about` or the figure around the link first.",
    share=6 / 7,
)(variant(careful, "any_picture", ("elif figure is None or shows(figure):", "elif True:"), ('if urljoin(page, subject["about"]) == image:', "if True:")))

exercise.wrong(
    "You take any Creative Commons address for a statement. An article may link to a licence because it writes about it: only `rel=license` says "
    "\"this is the licence here\".",
    share=6 / 7,
)(variant(careful, "any_address", ('soup.find_all(["a", "link"], rel=re.compile("^license$", re.IGNORECASE))', 'soup.find_all(["a", "link"], href=re.compile("creativecommons|^/terms|licenses"))')))

exercise.wrong(
    "You know a deed only in one spelling. `http`, `www`, `deed.ko`, `legalcode` or a missing slash lead to the same licence: read the name and the version "
    "out of the address, and leave the rest.",
    share=5 / 7,
)(variant(careful, "one_spelling", (r"/(\d\.\d)", r"/(\d\.\d)/$")))

exercise.wrong(
    "You read the page only. Many photographers write the licence into the file (XMP, IPTC), and it stays there when somebody shows the picture "
    "under another name and another licence.",
    share=5 / 7,
)(variant(careful, "page_only", ('    stated += [("file", address(url))', '    metadata = ""\n    stated += [("file", address(url))')))

exercise.wrong(
    "\"All rights reserved\" is a statement too. You passed it over, so a caption that reserves everything counts as silent, and a contradicting "
    "licence elsewhere wins.",
    share=4 / 7,
)(variant(careful, "reserved_is_silent", ('return named | ({"ARR"} if', 'return named | (set() if')))

exercise.wrong(
    "You read names of licences in English only. Half of the pages here are Korean: 저작자표시 is Attribution, 모든 권리 보유 is All rights reserved.",
    share=6 / 7,
)(variant(careful, "english_only", (', NAMES["ko"][name]))', "))"), ("all rights reserved|모든 권리 보유", "all rights reserved")))

exercise.wrong(
    "You read the words of the whole page. What an article says about licences is not a licence: only the picture's own caption and the footer speak for it.",
    share=3 / 7,
)(variant(careful, "all_words", ('for footer in soup.find_all("footer")', 'for footer in soup.find_all("body")')))
