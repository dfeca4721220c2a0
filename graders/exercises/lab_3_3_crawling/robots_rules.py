"""robots.txt as RFC 9309 has it: which group counts, which rule wins, what a pattern matches; and the Crawl-delay.

The oracle is Protego, Scrapy's parser. Where it is more generous than the RFC (it also reads misspelt field names, takes
"Foobot/1.0 (+http…)" for a name and keeps the last of several Crawl-delays) cases say themselves what is due.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import requests
from protego import Protego

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise
from graders.variants import variant

GROUP = "the group of this crawler counts, or else the one for *"
MERGED = "groups of the same name are one group"
LONGEST = "the longest matching rule wins, and Allow wins a tie"
PATTERN = "patterns match from the start, with * and $"
ESCAPES = "percent-escapes are compared in one form"
LINES = "comments, letter case and unknown lines do no harm"
DELAY = "the Crawl-delay of the group is read"

ME = "dcai-crawler/1.0"


def reference(text: str, agent: str, urls: Sequence[str]) -> list[Any]:
    """[the Crawl-delay or None, then for each of ``urls`` whether it may be fetched], as Protego says."""
    rules, name = Protego.parse(text), agent.split("/")[0]
    full = [url if "://" in url else f"http://any.test{url}" for url in urls]
    return [rules.crawl_delay(name), *(rules.can_fetch(url, name) for url in full)]


# RFC 9309, 5.1 and 5.2: the document's own examples, its file shortened to the groups that the text talks about
SIMPLE = """User-Agent: *
Disallow: *.gif$
Disallow: /example/
Allow: /publications/

User-Agent: foobot
Disallow:/
Allow:/example/page.html
Allow:/example/allowed.gif

User-Agent: barbot
User-Agent: bazbot
Disallow: /example/page.html

