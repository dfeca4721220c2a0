"""What an exercise is: reference, cases, comparator, hints, and the zoo of right and wrong answers.

    exercise = Exercise(id="percent_agreement", title="...", points=4, minutes=8, hints=("...",), compare=close(),
                        reference=reference, public=(Case("property", args=(...)),), hidden=generator)

    @exercise.right
    def with_numpy(a, b): ...

    @exercise.wrong("You divided by ...", share=0.5)
    def percent_agreement(a, b): ...

Every answer in the zoo is written as a learner would write it into the notebook: one function, of whatever name, that uses
nothing but what the notebook's import cell brings.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from datacentric_helpers.compare import Spec

__all__ = ["Answer", "Case", "Exercise"]

Function = Callable[..., Any]


@dataclass(frozen=True)
class Case:
    """One call: the property it tests, the arguments, and the error that is due (``raises``), if one is.

    Where the reference's value is not itself what answers are compared with, ``expected`` holds what is; ``compare``
    is this case's own comparator, where it is not the exercise's. ``service``, as ``{"site": name, "seed": n}``: what
    ``datacentric_helpers.web`` serves meanwhile; then ``{"returned": value, "log": requests}`` is compared.
    """

    property: str
    args: tuple[Any, ...]
    raises: str | None = None
    expected: Any = None
    compare: Spec | None = None
    service: dict[str, Any] | None = None


@dataclass(frozen=True)
class Answer:
    """One entry of the zoo: a function, the share of the points it must get (0 to 1), the message it must be given.

    ``breaks`` names the cases that it fails, as (property, site) or (property, site, error), where each costs too much time to
    find that out by running it; a service's "about" stands for its site.
    """

    function: Function
    share: float
    message: str = ""
    kind: str = "wrong"
    breaks: tuple[tuple[str, ...], ...] = ()

    @property
    def source(self) -> str:
        """The function's source without its decorators: what a learner would have typed."""
        lines = textwrap.dedent(inspect.getsource(self.function)).splitlines(keepends=True)
        start = next(i for i, line in enumerate(lines) if line.startswith("def "))
        return "".join(lines[start:])


@dataclass(eq=False)
class Exercise:
    """One exercise. ``points`` are split evenly over the properties that its cases name."""

    id: str
    title: str
    points: int
    minutes: int
    hints: tuple[str, ...]
    compare: Spec
    reference: Function
    public: Sequence[Case]
    hidden: Callable[[np.random.Generator], Iterable[Case]]
    zoo: list[Answer] = field(default_factory=list)

    def right(self, function: Function) -> Function:
        """Add a right answer, written differently from the reference, to the zoo."""
        self.zoo.append(Answer(function, 1.0, kind="right"))
        return function

    def wrong(self, message: str, share: float, breaks: tuple[tuple[str, ...], ...] = ()) -> Callable[[Function], Function]:
        """Add a common mistake: what the learner shall be told, the share of the points it earns, and perhaps which cases it fails."""
        if not 0 <= share < 1:
            raise ValueError(f"a wrong answer's share must be at least 0 and less than 1, got {share}")

        def add(function: Function) -> Function:
            self.zoo.append(Answer(function, share, message, breaks=breaks))
            return function

        return add

    @property
    def mistakes(self) -> list[Answer]:
        """The wrong answers that carry a message."""
        return [answer for answer in self.zoo if answer.message]

    @property
    def messages(self) -> list[str]:
        """Every text of this exercise that a learner may see, for translation."""
        cases = [*self.public, *self.hidden(np.random.default_rng(0))]
        texts = [self.title, *self.hints, *(c.property for c in cases), *(a.message for a in self.mistakes)]
        return list(dict.fromkeys(texts))
