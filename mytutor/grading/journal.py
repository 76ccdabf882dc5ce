"""What was graded so far, a line a question: a run that was killed goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

from mytutor.grading.grade import Result, version

__all__ = ["Busy", "Journal"]


class Busy(RuntimeError):
    """Another run writes into this journal."""


class Journal:
    """A file of results by the digest of the notebook, the version of the exercise and the seed.

    It holds the seed of the run and is therefore for its owner's eyes only. Raises Busy when
    another run has it open; a last line that was cut off is dropped.
    """

    def __init__(self, path: Path, seed: str | None, conditions: str, forget: bool) -> None:
        self.path = path
        self.results: dict[str, Result] = {}
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        self._file = os.fdopen(os.open(path, flags, 0o600), "r+b")
        self._lock()
        self._cut_off()
        lines = [_parsed(line) for line in self._file.read().splitlines()]
        known = [line["seed"] for line in lines if isinstance(line.get("seed"), str)]
        self.seed = seed if seed is not None else (known[-1] if known else secrets.token_hex(16))
        self._conditions = f"{self.seed}\n{conditions}"
        if not known or known[-1] != self.seed:
            self._append([{"seed": self.seed}])
        if not forget:
            self.results = {line["key"]: found for line in lines if (found := _result(line))}

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError:  # Windows
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise Busy(
                f"another run writes {self.path}; wait for it, or choose another --out"
            ) from None

    def _cut_off(self) -> None:
        """Drop a last line that was not written to its end."""
        data = self._file.read()
        self._file.seek(0)
        if data and not data.endswith(b"\n"):
            self._file.truncate(data.rfind(b"\n") + 1)

    def key(self, digest: str, question: str) -> str:
        """Under what a result is kept."""
        text = f"{digest}\n{question}\n{version(question)}\n{self._conditions}"
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def find(self, digest: str, question: str) -> Result | None:
        """The result of a question that this journal holds already."""
        return self.results.get(self.key(digest, question))

    def add(self, digest: str, results: Iterable[Result]) -> None:
        """Keep the results of a notebook."""
        keyed = [(self.key(digest, result.question), result) for result in results]
        self.results.update(keyed)
        self._append([{"key": key, **result.as_dict()} for key, result in keyed])

    def _append(self, lines: list[dict[str, Any]]) -> None:
        self._file.seek(0, os.SEEK_END)
        self._file.write("".join(json.dumps(line) + "\n" for line in lines).encode())
        self._file.flush()


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _result(line: dict[str, Any]) -> Result | None:
    if "key" not in line:
        return None
    try:
        fields: dict[str, Any] = {name: value for name, value in line.items() if name != "key"}
        fields.update({name: tuple(fields[name]) for name in ("diagnosis", "remarks")})
        return Result(**fields)
    except (TypeError, KeyError):
        return None
