"""What the judge found, as plain data: one ``Verdict`` for one submission, one ``CheckResult`` for one check cell."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["CheckResult", "Verdict"]


@dataclass(frozen=True)
class CheckResult:
    """One check cell: the share of its points earned (0 to 1), the points, and the report for the learner.

    ``properties``: the name of each property (English, as in the exercise) and whether it held. ``mistake``: the message (English)
    of the known mistake that explains the failures, "" where none does. ``incident``: what kept it from being judged in full (a
    key of ``report.incident`` or ``report.reason``, or "not run"), "" where nothing did. ``seconds``: wall-clock time of the check.
    """

    grade_id: str
    exercise: str
    share: float
    points: float
    max_points: float
    report: str
    properties: tuple[tuple[str, bool], ...] = ()
    mistake: str = ""
    incident: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """All check cells of a submission, and the cleaned outputs of its other code cells by cell id.

    ``sandbox``: "bubblewrap", or "none" where the instructor asked for none. ``kernel``: "warm", "cold", or "cold: why".
    ``problems``: what is wrong with the file, in ``language``. ``incidents``: limits hit, in order, as keys of
    ``report.incident``. ``seconds``: wall-clock time of the run. ``peak_mb``: most memory seen in the sandbox.
    """

    language: str
    sandbox: str
    checks: tuple[CheckResult, ...]
    outputs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    incidents: tuple[str, ...] = ()
    seconds: float = 0.0
    peak_mb: float = 0.0
    kernel: str = "cold"

    @property
    def points(self) -> float:
        """Points earned."""
        return sum(check.points for check in self.checks)

    @property
    def max_points(self) -> float:
        """Points to be had from check cells."""
        return sum(check.max_points for check in self.checks)

    def as_dict(self) -> dict[str, Any]:
        """The verdict as JSON can hold it."""
        return asdict(self)

    @staticmethod
    def from_dict(content: dict[str, Any]) -> Verdict:
        """The inverse of ``as_dict``."""
        checks = tuple(_check(check) for check in content["checks"])
        lists = {name: tuple(content[name]) for name in ("problems", "incidents")}
        return Verdict(**{**content, "checks": checks, **lists})


def _check(content: dict[str, Any]) -> CheckResult:
    properties = tuple((str(name), bool(held)) for name, held in content["properties"])
    return CheckResult(**{**content, "properties": properties})
