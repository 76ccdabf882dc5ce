"""What is available on this machine, and what to do about what is not."""

from __future__ import annotations

import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from mytutor.checking import progress
from mytutor.grading.sandbox import probing
from mytutor.grading.sandbox.levels import LEVELS, lacking

__all__ = ["Finding", "findings"]

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")


class Finding(NamedTuple):
    """One thing that was looked for: whether it is there, what was found, and what to do if not."""

    name: str
    there: bool
    found: str
    advice: str = ""


def findings() -> list[Finding]:
    """Everything that is looked for, the most needed first; nothing is changed."""
    return [
        Finding("Python", True, platform.python_version()),
        _package("numpy", "everything needs it: `pip install numpy`"),
        _package("numba", "rules run through NumPy in blocks instead: `pip install mytutor[fast]`"),
        _package("scipy", "`train(how='fused')` steps through NumPy: `pip install mytutor[fast]`"),
        _package("torch", "rules run on NumPy alone: `pip install torch==2.13.0`"),
        _cuda(),
        _package("sympy", "no formulas and no explorables: `pip install mytutor[notebook]`"),
        _package("ipywidgets", "explorables don't move in Jupyter: `pip install ipywidgets`"),
        _browser(),
        _sandbox(),
        _home(),
    ]


def _package(name: str, advice: str) -> Finding:
    try:
        return Finding(name, True, version(name))
    except PackageNotFoundError:
        return Finding(name, False, "not installed", advice)


def _cuda() -> Finding:
    try:
        import torch
    except ImportError:
        return Finding("CUDA", False, "torch is not installed", "needed for a GPU only")
    if not torch.cuda.is_available():
        return Finding("CUDA", False, "torch finds no GPU", "needed for a GPU only")
    return Finding("CUDA", True, torch.cuda.get_device_name())


def _browser() -> Finding:
    names = filter(None, (os.environ.get("CHROMIUM"), *CHROMIUMS))
    path = next((path for name in names if (path := shutil.which(name))), None)
    if path is None:
        return Finding("browser", False, "no Chromium", "needed for tests only: `make browser`")
    return Finding("browser", True, path)


def _sandbox() -> Finding:
    """The strongest level that a notebook, which tries to, can't get out of."""
    for level in LEVELS[:-1]:
        try:
            return Finding("sandbox", True, probing.choose(level).level)
        except probing.Refused:
            continue
    advice = f"needed to grade what others wrote: {lacking('strong') or 'no level holds it here'}"
    return Finding("sandbox", False, "weak only", advice)


def _home() -> Finding:
    folder = progress.home()
    trouble = _unwritable(folder)
    if trouble:
        advice = "progress isn't kept: set MYTUTOR_HOME to a folder of yours"
        return Finding("progress", False, f"{folder}: {trouble}", advice)
    return Finding("progress", True, str(folder))


def _unwritable(folder: Path) -> str:
    """Why nothing can be written there, or an empty text; the nearest existing folder decides."""
    nearest = next(each for each in (folder, *folder.parents) if each.exists())
    if not nearest.is_dir():
        return "is a file"
    return "" if os.access(nearest, os.W_OK) else "can't be written to"
