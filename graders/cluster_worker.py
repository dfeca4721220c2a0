"""What runs on a worker of a cluster (``cluster.py``): its card, and the calls it is given once it is accepted."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from datacentric_helpers.i18n import gettext as _
from graders.job import LOADER, assignment_version
from graders.judge import available

__all__ = ["VersionMismatch", "call", "card", "difference", "packed", "versions"]

PACKAGES = ("numpy", "pandas", "scikit-learn", "torch")


class VersionMismatch(RuntimeError):  # noqa: N818  (not an error of the job: it goes elsewhere)
    """Raised on a worker that is not what it was when it was accepted."""


@cache
def versions(assignment: str, loader: str = LOADER) -> dict[str, str]:
    """What must be the same on both sides for the same verdict, by name: the judge's code with the exercises, Python, packages."""
    found = {"Python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "-"
    return {**found, "dcai": assignment_version(b"", assignment, loader)[:12]}


def difference(there: dict[str, str], here: dict[str, str]) -> str:
    """Which versions differ, in words.

    >>> difference({"numpy": "1.26.0", "dcai": "ab12"}, {"numpy": "2.0.0", "dcai": "ab12"})
    'another version (numpy 1.26.0, here 2.0.0): install the same course and the same packages there'
    """
    pairs = [(name, there.get(name, "-"), value) for name, value in here.items() if there.get(name) != value]
    words = [_("{name} {there}, here {here}").format(name=name, there=old, here=new) for name, old, new in pairs]
    return _("another version ({differences}): install the same course and the same packages there").format(differences="; ".join(words))


def packed(function: Callable[..., Any], *args: Any) -> tuple[Callable[[bytes], Any], bytes]:
    """A call that only the worker unpacks: the scheduler, which unpickles what it passes on, then needs nothing of the course."""

    def unpack(packed: bytes) -> Any:  # a function in a function travels as its code, not as a name to import
        import pickle

        function, args = pickle.loads(packed)
        return function(*args)

    return unpack, pickle.dumps((function, args))


def card(assignment: str, loader: str) -> tuple[dict[str, str], bool, str]:
    """What a worker shows before it gets a job: its versions, and whether it can isolate learners' code."""
    return versions(assignment, loader), *available()


def call(
    expected: dict[str, str], assignment: str, loader: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """The call itself. Versions are compared again: a worker may have been started anew under the address that was accepted."""
    if versions(assignment, loader) != expected:
        raise VersionMismatch(difference(versions(assignment, loader), expected))
    return function(*args, **kwargs)
