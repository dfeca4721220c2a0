"""Short customer notes with personal data in them, and where each piece stands; every person and number is invented.

A detector of personal data can only be measured on texts whose personal data are known, and nobody should collect real ones for
that. So the notes are made up: names by faker, numbers by chance, laid out as real ones are (a check digit fits where a
real number's would). Between them stand look-alikes: order numbers, dates, prices, coupons. This module writes; it finds nothing.

Not for proving that a detector is safe on real texts: people write in more ways than these.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np

__all__ = ["FORMS", "KINDS", "LANGUAGES", "Record", "document", "records"]

KINDS = ("rrn", "ssn", "card", "phone", "email", "account", "address")
LANGUAGES = ("ko", "en")
FORMS = ("plain", "wild")

T = TypeVar("T")
Span = tuple[int, int, str]
Piece = tuple[str, str]  # text, and its kind ("" where it is nobody's data)

CITIES = {
    "서울특별시": ("강남구", "마포구", "송파구"), "부산광역시": ("해운대구", "수영구"), "대구광역시": ("달서구", "중구"),
    "경기도": ("성남시 분당구", "수원시 팔달구", "파주시"), "강원특별자치도": ("춘천시", "평창군"), "전라남도": ("여수시", "해남군"),
    "경상북도": ("경주시", "울릉군"), "제주특별자치도": ("제주시", "서귀포시"),
}
SHORT = {"서울특별시": "서울", "부산광역시": "부산", "대구광역시": "대구", "경기도": "경기"}
ROADS = ("한빛로", "솔바람길", "새물결로", "은하수로12길", "달맞이길", "푸른내로", "느티나무길", "별마루로7번길")
VILLAGES = ("솔내동", "은행정리", "새터동", "달빛리")
STREETS = ("Maple Street", "Oak Hill Road", "Lakeview Drive", "Cedar Ave", "Old Mill Lane", "Harbor Blvd", "Elm St")
TOWNS = ("Springfield, IL 62704", "Lake City, MN 55041", "Fairview, OR 97024", "Riverton, UT 84065")
BANKS = {"ko": ("국민은행", "신한은행", "카카오뱅크", "농협은행", "우리은행"), "en": ("First Bank", "Harbor Bank", "River Bank")}
LAYOUTS = ((6, 2, 6), (3, 3, 6), (4, 2, 7), (3, 4, 4, 2), (3, 6, 2, 3))
FULL_WIDTH = str.maketrans("0123456789-", "０１２３４５６７８９－")


@dataclass(frozen=True)
class Record:
    """A note: ``text`` and its ``spans`` (start, end, kind), in order; ``text[start:end]`` is the personal data itself."""

    text: str
    spans: tuple[Span, ...]


def records(n: int, seed: int, language: str = "ko", kinds: Iterable[str] = KINDS, forms: str = "plain") -> list[Record]:
    """``n`` notes in ``language`` ("ko", "en"), about half of which hold each of ``kinds``.

    ``forms``: "plain" writes every number in a usual form; "wild" also as people do who type in a hurry or want to slip through.
    Raises ValueError for an unknown language, kind or form.

    >>> note = records(1, seed=5, kinds=["phone"])[0]
    >>> [note.text[start:end] for start, end, kind in note.spans if kind == "phone"]
    ['010 0845 6290']
    """
    kinds = list(kinds)
    if language not in LANGUAGES or forms not in FORMS or not set(kinds) <= set(KINDS):
        raise ValueError(f"language is one of {LANGUAGES}, forms one of {FORMS}, kinds of {KINDS}; got {language!r}, {forms!r}, {kinds}")
    rng = np.random.default_rng(seed)
    foreign = "ssn" if language == "ko" else "rrn"
    used = [kind for kind in kinds if kind != foreign]
    return [_record(rng, language, used, forms == "wild") for _ in range(n)]


def document(n: int, seed: int, language: str = "ko", kinds: Iterable[str] = KINDS, forms: str = "plain") -> Record:
    """The same notes as one text, a line each."""
    text, spans = "", []
    for note in records(n, seed, language, kinds, forms):
        spans += [(len(text) + start, len(text) + end, kind) for start, end, kind in note.spans]
        text += note.text + "\n"
    return Record(text, tuple(spans))


def _record(rng: np.random.Generator, language: str, kinds: list[str], wild: bool) -> Record:
    said = [kind for kind in kinds if rng.random() < 0.5] or [str(rng.choice(kinds))]
    pieces = [sentence for kind in said for sentence in _sentence(rng, language, kind, wild)]
    for _ in range(2):
        place = int(rng.integers(len(pieces) + 1))
        pieces.insert(place, _lookalike(rng, language))
    text, spans = _greeting(rng, language), []
    for sentence in pieces:
        text += " "
        for part, kind in sentence:
            if kind:
                spans.append((len(text), len(text) + len(part), kind))
            text += part
    return Record(text, tuple(spans))


def _greeting(rng: np.random.Generator, language: str) -> str:
    name = _pick(rng, _names(language))
    return f"{name} 고객님 문의." if language == "ko" else f"Note on {name}."


@cache
def _names(language: str) -> tuple[str, ...]:
    from faker import Faker

    fake = Faker({"ko": "ko_KR", "en": "en_US"}[language])
    fake.seed_instance(37)
    return tuple(fake.name() for _ in range(200))


def _sentence(rng: np.random.Generator, language: str, kind: str, wild: bool) -> list[list[Piece]]:
    """One sentence that tells a piece of ``kind``; in Korean a particle is joined to it."""
    value = MAKERS[kind](rng, language, wild)
    before, after = _pick(rng, AROUND[language][kind])
    if kind == "account":
        before = before.format(bank=_pick(rng, BANKS[language]))
    return [[(before, ""), (value, kind), (after, "")]]


AROUND: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {
    "ko": {
        "rrn": (("주민번호는 ", "입니다."), ("주민등록번호 ", "로 조회했습니다."), ("본인 확인(", ") 완료."), ("뒷자리 ", "라고 함.")),
        "phone": (("연락처는 ", "입니다."), ("", "로 전화 주세요."), ("휴대폰 ", "이 꺼져 있음."), ("전화: ", ".")),
        "email": (("메일은 ", "입니다."), ("답변은 ", "으로 부탁드립니다."), ("이메일: ", "."), ("", "에서 반송됨.")),
        "card": (("카드번호 ", "로 결제."), ("결제 카드는 ", "입니다."), ("카드 ", " 한도 문의.")),
        "account": (("{bank} ", "으로 환불해 주세요."), ("환불 계좌: ", "."), ("{bank} 계좌 ", "입니다."), ("계좌번호는 ", "예요.")),
        "address": (("주소는 ", "입니다."), ("", "로 보내 주세요."), ("배송지: ", ", 문 앞."), ("현재 ", "에 거주.")),
    },
    "en": {
        "ssn": (("SSN ", " was confirmed."), ("Her social security number is ", "."), ("ID check (", ") done.")),
        "phone": (("Call ", " after six."), ("Phone: ", "."), ("Her number is ", ", she says.")),
        "email": (("Write to ", "."), ("E-mail: ", ", please."), ("Mail to ", " bounced.")),
        "card": (("Paid with card ", "."), ("Card number: ", ", lost."), ("The card ", " was blocked.")),
        "account": (("Refund to {bank} ", "."), ("Account no. ", " please."), ("bank account: ", ", as before.")),
        "address": (("Ship to ", "."), ("Lives at ", ", second floor."), ("New address: ", ".")),
    },
}


def _lookalike(rng: np.random.Generator, language: str) -> list[Piece]:
    """A sentence with a number or a sign that is nobody's personal data."""
    month, day, year = rng.integers(1, 13), rng.integers(1, 29), rng.integers(60, 99)
    wrong_date, wrong_check = (_unfit(rng, f"{year}{m:02d}{day:02d}1") for m in (month + 12, month))
    texts = {
        "ko": (
            f"주문번호 2024{month:02d}{day:02d}-{_digits(rng, 5)} 확인.",
            f"접수일 2024-{month:02d}-{day:02d}.",
            f"금액은 {rng.integers(1, 900)},{_digits(rng, 3)},{_digits(rng, 3)}원.",
            f"제품 일련번호 {wrong_date} 불량.",
            f"예약번호 {wrong_check} 취소.",
            f"쿠폰 {_coupon(rng)} 만료.",
            f"운송장 {_digits(rng, 4)}-{_digits(rng, 4)}-{_digits(rng, 4)} 조회 중.",
            f"인스타 @minji_{_digits(rng, 2)} 태그함.",
            f"앱 버전 {rng.integers(1, 9)}.{rng.integers(1, 30)}.{rng.integers(1, 300)} 사용.",
            f"대표번호 15{_digits(rng, 2)}-{_digits(rng, 4)} 안내함.",
        ),
        "en": (
            f"Order 2024{month:02d}{day:02d}-{_digits(rng, 5)} checked.",
            f"Received on 2024-{month:02d}-{day:02d}.",
            f"Total ${rng.integers(1, 900)},{_digits(rng, 3)}.{_digits(rng, 2)}.",
            f"Part number 9{_digits(rng, 2)}-{_digits(rng, 2)}-{_digits(rng, 4)} is broken.",
            f"Coupon {_coupon(rng)} expired.",
            f"Parcel {_digits(rng, 4)}-{_digits(rng, 4)}-{_digits(rng, 4)} is on its way.",
            f"Tagged @sam_{_digits(rng, 2)} on the page.",
            f"App version {rng.integers(1, 9)}.{rng.integers(1, 30)}.{rng.integers(1, 300)}.",
            "Waited at 5 @ Main Street for 20 minutes.",
        ),
    }
    return [(_pick(rng, texts[language]), "")]


