"""What a study has done so far, a line a setting: a run that was killed goes on from there."""

from __future__ import annotations

import base64
import hashlib
import inspect
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

__all__ = ["Journal", "decoded", "encoded"]

KINDS = "numbers, text, None, lists, tuples, dicts with text as keys, and NumPy arrays of numbers"


class Journal:
    """A file of results by a digest of the function's source, the setting, its place and the seed.

    Lines of JSON, so that reading it runs nothing; a last line that was cut off is dropped. Raises
    OSError for a file that can't be written or that another run has open.
    """

    def __init__(self, path: str | os.PathLike[str], function: Callable[..., Any]) -> None:
        self.path = Path(path)
        self._function = _identity(function)
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise OSError(
                f"journal {self.path} can't be written ({error.strerror}); expected the path of a "
                "file in a folder that is there and yours"
            ) from error
        self._file = os.fdopen(descriptor, "r+b")
        self._lock()
        self._results = dict(_lines(self._whole_lines()))

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def key(self, setting: Any, place: int, seed: int) -> str:
        """Under what a result is kept."""
        text = json.dumps([self._function, encoded("a setting", setting, key=True), place, seed])
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def __contains__(self, key: str) -> bool:
        return key in self._results

    def __getitem__(self, key: str) -> Any:
        return decoded(self._results[key])

    def add(self, results: Iterable[tuple[str, Any]]) -> None:
        """Keep results by their keys; on return they are on the disk."""
        lines = [
            json.dumps({"key": key, "result": encoded("a result", result)})
            for key, result in results
        ]
        self._file.seek(0, os.SEEK_END)
        self._file.write("".join(f"{line}\n" for line in lines).encode())
        self._file.flush()
        os.fsync(self._file.fileno())

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError:  # Windows
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise OSError(
                f"journal {self.path} is written by another run; wait for it or name another file"
            ) from None

    def _whole_lines(self) -> list[bytes]:
        data = self._file.read()
        end = data.rfind(b"\n") + 1
        self._file.truncate(end)
        return data[:end].splitlines()


def _lines(lines: Iterable[bytes]) -> Iterable[tuple[str, Any]]:
    for line in lines:
        try:
            found = json.loads(line)
            yield found["key"], found["result"]
        except (ValueError, TypeError, KeyError):  # a damaged line: its setting is run again
            continue


def _identity(function: Any) -> list[Any]:
    """What makes a function this one: its name, its source, and the arguments bound to it."""
    bound = [
        [encoded("an argument", value, key=True) for value in getattr(function, "args", ())],
        encoded("an argument", dict(getattr(function, "keywords", {})), key=True),
    ]
    inner = getattr(function, "func", function)
    try:
        source = inspect.getsource(inner)
    except (OSError, TypeError) as error:
        raise TypeError(
            f"function {function!r} has no source to read, so a journal couldn't tell when it "
            "changed; define it in a file or a cell, or run without a journal"
        ) from error
    return [inner.__qualname__, source, bound]


def encoded(what: str, value: Any, *, key: bool = False) -> Any:
    """A value as JSON from which ``decoded`` makes the same again, its types included.

    In a ``key``, functions count as well, by name and source. Raises TypeError for other values.
    """
    if value is None or type(value) in (bool, int, float, str):
        return value
    if type(value) in (list, tuple):
        return {type(value).__name__: [encoded(what, part, key=key) for part in value]}
    if type(value) is dict and all(type(name) is str for name in value):
        return {"dict": {name: encoded(what, part, key=key) for name, part in value.items()}}
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind in "biufc":
        kind = "number" if isinstance(value, np.generic) else "array"
        text = base64.b64encode(np.asarray(value).tobytes()).decode()
        return {kind: [value.dtype.str, list(value.shape), text]}
    if key and callable(value):
        return {"function": _identity(value)}
    raise TypeError(
        f"{what} holds {value!r} of type {type(value).__name__}; a journal keeps {KINDS}"
    )


def decoded(value: Any) -> Any:
    """What ``encoded`` was given."""
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "dict":
        return {name: decoded(part) for name, part in content.items()}
    if kind in ("list", "tuple"):
        parts = [decoded(part) for part in content]
        return parts if kind == "list" else tuple(parts)
    dtype, shape, text = content
    array = np.frombuffer(base64.b64decode(text), dtype).reshape(shape).copy()
    return array if kind == "array" else array[()]
