"""First program inside the sandbox: lower the limits, become nobody, start the kernel.

Usage: ``python -S launcher.py '{"rlimits": {"RLIMIT_NOFILE": 512, ...}, "uid": 1234 or null}' command argument ...``

Standard library only: it runs before the learner's Python environment is there.
"""

from __future__ import annotations

import json
import os
import resource
import sys


def main(settings: str, command: list[str]) -> None:
    """Apply ``settings`` and replace this process by ``command``."""
    wanted = json.loads(settings)
    uid = wanted["uid"]
    if uid is not None:  # the grader runs as root: a uid of its own, that owns nothing
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    for name, value in wanted["rlimits"].items():
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1]
        least = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (least, least))
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
