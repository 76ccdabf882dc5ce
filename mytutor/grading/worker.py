"""The program that runs inside the sandbox.

It reads one request and forks a process for every question, so that no question sees what another
did. That process gives up its rights, runs the notebook's cells up to the answer, answers the
recorded calls and writes the recording into a pipe. What comes out is never more than raw values:
all that decides stays with whoever started this.
"""

from __future__ import annotations

import builtins
import contextlib
import json
import os
import select
import shutil
import signal
import struct
import sys
import time
import types
from collections.abc import Iterator, Sequence
from typing import Any

import mytutor
from mytutor.checking import limits, plain, recording
from mytutor.checking.limits import quiet
from mytutor.checking.recording import record
from mytutor.grading import cells, wire
from mytutor.grading.sandbox import confine

__all__ = ["HEADER", "main", "serve"]

HEADER = struct.Struct(">II")  # the lengths of a frame's facts and of its recording
REQUEST = 64_000_000  # bytes
SETTLED = b"R"  # written when the cells have run and the calls begin
ATTEMPTS = 3
CALLS_GRACE = 2.0  # seconds: a call that goes on after its time is stopped by force


def main() -> None:
    """Read a request from standard input and write a frame for every question."""
    source, target = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    with open(source, "rb") as stream:
        request = json.loads(stream.read(REQUEST))
    with open(target, "wb") as stream:
        for facts, payload in serve(request):
            text = json.dumps(facts).encode()
            stream.write(HEADER.pack(len(text), len(payload)) + text + payload)
            stream.flush()


def serve(request: dict[str, Any]) -> Iterator[tuple[dict[str, Any], bytes]]:
    """For every question, what is known about the attempt to record it, and the recording."""
    bad: set[int] = set()  # cells that hung or died
    for number, question in enumerate(request["questions"]):
        yield {"question": number, **(found := _ask(request, question, bad))[0]}, found[1]
        _clean(request["scratch"])


def _ask(request: dict[str, Any], question: Any, bad: set[int]) -> tuple[dict[str, Any], bytes]:
    """Record one question; when that fails, again with only what some cells define, or all."""
    skipped = bad
    for _ in range(ATTEMPTS):
        seconds = request["seconds"] / (2 if skipped else 1)
        child = _fork(request, question, skipped, seconds)
        started, settled, payload, late = _gather(*child, seconds, request["calls"])
        facts: dict[str, Any] = {
            "late": late,
            "signal": _end(child[0], 0 if late else 1),
            "settled": settled,
        }
        facts["skipped"] = sorted(n + 1 for n in skipped)
        if _is_recording(payload) or len(skipped) == len(request["cells"]):
            break
        if settled and late:
            break  # the answer itself doesn't end
        if settled or started is None or started in bad:
            skipped = set(range(len(request["cells"])))
        else:
            bad.add(started)
    return facts, payload


def _is_recording(payload: bytes) -> bool:
    try:
        return "kind" in json.loads(payload)
    except (ValueError, TypeError, RecursionError):
        return False


def _fork(request: dict[str, Any], question: Any, bad: set[int], seconds: float) -> tuple[int, int]:
    mine, theirs = os.pipe()
    process = os.fork()
    if process:
        os.close(theirs)
        return process, mine
    try:
        os.close(mine)
        _record(request, question, bad, theirs, seconds)
    except BaseException:
        os._exit(3)
    os._exit(0)


def _gather(
    process: int, pipe: int, seconds: float, calls: float
) -> tuple[int | None, bool, bytes, bool]:
    """The last cell started, whether the calls began, what was recorded, if the time ran out.

    The cells have some seconds, and the calls, once they begin, theirs.
    """
    data, ends, settled = bytearray(), time.monotonic() + seconds, False
    with contextlib.closing(_Pipe(pipe)):
        while (left := ends - time.monotonic()) > 0:
            ready, _, _ = select.select([pipe], [], [], left)
            piece = os.read(pipe, 65536) if ready else b""
            if not piece or len(data) > wire.BYTES + 10_000:
                break
            data += piece
            if not settled and SETTLED in piece:
                settled, ends = True, time.monotonic() + calls + CALLS_GRACE
    late = ends - time.monotonic() <= 0
    dots, mark, payload = bytes(data).partition(SETTLED)
    return (len(dots) - 1 if dots else None), bool(mark), payload, late


