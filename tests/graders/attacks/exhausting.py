"""Attempts to use up what others need: time, memory, processes, disk, inodes, output; and kernels that die or stand still."""

from __future__ import annotations

from tests.graders.attacks.attack import WRONG, Attack

__all__ = ["ATTACKS"]

SHORT = {"cell_seconds": 2, "grace_seconds": 1}

FORKS = """
import os, time
while True:
    try:
        os.fork()
    except OSError:
        time.sleep(0.1)
"""
THREADS = """
import threading, time
while True:
    try:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    except RuntimeError:
        time.sleep(0.1)
"""
MEMORY = WRONG + """
import resource
blocks = []
while True:
    blocks.append(bytearray(1 << 24))
"""
FAMILY = """
import os, time
for _ in range(20):
    if os.fork() == 0:
        block = bytearray(os.urandom(1 << 20)) * 200
        time.sleep(60)
time.sleep(60)
"""
DISK = WRONG + """
import contextlib
for folder in ('/tmp', '/dev/shm', '.'):
    with contextlib.suppress(OSError):
        for i in range(2000):
            with open(f'{folder}/dcai-evil-{i}', 'wb') as file:
                file.write(bytes(1 << 20))
"""
INODES = """
import os
for i in range(10 ** 8):
    os.makedirs(f'/tmp/dcai-evil/{i // 1000}', exist_ok=True)
    os.mknod(f'/tmp/dcai-evil/{i // 1000}/{i}')
"""
FLOOD = WRONG + """
import sys
while True:
    sys.stdout.write('x' * 10 ** 6); sys.stderr.write('y' * 10 ** 6); sys.stdout.flush()
"""
FEW_HUGE = WRONG + """
from IPython.display import display
display({'text/plain': 'x' * (200 << 20)}, raw=True)
"""
ERRORS = WRONG + """
class Long(Exception):
    def __str__(self):
        return 'x' * (8 << 20)
raise Long
"""
LOOP = WRONG + "while True:\n    pass\n"
DEAF = WRONG + """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
while True:
    time.sleep(1)
"""
FUNCTION_LOOP = "def double(x):\n    while True:\n        pass\n"
SLOW = WRONG + "import time\ndef double(x):\n    time.sleep(1.7)\n    return -1\n"
ASKS = WRONG + "try:\n    input('your password? ')\nexcept Exception:\n    pass\n"

ATTACKS = [
    Attack("endless cell", "Loops in a cell.", {"double": LOOP}, incident="cell", limits=SHORT),
    Attack("endless function", "Loops in the checked function.", {"double": FUNCTION_LOOP}, incident="cell", limits=SHORT),
    Attack("deaf to interrupts", "Ignores the interrupt and goes on.", {"shift": DEAF}, incident="cell", limits=SHORT),
    Attack("slow everywhere", "Uses nearly all of each limit, cell by cell.", {"double": SLOW}, limits=SHORT, incident="cell"),
    Attack("memory bomb", "Takes memory until there is none.", {"double": MEMORY}, incident="out of memory", limits={"memory_mb": 400}),
    Attack("family of memory bombs", "Twenty children take 200 MB each.", {"shift": FAMILY}, incident="memory", limits={"memory_mb": 400}),
    Attack("fork bomb", "Forks without end.", {"shift": FORKS}, limits=SHORT),
    Attack("thread bomb", "Starts threads without end.", {"shift": THREADS}, limits=SHORT),
    Attack("disk bomb", "Fills home, /tmp and shared memory.", {"double": DISK}, limits={"folder_mb": 32}),
    Attack("inode bomb", "Makes empty files without end.", {"shift": INODES}, limits=SHORT),
    Attack("output bomb", "Prints without end.", {"double": FLOOD}, incident="output", limits=SHORT),
    Attack("one huge message", "Sends a message of 200 MB.", {"shift": FEW_HUGE}, limits=SHORT),
    Attack("huge error", "Raises an error whose text has 8 MB.", {"double": ERRORS}, incident="output"),
    Attack("os._exit", "Ends the kernel with status 0.", {"shift": "import os\nos._exit(0)\n"}, incident="died"),
    Attack("crash", "Reads address 0.", {"shift": "import ctypes\nctypes.string_at(0)\n"}, incident="died"),
    Attack("SIGSTOP", "Stops its own process.",
           {"shift": "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\n"}, limits=SHORT, incident="cell"),
    Attack("SIGKILL", "Kills its own process.", {"shift": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"}, incident="died"),
    Attack("asks for input", "Asks the grader for a password and waits.", {"double": ASKS}),
]
