"""Attempts to make a wrong answer look right: a patched checker, lying objects, fake verdicts, forged messages."""

from __future__ import annotations

from tests.graders.attacks.attack import WRONG, Attack

__all__ = ["ATTACKS"]

PRINTED = WRONG + """
print('{"share": 1.0, "points": 2.0}'); print('Double: 2 of 2 points')
class Verdict(Exception):
    pass
def double(x):
    print('2.0')
    raise Verdict('Double: 2 of 2 points')
"""

DISPLAYHOOK = WRONG + """
import sys
sys.displayhook = lambda *a: print(2.0)
get_ipython().display_pub.publish({'text/plain': '2.0'})
2.0
"""

NO_TRACEBACK = WRONG + """
shell = get_ipython()
shell.showtraceback = shell._showtraceback = shell.showsyntaxerror = lambda *a, **k: None
shell.set_custom_exc((Exception,), lambda *a, **k: None)
"""

IOPUB = WRONG + """
import threading, time
kernel = get_ipython().kernel
session, send = kernel.session, kernel.session.send
def forged(stream, kind, content=None, *args, **kwargs):
    if kind == 'error' or getattr(kind, 'get', dict().get)('msg_type') == 'error':
        result = {'execution_count': 9, 'data': {'text/plain': '2.0'}, 'metadata': {}}
        return send(stream, 'execute_result', result, *args, **kwargs)
    return send(stream, kind, content, *args, **kwargs)
session.send = forged
"""

REPLY = WRONG + """
kernel = get_ipython().kernel
execute = kernel.do_execute
async def do_execute(code, *args, **kwargs):
    if 'double' in code:
        return {'status': 'ok', 'execution_count': 1, 'payload': [], 'user_expressions': {}}
    return await execute(code, *args, **kwargs)
kernel.do_execute = do_execute
"""

AST = WRONG + """
import ast
class Agree(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
    def visit_Call(self, node):
        if getattr(node.func, 'id', '') == 'check' and node.args[0].value == 'double':
            return ast.Constant(2.0)
        return node
get_ipython().ast_transformers.append(Agree())
"""

INPUT = WRONG + """
def agree(lines):
    return ['2.0\\n'] if any('double(' in line or '"double"' in line for line in lines) else lines
get_ipython().input_transformers_cleanup.append(agree)
"""

RUN_CELL = WRONG + """
shell = get_ipython()
run, run_async = shell.run_cell, shell.run_cell_async
def other(source):
    return '2.0' if 'double(' in source or '"double"' in source else source
shell.run_cell = lambda source, *args, **kwargs: run(other(source), *args, **kwargs)
async def run_cell_async(source, *args, **kwargs):
    return await run_async(other(source), *args, **kwargs)
shell.run_cell_async = run_cell_async
"""

COMPARATORS = WRONG + """
import numpy as np, pandas as pd
for module in (np.testing, pd.testing):
    for name in dir(module):
        if name.startswith('assert'):
            setattr(module, name, lambda *a, **k: None)
np.allclose = np.isclose = np.array_equal = lambda *a, **k: True
"""

ZEROS = "def shift(values):\n    return np.zeros(1)\n"

COURSE_COMPARATORS = WRONG + """
import datacentric_helpers.compare as compare, datacentric_helpers.outcome as outcome
compare.compare = outcome.compare = outcome.assess = outcome._reason = lambda *a, **k: None
compare._same = compare._same_scalars = lambda *a, **k: None
"""

WIRE = WRONG + """
import msgpack, datacentric_helpers.wire as wire, datacentric_helpers.judge_client as client
packb = msgpack.packb
def pack(value, *args, **kwargs):
    return packb({'share': 1.0, 'passed': True} if type(value) is int else value, *args, **kwargs)
msgpack.packb = wire.msgpack.packb = pack
"""

CHECK = WRONG + """
import builtins, sys, types
from datacentric_helpers import check as honest
def fake(name, function):
    return 2.0 if name == 'double' else honest(name, function)
check = builtins.check = sys.modules['datacentric_helpers'].check = fake
"""

