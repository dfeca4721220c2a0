"""Nine rules for a crawler, each judged from what it returned, what the server's log says, and the truth about the site.

Expected is ``{"truth": web.truth(...), "robots": {host: text or status}, "delay": s, "retry": s, "most": n, "use": {...}}``, got is
``{"returned": records, "log": site.log}``. Nothing here crawls: Protego reads robots.txt, the site itself knows everything else.

==============  ============================================================================================
``recall``      every picture that may be fetched and whose licence allows the use is among the records
``robots``      each host's robots.txt is asked for first, and nothing that it closes is ever asked for
``licences``    no picture is kept whose licence does not allow the use, and each record names the right one
``provenance``  each record tells address, page, author, time and hash, and the file in the folder has that hash
``polite``      between two requests to a host lies the delay or its Crawl-delay
``patience``    what answered 429 or 503 is asked for again, and not before Retry-After has passed
``faults``      no error, redirect or endless body on the way costs a picture
``traps``       the number of requests stays small, and no picture is kept twice
``resume``      a crawl in parts asks for nothing again that it has had, and ends with every picture
==============  ============================================================================================
"""

from __future__ import annotations

import _thread
import hashlib
import tempfile
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeGuard
from urllib.parse import quote, unquote, urldefrag

from datacentric_helpers.i18n import gettext as _

__all__ = ["RULES", "crawl_in_parts", "judge_crawl"]

Record = dict[str, Any]
Log = Sequence[dict[str, Any]]
FIELDS = ("url", "page", "author", "licence", "retrieved", "sha256", "file")
AGENT = "dcai-crawler"
SECONDS = 12  # for one run; a careful one takes about half of that on the slowest site
SLACK = 0.8  # of a delay: requests that leave on time may arrive closer together


def crawl_in_parts(
    crawl: Callable[..., Any], start: list[str], use: dict[str, bool], limits: dict[str, float], requests: Sequence[int],
) -> list[Record]:
    """Run ``crawl(start, use, limits, folder)`` once for each of ``requests``, always with the same new folder.

    Each number of ``requests`` is one run's ``limits["requests"]``. Returns the records of the last run, each with ``"stored"``: the
    SHA-256 of the file that it names, "" where there is none. Raises TypeError where they are no list of dicts, TimeoutError where a run
    does not end within ``SECONDS``.
    """
    records: Any = []
    with tempfile.TemporaryDirectory() as folder:
        for number in requests:
            with _deadline():
                records = crawl(list(start), dict(use), {**limits, "requests": number}, Path(folder))
        if not _is_list_of_dicts(records):
            raise TypeError(_("crawl must return a list of records (dicts), a {came} came").format(came=type(records).__name__))
        return [{**record, "stored": _hash_of(Path(folder), record.get("file"))} for record in records]


@contextmanager
def _deadline() -> Iterator[None]:
    """Interrupt what runs in the main thread after ``SECONDS``, as Ctrl-C does: a body without end would hold a check for ever."""
    late = threading.Event()

    def interrupt() -> None:
        late.set()
        _thread.interrupt_main()

    timer = threading.Timer(SECONDS, interrupt)
    timer.start()
    try:
        yield
    except KeyboardInterrupt:
        if not late.is_set():
            raise
        raise TimeoutError(_("the crawl had not ended after {n} seconds: some pages of this site never end, and some answer slowly. "
                             "Stop reading where limits[\"bytes\"] or limits[\"seconds\"] is reached").format(n=SECONDS)) from None
    finally:
        timer.cancel()


def _hash_of(folder: Path, name: Any) -> str:
    path = folder / str(name)
    inside = isinstance(name, str) and name and path.resolve().is_relative_to(folder.resolve())
    return hashlib.sha256(path.read_bytes()).hexdigest() if inside and path.is_file() else ""


def judge_crawl(rule: str, expected: Any, got: Any) -> str | None:
    """None where the crawl keeps ``rule``, otherwise what it did, with up to three examples."""
    records, log = (got.get("returned"), got.get("log")) if isinstance(got, dict) else (None, None)
    if not _is_list_of_dicts(records) or not _is_list_of_dicts(log):
        return _("a list of records was due, one dict for each picture")
    if not log:
        return _("the crawler asked for nothing at all")
    return RULES[rule](expected, records, log)


def _is_list_of_dicts(value: Any) -> TypeGuard[Sequence[dict[str, Any]]]:
    return isinstance(value, (list, tuple)) and all(isinstance(item, dict) for item in value)


