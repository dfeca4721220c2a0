"""The credit line of a work: title, author, source, licence, changes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from datacentric_helpers.compare import exact
from graders.exercise import Case, Exercise

LINE, CHANGES, UNTITLED = "title, author, source, licence in one line", "changes are named", "a work without title"
VERSION, CC0 = "version and country of the licence stay", "CC0 works without a known author"
MISSING, FOREIGN = "a missing author, source or licence is refused", "a licence that is not from CC is refused"
ADAPTED = "a changed NoDerivatives work is refused"

CODES = ("BY", "BY-SA", "BY-NC", "BY-NC-SA", "BY-ND", "BY-NC-ND")
COUNTRIES = ("", "-KR", "-DE", "-JP", "-NL", "-US")
BASE = "https://creativecommons.org/"
# SPDX-like identifier -> what people read, and the address of the deed
DEEDS = {
    f"CC-{code}-{version}{country}": (
        f"CC {code} {version}{country.replace('-', ' ')}",
        f"{BASE}licenses/{code.lower()}/{version}/" + (f"{country[1:].lower()}/" if country else ""),
    )
    for code in CODES for version in ("1.0", "2.0", "2.5", "3.0", "4.0") for country in COUNTRIES
} | {"CC0-1.0": ("CC0 1.0", f"{BASE}publicdomain/zero/1.0/")}

HANOK = {
    "title": "Hanok at dusk", "author": "Yuna Seo", "source": "https://example.org/photo/7", "licence": "CC-BY-4.0", "changes": [],
}


def reference(work: dict[str, Any]) -> str:
    """The credit line; the licence's name and address are looked up in ``DEEDS``.

    ``work`` has title, author, source, licence (strings, or None) and changes (a list of strings). Raises ValueError where source,
    licence or author is missing or blank (the author of a CC0 work may be), for a licence that is not from CC, and for changes to an
    ND work.
    """
    title, author, source, licence = ((work[key] or "").strip() for key in ("title", "author", "source", "licence"))
    if not source or licence not in DEEDS:
        raise ValueError("the source is missing, or the licence is not one of Creative Commons")
    if not author and licence != "CC0-1.0":
        raise ValueError("the author is missing")
    if "-ND-" in licence and work["changes"]:
        raise ValueError("an ND work may not be shared with changes")
    name, address = DEEDS[licence]
    line = [f'"{title}"' if title else "Untitled", *([f"by {author}"] if author else []), f"({source}),", name, f"({address})"]
    return " ".join(line) + (f"; changes: {', '.join(work['changes'])}" if work["changes"] else "")


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Each rule alone, then random works."""
    yield Case(UNTITLED, ({**HANOK, "title": "   "},))
    yield Case(UNTITLED, ({**HANOK, "title": None, "author": "이하늘"},))
    yield Case(LINE, ({**HANOK, "title": "노을 진 한옥", "author": "서유나"},))
    yield Case(LINE, ({**HANOK, "licence": "CC-BY-NC-ND-4.0"},))
    yield Case(CHANGES, ({**HANOK, "changes": ["cropped", "scaled to 256 × 256", "converted to grey"]},))
    yield Case(VERSION, ({**HANOK, "licence": "CC-BY-SA-2.5"},))
    yield Case(VERSION, ({**HANOK, "licence": "CC-BY-NC-SA-3.0-DE"},))
    yield Case(CC0, ({**HANOK, "licence": "CC0-1.0", "author": " "},))
    for _ in range(4):
        number, code = int(rng.integers(1, 999)), str(rng.choice(CODES[:4]))
        work = {**HANOK, "title": f"Street {number}", "author": f"user{number}", "source": f"https://example.org/photo/{number}"}
        yield Case(LINE, ({**work, "licence": f"CC-{code}-4.0"},))
        yield Case(CHANGES, ({**work, "licence": f"CC-{code}-4.0", "changes": ["cropped"]},))
        yield Case(VERSION, ({**work, "licence": f"CC-{code}-{rng.choice(['2.0', '3.0'])}{rng.choice(COUNTRIES[1:])}"},))
    for key in ("author", "source", "licence"):
        yield Case(MISSING, ({**HANOK, key: None},), raises="ValueError")
        yield Case(MISSING, ({**HANOK, key: "  "},), raises="ValueError")
    yield Case(MISSING, ({**HANOK, "licence": "CC0-1.0", "source": ""},), raises="ValueError")
    yield Case(FOREIGN, ({**HANOK, "licence": "MIT"},), raises="ValueError")
    yield Case(FOREIGN, ({**HANOK, "licence": "CC BY 4.0"},), raises="ValueError")
    yield Case(ADAPTED, ({**HANOK, "licence": "CC-BY-NC-ND-3.0-KR", "changes": ["cropped", "sharpened"]},), raises="ValueError")


