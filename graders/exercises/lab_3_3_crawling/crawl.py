"""The whole crawler, judged rule by rule on small sites: what it asked for, what it kept, what it wrote down.

Every answer here uses the learner's earlier functions by the names that they have in the notebook. What is due is no crawl but the
truth that a site has about itself; ``datacentric_helpers.crawl_rubric`` compares.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urldefrag, urlencode, urljoin, urlsplit

import numpy as np
import requests
from bs4 import BeautifulSoup

from datacentric_helpers import compare, web
from datacentric_helpers.crawl_rubric import crawl_in_parts
from datacentric_helpers.file_metadata import metadata_text
from graders.exercise import Case, Exercise
from graders.exercises.lab_3_3_crawling import robots_rules
from graders.exercises.lab_3_3_crawling.allowed_for import reference as allowed_for
from graders.exercises.lab_3_3_crawling.parse_license import careful as parse_license
from graders.variants import variant

RECALL = "every picture that the use allows is found"
ROBOTS = "nothing is asked for that robots.txt closes"
LICENCES = "no picture under another licence is kept"
PROVENANCE = "every picture has its provenance"
POLITE = "the hosts' pace is kept"
FAULTS = "errors, redirects and endless bodies cost no picture"
TRAPS = "neither calendar nor copies nor loops hold it"
RESUME = "an interrupted crawl goes on where it stopped"

START = ["http://photos.test/"]
SLOW = ["http://blog.test/", "http://photos.test/"]  # the first asks for a Crawl-delay
ANY = {"commercial": False, "derivatives": False}
SELL = {"commercial": True, "derivatives": False}
CHANGE = {"commercial": False, "derivatives": True}
BOTH = {"commercial": True, "derivatives": True}
LIMITS = {"delay": 0.01, "depth": 6, "bytes": 300_000, "seconds": 1.0}


class RobotsRules:
    """The notebook's class, by the oracle of its own exercise."""

    def __init__(self, text: str, agent: str) -> None:
        self.text, self.agent = text, agent
        self.crawl_delay = robots_rules.reference(text, agent, [])[0]

    def allows(self, url: str) -> bool:
        """May ``url`` be fetched?"""
        return bool(robots_rules.reference(self.text, self.agent, [url])[1])


def case(name: str, rule: str, site: str, seed: int, use: dict[str, bool], *, delay: float = 0.01, parts: tuple[int, ...] = (250,), most: int = 0,
         start: list[str] = START) -> Case:
    """One crawl of one small site, judged by one rule."""
    world = web.Site(site, seed)
    due = {"truth": world.truth(), "robots": world.robots, "use": use, "delay": delay, "retry": 1.0, "most": most}
    task = (start, use, {**LIMITS, "delay": delay}, list(parts))
    return Case(name, task, expected=due, compare=compare.crawl_rule(rule), service={"site": site, "seed": seed})


def tired(seed: int) -> Case:
    """Two pages that answer 429 and 503 for a second, and nothing to do meanwhile."""
    pages = [p["page"] for p in web.truth("faults", seed=seed) if p["fault"] in ("429", "503")]
    made = case(FAULTS, "patience", "faults", seed, ANY, parts=(8,), start=pages)
    return replace(made, service={"site": "faults", "seed": seed, "about": "tired"})


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """The same rules on other sites of the same kinds, for other uses."""
    seeds = [int(s) for s in rng.integers(1 << 62, size=8)]  # too many to try one after the other
    yield case(RECALL, "recall", "gallery", seeds[0], ANY)
    yield case(ROBOTS, "robots", "robots", seeds[1], ANY)
    yield case(LICENCES, "licences", "licences", seeds[2], ANY)
    yield case(PROVENANCE, "provenance", "licences", seeds[3], ANY)
    yield case(RESUME, "resume", "gallery", seeds[4], SELL, parts=(int(rng.integers(8, 20)), int(rng.integers(20, 40)), 250))
    yield case(TRAPS, "traps", "traps", seeds[5], ANY, most=90)
    yield case(POLITE, "polite", "robots", seeds[6], ANY, parts=(20,), start=SLOW)
    yield case(FAULTS, "faults", "faults", seeds[7], ANY)


