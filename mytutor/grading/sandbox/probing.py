"""The test at start: a notebook that tries to get out, run at the level that is to be used."""

from __future__ import annotations

import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from mytutor.grading import wire
from mytutor.grading.sandbox.levels import LEVELS, Level, command, lacking
from mytutor.grading.sandbox.running import Asked, Limits, run

__all__ = ["Reached", "Refused", "choose", "escapes"]

PROBE = """
import ctypes, os, signal, socket, subprocess
def succeeds(attempt):
    try:
        return bool(attempt())
    except BaseException:
        return False
def connect():
    with socket.socket() as one:
        one.settimeout(1)
        one.connect(("127.0.0.1", {port}))
    return True
def write():
    with open({folder!r} + "/written", "w") as file:
        file.write("x")
    return True
def fork():
    process = os.fork()
    if process == 0:
        os._exit(0)
    os.waitpid(process, 0)
    return True
def other_processes():
    return any(n.isdigit() and n != str(os.getpid()) for n in os.listdir("/proc"))
attempts = {{
    "read a file of yours": lambda: open({folder!r} + "/canary").read(),
    "write a file of yours": write,
    "open a socket": connect,
    "start a process": fork,
    "run a program": lambda: subprocess.run(["/bin/true"]).returncode == 0,
    "signal its parent": lambda: os.kill(os.getppid(), 0) is None,
    "see other processes": other_processes,
    "make a namespace": lambda: ctypes.CDLL(None).unshare(0x10000000) == 0,
    "take more memory than allowed": lambda: bytearray({memory}),
    "read passwords": lambda: open("/etc/shadow").read() or True,
}}
escaped = [name for name, attempt in attempts.items() if succeeds(attempt)]
"""
WEAK = "it only limits time and memory: what you grade could read and delete your files"


DEAD = "not finish the test"


class Refused(RuntimeError):
    """The level asked for isn't reached on this machine; the message says what to do."""


class Reached(NamedTuple):
    """The level reached and, in one line, what it rests on."""

    level: Level
    says: str


def choose(wanted: Level = "strong") -> Reached:
    """Test a level by trying to get out of it; Refused when it holds nothing in."""
    trouble = lacking(wanted)
    if not trouble:
        got_out = escapes(wanted)
        if wanted == "weak":
            return Reached(wanted, f"sandbox: weak - {WEAK}")
        if not got_out:
            return Reached(wanted, f"sandbox: {wanted}, tested by trying to get out of it")
        trouble = f"code in it could {', '.join(got_out)}" if got_out != [DEAD] else _error(wanted)
    raise Refused(f"no {wanted} sandbox here: {trouble}{_instead(wanted)}")


def _instead(wanted: Level) -> str:
    below = LEVELS[LEVELS.index(wanted) + 1 :]
    options = " or ".join(f"`--sandbox {level}`" for level in below)
    return f". If you trust who wrote the notebooks, {options} grades with less" if below else ""


def _error(level: Level) -> str:
    """Why a sandbox doesn't start, in the words of what starts it."""
    done = subprocess.run(
        command(level), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )
    said = [line for line in done.stderr.splitlines() if line.startswith("bwrap:")]
    return f"it doesn't start ({said[-1] if said else 'its test came to no end'})"


def escapes(level: Level) -> list[str]:
    """What a notebook could do at a level, of what it should not be able to."""
    limits = Limits()
    with _bait() as (folder, port):
        source = PROBE.format(folder=folder, port=port, memory=limits.memory * 2)
        try:
            (frame,) = run(level, [source], [Asked("escaped", [])], limits)
            found = wire.decode(frame.payload).value
        except (OSError, wire.Malformed):
            return [DEAD]
        if type(found) is not list:
            return [DEAD]
        touched = ["write a file of yours"] if (Path(folder) / "written").exists() else []
    return list(dict.fromkeys([*map(str, found), *touched]))


@contextmanager
def _bait() -> Iterator[tuple[str, int]]:
    """A folder with a file that must not be read, and a port that must not be reached."""
    with tempfile.TemporaryDirectory(prefix="mytutor-canary-") as folder, socket.socket() as server:
        (Path(folder) / "canary").write_text("read")
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield folder, server.getsockname()[1]
        with suppress(OSError):
            server.close()