exercise = Exercise(
    id="attribution",
    title="The credit line",
    points=3,
    minutes=15,
    hints=(
        "Take the identifier apart first: `re.fullmatch` with a group for the elements (`BY-NC-SA`), one for the version, one for the "
        "country, which may be absent.",
        "What people read is the identifier with spaces (`CC BY-NC-SA 3.0 KR`); the address is in small letters, with slashes.",
        "Build the line from parts that may be empty: the title or the word Untitled, \" by \" and the author if there is one, then source, "
        "licence, and the changes only where there are any.",
    ),
    compare=exact(),  # one line of text: every character is fixed by the statement
    reference=reference,
    public=(
        Case(LINE, (HANOK,)),
        Case(CHANGES, ({**HANOK, "licence": "CC-BY-SA-4.0", "changes": ["cropped", "converted to grey"]},)),
        Case(UNTITLED, ({**HANOK, "title": None},)),
        Case(VERSION, ({**HANOK, "licence": "CC-BY-NC-2.0-KR"},)),
        Case(CC0, ({**HANOK, "licence": "CC0-1.0", "author": None},)),
        Case(MISSING, ({**HANOK, "author": None},), raises="ValueError"),
        Case(MISSING, ({**HANOK, "source": ""},), raises="ValueError"),
        Case(FOREIGN, ({**HANOK, "licence": "GPL-3.0-only"},), raises="ValueError"),
        Case(ADAPTED, ({**HANOK, "licence": "CC-BY-ND-4.0", "changes": ["cropped"]},), raises="ValueError"),
    ),
    hidden=hidden,
)


@exercise.right
def with_a_pattern(work):
    given = {key: (work[key] or "").strip() for key in ("title", "author", "source", "licence")}
    found = re.fullmatch(r"CC-(BY(?:-NC)?(?:-SA|-ND)?)-(\d\.\d)(?:-([A-Z]{2}))?", given["licence"])
    if given["licence"] == "CC0-1.0":
        name, path = "CC0 1.0", "publicdomain/zero/1.0/"
    elif found:
        code, version, country = found.groups()
        name = f"CC {code} {version}" + (f" {country}" if country else "")
        path = f"licenses/{code}/{version}/".lower() + (f"{country}/".lower() if country else "")
        if not given["author"]:
            raise ValueError("who made it?")
        if "ND" in code and work["changes"]:
            raise ValueError("ND: no changes")
    else:
        raise ValueError(f"not a Creative Commons licence: {given['licence']!r}")
    if not given["source"]:
        raise ValueError("where is it from?")
    title = f'"{given["title"]}"' if given["title"] else "Untitled"
    author = f" by {given['author']}" if given["author"] else ""
    changes = f"; changes: {', '.join(work['changes'])}" if work["changes"] else ""
    return f"{title}{author} ({given['source']}), {name} (https://creativecommons.org/{path}){changes}"


@exercise.right
def with_split(work):
    licence = str(work["licence"] or "").strip()
    parts = licence.split("-")
    if licence != "CC0-1.0" and (parts[0] != "CC" or "BY" not in parts):
        raise ValueError("not a licence of Creative Commons")
    for key in ("source", "author"):
        if not (work[key] or "").strip() and (key == "source" or licence != "CC0-1.0"):
            raise ValueError(f"{key} is missing")
    if "ND" in parts and len(work["changes"]) > 0:
        raise ValueError("ND")
    if licence == "CC0-1.0":
        name, url = "CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"
    else:
        elements = [p for p in parts[1:] if p in ("BY", "NC", "SA", "ND")]
        rest = parts[1 + len(elements):]
        name = " ".join(["CC", "-".join(elements), *rest])
        url = "/".join(["https://creativecommons.org/licenses", "-".join(elements).lower(), *[r.lower() for r in rest], ""])
    line = '"' + work["title"].strip() + '"' if (work["title"] or "").strip() else "Untitled"
    if (work["author"] or "").strip():
        line += " by " + work["author"].strip()
    line += " (" + work["source"].strip() + "), " + name + " (" + url + ")"
    if work["changes"]:
        line += "; changes: " + ", ".join(work["changes"])
    return line


