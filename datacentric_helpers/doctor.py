"""What this machine has and lacks for the course, and how to get what is missing."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from datacentric_helpers.i18n import gettext as _

__all__ = ["Finding", "examine"]

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"
NEEDED_GB = 10


@dataclass(frozen=True)
class Finding:
    """One thing looked at. ``state``: "ok", "missing" (needed), or "optional" (missing, and one can do without)."""

    name: str
    state: str
    detail: str
    remedy: str = ""


def examine() -> list[Finding]:
    """Look at Python, packages, fonts, browser, sandbox, GPU and disk; nothing is changed."""
    checks: Iterable[Callable[[], Finding]] = (_python, _packages, _cases, _fonts, _sandbox, _browser, _gpu, _disk)
    return [check() for check in checks]


def _python() -> Finding:
    return Finding("Python", "ok", f"{platform.python_version()}, {sys.executable}")  # an older one cannot even read this file


def locked_versions(lock: Path) -> dict[str, list[str]]:
    """Package name → the versions that the lock pins; lines whose marker excludes this machine are left out."""
    from packaging.markers import Marker

    pins: dict[str, list[str]] = {}
    for line in lock.read_text(encoding="utf-8").splitlines():
        found = re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(?:;\s*(.+?))?\s*\\?$", line)
        if found and (not found[3] or Marker(found[3]).evaluate()):
            pins.setdefault(found[1], []).append(found[2])
    return pins


def _packages() -> Finding:
    name = _("packages")
    if not LOCK.exists():
        return Finding(name, "optional", _("no requirements.lock here to compare with"))
    wrong = []
    pins = locked_versions(LOCK)
    for package, versions in pins.items():
        try:
            installed = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            installed = _("not installed")
        if installed not in versions:
            wrong.append(f"{package} {installed} (lock: {versions[0]})")
    if not wrong:
        return Finding(name, "ok", _("{n} packages as pinned").format(n=len(pins)))
    more = f" … (+{len(wrong) - 4})" if len(wrong) > 4 else ""
    return Finding(name, "missing", "; ".join(wrong[:4]) + more, _("run `make lab`: it installs exactly what requirements.lock pins"))


def _cases() -> Finding:
    from datacentric_helpers.checking import exercises

    found = exercises()
    if found:
        return Finding(_("exercises"), "ok", _("{n} exercises with public cases").format(n=len(found)))
    return Finding(_("exercises"), "missing", _("no public cases"), _("run `dcai build`"))


def _fonts() -> Finding:
    from datacentric_helpers.plotting import korean_font

    font = korean_font()
    if font:
        return Finding(_("Korean font"), "ok", font)
    return Finding(_("Korean font"), "missing", _("none"), _("run `make lab`: the font comes with the package pylopdf-fonts-ko"))


def _sandbox() -> Finding:
    name = _("sandbox")
    if platform.system() != "Linux":
        remedy = _("grade on Linux, or in a Linux container or virtual machine")
        return Finding(name, "optional", _("only instructors need it, and it needs Linux"), remedy)
    bwrap = shutil.which("bwrap")
    if not bwrap:
        remedy = _("Debian, Ubuntu: `sudo apt install bubblewrap`; Fedora: `sudo dnf install bubblewrap`")
        return Finding(name, "optional", _("bubblewrap is not installed; only instructors need it"), remedy)
    trial = [bwrap, "--ro-bind", "/", "/", "--unshare-all", "--die-with-parent", "true"]
    run = subprocess.run(trial, capture_output=True, text=True, timeout=20, check=False)
    if run.returncode == 0:
        return Finding(name, "ok", bwrap)
    remedy = _("allow unprivileged user namespaces (Ubuntu: an AppArmor profile for bwrap), or grade in a virtual machine")
    return Finding(name, "optional", run.stderr.strip()[:120], remedy)


def _browser() -> Finding:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found:
        return Finding(_("Chromium"), "ok", found)
    return Finding(_("Chromium"), "optional", _("only the browser tests need it"), _("Debian, Ubuntu: `sudo apt install chromium`"))


def _gpu() -> Finding:
    run = shutil.which("nvidia-smi")
    if not run:
        return Finding("GPU", "optional", _("none; nothing in the course needs one"))
    names = subprocess.run([run, "--query-gpu=name", "--format=csv,noheader"], capture_output=True, text=True, timeout=20, check=False)
    return Finding("GPU", "ok", names.stdout.strip().replace("\n", ", "))


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    detail = _("{free:.0f} GB free").format(free=free)
    if free >= NEEDED_GB:
        return Finding(_("disk"), "ok", detail)
    remedy = _("a fresh installation takes about {n} GB on Linux (PyTorch brings the CUDA libraries)").format(n=NEEDED_GB)
    return Finding(_("disk"), "optional", detail, remedy)
