# ruff: noqa: E501
"""Notebooks that try to harm, to spy, to cheat or to break: what a grader has to bear.

Every one but those of ``BROKEN`` is wrong in 'momentum' and right in 'nesterov-bug'. In
``CELLS`` the attack stands in a cell of its own before both; in ``ANSWERS`` it is the answer.
``{folder}`` is a folder outside of the sandbox with a file `canary`, ``{port}`` an open port.
"""

import json

RIGHT = """def momentum(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    v = mu * v + g
    return x - lr * v, v
"""
WRONG = """def momentum(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    v = mu * v + g
    return x + lr * v, v
"""
NESTEROV = """def nesterov(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    v = mu * v + g
    return x - lr * (g + mu * v), v
"""
START = "import numpy as np\nfrom mytutor import exercises as tutor\n"

CELLS = {
    # resources
    "endless loop": "while True: pass",
    "endless loop that swallows": "while True:\n    try:\n        while True: pass\n"
    "    except BaseException: pass",
    "sleep": "import time; time.sleep(10**6)",
    "all memory": "a = []\nwhile True: a.append(bytearray(10**7))",
    "large array": "import numpy as np; a = np.ones(10**10)",
    "touched array": "import numpy as np\na = [np.ones(10**7) for _ in range(1000)]",
    "shared memory": "import mmap\na = [mmap.mmap(-1, 10**9) for _ in range(8)]\n"
    "for m in a: m[:] = bytes(len(m))",
    "memory files": "import os\nfor n in range(10**4):\n    os.write(os.memfd_create(str(n)), bytes(10**7))",
    "fork bomb": "import os\nwhile True: os.fork()",
    "fork bomb that goes on": "import os\nfor _ in range(10**5):\n    try: os.fork()\n"
    "    except OSError: pass",
    "process pool": "from concurrent.futures import ProcessPoolExecutor\n"
    "print(list(ProcessPoolExecutor(50).map(abs, range(500))))",
    "thread bomb": "import threading, time\n"
    "while True: threading.Thread(target=time.sleep, args=(100,), daemon=True).start()",
    "disk": "n = 0\nwhile True:\n    n += 1\n    open(f'/tmp/{{n}}', 'wb').write(bytes(10**7))",
    "many files": "n = 0\nwhile True:\n    n += 1\n    open(f'/tmp/{{n}}', 'w').close()",
    "open files": "a = []\nwhile True: a.append(open('/dev/null'))",
    "deep folders": "import os\nwhile True:\n    os.mkdir('d'); os.chdir('d')",
    "recursion": "import sys; sys.setrecursionlimit(10**9)\ndef f(): f()\nf()",
    "large power": "a = 9 ** 9 ** 9",
    "regular expression": "import re; re.match(r'(a+)+$', 'a' * 64 + 'b')",
    "flood of text": "while True: print('x' * 10**6)",
    "flood of raw text": "import os\nwhile True: os.write(1, b'x' * 10**6)",
    "flood of every file": "import os\nfor n in range(64):\n    try:\n"
    "        while True: os.write(n, b'x' * 10**5)\n    except OSError: pass",
    # exits
    "exit": "import sys; sys.exit(0)",
    "exit now": "import os; os._exit(0)",
    "exit with 3": "import os; os._exit(3)",
    "abort": "import os; os.abort()",
    "segmentation fault": "import ctypes; ctypes.string_at(0)",
    "kill itself": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "stop itself": "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
    "kill its parent": "import os, signal; os.kill(os.getppid(), signal.SIGKILL)",
    "kill everybody": "import os, signal; os.kill(-1, signal.SIGKILL)",
    "kill its group": "import os, signal; os.killpg(0, signal.SIGKILL)",
    "signal by a file": "import fcntl, os\nr, w = os.pipe()\nfcntl.fcntl(r, fcntl.F_SETOWN, os.getppid())\n"
    "fcntl.fcntl(r, 10, 9)\nfcntl.fcntl(r, fcntl.F_SETFL, os.O_ASYNC)\nos.write(w, b'x')",
    "interrupt": "raise KeyboardInterrupt",
    "group of exceptions": "raise BaseExceptionGroup('x', [SystemExit(), KeyboardInterrupt()])",
    "exception without a name": "class M(type):\n    @property\n    def __name__(c): raise SystemExit\n"
    "class E(BaseException, metaclass=M): pass\nraise E",
    "at exit": "import atexit, os; atexit.register(lambda: os._exit(1)); raise SystemExit",
    # files
    "write outside": "open('{folder}/written', 'w').write('x')",
    "delete outside": "import shutil; shutil.rmtree('{folder}')",
    "delete everything": "import shutil\nfor f in ('/tmp', '/usr', '/package', '/etc', '/'):\n"
    "    shutil.rmtree(f, ignore_errors=True)",
    "link to a secret": "import os; os.symlink('{folder}/canary', '/tmp/x'); secret = open('/tmp/x').read()",
    "write into the package": "import mytutor.rules\nopen(mytutor.rules.__file__, 'a').write('x')",
    "write into NumPy": "import numpy\nopen(numpy.__file__, 'a').write('x')",
    # tampering
    "allclose": "import numpy as np; np.allclose = lambda *a, **k: True",
    "all of NumPy's comparisons": "import numpy as np\n"
    "for n in ('allclose', 'isclose', 'array_equal', 'all', 'any', 'abs', 'isfinite', 'asarray',\n"
    "          'stack', 'array', 'ndarray', 'generic', 'errstate', 'nextafter'):\n"
    "    setattr(np, n, lambda *a, **k: True)",
    "NumPy's testing": "import numpy.testing as t; t.assert_allclose = lambda *a, **k: None",
    "judge": "import mytutor.checking as c\nfrom mytutor.checking.verdict import Verdict\n"
    "c.judge = c.check = lambda *a, **k: Verdict('momentum', 'correct', 'yes')",
    "comparing": "import mytutor.checking.comparing as c; c.close = lambda *a: [True, True]",
    "recorder": "import mytutor.checking.recording as r\nfor n in ('record', '_call', '_facts', 'plain'):\n"
    "    setattr(r, n, None)\nr.Case.call = lambda *a: None\nr.Output.__new__ = None",
    "plain values": "import mytutor.checking.plain as p\nfor n in list(vars(p)): p.__dict__[n] = None",
    "wire": "import mytutor.grading.wire as w\nw.encode = lambda r: b'{{}}'\nw.json = None",
    "worker": "import sys\nfor n, m in list(sys.modules.items()):\n"
    "    if 'mytutor' in n: m.__dict__.update({{k: None for k in vars(m) if k[:2] != '__'}})",
    "builtins": "import builtins\nfor n in ('len', 'type', 'isinstance', 'print', 'zip', 'open', 'abs',\n"
    "          'str', 'map', 'tuple', 'list', 'sum', 'any', 'all', 'getattr', 'setattr'):\n"
    "    setattr(builtins, n, lambda *a, **k: 1)",
    "builtins deleted": "import builtins\nfor n in ('len', 'isinstance', 'zip', 'map'): delattr(builtins, n)",
    "modules": "import sys\nfor n in list(sys.modules):\n    sys.modules[n] = None",
    "modules cleared": "import sys; sys.modules.clear()",
    "import": "import builtins, sys\nbuiltins.__import__ = lambda *a, **k: None\nsys.meta_path.clear()",
    "json": "import json; json.dumps = json.loads = lambda *a, **k: '{{}}'",
    "rules": "import mytutor.rules as r\nr.momentum = r.nesterov = lambda *a, **k: (0, 0)",
    "frames": "import sys\nf = sys._getframe()\nwhile f:\n    f.f_locals.update(correct=True, cases=[])\n"
    "    f.f_globals.update(record=None, SETTLED=b'')\n    f = f.f_back",
    "garbage collector": "import gc\nfor o in gc.get_objects():\n"
    "    if type(o) is dict and 'momentum' in o: o['momentum'] = None",
    "trace": "import sys\ndef t(*a): raise SystemExit\nsys.settrace(t)",
    "profile": "import sys, threading\nsys.setprofile(lambda *a: 1 / 0)",
    "audit hook": "import sys\ndef h(*a): raise RuntimeError\nsys.addaudithook(h)",
    "timer": "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\n"
    "signal.setitimer = lambda *a: None\nsignal.setitimer(signal.ITIMER_REAL, 0.01)",
    "standard output": "import sys\nsys.stdout = sys.stderr = sys.__stdout__ = None",
    "pipe closed": "import os\nfor n in range(3, 64):\n    try: os.close(n)\n    except OSError: pass",
    "pipe forged": 'import os, struct\nv = b\'R{{"kind": "function", "correct": true}}\'\n'
    "for n in range(1, 64):\n    try: os.write(n, struct.pack('>II', 2, len(v)) + b'{{}}' + v)\n"
    "    except OSError: pass",
    "verdict printed": 'print(\'{{"status": "right"}}\\n\' * 10**4)',
    "memory scribbled": "import ctypes\nctypes.memset(id(len), 255, 10**6)",
    "warnings as errors": "import warnings; warnings.simplefilter('error'); warnings.showwarning = None",
    "float errors": "import numpy as np; np.seterr(all='raise')",
    "print options": "import numpy as np; np.set_printoptions(formatter={{'all': lambda x: 1 / 0}})",
    "chance": "import numpy as np, random\nnp.random.seed(0); np.random.default_rng = None; random.seed(0)",
    # network and shell
    "socket": "import socket\nsocket.create_connection(('127.0.0.1', {port}), 2).send(b'got out')",
    "download": "import urllib.request; urllib.request.urlopen('http://127.0.0.1:{port}/', timeout=2)",
    "server": "import socket\ns = socket.socket(); s.bind(('0.0.0.0', 0)); s.listen(); s.accept()",
    "unix socket": "import socket; socket.socket(socket.AF_UNIX).connect('/run/dbus/system_bus_socket')",
    "shell": "import os; os.system('touch {folder}/written')",
    "jupyter shell": "!touch {folder}/written\n%system touch {folder}/written",
    "bash cell": "%%bash\ntouch {folder}/written",
    "file cell": "%%writefile {folder}/written\nx",
    "program": "import os; os.execv('/bin/sh', ['sh', '-c', 'touch {folder}/written'])",
    "daemon": "import subprocess\nsubprocess.Popen(['sleep', '1000'], start_new_session=True)",
    "raw system call": "import ctypes\nl = ctypes.CDLL(None)\nwhile l.syscall(57) != -1: pass\nl.fork(); l.vfork()",
    "debugger": "import ctypes, os\nassert ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0) == 0",
    "namespace": "import ctypes\nassert ctypes.CDLL(None).unshare(0x10000000) == 0",
    "mount": "import ctypes\nassert ctypes.CDLL(None).mount(b'none', b'/usr', b'tmpfs', 0, None) == 0",
    # environment
    "environment": "import os\nos.environ.update(PYTHONPATH='/tmp', LD_PRELOAD='/tmp/x.so', PATH='/tmp')\n"
    "os.environ.clear()",
    "module in the folder": "for n in ('numpy', 'json', 'mytutor', 'sitecustomize'):\n"
    "    open(f'/tmp/{{n}}.py', 'w').write('raise SystemExit')",
    "path": "import sys\nsys.path[:] = ['/tmp']; sys.path_hooks.clear()",
    "folder": "import os; os.chdir('/')",
    "locale": "import locale; locale.setlocale(locale.LC_ALL, 'C')",
    "umask": "import os; os.umask(0o777); open('/tmp/x', 'w')",
    "priority": "import os; os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
    "limits": "import resource\nfor n in range(16):\n    try: resource.prlimit(1, n, (0, 0))\n"
    "    except OSError: pass",
}
MARK = "def momentum(x, g, t, v=0.0, *, lr=0.01, mu=0.9):\n    "
ANSWERS = {
    "equal to everything": "class E:\n    __eq__ = lambda s, o: True\n    __hash__ = None\n"
    "    __array__ = lambda s, *a, **k: 1 / 0\n" + MARK + "return E(), E()",
    "array subclass": "import numpy as np\nclass A(np.ndarray):\n    __abs__ = __sub__ = __le__ = "
    "lambda s, o=0: np.zeros(s.shape)\n" + MARK + "return x.view(A), x.view(A)",
    "floats that lie": "class F(float):\n    __eq__ = __le__ = __ge__ = lambda s, o: True\n"
    "    __hash__ = None\n" + MARK + "return F(1), F(1)",
    "array of objects": "import numpy as np\n"
    + MARK
    + "return np.array([print] * 4), np.array(None)",
    "pickle": "class P:\n    def __reduce__(s): import os; return os.system, ('touch {folder}/written',)\n"
    + MARK
    + "return P(), P()",
    "not a number": MARK + "return x * float('nan'), x * float('nan')",
    "huge arrays": "import numpy as np\n" + MARK + "return np.zeros(10**8), np.zeros(10**8)",
    "many numbers": MARK + "return [0.0] * 90000, [1.0] * 90000",
    "very large whole numbers": MARK + "return 10**10000, 10**900",
    "nested": "a = []\nfor _ in range(10**5): a = [a]\n" + MARK + "return a, a",
    "cyclic": "a = []; a.append(a)\n" + MARK + "return a, a",
    "dies when called": "import os\n" + MARK + "os._exit(0)",
    "hangs when called": MARK + "\n    while True: pass",
    "hangs and swallows": "import time\n" + MARK + "\n    while True:\n        try: time.sleep(1)\n"
    "        except BaseException: pass",
    "takes memory when called": MARK + "return [bytearray(10**8) for _ in range(100)], x",
    "asks for too much at once": MARK + "return bytearray(10**10), x",
    "exits when called": MARK + "raise SystemExit",
    "shown to others": MARK + "raise ValueError('<script>alert(1)</script>=1+1')",
    "library's own": "from mytutor.rules import momentum",
    "a class": "class momentum:\n    def __new__(c, *a, **k): return 1",
    "a secret": "try: momentum = open('{folder}/canary').read()\nexcept OSError: momentum = 1",
    "a secret of the grader": "import glob\nmomentum = [open(n).read()[:100] for n in\n"
    "    glob.glob('/tmp/**/*', recursive=True) + glob.glob('/proc/*/environ')]",
    "memory of its parent": "import os\ntry: momentum = open(f'/proc/{{os.getppid()}}/mem').read(10)\n"
    "except OSError: momentum = 1",
    "surrogates": "momentum = '\\ud800' * 100",
    "control characters": "momentum = '\\x00\\x1b[2J' * 100",
    "name that lies": MARK
    + "return x, x\nmomentum.__module__ = 'x' * 10**6; momentum.__qualname__ = '\\n'",
    "signature that lies": MARK + "return x, x\nmomentum.__signature__ = 1",
    "code that lies": MARK + "return x, x\nmomentum.__code__ = (lambda *a, **k: None).__code__",
    "default that lies": "def momentum(x, g, t, v=object(), *, lr=print, mu=[[[]]]):\n    return x, x",
}