User-Agent: quxbot
"""
LONGER = "User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n"
PAGES = ["/", "/example/page.html", "/example/allowed.gif", "/publications/a.gif", "/robots.txt"]

TWO_GROUPS = "User-agent: *\nDisallow: /\n\nUser-agent: dcai-crawler\nDisallow: /private/\n"
GATHERED = (
    "User-agent: dcai-crawler\nDisallow: /a/\n\nUser-agent: other\nDisallow: /b/\n\n"
    "User-agent: dcai-crawler\nDisallow: /c/\nCrawl-delay: 2\n"
)
TIES = "User-agent: *\nDisallow: /photos/\nAllow: /photos/free/\nAllow: /same\nDisallow: /same\nDisallow:\n"
WILD = "User-agent: *\nDisallow: /*.gif$\nDisallow: /search?q=\nDisallow: /s*/print\n"
FLOATING = "User-agent: *\nDisallow: private\nAllow: *free\nDisallow: /a/*\n"
ESCAPED = "User-agent: *\nDisallow: /~kim/\nDisallow: /사진/\nDisallow: /a%2fb\n"
MESSY = (
    "# photos.test\nDisallow: /before\nUSER-AGENT : Dcai-Crawler # that is you\nSitemap: http://photos.test/s.xml\nUser-agent: other\n"
    "no colon here\nHost: photos.test\ndisallow: /x # secret\nDISALLOW:/y\n"
)
SLOW = "User-agent: other\nCrawl-delay: 10\n\nUser-agent: dcai-crawler\nCrawl-delay: 0.5\nDisallow: /x\n"


def some_rules(rng: np.random.Generator, groups: Sequence[str], parts: Sequence[str], fields: Sequence[str] = ("Disallow",)) -> str:
    """A robots.txt with a group for each of ``groups``, in any order, whose rules lie below /photos/ and are made of ``parts``."""
    lines = []
    for name in rng.permutation(groups):
        lines.append(f"User-agent: {name}")
        for _ in range(rng.integers(1, 5)):
            lines.append(f"{rng.choice(fields)}: /photos/{'/'.join(rng.choice(parts, rng.integers(1, 3)))}")
        lines.append("")
    return "\n".join(lines)


def some_paths(rng: np.random.Generator, parts: Sequence[str], n: int) -> list[str]:
    """``n`` paths below /photos/, made of ``parts``."""
    return ["/photos/" + "/".join(rng.choice(parts, rng.integers(1, 3))) for _ in range(n)]


PLAIN = ["a", "b", "img"]


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """The RFC's examples and rare edge cases, then random files: plain ones, with wildcards, with escapes, with a Crawl-delay."""
    for name in ("quxbot", "bazbot", "nobot"):
        yield Case(GROUP, (SIMPLE, name, PAGES))
    yield Case(GROUP, ("User-agent: crawler\nDisallow: /\n\nUser-agent: dcai-crawler-images\nDisallow: /\n", ME, ["/a"]), expected=[None, True])
    yield Case(GROUP, ("", ME, ["/", "/a"]))
    yield Case(MERGED, ("User-agent: *\nDisallow: /a\n\nUser-agent: x\nDisallow: /y\n\nUser-agent: *\nDisallow: /b\n", ME, ["/a", "/b", "/c"]))
    yield Case(LONGEST, (LONGER, "foobot/2.1", ["/example/page/", "/example/page/disallowed.gif", "/other"]))
    yield Case(LONGEST, ("User-agent: *\nDisallow: /a/b/c\nAllow: /a/b\nDisallow: /\n", ME, ["/a/b/x", "/a/b/c/d", "/x", "/robots.txt"]))
    yield Case(LONGEST, ("User-agent: *\nAllow: /\nDisallow: /\nDisallow: /ab\nAllow: /ab\n", ME, ["/x", "/ab", "/abc"]))
    yield Case(PATTERN, ("User-agent: *\nDisallow: /*a*b$\nDisallow: /cost$s\nDisallow: /x.y\n", ME, ["/aab", "/abc", "/xaxbxb", "/cost$s", "/xzy", "/b"]))
    yield Case(PATTERN, ("User-agent: *\nDisallow: /$\n", ME, ["/", "/a", "http://photos.test", "http://photos.test/?a=1"]))
    yield Case(ESCAPES, ("User-agent: *\nDisallow: /a%62c\nDisallow: /%EA%B0%80\n", ME, ["/abc", "/가", "/%ea%b0%80", "/a%2562c"]))
    yield Case(LINES, ("\ufeffUser-agent:*\r\nDisallow:/x#y\r\n\r\n\r\nDisallow: /z\r\n", ME, ["/x", "/z/1", "/w"]), expected=[None, False, False, True])
    yield Case(DELAY, ("User-agent: *\nCrawl-delay: soon\nDisallow: /x\n", ME, ["/x"]))
    yield Case(DELAY, ("User-agent: *\nCrawl-delay: 1\nCrawl-delay: 3\nDisallow: /x\ncrawl-delay: 2\n", ME, ["/x"]), expected=[3.0, False])
    yield Case(DELAY, ("User-agent: *\nDisallow: 5\nCrawl-delay: 2\n", ME, ["/x"]))
    yield Case(DELAY, ("User-agent: *\nCrawl-delay: /x\n", ME, ["/x"]))
    for _ in range(4):
        yield Case(GROUP, (some_rules(rng, ["*", "dcai-crawler", "other"], PLAIN), ME, some_paths(rng, PLAIN, 8)))
        yield Case(MERGED, (some_rules(rng, ["other", "dcai-crawler", "dcai-crawler", "dcai-crawler"], PLAIN), ME, some_paths(rng, PLAIN, 8)))
        yield Case(LONGEST, (some_rules(rng, ["*"], PLAIN, ["Allow", "Disallow"]), ME, some_paths(rng, PLAIN, 12)))
        wild = some_rules(rng, ["*"], [*PLAIN, "*", "a*", "*.gif$", "img*b"])
        yield Case(PATTERN, (wild, ME, some_paths(rng, [*PLAIN, "x.gif", "imgab"], 12)))
        escaped = some_rules(rng, ["*"], ["~a", "%7Ea", "가", "%EA%B0%80", "a%2Fb", "b"])
        yield Case(ESCAPES, (escaped, ME, some_paths(rng, ["~a", "%7ea", "가", "%ea%b0%80", "a%2fb", "b"], 12)))
        yield Case(DELAY, (some_rules(rng, ["dcai-crawler"], PLAIN) + f"\nCrawl-delay: {rng.integers(1, 20) / 4}", ME, ["/a"]))


