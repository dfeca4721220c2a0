"""Personal data in running text: Korean and English identifiers, with their kinds and exact places."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from datetime import date

import numpy as np
from ko_pii.checksum import luhn, rrn_checksum

from datacentric_helpers.compare import spans
from datacentric_helpers.pii_records import document
from graders.exercise import Case, Exercise

Span = tuple[int, int, str]

RRN, NEW = "a resident number has a real date of birth and a fitting check digit", "whoever was born since October 2020 needs no check digit"
WHOLE, CARD = "a number is whole, whatever letter touches it", "a card number passes Luhn's test"
PHONE, SSN = "phones in their usual forms", "social security numbers"
TEXT, ACCOUNT = "e-mail and postal addresses end where they end", "an account is known by the word before it"
HELD = "held-out records: precision and recall of at least 0.95 for every kind"

REGION = (
    "(?:[가-힣]+(?:특별시|광역시|특별자치시|도)|서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충북|충남|전북|전남|경북|경남|제주)"
)
FORMS = {
    "email": r"[a-z0-9._%+-]+@([a-z0-9-]+[.])+[a-z]{2,}",
    "rrn": "[0-9]{6}-?[1-4][0-9]{6}",
    "ssn": "[0-9]{3}-[0-9]{2}-[0-9]{4}",
    "card": "[0-9]{16}|([0-9]{4}-){3}[0-9]{4}|([0-9]{4} ){3}[0-9]{4}",
    "phone": "|".join([
        *(rf"(010|[+]82[- ]10){sign}[0-9]{{4}}{sign}[0-9]{{4}}" for sign in ("-", "[.]", " ", "")),
        "(02|0[3-6][0-9])-[0-9]{3,4}-[0-9]{4}",
        r"([+]1[- ])?([(][2-9][0-9]{2}[)] |[2-9][0-9]{2}-)[2-9][0-9]{2}-[0-9]{4}",
    ]),
    "account": "[0-9]{2,}(-[0-9]{2,}){2,3}",
    "address": REGION + "( [가-힣]+[시군구]){1,2} [가-힣0-9]+[로길] [0-9]+(-[0-9]+)?"
    "|[0-9]+( (?-i:[A-Z][a-z]+))+,( (?-i:[A-Z][a-z]+)){1,2}, (?-i:[A-Z]{2}) [0-9]{5}",
}


def valid(kind: str, digits: str, before: str) -> bool:
    """Whether a piece of the right form is of its ``kind``: dates and check digits by ko-pii and the calendar, accounts by context."""
    if kind == "rrn":
        try:
            born = dt.datetime.strptime(("19" if digits[6] < "3" else "20") + digits[:6], "%Y%m%d")
        except ValueError:
            return False
        return f"{born:%Y-%m}" >= "2020-10" or rrn_checksum.is_valid_checksum(digits)
    if kind == "ssn":
        return digits[:3] not in ("000", "666") and digits[0] != "9" and digits[3:5] != "00" and digits[5:] != "0000"
    if kind == "card":
        return luhn.is_valid(digits)
    if kind == "account":
        return len(digits) in range(10, 15) and re.search("(계좌|은행|뱅크|account|bank)[^0-9]{0,10}$", before, re.IGNORECASE) is not None
    return True


def reference(text: str) -> list[Span]:
    """All ``(start, end, kind)`` in ``text``: each form is tried at each place, and of two that overlap the earlier kind stays."""
    found: list[Span] = []
    for kind, form in FORMS.items():
        pattern = re.compile(form, re.IGNORECASE)
        for start in range(len(text)):
            match = pattern.match(text, start)
            if match is None:
                continue
            before, behind = text[:start], text[match.end():]
            if text[start] in "+(0123456789" and re.search("[0-9-]$", before):
                continue
            if kind != "email" and re.match("-?[0-9]", behind):
                continue
            overlapping = [other for other in found if start < other[1] and other[0] < match.end()]
            if not overlapping and valid(kind, re.sub("[^0-9]", "", match[0]), before):
                found.append((start, match.end(), kind))
    return found


def fitting(front: str) -> str:
    """A resident number that begins with these twelve digits, its check digit fitting."""
    return f"{front[:6]}-{front[6:]}{rrn_checksum.compute_check_digit(front)}"


def broken(front: str) -> str:
    """The same with a check digit that does not fit."""
    number = fitting(front)
    return number[:-1] + str((int(number[-1]) + 1) % 10)


def held_out(n: int, seed: int, language: str) -> Case:
    """``n`` generated records; what is due is what their generator put there."""
    note = document(n, seed, language)
    return Case(HELD, (note.text,), expected=list(note.spans), compare=spans(0.95, 0.95))


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Edge cases first, then records that nobody has seen."""
    serial = "".join(map(str, rng.integers(10, size=5)))
    leap, before, since = (fitting(day + serial) for day in ("0002293", "2009304", "9912312"))
    yield Case(RRN, (f"{leap}, {before}, {since}",))
    yield Case(RRN, (f"{fitting('9902291' + serial)}, {fitting('0002291' + serial)}, {fitting('9713011' + serial)}, {leap}",))
    yield Case(RRN, (f"{broken('2009304' + serial)} {broken('9912312' + serial)} {fitting('9912315' + serial)} {since}",))
    yield Case(RRN, (f"{fitting('2104013' + serial)} {fitting('2104313' + serial)} {leap.replace('-', '')}",))
    yield Case(NEW, (f"{broken('2010013' + serial)}, {broken('2105054' + serial)}, {broken('2105051' + serial)}, {broken('1910013' + serial)}",))
    for around in ("{}입니다", "번호{}.", "({})", "{}, ", "1 {} 2", "a:{}b"):
        yield Case(WHOLE, (around.format(since) + "\n" + around.format("02-345-6789") + "\n" + around.format("4111-1111-1111-1111"),))
    yield Case(WHOLE, ("4010-1234-5678 010-1234-56789 1-010-1234-5678 010-1234-5678-9 900101-12345681 1900101-1234568 02-345-6789-1 010.1234.5678",))
    yield Case(WHOLE, ("14111-1111-1111-1111 4111-1111-1111-11112 1-219-09-9999 219-09-9999-1 계좌 1-12-3456-7890 bank 123-45-6789012-3-4 02-345-6789",))
    yield Case(CARD, ("5500005555555559, 5500-0055-5555-5559, 5500 0055 5555 5559, 5500-0055 5555-5559, 5500005555555558",))
    yield Case(CARD, ("4012 8888 8888 1881 / 4012 8888 8888 1818 / 401288888888188 / 6011000990139424 / 0000-0000-0000-0001",))
    yield Case(PHONE, ("+82 10-1234-5678, +82-10 1234 5678, 010 1234 5678, 01012345678, 010-1234.5678, 011-1234-5678, 010-123-4567",))
    yield Case(PHONE, ("02-123-4567, 031-1234-5678, 064-123-4567, 070-1234-5678, 080-123-4567, 02-12-3456, 02 123 4567",))
    yield Case(PHONE, ("(212) 555-0123, 212-555-0123, +1-212-555-0123, +1 (212) 555-0123, 112-555-0123, 212-155-0123, (212)555-0123",))
    yield Case(SSN, ("219-09-9999 000-09-9999 666-09-9999 900-09-9999 219-00-9999 219-09-0000 665-01-0001 899-99-9999 219099999",))
    yield Case(TEXT, ("Jun+shop@mail.example.co.kr.\nx_1%y@ex-ample.org이며 a@b, @minji 5 @ 3 www.example.com h-park@example.c",))
    yield Case(TEXT, ("충남 서산시 은하수로12길 7-3번지, 경기도 성남시 분당구 판교로 235로 / 강남구 테헤란로 1, 서울 강남구 테헤란로, 세종대로 110",))
    yield Case(TEXT, ("12 Oak Hill Road, Lake City, MN 55041. Main Street, Fairview, OR 97024; 7 Elm St, fairview, OR 97024; 5 Elm St, Ely, MN 55731",))
    yield Case(TEXT, ("010-1234-5678@example.com, 7 Elm St, Ely, MN 557312, 7 Elm St, Ely, Mn 55731, 7 elm St, Ely, MN 55731, 대구 중구 솔길 8-123",))
    yield Case(TEXT, ("sam@example.org2번 창구, 010-1234-5678서울 강남구 솔길 8",))
    yield Case(TEXT, ("(212) 555-0123@example.com, 010 1234 5678@example.org",))
    yield Case(ACCOUNT, ("계좌 12-34-567890, 은행 123-45-67890, BANK 12-34-56789, account 1234-5678-9012-34, account 1234-5678-9012-345",))
    yield Case(ACCOUNT, ("카카오뱅크의제예금주에게12-345-67890 / 카카오뱅크의제예금주한테로12-345-67890 / bank no. 1, 12-345-67890 / bank 123-4567890",))
    yield Case(ACCOUNT, ("국민은행 010-1234-5678, 농협은행 352-1234-5678-90 계좌, bank 219-09-9999, 계좌 1-234-567890, 계좌 12-34-56-78-9012",))
    yield held_out(150, int(rng.integers(10**6)), "ko")
    yield held_out(100, int(rng.integers(10**6)), "en")


