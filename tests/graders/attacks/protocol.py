"""Attempts through the judge's own socket and the kernel's messages: forged, early, repeated, malformed, huge, endless."""

from __future__ import annotations

from tests.graders.attacks.attack import SOCKET, WRONG, Attack

__all__ = ["ATTACKS"]

EARLY = SOCKET + """
def talk(judge):
    judge.sendall(b''.join(frame(m) for m in [{'hello': 'double'}] + [{'case': i, 'outcome': {'value': 2 * i}} for i in range(9)]))
    while judge.recv(1 << 16):
        pass
"""

REPLAY = SOCKET + """
def talk(judge):
    judge.sendall(frame({'hello': 'double'}))
    first = _receive(judge)
    answer = frame({'case': first['case'], 'outcome': {'value': 2 * first['args'][0] or -1}})
    judge.sendall(answer)
    while True:
        _receive(judge)
        judge.sendall(answer)
"""

EXTRA = SOCKET + """
def talk(judge):
    judge.sendall(frame({'hello': 'double'}))
    message = _receive(judge)
    while 'case' in message:
        judge.sendall(frame({'case': message['case'], 'outcome': {'value': -1}}))
        message = _receive(judge)
    for share in ({'share': 1.0}, {'end': True}, {'case': 0, 'outcome': {'value': 42}}):
        judge.sendall(frame(share))
"""

OTHER = SOCKET + """
def talk(judge):
    judge.sendall(frame({'hello': 'mean'}))
    while 'case' in (message := _receive(judge)):
        judge.sendall(frame({'case': message['case'], 'outcome': {'value': sum(message['args'][0])}}))
"""

HUGE = SOCKET + """
def talk(judge):
    judge.sendall(b'\\xff\\xff\\xff\\xff')
    for _ in range(256):
        judge.sendall(bytes(1 << 20))
"""

ENDLESS = SOCKET + """
def talk(judge):
    judge.sendall(frame({'hello': 'double'}))
    while True:
        judge.sendall(frame({'case': 1, 'outcome': {'value': -1}}))
"""

TRICKLE = SOCKET + """
import time
def talk(judge):
    for byte in frame({'hello': 'double'}) * 99:
        judge.sendall(bytes([byte]))
        time.sleep(0.5)
"""


def _answers(value: str) -> str:
    """Code that answers every case with the msgpack bytes that the expression ``value`` gives."""
    return SOCKET + f"""
def talk(judge):
    judge.sendall(frame({{'hello': 'double'}}))
    while 'case' in (message := _receive(judge)):
        value = {value}
        body = b'\\x82\\xa4case' + msgpack.packb(message['case']) + b'\\xa7outcome\\x81\\xa5value' + value
        judge.sendall(struct.pack('>I', len(body)) + body)
"""


NESTED_LISTS = _answers("b'\\x91' * 2_000_000 + b'\\xc0'")
NESTED_EXT = _answers("deep(900)").replace("def talk", """
def deep(levels):
    value = b'\\xc0'
    for _ in range(levels):
        value = msgpack.packb(msgpack.ExtType(1, value))
    return value
def talk""")
OBJECTS = _answers("msgpack.packb(msgpack.ExtType(5, msgpack.packb(['|O8', [1 << 40], b'x' * 8])))")
SHAPE = _answers("msgpack.packb(msgpack.ExtType(5, msgpack.packb(['<f8', [1 << 31, 1 << 31, 0], b''])))")
LONG_INT = _answers("msgpack.packb(msgpack.ExtType(4, b'9' * 5_000_000))")
PICTURE = _answers("msgpack.packb(msgpack.ExtType(10, msgpack.packb(['L', [40_000, 40_000], b''])))")
UNKNOWN = _answers("msgpack.packb(msgpack.ExtType(77, b'c__builtin__\\neval'))")
SAME_HASH = _answers("collisions").replace("def talk", """
items = [msgpack.ExtType(4, str(n * ((1 << 61) - 1)).encode()) for n in range(1, 50_000)]
collisions = msgpack.packb(msgpack.ExtType(2, msgpack.packb(items)))
def talk""")
SAME_KEYS = _answers("collisions").replace("def talk", """
items = [msgpack.packb(msgpack.ExtType(4, str(n * ((1 << 61) - 1)).encode())) + b'\\xc0' for n in range(1, 50_000)]
collisions = b'\\xde' + struct.pack('>H', len(items)) + b''.join(items)
def talk""")
COLUMNS = _answers("columns").replace("def talk", """
packed = [msgpack.packb([0] * 300_000), msgpack.packb([[]] * 300_000), msgpack.packb([])]
columns = msgpack.packb(msgpack.ExtType(8, b'\\x93' + b''.join(packed)))
def talk""")