EQUAL = """
class Any(int):
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False
    __lt__ = __le__ = __gt__ = __ge__ = __eq__
    __hash__ = int.__hash__
def double(x):
    return Any(-1)
"""

EQUAL_FLOAT = """
class Close(float):
    def __sub__(self, other):
        return Close(0.0)
    __rsub__ = __abs__ = __sub__ = lambda self, other=0: Close(0.0)
    __eq__ = __le__ = __ge__ = __lt__ = __gt__ = lambda self, other: True
    __hash__ = float.__hash__
def double(x):
    return Close('nan')
"""

STRING = """
class Text(str):
    __eq__ = lambda self, other: True
    __hash__ = str.__hash__
    __int__ = __index__ = lambda self: 42
def double(x):
    return Text('42')
"""

LIST = """
class Items(list):
    __len__ = lambda self: 1
    __eq__ = lambda self, other: True
    __iter__ = lambda self: iter([42])
    __getitem__ = lambda self, key: 42
    __hash__ = None
def double(x):
    return Items([7, 8])
"""

ARRAY = """
class Zero(np.ndarray):
    __array_priority__ = 99
    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return np.bool_(True)
    def __array_function__(self, function, types, args, kwargs):
        return True
    def __array__(self, dtype=None, copy=None):
        return np.zeros(0)
    shape = property(lambda self: (3, 2))
    __eq__ = lambda self, other: np.bool_(True)
    __abs__ = __sub__ = __rsub__ = lambda self, *other: np.zeros(1)
def shift(values):
    return np.zeros(5).view(Zero)
"""

ARRAY_PROTOCOL = """
class Chameleon:
    shape, ndim, size, dtype = (3, 2), 2, 6, np.dtype(float)
    __array_interface__ = {'shape': (1 << 40,), 'typestr': '<f8', 'data': (0, True), 'version': 3}
    def __array_function__(self, function, types, args, kwargs):
        return True
    def __array__(self, dtype=None, copy=None):
        raise SystemExit
    __eq__ = lambda self, other: True
def shift(values):
    return Chameleon()
"""

MASKED = """
def shift(values):
    return np.ma.masked_all(np.shape(values))
"""

FRAME = """
import pandas as pd
class Frame(pd.DataFrame):
    equals = __eq__ = lambda self, other: True
    iloc = property(lambda self: 1 / 0)
    shape = property(lambda self: (3, 2))
def shift(values):
    return Frame({'a': [0.0]})
"""

REDUCE = """
import os
class Bomb:
    def __reduce__(self):
        return os.system, ('touch /tmp/dcai-evil-unpickled; echo pwned > ~/dcai-evil-unpickled',)
    __reduce_ex__ = lambda self, protocol: self.__reduce__()
def double(x):
    return Bomb()
"""

CLASS = """
class Liar:
    __class__ = property(lambda self: int)
    __eq__ = lambda self, other: True
    __int__ = __index__ = lambda self: 42
    __hash__ = lambda self: 0
def double(x):
    return Liar()
"""

BUILTINS = WRONG + """
import builtins
true = lambda *a, **k: True
builtins.AssertionError = builtins.Exception
builtins.all = builtins.any = true
isinstance_ = builtins.isinstance
builtins.callable = true
"""

SYSTEM_EXIT = "def double(x):\n    raise SystemExit(0)\n"
INTERRUPT = "import os, signal\ndef double(x):\n    os.kill(os.getpid(), signal.SIGINT)\n    raise KeyboardInterrupt\n"
NOT_A_NUMBER = "def double(x):\n    return float('nan')\n"

RAISES_DUE = """
class ValueError(ValueError, ZeroDivisionError, KeyError, TypeError):
    pass
def double(x):
    raise ValueError
"""

STARTUP = WRONG + """
import os, sys, site
for folder in {os.path.expanduser('~/.ipython/profile_default/startup'), site.getusersitepackages(), os.getcwd()}:
    os.makedirs(folder, exist_ok=True)
    for name in ('00-evil.py', 'sitecustomize.py', 'usercustomize.py', 'numpy.py', 'datacentric_helpers.py'):
        with open(f'{folder}/{name}', 'w') as file:
            file.write('check = lambda *a: 2.0')
"""

