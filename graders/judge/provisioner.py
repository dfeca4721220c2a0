"""How jupyter_client starts a kernel in the sandbox: the kernel provisioner ``dcai-sandbox``.

Each kernel gets a folder outside: ``ipc`` holds the kernel's own sockets and connection file (it may write there),
``judge`` the judge's socket (it may only connect). Signals go to the kernel's process as seen from outside; a kill ends
the first process of the sandbox, and with it everything inside.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Dict

from graders.judge import sandbox
from graders.judge.limits import Limits

__all__ = ["SandboxProvisioner"]


class SandboxProvisioner(LocalProvisioner):
    """Starts the kernel's command inside ``sandbox.command``. ``limits``: fields of ``Limits`` that differ from the default."""

    limits = Dict(help="fields of graders.judge.limits.Limits").tag(config=True)
    folder: Path | None = None
    uid: int | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Make the kernel's folder and let the manager put its sockets there."""
        self.folder = Path(tempfile.mkdtemp(prefix="dcai-"))
        self.uid = sandbox.unprivileged_uid()
        for name in ("ipc", "judge"):
            (self.folder / name).mkdir()
        self.folder.chmod(0o711)
        manager: Any = self.parent
        manager.transport, manager.ip = "ipc", str(self.folder / "ipc" / "kernel")
        manager.cache_ports, manager.transport_encryption = False, "disabled"
        manager.connection_file = str(self.folder / "ipc" / "connection.json")
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Launch ``cmd`` in the sandbox; the environment outside is not handed in."""
        assert self.folder is not None
        if self.uid is not None:
            for path in (self.folder / "ipc", self.folder / "ipc" / "connection.json"):
                os.chown(path, self.uid, self.uid)
        kwargs |= {"env": {"PATH": os.defpath}, "cwd": "/", "stdin": subprocess.DEVNULL}
        wrapped = sandbox.command(cmd, Limits(**self.limits), self.folder, self.uid)
        return await super().launch_kernel(wrapped, **kwargs)

    async def send_signal(self, signum: int) -> None:
        """Interrupt the kernel itself; anything else ends the whole sandbox."""
        if self.process is None or signum == 0:
            return
        inside = self._inside()
        targets = inside[1:2] if signum == signal.SIGINT else [*inside[:1], self.process]
        for process in targets:
            try:
                process.send_signal(signum if signum == signal.SIGINT else signal.SIGKILL)
            except (psutil.NoSuchProcess, ProcessLookupError):
                continue  # it ended by itself meanwhile: nothing left to signal

    def _inside(self) -> list[psutil.Process]:
        """The sandbox's first process and the kernel, as far as they are there."""
        try:
            first = psutil.Process(self.pid).children()[:1]
            return first + sorted(first[0].children(), key=psutil.Process.create_time)[:1] if first else []
        except psutil.NoSuchProcess:
            return []

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the kernel's folder."""
        await super().cleanup(restart)
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
