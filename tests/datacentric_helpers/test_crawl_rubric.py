"""Each rule of the crawl rubric on a crawl of two pictures that is right, and on what one change makes of it."""

from __future__ import annotations

import copy
import hashlib
import time
from datetime import UTC, datetime

import pytest

from datacentric_helpers import crawl_rubric
from datacentric_helpers.crawl_rubric import RULES, crawl_in_parts, judge_crawl

HASHES = {name: hashlib.sha256(name.encode()).hexdigest() for name in ("cat", "dog")}
EXPECTED = {
    "truth": [
        {"url": f"http://photos.test/files/{name}.jpg", "page": f"http://photos.test/{name}.html", "licence": licence, "author": "Kim",
         "sha256": HASHES[name], "robots": True, "stated": ["link"], "fault": "", "thumbnail_of": ""}
        for name, licence in (("cat", "CC-BY-4.0"), ("dog", "CC-BY-NC-4.0"))
    ],
    "robots": {"photos.test": "User-agent: *\nDisallow: /private/\nCrawl-delay: 0.5\n"},
    "use": {"commercial": True, "derivatives": True}, "delay": 0.01, "retry": 1.0, "most": 10,
}
PATHS = ("/robots.txt", "/", "/cat.html", "/dog.html", "/files/cat.jpg")


def record(name="cat", **changes):
    told = {"url": f"http://photos.test/files/{name}.jpg", "page": f"http://photos.test/{name}.html", "author": "Kim",
            "licence": "CC-BY-4.0", "retrieved": datetime.now(UTC).isoformat(),
            "sha256": HASHES[name], "file": f"{name}.jpg", "stored": HASHES[name]}
    return {**told, **changes}


def entry(at, path, status=200):
    return {"at": at, "host": "photos.test", "method": "GET", "path": path, "status": status, "agent": "dcai-crawler/1.0"}


def crawl(records=None, log=None):
    log = [entry(0.5 * number, path) for number, path in enumerate(PATHS)] if log is None else log
    return {"returned": [record()] if records is None else records, "log": log}


def verdict(rule, **changes):
    return judge_crawl(rule, copy.deepcopy(EXPECTED), crawl(**changes))


@pytest.mark.parametrize("rule", RULES)
def test_a_right_crawl_keeps_every_rule(rule):
    assert verdict(rule) is None


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("got", [None, [], {}, {"returned": [1], "log": []}, {"returned": [], "log": []}, {"returned": "x", "log": [{}]}])
def test_what_is_no_crawl_keeps_no_rule(rule, got):
    assert judge_crawl(rule, EXPECTED, got)


def test_a_missing_picture_is_named_with_its_licence():
    assert verdict("recall", records=[]) == "1 of the 1 pictures that may be used are missing: http://photos.test/files/cat.jpg (CC-BY-4.0)"


def test_the_same_bytes_under_another_address_count_as_found():
    assert verdict("recall", records=[record(url="http://photos.test/files/cat.jpg#1")]) is None


def test_a_closed_address_is_named_with_its_host():
    told = verdict("robots", log=[*crawl()["log"], entry(9, "/private/a.html"), entry(10, "/private/b.html")])
    assert told == ("robots.txt of photos.test closes these to your crawler; it was asked for them 2 times: "
                    "/private/a.html, /private/b.html")


def test_a_host_is_asked_for_its_rules_first():
    assert verdict("robots", log=crawl()["log"][1:]) == "photos.test was asked for / before its robots.txt was read"


def test_a_picture_that_the_use_may_not_have_is_named():
    told = verdict("licences", records=[record(), record("dog", licence="CC-BY-NC-4.0")])
    assert told == "1 pictures were kept that this use may not have: http://photos.test/files/dog.jpg (CC-BY-NC-4.0, stated in: link)"


def test_a_wrong_licence_in_the_record_is_named_beside_the_right_one():
    assert "'CC0-1.0', 'CC-BY-4.0'" in verdict("licences", records=[record(licence="CC0-1.0")])


