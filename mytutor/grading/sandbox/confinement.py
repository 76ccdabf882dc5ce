"""Give up rights for good, in the process that is about to run somebody else's code."""

from __future__ import annotations

import gc
import os
import resource
import signal
from collections.abc import Mapping, Sequence

from mytutor.grading.sandbox import landlock, seccomp

__all__ = ["LIMITS", "confine"]

LIMITS = {
    "address": 4_000_000_000,
    "memory": 1_000_000_000,
    "file": 16_000_000,
    "files": 64,
    "seconds": 15,
}


def confine(
    level: str, limits: Mapping[str, int], readable: Sequence[str], scratch: str, keep: int
) -> None:
    """Limit this process to what a level allows; ``keep`` is the one file left open besides 0 to 2.

    Raises OSError when the system refuses: then nothing may be run.
    """
    gc.collect()
    os.closerange(3, keep)
    os.closerange(keep + 1, 4096)
    os.setsid()
    for name, soft in (
        ("RLIMIT_AS", limits["address"]),
        ("RLIMIT_DATA", limits["memory"]),
        ("RLIMIT_FSIZE", limits["file"]),
        ("RLIMIT_NOFILE", limits["files"]),
        ("RLIMIT_CORE", 0),
    ):
        _limit(getattr(resource, name), soft, soft, level)
    _limit(resource.RLIMIT_CPU, limits["seconds"], limits["seconds"] + 1, level)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    if level == "medium":
        landlock.restrict(readable, scratch)
    if level != "weak":
        seccomp.install()


def _limit(number: int, soft: int, hard: int, level: str) -> None:
    try:
        resource.setrlimit(number, (soft, hard))
    except (ValueError, OSError):
        if level != "weak":  # macOS knows only some of them
            raise
