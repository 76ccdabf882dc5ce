"""Named arrays in one file: NumPy's .npz, written whole or not at all, and read without pickle."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np

__all__ = ["read_arrays", "write_arrays"]

DAMAGED = (OSError, EOFError, ValueError, MemoryError, zipfile.BadZipFile, zlib.error)


def write_arrays(path: str | os.PathLike[str], named: Mapping[str, Any]) -> None:
    """Write arrays to a .npz file, all or nothing: a crash leaves the old file as it was.

    Raises FileNotFoundError when the folder isn't there.

    Source: the format is NumPy's, Kern (2007), NEP 1.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"no folder {path.parent}; create it first")
    # On the same disk, so that the last step is a renaming, which the system does at once.
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            np.savez(file, allow_pickle=False, **named)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def read_arrays(path: str | os.PathLike[str], *, expected: str) -> dict[str, np.ndarray]:
    """Read the arrays of a .npz file; ``expected`` says in the errors which file was expected.

    Raises FileNotFoundError when there is none, and ValueError for a file that isn't whole, is no
    .npz file or holds Python objects.

    Source: the format is NumPy's, Kern (2007), NEP 1.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no file {path}; expected {expected}")
    try:
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise ValueError("it holds a single array")
            return {name: archive[name] for name in archive.files}
    except (*DAMAGED, UnpicklingError) as error:
        found = f"{path} is no whole .npz file of numbers ({error})"
        raise ValueError(f"{found}; expected {expected}") from error
