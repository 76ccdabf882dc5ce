"""Junk of every kind is recorded and judged: no crash, no wrong mark, in about a second."""

import asyncio
import builtins
import functools
import os
import signal
import sys
import threading
import time
import warnings

import numpy as np
import pytest

from mytutor import exercises, rules
from mytutor.checking import check, judge, record
from mytutor.checking.limits import within

MOMENTUM = exercises.question("momentum")
ADAM = exercises.question("adam")


def answer(result):
    """An answer to 'momentum' that returns the result of a function of x, g and v."""

    def momentum(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
        return result(x, g, v)

    return momentum


def junk(result):
    """An answer to any question that returns the result of a function of three of its inputs."""

    def anything(*args, **kwargs):
        given = [value for value in (*args, *kwargs.values()) if isinstance(value, np.ndarray)]
        return result(*(given + [np.ones(1)] * 3)[:3])

    return anything


def right(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    return rules.momentum(x, g, t, v, lr=lr, mu=mu)


def raising(error):
    def throw(*_):
        raise error

    return junk(throw)


class EqualToEverything:
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    __hash__ = None

    def __repr__(self):
        raise RuntimeError("don't print me")

    def __getattr__(self, name):
        return self

    def __call__(self, *args, **kwargs):
        return self

    def __len__(self):
        return 2

    def __iter__(self):
        return iter((self, self))

    def __array__(self, *args, **kwargs):
        return np.zeros(1)


class Stubborn:
    @property
    def __class__(self):
        raise RuntimeError("no class")

    def __getattribute__(self, name):
        raise RuntimeError("no attributes")


class StubbornCall(Stubborn):
    def __call__(self, *args):
        return None


class Meta(type):
    def __instancecheck__(cls, other):
        raise RuntimeError("no instances")

    @property
    def __name__(cls):
        raise RuntimeError("no name")


class Nameless(metaclass=Meta):
    pass


class Array(np.ndarray):
    def __sub__(self, other):
        return np.zeros(1)

    def __array_finalize__(self, other):
        pass


class BadText(Exception):
    def __str__(self):
        raise RuntimeError("no text")


class Harsh(BaseException):
    pass


def forever(*_):
    while True:
        pass


def swallowing(*_):
    while True:
        try:  # noqa: SIM105
            time.sleep(0.01)
        except BaseException:
            pass


def deep(*_):
    return deep()


def cyclic(*_):
    a = []
    a.append(a)
    return a, a


def exhausting(x, g, v):
    return np.zeros(10**13), v


async def coroutine(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    return x, v


def generator(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
    yield x
    yield v


def recursion_in_list(*_):
    value = [1.0]
    for _ in range(2000):
        value = [value]
    return value, value


def warning(*_):
    warnings.warn("careful", stacklevel=1)
    return np.zeros(1), np.zeros(1)


JUNK = {
    "empty text": "",
    "text": "momentum",
    "bytes": b"x",
    "number": -987654.321,
    "nan": float("nan"),
    "huge number": 10**5000,
    "list": [1, 2],
    "empty list": [],
    "dictionary": {"x": 1},
    "array": np.zeros(3),
    "set": {1},
    "truth": True,
    "object": object(),
    "module": np,
    "class": dict,
    "exception class": ValueError,
    "own class": EqualToEverything,
    "nameless class": Nameless,
    "nameless": Nameless(),
    "equal to everything": EqualToEverything(),
    "stubborn": Stubborn(),
    "stubborn call": StubbornCall(),
    "NotImplemented": NotImplemented,
    "builtin": print,
    "builtin without signature": min,
    "ufunc": np.sqrt,
    "no parameters": lambda: 1,
    "too many": lambda x, g, t, v, lr, mu, more: 1,
    "any parameters": lambda *args, **kwargs: None,
    "async": coroutine,
    "generator": generator,
    "running generator": generator(1, 2, 3),
    "partial of nonsense": functools.partial(print, 1),
    "equal results": junk(lambda *_: EqualToEverything()),
    "two equal results": junk(lambda *_: (EqualToEverything(), EqualToEverything())),
    "stubborn results": junk(lambda *_: (Stubborn(), Stubborn())),
    "nameless results": junk(lambda *_: (Nameless(), Nameless())),
    "ellipsis in a list": junk(lambda *_: [[...], 1]),
    "subclass": junk(lambda x, g, v: (x.view(Array), g.view(Array))),
    "masked": junk(lambda x, g, v: (np.ma.masked_array(x, True), v)),
    "matrix": junk(lambda x, g, v: (np.asmatrix(x.ravel()), v)),
    "texts": junk(lambda *_: ("x", "v")),
    "text array": junk(lambda *_: np.array(["x", "v"])),
    "dates": junk(lambda *_: (np.datetime64("2020-01-01"), np.timedelta64(1))),
    "structured": junk(lambda *_: np.zeros(2, dtype=[("x", float)])),
    "objects": junk(lambda *_: np.array([EqualToEverything(), None], dtype=object)),
    "complex": junk(lambda x, g, v: (x + 1j, v * 1j)),
    "booleans": junk(lambda x, g, v: (x > 0, g > 0)),
    "integers": junk(lambda x, g, v: (x.astype(int), np.asarray(v).astype(int))),
    "empty": junk(lambda *_: (np.zeros(0), np.zeros(0))),
    "empty tuple": junk(lambda *_: ()),
    "empty lists": junk(lambda *_: ([], [])),
    "ragged": junk(lambda *_: ([[1, 2], [3]], 1)),
    "dictionary result": junk(lambda x, g, v: {"x": x, "v": v}),
    "huge": junk(lambda *_: (np.zeros(10**6), np.zeros(10**6))),
    "impossible": junk(exhausting),
    "huge list": junk(lambda *_: ([0.0] * 10**6, 0.0)),
    "huge integers": junk(lambda *_: (10**5000, 10**5000)),
    "cyclic": junk(cyclic),
    "nested": junk(recursion_in_list),
    "nan result": junk(lambda x, g, v: (x * np.nan, g * np.nan)),
    "infinite result": junk(lambda x, g, v: (x * np.inf, g * np.inf)),
    "broadcast": junk(lambda x, g, v: (np.atleast_2d(x).T + x, np.atleast_2d(x).T + g)),
    "coroutine result": junk(lambda *_: coroutine(1, 2, 3)),
    "function result": junk(lambda *_: print),
    "recursion": junk(deep),
    "exit": junk(lambda *_: sys.exit()),
    "exit 3": junk(lambda *_: exit(3)),
    "input": junk(lambda *_: input("x? ")),
    "breakpoint": junk(lambda *_: breakpoint()),
    "division": junk(lambda *_: 1 / 0),
    "unprintable error": raising(BadText()),
    "harsh error": raising(Harsh()),
    "stop": raising(StopIteration()),
    "system error": raising(SystemError("x")),
    "exit of a generator": raising(GeneratorExit()),
    "cancelled": raising(asyncio.CancelledError()),
    "printing": junk(lambda *_: print("spam " * 1000)),
    "warning": junk(warning),
    "writing to stderr": junk(lambda *_: print("oops", file=sys.stderr)),
}


@pytest.mark.parametrize("kind", JUNK)
@pytest.mark.parametrize("name", list(exercises.questions()))
def test_junk_never_crashes_and_never_passes(kind, name):
    started = time.monotonic()
    verdict = check(exercises.question(name), JUNK[kind])
    assert verdict.outcome in ("not yet", "not attempted")
    assert verdict.message
    assert repr(verdict)
    assert verdict._repr_html_()
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("endless", [forever, swallowing, lambda *_: time.sleep(60)])
def test_an_answer_that_never_ends_is_stopped(endless):
    started = time.monotonic()
    verdict = check(MOMENTUM, answer(endless))
    assert verdict.diagnosis == ("too slow",)
    assert time.monotonic() - started < 10


def test_an_answer_that_never_ends_is_stopped_outside_the_main_thread():
    verdicts = []
    thread = threading.Thread(target=lambda: verdicts.append(check(MOMENTUM, answer(forever))))
    thread.start()
    thread.join(10)
    assert verdicts[0].diagnosis == ("too slow",)


def test_right_is_right_outside_the_main_thread():
    verdicts = []
    thread = threading.Thread(target=lambda: verdicts.append(check(MOMENTUM, right)))
    thread.start()
    thread.join(10)
    assert verdicts[0].outcome == "correct"


def test_a_timer_of_somebody_else_goes_on():
    signal.setitimer(signal.ITIMER_REAL, 100.0)
    try:
        assert within(1.0, lambda: None)
        assert 90 < signal.getitimer(signal.ITIMER_REAL)[0] < 100
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def test_an_interrupt_passes_through():
    with pytest.raises(KeyboardInterrupt):
        check(MOMENTUM, raising(KeyboardInterrupt()))


def test_everything_is_put_back():
    before = (builtins.input, sys.stdout, sys.stderr, sys.breakpointhook, os.environ.copy())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for kind in ("input", "exit", "warning", "breakpoint"):
            check(MOMENTUM, JUNK[kind])
        check(MOMENTUM, answer(forever))
    assert not caught
    assert before == (builtins.input, sys.stdout, sys.stderr, sys.breakpointhook, os.environ.copy())


# -- what a right answer may and may not do ------------------------------------------------------


def test_printing_is_caught_and_shown(capsys):
    def chatty(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
        print("v is", "big" * 100)
        return right(x, g, t, v, lr=lr, mu=mu)

    verdict = check(MOMENTUM, chatty)
    assert verdict.outcome == "correct"
    assert "v is big" in verdict.remarks[0]
    assert capsys.readouterr().out == ""


def test_an_input_changed_in_place_is_noticed():
    def in_place(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
        v = mu * v + g
        x -= lr * v
        return x, v

    verdict = check(MOMENTUM, in_place)
    assert verdict.diagnosis == ("in-place change of the inputs",)
    assert "`x`" in verdict.message


def test_a_wrong_value_and_a_change_in_place_are_both_said():
    def both(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
        v = mu * v + g
        x += lr * v
        return x, v

    diagnosis = check(MOMENTUM, both).diagnosis
    assert diagnosis == ("opposite sign", "in-place change of the inputs")


def test_a_memory_between_calls_is_noticed():
    class Own:
        calls = 0

        def __call__(self, x, g, t, v=0.0, *, lr=0.01, mu=0.9):
            self.calls += 1
            x, v = right(x, g, t, v, lr=lr, mu=mu)
            return x, v + (1e-3 if self.calls > 30 else 0)

    assert check(MOMENTUM, Own()).diagnosis == ("remembers something between calls",)


def test_a_shared_buffer_is_read_at_once():
    buffer = {}

    def shared(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
        out = buffer.setdefault(x.shape, np.zeros_like(x, dtype=float))
        new = mu * v + g
        out[...] = x - lr * new
        return out, new

    assert check(MOMENTUM, shared).outcome == "correct"


def test_only_single_precision_loses_digits():
    def single(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
        x, g = np.float32(x), np.float32(g)
        return right(x, g, t, np.float32(v), lr=lr, mu=mu)

    assert check(MOMENTUM, single).outcome == "not yet"


@pytest.mark.parametrize("name", ["allclose", "sqrt", "array", "asarray", "abs", "isnan"])
def test_numpy_patched_by_the_notebook_changes_no_mark(name, monkeypatch):
    def wrong(x, g, t, v=0.0, *, lr=0.01, mu=0.9):
        return x - lr * g, mu * v + g

    monkeypatch.setattr(np, name, lambda *args, **kwargs: True)
    verdict = check(MOMENTUM, wrong)
    assert verdict.outcome == "not yet"
    assert f"np.{name}" in verdict.remarks[-1]
    verdict = check(
        MOMENTUM, lambda x, g, t, v=0.0, lr=0.01, mu=0.9: (x - lr * (mu * v + g), mu * v + g)
    )
    assert verdict.outcome == "correct"


def test_the_recording_alone_decides():
    """The judge needs no student's code: a recording made elsewhere gives the same verdict."""
    cases = ADAM.cases(7)
    recording = record(lambda x, g, t, m=0.0, v=0.0, **kw: (x, m, v), cases)
    assert judge(ADAM, cases, recording) == judge(ADAM, cases, recording)
    assert judge(ADAM, cases, record(..., cases)).outcome == "not attempted"


# -- parameters ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x, g, t, *, lr=0.01, mu=0.9: 1, "`v` is missing"),
        (lambda g, x, t, v=0.0, *, lr=0.01, mu=0.9: 1, "in another order: number 1 should be `x`"),
        (lambda w, g, t, v=0.0, *, lr=0.01, mu=0.9: 1, "number 1 is called `w`"),
        (lambda x, g, t, v=0.0, *, lr=0.01, beta=0.9: 1, "`mu` is missing"),
        (lambda x, g, t, v=0.0, *, lr=0.01, mu=0.9, more: 1, "`more` is not among"),
        (lambda x, g, t, v, *, lr=0.01, mu=0.9: 1, "`v` needs a default"),
        (lambda x, g, t, v=0.0, *, lr, mu=0.9: 1, "`lr` needs a default"),
    ],
)
def test_wrong_parameters_are_named(function, message):
    verdict = check(MOMENTUM, function)
    assert verdict.diagnosis == ("wrong parameters",)
    assert message in verdict.message


def test_another_default_is_noticed():
    def other(x, g, t, v=0.0, *, lr=0.1, mu=0.9):
        return right(x, g, t, v, lr=lr, mu=mu)

    verdict = check(MOMENTUM, other)
    assert verdict.outcome == "not yet"
    assert "defaults" in verdict.message


def test_the_line_that_raises_is_shown(tmp_path):
    source = tmp_path / "cell.py"
    source.write_text(
        "def momentum(x, g, t, v=0.0, *, lr=0.01, mu=0.9):\n"
        "    speed = mu * v + gradient\n"
        "    return x, speed\n"
    )
    scope = {"__name__": "__main__"}
    exec(compile(source.read_text(), str(source), "exec"), scope)
    verdict = check(MOMENTUM, scope["momentum"])
    assert "NameError: name 'gradient' is not defined" in verdict.message
    assert "`speed = mu * v + gradient`" in verdict.message