def _rrn(rng: np.random.Generator, language: str, wild: bool) -> str:
    new = rng.random() < 0.3
    first, last = (dt.date(2020, 10, 5), dt.date(2025, 12, 31)) if new else (dt.date(1935, 1, 1), dt.date(2020, 9, 30))
    birth = first + dt.timedelta(int(rng.integers((last - first).days + 1)))
    century = 1 if birth.year < 2000 else 3
    front = f"{birth:%y%m%d}{century + rng.integers(2)}{_digits(rng, 5)}"
    changed = wild and rng.random() < 0.2  # an older person's number, issued anew after October 2020
    if new or changed:
        number = front + _digits(rng, 1)
    else:
        from ko_pii.checksum.rrn_checksum import is_valid_checksum

        number = next(front + str(last) for last in range(10) if is_valid_checksum(front + str(last)))
    whole = number[:6] + _pick(rng, ("-", "-", "")) + number[6:]
    if wild:
        loose = (whole, f"{number[:6]} - {number[6:]}", f"{number[:6]} {number[6:]}", whole.translate(FULL_WIDTH))
        return _pick(rng, loose)
    return whole


def _unfit(rng: np.random.Generator, front: str) -> str:
    """``front`` (7 digits) made as long as a resident number, with a last digit that does not fit."""
    from ko_pii.checksum.rrn_checksum import is_valid_checksum

    number = front + _digits(rng, 6)
    if is_valid_checksum(number):
        number = number[:-1] + str((int(number[-1]) + 1) % 10)
    return f"{number[:6]}-{number[6:]}"


