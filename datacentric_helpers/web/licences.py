"""The licences that the embedded web's pages state, and the ways in which they state them.

This module only *writes* statements; nothing here reads one. A statement stands in one of these places (``FORMS``), and a
web page or a file may carry several:

    link      ``<a rel="license" href="…">`` in the picture's caption
    head      ``<link rel="license" href="…">`` in the page's head: it holds for the pictures of the page
    rdfa      Creative Commons' REL in RDFa: an element with ``about="address of the picture"`` around a ``rel="license"`` link
    jsonld    a JSON-LD ``ImageObject`` with ``contentUrl``, ``license``, ``creator``
    xmp       an XMP packet inside the file (``cc:license``, ``xmpRights:WebStatement``, ``xmpRights:UsageTerms``); the page is silent
    iptc      an IPTC copyright notice (IIM 2:116) inside the file; the page is silent
    caption   words in the caption: "CC BY-SA 4.0", "All rights reserved", or the licence's full name
    footer    a sentence in the page's footer on all photographs of the page

Prose in the text of an article that mentions a licence is no statement. Where two statements differ, nothing may be taken.
Documented in: CC REL (https://www.w3.org/submissions/ccREL/), the IPTC Photo Metadata Standard 2023.1, XMP part 1
(ISO 16684-1), and "Image metadata in Google Images" (developers.google.com/search/docs/appearance/structured-data).
"""

from __future__ import annotations

import html
import json

__all__ = ["CC", "DEEDS", "FORMS", "NAMES", "SHORT", "caption_words", "footer_sentence", "json_ld", "rel_link"]

FORMS = ("link", "head", "rdfa", "jsonld", "xmp", "iptc", "caption", "footer")

DEEDS = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "CC-BY-NC-4.0": "https://creativecommons.org/licenses/by-nc/4.0/",
    "CC-BY-ND-4.0": "https://creativecommons.org/licenses/by-nd/4.0/",
    "CC-BY-NC-SA-4.0": "https://creativecommons.org/licenses/by-nc-sa/4.0/",
    "CC-BY-NC-ND-4.0": "https://creativecommons.org/licenses/by-nc-nd/4.0/",
    "PDM-1.0": "https://creativecommons.org/publicdomain/mark/1.0/",
}
CC = tuple(DEEDS)
SHORT = {
    "CC0-1.0": "CC0 1.0", "CC-BY-4.0": "CC BY 4.0", "CC-BY-SA-4.0": "CC BY-SA 4.0", "CC-BY-NC-4.0": "CC BY-NC 4.0",
    "CC-BY-ND-4.0": "CC BY-ND 4.0", "CC-BY-NC-SA-4.0": "CC BY-NC-SA 4.0", "CC-BY-NC-ND-4.0": "CC BY-NC-ND 4.0",
    "PDM-1.0": "Public Domain Mark 1.0",
}
NAMES = {
    "en": {
        "CC0-1.0": "CC0 1.0 Universal Public Domain Dedication",
        "CC-BY-4.0": "Creative Commons Attribution 4.0 International",
        "CC-BY-SA-4.0": "Creative Commons Attribution-ShareAlike 4.0 International",
        "CC-BY-NC-4.0": "Creative Commons Attribution-NonCommercial 4.0 International",
        "CC-BY-ND-4.0": "Creative Commons Attribution-NoDerivatives 4.0 International",
        "CC-BY-NC-SA-4.0": "Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International",
        "CC-BY-NC-ND-4.0": "Creative Commons Attribution-NonCommercial-NoDerivatives 4.0 International",
        "PDM-1.0": "Public Domain Mark 1.0",
    },
    "ko": {
        "CC0-1.0": "CC0 1.0 퍼블릭 도메인 기증",
        "CC-BY-4.0": "크리에이티브 커먼즈 저작자표시 4.0 국제 라이선스",
        "CC-BY-SA-4.0": "크리에이티브 커먼즈 저작자표시-동일조건변경허락 4.0 국제 라이선스",
        "CC-BY-NC-4.0": "크리에이티브 커먼즈 저작자표시-비영리 4.0 국제 라이선스",
        "CC-BY-ND-4.0": "크리에이티브 커먼즈 저작자표시-변경금지 4.0 국제 라이선스",
        "CC-BY-NC-SA-4.0": "크리에이티브 커먼즈 저작자표시-비영리-동일조건변경허락 4.0 국제 라이선스",
        "CC-BY-NC-ND-4.0": "크리에이티브 커먼즈 저작자표시-비영리-변경금지 4.0 국제 라이선스",
        "PDM-1.0": "퍼블릭 도메인 마크 1.0",
    },
}


def rel_link(licence: str, lang: str, variant: int = 0) -> str:
    """A ``rel="license"`` link to the deed, written in one of the ways that the web has (``variant``)."""
    deed = DEEDS[licence]
    address = [deed, deed, deed.replace("https:", "http:"), deed.rstrip("/"), deed + "deed.ko", deed + "legalcode"][variant % 6]
    return f'<a rel="license" href="{address}">{SHORT[licence] if variant % 2 else NAMES[lang][licence]}</a>'


def caption_words(licence: str, author: str, lang: str, variant: int = 0) -> str:
    """What a caption says of the licence in words; ``"ARR"`` reserves all rights."""
    if licence == "ARR":
        reserved = {"en": "All rights reserved.", "ko": "모든 권리 보유. 무단 전재 및 재배포 금지."}[lang]
        return f"© {html.escape(author)}. {reserved}"
    return f"{SHORT[licence] if variant % 2 else NAMES[lang][licence]}."


def footer_sentence(licence: str, lang: str) -> str:
    """A sentence for the footer on all photographs of the page."""
    if licence == "ARR":
        return {"en": "All photographs on this page: all rights reserved.", "ko": "이 페이지의 모든 사진: 모든 권리 보유."}[lang]
    opening = {"en": "Licence of all photographs on this page", "ko": "이 페이지의 모든 사진에 적용되는 라이선스"}
    return f"{opening[lang]}: {NAMES[lang][licence]}."


def json_ld(url: str, page: str, licence: str, author: str) -> str:
    """A script element with the picture as a schema.org ``ImageObject``."""
    described = {
        "@context": "https://schema.org/", "@type": "ImageObject", "contentUrl": url, "license": DEEDS[licence],
        "acquireLicensePage": page, "creditText": author, "creator": {"@type": "Person", "name": author},
        "copyrightNotice": author,
    }
    return '<script type="application/ld+json">' + json.dumps(described, ensure_ascii=False).replace("</", "<\\/") + "</script>"