exercise = Exercise(
    id="find_pii",
    title="Finding personal data in text",
    points=6,
    minutes=30,
    hints=(
        "Make a list of pairs (kind, regular expression) in the order of the table, and go through `re.finditer` of each; two forms of "
        "one kind may be two pairs.",
        "`(?<![\\d-])` before a number and `(?!-?\\d)` behind it say that nothing of a longer number may touch it. They do not mind letters.",
        "What a regular expression cannot say, a small function can: take the digits alone, and test the date, the check digit, Luhn's sum.",
        "For the account put the word and up to ten `\\D` before the number, and the number itself into a group: `match.span(1)` is its place.",
    ),
    compare=spans(),
    reference=reference,
    public=(
        Case(RRN, ("주민번호 900101-1234568로 조회",)),
        Case(RRN, ("900101-1234567, 901301-1234564, 9001011234568",)),
        Case(NEW, ("아기 번호는 210505-3123456입니다.",)),
        Case(WHOLE, ("010-1234-5678로 전화, 운송장 20101-2345-6789",)),
        Case(CARD, ("카드 4111-1111-1111-1111, 쿠폰 4111-1111-1111-1112",)),
        Case(PHONE, ("010.1234.5678, +82-10-1234-5678, 02-345-6789, (212) 555-0123",)),
        Case(SSN, ("SSN 219-09-9999, part 919-09-9999",)),
        Case(TEXT, ("메일은 minji.kim@example.com으로, 주소는 서울특별시 강남구 테헤란로 123입니다.",)),
        Case(TEXT, ("Write to sam@example.org. Ship to 12 Elm St, Springfield, IL 62704.",)),
        Case(ACCOUNT, ("국민은행 123456-01-234567로 환불, 운송장 1234-5678-9012",)),
        held_out(20, 1, "ko"),
        held_out(20, 2, "en"),
    ),
    hidden=hidden,
)


