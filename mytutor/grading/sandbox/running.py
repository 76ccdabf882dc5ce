"""Start a worker, hand it a request, and read what comes out, within limits of time and length."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mytutor.grading.sandbox.confinement import LIMITS
from mytutor.grading.sandbox.levels import Level, command, environment, readable, scratch

__all__ = ["Asked", "Frame", "Limits", "run"]

HEADER = struct.Struct(">II")
FACTS = 10_000  # bytes of facts in a frame
ROOM = 2_100_000  # bytes of a recording
FACT_TYPES = {"question": int, "late": bool, "signal": int, "settled": bool, "skipped": list}


class Asked(NamedTuple):
    """One question for the worker: the variable it is about and the packed cases."""

    variable: str
    cases: Sequence[Any]
    until: str = ""


@dataclass(frozen=True)
class Limits:
    """Seconds for a notebook's cells and for the calls of a question; bytes of memory."""

    seconds: float = 10.0
    calls: float = 3.0
    memory: int = LIMITS["memory"]

    def inside(self) -> dict[str, int]:
        """The limits that the system enforces on the process that runs the code."""
        more = {"memory": self.memory, "address": LIMITS["address"] + self.memory}
        return {**LIMITS, **more, "seconds": int(self.seconds + self.calls) + 3}

    def altogether(self, questions: int) -> float:
        """Seconds for a whole notebook; a cell that hangs is met once, by the first question."""
        return (self.seconds + self.calls + 2) * (1 + questions) + 5


@dataclass
class Frame:
    """What is known about one question: how its process ended, and the bytes it left."""

    payload: bytes = b""
    late: bool = False
    signal: int = 0
    settled: bool = False
    skipped: list[int] = field(default_factory=list)


def run(
    level: Level, sources: Sequence[str], asked: Sequence[Asked], limits: Limits
) -> list[Frame]:
    """Ask the questions of one notebook; None of what happens inside raises here.

    Where the whole sandbox dies, what is left is asked in a fresh one, a question at a time.
    Raises OSError when no worker can be started.
    """
    started = time.monotonic()
    frames = _attempt(level, sources, asked, limits)
    lost = Frame(late=time.monotonic() - started >= limits.altogether(len(asked)))
    for number, question in enumerate(asked):
        if number not in frames and len(asked) > 1:
            alone = _attempt(level, sources, [question], limits)
            if 0 in alone:
                frames[number] = alone[0]
    return [frames.get(number, lost) for number in range(len(asked))]


def _attempt(
    level: Level, sources: Sequence[str], asked: Sequence[Asked], limits: Limits
) -> dict[int, Frame]:
    folder = scratch(level)
    request = {
        "cells": list(sources),
        "questions": [question._asdict() for question in asked],
        "level": level,
        "limits": limits.inside(),
        "seconds": limits.seconds,
        "calls": limits.calls,
        "readable": readable() if level == "medium" else [],
        "scratch": folder,
    }
    longest = limits.altogether(len(asked))
    try:
        return _frames(level, folder, json.dumps(request).encode(), longest, len(asked))
    finally:
        if level != "strong":
            shutil.rmtree(folder, ignore_errors=True)


def _frames(
    level: Level, folder: str, request: bytes, longest: float, count: int
) -> dict[int, Frame]:
    outside = level != "strong"  # bubblewrap sets both itself
    with tempfile.TemporaryFile() as given:
        given.write(request)
        given.seek(0)
        worker: subprocess.Popen[bytes] = subprocess.Popen(
            command(level),
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=environment(folder) if outside else None,
            cwd=folder if outside else None,
        )
    try:
        return _read(worker, time.monotonic() + longest, count)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        assert worker.stdout is not None
        worker.stdout.close()


def _read(worker: subprocess.Popen[bytes], ends: float, count: int) -> dict[int, Frame]:
    assert worker.stdout is not None
    pipe, data, frames = worker.stdout.fileno(), bytearray(), dict[int, Frame]()
    while len(frames) < count and (left := ends - time.monotonic()) > 0:
        ready, _, _ = select.select([pipe], [], [], left)
        piece = os.read(pipe, 1 << 16) if ready else b""
        if not piece:
            break
        data += piece
        if not _take(data, frames, count):
            break
    return frames


def _take(data: bytearray, frames: dict[int, Frame], count: int) -> bool:
    """Move complete frames out of what was read; False when it is none of ours."""
    while len(data) >= HEADER.size:
        facts, payload = HEADER.unpack_from(data)
        if facts > FACTS or payload > ROOM:
            return False
        start, end = HEADER.size + facts, HEADER.size + facts + payload
        if len(data) < end:
            return True
        known = _facts(bytes(data[HEADER.size : start]))
        number = known.pop("question", -1)
        if number not in range(count):
            return False
        frames[number] = Frame(bytes(data[start:end]), **known)
        del data[:end]
    return True


def _facts(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
        good = type(found) is dict and all(
            type(found[name]) is kind for name, kind in FACT_TYPES.items()
        )
        skipped = [n for n in found["skipped"][:100] if type(n) is int]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return {**{name: found[name] for name in FACT_TYPES}, "skipped": skipped} if good else {}