def _ssn(rng: np.random.Generator, language: str, wild: bool) -> str:
    area = int(rng.choice([n for n in range(100, 900) if n != 666]))
    parts = (str(area), f"{rng.integers(1, 100):02d}", f"{rng.integers(1, 10_000):04d}")
    return (_pick(rng, ("-", " ", ".")) if wild else "-").join(parts)


def _phone(rng: np.random.Generator, language: str, wild: bool) -> str:
    if language == "en":
        area, last = f"{rng.integers(2, 10)}{_digits(rng, 2)}", f"01{_digits(rng, 2)}"  # 555-01xx: kept free for fiction
        usual: tuple[str, ...] = (f"({area}) 555-{last}", f"{area}-555-{last}", f"+1-{area}-555-{last}", f"+1 {area}-555-{last}")
        return _pick(rng, (*usual, f"{area}.555.{last}", f"{area}555{last}") if wild else usual)
    groups = (_digits(rng, 4), _digits(rng, 4))
    if rng.random() < 0.25:
        return f"{_pick(rng, ('02', '031', '042', '051', '064'))}-{rng.integers(200, 9999)}-{groups[1]}"
    usual = tuple(sign.join(("010", *groups)) for sign in ("-", "-", ".", " ", ""))
    usual = (*usual, f"+82-10-{groups[0]}-{groups[1]}", f"+82 10-{groups[0]}-{groups[1]}")
    if wild:
        spoken = "".join("공일이삼사오육칠팔구"[int(d)] for d in "010" + "".join(groups))
        usual = (*usual, usual[0].translate(FULL_WIDTH), spoken, f"010-{groups[0]}- {groups[1]}")
    return _pick(rng, usual)