class _Pipe:
    def __init__(self, number: int) -> None:
        self.number = number

    def close(self) -> None:
        os.close(self.number)


def _end(process: int, patience: float) -> int:
    """Wait for a process, at last kill it, and return the signal that ended it, or 0."""
    ends = time.monotonic() + patience
    while True:
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        if time.monotonic() >= ends:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            return 0
        time.sleep(0.001)


def _clean(scratch: str) -> None:
    """Empty the scratch folder, so that one question leaves nothing to the next."""
    for name in os.listdir(scratch):
        path = os.path.join(scratch, name)
        with contextlib.suppress(OSError, RecursionError):
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path, ignore_errors=True)
            else:
                os.unlink(path)


def _record(request: Any, question: Any, bad: set[int], pipe: int, seconds: float) -> None:
    """In the forked process: give up rights, run the cells, answer the calls, report."""
    os.chdir(request["scratch"])
    cases = wire.unpack_cases(question["cases"])
    trees = [cells.tree_of(source) for source in request["cells"]]
    place = cells.find(trees, question["variable"], question["until"])
    confine(request["level"], request["limits"], request["readable"], request["scratch"], pipe)
    if place is None:
        broken = [f"cell {n + 1} can't be read: {t}" for n, t in enumerate(trees) if type(t) is str]
        _write(pipe, SETTLED + wire.absent(broken))
        return
    genuine = _Genuine()
    scope = _notebook()

    def starting(_: int) -> None:
        genuine.restore()
        os.write(pipe, b".")

    with quiet():
        notes = cells.run(request["cells"], trees, place, bad, scope, starting)
    variable = question["variable"]
    genuine.restore()
    os.write(pipe, SETTLED)
    if variable not in scope:
        _write(pipe, wire.absent(notes))
        return
    made = record(scope[variable], cases, request["calls"])
    genuine.restore()
    _write(pipe, wire.encode(made))


def _write(pipe: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(pipe, view[:65536]) :]


def _notebook() -> dict[str, Any]:
    """A namespace to run cells in, with the verbs of the exercises doing nothing."""
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    sys.argv = ["notebook"]
    verbs = types.ModuleType("mytutor.exercises")
    verbs.__dict__.update(__path__=[], __getattr__=_silent)
    sys.modules[verbs.__name__] = mytutor.exercises = verbs  # type: ignore[attr-defined]
    return module.__dict__


class _Silent:
    """What `check` and its like return here: it is empty, and so is everything about it."""

    def __call__(self, *_: Any, **__: Any) -> _Silent:
        return self

    def __getattr__(self, name: str) -> _Silent:
        return _silent(name)


def _silent(name: str) -> _Silent:
    if name.startswith("__"):
        raise AttributeError(name)
    return _Silent()


class _Genuine:
    """The parts that record an answer as they are now, to be put back whatever a cell did."""

    def __init__(self) -> None:
        owners: list[Any] = [sys.modules[name] for name in GUARDED]
        owners += [part for owner in (recording, plain, limits, wire) for part in _classes(owner)]
        self.before = [(owner, dict(vars(owner))) for owner in owners]
        self.modules = dict(sys.modules)
        self.depth = sys.getrecursionlimit()
        # Bound beforehand: they need no name that a cell may have taken away.
        self.builtins = (vars(builtins).update, dict(vars(builtins)))
        self.system = (vars(sys).update, dict(vars(sys)))

    def restore(self) -> None:
        """Put everything back, the names that this needs first."""
        self.builtins[0](self.builtins[1])
        self.system[0](self.system[1])
        sys.settrace(None)
        sys.setprofile(None)
        sys.setrecursionlimit(self.depth)
        sys.modules.update(self.modules)
        for owner, before in self.before:
            now = vars(owner)
            for name, value in before.items():
                if name not in now or now[name] is not value:
                    with contextlib.suppress(AttributeError, TypeError):
                        setattr(owner, name, value)


def _classes(module: types.ModuleType) -> Sequence[type]:
    found = vars(module).values()
    return [v for v in found if isinstance(v, type) and v.__module__ == module.__name__]


GUARDED = """
mytutor.grading.worker contextlib numpy json json.encoder os signal time types copy inspect
threading traceback warnings dis re linecache math base64 functools collections enum
mytutor.arrays mytutor.checking.recording mytutor.checking.plain mytutor.checking.limits
mytutor.grading.wire mytutor.grading.cells
""".split()
