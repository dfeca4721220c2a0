"""Start JupyterLab on a workbook: on loopback, with a token, without pop-ups."""

from __future__ import annotations

import os
import secrets
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from datacentric_helpers.i18n import gettext as _
from datacentric_helpers.workbook import MARKER, settings

__all__ = ["command", "free_port", "serve"]

SETTINGS = Path(__file__).parent / "jupyter"


def free_port(first: int) -> int:
    """The first port from ``first`` on, of at most 50, that nobody listens on at 127.0.0.1.

    Raises OSError where all are taken, ValueError for a number that is no port.
    """
    if not 1 <= first <= 65535:
        raise ValueError(_("a port lies between 1 and 65535, got {port}").format(port=first))
    last = min(first + 50, 65536)
    for port in range(first, last):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError(_("ports {first} to {last} are all in use; give another one with PORT=").format(first=first, last=last - 1))


def command(folder: Path, port: int, browser: bool) -> list[str]:
    """The command line that serves ``folder``; the token travels in the environment (JUPYTER_TOKEN), not here."""
    language = "ko" if settings(folder).get("language") == "ko" else "en"
    line = [
        sys.executable, "-m", "jupyterlab", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}", f"--LabApp.app_settings_dir={SETTINGS / language}",
        "--LabApp.news_url=None",
    ]
    if not browser:
        line.append("--ServerApp.open_browser=False")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        line.append("--ServerApp.allow_root=True")
    return line


def serve(folder: Path, port: int = 8888, browser: bool = True, tell: Callable[[str], None] = print) -> None:
    """Serve the workbook in ``folder``; does not return: JupyterLab takes this process over.

    Raises FileNotFoundError where ``folder`` is no workbook.
    """
    if not (folder / MARKER).is_file():
        raise FileNotFoundError(_("{folder} is not a workbook: it has no {marker}").format(folder=folder, marker=MARKER))
    port, token = free_port(port), os.environ.get("JUPYTER_TOKEN") or secrets.token_hex(16)
    tell(_("JupyterLab starts at:"))
    tell(f"  http://127.0.0.1:{port}/lab?token={token}")
    tell(_("Stop it with Ctrl-C; your work is saved in {folder}").format(folder=folder))
    sys.stdout.flush()
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # small data: more threads only wait for one another
    os.environ.update(JUPYTER_TOKEN=token, PYTHONPATH=_with_helpers(folder), JUPYTER_PREFER_ENV_PATH="1")
    line = command(folder, port, browser)
    os.execv(line[0], line)


def _with_helpers(folder: Path) -> str:
    """PYTHONPATH that lets the kernels import the workbook's own datacentric_helpers."""
    return os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])