def reference(start: list[str], use: dict[str, bool], limits: dict[str, float], parts: list[int]) -> list[dict[str, Any]]:
    """The careful crawler, run as the check runs the learner's."""
    return careful(start, use, limits, parts)  # type: ignore[no-any-return]


exercise = Exercise(
    id="crawl",
    title="The crawler, end to end",
    points=16,
    minutes=60,
    hints=(
        "Keep one queue (`deque`) of things to fetch: an address, its depth, and for a picture what its page said. Everything that a later run "
        "needs (queue, addresses seen, records, robots texts) goes into one dict, which `json.dumps` can write to `folder / \"state.json\"`.",
        "Write one inner function through which every request goes: it waits until the host may be asked again, counts the request, reads "
        "with `stream=True` no more than the limits allow, and follows no redirect. A redirect is a link like any other.",
        "Before the first request to a host fetch its robots.txt: status 200 gives its text, 4xx the empty text, everything else `User-agent: *` "
        "and `Disallow: /`.",
        "The page alone may already forbid a picture. If it says nothing, or allows the use, fetch the file, give `metadata_text(data)` to "
        "`parse_license` with an empty page, and put both findings together: where they differ, keep nothing.",
        "429 and 503: make the host wait for `Retry-After` seconds and put the address at the end of the queue, three times at most. 500: the same, without the wait.",
    ),
    compare=compare.crawl_rule("recall"),
    reference=reference,
    public=(
        case(RECALL, "recall", "licences", 1, BOTH),
        case(ROBOTS, "robots", "robots", 2, ANY),
        case(LICENCES, "licences", "gallery", 8, SELL),
        case(LICENCES, "licences", "licences", 3, ANY),
        case(PROVENANCE, "provenance", "gallery", 4, ANY),
        case(POLITE, "polite", "gallery", 10, ANY, delay=0.05, parts=(20,)),
        case(POLITE, "polite", "robots", 5, ANY, parts=(20,), start=SLOW),
        tired(11),
        case(FAULTS, "faults", "faults", 9, ANY),
        case(TRAPS, "traps", "traps", 6, ANY, most=90),
        case(RESUME, "resume", "gallery", 7, ANY, parts=(12, 250)),
    ),
    hidden=hidden,
)