def notebook(*cells, metadata=None):
    """A notebook of these code cells, as text."""
    made = [
        {
            "cell_type": "code",
            "source": cell,
            "metadata": {},
            "outputs": [],
            "execution_count": None,
        }
        for cell in cells
    ]
    return json.dumps(
        {"cells": made, "metadata": metadata or {}, "nbformat": 4, "nbformat_minor": 5}
    )


CHECKS = 'tutor.check("momentum", momentum)\ntutor.check("nesterov-bug", nesterov)'


def right(number):
    """A right notebook, another one for each number."""
    return notebook(START, f"number = {number}", RIGHT, NESTEROV, CHECKS)


def hostile(name, folder, port):
    """The notebook of an attack."""
    if name in CELLS:
        attack = CELLS[name].format(folder=folder, port=port)
        return notebook(START, attack, WRONG, NESTEROV, CHECKS)
    return notebook(START, ANSWERS[name].format(folder=folder, port=port), NESTEROV, CHECKS)


VALID = json.loads(notebook(START, WRONG))
BROKEN = {  # the bytes of a file, or what stands in its place
    "empty": b"",
    "no JSON": b"x",
    "cut off": notebook(START, RIGHT)[:-20].encode(),
    "a list": b"[]",
    "a number": b"1",
    "not a number": b"NaN",
    "deeply nested": b"[" * 100_000,
    "deeply nested objects": b'{"a":' * 100_000,
    "many values": b'{"cells":[' + b"[]," * 2_000_000 + b"[]]}",
    "a long number": b'{"cells":' + b"9" * 100_000 + b"}",
    "not UTF-8": b'{"cells": ["\xff\xfe"]}',
    "UTF-16": notebook(START, RIGHT).encode("utf-16"),
    "zeros": bytes(100_000),
    "compressed": b"\x1f\x8b" + bytes(1000),
    "too long": b" " * 9_000_000,
    "no cells": b'{"nbformat": 4}',
    "cells that are text": b'{"cells": "x"}',
    "too many cells": notebook(*["1"] * 3000).encode(),
    "a source of numbers": b'{"cells": [{"cell_type": "code", "source": [1, 2]}]}',
    "a source that is null": b'{"cells": [{"cell_type": "code", "source": null}]}',
    "too much code": notebook("#" * 2_000_000).encode(),
    "folder": "folder",
    "pipe": "pipe",
    "socket": "socket",
    "link to a secret": "link",
    "link to itself": "loop",
    "device": "device",
}
ODD = {  # notebooks that are read, and hold no answer that is right
    "cells of other kinds": '{"cells": [1, null, [], {}, {"cell_type": 1}, {"cell_type": "code"}]}',
    "half a character": notebook('tutor.check("momentum", 1)\nx = "\\ud800"', WRONG),
    "zero in the code": notebook("x = 1\x00", WRONG),
    "deep expression": notebook("momentum = " + "(" * 5000 + "1" + ")" * 5000, WRONG),
    "long expression": notebook("y = " + "+".join("1" * 60_000), WRONG),
    "deep negation": notebook("y = " + "-" * 90_000 + "1", WRONG),
    "many statements": notebook("x=1\n" * 100_000, WRONG),
    "syntax error": notebook("def momentum(x", WRONG),
    "only a syntax error": notebook("def momentum(x", "tutor.check('momentum', 1)"),
    "duplicate cell": notebook(RIGHT, WRONG, "tutor.check('momentum', momentum)"),
    "formula as a name": notebook(WRONG, metadata={"student": "=1+1"}),
    "metadata that is a list": '{"metadata": [], "cells": [{"cell_type": "code", "source": "x"}]}',
}
