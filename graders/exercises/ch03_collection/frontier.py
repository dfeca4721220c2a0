"""What to fetch next, and when: the frontier of a polite crawler."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from datacentric_helpers.compare import close
from graders.exercise import Case, Exercise

FIFO, ONCE = "what was found first is fetched first", "each address once, also after it was handed out"
DEPTH, HOSTS = "nothing deeper than max_depth, and a refused address is not used up", "a host rests, the others go on"
BOUNDARY, WAIT = "the rest of a host is over after exactly delay seconds", "wait tells how long until next has an answer"

A, B, C = "http://a.test/", "http://b.test/", "http://c.test/"


def reference(delay: float, max_depth: int, steps: Sequence[Sequence[Any]]) -> list[Any]:
    """The answers of a frontier to ``steps``, from the list of all that happened so far.

    A step is ("add", url, depth), ("next", now) or ("wait", now). Times and ``delay`` are in seconds of one clock.
    """
    taken: list[tuple[str, int]] = []
    given: list[tuple[float, tuple[str, int]]] = []
    answers: list[Any] = []
    for name, *rest in steps:
        if name == "add":
            url, depth = rest
            fresh = url not in [known for known, _ in taken] and depth <= max_depth
            taken += [(url, depth)] if fresh else []
            answers.append(fresh)
            continue
        now, due = rest[0], []
        for entry in [entry for entry in taken if entry not in [other for _, other in given]]:
            asked = [at for at, (url, _) in given if urlsplit(url).netloc == urlsplit(entry[0]).netloc]
            due.append((max([now, *(at + delay for at in asked)]), entry))
        if name == "wait":
            answers.append(min(at for at, _ in due) - now if due else None)
        else:
            ready = [entry for at, entry in due if at <= now]
            given += [(now, entry) for entry in ready[:1]]
            answers.append(ready[0] if ready else None)
    return answers


def hidden(rng: np.random.Generator) -> Iterator[Case]:
    """Edge cases first, then random steps; the cases of a property leave the other properties' traps alone."""
    yield Case(FIFO, (0.0, 9, [("next", 0.0), ("add", A, 2), ("add", B, 1), ("add", C, 0), ("next", 5.0), ("next", 5.0), ("next", 5.0), ("next", 6.0)]))
    yield Case(ONCE, (0.0, 9, [("add", A, 0), ("next", 0.0), ("add", A, 0), ("add", A, 1), ("next", 1.0), ("add", A + "?", 0), ("next", 2.0)]))
    yield Case(DEPTH, (0.0, 0, [("add", A, 1), ("next", 0.0), ("add", A, 0), ("next", 1.0), ("add", C, 1), ("next", 2.0)]))
    yield Case(DEPTH, (0.0, 2, [("add", A, 3), ("add", A, 4), ("add", A, 2), ("next", 0.0), ("add", B, 2), ("add", A, 1), ("next", 1.0)]))
    yield Case(HOSTS, (9.0, 9, [
        ("add", A + "1", 0), ("add", A + "2", 0), ("add", A + "3", 0), ("add", B, 0), ("next", 1.0), ("next", 2.0), ("next", 3.0), ("next", 11.0), ("next", 12.0),
    ]))
    yield Case(HOSTS, (9.0, 9, [("add", "http://a.test:8080/", 0), ("add", A, 0), ("add", "https://a.test/x", 0), ("next", 1.0), ("next", 2.0), ("next", 3.0)]))
    yield Case(HOSTS, (9.0, 9, [("add", "http://www.a.test/1", 0), ("add", "http://www.a.test/2", 0), ("add", A, 0), ("next", 0.0), ("next", 1.0)]))
    yield Case(BOUNDARY, (2.5, 9, [("add", A + "1", 0), ("next", 4.0), ("add", A + "2", 0), ("next", 6.25), ("next", 6.5)]))
    yield Case(BOUNDARY, (2.0, 9, [("add", A + "1", 0), ("next", 1.0), ("add", A + "2", 0), ("next", 2.0), ("next", 3.0)]))
    yield Case(WAIT, (4.0, 9, [
        ("wait", 0.0), ("add", A + "1", 0), ("wait", 3.0), ("next", 3.0), ("wait", 3.0), ("add", A + "2", 0), ("wait", 3.0), ("add", B + "1", 0), ("wait", 4.0),
        ("next", 4.0), ("add", B + "2", 0), ("wait", 4.0), ("wait", 7.5), ("wait", 20.0),
    ]))
    for _ in range(4):
        adds = [("add", f"http://{host}.test/", 1) for host in rng.permutation(list("abcdefgh"))]
        yield Case(FIFO, (0.0, 9, [*adds, *(("next", float(i)) for i in range(9))]))
        pages = [("add", f"http://{host}.test/{page}", int(depth)) for host, page, depth in zip(rng.choice(list("ab"), 12), rng.integers(3, size=12), rng.integers(4, size=12))]
        yield Case(ONCE, (0.0, 9, [step for i, add in enumerate(pages) for step in (add, ("next", float(i)))]))
        yield Case(DEPTH, (0.0, 2, [step for i, add in enumerate(pages) for step in (add, ("next", float(i)))]))
        adds = [("add", f"http://{host}.test/{i}", 0) for i, host in enumerate(rng.choice(list("abc"), 8))]
        yield Case(HOSTS, (1.4375, 9, [*adds, *(("next", 0.75 * i + 0.125 * (i % 2)) for i in range(10))]))
        yield Case(WAIT, (1.4375, 9, [*adds, *((str(name), 0.5 * i) for i, name in enumerate(rng.permutation(["next", "wait"] * 6)))]))