@exercise.right
def careful(start, use, limits, parts):
    def crawl(start, use, limits, folder):
        session, state_file = web.session(), folder / "state.json"
        state = {"queue": [[url, 0, 0, None] for url in start], "seen": list(start), "records": [], "robots": {}}
        if state_file.exists():
            state = json.loads(state_file.read_text(encoding="utf-8"))
        queue, seen, records = deque(state["queue"]), set(state["seen"]), state["records"]
        robots, ready, left = state["robots"], defaultdict(float), [limits["requests"]]

        def rules_of(host):
            return RobotsRules(robots.get(host, ""), "dcai-crawler/1.0")

        def fetch(url):
            host = urlsplit(url).netloc
            time.sleep(max(0.0, ready[host] - time.monotonic()))
            left[0] -= 1
            begun, data = time.monotonic(), b""
            try:
                with session.get(url, stream=True, allow_redirects=False, timeout=limits["seconds"]) as reply:
                    for piece in reply.iter_content(16384):
                        data += piece
                        if len(data) > limits["bytes"] or time.monotonic() - begun > limits["seconds"]:
                            return 0, {}, b""
                    return reply.status_code, reply.headers, data
            except requests.RequestException:
                return 0, {}, b""
            finally:
                pause = max(limits["delay"], rules_of(host).crawl_delay or 0.0)
                ready[host] = time.monotonic() + pause

        def learn_robots(host):
            url = f"http://{host}/robots.txt"
            for _ in range(5):
                status, headers, data = fetch(url)
                if not 300 <= status < 400:
                    break
                url = urljoin(url, headers.get("Location", ""))
            if status == 200:
                robots[host] = data.decode("utf-8", "replace")
            else:
                robots[host] = "" if 400 <= status < 500 else "User-agent: *\nDisallow: /\n"
            ready[host] = time.monotonic() + max(limits["delay"], rules_of(host).crawl_delay or 0.0)

        def clean(base, href):
            parts = urlsplit(urldefrag(urljoin(base, href)).url)
            query = urlencode([(name, value) for name, value in parse_qsl(parts.query) if name != "sid"])
            return requests.utils.requote_uri(parts._replace(query=query).geturl())

        def add(url, depth, told=None):
            if url in seen or depth > limits["depth"] or not urlsplit(url).netloc.endswith(".test") or not url.startswith("http:"):
                return
            seen.add(url)
            queue.append([url, depth, 0, told])

        def read_page(url, depth, data):
            soup = BeautifulSoup(data, "html.parser")
            for img in soup.find_all("img", src=True):
                picture = clean(url, img["src"])
                licence, places = parse_license(str(soup), url, picture, "")
                if places and not allowed_for(licence, **use):
                    continue
                by = (img.find_parent("figure") or soup).select_one("[rel=author], .author")
                add(picture, depth, {"page": url, "author": by.get_text() if by else "", "licence": licence, "places": places})
            for a in soup.find_all("a", href=True):
                add(clean(url, a["href"]), depth + 1)

        def keep(url, data, told):
            try:
                licence, places = parse_license("", url, url, metadata_text(data))
            except ValueError:
                return
            found = {name for name, stated in ((licence, places), (told["licence"], told["places"])) if stated}
            licence = found.pop() if len(found) == 1 else ""
            digest = hashlib.sha256(data).hexdigest()
            if not allowed_for(licence, **use) or digest in {record["sha256"] for record in records}:
                return
            name = digest[:16] + Path(urlsplit(url).path).suffix
            (folder / name).write_bytes(data)
            now = datetime.now(UTC).isoformat(timespec="seconds")
            records.append({"url": url, "page": told["page"], "author": told["author"], "licence": licence, "retrieved": now, "sha256": digest, "file": name})

        while queue and left[0] > 0:
            url, depth, tries, told = queue.popleft()
            host = urlsplit(url).netloc
            if host not in robots:
                learn_robots(host)
            if not rules_of(host).allows(url):
                continue
            status, headers, data = fetch(url)
            if status in (429, 500, 503) and tries < 3:
                ready[host] = max(ready[host], time.monotonic() + float(headers.get("Retry-After", 0)))
                queue.append([url, depth, tries + 1, told])
            elif 300 <= status < 400:
                add(clean(url, headers.get("Location", "")), depth + 1, told)
            elif status == 200 and told:
                keep(url, data, told)
            elif status == 200 and headers.get("Content-Type", "").startswith("text/html"):
                read_page(url, depth, data)
        state = {"queue": list(queue), "seen": sorted(seen), "records": records, "robots": robots}
        state_file.write_text(json.dumps(state), encoding="utf-8")
        return records

    return crawl_in_parts(crawl, start, use, limits, parts)