exercise = Exercise(
    id="robots_rules",
    title="Rules of robots.txt",
    points=6,
    minutes=25,
    hints=(
        "Read the text once, line by line, into groups: a list of names and a list of (field, value). A User-agent line that follows a rule opens a "
        "new group; one that follows another User-agent line adds a name.",
        "Choose the groups whose names hold yours; only if there are none, those for `*`. Then put their rules into one list.",
        "Turn a pattern into a regular expression: `re.escape` the parts between the stars, join them with `.*`, and write `\\Z` for a `$` at the end. "
        "`re.match` starts at the beginning.",
        "Of the rules that match, take `max(..., key=lambda rule: (len(rule.pattern), rule.allow))`; True is greater than False.",
    ),
    compare=exact(),
    reference=reference,
    public=(
        Case(GROUP, (TWO_GROUPS, ME, ["/", "/private/a.jpg", "/private"])),
        Case(GROUP, (SIMPLE, "foobot", PAGES)),
        Case(MERGED, (GATHERED, ME, ["/a/1", "/b/1", "/c/1"])),
        Case(LONGEST, (TIES, ME, ["/photos/1", "/photos/free/1", "/same", "/"])),
        Case(PATTERN, (WILD, ME, ["/a.gif", "/a.gif?w=9", "/search?q=cat", "/search", "/set/9/print", "/a/x.gif/b", "/img/search?q=1"])),
        Case(PATTERN, (FLOATING, ME, ["/a/private", "/b/private", "/a/free"])),
        Case(ESCAPES, (ESCAPED, ME, ["/%7Ekim/", "/%EC%82%AC%EC%A7%84/1", "/a%2Fb", "/a/b"])),
        Case(LINES, (MESSY, ME, ["/before", "/x", "/y", "/X"])),
        Case(DELAY, (SLOW, ME, ["/x"])),
    ),
    hidden=hidden,
)


@exercise.right
def careful(text, agent, urls):
    me = agent.split("/")[0].lower()
    groups, naming = [], False
    for line in text.lstrip("\ufeff").splitlines():
        field, colon, value = (part.strip() for part in line.split("#")[0].partition(":"))
        field = field.lower()
        if field == "user-agent":
            if not naming:
                groups.append({"names": [], "rules": []})
            naming = True
            groups[-1]["names"].append(value.lower())
        elif field in ("allow", "disallow", "crawl-delay"):
            naming = False
            if groups:
                groups[-1]["rules"].append((field, value))

    def plain(path):
        path = requests.utils.quote(path, safe="%/?:@!$&'()*+,;=-._~[]#")
        return re.sub("%[0-9a-fA-F]{2}", lambda m: chr(int(m[0][1:], 16)) if re.match("[A-Za-z0-9._~-]", chr(int(m[0][1:], 16))) else m[0].upper(), path)

    def matches(pattern, path):
        regex = ".*".join(re.escape(part) for part in pattern.removesuffix("$").split("*"))
        return re.match(regex + (r"\Z" if pattern.endswith("$") else ""), path)

    mine = [group for group in groups if me in group["names"]]
    mine = mine or [group for group in groups if "*" in group["names"]]
    rules = [rule for group in mine for rule in group["rules"]]
    delays = [float(value) for field, value in rules if field == "crawl-delay" and re.fullmatch(r"\d+(\.\d+)?", value)]
    answers = [max(delays, default=None)]
    for url in urls:
        parts = urlsplit(url)
        path = plain((parts.path or "/") + ("?" + parts.query if parts.query else ""))
        found = [(len(plain(value)), field == "allow") for field, value in rules if field != "crawl-delay" and value and matches(plain(value), path)]
        answers.append(path == "/robots.txt" or max(found, default=(0, True))[1])
    return answers


@exercise.right
def by_hand(text, agent, urls):
    def same_form(path):
        data, out, i = path.encode(), "", 0
        while i < len(data):
            if data[i : i + 1] == b"%" and re.match(rb"%[0-9A-Fa-f]{2}", data[i : i + 3]):
                code, i = int(data[i + 1 : i + 3], 16), i + 3
                letter = chr(code)
                out += letter if letter.isascii() and (letter.isalnum() or letter in "-._~") else f"%{code:02X}"
            else:
                out += chr(data[i]) if data[i] < 128 else f"%{data[i]:02X}"
                i += 1
        return out

    def fits(pattern, path):
        if pattern == "":
            return True
        if pattern == "$":
            return path == ""
        if pattern[0] == "*":
            return any(fits(pattern[1:], path[i:]) for i in range(len(path) + 1))
        return path[:1] == pattern[0] and fits(pattern[1:], path[1:])

    rules, names, last = {}, [], ""
    for line in text.replace("\ufeff", "").splitlines():
        if ":" not in line.split("#")[0]:
            continue
        field, value = [x.strip() for x in line.split("#")[0].split(":", 1)]
        field = field.lower()
        if field == "user-agent":
            names = [*names, value.lower()] if last == field else [value.lower()]
            for name in names:
                rules.setdefault(name, [])
        elif field in {"allow", "disallow", "crawl-delay"}:
            for name in set(names):
                rules[name].append((field, value))
        else:
            continue
        last = field
    name = agent.partition("/")[0].lower()
    mine = rules[name] if name in rules else rules.get("*", [])
    delay = None
    for field, value in mine:
        if field == "crawl-delay" and value.replace(".", "", 1).isdigit():
            delay = max(delay or 0.0, float(value))
    answers = [delay]
    for url in urls:
        url = re.sub("^[a-z]+://[^/?]*", "", url)
        path = same_form(url if url.startswith("/") else "/" + url)
        best, may = -1, True
        for field, value in mine:
            pattern = same_form(value)
            if field == "crawl-delay" or not pattern or not fits(pattern, path):
                continue
            if len(pattern) > best or (len(pattern) == best and field == "allow"):
                best, may = len(pattern), field == "allow"
        answers.append(may or path == "/robots.txt")
    return answers


