"""How jupyter_client starts a kernel: the kernel provisioner ``dcai-sandbox``, and ``dcai-warm`` for notebooks that are trusted.

In the sandbox, each kernel gets a folder outside: ``ipc`` holds the kernel's own sockets and connection file (it may write there),
``judge`` the judge's socket (it may only connect). Inside, both lie in ``sandbox.OWN``. The kernel is forked from the warm process
``warm`` where one is named, otherwise started cold. A kill ends the first process of the sandbox, and with it everything inside.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Dict, Unicode

from graders.judge import sandbox, supervise
from graders.judge.limits import Limits
from graders.judge.warm import Forked, request, shared

__all__ = ["SandboxProvisioner", "WarmProvisioner"]

log = logging.getLogger(__name__)


class WarmProvisioner(LocalProvisioner):
    """No sandbox: a kernel of the same rights, forked from a process that has imported what ``DCAI_WARM`` names.

    ``JUPYTER_DEFAULT_PROVISIONER_NAME=dcai-warm DCAI_WARM="torch sklearn.linear_model" jupyter lab``, nbval and nbconvert likewise.
    Kernels of other languages, and all where there is nothing to fork from, start as ever.
    """

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork, or else launch."""
        manager: Any = self.parent
        wanted = {"cwd": kwargs.get("cwd") or os.getcwd(), "environment": kwargs["env"], "connection_file": manager.connection_file}
        try:
            address = shared(tuple(os.environ.get("DCAI_WARM", "").split()), False) if "ipykernel_launcher" in cmd else None
            forked: Any = address and await asyncio.to_thread(Forked, address, wanted, Limits().start_seconds)
        except OSError as error:
            log.warning("the kernel starts cold: %s", error)
            forked = None
        if not forked:
            return await super().launch_kernel(cmd, **kwargs)
        self.process, self.pid = forked, forked.pid
        return self.connection_info


class SandboxProvisioner(LocalProvisioner):
    """``limits``: fields of ``Limits`` that differ from the default. ``warm``: the folder of a ``warm.WarmProcess``, or ""."""

    limits = Dict(help="fields of graders.judge.limits.Limits").tag(config=True)
    warm = Unicode(help="folder of the warm process to fork from").tag(config=True)
    folder: Path | None = None
    uid: int | None = None
    _life: int | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Make the kernel's folder and let the manager put its sockets there."""
        self.folder = Path(tempfile.mkdtemp(prefix="" if self.warm else "dcai-", dir=Path(self.warm) / "k" if self.warm else None))
        self.uid = sandbox.unprivileged_uid()
        for name in ("ipc", "judge"):
            (self.folder / name).mkdir()
        self.folder.chmod(0o711)
        manager: Any = self.parent
        manager.transport, manager.ip = "ipc", str(self.folder / "ipc" / "k")
        manager.cache_ports, manager.transport_encryption = False, "disabled"
        manager.connection_file = str(self.folder / "ipc" / "connection.json")
        return await super().pre_launch(**kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Launch the kernel in the sandbox; the environment outside is not handed in. Raises OSError where that fails."""
        assert self.folder is not None
        limits = Limits(**self.limits)
        inside = f"{sandbox.OWN}/ipc/{self._connection_file().name}"
        if self.warm:
            wanted = request(self.folder, inside, self.uid, limits)
            forked: Any = await asyncio.to_thread(Forked, Path(self.warm), wanted, limits.start_seconds)
            self.process, self.pid = forked, forked.pid
            return self.connection_info
        inner = [inside if word == str(self.folder / "ipc" / "connection.json") else word for word in cmd]
        kwargs |= {"env": {"PATH": os.defpath}, "cwd": "/", "stdin": subprocess.DEVNULL}
        owner, self._life = os.pipe()
        command = supervise.line(owner, sandbox.command(inner, limits, self.folder, self.uid))
        try:
            return await super().launch_kernel(command, pass_fds=[owner], **kwargs)
        finally:
            os.close(owner)

    def _connection_file(self) -> Path:
        """The connection file as it must read inside; jupyter_client rewrites its own where that says anything else."""
        assert self.folder is not None
        known = json.loads((self.folder / "ipc" / "connection.json").read_text())
        path = self.folder / "ipc" / "inside.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps({**known, "ip": f"{sandbox.OWN}/ipc/k"}))
        if self.uid is not None:
            for owned in (path.parent, path):
                os.chown(owned, self.uid, self.uid)
        return path

    async def send_signal(self, signum: int) -> None:
        """Interrupt the kernel itself; anything else ends the whole sandbox."""
        if self.process is None or signum == 0:
            return
        if isinstance(self.process, Forked):
            self.process.send_signal(signum)
            for _try in range(20 if signum != signal.SIGINT else 0):  # it takes milliseconds; the manager looks again after 100
                if self.process.poll() is not None:
                    return
                await asyncio.sleep(0.005)
            return
        if signum != signal.SIGINT:
            self._let_go()
        elif (kernel := self._kernel()) is not None:
            with suppress(psutil.NoSuchProcess):  # it ended by itself meanwhile: nothing left to interrupt
                kernel.send_signal(signum)

    async def wait(self) -> int | None:
        """Wait until the kernel has ended."""
        while self.process is not None and self.process.poll() is None:
            await asyncio.sleep(0.005)
        return await super().wait()

    def _let_go(self) -> None:
        """End the cold kernel's sandbox, with all that is in it."""
        if self._life is not None:
            os.close(self._life)
            self._life = None

    def _kernel(self) -> psutil.Process | None:
        """The cold kernel's process: below the supervisor, bubblewrap, and process 1 of the sandbox."""
        with suppress(psutil.NoSuchProcess, ValueError):  # not there yet, or not any more
            found = psutil.Process(self.pid)
            for _step in range(3):
                found = min(found.children(), key=psutil.Process.create_time)
            return found
        return None

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the kernel's folder."""
        await super().cleanup(restart)
        self._let_go()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
