"""One spelling for every address: the normal form of a URL (RFC 3986, section 6.2), with the query put in order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote, urlsplit

import numpy as np

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

CASES, PORTS = "scheme and host in lower case, the path as it is", "the default port goes, every other port stays"
DOTS, PERCENT = "dot segments are resolved, an empty path becomes /", "equal percent-encodings get one spelling"
QUERY, FRAGMENT = "the query is sorted and loses the named parameters only", "the fragment goes"
REFUSED = "what is no web address is refused"

UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
RESERVED = ":/?#[]@!$&'()*+,;="
PARTS = re.compile(r"^(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?$")  # RFC 3986, appendix B
WORDS = ("cats", "dogs", "photo-1", "a_b", "new", "x.y", "page2", "q~")


def one_spelling(text: str) -> str:
    """RFC 3986, 6.2.2.1 and 6.2.2.2, character by character: what need not be encoded is not, all else is, in capital letters."""
    spelled = ""
    while text:
        if text[0] == "%":
            character = chr(int(text[1:3], 16))
            spelled, text = spelled + (character if character in UNRESERVED else text[:3].upper()), text[3:]
        else:
            encoded = "".join(f"%{byte:02X}" for byte in text[0].encode())
            spelled, text = spelled + (text[0] if text[0] in UNRESERVED + RESERVED else encoded), text[1:]
    return spelled


def without_dots(path: str) -> str:
    """RFC 3986, 5.2.4, with its own steps: input buffer ``path``, output buffer ``output``."""
    output = ""
    while path:
        if path.startswith("/./") or path == "/.":
            path = "/" + path[3:]
        elif path.startswith("/../") or path == "/..":
            path, output = "/" + path[4:], output.rpartition("/")[0]
        else:
            segment = re.match("/?[^/]*", path)[0]  # type: ignore[index]  # it always matches
            path, output = path.removeprefix(segment), output + segment
    return output


def reference(url: str, drop: Sequence[str] = ()) -> str:
    """The normal form of ``url``, by the regular expression, the rules and the steps of RFC 3986.

    ``drop``: names of query parameters to leave out. Raises ValueError for what is no http or https URL with a host.
    """
    scheme, authority, path, query = (part or "" for part in PARTS.match(url).groups())  # type: ignore[union-attr]
    host, _, port = authority.partition(":")
    default = {"http": "80", "https": "443"}.get(scheme.lower())
    if default is None or not host or not (port + "0").isdigit():
        raise ValueError("an http or https URL with a host is due")
    port = "" if port in ("", default) else ":" + port
    pieces = sorted(piece for piece in one_spelling(query).split("&") if piece and piece.split("=")[0] not in drop)
    question = "?" if pieces else ""
    return scheme.lower() + "://" + host.lower() + port + (without_dots(one_spelling(path)) or "/") + question + "&".join(pieces)


def encoded(rng: np.random.Generator, text: str) -> str:
    """``text`` with some of its characters percent-encoded, in capital or small letters: the same address, another spelling."""
    return "".join(f"%{ord(s):{rng.choice(['02x', '02X'])}}" if rng.random() < 0.3 else s for s in text)


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Edge cases first, then random paths, ports and queries; each case is about its own property and plain otherwise."""
    yield Case(CASES, ("HTTPS://API.Test/V1/Images",))
    yield Case(PORTS, ("http://photos.test:/a",))
    yield Case(PORTS, ("https://photos.test:443/a",))
    yield Case(PORTS, ("https://photos.test:80/a",))
    yield Case(PORTS, ("http://photos.test:8000/a",))
    yield Case(DOTS, ("http://photos.test/../../a",))
    yield Case(DOTS, ("http://photos.test/a/b/..",))
    yield Case(DOTS, ("http://photos.test/a/.",))
    yield Case(DOTS, ("http://photos.test/a/..b/.c/d..",))
    yield Case(DOTS, ("http://photos.test/a//b/",))
    yield Case(DOTS, ("https://photos.test?size=2",))
    yield Case(PERCENT, ("http://photos.test/100%25",))
    yield Case(PERCENT, ("http://photos.test/a%3fb%26c",))
    yield Case(PERCENT, ("http://photos.test/%7ekim/a%2D1",))
    yield Case(PERCENT, ("http://photos.test/%ec%82%ac진",))
    yield Case(PERCENT, ("http://photos.test/a/%2E%2e/b",))
    yield Case(QUERY, ("http://photos.test/a?b=2&b=1&a",))
    yield Case(QUERY, ("http://photos.test/a?&&",))
    yield Case(QUERY, ("http://photos.test/a?sid=1", ["sid"]))
    yield Case(QUERY, ("http://photos.test/a?s%69d=1&q=sid&sid", ["sid"]))
    yield Case(QUERY, ("http://photos.test/a?q=a+b&c=d=e&SID=3&sidebar=1&sid=1&aside=2", ["utm", "sid"]))
    yield Case(QUERY, ("http://photos.test/a?q=&a=/../b",))
    yield Case(FRAGMENT, ("http://photos.test/a#",))
    yield Case(FRAGMENT, ("http://photos.test/a#b?c=1",))
    yield Case(FRAGMENT, ("http://photos.test/a?c=1#!/b/../c",))
    for _ in range(4):
        words = [str(word) for word in rng.choice(WORDS, 4, replace=False)]
        host, port = str(rng.choice(["blog.test", "News.Test"])), int(rng.choice([8080, 81, 4430, 8443]))
        yield Case(CASES, (f"{rng.choice(['Http', 'httpS'])}://{host}/{'/'.join(words).title()}",))
        yield Case(PORTS, (f"http://news.test:{port}/{words[0]}",))
        dotted = [str(s) for s in rng.permutation([*words, "..", ".", "..", "."])]
        yield Case(DOTS, ("http://news.test/" + "/".join(dotted) + str(rng.choice(["", "/"])),))
        yield Case(PERCENT, ("http://news.test/" + "/".join(encoded(rng, word) for word in words) + "/%2f" + words[0],))
        query = [f"{word}={n}" for word, n in zip(words, rng.integers(100, size=4).tolist())]
        yield Case(QUERY, ("http://news.test/?" + "&".join(query), [words[1], "sid"]))
        yield Case(FRAGMENT, (f"http://news.test/{words[0]}#{words[1]}",))
    yield Case(REFUSED, ("photos.test/a",), raises="ValueError")
    yield Case(REFUSED, ("javascript:void(0)",), raises="ValueError")
    yield Case(REFUSED, ("ftp://photos.test/a",), raises="ValueError")
    yield Case(REFUSED, ("http:/photos.test",), raises="ValueError")
    yield Case(REFUSED, ("http://:80/a",), raises="ValueError")
    yield Case(REFUSED, ("http://photos.test:eighty/a",), raises="ValueError")