def _recall(expected: Any, records: Sequence[Record], _log: Log) -> str | None:
    due = {_plain(p["url"]): p for p in _wanted(expected)}
    kept = {_plain(record.get("url")) for record in records}
    hashes = {p["sha256"] for p in expected["truth"] if _plain(p["url"]) in kept}
    missing = [url for url, p in due.items() if url not in kept and p["sha256"] not in hashes]
    if not missing:
        return None
    return _("{n} of the {total} pictures that may be used are missing: {examples}").format(
        n=len(missing), total=len(due), examples=_examples(f"{url} ({due[url]['licence']})" for url in missing))


def _robots(expected: Any, _records: Sequence[Record], log: Log) -> str | None:
    from protego import Protego

    rules = {host: Protego.parse(text) for host, text in expected["robots"].items()}
    first: set[str] = set()
    for entry in log:
        if entry["host"] in rules and entry["host"] not in first and entry["path"] != "/robots.txt":
            return _("{host} was asked for {path} before its robots.txt was read").format(host=entry["host"], path=entry["path"])
        first.add(entry["host"])
    closed = [e for e in log if e["host"] in rules and not _is_robots(e) and not rules[e["host"]].can_fetch(_address(e), AGENT)]
    if not closed:
        return None
    host, times = Counter(e["host"] for e in closed).most_common(1)[0]
    return _("robots.txt of {host} closes these to your crawler; it was asked for them {n} times: {examples}").format(
        host=host, n=times, examples=_examples(unquote(e["path"]) for e in closed if e["host"] == host))


def _licences(expected: Any, records: Sequence[Record], _log: Log) -> str | None:
    truth = {_plain(p["url"]): p for p in expected["truth"]}
    unknown = [_plain(r.get("url")) for r in records if _plain(r.get("url")) not in truth]
    if unknown:
        return _("these addresses are no pictures: {examples}").format(examples=_examples(unknown))
    closed = [truth[_plain(r["url"])] for r in records if not _permits(truth[_plain(r["url"])]["licence"], expected["use"])]
    if closed:
        nothing = _("no licence, or contradicting ones")
        told = (f"{p['url']} ({p['licence'] or nothing}, {_('stated in')}: {', '.join(p['stated']) or '-'})" for p in closed)
        return _("{n} pictures were kept that this use may not have: {examples}").format(n=len(closed), examples=_examples(told))
    wrong = [r for r in records if r.get("licence") != truth[_plain(r["url"])]["licence"]]
    if wrong:
        told = (f"{_plain(r['url'])} ({r.get('licence')!r}, {truth[_plain(r['url'])]['licence']!r})" for r in wrong)
        return _("{n} records name another licence than the picture has (yours, the right one): {examples}").format(
            n=len(wrong), examples=_examples(told))
    return None if records else _("no picture was kept at all")


def _provenance(expected: Any, records: Sequence[Record], _log: Log) -> str | None:
    truth = {_plain(p["url"]): p for p in expected["truth"]}
    for record in records:
        lacking = [name for name in FIELDS if not isinstance(record.get(name), str) or not record[name]]
        if lacking:
            return _("the record of {url} lacks: {fields}").format(url=record.get("url"), fields=", ".join(lacking))
        true = truth.get(_plain(record["url"]))
        if true is None:
            return _("there is no picture at {url}").format(url=record["url"])
        if _plain(record["page"]) != _plain(true["page"]):
            return _("{url} stands on the page {due}, not on {came}").format(url=record["url"], due=true["page"], came=record["page"])
        if record["author"].strip() != true["author"]:
            return _("{url} is by {due}, not by {came}").format(url=record["url"], due=true["author"], came=repr(record["author"]))
        if not _is_recent(record["retrieved"]):
            return _("{came} is not the time of retrieval in ISO 8601 with a time zone, such as 2026-03-01T09:30:00+00:00").format(
                came=repr(record["retrieved"]))
        if record["sha256"] != true["sha256"] or record.get("stored") != true["sha256"]:
            return _("the SHA-256 of {url}, or that of its file in the folder, is not that of the picture").format(url=record["url"])
    return None if records else _("no picture was kept at all")


def _polite(expected: Any, _records: Sequence[Record], log: Log) -> str | None:
    from protego import Protego

    by_host: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in log:
        by_host[entry["host"]].append(entry)
    for host, entries in by_host.items():
        delay = max(expected["delay"], Protego.parse(expected["robots"].get(host, "")).crawl_delay(AGENT) or 0.0)
        gaps = [later["at"] - earlier["at"] for earlier, later in pairwise(entries[1:])]  # the rules come with the first, robots.txt
        hasty = [gap for gap in gaps if gap < SLACK * delay]
        if len(hasty) > 0.05 * len(gaps):
            text = _("{host} asks for {due:.2f} s between requests; {n} of {total} followed faster, the fastest after {least:.3f} s")
            return text.format(host=host, due=delay, n=len(hasty), total=len(gaps), least=min(hasty))
    return None