@exercise.right
def with_a_list_of_forms(text):
    begin, end = r"(?<![\d-])", r"(?!-?\d)"  # no digit and no hyphen may touch a number; any letter may
    region = r"(?:[가-힣]+(?:특별시|광역시|특별자치시|도)|서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충[북남]|전[북남]|경[북남]|제주)"
    forms = [
        ("email", r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}"),
        ("rrn", begin + r"\d{6}-?[1-4]\d{6}" + end),
        ("ssn", begin + r"(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}" + end),
        ("card", begin + r"\d{4}([- ]?)\d{4}\1\d{4}\1\d{4}" + end),
        ("phone", begin + r"(?:010|\+82[- ]10)([-. ]?)\d{4}\1\d{4}" + end),
        ("phone", begin + r"0(?:2|[3-6]\d)-\d{3,4}-\d{4}" + end),
        ("phone", begin + r"(?:\+1[- ])?(?:\([2-9]\d\d\) |[2-9]\d\d-)[2-9]\d\d-\d{4}" + end),
        ("account", r"(?i:계좌|은행|뱅크|account|bank)\D{0,10}" + begin + r"(?P<it>\d{2,}(?:-\d{2,}){2,3})" + end),
        ("address", region + r"(?: [가-힣]+[시군구]){1,2} [가-힣0-9]+[로길] \d+(?:-\d+)?" + end),
        ("address", begin + r"\d+(?: [A-Z][a-z]+)+, [A-Z][a-z]+(?: [A-Z][a-z]+)?, [A-Z]{2} \d{5}" + end),
    ]

    def holds(kind, digits):
        if kind == "rrn":
            try:
                born = date(int(("19" if digits[6] in "12" else "20") + digits[:2]), int(digits[2:4]), int(digits[4:6]))
            except ValueError:
                return False
            check = (11 - sum(int(d) * w for d, w in zip(digits, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5])) % 11) % 10
            return born >= date(2020, 10, 1) or check == int(digits[12])
        if kind == "card":
            doubled = [int(d) * (2 - i % 2) for i, d in enumerate(digits)]
            return sum(d // 10 + d % 10 for d in doubled) % 10 == 0
        return kind != "account" or 10 <= len(digits) <= 14

    spans = []
    for kind, form in forms:
        for match in re.finditer(form, text):
            start, stop = match.span("it" if kind == "account" else 0)
            apart = all(stop <= other[0] or other[1] <= start for other in spans)
            if apart and holds(kind, re.sub(r"\D", "", text[start:stop])):
                spans.append((start, stop, kind))
    return sorted(spans)


@exercise.right
def by_marking_characters(text):
    taken, spans = set(), []

    def add(kind, form, group=0, check=lambda digits: True, number=True):
        form = ("(?<![0-9-])" if number else "") + form + ("" if kind == "email" else "(?!-?[0-9])")
        for match in re.finditer(form, text):
            start, stop = match.span(group)
            if taken.isdisjoint(range(start, stop)) and check(re.sub("[^0-9]", "", text[start:stop])):
                taken.update(range(start, stop))
                spans.append((start, stop, kind))

    def resident(digits):
        year = {"1": 1900, "2": 1900, "3": 2000, "4": 2000}[digits[6]] + int(digits[:2])
        month, day = int(digits[2:4]), int(digits[4:6])
        lengths = [31, 29 if year % 4 == 0 and year != 1900 else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        if not 1 <= month <= 12 or not 1 <= day <= lengths[month - 1]:
            return False
        weighted = sum(int(digits[i]) * (i % 8 + 2) for i in range(12))
        return (year, month) >= (2020, 10) or int(digits[12]) == (11 - weighted % 11) % 10

    def luhn(digits):
        total = 0
        for place, digit in enumerate(reversed(digits)):
            total += sum(map(int, str(int(digit) * 2))) if place % 2 else int(digit)
        return total % 10 == 0

    add("email", r"[a-zA-Z0-9._%+-]+@[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*\.[a-zA-Z]{2,}", number=False)
    add("rrn", "[0-9]{6}-?[1-4][0-9]{6}", check=resident)
    add("ssn", "[0-8][0-9]{2}-[0-9]{2}-[0-9]{4}",
        check=lambda d: d[:3] not in ("000", "666") and d[3:5] != "00" and d[5:] != "0000")
    for sign in ("", "-", " "):
        add("card", sign.join(["[0-9]{4}"] * 4), check=luhn)
    for sign in ("", "-", " ", r"\."):
        add("phone", rf"(?:010|\+82[- ]10){sign}[0-9]{{4}}{sign}[0-9]{{4}}")
    add("phone", "(?:02|0[3-6][0-9])-[0-9]{3,4}-[0-9]{4}")
    add("phone", r"(?:\+1[ -])?(?:\([2-9][0-9]{2}\) |[2-9][0-9]{2}-)[2-9][0-9]{2}-[0-9]{4}")
    add("account", "(?i:계좌|은행|뱅크|account|bank)[^0-9]{0,10}(?<![0-9-])([0-9]{2,}(?:-[0-9]{2,}){2,3})", 1,
        lambda digits: len(digits) in (10, 11, 12, 13, 14), number=False)
    add("address", "(?:[가-힣]+(?:특별시|광역시|특별자치시|도)|서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충[북남]|전[북남]|경[북남]|제주)"
        "(?: [가-힣]+[시군구]){1,2} [가-힣0-9]+[로길] [0-9]+(?:-[0-9]+)?", number=False)
    add("address", "[0-9]+(?: [A-Z][a-z]+)+, [A-Z][a-z]+(?: [A-Z][a-z]+)?, [A-Z]{2} [0-9]{5}")
    return spans


@exercise.right
def with_a_warning(text):
    import warnings

    begin, end = r"(?<![\d-])", r"(?!-?\d)"  # no digit and no hyphen may touch a number; any letter may
    region = r"(?:[가-힣]+(?:특별시|광역시|특별자치시|도)|서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충[북남]|전[북남]|경[북남]|제주)"
    forms = [
        ("email", r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}"),
        ("rrn", begin + r"\d{6}-?[1-4]\d{6}" + end),
        ("ssn", begin + r"(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}" + end),
        ("card", begin + r"\d{4}([- ]?)\d{4}\1\d{4}\1\d{4}" + end),
        ("phone", begin + r"(?:010|\+82[- ]10)([-. ]?)\d{4}\1\d{4}" + end),
        ("phone", begin + r"0(?:2|[3-6]\d)-\d{3,4}-\d{4}" + end),
        ("phone", begin + r"(?:\+1[- ])?(?:\([2-9]\d\d\) |[2-9]\d\d-)[2-9]\d\d-\d{4}" + end),
        ("account", r"(?i:계좌|은행|뱅크|account|bank)\D{0,10}" + begin + r"(?P<it>\d{2,}(?:-\d{2,}){2,3})" + end),
        ("address", region + r"(?: [가-힣]+[시군구]){1,2} [가-힣0-9]+[로길] \d+(?:-\d+)?" + end),
        ("address", begin + r"\d+(?: [A-Z][a-z]+)+, [A-Z][a-z]+(?: [A-Z][a-z]+)?, [A-Z]{2} \d{5}" + end),
    ]

    def holds(kind, digits):
        if kind == "rrn":
            try:
                born = date(int(("19" if digits[6] in "12" else "20") + digits[:2]), int(digits[2:4]), int(digits[4:6]))
            except ValueError:
                return False
            check = (11 - sum(int(d) * w for d, w in zip(digits, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5])) % 11) % 10
            return born >= date(2020, 10, 1) or check == int(digits[12])
        if kind == "card":
            doubled = [int(d) * (2 - i % 2) for i, d in enumerate(digits)]
            return sum(d // 10 + d % 10 for d in doubled) % 10 == 0
        return kind != "account" or 10 <= len(digits) <= 14

    spans = []
    for kind, form in forms:
        for match in re.finditer(form, text):
            start, stop = match.span("it" if kind == "account" else 0)
            apart = all(stop <= other[0] or other[1] <= start for other in spans)
            if apart and holds(kind, re.sub(r"\D", "", text[start:stop])):
                spans.append((start, stop, kind))
    warnings.warn(f"{len(spans)} pieces of personal data: handle with care", stacklevel=2)
    return [list(span) for span in spans]


@exercise.wrong(
    "A number followed by a Korean particle escapes you. `\\b` and `\\w` take Hangul for word characters, so there is no "
    "boundary between 8 and 로 in 010-1234-5678로. Say what may not touch a number: a digit or a hyphen.",
    share=3 / 9,
)
def word_boundaries(text):
    begin, end = r"\b", r"\b"
    region = r"(?:[가-힣]+(?:특별시|광역시|특별자치시|도)|서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충[북남]|전[북남]|경[북남]|제주)"
    forms = [
        ("email", r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}"),
        ("rrn", begin + r"\d{6}-?[1-4]\d{6}" + end),
        ("ssn", begin + r"(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}" + end),
        ("card", begin + r"\d{4}([- ]?)\d{4}\1\d{4}\1\d{4}" + end),
        ("phone", r"(?<!\w)(?:010|\+82[- ]10)([-. ]?)\d{4}\1\d{4}" + end),
        ("phone", begin + r"0(?:2|[3-6]\d)-\d{3,4}-\d{4}" + end),
        ("phone", r"(?<!\w)(?:\+1[- ])?(?:\([2-9]\d\d\) |[2-9]\d\d-)[2-9]\d\d-\d{4}" + end),
        ("account", r"(?i:계좌|은행|뱅크|account|bank)\D{0,10}" + begin + r"(?P<it>\d{2,}(?:-\d{2,}){2,3})" + end),
        ("address", region + r"(?: [가-힣]+[시군구]){1,2} [가-힣0-9]+[로길] \d+(?:-\d+)?" + end),
        ("address", begin + r"\d+(?: [A-Z][a-z]+)+, [A-Z][a-z]+(?: [A-Z][a-z]+)?, [A-Z]{2} \d{5}" + end),
    ]

    def holds(kind, digits):
        if kind == "rrn":
            try:
                born = date(int(("19" if digits[6] in "12" else "20") + digits[:2]), int(digits[2:4]), int(digits[4:6]))
            except ValueError:
                return False
            check = (11 - sum(int(d) * w for d, w in zip(digits, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5])) % 11) % 10
            return born >= date(2020, 10, 1) or check == int(digits[12])
        if kind == "card":
            doubled = [int(d) * (2 - i % 2) for i, d in enumerate(digits)]
            return sum(d // 10 + d % 10 for d in doubled) % 10 == 0
        return kind != "account" or 10 <= len(digits) <= 14

    spans = []
    for kind, form in forms:
        for match in re.finditer(form, text):
            start, stop = match.span("it" if kind == "account" else 0)
            apart = all(stop <= other[0] or other[1] <= start for other in spans)
            if apart and holds(kind, re.sub(r"\D", "", text[start:stop])):
                spans.append((start, stop, kind))
    return sorted(spans)


@exercise.wrong(
    "You cut pieces out of longer numbers: ten digits of a parcel number are no phone. Ask that neither a digit nor a "
    "hyphen stands directly before the number, and no digit, with or without a hyphen, directly behind it.",
    share=5 / 9,
)
def inside_longer_numbers(text):
    begin, end = "", ""
    region = r"(?:[가-힣]+(?:특별시|광역시|특별자치시|도)|서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충[북남]|전[북남]|경[북남]|제주)"
    forms = [
        ("email", r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}"),
        ("rrn", begin + r"\d{6}-?[1-4]\d{6}" + end),
        ("ssn", begin + r"(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}" + end),
        ("card", begin + r"\d{4}([- ]?)\d{4}\1\d{4}\1\d{4}" + end),
        ("phone", begin + r"(?:010|\+82[- ]10)([-. ]?)\d{4}\1\d{4}" + end),
        ("phone", begin + r"0(?:2|[3-6]\d)-\d{3,4}-\d{4}" + end),
        ("phone", begin + r"(?:\+1[- ])?(?:\([2-9]\d\d\) |[2-9]\d\d-)[2-9]\d\d-\d{4}" + end),
        ("account", r"(?i:계좌|은행|뱅크|account|bank)\D{0,10}" + begin + r"(?P<it>\d{2,}(?:-\d{2,}){2,3})" + end),
        ("address", region + r"(?: [가-힣]+[시군구]){1,2} [가-힣0-9]+[로길] \d+(?:-\d+)?" + end),
        ("address", begin + r"\d+(?: [A-Z][a-z]+)+, [A-Z][a-z]+(?: [A-Z][a-z]+)?, [A-Z]{2} \d{5}" + end),
    ]

    def holds(kind, digits):
        if kind == "rrn":
            try:
                born = date(int(("19" if digits[6] in "12" else "20") + digits[:2]), int(digits[2:4]), int(digits[4:6]))
            except ValueError:
                return False
            check = (11 - sum(int(d) * w for d, w in zip(digits, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5])) % 11) % 10
            return born >= date(2020, 10, 1) or check == int(digits[12])
        if kind == "card":
            doubled = [int(d) * (2 - i % 2) for i, d in enumerate(digits)]
            return sum(d // 10 + d % 10 for d in doubled) % 10 == 0
        return kind != "account" or 10 <= len(digits) <= 14

    spans = []
    for kind, form in forms:
        for match in re.finditer(form, text):
            start, stop = match.span("it" if kind == "account" else 0)
            apart = all(stop <= other[0] or other[1] <= start for other in spans)
            if apart and holds(kind, re.sub(r"\D", "", text[start:stop])):
                spans.append((start, stop, kind))
    return sorted(spans)


@exercise.wrong(
    "You ask for a fitting check digit from everybody. Since October 2020 the last six digits are drawn at random: nine in "
    "ten of the youngest people's numbers slip through.",
    share=7 / 9,
)
def checksum_for_all(text):
    begin, end = r"(?<![\d-])", r"(?!-?\d)"  # no digit and no hyphen may touch a number; any letter may
    region = r"(?:[가-힣]+(?:특별시|광역시|특별자치시|도)|서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충[북남]|전[북남]|경[북남]|제주)"
    forms = [
        ("email", r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}"),
        ("rrn", begin + r"\d{6}-?[1-4]\d{6}" + end),
        ("ssn", begin + r"(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}" + end),
        ("card", begin + r"\d{4}([- ]?)\d{4}\1\d{4}\1\d{4}" + end),
        ("phone", begin + r"(?:010|\+82[- ]10)([-. ]?)\d{4}\1\d{4}" + end),
        ("phone", begin + r"0(?:2|[3-6]\d)-\d{3,4}-\d{4}" + end),
        ("phone", begin + r"(?:\+1[- ])?(?:\([2-9]\d\d\) |[2-9]\d\d-)[2-9]\d\d-\d{4}" + end),
        ("account", r"(?i:계좌|은행|뱅크|account|bank)\D{0,10}" + begin + r"(?P<it>\d{2,}(?:-\d{2,}){2,3})" + end),
        ("address", region + r"(?: [가-힣]+[시군구]){1,2} [가-힣0-9]+[로길] \d+(?:-\d+)?" + end),
        ("address", begin + r"\d+(?: [A-Z][a-z]+)+, [A-Z][a-z]+(?: [A-Z][a-z]+)?, [A-Z]{2} \d{5}" + end),
    ]

    def holds(kind, digits):
        if kind == "rrn":
            try:
                born = date(int(("19" if digits[6] in "12" else "20") + digits[:2]), int(digits[2:4]), int(digits[4:6]))
            except ValueError:
                return False
            check = (11 - sum(int(d) * w for d, w in zip(digits, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5])) % 11) % 10
            return born < date(2100, 1, 1) and check == int(digits[12])
        if kind == "card":
            doubled = [int(d) * (2 - i % 2) for i, d in enumerate(digits)]
            return sum(d // 10 + d % 10 for d in doubled) % 10 == 0
        return kind != "account" or 10 <= len(digits) <= 14

    spans = []
    for kind, form in forms:
        for match in re.finditer(form, text):
            start, stop = match.span("it" if kind == "account" else 0)
            apart = all(stop <= other[0] or other[1] <= start for other in spans)
            if apart and holds(kind, re.sub(r"\D", "", text[start:stop])):
                spans.append((start, stop, kind))
    return sorted(spans)


@exercise.wrong(
    "Any thirteen digits that begin with a date pass. For people born before October 2020 the last digit is a check digit: "
    "recompute it, and nine in ten false alarms go.",
    share=6 / 9,
)
def no_checksum(text):
    begin, end = r"(?<![\d-])", r"(?!-?\d)"  # no digit and no hyphen may touch a number; any letter may
    region = r"(?:[가-힣]+(?:특별시|광역시|특별자치시|도)|서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충[북남]|전[북남]|경[북남]|제주)"
    forms = [
        ("email", r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}"),
        ("rrn", begin + r"\d{6}-?[1-4]\d{6}" + end),
        ("ssn", begin + r"(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}" + end),
        ("card", begin + r"\d{4}([- ]?)\d{4}\1\d{4}\1\d{4}" + end),
        ("phone", begin + r"(?:010|\+82[- ]10)([-. ]?)\d{4}\1\d{4}" + end),
        ("phone", begin + r"0(?:2|[3-6]\d)-\d{3,4}-\d{4}" + end),
        ("phone", begin + r"(?:\+1[- ])?(?:\([2-9]\d\d\) |[2-9]\d\d-)[2-9]\d\d-\d{4}" + end),
        ("account", r"(?i:계좌|은행|뱅크|account|bank)\D{0,10}" + begin + r"(?P<it>\d{2,}(?:-\d{2,}){2,3})" + end),
        ("address", region + r"(?: [가-힣]+[시군구]){1,2} [가-힣0-9]+[로길] \d+(?:-\d+)?" + end),
        ("address", begin + r"\d+(?: [A-Z][a-z]+)+, [A-Z][a-z]+(?: [A-Z][a-z]+)?, [A-Z]{2} \d{5}" + end),
    ]

    def holds(kind, digits):
        if kind == "rrn":
            try:
                born = date(int(("19" if digits[6] in "12" else "20") + digits[:2]), int(digits[2:4]), int(digits[4:6]))
            except ValueError:
                return False
            check = (11 - sum(int(d) * w for d, w in zip(digits, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5])) % 11) % 10
            return born <= date(2100, 1, 1) or check == 0
        if kind == "card":
            doubled = [int(d) * (2 - i % 2) for i, d in enumerate(digits)]
            return sum(d // 10 + d % 10 for d in doubled) % 10 == 0
        return kind != "account" or 10 <= len(digits) <= 14

    spans = []
    for kind, form in forms:
        for match in re.finditer(form, text):
            start, stop = match.span("it" if kind == "account" else 0)
            apart = all(stop <= other[0] or other[1] <= start for other in spans)
            if apart and holds(kind, re.sub(r"\D", "", text[start:stop])):
                spans.append((start, stop, kind))
    return sorted(spans)


@exercise.wrong(
    "A thirteenth month or a 31st of April passes. The first six digits are a date of birth, and the seventh tells its "
    "century: let `date(year, month, day)` say whether that day exists.",
    share=8 / 9,
)
def no_date(text):
    begin, end = r"(?<![\d-])", r"(?!-?\d)"  # no digit and no hyphen may touch a number; any letter may
    region = r"(?:[가-힣]+(?:특별시|광역시|특별자치시|도)|서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충[북남]|전[북남]|경[북남]|제주)"
    forms = [
        ("email", r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}"),
        ("rrn", begin + r"\d{6}-?[1-4]\d{6}" + end),
        ("ssn", begin + r"(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}" + end),
        ("card", begin + r"\d{4}([- ]?)\d{4}\1\d{4}\1\d{4}" + end),
        ("phone", begin + r"(?:010|\+82[- ]10)([-. ]?)\d{4}\1\d{4}" + end),
        ("phone", begin + r"0(?:2|[3-6]\d)-\d{3,4}-\d{4}" + end),
        ("phone", begin + r"(?:\+1[- ])?(?:\([2-9]\d\d\) |[2-9]\d\d-)[2-9]\d\d-\d{4}" + end),
        ("account", r"(?i:계좌|은행|뱅크|account|bank)\D{0,10}" + begin + r"(?P<it>\d{2,}(?:-\d{2,}){2,3})" + end),
        ("address", region + r"(?: [가-힣]+[시군구]){1,2} [가-힣0-9]+[로길] \d+(?:-\d+)?" + end),
        ("address", begin + r"\d+(?: [A-Z][a-z]+)+, [A-Z][a-z]+(?: [A-Z][a-z]+)?, [A-Z]{2} \d{5}" + end),
    ]

    def holds(kind, digits):
        if kind == "rrn":
            century = "19" if digits[6] in "12" else "20"
            check = (11 - sum(int(d) * w for d, w in zip(digits, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5])) % 11) % 10
            return century + digits[:6] >= "20201001" or check == int(digits[12])
        if kind == "card":
            doubled = [int(d) * (2 - i % 2) for i, d in enumerate(digits)]
            return sum(d // 10 + d % 10 for d in doubled) % 10 == 0
        return kind != "account" or 10 <= len(digits) <= 14

    spans = []
    for kind, form in forms:
        for match in re.finditer(form, text):
            start, stop = match.span("it" if kind == "account" else 0)
            apart = all(stop <= other[0] or other[1] <= start for other in spans)
            if apart and holds(kind, re.sub(r"\D", "", text[start:stop])):
                spans.append((start, stop, kind))
    return sorted(spans)


@exercise.wrong(
    "Any sixteen digits are a card to you, coupons and order numbers too. Luhn's test costs one line and throws out nine of"
    " ten of them.",
    share=7 / 9,
)
def no_luhn(text):
    begin, end = r"(?<![\d-])", r"(?!-?\d)"  # no digit and no hyphen may touch a number; any letter may
    region = r"(?:[가-힣]+(?:특별시|광역시|특별자치시|도)|서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충[북남]|전[북남]|경[북남]|제주)"
    forms = [
        ("email", r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}"),
        ("rrn", begin + r"\d{6}-?[1-4]\d{6}" + end),
        ("ssn", begin + r"(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}" + end),
        ("card", begin + r"\d{4}([- ]?)\d{4}\1\d{4}\1\d{4}" + end),
        ("phone", begin + r"(?:010|\+82[- ]10)([-. ]?)\d{4}\1\d{4}" + end),
        ("phone", begin + r"0(?:2|[3-6]\d)-\d{3,4}-\d{4}" + end),
        ("phone", begin + r"(?:\+1[- ])?(?:\([2-9]\d\d\) |[2-9]\d\d-)[2-9]\d\d-\d{4}" + end),
        ("account", r"(?i:계좌|은행|뱅크|account|bank)\D{0,10}" + begin + r"(?P<it>\d{2,}(?:-\d{2,}){2,3})" + end),
        ("address", region + r"(?: [가-힣]+[시군구]){1,2} [가-힣0-9]+[로길] \d+(?:-\d+)?" + end),
        ("address", begin + r"\d+(?: [A-Z][a-z]+)+, [A-Z][a-z]+(?: [A-Z][a-z]+)?, [A-Z]{2} \d{5}" + end),
    ]

    def holds(kind, digits):
        if kind == "rrn":
            try:
                born = date(int(("19" if digits[6] in "12" else "20") + digits[:2]), int(digits[2:4]), int(digits[4:6]))
            except ValueError:
                return False
            check = (11 - sum(int(d) * w for d, w in zip(digits, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5])) % 11) % 10
            return born >= date(2020, 10, 1) or check == int(digits[12])
        if kind == "card":
            doubled = [int(d) * (2 - i % 2) for i, d in enumerate(digits)]
            return len(doubled) == 16
        return kind != "account" or 10 <= len(digits) <= 14

    spans = []
    for kind, form in forms:
        for match in re.finditer(form, text):
            start, stop = match.span("it" if kind == "account" else 0)
            apart = all(stop <= other[0] or other[1] <= start for other in spans)
            if apart and holds(kind, re.sub(r"\D", "", text[start:stop])):
                spans.append((start, stop, kind))
    return sorted(spans)


@exercise.wrong(
    "Every number in groups is an account to you, parcel numbers too. Accounts have neither a check digit nor one common "
    "form: only a word before them, such as 계좌 or bank, gives them away.",
    share=5 / 9,
)
def no_context(text):
    begin, end = r"(?<![\d-])", r"(?!-?\d)"  # no digit and no hyphen may touch a number; any letter may
    region = r"(?:[가-힣]+(?:특별시|광역시|특별자치시|도)|서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충[북남]|전[북남]|경[북남]|제주)"
    forms = [
        ("email", r"[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}"),
        ("rrn", begin + r"\d{6}-?[1-4]\d{6}" + end),
        ("ssn", begin + r"(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}" + end),
        ("card", begin + r"\d{4}([- ]?)\d{4}\1\d{4}\1\d{4}" + end),
        ("phone", begin + r"(?:010|\+82[- ]10)([-. ]?)\d{4}\1\d{4}" + end),
        ("phone", begin + r"0(?:2|[3-6]\d)-\d{3,4}-\d{4}" + end),
        ("phone", begin + r"(?:\+1[- ])?(?:\([2-9]\d\d\) |[2-9]\d\d-)[2-9]\d\d-\d{4}" + end),
        ("account", begin + r"(?P<it>\d{2,}(?:-\d{2,}){2,3})" + end),
        ("address", region + r"(?: [가-힣]+[시군구]){1,2} [가-힣0-9]+[로길] \d+(?:-\d+)?" + end),
        ("address", begin + r"\d+(?: [A-Z][a-z]+)+, [A-Z][a-z]+(?: [A-Z][a-z]+)?, [A-Z]{2} \d{5}" + end),
    ]

    def holds(kind, digits):
        if kind == "rrn":
            try:
                born = date(int(("19" if digits[6] in "12" else "20") + digits[:2]), int(digits[2:4]), int(digits[4:6]))
            except ValueError:
                return False
            check = (11 - sum(int(d) * w for d, w in zip(digits, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5])) % 11) % 10
            return born >= date(2020, 10, 1) or check == int(digits[12])
        if kind == "card":
            doubled = [int(d) * (2 - i % 2) for i, d in enumerate(digits)]
            return sum(d // 10 + d % 10 for d in doubled) % 10 == 0
        return kind != "account" or 10 <= len(digits) <= 14

    spans = []
    for kind, form in forms:
        for match in re.finditer(form, text):
            start, stop = match.span("it" if kind == "account" else 0)
            apart = all(stop <= other[0] or other[1] <= start for other in spans)
            if apart and holds(kind, re.sub(r"\D", "", text[start:stop])):
                spans.append((start, stop, kind))
    return sorted(spans)


@exercise.wrong(
    "Your e-mail address swallows what follows it, a particle or the full stop of the sentence. `\\w` matches Hangul: list "
    "the characters that an address may hold, and let it end in two or more Latin letters.",
    share=7 / 9,
)
def email_takes_the_particle(text):
    begin, end = r"(?<![\d-])", r"(?!-?\d)"  # no digit and no hyphen may touch a number; any letter may
    region = r"(?:[가-힣]+(?:특별시|광역시|특별자치시|도)|서울|부산|대구|인천|광주|대전|울산|세종|경기|강원|충[북남]|전[북남]|경[북남]|제주)"
    forms = [
        ("email", r"[\w.%+-]+@[\w.-]+"),
        ("rrn", begin + r"\d{6}-?[1-4]\d{6}" + end),
        ("ssn", begin + r"(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}" + end),
        ("card", begin + r"\d{4}([- ]?)\d{4}\1\d{4}\1\d{4}" + end),
        ("phone", begin + r"(?:010|\+82[- ]10)([-. ]?)\d{4}\1\d{4}" + end),
        ("phone", begin + r"0(?:2|[3-6]\d)-\d{3,4}-\d{4}" + end),
        ("phone", begin + r"(?:\+1[- ])?(?:\([2-9]\d\d\) |[2-9]\d\d-)[2-9]\d\d-\d{4}" + end),
        ("account", r"(?i:계좌|은행|뱅크|account|bank)\D{0,10}" + begin + r"(?P<it>\d{2,}(?:-\d{2,}){2,3})" + end),
        ("address", region + r"(?: [가-힣]+[시군구]){1,2} [가-힣0-9]+[로길] \d+(?:-\d+)?" + end),
        ("address", begin + r"\d+(?: [A-Z][a-z]+)+, [A-Z][a-z]+(?: [A-Z][a-z]+)?, [A-Z]{2} \d{5}" + end),
    ]

    def holds(kind, digits):
        if kind == "rrn":
            try:
                born = date(int(("19" if digits[6] in "12" else "20") + digits[:2]), int(digits[2:4]), int(digits[4:6]))
            except ValueError:
                return False
            check = (11 - sum(int(d) * w for d, w in zip(digits, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5])) % 11) % 10
            return born >= date(2020, 10, 1) or check == int(digits[12])
        if kind == "card":
            doubled = [int(d) * (2 - i % 2) for i, d in enumerate(digits)]
            return sum(d // 10 + d % 10 for d in doubled) % 10 == 0
        return kind != "account" or 10 <= len(digits) <= 14

    spans = []
    for kind, form in forms:
        for match in re.finditer(form, text):
            start, stop = match.span("it" if kind == "account" else 0)
            apart = all(stop <= other[0] or other[1] <= start for other in spans)
            if apart and holds(kind, re.sub(r"\D", "", text[start:stop])):
                spans.append((start, stop, kind))
    return sorted(spans)