exercise = Exercise(
    id="frontier",
    title="The frontier of a polite crawler",
    points=5,
    minutes=15,
    hints=(
        "Three things to remember: the addresses that wait (a list, in order), every address ever taken (a set), and for each host the time from which "
        "it may be asked again (a dict).",
        "`next` goes through the waiting list from the front and takes the first address whose host is free. It must not stop at the first one "
        "that has to rest.",
        "In `add`, look at the depth before you remember the address: what was too deep may come again by a shorter way.",
        "`wait` is the smallest, over the waiting addresses, of the time from which the host is free, less `now`, and never below 0.",
    ),
    compare=close(),  # times are sums and differences of given numbers: any two right ways differ by rounding only
    reference=reference,
    public=(
        Case(FIFO, (0.0, 3, [("add", A, 0), ("add", B, 0), ("next", 0.0), ("next", 0.0), ("next", 0.0)])),
        Case(ONCE, (0.0, 3, [("add", A, 0), ("add", A, 0), ("next", 0.0), ("add", A, 1), ("next", 1.0)])),
        Case(DEPTH, (0.0, 1, [("add", A, 1), ("next", 0.0), ("add", B, 2), ("add", B, 1), ("next", 1.0)])),
        Case(HOSTS, (2.0, 3, [("add", A + "1", 0), ("add", A + "2", 0), ("add", B, 0), ("next", 0.0), ("next", 1.0), ("next", 1.5), ("next", 3.0)])),
        Case(BOUNDARY, (2.0, 3, [("add", A + "1", 0), ("next", 0.0), ("add", A + "2", 0), ("next", 2.0)])),
        Case(WAIT, (2.0, 3, [("wait", 0.0), ("add", A + "1", 0), ("wait", 0.0), ("next", 0.0), ("add", A + "2", 0), ("wait", 0.5), ("wait", 5.0)])),
    ),
    hidden=hidden,
)


@exercise.right
def with_one_queue_per_host(delay, max_depth, steps):
    class Frontier:
        def __init__(self):
            self.queues, self.free, self.seen, self.count = {}, {}, set(), 0

        def add(self, url, depth):
            if depth > max_depth or url in self.seen:
                return False
            self.seen.add(url)
            self.count += 1
            self.queues.setdefault(urlsplit(url).netloc, []).append((self.count, url, depth))
            return True

        def wait(self, now):
            times = [max(self.free.get(host, now), now) for host, queue in self.queues.items() if queue]
            return min(times) - now if times else None

        def next(self, now):
            ready = [queue for host, queue in self.queues.items() if queue and self.free.get(host, now) <= now]
            if not ready:
                return None
            _, url, depth = min(ready, key=lambda queue: queue[0][0]).pop(0)
            self.free[urlsplit(url).netloc] = now + delay
            return [url, depth]

    todo = Frontier()
    return [getattr(todo, name)(*rest) for name, *rest in steps]


