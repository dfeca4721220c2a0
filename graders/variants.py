"""The same answer with one thing changed: how the zoo of a long exercise says exactly what each mistake is.

    @exercise.right
    def careful(text): ...

    exercise.wrong("Your ...", share=0.5)(variant(careful, "hasty", ("if text:", "if True:")))
"""

from __future__ import annotations

import inspect
import linecache
import textwrap
from collections.abc import Callable
from typing import Any

__all__ = ["variant"]


def variant(function: Callable[..., Any], name: str, *changes: tuple[str, str]) -> Callable[..., Any]:
    """``function`` under another ``name``, each (old, new) of ``changes`` made in its source, where old must stand exactly once.

    ``inspect.getsource`` of the result gives the changed source. Raises ValueError for a change that does not fit.

    >>> variant(inspect.isclass, "gullible", ("isinstance(object, type)", "True"))(3)
    True
    """
    lines = textwrap.dedent(inspect.getsource(function)).splitlines(keepends=True)
    source = "".join(lines[next(i for i, line in enumerate(lines) if line.startswith("def ")):])
    for old, new in ((f"def {function.__name__}(", f"def {name}("), *changes):
        if source.count(old) != 1:
            raise ValueError(f"{old!r} must stand exactly once in {function.__name__}, it stands there {source.count(old)} times")
        source = source.replace(old, new)
    filename = f"<{function.__module__}.{name}>"
    scope: dict[str, Any] = {}
    exec(compile("from __future__ import annotations\n" + source, filename, "exec"), function.__globals__, scope)
    made: Callable[..., Any] = scope[name]
    linecache.cache[filename] = (len(source), None, ["from __future__ import annotations\n", *source.splitlines(keepends=True)], filename)
    return made