@pytest.mark.parametrize(("field", "value", "told"), [
    ("author", "", "lacks: author"), ("page", "http://photos.test/", "stands on the page"), ("author", "Lee", "is by Kim, not by 'Lee'"),
    ("retrieved", "2026-01-01T00:00:00", "time zone"), ("retrieved", "yesterday", "time zone"), ("sha256", "0" * 64, "SHA-256"),
    ("stored", "", "SHA-256"), ("url", "http://photos.test/none.jpg", "there is no picture"), ("file", 7, "lacks: file"),
])
def test_provenance_says_which_field_is_wrong(field, value, told):
    assert told in verdict("provenance", records=[record(**{field: value})])


def test_a_crawl_delay_that_is_not_kept_is_told_in_seconds():
    told = verdict("polite", log=[entry(0.1 * number, path) for number, path in enumerate(PATHS)])
    assert told == "photos.test asks for 0.50 s between requests; 3 of 3 followed faster, the fastest after 0.100 s"


def test_retry_after_is_waited_for_and_not_forgotten():
    hasty = [entry(0, "/robots.txt"), entry(1, "/", 429), entry(1.4, "/")]
    assert verdict("patience", log=hasty) == "/ answered 429 with Retry-After: 1 and was asked again after 0.40 s"
    assert verdict("patience", log=hasty[:2]) == "/ answered 429 with Retry-After and was never asked again"
    assert verdict("patience", log=[*hasty[:2], entry(2, "/")]) is None


def test_a_fault_on_the_way_excuses_under_recall_but_not_under_faults():
    expected = copy.deepcopy(EXPECTED)
    expected["truth"][0]["fault"] = "500"
    assert judge_crawl("recall", expected, crawl(records=[])) is None
    assert "1 of the 1" in judge_crawl("faults", expected, crawl(records=[]))


def test_traps_are_told_by_the_folder_that_was_asked_for_most():
    log = [*crawl()["log"], *(entry(9 + n, f"/calendar?month={n}") for n in range(8))]
    told = verdict("traps", log=log)
    assert told == "13 requests for a site that needs fewer than 10; most often below /calendar (8 ×), /robots.txt (1 ×), / (1 ×)"


def test_the_same_picture_twice_and_the_same_address_twice_are_traps():
    assert "under several addresses" in verdict("traps", records=[record(), record(url="http://photos.test/files/cat.jpg?2")])
    assert verdict("traps", log=[*crawl()["log"], entry(9, "/cat.html")]) == (
        "these were fetched again although they had come: http://photos.test/cat.html (2 ×)")


def test_after_an_interruption_nothing_comes_twice_but_robots_txt():
    assert verdict("resume", log=[*crawl()["log"], entry(9, "/robots.txt")]) is None
    assert "http://photos.test/dog.html" in verdict("resume", log=[*crawl()["log"], entry(9, "/dog.html")])


def test_the_parts_of_a_crawl_share_a_folder_and_its_files_are_hashed():
    def collect(start, use, limits, folder):
        (folder / f"{limits['requests']}.jpg").write_bytes(b"cat")
        return [{"file": path.name} for path in sorted(folder.iterdir())] + [{"file": "../else.jpg"}, {}]

    records = crawl_in_parts(collect, [], {}, {}, (1, 2))
    assert [r["stored"] for r in records] == [HASHES["cat"], HASHES["cat"], "", ""]


@pytest.mark.parametrize("returned", [None, {"a": 1}, ["a"]])
def test_what_is_no_list_of_records_is_refused(returned):
    with pytest.raises(TypeError, match="list of records"):
        crawl_in_parts(lambda *given: returned, [], {}, {}, (1,))


def test_a_crawl_that_does_not_end_is_ended(monkeypatch):
    monkeypatch.setattr(crawl_rubric, "SECONDS", 0.2)

    def endless(start, use, limits, folder):
        while True:
            time.sleep(0.01)

    with pytest.raises(TimeoutError, match="had not ended after"):
        crawl_in_parts(endless, [], {}, {}, (1,))


def test_whoever_interrupts_a_crawl_is_obeyed():
    def interrupted(start, use, limits, folder):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crawl_in_parts(interrupted, [], {}, {}, (1,))