@exercise.right
def with_dicts_that_warns(delay, max_depth, steps):
    import warnings

    class Frontier:
        def __init__(self):
            self.waiting, self.done, self.last = {}, set(), {}

        def add(self, url, depth):
            if depth > max_depth:
                warnings.warn(f"too deep: {url}", stacklevel=2)
                return False
            fresh = url not in self.waiting and url not in self.done
            if fresh:
                self.waiting[url] = depth
            return fresh

        def rest(self, url, now):
            host = url.split("/")[2]
            return max(self.last[host] + delay - now, 0) if host in self.last else 0

        def wait(self, now):
            return min((self.rest(url, now) for url in self.waiting), default=None)

        def next(self, now):
            for url in self.waiting:
                if self.rest(url, now) == 0:
                    self.last[url.split("/")[2]] = now
                    self.done.add(url)
                    return (url, self.waiting.pop(url))
            return None

    todo = Frontier()
    return [getattr(todo, name)(*rest) for name, *rest in steps]


@exercise.wrong(
    "An address that was handed out is taken again. Pages link back to where the crawler came from, so it would fetch the same two pages for ever. "
    "Remember every address that was ever taken, not only the waiting ones.",
    share=4 / 6,
)
def only_waiting_addresses_known(delay, max_depth, steps):
    waiting, free, answers = [], {}, []
    for name, *rest in steps:
        if name == "add":
            fresh = rest[1] <= max_depth and rest[0] not in [url for url, _ in waiting]
            if fresh:
                waiting.append(tuple(rest))
            answers.append(fresh)
        elif name == "wait":
            answers.append(min((max(free.get(urlsplit(url).netloc, 0) - rest[0], 0) for url, _ in waiting), default=None))
        else:
            ready = [entry for entry in waiting if free.get(urlsplit(entry[0]).netloc, rest[0]) <= rest[0]]
            for entry in ready[:1]:
                waiting.remove(entry)
                free[urlsplit(entry[0]).netloc] = rest[0] + delay
            answers.append(ready[0] if ready else None)
    return answers


@exercise.wrong(
    "You remember an address before you look at its depth. Found first by a long way and then by a short one, it is refused both times, and the "
    "page is lost. Refuse what is too deep first, and remember nothing of it.",
    share=5 / 6,
)
def too_deep_is_used_up(delay, max_depth, steps):
    waiting, seen, free, answers = [], set(), {}, []
    for name, *rest in steps:
        if name == "add":
            fresh = rest[0] not in seen
            seen.add(rest[0])
            if fresh and rest[1] <= max_depth:
                waiting.append(tuple(rest))
            answers.append(fresh and rest[1] <= max_depth)
        elif name == "wait":
            answers.append(min((max(free.get(urlsplit(url).netloc, 0) - rest[0], 0) for url, _ in waiting), default=None))
        else:
            ready = [entry for entry in waiting if free.get(urlsplit(entry[0]).netloc, rest[0]) <= rest[0]]
            for entry in ready[:1]:
                waiting.remove(entry)
                free[urlsplit(entry[0]).netloc] = rest[0] + delay
            answers.append(ready[0] if ready else None)
    return answers


@exercise.wrong(
    "You refuse addresses at exactly max_depth. With max_depth 0 not even the start page would be fetched: only what is *deeper* than max_depth is refused.",
    share=5 / 6,
)
def one_level_too_few(delay, max_depth, steps):
    waiting, seen, free, answers = [], set(), {}, []
    for name, *rest in steps:
        if name == "add":
            fresh = rest[0] not in seen and rest[1] < max_depth
            if fresh:
                seen.add(rest[0])
                waiting.append(tuple(rest))
            answers.append(fresh)
        elif name == "wait":
            answers.append(min((max(free.get(urlsplit(url).netloc, 0) - rest[0], 0) for url, _ in waiting), default=None))
        else:
            ready = [entry for entry in waiting if free.get(urlsplit(entry[0]).netloc, rest[0]) <= rest[0]]
            for entry in ready[:1]:
                waiting.remove(entry)
                free[urlsplit(entry[0]).netloc] = rest[0] + delay
            answers.append(ready[0] if ready else None)
    return answers


