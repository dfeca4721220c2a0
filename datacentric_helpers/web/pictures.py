"""Pictures for the embedded web: crops and re-encodings of real photographs, with metadata written into the files.

The photographs come with scikit-image and scikit-learn (``datasets.photographs`` reads them; the data card says what their real
licences are). Which crop a picture is, is drawn from a seed; it is encoded when it is first asked for.
"""

from __future__ import annotations

import html
import io
import random
import struct
from dataclasses import dataclass
from functools import cache, lru_cache

from PIL import Image

from datacentric_helpers import datasets
from datacentric_helpers.web.licences import DEEDS, NAMES, SHORT

__all__ = ["PHOTOGRAPHS", "TYPES", "Photograph", "Recipe", "encode", "size_of"]

LARGEST = 512  # pixels: the longer side of a photograph as the web uses it
TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


@dataclass(frozen=True)
class Photograph:
    """A real photograph: what it shows, and its real licence and source as the package that brings it states them."""

    name: str
    title: str
    korean: str
    tags: tuple[str, ...]
    licence: str
    credit: str


PHOTOGRAPHS = (
    Photograph("astronaut", "Astronaut", "우주인", ("astronaut", "portrait", "space"), "no known restrictions, public domain",
               "Eileen Collins; NASA Great Images"),
    Photograph("brick", "Brick wall", "벽돌담", ("wall", "brick", "texture"), "CC0", "CC0Textures, Bricks25"),
    Photograph("camera", "Cameraman", "사진사", ("camera", "person", "lawn"), "CC0", "Lav Varshney"),
    Photograph("chelsea", "Cat", "고양이", ("cat", "animal", "face"), "CC0", "Stefan van der Walt"),
    Photograph("clock_motion", "Wall clock", "벽시계", ("clock", "blur", "wall"), "public domain", "Stefan van der Walt"),
    Photograph("coffee", "Coffee cup", "커피 한 잔", ("coffee", "cup", "table"), "CC0", "Rachel Michetti, courtesy of Pikolo Espresso Bar"),
    Photograph("coins", "Greek coins", "그리스 동전", ("coins", "museum", "money"), "no known restrictions", "Brooklyn Museum Collection"),
    Photograph("grass", "Grass", "풀밭", ("grass", "texture", "green"), "CC0", "DeviantArt, linolafett: Grass 01"),
    Photograph("gravel", "Gravel", "자갈", ("gravel", "texture", "stones"), "CC0", "CC0Textures, Gravel04"),
    Photograph("hubble_deep_field", "Deep field", "먼 은하들", ("galaxy", "space", "stars"), "public domain", "NASA, HubbleSite"),
    Photograph("retina", "Retina", "망막", ("retina", "eye", "medicine"), "CC0 1.0", "Mikael Häggström, Wikimedia Commons"),
    Photograph("rocket", "Rocket launch", "로켓 발사", ("rocket", "launch", "space"), "public domain", "SpaceX: DSCOVR on Falcon 9"),
    Photograph("china", "Temple", "사원", ("temple", "roof", "architecture"), "CC BY 2.0", "danielbuechele, Flickr 6061409035"),
    Photograph("flower", "Flower", "꽃", ("flower", "garden", "pink"), "CC BY 2.0", "vultilion, Flickr 6056698931"),
)


@dataclass(frozen=True)
class Recipe:
    """How a file is made: which part of which photograph, how wide, in which format, and whose licence stands inside it."""

    photograph: str
    box: tuple[float, float, float, float]  # left, top, right, bottom as shares of the photograph
    width: int
    format: str = "jpg"
    quality: int = 80
    xmp: str = ""
    iptc: str = ""
    author: str = ""

    @classmethod
    def drawn(cls, rng: random.Random, photograph: str, format: str = "jpg") -> Recipe:
        """A crop drawn with ``rng``: between 60 and 95 % of each side."""
        width, height = rng.uniform(0.6, 0.95), rng.uniform(0.6, 0.95)
        left, top = rng.uniform(0, 1 - width), rng.uniform(0, 1 - height)
        box = (left, top, left + width, top + height)
        return cls(photograph, box, rng.randrange(200, 330), format, rng.randrange(72, 90))