@exercise.right
def with_a_warning(work):
    import warnings

    title, author, source, licence = ((work[key] or "").strip() for key in ("title", "author", "source", "licence"))
    zero = licence == "CC0-1.0"
    if not source or (not author and not zero) or not licence.startswith("CC-BY-") and not zero:
        raise ValueError("author, source or licence is missing or unknown")
    if work["changes"] and "-ND-" in licence:
        raise ValueError("ND")
    if not title:
        warnings.warn("a title would help people to find the work", stacklevel=2)
    elements, *rest = licence.removeprefix("CC-").replace("-NC", "_NC").replace("-SA", "_SA").replace("-ND", "_ND").split("-")
    elements = elements.replace("_", "-")
    name = "CC0 1.0" if zero else " ".join(["CC", elements, *rest])
    path = "publicdomain/zero/1.0/" if zero else f"licenses/{'/'.join([elements, *rest]).lower()}/"
    line = (f'"{title}"' if title else "Untitled") + (f" by {author}" if author else "")
    line += f" ({source}), {name} (https://creativecommons.org/{path})"
    return line + ("; changes: " + ", ".join(work["changes"]) if work["changes"] else "")


@exercise.wrong(
    "You left the author out. The name is what every BY licence asks for first: without it the permission ends, however "
    "carefully the source is linked.",
    share=4 / 8,
)
def no_author(work):
    title, author, source, licence = ((work[key] or "").strip() for key in ("title", "author", "source", "licence"))
    found = re.fullmatch(r"CC-(BY[A-Z-]*?)-(\d\.\d)(?:-([A-Z]{2}))?", licence)
    if not found and licence != "CC0-1.0":
        raise ValueError("not a Creative Commons licence")
    if not source or (found and not author):
        raise ValueError("source or author is missing")
    if "-ND" in licence and work["changes"]:
        raise ValueError("an ND work may not be changed")
    parts = [part for part in found.groups() if part] if found else ["0"]
    name = " ".join(["CC", *parts]) if found else "CC0 1.0"
    path = "/".join(["licenses", *parts]).lower() if found else "publicdomain/zero/1.0"
    line = (f'"{title}"' if title else "Untitled")
    line += f" ({source}), {name} (https://creativecommons.org/{path}/)"
    return line + (f"; changes: {', '.join(work['changes'])}" if work["changes"] else "")


@exercise.wrong(
    "Your line names the licence but does not link it. Few readers know what the letters permit; the licences from 4.0 back "
    "to 1.0 ask for the text or its address.",
    share=0,
)
def no_link_to_the_licence(work):
    title, author, source, licence = ((work[key] or "").strip() for key in ("title", "author", "source", "licence"))
    found = re.fullmatch(r"CC-(BY[A-Z-]*?)-(\d\.\d)(?:-([A-Z]{2}))?", licence)
    if not found and licence != "CC0-1.0":
        raise ValueError("not a Creative Commons licence")
    if not source or (found and not author):
        raise ValueError("source or author is missing")
    if "-ND" in licence and work["changes"]:
        raise ValueError("an ND work may not be changed")
    parts = [part for part in found.groups() if part] if found else ["0"]
    name = " ".join(["CC", *parts]) if found else "CC0 1.0"
    path = "/".join(["licenses", *parts]).lower() if found else "publicdomain/zero/1.0"
    line = (f'"{title}"' if title else "Untitled") + (f" by {author}" if author else "")
    line += f" ({source}), {name}"
    return line + (f"; changes: {', '.join(work['changes'])}" if work["changes"] else "")


@exercise.wrong(
    "You wrote version 4.0 for every licence. The version is part of the terms: 2.0 KR is a Korean text of its own, and "
    "only 4.0 forgives a breach that is mended within 30 days.",
    share=7 / 8,
)
def always_four(work):
    title, author, source, licence = ((work[key] or "").strip() for key in ("title", "author", "source", "licence"))
    found = re.fullmatch(r"CC-(BY[A-Z-]*?)-(\d\.\d)(?:-([A-Z]{2}))?", licence)
    if not found and licence != "CC0-1.0":
        raise ValueError("not a Creative Commons licence")
    if not source or (found and not author):
        raise ValueError("source or author is missing")
    if "-ND" in licence and work["changes"]:
        raise ValueError("an ND work may not be changed")
    parts = [part for part in found.groups() if part] if found else ["0"]
    name = " ".join(["CC", parts[0], "4.0"]) if found else "CC0 1.0"
    path = "/".join(["licenses", parts[0], "4.0"]).lower() if found else "publicdomain/zero/1.0"
    line = (f'"{title}"' if title else "Untitled") + (f" by {author}" if author else "")
    line += f" ({source}), {name} (https://creativecommons.org/{path}/)"
    return line + (f"; changes: {', '.join(work['changes'])}" if work["changes"] else "")


