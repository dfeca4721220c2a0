"""The sandbox: which files, namespaces and limits a learner's kernel gets, as ``bwrap`` commands.

What is inside: the system's programs and libraries, this Python and its packages, ``datacentric_helpers`` (without the
cases that ship with a workbook), all read-only; an empty home, ``/tmp`` and ``/dev/shm`` of limited size; the kernel's own sockets.
What is not: this repository's graders, labs and tests, any home folder, any submission, the gradebook, a network.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import datacentric_helpers
import graders
from datacentric_helpers.i18n import gettext as _
from datacentric_helpers.judge_client import VARIABLE
from graders.judge import confine
from graders.judge.limits import MB, Limits

__all__ = ["HOME", "KERNELS", "OWN", "available", "command", "environment", "kept", "rlimits", "unprivileged_uid", "warm_command"]

HOME, KERNELS, OWN = "/home/learner", "/run/kernels", "/run/kernel"
WRITABLE = ("/dev/shm", "/tmp", HOME)
COURSE = Path("/opt/course")
CHANGE_USER = ("CAP_SETUID", "CAP_SETGID")
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store")
SETTINGS = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/etc/localtime")
TRY = "import msgpack, datacentric_helpers"


@cache
def available() -> tuple[bool, str]:
    """Whether learners' code can be isolated on this machine, and if not, why and what to do."""
    if sys.platform != "linux":
        return False, _("the sandbox needs Linux; on other systems, grade in a Linux virtual machine or container")
    if shutil.which("bwrap") is None:
        return False, _("bubblewrap is not installed; install it with: sudo apt install bubblewrap  (or: sudo dnf install bubblewrap)")
    try:
        tried = subprocess.run(
            command([sys.executable, "-c", TRY], Limits(), None, unprivileged_uid()),
            capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return False, _("bubblewrap does not run here: {error}").format(error=error)
    if tried.returncode == 0:
        return True, _("bubblewrap, each submission in its own namespaces")
    reason = (tried.stderr.strip().splitlines() or [f"exit status {tried.returncode}"])[-1]
    return False, _(
        "bubblewrap cannot make a sandbox here ({reason}). It needs unprivileged user namespaces: on Ubuntu 24.04 or later allow "
        "them for bwrap in AppArmor (sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0); in Docker, start the container "
        "with --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined"
    ).format(reason=reason)


def unprivileged_uid() -> int | None:
    """Root gives every kernel a uid of its own, far from any account; anybody else keeps theirs, in a user namespace."""
    return (1 << 30) + int.from_bytes(os.urandom(3), "big") if _is_root() else None


def _is_root() -> bool:
    return os.getuid() == 0


def command(inner: list[str], limits: Limits, folder: Path | None, uid: int | None) -> list[str]:
    """The ``bwrap`` command that runs ``inner`` (a program by its absolute path, with arguments), confined.

    ``folder``: the kernel's own folder outside; its ``ipc`` (writable) and ``judge`` (not) are inside under ``OWN``.
    ``uid``: who to become, where the grader is root.
    """
    shared = []
    if folder is not None:
        shared = ["--bind", str(folder / "ipc"), f"{OWN}/ipc", "--ro-bind", str(folder / "judge"), f"{OWN}/judge"]
    settings = json.dumps({"rlimits": rlimits(limits), "uid": uid})
    walls = _walls([] if uid is None else CHANGE_USER, uid is None, limits, shared)
    return [*walls, sys.executable, "-S", "-E", str(COURSE / "confine.py"), settings, *inner]


def warm_command(listen: int, owner: int, kernels: Path, modules: Iterable[str]) -> list[str]:
    """The ``bwrap`` command of the warm process (see ``zygote.py``), which confines each kernel that it forks.

    ``listen``, ``owner``: descriptors of the socket for requests and of the owner's pipe. ``kernels``: the folder outside that
    holds each kernel's own.
    """
    shared = ["--bind", str(kernels), KERNELS, "--perms", "0755", "--dir", f"{OWN}/ipc", "--perms", "0755", "--dir", f"{OWN}/judge"]
    settings = json.dumps({"listen": listen, "owner": owner, "modules": list(modules), "sandboxed": True})
    capabilities = ["CAP_SYS_ADMIN", *([*CHANGE_USER, "CAP_KILL"] if _is_root() else [])]  # to make namespaces and mounts
    return [*_walls(capabilities, not _is_root(), Limits(), shared), sys.executable, str(COURSE / "zygote.py"), settings]


def _walls(capabilities: Iterable[str], user_namespace: bool, limits: Limits, shared: list[str]) -> list[str]:
    """Namespaces, files and environment, up to the program to run."""
    tool = [shutil.which("bwrap") or "bwrap", "--die-with-parent", "--new-session", "--unshare-pid", "--unshare-ipc"]
    tool += ["--unshare-net", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "learner", "--cap-drop", "ALL"]
    tool += [word for name in capabilities for word in ("--cap-add", name)]
    tool += ["--unshare-user", "--uid", "65534", "--gid", "65534"] if user_namespace else []
    tool += [*_files(limits), *_parents(Path(OWN) / "ipc"), *shared]
    tool += ["--remount-ro", "/", "--remount-ro", "/dev", "--chdir", HOME, "--clearenv"]
    for name, value in environment().items():
        tool += ["--setenv", name, value]
    return [*tool, "--"]


def environment() -> dict[str, str]:
    """All environment variables of a kernel."""
    return {
        "PATH": "/usr/bin:/bin", "HOME": HOME, "USER": "learner", "LOGNAME": "learner", "TMPDIR": "/tmp", "LANG": "C.UTF-8",
        "PYTHONPATH": str(COURSE), "PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MPLCONFIGDIR": f"{HOME}/.matplotlib", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1", VARIABLE: f"{OWN}/judge/socket",
        "JE_ARROW_MALLOC_CONF": "background_thread:false",  # pyarrow's allocator would start a thread, and a fork lose it
    }


def twice(path: Path) -> list[str]:
    """Source and destination of a bind mount that is the same inside."""
    return [str(path), str(path)]


def _files(limits: Limits) -> list[str]:
    mounts = []
    for name in SYSTEM:
        if os.path.islink(name):
            mounts += ["--symlink", os.readlink(name), name]
        elif os.path.isdir(name):
            mounts += ["--ro-bind", name, name]
    for name in SETTINGS:
        mounts += ["--ro-bind-try", name, name]
    mounts += ["--proc", "/proc", "--dev", "/dev"]
    for name in WRITABLE:
        mounts += [*_parents(Path(name)), "--perms", "1777", "--size", str(limits.folder_mb * MB), "--tmpfs", name]
    return mounts + _python() + _course()


def _python() -> list[str]:
    """This Python, its packages, and nothing of the course: what lies inside a bound folder is covered."""
    package = Path(graders.__file__).resolve().parent
    roots = _roots()
    bound = [*map(Path, SYSTEM), *roots]
    installed = package.parent.name == "site-packages"
    secret = [Path.home(), *([] if installed else [package.parent])]
    mounts = [word for p in secret if _inside(p, map(Path, SYSTEM)) for word in ("--perms", "0755", "--tmpfs", str(p))]
    for root in roots:
        mounts += [*_parents(root), "--ro-bind", *twice(root)]
    covered = [p for p in (package, package.parent / "labs", package.parent / "tests") if p.is_dir() and _inside(p, bound)]
    return mounts + [word for p in covered for word in ("--tmpfs", str(p))]


def _roots() -> list[Path]:
    """The folders of this Python and its packages, where they are not the system's."""
    return [p for p in dict.fromkeys((Path(sys.base_prefix).resolve(), Path(sys.prefix))) if not _inside(p, map(Path, SYSTEM))]


def kept() -> list[str]:
    """What a forked kernel must find again after it has got its own ``WRITABLE`` folders: an installation below one of them."""
    return [str(path) for path in _roots() if _inside(path, map(Path, WRITABLE))]


def _course() -> list[str]:
    helpers = Path(datacentric_helpers.__file__).resolve().parent
    inside = COURSE / helpers.name
    mounts = [*_parents(inside), "--ro-bind", str(helpers), str(inside)]
    if (helpers / "cases").is_dir():
        mounts += ["--tmpfs", str(inside / "cases")]
    if (helpers.parent / "data" / "cards.toml").is_file():  # the course's own small data, for datacentric_helpers.datasets
        mounts += ["--ro-bind", str(helpers.parent / "data"), str(COURSE / "data")]
    for name in ("confine.py", "zygote.py"):
        mounts += ["--ro-bind", str(Path(confine.__file__).resolve().with_name(name)), str(COURSE / name)]
    return mounts


def _parents(path: Path) -> list[str]:
    """Make the folders above ``path`` readable; left to itself, bwrap makes them for their owner only."""
    return [word for p in reversed(path.parents) if p != p.parent for word in ("--perms", "0755", "--dir", str(p))]


def _inside(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(f) for f in folders)


def rlimits(limits: Limits) -> dict[str, int]:
    """The limits of one process, for ``confine.confine``."""
    return {
        "RLIMIT_DATA": limits.memory_mb * MB,
        "RLIMIT_FSIZE": limits.file_mb * MB,
        "RLIMIT_CPU": 2 * limits.notebook_seconds,
        "RLIMIT_NPROC": limits.processes,
        "RLIMIT_NOFILE": 512,
        "RLIMIT_CORE": 0,
    }
