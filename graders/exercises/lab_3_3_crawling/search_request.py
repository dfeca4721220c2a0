"""The search request with the licence filter that a use needs, for four engines.

Documented in: Openverse API (https://api.openverse.org/v1/), MediaWiki API (https://www.mediawiki.org/wiki/API:Imageinfo and
API:Search), Bing's and Google's own image pages, whose addresses carry the filter that one chooses under "License" and
"Usage rights".
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlencode

import numpy as np

from datacentric_helpers.compare import request
from graders.exercise import Case, Exercise
from graders.variants import variant

ADDRESS = "every engine has its address and its own names for the parameters"
OPENVERSE = "Openverse is asked for exactly the licences that the use allows"
BING = "Bing gets the licence levels that the use needs"
COARSE = "Commons and Google get the same request for every use"
QUERY = "the query arrives as it was typed"
PAGES = "each engine counts pages in its own way"
REFUSED = "an unknown engine or a page below 1 is refused"

ENGINES = ("openverse", "commons", "bing", "google")
USES = ((False, False), (False, True), (True, False), (True, True))
# the licences of each use, spelled out: (commercial, derivatives) -> Openverse's codes, Bing's levels
CODES = {
    (False, False): ("by,by-nc,by-nc-nd,by-nc-sa,by-nd,by-sa,cc0,pdm", "L2_L3_L4_L5_L6_L7"),
    (False, True): ("by,by-nc,by-nc-sa,by-sa,cc0,pdm", "L2_L3_L5_L6"),
    (True, False): ("by,by-nd,by-sa,cc0,pdm", "L2_L3_L4"),
    (True, True): ("by,by-sa,cc0,pdm", "L2_L3"),
}


def reference(engine: str, query: str, commercial: bool, derivatives: bool, page: int) -> str:
    """One address with all parameters, by a table of the four uses."""
    if engine not in ENGINES or page < 1:
        raise ValueError("no such engine or page")
    codes, levels = CODES[(commercial, derivatives)]
    if engine == "openverse":
        return "https://api.openverse.org/v1/images/?" + urlencode({"q": query, "license": codes, "page": page, "page_size": 20})
    if engine == "commons":
        asked = f"action=query&format=json&generator=search&gsrnamespace=6&gsrlimit=20&gsroffset={20 * page - 20}&gsrsearch={quote(query)}"
        return f"https://commons.wikimedia.org/w/api.php?{asked}&prop=imageinfo&iiprop=url%7Cextmetadata"
    if engine == "bing":
        return f"https://www.bing.com/images/search?q={quote(query)}&first={20 * page - 19}&qft=%2Bfilterui:license-{levels}"
    return f"https://www.google.com/search?q={quote(query)}&tbm=isch&tbs=il:cl&start={20 * page - 20}"


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Every use of every engine, odd queries, late pages."""
    for use in USES:
        yield Case(OPENVERSE, ("openverse", "cat", *use, 1))
        yield Case(BING, ("bing", "cat", *use, 1))
        yield Case(COARSE, ("commons", "cat", *use, 1))
        yield Case(COARSE, ("google", "cat", *use, 1))
    for engine in ENGINES:
        yield Case(ADDRESS, (engine, "cat", True, True, 1))
        yield Case(QUERY, (engine, str(rng.choice(["고양이 사진", "black & white", "50% grey", "a+b=c", "“quoted”"])), True, True, 1))
        yield Case(PAGES, (engine, "cat", True, True, int(rng.integers(4, 12))))
        yield Case(REFUSED, (engine, "cat", True, True, 0), raises="ValueError")
    yield Case(REFUSED, ("Openverse", "cat", True, True, 1), raises="ValueError")