def _patience(expected: Any, _records: Sequence[Record], log: Log) -> str | None:
    for number, entry in enumerate(log):
        if entry["status"] not in (429, 503) or entry["path"] == "/robots.txt":
            continue
        again = [e for e in log[number + 1:] if (e["host"], e["path"]) == (entry["host"], entry["path"])]
        if not again:
            return _("{path} answered {status} with Retry-After and was never asked again").format(
                path=entry["path"], status=entry["status"])
        if again[0]["at"] - entry["at"] < 0.95 * expected["retry"]:
            return _("{path} answered {status} with Retry-After: {due:.0f} and was asked again after {came:.2f} s").format(
                path=entry["path"], status=entry["status"], due=expected["retry"], came=again[0]["at"] - entry["at"])
    return None


def _faults(expected: Any, records: Sequence[Record], log: Log) -> str | None:
    """Every picture, faults on the way or not."""
    return _recall({**expected, "truth": [{**p, "fault": ""} for p in expected["truth"]]}, records, log)


def _traps(expected: Any, records: Sequence[Record], log: Log) -> str | None:
    if len(log) > expected["most"]:
        folders = Counter(e["path"].lstrip("/").partition("/")[0].partition("?")[0] for e in log)
        return _("{n} requests for a site that needs fewer than {most}; most often below {examples}").format(
            n=len(log), most=expected["most"], examples=_examples(f"/{name} ({times} ×)" for name, times in folders.most_common(3)))
    asked = Counter((e["host"], e["path"]) for e in log if e["status"] == 200)
    often = [f"http://{host}{path} ({n} ×)" for (host, path), n in asked.items() if n > 1 and path != "/robots.txt"]
    if often:
        return _("these were fetched again although they had come: {examples}").format(examples=_examples(often))
    twice = [digest for digest, n in Counter(r.get("sha256") for r in records).items() if n > 1]
    if twice:
        same = (_plain(r.get("url")) for r in records if r.get("sha256") == twice[0])
        return _("{n} pictures were kept more than once under several addresses: {examples}").format(n=len(twice), examples=_examples(same))
    return None if records else _("no picture was kept at all")


def _resume(expected: Any, records: Sequence[Record], log: Log) -> str | None:
    asked = Counter((e["host"], e["path"]) for e in log if e["status"] == 200 and e["path"] != "/robots.txt")
    often = [f"http://{host}{path}" for (host, path), n in asked.items() if n > 1]
    if often:
        return _("{n} addresses that had been fetched before the interruption were fetched again: {examples}").format(
            n=len(often), examples=_examples(often))
    return _recall(expected, records, log)


RULES: dict[str, Callable[[Any, Sequence[Record], Log], str | None]] = {
    "recall": _recall, "robots": _robots, "licences": _licences, "provenance": _provenance, "polite": _polite,
    "patience": _patience, "faults": _faults,
    "traps": _traps, "resume": _resume,
}


def _wanted(expected: Any) -> list[dict[str, Any]]:
    """The pictures that a careful crawler finds: open to robots, licence allows the use, no fault on the way."""
    reached = (p for p in expected["truth"] if p["robots"] and not p["fault"] and not p["thumbnail_of"])
    return [p for p in reached if _permits(p["licence"], expected["use"])]


def _permits(licence: str, use: dict[str, bool]) -> bool:
    """Among the licences of the embedded web, which all are known."""
    if licence in ("", "ARR"):
        return False
    return not (use["commercial"] and "-NC" in licence) and not (use["derivatives"] and "-ND" in licence)


def _is_robots(entry: dict[str, Any]) -> bool:
    """robots.txt itself, or where it redirects to."""
    return str(entry["path"]).endswith("/robots.txt")


def _address(entry: dict[str, Any]) -> str:
    return f"http://{entry['host']}{entry['path']}"


def _plain(url: Any) -> str:
    """``url`` decoded and without fragment, to compare; "" for what is none."""
    return quote(unquote(urldefrag(url).url), safe=":/?&=%#+,;@!$'()*~") if isinstance(url, str) else ""


def _is_recent(text: str) -> bool:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return False
    return moment.tzinfo is not None and abs(datetime.now(UTC) - moment) < timedelta(days=1)


def _examples(items: Iterable[str]) -> str:
    few = list(items)
    return ", ".join(few[:3]) + (", …" if len(few) > 3 else "")