@exercise.right
def with_a_class(start, use, limits, parts):
    class Crawler:
        """One line of work per host; whichever host may be asked first is asked next."""

        def __init__(self, use, limits, folder):
            self.use, self.limits, self.folder, self.web = use, limits, folder, web.session()
            self.state = {"todo": {}, "seen": [], "records": [], "rules": {}}
            self.next, self.left = defaultdict(float), limits["requests"]

        def get(self, url):
            host = urlsplit(url).netloc
            wait = self.next[host] - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            self.left, end = self.left - 1, time.monotonic() + self.limits["seconds"]
            status, headers, body = None, {}, bytearray()
            try:
                answer = self.web.get(url, allow_redirects=False, stream=True, timeout=self.limits["seconds"])
                for chunk in answer.iter_content(8192):
                    body += chunk
                    if len(body) > self.limits["bytes"] or time.monotonic() > end:
                        raise requests.Timeout("too much of it")
                status, headers = answer.status_code, answer.headers
                answer.close()
            except requests.RequestException:
                body.clear()
            self.next[host] = time.monotonic() + self.pause(host)
            return status, headers, bytes(body)

        def pause(self, host):
            rules = self.state["rules"].get(host)
            return max(self.limits["delay"], (rules and RobotsRules(rules, web.AGENT).crawl_delay) or 0)

        def may(self, url):
            host = urlsplit(url).netloc
            if host not in self.state["rules"]:
                at, status = f"http://{host}/robots.txt", 301
                while status in (301, 302, 303, 307, 308):
                    status, headers, body = self.get(at)
                    at = urljoin(at, headers.get("location", ""))
                closed = "User-agent: *\nDisallow: /"
                self.state["rules"][host] = body.decode(errors="replace") if status == 200 else "#" if status and status // 100 == 4 else closed
                self.next[host] = time.monotonic() + self.pause(host)
            return RobotsRules(self.state["rules"][host], web.AGENT).allows(url)

        def push(self, url, depth, **more):
            url = re.sub(r"[?&]sid=[^&]*", "", urldefrag(url).url)
            if re.match(r"http://[a-z0-9-]+\.test/", url) and url not in self.state["seen"] and depth <= self.limits["depth"]:
                self.state["seen"].append(url)
                self.state["todo"].setdefault(urlsplit(url).netloc, []).append({"url": url, "depth": depth, "tries": 0, **more})

        def page(self, job, body):
            html = BeautifulSoup(body, "html.parser")
            for img in html.select("img[src]"):
                src = urljoin(job["url"], img["src"])
                author = html.select_one("[rel=author], .author")
                stated = parse_license(str(html), job["url"], src, "")
                if not stated[1] or allowed_for(stated[0], **self.use):
                    self.push(src, job["depth"], page=job["url"], author=author.text if author else "", stated=stated)
            for a in html.select("a[href]"):
                self.push(urljoin(job["url"], a["href"]), job["depth"] + 1)

        def picture(self, job, body):
            sha256 = hashlib.sha256(body).hexdigest()
            try:
                inside = parse_license("", job["url"], job["url"], metadata_text(body))
            except ValueError:
                return
            licences = {licence for licence, places in (inside, job["stated"]) if places}
            if len(licences) != 1 or not allowed_for(*licences, **self.use) or sha256 in [r["sha256"] for r in self.state["records"]]:
                return
            (self.folder / f"{sha256}.bin").write_bytes(body)
            self.state["records"].append({
                "url": job["url"], "page": job["page"], "author": job["author"], "licence": licences.pop(), "sha256": sha256,
                "retrieved": datetime.now(UTC).isoformat(), "file": f"{sha256}.bin"})

        def step(self, job):
            if not self.may(job["url"]):
                return
            status, headers, body = self.get(job["url"])
            if status in (429, 500, 502, 503, 504):
                host = urlsplit(job["url"]).netloc
                self.next[host] = max(self.next[host], time.monotonic() + int(headers.get("retry-after", "0")))
                if job["tries"] < 3:
                    self.state["todo"].setdefault(host, []).append(job | {"tries": job["tries"] + 1})
            elif status in (301, 302, 303, 307, 308):
                self.push(urljoin(job["url"], headers["location"]), job["depth"] + 1)
            elif status == 200 and "page" in job:
                self.picture(job, body)
            elif status == 200 and "html" in headers.get("content-type", ""):
                self.page(job, body)

    def crawl(start, use, limits, folder):
        crawler, saved = Crawler(use, limits, folder), folder / "saved.json"
        if saved.exists():
            crawler.state = json.loads(saved.read_text())
        for url in start:
            crawler.push(url, 0)
        todo = crawler.state["todo"]
        while crawler.left > 0 and any(todo.values()):
            host = min((host for host in todo if todo[host]), key=lambda name: crawler.next[name])
            crawler.step(todo[host].pop(0))
        saved.write_text(json.dumps(crawler.state))
        return crawler.state["records"]

    return crawl_in_parts(crawl, start, use, limits, parts)


exercise.right(variant(careful, "with_a_warning", ("    return crawl_in_parts(", '    import warnings\n    warnings.warn("be patient")\n    return crawl_in_parts(')))

exercise.wrong(
    "Your crawler asks for what robots.txt closes. Ask your `RobotsRules` before every request, also for pictures, and for addresses that a redirect gave you.",
    share=7 / 8, breaks=((ROBOTS, "robots"),),
)(variant(careful, "ignores_robots", ("if not rules_of(host).allows(url):", "if False:")))

exercise.wrong(
    "Your crawler never opens the picture files. What the page states may be contradicted there, and some photographers state their licence nowhere else: "
    "give `metadata_text(data)` to `parse_license` before you keep a picture.",
    share=6 / 8, breaks=((RECALL, "licences"), (LICENCES, "licences")),
)(variant(careful, "trusts_the_caption", ('parse_license("", url, url, metadata_text(data))', 'parse_license("", url, url, metadata_text(data)[:0])')))

