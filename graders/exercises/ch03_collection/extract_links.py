"""Where a page leads: its links as absolute addresses, in the order of the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import numpy as np
from bs4 import BeautifulSoup
from w3lib.url import canonicalize_url

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

RELATIVE, BASE = "relative links become absolute", "the first base element counts for the whole page"
ONCE, SCHEMES = "each address once, in the order of the page", "only http and https"
NOFOLLOW, MARKUP = "nofollow is obeyed, on a link and on the page", "only real links, however the markup is written"
BROKEN = "a broken address does not cost the page"

PAGE = "http://blog.test/posts/3"
OTHER_SCHEMES = ("mailto:kim@blog.test", "javascript:void(0)", "tel:+82-2-123-4567", "data:text/plain,hello", "ftp://blog.test/a")


class Tags(HTMLParser):
    """All start tags of a page in order, each with its attributes; the parser skips comments and scripts itself."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag. An attribute without a value counts as an empty one."""
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def words(text: str) -> list[str]:
    """The words of a list in an attribute, in lower case."""
    return re.split(r"[\s,]+", text.lower())


def reference(html: str, page: str) -> list[str]:
    """The links of ``html``, which was fetched from ``page``, in w3lib's canonical form: from the page's tags, one by one."""
    tags = Tags(html).found
    base = next((urljoin(page, attrs["href"].strip()) for tag, attrs in tags if tag == "base" and "href" in attrs), page)
    links = []
    for tag, attrs in tags:
        if tag == "meta" and attrs.get("name", "").lower() == "robots" and {"nofollow", "none"} & set(words(attrs.get("content", ""))):
            return []
        if tag != "a" or "href" not in attrs or "nofollow" in words(attrs.get("rel", "")):
            continue
        try:
            link = canonicalize_url(urljoin(base, attrs["href"].strip()))
        except ValueError:
            continue
        if re.match("https?:", link) and link not in links:
            links.append(link)
    return links


