"""How far a sweep is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from mytutor._optional import installed

__all__ = ["bar"]


class _Nothing:
    def update(self, done: int) -> None:
        """Show nothing."""


@contextlib.contextmanager
def bar(total: int, unit: str, *, shown: bool) -> Iterator[Any]:
    """A bar with ``update(done)`` where tqdm is installed."""
    if not shown or not installed("tqdm"):
        yield _Nothing()
        return
    from tqdm.auto import tqdm

    with tqdm(total=total, unit=f" {unit}", disable=None) as shows:
        yield shows
