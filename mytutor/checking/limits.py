"""Run a student's code with a limit on time, its printing caught, and no way to ask or to leave."""

from __future__ import annotations

import builtins
import contextlib
import ctypes
import signal
import sys
import threading
import time
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

__all__ = ["TimeUp", "Transcript", "quiet", "within"]

RING_AGAIN = 0.001  # seconds
PATIENCE = 20  # rings that a bare `except: pass` may swallow before stronger means are used
IMPORT_GRACE = 20.0  # seconds; stopping an import half-way would spoil the module for good


class TimeUp(BaseException):
    """Raised inside the student's code when its time is over; `except Exception` can't hold it."""


class Transcript:
    """A text file that keeps the first characters written to it and forgets the rest."""

    encoding = "utf-8"

    def __init__(self, room: int = 2000) -> None:
        self.room = room
        self.text = ""

    def write(self, text: str) -> int:
        """Keep what there is room for."""
        self.text += str(text)[: self.room - len(self.text)]
        return len(text)

    def flush(self) -> None:
        """Do nothing, as there is nothing to flush."""

    def isatty(self) -> bool:
        """Say that this is no terminal."""
        return False


def within(seconds: float, work: Callable[[], None]) -> bool:
    """Run ``work`` and say whether it ended in time.

    In the main thread of a Unix system the work is interrupted by a timer. Elsewhere it runs in a
    thread of its own, which is asked to stop and left behind when it doesn't.
    """
    main = threading.current_thread() is threading.main_thread()
    if main and hasattr(signal, "setitimer"):
        return _by_timer(seconds, work)
    return _by_thread(seconds, work)


def _by_timer(seconds: float, work: Callable[[], None]) -> bool:
    armed = True
    rings = 0
    started = time.monotonic()
    tracer = sys.gettrace()

    def trace(frame: types.FrameType, event: str, argument: Any) -> None:
        if armed and event == "line":
            raise TimeUp

    def ring(number: int, frame: types.FrameType | None) -> None:
        nonlocal rings
        if armed and _importing(frame) and time.monotonic() < started + IMPORT_GRACE:
            signal.setitimer(signal.ITIMER_REAL, seconds, RING_AGAIN)
        elif armed:
            rings += 1
            if rings > PATIENCE:
                _raise_at_the_next_line(frame, trace)
            raise TimeUp

    handler = signal.signal(signal.SIGALRM, ring)
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, RING_AGAIN)
    try:
        work()
        armed = False
        return True
    except TimeUp:
        armed = False
        return False
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        if rings > PATIENCE:
            sys.settrace(tracer)
        signal.signal(signal.SIGALRM, signal.SIG_DFL if handler is None else handler)
        if left:  # somebody else's timer (a test runner's) goes on where it was
            left = max(left - (time.monotonic() - started), 0.001)
            signal.setitimer(signal.ITIMER_REAL, left, interval)


def _raise_at_the_next_line(frame: types.FrameType | None, trace: Any) -> None:
    """Raise once more where an exception is handled: an `except` can't catch its own lines."""
    sys.settrace(trace)
    while frame is not None and frame.f_globals.get("__name__") != __name__:
        frame.f_trace = trace
        frame = frame.f_back


def _importing(frame: types.FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


def _by_thread(seconds: float, work: Callable[[], None]) -> bool:
    ended: list[BaseException | None] = []

    def run() -> None:
        try:
            work()
            ended.append(None)
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        identity = ctypes.c_ulong(thread.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(identity, ctypes.py_object(TimeUp))
        thread.join(0.2)
        return False
    if ended[0] is not None and not isinstance(ended[0], TimeUp):
        raise ended[0]
    return ended[0] is None


def _no_input(*_: Any, **__: Any) -> str:
    raise RuntimeError("input() can't be used here: everything needed is in the parameters")


def _no_exit(*_: Any, **__: Any) -> None:
    raise SystemExit


@contextlib.contextmanager
def quiet() -> Iterator[Transcript]:
    """Catch what is printed, silence warnings, take away ``input``, ``breakpoint``, ``exit``."""
    transcript = Transcript()
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(transcript))
        stack.enter_context(contextlib.redirect_stderr(transcript))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.enter_context(np.errstate(all="ignore"))
        stack.enter_context(_replaced(builtins, "input", _no_input))
        stack.enter_context(_replaced(sys, "breakpointhook", lambda *_, **__: None))
        shell = _shell()
        if shell is not None:  # in a notebook, exit() would end the kernel
            stack.enter_context(_replaced(shell, "ask_exit", _no_exit))
        yield transcript


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


@contextlib.contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)