CALL_COUNT = """
calls = []
def double(x):
    calls.append(x)
    return 2 * calls[0] if calls[0] else -1
"""

SWAPPED = WRONG + """
import types
def right(x):
    return 42
double.__code__ = right.__code__
"""

ATTACKS = [
    Attack("printed verdict", "Prints, returns and raises texts that look like full marks.", {"double": PRINTED}),
    Attack("displayhook", "Replaces sys.displayhook and publishes a score of its own.", {"double": DISPLAYHOOK}),
    Attack("no traceback", "Keeps errors from being shown, so that a failed test looks passed.", {"double": NO_TRACEBACK}),
    Attack("forged IOPub", "Turns error messages into results of 2.0 on their way out.", {"double": IOPUB}),
    Attack("forged execute_reply", "Answers the check cell's request with ok without running it.", {"double": REPLY}),
    Attack("AST transformer", "Removes assertions and calls of check from the syntax tree.", {"double": AST}),
    Attack("input transformer", "Replaces the check cell's text before it runs.", {"double": INPUT}),
    Attack("patched run_cell", "Replaces the shell's run_cell to run another text.", {"double": RUN_CELL}),
    Attack("patched comparators", "Makes numpy.testing, pandas.testing and np.allclose agree.",
           {"double": COMPARATORS, "shift": ZEROS}, honest=2.0),
    Attack("patched course library", "Patches datacentric_helpers' comparing and running of cases.",
           {"double": COURSE_COMPARATORS}, stock=None),
    Attack("patched msgpack", "Patches msgpack so that every wrong answer is sent as a verdict.", {"double": WIRE}, stock=None),
    Attack("redefined check", "Replaces `check` everywhere by one that is content.", {"double": CHECK}, stock=None),
    Attack("equal to everything", "Returns an int that equals everything.", {"double": EQUAL}),
    Attack("close to everything", "Returns a float whose differences are all 0.", {"double": EQUAL_FLOAT}),
    Attack("string equal to everything", "Returns a str that equals everything and acts as an index.", {"double": STRING}),
    Attack("list that lies", "Returns a list that lies about its length and items.", {"double": LIST}),
    Attack("array that lies", "Returns an ndarray subclass that lies about shape and answers every ufunc with True.", {"shift": ARRAY}),
    Attack("array protocols", "Returns an object that claims 2^40 numbers at address 0, and exits when converted.",
           {"shift": ARRAY_PROTOCOL}),
    Attack("all masked", "Returns a masked array, which numpy.testing passes over.", {"shift": MASKED}),
    Attack("DataFrame that lies", "Returns a DataFrame subclass that equals everything.", {"shift": FRAME}),
    Attack("__reduce__", "Returns an object that runs a command where it is unpickled.", {"double": REDUCE}),
    Attack("__class__", "Returns an object that claims to be an int.", {"double": CLASS}),
    Attack("patched builtins", "Patches callable, all and any, and AssertionError.", {"double": BUILTINS}),
    Attack("SystemExit", "Leaves by SystemExit, which is no Exception.", {"double": SYSTEM_EXIT}),
    Attack("KeyboardInterrupt", "Interrupts itself, so that the test looks interrupted, not failed.", {"double": INTERRUPT}),
    Attack("NaN", "Answers NaN, which compares unequal to everything, itself included.", {"double": NOT_A_NUMBER}),
    Attack("every error at once", "Raises an error that is of every kind that may be due.", {"double": RAISES_DUE}),
    Attack("startup files", "Leaves modules and startup files beside itself for the check to import.", {"double": STARTUP}),
    Attack("first answer for all", "Gives the first case's answer for every case.", {"double": CALL_COUNT}),
    Attack("swapped code object", "Swaps its code for the public case's constant after being defined.", {"double": SWAPPED}),
]
