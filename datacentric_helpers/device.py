"""Where to compute: on the CPU, or on a GPU where there is one, which several processes on a machine share fairly."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

__all__ = ["name_of", "pick", "reserved"]

GPU_FILES = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")  # Nvidia's driver, Windows' Linux, AMD's: looked for before torch is imported
RETRY_SECONDS = 0.05


def pick(device: str = "auto") -> str:
    """``device`` itself ("cpu", "cuda", "cuda:1"); for "auto" "cuda" where torch finds one, otherwise "cpu".

    Raises ValueError where a GPU is named and there is none.
    """
    if device not in ("auto", "cpu", "cuda") and not (device.startswith("cuda:") and device[5:].isdigit()):
        raise ValueError(f'device must be "auto", "cpu", "cuda" or "cuda:<number>", got {device!r}')
    found = _count()
    if device == "auto":
        return "cuda" if found else "cpu"
    if device != "cpu" and int(device.partition(":")[2] or 0) >= found:
        raise ValueError(f"device {device!r} was asked for, but torch finds {found} GPUs here")
    return device


def name_of(device: str) -> str:
    """What to write beside a measurement: the GPU's name, or "CPU"."""
    if device == "cpu":
        return "CPU"
    import torch

    return str(torch.cuda.get_device_name(device))


@contextmanager
def reserved(device: str = "auto", megabytes: int = 4096) -> Iterator[str]:
    """The device to use, for as long as the block lasts. On GPUs as many processes at a time as ``megabytes`` fit into each memory.

    Others wait. The system takes a reservation back however a process ends.
    """
    chosen = pick(device)
    if chosen == "cpu":
        yield chosen
        return
    wanted = [int(chosen[5:])] if ":" in chosen else list(range(_count()))
    slots = sorted((slot, number) for number in wanted for slot in range(_room(number, megabytes)))  # the emptier GPU first
    with ExitStack() as stack:
        yield f"cuda:{_taken(slots, stack)}"


def _taken(slots: list[tuple[int, int]], stack: ExitStack) -> int:
    """Wait for a free slot and hold it; returns its GPU."""
    import fcntl

    folder = Path(tempfile.gettempdir())
    while True:
        for slot, number in slots:
            file = stack.enter_context((folder / f"dcai-gpu-{os.getuid()}-{number}-{slot}").open("a"))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return number
            except BlockingIOError:
                file.close()
        time.sleep(RETRY_SECONDS)


def _count() -> int:
    """GPUs that torch can use."""
    if not any(map(os.path.exists, GPU_FILES)):
        return 0
    import torch

    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def _room(number: int, megabytes: int) -> int:
    """How many times ``megabytes`` fit into the memory of GPU ``number``; at least 1."""
    import torch

    return max(1, int(torch.cuda.get_device_properties(number).total_memory) // (megabytes << 20))