exercise.wrong(
    "Where page and file name different licences, you believe one of them. You cannot know which is right, so nothing may be taken.",
    share=7 / 8, breaks=((LICENCES, "licences"),),
)(variant(careful, "page_before_file", (
    "            found = {name for name, stated in ((licence, places), (told[\"licence\"], told[\"places\"])) if stated}\n",
    "            found = {told[\"licence\"] if told[\"places\"] else licence}\n")))

exercise.wrong(
    "Your crawler keeps whatever has a licence, whether the use is allowed or not. Ask `allowed_for(licence, **use)` before you keep a picture.",
    share=7 / 8, breaks=((LICENCES, "gallery"), (LICENCES, "licences")),
)(variant(careful, "any_licence", ("if places and not allowed_for(licence, **use):", "if False:"), ("if not allowed_for(licence, **use) or digest", "if not licence or digest")))

exercise.wrong(
    "You wait between requests, but not as long as the host asks for: its robots.txt has a `Crawl-delay`. Wait for the longer of the two.",
    share=7 / 8, breaks=((POLITE, "robots"),),
)(variant(careful, "own_pace", ("                pause = max(limits[\"delay\"], rules_of(host).crawl_delay or 0.0)\n", "                pause = limits[\"delay\"]\n")))

exercise.wrong(
    "Your crawler sends requests as fast as it can. Between two requests to the same host wait `limits[\"delay\"]` or its Crawl-delay, and after 429 or 503 as long "
    "as `Retry-After` says. A server that is tired of you answers nobody else either.",
    share=6 / 8, breaks=((POLITE, "gallery"), (POLITE, "robots"), (FAULTS, "tired")),
)(variant(careful, "hammers", ("time.sleep(max(0.0, ready[host] - time.monotonic()))", "pass")))

exercise.wrong(
    "Your crawler takes an error for the end. After 429, 500 and 503 the same request often succeeds a little later: put the address at the end of the queue again, "
    "up to three times, and wait for `Retry-After` where the host asks for it.",
    share=7 / 8, breaks=((FAULTS, "tired"), (FAULTS, "faults")),
)(variant(careful, "gives_up", ("if status in (429, 500, 503) and tries < 3:", "if status in ():")))

exercise.wrong(
    "After 429 or 503 you ask again as soon as the usual pause is over. `Retry-After` says how many seconds the host needs: until then ask it for nothing at all.",
    share=7 / 8, breaks=((FAULTS, "tired"),),
)(variant(careful, "impatient", ("                ready[host] = max(ready[host], time.monotonic() + float(headers.get(\"Retry-After\", 0)))\n", "")))

exercise.wrong(
    "Your crawler reads every body to its end, and some have none. With `stream=True` and `iter_content` you get a body piece by piece: stop where "
    "`limits[\"bytes\"]` or `limits[\"seconds\"]` is reached. `timeout` does not help here: it starts again with every piece.",
    share=7 / 8, breaks=((FAULTS, "faults", "TimeoutError"),),
)(variant(careful, "reads_for_ever", ("if len(data) > limits[\"bytes\"] or time.monotonic() - begun > limits[\"seconds\"]:", "if len(data) > 10**9:")))

exercise.wrong(
    "Your crawler runs after addresses that never end. A calendar has a page for every month: go no deeper than `limits[\"depth\"]`. A session id makes a new "
    "address of an old page: take the parameter `sid` out before you look whether you know an address.",
    share=7 / 8, breaks=((TRAPS, "traps"),),
)(variant(careful, "into_the_calendar", ('if url in seen or depth > limits["depth"] or', "if url in seen or")))

exercise.wrong(
    "After an interruption your crawler begins anew. Write queue, addresses seen, records and robots texts into a file in `folder`, and read it first: what has been fetched "
    "is not asked for again.",
    share=7 / 8, breaks=((RESUME, "gallery"),),
)(variant(careful, "begins_anew", ("if state_file.exists():", "if False:")))

exercise.wrong(
    "Your times of retrieval have no time zone. In a year nobody knows where the computer stood: `datetime.now(UTC).isoformat()`.",
    share=7 / 8, breaks=((PROVENANCE, "gallery"), (PROVENANCE, "licences")),
)(variant(careful, "local_time", ("datetime.now(UTC).isoformat", "datetime.now().isoformat")))