RAISED = SOCKET + """
def talk(judge):
    judge.sendall(frame({'hello': 'double'}))
    while 'case' in (message := _receive(judge)):
        text = '\\x1b[2J\\x1b]0;pwned\\x07<script>window.pwned = 1</script>' * 999
        outcome = {'raised': ['Double: 2 of 2 points\\x1b[2J'], 'message': text, 'line': text}
        judge.sendall(frame({'case': message['case'], 'outcome': outcome}))
"""

RACE = WRONG + """
import os, socket, threading, time
from datacentric_helpers.judge_client import frame, _receive
won = []
def race():
    while not won:
        try:
            with socket.socket(socket.AF_UNIX) as judge:
                judge.connect(os.environ['DCAI_JUDGE'])
                judge.sendall(frame({'hello': 'double'}))
                message = _receive(judge)
                won.append(message)
                judge.sendall(2 * frame({'case': message['case'], 'outcome': {'value': 42}}))
                _receive(judge)
                return
        except OSError:
            time.sleep(0.0001)
for _ in range(8):
    threading.Thread(target=race, daemon=True).start()
"""

CROWD = SOCKET + """
def talk(judge):
    judge.sendall(frame({'hello': 'double'}))
    others = []
    for _ in range(200):
        other = socket.socket(socket.AF_UNIX)
        try:
            other.connect(os.environ['DCAI_JUDGE'])
            other.sendall(frame({'hello': 'double'}))
        except OSError:
            pass
        others.append(other)
    while 'case' in (message := _receive(judge)):
        judge.sendall(frame({'case': message['case'], 'outcome': {'value': -1}}))
"""

OWN_SOCKET = WRONG + """
import contextlib, os, socket
path = os.environ['DCAI_JUDGE']
for target in (path, path + '2'):
    with contextlib.suppress(OSError):
        os.unlink(target)
    with contextlib.suppress(OSError):
        socket.socket(socket.AF_UNIX).bind(target)
with contextlib.suppress(OSError):
    os.rename(os.path.dirname(path), '/tmp/judge')
with contextlib.suppress(OSError):
    os.symlink('/tmp', path)
"""

SOCKET_FOLDER = WRONG + """
import glob, os, time
folder = os.path.dirname(os.environ['DCAI_JUDGE']).replace('judge', 'ipc')
for i in range(50):
    with open(f'{folder}/{i}', 'wb') as file:
        file.write(bytes(100))
time.sleep(3)
"""

MESSAGES = WRONG + """
import json
kernel = get_ipython().kernel
session, stream = kernel.session, kernel.iopub_socket
for kind, content in [
    ('status', {}), ('status', None), ('stream', 7), ('execute_result', {'data': 7}), ('display_data', []),
    ('error', {'traceback': 7, 'ename': []}),
    ('update_display_data', {'data': {'text/html': '<script>'}, 'transient': {'display_id': [1]}}), ('clear_output', {'wait': 'x'}),
    ('comm_open', {'comm_id': 'x', 'target_name': 'jupyter.widget', 'data': {'state': {'_model_name': 'OutputModel'}}}),
    ('comm_msg', {'comm_id': 'x', 'data': {'method': 'update', 'state': {'msg_id': 'y'}}}), ('no such message', {'a': 1}),
    ('input_request', {'prompt': 'password', 'password': True}),
]:
    session.send(stream, kind, json.dumps(content).encode(), parent=kernel.get_parent('shell'))
"""

RAW = WRONG + """
kernel = get_ipython().kernel
import time
for parts in ([b''], [b'<IDS|MSG>'], [b'<IDS|MSG>', b'', b'{}', b'{}', b'{}', b'{}'],
              [b'<IDS|MSG>', b'', b'[' * 100_000, b'{', b'\\xff', b'0']):
    kernel.iopub_thread.send_multipart(parts)
time.sleep(0.3)
"""