exercise.right(
    variant(careful, "with_a_warning", ("    answers = [max(", '    import warnings\n    warnings.warn(f"{len(rules)} rules")\n    answers = [max('))
)

exercise.wrong(
    "You take the first rule that matches, as Python's own `urllib.robotparser` does. RFC 9309 asks for the longest one, wherever it stands: "
    "`Allow: /photos/free/` counts although `Disallow: /photos/` comes before it.",
    share=5 / 7,
)(variant(careful, "first_match", ("max(found, default=(0, True))[1]", "(found or [(0, True)])[0][1]")))

exercise.wrong(
    "You added the rules for `*` to those of the group that names your crawler. The group for `*` is only for crawlers that no group names: "
    "a site may close itself to everybody and open itself to you.",
    share=6 / 7,
)(variant(careful, "everybody_too", ('mine = mine or [group for group in groups if "*" in group["names"]]', 'mine = mine + [group for group in groups if "*" in group["names"]]')))

exercise.wrong(
    "You stop at the first group of your name. A site may write several (different teams, different tools): all rules under one name belong together.",
    share=6 / 7,
)(variant(careful, "first_group", ("rules = [rule for group in mine for", "rules = [rule for group in mine[:1] for")))

exercise.wrong(
    "In your patterns `*` and `$` are letters like any other. `*` stands for any characters, none included, and a `$` at the end for the end of the URL.",
    share=6 / 7,
)(variant(careful, "only_prefixes", ("return re.match(regex +", "return path.startswith(pattern) or None if True else re.match(regex +")))

exercise.wrong(
    "Your patterns match anywhere in the path. They start at its first character: `Disallow: /search` leaves `/img/search` open. "
    "Use `re.match`, not `re.search` or `in`.",
    share=6 / 7,
)(variant(careful, "anywhere", ("return re.match(regex", "return re.search(regex")))

exercise.wrong(
    "You look for the group's name anywhere inside yours, so that rules for `crawler` bind `dcai-crawler`. RFC 9309 compares whole product "
    "tokens: the part of your user agent before the slash, in any letter case.",
    share=6 / 7,
)(variant(careful, "part_of_the_name", ('if me in group["names"]]', 'if any(name in me for name in group["names"])]')))

exercise.wrong(
    "An empty `Disallow:` closes the whole site for you. It is the old way to say that nothing is forbidden: a rule without a path matches nothing.",
    share=6 / 7,
)(variant(careful, "empty_closes", ('field != "crawl-delay" and value and matches', 'field != "crawl-delay" and matches'), ('(len(plain(value)), field == "allow")', '(len(plain(value)), field == "allow" and value != "")')))

exercise.wrong(
    "Where an Allow and a Disallow of the same length match, you obey the Disallow. RFC 9309 gives such a tie to Allow.",
    share=6 / 7,
)(variant(careful, "disallow_wins", ('(len(plain(value)), field == "allow")', '(len(plain(value)), field != "allow")'), ("max(found, default=(0, True))[1]", "not max(found, default=(0, False))[1]")))

exercise.wrong(
    "You compare paths letter by letter, so `/~kim/` and `/%7Ekim/` are two places for you. They are one and the same: bring the rule and the URL "
    "into one form before you compare (UTF-8 escapes for what is not ASCII, unreserved characters bare, the rest with capital hex digits).",
    share=6 / 7,
)(variant(careful, "letter_by_letter", ('        path = requests.utils.quote(path, safe="%/?:@!$&\'()*+,;=-._~[]#")\n', "        return path\n")))

exercise.wrong(
    "You compare names letter by letter as they are written. `User-agent: DCAI-Crawler` is meant for you as well: bring both into lower case.",
    share=6 / 7,
)(variant(careful, "case_counts", ('["names"].append(value.lower())', '["names"].append(value)'), ("me = agent.split(\"/\")[0].lower()", "me = agent.split(\"/\")[0]")))

exercise.wrong(
    "You cut the query off before you compare. `Disallow: /search?q=` is about exactly that part: match the path together with `?` and the query.",
    share=6 / 7,
)(variant(careful, "no_query", (' + ("?" + parts.query if parts.query else "")', "")))
