"""Run everything that CI runs, all of it even after a failure, and end with one summary.

Example: python tools/verify.py          (python tools/verify.py style types runs only these)
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ("book", "exercises", "solutions")
PYTEST = (
    *("pytest", "tests", *NOTEBOOKS, "-q", "-n", "2", "--dist", "loadfile"),
    *("--nbval", "--nbval-current-env", "--nbval-cell-timeout=120"),
)
STEPS = {
    "format": ("-m", "ruff", "format", "--check", "."),
    "style": ("-m", "ruff", "check", "."),
    "types": ("-m", "mypy"),
    "exercises": ("tools/exercises.py", "--check"),
    "book": ("tools/book.py",),
    "tests": ("-m", *PYTEST),
}


def run(name: str) -> tuple[int, float]:
    """Run one step and return its exit status and its seconds."""
    print(f"\n=== {name}: python {' '.join(STEPS[name])}", flush=True)
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, *STEPS[name]], cwd=ROOT, check=False, stdin=subprocess.DEVNULL
    )
    return done.returncode, time.monotonic() - started


def main(arguments: list[str] | None = None) -> int:
    """Run the chosen steps and summarise them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("steps", nargs="*", help=f"some of: {', '.join(STEPS)} (all by default)")
    names = parser.parse_args(arguments).steps or list(STEPS)
    if unknown := [name for name in names if name not in STEPS]:
        parser.error(f"unknown step {unknown[0]!r}; there are: {', '.join(STEPS)}")
    os.environ.setdefault("PYTHONUTF8", "1")
    results = {name: run(name) for name in names}
    print("\n=== summary")
    for name, (status, seconds) in results.items():
        print(f"  {'ok    ' if status == 0 else 'FAILED'}  {name:<10} {seconds:6.1f} s")
    return int(any(status for status, _ in results.values()))


if __name__ == "__main__":
    sys.exit(main())
