"""Landlock: what files a process may read and write, where namespaces are closed."""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
from collections.abc import Sequence

__all__ = ["restrict", "version"]

CREATE, ADD, RESTRICT = 444, 445, 446  # the same numbers on every architecture
READ = 0b1101  # execute, read files, read folders
SINCE = {1: 13, 2: 14, 3: 15, 5: 16}  # how many rights each version knows
FILE_RIGHTS = 0b111 | 1 << 14
PR_SET_NO_NEW_PRIVS = 38


def version() -> int:
    """The version of Landlock that this system has; 0 when it has none."""
    return max(0, ctypes.CDLL(None, use_errno=True).syscall(CREATE, None, 0, 1))


def restrict(readable: Sequence[str], scratch: str) -> None:
    """Allow this process to read some folders and to write into one; OSError when refused."""
    library = ctypes.CDLL(None, use_errno=True)
    known = version()
    if not known:
        raise OSError("this system has no Landlock")
    rights = (1 << max(count for since, count in SINCE.items() if since <= known)) - 1
    rules = library.syscall(CREATE, struct.pack("=Q", rights), 8, 0)
    if rules < 0:
        raise OSError(ctypes.get_errno(), "Landlock refused its rules")
    for path, allowed in [*((path, READ) for path in readable), (scratch, rights)]:
        with contextlib.suppress(FileNotFoundError):
            _allow(library, rules, path, allowed & rights)
    library.prctl(*map(ctypes.c_ulong, (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)))
    if library.syscall(RESTRICT, rules, 0):
        raise OSError(ctypes.get_errno(), "Landlock could not be switched on")
    os.close(rules)


def _allow(library: ctypes.CDLL, rules: int, path: str, rights: int) -> None:
    folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    if not os.path.isdir(path):
        rights &= FILE_RIGHTS
    if library.syscall(ADD, rules, 1, struct.pack("=Qi", rights, folder), 0):
        raise OSError(ctypes.get_errno(), f"Landlock refused a rule for {path}")
    os.close(folder)