def _email(rng: np.random.Generator, language: str, wild: bool) -> str:
    local = _pick(rng, ("minji.kim", "sora_92", "jun+shop", "h-park", "lee77", "a.b.choi"))
    domain = _pick(rng, ("example.com", "example.org", "mail.example.net", "example.co.kr"))  # example.*: kept free (RFC 2606)
    return local + (_pick(rng, ("@", "@", " @ ", "(at)", "[at]")) if wild else "@") + domain


def _card(rng: np.random.Generator, language: str, wild: bool) -> str:
    from ko_pii.checksum.luhn import is_valid

    front = _pick(rng, ("4", "51", "53", "55", "9")) if wild else _pick(rng, ("4", "51", "53", "55"))
    front += _digits(rng, 15 - len(front))
    number = next(front + str(last) for last in range(10) if is_valid(front + str(last)))
    signs = ("-", " ", "") if not wild else ("-", " ", "", ".", " - ")
    return _pick(rng, signs).join(number[i:i + 4] for i in range(0, 16, 4))


def _coupon(rng: np.random.Generator) -> str:
    """Four times four digits that are no card: the last digit is one too high."""
    number = _card(rng, "ko", False)
    return number[:-1] + str((int(number[-1]) + 1) % 10)


def _account(rng: np.random.Generator, language: str, wild: bool) -> str:
    first, *rest = LAYOUTS[int(rng.integers(len(LAYOUTS)))]
    groups = [str(rng.integers(1, 10)) + _digits(rng, first - 1), *(_digits(rng, size) for size in rest)]
    return (_pick(rng, ("-", "-", " ", "")) if wild else "-").join(groups)


def _address(rng: np.random.Generator, language: str, wild: bool) -> str:
    number = int(rng.integers(1, 300))
    if language == "en":
        return f"{number} {_pick(rng, STREETS)}, {_pick(rng, TOWNS)}"
    region = _pick(rng, tuple(CITIES))
    district, road = _pick(rng, CITIES[region]), _pick(rng, ROADS)
    region = _pick(rng, (region, SHORT.get(region, region)))
    plain = f"{region} {district} {road} {number}" + (f"-{rng.integers(1, 40)}" if rng.random() < 0.3 else "")
    if wild:
        lot = f"{region} {district} {_pick(rng, VILLAGES)} {number}-{rng.integers(1, 40)}"
        return _pick(rng, (plain, f"{district} {road} {number}", lot))
    return plain


MAKERS: dict[str, Callable[[np.random.Generator, str, bool], str]] = {
    "rrn": _rrn, "ssn": _ssn, "phone": _phone, "email": _email, "card": _card, "account": _account, "address": _address,
}


def _digits(rng: np.random.Generator, n: int) -> str:
    return "".join(map(str, rng.integers(10, size=n)))


def _pick(rng: np.random.Generator, choices: Sequence[T]) -> T:
    return choices[int(rng.integers(len(choices)))]