@exercise.wrong(
    "You dropped the country of a ported licence. CC BY-NC 2.0 KR and the unported 2.0 are two texts at two addresses: keep "
    "both letters.",
    share=7 / 8,
)
def country_dropped(work):
    title, author, source, licence = ((work[key] or "").strip() for key in ("title", "author", "source", "licence"))
    found = re.fullmatch(r"CC-(BY[A-Z-]*?)-(\d\.\d)(?:-([A-Z]{2}))?", licence)
    if not found and licence != "CC0-1.0":
        raise ValueError("not a Creative Commons licence")
    if not source or (found and not author):
        raise ValueError("source or author is missing")
    if "-ND" in licence and work["changes"]:
        raise ValueError("an ND work may not be changed")
    parts = [part for part in found.groups() if part][:2] if found else ["0"]
    name = " ".join(["CC", *parts]) if found else "CC0 1.0"
    path = "/".join(["licenses", *parts]).lower() if found else "publicdomain/zero/1.0"
    line = (f'"{title}"' if title else "Untitled") + (f" by {author}" if author else "")
    line += f" ({source}), {name} (https://creativecommons.org/{path}/)"
    return line + (f"; changes: {', '.join(work['changes'])}" if work["changes"] else "")


@exercise.wrong(
    "The line does not say what was changed. Every CC licence with BY asks for it (4.0: also if the original was changed "
    "before you): readers must not blame the author for your crop.",
    share=7 / 8,
)
def changes_not_told(work):
    title, author, source, licence = ((work[key] or "").strip() for key in ("title", "author", "source", "licence"))
    found = re.fullmatch(r"CC-(BY[A-Z-]*?)-(\d\.\d)(?:-([A-Z]{2}))?", licence)
    if not found and licence != "CC0-1.0":
        raise ValueError("not a Creative Commons licence")
    if not source or (found and not author):
        raise ValueError("source or author is missing")
    if "-ND" in licence and work["changes"]:
        raise ValueError("an ND work may not be changed")
    parts = [part for part in found.groups() if part] if found else ["0"]
    name = " ".join(["CC", *parts]) if found else "CC0 1.0"
    path = "/".join(["licenses", *parts]).lower() if found else "publicdomain/zero/1.0"
    line = (f'"{title}"' if title else "Untitled") + (f" by {author}" if author else "")
    line += f" ({source}), {name} (https://creativecommons.org/{path}/)"
    return line


@exercise.wrong(
    "A work without a title came out as a work called \"\" or \"None\". Write the word Untitled, without quotation marks, so "
    "that nobody searches for that title.",
    share=7 / 8,
)
def none_in_quotes(work):
    title, author, source, licence = ((work[key] or "").strip() for key in ("title", "author", "source", "licence"))
    found = re.fullmatch(r"CC-(BY[A-Z-]*?)-(\d\.\d)(?:-([A-Z]{2}))?", licence)
    if not found and licence != "CC0-1.0":
        raise ValueError("not a Creative Commons licence")
    if not source or (found and not author):
        raise ValueError("source or author is missing")
    if "-ND" in licence and work["changes"]:
        raise ValueError("an ND work may not be changed")
    parts = [part for part in found.groups() if part] if found else ["0"]
    name = " ".join(["CC", *parts]) if found else "CC0 1.0"
    path = "/".join(["licenses", *parts]).lower() if found else "publicdomain/zero/1.0"
    line = f'"{title}"' + (f" by {author}" if author else "")
    line += f" ({source}), {name} (https://creativecommons.org/{path}/)"
    return line + (f"; changes: {', '.join(work['changes'])}" if work["changes"] else "")


