"""What the judge found, as plain data: one ``Verdict`` for one submission, one ``CheckResult`` for one check cell."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["CheckResult", "Verdict"]


@dataclass(frozen=True)
class CheckResult:
    """One check cell: the share of its points earned (0 to 1), the points, and the report for the learner.

    ``incident`` is the limit or event that kept it from being judged in full, "" where none did.
    """

    grade_id: str
    exercise: str
    share: float
    points: float
    max_points: float
    report: str
    incident: str = ""


@dataclass(frozen=True)
class Verdict:
    """All check cells of a submission, and the cleaned outputs of its other code cells by cell id.

    ``sandbox``: "bubblewrap", or "none" where the instructor asked for none. ``problems``: what is wrong with the file.
    ``incidents``: limits hit. ``seconds``: wall-clock time of the run. ``peak_mb``: most memory seen in the sandbox.
    """

    language: str
    sandbox: str
    checks: tuple[CheckResult, ...]
    outputs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    incidents: tuple[str, ...] = ()
    seconds: float = 0.0
    peak_mb: float = 0.0

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
        checks = tuple(CheckResult(**check) for check in content["checks"])
        lists = {name: tuple(content[name]) for name in ("problems", "incidents")}
        return Verdict(**{**content, "checks": checks, **lists})