@cache
def _photographs() -> dict[str, Image.Image]:
    """The photographs, no side longer than ``LARGEST``."""
    small = {}
    for name, pixels in datasets.photographs().items():
        small[name] = Image.fromarray(pixels).convert("RGB")
        small[name].thumbnail((LARGEST, LARGEST))
    return small


def _pixels(recipe: Recipe) -> tuple[int, int, int, int]:
    width, height = _photographs()[recipe.photograph].size
    left, top, right, bottom = recipe.box
    return round(left * width), round(top * height), round(right * width), round(bottom * height)


def size_of(recipe: Recipe) -> tuple[int, int]:
    """Width and height in pixels of the picture that ``recipe`` makes."""
    left, top, right, bottom = _pixels(recipe)
    return recipe.width, max(1, round(recipe.width * (bottom - top) / (right - left)))


@lru_cache(maxsize=2048)
def encode(recipe: Recipe) -> bytes:
    """The file that ``recipe`` makes; the same recipe makes the same bytes."""
    picture = _photographs()[recipe.photograph].crop(_pixels(recipe)).resize(size_of(recipe), Image.Resampling.BILINEAR)
    out = io.BytesIO()
    if recipe.format == "png":
        picture.quantize(64, method=Image.Quantize.FASTOCTREE).save(out, "PNG", compress_level=6)
    elif recipe.format == "webp":
        picture.save(out, "WEBP", quality=recipe.quality, method=0)
    else:
        inside = {"xmp": _xmp(recipe.xmp, recipe.author)} if recipe.xmp else {}
        picture.save(out, "JPEG", quality=recipe.quality, **inside)
    data = out.getvalue()
    return data[:2] + _iptc(recipe.iptc, recipe.author) + data[2:] if recipe.iptc else data


def _xmp(licence: str, author: str) -> bytes:
    """An XMP packet (ISO 16684-1) that states ``licence`` as Creative Commons recommends (wiki.creativecommons.org/wiki/XMP)."""
    marked = "False" if licence in ("CC0-1.0", "PDM-1.0") else "True"
    terms = html.escape(f"This work is licensed under {NAMES['en'][licence]}, {DEEDS[licence]}")
    packet = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/"
 xmlns:cc="http://creativecommons.org/ns#" xmpRights:Marked="{marked}" xmpRights:WebStatement="{DEEDS[licence]}">
<dc:creator><rdf:Seq><rdf:li>{html.escape(author)}</rdf:li></rdf:Seq></dc:creator>
<xmpRights:UsageTerms><rdf:Alt><rdf:li xml:lang="x-default">{terms}</rdf:li></rdf:Alt></xmpRights:UsageTerms>
<cc:license rdf:resource="{DEEDS[licence]}"/>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""
    return packet.encode()


def _iptc(licence: str, author: str) -> bytes:
    """A Photoshop segment (APP13) with IPTC-IIM records 2:80, by-line, and 2:116, copyright notice (IIM 4.2, chapter 6)."""
    notice = f"© {author}. All rights reserved." if licence == "ARR" else f"© {author}. {SHORT[licence]}, {DEEDS[licence]}"
    records = b"\x1c\x01\x5a" + struct.pack(">H", 3) + b"\x1b%G"  # 1:90: what follows is UTF-8
    for number, text in ((80, author), (116, notice)):
        records += bytes((0x1C, 2, number)) + struct.pack(">H", len(text.encode())) + text.encode()
    block = b"8BIM\x04\x04\x00\x00" + struct.pack(">I", len(records)) + records + b"\x00" * (len(records) % 2)
    body = b"Photoshop 3.0\x00" + block
    return b"\xff\xed" + struct.pack(">H", len(body) + 2) + body
