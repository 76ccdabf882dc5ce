"""How the worker is started at each level of confinement."""

from __future__ import annotations

import os
import platform
import shutil
import site
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np

import mytutor
from mytutor.grading.sandbox import landlock
from mytutor.grading.sandbox.seccomp import ARCHITECTURES

__all__ = ["LEVELS", "Level", "command", "environment", "lacking", "readable", "scratch"]

Level = Literal["strong", "medium", "weak"]
LEVELS: tuple[Level, ...] = ("strong", "medium", "weak")

PACKAGE = Path(mytutor.__file__).resolve().parent
INSIDE = "/package"  # the folder that holds the package, in the strong sandbox
WORK = "/tmp"
SCRATCH_BYTES = 64_000_000
LINKED = ("/etc/ld.so.cache", "/etc/alternatives")  # where the system's libraries are looked up
SCRIPT = "mytutor/grading/start.py"


def lacking(level: Level) -> str:
    """What this machine lacks for a level and how to get it; '' for nothing."""
    if level == "weak":
        return ""
    if platform.system() != "Linux" or platform.machine() not in ARCHITECTURES:
        return "it needs Linux on x86-64 or 64-bit ARM: grade in a Linux machine or container"
    if level == "strong" and not shutil.which("bwrap"):
        return "bubblewrap is not installed: `sudo apt-get install bubblewrap`, or `make sandbox`"
    if level == "medium" and not landlock.version():
        return "this kernel has no Landlock (Linux 5.13 or newer, switched on at boot)"
    return ""


def command(level: Level) -> list[str]:
    """The command that starts the worker, which then reads its request from standard input."""
    if level != "strong":
        return [_python(), *_start([str(PACKAGE.parent), *_libraries()])]
    options = [
        *("--unshare-all", "--unshare-user", "--uid", "1000", "--gid", "1000"),
        *("--clearenv", "--die-with-parent", "--new-session", "--cap-drop", "ALL"),
        *("--hostname", "sandbox"),
        *("--size", str(SCRATCH_BYTES), "--tmpfs", WORK),  # first: Python may lie inside of it
        *(*_system(), "--ro-bind", str(PACKAGE), f"{INSIDE}/mytutor"),
        *("--dir", "/dev", "--dev-bind", "/dev/null", "/dev/null"),
        *("--dev-bind", "/dev/urandom", "/dev/urandom", "--dev-bind", "/dev/zero", "/dev/zero"),
        *("--remount-ro", "/", "--chdir", WORK),
    ]
    for name, value in environment(WORK).items():
        options += ["--setenv", name, value]
    return ["bwrap", *options, "--", _python(), *_start([INSIDE, *_libraries()])]


def _start(folders: Sequence[str]) -> list[str]:
    return ["-I", "-S", "-B", f"{folders[0]}/{SCRIPT}", *folders]


def environment(home: str) -> dict[str, str]:
    """All that the worker is told about where it runs."""
    one = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    return {
        **dict.fromkeys(one, "1"),
        "HOME": home,
        "MYTUTOR_HOME": home,
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": home,
        "LANG": "C.UTF-8",
        "PATH": "/usr/bin:/bin",
    }


def readable() -> list[str]:
    """The files and folders that the medium sandbox may read."""
    system = [
        "/usr",
        "/lib",
        "/lib64",
        *LINKED,
        "/dev/null",
        "/dev/urandom",
        "/dev/zero",
    ]
    return [*system, sys.base_prefix, str(PACKAGE), *_libraries()]


def scratch(level: Level) -> str:
    """A folder that the worker may write to; outside the strong sandbox it is to be removed."""
    return WORK if level == "strong" else tempfile.mkdtemp(prefix="mytutor-grade-")


@cache
def _python() -> str:
    return os.path.realpath(sys.executable)


@cache
def _libraries() -> list[str]:
    """The folders that packages are imported from."""
    numpy = str(Path(np.__file__).resolve().parents[1])
    found = [numpy, *site.getsitepackages()]
    return list(dict.fromkeys(folder for folder in found if os.path.isdir(folder)))


@cache
def _system() -> tuple[str, ...]:
    """The parts of the file system that Python and its libraries need, read-only."""
    options: list[str] = []
    for folder in ("/usr", "/bin", "/lib", "/lib64", "/lib32"):
        if os.path.islink(folder):
            options += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            options += ["--ro-bind", folder, folder]
    for path in (*LINKED, sys.base_prefix, _python(), *_libraries()):
        if not path.startswith("/usr/") and path != "/usr" and os.path.exists(path):
            options += ["--ro-bind", path, path]
    return tuple(options)