def written(rng: np.random.Generator, href: str) -> str:
    """One link with this address, in one of the ways in which people write HTML."""
    forms = ('<a href="{}">go</a>', "<a class=x href='{}'>go</a>", '<A\n  HREF="{}"\n>go</A>', '<p><b><a href=" {} ">go</a></b>')
    return str(rng.choice(forms)).format(href)


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Edge cases first, then random pages of links."""
    yield Case(RELATIVE, ('<a href="">here</a><a href="?page=2">more</a>', PAGE))
    yield Case(RELATIVE, ('<a href="//photos.test/1">other host</a><a href="../">up</a>', PAGE))
    yield Case(BASE, ('<base target="_blank"><base href="/a/"><base href="/b/"><a href="c">c</a>', PAGE))
    yield Case(BASE, ('<a href="c">before</a><base href="http://photos.test/x/y">', PAGE))
    yield Case(BASE, ('<base href="../"><a href="d">d</a><a href="/e">e</a>', "http://blog.test/1/2/3"))
    yield Case(ONCE, ('<a href="/b">b</a><a href="#top">top</a><a href="/a">a</a><a href="/b#c">again</a><a href="3">self</a>', PAGE))
    yield Case(ONCE, ('<a href="/?b=1&a=2">1</a><a href="/?a=2&b=1">2</a><a href="/%7ekim">3</a><a href="/~kim">4</a>', PAGE))
    yield Case(ONCE, ('<a href="/z">z</a><a href="/a">a</a><a href="HTTP://BLOG.test/z">z</a><a href="/m">m</a>', PAGE))
    yield Case(SCHEMES, ('<a href="JavaScript:go()">go</a><a href="HTTPS://photos.test/">x</a><a href="httpx://photos.test/">y</a>', PAGE))
    yield Case(NOFOLLOW, ('<a rel="external\n NoFollow" href="/a">a</a><a rel="nofollower" href="/b">b</a><a rel="next" href="/c">c</a>', PAGE))
    yield Case(NOFOLLOW, ('<meta name="Robots" content="NOINDEX,NOFOLLOW"><a href="/a">a</a>', PAGE))
    yield Case(NOFOLLOW, ('<meta name="robots" content="none"><a href="/a">a</a>', PAGE))
    yield Case(NOFOLLOW, ('<meta name="robots" content="noindex"><meta name="description" content="nofollow"><a href="/a">a</a>', PAGE))
    yield Case(NOFOLLOW, ('<meta charset="utf-8"><meta name="robots"><p name="robots" content="none"><a href="/a" rel>a</a>', PAGE))
    yield Case(MARKUP, ("<script>s = '<a href=\"/s\">';</script><!--\n<a href='/c'>\n--><a name=x>x</a><a href=/d>d</a>", PAGE))
    yield Case(MARKUP, ('<link href="/style.css"><area href="/area"><img src="/i.jpg"><a title="a > b" href="/e">e</a>', PAGE))
    yield Case(BROKEN, ('<a href="/a">a</a><a href="//[v1.x/">broken</a><a href="http://[1::2">broken</a><a href="/b">b</a>', PAGE))
    for _ in range(4):
        numbers = [int(n) for n in rng.permutation(40)]
        relative = "".join(f'<a href="{"list?page=" if n % 2 else "../item"}{n}">go</a>' for n in numbers[:6])
        plain = "".join(f'<a href="/item{n}">go</a>' for n in numbers[:6])
        yield Case(RELATIVE, (relative, f"http://news.test/{numbers[0]}/"))
        yield Case(BASE, (f'<base href="/b{numbers[1]}/">{relative}', PAGE))
        yield Case(ONCE, (plain + "".join(f'<a href="/item{n}#part{n}">go</a>' for n in numbers[5:9]), PAGE))
        other = [f'<a href="{scheme}">go</a>' for scheme in rng.permutation(OTHER_SCHEMES)]
        yield Case(SCHEMES, (other[0] + plain + other[1], PAGE))
        yield Case(NOFOLLOW, (f'{plain}<a href="/no{numbers[2]}" rel="nofollow">no</a><a href="/yes">yes</a>', PAGE))
        links = "".join(written(rng, f"/list?a={n}&amp;copy=2") for n in numbers[:3])
        yield Case(MARKUP, (f"<!-- {plain} -->{links}<!-- {plain} -->", PAGE))
        yield Case(BROKEN, (f'<a href="http://[{numbers[0]}">broken</a>{plain}', PAGE))


exercise = Exercise(
    id="extract_links",
    title="The links of a page",
    points=4,
    minutes=15,
    hints=(
        "`BeautifulSoup(html, 'html.parser').select('a[href]')` gives the link elements in the order of the page; `.select_one('base[href]')` the "
        "first base element, or None.",
        "`urljoin(base, href)` makes an address absolute, `canonicalize_url` gives its normal form without the fragment. "
        "Both may raise ValueError for an address that is broken.",
        "`element.get('rel', [])` is already a list of words for `rel`; the `content` of a meta element is one text with commas. Compare in lower case.",
        "A dict keeps the order in which keys were put in: `list(dict.fromkeys(links))` drops repetitions only.",
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(RELATIVE, ('<a href="4">next</a> <a href="/about">about</a> <a href="http://photos.test/1">photo</a>', PAGE)),
        Case(BASE, ('<base href="http://archive.test/2019/"><a href="4">next</a>', PAGE)),
        Case(ONCE, ('<a href="/b">b</a> <a href="/a">a</a> <a href="/b#comments">comments</a>', PAGE)),
        Case(SCHEMES, ('<a href="mailto:kim@blog.test">mail</a> <a href="/a">a</a> <a href="javascript:go()">go</a>', PAGE)),
        Case(NOFOLLOW, ('<a href="/a" rel="nofollow">a</a> <a href="/b" rel="author">b</a>', PAGE)),
        Case(NOFOLLOW, ('<meta name="robots" content="noindex, nofollow"><a href="/a">a</a>', PAGE)),
        Case(MARKUP, ("<!-- <a href='/old'>old</a> --> <A HREF=' /new?a=1&amp;b=2 '>new</A> <img src='/i.jpg'>", PAGE)),
        Case(BROKEN, ('<a href="http://[">broken</a> <a href="/a">a</a>', PAGE)),
    ),
    hidden=hidden,
)


@exercise.right
def with_a_dict(html, page):
    soup = BeautifulSoup(html, "html.parser")
    for meta in soup.find_all("meta", content=True):
        if meta.get("name", "").lower() == "robots" and re.search(r"\b(nofollow|none)\b", meta["content"].lower()):
            return []
    base = soup.find("base", href=True)
    start = page if base is None else urljoin(page, base["href"].strip())
    links = {}
    for element in soup.find_all("a", href=True):
        if "nofollow" in [word.lower() for word in element.get("rel") or []]:
            continue
        try:
            address = canonicalize_url(urljoin(start, element["href"].strip()))
        except ValueError:
            continue
        if urlsplit(address).scheme in ("http", "https"):
            links[address] = None
    return list(links)


@exercise.right
def step_by_step_that_warns(html, page):
    import warnings

    soup = BeautifulSoup(html, "html.parser")
    rules = " ".join(m.get("content", "") for m in soup.select("meta[name]") if m["name"].lower() == "robots").lower()
    if not {"nofollow", "none"}.isdisjoint(rules.replace(",", " ").split()):
        warnings.warn("this page asks not to follow its links", stacklevel=2)
        return []
    bases = [tag["href"].strip() for tag in soup.select("base[href]")]
    start = urljoin(page, bases[0]) if bases else page
    found = []
    for tag in soup.select("a[href]"):
        try:
            absolute = urljoin(start, tag["href"].strip())
            normal = canonicalize_url(absolute)
        except ValueError:
            normal = "broken"
        follow = "nofollow" not in " ".join(tag.get_attribute_list("rel", "") or [""]).lower().split() if tag.get("rel") else True
        if follow and normal.startswith(("http://", "https://")) and normal not in found:
            found.append(normal)
    return found


@exercise.wrong(
    "You glued host and path together instead of resolving the link. `4`, `../`, `?page=2` and `//photos.test/1` each mean something else "
    "relative to a page: `urljoin(base, href)` knows all four.",
    share=2 / 7,
)
def glued_together(html, page):
    soup = BeautifulSoup(html, "html.parser")
    for meta in soup.find_all("meta", content=True):
        if meta.get("name", "").lower() == "robots" and re.search(r"\b(nofollow|none)\b", meta["content"].lower()):
            return []
    base = soup.find("base", href=True)
    start = page if base is None else urljoin(page, base["href"].strip())
    root = f"{urlsplit(start).scheme}://{urlsplit(start).netloc}"
    links = {}
    for element in soup.find_all("a", href=True):
        href = element["href"].strip()
        if "nofollow" in [word.lower() for word in element.get("rel") or []] or (":" in href and not href.lower().startswith("http")):
            continue
        try:
            links[canonicalize_url(href if href.lower().startswith(("http://", "https://")) else root + "/" + href.lstrip("/"))] = None
        except ValueError:
            continue
    return list(links)


@exercise.wrong(
    "You resolved every link against the page's own address. A `<base href>` moves the starting point for the whole page, also for the links "
    "before it; without it such a page gives nothing but 404s.",
    share=6 / 7,
)
def base_overlooked(html, page):
    soup = BeautifulSoup(html, "html.parser")
    for meta in soup.find_all("meta", content=True):
        if meta.get("name", "").lower() == "robots" and re.search(r"\b(nofollow|none)\b", meta["content"].lower()):
            return []
    links = {}
    for element in soup.find_all("a", href=True):
        if "nofollow" in [word.lower() for word in element.get("rel") or []]:
            continue
        try:
            address = canonicalize_url(urljoin(page, element["href"].strip()))
        except ValueError:
            continue
        if urlsplit(address).scheme in ("http", "https"):
            links[address] = None
    return list(links)


@exercise.wrong(
    "Your links come out sorted, or in the order of a set. The order of the page carries meaning (what comes first is fetched first), and a crawl "
    "that depends on a set's order cannot be repeated. A dict drops repetitions and keeps the order.",
    share=0,
)
def sorted_set(html, page):
    soup = BeautifulSoup(html, "html.parser")
    for meta in soup.find_all("meta", content=True):
        if meta.get("name", "").lower() == "robots" and re.search(r"\b(nofollow|none)\b", meta["content"].lower()):
            return []
    base = soup.find("base", href=True)
    start = page if base is None else urljoin(page, base["href"].strip())
    links = set()
    for element in soup.find_all("a", href=True):
        if "nofollow" in [word.lower() for word in element.get("rel") or []]:
            continue
        try:
            address = canonicalize_url(urljoin(start, element["href"].strip()))
        except ValueError:
            continue
        if urlsplit(address).scheme in ("http", "https"):
            links.add(address)
    return sorted(links)


@exercise.wrong(
    "You compared the addresses as they are written. `/b` and `/b#comments` are one page, and so are `/~kim` and `/%7ekim`: compare, and return, "
    "what `canonicalize_url` makes of them.",
    share=5 / 7,
)
def compared_as_written(html, page):
    soup = BeautifulSoup(html, "html.parser")
    for meta in soup.find_all("meta", content=True):
        if meta.get("name", "").lower() == "robots" and re.search(r"\b(nofollow|none)\b", meta["content"].lower()):
            return []
    base = soup.find("base", href=True)
    start = page if base is None else urljoin(page, base["href"].strip())
    links = {}
    for element in soup.find_all("a", href=True):
        if "nofollow" in [word.lower() for word in element.get("rel") or []]:
            continue
        try:
            address = urljoin(start, element["href"].strip())
        except ValueError:
            continue
        if urlsplit(address).scheme in ("http", "https"):
            links[address] = None
    return list(links)


@exercise.wrong(
    "`mailto:`, `javascript:`, `tel:` and the like are in your list. They are links, but nothing that a crawler could fetch: keep http and https, "
    "in capital or small letters.",
    share=6 / 7,
)
def every_scheme(html, page):
    soup = BeautifulSoup(html, "html.parser")
    for meta in soup.find_all("meta", content=True):
        if meta.get("name", "").lower() == "robots" and re.search(r"\b(nofollow|none)\b", meta["content"].lower()):
            return []
    base = soup.find("base", href=True)
    start = page if base is None else urljoin(page, base["href"].strip())
    links = {}
    for element in soup.find_all("a", href=True):
        if "nofollow" in [word.lower() for word in element.get("rel") or []]:
            continue
        try:
            links[canonicalize_url(urljoin(start, element["href"].strip()))] = None
        except ValueError:
            continue
    return list(links)


@exercise.wrong(
    "You follow links that ask not to be followed. `rel` is a list of words in any case (`external NoFollow`), and a "
    '`<meta name="robots">` with nofollow or none speaks for all links of its page.',
    share=6 / 7,
)
def nofollow_overlooked(html, page):
    soup = BeautifulSoup(html, "html.parser")
    base = soup.find("base", href=True)
    start = page if base is None else urljoin(page, base["href"].strip())
    links = {}
    for element in soup.find_all("a", href=True):
        try:
            address = canonicalize_url(urljoin(start, element["href"].strip()))
        except ValueError:
            continue
        if urlsplit(address).scheme in ("http", "https"):
            links[address] = None
    return list(links)


@exercise.wrong(
    "You searched the text with a regular expression. It finds links in comments and scripts, misses capital letters and quotes of the other kind, and leaves "
    "`&amp;` in the address. HTML needs a parser.",
    share=4 / 7,
)
def regular_expression(html, page):
    if re.search(r'<meta name="robots" content="[^"]*(nofollow|none)', html, re.IGNORECASE):
        return []
    base = re.search(r'<base href="([^"]*)"', html)
    start = urljoin(page, base[1]) if base else page
    links = {}
    for rest, href in re.findall(r'<a\b([^>]*?)href="([^"]*)"', html):
        try:
            address = canonicalize_url(urljoin(start, href))
        except ValueError:
            continue
        if address.startswith("http") and "nofollow" not in rest:
            links[address] = None
    return list(links)


@exercise.wrong(
    "One broken address (`http://[`) ends your function with an error, and all good links of the page are lost. Catch ValueError for the single "
    "link, leave it out and go on.",
    share=6 / 7,
)
def one_broken_link_ends_it(html, page):
    soup = BeautifulSoup(html, "html.parser")
    for meta in soup.find_all("meta", content=True):
        if meta.get("name", "").lower() == "robots" and re.search(r"\b(nofollow|none)\b", meta["content"].lower()):
            return []
    base = soup.find("base", href=True)
    start = page if base is None else urljoin(page, base["href"].strip())
    found = [
        canonicalize_url(urljoin(start, element["href"].strip()))
        for element in soup.find_all("a", href=True)
        if "nofollow" not in [word.lower() for word in element.get("rel") or []]
    ]
    return list(dict.fromkeys(link for link in found if urlsplit(link).scheme in ("http", "https")))