exercise = Exercise(
    id="normalize_url",
    title="The normal form of a URL",
    points=5,
    minutes=15,
    hints=(
        "`urlsplit(url)` gives `scheme`, `hostname` (in lower case), `port` (a number or None), `path` and `query`. Work on each part "
        "alone and put the parts together at the end.",
        "`re.sub('%([0-9A-Fa-f]{2})', function, text)` lets a function decide about each `%XX`: decode it if the character is unreserved, "
        "write it in capitals if not. Afterwards `quote(text, safe=...)` encodes the rest.",
        "For the dots go through the segments of the path with an empty list: `..` takes the last one away, `.` does nothing, "
        "any other is put at the end. A path that ends in a dot segment ends in a slash.",
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(CASES, ("HTTP://Photos.TEST/Gallery/IMG_1.JPG",)),
        Case(PORTS, ("http://photos.test:80/a",)),
        Case(PORTS, ("http://photos.test:8080/a",)),
        Case(DOTS, ("http://photos.test/a/./b/../c",)),
        Case(DOTS, ("http://photos.test",)),
        Case(DOTS, ("http://photos.test/a/b/../",)),
        Case(PERCENT, ("http://photos.test/%7Ekim/caf%c3%a9",)),
        Case(PERCENT, ("http://photos.test/사진/black cat",)),
        Case(PERCENT, ("http://photos.test/a%2fb",)),
        Case(PERCENT, ("http://photos.test/%2541",)),
        Case(QUERY, ("http://photos.test/list?page=2&order=new",)),
        Case(QUERY, ("http://photos.test/list?sid=8fe2&side=left&page=2", ["sid"])),
        Case(QUERY, ("http://photos.test/list?q=&a=b%20c",)),
        Case(FRAGMENT, ("http://photos.test/a#top",)),
        Case(REFUSED, ("mailto:kim@photos.test",), raises="ValueError"),
        Case(REFUSED, ("/gallery/1",), raises="ValueError"),
        Case(REFUSED, ("http:///a",), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def by_the_letter_of_the_standard(url, drop=()):
    unreserved = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

    def clean(text):
        pieces = re.split("(%[0-9A-Fa-f]{2})", text)
        for i, piece in enumerate(pieces):
            if i % 2 == 0:
                pieces[i] = quote(piece, safe=":/?#[]@!$&'()*+,;=")
            else:
                character = chr(int(piece[1:], 16))
                pieces[i] = character if character in unreserved else piece.upper()
        return "".join(pieces)

    found = re.fullmatch(r"(https?)://([^/?#:]+)(?::(\d*))?((?:/[^?#]*)?)(?:\?([^#]*))?(?:#.*)?", url, re.IGNORECASE)
    if found is None:
        raise ValueError(f"no web address: {url!r}")
    scheme, host, port, path, query = [part or "" for part in found.groups()]
    scheme = scheme.lower()
    path = clean(path)
    while "/./" in path:
        path = path.replace("/./", "/", 1)
    path = re.sub(r"/\.$", "/", path)
    while re.search(r"(^|/[^/]*)/\.\.(/|$)", path):
        path = re.sub(r"(^|/[^/]*)/\.\.(/|$)", "/", path, count=1)
    query = sorted(p for p in clean(query).split("&") if p != "" and p.partition("=")[0] not in list(drop))
    port = "" if (scheme, port) in (("http", "80"), ("https", "443")) or not port else ":" + port
    return scheme + "://" + host.lower() + port + (path or "/") + ("?" + "&".join(query) if query else "")


@exercise.right
def with_urlunsplit_that_warns(url, drop=()):
    import warnings
    from urllib.parse import unquote_to_bytes, urlunsplit

    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or parts.hostname is None:
        raise ValueError("a web address is due")
    if parts.fragment:
        warnings.warn("a fragment never reaches the server", stacklevel=2)

    def clean(text):
        sure = "%:/?#[]@!$&'()*+,;="
        return "".join(
            quote(unquote_to_bytes(p) if unquote_to_bytes(p) in b"-._~" or unquote_to_bytes(p).isalnum() else p.upper(), safe="%")
            if p.startswith("%") else quote(p, safe=sure)
            for p in re.findall("%[0-9A-Fa-f]{2}|[^%]+", text)
        )

    stack = []
    path = clean(parts.path)
    for segment in path.split("/")[1:]:
        if segment == "..":
            del stack[-1:]
        elif segment != ".":
            stack.append(segment)
    if path.rpartition("/")[2] in (".", ".."):
        stack.append("")
    query = "&".join(sorted(p for p in clean(parts.query).split("&") if p and p.split("=")[0] not in drop))
    usual = {"http": 80, "https": 443}[parts.scheme]
    host = parts.hostname if parts.port in (None, usual) else f"{parts.hostname}:{parts.port}"
    return urlunsplit((parts.scheme, host, "/" + "/".join(stack), query, ""))


@exercise.wrong(
    "You put the whole address into lower case. Only scheme and host are the same in either case: most servers take `/IMG_1.JPG` and "
    "`/img_1.jpg` for two files, and one of them is a 404.",
    share=4 / 7,
)
def everything_in_lower_case(url, drop=()):
    parts = urlsplit(url.lower())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("no web address")
    port = "" if parts.port in (None, {"http": 80, "https": 443}[parts.scheme]) else f":{parts.port}"

    def same(text):
        unreserved = "-._~abcdefghijklmnopqrstuvwxyz0123456789"
        text = re.sub("%([0-9a-f]{2})", lambda m: c if (c := chr(int(m[1], 16))) in unreserved else m[0], text)
        return quote(text, safe="%:/?#[]@!$&'()*+,;=").lower()

    kept, segments = [], same(parts.path).split("/")[1:]
    for segment in segments:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in (".", ".."):
        kept.append("")
    pieces = sorted(p for p in same(parts.query).split("&") if p and p.split("=")[0] not in drop)
    return f"{parts.scheme}://{parts.hostname}{port}/{'/'.join(kept)}" + ("?" + "&".join(pieces) if pieces else "")


@exercise.wrong(
    "You cut `:80` out of the text. That takes it out of `:8080` too, and on https the default port is 443, where :80 is another server. "
    "Compare the port as a number with the default port of the scheme.",
    share=6 / 7,
)
def port_cut_out_of_the_text(url, drop=()):
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("no web address")
    int(parts.port or 0)
    authority = parts.netloc.lower().replace(":80", "").replace(":443", "")

    def same(text):
        unreserved = "-._~ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        text = re.sub("%([0-9A-Fa-f]{2})", lambda m: c if (c := chr(int(m[1], 16))) in unreserved else m[0].upper(), text)
        return quote(text, safe="%:/?#[]@!$&'()*+,;=")

    kept, segments = [], same(parts.path).split("/")[1:]
    for segment in segments:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in (".", ".."):
        kept.append("")
    pieces = sorted(p for p in same(parts.query).split("&") if p and p.split("=")[0] not in drop)
    return f"{parts.scheme}://{authority}/{'/'.join(kept)}" + ("?" + "&".join(pieces) if pieces else "")


@exercise.wrong(
    "You decoded every %XX. `%2F` is a slash *inside* a name and `%25` a percent sign: decoded they mean something else, and the address "
    "leads elsewhere. Decode unreserved characters only: letters, digits and `-._~`.",
    share=6 / 7,
)
def everything_decoded(url, drop=()):
    from urllib.parse import unquote

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("no web address")
    port = "" if parts.port in (None, {"http": 80, "https": 443}[parts.scheme]) else f":{parts.port}"
    kept, segments = [], quote(unquote(parts.path), safe="%:/?#[]@!$&'()*+,;=").split("/")[1:]
    for segment in segments:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in (".", ".."):
        kept.append("")
    query = re.sub("%([46][0-9A-Fa-f]|[57][0-9Aa])", lambda m: chr(int(m[1], 16)), parts.query)
    pieces = sorted(p for p in query.split("&") if p and p.split("=")[0] not in drop)
    return f"{parts.scheme}://{parts.hostname}{port}/{'/'.join(kept)}" + ("?" + "&".join(pieces) if pieces else "")


@exercise.wrong(
    "You resolved the dots before the percent-encoding. `%2E%2e` is `..` in another spelling (RFC 3986, 6.2.2.2), so a dot segment "
    "comes to light only after decoding: first one spelling, then the dots.",
    share=6 / 7,
)
def dots_before_percent(url, drop=()):
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("no web address")
    port = "" if parts.port in (None, {"http": 80, "https": 443}[parts.scheme]) else f":{parts.port}"

    def same(text):
        unreserved = "-._~ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        text = re.sub("%([0-9A-Fa-f]{2})", lambda m: c if (c := chr(int(m[1], 16))) in unreserved else m[0].upper(), text)
        return quote(text, safe="%:/?#[]@!$&'()*+,;=")

    kept, segments = [], parts.path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in (".", ".."):
        kept.append("")
    pieces = sorted(p for p in same(parts.query).split("&") if p and p.split("=")[0] not in drop)
    return f"{parts.scheme}://{parts.hostname}{port}/{same('/'.join(kept))}" + ("?" + "&".join(pieces) if pieces else "")


@exercise.wrong(
    "`posixpath.normpath` is made for files: it takes the slash at the end away and makes `//` one slash. For a server `/a/` and `/a` are two "
    "addresses, and relative links mean different pages on each.",
    share=6 / 7,
)
def paths_as_files(url, drop=()):
    import posixpath

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("no web address")
    port = "" if parts.port in (None, {"http": 80, "https": 443}[parts.scheme]) else f":{parts.port}"

    def same(text):
        unreserved = "-._~ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        text = re.sub("%([0-9A-Fa-f]{2})", lambda m: c if (c := chr(int(m[1], 16))) in unreserved else m[0].upper(), text)
        return quote(text, safe="%:/?#[]@!$&'()*+,;=")

    path = posixpath.normpath(same(parts.path) or "/")
    pieces = sorted(p for p in same(parts.query).split("&") if p and p.split("=")[0] not in drop)
    return f"{parts.scheme}://{parts.hostname}{port}{path}" + ("?" + "&".join(pieces) if pieces else "")


@exercise.wrong(
    "You threw the whole query away. `?page=2` is another page than `?page=1`: a crawler that drops it sees the first page of every list and "
    "nothing else. Only the named parameters go.",
    share=4 / 7,
)
def query_thrown_away(url, drop=()):
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("no web address")
    port = "" if parts.port in (None, {"http": 80, "https": 443}[parts.scheme]) else f":{parts.port}"
    unreserved = "-._~ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    path = re.sub("%([0-9A-Fa-f]{2})", lambda m: c if (c := chr(int(m[1], 16))) in unreserved else m[0].upper(), parts.path)
    kept, segments = [], quote(path, safe="%:/?#[]@!$&'()*+,;=").split("/")[1:]
    for segment in segments:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in (".", ".."):
        kept.append("")
    return f"{parts.scheme}://{parts.hostname}{port}/{'/'.join(kept)}"


@exercise.wrong(
    "`parse_qsl` and `urlencode` rewrite the query: empty values like `q=` are lost, and a space becomes `+`. Keep each piece between two `&` as "
    "it is, and only drop and sort the pieces.",
    share=6 / 7,
)
def query_parsed_and_written_anew(url, drop=()):
    from urllib.parse import parse_qsl, urlencode

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("no web address")
    port = "" if parts.port in (None, {"http": 80, "https": 443}[parts.scheme]) else f":{parts.port}"
    unreserved = "-._~ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    path = re.sub("%([0-9A-Fa-f]{2})", lambda m: c if (c := chr(int(m[1], 16))) in unreserved else m[0].upper(), parts.path)
    kept, segments = [], quote(path, safe="%:/?#[]@!$&'()*+,;=").split("/")[1:]
    for segment in segments:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in (".", ".."):
        kept.append("")
    query = urlencode(sorted((name, value) for name, value in parse_qsl(parts.query) if name not in drop))
    return f"{parts.scheme}://{parts.hostname}{port}/{'/'.join(kept)}" + ("?" + query if query else "")


@exercise.wrong(
    "You dropped every parameter whose name *begins* with a listed one: with `sid`, `side=left` goes as well. The name is what stands before "
    "the first `=`; compare it as a whole.",
    share=6 / 7,
)
def names_by_their_beginning(url, drop=()):
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("no web address")
    port = "" if parts.port in (None, {"http": 80, "https": 443}[parts.scheme]) else f":{parts.port}"

    def same(text):
        unreserved = "-._~ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        text = re.sub("%([0-9A-Fa-f]{2})", lambda m: c if (c := chr(int(m[1], 16))) in unreserved else m[0].upper(), text)
        return quote(text, safe="%:/?#[]@!$&'()*+,;=")

    kept, segments = [], same(parts.path).split("/")[1:]
    for segment in segments:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in (".", ".."):
        kept.append("")
    pieces = sorted(p for p in same(parts.query).split("&") if p and not p.startswith(tuple(drop)))
    return f"{parts.scheme}://{parts.hostname}{port}/{'/'.join(kept)}" + ("?" + "&".join(pieces) if pieces else "")


@exercise.wrong(
    "Addresses that are no web pages go through: `mailto:`, a path without a host, a port that is no number. In a crawl they come back as errors "
    "from the network, far from their cause. Raise ValueError here.",
    share=6 / 7,
)
def nothing_refused(url, drop=()):
    parts = urlsplit(url)
    authority = parts.netloc.lower().removesuffix(":")
    for scheme, port in (("http", ":80"), ("https", ":443")):
        if parts.scheme == scheme:
            authority = authority.removesuffix(port)

    def same(text):
        unreserved = "-._~ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        text = re.sub("%([0-9A-Fa-f]{2})", lambda m: c if (c := chr(int(m[1], 16))) in unreserved else m[0].upper(), text)
        return quote(text, safe="%:/?#[]@!$&'()*+,;=")

    kept, segments = [], same(parts.path).split("/")[1:]
    for segment in segments:
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in (".", ".."):
        kept.append("")
    pieces = sorted(p for p in same(parts.query).split("&") if p and p.split("=")[0] not in drop)
    return f"{parts.scheme}://{authority}/{'/'.join(kept)}" + ("?" + "&".join(pieces) if pieces else "")


@exercise.wrong(
    "w3lib's `canonicalize_url` is another normal form: it keeps `:80`, decodes `%26` in a path, writes `?a` as `?a=` and refuses hardly anything. "
    "Good for comparing, but not what the statement defines: follow its five steps.",
    share=3 / 7,
)
def left_to_w3lib(url, drop=()):
    from w3lib.url import canonicalize_url, url_query_cleaner

    return canonicalize_url(url_query_cleaner(url, list(drop), remove=True) if drop else url)