FAKE_KERNEL = """
import json, os, sys
script = '''
import json, sys, zmq
info = json.load(open(sys.argv[1]))
context = zmq.Context()
def bound(kind, port):
    socket = context.socket(kind)
    socket.bind(f"ipc://{info['ip']}-{info[port]}")
    return socket
shell, control, iopub = bound(zmq.ROUTER, 'shell_port'), bound(zmq.ROUTER, 'control_port'), bound(zmq.PUB, 'iopub_port')
while True:
    ids, _mark, _sign, header, *_rest = shell.recv_multipart()
    reply = {'status': 'ok', 'execution_count': 1, 'user_expressions': {}, 'payload': []}
    head = {'msg_id': '1', 'msg_type': 'execute_reply', 'session': 'x', 'username': 'x', 'version': '5.3', 'date': '2026-01-01T00:00:00Z'}
    idle = {**head, 'msg_type': 'status'}
    shell.send_multipart([ids, b'<IDS|MSG>', b'', json.dumps(head).encode(), header, b'{}', json.dumps(reply).encode()])
    iopub.send_multipart([b'status', b'<IDS|MSG>', b'', json.dumps(idle).encode(), header, b'{}', b'{"execution_state": "idle"}'])
'''
name = next(word for word in open('/proc/self/cmdline').read().split(chr(0)) if word.endswith('.json'))
info = json.load(open(name))
for port in range(1, 6):
    if info.get('transport') == 'ipc':
        os.unlink(f"{info['ip']}-{port}")
os.execv(sys.executable, [sys.executable, '-c', script, name])
"""

ATTACKS = [
    Attack("answers before questions", "Sends nine answers before the first question comes.",
           {"double": EARLY}, incident="number", stock=None),
    Attack("replay", "Repeats a right answer, word for word, for each case.", {"double": REPLAY}, incident="number", stock=None),
    Attack("one answer more", "Sends a verdict of its own after the last case.", {"double": EXTRA}, stock=None),
    Attack("another exercise", "Asks for an exercise that it has solved.", {"double": OTHER}, incident="exercise", stock=None),
    Attack("huge frame", "Announces a frame of 4 GB and sends it.", {"double": HUGE}, incident="size", stock=None),
    Attack("endless frames", "Never stops sending answers.", {"double": ENDLESS}, incident="number", stock=None),
    Attack("trickle", "Sends one byte every half second.", {"double": TRICKLE}, incident="cell", stock=None),
    Attack("nested lists", "Answers with two million lists, each in the other.",
           {"double": NESTED_LISTS}, incident="malformed", stock=None),
    Attack("nested extensions", "Answers with 900 tuples, each in the other.", {"double": NESTED_EXT}, incident="malformed", stock=None),
    Attack("object array", "Answers with an array of 2^40 pointers.", {"double": OBJECTS}, incident="malformed", stock=None),
    Attack("impossible shape", "Answers with an array whose shape overflows.", {"double": SHAPE}, stock=None),
    Attack("endless integer", "Answers with an integer of five million digits.", {"double": LONG_INT}, incident="malformed", stock=None),
    Attack("impossible picture", "Answers with a picture that claims 1.6 billion pixels, in 15 bytes.",
           {"double": PICTURE}, incident="malformed", stock=None),
    Attack("unknown extension", "Answers with a value of a kind that is not known, and a pickle in it.", {"double": UNKNOWN}, stock=None,
           incident="malformed"),
    Attack("set of equal hashes", "Answers with 50,000 integers that share one hash, to keep the judge busy.",
           {"double": SAME_HASH}, stock=None),
    Attack("keys of equal hashes", "The same, as keys of a dict.", {"double": SAME_KEYS}, stock=None),
    Attack("a table of 300,000 columns", "Answers with a DataFrame that takes minutes to build.", {"double": COLUMNS}, stock=None),
    Attack("error with a verdict", "Sends errors whose texts hold verdicts, escapes and scripts.", {"double": RAISED}, stock=None),
    Attack("race for the socket", "Eight threads try to be the first to connect.", {"double": RACE}, stock=None),
    Attack("crowd at the socket", "Opens 200 connections beside the one.", {"double": CROWD}, stock=None),
    Attack("a socket of its own", "Puts its own socket in the judge's place.", {"double": OWN_SOCKET}, stock=None),
    Attack("files in the socket folder", "Fills the folder that it shares with the grader.",
           {"shift": SOCKET_FOLDER}, stock=None),
    Attack("malformed contents", "Sends kernel messages whose contents are of the wrong kind.", {"shift": MESSAGES}, incident="protocol"),
    Attack("malformed frames", "Sends kernel messages without header, signature or JSON.",
           {"shift": RAW + "def shift(values):\n    return 0\n"}),
    Attack("kernel replaced by a script", "Replaces the kernel by a script that answers ok to everything.", {"shift": FAKE_KERNEL}),
]