@exercise.wrong(
    "You filled a missing author with a stand-in. A BY licence without a name to credit is a warning sign, often a copy of "
    "a copy: refuse the work, and let somebody find its origin.",
    share=7 / 8,
)
def by_unknown(work):
    title, author, source, licence = ((work[key] or "").strip() for key in ("title", "author", "source", "licence"))
    found = re.fullmatch(r"CC-(BY[A-Z-]*?)-(\d\.\d)(?:-([A-Z]{2}))?", licence)
    if not found and licence != "CC0-1.0":
        raise ValueError("not a Creative Commons licence")
    if not source or not licence:
        raise ValueError("source or author is missing")
    if "-ND" in licence and work["changes"]:
        raise ValueError("an ND work may not be changed")
    parts = [part for part in found.groups() if part] if found else ["0"]
    name = " ".join(["CC", *parts]) if found else "CC0 1.0"
    path = "/".join(["licenses", *parts]).lower() if found else "publicdomain/zero/1.0"
    line = (f'"{title}"' if title else "Untitled") + (f" by {author}" if author else " by unknown" if found else "")
    line += f" ({source}), {name} (https://creativecommons.org/{path}/)"
    return line + (f"; changes: {', '.join(work['changes'])}" if work["changes"] else "")


@exercise.wrong(
    "You refused a CC0 work because its author is unknown. CC0 asks for no credit; the source and the deed are enough.",
    share=7 / 8,
)
def author_always_due(work):
    title, author, source, licence = ((work[key] or "").strip() for key in ("title", "author", "source", "licence"))
    found = re.fullmatch(r"CC-(BY[A-Z-]*?)-(\d\.\d)(?:-([A-Z]{2}))?", licence)
    if not found and licence != "CC0-1.0":
        raise ValueError("not a Creative Commons licence")
    if not source or not author:
        raise ValueError("source or author is missing")
    if "-ND" in licence and work["changes"]:
        raise ValueError("an ND work may not be changed")
    parts = [part for part in found.groups() if part] if found else ["0"]
    name = " ".join(["CC", *parts]) if found else "CC0 1.0"
    path = "/".join(["licenses", *parts]).lower() if found else "publicdomain/zero/1.0"
    line = (f'"{title}"' if title else "Untitled") + (f" by {author}" if author else "")
    line += f" ({source}), {name} (https://creativecommons.org/{path}/)"
    return line + (f"; changes: {', '.join(work['changes'])}" if work["changes"] else "")


@exercise.wrong(
    "You wrote a credit line for a changed NoDerivatives work. Crediting it properly does not help: ND forbids sharing the "
    "changed work, so stop with a ValueError.",
    share=7 / 8,
)
def changed_nd_accepted(work):
    title, author, source, licence = ((work[key] or "").strip() for key in ("title", "author", "source", "licence"))
    found = re.fullmatch(r"CC-(BY[A-Z-]*?)-(\d\.\d)(?:-([A-Z]{2}))?", licence)
    if not found and licence != "CC0-1.0":
        raise ValueError("not a Creative Commons licence")
    if not source or (found and not author):
        raise ValueError("source or author is missing")
    parts = [part for part in found.groups() if part] if found else ["0"]
    name = " ".join(["CC", *parts]) if found else "CC0 1.0"
    path = "/".join(["licenses", *parts]).lower() if found else "publicdomain/zero/1.0"
    line = (f'"{title}"' if title else "Untitled") + (f" by {author}" if author else "")
    line += f" ({source}), {name} (https://creativecommons.org/{path}/)"
    return line + (f"; changes: {', '.join(work['changes'])}" if work["changes"] else "")


@exercise.wrong(
    "You wrote a line for a licence that is not one of Creative Commons, with an address that does not exist. MIT or GPL "
    "ask for other things, their full text for one: refuse what you cannot credit correctly.",
    share=7 / 8,
)
def any_licence_goes(work):
    title, author, source, licence = ((work[key] or "").strip() for key in ("title", "author", "source", "licence"))
    found = re.fullmatch(r"CC-(BY[A-Z-]*?)-(\d\.\d)(?:-([A-Z]{2}))?", licence)
    if not licence:
        raise ValueError("no licence")
    if not source or (licence != "CC0-1.0" and not author):
        raise ValueError("source or author is missing")
    if "-ND" in licence and work["changes"]:
        raise ValueError("an ND work may not be changed")
    parts = [part for part in found.groups() if part] if found else ["0"]
    name = " ".join(["CC", *parts]) if found else "CC0 1.0"
    path = "/".join(["licenses", *parts]).lower() if found else "publicdomain/zero/1.0"
    line = (f'"{title}"' if title else "Untitled") + (f" by {author}" if author else "")
    line += f" ({source}), {name} (https://creativecommons.org/{path}/)"
    return line + (f"; changes: {', '.join(work['changes'])}" if work["changes"] else "")