exercise = Exercise(
    id="search_request",
    title="Asking a search engine for licensed pictures",
    points=4,
    minutes=15,
    hints=(
        "Build one dict of parameters per engine; let `requests` do the encoding later. Do not quote the query yourself.",
        "Openverse: start with the eight codes; take out those with `nc` if the use is commercial, those with `nd` if it makes derivatives.",
        "Bing: the four uses have four fixed lists of levels. A dict with the key `(commercial, derivatives)` is the shortest way to write that down.",
        "Twenty results a page: Openverse counts pages from 1, Commons and Google skip `20 * (page - 1)` results, Bing names the first result: `20 * (page - 1) + 1`.",
    ),
    compare=request(),
    reference=reference,
    public=(
        Case(ADDRESS, ("openverse", "cat", True, True, 1)),
        Case(ADDRESS, ("commons", "cat", True, True, 1)),
        Case(ADDRESS, ("bing", "cat", True, True, 1)),
        Case(ADDRESS, ("google", "cat", True, True, 1)),
        Case(OPENVERSE, ("openverse", "cat", True, False, 1)),
        Case(OPENVERSE, ("openverse", "cat", False, False, 1)),
        Case(BING, ("bing", "cat", False, False, 1)),
        Case(BING, ("bing", "cat", False, True, 1)),
        Case(COARSE, ("google", "cat", False, False, 1)),
        Case(COARSE, ("commons", "cat", False, False, 1)),
        Case(QUERY, ("openverse", "black & white cat", True, True, 1)),
        Case(QUERY, ("bing", "고양이", True, True, 1)),
        Case(PAGES, ("openverse", "cat", True, True, 3)),
        Case(PAGES, ("commons", "cat", True, True, 3)),
        Case(PAGES, ("bing", "cat", True, True, 3)),
        Case(PAGES, ("google", "cat", True, True, 3)),
        Case(REFUSED, ("yahoo", "cat", True, True, 1), raises="ValueError"),
        Case(REFUSED, ("bing", "cat", True, True, 0), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_parameters(engine, query, commercial, derivatives, page):
    if engine not in ("openverse", "commons", "bing", "google") or page < 1:
        raise ValueError(f"there is no engine {engine!r} or no page {page}")
    skipped = 20 * (page - 1)
    if engine == "openverse":
        codes = ["cc0", "pdm", "by", "by-sa", "by-nc", "by-nd", "by-nc-sa", "by-nc-nd"]
        codes = [c for c in codes if not (commercial and "nc" in c.split("-")) and not (derivatives and "nd" in c.split("-"))]
        params = {"q": query, "license": ",".join(codes), "page": page, "page_size": 20}
        return {"url": "https://api.openverse.org/v1/images/", "params": params}
    if engine == "commons":
        params = {"action": "query", "format": "json", "generator": "search", "gsrsearch": query, "gsrnamespace": 6, "gsrlimit": 20}
        params |= {"gsroffset": skipped, "prop": "imageinfo", "iiprop": "url|extmetadata"}
        return {"url": "https://commons.wikimedia.org/w/api.php", "params": params}
    if engine == "bing":
        use = (commercial, derivatives)
        levels = {(False, False): "L2_L3_L4_L5_L6_L7", (True, False): "L2_L3_L4", (False, True): "L2_L3_L5_L6", (True, True): "L2_L3"}[use]
        params = {"q": query, "qft": f"+filterui:license-{levels}", "first": skipped + 1}
        return {"url": "https://www.bing.com/images/search", "params": params}
    return {"url": "https://www.google.com/search", "params": {"q": query, "tbm": "isch", "tbs": "il:cl", "start": skipped}}


@exercise.right
def one_address(engine, query, commercial, derivatives, page):
    import urllib.parse

    if page < 1:
        raise ValueError("pages start at 1")
    level = "L2_L3" + ("" if derivatives else "_L4") + ("" if commercial else "_L5_L6") + ("" if commercial or derivatives else "_L7")
    codes = "by,by-sa,cc0,pdm" + ("" if derivatives else ",by-nd") + ("" if commercial else ",by-nc,by-nc-sa")
    codes += "" if commercial or derivatives else ",by-nc-nd"
    n = 20 * page - 20
    asked = {
        "openverse": ("https://api.openverse.org/v1/images/", f"page_size=20&page={page}&license={codes}&q="),
        "commons": (
            "https://commons.wikimedia.org/w/api.php",
            f"action=query&format=json&prop=imageinfo&iiprop=extmetadata|url&generator=search&gsrlimit=20&gsroffset={n}&gsrnamespace=6&gsrsearch=",
        ),
        "bing": ("https://www.bing.com/images/search", f"qft=+filterui:license-{level}&first={n + 1}&q="),
        "google": ("https://www.google.com/search", f"tbm=isch&tbs=il:cl&start={n}&q="),
    }
    if engine not in asked:
        raise ValueError(engine)
    return "?".join(asked[engine]) + urllib.parse.quote(query)


exercise.right(variant(with_parameters, "with_a_warning", ("    skipped = 20", '    import warnings\n    warnings.warn("mind the terms of use")\n    skipped = 20')))

exercise.wrong(
    "You ask for the same licences whatever the use. Openverse takes the codes of all licences that you can accept: without NC for a commercial use, "
    "without ND where something is changed.",
    share=3 / 7,
)(variant(with_parameters, "always_all", ('if not (commercial and "nc" in c.split("-")) and not (derivatives and "nd" in c.split("-"))', "if c")))

exercise.wrong(
    "You named what the use must not have (`nc`, `nd`) as if it were what it needs. The filter lists the licences that may come, so these codes "
    "belong out of it.",
    share=3 / 7,
)(variant(with_parameters, "turned_round", ('if not (commercial and "nc" in c.split("-")) and not (derivatives and "nd" in c.split("-"))', 'if (not commercial or "nc" in c.split("-")) and (not derivatives or "nd" in c.split("-"))')))

exercise.wrong(
    "You ask Bing for the level of the strictest use only. `L2_L3` (commercial, with changes) excludes most of what a use that neither sells nor "
    "changes could take: each of the four uses has a list of its own.",
    share=6 / 7,
)(variant(with_parameters, "one_level", ("        use = (commercial, derivatives)", "        use = (True, True)")))

exercise.wrong(
    "For Bing you swapped the two middle uses: `L2_L3_L4` is for commercial use without changes, `L2_L3_L5_L6` for changes without commercial use.",
    share=6 / 7,
)(variant(with_parameters, "levels_swapped", ("        use = (commercial, derivatives)", "        use = (derivatives, commercial)")))

exercise.wrong(
    "You quoted the query, and whoever sends the parameters quotes it again: the engine then looks for `%20`. Hand the query over as it was typed.",
    share=6 / 7,
)(variant(with_parameters, "quoted_twice", ("    skipped = 20", '    from urllib.parse import quote\n    query = quote(query)\n    skipped = 20')))

exercise.wrong(
    "You count pages everywhere as Openverse does. Commons (`gsroffset`) and Google (`start`) want the number of results to skip, Bing (`first`) the number "
    "of the first result.",
    share=6 / 7,
)(variant(with_parameters, "pages_everywhere", ('"gsroffset": skipped', '"gsroffset": page - 1'), ('"first": skipped + 1', '"first": page'), ('"start": skipped', '"start": page - 1')))

exercise.wrong(
    "The requests are right, but an engine that you do not know gets an answer too, or page 0 does. Look at both first and raise a ValueError.",
    share=6 / 7,
)(variant(with_parameters, "nothing_refused", ('if engine not in ("openverse", "commons", "bing", "google") or page < 1', 'if page < -9')))

exercise.wrong(
    "You ask Commons for the pictures' addresses alone. Without `extmetadata` in `iiprop` the answer says nothing about author and licence, "
    "and without these you may not use a single file.",
    share=3 / 7,
)(variant(with_parameters, "no_metadata", ('"url|extmetadata"', '"url"')))
