"""What leaves the sandbox: every plain value comes through, and nothing else does."""

import json
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mytutor import exercises
from mytutor.checking import judge, record
from mytutor.checking.plain import Unknown
from mytutor.checking.recording import Recording
from mytutor.grading import wire

ADAM = exercises.question("adam")
CASES = ADAM.cases(3)


def answer(x, g, t, m=0.0, v=0.0, *, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    print("hello")
    return x + np.nan, [1, 2.5, True, None, ..., 1j, float("inf"), {"a": (1,)}, print], v


GOOD = wire.encode(record(answer, CASES))


def same(a, b):
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and (a == b or a != a)


@pytest.mark.parametrize(
    "value",
    [
        *(None, ..., True, 3, 10**200, -1.5, float("nan"), float("-inf"), 1 - 2j, "text\n", ""),
        *((), (1, [2, (3,)]), [], {"a": [1.0]}, Unknown("a module"), np.float32([1, 2])),
        *(np.zeros((2, 0)), np.array(1), np.array([True]), np.arange(6).reshape(2, 3).T),
        *(np.array([1j]), np.float16([0.1])),
    ],
)
def test_a_plain_value_comes_through(value):
    made = wire.decode(wire.encode(Recording("value", value)))
    assert same(made.value, value)


def test_a_recording_comes_through_and_is_judged_the_same():
    recording = record(answer, CASES)
    made = wire.decode(wire.encode(recording))
    assert judge(ADAM, CASES, made) == judge(ADAM, CASES, recording)
    assert made.printed == recording.printed
    assert made.parameters == recording.parameters


def test_extended_precision_and_other_byte_orders_become_usual_ones():
    for value in (np.ones(2, np.longdouble), np.ones(2, ">f8")):
        assert wire.decode(wire.encode(Recording("value", value))).value.tolist() == [1, 1]


def test_cases_come_through():
    for before, after in zip(CASES, wire.unpack_cases(wire.pack_cases(CASES)), strict=True):
        assert list(before.inputs) == list(after.inputs)
        assert all(map(same, before.inputs.values(), after.inputs.values()))
        assert before.positional == after.positional


def value_of(value):
    found = json.loads(wire.encode(Recording("value", 1)))
    return json.dumps({**found, "value": value}).encode()


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"x", b"[]", b"{}", b"\xff", b"null", b"[" * 10**5, b"9" * 10**5),
        *(b'{"kind": "verdict"}', b"[]," * 10**6, b"x" * 3_000_000),
        value_of({"a": ["|O", [1], "AAAAAAAAAAA="]}),
        value_of({"a": ["<f8", [10**12], ""]}),
        value_of({"a": ["<f8", [-1], ""]}),
        value_of({"a": ["<f8", [2**40, 2**40], ""]}),
        value_of({"a": ["<f8", [1], "not base64"]}),
        value_of({"a": ["<f8", [1] * 40, "AAAAAAAAAAA="]}),
        value_of({"a": [["<f8"], [1], "AAAAAAAAAAA="]}),
        value_of({"a": 1}),
        value_of({"f": "__import__('os')"}),
        value_of({"c": [[1], {}]}),
        value_of({"x": 1}),
        value_of({}),
        value_of(10**400),
        value_of(float("nan")),
        value_of({"d": [1]}),
        value_of({"t": 1}),
        value_of({"u": 1}),
    ],
)
def test_what_is_no_recording_is_refused(data):
    with pytest.raises(wire.Malformed):
        wire.decode(data)


@given(st.data())
def test_a_recording_with_changed_bytes_is_refused_or_judged(data):
    changed = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(changed) - 1))
        piece = data.draw(st.binary(max_size=4))
        changed[place : place + data.draw(st.integers(0, 30))] = piece
    try:
        recording = wire.decode(bytes(changed))
    except (wire.Malformed, wire.Absent):
        return
    assert judge(ADAM, CASES, recording).outcome != "correct"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda part: st.lists(part) | st.dictionaries(st.sampled_from([*"afcutdex"]) | st.text(), part),
)


@given(JSON)
def test_any_json_is_refused_or_a_plain_value(value):
    with suppress(wire.Malformed, wire.Absent):
        wire.decode(value_of(value))


def test_no_answer_is_said():
    with pytest.raises(wire.Absent, match="cell 2 raised"):
        wire.decode(wire.absent(["cell 2 raised NameError"]))