@exercise.wrong(
    "The address found last is handed out first. Depth first, a crawler follows one chain of links (a calendar, say) to its end before it sees the second "
    "link of the start page. Take from the front of the list.",
    share=3 / 6,
)
def last_in_first_out(delay, max_depth, steps):
    waiting, seen, free, answers = [], set(), {}, []
    for name, *rest in steps:
        if name == "add":
            fresh = rest[0] not in seen and rest[1] <= max_depth
            if fresh:
                seen.add(rest[0])
                waiting.append(tuple(rest))
            answers.append(fresh)
        elif name == "wait":
            answers.append(min((max(free.get(urlsplit(url).netloc, 0) - rest[0], 0) for url, _ in waiting), default=None))
        else:
            ready = [entry for entry in waiting if free.get(urlsplit(entry[0]).netloc, rest[0]) <= rest[0]]
            for entry in ready[-1:]:
                waiting.remove(entry)
                free[urlsplit(entry[0]).netloc] = rest[0] + delay
            answers.append(ready[-1] if ready else None)
    return answers


@exercise.wrong(
    "After one request you let *all* hosts rest. Politeness is owed to each server alone: while one rests, ask another. With a hundred hosts "
    "your crawl would take a hundred times as long.",
    share=4 / 6,
)
def one_clock_for_all_hosts(delay, max_depth, steps):
    waiting, seen, free, answers = [], set(), 0, []
    for name, *rest in steps:
        if name == "add":
            fresh = rest[0] not in seen and rest[1] <= max_depth
            if fresh:
                seen.add(rest[0])
                waiting.append(tuple(rest))
            answers.append(fresh)
        elif name == "wait":
            answers.append(max(free - rest[0], 0) if waiting else None)
        elif waiting and free <= rest[0]:
            free = rest[0] + delay
            answers.append(waiting.pop(0))
        else:
            answers.append(None)
    return answers


@exercise.wrong(
    "You look at the first waiting address only. If its host has to rest, everything behind it waits too, whatever its host. Go on to the first address "
    "whose host is free.",
    share=4 / 6,
)
def blocked_by_the_first(delay, max_depth, steps):
    waiting, seen, free, answers = [], set(), {}, []
    for name, *rest in steps:
        if name == "add":
            fresh = rest[0] not in seen and rest[1] <= max_depth
            if fresh:
                seen.add(rest[0])
                waiting.append(tuple(rest))
            answers.append(fresh)
        elif name == "wait":
            answers.append(min((max(free.get(urlsplit(url).netloc, 0) - rest[0], 0) for url, _ in waiting), default=None))
        elif waiting and free.get(urlsplit(waiting[0][0]).netloc, rest[0]) <= rest[0]:
            free[urlsplit(waiting[0][0]).netloc] = rest[0] + delay
            answers.append(waiting.pop(0))
        else:
            answers.append(None)
    return answers


@exercise.wrong(
    "There is no politeness: a host may be asked again at once. A crawler that sends requests as fast as it can is, for a small server, an attack. Note the "
    "time of each host's last request, and let delay seconds pass.",
    share=3 / 6,
)
def no_rest_at_all(delay, max_depth, steps):
    waiting, seen, answers = [], set(), []
    for name, *rest in steps:
        if name == "add":
            fresh = rest[0] not in seen and rest[1] <= max_depth
            if fresh:
                seen.add(rest[0])
                waiting.append(tuple(rest))
            answers.append(fresh)
        elif name == "wait":
            answers.append(0.0 if waiting else None)
        else:
            answers.append(waiting.pop(0) if waiting else None)
    return answers


@exercise.wrong(
    "Your hosts rest a moment too long: at exactly the last request plus delay a host may be asked again (`>=`, not `>`), or a crawler that sleeps for "
    "`wait` seconds wakes up to nothing.",
    share=5 / 6,
)
def strictly_longer(delay, max_depth, steps):
    waiting, seen, last, answers = [], set(), {}, []
    for name, *rest in steps:
        if name == "add":
            fresh = rest[0] not in seen and rest[1] <= max_depth
            if fresh:
                seen.add(rest[0])
                waiting.append(tuple(rest))
            answers.append(fresh)
        elif name == "wait":
            times = [max(last.get(urlsplit(url).netloc, -delay) + delay - rest[0], 0) for url, _ in waiting]
            answers.append(min(times, default=None))
        else:
            ready = [e for e in waiting if delay == 0 or rest[0] - last.get(urlsplit(e[0]).netloc, -1e9) > delay]
            for entry in ready[:1]:
                waiting.remove(entry)
                last[urlsplit(entry[0]).netloc] = rest[0]
            answers.append(ready[0] if ready else None)
    return answers
