"""The format in which recordings leave the sandbox: JSON of plain values, parsed without trust.

An array is its dtype, shape and bytes. Nothing is ever unpickled, evaluated or looked up by name.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mytutor.checking.plain import Unknown
from mytutor.checking.recording import Case, Failure, Output, Parameter, Recording

__all__ = [
    "BYTES",
    "Absent",
    "Malformed",
    "absent",
    "decode",
    "encode",
    "pack_cases",
    "unpack_cases",
]

BYTES = 2_000_000  # the longest recording that is read
MARKS = 250_000  # commas and brackets in it: each may become an object
DEEPEST = 12
DTYPES = {
    *("|b1", "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8"),
    *("<f2", "<f4", "<f8", "<c8", "<c16"),
}
KINDS = ("function", "value", "class", "async function")


class Malformed(ValueError):
    """What came out of the sandbox is no recording, or is too long."""


class Absent(LookupError):
    """The worker found no such answer; the message is what went wrong in the cells, if anything."""


def absent(notes: Sequence[str]) -> bytes:
    """What is sent in place of a recording when there is no answer."""
    return json.dumps({"absent": "; ".join(notes[:3])[:500]}).encode()


def encode(recording: Recording) -> bytes:
    """A recording as bytes."""
    return json.dumps(
        {
            "kind": recording.kind,
            "value": _packed(recording.value),
            "origin": recording.origin,
            "parameters": _packed(recording.parameters),
            "empty": recording.empty,
            "outputs": [_packed(output) for output in recording.outputs],
            "again": [_packed(output) for output in recording.again],
            "printed": recording.printed,
            "in_time": recording.in_time,
        }
    ).encode("utf-8", "surrogatepass")


def decode(data: bytes) -> Recording:
    """What untrusted bytes hold; Malformed if that is no recording, Absent if they say so."""
    if len(data) > BYTES:
        raise Malformed(f"it returned more than {BYTES} bytes")
    if sum(data.count(mark) for mark in (b",", b"[", b"{")) > MARKS:
        raise Malformed(f"it returned more than {MARKS} values")
    try:
        found = json.loads(data.decode("utf-8", "replace"))
        if type(found) is dict and "absent" in found:
            raise Absent(_text(found["absent"]))
        return _recording(found)
    except (Malformed, Absent):
        raise
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError, MemoryError) as error:
        raise Malformed(f"it returned no recording ({type(error).__name__})") from None


def pack_cases(cases: Sequence[Case]) -> list[Any]:
    """Cases for a request: inputs only."""
    return [
        {
            "inputs": [[name, _packed(value)] for name, value in case.inputs.items()],
            "positional": case.positional,
        }
        for case in cases
    ]


def unpack_cases(packed: Sequence[Any]) -> list[Case]:
    """The cases of a request."""
    return [
        Case({name: _value(value, DEEPEST) for name, value in p["inputs"]}, p["positional"])
        for p in packed
    ]


def _packed(value: Any) -> Any:
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return value
    if kind is float:
        return value if math.isfinite(value) else {"f": repr(value)}
    if value is ...:
        return {"e": 1}
    if kind is complex:
        return {"c": [_packed(value.real), _packed(value.imag)]}
    if isinstance(value, np.ndarray):
        return {"a": _packed_array(value)}
    if kind is Unknown:
        return {"u": value.kind}
    if isinstance(value, tuple):
        return {"t": [_packed(item) for item in value]}
    if kind is list:
        return [_packed(item) for item in value]
    if kind is dict:
        return {"d": [[key, _packed(item)] for key, item in value.items()]}
    return {"u": "an object that can't be looked at"}


def _packed_array(value: np.ndarray) -> list[Any]:
    dtype = value.dtype.newbyteorder("<").str
    if dtype not in DTYPES:  # extended precision
        dtype = "<c16" if value.dtype.kind == "c" else "<f8"
    data = np.ascontiguousarray(value, dtype=dtype).tobytes()
    return [dtype, list(value.shape), base64.b64encode(data).decode()]


def _recording(found: Any) -> Recording:
    if type(found) is not dict or found["kind"] not in KINDS:
        raise Malformed("it returned no recording")
    parameters = _value(found["parameters"], DEEPEST)
    return Recording(
        found["kind"],
        _value(found["value"], DEEPEST),
        _text(found["origin"]),
        None if parameters is None else tuple(_parameter(p) for p in _tuple(parameters)),
        found["empty"] is True,
        tuple(_output(_value(output, DEEPEST)) for output in _list(found["outputs"])),
        tuple(_output(_value(output, DEEPEST)) for output in _list(found["again"])),
        _text(found["printed"]),
        found["in_time"] is True,
    )


def _output(value: Any) -> Output:
    returned, failure, changed = _tuple(value)
    if failure is not None:
        kind, text, line, number = _tuple(failure)
        if type(number) is not int:
            raise Malformed("a line number is no number")
        failure = Failure(_text(kind), _text(text), _text(line), number)
    return Output(returned, failure, tuple(_text(name) for name in _tuple(changed)))


def _parameter(value: Any) -> Parameter:
    name, kind, has_default, default = _tuple(value)
    return Parameter(_text(name), _text(kind), has_default is True, default)


def _tuple(value: Any) -> tuple[Any, ...]:
    if type(value) is not tuple:
        raise Malformed("a part of the recording has another form")
    return value


def _list(value: Any) -> list[Any]:
    if type(value) is not list or len(value) > 1000:
        raise Malformed("a part of the recording has another form")
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise Malformed("a text of the recording is none")
    return "".join(c if c.isprintable() or c in "\n\t" else "�" for c in value[:2000])


def _value(packed: Any, depth: int) -> Any:
    """A plain value from untrusted JSON."""
    if depth < 0:
        raise Malformed("it returned something nested too deeply")
    kind = type(packed)
    if kind is str:
        return _text(packed)
    if kind is int and packed.bit_length() >= 1000:
        raise Malformed("it returned a very large whole number")
    if kind is float and not math.isfinite(packed):
        raise Malformed("a number is written in another way than agreed")
    if kind is list:
        return [_value(item, depth - 1) for item in packed]
    if kind is dict:
        return _tagged(packed, depth - 1)
    return packed


def _tagged(packed: dict[str, Any], depth: int) -> Any:
    if len(packed) != 1:
        raise Malformed("it returned no recording")
    ((tag, content),) = packed.items()
    if tag == "e":
        return ...
    if tag == "f":
        if content not in ("nan", "inf", "-inf"):
            raise Malformed("a number is written in another way than agreed")
        return float(content)
    if tag == "c":
        real, imaginary = (_value(part, 1) for part in _list(content))
        return complex(float(real), float(imaginary))
    if tag == "u":
        return Unknown(_text(content)[:100])
    if tag == "a":
        return _array(content)
    if tag == "t" and type(content) is list:
        return tuple(_value(item, depth) for item in content)
    if tag == "d" and type(content) is list:
        return {_text(key)[:100]: _value(item, depth) for key, item in content}
    raise Malformed("it returned no recording")


def _array(content: Any) -> np.ndarray:
    dtype, shape, data = _list(content)
    good = type(shape) is list and len(shape) <= 32 and type(data) is str and dtype in DTYPES
    if not good or not all(type(n) is int and 0 <= n <= BYTES for n in shape):
        raise Malformed("an array has another form")
    try:
        raw = base64.b64decode(data, validate=True)
    except binascii.Error:
        raise Malformed("an array has another form") from None
    if math.prod(shape) * np.dtype(dtype).itemsize != len(raw):
        raise Malformed("an array is longer or shorter than its shape says")
    return np.frombuffer(raw, dtype=dtype).reshape(shape).copy()
