"""What the course's notebooks import: checks, data, simulated annotators, figures and widgets. Ships to learners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datacentric_helpers.checking import check
    from datacentric_helpers.progress import show_progress

__all__ = ["check", "show_progress"]


def __getattr__(name: str) -> Any:
    """Load on first use: ``import datacentric_helpers`` alone stays fast."""
    if name == "check":
        from datacentric_helpers.checking import check

        return check
    if name == "show_progress":
        from datacentric_helpers.progress import show_progress

        return show_progress
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
