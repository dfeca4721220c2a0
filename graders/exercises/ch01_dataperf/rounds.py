"""Rounds of a benchmark as cases: what random choice, the obvious heuristic and the reference reach in them.

A case holds several rounds, since chance decides much of one. Hidden rounds are drawn from the judge's generator: their seeds, and with
them test rows and labels, never leave the judge. Public rounds are named by their seeds, and scored only when they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from datacentric_helpers import dataperf as benchmark
from datacentric_helpers.compare import dataperf
from datacentric_helpers.dataperf import LOWER_IS_BETTER, Round, play, score
from graders.exercise import Case

FORM, REFUSED = "a well-formed answer, within the budget", "impossible input is refused"
LEVELS = {
    "random": "better than random choice",
    "heuristic": "better than the obvious heuristic",
    "reference": "as good as the reference, within the interval",
}
MARGIN = 0.04  # what is better by less than this may be so by chance


@dataclass(frozen=True)
class Benchmark:
    """A task with its three yardsticks, functions of a round's arguments (and of a generator).

    ``interval``: within it, two right answers written differently lie apart in the mean of a case's ``rounds`` (three standard deviations or more,
    measured). ``attempts``: how often random choice is tried in a round. ``target``: what only the judge can compute of a round (the values that the learner's are compared with), where there is such.
    """

    task: str
    interval: float
    random: Callable[..., Any]
    heuristic: Callable[..., Any]
    reference: Callable[..., Any]
    target: Callable[[Round], Any] | None = None
    attempts: int = 3
    rounds: int = 6

    def score(self, seed: int, answer: Any) -> float:
        """What ``answer`` is worth in the round of ``seed``."""
        one = play(self.task, seed)
        if self.target is not None:
            one = Round(one.task, one.args, {**one.sealed, "target": self.target(one)})
        return score(self.task, one, answer)

    def reached(self, level: str, seed: int) -> float:
        """What random choice (the mean of some attempts), the heuristic or the reference reaches in the round of ``seed``."""
        args = play(self.task, seed).args
        if level != "random":
            return self.score(seed, getattr(self, level)(*args))
        rng = np.random.default_rng(seed)
        return float(np.mean([self.score(seed, self.random(*args, rng)) for _ in range(self.attempts)]))

    def expected(self, seeds: Sequence[int], levels: Sequence[str]) -> dict[str, Any]:
        """What is due in these rounds: the mean score of each level, and all scores one by one."""
        scores = {level: [round(self.reached(level, seed), 6) for seed in seeds] for level in levels}
        found: dict[str, Any] = {"task": self.task, **{level: round(float(np.mean(s)), 6) for level, s in scores.items()}}
        found |= {"margin": MARGIN, "interval": self.interval, "seeds": list(seeds), "scores": scores}
        if self.target is not None:
            found["targets"] = [self.target(play(self.task, seed)) for seed in seeds]
        return found

    def separates(self, expected: dict[str, Any]) -> bool:
        """Is what is as good as the reference better than the heuristic in these rounds? Those where it need not be are drawn again."""
        sign = -1 if self.task in LOWER_IS_BETTER else 1
        return bool(sign * (expected["reference"] - expected["heuristic"]) >= self.interval + MARGIN)

    def hidden(self, rng: np.random.Generator) -> Iterator[Case]:
        """A case of new rounds for each level."""
        for level, name in LEVELS.items():
            wanted = ("heuristic", "reference") if level == "heuristic" else (level,)
            for _ in range(20):
                seeds = [int(s) for s in rng.integers(2**62, size=self.rounds)]
                expected = self.expected(seeds, wanted)
                if level != "heuristic" or self.separates(expected):
                    break
            args = [play(self.task, seed).args for seed in seeds]
            yield Case(name, ({"rounds": args},), expected=expected, compare=dataperf(level))

    def public(self, first: dict[str, int]) -> Iterator[Case]:
        """A case of rounds for each level, with seeds from ``first[level]`` on."""
        for level, name in LEVELS.items():
            seeds = [*range(first[level], first[level] + self.rounds)]
            yield Case(name, ({"task": self.task, "seeds": seeds},), expected=self.expected(seeds, tuple(LEVELS)), compare=dataperf(level))


class Later(Sequence[Case]):
    """Cases that are made when they are first looked at: training the models takes a second, importing a module must not."""

    def __init__(self, make: Callable[[], Iterator[Case]]) -> None:
        self._make = make

    @cached_property
    def _cases(self) -> tuple[Case, ...]:
        return tuple(self._make())

    def __len__(self) -> int:
        return len(self._cases)

    def __getitem__(self, place: Any) -> Any:
        return self._cases[place]


def form(task: str, *args: Any) -> Case:
    """A small call of which only the answer's form is judged."""
    assert task in benchmark.TASKS
    return Case(FORM, args, expected={"task": task, "args": list(args)}, compare=dataperf("form"))


def small(rng: np.random.Generator, n: int, classes: int) -> tuple[Any, Any]:
    """``n`` random embeddings and labels; every class occurs at least twice where there is room."""
    return rng.normal(size=(n, 4)), rng.permutation(np.arange(n) % classes)
